//! `health`: how is the project behind this model kept?

mod store;
mod tell;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use weighhouse_core::{Date, Severity};
use weighhouse_supply::deps;
use weighhouse_supply::health::{self, Health, Settings, Snapshot, Vulnerabilities};
use weighhouse_supply::materials::Materials;

use super::answer::AnswerArgs;
use super::page::Lines;
use super::{foreign, plain};
use crate::cli::TargetArgs;
use crate::cli::sign::bytes;
use crate::config::Config;
use crate::exit::{Exit, Mistake};

/// A snapshot of ten thousand pull requests is far smaller.
const SNAPSHOT_BYTES: u64 = 128 << 20;

/// Arguments of `health`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing at medium or above, 1 a finding at high or above, 3 a finding at medium."
)]
pub(crate) struct HealthArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// What a server said, as JSON: a model of the Hub, or a repository, branch protection, pull requests, releases or
    /// webhooks of GitHub; can be given more than once
    #[arg(long, value_name = "FILE")]
    snapshot: Vec<PathBuf>,

    /// Store of the git repository, if `.git` of the target points to a folder outside of it: a submodule, or a linked working tree
    #[arg(long, value_name = "DIR")]
    git_dir: Option<PathBuf>,

    /// Folder in which to remember what was seen, and to compare with (default: `[health] store`)
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,

    /// Remember what is there now, although it contradicts what was remembered
    #[arg(long)]
    accept: bool,

    #[command(flatten)]
    answer: AnswerArgs,

    /// Judge as of this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

/// Runs `health`.
pub(crate) fn run(arguments: &HealthArgs) -> Result<Exit> {
    let Some((materials, config, today)) = &plain(&arguments.target, arguments.at)? else {
        return Ok(Exit::Usage);
    };
    let store = arguments.store.clone().or_else(|| config.health().store.clone());
    if let Some(store) = &store {
        foreign(store, materials.root.as_deref(), "store")?;
    }
    if arguments.accept && store.is_none() {
        return Err(Mistake("`--accept` needs a store: give `--store DIR`".to_owned()).into());
    }
    let memory = store.as_deref().map(store::read).transpose()?;
    let settings = Settings {
        snapshot: snapshots(&arguments.snapshot)?,
        memory,
        vulnerabilities: Vulnerabilities::of(&vulnerabilities(materials, config, *today)?),
        git_dir: arguments.git_dir.clone(),
        ..Settings::default()
    };
    let health = health::examine(materials, &settings, *today);
    let stored = match (&store, &health.record) {
        (Some(store), Some(record)) if !health.contradicts || arguments.accept => {
            store::write(store, record)?;
            Some(store::Stored::Written)
        }
        (Some(_), Some(_)) => Some(store::Stored::Kept),
        _ => None,
    };
    arguments.answer.write(
        || tell::document(&materials.name, &health, *today),
        |out, color| tell::terminal(&mut Lines::new(out, color), &materials.name, &health, stored),
    )?;
    Ok(exit(&health))
}

fn exit(health: &Health) -> Exit {
    match health.findings.iter().map(|finding| finding.severity).max() {
        Some(severity) if severity >= Severity::High => Exit::Denied,
        Some(Severity::Medium) => Exit::Incomplete,
        _ => Exit::Allowed,
    }
}

/// What is known to be wrong with what the project pins or demands.
fn vulnerabilities(materials: &Materials, config: &Config, today: Date) -> Result<deps::Result> {
    Ok(deps::evaluate(materials, &super::deps::settings(config, materials)?, today))
}

/// What the configuration says, for `vet`: it compares with the store, and never writes to it.
pub(super) fn settings(config: &Config, root: Option<&Path>, found: &deps::Result) -> Result<Settings> {
    let store = config.health().store.as_deref();
    let own = store.filter(|store| root.is_none_or(|root| !crate::config::came_with(store, root)));
    Ok(Settings {
        memory: own.map(store::read).transpose()?,
        vulnerabilities: Vulnerabilities::of(found),
        ..Settings::default()
    })
}

fn snapshots(paths: &[PathBuf]) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    for path in paths {
        let content = bytes(path, SNAPSHOT_BYTES)?;
        snapshot
            .add(&content)
            .map_err(|cause| Mistake(format!("cannot read `{}`: {cause}", path.display())))?;
    }
    Ok(snapshot)
}
