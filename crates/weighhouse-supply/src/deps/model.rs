//! What a model says of the software that made it. A hint at the build, not at what will load it: whoever runs the model has versions of
//! their own. And what its code imports, and what loads its formats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::data;
use super::package::{Confidence, Found, Package, Wanted};
use super::tree::{self, Tree};
use crate::advisories::Ecosystem;
use crate::materials::{Material, Materials};

/// Bytes of a configuration that is looked into for versions.
const CONFIGURATION: usize = 1 << 20;
const PYPI: Ecosystem = Ecosystem::PyPi;

/// Keys of configurations, by the distribution whose version they hold.
static KEYS: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| data::pairs(crate::knowledge::VERSION_KEYS));
/// Producers that graphs name, by distribution.
static PRODUCERS: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| data::pairs(crate::knowledge::PRODUCERS));
/// Modules whose distribution has another name.
static MODULES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| data::pairs(crate::knowledge::MODULES));
/// Modules that come with Python.
static STANDARD: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| data::lines(crate::knowledge::STANDARD_MODULES).collect());

/// Versions that a model declares, once each.
pub(super) fn declared(materials: &Materials) -> Vec<Package> {
    let mut all = Vec::new();
    for file in &materials.files {
        let mut found = Found::new(&file.path, "model");
        configuration(&mut found, file);
        metadata(&mut found, file);
        all.extend(found.packages);
    }
    let mut seen = BTreeSet::new();
    all.retain(|package| seen.insert((package.name.clone(), package.wanted.clone())));
    all
}

/// JSON and YAML with keys that hold versions.
fn configuration(found: &mut Found, file: &Material) {
    let Some(text) =
        file.text.as_deref().filter(|text| text.len() <= CONFIGURATION && text.contains("version"))
    else {
        return;
    };
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let tree = match (name, name.rsplit('.').next().unwrap_or_default()) {
        ("MLmodel", _) | (_, "yaml" | "yml") => tree::yaml(text),
        (_, "json") => tree::json(text),
        _ => return,
    };
    let Ok(tree) = tree else { return };
    let mlflow = name == "MLmodel";
    let own = tree.map().iter();
    // Sentence Transformers: `__version__: {transformers: …}`.
    let nested = tree.get("__version__").map(Tree::map).unwrap_or_default().iter();
    let flavours =
        tree.get("flavors").map(Tree::map).unwrap_or_default().iter().flat_map(|(_, flavour)| flavour.map());
    let flavours = flavours.filter(|_| mlflow);
    let sentence = nested.filter_map(|(key, value)| match key.as_str() {
        "pytorch" => Some(("torch", value)),
        "sentence_transformers" => Some(("sentence-transformers", value)),
        "transformers" => Some(("transformers", value)),
        _ => None,
    });
    let keyed = own.chain(flavours).filter_map(|(key, value)| Some((*KEYS.get(key.as_str())?, value)));
    let hints: Vec<(&str, &Tree)> = keyed.chain(sentence).collect();
    for (distribution, value) in hints {
        hint(found, distribution, value.text().unwrap_or_default(), value.line, None);
    }
    // XGBoost: `{"learner": …, "version": [2, 0, 3]}`.
    if tree.get("learner").is_some() {
        let parts: Vec<&str> = tree.items("version").iter().filter_map(Tree::text).collect();
        hint(found, "xgboost", &parts.join("."), tree.get("version").map_or(0, |tree| tree.line), None);
    }
}

/// What parsers took from the metadata of a file.
fn metadata(found: &mut Found, file: &Material) {
    let mut producer: Option<&str> = None;
    for declared in &file.declared {
        let (format, key) = declared.key.split_once(':').unwrap_or(("", &declared.key));
        let member = (!declared.member.is_empty()).then_some(declared.member.as_str());
        match key {
            "producer_name" => producer = Some(declared.value.as_str()),
            "producer_version" => {
                let name = producer.map(str::to_ascii_lowercase).unwrap_or_default();
                let distribution = PRODUCERS.get(name.as_str()).copied();
                if let Some(distribution) =
                    distribution.or_else(|| PRODUCERS.get(format).copied().filter(|_| name.is_empty()))
                {
                    hint(found, distribution, &declared.value, 0, member);
                }
            }
            _ => {
                let last = key.rsplit(['@', ':', '/']).next().unwrap_or_default();
                if let Some(distribution) = KEYS.get(last) {
                    hint(found, distribution, &declared.value, 0, member);
                }
            }
        }
    }
}

/// Notes a version, if it is one.
fn hint(found: &mut Found, distribution: &str, version: &str, line: u32, member: Option<&str>) {
    let version = version.trim();
    if !version.starts_with(|c: char| c.is_ascii_digit())
        || crate::advisories::Version::parse(&PYPI, version).is_none()
    {
        return;
    }
    let wanted = Wanted::Exact(version.to_owned());
    if let Some(package) = found.push(&PYPI, distribution, wanted, Confidence::MadeWith, line)
        && let Some(member) = member
    {
        package.location.members = member.split('!').map(str::to_owned).collect();
    }
}

/// Distributions that shipped code imports, once each; what comes with Python or with the target is none.
pub(super) fn imports(materials: &Materials) -> Vec<Package> {
    let local: BTreeSet<&str> = materials
        .files
        .iter()
        .flat_map(|file| file.path.split('/'))
        .map(|part| part.strip_suffix(".py").or_else(|| part.split(".cpython").next()).unwrap_or(part))
        .collect();
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for file in &materials.files {
        let mut found = Found::new(&file.path, "imports");
        for module in &file.imports {
            let top = module.split('.').next().unwrap_or_default();
            if STANDARD.contains(top) || local.contains(top) {
                continue;
            }
            // Distributions of name spaces are known by two parts: `google.cloud`.
            let two = module.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
            let distribution = MODULES.get(two.as_str()).or_else(|| MODULES.get(top)).copied().unwrap_or(top);
            if distribution != "-" && seen.insert(PYPI.normalise(distribution)) {
                found.push(&PYPI, distribution, Wanted::Any, Confidence::InferredImport, 0);
            }
        }
        all.extend(found.packages);
    }
    all
}

/// A distribution that loads a format of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loader {
    /// The format, by name.
    pub format: &'static str,
    /// A distribution that loads it.
    pub distribution: &'static str,
}

/// Rows of a table of data, as fields.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    data::lines(text).map(|line| line.split('\t').collect())
}

/// What loads the formats of these materials.
pub(super) fn loaders(materials: &Materials) -> Vec<Loader> {
    let formats: BTreeSet<&str> = materials.files.iter().map(|file| file.format).collect();
    let all = rows(crate::knowledge::LOADERS).filter_map(|row| match row.as_slice() {
        [format, distribution, ..] => Some(Loader { format, distribution }),
        _ => None,
    });
    all.filter(|loader| formats.contains(loader.format)).collect()
}
