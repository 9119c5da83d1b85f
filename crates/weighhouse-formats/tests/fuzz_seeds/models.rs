//! Seeds of the formats that hold graphs.

use weighhouse_formats::build::coreml;
use weighhouse_formats::build::protobuf::Proto;

use crate::{Seed, TEXT, fixtures, named};

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
