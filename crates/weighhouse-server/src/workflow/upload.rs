//! What people upload. Each commit becomes a revision of its own, in quarantine like everything that comes from outside: it is inspected, decided
//! about, and served only if that decision allows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weighhouse_core::words::short;
use weighhouse_core::{Digest, Intake};
use weighhouse_policy::Access;

use super::approve::one_text;
use super::intake::unsound_path;
use crate::blobs::pointer;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::store::jobs::JobKind;
use crate::store::models::{Asked, Model};
use crate::store::revisions::{File, Revision, listing_of};
use crate::store::uploads::{Branch, Commit, Repository};
use crate::store::{Change, Note, fresh_id};

/// What a commit does to the files of the one before it.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A file, new or in place of another.
    Put(File),
    /// Content that is here under its SHA-256, as a file.
    Large { path: String, sha256: Digest, size: Option<u64> },
    /// A file, or everything below a folder, is left out.
    Delete { path: String, folder: bool },
    /// A file of the commit before, under another name.
    Copy { from: String, to: String },
}

impl Act {
    /// Bytes of a file that it brings, as far as they are known.
    pub(crate) fn brings(&self) -> u64 {
        match self {
            Self::Put(file) => file.size,
            Self::Large { size, .. } => size.unwrap_or(0),
            Self::Delete { .. } | Self::Copy { .. } => 0,
        }
    }
}

/// What somebody uploads.
#[derive(Debug, Clone)]
pub(crate) struct Proposal {
    pub(crate) name: Name,
    /// `main`, a stage, or `refs/pr/1`.
    pub(crate) branch: String,
    /// The commit that they believe to be the last one, if they say.
    pub(crate) parent: Option<String>,
    pub(crate) title: String,
    pub(crate) message: String,
    /// Whether it is to wait for somebody to ask for it, instead of being decided about at once.
    pub(crate) pull: bool,
    pub(crate) acts: Vec<Act>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) model: Model,
    pub(crate) commit: String,
    /// Number of the pull request that was opened.
    pub(crate) pull: Option<u64>,
    /// Where it stands, for whoever uploaded it.
    pub(crate) standing: String,
}

/// A repository that somebody may upload to.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) model: Model,
    pub(crate) repository: Repository,
}

impl Gate {
    /// Whether the caller may upload under a name. What they may not see is not here.
    ///
    /// Policy is asked about the name as it is kept; `name` is the one that was written, by which refusals speak.
    pub(crate) async fn demand_upload(&self, caller: &Caller, name: &Name) -> Result<Option<Model>> {
        let model = self.store.model(name).await?;
        let known = model.as_ref().map_or(name, |model| &model.name).clone();
        let may = |access| self.may(&caller.person, access, known.as_str());
        if may(Access::Upload) {
            return Ok(model);
        }
        if !may(Access::View) {
            return Err(GateError::Missing(format!("`{name}`")));
        }
        let (who, own) = (&caller.person.name, caller.person.namespace());
        Err(GateError::Forbidden(format!(
            "policy does not let `{who}` upload `{name}`; people upload under their own name (`{own}/…`), publishers under every name"
        )))
    }

    /// The repository of this name, for somebody who uploads to it.
    pub(crate) async fn home(&self, caller: &Caller, name: &Name) -> Result<Home> {
        let missing = || GateError::Missing(format!("`{name}`"));
        let model = self.demand_upload(caller, name).await?.ok_or_else(missing)?;
        let repository = self.store.repository(&model.id).await?;
        let Some(repository) = repository else { return Err(not_of_this_house(name)) };
        if repository.closed.is_some() {
            return Err(missing());
        }
        Ok(Home { model, repository })
    }

    /// Makes a repository to upload to. False if it was there.
    pub(crate) async fn open_repository(&self, caller: &Caller, name: &Name) -> Result<(Model, bool)> {
        self.demand_upload(caller, name).await?;
        let mut change = self.change(caller.who()).await?;
        let model = change.ensure_model(name).await?;
        let known = change.repository(&model.id).await?;
        if let Some(known) = &known {
            if known.closed.is_none() {
                return Ok((model, false));
            }
            let again = Repository { closed: None, owner: caller.person.name.clone(), ..known.clone() };
            change.set_repository(known, &again, Note::of("repository.open")).await?;
            change.commit().await?;
            return Ok((model, true));
        }
        let revisions = change.revisions_of(&model.id).await?;
        // A view is of what is here: it came from nowhere else.
        let imported = |revision: &Revision| matches!(revision.source.as_str(), "import" | "view");
        if change.awaits_fetching(&model.id).await? || !revisions.iter().all(imported) {
            return Err(not_of_this_house(name));
        }
        let repository = Repository {
            model: model.id.clone(),
            owner: caller.person.name.clone(),
            created: change.now(),
            pulls: 0,
            closed: None,
        };
        change.add_repository(&repository).await?;
        // What was imported under this name is what uploads begin with.
        let begins = |revision: &&Revision| revision.state == Intake::Inspected && revision.source != "view";
        if let Some(newest) = revisions.iter().find(begins) {
            let main = Branch::new(&model.id, "main", Some(newest.id.clone()));
            change.set_branch(None, &main).await?;
        }
        change.commit().await?;
        Ok((model, true))
    }

    /// Deletes a repository: all that was uploaded is withdrawn. What was served to somebody takes the right to withdraw.
    pub(crate) async fn close_repository(&self, caller: &Caller, name: &Name) -> Result<()> {
        let Home { model, repository } = self.home(caller, name).await?;
        let mut change = self.change(caller.who()).await?;
        let before = change.repository(&model.id).await?.filter(|now| now.closed.is_none());
        let before = before.ok_or_else(|| GateError::Missing(format!("`{}`", repository.model)))?;
        let revisions = change.revisions_of(&model.id).await?;
        let mut served = false;
        for revision in &revisions {
            let releases = change.releases_of_revision(&revision.id).await?;
            served |= releases.iter().any(|release| release.served.is_some());
        }
        if served && !self.may(&caller.person, Access::Revoke, model.name.as_str()) {
            return Err(GateError::Forbidden(format!(
                "`{name}` was given to users; only who may withdraw it (`weighhouse gate revoke`) may delete it"
            )));
        }
        for revision in &revisions {
            // As it is now: a view goes with what it was made from.
            let revision = change.revision(&revision.id).await?;
            if let Some(revision) = revision.filter(|revision| revision.state != Intake::Revoked) {
                self.withdraw_with_views(&mut change, &revision, "its repository was deleted").await?;
            }
        }
        for branch in change.branches(&model.id).await? {
            if branch.head.is_some() {
                change.set_branch(Some(&branch), &Branch { head: None, ..branch.clone() }).await?;
            }
        }
        let after = Repository { closed: Some(change.now()), ..before.clone() };
        change.set_repository(&before, &after, Note::of("repository.close")).await?;
        Ok(change.commit().await?)
    }

    /// The stage for which an upload to a branch is decided about: none for a pull request.
    pub(crate) fn stage_of_branch(&self, caller: &Caller, branch: &str) -> Result<Option<String>> {
        let bound = caller.token.stage.as_deref();
        let stage = match branch {
            "main" => bound.unwrap_or(&self.settings.stage),
            other if is_pull(other) => return Ok(None),
            other if self.settings.stage(other).is_some() => other,
            other => {
                let stages: Vec<&str> =
                    self.settings.stages.iter().map(|stage| stage.name.as_str()).collect();
                return Err(GateError::Invalid(format!(
                    "there is no branch `{other}`: branches are `main`, the stages ({}) and pull requests",
                    stages.join(", ")
                )));
            }
        };
        if bound.is_some_and(|bound| bound != stage) {
            return Err(GateError::Forbidden(format!("your token is not for the stage `{stage}`")));
        }
        Ok(Some(stage.to_owned()))
    }

    /// Opens an empty pull request; gives its number.
    pub(crate) async fn open_pull(&self, caller: &Caller, name: &Name) -> Result<u64> {
        let home = self.home(caller, name).await?;
        let mut change = self.change(caller.who()).await?;
        let head = change.branch(&home.model.id, "main").await?.and_then(|main| main.head);
        let number = self.next_pull(&mut change, &home.model).await?;
        let branch = Branch::new(&home.model.id, &format!("refs/pr/{number}"), head);
        change.set_branch(None, &branch).await?;
        change.commit().await?;
        Ok(number)
    }

    async fn next_pull(&self, change: &mut Change, model: &Model) -> Result<u64> {
        let before = change.repository(&model.id).await?.filter(|now| now.closed.is_none());
        let before = before.ok_or_else(|| GateError::Missing(format!("`{}`", model.name)))?;
        let after = Repository { pulls: before.pulls + 1, ..before.clone() };
        change.set_repository(&before, &after, Note::of("repository.pull")).await?;
        Ok(after.pulls)
    }

    /// Makes a revision of what somebody uploads, in quarantine.
    pub(crate) async fn commit_upload(
        self: &Arc<Self>,
        caller: &Caller,
        proposal: Proposal,
    ) -> Result<Committed> {
        let Home { model, .. } = self.home(caller, &proposal.name).await?;
        let stage = self.stage_of_branch(caller, &proposal.branch)?;
        let stage = stage.filter(|_| !proposal.pull);
        let (title, message) = (one_text(&proposal.title)?, one_text(&proposal.message)?);
        let acts = self.with_contents(caller, &model, proposal.acts).await?;
        // Again, with the sizes that it did not say.
        let brought = acts.iter().fold(0_u64, |sum, act| sum.saturating_add(act.brings()));
        if let Some(why) = self.settings.uploads.refuses_commit(brought) {
            return Err(GateError::TooLarge(why));
        }
        let mut change = self.change(caller.who()).await?;
        // As it is now: it may have been deleted meanwhile.
        let repository = change.repository(&model.id).await?;
        if repository.is_none_or(|repository| repository.closed.is_some()) {
            return Err(GateError::Missing(format!("`{}`", proposal.name)));
        }
        let branch = change.branch(&model.id, &proposal.branch).await?;
        if branch.is_none() && is_pull(&proposal.branch) {
            return Err(GateError::Missing(format!("`{}`", proposal.branch)));
        }
        let begin =
            Begin { branch: &proposal.branch, stage: stage.as_deref(), parent: proposal.parent.as_deref() };
        let base = self.base(&mut change, &model, branch.as_ref(), &begin).await?;
        let before = match &base {
            Some(base) => change.files(&base.id).await?,
            None => Vec::new(),
        };
        let files = self.applied(before.clone(), acts)?;
        let known = base.as_ref().map_or_else(|| empty_commit(&model), |base| base.commit.clone());
        if files == before {
            // Sent again, because the answer was lost: it is here.
            let standing = "nothing changed; it is as it was uploaded before".to_owned();
            return Ok(Committed { model, commit: known, pull: None, standing });
        }
        let pull = if proposal.pull { Some(self.next_pull(&mut change, &model).await?) } else { None };
        let name = pull.map_or_else(|| proposal.branch.clone(), |number| format!("refs/pr/{number}"));
        let seq = change.next_record();
        let commit = commit_id(&model, &known, seq, &files);
        let new = self.begin_revision(&mut change, &model.id, &commit, "upload").await?;
        let revision = self.arrived(&mut change, &new, &files).await?;
        let mut authors = match &base {
            Some(base) => change.authors_of(&base.id).await?,
            None => BTreeSet::new(),
        };
        authors.insert(caller.person.name.clone());
        let made = Commit {
            revision: revision.id.clone(),
            model: model.id.clone(),
            branch: name.clone(),
            parent: base.map(|base| base.commit),
            title,
            message,
            person: caller.person.name.clone(),
            authors,
            seq,
            created: change.now(),
        };
        let detail = vec![("commit", commit.clone()), ("branch", name.clone())];
        let note =
            Note { objects: revision.digest.into_iter().collect(), detail, ..Note::of("upload.commit") };
        change.add_commit(&made, note).await?;
        let head = Branch::new(&model.id, &name, Some(revision.id.clone()));
        change.set_branch(branch.as_ref().filter(|_| pull.is_none()), &head).await?;
        if let Some(stage) = &stage {
            self.asked_by_upload(&mut change, caller, &revision, stage).await?;
        }
        change.enqueue(JobKind::Inspect, &revision.id).await?;
        change.commit().await?;
        self.work.notify_one();
        let standing = self.standing(&proposal.name, &commit, stage.as_deref());
        Ok(Committed { model, commit, pull, standing })
    }

    async fn asked_by_upload(
        &self,
        change: &mut Change,
        caller: &Caller,
        revision: &Revision,
        stage: &str,
    ) -> Result<()> {
        let asked = Asked {
            id: fresh_id()?,
            model: revision.model.clone(),
            wanted: revision.commit.clone(),
            stage: stage.to_owned(),
            person: caller.person.name.clone(),
            reason: "uploaded".to_owned(),
            created: change.now(),
            revision: Some(revision.id.clone()),
            fault: None,
        };
        Ok(change.add_request(&asked).await?)
    }

    fn standing(&self, name: &Name, commit: &str, stage: Option<&str>) -> String {
        let (address, kind) = (&self.settings.address, name.kind().as_str());
        let flag = if name.kind() == Kind::Dataset { " --dataset" } else { "" };
        let short = short(commit);
        match stage {
            Some(stage) => format!(
                "`{name}` {short} is in quarantine: it is inspected, then decided about for `{stage}`. See {address}/{kind}/{name}"
            ),
            None => format!(
                "`{name}` {short} is in quarantine as a pull request: it is inspected, and decided about when somebody asks for it \
                 (`weighhouse gate request {name}@{commit}{flag}`)"
            ),
        }
    }

    /// The revision that a commit begins with.
    async fn base(
        &self,
        change: &mut Change,
        model: &Model,
        branch: Option<&Branch>,
        begin: &Begin<'_>,
    ) -> Result<Option<Revision>> {
        let main = match branch {
            Some(_) => None,
            None => change.branch(&model.id, "main").await?,
        };
        let head = branch.or(main.as_ref()).and_then(|branch| branch.head.clone());
        let head = match head {
            Some(head) => change.revision(&head).await?,
            None => None,
        };
        let at = head.as_ref().map_or_else(|| empty_commit(model), |head| head.commit.clone());
        let Some(parent) = begin.parent.filter(|parent| *parent != at) else { return Ok(head) };
        // Who sees what is served, and not what waits, begins there, unless what waits is still to be inspected.
        let settled =
            head.as_ref().is_none_or(|head| matches!(head.state, Intake::Inspected | Intake::Revoked));
        let served = change.revision_at(&model.id, parent).await?;
        if let (true, Some(served), Some(stage)) = (settled, served, begin.stage) {
            let releases = change.releases_in(&model.id, stage).await?;
            let serves = |release: &crate::store::releases::Release| {
                release.revision == served.id && release.state.serves()
            };
            if served.state == Intake::Inspected && releases.iter().any(serves) {
                return Ok(Some(served));
            }
        }
        Err(GateError::Conflict(format!(
            "`{}` stands at {at} by now, not at {parent}: somebody uploaded since; look at it, and upload again",
            begin.branch
        )))
    }

    /// The files after a commit.
    fn applied(&self, before: Vec<File>, acts: Vec<Act>) -> Result<Vec<File>> {
        let old: BTreeMap<String, File> = before.into_iter().map(|file| (file.path.clone(), file)).collect();
        let mut files = old.clone();
        let no_such =
            |path: &str| GateError::Invalid(format!("a file with this name doesn't exist: `{path}`"));
        for act in acts {
            match act {
                Act::Put(file) => {
                    files.insert(file.path.clone(), file);
                }
                Act::Large { path, sha256, size } => {
                    let size = size.ok_or_else(|| GateError::Internal("content without size".to_owned()))?;
                    let git_oid = pointer(sha256, size).1;
                    files.insert(path.clone(), File { path, size, sha256, git_oid, large: true });
                }
                Act::Delete { path, folder: false } => {
                    files.remove(&path).ok_or_else(|| no_such(&path))?;
                }
                Act::Delete { path, folder: true } => {
                    let below = format!("{}/", path.trim_end_matches('/'));
                    let count = files.len();
                    files.retain(|path, _| !path.starts_with(&below));
                    if files.len() == count {
                        return Err(no_such(&path));
                    }
                }
                Act::Copy { from, to } => {
                    let file = old.get(&from).ok_or_else(|| no_such(&from))?.clone();
                    files.insert(to.clone(), File { path: to, ..file });
                }
            }
        }
        self.check_files(&files)?;
        Ok(files.into_values().collect())
    }

    fn check_files(&self, files: &BTreeMap<String, File>) -> Result<()> {
        let most = self.settings.max_files;
        if files.len() > most {
            return Err(GateError::Invalid(format!("a revision has at most {most} files here")));
        }
        if files.is_empty() {
            return Err(GateError::Invalid(
                "nothing would be left of it; delete the repository instead".to_owned(),
            ));
        }
        for path in files.keys() {
            if let Some(why) = unsound_path(path) {
                return Err(GateError::Invalid(why));
            }
            // A name is a file or a folder, not both.
            let mut above = path.as_str();
            while let Some((folder, _)) = above.rsplit_once('/') {
                if files.contains_key(folder) {
                    return Err(GateError::Invalid(format!("`{folder}` cannot be a file and a folder")));
                }
                above = folder;
            }
        }
        Ok(())
    }

    /// Finds the contents that a commit names by their digests, and takes those in that the caller sent.
    async fn with_contents(&self, caller: &Caller, model: &Model, acts: Vec<Act>) -> Result<Vec<Act>> {
        let mut found = Vec::with_capacity(acts.len());
        for act in acts {
            found.push(match act {
                Act::Large { path, sha256, size } => {
                    let here = self.take_sent(caller, model, sha256).await?;
                    let here = here.filter(|here| size.is_none_or(|size| size == *here)).ok_or_else(|| {
                        GateError::Invalid(format!(
                            "the content of `{path}` ({sha256}) was not uploaded, or not with this size; upload it again"
                        ))
                    })?;
                    Act::Large { path, sha256, size: Some(here) }
                }
                other => other,
            });
        }
        Ok(found)
    }

    /// The size of content that the caller sent, which is taken in, or that they may have anyway.
    async fn take_sent(&self, caller: &Caller, model: &Model, sha256: Digest) -> Result<Option<u64>> {
        let (staging, blobs, person) = (self.staging.clone(), self.blobs.clone(), caller.person.name.clone());
        let now = self.now();
        let take = move || -> std::io::Result<Option<u64>> {
            let Some(size) = staging.size(&person, sha256) else { return Ok(None) };
            let Some(path) = staging.find(&person, sha256, size, now)? else { return Ok(None) };
            blobs.adopt(&path, sha256)?;
            Ok(Some(size))
        };
        let taken = tokio::task::spawn_blocking(take).await;
        let taken = taken.map_err(|error| GateError::Internal(error.to_string()))?;
        match taken.map_err(|error| GateError::of_disk("contents cannot be stored", &error))? {
            Some(size) => Ok(Some(size)),
            None => self.may_have(caller, model, sha256).await,
        }
    }

    /// The size of content that need not be sent: it is in this repository, or served to the caller. Nobody gets content by its digest alone.
    pub(crate) async fn may_have(
        &self,
        caller: &Caller,
        model: &Model,
        sha256: Digest,
    ) -> Result<Option<u64>> {
        const MOST: u32 = 50;
        for branch in ["main"].into_iter().chain(self.settings.stages.iter().map(|stage| stage.name.as_str()))
        {
            let branch = self.store.branch(&model.id, branch).await?;
            if let Some(head) = branch.and_then(|branch| branch.head)
                && let Some(size) = self.store.content_in(&head, sha256).await?
            {
                return Ok(Some(size));
            }
        }
        for (other, stage) in self.store.served_with(sha256, MOST).await? {
            let bound = caller.token.stage.as_deref();
            let may = |access| self.may(&caller.person, access, other.name.as_str());
            if bound.is_none_or(|bound| bound == stage) && may(Access::View) && may(Access::Download) {
                return Ok(self.store.size_of(sha256).await?);
            }
        }
        Ok(None)
    }
}

/// Where a commit begins.
struct Begin<'a> {
    branch: &'a str,
    stage: Option<&'a str>,
    parent: Option<&'a str>,
}

fn not_of_this_house(name: &Name) -> GateError {
    GateError::Forbidden(format!(
        "`{name}` is fetched from elsewhere, and nobody uploads to it; upload under a name of your own"
    ))
}

/// Whether a branch is a pull request.
pub(crate) fn is_pull(branch: &str) -> bool {
    branch.strip_prefix("refs/pr/").is_some_and(|number| number.parse::<u64>().is_ok())
}

/// What stands for a repository without a commit.
pub(crate) fn empty_commit(model: &Model) -> String {
    use sha1::Digest as _;
    weighhouse_core::digest::hex(&sha1::Sha1::digest(format!("weighhouse empty\0{}", model.id)))
}

/// The id of a commit: no two are alike.
fn commit_id(model: &Model, parent: &str, seq: u64, files: &[File]) -> String {
    use sha1::Digest as _;
    let text = format!("weighhouse upload\0{}\0{parent}\0{seq}\0{}", model.id, listing_of(files));
    weighhouse_core::digest::hex(&sha1::Sha1::digest(text))
}
