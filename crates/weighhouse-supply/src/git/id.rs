//! Names of objects: SHA-1, or SHA-256 in newer repositories.

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

/// The name of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    bytes: [u8; 32],
    len: u8,
}

impl Id {
    /// Twenty bytes or thirty-two.
    pub(crate) fn new(name: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        let len = u8::try_from(name.len()).ok().filter(|len| matches!(len, 20 | 32))?;
        Some(Self { bytes, len })
    }

    /// The name of an object with this content.
    pub(crate) fn of(kind: &str, content: &[u8], len: usize) -> Option<Self> {
        let header = format!("{kind} {}\0", content.len());
        match len {
            20 => {
                let digest = sha1::Sha1::new().chain_update(header).chain_update(content).finalize();
                Self::new(&digest)
            }
            32 => {
                let digest = sha2::Sha256::new().chain_update(header).chain_update(content).finalize();
                Self::new(&digest)
            }
            _ => None,
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Ten digits: enough for a reader.
    pub(crate) fn short(&self) -> String {
        let mut hex = self.to_string();
        hex.truncate(10);
        hex
    }
}

impl FromStr for Id {
    type Err = ();

    fn from_str(hex: &str) -> Result<Self, ()> {
        let bytes = weighhouse_core::digest::unhex(hex).ok_or(())?;
        Self::new(&bytes).ok_or(())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
