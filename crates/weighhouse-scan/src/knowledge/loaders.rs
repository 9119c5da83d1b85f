//! What loaders do with what was found, by format, loader and version.

use weighhouse_core::{Behaviour, LoadEffect, Severity};
use weighhouse_formats::format::Format;

use super::table::Table;

const LOADERS: &str = include_str!("../../data/loaders.tsv");

/// The text that takes part in judging.
pub(super) fn text() -> (&'static str, &'static str) {
    ("loaders", LOADERS)
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    formats: &'static str,
    rules: &'static str,
    /// How the versions that the row is about behave.
    pub behaviour: Behaviour,
}

impl Row {
    /// Whether the row is about this format.
    pub fn is_about(&self, format: Format) -> bool {
        self.formats.split(',').any(|name| name == format.name())
    }

    /// Whether the row is about what this rule finds with this severity.
    pub fn explains(&self, rule: &str, severity: Severity) -> bool {
        self.rules.split(',').any(|listed| match rule.strip_prefix(listed) {
            Some("") => severity >= Severity::Low,
            Some(rest) => rest.starts_with('-') && severity >= Severity::Medium,
            None => false,
        })
    }
}

/// All rows, in the order in which they are told.
pub fn rows() -> impl Iterator<Item = Row> {
    Table::new(LOADERS).lines().filter_map(|line| {
        let columns: Vec<&'static str> = line.split('\t').collect();
        let [formats, rules, loader, versions, call, effect, what, advisories, source] = columns[..] else {
            return None;
        };
        let advisories = if advisories == "-" { "" } else { advisories };
        let effect = LoadEffect::parse(effect)?;
        let behaviour = Behaviour { loader, versions, call, effect, what, advisories, source };
        Some(Row { formats, rules, behaviour })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_names_formats_rules_and_a_source() {
        let lines = Table::new(LOADERS).lines().count();
        assert!(LOADERS.is_ascii() && lines > 30 && rows().count() == lines);
        for row in rows() {
            for name in row.formats.split(',') {
                assert!(Format::ALL.iter().any(|format| format.name() == name), "{row:?}");
            }
            for listed in row.rules.split(',') {
                let mut metas = crate::RULES.iter().map(|rule| rule.meta().id);
                assert!(
                    metas.any(|id| row.explains(id, Severity::High) && id.starts_with(listed)),
                    "{row:?}"
                );
            }
            let Behaviour { versions, advisories, source, what, .. } = row.behaviour;
            assert!(source.starts_with("https://") && !what.ends_with('.'), "{row:?}");
            assert!(advisories.split(", ").all(|id| id.is_empty() || id.starts_with("CVE-")), "{row:?}");
            let specifier = |part: &str| part.starts_with(">= ") || part.starts_with("< ");
            assert!(versions == "any" || versions.split(", ").all(specifier), "{row:?}");
        }
    }

    #[test]
    fn families_and_single_rules_are_told_apart() {
        let row = rows().find(|row| row.behaviour.loader == "joblib").unwrap();
        assert!(row.explains("WH-PKL-001", Severity::Medium) && !row.explains("WH-PKL-001", Severity::Low));
        assert!(!row.explains("WH-PK", Severity::High) && !row.explains("WH-PKLX-001", Severity::High));
        assert!(row.is_about(Format::Pickle) && !row.is_about(Format::Onnx));
    }
}
