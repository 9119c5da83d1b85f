//! Logins by device that are under way. Kept are digests: of the code that the device has, and of the token that it will get.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Change, Result, Store};

/// A login that waits for somebody, or was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// What a person types or reads.
    pub(crate) user_code: String,
    /// Digest of the code by which the device asks.
    pub(crate) code: String,
    /// Digest of the token that it gets.
    pub(crate) token: String,
    pub(crate) expires: i64,
    /// `allowed` or `denied`, once somebody said so.
    pub(crate) answer: Option<String>,
}

impl Store {
    /// Adds a login, unless `most` are under way; those whose time is over make room. Says whether there was any.
    pub(crate) async fn add_device(&self, new: &Device, now: i64, most: i64) -> Result<bool> {
        sqlx::query("DELETE FROM devices WHERE expires <= $1").bind(now).execute(self.pool()).await?;
        let count: i64 = sqlx::query("SELECT COUNT(*) AS count FROM devices")
            .fetch_one(self.pool())
            .await?
            .try_get("count")?;
        if count >= most {
            return Ok(false);
        }
        let query =
            sqlx::query("INSERT INTO devices (user_code, device, token, expires) VALUES ($1, $2, $3, $4)");
        let query = query.bind(&new.user_code).bind(&new.code).bind(&new.token).bind(new.expires);
        query.execute(self.pool()).await?;
        Ok(true)
    }

    /// The login whose device has the code of this digest.
    pub(crate) async fn device(&self, digest: &str) -> Result<Option<Device>> {
        let query = sqlx::query("SELECT * FROM devices WHERE device = $1").bind(digest);
        query.fetch_optional(self.pool()).await?.as_ref().map(device).transpose()
    }

    /// The token of this digest, whoever has it.
    pub(crate) async fn token_of(&self, digest: &str) -> Result<Option<super::people::Token>> {
        let query = sqlx::query("SELECT * FROM tokens WHERE digest = $1").bind(digest);
        query.fetch_optional(self.pool()).await?.as_ref().map(super::people::token).transpose()
    }
}

impl Change {
    /// The login with this code that still waits for an answer.
    pub(crate) async fn waiting_device(&mut self, user_code: &str) -> Result<Option<Device>> {
        let now = self.now();
        let query =
            sqlx::query("SELECT * FROM devices WHERE user_code = $1 AND expires > $2 AND answer IS NULL");
        let query = query.bind(user_code).bind(now);
        query.fetch_optional(self.connection()).await?.as_ref().map(device).transpose()
    }

    /// Notes what somebody said.
    pub(crate) async fn answer_device(&mut self, user_code: &str, answer: &str) -> Result<()> {
        let query = sqlx::query("UPDATE devices SET answer = $1 WHERE user_code = $2");
        query.bind(answer).bind(user_code).execute(self.connection()).await?;
        Ok(())
    }
}

fn device(row: &AnyRow) -> Result<Device> {
    Ok(Device {
        user_code: row.try_get("user_code")?,
        code: row.try_get("device")?,
        token: row.try_get("token")?,
        expires: row.try_get("expires")?,
        answer: row.try_get("answer")?,
    })
}
