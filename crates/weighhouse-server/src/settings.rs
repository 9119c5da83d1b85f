//! How a gate is set up. Plain values: reading files and environment is the caller's business.

use std::path::PathBuf;

use weighhouse_policy::Profile;

/// How a gate is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of everything the gate keeps: database, contents, keys.
    pub data: PathBuf,
    /// Address of the database; without it, a file in the data folder.
    pub database: Option<String>,
    /// Address by which clients reach the gate, without a final slash.
    pub address: String,
    /// Name of the gate's audit log: a host and a path that is yours, such as `models.example.com/gate`.
    pub origin: String,
    /// Where models are fetched from; without it, models come in by import and upload only.
    pub upstream: Option<Upstream>,
    /// The stages, in the order in which models pass through them.
    pub stages: Vec<Stage>,
    /// The stage of callers whose token is bound to none.
    pub stage: String,
    /// Files of a revision at most.
    pub max_files: usize,
}

/// A Hub-speaking server.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its address, without a final slash.
    pub endpoint: String,
    /// The token with which the gate asks it.
    pub token: Option<weighhouse_scan::source::hub::Token>,
    /// How long the gate waits for it, and how often it tries.
    pub patience: weighhouse_scan::source::hub::Patience,
}

impl Upstream {
    /// One that asks for no token, and is waited for as long as is usual.
    pub fn at(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            token: None,
            patience: weighhouse_scan::source::hub::Patience::default(),
        }
    }
}

/// A stage of release.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name, which clients may use as a branch.
    pub name: String,
    /// The thresholds under which models are judged for it.
    pub profile: Profile,
    /// Whether what policy allows is released at once; otherwise somebody promotes it.
    pub automatic: bool,
    /// For how many days an approval holds.
    pub approval_days: i64,
}

impl Stage {
    /// The stages of a gate of which nothing else is said: research and internal release by themselves what policy allows.
    pub fn built_in() -> Vec<Self> {
        let stage = |name: &str| {
            let profile = Profile::built_in(name).unwrap_or_default();
            Self { name: name.to_owned(), profile, automatic: name != "production", approval_days: 90 }
        };
        Profile::BUILT_IN.iter().map(|name| stage(name)).collect()
    }
}

impl Settings {
    /// The stage of this name.
    pub(crate) fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }
}
