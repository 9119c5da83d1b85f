//! `hf:` targets: where the cache is, which endpoint, which token; all by the variables that Hub clients share.

use anyhow::Result;
use weighhouse_scan::source::Listing;

use crate::config::Config;

#[cfg(feature = "hub")]
pub(crate) use with_hub::list;
#[cfg(feature = "server")]
pub(crate) use with_hub::sound_endpoint;

#[cfg(not(feature = "hub"))]
pub(crate) fn list(_: &str, _: &str, _: &Config, _: super::Network) -> Result<Listing> {
    Err(crate::exit::Mistake(
        "this build of weighhouse cannot read `hf:` targets; it lacks the feature `hub`".to_owned(),
    )
    .into())
}

#[cfg(feature = "hub")]
mod with_hub {
    use std::path::{Path, PathBuf};
    use std::sync::atomic::Ordering;
    use std::sync::mpsc::{self, RecvTimeoutError};
    use std::time::Duration;

    use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
    use weighhouse_core::printable::printable_within;
    use weighhouse_scan::source::hub::{
        Holding, HubError, HubOptions, Patience, Progress, Reader, Token, from_hub,
    };

    use super::super::Network;
    use super::{Config, Listing, Result};
    use crate::config::endpoint_fault;
    use crate::environment::{authorities, variable};
    use crate::exit::Mistake;

    /// Longest file of a token, in bytes.
    const LONGEST_TOKEN: u64 = 4096;
    /// How often a waiting main thread looks whether the user pressed Ctrl-C.
    const BEAT: Duration = Duration::from_millis(100);
    /// What a cancelled download may still take to end by itself.
    const GRACE: Duration = Duration::from_secs(1);

    /// Finds or downloads a model and lists its files.
    ///
    /// The work is done by a thread of its own, so that Ctrl-C works at once even while a server keeps us waiting. What
    /// arrived by then is on disk, and is checked when it is resumed.
    pub(crate) fn list(
        repository: &str,
        revision: &str,
        config: &Config,
        network: Network,
    ) -> Result<Listing> {
        let options = options(config, network.offline)?;
        let cancelled = crate::cli::inspect::cancellation();
        let (send, receive) = mpsc::channel();
        let worker = {
            let (repository, revision) = (repository.to_owned(), revision.to_owned());
            let cancelled = std::sync::Arc::clone(&cancelled);
            let bar = bar(network.quiet);
            crate::progress::remember(&bar);
            move || {
                let show = |progress: Progress<'_>| show(&bar, progress);
                let listing = from_hub(&repository, &revision, &options, &cancelled, &show);
                bar.finish_and_clear();
                if send.send(listing).is_err() {
                    // Nobody waits any more.
                }
            }
        };
        std::thread::spawn(worker);
        let listing = loop {
            match receive.recv_timeout(BEAT) {
                Err(RecvTimeoutError::Timeout) if cancelled.load(Ordering::Relaxed) => {
                    break receive.recv_timeout(GRACE).unwrap_or(Err(HubError::Cancelled));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the download stopped unexpectedly"),
                Ok(listing) => break listing,
            }
        };
        listing.map_err(|error| match error {
            HubError::InvalidRepository(_) | HubError::InvalidRevision(_) | HubError::Offline { .. } => {
                Mistake(error.to_string()).into()
            }
            HubError::Connection { .. } => anyhow::anyhow!(
                "{error}; check the connection to the Hub, name another one with `HF_ENDPOINT`, or inspect what is in \
                 the local cache with `--offline`"
            ),
            error => error.into(),
        })
    }

    fn options(config: &Config, offline: bool) -> Result<HubOptions> {
        let home = || PathBuf::from(variable("HOME").or_else(|| variable("USERPROFILE")).unwrap_or_default());
        let hf_home = variable("HF_HOME").map_or_else(
            || {
                variable("XDG_CACHE_HOME")
                    .map_or_else(|| home().join(".cache"), PathBuf::from)
                    .join("huggingface")
            },
            PathBuf::from,
        );
        let token_file = variable("HF_TOKEN_PATH").map_or_else(|| hf_home.join("token"), PathBuf::from);
        Ok(HubOptions {
            holding: Holding::Model,
            endpoint: endpoint(config)?,
            reader: Reader::User,
            token: token(&token_file)?.filter(|_| !offline),
            cache: variable("HF_HUB_CACHE")
                .or_else(|| variable("HUGGINGFACE_HUB_CACHE"))
                .map(PathBuf::from)
                .or_else(|| config.hub().cache.clone())
                .unwrap_or_else(|| hf_home.join("hub")),
            offline,
            max_files: config.max_files(),
            patience: Patience::default(),
            authorities: if offline { None } else { authorities()? },
        })
    }

    fn endpoint(config: &Config) -> Result<String> {
        let Some(endpoint) = variable("HF_ENDPOINT") else {
            let configured = config.hub().endpoint.clone();
            return Ok(configured.unwrap_or_else(|| "https://huggingface.co".to_owned()));
        };
        sound_endpoint("`HF_ENDPOINT`", endpoint)
    }

    /// The address of a server that was given in a command or in the environment.
    ///
    /// # Errors
    ///
    /// If it is none, or holds credentials. It is not repeated then: it may hold a secret.
    pub(crate) fn sound_endpoint(what: &str, endpoint: String) -> Result<String> {
        match endpoint_fault(&endpoint) {
            None => Ok(endpoint),
            Some((fault, help)) => {
                Err(Mistake(format!("{what} {fault}; {}", help.replace("this file", "an address"))).into())
            }
        }
    }

    /// The token of the environment, else that of the file where Hub clients keep it. Its text is never part of a message.
    fn token(file: &Path) -> Result<Option<Token>> {
        let unusable = |place: String| {
            Mistake(format!("the token in {place} holds characters that no token has; set it again"))
        };
        if let Some(text) = variable("HF_TOKEN").or_else(|| variable("HUGGING_FACE_HUB_TOKEN")) {
            let token = Token::new(&text).ok_or_else(|| unusable("`HF_TOKEN`".to_owned()))?;
            return Ok(Some(token));
        }
        let small = std::fs::metadata(file).is_ok_and(|metadata| metadata.len() <= LONGEST_TOKEN);
        let text = if small { std::fs::read_to_string(file).unwrap_or_default() } else { String::new() };
        if text.trim().is_empty() {
            return Ok(None);
        }
        let token = Token::new(&text).ok_or_else(|| unusable(format!("`{}`", file.display())))?;
        Ok(Some(token))
    }

    /// Hidden unless standard error is a terminal, and until there is something to show.
    fn bar(quiet: bool) -> ProgressBar {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template(
            "downloading {wide_bar} {bytes} of {total_bytes}  {binary_bytes_per_sec}  {eta}  {msg}",
        );
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar
    }

    fn show(bar: &ProgressBar, progress: Progress<'_>) {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        let name = progress.path.rsplit('/').next().unwrap_or_default();
        bar.set_message(printable_within(name, 40));
    }
}
