//! Licences and bans of dependencies, checked offline against `deny.toml`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The part of `deny.toml` that is enforced here.
#[derive(Debug, Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    name: String,
    reason: String,
}

/// What is wrong with the dependencies of our crates. Development dependencies ship nothing and are left out of the bans,
/// not of the licences.
pub(crate) fn faults(root: &Path, metadata: &serde_json::Value) -> Result<Vec<String>> {
    let deny: Deny = toml::from_str(&fs::read_to_string(root.join("deny.toml"))?).context("deny.toml")?;
    let allowed: BTreeSet<&str> = deny.licenses.allow.iter().map(String::as_str).collect();
    let shipped = shipped(metadata);
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        if package["source"].is_null() {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence, &allowed) {
            faults.push(format!("{name}: the licence `{licence}` is not on the list of deny.toml"));
        }
        if let Some(ban) = deny.bans.deny.iter().find(|ban| ban.name == name)
            && shipped.contains(package["id"].as_str().unwrap_or_default())
        {
            faults.push(format!("{name} is banned: {}", ban.reason));
        }
    }
    Ok(faults)
}

fn is_allowed(licence: &str, allowed: &BTreeSet<&str>) -> bool {
    // Old packages separate alternatives by a slash.
    let expression = spdx::Expression::parse(&licence.replace('/', " OR "));
    expression.is_ok_and(|expression| {
        expression.evaluate(|requirement| allowed.contains(requirement.to_string().as_str()))
    })
}

/// Ids of the packages that are linked into the program: reached without development and build dependencies.
fn shipped(metadata: &serde_json::Value) -> BTreeSet<String> {
    let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
    let edges: std::collections::BTreeMap<&str, Vec<&str>> = nodes
        .map(|node| {
            let dependencies = node["deps"].as_array().into_iter().flatten().filter(|dependency| {
                dependency["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null())
            });
            let used = dependencies.filter_map(|dependency| dependency["pkg"].as_str()).collect();
            (node["id"].as_str().unwrap_or_default(), used)
        })
        .collect();
    let mut seen = BTreeSet::new();
    let ours = |id: &&str| id.contains("/crates/weighhouse#") || id.contains("#weighhouse@");
    let mut open: Vec<&str> = edges.keys().copied().filter(ours).collect();
    while let Some(id) = open.pop() {
        if seen.insert(id.to_owned()) {
            open.extend(edges.get(id).into_iter().flatten());
        }
    }
    seen
}
