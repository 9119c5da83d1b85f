//! Jobs: work that one worker at a time does, and that another one takes over when its lease is over.
//!
//! A job may run twice (a worker that was slow, not dead), but only one of the two changes anything: every change that a job makes asks
//! first whether the job is still its worker's ([`Change::hold`]), in the transaction of the change.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Change, Result, Store, StoreError, count, fresh_id, marks, word};
use crate::operate::traces;

/// Kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// Ask the source which commit a request means, and fetch it. Subject: a request.
    Fetch,
    /// Inspect a revision in quarantine, or again. Subject: a revision.
    Inspect,
    /// Decide again about everything that stands. One, for ever.
    Review,
    /// Compare log and tables. One, for ever.
    Audit,
    /// Find out who is told of an event. Subject: an event.
    Notify,
    /// Tell somebody. Subject: a delivery.
    Deliver,
    /// Keep contents of what is released where servers read that read nothing else. One, for ever.
    Publish,
}

/// Which jobs a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Models: they take long.
    Models,
    /// Telling people: it is short, and waits for nothing that is long.
    News,
    /// Keeping what is released for servers that read nothing else: nobody waits for an inspection to be given what was decided.
    Releases,
    /// All of it.
    All,
}

impl Duty {
    /// As a condition on jobs.
    fn condition(self) -> &'static str {
        match self {
            Self::Models => "AND kind NOT IN ('notify', 'deliver', 'publish')",
            Self::News => "AND kind IN ('notify', 'deliver')",
            Self::Releases => "AND kind = 'publish'",
            Self::All => "",
        }
    }
}

impl JobKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Inspect => "inspect",
            Self::Review => "review",
            Self::Audit => "audit",
            Self::Notify => "notify",
            Self::Deliver => "deliver",
            Self::Publish => "publish",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobKind {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "fetch" => Ok(Self::Fetch),
            "inspect" => Ok(Self::Inspect),
            "review" => Ok(Self::Review),
            "audit" => Ok(Self::Audit),
            "notify" => Ok(Self::Notify),
            "deliver" => Ok(Self::Deliver),
            "publish" => Ok(Self::Publish),
            other => Err(StoreError::Corrupt(format!("a job of the kind `{other}`"))),
        }
    }
}

/// A job that a worker holds.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) kind: JobKind,
    pub(crate) subject: String,
    /// How often it was begun, this time included.
    pub(crate) attempt: u32,
    /// The span that asked for it, if there was one.
    pub(crate) trace: Option<String>,
    owner: String,
}

impl Job {
    /// The lease under which its worker holds it.
    pub(super) fn owner(&self) -> &str {
        &self.owner
    }
}

/// Begins what a job was put off for, if the source of models is in its way: those who wait for it are told the rest. What else is in
/// its way is for operators.
pub(crate) const AWAY: &str = "upstream: ";

/// Why something that somebody waits for is not done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What is told of it.
    pub(crate) why: String,
    /// When it is tried again; nothing while it is.
    pub(crate) next: Option<i64>,
    /// How often it was tried.
    pub(crate) attempts: u64,
}

/// A look for what there is to do, by when another one would begin if this one did not end.
#[derive(Debug)]
pub(crate) struct Look {
    until: i64,
}

/// How long a lease is, in seconds. Workers renew it while they work.
pub(crate) const LEASE: i64 = 60;
/// Seconds between two audits.
pub(crate) const BETWEEN_AUDITS: i64 = 86_400;
/// Seconds between two reviews of what stands: the longest time that any other job is put off.
pub(crate) const BETWEEN_REVIEWS: i64 = 3600;
/// The longest pause between two beginnings, in seconds.
pub(crate) const LONGEST_PAUSE: i64 = 900;

/// Adds a job that is due now, unless the same one waits already.
pub(super) async fn enqueue(
    connection: &mut sqlx::AnyConnection,
    kind: JobKind,
    subject: &str,
    now: i64,
) -> Result<()> {
    let query = sqlx::query(
        "INSERT INTO jobs (id, kind, subject, due, created, trace) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (kind, subject) DO NOTHING",
    );
    let query = query.bind(fresh_id()?).bind(kind.to_string()).bind(subject).bind(now).bind(now);
    let query = query.bind(traces::current());
    query.execute(connection).await?;
    Ok(())
}

impl Change {
    /// Adds a job, unless the same one waits already.
    pub(crate) async fn enqueue(&mut self, kind: JobKind, subject: &str) -> Result<()> {
        let now = self.now();
        enqueue(self.connection(), kind, subject, now).await
    }

    /// Whether the job is still its worker's. If so, nobody else gets it before this change ends.
    pub(crate) async fn hold(&mut self, job: &Job) -> Result<bool> {
        let query = sqlx::query("UPDATE jobs SET owner = owner WHERE id = $1 AND owner = $2");
        let query = query.bind(&job.id).bind(&job.owner);
        Ok(query.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Makes a job that waits due now.
    pub(crate) async fn hasten(&mut self, kind: JobKind, subject: &str) -> Result<()> {
        let now = self.now();
        self.due_by(kind, subject, now).await
    }

    /// Sees to it that a job that waits is due at `at`, or before.
    pub(crate) async fn due_by(&mut self, kind: JobKind, subject: &str, at: i64) -> Result<()> {
        due_by(self.connection(), kind, subject, at).await
    }

    /// Ends a job in the same transaction as what it did.
    pub(crate) async fn finish(&mut self, job: &Job) -> Result<()> {
        let query = sqlx::query("DELETE FROM jobs WHERE id = $1 AND owner = $2");
        query.bind(&job.id).bind(&job.owner).execute(self.connection()).await?;
        Ok(())
    }
}

async fn due_by(connection: &mut sqlx::AnyConnection, kind: JobKind, subject: &str, at: i64) -> Result<()> {
    // The row is written to in any case: whoever rests until then on another server waits for what comes with this.
    let query = sqlx::query(
        "UPDATE jobs SET due = CASE WHEN due > $1 THEN $2 ELSE due END WHERE kind = $3 AND subject = $4",
    );
    query.bind(at).bind(at).bind(kind.to_string()).bind(subject).execute(connection).await?;
    Ok(())
}

impl Store {
    /// The same, outside of a change.
    pub(crate) async fn due_by(&self, kind: JobKind, subject: &str, at: i64) -> Result<()> {
        due_by(&mut *self.pool().acquire().await?, kind, subject, at).await
    }

    /// Takes the job that has waited longest, if there is one.
    ///
    /// Each beginning puts the next one off, so that a job that ends the whole program, again and again, leaves time for others. What a
    /// clock that ran ahead wrote (a lease, a time of beginning that no sound clock would give) binds nobody.
    pub(crate) async fn take_job(&self, duty: Duty, now: i64) -> Result<Option<Job>> {
        let owner = fresh_id()?;
        // One statement: two workers never take the same. PostgreSQL passes over rows that another is taking.
        let lock = if self.sqlite { "" } else { " FOR UPDATE SKIP LOCKED" };
        let text = format!(
            "UPDATE jobs SET owner = $1, lease = $2, attempt = attempt + 1, \
             due = $3 + CASE WHEN attempt < 7 THEN 10 << CAST(attempt AS INTEGER) ELSE {LONGEST_PAUSE} END \
             WHERE id = (SELECT id FROM jobs WHERE (due <= $4 OR due > $5 + CASE WHEN kind = 'audit' THEN {BETWEEN_AUDITS} ELSE 0 END) \
             AND (lease IS NULL OR lease < $6 OR lease > $7) {} ORDER BY due, id LIMIT 1{lock}) \
             RETURNING id, kind, subject, attempt, trace",
            duty.condition()
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(&owner).bind(now + LEASE).bind(now);
        // Clocks of several servers differ a little; a jump is more than a lease.
        let query = query.bind(now).bind(now + BETWEEN_REVIEWS + LEASE).bind(now).bind(now + 2 * LEASE);
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(None) };
        let attempt: i64 = row.try_get("attempt")?;
        Ok(Some(Job {
            id: row.try_get("id")?,
            kind: word(&row, "kind")?,
            subject: row.try_get("subject")?,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            trace: row.try_get("trace")?,
            owner,
        }))
    }

    /// Renews the lease; false if somebody else has the job by now.
    pub(crate) async fn renew(&self, job: &Job, now: i64) -> Result<bool> {
        let query = sqlx::query("UPDATE jobs SET lease = $1 WHERE id = $2 AND owner = $3");
        let query = query.bind(now + LEASE).bind(&job.id).bind(&job.owner);
        Ok(query.execute(self.pool()).await?.rows_affected() == 1)
    }

    /// Gives a job back, to be tried again at `due`.
    pub(crate) async fn put_off(&self, job: &Job, due: i64, fault: &str) -> Result<()> {
        let query = sqlx::query(
            "UPDATE jobs SET owner = NULL, lease = NULL, due = $1, fault = $2 WHERE id = $3 AND owner = $4",
        );
        query.bind(due).bind(fault).bind(&job.id).bind(&job.owner).execute(self.pool()).await?;
        Ok(())
    }

    /// Gives a job back that did all there was to do for now, and has something to do again at `due`.
    pub(crate) async fn rest_until(&self, job: &Job, due: i64) -> Result<()> {
        let query = sqlx::query(
            "UPDATE jobs SET owner = NULL, lease = NULL, due = $1, fault = NULL, attempt = 0 WHERE id = $2 AND owner = $3",
        );
        query.bind(due).bind(&job.id).bind(&job.owner).execute(self.pool()).await?;
        Ok(())
    }

    /// Begins a look for what there is to do: whoever has more to be done from now on says so by [`due_by`](Self::due_by). Gives what is to be
    /// told at its end.
    pub(crate) async fn begin_look(&self, job: &Job, now: i64) -> Result<Look> {
        // If this worker is killed, another one looks when the lease is over.
        let look = Look { until: now + LEASE };
        let query = sqlx::query("UPDATE jobs SET due = $1 WHERE id = $2 AND owner = $3");
        query.bind(look.until).bind(&job.id).bind(&job.owner).execute(self.pool()).await?;
        Ok(look)
    }

    /// The same as [`rest_until`](Self::rest_until) at the end of a look, unless there is more to be done by now, or may be.
    pub(crate) async fn end_look(&self, job: &Job, look: &Look, (now, due): (i64, i64)) -> Result<()> {
        let query = sqlx::query(
            "UPDATE jobs SET owner = NULL, lease = NULL, fault = NULL, attempt = 0, \
             due = CASE WHEN due = $1 AND due > $2 THEN $3 ELSE due END WHERE id = $4 AND owner = $5",
        );
        let query = query.bind(look.until).bind(now).bind(due).bind(&job.id).bind(&job.owner);
        query.execute(self.pool()).await?;
        Ok(())
    }

    /// Removes a job that has nothing left to do.
    pub(crate) async fn drop_job(&self, job: &Job) -> Result<()> {
        let query = sqlx::query("DELETE FROM jobs WHERE id = $1 AND owner = $2");
        query.bind(&job.id).bind(&job.owner).execute(self.pool()).await?;
        Ok(())
    }

    /// What is in the way of jobs of a kind, by their subject; of those that were put off.
    pub(crate) async fn troubles(
        &self,
        kind: JobKind,
        subjects: &[&str],
    ) -> Result<BTreeMap<String, Trouble>> {
        if subjects.is_empty() {
            return Ok(BTreeMap::new());
        }
        let text = format!(
            "SELECT subject, fault, due, attempt, owner FROM jobs WHERE kind = $1 AND fault IS NOT NULL AND subject IN {}",
            marks(subjects.len(), 2)
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(kind.as_str());
        let query = subjects.iter().fold(query, |query, subject| query.bind(*subject));
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((row.try_get("subject")?, trouble(row)?))).collect()
    }

    /// How many jobs wait or are being done.
    pub(crate) async fn jobs_waiting(&self) -> Result<i64> {
        let row = sqlx::query("SELECT COUNT(*) AS jobs FROM jobs").fetch_one(self.pool()).await?;
        Ok(row.try_get("jobs")?)
    }
}

fn trouble(row: &AnyRow) -> Result<Trouble> {
    let fault: String = row.try_get("fault")?;
    let owner: Option<String> = row.try_get("owner")?;
    let begun = count(row, "attempt")?;
    let why = fault
        .strip_prefix(AWAY)
        .unwrap_or("something at the gate is in the way, and its operators find it in the log of the gate");
    Ok(Trouble {
        why: why.to_owned(),
        next: owner.is_none().then(|| row.try_get("due")).transpose()?,
        attempts: if owner.is_some() { begun.saturating_sub(1) } else { begun },
    })
}
