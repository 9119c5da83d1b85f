use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::objects::ObjectsFacts;

use super::words;
use crate::knowledge::objects::{Standing, standing};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A saved model names a function or class that runs, loads or fetches something.
    ///
    /// # What it detects
    ///
    /// What Keras, skops, `LangChain`, sentence-transformers, diffusers and PEFT would import, build or call for a document of theirs,
    /// at any depth and in every form they read: modules of Python itself, functions of the framework that are no part of a model
    /// (`keras.utils.get_file`, `keras.models.load_model`, `enable_unsafe_deserialization`), classes that unpickle or load another
    /// model, operators of TensorFlow that read and write files, methods that reach the internals of an object.
    ///
    /// # Why it matters
    ///
    /// The framework resolves these names and calls what it finds, with arguments from the document. The protections of its newer
    /// versions (`safe_mode`, lists of trusted types) were got around several times, always by names they did not think of.
    ///
    /// # Example
    ///
    /// `{"module": "keras.utils", "class_name": "function", "config": "get_file"}` in `config.json` of a `.keras` archive
    ///
    /// # What to do
    ///
    /// Do not load the model. Ask the maker for weights in safetensors, and build the architecture from code you have read.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-1550>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-8747>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-54412>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-68664>
    /// - <https://cwe.mitre.org/data/definitions/470.html>
    pub(crate) DangerousObject {
        id: "WH-OBJ-001",
        slug: "dangerous-object",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Json],
        cwe: [470, 502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for DangerousObject {
    fn objects(&self, facts: &ObjectsFacts, cx: &mut Context<'_>) {
        let mut seen = BTreeSet::new();
        for object in &facts.objects {
            let (severity, why) = match standing(facts.framework, object) {
                Standing::Runs(why) => (Severity::Critical, why),
                Standing::Reaches(why) => (Severity::High, why),
                Standing::Known | Standing::Custom(_) => continue,
            };
            let name = object.full_name();
            if seen.insert((name.clone(), why)) {
                let done = words::done(facts.framework, object.role);
                cx.report(format!("{done} {}, which {why}", quote(&name)))
                    .severity(severity)
                    .at(object.region)
                    .key(&name)
                    .evidence(&object.path)
                    .emit();
            }
        }
    }
}

crate::samples! {
    DangerousObject,
    bad: {
        "a module of Python as a layer" => [("config.json", br#"{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "os", "class_name": "system", "config": {}}]}}"#.to_vec())],
        "a function of Keras that downloads" => [("config.json", br#"{"module": "keras.layers", "class_name": "Activation", "config": {"activation": {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}}}"#.to_vec())],
        "a layer that unpickles" => [("config.json", br#"{"class_name": "Sequential", "config": [{"class_name": "TimeDistributed", "config": {"layer": {"class_name": "TorchModuleWrapper", "config": {}}}}]}"#.to_vec())],
        "an operator that writes files" => [("config.json", br#"{"class_name": "Functional", "config": {"layers": [{"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}]}}"#.to_vec())],
        "a function in a schema of skops" => [("schema.json", br#"{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "content": {}}"#.to_vec())],
        "a module of sentence-transformers" => [("modules.json", br#"[{"idx": 0, "name": "0", "path": "", "type": "os.system"}]"#.to_vec())],
        "a component of diffusers" => [("model_index.json", br#"{"_class_name": "X", "_diffusers_version": "0.30", "unet": ["webbrowser", "open"]}"#.to_vec())],
        "a key of the machine in metadata" => [("message.json", br#"{"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", "AIMessage"], "kwargs": {"content": "x", "additional_kwargs": {"x": {"lc": 1, "type": "secret", "id": ["AWS_SECRET_ACCESS_KEY"]}}}}"#.to_vec())],
    },
    ok: {
        "an ordinary model" => [("config.json", br#"{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {"units": 3, "kernel_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": null}, "registered_name": null}}}]}}"#.to_vec())],
        "a key of a service" => [("chain.json", br#"{"lc": 1, "type": "constructor", "id": ["langchain", "llms", "openai", "OpenAI"], "kwargs": {"openai_api_key": {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]}}}"#.to_vec())],
    },
}
