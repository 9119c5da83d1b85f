//! Saved models whose documents name code: Keras, skops and models of several parts, every name in every place.

use weighhouse_formats::build::marshal::{Version, code};
use weighhouse_formats::build::zip::{Archive, Member};

use crate::attack::{Sample, assert_seen};

/// Objects that a Keras configuration may hold.
const OBJECTS: &[(&str, &str)] = &[
    (
        "a function of os",
        r#"{"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}"#,
    ),
    ("a class of os", r#"{"module": "os", "class_name": "system", "config": {}, "registered_name": null}"#),
    (
        "a built-in",
        r#"{"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"}"#,
    ),
    (
        "a download",
        r#"{"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}"#,
    ),
    (
        "a download under the new name",
        r#"{"module": "keras.src.utils.file_utils", "class_name": "function", "config": "get_file", "registered_name": null}"#,
    ),
    (
        "another model",
        r#"{"module": "keras.models", "class_name": "function", "config": "load_model", "registered_name": "load_model"}"#,
    ),
    ("another model of saving", r#"{"module": "keras.saving", "class_name": "load_model", "config": {}}"#),
    (
        "the switch",
        r#"{"module": "keras.config", "class_name": "function", "config": "enable_unsafe_deserialization", "registered_name": ""}"#,
    ),
    (
        "the switch inside",
        r#"{"module": "keras.src.saving.serialization_lib", "class_name": "function", "config": "enable_unsafe_deserialization"}"#,
    ),
    (
        "code from bytes",
        r#"{"module": "keras.src.utils.python_utils", "class_name": "function", "config": "func_load"}"#,
    ),
    (
        "a module of torch",
        r#"{"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": {"class_name": "__bytes__", "config": {"value": "x"}}}}"#,
    ),
    (
        "another SavedModel",
        r#"{"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "m"}}"#,
    ),
    ("a lambda", r#"{"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}"#),
    (
        "a lambda layer",
        r#"{"class_name": "Lambda", "config": {"function": ["4wEAAAA=\n", null, null], "function_type": "lambda"}}"#,
    ),
    (
        "a lambda layer as a SavedModel keeps it",
        r#"{"class_name": "Lambda", "config": {"function": {"class_name": "__tuple__", "items": ["4wEAAAA=\n", null, null]}, "function_type": "lambda"}}"#,
    ),
    (
        "a lambda layer in a tuple of Keras 3",
        r#"{"class_name": "Lambda", "config": {"function": {"class_name": "__tuple__", "config": ["4wEAAAA=", null, null]}}}"#,
    ),
    (
        "the shape of a lambda layer as code",
        r#"{"class_name": "Lambda", "config": {"function": "my_fn", "function_type": "function", "module": "__main__", "output_shape": {"class_name": "__tuple__", "items": ["4wEAAAA=", null, null]}, "output_shape_type": "lambda"}}"#,
    ),
    (
        "the mask of a lambda layer as code",
        r#"{"class_name": "Lambda", "config": {"function": "relu", "mask": {"class_name": "__tuple__", "items": ["4wEAAAA=", null, null]}, "mask_type": "lambda"}}"#,
    ),
    (
        "a lambda layer with two functions",
        r#"{"class_name": "Lambda", "config": {"function": ["4wEAAAA=", null, null], "function": "relu", "function_type": "lambda"}}"#,
    ),
    (
        "a lambda layer whose function is not understood",
        r#"{"class_name": "Lambda", "config": {"function": {"class_name": "__numpy__", "config": {}}}}"#,
    ),
    ("a lambda layer without its function", r#"{"class_name": "Lambda", "config": {"name": "l"}}"#),
    (
        "a lambda layer without a configuration",
        r#"{"class_name": "Lambda", "module": "keras.layers", "registered_name": null}"#,
    ),
    (
        "a lambda layer of a module",
        r#"{"class_name": "Lambda", "config": {"function": "system", "function_type": "function", "module": "os"}}"#,
    ),
    (
        "numpy",
        r#"{"module": "numpy", "class_name": "load", "config": {"file": "x.npy", "allow_pickle": true}}"#,
    ),
    ("torch", r#"{"module": "torch.hub", "class_name": "load", "config": {}}"#),
    (
        "a type of subprocess",
        r#"{"class_name": "__typespec__", "module": "subprocess", "spec_name": "Popen", "registered_name": null, "config": ["id"]}"#,
    ),
    (
        "a vocabulary of the system",
        r#"{"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/home/user/.ssh/id_rsa"}}"#,
    ),
    (
        "a vocabulary of a server",
        r#"{"class_name": "TextVectorization", "config": {"vocabulary": "http://169.254.169.254/latest"}}"#,
    ),
    (
        "a vocabulary of numbers in a file",
        r#"{"module": "keras.layers", "class_name": "IntegerLookup", "config": {"vocabulary": "/etc/hostname"}, "registered_name": null}"#,
    ),
    (
        "weights of words in a file",
        r#"{"module": "keras.layers", "class_name": "TextVectorization", "config": {"vocabulary": ["a"], "idf_weights": "../../idf.txt"}}"#,
    ),
    (
        "a vocabulary of a share",
        r#"{"class_name": "StringLookup", "config": {"vocabulary": "\\\\example.org\\share\\v.txt"}}"#,
    ),
    (
        "a vocabulary of a bucket",
        r#"{"class_name": "StringLookup", "config": {"vocabulary": "gs://bucket/vocabulary.txt"}}"#,
    ),
    (
        "what builds layers",
        r#"{"module": "keras.layers", "class_name": "function", "config": "deserialize", "registered_name": "deserialize"}"#,
    ),
    (
        "what builds losses",
        r#"{"module": "keras.losses", "class_name": "function", "config": "deserialize", "registered_name": null}"#,
    ),
    (
        "what builds activations inside",
        r#"{"module": "keras.src.activations", "class_name": "deserialize", "config": {"config": "relu"}}"#,
    ),
    (
        "what builds any object",
        r#"{"module": "keras.saving", "class_name": "function", "config": "deserialize_keras_object", "registered_name": "deserialize_keras_object"}"#,
    ),
    (
        "a model of a text",
        r#"{"module": "keras.models", "class_name": "function", "config": "model_from_json", "registered_name": "model_from_json"}"#,
    ),
    (
        "the switch of the backend",
        r#"{"module": "keras.src.utils.backend_utils", "class_name": "function", "config": "set_backend"}"#,
    ),
    (
        "a function of TensorFlow's Keras",
        r#"{"module": "tf_keras.src.utils.data_utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}"#,
    ),
    (
        "a drawing of a model",
        r#"{"module": "keras.utils", "class_name": "function", "config": "plot_model", "registered_name": "plot_model"}"#,
    ),
    (
        "an operator that writes",
        r#"{"class_name": "TFOpLambda", "config": {"function": "io.write_file", "name": "x"}}"#,
    ),
    (
        "an operator that reads",
        r#"{"class_name": "TFOpLambda", "config": {"function": "raw_ops.ReadFile", "name": "x"}}"#,
    ),
    (
        "an operator of Python",
        r#"{"class_name": "TFOpLambda", "config": {"function": "compat.v1.py_func", "name": "x"}}"#,
    ),
    ("safe mode", r#"{"class_name": "Dense", "config": {"safe_mode": false}}"#),
];

/// Places where Keras reads an object; `@` stands for it.
const PLACES: &[(&str, &str)] = &[
    ("alone in a sequence", r#"{"class_name": "Sequential", "config": {"layers": [@]}}"#),
    ("in a sequence of Keras 1", r#"{"class_name": "Sequential", "config": [@]}"#),
    (
        "in a functional model",
        r#"{"module": "keras.src.models.functional", "class_name": "Functional", "config": {"layers": [{"class_name": "InputLayer", "config": {}}, @]}, "registered_name": "Functional"}"#,
    ),
    (
        "in a model in a model",
        r#"{"class_name": "Model", "config": {"layers": [{"class_name": "Sequential", "config": {"layers": [@]}}]}}"#,
    ),
    (
        "in a wrapper",
        r#"{"class_name": "Sequential", "config": [{"class_name": "TimeDistributed", "config": {"layer": @}}]}"#,
    ),
    (
        "backwards",
        r#"{"class_name": "Sequential", "config": [{"class_name": "Bidirectional", "config": {"layer": {"class_name": "LSTM", "config": {}}, "backward_layer": @}}]}"#,
    ),
    (
        "in a list of cells",
        r#"{"class_name": "Sequential", "config": [{"class_name": "RNN", "config": {"cell": {"class_name": "StackedRNNCells", "config": {"cells": [@]}}}}]}"#,
    ),
    (
        "as an activation",
        r#"{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {"activation": @}}]}}"#,
    ),
    (
        "as a loss",
        r#"{"module": "keras", "class_name": "Sequential", "config": {}, "compile_config": {"optimizer": "adam", "loss": @}}"#,
    ),
    (
        "as a metric",
        r#"{"module": "keras", "class_name": "Sequential", "config": {}, "compile_config": {"metrics": [["acc", @]]}}"#,
    ),
    (
        "in the build",
        r#"{"module": "keras", "class_name": "Sequential", "config": {}, "build_config": {"x": @}}"#,
    ),
    ("in the training", r#"{"optimizer_config": {"class_name": "Adam", "config": {"learning_rate": @}}}"#),
    (
        "as an argument of a call",
        r#"{"module": "keras", "class_name": "Functional", "config": {"layers": [{"class_name": "Add", "config": {}, "inbound_nodes": [{"args": [@], "kwargs": {}}]}]}}"#,
    ),
    (
        "in a model of the browser",
        r#"{"format": "layers-model", "modelTopology": {"model_config": {"class_name": "Sequential", "config": [@]}}}"#,
    ),
    ("under a key of nobody", r#"{"class_name": "Mystery", "config": {"a": {"b": [[{"c": @}]]}}}"#),
];

#[test]
fn keras_objects_in_every_place() {
    let mut samples = Vec::new();
    for (what, object) in OBJECTS {
        for (place, document) in PLACES {
            let document = document.replace('@', object);
            let archive = Archive::of([
                Member::stored("metadata.json", br#"{"keras_version": "3.10.0"}"#),
                Member::deflated("config.json", document.as_bytes()),
            ]);
            samples.push(Sample::new(format!("{what} {place}"), "config.json", document.into_bytes()));
            samples.push(Sample::new(
                format!("{what} {place} of an archive"),
                "model.keras",
                archive.build(),
            ));
        }
    }
    assert!(samples.len() > 650, "{}", samples.len());
    assert_seen("Keras objects", &samples);
}

/// A document in each encoding that Python's `json.loads` finds by itself.
fn encodings(document: &str) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![("utf-8 with a mark".to_owned(), format!("\u{feff}{document}").into_bytes())];
    for marked in [false, true] {
        let text = if marked { format!("\u{feff}{document}") } else { document.to_owned() };
        for little in [false, true] {
            let utf16 = text
                .encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            let utf32 = text.chars().map(u32::from);
            let utf32 = utf32.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            let what = format!("little {little}, marked {marked}");
            all.push((format!("utf-16, {what}"), utf16.collect()));
            all.push((format!("utf-32, {what}"), utf32.collect()));
        }
    }
    all
}

#[test]
fn documents_in_every_encoding_of_json() {
    let mut samples = Vec::new();
    let layer = r#"{"class_name": "Sequential", "config": {"name": "😀é", "layers": [{"class_name": "Lambda",
        "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}}]}}"#;
    let schema = r#"{"__class__": "function", "__module__": "os", "__loader__": "FunctionNode",
        "content": {"module_path": "os", "function": "system"}, "protocol": 2}"#;
    for (encoding, bytes) in encodings(layer) {
        let members =
            [Member::stored("metadata.json", b"{}"), Member::deflated("config.json", bytes.as_slice())];
        samples.push(Sample::new(
            format!("an archive in {encoding}"),
            "m.keras",
            Archive::of(members).build(),
        ));
        samples.push(Sample::new(
            format!("a document without a name in {encoding}"),
            "config",
            bytes.clone(),
        ));
        samples.push(Sample::new(format!("a document in {encoding}"), "config.json", bytes));
    }
    for (encoding, bytes) in encodings(schema) {
        let members = [Member::stored("schema.json", bytes.as_slice())];
        samples.push(Sample::new(format!("a schema in {encoding}"), "m.skops", Archive::of(members).build()));
    }
    assert_seen("encodings", &samples);
}

#[test]
fn code_of_every_version_of_python() {
    let mut samples = Vec::new();
    for version in Version::ALL {
        for (names, texts) in [
            (&["__import__", "system"][..], &["os", "id"][..]),
            (&["exec"], &["import os"]),
            (&["tf", "io", "write_file"], &["/tmp/x"]),
            (&["x"], &[]),
        ] {
            let inner = code(version, names, texts, &[]);
            let code = base64(&code(version, &[], &[], &[inner]));
            let layer = format!(r#"{{"class_name": "__lambda__", "config": {{"code": "{code}"}}}}"#);
            let document = format!(
                r#"{{"class_name": "Sequential", "config": {{"layers": [{{"class_name": "Lambda", "config": {{"function": {layer}}}}}]}}}}"#
            );
            samples.push(Sample::new(
                format!("{names:?} of {version:?}"),
                "config.json",
                document.into_bytes(),
            ));
        }
    }
    assert_seen("saved code", &samples);
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn pipelines_that_lead_out_of_their_folder() {
    let samples: Vec<Sample> = [
        r#"{"_class_name": ["/tmp/evil", "P"], "_diffusers_version": "0.30.0"}"#,
        r#"{"_class_name": ["../../evil", "P"]}"#,
        r#"{"_class_name": ["C:\\evil", "P"]}"#,
        r#"{"_class_name": "DDPMPipeline", "_diffusers_version": "0.30.0", "unet": ["../../evil", "X"]}"#,
        r#"{"_class_name": "DDPMPipeline", "unet": ["../../evil", "X"]}"#,
        r#"{"_class_name": "DDPMPipeline", "_diffusers_version": "0.30.0", "../../x": ["diffusers", "UNet2DModel"]}"#,
        r#"{"_class_name": "DDPMPipeline", "/srv/x": ["diffusers", "UNet2DModel"]}"#,
    ]
    .into_iter()
    .map(|document| Sample::new(document, "model_index.json", document.as_bytes().to_vec()))
    .collect();
    assert_seen("pipelines", &samples);
}

/// Nodes of skops; `@` stands for what is nested in them.
const NODES: &[(&str, &str)] = &[
    (
        "a function",
        r#"{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 1}"#,
    ),
    (
        "a function of the first protocol",
        r#"{"__class__": "function", "__module__": "builtins", "__loader__": "FunctionNode", "content": {"module_path": "os", "function": "system"}}"#,
    ),
    ("a type", r#"{"__class__": "Popen", "__module__": "subprocess", "__loader__": "TypeNode"}"#),
    (
        "an object",
        r#"{"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode", "content": {}}"#,
    ),
    (
        "a built-in as a list",
        r#"{"__class__": "exec", "__module__": "builtins", "__loader__": "ListNode", "content": []}"#,
    ),
    (
        "a call",
        r#"{"__class__": "system", "__module__": "os", "__loader__": "ConstructorFromReduceNode", "content": {}}"#,
    ),
    (
        "a loss",
        r#"{"__class__": "system", "__module__": "os", "__loader__": "LossNode", "__reduce__": {"args": {}}, "content": {}}"#,
    ),
    (
        "an operator",
        r#"{"__class__": "call", "__module__": "operator", "__loader__": "OperatorFuncNode", "attrs": {}}"#,
    ),
    (
        "an operator that lies",
        r#"{"__class__": "methodcaller", "__module__": "sklearn.linear_model", "__loader__": "OperatorFuncNode", "attrs": {}}"#,
    ),
    (
        "a method that lies",
        r#"{"__class__": "str", "__module__": "builtins", "__loader__": "MethodNode", "content": {"func": "load", "obj": {"__class__": "NpzFile", "__module__": "numpy.lib.npyio", "__loader__": "ObjectNode", "content": {}}}}"#,
    ),
    (
        "a method of internals",
        r#"{"__class__": "LogisticRegression", "__module__": "sklearn.linear_model._logistic", "__loader__": "MethodNode", "content": {"func": "__reduce__", "obj": {"__class__": "LogisticRegression", "__module__": "sklearn.linear_model._logistic", "__loader__": "ObjectNode", "content": {}}}}"#,
    ),
    (
        "a bit generator",
        r#"{"__class__": "Generator", "__module__": "numpy.random._generator", "__loader__": "RandomGeneratorNode", "content": {"bit_generator": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": {"bit_generator": {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": "\"mtrand._rand.__reduce__\""}}}, "seed_seq": {}}}"#,
    ),
    (
        "an array",
        r#"{"__class__": "memmap", "__module__": "os", "__loader__": "NdArrayNode", "type": "numpy", "file": "x.npy"}"#,
    ),
];

#[test]
fn skops_nodes_in_every_place() {
    let places = [
        ("alone", "@"),
        (
            "in an estimator",
            r#"{"__class__": "LogisticRegression", "__module__": "sklearn.linear_model._logistic", "__loader__": "ObjectNode", "content": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": {"coef_": @}}}"#,
        ),
        (
            "in a partial function",
            r#"{"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode", "content": {"func": @, "args": {}, "kwds": {}, "namespace": {}}}"#,
        ),
        (
            "in a list",
            r#"{"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [@]}"#,
        ),
    ];
    let mut samples = Vec::new();
    for (what, node) in NODES {
        for (place, document) in places {
            let schema = document.replacen('@', node, 1);
            let archive = Archive::of([Member::stored("schema.json", schema.as_bytes())]);
            samples.push(Sample::new(format!("{what} {place}"), "model.skops", archive.build()));
        }
    }
    assert_seen("skops nodes", &samples);
}

#[test]
fn parts_of_other_modules() {
    let modules = [
        "os",
        "subprocess",
        "webbrowser",
        "runpy",
        "pickle",
        "code",
        "ctypes",
        "importlib",
        "builtins",
        "shutil",
    ];
    let mut samples = Vec::new();
    for module in modules {
        let documents = [
            ("modules.json", format!(r#"[{{"idx": 0, "name": "0", "path": "", "type": "{module}.X"}}]"#)),
            (
                "model_index.json",
                format!(r#"{{"_class_name": "P", "_diffusers_version": "1", "unet": ["{module}", "x"]}}"#),
            ),
            (
                "adapter_config.json",
                format!(
                    r#"{{"peft_type": "LORA", "auto_mapping": {{"base_model_class": "x", "parent_library": "{module}"}}}}"#
                ),
            ),
            (
                "chain.json",
                format!(r#"{{"lc": 1, "type": "constructor", "id": ["{module}", "x"], "kwargs": {{}}}}"#),
            ),
            ("config.json", format!(r#"{{"trainer": {{"_target_": "{module}.x"}}}}"#)),
        ];
        samples.extend(
            documents
                .into_iter()
                .map(|(name, text)| Sample::new(format!("{module} in {name}"), name, text.into_bytes())),
        );
    }
    assert_seen("modules of Python", &samples);
}

/// A blob in a layout that was packed into an archive, under another's name.
#[test]
fn blobs_of_archives_under_another_name() {
    use weighhouse_formats::build::tar;
    let name = format!("blobs/sha256/{}", "ba7816bf8f01cfea".repeat(4));
    let layout = br#"{"imageLayoutVersion": "1.0.0"}"#;
    let archive = tar::archive(&[tar::file("oci-layout", layout), tar::file(&name, b"not that")]);
    assert_seen("blobs", &[Sample::new("a blob under another name", "model.tar", archive)]);
}
