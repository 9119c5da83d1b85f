//! A witness (C2SP tlog-witness): who remembers the latest head of each log and cosigns a later one only if it continues the one remembered.
//! Requests and answers as values; receiving them, and keeping what [`Answer::Cosigned`] says before answering, is the caller's.

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::SignedCheckpoint;
use crate::note::{MAX_NOTE, Signature, SignerKey, VerifierKey};
use crate::number;
use crate::proof;
use crate::tree::Hash;

/// The most hashes of a consistency proof.
pub const MAX_LINES: usize = 63;
/// The longest request, in bytes.
pub const MAX_REQUEST: usize = MAX_NOTE + 4_096;

/// The body of `add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the head that the witness has cosigned last, as the log believes.
    pub old: u64,
    /// Consistency proof from there.
    pub proof: Vec<Hash>,
    /// The new head.
    pub checkpoint: SignedCheckpoint,
}

/// Why a body is no request: the answer is 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a request of `add-checkpoint`: {0}")]
pub struct MalformedRequest(String);

impl AddCheckpoint {
    /// Reads a request.
    pub fn parse(body: &[u8]) -> Result<Self, MalformedRequest> {
        let malformed = |problem: &str| MalformedRequest(problem.to_owned());
        if body.len() > MAX_REQUEST {
            return Err(malformed("it is too long"));
        }
        let text = str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or_else(|| malformed("there is no empty line before a checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(number::decimal);
        let old = old.ok_or_else(|| malformed("its first line is not `old SIZE`"))?;
        let proof: Vec<Hash> = lines
            .take(MAX_LINES.saturating_add(1))
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| malformed("a line of the proof is no hash"))?;
        if proof.len() > MAX_LINES {
            return Err(malformed("the proof has more than 63 lines"));
        }
        let checkpoint = checkpoint.parse().map_err(|error| MalformedRequest(format!("{error}")))?;
        Ok(Self { old, proof, checkpoint })
    }
}

impl FromStr for AddCheckpoint {
    type Err = MalformedRequest;

    fn from_str(text: &str) -> Result<Self, MalformedRequest> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// The head of a log that a witness has cosigned last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latest {
    /// Number of entries.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl Latest {
    /// Of a log that the witness has never cosigned.
    pub fn none() -> Self {
        Self { size: 0, root: Hash::of_empty_tree() }
    }
}

/// What a witness answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: store `latest` for the origin first, in the same step in which the one before was read; then answer with the signature.
    Cosigned {
        /// What is to be remembered.
        latest: Latest,
        /// The cosignature.
        signature: Signature,
    },
    /// 400: the body is no request, or its old size is larger than the new.
    Malformed,
    /// 403: no signature by the log that the witness knows.
    Unsigned,
    /// 404: a log that the witness does not know.
    Unknown,
    /// 409: the log believes the witness to be somewhere else, or shows another tree of the same size; the witness is here.
    Conflict(u64),
    /// 422: the new head does not continue the old one.
    Inconsistent,
    /// 500: the witness has no key for cosignatures, or no time that they can hold.
    Unable,
}

impl Answer {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Cosigned { .. } => 200,
            Self::Malformed => 400,
            Self::Unsigned => 403,
            Self::Unknown => 404,
            Self::Conflict(_) => 409,
            Self::Inconsistent => 422,
            Self::Unable => 500,
        }
    }

    /// The body.
    pub fn body(&self) -> String {
        match self {
            Self::Cosigned { signature, .. } => format!("{signature}\n"),
            Self::Malformed => {
                "not a request of add-checkpoint, or its old size is larger than the new\n".to_owned()
            }
            Self::Unsigned => "no signature by the key of this log\n".to_owned(),
            Self::Unknown => "this witness does not know the log\n".to_owned(),
            Self::Conflict(size) => format!("{size}\n"),
            Self::Inconsistent => "the checkpoint does not continue the one cosigned before\n".to_owned(),
            Self::Unable => "this witness cannot sign\n".to_owned(),
        }
    }

    /// The media type of the body.
    pub fn content_type(&self) -> &'static str {
        if matches!(self, Self::Conflict(_)) { "text/x.tlog.size" } else { "text/plain; charset=utf-8" }
    }
}

/// Decides about a request.
///
/// `logs` are the keys that the witness trusts, each named as the origin of its log; `latest` is what it remembers of this origin
/// ([`Latest::none`] if nothing); `now` is in seconds since 1970. Reading `latest` and storing the new one must be one atomic step, else two
/// requests at once could roll the memory back.
pub fn add_checkpoint(
    request: &AddCheckpoint,
    logs: &[VerifierKey],
    latest: Latest,
    key: &SignerKey,
    now: u64,
) -> Answer {
    let head = request.checkpoint.checkpoint();
    let mut keys = logs.iter().filter(|log| log.name() == head.origin()).peekable();
    if keys.peek().is_none() {
        return Answer::Unknown;
    }
    if request.checkpoint.signed_by(keys).is_err() {
        return Answer::Unsigned;
    }
    if request.old > head.size() {
        return Answer::Malformed;
    }
    if request.old != latest.size || (request.old == head.size() && latest.root != head.root()) {
        return Answer::Conflict(latest.size);
    }
    if proof::verify_consistency(latest.size, latest.root, head.size(), head.root(), &request.proof).is_err()
    {
        return Answer::Inconsistent;
    }
    match key.cosign(request.checkpoint.note().text(), now) {
        Ok(signature) => {
            Answer::Cosigned { latest: Latest { size: head.size(), root: head.root() }, signature }
        }
        Err(_) => Answer::Unable,
    }
}
