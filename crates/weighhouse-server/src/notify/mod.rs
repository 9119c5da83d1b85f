//! People and programs are told what happens: events from the outbox, by webhooks and by mail, at least once each.

mod admin;
mod courier;
mod mail;
mod reach;
mod webhook;

pub(crate) use admin::NewWebhook;
pub(crate) use courier::Couriers;
pub use mail::{Encryption, MailServer};

use weighhouse_scan::source::hub::Authorities;

use crate::network::Network;

/// By which ways people and programs are told.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    /// The server that takes mail; without it, nobody gets any.
    pub mail: Option<MailServer>,
    /// Networks that webhooks may reach though they are private, loopback, link-local or for other special use.
    pub networks: Vec<Network>,
    /// Authorities that certify the receivers of webhooks, instead of the public ones.
    pub authorities: Option<Authorities>,
}

/// A secret of an operator. Never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why somebody was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// Nobody answers there. Whatever else is for the same receiver had better wait, too.
    Unanswered(String),
    /// It may work later; at the earliest after so many seconds, if the receiver says.
    Later(String, Option<i64>),
    /// It will not.
    Never(String),
}

impl std::fmt::Display for Undelivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unanswered(why) | Self::Later(why, _) | Self::Never(why) => f.write_str(why),
        }
    }
}
