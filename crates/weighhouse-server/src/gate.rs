//! The gate as a whole: what it knows, what it keeps, and what it asks.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Notify, Semaphore};
use weighhouse_core::{Digest, Inspection};
use weighhouse_log::VerifierKey;
use weighhouse_policy::{Access, Person, PolicySet};
use weighhouse_scan::source::Listing;

use crate::answers::Answers;
use crate::blobs::{AtRest, Blobs, Place};
use crate::directory::Providers;
use crate::error::{GateError, Result};
use crate::http::Rates;
use crate::keys::Keys;
use crate::notify::Couriers;
use crate::operate::health::Workers;
use crate::operate::metrics::Metrics;
use crate::operate::traces::Tracer;
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
    /// Contents of what is released, once more, where this server keeps them for others that read nothing else.
    pub(crate) released: Option<Blobs>,
    /// Contents that people sent and no commit names yet.
    pub(crate) staging: Staging,
    /// Looks at files that are to be uploaded, and commits that are read, at the same time.
    pub(crate) sifting: Semaphore,
    /// One view at a time is put together.
    pub(crate) viewing: Semaphore,
    pub(crate) settings: Settings,
    pub(crate) providers: Providers,
    /// Those that this server's files say.
    files: Arc<PolicySet>,
    policies: RwLock<InForce>,
    /// One dry run at a time: it is work for all processors.
    pub(crate) dry_runs: Semaphore,
    pub(crate) keys: Keys,
    clock: Clock,
    pub(crate) inspector: Arc<dyn Inspector>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) couriers: Couriers,
    /// Set when the program ends; long work stops.
    pub(crate) cancelled: Arc<AtomicBool>,
    /// When contents to which nobody refers were last looked for by this server.
    pub(crate) swept: AtomicI64,
    /// The same of what is released.
    pub(crate) swept_released: AtomicI64,
    /// Rung when there is a new job.
    pub(crate) work: Notify,
    /// What is counted for whoever watches the gate.
    pub(crate) metrics: Metrics,
    /// Where spans come from.
    pub(crate) tracer: Tracer,
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
            |what: &str, error: &dyn std::fmt::Display| GateError::Setup(format!("{what}: {error}"));
        let folder = format!("the data folder `{}`", settings.data.display());
        private_folder(&settings.data).map_err(|error| internal(&folder, &error))?;
        // Before anything is made: what is refused here leaves no tables and no keys that would be in the way of who puts it right.
        match Box::pin(Store::version_of_log(settings.database.as_deref(), &settings.data)).await? {
            Some(version) => demand_keys(&settings, version)?,
            None => Box::pin(demand_no_contents(&settings, &parts.clock)).await?,
        }
        let store = Box::pin(Store::open(settings.database.as_deref(), &settings.data)).await?;
        let keys = Keys::of_file(&settings.data.join("log.key"), &settings.origin)?;
        store.check_key(keys.log.verifier()).await?;
        let sealer = Arc::new(Sealer::of(&settings)?);
        let cancelled = Arc::<AtomicBool>::default();
        let (blobs, released) = Box::pin(contents(&settings, &sealer, &cancelled, &parts.clock)).await?;
        let staging = Staging::open(&settings.data.join("blobs/uploads"), blobs.clone())
            .map_err(|error| internal(&folder, &error))?;
        let files = Arc::new(parts.policies);
        let metrics = Metrics::new();
        let tracer = Tracer::of(&settings, &metrics)?;
        Ok(Arc::new(Self {
            store,
            blobs,
            released,
            providers: Providers::new(settings.authorities.as_ref()),
            staging,
            sifting: Semaphore::new(2),
            viewing: Semaphore::new(1),
            settings,
            policies: RwLock::new(InForce { id: None, set: Arc::clone(&files) }),
            files,
            dry_runs: Semaphore::new(1),
            keys,
            clock: parts.clock,
            inspector: parts.inspector,
            sealer,
            couriers: Couriers::default(),
            cancelled,
            swept: AtomicI64::new(i64::MIN),
            swept_released: AtomicI64::new(i64::MIN),
            work: Notify::new(),
            metrics,
            tracer,
            workers: Workers::new(),
            rates: Rates::default(),
            answers: Answers::default(),
            ending: Notify::new(),
        }))
    }

    /// The key by which the audit log is verified.
    pub fn log_key(&self) -> &VerifierKey {
        self.keys.log.verifier()
    }

    /// The key by which statements of the gate are verified: `PUBLIC KEY` in PEM, of P-256.
    ///
    /// # Errors
    /// Never in practice: every key of P-256 can be written.
    pub fn statement_key_pem(&self) -> Result<String> {
        self.keys.statements.public().pem().map_err(|error| GateError::Internal(error.to_string()))
    }

    /// The SHA-256 of that text: by it envelopes name the key.
    ///
    /// # Errors
    /// As above.
    pub fn statement_fingerprint(&self) -> Result<Digest> {
        let fingerprint = self.keys.statements.public().fingerprint();
        fingerprint.map_err(|error| GateError::Internal(error.to_string()))
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

    /// Sends the spans that wait, and makes no more; a collector is waited for some seconds at most.
    pub async fn end_traces(&self) {
        self.tracer.end().await;
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
        Ok(self.store.change(&self.keys.log, who, self.now()).await?)
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

/// The version of the tables from which on gates have a key that seals.
pub(crate) const SEALS: i64 = 8;

/// A gate that has a log had its keys, too: none is made in their place.
fn demand_keys(settings: &Settings, version: i64) -> Result<()> {
    let missing = |name: &str| {
        let file = settings.data.join(name);
        let there =
            fs::exists(&file).map_err(|error| GateError::of_disk(&file.display().to_string(), &error));
        Ok::<_, GateError>((!there?).then(|| file.display().to_string()))
    };
    if let Some(file) = missing("log.key")? {
        return Err(GateError::Setup(format!(
            "`{file}` is not there, and the database has a log that is signed by it: copy it from where the gate ran, or from a backup"
        )));
    }
    if version >= SEALS
        && settings.seal_keys.is_none()
        && let Some(file) = missing("seal.key")?
    {
        return Err(GateError::Setup(format!(
            "`{file}` is not there, and this gate has sealed by it: copy it from where the gate ran, or set `WEIGHHOUSE_SEAL_KEYS`. If it is \
             lost for good, `openssl rand -base64 32` makes another one; what was sealed (webhooks, contents that are encrypted) is lost, too"
        )));
    }
    Ok(())
}

/// A gate that has no log has no contents: else it is another database than that of the gate whose contents they are, and the first sweep
/// would take for rubbish what it does not know.
async fn demand_no_contents(settings: &Settings, clock: &Clock) -> Result<()> {
    let sealer = Sealer::at_hand(settings)?.map_or_else(Sealer::fresh, Ok);
    let sealer = sealer.map_err(|error| GateError::Internal(error.to_string()))?;
    let (blobs, _) = contents(settings, &Arc::new(sealer), &Arc::default(), clock).await?;
    let holds = blobs.holds_anything().await;
    if holds.map_err(|error| GateError::Setup(format!("the contents cannot be looked at: {error}")))? {
        let why = "the database is empty, and there are contents of a gate: is it the right database (`WEIGHHOUSE_DATABASE`)? \
                   A new gate begins with an empty place for contents";
        return Err(GateError::Setup(why.to_owned()));
    }
    Ok(())
}

/// The contents that this server reads, and those that it keeps for servers that read nothing else.
pub(crate) async fn contents(
    settings: &Settings,
    sealer: &Arc<Sealer>,
    cancelled: &Arc<AtomicBool>,
    clock: &Clock,
) -> Result<(Blobs, Option<Blobs>)> {
    let here = settings.data.join("blobs");
    let open = async |here: &Path, place: &Place| {
        let at_rest = AtRest { sealer: Arc::clone(sealer), encrypt: settings.encrypt_blobs };
        let opened = Blobs::open(here, place, at_rest, Arc::clone(cancelled), Arc::clone(clock)).await;
        opened.map_err(GateError::Setup)
    };
    let all = settings.blobs.clone().map_or_else(|| Place::Folder(here.clone()), Place::Objects);
    match &settings.released {
        None if settings.released_only => Err(GateError::Invalid(
            "a server that gives out only what is released needs to know where that is kept (`blobs-released`)"
                .to_owned(),
        )),
        None => Ok((open(&here, &all).await?, None)),
        Some(place) if settings.released_only => Ok((open(&here, place).await?, None)),
        Some(place) => {
            // What is on its way into a folder is on the same disk.
            let beside = match place {
                Place::Folder(folder) => folder.clone(),
                Place::Objects(_) => here.join("released"),
            };
            let opened = (open(&here, &all).await?, Some(open(&beside, place).await?));
            // Folders are there by now, and what they really are can be told.
            if place.opens(&all) {
                let why = "whoever may read the place of what is released (`blobs-released`) could read all contents: they are below it";
                return Err(GateError::Invalid(why.to_owned()));
            }
            Ok(opened)
        }
    }
}

/// Makes the folder of everything that the gate keeps, for its owner only: salts of pseudonyms, digests of tokens, and reports are in it.
/// One that is there stays as its owner set it.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {
            if fs::metadata(folder)?.permissions().mode() & 0o007 != 0 {
                let folder = folder.display();
                tracing::warn!(
                    "everybody on this machine can look into `{folder}`; `chmod 700 {folder}` ends that"
                );
            }
            Ok(())
        }
        made => made,
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
