//! Whom to trust (C2SP tlog-policy): logs, witnesses, and how many of the witnesses must have seen a checkpoint.

mod parse;

use std::collections::{BTreeMap, BTreeSet};

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::note::{Algorithm, VerifierKey};

/// The most logs, and the most witnesses and groups together.
pub const MAX_NAMES: usize = 1_024;

/// What must have been witnessed: a witness, or enough members of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Party {
    Witness(VerifierKey),
    Group { threshold: usize, members: Vec<String> },
}

/// A policy: a checkpoint is valid if one of the logs signed it and the quorum cosigned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    /// In the order of their definition: a group names only what stands before it.
    parties: Vec<(String, Party)>,
    /// Nothing: no cosignature is asked for.
    quorum: Option<String>,
}

/// Why a policy is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {problem}")]
pub struct PolicyError {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// Why a checkpoint is not enough for a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Broken, or a signature does not hold.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Not signed by a log of the policy.
    #[error("the checkpoint of `{0}` is not signed by a log that the policy trusts")]
    Log(String),
    /// Too few witnesses.
    #[error(
        "the checkpoint is signed by its log, but too few witnesses have cosigned it: {0} of those that the policy names"
    )]
    Quorum(usize),
}

/// Who signed a checkpoint that a policy trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The log.
    pub log: VerifierKey,
    /// The witnesses that cosigned, each with the time, in seconds since 1970.
    pub witnesses: Vec<(VerifierKey, u64)>,
}

impl Policy {
    /// Trusts a log alone. Whoever has its key can show different logs to different readers.
    pub fn log_only(log: VerifierKey) -> Self {
        Self { logs: vec![log], parties: Vec::new(), quorum: None }
    }

    /// Trusts a log if at least `threshold` of the witnesses have cosigned; nothing if there are not so many different ones, or one of the keys
    /// is not for cosignatures.
    pub fn of(log: VerifierKey, witnesses: Vec<VerifierKey>, threshold: usize) -> Option<Self> {
        let different: BTreeSet<[u8; 32]> = witnesses.iter().map(|key| *key.public()).collect();
        let cosign = witnesses.iter().all(|key| key.algorithm() == Algorithm::Cosignature);
        if different.len() != witnesses.len() || !cosign || threshold > witnesses.len() {
            return None;
        }
        if threshold == 0 {
            return Some(Self::log_only(log));
        }
        let members: Vec<String> = (1..=witnesses.len()).map(|number| format!("w{number}")).collect();
        let named = members.iter().cloned().zip(witnesses.into_iter().map(Party::Witness));
        let mut parties: Vec<(String, Party)> = named.collect();
        parties.push(("quorum".to_owned(), Party::Group { threshold, members }));
        Some(Self { logs: vec![log], parties, quorum: Some("quorum".to_owned()) })
    }

    /// The logs.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses.
    pub fn witnesses(&self) -> impl Iterator<Item = &VerifierKey> {
        self.parties.iter().filter_map(|(_, party)| match party {
            Party::Witness(key) => Some(key),
            Party::Group { .. } => None,
        })
    }

    /// Whether no cosignature is asked for.
    pub fn is_without_witnesses(&self) -> bool {
        self.quorum.is_none()
    }

    /// Checks a checkpoint: signed by a log of its origin's name, and cosigned by the quorum.
    pub fn check(&self, signed: &SignedCheckpoint) -> Result<Trusted, Distrust> {
        let origin = signed.checkpoint().origin();
        let logs = self.logs.iter().filter(|key| key.name() == origin);
        let found = signed.note().verify(logs.chain(self.witnesses()));
        let (logs, witnesses): (Vec<_>, Vec<_>) = match found {
            Ok(found) => found.into_iter().partition(|one| one.key.algorithm() == Algorithm::Ed25519),
            Err(crate::note::NoteError::Unsigned) => (Vec::new(), Vec::new()),
            Err(error) => return Err(CheckpointError::Note(error).into()),
        };
        let log = logs.into_iter().next().ok_or_else(|| Distrust::Log(origin.to_owned()))?.key;
        let witnesses: Vec<(VerifierKey, u64)> =
            witnesses.into_iter().filter_map(|one| Some((one.key, one.time?))).collect();
        if self.is_met(witnesses.iter().map(|(key, _)| key)) {
            Ok(Trusted { log, witnesses })
        } else {
            Err(Distrust::Quorum(witnesses.len()))
        }
    }

    /// Whether these witnesses are enough.
    fn is_met<'k>(&self, witnesses: impl Iterator<Item = &'k VerifierKey>) -> bool {
        let Some(quorum) = &self.quorum else { return true };
        let keys: BTreeSet<&VerifierKey> = witnesses.collect();
        let mut met: BTreeMap<&str, bool> = BTreeMap::new();
        for (name, party) in &self.parties {
            let holds = match party {
                Party::Witness(key) => keys.contains(key),
                Party::Group { threshold, members } => {
                    let count =
                        members.iter().filter(|member| met.get(member.as_str()) == Some(&true)).count();
                    count >= *threshold
                }
            };
            met.insert(name, holds);
        }
        met.get(quorum.as_str()) == Some(&true)
    }
}
