//! What a Hub declares about a commit: its files with sizes and digests.
//!
//! Most Hubs tell it in one answer. Very long lists come in pages, and simple mirrors tell digests in headers only.

use std::collections::BTreeSet;

use serde::Deserialize;
use ureq::http::HeaderMap;
use weighhouse_core::Digest;

use super::client::Client;
use super::digest::{ContentId, git_id, sha256};
use super::{HubError, is_relative_path};

/// A file as the Hub declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) content: ContentId,
    /// Git's id of the file or of the pointer that stands for it in git, if the Hub tells.
    pub(super) blob_id: Option<String>,
}

impl Remote {
    /// The SHA-256 that the Hub declares, of large content.
    pub(super) fn large(&self) -> Option<Digest> {
        match &self.content {
            ContentId::Sha256(hex) => hex.parse().ok(),
            ContentId::GitBlob(_) => None,
        }
    }
}

/// A commit and its files.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) commit: String,
    pub(super) files: Vec<Remote>,
}

#[derive(Deserialize)]
struct Description {
    sha: Option<String>,
    siblings: Option<Vec<Listed>>,
}

/// One file, in either of the two forms in which Hubs list them.
#[derive(Deserialize)]
struct Listed {
    rfilename: Option<String>,
    path: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    oid: Option<String>,
    lfs: Option<Pointer>,
}

#[derive(Deserialize)]
struct Pointer {
    sha256: Option<String>,
    oid: Option<String>,
    size: Option<u64>,
}

/// From this many files on, the list within the description may be cut short by the Hub.
const LONG: usize = 10_000;
/// Pages of a list that are read.
const PAGES: usize = 10_000;

/// Asks for a revision's commit and all its files.
pub(super) fn ask(
    client: &Client<'_>,
    repository: &str,
    revision: &str,
    max_files: usize,
) -> Result<Declared, HubError> {
    let what = format!("{repository}@{revision}");
    let wrong = |reason: String| HubError::Protocol { what: what.clone(), reason };
    let answer: Description = client.describe(repository, revision)?;
    let commit = answer.sha.as_deref().and_then(git_id);
    let commit = commit.ok_or_else(|| wrong("it names no commit".to_owned()))?;
    if super::cache::is_commit(revision) && commit != revision.to_ascii_lowercase() {
        return Err(wrong(format!("it is about another commit, {commit}")));
    }
    let mut listed = answer.siblings;
    let enough =
        |files: &Vec<Listed>| files.len() < LONG && files.iter().all(|file| file.content().is_some());
    if !listed.as_ref().is_some_and(enough) {
        match pages(client, repository, &commit, max_files) {
            Ok(files) => listed = Some(files),
            // A mirror without this part of the protocol: the list in the description is all there is.
            Err(HubError::Refused { status: 404 | 405 | 501, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let listed = listed.ok_or_else(|| wrong("it lists no files".to_owned()))?;
    if listed.len() > max_files {
        return Err(wrong(format!("it lists more than {max_files} files")));
    }
    check_paths(&listed).map_err(&wrong)?;
    let files = listed.iter().map(|file| complete(client, repository, &commit, file));
    Ok(Declared { files: files.collect::<Result<_, _>>()?, commit })
}

fn pages(
    client: &Client<'_>,
    repository: &str,
    commit: &str,
    max_files: usize,
) -> Result<Vec<Listed>, HubError> {
    let mut files = Vec::new();
    let mut next = None;
    for _ in 0..PAGES {
        let (page, more) = client.tree::<Vec<Listed>>(repository, commit, next)?;
        files.extend(page.into_iter().filter(|file| file.kind.as_deref() != Some("directory")));
        next = more;
        if next.is_none() || files.len() > max_files {
            return Ok(files);
        }
    }
    let reason = format!("the list of files has more than {PAGES} pages");
    Err(HubError::Protocol { what: format!("{repository}@{commit}"), reason })
}

/// Names must stay in their folder, be unique, and none may be the folder of another: git allows nothing else.
fn check_paths(files: &[Listed]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for path in files.iter().map(Listed::name) {
        if !is_relative_path(path) {
            return Err(format!("it lists a file with the unsafe name {}", crate::rule::quote(path)));
        }
        if !seen.insert(path) {
            return Err(format!("it lists {} twice", crate::rule::quote(path)));
        }
    }
    for path in &seen {
        let mut folder = *path;
        while let Some((above, _)) = folder.rsplit_once('/') {
            if seen.contains(above) {
                return Err(format!("it lists {} as file and as folder", crate::rule::quote(above)));
            }
            folder = above;
        }
    }
    Ok(())
}

impl Listed {
    fn name(&self) -> &str {
        self.rfilename.as_deref().or(self.path.as_deref()).unwrap_or_default()
    }

    fn git_id(&self) -> Option<String> {
        self.blob_id.as_deref().or(self.oid.as_deref()).and_then(git_id)
    }

    /// Size and digest, if the list declares both.
    fn content(&self) -> Option<(u64, ContentId)> {
        match &self.lfs {
            Some(pointer) => {
                let digest = pointer.sha256.as_deref().or(pointer.oid.as_deref()).and_then(sha256)?;
                Some((pointer.size.or(self.size)?, ContentId::Sha256(digest)))
            }
            None => Some((self.size?, ContentId::GitBlob(self.git_id()?))),
        }
    }
}

/// What the list lacks is asked for file by file.
fn complete(client: &Client<'_>, repository: &str, commit: &str, file: &Listed) -> Result<Remote, HubError> {
    let (size, content) = match file.content() {
        Some(found) => found,
        None => from_headers(&client.head(repository, commit, file.name())?, commit)
            .map_err(|reason| HubError::Protocol { what: file.name().to_owned(), reason })?,
    };
    let blob_id = file.git_id().or_else(|| match &content {
        ContentId::GitBlob(id) => Some(id.clone()),
        ContentId::Sha256(_) => None,
    });
    Ok(Remote { path: file.name().to_owned(), size, content, blob_id })
}

fn from_headers(headers: &HeaderMap, commit: &str) -> Result<(u64, ContentId), String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(other) = header("x-repo-commit").filter(|other| !other.eq_ignore_ascii_case(commit)) {
        return Err(format!("it is of another commit, {}", crate::rule::quote(other)));
    }
    let tag = header("x-linked-etag").or_else(|| header("etag")).unwrap_or_default();
    let content = ContentId::parse(tag.trim_start_matches("W/").trim_matches('"'))
        .ok_or("no digest is declared by which the download could be checked")?;
    let size = header("x-linked-size").or_else(|| header("content-length"));
    let size = size.and_then(|size| size.parse().ok()).ok_or("no size is declared")?;
    Ok((size, content))
}
