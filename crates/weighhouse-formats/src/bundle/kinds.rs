//! Which documents describe a bundle, and what their values are to the loader.

use super::leaves::{Leaf, fits, last};
use super::{Kind, Reference, Role};
use crate::json::Value;

/// Paths of each kind of document and what their values are. `*` stands for any key.
const TABLE: &[(Kind, &str, Role)] = &[
    (Kind::TorchServe, "model.handler", Role::Code),
    (Kind::TorchServe, "model.modelFile", Role::Code),
    (Kind::TorchServe, "model.serializedFile", Role::File),
    (Kind::TorchServe, "model.requirementsFile", Role::File),
    (Kind::TorchServe, "model.configFile", Role::File),
    (Kind::TorchServe, "workflow.handler", Role::Code),
    (Kind::TorchServe, "workflow.specFile", Role::File),
    (Kind::Mlflow, "flavors.python_function.loader_module", Role::Code),
    (Kind::Mlflow, "flavors.*.env", Role::File),
    (Kind::Mlflow, "flavors.*.env.conda", Role::File),
    (Kind::Mlflow, "flavors.*.env.virtualenv", Role::File),
    (Kind::Mlflow, "flavors.*.artifacts.*.path", Role::File),
    (Kind::Mlflow, "flavors.*.code", Role::File),
    (Kind::Mlflow, "flavors.*.data", Role::File),
    (Kind::Mlflow, "flavors.*.model_binary", Role::File),
    (Kind::Mlflow, "flavors.*.model_data", Role::File),
    (Kind::Mlflow, "flavors.*.model_path", Role::File),
    (Kind::Mlflow, "flavors.*.pickled_model", Role::File),
    (Kind::Mlflow, "flavors.*.python_model", Role::File),
    (Kind::Mlflow, "flavors.*.saved_model_dir", Role::File),
    (Kind::Mlflow, "flavors.*.prompts", Role::File),
    (Kind::Mlflow, "saved_input_example_info.artifact_path", Role::File),
    (Kind::MlServer, "implementation", Role::Class),
    (Kind::MlServer, "parameters.uri", Role::File),
    (Kind::MlServer, "parameters.environment_tarball", Role::File),
    (Kind::MlServer, "parameters.environment_path", Role::File),
    (Kind::KitOps, "model.path", Role::File),
    (Kind::KitOps, "model.parts.*.path", Role::File),
    (Kind::KitOps, "datasets.*.path", Role::File),
    (Kind::KitOps, "code.*.path", Role::File),
    (Kind::KitOps, "docs.*.path", Role::File),
    (Kind::KitOps, "prompts.*.path", Role::File),
    (Kind::Docker, "*.Config", Role::Part),
    (Kind::Docker, "*.Layers.*", Role::Part),
    (Kind::Ollama, "remote_host", Role::Host),
    (Kind::Bento, "service", Role::Code),
    (Kind::Bento, "python.requirements_txt", Role::File),
    (Kind::Bento, "python.packages.*", Role::Requirement),
    (Kind::Bento, "python.index_url", Role::Requirement),
    (Kind::Bento, "python.extra_index_url.*", Role::Requirement),
    (Kind::Bento, "python.find_links.*", Role::Requirement),
    (Kind::Bento, "python.wheels.*", Role::File),
    (Kind::Bento, "docker.setup_script", Role::File),
    (Kind::Bento, "docker.dockerfile_template", Role::File),
    (Kind::Bento, "include.*", Role::File),
    (Kind::Bento, "conda.environment_yml", Role::File),
    (Kind::Spacy, "requirements.*", Role::Requirement),
    (Kind::Nemo, "target", Role::Class),
    (Kind::Axolotl, "plugins.*", Role::Class),
];

/// Keys under which a graph of `ComfyUI` names the files that its nodes open and write.
const COMFY_FILES: &[&str] = &[
    "audio",
    "ckpt_name",
    "clip_name",
    "clip_name1",
    "clip_name2",
    "config_name",
    "control_net_name",
    "directory",
    "file_path",
    "filename",
    "filename_prefix",
    "gligen_name",
    "image",
    "lora_name",
    "model_name",
    "model_path",
    "output_path",
    "path",
    "style_model_name",
    "unet_name",
    "vae_name",
    "video",
];

/// The document's own name without its folders.
fn file(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whose document a JSON document is, if it describes a bundle.
pub(super) fn of_json(name: &str, root: &Value) -> Option<Kind> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::text).is_some();
    let model = root.get("model");
    let packed = |value: &Value| {
        text(value, "handler")
            || text(value, "serializedFile")
            || text(value, "modelFile")
            || text(value, "specFile")
    };
    if model.or(root.get("workflow")).is_some_and(packed) {
        return Some(Kind::TorchServe);
    }
    if text(root, "manifestVersion") && (root.get("package").is_some() || model.is_some()) {
        return Some(Kind::KitOps);
    }
    if text(root, "remote_host") && (text(root, "model_format") || text(root, "remote_model")) {
        return Some(Kind::Ollama);
    }
    if text(root, "implementation") && (text(root, "name") || file(name) == "model-settings.json") {
        return Some(Kind::MlServer);
    }
    if text(root, "spacy_version") {
        return Some(Kind::Spacy);
    }
    let image = |value: &Value| text(value, "Config") && value.get("Layers").is_some();
    if root.elements().iter().any(image) {
        return Some(Kind::Docker);
    }
    let node = |value: &Value| text(value, "class_type") && value.get("inputs").is_some();
    let drawn = |value: &Value| text(value, "type") && value.get("widgets_values").is_some();
    let graph = root.members().iter().any(|(_, value)| node(value));
    let drawing = root.get("nodes").map(Value::elements).unwrap_or_default().iter().any(drawn);
    (graph || drawing).then_some(Kind::ComfyUi)
}

/// Whose document a YAML document is, if it describes a bundle.
pub(super) fn of_yaml(name: &str, leaves: &[Leaf<'_>]) -> Option<Kind> {
    let holds = |pattern: &str| leaves.iter().any(|leaf| fits(&leaf.path, pattern));
    match file(name) {
        "MLmodel" => return Some(Kind::Mlflow),
        "bento.yaml" | "bentofile.yaml" | "bentofile.yml" => return Some(Kind::Bento),
        "Kitfile" => return Some(Kind::KitOps),
        "model_config.yaml" if leaves.iter().any(|leaf| is_target(&leaf.path)) => return Some(Kind::Nemo),
        _ => {}
    }
    if holds("manifestVersion") && (holds("package.name") || holds("model.path")) {
        return Some(Kind::KitOps);
    }
    if holds("flavors.python_function.loader_module") {
        return Some(Kind::Mlflow);
    }
    if holds("base_model") && holds("plugins.*") {
        return Some(Kind::Axolotl);
    }
    leaves.iter().any(|leaf| is_target(&leaf.path)).then_some(Kind::Hydra)
}

/// Whether a text is called as the configurations of spaCy are.
pub(super) fn may_be_spacy(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("cfg"))
}

/// Whether a text describes how a Python package is built.
pub(super) fn is_package(name: &str) -> bool {
    file(name).eq_ignore_ascii_case("pyproject.toml")
}

/// The builder of a package that lies in the package itself: installing the package imports and calls it.
pub(super) fn builders(leaves: &[Leaf<'_>]) -> Vec<Reference> {
    let backend = leaves.iter().find(|leaf| leaf.path == "build-system.build-backend");
    let Some(backend) = backend else { return Vec::new() };
    let module = backend.value.split(':').next().unwrap_or_default().replace('.', "/");
    let folders = leaves.iter().filter(|leaf| leaf.path.starts_with("build-system.backend-path"));
    let named = folders.map(|folder| {
        let folder = folder.value.trim_matches(['[', ']', '"', '\'', ' ', ',']).trim_end_matches('/');
        let value =
            if matches!(folder, "" | ".") { format!("{module}.py") } else { format!("{folder}/{module}.py") };
        let key = "build-system.build-backend".to_owned();
        Reference { role: Role::Code, key, value, region: backend.region }
    });
    named.collect()
}

/// Whether a configuration is one of spaCy: it names registered functions, or has its sections.
pub(super) fn is_spacy(leaves: &[Leaf<'_>]) -> bool {
    leaves.iter().any(|leaf| leaf.path.starts_with("nlp.") || last(&leaf.path).starts_with('@'))
}

fn is_target(path: &str) -> bool {
    path == "target" || last(path) == "_target_"
}

/// What a value is to the loader: mostly one thing, in lists several.
pub(super) fn of_leaf<'l>(kind: Kind, leaf: &'l Leaf<'_>) -> Vec<(Role, &'l str)> {
    let value = leaf.value.trim();
    if value.is_empty() || matches!(value, "null" | "~") {
        return Vec::new();
    }
    let listed = TABLE.iter().filter(|(of, path, _)| *of == kind && fits(&leaf.path, path));
    let mut found: Vec<(Role, &str)> = listed.map(|(.., role)| (*role, value)).take(1).collect();
    match kind {
        // One text for all of them.
        Kind::TorchServe if leaf.path == "model.extraFiles" => {
            found.extend(value.split(',').map(|file| (Role::File, file.trim())));
        }
        // Written as it was on the machine that saved the model; only the name of the file is used.
        Kind::Mlflow if last(&leaf.path) == "model_code_path" => {
            found.push((Role::Code, value.rsplit(['/', '\\']).next().unwrap_or(value)));
        }
        Kind::Nemo | Kind::Hydra if last(&leaf.path) == "_target_" => found.push((Role::Class, value)),
        // `nemo:` stands before the names of files of the archive.
        Kind::Nemo => found.extend(value.strip_prefix("nemo:").map(|file| (Role::File, file))),
        Kind::Spacy if last(&leaf.path).starts_with('@') => found.push((Role::Class, value)),
        Kind::Spacy if is_path(value) => found.push((Role::File, value)),
        Kind::Llamafile => found.extend(super::options::of_option(&leaf.path, value)),
        Kind::ComfyUi => found.extend(of_comfy(leaf).map(|role| (role, value))),
        _ => {}
    }
    found
}

/// Nodes by their class, and the files that they name.
fn of_comfy(leaf: &Leaf<'_>) -> Option<Role> {
    let parts: Vec<&str> = leaf.path.split('.').collect();
    match parts.as_slice() {
        [_, "class_type"] | ["nodes", _, "type"] => Some(Role::Class),
        [_, "inputs", key] if COMFY_FILES.contains(key) => Some(Role::File),
        ["nodes", _, "widgets_values", ..] if is_path(&leaf.value) => Some(Role::File),
        _ => None,
    }
}

/// Whether a text can only be meant as a path: one line without spaces, with a separator.
fn is_path(value: &str) -> bool {
    value.len() < 512 && value.contains(['/', '\\']) && !value.contains([' ', '\n', '{', '<'])
}
