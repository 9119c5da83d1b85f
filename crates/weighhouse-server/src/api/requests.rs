//! Asking for models, and what waits for whoever calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, Body, Queried, cut, name, wire};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::inbox;
use crate::store::pages::{Followed, Waiting};
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
    let commit = revision.map(|revision| revision.commit);
    Ok((StatusCode::ACCEPTED, Json(wire::Request::of(&asked, &name, commit.as_deref()))))
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
    let after = page.0.after.place()?;
    let found = gate.store.followed(&caller.person.name, after, limit + 1).await?;
    let (found, next) = cut(found, limit, |last| wire::cursor(last.asked.created, &last.asked.id));
    let visible = found.iter().filter(|followed| gate.sees(&caller, &followed.name));
    Ok(Json(wire::Page { items: visible.map(one).collect(), next }))
}

fn one(followed: &Followed) -> wire::RequestFollowed {
    let Followed { asked, name, commit, release, .. } = followed;
    let release = release.as_ref().zip(commit.as_deref());
    wire::RequestFollowed {
        request: wire::Request::of(asked, name, commit.as_deref()),
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
    /// Whether more waits than these.
    more: bool,
}

/// What waits for the caller, what waits longest first
#[utoipa::path(get, path = "/inbox", tag = "requests", responses((status = 200, body = Inbox)))]
pub(super) async fn inbox(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Json<Inbox>> {
    let mut more = false;
    let mut of = async |part: inbox::Part| -> Answer<Vec<wire::Release>> {
        let found = inbox::waiting(&gate, &caller, part).await?;
        more |= found.more;
        let line = |waiting: &Waiting| wire::Release::of(&waiting.release, &waiting.name, &waiting.commit);
        Ok(found.lines.iter().map(line).collect())
    };
    let approve = of(inbox::Part::Approve).await?;
    let suspended = of(inbox::Part::Suspended).await?;
    let promote = of(inbox::Part::Promote).await?;
    let canaries = of(inbox::Part::Canaries).await?;
    Ok(Json(Inbox { approve, suspended, promote, canaries, more }))
}
