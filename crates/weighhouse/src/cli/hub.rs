//! `hf:` targets: where the cache is, which endpoint, which token; all by the variables that Hub clients share.

use anyhow::Result;
use weighhouse_scan::source::Listing;

use crate::config::Config;

#[cfg(feature = "hub")]
pub(crate) fn list(repository: &str, revision: &str, config: &Config, offline: bool) -> Result<Listing> {
    use std::cell::RefCell;
    use std::path::PathBuf;

    use indicatif::{ProgressBar, ProgressStyle};
    use weighhouse_scan::source::hub::{HubOptions, Token, from_hub};

    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let home = || PathBuf::from(variable("HOME").or_else(|| variable("USERPROFILE")).unwrap_or_default());
    let hf_home = variable("HF_HOME").map(PathBuf::from).unwrap_or_else(|| {
        variable("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from).join("huggingface")
    });
    let token_file = variable("HF_TOKEN_PATH").map_or_else(|| hf_home.join("token"), PathBuf::from);
    let token = variable("HF_TOKEN").or_else(|| std::fs::read_to_string(token_file).ok());
    let options = HubOptions {
        endpoint: variable("HF_ENDPOINT")
            .or_else(|| config.hub().endpoint.clone())
            .unwrap_or_else(|| "https://huggingface.co".to_owned()),
        token: token.as_deref().and_then(Token::new),
        cache: variable("HF_HUB_CACHE")
            .map(PathBuf::from)
            .or_else(|| config.hub().cache.clone())
            .unwrap_or_else(|| hf_home.join("hub")),
        offline,
        max_files: config.max_files(),
    };
    let bar: RefCell<Option<ProgressBar>> = RefCell::new(None);
    let show = |done: u64, total: u64| {
        let mut bar = bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(total);
            if let Ok(style) = ProgressStyle::with_template(
                "downloading {wide_bar} {bytes} of {total_bytes}  {binary_bytes_per_sec}  {eta}",
            ) {
                bar.set_style(style.progress_chars("━━─"));
            }
            bar
        });
        bar.set_position(done);
    };
    let listing = from_hub(repository, revision, &options, &super::inspect::cancellation(), &show);
    if let Some(bar) = bar.take() {
        bar.finish_and_clear();
    }
    Ok(listing?)
}

#[cfg(not(feature = "hub"))]
pub(crate) fn list(_: &str, _: &str, _: &Config, _: bool) -> Result<Listing> {
    Err(crate::exit::Mistake(
        "this build of weighhouse cannot read `hf:` targets; it lacks the feature `hub`".to_owned(),
    )
    .into())
}
