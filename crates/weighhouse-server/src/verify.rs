//! The audit of the gate: the log is read from its beginning, the states that it tells are rebuilt, and every row is compared with them.
//! So an edited log is found, and so is an edited row.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::digest::unhex;
use weighhouse_log::verify::Replay;
use weighhouse_log::{Hash, Record, SignedCheckpoint, VerifierKey};

use crate::error::{GateError, Result};
use crate::events::EventKind;
use crate::gate::Gate;
use crate::identity::DAY;
use crate::store::change::Entity;
use crate::store::summaries::{Summary, subject_of};
use crate::store::{
    StoreError, attestations, bundles, identities, models, outbox, people, policies, releases, revisions,
    sessions, uploads, views, waivers, webhooks,
};

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Records read.
    pub records: u64,
    /// Rows compared.
    pub rows: u64,
    /// The head of the log as it was read: a signed note.
    pub checkpoint: String,
    /// What is wrong; nothing if log and tables agree.
    pub faults: Vec<Fault>,
}

/// Something that is not as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The log itself does not hold together.
    #[error("the log: {0}")]
    Log(String),
    /// A row says something else than the log.
    #[error("`{subject}` was changed past the log: the log says `{log}`, the row `{row}`")]
    Row {
        /// What the row is about.
        subject: String,
        /// The state that the log tells.
        log: String,
        /// The state that the row tells.
        row: String,
    },
    /// A row of which the log knows nothing.
    #[error("`{0}` is in the database, but not in the log")]
    Unknown(String),
    /// The log knows something that is not there.
    #[error("`{0}` is in the log, but not in the database")]
    Lost(String),
    /// Content of a row that its digest does not cover.
    #[error("`{subject}`: {what}")]
    Content {
        /// What the row is about.
        subject: String,
        /// What does not fit.
        what: String,
    },
}

impl Gate {
    /// Reads the whole log and compares every row of state with it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn audit(&self) -> Result<Audit> {
        // One transaction: the log and the rows of one moment.
        let mut snapshot = self.store.snapshot().await?;
        Audit::of(&mut snapshot, self.log_key()).await
    }
}

impl Audit {
    /// Reads the whole log of a database and compares every row of state with it.
    pub(crate) async fn of(connection: &mut sqlx::AnyConnection, key: &VerifierKey) -> Result<Self> {
        let head =
            sqlx::query("SELECT checkpoint FROM log_head WHERE id = 1").fetch_one(&mut *connection).await?;
        let checkpoint: String = head.try_get("checkpoint")?;
        let mut audit = Self { records: 0, rows: 0, checkpoint, faults: Vec::new() };
        let mut replay = Replay::new();
        let mut told = Told::read(&mut *connection).await?;
        {
            let mut records = sqlx::query("SELECT seq, entry, leaf, subject FROM log_records ORDER BY seq")
                .fetch(&mut *connection);
            while let Some(row) = records.try_next().await? {
                let (entry, leaf): (String, String) = (row.try_get("entry")?, row.try_get("leaf")?);
                let leaf = unhex(&leaf).and_then(|bytes| bytes.try_into().ok()).map(Hash::from_bytes);
                match replay.push(entry.as_bytes(), leaf) {
                    Ok(record) => told.compare(&record),
                    Err(fault) => {
                        audit.faults.push(Fault::Log(fault.to_string()));
                        break;
                    }
                }
                let subject: Option<String> = row.try_get("subject")?;
                if subject != subject_of(&entry) {
                    let seq: i64 = row.try_get("seq")?;
                    let fault = format!("record {seq} is kept as one about something else than what it says");
                    audit.faults.push(Fault::Log(fault));
                    break;
                }
                audit.records += 1;
            }
        }
        if audit.faults.is_empty() {
            audit.faults.extend(Self::check_head(&audit.checkpoint, &replay, key).map(Fault::Log));
        }
        let mut compared = Compared { states: replay.states().clone(), rows: 0, faults: Vec::new() };
        compared.all(connection, "SELECT * FROM people", people::account).await?;
        compared.all(connection, "SELECT * FROM identities", identities::identity).await?;
        compared.all(connection, "SELECT * FROM tokens", people::token).await?;
        compared.all(connection, "SELECT * FROM sessions", sessions::session).await?;
        compared.all(connection, "SELECT * FROM models", models::model).await?;
        compared.all(connection, "SELECT * FROM requests", models::asked).await?;
        let all = compared.all(connection, "SELECT * FROM revisions", revisions::revision).await?;
        compared.all(connection, "SELECT * FROM repositories", uploads::repository).await?;
        compared.all(connection, "SELECT * FROM branches", uploads::branch).await?;
        compared.all(connection, "SELECT * FROM commits", uploads::commit).await?;
        compared.all(connection, "SELECT * FROM views", views::checked).await?;
        compared.all(connection, "SELECT * FROM releases", releases::release).await?;
        compared.all(connection, "SELECT * FROM approvals", releases::approval).await?;
        compared.all(connection, "SELECT * FROM waivers", waivers::waiver).await?;
        compared.all(connection, "SELECT * FROM attestations", attestations::checked).await?;
        compared.all(connection, "SELECT * FROM bundles", bundles::bundle).await?;
        compared.all(connection, "SELECT * FROM webhooks", webhooks::webhook).await?;
        compared.all(connection, "SELECT * FROM contacts", webhooks::contact).await?;
        compared.all(connection, "SELECT * FROM policies", policies::policy).await?;
        compared.all(connection, "SELECT * FROM policy_approvals", policies::policy_approval).await?;
        for revision in all {
            compared.contents(connection, &revision).await?;
        }
        audit.rows = compared.rows + told.rows;
        audit.faults.append(&mut compared.faults);
        told.finish(&mut audit.faults);
        audit.faults.extend(compared.states.into_keys().map(Fault::Lost));
        Ok(audit)
    }

    /// The head must be signed by the gate, and be about what was read.
    fn check_head(checkpoint: &str, replay: &Replay, key: &VerifierKey) -> Option<String> {
        if checkpoint.is_empty() {
            return (replay.frontier().size() > 0).then(|| "it has no checkpoint".to_owned());
        }
        let signed: SignedCheckpoint = match checkpoint.parse() {
            Ok(signed) => signed,
            Err(error) => return Some(format!("its checkpoint cannot be read: {error}")),
        };
        match signed.verify(key) {
            Err(error) => Some(format!("its checkpoint is not signed by this gate: {error}")),
            Ok(head) => replay.finish(head).err().map(|fault| fault.to_string()),
        }
    }
}

/// The events of the outbox: each is named by the record of the change that it tells of, and each that a record names is there.
#[derive(Default)]
struct Told {
    /// By their ids, the numbers of their records.
    events: BTreeMap<String, u64>,
    rows: u64,
    faults: Vec<Fault>,
    /// Those that are not there, with the numbers of their records.
    missing: Vec<(u64, String)>,
    /// The record before which they may be gone, as the log says.
    forgotten: u64,
    /// When records were written, one after another.
    moments: Vec<i64>,
}

impl Told {
    async fn read(connection: &mut sqlx::AnyConnection) -> Result<Self> {
        let mut told = Self::default();
        let mut rows = sqlx::query("SELECT * FROM events").fetch(connection);
        while let Some(row) = rows.try_next().await? {
            told.rows += 1;
            match outbox::event(&row) {
                // What no change made, no record names: an audit that found something.
                Ok(event) if event.facts.record.is_none() && event.kind == EventKind::AuditFault => {}
                Ok(event) => drop(told.events.insert(event.id, event.facts.record.unwrap_or(u64::MAX))),
                Err(StoreError::Corrupt(what)) => {
                    told.faults.push(Fault::Content { subject: "event".to_owned(), what });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(told)
    }

    fn compare(&mut self, record: &Record) {
        if let Some(before) = outbox::forgets(record) {
            self.forget(before, record);
        }
        self.moments.push(outbox::moment(record));
        let names = record.detail.iter().find(|(name, _)| name.as_str() == "events");
        for name in names.into_iter().flat_map(|(_, names)| names.split(' ')) {
            match self.events.remove(name) {
                Some(seq) if seq == record.seq => {}
                None => self.missing.push((record.seq, name.to_owned())),
                _ => self.faults.push(Fault::Lost(format!("event/{name}"))),
            }
        }
    }

    /// The gate forgets what is old; made to say so of anything else, it says what is not so.
    fn forget(&mut self, before: u64, record: &Record) {
        let old = outbox::moment(record) - outbox::KEPT;
        let range = usize::try_from(self.forgotten).ok().zip(usize::try_from(before).ok());
        let moments = range.and_then(|(from, to)| self.moments.get(from..to));
        if moments.is_some_and(|moments| moments.iter().all(|moment| *moment <= old)) {
            self.forgotten = before;
        } else {
            let fault = format!("record {} says that events were forgotten which were not old", record.seq);
            self.faults.push(Fault::Log(fault));
        }
    }

    fn finish(self, faults: &mut Vec<Fault>) {
        // Programs before this one forgot without a word, by the time of the last record.
        let unsaid = match self.moments.last() {
            Some(last) if self.forgotten == 0 => last - outbox::KEPT + DAY,
            _ => i64::MIN,
        };
        let old = |seq: u64| {
            let moment = usize::try_from(seq).ok().and_then(|seq| self.moments.get(seq));
            moment.is_some_and(|moment| *moment < unsaid)
        };
        let lost = self.missing.iter().filter(|(seq, _)| *seq >= self.forgotten && !old(*seq));
        faults.extend(lost.map(|(_, name)| Fault::Lost(format!("event/{name}"))));
        faults.extend(self.faults);
        faults.extend(self.events.into_keys().map(|id| Fault::Unknown(format!("event/{id}"))));
    }
}

/// The states that the log tells, less those that were found.
struct Compared {
    states: BTreeMap<String, String>,
    rows: u64,
    faults: Vec<Fault>,
}

impl Compared {
    async fn all<E: Entity>(
        &mut self,
        connection: &mut sqlx::AnyConnection,
        query: &'static str,
        read: fn(&AnyRow) -> crate::store::Result<E>,
    ) -> Result<Vec<E>> {
        let mut rows = sqlx::query(query).fetch(connection);
        let mut all = Vec::new();
        while let Some(row) = rows.try_next().await? {
            self.rows += 1;
            match read(&row) {
                Ok(entity) => {
                    self.compare(&entity)?;
                    all.push(entity);
                }
                Err(StoreError::Corrupt(what)) => {
                    self.faults.push(Fault::Content { subject: E::KIND.to_owned(), what });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(all)
    }

    fn compare<E: Entity>(&mut self, entity: &E) -> Result<()> {
        let (subject, row) = (entity.subject(), entity.standing().map_err(GateError::from)?);
        match self.states.remove(&subject) {
            Some(log) if log == row => {}
            Some(log) => self.faults.push(Fault::Row { subject, log, row }),
            None => self.faults.push(Fault::Unknown(subject)),
        }
        Ok(())
    }

    /// Files and inspection of a revision: its row holds their digests.
    async fn contents(
        &mut self,
        connection: &mut sqlx::AnyConnection,
        revision: &revisions::Revision,
    ) -> Result<()> {
        let mut fault = |what: &str| {
            self.faults.push(Fault::Content { subject: revision.subject(), what: what.to_owned() });
        };
        let query = sqlx::query("SELECT * FROM files WHERE revision = $1 ORDER BY path").bind(&revision.id);
        let rows = query.fetch_all(&mut *connection).await?;
        let files = rows.iter().map(revisions::file).collect::<crate::store::Result<Vec<_>>>();
        self.rows += rows.len() as u64;
        match (&files, revision.digest.zip(revision.listing)) {
            (Ok(files), None) if files.is_empty() => {}
            (Ok(files), Some((digest, listing)))
                if revisions::digest_of(files) == digest && revisions::listing_of(files) == listing => {}
            _ => fault("its files are not those that came in"),
        }
        if let Some(id) = &revision.inspection {
            let query = sqlx::query("SELECT * FROM inspections WHERE id = $1").bind(id);
            let row = query.fetch_optional(&mut *connection).await?;
            let found = row.as_ref().and_then(|row| revisions::inspected(row).ok());
            self.rows += 1;
            match found.filter(|found| found.id().hex() == *id) {
                None => fault("its inspection is not the one that was made"),
                Some(found) if Summary::read(id, connection).await? != Some(Summary::of(&found)) => {
                    fault("lists count other things of its inspection than it holds");
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}
