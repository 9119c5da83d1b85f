//! Containers that ordinary tools wrote are read without a fault, without a gap and to the last byte.

use std::fs;
use std::path::Path;

use weighhouse_formats::bounded::Budget;
use weighhouse_formats::inspect::inspect;
use weighhouse_formats::node::Node;
use weighhouse_formats::source::Memory;

/// Length of what every file holds at least once.
const TEXT_LEN: u64 = 35;

fn silent(node: &Node, path: &str) {
    let faults: Vec<_> =
        node.readings.iter().flat_map(|reading| &reading.irregularities).chain(&node.faults).collect();
    assert!(faults.is_empty(), "{path}: {faults:?}");
    assert!(node.gaps.is_empty(), "{path}: {:?}", node.gaps);
    assert!(node.unexplained.is_empty(), "{path}: {:?}", node.unexplained);
    for child in &node.children {
        silent(child, &format!("{path}!{}", child.name));
    }
}

/// Whether the content is somewhere below.
fn holds_text(node: &Node) -> bool {
    node.children.iter().any(|child| child.len == TEXT_LEN || holds_text(child))
}

#[test]
fn containers_of_ordinary_tools_are_silent() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/containers");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "generate.py" {
            continue;
        }
        let node = inspect(&name, &Memory::shared(fs::read(&path).unwrap()), &Budget::default());
        silent(&node, &name);
        assert!(holds_text(&node), "{name}: the content was not reached");
        seen += 1;
    }
    assert!(seen > 30, "only {seen} files");
}
