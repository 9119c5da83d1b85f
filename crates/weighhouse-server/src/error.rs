//! Why the gate did not do what was asked, in words for whoever asked. What only operators may know goes to the log of the program.

use weighhouse_core::Decision;
use weighhouse_core::release::Refused;

use crate::store::StoreError;

/// Why the gate did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// What was sent cannot be meant.
    #[error("{0}")]
    Invalid(String),
    /// Nobody knows who the caller is.
    #[error("{0}")]
    Unknown(String),
    /// It is not there, or not for this caller to see.
    #[error("{0} is not here")]
    Missing(String),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// It is not possible as things stand.
    #[error("{0}")]
    Conflict(String),
    /// Policy does not allow it.
    #[error("policy does not allow this: {}", reasons(.0))]
    Denied(Box<Decision>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that is not the caller's fault.
    #[error("{0}")]
    Internal(String),
}

impl From<Refused> for GateError {
    fn from(refused: Refused) -> Self {
        Self::Conflict(refused.to_string())
    }
}

impl From<sqlx::Error> for GateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

pub(crate) type Result<T> = std::result::Result<T, GateError>;

/// The messages of a decision, worst first.
pub(crate) fn reasons(decision: &Decision) -> String {
    let messages: Vec<&str> = decision.reasons.iter().map(|reason| reason.message.as_str()).collect();
    messages.join("; ")
}
