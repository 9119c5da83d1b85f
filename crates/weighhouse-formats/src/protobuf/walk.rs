//! The walk through a message and all messages in it, field by field, with an explicit stack.

use super::wire::{LONGEST, Varint, Wire, tag, varint};
use super::{Field, Kind, Message};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::draft::Draft;
use crate::node::{Fault, GapReason};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// Messages within messages that the libraries of protocol buffers follow unless told otherwise.
const DEEPEST: usize = 100;
/// Damaged parts that are reported one by one.
const MOST_BREAKS: u32 = 32;

/// What the walk comes by.
#[derive(Debug)]
pub(crate) enum Event {
    /// A message begins. What is in it follows, up to its [`Event::Leave`].
    Enter { field: &'static Field, message: &'static Message },
    /// The innermost open message ends; the region is that of its content.
    Leave { region: Region },
    /// A number; of the value's bits, those that a field of fixed size does not have are zero.
    Number { field: &'static Field, value: u64 },
    /// A text or bytes.
    Bytes { field: &'static Field, region: Region },
    /// Repeated numbers in one piece.
    Packed { field: &'static Field, region: Region },
    /// A field that the message does not have; the region is that of its value.
    Unknown { message: &'static Message, number: u32, wire: Wire, region: Region },
}

/// Why the walk ends before the end.
#[derive(Debug)]
pub(crate) enum Stop {
    Read(ReadError),
    Limit(Exhausted),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Exhausted> for Stop {
    fn from(limit: Exhausted) -> Self {
        Self::Limit(limit)
    }
}

/// What is wrong with a field.
enum Broken {
    Fault(Fault, String),
    Stop(Stop),
}

impl<E: Into<Stop>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Stop(error.into())
    }
}

/// A message that is open.
#[derive(Debug)]
struct Frame {
    message: &'static Message,
    content: Region,
    /// Bits of the fields seen that may be there once.
    seen: u128,
    /// The field of a group, which has no length; everything in it is unknown.
    group: Option<u32>,
    broken: bool,
}

/// Stands for the content of a group.
static GROUP: Message = Message { name: "group", fields: &[] };

/// A walk through a source that holds one message.
#[derive(Debug)]
pub(crate) struct Walker<'s> {
    source: &'s SharedSource,
    cursor: Cursor<'s>,
    budget: &'s Budget,
    frames: Vec<Frame>,
    steps: u64,
    breaks: u32,
}

impl<'s> Walker<'s> {
    /// Begins at the beginning.
    pub(crate) fn new(source: &'s SharedSource, message: &'static Message, budget: &'s Budget) -> Self {
        let content = Region::new(0, source.len());
        Self {
            source,
            cursor: Cursor::new(source.as_ref(), 0),
            budget,
            frames: vec![Frame { message, content, seen: 0, group: None, broken: false }],
            steps: 0,
            breaks: 0,
        }
    }

    /// How many messages are open, the outermost included.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// How far it has come.
    pub(crate) fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// The next event; nothing at the end, whose `Leave` comes before. Faults, gaps and claims go to `draft`.
    pub(crate) fn next(&mut self, draft: &mut Draft) -> Result<Option<Event>, Stop> {
        loop {
            let Some(frame) = self.frames.last() else { return Ok(None) };
            if self.cursor.position() >= frame.content.end {
                let (region, group) = (frame.content, frame.group.filter(|_| !frame.broken));
                if let Some(number) = group {
                    let detail = format!("the group of field {number} does not end");
                    draft.fault(Fault::Malformed, region, detail);
                }
                let was_group = frame.group.is_some();
                self.frames.pop();
                if was_group {
                    continue;
                }
                return Ok(Some(Event::Leave { region }));
            }
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(4096) {
                self.budget.steps(4096)?;
            }
            let at = self.cursor.position();
            match self.field(draft) {
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(Broken::Stop(stop)) => return Err(stop),
                Err(Broken::Fault(kind, detail)) => self.give_up(at, kind, &detail, draft),
            }
        }
    }

    /// Leaves a message that cannot be read on; what follows it still can.
    fn give_up(&mut self, at: u64, kind: Fault, detail: &str, draft: &mut Draft) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.broken = true;
        let rest = Region::new(at, frame.content.end);
        draft.fault(kind, Region::at(at, 1), format!("{}: {detail}", frame.message.name));
        self.breaks = self.breaks.saturating_add(1);
        if self.breaks <= MOST_BREAKS {
            draft.gap(GapReason::Damaged, rest, "a message could not be read to its end");
        }
        self.cursor.seek(rest.end);
    }

    fn frame(&self) -> (&'static Message, u64) {
        self.frames.last().map_or((&GROUP, 0), |frame| (frame.message, frame.content.end))
    }

    /// Reads one field; nothing if it opened or closed a group.
    fn field(&mut self, draft: &mut Draft) -> Result<Option<Event>, Broken> {
        let at = self.cursor.position();
        let key = self.varint(draft)?;
        let Some((number, wire)) = tag(key) else {
            return Err(Broken::Fault(Fault::Malformed, format!("{key} is no tag of a field")));
        };
        match wire {
            Wire::GroupStart => return self.open_group(at, number, draft).map(|()| None),
            Wire::GroupEnd => return self.close_group(at, number, draft).map(|()| None),
            _ => {}
        }
        let (message, _) = self.frame();
        let (value, region) = self.value(wire, draft)?;
        draft.claim(Region::new(at, region.start));
        let field = message.field(number);
        let Some(field) = field.filter(|field| fits(field, wire)) else {
            if let Some(field) = field {
                let detail = format!("`{}.{}` is written as {}", message.name, field.name, wire.name());
                draft.fault(Fault::Malformed, Region::new(at, region.end), detail);
            }
            draft.claim(region);
            self.cursor.seek(region.end);
            return Ok(Some(Event::Unknown { message, number, wire, region }));
        };
        self.once(message, field, region, draft);
        if let Kind::Message(inner) = field.kind {
            return self.enter(field, inner, region, draft).map(Some);
        }
        draft.claim(region);
        self.cursor.seek(region.end);
        Ok(Some(match (wire, field.kind) {
            (Wire::Len, Kind::Text | Kind::Bytes) => Event::Bytes { field, region },
            (Wire::Len, _) => Event::Packed { field, region },
            _ => Event::Number { field, value },
        }))
    }

    /// The value of a field: its bits if it is a number, and where it stands.
    fn value(&mut self, wire: Wire, draft: &mut Draft) -> Result<(u64, Region), Broken> {
        let (_, end) = self.frame();
        let at = self.cursor.position();
        let fixed = |cursor: &mut Cursor<'_>, len: u64| {
            if end.saturating_sub(at) < len {
                return Err(self_ends(cursor.end(), end));
            }
            let bits = if len == 8 {
                cursor.u64().map_err(Stop::from)?
            } else {
                u64::from(cursor.u32().map_err(Stop::from)?)
            };
            Ok((bits, Region::at(at, len)))
        };
        match wire {
            Wire::Fixed64 => fixed(&mut self.cursor, 8),
            Wire::Fixed32 => fixed(&mut self.cursor, 4),
            Wire::Varint => {
                let value = self.varint(draft)?;
                Ok((value, Region::new(at, self.cursor.position())))
            }
            Wire::Len | Wire::GroupStart | Wire::GroupEnd => {
                let len = self.varint(draft)?;
                let start = self.cursor.position();
                let declared = start.saturating_add(len);
                if declared > end {
                    let (kind, what) = if declared > self.source.len() {
                        (Fault::Truncated, "the file ends")
                    } else {
                        (Fault::Malformed, "the message around it ends")
                    };
                    let detail = format!(
                        "a value of {len} bytes is declared at byte {start}, but {what} at byte {end}"
                    );
                    draft.fault(kind, Region::new(start, end), detail);
                    self.breaks = self.breaks.saturating_add(1);
                    if self.breaks <= MOST_BREAKS {
                        draft.gap(GapReason::Damaged, Region::new(start, end), "a value is cut off");
                    }
                }
                Ok((0, Region::new(start, declared.min(end))))
            }
        }
    }

    fn varint(&mut self, draft: &mut Draft) -> Result<u64, Broken> {
        let (_, end) = self.frame();
        let at = self.cursor.position();
        let available = self.cursor.fill(LONGEST).map_err(Stop::from)?;
        let room = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(available.len());
        match varint(available.get(..room).unwrap_or_default()) {
            Varint::Number { value, len, padded } => {
                self.cursor.advance(len);
                if padded {
                    let detail = "a number is written with more bytes than it needs";
                    draft.fault(Fault::Unusual, Region::at(at, len as u64), detail);
                }
                Ok(value)
            }
            Varint::Over => Err(Broken::Fault(Fault::Malformed, "a number has more than 64 bits".to_owned())),
            Varint::Short => Err(self_ends(self.source.len(), end)),
        }
    }

    /// Reports a field that was there before, of those that may be there once.
    fn once(&mut self, message: &Message, field: &Field, region: Region, draft: &mut Draft) {
        let Some((frame, slot)) = self.frames.last_mut().zip(field.slot) else { return };
        let bit = 1_u128 << slot;
        if frame.seen & bit != 0 {
            let readers = if matches!(field.kind, Kind::Message(_)) { "merge both" } else { "take the last" };
            let detail = format!("`{}.{}` is there twice; most readers {readers}", message.name, field.name);
            draft.fault(Fault::Duplicate, region, detail);
        }
        frame.seen |= bit;
    }

    fn enter(
        &mut self,
        field: &'static Field,
        message: &'static Message,
        content: Region,
        draft: &mut Draft,
    ) -> Result<Event, Broken> {
        if self.frames.len() > DEEPEST {
            return Err(too_deep(draft, content));
        }
        self.frames.push(Frame { message, content, seen: 0, group: None, broken: false });
        Ok(Event::Enter { field, message })
    }

    /// Groups are older than nested messages and none of our formats has one: what is in it is unknown.
    fn open_group(&mut self, at: u64, number: u32, draft: &mut Draft) -> Result<(), Broken> {
        let (message, end) = self.frame();
        let here = Region::new(at, self.cursor.position());
        draft.claim(here);
        let detail =
            format!("field {number} of `{}` is a group, which the format does not use", message.name);
        draft.fault(Fault::Malformed, here, detail);
        if self.frames.len() > DEEPEST {
            return Err(too_deep(draft, here));
        }
        let content = Region::new(here.end, end);
        self.frames.push(Frame { message: &GROUP, content, seen: 0, group: Some(number), broken: false });
        Ok(())
    }

    fn close_group(&mut self, at: u64, number: u32, draft: &mut Draft) -> Result<(), Broken> {
        if self.frames.last().is_some_and(|frame| frame.group == Some(number)) {
            self.frames.pop();
            draft.claim(Region::new(at, self.cursor.position()));
            return Ok(());
        }
        Err(Broken::Fault(Fault::Malformed, format!("a group of field {number} ends that never began")))
    }

    /// The first bytes of a region, at most `most`.
    pub(crate) fn head(&self, region: Region, most: usize) -> Result<Vec<u8>, Stop> {
        let len = usize::try_from(region.len()).unwrap_or(usize::MAX).min(most);
        let head = Region::at(region.start, len as u64);
        if let Some(held) = self.cursor.held(head) {
            return Ok(held.to_vec());
        }
        let read = read_up_to(self.source.as_ref(), region.start, len);
        read.map_err(|source| Stop::Read(ReadError::Io { at: region.start, source }))
    }
}

/// Whether a value of the field may be written this way.
fn fits(field: &Field, wire: Wire) -> bool {
    match field.kind {
        Kind::Text | Kind::Bytes | Kind::Message(_) => wire == Wire::Len,
        Kind::Int | Kind::Enum(_) => wire == Wire::Varint || wire == Wire::Len && field.slot.is_none(),
        Kind::Fixed32 => wire == Wire::Fixed32 || wire == Wire::Len && field.slot.is_none(),
        Kind::Fixed64 => wire == Wire::Fixed64 || wire == Wire::Len && field.slot.is_none(),
    }
}

fn self_ends(len: u64, end: u64) -> Broken {
    let (kind, what) =
        if end >= len { (Fault::Truncated, "the file ends") } else { (Fault::Malformed, "the message ends") };
    Broken::Fault(kind, format!("{what} inside a field, at byte {end}"))
}

fn too_deep(draft: &mut Draft, region: Region) -> Broken {
    draft.gap(GapReason::Limit(Exhausted::Depth), region, "messages are nested too deeply to be followed");
    let detail = format!("messages are nested more than {DEEPEST} deep, where readers give up");
    Broken::Fault(Fault::Malformed, detail)
}
