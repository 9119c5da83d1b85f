//! Browsers: somebody shows a token once and is known by a cookie from then on, until they leave, the token ends, or the day is over.

use weighhouse_core::Digest;

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::http::{Act, Client};
use crate::identity::Caller;
use crate::secret::BrowserSecret;
use crate::store::sessions::Session;
use crate::store::{Change, fresh_id};

/// Seconds for which a session lives at most: a working day.
pub(crate) const LIFE: i64 = 12 * 3600;

/// What forms of a session carry.
pub(crate) fn form_key(secret: &BrowserSecret) -> String {
    secret.derived("form").hex()
}

/// By what the gate knows a session.
fn key(secret: &BrowserSecret) -> Digest {
    secret.derived("session")
}

impl Gate {
    /// Begins a session for who holds this token. Its secret is always a new one, and the session that the browser had before ends:
    /// what somebody else put into the browser is worth nothing afterwards.
    pub(crate) async fn log_in(
        &self,
        client: Client,
        token: &str,
        former: Option<&BrowserSecret>,
    ) -> Result<(Caller, BrowserSecret)> {
        let unknown = || GateError::Unknown("this token is not valid, or not any more".to_owned());
        let caller = self.caller(client, token).await?.ok_or_else(unknown)?;
        caller.demand_person("sign in to the pages")?;
        self.count(Act::SignIn, &caller.person.name)?;
        let mut change = self.change(caller.who()).await?;
        let secret = self.begin_session(&mut change, &caller, former).await?;
        change.commit().await?;
        Ok((caller, secret))
    }

    /// Begins a session, and ends the one that the browser had.
    pub(crate) async fn begin_session(
        &self,
        change: &mut Change,
        caller: &Caller,
        former: Option<&BrowserSecret>,
    ) -> Result<BrowserSecret> {
        let secret = BrowserSecret::generate()?;
        if let Some(former) = former
            && let Some(former) = self.store.session(key(former), change.now()).await?
        {
            change.end_session(&former).await?;
        }
        let now = change.now();
        let session = Session {
            id: fresh_id()?,
            digest: key(&secret).hex(),
            token: caller.token.id.clone(),
            person: caller.person.name.clone(),
            began: now,
            expires: caller.token.expires.min(now + LIFE),
            ended: None,
        };
        change.add_session(&session).await?;
        Ok(secret)
    }

    /// Who sits before the browser with this cookie. The token must still be good, and the person, too.
    pub(crate) async fn visitor(&self, secret: &BrowserSecret) -> Result<Option<Caller>> {
        let now = self.now();
        let Some(session) = self.store.session(key(secret), now).await? else { return Ok(None) };
        let token = self.store.token(&session.token).await?;
        let token = token.filter(|token| token.revoked.is_none() && token.expires > now);
        let account = self.store.caller(&session.person).await?;
        let both = token.zip(account).filter(|(token, account)| token.person == account.name);
        Ok(both.map(|(token, account)| Caller::of(&account, token)))
    }

    /// Ends a session.
    pub(crate) async fn log_out(&self, caller: &Caller, secret: &BrowserSecret) -> Result<()> {
        let mut change = self.change(caller.who()).await?;
        let Some(session) = self.store.session(key(secret), change.now()).await? else { return Ok(()) };
        change.end_session(&session).await?;
        Ok(change.commit().await?)
    }
}
