//! Checkpoints (C2SP tlog-checkpoint): the head of a log as a signed note of origin, size and root.

use std::fmt;
use std::str::FromStr;

use crate::note::{KeyError, Note, NoteError, Signature, SignerKey, Verified, VerifierKey};
use crate::number;
use crate::tree::{Hash, MAX_SIZE};

/// The head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a note, or not signed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A note that is no checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    /// Signed by a key of another name.
    #[error("the checkpoint is of `{origin}`, the key that signed it of `{key}`")]
    Origin {
        /// The log that the checkpoint names.
        origin: String,
        /// Name of the key.
        key: String,
    },
    /// The key cannot sign it.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Checkpoint {
    /// The head of the log `origin`: one line, not empty.
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        let origin = origin.into();
        if origin.is_empty() || origin.chars().any(|character| character < ' ') {
            return Err(CheckpointError::Malformed("an origin is one line that is not empty"));
        }
        if size > MAX_SIZE {
            return Err(CheckpointError::Malformed("its size is larger than any tree"));
        }
        Ok(Self { origin, size, root, extensions: Vec::new() })
    }

    /// Unique name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Further lines, whose meaning is the log's own. What witnesses vouch for is not these.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The text of the note.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads the text of a note.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let body = text.strip_suffix('\n').ok_or(malformed("it does not end with a newline"))?;
        let mut lines = body.split('\n');
        let mut line = || lines.next().ok_or(malformed("it has less than three lines"));
        let (origin, size, root) = (line()?, line()?, line()?);
        let size = number::decimal(size).ok_or(malformed("its second line is no size"))?;
        let root = root.parse().map_err(|_| malformed("its third line is no hash"))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(malformed("a line of it is empty"));
        }
        Ok(Self { extensions, ..Self::new(origin, size, root)? })
    }

    /// Signs it with the key of its log, whose name is the origin.
    pub fn sign(self, key: &SignerKey) -> Result<SignedCheckpoint, CheckpointError> {
        same(&self.origin, key.verifier())?;
        let text = self.text();
        let signature = key.sign(&text)?;
        let mut note = Note::new(text)?;
        note.add(signature);
        Ok(SignedCheckpoint { checkpoint: self, note })
    }
}

fn same(origin: &str, key: &VerifierKey) -> Result<(), CheckpointError> {
    if origin == key.name() {
        return Ok(());
    }
    Err(CheckpointError::Origin { origin: origin.to_owned(), key: key.name().to_owned() })
}

/// A checkpoint with signatures. Reading one says nothing about who signed it: [`Self::verify`] and [`crate::policy::Policy::check`] do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Reads a checkpoint.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        Ok(Self { checkpoint: Checkpoint::parse_text(note.text())?, note })
    }

    /// What is signed; believe it only after a check.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note with all its signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Adds a signature, such as the cosignature of a witness.
    pub fn add(&mut self, signature: Signature) {
        self.note.add(signature);
    }

    /// The checkpoint, if the log signed it with this key.
    pub fn verify(&self, log: &VerifierKey) -> Result<&Checkpoint, CheckpointError> {
        same(&self.checkpoint.origin, log)?;
        self.note.verify([log])?;
        Ok(&self.checkpoint)
    }

    /// The keys, of those given, whose signatures hold. See [`Note::verify`].
    pub fn signed_by<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified>, CheckpointError> {
        Ok(self.note.verify(keys)?)
    }
}

impl FromStr for SignedCheckpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.note, f)
    }
}
