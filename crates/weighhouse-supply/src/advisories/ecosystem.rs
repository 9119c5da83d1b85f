//! Package ecosystems: what OSV and package URLs call them, and how names of packages are written in them.

use std::fmt;

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// The Python Package Index.
    PyPi,
    /// npm.
    Npm,
    /// crates.io.
    CratesIo,
    /// Go modules.
    Go,
    /// Another one, as OSV writes it. Its versions are compared as text only.
    Other(String),
}

impl Ecosystem {
    /// By the name that OSV uses.
    pub fn from_osv(name: &str) -> Self {
        match name {
            "PyPI" => Self::PyPi,
            "npm" => Self::Npm,
            "crates.io" => Self::CratesIo,
            "Go" => Self::Go,
            other => Self::Other(other.to_owned()),
        }
    }

    /// By the type of a package URL; nothing if OSV has no ecosystem for it.
    pub fn from_purl(kind: &str) -> Option<Self> {
        let name = match kind {
            "pypi" => "PyPI",
            "npm" => "npm",
            "cargo" => "crates.io",
            "golang" => "Go",
            "maven" => "Maven",
            "nuget" => "NuGet",
            "gem" => "RubyGems",
            "composer" => "Packagist",
            "hex" => "Hex",
            "pub" => "Pub",
            "cran" => "CRAN",
            "swift" => "SwiftURL",
            "hackage" => "Hackage",
            _ => return None,
        };
        Some(Self::from_osv(name))
    }

    /// The name that OSV uses.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PyPi => "PyPI",
            Self::Npm => "npm",
            Self::CratesIo => "crates.io",
            Self::Go => "Go",
            Self::Other(name) => name,
        }
    }

    /// The type of its package URLs, where we write them.
    pub fn purl_type(&self) -> &str {
        match self {
            Self::PyPi => "pypi",
            Self::Npm => "npm",
            Self::CratesIo => "cargo",
            Self::Go => "golang",
            Self::Other(_) => "generic",
        }
    }

    /// A name as its registry compares it. PyPI takes case and runs of `-`, `_`, `.` for the same (PEP 503).
    pub fn normalise(&self, name: &str) -> String {
        if *self != Self::PyPi {
            return name.trim().to_owned();
        }
        let mut out = String::with_capacity(name.len());
        for character in name.trim().chars() {
            match character {
                '-' | '_' | '.' if out.ends_with('-') => {}
                '-' | '_' | '.' => out.push('-'),
                other => out.extend(other.to_lowercase()),
            }
        }
        out
    }

    /// The package URL of a package (<https://github.com/package-url/purl-spec>).
    pub fn purl(&self, name: &str, version: Option<&str>) -> String {
        let build = || -> Result<String, packageurl::Error> {
            let (namespace, name) = match self {
                Self::PyPi | Self::CratesIo => (None, name),
                Self::Npm | Self::Go | Self::Other(_) => match name.rsplit_once('/') {
                    Some((namespace, name)) => (Some(namespace), name),
                    None => (None, name),
                },
            };
            let mut url = packageurl::PackageUrl::new(self.purl_type(), name)?;
            if let Some(namespace) = namespace {
                url.with_namespace(namespace)?;
            }
            if let Some(version) = version {
                url.with_version(version)?;
            }
            Ok(url.to_string())
        };
        build().unwrap_or_else(|_| format!("pkg:{}/{}", self.purl_type(), name))
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
