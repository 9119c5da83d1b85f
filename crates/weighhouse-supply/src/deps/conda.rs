//! Environments of conda, and what MLflow writes beside models.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::package::{Confidence, Found, Wanted};
use super::requirements;
use super::tree::Tree;
use crate::advisories::Ecosystem;

/// What conda calls otherwise than PyPI; `-` is not on PyPI at all.
static NAMES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| super::data::pairs(crate::knowledge::CONDA));

/// `environment.yml`, `conda.yaml`, `python_env.yaml`; gives the files that its `pip` part includes.
pub(super) fn environment(found: &mut Found, tree: &Tree) -> Vec<(u32, String)> {
    let mut included = Vec::new();
    let is_python_env = tree.get("python").is_some();
    for item in tree.items("dependencies").iter().chain(tree.items("build_dependencies")) {
        match item.text() {
            Some(text) if is_python_env => pip(found, item.line, text, &mut included),
            Some(text) => conda(found, item.line, text),
            None => {
                for item in item.items("pip") {
                    pip(found, item.line, item.text().unwrap_or_default(), &mut included);
                }
            }
        }
    }
    included
}

fn pip(found: &mut Found, line: u32, text: &str, included: &mut Vec<(u32, String)>) {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if text.starts_with('-') {
        included.extend(requirements::arguments(found, line, &words).into_iter().map(|path| (line, path)));
    } else if !text.is_empty() {
        requirements::requirement(found, line, text, false);
    }
}

/// A match specification: `channel::name=1.2=build`, `name>=1`, `name 1.2.*`.
pub(super) fn conda(found: &mut Found, line: u32, text: &str) {
    let text = text.rsplit("::").next().unwrap_or_default().split('[').next().unwrap_or_default().trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let (name, rest) = text.split_at(text.find(|c: char| !is_name(c)).unwrap_or(text.len()));
    let name = match NAMES.get(name.to_ascii_lowercase().as_str()) {
        Some(&"-") => return,
        Some(name) => name,
        None => name,
    };
    let wanted = version(rest.trim());
    let confidence = if wanted.exact().is_some() { Confidence::Pinned } else { Confidence::Declared };
    if let Some(package) = found.push(&Ecosystem::PyPi, name, wanted, confidence, line) {
        package.when("package of conda, compared by its name on PyPI");
    }
}

fn version(text: &str) -> Wanted {
    let bare = text.trim_start_matches('=').trim();
    let (version, build) = match bare.split_once(['=', ' ']) {
        Some((version, _)) => (version, true),
        None => (bare, false),
    };
    let plain = version.starts_with(|c: char| c.is_ascii_digit())
        && !version.contains(['*', ',', '|', '<', '>', '!']);
    // One `=` is a prefix unless a build follows; two are exactly this version, and so is a version behind a space.
    if plain && (text.starts_with("==") || build) {
        return Wanted::Exact(version.to_owned());
    }
    if plain {
        return Wanted::Range(format!("=={version}.*"));
    }
    super::requirement::wanted(text.trim_start_matches(' ')).unwrap_or(Wanted::Any)
}
