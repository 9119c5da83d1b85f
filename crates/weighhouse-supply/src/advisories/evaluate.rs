//! Whether a version is affected, exactly as OSV defines it: it is listed, or it lies in a range.
//!
//! <https://ossf.github.io/osv-schema/#evaluation>

use std::cmp::Ordering;

use super::{Advisory, Affected, Bound, Ecosystem, Range, Version};

/// What an advisory says of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Affected,
    /// It does not.
    NotAffected,
    /// The version or a bound cannot be ordered, so nobody can say.
    Undetermined,
}

impl Verdict {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Affected, _) | (_, Self::Affected) => Self::Affected,
            (Self::Undetermined, _) | (_, Self::Undetermined) => Self::Undetermined,
            _ => Self::NotAffected,
        }
    }
}

impl Advisory {
    /// Whether `version` is affected. What was withdrawn holds for nothing.
    pub fn judge(&self, ecosystem: &Ecosystem, version: &str) -> Verdict {
        if self.withdrawn {
            return Verdict::NotAffected;
        }
        let parsed = Version::parse(ecosystem, version);
        let judge = |affected: &Affected| affected.judge(ecosystem, version, parsed.as_ref());
        self.affected.iter().map(judge).fold(Verdict::NotAffected, Verdict::or)
    }

    /// The lowest version above `version` that repairs it, if there is one.
    pub fn fixed_above<'a>(&'a self, ecosystem: &Ecosystem, version: &Version) -> Option<&'a str> {
        self.fixes(ecosystem)
            .filter(|(fix, _)| fix.order(version) == Ordering::Greater)
            .filter(|(_, text)| self.judge(ecosystem, text) == Verdict::NotAffected)
            .min_by(|(a, _), (b, _)| a.order(b))
            .map(|(_, text)| text)
    }

    /// Every version that is named as a fix and can be ordered.
    pub fn fixes<'a>(&'a self, ecosystem: &Ecosystem) -> impl Iterator<Item = (Version, &'a str)> {
        let bounds =
            self.affected.iter().flat_map(|affected| &affected.ranges).flat_map(|range| &range.bounds);
        bounds.filter_map(move |bound| match bound {
            Bound::Fixed(text) => Some((Version::parse(ecosystem, text)?, text.as_str())),
            _ => None,
        })
    }
}

impl Affected {
    fn judge(&self, ecosystem: &Ecosystem, text: &str, version: Option<&Version>) -> Verdict {
        if self.lists(ecosystem, text, version) {
            return Verdict::Affected;
        }
        let judge = |range: &Range| range.judge(ecosystem, text, version);
        self.ranges.iter().map(judge).fold(Verdict::NotAffected, Verdict::or)
    }

    /// Whether a version is listed: as it is written, or in another way of writing the same version.
    pub(super) fn lists(&self, ecosystem: &Ecosystem, text: &str, version: Option<&Version>) -> bool {
        self.versions.iter().any(|listed| listed == text)
            || version.is_some_and(|version| {
                let alike = self.versions.iter().filter(|listed| may_equal(listed, text));
                let mut alike = alike.filter_map(|listed| Version::parse(ecosystem, listed));
                alike.any(|listed| listed.order(version) == Ordering::Equal)
            })
    }
}

impl Range {
    /// Walks the bounds from low to high. A bound that cannot be ordered is compared as text, and otherwise left out: without its fix an
    /// interval stays open, and what begins nowhere decides nothing.
    pub(super) fn judge(&self, ecosystem: &Ecosystem, text: &str, version: Option<&Version>) -> Verdict {
        let literally = |bound: &Bound| match bound {
            Bound::Introduced(at) | Bound::LastAffected(at) => at == text,
            Bound::Fixed(_) | Bound::Limit(_) => false,
        };
        let Some(version) = version else {
            let listed = self.bounds.iter().any(literally);
            // From the first version on and never repaired: the order does not matter.
            let always = self.bounds.iter().any(|bound| matches!(bound, Bound::Introduced(at) if at == "0"))
                && self.bounds.iter().all(|bound| matches!(bound, Bound::Introduced(_)));
            return match (listed || always, self.bounds.is_empty()) {
                (true, _) => Verdict::Affected,
                (false, true) => Verdict::NotAffected,
                (false, false) => Verdict::Undetermined,
            };
        };
        if !self.before_limits(ecosystem, version) {
            return Verdict::NotAffected;
        }
        let (points, unordered) = self.points(ecosystem);
        let mut affected = false;
        for (at, bound) in &points {
            let order = at.as_ref().map_or(Ordering::Greater, |at| version.order(at));
            match bound {
                Bound::Introduced(_) if order != Ordering::Less => affected = true,
                Bound::Fixed(_) if order != Ordering::Less => affected = false,
                Bound::LastAffected(_) if order == Ordering::Greater => affected = false,
                _ => {}
            }
        }
        match (affected, unordered) {
            (true, _) => Verdict::Affected,
            (false, true) => Verdict::Undetermined,
            (false, false) => Verdict::NotAffected,
        }
    }

    /// Bounds in the order of their versions, those at the same version as they are written; `None` stands before every version. And
    /// whether an interval begins at what is no version.
    fn points(&self, ecosystem: &Ecosystem) -> (Vec<(Option<Version>, &Bound)>, bool) {
        let mut points = Vec::with_capacity(self.bounds.len());
        let mut unordered = false;
        for bound in &self.bounds {
            let (Bound::Introduced(text) | Bound::Fixed(text) | Bound::LastAffected(text)) = bound else {
                continue;
            };
            let first = text == "0" && matches!(bound, Bound::Introduced(_));
            match Version::parse(ecosystem, text) {
                _ if first => points.push((None, bound)),
                Some(version) => points.push((Some(version), bound)),
                None => unordered |= matches!(bound, Bound::Introduced(_)),
            }
        }
        points.sort_by(|(a, _), (b, _)| match (a, b) {
            (Some(a), Some(b)) => a.order(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        });
        (points, unordered)
    }

    /// Whether a version lies before one of the limits; without limits it does.
    fn before_limits(&self, ecosystem: &Ecosystem, version: &Version) -> bool {
        let mut limits = self.bounds.iter().filter_map(|bound| match bound {
            Bound::Limit(text) => Some(text),
            _ => None,
        });
        let before = |text: &String| {
            text == "*"
                || Version::parse(ecosystem, text).is_none_or(|limit| version.order(&limit) == Ordering::Less)
        };
        limits.clone().next().is_none() || limits.any(before)
    }
}

/// Whether two texts may be the same version: they begin with the same number. Most are told apart by that, and need not be parsed.
fn may_equal(a: &str, b: &str) -> bool {
    fn number(text: &str) -> &str {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_start_matches('0');
        digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
    }
    // An epoch stands before the number.
    a.contains('!') || b.contains('!') || number(a) == number(b)
}
