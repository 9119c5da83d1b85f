//! How content lies there encrypted: a head, then chunks of 64 KiB, each sealed by AES-256-GCM under a key that only this content has. Nonces are
//! those of STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015): the number of the chunk, and whether it is the last, so that chunks that are
//! left out, swapped or cut off do not open. The key is wrapped with the digest and the size of the content: it opens nothing else. All chunks but
//! the last are of one length, so that a part is read without what stands before it.
//!
//! Which form content has is known by its length alone: nothing that anybody uploads can look like the other.

use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use weighhouse_core::Digest;

use super::content::damaged;
use super::keys::{KEY, Keys, NAME, WRAPPED, is_name};
use crate::seal::random;

/// Bytes of content in a chunk.
pub(super) const CHUNK: u64 = 64 << 10;
/// Bytes that sealing adds to each.
const TAG: u64 = 16;
const MAGIC: &[u8; 16] = b"weighhouse-blob1";
/// Magic, name of the store key, size of the content: what is bound beside its digest.
const FIELDS: usize = MAGIC.len() + NAME + 8;
/// Bytes of the head: these, and the wrapped key.
pub(super) const HEAD: usize = FIELDS + WRAPPED;

fn chunks(size: u64) -> u64 {
    size.div_ceil(CHUNK).max(1)
}

/// Bytes that content of this size takes when it is encrypted.
pub(super) fn stored(size: u64) -> u64 {
    let more = chunks(size).saturating_mul(TAG).saturating_add(HEAD as u64);
    size.saturating_add(more)
}

/// Reads encrypted content, from any chunk on.
pub(super) struct Opener {
    key: LessSafeKey,
    size: u64,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Opener {
    /// By the head of content.
    pub(super) fn new(keys: &Keys, sha256: Digest, size: u64, head: &[u8]) -> io::Result<Self> {
        let (fields, wrapped) = head.split_at_checked(FIELDS).ok_or_else(damaged)?;
        let name = fields.get(MAGIC.len()..MAGIC.len() + NAME).unwrap_or_default();
        let name = std::str::from_utf8(name).ok().filter(|name| is_name(name)).ok_or_else(damaged)?;
        if fields != fields_of(name, size) {
            return Err(damaged());
        }
        let key = keys.unwrap(name, &about(fields, sha256), wrapped)?.ok_or_else(damaged)?;
        Ok(Self { key: of_bytes(&key)?, size })
    }

    /// Where the chunks that hold this part of the content stand.
    pub(super) fn span(&self, part: &Range<u64>) -> Range<u64> {
        let first = part.start / CHUNK;
        let end = part.end.div_ceil(CHUNK).clamp(first + 1, chunks(self.size));
        place(first)..place(end).min(stored(self.size))
    }

    /// How long the chunk with this number is as it lies there.
    pub(super) fn length(&self, number: u64) -> usize {
        let begin = number.saturating_mul(CHUNK);
        usize::try_from(self.size.saturating_sub(begin).min(CHUNK) + TAG).unwrap_or(0)
    }

    /// Opens the chunk with this number in place.
    pub(super) fn open(&self, number: u64, chunk: &mut Vec<u8>) -> io::Result<()> {
        let nonce = nonce(number, number + 1 == chunks(self.size))?;
        let opened = self.key.open_in_place(nonce, Aad::empty(), chunk).map_err(|_| damaged())?.len();
        chunk.truncate(opened);
        Ok(())
    }
}

/// Encrypts what is written to it.
pub(super) struct Sealing<W> {
    to: W,
    data: [u8; KEY],
    key: LessSafeKey,
    number: u64,
    chunk: Vec<u8>,
}

impl<W: Write + Seek> Sealing<W> {
    /// Begins at the beginning of a file; the head comes last.
    pub(super) fn begin(mut to: W) -> io::Result<Self> {
        let data = random::<KEY>().map_err(io::Error::other)?;
        to.write_all(&[0; HEAD])?;
        Ok(Self {
            to,
            data,
            key: of_bytes(&data)?,
            number: 0,
            chunk: Vec::with_capacity((CHUNK + TAG) as usize),
        })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = nonce(self.number, last)?;
        let sealed = self.key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.chunk);
        sealed.map_err(|_| io::Error::other("a chunk cannot be encrypted"))?;
        self.to.write_all(&self.chunk)?;
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }

    /// Writes the last chunk and the head: what was written is content with this digest and size.
    pub(super) fn finish(mut self, keys: &Keys, sha256: Digest, size: u64) -> io::Result<()> {
        self.seal(true)?;
        let name = keys.newest().ok_or_else(|| io::Error::other("there is no store key"))?;
        let fields = fields_of(&name, size);
        let wrapped = keys.wrap(&name, &about(&fields, sha256), &self.data)?;
        self.to.seek(SeekFrom::Start(0))?;
        self.to.write_all(&fields)?;
        self.to.write_all(&wrapped)?;
        self.to.flush()
    }
}

impl<W: Write + Seek> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits for what comes: only then it is known not to be the last.
        if self.chunk.len() as u64 == CHUNK && !bytes.is_empty() {
            self.seal(false)?;
        }
        let room = CHUNK as usize - self.chunk.len();
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.chunk.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn fields_of(name: &str, size: u64) -> Vec<u8> {
    [MAGIC.as_slice(), name.as_bytes(), &size.to_be_bytes()].concat()
}

fn about(fields: &[u8], sha256: Digest) -> Vec<u8> {
    [fields, sha256.as_bytes().as_slice()].concat()
}

fn of_bytes(key: &[u8; KEY]) -> io::Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(io::Error::other)?;
    Ok(LessSafeKey::new(key))
}

/// Where a chunk stands.
fn place(number: u64) -> u64 {
    number.saturating_mul(CHUNK + TAG).saturating_add(HEAD as u64)
}

/// STREAM: seven bytes that are the same for all chunks (here zero: no two contents have the same key), the number, whether it is the last.
fn nonce(number: u64, last: bool) -> io::Result<Nonce> {
    let number =
        u32::try_from(number).map_err(|_| io::Error::other("content is too large to be encrypted"))?;
    let mut nonce = [0; NONCE_LEN];
    let (_, end) = nonce.split_at_mut(7);
    let [a, b, c, d] = number.to_be_bytes();
    end.copy_from_slice(&[a, b, c, d, u8::from(last)]);
    Ok(Nonce::assume_unique_for_key(nonce))
}
