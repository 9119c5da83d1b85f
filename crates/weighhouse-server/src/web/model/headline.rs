//! How a model stands in each stage, and what that means for whoever looks.

use weighhouse_core::ReleaseState;
use weighhouse_policy::Access;

use super::address;
use crate::gate::Gate;
use crate::name::Name;
use crate::store::jobs::Trouble;
use crate::store::models::{Asked, Model};
use crate::store::releases::Release;
use crate::store::revisions::Revision;
use crate::waits::Waits;
use crate::web::visitor::Visitor;
use crate::web::words::{Moment, Prose, Tone, short, state, trouble};

/// The verdict for whoever looks.
pub(super) struct Headline {
    pub(super) tone: Tone,
    pub(super) word: String,
    pub(super) title: String,
    pub(super) text: Prose,
    /// How to get it, if they may.
    pub(super) command: Option<String>,
}

/// A stage, and what it gives its users.
pub(super) struct StageCard {
    pub(super) name: String,
    /// The stage of whoever looks.
    pub(super) own: bool,
    pub(super) word: String,
    pub(super) tone: Tone,
    pub(super) text: Prose,
    pub(super) revision: Option<Link>,
    pub(super) since: Option<Moment>,
    /// A newer revision that waits, or is tried.
    pub(super) next: Option<Link>,
    pub(super) may_roll_back: bool,
    state: Option<ReleaseState>,
    busy: bool,
}

pub(super) struct Link {
    pub(super) href: String,
    pub(super) text: String,
    /// What it is, for a link that is more than a commit.
    pub(super) word: String,
}

/// The stages, in their order.
pub(super) fn cards(
    gate: &Gate,
    visitor: &Visitor,
    model: &Model,
    releases: &[Release],
    revisions: &[Revision],
    (requests, held): (&[Asked], &Waits),
) -> Vec<StageCard> {
    let may_promote = visitor.may(gate, Access::Promote, model.name.as_str());
    let own = gate.own_stage(&visitor.caller);
    let link = |release: &Release| {
        let revision = revisions.iter().find(|revision| revision.id == release.revision)?;
        let href = format!("{}?revision={}#{}", address(&model.name), revision.commit, release.stage);
        Some(Link { href, text: short(&revision.commit), word: state(release.state).0 })
    };
    let card = |name: &str| {
        let mine: Vec<&Release> = releases.iter().filter(|release| release.stage == name).collect();
        let with = |wanted: fn(ReleaseState) -> bool| {
            mine.iter().copied().filter(|release| wanted(release.state)).max_by_key(|release| release.moved)
        };
        let released = with(|state| state == ReleaseState::Released);
        let canary = with(|state| matches!(state, ReleaseState::Canary(_)));
        let current = released.or(canary).or_else(|| with(|_| true));
        let waits = |state: ReleaseState| matches!(state, ReleaseState::Reviewable | ReleaseState::Approved);
        let next = canary
            .or_else(|| with(waits))
            .filter(|next| current.is_some_and(|current| current.id != next.id && current.state.serves()));
        let served =
            current.is_some_and(|current| current.state.serves() || current.state == ReleaseState::Suspended);
        let (word, tone, text, busy) = if let Some(current) = current {
            let (word, tone) = state(current.state);
            (word, tone, Prose::new(meaning(current.state)), false)
        } else {
            let last = requests.iter().rev().find(|asked| asked.stage == name);
            not_released(last, last.and_then(|last| held.of_request(last)), gate.now())
        };
        StageCard {
            name: name.to_owned(),
            own: name == own,
            word,
            tone,
            text,
            revision: current.and_then(link),
            since: current.map(|current| Moment::ago(current.changed, gate.now())),
            next: next.and_then(link),
            may_roll_back: may_promote && served,
            state: current.map(|current| current.state),
            busy,
        }
    };
    gate.settings.stages.iter().map(|stage| card(&stage.name)).collect()
}

/// What a state means for users.
fn meaning(state: ReleaseState) -> &'static str {
    match state {
        ReleaseState::Rejected => "Policy forbids it.",
        ReleaseState::Reviewable => "Somebody must look at it and approve it.",
        ReleaseState::Approved => "Policy allows it. Somebody decides when it is served.",
        ReleaseState::Canary(_) => "A part of the users gets it, the others what was there before.",
        ReleaseState::Released => "Everybody gets this revision.",
        ReleaseState::Suspended => "It was served, and policy does not allow it any more.",
        ReleaseState::Superseded | ReleaseState::RolledBack | ReleaseState::Expired => {
            "It was served before, and is not any more."
        }
        ReleaseState::Revoked => "It must not be used. Delete copies of it.",
    }
}

fn not_released(last: Option<&Asked>, in_the_way: Option<&Trouble>, now: i64) -> (String, Tone, Prose, bool) {
    match last {
        Some(Asked { fault: Some(fault), .. }) => {
            ("Could not be fetched".to_owned(), Tone::Fail, Prose::sentence(fault), false)
        }
        Some(_) => {
            let fetched = "It is fetched and inspected; that takes a while.";
            in_the_way.map_or_else(
                || ("In quarantine".to_owned(), Tone::Quiet, Prose::new(fetched), true),
                |in_the_way| ("Held up".to_owned(), Tone::Review, trouble(in_the_way, now), true),
            )
        }
        None => ("Not released".to_owned(), Tone::Quiet, Prose::new("Nobody asked for it here."), false),
    }
}

/// What all this means for whoever looks: their stage decides.
pub(super) fn headline(gate: &Gate, visitor: &Visitor, name: &Name, stages: &[StageCard]) -> Headline {
    let Some(own) = stages.iter().find(|card| card.own) else { return Headline::unknown(name) };
    let elsewhere: Vec<&str> = stages
        .iter()
        .filter(|card| !card.own && card.state.is_some_and(ReleaseState::serves))
        .map(|card| card.name.as_str())
        .collect();
    let title = match own.state {
        Some(ReleaseState::Released) => "You may use it",
        Some(ReleaseState::Canary(_)) => "It is tried with some users",
        Some(ReleaseState::Approved) => "It is approved, and not served yet",
        Some(ReleaseState::Reviewable) => "It must be approved first",
        Some(ReleaseState::Rejected) => "It must not be used",
        Some(ReleaseState::Suspended) => "It must not be used any more",
        Some(ReleaseState::Revoked) => "It is withdrawn and must not be used",
        Some(ReleaseState::Superseded | ReleaseState::RolledBack | ReleaseState::Expired) => {
            "It is not served any more"
        }
        None if own.busy && own.tone == Tone::Review => "It is not here yet",
        None if own.busy => "It is fetched and inspected",
        None if own.tone == Tone::Fail => "It could not be fetched",
        None => "It is not released for you",
    };
    let mut text = format!("In `{}`, your stage", own.name);
    if !elsewhere.is_empty() {
        text.push_str(". Served in ");
        text.push_str(&elsewhere.iter().map(|stage| format!("`{stage}`")).collect::<Vec<_>>().join(" and "));
    }
    let may_download = visitor.may(gate, Access::Download, name.as_str());
    let served = own.state == Some(ReleaseState::Released) && may_download;
    let kind = if name.kind() == crate::name::Kind::Dataset { " --repo-type dataset" } else { "" };
    Headline {
        tone: own.tone,
        word: own.word.clone(),
        title: title.to_owned(),
        text: Prose::sentence(&text),
        command: served.then(|| format!("HF_ENDPOINT={} hf download {name}{kind}", gate.settings.address)),
    }
}

impl Headline {
    /// Nobody asked for it.
    pub(super) fn unknown(name: &Name) -> Self {
        let what = match name.kind() {
            crate::name::Kind::Model => "model",
            crate::name::Kind::Dataset => "data set",
        };
        Self {
            tone: Tone::Quiet,
            word: "Not vetted".to_owned(),
            title: "Nobody asked for it yet".to_owned(),
            text: Prose::new(&format!(
                "This {what} was never inspected here, so nobody gets it from the gate."
            )),
            command: None,
        }
    }
}
