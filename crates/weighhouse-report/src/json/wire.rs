//! The shape of JSON v1. Changing a name or a type here is a new version; adding a key is not.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use weighhouse_core::waiver::WaiverUse;
use weighhouse_core::{self as core, Diagnostic, FileRecord};

use crate::stream::Text;
use crate::{Basis, Report};

/// Converts while it serialises, so that no second copy of the findings is held.
pub(crate) struct Each<'a, T, W>(pub(crate) &'a [T], pub(crate) fn(&'a T) -> W);

impl<T, W: Serialize> Serialize for Each<'_, T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    artifact: Artifact<'a>,
    verdict: &'static str,
    decision: Option<Decision<'a>>,
    threshold: Option<&'static str>,
    date: Option<Text<core::Date>>,
    files: Each<'a, FileRecord, File<'a>>,
    findings: Each<'a, core::Finding, Finding<'a>>,
    coverage: Coverage<'a>,
    reasons: Each<'a, core::Reason, Reason<'a>>,
    advice: Each<'a, core::Advice, Advice<'a>>,
    loading: Each<'a, core::Loading, Loading<'a>>,
    assessments: Each<'a, core::Assessment, Assessment<'a>>,
    waivers: Each<'a, (core::Waiver, WaiverUse), Waiver<'a>>,
    diagnostics: Each<'a, Diagnostic, Message<'a>>,
}

impl<'a> Document<'a> {
    pub(super) fn of(report: &Report<'a>) -> Self {
        let inspection = report.inspection;
        let (decision, threshold) = match report.basis {
            Basis::Decision(decision) => (Some(decision), None),
            Basis::Threshold(threshold) => (None, threshold),
        };
        Self {
            schema: "urn:weighhouse:report:v1",
            tool: Tool::of(&inspection.tool),
            artifact: Artifact::of(&inspection.artifact),
            verdict: report.outcome().verdict(),
            decision: decision.map(Decision::of),
            threshold: threshold.map(core::Severity::as_str),
            date: report.date.map(Text),
            files: Each(&inspection.files, File::of),
            findings: Each(&inspection.findings, Finding::of),
            coverage: Coverage {
                complete: inspection.is_complete(),
                reused: inspection.reused,
                gaps: Each(&inspection.gaps, Gap::of),
            },
            reasons: Each(decision.map_or(&[], |decision| decision.reasons.as_slice()), Reason::of),
            advice: Each(&inspection.advice, Advice::of),
            loading: Each(&inspection.loading, Loading::of),
            assessments: Each(&inspection.assessments, Assessment::of),
            waivers: Each(report.waivers, Waiver::of),
            diagnostics: Each(report.diagnostics, Message::of),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    ruleset: Text<core::digest::Digest>,
}

#[derive(Serialize)]
pub(crate) struct Artifact<'a> {
    name: &'a str,
    digest: Option<Text<core::digest::Digest>>,
    files: u64,
    bytes: u64,
}

impl Tool {
    pub(crate) fn of(tool: &core::Tool) -> Self {
        Self { name: tool.name, version: tool.version, ruleset: Text(tool.ruleset) }
    }
}

impl<'a> Artifact<'a> {
    pub(crate) fn of(artifact: &'a core::Artifact) -> Self {
        Self {
            name: &artifact.name,
            digest: artifact.digest.map(Text),
            files: artifact.files,
            bytes: artifact.bytes,
        }
    }
}

#[derive(Serialize)]
struct Decision<'a> {
    outcome: &'static str,
    profile: &'a str,
    policy: Text<core::digest::Digest>,
    facts: Text<core::digest::Digest>,
}

impl<'a> Decision<'a> {
    fn of(decision: &'a core::Decision) -> Self {
        Self {
            outcome: decision.outcome.word(),
            profile: &decision.profile,
            policy: Text(decision.policy),
            facts: Text(decision.facts),
        }
    }
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    sha256: Option<String>,
    bytes: u64,
    format: &'static str,
    coverage: &'static str,
}

impl<'a> File<'a> {
    fn of(file: &'a FileRecord) -> Self {
        Self {
            path: &file.path,
            sha256: file.sha256.map(|digest| digest.hex()),
            bytes: file.bytes,
            format: file.format,
            coverage: file.coverage.as_str(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Finding<'a> {
    rule: &'static str,
    slug: &'static str,
    severity: &'static str,
    confidence: &'static str,
    headline: &'a str,
    file: &'a str,
    member: Option<String>,
    location: Location<'a>,
    evidence: Option<&'a str>,
    remediation: &'a str,
    references: Vec<String>,
    fingerprint: Text<core::Fingerprint>,
    waived: Option<Waived<'a>>,
}

impl<'a> Finding<'a> {
    pub(crate) fn of(finding: &'a core::Finding) -> Self {
        Self {
            rule: finding.rule.id,
            slug: finding.rule.slug,
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            headline: &finding.headline,
            file: &finding.location.file,
            member: finding.location.member(),
            location: Location::of(&finding.location),
            evidence: finding.evidence.as_deref(),
            remediation: &finding.remediation,
            references: finding.rule.references(),
            fingerprint: Text(finding.fingerprint),
            waived: finding.waived.as_ref().map(|by| Waived {
                owner: &by.owner,
                reason: &by.reason,
                expires: Text(by.expires),
            }),
        }
    }
}

#[derive(Serialize)]
struct Location<'a> {
    offset: Option<u64>,
    end: Option<u64>,
    line: Option<u32>,
    column: Option<u32>,
    key: Option<&'a str>,
}

impl<'a> Location<'a> {
    fn of(location: &'a core::Location) -> Self {
        Self {
            offset: location.bytes.map(|(start, _)| start),
            end: location.bytes.map(|(_, end)| end),
            line: location.text.map(|text| text.line),
            column: location.text.map(|text| text.column),
            key: location.key.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Waived<'a> {
    owner: &'a str,
    reason: &'a str,
    expires: Text<core::Date>,
}

#[derive(Serialize)]
struct Coverage<'a> {
    complete: bool,
    reused: u64,
    gaps: Each<'a, core::CoverageGap, Gap<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Gap<'a> {
    file: &'a str,
    member: Option<String>,
    reason: &'static str,
    detail: &'a str,
    location: Location<'a>,
    waived: bool,
}

impl<'a> Gap<'a> {
    pub(crate) fn of(gap: &'a core::CoverageGap) -> Self {
        Self {
            file: &gap.location.file,
            member: gap.location.member(),
            reason: gap.reason,
            detail: &gap.detail,
            location: Location::of(&gap.location),
            waived: gap.waived,
        }
    }
}

#[derive(Serialize)]
struct Reason<'a> {
    policy: &'a str,
    outcome: &'static str,
    message: &'a str,
    findings: Each<'a, core::Fingerprint, Text<core::Fingerprint>>,
}

impl<'a> Reason<'a> {
    fn of(reason: &'a core::Reason) -> Self {
        Self {
            policy: &reason.policy,
            outcome: reason.outcome.word(),
            message: &reason.message,
            findings: Each(&reason.findings, |fingerprint| Text(*fingerprint)),
        }
    }
}

#[derive(Serialize)]
struct Advice<'a> {
    file: &'a str,
    member: Option<String>,
    headline: &'a str,
    command: Option<&'a str>,
}

impl<'a> Advice<'a> {
    fn of(advice: &'a core::Advice) -> Self {
        Self {
            file: &advice.location.file,
            member: advice.location.member(),
            headline: &advice.headline,
            command: advice.command.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Assessment<'a> {
    thread: &'static str,
    state: &'static str,
    headline: &'a str,
    as_of: Option<Text<core::Date>>,
    data: Option<Text<core::digest::Digest>>,
    answers: Each<'a, core::Answer, Answer<'a>>,
    missing: &'a [String],
    facts: BTreeMap<&'static str, serde_json::Value>,
}

impl<'a> Assessment<'a> {
    fn of(assessment: &'a core::Assessment) -> Self {
        let value = |value: &core::FactValue| match value {
            core::FactValue::Text(text) => text.as_str().into(),
            core::FactValue::Count(count) => (*count).into(),
            core::FactValue::Flag(flag) => (*flag).into(),
            core::FactValue::Words(words) => words.iter().map(String::as_str).collect(),
        };
        Self {
            thread: assessment.thread.as_str(),
            state: match assessment.state {
                core::State::Assessed => "assessed",
                core::State::Partly => "partly",
                core::State::NotAssessed => "not-assessed",
            },
            headline: &assessment.headline,
            as_of: assessment.as_of.map(Text),
            data: assessment.data.map(Text),
            answers: Each(&assessment.answers, Answer::of),
            missing: &assessment.missing,
            facts: assessment.facts.iter().map(|(name, fact)| (*name, value(fact))).collect(),
        }
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    text: &'a str,
    basis: &'static str,
    file: Option<&'a str>,
    member: Option<String>,
    location: Option<Location<'a>>,
}

impl<'a> Answer<'a> {
    fn of(answer: &'a core::Answer) -> Self {
        let place = answer.location.as_ref();
        Self {
            text: &answer.text,
            basis: answer.basis.as_str(),
            file: place.map(|place| place.file.as_str()),
            member: place.and_then(core::Location::member),
            location: place.map(Location::of),
        }
    }
}

#[derive(Serialize)]
struct Loading<'a> {
    file: &'a str,
    member: Option<String>,
    loader: &'static str,
    versions: &'static str,
    call: &'static str,
    effect: &'static str,
    what: &'static str,
    advisories: Vec<&'static str>,
    source: &'static str,
}

impl<'a> Loading<'a> {
    fn of(loading: &'a core::Loading) -> Self {
        let core::Behaviour { loader, versions, call, effect, what, advisories, source } = loading.behaviour;
        Self {
            file: &loading.location.file,
            member: loading.location.member(),
            loader,
            versions,
            call,
            effect: effect.as_str(),
            what,
            advisories: advisories.split(", ").filter(|id| !id.is_empty()).collect(),
            source,
        }
    }
}

#[derive(Serialize)]
struct Waiver<'a> {
    rules: &'a [String],
    path: Option<&'a str>,
    digest: Option<Text<core::digest::Digest>>,
    owner: &'a str,
    reason: &'a str,
    expires: Text<core::Date>,
    state: &'static str,
    findings: usize,
}

impl<'a> Waiver<'a> {
    fn of((waiver, state): &'a (core::Waiver, WaiverUse)) -> Self {
        let (state, findings) = match state {
            WaiverUse::Used(count) => ("used", *count),
            WaiverUse::Unused => ("unused", 0),
            WaiverUse::Expired => ("expired", 0),
        };
        Self {
            rules: &waiver.rules,
            path: waiver.path.as_deref(),
            digest: waiver.digest.map(Text),
            owner: &waiver.owner,
            reason: &waiver.reason,
            expires: Text(waiver.expires),
            state,
            findings,
        }
    }
}

#[derive(Serialize)]
struct Message<'a> {
    level: &'static str,
    code: &'static str,
    headline: &'a str,
    source: Option<&'a str>,
    line: Option<usize>,
    help: Option<&'a str>,
}

impl<'a> Message<'a> {
    fn of(diagnostic: &'a Diagnostic) -> Self {
        let line = diagnostic.source.as_ref().zip(diagnostic.labels.first()).map(|(source, label)| {
            let before = source.text.as_bytes().iter().take(label.span.start);
            1 + before.filter(|byte| **byte == b'\n').count()
        });
        Self {
            level: match diagnostic.level {
                core::diagnostic::Level::Note => "note",
                core::diagnostic::Level::Warning => "warning",
                core::diagnostic::Level::Error => "error",
            },
            code: diagnostic.code,
            headline: &diagnostic.headline,
            source: diagnostic.source.as_ref().map(|source| source.name.as_str()),
            line,
            help: diagnostic.help.as_deref(),
        }
    }
}
