//! Tests on documents written for them, and on what real libraries write.

use proptest::prelude::*;

use super::*;
use crate::build::short::Short;
use crate::format::Format;
use crate::graph::CodeKind;
use crate::identify::identify;
use crate::node::{Facts, Fault};
use crate::source::Memory;

fn read(text: &str) -> Parsed {
    read_bytes(text.as_bytes(), "model.xml")
}

fn read_bytes(bytes: &[u8], name: &str) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), name, &Budget::default())
}

fn facts(parsed: &Parsed) -> &XmlFacts {
    let Facts::Xml(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn graph(parsed: &Parsed) -> &GraphFacts {
    facts(parsed).graph.as_deref().unwrap()
}

fn kinds(text: &str) -> Vec<Fault> {
    read(text).reading.irregularities.iter().map(|fault| fault.kind).collect()
}

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn formats(name: &str, bytes: &[u8]) -> Vec<Format> {
    identify(name, &Memory::shared(bytes.to_vec())).iter().map(|candidate| candidate.format).collect()
}

#[test]
fn what_libraries_write_is_read_without_a_fault() {
    let wanted = [
        ("openvino/network.xml", Format::OpenVino),
        ("openvino/branches.xml", Format::OpenVino),
        ("pmml/logistic.pmml", Format::Pmml),
    ];
    for (name, format) in wanted {
        let file = fixture(name);
        assert_eq!(formats("x", &file), [format], "{name}");
        let parsed = read_bytes(&file, name);
        assert_eq!((parsed.reading.format, parsed.reading.irregularities.len()), (format, 0), "{name}");
        assert_eq!((parsed.gaps.len(), parsed.children.len()), (0, 0), "{name}");
        assert!(graph(&parsed).code.is_empty() && graph(&parsed).files.is_empty(), "{name}");
    }
}

#[test]
fn networks_are_layers_and_constants_in_the_file_beside() {
    let parsed = read_bytes(&fixture("openvino/network.xml"), "folder/network.xml");
    let graph = graph(&parsed);
    let used: Vec<_> = graph.operators.iter().map(|used| (used.name.as_str(), used.count)).collect();
    let wanted = [
        ("Const", 3),
        ("Convolution", 1),
        ("MatMul", 1),
        ("Parameter", 1),
        ("ReLU", 1),
        ("Reshape", 1),
        ("Result", 1),
        ("SoftMax", 1),
    ];
    assert_eq!(used, wanted);
    let bytes: u64 = graph.external.iter().filter_map(|data| data.length).sum();
    assert_eq!(bytes, fixture("openvino/network.bin").len() as u64);
    assert!(graph.external.iter().all(|data| data.location == "network.bin"));
    let branches = read_bytes(&fixture("openvino/branches.xml"), "branches.xml");
    assert!(
        facts(&branches)
            .graph
            .as_ref()
            .unwrap()
            .operators
            .iter()
            .any(|used| used.name == "Multiply" && used.count == 2)
    );
}

#[test]
fn code_that_a_network_or_a_list_names_is_a_fact() {
    let code = |text: &str| {
        graph(&read(text)).code.iter().map(|code| (code.kind, code.name.clone())).collect::<Vec<_>>()
    };
    let layer = "<net version='11'><layers><layer type='X' version='extension'><data library='/tmp/x.so'/></layer></layers></net>";
    assert_eq!(code(layer), [(CodeKind::Library, "/tmp/x.so".to_owned())]);
    assert_eq!(graph(&read(layer)).operators[0].domain, "extension");
    let kernel = "<CustomLayer name='X' type='SimpleGPU'><Kernel entry='e'><Source filename='x'/></Kernel></CustomLayer>";
    assert_eq!(code(kernel), [(CodeKind::Source, "x".to_owned())]);
    let plugins = "<ie><plugins><plugin name='CPU' location='anything'/></plugins></ie>";
    assert_eq!(code(plugins), [(CodeKind::Library, "anything".to_owned())]);
}

#[test]
fn functions_extensions_and_references_of_a_model_are_facts() {
    let parsed = read_bytes(&fixture("pmml/logistic.pmml"), "m.pmml");
    let own: Vec<_> = graph(&parsed).functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(own, ["scaled"]);
    let code = |inner: &str| graph(&read(&format!("<PMML>{inner}</PMML>"))).code.len();
    assert_eq!(code("<Apply function='com.example.Evil'/>"), 1);
    assert_eq!(code("<Extension name='pythonScript' value='x'/>"), 1);
    assert_eq!(code("<Extension name='x'><v>java.lang.Runtime</v></Extension>"), 1);
    assert_eq!(code("<script>x</script>"), 1);
    assert_eq!(code("<Extension name='encoder' value='1.0.0' extender='x'/><Apply function='ln'/>"), 0);
    let files = read("<PMML><TableLocator x='a.csv'/><a xlink:href='/etc/passwd'/></PMML>");
    let paths: Vec<_> = graph(&files).files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["a.csv", "/etc/passwd"]);
}

#[test]
fn document_types_are_read_and_never_followed() {
    let parsed = read(
        "<?xml version='1.0'?><!DOCTYPE a PUBLIC 'p' \"http://e/x.dtd\" [<!-- > ' --><!ENTITY b 'x>y'><!ENTITY c '&b;&b;'>\
         <!ENTITY % d SYSTEM 'file:///f'> %d; <!ENTITY e '&#38;b;'>]><a>&c;</a>",
    );
    let facts = facts(&parsed);
    assert_eq!(facts.external_type.as_ref().unwrap().value, "http://e/x.dtd");
    let seen: Vec<_> = facts
        .entities
        .iter()
        .map(|e| (e.name.as_str(), e.parameter, e.external.as_deref(), e.nested))
        .collect();
    let wanted = [
        ("b", false, None, false),
        ("c", false, None, true),
        ("d", true, Some("file:///f"), false),
        ("e", false, None, true),
    ];
    assert_eq!(seen, wanted);
    assert_eq!((facts.root.as_str(), facts.elements), ("a", 1));
}

#[test]
fn documents_in_wide_encodings_are_decoded_and_read_in_turn() {
    let text = "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a [<!ENTITY x SYSTEM 'f'>]><a/>";
    let wide = |big: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    let marked = [b"\xff\xfe".to_vec(), wide(false)].concat();
    let four: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
    for (bytes, name) in
        [(wide(true), "utf-16be"), (wide(false), "utf-16le"), (marked, "utf-16le"), (four, "utf-32le")]
    {
        assert!(formats("x.dat", &bytes).contains(&Format::Xml), "{name}");
        let node = crate::inspect::inspect("x.dat", &Memory::shared(bytes), &Budget::default());
        let inner = node.children.iter().flat_map(|child| &child.readings);
        let entities: usize = inner
            .map(|reading| match &reading.facts {
                Facts::Xml(facts) => facts.entities.len(),
                _ => 0,
            })
            .sum();
        assert_eq!(entities, 1, "{name}");
    }
}

#[test]
fn broken_documents_are_faults_and_the_rest_is_looked_at() {
    assert_eq!(kinds("<a><b></a>"), [Fault::Malformed]);
    assert_eq!(kinds("<a>"), [Fault::Truncated]);
    assert_eq!(kinds("<a b='1' b='2'/>"), [Fault::Duplicate]);
    assert_eq!(kinds("<a/><b/>"), [Fault::Trailing]);
    assert_eq!(kinds("<a/>text"), [Fault::Trailing]);
    assert_eq!(kinds("<a b=c/>"), [Fault::Malformed]);
    assert_eq!(kinds("<a><!-- x"), [Fault::Malformed]);
    assert_eq!(kinds("<?xml version='1.0' encoding='UTF-7'?><a/>"), [Fault::Contradiction]);
    assert_eq!(kinds(&"<a>".repeat(2_000)), [Fault::Bomb]);
    let rest = read("<a/>cos\nsystem\n(S'id'\ntR.");
    assert_eq!(rest.children.len(), 1);
    assert!(!read("<a/> <!-- fine -->\n<?x y?>\n").reading.irregularities.iter().any(|_| true));
}

#[test]
fn payloads_in_values_are_children() {
    let encoded = "Y29zCnN5c3RlbQooUydlY2hvIGluZXJ0Jwp0Ui4=";
    for text in [
        format!("<a b='{encoded}'/>"),
        format!("<a>{encoded}</a>"),
        format!("<a><!--{encoded}--></a>"),
        format!("<a><![CDATA[{encoded}]]></a>"),
        format!("<a><?x {encoded}?></a>"),
    ] {
        assert_eq!(read(&text).children.len(), 1, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_and_any_chunks_are_read_alike(mut file in Just(fixture("openvino/branches.xml")), at in any::<prop::sample::Index>(), byte: u8, chunk in 1_usize..9) {
        let at = at.index(file.len());
        file[at] = byte;
        let whole = read_bytes(&file, "m.xml");
        let short = parse(&Short::shared(&file, chunk), "m.xml", &Budget::default());
        prop_assert_eq!(whole.reading.irregularities, short.reading.irregularities);
        prop_assert_eq!(whole.children.len(), short.children.len());
    }
}
