//! Statements: `verify --statement` checks them, `vet --attestation` and `convert --provenance` write them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use weighhouse_core::printable::printable;
use weighhouse_scan::source::{self, EntryContent, Listing};
use weighhouse_supply::signing::PublicKey;
use weighhouse_supply::statements::{self, Attestation, Digests, Relation, SUMMARY, Statement};

use super::{SIGNATURE_BYTES, bytes, mistake, private_key};
use crate::exit::{Exit, Mistake};
use crate::output;

/// Files of a model.
const FILES: usize = 1_000_000;
/// Names that are told one by one.
const NAMED: usize = 20;

/// With what a statement is signed that is written beside something else.
#[derive(Debug, Args)]
pub(crate) struct Signing {
    /// Private key in PEM that signs the statement (its password in `WEIGHHOUSE_KEY_PASSWORD`); without it nothing is signed
    #[arg(long, value_name = "KEY.pem", requires = "statement_file")]
    private_key: Option<PathBuf>,
}

/// Writes a statement, signed if there is a key.
pub(crate) fn write_statement(path: &Path, statement: &Statement, signing: &Signing) -> Result<()> {
    let key = signing.private_key.as_deref().map(private_key).transpose()?;
    let text = statement
        .text(key.as_ref())
        .map_err(|error| mistake(signing.private_key.as_deref().unwrap_or(path), &error))?;
    output::write(Some(path), |out| out.write_all(text.as_bytes()))
}

/// What a file is called in a statement: the last part of its path.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// This moment, in whole seconds of UTC.
pub(crate) fn now() -> Result<String> {
    let now = jiff::Timestamp::try_from(crate::cli::inspect::now())?;
    Ok(jiff::Timestamp::from_second(now.as_second())?.to_string())
}

/// What is known of the statements in a file.
struct Checked {
    told: Vec<Told>,
    /// Files that no trusted statement speaks of.
    silent: Vec<String>,
    /// What could not be listed.
    unread: usize,
}

struct Told {
    statement: Statement,
    signed: bool,
    relations: Vec<Relation>,
}

impl Told {
    fn is_here(&self) -> bool {
        self.relations.iter().any(|relation| matches!(relation, Relation::Whole | Relation::File(_)))
    }

    fn differs(&self) -> bool {
        self.relations.iter().any(|relation| matches!(relation, Relation::Differs(_)))
    }

    /// Whether it says that what it is about was rejected.
    fn rejects(&self) -> bool {
        let result = self.statement.predicate.get("verificationResult").and_then(Value::as_str);
        self.statement.predicate_type == SUMMARY && result != Some("PASSED")
    }
}

/// Runs `verify --statement`.
pub(super) fn verify(model: &Path, file: &Path, key: &PublicKey, json: bool, quiet: bool) -> Result<Exit> {
    let text = String::from_utf8(bytes(file, SIGNATURE_BYTES)?);
    let text = text.map_err(|_| Mistake(format!("`{}` is no text", file.display())))?;
    let attestations = match statements::read(&text) {
        Ok(attestations) => attestations,
        Err(error) => {
            let why = printable(&error.to_string());
            output::write(None, |out| match (quiet, json) {
                (true, _) => Ok(()),
                (_, true) => writeln!(out, "{:#}", json!({ "verdict": "fail", "error": why })),
                _ => writeln!(out, "FAIL  {why}"),
            })?;
            return Ok(Exit::Denied);
        }
    };
    let checked = check(model, file, &attestations, key)?;
    let exit = checked.exit();
    if !quiet {
        output::write(None, |out| {
            if json { writeln!(out, "{:#}", checked.document(exit)) } else { checked.tell(out, model, exit) }
        })?;
    }
    Ok(exit)
}

fn check(model: &Path, file: &Path, attestations: &[Attestation], key: &PublicKey) -> Result<Checked> {
    let listing = source::from_path(model, FILES)?;
    let digests = digests(&listing, file)?;
    let told = attestations.iter().map(|attestation| {
        let envelope = attestation.envelope.as_ref();
        Told {
            signed: envelope.is_some_and(|envelope| envelope.is_signed_by(key) == Ok(true)),
            relations: digests.relations(&attestation.statement),
            statement: attestation.statement.clone(),
        }
    });
    let told: Vec<Told> = told.collect();
    let trusted = told.iter().filter(|told| told.signed);
    let about: BTreeSet<&Relation> = trusted.flat_map(|told| &told.relations).collect();
    let silent = if about.contains(&Relation::Whole) {
        Vec::new()
    } else {
        let spoken = |path: &&String| about.contains(&Relation::File((*path).clone()));
        digests.files.keys().filter(|path| !spoken(path)).cloned().collect()
    };
    Ok(Checked { told, silent, unread: listing.obstacles.len() })
}

/// Digests of all files but the statement itself, which is no part of what it speaks of.
fn digests(listing: &Listing, statement: &Path) -> Result<Digests> {
    let itself = fs::canonicalize(statement).ok();
    let places = listing.entries.iter().filter_map(|entry| match &entry.content {
        EntryContent::File(place) => Some((entry.path.as_str(), place.as_path())),
        EntryContent::Spooled(_) => None,
    });
    let others = places.filter(|(_, place)| itself.is_none() || fs::canonicalize(place).ok() != itself);
    Ok(Digests::read(others)?)
}

impl Checked {
    fn exit(&self) -> Exit {
        let trusted = || self.told.iter().filter(|told| told.signed);
        if !trusted().any(Told::is_here)
            || trusted().any(|told| told.differs() || told.is_here() && told.rejects())
        {
            return Exit::Denied;
        }
        if self.silent.is_empty() && self.unread == 0 { Exit::Allowed } else { Exit::Incomplete }
    }

    fn tell(&self, out: &mut dyn Write, model: &Path, exit: Exit) -> io::Result<()> {
        let model = printable(&model.display().to_string());
        let trusted = self.told.iter().filter(|told| told.signed);
        let headline = match exit {
            Exit::Allowed => format!("PASS  {model} is what is stated"),
            Exit::Incomplete => format!("REVIEW  {model} is in part what is stated"),
            _ if trusted.clone().count() == 0 => "FAIL  nothing is signed with this key".to_owned(),
            _ if !trusted.clone().any(Told::is_here) => {
                format!("FAIL  nothing that is stated is about {model}")
            }
            _ if trusted.clone().any(|told| told.is_here() && told.rejects()) => {
                format!("FAIL  {model} is stated to have failed verification")
            }
            _ => format!("FAIL  {model} is not what is stated"),
        };
        writeln!(out, "{headline}")?;
        for told in self.told.iter().take(NAMED) {
            let signed = if told.signed { "" } else { "not signed with this key: " };
            writeln!(out, "      {signed}{}", told.statement.claim())?;
            for relation in told.relations.iter().take(NAMED) {
                writeln!(out, "        {}", about(relation))?;
            }
            more(out, told.relations.len())?;
        }
        more(out, self.told.len())?;
        for path in self.silent.iter().take(NAMED) {
            writeln!(out, "      nothing is stated about: {}", printable(path))?;
        }
        more(out, self.silent.len())?;
        if self.unread > 0 {
            writeln!(out, "      {} files could not be looked at", self.unread)?;
        }
        Ok(())
    }

    fn document(&self, exit: Exit) -> Value {
        let verdict = match exit {
            Exit::Allowed => "pass",
            Exit::Incomplete => "review",
            _ => "fail",
        };
        let told = |told: &Told| {
            let of = |wanted: fn(&Relation) -> Option<&String>| -> Vec<&String> {
                told.relations.iter().filter_map(wanted).collect()
            };
            json!({
                "signed": told.signed, "predicate_type": told.statement.predicate_type, "claim": told.statement.claim(),
                "whole": told.relations.contains(&Relation::Whole),
                "files": of(|relation| if let Relation::File(path) = relation { Some(path) } else { None }),
                "differs": of(|relation| if let Relation::Differs(path) = relation { Some(path) } else { None }),
                "elsewhere": of(|relation| if let Relation::Elsewhere(name) = relation { Some(name) } else { None }),
            })
        };
        json!({
            "schema": "urn:weighhouse:statements:v1", "verdict": verdict,
            "statements": self.told.iter().map(told).collect::<Vec<_>>(), "not_stated": self.silent,
            "not_read": self.unread,
        })
    }
}

fn about(relation: &Relation) -> String {
    match relation {
        Relation::Whole => "about all of it".to_owned(),
        Relation::File(path) => format!("about {}", printable(path)),
        Relation::Differs(path) => format!("about other bytes called {}", printable(path)),
        Relation::Elsewhere(name) => format!("about something else: {}", printable(name)),
    }
}

fn more(out: &mut dyn Write, count: usize) -> io::Result<()> {
    match count.checked_sub(NAMED) {
        Some(rest) if rest > 0 => writeln!(out, "      and {rest} more (`--json` names all)"),
        _ => Ok(()),
    }
}
