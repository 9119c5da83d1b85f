//! Releases: how a revision of a model comes in, and in which stages it may be used.
//!
//! Two small state machines. A *revision* comes in once ([`Intake`]); in each *stage* (research, production…) a release of
//! it has a life of its own ([`ReleaseState`]). Both move by one function only, and a release is served in no other way
//! than by a decision that allows it: [`ReleaseState::serves`] is true only if the last decision was [`Outcome::Allow`].

use std::fmt;
use std::str::FromStr;

use crate::decision::Outcome;

/// How far a revision has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intake {
    /// Somebody asked for it.
    Requested,
    /// Its bytes are on their way.
    Fetching,
    /// It could not be fetched; asking again tries again.
    Failed,
    /// Its bytes are here, and nobody may have them.
    Quarantined,
    /// It was inspected; decisions can be made.
    Inspected,
    /// It was withdrawn for good, in every stage.
    Revoked,
}

/// What happens to a revision on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntakeEvent {
    /// Somebody asks for it, perhaps again.
    Request,
    /// A worker begins to fetch it.
    Fetch,
    /// Fetching failed for good.
    Fail,
    /// All bytes are here, checked against the digests that were declared.
    Arrive,
    /// An inspection is complete, the first one or another one.
    Inspect,
    /// It is withdrawn for good.
    Revoke,
}

/// A move that the state machine does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` is not possible: the state is `{state}`")]
pub struct Refused {
    /// Where it stands.
    pub state: &'static str,
    /// What was wanted.
    pub event: &'static str,
}

impl Intake {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Requested, Self::Fetching, Self::Failed, Self::Quarantined, Self::Inspected, Self::Revoked];

    /// The word by which it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Fetching => "fetching",
            Self::Failed => "failed",
            Self::Quarantined => "quarantined",
            Self::Inspected => "inspected",
            Self::Revoked => "revoked",
        }
    }

    /// Where `event` leads.
    ///
    /// # Errors
    /// If it leads nowhere from here.
    pub fn after(self, event: IntakeEvent) -> Result<Self, Refused> {
        match (self, event) {
            (Self::Revoked, _) => Err(Refused { state: self.as_str(), event: event.as_str() }),
            (_, IntakeEvent::Revoke) => Ok(Self::Revoked),
            (Self::Failed, IntakeEvent::Request) => Ok(Self::Requested),
            (state, IntakeEvent::Request) => Ok(state),
            (Self::Requested | Self::Fetching | Self::Failed, IntakeEvent::Fetch) => Ok(Self::Fetching),
            (Self::Requested | Self::Fetching, IntakeEvent::Fail) => Ok(Self::Failed),
            (Self::Requested | Self::Fetching, IntakeEvent::Arrive) => Ok(Self::Quarantined),
            (Self::Quarantined | Self::Inspected, IntakeEvent::Inspect) => Ok(Self::Inspected),
            _ => Err(Refused { state: self.as_str(), event: event.as_str() }),
        }
    }
}

impl IntakeEvent {
    fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Fetch => "fetch",
            Self::Fail => "fail",
            Self::Arrive => "arrive",
            Self::Inspect => "inspect",
            Self::Revoke => "revoke",
        }
    }
}

/// The share of its users that a release serves, in percent: 1 to 100. Below 100 it is a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u8);

impl Share {
    /// Everybody.
    pub const ALL: Self = Self(100);

    /// `percent` of the users; nothing outside 1 to 100.
    pub fn new(percent: u8) -> Option<Self> {
        (1..=100).contains(&percent).then_some(Self(percent))
    }

    /// In percent.
    pub fn percent(self) -> u8 {
        self.0
    }
}

/// Where a revision stands in one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReleaseState {
    /// Policy denies it.
    Rejected,
    /// Policy asks for something that people can still give.
    Reviewable,
    /// Policy allows it; nobody is served yet.
    Approved,
    /// It serves a part of the users; the rest has what was there before.
    Canary(Share),
    /// It serves everybody.
    Released,
    /// It served, and policy does not allow it any more.
    Suspended,
    /// Another revision took its place.
    Superseded,
    /// It was taken back for the one before it.
    RolledBack,
    /// Its time is over.
    Expired,
    /// The revision was withdrawn for good.
    Revoked,
}

/// What happens to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReleaseEvent {
    /// Policy decided, for the first time or again.
    Decide(Outcome),
    /// Serve it to this share of the users. Policy has just decided like this.
    Promote(Share, Outcome),
    /// Another revision takes its place.
    Supersede,
    /// It is taken back.
    RollBack,
    /// Its time is over.
    Expire,
    /// The revision is withdrawn.
    Revoke,
}

impl ReleaseState {
    /// Where a release begins.
    pub fn begin(decision: Outcome) -> Self {
        match decision {
            Outcome::Allow => Self::Approved,
            Outcome::NeedsApproval => Self::Reviewable,
            Outcome::Deny => Self::Rejected,
        }
    }

    /// Whether its bytes are given to anybody.
    pub fn serves(self) -> bool {
        matches!(self, Self::Canary(_) | Self::Released)
    }

    /// The word by which it is stored and shown; the share of a canary is told beside it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Reviewable => "reviewable",
            Self::Approved => "approved",
            Self::Canary(_) => "canary",
            Self::Released => "released",
            Self::Suspended => "suspended",
            Self::Superseded => "superseded",
            Self::RolledBack => "rolled back",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// The share of the users it is meant for, if it serves.
    pub fn share(self) -> Option<Share> {
        match self {
            Self::Canary(share) => Some(share),
            Self::Released => Some(Share::ALL),
            _ => None,
        }
    }

    /// Reads what [`as_str`](Self::as_str) and [`share`](Self::share) wrote.
    pub fn parse(word: &str, percent: Option<u8>) -> Option<Self> {
        Some(match word {
            "rejected" => Self::Rejected,
            "reviewable" => Self::Reviewable,
            "approved" => Self::Approved,
            "canary" => Self::Canary(Share::new(percent?)?),
            "released" => Self::Released,
            "suspended" => Self::Suspended,
            "superseded" => Self::Superseded,
            "rolled back" => Self::RolledBack,
            "expired" => Self::Expired,
            "revoked" => Self::Revoked,
            _ => return None,
        })
    }

    /// Where `event` leads. The only way by which a release changes.
    ///
    /// # Errors
    /// If it leads nowhere from here; promotion, too, unless policy has just allowed it.
    pub fn after(self, event: ReleaseEvent) -> Result<Self, Refused> {
        use ReleaseEvent as Event;
        let refused = Err(Refused { state: self.as_str(), event: event.as_str() });
        match (self, event) {
            (Self::Revoked, _) => refused,
            (_, Event::Revoke) => Ok(Self::Revoked),
            (_, Event::Decide(outcome)) => Ok(self.decided(outcome)),
            (Self::Rejected | Self::Reviewable | Self::Suspended, Event::Promote(..)) => refused,
            (_, Event::Promote(share, Outcome::Allow)) if share == Share::ALL => Ok(Self::Released),
            (Self::Released, Event::Promote(..)) => refused,
            (_, Event::Promote(share, Outcome::Allow)) => Ok(Self::Canary(share)),
            (_, Event::Promote(..)) => refused,
            (Self::Canary(_) | Self::Released, Event::Supersede) => Ok(Self::Superseded),
            (Self::Canary(_) | Self::Released | Self::Suspended, Event::RollBack) => Ok(Self::RolledBack),
            (Self::Rejected | Self::Superseded | Self::RolledBack | Self::Expired, Event::Expire) => refused,
            (_, Event::Expire) => Ok(Self::Expired),
            (_, Event::Supersede | Event::RollBack) => refused,
        }
    }

    /// A decision moves what waits, and suspends what serves against it. It never makes anything serve.
    fn decided(self, outcome: Outcome) -> Self {
        match self {
            Self::Rejected | Self::Reviewable | Self::Approved => Self::begin(outcome),
            Self::Canary(_) | Self::Released if outcome != Outcome::Allow => Self::Suspended,
            Self::Suspended if outcome == Outcome::Allow => Self::Approved,
            // What no longer serves stays out until somebody promotes it again, which asks policy anew.
            _ => self,
        }
    }
}

impl ReleaseEvent {
    fn as_str(self) -> &'static str {
        match self {
            Self::Decide(_) => "decide",
            Self::Promote(..) => "promote",
            Self::Supersede => "supersede",
            Self::RollBack => "roll back",
            Self::Expire => "expire",
            Self::Revoke => "revoke",
        }
    }
}

impl fmt::Display for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary(share) => write!(f, "canary {} %", share.percent()),
            _ => f.pad(self.as_str()),
        }
    }
}

/// A text that is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state of a revision")]
pub struct InvalidIntake(String);

impl FromStr for Intake {
    type Err = InvalidIntake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| InvalidIntake(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOMES: [Outcome; 3] = [Outcome::Allow, Outcome::NeedsApproval, Outcome::Deny];

    fn events() -> Vec<ReleaseEvent> {
        let mut events =
            vec![ReleaseEvent::Supersede, ReleaseEvent::RollBack, ReleaseEvent::Expire, ReleaseEvent::Revoke];
        for outcome in OUTCOMES {
            events.push(ReleaseEvent::Decide(outcome));
            events
                .extend([1, 10, 100].map(|share| ReleaseEvent::Promote(Share::new(share).unwrap(), outcome)));
        }
        events
    }

    /// Every state that can be reached, with the last decision: the whole machine, not a sample.
    fn reachable() -> Vec<(ReleaseState, Outcome)> {
        let mut seen: Vec<_> = OUTCOMES.map(|outcome| (ReleaseState::begin(outcome), outcome)).to_vec();
        let mut at = 0;
        while let Some((state, last)) = seen.get(at).copied() {
            at += 1;
            for event in events() {
                let Ok(next) = state.after(event) else { continue };
                let last = match event {
                    ReleaseEvent::Decide(outcome) | ReleaseEvent::Promote(_, outcome) => outcome,
                    _ => last,
                };
                if !seen.contains(&(next, last)) {
                    seen.push((next, last));
                }
            }
        }
        seen
    }

    #[test]
    fn nothing_serves_against_the_last_decision() {
        let all = reachable();
        assert!(all.len() > 12, "{all:?}");
        for (state, last) in all {
            assert!(!state.serves() || last == Outcome::Allow, "{state} after {last}");
        }
    }

    #[test]
    fn revocation_is_final_and_always_possible() {
        for (state, _) in reachable() {
            if state == ReleaseState::Revoked {
                for event in events() {
                    assert!(state.after(event).is_err(), "{event:?}");
                }
            } else {
                assert_eq!(state.after(ReleaseEvent::Revoke), Ok(ReleaseState::Revoked));
            }
        }
        for state in Intake::ALL.into_iter().filter(|state| *state != Intake::Revoked) {
            assert_eq!(state.after(IntakeEvent::Revoke), Ok(Intake::Revoked));
        }
        assert!(Intake::Revoked.after(IntakeEvent::Request).is_err());
    }

    #[test]
    fn a_worse_decision_never_leads_to_a_looser_state() {
        let rank =
            |state: ReleaseState| usize::from(state.serves()) + usize::from(state == ReleaseState::Approved);
        for (state, _) in reachable() {
            let after = OUTCOMES.map(|outcome| state.after(ReleaseEvent::Decide(outcome)).map(rank));
            let [Ok(allow), Ok(review), Ok(deny)] = after else { continue };
            assert!(allow >= review && review >= deny, "{state}: {after:?}");
        }
    }

    #[test]
    fn states_read_back_what_they_write() {
        for (state, _) in reachable() {
            assert_eq!(ReleaseState::parse(state.as_str(), state.share().map(Share::percent)), Some(state));
        }
        for state in Intake::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!(ReleaseState::parse("canary", None), None);
        assert_eq!(ReleaseState::parse("canary", Some(0)), None);
        assert_eq!(Share::new(101), None);
    }

    #[test]
    fn bytes_are_inspected_before_anything_else_happens_to_them() {
        let arrived =
            Intake::Requested.after(IntakeEvent::Fetch).unwrap().after(IntakeEvent::Arrive).unwrap();
        assert_eq!(arrived, Intake::Quarantined);
        assert_eq!(arrived.after(IntakeEvent::Inspect), Ok(Intake::Inspected));
        assert!(Intake::Requested.after(IntakeEvent::Inspect).is_err());
        assert!(Intake::Inspected.after(IntakeEvent::Arrive).is_err());
    }
}
