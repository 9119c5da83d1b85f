//! Releases: may the users of a stage have this model? The verdict about its bytes is one fact among others; people add
//! facts (approvals), they never decide.

use std::collections::BTreeSet;

use weighhouse_core::{Decision, Digest, Outcome};

use crate::entities::{Misfit, World};
use crate::evaluate::{Answer, Answers, EVALUATION_ERROR, decide};
use crate::facts::Facts;
use crate::set::PolicySet;

/// How a model stands with a stage, beside what was found in it. Computed by the host, so that policies cannot miscount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The stage.
    pub stage: String,
    /// `models` or `datasets`.
    pub kind: String,
    /// The name of the model, as the gate keeps it: `org/name`.
    pub model: String,
    /// What policies say of the bytes under the stage's profile. Set by [`release`] itself.
    pub verdict: Outcome,
    /// Approvals that hold: of these bytes and this evidence, not past, by different people other than the requester.
    pub approvals: u64,
    /// The roles those people have.
    pub approver_roles: BTreeSet<String>,
    /// Whole days since the inspection.
    pub inspected_days: i64,
    /// Waivers given at the gate that accept something that was found.
    pub waivers: u64,
    /// Statements of others about these bytes, verified.
    pub attestations: BTreeSet<Attested>,
}

/// What somebody whose key is trusted states about the bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attested {
    /// The name that the configuration gives the key.
    pub by: String,
    /// The predicate type.
    pub kind: String,
    /// The result that the statement tells; empty if it tells none.
    pub result: String,
}

/// A decision about a release, and the one about the bytes that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseDecision {
    /// What policies say of the bytes: `admit` and `tolerate`.
    pub artifact: Decision,
    /// What they say of the release. Its fact digest covers the facts of the artifact, too.
    pub release: Decision,
}

/// Decides about a release. Total, pure, fails closed.
///
/// Names are compared without regard to letter case, so what is forbidden of a name in lower case is forbidden in every case, as in [`permits`](crate::permits).
pub fn release(policies: &PolicySet, facts: &Facts, standing: &Standing) -> ReleaseDecision {
    let artifact = decide(policies, facts);
    let standing = Standing { verdict: artifact.outcome, ..standing.clone() };
    let mut answers = Answers::default();
    if let Err(misfit) = ask(policies, facts, &standing, &mut answers) {
        answers.add(EVALUATION_ERROR, Outcome::Deny, || misfit.to_string());
    }
    let release = Decision {
        outcome: answers.worst(),
        profile: facts.profile.name.clone(),
        policy: policies.digest(),
        facts: standing.digest(artifact.facts),
        reasons: answers.into_reasons(),
    };
    ReleaseDecision { artifact, release }
}

fn ask(
    policies: &PolicySet,
    facts: &Facts,
    standing: &Standing,
    answers: &mut Answers,
) -> Result<(), Misfit> {
    let world = World::new(policies.names()?, facts)?;
    let answer = |model: &str| -> Result<Answer, Misfit> {
        let (request, entities) = world.release(standing, model, &facts.profile.name)?;
        Ok(Answer::new(policies.for_releasing(), &request, &entities))
    };
    answers.reasons_of(policies, answer(&standing.model)?);
    let folded = standing.model.to_ascii_lowercase();
    if folded != standing.model {
        let answer = answer(&folded)?;
        // That nothing permits it of the lower case is no matter, as with what people may do.
        if answer.forbidden() || answer.error.is_some() {
            answers.reasons_of(policies, answer);
        }
    }
    Ok(())
}

impl Standing {
    /// The standing as canonical JSON; `facts` is the digest of the fact document about the bytes.
    fn canonical_json(&self, facts: Digest) -> String {
        let mut document = serde_json::json!({
            "approvals": self.approvals,
            "approver_roles": self.approver_roles,
            "facts": facts.to_string(),
            "inspected_days": self.inspected_days,
            "kind": self.kind,
            "model": self.model,
            "schema": "urn:weighhouse:standing:v2",
            "stage": self.stage,
            "verdict": self.verdict.word(),
        });
        // Where there are none the document is the one it was before there could be any, so that old decisions can be made again.
        if let Some(fields) = document.as_object_mut() {
            if self.waivers > 0 {
                fields.insert("waivers".to_owned(), self.waivers.into());
            }
            if !self.attestations.is_empty() {
                let each =
                    self.attestations.iter().map(|one| serde_json::json!([one.by, one.kind, one.result]));
                fields.insert("attestations".to_owned(), each.collect());
            }
        }
        document.to_string()
    }

    fn digest(&self, facts: Digest) -> Digest {
        Digest::of(self.canonical_json(facts).as_bytes())
    }
}
