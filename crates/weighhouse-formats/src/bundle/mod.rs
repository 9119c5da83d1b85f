//! Documents that describe a bundle: what a server or a framework opens, imports, calls and installs when it loads the folder or
//! the archive that the document stands in.
//!
//! A relation, not a format of its own: the document was read as JSON, YAML or text, and is read here once more as its framework
//! reads it. What is said of each kind stands in a table of paths (`kinds.rs`). Names are facts as written; whether what they name
//! is there and what it does is for rules to say, which see the folder.

mod ini;
mod interpolate;
mod kinds;
mod leaves;
mod options;
#[cfg(test)]
mod tests;

use crate::bounded::{Budget, Exhausted};
use crate::draft::head;
use crate::format::Format;
use crate::node::{Facts, Node, Reading};
use crate::region::{Claims, Region};
use crate::source::SharedSource;

use leaves::Leaf;

/// Longest value that is kept.
const LONGEST: usize = 1024;

/// What a document says of the bundle it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFacts {
    /// Whose document it is.
    pub kind: Kind,
    /// What it names, in the order of the document.
    pub references: Vec<Reference>,
}

/// Whose bundle it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the names of the frameworks")]
pub enum Kind {
    TorchServe,
    Nemo,
    Hydra,
    Mlflow,
    MlServer,
    KitOps,
    Docker,
    Ollama,
    Bento,
    Spacy,
    ComfyUi,
    Axolotl,
    Llamafile,
    Package,
}

impl Kind {
    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TorchServe => "TorchServe",
            Self::Nemo => "NeMo",
            Self::Hydra => "Hydra",
            Self::Mlflow => "MLflow",
            Self::MlServer => "MLServer",
            Self::KitOps => "KitOps",
            Self::Docker => "Docker",
            Self::Ollama => "Ollama",
            Self::Bento => "BentoML",
            Self::Spacy => "spaCy",
            Self::ComfyUi => "ComfyUI",
            Self::Axolotl => "Axolotl",
            Self::Llamafile => "llamafile",
            Self::Package => "the installer of Python packages",
        }
    }

    /// How many folders above the document's own the bundle begins.
    pub const fn folders_above(self) -> usize {
        match self {
            // `MAR-INF/MANIFEST.json`
            Self::TorchServe => 1,
            _ => 0,
        }
    }
}

/// Something that a document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What the loader does with it.
    pub role: Role,
    /// Where in the document: dotted keys.
    pub key: String,
    /// As written, or what it comes to where the document puts it together.
    pub value: String,
    /// Where in the file.
    pub region: Region,
}

/// What a loader does with what is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Opens it as a file of the bundle.
    File,
    /// The same, and cannot do without it: a layer of an image.
    Part,
    /// Imports it and calls what is in it: a Python file, a module, or either with a function behind a colon.
    Code,
    /// Looks it up by its dotted name, or among registered names, and calls it.
    Class,
    /// The same for a name that the document puts together.
    Resolved,
    /// The same for a name that is put together, of which parts are not in the document.
    Computed,
    /// Installs it.
    Requirement,
    /// Reads this variable of the environment of the machine.
    Variable,
    /// Sends what it is asked to this host, or takes the model from it.
    Host,
    /// Opens itself to others, or turns a protection off.
    Exposure,
}

/// Adds a reading where a node is such a document.
pub(crate) fn relate(node: &mut Node, source: &SharedSource, budget: &Budget) {
    let found = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Text(_) if node.name.rsplit('/').next() == Some(".args") => {
            Some((Kind::Llamafile, Format::Text, options::read(source, budget)?))
        }
        Facts::Json(facts) => {
            let root = facts.value.as_ref()?;
            let kind = kinds::of_json(&node.name, root)?;
            Some((kind, Format::Json, leaves::of_json(root, budget.limits().facts)))
        }
        Facts::Yaml(facts) => {
            let leaves = leaves::of_yaml(facts);
            let kind = kinds::of_yaml(&node.name, &leaves)?;
            Some((kind, Format::Yaml, leaves))
        }
        Facts::Text(_) if kinds::is_package(&node.name) => {
            Some((Kind::Package, Format::Toml, ini::read(source, budget)?))
        }
        Facts::Text(_) if kinds::may_be_spacy(&node.name) => {
            let leaves = ini::read(source, budget)?;
            kinds::is_spacy(&leaves).then_some((Kind::Spacy, Format::Text, leaves))
        }
        _ => None,
    });
    let Some((kind, format, leaves)) = found else { return };
    if budget.steps(leaves.len() as u64).is_err() || leaves.len() >= budget.limits().facts {
        node.gaps.push(Exhausted::Facts.into());
    }
    let references = references(kind, &leaves);
    if !references.is_empty() {
        node.readings.push(Reading {
            format,
            facts: Facts::Bundle(Box::new(BundleFacts { kind, references })),
            claims: Claims::whole(node.len),
            irregularities: Vec::new(),
        });
    }
}

/// What the leaves of a document name, by the table of its kind.
fn references(kind: Kind, leaves: &[Leaf<'_>]) -> Vec<Reference> {
    let values = interpolate::Values::of(leaves);
    let mut found = if kind == Kind::Package { kinds::builders(leaves) } else { Vec::new() };
    for leaf in leaves {
        let mut keep = |role: Role, value: &str| {
            found.push(Reference {
                role,
                key: head(&leaf.path, LONGEST).to_owned(),
                value: head(value, LONGEST).to_owned(),
                region: leaf.region,
            });
        };
        for (role, value) in kinds::of_leaf(kind, leaf) {
            match role {
                Role::Class if value.contains("${") => match values.resolve(value) {
                    Some(whole) => keep(Role::Resolved, &whole),
                    None => keep(Role::Computed, value),
                },
                role => keep(role, value),
            }
        }
        if kind == Kind::Nemo {
            for variable in interpolate::variables(&leaf.value) {
                keep(Role::Variable, variable);
            }
        }
    }
    found
}
