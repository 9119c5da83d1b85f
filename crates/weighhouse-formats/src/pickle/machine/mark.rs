//! Readings that may come to nothing: what they logged is taken back unless they import something.

use crate::pickle::finds;
use crate::pickle::log;
use crate::pickle::scan::could_be_name;

use super::Machine;

/// The shortest name that a module or an attribute is taken to have, where numbers may look like names.
const SHORTEST: usize = 2;

/// How far everything had come.
#[derive(Debug)]
pub(in crate::pickle) struct Mark {
    log: log::Mark,
    finds: finds::Mark,
    extensions: usize,
    faults: usize,
    gaps: usize,
}

impl Machine<'_> {
    /// Remembers how far everything has come.
    pub(in crate::pickle) fn mark(&self) -> Mark {
        Mark {
            log: self.log.mark(),
            finds: self.finds.mark(),
            extensions: self.extensions.len(),
            faults: self.faults.len(),
            gaps: self.gaps.len(),
        }
    }

    /// Takes back what came since, unless something was imported under what can be a name.
    pub(in crate::pickle) fn keep_what_imports(&mut self, before: &Mark) {
        self.faults.truncate(before.faults);
        self.gaps.truncate(before.gaps);
        let name = |name: &str| name.len() >= SHORTEST && name.is_ascii() && could_be_name(name.as_bytes());
        if !self.log.since(&before.log).any(|global| name(&global.module) && name(&global.name)) {
            self.log.back_to(&before.log);
            self.finds.back_to(&before.finds);
            self.extensions.truncate(before.extensions);
        }
        self.log.otherwise_since(&before.log);
    }
}
