//! What every bill is written from: one graph of an artifact, in which each element says how it is known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use weighhouse_core::{Assessment, Basis, Digest};

use crate::advisories::{Ecosystem, Rating};
use crate::deps::Confidence;

/// A value, how it is known, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known<T = String> {
    /// How it is known. Measured comes first, which orders several values of one kind.
    pub basis: Basis,
    /// The value.
    pub value: T,
    /// Where: a file, with a line or key; safe to print.
    pub place: String,
}

impl<T> Known<T> {
    /// Seen in the bytes.
    pub fn measured(value: T, place: impl Into<String>) -> Self {
        Self { basis: Basis::Measured, value, place: place.into() }
    }

    /// Said by whoever made the artifact.
    pub fn declared(value: T, place: impl Into<String>) -> Self {
        Self { basis: Basis::Declared, value, place: place.into() }
    }

    /// Concluded from something else.
    pub fn inferred(value: T, place: impl Into<String>) -> Self {
        Self { basis: Basis::Inferred, value, place: place.into() }
    }
}

/// An artifact and what it is made of.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Name and version of the program that wrote it.
    pub tool: (String, String),
    /// When it was written, as `YYYY-MM-DDTHH:MM:SSZ`, if that is to be told.
    pub at: Option<String>,
    /// Who wrote it: a person or an organisation, if that is to be told.
    pub author: Option<String>,
    /// What it is called.
    pub name: Known,
    /// Its revision.
    pub version: Option<Known>,
    /// Who made it.
    pub supplier: Option<Known>,
    /// What it is.
    pub description: Option<Known>,
    /// Its package URL.
    pub purl: Option<Known>,
    /// The model digest over every file; absent if one could not be read.
    pub digest: Option<Digest>,
    /// Bytes of all files.
    pub bytes: u64,
    /// Its licences, by every place that names one.
    pub licences: BTreeSet<Known<Licence>>,
    /// Places elsewhere that its metadata names.
    pub references: BTreeSet<Known<Reference>>,
    /// Its files, by path.
    pub files: Vec<File>,
    /// Its sets of weights, by name.
    pub weights: Vec<Weights>,
    /// What kind of model it is; several values of one trait contradict each other or belong to several weights.
    pub traits: BTreeMap<Trait, BTreeSet<Known>>,
    /// What it was made from.
    pub parents: BTreeSet<Known<Parent>>,
    /// Data it was trained or measured on.
    pub datasets: BTreeSet<Known<Dataset>>,
    /// How well it does.
    pub metrics: BTreeSet<Known<Metric>>,
    /// What its makers say about its use.
    pub considerations: BTreeMap<Topic, Known>,
    /// Software that lies in it, that it asks for, or that made it; each once, sorted.
    pub software: Vec<Software>,
    /// Known vulnerabilities of that, sorted; absent if nobody looked: an empty list would say that there are none.
    pub vulnerabilities: Option<Vec<Vulnerability>>,
    /// What was found out beyond its bytes.
    pub assessments: Vec<Assessment>,
    /// Bills of other tools that lie with it.
    pub others: Vec<super::evidence::Other>,
}

/// A licence as somebody named it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Licence {
    /// An identifier or expression of SPDX.
    Spdx(String),
    /// Any other name, and where its text is.
    Named {
        /// The name.
        name: String,
        /// Address of the text.
        url: Option<String>,
    },
}

impl Licence {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Spdx(name) | Self::Named { name, .. } => name,
        }
    }
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// What is there.
    pub kind: ReferenceKind,
    /// The address.
    pub url: String,
}

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "self-evident")]
pub enum ReferenceKind {
    Website,
    Repository,
    ModelCard,
    Paper,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path in the artifact.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// Digest; absent if it could not be read to its end.
    pub sha256: Option<Digest>,
    /// What it is.
    pub format: &'static str,
    /// The set of weights that it belongs to.
    pub weights: Option<String>,
}

/// The tensors of one file, or of all shards of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// The path; of shards the path with `*` where their number stands.
    pub name: String,
    /// Format of the files.
    pub format: &'static str,
    /// Number of tensors.
    pub tensors: u64,
    /// Numbers in them.
    pub values: u64,
    /// Bytes they take, if all of them lie in the file as they are.
    pub bytes: Option<u64>,
    /// How the numbers are encoded: tensors and values by element type.
    pub encodings: BTreeMap<String, (u64, u64)>,
    /// SHA-256 over names, element types and shapes of all tensors, sorted: two files with one label and other encodings differ. Absent if
    /// they are not known one by one.
    pub table: Option<Digest>,
    /// Number of parameters; absent if the numbers are packed in a way that is not known.
    pub parameters: Option<Known<u64>>,
}

/// What kind of model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Trait {
    Architecture,
    Family,
    Task,
    Library,
    Parameters,
    Encodings,
    Quantisation,
    BitsPerParameter,
    ContextLength,
    Vocabulary,
    HiddenSize,
    Layers,
    AttentionHeads,
    Language,
}

impl Trait {
    /// The name under which bills give it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Architecture => "architecture",
            Self::Family => "family",
            Self::Task => "task",
            Self::Library => "library",
            Self::Parameters => "parameters",
            Self::Encodings => "encodings",
            Self::Quantisation => "quantisation",
            Self::BitsPerParameter => "bits-per-parameter",
            Self::ContextLength => "context-length",
            Self::Vocabulary => "vocabulary",
            Self::HiddenSize => "hidden-size",
            Self::Layers => "layers",
            Self::AttentionHeads => "attention-heads",
            Self::Language => "language",
        }
    }
}

/// A model that it was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parent {
    /// Its name.
    pub name: String,
    /// How: `finetune`, `quantized`, `merge`, `adapter`, or `base` if nobody says.
    pub relation: String,
    /// Its revision.
    pub version: Option<String>,
    /// Its digest.
    pub digest: Option<Digest>,
}

/// A data set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// What it was used for.
    pub usage: Usage,
}

/// What data was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Usage {
    Training,
    Evaluation,
}

impl Usage {
    /// The word used in bills.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Evaluation => "evaluation",
        }
    }
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// What was measured.
    pub kind: String,
    /// On which data.
    pub dataset: Option<String>,
    /// The result.
    pub value: String,
}

/// What makers tell about use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Topic {
    Uses,
    OutOfScope,
    Limitations,
    Ethics,
    TrainingData,
    TrainingProcedure,
    Evaluation,
    Environment,
    Hardware,
    Preprocessing,
    Contact,
}

impl Topic {
    /// The name under which bills give it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::OutOfScope => "out-of-scope",
            Self::Limitations => "limitations",
            Self::Ethics => "ethics",
            Self::TrainingData => "training-data",
            Self::TrainingProcedure => "training-procedure",
            Self::Evaluation => "evaluation",
            Self::Environment => "environment",
            Self::Hardware => "hardware",
            Self::Preprocessing => "preprocessing",
            Self::Contact => "contact",
        }
    }
}

/// A package, as far as it is said which one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// Its version.
    pub wanted: Asked,
}

/// In which version a package is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// This one.
    Exactly(String),
    /// One that fits, as the ecosystem writes it.
    Within(String),
    /// The model was made with this one: which one is installed where it is loaded is not known.
    MadeWith(String),
    /// Any.
    Any,
}

/// How many places of one package are named.
pub(super) const PLACES: usize = 20;

/// A package and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// The package.
    pub package: Package,
    /// How it is known: measured, if it lies in the artifact.
    pub basis: Basis,
    /// How sure it is that it comes with the artifact.
    pub confidence: Confidence,
    /// Whether it is needed only by those who develop, build or extend it.
    pub aside: bool,
    /// Where it is named, the first of them: safe to print, with a line if there is one.
    pub places: BTreeSet<(String, Option<u32>)>,
    /// Places in all.
    pub named: usize,
}

impl Package {
    /// Its version, if it is known exactly.
    pub fn version(&self) -> Option<&str> {
        match &self.wanted {
            Asked::Exactly(version) => Some(version),
            Asked::Within(_) | Asked::MadeWith(_) | Asked::Any => None,
        }
    }

    /// Its package URL; without a version, unless that is known exactly.
    pub fn purl(&self) -> String {
        self.ecosystem.purl(&self.name, self.version())
    }
}

/// Name and version: `torch == 2.1.0`, `torch in >=2,<3`, `torch made with 2.1.0`, `torch`.
impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.wanted {
            Asked::Exactly(version) => write!(f, " == {version}"),
            Asked::Within(range) => write!(f, " in {range}"),
            Asked::MadeWith(version) => write!(f, " made with {version}"),
            Asked::Any => Ok(()),
        }
    }
}

impl Software {
    /// Where it is named first.
    pub fn place(&self) -> String {
        let Some((file, line)) = self.places.first() else { return String::new() };
        let more = self.named.saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        line.map_or_else(|| format!("{file}{more}"), |line| format!("{file}:{line}{more}"))
    }
}

/// A known vulnerability of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vulnerability {
    /// Its id, such as `CVE-2024-3568`.
    pub id: String,
    /// Other ids of the same thing.
    pub aliases: Vec<String>,
    /// What it is.
    pub summary: String,
    /// How bad it is.
    pub rating: Rating,
    /// The lowest version that repairs it.
    pub fixed: Option<String>,
    /// The package it is in.
    pub affects: Package,
    /// The version that was judged.
    pub version: Option<String>,
    /// What is known of it here.
    pub analysis: Analysis,
}

/// What is known of a vulnerability in this artifact, in the terms of VEX; the most open comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Analysis {
    /// The affected version comes with it, and nobody has said anything about it.
    Open,
    /// The affected version comes with it, and a waiver accepts it: who, until when, why.
    Accepted(String),
    /// The version that will be installed is not known.
    Unknown,
    /// A statement says that it does no harm here: why, and who says so.
    NotAffected(String),
    /// A statement says that it is repaired here.
    Fixed(String),
}

impl Graph {
    /// Takes note of a trait.
    pub(super) fn note(&mut self, kind: Trait, value: Known) {
        self.traits.entry(kind).or_default().insert(value);
    }

    /// What is known of a trait, best first.
    pub fn known(&self, kind: Trait) -> impl Iterator<Item = &Known> {
        self.traits.get(&kind).into_iter().flatten()
    }

    /// The different values of a trait, best first.
    pub(super) fn values(&self, kind: Trait) -> Vec<String> {
        let known = self.traits.get(&kind).map(distinct).unwrap_or_default();
        known.into_iter().map(|known| known.value.clone()).collect()
    }

    /// Whether it holds weights; otherwise it is called data.
    pub fn is_model(&self) -> bool {
        !self.weights.is_empty() || self.traits.contains_key(&Trait::Architecture) || !self.parents.is_empty()
    }
}

/// Each value once, as the best basis has it: what two places say alike is one thing.
pub(super) fn distinct<T: Ord>(known: &BTreeSet<Known<T>>) -> Vec<&Known<T>> {
    let mut seen = BTreeSet::new();
    known.iter().filter(|known| seen.insert(&known.value)).collect()
}
