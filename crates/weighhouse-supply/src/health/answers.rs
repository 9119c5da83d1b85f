//! What is told, line by line.

use std::collections::BTreeMap;

use weighhouse_core::printable::printable_within;
use weighhouse_core::{Answer, Basis};

use super::checks::{Check, Outcome, Score};
use super::downloads::Comparison;
use super::memory::{Memory, Record, day};
use super::names;
use super::project::{DAY, Project};
use super::signals::Signals;
use super::snapshot::Snapshot;
use crate::git::{Fault, Repository, SignatureKind};

/// Characters of a name that are shown.
const SHOWN: usize = 100;

fn measured(text: impl Into<String>) -> Answer {
    Answer { text: text.into(), basis: Basis::Measured, location: None }
}

fn declared(text: impl Into<String>) -> Answer {
    Answer { text: text.into(), basis: Basis::Declared, location: None }
}

fn inferred(text: impl Into<String>) -> Answer {
    Answer { text: text.into(), basis: Basis::Inferred, location: None }
}

/// `1 commit`, `12,345 commits`.
fn count(number: usize, what: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match (number, what) {
        (1, what) => format!("{text} {what}"),
        (_, "person") => format!("{text} people"),
        (_, what) => format!("{text} {what}s"),
    }
}

/// The answer in one line.
pub(super) fn headline(score: Score, project: &Project<'_>) -> String {
    let newest = project.history.commits.iter().map(|commit| commit.committed).max();
    let age = newest.map(|newest| format!(", newest of {}", day(newest))).unwrap_or_default();
    let commits = format!("{}{age}", count(project.history.commits.len(), "commit"));
    match score.text() {
        Some(text) => {
            format!("score {text} of 10, on {} % of the weight of all checks; {commits}", score.coverage)
        }
        None => format!("no check could be assessed; {commits}"),
    }
}

/// What the history says.
pub(super) fn history(project: &Project<'_>, signals: &Signals, repository: &Repository) -> Vec<Answer> {
    let history = &project.history;
    let mut answers = Vec::new();
    let oldest = history.commits.iter().map(|commit| commit.committed).min().unwrap_or_default();
    let head = repository.head.map(|head| head.short()).unwrap_or_default();
    let branch = repository
        .branch
        .as_deref()
        .map_or("no branch", |name| name.strip_prefix("refs/heads/").unwrap_or(name));
    answers.push(measured(format!("`{head}` of `{}` is checked out", printable_within(branch, SHOWN))));
    answers.push(declared(format!(
        "{} by {} since {}, by their own word",
        count(signals.commits, "commit"),
        count(signals.people, "person"),
        day(oldest)
    )));
    if signals.bus_factor > 0 {
        answers.push(inferred(format!(
            "{} made half of the changes of the last year (bus factor {}; spread {}.{:02} bits)",
            count(signals.bus_factor, "person"),
            signals.bus_factor,
            signals.entropy / 100,
            signals.entropy % 100
        )));
    }
    answers.push(signatures(project, signals));
    if signals.uploads > 0 {
        let uploads = count(signals.uploads, "commit");
        answers.push(inferred(format!("{uploads} came by an upload, which nobody reviews")));
    }
    answers.extend(weights(signals));
    let refs = |prefix: &str| repository.refs.keys().any(|name| name.starts_with(prefix));
    if refs("refs/gittuf/") {
        answers.push(measured("a policy of gittuf lies in `refs/gittuf`; it is not verified here"));
    }
    if refs("refs/replace/") {
        answers.push(measured(
            "`refs/replace` makes git show other objects than the history has; it is not followed here",
        ));
    }
    answers
}

fn signatures(project: &Project<'_>, signals: &Signals) -> Answer {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for commit in &project.history.commits {
        let kind = match commit.signed {
            Some(SignatureKind::OpenPgp) => "OpenPGP",
            Some(SignatureKind::Ssh) => "SSH",
            Some(SignatureKind::X509) => "X.509",
            Some(SignatureKind::Unknown) => "of an unknown kind",
            None => continue,
        };
        let known = kinds.entry(kind).or_default();
        *known = known.saturating_add(1);
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let tags = project.tags.len();
    let signed = project.tags.iter().filter(|tag| tag.signed.is_some()).count();
    let annotated = project.tags.iter().filter(|tag| tag.annotated).count();
    let of_tags = if tags == 0 {
        "; no tags".to_owned()
    } else {
        format!("; {signed} of {} ({annotated} annotated)", count(tags, "tag"))
    };
    let commits = count(signals.commits, "commit");
    measured(format!(
        "{} of {commits} bear a signature{kinds}{of_tags}; presence is told, not whose key it is",
        signals.signed
    ))
}

fn weights(signals: &Signals) -> Option<Answer> {
    let weights = signals.weights_changed?;
    Some(match signals.card_changed {
        None => inferred(format!("weights last changed on {}; there is no card", day(weights))),
        Some(card) if weights > card.saturating_add(30 * DAY) => inferred(format!(
            "weights last changed on {}, the card on {}: it may describe a model that is no longer there",
            day(weights),
            day(card)
        )),
        Some(card) => {
            inferred(format!("weights last changed on {}, the card on {}", day(weights), day(card)))
        }
    })
}

/// What is known of the people from other repositories.
pub(super) fn people(memory: &Memory, before: Option<&Record>, now: &Record) -> Vec<Answer> {
    let mut answers = Vec::new();
    match before {
        Some(before) => answers.push(measured(format!(
            "looked at before, first on {}, last on {}",
            printable_within(&before.first_seen, SHOWN),
            printable_within(&before.last_seen, SHOWN)
        ))),
        None => answers.push(measured("never looked at before: nothing to compare with")),
    }
    let known: Vec<_> = now
        .people
        .keys()
        .map(|person| {
            (
                before.is_some_and(|before| before.people.contains_key(person)),
                memory.reputation(person, &now.key),
            )
        })
        .collect();
    let elsewhere = known.iter().filter(|(_, reputation)| reputation.repositories > 0).count();
    let commits: u64 = known.iter().map(|(_, reputation)| reputation.commits).sum();
    let since = known.iter().filter_map(|(_, reputation)| reputation.since.clone()).min();
    if elsewhere > 0 {
        answers.push(inferred(format!(
            "{} of {} known from other repositories: {} there since {}",
            elsewhere,
            count(known.len(), "person"),
            count(usize::try_from(commits).unwrap_or(usize::MAX), "commit"),
            printable_within(since.as_deref().unwrap_or("an unknown day"), SHOWN)
        )));
    }
    let new = known.iter().filter(|(seen, reputation)| !seen && reputation.repositories == 0).count();
    if before.is_some() && new > 0 {
        answers
            .push(inferred(format!("{} new since then, and known from nowhere else", count(new, "person"))));
    }
    answers
}

/// What was compared with digests that came with it.
pub(super) fn compared(comparison: &Comparison) -> Vec<Answer> {
    let mut answers: Vec<Answer> = comparison
        .same
        .iter()
        .map(|(source, number)| {
            let have = if *number == 1 { "has the digest" } else { "have the digests" };
            measured(format!("{} {have} of {source}", count(*number, "file")))
        })
        .collect();
    if comparison.pointers > 0 {
        let files = count(comparison.pointers, "file");
        answers.push(measured(format!("{files} of git LFS were not fetched: only their pointers are here")));
    }
    if comparison.untracked > 0 {
        let files = count(comparison.untracked, "file");
        answers.push(measured(format!("{files} in the folder are not part of the commit")));
    }
    answers
}

/// What servers said.
pub(super) fn snapshot(snapshot: &Snapshot) -> Vec<Answer> {
    let mut answers = Vec::new();
    if let Some(model) = &snapshot.model {
        let name = printable_within(&model.name, SHOWN);
        let mut parts = Vec::new();
        let date = |text: &Option<String>| {
            text.as_deref().and_then(|text| text.get(..10)).map(|text| printable_within(text, 10))
        };
        parts.extend(date(&model.created).map(|day| format!("since {day}")));
        parts.extend(date(&model.modified).map(|day| format!("changed {day}")));
        parts.extend(
            model.downloads.map(|number| count(usize::try_from(number).unwrap_or(usize::MAX), "download")),
        );
        parts.extend(model.likes.map(|number| count(usize::try_from(number).unwrap_or(usize::MAX), "like")));
        parts.extend(model.gated.then(|| "gated".to_owned()));
        parts.extend(model.disabled.then(|| "disabled by the Hub".to_owned()));
        let told = if parts.is_empty() { "nothing more".to_owned() } else { parts.join(", ") };
        answers.push(declared(format!("the Hub says of `{name}`: {told}")));
        let publisher = model.name.split('/').next().unwrap_or_default();
        if names::is_known(publisher) && model.downloads.is_some_and(|downloads| downloads < 100) {
            let text = format!(
                "`{name}` bears a well-known name and is hardly downloaded: make sure it is the one you mean"
            );
            answers.push(inferred(text));
        }
    }
    if let Some(verified) = snapshot.verified {
        let text = if verified {
            "the Hub says that the organisation is verified"
        } else {
            "the Hub has not verified the organisation"
        };
        answers.push(declared(text));
    }
    answers
}

/// What was not assessed, and what to do.
pub(super) fn missing(project: &Project<'_>, repository: &Repository, checks: &[Check]) -> Vec<String> {
    let mut missing = Vec::new();
    let open: Vec<&str> =
        checks.iter().filter(|check| check.outcome == Outcome::NotAssessed).map(|check| check.name).collect();
    if !open.is_empty() {
        missing
            .push(format!("{}: a clone does not tell; `weighhouse health` takes snapshots", open.join(", ")));
    }
    let history = &project.history;
    if history.cut {
        let commits = count(history.commits.len(), "commit");
        missing.push(format!("the history is longer than the newest {commits} that were looked at"));
    }
    if history.shallow {
        missing.push("the clone is shallow, its history cut off: `git fetch --unshallow`".to_owned());
    }
    if let Some(fault) = history.faults.first() {
        let advice = match fault {
            Fault::Missing(_) => "fetch it, or clone again without a filter",
            Fault::Broken(..) => "clone again",
            Fault::TooLarge(_) | Fault::Exhausted => "look at it with git",
        };
        missing.push(format!("a part of the history: {fault}; {advice}"));
    }
    let changes = project.changes.len();
    let own = history.commits.iter().filter(|commit| commit.parents.len() < 2).count();
    if changes < own {
        let older = count(own.saturating_sub(changes), "commit");
        missing.push(format!("what the older {older} changed"));
    }
    missing.extend(project.unlisted.as_ref().map(|why| format!("a part of the files of the commit: {why}")));
    if project.unread > 0 {
        missing.push(format!("{}, too large or not there", count(project.unread, "text")));
    }
    missing.extend(repository.problems.iter().take(5).cloned());
    missing
}
