//! Uploads, as clients of Hubs do them: a repository is made, each file is announced, contents are sent, a commit names them. What comes in this way
//! waits in quarantine like everything that comes from outside; the answer says so.

mod commit;
mod lfs;
mod lines;
mod preupload;
mod receive;
pub(super) mod route;
mod ticket;

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use self::route::Write;
use super::refusal::{Refusal, warn};
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::whole;
use crate::identity::Caller;
use crate::name::{Kind, Name};

/// Bytes of a question at most: some hundred files with their samples.
const LARGEST_QUESTION: usize = 4 << 20;

/// Contents are sent without a token: the address is the permission.
pub(super) async fn send(gate: &Gate, write: &Write, request: Request) -> Option<Result<Response, Refusal>> {
    match write {
        Write::Send { ticket } => {
            let (parts, body) = request.into_parts();
            Some(lfs::send(gate, ticket, &parts.headers, body).await)
        }
        Write::Sent { ticket } => Some(lfs::sent(gate, ticket).await),
        _ => None,
    }
}

/// Whether an address is itself the permission.
pub(super) fn is_ticket(write: &Write) -> bool {
    matches!(write, Write::Send { .. } | Write::Sent { .. })
}

/// Answers somebody who changes something.
pub(super) async fn answer(
    gate: &Arc<Gate>,
    caller: &Caller,
    write: &Write,
    request: Request,
) -> Result<Response, Refusal> {
    gate.demand_all_contents().map_err(refused)?;
    match write {
        Write::Create => create(gate, caller, json_body(request).await?).await,
        Write::Delete => {
            let name = json_body::<Repository>(request).await?.name(caller)?;
            gate.close_repository(caller, &name).await.map_err(refused)?;
            Ok(Json(json!({})).into_response())
        }
        Write::Move => Err(Refusal::forbidden(
            "decisions are about names, so names stay; upload under the other name, what is here is not sent again",
        )),
        Write::Preupload { name, revision } => preupload::answer(gate, caller, name, revision, request).await,
        Write::Batch { name } => lfs::batch(gate, caller, name, request).await,
        Write::Verify { name } => lfs::verify(gate, caller, name, request).await,
        Write::Commit { name, revision, pull } => {
            commit::take(gate, caller, name, revision, *pull, request).await
        }
        Write::Xet { name } => {
            gate.demand_upload(caller, name).await.map_err(refused)?;
            Err(Refusal::forbidden("this gate does not speak Xet: set HF_HUB_DISABLE_XET=1"))
        }
        Write::Branch { name, branch } => self::branch(gate, caller, name, branch, request.method()).await,
        Write::Open { name } => open(gate, caller, name, request).await,
        Write::Other { name } => {
            gate.demand_upload(caller, name).await.map_err(refused)?;
            Err(Refusal::forbidden(
                "tags, settings, discussions and squashing are not for a gate: its branches are `main` and the stages",
            ))
        }
        Write::Send { .. } | Write::Sent { .. } => Err(Refusal::nothing_there()),
    }
}

/// A repository as bodies name it.
#[derive(Deserialize)]
struct Repository {
    name: String,
    #[serde(default)]
    organization: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    private: Option<bool>,
    #[serde(default)]
    visibility: Option<String>,
}

impl Repository {
    /// A name without a namespace is in the caller's own.
    fn name(&self, caller: &Caller) -> Result<Name, Refusal> {
        let kind = match self.kind.as_deref().unwrap_or("model") {
            "model" => Kind::Model,
            "dataset" => Kind::Dataset,
            other => {
                let other = weighhouse_core::printable::printable_within(other, 40);
                return Err(Refusal::invalid(&format!(
                    "`{other}` is nothing that this gate holds; it holds models and data sets"
                )));
            }
        };
        let text = match (self.name.contains('/'), &self.organization) {
            (true, None) => self.name.clone(),
            (_, Some(organization)) => format!("{organization}/{}", self.name),
            (false, None) => format!("{}/{}", caller.person.namespace(), self.name),
        };
        let shown = weighhouse_core::printable::printable_within(&text, 200);
        Name::new(kind, &text).ok_or_else(|| {
            Refusal::invalid(&format!("`{shown}` is not the name of a repository; write `org/name`"))
        })
    }
}

async fn create(gate: &Gate, caller: &Caller, wanted: Repository) -> Result<Response, Refusal> {
    let name = wanted.name(caller)?;
    let (model, new) = gate.open_repository(caller, &name).await.map_err(refused)?;
    let (address, name) = (&gate.settings.address, &model.name);
    let prefix = if name.kind() == Kind::Dataset { "datasets/" } else { "" };
    let url = format!("{address}/{prefix}{name}");
    if !new {
        let mut response =
            Refusal::new(StatusCode::CONFLICT, None, format!("`{name}` is here already")).into_response();
        // Clients that were told that it may be here read the address from this answer.
        let body = json!({ "error": format!("`{name}` is here already"), "url": url, "name": name.as_str(), "id": name.as_str() });
        *response.body_mut() = axum::body::Body::from(body.to_string());
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
        return Ok(response);
    }
    let body = json!({ "url": url, "name": name.as_str(), "id": name.as_str() });
    let mut response = Json(body).into_response();
    let hidden = wanted.private == Some(true) || wanted.visibility.as_deref() == Some("private");
    if hidden {
        warn("nothing is private here: who sees a model is up to the policy of this gate", &mut response);
    }
    Ok(response)
}

/// Branches are `main` and the stages: they are here, and no others are.
async fn branch(
    gate: &Gate,
    caller: &Caller,
    name: &Name,
    branch: &str,
    method: &Method,
) -> Result<Response, Refusal> {
    gate.home(caller, name).await.map_err(refused)?;
    gate.stage_of_branch(caller, branch).map_err(refused)?;
    if *method == Method::POST {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            None,
            format!("the branch `{branch}` is here already"),
        ));
    }
    Err(Refusal::forbidden("branches of a gate are its stages, and stay"))
}

#[derive(Deserialize)]
struct Discussion {
    #[serde(default)]
    title: String,
    #[serde(default, rename = "pullRequest")]
    pull: bool,
}

/// Opens a pull request without a commit.
async fn open(gate: &Gate, caller: &Caller, name: &Name, request: Request) -> Result<Response, Refusal> {
    let wanted: Discussion = json_body(request).await?;
    if !wanted.pull {
        return Err(Refusal::forbidden("there are no discussions here, pull requests only"));
    }
    let number = gate.open_pull(caller, name).await.map_err(refused)?;
    Ok(Json(json!({ "num": number, "title": wanted.title, "pullRequest": true })).into_response())
}

/// A body of JSON.
async fn json_body<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    let body = whole(request.into_body(), LARGEST_QUESTION).await.map_err(Refusal::of_body)?;
    serde_json::from_slice(&body)
        .map_err(|error| Refusal::invalid(&format!("the body cannot be meant: {error}")))
}

/// What somebody who uploads is told: in words, and so that clients print them.
pub(super) fn refused(error: GateError) -> Refusal {
    match error {
        GateError::Invalid(why) => Refusal::invalid(&why).loud(),
        GateError::Forbidden(why) => Refusal::forbidden(why),
        GateError::Conflict(why) => Refusal::new(StatusCode::CONFLICT, None, why).loud(),
        GateError::TooLarge(why) => Refusal::too_large(why),
        GateError::Missing(what) => Refusal::no_repository(what.trim_matches('`')),
        other => other.into(),
    }
}
