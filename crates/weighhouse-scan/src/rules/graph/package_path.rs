use weighhouse_formats::json::{JsonFacts, Value};

use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// The manifest of a Core ML package names a file outside the package.
    ///
    /// # What it detects
    ///
    /// Items of a `Manifest.json` whose path is absolute, climbs out of the package, is a network address, or holds control
    /// characters; and a root model that is none of the items.
    ///
    /// # Why it matters
    ///
    /// Programs that load or copy the package take the named files from, or write them to, wherever the path leads.
    ///
    /// # Example
    ///
    /// `"path": "../../../../Library/LaunchAgents/x.plist"`
    ///
    /// # What to do
    ///
    /// Do not load the package. No converter writes such a path.
    ///
    /// # References
    ///
    /// - <https://apple.github.io/coremltools/docs-guides/source/saving-a-core-ml-model-package.html>
    /// - <https://cwe.mitre.org/data/definitions/22.html>
    pub(crate) PackagePath {
        id: "WH-GRA-007",
        slug: "package-path",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json, CoreMl],
        cwe: [22],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for PackagePath {
    fn json(&self, facts: &JsonFacts, cx: &mut Context<'_>) {
        let Some(manifest) = facts.value.as_ref() else { return };
        let Some(items) = manifest.get("itemInfoEntries").map(Value::members) else { return };
        for (identifier, item) in items {
            let Some(path) = item.get("path") else { continue };
            let Some(Target::Leaves(why)) = path.text().map(target) else { continue };
            let shown = quote(path.text().unwrap_or_default());
            cx.report(format!("the package takes {shown}, {why}")).at(path.region).key(identifier).emit();
        }
        let root = manifest.get("rootModelIdentifier").and_then(Value::text);
        if let Some(root) = root.filter(|root| items.iter().all(|(identifier, _)| identifier != root)) {
            cx.report(format!("the root model {} is none of the package's items", quote(root)))
                .key(root)
                .emit();
        }
    }
}

#[cfg(test)]
fn manifest(path: &str) -> Vec<u8> {
    format!(
        r#"{{"fileFormatVersion": "1.0.0", "itemInfoEntries": {{"A": {{"author": "com.apple.CoreML", "path": "{path}"}}}},
        "rootModelIdentifier": "A"}}"#
    )
    .into_bytes()
}

crate::samples! {
    PackagePath,
    bad: {
        "a parent folder" => [("m.mlpackage/Manifest.json", manifest("../../evil.mlmodel"))],
        "an absolute path" => [("m.mlpackage/Manifest.json", manifest("/etc/passwd"))],
        "a root that is not there" => [("m.mlpackage/Manifest.json", br#"{"itemInfoEntries": {}, "rootModelIdentifier": "B"}"#.to_vec())],
    },
    ok: {
        "a package" => [("m.mlpackage/Manifest.json", manifest("com.apple.CoreML/model.mlmodel"))],
    },
}
