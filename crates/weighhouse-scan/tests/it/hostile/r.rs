//! Files of R objects, all but the promises among data written by R itself.

use weighhouse_formats::build::compress::{bzip2, gzip, xz};
use weighhouse_formats::build::pickle::Assembler;

use crate::attack::{Sample, assert_seen};

#[test]
fn r_data_that_carries_code() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/r");
    let mut samples = Vec::new();
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("fixtures").map(|entry| entry.expect("a file")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("hostile-") {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(entry.path()).expect("a fixture");
        for shown in ["model.rds", "workspace.RData", "model.bin"] {
            samples.push(Sample::new(format!("{name} plain"), shown, bytes.clone()));
        }
        for (how, packed) in [("gzip", gzip(&bytes)), ("bzip2", bzip2(&bytes)), ("xz", xz(&bytes))] {
            samples.push(Sample::new(format!("{name} in {how}"), "model.rds", packed));
        }
    }
    assert_eq!(files, 25);
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let lm = std::fs::read(folder.join("lm.rds")).expect("a fixture");
    samples.push(Sample::new("a pickle behind", "model.rds", [lm.as_slice(), &pickle].concat()));
    let head = &lm[..23];
    let raw = [head, &[0, 0, 0, 24], &(pickle.len() as u32).to_be_bytes(), &pickle].concat();
    samples.push(Sample::new("a pickle as raw bytes", "model.rds", raw));
    let nested: Vec<u8> = (0..50_000).flat_map(|_| [0, 0, 0, 19, 0, 0, 0, 1]).collect();
    samples.push(Sample::new("endless nesting", "model.rds", [head, &nested].concat()));
    assert_seen("R", &samples);
}
