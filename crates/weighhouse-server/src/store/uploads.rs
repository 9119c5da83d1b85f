//! What people upload: repositories of this house, their branches, and how each revision came to be.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use weighhouse_core::Digest;

use super::change::Entity;
use super::models::Model;
use super::{Change, Note, Result, Store, StoreError, count, views};

/// A model of this house: people upload to it, and it is never fetched from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Repository {
    pub(crate) model: String,
    /// Who made it.
    pub(crate) owner: String,
    pub(crate) created: i64,
    /// How many pull requests it ever had.
    pub(crate) pulls: u64,
    /// When it was deleted.
    pub(crate) closed: Option<i64>,
}

impl Entity for Repository {
    const KIND: &'static str = "repository";

    fn id(&self) -> &str {
        &self.model
    }

    fn word(&self) -> String {
        if self.closed.is_some() { "closed" } else { "open" }.to_owned()
    }
}

/// Where the next upload begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Branch {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) name: String,
    /// The revision it stands at.
    pub(crate) head: Option<String>,
}

impl Branch {
    pub(crate) fn new(model: &str, name: &str, head: Option<String>) -> Self {
        Self { id: format!("{model}/{name}"), model: model.to_owned(), name: name.to_owned(), head }
    }
}

impl Entity for Branch {
    const KIND: &'static str = "branch";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        if self.head.is_some() { "set" } else { "empty" }.to_owned()
    }
}

/// How a revision was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Commit {
    pub(crate) revision: String,
    pub(crate) model: String,
    pub(crate) branch: String,
    /// The commit it was made from.
    pub(crate) parent: Option<String>,
    pub(crate) title: String,
    pub(crate) message: String,
    pub(crate) person: String,
    /// All who uploaded something that it rests on. None of them approves it.
    pub(crate) authors: BTreeSet<String>,
    /// Number of its record: what came later has a larger one.
    pub(crate) seq: u64,
    pub(crate) created: i64,
}

impl Entity for Commit {
    const KIND: &'static str = "commit";

    fn id(&self) -> &str {
        &self.revision
    }

    fn word(&self) -> String {
        "made".to_owned()
    }
}

const REPOSITORY: &str = "SELECT * FROM repositories WHERE model = $1";
const BRANCH: &str = "SELECT * FROM branches WHERE id = $1";
const COMMIT: &str = "SELECT * FROM commits WHERE revision = $1";

/// All who uploaded something that a revision rests on, or made it a view of another one.
pub(crate) async fn authors_of(connection: &mut AnyConnection, revision: &str) -> Result<BTreeSet<String>> {
    let row = sqlx::query(COMMIT).bind(revision).fetch_optional(&mut *connection).await?;
    if let Some(commit) = row.as_ref().map(commit).transpose()? {
        return Ok(commit.authors);
    }
    Ok(views::view_of(connection, revision).await?.map(|view| view.authors).unwrap_or_default())
}

impl Store {
    pub(crate) async fn repository(&self, model: &str) -> Result<Option<Repository>> {
        let row = sqlx::query(REPOSITORY).bind(model).fetch_optional(self.pool()).await?;
        row.as_ref().map(repository).transpose()
    }

    pub(crate) async fn branch(&self, model: &str, name: &str) -> Result<Option<Branch>> {
        let id = format!("{model}/{name}");
        let row = sqlx::query(BRANCH).bind(id).fetch_optional(self.pool()).await?;
        row.as_ref().map(branch).transpose()
    }

    /// Models with released files of this very content, and the stages that they are released in.
    pub(crate) async fn served_with(&self, sha256: Digest, most: u32) -> Result<Vec<(Model, String)>> {
        let query = sqlx::query(
            "SELECT DISTINCT models.id, models.kind, models.name, models.folded, models.created, releases.stage FROM files \
             JOIN revisions ON revisions.id = files.revision JOIN releases ON releases.revision = revisions.id \
             JOIN models ON models.id = revisions.model WHERE files.sha256 = $1 AND revisions.state = 'inspected' \
             AND releases.state IN ('canary', 'released') ORDER BY models.id LIMIT $2",
        );
        let rows = query.bind(sha256.hex()).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((super::models::model(row)?, row.try_get("stage")?))).collect()
    }

    /// Git's id and size of content that a revision has under some name.
    pub(crate) async fn content_in(&self, revision: &str, sha256: Digest) -> Result<Option<u64>> {
        let query = sqlx::query("SELECT size FROM files WHERE revision = $1 AND sha256 = $2 LIMIT 1");
        let row = query.bind(revision).bind(sha256.hex()).fetch_optional(self.pool()).await?;
        row.as_ref().map(|row| count(row, "size")).transpose()
    }

    /// The size of content that is here, whoever brought it.
    pub(crate) async fn size_of(&self, sha256: Digest) -> Result<Option<u64>> {
        let query = sqlx::query("SELECT size FROM files WHERE sha256 = $1 LIMIT 1").bind(sha256.hex());
        let row = query.fetch_optional(self.pool()).await?;
        row.as_ref().map(|row| count(row, "size")).transpose()
    }
}

impl Change {
    pub(crate) async fn repository(&mut self, model: &str) -> Result<Option<Repository>> {
        let row = sqlx::query(REPOSITORY).bind(model).fetch_optional(self.connection()).await?;
        row.as_ref().map(repository).transpose()
    }

    pub(crate) async fn add_repository(&mut self, new: &Repository) -> Result<()> {
        let query = sqlx::query("INSERT INTO repositories (model, owner, created) VALUES ($1, $2, $3)");
        let query = query.bind(&new.model).bind(&new.owner).bind(new.created);
        query.execute(self.connection()).await?;
        self.made(new, Note::of("repository.open")).await
    }

    pub(crate) async fn set_repository(
        &mut self,
        before: &Repository,
        after: &Repository,
        note: Note<'_>,
    ) -> Result<()> {
        let query =
            sqlx::query("UPDATE repositories SET owner = $1, pulls = $2, closed = $3 WHERE model = $4");
        let query = query.bind(&after.owner).bind(after.pulls.cast_signed()).bind(after.closed);
        query.bind(&after.model).execute(self.connection()).await?;
        self.moved(before, after, note).await
    }

    pub(crate) async fn branch(&mut self, model: &str, name: &str) -> Result<Option<Branch>> {
        let id = format!("{model}/{name}");
        let row = sqlx::query(BRANCH).bind(id).fetch_optional(self.connection()).await?;
        row.as_ref().map(branch).transpose()
    }

    pub(crate) async fn branches(&mut self, model: &str) -> Result<Vec<Branch>> {
        let query = sqlx::query("SELECT * FROM branches WHERE model = $1 ORDER BY id").bind(model);
        query.fetch_all(self.connection()).await?.iter().map(branch).collect()
    }

    /// Sets where a branch stands; made if it is not there.
    pub(crate) async fn set_branch(&mut self, before: Option<&Branch>, after: &Branch) -> Result<()> {
        let note = Note::of("branch.set");
        let Some(before) = before else {
            let query = sqlx::query("INSERT INTO branches (id, model, name, head) VALUES ($1, $2, $3, $4)");
            let query = query.bind(&after.id).bind(&after.model).bind(&after.name).bind(after.head.clone());
            query.execute(self.connection()).await?;
            return self.made(after, note).await;
        };
        let query = sqlx::query("UPDATE branches SET head = $1 WHERE id = $2");
        query.bind(after.head.clone()).bind(&after.id).execute(self.connection()).await?;
        self.moved(before, after, note).await
    }

    pub(crate) async fn commit_of(&mut self, revision: &str) -> Result<Option<Commit>> {
        let row = sqlx::query(COMMIT).bind(revision).fetch_optional(self.connection()).await?;
        row.as_ref().map(commit).transpose()
    }

    /// All who uploaded something that a revision rests on.
    pub(crate) async fn authors_of(&mut self, revision: &str) -> Result<BTreeSet<String>> {
        authors_of(self.connection(), revision).await
    }

    pub(crate) async fn add_commit(&mut self, new: &Commit, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO commits (revision, model, branch, parent, title, message, person, authors, seq, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        );
        let authors = new.authors.iter().cloned().collect::<serde_json::Value>().to_string();
        let query = query.bind(&new.revision).bind(&new.model).bind(&new.branch).bind(new.parent.clone());
        let query = query.bind(&new.title).bind(&new.message).bind(&new.person).bind(authors);
        query.bind(new.seq.cast_signed()).bind(new.created).execute(self.connection()).await?;
        self.made(new, note).await
    }

    /// The files of a revision, by path.
    pub(crate) async fn files(&mut self, revision: &str) -> Result<Vec<super::revisions::File>> {
        let query = sqlx::query("SELECT * FROM files WHERE revision = $1 ORDER BY path").bind(revision);
        query.fetch_all(self.connection()).await?.iter().map(super::revisions::file).collect()
    }

    /// The revisions of a model, the newest first.
    pub(crate) async fn revisions_of(&mut self, model: &str) -> Result<Vec<super::revisions::Revision>> {
        let query =
            sqlx::query("SELECT * FROM revisions WHERE model = $1 ORDER BY created DESC, id").bind(model);
        query.fetch_all(self.connection()).await?.iter().map(super::revisions::revision).collect()
    }

    /// Whether somebody asked for a model that is to be fetched.
    pub(crate) async fn awaits_fetching(&mut self, model: &str) -> Result<bool> {
        let query =
            sqlx::query("SELECT 1 FROM requests WHERE model = $1 AND revision IS NULL AND fault IS NULL");
        Ok(query.bind(model).fetch_optional(self.connection()).await?.is_some())
    }
}

pub(crate) fn repository(row: &AnyRow) -> Result<Repository> {
    Ok(Repository {
        model: row.try_get("model")?,
        owner: row.try_get("owner")?,
        created: row.try_get("created")?,
        pulls: count(row, "pulls")?,
        closed: row.try_get("closed")?,
    })
}

pub(crate) fn branch(row: &AnyRow) -> Result<Branch> {
    Ok(Branch {
        id: row.try_get("id")?,
        model: row.try_get("model")?,
        name: row.try_get("name")?,
        head: row.try_get("head")?,
    })
}

pub(crate) fn commit(row: &AnyRow) -> Result<Commit> {
    let authors: String = row.try_get("authors")?;
    let authors = serde_json::from_str(&authors)
        .map_err(|error| StoreError::Corrupt(format!("authors that cannot be read: {error}")))?;
    Ok(Commit {
        revision: row.try_get("revision")?,
        model: row.try_get("model")?,
        branch: row.try_get("branch")?,
        parent: row.try_get("parent")?,
        title: row.try_get("title")?,
        message: row.try_get("message")?,
        person: row.try_get("person")?,
        authors,
        seq: count(row, "seq")?,
        created: row.try_get("created")?,
    })
}
