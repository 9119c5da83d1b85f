//! `lineage`: what a model says of its origin, what its weights show, and passports to compare with.

mod show;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use weighhouse_core::printable::printable;
use weighhouse_core::{Date, Digest, Severity};
use weighhouse_formats::bounded::Budget;
use weighhouse_formats::source::{FileSource, SharedSource, read_up_to};
use weighhouse_scan::source::EntryContent;
use weighhouse_supply::lineage::passport::{self, Passport};
use weighhouse_supply::lineage::{self, Settings, delta, kinship, store};
use weighhouse_supply::materials::{Content, Materials, Survey, TEXT_LIMIT};

use crate::cli::{Network, inspect};
use crate::config::Config;
use crate::exit::{Exit, Mistake};
use crate::output;
use crate::target::Target;

/// Arguments of `lineage`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct LineageArgs {
    #[command(subcommand)]
    command: Option<LineageCommand>,

    /// A file or folder, `hf:org/name[@revision]`, or `-` for standard input
    #[arg(required = true)]
    target: Option<String>,

    /// Never open a network connection
    #[arg(long, env = "HF_HUB_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,

    /// Configuration file (default: `weighhouse.toml` in this folder or one above it)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    view: ViewArgs,

    /// Folder of passports to compare with (default: `[lineage] store`)
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum LineageCommand {
    /// Compare two models, or passports of them: are they of kin, and what was done to the second?
    Compare {
        /// The model that may be the parent: a file, a folder, or a passport
        one: String,
        /// The model that may come from it
        other: String,
        #[command(flatten)]
        view: ViewArgs,
    },
    /// Look in a folder of passports for the kin of a model
    Search {
        /// The model, or a passport of it
        model: String,
        /// Folder of passports (default: `[lineage] store`)
        #[arg(long, value_name = "FOLDER")]
        store: Option<PathBuf>,
        /// Show every passport, also those without kinship
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        view: ViewArgs,
        /// Configuration file
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Make the passport of a model and put it into a folder of passports
    Add {
        /// The model: a file or a folder
        model: String,
        /// What the model is called, as others will declare it: `organisation/name` (default: the name of the folder)
        #[arg(long)]
        name: Option<String>,
        /// Folder of passports (default: `[lineage] store`)
        #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
        store: Option<PathBuf>,
        /// Write the passport to this file instead; its name should end in `.passport.json`
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Configuration file
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// How the result is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ViewArgs {
    /// Format of the result
    #[arg(long, short, value_enum, default_value_t)]
    format: Form,

    /// Show every tensor
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Terminal,
    Json,
}

/// Runs `lineage`.
pub(crate) fn run(arguments: &LineageArgs) -> Result<Exit> {
    match (&arguments.command, &arguments.target) {
        (None, Some(target)) => tell(arguments, target),
        (Some(LineageCommand::Compare { one, other, view }), _) => compare(one, other, *view),
        (Some(LineageCommand::Search { model, store, all, view, config }), _) => {
            search(model, &folder(store.as_deref(), config.as_deref())?, *all, *view)
        }
        (Some(LineageCommand::Add { model, name, store, output, config }), _) => {
            let place = match output {
                Some(file) => Place::File(file.clone()),
                None => Place::Store(folder(store.as_deref(), config.as_deref())?),
            };
            add(model, name.as_deref(), &place)
        }
        (None, None) => Err(Mistake("name a model, or a command: compare, search, add".to_owned()).into()),
    }
}

/// Where a passport goes.
enum Place {
    File(PathBuf),
    Store(PathBuf),
}

/// Declared and measured lineage of one target.
fn tell(arguments: &LineageArgs, target: &str) -> Result<Exit> {
    let Some(config) = configuration(arguments.config.as_deref(), target)? else {
        return Ok(Exit::Usage);
    };
    let network = Network { offline: arguments.offline, quiet: false };
    let materials = glance(&Target::parse(target)?, &config, network)?;
    let store = arguments.store.clone().or_else(|| config.lineage().store.clone());
    // No answer depends on the day.
    let today: Date = inspect::today()?;
    let (assessment, findings) = lineage::assess(&materials, &Settings { store }, today);
    output::write(None, |out| match arguments.view.format {
        Form::Json => {
            writeln!(out, "{:#}", show::assessment_document(&materials.name, &assessment, &findings))
        }
        Form::Terminal => show::assessment(out, &materials.name, &assessment, &findings),
    })?;
    let serious = findings.iter().any(|finding| finding.severity >= Severity::High);
    Ok(if serious { Exit::Denied } else { Exit::Allowed })
}

fn compare(one: &str, other: &str, view: ViewArgs) -> Result<Exit> {
    let ((left, before), (right, after)) = (weighed(one)?, weighed(other)?);
    for (passport, named) in [(&left, one), (&right, other)] {
        if passport.weights.is_empty() {
            return Err(Mistake(format!("there are no weights in `{named}` that can be read")).into());
        }
    }
    let all = kinship::compare(&left, &right);
    let Some(closest) = all.first() else { return Ok(Exit::Incomplete) };
    let delta = match (&before, &after) {
        (Some(before), Some(after)) if closest.class.is_strong() => {
            Some(delta::between(before, after, closest))
        }
        _ => None,
    };
    let exact = delta.as_ref().and_then(|delta| delta::not_faithful(delta, closest));
    let findings: Vec<_> = lineage::not_faithful(closest).or(exact).into_iter().collect();
    let missing: Vec<&String> = left.missing.iter().chain(&right.missing).collect();
    output::write(None, |out| match view.format {
        Form::Json => {
            let document =
                show::kinship_document(&[one, other], closest, delta.as_ref(), &findings, &missing);
            writeln!(out, "{document:#}")
        }
        Form::Terminal => {
            show::kinship(out, [one, other], closest, delta.as_ref(), view.verbose)?;
            show::findings(out, &findings)?;
            show::missing(out, &missing)
        }
    })?;
    Ok(if findings.is_empty() { Exit::Allowed } else { Exit::Denied })
}

fn search(model: &str, folder: &Path, all: bool, view: ViewArgs) -> Result<Exit> {
    let store = open(folder)?;
    if store.files.is_empty() {
        return Err(Mistake(format!(
            "there are no passports in `{}`; `weighhouse lineage add` makes them",
            folder.display()
        ))
        .into());
    }
    let passport = passport_of(model)?;
    let found = store.search(&passport);
    let missing: Vec<&String> = passport.missing.iter().chain(&found.missing).collect();
    let shown: Vec<_> = found.hits.iter().filter(|hit| all || hit.kinship.class.is_kin()).collect();
    output::write(None, |out| match view.format {
        Form::Json => {
            writeln!(out, "{:#}", show::search_document(model, &shown, store.files.len(), &missing))
        }
        Form::Terminal => {
            show::search(out, model, &shown, store.files.len(), view.verbose)?;
            show::missing(out, &missing)
        }
    })?;
    Ok(Exit::Allowed)
}

fn add(model: &str, name: Option<&str>, place: &Place) -> Result<Exit> {
    let mut passport = passport_of(model)?;
    if let Some(name) = name {
        name.clone_into(&mut passport.name);
    }
    if passport.weights.is_empty() {
        return Err(Mistake(format!("there are no weights in `{model}` that can be read")).into());
    }
    let path = match place {
        Place::File(file) => file.clone(),
        Place::Store(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
            folder.join(store::file_name(&passport))
        }
    };
    output::write(Some(&path), |out| out.write_all(passport::write(&passport).as_bytes()))?;
    let tensors: usize = passport.weights.iter().map(|weights| weights.tensors.len()).sum();
    output::write(None, |out| {
        let (path, name) = (printable(&path.display().to_string()), printable(&passport.name));
        writeln!(out, "{path}: passport of `{name}`, {tensors} tensors")?;
        show::missing(out, &passport.missing.iter().collect::<Vec<_>>())
    })?;
    Ok(Exit::Allowed)
}

/// The passport that a path names, or that of the model that it names.
fn passport_of(named: &str) -> Result<Passport> {
    Ok(weighed(named)?.0)
}

/// The same, and the model if it is at hand.
fn weighed(named: &str) -> Result<(Passport, Option<Materials>)> {
    let path = Path::new(named);
    if path.is_file() && named.ends_with(store::ENDING) {
        let passport = store::load(path).map_err(Mistake)?;
        return Ok((passport, None));
    }
    let Some(config) = configuration(None, named)? else {
        return Err(Mistake("the configuration has errors".to_owned()).into());
    };
    let materials = glance(&Target::parse(named)?, &config, Network { offline: false, quiet: false })?;
    Ok((Passport::of(&materials), Some(materials)))
}

fn open(folder: &Path) -> Result<store::Store> {
    let told =
        |error: std::io::Error| Mistake(format!("cannot read the folder `{}`: {error}", folder.display()));
    Ok(store::Store::open(folder).map_err(told)?)
}

/// The folder of passports that the command or the configuration names.
fn folder(named: Option<&Path>, config: Option<&Path>) -> Result<PathBuf> {
    if let Some(folder) = named {
        return Ok(folder.to_owned());
    }
    let Some(config) = configuration(config, "")? else {
        return Err(Mistake("the configuration has errors".to_owned()).into());
    };
    let folder = config.lineage().store.clone();
    folder.ok_or_else(|| {
        Mistake("name a folder of passports: `--store`, or `[lineage] store` in weighhouse.toml".to_owned())
            .into()
    })
}

/// `None`: the configuration has errors, which were shown.
fn configuration(file: Option<&Path>, target: &str) -> Result<Option<Config>> {
    let target = Target::parse(target)?;
    let paths: Vec<_> = target.path().into_iter().filter(|path| !path.as_os_str().is_empty()).collect();
    match crate::config::load(file, &paths, &inspect::metas()) {
        Ok(config) => Ok(Some(config)),
        Err(diagnostics) => {
            inspect::show(&diagnostics, output::Color::Auto);
            Ok(None)
        }
    }
}

/// What a target shows of itself, without its files being judged: digests of large files are not taken, those of tensors are.
fn glance(target: &Target, config: &Config, network: Network) -> Result<Materials> {
    let listing = target.list(config, network)?;
    inspect::workers()?;
    let limits = Arc::new(config.limits().clone());
    let survey = Survey::default();
    for entry in &listing.entries {
        let (source, content): (SharedSource, Content) = match &entry.content {
            EntryContent::Spooled(source) => (Arc::clone(source), Content::Source(Arc::clone(source))),
            EntryContent::File(path) => {
                let shown = || format!("cannot read `{}`", path.display());
                let file = fs::File::open(path).with_context(shown)?;
                (Arc::new(FileSource::new(file).with_context(shown)?), Content::Path(path.clone()))
            }
        };
        let budget = Budget::cancellable(Arc::clone(&limits), inspect::cancellation());
        let node = weighhouse_formats::inspect::inspect(&entry.path, &source, &budget);
        let small = source.len() <= TEXT_LIMIT;
        let bytes = small
            .then(|| read_up_to(source.as_ref(), 0, usize::try_from(TEXT_LIMIT).unwrap_or(0)))
            .transpose()?;
        survey.file(&entry.path, &node, bytes.map(|bytes| Digest::of(&bytes)), &source, Some(content));
    }
    let root = target.path().filter(|path| path.is_dir()).map(Path::to_owned);
    Ok(survey.finish(listing.name, root))
}
