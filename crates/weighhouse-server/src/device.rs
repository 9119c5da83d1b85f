//! Login by device (RFC 8628): a program without a browser shows a code, somebody who is known allows it elsewhere.
//!
//! The token is derived from the code that only the device has, so that the gate never keeps it: when the login begins, the gate notes the
//! token's digest; who allows the login issues the token of that digest, in their own name and with its record in the log.

use weighhouse_core::Digest;

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::http::{Act, Client};
use crate::identity::{Caller, NewToken, Secret, token_of};
use crate::secret::token_text;
use crate::store::devices::Device;

/// How long a login may take, in seconds.
pub(crate) const PATIENCE: i64 = 900;
/// Logins under way at most: nobody has to be known to begin one.
const MOST: i64 = 1_000;
/// How long the token lives, in days.
const DAYS: i64 = 30;
/// Letters of codes that people type: no vowels, so that no words come about.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A login that began.
pub(crate) struct Begun {
    pub(crate) device_code: Secret,
    pub(crate) user_code: String,
}

/// How a login stands.
#[derive(Debug)]
pub(crate) enum Standing {
    /// Nobody answered yet.
    Waits,
    /// Somebody said no, or took the token back.
    Denied,
    /// Its time is over, or it never was.
    Over,
    /// Allowed: the token, and for how many seconds it holds.
    Allowed(Secret, i64),
}

impl Gate {
    /// Begins a login.
    pub(crate) async fn begin_login(&self, client: Client) -> Result<Begun> {
        self.count_from(Act::BeginLogin, client)?;
        let device_code = Secret::generate()?;
        let now = self.now();
        let device = Device {
            user_code: user_code()?,
            code: digest(device_code.expose()),
            token: digest(token_for(device_code.expose()).expose()),
            expires: now + PATIENCE,
            answer: None,
        };
        if !self.store.add_device(&device, now, MOST).await? {
            return Err(GateError::Unavailable("too many logins by device are under way".to_owned()));
        }
        Ok(Begun { device_code, user_code: device.user_code })
    }

    /// How the login of this device stands.
    pub(crate) async fn login(&self, device_code: &str) -> Result<Standing> {
        let now = self.now();
        let device = self.store.device(&digest(device_code)).await?;
        let Some(device) = device.filter(|device| device.expires > now) else { return Ok(Standing::Over) };
        self.count(Act::AskLogin, &device.user_code)?;
        match device.answer.as_deref() {
            None => Ok(Standing::Waits),
            Some("allowed") => {
                let token = self.store.token_of(&device.token).await?;
                let good = token.filter(|token| token.revoked.is_none() && token.expires > now);
                Ok(good.map_or(Standing::Denied, |token| {
                    Standing::Allowed(token_for(device_code), token.expires - now)
                }))
            }
            Some(_) => Ok(Standing::Denied),
        }
    }

    /// Somebody allows the login that shows this code, as themselves, or denies it.
    pub(crate) async fn answer_login(&self, caller: &Caller, code: &str, allow: bool) -> Result<()> {
        caller.demand_person("allow logins")?;
        self.count(Act::TypeCode, &caller.person.name)?;
        let code = written(code);
        let mut change = self.change(caller.who()).await?;
        let device = change.waiting_device(&code).await?;
        let device = device.ok_or_else(|| GateError::Missing(format!("a login with the code `{code}`")))?;
        if allow {
            let label = format!("login-{code}");
            let stage = caller.token.stage.as_deref();
            let new =
                NewToken { person: &caller.person.name, label: &label, stage, days: DAYS, agent: false };
            change.add_token(&token_of(&new, device.token, change.now())?).await?;
        }
        change.answer_device(&code, if allow { "allowed" } else { "denied" }).await?;
        Ok(change.commit().await?)
    }
}

fn digest(text: &str) -> String {
    Digest::of(text.as_bytes()).hex()
}

/// The token of the device that has this code.
fn token_for(device_code: &str) -> Secret {
    let digest = Digest::of(format!("weighhouse device token\0{device_code}").as_bytes());
    Secret::of(token_text(digest.as_bytes()))
}

/// Eight letters, each as likely as every other.
fn user_code() -> Result<String> {
    let mut letters = String::new();
    while letters.len() < 8 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| GateError::Internal(format!("no random numbers: {error}")))?;
        let even = bytes.iter().filter(|byte| **byte < 240);
        letters.extend(
            even.filter_map(|byte| LETTERS.get(usize::from(byte % 20))).map(|byte| char::from(*byte)),
        );
    }
    letters.truncate(8);
    Ok(written(&letters))
}

/// A code as it is kept: in capitals, a hyphen in the middle. What people write may lack both.
fn written(code: &str) -> String {
    let letters: String = code.chars().filter(char::is_ascii_alphabetic).take(9).collect();
    let letters = letters.to_ascii_uppercase();
    let (first, second) = letters.split_at_checked(4).unwrap_or((&letters, ""));
    format!("{first}-{second}")
}

#[cfg(test)]
mod tests {
    use super::{LETTERS, token_for, user_code, written};

    #[test]
    fn codes_are_of_their_letters_and_read_as_people_write_them() {
        let code = user_code().unwrap();
        assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'));
        assert!(code.bytes().all(|byte| byte == b'-' || LETTERS.contains(&byte)), "{code}");
        assert_ne!(user_code().unwrap(), code);
        for text in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk\n"] {
            assert_eq!(written(text), "BCDF-GHJK");
        }
        assert_eq!(written(""), "-");
    }

    #[test]
    fn the_token_is_of_its_device_and_tells_nothing_of_it() {
        let token = token_for("one");
        assert_eq!(token.expose(), token_for("one").expose());
        assert_ne!(token.expose(), token_for("two").expose());
        // As llama.cpp and the client for JavaScript take it.
        let (begin, rest) = token.expose().split_at(3);
        assert!(begin == "hf_" && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!((37..=256).contains(&token.expose().len()));
    }
}
