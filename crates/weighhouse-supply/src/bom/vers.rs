//! Ranges of versions as `vers`, the notation that bills of every tool can hold.
//!
//! Specification: <https://github.com/package-url/vers-spec>.

use std::str::FromStr as _;

use pep440_rs::{Operator, VersionSpecifiers};

use crate::advisories::Ecosystem;
use crate::statements::encode;

/// A range as `vers`; nothing if it has no plain counterpart there, or is of an ecosystem whose ranges are not read.
pub(super) fn range(ecosystem: &Ecosystem, range: &str) -> Option<String> {
    if *ecosystem != Ecosystem::PyPi {
        return None;
    }
    let specifiers = VersionSpecifiers::from_str(range).ok()?;
    let mut parts: Vec<_> = specifiers
        .iter()
        .map(|one| {
            let sign = match one.operator() {
                Operator::LessThan => "<",
                Operator::LessThanEqual => "<=",
                Operator::GreaterThan => ">",
                Operator::GreaterThanEqual => ">=",
                Operator::NotEqual => "!=",
                _ => return None,
            };
            Some((one.version().clone(), sign))
        })
        .collect::<Option<_>>()?;
    // Each version stands there once, in order; a lower bound before an upper one.
    parts.sort();
    let bounds = || parts.iter().map(|(_, sign)| *sign).filter(|sign| *sign != "!=");
    let (lower, upper) = (
        bounds().filter(|sign| sign.starts_with('>')).count(),
        bounds().filter(|sign| sign.starts_with('<')).count(),
    );
    let ordered = lower <= 1
        && upper <= 1
        && !bounds().next().is_some_and(|sign| upper > 0 && lower > 0 && sign.starts_with('<'));
    let distinct = parts.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a != b));
    let written: Vec<String> =
        parts.iter().map(|(version, sign)| format!("{sign}{}", encode(&version.to_string()))).collect();
    (ordered && distinct && !written.is_empty()).then(|| format!("vers:pypi/{}", written.join("|")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ranges_are_written_and_others_are_not() {
        let vers = |text: &str| range(&Ecosystem::PyPi, text);
        assert_eq!(vers(">=1.0,<2").as_deref(), Some("vers:pypi/>=1.0|<2"));
        assert_eq!(vers("<2,!=1.5,>1").as_deref(), Some("vers:pypi/>1|!=1.5|<2"));
        assert_eq!(vers(">=1.0+a").as_deref(), None, "no range of local versions");
        assert_eq!(vers(">=1!2.0").as_deref(), Some("vers:pypi/>=1%212.0"));
        for other in ["~=1.4", "==1.*", ">=1,>=2", "<1,>2", ">1,<1", "", "^1.0", "latest"] {
            assert_eq!(vers(other), None, "{other}");
        }
        assert_eq!(range(&Ecosystem::Npm, ">=1.0"), None);
    }
}
