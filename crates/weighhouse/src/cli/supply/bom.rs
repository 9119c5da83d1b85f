//! `bom`: what a model is made of, in the formats that others read.

mod show;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use weighhouse_core::printable::printable;
use weighhouse_core::{Assessment, Date, waiver};
use weighhouse_supply::bom::{self, Format, Settings, Threads};

use super::super::TargetArgs;
use super::super::sign;
use crate::exit::{Exit, Mistake};
use crate::output;

/// A bill of a large data set lists every file of it.
const BILL_BYTES: u64 = 1 << 28;

/// When a bill is said to be written: the convention of reproducible builds.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

const FORMATS: [&str; 5] = ["cyclonedx-1.6", "cyclonedx-1.7", "spdx-3", "coverage", "coverage-json"];

/// Arguments of `bom`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "A bill has no time unless `--at` or SOURCE_DATE_EPOCH gives one: the same model gives the same bytes."
)]
pub(crate) struct BomArgs {
    #[command(subcommand)]
    command: Option<Command>,

    /// A file or folder, `hf:org/name[@revision]`, or `-` for standard input
    #[arg(required = true)]
    target: Option<String>,

    /// Never open a network connection
    #[arg(long, env = "HF_HUB_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,

    /// Configuration file (default: `weighhouse.toml` in this folder or one above it)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Format of the bill, or what it has of what agencies ask for
    #[arg(long, short, value_name = "FORMAT", default_value = "cyclonedx-1.6", value_parser = PossibleValuesParser::new(FORMATS))]
    format: String,

    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What the model is called, instead of what its place says
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Revision of the model
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,

    /// Who made the model
    #[arg(long, value_name = "NAME")]
    supplier: Option<String>,

    /// Who writes the bill
    #[arg(long, value_name = "NAME")]
    author: Option<String>,

    /// When the bill is written: a day, or `YYYY-MM-DDTHH:MM:SSZ`
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,

    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare two bills of any tool: CycloneDX or SPDX, in JSON
    Diff {
        /// The old bill
        old: PathBuf,
        /// The new one
        new: PathBuf,
        /// Write the result as JSON
        #[arg(long)]
        json: bool,
    },
}

/// A day, or a moment of it in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment {
    day: Date,
    text: String,
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(day) = text.parse::<Date>() {
            return Ok(Self { day, text: format!("{day}T00:00:00Z") });
        }
        let moment: jiff::Timestamp = text
            .parse()
            .map_err(|_| format!("`{text}` is no time; write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ"))?;
        Self::of(moment)
    }
}

impl Moment {
    /// Whole seconds, as bills have them.
    fn of(moment: jiff::Timestamp) -> Result<Self, String> {
        let moment = jiff::Timestamp::from_second(moment.as_second()).map_err(|error| error.to_string())?;
        let text = moment.to_string();
        let day = text.split('T').next().unwrap_or_default();
        let day = day.parse().map_err(|error| format!("{error}"))?;
        Ok(Self { day, text })
    }

    /// What the surroundings say.
    fn from_environment() -> Result<Option<Self>> {
        let Ok(text) = std::env::var(EPOCH) else { return Ok(None) };
        let moment = text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let moment = moment.and_then(|moment| Self::of(moment).ok());
        let wrong = || Mistake(format!("`{text}` in {EPOCH} is no number of seconds since 1970"));
        Ok(Some(moment.ok_or_else(wrong)?))
    }
}

/// Runs `bom`.
pub(crate) fn run(arguments: &BomArgs) -> Result<Exit> {
    if let Some(Command::Diff { old, new, json }) = &arguments.command {
        return diff(old, new, *json);
    }
    let Some(target) = arguments.target.clone() else {
        return Err(Mistake("name a target, or two bills after `diff`".to_owned()).into());
    };
    let target = TargetArgs { target, offline: arguments.offline, config: arguments.config.clone() };
    let at = match &arguments.at {
        Some(at) => Some(at.clone()),
        None => Moment::from_environment()?,
    };
    let Some(mut surveyed) = super::survey(&target, at.as_ref().map(|at| at.day), arguments.quiet)? else {
        return Ok(Exit::Usage);
    };
    let assessed = super::assess_all(&surveyed.materials, &surveyed.config, surveyed.today)?;
    let dependencies = assessed.dependencies;
    let assessments: Vec<Assessment> =
        assessed.threads.into_iter().map(|(assessment, _)| assessment).collect();
    // Waivers of the configuration hold here, too.
    surveyed.inspection.findings = dependencies.findings();
    waiver::apply(&mut surveyed.inspection, surveyed.config.waivers(), surveyed.today);
    let threads = Threads {
        assessments: &assessments,
        dependencies: Some(&dependencies),
        findings: &surveyed.inspection.findings,
    };
    let tool = &surveyed.inspection.tool;
    let settings = Settings {
        tool: (tool.name.to_owned(), tool.version.to_owned()),
        at: at.map(|at| at.text),
        author: arguments.author.clone(),
        name: arguments.name.clone(),
        version: arguments.revision.clone(),
        supplier: arguments.supplier.clone(),
    };
    let graph = bom::graph(&surveyed.materials, threads, &settings);
    let format = match arguments.format.as_str() {
        "cyclonedx-1.7" => Format::CycloneDx17,
        "spdx-3" => Format::Spdx3,
        "coverage" | "coverage-json" => {
            let rows = bom::coverage(&graph, "CycloneDX 1.6");
            output::write(arguments.output.as_deref(), |out| {
                if arguments.format == "coverage" {
                    show::coverage(out, &rows)
                } else {
                    writeln!(out, "{:#}", show::coverage_document(&graph, &rows))
                }
            })?;
            return Ok(Exit::Allowed);
        }
        _ => Format::CycloneDx16,
    };
    let bill = bom::write(&graph, format)?;
    output::write(arguments.output.as_deref(), |out| out.write_all(bill.as_bytes()))?;
    let unread = graph.files.iter().filter(|file| file.sha256.is_none()).count();
    if unread > 0 {
        output::message(&format!("{unread} files could not be read to their end; the bill says so"));
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Allowed)
}

fn diff(old: &Path, new: &Path, json: bool) -> Result<Exit> {
    let read = |path: &Path| -> Result<bom::Bill> {
        let text = String::from_utf8(sign::bytes(path, BILL_BYTES)?);
        let text = text.map_err(|_| Mistake(format!("`{}` is no text", path.display())))?;
        let wrong = |error| Mistake(format!("`{}`: {}", path.display(), printable(&format!("{error}"))));
        Ok(bom::read(&text).map_err(wrong)?)
    };
    let (old, new) = (read(old)?, read(new)?);
    let difference = bom::diff(&old, &new);
    output::write(None, |out| {
        if json {
            writeln!(out, "{:#}", show::difference_document(&old, &new, &difference))
        } else {
            show::difference(out, &old, &new, &difference)
        }
    })?;
    Ok(Exit::Allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_days_or_moments_of_utc() {
        let text = |text: &str| text.parse::<Moment>().map(|moment| moment.text);
        assert_eq!(text("2026-11-21").as_deref(), Ok("2026-11-21T00:00:00Z"));
        assert_eq!(text("2026-11-21T10:20:30Z").as_deref(), Ok("2026-11-21T10:20:30Z"));
        assert_eq!(text("2026-11-21T10:20:30.5+02:00").as_deref(), Ok("2026-11-21T08:20:30Z"));
        for wrong in ["", "today", "2026-13-01", "2026-11-21T25:00:00Z"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }
}
