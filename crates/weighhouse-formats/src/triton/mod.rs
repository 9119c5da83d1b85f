//! Settings of a model for Triton: which program runs it, and the files and libraries that are opened for it.
//!
//! They are always kept as text, `config.pbtxt`, one folder above the versions of the model. Paths in them lead from the folder of the
//! model, or of a version of it.

mod schema;

use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::{CodeKind, CodeReference, FileReference, GraphFacts, UnknownField};
use crate::node::{Facts, Parsed};
use crate::pbtext::Root;
use crate::protobuf::{Place, Reader, Visit};
use crate::region::Region;
use crate::source::SharedSource;

/// The settings as text.
pub(crate) const TEXT: Root = Root {
    format: Format::TritonConfig,
    message: &schema::MODEL_CONFIG,
    signs: &[
        "backend",
        "platform",
        "runtime",
        "max_batch_size",
        "instance_group",
        "default_model_filename",
        "cc_model_filenames",
        "version_policy",
        "dynamic_batching",
        "sequence_batching",
        "ensemble_scheduling",
        "model_warmup",
        "model_operations",
        "model_repository_agents",
        "model_transaction_policy",
    ],
    complete: false,
    trailer: (&[], &[]),
};

/// Programs of Triton and of those who build on it that run a model: the server brings them.
const BACKENDS: &[&str] = &[
    "dali",
    "ensemble",
    "fastertransformer",
    "fil",
    "identity",
    "onnxruntime",
    "openvino",
    "paddle",
    "python",
    "pytorch",
    "repeat",
    "square",
    "tensorflow",
    "tensorrt",
    "tensorrtllm",
    "vllm",
];
/// The same by what they run.
const PLATFORMS: &[&str] = &[
    "ensemble",
    "onnxruntime_onnx",
    "openvino",
    "pytorch_libtorch",
    "tensorflow_graphdef",
    "tensorflow_savedmodel",
    "tensorrt_plan",
];
/// What Triton puts the folder of the model in place of.
const MODEL_FOLDER: &str = "$$TRITON_MODEL_DIRECTORY";

/// What is known so far.
#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    /// A parameter: its key, and what is said under it.
    key: String,
    values: Vec<(String, Region)>,
    backends: Vec<(String, Region)>,
    runtimes: Vec<(String, Region)>,
    platforms: Vec<(String, Region)>,
    models: Vec<(String, Region)>,
}

impl Visit for Seen {
    fn leave(&mut self, _region: Region, place: &mut Place<'_>) {
        if place.message() == "ModelConfig.ParametersEntry" {
            let key = std::mem::take(&mut self.key);
            for (value, region) in std::mem::take(&mut self.values) {
                if key.eq_ignore_ascii_case("EXECUTION_ENV_PATH") {
                    let path = value.strip_prefix(MODEL_FOLDER).map(|rest| rest.trim_start_matches('/'));
                    self.file(path.unwrap_or(&value), "environment that Python runs in", region, place);
                }
                self.note(&key, &value, place);
            }
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        let given = || (value.to_owned(), region);
        match (place.message(), field) {
            ("ModelConfig", "name") => self.note(field, value, place),
            ("ModelConfig", "backend") => keep(&mut self.backends, given()),
            ("ModelConfig", "runtime") => keep(&mut self.runtimes, given()),
            ("ModelConfig", "platform") => keep(&mut self.platforms, given()),
            ("ModelConfig", "default_model_filename") => keep(&mut self.models, given()),
            ("ModelConfig.CcModelFilenamesEntry", "value") => keep(&mut self.models, given()),
            ("ModelConfig.ParametersEntry", "key") => value.clone_into(&mut self.key),
            ("ModelParameter", "string_value") => keep(&mut self.values, given()),
            ("ModelOperations", "op_library_filename") => self.code(CodeKind::Library, value, region, place),
            // A part of the server that is opened by its name; this one it brings.
            ("ModelRepositoryAgents.Agent", "name") if value != "checksum" => {
                self.code(CodeKind::Library, value, region, place);
            }
            ("ModelEnsembling.Step", "model_name") => self.note("step", value, place),
            ("ModelOutput", "label_filename") => self.file(value, "labels", region, place),
            ("ModelWarmup.Input", "input_data_file") => {
                self.file(value, "data to warm up with", region, place);
            }
            ("ModelSequenceBatching.InitialState", "data_file") => {
                self.file(value, "initial state", region, place);
            }
            _ => {}
        }
    }
}

/// Keeps one of a few; what is there more often is a fault, and the last ones count.
fn keep(kept: &mut Vec<(String, Region)>, value: (String, Region)) {
    const MOST: usize = 1_000;
    if kept.len() >= MOST {
        kept.remove(0);
    }
    kept.push(value);
}

impl Seen {
    fn note(&mut self, key: &str, value: &str, place: &mut Place<'_>) {
        if place.room(self.facts.metadata.len()) {
            self.facts.metadata.push((key.to_owned(), value.to_owned()));
        }
    }

    fn file(&mut self, path: &str, purpose: &'static str, region: Region, place: &mut Place<'_>) {
        if place.room(self.facts.files.len()) {
            let path = path.to_owned();
            self.facts.files.push(FileReference { path, purpose, written: false, region });
        }
    }

    fn code(&mut self, kind: CodeKind, name: &str, region: Region, place: &mut Place<'_>) {
        if place.room(self.facts.code.len()) {
            self.facts.code.push(CodeReference { kind, name: name.to_owned(), region });
        }
    }

    fn conclude(mut self, unknown: Vec<UnknownField>, _whole: bool, _draft: &mut Draft) -> Facts {
        let mut code = Vec::new();
        let mut add = |kind, name: &str, region| {
            code.push(CodeReference { kind, name: name.to_owned(), region });
        };
        for (name, region) in &self.backends {
            self.facts.metadata.push(("backend".to_owned(), name.clone()));
            if leads(name) {
                add(CodeKind::Library, name, *region);
            } else if !BACKENDS.contains(&name.as_str()) && !name.is_empty() {
                add(CodeKind::Custom, name, *region);
            }
        }
        for (name, region) in &self.runtimes {
            let backend = name.strip_prefix("libtriton_").and_then(|rest| rest.strip_suffix(".so"));
            if !(name.is_empty()
                || name == "model.py"
                || backend.is_some_and(|known| BACKENDS.contains(&known)))
            {
                add(CodeKind::Library, name, *region);
            }
        }
        let mut is_library = false;
        for (name, region) in &self.platforms {
            self.facts.metadata.push(("platform".to_owned(), name.clone()));
            // The first way to bring a program of one's own: the model is a library.
            is_library |= name == "custom";
            if !PLATFORMS.contains(&name.as_str()) && !name.is_empty() && name != "custom" {
                add(CodeKind::Custom, name, *region);
            }
        }
        for (path, region) in &self.models {
            if is_library || leads_to_library(path) {
                add(CodeKind::Library, path, *region);
            }
            let (path, purpose) = (path.clone(), "model");
            self.facts.files.push(FileReference { path, purpose, written: false, region: *region });
        }
        if is_library && self.models.is_empty() {
            add(
                CodeKind::Library,
                "libcustom.so",
                self.platforms.first().map_or(Region::default(), |(_, at)| *at),
            );
        }
        self.facts.code.extend(code);
        Facts::Graph(Box::new(GraphFacts { framework: "triton", unknown, ..self.facts }))
    }
}

/// Whether the name of a program leads to a place of its own choosing.
fn leads(name: &str) -> bool {
    name.contains(['/', '\\']) || name.contains("..")
}

/// Whether the file of a model is a native library.
fn leads_to_library(path: &str) -> bool {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    file.split('.').skip(1).any(|part| matches!(part, "so" | "dll" | "dylib"))
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(source, &schema::MODEL_CONFIG, Format::TritonConfig, budget, Seen::default())
        .read(Seen::conclude)
}
