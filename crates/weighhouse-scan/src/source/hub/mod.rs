//! Models on a Hub: first the local cache, then a download through a Hub-speaking endpoint.
//!
//! Reads and writes the cache layout of `huggingface_hub` (`models--org--name/{refs,blobs,snapshots,trees}`), so a model
//! that any client downloaded is found, and one downloaded here is there for every client. Every byte is checked against
//! the digest that the Hub declares before it takes its place in the cache; an interrupted download is resumed.
//!
//! Where a connection is allowed, the Hub is asked what a branch or tag points at: what the cache remembers may be out of
//! date. Content is never downloaded twice. The Xet protocol is not spoken: every Hub also serves plain files.

mod address;
mod authorities;
mod cache;
mod client;
mod digest;
mod download;
mod refusal;
mod remote;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use authorities::Authorities;
pub use client::Token;

use weighhouse_core::Digest;

use self::cache::{Cache, is_commit};
use super::{Listing, Obstacle, ObstacleKind};

/// What a repository of a Hub holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Holding {
    /// A model.
    #[default]
    Model,
    /// A data set.
    Dataset,
}

impl Holding {
    /// The word in addresses of the interface, and in names of folders of the cache.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "models",
            Self::Dataset => "datasets",
        }
    }
}

/// Who reads what a refusal says, and what they can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reader {
    /// Whoever runs the program, with a token of their own.
    #[default]
    User,
    /// A user of a gate, whose operators have the token.
    OfGate,
}

/// Where and how to look for a model.
#[derive(Debug)]
pub struct HubOptions {
    /// What is looked for: a model or a data set.
    pub holding: Holding,
    /// Base address of the endpoint.
    pub endpoint: String,
    /// Who is told why something is not given.
    pub reader: Reader,
    /// Access token, sent to the endpoint only.
    pub token: Option<Token>,
    /// Folder of the cache (`…/huggingface/hub`).
    pub cache: PathBuf,
    /// Never open a connection.
    pub offline: bool,
    /// Files listed at most.
    pub max_files: usize,
    /// How long to wait, how often to try.
    pub patience: Patience,
    /// Certificate authorities to trust instead of the public ones.
    pub authorities: Option<Authorities>,
}

/// How long to wait for a Hub, and how often to try.
#[derive(Debug, Clone)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the beginning of an answer.
    pub answer: Duration,
    /// For the next bytes of an answer.
    pub silence: Duration,
    /// Attempts in a row that brought nothing, before a file is given up.
    pub attempts: usize,
    /// Between attempts.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            answer: Duration::from_mins(1),
            silence: Duration::from_secs(30),
            attempts: 5,
            pause: Duration::from_secs(1),
        }
    }
}

/// Why a model could not be obtained.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HubError {
    /// The user's words are no repository.
    #[error("`{0}` is not the name of a repository; write `hf:org/name` or `hf:org/name@revision`")]
    InvalidRepository(String),
    /// The user's words are no revision.
    #[error("`{0}` is not a revision; write the name of a branch or tag, or a commit id of 40 digits")]
    InvalidRevision(String),
    /// Not in the cache, and downloading is forbidden.
    #[error(
        "`{repository}@{revision}` is not in the local cache `{cache}`, and `--offline` (or `HF_HUB_OFFLINE`) forbids to \
         download it"
    )]
    Offline {
        /// As given.
        repository: String,
        /// As given.
        revision: String,
        /// Folder looked in.
        cache: String,
    },
    /// The Hub refuses.
    #[error("the Hub {} `{what}`: {reason}", if matches!(status, 404 | 410) { "does not offer" } else { "refuses" })]
    Refused {
        /// What was asked for.
        what: String,
        /// Status of the answer.
        status: u16,
        /// The Hub's reason, or what its status means; and what to do.
        reason: String,
    },
    /// The Hub refuses something that the cache holds: it may have been withdrawn, and for a reason.
    #[error("{0}; the local cache holds a copy, which `--offline` inspects")]
    Withdrawn(Box<Self>),
    /// The Hub cannot be reached or breaks off.
    #[error("cannot fetch `{what}`: {reason}")]
    Connection {
        /// The file, or the address without credentials.
        what: String,
        /// The cause.
        reason: String,
    },
    /// The Hub's answer is not what the protocol says.
    #[error("the answer of the Hub about `{what}` cannot be used: {reason}")]
    Protocol {
        /// What was asked for.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// What arrived is not what the Hub declared.
    #[error("`{path}` arrived with digest {found}, but the Hub declares {declared}; it was discarded")]
    Digest {
        /// The file.
        path: String,
        /// Digest declared.
        declared: String,
        /// Digest of what arrived.
        found: String,
    },
    /// The cache cannot be written.
    #[error("cannot write to the cache at `{path}`: {reason}")]
    Cache {
        /// Where.
        path: String,
        /// The cause.
        reason: String,
    },
    /// The certificates to trust cannot be used.
    #[error("cannot use the certificates in `{path}`: {reason}")]
    Authorities {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The user stopped the run; what arrived is kept and resumed next time.
    #[error("the download was cancelled; run the command again to resume it")]
    Cancelled,
}

impl HubError {
    /// Whether the same request may succeed a moment later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Connection { .. } | Self::Refused { status: 408 | 429 | 500..=599, .. })
    }
}

/// Told about the progress of a download.
pub type OnProgress<'a> = &'a dyn Fn(Progress<'_>);

/// Asked of large content by its SHA-256 and its size: whether whoever downloads has it already.
pub type Held<'a> = &'a dyn Fn(Digest, u64) -> bool;

/// How far a download is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The file that arrives.
    pub path: &'a str,
    /// Bytes of the repository that are there.
    pub done: u64,
    /// Bytes of the repository.
    pub total: u64,
}

/// Finds `repository` at `revision` in the cache, or downloads what is lacking, and lists its files.
pub fn from_hub(
    repository: &str,
    revision: &str,
    options: &HubOptions,
    cancelled: &AtomicBool,
    on_progress: OnProgress<'_>,
) -> Result<Listing, HubError> {
    check_names(repository, revision)?;
    let cache = Cache::new(&options.cache, options.holding, repository);
    let cached = cache.find(revision);
    let unmoving =
        |commit: &String| is_commit(revision) && cache.missing(commit).is_some_and(|m| m.is_empty());
    let (commit, origin) = match cached {
        Some(commit) if options.offline || unmoving(&commit) => (commit, "local cache"),
        None if options.offline => {
            return Err(HubError::Offline {
                repository: repository.to_owned(),
                revision: revision.to_owned(),
                cache: options.cache.display().to_string(),
            });
        }
        cached => {
            let client = client(options);
            let download = download::Download {
                client: &client,
                cache: &cache,
                repository,
                patience: &options.patience,
                cancelled,
                on_progress,
            };
            online(&download, revision, cached, options.max_files)?
        }
    };
    list(&cache, &commit, options, &format!("hf:{repository}@{revision}"), origin)
}

/// A commit whose files are all here.
#[derive(Debug)]
pub struct Snapshot {
    /// 40 hexadecimal digits.
    pub commit: String,
    /// Its files, by path.
    pub files: Vec<SnapshotFile>,
}

/// A file of a [`Snapshot`].
#[derive(Debug)]
pub struct SnapshotFile {
    /// Path within the repository.
    pub path: String,
    /// Where its content is; it has the digest that the Hub declared.
    pub content: SnapshotContent,
    /// Git's id of the file or of the pointer that stands for it, if the Hub tells.
    pub git_id: Option<String>,
    /// Whether the Hub declares its SHA-256 (LFS) instead of git's id.
    pub large: bool,
}

/// The content of a [`SnapshotFile`].
#[derive(Debug)]
pub enum SnapshotContent {
    /// It was downloaded, and is in this file.
    File(PathBuf),
    /// It was not downloaded: whoever asked has it.
    Held {
        /// Its digest.
        sha256: Digest,
        /// Its size in bytes.
        size: u64,
    },
}

/// Asks which commit a revision is.
///
/// # Errors
/// If the name is none, the Hub refuses, or cannot be asked.
pub fn resolve(repository: &str, revision: &str, options: &HubOptions) -> Result<String, HubError> {
    check_names(repository, revision)?;
    let client = client(options);
    Ok(remote::ask(&client, repository, revision, options.max_files)?.commit)
}

/// Downloads all files of a commit into the cache, but for those that are `held`; what arrived before is not asked for again.
///
/// # Errors
/// If the name is none, the Hub refuses, breaks off for good, or sends something else than it declared.
pub fn fetch(
    repository: &str,
    commit: &str,
    options: &HubOptions,
    cancelled: &AtomicBool,
    on_progress: OnProgress<'_>,
    held: Held<'_>,
) -> Result<Snapshot, HubError> {
    check_names(repository, commit)?;
    let cache = Cache::new(&options.cache, options.holding, repository);
    let client = client(options);
    let patience = &options.patience;
    let download =
        download::Download { client: &client, cache: &cache, repository, patience, cancelled, on_progress };
    let mut declared = remote::ask(&client, repository, commit, options.max_files)?;
    let mut files = Vec::with_capacity(declared.files.len());
    declared.files.retain(|file| match file.large().filter(|sha256| held(*sha256, file.size)) {
        Some(sha256) => {
            files.push(snapshot_file(file, SnapshotContent::Held { sha256, size: file.size }));
            false
        }
        None => true,
    });
    download.run(&declared, commit)?;
    let here = |file: &remote::Remote| SnapshotContent::File(cache.blob(file.content.name()));
    files.extend(declared.files.iter().map(|file| snapshot_file(file, here(file))));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Snapshot { commit: declared.commit, files })
}

fn snapshot_file(file: &remote::Remote, content: SnapshotContent) -> SnapshotFile {
    SnapshotFile {
        path: file.path.clone(),
        content,
        git_id: file.blob_id.clone(),
        large: matches!(file.content, digest::ContentId::Sha256(_)),
    }
}

fn client(options: &HubOptions) -> client::Client<'_> {
    client::Client::new(
        options.holding,
        options.reader,
        &options.endpoint,
        options.token.as_ref(),
        &options.patience,
        options.authorities.as_ref(),
    )
}

fn check_names(repository: &str, revision: &str) -> Result<(), HubError> {
    if !is_repository(repository) {
        return Err(HubError::InvalidRepository(repository.to_owned()));
    }
    if !is_revision(revision) {
        return Err(HubError::InvalidRevision(revision.to_owned()));
    }
    Ok(())
}

/// Asks the Hub and downloads what is lacking. Returns the commit and where it comes from.
fn online(
    download: &download::Download<'_>,
    revision: &str,
    cached: Option<String>,
    max_files: usize,
) -> Result<(String, &'static str), HubError> {
    match (remote::ask(download.client, download.repository, revision, max_files), cached) {
        (Ok(declared), _) => {
            let fetched = download.run(&declared, revision)?;
            Ok((declared.commit, if fetched == 0 { "local cache" } else { "downloaded" }))
        }
        (Err(error), Some(commit)) if error.may_pass() => {
            Ok((commit, "local cache; the Hub could not be asked"))
        }
        (Err(error @ HubError::Refused { .. }), Some(_)) => Err(HubError::Withdrawn(Box::new(error))),
        (Err(error), _) => Err(error),
    }
}

/// Lists a snapshot; what the cache is known to lack is an obstacle.
fn list(
    cache: &Cache,
    commit: &str,
    options: &HubOptions,
    name: &str,
    origin: &str,
) -> Result<Listing, HubError> {
    let snapshot = cache.snapshot(commit);
    let mut listing = super::from_path(&snapshot, options.max_files).map_err(|error| HubError::Cache {
        path: snapshot.display().to_string(),
        reason: error.to_string(),
    })?;
    let missing = cache.missing(commit).unwrap_or_default();
    listing.obstacles.extend(missing.into_iter().map(|path| Obstacle {
        path,
        kind: ObstacleKind::NotDownloaded,
        detail: "belongs to the repository, but the local cache holds only a part of it; without `--offline` the rest is \
                 downloaded"
            .to_owned(),
    }));
    listing.obstacles.sort_by(|a, b| a.path.cmp(&b.path));
    let short: String = commit.chars().take(12).collect();
    listing.name = format!("{name} (commit {short}, {origin})");
    Ok(listing)
}

/// `name` or `org/name`, of the characters a Hub allows.
fn is_repository(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 96
            && !part.starts_with(['.', '-'])
            && !part.contains("..")
            && !part.contains("--")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let mut parts = text.split('/');
    parts.clone().count() <= 2 && parts.all(part)
}

/// A branch, tag, commit or `refs/pr/1`.
fn is_revision(text: &str) -> bool {
    text.len() <= 256 && is_relative_path(text)
}

/// A path that stays inside its folder.
fn is_relative_path(path: &str) -> bool {
    let sound = |part: &str| {
        !matches!(part, "" | "." | "..")
            && !part.contains(['\\', ':', '\0'])
            && !part.chars().any(char::is_control)
    };
    path.split('/').all(sound)
}

#[cfg(test)]
mod tests {
    use super::{is_relative_path, is_repository};

    #[test]
    fn names_that_could_leave_the_cache_are_refused() {
        for fine in ["gpt2", "org/name", "org/name-1.5_b"] {
            assert!(is_repository(fine), "{fine}");
        }
        for wrong in
            ["", "/", "a/b/c", "../x", "org/..", "org/.git", "a--b/c", "org/na me", "org/-x", "org/a\u{e9}"]
        {
            assert!(!is_repository(wrong), "{wrong}");
        }
        for wrong in ["", "/etc/passwd", "a/../b", "a//b", "c:\\x", "a\\b", "a/.", "a\nb"] {
            assert!(!is_relative_path(wrong), "{wrong}");
        }
        assert!(is_relative_path("onnx/model.onnx"));
    }
}
