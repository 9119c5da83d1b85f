//! Tests on what the real library writes, and on dictionaries that lie.

use super::*;
use crate::build::cntk::{
    array, dictionary, inner as nested, list, model as of, native, operation, python, text, user,
};
use crate::build::protobuf::Proto;
use crate::graph::{CodeKind, GraphFacts};
use crate::identify::identify;
use crate::node::{Facts, Fault};
use crate::source::Memory;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/cntk/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read_model(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "net.model", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn code(parsed: &Parsed) -> Vec<(CodeKind, &str)> {
    facts(parsed).code.iter().map(|code| (code.kind, code.name.as_str())).collect()
}

fn kinds(parsed: &Parsed) -> Vec<Fault> {
    parsed.reading.irregularities.iter().map(|fault| fault.kind).collect()
}

#[test]
fn what_the_library_writes_is_explained_without_a_fault() {
    for (name, operation, arrays) in [
        ("dense.model", "Times", 4),
        ("recurrent.dnn", "PastValue", 3),
        ("trained.dnn", "Times", 4),
        ("trained.dnn.ckp", "", 4),
        ("hostile-user.model", "ReLU", 0),
        ("hostile-native.model", "", 1),
    ] {
        let file = fixture(name);
        let found: Vec<_> = identify("x", &Memory::shared(file.clone())).iter().map(|c| c.format).collect();
        assert_eq!(found, [Format::CntkV2], "{name}");
        let parsed = read_model(&file);
        let (faults, gaps) = (parsed.reading.irregularities.as_slice(), parsed.gaps.as_slice());
        assert_eq!((faults, gaps), (&[][..], &[][..]), "{name}");
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
        let found = facts(&parsed);
        assert!(operation.is_empty() || found.operators.iter().any(|used| used.name == operation), "{name}");
        assert!(found.tensor_count >= arrays, "{name}: {}", found.tensor_count);
    }
    assert_eq!(code(&read_model(&fixture("dense.model"))), []);
    let user = read_model(&fixture("hostile-user.model"));
    assert_eq!(code(&user), [(CodeKind::Python, "layers_of_mine.Mine")]);
    let library = read_model(&fixture("hostile-native.model"));
    let wanted = "Cntk.ExtensibilityExamples-2.7.CreateUserTimesFunction";
    assert_eq!(code(&library), [(CodeKind::Library, wanted)]);
}

#[test]
fn functions_of_the_user_are_facts_wherever_they_stand() {
    let found = |functions: &[Proto]| {
        let parsed = read_model(&of(functions).build());
        code(&parsed).into_iter().map(|(kind, name)| (kind, name.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(found(&[operation(3)]), []);
    assert_eq!(found(&[python("os", "system")]), [(CodeKind::Python, "os.system".to_owned())]);
    assert_eq!(found(&[native("x.so", "f")]), [(CodeKind::Library, "x.so.f".to_owned())]);
    assert_eq!(found(&[user(false, &dictionary(&[]))]).len(), 1);
    let deep = dictionary(&[("attributes", nested(&python("os", "system")))]);
    assert_eq!(found(&[deep]), [(CodeKind::Python, "os.system".to_owned())]);
    let entry = |key: &str, value: &str| Proto::new().message(2, &text(value)).text(1, key);
    let swapped = Proto::new().message(2, &entry("module", "os")).message(2, &entry("class", "system"));
    assert_eq!(found(&[user(false, &swapped)]), [(CodeKind::Python, "os.system".to_owned())]);
    let unknown = read_model(&of(&[operation(999)]).build());
    assert_eq!(facts(&unknown).operators[0].name, "op 999");
}

#[test]
fn arrays_that_are_not_of_their_shape_are_faults() {
    let found = |value: Proto| kinds(&read_model(&dictionary(&[("version", value)]).build()));
    assert_eq!(found(array(&[2, 3], 6)), []);
    assert_eq!(found(array(&[2, 3], 5)), [Fault::Contradiction]);
    assert_eq!(found(array(&[1 << 40, 1 << 40], 1)), [Fault::Bomb]);
    assert_eq!(found(list(&[array(&[u64::MAX], 1)])), [Fault::Bomb]);
    let whole = of(&[operation(3), python("os", "system")]).build();
    for len in 1..whole.len() {
        assert!(
            !kinds(&read_model(&whole[..len])).is_empty() || code(&read_model(&whole[..len])).is_empty(),
            "cut at {len}"
        );
    }
}
