//! The workflow in small: who may do what, what policy demands, what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Act;

pub(super) const STAGES: [&str; 3] = ["research", "internal", "production"];
pub(super) const CONTENTS: usize = 4;
pub(super) const PEOPLE: [(&str, &[&str]); 6] = [
    ("ada", &["user"]),
    ("bob", &["approver"]),
    ("eve", &["approver", "security"]),
    ("ian", &["approver", "release-manager"]),
    ("max", &["release-manager"]),
    ("zoe", &[]),
];
pub(super) const ROLES: [&[&str]; 5] =
    [&[], &["user"], &["approver"], &["release-manager", "approver"], &["security"]];
const PRODUCTION: usize = 2;

/// What bytes are worth in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    Review,
    Deny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Rejected,
    Reviewable,
    Approved,
    Canary(u8),
    Released,
    Suspended,
    Superseded,
    RolledBack,
    Revoked,
}

#[derive(Debug)]
struct Release {
    state: State,
    /// When it moved last, as a number.
    moved: u64,
    approvals: Vec<Approval>,
}

#[derive(Debug)]
struct Approval {
    person: usize,
    day: i64,
    withdrawn: bool,
}

#[derive(Debug)]
struct Content {
    /// Day of the inspection.
    inspected: Option<i64>,
    revoked: bool,
    /// Who asked for it, by stage, in order.
    requesters: Vec<(usize, usize)>,
}

/// All that is known.
#[derive(Debug)]
pub(super) struct Model {
    today: i64,
    moves: u64,
    /// Nothing: shut out.
    roles: Vec<Option<BTreeSet<&'static str>>>,
    contents: BTreeMap<usize, Content>,
    releases: BTreeMap<(usize, usize), Release>,
    waiting: Option<usize>,
    /// How often something began to serve.
    serving: usize,
}

type Verdicts = BTreeMap<(usize, usize), Verdict>;

impl Model {
    pub(super) fn new() -> Self {
        Self {
            today: 0,
            moves: 0,
            roles: PEOPLE.iter().map(|(_, roles)| Some(roles.iter().copied().collect())).collect(),
            contents: BTreeMap::new(),
            releases: BTreeMap::new(),
            waiting: None,
            serving: 0,
        }
    }

    /// Whether an inspection is still to be made.
    pub(super) fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// The release that a number stands for.
    pub(super) fn numbered(&self, number: usize) -> Option<(usize, usize)> {
        self.releases.keys().nth(number % self.releases.len().max(1)).copied()
    }

    /// As the gate writes them.
    pub(super) fn states(&self) -> BTreeMap<(usize, usize), String> {
        let word = |state: State| match state {
            State::Rejected => "rejected".to_owned(),
            State::Reviewable => "reviewable".to_owned(),
            State::Approved => "approved".to_owned(),
            State::Canary(share) => format!("canary {share}"),
            State::Released => "released".to_owned(),
            State::Suspended => "suspended".to_owned(),
            State::Superseded => "superseded".to_owned(),
            State::RolledBack => "rolled back".to_owned(),
            State::Revoked => "revoked".to_owned(),
        };
        self.releases.iter().map(|(key, release)| (*key, word(release.state))).collect()
    }

    fn has(&self, person: usize, any: &[&str]) -> bool {
        self.roles[person].as_ref().is_some_and(|roles| any.iter().any(|role| roles.contains(role)))
    }

    /// Whether people see models at all.
    fn sees(&self, person: usize) -> bool {
        self.has(person, &["user", "approver", "release-manager", "security", "admin"])
    }

    /// Does it; whether it is possible, and how often something began to serve.
    pub(super) fn act(&mut self, act: &Act, verdicts: &Verdicts) -> (bool, usize) {
        let before = self.serving;
        let done = match *act {
            Act::Import { person, content, stage, inspect } => {
                self.import(person, content, stage) && {
                    if inspect {
                        self.inspect(verdicts);
                    }
                    true
                } || {
                    // What waited is inspected in any case.
                    if inspect {
                        self.inspect(verdicts);
                    }
                    false
                }
            }
            Act::Inspect => {
                self.inspect(verdicts);
                true
            }
            Act::Approve { person, release } => {
                self.numbered(release).is_some_and(|key| self.approve(person, key, verdicts))
            }
            Act::Withdraw { person, release } => {
                self.numbered(release).is_some_and(|key| self.withdraw(person, key, verdicts))
            }
            Act::Promote { person, release, share } => self.numbered(release).is_some_and(|key| {
                self.has(person, &["release-manager"]) && self.promote(key, share, verdicts)
            }),
            Act::RollBack { person, stage } => {
                self.has(person, &["release-manager"]) && self.roll_back(stage, verdicts)
            }
            Act::Revoke { person, content } => {
                self.has(person, &["release-manager", "security"]) && self.revoke(content)
            }
            Act::Roles { person, roles } => {
                self.roles[person] = Some(ROLES[roles].iter().copied().collect());
                true
            }
            Act::ShutOut { person } => self.roles[person].take().is_some(),
            Act::Pass { days } => {
                let passes = self.today + days < 360;
                self.today += if passes { days } else { 0 };
                passes
            }
        };
        (done, self.serving - before)
    }

    fn import(&mut self, person: usize, content: usize, stage: usize) -> bool {
        let known = self.contents.get(&content).is_some_and(|content| content.revoked);
        if known || self.roles[person].is_none() {
            return false;
        }
        let new = || Content { inspected: None, revoked: false, requesters: Vec::new() };
        self.contents.entry(content).or_insert_with(new).requesters.push((stage, person));
        self.waiting = Some(content);
        true
    }

    fn inspect(&mut self, verdicts: &Verdicts) {
        let Some(content) = self.waiting.take() else { return };
        let known = self.contents.get_mut(&content).unwrap();
        if known.revoked {
            return;
        }
        known.inspected = Some(self.today);
        let mut stages: Vec<usize> = Vec::new();
        for (stage, _) in &known.requesters {
            if !stages.contains(stage) {
                stages.push(*stage);
            }
        }
        for stage in stages {
            let key = (content, stage);
            if !self.releases.contains_key(&key) {
                self.moves += 1;
                let state = State::Rejected;
                self.releases.insert(key, Release { state, moved: self.moves, approvals: Vec::new() });
            }
            self.decide(key, verdicts);
        }
    }

    /// What policy says now.
    fn policy(&self, key: (usize, usize), verdicts: &Verdicts) -> Verdict {
        let (content, stage) = key;
        let content = &self.contents[&content];
        let counted: BTreeSet<usize> = self.releases[&key]
            .approvals
            .iter()
            .filter(|approval| {
                !approval.withdrawn
                    && approval.day + 90 > self.today
                    && approval.day <= self.today + 1
                    && self.has(approval.person, &["approver"])
                    && !content.requesters.contains(&(stage, approval.person))
            })
            .map(|approval| approval.person)
            .collect();
        let age = self.today - content.inspected.unwrap();
        match (verdicts[&key], counted.len()) {
            (Verdict::Deny, _) => Verdict::Deny,
            (Verdict::Review, 0) => Verdict::Review,
            (_, ..2) if stage == PRODUCTION => Verdict::Review,
            _ if stage == PRODUCTION && !(-1..=90).contains(&age) => Verdict::Review,
            _ => Verdict::Allow,
        }
    }

    fn set(&mut self, key: (usize, usize), state: State) {
        let release = self.releases.get_mut(&key).unwrap();
        if release.state != state {
            self.moves += 1;
            release.moved = self.moves;
            release.state = state;
        }
    }

    /// Decides anew; stages other than production serve by themselves what is approved.
    fn decide(&mut self, key: (usize, usize), verdicts: &Verdicts) {
        let verdict = self.policy(key, verdicts);
        let state = match (self.releases[&key].state, verdict) {
            (State::Rejected | State::Reviewable | State::Approved, Verdict::Deny) => State::Rejected,
            (State::Rejected | State::Reviewable | State::Approved, Verdict::Review) => State::Reviewable,
            (State::Rejected | State::Reviewable | State::Approved | State::Suspended, Verdict::Allow) => {
                State::Approved
            }
            (State::Canary(_) | State::Released, Verdict::Deny | Verdict::Review) => State::Suspended,
            (other, _) => other,
        };
        self.set(key, state);
        if state == State::Approved && key.1 != PRODUCTION {
            self.serve(key, 100);
        }
    }

    fn serve(&mut self, key: (usize, usize), share: u8) {
        let mut others: Vec<_> =
            self.releases.iter().filter(|(other, _)| other.1 == key.1 && **other != key).collect();
        others.sort_by_key(|(_, release)| release.moved);
        let gives_way = |state| match state {
            State::Canary(_) => true,
            State::Released => share == 100,
            _ => false,
        };
        let others: Vec<_> =
            others.into_iter().filter(|(_, release)| gives_way(release.state)).map(|(key, _)| *key).collect();
        for other in others {
            self.set(other, State::Superseded);
        }
        self.moves += 1;
        let release = self.releases.get_mut(&key).unwrap();
        release.moved = self.moves;
        release.state = if share == 100 { State::Released } else { State::Canary(share) };
        self.serving += 1;
    }

    fn approve(&mut self, person: usize, key: (usize, usize), verdicts: &Verdicts) -> bool {
        let today = self.today;
        let release = &self.releases[&key];
        let again = release
            .approvals
            .iter()
            .any(|given| given.person == person && !given.withdrawn && given.day + 90 > today);
        let open = matches!(release.state, State::Reviewable | State::Approved | State::Suspended);
        let asked = self.contents[&key.0].requesters.contains(&(key.1, person));
        if !self.has(person, &["approver"]) || again || !open || asked {
            return false;
        }
        let approval = Approval { person, day: today, withdrawn: false };
        self.releases.get_mut(&key).unwrap().approvals.push(approval);
        self.decide(key, verdicts);
        true
    }

    fn withdraw(&mut self, person: usize, key: (usize, usize), verdicts: &Verdicts) -> bool {
        if !self.sees(person) {
            return false;
        }
        let approvals = &mut self.releases.get_mut(&key).unwrap().approvals;
        let mut any = false;
        for mine in approvals.iter_mut().filter(|given| given.person == person && !given.withdrawn) {
            mine.withdrawn = true;
            any = true;
        }
        if any {
            self.decide(key, verdicts);
        }
        any
    }

    fn promote(&mut self, key: (usize, usize), share: u8, verdicts: &Verdicts) -> bool {
        let possible = match self.releases[&key].state {
            State::Rejected | State::Reviewable | State::Suspended | State::Revoked => false,
            State::Released => share == 100,
            _ => true,
        };
        let possible = possible && self.policy(key, verdicts) == Verdict::Allow;
        if possible {
            self.serve(key, share);
        }
        possible
    }

    fn roll_back(&mut self, stage: usize, verdicts: &Verdicts) -> bool {
        let mut all: Vec<_> = self.releases.iter().filter(|(key, _)| key.1 == stage).collect();
        all.sort_by_key(|(_, release)| release.moved);
        let all: Vec<_> = all.into_iter().map(|(key, release)| (*key, release.state)).collect();
        let last = |wanted: fn(State) -> bool| all.iter().rev().find(|(_, state)| wanted(*state)).copied();
        let canary = last(|state| matches!(state, State::Canary(_)));
        let current =
            canary.or(last(|state| state == State::Released)).or(last(|state| state == State::Suspended));
        let Some((current, _)) = current else { return false };
        self.set(current, State::RolledBack);
        if canary.is_some() {
            return true;
        }
        let superseded = all.iter().rev().filter(|(_, state)| *state == State::Superseded);
        let before =
            superseded.map(|(key, _)| *key).find(|key| self.policy(*key, verdicts) == Verdict::Allow);
        if let Some(before) = before {
            self.serve(before, 100);
        }
        true
    }

    fn revoke(&mut self, content: usize) -> bool {
        let Some(known) = self.contents.get_mut(&content).filter(|known| !known.revoked) else {
            return false;
        };
        known.revoked = true;
        let keys: Vec<_> = self.releases.keys().filter(|key| key.0 == content).copied().collect();
        for key in keys {
            self.set(key, State::Revoked);
        }
        true
    }
}
