//! Names that are nearly those of well-known packages: one letter away, or made of letters that look alike.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::data;
use crate::lookalike::skeleton;

/// Names that are worth imitating: the first of the list.
const IMITATED: usize = 1_500;
/// Shorter names are near one another by chance; those of five letters are watched if everybody knows them.
const SHORTEST: usize = 5;
const SHORT: usize = 300;

/// Known names of PyPI, and those worth imitating by what they look like.
struct Known {
    all: HashSet<&'static str>,
    imitated: HashSet<&'static str>,
    looks: HashMap<String, &'static str>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let names: Vec<&str> = data::lines(include_str!("../../data/popular_pypi.txt")).collect();
    let worth =
        |(rank, name): &(usize, &&str)| name.len() > SHORTEST || (name.len() == SHORTEST && *rank < SHORT);
    let imitated: HashSet<_> =
        names.iter().take(IMITATED).enumerate().filter(worth).map(|(_, name)| *name).collect();
    // The best known of those that look the same: the list begins with it.
    let mut looks = HashMap::new();
    for name in names.iter().filter(|name| imitated.contains(*name)) {
        looks.entry(skeleton(name)).or_insert(*name);
    }
    Known { looks, imitated, all: names.into_iter().collect() }
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
    // Everything one slip away is looked up, instead of comparing with everything.
    // Another number is another edition (`-cu12`, `-cu13`), no slip.
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let own = letters(name);
    let known =
        |near: String| KNOWN.imitated.get(near.as_str()).copied().filter(|other| letters(other) != own);
    let other = neighbours(name).find_map(known)?;
    Some((other, "one letter differs"))
}

/// Every text one slip of the hand away: a letter left out, doubled or added, two that changed places, one that was mistaken.
fn neighbours(name: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = name.chars().collect();
    let len = letters.len();
    let without = {
        let letters = letters.clone();
        (0..len).map(move |at| {
            letters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| *c).collect::<String>()
        })
    };
    let swapped = {
        let letters = letters.clone();
        (1..len).map(move |at| {
            let mut letters = letters.clone();
            letters.swap(at.saturating_sub(1), at);
            letters.into_iter().collect::<String>()
        })
    };
    let alphabet = || ('a'..='z').chain('0'..='9').chain(['-']);
    let replaced = {
        let letters = letters.clone();
        (0..len).flat_map(move |at| {
            let letters = letters.clone();
            alphabet().map(move |letter| {
                letters.iter().enumerate().map(|(i, c)| if i == at { letter } else { *c }).collect::<String>()
            })
        })
    };
    let added = (0..=len).flat_map(move |at| {
        let letters = letters.clone();
        alphabet().map(move |letter| {
            let mut letters = letters.clone();
            letters.insert(at, letter);
            letters.into_iter().collect::<String>()
        })
    });
    without.chain(swapped).chain(replaced).chain(added)
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
