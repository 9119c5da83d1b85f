//! What the user points at: a path, `hf:org/name[@revision]`, or `-` for standard input.

use std::path::{Path, PathBuf};

use anyhow::Result;
use weighhouse_scan::source::{self, EntryContent, Listing, SourceError};

use crate::cli::Network;
use crate::config::Config;
use crate::exit::Mistake;
use crate::progress::Watch;

/// A parsed target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file or folder.
    Path(PathBuf),
    /// A model repository on a Hub.
    Hub {
        /// `org/name` or `name`.
        repository: String,
        /// Branch, tag or commit; `main` if not given.
        revision: String,
    },
    /// Standard input.
    Stdin,
}

impl Target {
    /// Where it lies on this machine, if the user named a place.
    pub(crate) fn path(&self) -> Option<&std::path::Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Hub { .. } | Self::Stdin => None,
        }
    }

    /// Parses a target. A path that looks like another scheme can be written `./hf:x`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if let Some(rest) = text.strip_prefix("hf:") {
            let (repository, revision) = rest.split_once('@').unwrap_or((rest, "main"));
            if repository.is_empty() || revision.is_empty() {
                return Err(Mistake(format!(
                    "`{text}` names no repository; write hf:org/name or hf:org/name@revision"
                ))
                .into());
            }
            return Ok(Self::Hub { repository: repository.to_owned(), revision: revision.to_owned() });
        }
        for scheme in ["oci:", "ollama:"] {
            if text.starts_with(scheme) && !Path::new(text).exists() {
                return Err(Mistake(format!(
                    "targets of the scheme `{scheme}` cannot be read by this version"
                ))
                .into());
            }
        }
        Ok(Self::Path(PathBuf::from(text)))
    }

    /// Lists the files of the target.
    pub(crate) fn list(&self, config: &Config, network: Network) -> Result<Listing> {
        let max_files = config.max_files();
        let _waiting = match self {
            Self::Path(_) => Some(Watch::waiting("listing files", network.quiet)),
            Self::Stdin => Some(Watch::waiting("reading standard input", network.quiet)),
            // A download shows progress of its own.
            Self::Hub { .. } => None,
        };
        match self {
            Self::Path(path) => source::from_path(path, max_files).map_err(|error| match hub_name(path) {
                Some(name) if matches!(error, SourceError::Missing { .. }) => {
                    Mistake(format!("{error}; a model on a Hub is written `hf:{name}`")).into()
                }
                _ => error.into(),
            }),
            Self::Stdin => from_stdin(config),
            Self::Hub { repository, revision } => {
                crate::cli::hub::list(repository, revision, config, network)
            }
        }
    }
}

/// All of standard input as one file. Nothing at all is a mistake: a failed download on the left of a pipe must not pass.
fn from_stdin(config: &Config) -> Result<Listing> {
    let listing = source::from_stream(&mut std::io::stdin().lock(), "-", config.limits())?;
    let empty =
        |entry: &source::Entry| matches!(&entry.content, EntryContent::Spooled(source) if source.is_empty());
    if listing.obstacles.is_empty() && listing.entries.iter().all(empty) {
        return Err(Mistake("standard input is empty; there is nothing to inspect".to_owned()).into());
    }
    Ok(listing)
}

/// The model on a Hub that a path which does not exist may mean: `org/name`, or the address of its page.
fn hub_name(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let page = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let name = page.map_or(Some(text), |page| page.split_once('/').map(|(_, name)| name))?;
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain)
    };
    let mut parts = name.split('/');
    let (org, model, rest) = (parts.next()?, parts.next()?, parts.next());
    (part(org) && part(model) && (page.is_some() || rest.is_none())).then(|| format!("{org}/{model}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::hub_name;

    #[test]
    fn a_path_that_may_mean_a_model_on_a_hub() {
        for (text, expected) in [
            ("org/name", Some("org/name")),
            ("https://hub.example/org/name", Some("org/name")),
            ("https://hub.example/org/name/tree/main", Some("org/name")),
            ("https://hub.example/org", None),
            ("./model/file", None),
            ("/tmp/model", None),
            ("model", None),
            ("a/b/c", None),
            ("../model", None),
        ] {
            assert_eq!(hub_name(Path::new(text)).as_deref(), expected, "{text}");
        }
    }
}
