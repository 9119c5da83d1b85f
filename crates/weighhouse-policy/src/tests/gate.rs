//! The questions of the gate: releases, and what people may do.

use std::collections::BTreeSet;

use proptest::prelude::*;
use weighhouse_core::diagnostic::SourceText;
use weighhouse_core::{Confidence, Outcome, Severity};

use super::{policies_of, profile};
use crate::tests::laws::{findings, inspections, profiles};
use crate::tests::samples::{finding, inspection};
use crate::{
    Access, Attested, Base, Consent, EVALUATION_ERROR, Facts, Person, PolicySet, Profile, Standing, enact,
    permits, release,
};

fn standing(stage: &str, approvals: u64) -> Standing {
    Standing {
        stage: stage.to_owned(),
        kind: "models".to_owned(),
        model: "Org/Name".to_owned(),
        verdict: Outcome::Allow,
        approvals,
        approver_roles: BTreeSet::new(),
        inspected_days: 0,
        waivers: 0,
        attestations: BTreeSet::new(),
    }
}

fn decided(stage: &str, approvals: u64, severity: Option<Severity>) -> (Outcome, Vec<String>) {
    let mut inspection = inspection();
    inspection.findings.extend(severity.map(|severity| finding(0, severity, Confidence::High, "a.pkl")));
    let facts = Facts::of(&inspection, &profile(stage));
    let decision = release(&PolicySet::embedded(), &facts, &standing(stage, approvals)).release;
    (decision.outcome, policies_of(&decision).into_iter().map(str::to_owned).collect())
}

#[test]
fn stages_ask_for_people_as_their_risk_demands() {
    use Outcome::{Allow, Deny, NeedsApproval};
    for (stage, approvals, severity, expected, reasons) in [
        ("research", 0, None, Allow, &[] as &[&str]),
        ("internal", 0, None, Allow, &[]),
        ("production", 0, None, NeedsApproval, &["production-needs-two"]),
        ("production", 1, None, NeedsApproval, &["production-needs-two"]),
        ("production", 2, None, Allow, &[]),
        ("internal", 0, Some(Severity::Medium), NeedsApproval, &["release-needs-approval"]),
        ("internal", 1, Some(Severity::Medium), Allow, &[]),
        // No number of approvals makes up for what policy denies.
        ("internal", 9, Some(Severity::High), Deny, &["release-denied"]),
        ("production", 0, Some(Severity::Critical), Deny, &["release-denied", "production-needs-two"]),
    ] {
        let wanted = (expected, reasons.iter().map(ToString::to_string).collect());
        assert_eq!(decided(stage, approvals, severity), wanted, "{stage} {approvals} {severity:?}");
    }
}

#[test]
fn old_inspections_and_those_of_tomorrow_do_not_count_for_production() {
    let facts = Facts::of(&inspection(), &profile("production"));
    for (days, expected) in [(0, true), (-1, true), (90, true), (91, false), (-2, false), (i64::MIN, false)] {
        let standing = Standing { inspected_days: days, ..standing("production", 2) };
        let outcome = release(&PolicySet::embedded(), &facts, &standing).release.outcome;
        assert_eq!(outcome == Outcome::Allow, expected, "{days}");
    }
}

#[test]
fn the_verdict_is_computed_and_not_believed() {
    let mut inspection = inspection();
    inspection.findings.push(finding(0, Severity::Critical, Confidence::High, "a.pkl"));
    let facts = Facts::of(&inspection, &profile("internal"));
    let lied = release(&PolicySet::embedded(), &facts, &standing("internal", 1));
    assert_eq!((lied.artifact.outcome, lied.release.outcome), (Outcome::Deny, Outcome::Deny));
}

#[test]
fn errors_and_silence_deny() {
    let facts = Facts::of(&inspection(), &profile("research"));
    let empty = release(&PolicySet::empty(), &facts, &standing("research", 5)).release;
    assert_eq!((empty.outcome, policies_of(&empty)), (Outcome::Deny, vec![crate::NOTHING_PERMITS]));
    // Adding beyond the largest integer is an error at evaluation only.
    let text = r#"@id("count") @message("m") @outcome("needs-approval")
        forbid (principal, action == Weighhouse::Action::"release", resource)
        when { context.approvals + 9223372036854775807 > 0 };"#;
    let source = SourceText { name: "t".to_owned(), text: text.into() };
    let set = PolicySet::load(Base::Default, &[source]).unwrap();
    let decision = release(&set, &facts, &standing("research", 1)).release;
    assert_eq!((decision.outcome, policies_of(&decision)), (Outcome::Deny, vec![EVALUATION_ERROR]));
}

fn may(roles: &[&str], access: Access) -> bool {
    let person = Person {
        name: "ada".to_owned(),
        roles: roles.iter().map(ToString::to_string).collect(),
        agent: false,
    };
    permits(&PolicySet::embedded(), &person, access, "org/name")
}

#[test]
fn roles_permit_what_they_are_for_and_nothing_else() {
    // View, download, request, upload, approve, promote, revoke, waive, attest, audit, administer, change-policy.
    let rows: [(&str, [u8; 12]); 9] = [
        ("user", [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("publisher", [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("approver", [1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        ("release-manager", [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]),
        ("security", [1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0]),
        ("attester", [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
        ("auditor", [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
        ("admin", [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]),
        ("guest", [0; 12]),
    ];
    for (role, expected) in rows {
        for (access, expected) in Access::ALL.into_iter().zip(expected) {
            assert_eq!(u8::from(may(&[role], access)), expected, "{role} {access:?}");
        }
    }
    assert!(Access::ALL.into_iter().all(|access| !may(&[], access)));
    let person = Person { roles: BTreeSet::from(["admin".to_owned()]), ..Person::default() };
    assert!(!permits(&PolicySet::empty(), &person, Access::View, "x"));
}

#[test]
fn what_is_forbidden_of_a_name_is_forbidden_in_every_letter_case() {
    let text = r#"@id("no-evil") @message("m") @outcome("deny") forbid (principal, action, resource is Weighhouse::Model) when { resource.name like "evil/*" };
        @id("kept") @message("m") @outcome("deny") forbid (principal, action, resource is Weighhouse::Model) when { resource.name == "Org/Kept" };
        @id("guests") permit (principal, action == Weighhouse::Action::"view", resource) when
        { principal.roles.contains("guest") && resource.name == "Org/Shown" };"#;
    let source = SourceText { name: "t".to_owned(), text: text.into() };
    let set = PolicySet::load(Base::Default, &[source]).unwrap();
    let who = |role: &str| Person {
        name: "ada".to_owned(),
        roles: BTreeSet::from([role.to_owned()]),
        agent: false,
    };
    let may = |role: &str, name: &str| permits(&set, &who(role), Access::View, name);
    for name in ["evil/x", "Evil/x", "EVIL/X", "Org/Kept"] {
        assert!(!may("user", name), "{name}");
    }
    for name in ["Good/X", "devil/x", "Org/Shown"] {
        assert!(may("user", name), "{name}");
    }
    // What nothing permits of the lower case is no matter: only what is forbidden counts there.
    assert!(may("guest", "Org/Shown"));
    assert!(!may("guest", "org/shown") && !may("guest", "Good/X"));
}

#[test]
fn people_upload_under_their_own_name_only_unless_they_publish() {
    let upload = |role: &str, model: &str| {
        let person =
            Person { name: "ada".to_owned(), roles: BTreeSet::from([role.to_owned()]), agent: false };
        permits(&PolicySet::embedded(), &person, Access::Upload, model)
    };
    for own in ["ada/m", "Ada/m", "ADA/M"] {
        assert!(upload("user", own) && upload("approver", own) && !upload("guest", own), "{own}");
    }
    for other in ["adam/m", "ad/a", "ada", "m", "bob/ada", ""] {
        assert!(!upload("user", other) && !upload("admin", other) && upload("publisher", other), "{other}");
    }
}

#[test]
fn policies_read_who_states_what_and_how_many_waivers_hold() {
    let text = r#"@id("lab") @message("the lab must have passed it") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"release", resource)
        unless { context.attestations.contains({ by: "lab", kind: "https://example.com/test", result: "PASSED" })
                 && context.attesters.contains("lab") && context.attested.contains("https://example.com/test") };
        @id("few-waivers") @message("too many waivers") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"release", resource) when { context.waivers > 1 };"#;
    let source = SourceText { name: "t".to_owned(), text: text.into() };
    let set = PolicySet::load(Base::Default, &[source]).unwrap();
    let facts = Facts::of(&inspection(), &profile("research"));
    let attested = |by: &str, result: &str| Attested {
        by: by.to_owned(),
        kind: "https://example.com/test".to_owned(),
        result: result.to_owned(),
    };
    let outcome = |waivers: u64, all: &[Attested]| {
        let standing =
            Standing { waivers, attestations: all.iter().cloned().collect(), ..standing("research", 0) };
        let decision = release(&set, &facts, &standing).release;
        let reasons: Vec<String> = policies_of(&decision).into_iter().map(str::to_owned).collect();
        (reasons, decision.facts)
    };
    let (reasons, with) = outcome(1, &[attested("lab", "PASSED"), attested("eve", "FAILED")]);
    assert_eq!(reasons, Vec::<String>::new());
    assert_eq!(outcome(0, &[attested("lab", "FAILED"), attested("eve", "PASSED")]).0, ["lab"]);
    let (reasons, without) = outcome(2, &[]);
    assert_eq!(reasons, ["few-waivers", "lab"]);
    assert_ne!(with, without);
}

#[test]
fn accepting_afterwards_is_as_accepting_before() {
    let mut before = inspection();
    before.findings.push(finding(0, Severity::High, Confidence::High, "a.pkl"));
    before.findings.push(finding(0, Severity::Low, Confidence::High, "b.pkl"));
    let mut later = Facts::of(&before, &Profile::default());
    assert_eq!(later.accept(|finding| finding.file == "a.pkl"), 1);
    let waived = weighhouse_core::finding::WaivedBy {
        owner: "ada".to_owned(),
        reason: "known".to_owned(),
        expires: "2027-01-01".parse().unwrap(),
    };
    for finding in before.findings.iter_mut().filter(|finding| finding.location.file == "a.pkl") {
        finding.waived = Some(waived.clone());
    }
    assert_eq!(later, Facts::of(&before, &Profile::default()));
    assert_eq!(later.accept(|_| false), 0);
}

#[test]
fn the_policies_in_force_say_what_it_takes_to_replace_them() {
    use Outcome::{Allow, Deny, NeedsApproval};
    let text = include_str!("../../../../examples/policies/two-for-policy.cedar");
    let source = SourceText { name: "t".to_owned(), text: text.into() };
    let two = PolicySet::load(Base::Default, &[source]).unwrap();
    let person = |roles: &[&str]| Person {
        name: "ada".to_owned(),
        roles: roles.iter().map(ToString::to_string).collect(),
        agent: false,
    };
    let outcome = |set: &PolicySet, roles: &[&str], approvals: u64, of: &[&str]| {
        let approver_roles = of.iter().map(ToString::to_string).collect();
        let consent = Consent { policy: set.digest(), approvals, approver_roles };
        enact(set, &person(roles), &consent).outcome
    };
    let default = PolicySet::embedded();
    assert_eq!(outcome(&default, &["admin"], 0, &[]), Allow);
    assert_eq!(outcome(&default, &["user", "approver", "security"], 9, &["admin"]), Deny);
    assert_eq!(outcome(&two, &["admin"], 0, &[]), NeedsApproval);
    assert_eq!(outcome(&two, &["admin"], 1, &["admin"]), Allow);
    assert_eq!(outcome(&two, &["user"], 1, &["admin"]), Deny);
    assert_eq!(outcome(&PolicySet::empty(), &["admin"], 9, &["admin"]), Deny);
}

#[test]
fn agents_look_and_ask_and_people_decide() {
    let all =
        ["user", "publisher", "approver", "release-manager", "security", "attester", "auditor", "admin"];
    let of = |more: &[&str], agent: bool| Person {
        name: "ada".to_owned(),
        roles: all.iter().chain(more).map(ToString::to_string).collect(),
        agent,
    };
    let default = PolicySet::embedded();
    let may = |set: &PolicySet, person: &Person| {
        let all = Access::ALL.into_iter().filter(|access| permits(set, person, *access, "org/name"));
        all.map(Access::as_str).collect::<Vec<_>>()
    };
    assert_eq!(may(&default, &of(&[], false)).len(), Access::ALL.len());
    let less = ["view", "download", "request", "audit"];
    assert_eq!(may(&default, &of(&[], true)), less);
    // Who delegates lets agents decide about models, never about people and policies.
    let more =
        ["view", "download", "request", "upload", "approve", "promote", "revoke", "waive", "attest", "audit"];
    assert_eq!(may(&default, &of(&["delegator"], true)), more);
    // Whoever has no right has none by an agent either.
    let user = Person { roles: ["user", "delegator"].map(str::to_owned).into(), ..of(&[], true) };
    assert_eq!(may(&default, &user), ["view", "download", "request"]);
    // A business may forbid more, and, in policies that are all there is, permit more.
    let load = |base: Base, text: &str| {
        PolicySet::load(base, &[SourceText { name: "t".to_owned(), text: text.into() }]).unwrap()
    };
    let silent = r#"@id("silent") @message("agents ask nothing") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"request", resource) when { context.agent };"#;
    assert!(!may(&load(Base::Default, silent), &of(&[], true)).contains(&"request"));
    assert!(may(&load(Base::Default, silent), &of(&[], false)).contains(&"request"));
    let free = r#"@id("free") permit (principal, action == Weighhouse::Action::"approve", resource)
        when { context.agent && resource.namespace == "org" };"#;
    assert_eq!(may(&load(Base::Nothing, free), &of(&[], true)), ["approve"]);
    // Policies from before there were agents still mean what they meant of people.
    let old = r#"@id("old") permit (principal, action, resource is Weighhouse::Model) when { principal.name == "ada" };"#;
    assert_eq!(may(&load(Base::Default, old), &of(&[], true)), less);
}

#[test]
fn no_agent_puts_policies_in_force() {
    let policies = PolicySet::embedded();
    let person = Person {
        name: "ada".to_owned(),
        roles: ["admin", "delegator"].map(str::to_owned).into(),
        agent: false,
    };
    let consent = Consent { policy: policies.digest(), approvals: 9, approver_roles: person.roles.clone() };
    let agent = Person { agent: true, ..person.clone() };
    let (by_person, by_agent) = (enact(&policies, &person, &consent), enact(&policies, &agent, &consent));
    assert_eq!((by_person.outcome, by_agent.outcome), (Outcome::Allow, Outcome::Deny));
    assert!(policies_of(&by_agent).contains(&"agents-rule-nobody"), "{by_agent:?}");
    assert_ne!(by_person.facts, by_agent.facts);
}

proptest! {
    #[test]
    fn one_more_finding_never_loosens_a_release(
        inspection in inspections(), profile in profiles(), more in findings(), approvals in 0_u64..4,
        stage in prop::sample::select(vec!["research", "internal", "production"]),
    ) {
        let policies = PolicySet::embedded();
        let decide = |inspection: &_| {
            release(&policies, &Facts::of(inspection, &profile), &standing(stage, approvals)).release.outcome
        };
        let before = decide(&inspection);
        let mut worse = inspection;
        worse.findings.push(more);
        prop_assert!(decide(&worse) >= before);
    }

    #[test]
    fn one_approval_less_never_loosens_a_release(
        inspection in inspections(), profile in profiles(), approvals in 1_u64..4,
        stage in prop::sample::select(vec!["research", "internal", "production"]),
    ) {
        let policies = PolicySet::embedded();
        let facts = Facts::of(&inspection, &profile);
        let decide = |approvals| release(&policies, &facts, &standing(stage, approvals)).release.outcome;
        prop_assert!(decide(approvals - 1) >= decide(approvals));
    }

    #[test]
    fn fact_documents_read_back_what_they_write(inspection in inspections(), profile in profiles()) {
        let facts = Facts::of(&inspection, &profile);
        let read = Facts::from_json(&facts.canonical_json()).unwrap();
        prop_assert_eq!(read.digest(), facts.digest());
        prop_assert_eq!(read, facts);
    }
}

#[test]
fn releases_are_decided_about_by_name_in_whatever_letters_it_was_first_written() {
    let text = r#"@id("no-evil") @message("not from them") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"release", resource)
        when { context.model like "evil/*" || (context.namespace == "data" && context.kind == "datasets") };
        @id("one") @message("not this one") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"release", resource) when { context.model == "Org/X" };"#;
    let alone = r#"@id("all") permit (principal, action, resource) unless { action == Weighhouse::Action::"release" };
        @id("named") permit (principal, action == Weighhouse::Action::"release", resource) when { context.model == "Good/X" };"#;
    let load = |base, text: &str| {
        PolicySet::load(base, &[SourceText { name: "t".to_owned(), text: text.into() }]).unwrap()
    };
    let facts = Facts::of(&inspection(), &profile("research"));
    let reasons = |set: &PolicySet, kind: &str, model: &str| {
        let standing = Standing { kind: kind.to_owned(), model: model.to_owned(), ..standing("research", 0) };
        let decision = release(set, &facts, &standing).release;
        policies_of(&decision).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let set = load(Base::Default, text);
    for (kind, model, expected) in [
        ("models", "evil/x", &["no-evil"] as &[&str]),
        ("models", "Evil/X", &["no-evil"]),
        ("models", "EVIL/x", &["no-evil"]),
        ("models", "devil/x", &[]),
        ("models", "evil", &[]),
        ("models", "Data/x", &[]),
        ("datasets", "Data/x", &["no-evil"]),
        ("models", "Org/X", &["one"]),
        ("models", "org/x", &[]),
    ] {
        assert_eq!(reasons(&set, kind, model), expected, "{kind} {model}");
    }
    let alone = load(Base::Nothing, alone);
    assert_eq!(reasons(&alone, "models", "Good/X"), [""; 0]);
    assert_eq!(reasons(&alone, "models", "good/x"), ["weighhouse:nothing-permits"]);
}
