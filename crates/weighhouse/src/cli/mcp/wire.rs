//! What the tools answer: read from the answers of the gate, field by field, and told on. What is not listed here is not told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Cursor, Said, Untrusted, Word};

/// Why policy decided as it did.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Reason {
    /// The policy.
    pub(super) policy: Word,
    /// What it asks for: `allow`, `needs approval`, `deny`.
    pub(super) outcome: Word,
    /// What it says, in the words of the business.
    pub(super) message: Said,
    /// What was found that it is about.
    #[serde(default)]
    pub(super) found: Vec<Untrusted>,
    /// Fingerprints of those findings.
    #[serde(default)]
    pub(super) findings: Vec<Word>,
}

/// What was decided, and why.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Decision {
    /// `allow`, `needs approval` or `deny`.
    pub(super) outcome: Word,
    /// The thresholds under which it was decided.
    pub(super) profile: Word,
    /// Why, the worst first.
    pub(super) reasons: Vec<Reason>,
}

/// The decision about a release, and that about what was found.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Decided {
    /// Whether it may be served in its stage.
    pub(super) release: Decision,
    /// What policy says of the bytes alone.
    pub(super) artifact: Decision,
}

/// A revision in a stage.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Release {
    /// By which tools speak of it.
    pub(super) id: Word,
    /// `models` or `datasets`.
    pub(super) kind: Word,
    pub(super) model: Word,
    pub(super) stage: Word,
    pub(super) commit: Word,
    /// `rejected`, `reviewable`, `approved`, `canary`, `released`, `suspended`, `superseded`, `rolled back`, `expired` or `revoked`.
    pub(super) state: Word,
    /// The share of users it is served to, in percent, if it is a canary.
    pub(super) share: Option<u8>,
    pub(super) requester: Word,
    pub(super) decided: Word,
    pub(super) changed: Word,
    pub(super) decision: Option<Decided>,
}

impl Release {
    /// Whether users get it.
    pub(super) fn serves(&self) -> bool {
        matches!(self.state.as_str(), "released" | "canary")
    }
}

/// Somebody's consent.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Approval {
    pub(super) person: Word,
    pub(super) comment: Untrusted,
    pub(super) at: Word,
    pub(super) expires: Word,
    pub(super) withdrawn: Option<Word>,
}

/// A release with the approvals it rests on.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct ReleaseWhole {
    #[serde(flatten)]
    pub(super) release: Release,
    pub(super) approvals: Vec<Approval>,
    /// Digest of what an approval binds. Whoever approves names the evidence they looked at.
    pub(super) evidence: Option<Word>,
    /// Id of the revision.
    pub(super) revision: Word,
}

/// A state of a model at its source.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Revision {
    /// By which tools speak of it.
    pub(super) id: Word,
    pub(super) commit: Word,
    pub(super) source: Word,
    /// Whether it was fetched and inspected.
    pub(super) state: Word,
    /// What went wrong, if something did.
    pub(super) fault: Option<Untrusted>,
    /// Digest of all bytes.
    pub(super) digest: Option<Word>,
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) created: Word,
}

/// Somebody asked for a model.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Request {
    pub(super) id: Word,
    pub(super) model: Word,
    /// The revision that was asked for.
    pub(super) revision: Untrusted,
    pub(super) stage: Word,
    pub(super) person: Word,
    pub(super) reason: Untrusted,
    pub(super) created: Word,
    /// The commit, once the source was asked.
    pub(super) commit: Option<Word>,
    /// Whether it was fetched and decided about.
    pub(super) settled: bool,
    /// Why it could not be fetched.
    pub(super) fault: Option<Untrusted>,
}

/// How a model stands in a stage.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Standing {
    pub(super) stage: Word,
    pub(super) state: Word,
}

/// A model of a list.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct ModelLine {
    /// `models` or `datasets`.
    pub(super) kind: Word,
    pub(super) name: Word,
    pub(super) created: Word,
    /// What serves in each stage, or what happened there last.
    #[serde(default)]
    pub(super) stages: Vec<Standing>,
}

/// A model or data set.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Model {
    pub(super) kind: Word,
    pub(super) name: Word,
    pub(super) created: Word,
    /// The newest first.
    pub(super) revisions: Vec<Revision>,
    pub(super) releases: Vec<Release>,
    /// The newest last.
    pub(super) requests: Vec<Request>,
    /// Whether there are older ones than these.
    pub(super) more: bool,
}

/// A page of a list.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// `after` of the following page; nothing if this is the last one.
    pub(super) next: Option<Cursor>,
}

/// A file of a revision.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct File {
    pub(super) path: Untrusted,
    pub(super) size: u64,
    pub(super) sha256: Word,
}

/// What waits for somebody.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Inbox {
    /// For approval.
    pub(super) approve: Vec<Release>,
    /// Suspended: users get it no more until somebody decides.
    pub(super) suspended: Vec<Release>,
    /// Approved, to be released by somebody.
    pub(super) promote: Vec<Release>,
    /// Served to a share of the users.
    pub(super) canaries: Vec<Release>,
    /// Whether there is more than is listed.
    pub(super) more: bool,
}

/// Permission despite findings, for a time.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Waiver {
    pub(super) id: Word,
    pub(super) kind: Word,
    pub(super) model: Word,
    /// Rules whose findings it accepts.
    pub(super) rules: Vec<Word>,
    /// Fingerprints of findings that it accepts.
    pub(super) findings: Vec<Word>,
    /// The bytes that it is for; all, if none are named.
    pub(super) digest: Option<Word>,
    /// The stage that it is for; all, if none is named.
    pub(super) stage: Option<Word>,
    pub(super) owner: Untrusted,
    pub(super) reason: Untrusted,
    pub(super) giver: Word,
    pub(super) begins: Word,
    pub(super) expires: Word,
    pub(super) state: Word,
}

/// A waiver that was just given.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct NewWaiver {
    #[serde(flatten)]
    pub(super) waiver: Waiver,
    /// How many findings of the newest inspections it accepts.
    pub(super) accepts: u64,
}

/// A stage of release.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Stage {
    pub(super) name: Word,
    /// Whether it is meant where none is named.
    pub(super) usual: bool,
    /// Whether the token is good for it.
    pub(super) yours: bool,
    /// Whether what policy allows is released by itself.
    pub(super) automatic: bool,
}

/// Who has bytes of a revision.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Pull {
    pub(super) person: Word,
    pub(super) first: Word,
    pub(super) latest: Word,
}

/// What a revocation did.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Revoked {
    pub(super) revision: Revision,
    /// Who has the bytes and should delete them.
    pub(super) pulled: Vec<Pull>,
    /// Whether more people have them than are told.
    #[serde(default)]
    pub(super) more: bool,
}

/// A statement of others about a revision.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Attestation {
    pub(super) id: Word,
    /// Its predicate type.
    pub(super) kind: Untrusted,
    pub(super) result: Untrusted,
    /// Name of the key that signed it, by the configuration of the gate.
    pub(super) signer: Word,
    pub(super) at: Word,
    /// Whether policies see it.
    pub(super) counts: bool,
    pub(super) withdrawn: Option<Word>,
}

/// A finding of an inspection.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Finding {
    /// Id of the rule; `weighhouse explain` documents it.
    pub(super) rule: Word,
    pub(super) slug: Word,
    /// How bad, if true: `info`, `low`, `medium`, `high`, `critical`.
    pub(super) severity: Word,
    /// How sure: `low`, `medium`, `high`.
    pub(super) confidence: Word,
    pub(super) headline: Untrusted,
    pub(super) file: Untrusted,
    pub(super) member: Option<Untrusted>,
    /// What was seen.
    pub(super) evidence: Option<Untrusted>,
    /// What to do.
    pub(super) remediation: Untrusted,
    /// By which a waiver names it.
    pub(super) fingerprint: Word,
    /// Who accepted it by the configuration of the gate, until when.
    pub(super) waived: Option<WaivedBy>,
}

/// Who accepted a finding.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct WaivedBy {
    pub(super) owner: Untrusted,
    pub(super) reason: Untrusted,
    pub(super) expires: Word,
}

/// Something that was not looked at.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Gap {
    pub(super) file: Untrusted,
    pub(super) member: Option<Untrusted>,
    pub(super) reason: Word,
    pub(super) detail: Untrusted,
}

/// What was found out about one question beyond the bytes.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Assessment {
    /// `licence`, `vulnerabilities`, `signature`, `lineage`, `card` or `health`.
    pub(super) thread: Word,
    /// `assessed`, `partly` or `not-assessed`. What was not assessed is never fine.
    pub(super) state: Word,
    pub(super) headline: Untrusted,
    /// The day of the data it rests on.
    pub(super) as_of: Option<Word>,
    pub(super) answers: Vec<OneAnswer>,
    /// What was not assessed, and why.
    pub(super) missing: Vec<Untrusted>,
    /// What policies may read, by its name in the policy schema.
    pub(super) facts: BTreeMap<Word, Fact>,
}

/// A single answer.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct OneAnswer {
    pub(super) text: Untrusted,
    /// `measured`: seen in the bytes; `declared`: said by the maker; `inferred`: concluded.
    pub(super) basis: Word,
    pub(super) file: Option<Untrusted>,
}

/// A fact that policies may read.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Fact {
    Flag(bool),
    Count(u64),
    Text(Untrusted),
    Words(Vec<Untrusted>),
}

/// A file as an inspection saw it.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Inspected {
    pub(super) path: Untrusted,
    pub(super) sha256: Option<Word>,
    pub(super) bytes: u64,
    pub(super) format: Word,
    /// How much of it was looked at: `full`, `partial`, `none`.
    pub(super) coverage: Word,
}

/// What was not looked at.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(super) struct Coverage {
    pub(super) complete: bool,
    pub(super) gaps: Vec<Gap>,
}

/// The report of an inspection, as far as it is told on.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Report {
    pub(super) verdict: Word,
    pub(super) date: Option<Word>,
    pub(super) files: Vec<Inspected>,
    pub(super) findings: Vec<Finding>,
    pub(super) coverage: Coverage,
    pub(super) assessments: Vec<Assessment>,
}
