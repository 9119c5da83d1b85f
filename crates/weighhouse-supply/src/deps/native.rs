//! `Cargo.lock` and `go.mod`.

use std::collections::BTreeMap;

use super::package::Found;
use super::tree::Tree;
use crate::advisories::Ecosystem;

/// `Cargo.lock`. A package without a source is the project itself.
pub(super) fn cargo(found: &mut Found, tree: &Tree) {
    for package in tree.items("package") {
        let (Some(name), Some(version)) = (package.get("name"), package.word("version")) else { continue };
        let Some(source) = package.word("source") else { continue };
        let line = name.line;
        if let Some(found) = found.pin(&Ecosystem::CratesIo, name.text().unwrap_or_default(), version, line)
            && source.starts_with("git+")
        {
            found.when("from a git repository");
        }
    }
}

/// `go.mod`: what is required, as replaced.
pub(super) fn go(found: &mut Found, text: &str) {
    let mut required: Vec<(u32, String, String, bool)> = Vec::new();
    let mut replaced: BTreeMap<String, Option<(String, String)>> = BTreeMap::new();
    let mut block = String::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let words: Vec<&str> = code.split_whitespace().collect();
        let (directive, rest) = match words.as_slice() {
            [")"] => {
                block.clear();
                continue;
            }
            [directive, "("] => {
                (*directive).clone_into(&mut block);
                continue;
            }
            [] => continue,
            rest if !block.is_empty() => (block.as_str(), rest),
            [directive, rest @ ..] => (*directive, rest),
        };
        match (directive, rest) {
            ("require", [module, version]) => {
                let indirect = comment.trim().starts_with("indirect");
                required.push((number, (*module).to_owned(), (*version).to_owned(), indirect));
            }
            ("replace", [old, .., "=>", new, version]) => {
                replaced.insert((*old).to_owned(), Some(((*new).to_owned(), (*version).to_owned())));
            }
            // By a folder: whatever that holds, it is no released version.
            ("replace", [old, .., "=>", _]) => {
                replaced.insert((*old).to_owned(), None);
            }
            _ => {}
        }
    }
    for (number, module, version, indirect) in required {
        let (module, version) = match replaced.get(&module) {
            Some(Some(new)) => new.clone(),
            Some(None) => continue,
            None => (module, version),
        };
        let version = version.strip_prefix('v').unwrap_or(&version);
        if let Some(found) = found.pin(&Ecosystem::Go, module.trim_matches('"'), version, number)
            && indirect
        {
            found.when("indirect");
        }
    }
}
