//! The grammar and its escapes, and the form of the wire against what the assembler of messages makes.

use proptest::prelude::*;

use super::*;
use crate::bounded::Budget;
use crate::build::protobuf::Proto;
use crate::build::short::Short;
use crate::protobuf::Kind::{Bytes, Enum, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, many, message, one};
use crate::region::Region;
use crate::source::{Memory, SharedSource, read_up_to};

static TREE: Message = message(
    "Tree",
    &[
        one(1, "name", Text),
        many(2, "child", Of(&TREE)),
        many(3, "number", Int),
        many(4, "small", Fixed32),
        many(5, "large", Fixed64),
        many(6, "data", Bytes),
        many(7, "color", Enum(&[("RED", 0), ("BLUE", 5)])),
    ],
);

#[derive(Default)]
struct Left {
    fields: Vec<String>,
    literals: Vec<String>,
}

impl Rest for Left {
    fn field(&mut self, message: &'static Message, name: &str, _region: Region) {
        self.fields.push(format!("{}.{name}", message.name));
    }

    fn literal(&mut self, name: &str, bytes: &[u8], _region: Region) {
        self.literals.push(format!("{name}={}", String::from_utf8_lossy(bytes)));
    }
}

fn bytes(source: &SharedSource) -> Vec<u8> {
    read_up_to(source.as_ref(), 0, source.len() as usize).unwrap()
}

fn written(text: &[u8]) -> (Vec<u8>, End, Left) {
    let mut left = Left::default();
    let source = Memory::new(text.to_vec());
    let written = encode(&source, &TREE, &[], &Budget::default(), &mut left).unwrap();
    (bytes(&written.source), written.end, left)
}

/// What a text is whose every field is known.
fn wire(text: &str) -> Vec<u8> {
    let (bytes, end, left) = written(text.as_bytes());
    assert!(end.broken.is_none() && end.stopped.is_none(), "{text}: {end:?}");
    assert_eq!(left.fields, Vec::<String>::new(), "{text}");
    bytes
}

fn name(literal: &str) -> Vec<u8> {
    let bytes = wire(&format!("name: {literal}"));
    bytes.get(2..).unwrap().to_vec()
}

#[test]
fn every_spelling_of_a_message_is_the_same_message() {
    let inner = Proto::new().text(1, "x").int(3, 1).int(3, 2);
    let tree = Proto::new().message(2, &inner).message(2, &Proto::new()).text(1, "ab").build();
    for text in [
        "child { name: \"x\" number: 1 number: 2 } child {} name: \"ab\"",
        "child < name: 'x'; number: [1, 2], > child: <>, name: 'a' 'b'",
        "# a comment\nchild: { name :\"x\" number:1,number:2 }\r\nchild\n{\n}\nname: \"a\" # on\n\"b\" # and on",
        "\u{feff}child: [{name: \"x\", number: [1 2]}, <>]; name\u{a0}:\u{2028}\"ab\"",
        "2 { 1: 'x' 3: 1 3: 0x2 } 2 {} 1: 'ab'",
        "child{name:\"x\"number:[0x1]number:02}child{}name:\"\"\"ab\"''",
        "child { name: \"x\" number: [] number: [1] number: 2 } child {} # comment\rname: \"ab\"",
    ] {
        assert_eq!(wire(text), tree, "{text}");
    }
}

#[test]
fn values_are_those_that_the_libraries_read() {
    let number = |text: &str| wire(&format!("number: {text}"));
    for (text, value) in [
        ("0", 0),
        ("-1", u64::MAX),
        ("- 1", u64::MAX),
        ("0x7F", 127),
        ("-0x80", 128_u64.wrapping_neg()),
        ("010", 8),
        ("18446744073709551615", u64::MAX),
        ("true", 1),
        ("False", 0),
        ("t", 1),
        ("SOME_VALUE", 0),
    ] {
        assert_eq!(number(text), Proto::new().int(3, value).build(), "{text}");
    }
    for (text, value) in [("RED", 0), ("BLUE", 5), ("5", 5), ("GREEN", i32::MAX as u64)] {
        assert_eq!(wire(&format!("color: {text}")), Proto::new().int(7, value).build(), "{text}");
    }
    for (text, value) in
        [("1.5", 1.5_f32), ("1.5f", 1.5), ("-inf", f32::NEG_INFINITY), ("-1e-3", -1e-3), ("3", 3.0)]
    {
        let expected = Proto::new().tag(4, 5).raw(&value.to_le_bytes()).build();
        assert_eq!(wire(&format!("small: {text}")), expected, "{text}");
    }
    let large = Proto::new().tag(5, 1).raw(&0.1_f64.to_le_bytes()).build();
    assert_eq!(wire("large: 0.1"), large);
}

/// What Python and C++ make of the same literals, from the libraries themselves.
#[test]
fn escapes_hide_nothing() {
    for literal in [
        r#""WriteFile""#,
        r#""Write\106ile""#,
        r#""Write\x46ile""#,
        r#""Write\X46ile""#,
        r#""Write\u0046ile""#,
        r#""Write\U00000046ile""#,
        r#""Write\N{LATIN CAPITAL LETTER F}ile""#,
        r#"'Wri' "te" 'File'"#,
        "\"Wri\" # not the end\n \"teFile\"",
        r#""\127rite\106ile""#,
    ] {
        assert_eq!(name(literal), b"WriteFile", "{literal}");
    }
    for (literal, value) in [
        (r#""\a\b\t\n\v\f\r\\\'\"\?""#, &b"\x07\x08\t\n\x0b\x0c\r\\'\"?"[..]),
        (r#""\1234\xfff""#, b"S4\xfff"),
        (r#""\0\7""#, b"\0\x07"),
        (r#""\q""#, b"\\q"),
        (r#""\ud83d\ude00""#, "😀".as_bytes()),
        (r#""\ud83d""#, "\u{fffd}".as_bytes()),
        ("\"two\nlines\"", b"two\nlines"),
        (r#""\N{DIGIT FOUR}\N{low line}\N{SOLIDUS}\N{SNOWMAN}""#, b"4_/?"),
        ("''", b""),
        ("\"caf\u{e9}\"", "caf\u{e9}".as_bytes()),
    ] {
        assert_eq!(name(literal), value, "{literal}");
    }
}

#[test]
fn what_the_schema_does_not_have_is_handed_on() {
    let text = "name: 'x' other: 'a long text' more { deep { of: ['first', 'second'] n: 1 } } [a.b . c]: 'ext'\n\
        [type.googleapis.com/x.Y] { value: 'any' } number: 'seven' child: 'no message' name { s: 'in' } data: word 99: 'n'";
    let (bytes, end, left) = written(text.as_bytes());
    assert!(end.broken.is_none());
    assert_eq!(bytes, Proto::new().text(1, "x").bytes(6, b"word").build());
    let fields = ["other", "more", "[a.b.c]", "[type.googleapis.com/x.Y]", "number", "child", "name", "99"];
    assert_eq!(left.fields, fields.map(|name| format!("Tree.{name}")));
    let literals = [
        "other=a long text",
        "of=first",
        "of=second",
        "[a.b.c]=ext",
        "value=any",
        "number=seven",
        "child=no message",
        "s=in",
        "99=n",
    ];
    assert_eq!(left.literals, literals);
}

#[test]
fn what_breaks_is_told_with_its_place_and_what_stands_before_it_counts() {
    let name = Proto::new().text(1, "x");
    for (text, at) in [
        ("name: 'x' }", 10),
        ("name: 'x' !", 10),
        ("name: 'x' child {", 17),
        ("name: 'x' child { >", 18),
        ("name: 'x' number 1", 17),
        ("name: 'x' number: [1", 20),
        ("name: 'x' number: ", 18),
        ("name: 'x' [a.b: 1", 14),
        ("name: 'x' data: 'y", 18),
        ("name: 'x' data: 'y\\", 19),
    ] {
        let (bytes, end, _) = written(text.as_bytes());
        assert!(bytes.starts_with(&name.build()), "{text}");
        assert_eq!(end.broken.map(|broken| (broken.at, broken.deep)), Some((at, false)), "{text}");
    }
    // No reader takes null bytes; what is behind them is read all the same.
    assert_eq!(wire("name: 'x' \0 # \0number: 1"), name.int(3, 1).build());
    let deep = written("child {".repeat(2_000).as_bytes()).1.broken.unwrap();
    assert!(deep.deep);
}

#[test]
fn long_literals_and_long_names_are_bounded() {
    let long = "x".repeat(300_000);
    let text = format!("child {{ data: '{long}\\101' '{long}' }}");
    let data = format!("{long}A{long}");
    assert_eq!(wire(&text), Proto::new().message(2, &Proto::new().bytes(6, data.as_bytes())).build());
    let (_, end, _) = written(format!("{long}: 1").as_bytes());
    assert!(end.broken.is_some());
}

fn any_text() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "child", "name", "number", "data", "other", "{", "}", "<", ">", "[", "]", ":", ",", ";", "1", "-",
        "'a'", "\"\\x41", "\"", "\\", "# c\n", "\r", "\0", " ", "[a.b]", "[x/y.Z]", "é", "\u{2028}",
    ]);
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    /// Both readings agree, whatever the text and however it arrives: lengths are those of what is written.
    #[test]
    fn what_is_written_is_a_message_whose_every_byte_is_explained(text in any_text()) {
        let (first, end, left) = written(text.as_bytes());
        let source: SharedSource = Memory::shared(first.clone());
        let mut draft = crate::draft::Draft::new(crate::format::Format::Unknown, crate::node::Facts::GitObject);
        let budget = Budget::default();
        let mut walker = crate::protobuf::Walker::new(&source, &TREE, &budget);
        while walker.next(&mut draft).unwrap().is_some() {}
        let parsed = draft.finish(crate::node::Facts::GitObject);
        prop_assert!(parsed.gaps.iter().all(|gap| gap.detail.contains("deep")), "{:?}", parsed.gaps);
        prop_assert_eq!(parsed.reading.claims.unexplained(first.len() as u64), vec![]);
        let mut again = Left::default();
        let short = Short::shared(text.as_bytes(), 7);
        let chunked = encode(short.as_ref(), &TREE, &[], &Budget::default(), &mut again).unwrap();
        prop_assert_eq!(bytes(&chunked.source), first);
        prop_assert_eq!(chunked.end.broken, end.broken);
        prop_assert_eq!((again.fields, again.literals), (left.fields, left.literals));
    }
}
