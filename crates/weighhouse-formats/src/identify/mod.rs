//! Which formats content supports, whatever the name says: always a set, never one answer.
//!
//! Each format's module has a `probe`; this module gives all of them the same view of the file and collects what they
//! say. A loader may pick any candidate, so every candidate is read and judged.

use std::sync::OnceLock;

use crate::format::{Family, Format};
use crate::node::{Candidate, Strength};
use crate::source::{SharedSource, read_up_to};

/// What a probe may look at: cheap views of a file's ends, and the file itself.
#[derive(Debug)]
pub struct Probe<'a> {
    /// The name, for formats that have no signature. Evidence only.
    pub name: &'a str,
    /// The first bytes, at most [`Probe::HEAD`].
    pub head: Vec<u8>,
    /// The whole content.
    pub source: &'a SharedSource,
    tail: OnceLock<Vec<u8>>,
}

impl<'a> Probe<'a> {
    /// Bytes of the head.
    pub const HEAD: usize = 16 * 1024;
    /// Bytes of the tail: the largest distance of a zip end record from the end.
    pub const TAIL: usize = 66 * 1024;

    /// Reads the head. A source that cannot be read looks empty here; the driver reports it.
    pub fn new(name: &'a str, source: &'a SharedSource) -> Self {
        let head = read_up_to(source.as_ref(), 0, Self::HEAD).unwrap_or_default();
        Self { name, head, source, tail: OnceLock::new() }
    }

    /// The last bytes, at most [`Probe::TAIL`], read on first use.
    pub fn tail(&self) -> &[u8] {
        self.tail.get_or_init(|| {
            let start = self.source.len().saturating_sub(Self::TAIL as u64);
            read_up_to(self.source.as_ref(), start, Self::TAIL).unwrap_or_default()
        })
    }

    /// Whether the head begins with these bytes.
    pub fn starts_with(&self, magic: &[u8]) -> bool {
        self.head.starts_with(magic)
    }

    /// Whether the name's last ending is one of these (compared in lower case).
    pub fn is_named(&self, extensions: &[&str]) -> bool {
        self.name
            .rsplit_once('.')
            .is_some_and(|(_, ending)| extensions.contains(&ending.to_ascii_lowercase().as_str()))
    }
}

/// A probe: what its format's module sees in a file.
type ProbeFn = fn(&Probe<'_>) -> Option<Candidate>;

/// All probes, in no order of importance.
const PROBES: &[ProbeFn] = &[
    crate::pickle::probe,
    crate::zip::probe,
    crate::tar::probe,
    crate::sevenz::probe,
    crate::compress::probe,
    crate::npy::probe,
    crate::safetensors::probe,
    crate::gguf::probe,
    crate::onnx::probe,
    crate::ort::probe,
    crate::coreml::probe,
    crate::coreml::probe_weights,
    crate::tflite::probe,
    crate::paddle::probe,
    crate::paddle::probe_params,
    crate::executorch::probe,
    crate::caffe::probe,
    crate::caffe2::probe,
    crate::cntk::probe,
    crate::sentencepiece::probe,
    crate::descriptors::probe,
    crate::tensorflow::probe::saved_model,
    crate::tensorflow::probe::meta_graph,
    crate::tensorflow::probe::graph_def,
    crate::tensorflow::probe::keras_metadata,
    crate::tensorflow::probe::fingerprint,
    crate::tensorflow::checkpoint::probe,
    crate::hdf5::probe,
    crate::msgpack::probe,
    crate::arrow::probe,
    crate::boosting::probe,
    crate::mxnet::probe,
    crate::rds::probe,
    crate::parquet::probe,
    crate::tfrecord::probe,
    crate::xml::probe,
    crate::pbtext::probe,
    crate::executable::probe,
    crate::media::probe,
    crate::git::probe,
    crate::identify::mobile::ncnn,
    crate::identify::mobile::ncnn_weights,
    crate::identify::mobile::mnn,
    crate::identify::opaque::probe,
];

mod mobile;
mod opaque;

/// The candidate formats, strongest first; [`Format::Empty`] or [`Format::Unknown`] if there is none.
pub fn identify(name: &str, source: &SharedSource) -> Vec<Candidate> {
    if source.is_empty() {
        return vec![Candidate { format: Format::Empty, strength: Strength::Certain, evidence: "no bytes" }];
    }
    let probe = Probe::new(name, source);
    let mut candidates: Vec<Candidate> = PROBES.iter().filter_map(|found| found(&probe)).collect();
    // A text may be several things at once.
    candidates.extend(crate::text::probe(&probe));
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.strength));
    // Two probes may know the same format; the stronger sign counts.
    let mut known = std::collections::HashSet::new();
    candidates.retain(|candidate| known.insert(candidate.format));
    // Text is what remains when nothing stronger is there: any ASCII pickle is also text. But what an interpreter would run
    // as code stays, whatever else it is.
    if candidates.iter().any(|candidate| candidate.strength == Strength::Certain) {
        candidates.retain(|candidate| {
            candidate.strength == Strength::Certain || candidate.format.family() == Family::Code
        });
    }
    if candidates.is_empty() {
        candidates.push(Candidate {
            format: Format::Unknown,
            strength: Strength::Plausible,
            evidence: "no signature or structure is known",
        });
    }
    candidates
}
