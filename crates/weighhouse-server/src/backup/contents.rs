//! Contents of files, in a backup under their digests: each once, however many backups speak of it.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use sha2::Digest as _;
use weighhouse_core::Digest;

use super::Wanted;
use crate::blobs::Blobs;

/// What was copied.
#[derive(Debug, Default)]
pub(super) struct Copied {
    pub(super) new: u64,
    pub(super) there: u64,
    pub(super) damaged: Vec<String>,
}

/// Where content lies in a backup.
fn place(folder: &Path, sha256: Digest) -> PathBuf {
    let hex = sha256.hex();
    let part = |range| hex.get(range).unwrap_or_default();
    folder.join("sha256").join(part(0..2)).join(part(2..4)).join(&hex)
}

/// Copies what is not there yet. What the gate itself has lost is told, and does not keep the rest from being saved.
pub(super) async fn copy(blobs: &Blobs, folder: &Path, wanted: &[Wanted]) -> io::Result<Copied> {
    let mut copied = Copied::default();
    for (sha256, size) in wanted {
        let place = place(folder, *sha256);
        if fs::metadata(&place).is_ok_and(|there| there.len() == *size) {
            copied.there += 1;
            continue;
        }
        let (sha256, size) = (*sha256, *size);
        let lost =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData);
        // One after another: object storage brings each to this machine.
        let kept = match blobs.hold(vec![(sha256, size)]).await {
            Ok(held) => {
                let one = move || keep(File::open(held.path(sha256))?, &place, sha256, size);
                tokio::task::spawn_blocking(one).await.map_err(io::Error::other)?
            }
            Err(error) => Err(error),
        };
        let kept = kept.or_else(|error| if lost(&error) { Ok(false) } else { Err(error) })?;
        if kept {
            copied.new += 1;
        } else {
            copied.damaged.push(sha256.hex());
        }
    }
    Ok(copied)
}

/// Copies one content to its place; false if it is not what its digest says.
fn keep(mut from: impl Read, place: &Path, sha256: Digest, size: u64) -> io::Result<bool> {
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut staged = tempfile::NamedTempFile::new_in(folder)?;
    let (mut digest, mut done, mut window) = (sha2::Sha256::new(), 0_u64, vec![0; 1 << 20]);
    loop {
        let count = from.read(&mut window)?;
        let Some(part) = window.get(..count).filter(|part| !part.is_empty()) else { break };
        digest.update(part);
        done = done.saturating_add(count as u64);
        if done > size {
            return Ok(false);
        }
        staged.write_all(part)?;
    }
    if done != size || Digest::from_bytes(digest.finalize().into()) != sha256 {
        return Ok(false);
    }
    staged.as_file().sync_all()?;
    staged.persist(place).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()?;
    Ok(true)
}

/// Takes contents of a backup in. Gives those that are neither there, whole, nor at the gate already.
pub(super) async fn bring(blobs: &Blobs, folder: &Path, wanted: &[Wanted]) -> io::Result<Vec<String>> {
    let mut missing = Vec::new();
    for (sha256, size) in wanted {
        if blobs.open_sound(*sha256, *size, 0..*size).await.is_ok() {
            continue;
        }
        let (blobs, from, sha256) = (blobs.clone(), place(folder, *sha256), *sha256);
        let one = move || {
            // A damaged one is not taken in under another name.
            match File::open(&from) {
                Ok(file) => Ok::<_, io::Error>(whole(file, sha256)? && blobs.take(&from)?.sha256 == sha256),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        };
        if !tokio::task::spawn_blocking(one).await.map_err(io::Error::other)?? {
            missing.push(sha256.hex());
        }
    }
    Ok(missing)
}

fn whole(mut file: File, sha256: Digest) -> io::Result<bool> {
    let (mut digest, mut window) = (sha2::Sha256::new(), vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut window)?;
        let Some(part) = window.get(..count).filter(|part| !part.is_empty()) else { break };
        digest.update(part);
    }
    Ok(Digest::from_bytes(digest.finalize().into()) == sha256)
}
