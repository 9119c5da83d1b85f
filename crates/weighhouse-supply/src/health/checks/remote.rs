//! Checks that only a server answers: assessed from snapshots, if there are any.

use super::super::Vulnerabilities;
use super::super::project::Project;
use super::{Outcome, Verdict, proportion};

/// Webhooks: those without a secret believe anybody.
pub(super) fn webhooks(project: &Project<'_>) -> Verdict {
    match project.snapshot.hooks() {
        None => Verdict::not_assessed("not in a clone: `gh api repos/OWNER/NAME/hooks` and --snapshot"),
        Some((0, 0)) => Verdict::new(Outcome::Whole(10), "no webhooks"),
        Some((secret, all)) => {
            let reason = format!("{secret} of {all} webhooks have a secret");
            Verdict::new(Outcome::Whole(proportion(secret, all)), reason)
        }
    }
}

/// Branch-Protection: in tiers; each counts only if those below it are whole.
pub(super) fn branch_protection(project: &Project<'_>) -> Verdict {
    let Some(protection) = project.snapshot.protection() else {
        return Verdict::not_assessed(
            "not in a clone: `gh api repos/OWNER/NAME/branches/BRANCH/protection` and --snapshot",
        );
    };
    let tiers = [
        (3, !protection.force_pushes && !protection.deletions, "nobody may rewrite or delete the branch"),
        (6, protection.approvals >= 1, "a change needs an approval"),
        (8, protection.status_checks, "checks must pass"),
        (9, protection.approvals >= 2 && protection.owners, "two approve, one of them an owner"),
        (
            10,
            protection.dismiss_stale && protection.admins,
            "approvals lapse with new changes, and it binds administrators",
        ),
    ];
    let mut score = 0;
    for (points, holds, what) in tiers {
        if !holds {
            return Verdict::new(Outcome::Whole(score), format!("not so: {what}"));
        }
        score = points;
    }
    Verdict::new(Outcome::Whole(score), "the branch is protected in every way")
}

/// CI-Tests.
pub(super) fn ci_tests(project: &Project<'_>) -> Verdict {
    match project.snapshot.checked() {
        Some((passed, all)) if all > 0 => {
            let reason = format!("checks passed for {passed} of {all} merged pull requests");
            Verdict::new(Outcome::Whole(proportion(passed, all)), reason)
        }
        _ => Verdict::not_assessed(
            "not in a clone: `gh pr list --state merged --json number,mergedAt,author,reviews,statusCheckRollup` and --snapshot",
        ),
    }
}

/// CII-Best-Practices.
pub(super) fn best_practices(project: &Project<'_>) -> Verdict {
    let Some(level) = project.snapshot.badge() else {
        return Verdict::not_assessed(
            "not in a clone: `https://www.bestpractices.dev/projects/ID.json` and --snapshot",
        );
    };
    let score = match level {
        "gold" => 10,
        "silver" => 7,
        "passing" => 5,
        "in_progress" => 2,
        _ => 0,
    };
    Verdict::new(Outcome::Whole(score), format!("badge: {}", level.replace('_', " ")))
}

/// Vulnerabilities: ten less one for each that is open in what the project pins or demands.
pub(super) fn vulnerabilities(project: &Project<'_>) -> Verdict {
    match project.vulnerabilities {
        Vulnerabilities::Unasked => Verdict::not_assessed("the thread of vulnerabilities was not asked"),
        Vulnerabilities::NotAssessed(why) => Verdict::not_assessed(why.as_str()),
        Vulnerabilities::NoPackages => Verdict::nothing("it names no packages"),
        Vulnerabilities::Open { count, as_of, without } => {
            let score = u8::try_from(*count).map_or(0, |open| 10_u8.saturating_sub(open));
            let outcome = if without.is_none() { Outcome::Whole(score) } else { Outcome::Part(score) };
            let data = as_of.map(|day| format!(" by advisories of {day}")).unwrap_or_default();
            let without = without.as_ref().map(|why| format!("; without: {why}")).unwrap_or_default();
            Verdict::new(
                outcome,
                format!("{count} known vulnerabilities in what it pins or demands{data}{without}"),
            )
        }
    }
}
