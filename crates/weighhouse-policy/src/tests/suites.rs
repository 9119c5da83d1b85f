//! Test files of policies: the example holds, failures point at their case, mistakes are reported.

use weighhouse_core::diagnostic::SourceText;
use weighhouse_core::{Diagnostic, Outcome};

use crate::tests::written::{load, show};
use crate::{Base, PolicySet, Profile, Suite};

fn suite(text: &str) -> Result<Suite, Vec<Diagnostic>> {
    Suite::parse(SourceText { name: "own.test.toml".to_owned(), text: text.into() }, Profile::built_in)
}

#[test]
fn the_example_policies_pass_their_tests() {
    let policies =
        load(Base::Default, include_str!("../../../../examples/policies/house-rules.cedar")).unwrap();
    assert_eq!(policies.warnings(), []);
    let suite = suite(include_str!("../../../../examples/policies/house-rules.test.toml")).unwrap();
    assert_eq!(suite.len(), 5);
    for case in suite.run(&policies) {
        assert_eq!(case.failure, None, "{}", case.name);
    }
    // Without the house rules they fail, so they do test something.
    let failed = suite.run(&PolicySet::embedded()).iter().filter(|case| case.failure.is_some()).count();
    assert_eq!(failed, 3);
}

#[test]
fn the_policies_of_the_guide_hold() {
    let guide = include_str!("../../../../docs/guides/policy.md");
    let block = |fence: &str| guide.split(fence).nth(1).unwrap().split("```").next().unwrap();
    load(Base::Default, block("```cedar\n")).unwrap();
    let cases = guide.split("```toml\n").find(|block| block.starts_with("[[case]]")).unwrap();
    let suite = suite(cases.split("```").next().unwrap()).unwrap();
    let house = load(Base::Default, include_str!("../../../../examples/policies/house-rules.cedar")).unwrap();
    assert!(suite.len() == 2 && suite.run(&house).iter().all(|case| case.failure.is_none()));
}

#[test]
fn a_failure_says_what_was_decided_and_why() {
    let text = r#"
[[case]]
name = "wrong outcome"
artifact = { gaps = ["encrypted"], digest = false }
expect = "allow"
[[case]]
name = "wrong reason"
artifact = { gaps = ["encrypted"] }
expect = "needs-approval"
reasons = ["identity-unknown"]
[[case]]
name = "right"
expect = "allow"
reasons = []
"#;
    let results = suite(text).unwrap().run(&PolicySet::embedded());
    assert_eq!(results[0].decision.outcome, Outcome::NeedsApproval);
    let failures: Vec<_> = results.into_iter().filter_map(|case| case.failure).collect();
    insta::assert_snapshot!(show(&failures));
}

#[test]
fn mistakes_in_a_test_file_are_reported() {
    let text = r#"
[[case]]
name = "a"
profile = "lab"
expect = "pass"
artifact = { digest = "sha256:12" }
findings = [{ rule = "WH-PKL-001", severity = "bad", confidence = "sure" }]
"#;
    insta::assert_snapshot!(show(&suite(text).unwrap_err()));
    let misspelt = suite("[[case]]\nname = \"a\"\nexpect = \"allow\"\nfinding = []\n").unwrap_err();
    insta::assert_snapshot!(show(&misspelt));
}

#[test]
fn policies_read_answers_beyond_the_bytes() {
    let policies = load(
        Base::Default,
        r#"@id("unsigned")
@outcome("deny")
@message("Models must be signed by us.")
forbid (principal, action == Weighhouse::Action::"admit", resource)
unless { resource has signers && resource.signers.contains("release@example.org") };

@id("licence-not-assessed")
@outcome("deny")
@message("The licence must be assessed.")
forbid (principal, action == Weighhouse::Action::"admit", resource)
when { resource.not_assessed.contains("licence") };
"#,
    )
    .unwrap();
    let suite = suite(
        r#"
[[case]]
name = "signed"
artifact = { assessed = ["signature"], answers = { signed = true, signers = ["release@example.org"] } }
expect = "allow"

[[case]]
name = "by a stranger"
artifact = { assessed = ["signature"], answers = { signed = true, signers = ["x"] } }
expect = "deny"
reasons = ["unsigned"]

[[case]]
name = "nobody asked"
expect = "deny"
reasons = ["unsigned"]

[[case]]
name = "no licence"
artifact = { not_assessed = ["licence"], answers = { signers = ["release@example.org"] } }
expect = "deny"
reasons = ["licence-not-assessed"]
"#,
    )
    .unwrap();
    let results = suite.run(&policies);
    assert_eq!(results.len(), 4);
    for case in results {
        assert_eq!(case.failure, None, "{}", case.name);
    }
}

#[test]
fn answers_that_the_schema_does_not_have_are_mistakes() {
    let text = "[[case]]\nname = \"a\"\nartifact = { answers = { digest = true, colour = \"red\" } }\nexpect = \"allow\"\n";
    let problems = suite(text).err().unwrap();
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn releases_are_tested_by_how_they_stand() {
    let rules = r#"@id("three") @message("three of us") @outcome("needs-approval")
forbid (principal, action == Weighhouse::Action::"release", resource)
when { principal.name == "production" } unless { context.approvals >= 3 && context.approver_roles.contains("security") };
@id("not-them") @message("not theirs") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"release", resource) when { context.namespace == "evil" && context.kind == "datasets" };"#;
    let text = r#"
[[case]]
name = "nobody approved"
release = { stage = "production" }
expect = "needs-approval"
reasons = ["production-needs-two", "three"]
[[case]]
name = "two are not enough"
release = { stage = "production", approvals = 2, approver_roles = ["security"] }
expect = "needs-approval"
reasons = ["three"]
[[case]]
name = "three are"
release = { stage = "production", approvals = 3, approver_roles = ["security"] }
expect = "allow"
[[case]]
name = "an old inspection"
release = { stage = "production", approvals = 3, approver_roles = ["security"], inspected_days = 400 }
expect = "needs-approval"
[[case]]
name = "by name"
release = { stage = "research", model = "Evil/x", kind = "datasets", waivers = 1, attestations = [{ by = "lab", kind = "test" }] }
expect = "deny"
reasons = ["not-them"]
[[case]]
name = "the verdict about the bytes counts"
findings = [{ rule = "WH-PKL-001", severity = "critical", file = "a.pkl" }]
release = { stage = "research" }
expect = "deny"
reasons = ["release-denied"]
"#;
    let results = suite(text).unwrap().run(&load(Base::Default, rules).unwrap());
    let failures: Vec<_> = results.into_iter().filter_map(|case| case.failure).collect();
    assert_eq!(show(&failures), "");
    let wrong =
        "[[case]]\nname = \"a\"\nrelease = { stage = \"research\", kind = \"spaces\" }\nexpect = \"allow\"\n";
    assert!(show(&suite(wrong).unwrap_err()).contains("`spaces` is not one of models, datasets"));
}
