//! Checks of who works on it: whether anybody still does, how many organisations, and whether somebody else looks.

use std::collections::{BTreeMap, BTreeSet};

use super::super::project::{DAY, Project};
use super::{Outcome, Verdict, proportion};
use crate::git::Commit;

/// Days that count as now.
const RECENT: i64 = 90;
/// Commits that are asked of ninety days: one a week.
const WANTED: usize = 12;
/// Changes that are looked at for reviews, newest first.
const REVIEWED: usize = 30;

/// Maintained: one commit a week over ninety days is 10; archived, or younger than that, is 0.
pub(super) fn maintained(project: &Project<'_>) -> Verdict {
    if project.snapshot.archived() == Some(true) {
        return Verdict::new(Outcome::Whole(0), "archived: nobody works on it any more");
    }
    let since = project.now().saturating_sub(RECENT.saturating_mul(DAY));
    let commits = &project.history.commits;
    // Commits from the future prove nothing of the last ninety days.
    let recent =
        commits.iter().filter(|commit| commit.committed > since && commit.committed <= project.now());
    let recent = recent.count();
    let oldest = commits.iter().map(|commit| commit.committed).min().unwrap_or_default();
    let born = project.snapshot.created().unwrap_or(oldest);
    let age_known = project.snapshot.created().is_some() || project.history.is_whole();
    if born > since && age_known {
        let days = project.now().saturating_sub(born).max(0) / DAY;
        return Verdict::new(Outcome::Part(0), format!("only {days} days old: too young to tell"));
    }
    let score = proportion(recent, WANTED);
    let reason = match recent {
        0 => {
            let last = commits.iter().map(|commit| commit.committed).max().unwrap_or_default();
            let days = project.now().saturating_sub(last).max(0) / DAY;
            format!("no commit in the last {RECENT} days; the newest is {days} days old, or the clone is")
        }
        many => format!("{many} commits in the last {RECENT} days"),
    };
    // Answers to issues count as well, and a clone has none.
    Verdict::new(if score == 10 { Outcome::Whole(10) } else { Outcome::Part(score) }, reason)
}

/// Domains at which anybody gets an address: they say nothing about an organisation.
const FREE: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "me.com",
    "qq.com",
    "163.com",
    "126.com",
    "foxmail.com",
    "proton.me",
    "protonmail.com",
    "pm.me",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.ru",
    "yandex.ru",
    "yandex.com",
    "aol.com",
    "fastmail.com",
    "hey.com",
    "naver.com",
    "example.com",
    "localhost",
    "huggingface.co",
];

/// The organisation that an address speaks of.
fn organisation(email: &str) -> Option<String> {
    let (_, domain) = email.rsplit_once('@')?;
    let free = FREE.contains(&domain)
        || domain.contains("noreply")
        || !domain.contains('.')
        || domain.rsplit('.').next() == Some("local");
    let labels: Vec<&str> = domain.rsplit('.').take(2).collect();
    (!free).then(|| labels.into_iter().rev().collect::<Vec<_>>().join("."))
}

/// Contributors: three organisations, each with somebody who made five commits, are 10.
pub(super) fn contributors(project: &Project<'_>) -> Verdict {
    let mut commits: BTreeMap<usize, usize> = BTreeMap::new();
    for commit in &project.history.commits {
        let count = commits.entry(commit.author).or_default();
        *count = count.saturating_add(1);
    }
    let steady = commits.iter().filter(|(_, count)| **count >= 5);
    let people = steady.filter_map(|(person, _)| project.history.people.get(*person));
    let organisations: BTreeSet<String> = people.filter_map(|person| organisation(&person.email)).collect();
    let reason = format!(
        "{} {} with a contributor of at least 5 commits, by the domains of their addresses",
        organisations.len(),
        if organisations.len() == 1 { "organisation" } else { "organisations" }
    );
    Verdict::new(Outcome::Part(proportion(organisations.len(), 3)), reason)
}

/// Whether a person is a program.
pub(in super::super) fn is_bot(name: &str, email: &str) -> bool {
    name.ends_with("[bot]")
        || email.contains("[bot]")
        || matches!(name, "dependabot" | "renovate" | "Weblate")
}

/// What a commit shows of its review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Review {
    Reviewed,
    Unreviewed,
    /// It came by a pull request whose review, if there was one, is not in git.
    Unknown,
}

fn review(project: &Project<'_>, commit: &Commit) -> Review {
    let committer = project.history.people.get(commit.committer);
    let by_site = committer.is_some_and(|person| person.email == "noreply@github.com");
    let merge = commit.parents.len() > 1;
    let request = commit.subject.starts_with("Merge pull request #")
        || commit.subject.ends_with(')') && commit.subject.contains("(#");
    if commit.reviewed || commit.author != commit.committer && !by_site {
        Review::Reviewed
    } else if request || merge && by_site {
        Review::Unknown
    } else {
        Review::Unreviewed
    }
}

/// Changes that somebody else looked at, that nobody did, and of which git does not tell.
fn review_share(project: &Project<'_>) -> (usize, usize, usize) {
    let human = |commit: &&Commit| {
        let author = project.history.author(commit);
        author.is_none_or(|author| !is_bot(&author.name, &author.email))
    };
    let reviews: Vec<Review> = project
        .history
        .commits
        .iter()
        .filter(human)
        .take(REVIEWED)
        .map(|commit| review(project, commit))
        .collect();
    let count = |wanted: Review| reviews.iter().filter(|review| **review == wanted).count();
    (count(Review::Reviewed), count(Review::Unreviewed), count(Review::Unknown))
}

fn review_verdict(reviewed: usize, all: usize, whole: bool, what: &str) -> Verdict {
    let score = proportion(reviewed, all);
    let outcome = if whole { Outcome::Whole(score) } else { Outcome::Part(score) };
    Verdict::new(outcome, format!("{reviewed} of the last {all} {what}"))
}

/// Code-Review.
pub(super) fn review_check(project: &Project<'_>) -> Verdict {
    if let Some((approved, all)) = project.snapshot.reviews().filter(|(_, all)| *all > 0) {
        return review_verdict(approved, all, true, "merged pull requests were approved");
    }
    let (reviewed, unreviewed, unknown) = review_share(project);
    let told = reviewed.saturating_add(unreviewed);
    if told == 0 && unknown == 0 {
        return Verdict::nothing("no commits of people");
    }
    if unknown > told {
        return Verdict::not_assessed(format!(
            "{unknown} of {} changes came by pull requests, whose reviews are not in git: give them with --snapshot",
            told.saturating_add(unknown)
        ));
    }
    review_verdict(reviewed, told, false, "changes were reviewed by somebody else, as far as git shows")
}
