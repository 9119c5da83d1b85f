//! `advisories`: data about known vulnerabilities, imported from dumps of OSV.

#[cfg(feature = "hub")]
mod fetch;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use weighhouse_core::Date;
use weighhouse_core::printable::printable;
use weighhouse_formats::source::FileSource;
use weighhouse_supply::advisories::{Advisories, Ecosystem, ImportError, Imported, Index, file_name, import};

use crate::cli::inspect;
use crate::config::{self, Config};
use crate::environment::data_folder;
use crate::exit::{Exit, Mistake};
use crate::output::{self, Color};

/// The `advisories` commands.
#[derive(Debug, Subcommand)]
pub(crate) enum AdvisoriesCommand {
    /// Import a dump of OSV: the `all.zip` of an ecosystem
    Import(ImportArgs),
    /// Fetch dumps from the mirror of the configuration, and import them
    Update(UpdateArgs),
    /// Show which data there is, and as of when
    Show(ShowArgs),
}

/// Where data is kept.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// Folder of advisory data (default: `data` of `[advisories]`, or `weighhouse/advisories` in your data folder)
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,

    /// Configuration file (default: `weighhouse.toml` in this folder or one above it)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Take this day for today
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

/// Arguments of `advisories import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The dump
    zip: PathBuf,

    /// Ecosystem of which it is the whole dump, as OSV calls it: PyPI, npm, crates.io, Go (default: the name of its folder)
    #[arg(long, value_name = "NAME")]
    ecosystem: Option<String>,

    /// Replace data that is newer than the dump
    #[arg(long)]
    older: bool,

    #[command(flatten)]
    data: DataArgs,
}

/// Arguments of `advisories update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Ecosystem to update; can be given more than once (default: those that were imported, or else PyPI)
    #[arg(long, value_name = "NAME")]
    ecosystem: Vec<String>,

    /// Address below which `ECOSYSTEM/all.zip` lies (default: `mirror` of `[advisories]`)
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,

    /// Never open a network connection
    #[arg(long, env = "HF_HUB_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,

    #[command(flatten)]
    data: DataArgs,
}

/// Arguments of `advisories show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    data: DataArgs,
}

/// Runs a command.
pub(crate) fn run(command: &AdvisoriesCommand) -> Result<Exit> {
    let arguments = match command {
        AdvisoriesCommand::Import(arguments) => &arguments.data,
        AdvisoriesCommand::Update(arguments) => &arguments.data,
        AdvisoriesCommand::Show(arguments) => &arguments.data,
    };
    let config = match config::load(arguments.config.as_deref(), &[], &inspect::metas()) {
        Ok(config) => config,
        Err(diagnostics) => {
            inspect::show(&diagnostics, Color::Auto);
            return Ok(Exit::Usage);
        }
    };
    let today = arguments.at.map_or_else(inspect::today, Ok)?;
    let folder = folder(arguments.data.as_deref(), &config)?;
    match command {
        AdvisoriesCommand::Import(arguments) => {
            let ecosystem = ecosystem(arguments)?;
            told(&one(&arguments.zip, &ecosystem, &folder, today, arguments.older)?, &folder)
        }
        AdvisoriesCommand::Update(arguments) => update(arguments, &config, &folder, today),
        AdvisoriesCommand::Show(_) => show(&folder, config.advisories().max_age, today),
    }
}

/// Where data is kept: as asked, as configured, or in the user's own folder of data.
fn folder(asked: Option<&Path>, config: &Config) -> Result<PathBuf> {
    let folder = asked.map(Path::to_owned).or_else(|| config.advisories().data.clone()).or_else(own_folder);
    folder.ok_or_else(|| {
        Mistake("there is no folder for advisory data; name one with --data".to_owned()).into()
    })
}

/// `weighhouse/advisories` in the user's folder of data.
pub(super) fn own_folder() -> Option<PathBuf> {
    Some(data_folder()?.join("advisories"))
}

/// The ecosystem of a dump: as asked, or the name of its folder, which is how OSV lays them out.
fn ecosystem(arguments: &ImportArgs) -> Result<Ecosystem> {
    if let Some(name) = &arguments.ecosystem {
        return Ok(Ecosystem::from_osv(name));
    }
    let path = fs::canonicalize(&arguments.zip).unwrap_or_else(|_| arguments.zip.clone());
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    match Ecosystem::from_osv(folder) {
        Ecosystem::Other(_) => {
            let what =
                "of which ecosystem is this the dump? say it with --ecosystem, such as --ecosystem PyPI";
            Err(Mistake(what.to_owned()).into())
        }
        known => Ok(known),
    }
}

/// Imports one dump; the data of before stays until the new one is whole.
fn one(zip: &Path, ecosystem: &Ecosystem, folder: &Path, today: Date, older: bool) -> Result<Imported> {
    let shown = zip.display();
    let file = File::open(zip).map_err(|cause| Mistake(format!("cannot read `{shown}`: {cause}")))?;
    let source = FileSource::new(file).map_err(|cause| Mistake(format!("cannot read `{shown}`: {cause}")))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot write to `{}`", folder.display()))?;
    let mut bytes = Vec::new();
    let imported =
        import(&(Arc::new(source) as _), ecosystem, today, &mut bytes).map_err(|error| match error {
            ImportError::Io(cause) => anyhow::Error::new(cause).context(format!("cannot import `{shown}`")),
            other => Mistake(format!("`{shown}`: {other}")).into(),
        })?;
    let place = folder.join(file_name(ecosystem));
    // Data that cannot be read is no loss.
    let known = Index::open(&place).ok().filter(|index| index.date > imported.date && !older);
    if let Some(known) = known {
        let (new, old) = (imported.date, known.date);
        let why = "what became known between them would be forgotten; give --older if that is meant";
        return Err(Mistake(format!("`{shown}` is of {new}, the data that is there of {old}: {why}")).into());
    }
    output::write(Some(&place), |out| out.write_all(&bytes))?;
    Ok(imported)
}

fn told(imported: &Imported, folder: &Path) -> Result<Exit> {
    let place = printable(&folder.join(file_name(&imported.ecosystem)).display().to_string());
    output::write(None, |out| {
        writeln!(
            out,
            "{}: {} advisories about {} packages, as of {}",
            printable(imported.ecosystem.as_str()),
            imported.advisories,
            imported.packages,
            imported.date
        )?;
        if imported.withdrawn > 0 {
            writeln!(out, "  {} withdrawn ones left out", imported.withdrawn)?;
        }
        if imported.unreadable > 0 {
            let named = imported.unreadable_names.join(", ");
            writeln!(out, "  {} files could not be read: {named}", imported.unreadable)?;
        }
        writeln!(out, "  dump {}", imported.digest)?;
        writeln!(out, "  kept in {place}, {} bytes", imported.bytes)
    })?;
    Ok(Exit::Allowed)
}

fn show(folder: &Path, max_age: u32, today: Date) -> Result<Exit> {
    let data = if folder.exists() { Advisories::open(folder)? } else { Advisories::default() };
    let shown = printable(&folder.display().to_string());
    if data.is_empty() {
        let text = format!(
            "no advisory data in {shown}; import a dump: weighhouse advisories import all.zip --ecosystem PyPI"
        );
        output::write(None, |out| writeln!(out, "{text}"))?;
        return Ok(Exit::Incomplete);
    }
    let mut stale = false;
    output::write(None, |out| {
        writeln!(out, "advisory data in {shown}\n")?;
        for index in data.iter() {
            let age = today.days().saturating_sub(index.date.days());
            let old = age > i64::from(max_age);
            stale |= old;
            let note = if old { ", too old: import a new dump" } else { "" };
            let name = printable(index.ecosystem.as_str());
            let (advisories, packages) = (index.advisories, index.packages);
            writeln!(
                out,
                "  {name:<10} as of {}  {advisories:>7} advisories  {packages:>6} packages{note}",
                index.date
            )?;
            writeln!(out, "  {:<10} {}", "", index.digest)?;
        }
        Ok(())
    })?;
    Ok(if stale { Exit::Incomplete } else { Exit::Allowed })
}

#[cfg(not(feature = "hub"))]
fn update(_: &UpdateArgs, _: &Config, _: &Path, _: Date) -> Result<Exit> {
    let what = "this build of weighhouse fetches nothing; import a dump: weighhouse advisories import all.zip --ecosystem PyPI";
    Err(Mistake(what.to_owned()).into())
}

#[cfg(feature = "hub")]
fn update(arguments: &UpdateArgs, config: &Config, folder: &Path, today: Date) -> Result<Exit> {
    let offline =
        "no connection may be opened; import a dump: weighhouse advisories import all.zip --ecosystem PyPI";
    if arguments.offline {
        return Err(Mistake(offline.to_owned()).into());
    }
    let mirror = arguments.mirror.clone().or_else(|| config.advisories().mirror.clone());
    let mirror = mirror.ok_or_else(|| {
        Mistake("no mirror is configured: set `mirror` in [advisories], or give --mirror".to_owned())
    })?;
    if let Some((what, help)) = config::endpoint_fault(&mirror) {
        return Err(Mistake(format!("the mirror {what}; {help}")).into());
    }
    let mut ecosystems: Vec<Ecosystem> =
        arguments.ecosystem.iter().map(|name| Ecosystem::from_osv(name)).collect();
    if ecosystems.is_empty() && folder.exists() {
        ecosystems = Advisories::open(folder)?.iter().map(|index| index.ecosystem.clone()).collect();
    }
    if ecosystems.is_empty() {
        ecosystems.push(Ecosystem::PyPi);
    }
    for ecosystem in &ecosystems {
        let dump = fetch::dump(&mirror, ecosystem)?;
        told(&one(dump.path(), ecosystem, folder, today, false)?, folder)?;
    }
    Ok(Exit::Allowed)
}
