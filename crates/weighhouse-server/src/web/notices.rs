//! Who is told what: webhooks, and what could not be delivered. For administrators.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use weighhouse_policy::Access;

use super::visitor::{Chrome, Posted, Visitor};
use super::words::{Moment, shown};
use super::{Answer, page};
use crate::events::EventKind;
use crate::gate::Gate;
use crate::notify::NewWebhook;
use crate::store::outbox::{Channel, Delivery};
use crate::store::webhooks::Webhook;

/// Deliveries of a page.
const PAGE: u32 = 100;

#[derive(Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    chrome: Chrome,
    hooks: Vec<HookLine>,
    kinds: [&'static str; 14],
    dead: Vec<DeadLine>,
    waiting: usize,
    /// Who mail is from, if any is sent.
    mail: Option<String>,
    /// What came of trying a webhook.
    tried: Option<Tried>,
}

struct Tried {
    host: String,
    fault: Option<String>,
}

struct HookLine {
    id: String,
    label: String,
    host: String,
    kinds: String,
    created: Moment,
}

struct DeadLine {
    id: String,
    kind: EventKind,
    target: String,
    attempts: u64,
    tried: Option<Moment>,
    fault: String,
}

#[derive(Template)]
#[template(path = "webhook_key.html")]
struct KeyPage {
    chrome: Chrome,
    host: String,
    key: String,
    again: bool,
}

async fn show_with(gate: &Gate, visitor: &Visitor, tried: Option<Tried>) -> Answer {
    let hooks = gate.list_webhooks(&visitor.caller).await?;
    let now = gate.now();
    let dead = gate.store.deliveries("dead", PAGE).await?;
    let waiting = gate.store.deliveries("waiting", PAGE).await?.len();
    let line = |(delivery, kind): &(Delivery, EventKind)| DeadLine {
        id: delivery.id.clone(),
        kind: *kind,
        target: target(&hooks, delivery),
        attempts: delivery.attempts,
        tried: delivery.tried.map(|tried| Moment::ago(tried, now)),
        fault: shown(delivery.fault.as_deref().unwrap_or_default()),
    };
    page(&NoticesPage {
        chrome: visitor.chrome(gate, "notices"),
        dead: dead.iter().map(line).collect(),
        hooks: hooks.iter().map(|hook| hook_line(hook, now)).collect(),
        kinds: EventKind::ALL.map(EventKind::as_str),
        waiting,
        mail: gate.settings.notices.mail.as_ref().map(|server| shown(&server.from)),
        tried,
    })
}

fn hook_line(hook: &Webhook, now: i64) -> HookLine {
    let kinds: Vec<&str> = hook.kinds.iter().map(String::as_str).collect();
    HookLine {
        id: hook.id.clone(),
        label: shown(&hook.label),
        host: hook.host.clone(),
        kinds: if kinds.is_empty() { "all".to_owned() } else { kinds.join(", ") },
        created: Moment::ago(hook.created, now),
    }
}

fn target(hooks: &[Webhook], delivery: &Delivery) -> String {
    match delivery.channel {
        Channel::Mail => format!("mail to {}", delivery.target),
        Channel::Webhook => hooks
            .iter()
            .find(|hook| hook.id == delivery.target)
            .map_or_else(|| "a webhook that was removed".to_owned(), |hook| hook.host.clone()),
    }
}

pub(super) async fn show(State(gate): State<Arc<Gate>>, visitor: Visitor) -> Answer {
    show_with(&gate, &visitor, None).await
}

pub(super) async fn add(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let kinds: Vec<String> = fields.all("event").into_iter().map(str::to_owned).collect();
    let new = NewWebhook { url: fields.get("url").trim(), label: fields.get("label").trim(), kinds: &kinds };
    let (hook, key) = gate.add_webhook(&visitor.caller, &new).await?;
    let key = key.expose().to_owned();
    page(&KeyPage { chrome: visitor.chrome(&gate, "notices"), host: hook.host, key, again: false })
}

pub(super) async fn rotate(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    let key = gate.rotate_webhook(&visitor.caller, &id).await?.expose().to_owned();
    let host = gate.store.webhook(&id).await?.map(|hook| hook.host).unwrap_or_default();
    page(&KeyPage { chrome: visitor.chrome(&gate, "notices"), host, key, again: true })
}

pub(super) async fn test(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    let tried = gate.try_webhook(&visitor.caller, &id).await?;
    let host = gate.store.webhook(&id).await?.map(|hook| hook.host).unwrap_or_default();
    show_with(&gate, &visitor, Some(Tried { host, fault: tried.fault.as_deref().map(shown) })).await
}

pub(super) async fn remove(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    gate.remove_webhook(&visitor.caller, &id).await?;
    Ok(Redirect::to("/notices?done=webhook-removed").into_response())
}

pub(super) async fn retry(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    gate.retry_delivery(&visitor.caller, &id).await?;
    Ok(Redirect::to("/notices?done=retried").into_response())
}

/// Where somebody gets mail.
pub(super) async fn mail(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let name = visitor.caller.person.name.clone();
    gate.set_mail(&visitor.caller, &name, fields.get("mail").trim()).await?;
    Ok(Redirect::to("/you?done=mail").into_response())
}

pub(super) async fn mail_of(
    State(gate): State<Arc<Gate>>,
    Path(name): Path<String>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    gate.demand(&visitor.caller, Access::Administer, "")?;
    gate.set_mail(&visitor.caller, &name, fields.get("mail").trim()).await?;
    Ok(Redirect::to(&format!("/admin/{name}?done=mail")).into_response())
}
