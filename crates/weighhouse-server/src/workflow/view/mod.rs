//! Partial views: a revision without the files that may not be used, or that nobody needs. A view is a revision of its own, with a commit id of its
//! own: it shares contents with the one it was made from and nothing else. It waits in quarantine, is inspected and decided about like everything
//! that comes in; what was decided about the other says nothing about it ([decision 15](../../../../../docs/decisions/0015-partial-views.md)).

mod plan;
mod record;
mod rewrite;

use std::collections::BTreeMap;
use std::sync::Arc;

use sha1::Digest as _;
use weighhouse_core::words::short;
use weighhouse_core::{Digest, Intake};
use weighhouse_policy::Access;
use weighhouse_supply::statements::{self, LeftOut, PartialView as Record, Rewritten};

pub(crate) use self::plan::{Known, Left, Part, Without};
pub(crate) use self::record::ViewRecord;
use super::approve::one_text;
use super::intake::Ask;
use crate::blobs::{git_oid, pointer};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::Name;
use crate::store::jobs::JobKind;
use crate::store::models::{Asked, Model};
use crate::store::revisions::{File, Revision, digest_of};
use crate::store::views::PartialView;
use crate::store::{Change, Note, StoreError, timestamp};

/// Bytes of configurations and indexes that are read for one view.
const READ: u64 = 64 << 20;
/// Bytes of a configuration that is rewritten: all its members are held while it is.
const CONFIGURATION: u64 = 4 << 20;

/// A view that somebody wants.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) name: Name,
    /// A commit, a stage, a branch; `main` is the newest revision that is no view itself.
    pub(crate) revision: String,
    pub(crate) without: Without,
    pub(crate) stage: String,
    pub(crate) reason: String,
}

/// A file that is rewritten.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) before: File,
    pub(crate) after: File,
    /// The members that were taken out.
    pub(crate) removed: Vec<String>,
    content: Vec<u8>,
}

/// What a view would be.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) model: Model,
    pub(crate) base: Revision,
    /// The id that it has, or would have.
    pub(crate) commit: String,
    pub(crate) left_out: Vec<Left>,
    pub(crate) rewritten: Vec<Changed>,
    pub(crate) files: Vec<File>,
}

/// A view that is there.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) plan: Plan,
    pub(crate) revision: Revision,
    pub(crate) asked: Asked,
}

impl Gate {
    /// What a view would be; nothing is changed.
    pub(crate) async fn plan_view(&self, caller: &Caller, wish: &Wish) -> Result<Plan> {
        self.demand_all_contents()?;
        let model = self.seen(caller, &wish.name).await?;
        self.demand(caller, Access::Request, model.name.as_str())?;
        let base = self.meant(&model, &wish.revision).await?;
        let base = base.ok_or_else(|| GateError::Missing(format!("`{}@{}`", wish.name, wish.revision)))?;
        check_base(&wish.name, &base)?;
        if wish.without.parts.is_empty() && wish.without.paths.is_empty() {
            return Err(GateError::Invalid(
                "say what is to be left out: kinds of files, or patterns of their paths".to_owned(),
            ));
        }
        let inspected = self.inspected(&base).await?;
        let files = self.store.files(&base.id).await?;
        let known = Known::read(&inspected.report).filter(|known| known.tells_of(&files));
        let unread = || StoreError::Corrupt("a report that does not tell of each file".to_owned());
        let known = known.ok_or_else(unread)?;
        let left = plan::left_out(&files, &known, &wish.without)?;
        self.planned(model, base, files, left, &wish.without).await
    }

    /// The revision that somebody means.
    pub(super) async fn meant(&self, model: &Model, wanted: &str) -> Result<Option<Revision>> {
        if let Some(revision) = self.store.revision_at(&model.id, wanted).await? {
            return Ok(Some(revision));
        }
        if let Some(head) = self.store.branch(&model.id, wanted).await?.and_then(|branch| branch.head) {
            return Ok(self.store.revision(&head).await?);
        }
        if self.settings.stage(wanted).is_some()
            && let Some(release) = self.store.serving(&model.id, wanted).await?.last()
        {
            return Ok(self.store.revision(&release.revision).await?);
        }
        match self.store.last_meant(&model.id, wanted).await? {
            None if wanted == "main" => Ok(self.store.newest_whole(&model.id).await?),
            revision => Ok(revision),
        }
    }

    /// Looks at what is left, and takes out of it what speaks of what is not.
    async fn planned(
        &self,
        model: Model,
        base: Revision,
        files: Vec<File>,
        mut left: BTreeMap<String, String>,
        without: &Without,
    ) -> Result<Plan> {
        let concerned: Vec<File> = files
            .iter()
            .filter(|file| rewrite::concerns(&file.path) && !left.contains_key(&file.path))
            .cloned()
            .collect();
        let bytes = concerned.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        if bytes > READ {
            return Err(GateError::Conflict(format!(
                "its configurations and indexes have {bytes} bytes, and at most {READ} are read for a view; leave some out by their paths"
            )));
        }
        let large = |file: &&File| !rewrite::is_index(&file.path) && file.size > CONFIGURATION;
        if let Some(file) = concerned.iter().find(large) {
            return Err(GateError::Conflict(format!(
                "`{}` has {} bytes, and at most {CONFIGURATION} are read of a configuration; leave it out by its path",
                plan::shown(&file.path),
                file.size
            )));
        }
        let whole = |error: std::io::Error| GateError::of_disk("the contents cannot be read", &error);
        let turn = self.viewing.acquire().await;
        let turn = turn.map_err(|error| GateError::Internal(error.to_string()))?;
        let held = self.blobs.hold(concerned.iter().map(|file| (file.sha256, file.size)).collect()).await;
        let held = held.map_err(whole)?;
        let takes = (without.parts.contains(&Part::Code), without.parts.contains(&Part::Template));
        let work = move || -> std::io::Result<_> {
            // Indexes first: what they leave out, nothing else names.
            let (indexes, others): (Vec<File>, Vec<File>) =
                concerned.into_iter().partition(|file| rewrite::is_index(&file.path));
            for file in indexes {
                let content = held.bytes(file.sha256, file.size)?;
                if let Some(shard) = rewrite::missing_shard(&file.path, &content, &left) {
                    left.insert(file.path, format!("it is the index of `{}`", plan::shown(&shard)));
                }
            }
            let mut changed = Vec::new();
            for before in others {
                let text = held.bytes(before.sha256, before.size)?;
                if let Some((content, removed)) = rewrite::rewritten(&before.path, &text, &left, takes) {
                    let after = of_content(&before, &content);
                    changed.push(Changed { before, after, removed, content });
                }
            }
            Ok((left, changed))
        };
        let done = tokio::task::spawn_blocking(work).await;
        drop(turn);
        let done = done.map_err(|error| GateError::Internal(error.to_string()))?;
        let (left, rewritten) = done.map_err(whole)?;
        if left.is_empty() && rewritten.is_empty() {
            return Err(GateError::Invalid(
                "nothing of that is in this revision: the view would be the revision itself".to_owned(),
            ));
        }
        let (mut left_out, mut kept) = (Vec::new(), Vec::new());
        for file in files {
            let new = rewritten.iter().find(|changed| changed.before.path == file.path);
            match left.get(&file.path) {
                Some(why) => left_out.push(Left { file, why: why.clone() }),
                None => kept.push(new.map_or(file, |changed| changed.after.clone())),
            }
        }
        if kept.is_empty() {
            return Err(GateError::Invalid("nothing would be left of it".to_owned()));
        }
        let commit = commit_id(&model.name, &base.commit, &kept);
        Ok(Plan { model, base, commit, left_out, rewritten, files: kept })
    }

    /// Makes a view and asks for it. The same view twice is one.
    pub(crate) async fn make_view(self: &Arc<Self>, caller: &Caller, wish: Wish) -> Result<Made> {
        self.stage(&wish.stage)?;
        let reason = one_text(&wish.reason)?;
        let plan = self.plan_view(caller, &wish).await?;
        self.take_rewritten(&plan).await?;
        let mut change = self.change(caller.who()).await?;
        // As it is now: it may have been withdrawn meanwhile.
        let base = change.revision(&plan.base.id).await?;
        let base = base.ok_or_else(|| GateError::Missing(format!("`{}`", wish.name)))?;
        check_base(&wish.name, &base)?;
        let revision = match change.revision_at(&plan.model.id, &plan.commit).await? {
            Some(known) if known.state == Intake::Revoked => {
                let why = known.fault.unwrap_or_default();
                return Err(GateError::Conflict(format!("this very view was withdrawn: {why}")));
            }
            Some(known) => {
                // A source can give a commit any id, that of a view among them.
                let view = change.view_of(&known.id).await?;
                if view.is_none_or(|view| view.base != plan.base.id) {
                    let why = "another revision has the id that this view would have";
                    return Err(GateError::Conflict(why.to_owned()));
                }
                known
            }
            None => self.begin_view(&mut change, caller, &plan, &wish.without).await?,
        };
        let (name, wanted) = (wish.name.clone(), revision.commit.clone());
        let ask = Ask { name, revision: wanted, stage: wish.stage, reason };
        let asked = self.ask_for(&mut change, caller, &revision, &ask).await?;
        change.commit().await?;
        self.work.notify_one();
        Ok(Made { plan, revision, asked })
    }

    /// Takes in what is new of a view. It lies there with nobody referring to it until the change is made, and is swept if it never is.
    async fn take_rewritten(&self, plan: &Plan) -> Result<()> {
        let (blobs, new) = (self.blobs.clone(), plan.rewritten.clone());
        let take = move || -> std::io::Result<()> {
            for changed in new {
                let mut content = changed.content.as_slice();
                if blobs.take_from(&mut content, changed.after.size)?.sha256 != changed.after.sha256 {
                    return Err(std::io::Error::other("other bytes than those that were written"));
                }
            }
            Ok(())
        };
        let taken = tokio::task::spawn_blocking(take).await;
        let taken = taken.map_err(|error| GateError::Internal(error.to_string()))?;
        taken.map_err(|error| GateError::of_disk("contents cannot be stored", &error))
    }

    /// A view that was not there: into quarantine, with its record.
    async fn begin_view(
        &self,
        change: &mut Change,
        caller: &Caller,
        plan: &Plan,
        without: &Without,
    ) -> Result<Revision> {
        let new = self.begin_revision(change, &plan.model.id, &plan.commit, "view").await?;
        let revision = self.arrived(change, &new, &plan.files).await?;
        let envelope = self.record_of(plan, without, change.now())?;
        let mut authors = change.authors_of(&plan.base.id).await?;
        authors.insert(caller.person.name.clone());
        let view = PartialView {
            revision: revision.id.clone(),
            model: plan.model.id.clone(),
            base: plan.base.id.clone(),
            person: caller.person.name.clone(),
            authors,
            digest: Digest::of(envelope.as_bytes()),
            created: change.now(),
            envelope,
        };
        let detail = vec![("commit", plan.commit.clone()), ("from", plan.base.commit.clone())];
        let objects = revision.digest.into_iter().chain(plan.base.digest).collect();
        let note = Note { objects, evidence: vec![view.digest], detail, ..Note::of("view.make") };
        change.add_view(&view, note).await?;
        change.enqueue(JobKind::Inspect, &revision.id).await?;
        Ok(revision)
    }

    /// The transformation record, signed. Nobody is named in it: it goes to whoever has the view.
    fn record_of(&self, plan: &Plan, without: &Without, now: i64) -> Result<String> {
        let internal =
            |why: &dyn std::fmt::Display| GateError::Internal(format!("a transformation record: {why}"));
        let from = plan.base.digest.ok_or_else(|| internal(&"a revision without digest"))?;
        let made = timestamp(now)?;
        let left = plan.left_out.iter().map(|left| LeftOut {
            path: &left.file.path,
            digest: left.file.sha256,
            size: left.file.size,
            why: &left.why,
        });
        let rewritten = plan.rewritten.iter().map(|changed| Rewritten {
            path: &changed.before.path,
            digests: (changed.before.sha256, changed.after.sha256),
            removed: &changed.removed,
        });
        let record = Record {
            gate: self.log_key().name(),
            kind: plan.model.name.kind().as_str(),
            model: plan.model.name.as_str(),
            view: (&plan.commit, digest_of(&plan.files)),
            from: (&plan.base.commit, from),
            without: without.parts.iter().map(|part| part.as_str()).collect(),
            paths: &without.paths,
            left_out: left.collect(),
            rewritten: rewritten.collect(),
            version: env!("CARGO_PKG_VERSION"),
            made: &made,
        };
        let statement = statements::partial_view(&record).ok_or_else(|| internal(&"it cannot be written"))?;
        statement.text(Some(&self.keys.statements)).map_err(|error| internal(&error))
    }

    /// The transformation record of a view as it was signed, if the caller may see the view; nothing if the revision is none.
    pub(crate) async fn view_record(&self, caller: &Caller, revision: &str) -> Result<PartialView> {
        let missing = || GateError::Missing(format!("a view with the id `{revision}`"));
        let view = self.store.view_of(revision).await?.ok_or_else(missing)?;
        let model = self.seen_by_id(caller, &view.model).await?;
        model.map(|_| view).ok_or_else(missing)
    }
}

/// A view is made of what was inspected, and of nothing that was withdrawn.
fn check_base(name: &Name, base: &Revision) -> Result<()> {
    let short = short(&base.commit);
    let why = base.fault.as_deref().unwrap_or_default();
    Err(GateError::Conflict(match base.state {
        Intake::Inspected => return Ok(()),
        Intake::Revoked => format!("`{name}` at {short} was withdrawn, and so is every view of it: {why}"),
        Intake::Failed => format!("`{name}` at {short} could not be fetched: {why}"),
        Intake::Requested | Intake::Fetching => {
            format!("`{name}` at {short} is still being fetched; make the view when it was inspected")
        }
        Intake::Quarantined => {
            format!("`{name}` at {short} is still being inspected; make the view when that is done")
        }
    }))
}

/// A file in the place of another one, with these bytes.
fn of_content(before: &File, bytes: &[u8]) -> File {
    let (sha256, size) = (Digest::of(bytes), bytes.len() as u64);
    let git_oid = if before.large { pointer(sha256, size).1 } else { git_oid(bytes) };
    File { path: before.path.clone(), size, sha256, git_oid, large: before.large }
}

/// The commit id of a view: made of what it is made of, so that every gate gives the same view the same id.
fn commit_id(name: &Name, from: &str, files: &[File]) -> String {
    let mut id = sha1::Sha1::new();
    id.update(format!("weighhouse view\0{}/{}\0{from}\0", name.kind().as_str(), name.folded()));
    for file in files {
        id.update(format!("{}\0{}\0", file.path, file.sha256));
    }
    weighhouse_core::digest::hex(&id.finalize())
}
