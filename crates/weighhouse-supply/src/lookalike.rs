//! Names that can be taken for others.

use unicode_security::skeleton as resembled;

/// What is left of a name for the eye: letters that look alike are one letter, marks between them and case are nothing. Two names with the
/// same skeleton can be taken for one another (UTS #39, and what small letters do beside one another).
pub(crate) fn skeleton(name: &str) -> String {
    // A capital `I` is an `l` to the eye, a small one is not far from it.
    let letters: String = name.chars().filter(|character| !matches!(character, '-' | '_' | '.')).collect();
    let plain: String = resembled(&letters).collect();
    let small: String = resembled(&plain.to_lowercase()).collect();
    small.to_lowercase().replace('i', "l").replace("vv", "w")
}

/// Whether one letter more, less, other or swapped makes one name of the other.
pub(crate) fn one_slip(one: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    let (one, other) = (letters(one), letters(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let same = short.iter().zip(&long).take_while(|(x, y)| x == y).count();
    let after = |of: &[char], skip: usize| of.get(same.saturating_add(skip)..).map(<[char]>::to_vec);
    match long.len().saturating_sub(short.len()) {
        0 => {
            let swapped = short.get(same) == long.get(same.saturating_add(1))
                && short.get(same.saturating_add(1)) == long.get(same)
                && after(&short, 2).is_some()
                && after(&short, 2) == after(&long, 2);
            same < short.len() && (after(&short, 1) == after(&long, 1) || swapped)
        }
        1 => after(&short, 0) == after(&long, 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_has_one_skeleton() {
        for (one, other) in [
            ("requests", "r\u{435}quests"),
            ("numpy", "nurnpy"),
            ("meta-llama", "meta_IIama"),
            ("google", "g00gle"),
            ("google", "g\u{43e}\u{3bf}gle"),
            ("pillow", "plllow"),
            ("pillow", "pi11ow"),
            ("wandb", "vvandb"),
            ("Torch", "torch"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        assert_ne!(skeleton("torch"), skeleton("touch"));
    }

    #[test]
    fn a_slip_is_one_letter() {
        for (one, other) in
            [("numpy", "numpyy"), ("numpy", "nmpy"), ("numpy", "nunpy"), ("numpy", "unmpy"), ("a", "")]
        {
            assert!(one_slip(one, other) && one_slip(other, one), "{one} {other}");
        }
        for (one, other) in [("numpy", "numpy"), ("numpy", "nupmyy"), ("numpy", "unpmy"), ("numpy", "num")] {
            assert!(!one_slip(one, other), "{one} {other}");
        }
    }
}
