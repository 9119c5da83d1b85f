//! Versions, ordered as their ecosystem orders them.

use std::cmp::Ordering;
use std::str::FromStr as _;

use super::Ecosystem;

/// Longest text that is taken for a version.
const LONGEST: usize = 256;

/// A version that its ecosystem can order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// Python: PEP 440.
    Pep440(Box<pep440_rs::Version>),
    /// npm, crates.io, Go: semantic versions.
    Semantic(Box<semver::Version>),
}

impl Version {
    /// Reads a version; nothing if it is none in this ecosystem, or if the order of the ecosystem is not known here. A local part
    /// (`2.1.0+cu118`) is a build of the same version and is left out.
    pub fn parse(ecosystem: &Ecosystem, text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        match ecosystem {
            Ecosystem::PyPi => {
                let version = pep440_rs::Version::from_str(text).ok()?;
                Some(Self::Pep440(Box::new(version.without_local())))
            }
            Ecosystem::Npm | Ecosystem::CratesIo | Ecosystem::Go => {
                semantic(text).map(|version| Self::Semantic(Box::new(version)))
            }
            Ecosystem::Other(_) => None,
        }
    }

    /// The order of the ecosystem. Build metadata does not count.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Pep440(a), Self::Pep440(b)) => a.cmp(b),
            (Self::Semantic(a), Self::Semantic(b)) => a.cmp_precedence(b),
            // Versions of different ecosystems are never compared.
            (Self::Pep440(_), Self::Semantic(_)) => Ordering::Less,
            (Self::Semantic(_), Self::Pep440(_)) => Ordering::Greater,
        }
    }

    /// Whether it is a pre-release or a development release.
    pub fn is_preview(&self) -> bool {
        match self {
            Self::Pep440(version) => version.any_prerelease(),
            Self::Semantic(version) => !version.pre.is_empty(),
        }
    }
}

/// A semantic version, written as people write it: with a leading `v`, or without its last parts.
fn semantic(text: &str) -> Option<semver::Version> {
    let text = text.trim_start_matches(['v', 'V', '=']);
    let (core, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let mut parts = core.split('.');
    let mut part = || match parts.next() {
        None => Some(0_u64),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()
        }
        Some(_) => None,
    };
    let (major, minor, patch) = (part()?, part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    semver::Version::parse(&format!("{major}.{minor}.{patch}{rest}")).ok()
}
