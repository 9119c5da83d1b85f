//! The content of text and bytes constants, read again from the file when it matters, by the offset of their opcode.
//!
//! Follows the loader for the text forms of protocol 0: quoted strings with byte escapes, raw Unicode escapes.

use crate::region::Region;
use crate::source::{Source, read_up_to};

use super::decode::{Argument, Decoder, Op};
use super::opcode;

/// How the content of a constant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// UTF-8 text.
    Utf8,
    /// A Python 2 string: bytes that become text by a declared encoding.
    Narrow,
    /// Bytes.
    Bytes,
    /// Python 2 string in quotes, with escapes.
    Quoted,
    /// Latin-1 with `\u` escapes.
    RawUnicode,
}

/// A constant's content, or its beginning.
#[derive(Debug, Clone)]
pub(super) struct Constant {
    /// Decoded bytes: UTF-8 for Unicode forms, raw for others.
    pub(super) bytes: Vec<u8>,
    /// Where the encoded content lies.
    pub(super) region: Region,
    /// Whether `bytes` is all of it.
    pub(super) whole: bool,
    /// How it was written.
    pub(super) form: Form,
}

impl Constant {
    /// The content as text, damaged characters replaced.
    pub(super) fn text(&self) -> String {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.to_owned(),
            // A Python 2 string that is not UTF-8 is taken as Latin-1, as most loaders are told to.
            Err(_) if self.form == Form::Narrow || self.form == Form::Quoted => {
                self.bytes.iter().map(|byte| char::from(*byte)).collect()
            }
            Err(_) => String::from_utf8_lossy(&self.bytes).into_owned(),
        }
    }
}

/// The form and region of a constant's opcode.
pub(super) fn place(op: &Op) -> Option<(Form, Region)> {
    let (Argument::Blob(region) | Argument::Line(region)) = op.argument else { return None };
    Some(match op.code {
        opcode::SHORT_BINUNICODE | opcode::BINUNICODE | opcode::BINUNICODE8 => (Form::Utf8, region),
        opcode::BINSTRING | opcode::SHORT_BINSTRING => (Form::Narrow, region),
        opcode::BINBYTES | opcode::SHORT_BINBYTES | opcode::BINBYTES8 | opcode::BYTEARRAY8 => {
            (Form::Bytes, region)
        }
        opcode::STRING => (Form::Quoted, region),
        opcode::UNICODE => (Form::RawUnicode, region),
        _ => return None,
    })
}

/// The form and region of the constant whose opcode lies at `offset`.
pub(super) fn at(source: &dyn Source, offset: u64) -> Option<(Form, Region)> {
    place(&Decoder::with_window(source, offset, 64).next().ok()?)
}

/// The constant whose opcode lies at `offset`, at most `limit` encoded bytes of it.
pub(super) fn constant(source: &dyn Source, offset: u64, limit: usize) -> Option<Constant> {
    let (form, region) = at(source, offset)?;
    let encoded = read_up_to(source, region.start, limit.min(usize::try_from(region.len()).ok()?)).ok()?;
    Some(decode(form, region, &encoded))
}

/// Decodes content; `encoded` may be only its beginning.
pub(super) fn decode(form: Form, region: Region, encoded: &[u8]) -> Constant {
    let whole = encoded.len() as u64 == region.len();
    let bytes = match form {
        Form::Utf8 | Form::Narrow | Form::Bytes => encoded.to_vec(),
        Form::Quoted => {
            let inner = unquote(encoded).or_else(|| encoded.get(1..).filter(|_| !whole));
            unescape(inner.unwrap_or(encoded)).0
        }
        Form::RawUnicode => raw_unicode(encoded).0.into_bytes(),
    };
    Constant { bytes, region, whole, form }
}

/// The bytes between equal quotes; `None` if the loader would refuse them.
pub(super) fn unquote(line: &[u8]) -> Option<&[u8]> {
    match line {
        [first @ (b'\'' | b'"'), inner @ .., last] if first == last => Some(inner),
        _ => None,
    }
}

/// Undoes the escapes of a Python bytes literal; the flag tells whether the loader accepts them.
pub(super) fn unescape(escaped: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    let mut sound = true;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let [kind, after @ ..] = rest else {
            return (out, false);
        };
        rest = after;
        match kind {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(*kind),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b'v' => out.push(11),
            b'a' => out.push(7),
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
                let (digits, after) = rest.split_at(more);
                rest = after;
                let value = digits.iter().fold(u32::from(*kind - b'0'), |value, digit| {
                    (value << 3) | u32::from(digit.saturating_sub(b'0'))
                });
                out.push(value as u8);
            }
            b'x' => match hexadecimal(rest, 2) {
                Some(value) => {
                    out.push(value as u8);
                    rest = rest.get(2..).unwrap_or_default();
                }
                None => sound = false,
            },
            other => out.extend_from_slice(&[b'\\', *other]),
        }
    }
    (out, sound)
}

/// Undoes raw Unicode escapes; the flag tells whether the loader accepts them.
pub(super) fn raw_unicode(escaped: &[u8]) -> (String, bool) {
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    let mut sound = true;
    while let [first, after @ ..] = rest {
        rest = after;
        let digits = match (first, rest.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            (b'\\', Some(other)) => {
                out.push('\\');
                out.push(char::from(*other));
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            _ => {
                out.push(char::from(*first));
                continue;
            }
        };
        let number = rest.get(1..).and_then(|rest| hexadecimal(rest, digits));
        sound &= number.is_some_and(|number| number <= 0x10_ffff);
        out.push(number.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = rest.get(1 + if number.is_some() { digits } else { 0 }..).unwrap_or_default();
    }
    (out, sound)
}

fn hexadecimal(digits: &[u8], count: usize) -> Option<u32> {
    let digits = digits.get(..count).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Whether Python decodes the bytes as UTF-8 with lone surrogates passed.
pub(super) fn is_wide_utf8(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        let Err(error) = std::str::from_utf8(rest) else { return true };
        // A lone surrogate is ED A0..BF 80..BF.
        match rest.get(error.valid_up_to()..) {
            Some([0xed, 0xa0..=0xbf, 0x80..=0xbf, after @ ..]) => rest = after,
            _ => return false,
        }
    }
}
