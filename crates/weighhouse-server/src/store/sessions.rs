//! Sessions of browsers. They are state, so that somebody who adds one past the gate is found by the audit.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::Digest;

use super::change::Entity;
use super::{Change, Note, Result, Store};

/// A session of a browser, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// Of the secret that stands in the cookie.
    pub(crate) digest: String,
    /// The token that began it, and with which it ends.
    pub(crate) token: String,
    pub(crate) person: String,
    pub(crate) began: i64,
    pub(crate) expires: i64,
    pub(crate) ended: Option<i64>,
}

impl Entity for Session {
    const KIND: &'static str = "session";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        if self.ended.is_some() { "ended" } else { "open" }.to_owned()
    }
}

impl Store {
    /// The session of this secret, if it is open at the time `now`.
    pub(crate) async fn session(&self, secret: Digest, now: i64) -> Result<Option<Session>> {
        let query =
            sqlx::query("SELECT * FROM sessions WHERE digest = $1 AND ended IS NULL AND expires > $2");
        let row = query.bind(secret.hex()).bind(now).fetch_optional(self.pool()).await?;
        row.as_ref().map(session).transpose()
    }
}

impl Change {
    pub(crate) async fn add_session(&mut self, new: &Session) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO sessions (id, digest, token, person, began, expires) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let query = query.bind(&new.id).bind(&new.digest).bind(&new.token).bind(&new.person);
        query.bind(new.began).bind(new.expires).execute(self.connection()).await?;
        self.made(new, Note::of("session.begin")).await
    }

    pub(crate) async fn end_session(&mut self, before: &Session) -> Result<()> {
        let after = Session { ended: Some(self.now()), ..before.clone() };
        let query = sqlx::query("UPDATE sessions SET ended = $1 WHERE id = $2 AND ended IS NULL");
        let done = query.bind(after.ended).bind(&after.id).execute(self.connection()).await?;
        // Ended twice at the same moment: the first one stands.
        if done.rows_affected() == 0 {
            return Ok(());
        }
        self.moved(before, &after, Note::of("session.end")).await
    }
}

pub(crate) fn session(row: &AnyRow) -> Result<Session> {
    Ok(Session {
        id: row.try_get("id")?,
        digest: row.try_get("digest")?,
        token: row.try_get("token")?,
        person: row.try_get("person")?,
        began: row.try_get("began")?,
        expires: row.try_get("expires")?,
        ended: row.try_get("ended")?,
    })
}
