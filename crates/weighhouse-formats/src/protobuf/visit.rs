//! Reads a message for a format that picks what it wants: what the format does not take is looked at as any value is.
//!
//! The reader keeps the path of open messages, hands numbers, texts and data to a [`Visit`], notes unknown fields, and says where
//! the reading ended. So a format is its schema and a few dozen lines that know what fields mean.

use super::{Event, Field, Message, Stop, Walker};
use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::UnknownField;
use crate::node::{Facts, Gap, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::values::{HEAD, NOTABLE, Texts};

/// Bytes of a text beyond which it is no name; what a format is given is cut there.
const LONGEST: usize = 4096;

/// A message that is open: the field it stands in, and its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    pub(crate) field: &'static str,
    pub(crate) message: &'static str,
}

/// Where the reader is, and what it has noted so far.
#[derive(Debug)]
pub(crate) struct Place<'s> {
    pub(crate) source: &'s SharedSource,
    pub(crate) budget: &'s Budget,
    pub(crate) draft: Draft,
    /// Messages that are open, outermost first.
    pub(crate) path: Vec<Open>,
    values: Texts,
    unknown: Vec<UnknownField>,
}

/// What a format takes out of its messages.
#[expect(unused_variables, reason = "default methods name their parameters for the reader")]
pub(crate) trait Visit {
    /// A message begins; it is the last of the path.
    fn enter(&mut self, region: Region, place: &mut Place<'_>) {}
    /// The message that is the last of the path ends.
    fn leave(&mut self, region: Region, place: &mut Place<'_>) {}
    /// A number of the message that is the last of the path.
    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {}
    /// A text, or bytes that are valid UTF-8, cut after some thousand bytes.
    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {}
    /// Numbers in one piece, or a field that [`Visit::is_data`].
    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {}
    /// Whether the bytes of a field are numbers by what the format says, and not to be looked at as values are.
    fn is_data(&self, field: &'static str, place: &Place<'_>) -> bool {
        false
    }
}

impl Place<'_> {
    /// Kind of the innermost open message.
    pub(crate) fn message(&self) -> &'static str {
        self.path.last().map_or("", |open| open.message)
    }

    /// The field that the innermost open message stands in.
    pub(crate) fn field(&self) -> &'static str {
        self.path.last().map_or("", |open| open.field)
    }

    /// The message around the innermost one.
    pub(crate) fn outer(&self) -> &'static str {
        self.path.iter().rev().nth(1).map_or("", |open| open.message)
    }

    /// Whether one more fact of a kind may be kept.
    pub(crate) fn room(&mut self, kept: usize) -> bool {
        self.draft.room(kept, self.budget)
    }

    /// Bytes of a tensor: what has a structure of its own is looked at, although it may be so by chance.
    pub(crate) fn tensor(&mut self, name: &str, region: Region) {
        self.values.numbers(name, region, self.source, &mut self.draft);
    }

    /// A message that nobody describes: what is in it is looked at part by part.
    pub(crate) fn undescribed(&mut self, name: &str, region: Region) {
        self.values.message(name, region, self.source, &mut self.draft);
    }
}

/// Reads one message and all that is in it.
#[derive(Debug)]
pub(crate) struct Reader<'s, V> {
    walker: Walker<'s>,
    place: Place<'s>,
    visit: V,
}

impl<'s, V: Visit> Reader<'s, V> {
    /// Begins at the beginning.
    pub(crate) fn new(
        source: &'s SharedSource,
        message: &'static Message,
        format: Format,
        budget: &'s Budget,
        visit: V,
    ) -> Self {
        let place = Place {
            source,
            budget,
            draft: Draft::new(format, Facts::Graph(Box::default())),
            path: vec![Open { field: "", message: message.name }],
            values: Texts::default(),
            unknown: Vec::new(),
        };
        Self { walker: Walker::new(source, message, budget), place, visit }
    }

    /// Reads to the end; `conclude` makes facts of what was seen, with the unknown fields, and is told whether all of it was seen.
    pub(crate) fn read(
        mut self,
        conclude: impl FnOnce(V, Vec<UnknownField>, bool, &mut Draft) -> Facts,
    ) -> Parsed {
        let stopped = self.walk().err();
        let Self { walker, mut place, visit } = self;
        let rest = Region::new(walker.position().min(place.source.len()), place.source.len());
        let whole = stopped.is_none();
        match stopped {
            None => {}
            Some(Stop::Limit(limit)) => {
                let Gap { reason, detail, .. } = limit.into();
                place.draft.gap(reason, rest, detail);
            }
            Some(Stop::Read(error)) => place.draft.gap(GapReason::Unreadable, rest, error.to_string()),
        }
        // What is no field may be something else, for another reader.
        for region in place.draft.unexplained(place.source.len()) {
            if whole && region.len() >= NOTABLE {
                place.values.stored("rest", region, None, &mut place.draft);
            }
        }
        place.values.flush(&mut place.draft);
        let facts = conclude(visit, place.unknown, whole, &mut place.draft);
        place.draft.finish(facts)
    }

    fn walk(&mut self) -> Result<(), Stop> {
        while let Some(event) = self.walker.next(&mut self.place.draft)? {
            let Self { visit, place, .. } = self;
            match event {
                Event::Enter { field, message } => {
                    place.path.push(Open { field: field.name, message: message.name });
                    visit.enter(Region::at(self.walker.position(), 0), place);
                }
                Event::Leave { region } => {
                    visit.leave(region, place);
                    place.path.pop();
                }
                Event::Number { field, value } => visit.number(field.name, value, place),
                Event::Packed { field, region } => visit.data(field.name, region, place),
                Event::Bytes { field, region } if visit.is_data(field.name, place) => {
                    visit.data(field.name, region, place);
                }
                Event::Bytes { field, region } => self.value(field, region)?,
                Event::Unknown { message, number, wire, region } => {
                    let unknown = UnknownField { message: message.name, number, wire: wire.name(), region };
                    self.unknown(unknown)?;
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, field: &'static Field, region: Region) -> Result<(), Stop> {
        let head = self.walker.head(region, HEAD)?;
        let Self { visit, place, .. } = self;
        let name = head.get(..head.len().min(LONGEST)).unwrap_or(&head);
        let text = match std::str::from_utf8(name) {
            Ok(text) => Some(text),
            // Cut inside a character.
            Err(error) if error.error_len().is_none() && name.len() < head.len() => {
                name.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
            }
            Err(_) => None,
        };
        if let Some(text) = text {
            visit.text(field.name, text, region, place);
        } else if matches!(field.kind, super::Kind::Text) {
            let detail = format!("`{}.{}` is not valid UTF-8", place.message(), field.name);
            place.draft.fault(crate::node::Fault::Malformed, region, detail);
        }
        place.values.look(field.name, &head, region, place.source, &mut place.draft);
        Ok(())
    }

    fn unknown(&mut self, unknown: UnknownField) -> Result<(), Stop> {
        let Self { walker, place, .. } = self;
        if !unknown.region.is_empty() && unknown.wire == "LEN" {
            let name = format!("{}.{}", unknown.message, unknown.number);
            let head = walker.head(unknown.region, HEAD)?;
            place.values.unknown(&name, &head, unknown.region, &mut place.draft);
        }
        if place.room(place.unknown.len()) {
            place.unknown.push(unknown);
        }
        Ok(())
    }
}
