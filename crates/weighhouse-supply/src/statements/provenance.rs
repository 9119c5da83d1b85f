//! SLSA provenance of what this program makes itself: which bytes became which, by what, with which parameters.
//!
//! Specification: <https://slsa.dev/spec/v1.1/provenance>.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use weighhouse_core::{Digest, Tool};

use super::PROVENANCE;
use super::statement::{Statement, Subject};
use super::summary::{encode, sha256};

/// One conversion.
#[derive(Debug, Clone)]
pub struct Conversion<'a> {
    /// Name and digest of what was read.
    pub from: (&'a str, Digest),
    /// Name and digest of what was written.
    pub to: (&'a str, Digest),
    /// What converted it.
    pub tool: &'a Tool,
    /// Formats: of what was read, of what was written.
    pub formats: (&'a str, &'a str),
    /// What was left out of the result, one line each.
    pub left_out: &'a [String],
    /// Tensors that shared their numbers with another one and have a copy now.
    pub copied: &'a [String],
    /// When it began and ended, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub time: Option<(&'a str, &'a str)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
    build_definition: Definition<'a>,
    run_details: Details<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition<'a> {
    build_type: &'static str,
    external_parameters: Value,
    internal_parameters: Value,
    resolved_dependencies: [Descriptor<'a>; 1],
}

#[derive(Serialize)]
struct Descriptor<'a> {
    name: &'a str,
    uri: String,
    digest: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Details<'a> {
    builder: Builder<'a>,
    metadata: Value,
}

#[derive(Serialize)]
struct Builder<'a> {
    id: &'static str,
    version: BTreeMap<&'a str, String>,
}

/// The provenance of a converted file.
pub fn provenance(conversion: &Conversion<'_>) -> Option<Statement> {
    let Conversion { from, to, tool, formats, left_out, copied, time } = conversion;
    let metadata = match time {
        Some((started, finished)) => json!({ "startedOn": started, "finishedOn": finished }),
        None => json!({}),
    };
    let version =
        BTreeMap::from([(tool.name, tool.version.to_owned()), ("ruleset", tool.ruleset.to_string())]);
    let predicate = Predicate {
        build_definition: Definition {
            build_type: "urn:weighhouse:build:convert:v1",
            external_parameters: json!({ "source": from.0, "from": formats.0, "to": formats.1 }),
            internal_parameters: json!({ "leftOut": left_out, "copied": copied }),
            resolved_dependencies: [Descriptor {
                name: from.0,
                uri: format!("file:{}", encode(from.0)),
                digest: sha256(from.1),
            }],
        },
        run_details: Details { builder: Builder { id: "urn:weighhouse:builder", version }, metadata },
    };
    let predicate = serde_json::to_value(predicate).ok()?;
    Some(Statement::new(vec![Subject::new(to.0, to.1)], PROVENANCE, predicate))
}
