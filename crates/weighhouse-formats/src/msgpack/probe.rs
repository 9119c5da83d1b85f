//! Recognition: there is no signature, so a beginning is walked and must be a map with readable keys, or the whole of it must be
//! values among which `LangGraph` would find something to call.

use super::DEPTH;
use super::payload::{Payload, payload};
use super::wire::{Head, head};
use crate::cursor::Cursor;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::region::Region;

/// Values walked before a file is taken for what it looks like.
const ENOUGH: u64 = 4_096;
/// Shorter files say nothing.
const SHORTEST: u64 = 8;

/// Recognises the format by walking it.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let named = probe.is_named(&["msgpack", "mpk", "mp", "msg", "flax"]);
    let (strength, evidence) = match walk(probe) {
        Some(Walked { whole: true, calls: true, .. }) => {
            (Strength::Certain, "values to the last byte, and something to call among them")
        }
        Some(Walked { map: false, .. }) if !named => return None,
        Some(Walked { whole: true, map: true, .. }) => {
            (Strength::Certain, "a map with readable keys to the last byte")
        }
        Some(Walked { keys, .. }) if keys >= 3 => (Strength::Certain, "a map with readable keys"),
        Some(Walked { word, .. }) if word || named => (Strength::Plausible, "a map that begins with a word"),
        _ if named => (Strength::Name, "file name"),
        _ => return None,
    };
    Some(Candidate { format: Format::Msgpack, strength, evidence })
}

struct Walked {
    /// Whether it begins with a map.
    map: bool,
    /// Whether an extension names something to call.
    calls: bool,
    keys: u64,
    /// Whether the first key is a word.
    word: bool,
    whole: bool,
}

/// Walks the beginning; nothing if it begins with neither a map, a list nor an extension, or if a key is not readable.
fn walk(probe: &Probe<'_>) -> Option<Walked> {
    let map = matches!(
        probe.head.as_slice(),
        [0x81..=0x8f, 0xa1..=0xbf | 0xd9 | 0xda | 0xc4, ..]
            | [0xde, _, _, 0xa1..=0xbf | 0xd9 | 0xda | 0xc4, ..]
            | [0xdf, _, _, _, _, 0xa1..=0xbf | 0xd9 | 0xda | 0xc4, ..]
    );
    let other = matches!(probe.head.as_slice(), [0x81..=0x9f | 0xdc..=0xdf | 0xc7..=0xc9 | 0xd4..=0xd8, ..]);
    if !(map || other) || probe.source.len() < SHORTEST {
        return None;
    }
    let mut cursor = Cursor::with_window(probe.source.as_ref(), 0, 4_096);
    // For each open list or map: values left, and whether they are a map's, where every second one is a key.
    let mut open: Vec<(u64, bool)> = vec![(1, false)];
    let mut walked = Walked { map, calls: false, keys: 0, word: false, whole: false };
    for _ in 0..ENOUGH {
        let Some((left, map)) = open.last_mut() else { break };
        if *left == 0 {
            open.pop();
            continue;
        }
        let is_key = *map && left.is_multiple_of(2);
        *left = left.saturating_sub(1);
        match head(&mut cursor) {
            Ok(Head::Text(len)) if is_key => {
                let key = cursor.bytes(len, 1_024).ok()?;
                if !is_readable(&key) {
                    return None;
                }
                walked.word |= walked.keys == 0 && is_word(&key);
                walked.keys = walked.keys.saturating_add(1);
            }
            Ok(Head::Extension(code, len)) => {
                let held = Region::at(cursor.position(), len);
                let found = payload(probe.source.as_ref(), code, held);
                walked.calls |= matches!(found, Ok(Payload::Call(_) | Payload::ComputedCall));
                if cursor.skip(len).is_err() {
                    return Some(walked);
                }
            }
            Ok(Head::Text(len) | Head::Bytes(len)) => {
                if cursor.skip(len).is_err() {
                    return Some(walked);
                }
            }
            Ok(Head::List(count)) => open.push((count, false)),
            Ok(Head::Map(count)) => open.push((count.saturating_mul(2), true)),
            Ok(Head::Reserved) => return None,
            Ok(_) => {}
            Err(_) => return Some(walked),
        }
        if open.len() > DEPTH {
            return Some(walked);
        }
    }
    while open.last().is_some_and(|(left, _)| *left == 0) {
        open.pop();
    }
    walked.whole = open.is_empty() && cursor.at_end() && (walked.keys > 0 || walked.calls);
    Some(walked)
}

fn is_readable(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(|key| !key.chars().any(char::is_control))
}

fn is_word(key: &[u8]) -> bool {
    key.len() >= 3 && key.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
