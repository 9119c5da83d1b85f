//! Who calls: people and machines by tokens. A token is shown once, when it is issued.

use weighhouse_core::Digest;
use weighhouse_policy::{Access, Base, Person};

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::http::{Act, Client};
use crate::name::Name;
use crate::secret::{random_bits, token_text};
use crate::store::models::Model;
use crate::store::people::{Account, Holder, Token, tell};
use crate::store::seen::Seen;
use crate::store::{Who, fresh_id};

/// The longest life of a token, in days.
const LONGEST_DAYS: i64 = 366;
/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// Somebody whose token was good.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) person: Person,
    pub(crate) token: Token,
}

/// A token or a password in clear. Shown once, never printed by accident.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A text that is secret.
    pub fn of(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn generate() -> Result<Self> {
        Ok(Self(token_text(&random_bits()?)))
    }

    /// The text, to be shown to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A token to be issued.
#[derive(Debug, Clone)]
pub(crate) struct NewToken<'a> {
    pub(crate) person: &'a str,
    pub(crate) label: &'a str,
    pub(crate) stage: Option<&'a str>,
    pub(crate) days: i64,
    /// Whether an agent will have it.
    pub(crate) agent: bool,
}

impl Caller {
    /// Whoever holds a token: the person, or an agent that acts for them.
    pub(crate) fn of(account: &Account, token: Token) -> Self {
        Self { person: Person { agent: token.agent, ..person(account) }, token }
    }

    /// The same, if whoever calls says that an agent does: then it is one, whatever the token is for.
    pub(crate) fn narrowed(mut self, agent: bool) -> Self {
        self.person.agent |= agent;
        self
    }

    /// Whose changes are told in the audit log.
    pub(crate) fn who(&self) -> Who<'_> {
        if self.person.agent { Who::Agent(&self.person.name) } else { Who::Person(&self.person.name) }
    }

    /// Turns agents away from what is about the person's own ways in: whoever holds those could act as the person. No policy lets them.
    pub(crate) fn demand_person(&self, what: &str) -> Result<()> {
        if self.person.agent {
            return Err(GateError::Forbidden(format!(
                "an agent does not {what}, whatever policy says; let `{}` do it",
                self.person.name
            )));
        }
        Ok(())
    }
}

/// The roles that the default policies name.
const ROLES: [&str; 9] = [
    "user",
    "publisher",
    "approver",
    "release-manager",
    "security",
    "attester",
    "auditor",
    "admin",
    "delegator",
];

/// An act as it stands in a sentence, before the name of a model or without one.
fn deed(access: Access, model: &str) -> &'static str {
    match access {
        Access::Audit if model.is_empty() => "read the audit log",
        Access::Administer if model.is_empty() => "administer the gate",
        Access::ChangePolicy if model.is_empty() => "see or change policy",
        Access::Revoke if model.is_empty() => "withdraw revisions",
        other => other.as_str(),
    }
}

impl Gate {
    /// Who calls with this text as token.
    pub(crate) async fn caller(&self, client: Client, token: &str) -> Result<Option<Caller>> {
        self.caller_in(&self.store.seen().await?, client, token).await
    }

    /// The same, by the state that a request sees.
    pub(crate) async fn caller_in(
        &self,
        seen: &Seen<'_>,
        client: Client,
        token: &str,
    ) -> Result<Option<Caller>> {
        let now = self.now();
        let Some(Holder { account, pseudonym, token }) =
            seen.holder(Digest::of(token.as_bytes()), now).await?
        else {
            // Good tokens are heard, however many wrong ones come from the same address.
            self.count_from(Act::WrongToken, client)?;
            return Ok(None);
        };
        tell(pseudonym);
        if !self.confirmed(seen, &account, now).await? {
            return Ok(None);
        }
        if let Err(error) = self.store.used(&token.id, now).await {
            // A mark for people who tidy up: no reason to let nobody in.
            tracing::warn!(%error, "the use of a token could not be noted");
        }
        Ok(Some(Caller::of(&account, token)))
    }

    /// Whether the directory said lately that somebody whom it knows is still there: who left the company does not come to say goodbye.
    async fn confirmed(&self, seen: &Seen<'_>, account: &Account, now: i64) -> Result<bool> {
        let Some(directory) = &self.settings.directory else { return Ok(true) };
        let identity = seen.identity_of(&account.name).await?;
        let holds = directory.confirm_days.saturating_mul(DAY);
        Ok(identity.is_none_or(|identity| now < identity.confirmed.saturating_add(holds)))
    }

    /// The model of this name, if the caller may know that it is here. Policy is asked about the name as it is kept, in whatever letter
    /// case somebody wrote it: who writes it otherwise gets no other answer.
    pub(crate) async fn seen(&self, caller: &Caller, name: &Name) -> Result<Model> {
        let model = self.store.model(name).await?.filter(|model| self.sees(caller, &model.name));
        model.ok_or_else(|| GateError::Missing(format!("`{name}`")))
    }

    /// The same by the model's id.
    pub(crate) async fn seen_by_id(&self, caller: &Caller, id: &str) -> Result<Option<Model>> {
        Ok(self.store.model_by_id(id).await?.filter(|model| self.sees(caller, &model.name)))
    }

    /// Whether the caller may know that a model is here. The name is the one that is kept.
    pub(crate) fn sees(&self, caller: &Caller, name: &Name) -> bool {
        self.may(&caller.person, Access::View, name.as_str())
    }

    /// The stage that a caller means who names none: the one of their token, or the usual one.
    pub(crate) fn own_stage<'a>(&'a self, caller: &'a Caller) -> &'a str {
        caller.token.stage.as_deref().unwrap_or(&self.settings.stage)
    }

    pub(crate) fn demand(&self, caller: &Caller, access: Access, model: &str) -> Result<()> {
        if self.may(&caller.person, access, model) {
            return Ok(());
        }
        let (who, what) = (&caller.person.name, deed(access, model));
        let themselves = Person { agent: false, ..caller.person.clone() };
        if caller.person.agent && self.may(&themselves, access, model) {
            let of = if model.is_empty() { String::new() } else { format!(" of `{model}`") };
            return Err(GateError::Forbidden(format!(
                "policy does not let an agent {what} for `{who}`: a person decides this{of}, at {}",
                self.settings.address
            )));
        }
        let of = if model.is_empty() { String::new() } else { format!(" `{model}`") };
        Err(GateError::Forbidden(format!("policy does not let `{who}` {what}{of}")))
    }

    /// Makes the first administrator, if the gate knows nobody. The token is for them.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn bootstrap(&self) -> Result<Option<Secret>> {
        let mut change = self.change(Who::Service("setup")).await?;
        // Asked under the lock of the change: of two servers that start at once, one makes it.
        if !self.store.accounts().await?.is_empty() {
            return Ok(None);
        }
        let roles = ["admin", "user"].map(str::to_owned).into();
        let account = Account { name: "admin".to_owned(), roles, created: change.now(), disabled: false };
        change.add_account(&account).await?;
        let token = NewToken { person: "admin", label: "first", stage: None, days: 30, agent: false };
        let (token, secret) = issued(&token, change.now())?;
        change.add_token(&token).await?;
        change.commit().await?;
        Ok(Some(secret))
    }

    /// Adds somebody, or sets the roles of somebody.
    pub(crate) async fn set_person(&self, caller: &Caller, name: &str, roles: &[String]) -> Result<Account> {
        self.demand(caller, Access::Administer, "")?;
        if !sound_name(name) || !roles.iter().all(|role| sound_name(role)) {
            let why = "names and roles are lower-case letters, digits, `.`, `-`, `_` and `@`, 64 at most";
            return Err(GateError::Invalid(why.to_owned()));
        }
        // Nobody takes the right to give rights from themselves: then nobody might have it.
        let after = Person { name: name.to_owned(), roles: roles.iter().cloned().collect(), agent: false };
        if name == caller.person.name && !self.may(&after, Access::Administer, "") {
            let why =
                "you would lose the right to administer the gate; let another administrator take it from you";
            return Err(GateError::Conflict(why.to_owned()));
        }
        let mut change = self.change(caller.who()).await?;
        let before = self.store.account(name).await?;
        if before.is_none() {
            self.demand_own_namespace(name).await?;
        }
        let created = before.as_ref().map_or(change.now(), |before| before.created);
        let roles = roles.iter().cloned().collect();
        let after = Account { name: name.to_owned(), roles, created, disabled: false };
        match before {
            Some(before) => change.set_account(&before, &after).await?,
            None => change.add_account(&after).await?,
        }
        change.commit().await?;
        Ok(after)
    }

    /// Nobody new has the namespace of somebody else: where a name has `@`, it has `_at_`, and that may be the name of another.
    pub(crate) async fn demand_own_namespace(&self, name: &str) -> Result<()> {
        let namespace = |name: &str| Person { name: name.to_owned(), ..Person::default() }.namespace();
        let (own, all) = (namespace(name), self.store.accounts().await?);
        match all.iter().find(|account| account.name != name && namespace(&account.name) == own) {
            None => Ok(()),
            Some(other) => Err(GateError::Conflict(format!(
                "what `{name}` uploads would be below `{own}/`, as what `{}` does; call one of them otherwise",
                other.name
            ))),
        }
    }

    /// What is to be told to whoever gives these roles: roles are words that policies name, and one that none names gives nothing.
    pub(crate) fn notes_on_roles(&self, roles: &[String]) -> Vec<String> {
        let policies = self.policies();
        let of_defaults: &[&str] = match policies.base() {
            Base::Default => &ROLES,
            Base::Nothing => &[],
        };
        let written = |role: &str| {
            let quoted = format!("\"{role}\"");
            policies.written().iter().any(|source| source.text.contains(&quoted))
        };
        let strange = roles.iter().filter(|role| !of_defaults.contains(&role.as_str()) && !written(role));
        let note = |role: &String| {
            let known = of_defaults.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { known } else { format!("; the default ones name {known}") };
            format!("no policy in force names the role `{role}`, so that it gives nothing{known}")
        };
        strange.map(note).collect()
    }

    /// Shuts somebody out; their tokens are worth nothing from now on.
    pub(crate) async fn disable_person(&self, caller: &Caller, name: &str) -> Result<()> {
        self.demand(caller, Access::Administer, "")?;
        if name == caller.person.name {
            return Err(GateError::Conflict(
                "nobody shuts themselves out; let another administrator do it".to_owned(),
            ));
        }
        let mut change = self.change(caller.who()).await?;
        let before = self.store.account(name).await?.filter(|account| !account.disabled);
        let before = before.ok_or_else(|| GateError::Missing(format!("`{name}`")))?;
        change.set_account(&before, &Account { disabled: true, ..before.clone() }).await?;
        Ok(change.commit().await?)
    }

    /// Issues a token: people for themselves, administrators for everybody.
    pub(crate) async fn issue(&self, caller: &Caller, new: &NewToken<'_>) -> Result<(Token, Secret)> {
        caller.demand_person("issue tokens")?;
        if new.person != caller.person.name {
            self.demand(caller, Access::Administer, "")?;
        }
        if !self.may(&caller.person, Access::Administer, "") {
            self.count(Act::IssueToken, &caller.person.name)?;
        }
        if !(1..=LONGEST_DAYS).contains(&new.days) {
            return Err(GateError::Invalid(format!("a token lives 1 to {LONGEST_DAYS} days")));
        }
        if new.label.chars().count() > 100 || new.label.chars().any(char::is_control) {
            return Err(GateError::Invalid("a label is one line of at most 100 characters".to_owned()));
        }
        if let Some(stage) = new.stage.filter(|stage| self.settings.stage(stage).is_none()) {
            return Err(GateError::Invalid(format!("there is no stage `{stage}`")));
        }
        let bound = caller.token.stage.as_deref();
        if bound.is_some() && bound != new.stage {
            return Err(GateError::Forbidden(
                "a token that is bound to a stage gives no tokens for others".to_owned(),
            ));
        }
        let account = self.store.account(new.person).await?.filter(|account| !account.disabled);
        account.ok_or_else(|| GateError::Missing(format!("`{}`", new.person)))?;
        let mut change = self.change(caller.who()).await?;
        let (token, secret) = issued(new, change.now())?;
        change.add_token(&token).await?;
        change.commit().await?;
        Ok((token, secret))
    }

    /// Withdraws a token: people their own, administrators every one.
    pub(crate) async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<()> {
        caller.demand_person("withdraw tokens")?;
        let mut change = self.change(caller.who()).await?;
        let token = self.store.token(id).await?;
        let visible = |token: &Token| {
            token.person == caller.person.name || self.may(&caller.person, Access::Administer, "")
        };
        let token = token.filter(visible).ok_or_else(|| GateError::Missing(format!("token `{id}`")))?;
        if token.revoked.is_some() {
            return Ok(());
        }
        change.revoke_token(&token).await?;
        Ok(change.commit().await?)
    }
}

/// Whether a text can be the name of a person or of a role.
pub(crate) fn sound_name(text: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_@".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(sound)
}

/// A new token and its secret.
pub(crate) fn issued(new: &NewToken<'_>, now: i64) -> Result<(Token, Secret)> {
    let secret = Secret::generate()?;
    let token = token_of(new, Digest::of(secret.expose().as_bytes()).hex(), now)?;
    Ok((token, secret))
}

/// The token whose text has this digest.
pub(crate) fn token_of(new: &NewToken<'_>, digest: String, now: i64) -> Result<Token> {
    Ok(Token {
        id: fresh_id()?,
        digest,
        person: new.person.to_owned(),
        label: new.label.to_owned(),
        stage: new.stage.map(str::to_owned),
        agent: new.agent,
        created: now,
        expires: now + new.days * DAY,
        revoked: None,
    })
}

pub(crate) fn person(account: &Account) -> Person {
    Person { name: account.name.clone(), roles: account.roles.clone(), agent: false }
}
