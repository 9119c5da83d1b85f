//! The command line: one definition for parsing, help, completions and the man page.

mod convert;
mod diff;
mod documentation;
mod facts;
mod formats;
#[cfg(feature = "hub")]
mod gate;
pub(crate) mod hub;
mod inspect;
mod log;
#[cfg(feature = "mcp")]
mod mcp;
mod policy;
#[cfg(feature = "server")]
mod serve;
mod sign;
mod since;
mod supply;
mod watch;
#[cfg(feature = "server")]
mod witness;

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use weighhouse_core::{Date, Severity};
use weighhouse_report::Format;

use crate::exit::Exit;
use crate::output::{self, Color};

/// What `--help` and the man page say about exit codes.
const EXIT_CODES: &str = "Exit codes: 0 allowed, 1 denied, 2 usage or configuration, 3 incomplete or needs \
     approval, 70 our bug.";

/// One gate and one chain of evidence for open-source AI.
///
/// `weighhouse vet ./model` answers whether you may use a model you downloaded: it inspects every byte without running any
/// of it, offline, decides by policy, and says why.
#[derive(Debug, Parser)]
#[command(
    name = "weighhouse",
    bin_name = "weighhouse",
    version,
    disable_help_subcommand = true,
    max_term_width = 110,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Inspect a model, decide by policy, and print the verdict with reasons
    Vet(inspect::VetArgs),
    /// Inspect files without a policy: findings and coverage only
    Scan(inspect::ScanArgs),
    /// Compare two revisions of a model: what changed, what an update brings, and whether it may be used
    Diff(diff::DiffArgs),
    /// Show what the parsers saw: every global, tensor, template and member, without judgement
    Facts(facts::FactsArgs),
    /// Convert a PyTorch checkpoint of tensors to safetensors, without running it
    Convert(convert::ConvertArgs),
    /// Write the bill of materials of a model, or compare two bills
    Bom(supply::bom::BomArgs),
    /// Sign a model: every file of it, with a key or a certificate (OpenSSF Model Signing)
    Sign(sign::SignArgs),
    /// Verify that a model is what somebody you trust signed
    Verify(sign::VerifyArgs),
    /// Tell what a model was made from: what it declares, and what its weights show
    Lineage(supply::lineage::LineageArgs),
    /// Find known vulnerabilities in what a model drags along, and in what it was made with
    Deps(supply::deps::DepsArgs),
    /// Import and show advisory data
    #[command(subcommand)]
    Advisories(supply::advisories::AdvisoriesCommand),
    /// May we use it? The licence of a model, who says so, and what it means for your company
    Licence(supply::licence::LicenceArgs),
    /// What do its makers say of it? The questions that a model or data card answers, and those it leaves open
    Card(supply::card::CardArgs),
    /// Assess the project behind a model from its git history: Scorecard checks, signatures, people, what moved since
    Health(supply::health::HealthArgs),
    /// Open the gate: a registry that serves only what was vetted, to every client that speaks to a Hub
    #[cfg(feature = "server")]
    Serve(serve::ServeArgs),
    /// Cosign audit logs of others, if they only grow
    #[cfg(feature = "server")]
    Witness(witness::WitnessArgs),
    /// Ask a gate for models; approve, release, roll back and withdraw them
    #[cfg(feature = "hub")]
    #[command(subcommand)]
    Gate(gate::GateCommand),
    /// Let agents use a gate, by the Model Context Protocol on standard input and output
    #[cfg(feature = "mcp")]
    Mcp(mcp::McpArgs),
    /// Check the audit log and proofs from it, without a network
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Check, test and show policies
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Explain a rule
    Explain {
        /// Id or slug of the rule, such as `WH-PKL-001` or `dangerous-global`
        rule: String,
        /// When to use colours
        #[arg(long, value_enum, default_value_t)]
        color: Color,
    },
    /// List the rules
    Rules {
        #[command(subcommand)]
        command: Option<documentation::RulesCommand>,
    },
    /// List the formats: what is read of each, which rules judge it, what loaders do with it
    Formats(formats::FormatsArgs),
    /// Write shell completions to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the man page to standard output
    Man,
    /// Print version and the digest of rules and knowledge
    Version,
}

/// What is to be inspected.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// A file or folder, `hf:org/name[@revision]`, or `-` for standard input
    pub(crate) target: String,

    /// Never open a network connection
    #[arg(long, env = "HF_HUB_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,

    /// Configuration file (default: `weighhouse.toml` in this folder or one above it)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What may be done over the network, and how loudly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    /// Never open a connection.
    #[cfg_attr(not(feature = "hub"), expect(dead_code, reason = "only `hf:` targets read it"))]
    pub(crate) offline: bool,
    /// Show no progress.
    pub(crate) quiet: bool,
}

/// How the result is written.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Format of the report
    #[arg(long, short, value_name = "FORMAT", default_value = "terminal", value_parser = one_of::<Format>(FORMATS))]
    pub(crate) format: Format,

    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Print the verdict only, and no progress
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Print everything: every finding, every file
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    pub(crate) color: Color,

    /// Fail at findings of this severity or above
    #[arg(long, value_name = "SEVERITY", value_parser = one_of::<Severity>(SEVERITIES))]
    pub(crate) fail_on: Option<Severity>,

    /// Exit with 0 whatever the verdict; errors keep their codes
    #[arg(long)]
    pub(crate) exit_zero: bool,

    /// Judge waivers as of this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) at: Option<Date>,
}

const FORMATS: &[&str] = &["terminal", "json", "sarif", "junit", "markdown", "html"];
const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];

/// Reads one of these words; help and completions list them.
fn one_of<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: std::error::Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

/// Runs a command.
pub(crate) fn run(arguments: Cli) -> Result<Exit> {
    match arguments.command {
        Command::Vet(arguments) => inspect::vet(&arguments),
        Command::Scan(arguments) => inspect::scan(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Facts(arguments) => facts::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Bom(arguments) => supply::bom::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Verify(arguments) => sign::verify(&arguments),
        Command::Lineage(arguments) => supply::lineage::run(&arguments),
        Command::Deps(arguments) => supply::deps::run(&arguments),
        Command::Advisories(command) => supply::advisories::run(&command),
        Command::Licence(arguments) => supply::licence::run(&arguments),
        Command::Card(arguments) => supply::card::run(&arguments),
        Command::Health(arguments) => supply::health::run(&arguments),
        #[cfg(feature = "server")]
        Command::Serve(arguments) => serve::run(&arguments),
        #[cfg(feature = "server")]
        Command::Witness(arguments) => witness::run(&arguments),
        #[cfg(feature = "hub")]
        Command::Gate(command) => gate::run(&command),
        #[cfg(feature = "mcp")]
        Command::Mcp(arguments) => mcp::run(&arguments),
        Command::Log(command) => log::run(&command),
        Command::Policy(command) => policy::run(&command),
        Command::Explain { rule, color } => documentation::explain(&rule, color),
        Command::Rules { command } => documentation::rules(&command.unwrap_or_default()),
        Command::Formats(arguments) => formats::run(&arguments),
        Command::Completions { shell } => output::write(None, |out| {
            clap_complete::generate(shell, &mut Cli::command(), "weighhouse", out);
            Ok(())
        })
        .map(|()| Exit::Allowed),
        Command::Man => documentation::man(),
        Command::Version => output::write(None, |out| {
            let tool = inspect::tool();
            writeln!(out, "weighhouse {}\nruleset {}", tool.version, tool.ruleset)
        })
        .map(|()| Exit::Allowed),
    }
}
