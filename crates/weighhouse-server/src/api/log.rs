//! The audit log: every change, who did it, and the proof that it stands in the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighhouse_log::Record;
use weighhouse_log::record::{Actor, Pseudonym};
use weighhouse_policy::Access;

use super::{Answer, Named, Queried, cut, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::settings::Cosigner;
use crate::store::is_of_agent;
use crate::store::log::WitnessState;
use crate::store::pages::Entry;

/// The largest number that every program reads from JSON as it is.
const LARGEST: i64 = (1 << 53) - 1;

/// A witness that is asked to cosign the log.
#[derive(Serialize, ToSchema)]
struct Witness {
    /// The key it signs with (C2SP signed-note).
    key: String,
    address: String,
    /// Size of what it has cosigned last.
    size: Option<u64>,
    cosigned: Option<wire::Moment>,
    /// When it was asked last.
    tried: Option<wire::Moment>,
    /// Why it did not cosign when it was asked last.
    fault: Option<String>,
}

impl Witness {
    fn of(witness: &Cosigner, known: &[WitnessState]) -> Self {
        let key = witness.key.to_string();
        let state = known.iter().find(|state| state.key == key);
        Self {
            key,
            address: witness.address.clone(),
            size: state.map(|state| state.size),
            cosigned: state.and_then(|state| state.cosigned).map(wire::at),
            tried: state.map(|state| wire::at(state.tried)),
            fault: state.and_then(|state| state.fault.clone()),
        }
    }
}

/// How the log stands.
#[derive(Serialize, ToSchema)]
pub(super) struct LogState {
    /// The name of the log.
    origin: String,
    /// The key it is signed with (C2SP signed-note).
    key: String,
    /// How many records there are.
    size: u64,
    /// The head that readers are shown, signed (C2SP tlog-checkpoint). Keep it elsewhere: what comes later must agree with it.
    checkpoint: String,
    witnesses: Vec<Witness>,
}

/// How the log stands, and who has cosigned it
#[utoipa::path(
    get,
    path = "/log",
    tag = "log",
    responses((status = 200, body = LogState), (status = 403, description = "policy does not let the caller read the log")),
)]
pub(super) async fn state(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Json<LogState>> {
    gate.demand(&caller, Access::Audit, "")?;
    let (size, _) = gate.store.head().await?;
    let known = gate.store.witnesses().await?;
    let witnesses = gate.settings.trust.witnesses.iter().map(|witness| Witness::of(witness, &known));
    Ok(Json(LogState {
        origin: gate.log_key().name().to_owned(),
        key: gate.log_key().to_string(),
        size,
        checkpoint: gate.checkpoint().await?,
        witnesses: witnesses.collect(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Before {
    /// Only records with a smaller number: `next` of the page before.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    before: Option<i64>,
    /// Entries of the page at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u32>,
}

/// A record of the log.
#[derive(Serialize, ToSchema)]
pub(super) struct LogLine {
    seq: i64,
    /// Who did it: somebody by name, or a part of the gate; nothing if they were erased.
    who: Option<String>,
    /// Whether an agent did it for them.
    agent: bool,
    /// The record itself, byte by byte: over these bytes the log was made.
    entry: String,
}

/// Records of the log.
#[derive(Serialize, ToSchema)]
pub(super) struct LogLines {
    items: Vec<LogLine>,
    /// `before` of the following page; nothing if this is the last one.
    next: Option<i64>,
}

/// Records of the log, the newest first, with who is behind each pseudonym
#[utoipa::path(
    get,
    path = "/log/records",
    tag = "log",
    params(Before),
    responses((status = 200, body = LogLines), (status = 403, description = "policy does not let the caller read the log")),
)]
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(query): Queried<Before>,
) -> Answer<Json<LogLines>> {
    gate.demand(&caller, Access::Audit, "")?;
    let limit = wire::limit(query.limit)?;
    let before = query.before.unwrap_or(LARGEST);
    if !(0..=LARGEST).contains(&before) {
        return Err(GateError::Invalid("`before` is the number of a record".to_owned()).into());
    }
    let (entries, next) = cut(gate.store.entries(before, limit + 1).await?, limit, |last| last.seq);
    let people = gate.store.pseudonyms().await?;
    Ok(Json(LogLines { items: entries.into_iter().map(|entry| line(entry, &people)).collect(), next }))
}

fn line(entry: Entry, people: &BTreeMap<Pseudonym, String>) -> LogLine {
    let record = Record::from_bytes(entry.text.as_bytes()).ok();
    let agent = record.as_ref().is_some_and(is_of_agent);
    let who = record.and_then(|record| match &record.actor {
        Actor::Person(pseudonym) => people.get(pseudonym).cloned(),
        Actor::Service(name) => Some(name.to_string()),
    });
    LogLine { seq: entry.seq, who, agent, entry: entry.text }
}

/// A record as it was logged: canonical JSON, byte for byte
#[utoipa::path(
    get,
    path = "/log/records/{seq}",
    tag = "log",
    params(("seq" = u64, Path, description = "number of the record, from 0 on", maximum = 9_007_199_254_740_991_i64)),
    responses((status = 200, body = Object), (status = 403, description = "policy does not let the caller read the log")),
)]
pub(super) async fn record(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(seq): Named<u64>,
) -> Answer<Response> {
    gate.demand(&caller, Access::Audit, "")?;
    Ok(as_record(gate.record(seq).await?))
}

/// The proof that a record is in the log (C2SP tlog-proof), to be checked without the gate: `weighhouse log verify`
#[utoipa::path(
    get,
    path = "/log/records/{seq}/tlog-proof",
    tag = "log",
    params(("seq" = u64, Path, description = "number of the record, from 0 on", maximum = 9_007_199_254_740_991_i64)),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 403, description = "policy does not let the caller read the log"),
    ),
)]
pub(super) async fn proof(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(seq): Named<u64>,
) -> Answer<Response> {
    gate.demand(&caller, Access::Audit, "")?;
    Ok(as_proof(gate.proof_of(seq).await?.to_string()))
}

pub(super) fn as_record(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

pub(super) fn as_proof(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Sizes {
    /// Of the log that is known.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    old: u64,
    /// Of the log that must continue it; the newest, if it is not given.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    size: Option<u64>,
}

/// That the log of one size is the beginning of the log of another.
#[derive(Serialize, ToSchema)]
pub(super) struct Consistency {
    old: u64,
    size: u64,
    /// Hashes in base 64 (RFC 6962, section 2.1.2).
    proof: Vec<String>,
}

/// The proof that the log only grew
#[utoipa::path(
    get,
    path = "/log/consistency",
    tag = "log",
    params(Sizes),
    responses((status = 200, body = Consistency), (status = 403, description = "policy does not let the caller read the log")),
)]
pub(super) async fn consistency(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(sizes): Queried<Sizes>,
) -> Answer<Json<Consistency>> {
    gate.demand(&caller, Access::Audit, "")?;
    let (head, _) = gate.store.head().await?;
    let size = sizes.size.unwrap_or(head);
    let hashes = gate.consistency(sizes.old, size).await?;
    Ok(Json(Consistency { old: sizes.old, size, proof: hashes.iter().map(ToString::to_string).collect() }))
}
