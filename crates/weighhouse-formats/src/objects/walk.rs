//! Every object of a document, outermost first, with its path. Only the way to the object at hand is held.

use crate::draft::head;
use crate::json::{Kind, Value};

/// Longest part of a path, and longest path, that are spelled out.
const PART: usize = 64;
const PATH: usize = 512;

/// A container whose children are being looked at.
struct Frame<'v> {
    value: &'v Value,
    next: usize,
    /// Length of its path.
    len: usize,
}

/// Calls `visit` with each JSON object and its dotted path. Documents are bounded in depth by their parser.
pub(super) fn objects<'v>(root: &'v Value, mut visit: impl FnMut(&'v Value, &str)) {
    let mut path = String::new();
    let mut frames = Vec::new();
    let mut enter = |value: &'v Value, path: &str, frames: &mut Vec<Frame<'v>>| {
        if matches!(value.kind, Kind::Object(_)) {
            visit(value, path);
        }
        if matches!(value.kind, Kind::Object(_) | Kind::Array(_)) {
            frames.push(Frame { value, next: 0, len: path.len() });
        }
    };
    enter(root, &path, &mut frames);
    while let Some(frame) = frames.last_mut() {
        path.truncate(frame.len);
        let at = frame.next;
        frame.next = at.saturating_add(1);
        let child = match &frame.value.kind {
            Kind::Object(members) => members.get(at).map(|(key, child)| (key.as_str(), child)),
            Kind::Array(elements) => elements.get(at).map(|child| ("", child)),
            _ => None,
        };
        let Some((key, child)) = child else {
            frames.pop();
            continue;
        };
        if path.len() < PATH {
            if !path.is_empty() {
                path.push('.');
            }
            match key {
                "" => path.push_str(&at.to_string()),
                key => path.push_str(head(key, PART)),
            }
        }
        enter(child, &path, &mut frames);
    }
}
