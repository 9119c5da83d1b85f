//! Names by which an object replaces what the loader does with it.
//!
//! `BUILD` looks `__setstate__` up on the object itself, so an object whose first state set that name calls what stands under
//! it with the second; `__class__` makes an object one of another class. Neither name is an attribute that anything saves.

use crate::pickle::facts::Override;
use crate::pickle::text;
use crate::pickle::value::{Tag, Value};

use super::Machine;

/// Bytes of the longest such name as it may be written: quoted and escaped.
const LONGEST: u64 = 64;

/// Whether a text is one of the names.
#[inline]
pub(super) fn is_name(text: &[u8]) -> bool {
    matches!(text, b"__setstate__" | b"__class__")
}

impl Machine<'_> {
    /// Looks at a text constant that is written with quotes or escapes.
    pub(super) fn note_overriding_line(&mut self, offset: u64, len: u64) {
        if len <= LONGEST && !self.overriding {
            let constant = text::constant(self.source.as_ref(), offset, LONGEST as usize);
            self.overriding = constant.is_some_and(|constant| is_name(&constant.bytes));
        }
    }

    /// Looks for a name with an object behind it among the values from `position` on: the items of a dictionary, or a pair
    /// of which a dictionary may be made.
    #[inline]
    pub(super) fn look_for_overrides(&mut self, position: usize) {
        if self.overriding {
            self.record_overrides(position);
        }
    }

    fn record_overrides(&mut self, position: usize) {
        let mut found = Vec::new();
        for pair in self.state.stack.from(position).windows(2) {
            let [name, value] = pair else { continue };
            if name.tag() == Tag::Text && could_be_called(*value) {
                let constant = text::constant(self.source.as_ref(), name.payload(), LONGEST as usize);
                found.extend(constant.filter(|constant| is_name(&constant.bytes)).map(|constant| Override {
                    offset: self.at,
                    name: constant.text(),
                    value: self.shape(*value),
                }));
            }
        }
        for found in found {
            self.log.overridden(found);
        }
    }
}

fn could_be_called(value: Value) -> bool {
    matches!(value.tag(), Tag::Global | Tag::Instance | Tag::Persistent | Tag::Unknown)
}
