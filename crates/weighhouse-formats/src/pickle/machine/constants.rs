//! Constants: numbers and texts in all their forms, checked as the loader checks them.

use std::borrow::Cow;

use crate::pickle::decode::{Argument, Op};
use crate::pickle::number::Integer;
use crate::pickle::text::{self, Form};
use crate::pickle::value::Value;
use crate::pickle::{number, opcode};
use crate::region::Region;
use crate::source::{read_full, read_up_to};

use super::{Halt, Machine};

/// Longest number whose value is looked at.
const LONGEST_NUMBER: usize = 8 * 1024;

impl Machine<'_> {
    /// The bytes of a region, at most `limit` of them: from the window, or read again.
    pub(super) fn content(&self, region: Region, limit: usize) -> Cow<'_, [u8]> {
        let region = Region::new(region.start, region.end.min(region.start.saturating_add(limit as u64)));
        match self.decoder.held(region) {
            Some(held) => Cow::Borrowed(held),
            None => Cow::Owned(
                read_up_to(self.source.as_ref(), region.start, region.len() as usize).unwrap_or_default(),
            ),
        }
    }

    pub(super) fn wide_text(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Blob(region) = op.argument else { return Ok(()) };
        let sound = match self.decoder.held(region) {
            Some(held) => held.is_ascii() || text::is_wide_utf8(held),
            None => self.is_long_text_sound(region),
        };
        if !sound {
            return Err(Halt::Broken("a text that is not UTF-8".to_owned()));
        }
        self.note_name(op.offset, region);
        self.finds.text(self.source, self.decoder.held(region), op.offset, region, Form::Utf8);
        self.push(Value::text(op.offset))
    }

    fn is_long_text_sound(&self, region: Region) -> bool {
        let mut window = vec![0; 64 * 1024];
        let mut at = region.start;
        while at < region.end {
            let room = usize::try_from(region.end.saturating_sub(at)).unwrap_or(usize::MAX).min(window.len());
            let Some(part) = window.get_mut(..room) else { return false };
            let count = read_full(self.source.as_ref(), at, part).unwrap_or(0);
            let Some(part) = part.get(..count).filter(|part| !part.is_empty()) else { return false };
            let last = at.saturating_add(count as u64) >= region.end;
            // A character may be cut by the window: hold back what could be its beginning.
            let whole = if last { count } else { complete_characters(part) };
            if whole == 0 || !part.get(..whole).is_some_and(text::is_wide_utf8) {
                return false;
            }
            at = at.saturating_add(whole as u64);
        }
        true
    }

    pub(super) fn narrow_text(&mut self, op: &Op) -> Result<(), Halt> {
        if let Argument::Blob(region) = op.argument {
            self.note_name(op.offset, region);
            self.finds.text(self.source, self.decoder.held(region), op.offset, region, Form::Narrow);
        }
        self.push(Value::text(op.offset))
    }

    pub(super) fn text_line(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Line(region) = op.argument else { return Ok(()) };
        let line = self.content(region, 64 * 1024);
        let whole = line.len() as u64 == region.len();
        let (form, sound) = if op.code == opcode::UNICODE {
            (Form::RawUnicode, !whole || text::raw_unicode(&line).1)
        } else {
            let quoted = !whole || text::unquote(&line).is_some_and(|inner| text::unescape(inner).1);
            (Form::Quoted, quoted)
        };
        if !sound {
            let name = opcode::name(op.code).unwrap_or_default();
            return Err(Halt::Broken(format!("`{name}` with a text that is badly quoted or escaped")));
        }
        self.note_line(op.offset, region.len());
        self.finds.text(self.source, self.decoder.held(region), op.offset, region, form);
        self.push(Value::text(op.offset))
    }

    pub(super) fn bytes(&mut self, op: &Op) -> Result<(), Halt> {
        if let Argument::Blob(region) = op.argument {
            self.finds.bytes(self.source, self.decoder.held(region), op.offset, region);
        }
        self.push(Value::bytes(op.offset))
    }

    pub(super) fn number_line(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Line(region) = op.argument else { return Ok(()) };
        if op.code != opcode::FLOAT {
            self.look_at_digits(region);
        }
        let line = self.content(region, LONGEST_NUMBER);
        let line = std::str::from_utf8(&line).unwrap_or("?");
        let value = if op.code == opcode::FLOAT {
            number::float(line).map(|_| Value::FLOAT)
        } else if region.len() > LONGEST_NUMBER as u64 {
            Some(Value::big(op.offset))
        } else if op.code == opcode::INT && matches!(line, "00" | "01") {
            Some(if line == "01" { Value::TRUE } else { Value::FALSE })
        } else {
            let digits = if op.code == opcode::LONG { line.strip_suffix('L').unwrap_or(line) } else { line };
            number::integer(digits).map(|small| match small {
                Integer::Small(value) => Value::int(value, op.offset),
                Integer::Big => Value::big(op.offset),
            })
        };
        match value {
            Some(value) => self.push(value),
            None => Err(Halt::Broken("a number that cannot be read".to_owned())),
        }
    }

    pub(super) fn long(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Blob(region) = op.argument else { return Ok(()) };
        let value = match self.content(region, 9).as_ref() {
            digits if digits.len() <= 8 => Value::int(number::little_endian(digits), op.offset),
            _ => Value::big(op.offset),
        };
        self.push(value)
    }

    pub(super) fn memo_line(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Line(region) = op.argument else { return Ok(()) };
        let line = self.content(region, 64);
        let index = std::str::from_utf8(&line).ok().and_then(number::decimal);
        match index.and_then(|index| u64::try_from(index).ok()) {
            Some(index) if op.code == opcode::GET => self.get(index),
            Some(index) => self.put(index),
            None => Err(Halt::Broken("a memo number that cannot be read".to_owned())),
        }
    }

    pub(super) fn persistent_line(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Line(region) = op.argument else { return Ok(()) };
        let line = self.content(region, 256);
        let head = String::from_utf8_lossy(&line).into_owned();
        let number = self.log.persistent(op.offset, crate::pickle::Shape::Text { head, len: region.len() });
        self.push(Value::persistent(number))
    }
}

/// How many bytes at the beginning are whole characters, as far as leading bytes tell.
fn complete_characters(bytes: &[u8]) -> usize {
    let start = bytes.len().saturating_sub(4);
    let tail = bytes.get(start..).unwrap_or_default();
    match tail.iter().rposition(|byte| byte & 0xc0 != 0x80) {
        Some(at) if tail.get(at).is_some_and(|byte| *byte >= 0x80) => start.saturating_add(at),
        _ => bytes.len(),
    }
}
