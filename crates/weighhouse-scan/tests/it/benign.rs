//! What real libraries really save must stay quiet: no finding at high or above, and next to none at medium.
//!
//! The corpus is described in its own README. `WEIGHHOUSE_BENIGN` names another folder for the ignored test, such as the full
//! output of `tools/knowledge/make_benign.py --all`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use weighhouse_core::{Inspection, Severity};
use weighhouse_formats::source::Memory;
use weighhouse_scan::engine::Engine;
use weighhouse_scan::source;

fn inspect(folder: &Path) -> Inspection {
    let listing = source::from_path(folder, usize::MAX).expect("a readable folder");
    Engine::new(Arc::default(), Arc::default()).inspect(&listing)
}

/// Findings at or above a severity, by rule and headline, with a file and their number.
fn summary(inspection: &Inspection, least: Severity) -> BTreeMap<String, (String, usize)> {
    let mut summary = BTreeMap::new();
    for finding in inspection.findings.iter().filter(|finding| finding.severity >= least) {
        let key = format!("{} {}: {}", finding.severity, finding.rule.id, finding.headline);
        summary.entry(key).or_insert_with(|| (finding.location.to_string(), 0)).1 += 1;
    }
    summary
}

#[test]
fn real_libraries_output_has_nothing_at_high_and_next_to_nothing_at_medium() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/benign");
    let inspection = inspect(&folder);
    assert!(inspection.files.len() > 1000, "{} files", inspection.files.len());
    let found = summary(&inspection, Severity::High);
    assert!(found.is_empty(), "{found:#?}");
    let found = summary(&inspection, Severity::Medium);
    let files: usize = found.values().map(|(_, count)| count).sum();
    assert!(files <= 5, "{found:#?}");
}

#[test]
fn models_that_the_onnx_library_writes_are_silent_with_their_data_beside_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/onnx");
    let mut listing = source::from_path(&folder, usize::MAX).expect("a readable folder");
    listing.entries.retain(|entry| entry.path != "generate.py");
    let inspection = Engine::new(Arc::default(), Arc::default()).inspect(&listing);
    let formats: Vec<_> = inspection.files.iter().map(|file| (file.path.as_str(), file.format)).collect();
    assert_eq!(formats.len(), 5);
    assert!(formats.contains(&("external.onnx.data", "tensor-data")), "{formats:?}");
    assert_eq!(summary(&inspection, Severity::Info), BTreeMap::new());
    assert_eq!(inspection.gaps, []);
}

/// Folders of fixtures that real libraries wrote, each with the script that made them.
const WRITTEN: &[&str] = &[
    "arrays",
    "boosting",
    "caffe",
    "caffe2",
    "cntk",
    "coreml",
    "data",
    "descriptors",
    "executorch",
    "mxnet",
    "openvino",
    "ort",
    "paddle",
    "pbtext",
    "pmml",
    "r",
    "sentencepiece",
    "tables",
    "tflite",
];

#[test]
fn models_that_real_libraries_write_are_silent_and_whole() {
    for format in WRITTEN {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures").join(format);
        let mut listing = source::from_path(&folder, usize::MAX).expect("a readable folder");
        let made = |path: &str| !path.starts_with("generate") && !path.starts_with("hostile-");
        listing.entries.retain(|entry| made(&entry.path));
        let inspection = Engine::new(Arc::default(), Arc::default()).inspect(&listing);
        assert!(!inspection.files.is_empty(), "{format}: {} files", inspection.files.len());
        assert_eq!(summary(&inspection, Severity::Info), BTreeMap::new(), "{format}");
        assert_eq!(inspection.gaps, [], "{format}");
    }
}

/// Nothing imports the value of `name` out of a data file; what a key says is called stays high, among the hostile samples.
#[test]
fn a_dotted_name_among_values_is_at_most_low() {
    let document = b"\x82\xa6params\x81\xa1a\x01\xa4name\xa9os.system";
    let content = source::EntryContent::Spooled(Memory::shared(document.to_vec()));
    let entries = vec![source::Entry { path: "model.msgpack".to_owned(), content }];
    let listing = source::Listing { name: "sample".to_owned(), entries, obstacles: Vec::new() };
    let inspection = Engine::new(Arc::default(), Arc::default()).inspect(&listing);
    assert_eq!(summary(&inspection, Severity::Medium), BTreeMap::new());
    assert_eq!(inspection.gaps, []);
}

#[test]
fn a_checkpoint_of_langgraph_is_told_for_its_own_classes_only() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/langgraph");
    let mut listing = source::from_path(&folder, usize::MAX).expect("a readable folder");
    listing.entries.retain(|entry| entry.path != "generate.py");
    let inspection = Engine::new(Arc::default(), Arc::default()).inspect(&listing);
    let found: Vec<_> =
        inspection.findings.iter().map(|found| (found.severity, found.headline.as_str())).collect();
    let told = ["Budget", "Color", "Plan", "Point"];
    assert_eq!(found.len(), told.len(), "{found:?}");
    for name in told {
        let said = format!("calls `travel.{name}`");
        assert!(
            found.iter().any(|(severity, text)| *severity == Severity::Low && text.contains(&said)),
            "{found:?}"
        );
    }
    assert_eq!(inspection.gaps, []);
}

/// Orbax keeps arrays in a database: packed chunks, and nodes behind them in the same file.
#[test]
fn data_of_a_database_is_a_gap_and_no_finding_of_its_form() {
    let packed = weighhouse_formats::build::compress::zstd(
        &(0..2000_u16).flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    );
    let data = [packed.as_slice(), b"\x0c\xdb\x20\xde\0\0\0\0\0\0\0\0nodes of the tree"].concat();
    let manifest = b"\x0c\xdb\x3a\x2a\x20\0\0\0\0\0\0\0\0\xff\xfe\x80\x01\x02\x03\x04".to_vec();
    let inspect = |folder: &str| {
        crate::attack::inspect([
            ("orbax/manifest.ocdbt".to_owned(), manifest.clone()),
            (format!("orbax/{folder}/549f583b"), data.clone()),
        ])
    };
    let found = inspect("d");
    assert_eq!(summary(&found, Severity::High), BTreeMap::new());
    assert!(found.gaps.iter().any(|gap| gap.location.file == "orbax/d/549f583b"), "{:?}", found.gaps);
    assert_ne!(summary(&inspect("other"), Severity::High), BTreeMap::new());
}

/// HDF5 files of many libraries and versions; those whose names say so have holes, which are low.
#[test]
fn hdf5_files_that_real_libraries_write_are_silent_and_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/hdf5");
    let mut listing = source::from_path(&folder, usize::MAX).expect("a readable folder");
    let hostile =
        ["generate.py", "hostile-", "leads-out", "payloads", "virtual", "small-bounds", "small-new"];
    listing.entries.retain(|entry| !hostile.iter().any(|word| entry.path.starts_with(word)));
    let inspection = Engine::new(Arc::default(), Arc::default()).inspect(&listing);
    assert!(inspection.files.len() >= 20, "{} files", inspection.files.len());
    assert_eq!(summary(&inspection, Severity::Medium), BTreeMap::new());
    assert_eq!(inspection.gaps, []);
    let low = inspection.findings.iter().filter(|finding| !finding.location.file.starts_with("holes-"));
    assert_eq!(low.map(|finding| &finding.headline).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn bundles_that_real_tools_write_cost_nobody_time() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/bundles");
    let mut listing = source::from_path(&folder, usize::MAX).expect("a readable folder");
    listing.entries.retain(|entry| entry.path != "generate.py");
    let inspection = Engine::new(Arc::default(), Arc::default()).inspect(&listing);
    assert!(inspection.files.len() >= 9, "{} files", inspection.files.len());
    assert_eq!(summary(&inspection, Severity::Medium), BTreeMap::new());
    assert_eq!(inspection.gaps, []);
    // Their own code is told, and that it is here.
    let own = inspection.findings.iter().filter(|found| found.rule.id == "WH-BUN-002");
    assert_eq!(own.filter(|found| found.headline.ends_with("(inspected here)")).count(), 2);
}

#[test]
#[ignore = "needs a corpus named by WEIGHHOUSE_BENIGN"]
fn another_benign_corpus_has_nothing_at_high_or_above() {
    let folder = std::env::var_os("WEIGHHOUSE_BENIGN").expect("WEIGHHOUSE_BENIGN names a folder");
    let inspection = inspect(Path::new(&folder));
    for gap in &inspection.gaps {
        println!("not inspected: {} ({})", gap.location, gap.detail);
    }
    println!("{} files; at low or above: {:#?}", inspection.files.len(), summary(&inspection, Severity::Low));
    let found = summary(&inspection, Severity::High);
    assert!(found.is_empty(), "{found:#?}");
}
