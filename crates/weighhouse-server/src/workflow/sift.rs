//! The first look, before anything was sent: at names, and at the first bytes that clients show. What is certain from them, and what policy denies,
//! is refused at once. What is not certain waits for the inspection.

use std::collections::HashSet;
use std::sync::Arc;

use weighhouse_core::Outcome;
use weighhouse_formats::source::Memory;
use weighhouse_policy::{Facts, decide};
use weighhouse_scan::source::{Entry, EntryContent, Listing};

use crate::error::{GateError, Result};
use crate::gate::Gate;

/// The beginning of a file that somebody wants to upload.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether that is all of it.
    pub(crate) whole: bool,
}

/// Rules whose findings no further byte takes back: what a pickle names at its beginning is imported, whatever comes after it.
const CERTAIN: &[&str] = &[
    "dangerous-global",
    "misused-global",
    "standard-library-global",
    "main-module-global",
    "unknown-global",
    "extension-code",
];

impl Gate {
    /// Why policy denies these files for a stage already; nothing if it may not.
    pub(crate) async fn sift(&self, stage: &str, samples: Vec<Sample>) -> Result<Option<String>> {
        let stage = self.stage(stage)?.clone();
        let whole: HashSet<String> =
            samples.iter().filter(|sample| sample.whole).map(|sample| sample.path.clone()).collect();
        let entries = samples.into_iter().map(|sample| Entry {
            path: sample.path,
            content: EntryContent::Spooled(Memory::shared(sample.bytes)),
        });
        let listing =
            Listing { name: "upload".to_owned(), entries: entries.collect(), obstacles: Vec::new() };
        let (inspector, cancelled) = (Arc::clone(&self.inspector), Arc::clone(&self.cancelled));
        let turn = self.sifting.acquire().await;
        let turn = turn.map_err(|error| GateError::Internal(error.to_string()))?;
        let inspected = tokio::task::spawn_blocking(move || inspector.inspect(listing, &cancelled)).await;
        drop(turn);
        let inspected = inspected.map_err(|error| GateError::Internal(error.to_string()))?;
        let (inspection, _) = match inspected {
            Ok(inspected) => inspected,
            Err(why) => {
                // The inspection itself is still to come.
                tracing::warn!(why, "what is to be uploaded could not be looked at");
                return Ok(None);
            }
        };
        let mut facts = Facts::of(&inspection, &stage.profile);
        facts
            .findings
            .retain(|finding| whole.contains(&finding.file) || CERTAIN.contains(&finding.slug.as_str()));
        (facts.artifact.gaps, facts.artifact.gap_reasons) = (0, std::collections::BTreeSet::new());
        let policies = self.policies();
        let decision = decide(&policies, &facts);
        if decision.outcome != Outcome::Deny {
            return Ok(None);
        }
        // What would be denied without these files, too, is no reason against them: a card that is still to come.
        let mut without = facts.clone();
        without.findings.clear();
        without.artifact.formats.clear();
        let other = decide(&policies, &without);
        let usual: HashSet<&str> = other.reasons.iter().map(|reason| reason.policy.as_str()).collect();
        let mut words = Vec::new();
        for reason in &decision.reasons {
            if reason.outcome != Outcome::Deny || usual.contains(reason.policy.as_str()) {
                continue;
            }
            let found =
                inspection.findings.iter().filter(|found| reason.findings.contains(&found.fingerprint));
            let found: Vec<String> = found
                .take(3)
                .map(|found| format!("`{}`: {} ({})", found.location.file, found.headline, found.rule.id))
                .collect();
            words.push(if found.is_empty() {
                reason.message.clone()
            } else {
                format!("{}; {}", reason.message, found.join("; "))
            });
        }
        if words.is_empty() {
            return Ok(None);
        }
        let (name, words) = (&stage.name, words.join("; "));
        Ok(Some(format!("this would be rejected for `{name}`, so it is not taken: {words}")))
    }
}
