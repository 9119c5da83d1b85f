//! Notebooks (nbformat 3 and 4): code cells, in order, are one Python program with `IPython`'s magics; outputs with HTML or
//! JavaScript are noted.
//!
//! `IPython` compiles each cell for itself, so a string or bracket that one cell leaves open must not swallow the next: such
//! a cell, which Python would refuse, is a child of its own. Not done: other kernels than Python (their cells read as broken
//! Python), markdown cells (viewers sanitise them).

use std::borrow::Cow;

use super::interpret::{Places, without_options};
use super::syntax::{self, Dialect};
use super::{load, read, start};
use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::json::{Kind, Value};
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;

/// Lines of one cell above which the reader of JSON may have left some out.
const LONGEST: usize = 1 << 16;

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
    if program.longest >= LONGEST && document.left_out > 0 {
        parsed.gaps.push(Exhausted::Facts.into());
    }
    if program.broken > 0 {
        let what = format!("{} cells leave a string or bracket open", program.broken);
        parsed.fault(Fault::Malformed, None, what);
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
    /// Cells that are not Python in themselves.
    broken: usize,
    /// Lines of the longest cell that is given as a list.
    longest: usize,
}

impl Program {
    fn add(&mut self, cell: &Value) {
        if cell.get("cell_type").and_then(Value::text) != Some("code") {
            return;
        }
        if let Some(source) = cell.get("source").or_else(|| cell.get("input")) {
            self.longest = self.longest.max(items(Some(source)).map_or(0, <[Value]>::len));
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
        let mut body = source.trim_start_matches(['\n', '\r', ' ', '\t', '\x0c']);
        let mut skipped = 0;
        while let Some(rest) = body.strip_prefix("%%") {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            match Magic::of(line) {
                Magic::Shell => {
                    self.escapes.push((region, format!("%%{line}\n{after}")));
                    self.child(after, Format::Shell, region);
                    return;
                }
                Magic::Page => return self.outputs.push((region, format!("%%{line}"))),
                Magic::File => return self.escapes.push((region, format!("%%{line}\n{after}"))),
                Magic::Other => return,
                // `%%time`, `%%capture` and their like run the rest as Python, which may again begin with a magic.
                Magic::Python => {
                    let (name, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line, ""));
                    if !rest.is_empty() {
                        self.escapes.push((region, format!("%%{line}")));
                    }
                    if matches!(name, "time" | "timeit" | "prun") {
                        // Code on the line of the magic runs before the cell.
                        self.child(without_options(rest), Format::Python, region);
                    }
                    skipped += 1;
                    body = after;
                }
            }
        }
        let code = if skipped == 0 { dedented(source) } else { dedented(body) };
        if syntax::is_closed(&code, Dialect::Notebook) {
            self.cells.push((u32::try_from(self.code.len()).unwrap_or(u32::MAX), region));
            self.code.extend(std::iter::repeat_n('\n', skipped));
            self.code.push_str(&code);
            // Two, because a backslash at the end joins the next line.
            self.code.push_str("\n\n");
        } else {
            self.broken += 1;
            self.child(&code, Format::Python, region);
        }
    }

    fn child(&mut self, text: &str, known: Format, region: Region) {
        if text.trim().is_empty() {
            return;
        }
        self.scripts.push(Child {
            name: format!("cell@{}", region.start),
            content: Content::Decoded(text.as_bytes().to_vec()),
            known: Some(known),
        });
    }
}

/// What a cell magic does with its cell.
enum Magic {
    Shell,
    /// Shows it as a page.
    Page,
    /// Writes it to a file.
    File,
    /// Runs it as Python. A magic that is not known may do so too.
    Python,
    /// Gives it to another language.
    Other,
}

impl Magic {
    fn of(line: &str) -> Self {
        let mut words = line.split_whitespace();
        match words.next().unwrap_or_default() {
            "script" if words.next().is_some_and(|word| word.starts_with("python")) => Self::Python,
            "bash" | "sh" | "script" | "cmd" | "powershell" | "pwsh" | "zsh" | "system" | "sx" | "!"
            | "!!" | "ruby" | "perl" | "shell" => Self::Shell,
            "html" | "HTML" | "javascript" | "js" | "svg" | "SVG" => Self::Page,
            "writefile" | "file" => Self::File,
            "latex" | "markdown" | "sql" | "bigquery" | "R" | "julia" | "mermaid" | "writetemplate" => {
                Self::Other
            }
            _ => Self::Python,
        }
    }
}

/// A cell without the indentation of its first line, which `IPython` takes away.
fn dedented(source: &str) -> Cow<'_, str> {
    let first = source.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let blank = first.len() - first.trim_start_matches([' ', '\t']).len();
    let Some(indentation) = first.get(..blank).filter(|indentation| !indentation.is_empty()) else {
        return Cow::Borrowed(source);
    };
    Cow::Owned(
        source.split_inclusive('\n').map(|line| line.strip_prefix(indentation).unwrap_or(line)).collect(),
    )
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
