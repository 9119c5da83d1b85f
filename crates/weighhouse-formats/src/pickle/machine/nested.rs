//! Pickles inside pickles that a callee unpickles: they are inspected whatever they look like.

use crate::pickle::decode::Op;
use crate::pickle::facts::CallOpcode;
use crate::pickle::log::Role;
use crate::pickle::text;
use crate::pickle::value::{MOST_TRACKED, Tag, Value};

use super::Machine;

/// Encodings that write one byte per character, as picklers of old protocols do.
const NARROW: &[&str] = &["latin1", "latin-1", "iso-8859-1", "ascii"];

impl Machine<'_> {
    /// A number for `_codecs.encode(text, 'latin1')`, under which the text is found again; 0 if it cannot be followed.
    pub(super) fn remember_encoded(&mut self, arguments: &[Value]) -> u32 {
        let [text, codec] = arguments else { return 0 };
        if text.tag() != Tag::Text || codec.tag() != Tag::Text || self.encoded.len() >= MOST_TRACKED {
            return 0;
        }
        let codec = text::constant(self.source.as_ref(), codec.payload(), 32).filter(|codec| codec.whole);
        if !codec.is_some_and(|codec| NARROW.contains(&codec.text().to_ascii_lowercase().as_str())) {
            return 0;
        }
        self.encoded.push(text.payload());
        u32::try_from(self.encoded.len()).unwrap_or(0)
    }

    /// SECURITY: what this callee is given runs as a pickle even where it does not look like one.
    pub(super) fn unpickle(&mut self, op: &Op, by: CallOpcode, callee: Value, arguments: &[Value]) {
        if callee.tag() != Tag::Global || self.log.role(callee) != Role::Unpickles {
            return;
        }
        let followed = match arguments {
            [bytes] if bytes.tag() == Tag::Bytes => self.finds.pickle(self.source, bytes.payload()),
            [made] if self.log.role(*made) == Role::Encode => {
                let place = (made.track() as usize).checked_sub(1).and_then(|at| self.encoded.get(at));
                place.is_some_and(|text| self.finds.encoded_pickle(self.source, *text))
            }
            _ => false,
        };
        if !followed {
            let detail = "unpickles bytes that cannot be read from the file";
            self.log.unresolved(op.offset, by.name(), detail.to_owned());
        }
    }
}
