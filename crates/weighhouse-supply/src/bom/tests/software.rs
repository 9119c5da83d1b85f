//! Packages and vulnerabilities in bills.

use serde_json::{Value, json};
use weighhouse_core::Basis;
use weighhouse_core::finding::WaivedBy;

use super::*;
use crate::advisories::Ecosystem;
use crate::advisories::vex::{Statement, Status};
use crate::deps::tests::{advisory, data, day};
use crate::deps::{self, evaluate};

const REQUIREMENTS: &str =
    "pinned==1.0\nranged>=1.0,<2\nodd~=1.4\nany\nexcused==1.0\nmended==1.0\nwaived==1.0\n";
const CONFIGURATION: &str = r#"{"transformers_version": "4.30.2"}"#;
const CVSS: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

fn materials() -> Materials {
    let metadata = "Metadata-Version: 2.1\nName: there\nVersion: 1.0\n";
    let mut code = material("modeling.py", "python", b"import imported");
    code.imports.insert("imported".to_owned());
    with(vec![
        material("requirements.txt", "text", REQUIREMENTS.as_bytes()),
        material("requirements-dev.txt", "text", b"pinned==1.0\n"),
        material("config.json", "json", CONFIGURATION.as_bytes()),
        material("there-1.0.dist-info/METADATA", "text", metadata.as_bytes()),
        code,
    ])
}

fn known(settings: &mut deps::Settings) {
    let mut scored = advisory("GHSA-1", "pinned", "0", Some("2.0"), "HIGH");
    scored["severity"] = json!([{ "type": "CVSS_V3", "score": CVSS }]);
    scored["aliases"] = json!(["CVE-2024-1"]);
    let mut everywhere = advisory("GHSA-2", "ranged", "0", None, "");
    everywhere["affected"][0]["versions"] = json!(["1.0", "1.5"]);
    let mut also = everywhere["affected"][0].clone();
    also["package"]["name"] = json!("there");
    everywhere["affected"].as_array_mut().unwrap().push(also);
    let mut entries = vec![scored, everywhere];
    entries.extend(["excused", "mended", "waived"].map(|name| advisory(name, name, "0", Some("2.0"), "LOW")));
    entries.push(advisory("GHSA-3", "transformers", "0", Some("4.38.0"), "CRITICAL"));
    settings.advisories = Some(data(&Ecosystem::PyPi, &entries));
    let statement = |name: &str, status| Statement {
        vulnerability: [name.to_owned()].into(),
        products: vec![(format!("pkg:pypi/{name}"), Vec::new())],
        status,
        reason: "not called".to_owned(),
        timestamp: "2025-01-01T00:00:00Z".to_owned(),
        author: "Ada".to_owned(),
    };
    settings.statements = vec![statement("excused", Status::NotAffected), statement("mended", Status::Fixed)];
}

/// What the thread of vulnerabilities finds, with a waiver for one of the packages.
fn found(settings: &deps::Settings) -> Graph {
    let materials = materials();
    let result = evaluate(&materials, settings, day("2025-02-01"));
    let mut findings = result.findings();
    for finding in &mut findings {
        let waived = WaivedBy {
            owner: "Ben".to_owned(),
            reason: "not reachable".to_owned(),
            expires: day("2026-01-01"),
        };
        finding.waived = (finding.location.key.as_deref() == Some("waived")).then_some(waived);
    }
    let assessments = [result.assessment()];
    let threads = Threads { assessments: &assessments, dependencies: Some(&result), findings: &findings };
    super::super::graph(&materials, threads, &super::settings())
}

fn all() -> Graph {
    let mut settings = deps::Settings::default();
    known(&mut settings);
    found(&settings)
}

/// Packages and vulnerabilities of every kind, in another graph.
pub(super) fn give(graph: &mut Graph) {
    let other = all();
    graph.software = other.software;
    graph.vulnerabilities = other.vulnerabilities;
}

fn bill(graph: &Graph, format: Format) -> Value {
    serde_json::from_str(&write(graph, format).unwrap()).unwrap()
}

/// The component of this name and what is said of its version.
fn component<'b>(bill: &'b Value, name: &str) -> &'b Value {
    let all = bill["components"].as_array().unwrap();
    all.iter().find(|found| found["name"] == name && found["type"] == "library").unwrap()
}

fn property<'b>(component: &'b Value, name: &str) -> Option<&'b str> {
    let all = component["properties"].as_array()?;
    all.iter().find(|property| property["name"] == name)?["value"].as_str()
}

#[test]
fn only_what_is_pinned_has_a_version() {
    let bill = bill(&all(), Format::CycloneDx17);
    let told = |name: &str| {
        let found = component(&bill, name);
        let text = |key: &str| found[key].as_str().unwrap_or("-").to_owned();
        [text("version"), text("versionRange"), text("purl"), found["isExternal"].to_string()]
    };
    assert_eq!(told("pinned"), ["1.0", "-", "pkg:pypi/pinned@1.0", "true"]);
    assert_eq!(told("ranged"), ["-", "vers:pypi/>=1.0|<2", "pkg:pypi/ranged", "true"]);
    assert_eq!(told("odd"), ["-", "-", "pkg:pypi/odd", "true"]);
    assert_eq!(told("any"), ["-", "-", "pkg:pypi/any", "true"]);
    assert_eq!(told("imported"), ["-", "-", "pkg:pypi/imported", "true"]);
    assert_eq!(told("transformers"), ["-", "-", "pkg:pypi/transformers", "true"]);
    assert_eq!(told("there"), ["1.0", "-", "pkg:pypi/there@1.0", "false"]);
    let said = |name: &str, of: &str| property(component(&bill, name), of).map(str::to_owned);
    assert_eq!(said("odd", "weighhouse:version:range").as_deref(), Some("~=1.4"));
    assert_eq!(said("transformers", "weighhouse:version:made-with").as_deref(), Some("4.30.2"));
    assert_eq!(said("any", "weighhouse:version").as_deref(), Some("any"));
    assert_eq!(said("imported", "weighhouse:confidence").as_deref(), Some("inferred from imports"));
    let basis = |name: &str| said(name, "weighhouse:basis:version").unwrap();
    assert_eq!(basis("there"), "measured: there-1.0.dist-info/METADATA:2");
    assert_eq!(basis("pinned"), "declared: requirements-dev.txt:1 and 1 more");
    assert_eq!(basis("imported"), "inferred: modeling.py");
    let places = json!([{ "location": "requirements-dev.txt", "line": 1 }, { "location": "requirements.txt", "line": 1 }]);
    assert_eq!(component(&bill, "pinned")["evidence"]["occurrences"], places);
}

#[test]
fn older_bills_have_the_range_as_a_property() {
    let bill = bill(&all(), Format::CycloneDx16);
    let ranged = component(&bill, "ranged");
    assert_eq!((&ranged["version"], &ranged["versionRange"]), (&Value::Null, &Value::Null));
    assert_eq!(property(ranged, "weighhouse:version:range"), Some(">=1.0,<2"));
}

#[test]
fn vulnerabilities_have_ratings_names_packages_and_what_is_known_of_them_here() {
    let bill = bill(&all(), Format::CycloneDx16);
    let vulnerabilities = bill["vulnerabilities"].as_array().unwrap();
    let one =
        |id: &str| -> Vec<&Value> { vulnerabilities.iter().filter(|found| found["id"] == id).collect() };
    let cve = one("CVE-2024-1")[0];
    assert_eq!(cve["references"], json!([{ "id": "GHSA-1", "source": { "name": "OSV" } }]));
    let rating = json!({ "source": { "name": "OSV" }, "score": 9.8, "severity": "critical", "method": "CVSSv31", "vector": CVSS });
    assert_eq!(cve["ratings"], json!([rating]));
    let affects = json!([{ "ref": "software:PyPI/pinned == 1.0", "versions": [{ "version": "1.0", "status": "affected" }] }]);
    assert_eq!(cve["affects"], affects);
    assert_eq!(cve["analysis"], Value::Null, "nobody has looked into it");
    assert_eq!(cve["recommendation"], "update pinned to 2.0 or later");
    let unrated = one("GHSA-2");
    assert_eq!(unrated[0]["ratings"][0]["severity"], "unknown", "unknown is not low");
    let state = |id: &str| {
        let analysis = &one(id)[0]["analysis"];
        (analysis["state"].as_str().unwrap(), analysis["detail"].as_str().unwrap().to_owned())
    };
    assert_eq!(state("excused"), ("not_affected", "not called (statement of Ada)".to_owned()));
    assert_eq!(state("mended"), ("resolved", "not called (statement of Ada)".to_owned()));
    let accepted = "accepted by Ben until 2026-01-01: not reachable";
    assert_eq!(state("waived"), ("exploitable", accepted.to_owned()));
    assert_eq!(state("GHSA-3"), ("in_triage", "the version that is installed is not known".to_owned()));
    assert_eq!(one("excused")[0]["affects"][0]["versions"][0]["status"], "unaffected");
    assert_eq!(one("waived")[0]["affects"][0]["versions"][0]["status"], "affected");
}

#[test]
fn a_vulnerability_of_two_packages_is_one() {
    let bill = bill(&all(), Format::CycloneDx17);
    let found = bill["vulnerabilities"].as_array().unwrap().iter().filter(|found| found["id"] == "GHSA-2");
    let packages: Vec<_> =
        found.flat_map(|found| found["affects"].as_array().unwrap()).map(|one| &one["ref"]).collect();
    assert_eq!(packages, [&json!("software:PyPI/ranged in >=1.0,<2"), &json!("software:PyPI/there == 1.0")]);
    let bill = self::bill(&all(), Format::Spdx3);
    let nodes = bill["@graph"].as_array().unwrap();
    let count = |kind: &str| nodes.iter().filter(|node| node["type"] == kind).count();
    assert_eq!(count("security_Vulnerability"), 6);
    assert_eq!(count("security_CvssV3VulnAssessmentRelationship"), 1);
    for kind in ["Affected", "NotAffected", "Fixed", "UnderInvestigation"] {
        assert_eq!(count(&format!("security_Vex{kind}VulnAssessmentRelationship")), 1, "{kind}");
    }
}

#[test]
fn what_nobody_looked_for_is_no_empty_list() {
    let blind = found(&deps::Settings::default());
    for format in [Format::CycloneDx16, Format::CycloneDx17] {
        assert_eq!(bill(&blind, format).get("vulnerabilities"), None);
    }
    assert!(blind.software.len() > 5, "packages are there all the same");
    let row = |graph: &Graph| {
        coverage(graph, "x").into_iter().find(|row| row.element == "vulnerability references").unwrap()
    };
    assert_eq!(row(&blind).value, None);
    assert!(
        row(&blind).place.starts_with("not assessed: no advisory data for PyPI; import"),
        "{:?}",
        row(&blind)
    );
    let mut settings = deps::Settings {
        advisories: Some(data(&Ecosystem::PyPi, &[advisory("GHSA-9", "unrelated", "0", None, "")])),
        ..deps::Settings::default()
    };
    let clean = found(&settings);
    assert_eq!(bill(&clean, Format::CycloneDx16)["vulnerabilities"], json!([]));
    assert_eq!(row(&clean).basis, Some(Basis::Inferred));
    assert_eq!(row(&clean).place, "advisories of 2025-01-31");
    // Old data finds what it knows, and clears nothing.
    settings.max_age = 1;
    known(&mut settings);
    let materials = materials();
    let result = evaluate(&materials, &settings, day("2025-06-01"));
    let assessments = [result.assessment()];
    let threads = Threads { assessments: &assessments, dependencies: Some(&result), findings: &[] };
    let old = super::super::graph(&materials, threads, &super::settings());
    assert!(!bill(&old, Format::CycloneDx16)["vulnerabilities"].as_array().unwrap().is_empty());
    assert!(row(&old).place.contains("days old"), "{:?}", row(&old));
}

#[test]
fn coverage_counts_packages_by_how_sure_they_are() {
    let rows = coverage(&all(), "x");
    let row = |element: &str| rows.iter().find(|row| row.element == element).unwrap().value.clone().unwrap();
    assert!(
        row("components").ends_with(
            "10 packages (5 pinned, 3 declared, 1 declared by the model, 1 inferred from imports)"
        ),
        "{}",
        row("components")
    );
    assert!(row("software").contains("odd in ~=1.4"), "{}", row("software"));
}
