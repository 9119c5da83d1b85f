//! What is signed: the resources of a model, and how they were taken from its files.

use std::fmt;
use std::str::FromStr;

use blake2::Blake2b512;
use sha2::{Digest as _, Sha256};
use weighhouse_core::Digest;

/// How a model becomes a list of resources; recorded in the signature, so that a verifier does the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serialization {
    /// By file or by shard.
    pub method: Method,
    /// The digest of each resource.
    pub hash: HashKind,
    /// Whether links are followed.
    pub follow_links: bool,
    /// Paths below the model's root that are left out, each with everything below it.
    pub ignored: Vec<String>,
}

/// By file or by shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// One resource a file.
    Files,
    /// One resource each so many bytes of a file.
    Shards {
        /// Bytes of a shard; the last one of a file is shorter.
        size: u64,
    },
}

/// The algorithms of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashKind {
    /// SHA-256.
    Sha256,
    /// `BLAKE2b` with 64 bytes.
    Blake2b,
    /// BLAKE3 with 32 bytes.
    Blake3,
}

impl HashKind {
    /// The name a resource's digest has.
    pub(super) fn algorithm(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake2b => "blake2b",
            Self::Blake3 => "blake3",
        }
    }

    /// The name that the reference implementation reads back: it writes `blake2b` and then knows only `blake2`.
    pub(super) fn recorded(self) -> &'static str {
        match self {
            Self::Blake2b => "blake2",
            other => other.algorithm(),
        }
    }

    pub(super) fn hasher(self) -> Hasher {
        match self {
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Blake2b => Hasher::Blake2b(Box::new(Blake2b512::new())),
            Self::Blake3 => Hasher::Blake3(Box::new(blake3::Hasher::new())),
        }
    }
}

impl fmt::Display for HashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm())
    }
}

impl FromStr for HashKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sha256" => Ok(Self::Sha256),
            "blake2" | "blake2b" => Ok(Self::Blake2b),
            "blake3" => Ok(Self::Blake3),
            other => Err(format!(
                "`{other}` is no digest of model signatures; `sha256`, `blake2b` and `blake3` are"
            )),
        }
    }
}

/// A digest in the making.
pub(super) enum Hasher {
    Sha256(Sha256),
    Blake2b(Box<Blake2b512>),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Blake2b(hasher) => hasher.update(bytes),
            Self::Blake3(hasher) => {
                hasher.update(bytes);
            }
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Blake2b(hasher) => hasher.finalize().to_vec(),
            Self::Blake3(hasher) => hasher.finalize().as_bytes().to_vec(),
        }
    }
}

/// One thing that has a digest: a file, or a shard of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) path: String,
    /// First byte and the byte behind the last, for shards.
    pub(super) range: Option<(u64, u64)>,
    pub(super) digest: Vec<u8>,
}

impl Resource {
    /// Order of the specification: by the path's components, then by offset.
    pub(super) fn order(&self) -> (Vec<&str>, Option<(u64, u64)>) {
        (self.path.split('/').collect(), self.range)
    }

    /// `path`, or `path:start:end`.
    pub(super) fn name(&self) -> String {
        match self.range {
            None => self.path.clone(),
            Some((start, end)) => format!("{}:{start}:{end}", self.path),
        }
    }

    /// Path and range of a recorded name. File names may contain colons, so a shard's name is read from its end.
    pub(super) fn parse_name(name: &str, method: Method) -> Option<(String, Option<(u64, u64)>)> {
        let Method::Shards { .. } = method else { return Some((name.to_owned(), None)) };
        let (rest, end) = name.rsplit_once(':')?;
        let (path, start) = rest.rsplit_once(':')?;
        let (start, end) = (start.parse().ok()?, end.parse().ok()?);
        (start <= end).then(|| (path.to_owned(), Some((start, end))))
    }
}

/// SHA-256 over the raw digests in their order: the digest of the model.
pub(super) fn root<'a>(digests: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let mut root = Sha256::new();
    for digest in digests {
        root.update(digest);
    }
    Digest::from_bytes(root.finalize().into())
}
