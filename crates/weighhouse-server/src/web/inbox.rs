//! The inbox: what waits for whoever looks, and what became of what they asked for.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use weighhouse_core::{Intake, ReleaseState};
use weighhouse_policy::Access;

use super::model::{address, reasons};
use super::visitor::{Chrome, Visitor};
use super::words::{Moment, Prose, Tone, short, state, trouble};
use super::{Answer, page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::inbox;
use crate::places::{self, NEWEST};
use crate::store::models::Asked;
use crate::store::pages::{Followed, Waiting};
use crate::waits::Waits;

/// Requests that the page follows.
const REQUESTS: u32 = 50;

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    chrome: Chrome,
    parts: Vec<Part>,
    requests: Vec<Line>,
    /// Whether they asked for anything.
    asked: bool,
    /// Whether this is a part of the inbox, and not its beginning.
    goes_on: bool,
    may_ask: bool,
    example: String,
    nothing_waits: bool,
}

/// What waits for one thing to be done.
struct Part {
    id: &'static str,
    title: &'static str,
    verb: &'static str,
    lines: Vec<Line>,
    /// The address of what may wait behind these.
    next: Option<String>,
}

struct Line {
    href: String,
    name: String,
    stage: String,
    state: String,
    tone: Tone,
    commit: String,
    /// What the moment is about.
    lasting: &'static str,
    since: Moment,
    person: Option<String>,
    asked: Option<String>,
    reasons: Vec<Prose>,
}

/// Which part is read on, and from where.
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    part: String,
    #[serde(default)]
    after: String,
}

impl Query {
    /// The part, and the release behind which it goes on; nothing for the whole inbox.
    fn place(&self) -> Result<Option<(inbox::Part, i64, &str)>, GateError> {
        if self.part.is_empty() && self.after.is_empty() {
            return Ok(None);
        }
        let place = inbox::Part::named(&self.part).zip(places::moment(&self.after));
        let (part, (changed, id)) =
            place.ok_or_else(|| GateError::Invalid("an inbox goes on where it ended".to_owned()))?;
        Ok(Some((part, changed, id)))
    }
}

pub(super) async fn show(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    query: axum::extract::Query<Query>,
) -> Answer {
    let person = &visitor.caller.person.name;
    let now = gate.now();
    let on = query.place()?;
    let mut parts = Vec::new();
    for part in inbox::Part::ALL {
        if on.is_some_and(|(only, ..)| only != part) {
            continue;
        }
        let (id, title, verb, lasting) = match part {
            inbox::Part::Approve => ("approve", "To approve", "Review", ", waiting"),
            inbox::Part::Suspended => ("suspended", "Suspended", "See why", ", suspended"),
            inbox::Part::Promote => ("promote", "Approved, to be released", "Release", ", ready"),
            inbox::Part::Canaries => ("canary", "Canaries under way", "Follow", ", tried"),
        };
        let after = on.map(|(_, changed, id)| (changed, id));
        let waiting = inbox::waiting(&gate, &visitor.caller, part, after).await?;
        let lines: Vec<Line> =
            waiting.lines.iter().map(|waiting| waiting_line(waiting, lasting, now)).collect();
        let next =
            waiting.next.map(|next| format!("/?part={}&after={}", part.as_str(), places::tell_moment(&next)));
        if !lines.is_empty() || next.is_some() {
            parts.push(Part { id, title, verb, lines, next });
        }
    }
    let followed = match on {
        Some(_) => Vec::new(),
        None => gate.store.followed(person, NEWEST, REQUESTS).await?,
    };
    let visible = followed.iter().filter(|followed| gate.sees(&visitor.caller, &followed.name));
    let visible: Vec<&Followed> = visible.collect();
    let asked: Vec<&Asked> = visible.iter().map(|followed| &followed.asked).collect();
    let waits = gate.waits(&asked, &[]).await?;
    let requests: Vec<Line> = visible.iter().map(|followed| followed_line(followed, &waits, now)).collect();
    page(&InboxPage {
        chrome: visitor.chrome(&gate, "inbox"),
        nothing_waits: parts.is_empty(),
        parts,
        requests,
        asked: !followed.is_empty(),
        goes_on: on.is_some(),
        may_ask: gate.settings.upstream.is_some() && visitor.may(&gate, Access::Request, ""),
        example: gate.settings.address.clone(),
    })
}

fn waiting_line(waiting: &Waiting, lasting: &'static str, now: i64) -> Line {
    let Waiting { release, name, commit, asked } = waiting;
    let (word, tone) = state(release.state);
    Line {
        href: format!("{}?revision={commit}#{}", address(name), release.stage),
        name: name.to_string(),
        stage: release.stage.clone(),
        state: word,
        tone,
        commit: short(commit),
        lasting,
        since: Moment::lasting(release.changed, now),
        person: Some(release.requester.clone()),
        asked: asked.as_deref().map(super::words::shown).filter(|text| !text.is_empty()),
        reasons: reasons(&release.decision, None).into_iter().map(|reason| reason.message).take(2).collect(),
    }
}

fn followed_line(followed: &Followed, waits: &Waits, now: i64) -> Line {
    let Followed { asked, name, release, .. } = followed;
    let (mut word, mut tone, why) = standing(followed);
    let mut why = why.map(|text| vec![Prose::sentence(text)]);
    if let Some(in_the_way) = waits.of_request(asked).filter(|_| release.is_none() && why.is_none()) {
        (word, tone, why) = ("Held up".to_owned(), Tone::Review, Some(vec![trouble(in_the_way, now)]));
    }
    let told = release.as_ref().filter(|release| {
        matches!(release.state, ReleaseState::Rejected | ReleaseState::Reviewable | ReleaseState::Suspended)
    });
    let reasons = why.unwrap_or_else(|| {
        told.map(|release| reasons(&release.decision, None).into_iter().map(|reason| reason.message).take(2))
            .map(Iterator::collect)
            .unwrap_or_default()
    });
    Line {
        href: format!("{}#{}", address(name), asked.stage),
        name: name.to_string(),
        stage: asked.stage.clone(),
        state: word,
        tone,
        commit: short(&asked.wanted),
        lasting: " asked for",
        since: Moment::ago(asked.created, now),
        person: None,
        asked: Some(super::words::shown(&asked.reason)).filter(|text| !text.is_empty()),
        reasons,
    }
}

/// How far a request came, and what stands in its way.
fn standing(followed: &Followed) -> (String, Tone, Option<&str>) {
    if let Some(fault) = &followed.asked.fault {
        return ("Could not be fetched".to_owned(), Tone::Fail, Some(fault));
    }
    match (followed.intake, &followed.release) {
        (Some(Intake::Revoked), _) => {
            ("Withdrawn for good".to_owned(), Tone::Fail, followed.fault.as_deref())
        }
        (Some(Intake::Failed), _) => {
            ("Could not be fetched".to_owned(), Tone::Fail, followed.fault.as_deref())
        }
        (_, Some(release)) => {
            let (word, tone) = state(release.state);
            (word, tone, None)
        }
        (Some(Intake::Quarantined | Intake::Inspected), None) => {
            ("Being inspected".to_owned(), Tone::Quiet, None)
        }
        (Some(Intake::Requested | Intake::Fetching) | None, None) => {
            ("Being fetched".to_owned(), Tone::Quiet, None)
        }
    }
}
