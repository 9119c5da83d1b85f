//! Tests on what the real library writes, and on programs and parameters that lie.

use super::*;
use crate::build::paddle::{block, of, operator, pir, pir_operator, program, tensor, variable};
use crate::build::protobuf::Proto;
use crate::format::Format;
use crate::graph::GraphFacts;
use crate::identify::identify;
use crate::inspect::inspect;
use crate::node::{Facts, Fault, Node};
use crate::region::Region;
use crate::source::Memory;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/paddle/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "m.pdmodel", &Budget::default())
}

fn read_params(bytes: &[u8]) -> Parsed {
    parse_params(&Memory::shared(bytes.to_vec()), "m.pdiparams", &Budget::default())
}

fn read_json(text: &str) -> Node {
    inspect("model.json", &Memory::shared(text.as_bytes().to_vec()), &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn facts_of(node: &Node) -> &GraphFacts {
    node.readings.iter().find_map(|reading| reading.facts.graph()).unwrap()
}

fn used(facts: &GraphFacts) -> Vec<(&str, &str, u64)> {
    facts.operators.iter().map(|used| (used.domain.as_str(), used.name.as_str(), used.count)).collect()
}

fn kinds(parsed: &Parsed) -> Vec<Fault> {
    parsed.reading.irregularities.iter().map(|fault| fault.kind).collect()
}

#[test]
fn what_the_library_writes_is_explained_without_a_fault() {
    let files = [
        ("net.pdmodel", Format::Paddle),
        ("branch.pdmodel", Format::Paddle),
        ("net.pdiparams", Format::PaddleParameters),
        ("levels.pdiparams", Format::PaddleParameters),
    ];
    for (name, format) in files {
        let file = fixture(name);
        let found: Vec<_> = identify("x", &Memory::shared(file.clone())).iter().map(|c| c.format).collect();
        assert_eq!(found, [format], "{name}");
        let parsed = if format == Format::Paddle { read(&file) } else { read_params(&file) };
        let (faults, gaps) = (parsed.reading.irregularities.as_slice(), parsed.gaps.as_slice());
        assert_eq!((faults, gaps), (&[][..], &[][..]), "{name}");
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
    }
    let program = read(&fixture("net.pdmodel"));
    assert_eq!(
        used(facts(&program)),
        [
            ("", "elementwise_add", 2),
            ("", "feed", 1),
            ("", "fetch", 1),
            ("", "matmul_v2", 2),
            ("", "relu", 1)
        ]
    );
    assert_eq!(facts(&program).producer_version, "3003001");
    let params = read_params(&fixture("net.pdiparams"));
    let shapes: Vec<_> = facts(&params).tensors.iter().map(|t| (t.dtype.as_str(), t.shape.clone())).collect();
    let wanted = [vec![3], vec![4, 3], vec![2], vec![3, 2]].map(|shape| ("float32", shape));
    assert_eq!(shapes, wanted);
}

#[test]
fn operators_of_blocks_and_of_the_new_form_are_counted() {
    let branch = read(&fixture("branch.pdmodel"));
    assert!(used(facts(&branch)).contains(&("", "conditional_block", 1)), "{:?}", used(facts(&branch)));
    let node = read_json(std::str::from_utf8(&fixture("pir.json")).unwrap());
    assert_eq!(
        used(facts_of(&node)),
        [
            ("paddle.builtin", "parameter", 4),
            ("paddle.pd_op", "add", 2),
            ("paddle.pd_op", "data", 1),
            ("paddle.pd_op", "fetch", 1),
            ("paddle.pd_op", "matmul", 2),
            ("paddle.pd_op", "relu", 1)
        ]
    );
    let nested = format!(
        r##"{{"#":"1.if","A":[],"regions":[{{"blocks":[{{"ops":[{}]}}],"blocks":[]}}]}}"##,
        pir_operator("1.py_func", "x", "y")
    );
    assert!(used(facts_of(&read_json(&pir(&[&nested])))).contains(&("paddle.pd_op", "py_func", 1)));
    let twice = r##"{"#":"1.py_func","#":"1.relu"}"##;
    assert_eq!(used(facts_of(&read_json(&pir(&[twice])))).len(), 2);
    let custom = r##"{"#":"3.mine"},{"#":"my_dialect.x"},{"#":"load_combine"}"##;
    let node = read_json(&pir(&[custom]));
    let domains: Vec<&str> = facts_of(&node).operators.iter().map(|used| used.domain.as_str()).collect();
    assert_eq!(domains, ["paddle.custom_op", "paddle.my_dialect", "paddle.pd_op"]);
}

#[test]
fn files_that_operators_open_are_facts() {
    let save = operator("save_combine").text("file_path", "/etc/cron.d/x");
    let parsed = read(&of(&[save]).build());
    assert_eq!(kinds(&parsed), []);
    let file = &facts(&parsed).files[0];
    assert_eq!((file.path.as_str(), file.written), ("/etc/cron.d/x", true));
    let node = read_json(&pir(&[&pir_operator("1.load_combine", "file_path", "../x")]));
    let file = &facts_of(&node).files[0];
    assert_eq!((file.path.as_str(), file.written), ("../x", false));
}

#[test]
fn programs_that_cannot_end_or_fit_are_faults() {
    let root = |operators: &[_]| block(0, u64::MAX, operators);
    let relu = || [operator("relu")];
    let with = |variable: &Proto| root(&relu()).message(3, variable);
    let shape = |list: Proto| operator("fill_constant").attribute("shape", &list);
    let large = 1 << 20;
    let found = |program: Proto| kinds(&read(&program.build()));
    assert_eq!(found(program(&[root(&[operator("while").runs(1)]), block(1, 0, &relu())])), []);
    assert_eq!(found(program(&[root(&[operator("while").runs(0)])])), [Fault::Contradiction]);
    let back = [root(&[operator("while").runs(1)]), block(1, 0, &[operator("while").runs(1)])];
    assert_eq!(found(program(&back)), [Fault::Contradiction]);
    assert_eq!(found(program(&[root(&[operator("while").runs(7)])])), [Fault::Contradiction]);
    assert_eq!(found(program(&[block(0, 0, &relu())])), [Fault::Contradiction]);
    assert_eq!(found(program(&[with(&variable("w", &[large, large]))])), [Fault::Bomb]);
    assert_eq!(found(program(&[with(&variable("w", &[u64::MAX, 4]))])), []);
    assert_eq!(found(of(&[shape(Proto::new().int(15, large).int(15, large))])), [Fault::Bomb]);
    assert_eq!(found(of(&[shape(Proto::new().packed(15, &[large, large]))])), [Fault::Bomb]);
    assert_eq!(found(of(&[shape(Proto::new().int(6, large).int(6, 4))])), []);
    let json = r##"{"#":"1.full","A":[{"AT":{"#":"1.a_intarray","D":[1048576,1048576]},"N":"shape"}]}"##;
    let node = read_json(&pir(&[json]));
    assert!(node.readings.iter().any(|r| r.irregularities.iter().any(|f| f.kind == Fault::Bomb)));
}

#[test]
fn a_program_is_recognised_whatever_the_order_of_its_fields() {
    let op = operator("py_func");
    let swapped = Proto::new().message(4, op.proto()).int(2, u64::MAX).int(1, 0);
    let programs = [
        Proto::new().message(1, &swapped),
        Proto::new()
            .message(4, &Proto::new().int(1, 1))
            .message(1, &block(0, u64::MAX, std::slice::from_ref(&op))),
        Proto::new().bytes(99, b"something").message(1, &block(0, u64::MAX, std::slice::from_ref(&op))),
        Proto::new().message(1, &Proto::new().bytes(77, b"x").then(&block(0, u64::MAX, &[op]))),
    ];
    for (index, program) in programs.iter().enumerate() {
        let found = identify("x", &Memory::shared(program.build()));
        assert!(found.iter().any(|candidate| candidate.format == Format::Paddle), "{index}");
        assert!(used(facts(&read(&program.build()))).contains(&("", "py_func", 1)), "{index}");
    }
}

#[test]
fn parameters_that_lie_are_faults() {
    let good = fixture("net.pdiparams");
    let change = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        kinds(&read_params(&bytes))
    };
    assert_eq!(change(0, 1), [Fault::Malformed]);
    assert_eq!(change(4, 255), [Fault::Malformed]);
    assert_eq!(change(16, 0), [Fault::Malformed]);
    assert_eq!(change(21, 99), [Fault::Malformed]);
    assert_eq!(change(23, 127), [Fault::Truncated]);
    assert_eq!(kinds(&read_params(&tensor(&[], 5, &[1 << 40, 1 << 40], &[0; 8]))), [Fault::Bomb]);
    assert_eq!(kinds(&read_params(&tensor(&[], 5, &[1 << 50], &[0; 8]))), [Fault::Bomb]);
    let levels = |level: &[u8]| kinds(&read_params(&tensor(&[level], 5, &[2], &[0; 8])));
    let offsets = |offsets: &[u64]| offsets.iter().flat_map(|at| at.to_le_bytes()).collect::<Vec<_>>();
    assert_eq!(levels(&offsets(&[0, 1, 2])), []);
    assert_eq!(levels(&offsets(&[0, 2, 1])), [Fault::Malformed]);
    assert_eq!(levels(b"cos\nsystem\n(S'x'\ntR.xxxx"), [Fault::Malformed]);
    let longer = [good.as_slice(), b"tail that nobody reads"].concat();
    let parsed = read_params(&longer);
    assert_eq!(kinds(&parsed), [Fault::Malformed]);
    assert_eq!(parsed.reading.claims.unexplained(longer.len() as u64).len(), 1);
    for len in 1..good.len() {
        let parsed = read_params(&good[..len]);
        let whole = facts(&parsed).tensors.last().is_some_and(|last| last.data.end == len as u64);
        assert!(whole || !kinds(&parsed).is_empty(), "cut at {len}");
    }
}
