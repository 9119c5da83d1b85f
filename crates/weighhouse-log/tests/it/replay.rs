//! The check of a whole log finds what was changed, and where.

use weighhouse_log::bundle;
use weighhouse_log::record::Record;
use weighhouse_log::testkit::{self, MemoryLog};
use weighhouse_log::tile::Tile;
use weighhouse_log::verify::{Fault, Replay, TileReplay};
use weighhouse_log::{Checkpoint, Hash, proof};

/// Three subjects that go through three states in turn.
fn records(count: u64) -> Vec<Record> {
    const STATES: [&str; 3] = ["requested", "inspected", "released"];
    let state = |round: u64| STATES[usize::try_from(round % 3).unwrap()];
    (0..count)
        .map(|seq| {
            let round = seq / 3;
            let previous = round.checked_sub(1).map(state);
            testkit::record(seq, &format!("model-{}", seq % 3), previous, Some(state(round))).unwrap()
        })
        .collect()
}

fn log(records: &[Record]) -> MemoryLog {
    let mut log = MemoryLog::default();
    log.append(records.iter().map(|record| record.to_bytes().unwrap())).unwrap();
    log
}

fn replay(log: &MemoryLog, stored: &[Hash], head: &Checkpoint) -> Result<Replay, Fault> {
    let mut replay = Replay::new();
    for (place, entry) in log.entries.iter().enumerate() {
        replay.push(entry, stored.get(place).copied())?;
    }
    replay.finish(head)?;
    Ok(replay)
}

fn leaves(log: &MemoryLog) -> Vec<Hash> {
    log.entries.iter().map(|entry| Hash::leaf(entry)).collect()
}

#[test]
fn a_sound_log_gives_the_states_of_its_subjects() {
    let log = log(&records(11));
    let replay = replay(&log, &leaves(&log), &log.head("a").unwrap()).unwrap();
    let states: Vec<(&str, &str)> = replay.states().iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(states, [("model-0", "requested"), ("model-1", "requested"), ("model-2", "released")]);
    let mut resumed = Replay::resume(replay.frontier().clone(), replay.states().clone());
    let next = testkit::record(11, "model-2", Some("released"), None).unwrap();
    assert_eq!(resumed.push(&next.to_bytes().unwrap(), None), Ok(next));
    assert_eq!(resumed.states().len(), 2);
}

#[test]
fn the_first_entry_that_was_changed_is_named() {
    let sound = log(&records(20));
    let (stored, head) = (leaves(&sound), sound.head("a").unwrap());
    for place in 0..20 {
        let mut records = records(20);
        records[place].detail.insert("note".parse().unwrap(), "edited".to_owned());
        records[19].detail.insert("note".parse().unwrap(), "edited".to_owned());
        let edited = log(&records);
        let fault = replay(&edited, &stored, &head).unwrap_err();
        let index = u64::try_from(place).unwrap();
        assert!(matches!(fault, Fault::Entry { index: found, .. } if found == index), "{fault}");
        // Who changes the kept hashes too cannot change what was signed.
        let fault = replay(&edited, &leaves(&edited), &head).unwrap_err();
        assert!(matches!(fault, Fault::Root { .. }), "{fault}");
    }
}

#[test]
fn what_is_missing_or_out_of_order_is_named() {
    let head = log(&records(20)).head("a").unwrap();
    let without = |change: fn(&mut Vec<Record>)| {
        let mut records = records(20);
        change(&mut records);
        replay(&log(&records), &[], &head).unwrap_err()
    };
    assert_eq!(without(|records| drop(records.pop())), Fault::Size { found: 19, expected: 20 });
    assert_eq!(without(|records| drop(records.remove(4))), Fault::Sequence { index: 4, seq: 5 });
    assert_eq!(without(|records| records.swap(6, 7)), Fault::Sequence { index: 6, seq: 7 });
    let skipped = without(|records| {
        records.remove(4);
        (0..).zip(records).for_each(|(seq, record)| record.seq = seq);
    });
    // The subject of the record that is gone is found in an older state.
    assert_eq!(
        skipped,
        Fault::State {
            index: 6,
            subject: "model-1".to_owned(),
            said: Some("inspected".to_owned()),
            replayed: Some("requested".to_owned()),
        }
    );
    assert!(
        skipped
            .to_string()
            .contains("`model-1` was `inspected`, but the entries before leave it `requested`")
    );
    let twice = without(|records| records[3].previous = None);
    assert!(matches!(twice, Fault::State { index: 3, said: None, .. }), "{twice}");
    let mut replay = Replay::new();
    assert!(matches!(replay.push(b"{}", None), Err(Fault::Record { index: 0, .. })));
    assert_eq!(replay.frontier().size(), 0);
}

#[test]
fn tiles_are_compared_with_the_entries() {
    let log = log(&records(600));
    let files = log.files();
    let mut replay = TileReplay::new();
    let mut made = std::collections::BTreeMap::new();
    for bundle in bundle::all(600) {
        let leaves = Tile::new(0, bundle.index(), bundle.width()).unwrap();
        let read = replay.push(bundle, &files[&bundle.path()], &files[&leaves.path()]).unwrap();
        assert_eq!(read.records.len(), usize::from(bundle.width()));
        made.extend(read.tiles);
    }
    replay.replay().finish(&log.head("a").unwrap()).unwrap();
    for (tile, bytes) in &log.tiles {
        assert_eq!(made.get(tile), Some(bytes), "{tile}");
    }
    let first = bundle::all(600).next().unwrap();
    let (bytes, leaves) = (&files[&first.path()], &files["tile/0/000"]);
    let mut changed = leaves.clone();
    changed[70] ^= 1;
    let fault = TileReplay::new().push(first, bytes, &changed).unwrap_err();
    assert!(matches!(fault, Fault::Entry { index: 2, .. }), "{fault}");
    let fault = TileReplay::new().push(first, &bytes[..bytes.len() - 1], leaves).unwrap_err();
    assert!(matches!(fault, Fault::Bundle { .. }), "{fault}");
    let fault = TileReplay::new().push(first, bytes, &leaves[..64]).unwrap_err();
    assert!(matches!(fault, Fault::Tree(_)), "{fault}");
}

/// 3,906 full tiles: written in steps, read back to the last, and the root is that of the definition.
#[test]
#[ignore = "a million entries take a while"]
fn a_million_records() {
    const SIZE: u64 = 1_000_000;
    let mut log = MemoryLog::default();
    for step in 0..10 {
        let new = step * SIZE / 10..(step + 1) * SIZE / 10;
        log.append(new.map(|seq| testkit::record(seq, "one", None, None).unwrap().to_bytes().unwrap()))
            .unwrap();
    }
    assert_eq!(log.tiles.keys().filter(|tile| tile.level() == 0 && tile.width() == 256).count(), 3_906);
    let head = log.head("a").unwrap();
    assert_eq!(head.root(), crate::tiles::direct(&leaves(&log)));
    let mut replay = TileReplay::new();
    for bundle in bundle::all(SIZE) {
        let leaves = &log.tiles[&Tile::new(0, bundle.index(), bundle.width()).unwrap()];
        for (tile, bytes) in replay.push(bundle, &log.bundle(bundle).unwrap(), leaves).unwrap().tiles {
            // What was partial at the end of a step, or is at the end of a bundle, is not always the other's.
            assert!(log.tiles.get(&tile).is_none_or(|written| *written == bytes), "{tile}");
        }
    }
    replay.replay().finish(&head).unwrap();
    for index in [0, 255, 65_536, 999_999] {
        let tiles = log.read(&proof::inclusion_tiles(index, SIZE).unwrap()).unwrap();
        let path = proof::inclusion(index, SIZE, &tiles).unwrap();
        assert!(path.len() <= 20);
        let leaf = Hash::leaf(&log.entries[usize::try_from(index).unwrap()]);
        assert_eq!(proof::verify_inclusion(leaf, index, SIZE, &path, head.root()), Ok(()));
    }
}
