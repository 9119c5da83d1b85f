//! Times what `bench/osv/run` reports: import of a dump, opening of its index and reading all of it, evaluation of every advisory against every
//! version that is listed for its package. With `table`, writes the verdicts instead.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use weighhouse_formats::source::FileSource;
use weighhouse_supply::advisories::{Ecosystem, Index, Verdict, import};

#[path = "../tests/it/verdicts.rs"]
mod verdicts;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dump, index, rest @ ..] = arguments.as_slice() else {
        println!("usage: osv DUMP.zip INDEX [table]");
        return;
    };
    let start = Instant::now();
    let source = Arc::new(FileSource::new(std::fs::File::open(dump).unwrap()).unwrap());
    let mut out = std::io::BufWriter::new(std::fs::File::create(index).unwrap());
    let today = "9999-01-01".parse().unwrap();
    import(&(source as _), &Ecosystem::PyPi, today, &mut out).unwrap();
    drop(out);
    let imported = start.elapsed();
    let start = Instant::now();
    let index = Index::open(Path::new(index)).unwrap();
    if !rest.is_empty() {
        print!("{}", verdicts::table(&index));
        return;
    }
    let names = index.names().unwrap();
    let packages: Vec<_> = names.iter().map(|name| index.about(name).unwrap()).collect();
    let loaded = start.elapsed();
    let start = Instant::now();
    let (mut pairs, mut affected) = (0_u64, 0_u64);
    for advisories in &packages {
        let versions: BTreeSet<&String> =
            advisories.iter().flat_map(|one| &one.affected).flat_map(|one| &one.versions).collect();
        for advisory in advisories {
            for version in &versions {
                pairs += 1;
                affected += u64::from(advisory.judge(&Ecosystem::PyPi, version) == Verdict::Affected);
            }
        }
    }
    let evaluated = start.elapsed();
    println!("import\t{} ms", imported.as_millis());
    println!("load\t{} ms\t{} packages", loaded.as_millis(), packages.len());
    println!("evaluate\t{} ms\t{pairs} pairs\t{affected} affected", evaluated.as_millis());
}
