//! What git keeps about a repository: loose objects, its settings, and the rest of its store.
//!
//! A clone of a model carries its history in `.git`. Loose objects are opened like any other content. Packs and indexes are
//! recognised by their signatures and not read: no loader does, and what a checkout would bring out of them is another revision. The
//! settings and hooks of git run commands, so they are facts.
//!
//! Formats: `gitformat-loose(5)`, `gitformat-pack(5)`, `gitformat-index(5)`, `git-config(1)`.

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, read_up_to};

/// Settings of git.
#[derive(Debug, Default)]
pub struct GitSettings {
    /// In order of the file.
    pub settings: Vec<Setting>,
}

/// One setting: `filter.lfs.smudge = git-lfs smudge -- %f`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section in lower case, its name as written, and key in lower case, with dots between them.
    pub key: String,
    /// As git reads it: without quotes and comments.
    pub value: String,
    /// Line, from 1.
    pub line: u32,
}

/// Most settings kept; clones have a dozen.
const MOST: usize = 10_000;

/// Signatures of files of the store.
const SIGNATURES: &[&[u8]] = &[
    b"DIRC",
    b"PACK\0\0\0",
    b"\xfftOc\0\0\0",
    b"RIDX\0\0\0",
    b"BITM\0",
    b"CGPH\x01",
    b"MIDX\x01",
    b"MTME\0\0\0",
    b"REFT\x01",
];

/// Recognises files of the store by signature, if they lie in one, and loose objects by their header.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let stored = is_in_store(probe.name) && SIGNATURES.iter().any(|magic| probe.starts_with(magic));
    if stored {
        return Some(Candidate {
            format: Format::GitStore,
            strength: Strength::Certain,
            evidence: "signature",
        });
    }
    let (_, start) = header(&probe.head, probe.source.len())?;
    (start > 0).then_some(Candidate {
        format: Format::GitObject,
        strength: Strength::Certain,
        evidence: "header with the length of what follows",
    })
}

fn is_in_store(name: &str) -> bool {
    name.starts_with(".git/") || name.contains("/.git/") || name.ends_with(".git/index")
}

/// The kind of a loose object and where its content begins, if the header tells its length truly.
fn header(head: &[u8], len: u64) -> Option<(&'static str, u64)> {
    let kind =
        ["blob", "tree", "commit", "tag"].into_iter().find(|kind| head.starts_with(kind.as_bytes()))?;
    let rest = head.get(kind.len()..)?.strip_prefix(b" ")?;
    let end = memchr::memchr(0, rest.get(..rest.len().min(20))?)?;
    let digits = std::str::from_utf8(rest.get(..end)?).ok()?;
    let start = (kind.len() as u64).saturating_add(end as u64).saturating_add(2);
    let declared: u64 = digits.parse().ok()?;
    (declared.checked_add(start)? == len).then_some((kind, start))
}

/// Reads a loose object: the content of a blob is inspected, trees and commits only name objects.
pub fn parse_object(source: &SharedSource, _name: &str, _budget: &Budget) -> Parsed {
    let head = read_up_to(source.as_ref(), 0, 64).unwrap_or_default();
    let mut parsed = Parsed::new(Format::GitObject, Facts::GitObject, Claims::whole(source.len()));
    if let Some(("blob", start)) = header(&head, source.len())
        && start < source.len()
    {
        let content = Content::Stored { region: Region::new(start, source.len()), crc32: None };
        parsed.children.push(Child { name: "blob".to_owned(), content, known: None });
    }
    parsed
}

/// Whether a file of this name holds settings of git.
pub(crate) fn holds_settings(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    matches!(file, ".gitconfig" | ".gitmodules")
        || is_in_store(name) && matches!(file, "config" | "config.worktree")
}

/// Reads settings.
pub fn parse_settings(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    let bytes = read_up_to(source.as_ref(), 0, limit).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let facts = GitSettings { settings: settings(text.trim_start_matches('\u{feff}')) };
    Parsed::new(Format::GitConfig, Facts::GitSettings(Box::new(facts)), Claims::whole(source.len()))
}

fn settings(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut section = String::new();
    let mut pending: Option<Setting> = None;
    for (line, number) in text.lines().zip(1_u32..) {
        if let Some(mut setting) = pending.take() {
            setting.value.push_str(line.trim_end_matches('\\'));
            if line.ends_with('\\') {
                pending = Some(setting);
            } else {
                found.push(setting);
            }
            continue;
        }
        let mut rest = line.trim();
        if let Some(header) = rest.strip_prefix('[') {
            let (name, behind) = header.split_once(']').unwrap_or((header, ""));
            section = section_name(name);
            rest = behind.trim();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) || found.len() >= MOST {
            continue;
        }
        let (key, value) = rest.split_once('=').unwrap_or((rest, "true"));
        let key = format!("{section}.{}", key.trim().to_ascii_lowercase());
        let continued = value.ends_with('\\');
        let setting = Setting { key, value: plain(value.trim_end_matches('\\')), line: number };
        if continued {
            pending = Some(setting);
        } else {
            found.push(setting);
        }
    }
    found.extend(pending);
    found
}

/// `filter "lfs"` as `filter.lfs`.
fn section_name(header: &str) -> String {
    match header.split_once('"') {
        Some((section, name)) => {
            format!("{}.{}", section.trim().to_ascii_lowercase(), name.trim_end().trim_end_matches('"'))
        }
        None => header.trim().to_ascii_lowercase(),
    }
}

/// A value without quotes, escapes and the comment behind it.
fn plain(value: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = value.trim().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' => out.extend(chars.next()),
            '#' | ';' if !quoted => break,
            c => out.push(c),
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn settings_are_read_as_git_reads_them() {
        let text =
            "[core]\n\tpager = \"sh -c 'id'\" ; comment\n[Filter \"LFS x\"] smudge = a \\\n b\n[alias]\nst\n";
        let read: Vec<_> = settings(text).into_iter().map(|s| (s.key, s.value, s.line)).collect();
        let expected =
            [("core.pager", "sh -c 'id'", 2), ("filter.LFS x.smudge", "a b", 3), ("alias.st", "true", 6)];
        assert_eq!(read.len(), expected.len(), "{read:?}");
        for ((key, value, line), (k, v, l)) in read.iter().zip(expected) {
            assert_eq!(
                (key.as_str(), value.split_whitespace().collect::<Vec<_>>().join(" ").as_str(), *line),
                (k, v, l)
            );
        }
    }

    #[test]
    fn loose_objects_are_opened_only_if_their_length_is_true() {
        let node =
            |bytes: &[u8]| crate::inspect::inspect("x", &Memory::shared(bytes.to_vec()), &Budget::default());
        let blob = node(b"blob 5\0hello");
        assert_eq!(blob.children.len(), 1);
        assert!(blob.gaps.is_empty());
        assert!(node(b"blob 6\0hello").readings.iter().all(|reading| reading.format != Format::GitObject));
    }

    #[test]
    fn a_signature_of_the_store_means_something_only_there() {
        let node = |name: &str| {
            crate::inspect::inspect(
                name,
                &Memory::shared(b"DIRC\0\0\0\x02\0\0\0\0\xff\xfe".to_vec()),
                &Budget::default(),
            )
        };
        assert!(node(".git/index").gaps.is_empty());
        assert!(!node("weights.bin").gaps.is_empty());
    }
}
