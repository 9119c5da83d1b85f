//! The directory of the company: who its identity provider says that somebody is (`OpenID` Connect), and what jobs prove of themselves
//! (RFC 8693).
//!
//! Persons are known by issuer and subject, never by a name that somebody may choose: a name is taken once, by whoever came first, and a
//! person that was made here is joined with one of the directory only if the operator said so. Roles follow from groups at each login; who
//! did not come for a while is let in no more, whatever tokens they have.

mod exchange;
mod login;
mod providers;

pub(crate) use providers::Providers;

use serde_json::{Map, Value};

/// What an identity provider signed.
#[derive(Debug, Clone)]
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// A claim as one text.
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A claim as texts: one, or a list of them.
    fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
