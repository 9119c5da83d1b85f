//! How often somebody may do what can be guessed at, or fills the database: so many at once, then one at a time.
//!
//! Each server counts for itself. What is forgotten (a restart, too many addresses at once) is forgotten in favour of whoever asks: these limits
//! slow attackers down, secrets of 256 bits keep them out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::client::Client;
use crate::error::{GateError, Result};
use crate::gate::Gate;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// Showing a token or a cookie that is not good; by address.
    WrongToken,
    /// Beginning a login by device; by address. Nobody has to be known for it.
    BeginLogin,
    /// Asking how a login by device stands; by device.
    AskLogin,
    /// Typing the code of a login by device; by person.
    TypeCode,
    /// Signing in with a browser; by person.
    SignIn,
    /// Issuing a token; by person.
    IssueToken,
}

impl Act {
    /// So many at once, and one more after so many seconds.
    fn allowance(self) -> (i64, i64) {
        match self {
            Self::WrongToken => (60, 1),
            Self::BeginLogin => (30, 5),
            Self::AskLogin => (5, 4),
            Self::TypeCode => (10, 30),
            Self::SignIn => (30, 10),
            Self::IssueToken => (60, 10),
        }
    }
}

/// Names that are counted for at most.
const MOST: usize = 100_000;

/// When everything that each did will be forgotten, in seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<(Act, String), i64>>);

impl Rates {
    /// Counts one more. If it is too many: for how many seconds to wait.
    fn count(&self, act: Act, who: String, now: i64) -> std::result::Result<(), i64> {
        let (at_once, seconds) = act.allowance();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, forgotten| *forgotten > now);
        }
        if all.len() >= MOST {
            all.clear();
        }
        let forgotten = all.entry((act, who)).or_insert(now);
        // A clock that went back makes nobody wait longer than a full count.
        let after = (*forgotten).clamp(now, now + at_once * seconds) + seconds;
        let wait = after - now - at_once * seconds;
        if wait > 0 {
            return Err(wait);
        }
        *forgotten = after;
        Ok(())
    }
}

impl Gate {
    /// Counts something that comes from an address. Without a connection there is none, and nobody to be slowed down.
    pub(crate) fn count_from(&self, act: Act, client: Client) -> Result<()> {
        if client.0.is_none() { Ok(()) } else { self.count(act, &client) }
    }

    /// Counts something that somebody does.
    pub(crate) fn count(&self, act: Act, who: &impl ToString) -> Result<()> {
        let counted = self.rates.count(act, who.to_string(), self.now());
        counted.map_err(|seconds| {
            tracing::warn!(?act, who = who.to_string(), "too often");
            GateError::TooOften(seconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        let rates = Rates::default();
        let code = |who: &str, now| rates.count(Act::TypeCode, who.to_owned(), now);
        for _ in 0..10 {
            code("ada", 1000).unwrap();
        }
        assert_eq!(code("ada", 1000), Err(30));
        assert_eq!(code("ada", 1029), Err(1));
        assert_eq!(code("ada", 1030), Ok(()));
        assert_eq!(code("ada", 1030), Err(30));
        assert_eq!(code("bob", 1030), Ok(()));
        // Back to the first hour of 1970: nobody waits for half a century.
        assert_eq!(code("ada", 5), Err(30));
        for _ in 0..10 {
            code("ada", 2000).unwrap();
        }
    }

    #[test]
    fn who_is_counted_takes_bounded_room() {
        let rates = Rates::default();
        for number in 0..MOST + 10 {
            rates.count(Act::WrongToken, number.to_string(), 1000).unwrap();
        }
        assert!(rates.0.lock().unwrap().len() <= MOST);
    }
}
