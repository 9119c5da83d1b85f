//! How models come in: somebody asks, a worker fetches, everything waits in quarantine until it was inspected.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weighhouse_core::release::IntakeEvent;
use weighhouse_core::words::short;
use weighhouse_core::{Digest, Intake};
use weighhouse_policy::{Access, Facts, Profile};
use weighhouse_scan::source::hub::{
    self, Holding, HubError, HubOptions, Reader, SnapshotContent, SnapshotFile,
};
use weighhouse_scan::source::{Entry, EntryContent, Listing, ObstacleKind, from_path};

use super::approve::one_text;
use crate::blobs::{Blobs, pointer};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::operate::traces;
use crate::store::jobs::{AWAY, Job, JobKind};
use crate::store::models::{Asked, Model};
use crate::store::revisions::{File, Inspected, Revision, digest_of, listing_of};
use crate::store::{Change, Note, StoreError, Who, fresh_id};

/// The part of the gate that brings models in, as the log knows it.
const WORKER: Who<'static> = Who::Service("worker");

/// The source of what was brought in from a folder.
const IMPORT: &str = "import";

/// What somebody asks for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) name: Name,
    /// A branch, a tag or a commit of the source.
    pub(crate) revision: String,
    pub(crate) stage: String,
    pub(crate) reason: String,
}

/// Why a job did not end.
pub(crate) enum Fault {
    /// It may work a little later.
    Later(String),
    /// It will not; the change that says so was made.
    Settled,
    /// Another worker has the job by now; this one changed nothing.
    Lost,
}

impl From<GateError> for Fault {
    fn from(error: GateError) -> Self {
        Self::Later(error.to_string())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Later(error.to_string())
    }
}

impl Gate {
    /// Somebody asks for a model. Asking twice for the same is one request.
    pub(crate) async fn ask(&self, caller: &Caller, ask: Ask) -> Result<Asked> {
        let known = self.store.model(&ask.name).await?.map_or_else(|| ask.name.clone(), |model| model.name);
        if !self.may(&caller.person, Access::Request, known.as_str()) {
            // Told of the name as it was asked for: how it is kept would tell that it is here.
            let who = &caller.person.name;
            return Err(GateError::Forbidden(format!("policy does not let `{who}` request `{}`", ask.name)));
        }
        self.stage(&ask.stage)?;
        let sees = self.sees(caller, &known);
        if sees && let Some(here) = self.ask_here(caller, &ask).await? {
            return Ok(here);
        }
        if self.settings.upstream.is_none() {
            let why =
                "this gate fetches from nowhere (`upstream` is not configured); models come in by import";
            return Err(GateError::Conflict(why.to_owned()));
        }
        let sound = |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control);
        if ask.revision.len() > 200 || !ask.revision.split('/').all(sound) {
            return Err(GateError::Invalid(format!("`{}` is not a revision", ask.revision)));
        }
        let mut change = self.change(caller.who()).await?;
        let model = change.ensure_model(&ask.name).await?;
        // Somebody made it meanwhile: what is uploaded here and what somebody else has under the same name must not be mixed.
        if sees && change.repository(&model.id).await?.is_some() {
            return Err(GateError::Conflict(format!("`{}` is uploaded to by now; ask again", ask.name)));
        }
        let new = Asked {
            id: fresh_id()?,
            model: model.id,
            wanted: ask.revision,
            stage: ask.stage,
            person: caller.person.name.clone(),
            reason: one_text(&ask.reason)?,
            created: change.now(),
            revision: None,
            fault: None,
        };
        if let Some(same) = change.same_request(&new).await? {
            return Ok(same);
        }
        change.add_request(&new).await?;
        change.enqueue(JobKind::Fetch, &new.id).await?;
        change.commit().await?;
        self.work.notify_one();
        Ok(new)
    }

    /// Somebody asks for what is here already, for another stage: nothing is fetched, whether the source can be reached or not. What was
    /// uploaded here is never fetched, whatever a source has under this name.
    async fn ask_here(&self, caller: &Caller, ask: &Ask) -> Result<Option<Asked>> {
        let Some(model) = self.store.model(&ask.name).await? else { return Ok(None) };
        let brought = self.brought(&model, &ask.revision).await?;
        let mut change = self.change(caller.who()).await?;
        if change.repository(&model.id).await?.is_none() {
            let revision = match brought {
                Some(id) => change.revision(&id).await?,
                None => None,
            };
            let Some(revision) = revision else { return Ok(None) };
            return self.ask_for_what_is_here(change, caller, &revision, ask).await;
        }
        let here = change.revision_at(&model.id, &ask.revision).await?;
        let branch = match change.branch(&model.id, &ask.revision).await? {
            None if self.settings.stage(&ask.revision).is_some() => change.branch(&model.id, "main").await?,
            branch => branch,
        };
        let revision = match branch.and_then(|branch| branch.head) {
            Some(head) => change.revision(&head).await?,
            None => here,
        };
        let missing = || GateError::Missing(format!("`{}` at `{}`", ask.name, ask.revision));
        let revision = revision.ok_or_else(missing)?;
        self.ask_for_what_is_here(change, caller, &revision, ask).await
    }

    /// The id of the revision that somebody means of a model that was not uploaded, if its bytes are here and a source need not be asked: it is
    /// named by its commit or by the stage that it serves, or no source has it.
    async fn brought(&self, model: &Model, wanted: &str) -> Result<Option<String>> {
        // What nobody has but this gate moves on by what is brought in; other names mean what they meant when they were asked for.
        let meant = if wanted == "main" {
            self.store.newest_whole(&model.id).await?
        } else {
            self.meant(model, wanted).await?
        };
        let Some(meant) = meant else { return Ok(None) };
        let named = meant.commit == wanted || self.settings.stage(wanted).is_some();
        let sourceless = self.settings.upstream.is_none() || meant.source == IMPORT;
        let whole = matches!(meant.state, Intake::Quarantined | Intake::Inspected | Intake::Revoked);
        Ok((whole && (named || sourceless)).then_some(meant.id))
    }

    async fn ask_for_what_is_here(
        &self,
        mut change: Change,
        caller: &Caller,
        revision: &Revision,
        ask: &Ask,
    ) -> Result<Option<Asked>> {
        if revision.state == Intake::Revoked {
            let why = revision.fault.as_deref().unwrap_or_default();
            return Err(GateError::Conflict(format!("`{}` was withdrawn: {why}", ask.name)));
        }
        let asked = self.ask_for(&mut change, caller, revision, ask).await?;
        change.commit().await?;
        Ok(Some(asked))
    }

    /// Somebody asks for a revision that is here. If it was inspected, it is decided about at once.
    pub(super) async fn ask_for(
        &self,
        change: &mut Change,
        caller: &Caller,
        revision: &Revision,
        ask: &Ask,
    ) -> Result<Asked> {
        let mut known = change.requests_for(&revision.id).await?.into_iter();
        let same = |asked: &Asked| asked.stage == ask.stage && asked.person == caller.person.name;
        if let Some(known) = known.find(same) {
            return Ok(known);
        }
        let new = Asked {
            id: fresh_id()?,
            model: revision.model.clone(),
            wanted: ask.revision.clone(),
            stage: ask.stage.clone(),
            person: caller.person.name.clone(),
            reason: one_text(&ask.reason)?,
            created: change.now(),
            revision: Some(revision.id.clone()),
            fault: None,
        };
        change.add_request(&new).await?;
        if revision.state == Intake::Inspected {
            let inspected = self.inspected(revision).await?;
            self.settle(change, revision, &inspected).await?;
        }
        Ok(new)
    }

    /// Brings a folder of this machine in, as if it had been fetched.
    ///
    /// # Errors
    /// If the folder cannot be read, holds links or special files, or the same content is here already.
    pub async fn import(
        self: &Arc<Self>,
        person: &str,
        name: &Name,
        folder: &Path,
        stage: &str,
    ) -> Result<String> {
        self.demand_all_contents()?;
        self.stage(stage)?;
        if self.store.account(person).await?.is_none() {
            let why = format!(
                "nobody called `{person}` is known at this gate; `weighhouse serve` makes `admin` when it first starts"
            );
            return Err(GateError::Invalid(why));
        }
        let listing = from_path(folder, self.settings.max_files)
            .map_err(|error| GateError::Invalid(error.to_string()))?;
        let grave = |kind: ObstacleKind| !matches!(kind, ObstacleKind::LinkLeaves);
        if let Some(obstacle) = listing.obstacles.iter().find(|obstacle| grave(obstacle.kind)) {
            return Err(GateError::Invalid(format!("`{}`: {}", obstacle.path, obstacle.detail)));
        }
        let staged = listing.entries.into_iter().filter_map(|entry| match entry.content {
            EntryContent::File(content) => Some(Staged {
                path: entry.path,
                content: Staging::Theirs(content),
                git_id: None,
                large: None,
            }),
            EntryContent::Spooled(_) => None,
        });
        let files = self.take(staged.collect()).await?;
        let commit = commit_of(name, &files);
        let mut change = self.change(Who::Person(person)).await?;
        let model = change.ensure_model(name).await?;
        let revision = if let Some(known) = change.revision_at(&model.id, &commit).await? {
            if known.state == Intake::Revoked {
                let why = known.fault.unwrap_or_default();
                return Err(GateError::Conflict(format!("this content was withdrawn as `{name}`: {why}")));
            }
            known
        } else {
            let new = self.begin_revision(&mut change, &model.id, &commit, IMPORT).await?;
            self.arrived(&mut change, &new, &files).await?
        };
        let asked = Asked {
            id: fresh_id()?,
            model: model.id,
            wanted: commit.clone(),
            stage: stage.to_owned(),
            person: person.to_owned(),
            reason: "imported".to_owned(),
            created: change.now(),
            revision: Some(revision.id.clone()),
            fault: None,
        };
        change.add_request(&asked).await?;
        change.enqueue(JobKind::Inspect, &revision.id).await?;
        change.commit().await?;
        self.work.notify_one();
        Ok(commit)
    }

    /// Does a job of the kind `fetch`.
    pub(crate) async fn fetch(self: &Arc<Self>, job: &Job) -> std::result::Result<(), Fault> {
        let Some(asked) = self.store.request(&job.subject).await? else { return self.drop_job(job).await };
        let model = self.store.model_by_id(&asked.model).await?;
        let (Some(model), Some(upstream)) = (model, self.settings.upstream.clone()) else {
            return self.fail(job, &asked, None, "there is nowhere to fetch from").await;
        };
        // Asked for by somebody who may not know that it was uploaded here, and was answered as if it were nowhere.
        if self.store.repository(&model.id).await?.is_some() {
            return self.fail(job, &asked, None, "it is uploaded here, and never fetched").await;
        }
        let options = Arc::new(HubOptions {
            holding: match model.name.kind() {
                Kind::Model => Holding::Model,
                Kind::Dataset => Holding::Dataset,
            },
            endpoint: upstream.endpoint.clone(),
            reader: Reader::OfGate,
            token: upstream.token,
            cache: self.blobs.staging().join("hub"),
            offline: false,
            max_files: self.settings.max_files,
            patience: upstream.patience,
            authorities: self.settings.authorities.clone(),
        });
        let commit = match self.commit_asked(&asked, &model, &options).await? {
            Ok(commit) => commit,
            Err(error) => return self.troubled(job, &asked, None, &error).await,
        };
        let Some((asked, fetching)) = self.begin_fetching(job, asked, &commit, &upstream.endpoint).await?
        else {
            return Ok(());
        };

        // Of this very model only: whoever makes a repository elsewhere could name the digest of anything that is here.
        let known = self.store.large_contents(&model.id).await?;
        let (blobs, runtime) = (self.blobs.clone(), tokio::runtime::Handle::current());
        let held = move |sha256: Digest, size: u64| {
            known.contains(&(sha256, size)) && runtime.block_on(blobs.is_whole(sha256, size)).unwrap_or(false)
        };
        let (name, wanted, with) = (model.name.to_string(), commit, Arc::clone(&options));
        let cancelled = Arc::clone(&self.cancelled);
        let asking = blocking(move || hub::fetch(&name, &wanted, &with, &cancelled, &|_| (), &held));
        let fetched = self.asked("upstream fetch", &upstream.endpoint, asking).await?;
        let snapshot = match fetched {
            Ok(snapshot) => snapshot,
            Err(error) => return self.troubled(job, &asked, Some(&fetching), &error).await,
        };
        let staged = snapshot.files.into_iter().map(Staged::of);
        let files = self.take(staged.collect()).await?;
        let mut change = self.job_change(job).await?;
        if let Some(now) = change.revision(&fetching.id).await? {
            // Somebody else's request for the same commit may have brought it here, or given it up, meanwhile.
            if let Ok(state) = now.state.after(IntakeEvent::Fetch) {
                let fetching = Revision { state, fault: None, ..now.clone() };
                if fetching != now {
                    change.set_revision(&now, &fetching, Note::of("revision.fetch")).await?;
                }
                self.arrived(&mut change, &fetching, &files).await?;
                change.enqueue(JobKind::Inspect, &fetching.id).await?;
            }
        }
        change.finish(job).await?;
        change.commit().await?;
        let staged = hub_folder(&options.cache, &model.name);
        if let Err(error) = tokio::fs::remove_dir_all(&staged).await {
            tracing::warn!(folder = %staged.display(), %error, "what was staged could not be removed");
        }
        self.work.notify_one();
        Ok(())
    }

    /// Which commit a request means: the one that was being fetched for it by a worker that was killed or put it off, of which some is here, wherever
    /// the branch went since; else what the source says.
    async fn commit_asked(
        &self,
        asked: &Asked,
        model: &Model,
        options: &Arc<HubOptions>,
    ) -> std::result::Result<std::result::Result<String, HubError>, Fault> {
        if let Some(id) = &asked.revision
            && let Some(begun) = self.store.revision(id).await?
            && begun.state == Intake::Fetching
        {
            return Ok(Ok(begun.commit));
        }
        let (name, wanted, with) = (model.name.to_string(), asked.wanted.clone(), Arc::clone(options));
        let asking = blocking(move || hub::resolve(&name, &wanted, &with));
        self.asked("upstream resolve", &options.endpoint, asking).await
    }

    /// The source told which commit was asked for. Gives the request and the revision if there is something to be fetched; what is here
    /// already needs only to be decided about.
    async fn begin_fetching(
        &self,
        job: &Job,
        asked: Asked,
        commit: &str,
        source: &str,
    ) -> std::result::Result<Option<(Asked, Revision)>, Fault> {
        let mut change = self.job_change(job).await?;
        let revision = match change.revision_at(&asked.model, commit).await? {
            Some(revision) => revision,
            None => self.begin_revision(&mut change, &asked.model, commit, source).await?,
        };
        // As it is now, not as it was before the source was asked.
        let asked = change.request(&asked.id).await?.unwrap_or(asked);
        let withdrawn = revision.state == Intake::Revoked;
        let fault =
            withdrawn.then(|| format!("it was withdrawn: {}", revision.fault.as_deref().unwrap_or_default()));
        let settled = Asked { revision: Some(revision.id.clone()), fault, ..asked.clone() };
        if settled != asked {
            change.settle_request(&asked, &settled).await?;
        }
        if matches!(revision.state, Intake::Requested | Intake::Fetching | Intake::Failed) {
            let state = revision.state.after(IntakeEvent::Fetch).map_err(GateError::from)?;
            let fetching = Revision { state, fault: None, ..revision.clone() };
            if fetching != revision {
                change.set_revision(&revision, &fetching, Note::of("revision.fetch")).await?;
            }
            change.commit().await?;
            return Ok(Some((settled, fetching)));
        }
        if revision.state == Intake::Inspected {
            let inspected = self.inspected(&revision).await?;
            self.settle(&mut change, &revision, &inspected).await?;
        }
        change.finish(job).await?;
        change.commit().await?;
        Ok(None)
    }

    /// Does a job of the kind `inspect`.
    pub(crate) async fn inspect(self: &Arc<Self>, job: &Job) -> std::result::Result<(), Fault> {
        let Some(revision) = self.store.revision(&job.subject).await? else {
            return self.drop_job(job).await;
        };
        if !matches!(revision.state, Intake::Quarantined | Intake::Inspected) {
            return self.drop_job(job).await;
        }
        let model = self.store.model_by_id(&revision.model).await?;
        let model = model.ok_or_else(|| Fault::Later("a revision without its model".to_owned()))?;
        let files = self.store.files(&revision.id).await?;
        let held = self.blobs.hold(files.iter().map(|file| (file.sha256, file.size)).collect()).await;
        let held = held.map_err(|error| Fault::Later(format!("the contents cannot be read: {error}")))?;
        let entries = files.iter().map(|file| Entry {
            path: file.path.clone(),
            content: EntryContent::File(held.path(file.sha256)),
        });
        let short = short(&revision.commit);
        let listing = Listing {
            name: format!("{} (commit {short})", model.name),
            entries: entries.collect(),
            obstacles: Vec::new(),
        };
        let (inspector, cancelled) = (Arc::clone(&self.inspector), Arc::clone(&self.cancelled));
        // What it knows is asked before: what it learns meanwhile has everything inspected once more.
        let looked = blocking(move || {
            let ruleset = inspector.ruleset();
            let inspected = inspector.inspect(listing, &cancelled);
            // They are there as long as they are read, also if nobody waits for it any more.
            drop(held);
            inspected.map(|found| (ruleset, found))
        });
        let (ruleset, (inspection, report)) = looked.await?.map_err(Fault::Later)?;
        if self.cancelled.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Fault::Later("the gate is closing".to_owned()));
        }
        // What was read is what came in, or nothing may be said of it.
        if inspection.artifact.digest != revision.digest {
            return Err(Fault::Later("the contents in the store are not those that came in".to_owned()));
        }
        // Also if only their times did, as when somebody brings in the same: that says nothing about the model.
        if inspection.gaps.iter().any(|gap| gap.reason == "changed") {
            return Err(Fault::Later("the contents were touched while they were inspected".to_owned()));
        }
        let inspected = Inspected {
            revision: revision.id.clone(),
            at: self.now(),
            ruleset,
            facts: Facts::of(&inspection, &Profile::default()).canonical_json(),
            report,
        };
        // No part of the change: it is made again if it is not there.
        self.card(&revision.id, model.name.kind()).await?;
        let mut change = self.job_change(job).await?;
        let before = change.revision(&revision.id).await?;
        let moved = before.and_then(|before| Some((before.state.after(IntakeEvent::Inspect).ok()?, before)));
        let Some((state, before)) = moved else {
            // Revoked meanwhile.
            change.finish(job).await?;
            return Ok(change.commit().await?);
        };
        let id = change.add_inspection(&inspected).await?;
        let after = Revision { state, inspection: Some(id), ..before.clone() };
        let note = Note {
            objects: before.digest.into_iter().collect(),
            evidence: vec![super::decide::evidence(&inspected), inspected.id()],
            ..Note::of("revision.inspect")
        };
        change.set_revision(&before, &after, note).await?;
        self.settle(&mut change, &after, &inspected).await?;
        change.finish(job).await?;
        Ok(change.commit().await?)
    }

    pub(super) async fn begin_revision(
        &self,
        change: &mut Change,
        model: &str,
        commit: &str,
        source: &str,
    ) -> Result<Revision> {
        let new =
            Revision { created: change.now(), ..Revision::requested(fresh_id()?, model, commit, source) };
        change.add_revision(&new).await?;
        Ok(new)
    }

    /// All bytes are here: into quarantine.
    pub(super) async fn arrived(
        &self,
        change: &mut Change,
        before: &Revision,
        files: &[File],
    ) -> Result<Revision> {
        let digest = digest_of(files);
        let after = Revision {
            state: before.state.after(IntakeEvent::Arrive)?,
            fault: None,
            digest: Some(digest),
            listing: Some(listing_of(files)),
            files: files.len() as u64,
            bytes: files.iter().map(|file| file.size).sum(),
            ..before.clone()
        };
        change.add_files(&before.id, files).await?;
        let note = Note { objects: vec![digest], ..Note::of("revision.arrive") };
        change.set_revision(before, &after, note).await?;
        Ok(after)
    }

    /// Asks the upstream, and notes whether it answered, if only that it does not have it.
    async fn asked<T>(
        &self,
        what: &'static str,
        endpoint: &str,
        asking: impl Future<Output = std::result::Result<std::result::Result<T, HubError>, Fault>>,
    ) -> std::result::Result<std::result::Result<T, HubError>, Fault> {
        let trace = self.tracer.upstream(what, endpoint);
        let result = asking.await?;
        let answered = result.as_ref().err().is_none_or(|error| !error.may_pass());
        traces::asked(&trace, answered);
        self.metrics.asked_upstream(answered);
        Ok(result)
    }

    /// Takes contents into the store.
    async fn take(&self, staged: Vec<Staged>) -> Result<Vec<File>> {
        let blobs = self.blobs.clone();
        let took =
            move || staged.into_iter().map(|file| file.take(&blobs)).collect::<std::io::Result<Vec<_>>>();
        let files = tokio::task::spawn_blocking(took).await;
        let files = files.map_err(|error| GateError::Internal(error.to_string()))?;
        files.map_err(|error| GateError::of_disk("contents cannot be stored", &error))
    }

    /// The source refused or broke off: try later, or give up and say why. A source that says no is believed; one that is away may come
    /// back, and is waited for half a day.
    async fn troubled(
        &self,
        job: &Job,
        asked: &Asked,
        revision: Option<&Revision>,
        error: &HubError,
    ) -> std::result::Result<(), Fault> {
        const ATTEMPTS: u32 = 6;
        const HALF_A_DAY: i64 = 43_200;
        let lasting = match error {
            HubError::Cancelled => false,
            HubError::Cache { .. } => job.attempt >= ATTEMPTS,
            error if error.may_pass() => {
                job.attempt >= ATTEMPTS && self.now().saturating_sub(asked.created) >= HALF_A_DAY
            }
            _ => true,
        };
        if lasting {
            return self.fail(job, asked, revision, &error.to_string()).await;
        }
        let away = if error.may_pass() { AWAY } else { "" };
        Err(Fault::Later(format!("{away}{error}")))
    }

    async fn fail(
        &self,
        job: &Job,
        asked: &Asked,
        revision: Option<&Revision>,
        why: &str,
    ) -> std::result::Result<(), Fault> {
        let why = weighhouse_core::printable::printable_within(why, 500);
        let mut change = self.job_change(job).await?;
        if let Some(before) = change.request(&asked.id).await?
            && before.fault.is_none()
        {
            let after = Asked { fault: Some(why.clone()), ..before.clone() };
            change.settle_request(&before, &after).await?;
        }
        if let Some(revision) = revision
            && let Some(before) = change.revision(&revision.id).await?
            && let Ok(state) = before.state.after(IntakeEvent::Fail)
        {
            let after = Revision { state, fault: Some(why), ..before.clone() };
            change.set_revision(&before, &after, Note::of("revision.fail")).await?;
        }
        change.finish(job).await?;
        change.commit().await?;
        Err(Fault::Settled)
    }

    /// Begins a change by a job, if the job is still its worker's.
    async fn job_change(&self, job: &Job) -> std::result::Result<Change, Fault> {
        let mut change = self.change(WORKER).await?;
        if change.hold(job).await? { Ok(change) } else { Err(Fault::Lost) }
    }

    /// There is nothing to do any more.
    async fn drop_job(&self, job: &Job) -> std::result::Result<(), Fault> {
        Ok(self.store.drop_job(job).await?)
    }
}

/// A file on its way in.
struct Staged {
    path: String,
    content: Staging,
    git_id: Option<String>,
    /// Whether clients know it by its SHA-256; decided by size and content if nobody says.
    large: Option<bool>,
}

/// Where the content of a file on its way in is.
enum Staging {
    /// In a file that was written for this.
    Ours(PathBuf),
    /// In a file of somebody else.
    Theirs(PathBuf),
    /// In the store already.
    Held(Digest, u64),
}

/// Why a file cannot have this path; nothing if it can.
pub(crate) fn unsound_path(path: &str) -> Option<String> {
    let sound = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.len() <= 255
            && !part.contains(['\\', ':'])
            && !part.chars().any(char::is_control)
            && !part.eq_ignore_ascii_case(".git")
    };
    if path.len() <= 1024 && path.split('/').all(sound) {
        return None;
    }
    let path = weighhouse_core::printable::printable_within(path, 200);
    Some(format!(
        "`{path}` is no path of a file here: no empty parts, `.`, `..` or `.git`, no `\\`, `:` or control characters, 1,024 bytes at most"
    ))
}

/// From this size on a file is large, whatever it holds: git would not like it.
pub(crate) const LARGE: u64 = 1 << 20;

impl Staged {
    fn of(file: SnapshotFile) -> Self {
        Self {
            path: file.path,
            content: match file.content {
                SnapshotContent::File(file) => Staging::Ours(file),
                SnapshotContent::Held { sha256, size } => Staging::Held(sha256, size),
            },
            git_id: file.git_id,
            large: Some(file.large),
        }
    }

    fn take(self, blobs: &Blobs) -> std::io::Result<File> {
        let content = match &self.content {
            Staging::Ours(file) => blobs.take_staged(file)?,
            Staging::Theirs(file) => blobs.take(file)?,
            Staging::Held(sha256, size) => {
                let git_oid = self.git_id.unwrap_or_else(|| pointer(*sha256, *size).1);
                return Ok(File { path: self.path, size: *size, sha256: *sha256, git_oid, large: true });
            }
        };
        let large = self.large.unwrap_or(content.size >= LARGE || !content.text);
        let declared = self.git_id.as_ref().filter(|_| !large);
        if declared.is_some_and(|declared| *declared != content.git_oid) {
            // What was staged was checked when it was fetched; somebody changed it since. It is fetched anew.
            if let Staging::Ours(file) = &self.content {
                std::fs::remove_file(file)?;
            }
            let why = format!("`{}` is not the content that was fetched", self.path);
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, why));
        }
        let own = if large { pointer(content.sha256, content.size).1 } else { content.git_oid };
        Ok(File {
            path: self.path,
            size: content.size,
            sha256: content.sha256,
            git_oid: self.git_id.unwrap_or(own),
            large,
        })
    }
}

/// The commit id of what came without one: the same content under the same name has the same id.
fn commit_of(name: &Name, files: &[File]) -> String {
    use sha1::Digest as _;
    let mut id = sha1::Sha1::new();
    id.update(format!("weighhouse import\0{name}\0"));
    for file in files {
        id.update(format!("{}\0{}\0", file.path, file.sha256));
    }
    weighhouse_core::digest::hex(&id.finalize())
}

/// The folder of a repository in the cache of the Hub client.
fn hub_folder(cache: &Path, name: &Name) -> PathBuf {
    cache.join(format!("{}--{}", name.kind().as_str(), name.as_str().replace('/', "--")))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> std::result::Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Later(error.to_string()))
}
