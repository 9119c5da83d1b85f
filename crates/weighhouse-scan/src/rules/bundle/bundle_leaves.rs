use weighhouse_core::Severity;
use weighhouse_formats::bundle::{Kind, Reference, Role};

use crate::repository::Repository;
use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A document that describes a model names a file outside of it.
    ///
    /// # What it detects
    ///
    /// Paths that climb out of the folder or the archive, absolute paths and addresses where the manifest of a `TorchServe` archive,
    /// the configuration of a `NeMo` model, an `MLmodel`, a `Kitfile`, the manifest of a saved image, settings of `MLServer` and
    /// `BentoML`, a workflow of `ComfyUI` or a configuration of `spaCy` names a file of its own. In the last two, which are also kept for
    /// the machine they were made on, only ways out and files of the system.
    ///
    /// # Why it matters
    ///
    /// The loader opens what is named with the rights of the server: it gives files of the machine to whoever asks the model, runs code
    /// that nobody inspected, or writes where it should not.
    ///
    /// # Example
    ///
    /// `"serializedFile": "../../../etc/passwd"` in `MAR-INF/MANIFEST.json`
    ///
    /// # What to do
    ///
    /// Do not load it. Tools that pack models write names of files inside them.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2024-35198>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2023-1177>
    /// - <https://cwe.mitre.org/data/definitions/22.html>
    pub(crate) BundleLeaves {
        id: "WH-BUN-001",
        slug: "bundle-leaves",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json, Yaml, Text],
        cwe: [22, 73],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for BundleLeaves {
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, facts) in &repository.bundles {
            for reference in &facts.references {
                let Some((severity, why)) = judge(facts.kind, reference) else { continue };
                let value = quote(&reference.value);
                cx.report(format!("{} of {} names {value}: {why}", quote(&reference.key), facts.kind.name()))
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

/// Files that belong to the machine, wherever the path to them begins.
const SYSTEM: &[&str] =
    &["/etc/", "/proc/", "/root/", "/sys/", "/.ssh/", "/.aws/", "/.config/", "/.kube/", "/var/run/"];

fn judge(kind: Kind, reference: &Reference) -> Option<(Severity, &'static str)> {
    let value = match reference.role {
        Role::File | Role::Part => reference.value.as_str(),
        // A function may stand behind a colon; a drive or a scheme is longer or shorter than that.
        Role::Code => function(&reference.value).0,
        _ => return None,
    };
    let slashes = value.replace('\\', "/");
    let rooted = slashes.starts_with(['/', '~', '.']);
    let climbs = slashes.split('/').filter(|part| *part == "..").count();
    if rooted && SYSTEM.iter().any(|place| slashes.contains(place)) {
        return Some((Severity::High, "a file of the system, not of the model"));
    }
    match (kind, target(value)) {
        (_, Target::Inside(_)) => None,
        // Kept for the machine they were made on.
        (Kind::Spacy, _) if climbs < 3 => None,
        (Kind::ComfyUi, _) if climbs == 0 => None,
        (_, Target::Leaves(why)) => Some((Severity::High, why)),
    }
}

/// A file or module, and the function in it that is named behind a colon.
pub(super) fn function(value: &str) -> (&str, Option<&str>) {
    match value.rsplit_once(':') {
        Some((code, name)) if code.len() > 1 && !name.contains(['/', '\\']) => (code, Some(name)),
        _ => (value, None),
    }
}

crate::samples! {
    BundleLeaves,
    bad: {
        "weights of TorchServe" => [("MAR-INF/MANIFEST.json", br#"{"model": {"modelName": "m", "serializedFile": "../../../etc/passwd", "handler": "image_classifier"}}"#.to_vec())],
        "a handler behind a function" => [("MAR-INF/MANIFEST.json", br#"{"model": {"modelName": "m", "serializedFile": "m.pt", "handler": "/tmp/x.py:run"}}"#.to_vec())],
        "an artifact of NeMo" => [("model_config.yaml", b"target: nemo.X\nvocab: nemo:../../vocab.txt\n".to_vec())],
        "environment of MLflow" => [("MLmodel", b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    env:\n      conda: ../../conda.yaml\n".to_vec())],
        "data set of a Kitfile" => [("Kitfile", b"manifestVersion: 1.0.0\ndatasets:\n- path: ~/.aws/credentials\n".to_vec())],
        "a layer of an image" => [("manifest.json", br#"[{"Config": "c.json", "Layers": ["../../layer.tar"]}]"#.to_vec())],
        "a workflow that writes elsewhere" => [("workflow.json", br#"{"3": {"class_type": "SaveImage", "inputs": {"filename_prefix": "../../../x"}}}"#.to_vec())],
    },
    ok: {
        "names of files" => [("MAR-INF/MANIFEST.json", br#"{"model": {"modelName": "m", "serializedFile": "m.pt", "handler": "image_classifier", "extraFiles": "a.json,b/c.txt"}}"#.to_vec())],
        "a configuration of a machine" => [("config.cfg", b"[nlp]\nlang = \"en\"\n[paths]\ntrain = \"/home/user/train.spacy\"\n".to_vec())],
    },
}
