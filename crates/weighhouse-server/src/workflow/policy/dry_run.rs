//! What other policies would do to the decisions that stand: each is made twice on the same facts, by the policies in force and by the
//! others. Slice by slice, so that neither time nor memory grows with what the gate holds; a slice ends with the place where the next one begins.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use weighhouse_core::release::ReleaseEvent;
use weighhouse_core::{Decision, Outcome, ReleaseState};
use weighhouse_policy::{Access, Facts, Person, PolicySet, Standing, permits, release};

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{Caller, DAY, person};
use crate::name::Name;
use crate::settings::Stage;
use crate::store::StoreError;
use crate::store::pages::Standpoint;
use crate::store::releases::Approval;
use crate::store::revisions::{Inspected, Revision};

/// The states that a decision can stand in, those first that somebody uses.
const STATES: [ReleaseState; 8] = [
    ReleaseState::Released,
    // The share is no part of the word.
    ReleaseState::Canary(weighhouse_core::Share::ALL),
    ReleaseState::Approved,
    ReleaseState::Reviewable,
    ReleaseState::Suspended,
    ReleaseState::Rejected,
    ReleaseState::Superseded,
    ReleaseState::RolledBack,
];
/// Releases that are in memory at a time: their facts may be large.
const BATCH: u32 = 64;
/// People that are remembered at a time.
const PEOPLE: usize = 10_000;

/// Where a slice begins: a state, and the id of the last release of it that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    state: usize,
    after: String,
}

impl Cursor {
    /// As addresses and forms carry it.
    pub(crate) fn write(&self) -> String {
        format!("{}-{}", self.state, self.after)
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let (state, after) = text.split_once('-')?;
        let state = state.parse().ok().filter(|state| *state < STATES.len())?;
        let plain = after.len() <= 64 && after.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| Self { state, after: after.to_owned() })
    }
}

/// What a slice showed.
#[derive(Debug, Default)]
pub(crate) struct DryRun {
    /// Releases that were decided about.
    pub(crate) looked: u64,
    pub(crate) stages: BTreeMap<String, Tally>,
    /// Where the answer is another one.
    pub(crate) changes: Vec<Changed>,
    /// Changes of models that the caller may not see.
    pub(crate) hidden: u64,
    /// Releases that could not be decided about: of stages that are gone, or without a readable inspection.
    pub(crate) undecided: u64,
    /// Where the next slice begins; nothing at the end.
    pub(crate) next: Option<Cursor>,
}

/// How the decisions of a stage change.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) same: u64,
    /// Worse than now.
    pub(crate) blocked: u64,
    /// Of these, what serves and would be suspended.
    pub(crate) suspended: u64,
    /// Allowed, and not now.
    pub(crate) passing: u64,
    /// Better than now, and not allowed.
    pub(crate) eased: u64,
}

/// A release about which the other policies say something else.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) release: String,
    pub(crate) name: Name,
    pub(crate) commit: String,
    pub(crate) stage: String,
    pub(crate) state: ReleaseState,
    /// Where it would go.
    pub(crate) then: ReleaseState,
    pub(crate) before: Outcome,
    pub(crate) after: Outcome,
    /// Why: what the stricter of the two says and the other does not.
    pub(crate) reasons: Vec<(String, String)>,
}

impl Gate {
    /// Decides by `other` about releases from `from` on, until `most` were looked at or the time is over.
    pub(crate) async fn dry_run(
        &self,
        caller: &Caller,
        other: &Arc<PolicySet>,
        from: Cursor,
        most: u64,
        time: Duration,
    ) -> Result<DryRun> {
        self.demand(caller, Access::ChangePolicy, "")?;
        let _turn = self.turn_to_look().await?;
        let (begin, current) = (Instant::now(), self.policies());
        let mut run = DryRun::default();
        let mut people = HashMap::new();
        let mut cursor = from;
        while let Some(state) = STATES.get(cursor.state) {
            let batch = self.store.standpoints(state.as_str(), &cursor.after, BATCH).await?;
            let last = batch.last().map(|one| one.release.id.clone());
            let cases = self.cases(batch, &mut people, &current, other).await?;
            let sets = (Arc::clone(&current), Arc::clone(other));
            let decide =
                move || cases.into_iter().map(|case| case.decide(&sets.0, &sets.1)).collect::<Vec<_>>();
            let decided = tokio::task::spawn_blocking(decide).await;
            for one in decided.map_err(|error| GateError::Internal(error.to_string()))? {
                run.take(one, |name| self.may(&caller.person, Access::View, name));
            }
            cursor = match last {
                Some(after) => Cursor { after, ..cursor },
                None => Cursor { state: cursor.state + 1, after: String::new() },
            };
            if run.looked >= most || begin.elapsed() >= time {
                run.next = (cursor.state < STATES.len()).then_some(cursor);
                break;
            }
        }
        Ok(run)
    }

    /// Looking at policies takes time of the processor; few do it at once.
    pub(super) async fn turn_to_look(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let turn = tokio::time::timeout(Duration::from_secs(30), self.dry_runs.acquire()).await;
        let busy = || GateError::Unavailable("other policies are being looked at; try again".to_owned());
        turn.ok().and_then(std::result::Result::ok).ok_or_else(busy)
    }

    /// What decisions about these releases rest on, under both policies.
    async fn cases(
        &self,
        batch: Vec<Standpoint>,
        people: &mut HashMap<String, Option<Person>>,
        current: &PolicySet,
        other: &PolicySet,
    ) -> Result<Vec<Case>> {
        let ids: Vec<&str> = batch.iter().map(|one| one.release.id.as_str()).collect();
        let mut approvals = self.store.approvals_of_all(&ids).await?;
        let revisions: Vec<&str> = batch.iter().map(|one| one.release.revision.as_str()).collect();
        let revisions = self.store.revisions(&revisions).await?.into_iter();
        let revisions: HashMap<String, Revision> =
            revisions.map(|revision| (revision.id.clone(), revision)).collect();
        let mut cases = Vec::with_capacity(batch.len());
        for one in batch {
            let approvals = approvals.remove(&one.release.id).unwrap_or_default();
            let stage = self.settings.stage(&one.release.stage);
            let revision = revisions.get(&one.release.revision);
            let grounds = match (stage, revision, one.inspected.as_ref()) {
                (Some(stage), Some(revision), Some(inspected)) => {
                    self.grounds(stage, revision, inspected, &approvals, (current, other), people).await?
                }
                _ => None,
            };
            cases.push(Case { one, grounds });
        }
        Ok(cases)
    }

    /// The facts of a release and how it stands, under each of two policies. Nothing, if what is stored of it cannot be read.
    async fn grounds(
        &self,
        stage: &Stage,
        revision: &Revision,
        inspected: &Inspected,
        approvals: &[Approval],
        sets: (&PolicySet, &PolicySet),
        people: &mut HashMap<String, Option<Person>>,
    ) -> Result<Option<Grounds>> {
        let mut connection = self.store.pool().acquire().await?;
        let ground = match self.ground(&mut connection, revision, inspected, &stage.name).await {
            Ok(ground) => ground,
            Err(GateError::Store(StoreError::Corrupt(_))) => return Ok(None),
            Err(error) => return Err(error),
        };
        drop(connection);
        let consenting = self.known(ground.approvers(approvals, self.now()), people).await?;
        let standing = |set: &PolicySet| {
            let able = consenting.iter().filter(|person| permits(set, person, Access::Approve, ""));
            Standing {
                stage: stage.name.clone(),
                kind: ground.name.kind().as_str().to_owned(),
                model: ground.name.as_str().to_owned(),
                verdict: Outcome::Deny,
                approvals: able.clone().count() as u64,
                approver_roles: able.flat_map(|person| person.roles.iter().cloned()).collect(),
                inspected_days: self.now().saturating_sub(inspected.at).div_euclid(DAY),
                waivers: ground.waivers.len() as u64,
                attestations: ground.attestations.clone(),
            }
        };
        let (now, then) = (standing(sets.0), standing(sets.1));
        let facts = Facts { profile: stage.profile.clone(), ..ground.facts };
        Ok(Some(Grounds { facts, now, then }))
    }

    /// People of these names, as far as they are not shut out.
    async fn known(
        &self,
        names: BTreeSet<&str>,
        people: &mut HashMap<String, Option<Person>>,
    ) -> Result<Vec<Person>> {
        let mut known = Vec::new();
        for name in names {
            if people.len() > PEOPLE {
                people.clear();
            }
            if !people.contains_key(name) {
                let account = self.store.account(name).await?.filter(|account| !account.disabled);
                people.insert(name.to_owned(), account.as_ref().map(person));
            }
            known.extend(people.get(name).cloned().flatten());
        }
        Ok(known)
    }
}

/// A release that is to be decided about.
struct Case {
    one: Standpoint,
    grounds: Option<Grounds>,
}

/// What two decisions about a release rest on.
struct Grounds {
    facts: Facts,
    now: Standing,
    then: Standing,
}

/// What the two say of it; nothing if they cannot be asked.
struct Decided {
    one: Standpoint,
    both: Option<Both>,
}

struct Both {
    before: Decision,
    after: Decision,
    reasons: Vec<(String, String)>,
}

impl Case {
    fn decide(self, current: &PolicySet, other: &PolicySet) -> Decided {
        let both = self.grounds.map(|Grounds { facts, now, then }| {
            let (before, after) = (release(current, &facts, &now), release(other, &facts, &then));
            let reasons = reasons_of(&before, &after);
            Both { before: before.release, after: after.release, reasons }
        });
        Decided { one: self.one, both }
    }
}

/// What speaks for the difference: the policies that only the stricter of the two decisions names.
fn reasons_of(
    before: &weighhouse_policy::ReleaseDecision,
    after: &weighhouse_policy::ReleaseDecision,
) -> Vec<(String, String)> {
    let stricter = after.release.outcome >= before.release.outcome;
    let (strict, loose) = if stricter { (after, before) } else { (before, after) };
    let all = |decision: &weighhouse_policy::ReleaseDecision| {
        let both = decision.artifact.reasons.iter().chain(&decision.release.reasons);
        both.map(|reason| (reason.policy.clone(), reason.message.clone())).collect::<Vec<_>>()
    };
    let known = all(loose);
    let mut told: Vec<_> = all(strict).into_iter().filter(|reason| !known.contains(reason)).collect();
    if told.is_empty() {
        // The same policies, of another outcome.
        told = all(strict);
    }
    told
}

impl DryRun {
    fn take(&mut self, decided: Decided, may_see: impl FnOnce(&str) -> bool) {
        self.looked += 1;
        let Decided { one, both } = decided;
        let Some(Both { before, after, reasons }) = both else {
            self.undecided += 1;
            return;
        };
        let tally = self.stages.entry(one.release.stage.clone()).or_default();
        let state = one.release.state;
        let then = state.after(ReleaseEvent::Decide(after.outcome)).unwrap_or(state);
        match after.outcome.cmp(&before.outcome) {
            std::cmp::Ordering::Equal => {
                tally.same += 1;
                return;
            }
            std::cmp::Ordering::Greater => {
                tally.blocked += 1;
                tally.suspended += u64::from(state.serves() && !then.serves());
            }
            std::cmp::Ordering::Less if after.outcome == Outcome::Allow => tally.passing += 1,
            std::cmp::Ordering::Less => tally.eased += 1,
        }
        if !may_see(one.name.as_str()) {
            self.hidden += 1;
            return;
        }
        self.changes.push(Changed {
            release: one.release.id,
            name: one.name,
            commit: one.commit,
            stage: one.release.stage,
            state,
            then,
            before: before.outcome,
            after: after.outcome,
            reasons,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written_and_nothing_else_is() {
        for cursor in [Cursor::default(), Cursor { state: 7, after: "00ff".to_owned() }] {
            assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
        }
        for wrong in ["", "8-", "x-", "1", "0-\0", "0-a'b", "-1-x", &format!("0-{}", "a".repeat(65))] {
            assert_eq!(Cursor::read(wrong), None, "{wrong}");
        }
    }
}
