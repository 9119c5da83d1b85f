use weighhouse_core::Severity;
use weighhouse_formats::zarr::{Reference, ZarrFacts};

use crate::knowledge::effects::is_collector;
use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// The data of an array is taken from a file or an address outside the artifact.
    ///
    /// # What it detects
    ///
    /// References of kerchunk and fsspec to files of the machine, to the machine itself and its neighbours, to shares and to addresses
    /// that only collect what is sent to them, also behind `simplecache::` and the like (high); to file systems that log in
    /// somewhere (medium); to stores and web servers (low: what they give is not inspected).
    ///
    /// # Why it matters
    ///
    /// Whoever opens the data set opens what it refers to: files that were never part of it, and services that only this machine
    /// can reach.
    ///
    /// # Example
    ///
    /// `"refs": {"x/0": ["file:///etc/passwd", 0, 100]}`
    ///
    /// # What to do
    ///
    /// Do not open it where such files and services are in reach. Ask the maker for the data itself.
    ///
    /// # References
    ///
    /// - <https://fsspec.github.io/kerchunk/spec.html>
    /// - <https://cwe.mitre.org/data/definitions/73.html>
    pub(crate) DataReference {
        id: "WH-DAT-004",
        slug: "data-reference",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json],
        cwe: [73, 918],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for DataReference {
    fn zarr(&self, facts: &ZarrFacts, cx: &mut Context<'_>) {
        let mut away: Vec<&Reference> = Vec::new();
        for reference in &facts.references {
            // An address in brackets has two colons as well.
            let chained = if reference.target.contains('[') { "\0" } else { "::" };
            let worst =
                reference.target.split(chained).filter_map(judge).max_by_key(|(severity, _)| *severity);
            let Some((severity, why)) = worst else { continue };
            if severity == Severity::Low {
                away.push(reference);
                continue;
            }
            report(
                reference,
                format!(
                    "the data {} is taken from {}, {why}",
                    quote(&reference.key),
                    quote(&reference.target)
                ),
                severity,
                cx,
            );
        }
        if let Some(first) = away.first() {
            let headline = format!(
                "data is taken from {} places elsewhere, the first is {}",
                away.len(),
                quote(&first.target)
            );
            report(first, headline, Severity::Low, cx);
        }
    }
}

fn report(reference: &Reference, headline: String, severity: Severity, cx: &mut Context<'_>) {
    cx.report(headline)
        .severity(severity)
        .at(reference.region)
        .key(&reference.key)
        .evidence(&reference.target)
        .emit();
}

/// What is behind one part of an address.
fn judge(part: &str) -> Option<(Severity, &'static str)> {
    const STORES: &[&str] = &[
        "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "hf", "r2", "http", "https",
        "webdav",
    ];
    const PLAIN: &[&str] = &["memory", "zip", "tar", "reference", "data"];
    let Some((scheme, rest)) =
        part.split_once(':').filter(|(scheme, _)| scheme.len() > 1 && !scheme.contains(['/', '{']))
    else {
        return match target(part) {
            Target::Inside(_) => None,
            Target::Leaves(why) => Some((Severity::High, why)),
        };
    };
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "file" | "local" => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            match target(path) {
                Target::Inside(_) => None,
                Target::Leaves(why) => Some((Severity::High, why)),
            }
        }
        "smb" => Some((Severity::High, "a share, which is told who asks")),
        _ if is_near(rest) => Some((Severity::High, "a service of this machine or its network")),
        _ if is_collector(part).is_some() => Some((Severity::High, "which only collects what is sent to it")),
        scheme if STORES.contains(&scheme) => Some((Severity::Low, "elsewhere")),
        scheme if PLAIN.contains(&scheme) => None,
        _ => Some((
            Severity::Medium,
            "a file system that is reached over the network or through another program",
        )),
    }
}

/// Whether an address is of this machine, of a private network, or of a cloud's service for its machines.
fn is_near(rest: &str) -> bool {
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
    let host = host.strip_prefix('[').map_or_else(
        || host.split(':').next().unwrap_or_default().to_owned(),
        |rest| rest.split(']').next().unwrap_or_default().to_owned(),
    );
    let parts: Vec<Option<u8>> = host.split('.').map(|part| part.parse().ok()).collect();
    let private = match parts.as_slice() {
        [Some(127 | 10 | 0), ..] | [Some(169), Some(254), ..] | [Some(192), Some(168), ..] => {
            parts.len() == 4
        }
        [Some(172), Some(second), ..] => parts.len() == 4 && (16..32).contains(second),
        _ => false,
    };
    let number =
        !host.is_empty() && (host.bytes().all(|byte| byte.is_ascii_digit()) || host.starts_with("0x"));
    private
        || number
        || matches!(host.as_str(), "localhost" | "::1" | "::" | "metadata" | "metadata.google.internal")
        || ["fe80:", "fc", "fd", "::ffff:"].iter().any(|begin| host.contains(':') && host.starts_with(begin))
        || host.ends_with(".localhost")
        || host.ends_with(".internal")
}

crate::samples! {
    DataReference,
    bad: {
        "a file of the machine" => [("refs.json", br#"{"version": 1, "refs": {".zgroup": "{\"zarr_format\":2}", "x/0": ["file:///etc/passwd", 0, 100]}}"#.to_vec())],
        "behind a cache" => [("refs.json", br#"{"version": 1, "refs": {"x/0": ["simplecache::file:///root/.ssh/id_rsa"]}}"#.to_vec())],
        "the first form" => [("refs.json", br#"{".zgroup": "{\"zarr_format\":2}", "x/0": ["/etc/passwd", 0, 100]}"#.to_vec())],
        "a service of the cloud" => [("refs.json", br#"{"version": 1, "templates": {"u": "http://169.254.169.254/latest"}, "refs": {"x/0": ["{{u}}/meta-data"]}}"#.to_vec())],
        "a store" => [("refs.json", br#"{"version": 1, "refs": {"x/0": ["s3://bucket/file.nc", 0, 100]}}"#.to_vec())],
    },
    ok: {
        "a file beside it" => [("refs.json", br#"{"version": 1, "refs": {".zgroup": "{\"zarr_format\":2}", "x/0": ["data/file.nc", 0, 100], "x/1": ["file://data/file.nc", 100, 100]}}"#.to_vec())],
    },
}
