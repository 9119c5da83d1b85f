//! Browsers: somebody shows a token once and is known by a cookie from then on, until they leave, the token ends, or the day is over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use weighhouse_core::Digest;

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::http::{Act, Client};
use crate::identity::{Caller, person};
use crate::store::sessions::Session;
use crate::store::{Change, Who, fresh_id};

/// Seconds for which a session lives at most: a working day.
pub(crate) const LIFE: i64 = 12 * 3600;

/// What stands in the cookie: 256 random bits. Never printed by accident.
pub(crate) struct SessionSecret(String);

impl SessionSecret {
    fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| GateError::Internal(format!("no random numbers: {error}")))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What a browser sent.
    pub(crate) fn sent(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What forms of this session carry: it follows from the secret, and the secret does not follow from it.
    pub(crate) fn form_key(&self) -> String {
        Digest::of(format!("form\0{}", self.0).as_bytes()).hex()
    }

    fn digest(&self) -> Digest {
        Digest::of(format!("session\0{}", self.0).as_bytes())
    }
}

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

impl Gate {
    /// Begins a session for who holds this token. Its secret is always a new one, and the session that the browser had before ends:
    /// what somebody else put into the browser is worth nothing afterwards.
    pub(crate) async fn log_in(
        &self,
        client: Client,
        token: &str,
        former: Option<&SessionSecret>,
    ) -> Result<(Caller, SessionSecret)> {
        let unknown = || GateError::Unknown("this token is not valid, or not any more".to_owned());
        let caller = self.caller(client, token).await?.ok_or_else(unknown)?;
        self.count(Act::SignIn, &caller.person.name)?;
        let mut change = self.change(Who::Person(&caller.person.name)).await?;
        let secret = self.begin_session(&mut change, &caller, former).await?;
        change.commit().await?;
        Ok((caller, secret))
    }

    /// Begins a session, and ends the one that the browser had.
    pub(crate) async fn begin_session(
        &self,
        change: &mut Change,
        caller: &Caller,
        former: Option<&SessionSecret>,
    ) -> Result<SessionSecret> {
        let secret = SessionSecret::generate()?;
        if let Some(former) = former
            && let Some(former) = self.store.session(former.digest(), change.now()).await?
        {
            change.end_session(&former).await?;
        }
        let now = change.now();
        let session = Session {
            id: fresh_id()?,
            digest: secret.digest().hex(),
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
    pub(crate) async fn visitor(&self, secret: &SessionSecret) -> Result<Option<Caller>> {
        let now = self.now();
        let Some(session) = self.store.session(secret.digest(), now).await? else { return Ok(None) };
        let token = self.store.token(&session.token).await?;
        let token = token.filter(|token| token.revoked.is_none() && token.expires > now);
        let account = self.store.caller(&session.person).await?;
        let both = token.zip(account).filter(|(token, account)| token.person == account.name);
        Ok(both.map(|(token, account)| Caller { person: person(&account), token }))
    }

    /// Ends a session.
    pub(crate) async fn log_out(&self, caller: &Caller, secret: &SessionSecret) -> Result<()> {
        let mut change = self.change(Who::Person(&caller.person.name)).await?;
        let Some(session) = self.store.session(secret.digest(), change.now()).await? else { return Ok(()) };
        change.end_session(&session).await?;
        Ok(change.commit().await?)
    }
}
