//! Findings that no policy can tell apart are asked about together.
//!
//! What a policy can see of a finding is read from the policies: its rule, severity and confidence always, its place only if
//! one of them names `file` or `member`, its identity only if one of them names that very finding.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Policy, PolicySet};
use serde_json::Value;
use weighhouse_core::{Confidence, Severity};

use crate::entities::Names;
use crate::facts::{Facts, FindingFacts};

/// What the policies of a set can see of a finding, beyond what they always can.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    file: bool,
    member: bool,
    /// Findings that a policy names by their fingerprint.
    named: HashSet<String>,
    /// Every finding is taken for a different one.
    all: bool,
}

impl Sight {
    /// Nothing is hidden: each finding is asked about by itself.
    pub(crate) fn everything() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// What these policies can see.
    pub(crate) fn of(policies: &PolicySet, names: &Names) -> Self {
        let mut sight = Self::default();
        for policy in policies.policies() {
            sight.add(policy, names);
        }
        sight
    }

    fn add(&mut self, policy: &Policy, names: &Names) {
        let findings = policy.entity_literals().into_iter().filter(|entity| names.is_finding(entity));
        self.named.extend(findings.map(|entity| entity.id().unescaped().to_owned()));
        match policy.to_json() {
            Ok(json) => {
                self.file |= mentions(&json, "file");
                self.member |= mentions(&json, "member");
            }
            Err(_) => self.all = true,
        }
    }

    fn key<'f>(&self, at: usize, finding: &'f FindingFacts) -> Key<'f> {
        let identity = || finding.fingerprint.to_string();
        Key {
            rule: &finding.rule,
            slug: &finding.slug,
            severity: finding.severity,
            confidence: finding.confidence,
            file: self.file.then_some(finding.file.as_str()),
            member: finding.member.as_deref().filter(|_| self.member),
            named: (!self.named.is_empty()).then(identity).filter(|id| self.named.contains(id)),
            alone: self.all.then_some(at),
        }
    }
}

/// Whether the JSON form of a policy holds this word, in whatever way the text spells it.
fn mentions(json: &Value, word: &str) -> bool {
    match json {
        Value::String(text) => text == word,
        Value::Array(items) => items.iter().any(|item| mentions(item, word)),
        Value::Object(fields) => fields.iter().any(|(key, value)| key == word || mentions(value, word)),
        _ => false,
    }
}

/// What the findings of a class have in common.
#[derive(PartialEq, Eq, Hash)]
struct Key<'f> {
    rule: &'f str,
    slug: &'f str,
    severity: Severity,
    confidence: Confidence,
    file: Option<&'f str>,
    member: Option<&'f str>,
    named: Option<String>,
    alone: Option<usize>,
}

/// The findings of a document, sorted into classes.
pub(crate) struct Classes<'f> {
    /// The first finding of each class, in the order of the document.
    pub(crate) examples: Vec<&'f FindingFacts>,
    /// For each finding, the place of its class in `examples`.
    pub(crate) of: Vec<usize>,
}

impl<'f> Classes<'f> {
    pub(crate) fn new(facts: &'f Facts, sight: &Sight) -> Self {
        let mut index: HashMap<Key<'f>, usize> = HashMap::new();
        let mut classes = Self { examples: Vec::new(), of: Vec::with_capacity(facts.findings.len()) };
        for (at, finding) in facts.findings.iter().enumerate() {
            let class = *index.entry(sight.key(at, finding)).or_insert_with(|| {
                classes.examples.push(finding);
                classes.examples.len().saturating_sub(1)
            });
            classes.of.push(class);
        }
        classes
    }
}
