//! Two kinds of jobs: find out who is told of an event, and tell one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use weighhouse_policy::Access;

use super::{Undelivered, mail, webhook};
use crate::error::Result;
use crate::events::{Event, EventKind};
use crate::gate::Gate;
use crate::identity::person;
use crate::name::{Kind, Name};
use crate::operate::traces;
use crate::store::jobs::Job;
use crate::store::outbox::{Attempt, Channel, Delivery};
use crate::store::people::Account;
use crate::workflow::Fault;

/// Seconds between attempts; then an hour each.
const PAUSES: [i64; 5] = [5, 30, 120, 600, 1800];
const HOUR: i64 = 3600;
/// After so many attempts, about two days, somebody must look.
const ATTEMPTS: u64 = 50;
/// How long a receiver that did not answer is left in peace, in seconds: others are told meanwhile.
const PEACE: i64 = 20;

/// What the couriers of this process know of each other.
#[derive(Debug, Default)]
pub(crate) struct Couriers {
    /// Until when nobody tries a receiver.
    resting: Mutex<BTreeMap<String, i64>>,
}

impl Couriers {
    fn rests(&self, target: &str, now: i64) -> Option<i64> {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that jumped back keeps nobody waiting.
        resting.retain(|_, until| *until > now && *until <= now + PEACE);
        resting.get(target).copied()
    }

    fn leave(&self, target: &str, now: i64) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.insert(target.to_owned(), now + PEACE);
    }
}

impl Gate {
    /// Does a job of the kind `notify`.
    pub(crate) async fn address_event(&self, job: &Job) -> std::result::Result<(), Fault> {
        let Some(event) = self.store.event(&job.subject).await? else {
            return Ok(self.store.drop_job(job).await?);
        };
        let mut targets = BTreeSet::new();
        for hook in self.store.webhooks().await? {
            if hook.wants(event.kind) {
                targets.insert((Channel::Webhook, hook.id));
            }
        }
        if self.settings.notices.mail.is_some() {
            let circle = self.circle(&event).await?;
            for account in self.store.reachable().await? {
                if (account.name != event.facts.by || event.facts.agent)
                    && self.concern(&circle, &account, &event).is_some()
                {
                    targets.insert((Channel::Mail, account.name));
                }
            }
        }
        Ok(self.store.address(job, &event.id, &targets, self.now()).await?)
    }

    /// Does a job of the kind `deliver`.
    pub(crate) async fn deliver(&self, job: &Job) -> std::result::Result<(), Fault> {
        let delivery =
            self.store.delivery(&job.subject).await?.filter(|delivery| delivery.state == "waiting");
        let Some(delivery) = delivery else { return Ok(self.store.drop_job(job).await?) };
        let now = self.now();
        let target = match delivery.channel {
            Channel::Webhook => delivery.target.as_str(),
            Channel::Mail => "mail",
        };
        if let Some(until) = self.couriers.rests(target, now) {
            // Not tried: it counts for nothing.
            return Ok(self.store.put_off(job, until, "its receiver did not answer a moment ago").await?);
        }
        let told = match self.store.event(&delivery.event).await? {
            Some(event) => self.tell_one(&event, &delivery).await?,
            None => Err(Undelivered::Never("the event is not there any more".to_owned())),
        };
        let became = match told {
            Ok(()) => Attempt::Delivered,
            Err(Undelivered::Never(why)) => Attempt::Dead(why),
            Err(Undelivered::Later(why, wait)) => after(&delivery, why, wait, self.now()),
            Err(Undelivered::Unanswered(why)) => {
                self.couriers.leave(target, now);
                after(&delivery, why, None, self.now())
            }
        };
        traces::told(delivery.channel, matches!(became, Attempt::Delivered));
        if let Attempt::Dead(why) = &became {
            tracing::error!(
                event = delivery.event,
                target = delivery.target,
                why,
                "somebody could not be told"
            );
        }
        Ok(self.store.attempted(job, &delivery.id, &became, self.now()).await?)
    }

    async fn tell_one(
        &self,
        event: &Event,
        delivery: &Delivery,
    ) -> Result<std::result::Result<(), Undelivered>> {
        match delivery.channel {
            Channel::Webhook => {
                let Some(hook) = self.store.webhook(&delivery.target).await? else {
                    return Ok(Err(Undelivered::Never("the webhook was removed".to_owned())));
                };
                let secrets = match self.secrets(&hook) {
                    Ok(secrets) => secrets,
                    Err(error) => return Ok(Err(Undelivered::Later(error.to_string(), None))),
                };
                let body = webhook::body(event, &self.settings.address)?;
                let (notices, id, now) = (self.settings.notices.clone(), event.id.clone(), self.now());
                let sent =
                    tokio::task::spawn_blocking(move || webhook::send(&secrets, &notices, &id, &body, now));
                Ok(sent.await.unwrap_or_else(|error| Err(Undelivered::Later(error.to_string(), None))))
            }
            Channel::Mail => self.mail_one(event, &delivery.target).await,
        }
    }

    async fn mail_one(&self, event: &Event, name: &str) -> Result<std::result::Result<(), Undelivered>> {
        let never = |why: &str| Ok(Err(Undelivered::Never(why.to_owned())));
        let Some(server) = self.settings.notices.mail.clone() else {
            return Ok(Err(Undelivered::Later("no server for mail is configured".to_owned(), None)));
        };
        let account = self.store.account(name).await?.filter(|account| !account.disabled);
        let contact = self.store.contact(name).await?.filter(|contact| !contact.mail.is_empty());
        let (Some(account), Some(contact)) = (account, contact) else {
            return never("there is no address any more");
        };
        // As things stand now: who may not see it any more is not told.
        let circle = self.circle(event).await?;
        let Some(because) = self.concern(&circle, &account, event) else {
            return never("it does not concern them any more");
        };
        let message = match mail::message(event, &server, &contact.mail, &self.settings.address, because) {
            Ok(message) => message,
            Err(why) => return never(&why),
        };
        let sent = tokio::task::spawn_blocking(move || mail::send(&server, &message));
        Ok(sent.await.unwrap_or_else(|error| Err(Undelivered::Later(error.to_string(), None))))
    }

    /// Who had to do with what an event is about.
    async fn circle(&self, event: &Event) -> Result<Circle> {
        let facts = &event.facts;
        let mut circle = Circle::default();
        if !facts.requester.is_empty() {
            circle.asked.insert(facts.requester.clone());
        }
        let kind = if facts.kind == "datasets" { Kind::Dataset } else { Kind::Model };
        let model = match Name::new(kind, &facts.model) {
            Some(name) => self.store.model(&name).await?,
            None => None,
        };
        if let Some(model) = model.filter(|_| !facts.revision.is_empty()) {
            let requests = self.store.requests_of(&model.id).await?.into_iter();
            let same = requests.filter(|asked| {
                asked.revision.as_ref() == Some(&facts.revision)
                    && (facts.stage.is_empty() || asked.stage == facts.stage)
            });
            circle.asked.extend(same.map(|asked| asked.person));
            circle
                .pulled
                .extend(self.store.pullers(&facts.revision).await?.into_iter().map(|(name, _, _)| name));
        }
        Ok(circle)
    }

    /// Why an event concerns somebody; nothing if it does not, or if they may not know.
    fn concern(&self, circle: &Circle, account: &Account, event: &Event) -> Option<&'static str> {
        let who = person(account);
        let model = event.facts.model.as_str();
        if event.kind == EventKind::AuditFault {
            return self.may(&who, Access::Administer, "").then_some("you administer the gate");
        }
        if !self.may(&who, Access::View, model) {
            return None;
        }
        let asked = circle.asked.contains(&account.name);
        let pulled = circle.pulled.contains(&account.name);
        match event.kind {
            EventKind::ApprovalNeeded => {
                (!asked && self.may(&who, Access::Approve, model)).then_some("you may approve it")
            }
            EventKind::Approved if self.may(&who, Access::Promote, model) => Some("you may release it"),
            EventKind::FetchFailed
            | EventKind::Rejected
            | EventKind::Reviewable
            | EventKind::Approved
            | EventKind::Canary
            | EventKind::Released => asked.then_some("you asked for it"),
            EventKind::CanaryHalted
            | EventKind::Suspended
            | EventKind::RolledBack
            | EventKind::Expired
            | EventKind::Revoked => {
                if pulled {
                    Some("you have a copy of it")
                } else {
                    asked.then_some("you asked for it")
                }
            }
            EventKind::Requested | EventKind::Test | EventKind::AuditFault => None,
        }
    }
}

/// Who asked for a revision, and who has bytes of it.
#[derive(Debug, Default)]
struct Circle {
    asked: BTreeSet<String>,
    pulled: BTreeSet<String>,
}

/// When to try again; never after too many attempts.
fn after(delivery: &Delivery, why: String, wait: Option<i64>, now: i64) -> Attempt {
    if delivery.attempts + 1 >= ATTEMPTS {
        return Attempt::Dead(why);
    }
    let made = usize::try_from(delivery.attempts).unwrap_or(usize::MAX);
    let pause = PAUSES.get(made).copied().unwrap_or(HOUR);
    Attempt::Later(now + pause.max(wait.unwrap_or(0)).min(HOUR), why)
}
