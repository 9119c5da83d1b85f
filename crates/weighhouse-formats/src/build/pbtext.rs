//! Prints messages as text, as the libraries do.

use std::fmt::Write as _;

use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::node::Facts;
use crate::pbtext::root;
use crate::protobuf::{Event, Field, Kind, Walker, numbers};
use crate::region::Region;
use crate::source::{Memory, SharedSource};

/// A message of a format as text; nothing if it holds what no text can say: fields that the format does not have, damage.
pub fn text(format: Format, wire: &[u8]) -> Option<String> {
    let source: SharedSource = Memory::shared(wire.to_vec());
    let budget = Budget::default();
    let mut draft = Draft::new(format, Facts::GitObject);
    let mut walker = Walker::new(&source, root(format)?.message, &budget);
    let mut text = String::new();
    while let Some(event) = walker.next(&mut draft).ok()? {
        let content = |region: Region| wire.get(region.start as usize..region.end as usize);
        match event {
            Event::Enter { field, .. } => writeln!(text, "{} {{", field.name).ok()?,
            // The message itself ends last.
            Event::Leave { .. } if walker.depth() == 0 => {}
            Event::Leave { .. } => text.push_str("}\n"),
            Event::Number { field, value } => number(field, value, &mut text),
            Event::Bytes { field, region } => {
                let escaped: String = content(region)?.iter().map(|byte| escaped(*byte)).collect();
                writeln!(text, "{}: \"{escaped}\"", field.name).ok()?;
            }
            Event::Packed { field, region } => {
                let bytes = content(region)?;
                match field.kind {
                    Kind::Fixed32 => bytes.chunks_exact(4).for_each(|one| {
                        number(
                            field,
                            u32::from_le_bytes(one.try_into().unwrap_or_default()).into(),
                            &mut text,
                        );
                    }),
                    Kind::Fixed64 => bytes.chunks_exact(8).for_each(|one| {
                        number(field, u64::from_le_bytes(one.try_into().unwrap_or_default()), &mut text);
                    }),
                    _ => numbers(bytes)?.into_iter().for_each(|value| number(field, value, &mut text)),
                }
            }
            Event::Unknown { .. } => return None,
        }
    }
    let parsed = draft.finish(Facts::GitObject);
    parsed.gaps.is_empty().then_some(text)
}

fn number(field: &Field, value: u64, text: &mut String) {
    let name = field.name;
    let named = match field.kind {
        Kind::Enum(names) => names.iter().find(|(_, number)| *number == value).map(|(name, _)| *name),
        _ => None,
    };
    let written = match (named, field.kind) {
        (Some(named), _) => named.to_owned(),
        (None, Kind::Fixed32) => format!("{:?}", f32::from_bits(value as u32)),
        (None, Kind::Fixed64) => format!("{:?}", f64::from_bits(value)),
        (None, _) => value.cast_signed().to_string(),
    };
    text.extend([name, ": ", &written, "\n"]);
}

fn escaped(byte: u8) -> String {
    match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        other => format!("\\{other:03o}"),
    }
}
