//! The artifact as a whole: what rules need from single files to judge how they work together.
//!
//! Kept small on purpose: names and formats of all files, the parsed configuration files, and what each Python file
//! defines and imports. Everything else is dropped as soon as its file was judged.

pub mod external;

use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::Digest;
use weighhouse_formats::bundle::BundleFacts;
use weighhouse_formats::format::Format;
use weighhouse_formats::json::Value;
use weighhouse_formats::manifests::ManifestFacts;
use weighhouse_formats::node::{Facts, Node};
use weighhouse_formats::objects::ObjectsFacts;
use weighhouse_formats::python::{PythonCall, PythonFacts, Scope};
use weighhouse_formats::yaml::Scalar;

use crate::knowledge::commands::{self, Command};
use crate::knowledge::effects::{Effect, effect};
use crate::rules::objects::unknown_object::may_be_beside;

/// Largest JSON document that is kept for cross-file rules, in bytes.
const LARGEST_JSON: u64 = 4 << 20;

/// Cross-file facts.
#[derive(Debug, Default)]
pub struct Repository {
    /// Every file: path and candidate formats.
    pub files: BTreeMap<String, RepositoryFile>,
    /// Parsed JSON documents by path.
    pub json: BTreeMap<String, Value>,
    /// Manifests of content-addressed stores, by path.
    pub manifests: BTreeMap<String, ManifestFacts>,
    /// Documents that describe the bundle they stand in, by path.
    pub bundles: BTreeMap<String, BundleFacts>,
    /// Documents that name objects whose code may lie beside them, by path.
    pub objects: BTreeMap<String, ObjectsFacts>,
    /// Python files by path.
    pub python: BTreeMap<String, PythonSummary>,
    /// YAML scalars by path (front matter of cards included).
    pub yaml: BTreeMap<String, Vec<Scalar>>,
    /// ONNX models whose tensors lie in other files.
    pub external: external::External,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Candidate formats, strongest first.
    pub formats: Vec<Format>,
    /// Length in bytes.
    pub len: u64,
    /// SHA-256, if the file was read to its end.
    pub sha256: Option<Digest>,
    /// What program the file is, if it is one.
    pub program: Option<Program>,
}

impl RepositoryFile {
    fn of(node: &Node, sha256: Option<Digest>) -> Self {
        let program = node.readings.iter().find_map(|reading| match &reading.facts {
            Facts::Executable(facts) => {
                Some(Program { description: facts.description.clone(), loadable: facts.loadable })
            }
            _ => None,
        });
        let formats = node.candidates.iter().map(|candidate| candidate.format).collect();
        Self { formats, len: node.len, sha256, program }
    }
}

/// A file that is a program or a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// For the reader: `ELF library for x86-64`.
    pub description: String,
    /// Whether something runs it as it is.
    pub loadable: bool,
}

/// What cross-file rules need to know of a Python file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PythonSummary {
    /// Classes and functions defined at module level.
    pub definitions: Vec<String>,
    /// Modules it imports, relative ones with their dots.
    pub imports: Vec<String>,
    /// Calls that start programs, load native code or make something start later, at any time.
    pub acts: Vec<String>,
    /// Whether it builds a data set as a loading script does.
    pub builds_data: bool,
}

/// What one file contributes.
#[derive(Debug, Default)]
pub struct Contribution {
    file: Option<RepositoryFile>,
    json: Option<Value>,
    manifest: Option<ManifestFacts>,
    bundle: Option<BundleFacts>,
    objects: Option<ObjectsFacts>,
    python: Option<PythonSummary>,
    yaml: Option<Vec<Scalar>>,
    external: external::Found,
}

impl Contribution {
    /// Takes what is kept out of a file's node; the rest of the node can be dropped.
    pub fn of(node: Node, sha256: Option<Digest>) -> Self {
        let mut kept = Self {
            file: Some(RepositoryFile::of(&node, sha256)),
            external: external::Found::of(&node),
            ..Self::default()
        };
        for reading in node.readings {
            match reading.facts {
                Facts::Json(facts) if node.len <= LARGEST_JSON => kept.json = facts.value,
                Facts::Manifest(facts) => kept.manifest = Some(*facts),
                Facts::Bundle(facts) => kept.bundle = Some(*facts),
                Facts::Objects(facts) if may_be_beside(facts.framework) => kept.objects = Some(*facts),
                Facts::Python(facts) => kept.python = Some(PythonSummary::of(&facts)),
                Facts::Yaml(facts) => kept.yaml = Some(facts.scalars),
                _ => {}
            }
        }
        // The front matter of a model card is a child of its Markdown file.
        for child in node.children {
            for reading in child.readings {
                if let (Facts::Yaml(facts), None) = (reading.facts, &kept.yaml) {
                    kept.yaml = Some(facts.scalars);
                }
            }
        }
        kept
    }

    /// The same of a member of an archive, which is looked at once more with what lies beside it.
    pub(crate) fn of_member(node: &Node) -> Self {
        let mut kept = Self { file: Some(RepositoryFile::of(node, None)), ..Self::default() };
        for reading in &node.readings {
            match &reading.facts {
                Facts::Json(facts) if node.len <= LARGEST_JSON => kept.json.clone_from(&facts.value),
                Facts::Manifest(facts) => kept.manifest = Some((**facts).clone()),
                Facts::Bundle(facts) => kept.bundle = Some((**facts).clone()),
                Facts::Objects(facts) if may_be_beside(facts.framework) => {
                    kept.objects = Some((**facts).clone());
                }
                Facts::Python(facts) => kept.python = Some(PythonSummary::of(facts)),
                Facts::Yaml(facts) => kept.yaml = Some(facts.scalars.clone()),
                _ => {}
            }
        }
        kept
    }
    /// What is kept of a file that rules about the artifact know by its formats, length and digest alone. Nothing if they look
    /// into it.
    pub(crate) fn bare(&self) -> Option<&RepositoryFile> {
        let Self {
            file,
            json: None,
            manifest: None,
            bundle: None,
            objects: None,
            python: None,
            yaml: None,
            external,
        } = self
        else {
            return None;
        };
        file.as_ref().filter(|file| external.is_empty() && file.program.is_none())
    }

    /// The contribution of such a file.
    pub(crate) fn bare_of(file: RepositoryFile) -> Self {
        Self { file: Some(file), ..Self::default() }
    }
}

impl PythonSummary {
    fn of(facts: &PythonFacts) -> Self {
        const BUILDERS: &[&str] =
            &["datasets.DatasetInfo", "datasets.SplitGenerator", "datasets.BuilderConfig"];
        // What only runs as a script, a loader never reaches.
        let acts =
            facts.calls.iter().filter(|call| call.scope != Scope::Main).filter(|call| starts_something(call));
        Self {
            builds_data: facts.calls.iter().any(|call| BUILDERS.contains(&call.callee.as_str())),
            definitions: facts.definitions.clone(),
            imports: facts.imports.iter().map(|import| import.module.clone()).collect(),
            acts: acts.map(|call| call.callee.clone()).collect(),
        }
    }
}

fn starts_something(call: &PythonCall) -> bool {
    match effect(&call.callee) {
        Some((Effect::Persistence | Effect::Spy, _)) => true,
        Some((Effect::Process, _)) => {
            let command = call.arguments.first().and_then(|first| first.text());
            !matches!(command.map(commands::judge), Some(Command::Query | Command::Chore))
        }
        _ => false,
    }
}

impl Repository {
    /// Puts the contributions of all files together.
    pub fn assemble(contributions: impl IntoIterator<Item = (String, Contribution)>) -> Self {
        let mut repository = Self::default();
        for (path, contribution) in contributions {
            let Contribution { file, json, manifest, bundle, objects, python, yaml, external } = contribution;
            if let Some(json) = json {
                repository.json.insert(path.clone(), json);
            }
            if let Some(manifest) = manifest {
                repository.manifests.insert(path.clone(), manifest);
            }
            if let Some(bundle) = bundle {
                repository.bundles.insert(path.clone(), bundle);
            }
            if let Some(objects) = objects {
                repository.objects.insert(path.clone(), objects);
            }
            if let Some(python) = python {
                repository.python.insert(path.clone(), python);
            }
            if let Some(yaml) = yaml {
                repository.yaml.insert(path.clone(), yaml);
            }
            if let Some(file) = file {
                repository.external.add(&path, file.len, external);
                if file.formats.contains(&Format::Ocdbt) {
                    repository.external.add_database(&path);
                }
                repository.files.insert(path, file);
            }
        }
        repository
    }

    /// The blob of this digest in the store that a manifest lies in: its path, and what it is.
    pub fn blob(&self, manifest: &str, digest: &str) -> Option<(&str, &RepositoryFile)> {
        // `manifests/HOST/NAMESPACE/MODEL/TAG` is as deep as it gets.
        let parents = std::iter::successors(Some(manifest), |path| {
            path.rsplit_once('/').map(|(parent, _)| parent).or((!path.is_empty()).then_some(""))
        });
        parents.skip(1).take(8).find_map(|folder| {
            let root = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let names = [format!("{root}blobs/sha256/{digest}"), format!("{root}blobs/sha256-{digest}")];
            let found = names.iter().find_map(|name| self.files.get_key_value(name));
            found.map(|(path, file)| (path.as_str(), file))
        })
    }

    /// Folders into which packages are installed: beside each stands a record of what belongs to it.
    pub fn installed(&self) -> BTreeSet<&str> {
        let records = self.files.keys().filter_map(|path| path.strip_suffix(".dist-info/RECORD"));
        records.map(|package| package.rsplit_once('/').map_or("", |(folder, _)| folder)).collect()
    }

    /// The path of `name` in the same folder as `path`.
    pub fn beside(path: &str, name: &str) -> String {
        path.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}"))
    }
}
