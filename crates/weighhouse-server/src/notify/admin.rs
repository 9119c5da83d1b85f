//! What administrators do about webhooks and deliveries, and what people do about their address.

use std::collections::BTreeSet;

use weighhouse_policy::Access;

use super::mail;
use super::webhook::{Secrets, body, checked, fresh_key, send};
use crate::error::{GateError, Result};
use crate::events::{Event, EventKind, Facts};
use crate::gate::Gate;
use crate::identity::{Caller, DAY, Secret};
use crate::store::webhooks::{Contact, Webhook};
use crate::store::{Note, Who, fresh_id};

/// Webhooks at most: each event goes to all of them.
const MOST: usize = 50;

/// A webhook to be added.
#[derive(Debug, Clone)]
pub(crate) struct NewWebhook<'a> {
    pub(crate) url: &'a str,
    pub(crate) label: &'a str,
    /// Kinds of events; all of them if there is none.
    pub(crate) kinds: &'a [String],
}

/// What came of trying a webhook.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    /// The id of what was sent.
    pub(crate) id: String,
    /// Why it was not taken.
    pub(crate) fault: Option<String>,
}

impl Gate {
    /// Adds a webhook. The key is for its receiver.
    pub(crate) async fn add_webhook(
        &self,
        caller: &Caller,
        new: &NewWebhook<'_>,
    ) -> Result<(Webhook, Secret)> {
        self.demand(caller, Access::Administer, "")?;
        let host = checked(new.url, &self.settings.notices)?;
        if new.label.chars().count() > 100 || new.label.chars().any(char::is_control) {
            return Err(GateError::Invalid("a label is one line of at most 100 characters".to_owned()));
        }
        let mut kinds = BTreeSet::new();
        for kind in new.kinds {
            let known: EventKind = kind
                .parse()
                .map_err(|error: crate::events::UnknownKind| GateError::Invalid(error.to_string()))?;
            kinds.insert(known.as_str().to_owned());
        }
        let (id, key) = (fresh_id()?, fresh_key()?);
        let secrets = Secrets { url: new.url.to_owned(), key: key.clone(), former: None };
        let sealed = self.sealed(&id, &secrets)?;
        let mut change = self.change(caller.who()).await?;
        if self.store.webhooks().await?.len() >= MOST {
            return Err(GateError::Conflict(format!("there are {MOST} webhooks, and no more are allowed")));
        }
        let label = new.label.to_owned();
        let hook = Webhook { id, label, host, kinds, sealed, created: change.now(), removed: None };
        change.add_webhook(&hook).await?;
        change.commit().await?;
        Ok((hook, Secret::of(key)))
    }

    /// The webhooks, for administrators.
    pub(crate) async fn list_webhooks(&self, caller: &Caller) -> Result<Vec<Webhook>> {
        self.demand(caller, Access::Administer, "")?;
        Ok(self.store.webhooks().await?)
    }

    pub(crate) async fn remove_webhook(&self, caller: &Caller, id: &str) -> Result<()> {
        self.demand(caller, Access::Administer, "")?;
        let mut change = self.change(caller.who()).await?;
        let before = self.hook(id).await?;
        // What opened its address and its keys is gone with it.
        let after = Webhook { removed: Some(change.now()), sealed: String::new(), ..before.clone() };
        change.set_webhook(&before, &after, Note::of("webhook.remove")).await?;
        Ok(change.commit().await?)
    }

    /// Gives a webhook a new key. The old one signs, too, for a day, so that its receiver can change over.
    pub(crate) async fn rotate_webhook(&self, caller: &Caller, id: &str) -> Result<Secret> {
        self.demand(caller, Access::Administer, "")?;
        let mut change = self.change(caller.who()).await?;
        let before = self.hook(id).await?;
        let secrets = self.secrets(&before)?;
        let key = fresh_key()?;
        let former = Some((secrets.key, change.now() + DAY));
        let secrets = Secrets { key: key.clone(), former, url: secrets.url };
        let after = Webhook { sealed: self.sealed(id, &secrets)?, ..before.clone() };
        change.set_webhook(&before, &after, Note::of("webhook.rotate")).await?;
        change.commit().await?;
        Ok(Secret::of(key))
    }

    /// Sends something to a webhook now, and tells what came of it.
    pub(crate) async fn try_webhook(&self, caller: &Caller, id: &str) -> Result<Tried> {
        self.demand(caller, Access::Administer, "")?;
        let secrets = self.secrets(&self.hook(id).await?)?;
        let facts = Facts { by: caller.person.name.clone(), why: fresh_id()?, ..Facts::default() };
        let event = Event::new(EventKind::Test, self.now(), facts);
        let text = body(&event, &self.settings.address)?;
        let (notices, name, now) = (self.settings.notices.clone(), event.id.clone(), self.now());
        let sent = tokio::task::spawn_blocking(move || send(&secrets, &notices, &name, &text, now)).await;
        let sent = sent.map_err(|error| GateError::Internal(error.to_string()))?;
        Ok(Tried { id: event.id, fault: sent.err().map(|fault| fault.to_string()) })
    }

    /// Tries again what was given up.
    pub(crate) async fn retry_delivery(&self, caller: &Caller, id: &str) -> Result<()> {
        self.demand(caller, Access::Administer, "")?;
        if self.store.retry(id, self.now()).await? {
            return Ok(());
        }
        match self.store.delivery(id).await? {
            Some(known) => Err(GateError::Conflict(format!("it is {}, not given up", known.state))),
            None => Err(GateError::Missing(format!("delivery `{id}`"))),
        }
    }

    /// Says where somebody gets mail, or that they get none: people for themselves, administrators for everybody.
    pub(crate) async fn set_mail(&self, caller: &Caller, name: &str, mail: &str) -> Result<()> {
        caller.demand_person("say where somebody gets mail")?;
        if name != caller.person.name {
            self.demand(caller, Access::Administer, "")?;
        }
        let mail = if mail.is_empty() { String::new() } else { mail::address(mail)? };
        let mut change = self.change(caller.who()).await?;
        let account = self.store.account(name).await?;
        account.ok_or_else(|| GateError::Missing(format!("`{name}`")))?;
        let before = self.store.contact(name).await?;
        if before.as_ref().map_or("", |before| before.mail.as_str()) == mail {
            return Ok(());
        }
        change.set_contact(before.as_ref(), &Contact::new(name, &mail)?).await?;
        Ok(change.commit().await?)
    }

    /// Seals all addresses and keys of webhooks under the first key again; gives how many were under another.
    pub(crate) async fn reseal_webhooks(&self) -> Result<usize> {
        let mut change = self.change(Who::Service("setup")).await?;
        let mut done = 0;
        for before in self.store.webhooks().await? {
            let sealed = self.sealer.reseal(&context(&before.id), &before.sealed);
            if let Some(sealed) = sealed.map_err(|error| unsealed(&before, &error))? {
                let after = Webhook { sealed, ..before.clone() };
                change.set_webhook(&before, &after, Note::of("webhook.reseal")).await?;
                done += 1;
            }
        }
        change.commit().await?;
        Ok(done)
    }

    async fn hook(&self, id: &str) -> Result<Webhook> {
        let hook = self.store.webhook(id).await?;
        hook.ok_or_else(|| GateError::Missing(format!("webhook `{id}`")))
    }

    fn sealed(&self, id: &str, secrets: &Secrets) -> Result<String> {
        let text = serde_json::to_vec(secrets).map_err(|error| GateError::Internal(error.to_string()))?;
        let sealed = self.sealer.seal(&context(id), &text);
        sealed.map_err(|error| GateError::Internal(format!("a webhook cannot be sealed: {error}")))
    }

    /// Address and keys of a webhook.
    pub(super) fn secrets(&self, hook: &Webhook) -> Result<Secrets> {
        let opened = self.sealer.open(&context(&hook.id), &hook.sealed);
        let opened = opened.map_err(|error| unsealed(hook, &error))?;
        serde_json::from_slice(&opened).map_err(|error| unsealed(hook, &error))
    }
}

fn context(id: &str) -> String {
    format!("webhook/{id}")
}

fn unsealed(hook: &Webhook, error: &dyn std::fmt::Display) -> GateError {
    GateError::Internal(format!("the address of webhook `{}` cannot be opened: {error}", hook.id))
}
