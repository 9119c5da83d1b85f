//! SPDX 3.0.1 as far as it is written here.
//!
//! Model: <https://spdx.github.io/spdx-spec/v3.0.1/>.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Document {
    #[serde(rename = "@context")]
    pub(super) context: &'static str,
    #[serde(rename = "@graph")]
    pub(super) graph: Vec<Node>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Node {
    Creation(Creation),
    Element(Box<Element>),
}

/// `CreationInfo`: who wrote the bill, and when.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Creation {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(rename = "@id")]
    pub(super) id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'static str>,
    pub(super) created: String,
    pub(super) created_by: Vec<String>,
    pub(super) created_using: Vec<String>,
    pub(super) spec_version: &'static str,
}

/// Any element. What a class does not have stays empty and is not written.
#[derive(Serialize, Default)]
pub(super) struct Element {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(rename = "spdxId")]
    pub(super) id: String,
    #[serde(rename = "creationInfo")]
    pub(super) creation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(rename = "verifiedUsing", skip_serializing_if = "Vec::is_empty")]
    pub(super) verified_using: Vec<Hash>,
    #[serde(rename = "externalRef", skip_serializing_if = "Vec::is_empty")]
    pub(super) external_ref: Vec<ExternalRef>,
    #[serde(rename = "externalIdentifier", skip_serializing_if = "Vec::is_empty")]
    pub(super) external_identifier: Vec<ExternalIdentifier>,
    #[serde(rename = "suppliedBy", skip_serializing_if = "Option::is_none")]
    pub(super) supplied_by: Option<String>,

    // Collections
    #[serde(rename = "profileConformance", skip_serializing_if = "Vec::is_empty")]
    pub(super) profiles: Vec<&'static str>,
    #[serde(rename = "rootElement", skip_serializing_if = "Vec::is_empty")]
    pub(super) root: Vec<String>,
    #[serde(rename = "element", skip_serializing_if = "Vec::is_empty")]
    pub(super) elements: Vec<String>,
    #[serde(rename = "software_sbomType", skip_serializing_if = "Vec::is_empty")]
    pub(super) sbom_type: Vec<&'static str>,

    // Relationships
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    #[serde(rename = "relationshipType", skip_serializing_if = "Option::is_none")]
    pub(super) relationship: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) to: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) completeness: Option<&'static str>,

    // Annotations
    #[serde(rename = "annotationType", skip_serializing_if = "Option::is_none")]
    pub(super) annotation: Option<&'static str>,
    #[serde(rename = "contentType", skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,

    // Software
    #[serde(rename = "software_primaryPurpose", skip_serializing_if = "Option::is_none")]
    pub(super) purpose: Option<&'static str>,
    #[serde(rename = "software_packageVersion", skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(rename = "software_packageUrl", skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
    #[serde(rename = "software_fileKind", skip_serializing_if = "Option::is_none")]
    pub(super) file_kind: Option<&'static str>,

    // Licences
    #[serde(rename = "simplelicensing_licenseExpression", skip_serializing_if = "Option::is_none")]
    pub(super) expression: Option<String>,
    #[serde(rename = "simplelicensing_customIdToUri", skip_serializing_if = "Vec::is_empty")]
    pub(super) custom: Vec<Entry>,

    // Models
    #[serde(rename = "ai_typeOfModel", skip_serializing_if = "Vec::is_empty")]
    pub(super) type_of_model: Vec<String>,
    #[serde(rename = "ai_domain", skip_serializing_if = "Vec::is_empty")]
    pub(super) domain: Vec<String>,
    #[serde(rename = "ai_hyperparameter", skip_serializing_if = "Vec::is_empty")]
    pub(super) hyperparameter: Vec<Entry>,
    #[serde(rename = "ai_metric", skip_serializing_if = "Vec::is_empty")]
    pub(super) metric: Vec<Entry>,
    #[serde(rename = "ai_informationAboutApplication", skip_serializing_if = "Option::is_none")]
    pub(super) application: Option<String>,
    #[serde(rename = "ai_informationAboutTraining", skip_serializing_if = "Option::is_none")]
    pub(super) training: Option<String>,
    #[serde(rename = "ai_limitation", skip_serializing_if = "Option::is_none")]
    pub(super) limitation: Option<String>,
    #[serde(rename = "ai_modelDataPreprocessing", skip_serializing_if = "Vec::is_empty")]
    pub(super) preprocessing: Vec<String>,

    // Vulnerabilities
    #[serde(rename = "security_score", skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f64>,
    #[serde(rename = "security_severity", skip_serializing_if = "Option::is_none")]
    pub(super) severity: Option<&'static str>,
    #[serde(rename = "security_vectorString", skip_serializing_if = "Option::is_none")]
    pub(super) vector: Option<String>,
    #[serde(rename = "security_actionStatement", skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<String>,
    #[serde(rename = "security_impactStatement", skip_serializing_if = "Option::is_none")]
    pub(super) impact: Option<String>,
    #[serde(rename = "security_statusNotes", skip_serializing_if = "Option::is_none")]
    pub(super) notes: Option<String>,

    // Data
    #[serde(rename = "dataset_datasetType", skip_serializing_if = "Vec::is_empty")]
    pub(super) dataset_type: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the format names them")]
pub(super) struct Hash {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) algorithm: &'static str,
    pub(super) hash_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'static str>,
}

impl Hash {
    pub(super) fn new(digest: weighhouse_core::Digest, comment: Option<&'static str>) -> Self {
        Self { kind: "Hash", algorithm: "sha256", hash_value: digest.hex(), comment }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the format names them")]
pub(super) struct ExternalRef {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) external_ref_type: &'static str,
    pub(super) locator: Vec<String>,
    pub(super) comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the format names them")]
pub(super) struct ExternalIdentifier {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) external_identifier_type: &'static str,
    pub(super) identifier: String,
}

#[derive(Serialize)]
pub(super) struct Entry {
    #[serde(rename = "type")]
    kind: &'static str,
    key: String,
    value: String,
}

impl Entry {
    pub(super) fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: "DictionaryEntry", key: key.into(), value: value.into() }
    }
}
