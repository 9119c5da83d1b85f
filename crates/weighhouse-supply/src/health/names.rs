//! Names of publishers that look like those of others.

use std::sync::LazyLock;

/// Organisations that well-known libraries name.
static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/organisations.tsv").lines().filter(|line| !line.starts_with('#'));
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
    let skeleton = skeleton(name);
    if let Some(known) = KNOWN.iter().find(|known| known.len() >= 3 && self::skeleton(known) == skeleton) {
        return Some((known, Likeness::Looks));
    }
    let plain: Vec<char> = name.to_lowercase().chars().collect();
    let near = KNOWN.iter().filter(|known| known.len() >= SHORTEST);
    let mut near = near.filter(|known| one_step(&plain, &known.to_lowercase().chars().collect::<Vec<_>>()));
    near.next().map(|known| (*known, Likeness::OneLetter))
}

/// What is left of a name for the eye.
fn skeleton(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars().filter(|c| !matches!(c, '-' | '_' | '.')) {
        // Small letters of Cyrillic and Greek that look like Latin ones come after lowering.
        for lower in character.to_lowercase() {
            out.push(match lower {
                '0' | 'о' | 'ο' => 'o',
                '1' | 'i' | 'l' | 'і' | 'ι' | '|' => 'l',
                '3' | 'е' | 'є' => 'e',
                '5' | 'ѕ' => 's',
                'а' | 'α' => 'a',
                'с' => 'c',
                'р' | 'ρ' => 'p',
                'х' | 'χ' => 'x',
                'у' | 'γ' => 'y',
                'к' | 'κ' => 'k',
                'м' => 'm',
                'т' | 'τ' => 't',
                'н' => 'h',
                'ν' | 'ѵ' => 'v',
                'ј' => 'j',
                'ԁ' => 'd',
                'ɡ' => 'g',
                other => other,
            });
        }
    }
    out.replace("rn", "m").replace("vv", "w")
}

/// Whether one letter more, less, other or swapped makes one name of the other.
fn one_step(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let rest = |of: &[char], skip: usize| of.get(same.saturating_add(skip)..).map(<[char]>::to_vec);
    match long.len().saturating_sub(short.len()) {
        0 => {
            let swapped = short.get(same) == long.get(same.saturating_add(1))
                && short.get(same.saturating_add(1)) == long.get(same)
                && rest(short, 2).is_some()
                && rest(short, 2) == rest(long, 2);
            same < short.len() && (rest(short, 1) == rest(long, 1) || swapped)
        }
        1 => rest(short, 0) == rest(long, 1),
        _ => false,
    }
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
