//! People in a log from which nothing can be deleted: they stand there as salted digests. The salt of a person is kept elsewhere; once it is
//! erased, nobody can tell whose digest it was, and the log still verifies.
//!
//! One salt for one person: their records can then be linked with one another (who asked is not who approved), before and after the erasure.

use std::fmt;
use std::str::FromStr;

use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};
use weighhouse_core::digest::{hex, unhex};

use super::RecordError;

/// Separates these digests from all others.
const DOMAIN: &[u8] = b"weighhouse/pseudonym/v1\n";

/// 32 random bytes that belong to one person. They do not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A new salt, from the randomness of the system; nothing if it gives none.
    pub fn generate() -> Option<Self> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).ok().map(|()| Self(bytes))
    }

    /// A salt that was kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// A personal text as a salted SHA-256. Written in 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym([u8; 32]);

impl Pseudonym {
    /// The pseudonym of a name under a salt.
    pub fn of(salt: &Salt, name: &str) -> Self {
        Self(Sha256::new().chain_update(DOMAIN).chain_update(salt.0).chain_update(name).finalize().into())
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for Pseudonym {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, RecordError> {
        let bytes: Option<[u8; 32]> = unhex(text).and_then(|bytes| bytes.try_into().ok());
        let pseudonym = bytes.map(Self).filter(|pseudonym| pseudonym.to_string() == text);
        pseudonym.ok_or(RecordError::Field {
            field: "pseudonym",
            problem: "a pseudonym is 64 hex digits in lower case",
        })
    }
}
