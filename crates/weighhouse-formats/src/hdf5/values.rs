//! What elements hold that is more than numbers: texts, bytes, and what they refer to in heaps.

use super::datatype::{Class, Datatype};
use super::file::{File, Stop};
use super::heap::Heap;
use crate::bounded::{Budget, Exhausted};
use crate::draft::structured;
use crate::region::Claims;
use crate::source::Memory;

/// Longest text that is handed on.
pub(super) const LONGEST: u64 = 32 << 20;
/// Steps that a look for a structure is worth.
const LOOK: u64 = 5_000;
/// Bytes of the largest number.
const NUMBER: usize = 16;
/// Elements that are inspected each by itself.
const MOST: usize = 4096;

/// The values of one attribute or data set.
#[derive(Debug)]
pub(super) struct Values<'b> {
    budget: &'b Budget,
    /// Texts, one to a line.
    pub(super) text: Vec<u8>,
    /// Whether there was any.
    pub(super) any: bool,
    /// Elements that have a structure of their own.
    pub(super) parts: Vec<Vec<u8>>,
    /// Whether something stands behind the end of a text that the library does not look at.
    pub(super) behind: bool,
    bytes: u64,
}

impl<'b> Values<'b> {
    pub(super) fn new(budget: &'b Budget) -> Self {
        Self { budget, text: Vec::new(), any: false, parts: Vec::new(), behind: false, bytes: 0 }
    }

    /// Whether bytes have a structure of their own. Looking for one costs as much as reading many elements.
    fn structured(&self, bytes: &[u8]) -> Result<bool, Stop> {
        self.budget.steps(LOOK.saturating_add(bytes.len() as u64))?;
        Ok(structured(&Memory::shared(bytes.to_vec())))
    }

    /// Takes the value of a whole attribute or data set whose elements are bytes.
    pub(super) fn blob(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.structured(bytes)? {
            self.part(bytes.to_vec())?;
        }
        Ok(())
    }

    fn part(&mut self, bytes: Vec<u8>) -> Result<(), Stop> {
        self.room(bytes.len())?;
        if self.parts.len() >= MOST {
            return Err(Exhausted::Facts.into());
        }
        self.parts.push(bytes);
        Ok(())
    }

    fn room(&mut self, len: usize) -> Result<(), Stop> {
        self.bytes = self.bytes.saturating_add(len as u64);
        if self.bytes > LONGEST { Err(Exhausted::Text.into()) } else { Ok(()) }
    }

    /// A text, which ends at its first zero where the library says so: readers that count see what is behind it.
    fn text(&mut self, bytes: &[u8], ends: bool) -> Result<(), Stop> {
        let last = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        let bytes = bytes.get(..last).unwrap_or_default();
        // What is on one line is read with all others; a stream of its own has more than letters.
        let is_line = bytes.iter().all(|byte| !byte.is_ascii_control());
        if !is_line && self.structured(bytes)? {
            return self.part(bytes.to_vec());
        }
        let zero = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let (text, behind) = bytes.split_at_checked(zero).unwrap_or_default();
        if !behind.is_empty() {
            self.behind |= ends;
            let start = behind.iter().position(|byte| *byte != 0).unwrap_or(0);
            self.blob(behind.get(start..).unwrap_or_default())?;
        }
        self.line(text)
    }

    fn line(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.room(text.len())?;
        self.any = true;
        // Chunks that reach over the edge are filled up with empty ones.
        if !self.text.is_empty() && !text.is_empty() {
            self.text.push(b'\n');
        }
        self.text.extend_from_slice(text);
        Ok(())
    }

    /// Bytes that may be anything: text, something with a structure, or numbers that only their program knows.
    fn opaque(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let text = std::str::from_utf8(bytes).ok().map(|text| text.trim_end_matches('\0'));
        match text.filter(|text| !text.contains('\0')) {
            Some(text) => self.text(text.as_bytes(), false),
            None => self.blob(bytes),
        }
    }
}

/// Where values are taken from.
pub(super) struct Taking<'t> {
    pub(super) file: &'t File<'t>,
    pub(super) heap: &'t mut Heap,
    pub(super) claims: &'t mut Claims,
}

impl Taking<'_> {
    /// Takes all elements in `bytes`.
    pub(super) fn elements(
        &mut self,
        datatype: &Datatype,
        bytes: &[u8],
        values: &mut Values<'_>,
    ) -> Result<(), Stop> {
        let size = usize::try_from(datatype.size).unwrap_or(usize::MAX).max(1);
        // Rows of these are times and numbers of programs that have no other type for them.
        if datatype.class == Class::Opaque && size <= NUMBER && bytes.len() > size {
            return Ok(());
        }
        for element in bytes.chunks(size) {
            self.file.budget.steps(1)?;
            // What is cut was said to be cut where it is stored.
            if element.len() == size {
                self.element(datatype, element, values)?;
            }
        }
        Ok(())
    }

    fn element(&mut self, datatype: &Datatype, bytes: &[u8], values: &mut Values<'_>) -> Result<(), Stop> {
        match &datatype.class {
            Class::Text { ends } => values.text(bytes, *ends),
            Class::Opaque => values.opaque(bytes),
            Class::LongText => match self.referred(bytes, 1)? {
                Some(text) => values.text(&text, true),
                None => Ok(()),
            },
            Class::Sequence(base) => self.sequence(base, bytes, values),
            Class::Reference { heap: true } => {
                let mut fields = self.file.fields(bytes);
                if let Some(collection) = fields.address()?.filter(|collection| *collection > 0) {
                    self.heap.touch(self.file, collection, self.claims)?;
                }
                Ok(())
            }
            Class::Compound(members) => {
                for (offset, member) in members.iter().filter(|(_, member)| member.carries()) {
                    let mut fields = self.file.fields(bytes);
                    fields.take(*offset)?;
                    let bytes = fields.take(member.size)?;
                    self.file.budget.steps(1)?;
                    self.element(member, bytes, values)?;
                }
                Ok(())
            }
            Class::Array(base) => self.elements(base, bytes, values),
            _ => Ok(()),
        }
    }

    /// A row of any length in a heap: bytes may be anything, all else is what its elements are.
    fn sequence(&mut self, base: &Datatype, bytes: &[u8], values: &mut Values<'_>) -> Result<(), Stop> {
        if base.is_byte() {
            return match self.referred(bytes, 1)? {
                Some(bytes) => values.blob(&bytes),
                None => Ok(()),
            };
        }
        if base.carries() {
            return match self.referred(bytes, base.size)? {
                Some(bytes) => self.elements(base, &bytes, values),
                None => Ok(()),
            };
        }
        let mut fields = self.file.fields(bytes);
        fields.u32()?;
        if let Some(collection) = fields.address()?.filter(|collection| *collection > 0) {
            self.heap.touch(self.file, collection, self.claims)?;
        }
        Ok(())
    }

    /// The bytes that an element refers to, if it does: so many of `size` bytes each.
    fn referred(&mut self, bytes: &[u8], size: u64) -> Result<Option<Vec<u8>>, Stop> {
        let mut fields = self.file.fields(bytes);
        let len = u64::from(fields.u32()?).saturating_mul(size);
        let place = fields.address()?.zip(Some(fields.u32()? as u16));
        let Some(place) = place.filter(|(collection, _)| len > 0 && *collection > 0) else {
            return Ok(None);
        };
        if len > LONGEST {
            return Err(Exhausted::Text.into());
        }
        self.heap.object(self.file, place, len, self.claims).map(Some)
    }
}
