//! Addresses by which clients change something.

use axum::http::Method;

use super::super::route::{decoded, pairs};
use crate::name::{Kind, Name};

/// What a client wants to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Write {
    /// A repository that its body names.
    Create,
    Delete,
    Move,
    /// How is each file to be sent?
    Preupload {
        name: Name,
        revision: String,
    },
    /// Where are these contents to be sent?
    Batch {
        name: Name,
    },
    /// Are they here?
    Verify {
        name: Name,
    },
    /// Contents, or that all of their parts were sent.
    Send {
        ticket: String,
    },
    Sent {
        ticket: String,
    },
    /// A commit.
    Commit {
        name: Name,
        revision: String,
        pull: bool,
    },
    /// A way past the gate.
    Xet {
        name: Name,
    },
    Branch {
        name: Name,
        branch: String,
    },
    /// What the gate has not.
    Other {
        name: Name,
    },
    /// A pull request to be opened.
    Open {
        name: Name,
    },
}

/// Words that follow a name of two parts.
pub(crate) const VERBS: &[&str] = &[
    "preupload",
    "commit",
    "xet-write-token",
    "xet-read-token",
    "branch",
    "tag",
    "discussions",
    "settings",
    "super-squash",
];

impl Write {
    /// What stands behind the name of a repository.
    pub(crate) fn api(name: Name, rest: &[&str], query: &str, method: &Method) -> Option<Self> {
        Some(match rest {
            ["preupload", revision] => Self::Preupload { name, revision: decoded(revision)? },
            ["commit", revision] => {
                let pull = pairs(query)
                    .any(|(key, value)| key == "create_pr" && matches!(value.as_str(), "1" | "true"));
                Self::Commit { name, revision: decoded(revision)?, pull }
            }
            ["xet-write-token" | "xet-read-token", _] => Self::Xet { name },
            ["branch", branch] => Self::Branch { name, branch: decoded(branch)? },
            ["discussions"] if *method == Method::POST => Self::Open { name },
            ["tag" | "settings" | "super-squash" | "discussions", ..] => Self::Other { name },
            _ => return None,
        })
    }

    /// Addresses outside `/api`.
    pub(crate) fn elsewhere(parts: &[&str]) -> Option<Self> {
        let (kind, parts) = match parts {
            ["lfs", ticket] => return Some(Self::Send { ticket: (*ticket).to_owned() }),
            ["lfs", ticket, "complete"] => return Some(Self::Sent { ticket: (*ticket).to_owned() }),
            ["datasets", rest @ ..] => (Kind::Dataset, rest),
            rest => (Kind::Model, rest),
        };
        let at = [2, 1].into_iter().find(|at| parts.get(*at) == Some(&"info"))?;
        let name: Vec<String> = parts.get(..at)?.iter().map(|part| decoded(part)).collect::<Option<_>>()?;
        let name = Name::new(kind, name.join("/").strip_suffix(".git")?)?;
        match parts.get(at..)? {
            ["info", "lfs", "objects", "batch"] => Some(Self::Batch { name }),
            ["info", "lfs", "verify"] => Some(Self::Verify { name }),
            _ => None,
        }
    }

    /// The pattern of the address, for who counts requests.
    pub(crate) fn pattern(&self) -> &'static str {
        match self {
            Self::Create => "/api/repos/create",
            Self::Delete => "/api/repos/delete",
            Self::Move => "/api/repos/move",
            Self::Preupload { .. } => "/api/{kind}/{name}/preupload",
            Self::Batch { .. } => "/{name}.git/info/lfs/objects/batch",
            Self::Verify { .. } => "/{name}.git/info/lfs/verify",
            Self::Send { .. } => "/lfs/{ticket}",
            Self::Sent { .. } => "/lfs/{ticket}/complete",
            Self::Commit { .. } => "/api/{kind}/{name}/commit",
            Self::Xet { .. } => "/api/{kind}/{name}/xet-token",
            Self::Branch { .. } => "/api/{kind}/{name}/branch",
            Self::Other { .. } => "/api/{kind}/{name}/other",
            Self::Open { .. } => "/api/{kind}/{name}/discussions",
        }
    }

    /// Whether this is how clients ask for it.
    pub(crate) fn takes(&self, method: &Method) -> bool {
        match self {
            Self::Delete => *method == Method::DELETE,
            Self::Send { .. } => *method == Method::PUT,
            Self::Xet { .. } => matches!(*method, Method::GET | Method::HEAD),
            Self::Branch { .. } => matches!(*method, Method::POST | Method::DELETE),
            Self::Other { .. } => true,
            _ => *method == Method::POST,
        }
    }
}
