//! People, what they may do, and tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighhouse_policy::{Access, Person};

use super::{Answer, Body, Named, Queried, cut, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::{Caller, NewToken, person, sound_name};
use crate::places;

/// Who calls, and what they may do
#[utoipa::path(get, path = "/whoami", tag = "people", responses((status = 200, body = wire::Whoami)))]
pub(super) async fn whoami(State(gate): State<Arc<Gate>>, caller: Caller) -> Json<wire::Whoami> {
    Json(wire::Whoami::of(&caller, rights(&gate, &caller.person)))
}

/// What policy lets somebody do with a model of no name.
fn rights(gate: &Gate, person: &Person) -> Vec<wire::Right> {
    Access::ALL.into_iter().filter(|access| gate.may(person, *access, "")).map(Into::into).collect()
}

/// A stage of release.
#[derive(Serialize, ToSchema)]
pub(super) struct StageLine {
    name: String,
    /// Whether it is the stage of callers who say none.
    usual: bool,
    /// Whether the caller's token is good for it.
    yours: bool,
    /// Whether what policy allows is released at once; otherwise somebody promotes it.
    automatic: bool,
    /// For how many days an approval holds.
    approval_days: i64,
}

/// The stages of the gate.
#[derive(Serialize, ToSchema)]
pub(super) struct Stages {
    /// In the order in which models pass through them.
    items: Vec<StageLine>,
}

/// The stages to which models are released
#[utoipa::path(get, path = "/stages", tag = "releases", responses((status = 200, body = Stages)))]
pub(super) async fn stages(State(gate): State<Arc<Gate>>, caller: Caller) -> Json<Stages> {
    let bound = caller.token.stage.as_deref();
    let usual = gate.own_stage(&caller);
    let line = |stage: &crate::settings::Stage| StageLine {
        name: stage.name.clone(),
        usual: stage.name == usual,
        yours: bound.is_none_or(|bound| bound == stage.name),
        automatic: stage.automatic,
        approval_days: stage.approval_days,
    };
    Json(Stages { items: gate.settings.stages.iter().map(line).collect() })
}

/// People, by name
#[utoipa::path(
    get,
    path = "/people",
    tag = "people",
    params(wire::Paging),
    responses(
        (status = 200, body = wire::Page<wire::Person>),
        (status = 403, description = "the caller does not administer the gate"),
    ),
)]
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    page: Queried<wire::Paging>,
) -> Answer<Json<wire::Page<wire::Person>>> {
    gate.demand(&caller, Access::Administer, "")?;
    let limit = page.0.limit()?;
    let found = gate.store.accounts_after(&page.0.after, limit + 1).await?;
    let (found, next) = cut(found, limit, |last| last.name.clone());
    Ok(Json(wire::Page { items: found.iter().map(wire::Person::of).collect(), next }))
}

/// Somebody, and what they may do
#[utoipa::path(
    get,
    path = "/people/{name}",
    tag = "people",
    params(("name" = String, Path, description = "their name")),
    responses(
        (status = 200, body = wire::PersonWhole),
        (status = 403, description = "the caller does not administer the gate"),
    ),
)]
pub(super) async fn one(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(name): Named<String>,
) -> Answer<Json<wire::PersonWhole>> {
    gate.demand(&caller, Access::Administer, "")?;
    let account = gate.store.account(&name).await?;
    let account = account.ok_or_else(|| GateError::Missing(format!("`{name}`")))?;
    let may = if account.disabled { Vec::new() } else { rights(&gate, &person(&account)) };
    Ok(Json(wire::PersonWhole { person: wire::Person::of(&account), may }))
}

/// Somebody, and what they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPerson {
    name: wire::Word,
    /// `user`, `approver`, `release-manager`, `security`, `admin`, or roles of your policies.
    roles: Vec<wire::Word>,
}

/// Somebody whose roles were set.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonSet {
    #[serde(flatten)]
    person: wire::Person,
    /// What whoever set them should know: roles that no policy in force names.
    notes: Vec<String>,
}

/// Adds somebody, or sets the roles of somebody; who was shut out is let in again
#[utoipa::path(
    post,
    path = "/people",
    tag = "people",
    request_body = SetPerson,
    responses(
        (status = 201, body = PersonSet),
        (status = 403, description = "the caller does not administer the gate"),
        (status = 409, description = "the caller would lose the right to administer the gate"),
    ),
)]
pub(super) async fn set(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<SetPerson>,
) -> Answer<(StatusCode, Json<PersonSet>)> {
    let roles: Vec<String> = body.roles.into_iter().map(|role| role.0).collect();
    let account = gate.set_person(&caller, &body.name.0, &roles).await?;
    let set = PersonSet { person: wire::Person::of(&account), notes: gate.notes_on_roles(&roles) };
    Ok((StatusCode::CREATED, Json(set)))
}

/// Shuts somebody out; their tokens are worth nothing from now on
#[utoipa::path(
    delete,
    path = "/people/{name}",
    tag = "people",
    params(("name" = String, Path, description = "their name")),
    responses(
        (status = 204, description = "they are shut out"),
        (status = 403, description = "the caller does not administer the gate"),
        (status = 409, description = "nobody shuts themselves out"),
    ),
)]
pub(super) async fn disable(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(name): Named<String>,
) -> Answer<StatusCode> {
    gate.disable_person(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Only the tokens of somebody.
    person: Option<wire::Word>,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[param(inline)]
    after: wire::Cursor,
    /// Entries of the page at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u32>,
}

/// One's own tokens, the oldest first; administrators see those of everybody
#[utoipa::path(
    get,
    path = "/tokens",
    tag = "people",
    params(Whose),
    responses(
        (status = 200, body = wire::Page<wire::Token>),
        (status = 403, description = "they are the tokens of somebody else, and the caller does not administer the gate"),
    ),
)]
pub(super) async fn tokens(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(whose): Queried<Whose>,
) -> Answer<Json<wire::Page<wire::Token>>> {
    let limit = wire::limit(whose.limit)?;
    let after = whose.after.place()?;
    let me = caller.person.name.as_str();
    let all = gate.may(&caller.person, Access::Administer, "");
    let person = match whose.person.as_ref().map(|person| person.0.as_str()) {
        Some(person) if !sound_name(person) => {
            return Err(GateError::Invalid(format!("`{person}` is nobody's name")).into());
        }
        Some(person) if person != me => {
            gate.demand(&caller, Access::Administer, "")?;
            Some(person)
        }
        None if all => None,
        _ => Some(me),
    };
    let found = gate.store.tokens_page(person, after, limit + 1).await?;
    let (found, next) = cut(found, limit, |(last, _)| places::tell_moment(&(last.created, last.id.clone())));
    let items = found.iter().map(|(token, used)| wire::Token::of(token, *used)).collect();
    Ok(Json(wire::Page { items, next }))
}

/// A token to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Issue {
    /// Whose; the caller's if it is not given.
    person: Option<wire::Word>,
    #[serde(default)]
    label: wire::Label,
    /// The only stage it is good for; that of the caller's token if it is not given.
    stage: Option<wire::Stage>,
    /// Days it lives; 30 if it is not given.
    #[serde(default, deserialize_with = "wire::whole")]
    #[schema(minimum = 1, maximum = 366)]
    days: Option<i64>,
    /// An agent will have it: it acts for the person, with less than their rights.
    #[serde(default)]
    agent: bool,
}

/// Issues a token. The answer is the only place where its text is ever shown
#[utoipa::path(
    post,
    path = "/tokens",
    tag = "people",
    request_body = Issue,
    responses(
        (status = 201, body = wire::NewToken),
        (status = 403, description = "only administrators issue tokens for others, a token that is bound to a stage gives none for others, and agents issue none"),
        (status = 404, description = "no such person is here"),
    ),
)]
pub(super) async fn issue(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Issue>,
) -> Answer<(StatusCode, Json<wire::NewToken>)> {
    let new = NewToken {
        person: body.person.as_ref().map_or(&caller.person.name, |person| &person.0),
        label: &body.label.0,
        stage: body.stage.as_ref().map(|stage| stage.0.as_str()).or(caller.token.stage.as_deref()),
        days: body.days.unwrap_or(30),
        agent: body.agent,
    };
    let (token, secret) = gate.issue(&caller, &new).await?;
    let token = wire::NewToken { issued: wire::Token::of(&token, None), token: secret.expose().to_owned() };
    Ok((StatusCode::CREATED, Json(token)))
}

/// Withdraws a token: one's own, or as an administrator every one
#[utoipa::path(
    delete,
    path = "/tokens/{id}",
    tag = "people",
    params(("id" = String, Path, description = "`id` of the token")),
    responses((status = 204, description = "it is worth nothing from now on")),
)]
pub(super) async fn revoke(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<StatusCode> {
    gate.revoke_token(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An answer to a login by device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Device {
    /// The code that the device shows.
    #[schema(example = "BCDF-GHJK")]
    user_code: String,
    /// Whether it is allowed.
    allow: bool,
}

/// Allows or denies the login that shows a code (`hf auth login`), as the caller
#[utoipa::path(
    post,
    path = "/device",
    tag = "people",
    request_body = Device,
    responses(
        (status = 204, description = "it is answered"),
        (status = 404, description = "no login waits with this code"),
    ),
)]
pub(super) async fn device(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Device>,
) -> Answer<StatusCode> {
    gate.answer_login(&caller, &body.user_code, body.allow).await?;
    Ok(StatusCode::NO_CONTENT)
}
