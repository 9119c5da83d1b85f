//! Releases: what waits, why, and what people do about it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighhouse_core::Share;

use super::{Answer, Body, Named, Queried, log, name, revisions, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::places::{LOOKED, Look, OLDEST, borrowed, owned, tell_moment};
use crate::store::models::Model;
use crate::store::pages::{Waiting, Which};
use crate::store::releases::{Approval, Release};
use crate::store::revisions::Revision;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only releases in this state.
    state: Option<wire::State>,
    /// Only releases for this stage.
    #[param(max_length = 300, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    stage: Option<String>,
    /// Only releases of this model or data set.
    model: Option<wire::ModelName>,
    /// Which of both; a model if it is not given.
    #[serde(default)]
    kind: wire::Repository,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[param(inline)]
    after: wire::Cursor,
    /// Entries of the page at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u32>,
}

/// Releases, those whose state is the oldest first
#[utoipa::path(
    get,
    path = "/releases",
    tag = "releases",
    params(Filter),
    responses((status = 200, body = wire::Page<wire::Release>), (status = 404, description = "no such model is here")),
)]
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(filter): Queried<Filter>,
) -> Answer<Json<wire::Page<wire::Release>>> {
    let limit = wire::limit(filter.limit)?;
    let model = match &filter.model {
        Some(text) => Some(gate.seen(&caller, &name(filter.kind.into(), &text.0)?).await?),
        None => None,
    };
    let stage = filter.stage.as_deref().map(|stage| wire::short("stage", stage)).transpose()?;
    let begin = filter.after.place()?.unwrap_or(OLDEST);
    let mut look = Look::new(limit as usize, LOOKED, owned(begin));
    while let Some((place, count)) = look.next() {
        let which = Which {
            state: filter.state.map(wire::State::as_str),
            stage,
            model: model.as_ref().map(|model| model.id.as_str()),
            after: borrowed(place),
        };
        let found = gate.store.releases_page(&which, count).await?;
        let place = |one: &Waiting| (one.release.changed, one.release.id.clone());
        look.take(found, place, |one| gate.sees(&caller, &one.name));
    }
    let (found, next) = look.end();
    let line = |waiting: &Waiting| wire::Release::of(&waiting.release, &waiting.name, &waiting.commit);
    let next = next.map(|next| tell_moment(&next.place));
    Ok(Json(wire::Page { items: found.iter().map(line).collect(), next }))
}

async fn found(gate: &Gate, caller: &Caller, id: &str) -> Answer<(Release, Model, Revision)> {
    let missing = || GateError::Missing(format!("release `{id}`"));
    let release = gate.store.release(id).await?.ok_or_else(missing)?;
    let model = gate.seen_by_id(caller, &release.model).await?;
    let revision = gate.store.revision(&release.revision).await?;
    let (model, revision) = model.zip(revision).ok_or_else(missing)?;
    Ok((release, model, revision))
}

/// A release with its approvals and the evidence that an approval binds
#[utoipa::path(
    get,
    path = "/releases/{id}",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    responses((status = 200, body = wire::ReleaseWhole)),
)]
pub(super) async fn one(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<wire::ReleaseWhole>> {
    let (release, model, revision) = found(&gate, &caller, &id).await?;
    let approvals = gate.store.approvals(&id).await?;
    let ground = gate.ground_of(&revision, &release.stage).await?;
    let counts = |approval: &Approval| {
        ground.as_ref().is_some_and(|ground| ground.lapse(approval, gate.now()).is_none())
    };
    Ok(Json(wire::ReleaseWhole {
        release: wire::Release::of(&release, &model.name, &revision.commit),
        approvals: approvals.iter().map(|one| wire::Approval::of(one, counts(one))).collect(),
        evidence: ground.as_ref().map(|ground| ground.evidence.to_string()),
        revision: revision.id,
    }))
}

/// The report of the inspection that counts: `report-v1.schema.json`
#[utoipa::path(
    get,
    path = "/releases/{id}/report",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    responses((status = 200, body = Object)),
)]
pub(super) async fn report(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Response> {
    let (_, _, revision) = found(&gate, &caller, &id).await?;
    revisions::of(&gate, &revision).await
}

/// The record of the release's last move, as it was logged: canonical JSON, byte for byte
#[utoipa::path(
    get,
    path = "/releases/{id}/record",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    responses((status = 200, body = Object)),
)]
pub(super) async fn record(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Response> {
    let (release, ..) = found(&gate, &caller, &id).await?;
    Ok(log::as_record(gate.record(release.moved).await?))
}

/// The proof that the record of the release's last move is in the log (C2SP tlog-proof)
#[utoipa::path(
    get,
    path = "/releases/{id}/tlog-proof",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    responses((status = 200, body = String, content_type = "text/plain")),
)]
pub(super) async fn proof(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Response> {
    let (release, ..) = found(&gate, &caller, &id).await?;
    Ok(log::as_proof(gate.proof_of(release.moved).await?.to_string()))
}

async fn after(gate: &Gate, caller: &Caller, release: &Release) -> Answer<wire::Release> {
    let (_, model, revision) = found(gate, caller, &release.id).await?;
    Ok(wire::Release::of(release, &model.name, &revision.commit))
}

/// An approval.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Approve {
    /// Why.
    #[serde(default)]
    comment: wire::Text,
    /// The evidence that was looked at; if it is another by now, nothing is approved.
    evidence: Option<String>,
}

/// Approves a release: these bytes, on this evidence
#[utoipa::path(
    post,
    path = "/releases/{id}/approve",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    request_body = Approve,
    responses(
        (status = 200, body = wire::Release),
        (status = 403, description = "policy does not let the caller approve it, or they asked for it themselves"),
        (status = 409, description = "there is nothing to approve, it is approved already, or other evidence counts by now"),
    ),
)]
pub(super) async fn approve(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
    Body(body): Body<Approve>,
) -> Answer<Json<wire::Release>> {
    let release = gate.approve(&caller, &id, &body.comment.0, body.evidence.as_deref()).await?;
    after(&gate, &caller, &release).await.map(Json)
}

/// Takes an approval of the caller back. What rested on it is suspended
#[utoipa::path(
    post,
    path = "/releases/{id}/withdraw",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    responses(
        (status = 200, body = wire::Release),
        (status = 403, description = "policy does not let the caller see it"),
        (status = 409, description = "the caller gave no approval that could be taken back"),
    ),
)]
pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<wire::Release>> {
    let release = gate.withdraw(&caller, &id).await?;
    after(&gate, &caller, &release).await.map(Json)
}

/// To whom a release is served.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Promote {
    /// In percent of the users; all of them if it is not given.
    #[serde(default, deserialize_with = "wire::whole")]
    #[schema(minimum = 1, maximum = 100)]
    share: Option<u8>,
}

/// Serves a release, to everybody or to a share of the users (a canary), if policy allows it at this moment
#[utoipa::path(
    post,
    path = "/releases/{id}/promote",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    request_body = Promote,
    responses(
        (status = 200, body = wire::Release),
        (status = 403, description = "policy does not let the caller promote it"),
        (status = 409, description = "policy does not allow it (`denied`, with the decision), or it is not possible as things stand"),
    ),
)]
pub(super) async fn promote(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
    Body(body): Body<Promote>,
) -> Answer<Json<wire::Release>> {
    let wrong = || GateError::Invalid("a share is 1 to 100 percent".to_owned());
    let share = body.share.map_or(Some(Share::ALL), Share::new).ok_or_else(wrong)?;
    let release = gate.promote(&caller, &id, share).await?;
    after(&gate, &caller, &release).await.map(Json)
}

/// Why a canary is stopped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Halt {
    reason: wire::Line,
}

/// Stops a canary: those who had it get what serves the others
#[utoipa::path(
    post,
    path = "/releases/{id}/halt",
    tag = "releases",
    params(("id" = String, Path, description = "`id` of the release")),
    request_body = Halt,
    responses(
        (status = 200, body = wire::Release),
        (status = 403, description = "policy does not let the caller promote it, and so not stop it"),
        (status = 409, description = "it is no canary"),
    ),
)]
pub(super) async fn halt(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
    Body(body): Body<Halt>,
) -> Answer<Json<wire::Release>> {
    let release = gate.halt(&caller, &id, &body.reason.0).await?;
    after(&gate, &caller, &release).await.map(Json)
}

/// What is taken back, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBack {
    model: wire::ModelName,
    #[serde(default)]
    kind: wire::Repository,
    stage: wire::Stage,
    reason: wire::Line,
}

/// What a rollback did.
#[derive(Serialize, ToSchema)]
pub(super) struct RolledBack {
    /// What was taken back.
    from: wire::Release,
    /// What serves now, if anything does.
    to: Option<wire::Release>,
}

/// Takes back what serves in a stage: a canary if there is one, else the release, for the one before it
#[utoipa::path(
    post,
    path = "/roll-back",
    tag = "releases",
    request_body = RollBack,
    responses(
        (status = 200, body = RolledBack),
        (status = 403, description = "policy does not let the caller promote it, and so not roll it back"),
        (status = 404, description = "no such model is here"),
        (status = 409, description = "nothing serves there"),
    ),
)]
pub(super) async fn roll_back(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<RollBack>,
) -> Answer<Json<RolledBack>> {
    let name = name(body.kind.into(), &body.model.0)?;
    let done = gate.roll_back(&caller, &name, &body.stage.0, &body.reason.0).await?;
    let to = match &done.to {
        Some(to) => Some(after(&gate, &caller, to).await?),
        None => None,
    };
    Ok(Json(RolledBack { from: after(&gate, &caller, &done.from).await?, to }))
}

/// What is withdrawn, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    model: wire::ModelName,
    #[serde(default)]
    kind: wire::Repository,
    commit: wire::Commit,
    reason: wire::Line,
}

/// A revision that was withdrawn.
#[derive(Serialize, ToSchema)]
pub(super) struct Revoked {
    revision: wire::Revision,
    /// Who has bytes of it.
    pulled: Vec<wire::Pull>,
    /// Who has a release bundle of it that is still good.
    bundles: Vec<wire::Bundle>,
    /// Partial views of it, which are withdrawn with it; who has bytes or bundles of them is listed above.
    views: Vec<wire::RevisionLine>,
}

/// Withdraws a revision for good, in every stage, and tells who has it
#[utoipa::path(
    post,
    path = "/revoke",
    tag = "releases",
    request_body = Revoke,
    responses(
        (status = 200, body = Revoked),
        (status = 403, description = "policy does not let the caller withdraw it"),
        (status = 404, description = "no such revision is here"),
        (status = 409, description = "it is withdrawn already"),
    ),
)]
pub(super) async fn revoke(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Revoke>,
) -> Answer<Json<Revoked>> {
    let name = name(body.kind.into(), &body.model.0)?;
    let done = gate.revoke(&caller, &name, &body.commit.0, &body.reason.0).await?;
    Ok(Json(Revoked {
        revision: wire::Revision::of(&done.revision, None),
        pulled: done.pulled.iter().map(wire::Pull::of).collect(),
        bundles: done.bundles.iter().map(wire::Bundle::of).collect(),
        views: done.views.iter().map(wire::RevisionLine::of).collect(),
    }))
}
