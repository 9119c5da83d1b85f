//! Path-configuration files (`.pth` in `site-packages`): each line is a folder to add to `sys.path`, or, if it begins with
//! `import`, a statement that `site` executes at every start of Python.

use super::interpret::Places;
use super::syntax::{self, Dialect};
use super::{load, note_encoding, read, start};
use crate::bounded::Budget;
use crate::format::Format;
use crate::node::Parsed;
use crate::region::Region;
use crate::source::SharedSource;

/// Whether `site` executes a line.
fn is_statement(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("import\t")
}

/// Whether a text could be a path-configuration file: only comments, statements that `site` runs, and plausible paths.
pub fn looks_like_path_configuration(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            let comment = line.starts_with('#');
            let path = line.len() <= 4096
                && !line
                    .chars()
                    .any(|character| character.is_control() || "\"<>|*?{}();=`".contains(character))
                && line.split_whitespace().count() <= 4;
            comment || is_statement(line) || path
        })
}

/// Reads a path-configuration file: its `import` lines are Python that runs at start.
pub fn parse_path_configuration(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut parsed = start(Format::PathConfiguration, source.len());
    let Some(bytes) = load(source, budget, &mut parsed) else { return parsed };
    let text = syntax::decode(&bytes);
    note_encoding(&text, &mut parsed);
    let mut code = String::new();
    let mut cells = Vec::new();
    let mut at = text.skipped;
    for line in text.text.split_inclusive('\n') {
        let region = Region::at(at, line.len() as u64);
        at = region.end;
        let statement = line.trim_end();
        // Not a statement: an empty line keeps the numbering.
        cells.push((code.len() as u32, region));
        if is_statement(statement) {
            code.push_str(statement);
        }
        code.push('\n');
    }
    read(&code, Dialect::Python, &Places::new(&code, 0).with_lines(cells), budget, &mut parsed);
    parsed
}
