//! Partial views: what one would leave out, making it, and the record of what was left out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attestations::About;
use super::{Answer, Body, Named, Queried, name, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::workflow::{self, Part, Plan, ViewRecord, Without};

/// A kind of files that can be left out.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Pickles, and whatever else runs when it is loaded.
    Pickle,
    /// Python and other code; `auto_map` in configurations, too.
    Code,
    /// Native programs and libraries.
    Executable,
    /// Chat templates, also those in `tokenizer_config.json`.
    Template,
}

impl From<Kind> for Part {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Pickle => Self::Pickle,
            Kind::Code => Self::Code,
            Kind::Executable => Self::Executable,
            Kind::Template => Self::Template,
        }
    }
}

/// A view that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedView)]
pub(super) struct Wish {
    model: wire::ModelName,
    #[serde(default)]
    kind: wire::Repository,
    /// What it is made from: a commit, a stage or a branch; the newest revision that is no view if it is not given.
    #[schema(value_type = Option<wire::SourceRevision>)]
    revision: Option<wire::SourceRevision>,
    /// Kinds of files to leave out.
    #[serde(default)]
    without: Vec<Kind>,
    /// Patterns of paths to leave out: `*` is any characters, `/` among them, `?` is one. Each must mean a file.
    #[serde(default)]
    #[schema(max_items = 50)]
    paths: Vec<wire::PathPattern>,
    /// Where it is wanted; the stage of the token if it is not given, else the usual one.
    stage: Option<wire::Stage>,
    /// What for.
    #[serde(default)]
    reason: wire::Text,
}

impl Wish {
    fn read(self, gate: &Gate, caller: &Caller) -> Answer<workflow::Wish> {
        Ok(workflow::Wish {
            name: name(self.kind.into(), &self.model.0)?,
            revision: self.revision.map_or_else(|| "main".to_owned(), |revision| revision.0),
            without: Without {
                parts: self.without.into_iter().map(Part::from).collect(),
                paths: self.paths.into_iter().map(|path| path.0).collect(),
            },
            stage: self.stage.map_or_else(|| gate.own_stage(caller).to_owned(), |stage| stage.0),
            reason: self.reason.0,
        })
    }
}

/// A file that is left out.
#[derive(Serialize, ToSchema)]
struct LeftOut {
    path: String,
    size: u64,
    sha256: String,
    why: String,
}

/// A file that is rewritten.
#[derive(Serialize, ToSchema)]
struct Rewritten {
    path: String,
    /// SHA-256 before and after.
    before: String,
    after: String,
    /// The members of its JSON that are taken out.
    removed: Vec<String>,
}

/// What a view leaves out.
#[derive(Serialize, ToSchema)]
pub(super) struct ViewPlan {
    /// The id that the view has, or would have: the same view has the same everywhere.
    commit: String,
    /// The commit that it is made from.
    from: String,
    left_out: Vec<LeftOut>,
    rewritten: Vec<Rewritten>,
    /// How many files it has, and their bytes.
    files: u64,
    bytes: u64,
}

impl ViewPlan {
    fn of(plan: &Plan) -> Self {
        let left = plan.left_out.iter().map(|left| LeftOut {
            path: left.file.path.clone(),
            size: left.file.size,
            sha256: left.file.sha256.hex(),
            why: left.why.clone(),
        });
        let rewritten = plan.rewritten.iter().map(|changed| Rewritten {
            path: changed.before.path.clone(),
            before: changed.before.sha256.hex(),
            after: changed.after.sha256.hex(),
            removed: changed.removed.clone(),
        });
        Self {
            commit: plan.commit.clone(),
            from: plan.base.commit.clone(),
            left_out: left.collect(),
            rewritten: rewritten.collect(),
            files: plan.files.len() as u64,
            bytes: plan.files.iter().map(|file| file.size).sum(),
        }
    }
}

/// A view that was made, or was there.
#[derive(Serialize, ToSchema)]
pub(super) struct ViewMade {
    revision: wire::Revision,
    request: wire::Request,
    view: ViewPlan,
}

/// Makes a partial view of a revision, and asks for it: it waits in quarantine, and is inspected and decided about by itself
#[utoipa::path(
    post,
    path = "/views",
    tag = "views",
    request_body = Wish,
    responses(
        (status = 201, body = ViewMade, description = "the same view twice is one"),
        (status = 403, description = "policy does not let the caller ask for this model"),
        (status = 404, description = "no such revision is here"),
        (status = 409, description = "the revision is not here or not inspected yet, or it or this view was withdrawn"),
    ),
)]
pub(super) async fn make(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(wish): Body<Wish>,
) -> Answer<(StatusCode, Json<ViewMade>)> {
    let wish = wish.read(&gate, &caller)?;
    let made = gate.make_view(&caller, wish).await?;
    Ok((
        StatusCode::CREATED,
        Json(ViewMade {
            revision: wire::Revision::of(&made.revision, None),
            request: wire::Request::of(&made.asked, &made.plan.model.name, Some(&made.revision.commit), None),
            view: ViewPlan::of(&made.plan),
        }),
    ))
}

/// Tells what a partial view would leave out; nothing is made
#[utoipa::path(
    post,
    path = "/views/preview",
    tag = "views",
    request_body = Wish,
    responses(
        (status = 200, body = ViewPlan),
        (status = 403, description = "policy does not let the caller ask for this model"),
        (status = 404, description = "no such revision is here"),
        (status = 409, description = "the revision is not here or not inspected yet, or it was withdrawn"),
    ),
)]
pub(super) async fn preview(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(wish): Body<Wish>,
) -> Answer<Json<ViewPlan>> {
    let wish = wish.read(&gate, &caller)?;
    Ok(Json(ViewPlan::of(&gate.plan_view(&caller, &wish).await?)))
}

/// How a revision was made from another one.
#[derive(Serialize, ToSchema)]
pub(super) struct ViewWhole {
    /// Id of the revision that it is.
    id: String,
    /// Commit and model digest of the view.
    commit: String,
    digest: String,
    /// The same of what it was made from.
    from: Origin,
    /// Kinds of files and patterns of paths that were to be left out.
    without: Vec<String>,
    paths: Vec<String>,
    left_out: Vec<LeftOut>,
    rewritten: Vec<Rewritten>,
    made: String,
    /// Who made it.
    person: String,
    /// Digest of the record in its envelope, as the audit log has it.
    record: String,
}

/// What a view was made from.
#[derive(Serialize, ToSchema)]
#[schema(as = ViewOf)]
struct Origin {
    commit: String,
    digest: String,
}

/// How a view was made from another revision: what its record says
#[utoipa::path(
    get,
    path = "/views",
    tag = "views",
    params(About),
    responses(
        (status = 200, body = ViewWhole),
        (status = 404, description = "no such revision is here, or it is no view"),
    ),
)]
pub(super) async fn view(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(about): Queried<About>,
) -> Answer<Json<ViewWhole>> {
    let (name, commit) = (name(about.kind.into(), &about.model.0)?, about.commit.0);
    let model = gate.seen(&caller, &name).await?;
    let revision = gate.store.revision_at(&model.id, &commit).await?;
    let revision = revision.ok_or_else(|| GateError::Missing(format!("`{name}@{commit}`")))?;
    let no_view = || GateError::Missing(format!("a view at `{name}@{commit}`"));
    let view = gate.store.view_of(&revision.id).await?.ok_or_else(no_view)?;
    let told = ViewRecord::read(&view.envelope)?;
    let left = told.left_out.into_iter().map(|left| LeftOut {
        path: left.path,
        size: left.size,
        sha256: left.digest.sha256,
        why: left.why,
    });
    let rewritten = told.rewritten.into_iter().map(|changed| Rewritten {
        path: changed.path,
        before: changed.before.sha256,
        after: changed.after.sha256,
        removed: changed.removed,
    });
    Ok(Json(ViewWhole {
        id: view.revision,
        commit: told.commit,
        digest: told.digest,
        from: Origin { commit: told.from.commit, digest: format!("sha256:{}", told.from.digest.sha256) },
        without: told.without,
        paths: told.paths,
        left_out: left.collect(),
        rewritten: rewritten.collect(),
        made: told.made,
        person: view.person,
        record: view.digest.to_string(),
    }))
}

/// The transformation record of a view as it was signed: an in-toto statement in a DSSE envelope
#[utoipa::path(
    get,
    path = "/revisions/{id}/view/record",
    tag = "views",
    params(("id" = String, Path, description = "`id` of the revision")),
    responses((status = 200, body = Object)),
)]
pub(super) async fn record(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Response> {
    let view = gate.view_record(&caller, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], view.envelope).into_response())
}

/// The keys by which is verified what this gate signs.
#[derive(Serialize, ToSchema)]
pub(super) struct Keys {
    /// The name of the gate's log.
    origin: String,
    /// The key of the audit log (C2SP signed-note): of checkpoints, proofs and release bundles.
    log: String,
    /// The key of statements, `PUBLIC KEY` in PEM, of P-256: of transformation records.
    statements: String,
}

/// The keys by which is verified what this gate signs; keep them where they are needed, for a key that comes with what it verifies proves nothing
#[utoipa::path(get, path = "/keys", tag = "evidence", responses((status = 200, body = Keys)))]
pub(super) async fn keys(State(gate): State<Arc<Gate>>, _: Caller) -> Answer<Json<Keys>> {
    Ok(Json(Keys {
        origin: gate.log_key().name().to_owned(),
        log: gate.log_key().to_string(),
        statements: gate.statement_key_pem()?,
    }))
}
