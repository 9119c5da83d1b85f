//! Opcodes by which a few bytes wear a loader down: what they ask for is out of all proportion to what is there.

use crate::node::Fault;
use crate::pickle::decode::Break;
use crate::pickle::joblib::Arrays;
use crate::pickle::opcode::{self, Operand};
use crate::region::Region;
use crate::source::read_up_to;

use super::Machine;

/// Numbers of the memo up to this one cost a loader no more than 16 MiB.
const SMALL_MEMO: u64 = 1 << 20;
/// Lengths below it are reserved without harm.
const SMALL_LENGTH: u64 = 1 << 30;
/// A file that was cut while it was copied is a part of what it declares that is not this small.
const PROPORTION: u64 = 64;
/// Digits that take a loader seconds: converting them is quadratic.
const MOST_DIGITS: u64 = 100_000;

impl Machine<'_> {
    /// A loader in C reserves memory for every number up to twice this one. Picklers count values, and every value is at least a
    /// byte of the file.
    #[inline]
    pub(super) fn look_at_number(&mut self, index: u64) {
        if index > SMALL_MEMO && index > self.at {
            let region = Region::new(self.at, self.decoder.position());
            let detail = format!(
                "stores a value under number {index}: loaders reserve memory for all numbers before it"
            );
            self.expansion(region, detail);
        }
    }

    /// A loader that reads from a file reserves the declared length before it reads.
    pub(super) fn look_at_length(&mut self, broken: &Break) {
        if !matches!(broken, Break::Truncated) {
            return;
        }
        let head = read_up_to(self.source.as_ref(), self.at, 9).unwrap_or_default();
        let [code, operand @ ..] = head.as_slice() else { return };
        let declared = match opcode::operand(*code) {
            Operand::Blob4 | Operand::Blob4Signed => {
                operand.first_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)))
            }
            Operand::Blob8 => operand.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)),
            _ => None,
        };
        if let Some(length) = declared.filter(|length| *length >= SMALL_LENGTH)
            && length / PROPORTION > self.decoder.end()
        {
            let region = Region::at(self.at, head.len() as u64);
            let detail =
                format!("declares {length} bytes: loaders reserve them before they see that the file ends");
            self.expansion(region, detail);
        }
    }

    pub(super) fn look_at_digits(&mut self, line: Region) {
        if line.len() >= MOST_DIGITS {
            let detail =
                format!("a number of {} digits, which takes a loader seconds to minutes", line.len());
            self.expansion(line, detail);
        }
    }

    /// What is read behind damage, or where most loaders read numbers, is not what a loader reads.
    #[cold]
    pub(super) fn expansion(&mut self, region: Region, detail: String) {
        if !self.state.stack.lenient && self.arrays == Arrays::Padded {
            self.fault(Fault::Bomb, region, detail);
        }
    }
}
