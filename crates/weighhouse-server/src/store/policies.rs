//! Policies: those in force, those before them, and those that are proposed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::Digest;
use weighhouse_core::diagnostic::SourceText;
use weighhouse_policy::{Base, PolicySet};

use super::change::Entity;
use super::{Change, Note, Result, Store, StoreError, as_text, count, word};

/// Policies that were in force, are, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Policy {
    /// Its number, as people say it.
    pub(crate) id: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) source: Source,
    /// Whether the default policies stay in force beside the texts.
    pub(crate) extend: bool,
    pub(crate) texts: Vec<Text>,
    /// What decisions name.
    #[serde(serialize_with = "as_text")]
    pub(crate) digest: Digest,
    /// Digest of those that were in force when it was proposed.
    pub(crate) based: Option<String>,
    pub(crate) reason: String,
    /// Who proposed it; nobody if it came from files.
    pub(crate) proposer: Option<String>,
    pub(crate) created: i64,
    #[serde(serialize_with = "as_text")]
    pub(crate) state: PolicyState,
    pub(crate) enacted_by: Option<String>,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
}

/// Where policies were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the configuration of a server.
    Files,
    /// At the gate.
    Gate,
}

/// How policies stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyState {
    /// Somebody wants them.
    Proposed,
    /// They decide.
    InForce,
    /// Others took their place.
    Replaced,
    /// Nobody wants them any more.
    Dropped,
}

/// A written text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Consent of somebody to proposed policies, bound to their digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PolicyApproval {
    pub(crate) id: String,
    pub(crate) policy: String,
    pub(crate) person: String,
    pub(crate) digest: String,
    pub(crate) comment: String,
    pub(crate) at: i64,
}

impl Policy {
    pub(crate) fn sources(&self) -> Vec<SourceText> {
        let source = |text: &Text| SourceText { name: text.name.clone(), text: text.text.as_str().into() };
        self.texts.iter().map(source).collect()
    }

    pub(crate) fn base(&self) -> Base {
        if self.extend { Base::Default } else { Base::Nothing }
    }

    /// The texts of policies that are compiled.
    pub(crate) fn texts_of(set: &PolicySet) -> Vec<Text> {
        let text = |source: &SourceText| Text { name: source.name.clone(), text: source.text.to_string() };
        set.written().iter().map(text).collect()
    }
}

impl Entity for Policy {
    const KIND: &'static str = "policy";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        self.state.to_string()
    }
}

impl Entity for PolicyApproval {
    const KIND: &'static str = "policy-approval";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        "given".to_owned()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "files",
            Self::Gate => "gate",
        })
    }
}

impl FromStr for Source {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "files" => Ok(Self::Files),
            "gate" => Ok(Self::Gate),
            other => Err(StoreError::Corrupt(format!("policies from `{other}`"))),
        }
    }
}

impl fmt::Display for PolicyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proposed => "proposed",
            Self::InForce => "in force",
            Self::Replaced => "replaced",
            Self::Dropped => "dropped",
        })
    }
}

impl FromStr for PolicyState {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Proposed, Self::InForce, Self::Replaced, Self::Dropped];
        let found = all.into_iter().find(|state| state.to_string() == text);
        found.ok_or_else(|| StoreError::Corrupt(format!("policies in the state `{text}`")))
    }
}

const ID_IN_FORCE: &str = "SELECT id FROM policies WHERE state = 'in force'";
const IN_FORCE: &str = "SELECT * FROM policies WHERE state = 'in force'";
const BY_ID: &str = "SELECT * FROM policies WHERE id = $1";
const APPROVALS: &str = "SELECT * FROM policy_approvals WHERE policy = $1 ORDER BY at, id";

impl Store {
    /// Those in force, if the log knows any.
    pub(crate) async fn policy_in_force(&self) -> Result<Option<Policy>> {
        sqlx::query(IN_FORCE).fetch_optional(self.pool()).await?.as_ref().map(policy).transpose()
    }

    /// Which are in force.
    pub(crate) async fn id_in_force(&self) -> Result<Option<String>> {
        let row = sqlx::query(ID_IN_FORCE);
        Ok(row.fetch_optional(self.pool()).await?.map(|row| row.try_get("id")).transpose()?)
    }

    pub(crate) async fn policy(&self, id: &str) -> Result<Option<Policy>> {
        sqlx::query(BY_ID).bind(id).fetch_optional(self.pool()).await?.as_ref().map(policy).transpose()
    }

    /// Policies in a state, the newest first.
    pub(crate) async fn policies_in(&self, state: PolicyState, most: u32) -> Result<Vec<Policy>> {
        let query = sqlx::query("SELECT * FROM policies WHERE state = $1 ORDER BY number DESC LIMIT $2");
        let rows = query.bind(state.to_string()).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(policy).collect()
    }

    pub(crate) async fn policy_approvals(&self, policy: &str) -> Result<Vec<PolicyApproval>> {
        let rows = sqlx::query(APPROVALS).bind(policy).fetch_all(self.pool()).await?;
        rows.iter().map(policy_approval).collect()
    }
}

impl Change {
    pub(crate) async fn id_in_force(&mut self) -> Result<Option<String>> {
        let row = sqlx::query(ID_IN_FORCE);
        Ok(row.fetch_optional(self.connection()).await?.map(|row| row.try_get("id")).transpose()?)
    }

    pub(crate) async fn policy_in_force(&mut self) -> Result<Option<Policy>> {
        sqlx::query(IN_FORCE).fetch_optional(self.connection()).await?.as_ref().map(policy).transpose()
    }

    pub(crate) async fn policy(&mut self, id: &str) -> Result<Option<Policy>> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(self.connection()).await?;
        row.as_ref().map(policy).transpose()
    }

    pub(crate) async fn policy_approvals(&mut self, policy: &str) -> Result<Vec<PolicyApproval>> {
        let rows = sqlx::query(APPROVALS).bind(policy).fetch_all(self.connection()).await?;
        rows.iter().map(policy_approval).collect()
    }

    /// The number of the next policies, and how many wait.
    pub(crate) async fn next_policy(&mut self) -> Result<(String, u64)> {
        let query = sqlx::query(
            "SELECT (SELECT COALESCE(MAX(number), 0) + 1 FROM policies) AS next, \
             (SELECT COUNT(*) FROM policies WHERE state = 'proposed') AS waiting",
        );
        let row = query.fetch_one(self.connection()).await?;
        Ok((count(&row, "next")?.to_string(), count(&row, "waiting")?))
    }

    pub(crate) async fn add_policy(&mut self, new: &Policy, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO policies (id, number, source, extend, texts, digest, based, reason, proposer, created, state, enacted_by, \
             since, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        );
        let texts =
            serde_json::to_string(&new.texts).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let number: i64 =
            new.id.parse().map_err(|_| StoreError::Corrupt("policies without a number".to_owned()))?;
        let query = query.bind(&new.id).bind(number).bind(new.source.to_string()).bind(i64::from(new.extend));
        let query = query.bind(texts).bind(new.digest.hex()).bind(new.based.clone()).bind(&new.reason);
        let query = query.bind(new.proposer.clone()).bind(new.created).bind(new.state.to_string());
        let query = query.bind(new.enacted_by.clone()).bind(new.since).bind(new.until);
        query.execute(self.connection()).await?;
        self.made(new, note).await
    }

    pub(crate) async fn set_policy(&mut self, before: &Policy, after: &Policy, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "UPDATE policies SET state = $1, enacted_by = $2, since = $3, until = $4 WHERE id = $5",
        );
        let query = query.bind(after.state.to_string()).bind(after.enacted_by.clone());
        query.bind(after.since).bind(after.until).bind(&after.id).execute(self.connection()).await?;
        self.moved(before, after, note).await
    }

    pub(crate) async fn add_policy_approval(&mut self, new: &PolicyApproval, note: Note<'_>) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO policy_approvals (id, policy, person, digest, comment, at) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let query = query.bind(&new.id).bind(&new.policy).bind(&new.person).bind(&new.digest);
        query.bind(&new.comment).bind(new.at).execute(self.connection()).await?;
        self.made(new, note).await
    }
}

pub(crate) fn policy(row: &AnyRow) -> Result<Policy> {
    let (id, number): (String, i64) = (row.try_get("id")?, row.try_get("number")?);
    if number.to_string() != id {
        return Err(StoreError::Corrupt(format!("policies `{id}` with the number {number}")));
    }
    let texts: String = row.try_get("texts")?;
    let texts = serde_json::from_str(&texts)
        .map_err(|error| StoreError::Corrupt(format!("texts of policies `{id}`: {error}")))?;
    Ok(Policy {
        id,
        source: word(row, "source")?,
        extend: row.try_get::<i64, _>("extend")? != 0,
        texts,
        digest: word(row, "digest")?,
        based: row.try_get("based")?,
        reason: row.try_get("reason")?,
        proposer: row.try_get("proposer")?,
        created: row.try_get("created")?,
        state: word(row, "state")?,
        enacted_by: row.try_get("enacted_by")?,
        since: row.try_get("since")?,
        until: row.try_get("until")?,
    })
}

pub(crate) fn policy_approval(row: &AnyRow) -> Result<PolicyApproval> {
    Ok(PolicyApproval {
        id: row.try_get("id")?,
        policy: row.try_get("policy")?,
        person: row.try_get("person")?,
        digest: row.try_get("digest")?,
        comment: row.try_get("comment")?,
        at: row.try_get("at")?,
    })
}
