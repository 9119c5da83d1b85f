//! Commands in the documentation work as they are written.

use std::path::{Path, PathBuf};

use super::{code, copy, program, root, text};

/// The texts of all blocks of this language.
fn blocks(page: &Path, language: &str) -> Vec<String> {
    let page = std::fs::read_to_string(page).unwrap();
    let parts = page.split("\n```").skip(1).step_by(2);
    parts.filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n').map(str::to_owned)).collect()
}

/// Lines `weighhouse …` of `sh` blocks and `$ … weighhouse …` of `console` blocks.
fn commands(page: &Path) -> Vec<String> {
    let console = blocks(page, "console");
    let console = console.iter().flat_map(|block| block.lines()).filter_map(|line| line.strip_prefix("$ "));
    let shell = blocks(page, "sh").into_iter().map(|block| block.replace("\\\n", " "));
    let shell: Vec<_> = shell.collect();
    let shell = shell.iter().flat_map(|block| block.lines()).filter(|line| line.starts_with("weighhouse "));
    let commands = console.chain(shell).filter(|line| line.contains("weighhouse "));
    commands.map(|line| line.split("   #").next().unwrap_or(line).trim().to_owned()).collect()
}

/// The pages that people follow.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs/guides", "docs/reference"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    pages.sort();
    pages
}

#[test]
fn every_command_of_the_guides_runs() {
    let mut ran = 0;
    for page in pages() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model");
        copy(&root().join("examples/clean-classifier"), &model);
        std::fs::copy(model.join("pytorch_model.bin"), folder.path().join("pytorch_model.bin")).unwrap();
        std::fs::copy(model.join("pytorch_model.bin"), folder.path().join("model.pt")).unwrap();
        for (name, fixture) in [
            ("release.pem", "p256.pem"),
            ("release.pub", "p256.pub"),
            ("trusted_root.json", "../keyless/fixtures/trusted_root.json"),
            ("signing_config.json", "../keyless/fixtures/signing_config.json"),
        ] {
            let keys = root().join("crates/weighhouse-supply/src/signing/fixtures");
            std::fs::copy(keys.join(fixture), folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("model.pkl"), b"\x80\x04}.").unwrap();
        std::fs::write(folder.path().join("token.jwt"), "e30.eyJzdWIiOiJtZSJ9.").unwrap();
        let dump = root().join("crates/weighhouse-supply/tests/data/osv-pypi.zip");
        std::fs::copy(dump, folder.path().join("all.zip")).unwrap();
        for example in ["audit-log", "clean-classifier", "poisoned-classifier", "policies"] {
            let example = Path::new("examples").join(example);
            copy(&root().join(&example), &folder.path().join(&example));
        }
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
    assert!(ran >= 11, "only {ran} commands found");
}

#[test]
fn every_configuration_and_policy_in_the_guides_is_sound() {
    let policies = root().join("examples/policies");
    let mut checked = 0;
    for page in pages() {
        let texts = blocks(&page, "toml").into_iter().map(|text| (text, "toml"));
        for (text, language) in texts.chain(blocks(&page, "cedar").into_iter().map(|text| (text, "cedar"))) {
            let folder = tempfile::tempdir().unwrap();
            copy(&policies, &folder.path().join("policies"));
            std::fs::write(folder.path().join(format!("example.{language}")), &text).unwrap();
            let arguments: &[&str] = match (language, text.contains("[[case]]")) {
                ("cedar", _) => &["policy", "check", "--policy", "example.cedar"],
                (_, true) => &["policy", "test", "--policy", "policies/house-rules.cedar", "example.toml"],
                (_, false) => &["policy", "check", "--config", "example.toml"],
            };
            let output = program(folder.path()).args(arguments).output().unwrap();
            let said = super::text(&output.stdout) + &super::text(&output.stderr);
            assert_eq!(code(&output), 0, "{}:\n{text}\n{said}", page.display());
            checked += 1;
        }
    }
    assert!(checked >= 6, "only {checked} texts found");
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
