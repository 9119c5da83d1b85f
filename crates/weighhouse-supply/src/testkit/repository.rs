//! Repositories that are written anew for each input, for their reader works on files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{materials, today};
use crate::git::testkit::{apply, index_of, read_all};
use crate::git::{Id, Limits};
use crate::health;

/// The folder of this process.
fn scratch() -> PathBuf {
    std::env::temp_dir().join(format!("weighhouse-fuzz-{}", std::process::id()))
}

fn limits() -> Limits {
    Limits {
        commits: 500,
        changes: 100,
        object: 1 << 20,
        total: 16 << 20,
        indexes: 1 << 20,
        refs: 500,
        paths: 2_000,
    }
}

/// What parts objects in an input.
const PART: u8 = 0x1e;

/// Objects, packs, refs, and what servers say of a repository.
pub fn repository(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice % 5 {
        0 => drop(loose(rest)),
        1 => drop(entries(rest)),
        2 => drop(raw(rest)),
        3 => drop(references(rest)),
        _ => {
            let mut snapshot = health::Snapshot::default();
            rest.split(|byte| *byte == 0).take(4).for_each(|part| drop(snapshot.add(part)));
            drop(health::Record::from_json(rest));
            ask(None, snapshot);
        }
    }
    drop(fs::remove_dir_all(scratch()));
}

fn ask(root: Option<&Path>, snapshot: health::Snapshot) {
    let Some(today) = today() else { return };
    let mut target = materials(Vec::new());
    target.root = root.map(Path::to_owned);
    let settings = health::Settings { snapshot, limits: limits(), ..health::Settings::default() };
    drop(health::assess(&target, &settings, today));
}

/// An empty repository.
fn skeleton() -> Option<(PathBuf, PathBuf)> {
    let root = scratch();
    drop(fs::remove_dir_all(&root));
    let store = root.join(".git");
    for folder in ["objects/pack", "refs/heads", "refs/tags"] {
        fs::create_dir_all(store.join(folder)).ok()?;
    }
    fs::write(store.join("HEAD"), "ref: refs/heads/main\n").ok()?;
    Some((root, store))
}

fn packed(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

/// Content with the names of earlier objects put in: bytes 1 and 2 stand before the number of one, whose name follows in
/// hexadecimal or as it is.
fn filled(text: &[u8], ids: &[Id]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        let id = |number: Option<&u8>| {
            let at = usize::from(*number?).checked_rem(ids.len())?;
            ids.get(at).copied()
        };
        match byte {
            1 => out.extend(id(bytes.next()).map(|id| id.to_string().into_bytes()).unwrap_or_default()),
            2 => out.extend(id(bytes.next()).map(|id| id.as_bytes().to_vec()).unwrap_or_default()),
            other => out.push(*other),
        }
    }
    out
}

/// Loose objects, each of a kind by its first byte; the last commit is the tip, and tags are tags.
fn loose(data: &[u8]) -> Option<()> {
    let (root, store) = skeleton()?;
    let mut ids: Vec<Id> = Vec::new();
    for part in data.split(|byte| *byte == PART).take(32) {
        let Some((kind, text)) = part.split_first() else { continue };
        let content = filled(text, &ids);
        let kind = match kind % 4 {
            0 => "blob",
            1 => "tree",
            2 => "commit",
            _ => "tag",
        };
        let id = Id::of(kind, &content, 20)?;
        let hex = id.to_string();
        let (shelf, name) = hex.split_at_checked(2)?;
        fs::create_dir_all(store.join("objects").join(shelf)).ok()?;
        let whole = [format!("{kind} {}\0", content.len()).as_bytes(), content.as_slice()].concat();
        fs::write(store.join("objects").join(shelf).join(name), packed(&whole)?).ok()?;
        match kind {
            "commit" => fs::write(store.join("refs/heads/main"), format!("{id}\n")).ok()?,
            "tag" => fs::write(store.join(format!("refs/tags/v{}", ids.len())), format!("{id}\n")).ok()?,
            _ => {}
        }
        ids.push(id);
    }
    ask(Some(&root), health::Snapshot::default());
    Some(())
}

/// A pack of entries, whole ones and differences, with an index that names each rightly if that is possible.
fn entries(data: &[u8]) -> Option<()> {
    let (root, store) = skeleton()?;
    let mut pack = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
    // Name, offset, kind and content of each entry.
    let mut all: Vec<(Id, u64, &str, Vec<u8>)> = Vec::new();
    for part in data.split(|byte| *byte == PART).take(32) {
        let Some((kind, text)) = part.split_first() else { continue };
        let ids: Vec<Id> = all.iter().map(|(id, ..)| *id).collect();
        let content = filled(text, &ids);
        let offset = pack.len() as u64;
        let base = all.last();
        let (number, name) = match (kind % 6, base) {
            (1, _) => (2, "tree"),
            (2, _) => (1, "commit"),
            (3, _) => (4, "tag"),
            (4, Some((_, _, kind, _))) => (6, *kind),
            (5, Some((_, _, kind, _))) => (7, *kind),
            _ => (3, "blob"),
        };
        pack.extend(head(number, content.len()));
        match (number, base) {
            (6, Some((_, before, ..))) => pack.extend(distance(offset.checked_sub(*before)?)),
            (7, Some((id, ..))) => pack.extend(id.as_bytes()),
            _ => {}
        }
        pack.extend(packed(&content)?);
        let real = match base.filter(|_| number > 4) {
            Some((.., base)) => apply(base, &content).unwrap_or(content),
            None => content,
        };
        let id = Id::of(name, &real, 20)?;
        if name == "commit" {
            fs::write(store.join("refs/heads/main"), format!("{id}\n")).ok()?;
        }
        all.push((id, offset, name, real));
    }
    let rows: Vec<(Id, u64)> = all.iter().map(|(id, offset, ..)| (*id, *offset)).collect();
    fs::write(store.join("objects/pack/pack-a.pack"), &pack).ok()?;
    fs::write(store.join("objects/pack/pack-a.idx"), index_of(rows)).ok()?;
    read_all(&root, limits(), all.iter().map(|(id, ..)| *id));
    ask(Some(&root), health::Snapshot::default());
    Some(())
}

/// The head of an entry: kind and length.
fn head(kind: u8, len: usize) -> Vec<u8> {
    let mut rest = len >> 4;
    let mut bytes = vec![kind << 4 | (len & 0x0f) as u8];
    while rest > 0 {
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes
}

/// How far back a base lies, as packs write it.
fn distance(far: u64) -> Vec<u8> {
    let mut bytes = vec![(far & 0x7f) as u8];
    let mut rest = far >> 7;
    while rest > 0 {
        rest = rest.saturating_sub(1);
        bytes.push(0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes.reverse();
    bytes
}

/// A pack and its index as they are: two bytes with the length of the index, the index, the pack.
fn raw(data: &[u8]) -> Option<()> {
    let (root, store) = skeleton()?;
    let (len, rest) = data.split_first_chunk::<2>()?;
    let (index, pack) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    fs::write(store.join("objects/pack/pack-a.pack"), pack).ok()?;
    fs::write(store.join("objects/pack/pack-a.idx"), index).ok()?;
    let ids = index.get(8 + 256 * 4..).unwrap_or_default().chunks_exact(20).take(16).filter_map(Id::new);
    let ids: Vec<Id> = ids.collect();
    if let Some(first) = ids.first() {
        fs::write(store.join("refs/heads/main"), format!("{first}\n")).ok()?;
    }
    read_all(&root, limits(), ids.into_iter());
    ask(Some(&root), health::Snapshot::default());
    Some(())
}

/// `HEAD`, `packed-refs`, `shallow`, the ref of a branch.
fn references(data: &[u8]) -> Option<()> {
    let (root, store) = skeleton()?;
    let places = ["HEAD", "packed-refs", "shallow", "refs/heads/main"];
    for (part, place) in data.split(|byte| *byte == 0).zip(places) {
        fs::write(store.join(place), part).ok()?;
    }
    ask(Some(&root), health::Snapshot::default());
    Some(())
}
