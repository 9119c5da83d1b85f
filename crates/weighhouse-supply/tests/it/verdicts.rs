//! The verdicts of an index in the form of `bench/osv/oracle.py`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use weighhouse_core::Digest;
use weighhouse_supply::advisories::{Advisory, Affected, Ecosystem, Index, Verdict};

/// One line a package.
pub(crate) fn table(index: &Index) -> String {
    let mut names = index.names().unwrap();
    names.sort();
    let mut out = String::new();
    for name in names {
        let mut advisories = index.about(&name).unwrap();
        advisories.sort_by(|a, b| a.id.cmp(&b.id));
        let versions: BTreeSet<String> =
            advisories.iter().flat_map(|one| &one.affected).flat_map(|one| one.versions.clone()).collect();
        let verdicts: String = advisories.iter().flat_map(|advisory| digits(advisory, &versions)).collect();
        let count = |wanted: &str| verdicts.chars().filter(|digit| wanted.contains(*digit)).count();
        let digest = Digest::of(verdicts.as_bytes()).hex();
        let (advisories, versions, listed, ranged) =
            (advisories.len(), versions.len(), count("13!"), count("23"));
        writeln!(
            out,
            "{name}\t{advisories}\t{versions}\t{listed}\t{ranged}\t{}",
            digest.get(..16).unwrap_or_default()
        )
        .unwrap();
    }
    out
}

/// Lists and ranges apart: together, what is listed would hide what ranges say.
fn digits(advisory: &Advisory, versions: &BTreeSet<String>) -> Vec<char> {
    let only = |keep: fn(Affected) -> Affected| {
        let affected = advisory.affected.iter().cloned().map(keep).collect();
        Advisory { affected, ..advisory.clone() }
    };
    let lists = only(|one| Affected { ranges: Vec::new(), ..one });
    let ranges = only(|one| Affected { versions: Vec::new(), ..one });
    let digit = |version: &String| {
        let listed = lists.judge(&Ecosystem::PyPi, version) == Verdict::Affected;
        match (listed, ranges.judge(&Ecosystem::PyPi, version)) {
            (false, Verdict::NotAffected) => '0',
            (true, Verdict::NotAffected) => '1',
            (false, Verdict::Affected) => '2',
            (true, Verdict::Affected) => '3',
            (false, Verdict::Undetermined) => '?',
            (true, Verdict::Undetermined) => '!',
        }
    };
    versions.iter().map(digit).collect()
}
