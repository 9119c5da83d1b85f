//! SARIF 2.1.0 (OASIS), as GitHub code scanning and other viewers read it.
//!
//! Byte and line regions are only given for places in the file itself; a place inside a member is a logical location, for
//! its offsets are not offsets of the file. Texts from the artifact are printable, and `[`, `]` and `\` are escaped because
//! SARIF messages may hold links. Braces stay single: no message has arguments, and viewers show doubled ones as they are.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use weighhouse_core::RuleMeta;

use crate::Report;

mod results;
mod rules;
mod wire;

/// Name under which file URIs are relative to the target.
const BASE: &str = "TARGET";

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<&str, &RuleMeta> = report.rules.iter().map(|rule| (rule.id, *rule)).collect();
    for finding in &report.inspection.findings {
        rules.entry(finding.rule.id).or_insert(finding.rule);
    }
    let rules: Vec<&RuleMeta> = rules.into_values().collect();
    let mut writer = serde_json::Serializer::pretty(&mut *out);
    results::log(report, &rules).serialize(&mut writer)?;
    writeln!(out)
}
