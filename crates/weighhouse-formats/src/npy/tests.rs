//! Tests on assembled files: benign ones are silent, whatever might be an object is a pickle.

use proptest::prelude::*;

use super::*;
use crate::build::npy::{array, assemble};
use crate::build::short::Short;
use crate::source::Memory;

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "a.npy", &Budget::default())
}

fn facts(parsed: &Parsed) -> &NpyFacts {
    let Facts::Npy(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn faults(bytes: &[u8]) -> Vec<Fault> {
    read(bytes).reading.irregularities.into_iter().map(|fault| fault.kind).collect()
}

#[test]
fn benign_arrays_are_explained_to_the_last_byte() {
    let nested = "[(('title', 'a'), '<f8'), ('b', [('c', '|u1', (2, 2)), ('', '|V3')]), ('d', '<M8[ns]', 2)]";
    for (descr, shape, size) in [
        ("'<f8'", "(2, 3)", 48),
        ("'|b1'", "()", 1),
        ("'>i4'", "(5,)", 20),
        ("'<U3'", "(2L,)", 24),
        ("'|S7'", "(3,)", 21),
        ("'<c16'", "(0, 9)", 0),
        ("'<m8[25us]'", "(1,)", 8),
        (nested, "(2,)", 62),
    ] {
        for major in 1..=3 {
            let header = format!("{{'descr': {descr}, 'fortran_order': True, 'shape': {shape}, }}");
            let file = assemble(major, &header, &vec![7; size]);
            let parsed = read(&file);
            assert_eq!(parsed.reading.irregularities, [], "{descr}");
            assert_eq!(parsed.gaps, []);
            assert!(parsed.children.is_empty());
            assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)]);
            assert_eq!(facts(&parsed).descr, descr);
            assert!(facts(&parsed).fortran_order && !facts(&parsed).holds_objects);
        }
    }
}

#[test]
fn names_of_version_3_are_unicode() {
    let file =
        assemble(3, "{'descr': [('\u{4e2d}', '<i2')], 'fortran_order': False, 'shape': (1,), }", &[0; 2]);
    assert_eq!(read(&file).reading.irregularities, []);
}

#[test]
fn objects_anywhere_make_the_data_a_pickle() {
    for descr in [
        "'|O'",
        "'O'",
        "'|O8'",
        "[('a', '<i4'), ('b', '|O')]",
        "[('a', [('b', 'O', (2,))])]",
        "('|O', (2,))",
        "'object'",
        "'i4,O'",
        "'(2,)O'",
        "'O4,i4'",
        "[('a', 'object')]",
        "'T'",
        "7",
        "None",
        "'<f7'",
        "'<M8[n6]'",
    ] {
        let parsed = read(&array(descr, "(2,)", b"cos\nsystem\n."));
        assert!(facts(&parsed).holds_objects, "{descr}");
        assert_eq!(parsed.children.len(), 1, "{descr}");
        assert_eq!(parsed.children[0].known, Some(Format::Pickle));
        assert_eq!(parsed.reading.claims.regions().len(), 1);
    }
}

#[test]
fn sizes_that_do_not_fit_are_seen() {
    assert_eq!(faults(&array("'<f8'", "(2,)", &[0; 15])), [Fault::Truncated]);
    assert_eq!(
        faults(&array("'<f8'", "(18446744073709551615, 2)", &[])),
        [Fault::Malformed, Fault::Contradiction]
    );
    assert_eq!(faults(&array("'<f8'", "(900000000000000,)", &[0; 64])), [Fault::Impossible]);
    assert_eq!(faults(&array("'<f8'", "(9223372036854775807,)", &[])), [Fault::Contradiction]);
    assert_eq!(faults(&array("'<f8'", "(-1,)", &[])), [Fault::Malformed, Fault::Contradiction]);
    let long = array("'<f8'", "(1,)", &[1; 12]);
    assert_eq!(read(&long).reading.claims.unexplained(long.len() as u64).len(), 1);
}

#[test]
fn a_second_array_in_the_file_is_looked_at() {
    let file = [array("'|u1'", "(1,)", &[1]), array("'|O'", "(1,)", b"N.")].concat();
    let parsed = read(&file);
    assert_eq!(parsed.reading.irregularities[0].kind, Fault::Unusual);
    assert_eq!(parsed.children[0].known, Some(Format::Npy));
}

#[test]
fn headers_that_are_no_plain_literal_are_refused_and_the_rest_is_looked_at() {
    use Fault::{Impossible, Malformed};
    for (header, kind) in [
        ("__import__('os').system('id')", Impossible),
        ("{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (1,)}", Impossible),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1,).__class__}", Malformed),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1+1,)}", Malformed),
        ("{'descr': '<f' '8', 'fortran_order': False, 'shape': (1,)}", Malformed),
        ("{'descr': f'<f8', 'fortran_order': False, 'shape': (1,)}", Impossible),
        ("{'descr': '<f8' 'fortran_order': False}", Malformed),
        ("[1, 2", Malformed),
        ("{'descr", Malformed),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} or exit()", Impossible),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (9**9**9,)}", Impossible),
        ("{'descr': '<f8', 'fortran_order': Falke, 'shape': (1, 2), }", Malformed),
        ("", Malformed),
    ] {
        let parsed = read(&assemble(1, header, b"N."));
        assert_eq!(parsed.reading.irregularities[0].kind, kind, "{header}");
        assert_eq!((parsed.gaps.len(), parsed.children.len()), (1, 1), "{header}");
    }
    let deep = format!("{}{}", "(".repeat(60_000), ")".repeat(100));
    assert_eq!(faults(&assemble(2, &deep, b"")), [Impossible]);
}

#[test]
fn keys_are_three_and_each_once() {
    let twice = "{'descr': '|O', 'descr': '<f8', 'fortran_order': False, 'shape': (), }";
    assert_eq!(faults(&assemble(1, twice, &[0; 8])), [Fault::Duplicate]);
    let extra = "{'descr': '<f8', 'fortran_order': False, 'shape': (), 'x': 1}";
    assert_eq!(faults(&assemble(1, extra, &[0; 8])), [Fault::Malformed]);
    let missing = "{'descr': '<f8', 'shape': ()}";
    assert_eq!(faults(&assemble(1, missing, &[0; 8])), [Fault::Malformed]);
    let mut unknown = array("'<f8'", "()", &[0; 8]);
    unknown[6] = 4;
    assert!(faults(&unknown).contains(&Fault::Malformed));
}

#[test]
fn a_cut_file_is_never_clean() {
    let file = array("[('a', '<f8'), ('b', '|u1')]", "(3,)", &[5; 27]);
    for cut in 6..file.len() {
        assert!(!faults(&file[..cut]).is_empty(), "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_facts(most in 1_usize..40, damage in 0_usize..200, byte in any::<u8>()) {
        let mut file = array("[('a', '<f8'), ('b', '|u1')]", "(3,)", &[5; 27]);
        if let Some(place) = file.get_mut(damage) {
            *place = byte;
        }
        let whole = parse(&Memory::shared(file.clone()), "m", &Budget::default());
        let short = parse(&Short::shared(&file, most), "m", &Budget::default());
        prop_assert_eq!(format!("{whole:?}"), format!("{short:?}"));
    }

    #[test]
    fn any_header_is_survived(header in "[\\{\\}\\[\\]()'\":,\\\\a-cxuL0-9 é]{0,60}") {
        for major in 1..=3 {
            let _ = read(&assemble(major, &header, b"x"));
        }
    }
}

#[test]
fn a_zip_of_arrays_is_named_for_what_it_is() {
    use crate::build::zip::{Archive, Member};
    let look = |members: Vec<Member>| {
        let source = Memory::shared(Archive::of(members).build());
        crate::inspect::inspect("x", &source, &Budget::default())
    };
    let one = array("'<f8'", "(1,)", &[0; 8]);
    let node = look(vec![Member::stored("a.npy", &one), Member::deflated("b.npy", &one)]);
    assert_eq!(node.candidates[0].format, Format::Npz);
    assert!(node.children.iter().all(|child| child.gaps.is_empty() && child.unexplained.is_empty()));
    let mixed = look(vec![Member::stored("a.npy", &one), Member::stored("b.txt", b"text")]);
    assert_eq!(mixed.candidates[0].format, Format::Zip);
}

/// Every file of a folder of fixtures, by name.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/npy");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|ending| ending != "py"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn what_numpy_writes_is_explained_without_a_fault() {
    fn assert_clean(node: &crate::node::Node) {
        assert_eq!(node.gaps, [], "{}", node.name);
        assert_eq!(node.unexplained, [], "{}", node.name);
        assert_eq!(node.faults, [], "{}", node.name);
        for reading in &node.readings {
            assert_eq!(reading.irregularities, [], "{}", node.name);
        }
        node.children.iter().for_each(assert_clean);
    }
    let fixtures = fixtures();
    assert!(fixtures.len() >= 11);
    for (name, bytes) in fixtures {
        let node = crate::inspect::inspect(&name, &Memory::shared(bytes), &Budget::default());
        assert_clean(&node);
        let objects = node
            .readings
            .iter()
            .any(|reading| matches!(&reading.facts, Facts::Npy(facts) if facts.holds_objects));
        assert_eq!(objects, matches!(name.as_str(), "objects.npy" | "mixed.npy"), "{name}");
        assert_eq!(node.candidates[0].format == Format::Npz, name.contains("npz"), "{name}");
    }
}
