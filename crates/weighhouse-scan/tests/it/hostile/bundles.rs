//! Bundles of servers and frameworks: as a folder, packed as one archive, and packed twice. Programs that carry models.

use weighhouse_core::Severity;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, tar};

use super::programs::elf;
use crate::attack::{Sample, assert_seen, inspect};
use crate::corpus::{self, Repository, read};

fn zip(repository: &Repository) -> Vec<u8> {
    let members = repository.files.iter().map(|(path, bytes)| Member::deflated(path, bytes));
    Archive::of(members.collect::<Vec<_>>()).build()
}

fn tarball(repository: &Repository) -> Vec<u8> {
    let members: Vec<_> =
        repository.files.iter().map(|(path, bytes)| tar::file(&format!("./{path}"), bytes)).collect();
    tar::archive(&members)
}

/// The repositories of a corpus in archives: what lies together there is judged as in a folder.
fn packed(text: &str) -> Vec<Sample> {
    let repositories = read(text);
    let forms = |repository: &Repository| {
        let outer = Archive::of([Member::stored("inner.zip", &zip(repository))]).build();
        [
            ("a zip", "m.zip", zip(repository)),
            ("a tar", "m.tar", tarball(repository)),
            ("a tar in gzip", "m.tar.gz", compress::gzip(&tarball(repository))),
            ("a zip in a zip", "m.zip", outer),
        ]
        .map(|(form, name, bytes)| Sample::new(format!("{} in {form}", repository.title), name, bytes))
    };
    repositories.iter().flat_map(forms).collect()
}

#[test]
fn bundles_are_seen_in_folders() {
    let samples = read(include_str!("../../fixtures/hostile/bundles.txt"));
    assert!(samples.len() >= 50, "{}", samples.len());
    corpus::assert_seen("bundles", samples);
}

#[test]
fn bundles_are_seen_in_archives() {
    assert_seen("packed bundles", &packed(include_str!("../../fixtures/hostile/bundles.txt")));
}

#[test]
fn configurations_are_seen_in_archives() {
    assert_seen("packed configurations", &packed(include_str!("../../fixtures/hostile/configurations.txt")));
}

#[test]
fn ordinary_repositories_are_silent_in_archives() {
    let samples = packed(include_str!("../../fixtures/ordinary/repositories.txt"));
    for sample in samples {
        let inspection = inspect([(sample.name.clone(), sample.bytes)]);
        let loud: Vec<_> =
            inspection.findings.iter().filter(|found| found.severity >= Severity::Medium).collect();
        assert!(
            loud.is_empty() && inspection.gaps.is_empty(),
            "{}: {loud:#?} {:?}",
            sample.title,
            inspection.gaps
        );
    }
}

/// What a program carries is inspected: findings are told inside it, not only of it.
#[test]
fn programs_that_carry_models() {
    let call = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.".to_vec();
    let arguments = Archive::of([
        Member::stored(
            ".args",
            b"-m\n/etc/passwd\n--host\n0.0.0.0\n--model-url\nhttp://example.org/m.gguf\n",
        ),
        Member::stored("model.pkl", &call),
    ]);
    let with = |payload: &[u8]| [elf(), payload.to_vec()].concat();
    let samples = [
        ("a pickle behind a program", "m", with(&call)),
        ("an archive behind a program", "m.llamafile", with(&arguments.build())),
        ("a pickle in a section", "m.so", with_section(&call)),
    ];
    for (title, name, bytes) in samples {
        let inspection = inspect([(name.to_owned(), bytes)]);
        let inside = inspection.findings.iter().any(|found| {
            found.severity == Severity::Critical
                && found.rule.id.starts_with("WH-PKL")
                && !found.location.members.is_empty()
        });
        assert!(inside, "{title}: {:#?}", inspection.findings);
    }
    let inspection = inspect([("m.llamafile".to_owned(), with(&arguments.build()))]);
    for rule in ["WH-BUN-001", "WH-BUN-003"] {
        assert!(
            inspection.findings.iter().any(|found| found.rule.id == rule),
            "{rule}: {:#?}",
            inspection.findings
        );
    }
}

/// A program with one section.
fn with_section(content: &[u8]) -> Vec<u8> {
    let mut bytes = elf();
    let at = bytes.len() as u64;
    bytes.extend_from_slice(content);
    let table = bytes.len() as u64;
    let number = |value: u64| value.to_le_bytes();
    let mut section = vec![0_u8; 64];
    section[4] = 1;
    section[24..32].copy_from_slice(&number(at));
    section[32..40].copy_from_slice(&number(content.len() as u64));
    bytes.extend_from_slice(&section);
    bytes[40..48].copy_from_slice(&number(table));
    bytes[58..62].copy_from_slice(&[64, 0, 1, 0]);
    bytes
}
