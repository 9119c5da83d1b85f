//! OpenVEX: what somebody found out about a vulnerability in a product, read and written.
//!
//! Only a statement that says *not affected* (with its reason) or *fixed* takes a vulnerability off a report, only for the package it names,
//! and never without being shown. Statements come from whoever runs the inspection, never from what is inspected.
//!
//! Specification: <https://github.com/openvex/spec> (0.2.0; the older form with plain texts is read too).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Date, Digest};

use super::{Advisory, Ecosystem};

const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";
/// Statements of one document.
const STATEMENTS: usize = 100_000;
/// Characters of a reason that are shown.
const REASON: usize = 300;

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VexError {
    /// It is no OpenVEX.
    #[error("no OpenVEX document: {0}")]
    Foreign(String),
    /// A statement breaks the specification.
    #[error("statement {at}: {why}")]
    Statement {
        /// Which, from 1.
        at: usize,
        /// What is wrong.
        why: String,
    },
}

/// What is said of a vulnerability in a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It cannot be exploited there.
    NotAffected,
    /// It can.
    Affected,
    /// It is repaired there.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

impl Status {
    /// The word of the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// Whether it takes a vulnerability off a report.
    pub fn clears(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Every name of the vulnerability.
    pub vulnerability: BTreeSet<String>,
    /// Package URLs or other ids of products, each with those of its parts that are meant.
    pub products: Vec<(String, Vec<String>)>,
    /// What holds.
    pub status: Status,
    /// Why. Safe to print.
    pub reason: String,
    /// When it was said, as written.
    pub timestamp: String,
    /// Who says it. Safe to print.
    pub author: String,
}

/// Reads a document.
///
/// # Errors
/// It is no OpenVEX, or a statement lacks what the specification demands: half a document would clear too little or too much.
pub fn read(text: &str) -> Result<Vec<Statement>, VexError> {
    let foreign = |why: &str| VexError::Foreign(why.to_owned());
    let document: Value = serde_json::from_str(text).map_err(|error| VexError::Foreign(error.to_string()))?;
    let context = document.get("@context").and_then(Value::as_str).unwrap_or_default();
    if !context.starts_with("https://openvex.dev/ns") {
        return Err(foreign("`@context` does not name OpenVEX"));
    }
    let list = document
        .get("statements")
        .and_then(Value::as_array)
        .ok_or_else(|| foreign("it has no `statements`"))?;
    if list.len() > STATEMENTS {
        return Err(foreign("it has too many statements"));
    }
    let author = printable_within(word(&document, "author"), 100);
    let timestamp = word(&document, "timestamp");
    let read = |(at, value): (usize, &Value)| {
        statement(value, &author, timestamp)
            .map_err(|why| VexError::Statement { at: at.saturating_add(1), why })
    };
    list.iter().enumerate().map(read).collect()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn statement(value: &Value, author: &str, timestamp: &str) -> Result<Statement, String> {
    let vulnerability = value.get("vulnerability").ok_or("it names no vulnerability")?;
    let mut names: BTreeSet<String> = vulnerability.as_str().map(str::to_owned).into_iter().collect();
    names.extend(vulnerability.get("name").and_then(Value::as_str).map(str::to_owned));
    let aliases = vulnerability.get("aliases").and_then(Value::as_array).into_iter().flatten();
    names.extend(aliases.filter_map(Value::as_str).map(str::to_owned));
    if names.is_empty() {
        return Err("it names no vulnerability".to_owned());
    }
    let status = match word(value, "status") {
        "not_affected" => Status::NotAffected,
        "affected" => Status::Affected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        other => return Err(format!("`{}` is no status", printable_within(other, 40))),
    };
    let parts = ["justification", "impact_statement", "action_statement", "status_notes"];
    let reason: Vec<&str> =
        parts.iter().map(|key| word(value, key)).filter(|text| !text.is_empty()).collect();
    let justified = !word(value, "justification").is_empty() || !word(value, "impact_statement").is_empty();
    if status == Status::NotAffected && !justified {
        return Err("`not_affected` needs a `justification` or an `impact_statement`".to_owned());
    }
    let products: Vec<_> = value.get("products").and_then(Value::as_array).into_iter().flatten().collect();
    let products = products.into_iter().flat_map(|product| {
        let parts: Vec<String> = product
            .get("subcomponents")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .flat_map(ids)
            .collect();
        ids(product).into_iter().map(move |id| (id, parts.clone()))
    });
    let said = word(value, "timestamp");
    Ok(Statement {
        vulnerability: names,
        products: products.collect(),
        status,
        reason: printable_within(&reason.join(": "), REASON),
        timestamp: if said.is_empty() { timestamp.to_owned() } else { said.to_owned() },
        author: author.to_owned(),
    })
}

/// What a product is called: a plain text, its `@id`, its package URL.
fn ids(product: &Value) -> Vec<String> {
    let purl = product.get("identifiers").map(|all| word(all, "purl")).unwrap_or_default();
    let ids = [product.as_str().unwrap_or_default(), word(product, "@id"), purl];
    let mut ids: Vec<String> = ids.into_iter().filter(|id| !id.is_empty()).map(str::to_owned).collect();
    ids.dedup();
    ids
}

/// A package in a target, as statements name it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The name of the target.
    pub target: &'a str,
    /// Of the package.
    pub ecosystem: &'a Ecosystem,
    /// Of the package.
    pub name: &'a str,
    /// Of the package, if one is known.
    pub version: Option<&'a str>,
}

impl Subject<'_> {
    /// Whether an id is that of the package: the same type and name, and the same version if one is given.
    fn is_package(&self, id: &str) -> bool {
        use std::str::FromStr as _;
        let Ok(url) = packageurl::PackageUrl::from_str(id) else { return false };
        let Some((ecosystem, name)) = Ecosystem::named(&url) else { return false };
        ecosystem == *self.ecosystem
            && ecosystem.normalise(&name) == ecosystem.normalise(self.name)
            && url.version().is_none_or(|version| Some(version) == self.version)
    }

    /// Whether an id is that of the whole target.
    fn is_target(&self, id: &str) -> bool {
        let last = |text: &str| text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let bare = id.split(['@', '?', '#']).next().unwrap_or_default();
        id == self.target || (id.starts_with("pkg:") && last(bare) == last(self.target))
    }

    fn is_meant(&self, (product, parts): &(String, Vec<String>)) -> bool {
        if parts.is_empty() {
            return self.is_package(product);
        }
        (self.is_target(product) || self.is_package(product))
            && parts.iter().any(|part| self.is_package(part))
    }
}

/// The statement that holds for a vulnerability in a package: the latest that names both.
pub fn find<'s>(
    statements: &'s [Statement],
    subject: Subject<'_>,
    group: &[&Advisory],
) -> Option<&'s Statement> {
    let is_meant = |statement: &&Statement| {
        group.iter().flat_map(|advisory| advisory.names()).any(|name| statement.vulnerability.contains(name))
            && statement.products.iter().any(|product| subject.is_meant(product))
    };
    // The last of those said at the same time.
    statements.iter().filter(is_meant).max_by(|a, b| a.timestamp.cmp(&b.timestamp))
}

/// A statement to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The name people use.
    pub vulnerability: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Package URL.
    pub product: String,
    /// What holds.
    pub status: Status,
    /// For *not affected*: why. For *affected*: what is done about it.
    pub text: String,
}

/// Writes a document; the same statements on the same day give the same document.
pub fn write(said: &[Said], author: &str, date: Date) -> Value {
    let timestamp = format!("{date}T00:00:00Z");
    let statements: Vec<Value> = said.iter().map(statement_json).collect();
    let digest = Digest::of(Value::from(statements.clone()).to_string().as_bytes());
    json!({
        "@context": CONTEXT,
        "@id": format!("https://openvex.dev/docs/public/vex-{}", digest.hex()),
        "author": author,
        "timestamp": timestamp,
        "version": 1,
        "tooling": "weighhouse",
        "statements": statements,
    })
}

fn statement_json(said: &Said) -> Value {
    let mut vulnerability = Map::from_iter([("name".to_owned(), json!(said.vulnerability))]);
    if !said.aliases.is_empty() {
        vulnerability.insert("aliases".to_owned(), json!(said.aliases));
    }
    let products = json!([{ "@id": said.product, "identifiers": { "purl": said.product } }]);
    let mut statement = Map::from_iter([
        ("vulnerability".to_owned(), Value::Object(vulnerability)),
        ("products".to_owned(), products),
        ("status".to_owned(), json!(said.status.as_str())),
    ]);
    let key = match said.status {
        Status::NotAffected => "impact_statement",
        Status::Affected => "action_statement",
        Status::Fixed | Status::UnderInvestigation => "status_notes",
    };
    if !said.text.is_empty() {
        statement.insert(key.to_owned(), json!(said.text));
    }
    Value::Object(statement)
}
