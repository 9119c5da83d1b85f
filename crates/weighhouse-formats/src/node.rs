//! What an inspection saw: a tree of facts, one [`Node`] per file, archive member or decoded literal.
//!
//! Nothing here is a judgement. A reading says what a parser found and what it could not explain; rules decide.

use crate::bounded::Exhausted;
use crate::format::Format;
use crate::region::Region;

/// One inspected sequence of bytes: a file, a member of a container, a decompressed stream or a literal.
#[derive(Debug)]
pub struct Node {
    /// Name inside its parent (`archive/data.pkl`, `decompressed`, `bytes@1234`); for a file, the name it was given.
    /// Raw as found: may hold any character, and must be escaped before it is shown.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
    /// Where its bytes lie in the parent, if they do so unchanged.
    pub region: Option<Region>,
    /// The candidate formats that content supports, strongest first. Never empty.
    pub candidates: Vec<Candidate>,
    /// One reading per candidate that has a parser, and per relation (PyTorch in a zip) found afterwards.
    pub readings: Vec<Reading>,
    /// Bytes that no single reading explains, for the reading that explains most.
    pub unexplained: Vec<Unexplained>,
    /// Faults that opening it from its parent showed: wrong checksum or length, damaged compression.
    pub faults: Vec<Irregularity>,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
    /// Members, decompressed content, decoded literals.
    pub children: Vec<Self>,
}

/// A format that content supports, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The format.
    pub format: Format,
    /// How strongly content says so.
    pub strength: Strength,
    /// What was seen, for the reader: `magic number`, `end-of-central-directory record at 1040`.
    pub evidence: &'static str,
}

/// How strongly content supports a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Only the name announces it, and content does not contradict.
    Name,
    /// The content could be read as this (plain text that parses as Python).
    Plausible,
    /// A signature or a structure that does not occur by chance.
    Certain,
}

/// What one parser made of a node.
#[derive(Debug)]
pub struct Reading {
    /// Read as this.
    pub format: Format,
    /// What was found.
    pub facts: Facts,
    /// The regions the parser explained.
    pub claims: crate::region::Claims,
    /// What is wrong with the structure.
    pub irregularities: Vec<Irregularity>,
}

/// A region nobody explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    /// Where.
    pub region: Region,
    /// Before, between or after what was explained.
    pub place: UnexplainedPlace,
    /// Whether every byte is zero: padding, not a payload.
    pub zeros: bool,
    /// The formats its first bytes look like, if any.
    pub looks_like: Vec<Format>,
}

/// Where an unexplained region lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum UnexplainedPlace {
    Prefix,
    Gap,
    Tail,
    Whole,
}

/// A structural fault: the data contradicts its format or itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Irregularity {
    /// Which kind.
    pub kind: Fault,
    /// Where, if it has a place.
    pub region: Option<Region>,
    /// For the reader: lower case, no final stop, values from the file in backticks.
    pub detail: String,
}

/// Kinds of structural faults, across formats. Rules pick the kinds they judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The structure ends before it should.
    Truncated,
    /// The structure breaks the format's grammar.
    Malformed,
    /// What no writer can have meant and a reader computes with or evaluates: a negative place, a count beyond any file, code in
    /// the place of a literal.
    Impossible,
    /// Two parts of the file say different things about the same (local and central header, declared and real size).
    Contradiction,
    /// The same name or key twice: readers differ in which one they take.
    Duplicate,
    /// Two structures share bytes that must not.
    Overlap,
    /// A checksum does not match.
    Checksum,
    /// A name that leaves the folder it is unpacked to, or that is absolute.
    Traversal,
    /// A link, or a special file (device, FIFO), inside a container.
    Link,
    /// Out-of-proportion expansion or counts.
    Bomb,
    /// The content is encrypted.
    Encrypted,
    /// Legal, but no ordinary writer produces it (odd flags, unneeded opcodes, hidden data in comments).
    Unusual,
    /// Data after the logical end of the structure that the format itself does not allow.
    Trailing,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// Where, if only a part.
    pub region: Option<Region>,
    /// For the reader.
    pub detail: String,
}

/// Why something was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GapReason {
    /// A bound was hit.
    Limit(Exhausted),
    /// Content that matches no known format.
    UnknownFormat,
    /// A known format that no parser reads.
    NotInspected,
    /// Encrypted content.
    Encrypted,
    /// The data broke off or is damaged, and what follows could not be read.
    Damaged,
    /// The operating system refused to read.
    Unreadable,
    /// A parser failed in a way that is our fault.
    Internal,
}

impl From<Exhausted> for Gap {
    fn from(limit: Exhausted) -> Self {
        Self { reason: GapReason::Limit(limit), region: None, detail: limit.to_string() }
    }
}

/// What parsers found, by kind.
#[derive(Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the types carry the documentation")]
pub enum Facts {
    Pickle(Box<crate::pickle::PickleFacts>),
    Zip(Box<crate::zip::ZipFacts>),
    Tar(Box<crate::tar::TarFacts>),
    SevenZip(Box<crate::sevenz::SevenZipFacts>),
    Compressed(Box<crate::compress::CompressedFacts>),
    Torch(Box<crate::torch::TorchFacts>),
    Npy(Box<crate::npy::NpyFacts>),
    Safetensors(Box<crate::safetensors::SafetensorsFacts>),
    Gguf(Box<crate::gguf::GgufFacts>),
    Onnx(Box<crate::onnx::OnnxFacts>),
    Graph(Box<crate::graph::GraphFacts>),
    Hdf5(Box<crate::hdf5::Hdf5Facts>),
    Data(Box<crate::data::DataFacts>),
    R(Box<crate::rds::RFacts>),
    Python(Box<crate::python::PythonFacts>),
    Template(Box<crate::jinja::TemplateFacts>),
    Json(Box<crate::json::JsonFacts>),
    JsonLines(Box<crate::json::JsonLinesFacts>),
    Table(Box<crate::table::TableFacts>),
    Objects(Box<crate::objects::ObjectsFacts>),
    Manifest(Box<crate::manifests::ManifestFacts>),
    Bundle(Box<crate::bundle::BundleFacts>),
    Zarr(Box<crate::zarr::ZarrFacts>),
    Tokenizer(Box<crate::tokenizer::TokenizerFacts>),
    Modelfile(Box<crate::modelfile::ModelfileFacts>),
    Yaml(Box<crate::yaml::YamlFacts>),
    Xml(Box<crate::xml::XmlFacts>),
    Shell(Box<crate::shell::ShellFacts>),
    Executable(Box<crate::executable::ExecutableFacts>),
    Text(Box<crate::text::TextFacts>),
    GitObject,
    GitSettings(Box<crate::git::GitSettings>),
    Media(Box<crate::media::MediaFacts>),
}

impl Facts {
    /// The graph, if these are facts of a format that holds one.
    pub fn graph(&self) -> Option<&crate::graph::GraphFacts> {
        match self {
            Self::Onnx(facts) => Some(&facts.graph),
            Self::Graph(facts) => Some(facts),
            Self::Xml(facts) => facts.graph.as_deref(),
            _ => None,
        }
    }
}

/// What a parser returns: facts and faults together, never instead of one another.
#[derive(Debug)]
pub struct Parsed {
    /// The reading.
    pub reading: Reading,
    /// What the parser could not look at.
    pub gaps: Vec<Gap>,
    /// What it found inside, for the driver to inspect in turn.
    pub children: Vec<Child>,
}

impl Parsed {
    /// A reading without gaps and children.
    pub fn new(format: Format, facts: Facts, claims: crate::region::Claims) -> Self {
        Self {
            reading: Reading { format, facts, claims, irregularities: Vec::new() },
            gaps: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Records a structural fault.
    pub fn fault(&mut self, kind: Fault, region: impl Into<Option<Region>>, detail: impl Into<String>) {
        self.reading.irregularities.push(Irregularity { kind, region: region.into(), detail: detail.into() });
    }

    /// Records something not looked at.
    pub fn gap(&mut self, reason: GapReason, region: impl Into<Option<Region>>, detail: impl Into<String>) {
        self.gaps.push(Gap { reason, region: region.into(), detail: detail.into() });
    }
}

/// Something inside a node that must be inspected as a node of its own.
#[derive(Debug)]
pub struct Child {
    /// Name inside the parent.
    pub name: String,
    /// How to get at its bytes.
    pub content: Content,
    /// A format that the parent knows it must be, although content alone may not show it (the text of a chat template,
    /// the code of a notebook cell). Content is still looked at for others.
    pub known: Option<Format>,
}

/// How the bytes of a child are obtained.
#[derive(Debug)]
pub enum Content {
    /// They lie unchanged in the parent.
    Stored {
        /// Where.
        region: Region,
        /// CRC-32 that the parent declares, checked while reading.
        crc32: Option<u32>,
    },
    /// They are compressed in the parent.
    Packed {
        /// Where the compressed bytes lie.
        region: Region,
        /// How.
        codec: Codec,
        /// Unpacked length that the parent declares.
        declared: Option<u64>,
        /// CRC-32 of the unpacked bytes that the parent declares.
        crc32: Option<u32>,
    },
    /// The parser has unpacked them already, within the budget.
    Unpacked(crate::source::SharedSource),
    /// They are a part of something that unpacks as a whole.
    Part {
        /// The whole.
        whole: std::sync::Arc<crate::bounded::Deferred>,
        /// Where in it.
        region: Region,
    },
    /// They were decoded by the parser (base64, an escaped string) and are small.
    Decoded(Vec<u8>),
}

/// Compressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the names of the codecs")]
pub enum Codec {
    Deflate,
    Zlib,
    Gzip,
    Bzip2,
    Xz,
    Lzma,
    Lz4,
    Zstd,
    /// LZMA with the header that zip members have; `marker` says that an end marker closes the data, not the declared length.
    ZipLzma {
        marker: bool,
    },
}
