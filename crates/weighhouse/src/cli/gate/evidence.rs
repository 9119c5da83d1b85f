//! What decisions rest on beside the bytes, and what can be shown of them: waivers, statements of others, release bundles.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};
use weighhouse_core::printable::printable;

use super::{Access, completed, escaped, notes, text};
use crate::cli::sign::bytes;
use crate::exit::Mistake;
use crate::output;

/// Statements are small; what is larger is something else.
const STATEMENT_BYTES: u64 = 1 << 20;

/// Waivers, statements, bundles.
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Accept findings in a model, until a day
    Waive {
        /// `org/name`, or `org/name@commit` for that revision only
        model: String,
        /// Rule by id or slug; can be given more than once
        #[arg(long, value_name = "RULE", required_unless_present = "finding")]
        rule: Vec<String>,
        /// Finding by fingerprint, as reports show it; can be given more than once
        #[arg(long, value_name = "FINGERPRINT")]
        finding: Vec<String>,
        /// The only stage it is for [default: all]
        #[arg(long, value_name = "STAGE")]
        stage: Option<String>,
        /// Last day on which it holds
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: String,
        /// First day on which it holds [default: now]
        #[arg(long, value_name = "YYYY-MM-DD")]
        begins: Option<String>,
        /// Who answers for it [default: you]
        #[arg(long, value_name = "WHO")]
        owner: Option<String>,
        /// Why the findings are acceptable
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        access: Access,
    },
    /// List waivers, those that end first before others
    Waivers {
        /// Only those of this model
        model: Option<String>,
        /// Those that are over or were taken back, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        access: Access,
    },
    /// Take a waiver back; what rested on it is suspended
    Unwaive {
        /// Id of the waiver, as `waivers` shows it
        waiver: String,
        #[command(flatten)]
        access: Access,
    },
    /// Bring a signed statement about a revision: in-toto, in a DSSE envelope or a Sigstore bundle
    Attest {
        /// `org/name@commit`
        model: String,
        /// The statement
        file: PathBuf,
        #[command(flatten)]
        access: Access,
    },
    /// List what others state about a revision
    Attestations {
        /// `org/name@commit`
        model: String,
        #[command(flatten)]
        access: Access,
    },
    /// Take a statement back; it counts no more, and is not taken again
    Unattest {
        /// Id of the statement, as `attestations` shows it
        statement: String,
        #[command(flatten)]
        access: Access,
    },
    /// Fetch a release bundle, by which `verify --bundle` checks a model without the gate
    Bundle {
        /// `org/name`
        model: String,
        /// Stage it is released to [default: the stage of your token, else the usual one]
        #[arg(long, value_name = "STAGE")]
        stage: Option<String>,
        /// For how many hours it is good
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        hours: u16,
        /// Where to write it (default: standard output)
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        access: Access,
    },
}

/// Runs a command; gives what is to be printed.
pub(super) fn run(command: &EvidenceCommand) -> Result<String> {
    Ok(match command {
        EvidenceCommand::Waive { model, rule, finding, stage, until, begins, owner, reason, access } => {
            let model = completed(access, "models", model)?;
            let (model, commit) = model.split_once('@').map_or((model.as_str(), None), |(m, c)| (m, Some(c)));
            let body = json!({
                "model": model, "commit": commit, "stage": stage, "rules": rule, "findings": finding,
                "until": until, "begins": begins, "owner": owner, "reason": reason,
            });
            let given = access.post("waivers", &body)?;
            notes(&given);
            let accepts = given["accepts"].as_u64().unwrap_or_default();
            let note = match accepts {
                0 => "it accepts nothing of what is here now".to_owned(),
                1 => "it accepts 1 finding".to_owned(),
                many => format!("it accepts {many} findings"),
            };
            format!("{}{note}\n", waiver(&given))
        }
        EvidenceCommand::Waivers { model, all, access } => {
            let of = model.as_ref().map(|model| format!("&model={}", escaped(model))).unwrap_or_default();
            let mut shown = String::new();
            let mut after = String::new();
            loop {
                let page = access.get(&format!("waivers?all={all}{of}&after={after}"))?;
                shown.extend(page["items"].as_array().into_iter().flatten().map(waiver));
                match page["next"].as_str() {
                    Some(next) if next != after => next.clone_into(&mut after),
                    _ => break,
                }
            }
            if shown.is_empty() { "no waiver holds\n".to_owned() } else { shown }
        }
        EvidenceCommand::Unwaive { waiver: id, access } => {
            waiver(&access.post(&format!("waivers/{}/withdraw", escaped(id)), &json!({}))?)
        }
        EvidenceCommand::Attest { model, file, access } => {
            let statement = String::from_utf8(bytes(file, STATEMENT_BYTES)?);
            let statement = statement.map_err(|_| Mistake(format!("`{}` is no text", file.display())))?;
            attestation(&access.send(&format!("attestations?{}", about(access, model)?), statement)?)
        }
        EvidenceCommand::Attestations { model, access } => {
            let answer = access.get(&format!("attestations?{}", about(access, model)?))?;
            let items = answer["items"].as_array().cloned().unwrap_or_default();
            if items.is_empty() {
                "nobody states anything about it\n".to_owned()
            } else {
                items.iter().map(attestation).collect()
            }
        }
        EvidenceCommand::Unattest { statement, access } => {
            attestation(&access.post(&format!("attestations/{}/withdraw", escaped(statement)), &json!({}))?)
        }
        EvidenceCommand::Bundle { model, stage, hours, output: file, access } => {
            let body = json!({ "model": model, "stage": stage, "hours": hours });
            let bundle = access.post("bundles", &body)?;
            let expires = text(&bundle["statement"], "expires");
            output::write(file.as_deref(), |out| writeln!(out, "{bundle:#}"))?;
            match file {
                Some(file) => format!("{} is good until {expires}\n", printable(&file.display().to_string())),
                None => String::new(),
            }
        }
    })
}

/// `org/name@commit` as a query.
fn about(access: &Access, model: &str) -> Result<String> {
    let model = completed(access, "models", model)?;
    let (model, commit) = model
        .split_once('@')
        .ok_or_else(|| Mistake("write the commit, too: `org/name@commit`".to_owned()))?;
    Ok(format!("model={}&commit={}", escaped(model), escaped(commit)))
}

fn list(value: &Value) -> String {
    let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    printable(&words.collect::<Vec<_>>().join(" "))
}

fn waiver(waiver: &Value) -> String {
    let what = [list(&waiver["rules"]), list(&waiver["findings"])].join(" ");
    let stage = waiver["stage"].as_str().map_or_else(|| "all stages".to_owned(), printable);
    let bytes =
        waiver["digest"].as_str().map(|digest| format!(" ({})", printable(digest))).unwrap_or_default();
    let (id, model, state) = (text(waiver, "id"), text(waiver, "model"), text(waiver, "state"));
    let (expires, owner, reason) = (text(waiver, "expires"), text(waiver, "owner"), text(waiver, "reason"));
    let what = what.trim();
    format!(
        "{id} {model}{bytes} for {stage}: {what}, {state}, ends {expires}\n  {owner} answers for it: {reason}\n"
    )
}

fn attestation(kept: &Value) -> String {
    let counts = if kept["counts"] == true { "" } else { ", does not count" };
    let result = text(kept, "result");
    let result = if result.is_empty() { result } else { format!(" {result}") };
    let (id, signer, kind) = (text(kept, "id"), text(kept, "signer"), text(kept, "kind"));
    format!("{id} {signer} states {kind}{result}, brought {}{counts}\n", text(kept, "at"))
}
