//! Tables that come with the program: a row a line, fields by tabs, comments behind `#`.

use std::collections::BTreeMap;

/// Lines that say something.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

/// The first two fields of each row.
pub(super) fn pairs(text: &'static str) -> BTreeMap<&'static str, &'static str> {
    lines(text)
        .filter_map(|line| line.split_once('\t'))
        .map(|(key, value)| (key, value.split('\t').next().unwrap_or_default()))
        .collect()
}
