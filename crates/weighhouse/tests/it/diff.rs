//! Revisions side by side, as users compare them.

use super::{code, example, run, text};

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        std::fs::write(folder.path().join(path), bytes).unwrap();
    }
    folder
}

fn path(folder: &tempfile::TempDir) -> String {
    folder.path().display().to_string()
}

#[test]
fn a_poisoned_update_fails_and_says_what_it_brings() {
    let (old, new) = (example("clean-classifier"), example("poisoned-classifier"));
    let output = run(&["diff", &old, &new]);
    let said = text(&output.stdout);
    assert_eq!(code(&output), 1, "{said}{}", text(&output.stderr));
    assert!(said.starts_with("PASS → FAIL"), "{said}");
    for expected in ["Brought by the update", "WH-DIF-001", "posix.system", "Findings gained", "WH-PKL-001"] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
    let output = run(&["diff", &old, &new, "--exit-zero", "--quiet"]);
    assert_eq!(code(&output), 0);
    assert!(!text(&output.stdout).contains("Brought by"), "{}", text(&output.stdout));
}

#[test]
fn the_same_revision_twice_is_zero_whatever_the_verdict() {
    for name in ["clean-classifier", "poisoned-classifier"] {
        let output = run(&["diff", &example(name), &example(name)]);
        assert_eq!(code(&output), 0, "{name}");
        assert!(text(&output.stdout).contains("the same, byte for byte"), "{}", text(&output.stdout));
    }
}

#[test]
fn every_format_exits_alike_and_holds_no_control_characters() {
    let old = folder(&[("config.json", b"{\"a\": \"x\"}")]);
    let name = b"{\"a\": \"\\u001b[31m<script>alert(1)</script>\", \"b`|\\n# x\": 1}";
    let new = folder(&[("config.json", name), ("m.pkl", b"cacme\nX\n.")]);
    for format in ["terminal", "json", "markdown", "html"] {
        let output = run(&["diff", &path(&old), &path(&new), "--format", format, "--verbose"]);
        let said = text(&output.stdout);
        assert_eq!(code(&output), 3, "{format}: {said}{}", text(&output.stderr));
        assert!(
            !said.contains('\u{1b}') && (format != "html" || !said.contains("<script>alert")),
            "{format}: {said}"
        );
    }
    for format in ["sarif", "junit"] {
        let output = run(&["diff", &path(&old), &path(&new), "--format", format]);
        assert_eq!(code(&output), 2);
        assert!(text(&output.stderr).contains("--baseline"), "{}", text(&output.stderr));
    }
}

#[test]
fn the_json_form_fits_its_schema() {
    let schema = super::root().join("docs/reference/diff-v1.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let report = super::root().join("docs/reference/report-v1.schema.json");
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    // What a finding and a gap are, both documents say alike.
    for shared in ["finding", "gap", "location", "digest", "severity", "waived"] {
        assert_eq!(schema["$defs"][shared], report["$defs"][shared], "{shared}");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let unknown: Vec<u8> =
        (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect();
    let changed = folder(&[("config.json", b"{\"a\": 2}"), ("w.enc", &unknown), ("m.pkl", b"cacme\nX\n.")]);
    let before = folder(&[("config.json", b"{\"a\": 1}"), ("gone.json", b"[1]")]);
    for (old, new) in [
        (example("clean-classifier"), example("poisoned-classifier")),
        (example("poisoned-classifier"), example("clean-classifier")),
        (example("clean-classifier"), example("clean-classifier")),
        (path(&before), path(&changed)),
        (path(&changed), path(&before)),
    ] {
        let output = run(&["diff", &old, &new, "--format", "json"]);
        let found: serde_json::Value = serde_json::from_str(&text(&output.stdout)).unwrap();
        let errors: Vec<_> = validator.iter_errors(&found).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{old} {new}: {errors:#?}");
        assert!(validator.is_valid(&found));
        let mut extra = found.clone();
        extra["undocumented"] = serde_json::Value::Null;
        assert!(!validator.is_valid(&extra));
    }
}

#[test]
fn policies_see_what_an_update_brings() {
    let old = folder(&[("m.pkl", b"}.")]);
    let new = folder(&[("m.pkl", b"ccollections\nOrderedDict\n)R.")]);
    let policy = folder(&[(
        "p.cedar",
        b"@id(\"no-new-globals\")\n@message(\"an update brings a name\")\n@outcome(\"deny\")\nforbid (principal, action == Weighhouse::Action::\"tolerate\", resource)\nwhen { resource.rule == \"WH-DIF-001\" };\n",
    )]);
    let policy = policy.path().join("p.cedar").display().to_string();
    let vet = ["vet", &path(&new), "--policy", &policy];
    assert_eq!(code(&run(&vet)), 0);
    let with: Vec<&str> = vet.iter().copied().chain(["--baseline"]).collect();
    let old = path(&old);
    let output = run(&[&with[..], &[&old]].concat());
    assert_eq!(code(&output), 1, "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("an update brings a name"), "{}", text(&output.stdout));
}

#[test]
fn neither_revision_configures_the_comparison() {
    let old = folder(&[("m.json", b"{}"), ("weighhouse.toml", b"fail_on = \"nonsense\"\n")]);
    let new = folder(&[("m.json", b"[]")]);
    let program = super::program(old.path()).args(["diff", ".", &path(&new)]).output().unwrap();
    assert!(text(&program.stderr).contains("is not used"), "{}", text(&program.stderr));
}

#[test]
fn mistakes_are_two() {
    for arguments in [vec!["diff"], vec!["diff", "."], vec!["diff", ".", "no-such"], vec!["diff", "-", "-"]] {
        let output = run(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", text(&output.stderr));
    }
}
