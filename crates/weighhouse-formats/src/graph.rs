//! What the graph of a model declares, whatever framework it is written for: operators, the files and the code that its loader
//! would reach for, and tensors.
//!
//! A parser of a format that holds a graph fills this in, so that one set of rules judges them all.

use std::collections::{BTreeMap, HashSet};

use crate::inspect::numbers;
use crate::node::Node;
use crate::region::Region;
use crate::safetensors::TensorInfo;

/// What a graph declares.
#[derive(Debug, Default)]
pub struct GraphFacts {
    /// The framework that runs it, as the name space of its own operators: `tensorflow`, `tflite`; `ai.onnx` for ONNX.
    pub framework: &'static str,
    /// The program that wrote it; empty if it does not say.
    pub producer: String,
    /// Its version.
    pub producer_version: String,
    /// Operators by domain and name, of all graphs and functions.
    pub operators: Vec<OperatorUse>,
    /// Functions that the model brings along.
    pub functions: Vec<FunctionInfo>,
    /// Tensors: initialisers and constants.
    pub tensors: Vec<TensorInfo>,
    /// Number of all tensors (more than are kept when the bound on facts was hit).
    pub tensor_count: u64,
    /// Tensors whose data lies in other files.
    pub external: Vec<ExternalData>,
    /// Other files that whoever loads or runs the graph opens.
    pub files: Vec<FileReference>,
    /// Code outside the graph that whoever loads it must have, or imports.
    pub code: Vec<CodeReference>,
    /// Where running it takes more time or memory than any machine has.
    pub exhausting: Vec<Exhausting>,
    /// What the writer noted; long values are cut here, and are children in full.
    pub metadata: Vec<(String, String)>,
    /// Fields that the format does not have.
    pub unknown: Vec<UnknownField>,
}

/// An operator and how often it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorUse {
    /// The function whose body uses it, as an index into [`GraphFacts::functions`]; nothing for graphs.
    pub function: Option<usize>,
    /// Domain as written; empty for the framework's own.
    pub domain: String,
    /// Name.
    pub name: String,
    /// Which of several functions of one name.
    pub overload: String,
    /// How often.
    pub count: u64,
    /// The first node that uses it.
    pub region: Region,
}

/// A function that the model brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Domain as written.
    pub domain: String,
    /// Name.
    pub name: String,
    /// Which of several of one name.
    pub overload: String,
    /// Where.
    pub region: Region,
}

/// Where the data of a tensor lies outside the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalData {
    /// The tensor.
    pub tensor: String,
    /// The file, as written: relative to the folder of the model by the format.
    pub location: String,
    /// The folder in which it lies, where the model says so beside it (a key that early helpers of ONNX wrote).
    pub base: String,
    /// Where in the file it begins.
    pub offset: u64,
    /// How many bytes it takes: declared, or else as many as the tensor needs; nothing if neither is known.
    pub length: Option<u64>,
    /// SHA-1 that the model declares.
    pub checksum: Option<String>,
    /// Keys that the format does not have, as written.
    pub foreign: Vec<String>,
    /// Where in the model this is said.
    pub region: Region,
}

/// A file that a graph names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReference {
    /// As written: relative to the folder of the model unless it says otherwise.
    pub path: String,
    /// What it is for, in the words of the format: `asset`, `vocabulary`, `log`.
    pub purpose: &'static str,
    /// Whether it is written.
    pub written: bool,
    /// Where this is said.
    pub region: Region,
}

/// The purpose of files that only whoever trains the model opens: networks of Caffe note where they lay then.
pub const TRAINING_DATA: &str = "training data";

/// Code that a graph names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeReference {
    /// What it is and how it is reached.
    pub kind: CodeKind,
    /// Its name, as written.
    pub name: String,
    /// Where this is said.
    pub region: Region,
}

/// How code is reached that a graph names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// A Python module, class or function that the loader imports by this name.
    Python,
    /// A native library that the loader opens by this name.
    Library,
    /// Source that is compiled or interpreted when the model is loaded (a kernel, a script), in a file of this name.
    Source,
    /// A class that the loader looks up by this name among all that are in its process, and hands the model's parameters to.
    Class,
    /// A class that the program around the model must bring under this name; nothing is loaded for it.
    Custom,
}

/// A place that takes more time or memory than any machine has, by its constants alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausting {
    /// What it is, for the reader: `a loop without an end`.
    pub what: String,
    /// The function it is in.
    pub function: String,
    /// Whether that function runs while the model is loaded.
    pub loading: bool,
    /// Where.
    pub region: Region,
}

/// A field that its message does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    /// The message.
    pub message: &'static str,
    /// Number of the field.
    pub number: u32,
    /// How its value is written, in the words of the published description.
    pub wire: &'static str,
    /// Its value.
    pub region: Region,
}

/// Function, domain, name, overload.
type Key = (Option<usize>, String, String, String);

/// The operators seen so far, while a graph is read.
#[derive(Debug, Default)]
pub(crate) struct Operators {
    seen: BTreeMap<Key, (u64, Region)>,
}

impl Operators {
    /// Adds a use; whether there was room for it.
    pub(crate) fn add(
        &mut self,
        function: Option<usize>,
        names: [String; 3],
        region: Region,
        most: usize,
    ) -> bool {
        self.add_many(function, names, region, 1, most)
    }

    /// Adds so many uses, of which one is at `region`; whether there was room for them.
    pub(crate) fn add_many(
        &mut self,
        function: Option<usize>,
        [domain, name, overload]: [String; 3],
        region: Region,
        uses: u64,
        most: usize,
    ) -> bool {
        let room = self.seen.len() < most;
        match self.seen.entry((function, domain, name, overload)) {
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let count = &mut entry.get_mut().0;
                *count = count.saturating_add(uses);
                true
            }
            std::collections::btree_map::Entry::Vacant(entry) => {
                if room {
                    entry.insert((uses, region));
                }
                room
            }
        }
    }

    /// All of them, sorted.
    pub(crate) fn finish(self) -> Vec<OperatorUse> {
        let operators = self.seen.into_iter();
        operators
            .map(|((function, domain, name, overload), (count, region))| OperatorUse {
                function,
                domain,
                name,
                overload,
                count,
                region,
            })
            .collect()
    }
}

/// Tensors of bytes that look like a file by chance are numbers.
pub(crate) fn relate(node: &mut Node) {
    let data: HashSet<Region> = node
        .readings
        .iter()
        .filter_map(|reading| reading.facts.graph())
        .flat_map(|graph| graph.tensors.iter().map(|tensor| tensor.data))
        .collect();
    let tensors =
        node.children.iter_mut().filter(|child| child.region.is_some_and(|region| data.contains(&region)));
    tensors.for_each(|child| numbers::explain(child, "a model declares it as a tensor"));
}
