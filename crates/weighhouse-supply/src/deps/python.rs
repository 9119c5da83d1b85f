//! Projects and lock files of Python: `pyproject.toml`, uv, Poetry, PDM, `pylock.toml`, Pipenv, wheels.

use super::package::{Confidence, Found, Wanted};
use super::tree::Tree;
use super::{marker, requirement, requirements};
use crate::advisories::Ecosystem;

const PYPI: Ecosystem = Ecosystem::PyPi;

/// `pyproject.toml`: what the project asks for.
pub(super) fn project(found: &mut Found, tree: &Tree) {
    list(found, tree.at(&["project", "dependencies"]), None);
    for (extra, wanted) in entries(tree, &["project", "optional-dependencies"]) {
        list(found, Some(wanted), Some(&format!("extra `{extra}`")));
    }
    for (group, wanted) in entries(tree, &["dependency-groups"]) {
        list(found, Some(wanted), Some(&format!("group `{group}`")));
    }
    for (group, wanted) in entries(tree, &["tool", "pdm", "dev-dependencies"]) {
        list(found, Some(wanted), Some(&format!("group `{group}`")));
    }
    list(found, tree.at(&["tool", "uv", "dev-dependencies"]), Some("group `dev`"));
    list(found, tree.at(&["build-system", "requires"]), Some("to build it"));
    poetry_table(found, tree.at(&["tool", "poetry", "dependencies"]), None);
    poetry_table(found, tree.at(&["tool", "poetry", "dev-dependencies"]), Some("group `dev`"));
    for (group, wanted) in entries(tree, &["tool", "poetry", "group"]) {
        poetry_table(found, wanted.get("dependencies"), Some(&format!("group `{group}`")));
    }
}

fn entries<'t>(tree: &'t Tree, path: &[&str]) -> &'t [(String, Tree)] {
    tree.at(path).map(Tree::map).unwrap_or_default()
}

/// Requirements in a list; inclusions of other groups are none.
fn list(found: &mut Found, list: Option<&Tree>, condition: Option<&str>) {
    for item in list.map(Tree::list).unwrap_or_default() {
        let Some(text) = item.text() else { continue };
        let before = found.packages.len();
        requirements::requirement(found, item.line, text, false);
        if let (Some(condition), Some(package)) = (condition, found.packages.get_mut(before)) {
            let marker = package.condition.take();
            package
                .when(marker.map_or_else(|| condition.to_owned(), |marker| format!("{condition}, {marker}")));
            package.aside = true;
        }
    }
}

fn poetry_table(found: &mut Found, table: Option<&Tree>, condition: Option<&str>) {
    for (name, value) in table.map(Tree::map).unwrap_or_default() {
        if name == "python" {
            continue;
        }
        // Several requirements for one package are a list of tables.
        let alternatives = if value.list().is_empty() { std::slice::from_ref(value) } else { value.list() };
        for value in alternatives {
            let text = value.text().or_else(|| value.word("version"));
            let wanted = text.map_or(Wanted::Any, requirement::poetry);
            let marker = value.word("markers");
            if marker.map(marker::judge) == Some(marker::Holds::Never) {
                continue;
            }
            let confidence = if wanted.exact().is_some() { Confidence::Pinned } else { Confidence::Declared };
            if let Some(package) = found.push(&PYPI, name, wanted, confidence, value.line) {
                let conditions: Vec<&str> = condition.into_iter().chain(marker).collect();
                package.when(conditions.join(", "));
                package.aside = condition.is_some();
            }
        }
    }
}

/// `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml`: an array of packages.
pub(super) fn lock(found: &mut Found, tree: &Tree) {
    let packages =
        if tree.get("packages").is_some() { tree.items("packages") } else { tree.items("package") };
    for package in packages {
        let Some(name) = package.get("name") else { continue };
        let local = ["virtual", "editable", "directory"];
        let source = package.get("source");
        let is_local =
            |tree: Option<&Tree>| tree.is_some_and(|tree| local.iter().any(|key| tree.get(key).is_some()));
        if is_local(source) || package.get("directory").is_some() {
            continue;
        }
        let markers = ["marker", "markers"].iter().find_map(|key| package.word(key));
        if markers.map(marker::judge) == Some(marker::Holds::Never) {
            continue;
        }
        let wanted = package.word("version").map_or(Wanted::Any, |version| Wanted::Exact(version.to_owned()));
        let (text, line) = (name.text().unwrap_or_default(), name.line);
        let (condition, aside) = condition(package, markers);
        if let Some(package) = found.push(&PYPI, text, wanted, Confidence::Pinned, line) {
            package.when(condition);
            package.aside = aside;
        }
    }
}

/// What a lock file says of when a package is installed (nothing for those of the main group), and whether that is only on demand.
fn condition(package: &Tree, marker: Option<&str>) -> (String, bool) {
    let groups: Vec<&str> = package.items("groups").iter().filter_map(Tree::text).collect();
    let category = package.word("category").filter(|category| *category != "main");
    let main = groups.is_empty() || groups.iter().any(|group| matches!(*group, "main" | "default"));
    let mut parts: Vec<String> = if main { Vec::new() } else { vec![format!("group {}", groups.join(", "))] };
    parts.extend(category.map(|category| format!("group {category}")));
    parts.extend((package.word("optional") == Some("true")).then(|| "optional".to_owned()));
    let aside = !parts.is_empty();
    parts.extend(marker.map(str::to_owned));
    (parts.join(", "), aside)
}

/// `Pipfile.lock`.
pub(super) fn pipenv(found: &mut Found, tree: &Tree) {
    for (group, packages) in tree.map().iter().filter(|(key, _)| key != "_meta") {
        for (name, value) in packages.map() {
            let marker = value.word("markers");
            if marker.map(marker::judge) == Some(marker::Holds::Never) {
                continue;
            }
            let wanted = value.word("version").and_then(requirement::wanted).unwrap_or(Wanted::Any);
            if let Some(package) = found.push(&PYPI, name, wanted, Confidence::Pinned, value.line) {
                let group = (group != "default").then(|| format!("group {group}"));
                package.aside = group.is_some();
                let parts: Vec<String> = group.into_iter().chain(marker.map(str::to_owned)).collect();
                package.when(parts.join(", "));
            }
        }
    }
}

/// The metadata of an installed distribution: headers up to the first empty line.
pub(super) fn metadata(found: &mut Found, text: &str) {
    let headers = (1_u32..).zip(text.lines()).take_while(|(_, line)| !line.is_empty()).take(10_000);
    let (mut name, mut version) = (None, None);
    for (number, line) in headers {
        let Some((key, value)) = line.split_once(':') else { continue };
        let slot = match key.to_ascii_lowercase().as_str() {
            "name" => &mut name,
            "version" => &mut version,
            _ => continue,
        };
        slot.get_or_insert((number, value.trim()));
    }
    match (name, version) {
        (Some((line, name)), Some((_, version))) => {
            found.pin(&PYPI, name, version, line);
        }
        _ => found.unreadable(0, "it names no distribution and version"),
    }
}
