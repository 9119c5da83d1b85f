//! The thing examined and its files.

use crate::coverage::FileCoverage;
use crate::digest::Digest;

/// What was examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Name as the user gave it (a path, `hf:org/name@revision`), printable.
    pub name: String,
    /// The model digest over every file; absent if a file could not be read to its end.
    pub digest: Option<Digest>,
    /// Number of files.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// One file as found on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// Path relative to the target, `/`-separated.
    pub path: String,
    /// Digest of its bytes; absent if it could not be read to its end.
    pub sha256: Option<Digest>,
    /// Length.
    pub bytes: u64,
    /// The strongest candidate format, by name.
    pub format: &'static str,
    /// How much of it was looked at.
    pub coverage: FileCoverage,
}
