//! How bad, and how sure. Two scales that are never mixed into one word.

use std::fmt;
use std::str::FromStr;

macro_rules! scale {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),* }

        impl $name {
            /// All values, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in reports, configuration and policies.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The position on the scale, from 0.
            pub fn rank(self) -> u8 {
                self as u8
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| UnknownWord {
                    found: text.to_owned(),
                    known: Self::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

/// A word that is not on a scale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not one of {known}")]
pub struct UnknownWord {
    found: String,
    known: String,
}

scale! {
    /// The impact if a finding is true.
    Severity {
        /// Worth knowing; nothing follows from it.
        Info = "info",
        /// Untidy or unusual.
        Low = "low",
        /// Needs a person to look at it before use.
        Medium = "medium",
        /// Dangerous in ordinary use.
        High = "high",
        /// Runs code, leaks secrets or takes over the machine when the artifact is loaded.
        Critical = "critical",
    }
}

scale! {
    /// How sure a finding is to be true.
    Confidence {
        /// A hint.
        Low = "low",
        /// Likely.
        Medium = "medium",
        /// Follows from the bytes.
        High = "high",
    }
}
