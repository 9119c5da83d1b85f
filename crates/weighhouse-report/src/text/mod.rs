//! Words and numbers for people.

use weighhouse_core::printable::printable_within;
pub(crate) use weighhouse_core::words::{bytes, grouped, plural};
use weighhouse_core::{Finding, Location};

pub(crate) mod flow;

/// Characters of a name: members of archives may have names of 64 KiB.
pub(crate) const NAME: usize = 400;

/// The place of a finding inside its file, without the key if headline or evidence say it already.
pub(crate) fn place_of(finding: &Finding) -> String {
    let told = |key: &&str| {
        finding.headline.contains(&format!("`{key}`")) || finding.evidence.as_deref() == Some(*key)
    };
    let key = finding.location.key.as_deref().filter(|key| !told(key));
    parts(&finding.location, key)
}

/// The place inside the file (`archive/data.pkl · byte 1,024 · os.system`), printable; empty for the whole file.
pub(crate) fn place(location: &Location) -> String {
    parts(location, location.key.as_deref())
}

fn parts(location: &Location, key: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(member) = location.member() {
        parts.push(printable_within(&member, NAME));
    }
    match (location.text, location.bytes) {
        (Some(text), _) => parts.push(format!("line {}, column {}", text.line, text.column)),
        (None, Some((start, _))) => parts.push(format!("byte {}", grouped(start))),
        (None, None) => {}
    }
    if let Some(key) = key.filter(|key| !key.is_empty()) {
        parts.push(printable_within(key, NAME));
    }
    parts.join(" · ")
}
