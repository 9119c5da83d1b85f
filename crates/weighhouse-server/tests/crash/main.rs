//! Kills a gate at random moments while it works as fast as it can, opens it again, and asks whether everything it ever acknowledged is
//! there, whether log and tables agree, and whether what was begun comes to its end.
//!
//! `WEIGHHOUSE_CRASH_ROUNDS` kills so many times (20 if it says nothing), `WEIGHHOUSE_CRASH_SEED` makes the same choices again (not the
//! same moments: those are the machine's). With `WEIGHHOUSE_TEST_DATABASE` it runs on that server.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test; without the usual harness it is not known as one"
)]

mod chance;
mod checks;
mod child;
#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
#[path = "../it/contents.rs"]
mod contents;
mod full;
#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
#[path = "../it/harness.rs"]
mod harness;
#[path = "../it/sound.rs"]
mod sound;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chance::Chance;
use checks::Known;

/// Kills of one database, before the next one begins empty.
const LIFE: u32 = 25;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // What runners of tests ask.
    if arguments.iter().any(|argument| argument == "--list") {
        if !arguments.iter().any(|argument| argument == "--ignored") {
            println!("killed_at_random_moments: test");
        }
        return;
    }
    if let [role, data, database, seed, now] = arguments.as_slice()
        && role == "child"
    {
        let database = (!database.is_empty()).then(|| database.clone());
        return child::run(data.as_ref(), database, seed.parse().unwrap(), now.parse().unwrap());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let [role, data, database] = arguments.as_slice()
        && (role == "limited" || role == "fill")
    {
        let database = (!database.is_empty()).then(|| database.clone());
        return runtime.block_on(full::limited(data.as_ref(), database, role == "fill"));
    }
    if arguments.iter().any(|argument| argument == "--ignored") {
        return;
    }
    runtime.block_on(full::disk());
    let number = |name: &str, or: u64| std::env::var(name).map_or(or, |text| text.parse().unwrap());
    let rounds = number("WEIGHHOUSE_CRASH_ROUNDS", 20);
    let seed = number("WEIGHHOUSE_CRASH_SEED", 1);
    let report = runtime.block_on(all(u32::try_from(rounds).unwrap(), seed));
    println!("{report}");
}

/// What happened in all rounds.
#[derive(Default)]
struct Report {
    kills: u32,
    before_open: u32,
    acknowledged: usize,
    begun: usize,
    records: u64,
    seconds: f64,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kills, before_open, acknowledged, begun, records, seconds } = self;
        write!(
            f,
            "{kills} kills ({before_open} before the gate was open), {acknowledged} acknowledged changes, {begun} jobs ended \
             afterwards, {records} records of the log, nothing lost; {seconds:.0} s"
        )
    }
}

async fn all(rounds: u32, seed: u64) -> Report {
    let started = Instant::now();
    let mut report = Report::default();
    let mut chance = Chance::new(seed);
    while report.kills < rounds {
        life(LIFE.min(rounds - report.kills), &mut chance, &mut report).await;
    }
    report.seconds = started.elapsed().as_secs_f64();
    report
}

/// One database, from its making through all its kills.
async fn life(kills: u32, chance: &mut Chance, report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let database = harness::fresh_database().await;
    let mut known = Known::default();
    let clock = Arc::new(AtomicI64::new(harness::START));
    for _ in 0..kills {
        let now = pass(&clock);
        let seed = chance.next();
        let child = start(&data, database.as_deref(), seed, now);
        let lines = kill(child, chance);
        report.kills += 1;
        report.before_open += u32::from(lines.is_empty());
        report.acknowledged += known.take_in(&lines);
        pass(&clock);
        let settings = child::settings(&data, database.clone());
        let gate = harness::open(settings.clone(), &clock).await;
        let place = format!("seed {seed} after {} lines", lines.len());
        if lines.first().is_some_and(|line| line.contains("stranded")) {
            return;
        }
        report.begun += checks::all(&gate, &settings, &mut known, &place).await;
        report.records = report.records.max(gate.audit().await.unwrap().records);
    }
}

/// Half an hour later: leases of the killed, and pauses before the next try, are over.
fn pass(clock: &AtomicI64) -> i64 {
    clock.fetch_add(1800, Ordering::Relaxed) + 1800
}

#[expect(clippy::disallowed_methods, reason = "the process that is to be killed")]
fn start(data: &std::path::Path, database: Option<&str>, seed: u64, now: i64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .arg("child")
        .arg(data)
        .arg(database.unwrap_or_default())
        .args([seed.to_string(), now.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets it work for a while, kills it, and gives what it said it had done. Mostly it is killed at work, sometimes while it opens.
fn kill(mut child: Child, chance: &mut Chance) -> Vec<String> {
    let output = BufReader::new(child.stdout.take().unwrap());
    let (opened, open) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in output.lines() {
            let Ok(line) = line else { break };
            if lines.is_empty() {
                // Nobody waits for it if it is to be killed while it opens.
                opened.send(()).ok();
            }
            lines.push(line);
        }
        lines
    });
    if chance.below(8) > 0 {
        open.recv_timeout(Duration::from_mins(1)).expect("the gate does not open");
        std::thread::sleep(Duration::from_micros(chance.below(400_000)));
    } else {
        std::thread::sleep(Duration::from_micros(chance.below(60_000)));
    }
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}
