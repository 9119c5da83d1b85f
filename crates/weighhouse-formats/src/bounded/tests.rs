//! Tests of the budget and of spooling.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Budget, Exhausted, Limits, SpoolError, spool};
use crate::node::{Fault, GapReason};
use crate::source::read_up_to;

fn budget(limits: Limits) -> Budget {
    Budget::new(Arc::new(limits))
}

/// Gives some bytes, then fails in some way.
struct Breaking(Vec<u8>, fn() -> io::Result<usize>);

impl Read for Breaking {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return (self.1)();
        }
        let count = self.0.len().min(out.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0.drain(..count);
        Ok(count)
    }
}

#[test]
fn what_does_not_fit_into_memory_goes_to_a_file_unchanged() {
    let content: Vec<u8> = (0_u32..100_000).flat_map(u32::to_le_bytes).collect();
    for spool_memory in [0, 1000, 1 << 30] {
        let (source, stopped) =
            spool(&mut content.as_slice(), 1 << 20, &budget(Limits { spool_memory, ..Limits::default() }));
        assert!(stopped.is_none());
        assert_eq!(read_up_to(source.as_ref(), 0, usize::MAX).unwrap(), content);
    }
}

#[test]
fn what_came_before_a_break_is_kept() {
    let broken = || Err(io::Error::new(io::ErrorKind::InvalidData, "broken"));
    let (source, stopped) = spool(&mut Breaking(b"before".to_vec(), broken), 6, &Budget::default());
    assert_eq!(source.len(), 6);
    assert!(matches!(stopped, Some(SpoolError::Damaged(_))));
}

#[test]
fn a_panic_of_a_decoder_stays_inside() {
    let (source, stopped) =
        spool(&mut Breaking(b"before".to_vec(), || panic!("decoder")), 6, &Budget::default());
    assert_eq!(source.len(), 6);
    assert!(matches!(stopped, Some(SpoolError::Internal)));
}

#[test]
fn every_bound_stops_the_stream() {
    let zeros = || io::repeat(0).take(1 << 30);
    let ratio = budget(Limits { ratio_floor: 1 << 16, ratio: 10, ..Limits::default() });
    assert!(matches!(spool(&mut zeros(), 100, &ratio).1, Some(SpoolError::Exhausted(Exhausted::Ratio))));
    let unpacked = budget(Limits { unpacked: 1 << 20, ..Limits::default() });
    let (source, stopped) = spool(&mut zeros(), 1 << 30, &unpacked);
    assert!(matches!(stopped, Some(SpoolError::Exhausted(Exhausted::Unpacked))));
    assert!(source.len() <= (1 << 20) + (64 << 10));
    // The bound is one for all streams together.
    assert!(matches!(
        spool(&mut zeros(), 1 << 30, &unpacked).1,
        Some(SpoolError::Exhausted(Exhausted::Unpacked))
    ));
    // Small streams without number, out of a small file.
    let layered = budget(Limits { ratio_floor: 1 << 16, ratio: 10, ..Limits::default() });
    layered.packed(1000);
    let small = |budget: &Budget| spool(&mut io::repeat(0).take(1 << 15), 1 << 12, budget).1;
    assert!((0..8).all(|_| small(&layered).is_none()));
    assert!(matches!(small(&layered), Some(SpoolError::Exhausted(Exhausted::Ratio))));
    layered.packed(1 << 20);
    assert!(small(&layered).is_none());
    let cancelled = Arc::new(AtomicBool::new(false));
    let stopping = Budget::cancellable(Arc::default(), Arc::clone(&cancelled));
    cancelled.store(true, Ordering::Relaxed);
    assert!(matches!(
        spool(&mut zeros(), 1 << 30, &stopping).1,
        Some(SpoolError::Exhausted(Exhausted::Cancelled))
    ));
}

#[test]
fn every_reason_to_stop_is_a_gap() {
    let reasons = [
        (SpoolError::Exhausted(Exhausted::Ratio), Some(Fault::Bomb), GapReason::Limit(Exhausted::Ratio)),
        (SpoolError::Exhausted(Exhausted::Cancelled), None, GapReason::Limit(Exhausted::Cancelled)),
        (SpoolError::Damaged(io::ErrorKind::InvalidData.into()), Some(Fault::Malformed), GapReason::Damaged),
        (
            SpoolError::Damaged(io::ErrorKind::UnexpectedEof.into()),
            Some(Fault::Truncated),
            GapReason::Damaged,
        ),
        (SpoolError::Damaged(io::ErrorKind::Unsupported.into()), None, GapReason::NotInspected),
        (SpoolError::Spool(io::ErrorKind::StorageFull.into()), None, GapReason::Unreadable),
        (SpoolError::Internal, None, GapReason::Internal),
    ];
    for (error, fault, reason) in reasons {
        let (mut faults, mut gaps) = (Vec::new(), Vec::new());
        error.note(&mut faults, &mut gaps);
        assert_eq!(faults.first().map(|found| found.kind), fault);
        assert_eq!(gaps.first().map(|gap| gap.reason), Some(reason));
    }
}

#[test]
fn depth_counts_containers() {
    let mut at = budget(Limits { depth: 3, ..Limits::default() });
    for _ in 0..3 {
        at = at.deeper().unwrap();
    }
    assert_eq!(at.deeper().unwrap_err(), Exhausted::Depth);
}
