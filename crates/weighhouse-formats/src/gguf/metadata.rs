//! The key-value table.

use std::sync::Arc;

use super::reader::{RawText, Stop};
use super::types::{Number, ValueType, value_type};
use super::{ALIGNMENT, File, GgufValue};
use crate::draft::{head, show, structured};
use crate::format::Format;
use crate::node::{Child, Content, Fault};
use crate::region::Region;
use crate::source::{SharedSource, Slice};

/// The longest key the format allows.
const LONGEST_KEY: u64 = 65_535;
/// Bytes of a text kept as a fact.
const KEPT_TEXT: usize = 4096;
/// Below this length a text cannot hold anything worth a look of its own.
const NOTABLE_TEXT: u64 = 20;
/// No token of a vocabulary is as long as this.
const NOTABLE_ELEMENT: u64 = 512;
/// Children made of the elements of one array.
const MOST_ELEMENTS: usize = 1_000;
/// Arrays within arrays.
const DEEPEST: u32 = 8;

impl File<'_> {
    /// Reads one key and its value.
    pub(super) fn pair(&mut self) -> Result<(), Stop> {
        let raw = self.reader.text(KEPT_TEXT)?;
        let key = self.name("key", &raw, LONGEST_KEY);
        self.once("key", &key, &raw.head, raw.region);
        let at = self.reader.position();
        let code = self.reader.u32()?;
        let Some((kind, _)) = value_type(code) else {
            let detail = format!("the value of `{}` has the unknown type {code}", show(&key));
            return Err(Stop::Malformed { at, detail });
        };
        let value = self.value(&key, kind)?;
        if key == "general.alignment" {
            self.alignment(&value, code, at);
        }
        self.facts.metadata.push((key, value));
        Ok(())
    }

    /// The text of a name, with a fault if it is longer than allowed or not text.
    pub(super) fn name(&mut self, what: &str, raw: &RawText, longest: u64) -> String {
        if raw.region.len() > longest {
            let detail = format!("a {what} of {} bytes is longer than the format allows", raw.region.len());
            self.draft.fault(Fault::Malformed, raw.region, detail);
        }
        let name = String::from_utf8_lossy(&raw.head);
        if raw.region.len() <= raw.head.len() as u64 && matches!(name, std::borrow::Cow::Owned(_)) {
            self.draft.fault(Fault::Malformed, raw.region, format!("a {what} is not valid UTF-8"));
        }
        head(&name, 256).to_owned()
    }

    fn value(&mut self, key: &str, kind: ValueType) -> Result<GgufValue, Stop> {
        self.reader.step()?;
        match kind {
            ValueType::Number { size, kind } => self.number(key, size, kind),
            ValueType::Text => {
                let raw = self.reader.text(KEPT_TEXT.min(self.room))?;
                self.room = self.room.saturating_sub(raw.head.len());
                self.text(key, &raw)?;
                let lossy = String::from_utf8_lossy(&raw.head);
                Ok(GgufValue::Text(head(&lossy, KEPT_TEXT).to_owned()))
            }
            ValueType::Array => self.array(key, 0),
        }
    }

    fn number(&mut self, key: &str, size: u64, kind: Number) -> Result<GgufValue, Stop> {
        let at = self.reader.position();
        let bits = self.reader.number(size)?;
        Ok(match (kind, size) {
            (Number::Bool, _) => {
                if bits > 1 {
                    let detail = format!("the truth value `{}` is {bits}", show(key));
                    self.draft.fault(Fault::Malformed, Region::at(at, 1), detail);
                }
                GgufValue::Bool(bits != 0)
            }
            (Number::Float, 4) => GgufValue::Float(f64::from(f32::from_bits(bits as u32))),
            (Number::Float, _) => GgufValue::Float(f64::from_bits(bits)),
            (Number::Unsigned, _) => GgufValue::Integer(i128::from(bits)),
            (Number::Signed, size) => {
                let unused = 64_u32.saturating_sub(8_u32.saturating_mul(size as u32));
                GgufValue::Integer(i128::from((bits << unused).cast_signed() >> unused))
            }
        })
    }

    /// A text is a template if its key says so or if it has the syntax of one; any longer text is looked at.
    fn text(&mut self, key: &str, raw: &RawText) -> Result<(), Stop> {
        let named = key == "tokenizer.chat_template" || key.starts_with("tokenizer.chat_template.");
        if named || self.reader.holds_template(self.source, raw.region)? {
            self.facts.templates.push(key.to_owned());
            self.stored(key, raw.region, Some(Format::Template));
        } else if raw.region.len() >= NOTABLE_TEXT {
            self.stored(key, raw.region, Some(Format::Text));
        }
        Ok(())
    }

    fn stored(&mut self, name: &str, region: Region, known: Option<Format>) {
        let content = Content::Stored { region, crc32: None };
        self.draft.child(Child { name: name.to_owned(), content, known });
    }

    fn array(&mut self, key: &str, depth: u32) -> Result<GgufValue, Stop> {
        let at = self.reader.position();
        let code = self.reader.u32()?;
        let len = self.reader.length()?;
        let Some((kind, element)) = value_type(code) else {
            let detail = format!("the array `{}` has elements of the unknown type {code}", show(key));
            return Err(Stop::Malformed { at, detail });
        };
        if depth >= DEEPEST {
            let detail = format!("the array `{}` is nested too deeply", show(key));
            return Err(Stop::Malformed { at, detail });
        }
        match kind {
            ValueType::Number { size, .. } => {
                // An impossible length is cut to one that no file has, and fails as truncated.
                let region = self.reader.skip(len.saturating_mul(size))?;
                if size == 1 {
                    self.raw_bytes(key, region);
                }
            }
            ValueType::Text => self.texts(key, len)?,
            ValueType::Array => {
                for _ in 0..len {
                    self.reader.step()?;
                    self.array(key, depth.saturating_add(1))?;
                }
            }
        }
        Ok(GgufValue::Array { element, len })
    }

    /// Bytes may be anything: what has a structure of its own is looked at.
    fn raw_bytes(&mut self, key: &str, region: Region) {
        let slice: SharedSource = Arc::new(Slice::new(Arc::clone(self.source), region));
        if region.len() >= 16 && structured(&slice) {
            self.stored(key, region, None);
        }
    }

    /// A vocabulary, as a rule: walked; only what is too long for a token, or named a template, is looked at.
    fn texts(&mut self, key: &str, len: u64) -> Result<(), Stop> {
        let mut made = 0;
        for index in 0..len {
            let raw = self.reader.text(0)?;
            let template = key.contains("template") && !raw.region.is_empty();
            if !template && raw.region.len() < NOTABLE_ELEMENT {
                continue;
            }
            if made >= MOST_ELEMENTS {
                self.draft.too_many();
                continue;
            }
            made = made.saturating_add(1);
            self.text(&format!("{key}[{index}]"), &raw)?;
        }
        Ok(())
    }

    fn alignment(&mut self, value: &GgufValue, code: u32, at: u64) {
        match value {
            GgufValue::Integer(alignment)
                if code == 4 && u32::try_from(*alignment).is_ok_and(u32::is_power_of_two) =>
            {
                self.facts.alignment = u64::try_from(*alignment).unwrap_or(ALIGNMENT);
            }
            // Readers divide by it.
            _ => self.draft.fault(
                Fault::Impossible,
                Region::at(at, 4),
                "`general.alignment` is not a power of two of 32 bits",
            ),
        }
    }
}
