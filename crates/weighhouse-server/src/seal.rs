//! Secrets at rest: each is sealed under a key of its own, which is sealed under a master key that is not in the database.
//!
//! A sealed text names the master key by which it opens, so that keys can be changed: the first of several seals, all of them open. The
//! context (what the secret is of) is bound to it: a sealed text that somebody copies to another row opens there for nobody.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use weighhouse_core::Digest;

use crate::error::GateError;
use crate::settings::Settings;

const KEY: usize = 32;
const FORM: &str = "seal1";

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// A key that is none.
    #[error("line {0} is no key: 32 random bytes in base64, such as `openssl rand -base64 32` prints")]
    Key(usize),
    /// A list of keys without one.
    #[error("there is no key")]
    Empty,
    /// Not written by this program, or not whole.
    #[error("it is not a sealed text")]
    Form,
    /// Sealed by a key that is not here.
    #[error("it was sealed by the key `{0}`, which is not among the keys of this gate")]
    Unknown(String),
    /// Somebody changed it, or it belongs elsewhere.
    #[error("it was changed, or it is the secret of something else")]
    Changed,
    /// The operating system gives no random numbers.
    #[error("no random numbers")]
    Random,
}

type Result<T> = std::result::Result<T, SealError>;

/// A key that seals keys.
struct Master {
    id: String,
    key: LessSafeKey,
}

/// The master keys of a gate.
pub(crate) struct Sealer {
    first: Master,
    others: Vec<Master>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("key", &self.first.id).finish_non_exhaustive()
    }
}

impl Sealer {
    /// Reads keys, one a line; `#` begins a comment. The first one seals.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut all = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                let bytes = decoded(line).ok_or(SealError::Key(number))?;
                all.push(Master::of(&bytes).ok_or(SealError::Key(number))?);
            }
        }
        let mut all = all.into_iter();
        let first = all.next().ok_or(SealError::Empty)?;
        Ok(Self { first, others: all.collect() })
    }

    /// The keys of a gate: those that its settings hold, or those in its data folder; a fresh one is put there if there are none.
    pub(crate) fn of(settings: &Settings) -> crate::error::Result<Self> {
        if let Some(keys) = Self::at_hand(settings)? {
            return Ok(keys);
        }
        let made = || {
            let key = random::<KEY>().map_err(std::io::Error::other)?;
            crate::keys::make_key(&file(settings), &format!("{}\n", STANDARD.encode(key)))
        };
        made().map_err(|error| unusable(&error))?;
        // Read back: of two servers that start at once, both take the key that came first.
        Self::at_hand(settings)?.ok_or_else(|| unusable(&std::io::Error::from(std::io::ErrorKind::NotFound)))
    }

    /// The same, if there are any.
    pub(crate) fn at_hand(settings: &Settings) -> crate::error::Result<Option<Self>> {
        let text = match &settings.seal_keys {
            Some(keys) => keys.expose().to_owned(),
            None => match std::fs::read_to_string(file(settings)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                read => read.map_err(|error| unusable(&error))?,
            },
        };
        Self::parse(&text).map(Some).map_err(|error| unusable(&error))
    }

    /// One with a key that nobody else has, and that is nowhere.
    pub(crate) fn fresh() -> Result<Self> {
        Self::parse(&STANDARD.encode(random::<KEY>()?))
    }

    /// Seals a secret of `context`.
    pub(crate) fn seal(&self, context: &str, secret: &[u8]) -> Result<String> {
        let data = random::<KEY>()?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &data).map_err(|_| SealError::Form)?;
        let content = shut(&LessSafeKey::new(key), &about("content", "", context), secret)?;
        self.write(context, &data, &URL_SAFE_NO_PAD.encode(content))
    }

    fn write(&self, context: &str, data: &[u8], content: &str) -> Result<String> {
        let Master { id, key } = &self.first;
        let wrapped = shut(key, &about("key", id, context), data)?;
        Ok(format!("{FORM}.{id}.{}.{content}", URL_SAFE_NO_PAD.encode(wrapped)))
    }

    /// Opens what [`seal`](Self::seal) wrote for the same context.
    pub(crate) fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>> {
        let (_, data, content) = self.unwrap(context, sealed)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &data).map_err(|_| SealError::Changed)?;
        let content = URL_SAFE_NO_PAD.decode(content).map_err(|_| SealError::Form)?;
        reveal(&LessSafeKey::new(key), &about("content", "", context), &content)
    }

    /// The same secret under the first key; nothing if it is under it already.
    pub(crate) fn reseal(&self, context: &str, sealed: &str) -> Result<Option<String>> {
        let (id, data, content) = self.unwrap(context, sealed)?;
        (id != self.first.id).then(|| self.write(context, &data, content)).transpose()
    }

    /// Master key, key and content of a sealed text.
    fn unwrap<'a>(&self, context: &str, sealed: &'a str) -> Result<(&'a str, Vec<u8>, &'a str)> {
        let parts: Vec<&str> = sealed.split('.').collect();
        let [FORM, id, wrapped, content] = parts.as_slice() else { return Err(SealError::Form) };
        let mut all = std::iter::once(&self.first).chain(&self.others);
        let master =
            all.find(|master| master.id == *id).ok_or_else(|| SealError::Unknown((*id).to_owned()))?;
        let wrapped = URL_SAFE_NO_PAD.decode(wrapped).map_err(|_| SealError::Form)?;
        Ok((id, reveal(&master.key, &about("key", id, context), &wrapped)?, content))
    }
}

/// Where the keys are that no setting holds.
fn file(settings: &Settings) -> PathBuf {
    settings.data.join("seal.key")
}

fn unusable(error: &dyn std::fmt::Display) -> GateError {
    GateError::Setup(format!("the keys under which secrets are sealed: {error}"))
}

impl Master {
    fn of(bytes: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).ok()?;
        let digest = Digest::of(&[b"weighhouse master key\0", bytes].concat());
        let id = digest.hex().chars().take(16).collect();
        Some(Self { id, key: LessSafeKey::new(key) })
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(text).ok()).filter(|bytes| bytes.len() == KEY)
}

fn about(part: &str, id: &str, context: &str) -> String {
    format!("weighhouse {FORM}\0{part}\0{id}\0{context}")
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SealError::Random)?;
    Ok(bytes)
}

/// A fresh nonce, and what it seals.
fn shut(key: &LessSafeKey, about: &str, secret: &[u8]) -> Result<Vec<u8>> {
    let nonce = random::<NONCE_LEN>()?;
    let mut text = secret.to_vec();
    let sealed =
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut text);
    sealed.map_err(|_| SealError::Form)?;
    Ok([nonce.as_slice(), &text].concat())
}

fn reveal(key: &LessSafeKey, about: &str, sealed: &[u8]) -> Result<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Form)?;
    let mut text = text.to_vec();
    let opened = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(about), &mut text);
    Ok(opened.map_err(|_| SealError::Changed)?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::{SealError, Sealer};

    const ONE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const TWO: &str = "__________________________________________8";

    fn sealer(text: &str) -> Sealer {
        Sealer::parse(text).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_what_it_is_of_and_nothing_else() {
        let keys = sealer(ONE);
        let sealed = keys.seal("webhook/1", b"secret").unwrap();
        assert!(!sealed.contains("secret"));
        assert_ne!(sealed, keys.seal("webhook/1", b"secret").unwrap(), "fresh keys and nonces");
        assert_eq!(keys.open("webhook/1", &sealed).unwrap(), b"secret");
        assert_eq!(keys.open("webhook/2", &sealed), Err(SealError::Changed));
        assert!(matches!(sealer(TWO).open("webhook/1", &sealed), Err(SealError::Unknown(_))));
    }

    #[test]
    fn a_changed_text_opens_for_nobody() {
        let keys = sealer(ONE);
        let sealed = keys.seal("x", b"secret").unwrap();
        for at in 0..sealed.len() {
            let mut text = sealed.clone().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(text).unwrap();
            // The last digit of a group holds bits that mean nothing: the decoder refuses other ones.
            assert!(keys.open("x", &text).is_err(), "{at}");
            assert!(keys.open("x", sealed.get(..at).unwrap()).is_err(), "{at}");
        }
        for text in ["", "seal1", "seal1...", "seal2.a.b.c", "seal1.a.b.c.d"] {
            assert!(keys.open("x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_are_changed_without_losing_what_the_old_one_sealed() {
        let sealed = sealer(ONE).seal("x", b"secret").unwrap();
        let both = sealer(&format!("# the new one first\n{TWO}\n{ONE} # until all is resealed\n"));
        assert_eq!(both.open("x", &sealed).unwrap(), b"secret");
        let again = both.reseal("x", &sealed).unwrap().unwrap();
        assert_eq!(both.reseal("x", &again).unwrap(), None);
        assert_eq!(sealer(TWO).open("x", &again).unwrap(), b"secret");
        assert!(sealer(TWO).open("x", &sealed).is_err());
    }

    #[test]
    fn keys_that_are_none_are_named() {
        assert_eq!(Sealer::parse("\n# nothing\n").unwrap_err(), SealError::Empty);
        assert_eq!(Sealer::parse(&format!("{ONE}\nshort\n")).unwrap_err(), SealError::Key(2));
    }
}
