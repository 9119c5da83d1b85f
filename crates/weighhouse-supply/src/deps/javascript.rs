//! Lock files of npm, pnpm and Yarn.

use super::package::{Confidence, Found};
use super::tree::Tree;
use crate::advisories::Ecosystem;

/// Entries of one lock file that are walked.
const MOST: usize = 1_000_000;

/// `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
pub(super) fn npm(found: &mut Found, tree: &Tree) {
    match tree.get("packages") {
        Some(packages) => {
            for (path, package) in packages.map() {
                // The project itself and its workspaces lie elsewhere, and links lead to them.
                let Some((_, folder)) = path.rsplit_once("node_modules/") else { continue };
                if package.word("link") != Some("true") {
                    let name = package.word("name").unwrap_or(folder);
                    npm_package(found, name, package);
                }
            }
        }
        None => nested(found, tree),
    }
}

/// Version 1: dependencies in dependencies.
fn nested(found: &mut Found, tree: &Tree) {
    let mut open = vec![tree];
    let mut walked = 0_usize;
    while let Some(tree) = open.pop() {
        for (name, package) in tree.get("dependencies").map(Tree::map).unwrap_or_default() {
            walked = walked.saturating_add(1);
            if walked > MOST {
                return found.unreadable(package.line, "it names too many packages; the rest was left out");
            }
            npm_package(found, name, package);
            open.push(package);
        }
    }
}

fn npm_package(found: &mut Found, name: &str, package: &Tree) {
    let Some(version) = package.word("version") else { return };
    // Under an alias: `npm:name@version`.
    let (name, version) = version.strip_prefix("npm:").and_then(split).unwrap_or((name, version));
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        // A place instead of a version: a folder, an archive, a git repository.
        return;
    }
    if let Some(found) = found.pin(&Ecosystem::Npm, name, version, package.line) {
        let flags = ["dev", "optional", "peer"].into_iter().filter(|flag| package.word(flag) == Some("true"));
        let flags = flags.collect::<Vec<_>>().join(", ");
        found.aside = !flags.is_empty();
        found.when(flags);
    }
}

/// Name and version of `name@version`; an `@` at the beginning belongs to the name.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.rfind('@').filter(|at| *at > 0)?;
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}

/// `pnpm-lock.yaml`, versions 5 to 9.
pub(super) fn pnpm(found: &mut Found, tree: &Tree) {
    let five = tree.word("lockfileVersion").is_some_and(|version| version.starts_with('5'));
    for (key, package) in tree.get("packages").map(Tree::map).unwrap_or_default() {
        // Peers stand in parentheses, or in version 5 behind an underscore.
        let id = key.trim_start_matches('/').split('(').next().unwrap_or_default();
        let pair = if five { before_peers(id) } else { split(id) };
        let named = package.word("name").zip(package.word("version"));
        let Some((name, version)) = named.or(pair) else { continue };
        if !version.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        if let Some(found) = found.pin(&Ecosystem::Npm, name, version, package.line.saturating_sub(1)) {
            let flags = ["dev", "optional"].into_iter().filter(|flag| package.word(flag) == Some("true"));
            let flags = flags.collect::<Vec<_>>().join(", ");
            found.aside = !flags.is_empty();
            found.when(flags);
        }
    }
}

/// Name and version of `name/version_peers`. A name has at most one `/`, behind its scope.
fn before_peers(id: &str) -> Option<(&str, &str)> {
    let scope = id.starts_with('@').then(|| id.find('/')).flatten().map_or(0, |at| at.saturating_add(1));
    let at = id.get(scope..)?.find('/')?.checked_add(scope)?;
    let version = id.get(at.checked_add(1)?..)?;
    Some((id.get(..at)?, version.split('_').next().unwrap_or(version)))
}

/// `yarn.lock` of Yarn 2 and later, which is YAML.
pub(super) fn berry(found: &mut Found, tree: &Tree) {
    for (_, package) in tree.map() {
        let Some((name, version)) = package.word("resolution").and_then(|text| text.split_once("@npm:"))
        else {
            continue;
        };
        // A name that begins with `@` is split at its second one.
        found.pin(
            &Ecosystem::Npm,
            name,
            version.split("::").next().unwrap_or(version),
            package.line.saturating_sub(1),
        );
    }
}

/// `yarn.lock` of Yarn 1: an indented text of its own kind.
pub(super) fn yarn(found: &mut Found, text: &str) {
    let mut block: Option<(u32, String)> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            let first = line.trim_end_matches(':').split(", ").next().unwrap_or_default().trim_matches('"');
            let name = split(first).map(|(name, range)| {
                // `alias@npm:name@range`: the name behind it is what is installed.
                range
                    .strip_prefix("npm:")
                    .map_or(name, |real| split(real).map_or(real, |(name, _)| name))
                    .to_owned()
            });
            // With two of `@`, the alias ends at the first.
            let alias = first
                .split_once("@npm:")
                .map(|(_, real)| split(real).map_or(real, |(name, _)| name).to_owned());
            block = alias.or(name).map(|name| (number, name));
        } else if let Some(version) = line.trim().strip_prefix("version ")
            && let Some((number, name)) = block.take()
        {
            found.push(
                &Ecosystem::Npm,
                &name,
                super::Wanted::Exact(version.trim_matches('"').to_owned()),
                Confidence::Pinned,
                number,
            );
        }
    }
}
