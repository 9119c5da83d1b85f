//! Names of what the registry holds: `org/name`, after the rules of Hubs, without regard to letter case.

use std::fmt;
use std::str::FromStr;

/// What a repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Kind {
    /// A model.
    Model,
    /// A data set.
    Dataset,
}

impl Kind {
    /// The word in addresses of the interface (`/api/models/…`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "models",
            Self::Dataset => "datasets",
        }
    }
}

/// A word that is no kind of repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of repository; it is `models` or `datasets`")]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "models" => Ok(Self::Model),
            "datasets" => Ok(Self::Dataset),
            other => Err(UnknownKind(other.to_owned())),
        }
    }
}

/// The name of a repository: `name` or `org/name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Name {
    kind: Kind,
    text: String,
}

impl Name {
    /// Takes a name that a Hub would allow: one or two parts of letters, digits, `.`, `_` and `-`, each up to 96 long, none
    /// beginning or ending with `.` or `-`, without `..` and `--`.
    pub fn new(kind: Kind, text: &str) -> Option<Self> {
        let part = |part: &str| {
            (1..=96).contains(&part.len())
                && !part.starts_with(['.', '-'])
                && !part.ends_with(['.', '-'])
                && !part.contains("..")
                && !part.contains("--")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let sound = text.split('/').count() <= 2
            && text.split('/').all(part)
            && !text.to_ascii_lowercase().ends_with(".git");
        sound.then(|| Self { kind, text: text.to_owned() })
    }

    /// What it names.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// As it was first written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form by which names are compared.
    pub fn folded(&self) -> String {
        self.text.to_ascii_lowercase()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Name};

    #[test]
    fn names_are_those_of_hubs() {
        for fine in ["gpt2", "org/name", "Org/name-1.5_b", "a/b"] {
            assert!(Name::new(Kind::Model, fine).is_some(), "{fine}");
        }
        let long = "a".repeat(97);
        for wrong in [
            "",
            "/",
            "a/",
            "a/b/c",
            "../x",
            "org/..",
            "org/.git",
            "a--b/c",
            "org/na me",
            "org/x-",
            "a/b.git",
            "ä",
            &long,
        ] {
            assert!(Name::new(Kind::Model, wrong).is_none(), "{wrong}");
        }
    }
}
