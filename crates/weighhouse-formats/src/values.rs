//! Texts and bytes that no runtime looks at: doc strings, attributes, entries, elements of tensors, unknown fields.
//!
//! What has a structure of its own, alone or behind base64, becomes a child of its own, and so does what is neither text nor
//! small. Plain texts are put together into a few children, so that a model with ten thousand doc strings stays one model.

use std::collections::HashSet;
use std::sync::Arc;

use crate::draft::{Draft, encoded, hash, structured};
use crate::format::{Family, Format};
use crate::identify::identify;
use crate::node::{Child, Content};
use crate::protobuf::{LARGEST_FIELD, is_text, leaves};
use crate::region::Region;
use crate::source::{Memory, SharedSource, Slice, read_up_to};

/// Below this length a text cannot hold anything worth a look of its own.
pub(crate) const NOTABLE: u64 = 20;
/// Bytes of a value that are looked at before it is decided what becomes of it.
pub(crate) const HEAD: usize = 64 * 1024;
/// Below this length bytes that are no text are numbers.
const NOTABLE_BYTES: u64 = 64;
/// Children of their own, beside plain texts.
const MOST: usize = 1_000;
/// Bytes of plain texts in one child, and in all together.
const GATHERED: usize = 1 << 20;
const MOST_GATHERED: usize = 16 << 20;
/// Bytes decoded from base64 in all.
const DECODED: usize = 8 << 20;
/// Bytes of a message that is taken apart without a description.
const MESSAGE: usize = 16 << 20;
/// Different texts remembered.
const REMEMBERED: usize = 100_000;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    seen: HashSet<u64>,
    gathered: Vec<u8>,
    bytes: usize,
    children: usize,
    decoded: usize,
}

impl Texts {
    /// Looks at a value called `name` that begins with `head`.
    pub(crate) fn look(
        &mut self,
        name: &str,
        head: &[u8],
        region: Region,
        source: &SharedSource,
        draft: &mut Draft,
    ) {
        let whole = region.len() == head.len() as u64;
        let Some(text) = self.payload(name, head, region, source, draft) else { return };
        if text.is_empty() || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            self.parts(name, region, LARGEST_FIELD, source, draft);
        } else if whole {
            self.gather(text, draft);
        } else {
            self.stored(name, region, Some(Format::Text), draft);
        }
    }

    /// Looks at a value only for what has a structure of its own, alone or behind base64: one that stands in a text is read with
    /// it. Returns the text in `head` if it is neither that nor known already; an empty one if it is no text.
    pub(crate) fn payload<'h>(
        &mut self,
        name: &str,
        head: &'h [u8],
        region: Region,
        source: &SharedSource,
        draft: &mut Draft,
    ) -> Option<&'h str> {
        let whole = region.len() == head.len() as u64;
        if region.len() < NOTABLE || whole && !self.is_new(head) {
            return None;
        }
        if !(whole && is_word(head)) {
            let slice: SharedSource = Arc::new(Slice::new(Arc::clone(source), region));
            if is_notable(&slice) {
                self.stored(name, region, None, draft);
                return None;
            }
        }
        let text = match std::str::from_utf8(head) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() && !whole => head
                .get(..error.valid_up_to())
                .and_then(|valid| std::str::from_utf8(valid).ok())
                .unwrap_or(""),
            Err(_) => "",
        };
        if whole && let Some(bytes) = encoded(text) {
            self.decode(name, bytes, draft);
        }
        Some(text)
    }

    /// Looks at a value that the file holds in another form: as the reader of the file has it once it is decoded.
    pub(crate) fn decoded(&mut self, name: &str, bytes: &[u8], draft: &mut Draft) {
        if (bytes.len() as u64) < NOTABLE || !self.is_new(bytes) {
            return;
        }
        let text = std::str::from_utf8(bytes).ok().filter(|text| is_text(text.as_bytes()));
        if let Some(inner) = text.and_then(encoded) {
            self.decode(name, inner, draft);
        }
        let source = Memory::shared(bytes.to_vec());
        match text {
            Some(text) if is_word(bytes) || !is_notable(&source) => self.gather(text, draft),
            None if (bytes.len() as u64) < NOTABLE_BYTES && !structured(&source) => {}
            _ if self.children >= MOST => draft.too_many(),
            _ => {
                self.children = self.children.saturating_add(1);
                let content = Content::Unpacked(source);
                draft.child(Child { name: name.to_owned(), content, known: None });
            }
        }
    }

    /// Looks at what is known to be a message, but not of which kind.
    pub(crate) fn message(&mut self, name: &str, region: Region, source: &SharedSource, draft: &mut Draft) {
        self.parts(name, region, u32::MAX, source, draft);
    }

    /// Bytes that are no text: a message of a kind that nobody describes is looked at part by part.
    fn parts(&mut self, name: &str, region: Region, largest: u32, source: &SharedSource, draft: &mut Draft) {
        let whole = usize::try_from(region.len()).ok().filter(|len| *len <= MESSAGE);
        let bytes = whole.and_then(|len| read_up_to(source.as_ref(), region.start, len).ok());
        let parts = bytes.as_deref().and_then(|bytes| leaves(bytes, largest));
        let (Some(bytes), Some(parts)) = (bytes, parts) else {
            if region.len() >= NOTABLE_BYTES {
                self.stored(name, region, None, draft);
            }
            return;
        };
        for (start, end) in parts {
            let part = bytes.get(start..end).unwrap_or_default();
            let place = Region::at(region.start.saturating_add(start as u64), part.len() as u64);
            if is_text(part) {
                let head = part.get(..HEAD.min(part.len())).unwrap_or_default();
                self.look(name, head, place, source, draft);
            } else if place.len() >= NOTABLE_BYTES
                || place.len() >= NOTABLE && structured(&Memory::shared(part.to_vec()))
            {
                self.stored(name, place, None, draft);
            }
        }
    }

    /// Looks at bytes that are numbers only for what has a structure of its own, although it may be so by chance.
    pub(crate) fn numbers(&mut self, name: &str, region: Region, source: &SharedSource, draft: &mut Draft) {
        let slice: SharedSource = Arc::new(Slice::new(Arc::clone(source), region));
        if structured(&slice) {
            self.stored(name, region, None, draft);
        }
    }

    /// A value that is to be inspected by itself, whatever it is.
    pub(crate) fn stored(&mut self, name: &str, region: Region, known: Option<Format>, draft: &mut Draft) {
        if self.children >= MOST {
            return draft.too_many();
        }
        self.children = self.children.saturating_add(1);
        let content = Content::Stored { region, crc32: None };
        draft.child(Child { name: name.to_owned(), content, known });
    }

    /// The content of a field that nobody describes is inspected whatever it is, and so is what stands behind base64 in it.
    pub(crate) fn unknown(&mut self, name: &str, head: &[u8], region: Region, draft: &mut Draft) {
        self.stored(name, region, None, draft);
        let text = std::str::from_utf8(head).ok().filter(|_| region.len() == head.len() as u64);
        if let Some(bytes) = text.and_then(encoded) {
            self.decode(name, bytes, draft);
        }
    }

    /// Whether a text was not seen before; what is forgotten is looked at again.
    fn is_new(&mut self, text: &[u8]) -> bool {
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        self.seen.insert(hash(text))
    }

    fn decode(&mut self, name: &str, bytes: Vec<u8>, draft: &mut Draft) {
        let decoded = self.decoded.saturating_add(bytes.len());
        if self.children >= MOST || decoded > DECODED {
            return draft.too_many();
        }
        self.children = self.children.saturating_add(1);
        self.decoded = decoded;
        draft.child(Child {
            name: format!("{name} (base64)"),
            content: Content::Decoded(bytes),
            known: None,
        });
    }

    fn gather(&mut self, text: &str, draft: &mut Draft) {
        if self.bytes.saturating_add(text.len()) > MOST_GATHERED {
            return draft.too_many();
        }
        self.bytes = self.bytes.saturating_add(text.len());
        self.gathered.extend_from_slice(text.as_bytes());
        self.gathered.push(b'\n');
        if self.gathered.len() >= GATHERED {
            self.flush(draft);
        }
    }

    /// Hands on what was put together.
    pub(crate) fn flush(&mut self, draft: &mut Draft) {
        if !self.gathered.is_empty() {
            let content = Content::Decoded(std::mem::take(&mut self.gathered));
            draft.child(Child { name: "texts".to_owned(), content, known: Some(Format::Text) });
        }
    }
}

/// Whether a text is one name or path: nothing that a parser of another format would take for its own.
fn is_word(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_:@/.-^".contains(byte))
}

/// Whether a value has a structure of its own or is source code.
fn is_notable(slice: &SharedSource) -> bool {
    structured(slice) || identify("", slice).iter().any(|candidate| candidate.format.family() == Family::Code)
}
