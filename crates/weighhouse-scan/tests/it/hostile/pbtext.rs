//! Graphs and settings that are kept as text: what loads them reads the text as it reads the other form.

use weighhouse_formats::build::pbtext::text;
use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::tensorflow::{graph, node, text as constant};
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::format::Format;

use crate::attack::{Sample, assert_seen};

/// The samples that a text can say, as text.
pub(super) fn as_texts(samples: &[Sample]) -> Vec<Sample> {
    let forms = [
        (Format::SavedModel, "saved_model.pbtxt"),
        (Format::MetaGraph, "model.meta"),
        (Format::GraphDef, "graph.pbtxt"),
        (Format::Onnx, "model.onnxtxt"),
    ];
    in_forms(&forms, samples)
}

/// The samples that a text of one of these formats can say.
pub(super) fn in_forms(forms: &[(Format, &str)], samples: &[Sample]) -> Vec<Sample> {
    let said = |sample: &Sample| {
        let (name, text) =
            forms.iter().find_map(|(format, name)| text(*format, &sample.bytes).map(|text| (*name, text)))?;
        Some(Sample::new(format!("{} as text", sample.title), name, text.into_bytes()))
    };
    let texts: Vec<Sample> = samples.iter().filter_map(said).collect();
    assert!(texts.len() * 2 >= samples.len(), "{} of {} can be said", texts.len(), samples.len());
    texts
}

/// A pickle that runs a command, as a literal has it.
const PICKLE: &str = r"\200\004cos\nsystem\n(S'touch /tmp/x'\ntR.";

fn node_of(op: &str) -> String {
    format!("node {{ name: \"a\" op: {op} }}\nversions {{ producer: 1 }}\n")
}

#[test]
fn spellings_that_hide_what_they_say() {
    let write = || node_of("\"WriteFile\"");
    let mut samples: Vec<(String, Vec<u8>)> = Vec::new();
    for op in [
        r#""Write\106ile""#,
        r#""Write\x46ile""#,
        r#""Write\X46ile""#,
        r#""Write\u0046ile""#,
        r#""Write\U00000046ile""#,
        r#""Write\N{LATIN CAPITAL LETTER F}ile""#,
        r#"'Wri' "te" 'File'"#,
        "\"Wri\" # \"\n\t\"teFile\"",
        "[\"WriteFile\"]",
        "\"NoOp\" op: \"WriteFile\"",
        "\"WriteFile\" op: \"NoOp\"",
        "\"NoOp\" 2: \"WriteFile\"",
    ] {
        samples.push((format!("operator {op}"), node_of(op).into_bytes()));
    }
    let wide = |order: fn(u16) -> [u8; 2]| write().encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let many = "node { name: 'b' op: 'Relu' }\n".repeat(3_000);
    samples.extend(
        [
            ("mark of UTF-8", [b"\xef\xbb\xbf", write().as_bytes()].concat()),
            ("UTF-16", [b"\xff\xfe".to_vec(), wide(u16::to_le_bytes)].concat()),
            ("UTF-16 in the other order", [b"\xfe\xff".to_vec(), wide(u16::to_be_bytes)].concat()),
            ("lines of Windows", write().replace(['\n', ' '], "\r\n").into_bytes()),
            ("a carriage return ends a comment", format!("# harmless\r{}", write()).into_bytes()),
            ("a null byte ends a comment", format!("# harmless\0{}", write()).into_bytes()),
            ("null bytes between fields", write().replace(' ', "\0").into_bytes()),
            ("pointed brackets", write().replace('{', "<").replace('}', ">").into_bytes()),
            ("a list of messages", b"node: [{ op: 'Relu' }, { op: 'WriteFile' }]".to_vec()),
            ("no blanks", b"node{name:'a'op:'WriteFile'}versions{producer:1}".to_vec()),
            ("blanks of Unicode", write().replace(' ', "\u{a0}\u{2003}").into_bytes()),
            ("behind many harmless nodes", format!("{many}{}", write()).into_bytes()),
            ("behind a field that nobody knows", format!("who: {{ knows: <> }} {}", write()).into_bytes()),
            (
                "beside the fields of another format",
                format!("layer {{ type: 'ReLU' }} ir_version: 3\n{}", write()).into_bytes(),
            ),
            ("before a break", format!("{} }}", write()).into_bytes()),
            ("in a message that does not end", b"node { name: 'a' op: 'WriteFile'".to_vec()),
            ("messages without end", "node { attr { value { func { ".repeat(2_000).into_bytes()),
            ("a tensor larger than memory", {
                let tensor = "dtype: DT_FLOAT tensor_shape { dim { size: 0xfffffffffff } } float_val: 0";
                let attribute = format!("attr {{ key: 'value' value {{ tensor {{ {tensor} }} }} }}");
                format!("node {{ name: 'a' op: 'Const' {attribute} }}").into_bytes()
            }),
            (
                "a pickle in a field that nobody knows",
                format!("{} blob: \"{PICKLE}\"", node_of("\"Relu\"")).into_bytes(),
            ),
            ("a pickle in an attribute", {
                let attribute = format!("attr {{ key: 'blob' value {{ s: \"{PICKLE}\" }} }}");
                format!("node {{ name: 'a' op: 'Relu' {attribute} }}").into_bytes()
            }),
        ]
        .map(|(title, bytes)| (title.to_owned(), bytes)),
    );
    samples.push(("in an archive".to_owned(), {
        Archive::of([Member::stored("model/saved_model.pbtxt", write().as_bytes())]).build()
    }));
    let samples: Vec<Sample> =
        samples.into_iter().map(|(title, bytes)| Sample::new(title, "saved_model.pbtxt", bytes)).collect();
    assert_seen("text protocol buffers", &samples);
}

/// A saved model whose first operator writes a file, as the loader runs it.
#[test]
fn saved_models_in_text() {
    let write = [
        constant("path", "/root/.ssh/authorized_keys"),
        constant("key", "ssh-rsa AAAA"),
        node("init", "WriteFile", &["path", "key"]),
    ];
    let meta = |graph: &Proto| Proto::new().message(1, &Proto::new().text(4, "serve")).message(2, graph);
    let message = Proto::new().int(1, 1).message(2, &meta(&graph(&write, &[])));
    let text = text(Format::SavedModel, &message.build()).expect("a text can say it");
    assert!(text.contains("op: \"WriteFile\""));
    let samples = ["saved_model.pbtxt", "model.txt", "notes.md", "x"]
        .map(|name| Sample::new(format!("saved model called {name}"), name, text.clone().into_bytes()));
    assert_seen("saved models in text", &samples);
}

#[test]
fn states_of_checkpoints_that_lead_elsewhere() {
    let paths = [
        "../../other/model.ckpt",
        "/etc/passwd",
        "/proc/self/environ",
        "/home/me/.ssh/id_rsa",
        "~/model.ckpt",
        "https://example.com/model.ckpt",
        "\\\\\\\\host\\\\share\\\\model.ckpt",
        "file:///etc/passwd",
        "C:\\\\Windows\\\\System32\\\\config\\\\SAM",
        "gs://bucket/../other",
    ];
    let samples: Vec<Sample> = paths
        .iter()
        .flat_map(|path| {
            let first = format!("model_checkpoint_path: \"{path}\"\n");
            let other = format!("model_checkpoint_path: \"m\"\nall_model_checkpoint_paths: \"{path}\"\n");
            [first, other]
                .map(|text| Sample::new(format!("checkpoint {path}"), "checkpoint", text.into_bytes()))
        })
        .collect();
    assert_seen("states of checkpoints", &samples);
}

#[test]
fn settings_of_triton_that_bring_code_or_lead_elsewhere() {
    let parameter = |key: &str, value: &str| {
        format!("backend: \"python\" parameters: {{ key: \"{key}\" value: {{ string_value: \"{value}\" }} }}")
    };
    let settings = [
        "backend: \"onnxruntime\" model_operations { op_library_filename: \"libcustom_op.so\" }".to_owned(),
        "backend: \"../../../tmp/evil\"".to_owned(),
        "backend: \"/tmp/evil\"".to_owned(),
        "backend: \"python\" runtime: \"libevil.so\"".to_owned(),
        "platform: \"custom\" default_model_filename: \"libevil.so\"".to_owned(),
        "platform: \"custom\"".to_owned(),
        "platform: \"onnxruntime_onnx\" default_model_filename: \"../../other/1/model.onnx\"".to_owned(),
        "platform: \"onnxruntime_onnx\" default_model_filename: \"/etc/passwd\"".to_owned(),
        "platform: \"tensorflow_savedmodel\" cc_model_filenames { key: \"7.5\" value: \"../../m\" }".to_owned(),
        "backend: \"mine\" default_model_filename: \"libmodel.so\"".to_owned(),
        parameter("EXECUTION_ENV_PATH", "/tmp/evil.tar.gz"),
        parameter("EXECUTION_ENV_PATH", "https://example.com/env.tar.gz"),
        parameter("EXECUTION_ENV_PATH", "$$TRITON_MODEL_DIRECTORY/../../evil.tar.gz"),
        parameter("EXECUTION_\\105NV_PATH", "/tmp/evil.tar.gz"),
        "backend: \"onnxruntime\" output { name: \"y\" label_filename: \"../../../etc/passwd\" }".to_owned(),
        "backend: \"onnxruntime\" model_warmup { inputs { key: \"x\" value { input_data_file: \"/etc/shadow\" } } }".to_owned(),
        "backend: \"onnxruntime\" model_repository_agents { agents [ { name: \"evil\" } ] }".to_owned(),
        "platform: \"ensemble\" sequence_batching { state { initial_state { data_file: \"../../x\" } } }".to_owned(),
    ];
    let samples: Vec<Sample> = settings
        .into_iter()
        .map(|text| Sample::new(text.clone(), "config.pbtxt", text.into_bytes()))
        .collect();
    assert_seen("settings of triton", &samples);
}

/// What only texts of Caffe have: names of kinds, settings of a training.
#[test]
fn networks_of_caffe_and_settings_of_their_training() {
    let layer = |fields: &str| format!("name: 'n'\nlayer {{ name: 'a' type: 'ReLU' }}\nlayer {{ {fields} }}");
    let old = |fields: &str| format!("name: 'n'\nlayers {{ name: 'a' type: RELU }}\nlayers {{ {fields} }}");
    let python = "type: 'Python' python_param { module: 'os' layer: 'system' }";
    let mut texts = vec![
        layer(python),
        layer("type: 'Pyth' \"on\" python_param < module: 'evil' layer: 'L' param_str: 'x' >"),
        layer("type: 'P\\171thon'"),
        layer("type: 'HDF5Output' hdf5_output_param { file_name: '/etc/cron.d/x' }"),
        layer("type: 'Data' data_param { source: '/etc/passwd' }"),
        layer("type: 'ImageData' image_data_param { source: 'l.txt' root_folder: '../../' }"),
        layer("type: 'Data' transform_param { mean_file: '~/.ssh/id_rsa' }"),
        layer("type: 'Input' name: '\\200\\004cos\\nsystem\\n(S\\'touch /tmp/x\\'\\ntR.'"),
        layer("type: 'Mine' mine_param { who: 'knows' } data_param { source: '/proc/self/environ' }"),
        old("name: 'b' type: HDF5_OUTPUT hdf5_output_param { file_name: 'x' }"),
        old("name: 'b' type: 10"),
        old("name: 'b' type: 0xa"),
        old("name: 'b' type: DATA data_param { source: '/etc/passwd' }"),
        old("name: 'b' 5: HDF5_OUTPUT"),
        old("layer { name: 'b' type: 'hdf5_output' }"),
    ];
    let solver = |fields: &str| format!("base_lr: 0.01\nmax_iter: 10\n{fields}\nsolver_mode: GPU\n");
    for path in
        ["/etc/passwd", "../../x.prototxt", "~/x", "https://example.com/x", "/home/u/.ssh/authorized_keys"]
    {
        for field in ["net", "train_net", "test_net", "snapshot_prefix", "weights"] {
            texts.push(solver(&format!("{field}: '{path}'")));
        }
        texts.push(solver(&format!("weights: 'a.caffemodel,{path}'")));
    }
    for field in ["net_param", "train_net_param", "test_net_param"] {
        texts.push(solver(&format!("{field} {{ layer {{ name: 'p' {python} }} }}")));
        texts.push(solver(&format!("{field}: [{{ layers {{ name: 'p' type: HDF5_OUTPUT }} }}]")));
    }
    texts.push(solver("net: '/etc/passwd' mine: 'x' { y: 1 }"));
    let samples: Vec<Sample> = texts
        .iter()
        .flat_map(|text| {
            ["deploy.prototxt", "notes", "x"]
                .map(|name| Sample::new(format!("{name}: {text}"), name, text.clone().into_bytes()))
        })
        .collect();
    assert_seen("texts of caffe", &samples);
}

#[test]
fn nets_of_caffe2_in_text() {
    let net = |op: &str| {
        format!("name: 'n'\nop {{ input: 'x' output: 'y' type: 'Relu' }}\nop {{ {op} }}\nexternal_input: 'x'")
    };
    let texts = [
        net("type: 'Python' arg { name: 'token' s: 't' }"),
        net("output: 'y' type: 'P\\171thon'"),
        net("output: 'y' type: 'Load' arg { name: 'db' s: '/etc/passwd' }"),
        net("input: 'c' type: 'If' arg { name: 'then_net' n { op { type: 'Python' } } }"),
        net("type: 'CreateDB' arg < name: 'db' s: '../../x' >"),
        net(&format!("output: 'y' type: 'Relu' arg {{ name: 'pickled_builder' s: \"{PICKLE}\" }}")),
        net(
            "output: 'y' type: 'GivenTensorFill' arg { name: 'shape' ints: [4, 4] } arg { name: 'values' floats: 1 }",
        ),
    ];
    let samples: Vec<Sample> = texts
        .iter()
        .flat_map(|text| {
            ["predict_net.pbtxt", "x"]
                .map(|name| Sample::new(format!("{name}: {text}"), name, text.clone().into_bytes()))
        })
        .collect();
    assert_seen("texts of caffe2", &samples);
}
