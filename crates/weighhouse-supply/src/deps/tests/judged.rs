//! Packages against advisories: what is a finding, how bad, and what was not assessed.

use weighhouse_core::{FactValue, State};

use super::*;
use crate::advisories::vex;

fn settings(entries: &[Value]) -> Settings {
    Settings { advisories: Some(data(&Ecosystem::PyPi, entries)), ..Settings::default() }
}

fn judged(files: &[(&str, &str)], entries: &[Value]) -> Result {
    evaluate(&materials(files), &settings(entries), day("2025-02-01"))
}

#[test]
fn one_finding_for_a_package_with_the_worst_severity() {
    let entries = [
        advisory("GHSA-1", "pillow", "0", Some("10.0.1"), "HIGH"),
        advisory("PYSEC-2", "pillow", "8.0", Some("9.5"), "LOW"),
        advisory("PYSEC-3", "pillow", "10.0", Some("10.1"), "CRITICAL"),
    ];
    let result = judged(&[("requirements.txt", "pillow==9.0.0\n")], &entries);
    assert_eq!(found(&result.findings()), ["WH-VUL-001 high requirements.txt:1 GHSA-1, PYSEC-2"]);
    assert_eq!(result.packages[0].upgrade.as_deref(), Some("10.1"), "10.0.1 has PYSEC-3");
    assert_eq!(result.packages[0].hits[1].fixed.as_deref(), Some("9.5"));
    assert_eq!(result.state, State::Assessed);
    assert_eq!(result.headline(), "2 known vulnerabilities in 1 of 1 package, the worst high");
}

#[test]
fn an_unknown_severity_is_not_low() {
    let entries = [advisory("PYSEC-1", "a", "0", Some("2"), "")];
    let result = judged(&[("requirements.txt", "a==1\n")], &entries);
    assert_eq!(found(&result.findings()), ["WH-VUL-001 medium requirements.txt:1 PYSEC-1"]);
}

#[test]
fn a_range_counts_by_the_newest_version_it_allows() {
    let entries = [
        advisory("GHSA-1", "torch", "0", Some("2.6.0"), "CRITICAL"),
        advisory("GHSA-2", "nofix", "1.0", None, "HIGH"),
    ];
    let severity_of = |text: &str| severity(&judged(&[("requirements.txt", text)], &entries).findings());
    assert_eq!(severity_of("torch>=1.9\n"), None, "2.6.0 fits");
    assert_eq!(severity_of("torch\n"), None);
    assert_eq!(severity_of("torch==2.5.1+cu118\n"), Some(Severity::Critical));
    assert_eq!(severity_of("torch==2.6.0\n"), None);
    assert_eq!(
        severity_of("nofix\n"),
        Some(Severity::Low),
        "no version is known to be sound, but any may come"
    );
    assert_eq!(severity_of("nofix<0.5\n"), None);
    // The advisory lists what there is.
    let mut listed = advisory("GHSA-1", "torch", "0", Some("2.6.0"), "CRITICAL");
    listed["affected"][0]["versions"] = json!(["1.13.1", "2.0.0", "2.1.0rc1", "2.5.1"]);
    let result = judged(&[("requirements.txt", "torch<2.1\n")], &[listed]);
    assert_eq!(severity(&result.findings()), Some(Severity::Critical));
    assert_eq!(result.packages[0].version.as_deref(), Some("2.0.0"), "no pre-release where there is another");
}

#[test]
fn hints_at_the_build_stay_low_and_development_stays_medium() {
    let entries = [
        advisory("GHSA-1", "transformers", "0", Some("4.38.0"), "CRITICAL"),
        advisory("GHSA-2", "pytest", "0", Some("9"), "HIGH"),
    ];
    let result = judged(&[("config.json", "{\"transformers_version\": \"4.30.2\"}")], &entries);
    assert_eq!(found(&result.findings()), ["WH-VUL-001 low config.json:1 GHSA-1"]);
    let (assessment, _) = assess(
        &materials(&[("config.json", "{\"transformers_version\": \"4.30.2\"}")]),
        &settings(&entries),
        day("2025-02-01"),
    );
    assert_eq!(
        assessment.facts["vulnerabilities_critical"],
        FactValue::Count(0),
        "a hint is no vulnerability of the target"
    );
    let lock = "[[package]]\nname = \"pytest\"\nversion = \"7.0\"\ngroups = [\"dev\"]\n";
    assert_eq!(severity(&judged(&[("poetry.lock", lock)], &entries).findings()), Some(Severity::Medium));
}

#[test]
fn malware_is_critical_by_name_and_by_version_alone() {
    let entries = [
        advisory("MAL-2024-1", "evil-package", "0", None, ""),
        json!({ "id": "MAL-2024-2", "modified": "2025-01-01T00:00:00Z",
                "affected": [{ "package": { "ecosystem": "PyPI", "name": "ultralytics" }, "versions": ["8.3.41", "8.3.42"] }] }),
    ];
    let of = |text: &str| found(&judged(&[("requirements.txt", text)], &entries).findings());
    assert_eq!(of("evil_package\n"), ["WH-VUL-002 critical requirements.txt:1 MAL-2024-1"]);
    assert_eq!(of("Evil.Package>=1\n"), ["WH-VUL-002 critical requirements.txt:1 MAL-2024-1"]);
    assert_eq!(of("ultralytics==8.3.41\n"), ["WH-VUL-002 critical requirements.txt:1 MAL-2024-2"]);
    assert!(of("ultralytics\n").is_empty(), "one bad release does not make a package malware");
    assert!(of("ultralytics<8.3.43\n").is_empty());
    let mut imported = materials(&[("handler.py", "")]);
    imported.files[0].imports = ["evil_package".to_owned()].into();
    let result = evaluate(&imported, &settings(&entries), day("2025-02-01"));
    assert_eq!(found(&result.findings()), ["WH-VUL-002 medium handler.py:0 MAL-2024-1"]);
}

#[test]
fn near_names_are_a_finding_where_they_are_asked_for() {
    let result = judged(
        &[("requirements.txt", "tranformers==4.30\nnumpy\nmy-company-tools\n")],
        &[advisory("X-1", "x", "0", None, "")],
    );
    assert_eq!(found(&result.findings()), ["WH-VUL-003 medium requirements.txt:1 tranformers"]);
}

#[test]
fn a_statement_clears_and_is_shown() {
    let entries = [
        advisory("GHSA-1", "pillow", "0", Some("10.0.1"), "HIGH"),
        advisory("GHSA-2", "pillow", "0", Some("9.1"), "HIGH"),
    ];
    let statement = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "author": "Security", "timestamp": "2025-01-01T00:00:00Z",
        "statements": [{ "vulnerability": { "name": "GHSA-1" }, "products": ["pkg:pypi/pillow@9.0.0"], "status": "not_affected",
                         "justification": "vulnerable_code_not_in_execute_path", "impact_statement": "no WebP" }],
    });
    let mut settings = settings(&entries);
    settings.statements = vex::read(&statement.to_string()).unwrap();
    let materials = materials(&[("requirements.txt", "pillow==9.0.0\n")]);
    let (assessment, findings) = assess(&materials, &settings, day("2025-02-01"));
    assert_eq!(found(&findings), ["WH-VUL-001 high requirements.txt:1 GHSA-2"]);
    let shown = assessment.answers.iter().find(|answer| answer.text.contains("GHSA-1")).unwrap();
    assert_eq!(
        shown.text,
        "`GHSA-1` in `pillow`: not_affected by a statement of `Security`: vulnerable_code_not_in_execute_path: no WebP"
    );
    assert_eq!(assessment.facts["vulnerabilities_high"], FactValue::Count(1));
}

#[test]
fn without_data_or_with_old_data_nothing_is_called_clean() {
    let materials = materials(&[("requirements.txt", "numpy==1.26.4\n"), ("Cargo.lock", CARGO)]);
    let (assessment, findings) = assess(&materials, &Settings::default(), day("2025-02-01"));
    assert_eq!((assessment.state, findings.len()), (State::NotAssessed, 0));
    assert!(assessment.facts.is_empty(), "a count of nothing would read as none");
    assert_eq!(assessment.missing.len(), 2, "{:?}", assessment.missing);
    assert!(assessment.missing[1].contains("weighhouse advisories import"), "{:?}", assessment.missing);
    let entries = [advisory("GHSA-1", "numpy", "0", Some("1.27"), "HIGH")];
    // Data for one of two ecosystems.
    let (assessment, findings) = assess(&materials, &settings(&entries), day("2025-02-01"));
    assert_eq!((assessment.state, findings.len()), (State::Partly, 1));
    assert_eq!(assessment.as_of, Some(day("2025-01-31")));
    assert!(assessment.data.is_some());
    // Old data still knows what it knows, but vouches for nothing.
    let (assessment, findings) = assess(&materials, &settings(&entries), day("2025-03-03"));
    assert_eq!((assessment.state, findings.len()), (State::NotAssessed, 1));
    assert!(assessment.missing.iter().any(|line| line.contains("31 days old")), "{:?}", assessment.missing);
    let other = [advisory("GHSA-1", "other", "0", Some("1.27"), "HIGH")];
    let (assessment, _) = assess(&materials, &settings(&other), day("2025-03-03"));
    assert_eq!(assessment.headline, "2 packages named, none held against current advisories");
}

const CARGO: &str = "[[package]]\nname = \"time\"\nversion = \"0.1.43\"\nsource = \"registry+x\"\n";

#[test]
fn a_target_without_packages_is_assessed() {
    let (assessment, findings) =
        assess(&materials(&[("README.md", "x")]), &Settings::default(), day("2025-02-01"));
    assert_eq!(
        (assessment.state, assessment.headline.as_str(), findings.len()),
        (State::Assessed, "names no packages", 0)
    );
}

#[test]
fn loaders_of_a_format_are_named_with_the_first_sound_version() {
    let mut materials = materials(&[("model.gguf", "")]);
    materials.files[0].format = "gguf";
    let entries = [
        advisory("GHSA-1", "llama-cpp-python", "0.2.30", Some("0.2.72"), "CRITICAL"),
        advisory("GHSA-2", "llama-cpp-python", "0", Some("0.2.75"), "HIGH"),
    ];
    let (assessment, findings) = assess(&materials, &settings(&entries), day("2025-02-01"));
    assert_eq!(findings, []);
    assert_eq!(
        assessment.answers[0].text,
        "load `gguf` with `llama-cpp-python` `0.2.75` or later: 2 vulnerabilities are known of earlier ones"
    );
}

#[test]
fn a_version_without_an_order_is_said_to_be_undetermined() {
    let entries = [advisory("GHSA-1", "a", "1.0", Some("2.0"), "HIGH")];
    let result = judged(&[("requirements.txt", "a===0.1-bulbasaur\n")], &entries);
    assert_eq!(result.findings(), []);
    assert_eq!(result.state, State::Partly);
    assert_eq!(
        result.missing,
        [
            "`a` `0.1-bulbasaur` has no place in the order of versions: 1 advisories were compared by name only"
        ]
    );
}
