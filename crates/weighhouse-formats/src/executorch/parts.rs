//! Where the parts of a file lie: the header that says it, the flatbuffer, and the segments behind it.

use crate::cursor::Cursor;
use crate::draft::Layout;
use crate::flatbuffer::Place;
use crate::node::Fault;
use crate::region::Region;
use crate::source::{SharedSource, is_zero};

/// Where the header stands, between the signature of the flatbuffer and the rest of it.
const HEADER: u64 = 8;

/// Where the parts of a file lie, as it says.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) buffer: Region,
    header: Region,
    /// Where segments are counted from; nothing without a header, and then there are none.
    base: Option<u64>,
    /// The bytes of all segments, if the header says so.
    declared: Option<u64>,
}

/// A segment as it is listed: offset, size, and where this is said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Segment {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) region: Region,
}

/// The parts of a program.
pub(super) fn of_program(source: &SharedSource) -> Parts {
    let numbers = header(source, *b"eh00");
    match numbers.as_slice() {
        [len, size, base, more @ ..] if *len >= 24 => {
            let declared = more.first().copied().filter(|_| *len >= 32);
            let header = Region::at(HEADER, if declared.is_some() { 32 } else { 24 });
            Parts { buffer: Region::new(0, *size), header, base: Some(*base), declared }
        }
        _ => whole(source),
    }
}

/// The parts of a file of data.
pub(super) fn of_data(source: &SharedSource) -> Parts {
    let numbers = header(source, *b"FH01");
    match numbers.as_slice() {
        [len, start, size, base, declared] if *len >= 40 => Parts {
            buffer: Region::new(0, start.saturating_add(*size)),
            header: Region::at(HEADER, 40),
            base: Some(*base),
            declared: Some(*declared),
        },
        _ => whole(source),
    }
}

fn whole(source: &SharedSource) -> Parts {
    let (buffer, header) = (Region::new(0, source.len()), Region::at(HEADER, 0));
    Parts { buffer, header, base: None, declared: None }
}

/// The numbers behind the signature of a header, as many as there are: its length, then up to four.
fn header(source: &SharedSource, signature: [u8; 4]) -> Vec<u64> {
    let mut cursor = Cursor::with_window(source.as_ref(), HEADER, 64);
    if cursor.array::<4>().ok() != Some(signature) {
        return Vec::new();
    }
    let mut numbers: Vec<u64> = cursor.u32().into_iter().map(u64::from).collect();
    numbers.extend((0..4).map_while(|_| cursor.u64().ok()));
    numbers
}

impl Parts {
    /// Explains the header, and reports what it says of parts that are not there.
    pub(super) fn begin(&self, place: &mut Place<'_>) {
        if !self.header.is_empty() {
            place.claim(self.header);
        }
        let len = place.source.len();
        if self.buffer.end > len {
            let detail =
                format!("the flatbuffer is declared at {}, but the file has {len} bytes", self.buffer);
            place.draft.fault(Fault::Truncated, self.header, detail);
        }
        if let Some(base) = self.base.filter(|base| *base > 0 && *base < self.buffer.end) {
            let detail =
                format!("segments begin at {base}, in the flatbuffer, which ends at {}", self.buffer.end);
            place.draft.fault(Fault::Overlap, self.header, detail);
        }
        let end = self.base.unwrap_or(0).checked_add(self.declared.unwrap_or(0));
        if end.is_none_or(|end| end > len) {
            let detail =
                format!("the header declares more bytes of segments than the file of {len} bytes has");
            place.draft.fault(Fault::Truncated, self.header, detail);
        }
    }

    /// Explains the segments, and reports those that lie where none can. Returns where each lies, as far as it is there.
    pub(super) fn settle(&self, segments: &[Segment], place: &mut Place<'_>) -> Vec<Region> {
        let (mut layout, len) = (Layout::default(), place.source.len());
        let base = self.base.unwrap_or(0);
        let found = segments.iter().map(|segment| {
            if segment.size == 0 {
                return Region::default();
            }
            let end = segment.offset.checked_add(segment.size);
            let Some(end) = end.filter(|end| end.checked_add(base).is_some() && self.base.is_some()) else {
                let detail = "a segment lies where no file can have one";
                place.draft.fault(Fault::Contradiction, segment.region, detail);
                return Region::default();
            };
            if self.declared.is_some_and(|declared| end > declared) {
                let detail = format!("a segment ends at {end}, behind the bytes that the header declares");
                place.draft.fault(Fault::Contradiction, segment.region, detail);
            }
            let region = layout.push(base, segment.offset, segment.size, &mut place.draft);
            Region::new(region.start.min(len), region.end.min(len))
        });
        let found = found.collect();
        let mut reached = self.buffer.end;
        for extent in layout.settle(&mut place.draft, len, Fault::Truncated) {
            let between = Region::new(reached, extent.start);
            if is_zero(place.source.as_ref(), between).unwrap_or(false) {
                place.draft.claim(between);
            }
            reached = reached.max(extent.end);
        }
        found
    }
}
