//! `diff`: two revisions side by side, and the decision about the newer one.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use weighhouse_core::{Diagnostic, Outcome, waiver};
use weighhouse_report::{Detail, DiffReport, Format, Style, render_diff};
use weighhouse_scan::diff::{Decided, Revision, compare, judge};
use weighhouse_scan::source::Listing;

use super::inspect::{Keep, cancellation, examine, metas, show, today};
use super::{Network, OutputArgs};
use crate::config::{self, Config};
use crate::exit::{Exit, Mistake};
use crate::output;
use crate::progress::Watch;
use crate::target::Target;

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The revision in use: a file or folder, `hf:org/name[@revision]`, or `-` for standard input
    old: String,

    /// The revision that is to take its place
    new: String,

    /// Never open a network connection
    #[arg(long, env = "HF_HUB_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,

    /// Configuration file (default: `weighhouse.toml` in this folder or one above it)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,

    /// Profile to decide by: research, internal, production, or one of your configuration
    #[arg(long, short, value_name = "NAME")]
    profile: Option<String>,

    /// Cedar policy file that is added to the policies of the configuration; can be given more than once
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
}

/// Runs `diff`.
pub(super) fn run(arguments: &DiffArgs) -> Result<Exit> {
    let output = &arguments.output;
    let format = output.format;
    if matches!(format, Format::Sarif | Format::Junit) {
        return Err(Mistake(format!(
            "a comparison cannot be written as {format}; `weighhouse vet {} --baseline {} --format {format}` \
             reports what the update brings",
            arguments.new, arguments.old
        ))
        .into());
    }
    let (old, new) = (Target::parse(&arguments.old)?, Target::parse(&arguments.new)?);
    if old == Target::Stdin && new == Target::Stdin {
        return Err(Mistake("only one of the two revisions can come from standard input".to_owned()).into());
    }
    let date = output.at.map_or_else(today, Ok)?;
    let paths: Vec<_> = [&old, &new].into_iter().filter_map(Target::path).collect();
    let config = match config::load(arguments.config.as_deref(), &paths, &metas()) {
        Ok(config) => config,
        Err(diagnostics) => {
            show(&diagnostics, output.color);
            return Ok(Exit::Usage);
        }
    };
    let network = Network { offline: arguments.offline, quiet: output.quiet };
    let (mut old, old_files) = examine(&config, &old, network, Keep::Outlines, None)?;
    let (mut new, new_files) = examine(&config, &new, network, Keep::Outlines, None)?;
    judge(&old, &mut new);
    let decide = |revision: &mut Revision| {
        waiver::apply(&mut revision.inspection, config.waivers(), date);
        decide(&config, arguments, revision)
    };
    let (was, is) = match (decide(&mut old), decide(&mut new)) {
        (Ok(was), Ok(is)) => (was, is),
        (Err(diagnostics), _) | (_, Err(diagnostics)) => {
            show(&diagnostics, output.color);
            return Ok(Exit::Usage);
        }
    };
    show(config.warnings(), output.color);
    let sides = [(&old, &old_files, was.0), (&new, &new_files, is.0)];
    let diff = side_by_side(sides, output.quiet);
    let report = DiffReport { diff: &diff, profile: &is.1, date: Some(date) };
    write(&report, output)?;
    let exit = Exit::from(report.outcome());
    Ok(if output.exit_zero { Exit::Allowed } else { exit })
}

/// Outcome and profile.
fn decide(
    config: &Config,
    arguments: &DiffArgs,
    revision: &Revision,
) -> Result<(Outcome, String), Vec<Diagnostic>> {
    let profile = arguments.profile.as_deref();
    let decision =
        config.decide(&revision.inspection, profile, arguments.output.fail_on, &arguments.policy)?;
    Ok((decision.outcome, decision.profile))
}

fn side_by_side(sides: [(&Revision, &Listing, Outcome); 2], quiet: bool) -> weighhouse_core::Diff {
    let _waiting = Watch::waiting("comparing", quiet);
    let [old, new] = sides.map(|(revision, listing, outcome)| Decided { revision, listing, outcome });
    compare(old, new, &cancellation())
}

pub(super) fn write(report: &DiffReport<'_>, output: &OutputArgs) -> Result<()> {
    let detail = match (output.quiet, output.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Normal,
    };
    let style =
        Style { color: output.color.applies(output.output.is_some()), width: output::width(), detail };
    output::write(output.output.as_deref(), |out| render_diff(report, output.format, &style, out))
}
