//! Partial views: a revision without the files that may not be used.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use weighhouse_core::printable::printable;
use weighhouse_core::words::{bytes, plural};

use super::{Access, completed, decided, escaped, kind, named, text};
use crate::exit::{Exit, Mistake};
use crate::output;

/// Files that are named one by one.
const NAMED: usize = 50;

/// A kind of files that can be left out.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Without {
    /// Pickles, and whatever else runs when it is loaded
    Pickle,
    /// Python and other code; `auto_map` in configurations, too
    Code,
    /// Native programs and libraries
    Executable,
    /// Chat templates, also those in `tokenizer_config.json`
    Template,
}

impl Without {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pickle => "pickle",
            Self::Code => "code",
            Self::Executable => "executable",
            Self::Template => "template",
        }
    }
}

/// Views, and what proves them.
#[derive(Debug, Subcommand)]
pub(crate) enum ViewCommand {
    /// Make a partial view of a revision: a revision of its own without some files, inspected and decided about by itself
    View {
        /// `org/name` or `org/name@revision`: a commit, a stage or a branch [default: the newest that is no view]
        model: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        /// Kinds of files to leave out, by what the inspection found them to be
        #[arg(long, value_name = "KIND", value_delimiter = ',', required_unless_present = "without_path")]
        without: Vec<Without>,
        /// Pattern of paths to leave out (`*` is any characters, `/` among them); can be given more than once
        #[arg(long, value_name = "PATTERN")]
        without_path: Vec<String>,
        /// Stage it is wanted for [default: the stage of your token]
        #[arg(long, value_name = "STAGE")]
        stage: Option<String>,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// Only tell what would be left out; nothing is made
        #[arg(long, conflicts_with = "wait")]
        preview: bool,
        /// Wait until it was inspected and decided about
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        access: Access,
    },
    /// Fetch the signed record of what a view was made from and what was left out, for `verify --statement`
    ViewRecord {
        /// `org/name@commit` of the view
        model: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        /// Where to write it (default: standard output)
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        access: Access,
    },
    /// Print the key by which statements of the gate are verified, or that of its audit log
    Key {
        /// The key of the audit log, by which release bundles and proofs are verified, instead
        #[arg(long)]
        log: bool,
        #[command(flatten)]
        access: Access,
    },
}

/// Runs a command.
pub(super) fn run(command: &ViewCommand) -> Result<Exit> {
    let text = match command {
        ViewCommand::View { model, dataset, without, without_path, stage, reason, preview, wait, access } => {
            let model = &completed(access, kind(*dataset), model)?;
            let (name, revision) = named(model);
            let without: Vec<&str> = without.iter().map(|one| one.as_str()).collect();
            let wish = json!({
                "model": name, "kind": kind(*dataset), "revision": revision, "without": without, "paths": without_path,
                "stage": stage, "reason": reason,
            });
            if *preview {
                plan(&access.post("views/preview", &wish)?)
            } else {
                let made = access.post("views", &wish)?;
                let request = &made["request"];
                if *wait {
                    output::write(None, |out| out.write_all(plan(&made["view"]).as_bytes()))?;
                    return decided(access, kind(*dataset), name, &text(request, "id"));
                }
                let flag = if *dataset { " --dataset" } else { "" };
                format!(
                    "{}asked for {name}@{} for `{}`\n`weighhouse gate status {name}{flag}` tells how it stands\n",
                    plan(&made["view"]),
                    text(&made["revision"], "commit"),
                    text(request, "stage"),
                )
            }
        }
        ViewCommand::ViewRecord { model, dataset, output: file, access } => {
            let record = record(access, model, kind(*dataset))?;
            output::write(file.as_deref(), |out| writeln!(out, "{record}"))?;
            return Ok(Exit::Allowed);
        }
        ViewCommand::Key { log, access } => {
            let key = text_of(&access.get("keys")?, if *log { "log" } else { "statements" });
            format!("{}\n", key.trim_end())
        }
    };
    output::write(None, |out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Allowed)
}

/// The record of a view that is named by its commit.
fn record(access: &Access, model: &str, kind: &str) -> Result<Value> {
    let model = completed(access, kind, model)?;
    let parts = model.split_once('@');
    let (name, commit) =
        parts.ok_or_else(|| Mistake("write the commit of the view, too: `org/name@commit`".to_owned()))?;
    let view =
        access.get(&format!("views?kind={kind}&model={}&commit={}", escaped(name), escaped(commit)))?;
    access.get(&format!("revisions/{}/view/record", text(&view, "id")))
}

/// A text of several lines: a key.
fn text_of(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().lines().map(|line| printable(line) + "\n").collect()
}

/// What a view leaves out.
fn plan(view: &Value) -> String {
    let size = |value: &Value| bytes(value.as_u64().unwrap_or_default());
    let files = view["files"].as_u64().unwrap_or_default();
    let mut shown = format!(
        "view {} of {}: {}, {}\n",
        text(view, "commit"),
        text(view, "from"),
        plural(files, "file"),
        size(&view["bytes"])
    );
    let left = view["left_out"].as_array().cloned().unwrap_or_default();
    for one in left.iter().take(NAMED) {
        // Writing to a string cannot fail.
        _ = writeln!(shown, "  without {} ({}): {}", text(one, "path"), size(&one["size"]), text(one, "why"));
    }
    if left.len() > NAMED {
        _ = writeln!(shown, "  and without {} more", left.len() - NAMED);
    }
    for one in view["rewritten"].as_array().into_iter().flatten().take(NAMED) {
        let removed = one["removed"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let removed = removed.map(|name| format!("`{}`", printable(name))).collect::<Vec<_>>().join(", ");
        _ = writeln!(shown, "  {} without {removed}", text(one, "path"));
    }
    shown
}
