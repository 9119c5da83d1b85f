//! Release bundles: what is released to a stage, for machines that start models and reach no gate.

use std::collections::BTreeMap;

use weighhouse_core::{Outcome, ReleaseState};
use weighhouse_log::release::{ACTION, FileStatement, ReleaseBundle, ReleaseStatement, SCHEMA};
use weighhouse_policy::Access;

use super::decide::Decided;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::Name;
use crate::store::bundles::Bundle;
use crate::store::releases::Release;
use crate::store::revisions::{File, Revision};
use crate::store::{Change, Note, fresh_id, timestamp};

/// For how many hours a bundle is good, at most and if nobody says.
const LONGEST_HOURS: i64 = 31 * 24;
const USUAL_HOURS: i64 = 24;

impl Gate {
    /// Gives out a bundle of what is released to a stage, if policy allows it at this moment.
    pub(crate) async fn bundle(
        &self,
        caller: &Caller,
        name: &Name,
        stage: &str,
        hours: Option<i64>,
    ) -> Result<ReleaseBundle> {
        let missing = || GateError::Missing(format!("`{name}`"));
        let model = self.seen(caller, name).await?;
        self.demand(caller, Access::Download, model.name.as_str())?;
        if caller.token.stage.as_deref().is_some_and(|bound| bound != stage) {
            return Err(GateError::Forbidden("this token is bound to another stage".to_owned()));
        }
        let hours = hours.unwrap_or(USUAL_HOURS);
        if !(1..=LONGEST_HOURS).contains(&hours) {
            return Err(GateError::Invalid(format!("a bundle is good for 1 to {LONGEST_HOURS} hours")));
        }
        let stage = self.stage(stage)?;
        let mut change = self.change(caller.who()).await?;
        let releases = change.releases_in(&model.id, &stage.name).await?;
        let release = releases.iter().find(|release| release.state == ReleaseState::Released);
        let release = release.ok_or_else(|| {
            GateError::Conflict(format!("nothing of `{name}` is released to `{}`", stage.name))
        })?;
        let revision = change.revision(&release.revision).await?.ok_or_else(missing)?;
        let inspected = self.inspected(&revision).await?;
        let decided = self.decide(&mut change, &revision, &inspected, stage, Some(&release.id)).await?;
        if decided.outcome() != Outcome::Allow {
            return Err(GateError::Denied(Box::new(decided.decision.release)));
        }
        let place = change.next_record();
        let files = self.store.files(&revision.id).await?;
        let expires = change.now() + hours * 3600;
        let statement =
            self.statement(&model.name, &revision, release, &decided, &files, (change.now(), expires))?;
        let person = &caller.person.name;
        note(&mut change, person, &statement, &revision, &decided, expires).await?;
        change.commit().await?;
        // Witnesses that answer at once make the proof worth more; a bundle does not wait for those that do not.
        self.ask_witnesses().await?;
        let (record, proof) = (self.record(place).await?, self.proof_of(place).await?.to_string());
        Ok(ReleaseBundle { schema: SCHEMA.to_owned(), statement, record, proof })
    }

    fn statement(
        &self,
        name: &Name,
        revision: &Revision,
        release: &Release,
        decided: &Decided,
        files: &[File],
        (issued, expires): (i64, i64),
    ) -> Result<ReleaseStatement> {
        let stated =
            |file: &File| (file.path.clone(), FileStatement { size: file.size, sha256: file.sha256.hex() });
        let files: BTreeMap<String, FileStatement> = files.iter().map(stated).collect();
        Ok(ReleaseStatement {
            id: fresh_id()?,
            gate: self.log_key().name().to_owned(),
            kind: name.kind().as_str().to_owned(),
            model: name.as_str().to_owned(),
            commit: revision.commit.clone(),
            digest: decided.bytes.to_string(),
            stage: release.stage.clone(),
            release: release.id.clone(),
            outcome: decided.outcome().to_string(),
            policy: decided.decision.release.policy.to_string(),
            facts: decided.decision.release.facts.to_string(),
            issued: timestamp(issued)?,
            expires: timestamp(expires)?,
            files,
        })
    }
}

/// Notes that a bundle was given out: its record is what the bundle is proven by.
async fn note(
    change: &mut Change,
    person: &str,
    statement: &ReleaseStatement,
    revision: &Revision,
    decided: &Decided,
    expires: i64,
) -> Result<()> {
    let digest = statement.identity().map_err(|error| GateError::Internal(error.to_string()))?;
    let bundle = Bundle {
        id: statement.id.clone(),
        release: statement.release.clone(),
        revision: revision.id.clone(),
        stage: statement.stage.clone(),
        person: person.to_owned(),
        digest,
        issued: change.now(),
        expires,
    };
    let detail = vec![("stage", statement.stage.clone()), ("expires", statement.expires.clone())];
    let note = Note {
        objects: vec![decided.bytes],
        decision: Some(&decided.decision.release),
        evidence: vec![digest],
        detail,
        ..Note::of(ACTION)
    };
    Ok(change.add_bundle(&bundle, note).await?)
}
