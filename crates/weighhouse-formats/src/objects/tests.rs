use super::{Framework, ObjectsFacts, Role};
use crate::bounded::{Budget, Limits};
use crate::node::{Facts, Fault, Node};
use crate::source::Memory;

fn inspect(document: &str) -> Node {
    let budget = Budget::new(std::sync::Arc::new(Limits::default()));
    crate::inspect::inspect("config.json", &Memory::shared(document.as_bytes().to_vec()), &budget)
}

fn facts(node: &Node) -> Vec<&ObjectsFacts> {
    let objects = |reading: &'_ crate::node::Reading| matches!(reading.facts, Facts::Objects(_));
    node.readings
        .iter()
        .filter(|reading| objects(reading))
        .filter_map(|reading| match &reading.facts {
            Facts::Objects(facts) => Some(&**facts),
            _ => None,
        })
        .collect()
}

/// Framework, and of each object its role, path and full name.
fn seen(document: &str) -> Vec<(Framework, Vec<String>)> {
    let node = inspect(document);
    let line = |object: &super::NamedObject| {
        format!("{:?} {}.{} at {}", object.role, object.module, object.name, object.path)
    };
    facts(&node).iter().map(|facts| (facts.framework, facts.objects.iter().map(line).collect())).collect()
}

#[test]
fn keras_in_all_its_generations() {
    let three = r#"{"module": "keras", "class_name": "Sequential", "config": {"layers": [
        {"module": "keras.layers", "class_name": "TimeDistributed", "config": {"layer":
            {"module": null, "class_name": "Mine", "config": {}, "registered_name": "p>Mine"}}},
        {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"},
        {"class_name": "__tensor__", "config": {"value": 1}}]},
        "compile_config": {"loss": {"module": "keras.losses", "class_name": "Huber", "config": {}}}}"#;
    assert_eq!(
        seen(three),
        [(
            Framework::Keras,
            vec![
                "Class keras.Sequential at ".to_owned(),
                "Class keras.layers.TimeDistributed at config.layers.0".to_owned(),
                "Class .Mine at config.layers.0.config.layer".to_owned(),
                "Function builtins.relu at config.layers.1".to_owned(),
                "Class keras.losses.Huber at compile_config.loss".to_owned(),
            ]
        )]
    );
    let one = r#"{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": 1}}]}"#;
    assert_eq!(
        seen(one),
        [(Framework::Keras, vec!["Class .Sequential at ".to_owned(), "Class .Dense at config.0".to_owned()])]
    );
    let training = r#"{"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": "mse"}"#;
    assert_eq!(seen(training), [(Framework::Keras, vec!["Class .Adam at optimizer_config".to_owned()])]);
    // Other programs also say `class_name`.
    assert_eq!(seen(r#"{"embedding": {"class_name": "OpenAIEmbedding"}}"#), []);
}

#[test]
fn functions_of_lambda_layers() {
    let legacy = r#"{"class_name": "Lambda", "config": {"function": ["4wAA", null, null], "function_type": "lambda",
        "output_shape": "shape_of", "output_shape_type": "function", "output_shape_module": "my.module"}}"#;
    let node = inspect(legacy);
    let [facts] = facts(&node)[..] else { panic!() };
    assert!(facts.code[0].summary.is_err());
    assert_eq!((facts.objects[1].role, facts.objects[1].module.as_str()), (Role::Function, "my.module"));
    let shapes = r#"{"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__",
        "config": {"code": "", "defaults": null}}, "output_shape": [null, 3]}}"#;
    let node = inspect(shapes);
    assert_eq!(self::facts(&node)[0].code.len(), 1);
}

#[test]
fn files_of_layers() {
    let document = r#"{"class_name": "Sequential", "config": [
        {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd", "name": "a/b"}},
        {"class_name": "StringLookup", "config": {"vocabulary": ["a", "b.c"], "idf_weights": null}},
        {"class_name": "Embedding", "config": {"proto": "word"}}]}"#;
    let node = inspect(document);
    let files: Vec<&str> = facts(&node)[0].files.iter().map(|file| file.location.as_str()).collect();
    assert_eq!(files, ["/etc/passwd"]);
}

#[test]
fn nodes_of_skops_that_lie() {
    let lying = r#"{"__class__": "Pipeline", "__module__": "sklearn.pipeline", "__loader__": "MethodNode", "content":
        {"func": "system", "obj": {"__class__": "X", "__module__": "os", "__loader__": "ObjectNode", "content": {}}}}"#;
    let node = inspect(lying);
    let contradictions = |node: &Node| {
        node.readings
            .iter()
            .flat_map(|r| &r.irregularities)
            .filter(|f| f.kind == Fault::Contradiction)
            .count()
    };
    assert_eq!(contradictions(&node), 1);
    assert_eq!(
        seen(lying)[0].1,
        ["Method os.X.system at ".to_owned(), "Class os.X at content.obj".to_owned()]
    );
    let operator =
        r#"{"__class__": "call", "__module__": "sklearn", "__loader__": "OperatorFuncNode", "attrs": {}}"#;
    assert_eq!(contradictions(&inspect(operator)), 1);
    assert_eq!(seen(operator)[0].1, ["Call operator.call at ".to_owned()]);
}

#[test]
fn parts_of_models_and_chains() {
    let chain = r#"{"lc": 1, "type": "constructor", "id": ["a", "b", "C"], "kwargs": {"k": {"lc": 1, "type": "secret", "id": ["K"]}}}"#;
    assert_eq!(
        seen(chain),
        [(Framework::LangChain, vec!["Class a.b.C at ".to_owned(), "Secret .K at kwargs.k".to_owned()])]
    );
    let modules = r#"[{"idx": 0, "name": "0", "path": "", "type": "a.B"}, {"idx": 1, "path": "1", "type": "o/n--f.C"}]"#;
    assert_eq!(seen(modules), [(Framework::SentenceTransformers, vec!["Class a.B at 0".to_owned()])]);
    let index =
        r#"{"_class_name": "P", "_diffusers_version": "1", "unet": ["diffusers", "U"], "vae": [null, null]}"#;
    assert_eq!(seen(index), [(Framework::Diffusers, vec!["Class diffusers.U at unet".to_owned()])]);
    let adapter = r#"{"auto_mapping": {"base_model_class": "M", "parent_library": "os"}}"#;
    assert_eq!(seen(adapter), [(Framework::Peft, vec!["Class os.M at auto_mapping".to_owned()])]);
}

#[test]
fn long_and_deep_documents_stay_within_bounds() {
    let deep = format!("{}{}", r#"{"class_name": "X", "config": "#.repeat(5000), "1");
    inspect(&deep);
    let keys =
        format!(r#"{{"{}": {{"class_name": "A", "config": {{}}, "module": null}}}}"#, "k".repeat(1 << 20));
    assert!(seen(&keys)[0].1[0].len() < 1000);
}
