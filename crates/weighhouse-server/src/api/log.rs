//! The audit log in single pieces: how it stands, records, proofs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use weighhouse_policy::Access;

use super::{Answer, Queried};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::timestamp;

/// How the log stands, and who has cosigned it.
pub(super) async fn state(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Response> {
    gate.demand(&caller, Access::Audit, "")?;
    let (size, _) = gate.store.head().await?;
    let at = |seconds: i64| timestamp(seconds).map_or(Value::Null, Value::from);
    let known = gate.store.witnesses().await?;
    let witnesses = gate.settings.trust.witnesses.iter().map(|witness| {
        let key = witness.key.to_string();
        let state = known.iter().find(|state| state.key == key);
        json!({
            "key": key,
            "address": witness.address,
            "size": state.map(|state| state.size),
            "cosigned": state.and_then(|state| state.cosigned).map(at),
            "tried": state.map(|state| at(state.tried)),
            "fault": state.and_then(|state| state.fault.as_deref()),
        })
    });
    let witnesses: Vec<Value> = witnesses.collect();
    let body = json!({
        "origin": gate.log_key().name(), "key": gate.log_key().to_string(), "size": size,
        "checkpoint": gate.checkpoint().await?, "witnesses": witnesses,
    });
    Ok(Json(body).into_response())
}

/// A record as it was logged: canonical JSON, byte for byte.
pub(super) async fn record(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(seq): Path<u64>,
) -> Answer<Response> {
    gate.demand(&caller, Access::Audit, "")?;
    Ok(([(header::CONTENT_TYPE, "application/json")], gate.record(seq).await?).into_response())
}

/// The proof that a record is in the log.
pub(super) async fn proof(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(seq): Path<u64>,
) -> Answer<Response> {
    gate.demand(&caller, Access::Audit, "")?;
    Ok(as_proof(gate.proof_of(seq).await?.to_string()))
}

pub(super) fn as_proof(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

#[derive(Deserialize)]
pub(super) struct Sizes {
    /// Of the log that is known.
    old: u64,
    /// Of the log that must continue it; the newest, if it is not given.
    size: Option<u64>,
}

/// The proof that the log only grew.
pub(super) async fn consistency(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    sizes: Queried<Sizes>,
) -> Answer<Response> {
    gate.demand(&caller, Access::Audit, "")?;
    let (head, _) = gate.store.head().await?;
    let size = sizes.0.size.unwrap_or(head);
    let hashes = gate.consistency(sizes.0.old, size).await?;
    let hashes: Vec<String> = hashes.iter().map(ToString::to_string).collect();
    Ok(Json(json!({ "old": sizes.0.old, "size": size, "proof": hashes })).into_response())
}
