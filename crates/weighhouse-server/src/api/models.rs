//! Models and data sets: what is here, and how each stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answer, Named, Queried, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::store::models::{Asked, Model};
use crate::store::releases::Release;
use crate::store::revisions::Revision;

/// Revisions and requests that are told of a model.
const NEWEST: usize = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Part of the name, without regard to letter case.
    #[serde(default)]
    #[param(max_length = 300, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    search: String,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[param(max_length = 4096, pattern = r"^[^\u0000]*$")]
    after: String,
    /// Entries of the page at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u32>,
}

/// Models by name, with how each stands in each stage
#[utoipa::path(get, path = "/models", tag = "models", params(Wanted), responses((status = 200, body = wire::Page<wire::ModelStanding>)))]
pub(super) async fn models(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    search: Queried<Wanted>,
) -> Answer<Json<wire::Page<wire::ModelStanding>>> {
    list(&gate, &caller, Kind::Model, &search.0).await
}

/// Data sets by name, with how each stands in each stage
#[utoipa::path(get, path = "/datasets", tag = "models", params(Wanted), responses((status = 200, body = wire::Page<wire::ModelStanding>)))]
pub(super) async fn datasets(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    search: Queried<Wanted>,
) -> Answer<Json<wire::Page<wire::ModelStanding>>> {
    list(&gate, &caller, Kind::Dataset, &search.0).await
}

async fn list(
    gate: &Gate,
    caller: &Caller,
    kind: Kind,
    query: &Wanted,
) -> Answer<Json<wire::Page<wire::ModelStanding>>> {
    let limit = wire::limit(query.limit)?;
    let (search, after) = (wire::short("search", &query.search)?, wire::begin(&query.after)?);
    let (found, next) = gate.models_seen(caller, kind, search, after, limit as usize).await?;
    let ids: Vec<&str> = found.iter().map(|model| model.id.as_str()).collect();
    let standing = gate.store.standing_of(&ids).await?;
    let standings = |model: &Model| {
        let stages = gate.settings.stages.iter().filter_map(|stage| {
            let stands = standing.iter().find(|one| one.model == model.id && one.stage == stage.name)?;
            Some(wire::Standing { stage: stage.name.clone(), state: stands.state.into() })
        });
        wire::ModelStanding { model: wire::ModelLine::of(model), stages: stages.collect() }
    };
    let items = found.iter().map(standings).collect();
    Ok(Json(wire::Page { items, next }))
}

/// A model with the newest of its revisions, releases and requests
#[utoipa::path(
    get,
    path = "/models/{*name}",
    tag = "models",
    params(("name" = String, Path, description = "`org/name`; the slash as it is, or as `%2F`", pattern = r#"^[^/]{1,96}(/[^/]{1,96})?$"#, example = "org/name")),
    responses((status = 200, body = wire::Model)),
)]
pub(super) async fn model(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(text): Named<String>,
) -> Answer<Json<wire::Model>> {
    whole(&gate, &caller, Kind::Model, &text).await
}

/// A data set with the newest of its revisions, releases and requests
#[utoipa::path(
    get,
    path = "/datasets/{*name}",
    tag = "models",
    params(("name" = String, Path, description = "`org/name`; the slash as it is, or as `%2F`", pattern = r#"^[^/]{1,96}(/[^/]{1,96})?$"#, example = "org/name")),
    responses((status = 200, body = wire::Model)),
)]
pub(super) async fn dataset(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(text): Named<String>,
) -> Answer<Json<wire::Model>> {
    whole(&gate, &caller, Kind::Dataset, &text).await
}

async fn whole(gate: &Gate, caller: &Caller, kind: Kind, text: &str) -> Answer<Json<wire::Model>> {
    // What cannot be a name names nothing.
    let name = Name::new(kind, text).ok_or_else(|| GateError::Missing(format!("`{text}`")))?;
    let model = gate.seen(caller, &name).await?;
    let (revisions, all_revisions) = gate.store.newest_revisions(&model.id, NEWEST).await?;
    let (requests, all_requests) = gate.store.newest_requests(&model.id, NEWEST).await?;
    let more = all_revisions > NEWEST || all_requests > NEWEST;
    let ids: Vec<&str> = revisions.iter().map(|revision| revision.id.as_str()).collect();
    let releases = gate.store.releases_of_revisions(&ids).await?;
    let release = |release: &Release| {
        let commit = commit(&revisions, &release.revision)?;
        Some(wire::Release::of(release, &model.name, commit))
    };
    let waits =
        gate.waits(&requests.iter().collect::<Vec<_>>(), &revisions.iter().collect::<Vec<_>>()).await?;
    let request = |asked: &Asked| {
        let commit = asked.revision.as_ref().and_then(|revision| commit(&revisions, revision));
        wire::Request::of(asked, &model.name, commit, waits.of_request(asked))
    };
    Ok(Json(wire::Model {
        line: wire::ModelLine::of(&model),
        releases: releases.iter().filter_map(release).collect(),
        requests: requests.iter().rev().map(request).collect(),
        revisions: revisions
            .iter()
            .map(|revision| wire::Revision::of(revision, waits.of_revision(revision)))
            .collect(),
        more,
    }))
}

fn commit<'a>(revisions: &'a [Revision], id: &str) -> Option<&'a str> {
    revisions.iter().find(|revision| revision.id == id).map(|revision| revision.commit.as_str())
}
