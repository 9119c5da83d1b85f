//! The digests by which a Hub and its caches name content.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The digest of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContentId {
    /// Large files: SHA-256 of the content.
    Sha256(String),
    /// Small files: git's blob id, SHA-1 over a header and the content.
    GitBlob(String),
}

impl ContentId {
    /// Reads a digest by its length; `None` if it is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        sha256(text).map(Self::Sha256).or_else(|| git_id(text).map(Self::GitBlob))
    }

    /// The name of the content in a cache.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitBlob(hex) => hex,
        }
    }
}

/// A SHA-256 in hex, in small letters.
pub(super) fn sha256(text: &str) -> Option<String> {
    hex(text, 64)
}

/// A git object id in hex, in small letters.
pub(super) fn git_id(text: &str) -> Option<String> {
    hex(text, 40)
}

fn hex(text: &str, len: usize) -> Option<String> {
    let sound = text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| text.to_ascii_lowercase())
}

/// A digest that is being computed.
pub(super) enum RunningDigest {
    Sha256(Sha256),
    GitBlob(Sha1),
}

impl RunningDigest {
    /// Starts the kind of digest that is declared, for content of `size` bytes.
    pub(super) fn new(declared: &ContentId, size: u64) -> Self {
        match declared {
            ContentId::Sha256(_) => Self::Sha256(Sha256::new()),
            ContentId::GitBlob(_) => {
                let mut digest = Sha1::new();
                digest.update(format!("blob {size}\0"));
                Self::GitBlob(digest)
            }
        }
    }

    /// Adds content.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(digest) => digest.update(bytes),
            Self::GitBlob(digest) => digest.update(bytes),
        }
    }

    /// Adds the first `len` bytes of an interrupted download.
    pub(super) fn absorb(&mut self, file: &mut File, len: u64) -> io::Result<()> {
        file.seek(SeekFrom::Start(0))?;
        let mut start = file.take(len);
        let mut window = vec![0; 256 * 1024];
        loop {
            let count = start.read(&mut window)?;
            match window.get(..count).filter(|part| !part.is_empty()) {
                Some(part) => self.update(part),
                None => return Ok(()),
            }
        }
    }

    /// The digest in hex.
    pub(super) fn finish(self) -> String {
        use std::fmt::Write as _;
        let bytes = match self {
            Self::Sha256(digest) => digest.finalize().to_vec(),
            Self::GitBlob(digest) => digest.finalize().to_vec(),
        };
        bytes.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ContentId, RunningDigest};

    #[test]
    fn a_git_blob_id_is_what_git_computes() {
        // `git hash-object` of an empty file and of "hello\n".
        for (content, id) in [
            ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
            ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
        ] {
            let declared = ContentId::parse(&id.to_ascii_uppercase()).unwrap();
            let mut digest = RunningDigest::new(&declared, content.len() as u64);
            digest.update(content.as_bytes());
            assert_eq!(digest.finish(), declared.name());
        }
        assert!(ContentId::parse("d41d8cd98f00b204e9800998ecf8427e").is_none(), "MD5 proves nothing");
    }
}
