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

/// A slip of the hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slip {
    Added,
    Swapped,
    Mistaken,
    LeftOut,
}

/// The slip by which a name became another, if it was one.
pub(crate) fn slip(written: &str, meant: &str) -> Option<Slip> {
    let (written, meant): (Vec<char>, Vec<char>) = (written.chars().collect(), meant.chars().collect());
    let same = written.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    match (written.get(same..)?, meant.get(same..)?) {
        ([_, rest @ ..], other) if rest == other => Some(Slip::Added),
        ([a, b, rest @ ..], [c, d, other @ ..]) if a == d && b == c && rest == other => Some(Slip::Swapped),
        ([_, rest @ ..], [_, other @ ..]) if rest == other => Some(Slip::Mistaken),
        (rest, [_, other @ ..]) if rest == other => Some(Slip::LeftOut),
        _ => None,
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
    fn every_slip_is_told() {
        let slip = |written| slip(written, "numpy");
        assert_eq!(["numpyy", "xnumpy", "nuumpy"].map(slip), [Some(Slip::Added); 3]);
        assert_eq!(["unmpy", "numyp"].map(slip), [Some(Slip::Swapped); 2]);
        assert_eq!(["numpi", "humpy", "nu-py"].map(slip), [Some(Slip::Mistaken); 3]);
        assert_eq!(["umpy", "nump", "nmpy"].map(slip), [Some(Slip::LeftOut); 3]);
        assert_eq!(["numpy", "nupmi", "nmpyy", "numpyyy", "nu", ""].map(slip), [None; 6]);
    }
}
