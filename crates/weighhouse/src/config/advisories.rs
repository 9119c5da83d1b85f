//! `[advisories]`: where advisory data is kept, how old it may be, where it comes from, and which statements about it hold.

use std::path::{Path, PathBuf};

use super::problems::{Problems, Section, cut};
use super::sections::endpoint_fault;

pub(super) const KEYS: &[&str] = &["data", "max-age", "mirror", "vex"];
/// Days after which data is too old, unless configured otherwise; and the most that can be configured.
const MAX_AGE: u32 = 30;
const LONGEST: u64 = 3_650;

/// Advisory data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advisories {
    /// The folder of indexes, or one index.
    pub(crate) data: Option<PathBuf>,
    /// Days after which data is too old to say that nothing is known.
    pub(crate) max_age: u32,
    /// An address below which `ECOSYSTEM/all.zip` lies.
    pub(crate) mirror: Option<String>,
    /// OpenVEX documents.
    pub(crate) vex: Vec<PathBuf>,
}

impl Default for Advisories {
    fn default() -> Self {
        Self { data: None, max_age: MAX_AGE, mirror: None, vex: Vec::new() }
    }
}

pub(super) fn advisories(problems: &mut Problems, root: &Section<'_>, base: &Path) -> Advisories {
    let mut read = Advisories::default();
    let Some(section) = problems.table(root, "advisories") else { return read };
    problems.unknown_keys(&section, KEYS);
    read.data = problems.text(&section, "data").map(|data| base.join(data.value));
    if let Some(days) = problems.quantity(&section, "max-age") {
        if let Ok(number @ 1..=LONGEST) = days.value {
            read.max_age = u32::try_from(number).unwrap_or(MAX_AGE);
        } else {
            let written = days.value.map_or_else(str::to_owned, |number| number.to_string());
            let headline = format!("`max-age` cannot be `{}`", cut(&written));
            problems.error("WH-CFG-008", headline, &days.span, format!("write days, from 1 to {LONGEST}"));
        }
    }
    if let Some(mirror) = problems.text(&section, "mirror") {
        match endpoint_fault(mirror.value) {
            None => read.mirror = Some(mirror.value.trim_end_matches('/').to_owned()),
            Some((what, help)) => {
                problems.error("WH-CFG-015", format!("`mirror` {what}"), &mirror.span, help);
            }
        }
    }
    let documents = problems.texts(&section, "vex").map(|documents| documents.value).unwrap_or_default();
    read.vex = documents.into_iter().map(|document| base.join(document.value)).collect();
    read
}
