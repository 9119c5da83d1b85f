use weighhouse_core::Severity;

use crate::knowledge::is_importable;
use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A file of the model has the name of a module that loaders import.
    ///
    /// # What it detects
    ///
    /// Python files, packages and libraries in any folder that is no package itself, named like a framework or a much used module of the standard
    /// library (`torch.py`, `numpy/__init__.py`, `json.py`), and modules that Python imports by itself (`sitecustomize.py`).
    ///
    /// # Why it matters
    ///
    /// Python looks into the working folder first: whoever starts a script beside the model imports this file in place of the real one.
    ///
    /// # Example
    ///
    /// `torch.py` beside `pytorch_model.bin`
    ///
    /// # What to do
    ///
    /// Remove the file, or rename it if it is honest.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/427.html>
    pub(crate) ShadowingModule {
        id: "WH-COD-010",
        slug: "shadowing-module",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [],
        cwe: [427],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ShadowingModule {
    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        for path in repository.files.keys() {
            let Some((folder, module)) = importable(path) else { continue };
            if is_package(repository, folder) || is_environment(repository, folder, module) {
                continue;
            }
            let severity = match () {
                () if SHADOWED.contains(&module) => Severity::High,
                // Loaders import hundreds of modules; a few names are also what people call their own scripts.
                () if is_importable(module) && !ORDINARY_NAMES.contains(&module) => Severity::Medium,
                () => continue,
            };
            cx.report(format!("{} is imported in place of the real {}", quote(path), quote(module)))
                .severity(severity)
                .in_file(path)
                .key(module)
                .emit();
        }
    }
}

/// The folder that would have to be on the import path, and the module that the file is in it.
fn importable(path: &str) -> Option<(&str, &str)> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(package) = Some(folder).filter(|folder| file == "__init__.py" && !folder.is_empty()) {
        return Some(package.rsplit_once('/').unwrap_or(("", package)));
    }
    let (_, ending) = file.rsplit_once('.')?;
    let stem = file.split('.').next()?;
    matches!(ending, "py" | "so" | "pyd" | "pyc").then_some((folder, stem))
}

/// Modules of a package are imported under its name.
fn is_package(repository: &Repository, folder: &str) -> bool {
    let marked = |folder: &str| {
        let joint = if folder.is_empty() { "" } else { "/" };
        repository.files.contains_key(&format!("{folder}{joint}__init__.py"))
    };
    // A folder without the mark below one that has it is part of the package all the same.
    let above = folder.match_indices('/').filter_map(|(at, _)| folder.get(..at));
    marked("")
        || marked(folder)
        || above.into_iter().any(marked)
        || folder.split('/').any(|part| matches!(part, "__pycache__" | "typings" | "stubs"))
}

/// An installed environment holds the real modules under these very names, with the records of what was installed, and no model.
fn is_environment(repository: &Repository, folder: &str, module: &str) -> bool {
    if holds_model(repository, folder) {
        return false;
    }
    let own = |name: &str| belongs(name, module) || !SHADOWED.contains(&module);
    // What lies deeper than the records is part of a package without a mark, and imported under the package's name.
    let above = folder.match_indices('/').filter_map(|(at, _)| folder.get(..at));
    records(repository, folder).any(own)
        || above
            .filter(|root| root.ends_with("site-packages") && !holds_model(repository, root))
            .any(|root| records(repository, root).next().is_some())
}

fn holds_model(repository: &Repository, folder: &str) -> bool {
    let joint = if folder.is_empty() { "" } else { "/" };
    let beside = |name: &&str| repository.files.contains_key(&format!("{folder}{joint}{name}"));
    ["config.json", "model_index.json", "tokenizer_config.json"].iter().any(beside)
}

/// What is recorded in a folder as installed: name and version of each distribution.
fn records<'r>(repository: &'r Repository, folder: &'r str) -> impl Iterator<Item = &'r str> {
    let joint = if folder.is_empty() { "" } else { "/" };
    repository.files.keys().filter_map(move |path| {
        let rest = path.strip_prefix(folder)?.strip_prefix(joint)?;
        rest.strip_suffix(".dist-info/RECORD").filter(|name| !name.contains('/'))
    })
}

/// Whether a distribution brings a module: it is called like it, but for a few.
fn belongs(distribution: &str, module: &str) -> bool {
    let brings = match module {
        "sklearn" => "scikit_learn-",
        "yaml" => "pyyaml-",
        module => module,
    };
    distribution.to_ascii_lowercase().starts_with(brings)
}

/// Modules of the standard library by whose names people also call scripts.
const ORDINARY_NAMES: &[&str] = &[
    "__init__",
    "calendar",
    "chunk",
    "cmd",
    "code",
    "commands",
    "config",
    "distutils",
    "formatter",
    "new",
    "parser",
    "profile",
    "resource",
    "sets",
    "setup",
    "site",
    "statistics",
    "test",
    "this",
    "token",
    "tokenize",
    "trace",
    "user",
    "main",
    "__main__",
    "utils",
    "ops",
    "evaluate",
    "gradio",
    "flask",
];

/// Names that loaders of models import, sorted.
const SHADOWED: &[&str] = &[
    "accelerate",
    "collections",
    "copyreg",
    "datasets",
    "diffusers",
    "huggingface_hub",
    "importlib",
    "io",
    "joblib",
    "json",
    "keras",
    "logging",
    "numpy",
    "onnx",
    "onnxruntime",
    "os",
    "pandas",
    "peft",
    "pickle",
    "random",
    "re",
    "safetensors",
    "scipy",
    "sitecustomize",
    "sklearn",
    "socket",
    "ssl",
    "struct",
    "subprocess",
    "tempfile",
    "tensorflow",
    "tokenizers",
    "torch",
    "torchvision",
    "transformers",
    "types",
    "typing",
    "usercustomize",
    "yaml",
    "zipfile",
];

crate::samples! {
    ShadowingModule,
    bad: {
        "a false torch" => [("torch.py", b"x = 1\n".to_vec())],
        "a false numpy" => [("numpy/__init__.py", b"x = 1\n".to_vec())],
        "a false library of native code" => [("torch.cpython-311-x86_64-linux-gnu.so", b"x".to_vec())],
        "records above a model" => [
            ("site-packages/x.dist-info/RECORD", b"x\n".to_vec()),
            ("site-packages/model/torch.py", b"x = 1\n".to_vec()),
            ("site-packages/model/config.json", b"{}\n".to_vec()),
        ],
        "records that prove nothing" => [("torch.py", b"x = 1\n".to_vec()), ("x.dist-info/RECORD", b"x\n".to_vec())],
    },
    ok: {
        "code of the model's own" => [("modeling_x.py", b"x = 1\n".to_vec())],
        "a module of a package" => [("x/__init__.py", b"".to_vec()), ("x/logging.py", b"x = 1\n".to_vec())],
        "modules of packages without a mark" => [
            ("lib/python3.11/site-packages/telemetry/util/re.py", b"x = 1\n".to_vec()),
            ("lib/python3.11/site-packages/telemetry_api-1.0.dist-info/RECORD", b"x\n".to_vec()),
        ],
        "an environment whose distribution is called otherwise" => [
            ("yaml/__init__.py", b"x = 1\n".to_vec()),
            ("PyYAML-6.0.3.dist-info/RECORD", b"x\n".to_vec()),
        ],
        "an environment" => [("torch/__init__.py", b"x = 1\n".to_vec()), ("torch-2.9.dist-info/RECORD", b"x\n".to_vec())],
    },
}
