//! The walk over assembled messages: every byte is explained or reported.

use proptest::prelude::*;

use super::Kind::{Bytes, Fixed32, Fixed64, Int, Message as Of, Text};
use super::wire::{Varint, varint};
use super::*;
use crate::bounded::Budget;
use crate::build::protobuf::{Proto, varint as encode};
use crate::build::short::Short;
use crate::draft::Draft;
use crate::format::Format;
use crate::node::{Facts, Fault, Parsed};
use crate::region::Region;
use crate::source::{Memory, SharedSource};

static TREE: Message = Message {
    name: "Tree",
    fields: &[
        one(1, "name", Text),
        many(2, "child", Of(&TREE)),
        many(3, "number", Int),
        one(4, "small", Fixed32),
        one(5, "large", Fixed64),
        many(6, "data", Bytes),
        choice(7, "left", Int),
        choice(8, "right", Int),
        many(9, "floats", Fixed32),
        one(10, "single", Of(&TREE)),
    ],
};

fn walk(source: &SharedSource) -> (Vec<String>, Parsed) {
    let budget = Budget::default();
    let mut draft = Draft::new(Format::Unknown, Facts::Onnx(Box::default()));
    let mut walker = Walker::new(source, &TREE, &budget);
    let mut events = Vec::new();
    while let Some(event) = walker.next(&mut draft).unwrap() {
        events.push(match event {
            Event::Enter { field, .. } => format!("+{}", field.name),
            Event::Leave { region } => format!("-{region}"),
            Event::Number { field, value } => format!("{}={value}", field.name),
            Event::Bytes { field, region } | Event::Packed { field, region } => {
                format!("{}@{region}", field.name)
            }
            Event::Unknown { number, wire, region, .. } => format!("?{number} {} {region}", wire.name()),
        });
    }
    (events, draft.finish(Facts::Onnx(Box::default())))
}

fn seen(message: &Proto) -> (Vec<String>, Vec<Fault>, usize, Vec<Region>) {
    let bytes = message.build();
    let (events, parsed) = walk(&Memory::shared(bytes.clone()));
    let faults = parsed.reading.irregularities.iter().map(|fault| fault.kind).collect();
    (events, faults, parsed.gaps.len(), parsed.reading.claims.unexplained(bytes.len() as u64))
}

fn clean(message: &Proto) -> Vec<String> {
    let (events, faults, gaps, unexplained) = seen(message);
    assert_eq!((faults, gaps, unexplained), (Vec::new(), 0, Vec::new()));
    events
}

#[test]
fn fields_of_every_kind_are_walked() {
    let child = Proto::new().text(1, "b").int(3, 300);
    let message = Proto::new()
        .text(1, "a")
        .message(2, &child)
        .tag(4, 5)
        .raw(&[1, 0, 0, 0])
        .tag(5, 1)
        .raw(&[2, 0, 0, 0, 0, 0, 0, 0])
        .packed(3, &[1, 200])
        .bytes(9, &[0; 8]);
    let expected = [
        "name@2..3",
        "+child",
        "name@7..8",
        "number=300",
        "-5..11",
        "small=1",
        "large=2",
        "number@27..30",
        "floats@32..40",
        "-0..40",
    ];
    assert_eq!(clean(&message), expected);
    assert_eq!(clean(&Proto::new()), ["-0..0"]);
    assert_eq!(clean(&Proto::new().message(2, &Proto::new())), ["+child", "-2..2", "-0..2"]);
}

#[test]
fn unknown_fields_and_other_wire_types_are_events() {
    let (events, faults, gaps, unexplained) =
        seen(&Proto::new().bytes(99, b"abc").int(100, 1).int(1, 5).text(4, "text"));
    assert_eq!(events, ["?99 LEN 3..6", "?100 VARINT 8..9", "?1 VARINT 10..11", "?4 LEN 13..17", "-0..17"]);
    assert_eq!((faults, gaps, unexplained), (vec![Fault::Malformed, Fault::Malformed], 0, Vec::new()));
}

#[test]
fn what_may_be_there_once_is_reported_when_it_is_there_twice() {
    for twice in [
        Proto::new().text(1, "a").text(1, "a"),
        Proto::new().int(7, 1).int(8, 1),
        Proto::new().message(10, &Proto::new()).message(10, &Proto::new()),
    ] {
        assert_eq!(seen(&twice).1, [Fault::Duplicate], "{twice:?}");
    }
    // A field of one message and the same field of the next are two.
    let child = Proto::new().text(1, "a");
    clean(&Proto::new().message(2, &child).message(2, &child).text(1, "a"));
}

#[test]
fn numbers_longer_than_needed_are_unusual_and_too_long_ones_stop_their_message() {
    assert_eq!(seen(&Proto::new().tag(3, 0).raw(&[0x81, 0x00])).1, [Fault::Unusual]);
    assert_eq!(seen(&Proto::new().raw(&[0x8a, 0x00, 1, b'a'])).1, [Fault::Unusual]);
    let over = Proto::new().tag(3, 0).raw(&[0xff; 9]).raw(&[2]);
    let (events, faults, gaps, unexplained) = seen(&Proto::new().message(2, &over).text(1, "a"));
    assert_eq!(events, ["+child", "-2..13", "name@15..16", "-0..16"]);
    assert_eq!((faults, gaps, unexplained.len()), (vec![Fault::Malformed], 1, 1));
    assert_eq!(varint(&[0xff; 10]), Varint::Over);
    assert_eq!(varint(&[0xff; 9]), Varint::Short);
    let largest = encode(u64::MAX);
    assert_eq!(varint(&largest), Varint::Number { value: u64::MAX, len: 10, padded: false });
}

#[test]
fn values_that_leave_their_message_are_cut() {
    let inner = Proto::new().tag(1, 2).raw(&encode(50)).raw(b"ab");
    let (events, faults, gaps, _) = seen(&Proto::new().message(2, &inner).bytes(6, &[7; 60]));
    assert_eq!(events, ["+child", "name@4..6", "-2..6", "data@8..68", "-0..68"]);
    assert_eq!((faults, gaps), (vec![Fault::Malformed], 1));
    let (_, faults, gaps, _) = seen(&Proto::new().tag(6, 2).raw(&encode(u64::MAX)).raw(b"ab"));
    assert_eq!((faults, gaps), (vec![Fault::Truncated], 1));
}

#[test]
fn groups_are_walked_as_unknown_and_must_end() {
    let inside = Proto::new().tag(50, 3).int(1, 1).bytes(2, b"hidden").tag(50, 4).text(1, "a");
    let (events, faults, gaps, unexplained) = seen(&inside);
    assert_eq!(events, ["?1 VARINT 3..4", "?2 LEN 6..12", "name@16..17", "-0..17"]);
    assert_eq!((faults, gaps, unexplained), (vec![Fault::Malformed], 0, Vec::new()));
    assert_eq!(seen(&Proto::new().tag(50, 3).int(1, 1)).1.len(), 2);
    let (_, faults, gaps, unexplained) = seen(&Proto::new().tag(50, 4).text(1, "a"));
    assert_eq!((faults, gaps, unexplained.len()), (vec![Fault::Malformed], 1, 1));
    assert_eq!(seen(&Proto::new().tag(50, 3).tag(51, 4)).2, 1);
}

#[test]
fn nesting_is_followed_as_deep_as_readers_go() {
    let deep =
        |levels: usize| (0..levels).fold(Proto::new().int(3, 1), |inner, _| Proto::new().message(2, &inner));
    clean(&deep(100));
    let (_, faults, gaps, unexplained) = seen(&deep(101));
    assert_eq!((faults, gaps > 0, unexplained.len()), (vec![Fault::Malformed], true, 1));
    // Groups nest too, a byte each.
    let groups = (0..5_000).fold(Proto::new(), |message, _| message.tag(1, 3));
    let (_, faults, gaps, _) = seen(&groups);
    assert!(faults.len() > 3 && gaps > 0);
}

#[test]
fn a_million_breaks_are_a_few_gaps() {
    let broken = Proto::new().tag(3, 0).raw(&[0xff; 10]);
    let message = (0..50_000).fold(Proto::new(), |message, _| message.message(2, &broken));
    let (events, faults, gaps, _) = seen(&message);
    assert_eq!(events.len(), 100_001);
    assert!(faults.len() < 100 && gaps <= 33, "{} {gaps}", faults.len());
}

#[test]
fn packed_numbers_are_counted_across_windows() {
    let budget = Budget::default();
    let bytes: Vec<u8> = (0..100_000_u64).flat_map(|number| encode(number * 7)).collect();
    let source = Short::shared(&bytes, 1000);
    let all = Region::new(0, bytes.len() as u64);
    assert_eq!(count(source.as_ref(), all, &budget), Ok(Some(100_000)));
    assert_eq!(count(source.as_ref(), Region::new(0, all.end - 1), &budget), Ok(None));
    assert_eq!(count(Memory::shared(vec![0xff; 20]).as_ref(), Region::new(0, 20), &budget), Ok(None));
    assert_eq!(numbers(&encode(300)), Some(vec![300]));
    assert_eq!(numbers(&[1, 0x80]), None);
}

proptest! {
    #[test]
    fn whatever_the_bytes_every_one_is_explained_or_reported(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let source = Memory::shared(bytes.clone());
        let (_, parsed) = walk(&source);
        let unexplained = parsed.reading.claims.unexplained(bytes.len() as u64);
        prop_assert!(unexplained.is_empty() || !parsed.gaps.is_empty());
        prop_assert!(parsed.reading.claims.regions().iter().all(|region| region.end <= bytes.len() as u64));
    }

    #[test]
    fn any_chunking_gives_the_same_walk(bytes in prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 8, 10, 18, 0x12, 0x80, 0xff]), 0..120), most in 1_usize..9) {
        let whole = walk(&Memory::shared(bytes.clone()));
        let short = walk(&Short::shared(&bytes, most));
        prop_assert_eq!(format!("{whole:?}"), format!("{short:?}"));
    }
}
