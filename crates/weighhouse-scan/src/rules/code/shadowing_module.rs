use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A file of the model has the name of a module that loaders import.
    ///
    /// # What it detects
    ///
    /// Python files, packages and libraries at the top of the artifact named like a framework or a much used module of the standard
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
        // An installed environment holds the real modules under these very names.
        if repository.files.keys().any(|path| path.contains(".dist-info/")) {
            return;
        }
        for path in repository.files.keys() {
            let module = match path.split_once('/') {
                None => path
                    .split_once('.')
                    .filter(|(_, ending)| matches!(*ending, "py" | "so" | "pyd" | "pyc"))
                    .map(|(stem, _)| stem),
                Some((package, rest)) => (rest == "__init__.py").then_some(package),
            };
            if let Some(module) = module.filter(|module| SHADOWED.contains(module)) {
                cx.report(format!("{} is imported in place of the real {}", quote(path), quote(module)))
                    .in_file(path)
                    .key(module)
                    .emit();
            }
        }
    }
}

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
    },
    ok: {
        "code of the model's own" => [("modeling_x.py", b"x = 1\n".to_vec())],
    },
}
