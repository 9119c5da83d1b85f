//! Signing in by the directory: the authorization code flow with PKCE.
//!
//! State, nonce and PKCE verifier all follow from one secret in a cookie of the browser that began, so that the gate keeps nothing of a
//! login under way, any server can end it, and a code that somebody else obtained is worth nothing in this browser.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreErrorResponseType};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, TokenResponse as _,
};
use weighhouse_core::Digest;

use super::Claims;
use super::providers::told;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{Caller, NewToken, issued, sound_name};
use crate::secret::BrowserSecret;
use crate::session::LIFE;
use crate::settings::Directory;
use crate::store::identities::Identity;
use crate::store::people::Account;
use crate::store::{Change, Who};

/// How long what the provider says of itself is used for a login, in seconds.
const KEPT: i64 = 3600;

/// What a login under way sends to the provider, one for each use.
fn sent(secret: &BrowserSecret, what: &str) -> String {
    URL_SAFE_NO_PAD.encode(secret.derived(&format!("login {what}")).as_bytes())
}

impl Gate {
    /// Where a browser goes to sign in, and what it must bring back.
    pub(crate) async fn begin_directory(&self) -> Result<(String, BrowserSecret)> {
        let directory = self.directory()?;
        let (metadata, _) = self.providers.metadata(&directory.issuer, self.now(), KEPT).await?;
        let secret = BrowserSecret::generate()?;
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(directory.client.clone()), None)
                .set_redirect_uri(self.redirect()?);
        let (state, nonce) = (sent(&secret, "state"), sent(&secret, "nonce"));
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(sent(&secret, "verifier")));
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(challenge);
        for scope in &directory.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (address, ..) = request.url();
        Ok((address.to_string(), secret))
    }

    /// Ends a login: redeems the code, verifies who came, and begins their session.
    pub(crate) async fn end_directory(
        &self,
        secret: &BrowserSecret,
        (state, code): (&str, &str),
        former: Option<&BrowserSecret>,
    ) -> Result<BrowserSecret> {
        // Compared by digest: how long it takes tells nothing.
        if Digest::of(state.as_bytes()) != Digest::of(sent(secret, "state").as_bytes()) {
            let why = "this login was not begun in this browser, or is too old; begin again";
            return Err(GateError::Unknown(why.to_owned()));
        }
        let directory = self.directory()?;
        let token = self.redeem(directory, secret, code).await?;
        let nonce = Nonce::new(sent(secret, "nonce"));
        let by = (directory.issuer.as_str(), directory.client.as_str());
        let claims = self.providers.verified(by, &token, Some(&nonce), self.now()).await?;
        let mut change = self.change(Who::Service("directory")).await?;
        let account = self.admit(&mut change, directory, &claims).await?;
        let new = NewToken {
            person: &account.name,
            label: "signed in by the directory",
            stage: None,
            days: 1,
            agent: false,
        };
        // Nobody ever sees this token: it is what the session lives by, and can be withdrawn like all others.
        let (mut token, _) = issued(&new, change.now())?;
        token.expires = change.now() + LIFE;
        change.add_token(&token).await?;
        let caller = Caller::of(&account, token);
        let session = self.begin_session(&mut change, &caller, former).await?;
        change.commit().await?;
        Ok(session)
    }

    /// Exchanges the code for the identity token.
    async fn redeem(&self, directory: &Directory, secret: &BrowserSecret, code: &str) -> Result<String> {
        let (metadata, _) = self.providers.metadata(&directory.issuer, self.now(), KEPT).await?;
        let own = directory.secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(directory.client.clone()), own)
                .set_redirect_uri(self.redirect()?);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|error| unavailable(&error))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(sent(secret, "verifier")));
        let answer = request.request_async(self.providers.http()).await.map_err(|error| match error {
            openidconnect::RequestTokenError::ServerResponse(said) => {
                // A code that is used up is its bringer's; all else is between the gate and its provider, and operators read logs.
                if *said.error() != CoreErrorResponseType::InvalidGrant {
                    tracing::warn!(error = %said, "the identity provider does not take the gate as its client");
                }
                GateError::Unknown(format!("the identity provider does not accept this login: {said}"))
            }
            error => unavailable(&error),
        })?;
        let token = answer.id_token().map(ToString::to_string);
        token.ok_or_else(|| GateError::Unavailable("the identity provider sent no identity token".to_owned()))
    }

    /// Who came: somebody who is known, or new. Their roles are what their groups say now.
    async fn admit(&self, change: &mut Change, directory: &Directory, claims: &Claims) -> Result<Account> {
        let subject = claims.text("sub").unwrap_or_default();
        let id = Identity::id_of(&directory.issuer, subject);
        let roles = directory.roles_of(&claims.texts(&directory.groups_claim));
        let known = self.store.identity(&id).await?;
        let name = match &known {
            Some(identity) => identity.person.clone(),
            None => new_name(directory, claims)?,
        };
        let before = self.store.account(&name).await?;
        if roles.is_empty() {
            let why =
                format!("the directory knows `{name}`, but none of their groups has a role at this gate");
            return Err(GateError::Forbidden(why));
        }
        if before.as_ref().is_some_and(|before| before.disabled) {
            return Err(GateError::Forbidden(format!("`{name}` is shut out")));
        }
        if known.is_none() && before.is_some() {
            self.may_adopt(directory, &name).await?;
        }
        let created = before.as_ref().map_or(change.now(), |before| before.created);
        let after = Account { name, roles, created, disabled: false };
        match &before {
            None => {
                self.demand_own_namespace(&after.name).await?;
                change.add_account(&after).await?;
            }
            Some(before) if *before != after => change.set_account(before, &after).await?,
            Some(_) => {}
        }
        let identity = Identity {
            id,
            issuer: directory.issuer.clone(),
            subject: subject.to_owned(),
            person: after.name.clone(),
            created: known.as_ref().map_or(change.now(), |known| known.created),
            confirmed: change.now(),
        };
        match &known {
            None => change.add_identity(&identity).await?,
            Some(known) => change.confirm_identity(known, &identity).await?,
        }
        Ok(after)
    }

    /// Whether somebody who was made here is the one of that name in the directory: the operator says so, or nobody does.
    async fn may_adopt(&self, directory: &Directory, name: &str) -> Result<()> {
        if directory.adopt && self.store.identity_of(name).await?.is_none() {
            return Ok(());
        }
        let why = format!(
            "there is somebody called `{name}` here who is not from the directory; if they are the same, an operator sets `adopt` in \
             [gate.directory]"
        );
        Err(GateError::Forbidden(why))
    }

    fn directory(&self) -> Result<&Directory> {
        let none = || GateError::Missing("signing in by a directory".to_owned());
        self.settings.directory.as_ref().ok_or_else(none)
    }

    fn redirect(&self) -> Result<RedirectUrl> {
        let address = format!("{}/login/directory/done", self.settings.address);
        RedirectUrl::new(address).map_err(|error| GateError::Internal(format!("the gate's address: {error}")))
    }
}

/// The name of somebody new, as the directory has it.
fn new_name(directory: &Directory, claims: &Claims) -> Result<String> {
    let claim = &directory.name_claim;
    let text = claims.text(claim).unwrap_or_default();
    if claim == "email" && claims.0.get("email_verified") == Some(&serde_json::Value::Bool(false)) {
        return Err(GateError::Forbidden("the directory did not verify your e-mail address".to_owned()));
    }
    let name = text.to_ascii_lowercase();
    if sound_name(&name) {
        return Ok(name);
    }
    let why = format!("the directory says no name that the gate can use: its claim `{claim}` is `{text}`");
    Err(GateError::Forbidden(why))
}

fn unavailable(error: &dyn std::error::Error) -> GateError {
    tracing::warn!(error = %told(error), "the identity provider did not redeem a code");
    GateError::Unavailable("the identity provider does not answer as it should".to_owned())
}

impl Directory {
    /// The roles that groups give.
    fn roles_of(&self, groups: &[&str]) -> BTreeSet<String> {
        let given = groups.iter().filter_map(|group| self.roles.get(*group)).flatten();
        given.chain(&self.default_roles).cloned().collect()
    }
}
