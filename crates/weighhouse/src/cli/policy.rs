//! `policy`: check, test and show the policies in force.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use weighhouse_core::diagnostic::SourceText;
use weighhouse_policy::{PolicySet, Suite};

use super::inspect::{metas, show};
use crate::config::{self, Config};
use crate::exit::{Exit, Mistake};
use crate::output::{self, Color};

/// `weighhouse policy …`
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check policies and configuration: syntax, types, annotations; all problems in one run
    Check(PolicyArgs),
    /// Run test files against the policies
    Test {
        /// Test files (`*.test.toml`)
        #[arg(required = true)]
        suites: Vec<PathBuf>,
        #[command(flatten)]
        policies: PolicyArgs,
    },
    /// Show the policies in force: id, what it asks for, message and text
    Explain {
        /// Show this policy only
        id: Option<String>,
        #[command(flatten)]
        policies: PolicyArgs,
    },
}

/// Which policies.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Cedar policy file that is added to the policies of the configuration; can be given more than once
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,

    /// Configuration file (default: `weighhouse.toml` in this folder or one above it)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

/// Runs `weighhouse policy`.
pub(super) fn run(command: &PolicyCommand) -> Result<Exit> {
    let (PolicyCommand::Check(arguments)
    | PolicyCommand::Test { policies: arguments, .. }
    | PolicyCommand::Explain { policies: arguments, .. }) = command;
    let loaded = config::load(arguments.config.as_deref(), &[], &metas())
        .and_then(|config| config.policies(&arguments.policy).map(|policies| (config, policies)));
    let (config, policies) = match loaded {
        Ok(loaded) => loaded,
        Err(diagnostics) => {
            show(&diagnostics, arguments.color);
            return Ok(Exit::Usage);
        }
    };
    show(config.warnings(), arguments.color);
    show(policies.warnings(), arguments.color);
    match command {
        PolicyCommand::Check(_) => check(&policies),
        PolicyCommand::Test { suites, .. } => test(&config, &policies, suites, arguments.color),
        PolicyCommand::Explain { id, .. } => explain(&policies, id.as_deref()),
    }
}

fn check(policies: &PolicySet) -> Result<Exit> {
    output::write(None, |out| {
        writeln!(out, "{} policies are sound; digest {}", policies.policies().len(), policies.digest())
    })?;
    Ok(Exit::Allowed)
}

fn test(config: &Config, policies: &PolicySet, suites: &[PathBuf], color: Color) -> Result<Exit> {
    let (mut passed, mut failures) = (0, Vec::new());
    for path in suites {
        let suite = Suite::parse(read(path)?, |name| config.named_profile(name).ok());
        let suite = match suite {
            Ok(suite) => suite,
            Err(diagnostics) => {
                show(&diagnostics, color);
                return Ok(Exit::Usage);
            }
        };
        for outcome in suite.run(policies) {
            match outcome.failure {
                Some(failure) => failures.push(failure),
                None => passed += 1,
            }
        }
    }
    show(&failures, color);
    output::write(None, |out| writeln!(out, "{passed} passed, {} failed", failures.len()))?;
    Ok(if failures.is_empty() { Exit::Allowed } else { Exit::Denied })
}

fn explain(policies: &PolicySet, id: Option<&str>) -> Result<Exit> {
    if let Some(id) = id
        && policies.policy(id).is_none()
    {
        let known =
            policies.policies().iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Mistake(format!("there is no policy `{id}`; in force are {known}")).into());
    }
    output::write(None, |out| {
        for policy in policies.policies().iter().filter(|policy| id.is_none_or(|id| id == policy.id)) {
            let asks = if policy.forbids { policy.outcome.to_string() } else { "permit".to_owned() };
            writeln!(out, "{}  {asks}  {}", policy.id, policy.source.name)?;
            let text = policy.source.text.get(policy.span.clone()).unwrap_or_default();
            text.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
            writeln!(out)?;
        }
        Ok(())
    })?;
    Ok(Exit::Allowed)
}

fn read(path: &Path) -> Result<SourceText> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Mistake(format!("cannot read `{}`: {error}", path.display())))?;
    Ok(SourceText { name: path.display().to_string(), text: text.into() })
}
