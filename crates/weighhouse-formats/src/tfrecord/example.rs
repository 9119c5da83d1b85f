//! The features of `tf.train.Example` and `tf.train.SequenceExample`: names, kinds, values of bytes.

use std::collections::BTreeMap;

use super::MOST_NAMES;
use crate::draft::head;
use crate::protobuf::{Kind, Message, Outline, Part, Wire, many, message, one, outline};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

static BYTES_LIST: Message = message("BytesList", &[many(1, "value", Kind::Bytes)]);
static FLOAT_LIST: Message = message("FloatList", &[many(1, "value", Kind::Fixed32)]);
static INT64_LIST: Message = message("Int64List", &[many(1, "value", Kind::Int)]);
static FEATURE: Message = message(
    "Feature",
    &[
        one(1, "bytes_list", Kind::Message(&BYTES_LIST)),
        one(2, "float_list", Kind::Message(&FLOAT_LIST)),
        one(3, "int64_list", Kind::Message(&INT64_LIST)),
    ],
);
static FEATURE_LIST: Message = message("FeatureList", &[many(1, "feature", Kind::Message(&FEATURE))]);
static ENTRY: Message =
    message("FeatureEntry", &[one(1, "key", Kind::Text), one(2, "value", Kind::Message(&FEATURE))]);
static LIST_ENTRY: Message =
    message("FeatureListEntry", &[one(1, "key", Kind::Text), one(2, "value", Kind::Message(&FEATURE_LIST))]);
static FEATURES: Message = message("Features", &[many(1, "feature", Kind::Message(&ENTRY))]);
static FEATURE_LISTS: Message =
    message("FeatureLists", &[many(1, "feature_list", Kind::Message(&LIST_ENTRY))]);

/// Fields of one message that are looked at.
const MOST: usize = 65_536;
/// Bytes of a name.
const LONGEST: usize = 256;

/// What all records so far have.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// By name: in how many records, and of which kinds.
    names: BTreeMap<String, (u64, u8)>,
}

impl Features {
    /// Takes a record that is an example: its values of bytes, by name. Nothing if it is none.
    pub(super) fn take(&mut self, record: &SharedSource) -> Option<Vec<(String, Region)>> {
        let whole = fields(record, Region::new(0, record.len()))?;
        let known = whole.parts.iter().all(|part| part.wire == Wire::Len && matches!(part.number, 1 | 2));
        if whole.parts.is_empty() || !known {
            return None;
        }
        let mut found = Vec::new();
        for part in &whole.parts {
            let (entries, lists) = match part.number {
                1 => (inner(record, part, &FEATURES)?, false),
                _ => (inner(record, part, &FEATURE_LISTS)?, true),
            };
            for entry in &entries.parts {
                let entry = inner(record, entry, if lists { &LIST_ENTRY } else { &ENTRY })?;
                let name = entry.all(1).last().map(|key| text(record, key.content)).unwrap_or_default();
                for value in entry.all(2) {
                    if lists {
                        for feature in &inner(record, value, &FEATURE_LIST)?.parts {
                            feature_of(record, feature, &name, &mut found)?;
                        }
                    } else {
                        feature_of(record, value, &name, &mut found)?;
                    }
                }
                found.push(Found::Name(name));
            }
        }
        Some(self.keep(found))
    }

    fn keep(&mut self, found: Vec<Found>) -> Vec<(String, Region)> {
        let mut values = Vec::new();
        let mut kinds = 0;
        for found in found {
            match found {
                Found::Kind(kind) => kinds |= 1 << kind,
                Found::Value(name, region) => values.push((name, region)),
                Found::Name(name) => {
                    if self.names.len() < MOST_NAMES || self.names.contains_key(&name) {
                        let (count, all) = self.names.entry(name).or_default();
                        *count = count.saturating_add(1);
                        *all |= std::mem::take(&mut kinds);
                    }
                }
            }
        }
        values
    }

    /// Each feature with its kinds and in how many records it is.
    pub(super) fn described(self) -> impl Iterator<Item = (String, String)> {
        self.names.into_iter().map(|(name, (count, kinds))| {
            let words = [(1, "bytes"), (2, "float"), (3, "int64")];
            let of: Vec<&str> =
                words.into_iter().filter(|(kind, _)| kinds & 1 << kind != 0).map(|(_, word)| word).collect();
            (format!("feature {name}"), format!("{} in {count} records", of.join(" or ")))
        })
    }
}

enum Found {
    Value(String, Region),
    Kind(u8),
    /// All that was found since the last name is of this one.
    Name(String),
}

fn feature_of(record: &SharedSource, feature: &Part, name: &str, found: &mut Vec<Found>) -> Option<()> {
    for list in &inner(record, feature, &FEATURE)?.parts {
        found.push(Found::Kind(u8::try_from(list.number).ok()?));
        if list.number == 1 {
            let values = inner(record, list, &BYTES_LIST)?;
            found.extend(values.parts.iter().map(|value| Found::Value(name.to_owned(), value.content)));
        }
    }
    Some(())
}

/// The fields of the message in `region`, if it is one to its end.
fn fields(record: &SharedSource, region: Region) -> Option<Outline> {
    let found = outline(record.as_ref(), region, MOST)?;
    found.parts.iter().all(|part| part.content.end <= region.end).then_some(found)
}

/// The fields of a part, if they are those of `message`.
fn inner(record: &SharedSource, part: &Part, message: &Message) -> Option<Outline> {
    let found = (part.wire == Wire::Len).then(|| fields(record, part.content))??;
    (found.parts.is_empty() || found.fits(message)).then_some(found)
}

fn text(record: &SharedSource, region: Region) -> String {
    let len = usize::try_from(region.len()).unwrap_or(usize::MAX).min(LONGEST);
    let bytes = read_up_to(record.as_ref(), region.start, len).unwrap_or_default();
    head(&String::from_utf8_lossy(&bytes), LONGEST).to_owned()
}
