//! Policies that users write: what is refused, where the message points, and that errors deny.

use weighhouse_core::diagnostic::SourceText;
use weighhouse_core::{Confidence, Diagnostic, Outcome, Severity};

use crate::tests::samples::{finding, inspection};
use crate::{Base, EVALUATION_ERROR, PolicySet, Profile, evaluate};

pub(crate) fn load(base: Base, text: &str) -> Result<PolicySet, Vec<Diagnostic>> {
    PolicySet::load(base, &[SourceText { name: "own.cedar".to_owned(), text: text.into() }])
}

/// `code headline` with the underlined texts and the help.
pub(crate) fn show(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let mut lines =
                vec![format!("{:?} {} {}", diagnostic.level, diagnostic.code, diagnostic.headline)];
            for label in &diagnostic.labels {
                let text = diagnostic.source.as_ref().unwrap().text.get(label.span.clone()).unwrap();
                lines.push(format!("  at `{}` {}", text.replace('\n', "⏎"), label.message));
            }
            lines.extend(diagnostic.help.as_ref().map(|help| format!("  help: {help}")));
            lines.join("\n")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn all_problems_are_reported_in_one_run() {
    let errors = load(
        Base::Default,
        r#"// one comment with a ; in it
@id("a") @message("m") @outcom("deny")
forbid (principal, action, resource);
@id("dangerous-finding")
permit (principal, action, resource);
permit (principal, action, resource) when { resource. };
@id("has space") @message("") @outcome("maybe")
forbid (principal, action, resource);
@id("p") @outcome("deny")
permit (principal, action, resource);
@id("t") @message("m") @outcome("deny")
forbid (principal == ?principal, action, resource);
@id("unfinished") permit (principal, action, resource)"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(show(&errors));
}

#[test]
fn the_schema_is_enforced_strictly() {
    let errors = load(
        Base::Nothing,
        r#"@id("first")
permit (principal, action, resource is Weighhouse::Artifact) when { resource.colour == "red" };

@id("second") @message("m") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"tolerate", resource) when { resource.severity > 2 };

@id("third") @message("m") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"tolerate", resource) when { resource.member == "x" };

@id("fourth") @message("m") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"promotes", resource);
"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(show(&errors));
}

#[test]
fn what_can_never_apply_is_a_warning() {
    let set = load(
        Base::Default,
        r#"@id("never") @message("m") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"admit", resource is Weighhouse::Finding);"#,
    )
    .unwrap();
    insta::assert_snapshot!(show(set.warnings()));
}

#[test]
fn an_error_while_evaluating_denies() {
    // Overflow is the one error that strict validation cannot exclude.
    let text = r#"@id("all") permit (principal, action, resource);
@id("sum") @message("m") @outcome("needs-approval")
forbid (principal, action == Weighhouse::Action::"admit", resource)
when { resource.bytes + resource.bytes < 0 };"#;
    let set = load(Base::Nothing, text).unwrap();
    let mut inspection = inspection();
    assert_eq!(evaluate(&set, &inspection, &Profile::default()).outcome, Outcome::Allow);
    inspection.artifact.bytes = u64::MAX;
    let decision = evaluate(&set, &inspection, &Profile::default());
    assert_eq!(decision.outcome, Outcome::Deny);
    assert_eq!(decision.reasons[0].policy, EVALUATION_ERROR);
    assert!(decision.reasons[0].message.contains("overflow"), "{}", decision.reasons[0].message);
}

#[test]
fn written_policies_extend_or_replace() {
    let strict = r#"@id("no-pickle") @message("pickles are not used here") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"admit", resource) when { resource.formats.contains("pickle") };"#;
    let extended = load(Base::Default, strict).unwrap();
    let decision = evaluate(&extended, &inspection(), &Profile::default());
    assert_eq!(decision.outcome, Outcome::Deny);
    assert_eq!(decision.reasons[0].message, "pickles are not used here");
    let place = extended.explain(&decision.reasons[0]).unwrap();
    assert_eq!(
        show(&[place]).lines().next(),
        Some("Note WH-CFG-030 policy `no-pickle` asks for `deny`: pickles are not used here")
    );
    // Alone, it permits nothing.
    let alone = load(Base::Nothing, strict).unwrap();
    assert_eq!(evaluate(&alone, &inspection(), &Profile::default()).reasons.len(), 1);
    assert_ne!(alone.digest(), extended.digest());
    assert_ne!(extended.digest(), PolicySet::embedded().digest());
}

#[test]
fn a_policy_may_read_the_place_of_a_finding() {
    let text = r#"@id("tests-only") @message("m") @outcome("needs-approval")
forbid (principal, action == Weighhouse::Action::"tolerate", resource)
when { resource["file"] like "src/*" && resource has member && resource.artifact.files == 1 };"#;
    let set = load(Base::Default, text).unwrap();
    let mut inspection = inspection();
    for file in ["tests/a.py", "src/b.py", "src/c.py"] {
        inspection.findings.push(finding(0, Severity::Info, Confidence::High, file));
    }
    let decision = evaluate(&set, &inspection, &Profile::default());
    let named = [inspection.findings[1].fingerprint, inspection.findings[2].fingerprint];
    assert_eq!(decision.reasons[0].findings, named);

    let text = format!(
        r#"@id("this-one") @message("m") @outcome("deny") forbid (principal, action, resource == Weighhouse::Finding::"{}");"#,
        inspection.findings[1].fingerprint
    );
    let decision = evaluate(&load(Base::Default, &text).unwrap(), &inspection, &Profile::default());
    assert_eq!(decision.reasons[0].findings, [inspection.findings[1].fingerprint]);
}

#[test]
fn order_of_texts_and_names_do_not_confuse_digests() {
    let text = |name: &str, text: &str| SourceText { name: name.to_owned(), text: text.into() };
    let digest = |sources: &[SourceText]| PolicySet::load(Base::Nothing, sources).unwrap().digest();
    assert_eq!(digest(&[text("a", "// x")]), digest(&[text("b", "// x")]));
    assert_ne!(digest(&[text("a", "// x"), text("a", "// y")]), digest(&[text("a", "// x// y")]));
}

#[test]
fn deciding_by_the_name_of_an_artifact_is_a_warning() {
    let warnings = |action: &str, condition: &str| {
        let text = format!(
            r#"@id("named") @message("m") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"{action}", resource) when {{ {condition} }};"#
        );
        show(load(Base::Default, &text).unwrap().warnings())
    };
    insta::assert_snapshot!(warnings("release", r#"resource.name like "evil/*""#));
    for (action, condition) in [
        ("admit", r#"resource.files > 1 && resource.name == "a""#),
        ("tolerate", r#"resource.artifact.name == "a""#),
        (
            "tolerate",
            r#"resource.severity_rank > 2 && (if resource.artifact.name == "a" then true else false)"#,
        ),
    ] {
        assert!(warnings(action, condition).contains("free text"), "{action} {condition}");
    }
    for (action, condition) in [
        ("release", r#"context.model like "evil/*" && principal.name == "production""#),
        ("upload", r#"resource.name == "org/name""#),
    ] {
        assert_eq!(warnings(action, condition), "", "{action} {condition}");
    }
}
