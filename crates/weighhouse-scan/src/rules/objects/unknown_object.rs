use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::objects::{Framework, NamedObject, ObjectsFacts};

use super::words;
use crate::knowledge::objects::{Standing, standing};
use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};
use crate::rules::code::remote_code;

crate::rule! {
    /// A saved model needs a class or function that is not part of its framework.
    ///
    /// # What it detects
    ///
    /// Names in documents of Keras, skops, `LangChain`, sentence-transformers, diffusers and PEFT that are on no list: layers, losses
    /// and types of a package of the maker's own, methods that are called when the model is used. Where the code lies in the same
    /// repository it is inspected there, and the finding is low (high if that code starts programs).
    ///
    /// # Why it matters
    ///
    /// What the model does is what that code does, and it is not here. Registering it, trusting it, or installing the package that has
    /// it runs it.
    ///
    /// # Example
    ///
    /// `"registered_name": "my_package>MyLayer"` in the configuration of a Keras model
    ///
    /// # What to do
    ///
    /// Ask for the code, read it, and waive the finding by its key; or ask for a model of standard parts.
    ///
    /// # References
    ///
    /// - <https://keras.io/guides/serialization_and_saving/>
    /// - <https://skops.readthedocs.io/en/stable/persistence.html>
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    pub(crate) UnknownObject {
        id: "WH-OBJ-002",
        slug: "unknown-object",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Json],
        cwe: [829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for UnknownObject {
    fn objects(&self, facts: &ObjectsFacts, cx: &mut Context<'_>) {
        if may_be_beside(facts.framework) && cx.is_beside() {
            return;
        }
        for (name, object, why) in unknown(facts) {
            let done = words::done(facts.framework, object.role);
            cx.report(format!("{done} {}, which {why}", quote(&name)))
                .at(object.region)
                .key(&name)
                .evidence(&object.path)
                .emit();
        }
    }

    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, facts) in &repository.objects {
            for (name, object, why) in unknown(facts) {
                let (severity, what) = beside(repository, path, facts.framework, object, why);
                let done = words::done(facts.framework, object.role);
                cx.report(format!("{done} {}, which {what}", quote(&name)))
                    .severity(severity)
                    .in_file(path)
                    .at(object.region)
                    .key(&name)
                    .evidence(&object.path)
                    .emit();
            }
        }
    }
}

/// Frameworks that also load code from the folder of the model.
pub(crate) fn may_be_beside(framework: Framework) -> bool {
    matches!(framework, Framework::SentenceTransformers | Framework::Diffusers)
}

/// What is not known, each name once.
fn unknown(facts: &ObjectsFacts) -> impl Iterator<Item = (String, &NamedObject, &'static str)> {
    let mut seen = BTreeSet::new();
    facts.objects.iter().filter_map(move |object| {
        let Standing::Custom(why) = standing(facts.framework, object) else { return None };
        let name = object.full_name();
        seen.insert((name.clone(), why)).then_some((name, object, why))
    })
}

/// Whether the code lies in the repository, and what it does.
fn beside(
    repository: &Repository,
    path: &str,
    framework: Framework,
    object: &NamedObject,
    why: &str,
) -> (Severity, String) {
    let file = format!("{}.py", object.module.replace('.', "/"));
    // A component of diffusers has a folder of its name.
    let candidates = [file.clone(), format!("{}/{file}", object.path)];
    let found = candidates
        .iter()
        .map(|name| Repository::beside(path, name))
        .find(|name| repository.files.contains_key(name) && !object.module.is_empty());
    match found {
        Some(file) => match remote_code::reached(repository, &file) {
            Some((place, act)) => {
                (Severity::High, format!("is code of {}, which calls {}", quote(place), quote(act)))
            }
            None => (Severity::Low, format!("is code of {} (inspected here)", quote(&file))),
        },
        None if framework == Framework::SentenceTransformers => {
            (Severity::High, format!("{why}: loading imports it from wherever it is found"))
        }
        None => (Severity::Medium, why.to_owned()),
    }
}

crate::samples! {
    UnknownObject,
    bad: {
        "a layer of a package" => [("config.json", br#"{"class_name": "Sequential", "config": {"layers": [{"module": "my_package", "class_name": "MyLayer", "config": {}, "registered_name": "my_package>MyLayer"}]}}"#.to_vec())],
        "a type that skops does not know" => [("schema.json", br#"{"__class__": "X", "__module__": "my_package", "__loader__": "ObjectNode", "content": {}, "protocol": 2}"#.to_vec())],
        "a module of nobody" => [("modules.json", br#"[{"idx": 0, "name": "0", "path": "", "type": "custom_st.Transformer"}]"#.to_vec())],
        "a module of this repository" => [
            ("modules.json", br#"[{"idx": 0, "name": "0", "path": "", "type": "custom_st.Transformer"}]"#.to_vec()),
            ("custom_st.py", b"class Transformer: pass\n".to_vec()),
        ],
    },
    ok: {
        "modules of the library" => [("modules.json", br#"[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]"#.to_vec())],
        "a pipeline" => [("model_index.json", br#"{"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "unet": ["diffusers", "UNet2DConditionModel"], "vae": [null, null]}"#.to_vec())],
    },
}
