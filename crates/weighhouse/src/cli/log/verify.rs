//! `log verify`: is this log, or this proof, what it says it is?

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use weighhouse_core::printable::printable;
use weighhouse_log::bundle::{self, MAX_ENTRY};
use weighhouse_log::note::MAX_NOTE;
use weighhouse_log::policy::Trusted;
use weighhouse_log::tile::is_of_tree;
use weighhouse_log::tlog_proof::{MAX_PROOF, TlogProof};
use weighhouse_log::verify::{Fault, Replay, TileReplay};
use weighhouse_log::{Policy, Record, SignedCheckpoint, Tile, proof};

use super::folder::{Folder, ReaderArgs, address};
use super::trust::{self, TrustArgs};
use super::{Flaw, flaw};
use crate::cli::sign::bytes;
use crate::exit::{Exit, Mistake};
use crate::output;
use crate::progress::Watch;

/// Arguments of `log verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Folder of a log, as C2SP tlog-tiles lays it out, or its address; or a proof (`.tlog-proof`)
    target: PathBuf,
    #[command(flatten)]
    reader: ReaderArgs,

    #[command(flatten)]
    trust: TrustArgs,

    /// The record that a proof is about: the bytes of the entry
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,

    /// Remember the log in this file: it must continue what was seen before, and is remembered as it is now
    #[arg(long, value_name = "FILE", conflicts_with = "entry")]
    known: Option<PathBuf>,
    /// Write the state of every subject, as the records of a log leave it, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "entry")]
    states: Option<PathBuf>,

    /// Write the result as JSON
    #[arg(long)]
    json: bool,

    /// Print nothing; the exit code tells
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
}

/// What was found to hold.
struct Verified {
    signed: SignedCheckpoint,
    trusted: Trusted,
    what: What,
}

enum What {
    /// A whole log, and the states that its records leave.
    Log(Replay),
    /// One record.
    Entry(Box<Record>),
}

/// Runs `log verify`.
pub(super) fn run(arguments: &VerifyArgs) -> Result<Exit> {
    let policy = arguments.trust.policy(&arguments.target)?;
    let verified = match (&arguments.entry, arguments.target.is_dir() || address(&arguments.target).is_some())
    {
        (None, true) => log(arguments, &policy),
        (Some(entry), false) => one(arguments, entry, &policy),
        (None, false) => Err(Mistake("a proof is about a record: name it with `--entry`".to_owned()).into()),
        (Some(_), true) => Err(Mistake("`--entry` goes with a proof, not with a log".to_owned()).into()),
    };
    let result = match verified {
        Ok(verified) => Ok(verified),
        Err(error) => Err(error.downcast::<Flaw>()?),
    };
    if let (Some(file), Ok(Verified { what: What::Log(replay), .. })) = (&arguments.states, &result) {
        output::write(Some(file), |out| writeln!(out, "{:#}", json!(replay.states())))?;
    }
    if !arguments.quiet {
        output::write(None, |out| match (arguments.json, &result) {
            (true, result) => writeln!(out, "{:#}", document(result)),
            (false, Ok(verified)) => tell(out, arguments, verified, &policy),
            (false, Err(flaw)) => writeln!(out, "FAIL  {}", printable(&flaw.to_string())),
        })?;
    }
    Ok(if result.is_ok() { Exit::Allowed } else { Exit::Denied })
}

/// Reads a log from beginning to end: who signed it, every entry against its hash, the states, every tile, the root.
fn log(arguments: &VerifyArgs, policy: &Policy) -> Result<Verified> {
    let folder = Folder::new(&arguments.target, &arguments.reader)?;
    let signed = folder.checkpoint()?;
    let trusted = policy.check(&signed).map_err(flaw)?;
    let _watch = Watch::waiting("reading the log", arguments.quiet);
    let size = signed.checkpoint().size();
    let mut replay = TileReplay::new();
    for bundle in bundle::all(size) {
        let leaves = Tile::new(0, bundle.index(), bundle.width());
        let leaves = folder.tile(leaves.ok_or_else(|| flaw("there is no such tile"))?)?;
        let read = replay.push(bundle, &folder.bundle(bundle)?, &leaves).map_err(flaw)?;
        // Those of level 0 were compared entry by entry.
        let above = read.tiles.into_iter().filter(|(tile, _)| tile.level() > 0 && is_of_tree(*tile, size));
        for (tile, bytes) in above {
            if folder.tile(tile)? != bytes {
                return Err(flaw(Fault::Tile(tile.path())));
            }
        }
    }
    replay.replay().finish(signed.checkpoint()).map_err(flaw)?;
    if let Some(known) = &arguments.known {
        continues(&folder, &signed, known, policy)?;
        output::write(Some(known), |out| write!(out, "{signed}"))?;
    }
    let what = What::Log(replay.replay().clone());
    Ok(Verified { signed, trusted, what })
}

/// A log that is whole and signed may still be another one than the one seen before, or have lost its end.
fn continues(folder: &Folder, signed: &SignedCheckpoint, known: &Path, policy: &Policy) -> Result<()> {
    if !known.exists() {
        return Ok(());
    }
    let shown = printable(&known.display().to_string());
    let before = SignedCheckpoint::parse(&bytes(known, MAX_NOTE as u64)?);
    let before = before.map_err(|error| Mistake(format!("`{shown}` holds no checkpoint: {error}")))?;
    policy.check(&before).map_err(|error| Mistake(format!("`{shown}`: {error}")))?;
    let (old, new) = (before.checkpoint(), signed.checkpoint());
    if old.origin() != new.origin() {
        return Err(Mistake(format!("`{shown}` is of another log, `{}`", printable(old.origin()))).into());
    }
    if old.size() > new.size() {
        let (had, has) = (old.size(), new.size());
        return Err(flaw(format!("the log had {had} records and has {has}: it was set back")));
    }
    let tiles = proof::consistency_tiles(old.size(), new.size()).map_err(flaw)?;
    let hashes = proof::consistency(old.size(), new.size(), &folder.tiles(&tiles)?).map_err(flaw)?;
    let same = proof::verify_consistency(old.size(), old.root(), new.size(), new.root(), &hashes);
    same.map_err(|_| flaw("the log is not the one that was seen before: its beginning is another"))
}

fn one(arguments: &VerifyArgs, entry: &Path, policy: &Policy) -> Result<Verified> {
    let entry = bytes(entry, MAX_ENTRY as u64)?;
    let proof = TlogProof::parse(&bytes(&arguments.target, MAX_PROOF as u64)?).map_err(flaw)?;
    let trusted = proof.verify(&entry, policy).map_err(flaw)?;
    let record = Record::from_bytes(&entry).map_err(flaw)?;
    if record.seq != proof.index {
        return Err(flaw(Fault::Sequence { index: proof.index, seq: record.seq }));
    }
    Ok(Verified { signed: proof.checkpoint, trusted, what: What::Entry(Box::new(record)) })
}

/// A state without the digest of what has it, which is another one for each.
fn words(state: &str) -> &str {
    state.split_once(" sha256:").map_or(state, |(words, _)| words)
}

fn tell(out: &mut dyn Write, arguments: &VerifyArgs, verified: &Verified, policy: &Policy) -> io::Result<()> {
    let head = verified.signed.checkpoint();
    let (target, origin) = (arguments.target.display().to_string(), printable(head.origin()));
    let target = printable(&target);
    match &verified.what {
        What::Log(replay) => {
            writeln!(out, "PASS  {target} is the log of `{origin}`: {} records, none changed", head.size())?;
            writeln!(out, "      root {}", head.root())?;
            let mut states: BTreeMap<&str, usize> = BTreeMap::new();
            for state in replay.states().values() {
                *states.entry(words(state)).or_default() += 1;
            }
            for (state, count) in states {
                writeln!(out, "      {count} {}", printable(state))?;
            }
        }
        What::Entry(record) => {
            let subject = printable(&record.subject);
            writeln!(out, "PASS  record {} of the log of `{origin}`, which has {}", record.seq, head.size())?;
            writeln!(out, "      {} {} {subject} by {}", record.at, record.action, record.actor)?;
        }
    }
    trust::told(&verified.trusted, policy, "--policy")
        .into_iter()
        .try_for_each(|line| writeln!(out, "      {line}"))
}

fn document(result: &Result<Verified, Flaw>) -> Value {
    const SCHEMA: &str = "urn:weighhouse:log-verification:v1";
    let verified = match result {
        Ok(verified) => verified,
        Err(flaw) => return json!({ "schema": SCHEMA, "verdict": "fail", "reason": flaw.to_string() }),
    };
    let head = verified.signed.checkpoint();
    let witnesses = verified.trusted.witnesses.iter();
    let witnesses: Vec<Value> = witnesses
        .map(
            |(key, time)| json!({ "name": key.name(), "key": key.to_string(), "time": trust::moment(*time) }),
        )
        .collect();
    let mut document = json!({
        "schema": SCHEMA, "verdict": "pass", "origin": head.origin(), "size": head.size(), "root": head.root().to_string(),
        "log": verified.trusted.log.to_string(), "witnesses": witnesses,
    });
    match &verified.what {
        What::Log(replay) => document["subjects"] = json!(replay.states().len()),
        What::Entry(record) => document["record"] = json!(record.seq),
    }
    document
}
