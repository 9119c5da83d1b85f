//! Whose contents lie where servers read that give out what is released and nothing else. No state: it follows from releases.

use std::collections::HashSet;

use sqlx::Row as _;
use weighhouse_core::Digest;

use super::jobs::{Job, JobKind, enqueue};
use super::{Result, Store, count, marks, word};

/// The one job that publishes.
pub(crate) const PUBLISHING: &str = "released";

/// Which of the contents of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alone {
    /// Those that no other revision has that lies there, or may.
    Whatever,
    /// Those that no other revision has of which all lies there.
    Complete,
}

/// Whether somebody is given the contents of `revisions`.
const SERVES: &str = "revisions.state = 'inspected' AND EXISTS (SELECT 1 FROM releases WHERE releases.revision = revisions.id \
                      AND releases.state IN ('canary', 'released'))";

impl Store {
    /// Sees to it that somebody publishes what is to be published, now and whenever a release moves.
    pub(crate) async fn begin_publishing(&self, now: i64) -> Result<()> {
        let mut connection = self.pool().acquire().await?;
        enqueue(&mut connection, JobKind::Publish, PUBLISHING, now).await?;
        drop(connection);
        self.due_by(JobKind::Publish, PUBLISHING, now).await
    }

    /// Whether a job is still its worker's.
    pub(crate) async fn holds(&self, job: &Job) -> Result<bool> {
        let query = sqlx::query("SELECT 1 FROM jobs WHERE id = $1 AND owner = $2");
        Ok(query.bind(&job.id).bind(job.owner()).fetch_optional(self.pool()).await?.is_some())
    }

    /// Some revisions after `after` that serve somebody and whose contents are not all there.
    pub(crate) async fn to_publish(&self, after: &str, most: u32) -> Result<Vec<String>> {
        // By state first: releases that serve are few beside all revisions.
        let query = sqlx::query(
            "SELECT DISTINCT releases.revision AS id FROM releases JOIN revisions ON revisions.id = releases.revision \
             WHERE releases.state IN ('canary', 'released') AND revisions.state = 'inspected' AND releases.revision > $1 \
             AND NOT EXISTS (SELECT 1 FROM published WHERE published.revision = releases.revision AND since IS NOT NULL) \
             ORDER BY releases.revision LIMIT $2",
        );
        ids(&query.bind(after).bind(i64::from(most)).fetch_all(self.pool()).await?)
    }

    /// Some revisions whose contents are there, or some of them, and that serve nobody.
    pub(crate) async fn to_withdraw(&self, most: u32) -> Result<Vec<String>> {
        let text = format!(
            "SELECT revisions.id AS id FROM published JOIN revisions ON revisions.id = published.revision \
             WHERE NOT ({SERVES}) ORDER BY revisions.id LIMIT $1"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(i64::from(most));
        ids(&query.fetch_all(self.pool()).await?)
    }

    /// Contents of a revision that no other has that lies there.
    pub(crate) async fn contents_alone(&self, revision: &str, alone: Alone) -> Result<Vec<(Digest, u64)>> {
        let complete = if alone == Alone::Complete { "AND published.since IS NOT NULL" } else { "" };
        let text = format!(
            "SELECT DISTINCT sha256, size FROM files WHERE revision = $1 AND NOT EXISTS (SELECT 1 FROM files AS others \
             JOIN published ON published.revision = others.revision \
             WHERE others.sha256 = files.sha256 AND others.revision <> files.revision {complete})"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(revision);
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((word(row, "sha256")?, count(row, "size")?))).collect()
    }

    /// Notes that contents of a revision are being brought there, or, with a moment, that all are there since then.
    pub(crate) async fn note_published(&self, revision: &str, since: Option<i64>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO published (revision, since) VALUES ($1, $2) ON CONFLICT (revision) DO UPDATE SET since = excluded.since",
        );
        query.bind(revision).bind(since).execute(self.pool()).await?;
        Ok(())
    }

    /// Notes that nothing of a revision is there for its own sake.
    pub(crate) async fn forget_published(&self, revision: &str) -> Result<()> {
        let query = sqlx::query("DELETE FROM published WHERE revision = $1");
        query.bind(revision).execute(self.pool()).await?;
        Ok(())
    }

    /// Notes that all that is there is to be brought again.
    pub(crate) async fn doubt_all_published(&self) -> Result<()> {
        sqlx::query("UPDATE published SET since = NULL").execute(self.pool()).await?;
        Ok(())
    }

    /// Notes that content is not there as it should be. Says whether it was believed to be.
    pub(crate) async fn doubt_published(&self, sha256: Digest) -> Result<bool> {
        let query = sqlx::query(
            "UPDATE published SET since = NULL WHERE since IS NOT NULL AND revision IN (SELECT revision FROM files WHERE sha256 = $1)",
        );
        let query = query.bind(sha256.hex());
        Ok(query.execute(self.pool()).await?.rows_affected() > 0)
    }

    /// Which of these contents are of a revision that lies there, or may.
    pub(crate) async fn published(&self, some: &[Digest]) -> Result<HashSet<Digest>> {
        let of = "JOIN published ON published.revision = files.revision";
        self.among(some, of).await
    }

    /// Which of these contents something refers to.
    pub(crate) async fn wanted(&self, some: &[Digest]) -> Result<HashSet<Digest>> {
        self.among(some, "").await
    }

    async fn among(&self, some: &[Digest], joined: &str) -> Result<HashSet<Digest>> {
        let mut found = HashSet::new();
        for part in some.chunks(500) {
            let marks = marks(part.len(), 1);
            let text = format!("SELECT DISTINCT sha256 FROM files {joined} WHERE sha256 IN {marks}");
            let query = sqlx::query(sqlx::AssertSqlSafe(text));
            let query = part.iter().fold(query, |query, sha256| query.bind(sha256.hex()));
            for row in query.fetch_all(self.pool()).await? {
                found.insert(word(&row, "sha256")?);
            }
        }
        Ok(found)
    }
}

fn ids(rows: &[sqlx::any::AnyRow]) -> Result<Vec<String>> {
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}
