//! Data of which several parts are cut: unpacked when the first is asked for, gone with the last that refers to it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::Budget;
use crate::node::{Gap, Irregularity};
use crate::source::{Memory, SharedSource};

/// What came of opening something: short or empty where the data breaks off.
#[derive(Debug)]
pub struct Opened {
    /// The bytes.
    pub source: SharedSource,
    /// What is wrong with them.
    pub faults: Vec<Irregularity>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

type Unpack = Box<dyn FnOnce(&Budget) -> Opened + Send>;

enum State {
    Packed(Unpack),
    Unpacked(SharedSource),
    /// It is being unpacked, or that failed half-way.
    Nothing,
}

/// Data that is unpacked on first use.
pub struct Deferred {
    state: Mutex<State>,
}

impl Deferred {
    /// Data that `unpack` will unpack, once.
    pub fn new(unpack: impl FnOnce(&Budget) -> Opened + Send + 'static) -> Self {
        Self { state: Mutex::new(State::Packed(Box::new(unpack))) }
    }

    /// The data; faults and gaps are told to who asks first.
    pub fn open(&self, budget: &Budget) -> Opened {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = match std::mem::replace(&mut *state, State::Nothing) {
            State::Packed(unpack) => unpack(budget),
            State::Unpacked(source) => Opened { source, faults: Vec::new(), gaps: Vec::new() },
            State::Nothing => {
                Opened { source: Memory::shared(Vec::new()), faults: Vec::new(), gaps: Vec::new() }
            }
        };
        *state = State::Unpacked(opened.source.clone());
        opened
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred").finish_non_exhaustive()
    }
}
