//! Commits: lines of JSON, each an operation, with small files in them.

use std::fs::File as DiskFile;
use std::io::{self, BufReader, Read, Seek};
use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use weighhouse_core::Digest;

use super::super::refusal::{Refusal, warn};
use super::lines::{self, Line};
use super::receive::receive;
use super::refused;
use crate::blobs::Blobs;
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::settings::{Uploads, in_words};
use crate::store::revisions::File;
use crate::workflow::{Act, LARGE, Proposal, unsound_path};

/// Takes a commit.
pub(super) async fn take(
    gate: &Arc<Gate>,
    caller: &Caller,
    name: &Name,
    branch: &str,
    pull: bool,
    request: Request,
) -> Result<Response, Refusal> {
    // Before anything is read.
    gate.home(caller, name).await.map_err(refused)?;
    gate.stage_of_branch(caller, branch).map_err(refused)?;
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let received = receive(gate, &caller.person.name, request.into_body(), length).await?;
    let turn = gate.sifting.acquire().await.map_err(|error| GateError::Internal(error.to_string()))?;
    let (blobs, bounds) = (gate.blobs.clone(), gate.settings.uploads.clone());
    let read = tokio::task::spawn_blocking(move || {
        let read = Reading { blobs: &blobs, bounds: &bounds }.all(received.file.as_file());
        drop(received);
        read
    });
    let read = read.await.map_err(|error| GateError::Internal(error.to_string()))?;
    drop(turn);
    let (header, acts) = read.map_err(Refusal::from)?;
    let sent: Vec<Digest> = acts
        .iter()
        .filter_map(|act| if let Act::Large { sha256, .. } = act { Some(*sha256) } else { None })
        .collect();
    let proposal = Proposal {
        name: name.clone(),
        branch: branch.to_owned(),
        parent: header.parent_commit,
        title: header.summary,
        message: header.description,
        pull,
        acts,
    };
    let done = gate.commit_upload(caller, proposal).await.map_err(|error| match error {
        // By this status clients know that somebody was faster.
        GateError::Conflict(why) => Refusal::new(StatusCode::PRECONDITION_FAILED, None, why).loud(),
        other => refused(other),
    })?;
    let (staging, who) = (gate.staging.clone(), caller.person.name.clone());
    // They have a name by now; what is left here goes with the next sweep.
    drop(tokio::task::spawn_blocking(move || staging.forget(&who, &sent)).await);
    let (address, name) = (&gate.settings.address, &done.model.name);
    let prefix = if name.kind() == Kind::Dataset { "datasets/" } else { "" };
    let page = format!("{address}/{prefix}{name}");
    let mut body = json!({
        "success": true,
        "commitOid": done.commit,
        "commitUrl": format!("{page}/commit/{}", done.commit),
        "hookOutput": done.standing,
    });
    if let (Some(number), Some(fields)) = (done.pull, body.as_object_mut()) {
        fields.insert("pullRequestUrl".to_owned(), format!("{page}/discussions/{number}").into());
    }
    let mut response = Json(body).into_response();
    warn(&done.standing, &mut response);
    Ok(response)
}

#[derive(Debug, Default, Deserialize)]
struct Header {
    #[serde(default)]
    summary: String,
    #[serde(default)]
    description: String,
    #[serde(default, rename = "parentCommit")]
    parent_commit: Option<String>,
}

#[derive(Deserialize)]
struct Operation {
    key: String,
    value: Value,
}

#[derive(Deserialize)]
struct Inline {
    path: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Deserialize)]
struct Large {
    path: String,
    oid: String,
    #[serde(default)]
    algo: Option<String>,
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Deserialize)]
struct Named {
    path: String,
}

#[derive(Deserialize)]
struct Copied {
    path: String,
    #[serde(rename = "srcPath")]
    from: String,
}

/// What is wrong with a commit.
enum Wrong {
    Words(String),
    TooLarge(String),
    Disk(io::Error),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Wrong> for Refusal {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Words(why) => Self::invalid(&why),
            Wrong::TooLarge(why) => Self::too_large(why),
            Wrong::Disk(error) if error.kind() == io::ErrorKind::InvalidData => {
                Self::invalid(&format!("a commit is lines of JSON with contents in base64: {error}"))
            }
            Wrong::Disk(error) => GateError::of_disk("a commit cannot be stored", &error).into(),
        }
    }
}

/// Reads commits, and takes their files in.
struct Reading<'a> {
    blobs: &'a Blobs,
    bounds: &'a Uploads,
}

impl Reading<'_> {
    fn all(&self, file: &DiskFile) -> Result<(Header, Vec<Act>), Wrong> {
        // Positions of their own in the same file: texts are read while lines are.
        let mut source = BufReader::with_capacity(1 << 20, At { file, at: 0 });
        let (mut header, mut acts, mut at, mut brought) = (None, Vec::new(), 0, 0_u64);
        while let Some(line) = lines::next(&mut source, &mut at)? {
            if line.json.iter().all(u8::is_ascii_whitespace) && line.long.is_empty() {
                continue;
            }
            let operation: Operation = serde_json::from_slice(&line.json)
                .map_err(|error| Wrong::Words(format!("a line of the commit is no operation: {error}")))?;
            if operation.key == "header" {
                header = Some(parsed::<Header>(operation.value)?);
                continue;
            }
            let most = self.bounds.most_files;
            if acts.len() >= most {
                let why = format!("a commit has at most {most} files here; upload in several commits");
                return Err(Wrong::TooLarge(why));
            }
            let act = self.act(operation, &line, file)?;
            brought = brought.saturating_add(act.brings());
            // Before more of it fills the disk.
            if let Some(why) = self.bounds.refuses_commit(brought) {
                return Err(Wrong::TooLarge(why));
            }
            acts.push(act);
        }
        let header = header.ok_or_else(|| Wrong::Words("a commit begins with a `header`".to_owned()))?;
        Ok((header, acts))
    }

    fn act(&self, operation: Operation, line: &Line, file: &DiskFile) -> Result<Act, Wrong> {
        if operation.key != "file" && !line.long.is_empty() {
            return Err(Wrong::Words(format!("a text of `{}` is too long", operation.key)));
        }
        let sound = |path: &str| unsound_path(path).map_or(Ok(()), |why| Err(Wrong::Words(why)));
        match operation.key.as_str() {
            "file" => {
                let inline: Inline = parsed(operation.value)?;
                sound(&inline.path)?;
                self.inline(inline, line, file)
            }
            "lfsFile" => {
                let large: Large = parsed(operation.value)?;
                sound(&large.path)?;
                let sha256 = large.oid.parse::<Digest>().ok();
                let sha256 = sha256.filter(|_| large.algo.as_deref().unwrap_or("sha256") == "sha256");
                let sha256 = sha256.ok_or_else(|| Wrong::Words("an oid is a SHA-256".to_owned()))?;
                Ok(Act::Large { path: large.path, sha256, size: large.size })
            }
            "deletedFile" => Ok(Act::Delete { path: parsed::<Named>(operation.value)?.path, folder: false }),
            "deletedFolder" => Ok(Act::Delete { path: parsed::<Named>(operation.value)?.path, folder: true }),
            "copyFile" => {
                let copied: Copied = parsed(operation.value)?;
                sound(&copied.path)?;
                Ok(Act::Copy { from: copied.from, to: copied.path })
            }
            other => {
                Err(Wrong::Words(format!("`{}` is no operation that the gate knows", other.escape_debug())))
            }
        }
    }

    /// A file within the commit.
    fn inline(&self, inline: Inline, line: &Line, file: &DiskFile) -> Result<Act, Wrong> {
        let (path, bounds) = (inline.path, self.bounds);
        let check = |size: u64| -> Result<u64, Wrong> {
            if let Some(why) = bounds.refuses_file(&path, size) {
                return Err(Wrong::TooLarge(why));
            }
            if size > bounds.largest_inline {
                return Err(Wrong::TooLarge(format!(
                    "`{path}` is larger than {}, too large to be sent within a commit; send it by LFS (HF_HUB_DISABLE_XET=1)",
                    in_words(bounds.largest_inline)
                )));
            }
            Ok(size)
        };
        let base64 = match inline.encoding.as_deref().unwrap_or("utf-8") {
            "base64" => true,
            "utf-8" => false,
            other => return Err(Wrong::Words(format!("`{}` is no encoding", other.escape_debug()))),
        };
        let taken = match (line.long.as_slice(), base64) {
            ([], true) => {
                let bytes = base64::Engine::decode(&lines::ENGINE, &inline.content)
                    .map_err(|error| Wrong::Words(format!("`{path}` is not in base64: {error}")))?;
                self.blobs.take_from(&mut bytes.as_slice(), check(bytes.len() as u64)?)?
            }
            ([], false) => {
                self.blobs.take_from(&mut inline.content.as_bytes(), check(inline.content.len() as u64)?)?
            }
            ([place], true) if inline.content.is_empty() => {
                let mut source = At { file, at: 0 };
                let (size, mut reader) = lines::decoded(&mut source, *place)?;
                self.blobs.take_from(&mut reader, check(size)?)?
            }
            _ => {
                return Err(Wrong::Words(format!("`{path}` has a text that is too long; send it in base64")));
            }
        };
        let large = taken.size >= LARGE || !taken.text;
        let git_oid = if large { crate::blobs::pointer(taken.sha256, taken.size).1 } else { taken.git_oid };
        Ok(Act::Put(File { path, size: taken.size, sha256: taken.sha256, git_oid, large }))
    }
}

fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Wrong> {
    serde_json::from_value(value)
        .map_err(|error| Wrong::Words(format!("an operation cannot be meant: {error}")))
}

/// A reader with a position of its own.
struct At<'a> {
    file: &'a DiskFile,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = std::os::unix::fs::FileExt::read_at(self.file, buffer, self.at)?;
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

impl Seek for At<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.at = match to {
            io::SeekFrom::Start(at) => at,
            io::SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            io::SeekFrom::End(by) => self.file.metadata()?.len().saturating_add_signed(by),
        };
        Ok(self.at)
    }
}
