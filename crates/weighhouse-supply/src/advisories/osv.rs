//! The OSV schema, as far as it is used, read leniently: what is broken is left out, not the advisory around it.
//!
//! The same types write what an index keeps, so that an index holds nothing but OSV.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::Ecosystem;

/// One advisory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    #[serde(default)]
    pub(super) modified: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) withdrawn: Option<String>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub(super) aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) details: Option<String>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub(super) severity: Vec<Score>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub(super) affected: Vec<Affected>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) database_specific: Value,
}

/// A rating by a named method.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Score {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) score: String,
}

/// What is affected.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Affected {
    #[serde(default)]
    pub(super) package: Option<Package>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub(super) ranges: Vec<Range>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub(super) versions: Vec<String>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub(super) severity: Vec<Score>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) ecosystem_specific: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) database_specific: Value,
}

/// A package.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Package {
    pub(super) ecosystem: String,
    pub(super) name: String,
}

/// A range.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Range {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) events: Vec<Event>,
}

/// An event. The schema allows one key each; old entries have two.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) introduced: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fixed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_affected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<String>,
}

impl Affected {
    /// Whether this is the package; `name` is normalised.
    pub(super) fn is_about(&self, ecosystem: &Ecosystem, name: &str) -> bool {
        self.package.as_ref().is_some_and(|package| {
            package.ecosystem == ecosystem.as_str() && ecosystem.normalise(&package.name) == name
        })
    }

    /// Only what an index needs.
    pub(super) fn trimmed(mut self) -> Self {
        self.ranges.retain(|range| range.kind != "GIT");
        self.ecosystem_specific = only_severity(&self.ecosystem_specific);
        self.database_specific = only_severity(&self.database_specific);
        self
    }
}

impl Entry {
    /// Only what an index needs of it about one package.
    pub(super) fn about(&self, ecosystem: &Ecosystem, name: &str) -> Self {
        let affected = self.affected.iter().filter(|affected| affected.is_about(ecosystem, name));
        Self {
            id: self.id.clone(),
            modified: self.modified.clone(),
            withdrawn: None,
            aliases: self.aliases.clone(),
            summary: Some(super::advisory::summary(self)),
            details: None,
            severity: self.severity.clone(),
            affected: affected.cloned().map(Affected::trimmed).collect(),
            database_specific: only_severity(&self.database_specific),
        }
    }
}

fn only_severity(specific: &Value) -> Value {
    specific.get("severity").filter(|severity| severity.is_string()).map_or(Value::Null, |severity| {
        Value::Object(Map::from_iter([("severity".to_owned(), severity.clone())]))
    })
}

/// The elements that can be read.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(values) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}
