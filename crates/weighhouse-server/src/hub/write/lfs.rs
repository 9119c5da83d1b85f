//! Large contents, after git-lfs: which of them are missing, where to send them, and that they came. The addresses are our own and signed
//! ([`super::ticket`]), for clients send no token there.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use weighhouse_core::Digest;

use super::super::refusal::Refusal;
use super::receive::{blocking, no_room, receive};
use super::ticket::{Ticket, What};
use super::{json_body, refused};
use crate::gate::Gate;
use crate::identity::{Caller, person};
use crate::name::{Kind, Name};
use crate::staging::Incomplete;
use crate::workflow::Home;

/// Content up to this size is sent at once, larger content in parts of about this size.
const PART: u64 = 64 << 20;
/// Parts at most; clients are told an address for each.
const MOST_PARTS: u64 = 1000;
/// Contents in a question at most.
const MOST_OBJECTS: usize = 1000;
/// Seconds that an address is good for, beside what its size takes.
const SHORTEST: i64 = 3600;

#[derive(Deserialize)]
struct Question {
    operation: String,
    objects: Vec<Object>,
    #[serde(default)]
    transfers: Vec<String>,
    #[serde(default)]
    hash_algo: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
    size: u64,
}

/// Says which contents are missing, and where to send them.
pub(super) async fn batch(
    gate: &Gate,
    caller: &Caller,
    name: &Name,
    request: Request,
) -> Result<Response, Refusal> {
    let home = gate.home(caller, name).await.map_err(refused)?;
    let question: Question = json_body(request).await?;
    let algorithm = question.hash_algo.as_deref().unwrap_or("sha256");
    if question.operation != "upload"
        || !matches!(algorithm, "sha256" | "sha_256")
        || question.objects.len() > MOST_OBJECTS
    {
        return Err(Refusal::invalid(
            "ask for `upload`, by `sha256`, of at most 1,000 contents; downloads go by their own addresses",
        ));
    }
    let in_parts = question.transfers.is_empty() || question.transfers.iter().any(|word| word == "multipart");
    let (staging, who) = (gate.staging.clone(), caller.person.name.clone());
    let mut used = blocking(move || staging.used(&who)).await?;
    let mut objects = Vec::new();
    let mut parted = false;
    for object in &question.objects {
        let mut answer = json!({ "oid": object.oid, "size": object.size });
        let added = match offer(gate, caller, &home, object, in_parts, &mut used).await? {
            Offer::Here => None,
            Offer::Send(actions, parts) => {
                parted |= parts;
                Some(("actions", actions))
            }
            Offer::Refused(code, message) => Some(("error", json!({ "code": code, "message": message }))),
        };
        if let (Some((key, value)), Some(fields)) = (added, answer.as_object_mut()) {
            fields.insert(key.to_owned(), value);
        }
        objects.push(answer);
    }
    let transfer = if parted { "multipart" } else { "basic" };
    Ok(lfs(json!({ "transfer": transfer, "objects": objects, "hash_algo": "sha256" })))
}

enum Offer {
    Here,
    Send(Value, bool),
    Refused(u16, String),
}

async fn offer(
    gate: &Gate,
    caller: &Caller,
    home: &Home,
    object: &Object,
    in_parts: bool,
    used: &mut u64,
) -> Result<Offer, Refusal> {
    let bounds = &gate.settings.uploads;
    let Ok(sha256) = object.oid.parse::<Digest>() else {
        return Ok(Offer::Refused(422, "an oid is 64 hexadecimal digits".to_owned()));
    };
    if let Some(why) = bounds.refuses_file(&object.oid, object.size) {
        return Ok(Offer::Refused(413, why));
    }
    if here(gate, caller, home, sha256, object.size).await? {
        return Ok(Offer::Here);
    }
    *used = used.saturating_add(object.size);
    if *used > bounds.per_person {
        return Ok(Offer::Refused(413, no_room(bounds.per_person)));
    }
    let ticket = Ticket {
        person: caller.person.name.clone(),
        repository: (home.model.name.kind().as_str().to_owned(), home.model.name.to_string()),
        sha256: sha256.hex(),
        size: object.size,
        what: What::Whole,
        // At the slowest rate that is taken it could not be sent in time; at a usual one it can, several times over.
        expires: gate.now() + SHORTEST + i64::try_from(object.size >> 18).unwrap_or(i64::MAX >> 1),
    };
    let address = |what: What, end: &str| -> Result<String, Refusal> {
        let ticket = Ticket { what, ..ticket.clone() }.signed(&gate.keys.uploads);
        let ticket = ticket.ok_or_else(|| crate::error::GateError::Internal("no address".to_owned()))?;
        Ok(format!("{}/lfs/{ticket}{end}", gate.settings.address))
    };
    let (upload, parts) = if in_parts && object.size > PART {
        let size = PART.max(object.size.div_ceil(MOST_PARTS));
        let count = object.size.div_ceil(size);
        let mut header = Map::new();
        header.insert("chunk_size".to_owned(), size.to_string().into());
        for (number, begin) in (1..=u32::try_from(count).unwrap_or(u32::MAX))
            .zip((0..).step_by(usize::try_from(size).unwrap_or(usize::MAX)))
        {
            let begin: u64 = begin;
            let what = What::Part { number, size: size.min(object.size - begin) };
            header.insert(format!("{number:05}"), address(what, "")?.into());
        }
        let parts = u32::try_from(count).unwrap_or(u32::MAX);
        (json!({ "href": address(What::Complete { parts }, "/complete")?, "header": header }), true)
    } else {
        (json!({ "href": address(What::Whole, "")? }), false)
    };
    let name = &home.model.name;
    let prefix = if name.kind() == Kind::Dataset { "datasets/" } else { "" };
    let verify = format!("{}/{prefix}{name}.git/info/lfs/verify", gate.settings.address);
    Ok(Offer::Send(json!({ "upload": upload, "verify": { "href": verify } }), parts))
}

/// Whether content need not be sent: the caller sent it, or may have it anyway.
async fn here(gate: &Gate, caller: &Caller, home: &Home, sha256: Digest, size: u64) -> Result<bool, Refusal> {
    let (staging, who, now) = (gate.staging.clone(), caller.person.name.clone(), gate.now());
    if blocking(move || staging.find(&who, sha256, size, now)).await?.is_some() {
        return Ok(true);
    }
    Ok(gate.may_have(caller, &home.model, sha256).await.map_err(refused)? == Some(size))
}

/// Says whether content came.
pub(super) async fn verify(
    gate: &Gate,
    caller: &Caller,
    name: &Name,
    request: Request,
) -> Result<Response, Refusal> {
    let home = gate.home(caller, name).await.map_err(refused)?;
    let object: Object = json_body(request).await?;
    let sha256: Option<Digest> = object.oid.parse().ok();
    let here = match sha256 {
        Some(sha256) => here(gate, caller, &home, sha256, object.size).await?,
        None => false,
    };
    if here {
        return Ok(lfs(json!({ "oid": object.oid, "size": object.size })));
    }
    Err(Refusal::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        None,
        "this content did not come, or not with this size; send it again",
    ))
}

/// What an address permits, if it does, and its owner still may.
async fn permitted(gate: &Gate, text: &str) -> Result<(Ticket, Digest), Refusal> {
    let forged = || Refusal::forbidden("this is no address that the gate gave for an upload");
    let ticket = Ticket::read(text, &gate.keys.uploads).ok_or_else(forged)?;
    let sha256 = ticket.digest().ok_or_else(forged)?;
    if ticket.expires <= gate.now() {
        return Err(Refusal::forbidden(
            "this address is too old; run the upload again, only what is missing is sent",
        ));
    }
    let account = gate.store.account(&ticket.person).await?.filter(|account| !account.disabled);
    let kind: Option<Kind> = ticket.repository.0.parse().ok();
    let name = kind.and_then(|kind| Name::new(kind, &ticket.repository.1)).ok_or_else(forged)?;
    let may = account
        .is_some_and(|account| gate.may(&person(&account), weighhouse_policy::Access::Upload, name.as_str()));
    if may {
        Ok((ticket, sha256))
    } else {
        Err(Refusal::forbidden("who was given this address may not upload any more"))
    }
}

/// Takes content, or a part of it.
pub(super) async fn send(
    gate: &Gate,
    text: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let (ticket, sha256) = permitted(gate, text).await?;
    let announced = match ticket.what {
        What::Whole => ticket.size,
        What::Part { size, .. } => size,
        What::Complete { .. } => return Err(Refusal::forbidden("no bytes are sent to this address")),
    };
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length != announced) {
        return Err(Refusal::invalid(&format!("{announced} bytes were announced for this address")));
    }
    let received = receive(gate, &ticket.person, body, Some(announced)).await?;
    let found = received.sha256;
    if ticket.what == What::Whole && found != sha256 {
        return Err(Refusal::invalid(&format!(
            "what was sent has the digest {found}, announced was {sha256}; send it again"
        )));
    }
    let (staging, now) = (gate.staging.clone(), gate.now());
    let (who, file) = (ticket.person, received.file);
    blocking(move || match ticket.what {
        What::Part { number, .. } => staging.keep_part(&who, sha256, number, file, now),
        _ => staging.keep(&who, sha256, file, now),
    })
    .await?;
    let mut response = StatusCode::OK.into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", found.hex())) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// All parts were sent.
pub(super) async fn sent(gate: &Gate, text: &str) -> Result<Response, Refusal> {
    let (ticket, sha256) = permitted(gate, text).await?;
    let What::Complete { parts } = ticket.what else {
        return Err(Refusal::forbidden("this is no address at which an upload ends"));
    };
    let (staging, who, size, now) = (gate.staging.clone(), ticket.person, ticket.size, gate.now());
    let done = blocking(move || {
        // Asked again, because the answer was lost.
        if staging.find(&who, sha256, size, now)?.is_some() {
            return Ok(None);
        }
        match staging.complete(&who, sha256, parts, now) {
            Ok(()) => Ok(None),
            Err(Incomplete::Disk(error)) => Err(error),
            Err(other) => Ok(Some(other.to_string())),
        }
    });
    match done.await? {
        None => Ok(Json(json!({ "success": true })).into_response()),
        Some(why) => Err(Refusal::invalid(&why)),
    }
}

fn lfs(body: Value) -> Response {
    let mut response = Json(body).into_response();
    let kind = HeaderValue::from_static("application/vnd.git-lfs+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
