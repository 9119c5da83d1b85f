//! How a gate is set up. Plain values: reading files and environment is the caller's business.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use weighhouse_log::VerifierKey;
use weighhouse_policy::Profile;
use weighhouse_scan::source::hub::Authorities;
use weighhouse_supply::signing::PublicKey;

use crate::blobs::{ObjectStorage, Place};
use crate::http::Limits;
use crate::identity::Secret;
use crate::network::Network;
use crate::notify::{Notices, Password};

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
    /// The identity provider by which people sign in; without it, they do by token.
    pub directory: Option<Directory>,
    /// Jobs of build services that get tokens for what their service signed.
    pub workloads: Vec<Workload>,
    /// Who vouches for identity providers, witnesses and the upstream, instead of the public authorities.
    pub authorities: Option<Authorities>,
    /// Where contents are kept; without it, in the data folder.
    pub blobs: Option<ObjectStorage>,
    /// Where contents of what is released are kept once more, for servers that read nothing else.
    pub released: Option<Place>,
    /// Whether this server reads nothing else: it gives out what is released, and has no workers.
    pub released_only: bool,
    /// Whether contents that come in are encrypted at rest, under the keys that seal secrets.
    pub encrypt_blobs: bool,
    /// What people may send.
    pub uploads: Uploads,
    /// Whose word counts beside the gate's own.
    pub trust: Trust,
    /// What clients may take before they are known.
    pub limits: Limits,
    /// Proxies before the gate, whose word about addresses counts (`X-Forwarded-For`).
    pub proxies: Vec<Network>,
    /// By which ways people and programs are told what happens.
    pub notices: Notices,
    /// Where traces go; without it, nothing is traced.
    pub traces: Option<TraceCollector>,
    /// Keys under which secrets are sealed, one a line, the first one seals; without them, those in the file `seal.key` of the data folder.
    pub seal_keys: Option<Password>,
}

/// A collector of traces that takes OTLP by HTTP and protobuf. Headers, compression and what this gate is called there are read from the usual
/// variables of OpenTelemetry.
#[derive(Debug, Clone)]
pub struct TraceCollector {
    /// The address to which spans are posted, such as `http://localhost:4318/v1/traces`.
    pub endpoint: String,
    /// Of a hundred traces so many are kept; without it, as `OTEL_TRACES_SAMPLER` says, or all.
    pub percent: Option<u16>,
    /// Who vouches for the collector, instead of the public authorities.
    pub authorities: Option<Authorities>,
}

/// An identity provider (`OpenID` Connect) by which people sign in.
#[derive(Debug, Clone)]
pub struct Directory {
    /// Its address, exactly as it writes it into its tokens.
    pub issuer: String,
    /// The name by which it knows the gate.
    pub client: String,
    /// What the gate proves itself with; without it, by PKCE only.
    pub secret: Option<Secret>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that becomes the name of somebody new.
    pub name_claim: String,
    /// The claim with somebody's groups.
    pub groups_claim: String,
    /// The roles that a group gives.
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// Roles of everybody whom it knows.
    pub default_roles: BTreeSet<String>,
    /// Whether somebody of the directory is who has the same name here already.
    pub adopt: bool,
    /// For how many days tokens of somebody hold after they last signed in.
    pub confirm_days: i64,
}

/// Jobs that are given tokens.
#[derive(Debug, Clone)]
pub struct Workload {
    /// What operators call them.
    pub name: String,
    /// Who signs their identity tokens.
    pub issuer: String,
    /// For whom the tokens must be; without it, for the gate's address.
    pub audience: Option<String>,
    /// Claims that they must have; `*` at the end of a value stands for anything. Never empty.
    pub claims: BTreeMap<String, String>,
    /// Whom they act as.
    pub person: String,
    /// The stage that their tokens are bound to.
    pub stage: Option<String>,
    /// For how many minutes a token holds.
    pub minutes: i64,
}

/// Bounds of uploads.
#[derive(Debug, Clone)]
pub struct Uploads {
    /// Bytes of one file at most.
    pub largest_file: u64,
    /// Bytes of a file that is sent within a commit at most. Clients that speak Xet send in no other way what they believe to be small.
    pub largest_inline: u64,
    /// Bytes of all files that a commit brings at most, sent or named by their digest.
    pub largest_commit: u64,
    /// Operations of a commit at most.
    pub most_files: usize,
    /// Bytes that one person may have sent and not committed yet, at most.
    pub per_person: u64,
    /// For how many seconds they are kept.
    pub keep: i64,
    /// How long the gate waits for the next bytes.
    pub patience: std::time::Duration,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            largest_file: 500 << 30,
            largest_inline: 256 << 20,
            largest_commit: 1 << 50,
            most_files: 100_000,
            per_person: 1 << 40,
            keep: 86_400,
            patience: std::time::Duration::from_mins(1),
        }
    }
}

impl Uploads {
    /// Whether a file of so many bytes is too large, in words for whoever sends it.
    pub(crate) fn refuses_file(&self, path: &str, size: u64) -> Option<String> {
        (size > self.largest_file).then(|| {
            let most = in_words(self.largest_file);
            format!("`{path}`: a file has at most {most} here; send it in shards")
        })
    }

    /// The same of all files that a commit brings.
    pub(crate) fn refuses_commit(&self, size: u64) -> Option<String> {
        (size > self.largest_commit).then(|| {
            let most = in_words(self.largest_commit);
            format!("a commit brings at most {most} here; upload in several commits")
        })
    }
}

/// Bytes as people read them.
pub(crate) fn in_words(bytes: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    unit.map_or_else(|| format!("{bytes} bytes"), |(shift, unit)| format!("{} {unit}", bytes >> shift))
}

/// Whose word counts beside the gate's own. By default nobody's.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Who may state something about a model.
    pub attesters: Vec<Attester>,
    /// Who is asked to cosign the audit log.
    pub witnesses: Vec<Cosigner>,
    /// How many of them must have cosigned a checkpoint before it is shown as cosigned; at least one.
    pub quorum: usize,
}

/// A witness of the audit log.
#[derive(Debug, Clone)]
pub struct Cosigner {
    /// The key that it cosigns with.
    pub key: VerifierKey,
    /// Where it is asked: the address above `add-checkpoint`.
    pub address: String,
}

/// Somebody whose signed statements are believed.
#[derive(Debug, Clone)]
pub struct Attester {
    /// What policies call them.
    pub name: String,
    /// The key that they sign with.
    pub key: PublicKey,
    /// The predicate types that they are believed in; all, if there are none.
    pub kinds: Vec<String>,
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
