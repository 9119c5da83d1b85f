//! Models on a Hub: first the local cache, then a download through a Hub-speaking endpoint.
//!
//! Reads and writes the cache layout of `huggingface_hub` (`models--org--name/{refs,blobs,snapshots}`), so a model that any
//! client downloaded is found, and one downloaded here is there for every client. Every byte is checked against the
//! digest that the Hub declares before it takes its place in the cache; an interrupted download is resumed.

mod cache;
mod client;
mod download;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

pub use cache::Cache;
pub use client::Token;

use super::{Listing, SourceError};

/// Where and how to look for a model.
#[derive(Debug)]
pub struct HubOptions {
    /// Base address of the endpoint, without a final slash.
    pub endpoint: String,
    /// Access token, sent to the endpoint only.
    pub token: Option<Token>,
    /// Folder of the cache (`…/huggingface/hub`).
    pub cache: PathBuf,
    /// Never open a connection.
    pub offline: bool,
    /// Files listed at most.
    pub max_files: usize,
}

/// Why a model could not be obtained.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The user's words are no repository or revision.
    #[error("`{0}` is not the name of a repository; write `org/name`")]
    InvalidRepository(String),
    /// Not in the cache, and downloading is forbidden.
    #[error(
        "`{repository}@{revision}` is not in the local cache `{cache}`, and `--offline` forbids downloading it"
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
    #[error("the Hub refuses `{what}`: {reason}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The Hub's reason, or what its status means.
        reason: String,
    },
    /// The Hub cannot be reached or breaks off.
    #[error("cannot fetch `{url}`: {reason}")]
    Connection {
        /// The address, without credentials.
        url: String,
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
    #[error("cannot write to the cache at `{path}`: {source}")]
    Cache {
        /// Where.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The user stopped the run; what arrived is kept and resumed next time.
    #[error("the download was cancelled; run the command again to resume it")]
    Cancelled,
    /// The snapshot cannot be listed.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Told about the progress of a download: bytes so far, bytes in all.
pub type OnProgress<'a> = &'a dyn Fn(u64, u64);

/// Finds `repository` at `revision` in the cache, or downloads it there, and lists its files.
pub fn from_hub(
    repository: &str,
    revision: &str,
    options: &HubOptions,
    cancelled: &AtomicBool,
    on_progress: OnProgress<'_>,
) -> Result<Listing, HubError> {
    if !is_repository(repository) || !is_revision(revision) {
        return Err(HubError::InvalidRepository(format!("{repository}@{revision}")));
    }
    let cache = Cache::new(&options.cache, repository);
    let (snapshot, origin) = match cache.find(revision) {
        Some(snapshot) => (snapshot, "local cache"),
        None if options.offline => {
            return Err(HubError::Offline {
                repository: repository.to_owned(),
                revision: revision.to_owned(),
                cache: options.cache.display().to_string(),
            });
        }
        None => {
            let client = client::Client::new(&options.endpoint, options.token.as_ref());
            let snapshot = download::snapshot(&client, &cache, repository, revision, cancelled, on_progress)?;
            (snapshot, "downloaded")
        }
    };
    let mut listing = super::from_path(&snapshot, options.max_files)?;
    let commit = snapshot.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let short: String = commit.chars().take(12).collect();
    listing.name = format!("hf:{repository}@{revision} (commit {short}, {origin})");
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
    !text.is_empty() && text.len() <= 256 && is_relative_path(text)
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
