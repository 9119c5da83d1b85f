//! Recognition, and what stands before the first object.

use super::encoding::{Encoding, Input};
use crate::cursor::ReadError;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};

/// Bytes of a magic of `.RData`.
const WORKSPACE: usize = 5;

/// Recognises the format: the mark of an encoding, and a version that follows.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let rest = match probe.head.as_slice() {
        [b'R', b'D', b'X' | b'A' | b'B', b'1'..=b'9', b'\n', rest @ ..] => rest,
        all => all,
    };
    let whole = rest.len() < probe.head.len();
    let known = matches!(
        rest,
        [b'X', b'\n', 0, 0, 0, 1..=9, 0, 0..=9, ..]
            | [b'B', b'\n', 1..=9, 0, 0, 0, _, _, 0..=9, 0, ..]
            | [b'A', b'\n', b'1'..=b'9', b'\n', b'0'..=b'9', ..]
    );
    (known || whole).then_some(Candidate {
        format: Format::Rds,
        strength: if known { Strength::Certain } else { Strength::Plausible },
        evidence: "mark of an encoding, and a version",
    })
}

/// What stands before the first object.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) writer: String,
    /// Whether the object is a list of variables that are put into the workspace.
    pub(super) workspace: bool,
}

/// Reads it, and sets the encoding of the input.
pub(super) fn read(input: &mut Input<'_>) -> Result<Option<Header>, ReadError> {
    let start = input.cursor.fill(WORKSPACE)?;
    let workspace = matches!(start, [b'R', b'D', _, _, b'\n', ..]);
    if workspace {
        input.cursor.skip(WORKSPACE as u64)?;
    }
    input.encoding = match input.cursor.array::<2>()? {
        [b'X', b'\n'] => Encoding::Xdr,
        [b'B', b'\n'] => Encoding::Native,
        [b'A', b'\n'] => Encoding::Text,
        _ => return Ok(None),
    };
    let version = input.int()?;
    let writer = input.int()?;
    input.int()?;
    if version == 3 {
        let len = u64::from(input.int()?.unsigned_abs());
        input.string(len, 64)?;
    }
    let writer = format!("{}.{}.{}", writer >> 16, (writer >> 8) & 255, writer & 255);
    Ok(Some(Header { version: version.unsigned_abs(), writer, workspace }))
}
