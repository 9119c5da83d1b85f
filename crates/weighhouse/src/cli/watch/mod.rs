//! `vet --watch`: looks again whenever the target has changed, and tells what that changed.

mod settle;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use weighhouse_core::Outcome;
use weighhouse_report::{Basis, DiffReport, Format};
use weighhouse_scan::cache::{Cache, Moment};
use weighhouse_scan::diff::compare;
use weighhouse_scan::source;

use self::settle::{Settle, Snapshot};
use super::diff::write;
use super::inspect::{Run, Setup, VetArgs, cancellation, now};
use crate::exit::{Exit, Mistake};
use crate::output;
use crate::target::Target;

/// Time between two polls, and how many files may be looked at in it: the walk must cost little beside the pause.
const INTERVAL: Duration = Duration::from_secs(1);
const FILES: usize = 10_000;
/// A signal is answered within this time.
const BEAT: Duration = Duration::from_millis(100);
/// Polls in a row that may fail, as when a folder is replaced by another.
const FAILURES: u32 = 30;

/// What a watch does with the world around it; tests put another one in its place.
trait World {
    /// Waits until the next poll. `false`: the watch is to end.
    fn wait(&mut self) -> bool;
    /// What the target looks like, and when.
    fn poll(&mut self) -> Result<(Snapshot, Moment)>;
    /// Inspects the target and tells the result, or after the first time what changed. Nothing if that was interrupted.
    fn inspect(&mut self) -> Result<Option<Exit>>;
}

/// Watches until it is told to end; the exit code is that of the last verdict.
fn watch(world: &mut impl World) -> Result<Exit> {
    let (first, at) = world.poll()?;
    let mut settle = Settle::new(first, at);
    let Some(mut exit) = world.inspect()? else { return Ok(Exit::Incomplete) };
    let mut failures = 0_u32;
    while world.wait() {
        let looked = match world.poll().map(|(seen, at)| settle.see(seen, at)) {
            Ok(true) => world.inspect(),
            Ok(false) => {
                failures = 0;
                continue;
            }
            Err(error) => Err(error),
        };
        match looked {
            Ok(Some(now)) => {
                exit = now;
                failures = 0;
            }
            Ok(None) => break,
            Err(error) if failures >= FAILURES => return Err(error),
            Err(_) => {
                failures = failures.saturating_add(1);
                settle.again();
            }
        }
    }
    Ok(exit)
}

/// Runs `vet --watch`.
pub(super) fn run(arguments: &VetArgs, setup: &Setup, cached: bool) -> Result<Exit> {
    if !matches!(setup.target, Target::Path(_)) {
        return Err(Mistake("only files and folders on this machine can be watched".to_owned()).into());
    }
    if arguments.output.format != Format::Terminal || arguments.output.output.is_some() {
        return Err(Mistake(
            "`--watch` tells a person at a terminal what changes; leave out `--format` and `--output`"
                .to_owned(),
        )
        .into());
    }
    let exit = watch(&mut Folder {
        arguments,
        setup,
        cached,
        cache: None,
        last: None,
        files: 0,
        at: SystemTime::UNIX_EPOCH,
    })?;
    Ok(if arguments.output.exit_zero && exit != Exit::Usage { Exit::Allowed } else { exit })
}

/// A folder on this machine.
struct Folder<'a> {
    arguments: &'a VetArgs,
    setup: &'a Setup,
    /// Whether results of files that are the same may be used.
    cached: bool,
    cache: Option<Arc<Cache>>,
    last: Option<(Run, Outcome)>,
    /// Files at the last poll, and when that was.
    files: usize,
    at: SystemTime,
}

impl World for Folder<'_> {
    fn wait(&mut self) -> bool {
        let cancelled = cancellation();
        let scale = u32::try_from(self.files.div_euclid(FILES)).unwrap_or(u32::MAX).saturating_add(1);
        let mut left = INTERVAL.saturating_mul(scale);
        while !left.is_zero() && !cancelled.load(Ordering::Relaxed) {
            std::thread::sleep(BEAT.min(left));
            left = left.saturating_sub(BEAT);
        }
        !cancelled.load(Ordering::Relaxed)
    }

    fn poll(&mut self) -> Result<(Snapshot, Moment)> {
        self.at = now();
        let path = self.setup.target.path().unwrap_or(std::path::Path::new("."));
        let seen = Snapshot::of(source::from_path(path, self.setup.config.max_files())?);
        self.files = seen.len();
        Ok((seen, Moment::from(self.at)))
    }

    fn inspect(&mut self) -> Result<Option<Exit>> {
        let start = self.at;
        let cache = || match &self.cache {
            Some(cache) => Arc::new(cache.next(start)),
            None => Arc::new(Cache::empty(start)),
        };
        let cache = self.cached.then(cache);
        let run = self.setup.inspect(cache.clone())?;
        self.cache = cache;
        let interrupted = cancellation().load(Ordering::Relaxed);
        let output = &self.arguments.output;
        let decision = match self.arguments.decide(&self.setup.config, &run) {
            Ok(decision) => decision,
            Err(diagnostics) => {
                super::inspect::show(&diagnostics, output.color);
                return Ok(Some(Exit::Usage));
            }
        };
        match &self.last {
            Some(_) if interrupted => return Ok(None),
            Some((old, was)) => {
                tell(self.arguments, (old, *was), (&run, decision.outcome), &decision.profile)?;
            }
            None => {
                run.report(output, Basis::Decision(&decision))?;
                if !output.quiet && !interrupted {
                    output::message("watching for changes; Ctrl-C ends");
                }
            }
        }
        self.last = Some((run, decision.outcome));
        Ok(Some(Exit::from(decision.outcome)))
    }
}

/// Tells what changed since the last look, if anything did.
fn tell(arguments: &VetArgs, old: (&Run, Outcome), new: (&Run, Outcome), profile: &str) -> Result<()> {
    let diff = compare(old.0.decided(old.1), new.0.decided(new.1), &cancellation());
    let same_findings = diff.gained.is_empty() && diff.lost.is_empty();
    let same_gaps = diff.gaps_gained.is_empty() && diff.gaps_lost.is_empty();
    if diff.files.is_empty() && same_findings && same_gaps && old.1 == new.1 {
        return Ok(());
    }
    let report = DiffReport { diff: &diff, profile, date: Some(new.0.date) };
    output::message("");
    write(&report, &arguments.output)
}
