//! `[gate.uploads]` and `[gate.connections]`: how much the gate takes on itself for whoever asks.

use super::problems::{Problems, Section};
use super::sections::limit;

/// Name, whether it is in bytes, and the largest value allowed.
pub(super) type Bound = (&'static str, bool, u64);

pub(super) const UPLOADS: &[Bound] = &[
    ("file", true, 1 << 50),
    ("inline", true, 1 << 40),
    ("commit", true, 1 << 50),
    ("files", false, 1_000_000),
    ("pending", true, 1 << 50),
    ("keep-hours", false, 8760),
    ("patience-seconds", false, 3600),
];
pub(super) const CONNECTIONS: &[Bound] = &[
    ("total", false, 1_000_000),
    ("per-address", false, 1_000_000),
    ("head-seconds", false, 3600),
    ("silence-seconds", false, 3600),
];

/// What people may send, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UploadsSection {
    /// Bytes of a file.
    pub(crate) file: Option<u64>,
    /// Bytes of a file that is sent within a commit.
    pub(crate) inline: Option<u64>,
    /// Bytes of all files that a commit brings.
    pub(crate) commit: Option<u64>,
    /// Operations of a commit.
    pub(crate) files: Option<u64>,
    /// Bytes that somebody sent and no commit names yet.
    pub(crate) pending: Option<u64>,
    /// For how many hours they are kept.
    pub(crate) keep_hours: Option<u64>,
    /// For how many seconds the next bytes are waited for.
    pub(crate) patience_seconds: Option<u64>,
}

/// What clients may take before they are known, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConnectionsSection {
    /// At the same time.
    pub(crate) total: Option<u64>,
    /// Of one address.
    pub(crate) per_address: Option<u64>,
    /// Seconds for the head of a request.
    pub(crate) head_seconds: Option<u64>,
    /// Seconds of silence.
    pub(crate) silence_seconds: Option<u64>,
}

pub(super) fn uploads(problems: &mut Problems, gate: &Section<'_>) -> UploadsSection {
    let mut all = UploadsSection::default();
    read(problems, gate, "uploads", UPLOADS, |key, value| {
        let place = match key {
            "file" => &mut all.file,
            "inline" => &mut all.inline,
            "commit" => &mut all.commit,
            "files" => &mut all.files,
            "pending" => &mut all.pending,
            "keep-hours" => &mut all.keep_hours,
            _ => &mut all.patience_seconds,
        };
        *place = Some(value);
    });
    all
}

pub(super) fn connections(problems: &mut Problems, gate: &Section<'_>) -> ConnectionsSection {
    let mut all = ConnectionsSection::default();
    read(problems, gate, "connections", CONNECTIONS, |key, value| {
        let place = match key {
            "total" => &mut all.total,
            "per-address" => &mut all.per_address,
            "head-seconds" => &mut all.head_seconds,
            _ => &mut all.silence_seconds,
        };
        *place = Some(value);
    });
    all
}

fn read(
    problems: &mut Problems,
    gate: &Section<'_>,
    name: &str,
    bounds: &[Bound],
    mut give: impl FnMut(&str, u64),
) {
    let Some(mut section) = problems.table(gate, name) else { return };
    section.name = format!("[gate.{name}]");
    let keys: Vec<_> = bounds.iter().map(|(key, ..)| *key).collect();
    problems.unknown_keys(&section, &keys);
    for (key, bytes, most) in bounds {
        if let Some(value) = limit(problems, &section, key, *bytes, *most) {
            give(key, value);
        }
    }
}
