//! Contents in object storage, as the gate gives and reads them: what is at hand from there, all else as it comes, checked on its way.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use sha2::Digest as _;
use tempfile::{NamedTempFile, TempDir};
use tokio::io::{AsyncSeekExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Semaphore;
use weighhouse_core::Digest;

use super::Opened;
use super::arriving::Arriving;
use super::at_hand::AtHand;
use super::content::damaged;
use super::memory::Found;
use super::objects::{Objects, Version};

/// Up to this size content is brought here, whole and checked, before it is given to anybody.
const WHOLE: u64 = 8 << 20;
/// Contents brought at once.
const BRINGING: usize = 8;
/// How often in a row reading is taken up again without having come further.
const AGAIN: u32 = 4;

/// A bucket, and what of it is at hand.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    pub(super) objects: Objects,
    hand: AtHand,
    arriving: Arc<Arriving>,
    /// Callers that wait longer for the first byte are told to come later.
    answer: Duration,
    bringing: Arc<Semaphore>,
}

impl Remote {
    pub(super) fn new(objects: Objects, hand: AtHand, arriving: Arc<Arriving>, answer: Duration) -> Self {
        Self { objects, hand, arriving, answer, bringing: Arc::new(Semaphore::new(BRINGING)) }
    }

    /// Opens content, or a part of it, to be given to somebody.
    pub(super) async fn open_sound(&self, sha256: Digest, size: u64, part: Range<u64>) -> io::Result<Opened> {
        if let Some(file) = self.at_hand(sha256, size).await? {
            return Ok(Opened::File(file));
        }
        let opened = tokio::time::timeout(self.answer, self.open_there(sha256, size, part)).await;
        opened.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "object storage does not answer"))?
    }

    /// Whether somebody answers.
    pub(super) async fn reachable(&self) -> io::Result<()> {
        let asked = tokio::time::timeout(self.answer, self.objects.reachable()).await;
        asked.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "object storage does not answer"))?
    }

    async fn at_hand(&self, sha256: Digest, size: u64) -> io::Result<Option<File>> {
        let hand = self.hand.clone();
        hand.turns().open(sha256, move |reading| hand.open_sound(sha256, size, reading)).await
    }

    async fn open_there(&self, sha256: Digest, size: u64, part: Range<u64>) -> io::Result<Opened> {
        // What is known is asked for at once; if it is another by now, it is looked at again.
        if let Some((version, Found::Whole)) = self.objects.found.last(sha256)
            && let Some(stream) = self.stream(sha256, size, &version, &part).await?
        {
            return Ok(stream);
        }
        let missing = || io::Error::new(io::ErrorKind::NotFound, "it is not in the store");
        let meta = self.objects.look(sha256).await?.ok_or_else(missing)?;
        let version = Version::of(&meta);
        let known = self.objects.found.of(sha256, &version);
        if meta.size != size || known == Some(Found::Damaged) {
            return Err(damaged());
        }
        if known.is_none() {
            if size <= WHOLE {
                return self.bring(sha256, size).await.map(Opened::File);
            }
            // The whole is checked on its way. A part cannot be: it is given while all is read, and no more once that was found damaged.
            if part != (0..size) {
                self.objects.found.note(sha256, version.clone(), Found::Reading);
                let (objects, version) = (self.objects.clone(), version.clone());
                tokio::spawn(async move {
                    let checked = objects.check(sha256, size, &version, &mut tokio::io::sink()).await;
                    if checked.is_err() {
                        // Nothing was found: whoever comes next has it read again.
                        objects.found.forget(sha256);
                    }
                });
            }
        }
        let stream = self.stream(sha256, size, &version, &part).await?;
        stream.ok_or_else(|| io::Error::new(io::ErrorKind::HostUnreachable, "it changes while it is read"))
    }

    /// Begins to read; `None` if it is not there in this version.
    async fn stream(
        &self,
        sha256: Digest,
        size: u64,
        version: &Version,
        part: &Range<u64>,
    ) -> io::Result<Option<Opened>> {
        let whole = *part == (0..size);
        let Some(stream) = self.objects.read(sha256, version, part.clone()).await? else { return Ok(None) };
        if !whole {
            return Ok(Some(Opened::Stream(stream)));
        }
        let (found, version) = (Arc::clone(&self.objects.found), version.clone());
        let checked = checked(stream, sha256, size, move |what| found.note(sha256, version.clone(), what));
        Ok(Some(Opened::Stream(checked.boxed())))
    }

    /// Brings content here, whole and checked.
    async fn bring(&self, sha256: Digest, size: u64) -> io::Result<File> {
        let _turn = self.bringing.acquire().await.map_err(io::Error::other)?;
        // Somebody else may have brought it meanwhile.
        if let Some(file) = self.at_hand(sha256, size).await? {
            return Ok(file);
        }
        let place = NamedTempFile::new_in(self.arriving.folder())?;
        let mut file = tokio::fs::File::from_std(place.reopen()?);
        self.objects.download(sha256, size, &mut file).await?;
        file.rewind().await?;
        let hand = self.hand.clone();
        let kept = tokio::task::spawn_blocking(move || hand.keep(place.path(), sha256, size)).await;
        // Without a copy the next one has it brought again: nothing worse.
        if let Err(error) = kept.map_err(io::Error::other)? {
            tracing::warn!(%error, "content could not be kept at hand");
        }
        Ok(file.into_std().await)
    }

    /// Brings contents here until what is given back is dropped.
    pub(super) async fn hold(&self, contents: &[(Digest, u64)]) -> io::Result<TempDir> {
        let folder = TempDir::new_in(self.arriving.folder())?;
        let mut all = futures_util::stream::iter(contents.iter().copied())
            .map(|(sha256, size)| self.hold_one(sha256, size, folder.path().join(sha256.hex())))
            .buffer_unordered(BRINGING / 2);
        while all.try_next().await?.is_some() {}
        drop(all);
        Ok(folder)
    }

    async fn hold_one(&self, sha256: Digest, size: u64, place: PathBuf) -> io::Result<()> {
        let (hand, there) = (self.hand.clone(), place.clone());
        let lent = tokio::task::spawn_blocking(move || hand.lend(sha256, size, &there)).await;
        if lent.map_err(io::Error::other)?? {
            return Ok(());
        }
        let mut file = tokio::fs::File::create_new(&place).await?;
        self.objects.download(sha256, size, &mut file).await?;
        let hand = self.hand.clone();
        let kept = tokio::task::spawn_blocking(move || hand.keep(&place, sha256, size)).await;
        kept.map_err(io::Error::other)?
    }
}

impl Objects {
    /// Copies content whole; other bytes are an error.
    async fn download(&self, sha256: Digest, size: u64, to: &mut tokio::fs::File) -> io::Result<()> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "it is not in the store");
        let meta = self.look(sha256).await?.ok_or_else(missing)?;
        if !self.check(sha256, size, &Version::of(&meta), to).await? {
            return Err(damaged());
        }
        to.flush().await
    }

    /// Reads all of a version and remembers what was found.
    pub(super) async fn check(
        &self,
        sha256: Digest,
        size: u64,
        version: &Version,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<bool> {
        let away = || io::Error::new(io::ErrorKind::HostUnreachable, "it changes while it is read");
        let mut stream = self.read(sha256, version, 0..version.size()).await?.ok_or_else(away)?;
        let (mut seen, mut digest) = (0_u64, sha2::Sha256::new());
        while let Some(bytes) = stream.try_next().await? {
            seen = seen.saturating_add(bytes.len() as u64);
            if seen > size {
                break;
            }
            digest.update(&bytes);
            to.write_all(&bytes).await?;
        }
        let whole = seen == size && Digest::from_bytes(digest.finalize().into()) == sha256;
        if !whole {
            tracing::error!(content = %sha256, "damaged in object storage: not what came in");
        }
        self.found.note(sha256, version.clone(), if whole { Found::Whole } else { Found::Damaged });
        Ok(whole)
    }

    /// Reads a part of one version. Where the connection breaks off, reading is taken up again.
    async fn read(
        &self,
        sha256: Digest,
        version: &Version,
        part: Range<u64>,
    ) -> io::Result<Option<BoxStream<'static, io::Result<Bytes>>>> {
        let Some(first) = self.begin(sha256, version, part.clone()).await? else { return Ok(None) };
        let (objects, version) = (self.clone(), version.clone());
        let state = (first, part, 0_u32);
        let stream = futures_util::stream::try_unfold(state, move |(mut stream, mut left, mut again)| {
            let (objects, version) = (objects.clone(), version.clone());
            async move {
                loop {
                    let (why, from) = match stream.next().await {
                        Some(Ok(bytes)) => {
                            left.start = left.start.saturating_add(bytes.len() as u64);
                            return Ok(Some((bytes, (stream, left, 0))));
                        }
                        None if left.is_empty() => return Ok(None),
                        None => ("object storage ended early".to_owned(), left.clone()),
                        Some(Err(error)) => (error.to_string(), left.clone()),
                    };
                    again += 1;
                    if again > AGAIN {
                        return Err(io::Error::new(io::ErrorKind::HostUnreachable, why));
                    }
                    tokio::time::sleep(Duration::from_millis(50 << again)).await;
                    stream = match objects.begin(sha256, &version, from).await? {
                        Some(stream) => stream,
                        None => return Err(damaged()),
                    };
                }
            }
        });
        Ok(Some(stream.boxed()))
    }

    async fn begin(
        &self,
        sha256: Digest,
        version: &Version,
        part: Range<u64>,
    ) -> io::Result<Option<BoxStream<'static, io::Result<Bytes>>>> {
        // A range of nothing cannot be asked for.
        let ranged = (part != (0..version.size())).then_some(part);
        let objects = self.clone();
        let result = self.get(sha256, version, ranged).await?;
        Ok(result.map(|result| result.into_stream().map_err(move |error| objects.fault(&error)).boxed()))
    }
}

/// Holds the last bytes back until all of them were read and are those that they should be: nobody receives the whole of anything else.
fn checked(
    stream: BoxStream<'static, io::Result<Bytes>>,
    sha256: Digest,
    size: u64,
    found: impl Fn(Found) + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    struct State<F> {
        stream: BoxStream<'static, io::Result<Bytes>>,
        digest: sha2::Sha256,
        seen: u64,
        held: Bytes,
        found: F,
    }
    let state = State { stream, digest: sha2::Sha256::new(), seen: 0, held: Bytes::new(), found };
    futures_util::stream::try_unfold(Some(state), move |state| async move {
        let Some(mut state) = state else { return Ok(None) };
        while let Some(bytes) = state.stream.try_next().await? {
            state.digest.update(&bytes);
            state.seen = state.seen.saturating_add(bytes.len() as u64);
            let before = std::mem::replace(&mut state.held, bytes);
            if state.seen > size {
                break;
            }
            if !before.is_empty() {
                return Ok(Some((before, Some(state))));
            }
        }
        let State { digest, seen, held, found, .. } = state;
        if seen == size && Digest::from_bytes(digest.finalize().into()) == sha256 {
            found(Found::Whole);
            return Ok(Some((held, None)));
        }
        found(Found::Damaged);
        tracing::error!(content = %sha256, "damaged in object storage: not what came in; given to nobody as a whole");
        Err(damaged())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn given(parts: &[&'static [u8]], whole: &[u8]) -> (Vec<u8>, bool) {
        let stream = futures_util::stream::iter(parts.to_vec()).map(|part| Ok(Bytes::from_static(part)));
        let mut stream = Box::pin(checked(stream.boxed(), Digest::of(whole), whole.len() as u64, |_| ()));
        let mut all = Vec::new();
        loop {
            match stream.next().await {
                Some(Ok(bytes)) => all.extend_from_slice(&bytes),
                Some(Err(_)) => return (all, false),
                None => return (all, true),
            }
        }
    }

    #[tokio::test]
    async fn nobody_receives_the_whole_of_anything_else() {
        let whole = b"hello world";
        assert_eq!(given(&[b"hello ", b"world"], whole).await, (whole.to_vec(), true));
        assert_eq!(given(&[b"hello world"], whole).await, (whole.to_vec(), true));
        assert_eq!(given(&[], b"").await, (Vec::new(), true));
        for other in [
            &[&b"hello "[..], b"worlD"][..],
            &[b"hello "],
            &[b"hello ", b"world", b"!"],
            &[b"hello world!"],
            &[],
        ] {
            let (all, ended) = given(other, whole).await;
            assert!(!ended && all.len() < whole.len(), "{other:?}");
        }
    }
}
