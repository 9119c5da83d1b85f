//! `requirements.txt` and what it includes: never outside the target, never twice.

use std::collections::BTreeSet;

use weighhouse_core::printable::printable_within;

use super::package::{Confidence, Found, TroubleKind};
use super::{Files, marker, requirement};
use crate::advisories::Ecosystem;

/// Files that include one another.
const DEPTH: usize = 32;
/// Includes that wait for their turn.
const OPEN: usize = 10_000;
/// Options of pip that are followed by a value.
const WITH_VALUE: &[&str] = &[
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
    "--config-settings",
    "-t",
    "--target",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--root",
    "--prefix",
    "--src",
    "--cache-dir",
    "--proxy",
    "--retries",
    "--timeout",
    "--cert",
    "--client-cert",
    "--progress-bar",
    "--only-binary",
    "--no-binary",
    "--use-feature",
    "--group",
    "--log",
    "--exists-action",
    "-C",
    "--global-option",
    "--report",
    "--upgrade-strategy",
];

/// Files that were read, and whether they only constrained then: one that only constrained is read again if it is asked for.
pub(super) type Seen = BTreeSet<(String, bool)>;

/// Whether a file was read for this purpose, or for more.
pub(super) fn is_read(seen: &Seen, path: &str, constrains: bool) -> bool {
    seen.contains(&(path.to_owned(), false)) || seen.contains(&(path.to_owned(), constrains))
}

/// Reads a file and all that it includes. `seen` are the files read so far.
pub(super) fn read(files: Files<'_>, path: &str, seen: &mut Seen, out: &mut Vec<Found>) {
    // Files to read, the deepest include last; whether they only constrain, and how deep they are. Texts are fetched when their turn
    // comes: a file may name another one a million times.
    let constrains =
        path.rsplit('/').next().is_some_and(|name| name.to_ascii_lowercase().starts_with("constraints"));
    let mut open = vec![(path.to_owned(), constrains, 0_usize)];
    while let Some((path, constrains, depth)) = open.pop() {
        if is_read(seen, &path, constrains) {
            continue;
        }
        seen.insert((path.clone(), constrains));
        let mut found = Found::new(&path, if constrains { "constraints" } else { "requirements" });
        let Some(text) = files.text(&path) else {
            found.unreadable(0, super::NO_TEXT);
            out.push(found);
            continue;
        };
        for (line, text) in logical_lines(&text) {
            let Some((path, constrains)) = one(&mut found, line, &text, constrains) else { continue };
            let Some(path) = included(files, &mut found, line, &path) else { continue };
            if is_read(seen, &path, constrains) {
                continue;
            }
            if depth >= DEPTH {
                found.trouble(TroubleKind::Unreadable, line, "files include one another too deeply");
            } else if open.len() < OPEN {
                open.push((path, constrains, depth.saturating_add(1)));
            } else {
                found.trouble(
                    TroubleKind::Unreadable,
                    line,
                    "too many files are included; the rest is left out",
                );
            }
        }
        out.push(found);
    }
}

/// Lines with what continues them, without comments; and where they begin.
fn logical_lines(text: &str) -> impl Iterator<Item = (u32, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1_u32..).zip(text.lines());
    std::iter::from_fn(move || {
        let (number, first) = lines.next()?;
        let mut whole = String::new();
        let mut part = first;
        while let Some(begun) = part.strip_suffix('\\').filter(|_| !part.trim_start().starts_with('#')) {
            whole.push_str(begun);
            part = lines.next().map_or("", |(_, next)| next);
        }
        whole.push_str(part);
        let end = whole.find(" #").or_else(|| whole.find("\t#")).unwrap_or(whole.len());
        whole.truncate(end);
        if whole.trim_start().starts_with('#') {
            whole.clear();
        }
        Some((number, whole.trim().to_owned()))
    })
    .filter(|(_, line)| !line.is_empty())
}

/// Reads one line; gives the file it includes, and whether that only constrains.
fn one(found: &mut Found, line: u32, text: &str, constrains: bool) -> Option<(String, bool)> {
    for (options, only) in [(["-r", "--requirement"], constrains), (["-c", "--constraint"], true)] {
        for option in options {
            let rest = text.strip_prefix(option).map(|rest| rest.trim_start_matches([' ', '\t', '=']));
            if let Some(path) = rest {
                return Some((path.trim().trim_matches(['"', '\'']).to_owned(), only));
            }
        }
    }
    if let Some(rest) = text.strip_prefix("-e").or_else(|| text.strip_prefix("--editable")) {
        address(found, line, rest.trim_start_matches([' ', '=']));
    } else if !text.starts_with('-') {
        requirement(found, line, text, constrains);
    }
    None
}

/// A requirement, as pip takes it: with options behind it, or only an address.
pub(super) fn requirement(found: &mut Found, line: u32, text: &str, constrains: bool) {
    let text = text.split(" --").next().unwrap_or_default().trim();
    let before_marker = text.split(';').next().unwrap_or_default();
    let named = before_marker.contains(" @ ") || before_marker.contains("@ ");
    if !named
        && (before_marker.contains("://")
            || before_marker.starts_with(['.', '/'])
            || requirement::is_wheel(text))
    {
        return address(found, line, text);
    }
    let Some(read) = requirement::parse(text) else {
        let shown = printable_within(text, 80);
        return found.unreadable(line, format!("`{shown}` is no requirement"));
    };
    let holds = read.marker.map(marker::judge);
    if holds == Some(marker::Holds::Never) {
        return;
    }
    let confidence = match read.wanted.exact() {
        Some(_) if !constrains => Confidence::Pinned,
        _ => Confidence::Declared,
    };
    if let Some(package) = found.push(&Ecosystem::PyPi, read.name, read.wanted, confidence, line) {
        match read.marker.filter(|_| holds == Some(marker::Holds::Sometimes)) {
            Some(marker) => package.when(marker),
            None if constrains => package.when("if anything asks for it"),
            None => {}
        }
    }
}

/// What is installed from an address: known by its file name or `#egg=`.
fn address(found: &mut Found, line: u32, text: &str) {
    let egg = text.split("egg=").nth(1).map(|egg| egg.split(['&', '[', ' ']).next().unwrap_or_default());
    if let Some((name, version)) = requirement::wheel(text) {
        found.pin(&Ecosystem::PyPi, name, version, line);
    } else if let Some(name) = egg.filter(|name| !name.is_empty()) {
        found.push(&Ecosystem::PyPi, name, super::Wanted::Any, Confidence::Declared, line);
    } else if text.contains("://") {
        let shown = printable_within(text, 120);
        found.trouble(TroubleKind::Missing, line, format!("`{shown}` names no package of an index"));
    }
}

/// The path of an included file, if it is in the target.
fn included(files: Files<'_>, found: &mut Found, line: u32, path: &str) -> Option<String> {
    let shown = printable_within(path, 120);
    if path.contains("://") {
        let detail = format!("`{shown}` is included from the network; it was not read");
        found.trouble(TroubleKind::Missing, line, detail);
        return None;
    }
    let Some(resolved) = resolve(&found.file, path) else {
        let detail = format!("`{shown}` lies outside the target; it was not read");
        found.trouble(TroubleKind::Outside, line, detail);
        return None;
    };
    if !files.has_text(&resolved) {
        let detail = format!("`{shown}` is included, but it is not there or no text");
        found.trouble(TroubleKind::Missing, line, detail);
        return None;
    }
    Some(resolved)
}

/// A path as it is meant in `file`, below the target; nothing if it leads out of it.
pub(super) fn resolve(file: &str, path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let drive = path.chars().nth(1) == Some(':');
    if path.starts_with('/') || path.starts_with('~') || drive || path.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The arguments of `pip install` that are requirements; included files are given back.
pub(super) fn arguments(found: &mut Found, line: u32, arguments: &[String]) -> Vec<String> {
    let mut included = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-r" | "--requirement" | "-c" | "--constraint" => included.extend(arguments.next().cloned()),
            "-e" | "--editable" => {
                if let Some(place) = arguments.next() {
                    address(found, line, place);
                }
            }
            option if WITH_VALUE.contains(&option) => {
                arguments.next();
            }
            option if option.starts_with('-') => {
                included.extend(option.strip_prefix("--requirement=").map(str::to_owned));
            }
            place if matches!(place, "." | "./") || place.starts_with(".[") => {}
            text if text.contains('$') => {
                let shown = printable_within(text, 80);
                found.trouble(
                    TroubleKind::Missing,
                    line,
                    format!("`{shown}` depends on a variable; it was not read"),
                );
            }
            text => requirement(found, line, text, false),
        }
    }
    included
}
