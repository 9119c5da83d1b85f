use weighhouse_core::Severity;
use weighhouse_formats::bundle::{BundleFacts, Kind, Reference, Role};

use super::bundle_leaves::function;
use super::place::{base, below, code, within};
use crate::knowledge::is_importable;
use crate::repository::Repository;
use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};
use crate::rules::code::code_by_name::{dangerous, of_python};
use crate::rules::code::remote_code::reached;

crate::rule! {
    /// A document that describes a model names code that the loader runs.
    ///
    /// # What it detects
    ///
    /// Handlers of `TorchServe`, loaders and models as code of `MLflow`, services of `BentoML`, runtimes of `MLServer`, plugins of
    /// `Axolotl`, builders of Python packages that lie in the package itself, classes of `NeMo`, registered functions of `spaCy`, nodes of `ComfyUI`. Code that lies in the bundle is inspected there (low; high if it, or what it
    /// imports, starts programs). Code that is missing is imported from wherever it is found (high; medium where frameworks have it
    /// registered by an installed package). Names that are put together by interpolation are judged by what they come to.
    ///
    /// # Why it matters
    ///
    /// The loader imports and calls it. A name that is in neither the bundle nor the framework is filled by whoever gets a module of
    /// that name onto the machine.
    ///
    /// # Example
    ///
    /// `"handler": "helper_pkg.handler:handle"` in `MAR-INF/MANIFEST.json`, and no such file in the archive
    ///
    /// # What to do
    ///
    /// Ask for the code, read it, and waive the finding by its key; or use a handler of the framework.
    ///
    /// # References
    ///
    /// - <https://pytorch.org/serve/custom_service.html>
    /// - <https://mlflow.org/docs/latest/model/#custom-python-models>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-23304>
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    pub(crate) BundleCode {
        id: "WH-BUN-002",
        slug: "bundle-code",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json, Yaml, Text],
        cwe: [470, 829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// What is said of a reference, and how bad it is.
type Judged = Option<(Severity, String)>;

impl Rule for BundleCode {
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, facts) in &repository.bundles {
            for reference in &facts.references {
                let Some((severity, what)) = judge(repository, path, facts, reference) else { continue };
                let value = quote(&reference.value);
                cx.report(format!("{} runs {value}, which {what}", facts.kind.name()))
                    .severity(severity)
                    .in_file(path)
                    .at(reference.region)
                    .key(&reference.key)
                    .evidence(&reference.value)
                    .emit();
            }
        }
    }
}

fn judge(repository: &Repository, path: &str, facts: &BundleFacts, reference: &Reference) -> Judged {
    let value = reference.value.as_str();
    match reference.role {
        Role::Code => {
            // Code elsewhere is another rule's.
            let (name, _) = function(value);
            matches!(target(name), Target::Inside(_)).then_some(())?;
            imported(repository, &base(path, facts.kind), facts.kind, &reference.key, name)
        }
        Role::Resolved => of_name(value).or_else(|| called(repository, path, facts.kind, reference)),
        Role::Class => called(repository, path, facts.kind, reference),
        Role::Computed if facts.kind == Kind::Nemo => {
            Some((Severity::High, "is put together when the model is loaded".to_owned()))
        }
        _ => None,
    }
}

/// What a name does by itself.
fn of_name(name: &str) -> Judged {
    let found = dangerous(&name.replace(':', "."), true).map(|(severity, why)| (severity, why.to_owned()));
    let python = || (Severity::High, "is a part of Python that no configuration of a model needs".to_owned());
    found.or_else(|| of_python(name).then(python))
}

/// A file or module that is imported.
fn imported(repository: &Repository, folder: &str, kind: Kind, key: &str, name: &str) -> Judged {
    /// What `ts.torch_handler` has.
    const HANDLERS: &[&str] = &[
        "base_handler",
        "dali_image_classifier",
        "image_classifier",
        "image_segmenter",
        "object_detector",
        "text_classifier",
        "text_handler",
        "trt_llm_handler",
        "vision_handler",
        "vllm_handler",
    ];
    let root = name.split('.').next().unwrap_or_default();
    let found = match kind {
        Kind::Mlflow if key.ends_with("loader_module") => {
            // What others import is judged by its name.
            if root == "mlflow" || is_importable(root) {
                return None;
            }
            below(repository, folder, name)
        }
        Kind::Bento => code(repository, &[folder.to_owned(), within(folder, "src")], name),
        _ => code(repository, &[folder.to_owned()], name),
    };
    match found {
        Some(file) => Some(of_file(repository, kind, file)),
        None if kind == Kind::TorchServe && HANDLERS.contains(&name.trim_end_matches(".py")) => None,
        None if kind == Kind::Bento => {
            Some((Severity::Medium, "is not here: it is imported from wherever it is found".to_owned()))
        }
        None => Some((Severity::High, "is not here: it is imported from wherever it is found".to_owned())),
    }
}

/// Code that lies in the bundle. That of a builder runs with nobody asking for the model.
fn of_file(repository: &Repository, kind: Kind, file: &str) -> (Severity, String) {
    match reached(repository, file) {
        Some((place, act)) => {
            (Severity::High, format!("is code of {}, which calls {}", quote(place), quote(act)))
        }
        None if kind == Kind::Package => {
            (Severity::Medium, format!("is code of {} and runs when the package is installed", quote(file)))
        }
        None => (Severity::Low, format!("is code of {} (inspected here)", quote(file))),
    }
}

/// A class or function that is looked up.
fn called(repository: &Repository, path: &str, kind: Kind, reference: &Reference) -> Judged {
    let name = reference.value.as_str();
    let root = name.split(['.', ':']).next().unwrap_or_default();
    match kind {
        Kind::Nemo => nemo(name, root),
        Kind::Spacy => spacy(&reference.key, name, root),
        Kind::ComfyUi => comfy(name),
        Kind::MlServer | Kind::Axolotl => {
            let own = if kind == Kind::Axolotl { "axolotl" } else { "mlserver" };
            let module = name.rsplit_once('.').map_or(name, |(module, _)| module);
            let file = code(repository, &[base(path, kind)], module);
            match file {
                _ if root == own || root.strip_prefix(own).is_some_and(|rest| rest.starts_with('_')) => None,
                Some(file) => Some(of_file(repository, kind, file)),
                None => of_name(name).or_else(|| {
                    Some((Severity::High, "is neither here nor a part of the framework: it is imported from wherever it is found".to_owned()))
                }),
            }
        }
        _ => None,
    }
}

/// `NeMo` itself refuses, since 2.3.2, what is of none of these packages.
fn nemo(name: &str, root: &str) -> Judged {
    const ROOTS: &[&str] = &[
        "apex",
        "lhotse",
        "lightning",
        "megatron",
        "modelopt",
        "nemo",
        "nemo_aligner",
        "nemo_text_processing",
        "nv_one_logger",
        "omegaconf",
        "pytorch_lightning",
        "torch",
        "torchaudio",
        "torchmetrics",
        "torchvision",
        "transformer_engine",
        "transformers",
    ];
    if !ROOTS.contains(&root) {
        // What is dangerous by its name is said where names of code are judged.
        let foreign = of_name(name).is_none();
        return foreign.then(|| (Severity::High, "is of a package that NeMo does not use".to_owned()));
    }
    // Helpers around models open files and start programs; models and their parts live elsewhere.
    let helper = ["nemo.utils.", "nemo.core.utils.", "torch.utils.", "torch.hub.", "lightning.app."];
    let used = ["torch.utils.data."];
    let helps = helper.iter().any(|place| name.starts_with(place))
        && !used.iter().any(|place| name.starts_with(place));
    helps.then(|| (Severity::High, "is a helper, no part of a model".to_owned()))
}

/// Registered functions, by who registers them. Registries whose functions run as soon as a pipeline is made, or open files, may name
/// nothing else.
fn spacy(key: &str, name: &str, root: &str) -> Judged {
    const OWNERS: &[&str] = &[
        "prodigy",
        "spacy",
        "spacy-alignments",
        "spacy-curated-transformers",
        "spacy-experimental",
        "spacy-huggingface-pipelines",
        "spacy-layout",
        "spacy-legacy",
        "spacy-llm",
        "spacy-loggers",
        "spacy-lookups-data",
        "spacy-pkuseg",
        "spacy-ray",
        "spacy-stanza",
        "spacy-transformers",
        "srsly",
        "thinc",
    ];
    let registry = key.rsplit('.').next().unwrap_or_default();
    if OWNERS.contains(&root) || is_of_thinc(name, root) {
        return None;
    }
    if let Some(found) = of_name(name) {
        return Some(found);
    }
    let acts = ["@callbacks", "@readers", "@loggers", "@misc", "@llm_models", "@llm_tasks", "@architectures"];
    let severity = if acts.contains(&registry) { Severity::High } else { Severity::Medium };
    Some((severity, format!("is registered as one of {} by a package that is not known", quote(registry))))
}

/// Layers, optimizers and schedules of `thinc` have plain names: `Adam.v1`, `chain.v1`.
fn is_of_thinc(name: &str, root: &str) -> bool {
    const NAMES: &str = "\
        Adam add array_getitem bidirectional bytes2strings CategoricalCrossentropy CauchySimilarity chain \
        ClippedLinear clone compounding concatenate configure_normal_init constant constant_then \
        CosineDistance cyclic_triangular decaying Dish Dropout Embed expand_window Gelu glorot_uniform_init \
        HardSigmoid HardSwish HardSwishMobilenet HardTanh HashEmbed L2Distance LayerNorm Linear list2array \
        list2padded list2ragged Logistic LSTM map_list Maxout Mish MultiSoftmax MXNetWrapper noop \
        normal_init padded2list ParametricAttention plateau premap_ids PyTorchLSTM PyTorchRNNWrapper \
        PyTorchWrapper RAdam ragged2list reduce_first reduce_last reduce_max reduce_mean reduce_sum Relu \
        ReLuK remap_ids residual resizable SequenceCategoricalCrossentropy SGD siamese Sigmoid \
        sigmoid_activation slanted_triangular Softmax softmax_activation Softmax_v2 SparseLinear \
        strings2arrays Swish TensorFlowWrapper TorchScriptWrapper tuplify uniform_init uniqued warmup_linear \
        with_array with_array2d with_cpu with_debug with_flatten with_getitem with_list with_nvtx_range \
        with_padded with_ragged with_reshape with_signpost_interval zero_init";
    let version = name.strip_prefix(root).and_then(|rest| rest.strip_prefix(".v"));
    NAMES.split(' ').any(|name| name == root)
        && version.is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Nodes that run what the workflow says are called after it.
fn comfy(name: &str) -> Judged {
    const WORDS: &[&str] =
        &["bash", "cmd", "command", "eval", "exec", "execute", "powershell", "python", "shell", "subprocess"];
    let mut words = words(name);
    words.any(|word| WORDS.contains(&word.as_str())).then(|| {
        (Severity::High, "is a node that runs code or commands of the workflow, going by its name".to_owned())
    })
}

/// The words of a name, however they are joined: `ExecPython`, `exec_python`, `Exec Python`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in name.chars().take(256) {
        let begins = letter.is_ascii_uppercase() && lower || !letter.is_ascii_alphanumeric();
        if begins {
            words.push(String::new());
        }
        lower = letter.is_ascii_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_ascii_alphanumeric()) {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.into_iter()
}

crate::samples! {
    BundleCode,
    bad: {
        "a handler that is missing" => [("MAR-INF/MANIFEST.json", br#"{"model": {"modelName": "m", "serializedFile": "m.pt", "handler": "handler.py"}}"#.to_vec())],
        "a handler that starts a program" => [
            ("m/MAR-INF/MANIFEST.json", br#"{"model": {"modelName": "m", "handler": "handler.py:run"}}"#.to_vec()),
            ("m/handler.py", b"import os\ndef run(data, context):\n    os.system(data)\n".to_vec()),
        ],
        "a loader of nobody" => [("MLmodel", b"flavors:\n  python_function:\n    loader_module: my_loader\n".to_vec())],
        "a loader of nobody in an archive" => [("m.zip", weighhouse_formats::build::zip::Archive::of([weighhouse_formats::build::zip::Member::stored("m/MLmodel", b"flavors:\n  python_function:\n    loader_module: my_loader\n")]).build())],
        "a name that is put together" => [("model_config.yaml", b"target: nemo.X\na: o\nb:\n  _target_: ${a}s.system\n".to_vec())],
        "a class of a foreign package" => [("model_config.yaml", b"target: nemo.X\nb:\n  _target_: other.Thing\n".to_vec())],
        "a builder in the package that starts a program" => [
            ("pyproject.toml", b"[build-system]\nrequires = []\nbuild-backend = \"helper\"\nbackend-path = [\"tools\"]\n".to_vec()),
            ("tools/helper.py", b"import os\ndef build_wheel(folder, settings=None, metadata=None):\n    os.system(folder)\n".to_vec()),
        ],
        "a callback of spaCy" => [("config.cfg", b"[nlp]\nlang = \"en\"\nbefore_creation = {\"@callbacks\": \"mine.v1\"}\n".to_vec())],
        "a runtime of nobody" => [("model-settings.json", br#"{"name": "m", "implementation": "mine.Runtime"}"#.to_vec())],
        "a node that runs Python" => [("w.json", br#"{"1": {"class_type": "RunPythonCode", "inputs": {"text": "x"}}}"#.to_vec())],
    },
    ok: {
        "a builder that is installed" => [("pyproject.toml", b"[build-system]\nrequires = [\"setuptools>=61\"]\nbuild-backend = \"setuptools.build_meta\"\n".to_vec())],
        "a handler of TorchServe" => [("MAR-INF/MANIFEST.json", br#"{"model": {"modelName": "m", "serializedFile": "m.pt", "handler": "image_classifier"}}"#.to_vec())],
        "a loader of MLflow" => [("m/MLmodel", b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n".to_vec())],
        "a pipeline of spaCy" => [("config.cfg", b"[nlp]\nlang = \"en\"\nbefore_creation = null\n[training.optimizer]\n@optimizers = \"Adam.v1\"\n[components.ner.model]\n@architectures = \"spacy.TransitionBasedParser.v2\"\n".to_vec())],
        "a workflow" => [("w.json", br#"{"3": {"class_type": "KSampler", "inputs": {"seed": 1}}}"#.to_vec())],
    },
}
