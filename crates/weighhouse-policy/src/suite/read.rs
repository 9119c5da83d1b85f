//! From a test file to cases.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::{Confidence, Diagnostic, Digest, FactValue, Fingerprint, Location, Outcome, Severity};

use super::Case;
use crate::facts::{ArtifactFacts, Facts, FindingFacts};
use crate::profile::Profile;
use crate::release::{Attested, Standing};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    case: Vec<Spanned<WrittenCase>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: Spanned<String>,
    profile: Option<Spanned<String>>,
    #[serde(default)]
    artifact: WrittenArtifact,
    #[serde(default)]
    findings: Vec<WrittenFinding>,
    release: Option<WrittenRelease>,
    expect: Spanned<String>,
    reasons: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenArtifact {
    name: Option<String>,
    digest: Option<Spanned<WrittenDigest>>,
    files: Option<u64>,
    bytes: Option<u64>,
    #[serde(default)]
    formats: Vec<String>,
    #[serde(default)]
    gaps: Vec<String>,
    #[serde(default)]
    waived: u64,
    #[serde(default)]
    assessed: Vec<String>,
    #[serde(default)]
    not_assessed: Vec<String>,
    #[serde(default)]
    answers: BTreeMap<Spanned<String>, crate::read::Answer>,
}

/// That it is asked whether it may be released, and how it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRelease {
    stage: String,
    kind: Option<Spanned<String>>,
    model: Option<String>,
    #[serde(default)]
    approvals: u64,
    #[serde(default)]
    approver_roles: BTreeSet<String>,
    #[serde(default)]
    inspected_days: i64,
    #[serde(default)]
    waivers: u64,
    #[serde(default)]
    attestations: Vec<WrittenAttestation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAttestation {
    by: String,
    kind: String,
    #[serde(default)]
    result: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenDigest {
    Present(bool),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFinding {
    rule: String,
    slug: Option<String>,
    severity: Spanned<String>,
    confidence: Option<Spanned<String>>,
    #[serde(default)]
    file: String,
    member: Option<String>,
}

pub(super) fn cases(
    source: &SourceText,
    profile: &dyn Fn(&str) -> Option<Profile>,
) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let file: File = toml::from_str(&source.text).map_err(|error| vec![syntax(source, &error)])?;
    let mut reader = Reader { source, problems: Vec::new() };
    let cases: Vec<_> = file.case.into_iter().filter_map(|written| reader.case(written, profile)).collect();
    if reader.problems.is_empty() { Ok(cases) } else { Err(reader.problems) }
}

fn syntax(source: &SourceText, error: &toml::de::Error) -> Diagnostic {
    let end = source.text.len();
    let headline = error.message().replace('\n', "; ");
    Diagnostic::new(Level::Error, CODE, headline).at(source, error.span().unwrap_or(end..end), "")
}

const CODE: &str = "WH-CFG-040";

struct Reader<'a> {
    source: &'a SourceText,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn case(
        &mut self,
        written: Spanned<WrittenCase>,
        profile: &dyn Fn(&str) -> Option<Profile>,
    ) -> Option<Case> {
        let written = written.into_inner();
        let span = written.name.span();
        let profile = match &written.profile {
            None => Some(Profile::default()),
            Some(name) => {
                let found = profile(name.get_ref());
                if found.is_none() {
                    self.wrong(name.span(), format!("there is no profile `{}`", name.get_ref()));
                }
                found
            }
        };
        let artifact = self.artifact(written.artifact);
        let findings: Vec<_> = written.findings.into_iter().map(|finding| self.finding(finding)).collect();
        let standing = written.release.map(|release| self.standing(release));
        let expect = self.outcome(&written.expect);
        Some(Case {
            name: written.name.into_inner(),
            span,
            facts: Facts {
                profile: profile?,
                artifact: artifact?,
                findings: findings.into_iter().collect::<Option<_>>()?,
            },
            standing,
            expect: expect?,
            reasons: written.reasons,
        })
    }

    fn standing(&mut self, written: WrittenRelease) -> Standing {
        if let Some(kind) =
            written.kind.as_ref().filter(|kind| !matches!(kind.get_ref().as_str(), "models" | "datasets"))
        {
            self.wrong(kind.span(), format!("`{}` is not one of models, datasets", kind.get_ref()));
        }
        let attested = |one: WrittenAttestation| Attested { by: one.by, kind: one.kind, result: one.result };
        Standing {
            stage: written.stage,
            kind: written.kind.map_or_else(|| "models".to_owned(), Spanned::into_inner),
            model: written.model.unwrap_or_else(|| "org/name".to_owned()),
            // Decided by `release` itself.
            verdict: Outcome::Deny,
            approvals: written.approvals,
            approver_roles: written.approver_roles,
            inspected_days: written.inspected_days,
            waivers: written.waivers,
            attestations: written.attestations.into_iter().map(attested).collect(),
        }
    }

    fn artifact(&mut self, written: WrittenArtifact) -> Option<ArtifactFacts> {
        Some(ArtifactFacts {
            digest: self.digest(written.digest)?,
            name: written.name.unwrap_or_else(|| "model".to_owned()),
            files: written.files.unwrap_or(1),
            bytes: written.bytes.unwrap_or(1024),
            formats: written.formats.into_iter().collect(),
            gaps: written.gaps.len() as u64,
            gap_reasons: written.gaps.into_iter().collect(),
            waived: written.waived,
            assessed: written.assessed.into_iter().collect(),
            not_assessed: written.not_assessed.into_iter().collect(),
            answers: self.answers(written.answers),
        })
    }

    /// Only what the schema has: a policy cannot read anything else.
    fn answers(
        &mut self,
        written: BTreeMap<Spanned<String>, crate::read::Answer>,
    ) -> BTreeMap<String, FactValue> {
        for name in written.keys().filter(|name| !crate::is_answer(name.get_ref())) {
            self.wrong(name.span(), format!("`{}` is no answer that the schema has", name.get_ref()));
        }
        written.into_iter().map(|(name, answer)| (name.into_inner(), answer.into())).collect()
    }

    /// Absent or `true`: some digest. `false`: none. The outer `None`: a mistake, which was reported.
    #[expect(clippy::option_option, reason = "a digest that is absent differs from one that is wrong")]
    fn digest(&mut self, written: Option<Spanned<WrittenDigest>>) -> Option<Option<Digest>> {
        let some = Digest::of(b"weighhouse policy test");
        let Some(written) = written else { return Some(Some(some)) };
        match written.get_ref() {
            WrittenDigest::Present(present) => Some(present.then_some(some)),
            WrittenDigest::Text(text) => match text.parse() {
                Ok(digest) => Some(Some(digest)),
                Err(error) => {
                    self.wrong(written.span(), error.to_string());
                    None
                }
            },
        }
    }

    fn finding(&mut self, written: WrittenFinding) -> Option<FindingFacts> {
        let severity: Option<Severity> = self.word(&written.severity);
        let confidence = written.confidence.as_ref().map_or(Some(Confidence::High), |word| self.word(word));
        let members = written.member.iter().flat_map(|member| member.split('!')).map(str::to_owned).collect();
        let location = Location { members, ..Location::file(written.file.as_str()) };
        Some(FindingFacts {
            severity: severity?,
            confidence: confidence?,
            fingerprint: Fingerprint::new(&written.rule, &location, None),
            slug: written.slug.unwrap_or_else(|| written.rule.clone()),
            rule: written.rule,
            file: written.file,
            member: written.member,
        })
    }

    fn outcome(&mut self, word: &Spanned<String>) -> Option<Outcome> {
        let outcome = Outcome::of_word(word.get_ref());
        if outcome.is_none() {
            let other = word.get_ref();
            self.wrong(word.span(), format!("`{other}` is not one of allow, needs-approval, deny"));
        }
        outcome
    }

    fn word<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, word: &Spanned<String>) -> Option<T> {
        word.get_ref().parse().map_err(|error: T::Err| self.wrong(word.span(), error.to_string())).ok()
    }

    fn wrong(&mut self, span: Range<usize>, headline: String) {
        self.problems.push(Diagnostic::new(Level::Error, CODE, headline).at(self.source, span, ""));
    }
}
