//! Unpacked data: small in memory, large in an anonymous temporary file that has no name and goes with the process.

use std::fs::File;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Budget, Exhausted};
use crate::node::{Fault, Gap, GapReason, Irregularity};
use crate::source::{FileSource, Memory, SharedSource};

/// Why a stream could not be unpacked to its end.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A bound was hit.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The compressed data is damaged.
    #[error("the compressed data cannot be unpacked: {0}")]
    Damaged(io::Error),
    /// The spool file could not be written: our side, not the artifact's.
    #[error("cannot keep unpacked data in a temporary file: {0}; set `TMPDIR` to a folder with room")]
    Spool(io::Error),
    /// A decoder failed in a way that is our fault.
    #[error("a decoder of Weighhouse failed on this content; please report it")]
    Internal,
}

impl SpoolError {
    /// Whether the reason lies with us or the user, not with the data.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Spool(_) | Self::Internal | Self::Exhausted(Exhausted::Cancelled))
    }

    /// Records the reason: a bound or damage is a fault of the data *and* a gap, our own trouble is only a gap.
    pub fn note(self, faults: &mut Vec<Irregularity>, gaps: &mut Vec<Gap>) {
        let detail = self.to_string();
        let (fault, reason) = match self {
            Self::Exhausted(Exhausted::Cancelled) => (None, GapReason::Limit(Exhausted::Cancelled)),
            Self::Exhausted(limit) => (Some(Fault::Bomb), GapReason::Limit(limit)),
            Self::Damaged(error) if error.kind() == io::ErrorKind::Unsupported => {
                (None, GapReason::NotInspected)
            }
            Self::Damaged(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                (Some(Fault::Truncated), GapReason::Damaged)
            }
            Self::Damaged(_) => (Some(Fault::Malformed), GapReason::Damaged),
            Self::Spool(_) => (None, GapReason::Unreadable),
            Self::Internal => (None, GapReason::Internal),
        };
        faults.extend(fault.map(|kind| Irregularity { kind, region: None, detail: detail.clone() }));
        gaps.push(Gap { reason, region: None, detail });
    }
}

/// Reads `stream` to its end within the budget; `packed` is the number of compressed bytes it comes from.
///
/// Returns what came out, and the reason why it stopped early if it did: what was unpacked before a break is still
/// inspected.
pub fn spool(stream: &mut dyn Read, packed: u64, budget: &Budget) -> (SharedSource, Option<SpoolError>) {
    let mut out = Spool::default();
    // Decoders are other people's code in the face of hostile data: a panic stays inside the member.
    let copied = catch_unwind(AssertUnwindSafe(|| copy(stream, packed, budget, &mut out)));
    let stopped = copied.unwrap_or(Err(SpoolError::Internal)).err();
    match out.finish() {
        Ok(source) => (source, stopped),
        Err(error) => (Memory::shared(Vec::new()), Some(SpoolError::Spool(error))),
    }
}

fn copy(stream: &mut dyn Read, packed: u64, budget: &Budget, out: &mut Spool) -> Result<(), SpoolError> {
    let limits = budget.limits();
    let mut window = vec![0; 64 * 1024];
    loop {
        let count = match stream.read(&mut window) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                budget.steps(1)?;
                continue;
            }
            Err(error) => return Err(SpoolError::Damaged(error)),
        };
        budget.unpacked(count as u64)?;
        out.write(window.get(..count).unwrap_or_default(), limits.spool_memory).map_err(SpoolError::Spool)?;
        if out.len > limits.ratio_floor && out.len / packed.max(1) > limits.ratio {
            return Err(Exhausted::Ratio.into());
        }
    }
}

/// Bytes that are written one behind another and then read.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl Spool {
    pub(crate) fn write(&mut self, bytes: &[u8], memory_limit: u64) -> io::Result<()> {
        self.len = self.len.saturating_add(bytes.len() as u64);
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None if self.len <= memory_limit => {
                self.memory.extend_from_slice(bytes);
                Ok(())
            }
            None => {
                let mut file = tempfile::tempfile()?;
                file.write_all(&std::mem::take(&mut self.memory))?;
                file.write_all(bytes)?;
                self.file = Some(file);
                Ok(())
            }
        }
    }

    pub(crate) fn finish(self) -> io::Result<SharedSource> {
        match self.file {
            Some(file) => Ok(Arc::new(FileSource::new(file)?)),
            None => Ok(Memory::shared(self.memory)),
        }
    }
}
