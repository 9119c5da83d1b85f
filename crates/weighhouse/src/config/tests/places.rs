//! Which file is used, and which never is.

use std::fs;
use std::path::Path;

use super::{RULES, shown};
use crate::config::{Config, Request, load_for};

const PRODUCTION: &str = "profile = \"production\"\n";

fn with(start: &Path, target: Option<&Path>, explicit: Option<&Path>) -> Config {
    let targets: Vec<&Path> = target.into_iter().collect();
    load_for(&Request { explicit, start, targets: &targets, rules: RULES })
        .map_err(|problems| shown(&problems))
        .unwrap()
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

#[test]
fn the_nearest_file_upwards_is_used() {
    let root = tree(&[
        ("weighhouse.toml", PRODUCTION),
        ("a/b/x.pkl", ""),
        ("a/weighhouse.toml", "profile = \"research\""),
    ]);
    let (top, inner) = (root.path(), root.path().join("a/b"));
    assert_eq!(with(top, Some(&inner), None).profile.name, "production");
    assert_eq!(with(&root.path().join("a/b"), None, None).profile.name, "research");
    assert_eq!(with(&root.path().join("a"), Some(&inner), None).profile.name, "research");
}

#[test]
fn nothing_inside_the_target_configures_its_inspection() {
    let root = tree(&[
        ("weighhouse.toml", PRODUCTION),
        ("model/weighhouse.toml", "profile = \"research\""),
        ("model/x.pkl", ""),
    ]);
    let model = root.path().join("model");
    for (start, target) in [
        (model.clone(), model.clone()),
        (model.clone(), model.join("../model/.")),
        (model.clone(), model.join("x.pkl")),
        (root.path().to_owned(), model.clone()),
    ] {
        let config = with(&start, Some(&target), None);
        assert_eq!(config.profile.name, "production");
        assert_eq!(config.warnings.len(), usize::from(start == model));
        assert!(config.warnings.iter().all(|warning| warning.code == "WH-CFG-012"));
    }
    // Said explicitly, it is the user's choice.
    let own = model.join("weighhouse.toml");
    assert_eq!(with(&model, Some(&model), Some(&own)).profile.name, "research");
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_around_the_boundary() {
    use std::os::unix::fs::symlink;

    let root = tree(&[
        ("model/hidden.toml", "profile = \"research\""),
        ("work/x", ""),
        ("own/weighhouse.toml", PRODUCTION),
    ]);
    let (model, work) = (root.path().join("model"), root.path().join("work"));
    symlink(model.join("hidden.toml"), work.join("weighhouse.toml")).unwrap();
    let config = with(&work, Some(&model), None);
    assert_eq!((config.source.text.is_empty(), config.warnings.len()), (true, 1));
    // A link inside the target is inside the target, wherever it leads.
    symlink(root.path().join("own/weighhouse.toml"), model.join("weighhouse.toml")).unwrap();
    let config = with(&model, Some(&model), None);
    assert_eq!((config.source.text.is_empty(), config.warnings.len()), (true, 1));
    // The target may itself be reached by a link.
    let alias = root.path().join("alias");
    symlink(&model, &alias).unwrap();
    assert!(with(&alias, Some(&alias), None).source.text.is_empty());
}

#[test]
fn policies_are_read_beside_the_file_but_not_from_the_target() {
    let root = tree(&[
        ("weighhouse.toml", "[policy]\nfiles = [\"own.cedar\", \"model/evil.cedar\", \"none.cedar\"]\n"),
        ("own.cedar", "// mine"),
        ("model/evil.cedar", "// not mine"),
    ]);
    let model = root.path().join("model");
    let request = Request { explicit: None, start: root.path(), targets: &[&model], rules: RULES };
    let problems = load_for(&request).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["WH-CFG-016", "WH-CFG-011"]);
    fs::write(root.path().join("weighhouse.toml"), "[policy]\nfiles = [\"own.cedar\"]\nextend = false\n")
        .unwrap();
    let config = load_for(&request).unwrap();
    assert_eq!(&*config.policy.sources[0].text, "// mine");
    assert_eq!(config.policy.base, weighhouse_policy::Base::Nothing);
}

#[test]
fn what_cannot_be_read_says_so() {
    let root = tree(&[("x/y", ""), ("binary.toml", ""), ("weighhouse.toml/x", "")]);
    fs::write(root.path().join("binary.toml"), [0xff, 0xfe]).unwrap();
    fs::write(root.path().join("large.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    for name in ["missing.toml", "x", "binary.toml", "large.toml"] {
        let path = root.path().join(name);
        let request = Request { explicit: Some(&path), start: root.path(), targets: &[], rules: RULES };
        let problems = load_for(&request).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["WH-CFG-011"], "{name}");
    }
    // A directory of that name is not silently passed over.
    assert!(load_for(&Request { explicit: None, start: root.path(), targets: &[], rules: RULES }).is_err());
}
