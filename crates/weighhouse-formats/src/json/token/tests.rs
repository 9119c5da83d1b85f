//! Tests of the tokenizer: grammar, places, limits, any chunking.

use proptest::prelude::*;

use super::*;
use crate::source::Memory;

fn tokens_with(input: &[u8], window: usize, options: Options) -> (Vec<(Token, Region)>, Option<String>) {
    let source = Memory::new(input.to_vec());
    let mut found = Vec::new();
    for token in Tokenizer::new(Cursor::with_window(&source, 0, window), options) {
        match token {
            Ok(token) => found.push(token),
            Err(error) => return (found, Some(format!("{error} at {:?}", error.at()))),
        }
    }
    (found, None)
}

fn tokens(input: &str) -> (Vec<(Token, Region)>, Option<String>) {
    tokens_with(input.as_bytes(), 64, Options::default())
}

fn text(value: &str) -> Text {
    Text { value: value.to_owned(), len: value.len() as u64, complete: true, faithful: true }
}

#[test]
fn a_document_gives_tokens_with_places() {
    let (found, error) = tokens(r#"{"a": [1, -2.5e3, true], "b": null}"#);
    assert_eq!(error, None);
    let expected = [
        (Token::ObjectStart, 0, 1),
        (Token::Key(text("a")), 1, 4),
        (Token::ArrayStart, 6, 7),
        (Token::Number("1".to_owned()), 7, 8),
        (Token::Number("-2.5e3".to_owned()), 10, 16),
        (Token::Bool(true), 18, 22),
        (Token::ArrayEnd, 22, 23),
        (Token::Key(text("b")), 25, 28),
        (Token::Null, 30, 34),
        (Token::ObjectEnd, 34, 35),
    ];
    assert_eq!(found, expected.map(|(token, start, end)| (token, Region::new(start, end))));
}

#[test]
fn what_the_grammar_forbids_is_an_error() {
    for input in [
        "{'a':1}",
        "{a:1}",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "{\"a\" 1}",
        "{\"a\":}",
        "[}",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "nul",
        "NaN",
        "Infinity",
        "-Infinity",
        "\"\u{1}\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "[",
        "{\"a\":[",
        "\"abc",
        "",
        "  ",
        "]",
        "truely",
        "--1",
        "1e5.5",
        "\"\\u12",
    ] {
        let (_, error) = tokens(input);
        assert!(error.is_some(), "{input:?} was accepted");
    }
}

#[test]
fn only_the_first_value_is_read() {
    let source = Memory::new(b" {} {}".to_vec());
    let mut tokenizer = Tokenizer::new(Cursor::new(&source, 0), Options::default());
    assert_eq!(tokenizer.by_ref().count(), 2);
    assert_eq!(tokenizer.offset(), 3);
}

#[test]
fn python_numbers_are_read_when_asked_for() {
    let options = Options { python_numbers: true, ..Options::default() };
    let (found, error) = tokens_with(b"[NaN,Infinity,-Infinity,-1]", 16, options);
    assert_eq!(error, None);
    assert_eq!(found.len(), 6);
    assert_eq!(found[3].0, Token::Number("-Infinity".to_owned()));
}

#[test]
fn escapes_are_decoded_and_lone_surrogates_noted() {
    let (found, _) = tokens(r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#);
    assert_eq!(found[0].0, Token::Text(text("\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f600}")));
    for lone in [r#""\ud800""#, r#""\udc00x""#, r#""\ud800\u0041""#] {
        let (found, error) = tokens(lone);
        assert_eq!(error, None);
        assert!(
            matches!(&found[0].0, Token::Text(text) if !text.faithful && text.value.contains('\u{fffd}'))
        );
    }
}

#[test]
fn long_strings_are_walked_but_not_kept() {
    let long = format!("[\"{}\u{e9}\", 7]", "x".repeat(99));
    let (found, error) = tokens_with(long.as_bytes(), 16, Options { text: 100, ..Options::default() });
    assert_eq!(error, None);
    let Token::Text(kept) = &found[1].0 else { panic!() };
    assert_eq!((kept.value.len(), kept.len, kept.complete, kept.faithful), (99, 101, false, true));
    assert_eq!(found[2].0, Token::Number("7".to_owned()));
}

#[test]
fn depth_is_bounded_without_recursion() {
    let (found, error) = tokens(&"[".repeat(1_000_000));
    assert_eq!(found.len(), 512);
    assert!(error.is_some_and(|error| error.contains("nested too deeply")));
}

#[test]
fn a_container_can_be_skipped() {
    let source = Memory::new(br#"{"a":{"b":[1,{"c":2}]},"d":3}"#.to_vec());
    let mut tokenizer = Tokenizer::new(Cursor::new(&source, 0), Options::default());
    let opened = tokenizer.by_ref().nth(2).unwrap().unwrap().0;
    assert_eq!(tokenizer.skip_container(&opened).unwrap(), 22);
    assert_eq!(tokenizer.next().unwrap().unwrap().0, Token::Key(text("d")));
}

fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        "[a-z\u{e9}\u{4e2d} ]{0,40}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""\ud83d\ude00\n""#.to_owned()),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|all| format!("[{}]", all.join(" , "))),
            prop::collection::vec(inner, 0..6).prop_map(|all| {
                let members: Vec<String> =
                    all.iter().enumerate().map(|(index, value)| format!("\"k{index}\": {value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_window_gives_the_same_tokens(document in value(), window in 16_usize..80) {
        let whole = tokens_with(document.as_bytes(), 1 << 16, Options::default());
        prop_assert_eq!(&whole.1, &None);
        prop_assert_eq!(whole, tokens_with(document.as_bytes(), window, Options::default()));
    }

    #[test]
    fn any_bytes_end_in_tokens_or_an_error(input in prop::collection::vec(prop::sample::select(b"[]{}\",:\\u01e-.tnfa \xff".to_vec()), 0..60)) {
        let whole = tokens_with(&input, 1 << 16, Options::default());
        prop_assert_eq!(whole, tokens_with(&input, 16, Options::default()));
    }

    #[test]
    fn no_proper_prefix_of_a_container_is_complete(document in value()) {
        prop_assume!(document.starts_with(['[', '{']));
        for cut in 0..document.len() {
            let (_, error) = tokens_with(&document.as_bytes()[..cut], 64, Options::default());
            prop_assert!(error.is_some());
        }
    }
}
