//! Decisions as a whole: the default policies against hand-made cases, and laws that hold for every inspection.

mod gate;
mod laws;
mod samples;
mod suites;
mod written;

use weighhouse_core::{Assessment, Confidence, FactValue, Outcome, RuleStatus, Severity, Thread};

use crate::tests::samples::{RULES, finding, gap, inspection};
use crate::{
    Base, DEFAULT_POLICIES, Facts, INCOMPLETE_COVERAGE, NOTHING_PERMITS, PolicySet, Profile, SCHEMA, evaluate,
};

fn profile(name: &str) -> Profile {
    Profile::built_in(name).unwrap()
}

fn policies_of(decision: &weighhouse_core::Decision) -> Vec<&str> {
    decision.reasons.iter().map(|reason| reason.policy.as_str()).collect()
}

#[test]
fn the_default_policies_are_valid_without_warnings() {
    let set = PolicySet::load(Base::Default, &[]).unwrap();
    assert_eq!(set.warnings(), []);
    assert_eq!(set.policies().len(), 27);
    assert_eq!(set.digest(), PolicySet::embedded().digest());
    assert_eq!(PolicySet::embedded().policies(), set.policies());
}

#[test]
fn facts_conform_to_the_schema() {
    let (schema, warnings) = cedar_policy::Schema::from_cedarschema_str(SCHEMA).unwrap();
    assert_eq!(warnings.count(), 0);
    let mut inspection = inspection();
    inspection.findings.push(finding(0, Severity::High, Confidence::High, "a.pkl"));
    let mut bare = inspection.clone();
    bare.artifact.digest = None;
    let names = crate::entities::Names::new().unwrap();
    for inspection in [inspection, bare] {
        let facts = Facts::of(&inspection, &Profile::default());
        let world = crate::entities::World::new(&names, &facts).unwrap();
        let (request, entities) = world.tolerate(&facts.findings[0]).unwrap();
        cedar_policy::Entities::from_entities(entities.iter().cloned(), Some(&schema)).unwrap();
        let (principal, action, resource) =
            (request.principal().unwrap(), request.action().unwrap(), request.resource().unwrap());
        cedar_policy::Request::new(
            principal.clone(),
            action.clone(),
            resource.clone(),
            cedar_policy::Context::empty(),
            Some(&schema),
        )
        .unwrap();
    }
}

#[test]
fn a_clean_inspection_passes_under_every_profile() {
    for name in Profile::BUILT_IN {
        let decision = evaluate(&PolicySet::embedded(), &inspection(), &profile(name));
        assert_eq!((decision.outcome, decision.reasons.len()), (Outcome::Allow, 0), "{name}");
    }
    assert_eq!(profile(Profile::DEFAULT), Profile::default());
    assert_eq!(Profile::built_in("x"), None);
}

#[test]
fn thresholds_of_the_profiles() {
    use Confidence as C;
    use Outcome::{Allow, Deny, NeedsApproval};
    use Severity::{Critical, High, Info, Low, Medium};
    for (severity, confidence, research, internal, production) in [
        (Critical, C::High, Deny, Deny, Deny),
        (Critical, C::Low, NeedsApproval, NeedsApproval, Deny),
        (High, C::High, NeedsApproval, Deny, Deny),
        (High, C::Low, NeedsApproval, NeedsApproval, Deny),
        (Medium, C::High, Allow, NeedsApproval, NeedsApproval),
        (Medium, C::Low, Allow, NeedsApproval, NeedsApproval),
        (Low, C::High, Allow, Allow, NeedsApproval),
        (Info, C::High, Allow, Allow, Allow),
    ] {
        let mut inspection = inspection();
        inspection.findings.push(finding(0, severity, confidence, "a.pkl"));
        for (name, expected) in [("research", research), ("internal", internal), ("production", production)] {
            let decision = evaluate(&PolicySet::embedded(), &inspection, &profile(name));
            assert_eq!(decision.outcome, expected, "{severity} {confidence} under {name}");
            let about: Vec<_> = decision.reasons.iter().flat_map(|reason| &reason.findings).collect();
            let expected: Vec<_> =
                inspection.findings.iter().map(|f| &f.fingerprint).take(about.len()).collect();
            assert_eq!(about, expected);
            assert_eq!(about.is_empty(), decision.outcome == Allow);
        }
    }
}

#[test]
fn incomplete_coverage_never_passes() {
    let mut open = inspection();
    open.gaps.push(gap("a.pkl"));
    let decide = |name: &str| evaluate(&PolicySet::embedded(), &open, &profile(name));
    assert_eq!(policies_of(&decide("research")), ["incomplete-coverage"]);
    assert_eq!(decide("internal").outcome, Outcome::NeedsApproval);
    assert_eq!(decide("production").outcome, Outcome::Deny);
    assert_eq!(policies_of(&decide("production")), ["incomplete-coverage-denied"]);

    // Not even under a policy that permits everything.
    let lax = written::load(Base::Nothing, "@id(\"all\") permit (principal, action, resource);").unwrap();
    let decision = evaluate(&lax, &open, &Profile::default());
    assert_eq!(
        (decision.outcome, policies_of(&decision)),
        (Outcome::NeedsApproval, vec![INCOMPLETE_COVERAGE])
    );

    // A file that was not read, without a gap to say so, is a gap.
    let mut silent = inspection();
    silent.files[0].coverage = weighhouse_core::FileCoverage::Partial;
    assert_eq!(evaluate(&lax, &silent, &Profile::default()).outcome, Outcome::NeedsApproval);

    open.gaps[0].waived = true;
    open.files[0].coverage = weighhouse_core::FileCoverage::Partial;
    assert_eq!(evaluate(&PolicySet::embedded(), &open, &profile("production")).outcome, Outcome::Allow);
}

#[test]
fn waived_and_preview_findings_do_not_count() {
    let mut inspection = inspection();
    inspection.findings.push(samples::waived(finding(0, Severity::Critical, Confidence::High, "a.pkl")));
    let preview = RULES.iter().position(|rule| rule.status == RuleStatus::Preview).unwrap();
    inspection.findings.push(finding(preview, Severity::Critical, Confidence::High, "b.pkl"));
    let facts = Facts::of(&inspection, &Profile::default());
    assert_eq!((facts.findings.len(), facts.artifact.waived), (0, 1));
    assert_eq!(evaluate(&PolicySet::embedded(), &inspection, &Profile::default()).outcome, Outcome::Allow);
}

#[test]
fn an_empty_set_denies_with_a_reason() {
    let decision = evaluate(&PolicySet::empty(), &inspection(), &Profile::default());
    assert_eq!((decision.outcome, policies_of(&decision)), (Outcome::Deny, vec![NOTHING_PERMITS]));
    let none = written::load(Base::Nothing, "// nothing").unwrap();
    assert_eq!(evaluate(&none, &inspection(), &Profile::default()).outcome, Outcome::Deny);
}

#[test]
fn nothing_to_inspect_and_nothing_to_name_need_a_person() {
    let mut nameless = inspection();
    nameless.artifact.digest = None;
    let decision = evaluate(&PolicySet::embedded(), &nameless, &Profile::default());
    assert_eq!(
        (decision.outcome, policies_of(&decision)),
        (Outcome::NeedsApproval, vec!["identity-unknown"])
    );
    let mut empty = inspection();
    empty.artifact.files = 0;
    assert_eq!(
        policies_of(&evaluate(&PolicySet::embedded(), &empty, &Profile::default())),
        ["nothing-inspected"]
    );
}

#[test]
fn one_reason_per_policy_names_all_its_findings_worst_first() {
    let mut inspection = inspection();
    for (rule, severity) in [(0, Severity::Medium), (1, Severity::Critical), (0, Severity::Critical)] {
        inspection.findings.push(finding(rule, severity, Confidence::High, "a.pkl"));
    }
    let decision = evaluate(&PolicySet::embedded(), &inspection, &Profile::default());
    assert_eq!(policies_of(&decision), ["dangerous-finding", "finding-needs-review"]);
    let of = |at: usize| inspection.findings[at].fingerprint;
    assert_eq!(decision.reasons[0].findings, [of(1), of(2)]);
    assert_eq!(decision.reasons[1].findings, [of(0)]);
}

#[test]
fn the_fact_document_is_canonical_and_names_every_input() {
    let mut inspection = inspection();
    inspection.findings.push(finding(0, Severity::High, Confidence::Low, "d\u{7f}ir/\"a\"\n\\é.pkl"));
    inspection.gaps.push(gap("a.pkl"));
    let mut signed = Assessment::new(Thread::Signature, "signed");
    signed.facts.insert("signed", FactValue::Flag(true));
    signed.facts.insert("signers", FactValue::Words(["\u{7f}\"a\"".to_owned()].into()));
    inspection.assessments = vec![signed, Assessment::not_assessed(Thread::Health, "no history")];
    let facts = Facts::of(&inspection, &Profile::default());
    let text = facts.canonical_json();
    insta::assert_snapshot!(text);
    let sorted: std::collections::BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(text, sort(&serde_json::to_value(sorted).unwrap()));
    let mut other = facts.clone();
    other.profile.review_at = Severity::Low;
    assert_ne!(facts.digest(), other.digest());
}

#[test]
fn every_default_policy_explains_itself() {
    let set = PolicySet::embedded();
    for policy in set.policies() {
        assert_eq!(policy.message.is_empty(), !policy.forbids, "{}", policy.id);
        let text = DEFAULT_POLICIES.get(policy.span.clone()).unwrap();
        assert!(text.starts_with(&format!("@id(\"{}\")", policy.id)) && text.ends_with(';'), "{text}");
    }
}

/// JSON with all keys sorted.
fn sort(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(fields) => {
            let fields: std::collections::BTreeMap<_, _> = fields.iter().collect();
            let fields: Vec<_> =
                fields.iter().map(|(k, v)| format!("{}:{}", serde_json::json!(k), sort(v))).collect();
            format!("{{{}}}", fields.join(","))
        }
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(sort).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}
