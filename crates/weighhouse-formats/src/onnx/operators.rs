//! Which operators are used how often, and by which function.

use std::collections::BTreeMap;

use super::OperatorUse;
use crate::region::Region;

/// Function, domain, name, overload.
type Key = (Option<usize>, String, String, String);

/// The operators seen so far.
#[derive(Debug, Default)]
pub(super) struct Operators {
    seen: BTreeMap<Key, (u64, Region)>,
}

impl Operators {
    /// Adds a use; whether there was room for it.
    pub(super) fn add(
        &mut self,
        function: Option<usize>,
        names: [String; 3],
        region: Region,
        most: usize,
    ) -> bool {
        let [domain, name, overload] = names;
        let room = self.seen.len() < most;
        match self.seen.entry((function, domain, name, overload)) {
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let count = &mut entry.get_mut().0;
                *count = count.saturating_add(1);
                true
            }
            std::collections::btree_map::Entry::Vacant(entry) => {
                if room {
                    entry.insert((1, region));
                }
                room
            }
        }
    }

    /// All of them, sorted.
    pub(super) fn finish(self) -> Vec<OperatorUse> {
        let operators = self.seen.into_iter();
        operators
            .map(|((function, domain, name, overload), (count, region))| OperatorUse {
                function,
                domain,
                name,
                overload,
                count,
                region,
            })
            .collect()
    }
}
