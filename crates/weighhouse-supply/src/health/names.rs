//! Names of publishers that look like those of others.

use std::sync::LazyLock;

use crate::lookalike::{skeleton, slip};

/// Organisations that well-known libraries name.
static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = crate::knowledge::ORGANISATIONS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split('\t').next()).collect()
});

/// How a name resembles a known one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// The same to the eye: `0` for `o`, a Cyrillic letter, another separator.
    Looks,
    /// One letter more, less, other or swapped.
    OneLetter,
}

/// Shortest known name of which one letter is compared: short ones are near to everything.
const SHORTEST: usize = 6;
/// Names on the Hub have at most 96 characters.
const LONGEST: usize = 128;

/// Whether it is a known organisation.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The known organisation that a name, which is none, looks like.
pub(super) fn resembles(name: &str) -> Option<(&'static str, Likeness)> {
    if is_known(name) || name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let seen = skeleton(name);
    if let Some(known) = KNOWN.iter().find(|known| known.len() >= 3 && skeleton(known) == seen) {
        return Some((known, Likeness::Looks));
    }
    let near = KNOWN.iter().filter(|known| known.len() >= SHORTEST);
    let mut near = near.filter(|known| slip(&name.to_lowercase(), &known.to_lowercase()).is_some());
    near.next().map(|known| (*known, Likeness::OneLetter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_known_name_is_told_from_what_does_not() {
        for (name, expected) in [
            ("meta-llama", None),
            ("Meta-Llama", None),
            ("rneta-llama", Some(("meta-llama", Likeness::Looks))),
            ("meta-IIama", Some(("meta-llama", Likeness::Looks))),
            ("meta_llama", Some(("meta-llama", Likeness::Looks))),
            ("gооgle", Some(("google", Likeness::Looks))),
            ("mistral-ai", Some(("mistralai", Likeness::Looks))),
            ("micorsoft", Some(("microsoft", Likeness::OneLetter))),
            ("microsofts", Some(("microsoft", Likeness::OneLetter))),
            ("nvidla", Some(("nvidia", Likeness::Looks))),
            ("nvidio", Some(("nvidia", Likeness::OneLetter))),
            ("acme-research", None),
            ("ibn", None),
            ("", None),
        ] {
            assert_eq!(resembles(name), expected, "{name}");
        }
    }
}
