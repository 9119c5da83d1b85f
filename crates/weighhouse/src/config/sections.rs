//! The sections of the file but waivers: profile, thresholds, policies, limits, Hub.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use weighhouse_core::Diagnostic;
use weighhouse_core::diagnostic::Level;
use weighhouse_formats::bounded::Limits;
use weighhouse_policy::{Base, Profile};

use super::bounds::Bound;
use super::company;
use super::problems::{At, Problems, Section, cut};
use super::{
    Config, Health, Hub, Lineage, MAX_FILES, PolicyFiles, Request, Signature, advisories, find, gate, size,
    suggest,
};

const KEYS: &[&str] = &[
    "profile",
    "profiles",
    "fail-on",
    "policy",
    "limits",
    "waiver",
    "hub",
    "signature",
    "advisories",
    "lineage",
    "company",
    "licence",
    "health",
    "gate",
];
const PROFILE_KEYS: &[&str] = &["extends", "deny-at", "review-at", "min-confidence", "complete-coverage"];
const POLICY_KEYS: &[&str] = &["files", "extend"];
const HUB_KEYS: &[&str] = &["endpoint", "cache"];
const HEALTH_KEYS: &[&str] = &["store"];
const LINEAGE_KEYS: &[&str] = &["store"];
const SIGNATURE_KEYS: &[&str] =
    &["public-keys", "trust-roots", "sigstore-trusted-root", "identity", "issuer"];

pub(super) fn config(
    problems: &mut Problems,
    root: &Section<'_>,
    path: Option<&Path>,
    request: &Request<'_>,
) -> Config {
    problems.unknown_keys(root, KEYS);
    let profiles = profiles(problems, root);
    let base = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let (limits, max_files) = limits(problems, root);
    let known = |name: &str| profiles.get(name).cloned().or_else(|| Profile::built_in(name));
    Config {
        gate: gate::gate(problems, root, base, &known),
        profile: chosen(problems, root, &profiles),
        profiles,
        fail_on: word(problems, root, "fail-on"),
        policy: policy(problems, root, base, request),
        limits,
        max_files,
        hub: hub(problems, root, base),
        signature: signature(problems, root, base),
        lineage: lineage(problems, root, base),
        health: health(problems, root, base),
        advisories: advisories::advisories(problems, root, base),
        licence: company::settings(problems, root),
        ..Config::default()
    }
}

/// Names of all profiles: the built-in ones first.
pub(super) fn profile_names(own: &BTreeMap<String, Profile>) -> impl Iterator<Item = &str> {
    Profile::BUILT_IN.iter().copied().chain(own.keys().map(String::as_str))
}

fn chosen(problems: &mut Problems, root: &Section<'_>, own: &BTreeMap<String, Profile>) -> Profile {
    let Some(name) = problems.text(root, "profile") else { return Profile::default() };
    own.get(name.value).cloned().or_else(|| Profile::built_in(name.value)).unwrap_or_else(|| {
        // A profile that is defined, but wrongly, is reported where it is defined.
        let defined = root.table.get("profiles").and_then(|profiles| profiles.get_ref().as_table());
        if !defined.is_some_and(|table| table.contains_key(name.value)) {
            let defined =
                defined.into_iter().flat_map(|table| table.keys()).map(|name| name.get_ref().as_ref());
            let known: BTreeSet<&str> = profile_names(own).chain(defined).collect();
            let known: Vec<_> = known.into_iter().collect();
            let headline = format!("there is no profile `{}`", cut(name.value));
            problems.error("WH-CFG-004", headline, &name.span, suggest::help(name.value, &known));
        }
        Profile::default()
    })
}

fn profiles(problems: &mut Problems, root: &Section<'_>) -> BTreeMap<String, Profile> {
    let mut own = BTreeMap::new();
    let Some(section) = problems.table(root, "profiles") else { return own };
    for key in section.table.keys() {
        let name: &str = key.get_ref();
        let Some(mut table) = problems.table(&section, name) else { continue };
        table.name = format!("[profiles.{}]", cut(name));
        if Profile::BUILT_IN.contains(&name) {
            let headline = format!("profile `{name}` is built in and cannot be changed");
            let help = format!("choose another name and write `extends = \"{name}\"`");
            problems.error("WH-CFG-010", headline, &key.span(), help);
        }
        if let Some(profile) = profile(problems, &table, name) {
            own.insert(name.to_owned(), profile);
        }
    }
    own
}

fn profile(problems: &mut Problems, table: &Section<'_>, name: &str) -> Option<Profile> {
    problems.unknown_keys(table, PROFILE_KEYS);
    let base = problems.text(table, "extends").map_or_else(
        || Some(Profile::default()),
        |base| {
            let found = Profile::built_in(base.value);
            if found.is_none() {
                let headline = format!("`{}` is not a built-in profile", cut(base.value));
                problems.error(
                    "WH-CFG-004",
                    headline,
                    &base.span,
                    suggest::help(base.value, Profile::BUILT_IN),
                );
            }
            found
        },
    );
    let deny = word_at(problems, table, "deny-at");
    let review = word_at(problems, table, "review-at");
    let confidence = word(problems, table, "min-confidence");
    let coverage = problems.flag(table, "complete-coverage");
    let base = base?;
    let profile = Profile {
        name: name.to_owned(),
        deny_at: deny.as_ref().map_or(base.deny_at, |at| at.value),
        review_at: review.as_ref().map_or(base.review_at, |at| at.value),
        min_confidence: confidence.unwrap_or(base.min_confidence),
        complete_coverage: coverage.map_or(base.complete_coverage, |at| at.value),
    };
    if profile.review_at > profile.deny_at {
        let span = review.or(deny).map_or_else(|| table.span.clone(), |at| at.span);
        let headline = format!(
            "`review-at` is `{}`, above `deny-at`, which is `{}`",
            profile.review_at, profile.deny_at
        );
        problems.error("WH-CFG-009", headline, &span, "review what is not yet denied: lower `review-at`");
    }
    Some(profile)
}

/// A word on a scale.
fn word<T: FromStr<Err: ToString>>(problems: &mut Problems, section: &Section<'_>, key: &str) -> Option<T> {
    word_at(problems, section, key).map(|at| at.value)
}

fn word_at<T: FromStr<Err: ToString>>(
    problems: &mut Problems,
    section: &Section<'_>,
    key: &str,
) -> Option<At<T>> {
    let At { value, span } = problems.text(section, key)?;
    if let Ok(value) = value.parse() {
        return Some(At { value, span });
    }
    let known: &[&str] = match key {
        "min-confidence" => &["low", "medium", "high"],
        _ => &["info", "low", "medium", "high", "critical"],
    };
    let headline = format!("`{key}` cannot be `{}`", cut(value));
    problems.error("WH-CFG-004", headline, &span, suggest::help(value, known));
    None
}

fn policy(problems: &mut Problems, root: &Section<'_>, base: &Path, request: &Request<'_>) -> PolicyFiles {
    let Some(section) = problems.table(root, "policy") else { return PolicyFiles::default() };
    problems.unknown_keys(&section, POLICY_KEYS);
    let extend = problems.flag(&section, "extend");
    let files = problems.texts(&section, "files");
    if let (Some(At { value: false, span }), true) =
        (&extend, files.as_ref().is_none_or(|f| f.value.is_empty()))
    {
        let headline = "`extend = false` without policy files would deny everything".to_owned();
        problems.error("WH-CFG-009", headline, span, "name the policies to use instead in `files`");
    }
    let foreign = find::foreign(request.targets);
    let mut sources = Vec::new();
    for file in files.into_iter().flat_map(|files| files.value) {
        let path = base.join(file.value);
        if find::inside(&path, &foreign) {
            let headline = format!("policy file `{}` lies in what is examined", cut(file.value));
            problems.error(
                "WH-CFG-016",
                headline,
                &file.span,
                "a model must not bring the policy that judges it",
            );
            continue;
        }
        match find::read(&path) {
            Ok(source) => sources.push(source),
            Err(problem) => {
                let place = Diagnostic { level: Level::Error, ..problem };
                let source = problems.source.clone();
                problems.push(place.at(&source, file.span, "named here"));
            }
        }
    }
    let base = if extend.is_some_and(|extend| !extend.value) { Base::Nothing } else { Base::Default };
    PolicyFiles { base, sources }
}

/// What is held in memory or recursed into stays bounded.
const LIMITS: &[Bound] = &[
    ("depth", false, 64),
    ("members", false, 100_000_000),
    ("unpacked", true, 1 << 50),
    ("ratio", false, 1_000_000),
    ("ratio-floor", true, 1 << 40),
    ("spool-memory", true, 1 << 32),
    ("steps", false, 1 << 50),
    ("text", true, 1 << 32),
    ("facts", false, 100_000_000),
    ("files", false, 100_000_000),
];

/// Bounds of an inspection, and the number of files listed.
fn limits(problems: &mut Problems, root: &Section<'_>) -> (Limits, usize) {
    let mut limits = Limits::default();
    let mut files = MAX_FILES;
    let Some(section) = problems.table(root, "limits") else { return (limits, files) };
    let keys: Vec<_> = LIMITS.iter().map(|(key, ..)| *key).collect();
    problems.unknown_keys(&section, &keys);
    for (key, bytes, most) in LIMITS {
        let Some(value) = limit(problems, &section, key, *bytes, *most) else { continue };
        match *key {
            "depth" => limits.depth = u32::try_from(value).unwrap_or(u32::MAX),
            "members" => limits.members = value,
            "unpacked" => limits.unpacked = value,
            "ratio" => limits.ratio = value,
            "ratio-floor" => limits.ratio_floor = value,
            "spool-memory" => limits.spool_memory = value,
            "steps" => limits.steps = value,
            "text" => limits.text = value,
            "facts" => limits.facts = usize::try_from(value).unwrap_or(usize::MAX),
            _ => files = usize::try_from(value).unwrap_or(usize::MAX),
        }
    }
    (limits, files)
}

pub(super) fn limit(
    problems: &mut Problems,
    section: &Section<'_>,
    key: &str,
    bytes: bool,
    most: u64,
) -> Option<u64> {
    let quantity = problems.quantity(section, key)?;
    let (value, written) = match quantity.value {
        Ok(number) => (Some(number), number.to_string()),
        Err(text) if bytes => (size::parse(text), text.to_owned()),
        Err(text) => (None, text.to_owned()),
    };
    let value = value.filter(|value| (1..=most).contains(value));
    if value.is_none() {
        let headline = format!("`{key}` cannot be `{}`", cut(&written));
        let help = if bytes {
            format!("write bytes or a size such as `\"64 MiB\"`, from 1 to {most}")
        } else {
            format!("write a number from 1 to {most}")
        };
        problems.error("WH-CFG-008", headline, &quantity.span, help);
    }
    value
}

fn hub(problems: &mut Problems, root: &Section<'_>, base: &Path) -> Hub {
    let Some(section) = problems.table(root, "hub") else { return Hub::default() };
    problems.unknown_keys(&section, HUB_KEYS);
    let endpoint =
        problems.text(&section, "endpoint").and_then(|endpoint| match endpoint_fault(endpoint.value) {
            None => Some(endpoint.value.trim_end_matches('/').to_owned()),
            Some((what, help)) => {
                problems.error("WH-CFG-015", format!("`endpoint` {what}"), &endpoint.span, help);
                None
            }
        });
    let cache = problems.text(&section, "cache").map(|cache| base.join(cache.value));
    Hub { endpoint, cache }
}

fn signature(problems: &mut Problems, root: &Section<'_>, base: &Path) -> Signature {
    let Some(section) = problems.table(root, "signature") else { return Signature::default() };
    problems.unknown_keys(&section, SIGNATURE_KEYS);
    let mut paths = |key| -> Vec<PathBuf> {
        let texts = problems.texts(&section, key).map(|texts| texts.value).unwrap_or_default();
        texts.into_iter().map(|text| base.join(text.value)).collect()
    };
    let (public_keys, trust_roots) = (paths("public-keys"), paths("trust-roots"));
    let mut text = |key| problems.text(&section, key).map(|text| text.value.to_owned());
    let (identity, issuer) = (text("identity"), text("issuer"));
    let root = problems.text(&section, "sigstore-trusted-root");
    // Anybody can be certified by a public instance: without both, any signature of anybody would do.
    if let Some(root) = root.as_ref().filter(|_| identity.is_none() || issuer.is_none()) {
        let headline = "`sigstore-trusted-root` needs `identity` and `issuer`".to_owned();
        let help = "name who must have signed, and the address of who checked that identity";
        problems.error("WH-CFG-017", headline, &root.span, help);
    }
    let sigstore_trusted_root = root.map(|root| base.join(root.value));
    Signature { public_keys, trust_roots, sigstore_trusted_root, identity, issuer }
}

fn health(problems: &mut Problems, root: &Section<'_>, base: &Path) -> Health {
    let Some(section) = problems.table(root, "health") else { return Health::default() };
    problems.unknown_keys(&section, HEALTH_KEYS);
    Health { store: problems.text(&section, "store").map(|text| base.join(text.value)) }
}

fn lineage(problems: &mut Problems, root: &Section<'_>, base: &Path) -> Lineage {
    let Some(section) = problems.table(root, "lineage") else { return Lineage::default() };
    problems.unknown_keys(&section, LINEAGE_KEYS);
    Lineage { store: problems.text(&section, "store").map(|store| base.join(store.value)) }
}

/// What is wrong with an endpoint, and what to do. The text itself is not repeated: it may hold a secret.
pub(crate) fn endpoint_fault(endpoint: &str) -> Option<(&'static str, &'static str)> {
    let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let Some(rest) = rest else { return Some(("is not a web address", "write `https://` and the host")) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some((
            "holds credentials",
            "secrets do not belong in this file: set `HF_TOKEN`, or `WEIGHHOUSE_UPSTREAM_TOKEN` of a gate, in the environment",
        ));
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#');
    (authority.is_empty() || rest.contains(odd))
        .then_some(("is not a web address", "write `https://`, the host and at most a path"))
}

#[cfg(test)]
pub(super) const ALL_KEYS: &[(&str, &[&str])] = &[
    ("", KEYS),
    ("profiles", PROFILE_KEYS),
    ("policy", POLICY_KEYS),
    ("hub", HUB_KEYS),
    ("signature", SIGNATURE_KEYS),
    ("lineage", LINEAGE_KEYS),
    ("health", HEALTH_KEYS),
    ("advisories", advisories::KEYS),
    ("company", company::COMPANY_KEYS),
    ("licence", company::LICENCE_KEYS),
    ("gate", gate::KEYS),
    ("stages", gate::STAGE_KEYS),
    ("directory", super::identity::DIRECTORY_KEYS),
    ("workloads", super::identity::WORKLOAD_KEYS),
    ("attesters", super::trust::ATTESTER_KEYS),
    ("witnesses", super::trust::WITNESS_KEYS),
    ("mail", gate::MAIL_KEYS),
    ("webhooks", gate::WEBHOOKS_KEYS),
    ("traces", gate::TRACES_KEYS),
];

/// Each section of bounds: where the schema has it, and the largest values.
#[cfg(test)]
pub(super) const BOUNDS: &[(&[&str], &[Bound])] = &[
    (&["limits"], LIMITS),
    (&["gate", "uploads"], super::bounds::UPLOADS),
    (&["gate", "connections"], super::bounds::CONNECTIONS),
];
