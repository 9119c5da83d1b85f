use weighhouse_formats::manifests::{named_digest, sha256};

use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A blob is not what its name or its manifest says it is.
    ///
    /// # What it detects
    ///
    /// In OCI image layouts (`blobs/sha256/…`, with `ModelPack` and `KitOps` models) and in the store of Ollama (`blobs/sha256-…`): files
    /// whose SHA-256 is not the one they are named by, and files whose length is not the one their manifest declares.
    ///
    /// # Why it matters
    ///
    /// Content-addressed stores are trusted because names are checked on the way in. A blob that was changed afterwards is loaded
    /// under the name of the one that was approved.
    ///
    /// # Example
    ///
    /// `blobs/sha256-6a0746a1…` whose content has the SHA-256 `00c1f5c3…`
    ///
    /// # What to do
    ///
    /// Remove the blob and pull it again; find out who changed it.
    ///
    /// # References
    ///
    /// - <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>
    /// - <https://cwe.mitre.org/data/definitions/354.html>
    pub(crate) BlobDiffers {
        id: "WH-STO-001",
        slug: "blob-differs",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [345, 354],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for BlobDiffers {
    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, file) in &repository.files {
            if let Some((named, found)) = named_digest(path).zip(file.sha256.map(|digest| digest.hex()))
                && named != found
            {
                cx.report(format!(
                    "the blob is named by another SHA-256 than that of its content, {}",
                    quote(&found)
                ))
                .in_file(path)
                .evidence(&found)
                .emit();
            }
        }
        for (path, manifest) in &repository.manifests {
            for descriptor in &manifest.descriptors {
                let Some(declared) = descriptor.size else { continue };
                let blob = sha256(&descriptor.digest).and_then(|digest| repository.blob(path, digest));
                if let Some((blob, file)) = blob.filter(|(_, file)| file.len != declared) {
                    cx.report(format!(
                        "{} has {} bytes, but its manifest declares {declared}",
                        quote(blob),
                        file.len
                    ))
                    .in_file(path)
                    .at(descriptor.region)
                    .key(&descriptor.digest)
                    .emit();
                }
            }
        }
    }
}

crate::samples! {
    BlobDiffers,
    bad: {
        "a blob of Ollama that was changed" => [("models/blobs/sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", b"abd".to_vec())],
        "a length that differs" => [
            ("index.json", br#"{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 4}]}"#.to_vec()),
            ("blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", b"abc".to_vec()),
        ],
    },
    ok: {
        "a layout" => [
            ("index.json", br#"{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "size": 3}]}"#.to_vec()),
            ("blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", b"abc".to_vec()),
        ],
    },
}
