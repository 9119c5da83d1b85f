//! What the user points at: a path, `hf:org/name[@revision]`, or `-` for standard input.

use std::path::{Path, PathBuf};

use anyhow::Result;
use weighhouse_scan::source::{self, Listing};

use crate::cli::Network;
use crate::config::Config;
use crate::exit::Mistake;

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
        match self {
            Self::Path(path) => Ok(source::from_path(path, max_files)?),
            Self::Stdin => Ok(source::from_stream(&mut std::io::stdin().lock(), "-", config.limits())?),
            Self::Hub { repository, revision } => {
                crate::cli::hub::list(repository, revision, config, network)
            }
        }
    }
}
