//! What the history, the name and the memory amount to: findings, and what is to be remembered.

use std::path::Path;

use weighhouse_core::printable::printable_within;
use weighhouse_core::{Date, Finding, Location, Severity};
use weighhouse_formats::bounded::{Budget, Limits};
use weighhouse_formats::node::Facts;
use weighhouse_formats::source::Memory as Bytes;

use super::checks;
use super::memory::{self, MOST, Record, VERSION, Work, day};
use super::names::{self, Likeness};
use super::project::Project;
use super::rules::{
    COMMIT_TIMES, DANGEROUS_WORKFLOW, HISTORY_BROKEN, HISTORY_REWRITTEN, NAME_RESEMBLES, NAMESPACE_REUSED,
    NEWCOMER_LOADING_CODE, SIGNATURES_CEASED, TAG_MOVED, WEIGHTS_REPLACED,
};
use super::signals::{Signals, is_weights};
use super::snapshot::Snapshot;
use crate::git::{Fault, Folder, Id, Repository};
use crate::materials::Materials;

/// Characters of a name that are shown.
const SHOWN: usize = 100;
/// Findings of one kind.
const NAMED: usize = 20;
/// Bytes of the settings of a repository.
const SETTINGS: u64 = 1 << 20;

/// Where the repository was fetched from, by its own settings. They are read as text; none of them has an effect.
pub(super) fn origin(materials: &Materials) -> Option<String> {
    let root = Folder::new(materials.root.as_deref()?)?;
    let store = root.folder(".git").unwrap_or(root);
    let content = store.bytes("config", SETTINGS)?;
    let budget = Budget::new(std::sync::Arc::new(Limits::default()));
    let parsed = weighhouse_formats::git::parse_settings(&Bytes::shared(content), ".git/config", &budget);
    let Facts::GitSettings(settings) = parsed.reading.facts else { return None };
    let url = settings.settings.into_iter().find(|setting| setting.key == "remote.origin.url")?.value;
    address(&url)
}

/// `https://user:secret@host/org/name.git` and `git@host:org/name` as `host/org/name`. A path on this machine is no address.
fn address(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    if scheme == "file" || scheme.is_empty() && (rest.starts_with(['/', '.', '~']) || !rest.contains(':')) {
        return None;
    }
    let (host, path) = if scheme.is_empty() { rest.split_once(':')? } else { rest.split_once('/')? };
    let host = host.rsplit('@').next().unwrap_or(host).split(':').next().unwrap_or(host).to_lowercase();
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{host}/{path}").chars().take(500).collect())
}

/// Under which name a repository is remembered.
pub(super) fn key(materials: &Materials, origin: Option<&str>) -> String {
    if let Some(origin) = origin {
        return origin.to_owned();
    }
    let path = materials.root.as_deref().and_then(|root| std::fs::canonicalize(root).ok());
    path.as_deref()
        .map(Path::to_string_lossy)
        .map_or_else(|| materials.name.clone(), |path| format!("file:{path}"))
}

/// The organisation on the Hub that claims to publish it.
pub(super) fn publisher(materials: &Materials, origin: Option<&str>, snapshot: &Snapshot) -> Option<String> {
    let of = |path: &str| path.split_once('/').map(|(organisation, _)| organisation.to_owned());
    let hub = origin.and_then(|origin| {
        let (host, path) = origin.split_once('/')?;
        matches!(host, "huggingface.co" | "hf.co").then(|| of(path)).flatten()
    });
    let target = || materials.name.strip_prefix("hf:").and_then(of);
    let told = || snapshot.model.as_ref().and_then(|model| of(&model.name));
    hub.or_else(target).or_else(told)
}

/// A publisher that looks like another.
pub(super) fn name(publisher: &str) -> Option<Finding> {
    let (known, likeness) = names::resembles(publisher)?;
    let shown = printable_within(publisher, SHOWN);
    let (severity, how) = match likeness {
        Likeness::Looks => (Severity::Medium, "looks like"),
        Likeness::OneLetter => (Severity::Low, "differs in one letter from"),
    };
    Some(crate::finding(
        &NAME_RESEMBLES,
        severity,
        Location::default(),
        format!("the publisher `{shown}` {how} the well-known `{known}`"),
        Some(publisher.to_owned()),
        format!("make sure that you meant `{shown}` and not `{known}`"),
    ))
}

/// A place in the history.
fn at(is_bare: bool, key: impl Into<String>) -> Location {
    let file = if is_bare { "HEAD" } else { ".git" };
    Location { key: Some(printable_within(&key.into(), SHOWN)), ..Location::file(file) }
}

/// What the history itself gives away.
pub(super) fn findings(project: &Project<'_>, signals: &Signals, is_bare: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = checks::dangers(project)
        .into_iter()
        .take(NAMED)
        .map(|danger| {
            let remediation = "tell the maker, and take only signed releases until it is mended";
            let evidence = Some(danger.what.clone());
            crate::finding(
                &DANGEROUS_WORKFLOW,
                Severity::Medium,
                danger.location,
                danger.what,
                evidence,
                remediation,
            )
        })
        .collect();
    findings.extend(ceased(signals, is_bare));
    findings.extend(signals.replaced.iter().map(|replaced| {
        crate::finding(
            &WEIGHTS_REPLACED,
            Severity::Low,
            Location::file(printable_within(&replaced.path, SHOWN)),
            format!(
                "`{}` was replaced on {} by `{}`, who had never touched it, {} days after it came",
                printable_within(&replaced.path, SHOWN),
                day(replaced.time),
                printable_within(&replaced.author, SHOWN),
                replaced.after
            ),
            Some(format!("commit {}", replaced.commit.short())),
            "vet it as a new model, and ask the maker who replaced it",
        )
    }));
    findings.extend(signals.newcomers.iter().map(|newcomer| {
        crate::finding(
            &NEWCOMER_LOADING_CODE,
            Severity::Low,
            Location::file(printable_within(&newcomer.path, SHOWN)),
            format!(
                "`{}` runs when the model is loaded, and was last changed by `{}`, who has no other commit",
                printable_within(&newcomer.path, SHOWN),
                printable_within(&newcomer.author, SHOWN)
            ),
            Some(format!("commit {} of {}", newcomer.commit.short(), day(newcomer.time))),
            "read that commit before you load the model with its own code",
        )
    }));
    findings.extend(times(signals, is_bare));
    findings.extend(broken(project, is_bare));
    findings
}

fn ceased(signals: &Signals, is_bare: bool) -> Vec<Finding> {
    let commits = signals.ceased.map(|ceased| {
        crate::finding(
            &SIGNATURES_CEASED,
            Severity::Low,
            at(is_bare, "commits"),
            format!(
                "the newest {} commits, since {}, are not signed; {} of the 10 before are",
                ceased.newest,
                day(ceased.since),
                ceased.before
            ),
            None,
            "ask the maker by another way than the repository",
        )
    });
    let tag = signals.unsigned_tag.as_ref().map(|tag| {
        crate::finding(
            &SIGNATURES_CEASED,
            Severity::Low,
            at(is_bare, format!("refs/tags/{tag}")),
            format!(
                "the newest tag, `{}`, is not signed; the three before are",
                printable_within(tag, SHOWN)
            ),
            None,
            "stay with the last signed tag until the maker says why",
        )
    });
    commits.into_iter().chain(tag).collect()
}

fn times(signals: &Signals, is_bare: bool) -> Option<Finding> {
    let first = signals.odd_times.first()?;
    let how = if first.future { "in the future" } else { "long before what it builds on" };
    let more = match signals.odd_times.len() {
        1 => String::new(),
        many => format!(", and {} more like it", many.saturating_sub(1)),
    };
    Some(crate::finding(
        &COMMIT_TIMES,
        Severity::Low,
        at(is_bare, first.commit.to_string()),
        format!("commit `{}` says it was made on {}, {how}{more}", first.commit.short(), day(first.time)),
        None,
        "do not rely on the age of the project; look at these commits",
    ))
}

fn broken(project: &Project<'_>, is_bare: bool) -> Option<Finding> {
    let broken = project.history.faults.iter().find_map(|fault| match fault {
        Fault::Broken(id, _) => Some((id, fault)),
        _ => None,
    });
    let (id, fault) = broken?;
    Some(crate::finding(
        &HISTORY_BROKEN,
        Severity::Medium,
        at(is_bare, id.to_string()),
        fault.to_string(),
        None,
        "clone the repository again, and run `git fsck`",
    ))
}

/// Whether a finding contradicts what was remembered, so that it is not forgotten until somebody accepts it.
pub(super) fn is_contradiction(finding: &Finding) -> bool {
    [TAG_MOVED.id, HISTORY_REWRITTEN.id, NAMESPACE_REUSED.id].contains(&finding.rule.id)
        || finding.rule.id == WEIGHTS_REPLACED.id && finding.severity == Severity::Medium
}

/// What differs from what was remembered.
pub(super) fn with_memory(
    repository: &mut Repository,
    before: Option<&Record>,
    now: &Record,
) -> Vec<Finding> {
    let Some(before) = before else { return Vec::new() };
    if let Some(reused) = reused(before, now, repository.is_bare) {
        // Everything else differs as well then.
        return vec![reused];
    }
    let mut findings = tags(before, now, repository.is_bare);
    findings.extend(branches(before, now, repository));
    findings.extend(weights(before, now));
    findings
}

/// Tags that moved or are gone.
fn tags(before: &Record, now: &Record, is_bare: bool) -> Vec<Finding> {
    let moved = before.tags.iter().filter(|(name, was)| now.tags.get(*name) != Some(was));
    let finding = |(name, was): (&String, &String)| {
        let (shown, since) = (printable_within(name, SHOWN), &before.last_seen);
        let is = now.tags.get(name);
        let headline = match is {
            Some(is) => {
                format!("tag `{shown}` names `{}`; on {since} it named `{}`", short(is), short(was))
            }
            None => format!("tag `{shown}` is gone; on {since} it named `{}`", short(was)),
        };
        crate::finding(
            &TAG_MOVED,
            Severity::Medium,
            at(is_bare, format!("refs/tags/{name}")),
            headline,
            Some(format!("was {was}, is {}", is.map_or("gone", String::as_str))),
            "compare the two with `weighhouse diff`, and pin models by commit",
        )
    };
    moved.take(NAMED).map(finding).collect()
}

/// Branches whose history does not have what it had.
fn branches(before: &Record, now: &Record, repository: &mut Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, was) in &before.branches {
        let Some(is) = now.branches.get(name).filter(|is| *is != was) else { continue };
        let (Ok(tip), Ok(old)) = (is.parse::<Id>(), was.parse::<Id>()) else { continue };
        if findings.len() >= NAMED || repository.descends(tip, old) != Some(false) {
            continue;
        }
        let shown = printable_within(name, SHOWN);
        findings.push(crate::finding(
            &HISTORY_REWRITTEN,
            Severity::Medium,
            at(repository.is_bare, name.clone()),
            format!(
                "`{shown}` was rewritten: its history does not have commit `{}` of {} any more",
                short(was),
                before.last_seen
            ),
            Some(format!("was {was}, is {is}")),
            "ask the maker why, and compare with the copy that you vetted",
        ));
    }
    findings
}

/// Weights that are others under the same name.
fn weights(before: &Record, now: &Record) -> Vec<Finding> {
    let both = before.weights.iter().filter_map(|(path, was)| Some((path, was, now.weights.get(path)?)));
    let finding = |(path, was, is): (&String, &String, &String)| {
        let shown = printable_within(path, SHOWN);
        crate::finding(
            &WEIGHTS_REPLACED,
            Severity::Medium,
            Location::file(shown.clone()),
            format!("`{shown}` holds other weights than on {}, under the same name", before.last_seen),
            Some(format!("blob was {was}, is {is}")),
            "vet it as a new model; compare the two with `weighhouse diff`",
        )
    };
    both.filter(|(_, was, is)| was != is).take(NAMED).map(finding).collect()
}

/// Whether the address belongs to another repository than before.
fn reused(before: &Record, now: &Record, is_bare: bool) -> Option<Finding> {
    let both = |was: bool, is: bool| was && is;
    let roots = both(!before.roots.is_empty(), !now.roots.is_empty()) && before.roots.is_disjoint(&now.roots);
    let ids = before.hub_id.is_some() && now.hub_id.is_some() && before.hub_id != now.hub_id;
    if !roots && !ids {
        return None;
    }
    let what = if roots { "no first commit in common" } else { "another identity on the Hub" };
    let key = printable_within(&now.key, SHOWN);
    let evidence = match (before.roots.first(), now.roots.first()) {
        (Some(was), Some(is)) if roots => format!("began with {was}, begins with {is}"),
        _ => format!(
            "was {}, is {}",
            before.hub_id.as_deref().unwrap_or_default(),
            now.hub_id.as_deref().unwrap_or_default()
        ),
    };
    Some(crate::finding(
        &NAMESPACE_REUSED,
        Severity::Medium,
        at(is_bare, "HEAD"),
        format!("at `{key}` there is another repository than on {}: {what}", before.last_seen),
        Some(evidence),
        "do not update; find out from another source whether the maker still owns the name",
    ))
}

fn short(id: &str) -> String {
    id.chars().take(10).collect()
}

/// What is to be remembered of a repository.
pub(super) fn record(
    project: &Project<'_>,
    repository: &Repository,
    snapshot: &Snapshot,
    key: String,
    today: Date,
) -> Record {
    let text = |(name, id): (&str, &Id)| (name.to_owned(), id.to_string());
    let remote = repository.refs.keys().any(|name| name.starts_with("refs/remotes/"));
    // Where there are branches of a remote, those of one's own say nothing of the maker.
    let prefix = if remote { "refs/remotes/" } else { "refs/heads/" };
    let branches = repository.refs.iter().filter_map(|(name, id)| Some((name.strip_prefix(prefix)?, id)));
    let tags = repository.refs.iter().filter_map(|(name, id)| Some((name.strip_prefix("refs/tags/")?, id)));
    let weights = project.files.iter().filter(|(path, entry)| entry.is_file() && is_weights(path));
    let history = &project.history;
    let mut record = Record {
        version: VERSION,
        key,
        first_seen: today.to_string(),
        last_seen: today.to_string(),
        hub_id: snapshot.model.as_ref().and_then(|model| model.id.clone()),
        branches: branches.filter(|(name, _)| !name.ends_with("/HEAD")).take(MOST).map(text).collect(),
        tags: tags.take(MOST).map(text).collect(),
        weights: weights.take(MOST).map(|(path, entry)| (path.clone(), entry.id.to_string())).collect(),
        ..Record::default()
    };
    if history.is_whole() {
        record.roots = history.roots.iter().map(Id::to_string).collect();
    }
    // Newest first, so that a bound leaves out who has not been there for longest.
    for commit in &history.commits {
        let Some(author) = history.author(commit).filter(|author| !author.email.is_empty()) else { continue };
        let person = memory::person(&author.email);
        if record.people.len() >= MOST && !record.people.contains_key(&person) {
            continue;
        }
        let when = day(commit.authored);
        let work = record.people.entry(person).or_insert_with(|| Work {
            first: when.clone(),
            last: when.clone(),
            ..Work::default()
        });
        work.commits = work.commits.saturating_add(1);
        work.signed = work.signed.saturating_add(u64::from(commit.signed.is_some()));
        work.first = work.first.clone().min(when.clone());
        work.last = work.last.clone().max(when);
    }
    record
}

/// The new record with what stays of the old one.
pub(super) fn carried(mut now: Record, before: Option<&Record>) -> Record {
    if let Some(before) = before {
        now.first_seen.clone_from(&before.first_seen);
        now.hub_id = now.hub_id.or_else(|| before.hub_id.clone());
        if now.roots.is_empty() {
            now.roots.clone_from(&before.roots);
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_have_neither_schemes_nor_secrets() {
        for (url, expected) in [
            ("https://user:secret@HuggingFace.co/org/name.git", Some("huggingface.co/org/name")),
            ("https://github.com:443/org/name/", Some("github.com/org/name")),
            ("git@github.com:org/name.git", Some("github.com/org/name")),
            ("ssh://git@hf.co/org/name?x#y", Some("hf.co/org/name")),
            ("/srv/git/name", None),
            ("../name", None),
            ("file:///srv/name", None),
            ("https://", None),
        ] {
            assert_eq!(address(url).as_deref(), expected, "{url}");
        }
    }
}
