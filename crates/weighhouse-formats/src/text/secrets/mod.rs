//! Credentials in text: one automaton over the beginnings of all kinds, then the expression of the kind at that place
//! only, then its checksum or entropy. What is found is described, never kept.

mod check;
mod patterns;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use super::SecretCandidate;
use crate::region::Region;
use patterns::PATTERNS;

/// Bytes behind the beginning of a credential that may belong to it.
pub(super) const AHEAD: usize = 4096;
/// Bytes before a telling text that may belong to it, or say more about it.
pub(super) const BEHIND: usize = 512;

/// The automaton over all literals, with the pattern of each literal; built on first use.
fn automaton() -> Option<&'static (AhoCorasick, Vec<usize>)> {
    static AUTOMATON: OnceLock<Option<(AhoCorasick, Vec<usize>)>> = OnceLock::new();
    AUTOMATON
        .get_or_init(|| {
            let owners = PATTERNS
                .iter()
                .enumerate()
                .flat_map(|(at, pattern)| pattern.literals.iter().map(move |_| at));
            let literals = PATTERNS.iter().flat_map(|pattern| pattern.literals);
            let built = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::DFA))
                .build(literals);
            built.ok().map(|automaton| (automaton, owners.collect()))
        })
        .as_ref()
}

/// The expression of a pattern, compiled on its first use. It only matches where a credential could begin for this hit:
/// a search that went on would read the same bytes again for every hit, and hits may stand side by side.
fn expression(pattern: usize) -> Option<&'static Regex> {
    static EXPRESSIONS: [OnceLock<Option<Regex>>; PATTERNS.len()] =
        [const { OnceLock::new() }; PATTERNS.len()];
    EXPRESSIONS
        .get(pattern)?
        .get_or_init(|| {
            let pattern = PATTERNS.get(pattern)?;
            let source = format!(r"\A(?s:.{{0,{}}}?)(?P<all>{})", pattern.back, pattern.regex);
            RegexBuilder::new(&source).unicode(false).size_limit(1 << 22).build().ok()
        })
        .as_ref()
}

/// A place where a credential may begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Position in the window.
    pub(super) at: usize,
    pattern: usize,
}

/// All hits that begin in `window[from..to]`, in order.
pub(super) fn hits(window: &[u8], from: usize, to: usize) -> Vec<Hit> {
    const LONGEST_LITERAL: usize = 32;
    let Some((automaton, owners)) = automaton() else { return Vec::new() };
    let end = to.saturating_add(LONGEST_LITERAL).min(window.len());
    automaton
        .find_overlapping_iter(window.get(from..end).unwrap_or_default())
        .map(|found| Hit {
            at: from.saturating_add(found.start()),
            pattern: owners.get(found.pattern().as_usize()).copied().unwrap_or_default(),
        })
        .filter(|hit| hit.at < to)
        .collect()
}

/// Whether a hit is the beginning of an address.
pub(super) fn is_address(hit: Hit) -> bool {
    PATTERNS.get(hit.pattern).is_some_and(|pattern| pattern.id == "url-password")
}

/// A credential at a hit: its place in the window, and what to say about it.
pub(super) fn at(window: &[u8], hit: Hit) -> Option<(std::ops::Range<usize>, SecretCandidate)> {
    let pattern = PATTERNS.get(hit.pattern)?;
    let start = hit.at.saturating_sub(pattern.back);
    let text = window.get(start..hit.at.saturating_add(AHEAD).min(window.len()))?;
    if pattern.back == 0 && begins_inside_a_word(window, hit.at) {
        return None;
    }
    if pattern.id == "generic-secret" && !is_assigned(window.get(hit.at..)?) {
        return None;
    }
    let regex = expression(hit.pattern)?;
    let reach = hit.at.saturating_sub(start);
    let captures = regex.captures(text)?;
    let whole = captures.name("all").filter(|all| all.start() <= reach)?;
    let secret = captures.name("v").unwrap_or(whole);
    let begins = start.saturating_add(whole.start());
    if begins_inside_a_word(window, begins) {
        return None;
    }
    let near = begins.saturating_sub(BEHIND)..begins.saturating_add(BEHIND).min(window.len());
    let around = window.get(near).unwrap_or_default();
    let confirmed = check::judge(pattern.check, whole.as_bytes(), secret.as_bytes(), around)?;
    let place = if pattern.check == check::Check::PrivateKey { whole } else { secret };
    let range = start.saturating_add(place.start())..start.saturating_add(place.end());
    let redacted = redact(secret.as_bytes());
    let candidate =
        SecretCandidate { kind: pattern.id, region: Region::new(0, 0), line: 0, redacted, confirmed };
    Some((range, candidate))
}

/// In the middle of a longer run of letters and digits: chance, not a credential.
fn begins_inside_a_word(window: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| window.get(at));
    let first = window.get(at);
    first.is_some_and(u8::is_ascii_alphanumeric) && before.is_some_and(u8::is_ascii_alphanumeric)
        // `\nsk-…` inside a string constant.
        && !(matches!(before, Some(b'n' | b't' | b'r')) && at.checked_sub(2).and_then(|at| window.get(at)) == Some(&b'\\'))
}

/// Cheap look ahead before the general expression is tried: an assignment sign comes soon.
fn is_assigned(text: &[u8]) -> bool {
    text.iter().take(36).any(|byte| matches!(byte, b'=' | b':'))
}

/// First characters and length: enough to recognise, not to use.
fn redact(secret: &[u8]) -> String {
    let shown = if secret.len() >= 16 { 4 } else { 1 };
    let first = String::from_utf8_lossy(secret.get(..shown).unwrap_or_default());
    let first: String = first.chars().filter(char::is_ascii_graphic).collect();
    format!("{first}… ({} characters)", secret.len())
}
