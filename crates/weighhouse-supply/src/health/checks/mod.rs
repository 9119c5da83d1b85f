//! The checks of OpenSSF Scorecard, as far as a clone answers them.
//!
//! Score and coverage are told apart: the score is over what was assessed, the coverage says how much of the whole that is. What was not
//! assessed is never part of the score.
//!
//! Rules and weights: <https://github.com/ossf/scorecard/blob/main/docs/checks.md>.

mod files;
mod people;
mod pinned;
mod releases;
mod remote;
mod tests_of_code;
mod workflows;

use std::fmt;

use weighhouse_core::Location;

use super::project::Project;
pub(super) use people::is_bot;
pub(super) use workflows::dangers;

/// How much a check matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Risk {
    Critical,
    High,
    Medium,
    Low,
}

impl Risk {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }

    /// Quarters: 10, 7.5, 5 and 2.5.
    fn quarters(self) -> u32 {
        match self {
            Self::Critical => 40,
            Self::High => 30,
            Self::Medium => 20,
            Self::Low => 10,
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Assessed whole: 0 to 10.
    Whole(u8),
    /// Assessed in part, as far as a clone shows: 0 to 10.
    Part(u8),
    /// Looked at, and there is nothing to judge: no workflows, no releases.
    Nothing,
    /// A clone does not tell.
    NotAssessed,
}

impl Outcome {
    /// The score, if there is one.
    pub fn score(self) -> Option<u8> {
        match self {
            Self::Whole(score) | Self::Part(score) => Some(score),
            Self::Nothing | Self::NotAssessed => None,
        }
    }

    /// The words used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole(_) => "assessed",
            Self::Part(_) => "partly assessed",
            Self::Nothing => "nothing to judge",
            Self::NotAssessed => "not assessed",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// As Scorecard calls it.
    pub name: &'static str,
    /// How much it matters.
    pub risk: Risk,
    /// What it came to.
    pub outcome: Outcome,
    /// Why, in one line that is safe to print; for what was not assessed, what to do.
    pub reason: String,
    /// Where.
    pub places: Vec<Location>,
}

/// What a check says of itself: outcome, reason, places.
struct Verdict {
    outcome: Outcome,
    reason: String,
    places: Vec<Location>,
}

/// Places of one check that are kept.
const MOST_PLACES: usize = 20;

impl Verdict {
    fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into(), places: Vec::new() }
    }

    fn not_assessed(reason: impl Into<String>) -> Self {
        Self::new(Outcome::NotAssessed, reason)
    }

    fn nothing(reason: impl Into<String>) -> Self {
        Self::new(Outcome::Nothing, reason)
    }

    fn at(mut self, places: impl IntoIterator<Item = Location>) -> Self {
        self.places.extend(places.into_iter().take(MOST_PLACES));
        self
    }
}

type Judge = fn(&Project<'_>) -> Verdict;

/// All of them, heaviest first.
const ALL: &[(&str, Risk, Judge)] = &[
    ("Dangerous-Workflow", Risk::Critical, workflows::dangerous),
    ("Webhooks", Risk::Critical, remote::webhooks),
    ("Binary-Artifacts", Risk::High, files::binaries),
    ("Branch-Protection", Risk::High, remote::branch_protection),
    ("Code-Review", Risk::High, people::review_check),
    ("Dependency-Update-Tool", Risk::High, files::update_tool),
    ("Maintained", Risk::High, people::maintained),
    ("Signed-Releases", Risk::High, releases::signed),
    ("Token-Permissions", Risk::High, workflows::permissions),
    ("Vulnerabilities", Risk::High, remote::vulnerabilities),
    ("Fuzzing", Risk::Medium, tests_of_code::fuzzing),
    ("Packaging", Risk::Medium, workflows::packaging),
    ("Pinned-Dependencies", Risk::Medium, pinned::judge),
    ("SAST", Risk::Medium, tests_of_code::analysis),
    ("SBOM", Risk::Medium, releases::sbom),
    ("Security-Policy", Risk::Medium, files::security_policy),
    ("CI-Tests", Risk::Low, remote::ci_tests),
    ("CII-Best-Practices", Risk::Low, remote::best_practices),
    ("Contributors", Risk::Low, people::contributors),
    ("License", Risk::Low, files::licence),
];

/// Runs all checks.
pub(super) fn run(project: &Project<'_>) -> Vec<Check> {
    let judged = ALL.iter().map(|(name, risk, judge)| {
        let Verdict { outcome, reason, places } = judge(project);
        Check { name, risk: *risk, outcome, reason, places }
    });
    judged.collect()
}

/// Score and coverage of all checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Tenths, 0 to 100; absent if nothing was assessed.
    pub tenths: Option<u8>,
    /// Percent of the weight of all checks behind it.
    pub coverage: u8,
    /// Of these, percent that were assessed in part only.
    pub in_part: u8,
}

impl Score {
    /// The weighted mean of what was assessed.
    pub fn of(checks: &[Check]) -> Self {
        let (mut sum, mut assessed, mut part, mut all) = (0_u32, 0_u32, 0_u32, 0_u32);
        for check in checks {
            let weight = check.risk.quarters();
            all = all.saturating_add(weight);
            if let Some(score) = check.outcome.score() {
                sum = sum.saturating_add(weight.saturating_mul(u32::from(score)));
                assessed = assessed.saturating_add(weight);
            }
            if matches!(check.outcome, Outcome::Part(_)) {
                part = part.saturating_add(weight);
            }
        }
        Self {
            tenths: share(sum, assessed, 10),
            coverage: percent(assessed, all),
            in_part: percent(part, all),
        }
    }

    /// `6.3`.
    pub fn text(self) -> Option<String> {
        self.tenths.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10))
    }
}

/// `factor * part / whole`, rounded.
fn share(part: u32, whole: u32, factor: u32) -> Option<u8> {
    let rounded = part.checked_mul(factor)?.checked_add(whole / 2)?.checked_div(whole)?;
    u8::try_from(rounded).ok()
}

fn percent(part: u32, whole: u32) -> u8 {
    share(part, whole, 100).unwrap_or_default()
}

/// Ten times `part / whole`, rounded down, as Scorecard does.
fn proportion(part: usize, whole: usize) -> u8 {
    let share = part.min(whole).saturating_mul(10).checked_div(whole).unwrap_or_default();
    u8::try_from(share).unwrap_or(10)
}
