//! `health` as its users meet it.

use std::fs;

use serde_json::Value;

use crate::{code, program, root, text};

#[test]
fn weights_are_not_read_and_packages_are_held_against_advisories() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    let git = project.join(".git");
    for part in ["objects/info", "refs/heads", "refs/tags"] {
        fs::create_dir_all(git.join(part)).unwrap();
    }
    let packed = root().join("crates/weighhouse-supply/src/git/fixtures/packed");
    copy(&packed, &git);
    // More than a run could read.
    fs::File::create(project.join("model.safetensors")).unwrap().set_len(64 << 30).unwrap();
    fs::write(project.join("requirements.txt"), "pillow==9.0.0\n").unwrap();
    let check = |arguments: &[&str]| {
        let arguments =
            [&["health", "project", "--format", "json", "--at", "2024-10-20"], arguments].concat();
        let run = program(folder.path()).args(&arguments).output().unwrap();
        let document: Value = serde_json::from_slice(&run.stdout)
            .unwrap_or_else(|_| panic!("{} {}", code(&run), text(&run.stderr)));
        let checks = document["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["name"] == "Vulnerabilities").unwrap().to_string()
    };
    assert!(check(&[]).contains("no advisory data for PyPI"), "{}", check(&[]));
    let dump = root().join("crates/weighhouse-supply/tests/data/osv-pypi.zip");
    let import = ["advisories", "import", dump.to_str().unwrap(), "--ecosystem", "PyPI", "--data", "data"];
    assert_eq!(code(&program(folder.path()).args(import).output().unwrap()), 0);
    fs::write(folder.path().join("weighhouse.toml"), "[advisories]\ndata = \"data\"\n").unwrap();
    assert!(
        check(&[]).contains("known vulnerabilities in what it pins or demands by advisories of 2024"),
        "{}",
        check(&[])
    );
    // A store elsewhere is read only if the user names it.
    fs::rename(&git, folder.path().join("store")).unwrap();
    fs::write(&git, "gitdir: ../store\n").unwrap();
    let run = program(folder.path()).args(["health", "project"]).output().unwrap();
    assert!(text(&run.stdout).contains("--git-dir"), "{}", text(&run.stdout));
    assert!(check(&["--git-dir", "store"]).contains("known vulnerabilities"));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}
