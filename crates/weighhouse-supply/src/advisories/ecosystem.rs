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

/// Types of package URLs, with the names that OSV uses.
const PURL_TYPES: &[(&str, &str)] = &[
    ("pypi", "PyPI"),
    ("npm", "npm"),
    ("cargo", "crates.io"),
    ("golang", "Go"),
    ("maven", "Maven"),
    ("nuget", "NuGet"),
    ("gem", "RubyGems"),
    ("composer", "Packagist"),
    ("hex", "Hex"),
    ("pub", "Pub"),
    ("cran", "CRAN"),
    ("swift", "SwiftURL"),
    ("hackage", "Hackage"),
];

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
        PURL_TYPES.iter().find(|(known, _)| *known == kind).map(|(_, name)| Self::from_osv(name))
    }

    /// Ecosystem and name of the package that a package URL names; nothing if OSV has no ecosystem for it.
    pub(crate) fn named(url: &packageurl::PackageUrl<'_>) -> Option<(Self, String)> {
        let ecosystem = Self::from_purl(url.ty())?;
        let name = match url.namespace() {
            Some(space) => format!("{space}{}{}", ecosystem.separator(), url.name()),
            None => url.name().to_owned(),
        };
        Some((ecosystem, name))
    }

    /// What stands between the name space and the name of a package.
    fn separator(&self) -> char {
        if self.as_str() == "Maven" { ':' } else { '/' }
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

    /// The type of its package URLs; `generic` if there is none.
    pub fn purl_type(&self) -> &'static str {
        PURL_TYPES.iter().find(|(_, name)| *name == self.as_str()).map_or("generic", |(kind, _)| kind)
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
                Self::Npm | Self::Go | Self::Other(_) => match name.rsplit_once(self.separator()) {
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

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    #[test]
    fn package_urls_name_what_they_were_written_from() {
        for (kind, osv) in PURL_TYPES {
            let ecosystem = Ecosystem::from_osv(osv);
            let spaced = format!("space{}name", ecosystem.separator());
            let spaces = ["npm", "Go", "Maven", "Packagist", "SwiftURL"].contains(osv);
            let name = if spaces { spaced.as_str() } else { "name" };
            let written = ecosystem.purl(name, Some("1.0+a"));
            assert!(written.starts_with(&format!("pkg:{kind}/")), "{written}");
            let read = packageurl::PackageUrl::from_str(&written).unwrap();
            assert_eq!(Ecosystem::named(&read), Some((ecosystem, name.to_owned())));
            assert_eq!(read.version(), Some("1.0+a"));
        }
        assert_eq!(Ecosystem::Other("Alpine".to_owned()).purl("musl", None), "pkg:generic/musl");
    }
}
