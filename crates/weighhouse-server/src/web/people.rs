//! People and tokens: one's own, and for administrators everybody's.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;
use weighhouse_policy::Access;

use super::visitor::{Chrome, Fields, Posted, Visitor};
use super::words::{Moment, shown};
use super::{Answer, Fail, page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::NewToken;
use crate::store::people::{Account, Token};

/// People of a page, tokens of a person.
const PAGE: usize = 100;
const TOKENS: u32 = 100;

/// The roles that the default policy knows, and what they let people do.
const ROLES: [(&str, &str); 8] = [
    ("user", "sees models, asks for them and downloads what is released"),
    ("approver", "approves what others ask for"),
    ("release-manager", "releases, rolls back, withdraws"),
    ("security", "accepts findings for a time, withdraws what turned out bad"),
    ("attester", "brings signed statements about models"),
    ("auditor", "reads the audit log"),
    ("admin", "adds people, issues tokens, reads the audit log"),
    (
        "delegator",
        "lets agents approve, release, withdraw and accept findings for them, as far as they may themselves",
    ),
];

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    chrome: Chrome,
    people: Vec<PersonLine>,
    roles: Vec<RoleBox>,
    first: bool,
    next: Option<String>,
}

struct PersonLine {
    name: String,
    roles: String,
    created: Moment,
    disabled: bool,
}

struct RoleBox {
    name: &'static str,
    text: &'static str,
    has: bool,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    chrome: Chrome,
    name: String,
    /// Whether it is whoever looks.
    own: bool,
    disabled: bool,
    created: Moment,
    role_names: Vec<String>,
    roles: Vec<RoleBox>,
    /// Roles that only policies of one's own know.
    others: String,
    tokens: Vec<TokenLine>,
    stages: Vec<String>,
    bound: Option<String>,
    may: Vec<&'static str>,
    action: String,
    /// Where they get mail.
    mail: String,
    /// Whether the gate sends any.
    mails: bool,
}

impl PersonPage {
    /// Whether whoever looks may give tokens for a stage.
    fn offers(&self, stage: &str) -> bool {
        self.bound.as_deref().is_none_or(|bound| bound == stage)
    }
}

struct TokenLine {
    id: String,
    label: String,
    stage: String,
    created: Moment,
    expires: Moment,
    used: Option<Moment>,
    state: &'static str,
    valid: bool,
    current: bool,
    /// Whether an agent has it.
    agent: bool,
}

#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage {
    chrome: Chrome,
    person: String,
    own: bool,
    secret: String,
    address: String,
    expires: Moment,
    back: String,
    /// Whether it is for an agent.
    agent: bool,
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: String,
}

pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(query): Query<After>,
) -> Answer {
    gate.demand(&visitor.caller, Access::Administer, "")?;
    let people = gate.store.accounts_after(&query.after, PAGE as u32 + 1).await?;
    let next = people.get(PAGE - 1).filter(|_| people.len() > PAGE).map(|last| last.name.clone());
    let line = |account: &Account| PersonLine {
        name: account.name.clone(),
        roles: shown(&account.roles.iter().cloned().collect::<Vec<_>>().join(", ")),
        created: Moment::ago(account.created, gate.now()),
        disabled: account.disabled,
    };
    page(&PeoplePage {
        chrome: visitor.chrome(&gate, "admin"),
        people: people.iter().take(PAGE).map(line).collect(),
        roles: boxes(None),
        first: query.after.is_empty(),
        next,
    })
}

fn boxes(account: Option<&Account>) -> Vec<RoleBox> {
    let has = |name: &str| account.map_or(name == "user", |account| account.roles.contains(name));
    ROLES.iter().map(|(name, text)| RoleBox { name, text, has: has(name) }).collect()
}

pub(super) async fn one(State(gate): State<Arc<Gate>>, visitor: Visitor, Path(name): Path<String>) -> Answer {
    gate.demand(&visitor.caller, Access::Administer, "")?;
    let account = gate.store.account(&name).await?;
    let account = account.ok_or_else(|| GateError::Missing(format!("`{name}`")))?;
    person_page(&gate, &visitor, &account, "admin").await
}

/// Who whoever looks is here, what they may do, and their tokens.
pub(super) async fn you(State(gate): State<Arc<Gate>>, visitor: Visitor) -> Answer {
    let account = gate.store.account(&visitor.caller.person.name).await?;
    let account = account.ok_or_else(|| GateError::Missing("your account".to_owned()))?;
    person_page(&gate, &visitor, &account, "you").await
}

async fn person_page(gate: &Gate, visitor: &Visitor, account: &Account, part: &'static str) -> Answer {
    let now = gate.now();
    let tokens = gate.store.tokens_of(&account.name, TOKENS).await?;
    let known = |role: &String| ROLES.iter().any(|(name, _)| name == role);
    let others: Vec<&str> = account.roles.iter().filter(|role| !known(role)).map(String::as_str).collect();
    let own = part == "you";
    let line = |(token, used): &(Token, Option<i64>)| {
        let state = match (token.revoked, token.expires > now) {
            (Some(_), _) => "revoked",
            (None, false) => "over",
            (None, true) => "valid",
        };
        TokenLine {
            id: token.id.clone(),
            label: shown(&token.label),
            stage: token.stage.clone().unwrap_or_else(|| "all".to_owned()),
            created: Moment::ago(token.created, now),
            expires: Moment::ago(token.expires, now),
            used: used.map(|used| Moment::ago(used, now)),
            state,
            valid: state == "valid",
            current: token.id == visitor.caller.token.id,
            agent: token.agent,
        }
    };
    let person = crate::identity::person(account);
    let may = [
        (Access::View, "see models"),
        (Access::Download, "download what is released"),
        (Access::Request, "ask for models"),
        (Access::Approve, "approve what others ask for"),
        (Access::Promote, "release and roll back"),
        (Access::Revoke, "withdraw revisions for good"),
        (Access::Waive, "accept findings for a time"),
        (Access::Attest, "bring statements about models"),
        (Access::Audit, "read the audit log"),
        (Access::Administer, "administer the gate"),
        (Access::ChangePolicy, "change the policies"),
    ];
    page(&PersonPage {
        chrome: visitor.chrome(gate, part),
        name: account.name.clone(),
        own,
        disabled: account.disabled,
        created: Moment::exact(account.created),
        role_names: account.roles.iter().map(|role| shown(role)).collect(),
        roles: boxes(Some(account)),
        others: others.join(" "),
        tokens: tokens.iter().map(line).collect(),
        stages: gate.settings.stages.iter().map(|stage| stage.name.clone()).collect(),
        bound: visitor.caller.token.stage.clone(),
        may: may
            .into_iter()
            .filter(|(access, _)| !account.disabled && gate.may(&person, *access, ""))
            .map(|(_, words)| words)
            .collect(),
        mail: gate.store.contact(&account.name).await?.map(|contact| contact.mail).unwrap_or_default(),
        mails: gate.settings.notices.mail.is_some(),
        action: if own { "/you/tokens".to_owned() } else { format!("/admin/{}/tokens", account.name) },
    })
}

pub(super) async fn set(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let name = fields.get("name").trim().to_owned();
    let mut roles: Vec<String> = fields.all("role").into_iter().map(str::to_owned).collect();
    let others = fields.get("others").split([' ', ',']).filter(|role| !role.is_empty());
    roles.extend(others.map(str::to_owned));
    gate.set_person(&visitor.caller, &name, &roles).await?;
    Ok(Redirect::to(&format!("/admin/{name}?done=saved")).into_response())
}

pub(super) async fn disable(
    State(gate): State<Arc<Gate>>,
    Path(name): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    gate.disable_person(&visitor.caller, &name).await?;
    Ok(Redirect::to(&format!("/admin/{name}?done=disabled")).into_response())
}

pub(super) async fn issue_own(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let name = visitor.caller.person.name.clone();
    give(&gate, &visitor, &fields, &name, "you").await
}

pub(super) async fn issue(
    State(gate): State<Arc<Gate>>,
    Path(name): Path<String>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    gate.demand(&visitor.caller, Access::Administer, "")?;
    give(&gate, &visitor, &fields, &name, "admin").await
}

/// Issues a token, and shows it on the answer itself: it stands nowhere else.
async fn give(gate: &Gate, visitor: &Visitor, fields: &Fields, person: &str, part: &'static str) -> Answer {
    let wrong = || Fail(GateError::Invalid("say for how many days the token is good".to_owned()));
    let new = NewToken {
        person,
        label: fields.get("label").trim(),
        stage: fields.some("stage"),
        days: fields.get("days").trim().parse().map_err(|_| wrong())?,
        agent: fields.some("agent").is_some(),
    };
    let (token, secret) = gate.issue(&visitor.caller, &new).await?;
    page(&SecretPage {
        chrome: visitor.chrome(gate, part),
        person: token.person.clone(),
        own: part == "you",
        secret: secret.expose().to_owned(),
        address: gate.settings.address.clone(),
        expires: Moment::exact(token.expires),
        agent: token.agent,
        back: if part == "you" { "/you".to_owned() } else { format!("/admin/{}", token.person) },
    })
}

pub(super) async fn revoke(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    let token = gate.store.token(&id).await?;
    gate.revoke_token(&visitor.caller, &id).await?;
    let own = token.filter(|token| token.person != visitor.caller.person.name);
    let back = own.map_or_else(|| "/you".to_owned(), |token| format!("/admin/{}", token.person));
    Ok(Redirect::to(&format!("{back}?done=token-revoked")).into_response())
}
