use weighhouse_formats::bundle::Role;
use weighhouse_formats::manifests::{Descriptor, sha256};

use crate::repository::Repository;
use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A part of a model that its manifest names is not in the store.
    ///
    /// # What it detects
    ///
    /// Layers and configurations in manifests of OCI layouts and of the store of Ollama whose blobs are not there, and layers of saved
    /// images that are not in the archive. Digests of documents that are no manifest of a store (`subject`, media types of others) do
    /// not count.
    ///
    /// # Why it matters
    ///
    /// What is not here was not inspected: the runtime fetches it later, from wherever it is told to, and what it then loads is not what
    /// was vetted.
    ///
    /// # Example
    ///
    /// `manifests/registry.ollama.ai/library/m/latest` names `sha256:6a0746a1…`, and `blobs/` does not hold it
    ///
    /// # What to do
    ///
    /// Pull the model in full, and vet again.
    ///
    /// # References
    ///
    /// - <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>
    /// - <https://cwe.mitre.org/data/definitions/353.html>
    pub(crate) BlobMissing {
        id: "WH-STO-004",
        slug: "blob-missing",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Json],
        cwe: [353],
        owasp: ["LLM03"],
        atlas: [],
    }
}

impl Rule for BlobMissing {
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, manifest) in &repository.manifests {
            if !is_in_store(repository, path) {
                continue;
            }
            for descriptor in manifest.descriptors.iter().filter(|descriptor| is_part(descriptor)) {
                let Some(digest) = sha256(&descriptor.digest) else { continue };
                if repository.blob(path, digest).is_none() {
                    let kind = quote(&descriptor.media_type);
                    cx.report(format!(
                        "a part of the model is missing: {kind}, {}",
                        quote(&descriptor.digest)
                    ))
                    .in_file(path)
                    .at(descriptor.region)
                    .key(&descriptor.digest)
                    .emit();
                }
            }
        }
        for (path, facts) in &repository.bundles {
            for part in facts.references.iter().filter(|reference| reference.role == Role::Part) {
                let Target::Inside(name) = target(&part.value) else { continue };
                if !repository.files.contains_key(&Repository::beside(path, &name)) {
                    cx.report(format!("a part of the image is missing: {}", quote(&part.value)))
                        .in_file(path)
                        .at(part.region)
                        .key(&part.value)
                        .emit();
                }
            }
        }
    }
}

/// Whether a manifest lies in a store, as a blob of it, as its index, or where Ollama keeps them.
fn is_in_store(repository: &Repository, path: &str) -> bool {
    let layout = repository.files.contains_key(&Repository::beside(path, "oci-layout"));
    let parts = || path.split('/').rev().skip(1);
    layout || parts().any(|part| part == "manifests") || parts().take(2).any(|part| part == "blobs")
}

/// Whether a descriptor is of something that the store must hold: what has places of its own, need not be there.
fn is_part(descriptor: &Descriptor) -> bool {
    descriptor.urls.is_empty() && !descriptor.is_subject
}

crate::samples! {
    BlobMissing,
    bad: {
        "a layer of Ollama" => [("manifests/registry.ollama.ai/library/m/latest", br#"{"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3}]}"#.to_vec())],
        "a manifest of a layout" => [
            ("oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec()),
            ("index.json", br#"{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3}]}"#.to_vec()),
        ],
        "a layer of an image" => [("manifest.json", br#"[{"Config": "c.json", "Layers": ["0/layer.tar"]}]"#.to_vec())],
    },
    ok: {
        "a layout" => [
            ("oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec()),
            ("index.json", br#"{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3}]}"#.to_vec()),
            ("blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", b"abc".to_vec()),
        ],
        "a manifest by itself" => [("manifest.json", br#"{"layers": [{"mediaType": "application/octet-stream", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3}]}"#.to_vec())],
    },
}
