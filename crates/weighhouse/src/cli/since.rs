//! `vet --since`: a second look at what was inspected before. Whether it may be used, and where the cache may lie.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use weighhouse_core::printable::printable;
use weighhouse_policy::Profile;
use weighhouse_report::Format;
use weighhouse_scan::cache::{Cache, Key, OpenError, Stamp};

use super::inspect::{Setup, cancellation, now};
use crate::config;
use crate::exit::Mistake;
use crate::output;
use crate::target::Target;

/// A cache file, open for one run.
#[derive(Debug)]
pub(super) struct Since {
    path: PathBuf,
    key: Key,
    cache: Arc<Cache>,
}

impl Since {
    /// Reads the cache. One that is of no use is told and made anew.
    ///
    /// # Errors
    /// The decision is a gate, or nothing can or must be kept at this place.
    pub(super) fn open(path: &Path, setup: &Setup, profile: &Profile, format: Format) -> Result<Self> {
        gate(profile, format)?;
        let Target::Path(target) = &setup.target else {
            return Err(Mistake(
                "`--since` is for files and folders on this machine; leave it out for other targets"
                    .to_owned(),
            )
            .into());
        };
        let name = printable(&path.display().to_string());
        if config::came_with(path, target) {
            return Err(Mistake(format!(
                "the cache `{name}` lies in what is inspected, which must not take part in its own inspection; put it elsewhere"
            ))
            .into());
        }
        let key = Key::new(setup.config.limits(), setup.config.digest(), build());
        let (cache, ignored) = Cache::open(path, &key, now()).map_err(|error| match error {
            OpenError::Foreign => {
                Mistake(format!("`{name}` is not used as a cache: {error}; name another file"))
            }
            OpenError::Io(error) => Mistake(format!("cannot read the cache `{name}`: {error}")),
        })?;
        if let Some(why) = ignored {
            output::message(&format!("warning: the cache `{name}` is made anew: {why}"));
        }
        Ok(Self { path: path.to_owned(), key, cache: Arc::new(cache) })
    }

    /// For the engine.
    pub(super) fn cache(&self) -> Arc<Cache> {
        Arc::clone(&self.cache)
    }

    /// Writes what the run kept. A run that was interrupted leaves the cache as it was. The verdict does not depend on whether
    /// this succeeds.
    pub(super) fn save(self) {
        if cancellation().load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.cache.save(&self.path, &self.key) {
            let name = printable(&self.path.display().to_string());
            output::message(&format!("warning: cannot write the cache `{name}`: {error}"));
        }
    }
}

/// A gate sees every byte: whoever may write to the cache would decide for it.
fn gate(profile: &Profile, format: Format) -> Result<()> {
    let what = if profile.complete_coverage {
        format!("the profile `{}` demands complete coverage", printable(&profile.name))
    } else if matches!(format, Format::Sarif | Format::Junit) {
        format!("a report as {format} is for a pipeline")
    } else {
        return Ok(());
    };
    Err(Mistake(format!("{what}, and a gate reads every byte itself; leave out `--since`")).into())
}

/// What tells this build of the program from others of its version.
fn build() -> Option<Stamp> {
    let program = std::env::current_exe().ok()?;
    Some(Stamp::of(&std::fs::metadata(program).ok()?))
}
