//! What object storage is asked, and how long it is waited for.

use std::path::PathBuf;
use std::time::Duration;

/// Where contents are.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In object storage.
    Objects(ObjectStorage),
}

impl Place {
    /// Whether who may read what is at this place may read what is at another one.
    pub(crate) fn opens(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Folder(this), Self::Folder(other)) => {
                let real =
                    |folder: &PathBuf| std::fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
                real(other).starts_with(real(this))
            }
            (Self::Objects(this), Self::Objects(other)) => {
                let parts = |address: &str| -> Vec<String> {
                    address.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
                };
                parts(&other.address).starts_with(&parts(&this.address))
            }
            _ => false,
        }
    }
}

/// Object storage that speaks S3, shared by all servers of a gate.
#[derive(Clone)]
pub struct ObjectStorage {
    /// `s3://bucket/prefix`.
    pub address: String,
    /// Endpoint, region, credentials and the like, by the names of the variables that other programs read (`AWS_ACCESS_KEY_ID`…).
    pub options: Vec<(String, String)>,
    /// Bytes of it that are kept at hand on this machine at most.
    pub at_hand: u64,
    /// How long it is waited for.
    pub patience: StoragePatience,
}

impl std::fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Options hold credentials.
        f.debug_struct("ObjectStorage").field("address", &self.address).finish_non_exhaustive()
    }
}

/// How long object storage is waited for, and how often it is asked again.
#[derive(Debug, Clone, Copy)]
pub struct StoragePatience {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes.
    pub silence: Duration,
    /// For an answer, with all that is tried again.
    pub answer: Duration,
    /// How often a request is tried again.
    pub retries: usize,
    /// Between two tries at most.
    pub longest_pause: Duration,
}

impl Default for StoragePatience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(30),
            answer: Duration::from_secs(20),
            retries: 4,
            longest_pause: Duration::from_secs(3),
        }
    }
}
