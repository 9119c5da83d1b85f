//! Whole targets, and what is said of them.

use std::collections::BTreeSet;

use weighhouse_core::{Date, Digest, FactValue, Finding, Severity, State};

use super::*;
use crate::materials::samples::texts as materials;
use crate::materials::{Declared, Materials};

fn day() -> Date {
    Date::new(2026, 11, 21).unwrap()
}

fn ask(materials: &Materials, settings: &Settings) -> (weighhouse_core::Assessment, Vec<Finding>) {
    assess(materials, settings, day())
}

fn profile(uses: &[Use]) -> Settings {
    let company = Company {
        seat: Some("DE".to_owned()),
        revenue: Some(40_000_000),
        users: Some(20_000),
        uses: uses.iter().copied().collect(),
        sectors: BTreeSet::new(),
    };
    Settings { company: Some(company), accepted: Vec::new() }
}

/// A known text as a file would hold it.
fn known(key: &str) -> String {
    let known = text::corpus::corpus()
        .texts
        .iter()
        .find(|text| text.keys.contains(&key) && text.part != "policy")
        .unwrap();
    known.words.join(" ").replace("url:", "https://")
}

fn rules(findings: &[Finding]) -> Vec<(&'static str, Severity)> {
    findings.iter().map(|finding| (finding.rule.slug, finding.severity)).collect()
}

#[test]
fn an_ordinary_model_is_fine() {
    let target =
        materials(&[("README.md", "---\nlicense: apache-2.0\n---\n# Model\n"), ("model.safetensors", "x")]);
    let (assessment, findings) = ask(&target, &Settings::default());
    assert_eq!(assessment.state, State::Partly);
    assert!(assessment.missing[0].contains("no company profile"), "{:?}", assessment.missing);
    assert!(findings.is_empty(), "{findings:?}");
    let (_, findings) = ask(&target, &profile(&[Use::Redistribute]));
    assert_eq!(rules(&findings), [("licence-text-missing", Severity::Low)]);
    let (assessment, findings) = ask(&target, &profile(&[Use::Internal]));
    assert_eq!(
        (assessment.state, assessment.headline.as_str()),
        (State::Assessed, "`apache-2.0`: allowed for internal")
    );
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn a_file_without_documents_is_not_assessed_and_no_finding() {
    let (assessment, findings) = ask(&materials(&[("model.pkl", "x")]), &Settings::default());
    assert_eq!(assessment.state, State::NotAssessed);
    assert!(findings.is_empty() && assessment.facts.is_empty());
}

#[test]
fn a_card_without_a_licence_is_a_finding() {
    for card in
        ["# Model\n", "---\ntags: [x]\n---\n", "---\nlicense: unknown\n---\n", "---\nlicense: other\n---\n"]
    {
        let (assessment, findings) = ask(&materials(&[("README.md", card)]), &Settings::default());
        assert_eq!(rules(&findings), [("licence-missing", Severity::Low)], "{card}");
        assert_eq!(assessment.state, State::Partly);
    }
}

#[test]
fn text_and_tag_are_held_against_each_other() {
    let card = "---\nlicense: apache-2.0\n---\n";
    let target = materials(&[("README.md", card), ("LICENSE", &known("llama3.1"))]);
    let (assessment, findings) = ask(&target, &Settings::default());
    assert_eq!(assessment.facts["licence_conflict"], FactValue::Flag(true));
    let conflict = findings.iter().find(|finding| finding.rule.slug == "licence-conflict").unwrap();
    assert_eq!(conflict.severity, Severity::Medium);
    assert!(
        conflict.headline.contains("`llama3.1`") && conflict.headline.contains("`apache-2.0`"),
        "{}",
        conflict.headline
    );
    let FactValue::Words(words) = &assessment.facts["licences"] else { panic!() };
    assert!(words.contains("llama3.1") && words.contains("apache-2.0"));
    let fits = materials(&[("README.md", "---\nlicense: llama3.1\n---\n"), ("LICENSE", &known("llama3.1"))]);
    assert!(!rules(&ask(&fits, &Settings::default()).1).iter().any(|(slug, _)| *slug == "licence-conflict"));
}

#[test]
fn metadata_of_weights_takes_part() {
    let mut target = materials(&[("README.md", "---\nlicense: apache-2.0\n---\n"), ("model.gguf", "x")]);
    let say = |key: &str, value: &str| Declared {
        member: String::new(),
        key: key.to_owned(),
        value: value.to_owned(),
    };
    target.files[1].declared.push(say("gguf:general.license", "cc-by-nc-4.0"));
    let (_, findings) = ask(&target, &Settings::default());
    assert!(rules(&findings).contains(&("licence-conflict", Severity::Medium)), "{findings:?}");
    let (_, findings) = ask(&target, &profile(&[Use::Internal]));
    assert!(rules(&findings).contains(&("licence-forbids-use", Severity::High)), "{findings:?}");
}

#[test]
fn internal_use_is_commercial_and_the_finding_says_so() {
    let target =
        materials(&[("README.md", "---\nlicense: cc-by-nc-4.0\n---\n"), ("LICENSE", &known("cc-by-nc-4.0"))]);
    let (assessment, findings) = ask(&target, &profile(&[Use::Internal]));
    assert_eq!(assessment.facts["licence_verdict"], FactValue::Text("needs a licence".to_owned()));
    let finding = findings.iter().find(|finding| finding.rule.slug == "licence-forbids-use").unwrap();
    assert!(
        finding.headline.contains("helps to close a sale") && finding.headline.contains("section 2.a.1"),
        "{}",
        finding.headline
    );
    assert_eq!(finding.evidence.as_deref(), Some("… for noncommercial purposes only …"));
    assert!(
        ask(&target, &profile(&[Use::Research])).1.iter().all(|finding| finding.severity < Severity::Medium)
    );
}

#[test]
fn parents_bind_their_children() {
    let card = "---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B\n---\n# My Assistant\n";
    let target = materials(&[("README.md", card)]);
    let (assessment, findings) = ask(&target, &Settings::default());
    assert!(rules(&findings).contains(&("licence-laundering", Severity::Medium)), "{findings:?}");
    assert!(rules(&findings).contains(&("licence-duty-unmet", Severity::Low)), "{findings:?}");
    assert_eq!(assessment.facts["licence_laundering"], FactValue::Flag(true));
    let nc = materials(&[
        ("README.md", "---\nlicense: mit\n---\n"),
        ("adapter_config.json", r#"{"base_model_name_or_path":"black-forest-labs/FLUX.1-dev"}"#),
    ]);
    let found = rules(&ask(&nc, &profile(&[Use::Product])).1);
    assert!(
        found.contains(&("licence-laundering", Severity::High))
            && found.contains(&("licence-forbids-use", Severity::High)),
        "{found:?}"
    );
    let merge = materials(&[
        ("README.md", "---\nlicense: apache-2.0\n---\n"),
        (
            "mergekit_config.yml",
            "models:\n  - model: mistralai/Mistral-7B-v0.1\n  - model: google/gemma-7b\nmerge_method: slerp\n",
        ),
    ]);
    let found = ask(&merge, &Settings::default()).1;
    let laundered: Vec<_> =
        found.iter().filter(|finding| finding.rule.slug == "licence-laundering").collect();
    assert_eq!(laundered.len(), 1);
    assert!(laundered[0].headline.contains("google/gemma-7b"));
    let same = materials(&[(
        "README.md",
        "---\nlicense: llama3.1\nbase_model: meta-llama/Llama-3.1-8B\n---\n# Llama Helper\nBuilt with Llama\n",
    )]);
    assert!(
        !rules(&ask(&same, &Settings::default()).1).iter().any(|(slug, _)| *slug == "licence-laundering")
    );
}

#[test]
fn duties_are_checked_on_the_files() {
    let card = "---\nlicense: llama3.1\nbase_model: meta-llama/Llama-3.1-8B\n---\n# Llama-3.1-Helper\nBuilt with Llama.\n";
    let notice = "Llama 3.1 is licensed under the Llama 3.1 Community License, Copyright © Meta Platforms, Inc. All Rights Reserved.";
    let whole = materials(&[("README.md", card), ("LICENSE", &known("llama3.1")), ("NOTICE", notice)]);
    let made = report(&whole, &profile(&[Use::Redistribute, Use::FineTune]));
    let met: BTreeSet<&str> =
        made.duties.iter().filter(|duty| duty.check == "met").map(|duty| duty.kind.as_str()).collect();
    assert_eq!(
        met,
        ["display", "include_license_copy", "name_prefix", "notice_file"].into(),
        "{:#?}",
        made.duties
    );
    let bare = materials(&[
        ("README.md", "---\nlicense: llama3.1\nbase_model: meta-llama/Llama-3.1-8B\n---\n# Helper\n"),
        ("NOTICE", "something else"),
    ]);
    let made = report(&bare, &profile(&[Use::Redistribute, Use::FineTune]));
    let unmet: BTreeSet<&str> =
        made.duties.iter().filter(|duty| duty.check == "unmet").map(|duty| duty.kind.as_str()).collect();
    assert_eq!(unmet, ["display", "include_license_copy", "name_prefix", "notice_file"].into());
    let found = rules(&ask(&bare, &profile(&[Use::Redistribute, Use::FineTune])).1);
    assert!(found.contains(&("licence-duty-unmet", Severity::Medium)), "{found:?}");
}

#[test]
fn changed_and_unknown_texts_are_told() {
    let mit = known("mit");
    let changed = mit.replace(
        "without restriction including",
        "without restriction for non-commercial purposes including",
    );
    assert_ne!(mit, changed);
    let target = |text: &str| materials(&[("README.md", "---\nlicense: mit\n---\n"), ("LICENSE", text)]);
    let (_, findings) = ask(&target(&changed), &profile(&[Use::Internal]));
    assert_eq!(
        rules(&findings),
        [("licence-use-undecided", Severity::Medium), ("licence-text-modified", Severity::Medium)]
    );
    assert!(
        findings[1].headline.contains("`for noncommercial purposes` was added"),
        "{}",
        findings[1].headline
    );
    let own = "You may use this model for research purposes only. Anything else needs our written consent in advance, which we need not give.";
    let (_, findings) = ask(&target(own), &profile(&[Use::Internal]));
    assert!(rules(&findings).contains(&("licence-text-unknown", Severity::Medium)), "{findings:?}");
    let rider = format!("{mit}\n\n{}", known("commons-clause"));
    let (_, findings) = ask(&target(&rider), &Settings::default());
    assert!(rules(&findings).contains(&("licence-text-modified", Severity::Medium)), "{findings:?}");
    assert!(ask(&target(&mit), &profile(&[Use::Product])).1.is_empty());
}

#[test]
fn accepted_texts_are_known_by_digest() {
    let own = "You may use this model for research purposes only, and for what we agreed upon in our contract with you of last year.";
    let target = materials(&[("README.md", "---\nlicense: other\n---\n"), ("LICENSE", own)]);
    let accepted = Accepted { digest: Digest::of(own.as_bytes()), by: "legal".to_owned(), on: day() };
    let settings = Settings { accepted: vec![accepted], ..Settings::default() };
    let (assessment, findings) = ask(&target, &settings);
    assert_eq!(assessment.facts["licence_accepted"], FactValue::Flag(true));
    assert!(findings.is_empty(), "{findings:?}");
    assert!(!ask(&target, &Settings::default()).1.is_empty());
}

#[test]
fn what_cannot_be_read_is_not_assessed() {
    let mut target = materials(&[("README.md", "---\na: [\n---\n"), ("LICENSE", "")]);
    let licence = target.files.iter_mut().find(|file| file.path == "LICENSE").unwrap();
    (licence.len, licence.text) = (200 << 20, None);
    let (assessment, _) = ask(&target, &Settings::default());
    assert_eq!(assessment.state, State::Partly);
    assert!(
        assessment.missing.iter().any(|line| line.contains("209715200 bytes, and no licence is that long")),
        "{:?}",
        assessment.missing
    );
    assert!(
        assessment.missing.iter().any(|line| line.contains("front matter of `README.md` cannot be read")),
        "{:?}",
        assessment.missing
    );
    let bombs = [
        "a: &a [x]\nb: &b [*a,*a]\nlicense: *b\n",
        "license: &l [*l]\n",
        "license: {a: {b: c}}\n",
        "license: [[[[mit]]]]\n",
        "? [a, b]\n: c\n",
    ];
    for bomb in bombs {
        let _ = ask(&materials(&[("README.md", &format!("---\n{bomb}---\n"))]), &profile(&[Use::Internal]));
    }
    let noise: String = (0..200_000_u32)
        .map(|at| char::from_u32(at.wrapping_mul(2_654_435_761) % 0x2_0000).unwrap_or(' '))
        .collect();
    let (_, findings) = ask(&materials(&[("LICENSE", &noise)]), &Settings::default());
    assert!(findings.iter().all(|finding| finding.severity <= Severity::Medium));
}

#[test]
fn a_licence_of_code_is_not_the_licence_of_the_model() {
    let prose = "---\nlicense: llama3.1\n---\n## License\nThe code is under the MIT License. The model is under the Llama 3.1 Community License.\n";
    let made = report(
        &materials(&[("README.md", prose), ("pyproject.toml", "[project]\nlicense = \"MIT\"\n")]),
        &Settings::default(),
    );
    assert!(!made.strong_conflict && made.licences.len() == 1, "{made:#?}");
}
