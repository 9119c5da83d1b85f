//! `bom` as its users meet it.

use std::fs;

use serde_json::Value;

use crate::{code, example, program, root, text};

#[test]
fn a_bill_lists_every_file_and_two_runs_are_equal() {
    let folder = tempfile::tempdir().unwrap();
    let model = example("clean-classifier");
    for format in ["cyclonedx-1.6", "cyclonedx-1.7", "spdx-3"] {
        let write = |to: &str| {
            let run =
                program(folder.path()).args(["bom", &model, "--format", format, "-o", to]).output().unwrap();
            assert_eq!(code(&run), 0, "{}", text(&run.stderr));
            fs::read_to_string(folder.path().join(to)).unwrap()
        };
        let (first, second) = (write("first.json"), write("second.json"));
        assert_eq!(first, second);
        for entry in fs::read_dir(&model).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(first.contains(&format!("\"name\": \"{name}\"")), "{format}: {name}");
        }
    }
}

#[test]
fn a_bill_has_the_time_that_is_given() {
    let model = example("clean-classifier");
    let run = |epoch: Option<&str>, at: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program(folder.path());
        command.args(["bom", &model]).args(at);
        if let Some(epoch) = epoch {
            command.env("SOURCE_DATE_EPOCH", epoch);
        }
        command.output().unwrap()
    };
    let time = |epoch, at: &[&str]| {
        let bill: Value = serde_json::from_slice(&run(epoch, at).stdout).unwrap();
        bill["metadata"]["timestamp"].as_str().map(str::to_owned)
    };
    assert_eq!(time(None, &[]), None);
    assert_eq!(time(Some("1700000000"), &[]).as_deref(), Some("2023-11-14T22:13:20Z"));
    assert_eq!(time(Some("1700000000"), &["--at", "2026-11-21"]).as_deref(), Some("2026-11-21T00:00:00Z"));
    assert_eq!(code(&run(Some("soon"), &[])), 2);
    assert_eq!(code(&run(None, &["--at", "soon"])), 2);
}

#[test]
fn two_bills_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| program(folder.path()).args(arguments).output().unwrap();
    for (name, to) in [("clean-classifier", "clean.json"), ("poisoned-classifier", "poisoned.json")] {
        assert_eq!(code(&run(&["bom", &example(name), "--name", "classifier", "-o", to])), 0);
    }
    let found = run(&["bom", "diff", "clean.json", "poisoned.json"]);
    let said = text(&found.stdout);
    assert_eq!(code(&found), 0, "{}", text(&found.stderr));
    assert!(said.contains("~ file `pytorch_model.bin`\n    sha256: "), "{said}");
    let found = run(&["bom", "diff", "clean.json", "clean.json", "--json"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["changed"], serde_json::json!([]));
    // The same model moved between formats.
    assert_eq!(
        code(&run(&["bom", &example("clean-classifier"), "--format", "spdx-3", "-o", "spdx.json"])),
        0
    );
    assert_eq!(code(&run(&["bom", "diff", "clean.json", "spdx.json"])), 0);
    fs::write(folder.path().join("no.json"), "{}").unwrap();
    assert_eq!(code(&run(&["bom", "diff", "clean.json", "no.json"])), 2);
    assert_eq!(code(&run(&["bom", "diff", "clean.json", "none.json"])), 2);
    assert_eq!(code(&run(&["bom"])), 2);
}

#[test]
fn coverage_names_each_element_and_how_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let run = |format: &str| {
        let model = example("clean-classifier");
        let arguments = ["bom", &model, "--format", format, "--author", "Ada"];
        text(&program(folder.path()).args(arguments).output().unwrap().stdout)
    };
    let table = run("coverage");
    for line in [
        "licence                      declared  Apache-2.0 (README.md:2)",
        "author                       declared  Ada",
    ] {
        assert!(table.contains(line), "{table}");
    }
    let document: Value = serde_json::from_str(&run("coverage-json")).unwrap();
    let elements = document["elements"].as_array().unwrap();
    assert!(elements.iter().all(|row| row["basis"] != "absent" || row["value"].is_null()));
    assert!(elements.len() > 50);
}

#[test]
fn a_bill_that_lies_with_other_bytes_is_told_by_vet() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    fs::copy(root().join("examples/clean-classifier/model.safetensors"), model.join("model.safetensors"))
        .unwrap();
    let run = |arguments: &[&str]| program(folder.path()).args(arguments).output().unwrap();
    let written = run(&["bom", "model", "-o", "model/sbom.cdx.json"]);
    assert_eq!(code(&written), 0);
    let rules = || {
        let report: Value =
            serde_json::from_slice(&run(&["vet", "model", "--format", "json"]).stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rules(), Vec::<String>::new());
    fs::copy(root().join("examples/poisoned-classifier/config.json"), model.join("config.json")).unwrap();
    assert_eq!(rules(), Vec::<String>::new(), "a bill need not list everything");
    let bill = fs::read_to_string(model.join("sbom.cdx.json")).unwrap();
    let (_, digest) = bill.rsplit_once("\"content\": \"").unwrap();
    let digest: String = digest.chars().take(64).collect();
    fs::write(model.join("sbom.cdx.json"), bill.replace(&digest, &"0".repeat(64))).unwrap();
    assert_eq!(rules(), ["WH-PRV-012"]);
}

#[test]
fn packages_and_what_is_known_of_them_are_in_the_bill() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    fs::write(model.join("requirements.txt"), "pillow==9.0.0\nnumpy>=1.20\n").unwrap();
    let run = |arguments: &[&str]| program(folder.path()).args(arguments).output().unwrap();
    let bill = |arguments: &[&str]| -> Value {
        let run = run(&[&["bom", "model", "--at", "2024-10-20"], arguments].concat());
        assert_eq!(code(&run), 0, "{}", text(&run.stderr));
        serde_json::from_slice(&run.stdout).unwrap()
    };
    let blind = bill(&[]);
    assert_eq!(blind.get("vulnerabilities"), None, "nobody looked");
    assert!(
        text(&run(&["bom", "model", "--format", "coverage"]).stdout)
            .contains("not assessed: no advisory data")
    );

    let dump = root().join("crates/weighhouse-supply/tests/data/osv-pypi.zip");
    let dump = dump.to_str().unwrap();
    let imported = run(&["advisories", "import", dump, "--ecosystem", "PyPI", "--data", "data"]);
    assert_eq!(code(&imported), 0, "{}", text(&imported.stderr));
    fs::write(folder.path().join("weighhouse.toml"), "[advisories]\ndata = \"data\"\n").unwrap();
    let assessed = bill(&[]);
    let found = assessed["vulnerabilities"].as_array().unwrap();
    assert!(found.iter().any(|one| one["affects"][0]["ref"] == "software:PyPI/pillow == 9.0.0"), "{found:?}");
    assert_eq!(assessed, bill(&[]));
    let spdx = bill(&["--format", "spdx-3"]).to_string();
    assert!(spdx.contains("security_Vulnerability") && spdx.contains("asked for in `>=1.20`"));
}
