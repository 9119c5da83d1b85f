//! Contents in object storage, as the gate gives and reads them: what is at hand from there, all else as it comes, checked on its way.

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
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Semaphore;
use weighhouse_core::Digest;

use super::Opened;
use super::arriving::Arriving;
use super::at_hand::AtHand;
use super::content::{copy, damaged};
use super::keys::is_unknown;
use super::memory::Found;
use super::objects::{Objects, Version};
use super::source::{Source, fits, opening};

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
        if let Some(source) = self.at_hand(sha256, size).await? {
            return Ok(source.given(part));
        }
        let opened = tokio::time::timeout(self.answer, self.open_there(sha256, size, part)).await;
        opened.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "object storage does not answer"))?
    }

    /// Whether somebody answers.
    pub(super) async fn reachable(&self) -> io::Result<()> {
        let asked = async {
            self.objects.reachable().await?;
            if self.objects.keys.in_use() { self.objects.look_for_keys().await } else { Ok(()) }
        };
        let asked = tokio::time::timeout(self.answer, asked).await;
        asked.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "object storage does not answer"))?
    }

    async fn at_hand(&self, sha256: Digest, size: u64) -> io::Result<Option<Source>> {
        let open = || {
            let hand = self.hand.clone();
            async move { hand.turns().open(sha256, move |reading| hand.open_sound(sha256, size, reading)).await }
        };
        match open().await {
            Err(error) if is_unknown(&error) => {
                self.objects.look_for_keys().await?;
                open().await
            }
            opened => opened,
        }
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
        if !fits(meta.size, size) || known == Some(Found::Damaged) {
            return Err(damaged());
        }
        if known.is_none() {
            if size <= WHOLE {
                return Ok(self.bring(sha256, size).await?.given(part));
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
        let Some(stream) = self.objects.plain(sha256, size, version, part.clone()).await? else {
            return Ok(None);
        };
        if !whole {
            return Ok(Some(Opened::Stream(stream)));
        }
        let (found, version) = (Arc::clone(&self.objects.found), version.clone());
        let checked = checked(stream, sha256, size, move |what| found.note(sha256, version.clone(), what));
        Ok(Some(Opened::Stream(checked.boxed())))
    }

    /// Brings content here, whole and checked.
    async fn bring(&self, sha256: Digest, size: u64) -> io::Result<Source> {
        let _turn = self.bringing.acquire().await.map_err(io::Error::other)?;
        // Somebody else may have brought it meanwhile.
        if let Some(source) = self.at_hand(sha256, size).await? {
            return Ok(source);
        }
        let place = NamedTempFile::new_in(self.arriving.folder())?;
        let mut file = tokio::fs::File::from_std(place.reopen()?);
        self.objects.download(sha256, size, &mut file).await?;
        let hand = self.hand.clone();
        let kept = tokio::task::spawn_blocking(move || hand.keep(place.path(), sha256, size)).await;
        // Without a copy the next one has it brought again: nothing worse.
        if let Err(error) = kept.map_err(io::Error::other)? {
            tracing::warn!(%error, "content could not be kept at hand");
        }
        Source::open(file.into_std().await, sha256, size, &self.objects.keys)
    }

    /// Brings contents here as they are kept, until what is given back is dropped.
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
        let mut file = tokio::fs::File::from_std(
            std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&place)?,
        );
        self.objects.download(sha256, size, &mut file).await?;
        let hand = self.hand.clone();
        let kept = tokio::task::spawn_blocking(move || hand.keep(&place, sha256, size)).await;
        kept.map_err(io::Error::other)?
    }
}

impl Objects {
    /// Copies content whole, in the form in which it is kept; other bytes are an error.
    async fn download(&self, sha256: Digest, size: u64, to: &mut tokio::fs::File) -> io::Result<()> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "it is not in the store");
        let meta = self.look(sha256).await?.ok_or_else(missing)?;
        let version = Version::of(&meta);
        if meta.size == size || !fits(meta.size, size) {
            if !self.check(sha256, size, &version, to).await? {
                return Err(damaged());
            }
            return to.flush().await;
        }
        // Known before, so that a key that is not here is not taken for damage.
        let away = || io::Error::new(io::ErrorKind::HostUnreachable, "it changes while it is read");
        self.opener(sha256, size, &version).await?.ok_or_else(away)?;
        let mut stream = self.read(sha256, &version, 0..version.size()).await?.ok_or_else(away)?;
        while let Some(bytes) = stream.try_next().await? {
            to.write_all(&bytes).await?;
        }
        to.flush().await?;
        let (file, keys) = (to.try_clone().await?.into_std().await, self.keys.clone());
        let whole = move || {
            let mut source = Source::open(file, sha256, size, &keys)?;
            copy(&mut source, &mut io::sink(), size)
        };
        let whole = tokio::task::spawn_blocking(whole).await.map_err(io::Error::other)?;
        let whole = whole.is_ok_and(|content| content.sha256 == sha256);
        self.tell(sha256, &version, whole);
        if whole { Ok(()) } else { Err(damaged()) }
    }

    /// Remembers what was found.
    fn tell(&self, sha256: Digest, version: &Version, whole: bool) {
        if !whole {
            tracing::error!(content = %sha256, "damaged in object storage: not what came in");
        }
        self.found.note(sha256, version.clone(), if whole { Found::Whole } else { Found::Damaged });
    }

    /// Reads a part of one version, as the content that it is. `None`: it is not there in this version.
    async fn plain(
        &self,
        sha256: Digest,
        size: u64,
        version: &Version,
        part: Range<u64>,
    ) -> io::Result<Option<BoxStream<'static, io::Result<Bytes>>>> {
        if version.size() == size {
            return self.read(sha256, version, part).await;
        }
        if !fits(version.size(), size) {
            return Err(damaged());
        }
        let Some(opener) = self.opener(sha256, size, version).await? else { return Ok(None) };
        let stream = self.read(sha256, version, opener.span(&part)).await?;
        Ok(stream.map(|stream| opening(stream, opener, part).boxed()))
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
        let (mut seen, mut digest) = (0_u64, sha2::Sha256::new());
        let mut stream = match self.plain(sha256, size, version, 0..size).await {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.tell(sha256, version, false);
                return Ok(false);
            }
            stream => stream?.ok_or_else(away)?,
        };
        loop {
            let bytes = match stream.try_next().await {
                Ok(Some(bytes)) => bytes,
                // Chunks that do not open.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.tell(sha256, version, false);
                    return Ok(false);
                }
                Ok(None) => break,
                Err(error) => return Err(error),
            };
            seen = seen.saturating_add(bytes.len() as u64);
            if seen > size {
                break;
            }
            digest.update(&bytes);
            to.write_all(&bytes).await?;
        }
        let whole = seen == size && Digest::from_bytes(digest.finalize().into()) == sha256;
        self.tell(sha256, version, whole);
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
        loop {
            let bytes = match state.stream.try_next().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(error) => {
                    if error.kind() == io::ErrorKind::InvalidData {
                        (state.found)(Found::Damaged);
                    }
                    return Err(error);
                }
            };
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
