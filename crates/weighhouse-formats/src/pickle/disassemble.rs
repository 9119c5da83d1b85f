//! One opcode after another, decoded as CPython's `pickletools.genops` decodes it: for people, and for the differential test.

use crate::source::{SharedSource, read_up_to};

use super::decode::{Argument, Break, Decoder, Op};
use super::number::{self, Integer};
use super::opcode;
use super::text::{self, Form};

/// Longest operand that is decoded; longer ones are cut.
const LONGEST: usize = 1 << 20;

/// An opcode with its decoded operand.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// Where it begins.
    pub offset: u64,
    /// Its name in `pickletools`.
    pub name: &'static str,
    /// Its operand.
    pub operand: Operand,
}

/// A decoded operand.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// None.
    Nothing,
    /// An integer of fixed width, or a small one written as text.
    Int(i64),
    /// A truth value (`INT` with `00` or `01`).
    Bool(bool),
    /// An integer of any length, two's complement, least significant byte first.
    Long(Vec<u8>),
    /// An integer written as digits that needs more than 64 bits.
    Digits(String),
    /// A floating-point number.
    Float(f64),
    /// Text; lone surrogates are replaced, Python 2 strings are taken as Latin-1.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The module and name of `GLOBAL` and `INST`.
    Name(String, String),
}

/// Where and why the decoding stopped before `STOP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Offset of the opcode that cannot be decoded.
    pub offset: u64,
    /// Why.
    pub detail: String,
}

/// Iterates over the opcodes of one stream, up to `STOP` or to the first that cannot be decoded.
#[derive(Debug)]
pub struct Disassembly<'s> {
    source: &'s SharedSource,
    decoder: Decoder<'s>,
    ended: bool,
}

/// Decodes the stream that begins at `offset`.
pub fn disassemble(source: &SharedSource, offset: u64) -> Disassembly<'_> {
    let decoder = Decoder::with_window(source.as_ref(), offset, crate::cursor::WINDOW);
    Disassembly { source, decoder, ended: false }
}

impl Iterator for Disassembly<'_> {
    type Item = Result<Instruction, Stopped>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let offset = self.decoder.position();
        let op = match self.decoder.next() {
            Ok(op) => op,
            Err(broken) => return Some(self.stopped(offset, reason(&broken))),
        };
        self.ended = op.code == opcode::STOP;
        let name = opcode::name(op.code).unwrap_or_default();
        match self.operand(&op) {
            Some(operand) => Some(Ok(Instruction { offset, name, operand })),
            None => Some(self.stopped(offset, format!("the operand of `{name}` cannot be read"))),
        }
    }
}

fn reason(broken: &Break) -> String {
    match broken {
        Break::Truncated => "the data ends".to_owned(),
        Break::Unknown(code) => format!("byte {code:#04x} is no opcode"),
        Break::Length(length) => format!("a length of {length} bytes"),
        Break::Unreadable(detail) => detail.clone(),
    }
}

impl Disassembly<'_> {
    fn stopped(&mut self, offset: u64, detail: String) -> Result<Instruction, Stopped> {
        self.ended = true;
        Err(Stopped { offset, detail })
    }

    fn content(&self, region: crate::region::Region) -> Vec<u8> {
        let length = usize::try_from(region.len()).unwrap_or(usize::MAX).min(LONGEST);
        read_up_to(self.source.as_ref(), region.start, length).unwrap_or_default()
    }

    fn operand(&self, op: &Op) -> Option<Operand> {
        if let Some((form, region)) = text::place(op) {
            let encoded = self.content(region);
            let whole = encoded.len() as u64 == region.len();
            let sound = match form {
                Form::Utf8 => !whole || text::is_wide_utf8(&encoded),
                Form::Quoted => text::unquote(&encoded).is_some_and(|inner| text::unescape(inner).1),
                Form::RawUnicode => text::raw_unicode(&encoded).1,
                Form::Narrow | Form::Bytes => true,
            };
            let constant = sound.then(|| text::decode(form, region, &encoded))?;
            return Some(match form {
                Form::Bytes => Operand::Bytes(constant.bytes),
                Form::Narrow => Operand::Text(constant.bytes.iter().map(|byte| char::from(*byte)).collect()),
                _ => Operand::Text(constant.text()),
            });
        }
        Some(match op.argument {
            Argument::Nothing => Operand::Nothing,
            Argument::Int(value) => Operand::Int(value),
            Argument::Long(value) => Operand::Long(value.to_le_bytes().into_iter().chain([0]).collect()),
            Argument::Float(value) => Operand::Float(value),
            Argument::Blob(region) => Operand::Long(self.content(region)),
            Argument::Line(region) => line_operand(op.code, String::from_utf8(self.content(region)).ok()?)?,
            Argument::TwoLines(module, name) => Operand::Name(
                String::from_utf8(self.content(module)).ok()?,
                String::from_utf8(self.content(name)).ok()?,
            ),
        })
    }
}

fn line_operand(code: u8, line: String) -> Option<Operand> {
    Some(match code {
        opcode::FLOAT => Operand::Float(number::float(&line)?),
        opcode::PERSID => Operand::Text(line),
        opcode::INT if line == "00" || line == "01" => Operand::Bool(line == "01"),
        _ => {
            let digits = line.strip_suffix('L').filter(|_| code == opcode::LONG).unwrap_or(&line);
            match number::integer(digits)? {
                Integer::Small(value) => Operand::Int(value),
                Integer::Big => Operand::Digits(digits.to_owned()),
            }
        }
    })
}
