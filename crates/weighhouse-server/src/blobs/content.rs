//! What is known of content once it was read.

use std::io;

use sha2::Digest as _;
use weighhouse_core::Digest;
use weighhouse_core::digest::hex;

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

/// Copies, and computes both digests on the way. A file that grows or shrinks meanwhile is an error.
pub(super) fn copy(from: &mut impl io::Read, to: &mut impl io::Write, size: u64) -> io::Result<Content> {
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
        return Err(changed());
    }
    to.flush()?;
    let sha256 = Digest::from_bytes(sha256.finalize().into());
    Ok(Content { sha256, size, git_oid: hex(&git.finalize()), text })
}

/// Git's id of content.
pub(crate) fn git_oid(bytes: &[u8]) -> String {
    let mut git = sha1::Sha1::new();
    git.update(format!("blob {}\0", bytes.len()));
    git.update(bytes);
    hex(&git.finalize())
}

/// What stands in git for large content, and git's id of it (git-lfs pointer, version 1).
pub(crate) fn pointer(sha256: Digest, size: u64) -> (u64, String) {
    let text = pointer_text(sha256, size);
    (text.len() as u64, git_oid(text.as_bytes()))
}

/// What git holds instead of large content.
pub(crate) fn pointer_text(sha256: Digest, size: u64) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {size}\n", sha256.hex())
}

/// Why a file that is read twice, or grows while it is read, is not taken in.
pub(super) fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file changed while it was read")
}

/// Whether content is gone or not what it was: not merely out of reach for the moment.
pub(crate) fn is_lost(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData)
}

/// Why content that is there is not given to anybody.
pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is damaged in the store: not what came in")
}
