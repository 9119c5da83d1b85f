//! Tests of policies: tables of facts with the decision they must lead to (`*.test.toml`).
//!
//! What a case leaves out is taken from a clean artifact. All problems of a file are reported in one run; an unknown key is
//! one, since a misspelt fact would make a test pass for the wrong reason.

mod read;

use weighhouse_core::diagnostic::SourceText;
use weighhouse_core::{Decision, Diagnostic, Outcome};

use crate::evaluate::decide;
use crate::facts::Facts;
use crate::profile::Profile;
use crate::release::{Standing, release};
use crate::set::PolicySet;

/// The cases of one file.
#[derive(Debug, Clone)]
pub struct Suite {
    cases: Vec<Case>,
    source: SourceText,
}

/// One row of the table.
#[derive(Debug, Clone)]
struct Case {
    name: String,
    span: std::ops::Range<usize>,
    facts: Facts,
    /// How it stands with a stage, if it is asked whether it may be released.
    standing: Option<Standing>,
    expect: Outcome,
    reasons: Option<Vec<String>>,
}

/// What became of one case.
#[derive(Debug, Clone)]
pub struct Outcomes {
    /// Its name.
    pub name: String,
    /// What was decided.
    pub decision: Decision,
    /// Why it failed, pointing at the case; nothing if it is as expected.
    pub failure: Option<Diagnostic>,
}

impl Suite {
    /// Reads a test file. `profile` finds profiles by name: the built-in and the configured ones.
    ///
    /// # Errors
    /// All problems of the file.
    pub fn parse(
        source: SourceText,
        profile: impl Fn(&str) -> Option<Profile>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let cases = read::cases(&source, &profile)?;
        Ok(Self { cases, source })
    }

    /// Number of cases.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is nothing to test.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// Decides every case.
    pub fn run(&self, policies: &PolicySet) -> Vec<Outcomes> {
        self.cases.iter().map(|case| self.run_case(policies, case)).collect()
    }

    fn run_case(&self, policies: &PolicySet, case: &Case) -> Outcomes {
        let decision = match &case.standing {
            Some(standing) => release(policies, &case.facts, standing).release,
            None => decide(policies, &case.facts),
        };
        let mut decided: Vec<&str> = decision.reasons.iter().map(|reason| reason.policy.as_str()).collect();
        decided.sort_unstable();
        let wanted = case.reasons.as_ref().map(|reasons| {
            let mut wanted: Vec<&str> = reasons.iter().map(String::as_str).collect();
            wanted.sort_unstable();
            wanted
        });
        let right = decision.outcome == case.expect && wanted.is_none_or(|wanted| wanted == decided);
        let failure = (!right).then(|| self.failure(case, &decision, &decided));
        Outcomes { name: case.name.clone(), decision, failure }
    }

    fn failure(&self, case: &Case, decision: &Decision, decided: &[&str]) -> Diagnostic {
        let why = match decided {
            [] => "no policy forbids it".to_owned(),
            ids => format!("forbidden by {}", list(ids)),
        };
        let headline = if decision.outcome == case.expect {
            format!("case `{}` was decided `{}` as expected, but for other reasons", case.name, case.expect)
        } else {
            format!(
                "case `{}` was decided `{}`, but `{}` is expected",
                case.name, decision.outcome, case.expect
            )
        };
        let failure = Diagnostic::new(weighhouse_core::diagnostic::Level::Error, "WH-CFG-041", headline);
        let failure = failure.at(&self.source, case.span.clone(), why);
        match &case.reasons {
            Some(wanted) => failure.help(format!("expected reasons: {}", list(wanted))),
            None => failure,
        }
    }
}

fn list(ids: &[impl std::fmt::Display]) -> String {
    match ids {
        [] => "none".to_owned(),
        ids => ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
    }
}
