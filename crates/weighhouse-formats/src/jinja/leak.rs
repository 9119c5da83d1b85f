//! Addresses to which a template appends what it was given: whoever fetches such a picture or link sends the conversation there.

use std::ops::Range;

use super::collect::{Collector, List};
use super::value::Value;

/// What the text so far ends in.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// An address that goes on: nothing has closed it yet.
    address: Option<String>,
}

impl Trail {
    /// Text that is put out as it stands.
    pub(super) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let end = ending(text);
        self.address = match self.address.take() {
            Some(begun) if end.len() == text.len() => {
                open_address(&format!("{begun}{text}")).map(str::to_owned)
            }
            _ => open_address(end).map(str::to_owned),
        };
    }

    /// A value that is put out.
    pub(super) fn value(&mut self, value: &Value, range: &Range<usize>, out: &mut Collector<'_>) {
        match value {
            Value::Text(text) => self.text(text),
            Value::Integer(_) | Value::Number => {}
            _ => {
                if let Some(address) = self.address.take().filter(|address| has_host(address)) {
                    out.add(List::Appended, &address, range);
                }
            }
        }
    }

    /// Values that are put together.
    pub(super) fn values<'v>(
        values: impl IntoIterator<Item = &'v Value>,
        range: &Range<usize>,
        out: &mut Collector<'_>,
    ) {
        let mut trail = Self::default();
        for value in values {
            trail.value(value, range, out);
        }
    }
}

impl Collector<'_> {
    /// Names of internals in a tag that cannot be read: readers may differ in what breaks the grammar.
    pub(super) fn internals(&mut self, at: usize) {
        let rest = self.text_from(at, LONGEST);
        let end = rest.find("}}").into_iter().chain(rest.find("%}")).min().unwrap_or(rest.len());
        let tag = rest.get(..end).unwrap_or_default();
        let words = tag.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        for word in words.filter(|word| word.len() > 3 && word.starts_with("__")) {
            self.add(List::Attributes, &format!("(…).{word}"), &(at..at.saturating_add(tag.len())));
        }
    }
}

/// Bytes of an address that are carried on, and of a tag that is looked at.
const LONGEST: usize = 512;

/// The end of a text, as much of it as an address takes.
fn ending(text: &str) -> &str {
    let start = text.len().saturating_sub(LONGEST);
    text.get(text.ceil_char_boundary(start)..).unwrap_or_default()
}

/// A value that follows a text in a sum.
pub(super) fn follows(text: &str, value: &Value, range: &Range<usize>, out: &mut Collector<'_>) {
    let mut trail = Trail::default();
    trail.text(ending(text));
    trail.value(value, range, out);
}

/// A format or a pattern with an address in which something is filled in.
pub(super) fn filled(
    format: &str,
    marks: &[&str],
    given: &[&Value],
    range: &Range<usize>,
    out: &mut Collector<'_>,
) {
    let known = |value: &&Value| value.is_number() || value.texts().is_some();
    if given.iter().all(known) {
        return;
    }
    for mark in marks.iter().filter(|mark| !mark.is_empty()) {
        for (at, _) in format.match_indices(*mark) {
            let before = format.get(..at).unwrap_or_default();
            if let Some(address) = open_address(ending(before)).filter(|address| has_host(address)) {
                out.add(List::Appended, address, range);
            }
        }
    }
}

/// The address in which a text ends, if nothing closes it.
fn open_address(text: &str) -> Option<&str> {
    let at = text.rfind("://")?;
    let before = text.get(..at)?;
    let scheme = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next()?;
    let known = ["http", "https", "ws", "wss", "ftp"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let rest = text.get(at.saturating_add(3)..)?;
    let closes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | ']' | '`' | '|');
    (known && !rest.contains(closes)).then(|| text.get(at.saturating_sub(scheme.len())..)).flatten()
}

fn has_host(address: &str) -> bool {
    address
        .split_once("://")
        .is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
}
