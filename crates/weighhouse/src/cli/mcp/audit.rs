//! Tools about the audit log.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weighhouse_log::tlog_proof::TlogProof;
use weighhouse_log::{Hash, VerifierKey, proof};

use super::look::{Nothing, Query, ask};
use super::text::{Said, Untrusted, Word};
use super::tools::{Does, GateTool};
use crate::cli::gate::Access;
use crate::exit::Mistake;

/// Records of a page at most, and if nobody says how many.
const MOST: u32 = 100;
const USUAL: u32 = 25;

/// Which records.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Records before this number: `next` of the page before. The newest if it is not given.
    before: Option<u64>,
    /// Records at most: 1 to 100; 25 if it is not given.
    limit: Option<u32>,
}

/// Records of the log, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
struct Records {
    items: Vec<Record>,
    /// `before` of the following page; nothing if this is the last one.
    next: Option<u64>,
}

/// A record.
#[derive(Debug, Serialize, JsonSchema)]
struct Record {
    seq: u64,
    at: Word,
    /// Who did it: somebody by name, or a part of the gate; nothing if they were erased.
    who: Option<Word>,
    /// Whether an agent did it for them.
    agent: bool,
    action: Word,
    subject: Word,
    /// State of the subject before and after.
    previous: Option<Word>,
    next: Option<Word>,
    /// What policy decided.
    outcome: Option<Word>,
    detail: BTreeMap<Word, Untrusted>,
}

/// What the gate answers of a record.
#[derive(Deserialize)]
struct Line {
    seq: u64,
    who: Option<Word>,
    agent: bool,
    entry: String,
}

#[derive(Deserialize)]
struct Lines {
    items: Vec<Line>,
    next: Option<u64>,
}

fn audit_records(access: &Access, which: &Which) -> Result<Records> {
    let limit = which.limit.unwrap_or(USUAL).clamp(1, MOST).to_string();
    let before = which.before.map(|before| before.to_string());
    let query = Query::default().with("limit", Some(&limit)).with("before", before.as_deref());
    let lines: Lines = ask(access, "log/records", &query)?;
    let items = lines.items.into_iter().map(record).collect::<Result<_>>()?;
    Ok(Records { items, next: lines.next })
}

fn record(line: Line) -> Result<Record> {
    let entry = weighhouse_log::Record::from_bytes(line.entry.as_bytes())
        .with_context(|| format!("record {} cannot be read; is the gate of another version?", line.seq))?;
    let word = |text: Option<&str>| text.map(Word::of);
    Ok(Record {
        seq: line.seq,
        at: Word::of(entry.at.as_str()),
        who: line.who,
        agent: line.agent,
        action: Word::of(entry.action.as_str()),
        subject: Word::of(&entry.subject),
        previous: word(entry.previous.as_deref()),
        next: word(entry.next.as_deref()),
        outcome: entry.decision.map(|decision| Word::of(decision.outcome.as_str())),
        detail: entry
            .detail
            .iter()
            .map(|(name, text)| (Word::of(name.as_str()), Untrusted::of(text)))
            .collect(),
    })
}

/// How the log stands.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct State {
    origin: Word,
    /// The key by which the log is verified, as the gate says it. Compare it with what you got elsewhere.
    key: Said,
    /// How many records there are.
    size: u64,
    witnesses: Vec<Witness>,
}

/// Who watches that the log only grows.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Witness {
    key: Said,
    /// How far they cosigned it, and when.
    size: Option<u64>,
    cosigned: Option<Word>,
    fault: Option<Untrusted>,
}

fn audit_state(access: &Access, _: &Nothing) -> Result<State> {
    ask(access, "log", &Query::default())
}

/// Which record.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct One {
    /// Number of the record.
    seq: u64,
    /// The key that the log must be signed with, if you got it elsewhere; that which the gate says if it is not given.
    key: Option<String>,
}

/// Whether a record stands in the log.
#[derive(Debug, Serialize, JsonSchema)]
struct Proven {
    seq: u64,
    /// Whether the record is in the log that was signed with the key: computed here, not said by the gate.
    verified: bool,
    /// What is wrong, if something is.
    fault: Option<Said>,
    /// The key, and whether it is the gate itself that said it.
    key: Said,
    key_from_gate: bool,
    /// Size of the log by its signed head.
    size: Option<u64>,
}

fn verify_record(access: &Access, of: &One) -> Result<Proven> {
    let key_from_gate = of.key.is_none();
    let text = match &of.key {
        Some(key) => key.clone(),
        None => access.get("log")?["key"].as_str().unwrap_or_default().to_owned(),
    };
    let key: VerifierKey =
        text.parse().map_err(|error| Mistake(format!("`key` is no key of a log: {error}")))?;
    let entry = access.text(&format!("log/records/{}", of.seq))?;
    let found = access.text(&format!("log/records/{}/tlog-proof", of.seq))?;
    let checked = check(of.seq, &key, entry.as_bytes(), found.as_bytes());
    Ok(Proven {
        seq: of.seq,
        verified: checked.is_ok(),
        size: checked.as_ref().ok().copied(),
        fault: checked.err().map(|error| Said::of(&format!("{error:#}"))),
        key: Said::of(&text),
        key_from_gate,
    })
}

/// Size of the log in which the record is proven to be.
fn check(seq: u64, key: &VerifierKey, entry: &[u8], found: &[u8]) -> Result<u64> {
    let found = TlogProof::parse(found).context("the proof cannot be read")?;
    let head = found.checkpoint.verify(key).context("the head of the log is not signed with this key")?;
    anyhow::ensure!(found.index == seq, "the proof is of record {}", found.index);
    proof::verify_inclusion(Hash::leaf(entry), seq, head.size(), &found.path, head.root())
        .context("the record is not in the log")?;
    Ok(head.size())
}

/// The tools.
pub(super) fn tools() -> Vec<GateTool> {
    use Does::Reads;
    vec![
        GateTool::new(
            ("audit_records", "Audit records"),
            Reads,
            "Records of the audit log, the newest first: who did what, and whether an agent did it for them. Needs the right to audit.",
            audit_records,
        ),
        GateTool::new(
            ("audit_state", "State of the audit log"),
            Reads,
            "How the audit log stands: its size, its key, and who cosigned it. Needs the right to audit.",
            audit_state,
        ),
        GateTool::new(
            ("verify_record", "Verify a record"),
            Reads,
            "Checks by its proof that a record stands in the signed audit log. Needs the right to audit.",
            verify_record,
        ),
    ]
}
