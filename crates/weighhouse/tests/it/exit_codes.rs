//! Exit codes follow the verdict, whatever the format.

use super::{code, example, run, text};

const FORMATS: &[&str] = &["terminal", "json", "sarif", "junit", "markdown", "html"];

#[test]
fn the_verdict_decides_in_every_format() {
    let unknown = tempfile::tempdir().unwrap();
    std::fs::write(unknown.path().join("weights.enc"), [0x9d_u8; 4096].map(|byte| byte ^ 0x5a)).unwrap();
    let unknown = unknown.path().display().to_string();
    for format in FORMATS {
        for (target, expected) in
            [(example("clean-classifier"), 0), (example("poisoned-classifier"), 1), (unknown.clone(), 3)]
        {
            for verb in ["vet", "scan"] {
                let output = run(&[verb, &target, "--format", format]);
                assert_eq!(code(&output), expected, "{verb} {target} {format}: {}", text(&output.stderr));
                assert!(!output.stdout.is_empty());
                let output = run(&[verb, &target, "--format", format, "--exit-zero"]);
                assert_eq!(code(&output), 0, "--exit-zero");
            }
        }
    }
}

#[test]
fn what_the_user_can_mend_is_two() {
    for arguments in [
        vec!["vet"],
        vec!["vet", "no-such-file"],
        vec!["vet", ".", "--format", "pdf"],
        vec!["vet", ".", "--profile", "no-such-profile"],
        vec!["vet", ".", "--at", "yesterday"],
        vec!["vet", "hf:"],
        vec!["vet", ".", "--config", "no-such.toml"],
        vec!["vet", ".", "--policy", "no-such.cedar"],
        vec!["explain", "WH-NOT-001"],
        vec!["convert", "no-such.bin"],
        vec!["policy", "test", "no-such.test.toml"],
        vec!["frobnicate"],
    ] {
        let output = run(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty(), "{arguments:?} must say what is wrong");
    }
}

#[test]
fn a_model_that_is_not_here_and_must_not_be_fetched_is_two() {
    let output = run(&["vet", "hf:org/name", "--offline"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("--offline"), "{}", text(&output.stderr));
}

#[test]
fn a_stricter_threshold_fails_what_passes_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("net.pkl"), b"\x80\x02c__main__\nNet\n)\x81.").unwrap();
    let target = folder.path().display().to_string();
    assert_eq!(code(&run(&["scan", &target])), 0);
    assert_eq!(code(&run(&["scan", &target, "--fail-on", "medium"])), 1);
    assert_eq!(code(&run(&["vet", &target])), 3);
    assert_eq!(code(&run(&["vet", &target, "--fail-on", "medium"])), 1);
}
