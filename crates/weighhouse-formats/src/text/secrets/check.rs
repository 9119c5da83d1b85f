//! Tells real credentials from invented ones: checksums where the issuer puts one in, otherwise entropy; and the words and
//! sequences that people put into examples.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 in which the unused bits of the last character may be anything, as cut-off data has them.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What confirms a credential.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Check {
    /// At least this many bits per character.
    Entropy(f64),
    /// The last six characters are the CRC-32 of the others, in base 62.
    Crc32Base62,
    /// A serialised macaroon.
    Macaroon,
    /// Header and payload are JSON, the header names an algorithm.
    JsonWebToken,
    /// The body is base64 of a key structure.
    PrivateKey,
    /// A secret key stands near the key id.
    AwsPair,
    /// A password in a URL: never more than likely.
    Password,
    /// An assignment to a telling name: never more than possible.
    Generic,
}

/// Whether a match is a credential at all, and whether it is confirmed.
///
/// `whole` is the match, `secret` its secret part, `around` the text near it.
pub(super) fn judge(check: Check, whole: &[u8], secret: &[u8], around: &[u8]) -> Option<bool> {
    if check == Check::PrivateKey {
        return private_key(secret);
    }
    if is_placeholder(secret) {
        return None;
    }
    match check {
        Check::Entropy(bits) => Some(entropy(body(secret)) >= bits).filter(|real| *real),
        Check::Crc32Base62 => Some(crc32_base62(secret)),
        Check::Macaroon => macaroon(whole).then_some(true),
        Check::JsonWebToken => json_web_token(whole).then_some(true),
        Check::AwsPair => (entropy(body(secret)) >= 2.8).then(|| has_aws_secret(around)),
        Check::Password => password(secret).then_some(false),
        Check::Generic => generic(secret).then_some(false),
        Check::PrivateKey => None,
    }
}

/// What follows the last `_`, `-` or `.` of a prefix in the first characters: the random part.
fn body(secret: &[u8]) -> &[u8] {
    let head = secret.get(..secret.len().min(14)).unwrap_or_default();
    let start =
        head.iter().rposition(|byte| matches!(byte, b'_' | b'-' | b'.')).map_or(0, |at| at.saturating_add(1));
    secret.get(start..).unwrap_or_default()
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX).max(1);
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / f64::from(len))
        .map(|share| -share * share.log2())
        .sum()
}

/// Words and sequences of examples.
pub(super) fn is_placeholder(secret: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "xxxx",
        "your",
        "placeholder",
        "dummy",
        "changeme",
        "change_me",
        "redacted",
        "sample",
        "insert",
        "fake",
        "goes",
        "todo",
        "secret",
        "password",
        "passw0rd",
        "mykey",
        "my_key",
        "my-key",
        "api_key",
        "apikey",
        "abcdefgh",
        "qwerty",
        "foobar",
        "****",
        "....",
        "${",
        "{{",
        "%(",
        "<",
        "os.environ",
        "getenv",
        "0000000",
        "deadbeef",
    ];
    let lower = secret.to_ascii_lowercase();
    let text = String::from_utf8_lossy(&lower);
    if WORDS.iter().any(|word| text.contains(word)) {
        return true;
    }
    let body = body(secret);
    let mut distinct: Vec<u8> = body.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    (body.len() >= 16 && distinct.len() < 7) || is_sequence(body)
}

/// Counting up or down, or repeating: `1234567890abcdef`, `aaaabbbb`.
fn is_sequence(body: &[u8]) -> bool {
    let steps = body.windows(2).filter(|pair| matches!(pair, [a, b] if a.abs_diff(*b) <= 1)).count();
    body.len() >= 8 && steps.saturating_mul(5) > body.len().saturating_mul(3)
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// GitHub's and npm's checksum over the random part.
fn crc32_base62(token: &[u8]) -> bool {
    let Some(start) = memchr::memchr(b'_', token).map(|at| at.saturating_add(1)) else { return false };
    let random = token.get(start..).unwrap_or_default();
    let Some((random, checksum)) = random.len().checked_sub(6).and_then(|at| random.split_at_checked(at))
    else {
        return false;
    };
    checksum == base62(crc32fast::hash(random))
}

/// Six digits.
pub(super) fn base62(mut value: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62.get((value % 62) as usize).copied().unwrap_or(b'0');
        value /= 62;
    }
    digits
}

/// Tokens of the Python index are macaroons, version 2, located at the index.
fn macaroon(token: &[u8]) -> bool {
    let encoded = token.strip_prefix(b"pypi-").unwrap_or_default();
    LENIENT.decode(encoded).is_ok_and(|bytes| {
        matches!(bytes.as_slice(), [2, 1, len, rest @ ..] if rest.get(..usize::from(*len)).is_some_and(<[u8]>::is_ascii))
    })
}

fn json_web_token(token: &[u8]) -> bool {
    let mut parts = token.split(|byte| *byte == b'.');
    let mut json = |needed: &str| {
        let decoded = parts.next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        decoded.is_some_and(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            text.starts_with('{') && text.trim_end().ends_with('}') && text.contains(needed)
        })
    };
    json("\"alg\"") && json("\"")
}

/// Whether the body decodes to a key: DER, `OpenSSH` or `OpenPGP`. An encrypted one counts; an elided one does not.
fn private_key(body: &[u8]) -> Option<bool> {
    let text = String::from_utf8_lossy(body).replace("\\n", "\n").replace("\\r", "");
    let encoded: String = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.contains([':', '-']))
        .flat_map(str::chars)
        .filter(char::is_ascii_alphanumeric_or_sign)
        .collect();
    if encoded.len() < 64 || entropy(encoded.as_bytes()) < 3.5 {
        return None;
    }
    let whole = encoded.len() / 4 * 4;
    let decoded = STANDARD
        .decode(encoded.get(..whole).unwrap_or_default())
        .or_else(|_| LENIENT.decode(encoded.get(..64).unwrap_or_default()));
    let known = |bytes: Vec<u8>| {
        bytes.starts_with(b"openssh-key-v1") || matches!(bytes.first(), Some(0x30 | 0x94..=0x95 | 0xc5))
    };
    Some(decoded.is_ok_and(known))
}

/// A secret access key near its id: forty characters of base64 that are no path and no hexadecimal digest.
fn has_aws_secret(around: &[u8]) -> bool {
    around.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))).any(|run| {
        run.len() == 40
            && entropy(run) >= 4.0
            && run.iter().any(u8::is_ascii_uppercase)
            && run.iter().any(u8::is_ascii_lowercase)
            && !is_placeholder(run)
    })
}

fn password(secret: &[u8]) -> bool {
    entropy(secret) >= 2.5 && !matches!(secret, b"postgres" | b"username" | b"user" | b"root")
}

/// Letters and digits mixed, and no path, name or call.
fn generic(secret: &[u8]) -> bool {
    let digits = secret.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = secret.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let plain =
        secret.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'(' | b'[' | b'{' | b'\\'));
    let words = secret.split(|byte| matches!(byte, b'_' | b'-' | b'.' | b'/' | b' ')).count();
    plain && digits >= 2 && letters >= 4 && secret.len() >= 12 && words <= 3 && entropy(secret) >= 3.3
}

/// The alphabet of base64 without its padding.
trait Base64Character {
    /// Whether it is one.
    fn is_ascii_alphanumeric_or_sign(&self) -> bool;
}

impl Base64Character for char {
    fn is_ascii_alphanumeric_or_sign(&self) -> bool {
        self.is_ascii_alphanumeric() || matches!(self, '+' | '/')
    }
}
