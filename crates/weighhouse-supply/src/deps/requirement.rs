//! One requirement of Python (PEP 508): `name[extras] specifiers ; marker` or `name @ address`.

use std::str::FromStr as _;

use pep440_rs::{Operator, VersionSpecifiers};

use super::package::Wanted;

/// Longest requirement.
const LONGEST: usize = 8_192;

/// A requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement<'t> {
    pub(super) name: &'t str,
    pub(super) wanted: Wanted,
    pub(super) marker: Option<&'t str>,
}

/// Reads a requirement; nothing if it is none.
pub(super) fn parse(text: &str) -> Option<Requirement<'_>> {
    let text = text.trim();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let (name, rest) = text.split_at(text.find(|c: char| !is_name(c)).unwrap_or(text.len()));
    if name.is_empty() || text.len() > LONGEST || !name.starts_with(char::is_alphanumeric) {
        return None;
    }
    let mut rest = rest.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']')?.1.trim_start();
    }
    if let Some(address) = rest.strip_prefix('@') {
        let (address, marker) = address.split_once(" ;").map_or((address, None), |(a, m)| (a, Some(m)));
        let wanted =
            wheel(address.trim()).map_or(Wanted::Any, |(_, version)| Wanted::Exact(version.to_owned()));
        return Some(Requirement { name, wanted, marker: marker.map(str::trim) });
    }
    let (specifiers, marker) = rest.split_once(';').map_or((rest, None), |(s, m)| (s, Some(m.trim())));
    let specifiers = specifiers.trim();
    let specifiers =
        specifiers.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifiers);
    Some(Requirement { name, wanted: wanted(specifiers)?, marker })
}

/// What version specifiers ask for; nothing if they are none.
pub(super) fn wanted(specifiers: &str) -> Option<Wanted> {
    let specifiers = specifiers.trim();
    if specifiers.is_empty() || specifiers == "*" {
        return Some(Wanted::Any);
    }
    // `===` compares texts, and may be given what is no version.
    if let Some(text) = specifiers.strip_prefix("===").filter(|text| !text.contains(',')) {
        return Some(Wanted::Exact(text.trim().to_owned()));
    }
    let read = VersionSpecifiers::from_str(specifiers).ok()?;
    let exact = read.iter().find(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual));
    Some(match exact {
        Some(one) => Wanted::Exact(one.version().to_string()),
        None => Wanted::Range(specifiers.to_owned()),
    })
}

/// Whether a path is that of a wheel.
pub(super) fn is_wheel(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "whl")
}

/// Name and version of a wheel or source archive, by the last part of its address.
pub(super) fn wheel(address: &str) -> Option<(&str, &str)> {
    let file = address.split(['#', '?']).next().unwrap_or_default().rsplit(['/', '\\']).next()?;
    if let Some(stem) = file.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        return Some((parts.next()?, parts.next()?)).filter(|(_, version)| !version.is_empty());
    }
    let stem = [".tar.gz", ".zip", ".tar.bz2"].iter().find_map(|ending| file.strip_suffix(ending))?;
    let (name, version) = stem.rsplit_once('-')?;
    (!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit())).then_some((name, version))
}

/// Versions as Poetry writes them (`^1.2`, `~1.2`, `1.2.*`, `1.2`), as specifiers. What is joined by `||` is any version.
pub(super) fn poetry(text: &str) -> Wanted {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let parts: Option<Vec<String>> = parts.map(constraint).collect();
    let joined = parts.filter(|_| !text.contains('|')).map(|parts| parts.join(","));
    joined.and_then(|specifiers| wanted(&specifiers)).unwrap_or(Wanted::Any)
}

fn constraint(part: &str) -> Option<String> {
    if let Some(version) = part.strip_prefix('^') {
        return upper(version, |release| {
            release.iter().position(|number| *number > 0).unwrap_or(release.len().saturating_sub(1))
        });
    }
    if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        return upper(version, |release| usize::from(release.len() > 1));
    }
    if part.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(format!("=={part}"));
    }
    (part != "*").then(|| part.to_owned()).or_else(|| Some(">=0.dev0".to_owned()))
}

/// From a version to below the next one, counted at the place that `place` gives.
fn upper(version: &str, place: impl Fn(&[u64]) -> usize) -> Option<String> {
    let version = version.trim();
    let read = pep440_rs::Version::from_str(version.trim_end_matches(".*")).ok()?;
    let release = read.release().to_vec();
    let at = place(&release);
    let mut next: Vec<u64> = release.iter().take(at.saturating_add(1)).copied().collect();
    let last = next.last_mut()?;
    *last = last.checked_add(1)?;
    let next: Vec<String> = next.iter().map(u64::to_string).collect();
    Some(format!(">={},<{}", version.trim_end_matches(".*"), next.join(".")))
}
