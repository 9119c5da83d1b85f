//! What is asked of a gate: what waits, how models stand, what was found, who is known.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use serde_json::Value;
use weighhouse_core::printable::printable;
use weighhouse_core::words::{plural, short};

use super::{Access, escaped, full, kind, release, text};
use crate::exit::Mistake;
use crate::output;

/// Pages of a part of the inbox that are read at most, if none of them names anything.
const PAGES: usize = 20;
/// Findings that are named.
const FINDINGS: usize = 100;
/// Releases whose approvals are counted.
const COUNTED: usize = 10;
/// From worst to least.
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];

/// A part of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// What you may approve
    Approve,
    /// What was suspended
    Suspended,
    /// What you may release
    Promote,
    /// Canaries that you may release or halt
    Canaries,
}

impl Part {
    const ALL: [Self; 4] = [Self::Approve, Self::Suspended, Self::Promote, Self::Canaries];

    fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Suspended => "suspended",
            Self::Promote => "promote",
            Self::Canaries => "canaries",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Approve => "to approve",
            Self::Suspended => "suspended",
            Self::Promote => "approved, to be released",
            Self::Canaries => "canaries under way",
        }
    }
}

/// Looking.
#[derive(Debug, Subcommand)]
pub(crate) enum LookCommand {
    /// Tell how a model stands: revisions, releases, and why
    Status {
        /// `org/name`
        model: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        #[command(flatten)]
        access: Access,
    },
    /// List what waits for you, or all releases in a state
    Inbox {
        /// All releases in this state, whomever they wait for: `rejected`, `reviewable`, `approved`, `canary`, `released`, `suspended`…
        #[arg(long, value_name = "STATE", conflicts_with_all = ["part", "after"])]
        state: Option<String>,
        /// Only this part
        #[arg(long, value_name = "PART", requires = "after")]
        part: Option<Part>,
        /// Where that part goes on, as the inbox before told
        #[arg(long, value_name = "PLACE", requires = "part")]
        after: Option<String>,
        #[command(flatten)]
        access: Access,
    },
    /// Tell what was found in a model
    Report {
        /// `org/name` or `org/name@commit` [default: the newest revision that was inspected]
        model: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        /// Print the whole report, as JSON
        #[arg(long)]
        json: bool,
        /// Where to write the whole report, as JSON
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        access: Access,
    },
    /// List models, and how each stands in each stage
    Models {
        /// Part of the name
        search: Option<String>,
        /// Data sets, not models
        #[arg(long)]
        dataset: bool,
        #[command(flatten)]
        access: Access,
    },
    /// List people and their roles, for administrators
    People {
        #[command(flatten)]
        access: Access,
    },
    /// List tokens: yours, or for administrators those of everybody
    Tokens {
        /// Only those of this person
        #[arg(long, value_name = "NAME")]
        person: Option<String>,
        /// Those that are over or were revoked, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        access: Access,
    },
    /// Revoke a token; whoever has it gets nothing more with it
    RevokeToken {
        /// Id of the token, as `tokens` shows it
        #[arg(value_name = "TOKEN")]
        id: String,
        #[command(flatten)]
        access: Access,
    },
}

/// Runs a command; gives what is to be printed.
pub(super) fn run(command: &LookCommand) -> Result<String> {
    match command {
        LookCommand::Status { model, dataset, access } => {
            let model = access.get(&format!("{}/{model}", kind(*dataset)))?;
            status(access, &model)
        }
        LookCommand::Inbox { state: Some(state), access, .. } => in_state(access, state),
        LookCommand::Inbox { part, after, access, .. } => inbox(access, part.zip(after.as_deref())),
        LookCommand::Report { model, dataset, json, output, access } => {
            report(access, model, *dataset, (*json, output.as_ref()))
        }
        LookCommand::Models { search, dataset, access } => {
            models(access, kind(*dataset), search.as_deref().unwrap_or_default())
        }
        LookCommand::People { access } => {
            let mut shown = String::new();
            each(access, "people?", |person| {
                let out = if person["disabled"] == true { ", shut out" } else { "" };
                _ = writeln!(shown, "{}: {}{out}", text(person, "name"), words(&person["roles"]));
            })?;
            Ok(shown)
        }
        LookCommand::Tokens { person, all, access } => tokens(access, person.as_deref(), *all),
        LookCommand::RevokeToken { id, access } => {
            access.delete(&format!("tokens/{}", escaped(id)))?;
            Ok(format!("token {} is revoked\n", printable(id)))
        }
    }
}

/// All entries of a list that is read page by page.
fn each(access: &Access, list: &str, mut entry: impl FnMut(&Value)) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = access.get(&format!("{list}&after={}", escaped(&after)))?;
        page["items"].as_array().into_iter().flatten().for_each(&mut entry);
        match page["next"].as_str() {
            Some(next) if next != after => next.clone_into(&mut after),
            _ => return Ok(()),
        }
    }
}

fn words(list: &Value) -> String {
    let words = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    printable(&words.collect::<Vec<_>>().join(", "))
}

fn in_state(access: &Access, state: &str) -> Result<String> {
    let mut shown = String::new();
    each(access, &format!("releases?state={}", escaped(state)), |one| shown.push_str(&release(one)))?;
    Ok(if shown.is_empty() { format!("no release is {}\n", printable(state)) } else { shown })
}

/// What waits for whoever asks. Where the gate looked at much that is for others, it is asked to look on.
fn inbox(access: &Access, from: Option<(Part, &str)>) -> Result<String> {
    let (mut shown, mut ways_on) = (String::new(), String::new());
    let first = if from.is_none() { access.get("inbox")? } else { Value::Null };
    for part in Part::ALL.into_iter().filter(|part| from.is_none_or(|(only, _)| only == *part)) {
        let name = part.as_str();
        let on = |after: &str| access.get(&format!("inbox?part={name}&after={}", escaped(after)));
        let mut page = match from {
            Some((_, after)) => on(after)?,
            None => first.clone(),
        };
        let next = |page: &Value| page["next"][name].as_str().map(str::to_owned);
        for _ in 1..PAGES {
            let empty = page[name].as_array().is_none_or(Vec::is_empty);
            let Some(after) = next(&page).filter(|_| empty) else { break };
            page = on(&after)?;
        }
        let waiting = page[name].as_array().cloned().unwrap_or_default();
        if !waiting.is_empty() {
            _ = writeln!(shown, "{}:", part.title());
            shown.extend(waiting.iter().map(release));
        }
        if let Some(after) = next(&page) {
            let after = printable(&after);
            _ = writeln!(
                ways_on,
                "more may wait ({}): `weighhouse gate inbox --part {name} --after {after}`",
                part.title()
            );
        }
    }
    if shown.is_empty() && ways_on.is_empty() {
        let more = if from.is_some() { "more " } else { "" };
        return Ok(format!("nothing {more}waits for you\n"));
    }
    Ok(shown + &ways_on)
}

fn status(access: &Access, model: &Value) -> Result<String> {
    let mut shown = format!("{}\n", text(model, "name"));
    let all = |key: &str| model[key].as_array().into_iter().flatten();
    for revision in all("revisions") {
        let fault =
            revision["fault"].as_str().map(|fault| format!(": {}", printable(fault))).unwrap_or_default();
        _ = writeln!(shown, "  {} {}{fault}", text(revision, "commit"), text(revision, "state"));
        // What keeps a request from being fetched is told of the request.
        if revision["state"] == "quarantined" {
            shown.extend(trouble(revision).map(|why| format!("    {why}\n")));
        }
    }
    let asked: Vec<&Value> = all("requests").collect();
    for (at, one) in asked.iter().enumerate() {
        let revision = text(one, "revision");
        // What was asked for again later tells more; what came of it may be better.
        let later = asked.iter().skip(at + 1);
        let again =
            later.filter(|later| later["revision"] == one["revision"] && later["stage"] == one["stage"]);
        if let Some(fault) = one["fault"].as_str().filter(|_| again.count() == 0) {
            _ = writeln!(shown, "  {revision} could not be fetched: {}", printable(fault));
        }
        if let Some(why) = trouble(one) {
            _ = writeln!(shown, "  {revision} for {}: {why}", text(one, "stage"));
        } else if one["settled"] == false && one["fault"].is_null() {
            _ = writeln!(shown, "  {revision} for {}: it is being fetched", text(one, "stage"));
        }
    }
    let mut counted = 0;
    for one in all("releases") {
        shown.push_str(&release(one));
        if one["state"] == "reviewable" && counted < COUNTED {
            counted += 1;
            shown.push_str(&consent(access, &text(one, "id"))?);
        }
    }
    Ok(shown)
}

/// What is in the way of something that the gate goes on trying.
pub(super) fn trouble(of: &Value) -> Option<String> {
    let trouble = of["trouble"].as_object()?;
    let said = |key: &str| trouble.get(key).and_then(Value::as_str).map(printable);
    let attempts = plural(trouble.get("attempts").and_then(Value::as_u64).unwrap_or_default(), "attempt");
    let next = match said("next") {
        Some(next) => format!("the next one is at {next}"),
        None => "the next one is under way".to_owned(),
    };
    Some(format!("{} ({attempts}; {next})", said("why").unwrap_or_default()))
}

/// Who approved a release that still waits.
pub(super) fn consent(access: &Access, id: &str) -> Result<String> {
    let whole = access.get(&format!("releases/{}", escaped(id)))?;
    let approvals = whole["approvals"].as_array().into_iter().flatten();
    let who: BTreeSet<String> =
        approvals.filter(|one| one["counts"] == true).map(|one| text(one, "person")).collect();
    if who.is_empty() || whole["state"] != "reviewable" {
        return Ok(String::new());
    }
    let names = who.iter().cloned().collect::<Vec<_>>().join(", ");
    let count = plural(who.len() as u64, "approval");
    let verb = if who.len() == 1 { "counts" } else { "count" };
    Ok(format!("  {count} {verb} ({names}), and policy still asks for more\n"))
}

fn report(
    access: &Access,
    model: &str,
    dataset: bool,
    (json, file): (bool, Option<&PathBuf>),
) -> Result<String> {
    let (name, commit) = model.split_once('@').map_or((model, None), |(name, commit)| (name, Some(commit)));
    let known = access.get(&format!("{}/{name}", kind(dataset)))?;
    let commit = commit.map(|commit| full(&known, commit)).transpose()?;
    let mut revisions = known["revisions"].as_array().into_iter().flatten();
    let wanted = |revision: &&Value| match &commit {
        Some(commit) => revision["commit"] == **commit,
        None => revision["state"] == "inspected",
    };
    let revision = revisions.find(wanted).ok_or_else(|| {
        let which = commit.as_deref().map_or("no inspected revision".to_owned(), |commit| {
            format!("no `{}` among the newest revisions", printable(commit))
        });
        Mistake(format!("`{}` has {which}", printable(name)))
    })?;
    let report = access.get(&format!("revisions/{}/report", text(revision, "id")))?;
    if json || file.is_some() {
        output::write(file.map(PathBuf::as_path), |out| writeln!(out, "{report:#}"))?;
        return Ok(String::new());
    }
    Ok(found(&format!("{} {}", text(&known, "name"), text(revision, "commit")), &report))
}

/// What a report says, the worst first.
fn found(what: &str, report: &Value) -> String {
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut findings = all(&report["findings"]);
    let rank = |finding: &Value| SEVERITIES.iter().position(|known| finding["severity"] == *known);
    findings.sort_by_key(|finding| (!finding["waived"].is_null(), rank(finding).unwrap_or(SEVERITIES.len())));
    let count = plural(findings.len() as u64, "finding");
    let mut shown = format!("{what}: {count}\n");
    for finding in findings.iter().take(FINDINGS) {
        let waived = if finding["waived"].is_null() { "" } else { " (waived)" };
        _ = writeln!(
            shown,
            "  {} {} {}: {}{waived}\n    finding {}",
            text(finding, "severity"),
            text(finding, "rule"),
            text(finding, "file"),
            text(finding, "headline"),
            text(finding, "fingerprint")
        );
    }
    let rest = findings.len().saturating_sub(FINDINGS);
    if rest > 0 {
        _ = writeln!(shown, "  and {rest} more; `--json` prints all of it");
    }
    let gaps = all(&report["coverage"]["gaps"]);
    if report["coverage"]["complete"] == false {
        shown.push_str("not everything was looked at:\n");
    }
    for gap in gaps.iter().take(FINDINGS) {
        _ = writeln!(shown, "  {}: {}", text(gap, "file"), text(gap, "detail"));
    }
    shown
}

fn models(access: &Access, kind: &str, search: &str) -> Result<String> {
    let mut shown = String::new();
    each(access, &format!("{kind}?search={}", escaped(search)), |model| {
        let stages = model["stages"].as_array().into_iter().flatten();
        let stages: Vec<String> =
            stages.map(|one| format!("{} in {}", text(one, "state"), text(one, "stage"))).collect();
        let stages = if stages.is_empty() { "in no stage yet".to_owned() } else { stages.join(", ") };
        _ = writeln!(shown, "{}: {stages}", text(model, "name"));
    })?;
    Ok(if shown.is_empty() {
        "nothing of that name is here, or is for you to see\n".to_owned()
    } else {
        shown
    })
}

fn tokens(access: &Access, person: Option<&str>, all: bool) -> Result<String> {
    let of = person.map(|person| format!("person={}", escaped(person))).unwrap_or_default();
    let now = jiff::Timestamp::now();
    let mut shown = String::new();
    each(access, &format!("tokens?{of}"), |token| {
        let expires = text(token, "expires");
        let state = match (token["revoked"].as_str(), expires.parse::<jiff::Timestamp>()) {
            (Some(at), _) => format!("revoked {}", printable(at)),
            (None, Ok(end)) if end <= now => format!("expired {expires}"),
            (None, _) => format!("expires {expires}"),
        };
        if !all && !state.starts_with("expires") {
            return;
        }
        let label = text(token, "label");
        let label = if label.is_empty() { label } else { format!(" \"{label}\"") };
        let stage = token["stage"].as_str().map(|stage| format!(" for {}", printable(stage)));
        let agent = if token["agent"] == true { " for an agent" } else { "" };
        let used =
            token["used"].as_str().map_or("never used".to_owned(), |at| format!("used {}", printable(at)));
        let (id, person, stage) = (text(token, "id"), text(token, "person"), stage.unwrap_or_default());
        _ = writeln!(shown, "{id} {person}{label}{stage}{agent}, {state}, {used}");
    })?;
    Ok(if shown.is_empty() { "no token is good\n".to_owned() } else { shown })
}

/// How far a request came, in words.
pub(super) fn progress(model: &Value, asked: &Value) -> String {
    if let Some(why) = trouble(asked) {
        return format!("held up: {why}");
    }
    let mut revisions = model["revisions"].as_array().into_iter().flatten();
    let revision =
        revisions.find(|revision| !asked["commit"].is_null() && revision["commit"] == asked["commit"]);
    let Some(revision) = revision else { return "the source is asked".to_owned() };
    let commit = text(revision, "commit");
    let commit = short(&commit);
    match text(revision, "state").as_str() {
        "requested" | "fetching" => format!("{commit} is being fetched"),
        "quarantined" => match trouble(revision) {
            Some(why) => format!("held up: {why}"),
            None => format!("{commit} is being inspected"),
        },
        "inspected" => format!("{commit} was inspected and is being decided about"),
        state => format!("{commit} is {state}"),
    }
}
