//! Packages against advisories.

use std::cmp::Ordering;
use std::str::FromStr as _;

use pep440_rs::{Operator, VersionSpecifiers};
use weighhouse_core::finding::WaivedBy;
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Finding, Severity};

use super::package::{Confidence, Package, Wanted};
use super::rules::{KNOWN_VULNERABLE_DEPENDENCY, MALICIOUS_PACKAGE};
use crate::advisories::{Advisory, Bound, Ecosystem, Rating, Verdict, Version, group, preferred};

/// Characters of a summary.
const SUMMARY: usize = 200;

/// Why a vulnerability is taken to come with the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposure {
    /// The model was made with an affected version. Whoever loads it has a version of their own.
    BuiltWith,
    /// Any version may be installed, and the newest one that the advisories know is affected.
    Open,
    /// The newest version that the range allows is affected, as far as the advisories know versions.
    Forced,
    /// Exactly this version is affected.
    Present,
}

/// A vulnerability of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The name people use.
    pub name: String,
    /// All other names.
    pub aliases: Vec<String>,
    /// One line. Safe to print.
    pub summary: String,
    /// How bad.
    pub rating: Rating,
    /// The lowest version above the one judged that repairs it.
    pub fixed: Option<String>,
    /// Whether the package itself is malware.
    pub malware: bool,
    /// The statement that takes it off the report: status, reason, author.
    pub cleared: Option<(&'static str, String, String)>,
}

/// A package and what was found out about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The package.
    pub package: Package,
    /// Why what was found is taken to come with the target.
    pub exposure: Exposure,
    /// The version that was judged: its own, or the newest known one that it allows.
    pub version: Option<String>,
    /// Vulnerabilities, the worst first, and of those the newest.
    pub hits: Vec<Hit>,
    /// The lowest version without any of them.
    pub upgrade: Option<String>,
    /// Advisories of which nobody can say whether they hold, for the version has no place in their order.
    pub undetermined: Vec<String>,
}

impl Judged {
    /// Vulnerabilities that no statement takes off.
    pub fn open(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|hit| hit.cleared.is_none())
    }

    /// The waiver that accepts a vulnerability: that of the finding it is part of. `findings` have waivers applied.
    pub fn waiver<'f>(&self, hit: &Hit, findings: &'f [Finding]) -> Option<&'f WaivedBy> {
        let rule = if hit.malware { &MALICIOUS_PACKAGE } else { &KNOWN_VULNERABLE_DEPENDENCY };
        // The location holds the name of the package.
        let of_package =
            |finding: &&Finding| finding.rule.id == rule.id && finding.location == self.package.location;
        findings.iter().filter(of_package).find_map(|finding| finding.waived.as_ref())
    }

    /// The worst known rating of those; nothing if none is rated.
    pub fn worst(&self) -> Option<Severity> {
        self.open().filter_map(|hit| hit.rating.severity).max()
    }
}

/// Holds a package against the advisories about it.
pub(super) fn judge(package: &Package, advisories: &[Advisory]) -> Judged {
    let ecosystem = &package.ecosystem;
    let mut judged = Judged {
        package: package.clone(),
        exposure: exposure(package),
        version: None,
        hits: Vec::new(),
        upgrade: None,
        undetermined: Vec::new(),
    };
    let version = match &package.wanted {
        Wanted::Exact(version) => Some(version.clone()),
        // Of what is imported only malware is said: which version comes is anybody's guess.
        _ if package.confidence == Confidence::InferredImport => None,
        Wanted::Range(range) => newest(ecosystem, advisories, Some(range)),
        Wanted::Any => newest(ecosystem, advisories, None),
    };
    let mut holding = Vec::new();
    for advisory in advisories.iter().filter(|advisory| !advisory.withdrawn) {
        let verdict = match &version {
            _ if is_always_malware(advisory) => Verdict::Affected,
            // A version that was assumed says nothing about single versions that somebody took over.
            Some(_) if advisory.is_malware() && package.wanted.exact().is_none() => Verdict::NotAffected,
            Some(version) => advisory.judge(ecosystem, version),
            None => Verdict::NotAffected,
        };
        match verdict {
            Verdict::Affected => holding.push(advisory),
            Verdict::Undetermined => judged.undetermined.push(printable_within(&advisory.id, 60)),
            Verdict::NotAffected => {}
        }
    }
    let parsed = version.as_deref().and_then(|version| Version::parse(ecosystem, version));
    judged.hits =
        group(holding.iter().copied()).iter().map(|group| hit(ecosystem, group, parsed.as_ref())).collect();
    judged.hits.sort_by(|a, b| {
        let by_rating = b.rating.severity.cmp(&a.rating.severity);
        b.malware.cmp(&a.malware).then(by_rating).then_with(|| b.name.cmp(&a.name))
    });
    judged.upgrade =
        parsed.filter(|_| !holding.is_empty()).and_then(|version| upgrade(ecosystem, advisories, &version));
    judged.version = version;
    judged
}

fn exposure(package: &Package) -> Exposure {
    match (package.confidence, &package.wanted) {
        (Confidence::MadeWith | Confidence::InferredImport, _) => Exposure::BuiltWith,
        (_, Wanted::Exact(_)) => Exposure::Present,
        (_, Wanted::Range(range)) if is_bounded(range) => Exposure::Forced,
        _ => Exposure::Open,
    }
}

/// Whether a range ends somewhere.
fn is_bounded(range: &str) -> bool {
    VersionSpecifiers::from_str(range).is_ok_and(|all| {
        let ends = |one: &Operator| {
            use Operator::{Equal, EqualStar, ExactEqual, LessThan, LessThanEqual, TildeEqual};
            matches!(one, LessThan | LessThanEqual | Equal | EqualStar | ExactEqual | TildeEqual)
        };
        all.iter().any(|one| ends(one.operator()))
    })
}

/// Whether a package is malware from its first version on, so that its name says enough.
fn is_always_malware(advisory: &Advisory) -> bool {
    let always = |bounds: &[Bound]| {
        bounds.iter().any(|bound| matches!(bound, Bound::Introduced(at) if at == "0"))
            && bounds.iter().all(|bound| matches!(bound, Bound::Introduced(_)))
    };
    advisory.is_malware()
        && !advisory.withdrawn
        && advisory.affected.iter().flat_map(|affected| &affected.ranges).any(|range| always(&range.bounds))
}

/// The newest version that advisories know and a range allows; a pre-release only if there is no other.
fn newest(ecosystem: &Ecosystem, advisories: &[Advisory], range: Option<&str>) -> Option<String> {
    let specifiers = range.map(VersionSpecifiers::from_str).transpose().ok()?;
    let known = advisories.iter().filter(|advisory| !advisory.is_malware() && !advisory.withdrawn);
    let affected = known.flat_map(|advisory| &advisory.affected);
    let texts = affected.flat_map(|affected| {
        let bounds = affected.ranges.iter().flat_map(|range| &range.bounds);
        let bounds = bounds.filter_map(|bound| match bound {
            Bound::Introduced(text) | Bound::Fixed(text) | Bound::LastAffected(text) if text != "0" => {
                Some(text)
            }
            _ => None,
        });
        affected.versions.iter().chain(bounds)
    });
    let parsed = texts.filter_map(|text| Some((Version::parse(ecosystem, text)?, text)));
    let allowed = parsed.filter(|(version, _)| match (&specifiers, version) {
        (None, _) => true,
        (Some(specifiers), Version::Pep440(version)) => specifiers.contains(version),
        (Some(_), Version::Semantic(_)) => false,
    });
    allowed
        .max_by(|(a, _), (b, _)| b.is_preview().cmp(&a.is_preview()).then_with(|| a.order(b)))
        .map(|(_, text)| text.clone())
}

/// One vulnerability, by all the advisories that describe it.
fn hit(ecosystem: &Ecosystem, group: &[&Advisory], version: Option<&Version>) -> Hit {
    let name = preferred(group).to_owned();
    let mut aliases: Vec<String> = group
        .iter()
        .flat_map(|advisory| advisory.names())
        .filter(|other| *other != name)
        .map(str::to_owned)
        .collect();
    aliases.sort();
    aliases.dedup();
    let rating = group.iter().map(|advisory| &advisory.rating).max_by_key(|rating| rating.severity);
    let fixes = group.iter().filter_map(|advisory| {
        let text = advisory.fixed_above(ecosystem, version?)?;
        Some((Version::parse(ecosystem, text)?, text))
    });
    let fixed = fixes.max_by(|(a, _), (b, _)| a.order(b)).map(|(_, text)| printable_within(text, 60));
    let summary = group.iter().map(|advisory| advisory.summary.trim()).find(|text| !text.is_empty());
    Hit {
        name: printable_within(&name, 60),
        aliases: aliases.iter().map(|alias| printable_within(alias, 60)).collect(),
        summary: printable_within(summary.unwrap_or_default(), SUMMARY),
        rating: rating.cloned().unwrap_or_default(),
        fixed,
        malware: group.iter().any(|advisory| advisory.is_malware()),
        cleared: None,
    }
}

/// The lowest fix above a version that no advisory affects, if there is one.
fn upgrade(ecosystem: &Ecosystem, advisories: &[Advisory], version: &Version) -> Option<String> {
    let fixes = advisories
        .iter()
        .filter(|advisory| !advisory.withdrawn)
        .flat_map(|advisory| advisory.fixes(ecosystem));
    let mut fixes: Vec<(Version, &str)> =
        fixes.filter(|(fix, _)| fix.order(version) == Ordering::Greater).collect();
    fixes.sort_by(|(a, _), (b, _)| a.order(b));
    fixes.dedup_by(|(a, _), (b, _)| a.order(b) == Ordering::Equal);
    let sound = |text: &str| {
        advisories.iter().all(|advisory| advisory.judge(ecosystem, text) == Verdict::NotAffected)
    };
    fixes.into_iter().map(|(_, text)| text).find(|text| sound(text)).map(|text| printable_within(text, 60))
}
