//! A watch in a world of its own: polls and verdicts are given, nothing waits.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow};
use weighhouse_scan::cache::Moment;

use super::settle::Snapshot;
use super::{FAILURES, World, watch};
use crate::exit::Exit;

/// What the world does in turn; when nothing is left, the user presses Ctrl-C.
struct Script {
    polls: VecDeque<Result<Snapshot>>,
    verdicts: VecDeque<Result<Option<Exit>>>,
    inspections: usize,
}

impl World for Script {
    fn wait(&mut self) -> bool {
        !self.polls.is_empty()
    }

    fn poll(&mut self) -> Result<(Snapshot, Moment)> {
        let later = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        let seen = self.polls.pop_front().unwrap_or_else(|| Err(anyhow!("nothing left")))?;
        Ok((seen, Moment::from(later)))
    }

    fn inspect(&mut self) -> Result<Option<Exit>> {
        self.inspections += 1;
        self.verdicts.pop_front().unwrap_or_else(|| Err(anyhow!("nothing left")))
    }
}

/// A folder with one file of this name.
fn folder(name: &str) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), b"").unwrap();
    let entry = weighhouse_scan::source::Entry {
        path: name.to_owned(),
        // Gone by the time it is looked at: it has no times, so that no test depends on them.
        content: weighhouse_scan::source::EntryContent::File(folder.path().join("gone")),
    };
    let listing =
        weighhouse_scan::source::Listing { name: String::new(), entries: vec![entry], obstacles: Vec::new() };
    Snapshot::of(listing)
}

fn run(polls: Vec<Result<Snapshot>>, verdicts: Vec<Result<Option<Exit>>>) -> (Result<Exit>, usize) {
    let mut script = Script { polls: polls.into(), verdicts: verdicts.into(), inspections: 0 };
    let exit = watch(&mut script);
    (exit, script.inspections)
}

#[test]
fn the_exit_code_is_that_of_the_last_verdict() {
    let polls = ["a", "a", "b", "b", "b", "a", "a"].map(|name| Ok(folder(name))).into();
    let verdicts = [Exit::Allowed, Exit::Denied, Exit::Incomplete].map(|exit| Ok(Some(exit))).into();
    let (exit, inspections) = run(polls, verdicts);
    assert_eq!((exit.unwrap(), inspections), (Exit::Incomplete, 3));
}

#[test]
fn an_interrupted_look_leaves_the_verdict_before_it() {
    let polls = ["a", "b", "b", "a", "a"].map(|name| Ok(folder(name))).into();
    let (exit, inspections) = run(polls, vec![Ok(Some(Exit::Denied)), Ok(None)]);
    assert_eq!((exit.unwrap(), inspections), (Exit::Denied, 2));
}

#[test]
fn a_folder_that_is_away_for_a_moment_is_waited_for() {
    let away = || Err(anyhow!("away"));
    let polls = vec![Ok(folder("a")), away(), away(), Ok(folder("a")), Ok(folder("a")), Ok(folder("a"))];
    let verdicts = vec![Ok(Some(Exit::Allowed)), Err(anyhow!("away again")), Ok(Some(Exit::Denied))];
    let (exit, inspections) = run(polls, verdicts);
    assert_eq!((exit.unwrap(), inspections), (Exit::Allowed, 2));

    let mut polls = vec![Ok(folder("a"))];
    polls.extend((0..=FAILURES).map(|_| away()));
    let (exit, _) = run(polls, vec![Ok(Some(Exit::Allowed))]);
    assert_eq!(exit.unwrap_err().to_string(), "away");
    assert!(run(vec![away()], Vec::new()).0.is_err());
}
