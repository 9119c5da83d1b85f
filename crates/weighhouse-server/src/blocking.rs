//! The gate for programs that are not async: each call has a runtime of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::error::{GateError, Result};
use crate::gate::{Gate, Parts};
use crate::http::{serve, work_off};
use crate::identity::Secret;
use crate::name::Name;
use crate::settings::Settings;
use crate::verify::Audit;

/// How often it is looked whether the program ends.
const BEAT: Duration = Duration::from_millis(100);

/// A gate that has begun to serve.
#[derive(Debug)]
pub struct Opened<'a> {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The gate.
    pub gate: &'a Gate,
    /// The token of the first administrator, if this is the first start.
    pub first: Option<Secret>,
}

/// Opens the gate and serves until `stop` is set; `opened` is told when clients can come.
///
/// # Errors
/// If the gate cannot be opened, the address is taken, or the listener breaks.
pub fn run(
    settings: Settings,
    parts: Parts,
    listen: &str,
    workers: usize,
    stop: Arc<AtomicBool>,
    opened: impl FnOnce(&Opened<'_>),
) -> Result<()> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind(listen).await;
        let listener =
            listener.map_err(|error| GateError::Invalid(format!("cannot listen on `{listen}`: {error}")))?;
        let gate = Gate::open(settings, parts).await?;
        let first = gate.bootstrap().await?;
        let address = listener.local_addr().map_err(|error| GateError::Internal(error.to_string()))?;
        opened(&Opened { listen: address, gate: &gate, first });
        let stopped = async move {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(BEAT).await;
            }
        };
        serve(gate, listener, workers, stopped).await
    })
}

/// Brings a folder in and inspects it; gives the commit.
///
/// # Errors
/// If the gate cannot be opened, or the folder cannot be taken in.
pub fn import(settings: Settings, parts: Parts, what: &Import<'_>) -> Result<String> {
    runtime()?.block_on(async {
        let gate = Gate::open(settings, parts).await?;
        let commit = gate.import(what.person, what.name, what.folder, what.stage).await?;
        work_off(&gate).await?;
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

/// Reads the log and compares every row with it.
///
/// # Errors
/// If the gate cannot be opened.
pub fn audit(settings: Settings, parts: Parts) -> Result<Audit> {
    runtime()?.block_on(async { Gate::open(settings, parts).await?.audit().await })
}

fn runtime() -> Result<Runtime> {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| GateError::Internal(format!("threads cannot be started: {error}")))
}
