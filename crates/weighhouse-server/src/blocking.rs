//! The gate for programs that are not async: each call has a runtime of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::backup::{self, BackedUp, Backup, Restore, Restored};
use crate::error::{GateError, Result};
use crate::gate::Clock;
use crate::gate::{Gate, Parts};
use crate::http::{Door, Tls, TlsFiles, operators, serve, work_off_of};
use crate::identity::Secret;
use crate::name::Name;
use crate::settings::Settings;
use crate::store::jobs::Duty;
use crate::verify::Audit;
use crate::witness::{Witness, witness_router};
use crate::workflow::Resealed;

/// How often it is looked whether the program ends.
const BEAT: Duration = Duration::from_millis(100);

/// A gate that has begun to serve.
#[derive(Debug)]
pub struct Opened<'a> {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where operators ask.
    pub metrics: Option<SocketAddr>,
    /// The gate.
    pub gate: &'a Gate,
    /// The token of the first administrator, if this is the first start.
    pub first: Option<Secret>,
}

/// How a gate is served.
#[derive(Debug)]
pub struct Serving<'a> {
    /// Address and port for clients.
    pub listen: &'a str,
    /// Address and port for operators, if there is to be one.
    pub metrics: Option<&'a str>,
    /// Its certificate, if it speaks TLS.
    pub tls: Option<TlsFiles>,
    /// Jobs done at the same time.
    pub workers: usize,
    /// Set when it is to end.
    pub stop: Arc<AtomicBool>,
}

/// Opens the gate and serves until it is to end; `opened` is told when clients can come.
///
/// # Errors
/// If the gate cannot be opened, the address is taken, or the listener breaks.
pub fn run(
    settings: Settings,
    parts: Parts,
    serving: Serving<'_>,
    opened: impl FnOnce(&Opened<'_>),
) -> Result<()> {
    more_files();
    runtime()?.block_on(async {
        let Serving { listen, metrics, tls, workers, stop } = serving;
        if settings.released_only && workers > 0 {
            return Err(GateError::Invalid(
                "a server that gives out only what is released has no workers".to_owned(),
            ));
        }
        let tls = tls.map(Tls::load).transpose()?;
        let listener = bind("--listen", listen).await?;
        let watching = match metrics {
            Some(metrics) => Some(bind("--metrics", metrics).await?),
            None => None,
        };
        let gate = Gate::open(settings, parts).await?;
        let first = gate.bootstrap().await?;
        let listen = address(&listener)?;
        let metrics = watching.as_ref().map(address).transpose()?;
        opened(&Opened { listen, metrics, gate: &gate, first });
        let stopped = async move {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(BEAT).await;
            }
        };
        if let Some(listener) = watching {
            // To the very end: whoever watches sees that the gate is closing.
            tokio::spawn(watched(listener, Arc::clone(&gate)));
        }
        let door = match tls {
            Some(tls) => Door::with_tls(listener, Arc::new(tls)),
            None => Door::from(listener),
        };
        let served = serve(Arc::clone(&gate), door, workers, stopped).await;
        gate.end_traces().await;
        served
    })
}

async fn bind(option: &str, address: &str) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener
        .map_err(|error| GateError::Invalid(format!("cannot listen on `{address}` (`{option}`): {error}")))
}

fn address(listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(|error| GateError::Internal(error.to_string()))
}

/// Answers operators until the program ends.
async fn watched(listener: TcpListener, gate: Arc<Gate>) {
    if let Err(error) = axum::serve(listener, operators(gate)).await {
        tracing::error!(%error, "operators are not answered any more");
    }
}

/// Brings a folder in and inspects it; gives the commit.
///
/// # Errors
/// If the gate cannot be opened, or the folder cannot be taken in.
pub fn import(settings: Settings, parts: Parts, what: &Import<'_>) -> Result<String> {
    runtime()?.block_on(async {
        let gate = Gate::open(settings, parts).await?;
        // The policies of the gate that serves, whatever the configuration says of which this was started.
        gate.follow_or_adopt().await?;
        let commit = gate.import(what.person, what.name, what.folder, what.stage).await?;
        // Who is told of it is told by the gate that serves: it knows under which address.
        work_off_of(&gate, Duty::Models).await?;
        Ok(commit)
    })
}

/// A folder to be brought in.
#[derive(Debug)]
pub struct Import<'a> {
    /// Who asks for it.
    pub person: &'a str,
    /// What it is called here.
    pub name: &'a Name,
    /// Where it lies.
    pub folder: &'a Path,
    /// For which stage.
    pub stage: &'a str,
}

/// Puts the policies of the configuration in force, whatever was put in force at the gate: the way out for whoever has the machine.
///
/// # Errors
/// If the gate cannot be opened.
pub fn reset_policy(settings: Settings, parts: Parts) -> Result<String> {
    runtime()?.block_on(async { Gate::open_without_policy(settings, parts).await?.reset_policy().await })
}

/// Reads the log and compares every row with it.
///
/// # Errors
/// If the gate cannot be opened.
pub fn audit(settings: Settings, parts: Parts) -> Result<Audit> {
    // The audit asks no policy, and is needed most when something is wrong.
    runtime()?.block_on(async { Gate::open_without_policy(settings, parts).await?.audit().await })
}

/// Runs a witness until `stop` is set; `opened` is told when logs can come.
///
/// # Errors
/// If the address is taken, or the listener breaks.
pub fn witness(
    witness: Arc<Witness>,
    listen: &str,
    stop: Arc<AtomicBool>,
    opened: impl FnOnce(SocketAddr),
) -> Result<()> {
    runtime()?.block_on(async {
        let listener = bind("--listen", listen).await?;
        let internal = |error: std::io::Error| GateError::Internal(error.to_string());
        opened(listener.local_addr().map_err(internal)?);
        let stopped = async move {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(BEAT).await;
            }
        };
        axum::serve(listener, witness_router(witness)).with_graceful_shutdown(stopped).await.map_err(internal)
    })
}

/// Seals all secrets under the first key again, and keeps all contents in the form in which new ones are kept.
///
/// # Errors
/// If the gate cannot be opened, or a key is missing.
pub fn reseal(settings: Settings, parts: Parts) -> Result<Resealed> {
    runtime()?.block_on(async { Gate::open(settings, parts).await?.reseal().await })
}

/// Backs up a gate, which may be serving meanwhile.
///
/// # Errors
/// If the gate cannot be read, or the backup cannot be written.
pub fn backup(settings: &Settings, clock: &Clock, what: &Backup) -> Result<BackedUp> {
    runtime()?.block_on(backup::backup(settings, clock, what))
}

/// Restores a gate where there is none.
///
/// # Errors
/// If there is one, or the backup is not whole; then nothing was restored.
pub fn restore(settings: &Settings, clock: &Clock, what: &Restore) -> Result<Restored> {
    runtime()?.block_on(backup::restore(settings, clock, what))
}

/// Lets this process have as many files open as it may: each connection is one, each download another.
fn more_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the number of open files stays as it is");
    }
}

/// Threads that wait for disks: enough for a disk to be busy, and few enough to be small.
const WAITING: usize = 64;

fn runtime() -> Result<Runtime> {
    let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(WAITING).build();
    runtime.map_err(|error| GateError::Internal(format!("threads cannot be started: {error}")))
}
