//! Asking for models, and what waits for whoever calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Body, Queried, name, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::inbox;
use crate::places::{LOOKED, Look, NEWEST, borrowed, owned, tell_moment};
use crate::store::models::Asked;
use crate::store::pages::{Followed, Waiting};
use crate::waits::Waits;
use crate::workflow::Ask;

/// What somebody asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    model: wire::ModelName,
    #[serde(default)]
    kind: wire::Repository,
    /// A branch, a tag or a commit of the source; `main` if it is not given.
    #[serde(default)]
    revision: Option<wire::SourceRevision>,
    /// The stage it is wanted for; that of the token if it is not given, else the usual one.
    #[serde(default)]
    stage: Option<wire::Stage>,
    /// What it is for.
    #[serde(default)]
    reason: wire::Text,
}

/// Asks for a model: it is fetched, inspected and decided about. Asking twice for the same is one request
#[utoipa::path(
    post,
    path = "/requests",
    tag = "requests",
    request_body = Wanted,
    responses(
        (status = 202, body = wire::Request),
        (status = 403, description = "policy does not let the caller ask for it"),
        (status = 409, description = "the gate fetches from nowhere"),
    ),
)]
pub(super) async fn ask(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Answer<(StatusCode, Json<wire::Request>)> {
    let own = || gate.own_stage(&caller).to_owned();
    let ask = Ask {
        name: name(wanted.kind.into(), &wanted.model.0)?,
        revision: wanted.revision.map_or_else(|| "main".to_owned(), |revision| revision.0),
        stage: wanted.stage.map_or_else(own, |stage| stage.0),
        reason: wanted.reason.0,
    };
    let name = ask.name.clone();
    let asked = gate.ask(&caller, ask).await?;
    let revision = match &asked.revision {
        // Who may ask and not look is told nothing of what is here.
        Some(id) if gate.sees(&caller, &name) => gate.store.revision(id).await?,
        _ => None,
    };
    let commit = revision.as_ref().map(|revision| revision.commit.as_str());
    // Who asks for what is asked for already learns what is in its way.
    let waits = gate.waits(&[&asked], &[]).await?;
    let request = wire::Request::of(&asked, &name, commit, waits.of_request(&asked));
    Ok((StatusCode::ACCEPTED, Json(request)))
}

/// What the caller asked for, the newest first, with what came of it
#[utoipa::path(
    get,
    path = "/requests",
    tag = "requests",
    params(wire::PagingByTime),
    responses((status = 200, body = wire::Page<wire::RequestFollowed>)),
)]
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    page: Queried<wire::PagingByTime>,
) -> Answer<Json<wire::Page<wire::RequestFollowed>>> {
    let limit = wire::limit(page.0.limit)?;
    let mut look = Look::new(limit as usize, LOOKED, owned(page.0.after.place()?.unwrap_or(NEWEST)));
    while let Some((place, count)) = look.next() {
        let found = gate.store.followed(&caller.person.name, borrowed(place), count).await?;
        let place = |one: &Followed| (one.asked.created, one.asked.id.clone());
        look.take(found, place, |one| gate.sees(&caller, &one.name));
    }
    let (found, next) = look.end();
    let next = next.map(|next| tell_moment(&next.place));
    let asked: Vec<&Asked> = found.iter().map(|followed| &followed.asked).collect();
    let waits = gate.waits(&asked, &[]).await?;
    Ok(Json(wire::Page { items: found.iter().map(|followed| one(followed, &waits)).collect(), next }))
}

fn one(followed: &Followed, waits: &Waits) -> wire::RequestFollowed {
    let Followed { asked, name, commit, release, .. } = followed;
    let release = release.as_ref().zip(commit.as_deref());
    wire::RequestFollowed {
        request: wire::Request::of(asked, name, commit.as_deref(), waits.of_request(asked)),
        release: release.map(|(release, commit)| wire::Release::of(release, name, commit)),
    }
}

/// What waits for whoever calls.
#[derive(Serialize, ToSchema)]
pub(super) struct Inbox {
    /// Releases that they may approve, and did not yet.
    approve: Vec<wire::Release>,
    /// Releases that were suspended.
    suspended: Vec<wire::Release>,
    /// Approved releases that they may promote.
    promote: Vec<wire::Release>,
    /// Canaries under way, that they may promote.
    canaries: Vec<wire::Release>,
    /// Whether more waits than these, or may wait: `next` tells where.
    more: bool,
    /// Where each part goes on, to be given as `after` with the name of the part.
    next: InboxNext,
}

/// Where parts of an inbox go on; nothing where all of a part was looked at.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct InboxNext {
    approve: Option<String>,
    suspended: Option<String>,
    promote: Option<String>,
    canaries: Option<String>,
}

/// A part of an inbox.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum InboxPart {
    /// What the caller may approve.
    Approve,
    /// What was suspended.
    Suspended,
    /// What the caller may promote.
    Promote,
    /// Canaries that the caller may promote.
    Canaries,
}

impl From<InboxPart> for inbox::Part {
    fn from(part: InboxPart) -> Self {
        match part {
            InboxPart::Approve => Self::Approve,
            InboxPart::Suspended => Self::Suspended,
            InboxPart::Promote => Self::Promote,
            InboxPart::Canaries => Self::Canaries,
        }
    }
}

/// Which part of an inbox, and from where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InboxQuery {
    /// Only this part; all of them if it is not given.
    #[param(inline)]
    part: Option<InboxPart>,
    /// Where that part begins: its `next` of the page before.
    #[serde(default)]
    #[param(inline)]
    after: wire::Cursor,
}

/// What waits for the caller, what waits longest first
///
/// Whom something waits for is for policy to say: at most 1,000 releases are looked at for each part of an answer. Where `next` names a
/// place, more waits or may wait behind it, also if the part is empty.
#[utoipa::path(get, path = "/inbox", tag = "requests", params(InboxQuery), responses((status = 200, body = Inbox)))]
pub(super) async fn inbox(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(query): Queried<InboxQuery>,
) -> Answer<Json<Inbox>> {
    let after = query.after.place()?;
    let only = query.part.map(inbox::Part::from);
    if after.is_some() && only.is_none() {
        let why = "each part goes on somewhere else: `after` is the `next` of one `part`, which is to be named, too";
        return Err(GateError::Invalid(why.to_owned()).into());
    }
    let of = async |part: inbox::Part| -> Answer<(Vec<wire::Release>, Option<String>)> {
        if only.is_some_and(|only| only != part) {
            return Ok((Vec::new(), None));
        }
        let found = inbox::waiting(&gate, &caller, part, after).await?;
        let line = |waiting: &Waiting| wire::Release::of(&waiting.release, &waiting.name, &waiting.commit);
        let next = found.next.as_ref().map(tell_moment);
        Ok((found.lines.iter().map(line).collect(), next))
    };
    let mut next = InboxNext::default();
    let (approve, suspended, promote, canaries);
    (approve, next.approve) = of(inbox::Part::Approve).await?;
    (suspended, next.suspended) = of(inbox::Part::Suspended).await?;
    (promote, next.promote) = of(inbox::Part::Promote).await?;
    (canaries, next.canaries) = of(inbox::Part::Canaries).await?;
    let more =
        [&next.approve, &next.suspended, &next.promote, &next.canaries].iter().any(|next| next.is_some());
    Ok(Json(Inbox { approve, suspended, promote, canaries, more, next }))
}
