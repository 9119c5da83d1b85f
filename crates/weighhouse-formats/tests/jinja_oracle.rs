//! Our reading of templates against Jinja2's own: what it sees, we see; what it refuses, we refuse.
//!
//! Runs over `tests/jinja/*.jinja`, and over every template in the folder `WEIGHHOUSE_TEMPLATES` if that is set. Needs a Python
//! with Jinja2 (`WEIGHHOUSE_PYTHON`, or `python3`); passes without a word where there is none.
#![expect(clippy::disallowed_methods, reason = "the oracle is another program")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use weighhouse_formats::bounded::Budget;
use weighhouse_formats::jinja::{self, TemplateFacts};
use weighhouse_formats::node::Facts;
use weighhouse_formats::source::Memory;

type Names = BTreeSet<(String, String)>;

fn python() -> Option<String> {
    let python = std::env::var("WEIGHHOUSE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let check = Command::new(&python).args(["-c", "import jinja2"]).output().ok()?;
    check.status.success().then_some(python)
}

fn templates() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jinja");
    let folders = std::iter::once(own).chain(std::env::var("WEIGHHOUSE_TEMPLATES").ok().map(PathBuf::from));
    let mut found: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jinja"))
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> TemplateFacts {
    let bytes = std::fs::read(path).unwrap();
    let parsed = jinja::parse(&Memory::shared(bytes), "template", &Budget::default());
    match parsed.reading.facts {
        Facts::Template(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

fn ours(facts: &TemplateFacts) -> Names {
    let mut names = Names::new();
    for (kind, list) in [("filter", &facts.filters), ("test", &facts.tests), ("global", &facts.globals)] {
        names.extend(list.iter().map(|entry| (kind.to_owned(), escape(&entry.name))));
    }
    names.extend(facts.attributes.iter().map(|entry| ("attribute".to_owned(), escape(entry.last()))));
    if facts.syntax_error.is_some() {
        names.insert(("error".to_owned(), "TemplateSyntaxError".to_owned()));
    }
    names
}

fn escape(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            ' '..='~' if c != '\\' => out.push(c),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x100 => write!(out, "\\x{:02x}", c as u32).unwrap(),
            c if (c as u32) < 0x1_0000 => write!(out, "\\u{:04x}", c as u32).unwrap(),
            c => write!(out, "\\U{:08x}", c as u32).unwrap(),
        }
    }
    out
}

fn oracle(python: &str, paths: &[PathBuf]) -> Vec<Names> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jinja/oracle.py");
    let output = Command::new(python).arg(script).args(paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut all = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (kind, name) = line.split_once('\t').unwrap();
        match (kind, all.last_mut()) {
            ("file", _) => all.push(Names::new()),
            (_, Some(names)) => {
                names.insert((kind.to_owned(), name.to_owned()));
            }
            _ => panic!("{line}"),
        }
    }
    all
}

/// Whether the template itself assigns the name somewhere: Jinja2 calls such a name undeclared where an assignment stands in only
/// one branch, we do not.
fn is_assigned(text: &str, name: &str) -> bool {
    regex::Regex::new(&format!(r"((set|macro)\s+|,\s*){name}\b|{name}\s*,?\s*=")).unwrap().is_match(text)
}

#[test]
fn jinja2_sees_nothing_that_we_do_not() {
    let Some(python) = python() else { return };
    let paths = templates();
    assert!(paths.len() >= 4);
    let mut wrong = Vec::new();
    for (path, expected) in paths.iter().zip(oracle(&python, &paths)) {
        let facts = read(path);
        let found = ours(&facts);
        if expected.iter().any(|(kind, _)| kind == "error") {
            if facts.syntax_error.is_none() {
                wrong.push(format!("{}: Jinja2 refuses it, we do not", path.display()));
            }
            continue;
        }
        if let Some(error) = &facts.syntax_error {
            wrong.push(format!("{}: {error}", path.display()));
        }
        let text = std::fs::read_to_string(path).unwrap();
        let missed: Vec<_> = expected
            .difference(&found)
            .filter(|(kind, name)| kind != "global" || !is_assigned(&text, name))
            .collect();
        let invented: Vec<_> =
            found.difference(&expected).filter(|(kind, name)| kind == "global" && name != "self").collect();
        if !missed.is_empty() || !invented.is_empty() {
            wrong.push(format!("{}: missed {missed:?}, invented {invented:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
