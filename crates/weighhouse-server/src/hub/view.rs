//! Which revision a caller gets, and if none, why.

use weighhouse_core::words::short;
use weighhouse_core::{Digest, Intake, ReleaseState, Share};
use weighhouse_policy::Access;

use super::refusal::Refusal;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::store::models::Model;
use crate::store::releases::Release;
use crate::store::revisions::Revision;
use crate::store::seen::Seen;
use crate::workflow::{Home, empty_commit, is_pull};

/// A revision that the caller may have.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) model: Model,
    pub(super) revision: Revision,
    /// What whoever uses it should know.
    pub(super) notice: Option<String>,
}

/// Finds the revision of `name` that `wanted` means for the caller: `main` is what is released in the caller's stage, the name of a
/// stage what is released there, a commit id that commit.
pub(super) async fn resolve(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    name: &Name,
    wanted: Option<&str>,
) -> Result<View, Refusal> {
    match found(gate, seen, caller, name, wanted).await {
        Err(refusal) => Err(final_of(gate, seen, name, refusal).await?),
        found => found,
    }
}

/// A refusal as clients are told it.
async fn final_of(gate: &Gate, seen: &Seen<'_>, name: &Name, refusal: Refusal) -> Result<Refusal, Refusal> {
    let model = if refusal.is_quarantine() { seen.model(name).await? } else { None };
    Ok(match model {
        Some(model) if gate.store.ever_served(&model.id).await? => refusal.despite_caches(),
        _ => refusal,
    })
}

async fn found(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    name: &Name,
    wanted: Option<&str>,
) -> Result<View, Refusal> {
    let wanted = wanted.unwrap_or("main");
    let model = seen.model(name).await?;
    // Policy is asked about the name as it is kept.
    let known = model.as_ref().map_or(name, |model| &model.name);
    if !gate.sees(caller, known) {
        return Err(Refusal::no_repository(name.as_str()));
    }
    let own_stage = gate.own_stage(caller);
    let Some(model) = model else {
        return Err(unknown(gate, caller, name, own_stage));
    };
    if !gate.may(&caller.person, Access::Download, model.name.as_str()) {
        return Err(Refusal::quarantined(format!("policy does not let you download `{name}`")));
    }
    let bound = caller.token.stage.as_deref();
    if is_commit(wanted) {
        return commit(gate, seen, model, wanted, bound, own_stage).await;
    }
    let stage = match wanted {
        // Clients of other languages say `HEAD` where those of Python say `main`.
        "main" => own_stage,
        other if gate.settings.stage(other).is_some() => other,
        other => return Err(Refusal::no_revision(name.as_str(), other)),
    };
    if bound.is_some_and(|bound| bound != stage) {
        return Err(Refusal::quarantined(format!(
            "your token is for the stage `{own_stage}`, not for `{stage}`"
        )));
    }
    let releases = seen.serving(&model.id, stage).await?;
    if let Some(release) = serving(caller, &model, &releases) {
        return view(seen, model, release).await;
    }
    let last = gate.store.last_in(&model.id, stage).await?;
    Err(nothing_released(gate, &model, stage, last).await?)
}

/// The same, to be described only: who may upload to a repository sees what they uploaded while nothing of it was ever served.
pub(super) async fn described(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    name: &Name,
    wanted: Option<&str>,
) -> Result<View, Refusal> {
    match resolve(gate, seen, caller, name, wanted).await {
        Ok(view) => Ok(view),
        Err(refusal) => match draft(gate, caller, name, wanted.unwrap_or("main"), &refusal).await? {
            Some(draft) => Ok(draft),
            None => Err(refusal),
        },
    }
}

/// What the caller uploaded, for descriptions, never for contents. Nothing where a refusal says more: that something was withdrawn, and must not be
/// taken from a cache.
pub(super) async fn draft(
    gate: &Gate,
    caller: &Caller,
    name: &Name,
    wanted: &str,
    refusal: &Refusal,
) -> Result<Option<View>, Refusal> {
    let wanted_commit = is_commit(wanted);
    let Ok(Home { model, .. }) = gate.home(caller, name).await else { return Ok(None) };
    let pull = is_pull(wanted);
    let empty = empty_commit(&model);
    if !refusal.is_quarantine() && !pull && wanted != empty {
        return Ok(None);
    }
    let revision = if wanted == empty {
        None
    } else if wanted_commit {
        match gate.store.revision_at(&model.id, wanted).await? {
            Some(revision) => Some(revision),
            None => return Ok(None),
        }
    } else {
        let branch = match gate.store.branch(&model.id, wanted).await? {
            None if pull => return Ok(None),
            None => gate.store.branch(&model.id, "main").await?,
            some => some,
        };
        match branch.and_then(|branch| branch.head) {
            Some(head) => gate.store.revision(&head).await?,
            None => None,
        }
    };
    let revision = revision.unwrap_or_else(|| Revision {
        created: model.created,
        ..Revision::requested(String::new(), &model.id, &empty, "upload")
    });
    Ok((revision.state != Intake::Revoked).then_some(View { model, revision, notice: None }))
}

/// The release of a stage that serves the caller: the canary if they are in its cohort, else what serves everybody.
pub(super) fn serving<'a>(caller: &Caller, model: &Model, releases: &'a [Release]) -> Option<&'a Release> {
    let find = |share: &dyn Fn(Share) -> bool| {
        releases.iter().find(|release| release.state.share().is_some_and(share))
    };
    find(&|share| share != Share::ALL && cohort(caller, model) < share.percent())
        .or_else(|| find(&|share| share == Share::ALL))
}

/// A commit that is served in a stage of the caller.
async fn commit(
    gate: &Gate,
    seen: &Seen<'_>,
    model: Model,
    wanted: &str,
    bound: Option<&str>,
    own_stage: &str,
) -> Result<View, Refusal> {
    let wanted = wanted.to_ascii_lowercase();
    let Some(revision) = seen.revision_at(&model.id, &wanted).await? else {
        return Err(Refusal::no_revision(model.name.as_str(), &wanted));
    };
    let mut mine = seen.releases(&revision.id).await?;
    mine.retain(|release| bound.is_none_or(|bound| bound == release.stage));
    if let Some(release) = mine.iter().find(|release| release.state.serves()) {
        return view(seen, model, release).await;
    }
    if revision.state == Intake::Revoked {
        return Err(revoked(&model, &revision));
    }
    let stage = bound.unwrap_or(own_stage);
    if mine.is_empty() && revision.state == Intake::Inspected {
        let (name, commit) = (&model.name, short(&revision.commit));
        let how = how_to_ask(gate, name, stage);
        return Err(Refusal::quarantined(format!(
            "`{name}` at {commit} is not released for `{stage}`. {how}"
        )));
    }
    let once_served = mine.iter().any(|release| release.served.is_some());
    let last = mine.into_iter().max_by_key(|release| release.moved).map(|last| (last, once_served));
    Err(nothing_released(gate, &model, stage, last).await?)
}

/// The last look before bytes are given: the revision itself must be in order.
pub(super) async fn view(seen: &Seen<'_>, model: Model, release: &Release) -> Result<View, Refusal> {
    let revision = seen.revision(&release.revision).await?;
    match revision {
        Some(revision) if revision.state == Intake::Inspected => {
            let notice = notice(&model, &revision, release);
            Ok(View { model, revision, notice })
        }
        Some(revision) => Err(revoked(&model, &revision)),
        None => Err(Refusal::no_repository(model.name.as_str())),
    }
}

/// What whoever uses a release should know: that findings in it are accepted for a time, that it is only tried. Asked with each request, and of
/// most releases there is nothing to be read.
fn notice(model: &Model, revision: &Revision, release: &Release) -> Option<String> {
    let mut said = Vec::new();
    if let Some(until) = accepted_until(&release.decision) {
        said.push(format!("findings in it are accepted until {until}"));
    }
    if let ReleaseState::Canary(share) = release.state {
        said.push(format!("it is tried with {} % of the users of `{}`", share.percent(), release.stage));
    }
    (!said.is_empty())
        .then(|| format!("`{}` at {}: {}", model.name, short(&revision.commit), said.join("; ")))
}

/// When the first of the waivers ends that a stored decision rests on.
fn accepted_until(decision: &str) -> Option<String> {
    if !decision.contains("\"waivers\"") {
        return None;
    }
    let document: serde_json::Value = serde_json::from_str(decision).ok()?;
    let waivers = document.get("waivers")?.as_array()?;
    waivers.iter().filter_map(|waiver| waiver.get("expires")?.as_str()).min().map(str::to_owned)
}

/// 40 hexadecimal digits.
pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// In which percent of the users of a model the caller is: always the same one.
fn cohort(caller: &Caller, model: &Model) -> u8 {
    let digest = Digest::of(format!("cohort\0{}\0{}", model.id, caller.person.name).as_bytes());
    let number = digest.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    (number % 100) as u8
}

/// Nobody asked for it yet: how to ask.
fn unknown(gate: &Gate, caller: &Caller, name: &Name, stage: &str) -> Refusal {
    if gate.settings.upstream.is_none() || !gate.may(&caller.person, Access::Request, name.as_str()) {
        return Refusal::no_repository(name.as_str());
    }
    Refusal::quarantined(format!("`{name}` was not vetted yet. {}", how_to_ask(gate, name, stage)))
}

fn how_to_ask(gate: &Gate, name: &Name, stage: &str) -> String {
    let address = &gate.settings.address;
    if gate.settings.upstream.is_none() {
        return "This gate fetches from nowhere; ask its operators to import it".to_owned();
    }
    let (kind, flag) = (name.kind().as_str(), if name.kind() == Kind::Dataset { " --dataset" } else { "" });
    format!("Ask for it: `weighhouse gate request {name}{flag} --stage {stage}`, or {address}/{kind}/{name}")
}

fn revoked(model: &Model, revision: &Revision) -> Refusal {
    let (name, commit) = (&model.name, short(&revision.commit));
    let why = revision.fault.as_deref().unwrap_or("no reason is given");
    Refusal::withdrawn(format!("`{name}` at {commit} was withdrawn and must not be used: {why}"))
}

/// Nothing serves: the newest release tells why. What once served is withdrawn, what never did waits.
async fn nothing_released(
    gate: &Gate,
    model: &Model,
    stage: &str,
    last: Option<(Release, bool)>,
) -> Result<Refusal, Refusal> {
    let name = &model.name;
    let Some((release, once_served)) = last else {
        let Some(asked) = gate.store.last_request(&model.id, stage).await? else {
            let how = how_to_ask(gate, name, stage);
            return Ok(Refusal::quarantined(format!("`{name}` is not released for `{stage}`. {how}")));
        };
        let revision = match &asked.revision {
            Some(id) => gate.store.revision(id).await?,
            None => None,
        };
        if let Some(revision) = revision.as_ref().filter(|revision| revision.state == Intake::Revoked) {
            return Ok(revoked(model, revision));
        }
        if let Some(fault) = &asked.fault {
            return Ok(Refusal::quarantined(format!("`{name}` could not be fetched: {fault}")));
        }
        let waits = gate.waits(&[&asked], revision.as_ref().as_slice()).await?;
        let more = match waits.of_request(&asked) {
            Some(trouble) => format!("That is held up: {}", trouble.told(gate.now())),
            None => "Try again in a while".to_owned(),
        };
        return Ok(Refusal::quarantined(format!(
            "`{name}` is in quarantine: it is being fetched and inspected. {more}"
        )));
    };
    let reasons = messages(&release.decision);
    let page = format!("{}/{}/{name}", gate.settings.address, name.kind().as_str());
    let message = match release.state {
        ReleaseState::Rejected => format!("`{name}` was rejected for `{stage}`: {reasons}. See {page}"),
        ReleaseState::Reviewable => format!(
            "`{name}` is in quarantine, somebody must approve it for `{stage}`: {reasons}. See {page}"
        ),
        ReleaseState::Approved => {
            format!("`{name}` is approved for `{stage}` and waits to be promoted. See {page}")
        }
        ReleaseState::Canary(share) => format!(
            "`{name}` is tried with {} % of its users in `{stage}`, and you are not among them yet. See {page}",
            share.percent()
        ),
        ReleaseState::Suspended => {
            format!("`{name}` is suspended in `{stage}` and must not be used: {reasons}. See {page}")
        }
        state => {
            let why =
                gate.store.reason_of(&release).await?.map(|why| format!(": {}", why.trim_end_matches('.')));
            format!(
                "`{name}` is no longer served in `{stage}`: {state}{}. See {page}",
                why.unwrap_or_default()
            )
        }
    };
    if release.state == ReleaseState::Revoked {
        let revision = gate.store.revision(&release.revision).await?;
        return Ok(revision
            .map_or_else(|| Refusal::no_repository(name.as_str()), |revision| revoked(model, &revision)));
    }
    Ok(if once_served { Refusal::withdrawn(message) } else { Refusal::quarantined(message) })
}

/// The messages of a stored decision: of the release, and of the bytes it rests on.
fn messages(decision: &str) -> String {
    let messages = crate::events::reasons(decision);
    if messages.is_empty() { "no reason is recorded".to_owned() } else { messages.join("; ") }
}
