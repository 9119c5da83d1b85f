//! Signed notes (C2SP signed-note): a text, an empty line, and signatures, each with the name and the id of its key.

mod key;

pub use key::{Algorithm, KeyError, SecretKey, SignerKey, VerifierKey};

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest note that is read, in bytes: sixteen signatures of post-quantum algorithms fit.
pub const MAX_NOTE: usize = 1 << 18;
/// The most signatures of a note.
pub const MAX_SIGNATURES: usize = 100;

/// What begins a line of a signature: em dash and space.
const DASH: &str = "\u{2014} ";

/// Why a note is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than any note.
    #[error("a note has at most {MAX_NOTE} bytes and {MAX_SIGNATURES} signatures")]
    Long,
    /// Not of the form of a note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// A signature by a known key does not hold.
    #[error("the signature of `{0}` does not hold")]
    Signature(String),
    /// No signature by any of the keys.
    #[error("no signature is by a key that is trusted here")]
    Unsigned,
}

/// One signature of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: String,
    key_id: u32,
    bytes: Vec<u8>,
}

impl Signature {
    fn new(name: &str, key_id: u32, bytes: Vec<u8>) -> Self {
        Self { name: name.to_owned(), key_id, bytes }
    }

    /// Name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Id of the key.
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The line of the signature, without its newline.
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        (key::is_name(name) && !signature.is_empty())
            .then(|| Self::new(name, u32::from_be_bytes(*key_id), signature.to_vec()))
    }
}

/// The line as it stands in a note, without its newline.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.to_be_bytes().as_slice(), &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Reads lines of signatures, each with its newline: what a witness answers.
pub fn signatures(text: &str) -> Result<Vec<Signature>, NoteError> {
    if text.len() > MAX_NOTE {
        return Err(NoteError::Long);
    }
    let lines = text.strip_suffix('\n').ok_or(NoteError::Malformed("it does not end with a newline"))?;
    let mut signatures = Vec::new();
    for line in lines.split('\n') {
        if signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::Long);
        }
        signatures.push(
            Signature::parse(line)
                .ok_or(NoteError::Malformed("a line is no signature: `— name base64` is expected"))?,
        );
    }
    Ok(signatures)
}

/// A key whose signature on a note holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key.
    pub key: VerifierKey,
    /// When a cosignature was made, in seconds since 1970; the latest, if there are several.
    pub time: Option<u64>,
}

/// A text with signatures. Reading one says nothing about who signed it: [`Self::verify`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note that is not signed yet. The text ends with a newline and has no other control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        check(&text)?;
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::Long);
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteError::Malformed("it is not UTF-8"))?;
        // The last empty line is what separates: texts may have empty lines, signatures have none.
        let (text, lines) = note
            .rsplit_once("\n\n")
            .ok_or(NoteError::Malformed("there is no empty line before signatures"))?;
        let text = format!("{text}\n");
        check(&text)?;
        Ok(Self { text, signatures: signatures(lines)? })
    }

    /// The text that is signed, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, those of unknown keys too.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature, unless it is there.
    pub fn add(&mut self, signature: Signature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }

    /// The keys, of those given, that have signed the text. A signature by a given key that does not hold makes the whole note invalid;
    /// signatures by others are ignored.
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified>, NoteError> {
        let mut verified: Vec<Verified> = Vec::new();
        for key in keys {
            let by_key =
                self.signatures.iter().filter(|one| one.name == key.name() && one.key_id == key.id());
            let mut held = None;
            for signature in by_key {
                held = held.max(Some(key.verify(&self.text, &signature.bytes)?));
            }
            if let Some(time) = held
                && verified.iter().all(|known| known.key != *key)
            {
                verified.push(Verified { key: key.clone(), time });
            }
        }
        if verified.is_empty() { Err(NoteError::Unsigned) } else { Ok(verified) }
    }
}

/// The text of a note: it ends with a newline, and has no other control character of ASCII.
fn check(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_NOTE {
        return Err(NoteError::Long);
    }
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("its text does not end with a newline"));
    }
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Malformed("it has control characters"));
    }
    Ok(())
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}
