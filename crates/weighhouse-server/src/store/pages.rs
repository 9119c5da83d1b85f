//! What pages ask of the database: lists with everything that a line shows, in one question each. Reading only.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::Intake;
use weighhouse_core::digest::unhex;
use weighhouse_log::record::{Pseudonym, Salt};

use super::models::{Asked, asked};
use super::people::{Account, Token, account, token};
use super::releases::{Release, release};
use super::{Result, Store, StoreError, count, word};
use crate::name::{Kind, Name};

/// A release with what a line about it shows.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) release: Release,
    pub(crate) name: Name,
    pub(crate) commit: String,
    /// Why it was asked for first, and when.
    pub(crate) asked: Option<(String, i64)>,
}

/// A request with how far it came.
#[derive(Debug, Clone)]
pub(crate) struct Followed {
    pub(crate) asked: Asked,
    pub(crate) name: Name,
    pub(crate) intake: Option<Intake>,
    /// Why the revision failed or was withdrawn.
    pub(crate) fault: Option<String>,
    pub(crate) release: Option<Release>,
}

/// An entry of the audit log.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) seq: i64,
    pub(crate) text: String,
}

/// What a record of the log is about, for people.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) name: Option<Name>,
    /// A stage, a commit, a person.
    pub(crate) detail: String,
}

const LINE: &str = "SELECT releases.*, models.kind AS model_kind, models.name AS model_name, revisions.commit_id AS model_commit, \
     (SELECT requests.id FROM requests WHERE requests.revision = releases.revision AND requests.stage = releases.stage \
      ORDER BY requests.created, requests.id LIMIT 1) AS first_request \
     FROM releases JOIN models ON models.id = releases.model JOIN revisions ON revisions.id = releases.revision";

/// Approvals of somebody that still count, and requests of somebody: both keep a release out of their inbox.
const MINE: &str = "AND NOT EXISTS (SELECT 1 FROM requests WHERE requests.revision = releases.revision AND \
     requests.stage = releases.stage AND requests.person = $3) AND NOT EXISTS (SELECT 1 FROM approvals WHERE \
     approvals.release = releases.id AND approvals.person = $4 AND approvals.withdrawn IS NULL AND approvals.expires > $5)";

impl Store {
    /// Releases in this state, those that wait longest first.
    pub(crate) async fn waiting(&self, state: &str, most: u32) -> Result<Vec<Waiting>> {
        let text =
            format!("{LINE} WHERE releases.state = $1 ORDER BY releases.changed, releases.id LIMIT $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(state).bind(i64::from(most));
        self.lines(query.fetch_all(self.pool()).await?).await
    }

    /// Releases that somebody else asked for and `person` has not approved yet, those that wait longest first.
    pub(crate) async fn to_approve(&self, person: &str, now: i64, most: u32) -> Result<Vec<Waiting>> {
        let text = format!(
            "{LINE} WHERE releases.state = $1 {MINE} ORDER BY releases.changed, releases.id LIMIT $2"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind("reviewable").bind(i64::from(most));
        let query = query.bind(person).bind(person).bind(now);
        self.lines(query.fetch_all(self.pool()).await?).await
    }

    async fn lines(&self, rows: Vec<AnyRow>) -> Result<Vec<Waiting>> {
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let first: Option<String> = row.try_get("first_request")?;
            let asked = match first {
                Some(id) => self.request(&id).await?.map(|asked| (asked.reason, asked.created)),
                None => None,
            };
            let commit = row.try_get("model_commit")?;
            lines.push(Waiting { release: release(row)?, name: name(row)?, commit, asked });
        }
        Ok(lines)
    }

    /// What somebody asked for, the newest first.
    pub(crate) async fn followed(&self, person: &str, most: u32) -> Result<Vec<Followed>> {
        let query = sqlx::query(
            "SELECT requests.*, models.kind AS model_kind, models.name AS model_name, revisions.state AS intake, \
             revisions.fault AS revision_fault FROM requests JOIN models ON models.id = requests.model \
             LEFT JOIN revisions ON revisions.id = requests.revision WHERE requests.person = $1 \
             ORDER BY requests.created DESC, requests.id LIMIT $2",
        );
        let rows = query.bind(person).bind(i64::from(most)).fetch_all(self.pool()).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let asked = asked(row)?;
            let release = match &asked.revision {
                Some(revision) => self.release_of(revision, &asked.stage).await?,
                None => None,
            };
            let intake: Option<String> = row.try_get("intake")?;
            let intake = intake.is_some().then(|| word(row, "intake")).transpose()?;
            let fault = row.try_get("revision_fault")?;
            all.push(Followed { asked, name: name(row)?, intake, fault, release });
        }
        Ok(all)
    }

    async fn release_of(&self, revision: &str, stage: &str) -> Result<Option<Release>> {
        let query = sqlx::query("SELECT * FROM releases WHERE revision = $1 AND stage = $2");
        let row = query.bind(revision).bind(stage).fetch_optional(self.pool()).await?;
        row.as_ref().map(release).transpose()
    }

    /// The releases of several models.
    pub(crate) async fn releases_of_all(&self, models: &[&str]) -> Result<Vec<Release>> {
        if models.is_empty() {
            return Ok(Vec::new());
        }
        let marks: Vec<String> = (1..=models.len()).map(|number| format!("${number}")).collect();
        let text = format!(
            "SELECT * FROM releases WHERE model IN ({}) ORDER BY stage, changed, id",
            marks.join(", ")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for model in models {
            query = query.bind(*model);
        }
        query.fetch_all(self.pool()).await?.iter().map(release).collect()
    }

    /// How many releases of each stage are in each state.
    pub(crate) async fn standing(&self) -> Result<BTreeMap<(String, String), u64>> {
        let query =
            sqlx::query("SELECT stage, state, COUNT(*) AS releases FROM releases GROUP BY stage, state");
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| Ok(((row.try_get("stage")?, row.try_get("state")?), count(row, "releases")?)))
            .collect()
    }

    /// Entries of the log before number `before`, the newest first.
    pub(crate) async fn entries(&self, before: i64, most: u32) -> Result<Vec<Entry>> {
        let query =
            sqlx::query("SELECT seq, entry FROM log_records WHERE seq < $1 ORDER BY seq DESC LIMIT $2");
        let rows = query.bind(before).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok(Entry { seq: row.try_get("seq")?, text: row.try_get("entry")? })).collect()
    }

    /// The head of the log: how many entries, and the signed checkpoint over them.
    pub(crate) async fn head(&self) -> Result<(u64, String)> {
        let query = sqlx::query("SELECT size, checkpoint FROM log_head WHERE id = 1");
        let row = query.fetch_one(self.pool()).await?;
        Ok((count(&row, "size")?, row.try_get("checkpoint")?))
    }

    /// Who stands behind the pseudonyms of the log.
    pub(crate) async fn pseudonyms(&self) -> Result<BTreeMap<Pseudonym, String>> {
        let rows = sqlx::query("SELECT name, salt FROM people").fetch_all(self.pool()).await?;
        let mut all = BTreeMap::new();
        for row in &rows {
            let (name, salt): (String, String) = (row.try_get("name")?, row.try_get("salt")?);
            let salt = unhex(&salt).and_then(|bytes| bytes.try_into().ok());
            let salt = salt.ok_or_else(|| StoreError::Corrupt("somebody without a salt".to_owned()))?;
            all.insert(Pseudonym::of(&Salt::from_bytes(salt), &name), name);
        }
        Ok(all)
    }

    /// What a subject of the log is, in words of people.
    pub(crate) async fn about(&self, kind: &str, id: &str) -> Result<Option<About>> {
        let text = match kind {
            "release" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, releases.stage AS detail FROM releases \
                 JOIN models ON models.id = releases.model WHERE releases.id = $1"
            }
            "revision" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, revisions.commit_id AS detail FROM revisions \
                 JOIN models ON models.id = revisions.model WHERE revisions.id = $1"
            }
            "request" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, requests.stage AS detail FROM requests \
                 JOIN models ON models.id = requests.model WHERE requests.id = $1"
            }
            "approval" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, releases.stage AS detail FROM approvals \
                 JOIN releases ON releases.id = approvals.release JOIN models ON models.id = releases.model \
                 WHERE approvals.id = $1"
            }
            "model" => {
                "SELECT kind AS model_kind, name AS model_name, '' AS detail FROM models WHERE id = $1"
            }
            "waiver" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, COALESCE(waivers.stage, '') AS detail FROM waivers \
                 JOIN models ON models.id = waivers.model WHERE waivers.id = $1"
            }
            "bundle" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, bundles.stage AS detail FROM bundles \
                 JOIN revisions ON revisions.id = bundles.revision JOIN models ON models.id = revisions.model \
                 WHERE bundles.id = $1"
            }
            "attestation" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, attestations.signer AS detail FROM attestations \
                 JOIN revisions ON revisions.id = attestations.revision JOIN models ON models.id = revisions.model \
                 WHERE attestations.id = $1"
            }
            "token" => "SELECT person AS detail FROM tokens WHERE id = $1",
            "session" => "SELECT person AS detail FROM sessions WHERE id = $1",
            _ => return Ok(None),
        };
        let row = sqlx::query(text).bind(id).fetch_optional(self.pool()).await?;
        let Some(row) = row else { return Ok(None) };
        let name = if matches!(kind, "token" | "session") { None } else { Some(name(&row)?) };
        Ok(Some(About { name, detail: row.try_get("detail")? }))
    }

    /// People whose names come after `after`.
    pub(crate) async fn accounts_after(&self, after: &str, most: u32) -> Result<Vec<Account>> {
        let query = sqlx::query("SELECT * FROM people WHERE name > $1 ORDER BY name LIMIT $2");
        query.bind(after).bind(i64::from(most)).fetch_all(self.pool()).await?.iter().map(account).collect()
    }

    /// The tokens of somebody, the newest first, with when each was used last.
    pub(crate) async fn tokens_of(&self, person: &str, most: u32) -> Result<Vec<(Token, Option<i64>)>> {
        let query = sqlx::query("SELECT * FROM tokens WHERE person = $1 ORDER BY created DESC, id LIMIT $2");
        let rows = query.bind(person).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((token(row)?, row.try_get("used")?))).collect()
    }
}

fn name(row: &AnyRow) -> Result<Name> {
    let kind: Kind = word(row, "model_kind")?;
    let text: String = row.try_get("model_name")?;
    Name::new(kind, &text).ok_or_else(|| StoreError::Corrupt(format!("a model with the name `{text}`")))
}
