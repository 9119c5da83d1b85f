//! Partial views: revisions that were made from others by leaving files out, each with the record of that.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use weighhouse_core::Digest;

use super::change::Entity;
use super::revisions::{Revision, revision};
use super::{Change, Note, Result, Store, StoreError, as_text, word};

/// How a revision was made from another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PartialView {
    pub(crate) revision: String,
    pub(crate) model: String,
    /// The revision that it was made from.
    pub(crate) base: String,
    /// Who made it.
    pub(crate) person: String,
    /// They, and all who uploaded something that it rests on. None of them approves it.
    pub(crate) authors: BTreeSet<String>,
    /// Of the transformation record in its envelope.
    #[serde(serialize_with = "as_text")]
    pub(crate) digest: Digest,
    pub(crate) created: i64,
    #[serde(skip)]
    pub(crate) envelope: String,
}

impl Entity for PartialView {
    const KIND: &'static str = "view";

    fn id(&self) -> &str {
        &self.revision
    }

    fn word(&self) -> String {
        "made".to_owned()
    }
}

const VIEW: &str = "SELECT * FROM views WHERE revision = $1";
const OF_BASE: &str = "SELECT revisions.* FROM views JOIN revisions ON revisions.id = views.revision \
                       WHERE views.base = $1 ORDER BY views.created DESC, revisions.id";

/// How a revision was made from another one, if it was.
pub(crate) async fn view_of(connection: &mut AnyConnection, revision: &str) -> Result<Option<PartialView>> {
    sqlx::query(VIEW).bind(revision).fetch_optional(connection).await?.as_ref().map(view).transpose()
}

impl Store {
    pub(crate) async fn view_of(&self, revision: &str) -> Result<Option<PartialView>> {
        view_of(&mut *self.pool().acquire().await?, revision).await
    }

    /// The views that were made from a revision, the newest first.
    pub(crate) async fn views_from(&self, base: &str) -> Result<Vec<Revision>> {
        sqlx::query(OF_BASE).bind(base).fetch_all(self.pool()).await?.iter().map(revision).collect()
    }

    /// The newest revision of a model that is no view.
    pub(crate) async fn newest_whole(&self, model: &str) -> Result<Option<Revision>> {
        let query = sqlx::query(
            "SELECT * FROM revisions WHERE model = $1 AND id NOT IN (SELECT revision FROM views WHERE model = $1) \
             ORDER BY created DESC, id LIMIT 1",
        );
        query.bind(model).fetch_optional(self.pool()).await?.as_ref().map(revision).transpose()
    }

    /// The revision that was last meant by a name of the source: a branch or a tag, as somebody asked for it.
    pub(crate) async fn last_meant(&self, model: &str, wanted: &str) -> Result<Option<Revision>> {
        let query = sqlx::query(
            "SELECT revisions.* FROM requests JOIN revisions ON revisions.id = requests.revision \
             WHERE requests.model = $1 AND requests.wanted = $2 ORDER BY requests.created DESC, requests.id LIMIT 1",
        );
        let row = query.bind(model).bind(wanted).fetch_optional(self.pool()).await?;
        row.as_ref().map(revision).transpose()
    }
}

impl Change {
    pub(crate) async fn view_of(&mut self, revision: &str) -> Result<Option<PartialView>> {
        view_of(self.connection(), revision).await
    }

    /// The views that were made from a revision, the newest first.
    pub(crate) async fn views_from(&mut self, base: &str) -> Result<Vec<Revision>> {
        sqlx::query(OF_BASE).bind(base).fetch_all(self.connection()).await?.iter().map(revision).collect()
    }

    pub(crate) async fn add_view(&mut self, new: &PartialView, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO views (revision, model, base, person, authors, digest, envelope, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let authors = new.authors.iter().cloned().collect::<serde_json::Value>().to_string();
        let query = query.bind(&new.revision).bind(&new.model).bind(&new.base).bind(&new.person);
        let query = query.bind(authors).bind(new.digest.hex()).bind(&new.envelope).bind(new.created);
        query.execute(self.connection()).await?;
        self.made(new, note).await
    }
}

fn view(row: &AnyRow) -> Result<PartialView> {
    let authors: String = row.try_get("authors")?;
    let authors = serde_json::from_str(&authors)
        .map_err(|error| StoreError::Corrupt(format!("authors that cannot be read: {error}")))?;
    Ok(PartialView {
        revision: row.try_get("revision")?,
        model: row.try_get("model")?,
        base: row.try_get("base")?,
        person: row.try_get("person")?,
        authors,
        digest: word(row, "digest")?,
        created: row.try_get("created")?,
        envelope: row.try_get("envelope")?,
    })
}

/// The same, if its record is the one that was signed.
pub(crate) fn checked(row: &AnyRow) -> Result<PartialView> {
    let read = view(row)?;
    if Digest::of(read.envelope.as_bytes()) != read.digest {
        return Err(StoreError::Corrupt(format!(
            "another record than the one that was signed for `view/{}`",
            read.revision
        )));
    }
    Ok(read)
}
