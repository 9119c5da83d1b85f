//! Who people are in the directory: issuer and subject, which never change, and the person they are here.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::Digest;

use super::change::Entity;
use super::{Change, Note, Result, Store};

/// Somebody of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Identity {
    /// Digest of issuer and subject.
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// Who they are here; nobody is two of them.
    pub(crate) person: String,
    pub(crate) created: i64,
    /// When the directory last said that they are there.
    pub(crate) confirmed: i64,
}

impl Identity {
    pub(crate) fn id_of(issuer: &str, subject: &str) -> String {
        Digest::of(format!("{issuer}\0{subject}").as_bytes()).hex()
    }
}

impl Entity for Identity {
    const KIND: &'static str = "identity";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        "known".to_owned()
    }
}

impl Store {
    pub(crate) async fn identity(&self, id: &str) -> Result<Option<Identity>> {
        let query = sqlx::query("SELECT * FROM identities WHERE id = $1").bind(id);
        query.fetch_optional(self.pool()).await?.as_ref().map(identity).transpose()
    }

    /// The identity of a person, if the directory knows them.
    pub(crate) async fn identity_of(&self, person: &str) -> Result<Option<Identity>> {
        let query = sqlx::query("SELECT * FROM identities WHERE person = $1").bind(person);
        query.fetch_optional(self.pool()).await?.as_ref().map(identity).transpose()
    }
}

impl Change {
    pub(crate) async fn add_identity(&mut self, new: &Identity) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO identities (id, issuer, subject, person, created, confirmed) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let query = query.bind(&new.id).bind(&new.issuer).bind(&new.subject).bind(&new.person);
        query.bind(new.created).bind(new.confirmed).execute(self.connection()).await?;
        self.made(new, Note::of("identity.add")).await
    }

    pub(crate) async fn confirm_identity(&mut self, before: &Identity, after: &Identity) -> Result<()> {
        let query = sqlx::query("UPDATE identities SET confirmed = $1 WHERE id = $2");
        query.bind(after.confirmed).bind(&after.id).execute(self.connection()).await?;
        self.moved(before, after, Note::of("identity.confirm")).await
    }
}

pub(crate) fn identity(row: &AnyRow) -> Result<Identity> {
    Ok(Identity {
        id: row.try_get("id")?,
        issuer: row.try_get("issuer")?,
        subject: row.try_get("subject")?,
        person: row.try_get("person")?,
        created: row.try_get("created")?,
        confirmed: row.try_get("confirmed")?,
    })
}
