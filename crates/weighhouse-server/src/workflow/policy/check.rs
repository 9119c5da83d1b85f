//! Whether proposed policies mean something: what is wrong and where, what their tests say, and whether they could be changed again.

use std::sync::Arc;

use weighhouse_core::diagnostic::{Diagnostic, Level, SourceText};
use weighhouse_policy::{Access, Base, Person, PolicySet, Profile, Suite};

use super::rights::{Rights, cautions, lock_out};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{Caller, person};
use crate::store::policies::{Policy, Text};

/// Bytes of all texts of a draft at most, and of its tests.
const LARGEST: usize = 256 << 10;
/// Texts of a draft at most.
const TEXTS: usize = 32;

/// Policies as somebody writes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    /// Whether the default policies stay in force beside them.
    pub(crate) extend: bool,
    pub(crate) texts: Vec<Text>,
    /// Tests (`*.test.toml`); nothing if it is empty.
    pub(crate) tests: String,
}

/// What is to be said about a draft.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// What makes it useless: of the policies, or of the tests.
    pub(crate) problems: Vec<Problem>,
    /// What may be a mistake.
    pub(crate) warnings: Vec<Problem>,
    /// The policies, if nothing is wrong with them.
    pub(crate) set: Option<Arc<PolicySet>>,
    pub(crate) tests: Vec<TestRun>,
    /// Why nobody could change them again.
    pub(crate) lock_out: Option<String>,
    /// What nobody could do any more.
    pub(crate) cautions: Vec<String>,
    pub(crate) rights: Rights,
}

/// A problem of a text, with the place as people count it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) headline: String,
    pub(crate) help: Option<String>,
    pub(crate) source: Option<String>,
    /// Line and column, from one on.
    pub(crate) at: Option<(usize, usize)>,
    /// The line itself.
    pub(crate) line: String,
    /// What is said of the place.
    pub(crate) note: String,
}

/// A case of the tests.
#[derive(Debug)]
pub(crate) struct TestRun {
    pub(crate) name: String,
    pub(crate) outcome: String,
    pub(crate) failure: Option<Problem>,
}

impl Draft {
    /// Policies that are stored.
    pub(crate) fn of(policy: &Policy) -> Self {
        Self { extend: policy.extend, texts: policy.texts.clone(), tests: String::new() }
    }
}

impl Checked {
    /// Whether nothing stands against putting them in force, as far as texts go. Failing tests do.
    pub(crate) fn sound(&self) -> bool {
        self.problems.is_empty()
            && self.lock_out.is_none()
            && self.tests.iter().all(|test| test.failure.is_none())
    }

    /// The first problem with its place, and how many there are beside it.
    pub(crate) fn first_problem(&self) -> Option<String> {
        let problem = self.problems.first()?;
        let place = problem.place().map(|place| format!("{place}: ")).unwrap_or_default();
        let more = match self.problems.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!("{place}{}{more}", problem.headline))
    }
}

impl Problem {
    fn of(diagnostic: &Diagnostic) -> Self {
        let label = diagnostic.labels.first();
        let text = diagnostic.source.as_ref().map(|source| &*source.text);
        let start = label.map(|label| label.span.start);
        let before = text.zip(start).and_then(|(text, start)| text.get(..start));
        let begin = before.map(|before| before.rfind('\n').map_or(0, |end| end + 1));
        let line = text.zip(begin).and_then(|(text, begin)| text.get(begin..)?.lines().next());
        let column = before.zip(begin).and_then(|(before, begin)| before.get(begin..));
        Self {
            code: diagnostic.code,
            headline: diagnostic.headline.clone(),
            help: diagnostic.help.clone(),
            source: diagnostic.source.as_ref().map(|source| source.name.clone()),
            at: before
                .zip(column)
                .map(|(before, column)| (before.matches('\n').count() + 1, column.chars().count() + 1)),
            line: line.unwrap_or_default().to_owned(),
            note: label.map(|label| label.message.clone()).unwrap_or_default(),
        }
    }

    /// The place in words.
    pub(crate) fn place(&self) -> Option<String> {
        let (line, column) = self.at?;
        let source = self.source.as_deref().unwrap_or("the text");
        Some(format!("{source}, line {line}, column {column}"))
    }
}

impl Gate {
    /// Looks at a draft. Nothing of the gate changes.
    pub(crate) async fn check_policy(&self, draft: &Draft) -> Result<Checked> {
        small_enough(draft)?;
        let people: Vec<Person> =
            self.store.accounts().await?.iter().filter(|account| !account.disabled).map(person).collect();
        let profiles: Vec<Profile> = self.settings.stages.iter().map(|stage| stage.profile.clone()).collect();
        let _turn = self.turn_to_look().await?;
        let (draft, current) = (draft.clone(), self.policies());
        let work = move || check(&draft, &profiles, &people, &current);
        tokio::task::spawn_blocking(work).await.map_err(|error| GateError::Internal(error.to_string()))
    }

    /// The same, for somebody who may change policy.
    pub(crate) async fn check_policy_for(&self, caller: &Caller, draft: &Draft) -> Result<Checked> {
        self.demand(caller, Access::ChangePolicy, "")?;
        self.check_policy(draft).await
    }
}

fn small_enough(draft: &Draft) -> Result<()> {
    let bytes: usize = draft.texts.iter().map(|text| text.text.len() + text.name.len()).sum();
    if bytes > LARGEST || draft.tests.len() > LARGEST || draft.texts.len() > TEXTS {
        let why = format!("policies and tests are {} KiB each at most, in {TEXTS} texts", LARGEST >> 10);
        return Err(GateError::Invalid(why));
    }
    let texts = draft.texts.iter().map(|text| &text.text).chain([&draft.tests]);
    if texts.clone().any(|text| text.contains('\0')) {
        return Err(GateError::Invalid("a text holds a zero character".to_owned()));
    }
    Ok(())
}

fn check(draft: &Draft, profiles: &[Profile], people: &[Person], current: &PolicySet) -> Checked {
    let mut checked = Checked::default();
    let source = |text: &Text| SourceText { name: text.name.clone(), text: text.text.as_str().into() };
    let sources: Vec<SourceText> = draft.texts.iter().map(source).collect();
    let base = if draft.extend { Base::Default } else { Base::Nothing };
    // The usual profiles, too: tests may name those that no stage has.
    let profile = |name: &str| {
        let own = profiles.iter().find(|profile| profile.name == name).cloned();
        own.or_else(|| Profile::built_in(name))
    };
    let tests = (!draft.tests.trim().is_empty()).then(|| {
        Suite::parse(SourceText { name: "tests".to_owned(), text: draft.tests.as_str().into() }, profile)
    });
    let suite = match tests {
        Some(Ok(suite)) => Some(suite),
        Some(Err(problems)) => {
            checked.problems.extend(problems.iter().map(Problem::of));
            None
        }
        None => None,
    };
    let set = match PolicySet::load(base, &sources) {
        Ok(set) => set,
        Err(problems) => {
            let (errors, warnings): (Vec<_>, Vec<_>) =
                problems.iter().partition(|problem| problem.level == Level::Error);
            checked.problems.splice(0..0, errors.into_iter().map(Problem::of));
            checked.warnings.extend(warnings.into_iter().map(Problem::of));
            return checked;
        }
    };
    checked.warnings.extend(set.warnings().iter().map(Problem::of));
    for outcome in suite.iter().flat_map(|suite| suite.run(&set)) {
        checked.tests.push(TestRun {
            name: outcome.name,
            outcome: outcome.decision.outcome.to_string(),
            failure: outcome.failure.as_ref().map(Problem::of),
        });
    }
    checked.lock_out = lock_out(&set, people);
    checked.cautions = cautions(&set, people);
    checked.rights = Rights::compare(current, &set, people);
    checked.set = Some(Arc::new(set));
    checked
}
