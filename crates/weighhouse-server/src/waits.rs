//! What is in the way of what people wait for: pages and the interface tell the same.

use std::collections::BTreeMap;

use weighhouse_core::Intake;
use weighhouse_core::words::span;

use crate::error::Result;
use crate::gate::Gate;
use crate::store::jobs::{JobKind, Trouble};
use crate::store::models::Asked;
use crate::store::revisions::Revision;

/// What is in the way, by id.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    requests: BTreeMap<String, Trouble>,
    revisions: BTreeMap<String, Trouble>,
}

impl Waits {
    /// Of a request.
    pub(crate) fn of_request(&self, asked: &Asked) -> Option<&Trouble> {
        let revision = || self.revisions.get(asked.revision.as_ref()?);
        self.requests.get(&asked.id).or_else(revision)
    }

    /// Of a revision.
    pub(crate) fn of_revision(&self, revision: &Revision) -> Option<&Trouble> {
        self.revisions.get(&revision.id)
    }
}

impl Trouble {
    /// Why, and when it is tried again.
    pub(crate) fn told(&self, now: i64) -> String {
        let next =
            match self.next.map(|next| span(u64::try_from(next.saturating_sub(now)).unwrap_or_default())) {
                None => "it is tried right now".to_owned(),
                Some(None) => "it is tried again within a minute".to_owned(),
                Some(Some(span)) => format!("it is tried again in {span}"),
            };
        format!("{}; {next}", self.why)
    }
}

impl Gate {
    /// What is in the way of requests and revisions, if anything is.
    pub(crate) async fn waits(&self, requests: &[&Asked], revisions: &[&Revision]) -> Result<Waits> {
        let open = requests.iter().filter(|asked| asked.fault.is_none());
        let open: Vec<&str> = open.map(|asked| asked.id.as_str()).collect();
        let fetched = self.store.troubles(JobKind::Fetch, &open).await?;
        let waiting = revisions.iter().filter(|revision| revision.state == Intake::Quarantined);
        let waiting: Vec<&str> = waiting.map(|revision| revision.id.as_str()).collect();
        let mut of_revisions = self.store.troubles(JobKind::Inspect, &waiting).await?;
        for asked in requests {
            let trouble = fetched.get(&asked.id);
            if let Some((revision, trouble)) = asked.revision.as_ref().zip(trouble) {
                of_revisions.entry(revision.clone()).or_insert_with(|| trouble.clone());
            }
        }
        Ok(Waits { requests: fetched, revisions: of_revisions })
    }
}
