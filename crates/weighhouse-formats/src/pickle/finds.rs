//! What constants hide: literals that look like code or commands, and payloads — pickles, archives, programs — in bytes
//! and texts, plain or encoded. Payloads become children and are inspected like files.

use std::collections::{HashMap, HashSet};

use crate::format::Format;
use crate::node::{Child, Content, Gap, GapReason};
use crate::region::Region;
use crate::source::{Memory, SharedSource, Slice, read_up_to};

use super::facts::Literal;
use super::literal;
use super::log::hash;
use super::payload::{self, Payload};
use super::text::{self, Form};

/// Literals kept because they look like something.
const MOST_STRIKING: usize = 1000;
/// Literals kept because a callee receives them.
const MOST_ARGUMENTS: usize = 2000;
/// Bytes of a literal that are kept.
const HEAD: usize = 512;
/// Bytes of a constant that are searched.
const SEARCHED: usize = 64 * 1024;
/// Largest payload that is decoded, and all of them together.
const LARGEST: u64 = 16 << 20;
const TOGETHER: u64 = 64 << 20;
/// Length of the names of encodings within encodings, joined: what is encoded more often is not followed.
const LONGEST_CHAIN: usize = 16;
/// Payloads of one file.
const MOST_CHILDREN: usize = 10_000;

/// Collects literals and payloads.
#[derive(Debug)]
pub(super) struct Finds {
    pub(super) literals: Vec<Literal>,
    children: Vec<(u64, Child)>,
    pub(super) gaps: Vec<Gap>,
    seen: HashSet<u64>,
    /// The payloads by constant and encoding: the same bytes may be read more than once.
    by_place: HashMap<u64, usize>,
    striking: usize,
    arguments: usize,
    decoded: u64,
    most_children: usize,
}

/// How far the finds had come.
#[derive(Debug)]
pub(super) struct Mark {
    literals: usize,
    children: usize,
    gaps: usize,
}

impl Finds {
    pub(super) fn mark(&self) -> Mark {
        Mark { literals: self.literals.len(), children: self.children.len(), gaps: self.gaps.len() }
    }

    /// Forgets what was found since.
    pub(super) fn back_to(&mut self, mark: &Mark) {
        for literal in self.literals.drain(mark.literals.min(self.literals.len())..) {
            self.seen.remove(&hash(&literal.text));
        }
        self.children.truncate(mark.children);
        self.by_place.retain(|_, index| *index < mark.children);
        self.gaps.truncate(mark.gaps);
    }

    pub(super) fn new(limit: usize) -> Self {
        Self {
            literals: Vec::new(),
            children: Vec::new(),
            gaps: Vec::new(),
            seen: HashSet::new(),
            by_place: HashMap::new(),
            striking: 0,
            arguments: 0,
            decoded: 0,
            most_children: limit.min(MOST_CHILDREN),
        }
    }

    /// The payloads, in the order of their places.
    pub(super) fn into_children(mut self) -> (Vec<Literal>, Vec<Child>, Vec<Gap>) {
        self.children.sort_by_key(|(offset, _)| *offset);
        let children = self.children.into_iter().map(|(_, child)| child).collect();
        (self.literals, children, self.gaps)
    }

    /// Looks at a bytes constant.
    #[inline]
    pub(super) fn bytes(&mut self, source: &SharedSource, held: Option<&[u8]>, offset: u64, region: Region) {
        let Some(head) = held else { return self.long_bytes(source, offset, region) };
        if payload::could_begin(head) {
            self.stored(source, head, offset, region);
        } else if region.len() >= payload::SHORTEST_ENCODED && payload::could_be_encoded(head) {
            self.encoded_text(head, offset);
        }
    }

    #[cold]
    fn long_bytes(&mut self, source: &SharedSource, offset: u64, region: Region) {
        let head =
            read_up_to(source.as_ref(), region.start, 4096.min(region.len() as usize)).unwrap_or_default();
        if payload::could_begin(&head) {
            self.stored(source, &head, offset, region);
        } else if payload::could_be_encoded(&head) {
            self.long_encoded(source, offset, region);
        }
    }

    #[cold]
    fn stored(&mut self, source: &SharedSource, head: &[u8], offset: u64, region: Region) {
        let slice: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(source), region));
        if let Some(payload) = payload::recognise(head, &slice) {
            let content = Content::Stored { region, crc32: None };
            self.child(offset, "bytes", payload, content);
        }
    }

    /// Looks at a text constant.
    #[inline]
    pub(super) fn text(
        &mut self,
        source: &SharedSource,
        held: Option<&[u8]>,
        offset: u64,
        region: Region,
        form: Form,
    ) {
        if region.len() < literal::SHORTEST as u64 {
            return;
        }
        if form == Form::Narrow {
            // What Python 2 called text may just as well be bytes.
            self.bytes(source, held, offset, region);
        }
        match held {
            Some(held) if form == Form::Utf8 || form == Form::Narrow => self.plain_text(held, offset),
            Some(held) => self.plain_text(&text::decode(form, region, held).bytes, offset),
            None => self.long_text(source, offset, region, form),
        }
    }

    #[cold]
    fn long_text(&mut self, source: &SharedSource, offset: u64, region: Region, form: Form) {
        let limit = usize::try_from(region.len()).unwrap_or(usize::MAX).min(SEARCHED);
        let head = read_up_to(source.as_ref(), region.start, limit).unwrap_or_default();
        let head = text::decode(form, region, &head).bytes;
        if literal::is_striking(&head) {
            self.striking(offset, &head);
        }
        if payload::could_be_encoded(&head) || payload::could_begin_narrowed(&head) {
            self.long_encoded(source, offset, region);
        }
    }

    /// A long constant that may be encoded is read whole, within bounds.
    fn long_encoded(&mut self, source: &SharedSource, offset: u64, region: Region) {
        if region.len() > LARGEST {
            return self.limit(region, "an encoded constant is too large to be decoded");
        }
        let Some(whole) = text::constant(source.as_ref(), offset, LARGEST as usize) else { return };
        self.payload_text(&whole.bytes, offset);
    }

    #[inline]
    fn plain_text(&mut self, bytes: &[u8], offset: u64) {
        if literal::could_be_striking(bytes) && literal::is_striking(bytes) {
            self.striking(offset, bytes);
        }
        self.payload_text(bytes, offset);
    }

    #[inline]
    fn payload_text(&mut self, bytes: &[u8], offset: u64) {
        if payload::could_begin_narrowed(bytes) {
            self.narrowed(bytes, offset);
        }
        if bytes.len() as u64 >= payload::SHORTEST_ENCODED && payload::could_be_encoded(bytes) {
            self.encoded_text(bytes, offset);
        }
    }

    /// A text that is bytes in disguise: one character per byte.
    #[cold]
    fn narrowed(&mut self, bytes: &[u8], offset: u64) {
        if let Some(narrow) = payload::narrow(bytes) {
            self.decoded(offset, "text", narrow);
        }
    }

    #[cold]
    fn encoded_text(&mut self, bytes: &[u8], offset: u64) {
        for (name, decoded) in payload::decodings(bytes) {
            self.decoded(offset, name, decoded);
        }
    }

    fn decoded(&mut self, offset: u64, name: &str, decoded: Vec<u8>) {
        let encoded_again = name.len() < LONGEST_CHAIN && payload::could_be_encoded(&decoded);
        if !payload::could_begin(&decoded) && !literal::is_striking(&decoded) && !encoded_again {
            return;
        }
        self.decoded = self.decoded.saturating_add(decoded.len() as u64);
        if self.decoded > TOGETHER {
            return self.limit(Region::at(offset, 1), "encoded constants are too large together");
        }
        let memory = Memory::shared(decoded.clone());
        if let Some(payload) = payload::recognise(&decoded, &memory) {
            self.child(offset, name, payload, Content::Decoded(decoded));
        } else if literal::is_striking(&decoded) {
            self.striking(offset, &decoded);
            self.child(offset, name, Payload::Other, Content::Decoded(decoded));
        } else if encoded_again {
            for (next, inner) in payload::decodings(&decoded) {
                self.decoded(offset, &format!("{name}.{next}"), inner);
            }
        }
    }

    /// Bytes that a callee unpickles; `false` if there is no such constant.
    pub(super) fn pickle(&mut self, source: &SharedSource, offset: u64) -> bool {
        let Some((_, region)) = text::at(source.as_ref(), offset) else { return false };
        self.child(offset, "bytes", Payload::Pickle, Content::Stored { region, crc32: None });
        true
    }

    /// The same, written as text with one character per byte.
    pub(super) fn encoded_pickle(&mut self, source: &SharedSource, offset: u64) -> bool {
        let Some((_, region)) = text::at(source.as_ref(), offset) else { return false };
        let known = self.by_place.get(&hash((offset, "bytes")));
        if let Some((_, same)) = known.and_then(|index| self.children.get_mut(*index)) {
            same.known = Some(Format::Pickle);
            return true;
        }
        if region.len() > LARGEST || self.decoded.saturating_add(region.len()) > TOGETHER {
            self.limit(region, "bytes written as text are too large to be decoded");
            return true;
        }
        let whole = text::constant(source.as_ref(), offset, LARGEST as usize);
        let Some(narrow) = whole.and_then(|whole| payload::narrow(&whole.bytes)) else { return false };
        self.decoded = self.decoded.saturating_add(narrow.len() as u64);
        self.child(offset, "bytes", Payload::Pickle, Content::Decoded(narrow));
        true
    }

    /// The first argument of `_codecs.encode`: how protocols below 3 write bytes.
    pub(super) fn encoded(&mut self, source: &SharedSource, offset: u64) {
        let Some(head) = text::constant(source.as_ref(), offset, 64) else { return };
        if head.region.len() < 4 || !payload::could_begin_any(&head.bytes) {
            return;
        }
        if head.region.len() > LARGEST {
            return self.limit(head.region, "bytes written as text are too large to be decoded");
        }
        let Some(whole) = text::constant(source.as_ref(), offset, LARGEST as usize) else { return };
        if let Some(narrow) = payload::narrow(&whole.bytes) {
            self.decoded(offset, "bytes", narrow);
        }
    }

    /// A text that a callee receives.
    pub(super) fn argument(&mut self, source: &SharedSource, offset: u64) {
        if self.arguments < MOST_ARGUMENTS
            && let Some(constant) = text::constant(source.as_ref(), offset, HEAD)
        {
            self.arguments = self.arguments.saturating_add(1);
            self.literal(offset, constant.text(), literal::is_striking(&constant.bytes));
        }
    }

    #[cold]
    fn striking(&mut self, offset: u64, bytes: &[u8]) {
        if self.striking < MOST_STRIKING {
            self.striking = self.striking.saturating_add(1);
            let from = literal::place(bytes).saturating_sub(64);
            let head = bytes.get(from..).unwrap_or_default();
            let head = head.get(..HEAD).unwrap_or(head);
            self.literal(offset, String::from_utf8_lossy(head).into_owned(), true);
        }
    }

    fn literal(&mut self, offset: u64, text: String, striking: bool) {
        if self.seen.insert(hash(&text)) {
            self.literals.push(Literal { offset, text, striking });
        }
    }

    fn child(&mut self, offset: u64, what: &str, payload: Payload, content: Content) {
        let known = (payload == Payload::Pickle).then_some(Format::Pickle);
        let place = hash((offset, what));
        if let Some((_, same)) = self.by_place.get(&place).and_then(|index| self.children.get_mut(*index)) {
            same.known = same.known.or(known);
            return;
        }
        if self.children.len() >= self.most_children {
            if !self.gaps.iter().any(|gap| gap.reason == GapReason::Limit(crate::bounded::Exhausted::Members))
            {
                self.gaps.push(crate::bounded::Exhausted::Members.into());
            }
            return;
        }
        self.by_place.insert(place, self.children.len());
        self.children.push((offset, Child { name: format!("{what}@{offset}"), content, known }));
    }

    fn limit(&mut self, region: Region, detail: &str) {
        if self.gaps.len() < 100 {
            let reason = GapReason::Limit(crate::bounded::Exhausted::Unpacked);
            self.gaps.push(Gap { reason, region: Some(region), detail: detail.to_owned() });
        }
    }
}
