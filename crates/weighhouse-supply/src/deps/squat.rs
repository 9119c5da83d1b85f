//! Names that are nearly those of well-known packages: one letter away, or made of letters that look alike.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::data;
use crate::lookalike::{skeleton, slip};

/// Names that are worth imitating: the first of the list.
const IMITATED: usize = 1_500;
/// Shorter names are near one another by chance; those of five letters are watched if everybody knows them.
const SHORTEST: usize = 5;
const SHORT: usize = 300;

/// Known names of PyPI, and those worth imitating by what they look like.
struct Known {
    all: HashSet<&'static str>,
    looks: HashMap<String, &'static str>,
    /// Those worth imitating, by what is left of each without one of its letters, and by themselves.
    shorter: HashMap<String, Vec<&'static str>>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let names: Vec<&str> = data::lines(crate::knowledge::POPULAR).collect();
    let worth =
        |(rank, name): &(usize, &&str)| name.len() > SHORTEST || (name.len() == SHORTEST && *rank < SHORT);
    let imitated: HashSet<_> =
        names.iter().take(IMITATED).enumerate().filter(worth).map(|(_, name)| *name).collect();
    // The best known of those that look the same: the list begins with it.
    let mut looks = HashMap::new();
    for name in names.iter().filter(|name| imitated.contains(*name)) {
        looks.entry(skeleton(name)).or_insert(*name);
    }
    let mut shorter: HashMap<String, Vec<&'static str>> = HashMap::new();
    for name in names.iter().filter(|name| imitated.contains(*name)) {
        for key in without_one(&name.chars().collect::<Vec<_>>()).chain([(*name).to_owned()]) {
            shorter.entry(key).or_default().push(name);
        }
    }
    Known { looks, shorter, all: names.into_iter().collect() }
});

/// The well-known distribution of PyPI that a normalised name may want to be taken for. One that is well known itself imitates nobody.
pub(super) fn imitates(name: &str) -> Option<(&'static str, &'static str)> {
    if name.chars().count() < SHORTEST || name.len() > 64 || KNOWN.all.contains(name) {
        return None;
    }
    let seen = skeleton(name);
    if let Some(other) = KNOWN.looks.get(&seen) {
        return Some((other, "it looks the same"));
    }
    // Another number is another edition (`-cu12`, `-cu13`), no slip.
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let own = letters(name);
    // Two names one slip apart are alike once a letter is taken from one or both of them: few look-ups instead of thousands.
    let written: Vec<char> = name.chars().collect();
    let keys = without_one(&written).chain([name.to_owned()]);
    let near = keys.filter_map(|key| KNOWN.shorter.get(&key)).flatten();
    let near = near.filter(|other| letters(other) != own);
    let (_, other) = near.filter_map(|other| Some((slip(name, other)?, *other))).min()?;
    Some((other, "one letter differs"))
}

/// A text without each of its letters in turn.
fn without_one(letters: &[char]) -> impl Iterator<Item = String> {
    (0..letters.len())
        .map(|at| letters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| *c).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_well_known_ones_left_alone() {
        assert_eq!(imitates("reqeusts").map(|found| found.0), Some("requests"));
        assert_eq!(imitates("tranformers").map(|found| found.0), Some("transformers"));
        assert_eq!(imitates("numpyy").map(|found| found.0), Some("numpy"));
        assert_eq!(imitates("nurnpy").map(|found| found.0), Some("numpy"));
        assert_eq!(imitates("r\u{435}quests").map(|found| found.0), Some("requests"), "a Cyrillic letter");
        for known in [
            "requests",
            "numpy",
            "transformers",
            "torch",
            "keras",
            "diffusers",
            "accelerate",
            "my-own-package",
        ] {
            assert_eq!(imitates(known), None, "{known}");
        }
    }
}
