//! Why the gate did not do what was asked, in words for whoever asked. What only operators may know goes to the log of the program.

use std::io;

use axum::http::StatusCode;
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
    /// More bytes than are taken.
    #[error("{0}")]
    TooLarge(String),
    /// The same again and again; after so many seconds it is heard again.
    #[error("too often; try again in {0} seconds")]
    TooOften(i64),
    /// Policy does not allow it.
    #[error("policy does not allow this: {}", reasons(.0))]
    Denied(Box<Decision>),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
    /// The gate cannot answer now; it may later.
    #[error("{0}")]
    Unavailable(String),
    /// What the gate was set up with cannot be used: for who set it up to mend.
    #[error("{0}")]
    Setup(String),
    /// Something that is not the caller's fault.
    #[error("{0}")]
    Internal(String),
}

impl From<Refused> for GateError {
    fn from(refused: Refused) -> Self {
        Self::Conflict(refused.to_string())
    }
}

impl From<StoreError> for GateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Away(_) => Self::Unavailable(error.to_string()),
            StoreError::ZeroCharacter => Self::Invalid("a text holds a zero character".to_owned()),
            StoreError::Unusable(why) => Self::Setup(why),
            StoreError::Unreached(why) => Self::Unavailable(why),
            StoreError::ShutOut(_) => Self::Forbidden(error.to_string()),
            other => Self::Store(other),
        }
    }
}

impl From<sqlx::Error> for GateError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// What is said while the gate cannot work; why is for its operators.
pub(crate) const LATER: &str = "the gate cannot answer at the moment; try again in a while";
/// What is said of a fault of the gate.
pub(crate) const BROKEN: &str = "the gate could not answer; its operators know why";

impl GateError {
    /// The status with which every interface answers.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unknown(_) => StatusCode::UNAUTHORIZED,
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Conflict(_) | Self::Denied(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Setup(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// After how many seconds trying again may help.
    pub(crate) fn later(&self) -> Option<i64> {
        match self {
            Self::TooOften(seconds) => Some(*seconds),
            Self::Unavailable(_) => Some(5),
            _ => None,
        }
    }

    /// What a disk or object storage did not do. A full one may have room again, one that is away may come back.
    pub(crate) fn of_disk(what: &str, error: &io::Error) -> Self {
        use io::ErrorKind::{
            FileTooLarge, HostUnreachable, QuotaExceeded, ReadOnlyFilesystem, StorageFull, TimedOut,
        };
        let text = format!("{what}: {error}");
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem | HostUnreachable | TimedOut => {
                Self::Unavailable(text)
            }
            _ => Self::Internal(text),
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, GateError>;

/// The messages of a decision, worst first.
pub(crate) fn reasons(decision: &Decision) -> String {
    let messages: Vec<&str> = decision.reasons.iter().map(|reason| reason.message.as_str()).collect();
    messages.join("; ")
}
