//! Recognises payloads in constants: by signature *and* structure, because the bytes of a tensor may begin like anything.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::source::SharedSource;

use super::{opcode, scan};

/// The shortest encoded payload that is looked for.
pub(super) const SHORTEST_ENCODED: u64 = 24;
/// Opcodes that make bytes worth a longer look.
const FEW: u64 = 3;
/// Opcodes that a look goes through: all of the largest constant.
const LOOK: u64 = 16 << 20;

/// What a payload is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// A pickle stream.
    Pickle,
    /// An archive, a compressed stream, a program or code.
    Other,
}

/// A cheap first look at the first bytes.
#[inline]
pub(super) fn could_begin(head: &[u8]) -> bool {
    match head {
        [0x80, 2..=5, _, ..]
        | [b'P', b'K', 3 | 5, ..]
        | [0x1f, 0x8b, 8, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..]
        | [0xfd, b'7', b'z', b'X', ..]
        | [0x04, 0x22, 0x4d, 0x18, ..]
        | [0x28, 0xb5, 0x2f, 0xfd, ..]
        | [0x7f, b'E', b'L', b'F', ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe, ..]
        | [b'#', b'!', b'/' | b' ', ..]
        | [b'7', b'z', 0xbc, 0xaf, ..]
        | [0x93, b'N', b'U', b'M', ..]
        | [0x5d, 0, 0, _, _, ..]
        | [0xe3, ..] => true,
        [b'M', b'Z', rest @ ..] if rest.len() > 62 => true,
        [0x78, second, _, ..] if (0x7800 | u16::from(*second)) % 31 == 0 && second & 0x20 == 0 => true,
        _ => could_be_opcodes(head) || is_tar(head),
    }
}

/// Whether the bytes may be a pickle that begins with any opcode: a few that are, and an import further on.
fn could_be_opcodes(head: &[u8]) -> bool {
    let imports = |rest: &[u8]| memchr::memchr2(b'\n', opcode::STACK_GLOBAL, rest).is_some();
    match head {
        [first, rest @ ..] if rest.len() >= 8 && opcode::name(*first).is_some() && imports(rest) => {
            let look = scan::look(&head.get(..512).unwrap_or(head), 0, FEW);
            look.opcodes >= FEW || look.imports > 0 || look.open && look.opcodes > 0
        }
        _ => false,
    }
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// The same for text whose characters stand for bytes.
#[inline]
pub(super) fn could_begin_narrowed(text: &[u8]) -> bool {
    match text {
        // U+0080..U+00FF in UTF-8, or plain characters that begin a binary structure.
        [0xc2 | 0xc3, 0x80..=0xbf, ..] => narrow_head(text).is_some_and(|head| could_begin(&head)),
        [b'P' | b'B' | b'M' | b'x' | b'(' | 0x1f | 0x7f | 4 | b'7' | 0x5d, ..] => {
            could_begin(text) || narrow_head(text).is_some_and(|head| could_begin(&head))
        }
        _ => could_be_opcodes(text) || is_tar(text),
    }
}

/// For a text that is certainly bytes in disguise: as it stands or narrowed.
pub(super) fn could_begin_any(text: &[u8]) -> bool {
    narrow_head(text).is_none_or(|head| could_begin(&head) || could_be_encoded(&head))
}

fn narrow_head(text: &[u8]) -> Option<Vec<u8>> {
    let head = text.get(..128).unwrap_or(text);
    let valid = match std::str::from_utf8(head) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?,
    };
    valid.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// One byte per character; `None` if a character needs more.
pub(super) fn narrow(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Whether the content is a payload; `head` is its beginning.
pub(super) fn recognise(head: &[u8], content: &SharedSource) -> Option<Payload> {
    let other = |yes: bool| yes.then_some(Payload::Other);
    match head {
        [0x80, 2..=5, ..] => {
            let look = scan::look(content.as_ref(), 0, LOOK);
            // Without an import a pickle needs its end, or it is a coincidence.
            let real = look.imports > 0 || look.stop.is_some() || look.open && look.opcodes > 8;
            real.then_some(Payload::Pickle)
        }
        [0x28, 0xb5, 0x2f, 0xfd, descriptor, ..] => other(descriptor & 8 == 0),
        [0x5d, 0, 0, ..] => other(is_lzma(head)),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => other(true),
        [0x1f, 0x8b, 8, flags, ..] => other(flags & 0xe0 == 0),
        [b'B', b'Z', b'h', _, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
        | [0xfd, b'7', b'z', b'X', b'Z', 0, ..]
        | [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..]
        | [0x93, b'N', b'U', b'M', b'P', b'Y', ..]
        | [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, 1, ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, _, 0, 0, 0 | 1, ..]
        | [0xca, 0xfe, 0xba, 0xbe, 0, ..]
        | [b'#', b'!', b'/' | b' ', ..] => other(true),
        [0x04, 0x22, 0x4d, 0x18, flags, ..] => other(flags >> 6 == 1),
        [b'M', b'Z', ..] if is_portable_executable(content) => other(true),
        [0x78, ..] if inflates(head) => other(true),
        [0xe3, ..] => other(is_marshal(head)),
        _ if is_tar(head) => other(true),
        _ => {
            let look = scan::look(content.as_ref(), 0, LOOK);
            (look.imports > 0 && (look.effects > 0 || look.stop.is_some())).then_some(Payload::Pickle)
        }
    }
}

fn is_portable_executable(content: &SharedSource) -> bool {
    let offset = crate::source::read_up_to(content.as_ref(), 60, 4).unwrap_or_default();
    let Some(offset) = offset.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) else { return false };
    crate::source::read_up_to(content.as_ref(), offset.into(), 4).is_ok_and(|magic| magic == *b"PE\0\0")
}

/// Whether the beginning is a zlib stream that really inflates: to its end, whose checksum is compared, or for long enough that
/// no word, name or hash does it by chance.
fn inflates(head: &[u8]) -> bool {
    let mut out = [0; 4096];
    let mut decoder = flate2::Decompress::new(true);
    match decoder.decompress(head, &mut out, flate2::FlushDecompress::None) {
        Ok(flate2::Status::StreamEnd) => true,
        Ok(_) => decoder.total_in() >= 64 && decoder.total_out() >= 64 || decoder.total_out() == 4096,
        Err(_) => false,
    }
}

/// Properties 93, a dictionary of a power of two (or three of them), a plausible length.
fn is_lzma(head: &[u8]) -> bool {
    let Some([0x5d, a, b, c, d, length @ ..]) = head.first_chunk::<13>() else { return false };
    let dictionary = u32::from_le_bytes([*a, *b, *c, *d]);
    let length = length.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
    dictionary.count_ones() <= 2 && dictionary >= 4096 && (length == u64::MAX || length < 1 << 40)
}

/// A marshalled code object: small counts, a small stack, known flags.
fn is_marshal(head: &[u8]) -> bool {
    let Some([0xe3, counts @ ..]) = head.first_chunk::<21>() else { return false };
    let (words, _) = counts.as_chunks::<4>();
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let small = words.iter().take(3).all(|count| *count < 256);
    small && words.iter().skip(3).all(|word| *word < 1 << 27) && words.iter().any(|word| *word != 0)
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

fn is_digit64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// A cheap first look for base64, hexadecimal or base85: a long run of their digits whose beginning decodes to a payload.
#[inline]
pub(super) fn could_be_encoded(text: &[u8]) -> bool {
    let Some(head) = text.first_chunk::<8>().copied() else { return false };
    // The encodings of the signatures begin with few letters; code around an encoded text is found by its quotes.
    head.iter().all(|byte| is_digit64(*byte)) && (begins_well(head) || runs_as_opcodes(head, text))
        || head.iter().all(|byte| (b'!'..=b'~').contains(byte))
            && !head.iter().all(|byte| is_digit64(*byte))
            && base85_begins(head)
        || memchr::memchr2(b'\'', b'"', text).is_some()
        || text.starts_with(DATA_URI)
}

fn begins_well(head: [u8; 8]) -> bool {
    let again = |bytes: &[u8]| {
        could_begin_briefly(bytes)
            || bytes.iter().all(|byte| is_digit64(*byte))
                && bytes.get(..4).is_some_and(|bytes| {
                    could_begin_briefly(&base64(bytes))
                        || hexadecimal(bytes).is_some_and(|bytes| could_begin_hexadecimally(&bytes))
                })
    };
    base64_head(head).is_some_and(|bytes| again(&bytes))
        || hexadecimal_head(head).is_some_and(|bytes| again(&bytes))
        || head.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
            && base32(&head).is_some_and(|bytes| again(&bytes))
        || base85_begins(head)
}

/// The six bytes that eight digits of base64 stand for, in either alphabet. Every text of a pickle comes by here, so nothing
/// is allocated.
fn base64_head(head: [u8; 8]) -> Option<[u8; 6]> {
    let mut value = 0_u64;
    for byte in head {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        value = value << 6 | u64::from(digit);
    }
    value.to_be_bytes().last_chunk().copied()
}

fn hexadecimal_head(head: [u8; 8]) -> Option<[u8; 4]> {
    let mut value = 0;
    for byte in head {
        value = value << 4 | char::from(byte).to_digit(16)?;
    }
    Some(value.to_be_bytes())
}

/// The first two bytes of a payload.
fn could_begin_hexadecimally(head: &[u8]) -> bool {
    matches!(
        head,
        [0x80, 2..=5]
            | [b'P', b'K']
            | [0x1f, 0x8b]
            | [b'B', b'Z']
            | [0xfd, b'7']
            | [0x78, _]
            | [b'c', b'a'..=b'z']
    )
}

fn base64(text: &[u8]) -> Vec<u8> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).unwrap_or_default()
}

/// Whether the beginning decodes to opcodes: pickles of old protocols may begin with any. Every text of a pickle comes by
/// here, so nothing is decoded whose first byte is no opcode.
fn runs_as_opcodes(first: [u8; 8], text: &[u8]) -> bool {
    let opens = |byte: u8| opcode::name(byte).is_some();
    let base64_opens = base64_head(first).is_some_and(|[byte, ..]| opens(byte));
    let hexadecimal_opens = hexadecimal_head(first).is_some_and(|[byte, ..]| opens(byte));
    if !base64_opens && !hexadecimal_opens {
        return false;
    }
    let head = text.get(..256).unwrap_or(text);
    let digits = head.iter().position(|byte| !is_digit64(*byte)).unwrap_or(head.len());
    let head = head.get(..digits & !3).unwrap_or_default();
    head.len() as u64 >= SHORTEST_ENCODED
        && (base64_opens && could_be_opcodes(&base64(head))
            || hexadecimal_opens && hexadecimal(head).is_some_and(|bytes| could_be_opcodes(&bytes)))
}

fn base85_begins(head: [u8; 8]) -> bool {
    let group = head.get(..5).unwrap_or_default();
    [B85, ASCII85]
        .into_iter()
        .any(|alphabet| base85_group(group, alphabet).is_some_and(|bytes| could_begin_briefly(&bytes)))
}

/// The first four bytes of a payload, or of code.
fn could_begin_briefly(head: &[u8]) -> bool {
    matches!(
        head,
        [0x80, 2..=5, _, ..]
            | [b'P', b'K', 3 | 5, ..]
            | [0x1f, 0x8b, 8, ..]
            | [b'B', b'Z', b'h', ..]
            | [0xfd, b'7', b'z', ..]
            | [0x04, 0x22, 0x4d, ..]
            | [0x28, 0xb5, 0x2f, ..]
            | [0x7f, b'E', b'L', ..]
            | [0x93, b'N', b'U', ..]
            | [b'M', b'Z', ..]
            | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]
            | [0xe3, _, 0, 0, ..]
            | [b'c', b'a'..=b'z' | b'_', b'a'..=b'z' | b'_', ..]
            | [b'(', b'c' | b'i' | b'd' | b'l' | b'S' | b'V', ..]
            | [b'i', b'm', b'p', ..]
            | [b'f', b'r', b'o', b'm', ..]
            | [b'e', b'x' | b'v', b'e' | b'a', ..]
            | [b'#', b'!', b'/', ..]
            | [b'_', b'_', b'i', ..]
            | [b'o', b's', b'.', ..]
    )
}

/// How a text begins that names the kind of what it carries.
const DATA_URI: &[u8] = b"data:";

/// All decodings of a text that are worth a look, with the name of the encoding.
pub(super) fn decodings(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    decode_into(text, &mut found);
    if text.starts_with(DATA_URI)
        && let Some(comma) = memchr::memchr(b',', text.get(..256).unwrap_or(text))
    {
        decode_into(text.get(comma.saturating_add(1)..).unwrap_or_default(), &mut found);
    }
    // Code that carries its payload in quotes.
    for run in text.split(|byte| matches!(byte, b'\'' | b'"')).filter(|run| run.len() < text.len()).take(64) {
        if run.len() as u64 >= SHORTEST_ENCODED && run.first_chunk().copied().is_some_and(begins_well) {
            decode_into(run, &mut found);
        }
    }
    found
}

fn decode_into(text: &[u8], found: &mut Vec<(&'static str, Vec<u8>)>) {
    let compact: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if compact.iter().all(u8::is_ascii_hexdigit) {
        found.extend(hexadecimal(&compact).map(|bytes| ("hex", bytes)));
    }
    let digits = compact.trim_ascii_end();
    let end = digits.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last.saturating_add(1));
    let digits = digits.get(..end).unwrap_or_default();
    if digits.iter().all(|byte| is_digit64(*byte)) {
        let decoded = STANDARD.decode(digits).or_else(|_| URL_SAFE.decode(digits));
        found.extend(decoded.ok().map(|bytes| ("base64", bytes)));
        found.extend(base32(digits).map(|bytes| ("base32", bytes)));
    }
    let framed = compact.strip_prefix(b"<~").unwrap_or(&compact);
    let framed = framed.strip_suffix(b"~>").unwrap_or(framed);
    found.extend(base85(&compact, B85).map(|bytes| ("base85", bytes)));
    found.extend(base85(framed, ASCII85).map(|bytes| ("ascii85", bytes)));
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some((digit(*high)? << 4 | digit(*low)?) as u8)).collect();
    bytes.filter(|_| rest.is_empty())
}

/// Eight digits make five bytes, as RFC 4648 has it.
fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut out) = (0_u64, 0_u32, Vec::with_capacity(text.len()));
    for byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte.saturating_sub(b'A'),
            b'2'..=b'7' => byte.saturating_sub(b'2').saturating_add(26),
            _ => return None,
        };
        bits = bits << 5 | u64::from(digit);
        held = held.saturating_add(5);
        if held >= 8 {
            held = held.saturating_sub(8);
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

/// The digit of a character in an alphabet of 85.
type Alphabet = fn(u8) -> Option<u8>;

const B85: Alphabet = |byte| {
    Some(match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        b'a'..=b'z' => byte - b'a' + 36,
        b'!' => 62,
        b'#'..=b'&' => byte - b'#' + 63,
        b'('..=b'+' => byte - b'(' + 67,
        b'-' => 71,
        b';'..=b'@' => byte - b';' + 72,
        b'^'..=b'`' => byte - b'^' + 78,
        b'{'..=b'~' => byte - b'{' + 81,
        _ => return None,
    })
};
const ASCII85: Alphabet = |byte| (b'!'..=b'u').contains(&byte).then(|| byte.saturating_sub(b'!'));

/// Five digits make four bytes; a shorter last group makes fewer.
fn base85(text: &[u8], alphabet: Alphabet) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    // Ascii85 writes four zeros as one letter.
    let zeros = memchr::memchr(b'z', text).filter(|_| alphabet(b'z').is_none());
    let written: Vec<u8>;
    let text = if zeros.is_some() {
        written = text
            .iter()
            .flat_map(|byte| if *byte == b'z' { b"!!!!!".iter() } else { std::slice::from_ref(byte).iter() })
            .copied()
            .collect();
        written.as_slice()
    } else {
        text
    };
    for group in text.chunks(5) {
        let bytes = base85_group(group, alphabet)?;
        out.extend_from_slice(bytes.get(..group.len().saturating_sub(1))?);
    }
    Some(out)
}

/// The bytes of one group, as if its missing digits were the highest.
fn base85_group(group: &[u8], alphabet: Alphabet) -> Option<[u8; 4]> {
    let mut value = 0_u64;
    for at in 0..5 {
        let digit = match group.get(at) {
            Some(byte) => alphabet(*byte)?,
            None => 84,
        };
        value = value.saturating_mul(85).saturating_add(digit.into());
    }
    Some(u32::try_from(value).ok()?.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_base85_are_those_of_rfc_1924() {
        const DIGITS: &[u8; 85] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
        for byte in 0..=u8::MAX {
            let place = DIGITS.iter().position(|digit| *digit == byte);
            assert_eq!(B85(byte).map(usize::from), place, "{}", char::from(byte));
        }
    }

    #[test]
    fn the_quick_looks_decode_as_the_decoders_do() {
        for seed in 0..20_000_u64 {
            let bytes = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            let bytes: [u8; 6] = *bytes.first_chunk().unwrap();
            for engine in [STANDARD, URL_SAFE] {
                let digits = engine.encode(bytes);
                assert_eq!(base64_head(*digits.as_bytes().first_chunk().unwrap()), Some(bytes));
            }
            let hex = format!("{:08x}", seed << 11);
            let head = *hex.as_bytes().first_chunk().unwrap();
            assert_eq!(hexadecimal_head(head).map(Vec::from), hexadecimal(hex.as_bytes()));
        }
        assert_eq!((base64_head(*b"AAAA=AAA"), hexadecimal_head(*b"0000000g")), (None, None));
    }
}
