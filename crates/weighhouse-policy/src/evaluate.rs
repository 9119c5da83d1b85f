//! Evaluation: facts in, decision out. Total, pure, replayable, fails closed.
//!
//! The artifact is asked about once, and each finding once; findings that no policy can tell apart are asked about
//! together, which bounds the work by the number of distinct (rule, severity, confidence) where policies read no place.

use std::collections::{BTreeMap, HashMap};

use cedar_policy::{Authorizer, Entities, PolicyId, Request};
use weighhouse_core::{Confidence, Decision, Fingerprint, Inspection, Outcome, Reason, Severity};

use crate::entities::{Misfit, World};
use crate::facts::{Facts, FindingFacts};
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
    let mut answers = Answers::default();
    if let Err(misfit) = ask_all(policies, facts, &mut answers) {
        answers.add(EVALUATION_ERROR, Outcome::Deny, || misfit.to_string(), &[]);
    }
    if !facts.artifact.is_complete() && answers.worst() == Outcome::Allow {
        let message = || "part of the artifact was not inspected, which never passes".to_owned();
        answers.add(INCOMPLETE_COVERAGE, Outcome::NeedsApproval, message, &[]);
    }
    Decision {
        outcome: answers.worst(),
        profile: facts.profile.name.clone(),
        policy: policies.digest(),
        facts: facts.digest(),
        reasons: answers.into_reasons(),
    }
}

fn ask_all(policies: &PolicySet, facts: &Facts, answers: &mut Answers) -> Result<(), Misfit> {
    let world = World::new(policies.names()?, facts)?;
    let (request, entities) = world.admit()?;
    answers.ask(policies, &request, &entities, &[]);
    for class in classes(facts, policies.reads_places()) {
        let Some(example) = class.first() else { continue };
        let (request, entities) = world.tolerate(example)?;
        let fingerprints: Vec<_> = class.iter().map(|finding| finding.fingerprint).collect();
        answers.ask(policies, &request, &entities, &fingerprints);
    }
    Ok(())
}

/// Findings that no policy can tell apart, each class in the order of the facts, classes by their first finding.
fn classes(facts: &Facts, reads_places: bool) -> Vec<Vec<&FindingFacts>> {
    if reads_places {
        return facts.findings.iter().map(|finding| vec![finding]).collect();
    }
    let mut index: HashMap<(&str, &str, Severity, Confidence), usize> = HashMap::new();
    let mut classes: Vec<Vec<&FindingFacts>> = Vec::new();
    for finding in &facts.findings {
        let key = (finding.rule.as_str(), finding.slug.as_str(), finding.severity, finding.confidence);
        let at = *index.entry(key).or_insert(classes.len());
        match classes.get_mut(at) {
            Some(class) => class.push(finding),
            None => classes.push(vec![finding]),
        }
    }
    classes
}

/// The answers of the policies, one reason per policy.
#[derive(Default)]
struct Answers {
    reasons: BTreeMap<String, Reason>,
}

impl Answers {
    fn ask(&mut self, policies: &PolicySet, request: &Request, entities: &Entities, about: &[Fingerprint]) {
        let response = Authorizer::new().is_authorized(request, policies.cedar(), entities);
        // Cedar gives errors in no order; the message kept is the first one.
        if let Some(message) = response.diagnostics().errors().map(ToString::to_string).min() {
            self.add(EVALUATION_ERROR, Outcome::Deny, || message, about);
        }
        if response.decision() == cedar_policy::Decision::Allow {
            return;
        }
        let mut forbidden = false;
        for id in response.diagnostics().reason() {
            forbidden = true;
            self.forbid(policies, id, about);
        }
        if !forbidden {
            let message = || "no policy permits this, and what nothing permits is denied".to_owned();
            self.add(NOTHING_PERMITS, Outcome::Deny, message, about);
        }
    }

    fn forbid(&mut self, policies: &PolicySet, id: &PolicyId, about: &[Fingerprint]) {
        let info = policies.policy(id.as_ref());
        let outcome = info.map_or(Outcome::Deny, |info| info.outcome);
        let message = || info.map_or_else(|| "forbidden".to_owned(), |info| info.message.clone());
        self.add(id.as_ref(), outcome, message, about);
    }

    fn add(&mut self, id: &str, outcome: Outcome, message: impl FnOnce() -> String, about: &[Fingerprint]) {
        let reason = self.reasons.entry(id.to_owned()).or_insert_with(|| Reason {
            policy: id.to_owned(),
            outcome,
            message: message(),
            findings: Vec::new(),
        });
        reason.findings.extend_from_slice(about);
    }

    fn worst(&self) -> Outcome {
        self.reasons.values().map(|reason| reason.outcome).max().unwrap_or(Outcome::Allow)
    }

    /// Worst first, then by policy id.
    fn into_reasons(self) -> Vec<Reason> {
        let mut reasons: Vec<_> = self.reasons.into_values().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.outcome));
        reasons
    }
}
