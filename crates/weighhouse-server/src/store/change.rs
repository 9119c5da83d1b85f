//! Changes of state, each with its record in the audit log, all or nothing.
//!
//! A change holds the row of the log's head from its beginning to its end, so that changes happen one after another, on `SQLite` and on
//! `PostgreSQL` alike: what a change read is still true when it writes. Rates are those of people, not of downloads.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::{AnyConnection, Row as _, Transaction};
use tokio::sync::{Notify, OwnedMutexGuard};
use weighhouse_core::Digest;
use weighhouse_log::record::{Actor, Decision, Pseudonym, Salt, Word};
use weighhouse_log::{Checkpoint, Frontier, Record, SignedCheckpoint, SignerKey, VerifierKey};

use super::{Result, Store, StoreError};
use crate::events::Event;

/// Something whose rows are state: the audit log knows the digest of each of them.
pub(crate) trait Entity: serde::Serialize {
    /// The first word of its subject in the log.
    const KIND: &'static str;
    /// What tells it from others of its kind.
    fn id(&self) -> &str;
    /// Its state in one word, for people who read the log.
    fn word(&self) -> String;

    /// Its name in the log.
    fn subject(&self) -> String {
        format!("{}/{}", Self::KIND, self.id())
    }

    /// Its state in the log: the word, and a digest over all that the row says.
    fn standing(&self) -> Result<String> {
        let text = serde_json::to_vec(self).map_err(|error| StoreError::Log(error.to_string()))?;
        Ok(format!("{} {}", self.word(), Digest::of(&text)))
    }
}

/// What a record says beside who, when and what changed.
#[derive(Debug, Default)]
pub(crate) struct Note<'a> {
    /// What was done, such as `release.approve`.
    pub(crate) action: &'static str,
    /// Digests of what it was done to.
    pub(crate) objects: Vec<Digest>,
    /// What policy said.
    pub(crate) decision: Option<&'a weighhouse_core::Decision>,
    /// Digests of the evidence that was looked at.
    pub(crate) evidence: Vec<Digest>,
    /// Further facts, none of them personal.
    pub(crate) detail: Vec<(&'static str, String)>,
    /// Something follows in the same change that tells more: nobody is told of this.
    pub(crate) quiet: bool,
}

impl Note<'_> {
    pub(crate) fn of(action: &'static str) -> Self {
        Self { action, ..Self::default() }
    }
}

/// The fact of a record that an agent acted for its actor.
pub(crate) const AGENT: &str = "agent";

/// Whether a record says that an agent acted for its actor.
pub(crate) fn is_of_agent(record: &Record) -> bool {
    record.detail.keys().any(|name| name.as_str() == AGENT)
}

/// Who changes something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who<'a> {
    /// Somebody whom the gate knows.
    Person(&'a str),
    /// An agent, on behalf of somebody whom the gate knows.
    Agent(&'a str),
    /// A part of the gate.
    Service(&'static str),
}

/// A change that is under way. Dropped without [`commit`](Self::commit), it never happened.
pub(crate) struct Change {
    transaction: Transaction<'static, sqlx::Any>,
    frontier: Frontier,
    began: u64,
    actor: Actor,
    now: i64,
    signer: Arc<SignerKey>,
    /// Who does it, in clear; nobody if it is a part of the gate.
    by: String,
    /// Whether an agent does it for them: each record says so.
    agent: bool,
    /// What is told of it.
    events: Vec<Event>,
    bell: Arc<Notify>,
    _turn: OwnedMutexGuard<()>,
}

impl Store {
    /// Refuses a log that was signed with another key: the wrong key file, or the wrong database.
    pub(crate) async fn check_key(&self, key: &VerifierKey) -> Result<()> {
        let head = sqlx::query("SELECT checkpoint FROM log_head WHERE id = 1").fetch_one(self.pool()).await?;
        signed(&head.try_get::<String, _>("checkpoint")?, key).map(|_| ())
    }

    /// Begins a change by `who` at the time `now`.
    pub(crate) async fn change(&self, signer: &Arc<SignerKey>, who: Who<'_>, now: i64) -> Result<Change> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let mut transaction = self.begin().await?;
        // The lock: an update of the row, though it changes nothing.
        let lock =
            sqlx::query("UPDATE log_head SET size = size WHERE id = 1 RETURNING size, frontier, checkpoint");
        let head = lock.fetch_one(&mut *transaction).await?;
        let frontier = frontier(&head, signer.verifier())?;
        let actor = match who {
            Who::Service(name) => Actor::Service(name.parse::<Word>().map_err(log)?),
            Who::Person(name) | Who::Agent(name) => Actor::Person(pseudonym(&mut transaction, name).await?),
        };
        let by = if let Who::Person(name) | Who::Agent(name) = who { name.to_owned() } else { String::new() };
        let agent = matches!(who, Who::Agent(_));
        let began = frontier.size();
        let (signer, bell) = (Arc::clone(signer), Arc::clone(&self.bell));
        let events = Vec::new();
        Ok(Change { transaction, frontier, began, actor, now, signer, by, agent, events, bell, _turn: turn })
    }
}

impl Change {
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// Who does it, and whether an agent does it for them.
    pub(super) fn by(&self) -> (&str, bool) {
        (&self.by, self.agent)
    }

    pub(super) fn pending(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }

    /// The number of the next record.
    pub(crate) fn next_record(&self) -> u64 {
        self.frontier.size()
    }

    /// Notes that a thing came to be.
    pub(crate) async fn made<E: Entity>(&mut self, entity: &E, note: Note<'_>) -> Result<()> {
        self.append(entity.subject(), None, Some(entity.standing()?), note).await
    }

    /// Notes that a thing changed.
    pub(crate) async fn moved<E: Entity>(&mut self, before: &E, after: &E, note: Note<'_>) -> Result<()> {
        self.append(after.subject(), Some(before.standing()?), Some(after.standing()?), note).await
    }

    /// Notes something that is the state of no one thing.
    pub(super) async fn noted(&mut self, subject: &str, note: Note<'_>) -> Result<()> {
        self.append(subject.to_owned(), None, None, note).await
    }

    async fn append(
        &mut self,
        subject: String,
        previous: Option<String>,
        next: Option<String>,
        note: Note<'_>,
    ) -> Result<()> {
        let acting = self.agent.then(|| (AGENT, "yes".to_owned()));
        let detail = note.detail.into_iter().chain(acting);
        let detail = detail.map(|(name, text)| Ok((name.parse().map_err(log)?, text)));
        let record = Record {
            seq: self.frontier.size(),
            at: timestamp(self.now)?.parse().map_err(log)?,
            actor: self.actor.clone(),
            action: note.action.parse().map_err(log)?,
            subject,
            objects: note.objects,
            decision: note.decision.map(decision).transpose()?,
            evidence: note.evidence,
            detail: detail.collect::<Result<BTreeMap<_, _>>>()?,
            previous,
            next,
        };
        let entry = String::from_utf8(record.to_bytes().map_err(log)?).map_err(log)?;
        let leaf = record.leaf().map_err(log)?;
        let query =
            sqlx::query("INSERT INTO log_records (seq, entry, leaf, subject) VALUES ($1, $2, $3, $4)");
        let query = query
            .bind(record.seq.cast_signed())
            .bind(entry)
            .bind(weighhouse_core::digest::hex(leaf.as_bytes()))
            .bind(record.subject);
        query.execute(self.connection()).await?;
        self.frontier.append(leaf).map_err(log)
    }

    /// Whether no state was changed yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.frontier.size() == self.began
    }

    /// Signs the log as it now is, and makes all of it happen.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let size = self.frontier.size();
        if size > self.began {
            self.sign(size).await?;
        }
        let told = self.post().await?;
        self.transaction.commit().await?;
        if told {
            self.bell.notify_one();
        }
        Ok(())
    }

    async fn sign(&mut self, size: u64) -> Result<()> {
        let origin = self.signer.verifier().name().to_owned();
        let checkpoint = Checkpoint::new(origin, size, self.frontier.root()).map_err(log)?;
        let signed = checkpoint.sign(&self.signer).map_err(log)?.to_string();
        let frontier = weighhouse_core::digest::hex(&self.frontier.to_bytes());
        let query = sqlx::query("UPDATE log_head SET size = $1, frontier = $2, checkpoint = $3 WHERE id = 1");
        let query = query.bind(size.cast_signed()).bind(frontier).bind(signed);
        query.execute(self.connection()).await?;
        Ok(())
    }
}

/// The end of the log, to which the next record is added. It must be what this gate signed: an edited end, or one that a gate with another
/// key wrote, is never gone on with.
fn frontier(head: &sqlx::any::AnyRow, key: &VerifierKey) -> Result<Frontier> {
    let size: i64 = head.try_get("size")?;
    let text: String = head.try_get("frontier")?;
    let frontier = match (size, weighhouse_core::digest::unhex(&text)) {
        (0, _) => Some(Frontier::new()),
        (_, Some(bytes)) => Frontier::from_bytes(&bytes).ok(),
        _ => None,
    };
    let same = |frontier: &Frontier| i64::try_from(frontier.size()) == Ok(size);
    let frontier = frontier
        .filter(same)
        .ok_or_else(|| StoreError::Log("its head cannot be read; run `weighhouse gate audit`".to_owned()))?;
    let text: String = head.try_get("checkpoint")?;
    match signed(&text, key)? {
        None if size == 0 => Ok(frontier),
        Some(last) if last.size() == frontier.size() && last.root() == frontier.root() => Ok(frontier),
        _ => Err(StoreError::Log(
            "its head is not the one that was signed; run `weighhouse gate audit`".to_owned(),
        )),
    }
}

/// What a checkpoint of this gate says; nothing if there is none yet.
fn signed(text: &str, key: &VerifierKey) -> Result<Option<Checkpoint>> {
    if text.is_empty() {
        return Ok(None);
    }
    let signed: SignedCheckpoint = text.parse().map_err(log)?;
    let last = signed.verify(key).map_err(|error| {
        StoreError::Log(format!(
            "its last checkpoint was not signed with this gate's key (`log.key`): {error}"
        ))
    })?;
    Ok(Some(last.clone()))
}

/// The pseudonym under which the log knows somebody: without the salt nobody can tell who it was. Who was shut out after the request
/// began changes nothing any more.
async fn pseudonym(transaction: &mut AnyConnection, name: &str) -> Result<Pseudonym> {
    let query = sqlx::query("SELECT salt, disabled FROM people WHERE name = $1").bind(name);
    let row = query.fetch_optional(transaction).await?;
    let disabled = row.as_ref().map(|row| row.try_get::<i64, _>("disabled")).transpose()?;
    if disabled.is_some_and(|disabled| disabled != 0) {
        return Err(StoreError::ShutOut(name.to_owned()));
    }
    let salt: Option<String> = row.map(|row| row.try_get("salt")).transpose()?;
    let bytes = salt.and_then(|salt| weighhouse_core::digest::unhex(&salt)?.try_into().ok());
    let bytes = bytes.ok_or_else(|| StoreError::Corrupt("somebody without a salt".to_owned()))?;
    Ok(Pseudonym::of(&Salt::from_bytes(bytes), name))
}

fn decision(decision: &weighhouse_core::Decision) -> Result<Decision> {
    Ok(Decision {
        outcome: decision.outcome.word().parse().map_err(log)?,
        policy: decision.policy,
        facts: decision.facts,
    })
}

/// Seconds since 1970 as RFC 3339 in UTC.
pub(crate) fn timestamp(seconds: i64) -> Result<String> {
    Ok(jiff::Timestamp::from_second(seconds).map_err(log)?.to_string())
}

fn log(error: impl std::fmt::Display) -> StoreError {
    StoreError::Log(error.to_string())
}
