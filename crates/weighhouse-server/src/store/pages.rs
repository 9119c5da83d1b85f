//! What pages ask of the database: lists with everything that a line shows, in one question each. Reading only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::digest::unhex;
use weighhouse_core::{Intake, ReleaseState};
use weighhouse_log::record::{Pseudonym, Salt};

use super::models::{Asked, asked};
use super::people::{Account, Token, account, token};
use super::releases::{Approval, Release, approval, release, state};
use super::revisions::{Inspected, Revision, revision};
use super::{Result, Store, StoreError, count, marks, word};
use crate::name::{Kind, Name};

/// A release with what a line about it shows.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) release: Release,
    pub(crate) name: Name,
    pub(crate) commit: String,
    /// Why it was asked for first.
    pub(crate) asked: Option<String>,
}

/// A release of which only little is known yet.
#[derive(Debug, Clone)]
pub(crate) struct Glimpse {
    pub(crate) id: String,
    pub(crate) changed: i64,
    pub(crate) name: Name,
    /// Whether the one for whom it was looked asked for it, or approved it.
    pub(crate) mine: bool,
}

/// How a model stands in a stage.
#[derive(Debug, Clone)]
pub(crate) struct Stands {
    pub(crate) model: String,
    pub(crate) stage: String,
    pub(crate) state: ReleaseState,
}

/// A request with how far it came.
#[derive(Debug, Clone)]
pub(crate) struct Followed {
    pub(crate) asked: Asked,
    pub(crate) name: Name,
    /// The commit that was meant, once that is known.
    pub(crate) commit: Option<String>,
    pub(crate) intake: Option<Intake>,
    /// Why the revision failed or was withdrawn.
    pub(crate) fault: Option<String>,
    pub(crate) release: Option<Release>,
}

/// What a decision about a release rests on, as far as tables tell it.
#[derive(Debug, Clone)]
pub(crate) struct Standpoint {
    pub(crate) release: Release,
    pub(crate) name: Name,
    pub(crate) commit: String,
    /// Without its report.
    pub(crate) inspected: Option<Inspected>,
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
     (SELECT requests.reason FROM requests WHERE requests.revision = releases.revision AND requests.stage = releases.stage \
      ORDER BY requests.created, requests.id LIMIT 1) AS first_reason \
     FROM releases JOIN models ON models.id = releases.model JOIN revisions ON revisions.id = releases.revision";

/// Approvals of somebody that still count, and requests of somebody: both keep a release out of their inbox.
const MINE: &str = "EXISTS (SELECT 1 FROM requests WHERE requests.revision = releases.revision AND \
     requests.stage = releases.stage AND requests.person = $1) OR EXISTS (SELECT 1 FROM approvals WHERE \
     approvals.release = releases.id AND approvals.person = $2 AND approvals.withdrawn IS NULL AND approvals.expires > $3)";

/// Which releases are wanted: all that fit everything that is given.
#[derive(Debug)]
pub(crate) struct Which<'a> {
    pub(crate) state: Option<&'static str>,
    pub(crate) stage: Option<&'a str>,
    /// Id of the model.
    pub(crate) model: Option<&'a str>,
    /// After the release that changed at this moment and has this id.
    pub(crate) after: (i64, &'a str),
}

impl Store {
    /// Releases, those whose state is the oldest first.
    pub(crate) async fn releases_page(&self, which: &Which<'_>, most: u32) -> Result<Vec<Waiting>> {
        let (changed, id) = which.after;
        // Which of them is settled by narrow rows, before anything else is read of each.
        let mut narrow = "changed >= $1 AND (changed > $2 OR id > $3)".to_owned();
        let wanted = [("state", which.state), ("stage", which.stage), ("model", which.model)];
        let wanted = wanted.iter().filter_map(|(column, value)| Some((column, (*value)?)));
        let wanted: Vec<_> = wanted.collect();
        for (number, (column, _)) in (4_usize..).zip(&wanted) {
            // Writing to a string cannot fail.
            _ = write!(narrow, " AND {column} = ${number}");
        }
        let text = format!(
            "{LINE} WHERE releases.id IN (SELECT id FROM releases WHERE {narrow} ORDER BY changed, id LIMIT ${}) \
             ORDER BY releases.changed, releases.id",
            wanted.len() + 4
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(changed).bind(changed).bind(id);
        for (_, value) in wanted {
            query = query.bind(value);
        }
        query.bind(i64::from(most)).fetch_all(self.pool()).await?.iter().map(line).collect()
    }

    /// Releases in this state, those that wait longest first, after the one that changed at this moment and has this id: only what tells
    /// who has to do with each, so that many can be looked at. Those that `person` asked for or approved are marked as theirs.
    pub(crate) async fn skim(
        &self,
        state: &str,
        (changed, id): (i64, &str),
        person: &str,
        now: i64,
        most: u32,
    ) -> Result<Vec<Glimpse>> {
        // Where the narrow rows are cut off is settled before anything is asked about each.
        let text = format!(
            "SELECT releases.id, releases.changed, models.kind AS model_kind, models.name AS model_name, \
             CASE WHEN {MINE} THEN 1 ELSE 0 END AS mine FROM releases JOIN models ON models.id = releases.model \
             WHERE releases.state = $4 AND releases.changed >= $5 AND (releases.changed > $6 OR releases.id > $7) \
             ORDER BY releases.changed, releases.id LIMIT $8"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(person).bind(person).bind(now).bind(state);
        let query = query.bind(changed).bind(changed).bind(id).bind(i64::from(most));
        query.fetch_all(self.pool()).await?.iter().map(glimpse).collect()
    }

    /// Several releases with what their lines show, those whose state is the oldest first.
    pub(crate) async fn lines_of(&self, ids: &[&str]) -> Result<Vec<Waiting>> {
        let text = format!(
            "{LINE} WHERE releases.id IN {} ORDER BY releases.changed, releases.id",
            marks(ids.len(), 1)
        );
        let query = ids.iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)), |query, id| query.bind(*id));
        query.fetch_all(self.pool()).await?.iter().map(line).collect()
    }

    /// What somebody asked for, the newest first, after the request of this moment and id.
    pub(crate) async fn followed(
        &self,
        person: &str,
        (created, id): (i64, &str),
        most: u32,
    ) -> Result<Vec<Followed>> {
        let query = sqlx::query(
            "SELECT requests.*, models.kind AS model_kind, models.name AS model_name, revisions.state AS intake, \
             revisions.fault AS revision_fault, revisions.commit_id AS revision_commit FROM requests \
             JOIN models ON models.id = requests.model LEFT JOIN revisions ON revisions.id = requests.revision \
             WHERE requests.person = $1 AND (requests.created < $2 OR (requests.created = $3 AND requests.id > $4)) \
             ORDER BY requests.created DESC, requests.id LIMIT $5",
        );
        let query = query.bind(person).bind(created).bind(created).bind(id).bind(i64::from(most));
        let rows = query.fetch_all(self.pool()).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let intake: Option<String> = row.try_get("intake")?;
            let intake = intake.is_some().then(|| word(row, "intake")).transpose()?;
            let fault = row.try_get("revision_fault")?;
            let commit = row.try_get("revision_commit")?;
            all.push(Followed { asked: asked(row)?, name: name(row)?, commit, intake, fault, release: None });
        }
        let revisions: BTreeSet<&str> = all.iter().filter_map(|one| one.asked.revision.as_deref()).collect();
        let mut releases = self.releases_of_revisions(&revisions.into_iter().collect::<Vec<_>>()).await?;
        for one in &mut all {
            let same = |release: &Release| {
                Some(&release.revision) == one.asked.revision.as_ref() && release.stage == one.asked.stage
            };
            one.release = releases.iter().position(same).map(|at| releases.swap_remove(at));
        }
        Ok(all)
    }

    /// The releases of several revisions, by stage.
    pub(crate) async fn releases_of_revisions(&self, revisions: &[&str]) -> Result<Vec<Release>> {
        let marks = marks(revisions.len(), 1);
        let text = format!("SELECT * FROM releases WHERE revision IN {marks} ORDER BY stage, created, id");
        let query =
            revisions.iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)), |query, id| query.bind(*id));
        query.fetch_all(self.pool()).await?.iter().map(release).collect()
    }

    /// Several revisions.
    pub(crate) async fn revisions(&self, ids: &[&str]) -> Result<Vec<Revision>> {
        let text = format!("SELECT * FROM revisions WHERE id IN {}", marks(ids.len(), 1));
        let query = ids.iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)), |query, id| query.bind(*id));
        query.fetch_all(self.pool()).await?.iter().map(revision).collect()
    }

    /// How several models stand in each stage: what serves, or else what moved last.
    pub(crate) async fn standing_of(&self, models: &[&str]) -> Result<Vec<Stands>> {
        let text = format!(
            "SELECT model, stage, state, share FROM (SELECT model, stage, state, share, ROW_NUMBER() OVER (PARTITION BY \
             model, stage ORDER BY CASE state WHEN 'released' THEN 0 WHEN 'canary' THEN 1 ELSE 2 END, moved DESC) AS place \
             FROM releases WHERE model IN {}) AS placed WHERE place = 1",
            marks(models.len(), 1)
        );
        let query = models.iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)), |query, id| query.bind(*id));
        let rows = query.fetch_all(self.pool()).await?;
        let stands = |row: &AnyRow| {
            Ok(Stands { model: row.try_get("model")?, stage: row.try_get("stage")?, state: state(row)? })
        };
        rows.iter().map(stands).collect()
    }

    /// What a page about a model shows of its releases in a stage: what serves, what waits, and what moved last.
    pub(crate) async fn notable(&self, model: &str, stage: &str) -> Result<Vec<Release>> {
        let mut all = self.serving(model, stage).await?;
        let waits = "SELECT * FROM releases WHERE model = $1 AND stage = $2 AND state IN ('reviewable', 'approved') \
                     ORDER BY moved DESC LIMIT 1";
        let last = "SELECT * FROM releases WHERE model = $1 AND stage = $2 ORDER BY moved DESC LIMIT 1";
        for text in [waits, last] {
            let row = sqlx::query(text).bind(model).bind(stage).fetch_optional(self.pool()).await?;
            all.extend(row.as_ref().map(release).transpose()?);
        }
        Ok(all)
    }

    /// The newest revisions of a model, and how many there are.
    pub(crate) async fn newest_revisions(&self, model: &str, most: usize) -> Result<(Vec<Revision>, usize)> {
        let query =
            sqlx::query("SELECT * FROM revisions WHERE model = $1 ORDER BY created DESC, id DESC LIMIT $2");
        let rows =
            query.bind(model).bind(i64::try_from(most).unwrap_or(i64::MAX)).fetch_all(self.pool()).await?;
        let query = sqlx::query("SELECT COUNT(*) AS all_of_them FROM revisions WHERE model = $1").bind(model);
        let all = count(&query.fetch_one(self.pool()).await?, "all_of_them")?;
        Ok((rows.iter().map(revision).collect::<Result<_>>()?, all as usize))
    }

    /// The newest requests for a model, and how many there are.
    pub(crate) async fn newest_requests(&self, model: &str, most: usize) -> Result<(Vec<Asked>, usize)> {
        let query =
            sqlx::query("SELECT * FROM requests WHERE model = $1 ORDER BY created DESC, id DESC LIMIT $2");
        let rows =
            query.bind(model).bind(i64::try_from(most).unwrap_or(i64::MAX)).fetch_all(self.pool()).await?;
        let query = sqlx::query("SELECT COUNT(*) AS all_of_them FROM requests WHERE model = $1").bind(model);
        let all = count(&query.fetch_one(self.pool()).await?, "all_of_them")?;
        Ok((rows.iter().map(asked).collect::<Result<_>>()?, all as usize))
    }

    /// The requests for a revision.
    pub(crate) async fn requests_for(&self, revision: &str) -> Result<Vec<Asked>> {
        let query = sqlx::query("SELECT * FROM requests WHERE revision = $1").bind(revision);
        query.fetch_all(self.pool()).await?.iter().map(asked).collect()
    }

    /// Releases in a state with what decisions about them rest on, after the release of this id, in the order of ids.
    pub(crate) async fn standpoints(&self, state: &str, after: &str, most: u32) -> Result<Vec<Standpoint>> {
        // The narrow rows first: sorting must not carry facts along.
        let query = sqlx::query(
            "SELECT releases.*, models.kind AS model_kind, models.name AS model_name, revisions.commit_id AS model_commit, \
             inspections.at AS inspected_at, inspections.ruleset AS ruleset, \
             inspections.facts AS facts FROM releases JOIN models ON models.id = releases.model \
             JOIN revisions ON revisions.id = releases.revision LEFT JOIN inspections ON inspections.id = revisions.inspection \
             WHERE releases.state = $1 AND releases.id > $2 ORDER BY releases.id LIMIT $3",
        );
        let rows = query.bind(state).bind(after).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(standpoint).collect()
    }

    /// The approvals of several releases.
    pub(crate) async fn approvals_of_all(
        &self,
        releases: &[&str],
    ) -> Result<BTreeMap<String, Vec<Approval>>> {
        let mut all: BTreeMap<String, Vec<Approval>> = BTreeMap::new();
        if releases.is_empty() {
            return Ok(all);
        }
        let text =
            format!("SELECT * FROM approvals WHERE release IN {} ORDER BY at, id", marks(releases.len(), 1));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for release in releases {
            query = query.bind(*release);
        }
        for row in query.fetch_all(self.pool()).await? {
            let approval = approval(&row)?;
            all.entry(approval.release.clone()).or_default().push(approval);
        }
        Ok(all)
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
            "view" => {
                "SELECT models.kind AS model_kind, models.name AS model_name, '' AS detail FROM views \
                 JOIN models ON models.id = views.model WHERE views.revision = $1"
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

    /// The tokens of somebody or of everybody, the oldest first, after the token of this moment and id.
    pub(crate) async fn tokens_page(
        &self,
        person: Option<&str>,
        after: Option<(i64, &str)>,
        most: u32,
    ) -> Result<Vec<(Token, Option<i64>)>> {
        let (created, id) = after.unwrap_or((i64::MIN, ""));
        let mine = if person.is_some() { "AND person = $5" } else { "" };
        let text = format!(
            "SELECT * FROM tokens WHERE (created > $1 OR (created = $2 AND id > $3)) {mine} ORDER BY created, id LIMIT $4"
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        query = query.bind(created).bind(created).bind(id).bind(i64::from(most));
        if let Some(person) = person {
            query = query.bind(person);
        }
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((token(row)?, row.try_get("used")?))).collect()
    }

    /// The tokens of somebody, the newest first, with when each was used last.
    pub(crate) async fn tokens_of(&self, person: &str, most: u32) -> Result<Vec<(Token, Option<i64>)>> {
        let query = sqlx::query("SELECT * FROM tokens WHERE person = $1 ORDER BY created DESC, id LIMIT $2");
        let rows = query.bind(person).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((token(row)?, row.try_get("used")?))).collect()
    }
}

fn line(row: &AnyRow) -> Result<Waiting> {
    let (commit, asked) = (row.try_get("model_commit")?, row.try_get("first_reason")?);
    Ok(Waiting { release: release(row)?, name: name(row)?, commit, asked })
}

fn glimpse(row: &AnyRow) -> Result<Glimpse> {
    let mine = count(row, "mine")? > 0;
    Ok(Glimpse { id: row.try_get("id")?, changed: row.try_get("changed")?, name: name(row)?, mine })
}

fn standpoint(row: &AnyRow) -> Result<Standpoint> {
    let release = release(row)?;
    let facts: Option<String> = row.try_get("facts")?;
    let inspected = match facts {
        Some(facts) => Some(Inspected {
            revision: release.revision.clone(),
            at: row.try_get("inspected_at")?,
            ruleset: word(row, "ruleset")?,
            facts,
            // No policy reads it.
            report: String::new(),
        }),
        None => None,
    };
    Ok(Standpoint { release, name: name(row)?, commit: row.try_get("model_commit")?, inspected })
}

pub(super) fn name(row: &AnyRow) -> Result<Name> {
    let kind: Kind = word(row, "model_kind")?;
    let text: String = row.try_get("model_name")?;
    Name::new(kind, &text).ok_or_else(|| StoreError::Corrupt(format!("a model with the name `{text}`")))
}
