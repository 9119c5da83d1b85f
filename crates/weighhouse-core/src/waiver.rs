//! Waivers: permission despite a finding, with an owner, a reason and a last day.

use std::collections::{BTreeMap, BTreeSet};

use crate::date::Date;
use crate::digest::Digest;
use crate::finding::WaivedBy;
use crate::inspection::Inspection;

/// A waiver as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Rules it covers, by id or slug; never empty.
    pub rules: Vec<String>,
    /// Path pattern relative to the target: `*` within a path part, `**` across parts. Absent: any file.
    pub path: Option<String>,
    /// File or model digest it is bound to. Absent: any content, which only a path pattern may be.
    pub digest: Option<Digest>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Date,
}

/// What became of a waiver in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverUse {
    /// It accepted this many findings.
    Used(usize),
    /// It matches nothing.
    Unused,
    /// It would match, but its last day is past.
    Expired,
}

impl Waiver {
    fn covers(&self, rule: (&str, &str), file: &str, digests: &[Option<Digest>]) -> bool {
        self.rules.iter().any(|known| known == rule.0 || known == rule.1)
            && self.path.as_deref().is_none_or(|pattern| matches_path(pattern, file))
            && self.digest.is_none_or(|wanted| digests.contains(&Some(wanted)))
    }
}

/// Marks the findings that waivers accept on the day `today`; says for each waiver what became of it.
///
/// A coverage gap is accepted when the finding that reports it (family `INP`) is.
pub fn apply(inspection: &mut Inspection, waivers: &[Waiver], today: Date) -> Vec<WaiverUse> {
    let model = inspection.artifact.digest;
    let of_file: BTreeMap<&str, Option<Digest>> =
        inspection.files.iter().map(|file| (file.path.as_str(), file.sha256)).collect();
    let uses = waivers.iter().map(|waiver| {
        let expired = waiver.expires < today;
        let mut count = 0;
        for finding in &mut inspection.findings {
            let file = finding.location.file.as_str();
            let digests = [of_file.get(file).copied().flatten(), model];
            if !waiver.covers((finding.rule.id, finding.rule.slug), file, &digests) {
                continue;
            }
            count += 1;
            if !expired && finding.waived.is_none() {
                finding.waived = Some(WaivedBy {
                    owner: waiver.owner.clone(),
                    reason: waiver.reason.clone(),
                    expires: waiver.expires,
                });
            }
        }
        match (count, expired) {
            (0, _) => WaiverUse::Unused,
            (_, true) => WaiverUse::Expired,
            (count, false) => WaiverUse::Used(count),
        }
    });
    let uses = uses.collect();
    accept_gaps(inspection);
    uses
}

/// Accepts the gaps whose findings are accepted. Both lists may be long: an artifact decides how many files it has.
fn accept_gaps(inspection: &mut Inspection) {
    let accepted = inspection.findings.iter().filter(|f| f.waived.is_some() && f.rule.family() == "INP");
    let accepted: BTreeSet<_> = accepted
        .filter_map(|finding| {
            let location = &finding.location;
            Some((location.file.as_str(), location.members.as_slice(), location.key.as_deref()?))
        })
        .collect();
    for gap in &mut inspection.gaps {
        let place = (gap.location.file.as_str(), gap.location.members.as_slice(), gap.reason);
        gap.waived |= accepted.contains(&place);
    }
}

/// Whether a path pattern matches: `*` stands for any characters but `/`, `**` for any characters, `?` for one.
fn matches_path(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    // reachable[j]: the pattern read so far can end at path position j. Linear in pattern × path, no backtracking.
    let mut reachable = vec![false; path.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    let mut rest = pattern.as_slice();
    while let [token, after @ ..] = rest {
        let (next, crosses) = match (token, after) {
            ('*', ['*', '/', tail @ ..]) => (tail, Some('/')),
            ('*', ['*', tail @ ..]) => (tail, Some('\0')),
            (_, tail) => (tail, None),
        };
        reachable = match (token, crosses) {
            ('*', crosses) => spread(&reachable, &path, crosses),
            (literal, _) => step(&reachable, &path, *literal),
        };
        rest = next;
    }
    reachable.last().copied().unwrap_or(false)
}

/// A star: from every reachable position onwards; `**/` only to positions at a part's beginning.
fn spread(reachable: &[bool], path: &[char], crosses: Option<char>) -> Vec<bool> {
    let mut open = false;
    reachable
        .iter()
        .enumerate()
        .map(|(at, here)| {
            let before = at.checked_sub(1).and_then(|before| path.get(before)).copied();
            if crosses.is_none() && before == Some('/') {
                open = false;
            }
            open |= here;
            match crosses {
                Some('/') => *here || (open && before == Some('/')),
                _ => open,
            }
        })
        .collect()
}

fn step(reachable: &[bool], path: &[char], literal: char) -> Vec<bool> {
    let moved = reachable
        .iter()
        .zip(path)
        .map(|(here, character)| *here && (*character == literal || (literal == '?' && *character != '/')));
    std::iter::once(false).chain(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::matches_path;

    #[test]
    fn path_patterns() {
        for (pattern, path, expected) in [
            ("*.pkl", "a.pkl", true),
            ("*.pkl", "dir/a.pkl", false),
            ("**/*.pkl", "dir/sub/a.pkl", true),
            ("**/*.pkl", "a.pkl", true),
            ("dir/**", "dir/sub/a.pkl", true),
            ("dir/**", "other/a.pkl", false),
            ("model-0000?.bin", "model-00001.bin", true),
            ("model-0000?.bin", "model-00/01.bin", false),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
            ("**/b/*", "xb/y", false),
        ] {
            assert_eq!(matches_path(pattern, path), expected, "{pattern} {path}");
        }
    }
}
