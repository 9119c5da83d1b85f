//! Laws of the default policies, for arbitrary inspections and profiles.

use std::sync::LazyLock;

use proptest::prelude::*;
use weighhouse_core::{
    Confidence, FileCoverage, Finding, Fingerprint, Inspection, Location, Outcome, RuleStatus, Severity,
};

use crate::classes::Sight;
use crate::evaluate::decide_seeing;
use crate::tests::samples::{RULES, finding, gap, inspection, waived};
use crate::{Base, Facts, FindingFacts, PolicySet, Profile, decide, evaluate};

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(Severity::ALL)
}

fn confidence() -> impl Strategy<Value = Confidence> {
    prop::sample::select(Confidence::ALL)
}

pub(super) fn profiles() -> impl Strategy<Value = Profile> {
    ("\\PC{0,8}", severity(), severity(), confidence(), any::<bool>()).prop_map(
        |(name, deny_at, review_at, min_confidence, complete_coverage)| Profile {
            name,
            deny_at,
            review_at,
            min_confidence,
            complete_coverage,
        },
    )
}

pub(super) fn findings() -> impl Strategy<Value = Finding> {
    (0..RULES.len(), severity(), confidence(), any::<String>(), any::<bool>()).prop_map(
        |(rule, severity, confidence, file, is_waived)| {
            let finding = finding(rule, severity, confidence, &file);
            if is_waived { waived(finding) } else { finding }
        },
    )
}

pub(super) fn inspections() -> impl Strategy<Value = Inspection> {
    let counts = (prop_oneof![Just(1_u64), any::<u64>()], any::<u64>(), any::<String>(), any::<bool>());
    let parts = (
        prop::collection::vec(findings(), 0..6),
        prop::collection::vec((any::<String>(), any::<bool>()), 0..3),
    );
    (counts, parts).prop_map(|((files, bytes, name, nameless), (findings, gaps))| {
        let mut inspection = inspection();
        inspection.artifact.files = files;
        inspection.artifact.bytes = bytes;
        inspection.artifact.name = name;
        inspection.artifact.digest = inspection.artifact.digest.filter(|_| !nameless);
        inspection.findings = findings;
        for (file, accepted) in gaps {
            let mut gap = gap(&file);
            gap.waived = accepted;
            inspection.gaps.push(gap);
        }
        inspection
    })
}

static POLICIES: LazyLock<PolicySet> = LazyLock::new(PolicySet::embedded);

/// Policies that see more or less of a finding; any of them may stand together.
const WRITTEN: [&str; 8] = [
    r#"@id("file") @message("m") @outcome("deny") forbid (principal, action, resource is Weighhouse::Finding)
       when { resource.file like "a*" };"#,
    r#"@id("member") @message("m") @outcome("needs-approval")
       forbid (principal, action == Weighhouse::Action::"tolerate", resource)
       when { resource has member && resource.member == "x!y" };"#,
    r#"@id("no-member") @message("m") @outcome("deny")
       forbid (principal, action in [Weighhouse::Action::"tolerate"], resource) unless { resource has "member" };"#,
    r#"@id("named") @message("m") @outcome("deny") forbid (principal, action, resource) when { resource ==
       Weighhouse::Finding::"NAMED" };"#,
    r#"@id("rule") @message("m") @outcome("needs-approval")
       forbid (principal, action == Weighhouse::Action::"tolerate", resource) when { resource.family == "PKL" };"#,
    r#"@id("files") @message("m") @outcome("deny")
       forbid (principal, action == Weighhouse::Action::"admit", resource) when { resource.files > 3 };"#,
    r#"@id("sum") @message("m") @outcome("deny") forbid (principal, action, resource is Weighhouse::Finding)
       when { resource.file == "a" && resource.artifact.bytes * 2 == resource.severity_rank };"#,
    r#"@id("all") permit (principal, action, resource is Weighhouse::Finding) when { resource.file != "b" };"#,
];

fn written() -> impl Strategy<Value = PolicySet> {
    (prop::sample::subsequence(WRITTEN.to_vec(), 0..=WRITTEN.len()), any::<bool>()).prop_map(
        |(texts, alone)| {
            let text = texts.join("\n").replace("NAMED", &fingerprint(1).to_string());
            super::written::load(if alone { Base::Nothing } else { Base::Default }, &text).unwrap()
        },
    )
}

fn fingerprint(identity: u8) -> Fingerprint {
    Fingerprint::new("", &Location::file(identity.to_string()), None)
}

fn finding_facts() -> impl Strategy<Value = FindingFacts> {
    let place = (
        prop::sample::select(vec!["a", "ab", "b"]),
        prop::option::of(prop::sample::select(vec!["x!y", "x"])),
    );
    (0..RULES.len(), severity(), confidence(), place, 0..4_u8).prop_map(
        |(rule, severity, confidence, (file, member), identity)| FindingFacts {
            rule: RULES[rule].id.to_owned(),
            slug: RULES[rule].slug.to_owned(),
            severity,
            confidence,
            file: file.to_owned(),
            member: member.map(str::to_owned),
            fingerprint: fingerprint(identity),
        },
    )
}

fn outcome(inspection: &Inspection, profile: &Profile) -> Outcome {
    evaluate(&POLICIES, inspection, profile).outcome
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn one_more_finding_never_loosens(base in inspections(), more in findings(), profile in profiles()) {
        let mut after = base.clone();
        after.findings.push(more);
        prop_assert!(outcome(&after, &profile) >= outcome(&base, &profile));
    }

    #[test]
    fn raising_a_severity_never_loosens(base in inspections(), at in any::<prop::sample::Index>(), to in severity(), profile in profiles()) {
        prop_assume!(!base.findings.is_empty());
        let mut after = base.clone();
        let finding = &mut after.findings[at.index(base.findings.len())];
        finding.severity = finding.severity.max(to);
        prop_assert!(outcome(&after, &profile) >= outcome(&base, &profile));
    }

    #[test]
    fn waiving_never_tightens(base in inspections(), at in any::<prop::sample::Index>(), profile in profiles()) {
        let mut after = base.clone();
        if !after.findings.is_empty() {
            let index = at.index(after.findings.len());
            after.findings[index] = waived(after.findings[index].clone());
        }
        if !after.gaps.is_empty() {
            let index = at.index(after.gaps.len());
            after.gaps[index].waived = true;
        }
        prop_assert!(outcome(&after, &profile) <= outcome(&base, &profile));
    }

    #[test]
    fn one_more_gap_never_loosens_and_never_passes(base in inspections(), file in any::<String>(), profile in profiles()) {
        let mut after = base.clone();
        after.gaps.push(gap(&file));
        let decided = outcome(&after, &profile);
        prop_assert!(decided >= outcome(&base, &profile));
        prop_assert!(decided >= Outcome::NeedsApproval);
        let mut silent = base;
        silent.gaps.clear();
        silent.files[0].coverage = FileCoverage::None;
        prop_assert!(outcome(&silent, &profile) >= Outcome::NeedsApproval);
    }

    #[test]
    fn asking_about_findings_together_decides_as_asking_about_each(
        set in written(), found in prop::collection::vec(finding_facts(), 0..40), bytes in prop_oneof![Just(1), Just(u64::MAX)],
        profile in profiles(),
    ) {
        let mut facts = Facts::of(&inspection(), &profile);
        facts.findings = found;
        facts.artifact.bytes = bytes;
        prop_assert_eq!(decide(&set, &facts), decide_seeing(&set, &facts, &Sight::everything()));
    }

    #[test]
    fn a_decision_can_be_replayed_and_rests_on_what_counts(base in inspections(), profile in profiles()) {
        let decision = evaluate(&POLICIES, &base, &profile);
        prop_assert_eq!(&decision, &evaluate(&POLICIES, &base, &profile));
        prop_assert_eq!(decision.outcome == Outcome::Allow, decision.reasons.is_empty());
        let counts = |f: &&Finding| f.waived.is_none() && f.rule.status != RuleStatus::Preview;
        for fingerprint in decision.reasons.iter().flat_map(|reason| &reason.findings) {
            prop_assert!(base.findings.iter().filter(counts).any(|f| f.fingerprint == *fingerprint));
        }
        // What counts and is at or above the deny threshold is always named.
        for finding in base.findings.iter().filter(counts).filter(|f| f.severity >= profile.deny_at) {
            let named = decision.reasons.iter().any(|reason| reason.findings.contains(&finding.fingerprint));
            prop_assert!(named);
        }
    }
}
