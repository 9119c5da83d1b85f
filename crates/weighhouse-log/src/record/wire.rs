//! The JSON of records. Keys stand in the order of RFC 8785, and are ASCII, as are those of `detail`; numbers are integers. What `serde_json` then
//! writes is canonical: it adds no spaces and escapes only what must be, in the short form where there is one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weighhouse_core::Digest;

use super::{Decision, Record, RecordError, Word};

/// Version of the form.
const SCHEMA: &str = "urn:weighhouse:record:v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'t> {
    action: Cow<'t, str>,
    actor: Cow<'t, str>,
    at: Cow<'t, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<WireDecision<'t>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    detail: BTreeMap<Cow<'t, str>, Cow<'t, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Cow<'t, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    objects: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Cow<'t, str>>,
    schema: Cow<'t, str>,
    seq: u64,
    subject: Cow<'t, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDecision<'t> {
    facts: String,
    outcome: Cow<'t, str>,
    policy: String,
}

/// The JSON of a record.
pub(super) fn write(record: &Record) -> Result<Vec<u8>, RecordError> {
    let digests = |digests: &[Digest]| digests.iter().map(Digest::to_string).collect();
    let decision = record.decision.as_ref().map(|decision| WireDecision {
        facts: decision.facts.to_string(),
        outcome: decision.outcome.as_str().into(),
        policy: decision.policy.to_string(),
    });
    let wire = Wire {
        action: record.action.as_str().into(),
        actor: record.actor.to_string().into(),
        at: record.at.as_str().into(),
        decision,
        detail: record.detail.iter().map(|(key, value)| (key.as_str().into(), value.into())).collect(),
        evidence: digests(&record.evidence),
        next: record.next.as_deref().map(Cow::Borrowed),
        objects: digests(&record.objects),
        previous: record.previous.as_deref().map(Cow::Borrowed),
        schema: SCHEMA.into(),
        seq: record.seq,
        subject: record.subject.as_str().into(),
    };
    serde_json::to_vec(&wire).map_err(|error| RecordError::Json(error.to_string()))
}

/// The record of a JSON text that has its fields, in whatever order and spacing.
pub(super) fn read(bytes: &[u8]) -> Result<Record, RecordError> {
    let wire: Wire<'_> =
        serde_json::from_slice(bytes).map_err(|error| RecordError::Json(error.to_string()))?;
    if wire.schema != SCHEMA {
        return Err(RecordError::Field { field: "schema", problem: "not a version that is known here" });
    }
    let detail = wire.detail.into_iter().map(|(key, value)| Ok((key.parse::<Word>()?, value.into_owned())));
    let decision = wire.decision.map(|decision| -> Result<Decision, RecordError> {
        Ok(Decision {
            outcome: decision.outcome.parse()?,
            policy: digest("policy", &decision.policy)?,
            facts: digest("facts", &decision.facts)?,
        })
    });
    Ok(Record {
        seq: wire.seq,
        at: wire.at.parse()?,
        actor: wire.actor.parse()?,
        action: wire.action.parse()?,
        subject: wire.subject.into_owned(),
        objects: wire.objects.iter().map(|text| digest("objects", text)).collect::<Result<_, _>>()?,
        decision: decision.transpose()?,
        evidence: wire.evidence.iter().map(|text| digest("evidence", text)).collect::<Result<_, _>>()?,
        detail: detail.collect::<Result<_, RecordError>>()?,
        previous: wire.previous.map(Cow::into_owned),
        next: wire.next.map(Cow::into_owned),
    })
}

fn digest(field: &'static str, text: &str) -> Result<Digest, RecordError> {
    let problem = "a digest is `sha256:` and 64 hex digits";
    text.parse().map_err(|_| RecordError::Field { field, problem })
}
