//! Benign files changed byte by byte: no parser fails, and a file that was cut is never complete and clean.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use weighhouse_core::Severity;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, tar};

use crate::attack::{by_folder, inspect};

/// Largest fixture that is mutated.
const LARGEST: u64 = 6_000;
/// Fixtures of each ending.
const OF_A_KIND: usize = 2;

/// Small benign fixtures, a few of each kind.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders =
        vec![root.join("tests/fixtures/benign"), root.join("../weighhouse-formats/tests/fixtures/onnx")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    // What makes fixtures is none, and data in two files is more than one.
    files.retain(|file| {
        file.extension().is_none_or(|ending| ending != "py")
            && !file.to_string_lossy().contains("external.onnx")
    });
    files.sort();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let kind = name.rsplit('.').take(2).filter(|part| part.len() < 7).collect::<Vec<_>>().join(".");
        let count = kinds.entry(kind).or_default();
        if *count < OF_A_KIND && fs::metadata(&file).unwrap().len() <= LARGEST {
            *count += 1;
            kept.push((name, fs::read(&file).unwrap()));
        }
    }
    assert!(kept.len() > 20, "{} fixtures", kept.len());
    kept
}

/// A small generator, the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    /// One change: a flipped bit, a byte put in, a byte taken out, a part repeated, a number made huge.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(6) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = self.below(256) as u8,
            2 => bytes.insert(at, self.below(256) as u8),
            3 => drop(bytes.remove(at)),
            4 => {
                let end = (at + 1 + self.below(40)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill(0xff);
            }
        }
    }
}

#[test]
fn no_parser_fails_on_changed_files() {
    let mut random = Random(7);
    for (name, bytes) in fixtures() {
        let changed = (0..24).map(|index| {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(3) {
                random.mutate(&mut bytes);
            }
            (format!("{index:02}/{name}"), bytes)
        });
        let inspection = inspect(changed.collect::<Vec<_>>());
        let failed: Vec<_> = inspection.gaps.iter().filter(|gap| gap.reason == "internal").collect();
        assert!(failed.is_empty(), "{name}: {failed:#?}");
    }
}

#[test]
fn a_cut_file_is_never_complete_and_clean() {
    let mut passed = Vec::new();
    for (name, bytes) in fixtures() {
        // A text has no end that could be missing; what a writer fills up may be missing behind the content.
        if [".md", ".txt", ".json", "ttributes"].iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let padding = if name.rsplit('.').next() == Some("gguf") { 32 } else { 4 };
        let step = (bytes.len() / 16).max(1);
        let cuts: Vec<usize> = (40..bytes.len() - padding).step_by(step).collect();
        let files = cuts.iter().map(|cut| (format!("{cut:06}/{name}"), bytes[..*cut].to_vec()));
        let inspection = inspect(files.collect::<Vec<_>>());
        let seen = by_folder(&inspection);
        assert!(seen.values().all(|seen| !seen.internal), "{name}");
        for cut in cuts {
            let seen = seen.get(&format!("{cut:06}"));
            if !seen.is_some_and(|seen| seen.gaps > 0 || seen.worst >= Some(Severity::Medium)) {
                passed.push(format!(
                    "{name} of {} bytes cut at {cut}: {:?}",
                    bytes.len(),
                    seen.map(|seen| &seen.lines)
                ));
            }
        }
    }
    assert!(passed.is_empty(), "{} passed\n{}", passed.len(), passed.join("\n"));
}

#[test]
fn benign_files_stay_benign_in_containers() {
    let mut loud = Vec::new();
    for (name, bytes) in fixtures() {
        let packed = [
            (format!("gz/{name}.gz"), compress::gzip(&bytes)),
            (format!("xz/{name}.xz"), compress::xz(&bytes)),
            (format!("bz/{name}.bz2"), compress::bzip2(&bytes)),
            (format!("zs/{name}.zst"), compress::zstd(&bytes)),
            (
                "zip/model.zip".to_owned(),
                Archive::of([Member::stored(&format!("folder/{name}"), &bytes)]).build(),
            ),
            (
                "dzip/model.zip".to_owned(),
                Archive::of([Member::deflated(&format!("folder/{name}"), &bytes)]).build(),
            ),
            (
                "szip/model.zip".to_owned(),
                Archive::of([Member::deflated(&name, &bytes).streamed(true, false)]).build(),
            ),
            ("tar/model.tar".to_owned(), tar::archive(&[tar::file(&format!("folder/{name}"), &bytes)])),
            ("tgz/model.tar.gz".to_owned(), compress::gzip(&tar::archive(&[tar::file(&name, &bytes)]))),
        ];
        let inspection = inspect(packed);
        let found = inspection.findings.iter().filter(|finding| finding.severity >= Severity::Medium);
        loud.extend(found.map(|f| format!("{} {} {}: {}", f.severity, f.rule.id, f.location, f.headline)));
        loud.extend(inspection.gaps.iter().map(|gap| format!("{} {}", gap.location, gap.detail)));
    }
    assert!(loud.is_empty(), "{}", loud.join("\n"));
}
