//! Whose contents lie where servers read that give out what is released and nothing else. No state: it follows from releases.

use std::collections::HashSet;

use sqlx::Row as _;
use sqlx::any::AnyRow;
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

/// Whether the revision of `releases` is given to somebody by it.
const SERVES: &str = "releases.state IN ('canary', 'released') AND revisions.state = 'inspected'";

/// For so long nobody looks again after content that is doubted, in seconds: what is lost is not found by asking often.
const PATIENCE: i64 = 600;
/// For so long it is remembered that somebody looked, in seconds.
const REMEMBERED: i64 = 86_400;

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

    /// Some revisions that serve somebody and whose contents are not all there, the one that was released last first.
    pub(crate) async fn to_publish(&self, most: usize) -> Result<Vec<String>> {
        let text = format!(
            "SELECT releases.revision AS id FROM releases JOIN revisions ON revisions.id = releases.revision WHERE {SERVES} \
             AND NOT EXISTS (SELECT 1 FROM published WHERE published.revision = releases.revision AND published.since IS NOT NULL) \
             GROUP BY releases.revision ORDER BY MAX(releases.moved) DESC LIMIT $1"
        );
        ids(&self.some(text, most).await?)
    }

    /// Some revisions whose contents are there, or some of them, and that serve nobody.
    pub(crate) async fn to_withdraw(&self, most: usize) -> Result<Vec<String>> {
        let text = format!(
            "SELECT published.revision AS id FROM published WHERE NOT EXISTS (SELECT 1 FROM releases JOIN revisions \
             ON revisions.id = releases.revision WHERE releases.revision = published.revision AND {SERVES}) LIMIT $1"
        );
        ids(&self.some(text, most).await?)
    }

    async fn some(&self, text: String, most: usize) -> Result<Vec<AnyRow>> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Ok(sqlx::query(sqlx::AssertSqlSafe(text)).bind(most).fetch_all(self.pool()).await?)
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
        contents(&query.fetch_all(self.pool()).await?)
    }

    /// Notes that contents of a revision are being brought there, or, with a moment, that all are there since then; if the job is still its worker's.
    pub(crate) async fn note_published(&self, job: &Job, revision: &str, since: Option<i64>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO published (revision, since) SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT) \
             WHERE EXISTS (SELECT 1 FROM jobs WHERE id = $3 AND owner = $4) \
             ON CONFLICT (revision) DO UPDATE SET since = excluded.since",
        );
        let query = query.bind(revision).bind(since).bind(&job.id).bind(job.owner());
        query.execute(self.pool()).await?;
        Ok(())
    }

    /// Notes that nothing of a revision is there for its own sake, if the job is still its worker's.
    pub(crate) async fn forget_published(&self, job: &Job, revision: &str) -> Result<()> {
        let query = sqlx::query(
            "DELETE FROM published WHERE revision = $1 AND EXISTS (SELECT 1 FROM jobs WHERE id = $2 AND owner = $3)",
        );
        query.bind(revision).bind(&job.id).bind(job.owner()).execute(self.pool()).await?;
        Ok(())
    }

    /// Notes that nothing is known of what is there.
    pub(crate) async fn forget_all_published(connection: &mut sqlx::AnyConnection) -> Result<()> {
        sqlx::query("DELETE FROM published").execute(&mut *connection).await?;
        sqlx::query("DELETE FROM doubted").execute(connection).await?;
        Ok(())
    }

    /// Notes that it is not known of anything whether it is there: it is another place.
    pub(crate) async fn doubt_all_published(&self) -> Result<()> {
        sqlx::query("UPDATE published SET since = NULL").execute(self.pool()).await?;
        Ok(())
    }

    /// Notes that whatever has this content is not all there.
    pub(crate) async fn doubt_published(&self, sha256: Digest) -> Result<()> {
        let query = sqlx::query(
            "UPDATE published SET since = NULL WHERE revision IN (SELECT revision FROM files WHERE sha256 = $1)",
        );
        query.bind(sha256.hex()).execute(self.pool()).await?;
        Ok(())
    }

    /// Notes that content is not as it should be for a server that gives it out; says whether that is news. It is none of what is still being
    /// brought, nor of what was looked after a short while ago.
    pub(crate) async fn doubt(&self, sha256: Digest, now: i64) -> Result<bool> {
        let query = sqlx::query(
            "INSERT INTO doubted (sha256, since) SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT) \
             WHERE EXISTS (SELECT 1 FROM files JOIN published ON published.revision = files.revision \
             WHERE files.sha256 = $3 AND published.since IS NOT NULL) \
             ON CONFLICT (sha256) DO UPDATE SET since = excluded.since, looked = NULL \
             WHERE COALESCE(doubted.looked, doubted.since) < $4",
        );
        let query = query.bind(sha256.hex()).bind(now).bind(sha256.hex()).bind(now - PATIENCE);
        Ok(query.execute(self.pool()).await?.rows_affected() > 0)
    }

    /// Some contents that are doubted and that nobody looked after yet, with their sizes.
    pub(crate) async fn doubted(&self, most: usize) -> Result<Vec<(Digest, u64)>> {
        let text = "SELECT doubted.sha256 AS sha256, MAX(files.size) AS size FROM doubted JOIN files ON files.sha256 = doubted.sha256 \
                    JOIN published ON published.revision = files.revision WHERE doubted.looked IS NULL GROUP BY doubted.sha256 LIMIT $1";
        contents(&self.some(text.to_owned(), most).await?)
    }

    /// Notes that somebody looked after content that was doubted, and forgets what is long ago.
    pub(crate) async fn looked_after(&self, sha256: Digest, now: i64) -> Result<()> {
        let query = sqlx::query("UPDATE doubted SET looked = $1 WHERE sha256 = $2");
        query.bind(now).bind(sha256.hex()).execute(self.pool()).await?;
        let query = sqlx::query("DELETE FROM doubted WHERE looked < $1");
        query.bind(now - REMEMBERED).execute(self.pool()).await?;
        Ok(())
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

fn contents(rows: &[AnyRow]) -> Result<Vec<(Digest, u64)>> {
    rows.iter().map(|row| Ok((word(row, "sha256")?, count(row, "size")?))).collect()
}

fn ids(rows: &[AnyRow]) -> Result<Vec<String>> {
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}
