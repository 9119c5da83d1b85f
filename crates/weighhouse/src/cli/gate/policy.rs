//! `gate policy`: the policies of a gate, seen, checked, tried on what stands, and put in force.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use weighhouse_core::printable::printable;
use weighhouse_core::words::short;

use super::{Access, text};
use crate::exit::{Exit, Mistake};
use crate::output;

/// What is done with the policies of a gate.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show the policies in force, or those of this number
    Show {
        /// Number of a proposal, or of policies that were in force
        number: Option<String>,
        /// Show the texts too
        #[arg(long)]
        text: bool,
        #[command(flatten)]
        access: Access,
    },
    /// Check policies at the gate: what is wrong and where, tests, who gains or loses rights, whether anybody could change them again
    Check {
        #[command(flatten)]
        draft: DraftArgs,
        #[command(flatten)]
        access: Access,
    },
    /// Make all decisions again by other policies, and list those that would be others; nothing changes
    DryRun {
        #[command(flatten)]
        draft: DraftArgs,
        /// Number of a proposal, instead of files
        #[arg(long, value_name = "NUMBER", conflicts_with = "files")]
        proposal: Option<String>,
        /// List no more than this many
        #[arg(long, value_name = "LINES", default_value_t = 200)]
        lines: usize,
        #[command(flatten)]
        access: Access,
    },
    /// Propose policies, and put them in force if those in force allow it without the approval of others
    Apply {
        #[command(flatten)]
        draft: DraftArgs,
        /// Number of a proposal, instead of files
        #[arg(long, value_name = "NUMBER", conflicts_with = "files")]
        proposal: Option<String>,
        /// Why; it stands in the audit log
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        #[command(flatten)]
        access: Access,
    },
    /// Approve exactly the policies that somebody else proposed
    Approve {
        /// Number of the proposal
        number: String,
        /// What you looked at
        #[arg(long, value_name = "TEXT", default_value = "")]
        comment: String,
        #[command(flatten)]
        access: Access,
    },
    /// Drop a proposal
    Drop {
        /// Number of the proposal
        number: String,
        #[command(flatten)]
        access: Access,
    },
    /// Put the policies of the configuration in force at the gate whose data is here, whatever was put in force there
    #[cfg(feature = "server")]
    Reset {
        #[command(flatten)]
        data: crate::cli::serve::DataArgs,
    },
}

/// Policies in files.
#[derive(Debug, Args)]
pub(crate) struct DraftArgs {
    /// Files with Cedar policies: all that is written beside the default policies, or instead of them
    files: Vec<PathBuf>,

    /// Without the default policies: these are all there is
    #[arg(long)]
    alone: bool,

    /// Test file (`*.test.toml`) that must hold; can be given more than once
    #[arg(long, value_name = "FILE")]
    test: Vec<PathBuf>,
}

impl DraftArgs {
    fn read(&self) -> Result<Value> {
        if self.files.is_empty() && self.alone {
            return Err(Mistake("name the files with the policies".to_owned()).into());
        }
        let texts: Vec<Value> = self
            .files
            .iter()
            .map(|path| Ok(json!({ "name": path.display().to_string(), "text": read(path)? })))
            .collect::<Result<_>>()?;
        let tests = self.test.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
        Ok(json!({ "extend": !self.alone, "texts": texts, "tests": tests.join("\n") }))
    }
}

fn read(path: &Path) -> Result<String> {
    let wrong = |error| Mistake(format!("cannot read `{}`: {error}", path.display()));
    Ok(std::fs::read_to_string(path).map_err(wrong)?)
}

/// Runs `gate policy`.
pub(super) fn run(command: &PolicyCommand) -> Result<Exit> {
    let (shown, exit) = match command {
        PolicyCommand::Show { number, text, access } => {
            (show(access, number.as_deref(), *text)?, Exit::Allowed)
        }
        PolicyCommand::Check { draft, access } => {
            let found = access.post("policy/check", &draft.read()?)?;
            let exit = if found["sound"] == true { Exit::Allowed } else { Exit::Denied };
            (checked(&found), exit)
        }
        PolicyCommand::DryRun { draft, proposal, lines, access } => {
            (dry_run(access, draft, proposal.as_deref(), *lines)?, Exit::Allowed)
        }
        PolicyCommand::Apply { draft, proposal, reason, access } => {
            return apply(access, draft, proposal.as_deref(), reason);
        }
        PolicyCommand::Approve { number, comment, access } => {
            let seen = access.get(&format!("policy/proposals/{}", path(number)?))?;
            let body = json!({ "digest": seen["digest"], "comment": comment });
            access.post(&format!("policy/proposals/{number}/approve"), &body)?;
            (format!("policies {number} are approved: {}\n", text(&seen, "digest")), Exit::Allowed)
        }
        PolicyCommand::Drop { number, access } => {
            access.delete(&format!("policy/proposals/{}", path(number)?))?;
            (format!("policies {number} are dropped\n"), Exit::Allowed)
        }
        #[cfg(feature = "server")]
        PolicyCommand::Reset { data } => return crate::cli::serve::reset_policy(data),
    };
    output::write(None, |out| out.write_all(shown.as_bytes()))?;
    Ok(exit)
}

/// A number as part of an address.
fn path(number: &str) -> Result<&str> {
    let sound = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if sound { Ok(number) } else { Err(Mistake(format!("`{number}` is not the number of policies")).into()) }
}

fn show(access: &Access, number: Option<&str>, whole: bool) -> Result<String> {
    let policy = match number {
        Some(number) => access.get(&format!("policy/proposals/{}", path(number)?))?,
        None => access.get("policy")?,
    };
    let mut shown = String::new();
    let state = policy["state"].as_str().unwrap_or("in force");
    // Writing to a string cannot fail.
    _ = writeln!(shown, "policies {}: {state}", policy["number"].as_str().unwrap_or("of the configuration"));
    _ = writeln!(shown, "  digest {}", text(&policy, "digest"));
    let base = if policy["extend"] == true { "beside the default policies" } else { "alone" };
    let source = if policy["source"] == "gate" { "at the gate" } else { "in the configuration" };
    _ = writeln!(shown, "  written {source}, {base}");
    for (key, words) in [
        ("proposer", "proposed by"),
        ("enacted_by", "put in force by"),
        ("since", "in force since"),
        ("reason", "because:"),
    ] {
        if let Some(value) = policy[key].as_str().filter(|value| !value.is_empty()) {
            _ = writeln!(shown, "  {words} {}", printable(value));
        }
    }
    if number.is_none() && policy["files"] != policy["digest"] {
        _ = writeln!(
            shown,
            "  the configuration of the server says others ({}), without force",
            text(&policy, "files")
        );
    }
    for one in policy["policies"].as_array().into_iter().flatten() {
        _ = writeln!(shown, "  {}  {}  {}", text(one, "id"), text(one, "asks"), text(one, "message"));
    }
    standing_against(&mut shown, &policy["decision"]);
    for one in policy["texts"].as_array().into_iter().flatten().filter(|_| whole) {
        _ = writeln!(
            shown,
            "\n// {}\n{}",
            text(one, "name"),
            one["text"].as_str().unwrap_or_default().lines().map(printable).collect::<Vec<_>>().join("\n")
        );
    }
    if number.is_none() {
        let waiting = access.get("policy/proposals")?;
        for one in waiting["items"].as_array().into_iter().flatten() {
            _ = writeln!(
                shown,
                "proposed: policies {} by {}: {}",
                text(one, "number"),
                text(one, "proposer"),
                text(one, "reason")
            );
        }
    }
    Ok(shown)
}

fn standing_against(shown: &mut String, decision: &Value) {
    for reason in decision["reasons"].as_array().into_iter().flatten() {
        _ = writeln!(shown, "  {}: {}", text(reason, "outcome"), text(reason, "message"));
    }
}

fn problem(shown: &mut String, level: &str, one: &Value) {
    let place = match (one["source"].as_str(), one["line"].as_u64(), one["column"].as_u64()) {
        (Some(source), Some(line), Some(column)) => format!("{}:{line}:{column}: ", printable(source)),
        _ => String::new(),
    };
    _ = writeln!(shown, "{place}{level}: {}", text(one, "headline"));
    for key in ["text", "help"] {
        let said = text(one, key);
        if !said.trim().is_empty() {
            _ = writeln!(shown, "    {}", said.trim_end());
        }
    }
}

fn checked(found: &Value) -> String {
    let mut shown = String::new();
    let all = |key: &str| found[key].as_array().cloned().unwrap_or_default();
    for one in all("problems") {
        problem(&mut shown, "error", &one);
    }
    for one in all("warnings") {
        problem(&mut shown, "warning", &one);
    }
    for test in all("tests") {
        match &test["failure"] {
            Value::Null => _ = writeln!(shown, "test {}: ok", text(&test, "name")),
            failure => _ = writeln!(shown, "test {}: {}", text(&test, "name"), text(failure, "headline")),
        }
    }
    if let Some(why) = found["lock_out"].as_str() {
        _ = writeln!(shown, "error: {}", printable(why));
    }
    for caution in all("cautions") {
        _ = writeln!(shown, "warning: {}", printable(caution.as_str().unwrap_or_default()));
    }
    for of in all("rights") {
        let words = |key: &str| {
            of[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        };
        let (gains, loses) = (words("gains"), words("loses"));
        let parts =
            [("may then", gains), ("may no longer", loses)].into_iter().filter(|(_, list)| !list.is_empty());
        let parts: Vec<String> = parts.map(|(words, list)| format!("{words} {list}")).collect();
        _ = writeln!(shown, "{} {}", text(&of, "person"), parts.join(", and "));
    }
    match (found["sound"] == true, found["digest"].as_str()) {
        (true, Some(digest)) => _ = writeln!(shown, "nothing is wrong; digest {digest}"),
        _ => shown.push_str("these policies cannot be put in force\n"),
    }
    shown
}

/// Slice after slice, until all decisions were made again.
fn dry_run(access: &Access, draft: &DraftArgs, proposal: Option<&str>, most: usize) -> Result<String> {
    let mut body = match proposal {
        Some(number) => json!({ "proposal": path(number)? }),
        None => json!({ "draft": draft.read()? }),
    };
    let (mut shown, mut listed, mut unlisted) = (String::new(), 0, 0_usize);
    let mut totals: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let (mut looked, mut undecided, mut hidden) = (0, 0, 0);
    loop {
        let slice = access.post("policy/dry-run", &body)?;
        looked += slice["looked"].as_u64().unwrap_or_default();
        undecided += slice["undecided"].as_u64().unwrap_or_default();
        hidden += slice["hidden"].as_u64().unwrap_or_default();
        for (stage, tally) in slice["stages"].as_object().into_iter().flatten() {
            let known = totals.entry(printable(stage)).or_default();
            for (part, count) in tally.as_object().into_iter().flatten() {
                *known.entry(part.clone()).or_default() += count.as_u64().unwrap_or_default();
            }
        }
        for change in slice["changes"].as_array().into_iter().flatten() {
            if listed < most {
                listed += 1;
                changed(&mut shown, change);
            } else {
                unlisted += 1;
            }
        }
        match slice["next"].as_str() {
            Some(next) => body["from"] = next.into(),
            None => break,
        }
    }
    if unlisted > 0 {
        _ = writeln!(shown, "and {unlisted} more; `--lines` lists more of them");
    }
    for (stage, tally) in &totals {
        let part = |name: &str| tally.get(name).copied().unwrap_or_default();
        _ = writeln!(
            shown,
            "{stage}: {} blocked ({} of them served now), {} newly pass, {} eased, {} as now",
            part("blocked"),
            part("suspended"),
            part("passing"),
            part("eased"),
            part("same")
        );
    }
    _ = writeln!(shown, "{looked} decisions were made again; nothing was changed");
    if undecided > 0 {
        _ = writeln!(
            shown,
            "{undecided} could not be decided about: their stage is gone, or their inspection cannot be read"
        );
    }
    if hidden > 0 {
        _ = writeln!(shown, "{hidden} of them are models that you may not see");
    }
    Ok(shown)
}

fn changed(shown: &mut String, change: &Value) {
    let commit = short(&text(change, "commit"));
    _ = writeln!(
        shown,
        "{} {commit} in {}: {} -> {} ({} -> {})",
        text(change, "model"),
        text(change, "stage"),
        text(change, "state"),
        text(change, "then"),
        text(change, "before"),
        text(change, "after")
    );
    for reason in change["reasons"].as_array().into_iter().flatten() {
        _ = writeln!(shown, "  {}: {}", text(reason, "policy"), text(reason, "message"));
    }
}

fn apply(access: &Access, draft: &DraftArgs, proposal: Option<&str>, reason: &str) -> Result<Exit> {
    let proposed = if let Some(number) = proposal {
        access.get(&format!("policy/proposals/{}", path(number)?))?
    } else {
        let mut body = draft.read()?;
        body["reason"] = reason.into();
        access.post("policy/proposals", &body)?
    };
    let number = text(&proposed, "number");
    if proposed["decision"]["outcome"] == "allow" || proposal.is_some() {
        let body = json!({ "digest": proposed["digest"] });
        access.post(&format!("policy/proposals/{}/enact", path(&number)?), &body)?;
        let shown = format!("policies {number} are in force; all decisions that stand are made again\n");
        output::write(None, |out| out.write_all(shown.as_bytes()))?;
        return Ok(Exit::Allowed);
    }
    let mut shown = format!("policies {number} are proposed, and not in force:\n");
    standing_against(&mut shown, &proposed["decision"]);
    _ = writeln!(
        shown,
        "others approve with `weighhouse gate policy approve {number}`; then `weighhouse gate policy apply --proposal {number}`"
    );
    output::write(None, |out| out.write_all(shown.as_bytes()))?;
    Ok(Exit::Incomplete)
}
