//! Release bundles that were given out: what somebody may believe until when, whatever happens meanwhile.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::Digest;

use super::change::Entity;
use super::{Change, Note, Result, Store, as_text, word};

/// A bundle that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Bundle {
    pub(crate) id: String,
    pub(crate) release: String,
    pub(crate) revision: String,
    pub(crate) stage: String,
    /// Who took it.
    pub(crate) person: String,
    /// Of what it states.
    #[serde(serialize_with = "as_text")]
    pub(crate) digest: Digest,
    pub(crate) issued: i64,
    pub(crate) expires: i64,
}

impl Entity for Bundle {
    const KIND: &'static str = "bundle";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        "issued".to_owned()
    }
}

impl Store {
    /// Bundles of a revision that are still good at `now`, those that are good longest first.
    pub(crate) async fn good_bundles(&self, revision: &str, now: i64) -> Result<Vec<Bundle>> {
        let query = sqlx::query(
            "SELECT * FROM bundles WHERE revision = $1 AND expires > $2 ORDER BY expires DESC, id LIMIT 1000",
        );
        query.bind(revision).bind(now).fetch_all(self.pool()).await?.iter().map(bundle).collect()
    }
}

impl Change {
    pub(crate) async fn add_bundle(&mut self, new: &Bundle, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO bundles (id, release, revision, stage, person, digest, issued, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let query = query.bind(&new.id).bind(&new.release).bind(&new.revision).bind(&new.stage);
        let query = query.bind(&new.person).bind(new.digest.hex()).bind(new.issued).bind(new.expires);
        query.execute(self.connection()).await?;
        self.made(new, note).await
    }
}

pub(crate) fn bundle(row: &AnyRow) -> Result<Bundle> {
    Ok(Bundle {
        id: row.try_get("id")?,
        release: row.try_get("release")?,
        revision: row.try_get("revision")?,
        stage: row.try_get("stage")?,
        person: row.try_get("person")?,
        digest: word(row, "digest")?,
        issued: row.try_get("issued")?,
        expires: row.try_get("expires")?,
    })
}
