use super::*;
use crate::build::short::Short;
use crate::inspect::inspect;
use crate::node::{Content, Facts, Fault, GapReason};
use crate::source::Memory;

fn parse_text(text: &str) -> Parsed {
    parse(&Memory::shared(text.as_bytes().to_vec()), "x.json", &Budget::default())
}

fn facts(parsed: &Parsed) -> &JsonFacts {
    match &parsed.reading.facts {
        Facts::Json(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn faults(parsed: &Parsed) -> Vec<Fault> {
    parsed.reading.irregularities.iter().map(|fault| fault.kind).collect()
}

#[test]
fn a_tree_has_exact_places() {
    let parsed = parse_text(r#"{"a": [1, "b\n"], "c": {"d": NaN}}"#);
    let value = facts(&parsed).value.as_ref().unwrap();
    assert_eq!(value.region, Region::new(0, 34));
    let second = &value.get("a").unwrap().elements()[1];
    assert_eq!((second.text(), second.region), (Some("b\n"), Region::new(10, 15)));
    assert_eq!(facts(&parsed).python_numbers, 1);
    assert!(parsed.gaps.is_empty() && faults(&parsed).is_empty());
}

#[test]
fn duplicates_are_named_by_path_and_the_last_wins() {
    let parsed = parse_text(r#"{"a": {"b": 1, "x": [{"b": 2, "b": 3}]}, "a": 4, "\u0061": 5}"#);
    let paths: Vec<&str> = facts(&parsed).duplicates.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["a.x.0.b", "a", "a"]);
    assert_eq!(facts(&parsed).value.as_ref().unwrap().get("a").unwrap().kind, Kind::Number("5".to_owned()));
}

#[test]
fn templates_are_children_wherever_they_stand() {
    let parsed = parse_text(
        r#"{"chat_template": [{"name": "default", "template": "{{ x }}"}, {"name": "t", "template": "{% if y %}{% endif %}"}],
            "other": "{{ no }}", "deep": ["{% set z = 1 %}"], "Chat_Template_2": {"k": "{{ q }}"}}"#,
    );
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(
        names,
        ["chat_template.0.template", "chat_template.1.template", "deep.0", "Chat_Template_2.k"]
    );
    assert!(matches!(&parsed.children[0].content, Content::Decoded(text) if text == b"{{ x }}"));
    assert_eq!(parsed.children[0].known, Some(crate::format::Format::Template));
}

#[test]
fn what_lenient_readers_accept_is_reported_and_read() {
    let parsed = parse_text("{// c\n\"a\": [1, /* , */ 2,], # d\n \"b\": \"//\",}");
    assert_eq!(faults(&parsed), [Fault::Malformed]);
    assert!(parsed.gaps.is_empty(), "{:?}", parsed.gaps);
    let value = facts(&parsed).value.as_ref().unwrap();
    assert_eq!(value.get("a").unwrap().elements().len(), 2);
    assert_eq!(value.get("b").unwrap().text(), Some("//"));
}

#[test]
fn what_stands_before_a_break_is_kept() {
    for (text, fault) in [
        (r#"{"auto_map": {"a": "b.C"}, "x": [1"#, Fault::Truncated),
        (r#"{"auto_map": {"a": "b.C"}, "x" 1}"#, Fault::Malformed),
        (r#"{"auto_map": {"a": "b.C"}} {"#, Fault::Trailing),
    ] {
        let parsed = parse_text(text);
        assert_eq!(faults(&parsed), [fault], "{text}");
        assert_eq!(parsed.gaps.is_empty(), fault == Fault::Trailing);
        let map = facts(&parsed).value.as_ref().unwrap().get("auto_map").unwrap();
        assert_eq!(map.get("a").unwrap().text(), Some("b.C"));
    }
}

#[test]
fn deep_nesting_is_a_gap_and_no_crash() {
    for text in ["[".repeat(1_000_000), r#"{"a":"#.repeat(200_000)] {
        let parsed = parse_text(&text);
        assert!(faults(&parsed).contains(&Fault::Bomb));
        assert!(parsed.gaps.iter().any(|gap| matches!(gap.reason, GapReason::Limit(_))));
    }
}

#[test]
fn long_vocabularies_leave_no_gap_and_hide_nothing() {
    let words: Vec<String> = (0..100_000).map(|i| format!("\"w{i}\": {i}")).collect();
    let merges: Vec<String> = (0..100_000).map(|i| format!("[\"a{i}\", \"b\"]")).collect();
    let text = format!(
        "{{\"vocab\": {{{}, \"auto_map\": {{\"x\": \"y.Z\"}}, \"k\": \"v\"}}, \"merges\": [{}], \"end\": 1}}",
        words.join(","),
        merges.join(",")
    );
    let parsed = parse_text(&text);
    assert!(parsed.gaps.is_empty() && faults(&parsed).is_empty());
    let value = facts(&parsed).value.as_ref().unwrap();
    let vocab = value.get("vocab").unwrap();
    assert_eq!(vocab.get("auto_map").unwrap().get("x").unwrap().text(), Some("y.Z"));
    assert_eq!(vocab.get("k").unwrap().text(), Some("v"));
    assert!(value.get("end").is_some());
    assert!(facts(&parsed).left_out > 60_000);
}

#[test]
fn every_cut_is_seen() {
    let text = r#"{"a": [1, "b", {"c": null}], "chat_template": "{{ x }}", "d": -1.5e3}"#;
    for cut in 1..text.len() {
        let parsed = parse_text(text.get(..cut).unwrap());
        assert!(!parsed.gaps.is_empty() && !faults(&parsed).is_empty(), "{cut}");
    }
}

#[test]
fn any_chunking_gives_the_same_facts() {
    let text = r#"{"a": ["\ud83d\ude00", {"c": null, "c": 1}], "chat_template": "{{ x }}", "d": -1.5e3, }"#;
    let whole = format!("{:?}", parse_text(text));
    for size in [1, 2, 3, 7, 13] {
        let source: SharedSource = Short::shared(text.as_bytes(), size);
        assert_eq!(format!("{:?}", parse(&source, "x.json", &Budget::default())), whole);
    }
}

#[test]
fn wide_documents_are_read_whole() {
    let text = r#"{"naïve": ["😀", {"a": 1, "a": 2}]}"#;
    let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let read = |bytes: &[u8]| {
        let source = Memory::shared(bytes.to_vec());
        parse(&source, "x.json", &Budget::default())
    };
    let parsed = read(&bytes);
    let facts = facts(&parsed);
    let value = facts.value.as_ref().unwrap();
    assert_eq!(value.get("naïve").unwrap().elements()[0].text(), Some("😀"));
    let whole = Region::new(0, bytes.len() as u64);
    assert_eq!(value.get("naïve").unwrap().region, whole);
    assert_eq!(facts.duplicates, [("naïve.1.a".to_owned(), whole)]);
    assert!(parsed.gaps.is_empty() && parsed.reading.irregularities.is_empty());
    // What is wrong with it is said of a place that the file has.
    bytes.truncate(20);
    let cut = read(&bytes);
    let whole = Region::new(0, 20);
    assert_eq!(cut.reading.irregularities[0].region, Some(whole));
    assert!(cut.gaps.iter().all(|gap| gap.region.is_none_or(|region| region == whole)));
}

#[test]
fn documents_one_after_another_are_read_each() {
    let read =
        |name: &str, text: &str| inspect(name, &Memory::shared(text.as_bytes().to_vec()), &Budget::default());
    let lines = |node: &crate::node::Node| {
        let found = node.readings.iter().find_map(|reading| match &reading.facts {
            Facts::JsonLines(facts) => Some((
                facts.count,
                facts.broken,
                facts.lines.iter().map(|line| line.line).collect::<Vec<_>>(),
            )),
            _ => None,
        });
        found.unwrap()
    };
    let plain = read("data.jsonl", "{\"a\": 1}\n\n[2]\r\n\"three\"\n{\n \"b\": 4\n}\n5");
    assert_eq!(lines(&plain), (5, 0, vec![1, 3, 4, 5, 8]));
    assert_eq!((plain.gaps.len(), plain.readings[0].irregularities.len()), (0, 0));
    let broken = read("data.jsonl", "{\"a\": 1}\nwhat is this\n{\"b\": [1, }\n{\"c\": 2}\n{\"d\":");
    assert_eq!(lines(&broken), (2, 3, vec![1, 3, 4, 5]));
    assert_eq!(broken.readings[0].irregularities[0].kind, Fault::Malformed);
    let other = read("run.log", "{\"a\": 1}\n{\"b\": 2}\nthe end\n");
    assert_eq!(other.readings[0].irregularities[0].kind, Fault::Unusual);
}

#[test]
fn records_without_number_are_bounded_and_new_keys_are_kept() {
    let mut text = "{\"n\":[1,2,3,4,5,6,7]}\n".repeat(80_000);
    text.push_str("{\"_target_\": \"os.system\"}\n");
    let found = inspect("data.jsonl", &Memory::shared(text.into_bytes()), &Budget::default());
    let Facts::JsonLines(facts) = &found.readings[0].facts else { panic!() };
    assert_eq!(facts.count, 80_001);
    assert!(facts.left_out > 10_000, "{}", facts.left_out);
    assert_eq!(facts.lines.last().unwrap().line, 80_001);
    assert_eq!(found.gaps, []);
}

#[test]
fn texts_of_records_are_no_templates_unless_a_key_says_so() {
    let text = "{\"text\": \"{% if x %}{{ y.__class__ }}{% endif %}\"}\n{\"chat_template\": \"{% if x %}{% endif %}\"}\n";
    let found = inspect("data.jsonl", &Memory::shared(text.as_bytes().to_vec()), &Budget::default());
    let names: Vec<&str> = found.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["line 2: chat_template"]);
}
