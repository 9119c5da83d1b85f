//! The driver: identifies a source, runs every parser that its content supports, opens what is inside, and computes what
//! nobody explained. One budget for the whole file, however deep it nests; a panic stays inside the member it happened in.

mod nested;
pub(crate) mod numbers;
mod open;
mod unexplained;

pub(crate) use open::content;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::bounded::{Budget, Exhausted};
use crate::format::{Family, Format};
use crate::identify::identify;
use crate::node::{Candidate, Child, Content, Fault, Gap, GapReason, Irregularity, Node, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, Slice, read_up_to};

/// A parser: bytes to facts.
pub type Parser = fn(&SharedSource, &str, &Budget) -> Parsed;

/// The parser of a format, if it has one.
pub(crate) fn parser(format: Format) -> Option<Parser> {
    Some(match format {
        Format::Pickle | Format::TorchLegacy => crate::pickle::parse,
        Format::Zip | Format::Npz | Format::TorchZip => crate::zip::parse,
        Format::Tar | Format::TorchTar => crate::tar::parse,
        Format::SevenZip => crate::sevenz::parse,
        Format::Gzip
        | Format::Zlib
        | Format::Bzip2
        | Format::Xz
        | Format::Lzma
        | Format::Lz4
        | Format::Zstd => crate::compress::parse,
        Format::Npy => crate::npy::parse,
        Format::Safetensors => crate::safetensors::parse,
        Format::Gguf => crate::gguf::parse,
        Format::Xml | Format::OpenVino | Format::Pmml => crate::xml::parse,
        Format::Hdf5 => crate::hdf5::parse,
        Format::Msgpack => crate::msgpack::parse,
        Format::Arrow => crate::arrow::parse,
        Format::Ubjson => crate::boosting::parse_ubjson,
        Format::XgBoostBinary => crate::boosting::parse_xgboost_binary,
        Format::MxNetParams => crate::mxnet::parse,
        Format::LightGbm => crate::boosting::parse_lightgbm,
        Format::CatBoost => crate::boosting::parse_catboost,
        Format::Rds => crate::rds::parse,
        Format::Parquet => crate::parquet::parse,
        Format::TfRecord => crate::tfrecord::parse,
        Format::Python => crate::python::parse,
        Format::Notebook => crate::python::parse_notebook,
        Format::TorchScript => crate::python::parse_torchscript,
        Format::TorchBytecode => crate::torch::parse_bytecode,
        Format::PathConfiguration => crate::python::parse_path_configuration,
        Format::Template => crate::jinja::parse,
        Format::Json => crate::json::parse,
        Format::JsonLines => crate::json::parse_lines,
        Format::Csv => crate::table::parse,
        Format::Yaml => crate::yaml::parse,
        Format::Modelfile => crate::modelfile::parse,
        Format::Shell => crate::shell::parse,
        Format::GitObject => crate::git::parse_object,
        Format::GitConfig => crate::git::parse_settings,
        Format::Elf
        | Format::PortableExecutable
        | Format::MachO
        | Format::WebAssembly
        | Format::JavaClass
        | Format::PythonBytecode
        | Format::Shortcut => crate::executable::parse,
        Format::Png
        | Format::Jpeg
        | Format::Gif
        | Format::Webp
        | Format::Audio
        | Format::Video
        | Format::Font => crate::media::parse,
        plain if is_plain_text(plain) => crate::text::parse,
        graph => return graph_parser(graph),
    })
}

/// The parser of a format that holds a graph, as the frameworks write it.
fn graph_parser(format: Format) -> Option<Parser> {
    Some(match format {
        Format::Onnx => crate::onnx::parse,
        Format::OrtModel => crate::ort::parse,
        Format::CoreMl => crate::coreml::parse,
        Format::CoreMlWeights => crate::coreml::parse_weights,
        Format::Tflite => crate::tflite::parse,
        Format::Paddle => crate::paddle::parse,
        Format::PaddleParameters => crate::paddle::parse_params,
        Format::ExecuTorch => crate::executorch::parse,
        Format::Xnnpack => crate::executorch::parse_xnnpack,
        Format::Caffe => crate::caffe::parse,
        Format::CaffeSolver => crate::caffe::parse_solver,
        Format::Caffe2 => crate::caffe2::parse,
        Format::CntkV2 => crate::cntk::parse,
        Format::ProtoDescriptors => crate::descriptors::parse,
        Format::SentencePiece => crate::sentencepiece::parse,
        Format::SavedModel => crate::tensorflow::parse_saved_model,
        Format::MetaGraph => crate::tensorflow::parse_meta_graph,
        Format::GraphDef => crate::tensorflow::parse_graph_def,
        Format::KerasMetadata => crate::tensorflow::parse_keras_metadata,
        Format::Checkpoint => crate::tensorflow::parse_checkpoint,
        Format::CheckpointState => crate::tensorflow::parse_checkpoint_state,
        Format::TextProto => crate::pbtext::parse,
        Format::TritonConfig => crate::triton::parse,
        Format::Fingerprint => crate::tensorflow::parse_fingerprint,
        _ => return None,
    })
}

/// Inspects one file or stream and all that is inside it.
pub fn inspect(name: &str, source: &SharedSource, budget: &Budget) -> Node {
    budget.packed(source.len());
    let candidates = identify(name, source);
    let mut node = inspect_as(name, source, budget, candidates);
    search(&mut node, source, budget);
    node
}

fn inspect_as(name: &str, source: &SharedSource, budget: &Budget, candidates: Vec<Candidate>) -> Node {
    let mut node = Node {
        name: name.to_owned(),
        len: source.len(),
        region: None,
        candidates,
        readings: Vec::new(),
        unexplained: Vec::new(),
        faults: Vec::new(),
        gaps: Vec::new(),
        children: Vec::new(),
    };
    if let Err(error) = read_up_to(source.as_ref(), 0, 1) {
        node.gaps.push(Gap { reason: GapReason::Unreadable, region: None, detail: error.to_string() });
        return node;
    }
    let mut formats = text_too(node.candidates.iter().map(|candidate| candidate.format).collect());
    // A zip is found by its end; whether that is the end of a member only, the members tell.
    formats.sort_by_key(|format| *format == Format::Zip);
    for format in formats {
        if format == Format::Zip && nested::is_a_members(&node, source) {
            node.candidates.retain(|candidate| candidate.format != Format::Zip);
            continue;
        }
        read(&mut node, source, budget, format);
    }
    crate::torch::relate(&mut node, source, budget);
    crate::npy::relate(&mut node);
    crate::tflite::relate(&mut node);
    crate::paddle::relate(&mut node, budget);
    crate::graph::relate(&mut node);
    crate::objects::relate(&mut node, budget);
    crate::manifests::relate(&mut node, source, budget);
    crate::mxnet::relate(&mut node, budget);
    crate::tokenizer::relate(&mut node, budget);
    crate::bundle::relate(&mut node, source, budget);
    crate::zarr::relate(&mut node, budget);
    search_members(&mut node, source, budget);
    unexplained::account(&mut node, source, budget);
    let hidden = unexplained::children(&node);
    descend(&mut node, source, budget, hidden);
    node
}

/// Code and structured text is also read as text: secrets and hidden characters do not care about grammar.
fn text_too(mut formats: Vec<Format>) -> Vec<Format> {
    let textual = |format: &Format| matches!(format.family(), Family::Code | Family::Text);
    if formats.iter().any(textual) && !formats.iter().copied().any(is_plain_text) {
        formats.push(Format::Text);
    }
    formats
}

/// Formats that have no parser of their own beyond that of plain text.
fn is_plain_text(format: Format) -> bool {
    matches!(format, Format::Toml | Format::Markdown | Format::Html | Format::Text)
}

fn read(node: &mut Node, source: &SharedSource, budget: &Budget, format: Format) {
    let Some(parse) = parser(format) else {
        match format {
            // What git keeps of other revisions is no part of this one.
            Format::Empty | Format::GitStore => {}
            Format::Unknown => node.gaps.push(Gap {
                reason: GapReason::UnknownFormat,
                region: None,
                detail: "the content matches no format that Weighhouse knows".to_owned(),
            }),
            Format::LfsPointer => node.gaps.push(Gap {
                reason: GapReason::NotInspected,
                region: None,
                detail: "a git-lfs pointer: the content itself is not here".to_owned(),
            }),
            other => node.gaps.push(Gap {
                reason: GapReason::NotInspected,
                region: None,
                detail: format!("recognised as {}, which is not inspected", other.name()),
            }),
        }
        return;
    };
    match catch_unwind(AssertUnwindSafe(|| parse(source, &node.name, budget))) {
        Ok(parsed) => {
            node.gaps.extend(parsed.gaps);
            node.readings.push(parsed.reading);
            let mut children = parsed.children;
            if format.base() == Format::Zip {
                crate::torch::announce(&mut children);
            }
            descend(node, source, budget, children);
        }
        Err(_) => node.gaps.push(Gap {
            reason: GapReason::Internal,
            region: None,
            detail: format!(
                "the {} parser of Weighhouse failed on this content; please report it",
                format.name()
            ),
        }),
    }
}

/// Bytes of content of no known format that are searched for a hidden pickle.
const HIDDEN: u64 = 8 << 20;

/// Searches members that lie in `source` as they are. Only now is it known which of them are storages: those are numbers.
fn search_members(node: &mut Node, source: &SharedSource, budget: &Budget) {
    let Ok(deeper) = budget.deeper() else { return };
    for child in &mut node.children {
        if let Some(region) = child.region {
            let slice: SharedSource = Arc::new(Slice::new(Arc::clone(source), region));
            search(child, &slice, &deeper);
        }
    }
}

/// Searches content that no parser has read.
fn search(node: &mut Node, source: &SharedSource, budget: &Budget) {
    let unread = |gap: &Gap| matches!(gap.reason, GapReason::UnknownFormat | GapReason::NotInspected);
    let format =
        |candidate: &Candidate| parser(candidate.format).is_none() && candidate.format != Format::LfsPointer;
    if node.gaps.iter().any(unread) && node.candidates.iter().any(format) {
        descend(node, source, budget, hidden_pickle(source, budget));
        let format = node.candidates.first().map_or(Format::Unknown, |candidate| candidate.format);
        node.readings.extend(crate::strings::reading(source, format, budget));
    }
}

/// Content that no parser reads may still carry a pickle, for a loader that knows where it stands.
fn hidden_pickle(source: &SharedSource, budget: &Budget) -> Vec<Child> {
    // What no parser reads is a gap anyway: the search only says more about the beginning.
    let beginning: SharedSource = Arc::new(Slice::new(Arc::clone(source), Region::new(0, HIDDEN)));
    let found = catch_unwind(AssertUnwindSafe(|| crate::pickle::hidden(&beginning, budget, 0)));
    let child = |region: Region| Child {
        name: format!("pickle@{}", region.start),
        content: Content::Stored { region, crc32: None },
        known: Some(Format::Pickle),
    };
    found.ok().and_then(Result::ok).flatten().map(child).into_iter().collect()
}

fn descend(node: &mut Node, source: &SharedSource, budget: &Budget, children: Vec<Child>) {
    if children.is_empty() {
        return;
    }
    let deeper = match budget.deeper() {
        Ok(deeper) => deeper,
        Err(limit) => {
            if limit == Exhausted::Depth {
                let detail = limit.to_string();
                node.faults.push(Irregularity { kind: Fault::Bomb, region: None, detail });
            }
            return node.gaps.push(limit.into());
        }
    };
    for child in children {
        if let Err(limit) = deeper.members(1) {
            node.gaps.push(limit.into());
            return;
        }
        let inspected = open::child(source, child, &deeper);
        node.children.push(inspected);
    }
}
