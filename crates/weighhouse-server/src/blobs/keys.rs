//! The keys of contents that are encrypted at rest. Each content has a key of its own, wrapped by a *store key*. Store keys are few; they lie
//! beside the contents, in `keys/`, sealed by the gate's own keys ([`Sealer`]), so that changing those writes a few lines anew and no content.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::gate::Clock;
use crate::seal::{Sealer, random};

/// Bytes of a key.
pub(super) const KEY: usize = 32;
/// Bytes of a wrapped one: nonce, key, tag.
pub(super) const WRAPPED: usize = NONCE_LEN + KEY + 16;
/// Characters of the name of a store key: when it was made, in seconds since 1970, and a random number, both hexadecimal. The newest sorts last.
pub(super) const NAME: usize = 16;
/// Where they lie, below the folder or prefix of contents.
pub(super) const FOLDER: &str = "keys";
/// Bytes of a sealed one at most.
pub(super) const LONGEST: u64 = 4096;

/// The key of content is not here, or cannot be opened. The content itself may be sound.
#[derive(Debug, thiserror::Error)]
#[error("it is encrypted under the store key `{0}`, which is not in `keys/` of the store")]
pub(super) struct NoKey(String);

/// Whether an error says that a store key is not known here; others may have made it meanwhile.
pub(super) fn is_unknown(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<NoKey>)
}

/// A store key that is not here.
pub(super) fn missing(name: String) -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, NoKey(name))
}

/// Store keys, and whether new contents are encrypted.
#[derive(Clone)]
pub(super) struct Keys(Arc<Inner>);

struct Inner {
    sealer: Arc<Sealer>,
    encrypts: bool,
    clock: Clock,
    /// Where they lie, if on this machine: then they are looked at again whenever one is not known.
    folder: Option<PathBuf>,
    known: RwLock<BTreeMap<String, Known>>,
}

struct Known {
    key: LessSafeKey,
    /// Whether it is sealed by the key that seals now.
    current: bool,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("encrypts", &self.0.encrypts).finish_non_exhaustive()
    }
}

/// A store key as it lies there.
pub(super) struct Sealed {
    pub(super) name: String,
    pub(super) text: String,
}

impl Keys {
    pub(super) fn new(sealer: Arc<Sealer>, encrypts: bool, clock: Clock, folder: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { sealer, encrypts, clock, folder, known: RwLock::default() }))
    }

    /// Those of a store that encrypts nothing.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self::new(Arc::new(Sealer::fresh().unwrap()), false, Arc::new(|| 0), None)
    }

    /// Whether new contents are encrypted.
    pub(super) fn encrypts(&self) -> bool {
        self.0.encrypts
    }

    /// Opens a store key and remembers it.
    pub(super) fn learn(&self, sealed: &Sealed) -> io::Result<()> {
        let Sealed { name, text } = sealed;
        let wrong = |error: &dyn std::fmt::Display| {
            io::Error::new(
                ErrorKind::PermissionDenied,
                format!(
                    "the store key `{name}`, under which contents are encrypted, cannot be opened: {error}"
                ),
            )
        };
        let opened = self.0.sealer.open(&context(name), text.trim()).map_err(|error| wrong(&error))?;
        let current = self.0.sealer.reseal(&context(name), text.trim()).map_err(|error| wrong(&error))?;
        let key = UnboundKey::new(&AES_256_GCM, &opened).map_err(|error| wrong(&error))?;
        let known = Known { key: LessSafeKey::new(key), current: current.is_none() };
        self.0.known.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), known);
        Ok(())
    }

    /// The names of those that are known.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Those of another folder, which the same keys of the gate open.
    pub(super) fn of_folder(&self, folder: PathBuf) -> Self {
        Self::new(Arc::clone(&self.0.sealer), false, Arc::clone(&self.0.clock), Some(folder))
    }

    /// Whether there is anything to look for.
    pub(super) fn in_use(&self) -> bool {
        self.0.encrypts || !self.names().is_empty()
    }

    /// The one that wraps: the newest, if it is sealed by the key that seals now. What an older one has leaked to does not open new contents.
    pub(super) fn newest(&self) -> Option<String> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        known.last_key_value().filter(|(_, known)| known.current).map(|(name, _)| name.clone())
    }

    /// A new one, to be kept before it wraps anything.
    pub(super) fn fresh(&self) -> io::Result<Sealed> {
        let seconds = (self.0.clock)().clamp(0, i64::from(u32::MAX));
        // Never before those that are there, whatever the clock says.
        let last = self.names().pop().and_then(|name| i64::from_str_radix(name.get(..8)?, 16).ok());
        let seconds = seconds.max(last.map_or(0, |last| last.saturating_add(1)));
        let number = u32::from_be_bytes(random().map_err(io::Error::other)?);
        let name = format!("{seconds:08x}{number:08x}");
        let key = random::<KEY>().map_err(io::Error::other)?;
        let text = self.0.sealer.seal(&context(&name), &key).map_err(io::Error::other)?;
        Ok(Sealed { name, text: format!("{text}\n") })
    }

    /// The same key under the one that seals now; nothing if it is under it already.
    pub(super) fn reseal(&self, sealed: &Sealed) -> io::Result<Option<Sealed>> {
        let again = self.0.sealer.reseal(&context(&sealed.name), sealed.text.trim());
        let again = again.map_err(io::Error::other)?;
        Ok(again.map(|text| Sealed { name: sealed.name.clone(), text: format!("{text}\n") }))
    }

    /// Wraps the key of content; `about` is what it is of.
    pub(super) fn wrap(&self, name: &str, about: &[u8], key: &[u8; KEY]) -> io::Result<[u8; WRAPPED]> {
        let nonce = random::<NONCE_LEN>().map_err(io::Error::other)?;
        let mut text = key.to_vec();
        self.with(name, |store| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            store.seal_in_place_append_tag(nonce, Aad::from(about), &mut text).map_err(io::Error::other)
        })??;
        [nonce.as_slice(), &text].concat().try_into().map_err(|_| io::Error::other("a key of another length"))
    }

    /// Unwraps the key of content. `None`: somebody changed it, or it is of other content.
    pub(super) fn unwrap(&self, name: &str, about: &[u8], wrapped: &[u8]) -> io::Result<Option<[u8; KEY]>> {
        let Some((nonce, text)) = wrapped.split_first_chunk::<NONCE_LEN>() else { return Ok(None) };
        let open = |store: &LessSafeKey| {
            let mut text = text.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let opened = store.open_in_place(nonce, Aad::from(about), &mut text).ok()?;
            <[u8; KEY]>::try_from(&*opened).ok()
        };
        match (self.with(name, open), &self.0.folder) {
            // Another server may have made it.
            (Err(_), Some(_)) => {
                self.look()?;
                self.with(name, open)
            }
            (opened, _) => opened,
        }
    }

    fn with<T>(&self, name: &str, work: impl FnOnce(&LessSafeKey) -> T) -> io::Result<T> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(name).map(|known| work(&known.key)).ok_or_else(|| missing(name.to_owned()))
    }

    /// Learns those in the folder that are not known yet, if they lie in one. All that are known must be there.
    pub(super) fn look(&self) -> io::Result<()> {
        if self.0.folder.is_none() {
            return Ok(());
        }
        let there = self.in_folder()?;
        let known = self.names();
        if let Some(gone) = known.iter().find(|name| !there.iter().any(|sealed| sealed.name == **name)) {
            return Err(missing(gone.clone()));
        }
        there.iter().filter(|sealed| !known.contains(&sealed.name)).try_for_each(|sealed| self.learn(sealed))
    }

    /// Those that lie in the folder.
    pub(super) fn in_folder(&self) -> io::Result<Vec<Sealed>> {
        let Some(folder) = &self.0.folder else { return Ok(Vec::new()) };
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_name(&name) && entry.metadata()?.len() <= LONGEST {
                all.push(Sealed { text: std::fs::read_to_string(entry.path())?, name });
            }
        }
        Ok(all)
    }

    /// Keeps one in the folder, in place of what is there of it.
    pub(super) fn keep(&self, sealed: &Sealed) -> io::Result<()> {
        let Some(folder) = &self.0.folder else { return Err(io::Error::other("keys lie elsewhere")) };
        put(folder, sealed)
    }

    /// Sees to it that there is one that wraps, in the folder.
    pub(super) fn prepare(&self) -> io::Result<()> {
        if !self.0.encrypts || self.newest().is_some() {
            return Ok(());
        }
        self.look()?;
        if self.newest().is_none() {
            let fresh = self.fresh()?;
            self.keep(&fresh)?;
            self.learn(&fresh)?;
        }
        Ok(())
    }
}

/// Writes a sealed key to a folder, so that it outlives a power cut before anything is encrypted under it.
pub(super) fn put(folder: &std::path::Path, sealed: &Sealed) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut staged = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut staged, sealed.text.as_bytes())?;
    staged.as_file().sync_all()?;
    staged.persist(folder.join(&sealed.name)).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()?;
    folder.parent().map_or(Ok(()), |above| std::fs::File::open(above)?.sync_all())
}

/// Whether this is the name of a store key.
pub(super) fn is_name(name: &str) -> bool {
    name.len() == NAME && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn context(name: &str) -> String {
    format!("contents/{name}")
}
