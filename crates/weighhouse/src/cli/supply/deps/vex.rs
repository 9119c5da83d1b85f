//! What was found as OpenVEX: affected, cleared by a statement, or accepted by a waiver.

use serde_json::Value;
use weighhouse_core::{Date, Finding};
use weighhouse_supply::advisories::vex::{Said, Status, write};
use weighhouse_supply::deps::{Exposure, Hit, Judged, Result};

/// The document; the same results on the same day give the same one.
pub(super) fn document(result: &Result, findings: &[Finding], today: Date) -> Value {
    let mut said: Vec<Said> = result
        .packages
        .iter()
        .flat_map(|judged| judged.hits.iter().map(|hit| statement(judged, hit, findings)))
        .collect();
    said.sort_by(|a, b| (&a.product, &a.vulnerability).cmp(&(&b.product, &b.vulnerability)));
    said.dedup();
    write(&said, "weighhouse", today)
}

fn statement(judged: &Judged, hit: &Hit, findings: &[Finding]) -> Said {
    let package = &judged.package;
    let waived = judged.waiver(hit, findings);
    let waived = waived.map(|by| format!("accepted by {} until {}: {}", by.owner, by.expires, by.reason));
    let upgrade = hit.fixed.as_ref().map(|fixed| format!("update {} to {fixed} or later", package.name));
    let (status, text) = match (&hit.cleared, judged.exposure) {
        (Some(("fixed", reason, _)), _) => (Status::Fixed, reason.clone()),
        (Some((_, reason, _)), _) => (Status::NotAffected, reason.clone()),
        // Nobody knows what will be installed where the model is loaded.
        (None, Exposure::BuiltWith | Exposure::Open) => {
            (Status::UnderInvestigation, "the version that is installed is not known".to_owned())
        }
        (None, _) => {
            let action =
                waived.or(upgrade).unwrap_or_else(|| "no fix is known; do without the package".to_owned());
            (Status::Affected, action)
        }
    };
    let version = package.wanted.exact();
    Said {
        vulnerability: hit.name.clone(),
        aliases: hit.aliases.clone(),
        product: package.ecosystem.purl(&package.name, version),
        status,
        text,
    }
}
