//! What happened that somebody may want to be told: the words for it, and what is told. An event is made by the change it tells of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Digest, ReleaseState};

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventKind {
    /// Somebody asked for a model.
    Requested,
    /// A model could not be fetched.
    FetchFailed,
    /// Policy denies a release.
    Rejected,
    /// A release was inspected, and people can go on.
    Reviewable,
    /// Approvals are missing.
    ApprovalNeeded,
    /// Policy allows a release that waits to be promoted.
    Approved,
    /// A release is tried with a part of its users.
    Canary,
    /// A canary was stopped.
    CanaryHalted,
    /// A release serves everybody.
    Released,
    /// What served must not be used for now.
    Suspended,
    /// What served was taken back.
    RolledBack,
    /// The time of a release is over.
    Expired,
    /// A revision was withdrawn for good.
    Revoked,
    /// Log and tables do not agree.
    AuditFault,
    /// A webhook is tried.
    Test,
}

impl EventKind {
    /// All that happen by themselves.
    pub(crate) const ALL: [Self; 14] = [
        Self::Requested,
        Self::FetchFailed,
        Self::Rejected,
        Self::Reviewable,
        Self::ApprovalNeeded,
        Self::Approved,
        Self::Canary,
        Self::CanaryHalted,
        Self::Released,
        Self::Suspended,
        Self::RolledBack,
        Self::Expired,
        Self::Revoked,
        Self::AuditFault,
    ];

    /// The word by which it is stored, sent and chosen.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "request.opened",
            Self::FetchFailed => "request.failed",
            Self::Rejected => "release.rejected",
            Self::Reviewable => "release.reviewable",
            Self::ApprovalNeeded => "approval.needed",
            Self::Approved => "release.approved",
            Self::Canary => "canary.started",
            Self::CanaryHalted => "canary.halted",
            Self::Released => "release.released",
            Self::Suspended => "release.suspended",
            Self::RolledBack => "release.rolled-back",
            Self::Expired => "release.expired",
            Self::Revoked => "revision.revoked",
            Self::AuditFault => "audit.fault",
            Self::Test => "webhook.test",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no kind of event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no event `{0}`; there are {list}", list = EventKind::ALL.map(EventKind::as_str).join(", "))]
pub(crate) struct UnknownKind(String);

impl FromStr for EventKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().chain([Self::Test]).find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// What is told of an event. What does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// Number of the record of the audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<u64>,
    /// `models` or `datasets`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) commit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) stage: String,
    /// Id of the release.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) release: String,
    /// Id of the revision.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) revision: String,
    /// State of the release before and after.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) before: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) state: String,
    /// What policy says, worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reasons: Vec<String>,
    /// What somebody wrote about it, or what went wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) why: String,
    /// Who asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) requester: String,
    /// What they asked for it for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) asked: String,
    /// Who did it; nobody if the gate did it by itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) by: String,
    /// Whether an agent did it for them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) agent: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: EventKind,
    pub(crate) at: i64,
    pub(crate) facts: Facts,
}

impl Event {
    /// The id is over all that the event says, so that the record of the log that names it covers it.
    pub(crate) fn new(kind: EventKind, at: i64, facts: Facts) -> Self {
        let said = serde_json::json!([kind.as_str(), at, facts]).to_string();
        let id = Digest::of(said.as_bytes()).hex().chars().take(24).collect::<String>();
        Self { id: format!("evt_{id}"), kind, at, facts }
    }
}

/// Reasons of a decision that are told.
const MOST: usize = 8;

/// The messages of a stored decision: those that rest on the bytes, with what was found, before those that follow from them.
pub(crate) fn reasons(decision: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(decision).unwrap_or_default();
    let of = |part: &str| {
        document.pointer(&format!("/{part}/reasons")).and_then(|reasons| reasons.as_array().cloned())
    };
    let reasons = of("artifact").into_iter().chain(of("release")).flatten();
    reasons
        .filter_map(|reason| {
            let message = reason.get("message")?.as_str()?;
            let found = reason.get("found").and_then(Value::as_array).into_iter().flatten();
            let found: Vec<&str> = found.filter_map(Value::as_str).collect();
            Some(if found.is_empty() {
                message.to_owned()
            } else {
                format!("{message} ({})", found.join(", "))
            })
        })
        .collect()
}

/// The same, as they are told.
pub(crate) fn told(decision: &str) -> Vec<String> {
    reasons(decision).iter().take(MOST).map(|reason| printable_within(reason, 300)).collect()
}

/// What a move of a release means to others.
pub(crate) fn of_release(before: Option<ReleaseState>, after: ReleaseState, asks: bool) -> Vec<EventKind> {
    use ReleaseState as State;
    if before == Some(after) {
        return Vec::new();
    }
    let tried = matches!(before, Some(State::Canary(_)));
    let mut kinds = match after {
        State::Rejected => vec![EventKind::Rejected],
        State::Reviewable => vec![EventKind::Reviewable],
        State::Approved => vec![EventKind::Approved],
        State::Canary(_) => vec![EventKind::Canary],
        State::Released => vec![EventKind::Released],
        State::Suspended if tried => vec![EventKind::CanaryHalted],
        State::Suspended => vec![EventKind::Suspended],
        State::RolledBack if tried => vec![EventKind::CanaryHalted],
        State::RolledBack => vec![EventKind::RolledBack],
        State::Expired => vec![EventKind::Expired],
        // What took its place is told, and so is the revision that was withdrawn.
        State::Superseded | State::Revoked => Vec::new(),
    };
    if asks && matches!(after, State::Reviewable | State::Suspended) {
        kinds.push(EventKind::ApprovalNeeded);
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::{Event, EventKind, Facts, of_release};
    use weighhouse_core::{ReleaseState, Share};

    #[test]
    fn words_and_kinds_are_one_to_one() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("release.eaten".parse::<EventKind>().is_err());
    }

    #[test]
    fn an_id_is_of_everything_that_is_said() {
        let facts = Facts { model: "a/b".to_owned(), ..Facts::default() };
        let event = Event::new(EventKind::Released, 1, facts.clone());
        assert_eq!(event.id, Event::new(EventKind::Released, 1, facts.clone()).id);
        assert_ne!(event.id, Event::new(EventKind::Revoked, 1, facts.clone()).id);
        assert_ne!(event.id, Event::new(EventKind::Released, 2, facts.clone()).id);
        let other = Facts { record: Some(1), ..facts };
        assert_ne!(event.id, Event::new(EventKind::Released, 1, other).id);
    }

    #[test]
    fn a_canary_that_stops_is_halted_and_a_release_is_suspended() {
        let canary = Share::new(10).map(ReleaseState::Canary);
        assert_eq!(of_release(canary, ReleaseState::Suspended, false), [EventKind::CanaryHalted]);
        assert_eq!(of_release(canary, ReleaseState::RolledBack, false), [EventKind::CanaryHalted]);
        let released = Some(ReleaseState::Released);
        assert_eq!(
            of_release(released, ReleaseState::Suspended, true),
            [EventKind::Suspended, EventKind::ApprovalNeeded]
        );
        assert_eq!(of_release(released, ReleaseState::Released, true), []);
    }
}
