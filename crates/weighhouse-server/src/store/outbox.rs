//! The outbox: events beside the changes they tell of, and how far each telling came.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_log::Record;

use super::jobs::{Job, JobKind, enqueue};
use super::{Change, Note, Result, Store, StoreError, count, fresh_id, word};
use crate::events::{Event, EventKind, Facts};
use crate::identity::DAY;

/// How long events and what became of them are kept.
pub(crate) const KEPT: i64 = 90 * DAY;
/// What records are about that tell what was forgotten, what they say was done, and before which record.
const EVENTS: &str = "events";
const FORGET: &str = "event.forget";
const BEFORE: &str = "before";
/// Of events: on nobody's way.
const IDLE: &str = "AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event = events.id) \
                    AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.kind = 'notify' AND jobs.subject = events.id)";
/// Records that are read at a time.
const BATCH: i64 = 500;

/// By which way somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Channel {
    /// A webhook. The target is its id.
    Webhook,
    /// Mail. The target is a person.
    Mail,
}

impl Channel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }
}

impl std::str::FromStr for Channel {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "webhook" => Ok(Self::Webhook),
            "mail" => Ok(Self::Mail),
            other => Err(StoreError::Corrupt(format!("a channel `{other}`"))),
        }
    }
}

/// An event on its way to somebody.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) channel: Channel,
    pub(crate) target: String,
    pub(crate) state: String,
    pub(crate) attempts: u64,
    pub(crate) tried: Option<i64>,
    pub(crate) fault: Option<String>,
    pub(crate) created: i64,
}

/// What became of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum Attempt {
    Delivered,
    /// Again at this time, and why.
    Later(i64, String),
    /// Never again, unless somebody asks for it.
    Dead(String),
}

impl Change {
    /// Tells of this change; the record that is made with the note that comes back names what is told.
    pub(crate) fn announce<'n>(
        &mut self,
        kinds: &[EventKind],
        facts: &Facts,
        mut note: Note<'n>,
    ) -> Note<'n> {
        let mut names = Vec::new();
        for kind in kinds {
            let (by, agent) = self.by();
            let (record, by) = (Some(self.next_record()), by.to_owned());
            let facts = Facts { record, by, agent, ..facts.clone() };
            let event = Event::new(*kind, self.now(), facts);
            names.push(event.id.clone());
            self.pending().push(event);
        }
        if !names.is_empty() {
            note.detail.push(("events", names.join(" ")));
        }
        note
    }

    /// Name and kind of a model, and the commit of a revision of it, as events tell them.
    pub(crate) async fn named(&mut self, model: &str, revision: Option<&str>) -> Result<Facts> {
        let query = sqlx::query("SELECT kind, name FROM models WHERE id = $1").bind(model);
        let row = query.fetch_one(self.connection()).await?;
        let mut facts = Facts { kind: row.try_get("kind")?, model: row.try_get("name")?, ..Facts::default() };
        if let Some(revision) = revision {
            let query = sqlx::query("SELECT commit_id FROM revisions WHERE id = $1").bind(revision);
            facts.commit = query.fetch_one(self.connection()).await?.try_get("commit_id")?;
            revision.clone_into(&mut facts.revision);
        }
        Ok(facts)
    }

    /// Writes what is told, with the jobs that tell it.
    pub(super) async fn post(&mut self) -> Result<bool> {
        let events = std::mem::take(self.pending());
        for event in &events {
            add(self.connection(), event).await?;
            self.enqueue(JobKind::Notify, &event.id).await?;
        }
        Ok(!events.is_empty())
    }
}

async fn add(connection: &mut sqlx::AnyConnection, event: &Event) -> Result<bool> {
    let body = serde_json::to_string(&event.facts).map_err(|error| StoreError::Log(error.to_string()))?;
    let query = sqlx::query(
        "INSERT INTO events (id, seq, at, kind, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
    );
    let query = query.bind(&event.id).bind(event.facts.record.map(u64::cast_signed)).bind(event.at);
    let query = query.bind(event.kind.as_str()).bind(body);
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

impl Store {
    /// Tells of something that is no change. The same event is told once.
    pub(crate) async fn tell(&self, event: &Event) -> Result<()> {
        let mut transaction = self.begin().await?;
        if add(&mut transaction, event).await? {
            enqueue(&mut transaction, JobKind::Notify, &event.id, event.at).await?;
        }
        transaction.commit().await?;
        self.bell.notify_one();
        Ok(())
    }

    pub(crate) async fn event(&self, id: &str) -> Result<Option<Event>> {
        let query = sqlx::query("SELECT * FROM events WHERE id = $1").bind(id);
        query.fetch_optional(self.pool()).await?.as_ref().map(event).transpose()
    }

    /// The newest events.
    pub(crate) async fn events(&self, most: u32) -> Result<Vec<Event>> {
        let query = sqlx::query("SELECT * FROM events ORDER BY at DESC, id LIMIT $1").bind(i64::from(most));
        query.fetch_all(self.pool()).await?.iter().map(event).collect()
    }

    /// Addresses an event: one job for each who is to be told, in the place of the one that found them.
    pub(crate) async fn address(
        &self,
        job: &Job,
        event: &str,
        targets: &BTreeSet<(Channel, String)>,
        now: i64,
    ) -> Result<()> {
        let mut transaction = self.begin().await?;
        let hold = sqlx::query("DELETE FROM jobs WHERE id = $1 AND owner = $2");
        let held = hold.bind(&job.id).bind(job.owner()).execute(&mut *transaction).await?;
        if held.rows_affected() == 0 {
            // Another worker has it; dropped, nothing happened.
            return Ok(());
        }
        for (channel, target) in targets {
            let id = fresh_id()?;
            let query = sqlx::query(
                "INSERT INTO deliveries (id, event, channel, target, state, created) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (event, channel, target) DO NOTHING",
            );
            let query = query.bind(&id).bind(event).bind(channel.as_str()).bind(target).bind("waiting");
            if query.bind(now).execute(&mut *transaction).await?.rows_affected() == 1 {
                enqueue(&mut transaction, JobKind::Deliver, &id, now).await?;
            }
        }
        transaction.commit().await?;
        if !targets.is_empty() {
            self.bell.notify_one();
        }
        Ok(())
    }

    pub(crate) async fn delivery(&self, id: &str) -> Result<Option<Delivery>> {
        let query = sqlx::query("SELECT * FROM deliveries WHERE id = $1").bind(id);
        query.fetch_optional(self.pool()).await?.as_ref().map(delivery).transpose()
    }

    /// Deliveries in a state with their events, the newest first.
    pub(crate) async fn deliveries(&self, state: &str, most: u32) -> Result<Vec<(Delivery, EventKind)>> {
        let query = sqlx::query(
            "SELECT deliveries.*, events.kind AS kind FROM deliveries JOIN events ON events.id = deliveries.event \
             WHERE deliveries.state = $1 ORDER BY deliveries.created DESC, deliveries.id LIMIT $2",
        );
        let rows = query.bind(state).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((delivery(row)?, word(row, "kind")?))).collect()
    }

    /// How many were given up.
    pub(crate) async fn dead(&self) -> Result<u64> {
        let query = sqlx::query("SELECT COUNT(*) AS dead FROM deliveries WHERE state = 'dead'");
        count(&query.fetch_one(self.pool()).await?, "dead")
    }

    /// Notes what became of an attempt, and ends its job or puts it off.
    pub(crate) async fn attempted(&self, job: &Job, id: &str, became: &Attempt, now: i64) -> Result<()> {
        let (state, fault, due) = match became {
            Attempt::Delivered => ("delivered", None, None),
            Attempt::Later(due, why) => ("waiting", Some(why), Some(*due)),
            Attempt::Dead(why) => ("dead", Some(why), None),
        };
        let mut transaction = self.begin().await?;
        let query = match due {
            Some(due) => {
                let free =
                    "UPDATE jobs SET owner = NULL, lease = NULL, due = $1 WHERE id = $2 AND owner = $3";
                sqlx::query(free).bind(due)
            }
            None => sqlx::query("DELETE FROM jobs WHERE id = $1 AND owner = $2"),
        };
        let held = query.bind(&job.id).bind(job.owner()).execute(&mut *transaction).await?;
        if held.rows_affected() == 1 {
            let query = sqlx::query(
                "UPDATE deliveries SET state = $1, fault = $2, tried = $3, attempts = attempts + 1 WHERE id = $4",
            );
            let query = query.bind(state).bind(fault.cloned()).bind(now).bind(id);
            query.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Tries again what was given up; false if it was not.
    pub(crate) async fn retry(&self, id: &str, now: i64) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let query = sqlx::query(
            "UPDATE deliveries SET state = 'waiting', attempts = 0 WHERE id = $1 AND state = 'dead'",
        );
        if query.bind(id).execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        enqueue(&mut transaction, JobKind::Deliver, id, now).await?;
        transaction.commit().await?;
        self.bell.notify_one();
        Ok(true)
    }

    /// The record before which events may be gone.
    async fn forgotten(&self) -> Result<u64> {
        let query = "SELECT entry FROM log_records WHERE subject = $1 ORDER BY seq DESC LIMIT 1";
        let row = sqlx::query(query).bind(EVENTS).fetch_optional(self.pool()).await?;
        let last = row.map(|row| row.try_get::<String, _>("entry")).transpose()?;
        let last = last.and_then(|entry| Record::from_bytes(entry.as_bytes()).ok());
        Ok(last.and_then(|record| forgets(&record)).unwrap_or(0))
    }

    /// The first record from number `from` on that was written at a moment or after it; of a log that cannot be read, the first that cannot.
    async fn first_since(&self, from: u64, until: i64) -> Result<u64> {
        let mut next = from;
        loop {
            let query = "SELECT seq, entry FROM log_records WHERE seq >= $1 ORDER BY seq LIMIT $2";
            let rows = sqlx::query(query).bind(next.cast_signed()).bind(BATCH).fetch_all(self.pool()).await?;
            for row in &rows {
                let (seq, entry): (i64, String) = (row.try_get("seq")?, row.try_get("entry")?);
                match Record::from_bytes(entry.as_bytes()) {
                    Ok(record)
                        if record.seq == next && seq.cast_unsigned() == next && moment(&record) < until =>
                    {
                        next += 1;
                    }
                    _ => return Ok(next),
                }
            }
            if rows.is_empty() {
                return Ok(next);
            }
        }
    }

    /// Looks for events that may be forgotten.
    pub(crate) async fn forgettable(&self, now: i64) -> Result<Forgettable> {
        let before = self.forgotten().await?;
        let last = self.entries(i64::MAX, 1).await?;
        let last = last.first().and_then(|entry| Record::from_bytes(entry.text.as_bytes()).ok());
        // Not before the log itself is so old, whatever the clock says.
        let until = last.map_or(i64::MIN, |last| moment(&last).min(now) - KEPT);
        // By days: a log is made no longer than it need be by what is forgotten. Programs before this one did it to the second.
        let until = if before == 0 { until } else { until.div_euclid(DAY) * DAY };
        Ok(Forgettable { before, first: self.first_since(before, until).await?, until })
    }
}

/// Events that may be forgotten: those of records that were written before a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forgettable {
    /// The record before which the log says that they may be gone.
    before: u64,
    /// The first record whose events are kept.
    first: u64,
    until: i64,
}

impl Change {
    /// Forgets events that are older than [`KEPT`] and on nobody's way. The log says before which of its records: a row that is gone and not
    /// forgotten is a fault that audits find, whatever any clock said.
    pub(crate) async fn forget_events(&mut self, store: &Store, found: Forgettable) -> Result<()> {
        let Forgettable { before, first, until } = found;
        if store.forgotten().await? != before {
            return Ok(());
        }
        let query = sqlx::query("DELETE FROM deliveries WHERE created < $1 AND state <> 'waiting'");
        query.bind(until).execute(self.connection()).await?;
        let gone = sqlx::query(sqlx::AssertSqlSafe(format!(
            "DELETE FROM events WHERE seq >= $1 AND seq < $2 {IDLE}"
        )));
        let gone =
            gone.bind(before.cast_signed()).bind(first.cast_signed()).execute(self.connection()).await?;
        if gone.rows_affected() > 0 {
            let detail = vec![(BEFORE, first.to_string())];
            self.noted(EVENTS, Note { detail, ..Note::of(FORGET) }).await?;
        }
        // Those that were on their way before, and those of no record.
        let rest = sqlx::query(sqlx::AssertSqlSafe(format!(
            "DELETE FROM events WHERE (seq < $1 OR (seq IS NULL AND at < $2)) {IDLE}"
        )));
        rest.bind(before.cast_signed()).bind(until).execute(self.connection()).await?;
        Ok(())
    }
}

/// When a record was written, in seconds since 1970.
pub(crate) fn moment(record: &Record) -> i64 {
    // What a record holds can be read.
    record.at.to_string().parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second)
}

/// Before which record events may be gone, if a record says so.
pub(crate) fn forgets(record: &Record) -> Option<u64> {
    if record.subject != EVENTS || record.action.as_str() != FORGET {
        return None;
    }
    record.detail.iter().find(|(name, _)| name.as_str() == BEFORE)?.1.parse().ok()
}

/// An event as it stands in the database; its id must be of what it says.
pub(crate) fn event(row: &AnyRow) -> Result<Event> {
    let (id, body): (String, String) = (row.try_get("id")?, row.try_get("body")?);
    let corrupt = || StoreError::Corrupt(format!("an event that was edited, `{id}`"));
    let facts: Facts = serde_json::from_str(&body).map_err(|_| corrupt())?;
    let event = Event::new(word(row, "kind")?, row.try_get("at")?, facts);
    let seq: Option<i64> = row.try_get("seq")?;
    if event.id == id && event.facts.record.map(u64::cast_signed) == seq { Ok(event) } else { Err(corrupt()) }
}

fn delivery(row: &AnyRow) -> Result<Delivery> {
    Ok(Delivery {
        id: row.try_get("id")?,
        event: row.try_get("event")?,
        channel: word(row, "channel")?,
        target: row.try_get("target")?,
        state: row.try_get("state")?,
        attempts: count(row, "attempts")?,
        tried: row.try_get("tried")?,
        fault: row.try_get("fault")?,
        created: row.try_get("created")?,
    })
}
