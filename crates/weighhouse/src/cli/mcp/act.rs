//! Tools that act. The gate decides each time whether policy lets an agent; by the default policies it may ask, and nothing else.

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::look::{Kind, OfRelease, fit, id, model_path};
use super::report::reasons;
use super::text::{Said, Untrusted, Word};
use super::tools::{Does, GateTool};
use super::wire::{NewWaiver, Release, Request, Revoked, Waiver};
use crate::cli::gate::Access;

/// What is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `org/name`, as at the source.
    model: String,
    #[serde(default)]
    kind: Kind,
    /// A branch, a tag or a commit of the source; `main` if it is not given.
    revision: Option<String>,
    /// The stage it is wanted for; the usual one if it is not given.
    stage: Option<String>,
    /// What it is for. People read it who decide.
    #[serde(default)]
    reason: String,
}

fn request_model(access: &Access, wanted: &Wanted) -> Result<Request> {
    let body = json!({
        "model": wanted.model,
        "kind": wanted.kind.as_str(),
        "revision": wanted.revision.as_deref().unwrap_or("main"),
        "stage": wanted.stage,
        "reason": wanted.reason,
    });
    fit(access.post("requests", &body)?)
}

/// A release after something was done to it.
#[derive(Debug, Serialize, JsonSchema)]
struct Moved {
    /// `id` of the release.
    release: Word,
    model: Word,
    stage: Word,
    commit: Word,
    state: Word,
    /// Share of the users in percent, if it is a canary.
    share: Option<u8>,
    /// What policy still asks for.
    reasons: Vec<Said>,
}

impl Moved {
    fn of(release: Release) -> Self {
        Self {
            reasons: reasons(&release).into_iter().map(|reason| reason.message).collect(),
            release: release.id,
            model: release.model,
            stage: release.stage,
            commit: release.commit,
            state: release.state,
            share: release.share,
        }
    }
}

fn moved(answer: serde_json::Value) -> Result<Moved> {
    Ok(Moved::of(fit(answer)?))
}

/// An approval.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Approve {
    /// `id` of the release.
    release: String,
    /// The evidence that was looked at: `evidence` of `show_release`. The gate refuses if it changed meanwhile.
    evidence: String,
    /// Why it is approved.
    #[serde(default)]
    comment: String,
}

fn approve_release(access: &Access, given: &Approve) -> Result<Moved> {
    let body = json!({ "evidence": given.evidence, "comment": given.comment });
    moved(access.post(&format!("releases/{}/approve", id("release", &given.release)?), &body)?)
}

fn withdraw_approval(access: &Access, of: &OfRelease) -> Result<Moved> {
    moved(access.post(&format!("releases/{}/withdraw", id("release", &of.release)?), &json!({}))?)
}

/// A promotion.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Promote {
    /// `id` of the release.
    release: String,
    /// Share of the users in percent, for a canary; all if it is not given.
    share: Option<u8>,
}

fn promote_release(access: &Access, given: &Promote) -> Result<Moved> {
    let body = json!({ "share": given.share });
    moved(access.post(&format!("releases/{}/promote", id("release", &given.release)?), &body)?)
}

/// A canary to be halted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Halt {
    /// `id` of the release.
    release: String,
    /// Why; it is told to people.
    reason: String,
}

fn halt_canary(access: &Access, given: &Halt) -> Result<Moved> {
    let body = json!({ "reason": given.reason });
    moved(access.post(&format!("releases/{}/halt", id("release", &given.release)?), &body)?)
}

/// A stage to be rolled back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RollBack {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
    stage: String,
    /// Why; it is told to users.
    reason: String,
}

/// What a roll-back did.
#[derive(Debug, Serialize, JsonSchema)]
struct RolledBack {
    /// What is served no more.
    from: Moved,
    /// What is served instead; nothing if no earlier release is allowed.
    to: Option<Moved>,
}

fn roll_back(access: &Access, given: &RollBack) -> Result<RolledBack> {
    model_path(given.kind, &given.model)?;
    let body = json!({
        "model": given.model, "kind": given.kind.as_str(), "stage": given.stage, "reason": given.reason,
    });
    let done = access.post("roll-back", &body)?;
    let to: Option<Release> = fit(done["to"].clone())?;
    Ok(RolledBack { from: moved(done["from"].clone())?, to: to.map(Moved::of) })
}

/// A revision to be withdrawn.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Revoke {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
    /// The commit: 40 hexadecimal digits.
    commit: String,
    /// Why; it is told to users.
    reason: String,
}

fn revoke_revision(access: &Access, given: &Revoke) -> Result<Revoked> {
    model_path(given.kind, &given.model)?;
    let body = json!({
        "model": given.model, "kind": given.kind.as_str(), "commit": given.commit, "reason": given.reason,
    });
    let mut revoked: Revoked = fit(access.post("revoke", &body)?)?;
    revoked.more = revoked.pulled.len() > PULLED;
    revoked.pulled.truncate(PULLED);
    Ok(revoked)
}

/// People who have a withdrawn revision that are told.
const PULLED: usize = 200;

/// A waiver.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Waive {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
    /// Ids of rules whose findings it accepts.
    #[serde(default)]
    rules: Vec<String>,
    /// Fingerprints of findings that it accepts.
    #[serde(default)]
    findings: Vec<String>,
    /// The commit whose bytes it is for; all revisions if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// The stage it is for; all if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    /// Why that is acceptable.
    reason: String,
    /// The last day: `2027-01-31`.
    until: String,
}

fn waive_findings(access: &Access, given: &Waive) -> Result<NewWaiver> {
    fit(access.post("waivers", &serde_json::to_value(given)?)?)
}

/// A waiver that is there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfWaiver {
    /// `id` of the waiver.
    waiver: String,
}

fn withdraw_waiver(access: &Access, of: &OfWaiver) -> Result<Waiver> {
    fit(access.post(&format!("waivers/{}/withdraw", id("waiver", &of.waiver)?), &json!({}))?)
}

/// What a bundle is wanted of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WantedBundle {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
    /// The stage it is released to; the usual one if it is not given.
    stage: Option<String>,
    /// For how many hours it is good, 1 to 744; 24 if it is not given.
    hours: Option<u32>,
}

/// A release bundle.
#[derive(Debug, Serialize, JsonSchema)]
struct Bundle {
    /// Its SHA-256.
    sha256: Word,
    /// The bundle: to be written into a file as it is. It is signed; `weighhouse verify FOLDER --bundle FILE` checks a folder by it.
    bundle: Untrusted,
}

fn issue_bundle(access: &Access, wanted: &WantedBundle) -> Result<Bundle> {
    model_path(wanted.kind, &wanted.model)?;
    let body = json!({
        "model": wanted.model, "kind": wanted.kind.as_str(), "stage": wanted.stage, "hours": wanted.hours,
    });
    let bundle = ascii(&access.post("bundles", &body)?.to_string());
    let sha256 = Word::of(&weighhouse_core::Digest::of(bundle.as_bytes()).hex());
    Ok(Bundle { sha256, bundle: Untrusted::verbatim(bundle) })
}

/// The same JSON without a character that is not seen: all beyond ASCII as escapes.
fn ascii(json: &str) -> String {
    use std::fmt::Write as _;

    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// The tools.
pub(super) fn tools() -> Vec<GateTool> {
    vec![
        GateTool::new(
            ("request_model", "Request a model"),
            Does::Asks,
            "Asks for a model (or a data set): the gate fetches it, inspects it and decides by policy. Asking twice for the same is one \
             request. `explain_refusal` and `list_waiting` tell what came of it.",
            request_model,
        ),
        GateTool::new(
            ("issue_bundle", "Issue a release bundle"),
            Does::Asks,
            "Gives out a release bundle of what is released in a stage, by which a folder is checked without the gate.",
            issue_bundle,
        ),
        GateTool::new(
            ("approve_release", "Approve a release"),
            Does::Decides,
            "Approves a release: these bytes, on this evidence. People decide this: refused unless policy lets agents.",
            approve_release,
        ),
        GateTool::new(
            ("withdraw_approval", "Withdraw an approval"),
            Does::Takes,
            "Takes back the approval of whom you act for; what rested on it is suspended. Refused unless policy lets agents approve.",
            withdraw_approval,
        ),
        GateTool::new(
            ("promote_release", "Promote a release"),
            Does::Decides,
            "Serves an approved release to all users, or to a share of them. People decide this: refused unless policy lets agents.",
            promote_release,
        ),
        GateTool::new(
            ("halt_canary", "Halt a canary"),
            Does::Takes,
            "Stops a canary: those who had it get what serves the others. Refused unless policy lets agents promote.",
            halt_canary,
        ),
        GateTool::new(
            ("roll_back", "Roll back a stage"),
            Does::Takes,
            "Takes back what serves in a stage, for the release before it. Refused unless policy lets agents promote.",
            roll_back,
        ),
        GateTool::new(
            ("revoke_revision", "Revoke a revision"),
            Does::Takes,
            "Withdraws a revision for good, in every stage, and tells who has it. Refused unless policy lets agents revoke.",
            revoke_revision,
        ),
        GateTool::new(
            ("waive_findings", "Waive findings"),
            Does::Decides,
            "Accepts findings of a model until a day. People decide this: refused unless policy lets agents.",
            waive_findings,
        ),
        GateTool::new(
            ("withdraw_waiver", "Withdraw a waiver"),
            Does::Takes,
            "Takes a waiver back; what rested on it is suspended. Refused unless policy lets agents waive.",
            withdraw_waiver,
        ),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_bundle_is_the_same_json_without_hidden_characters() {
        let json = serde_json::json!({ "a": "ä\u{202e}\u{1f600}\u{7f}x" }).to_string();
        let shown = super::ascii(&json);
        assert!(shown.is_ascii(), "{shown}");
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, serde_json::from_str::<serde_json::Value>(&json).unwrap());
    }
}
