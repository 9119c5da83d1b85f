//! `log`: the tamper-evident audit log, checked from its files alone.

mod folder;
#[cfg(feature = "hub")]
mod remote;
pub(super) mod trust;
mod verify;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use weighhouse_core::printable::printable;
use weighhouse_log::{Algorithm, SecretKey, TlogProof, proof};

use self::folder::Folder;
use crate::exit::{Exit, Mistake};
use crate::output;

/// The `log` commands.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Check a whole log, or the proof that a record is in one
    Verify(verify::VerifyArgs),
    /// Make the proof that a record is in a log, to be checked without the log
    Proof(ProofArgs),
    /// Make a key for a log or a witness
    Keygen(KeygenArgs),
}

/// Arguments of `log proof`.
#[derive(Debug, Args)]
pub(crate) struct ProofArgs {
    /// The log, as C2SP tlog-tiles lays it out: a folder with `checkpoint` and `tile/`, or its address, such as `https://gate.example/log`
    log: PathBuf,
    #[command(flatten)]
    reader: folder::ReaderArgs,

    /// Number of the record, from 0 on
    index: u64,

    /// Where to write the proof (`.tlog-proof`; default: standard output)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write the record too: who checks the proof needs it
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
}

/// Arguments of `log keygen`.
#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// Name of the key, without spaces; for a log its origin, such as `example.com/audit`
    name: String,

    /// Where to write the private key; a file that exists is not replaced
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,

    /// A key with which a witness cosigns, not one of a log
    #[arg(long)]
    witness: bool,
}

/// The log is not what it says it is, or is not to be trusted: the answer is no, and the command did its work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Flaw(String);

fn flaw(error: impl std::fmt::Display) -> anyhow::Error {
    Flaw(error.to_string()).into()
}

/// Runs a command.
pub(super) fn run(command: &LogCommand) -> Result<Exit> {
    match command {
        LogCommand::Verify(arguments) => verify::run(arguments),
        LogCommand::Proof(arguments) => prove(arguments).or_else(|error| {
            let flaw = error.downcast::<Flaw>()?;
            output::error(&flaw.into());
            Ok(Exit::Denied)
        }),
        LogCommand::Keygen(arguments) => keygen(arguments),
    }
}

/// Makes a proof, and checks it before it is written: tiles that were changed make none.
fn prove(arguments: &ProofArgs) -> Result<Exit> {
    let folder = Folder::new(&arguments.log, &arguments.reader)?;
    let checkpoint = folder.checkpoint()?;
    let (index, size) = (arguments.index, checkpoint.checkpoint().size());
    let tiles = proof::inclusion_tiles(index, size)
        .map_err(|_| Mistake(format!("there is no record {index}: the log has {size}, counted from 0")))?;
    let path = proof::inclusion(index, size, &folder.tiles(&tiles)?).map_err(flaw)?;
    let entry = folder.entry(index, size)?;
    let leaf = weighhouse_log::Hash::leaf(&entry);
    proof::verify_inclusion(leaf, index, size, &path, checkpoint.checkpoint().root())
        .map_err(|error| flaw(format!("record {index} is not what was logged: {error}")))?;
    let proof = TlogProof { extra: None, index, path, checkpoint };
    if let Some(file) = &arguments.entry {
        output::write(Some(file), |out| out.write_all(&entry))?;
    }
    output::write(arguments.output.as_deref(), |out| write!(out, "{proof}"))?;
    Ok(Exit::Allowed)
}

/// Makes a key: the private half goes to a file of its owner, the public half to standard output.
fn keygen(arguments: &KeygenArgs) -> Result<Exit> {
    let algorithm = if arguments.witness { Algorithm::Cosignature } else { Algorithm::Ed25519 };
    let key = SecretKey::generate(&arguments.name, algorithm)
        .map_err(|error| Mistake(format!("`{}`: {error}", printable(&arguments.name))))?;
    let verifier = key.signer()?.verifier().to_string();
    private(&arguments.output, key.expose()).map_err(|error| {
        Mistake(format!("cannot write `{}`: {error}", printable(&arguments.output.display().to_string())))
    })?;
    output::write(None, |out| writeln!(out, "{verifier}"))?;
    Ok(Exit::Allowed)
}

/// A new file that only its owner reads.
fn private(path: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all().context("the key is not on the disk")
}
