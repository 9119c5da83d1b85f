//! Contents of files, in a backup under their digests: each once, however many backups speak of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use weighhouse_core::Digest;

use super::Wanted;
use crate::blobs::{Blobs, fits, is_lost};

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
    blobs.save_keys(folder).await?;
    for (sha256, size) in wanted {
        let place = place(folder, *sha256);
        if fs::metadata(&place).is_ok_and(|there| fits(there.len(), *size)) {
            copied.there += 1;
            continue;
        }
        let (sha256, size) = (*sha256, *size);
        // One after another: object storage brings each to this machine.
        // As it is kept: what is encrypted stays so.
        let kept = match blobs.hold_kept(vec![(sha256, size)]).await {
            Ok(held) => {
                let blobs = blobs.clone();
                let one = move || keep(&blobs, &held.kept(sha256), &place, sha256, size);
                tokio::task::spawn_blocking(one).await.map_err(io::Error::other)?
            }
            Err(error) => Err(error),
        };
        let kept = kept.or_else(|error| if is_lost(&error) { Ok(false) } else { Err(error) })?;
        if kept {
            copied.new += 1;
        } else {
            copied.damaged.push(sha256.hex());
        }
    }
    Ok(copied)
}

/// Copies one content to its place; false if it is not what its digest says.
fn keep(blobs: &Blobs, from: &Path, place: &Path, sha256: Digest, size: u64) -> io::Result<bool> {
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut staged = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(&mut File::open(from)?, &mut staged)?;
    // The copy is read: what it says is what the backup has.
    if !blobs.is_content(staged.path(), sha256, size)? {
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
    let keys = blobs.saved_keys(folder)?;
    for (sha256, size) in wanted {
        if blobs.open_sound(*sha256, *size, 0..*size).await.is_ok() {
            continue;
        }
        let (blobs, from, content) = (blobs.clone(), place(folder, *sha256), (*sha256, *size));
        let (keys, sha256) = (keys.clone(), *sha256);
        let one = move || {
            let staged = tempfile::TempDir::new_in(blobs.staging())?;
            // A damaged one is not taken in under another name.
            match keys.open(&from, staged.path(), content) {
                Ok(clear) => Ok::<_, io::Error>(blobs.take(&clear)?.sha256 == sha256),
                Err(error) if is_lost(&error) => Ok(false),
                Err(error) => Err(error),
            }
        };
        if !tokio::task::spawn_blocking(one).await.map_err(io::Error::other)?? {
            missing.push(sha256.hex());
        }
    }
    Ok(missing)
}
