//! Scaffolds a rule: allocates the next id of its family and writes the file with everything a rule needs.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::registry;

/// Families and the folders their rules live in.
pub(crate) const FAMILIES: &[(&str, &str)] = &[
    ("PKL", "pickle"),
    ("ARC", "archive"),
    ("FMT", "structure"),
    ("TOR", "torch"),
    ("NPY", "numpy"),
    ("SAF", "safetensors"),
    ("GGU", "gguf"),
    ("ONX", "onnx"),
    ("GRA", "graph"),
    ("XML", "xml"),
    ("TPL", "template"),
    ("COD", "code"),
    ("SEC", "secret"),
    ("EXE", "executable"),
    ("NET", "network"),
    ("OBJ", "objects"),
    ("STO", "store"),
    ("BUN", "bundle"),
    ("TOK", "tokenizer"),
    ("CFG", "configuration"),
    ("INP", "coverage"),
    ("WGT", "weights"),
    ("DAT", "data"),
    ("RDS", "r"),
    ("DIF", "update"),
];

/// Ids of removed rules: never used again.
const TOMBSTONES: &[&str] = &[];

/// Writes the file of a new rule and registers it.
pub(crate) fn create(root: &Path, family: &str, slug: &str) -> Result<()> {
    let (path, id) = scaffold(root, family, slug)?;
    registry::write(root)?;
    println!("{id}: describe and implement it in {}", path.strip_prefix(root).unwrap_or(&path).display());
    Ok(())
}

fn scaffold(root: &Path, family: &str, slug: &str) -> Result<(std::path::PathBuf, String)> {
    let (_, folder) = FAMILIES
        .iter()
        .find(|(known, _)| *known == family)
        .with_context(|| format!("`{family}` is no family; families: {FAMILIES:?}"))?;
    let rules = registry::declarations(root)?;
    ensure!(rules.iter().all(|rule| rule.slug != slug), "the slug `{slug}` is taken");
    let taken = rules.iter().map(|rule| rule.id.as_str()).chain(TOMBSTONES.iter().copied());
    let last = taken
        .filter_map(|id| id.strip_prefix(&format!("WH-{family}-")))
        .filter_map(|number| number.parse::<u32>().ok())
        .max()
        .unwrap_or(0);
    let id = format!("WH-{family}-{:03}", last + 1);
    let path = root.join(format!("crates/weighhouse-scan/src/rules/{folder}/{}.rs", slug.replace('-', "_")));
    ensure!(!path.exists(), "{} exists", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, stub(&id, slug))?;
    Ok((path, id))
}

/// The text of a new rule's file.
fn stub(id: &str, slug: &str) -> String {
    let name: String = slug
        .split('-')
        .filter_map(|part| {
            let mut chars = part.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
        })
        .collect();
    include_str!("rule.template").replace("{id}", id).replace("{slug}", slug).replace("{name}", &name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_stub_has_everything_that_check_asks_for() {
        let text = super::stub("WH-PKL-999", "unsafe-import");
        assert!(text.contains("pub(crate) UnsafeImport {") && text.contains("id: \"WH-PKL-999\""));
        assert_eq!(crate::check::rule_faults(&text), Vec::<String>::new());
    }
}
