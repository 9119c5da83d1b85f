//! `vet` and `scan`: list, inspect, decide, report.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use clap::Args;
use weighhouse_core::diagnostic::Level;
use weighhouse_core::printable::printable;
use weighhouse_core::{Date, Decision, Diagnostic, Digest, Outcome, RuleMeta, Tool, waiver};
use weighhouse_report::{Basis, Detail, Report, Style};
use weighhouse_scan::cache::Cache;
use weighhouse_scan::diff::{Decided, Revision};
use weighhouse_scan::engine::Engine;
use weighhouse_scan::source::{EntryContent, Listing};
use weighhouse_supply::statements::{Summary, verification_summary};

use super::sign::{self, Signing};
use super::since::Since;
use super::{Network, OutputArgs, TargetArgs, supply, watch};
use crate::config::{self, Config};
use crate::exit::Exit;
use crate::output;
use crate::progress::Watch;
use crate::target::Target;

/// Stack of a worker: the deepest recursion is the nesting of containers and of syntax trees, both bounded.
const WORKER_STACK: usize = 64 << 20;

/// Arguments of `vet`.
#[derive(Debug, Args)]
pub(crate) struct VetArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,

    /// Profile to decide by: research, internal, production, or one of your configuration
    #[arg(long, short, value_name = "NAME")]
    profile: Option<String>,

    /// Cedar policy file that is added to the policies of the configuration; can be given more than once
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,

    /// The revision in use: what the target brings that this one does not have is a finding (rules WH-DIF-…)
    #[arg(long, value_name = "TARGET")]
    baseline: Option<String>,

    /// Cache of results, made if it is not there: files that are the same since are not read again. Never for a gate
    #[arg(long, value_name = "CACHE_FILE", conflicts_with = "baseline")]
    since: Option<PathBuf>,

    /// Write the decision as a statement that others can check (SLSA verification summary)
    #[arg(id = "statement_file", long = "attestation", value_name = "FILE", conflicts_with_all = ["watch", "since"])]
    attestation: Option<PathBuf>,

    #[command(flatten)]
    signing: Signing,

    /// Look again whenever the target changes, and tell what that changed, until Ctrl-C
    #[arg(long, conflicts_with_all = ["baseline", "since"])]
    watch: bool,
}

impl VetArgs {
    /// Decides by the profile and the policies named here.
    pub(super) fn decide(&self, config: &Config, run: &Run) -> Result<Decision, Vec<Diagnostic>> {
        let inspection = &run.revision.inspection;
        config.decide(inspection, self.profile.as_deref(), self.output.fail_on, &self.policy)
    }
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs `vet`.
pub(crate) fn vet(arguments: &VetArgs) -> Result<Exit> {
    let output = &arguments.output;
    let Some(mut setup) = configure(&arguments.target, output, arguments.baseline.as_deref())? else {
        return Ok(Exit::Usage);
    };
    setup.threads = true;
    let profile = match setup.config.profile(arguments.profile.as_deref()) {
        Ok(profile) => profile,
        Err(diagnostic) => {
            show(&[diagnostic], output.color);
            return Ok(Exit::Usage);
        }
    };
    if arguments.watch {
        return watch::run(arguments, &setup, !profile.complete_coverage);
    }
    let since = arguments.since.as_deref();
    let since = since.map(|path| Since::open(path, &setup, &profile, output.format)).transpose()?;
    let run = setup.inspect(since.as_ref().map(Since::cache))?;
    if let Some(since) = since {
        since.save();
    }
    let decision = match arguments.decide(&setup.config, &run) {
        Ok(decision) => decision,
        Err(diagnostics) => {
            show(&diagnostics, arguments.output.color);
            return Ok(Exit::Usage);
        }
    };
    if let Some(path) = &arguments.attestation {
        attest(arguments, path, &run, &decision)?;
    }
    run.report(&arguments.output, Basis::Decision(&decision))
}

/// Writes the decision as a statement.
fn attest(arguments: &VetArgs, path: &Path, run: &Run, decision: &Decision) -> Result<()> {
    let time = match arguments.output.at {
        Some(day) => format!("{day}T00:00:00Z"),
        None => sign::now()?,
    };
    let inspection = &run.revision.inspection;
    let summary = Summary { inspection, decision, time: &time, as_of: run.date };
    let statement = verification_summary(&summary)
        .context("a file could not be read to its end; nothing can be stated about bytes that nobody read")?;
    sign::write_statement(path, &statement, &arguments.signing)
}

/// Runs `scan`.
pub(crate) fn scan(arguments: &ScanArgs) -> Result<Exit> {
    let Some(setup) = configure(&arguments.target, &arguments.output, None)? else { return Ok(Exit::Usage) };
    let run = setup.inspect(None)?;
    let threshold =
        arguments.output.fail_on.or(setup.config.fail_on()).unwrap_or(weighhouse_core::Severity::High);
    run.report(&arguments.output, Basis::Threshold(Some(threshold)))
}

/// What was inspected, with what the configuration says of it.
pub(super) struct Run {
    pub(super) revision: Revision,
    listing: Listing,
    waivers: Vec<(weighhouse_core::Waiver, waiver::WaiverUse)>,
    diagnostics: Vec<Diagnostic>,
    pub(super) date: Date,
}

/// What is inspected, and under which configuration.
pub(super) struct Setup {
    pub(super) config: Config,
    pub(super) target: Target,
    baseline: Option<Target>,
    network: Network,
    date: Date,
    /// Whether questions beyond the bytes are asked, too.
    threads: bool,
}

/// Reads the configuration. `None`: it has errors, which were shown.
fn configure(target: &TargetArgs, output: &OutputArgs, baseline: Option<&str>) -> Result<Option<Setup>> {
    let date = output.at.map_or_else(today, Ok)?;
    let parsed = Target::parse(&target.target)?;
    let baseline = baseline.map(Target::parse).transpose()?;
    let paths: Vec<_> =
        [Some(&parsed), baseline.as_ref()].into_iter().flatten().filter_map(Target::path).collect();
    let config = match config::load(target.config.as_deref(), &paths, &metas()) {
        Ok(config) => config,
        Err(diagnostics) => {
            show(&diagnostics, output.color);
            return Ok(None);
        }
    };
    let network = Network { offline: target.offline, quiet: output.quiet };
    Ok(Some(Setup { config, target: parsed, baseline, network, date, threads: false }))
}

impl Setup {
    /// Lists and inspects the target, applies waivers.
    pub(super) fn inspect(&self, cache: Option<Arc<Cache>>) -> Result<Run> {
        let Self { config, target, baseline, network, date, threads } = self;
        let outlines = |target: &Target| examine(config, target, *network, Keep::Outlines, None);
        let old = baseline.as_ref().map(outlines).transpose()?;
        let keep = match (&old, cache) {
            (Some(_), _) => Keep::Outlines,
            (None, Some(cache)) => Keep::Cached(cache),
            (None, None) => Keep::Findings,
        };
        let cached = matches!(keep, Keep::Cached(_));
        let survey = (*threads && !cached).then(Arc::<supply::Surveyor>::default);
        let (mut revision, listing) = examine(config, target, *network, keep, survey.clone())?;
        if let Some((old, _)) = &old {
            weighhouse_scan::diff::judge(old, &mut revision);
        }
        match survey {
            Some(survey) => {
                supply::assess(&survey, &listing, target.path(), config, *date, &mut revision.inspection)?;
            }
            None if *threads => supply::unasked(&mut revision.inspection),
            None => {}
        }
        let uses = waiver::apply(&mut revision.inspection, config.waivers(), *date);
        let mut diagnostics = config.warnings().to_vec();
        diagnostics.extend(config.waiver_diagnostics(&uses));
        let waivers = config.waivers().iter().cloned().zip(uses).collect();
        Ok(Run { revision, listing, waivers, diagnostics, date: *date })
    }
}

/// What is kept of the facts of a file.
#[derive(Debug, Clone)]
pub(super) enum Keep {
    /// What rules said of them.
    Findings,
    /// The same, for another run too; and what an earlier one kept is used.
    Cached(Arc<Cache>),
    /// Their outlines too, to be compared.
    Outlines,
}

/// Lists and inspects a target.
pub(super) fn examine(
    config: &Config,
    target: &Target,
    network: Network,
    keep: Keep,
    survey: Option<Arc<supply::Surveyor>>,
) -> Result<(Revision, Listing)> {
    let listing = target.list(config, network)?;
    let revision = read(config, &listing, network, keep, survey)?;
    Ok((revision, listing))
}

/// Inspects what was listed.
pub(super) fn read(
    config: &Config,
    listing: &Listing,
    network: Network,
    keep: Keep,
    survey: Option<Arc<supply::Surveyor>>,
) -> Result<Revision> {
    workers()?;
    let engine = Engine::new(Arc::new(config.limits().clone()), cancellation());
    let engine = match keep {
        Keep::Findings => engine,
        Keep::Cached(cache) => engine.with_cache(cache),
        Keep::Outlines => engine.with_outlines(),
    };
    let engine = match survey {
        Some(survey) => engine.with_witness(survey),
        None => engine,
    };
    let files = listing.entries.len() as u64;
    let watch = Watch::inspection(engine.progress(), files, total_bytes(listing), network.quiet);
    let mut revision = engine.examine(listing);
    revision.inspection.tool = tool();
    drop(watch);
    Ok(revision)
}

/// Starts the worker threads, once.
pub(super) fn workers() -> Result<()> {
    static STARTED: OnceLock<Result<(), String>> = OnceLock::new();
    let start = || {
        let pool = rayon::ThreadPoolBuilder::new().stack_size(WORKER_STACK);
        pool.build_global().map_err(|error| error.to_string())
    };
    let started = STARTED.get_or_init(start).as_ref();
    match started {
        Ok(()) => Ok(()),
        Err(error) => Err(anyhow::anyhow!("cannot start worker threads: {error}")),
    }
}

/// Bytes of all files, for the progress bar only.
fn total_bytes(listing: &Listing) -> u64 {
    let len = |content: &EntryContent| match content {
        EntryContent::File(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        EntryContent::Spooled(source) => source.len(),
    };
    listing.entries.iter().map(|entry| len(&entry.content)).sum()
}

impl Run {
    /// As one of two to be compared.
    pub(super) fn decided(&self, outcome: Outcome) -> Decided<'_> {
        Decided { revision: &self.revision, listing: &self.listing, outcome }
    }

    pub(super) fn report(&self, output: &OutputArgs, basis: Basis<'_>) -> Result<Exit> {
        let rules = metas();
        let report = Report {
            inspection: &self.revision.inspection,
            basis,
            rules: &rules,
            waivers: &self.waivers,
            diagnostics: &self.diagnostics,
            date: Some(self.date),
        };
        let style = Style {
            color: output.color.applies(output.output.is_some()),
            width: output::width(),
            detail: match (output.quiet, output.verbose) {
                (true, _) => Detail::Quiet,
                (_, true) => Detail::Verbose,
                _ => Detail::Normal,
            },
        };
        show(&self.diagnostics, output.color);
        output::write(output.output.as_deref(), |out| {
            weighhouse_report::render(&report, output.format, &style, out)
        })?;
        if let Some(file) = output.output.as_deref().filter(|_| !output.quiet) {
            say_where(&report, file, output.color)?;
        }
        let exit = Exit::from(report.outcome());
        Ok(if output.exit_zero { Exit::Allowed } else { exit })
    }
}

/// The verdict beside a report that went to a file: a build that fails must say why where people look first.
fn say_where(report: &Report<'_>, file: &Path, color: output::Color) -> Result<()> {
    let style = Style { color: color.applies(false), width: output::width(), detail: Detail::Quiet };
    let mut line = Vec::new();
    weighhouse_report::render(report, weighhouse_report::Format::Terminal, &style, &mut line)?;
    output::message(String::from_utf8_lossy(&line).trim_end());
    output::message(&format!("report: {}", printable(&file.display().to_string())));
    Ok(())
}

/// Shows messages about the user's own text; errors last, so that they stand next to the prompt.
pub(super) fn show(diagnostics: &[Diagnostic], color: output::Color) {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| diagnostic.level);
    sorted.retain(|diagnostic| diagnostic.level > Level::Note);
    for diagnostic in &sorted {
        output::message(&crate::diagnostics::render(diagnostic, color.applies(false)));
        output::message("");
    }
    let errors = sorted.iter().filter(|diagnostic| diagnostic.level == Level::Error).count();
    if errors > 1 {
        output::message(&format!("{errors} errors"));
    }
}

/// The program, with the digest over everything that it knows: the rules that judge bytes, and those of the supply chain with their data.
pub(super) fn tool() -> Tool {
    let tool = weighhouse_scan::engine::tool();
    let all = format!("{}{}", tool.ruleset, weighhouse_supply::digest());
    Tool { ruleset: Digest::of(all.as_bytes()), ..tool }
}

/// Descriptions of all rules.
pub(super) fn metas() -> Vec<&'static RuleMeta> {
    let mut metas: Vec<_> = weighhouse_scan::RULES.iter().map(|rule| rule.meta()).collect();
    metas.extend(weighhouse_supply::rules());
    metas.sort_by_key(|meta| meta.id);
    metas
}

/// What shells say of a process that Ctrl-C ended: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// A flag that Ctrl-C and SIGTERM set. The first signal ends the run cleanly, with a report of what was done; the second
/// ends the process at once.
#[expect(clippy::exit, reason = "the second signal asks for exactly this")]
pub(crate) fn cancellation() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let set = Arc::clone(&flag);
        let installed = ctrlc::set_handler(move || {
            if set.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED);
            }
            crate::progress::message("stopping; Ctrl-C again ends at once");
        });
        if installed.is_err() {
            // Without a handler Ctrl-C ends the process: less graceful, still correct.
        }
        flag
    });
    Arc::clone(flag)
}

/// When a run starts, for the question whether a file was left alone for a while.
#[expect(
    clippy::disallowed_methods,
    reason = "it decides only whether a file is read again, never what is said of it"
)]
pub(super) fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

/// The day of the run. Time is an input of everything else.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock; `--at` overrides it")]
pub(super) fn today() -> Result<Date> {
    let now = jiff::Timestamp::try_from(std::time::SystemTime::now())
        .context("the clock of this machine is wrong")?;
    let text = now.to_string();
    let day = text.split('T').next().unwrap_or_default();
    day.parse().context("the clock of this machine is wrong")
}
