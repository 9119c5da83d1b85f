//! Statements of others about the bytes of a revision, kept as they came.

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use weighhouse_core::Digest;

use super::change::Entity;
use super::{Change, Note, Result, Store, StoreError, as_text, word};

/// A statement in its envelope. The row's digest in the log covers the envelope by its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Attestation {
    pub(crate) id: String,
    pub(crate) revision: String,
    /// Of the envelope.
    #[serde(serialize_with = "as_text")]
    pub(crate) digest: Digest,
    /// The predicate type.
    pub(crate) kind: String,
    /// The result that it tells; empty if it tells none.
    pub(crate) result: String,
    /// The name of the key that signed it, as the configuration calls it.
    pub(crate) signer: String,
    /// Who brought it.
    pub(crate) person: String,
    pub(crate) at: i64,
    pub(crate) withdrawn: Option<i64>,
    #[serde(skip)]
    pub(crate) envelope: String,
}

impl Entity for Attestation {
    const KIND: &'static str = "attestation";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        if self.withdrawn.is_some() { "withdrawn" } else { "kept" }.to_owned()
    }
}

/// The statements about a revision, oldest first, withdrawn ones too; without their envelopes, which may be large.
pub(crate) async fn about(connection: &mut AnyConnection, revision: &str) -> Result<Vec<Attestation>> {
    let query = sqlx::query(
        "SELECT id, revision, digest, kind, result, signer, person, at, withdrawn, '' AS envelope FROM attestations \
         WHERE revision = $1 ORDER BY at, id",
    );
    query.bind(revision).fetch_all(connection).await?.iter().map(attestation).collect()
}

/// A statement with its envelope.
pub(crate) async fn whole(connection: &mut AnyConnection, id: &str) -> Result<Option<Attestation>> {
    let query = sqlx::query("SELECT * FROM attestations WHERE id = $1").bind(id);
    query.fetch_optional(connection).await?.as_ref().map(attestation).transpose()
}

impl Store {
    pub(crate) async fn attestation(&self, id: &str) -> Result<Option<Attestation>> {
        whole(&mut *self.pool().acquire().await?, id).await
    }

    pub(crate) async fn attestations(&self, revision: &str) -> Result<Vec<Attestation>> {
        about(&mut *self.pool().acquire().await?, revision).await
    }
}

impl Change {
    pub(crate) async fn attestation(&mut self, id: &str) -> Result<Option<Attestation>> {
        whole(self.connection(), id).await
    }

    pub(crate) async fn add_attestation(&mut self, new: &Attestation, bytes: Digest) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO attestations (id, revision, digest, kind, result, signer, person, at, envelope) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        );
        let query = query.bind(&new.id).bind(&new.revision).bind(new.digest.hex()).bind(&new.kind);
        let query = query.bind(&new.result).bind(&new.signer).bind(&new.person).bind(new.at);
        query.bind(&new.envelope).execute(self.connection()).await?;
        let detail = vec![("kind", new.kind.clone()), ("signer", new.signer.clone())];
        let note =
            Note { objects: vec![bytes], evidence: vec![new.digest], detail, ..Note::of("attestation.keep") };
        self.made(new, note).await
    }

    pub(crate) async fn withdraw_attestation(&mut self, before: &Attestation) -> Result<Attestation> {
        let after = Attestation { withdrawn: Some(self.now()), ..before.clone() };
        let query = sqlx::query("UPDATE attestations SET withdrawn = $1 WHERE id = $2").bind(after.withdrawn);
        query.bind(&after.id).execute(self.connection()).await?;
        let note = Note { evidence: vec![before.digest], ..Note::of("attestation.withdraw") };
        self.moved(before, &after, note).await?;
        Ok(after)
    }
}

pub(crate) fn attestation(row: &AnyRow) -> Result<Attestation> {
    Ok(Attestation {
        id: row.try_get("id")?,
        revision: row.try_get("revision")?,
        digest: word(row, "digest")?,
        kind: row.try_get("kind")?,
        result: row.try_get("result")?,
        signer: row.try_get("signer")?,
        person: row.try_get("person")?,
        at: row.try_get("at")?,
        withdrawn: row.try_get("withdrawn")?,
        envelope: row.try_get("envelope")?,
    })
}

/// The same without its envelope, if that is the one that was brought.
pub(crate) fn checked(row: &AnyRow) -> Result<Attestation> {
    let read = attestation(row)?;
    if Digest::of(read.envelope.as_bytes()) != read.digest {
        return Err(StoreError::Corrupt(format!("another envelope than `attestation/{}` came in", read.id)));
    }
    Ok(Attestation { envelope: String::new(), ..read })
}
