//! The Sigstore bundle and the DSSE envelope, as they are on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::statements::{Envelope, IN_TOTO, Signature};

pub(super) const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    pub(super) media_type: String,
    pub(super) verification_material: Material,
    pub(super) dsse_envelope: Envelope,
}

/// How the signer is known. The bundle holds exactly one kind.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Material {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) public_key: Option<KeyHint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) x509_certificate_chain: Option<Chain>,
    /// The short-lived certificate of a keyless signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) certificate: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) tlog_entries: Vec<serde_json::Value>,
    /// Time stamps of a keyless signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timestamp_verification_data: Option<serde_json::Value>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyHint {
    /// SHA-256 of the public key's PEM text, in hexadecimal.
    #[serde(default)]
    pub(super) hint: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Chain {
    pub(super) certificates: Vec<RawCertificate>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawCertificate {
    /// DER in base64.
    pub(super) raw_bytes: String,
}

impl Bundle {
    pub(super) fn new(material: Material, payload: &[u8], signature: &[u8]) -> Self {
        Self {
            media_type: MEDIA_TYPE.to_owned(),
            verification_material: material,
            dsse_envelope: Envelope {
                payload: STANDARD.encode(payload),
                payload_type: IN_TOTO.to_owned(),
                signatures: vec![Signature { sig: STANDARD.encode(signature), keyid: String::new() }],
            },
        }
    }

    /// Reads a bundle and checks that it is one of a model signature.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let bundle: Self =
            serde_json::from_slice(bytes).map_err(|error| Error::Signature(error.to_string()))?;
        if bundle.media_type != MEDIA_TYPE {
            return Err(Error::Signature(format!(
                "`{}` is no Sigstore bundle of version 0.3",
                bundle.media_type
            )));
        }
        let kind = &bundle.dsse_envelope.payload_type;
        if kind != IN_TOTO {
            return Err(Error::Signature(format!("its payload is `{kind}`, not an in-toto statement")));
        }
        Ok(bundle)
    }

    pub(super) fn payload(&self) -> Result<Vec<u8>, Error> {
        decode(&self.dsse_envelope.payload, "payload")
    }

    /// The one signature. More would leave open which of them was checked.
    pub(super) fn signature(&self) -> Result<Vec<u8>, Error> {
        match self.dsse_envelope.signatures.as_slice() {
            [signature] => decode(&signature.sig, "signature"),
            others => {
                Err(Error::Signature(format!("it has {} signatures where a bundle has one", others.len())))
            }
        }
    }
}

pub(super) fn decode(text: &str, what: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(text).map_err(|_| Error::Signature(format!("its {what} is no base64")))
}

/// The bytes that are signed.
pub(super) fn pre_authentication(payload: &[u8]) -> Vec<u8> {
    crate::statements::pre_authentication(IN_TOTO, payload)
}
