//! Structure of the house: sizes of files, edges between crates, completeness of rule files, generated files.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{dependencies, registry, tree};

/// Hard cap of a source file, in lines. Catalogues are data and live in `data/`.
const FILE_CAP: usize = 1_000;
/// 95 % of files stay below this.
const FILE_P95: usize = 700;
/// The median file stays below this.
const FILE_MEDIAN: usize = 250;

/// Which of our crates each crate may use (DESIGN: edges point one way).
const EDGES: &[(&str, &[&str])] = &[
    ("weighhouse-core", &[]),
    ("weighhouse-formats", &[]),
    ("weighhouse-scan", &["weighhouse-core", "weighhouse-formats"]),
    ("weighhouse-supply", &["weighhouse-core", "weighhouse-formats"]),
    ("weighhouse-policy", &["weighhouse-core"]),
    ("weighhouse-log", &["weighhouse-core"]),
    ("weighhouse-report", &["weighhouse-core"]),
    (
        "weighhouse-server",
        &[
            "weighhouse-core",
            "weighhouse-formats",
            "weighhouse-log",
            "weighhouse-policy",
            "weighhouse-report",
            "weighhouse-scan",
            "weighhouse-supply",
        ],
    ),
    (
        "weighhouse",
        &[
            "weighhouse-core",
            "weighhouse-formats",
            "weighhouse-scan",
            "weighhouse-log",
            "weighhouse-policy",
            "weighhouse-report",
            "weighhouse-server",
            "weighhouse-supply",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that must not be reachable from synchronous code.
const ASYNC: &[&str] = &["tokio", "axum", "async-std", "smol"];
/// The crates that are not synchronous.
const SERVERS: &[&str] = &["weighhouse-server"];

/// Runs every check and reports all faults at once.
pub(crate) fn all(root: &Path) -> Result<()> {
    let metadata = metadata(root)?;
    let mut faults = sizes(root)?;
    faults.extend(edges(&metadata)?);
    faults.extend(dependencies::faults(root, &metadata)?);
    for rule in registry::declarations(root)? {
        let text = fs::read_to_string(&rule.path)?;
        faults
            .extend(rule_faults(&text).into_iter().map(|fault| format!("{}: {fault}", rule.path.display())));
    }
    if let Err(error) = registry::compare(root) {
        faults.push(error.to_string());
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    println!("structure is sound");
    Ok(())
}

fn sizes(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut lengths = Vec::new();
    for path in tree::files(root, "rs")? {
        let lines = fs::read_to_string(&path)?.lines().count();
        if lines > FILE_CAP {
            faults.push(format!("{} has {lines} lines; the cap is {FILE_CAP}", path.display()));
        }
        lengths.push(lines);
    }
    lengths.sort_unstable();
    let at = |share: usize| lengths.get(lengths.len() * share / 100).copied().unwrap_or(0);
    if at(95) > FILE_P95 {
        faults.push(format!(
            "95 % of files should have at most {FILE_P95} lines, but {} is the figure",
            at(95)
        ));
    }
    if at(50) > FILE_MEDIAN {
        faults.push(format!("the median file should have at most {FILE_MEDIAN} lines, but has {}", at(50)));
    }
    Ok(faults)
}

#[expect(clippy::disallowed_methods, reason = "a developer tool asks cargo for the dependency graph")]
fn metadata(root: &Path) -> Result<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host()])
        .current_dir(root)
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The platform that is built for: packages of other platforms need not be there.
fn host() -> &'static str {
    env!("XTASK_HOST")
}

fn edges(metadata: &serde_json::Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut faults = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if package["source"].is_null() {
            faults.extend(package_faults(name, package));
        }
    }
    Ok(faults)
}

fn package_faults(name: &str, package: &serde_json::Value) -> Vec<String> {
    let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == name) else {
        return vec![format!("{name} has no entry in the table of edges")];
    };
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies
        .filter(|dependency| dependency["kind"].is_null())
        .filter_map(|dependency| Some((dependency["name"].as_str()?, dependency["optional"] == true)))
        .filter_map(|(used, optional)| {
            let ours = used.starts_with("weighhouse");
            // The program may serve by a feature; without it, it has none of it.
            let serves = SERVERS.contains(&name) || (name == "weighhouse" && optional);
            let is_async = ASYNC.contains(&used) && !serves;
            let wrong = (ours && !allowed.contains(&used)) || is_async;
            wrong.then(|| format!("{name} must not depend on {used}"))
        })
        .collect()
}

/// What a rule's file lacks.
pub(crate) fn rule_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for section in ["What it detects", "Why it matters", "Example", "What to do", "References"] {
        if !text.contains(&format!("/// # {section}")) {
            faults.push(format!("the section `{section}` is missing"));
        }
    }
    if !text.contains("samples! {") && !text.contains("// Samples: ") {
        faults.push(
            "there are no samples (`samples!`), nor a `// Samples:` line that names the test".to_owned(),
        );
    }
    faults
}
