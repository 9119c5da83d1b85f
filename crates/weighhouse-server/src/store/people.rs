//! People and their tokens. A token is kept as its digest only; it is 256 random bits, so that a plain digest does.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::Digest;
use weighhouse_core::digest::{hex, unhex};
use weighhouse_log::record::{Pseudonym, Salt};

use super::change::Entity;
use super::{Change, Note, Result, Store, StoreError};

/// Somebody, or a machine, that the gate knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) roles: BTreeSet<String>,
    pub(crate) created: i64,
    pub(crate) disabled: bool,
}

impl Entity for Account {
    const KIND: &'static str = "person";

    fn id(&self) -> &str {
        &self.name
    }

    fn word(&self) -> String {
        if self.disabled { "disabled" } else { "enabled" }.to_owned()
    }
}

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) digest: String,
    pub(crate) person: String,
    pub(crate) label: String,
    /// The only stage it may be used for, if it is bound to one.
    pub(crate) stage: Option<String>,
    /// Whether an agent has it, that acts for the person. Left out where it is not so: digests of rows from before there were agents stay
    /// what they were.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) agent: bool,
    pub(crate) created: i64,
    pub(crate) expires: i64,
    pub(crate) revoked: Option<i64>,
}

impl Entity for Token {
    const KIND: &'static str = "token";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        if self.revoked.is_some() { "revoked" } else { "valid" }.to_owned()
    }
}

/// Somebody whose token is good.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) account: Account,
    /// By which the log knows them.
    pub(crate) pseudonym: Pseudonym,
    pub(crate) token: Token,
}

/// Notes in the program's own log who asks.
pub(crate) fn tell(pseudonym: Pseudonym) {
    let span = tracing::Span::current();
    if !span.is_disabled() {
        span.record("person", tracing::field::display(pseudonym));
    }
}

impl Store {
    /// Who holds the token of this digest, if it is good at the time `now`.
    pub(crate) async fn holder(&self, digest: Digest, now: i64) -> Result<Option<Holder>> {
        let query =
            sqlx::query("SELECT * FROM tokens WHERE digest = $1 AND revoked IS NULL AND expires > $2");
        let row = query.bind(digest.hex()).bind(now).fetch_optional(self.pool()).await?;
        let Some(token) = row.as_ref().map(token).transpose()? else { return Ok(None) };
        let known = self.known(&token.person).await?;
        Ok(known.map(|(account, pseudonym)| Holder { account, pseudonym, token }))
    }

    /// The account of somebody who is calling, if they may. The program's own log tells them by the pseudonym of the audit log.
    pub(crate) async fn caller(&self, name: &str) -> Result<Option<Account>> {
        let Some((account, pseudonym)) = self.known(name).await? else { return Ok(None) };
        tell(pseudonym);
        Ok(Some(account))
    }

    /// Somebody who is not shut out, and their pseudonym.
    async fn known(&self, name: &str) -> Result<Option<(Account, Pseudonym)>> {
        let query = sqlx::query("SELECT * FROM people WHERE name = $1").bind(name);
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(None) };
        let salt: String = row.try_get("salt")?;
        let salt = unhex(&salt).and_then(|salt| salt.try_into().ok());
        let salt = salt.ok_or_else(|| StoreError::Corrupt("somebody without a salt".to_owned()))?;
        let pseudonym = Pseudonym::of(&Salt::from_bytes(salt), name);
        Ok(Some((account(&row)?, pseudonym)).filter(|(account, _)| !account.disabled))
    }

    /// Marks a token as used, once a minute. No state: it may be lost.
    pub(crate) async fn used(&self, token: &str, now: i64) -> Result<()> {
        if self.noted("used", token, now) {
            return Ok(());
        }
        // Whoever writes takes the lock of all writers, even if there is nothing to be written.
        let stale = sqlx::query("SELECT 1 FROM tokens WHERE id = $1 AND (used IS NULL OR used < $2)");
        if stale.bind(token).bind(now - 60).fetch_optional(self.pool()).await?.is_some() {
            let query = sqlx::query("UPDATE tokens SET used = $1 WHERE id = $2");
            query.bind(now).bind(token).execute(self.pool()).await?;
        }
        self.note("used", token, now);
        Ok(())
    }

    pub(crate) async fn accounts(&self) -> Result<Vec<Account>> {
        let rows = sqlx::query("SELECT * FROM people ORDER BY name").fetch_all(self.pool()).await?;
        rows.iter().map(account).collect()
    }

    pub(crate) async fn account(&self, name: &str) -> Result<Option<Account>> {
        let query = sqlx::query("SELECT * FROM people WHERE name = $1").bind(name);
        query.fetch_optional(self.pool()).await?.as_ref().map(account).transpose()
    }

    /// How many tokens of somebody hold at the time `now`.
    pub(crate) async fn tokens_alive(&self, person: &str, now: i64) -> Result<i64> {
        let query = sqlx::query(
            "SELECT COUNT(*) AS count FROM tokens WHERE person = $1 AND expires > $2 AND revoked IS NULL",
        );
        Ok(query.bind(person).bind(now).fetch_one(self.pool()).await?.try_get("count")?)
    }

    pub(crate) async fn token(&self, id: &str) -> Result<Option<Token>> {
        let row =
            sqlx::query("SELECT * FROM tokens WHERE id = $1").bind(id).fetch_optional(self.pool()).await?;
        row.as_ref().map(token).transpose()
    }
}

impl Change {
    pub(crate) async fn add_account(&mut self, account: &Account) -> Result<()> {
        let salt = Salt::generate().ok_or_else(|| StoreError::Corrupt("no random numbers".to_owned()))?;
        let query = sqlx::query(
            "INSERT INTO people (name, roles, salt, created, disabled) VALUES ($1, $2, $3, $4, $5)",
        );
        let query = query.bind(&account.name).bind(roles(account)).bind(hex(salt.expose()));
        let query = query.bind(account.created).bind(i64::from(account.disabled));
        query.execute(self.connection()).await?;
        self.made(account, Note::of("person.add")).await
    }

    pub(crate) async fn set_account(&mut self, before: &Account, after: &Account) -> Result<()> {
        let query = sqlx::query("UPDATE people SET roles = $1, disabled = $2 WHERE name = $3");
        let query = query.bind(roles(after)).bind(i64::from(after.disabled)).bind(&after.name);
        query.execute(self.connection()).await?;
        self.moved(before, after, Note::of("person.change")).await
    }

    pub(crate) async fn add_token(&mut self, token: &Token) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO tokens (id, digest, person, label, stage, agent, created, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let query = query.bind(&token.id).bind(&token.digest).bind(&token.person).bind(&token.label);
        let query = query
            .bind(token.stage.clone())
            .bind(i64::from(token.agent))
            .bind(token.created)
            .bind(token.expires);
        query.execute(self.connection()).await?;
        self.made(token, Note::of("token.issue")).await
    }

    pub(crate) async fn revoke_token(&mut self, before: &Token) -> Result<()> {
        let after = Token { revoked: Some(self.now()), ..before.clone() };
        let query = sqlx::query("UPDATE tokens SET revoked = $1 WHERE id = $2").bind(after.revoked);
        query.bind(&after.id).execute(self.connection()).await?;
        self.moved(before, &after, Note::of("token.revoke")).await
    }
}

fn roles(account: &Account) -> String {
    account.roles.iter().cloned().collect::<serde_json::Value>().to_string()
}

pub(crate) fn account(row: &AnyRow) -> Result<Account> {
    let roles: String = row.try_get("roles")?;
    let roles = serde_json::from_str(&roles)
        .map_err(|error| StoreError::Corrupt(format!("roles that cannot be read: {error}")))?;
    Ok(Account {
        name: row.try_get("name")?,
        roles,
        created: row.try_get("created")?,
        disabled: row.try_get::<i64, _>("disabled")? != 0,
    })
}

pub(crate) fn token(row: &AnyRow) -> Result<Token> {
    Ok(Token {
        id: row.try_get("id")?,
        digest: row.try_get("digest")?,
        person: row.try_get("person")?,
        label: row.try_get("label")?,
        stage: row.try_get("stage")?,
        agent: row.try_get::<i64, _>("agent")? != 0,
        created: row.try_get("created")?,
        expires: row.try_get("expires")?,
        revoked: row.try_get("revoked")?,
    })
}
