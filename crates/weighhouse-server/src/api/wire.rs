//! What the interface says, version 1. Made from what is stored, and never the same types.

mod right;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, ToSchema};
use weighhouse_core::{Intake, ReleaseState, Share};

pub(super) use self::right::Right;
use super::{Answer, PAGE};
use crate::error::GateError;
use crate::identity;
use crate::name::{Kind, Name};
use crate::places;
use crate::store::models::Asked;
use crate::store::people::Account;
use crate::store::waivers::Phase;
use crate::store::{attestations, bundles, jobs, people, releases, revisions, waivers};

/// Texts of callers, each with the rule that the description tells. The workflow keeps the rule.
macro_rules! text {
    (#[doc = $about:literal] $name:ident, $most:expr, $pattern:expr) => {
        #[doc = $about]
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(transparent)]
        pub(super) struct $name(pub(super) String);

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern));
                schema.description(Some($about.trim())).max_length($most).into()
            }
        }

        impl ToSchema for $name {}
    };
}

text! {
    /// The name of a model or data set, as the rules of Hubs have it: `name` or `org/name`
    ModelName,
    Some(193),
    r"^(?=[^/]{1,96}(/[^/]{1,96})?$)(?!.*\.[gG][iI][tT]$)[A-Za-z0-9_]+((\.(-\.)*-?|-(\.-)*\.?)[A-Za-z0-9_]+)*(/[A-Za-z0-9_]+((\.(-\.)*-?|-(\.-)*\.?)[A-Za-z0-9_]+)*)?$"
}
text! {
    /// A branch, a tag or a commit of the source
    SourceRevision,
    Some(200),
    r"^(?!\.{1,2}(/|$))[^/\u0000-\u001f\u007f-\u009f]+(/(?!\.{1,2}(/|$))[^/\u0000-\u001f\u007f-\u009f]+)*$"
}
text! {
    /// A pattern of paths
    PathPattern,
    Some(200),
    r"^[^\u0000-\u001f\u007f-\u009f]+$"
}
text! {
    /// Text of people
    Text,
    Some(2000),
    r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$"
}
text! {
    /// A reason, in one line: it is told to users, and kept
    Line,
    Some(2000),
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
}
text! {
    /// What a token is for
    Label,
    Some(100),
    r"^[^\u0000-\u001f\u007f-\u009f]*$"
}
text! {
    /// The name of somebody, or of a role
    Word,
    Some(64),
    r"^[a-z0-9._@-]+$"
}

text! {
    /// The commit of a revision
    Commit,
    Some(40),
    r"^[0-9a-f]{40}$"
}
text! {
    /// A rule, by id or slug
    Rule,
    Some(64),
    r"^[A-Za-z0-9-]+$"
}
text! {
    /// The fingerprint of a finding
    FindingPrint,
    Some(32),
    r"^[0-9a-f]{32}$"
}
text! {
    /// Who answers for something
    Owner,
    Some(100),
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
}
text! {
    /// A reason: it is told to users, and kept
    Why,
    Some(2000),
    r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$"
}
text! {
    /// Where a page begins: `next` of the page before
    Cursor,
    Some(33),
    r"^([0-9]{1,12}\.[0-9a-f]{1,20})?$"
}

/// A day, as RFC 3339 writes it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(value_type = String, format = Date)]
pub(super) struct Day(pub(super) String);

/// A moment, as RFC 3339 writes it in UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub(super) struct Moment(String);

pub(super) fn at(seconds: i64) -> Moment {
    let known = jiff::Timestamp::from_second(seconds);
    let edge = if seconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    Moment(known.unwrap_or(edge).to_string())
}

/// The name of a stage of this gate, as `/stages` lists them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, example = "internal")]
pub(super) struct Stage(pub(super) String);

/// What a repository holds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Repository {
    /// A model.
    #[default]
    Models,
    /// A data set.
    Datasets,
}

impl From<Repository> for Kind {
    fn from(repository: Repository) -> Self {
        match repository {
            Repository::Models => Self::Model,
            Repository::Datasets => Self::Dataset,
        }
    }
}

impl From<Kind> for Repository {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Model => Self::Models,
            Kind::Dataset => Self::Datasets,
        }
    }
}

/// How a release stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Policy denies it.
    Rejected,
    /// Somebody must approve it.
    Reviewable,
    /// Policy allows it, and somebody decides when it is served.
    Approved,
    /// A share of the users gets it.
    Canary,
    /// Everybody gets it.
    Released,
    /// It was served, and policy does not allow it any more.
    Suspended,
    /// Another release took its place.
    Superseded,
    /// Somebody took it back.
    #[serde(rename = "rolled back")]
    RolledBack,
    /// Its time was over.
    Expired,
    /// Its revision is withdrawn for good.
    Revoked,
}

impl From<ReleaseState> for State {
    fn from(state: ReleaseState) -> Self {
        match state {
            ReleaseState::Rejected => Self::Rejected,
            ReleaseState::Reviewable => Self::Reviewable,
            ReleaseState::Approved => Self::Approved,
            ReleaseState::Canary(_) => Self::Canary,
            ReleaseState::Released => Self::Released,
            ReleaseState::Suspended => Self::Suspended,
            ReleaseState::Superseded => Self::Superseded,
            ReleaseState::RolledBack => Self::RolledBack,
            ReleaseState::Expired => Self::Expired,
            ReleaseState::Revoked => Self::Revoked,
        }
    }
}

impl State {
    /// The word that is kept.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Reviewable => "reviewable",
            Self::Approved => "approved",
            Self::Canary => "canary",
            Self::Released => "released",
            Self::Suspended => "suspended",
            Self::Superseded => "superseded",
            Self::RolledBack => "rolled back",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// How far a revision came in.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RevisionState {
    /// Somebody asked for it.
    Requested,
    /// Its bytes are on their way.
    Fetching,
    /// It could not be fetched.
    Failed,
    /// Its bytes are here, and not inspected yet.
    Quarantined,
    /// It was inspected.
    Inspected,
    /// It is withdrawn for good.
    Revoked,
}

impl From<Intake> for RevisionState {
    fn from(state: Intake) -> Self {
        match state {
            Intake::Requested => Self::Requested,
            Intake::Fetching => Self::Fetching,
            Intake::Failed => Self::Failed,
            Intake::Quarantined => Self::Quarantined,
            Intake::Inspected => Self::Inspected,
            Intake::Revoked => Self::Revoked,
        }
    }
}

/// A whole number, however JSON writes it: `7.0` and `7e0` are 7.
pub(super) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(from: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(from)? else { return Ok(None) };
    let fraction = || number.as_f64().filter(|number| number.fract() == 0.0);
    let whole = number.as_i64().or_else(|| format!("{:.0}", fraction()?).parse().ok());
    let whole = whole.and_then(|whole| T::try_from(whole).ok());
    whole.map(Some).ok_or_else(|| de::Error::custom(format!("`{number}` is no whole number, or too large")))
}

/// How a list is read page by page: `next` of one page is `after` of the following one.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[param(max_length = 4096, pattern = r"^[^\u0000]*$")]
    pub(super) after: String,
    /// Entries of the page at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u32>,
}

/// How many entries of a page are wanted.
pub(super) fn limit(wanted: Option<u32>) -> Answer<u32> {
    let limit = wanted.unwrap_or(PAGE);
    if (1..=PAGE).contains(&limit) {
        return Ok(limit);
    }
    Err(GateError::Invalid(format!("`limit` is 1 to {PAGE}")).into())
}

/// A text in an address: one short line.
pub(super) fn short<'a>(what: &str, text: &'a str) -> Answer<&'a str> {
    if text.chars().count() <= 300 && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    Err(GateError::Invalid(format!("`{what}` is one line of at most 300 characters")).into())
}

impl Paging {
    pub(super) fn limit(&self) -> Answer<u32> {
        begin(&self.after)?;
        limit(self.limit)
    }
}

/// Where a page begins.
pub(super) fn begin(after: &str) -> Answer<&str> {
    if after.chars().count() <= 4096 && !after.contains('\0') {
        return Ok(after);
    }
    Err(GateError::Invalid("`after` is the `next` of the page before".to_owned()).into())
}

impl Cursor {
    /// Where a list that is ordered by time goes on: a moment and an id.
    pub(super) fn place(&self) -> Answer<Option<(i64, &str)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let wrong = || GateError::Invalid("`after` is the `next` of the page before".to_owned());
        Ok(Some(places::moment(&self.0).ok_or_else(wrong)?))
    }
}

/// How a list that is ordered by time is read page by page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PagingByTime {
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[param(inline)]
    pub(super) after: Cursor,
    /// Entries of the page at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    pub(super) limit: Option<u32>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T: ToSchema> {
    pub(super) items: Vec<T>,
    /// `after` of the following page; nothing if this is the last one.
    pub(super) next: Option<String>,
}

/// A model or data set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelLine {
    kind: Repository,
    #[schema(example = "org/name")]
    name: String,
    created: Moment,
}

impl ModelLine {
    pub(super) fn of(model: &crate::store::models::Model) -> Self {
        Self { kind: model.name.kind().into(), name: model.name.to_string(), created: at(model.created) }
    }
}

/// How a model stands in a stage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Standing {
    pub(super) stage: String,
    pub(super) state: State,
}

/// A model in a list, with how it stands in each stage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelStanding {
    #[serde(flatten)]
    pub(super) model: ModelLine,
    /// What serves in each stage, or else what happened there last.
    pub(super) stages: Vec<Standing>,
}

/// A model with the newest of its revisions, releases and requests.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Model {
    #[serde(flatten)]
    pub(super) line: ModelLine,
    /// The newest first.
    pub(super) revisions: Vec<Revision>,
    /// Those of these revisions, by stage.
    pub(super) releases: Vec<Release>,
    /// The newest last.
    pub(super) requests: Vec<Request>,
    /// Whether there are older ones than these.
    pub(super) more: bool,
}

/// A revision of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Revision {
    id: String,
    commit: String,
    /// Where its bytes came from.
    source: String,
    state: RevisionState,
    /// Why it failed or was withdrawn.
    fault: Option<String>,
    /// Digest over all its files.
    digest: Option<String>,
    files: u64,
    bytes: u64,
    created: Moment,
    /// What is in the way of fetching or inspecting it, while the gate goes on trying.
    trouble: Option<Trouble>,
}

impl Revision {
    pub(super) fn of(revision: &revisions::Revision, trouble: Option<&jobs::Trouble>) -> Self {
        Self {
            trouble: trouble.map(Trouble::of),
            id: revision.id.clone(),
            commit: revision.commit.clone(),
            source: revision.source.clone(),
            state: revision.state.into(),
            fault: revision.fault.clone(),
            digest: revision.digest.map(|digest| digest.to_string()),
            files: revision.files,
            bytes: revision.bytes,
            created: at(revision.created),
        }
    }
}

/// What is in the way of something that the gate goes on trying.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Trouble {
    /// Why it did not work the last time.
    why: String,
    /// When it is tried again; nothing while it is.
    next: Option<Moment>,
    /// How often it was tried.
    attempts: u64,
}

impl Trouble {
    fn of(trouble: &jobs::Trouble) -> Self {
        Self { why: trouble.why.clone(), next: trouble.next.map(at), attempts: trouble.attempts }
    }
}

/// A revision with the model it is of and its releases.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionWhole {
    #[serde(flatten)]
    pub(super) revision: Revision,
    pub(super) model: ModelLine,
    /// When the inspection that counts was made.
    pub(super) inspected: Option<Moment>,
    pub(super) releases: Vec<Release>,
    /// The revision that it is a partial view of, if it is one.
    pub(super) view_of: Option<RevisionLine>,
    /// Partial views that were made from it, the newest first.
    pub(super) views: Vec<RevisionLine>,
}

/// Another revision of the same model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionLine {
    id: String,
    commit: String,
    state: RevisionState,
}

impl RevisionLine {
    pub(super) fn of(revision: &revisions::Revision) -> Self {
        let (id, commit) = (revision.id.clone(), revision.commit.clone());
        Self { id, commit, state: revision.state.into() }
    }
}

/// A file of a revision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct File {
    pub(super) path: String,
    size: u64,
    sha256: String,
}

impl File {
    pub(super) fn of(file: &revisions::File) -> Self {
        Self { path: file.path.clone(), size: file.size, sha256: file.sha256.hex() }
    }
}

/// Somebody who has bytes of a revision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pull {
    pub(super) person: String,
    /// When they took some first.
    first: Moment,
    /// When they took some last.
    latest: Moment,
}

impl Pull {
    pub(super) fn of((person, first, latest): &(String, i64, i64)) -> Self {
        Self { person: person.clone(), first: at(*first), latest: at(*latest) }
    }
}

/// Somebody asked for a model in a stage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Request {
    id: String,
    model: String,
    /// The revision as they wrote it.
    revision: String,
    /// The commit that was meant, once the source was asked.
    commit: Option<String>,
    stage: String,
    person: String,
    reason: String,
    created: Moment,
    /// Whether it is known which commit was meant.
    settled: bool,
    /// Why it could not be fetched.
    fault: Option<String>,
    /// What is in the way, while the gate goes on trying.
    trouble: Option<Trouble>,
}

impl Request {
    pub(super) fn of(
        asked: &Asked,
        name: &Name,
        commit: Option<&str>,
        trouble: Option<&jobs::Trouble>,
    ) -> Self {
        Self {
            id: asked.id.clone(),
            model: name.to_string(),
            revision: asked.wanted.clone(),
            commit: commit.map(str::to_owned),
            stage: asked.stage.clone(),
            person: asked.person.clone(),
            reason: asked.reason.clone(),
            created: at(asked.created),
            settled: asked.revision.is_some(),
            fault: asked.fault.clone(),
            trouble: trouble.map(Trouble::of),
        }
    }
}

/// A request with what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestFollowed {
    #[serde(flatten)]
    pub(super) request: Request,
    pub(super) release: Option<Release>,
}

/// What policy says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// Yes.
    Allow,
    /// Not before people approved it.
    #[serde(rename = "needs approval")]
    NeedsApproval,
    /// No.
    Deny,
}

/// What a policy says, and on what.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Reason {
    /// Id of the policy.
    policy: String,
    outcome: Outcome,
    message: String,
    /// Fingerprints of the findings it rests on, as the report names them.
    #[serde(default)]
    findings: Vec<String>,
    /// Some of these findings in words: which rule, in which file.
    #[serde(default)]
    found: Vec<String>,
}

/// A decision of policy.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Decision {
    outcome: Outcome,
    /// The profile it was made under.
    profile: String,
    /// Digest of schema and policies.
    policy: String,
    /// Digest of the facts that policy read.
    facts: String,
    /// Why, worst first.
    reasons: Vec<Reason>,
}

impl Decision {
    pub(super) fn of(decision: &weighhouse_core::Decision) -> Self {
        let outcome = |outcome| match outcome {
            weighhouse_core::Outcome::Allow => Outcome::Allow,
            weighhouse_core::Outcome::NeedsApproval => Outcome::NeedsApproval,
            weighhouse_core::Outcome::Deny => Outcome::Deny,
        };
        let reason = |reason: &weighhouse_core::decision::Reason| Reason {
            policy: reason.policy.clone(),
            outcome: outcome(reason.outcome),
            message: reason.message.clone(),
            findings: reason.findings.iter().map(ToString::to_string).collect(),
            found: Vec::new(),
        };
        Self {
            outcome: outcome(decision.outcome),
            profile: decision.profile.clone(),
            policy: decision.policy.to_string(),
            facts: decision.facts.to_string(),
            reasons: decision.reasons.iter().map(reason).collect(),
        }
    }
}

/// Why a release stands as it does.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Decided {
    /// Whether it may be served.
    release: Decision,
    /// What the bytes alone gave, on which that rests.
    artifact: Decision,
}

/// A revision in a stage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Release {
    id: String,
    kind: Repository,
    model: String,
    stage: String,
    commit: String,
    state: State,
    /// The percent of the users who get it.
    #[schema(minimum = 1, maximum = 100)]
    share: Option<u8>,
    /// Who asked for it first.
    requester: String,
    decision: Option<Decided>,
    /// When it was decided about last.
    decided: Moment,
    /// When it first served somebody.
    served: Option<Moment>,
    created: Moment,
    /// When its state changed last.
    changed: Moment,
}

impl Release {
    pub(super) fn of(release: &releases::Release, name: &Name, commit: &str) -> Self {
        Self {
            id: release.id.clone(),
            kind: name.kind().into(),
            model: name.to_string(),
            stage: release.stage.clone(),
            commit: commit.to_owned(),
            state: release.state.into(),
            share: release.state.share().map(Share::percent),
            requester: release.requester.clone(),
            decision: serde_json::from_str(&release.decision).ok(),
            decided: at(release.decided),
            served: release.served.map(at),
            created: at(release.created),
            changed: at(release.changed),
        }
    }
}

/// A release with the approvals it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseWhole {
    #[serde(flatten)]
    pub(super) release: Release,
    pub(super) approvals: Vec<Approval>,
    /// What an approval binds: the digest of what was found, less what waivers accept, and of the statements of others.
    pub(super) evidence: Option<String>,
    /// The revision that it releases.
    pub(super) revision: String,
}

/// Somebody's consent to these bytes, on this evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Approval {
    person: String,
    comment: String,
    evidence: String,
    at: Moment,
    expires: Moment,
    withdrawn: Option<Moment>,
    /// Whether it counts as things stand.
    counts: bool,
}

impl Approval {
    pub(super) fn of(approval: &releases::Approval, counts: bool) -> Self {
        Self {
            counts,
            person: approval.person.clone(),
            comment: approval.comment.clone(),
            evidence: approval.evidence.clone(),
            at: at(approval.at),
            expires: at(approval.expires),
            withdrawn: approval.withdrawn.map(at),
        }
    }
}

/// Whether a waiver holds.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WaiverState {
    /// It holds.
    Holds,
    /// Its time has not come.
    Ahead,
    /// Its time is over.
    Over,
    /// Somebody took it back.
    Withdrawn,
}

impl From<Phase> for WaiverState {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Holds => Self::Holds,
            Phase::Ahead => Self::Ahead,
            Phase::Over => Self::Over,
            Phase::Withdrawn => Self::Withdrawn,
        }
    }
}

/// Findings of a model that somebody accepts, for a time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Waiver {
    id: String,
    kind: Repository,
    model: String,
    /// Digest of the only bytes it is for.
    digest: Option<String>,
    /// The only stage it is for.
    stage: Option<String>,
    rules: Vec<String>,
    /// Fingerprints of findings, as the report names them.
    findings: Vec<String>,
    /// Who answers for it.
    owner: String,
    reason: String,
    /// Who gave it.
    giver: String,
    given: Moment,
    begins: Moment,
    expires: Moment,
    withdrawn: Option<Moment>,
    state: WaiverState,
}

impl Waiver {
    pub(super) fn of(waiver: &waivers::Waiver, name: &Name, now: i64) -> Self {
        Self {
            id: waiver.id.clone(),
            kind: name.kind().into(),
            model: name.to_string(),
            digest: waiver.digest.clone(),
            stage: waiver.stage.clone(),
            rules: waiver.rules.iter().cloned().collect(),
            findings: waiver.findings.iter().cloned().collect(),
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            giver: waiver.giver.clone(),
            given: at(waiver.given),
            begins: at(waiver.begins),
            expires: at(waiver.expires),
            withdrawn: waiver.withdrawn.map(at),
            state: waiver.phase(now).into(),
        }
    }
}

/// A waiver that was just given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewWaiver {
    #[serde(flatten)]
    pub(super) waiver: Waiver,
    /// How many findings of what is here now it accepts.
    pub(super) accepts: u64,
    /// What whoever gave it should know: rules that are none.
    pub(super) notes: Vec<String>,
}

/// A signed statement of somebody else about a revision, without its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Attestation {
    id: String,
    /// Digest of the envelope.
    digest: String,
    /// The predicate type.
    kind: String,
    /// The result that it tells; empty if it tells none.
    result: String,
    /// The name of the key that signed it, as the configuration of the gate calls it.
    signer: String,
    /// Who brought it.
    person: String,
    at: Moment,
    withdrawn: Option<Moment>,
    /// Whether it is believed as things stand.
    counts: bool,
}

impl Attestation {
    pub(super) fn of(kept: &attestations::Attestation, counts: bool) -> Self {
        Self {
            id: kept.id.clone(),
            digest: kept.digest.to_string(),
            kind: kept.kind.clone(),
            result: kept.result.clone(),
            signer: kept.signer.clone(),
            person: kept.person.clone(),
            at: at(kept.at),
            withdrawn: kept.withdrawn.map(at),
            counts,
        }
    }
}

/// A release bundle that was given out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bundle {
    id: String,
    stage: String,
    /// Who took it.
    person: String,
    issued: Moment,
    expires: Moment,
}

impl Bundle {
    pub(super) fn of(bundle: &bundles::Bundle) -> Self {
        Self {
            id: bundle.id.clone(),
            stage: bundle.stage.clone(),
            person: bundle.person.clone(),
            issued: at(bundle.issued),
            expires: at(bundle.expires),
        }
    }
}

/// Somebody whom the gate knows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Person {
    pub(super) name: String,
    roles: Vec<String>,
    created: Moment,
    /// Whether they are shut out.
    disabled: bool,
}

impl Person {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            roles: account.roles.iter().cloned().collect(),
            created: at(account.created),
            disabled: account.disabled,
        }
    }
}

/// Somebody, with what policy lets them do with a model of no name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonWhole {
    #[serde(flatten)]
    pub(super) person: Person,
    pub(super) may: Vec<Right>,
}

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Token {
    id: String,
    person: String,
    label: String,
    /// The only stage it is good for.
    stage: Option<String>,
    /// Whether an agent has it, that acts for the person with less than their rights.
    agent: bool,
    created: Moment,
    expires: Moment,
    /// About when it was used last.
    used: Option<Moment>,
    revoked: Option<Moment>,
}

impl Token {
    pub(super) fn of(token: &people::Token, used: Option<i64>) -> Self {
        Self {
            id: token.id.clone(),
            person: token.person.clone(),
            label: token.label.clone(),
            stage: token.stage.clone(),
            agent: token.agent,
            created: at(token.created),
            expires: at(token.expires),
            used: used.map(at),
            revoked: token.revoked.map(at),
        }
    }
}

/// A token that was just issued.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewToken {
    #[serde(flatten)]
    pub(super) issued: Token,
    /// Its text. It is shown here and never again.
    #[schema(example = "hf_wh…")]
    pub(super) token: String,
}

/// Who calls, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Whoami {
    name: String,
    roles: Vec<String>,
    token: Token,
    /// Whether this request is an agent's: by its token, or by its own word (the header `weighhouse-agent`).
    agent: bool,
    /// What policy lets them do with a model of no name. Policies may make exceptions for some models.
    may: Vec<Right>,
}

impl Whoami {
    pub(super) fn of(caller: &identity::Caller, may: Vec<Right>) -> Self {
        Self {
            name: caller.person.name.clone(),
            roles: caller.person.roles.iter().cloned().collect(),
            token: Token::of(&caller.token, None),
            agent: caller.person.agent,
            may,
        }
    }
}
