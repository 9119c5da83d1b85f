use std::fmt::Write as _;

use super::*;
use crate::source::Memory;

fn parse_text(text: &str) -> Parsed {
    parse(&Memory::shared(text.as_bytes().to_vec()), "x.yaml", &Budget::default())
}

fn read(text: &str) -> YamlFacts {
    match parse_text(text).reading.facts {
        Facts::Yaml(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

fn tags(text: &str) -> Vec<String> {
    read(text).tags.into_iter().map(|(tag, ..)| tag).collect()
}

fn scalars(text: &str) -> Vec<(String, String)> {
    read(text).scalars.into_iter().map(|scalar| (scalar.path, scalar.value)).collect()
}

#[test]
fn tags_are_seen_however_they_are_written() {
    for text in [
        "a: !!python/object/apply:os.system ['id']",
        "!!python/object/apply:os.system ['id']",
        "a: !<tag:yaml.org,2002:python/object/apply:os.system> ['id']",
        "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:os.system ['id']",
        "a: !!%70ython/object/apply:os.system ['id']",
        "{a: [!!python/object/apply:os.system {x: 1}]}",
        "? !!python/object/apply:os.system ['id']\n: 1",
        "--- 1\n--- !!python/object/apply:os.system\n- id",
        "a: [b\n!!python/object/apply:os.system ['id']\n",
        "a: {{ broken }} x: - \nc: !!python/object/apply:os.system ['id']\n",
    ] {
        assert!(
            tags(text).contains(&"!!python/object/apply:os.system".to_owned()),
            "{text}: {:?}",
            tags(text)
        );
    }
    assert_eq!(tags("a: !!str 1\nb: !!binary aGk=\nc: !local 2\nd: ! 3"), ["!local"]);
}

#[test]
fn scalars_have_paths_and_places() {
    let facts = read(
        "ä: x\ntrainer:\n  _target_: os.system\n  list:\n    - a: 1\n      b: 'two'\n    - [3, {c: 4}]\n",
    );
    let found: Vec<(&str, &str, u32)> = facts
        .scalars
        .iter()
        .map(|scalar| (scalar.path.as_str(), scalar.value.as_str(), scalar.line))
        .collect();
    assert_eq!(
        found,
        [
            ("ä", "x", 1),
            ("trainer._target_", "os.system", 3),
            ("trainer.list.0.a", "1", 5),
            ("trainer.list.0.b", "two", 6),
            ("trainer.list.1.0", "3", 7),
            ("trainer.list.1.1.c", "4", 7)
        ]
    );
    assert_eq!(facts.scalars[1].region, Region::new(27, 36));
}

#[test]
fn duplicates_and_aliases() {
    let facts = read("a: &x {k: 1, k: 2}\nb: *x\nc: &y [*x, *x]\nd: *y\na: 3\n<<: *x\n<<: *y\n");
    assert_eq!(facts.duplicates, ["a.k", "a"]);
    assert_eq!(facts.aliases, (6, 2));
}

#[test]
fn expanding_aliases_is_a_bomb_and_is_not_done() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{list}]").unwrap();
    }
    let parsed = parse_text(&text);
    assert_eq!(parsed.reading.irregularities[0].kind, Fault::Bomb);
    assert_eq!(parse_text("a: &x [1, 2]\nb: [*x, *x]\n").reading.irregularities, []);
}

#[test]
fn reading_goes_on_behind_a_break() {
    let parsed = parse_text("a: 1\nb: [1, 2\nc: 3\nd: {{ x }} y\ne: 5\n");
    assert!(!parsed.gaps.is_empty());
    let values = scalars("a: 1\nb: 'x\nc: 3\n");
    assert_eq!(values[0], ("a".to_owned(), "1".to_owned()));
    assert!(scalars("a: 1\nb: ]\nc: 3\n").contains(&("c".to_owned(), "3".to_owned())));
    assert!(read("a: ]").syntax_error.is_some_and(|error| error.starts_with("line 1: ")));
}

#[test]
fn hostile_shapes_end_in_time() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        "a: ".repeat(100_000),
        "&a ".repeat(100_000),
        format!("&{} x", "a".repeat(1_000_000)),
        format!("!{} x", "a".repeat(1_000_000)),
        "x".repeat(5_000_000),
        format!("'{}", "x\n".repeat(500_000)),
        format!("\"{}", "\\x41".repeat(500_000)),
        "#".repeat(1_000_000),
        "*a ".repeat(100_000),
        "a\n".repeat(100_000),
        "a: b\n".repeat(100_000),
        format!("{}a", " ".repeat(1_000_000)),
        "|\n".to_owned() + &" \n".repeat(200_000),
    ] {
        let start = std::time::Instant::now();
        let _ = parse_text(&text);
        assert!(start.elapsed().as_secs() < 20, "{}", text.get(..20).unwrap());
    }
}
