//! Waivers: somebody who may accepts findings of a model, for a time, and somebody answers for it. Decisions are made again when one is
//! given or taken back, and when its time begins or ends.

use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::{Date, Fingerprint};
use weighhouse_policy::{Access, Facts};

use super::approve::one_text;
use super::review::STANDING_JOB;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{Caller, DAY};
use crate::name::Name;
use crate::store::jobs::JobKind;
use crate::store::models::{Asked, Model};
use crate::store::waivers::{Phase, Waiver};
use crate::store::{Change, fresh_id};

/// The longest life of a waiver, in days.
const LONGEST_DAYS: i64 = 366;
/// Rules and findings of one waiver.
const MOST: usize = 50;
/// Waivers of one model that stand at the same time.
const MOST_OF_MODEL: usize = 200;

/// What somebody wants to be accepted.
#[derive(Debug, Clone)]
pub(crate) struct NewWaiver {
    pub(crate) name: Name,
    /// The only revision it is for.
    pub(crate) commit: Option<String>,
    /// The only stage it is for.
    pub(crate) stage: Option<String>,
    /// Rules by id or slug.
    pub(crate) rules: BTreeSet<String>,
    /// Findings by fingerprint.
    pub(crate) findings: BTreeSet<String>,
    /// Who answers for it; whoever gives it, if nobody is named.
    pub(crate) owner: Option<String>,
    pub(crate) reason: String,
    /// The first day on which it holds; now, if none is named.
    pub(crate) begins: Option<Date>,
    /// The last day on which it holds.
    pub(crate) until: Date,
}

impl Gate {
    /// Gives a waiver; tells how many findings of what is here now it accepts.
    pub(crate) async fn waive(&self, caller: &Caller, new: NewWaiver) -> Result<(Waiver, u64)> {
        let model = self.seen(caller, &new.name).await?;
        self.demand(caller, Access::Waive, model.name.as_str())?;
        let mut change = self.change(caller.who()).await?;
        let waiver = self.sound(&mut change, caller, &model, &new).await?;
        change.add_waiver(&waiver).await?;
        let accepts = self.decide_under(&mut change, &waiver).await?;
        let turn = if waiver.begins > change.now() { waiver.begins } else { waiver.expires };
        change.due_by(JobKind::Review, STANDING_JOB, turn).await?;
        change.commit().await?;
        Ok((waiver, accepts))
    }

    /// Takes a waiver back. What rested on it is suspended.
    pub(crate) async fn withdraw_waiver(&self, caller: &Caller, id: &str) -> Result<Waiver> {
        let missing = || GateError::Missing(format!("waiver `{id}`"));
        let mut change = self.change(caller.who()).await?;
        let before = change.waiver(id).await?.ok_or_else(missing)?;
        let model = self.seen_by_id(caller, &before.model).await?.ok_or_else(missing)?;
        self.demand(caller, Access::Waive, model.name.as_str())?;
        match before.phase(change.now()) {
            Phase::Withdrawn => return Ok(before),
            Phase::Over => return Err(GateError::Conflict("its time is over already".to_owned())),
            Phase::Holds | Phase::Ahead => {}
        }
        let after = change.withdraw_waiver(&before).await?;
        self.decide_under(&mut change, &after).await?;
        change.commit().await?;
        Ok(after)
    }

    /// Decides again about what a waiver is for; gives how many findings it accepts if it holds.
    async fn decide_under(&self, change: &mut Change, waiver: &Waiver) -> Result<u64> {
        let mut accepted: BTreeMap<String, u64> = BTreeMap::new();
        for release in change.releases_of(&waiver.model).await? {
            if waiver.stage.as_ref().is_some_and(|stage| *stage != release.stage) {
                continue;
            }
            let Some((revision, inspected)) = self.review_in(change, &release).await? else { continue };
            if revision.digest.is_some_and(|bytes| waiver.is_for(bytes, &release.stage))
                && !accepted.contains_key(&revision.id)
            {
                let facts = Facts::from_json(&inspected.facts);
                let count =
                    facts.map_or(0, |facts| facts.findings.iter().filter(|one| waiver.accepts(one)).count());
                accepted.insert(revision.id, count as u64);
            }
        }
        Ok(accepted.values().sum())
    }

    /// The waiver that is meant, if it can be given.
    async fn sound(
        &self,
        change: &mut Change,
        caller: &Caller,
        model: &Model,
        new: &NewWaiver,
    ) -> Result<Waiver> {
        let invalid = |why: &str| GateError::Invalid(why.to_owned());
        check_scope(new)?;
        if let Some(stage) = &new.stage {
            self.stage(stage)?;
        }
        let revision = match &new.commit {
            Some(commit) => {
                let missing = || GateError::Missing(format!("`{}@{commit}`", new.name));
                Some(change.revision_at(&model.id, commit).await?.ok_or_else(missing)?)
            }
            None => None,
        };
        let bytes = revision.as_ref().map(|revision| {
            revision
                .digest
                .ok_or_else(|| GateError::Conflict("the bytes of this revision are not here yet".to_owned()))
        });
        let bytes = bytes.transpose()?;
        let me = &caller.person.name;
        let concerns = |asked: &Asked| {
            revision.as_ref().is_none_or(|revision| asked.revision.as_ref() == Some(&revision.id))
                && new.stage.as_ref().is_none_or(|only| *only == asked.stage)
        };
        let asked = self.store.requests_of(&model.id).await?;
        if asked.iter().any(|asked| asked.person == *me && concerns(asked)) {
            let why = "who asks for a model does not accept what was found in it";
            return Err(GateError::Forbidden(why.to_owned()));
        }
        let now = change.now();
        let known = crate::store::waivers::standing(change.connection(), &model.id, now).await?;
        if known.len() >= MOST_OF_MODEL {
            let why = format!("{MOST_OF_MODEL} waivers of this model stand already");
            return Err(GateError::Conflict(why));
        }
        let (begins, expires) = span(new, now)?;
        let owner = new.owner.as_deref().map_or(me.as_str(), str::trim);
        if owner.is_empty() || owner.chars().count() > 100 || owner.chars().any(char::is_control) {
            return Err(invalid("an owner is somebody, in one line of at most 100 characters"));
        }
        let reason = one_text(&new.reason)?;
        if reason.is_empty() {
            return Err(invalid("give a reason"));
        }
        Ok(Waiver {
            id: fresh_id()?,
            model: model.id.clone(),
            digest: bytes.map(|bytes| bytes.to_string()),
            stage: new.stage.clone(),
            rules: new.rules.clone(),
            findings: new.findings.clone(),
            owner: owner.to_owned(),
            reason,
            giver: me.clone(),
            given: now,
            begins,
            expires,
            withdrawn: None,
        })
    }
}

/// The seconds in which it holds.
fn span(new: &NewWaiver, now: i64) -> Result<(i64, i64)> {
    let begins = new.begins.map_or(now, |day| (day.days() * DAY).max(now));
    let expires = (new.until.days() + 1) * DAY;
    if expires <= begins {
        let why = "it would be over before it begins; write the last day on which it is to hold";
        return Err(GateError::Invalid(why.to_owned()));
    }
    if expires > now + LONGEST_DAYS * DAY {
        let why = format!("a waiver holds {LONGEST_DAYS} days at most; write an earlier day");
        return Err(GateError::Invalid(why));
    }
    Ok((begins, expires))
}

/// What it accepts is named: rules, or findings.
fn check_scope(new: &NewWaiver) -> Result<()> {
    let count = new.rules.len() + new.findings.len();
    if !(1..=MOST).contains(&count) {
        return Err(GateError::Invalid(format!("name what it accepts: 1 to {MOST} rules or findings")));
    }
    let word = |rule: &String| {
        (1..=64).contains(&rule.len())
            && rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if let Some(rule) = new.rules.iter().find(|rule| !word(rule)) {
        return Err(GateError::Invalid(format!("`{rule}` is no rule; write an id (`WH-PKL-003`) or a slug")));
    }
    match new.findings.iter().find_map(|finding| finding.parse::<Fingerprint>().err()) {
        Some(error) => Err(GateError::Invalid(error.to_string())),
        None => Ok(()),
    }
}

/// What is to be told to whoever accepts findings of these rules. A rule that this program does not have may be one of another version of it.
pub(crate) fn notes_on_rules(rules: &BTreeSet<String>) -> Vec<String> {
    let known = |rule: &String| {
        let scanned = weighhouse_scan::RULES.iter().map(|known| known.meta());
        scanned.chain(weighhouse_supply::rules()).any(|meta| meta.id == rule || meta.slug == rule)
    };
    let strange = rules.iter().filter(|rule| !known(rule));
    strange
        .map(|rule| format!("there is no rule `{rule}`; `weighhouse rules list` shows all rules"))
        .collect()
}
