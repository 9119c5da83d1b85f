//! One revision: what was found in it, what was decided about it, what somebody may do with it, and who has it.

use weighhouse_core::words::{bytes, grouped, plural};
use weighhouse_core::{Intake, ReleaseState};
use weighhouse_policy::Access;

use super::view::{MadeFrom, Offer, ViewLine};
use super::{Reason, reasons};
use crate::error::Result;
use crate::gate::Gate;
use crate::store::attestations::Attestation;
use crate::store::models::Model;
use crate::store::releases::{Approval, Lapse, Release};
use crate::store::revisions::{File, Revision};
use crate::store::waivers::{self, Waiver};
use crate::web::report::{FileStatus, Found};
use crate::web::views::new_address;
use crate::web::visitor::Visitor;
use crate::web::waivers::Line as WaiverLine;
use crate::web::words::{Moment, Prose, Tone, short, shown, state};
use crate::workflow::{Ground, Known, Without};

/// Files and downloads that a page shows.
const FILES: usize = 200;
const PULLS: usize = 200;
/// Waivers and statements of others that a page shows.
const STATEMENTS: usize = 20;

pub(super) struct RevisionView {
    pub(super) id: String,
    pub(super) commit: String,
    pub(super) short: String,
    pub(super) source: String,
    pub(super) state: String,
    pub(super) tone: Tone,
    pub(super) fault: Option<Prose>,
    /// Whether somebody withdrew it for good.
    pub(super) withdrawn: bool,
    pub(super) digest: Option<String>,
    pub(super) contents: String,
    pub(super) created: Moment,
    pub(super) inspected: Option<Moment>,
    pub(super) releases: Vec<ReleaseView>,
    pub(super) found: Option<Found>,
    pub(super) files: Vec<FileLine>,
    pub(super) more_files: usize,
    pub(super) pulls: Vec<Pull>,
    pub(super) more_pulls: usize,
    pub(super) waivers: Vec<WaiverLine>,
    pub(super) attestations: Vec<AttestationLine>,
    pub(super) may_revoke: bool,
    /// What it is a view of.
    pub(super) view: Option<MadeFrom>,
    pub(super) views: Vec<ViewLine>,
    /// Where a view of it is made.
    pub(super) make_view: Option<String>,
}

/// A decision about the revision in a stage, and what may be done about it.
pub(super) struct ReleaseView {
    pub(super) id: String,
    pub(super) stage: String,
    pub(super) word: String,
    pub(super) tone: Tone,
    pub(super) since: Moment,
    pub(super) decided: Moment,
    pub(super) requester: String,
    pub(super) reasons: Vec<Reason>,
    /// The view that would leave out what the reasons are about.
    pub(super) offer: Option<Offer>,
    pub(super) approvals: Vec<ApprovalLine>,
    /// How many of them count.
    pub(super) counted: usize,
    /// Whether it still waits for approval.
    pub(super) still: bool,
    /// The evidence that an approval would bind, if whoever looks may give one.
    pub(super) approve: Option<String>,
    /// Why they may not, if somebody must.
    pub(super) why_not: Option<&'static str>,
    pub(super) may_withdraw: bool,
    pub(super) may_promote: bool,
    /// Whether a share of users is served already.
    pub(super) canary: bool,
}

pub(super) struct ApprovalLine {
    pub(super) person: String,
    pub(super) comment: String,
    pub(super) at: Moment,
    pub(super) expires: Moment,
    /// Why it does not count.
    pub(super) lapsed: Option<&'static str>,
}

pub(super) struct FileLine {
    pub(super) path: String,
    pub(super) size: String,
    pub(super) sha256: String,
    pub(super) short: String,
    pub(super) status: FileStatus,
}

impl FileLine {
    /// How many findings, in words.
    pub(super) fn findings(&self) -> String {
        plural(self.status.findings as u64, "finding")
    }
}

/// What somebody else states about the revision.
pub(super) struct AttestationLine {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) result: String,
    pub(super) signer: String,
    pub(super) at: Moment,
    /// Whether it is believed as things stand.
    pub(super) counts: bool,
}

pub(super) struct Pull {
    pub(super) person: String,
    pub(super) first: Moment,
    pub(super) latest: Moment,
}

impl RevisionView {
    pub(super) async fn of(
        gate: &Gate,
        visitor: &Visitor,
        model: &Model,
        revision: &Revision,
        releases: &[Release],
    ) -> Result<Self> {
        let now = gate.now();
        let inspected = match &revision.inspection {
            Some(id) => gate.store.inspection(id).await?,
            None => None,
        };
        let found = inspected.as_ref().and_then(|inspected| Found::read(&inspected.report));
        let files = gate.store.files(&revision.id).await?;
        let pulls = gate.store.pullers(&revision.id).await?;
        let mine: Vec<&Release> = releases.iter().filter(|release| release.revision == revision.id).collect();
        let (state, tone) = standing(revision, &mine);
        let may_ask = visitor.may(gate, Access::Request, model.name.as_str());
        let ready = inspected.as_ref().filter(|_| may_ask && revision.state == Intake::Inspected);
        let known = ready
            .filter(|_| mine.iter().any(|release| waits(release)))
            .and_then(|one| Known::read(&one.report));
        let mut views = Vec::with_capacity(mine.len());
        for stage in &gate.settings.stages {
            for release in mine.iter().filter(|release| release.stage == stage.name) {
                let approvals = gate.store.approvals(&release.id).await?;
                let ground = gate.ground_of(revision, &release.stage).await?;
                let (found, known) = (found.as_ref(), known.as_ref().map(|known| (known, files.as_slice())));
                let around = Around { visitor, model, revision, found, known, approvals };
                views.push(around.release(gate, release, ground.as_ref()));
            }
        }
        let waivers = waivers_of(gate, visitor, model, revision).await?;
        let attestations = gate.store.attestations(&revision.id).await?;
        let attestation = |one: &Attestation| attestation_line(gate, one);
        let line = |file: &File| file_line(file, found.as_ref());
        let pull = |(person, first, latest): &(String, i64, i64)| Pull {
            person: shown(person),
            first: Moment::ago(*first, now),
            latest: Moment::ago(*latest, now),
        };
        Ok(Self {
            id: revision.id.clone(),
            commit: revision.commit.clone(),
            short: short(&revision.commit),
            source: shown(&revision.source),
            state,
            tone,
            fault: revision.fault.as_deref().map(|fault| told(fault, revision.state)),
            withdrawn: revision.state == Intake::Revoked,
            digest: revision.digest.map(|digest| digest.to_string()),
            contents: format!("{}, {}", plural(revision.files, "file"), bytes(revision.bytes)),
            created: Moment::exact(revision.created),
            inspected: inspected.as_ref().map(|inspected| Moment::exact(inspected.at)),
            releases: views,
            view: MadeFrom::of(gate, model, revision).await?,
            views: ViewLine::all(gate, model, revision).await?,
            make_view: ready.zip(found.as_ref()).map(|_| new_address(&revision.id, &Without::default())),
            files: files.iter().take(FILES).map(line).collect(),
            more_files: files.len().saturating_sub(FILES),
            pulls: pulls.iter().take(PULLS).map(pull).collect(),
            more_pulls: pulls.len().saturating_sub(PULLS),
            waivers,
            attestations: attestations.iter().rev().take(STATEMENTS).map(attestation).collect(),
            may_revoke: revision.state != Intake::Revoked
                && visitor.may(gate, Access::Revoke, model.name.as_str()),
            found,
        })
    }
}

/// Why a revision is not there any more: in the words of whoever withdrew it, or in ours.
fn told(fault: &str, state: Intake) -> Prose {
    if state == Intake::Revoked {
        return Prose::new(&format!("The reason that was given: {fault}"));
    }
    Prose::sentence(fault)
}

/// The waivers that stand and concern a revision.
async fn waivers_of(
    gate: &Gate,
    visitor: &Visitor,
    model: &Model,
    revision: &Revision,
) -> Result<Vec<WaiverLine>> {
    let now = gate.now();
    let mut connection = gate.store.pool().acquire().await?;
    let standing = waivers::standing(&mut connection, &model.id, now).await?;
    let digest = revision.digest.map(|digest| digest.to_string());
    let concerns = |waiver: &&Waiver| waiver.digest.is_none() || waiver.digest == digest;
    let may_waive = visitor.may(gate, Access::Waive, model.name.as_str());
    let standing = standing.iter().filter(concerns).take(STATEMENTS);
    Ok(standing.map(|waiver| WaiverLine::of(waiver, &model.name, now, may_waive)).collect())
}

fn attestation_line(gate: &Gate, one: &Attestation) -> AttestationLine {
    AttestationLine {
        id: one.id.clone(),
        kind: shown(&one.kind),
        result: shown(&one.result),
        signer: shown(&one.signer),
        at: Moment::ago(one.at, gate.now()),
        counts: gate.trusts(one),
    }
}

fn why_lapsed(lapse: Lapse) -> &'static str {
    match lapse {
        Lapse::Withdrawn => "taken back",
        Lapse::Over => "its time is over",
        Lapse::Changed => "what was found has changed since",
        Lapse::Requester => "given by somebody who asked for it",
        Lapse::Ahead => "dated ahead of this gate's clock",
    }
}

fn file_line(file: &File, found: Option<&Found>) -> FileLine {
    FileLine {
        path: shown(&file.path),
        size: bytes(file.size),
        sha256: file.sha256.hex(),
        short: short(&file.sha256.hex()),
        status: found.map(|found| found.file(&file.path)).unwrap_or_default(),
    }
}

/// How a revision stands, in a word: by its releases, or by how far it came in.
pub(super) fn standing(revision: &Revision, releases: &[&Release]) -> (String, Tone) {
    let quiet = |word: &str| (word.to_owned(), Tone::Quiet);
    match revision.state {
        Intake::Revoked => ("Withdrawn for good".to_owned(), Tone::Fail),
        Intake::Failed => ("Could not be fetched".to_owned(), Tone::Fail),
        Intake::Requested | Intake::Fetching => quiet("Being fetched"),
        Intake::Quarantined => quiet("Being inspected"),
        Intake::Inspected => {
            // What users feel comes first: served, suspended, waiting, the rest.
            let rank = |release: &&&Release| match release.state {
                ReleaseState::Suspended => 0,
                ReleaseState::Released | ReleaseState::Canary(_) => 1,
                ReleaseState::Reviewable | ReleaseState::Approved => 2,
                ReleaseState::Rejected => 3,
                _ => 4,
            };
            releases
                .iter()
                .min_by_key(rank)
                .map_or_else(|| quiet("Inspected"), |release| state(release.state))
        }
    }
}

/// Whether users wait for a release.
fn waits(release: &Release) -> bool {
    use ReleaseState::{Rejected, Reviewable, Suspended};
    matches!(release.state, Rejected | Reviewable | Suspended)
}

/// What stands around a release when it is shown.
struct Around<'a> {
    visitor: &'a Visitor,
    model: &'a Model,
    revision: &'a Revision,
    found: Option<&'a Found>,
    /// What the inspection knows of the files, if whoever looks may make a view of them and some release waits.
    known: Option<(&'a Known, &'a [File])>,
    approvals: Vec<Approval>,
}

impl Around<'_> {
    /// The view that would help while users wait for a release.
    fn offer(&self, release: &Release) -> Option<Offer> {
        let ((known, files), found) = self.known.filter(|_| waits(release)).zip(self.found)?;
        Offer::of(self.revision, &release.decision, found, known, files)
    }

    fn release(&self, gate: &Gate, release: &Release, ground: Option<&Ground>) -> ReleaseView {
        let (now, me) = (gate.now(), &self.visitor.caller.person.name);
        let name = self.model.name.as_str();
        // Without a ground nothing is here that it could be of.
        let lapsed =
            |approval: &Approval| ground.map_or(Some(Lapse::Changed), |ground| ground.lapse(approval, now));
        let mine = |approval: &&Approval| approval.person == *me && approval.withdrawn.is_none();
        let approved = self.approvals.iter().filter(mine).any(|approval| lapsed(approval).is_none());
        let wanted = matches!(release.state, ReleaseState::Reviewable | ReleaseState::Suspended);
        let may_approve = self.visitor.may(gate, Access::Approve, name);
        let why_not = if !wanted || self.revision.state == Intake::Revoked {
            None
        } else if ground.is_some_and(|ground| ground.is_of(me)) {
            Some("You asked for it, so somebody else must approve it.")
        } else if approved {
            Some("You approved it. If it still waits, somebody else must approve it, too.")
        } else if !may_approve {
            Some("Somebody with the right to approve must look at it.")
        } else {
            None
        };
        let (word, tone) = state(release.state);
        let line = |approval: &Approval| ApprovalLine {
            person: shown(&approval.person),
            comment: shown(&approval.comment),
            at: Moment::ago(approval.at, now),
            expires: Moment::dated(approval.expires, now),
            lapsed: lapsed(approval).map(why_lapsed),
        };
        let canary = matches!(release.state, ReleaseState::Canary(_));
        let told = !matches!(release.state, ReleaseState::Superseded | ReleaseState::RolledBack);
        ReleaseView {
            id: release.id.clone(),
            stage: release.stage.clone(),
            word,
            tone,
            since: Moment::lasting(release.changed, now),
            decided: Moment::exact(release.decided),
            requester: shown(&release.requester),
            reasons: if told { reasons(&release.decision, self.found) } else { Vec::new() },
            offer: self.offer(release),
            still: release.state == ReleaseState::Reviewable,
            counted: self.approvals.iter().filter(|approval| lapsed(approval).is_none()).count(),
            approvals: self.approvals.iter().map(line).collect(),
            approve: ground.filter(|_| wanted && why_not.is_none()).map(|ground| ground.evidence.to_string()),
            why_not,
            may_withdraw: self.approvals.iter().any(|approval| mine(&approval)),
            may_promote: (canary || release.state == ReleaseState::Approved)
                && self.visitor.may(gate, Access::Promote, name),
            canary,
        }
    }
}

impl RevisionView {
    /// Findings that no waiver accepts, in words.
    pub(super) fn findings(&self) -> String {
        let open = self.found.as_ref().map_or(0, Found::open);
        if open == 0 { "No findings".to_owned() } else { plural(open as u64, "finding") }
    }

    /// People who took it, in words.
    pub(super) fn pulled_by(&self) -> String {
        match self.pulls.len() + self.more_pulls {
            0 => "Nobody".to_owned(),
            1 => "1 person".to_owned(),
            many => format!("{} people", grouped(many as u64)),
        }
    }
}
