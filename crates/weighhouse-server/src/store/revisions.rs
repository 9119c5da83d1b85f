//! Revisions: their files, how far they came in, and what was found in them.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use weighhouse_core::digest::model_digest;
use weighhouse_core::{Digest, Intake};

use super::change::Entity;
use super::summaries::Summary;
use super::{Change, Note, Result, Store, StoreError, as_text, count, word};
use crate::events::{EventKind, Facts};

/// One commit of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Revision {
    pub(crate) id: String,
    pub(crate) model: String,
    /// 40 hexadecimal digits, as clients know it.
    pub(crate) commit: String,
    /// Where its bytes came from.
    pub(crate) source: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) state: Intake,
    /// Why it failed or was revoked.
    pub(crate) fault: Option<String>,
    /// Model digest over all its files, once they are here.
    #[serde(serialize_with = "as_optional_text")]
    pub(crate) digest: Option<Digest>,
    /// Digest over the list of its files: names, sizes and ids, of which the model digest says nothing.
    #[serde(serialize_with = "as_optional_text")]
    pub(crate) listing: Option<Digest>,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) created: i64,
    /// The inspection that counts.
    pub(crate) inspection: Option<String>,
}

impl Revision {
    /// One of which nothing came yet.
    pub(crate) fn requested(id: String, model: &str, commit: &str, source: &str) -> Self {
        Self {
            id,
            model: model.to_owned(),
            commit: commit.to_owned(),
            source: source.to_owned(),
            state: Intake::Requested,
            fault: None,
            digest: None,
            listing: None,
            files: 0,
            bytes: 0,
            created: 0,
            inspection: None,
        }
    }
}

impl Entity for Revision {
    const KIND: &'static str = "revision";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        self.state.to_string()
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn as_optional_text<S: serde::Serializer>(value: &Option<Digest>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(digest) => serializer.serialize_some(&digest.to_string()),
        None => serializer.serialize_none(),
    }
}

/// A file of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) size: u64,
    #[serde(serialize_with = "as_text")]
    pub(crate) sha256: Digest,
    /// Git's id: of the content, or of the pointer that stands for large content.
    pub(crate) git_oid: String,
    /// Whether clients know it by its SHA-256 (LFS) instead of git's id.
    pub(crate) large: bool,
}

/// What was found in a revision. Its id is the digest of facts and report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inspected {
    pub(crate) revision: String,
    pub(crate) at: i64,
    /// Digest of program and knowledge.
    pub(crate) ruleset: Digest,
    /// The fact document, as policies read it.
    pub(crate) facts: String,
    /// The report, JSON v1.
    pub(crate) report: String,
}

impl Inspected {
    /// Identity: what it says, and of what.
    pub(crate) fn id(&self) -> Digest {
        let parts =
            [&self.revision, &self.at.to_string(), &self.ruleset.to_string(), &self.facts, &self.report];
        let digests: Vec<u8> =
            parts.iter().flat_map(|part| *Digest::of(part.as_bytes()).as_bytes()).collect();
        Digest::of(&digests)
    }
}

/// The model digest of a list of files.
pub(crate) fn digest_of(files: &[File]) -> Digest {
    model_digest(files.iter().map(|file| (file.path.as_str(), file.sha256)))
}

/// Digest over a list of files, in whatever order it is given.
pub(crate) fn listing_of(files: &[File]) -> Digest {
    let mut files: Vec<&File> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Digest::of(serde_json::json!(files).to_string().as_bytes())
}

impl Store {
    /// All contents that files have, with their sizes, each once.
    pub(crate) async fn contents_in(connection: &mut AnyConnection) -> Result<Vec<(Digest, u64)>> {
        let mut rows =
            sqlx::query("SELECT DISTINCT sha256, size FROM files ORDER BY sha256").fetch(connection);
        let mut all = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let (sha256, size): (String, i64) = (row.try_get("sha256")?, row.try_get("size")?);
            let both = sha256.parse().ok().zip(u64::try_from(size).ok());
            all.push(both.ok_or_else(|| StoreError::Corrupt(format!("a file with the digest `{sha256}`")))?);
        }
        Ok(all)
    }

    /// The same, as they are now.
    pub(crate) async fn all_contents(&self) -> Result<Vec<(Digest, u64)>> {
        Self::contents_in(&mut *self.pool().acquire().await?).await
    }

    /// The large contents of a model's revisions, but for those that were withdrawn.
    pub(crate) async fn large_contents(&self, model: &str) -> Result<HashSet<(Digest, u64)>> {
        let query = sqlx::query(
            "SELECT DISTINCT files.sha256 AS sha256, files.size AS size FROM files JOIN revisions ON revisions.id = files.revision \
             WHERE revisions.model = $1 AND revisions.state <> 'revoked' AND files.large = 1",
        );
        let rows = query.bind(model).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((word(row, "sha256")?, count(row, "size")?))).collect()
    }

    pub(crate) async fn revision(&self, id: &str) -> Result<Option<Revision>> {
        let row =
            sqlx::query("SELECT * FROM revisions WHERE id = $1").bind(id).fetch_optional(self.pool()).await?;
        row.as_ref().map(revision).transpose()
    }

    pub(crate) async fn revision_at(&self, model: &str, commit: &str) -> Result<Option<Revision>> {
        let query = sqlx::query("SELECT * FROM revisions WHERE model = $1 AND commit_id = $2");
        let row = query.bind(model).bind(commit).fetch_optional(self.pool()).await?;
        row.as_ref().map(revision).transpose()
    }

    /// The files of a revision, by path.
    pub(crate) async fn files(&self, revision: &str) -> Result<Vec<File>> {
        let query = sqlx::query("SELECT * FROM files WHERE revision = $1 ORDER BY path").bind(revision);
        query.fetch_all(self.pool()).await?.iter().map(file).collect()
    }

    /// Files of a revision, by path, after a path.
    pub(crate) async fn files_after(&self, revision: &str, after: &str, most: u32) -> Result<Vec<File>> {
        let query =
            sqlx::query("SELECT * FROM files WHERE revision = $1 AND path > $2 ORDER BY path LIMIT $3");
        let query = query.bind(revision).bind(after).bind(i64::from(most));
        query.fetch_all(self.pool()).await?.iter().map(file).collect()
    }

    pub(crate) async fn file(&self, revision: &str, path: &str) -> Result<Option<File>> {
        let query =
            sqlx::query("SELECT * FROM files WHERE revision = $1 AND path = $2").bind(revision).bind(path);
        query.fetch_optional(self.pool()).await?.as_ref().map(file).transpose()
    }

    pub(crate) async fn inspection(&self, id: &str) -> Result<Option<Inspected>> {
        let row = sqlx::query("SELECT * FROM inspections WHERE id = $1")
            .bind(id)
            .fetch_optional(self.pool())
            .await?;
        row.as_ref().map(inspected).transpose()
    }

    /// Notes that somebody has these bytes, before they go out. No state: repeated without harm.
    pub(crate) async fn pulled(&self, revision: &str, person: &str, now: i64) -> Result<()> {
        // A revision has many files: what was noted a moment ago is not noted again.
        if self.noted(revision, person, now) {
            return Ok(());
        }
        let known = sqlx::query("SELECT 1 FROM pulls WHERE revision = $1 AND person = $2 AND latest > $3");
        let known = known.bind(revision).bind(person).bind(now - 60);
        if known.fetch_optional(self.pool()).await?.is_none() {
            let query = sqlx::query(
                "INSERT INTO pulls (revision, person, first, latest) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (revision, person) DO UPDATE SET latest = excluded.latest",
            );
            query.bind(revision).bind(person).bind(now).bind(now).execute(self.pool()).await?;
        }
        self.note(revision, person, now);
        Ok(())
    }

    /// Who has bytes of a revision, with when they took some first and last.
    pub(crate) async fn pullers(&self, revision: &str) -> Result<Vec<(String, i64, i64)>> {
        self.pullers_after(revision, "", u32::MAX).await
    }

    /// The same, by name, after a name.
    pub(crate) async fn pullers_after(
        &self,
        revision: &str,
        after: &str,
        most: u32,
    ) -> Result<Vec<(String, i64, i64)>> {
        let query =
            sqlx::query("SELECT * FROM pulls WHERE revision = $1 AND person > $2 ORDER BY person LIMIT $3");
        let query = query.bind(revision).bind(after).bind(i64::from(most));
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("person")?, row.try_get("first")?, row.try_get("latest")?)))
            .collect()
    }
}

impl Change {
    /// A revision as it is now, for a change that rests on it.
    pub(crate) async fn revision(&mut self, id: &str) -> Result<Option<Revision>> {
        let query = sqlx::query("SELECT * FROM revisions WHERE id = $1").bind(id);
        query.fetch_optional(self.connection()).await?.as_ref().map(revision).transpose()
    }

    pub(crate) async fn revision_at(&mut self, model: &str, commit: &str) -> Result<Option<Revision>> {
        let query = sqlx::query("SELECT * FROM revisions WHERE model = $1 AND commit_id = $2")
            .bind(model)
            .bind(commit);
        query.fetch_optional(self.connection()).await?.as_ref().map(revision).transpose()
    }

    pub(crate) async fn add_revision(&mut self, new: &Revision) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO revisions (id, model, commit_id, source, state, created) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let query = query.bind(&new.id).bind(&new.model).bind(&new.commit).bind(&new.source);
        query.bind(new.state.as_str()).bind(new.created).execute(self.connection()).await?;
        let note = Note { detail: vec![("commit", new.commit.clone())], ..Note::of("revision.request") };
        self.made(new, note).await
    }

    pub(crate) async fn set_revision(
        &mut self,
        before: &Revision,
        after: &Revision,
        note: Note<'_>,
    ) -> Result<()> {
        let query = sqlx::query(
            "UPDATE revisions SET state = $1, fault = $2, digest = $3, listing = $4, files = $5, bytes = $6, inspection = $7 \
             WHERE id = $8",
        );
        let query = query.bind(after.state.as_str()).bind(after.fault.clone());
        let query = query.bind(after.digest.map(|digest| digest.hex()));
        let query = query.bind(after.listing.map(|digest| digest.hex())).bind(after.files.cast_signed());
        let query = query.bind(after.bytes.cast_signed()).bind(after.inspection.clone()).bind(&after.id);
        query.execute(self.connection()).await?;
        let mut note = note;
        if after.state == Intake::Revoked && before.state != Intake::Revoked {
            let why = after.fault.clone().unwrap_or_default();
            let facts = Facts { why, ..self.named(&after.model, Some(&after.id)).await? };
            note = self.announce(&[EventKind::Revoked], &facts, note);
        }
        self.moved(before, after, note).await
    }

    /// Notes the files of a revision; the digest that the revision carries covers them.
    pub(crate) async fn add_files(&mut self, revision: &str, files: &[File]) -> Result<()> {
        for file in files {
            let query = sqlx::query(
                "INSERT INTO files (revision, path, size, sha256, git_oid, large) VALUES ($1, $2, $3, $4, $5, $6)",
            );
            let query =
                query.bind(revision).bind(&file.path).bind(file.size.cast_signed()).bind(file.sha256.hex());
            query.bind(&file.git_oid).bind(i64::from(file.large)).execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Notes an inspection; the revision that names it covers it.
    pub(crate) async fn add_inspection(&mut self, new: &Inspected) -> Result<String> {
        let id = new.id().hex();
        let query = sqlx::query(
            "INSERT INTO inspections (id, revision, at, ruleset, facts, report) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO NOTHING",
        );
        let query = query.bind(&id).bind(&new.revision).bind(new.at).bind(new.ruleset.hex());
        query.bind(&new.facts).bind(&new.report).execute(self.connection()).await?;
        Summary::of(new).write(&id, self.connection()).await?;
        Ok(id)
    }
}

pub(crate) fn revision(row: &AnyRow) -> Result<Revision> {
    let digest = |column| -> Result<Option<Digest>> {
        let text: Option<String> = row.try_get(column)?;
        text.is_some().then(|| word(row, column)).transpose()
    };
    Ok(Revision {
        id: row.try_get("id")?,
        model: row.try_get("model")?,
        commit: row.try_get("commit_id")?,
        source: row.try_get("source")?,
        state: word(row, "state")?,
        fault: row.try_get("fault")?,
        digest: digest("digest")?,
        listing: digest("listing")?,
        files: count(row, "files")?,
        bytes: count(row, "bytes")?,
        created: row.try_get("created")?,
        inspection: row.try_get("inspection")?,
    })
}

pub(crate) fn file(row: &AnyRow) -> Result<File> {
    Ok(File {
        path: row.try_get("path")?,
        size: count(row, "size")?,
        sha256: word(row, "sha256")?,
        git_oid: row.try_get("git_oid")?,
        large: row.try_get::<i64, _>("large")? != 0,
    })
}

pub(crate) fn inspected(row: &AnyRow) -> Result<Inspected> {
    Ok(Inspected {
        revision: row.try_get("revision")?,
        at: row.try_get("at")?,
        ruleset: word(row, "ruleset")?,
        facts: row.try_get("facts")?,
        report: row.try_get("report")?,
    })
}
