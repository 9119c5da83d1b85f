//! `gate`: what people do at a gate, from the terminal. Speaks `/api/v1` with the endpoint and the token that Hub clients use.

mod access;
mod evidence;
#[cfg(feature = "server")]
mod here;
mod look;
mod notices;
mod policy;
mod view;

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use percent_encoding::{NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde_json::{Value, json};
use weighhouse_core::printable::printable;
use weighhouse_core::words::short;

pub(crate) use self::access::Access;
use crate::exit::{Exit, Mistake};
use crate::output;

/// What is done at the gate.
#[derive(Debug, Subcommand)]
pub(crate) enum GateCommand {
    #[command(flatten)]
    Evidence(evidence::EvidenceCommand),
    #[command(flatten)]
    View(view::ViewCommand),
    /// Ask for a model or a data set
    Request {
        /// `org/name` or `org/name@revision`
        model: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        /// Stage it is wanted for [default: the stage of your token]
        #[arg(long, value_name = "STAGE")]
        stage: Option<String>,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// Wait until it was fetched, inspected and decided about
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        access: Access,
    },
    #[command(flatten)]
    Look(look::LookCommand),
    /// Approve a release: these bytes, on this evidence
    Approve {
        /// Id of the release, as `inbox` and `status` show it
        release: String,
        /// Why you approve
        #[arg(long, value_name = "TEXT", default_value = "")]
        comment: String,
        #[command(flatten)]
        access: Access,
    },
    /// Take your approval back
    Withdraw {
        /// Id of the release
        release: String,
        #[command(flatten)]
        access: Access,
    },
    /// Serve a release, to everybody or to a share of the users
    Promote {
        /// Id of the release
        release: String,
        /// In percent of the users
        #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
        share: Option<u8>,
        #[command(flatten)]
        access: Access,
    },
    /// Take back what is served in a stage, for what was served before
    RollBack {
        /// `org/name`
        model: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        /// The stage
        #[arg(long, value_name = "STAGE")]
        stage: String,
        /// Why; it is told to users
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        access: Access,
    },
    /// Withdraw a revision for good, in every stage, and list who has it
    Revoke {
        /// `org/name@commit`
        model: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        /// Why; it is told to users
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        access: Access,
    },
    /// Add somebody, or set what they may do
    Person {
        /// Name, in lower case
        name: String,
        /// `user`, `publisher`, `approver`, `release-manager`, `security`, `attester`, `auditor`, `admin`, `delegator`, or a role of your policies; can be
        /// given more than once
        #[arg(long, value_name = "ROLE", required = true)]
        role: Vec<String>,
        #[command(flatten)]
        access: Access,
    },
    /// Issue a token; it is shown once
    Token {
        /// Whose [default: yours]
        #[arg(long, value_name = "NAME")]
        person: Option<String>,
        /// The only stage it is good for
        #[arg(long, value_name = "STAGE")]
        stage: Option<String>,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
        /// Days it lives
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        days: u16,
        /// It is for an agent, which looks and asks for the person, and decides nothing
        #[arg(long)]
        agent: bool,
        #[command(flatten)]
        access: Access,
    },
    /// Halt a canary: what served before goes on
    Halt {
        /// Id of the release
        release: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        access: Access,
    },
    /// Say where somebody gets mail
    Mail {
        /// The address; none, for no mail
        address: Option<String>,
        /// Whose [default: yours]
        #[arg(long, value_name = "NAME")]
        person: Option<String>,
        #[command(flatten)]
        access: Access,
    },
    /// Webhooks: programs that are told what happens
    #[command(subcommand)]
    Webhook(notices::WebhookCommand),
    /// List what could not be delivered, or try it again
    Deliveries {
        /// `dead`, `waiting` or `delivered`
        #[arg(long, value_name = "STATE", default_value = "dead")]
        state: String,
        /// Try this one again
        #[arg(long, value_name = "DELIVERY")]
        retry: Option<String>,
        #[command(flatten)]
        access: Access,
    },
    /// The policies of the gate: see, check, try and change them
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// On the machine of the gate
    #[cfg(feature = "server")]
    #[command(flatten)]
    Here(here::HereCommand),
}

/// Runs `gate`.
pub(crate) fn run(command: &GateCommand) -> Result<Exit> {
    let text = match command {
        GateCommand::Evidence(command) => evidence::run(command)?,
        GateCommand::View(command) => return view::run(command),
        GateCommand::Request { model, dataset, stage, reason, wait, access } => {
            let asked = ask(access, model, kind(*dataset), stage.as_deref(), reason)?;
            let (model, revision) = named(model);
            if *wait {
                return decided(access, kind(*dataset), model, &text(&asked, "id"));
            }
            let flag = if *dataset { " --dataset" } else { "" };
            format!(
                "asked for {model} ({revision}) for `{}`\n`weighhouse gate status {model}{flag}` tells how it stands\n",
                text(&asked, "stage")
            ) + &look::trouble(&asked).map(|why| format!("held up: {why}\n")).unwrap_or_default()
        }
        GateCommand::Look(command) => look::run(command)?,
        GateCommand::Approve { release: id, comment, access } => {
            let seen = access.get(&format!("releases/{id}"))?;
            let body = json!({ "comment": comment, "evidence": seen["evidence"] });
            let decided = access.post(&format!("releases/{id}/approve"), &body)?;
            release(&decided) + &look::consent(access, id)?
        }
        GateCommand::Withdraw { release: id, access } => {
            release(&access.post(&format!("releases/{id}/withdraw"), &json!({}))?)
        }
        GateCommand::Promote { release: id, share, access } => {
            release(&access.post(&format!("releases/{id}/promote"), &json!({ "share": share }))?)
        }
        GateCommand::RollBack { model, dataset, stage, reason, access } => {
            let body = json!({ "model": model, "kind": kind(*dataset), "stage": stage, "reason": reason });
            rolled_back(&access.post("roll-back", &body)?)
        }
        GateCommand::Revoke { model, dataset, reason, access } => revoke(access, model, *dataset, reason)?,
        GateCommand::Person { name, role, access } => {
            let set = access.post("people", &json!({ "name": name, "roles": role }))?;
            notes(&set);
            format!("{name}: {}\n", role.join(", "))
        }
        GateCommand::Token { person, stage, label, days, agent, access } => {
            let body =
                json!({ "person": person, "stage": stage, "label": label, "days": days, "agent": agent });
            format!("{}\n", text(&access.post("tokens", &body)?, "token"))
        }
        GateCommand::Halt { release: id, reason, access } => {
            release(&access.post(&format!("releases/{id}/halt"), &json!({ "reason": reason }))?)
        }
        GateCommand::Mail { address, person, access } => {
            notices::mail(access, address.as_deref().unwrap_or_default(), person.as_deref())?
        }
        GateCommand::Webhook(command) => notices::webhook(command)?,
        GateCommand::Deliveries { state, retry, access } => {
            notices::deliveries(access, state, retry.as_deref())?
        }
        GateCommand::Policy(command) => return policy::run(command),
        #[cfg(feature = "server")]
        GateCommand::Here(command) => return here::run(command),
    };
    output::write(None, |out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Allowed)
}

/// `NAME@REVISION`, of which the second may be left out.
fn named(model: &str) -> (&str, &str) {
    model.split_once('@').unwrap_or((model, "main"))
}

/// Asks for a model.
fn ask(access: &Access, model: &str, kind: &str, stage: Option<&str>, reason: &str) -> Result<Value> {
    let (model, revision) = named(model);
    let body =
        json!({ "model": model, "kind": kind, "revision": revision, "stage": stage, "reason": reason });
    access.post("requests", &body)
}

/// The word for models or data sets in addresses of the gate.
fn kind(dataset: bool) -> &'static str {
    if dataset { "datasets" } else { "models" }
}

/// Tells what whoever did something should know of it.
fn notes(answer: &Value) {
    for note in answer["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        output::message(&format!("note: {}", printable(note)));
    }
}

/// The whole commit of a model that begins like this: at least seven digits, and only one among its newest revisions. What is none is
/// given back as it is: a branch, or a commit that the gate shall look for.
fn full(model: &Value, commit: &str) -> Result<String> {
    let digits = commit.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !(7..40).contains(&commit.len()) || !digits {
        return Ok(commit.to_owned());
    }
    let known = model["revisions"].as_array().into_iter().flatten();
    let mut known =
        known.filter_map(|revision| revision["commit"].as_str()).filter(|one| one.starts_with(commit));
    match (known.next(), known.next()) {
        (Some(one), None) => Ok(one.to_owned()),
        (Some(_), Some(_)) => {
            Err(Mistake(format!("more than one revision begins with `{commit}`; write more of it")).into())
        }
        (None, _) => Ok(commit.to_owned()),
    }
}

/// `NAME@COMMIT` with the whole commit, where a beginning of it was written.
fn completed(access: &Access, kind: &str, model: &str) -> Result<String> {
    let Some((name, commit)) = model.split_once('@') else { return Ok(model.to_owned()) };
    // Only what may be shortened is looked up.
    if !(7..40).contains(&commit.len()) {
        return Ok(model.to_owned());
    }
    let known = access.get(&format!("{kind}/{name}"))?;
    Ok(format!("{name}@{}", full(&known, commit)?))
}

/// Looks again and again until a request is settled, then tells how. What changes meanwhile is told on standard error.
fn decided(access: &Access, kind: &str, model: &str, id: &str) -> Result<Exit> {
    const PAUSE: Duration = Duration::from_secs(1);
    let mut said = String::new();
    loop {
        let answer = access.get(&format!("{kind}/{model}"))?;
        let all = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
        let asked = all("requests").into_iter().find(|asked| asked["id"] == id);
        let asked = asked.context("the gate forgot the request")?;
        if let Some(fault) = asked["fault"].as_str() {
            return Err(Mistake(format!("`{model}` could not be fetched: {}", printable(fault))).into());
        }
        let decided = all("releases")
            .into_iter()
            .find(|release| release["stage"] == asked["stage"] && release["commit"] == asked["commit"]);
        if let Some(decided) = decided {
            let shown = release(&decided) + &look::consent(access, &text(&decided, "id"))?;
            output::write(None, |out| out.write_all(shown.as_bytes()))?;
            return Ok(match decided["state"].as_str() {
                Some("released" | "canary" | "approved") => Exit::Allowed,
                Some("reviewable") => Exit::Incomplete,
                _ => Exit::Denied,
            });
        }
        let progress = look::progress(&answer, &asked);
        if progress != said {
            output::message(&format!("{model}: {progress}"));
            said = progress;
        }
        std::thread::sleep(PAUSE);
    }
}

/// A text within an address.
pub(in crate::cli) fn escaped(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

fn text(value: &Value, key: &str) -> String {
    printable(value[key].as_str().unwrap_or_default())
}

/// One release: where it stands, why, and by which name to speak of it.
fn release(release: &Value) -> String {
    let state = match (text(release, "state").as_str(), release["share"].as_u64()) {
        ("canary", Some(share)) => format!("canary {share} %"),
        (state, _) => state.to_owned(),
    };
    let commit = short(&text(release, "commit"));
    let mut shown = format!(
        "{} {commit} in {}: {state}   (release {})\n",
        text(release, "model"),
        text(release, "stage"),
        text(release, "id")
    );
    for part in ["release", "artifact"] {
        let reasons = release["decision"][part]["reasons"].as_array();
        for reason in reasons.into_iter().flatten() {
            // Writing to a string cannot fail.
            _ = writeln!(shown, "  {}: {}", text(reason, "outcome"), text(reason, "message"));
            let found = reason["found"].as_array().into_iter().flatten().filter_map(Value::as_str);
            found.for_each(|found| _ = writeln!(shown, "    {}", printable(found)));
        }
    }
    shown
}

fn rolled_back(answer: &Value) -> String {
    let mut shown = release(&answer["from"]);
    match &answer["to"] {
        Value::Null => {
            shown.push_str("nothing is served there now: no earlier release is allowed by policy\n");
        }
        to => shown.push_str(&release(to)),
    }
    shown
}

fn revoke(access: &Access, model: &str, dataset: bool, reason: &str) -> Result<String> {
    let model = completed(access, kind(dataset), model)?;
    let parts = model.split_once('@');
    let (model, commit) =
        parts.ok_or_else(|| Mistake("write the commit, too: `org/name@commit`".to_owned()))?;
    let body = json!({ "model": model, "kind": kind(dataset), "commit": commit, "reason": reason });
    Ok(revoked(&access.post("revoke", &body)?))
}

fn revoked(answer: &Value) -> String {
    let mut shown = format!("{} is withdrawn\n", text(&answer["revision"], "commit"));
    let pulled = answer["pulled"].as_array().cloned().unwrap_or_default();
    if pulled.is_empty() {
        shown.push_str("nobody took it\n");
    }
    for one in pulled {
        _ = writeln!(shown, "  {} took it, last at {}", text(&one, "person"), text(&one, "latest"));
    }
    for one in answer["views"].as_array().into_iter().flatten() {
        _ = writeln!(shown, "  {}, a view of it, is withdrawn, too", text(one, "commit"));
    }
    for one in answer["bundles"].as_array().into_iter().flatten() {
        let (person, stage, until) = (text(one, "person"), text(one, "stage"), text(one, "expires"));
        _ = writeln!(shown, "  {person} has a release bundle for {stage} that is good until {until}");
    }
    shown
}
