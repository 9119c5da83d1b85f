//! Lists: the history of a repository, its branches, and what there is at all. Each tells only what the caller could download.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use weighhouse_policy::Access;

use super::list::List;
use super::refusal::Refusal;
use super::route::Query;
use super::view::{self, View};
use super::{describe, next_page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::encoded;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::places::LOOKED;
use crate::store::revisions::Revision;
use crate::store::seen::Seen;
use crate::store::served::{Listed, Order, Wanted};
use crate::store::timestamp;

/// Entries of a page at most.
const PAGE: usize = 100;

/// The revision, and those before it that were served in the same stage; of a commit id, that commit alone.
pub(super) async fn commits(
    gate: &Gate,
    caller: &Caller,
    view: &View,
    wanted: &str,
    query: &Query,
) -> Result<Response, Refusal> {
    let stage = match wanted {
        "main" => gate.own_stage(caller),
        other => other,
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let after: Option<i64> = query.cursor.as_deref().map(|cursor| cursor.parse().unwrap_or(i64::MAX));
    // Its own place in the list is the first: what serves was moved last, or stands in no list.
    let mut page = if after.is_none() { vec![(i64::MAX, view.revision.clone())] } else { Vec::new() };
    let before = after.unwrap_or(i64::MAX);
    page.extend(gate.store.superseded(&view.model.id, stage, before, limit + 1).await?);
    let more = page.len() > limit;
    page.truncate(limit);
    let last = page.last().map(|(moved, _)| *moved);
    let page = page.iter().map(|(_, revision)| revision);
    let body: Result<Vec<Value>, GateError> = page.map(commit).collect();
    let mut response = Json(body?).into_response();
    if let (true, Some(last)) = (more, last) {
        let address = format!(
            "{}/api/{}/{}/commits/{}?limit={limit}&cursor={}",
            gate.settings.address,
            view.model.name.kind().as_str(),
            view.model.name,
            encoded(wanted),
            last,
        );
        next_page(&address, &mut response);
    }
    Ok(response)
}

fn commit(revision: &Revision) -> Result<Value, GateError> {
    let source = match revision.source.as_str() {
        "import" => "imported".to_owned(),
        "upload" => "uploaded".to_owned(),
        "view" => "a partial view".to_owned(),
        source => format!("fetched from {source}"),
    };
    Ok(json!({
        "id": revision.commit,
        "title": source,
        "message": revision.digest.map_or_else(String::new, |digest| digest.to_string()),
        "authors": [],
        "date": timestamp(revision.created)?,
        "parents": [],
    }))
}

/// `main` and the stages, as far as something is served there to the caller.
pub(super) async fn refs(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    name: &Name,
) -> Result<Value, Refusal> {
    let mut branches = Vec::new();
    let mut branch = |name: &str, view: &View| {
        let target = &view.revision.commit;
        branches.push(json!({ "name": name, "ref": format!("refs/heads/{name}"), "targetCommit": target }));
    };
    let main = view::resolve(gate, seen, caller, name, None).await;
    if let Ok(view) = &main {
        branch("main", view);
    }
    for stage in &gate.settings.stages {
        if let Ok(view) = view::resolve(gate, seen, caller, name, Some(&stage.name)).await {
            branch(&stage.name, &view);
        }
    }
    match main {
        Err(refusal) if branches.is_empty() => Err(refusal),
        _ => Ok(json!({ "branches": branches, "tags": [], "converts": [], "pullRequests": [] })),
    }
}

/// What is served to the caller under `main`, by name or by age.
pub(super) async fn search(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    kind: Kind,
    list: &List,
) -> Result<Response, Refusal> {
    if let Some(refusal) = list.refusal() {
        return Err(refusal);
    }
    // Nothing here asks for the consent of its makers.
    if list.gated {
        return Ok(Json(json!([])).into_response());
    }
    let stage = gate.own_stage(caller);
    let wanted = Wanted {
        kind,
        stage,
        searches: &list.searches,
        author: &list.author,
        tags: &list.tags,
        order: Order::Name(String::new()),
        most: PAGE,
    };
    let most = list.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let mut place = gate.told_place(list.cursor.as_deref().unwrap_or_default())?;
    let (mut body, mut before, mut next) = (Vec::new(), String::new(), None);
    // Looked through until a page is full: what the caller may not see shows in no length of a page, and in no place where one ends.
    'looking: for _ in 0..LOOKED / PAGE {
        let found = gate.store.served(&Wanted { order: order(list.by_age, &place), ..wanted }).await?;
        let last = found.len() < PAGE;
        for listed in &found {
            // What is tried beside what serves stands there twice; each gets one of them.
            let again = listed.revision.is_none() && before == listed.model.id;
            let entry = if again { None } else { entry(gate, seen, caller, list, listed).await? };
            if body.len() == most && entry.is_some() {
                break 'looking;
            }
            before.clone_from(&listed.model.id);
            place = place_of(listed);
            if let Some(entry) = entry {
                body.push(entry);
                next = Some(gate.tell_place(&place, true)?);
            }
        }
        if last {
            next = None;
            break;
        }
        if body.len() < most {
            next = Some(gate.tell_place(&place, false)?);
        }
    }
    let mut response = Json(body).into_response();
    if let Some(cursor) = next {
        let (address, kind) = (&gate.settings.address, kind.as_str());
        let address = format!("{address}/api/{kind}?{}limit={most}&cursor={}", list.again, encoded(&cursor));
        next_page(&address, &mut response);
    }
    Ok(response)
}

/// An entry of a list, if the caller gets it.
async fn entry(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    list: &List,
    listed: &Listed,
) -> Result<Option<Value>, Refusal> {
    let Listed { model, revision } = listed;
    let name = model.name.as_str();
    if !gate.may(&caller.person, Access::View, name) || !gate.may(&caller.person, Access::Download, name) {
        return Ok(None);
    }
    let releases = seen.serving(&model.id, gate.own_stage(caller)).await?;
    let Some(release) = view::serving(caller, model, &releases) else { return Ok(None) };
    if revision.as_ref().is_some_and(|(_, revision)| *revision != release.revision) {
        return Ok(None);
    }
    let Ok(view) = view::view(seen, model.clone(), release).await else { return Ok(None) };
    let card = describe::card(gate, seen, &view).await?;
    let has_task = list.pipeline_tag.is_none() || list.pipeline_tag == card.pipeline_tag;
    if !has_task || !list.tags.iter().all(|tag| card.tags.contains(tag)) {
        return Ok(None);
    }
    Ok(Some(Value::Object(describe::summary(&view, &card, list.whole)?)))
}

/// The place of an entry in its list.
fn place_of(listed: &Listed) -> String {
    match &listed.revision {
        Some((age, revision)) => format!("{age}:{revision}"),
        None => listed.model.name.folded(),
    }
}

/// In which order, and where to go on.
fn order(by_age: bool, cursor: &str) -> Order {
    if !by_age {
        return Order::Name(cursor.to_owned());
    }
    let place =
        cursor.split_once(':').and_then(|(age, revision)| Some((age.parse().ok()?, revision.to_owned())));
    let (age, revision) = place.unwrap_or((i64::MAX, String::new()));
    Order::Age(age, revision)
}
