//! Keys of notes: Ed25519, for plain signatures and for the cosignatures of witnesses.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use super::{NoteError, Signature};
use crate::tree::MAX_SIZE;

/// What a key signs. The byte is the type of signature in C2SP signed-note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Ed25519 over the text (0x01): logs.
    Ed25519,
    /// Ed25519 over the text and a time (0x04): witnesses, and whoever else vouches for a checkpoint.
    Cosignature,
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Ed25519, Self::Cosignature].into_iter().find(|algorithm| algorithm.byte() == byte)
    }
}

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A name that notes cannot hold.
    #[error("the name of a key has no spaces, no `+` and no control characters, and is not empty")]
    Name,
    /// Not a verifier key.
    #[error(
        "a verifier key is `NAME+ID+BASE64`, its id the beginning of a digest over name and key; this is not one"
    )]
    Verifier,
    /// Not a signer key. What was given is not repeated: it may be a secret.
    #[error(
        "a signer key is `PRIVATE+KEY+NAME+ID+BASE64`, its id the beginning of a digest over name and key; this is not one"
    )]
    Signer,
    /// A type of signature that is not supported.
    #[error(
        "this key is not for Ed25519 signatures or cosignatures (types 1 and 4); others are not supported"
    )]
    Algorithm,
    /// A key of the other algorithm is needed.
    #[error("a plain key signs checkpoints, a cosignature key cosigns them; this key is the other kind")]
    Kind,
    /// A time that cosignatures cannot hold.
    #[error("the time is too far away")]
    Time,
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// A name fit for the lines of notes.
pub(super) fn is_name(name: &str) -> bool {
    let bad = |character: char| character.is_whitespace() || character == '+' || character < ' ';
    !name.is_empty() && !name.contains(bad)
}

/// `SHA-256(name || 0x0A || type || public key)[:4]`.
fn id(name: &str, algorithm: Algorithm, public: [u8; 32]) -> u32 {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', algorithm.byte()])
        .chain_update(public)
        .finalize();
    digest.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// The parts of `NAME+ID+BASE64`.
struct Parts<'t> {
    name: &'t str,
    id: u32,
    algorithm: Algorithm,
    key: [u8; 32],
}

/// Reads `NAME+ID+BASE64`; `malformed` is the error for what is not of this form.
fn parts(text: &str, malformed: KeyError) -> Result<Parts<'_>, KeyError> {
    let (name, rest) = text.split_once('+').ok_or(malformed)?;
    let (id, encoded) = rest.split_once('+').ok_or(malformed)?;
    let hex = id.len() == 8 && id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let id = u32::from_str_radix(id, 16).ok().filter(|_| hex && is_name(name)).ok_or(malformed)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| malformed)?;
    let (algorithm, key) = bytes.split_first().ok_or(malformed)?;
    // The type first: keys of other types have other lengths, and who reads one should learn what the matter is.
    let algorithm = Algorithm::of(*algorithm).ok_or(KeyError::Algorithm)?;
    let key = key.try_into().map_err(|_| malformed)?;
    Ok(Parts { name, id, algorithm, key })
}

/// A public key, by which signatures are checked. Written `name+id+base64`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: [u8; 32],
    id: u32,
}

impl VerifierKey {
    /// A key with the id that its name and algorithm give it.
    pub fn new(name: &str, algorithm: Algorithm, public: [u8; 32]) -> Result<Self, KeyError> {
        let id = id(name, algorithm, public);
        is_name(name).then(|| Self { name: name.to_owned(), algorithm, public, id }).ok_or(KeyError::Name)
    }

    /// Its name: for a log its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Checks a signature of a text; gives its time, if it is a cosignature.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, NoteError> {
        let wrong = || NoteError::Signature(self.name.clone());
        let key = UnparsedPublicKey::new(&ED25519, &self.public);
        match self.algorithm {
            Algorithm::Ed25519 => {
                key.verify(text.as_bytes(), signature).map_err(|_| wrong())?;
                Ok(None)
            }
            Algorithm::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<8>().ok_or_else(wrong)?;
                let time =
                    Some(u64::from_be_bytes(*time)).filter(|time| *time <= MAX_SIZE).ok_or_else(wrong)?;
                key.verify(cosigned(text, time).as_bytes(), signature).map_err(|_| wrong())?;
                Ok(Some(time))
            }
        }
    }
}

/// What a cosignature signs.
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.algorithm.byte()], self.public.as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let parts = parts(text, KeyError::Verifier)?;
        let key = Self::new(parts.name, parts.algorithm, parts.key)?;
        if key.id == parts.id { Ok(key) } else { Err(KeyError::Verifier) }
    }
}

/// The text of a private key, `PRIVATE+KEY+name+id+base64`. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

impl SecretKey {
    const PREFIX: &str = "PRIVATE+KEY+";

    /// A new key, from the randomness of the system.
    pub fn generate(name: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| KeyError::Random)?;
        Self::from_seed(name, algorithm, seed)
    }

    /// The key that these 32 secret bytes give.
    pub fn from_seed(name: &str, algorithm: Algorithm, seed: [u8; 32]) -> Result<Self, KeyError> {
        let id = SignerKey::from_seed(name, algorithm, &seed)?.verifier().id();
        let bytes = [&[algorithm.byte()], seed.as_slice()].concat();
        Ok(Self(format!("{}{name}+{id:08x}+{}", Self::PREFIX, STANDARD.encode(bytes))))
    }

    /// The text, to be written to a file that only its owner reads.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key itself.
    pub fn signer(&self) -> Result<SignerKey, KeyError> {
        self.0.parse()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// A private key, with which notes are signed. It does not print.
pub struct SignerKey {
    verifier: VerifierKey,
    pair: Ed25519KeyPair,
}

impl SignerKey {
    fn from_seed(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Signer)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Signer)?;
        Ok(Self { verifier: VerifierKey::new(name, algorithm, public)?, pair })
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs the text of a note. Needs a key of [`Algorithm::Ed25519`].
    pub fn sign(&self, text: &str) -> Result<Signature, KeyError> {
        self.want(Algorithm::Ed25519)?;
        Ok(self.signature(self.pair.sign(text.as_bytes()).as_ref().to_vec()))
    }

    /// Cosigns the text of a checkpoint at a time, in seconds since 1970. Needs a key of [`Algorithm::Cosignature`].
    pub fn cosign(&self, text: &str, time: u64) -> Result<Signature, KeyError> {
        self.want(Algorithm::Cosignature)?;
        if time > MAX_SIZE {
            return Err(KeyError::Time);
        }
        let signature = self.pair.sign(cosigned(text, time).as_bytes());
        Ok(self.signature([time.to_be_bytes().as_slice(), signature.as_ref()].concat()))
    }

    fn want(&self, algorithm: Algorithm) -> Result<(), KeyError> {
        if self.verifier.algorithm == algorithm { Ok(()) } else { Err(KeyError::Kind) }
    }

    fn signature(&self, bytes: Vec<u8>) -> Signature {
        Signature::new(&self.verifier.name, self.verifier.id, bytes)
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}, …)", self.verifier)
    }
}

impl FromStr for SignerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let body = text.strip_prefix(SecretKey::PREFIX).ok_or(KeyError::Signer)?;
        let parts = parts(body, KeyError::Signer)?;
        let key = Self::from_seed(parts.name, parts.algorithm, &parts.key)?;
        if key.verifier.id == parts.id { Ok(key) } else { Err(KeyError::Signer) }
    }
}
