//! Who is told what: webhooks, what could not be delivered, addresses of people.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use weighhouse_policy::Access;

use super::{Answer, Body, Named, PAGE, Queried, wire};
use crate::events::{Event, EventKind, Facts};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::notify::NewWebhook;
use crate::store::outbox::Delivery;
use crate::store::webhooks::Webhook;

/// A kind of event.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Kind(String);

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        let words = EventKind::ALL.map(EventKind::as_str);
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        schema.description(Some("A kind of event")).into()
    }
}

impl ToSchema for Kind {
    fn name() -> Cow<'static, str> {
        "EventKind".into()
    }
}

/// A webhook, without its key and what may be secret of its address.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct Hook {
    id: String,
    label: String,
    /// Where it leads.
    host: String,
    /// Kinds of events that it is told; all of them if there is none.
    events: Vec<String>,
    created: wire::Moment,
}

impl Hook {
    fn of(hook: &Webhook) -> Self {
        Self {
            id: hook.id.clone(),
            label: hook.label.clone(),
            host: hook.host.clone(),
            events: hook.kinds.iter().cloned().collect(),
            created: wire::at(hook.created),
        }
    }
}

/// The webhooks of the gate.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(super) struct Hooks {
    items: Vec<Hook>,
}

/// Webhooks
#[utoipa::path(
    get,
    path = "/webhooks",
    tag = "notices",
    responses((status = 200, body = Hooks), (status = 403, description = "the caller does not administer the gate")),
)]
pub(super) async fn webhooks(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Json<Hooks>> {
    Ok(Json(Hooks { items: gate.list_webhooks(&caller).await?.iter().map(Hook::of).collect() }))
}

/// Which program is told what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AddWebhook)]
pub(super) struct Add {
    /// Where it is told; to which addresses the gate speaks, its operators say.
    #[schema(format = "uri")]
    url: String,
    #[serde(default)]
    label: wire::Label,
    /// Kinds of events; all of them if there is none.
    #[serde(default)]
    events: Vec<Kind>,
}

/// A webhook that was just added.
#[derive(Serialize, ToSchema)]
#[schema(as = NewWebhook)]
pub(super) struct Added {
    #[serde(flatten)]
    hook: Hook,
    /// The key by which its receiver knows that the gate speaks (Standard Webhooks). It is shown here and never again.
    key: String,
}

/// Adds a webhook. The answer is the only place where its key is ever shown
#[utoipa::path(
    post,
    path = "/webhooks",
    tag = "notices",
    request_body = Add,
    responses((status = 201, body = Added), (status = 403, description = "the caller does not administer the gate"), (status = 409, description = "there are too many")),
)]
pub(super) async fn add(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Add>,
) -> Answer<(StatusCode, Json<Added>)> {
    let kinds: Vec<String> = body.events.into_iter().map(|kind| kind.0).collect();
    let new = NewWebhook { url: &body.url, label: &body.label.0, kinds: &kinds };
    let (hook, key) = gate.add_webhook(&caller, &new).await?;
    Ok((StatusCode::CREATED, Json(Added { hook: Hook::of(&hook), key: key.expose().to_owned() })))
}

/// Removes a webhook; it is told nothing from now on
#[utoipa::path(
    delete,
    path = "/webhooks/{id}",
    tag = "notices",
    params(("id" = String, Path, description = "`id` of the webhook")),
    responses((status = 204, description = "it is gone"), (status = 403, description = "the caller does not administer the gate")),
)]
pub(super) async fn remove(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<StatusCode> {
    gate.remove_webhook(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new key of a webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct Rotated {
    id: String,
    /// It is shown here and never again.
    key: String,
}

/// Gives a webhook a new key; for a day it is told with both
#[utoipa::path(
    post,
    path = "/webhooks/{id}/rotate",
    tag = "notices",
    params(("id" = String, Path, description = "`id` of the webhook")),
    responses((status = 200, body = Rotated), (status = 403, description = "the caller does not administer the gate")),
)]
pub(super) async fn rotate(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<Rotated>> {
    let key = gate.rotate_webhook(&caller, &id).await?;
    Ok(Json(Rotated { id, key: key.expose().to_owned() }))
}

/// What came of an attempt.
#[derive(Serialize, ToSchema)]
pub(super) struct TriedWebhook {
    /// Id of what was sent.
    id: String,
    delivered: bool,
    /// Why it was not taken.
    fault: Option<String>,
}

/// Sends something to a webhook now, and tells what came of it
#[utoipa::path(
    post,
    path = "/webhooks/{id}/test",
    tag = "notices",
    params(("id" = String, Path, description = "`id` of the webhook")),
    responses((status = 200, body = TriedWebhook), (status = 403, description = "the caller does not administer the gate")),
)]
pub(super) async fn test(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<TriedWebhook>> {
    let tried = gate.try_webhook(&caller, &id).await?;
    Ok(Json(TriedWebhook { id: tried.id, delivered: tried.fault.is_none(), fault: tried.fault }))
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DeliveryState {
    /// It is on its way.
    Waiting,
    /// It was taken.
    Delivered,
    /// It was given up.
    #[default]
    Dead,
}

impl DeliveryState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InState {
    /// Only deliveries in this state; those that were given up if it is not given.
    #[serde(default)]
    #[param(inline)]
    state: DeliveryState,
}

/// An event on its way to somebody.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(super) struct Sent {
    id: String,
    /// Id of the event.
    event: String,
    /// Kind of the event.
    kind: String,
    /// `webhook` or `mail`.
    channel: String,
    /// Id of the webhook, or somebody.
    target: String,
    /// `waiting`, `delivered` or `dead`.
    state: String,
    attempts: u64,
    tried: Option<wire::Moment>,
    /// Why it was not taken.
    fault: Option<String>,
    created: wire::Moment,
}

impl Sent {
    fn of((delivery, kind): &(Delivery, EventKind)) -> Self {
        Self {
            id: delivery.id.clone(),
            event: delivery.event.clone(),
            kind: kind.to_string(),
            channel: delivery.channel.as_str().to_owned(),
            target: delivery.target.clone(),
            state: delivery.state.clone(),
            attempts: delivery.attempts,
            tried: delivery.tried.map(wire::at),
            fault: delivery.fault.clone(),
            created: wire::at(delivery.created),
        }
    }
}

/// Deliveries.
#[derive(Serialize, ToSchema)]
pub(super) struct Deliveries {
    /// The newest first, 200 at most.
    items: Vec<Sent>,
}

/// What is on its way, was delivered, or was given up
#[utoipa::path(
    get,
    path = "/deliveries",
    tag = "notices",
    params(InState),
    responses((status = 200, body = Deliveries), (status = 403, description = "the caller does not administer the gate")),
)]
pub(super) async fn deliveries(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(query): Queried<InState>,
) -> Answer<Json<Deliveries>> {
    gate.demand(&caller, Access::Administer, "")?;
    let found = gate.store.deliveries(query.state.as_str(), PAGE).await?;
    Ok(Json(Deliveries { items: found.iter().map(Sent::of).collect() }))
}

/// Tries again what was given up
#[utoipa::path(
    post,
    path = "/deliveries/{id}/retry",
    tag = "notices",
    params(("id" = String, Path, description = "`id` of the delivery")),
    responses((status = 204, description = "it is on its way again"), (status = 403, description = "the caller does not administer the gate"), (status = 409, description = "it was not given up")),
)]
pub(super) async fn retry(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<StatusCode> {
    gate.retry_delivery(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct Happened {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    timestamp: wire::Moment,
    /// What is told of it; what does not apply is left out.
    #[schema(value_type = Object)]
    data: Facts,
}

impl Happened {
    fn of(event: Event) -> Self {
        let Event { id, kind, at, facts } = event;
        Self { id, kind: kind.to_string(), timestamp: wire::at(at), data: facts }
    }
}

/// Events.
#[derive(Serialize, ToSchema)]
pub(super) struct Events {
    /// The newest first, 200 at most.
    items: Vec<Happened>,
}

/// The newest events, for those who ask rather than listen
#[utoipa::path(
    get,
    path = "/events",
    tag = "notices",
    responses((status = 200, body = Events), (status = 403, description = "the caller does not administer the gate")),
)]
pub(super) async fn events(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Json<Events>> {
    gate.demand(&caller, Access::Administer, "")?;
    let found = gate.store.events(PAGE).await?;
    Ok(Json(Events { items: found.into_iter().map(Happened::of).collect() }))
}

/// Where somebody reads mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailAddress)]
pub(super) struct Mail {
    /// Empty: no mail.
    mail: String,
}

/// Sets where somebody gets mail: the caller, or, for administrators, everybody
#[utoipa::path(
    post,
    path = "/people/{name}/mail",
    tag = "notices",
    params(("name" = String, Path, description = "their name")),
    request_body = Mail,
    responses((status = 204, description = "it is set"), (status = 403, description = "it is somebody else, and the caller does not administer the gate")),
)]
pub(super) async fn mail(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(name): Named<String>,
    Body(body): Body<Mail>,
) -> Answer<StatusCode> {
    gate.set_mail(&caller, &name, body.mail.trim()).await?;
    Ok(StatusCode::NO_CONTENT)
}
