//! A change of policy: the policies in force say what it takes to put others in their place.

use std::collections::BTreeSet;

use weighhouse_core::{Decision, Digest, Outcome};

use crate::access::{Access, Person, permits};
use crate::entities;
use crate::evaluate::{Answer, Answers, EVALUATION_ERROR};
use crate::set::PolicySet;

/// Who agreed to policies that are to be put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Digest of the policies.
    pub policy: Digest,
    /// Approvals of exactly these, each by another person who may change policy, none by who proposed them.
    pub approvals: u64,
    /// The roles that those people have.
    pub approver_roles: BTreeSet<String>,
}

/// Whether `person` may put the policies that `consent` is about in the place of `policies`. Total, pure, fails closed.
pub fn enact(policies: &PolicySet, person: &Person, consent: &Consent) -> Decision {
    let mut answers = Answers::default();
    if !permits(policies, person, Access::ChangePolicy, "") {
        let message = || format!("`{}` may not change policy", person.name);
        answers.add("weighhouse:may-not-change-policy", Outcome::Deny, message);
    }
    let question = policies.names().and_then(|names| entities::enacting(names, person, consent));
    match question {
        Ok((request, entities)) => {
            answers.reasons_of(policies, Answer::new(policies.for_enacting(), &request, &entities));
        }
        Err(misfit) => {
            answers.add(EVALUATION_ERROR, Outcome::Deny, || misfit.to_string());
        }
    }
    // Who asks is told by the record that names this digest: a name would make a pseudonym guessable.
    let mut facts = serde_json::json!({
        "approvals": consent.approvals,
        "approver_roles": consent.approver_roles,
        "policy": consent.policy.to_string(),
        "roles": person.roles,
        "schema": "urn:weighhouse:consent:v1",
    });
    // Only where it is so: digests of what people were asked before there were agents stay as they are.
    if let Some(facts) = facts.as_object_mut().filter(|_| person.agent) {
        facts.insert("agent".to_owned(), true.into());
    }
    Decision {
        outcome: answers.worst(),
        profile: String::new(),
        policy: policies.digest(),
        facts: Digest::of(facts.to_string().as_bytes()),
        reasons: answers.into_reasons(),
    }
}
