use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::json::Value;
use weighhouse_formats::python::{PythonCall, PythonFacts};
use weighhouse_formats::yaml::Scalar;

use super::acts::{Role, role, when};
use super::entries::{self, Entry};
use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// The model needs code of its own, or of another repository, to be loaded.
    ///
    /// # What it detects
    ///
    /// `auto_map` in configuration files: entries of this repository (low: the code is inspected here; high if that code or what it
    /// imports starts programs), entries whose file is missing (medium), and references to another repository at any depth (high;
    /// medium if pinned to a revision), whose code is not here and can change at any time. Loading scripts of data sets beside
    /// their card (low, or high if they start programs). In Python: `torch.hub.load` and
    /// `trust_remote_code=True` with the name of another repository.
    ///
    /// # Why it matters
    ///
    /// Loading with `trust_remote_code=True` runs it. Code of another repository is a dependency that nobody vetted.
    ///
    /// # Example
    ///
    /// `AutoModel: someone/else--modeling_x.XModel` in `auto_map`
    ///
    /// # What to do
    ///
    /// Copy the code into the repository, pin it, or use an architecture that the library has built in.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) RemoteCode {
        id: "WH-COD-008",
        slug: "remote-code",
        since: "0.1.0",
        severity: Low,
        confidence: High,
        formats: [Json, Python],
        cwe: [829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for RemoteCode {
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, summary) in &repository.python {
            if summary.builds_data && !summary.definitions.is_empty() && describes_data(repository, path) {
                script(repository, path, cx);
            }
        }
        for (path, document) in &repository.json {
            let pinned = document.get("code_revision").and_then(Value::text).is_some();
            for entry in entries::of_json(document) {
                if let Some(other) = other_repository(&entry) {
                    let severity = if pinned { Severity::Medium } else { Severity::High };
                    let headline = format!(
                        "{} is code of the repository {}, which is not here",
                        quote(entry.key),
                        quote(other)
                    );
                    report(path, entry.key, entry.value, &headline, severity, cx);
                }
            }
            for (class, entry) in document.get("auto_map").map(Value::members).unwrap_or_default() {
                let listed = entry.elements().iter().filter_map(Value::text);
                for target in entry.text().into_iter().chain(listed).filter(|target| !target.contains("--")) {
                    own_code(repository, path, class, target, cx);
                }
            }
        }
    }

    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        let role = role(cx.name(), cx.node());
        for call in &facts.calls {
            let Some(what) = loads_code(call) else { continue };
            let severity = match role {
                Role::Model => Severity::High,
                Role::Loaded => Severity::Medium,
                Role::Script => Severity::Low,
            };
            cx.report(format!(
                "{} runs code of the repository {}, which is not here",
                quote(&call.callee),
                quote(&what)
            ))
            .severity(severity)
            .at(call.region)
            .line(call.line)
            .key(&what)
            .evidence(when(&call.scope))
            .emit();
        }
    }
}

/// Whether a card or a record beside a file says that this is a data set.
fn describes_data(repository: &Repository, path: &str) -> bool {
    let records = ["dataset_infos.json", "dataset_info.json", "state.json"];
    let card = repository.yaml.get(&Repository::beside(path, "README.md"));
    let of_data = |scalar: &Scalar| {
        ["dataset_info", "configs", "task_categories", "size_categories"]
            .iter()
            .any(|key| scalar.path.split('.').next() == Some(key))
    };
    card.is_some_and(|scalars| scalars.iter().any(of_data))
        || records.iter().any(|name| repository.files.contains_key(&Repository::beside(path, name)))
}

/// A script that `load_dataset` imports to build the data set; versions from 4.0 on refuse to.
fn script(repository: &Repository, path: &str, cx: &mut Context<'_>) {
    let (headline, severity) = match reached(repository, path) {
        Some((place, act)) => (
            format!("loading the data set runs {}, which calls {}", quote(place), quote(act)),
            Severity::High,
        ),
        None => {
            (format!("loading the data set runs the code in {} (inspected here)", quote(path)), Severity::Low)
        }
    };
    cx.report(headline).severity(severity).in_file(path).key("loading script").emit();
}

/// The repository that a call loads code from: `torch.hub.load('a/b', …)`, `from_pretrained('a/b', trust_remote_code=True)`.
fn loads_code(call: &PythonCall) -> Option<String> {
    let first = call.arguments.first().filter(|first| first.keyword.is_none());
    let source =
        first.and_then(|first| first.value.as_deref()).map(|text| text.trim_matches('\'').to_owned())?;
    let keyword = |name: &str, value: &str| {
        call.arguments.iter().any(|a| a.keyword.as_deref() == Some(name) && a.value.as_deref() == Some(value))
    };
    let hub = matches!(call.callee.as_str(), "torch.hub.load" | "torch.hub.help" | "torch.hub.list");
    (source.contains('/') && (hub && !keyword("source", "'local'") || keyword("trust_remote_code", "True")))
        .then_some(source)
}

/// The repository that a configuration takes code from: `someone/else--modeling_x.XModel` anywhere, and the keys of diffusers
/// and of generation whose value is a repository.
fn other_repository<'a>(entry: &Entry<'a>) -> Option<&'a str> {
    const KEYS: &[&str] =
        &["custom_pipeline", "custom_generate", "_class_name", "custom_code", "custom_revision"];
    let named = |text: &str| {
        text.split('/').count() == 2
            && text.split('/').all(|part| {
                part.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            })
    };
    match entry.value.split_once("--") {
        Some((other, class)) => {
            (named(other) && class.contains('.') && !class.contains([' ', '/'])).then_some(other)
        }
        None => (KEYS.contains(&entry.key) && named(entry.value)).then_some(entry.value),
    }
}

/// Code of this repository that a loader imports: it is judged where it stands; here it is said what it does as a whole.
fn own_code(repository: &Repository, path: &str, class: &str, target: &str, cx: &mut Context<'_>) {
    let module = target.rsplit_once('.').map_or(target, |(module, _)| module);
    let leaves = module.starts_with(['/', '~']) || module.contains("..") || module.contains(['/', '\\']);
    let file = Repository::beside(path, &format!("{}.py", module.replace('.', "/")));
    let (headline, severity) = if leaves {
        (
            format!("{} needs the code in {}, outside the artifact", quote(class), quote(module)),
            Severity::High,
        )
    } else if !repository.files.contains_key(&file) {
        (format!("{} needs the code in {}, which is missing", quote(class), quote(&file)), Severity::Medium)
    } else if let Some((place, act)) = reached(repository, &file) {
        (format!("{} runs {}, which calls {}", quote(class), quote(place), quote(act)), Severity::High)
    } else {
        (format!("{} needs the code in {} (inspected here)", quote(class), quote(&file)), Severity::Low)
    };
    report(path, &format!("auto_map.{class}"), target, &headline, severity, cx);
}

/// The first file among those that a module imports from its folder that starts programs or hides what it runs, and the call.
pub(crate) fn reached<'a>(repository: &'a Repository, file: &str) -> Option<(&'a str, &'a str)> {
    let mut seen = BTreeSet::new();
    let mut open = vec![file.to_owned()];
    while let Some(file) = open.pop() {
        let Some((path, summary)) =
            repository.python.get_key_value(&file).filter(|(path, _)| seen.insert(*path))
        else {
            continue;
        };
        if let Some(act) = summary.acts.first() {
            return Some((path, act));
        }
        let near = summary.imports.iter().filter(|import| import.starts_with('.'));
        open.extend(near.map(|import| {
            Repository::beside(path, &format!("{}.py", import.trim_start_matches('.').replace('.', "/")))
        }));
    }
    None
}

fn report(path: &str, key: &str, target: &str, headline: &str, severity: Severity, cx: &mut Context<'_>) {
    cx.report(headline).severity(severity).in_file(path).key(key).evidence(target).emit();
}

crate::samples! {
    RemoteCode,
    bad: {
        "code of another repository" => [("config.json", br#"{"auto_map": {"AutoModel": "someone/else--modeling_x.XModel"}}"#.to_vec())],
        "a loading script" => [
            ("README.md", b"---\ntask_categories:\n- text-classification\n---\n# Data\n".to_vec()),
            ("reviews.py", b"import datasets\nclass Reviews(datasets.GeneratorBasedBuilder):\n    def _info(self):\n        return datasets.DatasetInfo(description='x')\n".to_vec()),
        ],
        "code of another repository inside" => [("config.json", br#"{"vision_config": {"auto_map": {"AutoModel": "someone/else--modeling_x.XModel"}}}"#.to_vec())],
        "a model that loads another one's code" => [("modeling_x.py", b"import torch\nclass X:\n    def __init__(self):\n        self.net = torch.hub.load('someone/else', 'net')\n".to_vec())],
        "code of this repository" => [
            ("config.json", br#"{"auto_map": {"AutoModel": "modeling_x.XModel"}}"#.to_vec()),
            ("modeling_x.py", b"class XModel: pass\n".to_vec()),
        ],
    },
    ok: {
        "a script that uses a data set" => [
            ("README.md", b"---\ntask_categories:\n- text-classification\n---\n# Data\n".to_vec()),
            ("train.py", b"import datasets\ndef main():\n    data = datasets.load_dataset('imdb')\n".to_vec()),
        ],
        "a built-in architecture" => [("config.json", br#"{"model_type": "bert", "architectures": ["BertModel"]}"#.to_vec())],
    },
}
