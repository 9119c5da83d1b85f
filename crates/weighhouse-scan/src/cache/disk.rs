//! The cache as a file: a line with a checksum, then JSON. Written as a whole, beside its place, and renamed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::PoisonError;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use weighhouse_core::Digest;
use weighhouse_formats::source::{FileSource, Source as _, read_full};

use super::{Cache, Key, Records};

/// What a cache begins with; the checksum and the end of the line follow.
const MAGIC: &[u8] = b"weighhouse-cache 1 ";
/// Hex digits of the checksum.
const DIGITS: usize = 64;
/// Larger files are not read.
const LARGEST: u64 = 256 << 20;

/// Why what a cache holds is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// It is cut off or was changed.
    #[error("it is damaged")]
    Damaged,
    /// Its key is another one.
    #[error("it was made by another build, with other rules, limits or configuration")]
    Other,
    /// It is larger than what is read.
    #[error("it is larger than 256 MiB")]
    Large,
}

/// Why there is no cache to write to.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file of the user's that would be lost.
    #[error("it is no cache of weighhouse and would be overwritten")]
    Foreign,
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Serialize)]
struct Written<'a> {
    key: &'a Key,
    files: &'a Records,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[expect(dead_code, reason = "it was compared")]
    key: serde_json::Value,
    files: Records,
}

impl Cache {
    /// The cache at `path` for a run that starts at `start`, and why it begins empty if it is there but of no use.
    ///
    /// # Errors
    /// Something else than a cache is there, or it cannot be read.
    pub fn open(path: &Path, key: &Key, start: SystemTime) -> Result<(Self, Option<Ignored>), OpenError> {
        let mut cache = Self::empty(start);
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((cache, None)),
            Err(error) => return Err(error.into()),
            Ok(metadata) if !metadata.is_file() => return Err(OpenError::Foreign),
            Ok(_) => {}
        }
        let source = FileSource::new(File::open(path)?)?;
        let mut head = [0; MAGIC.len()];
        let seen = read_full(&source, 0, &mut head)?;
        if !MAGIC.starts_with(head.get(..seen).unwrap_or_default()) {
            return Err(OpenError::Foreign);
        }
        if source.len() > LARGEST {
            return Ok((cache, Some(Ignored::Large)));
        }
        let mut bytes = vec![0; usize::try_from(source.len()).map_err(io::Error::other)?];
        let seen = read_full(&source, 0, &mut bytes)?;
        Ok(match parse(bytes.get(..seen).unwrap_or_default(), key) {
            Ok(known) => {
                cache.known = known;
                (cache, None)
            }
            Err(ignored) => (cache, Some(ignored)),
        })
    }

    /// Writes what this run kept.
    ///
    /// # Errors
    /// It cannot be written; what was there is as it was.
    pub fn save(&self, path: &Path, key: &Key) -> io::Result<()> {
        let files = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let body = serde_json::to_vec(&Written { key, files: &files })?;
        drop(files);
        // A link is written through.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".weighhouse-cache").tempfile_in(folder)?;
        file.write_all(MAGIC)?;
        file.write_all(Digest::of(&body).hex().as_bytes())?;
        file.write_all(b"\n")?;
        file.write_all(&body)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Another version may write other records and another key: it is compared before they are read.
#[derive(Deserialize)]
struct Keyed {
    key: serde_json::Value,
}

fn parse(bytes: &[u8], key: &Key) -> Result<Records, Ignored> {
    let damaged = || Ignored::Damaged;
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
    let (checksum, rest) = rest.split_at_checked(DIGITS).ok_or_else(damaged)?;
    let body = rest.strip_prefix(b"\n").ok_or_else(damaged)?;
    if checksum != Digest::of(body).hex().as_bytes() {
        return Err(Ignored::Damaged);
    }
    let keyed: Keyed = serde_json::from_slice(body).map_err(|_| Ignored::Damaged)?;
    let own = serde_json::to_value(key).map_err(|_| Ignored::Damaged)?;
    if keyed.key != own {
        return Err(Ignored::Other);
    }
    let read: Read = serde_json::from_slice(body).map_err(|_| Ignored::Damaged)?;
    Ok(read.files)
}
