//! Jobs: work that one worker at a time does, and that another one takes over when its lease is over.
//!
//! A job may run twice (a worker that was slow, not dead), so what it does must be the same twice: jobs end in a change that asks the
//! state machine, which refuses the second time.

use std::fmt;
use std::str::FromStr;

use sqlx::Row as _;

use super::{Change, Result, Store, StoreError, fresh_id, word};

/// Kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// Ask the source which commit a request means, and fetch it. Subject: a request.
    Fetch,
    /// Inspect a revision in quarantine, or again. Subject: a revision.
    Inspect,
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fetch => "fetch",
            Self::Inspect => "inspect",
        })
    }
}

impl FromStr for JobKind {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "fetch" => Ok(Self::Fetch),
            "inspect" => Ok(Self::Inspect),
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
    owner: String,
}

/// How long a lease is, in seconds. Workers renew it while they work.
pub(crate) const LEASE: i64 = 60;

impl Change {
    /// Adds a job, unless the same one waits already.
    pub(crate) async fn enqueue(&mut self, kind: JobKind, subject: &str) -> Result<()> {
        let now = self.now();
        let query = sqlx::query(
            "INSERT INTO jobs (id, kind, subject, due, created) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (kind, subject) DO NOTHING",
        );
        let query = query.bind(fresh_id()?).bind(kind.to_string()).bind(subject).bind(now).bind(now);
        query.execute(self.connection()).await?;
        Ok(())
    }

    /// Ends a job in the same transaction as what it did.
    pub(crate) async fn finish(&mut self, job: &Job) -> Result<()> {
        let query = sqlx::query("DELETE FROM jobs WHERE id = $1").bind(&job.id);
        query.execute(self.connection()).await?;
        Ok(())
    }
}

impl Store {
    /// Takes the job that has waited longest, if there is one.
    pub(crate) async fn take_job(&self, now: i64) -> Result<Option<Job>> {
        let owner = fresh_id()?;
        // One statement: two workers never take the same. PostgreSQL reads the row again after waiting for its lock.
        let lock = if self.sqlite { "" } else { " FOR UPDATE SKIP LOCKED" };
        let text = format!(
            "UPDATE jobs SET owner = $1, lease = $2, attempt = attempt + 1 WHERE id = (SELECT id FROM jobs WHERE due <= $3 \
             AND (lease IS NULL OR lease < $4) ORDER BY due, id LIMIT 1{lock}) RETURNING id, kind, subject, attempt"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(&owner).bind(now + LEASE).bind(now).bind(now);
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(None) };
        let attempt: i64 = row.try_get("attempt")?;
        Ok(Some(Job {
            id: row.try_get("id")?,
            kind: word(&row, "kind")?,
            subject: row.try_get("subject")?,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
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

    /// Removes a job that has nothing left to do.
    pub(crate) async fn drop_job(&self, job: &Job) -> Result<()> {
        sqlx::query("DELETE FROM jobs WHERE id = $1").bind(&job.id).execute(self.pool()).await?;
        Ok(())
    }

    /// How many jobs wait or are being done.
    pub(crate) async fn jobs_waiting(&self) -> Result<i64> {
        let row = sqlx::query("SELECT COUNT(*) AS jobs FROM jobs").fetch_one(self.pool()).await?;
        Ok(row.try_get("jobs")?)
    }
}
