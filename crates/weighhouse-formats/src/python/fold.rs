//! Constant folding: what Python would make of constants, for the operations that obfuscated code is built from.
//!
//! Every result is bounded by [`LARGEST`]; what is over it, or not understood, is `None` and stays unknown.

use std::fmt::Write as _;
use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::value::{Const, Taint, Value, What};

/// Largest folded constant, in bytes.
pub(super) const LARGEST: usize = 4 << 20;

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Xor,
    And,
    Or,
    ShiftLeft,
    ShiftRight,
    Power,
    Other,
}

pub(super) fn binary(left: &Value, operator: Operator, right: &Value) -> Option<Value> {
    let value = match (left.constant(), right.constant()) {
        (Some(a), Some(b)) => constants(a, operator, b),
        _ => None,
    };
    value.or_else(|| match (&left.what, operator, &right.what) {
        (What::Sequence(a), Operator::Add, What::Sequence(b)) if a.len() + b.len() < 65_536 => {
            Some(Value::sequence(a.iter().chain(b.iter()).cloned().collect()))
        }
        (What::Sequence(a), Operator::Multiply, _) => {
            let times = usize::try_from(right.as_int()?).unwrap_or(0);
            (a.len().saturating_mul(times) < 65_536)
                .then(|| Value::sequence(a.iter().cloned().cycle().take(a.len() * times).collect()))
        }
        (_, Operator::Modulo, What::Sequence(parts)) => percent(left.as_text()?, parts),
        _ => None,
    })
}

fn constants(left: &Const, operator: Operator, right: &Const) -> Option<Value> {
    match (left, operator, right) {
        (Const::Str(a), Operator::Add, Const::Str(b)) => {
            (a.len() + b.len() <= LARGEST).then(|| Value::text(&format!("{a}{b}")))
        }
        (Const::Bytes(a), Operator::Add, Const::Bytes(b)) => {
            (a.len() + b.len() <= LARGEST).then(|| Value::bytes([a.as_ref(), b.as_ref()].concat()))
        }
        (Const::Str(text), Operator::Multiply, Const::Int(times))
        | (Const::Int(times), Operator::Multiply, Const::Str(text)) => {
            let times = usize::try_from(*times).unwrap_or(0);
            (text.len().saturating_mul(times) <= LARGEST).then(|| Value::text(&text.repeat(times)))
        }
        (Const::Bytes(bytes), Operator::Multiply, Const::Int(times))
        | (Const::Int(times), Operator::Multiply, Const::Bytes(bytes)) => {
            let times = usize::try_from(*times).unwrap_or(0);
            (bytes.len().saturating_mul(times) <= LARGEST).then(|| Value::bytes(bytes.repeat(times)))
        }
        (Const::Str(format), Operator::Modulo, other) => {
            percent(format, &[Value::of(What::Const(other.clone()))])
        }
        (Const::Int(a), operator, Const::Int(b)) => integers(*a, operator, *b).map(Value::int),
        _ => None,
    }
}

fn integers(a: i64, operator: Operator, b: i64) -> Option<i64> {
    match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div_euclid(b),
        Operator::Modulo => a.checked_rem_euclid(b),
        Operator::Xor => Some(a ^ b),
        Operator::And => Some(a & b),
        Operator::Or => Some(a | b),
        Operator::ShiftLeft => u32::try_from(b).ok().filter(|b| *b < 62).and_then(|b| a.checked_mul(1 << b)),
        Operator::ShiftRight => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)),
        Operator::Power => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Operator::Other => None,
    }
}

/// `'%s.%s' % (a, b)`: plain `%s`, `%d`, `%c`, `%r`, `%x` without flags.
fn percent(format: &str, parts: &[Value]) -> Option<Value> {
    let mut out = String::new();
    let mut parts = parts.iter();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        match characters.next()? {
            '%' => out.push('%'),
            's' | 'd' | 'i' | 'r' => out.push_str(&parts.next()?.constant()?.to_text()),
            'c' => match parts.next()?.constant()? {
                Const::Int(code) => out.push(char::from_u32(u32::try_from(*code).ok()?)?),
                other => out.push_str(&other.to_text()),
            },
            'x' => write!(out, "{:x}", parts.next()?.as_int()?).ok()?,
            _ => return None,
        }
        if out.len() > LARGEST {
            return None;
        }
    }
    Some(Value::text(&out))
}

/// `'{}{1}{x}'.format(…)`; format specifications and attribute access are not followed.
pub(super) fn format(template: &str, values: &[Value], keywords: &[(String, Value)]) -> Option<Value> {
    let mut out = String::new();
    let mut next = 0;
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, tail) = rest.split_at_checked(at)?;
        out.push_str(before);
        if let Some(after) = tail.strip_prefix("{{") {
            out.push('{');
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            out.push('}');
            rest = after;
        } else {
            let (field, after) = tail.strip_prefix('{')?.split_once('}')?;
            let name = field.split_once([':', '!']).map_or(field, |(name, _)| name);
            let value = if name.is_empty() {
                next += 1;
                values.get(next - 1)?
            } else if let Ok(index) = name.parse::<usize>() {
                values.get(index)?
            } else {
                keywords.iter().find(|(key, _)| key == name).map(|(_, value)| value)?
            };
            out.push_str(&value.constant()?.to_text());
            rest = after;
        }
        if out.len() > LARGEST {
            return None;
        }
    }
    out.push_str(rest);
    Some(Value::text(&out))
}

/// `value[index]` for constants and sequences.
pub(super) fn index(value: &Value, index: i64) -> Option<Value> {
    let at = |len: usize| {
        let len = i64::try_from(len).ok()?;
        usize::try_from(if index < 0 { index.checked_add(len)? } else { index }).ok()
    };
    match &value.what {
        What::Sequence(items) => items.get(at(items.len())?).cloned(),
        _ => match value.constant()? {
            Const::Str(text) if text.is_ascii() => {
                let position = at(text.len())?;
                text.get(position..position.checked_add(1)?).map(Value::text)
            }
            Const::Str(text) => {
                let position = at(text.chars().count())?;
                text.chars().nth(position).map(|character| Value::text(&character.to_string()))
            }
            Const::Bytes(bytes) => bytes.get(at(bytes.len())?).map(|byte| Value::int(i64::from(*byte))),
            _ => None,
        },
    }
}

/// `value[lower:upper:step]`.
pub(super) fn slice(value: &Value, lower: Option<i64>, upper: Option<i64>, step: i64) -> Option<Value> {
    match &value.what {
        What::Sequence(items) => Some(Value::sequence(cut(items, lower, upper, step)?)),
        _ => match value.constant()? {
            Const::Str(text) => {
                let characters: Vec<char> = text.chars().collect();
                let picked: String = cut(&characters, lower, upper, step)?.into_iter().collect();
                Some(Value::text(&picked))
            }
            Const::Bytes(bytes) => Some(Value::bytes(cut(bytes, lower, upper, step)?)),
            _ => None,
        },
    }
}

fn cut<T: Clone>(items: &[T], lower: Option<i64>, upper: Option<i64>, step: i64) -> Option<Vec<T>> {
    let len = i64::try_from(items.len()).ok()?;
    let clamp = |bound: i64, low: i64, high: i64| {
        (if bound < 0 { bound.saturating_add(len) } else { bound }).clamp(low, high)
    };
    let stride = usize::try_from(step.unsigned_abs()).ok().filter(|stride| *stride > 0)?;
    if step > 0 {
        let from = usize::try_from(lower.map_or(0, |bound| clamp(bound, 0, len))).ok()?;
        let to = usize::try_from(upper.map_or(len, |bound| clamp(bound, 0, len))).ok()?;
        return Some(items.get(from..to.max(from))?.iter().step_by(stride).cloned().collect());
    }
    let from = usize::try_from(lower.map_or(len - 1, |bound| clamp(bound, -1, len - 1)) + 1).ok()?;
    let to = usize::try_from(upper.map_or(-1, |bound| clamp(bound, -1, len - 1)) + 1).ok()?;
    Some(items.get(to..from.max(to))?.iter().rev().step_by(stride).cloned().collect())
}

/// The elements of a constant that Python can iterate over.
pub(super) fn elements(value: &Value) -> Option<Vec<Value>> {
    match &value.what {
        What::Sequence(items) => Some(items.as_ref().clone()),
        What::Mapping(items) => Some(items.iter().map(|(key, _)| key.clone()).collect()),
        _ => match value.constant()? {
            Const::Str(text) if text.len() <= 65_536 => {
                Some(text.chars().map(|character| Value::text(character.encode_utf8(&mut [0; 4]))).collect())
            }
            Const::Bytes(bytes) if bytes.len() <= 65_536 => {
                Some(bytes.iter().map(|byte| Value::int(i64::from(*byte))).collect())
            }
            _ => None,
        },
    }
}

/// `bytes(…)`/`bytearray(…)` of integers.
pub(super) fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    match &value.what {
        What::Sequence(items) => items.iter().map(|item| u8::try_from(item.as_int()?).ok()).collect(),
        _ => raw(value),
    }
}

/// The bytes of a text or bytes constant.
pub(super) fn raw(value: &Value) -> Option<Vec<u8>> {
    match value.constant()? {
        Const::Str(text) => Some(text.as_bytes().to_vec()),
        Const::Bytes(bytes) => Some(bytes.to_vec()),
        _ => None,
    }
}

/// Decodings by dotted name of the function: `base64.b64decode`, `zlib.decompress`, `bytes.fromhex`.
pub(super) fn decode(name: &str, value: &Value) -> Option<Value> {
    let input = raw(value)?;
    let bytes = match name {
        "base64.b64decode"
        | "base64.standard_b64decode"
        | "base64.decodebytes"
        | "base64.decodestring"
        | "binascii.a2b_base64" => base64(&input, &STANDARD)?,
        "base64.urlsafe_b64decode" => base64(&input, &URL_SAFE)?,
        "base64.b32decode" => base32(&input)?,
        "base64.b16decode"
        | "binascii.unhexlify"
        | "binascii.a2b_hex"
        | "builtins.bytes.fromhex"
        | "builtins.bytearray.fromhex" => hex(&input)?,
        "base64.b85decode" => base85(&input)?,
        "zlib.decompress" => inflate(flate2::read::ZlibDecoder::new(input.as_slice()))
            .or_else(|| inflate(flate2::read::DeflateDecoder::new(input.as_slice())))?,
        "gzip.decompress" => inflate(flate2::read::MultiGzDecoder::new(input.as_slice()))?,
        "bz2.decompress" => inflate(bzip2::read::MultiBzDecoder::new(input.as_slice()))?,
        "lzma.decompress" => inflate(lzma_rust2::XzReader::new(input.as_slice(), true))?,
        _ => return None,
    };
    Some(Value::bytes(bytes).tainted(value.taint.with(Taint::DECODED)))
}

fn inflate(decoder: impl std::io::Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut decoder = decoder.take(LARGEST as u64);
    let mut window = vec![0; 16 * 1024];
    loop {
        match decoder.read(&mut window) {
            Ok(0) => return Some(out),
            Ok(count) => out.extend_from_slice(window.get(..count)?),
            Err(_) => return (!out.is_empty()).then_some(out),
        }
    }
}

fn base64(input: &[u8], alphabet: &base64::alphabet::Alphabet) -> Option<Vec<u8>> {
    // As Python without `validate`: characters outside the alphabet are skipped.
    let characters = alphabet.as_str().as_bytes();
    let kept: Vec<u8> = input.iter().copied().filter(|byte| characters.contains(byte)).collect();
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config).decode(kept).ok()
}

fn base32(input: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in input.iter().filter(|byte| **byte != b'=') {
        let digit = match byte.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            number @ b'2'..=b'7' => number - b'2' + 26,
            _ => return None,
        };
        bits = ((bits << 5) | u32::from(digit)) & 0xffff;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(((bits >> count) & 0xff) as u8);
        }
    }
    Some(out)
}

fn base85(input: &[u8]) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 85] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut out = Vec::new();
    for chunk in input.chunks(5) {
        let mut number = 0_u64;
        for position in 0..5 {
            let byte = chunk.get(position).copied().unwrap_or(b'~');
            number = number * 85 + DIGITS.iter().position(|digit| *digit == byte)? as u64;
        }
        let bytes = u32::try_from(number).ok()?.to_be_bytes();
        out.extend_from_slice(bytes.get(..chunk.len().saturating_sub(1))?);
    }
    Some(out)
}

fn hex(input: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = input
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    (digits.len() % 2 == 0)
        .then(|| digits.chunks(2).map(|pair| pair.iter().fold(0, |all, digit| all << 4 | digit)).collect())
}

/// `bytes.decode(encoding)`, `codecs.decode(value, encoding)`.
pub(super) fn decode_text(value: &Value, encoding: &str) -> Option<Value> {
    let plain = encoding.to_ascii_lowercase().replace(['-', '_'], "");
    let decoded = match plain.as_str() {
        "rot13" => {
            let text = String::from_utf8(raw(value)?).ok()?;
            return Some(Value::text(&rot13(&text)).tainted(value.taint.with(Taint::DECODED)));
        }
        "hex" | "hexcodec" => return decode("binascii.unhexlify", value),
        "base64" | "base64codec" => return decode("base64.b64decode", value),
        "zlib" | "zip" | "zlibcodec" => return decode("zlib.decompress", value),
        "bz2" | "bz2codec" => return decode("bz2.decompress", value),
        "utf16" | "utf16le" => wide(&raw(value)?, u16::from_le_bytes)?,
        "utf16be" => wide(&raw(value)?, u16::from_be_bytes)?,
        "latin1" | "iso88591" | "cp1252" => raw(value)?.into_iter().map(char::from).collect(),
        "unicodeescape" | "stringescape" => unescape(&raw(value)?)?,
        _ => String::from_utf8_lossy(&raw(value)?).into_owned(),
    };
    Some(Value::text(&decoded).tainted(value.taint))
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units: Option<Vec<u16>> = bytes.chunks(2).map(|pair| pair.try_into().ok().map(unit)).collect();
    Some(String::from_utf16_lossy(&units?).trim_start_matches('\u{feff}').to_owned())
}

fn unescape(bytes: &[u8]) -> Option<String> {
    let text: String = bytes.iter().copied().map(char::from).collect();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let kind = after.chars().next()?;
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = u32::from_str_radix(after.get(1..1 + digits)?, 16).ok()?;
            out.push(char::from_u32(code)?);
        } else {
            out.push(match kind {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            });
        }
        rest = after.get(kind.len_utf8() + digits..)?;
    }
    out.push_str(rest);
    Some(out)
}

fn rot13(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            'a'..='z' => rotate(character, b'a'),
            'A'..='Z' => rotate(character, b'A'),
            other => other,
        })
        .collect()
}

fn rotate(character: char, base: u8) -> char {
    u8::try_from(character).map_or(character, |code| char::from((code - base + 13) % 26 + base))
}

/// A method of a text or bytes constant.
pub(super) fn method(
    value: &Value,
    name: &str,
    arguments: &[Value],
    keywords: &[(String, Value)],
) -> Option<Value> {
    let first = arguments.first();
    let text = |argument: Option<&Value>| argument.and_then(Value::as_text).map(str::to_owned);
    let folded = match (value.constant()?, name) {
        (Const::Str(joint), "join") => join(joint, first?)?,
        (Const::Bytes(joint), "join") => {
            let parts: Option<Vec<Vec<u8>>> = elements(first?)?.iter().map(raw).collect();
            Value::bytes(parts?.join(joint.as_ref()))
        }
        (Const::Str(template), "format") => format(template, arguments, keywords)?,
        (Const::Str(subject), "replace") => {
            let (from, to) = (text(first)?, text(arguments.get(1))?);
            let grows = to.len().saturating_mul(subject.len() / from.len().max(1) + 1);
            if grows > LARGEST {
                return None;
            }
            Value::text(&subject.replace(&from, &to))
        }
        (Const::Str(subject), "lower" | "casefold") => Value::text(&subject.to_lowercase()),
        (Const::Str(subject), "upper") => Value::text(&subject.to_uppercase()),
        (Const::Str(subject), "swapcase") => Value::text(&swap_case(subject)),
        (Const::Str(subject), "strip") => Value::text(&strip(subject, text(first).as_deref(), true, true)),
        (Const::Str(subject), "lstrip") => Value::text(&strip(subject, text(first).as_deref(), true, false)),
        (Const::Str(subject), "rstrip") => Value::text(&strip(subject, text(first).as_deref(), false, true)),
        (Const::Str(subject), "split") => Value::sequence(match text(first) {
            Some(at) if !at.is_empty() => subject.split(at.as_str()).take(65_536).map(Value::text).collect(),
            _ => subject.split_whitespace().take(65_536).map(Value::text).collect(),
        }),
        (Const::Str(subject), "removeprefix") => {
            let prefix = text(first)?;
            Value::text(subject.strip_prefix(prefix.as_str()).unwrap_or(subject))
        }
        (Const::Str(_), "encode") => match text(first) {
            Some(encoding) if encoding.replace(['-', '_'], "").eq_ignore_ascii_case("rot13") => {
                decode_text(value, "rot13")?
            }
            _ => Value::bytes(raw(value)?),
        },
        (Const::Str(subject), "translate") => translate(subject, first?)?,
        (Const::Bytes(_), "decode") => decode_text(value, text(first).as_deref().unwrap_or("utf-8"))?,
        (Const::Bytes(bytes), "hex") => {
            Value::text(&bytes.iter().take(LARGEST / 2).fold(String::new(), |mut all, byte| {
                // Writing to a string cannot fail.
                let _unused = write!(all, "{byte:02x}");
                all
            }))
        }
        _ => return None,
    };
    Some(folded.tainted(value.taint))
}

fn join(joint: &str, parts: &Value) -> Option<Value> {
    let mut out = String::new();
    for (index, part) in elements(parts)?.iter().enumerate() {
        if index > 0 {
            out.push_str(joint);
        }
        out.push_str(part.as_text()?);
        if out.len() > LARGEST {
            return None;
        }
    }
    Some(Value::text(&out).tainted(parts.taint))
}

fn swap_case(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_lowercase() {
                character.to_ascii_uppercase()
            } else {
                character.to_ascii_lowercase()
            }
        })
        .collect()
}

fn strip(text: &str, set: Option<&str>, start: bool, end: bool) -> String {
    let drop = |character: char| set.map_or(character.is_whitespace(), |set| set.contains(character));
    let text = if start { text.trim_start_matches(drop) } else { text };
    (if end { text.trim_end_matches(drop) } else { text }).to_owned()
}

fn translate(text: &str, table: &Value) -> Option<Value> {
    let What::Mapping(table) = &table.what else { return None };
    if table.len() > 1024 {
        return None;
    }
    let mut out = String::new();
    for character in text.chars().take(65_536) {
        let found = table.iter().find(|(key, _)| match key.constant() {
            Some(Const::Int(code)) => *code == i64::from(u32::from(character)),
            Some(Const::Str(key)) => key.chars().eq([character]),
            _ => false,
        });
        match found.map(|(_, value)| value.constant()) {
            None => out.push(character),
            Some(Some(Const::Int(code))) => out.push(char::from_u32(u32::try_from(*code).ok()?)?),
            Some(Some(Const::Str(new))) => out.push_str(new),
            Some(Some(Const::None)) => {}
            Some(_) => return None,
        }
    }
    Some(Value::text(&out))
}
