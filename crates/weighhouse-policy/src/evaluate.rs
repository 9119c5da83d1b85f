//! Evaluation: facts in, decision out. Total, pure, replayable, fails closed.
//!
//! The artifact is asked about once, and each class of findings once ([`Classes`]): classes in parallel, answers put
//! together in the order of the findings, so that neither changes a decision.

use std::collections::BTreeMap;

use cedar_policy::{Authorizer, Entities, PolicyId, Request};
use rayon::prelude::*;
use weighhouse_core::{Decision, Inspection, Outcome, Reason};

use crate::classes::{Classes, Sight};
use crate::entities::{Misfit, World};
use crate::facts::Facts;
use crate::profile::Profile;
use crate::set::PolicySet;

/// The reason given when no policy permits. Ids of written policies cannot contain the colon.
pub const NOTHING_PERMITS: &str = "weighhouse:nothing-permits";
/// The reason given when a policy could not be evaluated.
pub const EVALUATION_ERROR: &str = "weighhouse:evaluation-error";
/// The reason given when coverage is incomplete and the written policies would have let it pass.
pub const INCOMPLETE_COVERAGE: &str = "weighhouse:incomplete-coverage";

/// Decides about an inspection.
pub fn evaluate(policies: &PolicySet, inspection: &Inspection, profile: &Profile) -> Decision {
    decide(policies, &Facts::of(inspection, profile))
}

/// Decides about a fact document.
pub fn decide(policies: &PolicySet, facts: &Facts) -> Decision {
    decide_seeing(policies, facts, policies.sight())
}

/// The same, for policies that see this much of a finding.
pub(crate) fn decide_seeing(policies: &PolicySet, facts: &Facts, sight: &Sight) -> Decision {
    let mut answers = Answers::default();
    if let Err(misfit) = ask_all(policies, facts, sight, &mut answers) {
        answers.add(EVALUATION_ERROR, Outcome::Deny, || misfit.to_string());
    }
    if !facts.artifact.is_complete() && answers.worst() == Outcome::Allow {
        let message = || "part of the artifact was not inspected, which never passes".to_owned();
        answers.add(INCOMPLETE_COVERAGE, Outcome::NeedsApproval, message);
    }
    Decision {
        outcome: answers.worst(),
        profile: facts.profile.name.clone(),
        policy: policies.digest(),
        facts: facts.digest(),
        reasons: answers.into_reasons(),
    }
}

fn ask_all(policies: &PolicySet, facts: &Facts, sight: &Sight, answers: &mut Answers) -> Result<(), Misfit> {
    let world = World::new(policies.names()?, facts)?;
    let (request, entities) = world.admit()?;
    answers.reasons_of(policies, Answer::new(policies.for_admitting(), &request, &entities));

    let classes = Classes::new(facts, sight);
    let asked: Vec<Result<Answer, Misfit>> = classes
        .examples
        .par_iter()
        .map(|example| {
            let (request, entities) = world.tolerate(example)?;
            Ok(Answer::new(policies.for_tolerating(), &request, &entities))
        })
        .collect();
    let mut reasons = Vec::with_capacity(asked.len());
    for answer in asked {
        reasons.push(answers.reasons_of(policies, answer?));
    }
    for (finding, class) in facts.findings.iter().zip(&classes.of) {
        for reason in reasons.get(*class).into_iter().flatten() {
            if let Some(reason) = answers.reasons.get_mut(*reason) {
                reason.findings.push(finding.fingerprint);
            }
        }
    }
    Ok(())
}

/// What the policies say to one question.
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    /// The policies that decided, in the order of their ids.
    by: Vec<PolicyId>,
    pub(crate) error: Option<String>,
}

impl Answer {
    pub(crate) fn new(policies: &cedar_policy::PolicySet, request: &Request, entities: &Entities) -> Self {
        let response = Authorizer::new().is_authorized(request, policies, entities);
        let mut by: Vec<PolicyId> = response.diagnostics().reason().cloned().collect();
        by.sort_unstable();
        Self {
            allowed: response.decision() == cedar_policy::Decision::Allow,
            by,
            // Cedar gives errors in no order; the message kept is the first one.
            error: response.diagnostics().errors().map(ToString::to_string).min(),
        }
    }

    /// Whether a policy forbids it, other than that none permits it.
    pub(crate) fn forbidden(&self) -> bool {
        !self.allowed && !self.by.is_empty()
    }
}

/// The answers of the policies, one reason per policy.
#[derive(Default)]
pub(crate) struct Answers {
    reasons: Vec<Reason>,
    places: BTreeMap<String, usize>,
}

impl Answers {
    /// The places of the reasons that an answer gives.
    pub(crate) fn reasons_of(&mut self, policies: &PolicySet, answer: Answer) -> Vec<usize> {
        let mut places = Vec::new();
        if let Some(message) = answer.error {
            places.push(self.add(EVALUATION_ERROR, Outcome::Deny, || message));
        }
        if answer.allowed {
            return places;
        }
        for id in &answer.by {
            places.push(self.forbid(policies, id));
        }
        if answer.by.is_empty() {
            let message = || "no policy permits this, and what nothing permits is denied".to_owned();
            places.push(self.add(NOTHING_PERMITS, Outcome::Deny, message));
        }
        places
    }

    fn forbid(&mut self, policies: &PolicySet, id: &PolicyId) -> usize {
        let info = policies.policy(id.as_ref());
        let outcome = info.map_or(Outcome::Deny, |info| info.outcome);
        let message = || info.map_or_else(|| "forbidden".to_owned(), |info| info.message.clone());
        self.add(id.as_ref(), outcome, message)
    }

    pub(crate) fn add(&mut self, id: &str, outcome: Outcome, message: impl FnOnce() -> String) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.reasons.len();
        self.reasons.push(Reason {
            policy: id.to_owned(),
            outcome,
            message: message(),
            findings: Vec::new(),
        });
        self.places.insert(id.to_owned(), place);
        place
    }

    pub(crate) fn worst(&self) -> Outcome {
        self.reasons.iter().map(|reason| reason.outcome).max().unwrap_or(Outcome::Allow)
    }

    /// Worst first, then by policy id.
    pub(crate) fn into_reasons(self) -> Vec<Reason> {
        let mut reasons = self.reasons;
        reasons.sort_by(|a, b| b.outcome.cmp(&a.outcome).then_with(|| a.policy.cmp(&b.policy)));
        reasons
    }
}
