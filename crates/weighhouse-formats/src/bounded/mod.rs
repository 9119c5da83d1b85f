//! Every bound on hostile input, in one place: what may be read, unpacked, nested and counted.
//!
//! A [`Budget`] is shared by everything inside one artifact, so nesting cannot multiply it. Running out of it is never an
//! error to swallow: it yields an [`Exhausted`] that becomes a coverage gap, and incomplete coverage never passes. All
//! bounds are counts, none is a time, so the same input gives the same result on every machine.

mod deferred;
mod spool;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use deferred::{Deferred, Opened};
pub(crate) use spool::Spool;
pub use spool::{SpoolError, spool};

/// The bounds of an inspection. Defaults suit models of any size on a laptop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Containers within containers.
    pub depth: u32,
    /// Members of all containers of one file together.
    pub members: u64,
    /// Bytes that decompression may produce, for one file together.
    pub unpacked: u64,
    /// Unpacked bytes per packed byte, looked at once more than [`Limits::ratio_floor`] bytes came out.
    pub ratio: u64,
    /// Output below which no ratio is judged.
    pub ratio_floor: u64,
    /// Unpacked data held in memory; more goes to an anonymous spool file.
    pub spool_memory: u64,
    /// Steps of abstract machines and parsers (opcodes, tokens, headers) for one file together.
    pub steps: u64,
    /// Largest text (source, template, JSON, YAML) read into memory.
    pub text: u64,
    /// Facts of one kind kept per member (globals, calls, tensors, strings); more is a gap.
    pub facts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 12,
            members: 100_000,
            unpacked: 64 << 30,
            ratio: 200,
            ratio_floor: 64 << 20,
            spool_memory: 8 << 20,
            steps: 20_000_000_000,
            text: 32 << 20,
            facts: 100_000,
        }
    }
}

/// Archives within archives that honest files have: so many times the ratio of one is allowed for all of a file.
const LAYERS: u64 = 4;

/// Containers around what is unpacked out of an archive within an archive.
const NESTED: u32 = 2;

/// Which bound was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Exhausted {
    /// [`Limits::depth`].
    #[error("containers are nested too deeply")]
    Depth,
    /// [`Limits::members`].
    #[error("too many members in containers")]
    Members,
    /// [`Limits::unpacked`].
    #[error("too much data comes out of compressed members")]
    Unpacked,
    /// [`Limits::ratio`].
    #[error("a compressed member expands out of proportion")]
    Ratio,
    /// [`Limits::steps`].
    #[error("the structure takes too many steps to walk")]
    Steps,
    /// [`Limits::text`].
    #[error("a text is too large to be parsed")]
    Text,
    /// [`Limits::facts`].
    #[error("too many facts of one kind")]
    Facts,
    /// The user stopped the run.
    #[error("the run was cancelled")]
    Cancelled,
}

/// What is left of the [`Limits`], shared by all members of one file.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: Arc<Limits>,
    spent: Arc<Spent>,
    cancelled: Arc<AtomicBool>,
    depth: u32,
}

#[derive(Debug, Default)]
struct Spent {
    members: AtomicU64,
    unpacked: AtomicU64,
    /// Bytes of the artifact itself; zero if they are not known.
    packed: AtomicU64,
    steps: AtomicU64,
}

impl Budget {
    /// A fresh budget.
    pub fn new(limits: Arc<Limits>) -> Self {
        Self::cancellable(limits, Arc::default())
    }

    /// A fresh budget that runs out when `cancelled` is set.
    pub fn cancellable(limits: Arc<Limits>, cancelled: Arc<AtomicBool>) -> Self {
        Self { limits, spent: Arc::default(), cancelled, depth: 0 }
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many containers enclose the data at hand.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The same budget one level deeper.
    pub fn deeper(&self) -> Result<Self, Exhausted> {
        let depth = self.depth.saturating_add(1);
        if depth > self.limits.depth {
            return Err(Exhausted::Depth);
        }
        Ok(Self { depth, ..self.clone() })
    }

    /// Accounts for `count` members.
    pub fn members(&self, count: u64) -> Result<(), Exhausted> {
        self.spend(&self.spent.members, count, self.limits.members, Exhausted::Members)
    }

    /// Notes that the artifact has `len` bytes.
    pub(crate) fn packed(&self, len: u64) {
        self.spent.packed.fetch_max(len, Ordering::Relaxed);
    }

    /// Accounts for `count` unpacked bytes. Archives in archives multiply, each within its ratio: all together are held against what
    /// they came from, too.
    pub fn unpacked(&self, count: u64) -> Result<(), Exhausted> {
        self.spend(&self.spent.unpacked, count, self.limits.unpacked, Exhausted::Unpacked)?;
        let total = self.spent.unpacked.load(Ordering::Relaxed);
        let packed = self.spent.packed.load(Ordering::Relaxed);
        // Many members of one archive add up; what lies in an archive within an archive has no business to.
        let layers = if self.depth >= NESTED { 1 } else { LAYERS };
        let floor = self.limits.ratio_floor.saturating_mul(layers);
        let ratio = self.limits.ratio.saturating_mul(LAYERS);
        if packed > 0 && total > floor && total / packed > ratio {
            return Err(Exhausted::Ratio);
        }
        Ok(())
    }

    /// Accounts for `count` steps. Callers add up a few thousand steps before they call.
    pub fn steps(&self, count: u64) -> Result<(), Exhausted> {
        self.spend(&self.spent.steps, count, self.limits.steps, Exhausted::Steps)
    }

    /// Fails once the run was cancelled.
    pub fn proceed(&self) -> Result<(), Exhausted> {
        if self.cancelled.load(Ordering::Relaxed) { Err(Exhausted::Cancelled) } else { Ok(()) }
    }

    fn spend(&self, counter: &AtomicU64, count: u64, limit: u64, what: Exhausted) -> Result<(), Exhausted> {
        self.proceed()?;
        let before = counter.fetch_add(count, Ordering::Relaxed);
        if before.saturating_add(count) > limit { Err(what) } else { Ok(()) }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}
