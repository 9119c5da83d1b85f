//! Releases of revisions to stages, and the approvals they rest on.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::{Outcome, ReleaseState, Share};

use super::change::Entity;
use super::jobs::JobKind;
use super::published::PUBLISHING;
use super::revisions::{Revision, revision};
use super::{Change, Note, Result, Store, StoreError, as_text, count};
use crate::events::{self, Facts};

/// A revision in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Release {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) stage: String,
    pub(crate) revision: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) state: ReleaseState,
    /// Who asked for it first.
    pub(crate) requester: String,
    /// The decision in force, as JSON.
    pub(crate) decision: String,
    /// When it was made.
    pub(crate) decided: i64,
    /// When it first served somebody.
    pub(crate) served: Option<i64>,
    pub(crate) created: i64,
    pub(crate) changed: i64,
    /// Number of the record of its last move: what happened within a second has an order, too.
    pub(crate) moved: u64,
}

impl Entity for Release {
    const KIND: &'static str = "release";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        self.state.to_string()
    }
}

/// Somebody's consent, bound to bytes and evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Approval {
    pub(crate) id: String,
    pub(crate) release: String,
    pub(crate) person: String,
    /// Model digest of the bytes.
    pub(crate) digest: String,
    /// Digest of the fact document that they saw.
    pub(crate) evidence: String,
    pub(crate) comment: String,
    pub(crate) at: i64,
    pub(crate) expires: i64,
    pub(crate) withdrawn: Option<i64>,
}

/// Why an approval does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    /// Its giver took it back.
    Withdrawn,
    /// Its time is over.
    Over,
    /// It is of other bytes, or of other evidence.
    Changed,
    /// Its giver asked for the release.
    Requester,
    /// It is dated more than a day ahead: a clock was wrong.
    Ahead,
}

impl Entity for Approval {
    const KIND: &'static str = "approval";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        if self.withdrawn.is_some() { "withdrawn" } else { "given" }.to_owned()
    }
}

const OF_MODEL: &str = "SELECT * FROM releases WHERE model = $1 ORDER BY stage, created, id";
const OF_STAGE: &str = "SELECT * FROM releases WHERE model = $1 AND stage = $2 ORDER BY moved";
const OF_REVISION: &str = "SELECT * FROM releases WHERE revision = $1 ORDER BY stage";
const BY_ID: &str = "SELECT * FROM releases WHERE id = $1";
const APPROVALS: &str = "SELECT * FROM approvals WHERE release = $1 ORDER BY at, id";

impl Store {
    pub(crate) async fn release(&self, id: &str) -> Result<Option<Release>> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(self.pool()).await?;
        row.as_ref().map(release).transpose()
    }

    pub(crate) async fn releases_in(&self, model: &str, stage: &str) -> Result<Vec<Release>> {
        let rows = sqlx::query(OF_STAGE).bind(model).bind(stage).fetch_all(self.pool()).await?;
        rows.iter().map(release).collect()
    }

    /// What serves somebody in a stage: at most one release that all get, and a canary.
    pub(crate) async fn serving(&self, model: &str, stage: &str) -> Result<Vec<Release>> {
        let query = sqlx::query(
            "SELECT * FROM releases WHERE model = $1 AND stage = $2 AND state IN ('canary', 'released') ORDER BY moved",
        );
        query.bind(model).bind(stage).fetch_all(self.pool()).await?.iter().map(release).collect()
    }

    /// The releases of a revision, one a stage.
    pub(crate) async fn releases_of_revision(&self, revision: &str) -> Result<Vec<Release>> {
        let rows = sqlx::query(OF_REVISION).bind(revision).fetch_all(self.pool()).await?;
        rows.iter().map(release).collect()
    }

    /// The release of a stage that moved last, and whether any of them ever served somebody.
    pub(crate) async fn last_in(&self, model: &str, stage: &str) -> Result<Option<(Release, bool)>> {
        let query =
            sqlx::query("SELECT * FROM releases WHERE model = $1 AND stage = $2 ORDER BY moved DESC LIMIT 1");
        let Some(row) = query.bind(model).bind(stage).fetch_optional(self.pool()).await? else {
            return Ok(None);
        };
        let query = sqlx::query(
            "SELECT 1 FROM releases WHERE model = $1 AND stage = $2 AND served IS NOT NULL LIMIT 1",
        );
        let served = query.bind(model).bind(stage).fetch_optional(self.pool()).await?;
        Ok(Some((release(&row)?, served.is_some())))
    }

    /// Whether anything of a model ever served somebody, in whatever stage.
    pub(crate) async fn ever_served(&self, model: &str) -> Result<bool> {
        let query = sqlx::query("SELECT 1 FROM releases WHERE model = $1 AND served IS NOT NULL LIMIT 1");
        Ok(query.bind(model).fetch_optional(self.pool()).await?.is_some())
    }

    /// Revisions that a stage served before, the last one first: those before the record of number `before`, with their numbers.
    pub(crate) async fn superseded(
        &self,
        model: &str,
        stage: &str,
        before: i64,
        most: usize,
    ) -> Result<Vec<(i64, Revision)>> {
        let query = sqlx::query(
            "SELECT revisions.*, releases.moved AS moved FROM releases JOIN revisions ON revisions.id = releases.revision \
             WHERE releases.model = $1 AND releases.stage = $2 AND releases.state = 'superseded' AND releases.moved < $3 \
             AND revisions.state = 'inspected' ORDER BY releases.moved DESC LIMIT $4",
        );
        let query = query.bind(model).bind(stage).bind(before).bind(i64::try_from(most).unwrap_or(i64::MAX));
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((row.try_get("moved")?, revision(row)?))).collect()
    }

    /// Names of releases in this state, some of those after `after`: there may be more than memory has room for.
    pub(crate) async fn ids_in_state(&self, state: &str, after: &str, most: u32) -> Result<Vec<String>> {
        let query = sqlx::query("SELECT id FROM releases WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3");
        let rows = query.bind(state).bind(after).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    pub(crate) async fn approvals(&self, release: &str) -> Result<Vec<Approval>> {
        let rows = sqlx::query(APPROVALS).bind(release).fetch_all(self.pool()).await?;
        rows.iter().map(approval).collect()
    }
}

impl Change {
    pub(crate) async fn release(&mut self, id: &str) -> Result<Option<Release>> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(self.connection()).await?;
        row.as_ref().map(release).transpose()
    }

    pub(crate) async fn releases_in(&mut self, model: &str, stage: &str) -> Result<Vec<Release>> {
        let rows = sqlx::query(OF_STAGE).bind(model).bind(stage).fetch_all(self.connection()).await?;
        rows.iter().map(release).collect()
    }

    pub(crate) async fn releases_of(&mut self, model: &str) -> Result<Vec<Release>> {
        let rows = sqlx::query(OF_MODEL).bind(model).fetch_all(self.connection()).await?;
        rows.iter().map(release).collect()
    }

    pub(crate) async fn releases_of_revision(&mut self, revision: &str) -> Result<Vec<Release>> {
        let rows = sqlx::query(OF_REVISION).bind(revision).fetch_all(self.connection()).await?;
        rows.iter().map(release).collect()
    }

    pub(crate) async fn approvals(&mut self, release: &str) -> Result<Vec<Approval>> {
        let rows = sqlx::query(APPROVALS).bind(release).fetch_all(self.connection()).await?;
        rows.iter().map(approval).collect()
    }

    pub(crate) async fn add_release(&mut self, new: &Release, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO releases (id, model, stage, revision, state, share, requester, decision, decided, served, created, \
             changed, moved) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        );
        let query = query.bind(&new.id).bind(&new.model).bind(&new.stage).bind(&new.revision);
        let query = query.bind(new.state.as_str()).bind(percent(new.state)).bind(&new.requester);
        let query = query.bind(&new.decision).bind(new.decided).bind(new.served).bind(new.created);
        query.bind(new.changed).bind(new.moved.cast_signed()).execute(self.connection()).await?;
        self.publish(new.state.serves()).await?;
        let note = self.telling(None, new, note).await?;
        self.made(new, note).await
    }

    pub(crate) async fn set_release(
        &mut self,
        before: &Release,
        after: &Release,
        note: Note<'_>,
    ) -> Result<()> {
        let query = sqlx::query(
            "UPDATE releases SET state = $1, share = $2, decision = $3, decided = $4, served = $5, changed = $6, moved = $7 \
             WHERE id = $8",
        );
        let query = query.bind(after.state.as_str()).bind(percent(after.state)).bind(&after.decision);
        let query = query.bind(after.decided).bind(after.served).bind(after.changed);
        let query = query.bind(after.moved.cast_signed()).bind(&after.id);
        query.execute(self.connection()).await?;
        self.publish(before.state.serves() != after.state.serves()).await?;
        let note = self.telling(Some(before), after, note).await?;
        self.moved(before, after, note).await
    }

    /// Has it looked at what is published, if that is another now; where nothing is published there is no such job.
    async fn publish(&mut self, moved: bool) -> Result<()> {
        if moved { self.hasten(JobKind::Publish, PUBLISHING).await } else { Ok(()) }
    }

    /// Tells of a release that moved.
    async fn telling<'n>(
        &mut self,
        before: Option<&Release>,
        after: &Release,
        note: Note<'n>,
    ) -> Result<Note<'n>> {
        let asks = note.decision.is_some_and(|decision| decision.outcome == Outcome::NeedsApproval);
        let kinds = events::of_release(before.map(|before| before.state), after.state, asks);
        if kinds.is_empty() || note.quiet {
            return Ok(note);
        }
        let why = note.detail.iter().find(|(name, _)| *name == "reason");
        let facts = Facts {
            stage: after.stage.clone(),
            release: after.id.clone(),
            before: before.map(|before| before.state.to_string()).unwrap_or_default(),
            state: after.state.to_string(),
            reasons: events::told(&after.decision),
            why: why.map(|(_, text)| text.clone()).unwrap_or_default(),
            requester: after.requester.clone(),
            asked: self.why_asked(after).await?,
            ..self.named(&after.model, Some(&after.revision)).await?
        };
        Ok(self.announce(&kinds, &facts, note))
    }

    /// What its requester asked for it for.
    async fn why_asked(&mut self, release: &Release) -> Result<String> {
        let query = sqlx::query(
            "SELECT reason FROM requests WHERE revision = $1 AND stage = $2 AND person = $3 ORDER BY created, id LIMIT 1",
        );
        let query = query.bind(&release.revision).bind(&release.stage).bind(&release.requester);
        let row = query.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| row.try_get("reason")).transpose()?.unwrap_or_default())
    }

    pub(crate) async fn add_approval(&mut self, new: &Approval, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO approvals (id, release, person, digest, evidence, comment, at, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let query = query.bind(&new.id).bind(&new.release).bind(&new.person).bind(&new.digest);
        let query = query.bind(&new.evidence).bind(&new.comment).bind(new.at).bind(new.expires);
        query.execute(self.connection()).await?;
        self.made(new, note).await
    }

    pub(crate) async fn withdraw_approval(&mut self, before: &Approval) -> Result<()> {
        let after = Approval { withdrawn: Some(self.now()), ..before.clone() };
        let query = sqlx::query("UPDATE approvals SET withdrawn = $1 WHERE id = $2").bind(after.withdrawn);
        query.bind(&after.id).execute(self.connection()).await?;
        self.moved(before, &after, Note::of("approval.withdraw")).await
    }
}

/// The share of a canary; nothing for other states, whose word says it.
fn percent(state: ReleaseState) -> Option<i64> {
    match state {
        ReleaseState::Canary(share) => Some(i64::from(share.percent())),
        _ => None,
    }
}

pub(super) fn state(row: &AnyRow) -> Result<ReleaseState> {
    let state: String = row.try_get("state")?;
    let share: Option<i64> = row.try_get("share")?;
    let share = share.and_then(|share| u8::try_from(share).ok());
    ReleaseState::parse(&state, share.and_then(Share::new).map(Share::percent))
        .ok_or_else(|| StoreError::Corrupt(format!("a release in the state `{state}`")))
}

pub(crate) fn release(row: &AnyRow) -> Result<Release> {
    Ok(Release {
        id: row.try_get("id")?,
        model: row.try_get("model")?,
        stage: row.try_get("stage")?,
        revision: row.try_get("revision")?,
        state: state(row)?,
        requester: row.try_get("requester")?,
        decision: row.try_get("decision")?,
        decided: row.try_get("decided")?,
        served: row.try_get("served")?,
        created: row.try_get("created")?,
        changed: row.try_get("changed")?,
        moved: count(row, "moved")?,
    })
}

pub(crate) fn approval(row: &AnyRow) -> Result<Approval> {
    Ok(Approval {
        id: row.try_get("id")?,
        release: row.try_get("release")?,
        person: row.try_get("person")?,
        digest: row.try_get("digest")?,
        evidence: row.try_get("evidence")?,
        comment: row.try_get("comment")?,
        at: row.try_get("at")?,
        expires: row.try_get("expires")?,
        withdrawn: row.try_get("withdrawn")?,
    })
}
