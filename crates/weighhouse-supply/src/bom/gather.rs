//! The graph of an artifact, from what was read of it.

use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::digest::model_digest;
use weighhouse_core::{Assessment, Finding};

use super::config::shown;
use super::graph::{File, Graph, Known};
use super::{card, config, evidence, software, weights};
use crate::deps;
use crate::materials::Materials;
use crate::statements::encode;

/// What the user says about the bill.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Name and version of the program that writes it.
    pub tool: (String, String),
    /// When it is written, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub at: Option<String>,
    /// Who writes it.
    pub author: Option<String>,
    /// What the artifact is called, instead of what its place says.
    pub name: Option<String>,
    /// Its revision.
    pub version: Option<String>,
    /// Who made it.
    pub supplier: Option<String>,
}

/// What was found out about the artifact beyond its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Threads<'t> {
    /// The answers of all threads.
    pub assessments: &'t [Assessment],
    /// Packages and their vulnerabilities; absent if nobody looked.
    pub dependencies: Option<&'t deps::Result>,
    /// The findings of that, with waivers applied.
    pub findings: &'t [Finding],
}

/// Where values come from that the user gave.
const USER: &str = "command line";

/// Gathers what is known of an artifact.
pub fn graph(materials: &Materials, threads: Threads<'_>, settings: &Settings) -> Graph {
    let given = |value: &Option<String>| value.as_deref().map(|text| Known::declared(shown(text), USER));
    let origin = Origin::of(materials);
    let mut graph = Graph {
        tool: settings.tool.clone(),
        at: settings.at.clone(),
        author: settings.author.as_deref().map(shown),
        name: given(&settings.name).unwrap_or(origin.name),
        version: given(&settings.version).or(origin.version),
        supplier: given(&settings.supplier).or(origin.supplier),
        description: None,
        purl: origin.purl,
        digest: digest(materials),
        bytes: materials.files.iter().map(|file| file.len).fold(0, u64::saturating_add),
        licences: BTreeSet::new(),
        references: BTreeSet::new(),
        files: files(materials),
        weights: Vec::new(),
        traits: BTreeMap::new(),
        parents: BTreeSet::new(),
        datasets: BTreeSet::new(),
        metrics: BTreeSet::new(),
        considerations: BTreeMap::new(),
        software: Vec::new(),
        vulnerabilities: None,
        assessments: threads.assessments.to_vec(),
        others: evidence::others(materials),
    };
    let home = config::home(materials);
    card::read(materials, &home, &mut graph);
    let packing = config::transformers(materials, &home, &mut graph);
    let revision = config::adapter(materials, &home, &mut graph);
    super::threads::licences(materials, &mut graph);
    super::threads::lineage(materials, revision.as_deref(), &mut graph);
    if let Some(result) = threads.dependencies {
        software::read(result, threads.findings, &mut graph);
    }
    config::gguf(materials, &mut graph);
    weights::measure(materials, packing, &mut graph);
    graph
}

/// The model digest, if every file could be read.
fn digest(materials: &Materials) -> Option<weighhouse_core::Digest> {
    let digests: Option<Vec<_>> =
        materials.files.iter().map(|file| Some((file.path.as_str(), file.sha256?))).collect();
    digests.filter(|digests| !digests.is_empty()).map(model_digest)
}

fn files(materials: &Materials) -> Vec<File> {
    let file = |file: &crate::materials::Material| File {
        path: file.path.clone(),
        bytes: file.len,
        sha256: file.sha256,
        format: file.format,
        weights: None,
    };
    materials.files.iter().map(file).collect()
}

/// What the place of an artifact says of it.
struct Origin {
    name: Known,
    version: Option<Known>,
    supplier: Option<Known>,
    purl: Option<Known>,
}

impl Origin {
    fn of(materials: &Materials) -> Self {
        const PLACE: &str = "name of the target";
        if let Some((name, revision)) = hub(materials) {
            let version = (revision != "main").then(|| Known::declared(shown(&revision), PLACE));
            let supplier = name.split_once('/').map(|(owner, _)| Known::inferred(shown(owner), PLACE));
            // The type `huggingface` of package URLs: the name is kept as it is, the version is a commit.
            let at = if revision == "main" { String::new() } else { format!("@{}", encode(&revision)) };
            let purl = Known::inferred(format!("pkg:huggingface/{}{at}", encode(&name)), PLACE);
            return Self { name: Known::declared(shown(&name), PLACE), version, supplier, purl: Some(purl) };
        }
        let given = materials.name.trim_end_matches(['/', '\\']);
        let last = given.rsplit(['/', '\\']).next().filter(|last| !matches!(*last, "" | "." | ".." | "-"));
        let root =
            materials.root.as_deref().and_then(|root| root.file_name()).map(|name| name.to_string_lossy());
        let name = last.map(str::to_owned).or(root.map(std::borrow::Cow::into_owned));
        let name = name.unwrap_or_else(|| "artifact".to_owned());
        Self { name: Known::inferred(shown(&name), PLACE), version: None, supplier: None, purl: None }
    }
}

/// Name and revision of a model on a Hub: of a target `hf:org/name@revision`, or in the cache of a Hub's client
/// (`models--org--name/snapshots/revision`).
fn hub(materials: &Materials) -> Option<(String, String)> {
    if let Some(rest) = materials.name.strip_prefix("hf:") {
        let (name, revision) = rest.split_once('@').unwrap_or((rest, "main"));
        return Some((name.to_owned(), revision.to_owned()));
    }
    let root = materials.root.as_deref()?;
    let (revision, snapshots) = (root.file_name()?.to_str()?, root.parent()?);
    let model = snapshots.parent()?.file_name()?.to_str()?.strip_prefix("models--")?;
    let commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let inside = commit && snapshots.file_name()? == "snapshots";
    inside.then(|| (model.replacen("--", "/", 1), revision.to_owned()))
}
