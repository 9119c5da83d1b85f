//! The data that comes with the program, and the digest over it and all rules: two runs that give it alike know the same.

use weighhouse_core::Digest;

/// Distributions by the names that conda has for them.
pub(crate) static CONDA: &str = include_str!("../data/conda.tsv");
/// Where in a text of a licence a term stands: record, topic, clause, words that occur there.
pub(crate) static CLAUSES: &str = include_str!("../data/licences/clauses.tsv");
/// The table of licences for AI, as it was compiled: facts in our own words. `data/licences/README.md` says from what.
pub(crate) static LICENCES: &str = include_str!("../data/licences/ai-licenses.yaml");
/// What loads which format.
pub(crate) static LOADERS: &str = include_str!("../data/loaders_pypi.tsv");
/// Modules whose distribution has another name.
pub(crate) static MODULES: &str = include_str!("../data/modules.tsv");
/// Well-known publishers.
pub(crate) static ORGANISATIONS: &str = include_str!("../data/organisations.tsv");
/// Licences of well-known models and data sets.
pub(crate) static PARENTS: &str = include_str!("../data/licences/parents.tsv");
/// Well-known distributions.
pub(crate) static POPULAR: &str = include_str!("../data/popular_pypi.txt");
/// Producers that graphs name.
pub(crate) static PRODUCERS: &str = include_str!("../data/producers.tsv");
/// Modules that come with Python.
pub(crate) static STANDARD_MODULES: &str = include_str!("../data/standard_modules.txt");
/// Keys that hold versions.
pub(crate) static VERSION_KEYS: &str = include_str!("../data/version_keys.tsv");
/// Texts of licences, packed, one a line: `kind key[,key…] part`, a tab, words. Written by the test `pack` in `tests/licence_texts.rs`.
pub(crate) static LICENCE_TEXTS: &[u8] = include_bytes!("../data/licences/texts.xz");

/// All of it, by path.
fn all() -> [(&'static str, &'static [u8]); 12] {
    [
        ("conda.tsv", CONDA.as_bytes()),
        ("licences/ai-licenses.yaml", LICENCES.as_bytes()),
        ("licences/clauses.tsv", CLAUSES.as_bytes()),
        ("licences/parents.tsv", PARENTS.as_bytes()),
        ("licences/texts.xz", LICENCE_TEXTS),
        ("loaders_pypi.tsv", LOADERS.as_bytes()),
        ("modules.tsv", MODULES.as_bytes()),
        ("organisations.tsv", ORGANISATIONS.as_bytes()),
        ("popular_pypi.txt", POPULAR.as_bytes()),
        ("producers.tsv", PRODUCERS.as_bytes()),
        ("standard_modules.txt", STANDARD_MODULES.as_bytes()),
        ("version_keys.tsv", VERSION_KEYS.as_bytes()),
    ]
}

/// Digest over the descriptions of all rules and over all data.
pub fn digest() -> Digest {
    let mut text = String::new();
    for rule in crate::rules() {
        for part in [rule.id, rule.slug, rule.severity.as_str(), rule.confidence.as_str(), rule.docs] {
            text.push_str(part);
            text.push('\0');
        }
    }
    for (path, bytes) in all() {
        for part in [path, &Digest::of(bytes).to_string()] {
            text.push_str(part);
            text.push('\0');
        }
    }
    Digest::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_data_counts() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let mut found = Vec::new();
        for folder in [root.clone(), root.join("licences")] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                if path.is_file() && path.extension().is_none_or(|ending| ending != "md") {
                    found.push((name, Digest::of(&fs::read(path).unwrap())));
                }
            }
        }
        found.sort();
        let known: Vec<_> =
            all().iter().map(|(path, bytes)| ((*path).to_owned(), Digest::of(bytes))).collect();
        assert_eq!(known, found);
    }

    #[test]
    fn rules_have_ids_and_names_of_their_own() {
        let rules = crate::rules();
        let ids: BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
        let slugs: BTreeSet<_> = rules.iter().map(|rule| rule.slug).collect();
        assert_eq!((ids.len(), slugs.len()), (rules.len(), rules.len()));
    }
}
