//! A tool: what clients are told of it, and what it does.

use std::sync::Arc;

use anyhow::Result;
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::cli::gate::Access;
use crate::exit::Mistake;

/// Bytes of an answer at most. Lists are shorter by far; what comes here asked for too much.
const LARGEST: usize = 512 << 10;

/// What a tool does to the gate, for whoever must decide whether it may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Looks.
    Reads,
    /// Adds something that does nothing by itself.
    Asks,
    /// Decides: what users get may change.
    Decides,
    /// Takes something away from users.
    Takes,
}

/// What a tool does with its arguments.
type Run = Box<dyn Fn(&Access, Map<String, Value>) -> Result<Value> + Send + Sync>;

/// A tool of the gate.
pub(super) struct GateTool {
    pub(super) tool: Tool,
    pub(super) does: Does,
    run: Run,
}

impl GateTool {
    /// A tool that reads `I`, answers `O`, and is done by `run`. Both schemas come from the types.
    pub(super) fn new<I, O>(
        (name, title): (&'static str, &'static str),
        does: Does,
        description: &'static str,
        run: fn(&Access, &I) -> Result<O>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        let annotations = ToolAnnotations::with_title(title)
            .read_only(does == Does::Reads)
            .destructive(does == Does::Takes)
            // Asking twice for the same is one request, and so on: the gate says no the second time, or the same.
            .idempotent(does != Does::Decides)
            .open_world(does == Does::Asks);
        let tool = Tool::new(name, description, schema::<I>(&SchemaSettings::draft2020_12()))
            .with_title(title)
            .with_raw_output_schema(schema::<O>(&SchemaSettings::draft2020_12().for_serialize()))
            .with_annotations(annotations);
        let run = move |access: &Access, arguments: Map<String, Value>| {
            let input = serde_json::from_value(Value::Object(arguments));
            let input: I = input.map_err(|error| Mistake(format!("the arguments do not fit: {error}")))?;
            bounded(serde_json::to_value(run(access, &input)?)?)
        };
        Self { tool, does, run: Box::new(run) }
    }

    /// Does it.
    pub(super) fn run(&self, access: &Access, arguments: Map<String, Value>) -> Result<Value> {
        (self.run)(access, arguments)
    }
}

/// An answer, if it is not too long to be read.
fn bounded(answer: Value) -> Result<Value> {
    let length = answer.to_string().len();
    if length > LARGEST {
        let why = "the answer is too long; ask for fewer entries by `limit`, or for a part of them";
        return Err(Mistake(why.to_owned()).into());
    }
    Ok(answer)
}

fn schema<T: JsonSchema>(settings: &SchemaSettings) -> Arc<Map<String, Value>> {
    let schema = settings.clone().into_generator().into_root_schema_for::<T>();
    let mut schema = schema.as_object().cloned().unwrap_or_default();
    for (name, value) in &mut schema {
        if matches!(name.as_str(), "properties" | "$defs") {
            shorten(value);
        }
    }
    schema.retain(|name, _| !matches!(name.as_str(), "$schema" | "title" | "description"));
    if let Some(Value::Object(types)) = schema.get_mut("$defs") {
        types.retain(|name, _| !TEXTS.contains(&name.as_str()));
    }
    Arc::new(schema)
}

/// Types that are no more than a text to whoever reads a schema.
const TEXTS: [&str; 3] = ["Word", "Said", "Cursor"];

/// Says the same in less: a list of tools is read by models, which pay for each word.
fn shorten(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let name =
                fields.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
            if name.is_some_and(|name| TEXTS.contains(&name)) {
                fields.remove("$ref");
                fields.insert("type".to_owned(), "string".into());
            }
            // Of Rust, such as `uint64`: clients do not know it. A property of this name is no text.
            if fields.get("format").is_some_and(Value::is_string) {
                fields.remove("format");
            }
            fields.values_mut().for_each(shorten);
        }
        Value::Array(all) => all.iter_mut().for_each(shorten),
        _ => {}
    }
}
