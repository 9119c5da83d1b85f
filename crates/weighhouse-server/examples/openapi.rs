//! Prints the description of the interface: `openapi json` for programs (`docs/reference/openapi.json`), `openapi markdown` for people
//! (`docs/reference/api.md`). `docs/generate` writes both.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Map, Value};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let document = weighhouse_server::document();
    let text = match std::env::args().nth(1).as_deref() {
        Some("json") => document.to_pretty_json()? + "\n",
        Some("markdown") => page(&serde_json::to_value(document)?)?,
        _ => return Err("usage: openapi json|markdown".into()),
    };
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn page(document: &Value) -> Outcome<String> {
    let mut page = String::from(
        "# The interface of the gate\n\nWritten by `docs/generate` from the program; for programs: [openapi.json](openapi.json).\n",
    );
    writeln!(page, "Every address begins with `/api/v1`.\n\n{}", text(&document["info"], "description"))?;
    let paths = document["paths"].as_object().ok_or("no paths")?;
    for tag in document["tags"].as_array().ok_or("no tags")? {
        writeln!(page, "\n## {}", text(tag, "description"))?;
        for (path, item) in paths {
            for method in METHODS {
                let operation = &item[method];
                if operation["tags"][0] == tag["name"] {
                    endpoint(&mut page, document, method, path, operation)?;
                }
            }
        }
    }
    page.push_str("\n## Objects\n");
    let schemas = document["components"]["schemas"].as_object().ok_or("no schemas")?;
    for (name, schema) in schemas.iter().collect::<BTreeMap<_, _>>() {
        object(&mut page, name, schema)?;
    }
    Ok(page)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn endpoint(page: &mut String, document: &Value, method: &str, path: &str, operation: &Value) -> Outcome<()> {
    writeln!(page, "\n### `{} {path}`\n\n{}.\n", method.to_uppercase(), text(operation, "summary"))?;
    if operation["security"].is_array() {
        page.push_str("Needs no token.\n\n");
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for parameter in parameters {
        let kind = shape(&parameter["schema"]);
        let place = if parameter["in"] == "path" { "in the address" } else { "after `?`" };
        writeln!(
            page,
            "- `{}` ({place}, {kind}): {}",
            text(parameter, "name"),
            text(parameter, "description")
        )?;
    }
    if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
        writeln!(page, "- body: {}", shape(schema))?;
    }
    page.push_str("\n| answer | |\n| --- | --- |\n");
    for (status, response) in operation["responses"].as_object().ok_or("no responses")? {
        let body = response.pointer("/content/application~1json/schema").map(shape).unwrap_or_default();
        let about = [text(response, "description"), &body].into_iter().filter(|part| !part.is_empty());
        writeln!(page, "| {status} | {} |", about.collect::<Vec<_>>().join(": "))?;
    }
    // Every reference leads somewhere.
    let broken =
        references(operation).into_iter().find(|name| document["components"]["schemas"][name].is_null());
    broken.map_or(Ok(()), |name| Err(format!("`{name}` is not described").into()))
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next());
            own.map(str::to_owned).into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// A schema in a few words.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(parts) = schema["oneOf"].as_array().or_else(|| schema["allOf"].as_array()) {
        return parts.iter().map(shape).collect::<Vec<_>>().join(" or ");
    }
    let of = |kind: &str| match kind {
        "array" => format!("list of {}", shape(&schema["items"])),
        "string" if schema["format"] == "date-time" => "date and time".to_owned(),
        kind => kind.to_owned(),
    };
    match &schema["type"] {
        Value::String(kind) => of(kind),
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).map(of).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn object(page: &mut String, name: &str, schema: &Value) -> Outcome<()> {
    writeln!(page, "\n### {name}\n\n{}", text(schema, "description"))?;
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> =
            words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        writeln!(page, "\nOne of {}.", words.join(", "))?;
    }
    let none = Map::new();
    let mut parts: Vec<&Value> =
        schema["allOf"].as_array().map_or_else(|| vec![schema], |all| all.iter().collect());
    for part in parts.iter().filter(|part| part["$ref"].is_string()) {
        writeln!(page, "\nEverything of {}, and:", shape(part))?;
    }
    parts.retain(|part| part["properties"].is_object());
    if parts.is_empty() {
        return Ok(());
    }
    page.push_str("\n| field | | |\n| --- | --- | --- |\n");
    for part in parts {
        for (field, schema) in part["properties"].as_object().unwrap_or(&none) {
            let about = text(schema, "description").replace('\n', " ");
            writeln!(page, "| `{field}` | {} | {about} |", shape(schema))?;
        }
    }
    Ok(())
}
