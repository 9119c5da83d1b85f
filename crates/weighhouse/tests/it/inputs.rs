//! Targets of every kind, and what becomes of output.

use std::io::Write as _;
use std::process::Stdio;

use super::{code, example, program, run, text};

#[test]
fn standard_input_is_a_file_called_dash() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program(folder.path())
        .args(["vet", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"cos\nsystem\n(S'id'\ntR.").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 1);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["rule"], "WH-PKL-001");
    assert_eq!(report["files"][0]["path"], "-");
}

#[test]
fn empty_standard_input_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path()).args(["vet", "-"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(code(&output), 2, "a failed download on the left of the pipe must not pass");
    assert!(text(&output.stderr).contains("standard input is empty"), "{}", text(&output.stderr));
}

#[test]
fn a_name_of_a_hub_model_is_understood_where_no_path_is() {
    let output = run(&["vet", "org/name"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("`hf:org/name`"), "{}", text(&output.stderr));
}

#[test]
fn a_folder_and_its_parts_are_each_a_target() {
    let folder = example("poisoned-classifier");
    assert_eq!(code(&run(&["vet", &format!("{folder}/pytorch_model.bin")])), 1);
    assert_eq!(code(&run(&["vet", &format!("{folder}/model.safetensors")])), 0);
    assert_eq!(code(&run(&["vet", &format!("{folder}/tokenizer_config.json")])), 1);
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let target = example("clean-classifier");
    let written = folder.path().join("report.json");
    let output =
        program(folder.path()).args(["vet", &target, "-f", "json", "-o", "report.json"]).output().unwrap();
    assert_eq!((code(&output), output.stdout.len()), (0, 0));
    let said = text(&output.stderr);
    assert!(said.starts_with("PASS") && said.contains("report: report.json"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&written).unwrap()).unwrap();
    assert_eq!(report["verdict"], "pass");
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["report.json"], "no temporary file is left");
    let output =
        program(folder.path()).args(["vet", &target, "-o", "no/such/folder/report"]).output().unwrap();
    assert_eq!(code(&output), 3, "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_told_with_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    std::fs::create_dir(&model).unwrap();
    std::os::unix::fs::symlink("nowhere", model.join("weights.bin")).unwrap();
    let output = program(folder.path()).args(["vet", "model"]).output().unwrap();
    assert_eq!(code(&output), 3);
    let shown = text(&output.stdout);
    assert_eq!(shown.matches("does not exist").count(), 1, "a gap is told once: {shown}");
    assert!(shown.contains("Make everything readable"), "{shown}");
}

/// As root, `-o /dev/null` must not put a regular file in the place of the device.
#[cfg(unix)]
#[test]
fn only_regular_files_are_replaced_by_reports() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("real.json"), "old").unwrap();
    symlink("real.json", at("link.json")).unwrap();
    symlink("/dev/null", at("null.json")).unwrap();
    let target = example("clean-classifier");
    for (name, expected) in [("link.json", 0), ("null.json", 0), (".", 3)] {
        let output =
            program(folder.path()).args(["vet", &target, "-f", "json", "-o", name]).output().unwrap();
        assert_eq!(code(&output), expected, "{name}: {}", text(&output.stderr));
    }
    let device = std::fs::metadata(at("null.json")).unwrap().file_type();
    assert!(device.is_char_device(), "the device was replaced");
    assert!(std::fs::symlink_metadata(at("link.json")).unwrap().is_symlink(), "the link was replaced");
    assert!(std::fs::read_to_string(at("real.json")).unwrap().contains("\"verdict\""));
    let checkpoint = format!("{target}/pytorch_model.bin");
    let output = program(folder.path()).args(["convert", &checkpoint, "-o", "null.json", "--force"]).output();
    assert_eq!(code(&output.unwrap()), 2);
}

#[test]
fn a_configuration_inside_the_model_configures_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    std::fs::create_dir(&model).unwrap();
    std::fs::write(model.join("model.pkl"), b"cos\nsystem\n(S'id'\ntR.").unwrap();
    let waiver = "[[waiver]]\nrules = [\"WH-PKL-001\"]\npath = \"**/*.pkl\"\nowner = \"x\"\nreason = \"y\"\nexpires = 2999-01-01\n";
    std::fs::write(model.join("weighhouse.toml"), waiver).unwrap();
    assert_eq!(code(&program(folder.path()).args(["vet", "model"]).output().unwrap()), 1);
    assert_eq!(code(&program(&model).args(["vet", "."]).output().unwrap()), 1);
    // The same waiver in the user's own folder holds.
    std::fs::rename(model.join("weighhouse.toml"), folder.path().join("weighhouse.toml")).unwrap();
    let output = program(folder.path()).args(["vet", "model"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn conversion_gives_the_tensors_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = format!("{}/pytorch_model.bin", example("clean-classifier"));
    let out = folder.path().join("model.safetensors");
    let out = out.display().to_string();
    let output = run(&["convert", &checkpoint, "-o", &out]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let reference = std::fs::read(format!("{}/model.safetensors", example("clean-classifier"))).unwrap();
    assert!(
        std::fs::read(&out).unwrap() == reference,
        "differs from the file that the reference library wrote"
    );
    assert_eq!(
        code(&run(&["convert", &checkpoint, "-o", &out])),
        2,
        "an existing file is not replaced unasked"
    );
    let poisoned = format!("{}/pytorch_model.bin", example("poisoned-classifier"));
    let output = run(&["convert", &poisoned, "-o", &out, "--force"]);
    assert_eq!(code(&output), 3);
    assert!(text(&output.stderr).contains("system"), "{}", text(&output.stderr));
}
