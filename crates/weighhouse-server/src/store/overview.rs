//! What an overview counts, and the lists behind its numbers. Reading only; each question is answered by an index.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::ReleaseState;

use super::pages::{Entry, name};
use super::releases::{Release, release};
use super::{Result, Store, count};
use crate::name::Name;

/// How much stands in a state, and since when the oldest of it does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub(crate) count: u64,
    pub(crate) oldest: i64,
}

/// What is known of all that is released in a stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Served {
    pub(crate) released: u64,
    pub(crate) stale: u64,
    pub(crate) incomplete: u64,
    pub(crate) waived: u64,
    pub(crate) findings: u64,
}

/// What was taken from the gate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    pub(crate) people: u64,
    pub(crate) revisions: u64,
    /// Copies of what must not be used any more.
    pub(crate) bad: u64,
}

/// What an inventory lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) stage: Option<&'a str>,
    pub(crate) state: Option<&'a str>,
    pub(crate) flag: Option<Flag>,
    /// A part of the name, in folded letters.
    pub(crate) search: &'a str,
    /// Inspections before this are stale.
    pub(crate) stale_before: i64,
    /// Only what moved before this record.
    pub(crate) before: i64,
}

/// What is particular about a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    Stale,
    Incomplete,
    Waived,
    Findings,
}

/// A line of the inventory.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) release: Release,
    pub(crate) name: Name,
    pub(crate) commit: String,
    pub(crate) bytes: u64,
    pub(crate) people: u64,
    /// When it was inspected, what was not looked at, what was found, what was accepted.
    pub(crate) inspected: Option<(i64, u64, u64, u64)>,
}

/// A copy that somebody has.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) person: String,
    pub(crate) name: Name,
    pub(crate) commit: String,
    pub(crate) revision: String,
    pub(crate) first: i64,
    pub(crate) latest: i64,
}

/// Revisions of which nobody should have a copy: withdrawn, or suspended and served nowhere.
const BAD: &str = "SELECT id FROM revisions WHERE state = 'revoked' UNION SELECT revision FROM releases WHERE state = 'suspended' \
     AND NOT EXISTS (SELECT 1 FROM releases served WHERE served.revision = releases.revision \
     AND served.state IN ('released', 'canary'))";

impl Store {
    /// How many models and data sets there are, and of how many something serves.
    pub(crate) async fn models_known(&self) -> Result<(u64, u64)> {
        let query = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM models) AS known, (SELECT COUNT(DISTINCT model) FROM releases \
             WHERE state IN ('released', 'canary')) AS served",
        );
        let row = query.fetch_one(self.pool()).await?;
        Ok((count(&row, "known")?, count(&row, "served")?))
    }

    /// How releases stand, by stage and state.
    pub(crate) async fn standing_since(&self) -> Result<BTreeMap<(String, String), Standing>> {
        let query = sqlx::query(
            "SELECT stage, state, COUNT(*) AS releases, MIN(changed) AS oldest FROM releases GROUP BY stage, state",
        );
        let rows = query.fetch_all(self.pool()).await?;
        let one = |row: &AnyRow| {
            let standing = Standing { count: count(row, "releases")?, oldest: row.try_get("oldest")? };
            Ok(((row.try_get("stage")?, row.try_get("state")?), standing))
        };
        rows.iter().map(one).collect()
    }

    /// How revisions stand that have not come in, by state.
    pub(crate) async fn coming_in(&self) -> Result<BTreeMap<String, Standing>> {
        let query = sqlx::query(
            "SELECT state, COUNT(*) AS revisions, MIN(created) AS oldest FROM revisions \
             WHERE state IN ('requested', 'fetching', 'quarantined', 'failed') GROUP BY state",
        );
        let rows = query.fetch_all(self.pool()).await?;
        let one = |row: &AnyRow| {
            let standing = Standing { count: count(row, "revisions")?, oldest: row.try_get("oldest")? };
            Ok((row.try_get("state")?, standing))
        };
        rows.iter().map(one).collect()
    }

    /// What is known of all that is released, by stage.
    pub(crate) async fn served_by_stage(&self, stale_before: i64) -> Result<BTreeMap<String, Served>> {
        let query = sqlx::query(
            "SELECT releases.stage AS stage, COUNT(*) AS released, \
             COUNT(CASE WHEN summaries.at < $1 OR summaries.at IS NULL THEN 1 END) AS stale, \
             COUNT(CASE WHEN summaries.gaps > 0 THEN 1 END) AS incomplete, \
             COUNT(CASE WHEN summaries.waived > 0 THEN 1 END) AS waived, \
             COUNT(CASE WHEN summaries.findings > 0 THEN 1 END) AS findings \
             FROM releases JOIN revisions ON revisions.id = releases.revision \
             LEFT JOIN summaries ON summaries.inspection = revisions.inspection \
             WHERE releases.state = 'released' GROUP BY releases.stage",
        );
        let rows = query.bind(stale_before).fetch_all(self.pool()).await?;
        let one = |row: &AnyRow| {
            let served = Served {
                released: count(row, "released")?,
                stale: count(row, "stale")?,
                incomplete: count(row, "incomplete")?,
                waived: count(row, "waived")?,
                findings: count(row, "findings")?,
            };
            Ok((row.try_get("stage")?, served))
        };
        rows.iter().map(one).collect()
    }

    /// What was taken since then, and how many copies there are of what must not be used.
    pub(crate) async fn taken_since(&self, since: i64) -> Result<Taken> {
        let query = sqlx::query(
            "SELECT COUNT(DISTINCT person) AS people, COUNT(DISTINCT revision) AS revisions FROM pulls WHERE latest > $1",
        );
        let row = query.bind(since).fetch_one(self.pool()).await?;
        let text = format!("SELECT COUNT(*) AS bad FROM pulls WHERE revision IN ({BAD})");
        let bad = sqlx::query(sqlx::AssertSqlSafe(text)).fetch_one(self.pool()).await?;
        Ok(Taken {
            people: count(&row, "people")?,
            revisions: count(&row, "revisions")?,
            bad: count(&bad, "bad")?,
        })
    }

    /// Releases with what lists show of them, the latest move first.
    pub(crate) async fn inventory(&self, wanted: &Wanted<'_>, most: u32) -> Result<Vec<Item>> {
        let mut text = "SELECT releases.*, models.kind AS model_kind, models.name AS model_name, \
             revisions.commit_id AS model_commit, revisions.bytes AS bytes, summaries.at AS inspected_at, \
             summaries.gaps AS gaps, summaries.findings AS findings, summaries.waived AS waived, \
             (SELECT COUNT(*) FROM pulls WHERE pulls.revision = releases.revision) AS people \
             FROM releases JOIN models ON models.id = releases.model JOIN revisions ON revisions.id = releases.revision \
             LEFT JOIN summaries ON summaries.inspection = revisions.inspection WHERE releases.moved < $1"
            .to_owned();
        let mut texts: Vec<String> = Vec::new();
        let search = format!("%{}%", super::models::escaped(wanted.search));
        let conditions = [
            (wanted.stage, " AND releases.stage = "),
            (wanted.state, " AND releases.state = "),
            (Some(search.as_str()).filter(|_| !wanted.search.is_empty()), " AND models.folded LIKE "),
        ];
        for (value, condition) in conditions {
            if let Some(value) = value {
                texts.push(value.to_owned());
                let escape = if condition.ends_with("LIKE ") { " ESCAPE '!'" } else { "" };
                _ = write!(text, "{condition}${}{escape}", texts.len() + 1);
            }
        }
        text.push_str(match wanted.flag {
            None => "",
            Some(Flag::Stale) => " AND (summaries.at IS NULL OR summaries.at < ",
            Some(Flag::Incomplete) => " AND summaries.gaps > 0",
            Some(Flag::Waived) => " AND summaries.waived > 0",
            Some(Flag::Findings) => " AND summaries.findings > 0",
        });
        let stale = wanted.flag == Some(Flag::Stale);
        let next = texts.len() + 2;
        if stale {
            _ = write!(text, "${next})");
        }
        _ = write!(text, " ORDER BY releases.moved DESC LIMIT ${}", next + usize::from(stale));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(wanted.before);
        for text in texts {
            query = query.bind(text);
        }
        if stale {
            query = query.bind(wanted.stale_before);
        }
        let rows = query.bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(item).collect()
    }

    /// Copies that people have, the latest first: of everything, of somebody, or of what nobody should have.
    pub(crate) async fn copies(
        &self,
        person: Option<&str>,
        bad: bool,
        before: i64,
        most: u32,
    ) -> Result<Vec<Held>> {
        let only_bad = if bad { format!(" AND pulls.revision IN ({BAD})") } else { String::new() };
        let only_of = if person.is_some() { " AND pulls.person = $3" } else { "" };
        let text = format!(
            "SELECT pulls.*, models.kind AS model_kind, models.name AS model_name, revisions.commit_id AS model_commit FROM pulls \
             JOIN revisions ON revisions.id = pulls.revision JOIN models ON models.id = revisions.model \
             WHERE pulls.latest < $1{only_bad}{only_of} ORDER BY pulls.latest DESC, pulls.revision, pulls.person LIMIT $2"
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(before).bind(i64::from(most));
        if let Some(person) = person {
            query = query.bind(person);
        }
        query.fetch_all(self.pool()).await?.iter().map(held).collect()
    }

    /// Everybody who has a copy of any revision of a model.
    pub(crate) async fn copies_of(&self, model: &str, most: u32) -> Result<Vec<Held>> {
        let query = sqlx::query(
            "SELECT pulls.*, models.kind AS model_kind, models.name AS model_name, revisions.commit_id AS model_commit FROM revisions \
             JOIN pulls ON pulls.revision = revisions.id JOIN models ON models.id = revisions.model \
             WHERE revisions.model = $1 ORDER BY pulls.latest DESC, pulls.revision, pulls.person LIMIT $2",
        );
        query.bind(model).bind(i64::from(most)).fetch_all(self.pool()).await?.iter().map(held).collect()
    }

    /// Records about a model and all that belongs to it, before this one, the newest first.
    pub(crate) async fn history(
        &self,
        model: &str,
        what: What,
        stage: Option<&str>,
        before: i64,
        most: u32,
    ) -> Result<Vec<Entry>> {
        let in_stage = if stage.is_some() { " AND stage = $4" } else { "" };
        let releases = format!("SELECT 'release/' || id FROM releases WHERE model = $1{in_stage}");
        let approvals = format!(
            "SELECT 'approval/' || approvals.id FROM approvals JOIN releases ON releases.id = approvals.release \
             WHERE releases.model = $1{in_stage}"
        );
        let requests = format!("SELECT 'request/' || id FROM requests WHERE model = $1{in_stage}");
        let mut subjects = match what {
            What::Everything => vec![releases, approvals, requests],
            What::Releases => vec![releases],
            What::Approvals => vec![approvals],
            What::Intake => vec![requests],
        };
        if stage.is_none() && matches!(what, What::Everything | What::Intake) {
            subjects.push("SELECT 'revision/' || id FROM revisions WHERE model = $1".to_owned());
            subjects.push("SELECT 'view/' || revision FROM views WHERE model = $1".to_owned());
            subjects.push("SELECT 'model/' || id FROM models WHERE id = $1".to_owned());
        }
        let text = format!(
            "SELECT seq, entry FROM log_records WHERE subject IN ({}) AND seq < $2 ORDER BY seq DESC LIMIT $3",
            subjects.join(" UNION ALL ")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(model).bind(before).bind(i64::from(most));
        if let Some(stage) = stage {
            query = query.bind(stage);
        }
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok(Entry { seq: row.try_get("seq")?, text: row.try_get("entry")? })).collect()
    }

    /// Models here that are said to be made from a model of this name.
    pub(crate) async fn made_from(&self, folded: &str, most: u32) -> Result<Vec<Name>> {
        let query = sqlx::query(
            "SELECT DISTINCT models.kind AS model_kind, models.name AS model_name FROM bases \
             JOIN revisions ON revisions.inspection = bases.inspection JOIN models ON models.id = revisions.model \
             WHERE bases.base = $1 ORDER BY models.name LIMIT $2",
        );
        query.bind(folded).bind(i64::from(most)).fetch_all(self.pool()).await?.iter().map(name).collect()
    }

    /// How several revisions stand at their worst: what is suspended somewhere must not be used, even if it serves elsewhere.
    pub(crate) async fn worst_of_all(&self, revisions: &[&str]) -> Result<BTreeMap<String, ReleaseState>> {
        let mut all: BTreeMap<String, ReleaseState> = BTreeMap::new();
        let rank = |state: ReleaseState| match state {
            ReleaseState::Revoked => 4,
            ReleaseState::Suspended => 3,
            ReleaseState::Released | ReleaseState::Canary(_) => 2,
            ReleaseState::Superseded | ReleaseState::RolledBack | ReleaseState::Expired => 1,
            _ => 0,
        };
        let mut releases = self.releases_of_revisions(revisions).await?;
        releases.sort_by_key(|release| release.moved);
        for release in releases {
            let known = all.entry(release.revision).or_insert(release.state);
            if rank(release.state) >= rank(*known) {
                *known = release.state;
            }
        }
        Ok(all)
    }
}

/// Which records of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Everything,
    Releases,
    Approvals,
    Intake,
}

fn item(row: &AnyRow) -> Result<Item> {
    let at: Option<i64> = row.try_get("inspected_at")?;
    let inspected = match at {
        Some(at) => Some((at, count(row, "gaps")?, count(row, "findings")?, count(row, "waived")?)),
        None => None,
    };
    Ok(Item {
        release: release(row)?,
        name: name(row)?,
        commit: row.try_get("model_commit")?,
        bytes: count(row, "bytes")?,
        people: count(row, "people")?,
        inspected,
    })
}

fn held(row: &AnyRow) -> Result<Held> {
    Ok(Held {
        person: row.try_get("person")?,
        name: name(row)?,
        commit: row.try_get("model_commit")?,
        revision: row.try_get("revision")?,
        first: row.try_get("first")?,
        latest: row.try_get("latest")?,
    })
}
