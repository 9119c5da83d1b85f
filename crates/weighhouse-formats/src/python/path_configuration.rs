//! Path-configuration files (`.pth` in `site-packages`): each line is a folder to add to `sys.path`, or, if it begins with
//! `import`, a statement that `site` executes at every start of Python.

use super::interpret::Places;
use super::syntax::{self, Dialect};
use super::{load, note_encoding, read, rows, start};
use crate::bounded::Budget;
use crate::format::Format;
use crate::node::Parsed;
use crate::source::SharedSource;

/// Lines with their ends, as universal newlines have them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(['\n', '\r'])?;
        let end = if rest.get(at..at + 2) == Some("\r\n") { at + 2 } else { at + 1 };
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
    .chain(text.rsplit(['\n', '\r']).next().filter(|last| !last.is_empty()))
}

/// What `site` executes of a line: all of it, or, since 3.13 splits at whatever `str.splitlines` knows, parts of it.
fn statements(line: &str) -> String {
    if is_statement(line) {
        return line.to_owned();
    }
    let parts: Vec<&str> = line
        .split(['\x0b', '\x0c', '\x1c', '\x1d', '\x1e', '\u{85}', '\u{2028}', '\u{2029}'])
        .filter(|part| is_statement(part))
        .collect();
    parts.join("; ")
}

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
    // Lossy decoding keeps line ends, so that the lines of text and bytes correspond.
    for (line, region) in lines(&text.text).zip(rows(&bytes, text.skipped)) {
        // Where nothing is executed, an empty line keeps the numbering.
        cells.push((code.len() as u32, region));
        code.push_str(&statements(line.trim_end_matches(['\n', '\r'])));
        code.push('\n');
    }
    read(&code, Dialect::Python, &Places::new(&code, 0).with_lines(cells), budget, &mut parsed);
    parsed
}
