//! The gate as a whole: what it knows, what it keeps, and what it asks.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, PoisonError, RwLock};

use ring::hmac;
use tokio::sync::{Notify, Semaphore};
use weighhouse_core::{Digest, Inspection};
use weighhouse_log::{Algorithm, SecretKey, SignerKey, VerifierKey};
use weighhouse_policy::{Access, Person, PolicySet};
use weighhouse_scan::source::Listing;

use crate::answers::Answers;
use crate::blobs::{AtRest, Blobs};
use crate::directory::Providers;
use crate::error::{GateError, Result};
use crate::http::Rates;
use crate::notify::Couriers;
use crate::operate::health::Workers;
use crate::operate::metrics::Metrics;
use crate::seal::Sealer;
use crate::settings::Settings;
use crate::staging::Staging;
use crate::store::policies::{Policy, Source};
use crate::store::{Change, Store, Who};

/// Seconds since 1970. An input, so that tests need no clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Looks at an artifact: everything that `weighhouse vet` would look at.
pub trait Inspector: Send + Sync + 'static {
    /// Digest of everything it knows. Another one means that what was inspected must be inspected again.
    fn ruleset(&self) -> Digest;

    /// Inspects; blocks until it is done. The text is the report (JSON v1).
    ///
    /// # Errors
    /// If the inspection itself is not possible, in words for operators.
    fn inspect(
        &self,
        listing: Listing,
        cancelled: &Arc<AtomicBool>,
    ) -> std::result::Result<(Inspection, String), String>;
}

/// A gate that is open.
pub struct Gate {
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    /// Contents that people sent and no commit names yet.
    pub(crate) staging: Staging,
    /// The key of addresses to which contents are sent.
    pub(crate) upload_key: [u8; 32],
    /// Looks at files that are to be uploaded, and commits that are read, at the same time.
    pub(crate) sifting: Semaphore,
    pub(crate) settings: Settings,
    pub(crate) providers: Providers,
    /// Those that this server's files say.
    files: Arc<PolicySet>,
    policies: RwLock<InForce>,
    /// One dry run at a time: it is work for all processors.
    pub(crate) dry_runs: Semaphore,
    signer: Arc<SignerKey>,
    clock: Clock,
    pub(crate) inspector: Arc<dyn Inspector>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) couriers: Couriers,
    /// Set when the program ends; long work stops.
    pub(crate) cancelled: Arc<AtomicBool>,
    /// When contents to which nobody refers were last looked for by this server.
    pub(crate) swept: AtomicI64,
    /// Rung when there is a new job.
    pub(crate) work: Notify,
    /// What is counted for whoever watches the gate.
    pub(crate) metrics: Metrics,
    /// Signs of life.
    pub(crate) workers: Workers,
    pub(crate) rates: Rates,
    answers: Answers,
    /// Rung when the program ends.
    pub(crate) ending: Notify,
}

/// The policies that decide, and under which number the database has them; without one they are those of this server's files.
#[derive(Clone)]
struct InForce {
    id: Option<String>,
    set: Arc<PolicySet>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What a gate works with, beside its settings.
pub struct Parts {
    /// The policies of the configuration: in force until others are put in force at the gate.
    pub policies: PolicySet,
    /// Who inspects.
    pub inspector: Arc<dyn Inspector>,
    /// What time it is.
    pub clock: Clock,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("policies", &self.policies.digest()).finish_non_exhaustive()
    }
}

impl Gate {
    /// Opens the gate: makes what is missing, brings the database up to date.
    ///
    /// # Errors
    /// If the data folder, the key of the log or the database cannot be used, or the policies in force mean nothing to this program.
    pub async fn open(settings: Settings, parts: Parts) -> Result<Arc<Self>> {
        let gate = Box::pin(Self::open_without_policy(settings, parts)).await?;
        gate.follow_policy().await?;
        Ok(gate)
    }

    /// The same, whatever the policies in force are: for putting them right.
    pub(crate) async fn open_without_policy(settings: Settings, parts: Parts) -> Result<Arc<Self>> {
        let internal =
            |what: &str, error: &dyn std::fmt::Display| GateError::Internal(format!("{what}: {error}"));
        let folder = settings.data.display().to_string();
        fs::create_dir_all(&settings.data).map_err(|error| internal(&folder, &error))?;
        let (signer, upload_key) = keys(&settings.data.join("log.key"), &settings.origin)?;
        let sealer = Arc::new(Sealer::of(&settings)?);
        let cancelled = Arc::<AtomicBool>::default();
        let (contents, clock) = (settings.data.join("blobs"), Arc::clone(&parts.clock));
        let at_rest = AtRest { sealer: Arc::clone(&sealer), encrypt: settings.encrypt_blobs };
        let blobs =
            Blobs::open(&contents, settings.blobs.as_ref(), at_rest, Arc::clone(&cancelled), clock).await;
        let blobs = blobs.map_err(GateError::Internal)?;
        let staging = Staging::open(&contents.join("uploads"), blobs.clone())
            .map_err(|error| internal(&folder, &error))?;
        let store = Box::pin(Store::open(settings.database.as_deref(), &settings.data)).await?;
        store.check_key(signer.verifier()).await?;
        let files = Arc::new(parts.policies);
        Ok(Arc::new(Self {
            store,
            blobs,
            providers: Providers::new(settings.authorities.as_ref()),
            staging,
            upload_key,
            sifting: Semaphore::new(2),
            settings,
            policies: RwLock::new(InForce { id: None, set: Arc::clone(&files) }),
            files,
            dry_runs: Semaphore::new(1),
            signer: Arc::new(signer),
            clock: parts.clock,
            inspector: parts.inspector,
            sealer,
            couriers: Couriers::default(),
            cancelled,
            swept: AtomicI64::new(i64::MIN),
            work: Notify::new(),
            metrics: Metrics::new(),
            workers: Workers::new(),
            rates: Rates::default(),
            answers: Answers::default(),
            ending: Notify::new(),
        }))
    }

    /// The key by which the audit log is verified.
    pub fn log_key(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Wakes everybody who waits for work.
    pub(crate) fn wake_all(&self) {
        self.work.notify_waiters();
        self.ending.notify_waiters();
        self.store.bell.notify_waiters();
    }

    /// The policies that decide.
    pub(crate) fn policies(&self) -> Arc<PolicySet> {
        Arc::clone(&self.policies.read().unwrap_or_else(PoisonError::into_inner).set)
    }

    /// Whether somebody may do this with a model.
    pub(crate) fn may(&self, person: &Person, access: Access, model: &str) -> bool {
        self.answers.permits(&self.policies(), person, access, model)
    }

    /// Those that this server's files say, in force or not.
    pub(crate) fn files(&self) -> &Arc<PolicySet> {
        &self.files
    }

    /// Begins a change by somebody. It decides by the policies that are in force now, whoever put them there.
    pub(crate) async fn change(&self, who: Who<'_>) -> Result<Change> {
        let mut change = self.change_as_it_is(who).await?;
        let id = change.id_in_force().await?;
        if id != self.id_in_force() {
            self.load(change.policy_in_force().await?)?;
        }
        Ok(change)
    }

    /// Begins a change that asks no policy.
    pub(crate) async fn change_as_it_is(&self, who: Who<'_>) -> Result<Change> {
        Ok(self.store.change(&self.signer, who, self.now()).await?)
    }

    fn id_in_force(&self) -> Option<String> {
        self.policies.read().unwrap_or_else(PoisonError::into_inner).id.clone()
    }

    /// Takes over what another server put in force.
    pub(crate) async fn follow_policy(&self) -> Result<()> {
        let id = self.store.id_in_force().await?;
        if id == self.id_in_force() {
            return Ok(());
        }
        self.load(self.store.policy_in_force().await?)
    }

    fn load(&self, policy: Option<Policy>) -> Result<()> {
        let new = match policy {
            None => InForce { id: None, set: Arc::clone(&self.files) },
            Some(policy) if policy.digest == self.files.digest() => {
                InForce { id: Some(policy.id), set: Arc::clone(&self.files) }
            }
            Some(policy) => match compiled(&policy) {
                Ok(set) => InForce { set: Arc::new(set), id: Some(policy.id) },
                // Files of another server, or of another version: this server has its own.
                Err(error) if policy.source == Source::Files => {
                    tracing::warn!(%error, "the policies of this server's files are used");
                    InForce { id: Some(policy.id), set: Arc::clone(&self.files) }
                }
                Err(error) => return Err(error),
            },
        };
        *self.policies.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

/// Stored policies, as this program reads them. If it reads them otherwise than the one that stored them, nothing is decided by them.
fn compiled(policy: &Policy) -> Result<PolicySet> {
    let wrong = |why: String| {
        GateError::Internal(format!(
            "the policies in force (number {}) mean nothing to this program: {why}; `weighhouse gate policy reset`, on this \
             machine, puts those of the configuration in their place",
            policy.id
        ))
    };
    PolicySet::load(policy.base(), &policy.sources()).map_err(|problems| {
        wrong(problems.first().map_or_else(String::new, |problem| problem.headline.clone()))
    })
}

/// The key of the log, made at the first start, and the key of addresses to which contents are sent, which follows from it: servers of one
/// gate have the same ones. Only the owner of the file may read it.
fn keys(path: &Path, origin: &str) -> Result<(SignerKey, [u8; 32])> {
    let wrong = |error: &dyn std::fmt::Display| {
        GateError::Internal(format!("the key of the audit log, `{}`: {error}", path.display()))
    };
    if !fs::exists(path).map_err(|error| wrong(&error))? {
        let secret = SecretKey::generate(origin, Algorithm::Ed25519).map_err(|error| wrong(&error))?;
        make_key(path, secret.expose()).map_err(|error| wrong(&error))?;
    }
    // Read back in any case: of two servers that start at once, both take the key that came first.
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let key: SignerKey = text.trim().parse().map_err(|error| wrong(&error))?;
    let name = key.verifier().name();
    if name != origin {
        return Err(wrong(&format!("it is the key of `{name}`, but the gate's `origin` is `{origin}`")));
    }
    let base = hmac::Key::new(hmac::HMAC_SHA256, text.trim().as_bytes());
    let derived = hmac::sign(&base, b"weighhouse addresses of uploads");
    let upload = derived.as_ref().try_into().map_err(|error| wrong(&error))?;
    Ok((key, upload))
}

/// Writes a key that is not there yet. It comes into its place whole or not at all, and never replaces another.
pub(crate) fn make_key(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Made for its owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => fs::File::open(folder)?.sync_all(),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_with_one_log_key_have_one_key_of_uploads() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (signer, upload) = keys(&at("one"), "gate.test/log").unwrap();
        fs::copy(at("one"), at("two")).unwrap();
        let (same, again) = keys(&at("two"), "gate.test/log").unwrap();
        assert_eq!((same.verifier().to_string(), again), (signer.verifier().to_string(), upload));
        assert_ne!(keys(&at("other"), "gate.test/log").unwrap().1, upload);
        assert!(keys(&at("one"), "other.test/log").is_err());
    }
}
