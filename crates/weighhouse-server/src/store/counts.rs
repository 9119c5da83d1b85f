//! How much stands where: numbers for whoever watches the gate. Read at one moment, by indexes.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{Result, Store};

/// How much stands where.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Jobs by kind and state: `waiting`, `working`, `put-off`.
    pub(crate) jobs: BTreeMap<(String, String), i64>,
    /// Age of the oldest job of a kind, in seconds.
    pub(crate) oldest: BTreeMap<String, i64>,
    /// Releases by stage and state.
    pub(crate) releases: BTreeMap<(String, String), i64>,
    /// Revisions by state.
    pub(crate) revisions: BTreeMap<String, i64>,
    /// Notices by state: `waiting`, `delivered`, `dead`.
    pub(crate) notices: BTreeMap<String, i64>,
    /// Records of the audit log.
    pub(crate) records: i64,
}

impl Store {
    /// How much stands where at the time `now`.
    pub(crate) async fn counts(&self, now: i64) -> Result<Counts> {
        let mut snapshot = self.snapshot().await?;
        let mut counts = Counts::default();
        let query = sqlx::query(
            "SELECT kind, CASE WHEN lease >= $1 THEN 'working' WHEN due > $2 THEN 'put-off' ELSE 'waiting' END AS state, \
             COUNT(*) AS number, MIN(created) AS oldest FROM jobs GROUP BY 1, 2",
        );
        for row in query.bind(now).bind(now).fetch_all(&mut *snapshot).await? {
            let (kind, state): (String, String) = (row.try_get("kind")?, row.try_get("state")?);
            let age = now.saturating_sub(row.try_get("oldest")?).max(0);
            let oldest = counts.oldest.entry(kind.clone()).or_default();
            *oldest = age.max(*oldest);
            counts.jobs.insert((kind, state), row.try_get("number")?);
        }
        let query = "SELECT stage, state, COUNT(*) AS number FROM releases GROUP BY stage, state";
        for row in sqlx::query(query).fetch_all(&mut *snapshot).await? {
            counts.releases.insert((row.try_get("stage")?, row.try_get("state")?), row.try_get("number")?);
        }
        let query = "SELECT state, COUNT(*) AS number FROM revisions GROUP BY state";
        for row in sqlx::query(query).fetch_all(&mut *snapshot).await? {
            counts.revisions.insert(row.try_get("state")?, row.try_get("number")?);
        }
        let query = "SELECT state, COUNT(*) AS number FROM deliveries GROUP BY state";
        for row in sqlx::query(query).fetch_all(&mut *snapshot).await? {
            counts.notices.insert(row.try_get("state")?, row.try_get("number")?);
        }
        let head = sqlx::query("SELECT size FROM log_head WHERE id = 1").fetch_one(&mut *snapshot).await?;
        counts.records = head.try_get("size")?;
        Ok(counts)
    }

    /// Connections to the database: open ones, and idle ones among them.
    pub(crate) fn connections(&self) -> (i64, i64) {
        let idle = i64::try_from(self.pool().num_idle()).unwrap_or(i64::MAX);
        (i64::from(self.pool().size()), idle)
    }
}
