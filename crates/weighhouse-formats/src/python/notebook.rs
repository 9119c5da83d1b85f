//! Notebooks (nbformat 3 and 4): code cells, in order, are one Python program with `IPython`'s magics; outputs with HTML or
//! JavaScript are noted.

use super::interpret::Places;
use super::syntax::Dialect;
use super::{load, read, start};
use crate::bounded::Budget;
use crate::format::Format;
use crate::json::{Kind, Value};
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;

/// Reads a notebook.
pub fn parse_notebook(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    let mut parsed = start(Format::Notebook, source.len());
    if load(source, budget, &mut parsed).is_none() {
        return parsed;
    }
    let json = crate::json::parse(source, name, budget);
    parsed.gaps.extend(json.gaps);
    parsed.reading.irregularities.extend(json.reading.irregularities);
    let Facts::Json(document) = json.reading.facts else { return parsed };
    let Some(root) = document.value else {
        parsed.gap(GapReason::Damaged, None, "the notebook is not a JSON document");
        return parsed;
    };
    let cells = cells(&root);
    if cells.is_none() {
        parsed.fault(Fault::Malformed, None, "the notebook has no list of cells");
    }
    let mut program = Program::default();
    for cell in cells.unwrap_or_default() {
        program.add(cell);
    }
    if let Facts::Python(facts) = &mut parsed.reading.facts {
        facts.shell_escapes = program.escapes;
        facts.active_outputs = program.outputs;
    }
    parsed.children.extend(program.scripts);
    let places = Places::new(&program.code, 0).with_cells(program.cells);
    read(&program.code, Dialect::Notebook, &places, budget, &mut parsed);
    parsed
}

fn items(value: Option<&Value>) -> Option<&[Value]> {
    match &value?.kind {
        Kind::Array(items) => Some(items),
        _ => None,
    }
}

/// The cells: of the document (version 4), or of its worksheets (version 3).
fn cells(root: &Value) -> Option<Vec<&Value>> {
    if let Some(cells) = items(root.get("cells")) {
        return Some(cells.iter().collect());
    }
    let sheets = items(root.get("worksheets"))?;
    Some(sheets.iter().filter_map(|sheet| items(sheet.get("cells"))).flatten().collect())
}

#[derive(Default)]
struct Program {
    code: String,
    cells: Vec<(u32, Region)>,
    escapes: Vec<(Region, String)>,
    outputs: Vec<(Region, String)>,
    scripts: Vec<Child>,
}

impl Program {
    fn add(&mut self, cell: &Value) {
        if cell.get("cell_type").and_then(Value::text) != Some("code") {
            return;
        }
        if let Some(source) = cell.get("source").or_else(|| cell.get("input")) {
            self.code_cell(&joined(source), source.region);
        }
        for output in items(cell.get("outputs")).unwrap_or_default() {
            let data = output.get("data").unwrap_or(output);
            for (media, value) in data.members() {
                if is_active(media, value) {
                    self.outputs.push((value.region, media.clone()));
                }
            }
        }
    }

    fn code_cell(&mut self, source: &str, region: Region) {
        let first = source.trim_start();
        let magic = first.strip_prefix("%%").map(|rest| rest.split_once('\n').unwrap_or((rest, "")));
        self.cells.push((u32::try_from(self.code.len()).unwrap_or(u32::MAX), region));
        match magic {
            Some((line, body)) => match line.split_whitespace().next().unwrap_or_default() {
                "bash" | "sh" | "script" | "cmd" | "powershell" | "zsh" | "system" | "sx" | "!" | "ruby"
                | "perl" => {
                    self.escapes.push((region, format!("%%{line}\n{body}")));
                    self.scripts.push(Child {
                        name: format!("cell@{}", region.start),
                        content: Content::Decoded(body.as_bytes().to_vec()),
                        known: Some(Format::Shell),
                    });
                }
                "html" | "HTML" | "javascript" | "js" | "svg" | "latex" | "markdown" => {
                    self.outputs.push((region, format!("%%{line}")));
                }
                "writefile" | "file" => self.escapes.push((region, format!("%%{line}\n{body}"))),
                _ => {
                    // `%%time`, `%%capture` and their like run the rest as Python.
                    self.code.push('\n');
                    self.code.push_str(body);
                }
            },
            None => self.code.push_str(source),
        }
        self.code.push('\n');
    }
}

/// A cell's text: a string, or a list of lines.
fn joined(source: &Value) -> String {
    match &source.kind {
        Kind::Text(text) => text.clone(),
        Kind::Array(lines) => lines.iter().filter_map(Value::text).collect(),
        _ => String::new(),
    }
}

/// Whether an output runs in a viewer: JavaScript, or HTML with scripts, handlers or frames.
fn is_active(media: &str, value: &Value) -> bool {
    match media {
        "application/javascript" | "text/javascript" => true,
        "text/html" | "image/svg+xml" | "html" | "svg" => {
            let text = joined(value).to_ascii_lowercase();
            ["<script", "<iframe", "<object", "<embed", "javascript:", "onerror=", "onload=", "srcdoc="]
                .iter()
                .any(|mark| text.contains(mark))
        }
        _ => false,
    }
}
