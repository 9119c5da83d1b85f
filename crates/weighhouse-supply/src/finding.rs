//! How threads make findings.

use weighhouse_core::printable::printable;
use weighhouse_core::{Finding, Fingerprint, Location, RuleMeta, Severity};

/// A finding of `rule` at `location`. `evidence` and members of the location may come from the artifact; `headline` and `remediation`
/// must be fit to be shown.
pub(crate) fn finding(
    rule: &'static RuleMeta,
    severity: Severity,
    location: Location,
    headline: impl Into<String>,
    evidence: Option<String>,
    remediation: impl Into<String>,
) -> Finding {
    let evidence = evidence.map(|text| printable(&text));
    Finding {
        rule,
        severity,
        confidence: rule.confidence,
        headline: headline.into(),
        fingerprint: Fingerprint::new(rule.id, &location, evidence.as_deref()),
        location,
        evidence,
        remediation: remediation.into(),
        waived: None,
    }
}
