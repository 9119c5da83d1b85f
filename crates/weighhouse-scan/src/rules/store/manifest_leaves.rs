use weighhouse_formats::manifests::{ManifestFacts, is_digest};

use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A manifest of a store leads out of it.
    ///
    /// # What it detects
    ///
    /// Descriptors in manifests of OCI layouts and of Ollama whose digest is none but a path, whose blob is fetched from addresses of
    /// their own (`urls`), or whose annotations name a file outside the folder that a tool unpacks to.
    ///
    /// # Why it matters
    ///
    /// Tools make file names of digests and titles. Ollama wrote wherever a digest led (CVE-2024-37032), which is enough to run code as
    /// its user; tools that pull to a folder write wherever a title leads.
    ///
    /// # Example
    ///
    /// `{"digest": "sha256:../../../../etc/ld.so.preload"}`
    ///
    /// # What to do
    ///
    /// Do not import the store. No tool writes such a manifest.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2024-37032>
    /// - <https://github.com/opencontainers/image-spec/blob/main/descriptor.md>
    /// - <https://cwe.mitre.org/data/definitions/22.html>
    pub(crate) ManifestLeaves {
        id: "WH-STO-002",
        slug: "manifest-leaves",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json],
        cwe: [22, 829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ManifestLeaves {
    fn manifest(&self, facts: &ManifestFacts, cx: &mut Context<'_>) {
        for descriptor in &facts.descriptors {
            let digest = &descriptor.digest;
            let mut found = Vec::new();
            if !is_digest(digest) {
                found.push((digest, format!("{} is no digest", quote(digest))));
            }
            for url in &descriptor.urls {
                found.push((url, format!("the blob is fetched from {}", quote(url))));
            }
            for path in &descriptor.paths {
                if let Target::Leaves(why) = target(path) {
                    found.push((path, format!("the blob is unpacked to {}: {why}", quote(path))));
                }
            }
            for (key, headline) in found {
                cx.report(headline).at(descriptor.region).key(key).emit();
            }
        }
    }
}

crate::samples! {
    ManifestLeaves,
    bad: {
        "a digest that is a path" => [("manifests/registry.example.org/library/m/latest", br#"{"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../../etc/passwd", "size": 1}]}"#.to_vec())],
        "a digest as the name of its file" => [("manifests/registry.example.org/library/m/latest", br#"{"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256-../../../etc/passwd", "size": 1}]}"#.to_vec())],
        "a configuration without a digest" => [("manifest.json", br#"{"schemaVersion": 2, "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": "", "size": 1}}"#.to_vec())],
        "a digest of an algorithm that is cut" => [("manifest.json", br#"{"layers": [{"mediaType": "application/octet-stream", "digest": "sha512:abcd", "size": 3}]}"#.to_vec())],
        "a layer from elsewhere" => [("manifest.json", br#"{"layers": [{"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3, "urls": ["https://example.org/x"]}]}"#.to_vec())],
        "a title that leaves" => [("manifest.json", br#"{"layers": [{"mediaType": "application/octet-stream", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3, "annotations": {"org.opencontainers.image.title": "../../.bashrc"}}]}"#.to_vec())],
    },
    ok: {
        "a manifest of a model" => [("manifest.json", br#"{"schemaVersion": 2, "config": {"mediaType": "application/vnd.cncf.model.config.v1+json", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3}, "layers": [{"mediaType": "application/vnd.cncf.model.weight.v1.tar", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3, "annotations": {"org.cncf.model.filepath": "model.safetensors"}}]}"#.to_vec())],
    },
}
