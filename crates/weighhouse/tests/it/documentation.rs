//! Commands in the documentation work as they are written.

use std::path::Path;

use super::{code, example, program, root, text};

/// Lines `$ weighhouse …` of all `console` blocks.
fn commands(page: &Path) -> Vec<String> {
    let page = std::fs::read_to_string(page).unwrap();
    page.lines()
        .filter_map(|line| line.trim().strip_prefix("$ "))
        .filter(|line| line.contains("weighhouse "))
        .map(|line| line.split("   #").next().unwrap_or(line).trim().to_owned())
        .collect()
}

fn copy(from: &str, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn every_command_of_the_guides_runs() {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs/guides", "docs/reference"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    pages.sort();
    let mut ran = 0;
    for page in pages {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model");
        copy(&example("clean-classifier"), &model);
        std::fs::copy(model.join("pytorch_model.bin"), folder.path().join("pytorch_model.bin")).unwrap();
        std::fs::copy(model.join("pytorch_model.bin"), folder.path().join("model.pt")).unwrap();
        std::fs::write(folder.path().join("model.pkl"), b"\x80\x04}.").unwrap();
        copy(
            &root().join("examples/policies").display().to_string(),
            &folder.path().join("examples/policies"),
        );
        copy(&example("clean-classifier"), &folder.path().join("examples/clean-classifier"));
        copy(&example("poisoned-classifier"), &folder.path().join("examples/poisoned-classifier"));
        for command in commands(&page) {
            let output = shell(folder.path(), &command);
            // Models on a Hub are not here, and tests fetch nothing.
            let acceptable =
                [0, 1, 3].contains(&code(&output)) || (command.contains("hf:") && code(&output) == 2);
            assert!(
                acceptable,
                "{}: `{command}` exits with {}: {}",
                page.display(),
                code(&output),
                text(&output.stderr)
            );
            ran += 1;
        }
    }
    assert!(ran >= 8, "only {ran} commands found");
}

#[test]
fn the_output_in_the_readme_is_real() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let shown = readme.split("```text\n$ weighhouse vet examples/poisoned-classifier\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap().trim_end();
    let output = program(&root()).args(["vet", "examples/poisoned-classifier"]).output().unwrap();
    assert_eq!(text(&output.stdout).trim_end(), shown);
}

/// Runs a line as a shell would, with the program first on the path.
#[expect(clippy::disallowed_methods, reason = "documentation is written for a shell")]
fn shell(folder: &Path, line: &str) -> std::process::Output {
    let program = program(folder);
    let bin = Path::new(program.get_program()).parent().unwrap().display().to_string();
    std::process::Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{bin}:/usr/bin:/bin"))
        .env("HOME", folder)
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap()
}
