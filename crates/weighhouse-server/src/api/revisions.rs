//! Revisions: what was found in them, their files, and who has them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::{Answer, Named, Queried, cut, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::models::Model;
use crate::store::revisions::Revision;

async fn found(gate: &Gate, caller: &Caller, id: &str) -> Answer<(Revision, Model)> {
    let missing = || GateError::Missing(format!("revision `{id}`"));
    let revision = gate.store.revision(id).await?.ok_or_else(missing)?;
    let model = gate.seen_by_id(caller, &revision.model).await?;
    Ok((revision, model.ok_or_else(missing)?))
}

/// A revision, and how it stands in each stage
#[utoipa::path(
    get,
    path = "/revisions/{id}",
    tag = "revisions",
    params(("id" = String, Path, description = "`id` of the revision")),
    responses((status = 200, body = wire::RevisionWhole)),
)]
pub(super) async fn one(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<wire::RevisionWhole>> {
    let (revision, model) = found(&gate, &caller, &id).await?;
    let inspected = match &revision.inspection {
        Some(inspection) => gate.store.inspection(inspection).await?,
        None => None,
    };
    let releases = gate.store.releases_of_revisions(&[&revision.id]).await?;
    let base = match gate.store.view_of(&revision.id).await? {
        Some(view) => gate.store.revision(&view.base).await?,
        None => None,
    };
    let views = gate.store.views_from(&revision.id).await?;
    let asked = gate.store.requests_for(&revision.id).await?;
    let waits = gate.waits(&asked.iter().collect::<Vec<_>>(), &[&revision]).await?;
    Ok(Json(wire::RevisionWhole {
        revision: wire::Revision::of(&revision, waits.of_revision(&revision)),
        model: wire::ModelLine::of(&model),
        inspected: inspected.map(|inspected| wire::at(inspected.at)),
        releases: releases
            .iter()
            .map(|release| wire::Release::of(release, &model.name, &revision.commit))
            .collect(),
        view_of: base.as_ref().map(wire::RevisionLine::of),
        views: views.iter().map(wire::RevisionLine::of).collect(),
    }))
}

/// The report of the inspection that counts: `report-v1.schema.json`
#[utoipa::path(
    get,
    path = "/revisions/{id}/report",
    tag = "revisions",
    params(("id" = String, Path, description = "`id` of the revision")),
    responses((status = 200, body = Object)),
)]
pub(super) async fn report(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Response> {
    let (revision, _) = found(&gate, &caller, &id).await?;
    of(&gate, &revision).await
}

/// The report of the inspection that counts.
pub(super) async fn of(gate: &Gate, revision: &Revision) -> Answer<Response> {
    let inspected = match &revision.inspection {
        Some(inspection) => gate.store.inspection(inspection).await?,
        None => None,
    };
    let inspected = inspected.ok_or_else(|| GateError::Missing("a report".to_owned()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], inspected.report).into_response())
}

/// The files of a revision, by path
#[utoipa::path(
    get,
    path = "/revisions/{id}/files",
    tag = "revisions",
    params(("id" = String, Path, description = "`id` of the revision"), wire::Paging),
    responses((status = 200, body = wire::Page<wire::File>)),
)]
pub(super) async fn files(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
    page: Queried<wire::Paging>,
) -> Answer<Json<wire::Page<wire::File>>> {
    let limit = page.0.limit()?;
    let (revision, _) = found(&gate, &caller, &id).await?;
    let found = gate.store.files_after(&revision.id, &page.0.after, limit + 1).await?;
    let (found, next) = cut(found, limit, |last| last.path.clone());
    Ok(Json(wire::Page { items: found.iter().map(wire::File::of).collect(), next }))
}

/// Who has bytes of a revision, by name
#[utoipa::path(
    get,
    path = "/revisions/{id}/pulls",
    tag = "revisions",
    params(("id" = String, Path, description = "`id` of the revision"), wire::Paging),
    responses((status = 200, body = wire::Page<wire::Pull>)),
)]
pub(super) async fn pulls(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
    page: Queried<wire::Paging>,
) -> Answer<Json<wire::Page<wire::Pull>>> {
    let limit = page.0.limit()?;
    let (revision, _) = found(&gate, &caller, &id).await?;
    let found = gate.store.pullers_after(&revision.id, &page.0.after, limit + 1).await?;
    let (found, next) = cut(found, limit, |(person, ..)| person.clone());
    Ok(Json(wire::Page { items: found.iter().map(wire::Pull::of).collect(), next }))
}
