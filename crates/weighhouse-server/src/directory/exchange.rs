//! Tokens for jobs (RFC 8693): a job of a build service shows what its service signed about it, and gets a token that lives for minutes.
//! Nothing long-lived lies in the settings of a repository.

use super::Claims;
use super::providers::payload;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{NewToken, Secret, issued};
use crate::settings::Workload;
use crate::store::Who;

/// Tokens that one machine may have at the same time: jobs that start over and over do not fill the database.
const MOST: i64 = 1_000;

const REFUSED: &str = "this token entitles to nothing here: its issuer or its claims are not among the gate's workloads, it is for another \
                       audience, too old, or not signed by its issuer; the gate's operators can see which";

/// A token for a job.
#[derive(Debug)]
pub(crate) struct Exchanged {
    pub(crate) token: Secret,
    /// For how many seconds it holds.
    pub(crate) seconds: i64,
}

impl Gate {
    /// Gives a job the token that its claims entitle it to; `resource` names whom it wants to act as, if its claims fit several.
    pub(crate) async fn exchange(&self, token: &str, resource: Option<&str>) -> Result<Exchanged> {
        // Operators learn why; who tries claims out does not learn which ones would fit.
        let refused = |why: &str| {
            tracing::info!(why, "a job got no token");
            GateError::Unknown(REFUSED.to_owned())
        };
        // Only to find whose keys to ask for: nothing is believed yet.
        let said = payload(token).ok_or_else(|| refused("it sent no identity token"))?;
        let issuer = said.text("iss").unwrap_or_default();
        let of_issuer = || self.settings.workloads.iter().filter(|workload| workload.issuer == issuer);
        if of_issuer().next().is_none() {
            return Err(refused(&format!("no workload is of the issuer `{issuer}`")));
        }
        let fits = |workload: &&Workload, claims: &Claims| {
            resource.is_none_or(|resource| resource == workload.person) && workload.fits(claims)
        };
        let Some(workload) = of_issuer().find(|workload| fits(workload, &said)) else {
            return Err(refused(&format!(
                "its claims fit no workload of `{issuer}`, or not the one that it wants"
            )));
        };
        let audience = workload.audience.as_deref().unwrap_or(&self.settings.address);
        let claims = match self.providers.verified((issuer, audience), token, None, self.now()).await {
            Err(GateError::Unknown(why)) => return Err(refused(&why)),
            verified => verified?,
        };
        if !workload.fits(&claims) {
            return Err(refused("its claims fit no workload"));
        }
        let mut change = self.change(Who::Service("workloads")).await?;
        let account = self.store.account(&workload.person).await?.filter(|account| !account.disabled);
        let account = account.ok_or_else(|| {
            refused(&format!(
                "`{}` is not known here, or shut out; an administrator adds them",
                workload.person
            ))
        })?;
        if self.store.tokens_alive(&account.name, change.now()).await? >= MOST {
            return Err(GateError::Unavailable(format!("`{}` has too many tokens", account.name)));
        }
        let label = format!("job of {}", workload.name);
        let stage = workload.stage.as_deref();
        let new = NewToken { person: &account.name, label: &label, stage, days: 1, agent: false };
        let (mut token, secret) = issued(&new, change.now())?;
        let seconds = workload.minutes.saturating_mul(60);
        token.expires = change.now() + seconds;
        change.add_token(&token).await?;
        change.commit().await?;
        Ok(Exchanged { token: secret, seconds })
    }
}

impl Workload {
    /// Whether claims are those that it demands; `*` at the end of a demand stands for anything.
    fn fits(&self, claims: &Claims) -> bool {
        self.claims.iter().all(|(name, wanted)| {
            claims.text(name).is_some_and(|value| match wanted.strip_suffix('*') {
                Some(beginning) => value.starts_with(beginning),
                None => value == wanted,
            })
        })
    }
}
