//! The audit log for people: who did what to what, and the signed head that makes it provable.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use weighhouse_core::words::grouped;
use weighhouse_log::Record;
use weighhouse_log::record::{Actor, Pseudonym};
use weighhouse_policy::Access;

use super::model::address;
use super::visitor::{Chrome, Visitor};
use super::words::{Moment, short, shown};
use super::{Answer, page};
use crate::error::Result;
use crate::gate::Gate;
use crate::name::Kind;
use crate::store::pages::Entry;
use crate::store::{AGENT, is_of_agent};

/// Records of a page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    chrome: Chrome,
    size: String,
    checkpoint: String,
    key: String,
    records: Vec<Line>,
    first: bool,
    /// Number of the record before which the next page begins.
    next: Option<i64>,
}

pub(super) struct Line {
    pub(super) number: i64,
    pub(super) seq: String,
    pub(super) at: Option<Moment>,
    pub(super) who: String,
    /// Whether it was a part of the gate, no person.
    pub(super) machine: bool,
    pub(super) what: String,
    pub(super) subject: String,
    pub(super) href: Option<String>,
    pub(super) detail: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) entry: String,
    /// Number of the record, if it can be proven.
    pub(super) proven: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<i64>,
}

pub(super) async fn show(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(query): Query<Before>,
) -> Answer {
    gate.demand(&visitor.caller, Access::Audit, "")?;
    let (size, checkpoint) = gate.store.head().await?;
    let entries = gate.store.entries(query.before.unwrap_or(i64::MAX), PAGE).await?;
    let people = gate.store.pseudonyms().await?;
    let mut records = Vec::with_capacity(entries.len());
    let mut known = BTreeMap::new();
    for entry in &entries {
        records.push(line(&gate, &visitor, entry, &people, &mut known).await?);
    }
    page(&AuditPage {
        chrome: visitor.chrome(&gate, "audit"),
        size: grouped(size),
        checkpoint,
        key: gate.log_key().to_string(),
        records,
        first: query.before.is_none(),
        next: entries.last().map(|last| last.seq).filter(|last| *last > 0),
    })
}

pub(super) type Known = BTreeMap<String, (String, Option<String>, String)>;

pub(super) async fn line(
    gate: &Gate,
    visitor: &Visitor,
    entry: &Entry,
    people: &BTreeMap<Pseudonym, String>,
    known: &mut Known,
) -> Result<Line> {
    let seq = grouped(entry.seq.unsigned_abs());
    let Ok(record) = Record::from_bytes(entry.text.as_bytes()) else {
        return Ok(Line::unreadable(entry.seq, seq, &entry.text));
    };
    let (who, machine) = match &record.actor {
        Actor::Person(pseudonym) => {
            let name = people.get(pseudonym).map(|name| shown(name));
            let name = name.unwrap_or_else(|| "somebody who was erased".to_owned());
            (if is_of_agent(&record) { format!("{name}, by an agent,") } else { name }, false)
        }
        Actor::Service(name) => (name.to_string(), true),
    };
    if !known.contains_key(&record.subject) {
        known.insert(record.subject.clone(), subject(gate, visitor, &record.subject).await?);
    }
    let (subject, href, detail) = known.get(&record.subject).cloned().unwrap_or_default();
    // Names of events say nothing to people; the record itself has them.
    let facts = record
        .detail
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "commit" | "stage" | "events" | AGENT));
    let facts: Vec<String> = facts.map(|(name, text)| format!("{name}: {}", shown(text))).collect();
    let detail = [detail, facts.join(", ")].into_iter().filter(|part| !part.is_empty());
    let at: Option<jiff::Timestamp> = record.at.as_str().parse().ok();
    Ok(Line {
        number: entry.seq,
        seq,
        at: at.map(|at| Moment::exact(at.as_second())),
        who,
        machine,
        what: did(record.action.as_str()),
        subject,
        href,
        detail: detail.collect::<Vec<_>>().join(" · "),
        before: record.previous.as_deref().map(word).unwrap_or_default(),
        after: record.next.as_deref().map(word).unwrap_or_default(),
        entry: shown_entry(&entry.text),
        proven: Some(entry.seq),
    })
}

impl Line {
    fn unreadable(number: i64, seq: String, entry: &str) -> Self {
        Self {
            number,
            seq,
            at: None,
            who: String::new(),
            machine: false,
            what: "a record that cannot be read".to_owned(),
            subject: String::new(),
            href: None,
            detail: String::new(),
            before: String::new(),
            after: String::new(),
            entry: shown_entry(entry),
            proven: None,
        }
    }
}

/// The record itself: short enough for a page.
fn shown_entry(entry: &str) -> String {
    weighhouse_core::printable::printable_within(entry, 8_000)
}

/// What a subject is, where its page is, and what tells it from others.
async fn subject(gate: &Gate, visitor: &Visitor, subject: &str) -> Result<(String, Option<String>, String)> {
    let (kind, id) = subject.split_once('/').unwrap_or((subject, ""));
    if kind == "person" {
        return Ok((format!("person {}", shown(id)), Some(format!("/admin/{id}")), String::new()));
    }
    if kind == "policy" {
        return Ok((format!("policies {}", shown(id)), Some(format!("/policy/{id}")), String::new()));
    }
    let Some(about) = gate.store.about(kind, id).await? else {
        return Ok((shown(subject), None, String::new()));
    };
    let detail = if kind == "revision" { short(&about.detail) } else { shown(&about.detail) };
    let visible = about.name.filter(|name| gate.sees(&visitor.caller, name));
    Ok(match visible {
        Some(name) => {
            let of = if name.kind() == Kind::Dataset { "data set " } else { "" };
            (format!("{of}{name}"), Some(address(&name)), detail)
        }
        None if matches!(kind, "token" | "session") => (format!("{kind} of {detail}"), None, String::new()),
        None => (shown(subject), None, String::new()),
    })
}

/// The state without the digest of its row.
fn word(standing: &str) -> String {
    let word = standing.rsplit_once(' ').map_or(standing, |(word, _)| word);
    shown(word)
}

/// An action in words.
fn did(action: &str) -> String {
    match action {
        "request.open" => "asked for",
        "request.settle" => "settled a request for",
        "model.add" => "made known",
        "revision.request" => "asked for a revision of",
        "revision.fetch" => "began to fetch",
        "revision.arrive" => "brought in",
        "revision.fail" => "failed to fetch",
        "revision.inspect" => "inspected",
        "revision.revoke" => "withdrew for good",
        "release.decide" => "decided about",
        "release.promote" => "released",
        "release.supersede" => "superseded",
        "release.roll-back" => "rolled back",
        "release.revoke" => "withdrew the release of",
        "approval.give" => "approved",
        "approval.withdraw" => "took back an approval of",
        "policy.load" => "put in force from the configuration:",
        "policy.propose" => "proposed",
        "policy.approve" => "approved proposed policies:",
        "policy.enact" => "put in force",
        "policy.replace" => "took out of force",
        "policy.drop" => "dropped",
        "person.add" => "added",
        "person.change" => "changed",
        "token.issue" => "issued a",
        "token.revoke" => "revoked a",
        "session.begin" => "signed in: a",
        "session.end" => "signed out: a",
        "waiver.give" => "accepted findings of",
        "waiver.withdraw" => "took back a waiver of",
        "attestation.keep" => "brought a statement about",
        "attestation.withdraw" => "took back a statement about",
        "bundle.issue" => "took a release bundle of",
        "view.make" => "made a partial view of",
        other => return other.replace(['.', '-'], " "),
    }
    .to_owned()
}

/// The signed head of the log, as witnesses and verifiers read it.
pub(super) async fn checkpoint(State(gate): State<Arc<Gate>>, visitor: Visitor) -> Answer {
    gate.demand(&visitor.caller, Access::Audit, "")?;
    Ok(download("text/plain; charset=utf-8", "checkpoint", gate.checkpoint().await?))
}

/// A record as it was logged.
pub(super) async fn record(State(gate): State<Arc<Gate>>, visitor: Visitor, Path(seq): Path<u64>) -> Answer {
    gate.demand(&visitor.caller, Access::Audit, "")?;
    Ok(download("application/json", &format!("record-{seq}.json"), gate.record(seq).await?))
}

/// The proof that it is in the log.
pub(super) async fn proof(State(gate): State<Arc<Gate>>, visitor: Visitor, Path(seq): Path<u64>) -> Answer {
    gate.demand(&visitor.caller, Access::Audit, "")?;
    let proof = gate.proof_of(seq).await?.to_string();
    Ok(download("text/plain; charset=utf-8", &format!("record-{seq}.tlog-proof"), proof))
}

/// A text as a file.
pub(super) fn download(kind: &'static str, name: &str, text: String) -> Response {
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
