//! The in-toto statement of a model signature, as it is on the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use weighhouse_core::Digest;
use weighhouse_core::digest::{hex, unhex};

use super::error::Error;
use super::manifest::{Method, Resource, Serialization, root};

pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";
pub(super) const PREDICATE: &str = "https://model_signing/signature/v1.0";
/// What versions before 1.0 wrote; their envelopes were signed over the wrong bytes.
const OLD_PREDICATE: &str = "https://model_signing/Digests/v0.1";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: serde_json::Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Predicate {
    serialization: Recorded,
    resources: Vec<Entry>,
    /// Ours; verifiers of version 1.0 ignore fields they do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weighhouse: Option<Extension>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Recorded {
    method: String,
    hash_type: String,
    #[serde(default)]
    allow_symlinks: bool,
    /// The reference writes a floating point number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shard_size: Option<serde_json::Number>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ignore_paths: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    name: String,
    algorithm: String,
    digest: String,
}

/// What the specification has no place for.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Extension {
    /// Files without content: a signature in shards has no resource for them.
    #[serde(default)]
    empty_files: Vec<String>,
}

/// What a signature says of a model.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) name: String,
    pub(super) root: Digest,
    pub(super) serialization: Serialization,
    pub(super) resources: Vec<Resource>,
    /// Files without content, if the signer listed them.
    pub(super) empty: Option<BTreeSet<String>>,
}

impl Claims {
    /// The statement's bytes.
    pub(super) fn write(&self) -> Result<Vec<u8>, Error> {
        let Serialization { method, hash, follow_links, ignored } = &self.serialization;
        let (name, algorithm, shard_size) = match method {
            Method::Files => ("files", hash.algorithm().to_owned(), None),
            Method::Shards { size } => {
                ("shards", format!("{}-sharded-{size}", hash.algorithm()), Some((*size).into()))
            }
        };
        let entry = |resource: &Resource| Entry {
            name: resource.name(),
            algorithm: algorithm.clone(),
            digest: hex(&resource.digest),
        };
        let predicate = Predicate {
            serialization: Recorded {
                method: name.to_owned(),
                hash_type: hash.recorded().to_owned(),
                allow_symlinks: *follow_links,
                shard_size,
                ignore_paths: ignored.clone(),
            },
            resources: self.resources.iter().map(entry).collect(),
            weighhouse: self
                .empty
                .as_ref()
                .map(|empty| Extension { empty_files: empty.iter().cloned().collect() }),
        };
        let statement = Statement {
            kind: STATEMENT.to_owned(),
            subject: vec![Subject {
                name: self.name.clone(),
                digest: BTreeMap::from([("sha256".to_owned(), self.root.hex())]),
            }],
            predicate_type: PREDICATE.to_owned(),
            predicate: serde_json::to_value(predicate).map_err(|error| broken(&error))?,
        };
        serde_json::to_vec_pretty(&statement).map_err(|error| broken(&error))
    }

    /// Reads a statement and checks that it agrees with itself.
    pub(super) fn read(payload: &[u8]) -> Result<Self, Error> {
        let statement: Statement = serde_json::from_slice(payload).map_err(|error| broken(&error))?;
        if statement.kind != STATEMENT {
            return Err(Error::Signature(format!(
                "`{}` is no in-toto statement of version 1",
                statement.kind
            )));
        }
        match statement.predicate_type.as_str() {
            PREDICATE => {}
            OLD_PREDICATE => {
                let message = "it was made by a version before 1.0, which signed the wrong bytes; sign again";
                return Err(Error::Unsupported(message.to_owned()));
            }
            other => return Err(Error::Signature(format!("its predicate `{other}` is no model signature"))),
        }
        let [subject] = statement.subject.as_slice() else {
            let count = statement.subject.len();
            return Err(Error::Signature(format!("it has {count} subjects where a model signature has one")));
        };
        let predicate: Predicate =
            serde_json::from_value(statement.predicate).map_err(|error| broken(&error))?;
        let serialization = predicate.serialization.read()?;
        let resources = read_resources(&predicate.resources, &serialization)?;
        let claimed = subject.digest.get("sha256").and_then(|text| text.parse().ok());
        let actual = root(resources.iter().map(|resource| resource.digest.as_slice()));
        if claimed != Some(actual) {
            return Err(Error::Signature(
                "the model's digest is not that of the listed resources".to_owned(),
            ));
        }
        let empty = predicate.weighhouse.map(|extension| extension.empty_files.into_iter().collect());
        Ok(Self { name: subject.name.clone(), root: actual, serialization, resources, empty })
    }
}

impl Recorded {
    fn read(self) -> Result<Serialization, Error> {
        let method = match self.method.as_str() {
            "files" => Method::Files,
            "shards" => {
                let size = self.shard_size.as_ref().and_then(whole).filter(|size| *size > 0);
                let size =
                    size.ok_or_else(|| Error::Signature("its size of shards is no whole number".to_owned()))?;
                Method::Shards { size }
            }
            other => return Err(Error::Unsupported(format!("it serialises models by `{other}`"))),
        };
        let hash = self.hash_type.parse().map_err(Error::Unsupported)?;
        Ok(Serialization { method, hash, follow_links: self.allow_symlinks, ignored: self.ignore_paths })
    }
}

/// A whole number, however it is written.
fn whole(number: &serde_json::Number) -> Option<u64> {
    /// Up to here floating point numbers are exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_u64().or_else(|| {
        let float = number.as_f64().filter(|float| (0.0..EXACT).contains(float) && float.fract() == 0.0)?;
        format!("{float:.0}").parse().ok()
    })
}

fn read_resources(entries: &[Entry], serialization: &Serialization) -> Result<Vec<Resource>, Error> {
    let mut seen = BTreeSet::new();
    let mut resources = Vec::with_capacity(entries.len());
    for entry in entries {
        let (path, range) = Resource::parse_name(&entry.name, serialization.method)
            .ok_or_else(|| Error::Signature(format!("`{}` names no shard of a file", entry.name)))?;
        let inside = path == "."
            || path.split('/').all(|part| !matches!(part, "" | "." | "..")) && !path.contains('\0');
        if !inside {
            return Err(Error::Signature(format!("it lists `{path}`, which is no path inside a model")));
        }
        if !entry.algorithm.starts_with(serialization.hash.algorithm()) {
            return Err(Error::Signature(format!("the digest of `{path}` is of `{}`", entry.algorithm)));
        }
        let digest = unhex(&entry.digest)
            .ok_or_else(|| Error::Signature(format!("the digest of `{path}` is no hexadecimal text")))?;
        if !seen.insert(entry.name.as_str()) {
            return Err(Error::Signature(format!("it lists `{}` twice", entry.name)));
        }
        resources.push(Resource { path, range, digest });
    }
    Ok(resources)
}

fn broken(error: &serde_json::Error) -> Error {
    Error::Signature(error.to_string())
}
