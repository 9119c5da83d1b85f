//! Waivers: permission despite findings, for a time.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use weighhouse_core::{Digest, Fingerprint};
use weighhouse_policy::FindingFacts;

use super::change::Entity;
use super::pages::name;
use super::{Change, Note, Result, Store, StoreError};
use crate::name::Name;

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Waiver {
    pub(crate) id: String,
    pub(crate) model: String,
    /// Model digest of the only bytes it is for.
    pub(crate) digest: Option<String>,
    /// The only stage it is for.
    pub(crate) stage: Option<String>,
    /// Rules by id or slug.
    pub(crate) rules: BTreeSet<String>,
    /// Findings by fingerprint.
    pub(crate) findings: BTreeSet<String>,
    /// Who answers for it.
    pub(crate) owner: String,
    pub(crate) reason: String,
    pub(crate) giver: String,
    pub(crate) given: i64,
    /// The first second in which it holds.
    pub(crate) begins: i64,
    /// The first second in which it does not hold any more.
    pub(crate) expires: i64,
    pub(crate) withdrawn: Option<i64>,
}

/// How a waiver stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It holds.
    Holds,
    /// Its time has not come.
    Ahead,
    /// Its time is over.
    Over,
    /// Somebody took it back.
    Withdrawn,
}

impl Waiver {
    pub(crate) fn phase(&self, now: i64) -> Phase {
        if self.withdrawn.is_some() {
            Phase::Withdrawn
        } else if self.expires <= now {
            Phase::Over
        } else if self.begins > now {
            Phase::Ahead
        } else {
            Phase::Holds
        }
    }

    /// Whether it is for these bytes in this stage.
    pub(crate) fn is_for(&self, bytes: Digest, stage: &str) -> bool {
        self.digest.as_ref().is_none_or(|digest| *digest == bytes.to_string())
            && self.stage.as_deref().is_none_or(|only| only == stage)
    }

    /// Whether it accepts this finding.
    pub(crate) fn accepts(&self, finding: &FindingFacts) -> bool {
        self.rules.contains(&finding.rule)
            || self.rules.contains(&finding.slug)
            || self.names(finding.fingerprint)
    }

    fn names(&self, fingerprint: Fingerprint) -> bool {
        !self.findings.is_empty() && self.findings.contains(&fingerprint.to_string())
    }
}

impl Entity for Waiver {
    const KIND: &'static str = "waiver";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        if self.withdrawn.is_some() { "withdrawn" } else { "given" }.to_owned()
    }
}

/// The waivers of a model that nobody took back and that end after `now`.
pub(crate) async fn standing(connection: &mut AnyConnection, model: &str, now: i64) -> Result<Vec<Waiver>> {
    let query = sqlx::query(
        "SELECT * FROM waivers WHERE model = $1 AND withdrawn IS NULL AND expires > $2 ORDER BY expires, id",
    );
    query.bind(model).bind(now).fetch_all(connection).await?.iter().map(waiver).collect()
}

impl Store {
    pub(crate) async fn waiver(&self, id: &str) -> Result<Option<Waiver>> {
        let query = sqlx::query("SELECT * FROM waivers WHERE id = $1").bind(id);
        query.fetch_optional(self.pool()).await?.as_ref().map(waiver).transpose()
    }

    /// Waivers that end after `after` (a moment and an id), those that end first before others, with the names of their models; of one model,
    /// or of all. Those that were taken back are among them only if `all` is set.
    pub(crate) async fn waivers(
        &self,
        model: Option<&str>,
        after: (i64, &str),
        all: bool,
        most: u32,
    ) -> Result<Vec<(Waiver, Name)>> {
        let of = if model.is_some() { "waivers.model = $5" } else { "$5 = ''" };
        let taken = if all { "" } else { "AND waivers.withdrawn IS NULL" };
        let text = format!(
            "SELECT waivers.*, models.kind AS model_kind, models.name AS model_name FROM waivers \
             JOIN models ON models.id = waivers.model \
             WHERE (waivers.expires > $1 OR (waivers.expires = $2 AND waivers.id > $3)) {taken} AND {of} \
             ORDER BY waivers.expires, waivers.id LIMIT $4"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(after.0).bind(after.0).bind(after.1);
        let query = query.bind(i64::from(most)).bind(model.unwrap_or_default());
        query.fetch_all(self.pool()).await?.iter().map(|row| Ok((waiver(row)?, name(row)?))).collect()
    }

    /// The next moment after `now` at which a waiver begins or ends.
    pub(crate) async fn next_turn(&self, now: i64) -> Result<Option<i64>> {
        let query = sqlx::query(
            "SELECT MIN(turn) AS turn FROM (SELECT MIN(expires) AS turn FROM waivers WHERE withdrawn IS NULL AND expires > $1 \
             UNION ALL SELECT MIN(begins) AS turn FROM waivers WHERE withdrawn IS NULL AND begins > $2) AS turns",
        );
        Ok(query.bind(now).bind(now).fetch_one(self.pool()).await?.try_get("turn")?)
    }
}

impl Change {
    pub(crate) async fn waiver(&mut self, id: &str) -> Result<Option<Waiver>> {
        let query = sqlx::query("SELECT * FROM waivers WHERE id = $1").bind(id);
        query.fetch_optional(self.connection()).await?.as_ref().map(waiver).transpose()
    }

    pub(crate) async fn add_waiver(&mut self, new: &Waiver) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO waivers (id, model, digest, stage, rules, findings, owner, reason, giver, given, begins, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        );
        let query = query.bind(&new.id).bind(&new.model).bind(new.digest.clone()).bind(new.stage.clone());
        let query = query.bind(words(&new.rules)).bind(words(&new.findings)).bind(&new.owner);
        let query = query.bind(&new.reason).bind(&new.giver).bind(new.given).bind(new.begins);
        query.bind(new.expires).execute(self.connection()).await?;
        let objects = new.digest.as_ref().and_then(|digest| digest.parse().ok()).into_iter().collect();
        let rules = new.rules.iter().chain(&new.findings).cloned().collect::<Vec<_>>().join(" ");
        let detail = vec![
            ("rules", rules),
            ("expires", super::timestamp(new.expires)?),
            ("stage", new.stage.clone().unwrap_or_else(|| "all".to_owned())),
        ];
        self.made(new, Note { objects, detail, ..Note::of("waiver.give") }).await
    }

    pub(crate) async fn withdraw_waiver(&mut self, before: &Waiver) -> Result<Waiver> {
        let after = Waiver { withdrawn: Some(self.now()), ..before.clone() };
        let query = sqlx::query("UPDATE waivers SET withdrawn = $1 WHERE id = $2").bind(after.withdrawn);
        query.bind(&after.id).execute(self.connection()).await?;
        self.moved(before, &after, Note::of("waiver.withdraw")).await?;
        Ok(after)
    }
}

fn words(words: &BTreeSet<String>) -> String {
    serde_json::json!(words).to_string()
}

pub(crate) fn waiver(row: &AnyRow) -> Result<Waiver> {
    let list = |column: &str| -> Result<BTreeSet<String>> {
        let text: String = row.try_get(column)?;
        serde_json::from_str(&text).map_err(|_| StoreError::Corrupt(format!("in `{column}` `{text}`")))
    };
    Ok(Waiver {
        id: row.try_get("id")?,
        model: row.try_get("model")?,
        digest: row.try_get("digest")?,
        stage: row.try_get("stage")?,
        rules: list("rules")?,
        findings: list("findings")?,
        owner: row.try_get("owner")?,
        reason: row.try_get("reason")?,
        giver: row.try_get("giver")?,
        given: row.try_get("given")?,
        begins: row.try_get("begins")?,
        expires: row.try_get("expires")?,
        withdrawn: row.try_get("withdrawn")?,
    })
}
