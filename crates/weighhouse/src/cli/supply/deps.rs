//! `deps`: what a target drags along, and what is known to be wrong with it.

mod json;
mod show;
mod vex;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use weighhouse_core::printable::printable;
use weighhouse_core::{Date, Finding, Severity, State, waiver};
use weighhouse_supply::advisories::vex::Statement;
use weighhouse_supply::advisories::{self as data, Advisories};
use weighhouse_supply::deps::{self, Settings};
use weighhouse_supply::materials::Materials;

use super::advisories::own_folder;
use crate::cli::{SEVERITIES, TargetArgs, one_of};
use crate::config::Config;
use crate::exit::{Exit, Mistake};
use crate::output::{self, Color};

/// Bytes of an OpenVEX document.
const STATEMENTS: u64 = 64 << 20;

/// Arguments of `deps`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing known, 1 found at --fail-on or above, 2 usage or configuration, 3 not assessed: data is \
                  missing or too old, or a file could not be read."
)]
pub(crate) struct DepsArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// Advisory data: a folder, or one file that `advisories import` wrote (default: `data` of `[advisories]`)
    #[arg(long, value_name = "PATH")]
    advisories: Option<PathBuf>,

    /// Days after which data is too old to say that nothing is known (default: `max-age` of `[advisories]`, or 30)
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    max_age: Option<u32>,

    /// OpenVEX document whose statements hold beside those of the configuration; can be given more than once
    #[arg(long, value_name = "FILE")]
    vex: Vec<PathBuf>,

    /// Write an OpenVEX document of what was found, with waivers as statements
    #[arg(long, value_name = "FILE")]
    vex_out: Option<PathBuf>,

    /// Format of the report
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,

    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print everything: also packages of which nothing is known, and all names of a vulnerability
    #[arg(long, short)]
    verbose: bool,

    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,

    /// Fail at findings of this severity or above
    #[arg(long, value_name = "SEVERITY", default_value = "high", value_parser = one_of::<Severity>(SEVERITIES))]
    fail_on: Severity,

    /// Exit with 0 whatever is found; errors keep their codes
    #[arg(long)]
    exit_zero: bool,

    /// Judge data and waivers as of this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

/// Formats of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Terminal,
    Json,
    Openvex,
}

/// Runs `deps`.
pub(crate) fn run(arguments: &DepsArgs) -> Result<Exit> {
    let Some(mut surveyed) = super::survey(&arguments.target, arguments.at, false)? else {
        return Ok(Exit::Usage);
    };
    let (materials, config, today) = (&surveyed.materials, &surveyed.config, surveyed.today);
    let mut settings = settings_of(config, materials, arguments.advisories.as_deref(), &arguments.vex)?;
    settings.max_age = arguments.max_age.unwrap_or(settings.max_age);
    let result = deps::evaluate(materials, &settings, today);
    // Waivers of the configuration hold here, too; nothing but these findings is of interest.
    surveyed.inspection.findings = result.findings();
    waiver::apply(&mut surveyed.inspection, surveyed.config.waivers(), today);
    let findings: &[Finding] = &surveyed.inspection.findings;
    if let Some(file) = &arguments.vex_out {
        let document = vex::document(&result, findings, today);
        output::write(Some(file), |out| writeln!(out, "{document:#}"))?;
    }
    let file = arguments.output.as_deref();
    output::write(file, |out| match arguments.format {
        Format::Terminal => {
            let color = arguments.color.applies(file.is_some());
            show::report(
                &materials.name,
                &result,
                findings,
                &mut super::page::Lines::new(out, color),
                arguments.verbose,
            )
        }
        Format::Json => writeln!(out, "{:#}", json::document(&materials.name, &result, findings)),
        Format::Openvex => writeln!(out, "{:#}", vex::document(&result, findings, today)),
    })?;
    let denied =
        findings.iter().any(|finding| finding.severity >= arguments.fail_on && finding.waived.is_none());
    Ok(match (denied, result.state) {
        _ if arguments.exit_zero => Exit::Allowed,
        (true, _) => Exit::Denied,
        (false, State::Assessed) => Exit::Allowed,
        (false, _) => Exit::Incomplete,
    })
}

/// What the configuration says of advisory data and statements.
pub(super) fn settings(config: &Config, materials: &Materials) -> Result<Settings> {
    settings_of(config, materials, None, &[])
}

fn settings_of(
    config: &Config,
    materials: &Materials,
    named: Option<&Path>,
    vex: &[PathBuf],
) -> Result<Settings> {
    let section = config.advisories();
    let mut settings = Settings { max_age: section.max_age, ..Settings::default() };
    let configured = named.or(section.data.as_deref());
    let place = configured.map(Path::to_owned).or_else(|| own_folder().filter(|folder| folder.exists()));
    if let Some(place) = &place {
        let target = materials.root.as_deref();
        super::foreign(place, target, "advisory data")?;
        match Advisories::open(place) {
            Ok(advisories) => settings.advisories = Some(advisories),
            // What is named on the command line must be there; what is configured may be lost, which is said.
            Err(error) if named.is_some() => return Err(Mistake(error.to_string()).into()),
            Err(error) => settings.problem = Some(printable(&error.to_string())),
        }
    }
    for document in section.vex.iter().chain(vex) {
        settings.statements.extend(statements(document, materials)?);
    }
    Ok(settings)
}

/// The statements of a document. One that came with the target would clear the target by its own word.
fn statements(document: &Path, materials: &Materials) -> Result<Vec<Statement>> {
    super::foreign(document, materials.root.as_deref(), "statements")?;
    let shown = document.display();
    let unreadable = |cause: std::io::Error| Mistake(format!("cannot read `{shown}`: {cause}"));
    let len = fs::metadata(document).map_err(unreadable)?.len();
    if len > STATEMENTS {
        return Err(Mistake(format!("`{shown}` is larger than any document of statements")).into());
    }
    let text = fs::read_to_string(document).map_err(unreadable)?;
    data::vex::read(&text).map_err(|error| Mistake(format!("`{shown}`: {error}")).into())
}
