//! Reports of real inspections, checked by validators that are not ours.

use serde_json::Value;

use super::{example, root, run};

fn json(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(root().join(path)).unwrap()).unwrap()
}

fn report(model: &str, format: &str) -> Value {
    serde_json::from_slice(&run(&["vet", &example(model), "--format", format]).stdout).unwrap()
}

#[test]
fn json_follows_its_published_schema() {
    let schema = jsonschema::validator_for(&json("docs/reference/report-v1.schema.json")).unwrap();
    for model in ["clean-classifier", "poisoned-classifier"] {
        let report = report(model, "json");
        let faults: Vec<String> = schema.iter_errors(&report).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{model}");
    }
}

#[test]
fn the_poisoned_model_fails_for_exactly_its_two_payloads() {
    let report = report("poisoned-classifier", "json");
    assert_eq!(report["verdict"], "fail");
    let serious: Vec<(String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| matches!(finding["severity"].as_str(), Some("high" | "critical")))
        .map(|finding| {
            (
                finding["file"].as_str().unwrap_or("").to_owned(),
                finding["rule"].as_str().unwrap_or("").to_owned(),
            )
        })
        .collect();
    let expected = [("pytorch_model.bin", "WH-PKL-001"), ("tokenizer_config.json", "WH-TPL-001")];
    assert_eq!(serious, expected.map(|(file, rule)| (file.to_owned(), rule.to_owned())));
}

#[test]
fn two_runs_are_equal_byte_for_byte() {
    for format in ["json", "sarif", "markdown", "html", "junit"] {
        let arguments = ["vet", &example("poisoned-classifier"), "--format", format, "--at", "2026-01-01"];
        assert_eq!(run(&arguments).stdout, run(&arguments).stdout, "{format}");
    }
}
