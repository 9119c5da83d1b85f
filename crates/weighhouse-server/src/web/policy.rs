//! Policies in a browser: those in force, proposals, and what a proposal would change before anybody puts it in force.

mod view;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;
use weighhouse_core::words::plural;
use weighhouse_policy::{Access, Base, DEFAULT_POLICIES, PolicySet};

use self::view::{CheckedView, DiffLine, Listing, PolicyLine, RunView, Standing, diff, policy_lines};
use super::visitor::{Chrome, Fields, Posted, Visitor};
use super::words::{Moment, Prose, sentence, shown};
use super::{Answer, page};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::store::policies::{Policy, PolicyState, Source, Text};
use crate::workflow::{Checked, Cursor, Draft};

/// Proposals and former policies of a page.
const MOST: u32 = 50;
/// What one press of a button decides about at most, and how long it takes.
const LOOKED: u64 = 50_000;
const TIME: Duration = Duration::from_secs(8);

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    chrome: Chrome,
    /// How many there are, in words.
    count: String,
    standing: Standing,
    texts: Vec<Listing>,
    defaults: Option<Listing>,
    /// Whether the configuration of this server says something else, without force.
    files_differ: bool,
    proposals: Vec<PolicyLine>,
    former: Vec<PolicyLine>,
}

#[derive(Template)]
#[template(path = "policy/draft.html")]
struct DraftPage {
    chrome: Chrome,
    text: String,
    tests: String,
    reason: String,
    extend: bool,
    /// What is wrong with the request itself.
    wrong: Option<Prose>,
    checked: Option<CheckedView>,
    run: Option<RunView>,
    /// The text with its lines numbered, if something is said about lines.
    listing: Option<Listing>,
}

#[derive(Template)]
#[template(path = "policy/one.html")]
struct OnePage {
    chrome: Chrome,
    id: String,
    state: String,
    reason: String,
    standing: Standing,
    digest: String,
    texts: Vec<Listing>,
    /// What is another line in it than in those in force.
    changes: Vec<DiffLine>,
    approvals: Vec<ApprovalLine>,
    proposed: bool,
    /// Why it cannot be put in force now.
    against: Vec<Prose>,
    may_enact: bool,
    may_approve: bool,
    why_not: Option<&'static str>,
    checked: Option<CheckedView>,
    run: Option<RunView>,
}

struct ApprovalLine {
    person: String,
    comment: String,
    at: Moment,
}

pub(super) async fn show(State(gate): State<Arc<Gate>>, visitor: Visitor) -> Answer {
    gate.demand(&visitor.caller, Access::ChangePolicy, "")?;
    let now = gate.now();
    let row = gate.store.policy_in_force().await?;
    let (set, files) = (gate.policies(), gate.files());
    let proposals = gate.store.policies_in(PolicyState::Proposed, MOST).await?;
    let former = gate.store.policies_in(PolicyState::Replaced, MOST).await?;
    let from_gate = row.as_ref().is_some_and(|row| row.source == Source::Gate);
    page(&PolicyPage {
        chrome: visitor.chrome(&gate, "policy"),
        count: plural(set.policies().len() as u64, "policy"),
        standing: Standing::of(&set, row.as_ref()),
        texts: Policy::texts_of(&set).iter().map(|text| Listing::of(&text.name, &text.text, &[])).collect(),
        defaults: (set.base() == Base::Default).then(|| Listing::of("default.cedar", DEFAULT_POLICIES, &[])),
        files_differ: from_gate && files.digest() != set.digest(),
        proposals: policy_lines(&proposals, now),
        former: policy_lines(&former, now),
    })
}

#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    from: String,
}

/// The form for a proposal, filled with the policies in force, those of the files, or earlier ones.
pub(super) async fn new(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(query): Query<From>,
) -> Answer {
    gate.demand(&visitor.caller, Access::ChangePolicy, "")?;
    let (texts, extend) = match query.from.as_str() {
        "" => begin(&gate.policies()),
        "files" => begin(gate.files()),
        id => {
            let missing = || GateError::Missing("these policies".to_owned());
            let policy = gate.store.policy(id).await?.ok_or_else(missing)?;
            (policy.texts.clone(), policy.extend)
        }
    };
    page(&DraftPage {
        chrome: visitor.chrome(&gate, "policy"),
        text: joined(&texts),
        tests: String::new(),
        reason: String::new(),
        extend,
        wrong: None,
        checked: None,
        run: None,
        listing: None,
    })
}

fn begin(set: &PolicySet) -> (Vec<Text>, bool) {
    (Policy::texts_of(set), set.base() == Base::Default)
}

/// One text of several: people edit one.
fn joined(texts: &[Text]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.text.clone(),
        many => {
            let named = many.iter().map(|text| format!("// {}\n\n{}\n", text.name, text.text.trim_end()));
            named.collect::<Vec<_>>().join("\n")
        }
    }
}

/// What is done with a draft: checked, tried on what stands, or proposed.
pub(super) async fn draft(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    gate.demand(&visitor.caller, Access::ChangePolicy, "")?;
    let draft = draft_of(&fields);
    let reason = super::acts::text(&fields, "reason");
    if fields.get("do") == "propose" {
        match gate.propose_policy(&visitor.caller, &draft, &reason).await {
            Ok(policy) => {
                let to = format!("/policy/{}?done=proposed", policy.id);
                return Ok(Redirect::to(&to).into_response());
            }
            Err(GateError::Invalid(_) | GateError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let checked = gate.check_policy_for(&visitor.caller, &draft).await?;
    let trial = fields.get("do") == "dry-run" || fields.some("from").is_some();
    let run = match &checked.set {
        Some(set) if trial => Some(tried(&gate, &visitor, set, &fields).await?),
        _ => None,
    };
    let text = draft.texts.first().map(|text| text.text.clone()).unwrap_or_default();
    let bad: Vec<usize> = checked
        .problems
        .iter()
        .chain(&checked.warnings)
        .filter(|problem| problem.source.as_deref() == Some(NAME))
        .filter_map(|problem| problem.at.map(|(line, _)| line))
        .collect();
    let wrong = (fields.get("do") == "propose").then(|| not_proposed(&checked, &reason));
    page(&DraftPage {
        chrome: visitor.chrome(&gate, "policy"),
        listing: (!bad.is_empty()).then(|| Listing::of(NAME, &text, &bad)),
        text,
        tests: draft.tests,
        reason,
        extend: draft.extend,
        wrong,
        checked: Some(CheckedView::of(&checked)),
        run,
    })
}

/// The name of a text that is written here.
const NAME: &str = "policy.cedar";

fn draft_of(fields: &Fields) -> Draft {
    let text = Text { name: NAME.to_owned(), text: super::acts::text(fields, "text") };
    let texts = if text.text.trim().is_empty() { Vec::new() } else { vec![text] };
    Draft { extend: fields.get("extend") == "yes", texts, tests: super::acts::text(fields, "tests") }
}

fn not_proposed(checked: &Checked, reason: &str) -> Prose {
    Prose::new(if !checked.sound() {
        "It was not proposed: see below why."
    } else if reason.trim().is_empty() {
        "It was not proposed: say why the policies are to change."
    } else {
        "It was not proposed: these policies are in force already, or too many proposals wait."
    })
}

/// A slice of a dry run, added to what the slices before it showed.
async fn tried(gate: &Gate, visitor: &Visitor, set: &Arc<PolicySet>, fields: &Fields) -> Result<RunView> {
    let from = fields.some("from").map(|text| {
        Cursor::read(text).ok_or_else(|| GateError::Invalid("a dry run goes on where it ended".to_owned()))
    });
    let from = from.transpose()?.unwrap_or_default();
    let run = gate.dry_run(&visitor.caller, set, from, LOOKED, TIME).await?;
    let all: u64 = gate.store.standing_since().await?.values().map(|standing| standing.count).sum();
    Ok(RunView::of(&run, fields.get("so_far"), all))
}

pub(super) async fn one(State(gate): State<Arc<Gate>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    proposal(&gate, &visitor, &id, None).await
}

/// The same page, with what the proposal would change.
pub(super) async fn dry_run(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    proposal(&gate, &visitor, &id, Some(&fields)).await
}

async fn proposal(gate: &Gate, visitor: &Visitor, id: &str, fields: Option<&Fields>) -> Answer {
    let found = gate.proposed(&visitor.caller, id).await?;
    let policy = &found.policy;
    let me = &visitor.caller.person.name;
    let proposed = policy.state == PolicyState::Proposed;
    let checked = gate.check_policy_for(&visitor.caller, &Draft::of(policy)).await?;
    let run = match (fields, &checked.set) {
        (Some(fields), Some(set)) => Some(tried(gate, visitor, set, fields).await?),
        _ => None,
    };
    let current = gate.policies();
    let outdated = policy.based.as_ref() != Some(&current.digest().to_string());
    let mut against: Vec<Prose> =
        found.decision.reasons.iter().map(|reason| Prose::sentence(&reason.message)).collect();
    if outdated {
        against.push(Prose::new(
            "Other policies were put in force since it was proposed. Propose it again, over those.",
        ));
    }
    against.extend(checked.lock_out.as_deref().map(Prose::sentence));
    against.extend(checked.first_problem().as_deref().map(Prose::sentence));
    let own = policy.proposer.as_ref() == Some(me);
    let approved = found.approvals.iter().any(|approval| approval.person == *me);
    let line = |approval: &crate::store::policies::PolicyApproval| ApprovalLine {
        person: shown(&approval.person),
        comment: shown(&approval.comment),
        at: Moment::ago(approval.at, gate.now()),
    };
    page(&OnePage {
        chrome: visitor.chrome(gate, "policy"),
        id: policy.id.clone(),
        state: sentence(&policy.state.to_string()).trim_end_matches('.').to_owned(),
        reason: shown(&policy.reason),
        standing: Standing::of_row(policy),
        digest: policy.digest.to_string(),
        texts: policy.texts.iter().map(|text| Listing::of(&text.name, &text.text, &[])).collect(),
        changes: diff(
            (&joined(&Policy::texts_of(&current)), current.base() == Base::Default),
            (&joined(&policy.texts), policy.extend),
        ),
        approvals: found.approvals.iter().map(line).collect(),
        proposed,
        may_enact: proposed && against.is_empty(),
        against: if proposed { against } else { Vec::new() },
        may_approve: proposed && !own && !approved && !outdated,
        why_not: match (proposed, own, approved) {
            (true, true, _) => Some("You proposed it, so an approval must come from somebody else."),
            (true, _, true) => Some("You approved it."),
            _ => None,
        },
        checked: Some(CheckedView::of(&checked)),
        run,
    })
}

pub(super) async fn approve(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    let comment = super::acts::text(&fields, "comment");
    gate.approve_policy(&visitor.caller, &id, fields.get("digest"), &comment).await?;
    Ok(Redirect::to(&format!("/policy/{id}?done=policy-approved")).into_response())
}

pub(super) async fn enact(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    gate.enact_policy(&visitor.caller, &id, fields.get("digest")).await?;
    Ok(Redirect::to("/policy?done=enacted").into_response())
}

pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    gate.drop_policy(&visitor.caller, &id).await?;
    Ok(Redirect::to("/policy?done=dropped").into_response())
}
