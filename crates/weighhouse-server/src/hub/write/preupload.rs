//! How each file is to be sent, and whether at all: the first bytes of each are shown here before the rest is sent.
//!
//! Newer clients send files as `lfs` by Xet alone, which this gate does not speak, and they have no other way back than a setting
//! (`HF_HUB_DISABLE_XET=1`). Within a commit (`regular`) they send every file, so that is what they are asked for up to a bound.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::refusal::{Refusal, warn};
use super::lines::ENGINE;
use super::{json_body, refused};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::Name;
use crate::settings::in_words;
use crate::store::revisions::File;
use crate::workflow::{Home, LARGE, Sample, unsound_path};

/// Files in a question at most. Clients ask for 256.
const MOST: usize = 1000;
/// Bytes of a sample at most. Clients show 512.
const SAMPLE: usize = 4096;

#[derive(Deserialize)]
struct Question {
    files: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    sample: String,
}

/// Answers, or says why it is not taken.
pub(super) async fn answer(
    gate: &Gate,
    caller: &Caller,
    name: &Name,
    branch: &str,
    request: Request,
) -> Result<Response, Refusal> {
    let home = gate.home(caller, name).await.map_err(refused)?;
    let stage = gate.stage_of_branch(caller, branch).map_err(refused)?;
    let xet = speaks_xet(request.headers());
    // `datasets` throws its files away once they were sent, which those within a commit are not yet.
    let inline = xet && !is_datasets(request.headers());
    let question: Question = json_body(request).await?;
    if question.files.len() > MOST {
        return Err(Refusal::invalid(&format!("ask for at most {MOST} files at once")));
    }
    let bounds = &gate.settings.uploads;
    let mut samples = Vec::new();
    for file in &question.files {
        if let Some(why) = unsound_path(&file.path) {
            return Err(Refusal::invalid(&why).loud());
        }
        if let Some(why) = bounds.refuses_file(&file.path, file.size) {
            return Err(Refusal::too_large(why));
        }
        let sample = ENGINE.decode(&file.sample).ok().filter(|sample| sample.len() <= SAMPLE);
        let bytes =
            sample.ok_or_else(|| Refusal::invalid("a sample is the first bytes of a file, in base64"))?;
        samples.push(Sample { path: file.path.clone(), whole: bytes.len() as u64 == file.size, bytes });
    }
    let text: BTreeMap<String, bool> =
        samples.iter().map(|sample| (sample.path.clone(), !sample.bytes.contains(&0))).collect();
    // A pull request is decided about for the usual stage, once somebody asks for it.
    let stage = stage.unwrap_or_else(|| gate.settings.stage.clone());
    if let Some(why) = gate.sift(&stage, samples).await.map_err(refused)? {
        return Err(Refusal::forbidden(why));
    }
    let known = known(gate, &home, branch).await?;
    let mut files = Vec::new();
    let mut too_large = Vec::new();
    for file in &question.files {
        let plain = text.get(&file.path).copied().unwrap_or_default();
        let regular = if inline { file.size <= bounds.largest_inline } else { plain && file.size < LARGE };
        if xet && !regular {
            too_large.push(file.path.as_str());
        }
        let oid = match known.get(&file.path).filter(|known| known.size == file.size) {
            Some(known) => Some(oid(gate, known, regular).await?),
            None => None,
        };
        files.push(json!({
            "path": file.path,
            "uploadMode": if regular { "regular" } else { "lfs" },
            "shouldIgnore": false,
            "oid": oid,
        }));
    }
    let mut response = Json(json!({ "files": files, "commitOid": Value::Null })).into_response();
    if let Some(first) = too_large.first() {
        let (count, most) = (too_large.len(), in_words(bounds.largest_inline));
        let text = format!(
            "`{first}` ({count} such files) is not sent within a commit (only up to {most}, and not by `datasets`), and this gate does not speak Xet: \
             set HF_HUB_DISABLE_XET=1"
        );
        warn(&text, &mut response);
    }
    Ok(response)
}

/// Whether the client may know no other way for large files than Xet. Versions before 1 ask for others.
fn speaks_xet(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let version = agent.split([' ', ';']).find_map(|word| word.strip_prefix("hf_hub/"));
    version.is_some_and(|version| !version.starts_with("0."))
}

fn is_datasets(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.starts_with("datasets/")
}

/// Files that the next commit begins with. What two readings of that disagree about is sent again.
async fn known(gate: &Gate, home: &Home, branch: &str) -> Result<BTreeMap<String, File>, Refusal> {
    let own = gate.store.branch(&home.model.id, branch).await?;
    let branch = match own {
        Some(own) => Some(own),
        None => gate.store.branch(&home.model.id, "main").await?,
    };
    let Some(head) = branch.and_then(|branch| branch.head) else { return Ok(BTreeMap::new()) };
    let files = gate.store.files(&head).await?;
    let mut known: BTreeMap<String, File> = files.into_iter().map(|file| (file.path.clone(), file)).collect();
    for stage in &gate.settings.stages {
        let releases = gate.store.releases_in(&home.model.id, &stage.name).await?;
        for release in releases.iter().filter(|release| release.state.serves() && release.revision != head) {
            let files = gate.store.files(&release.revision).await?;
            let served: BTreeMap<&str, &File> = files.iter().map(|file| (file.path.as_str(), file)).collect();
            known.retain(|path, file| served.get(path.as_str()).is_some_and(|other| *other == file));
        }
    }
    Ok(known)
}

/// The id by which the client compares its file: git's if it would send it within the commit, else the SHA-256.
async fn oid(gate: &Gate, file: &File, regular: bool) -> Result<String, Refusal> {
    if !regular {
        return Ok(file.sha256.hex());
    }
    if !file.large {
        return Ok(file.git_oid.clone());
    }
    let oid = gate.blobs.git_oid(file.sha256, file.size).await;
    Ok(oid.map_err(|error| GateError::of_disk("content cannot be read", &error))?)
}
