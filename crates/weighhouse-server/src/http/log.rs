//! `/log`: the audit log for whoever may read it, as C2SP tlog-tiles lays logs out. Entries tell what people did, under pseudonyms, and
//! hashes of entries let guesses be checked: so all of it asks policy.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use weighhouse_log::{Tile, bundle};
use weighhouse_policy::Access;

use crate::api::Problem;
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;

/// The routes below `/log`.
pub(super) fn routes() -> Router<Arc<Gate>> {
    Router::new().route("/checkpoint", get(checkpoint)).route("/tile/{*path}", get(tile))
}

async fn checkpoint(State(gate): State<Arc<Gate>>, caller: Caller) -> Result<Response, Problem> {
    gate.demand(&caller, Access::Audit, "")?;
    let text = gate.checkpoint().await?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}

/// A tile of hashes, or a bundle of entries. Neither ever changes.
async fn tile(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    gate.demand(&caller, Access::Audit, "")?;
    let path = format!("tile/{path}");
    let bytes = if let Ok(entries) = path.parse::<bundle::Bundle>() {
        gate.entries(entries).await?
    } else {
        let tile = path.parse::<Tile>().map_err(|_| GateError::Missing(format!("`{path}`")))?;
        gate.tile(tile).await?
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let kept = HeaderValue::from_static("private, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, kept);
    Ok(response)
}
