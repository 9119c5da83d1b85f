//! The envelope of a signed statement (DSSE), as it is on the wire.
//!
//! Specification: <https://github.com/secure-systems-lab/dsse>.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::signing::{PrivateKey, PublicKey};

/// What the payload of an in-toto statement is called.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// Signatures of one envelope that are tried.
const MOST: usize = 64;

/// A payload with signatures over it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// In base64.
    pub(crate) payload: String,
    pub(crate) payload_type: String,
    pub(crate) signatures: Vec<Signature>,
}

/// One signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Signature {
    /// In base64.
    pub(crate) sig: String,
    /// A hint that nobody vouches for.
    #[serde(default, deserialize_with = "or_nothing")]
    pub(crate) keyid: String,
}

fn or_nothing<'d, D: serde::Deserializer<'d>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Envelope {
    /// Signs a payload. The same payload and key give the same envelope.
    pub fn sign(payload_type: &str, payload: &[u8], key: &PrivateKey) -> Result<Self, crate::signing::Error> {
        let signature = key.sign(&pre_authentication(payload_type, payload));
        let keyid = key.public().fingerprint()?.hex();
        Ok(Self {
            payload: STANDARD.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: vec![Signature { sig: STANDARD.encode(signature), keyid }],
        })
    }

    /// What kind of payload it says it holds.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The payload's bytes.
    pub fn payload(&self) -> Result<Vec<u8>, Error> {
        decode(&self.payload).ok_or_else(|| Error::Broken("its payload is no base64".to_owned()))
    }

    /// Whether the holder of this key signed it. Hints at keys are not believed: every signature is tried.
    pub fn is_signed_by(&self, key: &PublicKey) -> Result<bool, Error> {
        if self.signatures.len() > MOST {
            return Err(Error::Broken(format!("it has {} signatures", self.signatures.len())));
        }
        let message = pre_authentication(&self.payload_type, &self.payload()?);
        let signatures = self.signatures.iter().filter_map(|signature| decode(&signature.sig));
        Ok(signatures.into_iter().any(|signature| key.verifies(&message, &signature)))
    }
}

/// Base64 in either alphabet: the specification lets writers choose.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// The bytes that are signed (pre-authentication encoding).
pub(crate) fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn encodes_as_the_specification_says() {
        let bytes = pre_authentication("http://example.com/HelloWorld", b"hello world");
        assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
