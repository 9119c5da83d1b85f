//! What of the contents nobody refers to: what servers that were killed, or requests that came to nothing, left.

use std::io;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use weighhouse_core::Digest;

use super::{Blobs, Kind};

/// Contents to which nobody refers stay so long, in seconds: whoever brings them in refers to them later, and a backup of the database may be
/// some days old.
pub(crate) const UNWANTED: i64 = 7 * 86_400;
/// Contents looked at together.
const TOGETHER: usize = 500;

impl Blobs {
    /// Whether any content is here.
    pub(crate) async fn holds_anything(&self) -> io::Result<bool> {
        let mut some = self.older(i64::MAX);
        while let Some(found) = some.try_next().await? {
            if !found.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Contents that were brought in before a moment, and that nobody wanted to bring in since.
    pub(crate) fn older(&self, than: i64) -> BoxStream<'_, io::Result<Vec<Digest>>> {
        match &self.kind {
            Kind::Folder(folder) => futures_util::stream::iter(0..=u8::MAX)
                .then(move |first| async move {
                    let folder = folder.clone();
                    let listed = tokio::task::spawn_blocking(move || folder.list(first)).await;
                    let listed = listed.map_err(io::Error::other)??;
                    Ok(listed
                        .iter()
                        .filter(|listed| listed.since < than)
                        .map(|listed| listed.sha256)
                        .collect())
                })
                .boxed(),
            Kind::Remote(remote) => remote
                .objects
                .list("sha256")
                .try_filter_map(move |meta| async move {
                    let sha256 = meta.location.filename().and_then(|name| name.parse::<Digest>().ok());
                    Ok(sha256.filter(|_| meta.last_modified.timestamp() < than))
                })
                .try_chunks(TOGETHER)
                .map_err(|error| error.1)
                .boxed(),
        }
    }

    /// Removes content, unless somebody wanted to bring it in since that moment. Says whether it did.
    pub(crate) async fn remove_older(&self, sha256: Digest, than: i64) -> io::Result<bool> {
        match &self.kind {
            Kind::Folder(folder) => {
                let folder = folder.clone();
                let removed = tokio::task::spawn_blocking(move || match folder.since(sha256) {
                    Ok(since) if since < than => folder.remove(sha256).map(|()| true),
                    Ok(_) => Ok(false),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                    Err(error) => Err(error),
                });
                removed.await.map_err(io::Error::other)?
            }
            Kind::Remote(remote) => {
                let objects = &remote.objects;
                match objects.look(sha256).await? {
                    Some(meta) if meta.last_modified.timestamp() < than => {
                        objects.remove(&objects.key(sha256)).await.map(|()| true)
                    }
                    _ => Ok(false),
                }
            }
        }
    }

    /// Removes content, if it is there.
    pub(crate) async fn remove(&self, sha256: Digest) -> io::Result<()> {
        match &self.kind {
            Kind::Folder(folder) => {
                let folder = folder.clone();
                tokio::task::spawn_blocking(move || folder.remove(sha256)).await.map_err(io::Error::other)?
            }
            Kind::Remote(remote) => remote.objects.remove(&remote.objects.key(sha256)).await,
        }
    }

    /// Ends what killed servers had begun to bring in. Gives how many.
    pub(crate) async fn end_abandoned(&self) -> io::Result<usize> {
        match &self.kind {
            // Whoever opens the folder next does it.
            Kind::Folder(_) => Ok(0),
            Kind::Remote(remote) => remote.objects.end_abandoned().await,
        }
    }
}
