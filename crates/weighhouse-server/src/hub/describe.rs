//! Descriptions of repositories: the JSON that clients read.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use weighhouse_core::Intake;

use super::refusal::Refusal;
use super::route::{Query, Wanted};
use super::view::View;
use crate::blobs::pointer;
use crate::card::Card;
use crate::error::Result;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::Kind;
use crate::store::revisions::File;
use crate::store::seen::Seen;
use crate::store::timestamp;

/// Entries of a page at most.
const PAGE: usize = 1000;

/// Who the caller is (`/api/whoami-v2`).
pub(super) fn whoami(caller: &Caller) -> Value {
    let name = &caller.person.name;
    json!({
        "type": "user",
        "id": name,
        "name": name,
        "fullname": name,
        "isPro": false,
        "orgs": [],
        "auth": {
            "type": "access_token",
            "accessToken": { "displayName": caller.token.label, "role": "read", "createdAt": timestamp(caller.token.created).unwrap_or_default() },
        },
    })
}

/// What a revision says of itself. Of what was not inspected nothing is repeated.
pub(super) async fn card(gate: &Gate, seen: &Seen<'_>, view: &View) -> Result<Arc<Card>> {
    let (id, kind) = (&view.revision.id, view.model.name.kind());
    if view.revision.state != Intake::Inspected {
        return Ok(Arc::default());
    }
    seen.card(id, gate.card(id, kind)).await
}

/// A repository at a revision, without its files; with the front matter of its card and what its configuration says, or without.
pub(super) fn summary(view: &View, card: &Card, whole: bool) -> Result<Map<String, Value>> {
    let (name, revision) = (&view.model.name, &view.revision);
    let made = timestamp(revision.created)?;
    let Value::Object(mut fields) = json!({
        "_id": revision.id,
        "id": name.as_str(),
        "author": name.as_str().split_once('/').map(|(author, _)| author),
        "sha": revision.commit,
        "private": false,
        "gated": false,
        "disabled": false,
        "lastModified": made,
        "createdAt": made,
        "tags": card.tags,
        "downloads": 0,
        "likes": 0,
        "usedStorage": revision.bytes,
    }) else {
        return Ok(Map::new());
    };
    if name.kind() == Kind::Model {
        fields.insert("modelId".to_owned(), name.as_str().into());
    }
    let told = [("pipeline_tag", &card.pipeline_tag), ("library_name", &card.library_name)];
    for (key, told) in told {
        if let Some(told) = told {
            fields.insert(key.to_owned(), told.as_str().into());
        }
    }
    if let (true, Some(data)) = (whole, &card.data) {
        fields.insert("cardData".to_owned(), json!(data));
    }
    if whole && !card.config.is_empty() {
        fields.insert("config".to_owned(), json!(card.config));
    }
    Ok(fields)
}

/// A repository at a revision, with its files.
pub(super) async fn info(gate: &Gate, seen: &Seen<'_>, view: &View) -> Result<Value> {
    let revision = &view.revision;
    let files = seen.files(&revision.id).await?;
    let siblings: Vec<Value> = files
        .iter()
        .map(|file| {
            let mut sibling = json!({ "rfilename": file.path, "size": file.size, "blobId": file.git_oid });
            if let (true, Some(fields)) = (file.large, sibling.as_object_mut()) {
                let lfs = json!({
                    "sha256": file.sha256.hex(),
                    "size": file.size,
                    "pointerSize": pointer(file.sha256, file.size).0,
                });
                fields.insert("lfs".to_owned(), lfs);
            }
            sibling
        })
        .collect();
    let mut fields = summary(view, &*card(gate, seen, view).await?, true)?;
    fields.insert("siblings".to_owned(), siblings.into());
    Ok(Value::Object(fields))
}

/// Some files and folders; what is not there is left out.
pub(super) async fn paths(seen: &Seen<'_>, view: &View, wanted: &Wanted) -> Result<Vec<Value>> {
    let files = seen.files(&view.revision.id).await?;
    let all = entries(&files, "", true);
    let made = timestamp(view.revision.created)?;
    let expand = wanted.expand.then_some(&made);
    let named = wanted.paths().iter().filter_map(|path| all.get_key_value(path.trim_matches('/')));
    // Each once, however often it is asked for: the answer is not longer than the list of all.
    let named: BTreeMap<&String, &Entry<'_>> = named.collect();
    Ok(named.into_iter().map(|(path, entry)| entry.json(path, view, expand)).collect())
}

/// The entries of a folder, in pages.
pub(super) async fn tree(
    gate: &Gate,
    seen: &Seen<'_>,
    view: &View,
    folder: &str,
    query: &Query,
) -> std::result::Result<Response, Refusal> {
    let files = seen.files(&view.revision.id).await?;
    let entries = entries(&files, folder, query.recursive);
    if entries.is_empty() && !folder.is_empty() {
        return Err(Refusal::no_entry(folder, &view.revision.commit));
    }
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let after = query.cursor.as_deref().unwrap_or_default();
    let mut rest = entries.iter().filter(|(path, _)| path.as_str() > after);
    let page: Vec<(&String, &Entry<'_>)> = rest.by_ref().take(limit).collect();
    let more = rest.next().is_some();
    let made = timestamp(view.revision.created).map_err(crate::error::GateError::from)?;
    let body: Vec<Value> =
        page.iter().map(|(path, entry)| entry.json(path, view, query.expand.then_some(&made))).collect();
    let mut response = Json(body).into_response();
    if let (true, Some((last, _))) = (more, page.last()) {
        let folder: Vec<String> =
            folder.split('/').filter(|part| !part.is_empty()).map(crate::http::encoded).collect();
        let folder = folder.iter().fold(String::new(), |path, part| path + "/" + part);
        let address = format!(
            "{}/api/{}/{}/tree/{}{folder}?recursive={}&expand={}&limit={limit}&cursor={}",
            gate.settings.address,
            view.model.name.kind().as_str(),
            view.model.name,
            view.revision.commit,
            query.recursive,
            query.expand,
            crate::http::encoded(last),
        );
        super::next_page(&address, &mut response);
    }
    Ok(response)
}

/// A file, or a folder by its path.
enum Entry<'a> {
    File(&'a File),
    Folder,
}

/// What lies in a folder: everything below it, or only what is directly in it.
fn entries<'a>(files: &'a [File], folder: &str, recursive: bool) -> BTreeMap<String, Entry<'a>> {
    let mut entries = BTreeMap::new();
    let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    for file in files {
        let Some(rest) = file.path.strip_prefix(&inside) else { continue };
        let mut folders: Vec<&str> = rest.split('/').collect();
        folders.pop();
        let mut above = inside.clone();
        for (depth, part) in folders.iter().enumerate() {
            above.push_str(part);
            if recursive || depth == 0 {
                entries.insert(above.clone(), Entry::Folder);
            }
            above.push('/');
        }
        if recursive || folders.is_empty() {
            entries.insert(file.path.clone(), Entry::File(file));
        }
    }
    entries
}

impl Entry<'_> {
    fn json(&self, path: &str, view: &View, expand: Option<&String>) -> Value {
        let mut value = match self {
            Self::File(file) => {
                let mut value =
                    json!({ "type": "file", "oid": file.git_oid, "size": file.size, "path": path });
                if let (true, Some(fields)) = (file.large, value.as_object_mut()) {
                    let lfs = json!({
                        "oid": file.sha256.hex(),
                        "size": file.size,
                        "pointerSize": pointer(file.sha256, file.size).0,
                    });
                    fields.insert("lfs".to_owned(), lfs);
                }
                value
            }
            // Git's id of a folder is not known here; clients show it, and compare it with nothing.
            Self::Folder => {
                json!({ "type": "directory", "oid": view.revision.commit, "size": 0, "path": path })
            }
        };
        if let (Some(made), Some(fields)) = (expand, value.as_object_mut()) {
            let commit = json!({ "id": view.revision.commit, "title": "as it was released", "date": made });
            fields.insert("lastCommit".to_owned(), commit);
        }
        value
    }
}
