//! A log and its witness: what is cosigned, what is refused, and with which answer.

use proptest::prelude::*;
use weighhouse_log::testkit::{MemoryLog, known_key};
use weighhouse_log::witness::{AddCheckpoint, Answer, Latest, add_checkpoint};
use weighhouse_log::{Algorithm, Checkpoint, Hash, SignerKey, note, proof};

use crate::tiles::{entry, grow};

const LOG: &str = "example.com/log";

fn log_key() -> SignerKey {
    known_key(LOG, Algorithm::Ed25519, 1).unwrap()
}

fn witness_key() -> SignerKey {
    known_key("witness.example/w1", Algorithm::Cosignature, 2).unwrap()
}

fn request(log: &MemoryLog, old: u64) -> AddCheckpoint {
    let size = log.frontier.size();
    let tiles = log.read(&proof::consistency_tiles(old, size).unwrap()).unwrap();
    let proof = proof::consistency(old, size, &tiles).unwrap();
    AddCheckpoint { old, proof, checkpoint: log.signed(&log_key()).unwrap() }
}

fn ask(request: &AddCheckpoint, latest: Latest) -> Answer {
    add_checkpoint(request, &[log_key().verifier().clone()], latest, &witness_key(), 1_700_000_000)
}

fn latest(log: &MemoryLog) -> Latest {
    Latest { size: log.frontier.size(), root: log.frontier.root() }
}

/// A log with the same number of entries, and others.
fn forked(size: u64) -> MemoryLog {
    let mut log = MemoryLog::default();
    log.append((0..size).map(|number| entry(number + 1_000_000))).unwrap();
    log
}

#[test]
fn a_log_that_grows_is_cosigned() {
    let mut seen = Latest::none();
    for size in [1, 1, 7, 300, 300, 301] {
        let log = grow(&[size]);
        let request: AddCheckpoint = request(&log, seen.size).to_string().parse().unwrap();
        let answer = ask(&request, seen);
        let Answer::Cosigned { latest: next, .. } = answer else { panic!("{size}: {answer:?}") };
        assert_eq!(next, latest(&log));
        assert_eq!((answer.status(), answer.content_type()), (200, "text/plain; charset=utf-8"));
        let mut signed = request.checkpoint.clone();
        note::signatures(&answer.body()).unwrap().into_iter().for_each(|line| signed.add(line));
        let verified = signed.signed_by([witness_key().verifier()]).unwrap();
        assert_eq!(verified[0].time, Some(1_700_000_000));
        seen = next;
    }
}

#[test]
fn every_refusal_has_its_status() {
    let (small, large) = (grow(&[5]), grow(&[9]));
    let sound = request(&large, 5);
    let other = known_key("example.com/other", Algorithm::Ed25519, 1).unwrap();
    let foreign = AddCheckpoint { checkpoint: large.signed(&other).unwrap(), ..sound.clone() };
    assert_eq!(ask(&foreign, latest(&small)), Answer::Unknown);
    let stranger = known_key(LOG, Algorithm::Ed25519, 3).unwrap();
    let forged = AddCheckpoint { checkpoint: large.signed(&stranger).unwrap(), ..sound.clone() };
    assert_eq!(ask(&forged, latest(&small)), Answer::Unsigned);
    assert_eq!(ask(&request(&large, 0), latest(&small)), Answer::Conflict(5));
    assert_eq!(ask(&sound, Latest::none()), Answer::Conflict(0));
    assert_eq!(ask(&sound, latest(&forked(5))), Answer::Inconsistent);
    assert_eq!(
        ask(&AddCheckpoint { proof: Vec::new(), ..sound.clone() }, latest(&small)),
        Answer::Inconsistent
    );
    let longer = AddCheckpoint { proof: vec![Hash::of_empty_tree()], ..request(&large, 0) };
    assert_eq!(ask(&longer, Latest::none()), Answer::Inconsistent);
    let back = AddCheckpoint { old: 9, proof: Vec::new(), ..request(&small, 0) };
    assert_eq!(ask(&back, latest(&large)), Answer::Malformed);
    // The same size, another tree: the log shows two faces.
    assert_eq!(ask(&request(&large, 9), latest(&forked(9))), Answer::Conflict(9));
    let empty = Checkpoint::new(LOG, 0, large.frontier.root()).unwrap().sign(&log_key()).unwrap();
    let nothing = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: empty };
    assert_eq!(ask(&nothing, Latest::none()), Answer::Conflict(0));
    let conflict = Answer::Conflict(5);
    assert_eq!((conflict.body().as_str(), conflict.content_type()), ("5\n", "text/x.tlog.size"));
    let plain = add_checkpoint(&sound, &[log_key().verifier().clone()], latest(&small), &log_key(), 1);
    assert_eq!((plain.status(), plain), (500, Answer::Unable));
    let all = [Answer::Malformed, Answer::Unsigned, Answer::Unknown, conflict, Answer::Inconsistent];
    assert_eq!(all.map(|answer| answer.status()), [400, 403, 404, 409, 422]);
}

#[test]
fn what_is_no_request_is_refused() {
    let text = request(&grow(&[9]), 5).to_string();
    let line = format!("{}\n", request(&grow(&[9]), 5).proof[0]);
    for wrong in [
        String::new(),
        text.replace("old 5\n", ""),
        text.replace("old 5\n", "old 05\n"),
        text.replace("old 5\n", "new 5\n"),
        text.replace("old 5\n", "old 5\n\n"),
        text.replace(&line, "AAAA\n"),
        text.replace(&line, &line.repeat(61)),
        text.trim_end().to_owned(),
        format!("{text}\n"),
    ] {
        assert!(wrong.parse::<AddCheckpoint>().is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked in whatever order: two heads that were cosigned never contradict each other.
    #[test]
    fn a_witness_never_signs_two_faces(asked in prop::collection::vec((0_u64..40, 0_u64..40, any::<bool>()), 1..30)) {
        let mut seen = Latest::none();
        let mut signed: Vec<(u64, bool)> = Vec::new();
        for (size, old, fork) in asked {
            let log = if fork { forked(size) } else { grow(&[size]) };
            let request = request(&log, old.min(size));
            if let Answer::Cosigned { latest, .. } = ask(&request, seen) {
                prop_assert!(latest.size >= seen.size);
                seen = latest;
                if size > 0 {
                    signed.push((size, fork));
                }
            }
        }
        prop_assert!(signed.iter().all(|(_, fork)| *fork == signed[0].1));
    }
}
