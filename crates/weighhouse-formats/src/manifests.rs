//! Manifests of content-addressed stores: OCI image layouts (with `ModelPack` and `KitOps` layers) and the store of Ollama.
//!
//! A manifest is JSON that names blobs by their digest. What it says of them are facts; whether the blobs are what it says, the
//! repository as a whole tells. Blobs that are members of an archive are checked here, where their bytes are.

use sha2::{Digest as _, Sha256};

use crate::bounded::Budget;
use crate::draft::head;
use crate::format::Format;
use crate::json::{Kind, Value};
use crate::node::{Facts, Fault, Irregularity, Node, Reading};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, read_full};

/// Longest text that is kept.
const LONGEST: usize = 512;
/// Annotations that tools use as the path of the file they write.
const TITLES: &[&str] = &[
    "org.opencontainers.image.title",
    "org.cncf.model.filepath",
    "org.cnai.model.filepath",
    "ml.kitops.modelkit.path",
];

/// What a manifest names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestFacts {
    /// Blobs, and manifests behind an index.
    pub descriptors: Vec<Descriptor>,
}

/// What a manifest says of one blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Media type; empty if none is given.
    pub media_type: String,
    /// As written: `sha256:` and 64 hexadecimal digits, if it is right.
    pub digest: String,
    /// Length in bytes.
    pub size: Option<u64>,
    /// Other places from which the blob is fetched.
    pub urls: Vec<String>,
    /// Names of files that tools give the blob when they unpack it.
    pub paths: Vec<String>,
    /// Whether it is what the manifest is about (`subject`), not a part of it.
    pub is_subject: bool,
    /// Where in the manifest.
    pub region: Region,
}

/// The digest in the name of a blob: `blobs/sha256/<digest>` or `blobs/sha256-<digest>`, in lower case.
pub fn named_digest(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let parent = |folder: &str| folder.rsplit('/').next() == Some("blobs");
    let digest = match folder.strip_suffix("/sha256") {
        Some(store) if parent(store) => name,
        _ if parent(folder) => name.strip_prefix("sha256-")?,
        _ => return None,
    };
    is_hexadecimal(digest, 64).then_some(digest)
}

/// The digest of a descriptor, if it is a SHA-256 as it should be.
pub fn sha256(digest: &str) -> Option<&str> {
    digest.strip_prefix("sha256:").filter(|digest| is_hexadecimal(digest, 64))
}

/// Whether a digest is one by the only two algorithms that stores use, written as they write it.
pub fn is_digest(digest: &str) -> bool {
    let long = digest.strip_prefix("sha512:").is_some_and(|digest| is_hexadecimal(digest, 128));
    long || sha256(digest).is_some()
}

fn is_hexadecimal(digest: &str, len: usize) -> bool {
    digest.len() == len && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Adds what manifests say, and compares blobs in archives with their names.
pub(crate) fn relate(node: &mut Node, source: &SharedSource, budget: &Budget) {
    let facts: Option<ManifestFacts> = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Json(facts) => facts.value.as_ref().and_then(|root| manifest(root, budget.limits().facts)),
        _ => None,
    });
    if let Some(facts) = facts {
        node.readings.push(Reading {
            format: Format::Json,
            facts: Facts::Manifest(Box::new(facts)),
            claims: Claims::whole(node.len),
            irregularities: Vec::new(),
        });
    }
    for child in &mut node.children {
        let Some((region, digest)) = child.region.zip(named_digest(&child.name)) else { continue };
        if let Some(found) = digest_of(source, region, budget).filter(|found| found != digest) {
            let detail = format!("the blob is named by the SHA-256 {digest}, but its content has {found}");
            child.faults.push(Irregularity { kind: Fault::Contradiction, region: None, detail });
        }
    }
}

/// The descriptors of a document that has them where manifests do.
fn manifest(root: &Value, most: usize) -> Option<ManifestFacts> {
    let single = ["config", "subject"].iter().filter_map(|key| root.get(key));
    let lists = ["layers", "manifests", "blobs"].iter().filter_map(|key| root.get(key));
    let described = |value: &&Value| {
        let typed = value.get("mediaType").and_then(Value::text).is_some_and(|kind| kind.contains('/'));
        // What has the type of a blob has its digest, whatever stands there.
        value
            .get("digest")
            .and_then(Value::text)
            .is_some_and(|digest| typed || digest.contains(':') && value.get("size").is_some())
    };
    let found = lists.flat_map(Value::elements).chain(single).filter(described);
    let subject = root.get("subject").map(|value| value.region);
    let of = |value: &Value| Descriptor { is_subject: subject == Some(value.region), ..descriptor(value) };
    let descriptors: Vec<Descriptor> = found.take(most).map(of).collect();
    (!descriptors.is_empty()).then_some(ManifestFacts { descriptors })
}

fn descriptor(value: &Value) -> Descriptor {
    let text = |value: Option<&Value>| value.and_then(Value::text).map(|text| head(text, LONGEST).to_owned());
    let number = |value: &Value| match &value.kind {
        Kind::Number(number) => number.parse().ok(),
        _ => None,
    };
    let urls = value.get("urls").map(Value::elements).unwrap_or_default().iter();
    let annotations = value.get("annotations");
    let paths = TITLES.iter().filter_map(|key| text(annotations.and_then(|all| all.get(key))));
    Descriptor {
        media_type: text(value.get("mediaType")).unwrap_or_default(),
        digest: text(value.get("digest")).unwrap_or_default(),
        size: value.get("size").and_then(number),
        urls: urls.filter_map(|url| text(Some(url))).take(16).collect(),
        // Ollama keeps the place a layer came from.
        paths: paths.collect(),
        is_subject: false,
        region: value.region,
    }
}

/// SHA-256 of a region in hexadecimal; nothing if it cannot be read to its end.
fn digest_of(source: &SharedSource, region: Region, budget: &Budget) -> Option<String> {
    let mut hasher = Sha256::new();
    let mut window = vec![0; 1 << 16];
    let mut at = region.start;
    while at < region.end {
        budget.proceed().ok()?;
        let room = usize::try_from(region.end.saturating_sub(at)).unwrap_or(usize::MAX).min(window.len());
        let part = window.get_mut(..room)?;
        let count = read_full(source.as_ref(), at, part).ok().filter(|count| *count == room)?;
        hasher.update(part);
        at = at.saturating_add(count as u64);
    }
    let digest = hasher.finalize();
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    Some(digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_blobs() {
        let digest = "0123456789abcdef".repeat(4);
        for (path, named) in [
            (format!("blobs/sha256/{digest}"), true),
            (format!("x/blobs/sha256/{digest}"), true),
            (format!("models/blobs/sha256-{digest}"), true),
            (format!("sha256-{digest}"), false),
            (format!("blobs/{digest}"), false),
            (format!("blobs/sha256/{}", "0123456789abcdef".repeat(3)), false),
            (format!("blobs/sha256/{}", digest.to_uppercase()), false),
            (format!("blobs/sha512/{digest}"), false),
        ] {
            assert_eq!(named_digest(&path).is_some(), named, "{path}");
        }
        assert!(sha256(&format!("sha256:{digest}")).is_some() && sha256("sha256:../x").is_none());
        assert!(is_digest(&format!("sha256:{digest}")) && is_digest(&format!("sha512:{digest}{digest}")));
        for other in ["", "sha256-../../x", "sha512:", "sha512:ab", "md5:00", "../x", &digest] {
            assert!(!is_digest(other), "{other}");
        }
        assert!(!is_digest(&format!("SHA256:{digest}")) && !is_digest(&format!("sha512:{digest}")));
    }
}
