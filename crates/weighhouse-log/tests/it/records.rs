//! Records: one form, strictly read.

use std::collections::BTreeMap;

use proptest::prelude::*;
use weighhouse_core::Digest;
use weighhouse_log::record::{
    Actor, Decision, MAX_SEQ, Pseudonym, Record, RecordError, Salt, Timestamp, Word,
};
use weighhouse_log::testkit;

fn person() -> Actor {
    Actor::Person(Pseudonym::of(&Salt::from_bytes([7; 32]), "ada@example.org"))
}

fn full() -> Record {
    Record {
        actor: person(),
        objects: vec![Digest::of(b"model")],
        decision: Some(Decision {
            outcome: "needs-approval".parse().unwrap(),
            policy: Digest::of(b"policy"),
            facts: Digest::of(b"facts"),
        }),
        evidence: vec![Digest::of(b"a"), Digest::of(b"b")],
        detail: BTreeMap::from([
            ("stage".parse().unwrap(), "production".to_owned()),
            ("note".parse().unwrap(), "\u{20ac}$\u{f}\nA'B\"\\/\u{7f}\u{2028}\u{1f600}".to_owned()),
        ]),
        ..testkit::record(41, "model/org/name@0123", Some("reviewable"), Some("approved(production)"))
            .unwrap()
    }
}

#[test]
fn the_form_is_that_of_rfc_8785() {
    let text = String::from_utf8(full().to_bytes().unwrap()).unwrap();
    let digest = |bytes: &[u8]| Digest::of(bytes).to_string();
    let expected = [
        r#"{"action":"revision.move","actor":"person:"#,
        &person().to_string().replace("person:", ""),
        r#"","at":"2026-11-22T01:02:03Z","decision":{"facts":""#,
        &digest(b"facts"),
        r#"","outcome":"needs-approval","policy":""#,
        &digest(b"policy"),
        // The escapes of RFC 8785, section 3.2.2.2.
        "\"},\"detail\":{\"note\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\/\u{7f}\u{2028}\u{1f600}\",\"stage\":\"production\"},\"evidence\":[\"",
        &digest(b"a"),
        r#"",""#,
        &digest(b"b"),
        r#""],"next":"approved(production)","objects":[""#,
        &digest(b"model"),
        r#""],"previous":"reviewable","schema":"urn:weighhouse:record:v1","seq":41,"subject":"model/org/name@0123"}"#,
    ]
    .concat();
    assert_eq!(text, expected);
    assert_eq!(Record::from_bytes(text.as_bytes()), Ok(full()));
    let least = testkit::record(0, "a", None, None).unwrap();
    assert_eq!(Record::from_bytes(&least.to_bytes().unwrap()), Ok(least));
}

#[test]
fn the_same_record_written_in_another_way_is_refused() {
    let text = String::from_utf8(full().to_bytes().unwrap()).unwrap();
    for wrong in [
        format!(" {text}"),
        format!("{text}\n"),
        text.replace(":41,", ":41.0,"),
        text.replace(":41,", ":4.1e1,"),
        text.replace("\"seq\":41,", "\"seq\": 41,"),
        text.replace("production", "productio\\u006e"),
        text.replace("\\n", "\\u000a"),
        text.replace("\\u000f", "\\u000F"),
        text.replace('/', "\\/"),
        text.replace("\"seq\":41,", "\"seq\":41,\"seq\":41,"),
        text.replace("\"stage\":\"production\"", "\"stage\":\"x\",\"stage\":\"production\""),
        text.replace("{\"note\"", "{\"stage\":\"production\",\"note\""),
        text.replace("\"seq\":41,", "\"seq\":41,\"more\":1,"),
        text.replace("sha256:", ""),
        text.replace("record:v1", "record:v2"),
        text.replace("person:", "person:A"),
        text.replace("\"next\":\"approved(production)\"", "\"next\":null"),
        text.replace("{\"action", "{\"Action"),
        String::new(),
        "{}".to_owned(),
        "[".repeat(200),
    ] {
        assert!(Record::from_bytes(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |change: fn(&mut Record)| {
        let mut record = full();
        change(&mut record);
        record.to_bytes().unwrap_err()
    };
    assert_eq!(refused(|record| record.seq = MAX_SEQ + 1), RecordError::Sequence);
    for error in [
        refused(|record| record.subject = String::new()),
        refused(|record| record.subject = "a\nb".to_owned()),
        refused(|record| record.subject = "a\u{9b}b".to_owned()),
        refused(|record| record.next = Some(String::new())),
        refused(|record| record.previous = Some("\0".to_owned())),
    ] {
        assert!(matches!(error, RecordError::Field { .. }), "{error}");
    }
    let long = |length: usize| Record { subject: "a".repeat(length), ..full() };
    let most = weighhouse_log::bundle::MAX_ENTRY - (full().to_bytes().unwrap().len() - full().subject.len());
    assert!(long(most).to_bytes().is_ok_and(|bytes| bytes.len() == 65_535));
    assert_eq!(long(most + 1).to_bytes(), Err(RecordError::Long(65_536)));
    assert_eq!(Record::from_bytes(&vec![b' '; 65_536]), Err(RecordError::Long(65_536)));
}

#[test]
fn words_and_times_have_one_spelling() {
    for word in ["a", "release.approve", "needs-approval", "a_1", "v2", &"a".repeat(64)] {
        assert_eq!(word.parse::<Word>().unwrap().to_string(), word);
    }
    for wrong in ["", "A", "1a", "a b", "a..b", ".a", "a-", "ä", "a\n", &"a".repeat(65)] {
        assert!(wrong.parse::<Word>().is_err(), "{wrong}");
    }
    for time in ["2026-11-22T01:02:03Z", "2024-02-29T23:59:59.123456789Z", "0001-01-01T00:00:00.0Z"] {
        assert_eq!(time.parse::<Timestamp>().unwrap().to_string(), time);
    }
    for wrong in [
        "",
        "2026-11-22",
        "2026-11-22T01:02:03",
        "2026-11-22T01:02:03+00:00",
        "2026-11-22t01:02:03z",
        "2026-11-22 01:02:03Z",
        "2023-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T23:60:00Z",
        "2026-11-22T23:59:60Z",
        "2026-11-22T1:02:03Z",
        "2026-11-22T01:02Z",
        "2026-11-22T01:02:03:04Z",
        "2026-11-22T01:02:03.Z",
        "2026-11-22T01:02:03.1234567890Z",
        "2026-11-22T01:02:03.1aZ",
        "2026-11-22T+1:02:03Z",
    ] {
        assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
    }
}

#[test]
fn people_are_in_the_log_without_their_names() {
    let salt = Salt::generate().unwrap();
    assert_ne!(salt, Salt::generate().unwrap());
    let one = Pseudonym::of(&salt, "ada@example.org");
    assert_eq!(one, Pseudonym::of(&Salt::from_bytes(*salt.expose()), "ada@example.org"));
    assert_ne!(one, Pseudonym::of(&salt, "eve@example.org"));
    assert_ne!(one, Pseudonym::of(&Salt::generate().unwrap(), "ada@example.org"));
    assert_eq!(one.to_string().parse(), Ok(one));
    assert!(
        one.to_string().to_uppercase().parse::<Pseudonym>().is_err()
            || !one.to_string().contains(char::is_alphabetic)
    );
    assert_eq!(format!("{salt:?}"), "Salt(…)");
    assert_eq!(Actor::Person(one).to_string().parse(), Ok(Actor::Person(one)));
    assert_eq!("service:worker-1".parse(), Ok(Actor::Service("worker-1".parse().unwrap())));
    for wrong in ["ada", "person:ada", "service:", "robot:a", ""] {
        assert!(wrong.parse::<Actor>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_record_reads_back_what_it_writes(
        seq in 0..=MAX_SEQ,
        subject in "\\PC{1,40}",
        texts in prop::collection::btree_map("[a-z]{1,8}", any::<String>(), 0..5),
        states in prop::array::uniform2(prop::option::of("\\PC{1,12}")),
        digests in prop::collection::vec(any::<[u8; 32]>(), 0..4),
    ) {
        let [previous, next] = states;
        let digests: Vec<Digest> = digests.into_iter().map(Digest::from_bytes).collect();
        let detail = texts.into_iter().map(|(key, value)| (key.parse().unwrap(), value)).collect();
        let record = Record { seq, subject, detail, previous, next, objects: digests.clone(), evidence: digests, ..full() };
        let bytes = record.to_bytes().unwrap();
        prop_assert_eq!(Record::from_bytes(&bytes), Ok(record));
        // Another JSON library agrees that this is the only order of keys.
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        prop_assert!(keys.is_sorted());
    }

    #[test]
    fn any_changed_bit_of_a_record_gives_another_record_or_none(place: prop::sample::Index, bit in 0..8_u32) {
        let bytes = full().to_bytes().unwrap();
        let mut changed = bytes.clone();
        changed[place.index(bytes.len())] ^= 1_u8 << bit;
        prop_assert_ne!(Record::from_bytes(&changed), Ok(full()));
    }
}
