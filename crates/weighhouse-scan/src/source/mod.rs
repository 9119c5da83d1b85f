//! Where an artifact comes from: a list of files to read, and what could not be listed.

#[cfg(feature = "hub")]
pub mod hub;
mod path;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use weighhouse_formats::bounded::{Budget, Limits, spool};
use weighhouse_formats::source::SharedSource;

pub use path::{display_path, walk};

/// The files of an artifact.
#[derive(Debug)]
pub struct Listing {
    /// Name of the artifact as the user gave it.
    pub name: String,
    /// Files, by path.
    pub entries: Vec<Entry>,
    /// What could not be listed or must not be followed.
    pub obstacles: Vec<Obstacle>,
}

/// A file to inspect.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Path relative to the target, `/`-separated; bytes that are not UTF-8 as `\xNN`.
    pub path: String,
    /// How to open it.
    pub content: EntryContent,
}

/// How an entry is opened.
#[derive(Debug, Clone)]
pub enum EntryContent {
    /// A regular file.
    File(PathBuf),
    /// Bytes that were read already (standard input).
    Spooled(SharedSource),
}

/// Something in the target that is not inspected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Path relative to the target.
    pub path: String,
    /// What it is.
    pub kind: ObstacleKind,
    /// For the reader.
    pub detail: String,
}

/// Kinds of obstacles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObstacleKind {
    /// The operating system refuses to open or list it.
    Unreadable,
    /// A link whose target does not exist.
    BrokenLink,
    /// A link to a folder outside the target, or one that loops.
    LinkedFolder,
    /// A link to a file outside the target; the file is inspected.
    LinkLeaves,
    /// The same, or a folder, and what lies there is the system's or somebody's secrets.
    LinkToSystem,
    /// FIFO, socket or device.
    SpecialFile,
    /// More files than the limit.
    TooMany,
    /// Part of the repository, but not in the cache.
    NotDownloaded,
}

/// Why a target cannot be inspected at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The user named something that is not there.
    #[error("`{path}` does not exist")]
    Missing {
        /// As given.
        path: String,
    },
    /// It is there, but cannot be opened.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// As given.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// It is neither a file nor a folder.
    #[error(
        "`{path}` is neither a regular file nor a folder; to inspect a stream, pipe it in and give `-` as target"
    )]
    NotAFile {
        /// As given.
        path: String,
    },
}

/// Lists a path: one file, or a folder with all its files, nothing ignored.
pub fn from_path(path: &Path, max_files: usize) -> Result<Listing, SourceError> {
    path::list(path, max_files)
}

/// Reads a stream to its end, in bounded memory, as one file called `name`.
pub fn from_stream(
    stream: &mut dyn std::io::Read,
    name: &str,
    limits: &Limits,
) -> Result<Listing, SourceError> {
    let budget = Budget::new(Arc::new(Limits { ratio_floor: u64::MAX, ..limits.clone() }));
    let (source, stopped) = spool(stream, u64::MAX, &budget);
    let obstacles = stopped
        .map(|error| Obstacle {
            path: name.to_owned(),
            kind: ObstacleKind::Unreadable,
            detail: format!("standard input was not read to its end: {error}"),
        })
        .into_iter()
        .collect();
    let entry = Entry { path: name.to_owned(), content: EntryContent::Spooled(source) };
    Ok(Listing { name: name.to_owned(), entries: vec![entry], obstacles })
}
