//! A second look with a cache, as users take it. The examples lie in the repository since before the program was built, so that
//! their times are old enough to be trusted.

use super::{code, example, run, text};

fn json(output: &std::process::Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A folder for a cache, and the name of a file in it.
fn place() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache").display().to_string();
    (folder, file)
}

#[cfg(unix)]
#[test]
fn the_second_look_says_the_same_and_how_much_is_old() {
    for name in ["clean-classifier", "poisoned-classifier"] {
        let (_folder, cache) = place();
        let look =
            || run(&["vet", &example(name), "--since", &cache, "--at", "2026-01-01", "--format", "json"]);
        let (first, second) = (look(), look());
        assert_eq!(code(&first), code(&second));
        let (first, mut second) = (json(&first), json(&second));
        assert_eq!(first["coverage"]["reused"], 0);
        assert!(second["coverage"]["reused"].as_u64().unwrap() > 0, "{second}");
        second["coverage"]["reused"] = 0.into();
        assert_eq!(first, second);
        let output = run(&["vet", &example(name), "--since", &cache]);
        assert!(text(&output.stdout).contains("from the cache"), "{}", text(&output.stdout));
    }
}

#[test]
fn a_gate_reads_every_byte_itself() {
    let (_folder, cache) = place();
    let model = example("clean-classifier");
    for more in [["--profile", "production"], ["--format", "sarif"], ["--format", "junit"]] {
        let output = run(&[&["vet", &model, "--since", &cache][..], &more].concat());
        assert_eq!(code(&output), 2, "{more:?}");
        assert!(text(&output.stderr).contains("a gate reads every byte itself"), "{}", text(&output.stderr));
        assert!(!std::path::Path::new(&cache).exists());
    }
    let (folder, cache) = place();
    let config = folder.path().join("own.toml");
    std::fs::write(&config, "[profiles.ours]\nextends = \"internal\"\ncomplete-coverage = true\n").unwrap();
    let config = config.display().to_string();
    let output = run(&["vet", &model, "--since", &cache, "--config", &config, "--profile", "ours"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("`ours` demands complete coverage"), "{}", text(&output.stderr));
}

#[test]
fn nothing_in_the_target_takes_part_in_its_inspection() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    std::fs::create_dir_all(model.join("deep")).unwrap();
    std::fs::write(model.join("a.pkl"), b"]q\x00.").unwrap();
    let target = model.display().to_string();
    let inside = [model.join("cache"), model.join("deep/cache"), model.join("deep/../../model/cache")];
    for cache in inside {
        for target in [&target, &model.join("a.pkl").display().to_string()] {
            let output = run(&["vet", target, "--since", &cache.display().to_string()]);
            assert_eq!(code(&output), 2, "{}", cache.display());
            assert!(text(&output.stderr).contains("lies in what is inspected"), "{}", text(&output.stderr));
            assert!(!cache.exists());
        }
    }
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::fs::write(model.join("deep/cache"), b"").unwrap();
        std::os::unix::fs::symlink(model.join("deep/cache"), &link).unwrap();
        let output = run(&["vet", &target, "--since", &link.display().to_string()]);
        assert_eq!(code(&output), 2);
        let parent = folder.path().join("parent");
        std::os::unix::fs::symlink(model.join("deep"), &parent).unwrap();
        let output = run(&["vet", &target, "--since", &parent.join("new").display().to_string()]);
        assert_eq!(code(&output), 2);
    }
}

#[test]
fn a_damaged_cache_is_made_anew_and_other_files_are_left_alone() {
    let (_folder, cache) = place();
    let model = example("clean-classifier");
    assert_eq!(code(&run(&["vet", &model, "--since", &cache])), 0);
    let whole = std::fs::read(&cache).unwrap();
    std::fs::write(&cache, &whole[..whole.len() / 2]).unwrap();
    let output = run(&["vet", &model, "--since", &cache]);
    assert_eq!(code(&output), 0);
    assert!(text(&output.stderr).contains("is made anew: it is damaged"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read(&cache).unwrap(), whole);

    std::fs::write(&cache, b"my notes").unwrap();
    let output = run(&["vet", &model, "--since", &cache]);
    assert_eq!(code(&output), 2, "{}", text(&output.stderr));
    assert_eq!(std::fs::read(&cache).unwrap(), b"my notes");
    assert_eq!(code(&run(&["vet", "hf:org/name", "--since", &(cache + "2")])), 2);
}
