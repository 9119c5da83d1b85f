//! The answer as JSON.

use serde_json::{Map, Value, json};
use weighhouse_core::{Finding, Location};
use weighhouse_supply::deps::{Exposure, Hit, Judged, Result};

/// The document, `urn:weighhouse:deps:v1`.
pub(super) fn document(name: &str, result: &Result, findings: &[Finding]) -> Value {
    let sources = result.sources.iter().map(|source| {
        json!({
            "ecosystem": source.ecosystem.as_str(),
            "as_of": source.date.to_string(),
            "digest": source.digest.to_string(),
            "advisories": source.advisories,
            "too_old": source.too_old,
        })
    });
    let troubles = result
        .troubles
        .iter()
        .map(|trouble| json!({ "location": place(&trouble.location), "detail": trouble.detail }));
    let loaders = result.loaders.iter().map(|advice| {
        json!({
            "format": advice.loader.format,
            "distribution": advice.loader.distribution,
            "from": advice.from,
            "vulnerabilities_below": advice.below,
        })
    });
    json!({
        "schema": "urn:weighhouse:deps:v1",
        "name": weighhouse_core::printable::printable(name),
        "state": result.state.as_str(),
        "headline": result.headline(),
        "advisories": sources.collect::<Vec<_>>(),
        "packages": result.packages.iter().map(package).collect::<Vec<_>>(),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        "loaders": loaders.collect::<Vec<_>>(),
        "troubles": troubles.collect::<Vec<_>>(),
        "missing": result.missing,
    })
}

fn place(location: &Location) -> Value {
    let mut place = Map::from_iter([("file".to_owned(), json!(location.file))]);
    let parts = [
        ("member", location.member().map(Value::from)),
        ("line", location.text.map(|text| Value::from(text.line))),
    ];
    place.extend(parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    Value::Object(place)
}

fn package(judged: &Judged) -> Value {
    let package = &judged.package;
    let exposure = match judged.exposure {
        Exposure::Present => "present",
        Exposure::Forced => "newest-allowed",
        Exposure::Open => "any-version",
        Exposure::BuiltWith => "built-with",
    };
    json!({
        "ecosystem": package.ecosystem.as_str(),
        "name": package.name,
        "wanted": package.wanted.to_string(),
        "purl": package.ecosystem.purl(&package.name, package.wanted.exact()),
        "confidence": package.confidence.as_str(),
        "source": package.source,
        "location": place(&package.location),
        "condition": package.condition,
        "development_only": package.aside,
        "exposure": exposure,
        "judged_version": judged.version,
        "upgrade": judged.upgrade,
        "vulnerabilities": judged.hits.iter().map(hit).collect::<Vec<_>>(),
        "undetermined": judged.undetermined,
    })
}

fn hit(hit: &Hit) -> Value {
    let cleared = hit
        .cleared
        .as_ref()
        .map(|(status, reason, author)| json!({ "status": status, "reason": reason, "author": author }));
    json!({
        "id": hit.name,
        "aliases": hit.aliases,
        "severity": hit.rating.as_str(),
        "rating": hit.rating.source,
        "summary": hit.summary,
        "fixed": hit.fixed,
        "malware": hit.malware,
        "cleared": cleared,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.id,
        "slug": finding.rule.slug,
        "severity": finding.severity.as_str(),
        "headline": finding.headline,
        "location": place(&finding.location),
        "evidence": finding.evidence,
        "remediation": finding.remediation,
        "fingerprint": finding.fingerprint.to_string(),
        "waived": finding.waived.as_ref().map(|by| json!({ "owner": by.owner, "reason": by.reason, "expires": by.expires.to_string() })),
    })
}
