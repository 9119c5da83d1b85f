//! `[gate.attesters.NAME]` and `[gate.witnesses.NAME]`: whose word counts at the gate beside its own.

use std::path::{Path, PathBuf};

use weighhouse_log::{Algorithm, VerifierKey};

use super::endpoint_fault;
use super::problems::{Problems, Section, cut};

pub(super) const ATTESTER_KEYS: &[&str] = &["key", "kinds"];
pub(super) const WITNESS_KEYS: &[&str] = &["key", "address"];

/// Somebody whose signed statements about models are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttesterSection {
    pub(crate) name: String,
    /// File of the public key, in PEM.
    pub(crate) key: PathBuf,
    /// Predicate types; none: all.
    pub(crate) kinds: Vec<String>,
}

/// A witness of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WitnessSection {
    pub(crate) key: VerifierKey,
    pub(crate) address: String,
}

/// The tables below a table, by name, each read by `read`.
fn each<T>(
    problems: &mut Problems,
    section: &Section<'_>,
    key: &str,
    mut read: impl FnMut(&mut Problems, &Section<'_>, &str) -> Option<T>,
) -> Vec<T> {
    let Some(tables) = problems.table(section, key) else { return Vec::new() };
    let mut all = Vec::new();
    for name in tables.table.keys() {
        let span = name.span();
        let name: &str = name.get_ref();
        let Some(mut table) = problems.table(&tables, name) else { continue };
        table.name = format!("[gate.{key}.{}]", cut(name));
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(sound) {
            let headline = format!("`{}` cannot be a name here", cut(name));
            problems.error("WH-CFG-018", headline, &span, "write lower-case letters, digits and `-`");
        }
        if !table.table.contains_key("key") {
            let headline = format!("`{}` has no `key`", table.name);
            problems.error("WH-CFG-018", headline, &span, "say by `key` whose signatures count");
        }
        all.extend(read(problems, &table, name));
    }
    all
}

pub(super) fn attesters(problems: &mut Problems, section: &Section<'_>, base: &Path) -> Vec<AttesterSection> {
    each(problems, section, "attesters", |problems, table, name| {
        problems.unknown_keys(table, ATTESTER_KEYS);
        let key = problems.text(table, "key").map(|text| base.join(text.value));
        let kinds = problems.texts(table, "kinds").map(|kinds| kinds.value).unwrap_or_default();
        let kinds = kinds.iter().map(|kind| kind.value.to_owned()).collect();
        Some(AttesterSection { name: name.to_owned(), key: key?, kinds })
    })
}

pub(super) fn witnesses(problems: &mut Problems, section: &Section<'_>) -> Vec<WitnessSection> {
    each(problems, section, "witnesses", |problems, table, _| {
        problems.unknown_keys(table, WITNESS_KEYS);
        let key = problems.text(table, "key").and_then(|text| {
            let key = text.value.parse::<VerifierKey>().ok();
            let key = key.filter(|key| key.algorithm() == Algorithm::Cosignature);
            if key.is_none() {
                let help = "write the line that `weighhouse log keygen NAME --witness` printed";
                problems.error(
                    "WH-CFG-018",
                    "`key` is not the key of a witness".to_owned(),
                    &text.span,
                    help,
                );
            }
            key
        });
        let address = problems.text(table, "address");
        let address = address.and_then(|text| match endpoint_fault(text.value) {
            Some((what, help)) => {
                problems.error("WH-CFG-015", format!("`address` {what}"), &text.span, help);
                None
            }
            None => Some(text.value.trim_end_matches('/').to_owned()),
        });
        Some(WitnessSection { key: key?, address: address? })
    })
}
