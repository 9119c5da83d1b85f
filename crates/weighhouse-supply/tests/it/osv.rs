//! A real dump: what Python's `packaging` says of all of it.

use std::path::Path;

use weighhouse_formats::source::{Memory, SharedSource};
use weighhouse_supply::advisories::{Ecosystem, Imported, Index, import};

fn dump() -> SharedSource {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/osv-pypi.zip");
    Memory::shared(std::fs::read(path).unwrap())
}

fn imported() -> (Imported, Index) {
    let mut bytes = Vec::new();
    let imported = import(&dump(), &Ecosystem::PyPi, "2026-01-01".parse().unwrap(), &mut bytes).unwrap();
    assert_eq!(imported.bytes, bytes.len() as u64);
    (imported, Index::from_source(Path::new("PyPI.advisories"), Memory::shared(bytes)).unwrap())
}

#[test]
fn every_advisory_agrees_with_packaging_on_every_listed_version() {
    let (imported, index) = imported();
    assert_eq!((imported.advisories, imported.withdrawn, imported.unreadable), (2_651, 10, 0));
    assert_eq!((imported.packages, imported.date.to_string().as_str()), (660, "2024-10-10"));
    let expected =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/osv-pypi.verdicts"))
            .unwrap();
    let found = crate::verdicts::table(&index);
    let differ: Vec<_> = expected.lines().zip(found.lines()).filter(|(a, b)| a != b).take(5).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    assert_eq!(expected.lines().count(), found.lines().count());
}

#[test]
fn an_import_is_the_same_every_time_and_names_its_dump() {
    let (imported, index) = imported();
    assert_eq!(index.digest, imported.digest);
    assert_eq!(index.date, imported.date);
    let mut again = Vec::new();
    import(&dump(), &Ecosystem::PyPi, "2026-06-01".parse().unwrap(), &mut again).unwrap();
    let mut first = Vec::new();
    import(&dump(), &Ecosystem::PyPi, "2026-01-01".parse().unwrap(), &mut first).unwrap();
    assert!(first == again);
}
