//! Models by name, and who asked for them.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::change::Entity;
use super::{Change, Note, Result, Store, StoreError, fresh_id, uploads, word};
use crate::events::{EventKind, Facts};
use crate::name::{Kind, Name};

/// A model or data set of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) name: Name,
    pub(crate) created: i64,
}

impl Entity for Model {
    const KIND: &'static str = "model";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        "known".to_owned()
    }
}

/// Somebody asked for a model in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) model: String,
    /// The revision as they wrote it.
    pub(crate) wanted: String,
    pub(crate) stage: String,
    pub(crate) person: String,
    pub(crate) reason: String,
    pub(crate) created: i64,
    /// Once the source was asked.
    pub(crate) revision: Option<String>,
    /// Why there is none.
    pub(crate) fault: Option<String>,
}

impl Entity for Asked {
    const KIND: &'static str = "request";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        match (&self.revision, &self.fault) {
            (Some(_), _) => "settled",
            (None, Some(_)) => "failed",
            (None, None) => "open",
        }
        .to_owned()
    }
}

/// Who asked for a revision in a stage, or uploaded something that it rests on: people judge nothing that they brought in.
pub(crate) async fn requesters(
    connection: &mut AnyConnection,
    revision: &str,
    stage: &str,
) -> Result<BTreeSet<String>> {
    let query = sqlx::query("SELECT DISTINCT person FROM requests WHERE revision = $1 AND stage = $2");
    let rows = query.bind(revision).bind(stage).fetch_all(&mut *connection).await?;
    let asked = rows.iter().map(|row| Ok(row.try_get("person")?)).collect::<Result<BTreeSet<String>>>()?;
    Ok(asked.into_iter().chain(uploads::authors_of(connection, revision).await?).collect())
}

/// The model of this id, also one that was made in the same change.
pub(crate) async fn of_id(connection: &mut AnyConnection, id: &str) -> Result<Option<Model>> {
    let row = sqlx::query("SELECT * FROM models WHERE id = $1").bind(id).fetch_optional(connection).await?;
    row.as_ref().map(model).transpose()
}

impl Store {
    pub(crate) async fn model(&self, name: &Name) -> Result<Option<Model>> {
        let query = sqlx::query("SELECT * FROM models WHERE kind = $1 AND folded = $2");
        let row = query.bind(name.kind().as_str()).bind(name.folded()).fetch_optional(self.pool()).await?;
        row.as_ref().map(model).transpose()
    }

    pub(crate) async fn model_by_id(&self, id: &str) -> Result<Option<Model>> {
        of_id(&mut *self.pool().acquire().await?, id).await
    }

    /// Models of a kind whose names hold `search`, after the name `after`, `most` of them, in the order of names.
    pub(crate) async fn models(
        &self,
        kind: Kind,
        search: &str,
        after: &str,
        most: u32,
    ) -> Result<Vec<Model>> {
        let query = sqlx::query(
            "SELECT * FROM models WHERE kind = $1 AND folded LIKE $2 ESCAPE '!' AND folded > $3 ORDER BY folded LIMIT $4",
        );
        let query = query
            .bind(kind.as_str())
            .bind(format!("%{}%", escaped(search)))
            .bind(after.to_lowercase())
            .bind(i64::from(most));
        query.fetch_all(self.pool()).await?.iter().map(model).collect()
    }

    pub(crate) async fn request(&self, id: &str) -> Result<Option<Asked>> {
        let row =
            sqlx::query("SELECT * FROM requests WHERE id = $1").bind(id).fetch_optional(self.pool()).await?;
        row.as_ref().map(asked).transpose()
    }

    /// The last request for a model in a stage.
    pub(crate) async fn last_request(&self, model: &str, stage: &str) -> Result<Option<Asked>> {
        let query = sqlx::query(
            "SELECT * FROM requests WHERE model = $1 AND stage = $2 ORDER BY created DESC, id DESC LIMIT 1",
        );
        query.bind(model).bind(stage).fetch_optional(self.pool()).await?.as_ref().map(asked).transpose()
    }

    /// Who asked for a model, the first one first.
    pub(crate) async fn requests_of(&self, model: &str) -> Result<Vec<Asked>> {
        let query = sqlx::query("SELECT * FROM requests WHERE model = $1 ORDER BY created, id").bind(model);
        query.fetch_all(self.pool()).await?.iter().map(asked).collect()
    }
}

impl Change {
    /// The model of this name, made if it is not there.
    pub(crate) async fn ensure_model(&mut self, name: &Name) -> Result<Model> {
        let query = sqlx::query("SELECT * FROM models WHERE kind = $1 AND folded = $2");
        let query = query.bind(name.kind().as_str()).bind(name.folded());
        if let Some(row) = query.fetch_optional(self.connection()).await? {
            return model(&row);
        }
        let made = Model { id: fresh_id()?, name: name.clone(), created: self.now() };
        let query =
            sqlx::query("INSERT INTO models (id, kind, name, folded, created) VALUES ($1, $2, $3, $4, $5)");
        let query = query.bind(&made.id).bind(name.kind().as_str()).bind(name.as_str()).bind(name.folded());
        query.bind(made.created).execute(self.connection()).await?;
        self.made(&made, Note::of("model.add")).await?;
        Ok(made)
    }

    /// A request as it is now, for a change that rests on it.
    pub(crate) async fn request(&mut self, id: &str) -> Result<Option<Asked>> {
        let query = sqlx::query("SELECT * FROM requests WHERE id = $1").bind(id);
        query.fetch_optional(self.connection()).await?.as_ref().map(asked).transpose()
    }

    /// An open request for the same thing by the same person, if there is one.
    pub(crate) async fn same_request(&mut self, new: &Asked) -> Result<Option<Asked>> {
        let query = sqlx::query(
            "SELECT * FROM requests WHERE model = $1 AND wanted = $2 AND stage = $3 AND person = $4 AND revision IS NULL \
             AND fault IS NULL",
        );
        let query = query.bind(&new.model).bind(&new.wanted).bind(&new.stage).bind(&new.person);
        query.fetch_optional(self.connection()).await?.as_ref().map(asked).transpose()
    }

    pub(crate) async fn add_request(&mut self, new: &Asked) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO requests (id, model, wanted, stage, person, reason, created, revision) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let query = query.bind(&new.id).bind(&new.model).bind(&new.wanted).bind(&new.stage);
        let query = query.bind(&new.person).bind(&new.reason).bind(new.created).bind(new.revision.clone());
        query.execute(self.connection()).await?;
        let note = Note { detail: vec![("stage", new.stage.clone())], ..Note::of("request.open") };
        let facts = Facts { why: new.reason.clone(), ..self.facts(new).await? };
        let note = self.announce(&[EventKind::Requested], &facts, note);
        self.made(new, note).await
    }

    /// Notes which revision was meant, or why there is none.
    pub(crate) async fn settle_request(&mut self, before: &Asked, after: &Asked) -> Result<()> {
        let query = sqlx::query("UPDATE requests SET revision = $1, fault = $2 WHERE id = $3");
        let query = query.bind(after.revision.clone()).bind(after.fault.clone()).bind(&after.id);
        query.execute(self.connection()).await?;
        let mut note = Note::of("request.settle");
        if let Some(fault) = after.fault.as_ref().filter(|_| before.fault.is_none()) {
            let facts = Facts { why: fault.clone(), ..self.facts(after).await? };
            note = self.announce(&[EventKind::FetchFailed], &facts, note);
        }
        self.moved(before, after, note).await
    }

    /// What events tell of a request.
    async fn facts(&mut self, asked: &Asked) -> Result<Facts> {
        Ok(Facts {
            stage: asked.stage.clone(),
            requester: asked.person.clone(),
            ..self.named(&asked.model, asked.revision.as_deref()).await?
        })
    }

    /// The requests for a revision, the first one first.
    pub(crate) async fn requests_for(&mut self, revision: &str) -> Result<Vec<Asked>> {
        let query =
            sqlx::query("SELECT * FROM requests WHERE revision = $1 ORDER BY created, id").bind(revision);
        query.fetch_all(self.connection()).await?.iter().map(asked).collect()
    }
}

/// A text that `LIKE … ESCAPE '!'` takes literally, in the case of folded names.
pub(super) fn escaped(text: &str) -> String {
    text.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

pub(crate) fn model(row: &AnyRow) -> Result<Model> {
    let kind: Kind = word(row, "kind")?;
    let name: String = row.try_get("name")?;
    let folded: String = row.try_get("folded")?;
    let name = Name::new(kind, &name)
        .filter(|name| name.folded() == folded)
        .ok_or_else(|| StoreError::Corrupt(format!("a model with the name `{name}`, found as `{folded}`")))?;
    Ok(Model { id: row.try_get("id")?, name, created: row.try_get("created")? })
}

pub(crate) fn asked(row: &AnyRow) -> Result<Asked> {
    Ok(Asked {
        id: row.try_get("id")?,
        model: row.try_get("model")?,
        wanted: row.try_get("wanted")?,
        stage: row.try_get("stage")?,
        person: row.try_get("person")?,
        reason: row.try_get("reason")?,
        created: row.try_get("created")?,
        revision: row.try_get("revision")?,
        fault: row.try_get("fault")?,
    })
}
