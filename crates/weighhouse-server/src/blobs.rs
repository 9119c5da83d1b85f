//! Content by its SHA-256, in a folder: `sha256/aa/bb/…`. What is there is whole and never changes; it came by renaming.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::Digest as _;
use weighhouse_core::Digest;
use weighhouse_core::digest::hex;

/// The contents of all files that came in.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    folder: PathBuf,
}

/// Content that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) sha256: Digest,
    pub(crate) size: u64,
    /// Git's id of the content itself.
    pub(crate) git_oid: String,
    /// Whether it looks like text to git: no zero byte within the first 8,000.
    pub(crate) text: bool,
}

impl Blobs {
    /// Opens the store below `folder`, made if it is not there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let blobs = Self { folder: folder.to_owned() };
        fs::create_dir_all(blobs.folder.join("sha256"))?;
        fs::create_dir_all(blobs.staging())?;
        Ok(blobs)
    }

    /// A folder on the same file system, for what is on its way in.
    pub(crate) fn staging(&self) -> PathBuf {
        self.folder.join("staging")
    }

    /// Where content is, if it is there.
    pub(crate) fn path(&self, sha256: Digest) -> PathBuf {
        let hex = sha256.hex();
        let (first, rest) = hex.split_at_checked(2).unwrap_or_default();
        let (second, _) = rest.split_at_checked(2).unwrap_or_default();
        self.folder.join("sha256").join(first).join(second).join(&hex)
    }

    /// Takes a copy of a file in. Blocks.
    pub(crate) fn take(&self, file: &Path) -> io::Result<Content> {
        let mut source = File::open(file)?;
        let size = source.metadata()?.len();
        let mut staged = tempfile::NamedTempFile::new_in(self.staging())?;
        let content = copy(&mut source, &mut staged, size)?;
        let place = self.path(content.sha256);
        if fs::metadata(&place).is_ok_and(|there| there.len() == content.size) {
            return Ok(content);
        }
        place.parent().map_or(Ok(()), fs::create_dir_all)?;
        staged.as_file().sync_all()?;
        staged.persist(&place).map_err(|error| error.error)?;
        // The name, too, must outlive a power cut before a row speaks of it.
        place.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        Ok(content)
    }
}

/// Copies, and computes both digests on the way. A file that grows or shrinks meanwhile is an error.
fn copy(from: &mut File, to: &mut impl io::Write, size: u64) -> io::Result<Content> {
    let (mut sha256, mut git) = (sha2::Sha256::new(), sha1::Sha1::new());
    git.update(format!("blob {size}\0"));
    let mut window = vec![0; 1 << 20];
    let (mut done, mut text) = (0_u64, true);
    loop {
        let count = from.read(&mut window)?;
        let Some(part) = window.get(..count).filter(|part| !part.is_empty()) else { break };
        if done == 0 {
            text = !part.iter().take(8000).any(|byte| *byte == 0);
        }
        sha256.update(part);
        git.update(part);
        to.write_all(part)?;
        done = done.saturating_add(count as u64);
    }
    if done != size {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file changed while it was read"));
    }
    to.flush()?;
    let sha256 = Digest::from_bytes(sha256.finalize().into());
    Ok(Content { sha256, size, git_oid: hex(&git.finalize()), text })
}

/// What stands in git for large content, and git's id of it (git-lfs pointer, version 1).
pub(crate) fn pointer(sha256: Digest, size: u64) -> (u64, String) {
    let text =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {size}\n", sha256.hex());
    let mut git = sha1::Sha1::new();
    git.update(format!("blob {}\0{text}", text.len()));
    (text.len() as u64, hex(&git.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_taken_in_once_under_its_digests() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "hello\n").unwrap();
        let content = blobs.take(&file).unwrap();
        // As `git hash-object` and `sha256sum` say.
        assert_eq!(content.git_oid, "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(content.sha256.hex(), "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
        assert!(content.text && content.size == 6);
        assert_eq!(fs::read(blobs.path(content.sha256)).unwrap(), b"hello\n");
        assert_eq!(blobs.take(&file).unwrap(), content);
        assert_eq!(fs::read_dir(blobs.staging()).unwrap().count(), 0);
        fs::write(&file, "a\0b").unwrap();
        assert!(!blobs.take(&file).unwrap().text);
    }

    #[test]
    fn pointers_are_those_of_git_lfs() {
        // `git lfs pointer --file=a` over "hello\n".
        let digest = Digest::of(b"hello\n");
        let (len, oid) = pointer(digest, 6);
        let text =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 6\n", digest.hex());
        assert_eq!((len, oid.len()), (text.len() as u64, 40));
    }
}
