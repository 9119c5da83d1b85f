//! Lines that a reviewer of a text of any kind would want to see: commands that feed an interpreter, and what a viewer runs.
//!
//! Only the beginning of a text is looked at: what people write by hand is short.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::NotedLine;
use crate::region::Region;

/// Bytes of a text that are looked at.
pub(super) const BEGINNING: usize = 1 << 20;
/// Lines kept of each kind.
const MOST: usize = 64;
/// Bytes kept on either side of a mark in a long line.
const AROUND: usize = 300;

const COMMAND: &str = "command";
const ACTIVE: &str = "active content";

/// Marks, compared without case, and what they are marks of.
const MARKS: &[(&str, &str)] = &[
    ("| sh", COMMAND),
    ("|sh", COMMAND),
    ("| bash", COMMAND),
    ("|bash", COMMAND),
    ("| zsh", COMMAND),
    ("| sudo", COMMAND),
    ("|sudo", COMMAND),
    ("| python", COMMAND),
    ("|python", COMMAND),
    ("| perl", COMMAND),
    ("| node", COMMAND),
    ("| iex", COMMAND),
    ("|iex", COMMAND),
    ("$(curl", COMMAND),
    ("$(wget", COMMAND),
    ("`curl", COMMAND),
    ("`wget", COMMAND),
    ("<(curl", COMMAND),
    ("<(wget", COMMAND),
    ("/dev/tcp/", COMMAND),
    ("/dev/udp/", COMMAND),
    ("downloadstring", COMMAND),
    ("frombase64string", COMMAND),
    ("powershell -e", COMMAND),
    ("certutil -", COMMAND),
    ("mshta http", COMMAND),
    ("wscript.shell", COMMAND),
    ("<script", ACTIVE),
    ("javascript:", ACTIVE),
    ("onload=", ACTIVE),
    ("onerror=", ACTIVE),
    ("onclick=", ACTIVE),
    ("onmouseover=", ACTIVE),
    ("document.cookie", ACTIVE),
    ("kernel.execute", ACTIVE),
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let marks = MARKS.iter().map(|(mark, _)| mark);
    AhoCorasick::builder().ascii_case_insensitive(true).build(marks).ok()
});

/// The noted lines of the beginning of a text, in order, each once for every kind.
pub(super) fn find(bytes: &[u8]) -> Vec<NotedLine> {
    let mut found: Vec<NotedLine> = Vec::new();
    let Some(finder) = FINDER.as_ref() else { return found };
    let (mut counted, mut line) = (0, 1_u32);
    for hit in finder.find_iter(bytes) {
        let Some((_, kind)) = MARKS.get(hit.pattern().as_usize()) else { continue };
        let before = bytes.get(counted..hit.start()).unwrap_or_default();
        let breaks = memchr::memchr_iter(b'\n', before).count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        counted = hit.start();
        let same = |noted: &&NotedLine| noted.kind == *kind;
        // One line may hold several marks; far apart in a long line they are several things.
        let near = |noted: &NotedLine| noted.line == line && noted.region.end > hit.start() as u64;
        if found.iter().rev().find(same).is_some_and(near) || found.iter().filter(same).count() >= MOST {
            continue;
        }
        let start = memchr::memrchr(b'\n', bytes.get(..hit.start()).unwrap_or_default())
            .map_or(0, |at| at.saturating_add(1))
            .max(hit.start().saturating_sub(AROUND));
        let rest = bytes.get(hit.end()..).unwrap_or_default();
        let end = hit.end().saturating_add(memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(AROUND));
        let text = String::from_utf8_lossy(bytes.get(start..end).unwrap_or_default()).trim().to_owned();
        found.push(NotedLine { kind, text, region: Region::new(start as u64, end as u64), line });
    }
    found
}
