//! Contents in object storage that speaks S3, under the same names as in a folder: what is asked of it, and what its answers mean.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore as _, ObjectStoreExt as _, RetryConfig};
use object_store::{ClientConfigKey, Error, GetOptions, GetRange, GetResult, ObjectMeta};
use weighhouse_core::Digest;
use weighhouse_core::printable::printable_within;

use super::keys::{self, Keys, Sealed};
use super::memory::Memory;
use super::sealed::{HEAD, Opener};
use super::settings::ObjectStorage;
use crate::gate::Clock;

/// A bucket, and where in it contents are.
#[derive(Clone)]
pub(super) struct Objects {
    pub(super) store: Arc<AmazonS3>,
    prefix: Path,
    pub(super) found: Arc<Memory<Version>>,
    pub(super) keys: Keys,
    openers: Arc<Openers>,
    /// What no message may hold.
    secrets: Arc<[String]>,
    pub(super) cancelled: Arc<AtomicBool>,
    pub(super) clock: Clock,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("store", &self.store.to_string()).finish_non_exhaustive()
    }
}

/// By what an object is known that nobody wrote to since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) tag: Option<String>,
    size: u64,
    modified: i64,
}

impl Version {
    pub(super) fn of(meta: &ObjectMeta) -> Self {
        Self { tag: meta.e_tag.clone(), size: meta.size, modified: meta.last_modified.timestamp() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

/// What opens contents that were asked for lately.
#[derive(Debug, Default)]
struct Openers(Mutex<HashMap<Digest, (Version, Arc<Opener>)>>);

/// Of so many contents at most.
const OPENERS: usize = 1000;

impl Openers {
    fn of(&self, sha256: Digest, version: &Version) -> Option<Arc<Opener>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&sha256).filter(|(then, _)| then == version).map(|(_, opener)| Arc::clone(opener))
    }

    fn note(&self, sha256: Digest, version: Version, opener: &Arc<Opener>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= OPENERS {
            known.clear();
        }
        known.insert(sha256, (version, Arc::clone(opener)));
    }
}

impl Objects {
    /// Prepares to ask; nothing is asked yet.
    pub(super) fn new(
        storage: &ObjectStorage,
        keys: Keys,
        cancelled: Arc<AtomicBool>,
        clock: Clock,
    ) -> Result<Self, String> {
        let (bucket, prefix) = place(&storage.address)?;
        // Whoever needs TLS takes this one; that somebody set one already is fine.
        drop(rustls::crypto::ring::default_provider().install_default());
        let patience = &storage.patience;
        let seconds = |duration: std::time::Duration| format!("{}ms", duration.as_millis());
        let mut builder = AmazonS3Builder::new()
            .with_config(
                AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout),
                seconds(patience.connect),
            )
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ReadTimeout), seconds(patience.silence))
            // Of a whole answer: it takes as long as whoever reads it.
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), "30days")
            // What arrives there is what was sent, or it is refused.
            .with_config(AmazonS3ConfigKey::Checksum, "sha256")
            .with_retry(RetryConfig {
                backoff: BackoffConfig { max_backoff: patience.longest_pause, ..BackoffConfig::default() },
                max_retries: patience.retries,
                retry_timeout: patience.answer,
            });
        let (mut secrets, mut clear) = (Vec::new(), false);
        for (name, value) in &storage.options {
            let name = name.to_ascii_lowercase();
            if ["key", "token", "secret"].iter().any(|part| name.contains(part)) && value.len() >= 4 {
                secrets.push(value.clone());
            }
            clear |= matches!(name.as_str(), "aws_endpoint" | "aws_endpoint_url" | "aws_endpoint_url_s3")
                && value.starts_with("http://");
            // Other programs have variables of that beginning, too.
            if let Ok(key) = name.parse::<AmazonS3ConfigKey>() {
                builder = builder.with_config(key, value);
            }
        }
        let allowed = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
        let yes =
            |text: String| matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y");
        if clear && !allowed.is_some_and(yes) {
            let what = "its endpoint is `http://`: contents would travel unprotected; write `https://`, or set `AWS_ALLOW_HTTP=true`";
            return Err(what.to_owned());
        }
        let store = builder.with_bucket_name(bucket).build();
        let store = store.map_err(|error| hide(&secrets, &error.to_string()))?;
        Ok(Self {
            store: Arc::new(store),
            prefix,
            found: Arc::default(),
            keys,
            openers: Arc::default(),
            secrets: secrets.into(),
            cancelled,
            clock,
        })
    }

    /// Asks for something that is not there, so that a wrong bucket or wrong credentials are known at once. That nobody answers is no fault
    /// of what was configured: it may pass.
    pub(super) async fn probe(&self) -> Result<(), String> {
        let why = match self.store.get(&self.child("sha256/none")).await {
            Ok(_) => return Ok(()),
            Err(Error::NotFound { source, .. }) if !source.to_string().contains("NoSuchBucket") => {
                return Ok(());
            }
            Err(error @ Error::NotFound { .. }) => format!("there is no such bucket: {}", self.say(&error)),
            Err(error @ (Error::PermissionDenied { .. } | Error::Unauthenticated { .. })) => {
                format!("it refuses: {}", self.say(&error))
            }
            Err(error) => {
                let why = self.say(&error);
                tracing::warn!(why, "object storage does not answer yet");
                return Ok(());
            }
        };
        Err(why)
    }

    /// Whether somebody answers.
    pub(super) async fn reachable(&self) -> io::Result<()> {
        match self.store.head(&self.child("sha256/none")).await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.fault(&error)),
        }
    }

    /// Learns the store keys that are not known yet. All that are known must be there.
    pub(super) async fn look_for_keys(&self) -> io::Result<()> {
        let known = self.keys.names();
        let (mut there, mut list) = (Vec::new(), self.list(keys::FOLDER));
        while let Some(meta) = list.try_next().await? {
            let name = meta.location.filename().filter(|name| keys::is_name(name));
            let Some(name) = name.filter(|_| meta.size <= keys::LONGEST).map(str::to_owned) else { continue };
            if !known.contains(&name) {
                self.keys.learn(&self.key_named(&name).await?)?;
            }
            there.push(name);
        }
        known.into_iter().find(|name| !there.contains(name)).map_or(Ok(()), |gone| Err(keys::missing(gone)))
    }

    /// A store key as it lies there.
    pub(super) async fn key_named(&self, name: &str) -> io::Result<Sealed> {
        let there = self.store.get(&self.child(&format!("{}/{name}", keys::FOLDER))).await;
        let text =
            there.map_err(|error| self.fault(&error))?.bytes().await.map_err(|error| self.fault(&error))?;
        Ok(Sealed { name: name.to_owned(), text: String::from_utf8_lossy(&text).into_owned() })
    }

    /// Keeps a store key, in place of what is there of it.
    pub(super) async fn keep_key(&self, sealed: &Sealed) -> io::Result<()> {
        let key = self.child(&format!("{}/{}", keys::FOLDER, sealed.name));
        let put = self.store.put(&key, sealed.text.clone().into_bytes().into()).await;
        put.map(drop).map_err(|error| self.fault(&error))
    }

    /// Sees to it that there is a store key that wraps.
    pub(super) async fn prepare_key(&self) -> io::Result<()> {
        if !self.keys.encrypts() || self.keys.newest().is_some() {
            return Ok(());
        }
        self.look_for_keys().await?;
        if self.keys.newest().is_none() {
            let fresh = self.keys.fresh()?;
            self.keep_key(&fresh).await?;
            self.keys.learn(&fresh)?;
        }
        Ok(())
    }

    /// What opens this version of encrypted content. `None`: it is not there in this version.
    pub(super) async fn opener(
        &self,
        sha256: Digest,
        size: u64,
        version: &Version,
    ) -> io::Result<Option<Arc<Opener>>> {
        if let Some(known) = self.openers.of(sha256, version) {
            return Ok(Some(known));
        }
        let Some(head) = self.get(sha256, version, Some(0..HEAD as u64)).await? else { return Ok(None) };
        let head = head.bytes().await.map_err(|error| self.fault(&error))?;
        let opener = match Opener::new(&self.keys, sha256, size, &head) {
            // Another server may have made it.
            Err(error) if keys::is_unknown(&error) => {
                self.look_for_keys().await?;
                Opener::new(&self.keys, sha256, size, &head)?
            }
            opener => opener?,
        };
        let opener = Arc::new(opener);
        self.openers.note(sha256, version.clone(), &opener);
        Ok(Some(opener))
    }

    /// The name of something below the prefix.
    pub(super) fn child(&self, name: &str) -> Path {
        self.prefix.parts().chain(Path::from(name).parts()).collect()
    }

    /// The name of content.
    pub(super) fn key(&self, sha256: Digest) -> Path {
        let hex = sha256.hex();
        let (first, rest) = hex.split_at_checked(2).unwrap_or_default();
        let (second, _) = rest.split_at_checked(2).unwrap_or_default();
        self.child(&format!("sha256/{first}/{second}/{hex}"))
    }

    /// What is there of it.
    pub(super) async fn look(&self, sha256: Digest) -> io::Result<Option<ObjectMeta>> {
        match self.store.head(&self.key(sha256)).await {
            Ok(meta) => Ok(Some(meta)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.fault(&error)),
        }
    }

    /// Reads it, or a part of it. `None`: it is not there in this version.
    pub(super) async fn get(
        &self,
        sha256: Digest,
        version: &Version,
        part: Option<Range<u64>>,
    ) -> io::Result<Option<GetResult>> {
        let options = GetOptions {
            if_match: version.tag.clone(),
            range: part.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        match self.store.get_opts(&self.key(sha256), options).await {
            // Not every server knows conditions.
            Ok(result) => Ok((Version::of(&result.meta) == *version).then_some(result)),
            Err(Error::Precondition { .. } | Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.fault(&error)),
        }
    }

    /// Everything below `prefix/what`.
    pub(super) fn list(
        &self,
        what: &str,
    ) -> impl futures_util::Stream<Item = io::Result<ObjectMeta>> + Send + Unpin {
        let objects = self.clone();
        self.store.list(Some(&self.child(what))).map(move |meta| meta.map_err(|error| objects.fault(&error)))
    }

    /// Removes it; that it is gone already is fine.
    pub(super) async fn remove(&self, key: &Path) -> io::Result<()> {
        match self.store.delete(key).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.fault(&error)),
        }
    }

    /// What an answer means. Its text goes to the log of the program only: it names machines.
    pub(super) fn fault(&self, error: &Error) -> io::Error {
        let (kind, what) = match error {
            Error::NotFound { .. } => (io::ErrorKind::NotFound, "it is not there"),
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                (io::ErrorKind::PermissionDenied, "object storage refuses")
            }
            _ => (io::ErrorKind::HostUnreachable, "object storage does not answer"),
        };
        tracing::warn!(why = self.say(error), what);
        io::Error::new(kind, what)
    }

    /// A message, without what must not be in it.
    fn say(&self, error: &Error) -> String {
        hide(&self.secrets, &error.to_string())
    }
}

fn hide(secrets: &[String], text: &str) -> String {
    let shown = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
    printable_within(&shown, 600)
}

/// The bucket and the prefix that an address names.
fn place(address: &str) -> Result<(&str, Path), String> {
    let wrong = || format!("`{address}` is not an object storage: write `s3://bucket/prefix`");
    let rest = address.strip_prefix("s3://").ok_or_else(wrong)?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if bucket.is_empty() || !bucket.bytes().all(sound) {
        return Err(wrong());
    }
    Ok((bucket, Path::parse(prefix.trim_end_matches('/')).map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_bucket_and_a_prefix() {
        for (address, bucket, prefix) in [
            ("s3://b", "b", ""),
            ("s3://b/", "b", ""),
            ("s3://models.example/gate/a", "models.example", "gate/a"),
            ("s3://b/gate/", "b", "gate"),
        ] {
            assert_eq!(place(address).unwrap(), (bucket, Path::parse(prefix).unwrap()), "{address}");
        }
        for wrong in ["", "b", "s3:/b", "s3://", "s3:///gate", "gs://b", "s3://key:secret@b", "s3://b/../a"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn messages_hold_no_secrets() {
        let secrets = ["AKIA123".to_owned(), "geheim".to_owned()];
        assert_eq!(hide(&secrets, "<Key>AKIA123</Key> geheim\n"), hide(&[], "<Key>…</Key> …\n"));
    }
}
