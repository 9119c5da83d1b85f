//! Targets on disk that are no plain files, and names that are no plain names: nothing hangs, nothing is skipped in silence.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use weighhouse_core::{Inspection, Severity};
use weighhouse_scan::source::{self, SourceError};

use crate::attack::engine;
use crate::hostile::containers::payload;

fn inspect(path: &Path, max_files: usize) -> Inspection {
    engine().inspect(&source::from_path(path, max_files).unwrap())
}

fn reasons(inspection: &Inspection) -> Vec<&str> {
    inspection.gaps.iter().map(|gap| gap.reason).collect()
}

fn fires(inspection: &Inspection, file: &str) -> bool {
    inspection.findings.iter().any(|f| f.severity == Severity::Critical && f.location.file == file)
}

#[test]
fn links() {
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = inside.path();
    fs::write(outside.path().join("evil.pkl"), payload()).unwrap();
    fs::create_dir(root.join("folder")).unwrap();
    fs::write(root.join("folder/evil.pkl"), payload()).unwrap();
    symlink("nowhere", root.join("broken")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink(outside.path().join("evil.pkl"), root.join("leaves.pkl")).unwrap();
    symlink(outside.path(), root.join("leaves")).unwrap();
    symlink("folder", root.join("again")).unwrap();
    symlink("/etc/passwd", root.join("config.json")).unwrap();
    symlink("/etc", root.join("data")).unwrap();
    symlink(".", root.join("folder/up")).unwrap();
    symlink("../..", root.join("folder/above")).unwrap();
    symlink("folder/evil.pkl", root.join("alias.txt")).unwrap();
    let inspection = inspect(root, usize::MAX);
    let reasons = reasons(&inspection);
    assert_eq!(reasons.iter().filter(|reason| **reason == "broken-link").count(), 2, "{reasons:?}");
    assert_eq!(reasons.iter().filter(|reason| **reason == "linked-folder").count(), 3, "{reasons:?}");
    for file in ["leaves.pkl", "folder/evil.pkl", "alias.txt"] {
        assert!(fires(&inspection, file), "{file}");
    }
    assert!(inspection.findings.iter().any(|f| f.rule.id == "WH-ARC-001" && f.location.file == "leaves.pkl"));
    assert!(inspection.artifact.digest.is_none(), "what was not read has no digest");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a named pipe needs `mkfifo`; the inspection itself runs nothing"
)]
fn special_files_are_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("model.pkl");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _listener = UnixListener::bind(folder.path().join("socket.bin")).unwrap();
    symlink("/dev/zero", folder.path().join("device.pkl")).unwrap();
    symlink("model.pkl", folder.path().join("link.pkl")).unwrap();
    let inspection = inspect(folder.path(), usize::MAX);
    assert_eq!(reasons(&inspection), ["special-file"; 4]);
    assert!(matches!(source::from_path(&fifo, 1), Err(SourceError::NotAFile { .. })));
    assert!(matches!(source::from_path(Path::new("/dev/null"), 1), Err(SourceError::NotAFile { .. })));
    assert!(matches!(source::from_path(&folder.path().join("none"), 1), Err(SourceError::Missing { .. })));
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let (file, inner) = (folder.path().join("a.pkl"), folder.path().join("inner"));
    fs::write(&file, payload()).unwrap();
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("b.pkl"), payload()).unwrap();
    for path in [&file, &inner] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    // The superuser reads everything; then there is nothing to see here.
    let refused = fs::read(&file).is_err();
    let inspection = inspect(folder.path(), usize::MAX);
    for path in [&file, &inner] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    if refused {
        assert_eq!(reasons(&inspection), ["unreadable"; 2]);
        assert!(inspection.artifact.digest.is_none());
    } else {
        assert!(fires(&inspection, "a.pkl") && fires(&inspection, "inner/b.pkl"));
    }
}

#[test]
fn names_that_are_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let names: &[&[u8]] = &[
        b"\xff\xfe.pkl",
        b"a\nb.pkl",
        b"\x1b[2J.pkl",
        b"-rf",
        b" ",
        b"...",
        b"a\\b.pkl",
        "\u{202e}lkp.x".as_bytes(),
        b"%s%n",
        b"con.pkl",
    ];
    for name in names {
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), payload()).unwrap();
    }
    fs::write(folder.path().join("x".repeat(255)), payload()).unwrap();
    let inspection = inspect(folder.path(), usize::MAX);
    assert_eq!(inspection.files.len(), names.len() + 1);
    for file in &inspection.files {
        assert!(fires(&inspection, &file.path), "{:?}", file.path);
    }
    assert!(inspection.findings.iter().all(|finding| !finding.headline.contains(['\n', '\x1b', '\u{202e}'])));
}

#[test]
fn empty_and_hidden_files_count() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".git/objects")).unwrap();
    fs::create_dir_all(folder.path().join("deep/".repeat(60))).unwrap();
    fs::write(folder.path().join("empty.pkl"), b"").unwrap();
    fs::write(folder.path().join(".git/objects/x"), payload()).unwrap();
    fs::write(folder.path().join("deep/".repeat(60)).join("x"), payload()).unwrap();
    let inspection = inspect(folder.path(), usize::MAX);
    assert_eq!(inspection.files.len(), 3);
    assert!(fires(&inspection, ".git/objects/x"));
    assert_eq!(inspection.findings.iter().filter(|f| f.rule.id == "WH-PKL-001").count(), 2);
    assert!(inspection.artifact.digest.is_some());
}

#[test]
fn more_files_than_the_limit_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..20 {
        fs::write(folder.path().join(format!("{index:02}")), b"text").unwrap();
    }
    fs::write(folder.path().join("zz.pkl"), payload()).unwrap();
    let inspection = inspect(folder.path(), 10);
    assert_eq!(reasons(&inspection), ["limit:files"]);
    assert_eq!(inspection.files.len(), 10);
    assert!(inspection.findings.iter().any(|finding| finding.severity >= Severity::Medium));
}
