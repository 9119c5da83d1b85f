//! From policy texts to a Cedar policy set: each statement by itself, all problems in one run.
//!
//! Stricter than Cedar: every policy has an `@id` of its own, every `forbid` says what it asks for and why, and an
//! annotation nobody knows is an error, since a misspelt `@outcome` would otherwise be silently ignored.

use std::collections::HashMap;
use std::ops::Range;

use cedar_policy::{
    ActionConstraint, Effect, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::{Diagnostic, Digest, Outcome};

use crate::messages;
use crate::set::{PolicyInfo, SCHEMA};
use crate::statement;

/// Policies that parse and are annotated as they must be.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) cedar: PolicySet,
    pub(crate) policies: Vec<PolicyInfo>,
    pub(crate) digest: Digest,
}

impl Default for Compiled {
    fn default() -> Self {
        Self { cedar: PolicySet::new(), policies: Vec::new(), digest: digest(&[]) }
    }
}

/// Parses all texts; gives every problem if there is any.
pub(crate) fn compile(sources: &[SourceText]) -> Result<Compiled, Vec<Diagnostic>> {
    let mut compiled = Compiled { digest: digest(sources), ..Compiled::default() };
    let mut problems = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for source in sources {
        for span in statement::split(&source.text) {
            match policy(source, &span) {
                Ok((policy, info)) => add(&mut compiled, &mut known, policy, info, &mut problems),
                Err(found) => problems.extend(found),
            }
        }
    }
    if problems.is_empty() { Ok(compiled) } else { Err(problems) }
}

fn add(
    compiled: &mut Compiled,
    known: &mut HashMap<String, usize>,
    policy: Policy,
    info: PolicyInfo,
    problems: &mut Vec<Diagnostic>,
) {
    if let Some(first) = known.get(&info.id).and_then(|at| compiled.policies.get(*at)) {
        problems.push(messages::duplicate(first, &info));
        return;
    }
    match compiled.cedar.add(policy) {
        Ok(()) => {
            known.insert(info.id.clone(), compiled.policies.len());
            compiled.policies.push(info);
        }
        Err(error) => problems.push(messages::refused(&info, &error)),
    }
}

fn policy(source: &SourceText, span: &Range<usize>) -> Result<(Policy, PolicyInfo), Vec<Diagnostic>> {
    let text = source.text.get(span.clone()).unwrap_or_default();
    if let Some(at) = statement::too_deep(text) {
        return Err(vec![messages::too_deep(source, span.start + at)]);
    }
    let policy = Policy::parse(None, text).map_err(|errors| {
        errors.iter().map(|error| messages::parse(source, span, error)).collect::<Vec<_>>()
    })?;
    let (id, outcome) = annotations(&policy, source, span)?;
    let policy = policy.new_id(PolicyId::new(id));
    let info = PolicyInfo::new(&policy, outcome, source, span.clone());
    Ok((policy, info))
}

/// The annotations in force: `@id` always; `@message` and `@outcome` for what forbids.
fn annotations(
    policy: &Policy,
    source: &SourceText,
    span: &Range<usize>,
) -> Result<(String, Outcome), Vec<Diagnostic>> {
    let place = |annotation: &str| messages::annotation_span(source, span, annotation);
    let mut problems = Vec::new();
    for (name, _) in policy.annotations() {
        if !messages::ANNOTATIONS.contains(&name) {
            problems.push(messages::unknown_annotation(source, place(name), name));
        }
    }
    let id = policy.annotation("id").unwrap_or_default();
    if !is_id(id) {
        problems.push(messages::bad_id(source, place("id"), policy.annotation("id")));
    }
    let forbids = policy.effect() == Effect::Forbid;
    if forbids && policy.annotation("message").unwrap_or_default().trim().is_empty() {
        problems.push(messages::no_message(source, place("message")));
    }
    let given = policy.annotation("outcome");
    let outcome = match given {
        Some(word) if forbids => Outcome::of_word(word).filter(|outcome| *outcome != Outcome::Allow),
        None if !forbids => Some(Outcome::Allow),
        _ => None,
    };
    if outcome.is_none() {
        problems.push(messages::bad_outcome(source, place("outcome"), forbids, given));
    }
    match outcome {
        Some(outcome) if problems.is_empty() => Ok((id.to_owned(), outcome)),
        _ => Err(problems),
    }
}

/// Letters, digits, `-`, `_`, `.`: no colon, which marks the reasons that Weighhouse gives itself.
fn is_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=128).contains(&id.len()) && id.bytes().all(allowed)
}

/// Validates strictly against the schema.
pub(crate) fn validate(compiled: &Compiled) -> Vec<Diagnostic> {
    let schema = match Schema::from_cedarschema_str(SCHEMA) {
        Ok((schema, _)) => schema,
        Err(error) => return vec![messages::schema(&error)],
    };
    let result = Validator::new(schema).validate(&compiled.cedar, ValidationMode::Strict);
    let errors = result
        .validation_errors()
        .map(|error| (Level::Error, error.policy_id(), error as &dyn miette::Diagnostic));
    let warnings = result
        .validation_warnings()
        .map(|warning| (Level::Warning, warning.policy_id(), warning as &dyn miette::Diagnostic));
    let find = |id: &PolicyId| compiled.policies.iter().position(|info| info.id == AsRef::<str>::as_ref(id));
    let mut found: Vec<_> = errors
        .chain(warnings)
        .map(|(level, id, problem)| {
            let at = find(id);
            (at, messages::validation(level, at.and_then(|at| compiled.policies.get(at)), problem))
        })
        .collect();
    found.extend(
        compiled
            .policies
            .iter()
            .enumerate()
            .filter(|(_, info)| reads_name(&compiled.cedar, info))
            .map(|(at, info)| (Some(at), messages::reads_name(info))),
    );
    // Cedar gives them in no order.
    found.sort_by(|(a, x), (b, y)| {
        let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| label.span.start);
        a.cmp(b).then_with(|| place(x).cmp(&place(y))).then_with(|| x.headline.cmp(&y.headline))
    });
    found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

/// Whether a policy decides by the name of an artifact: free text, which says the same of no two commits at the gate.
fn reads_name(cedar: &PolicySet, info: &PolicyInfo) -> bool {
    let Some(policy) = cedar.policy(&PolicyId::new(&info.id)) else { return false };
    let about = |action: &EntityUid| matches!(action.id().unescaped(), "admit" | "tolerate" | "release");
    let of_artifacts = match policy.action_constraint() {
        ActionConstraint::Any => false,
        ActionConstraint::Eq(named) => about(&named),
        ActionConstraint::In(named) => named.iter().any(about),
    };
    of_artifacts && policy.to_json().is_ok_and(|json| mentions_name(&json))
}

/// `resource.name` or `resource.artifact.name`, in the JSON form of policies.
fn mentions_name(json: &serde_json::Value) -> bool {
    let resource = serde_json::json!({ "Var": "resource" });
    let of_resource = |read: &serde_json::Value| {
        let left = read.get("left");
        left == Some(&resource)
            || left.and_then(|left| left.get(".")).is_some_and(|inner| {
                inner.get("attr").is_some_and(|attr| attr == "artifact")
                    && inner.get("left") == Some(&resource)
            })
    };
    match json {
        serde_json::Value::Array(all) => all.iter().any(mentions_name),
        serde_json::Value::Object(fields) => {
            let name = |read: &serde_json::Value| read.get("attr").is_some_and(|attr| attr == "name");
            fields.get(".").is_some_and(|read| name(read) && of_resource(read))
                || fields.values().any(mentions_name)
        }
        _ => false,
    }
}

/// The policies that can say something about an action. The others never match its requests: the schema has no groups of
/// actions, so a policy is about the actions that its scope names, or about all.
pub(crate) fn about(cedar: &PolicySet, action: &EntityUid) -> PolicySet {
    let concerns = |policy: &&Policy| match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(named) => named == *action,
        ActionConstraint::In(named) => named.contains(action),
    };
    // Ids are unique already, so that the set cannot refuse; if it did, no narrowing is always right.
    PolicySet::from_policies(cedar.policies().filter(concerns).cloned()).unwrap_or_else(|_| cedar.clone())
}

/// Over the schema and the texts, each led by its length so that no two lists of texts are confused. Names do not count.
fn digest(sources: &[SourceText]) -> Digest {
    let mut bytes = b"weighhouse policies v1\0".to_vec();
    for text in std::iter::once(SCHEMA).chain(sources.iter().map(|source| &*source.text)) {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Digest::of(&bytes)
}
