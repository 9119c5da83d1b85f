//! Prints what the pickle parser sees in a file: for measuring, and for looking at real files.
#![expect(clippy::print_stdout, reason = "a tool for developers")]

use std::sync::Arc;

use weighhouse_formats::bounded::Budget;
use weighhouse_formats::node::Facts;
use weighhouse_formats::source::{FileSource, SharedSource};

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let source: SharedSource = Arc::new(FileSource::new(std::fs::File::open(&path)?)?);
        let parsed = weighhouse_formats::pickle::parse(&source, &path, &Budget::default());
        println!("{path}: {} bytes, {}", source.len(), parsed.reading.format.name());
        println!("claims {:?}", parsed.reading.claims.regions());
        println!("unexplained {:?}", parsed.reading.claims.unexplained(source.len()));
        println!("faults {:#?}\ngaps {:#?}", parsed.reading.irregularities, parsed.gaps);
        for child in &parsed.children {
            println!("child {} {:?}", child.name, child.known);
        }
        if let Facts::Pickle(facts) = &parsed.reading.facts {
            println!("{facts:#?}");
        }
    }
    Ok(())
}
