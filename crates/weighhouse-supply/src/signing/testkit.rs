//! Bundles with any envelope in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bundle::{Bundle, Chain, MEDIA_TYPE, Material, RawCertificate};
use crate::statements::Envelope;

/// A bundle around an envelope, with these certificates (DER) if there are any.
pub(crate) fn bundle(envelope: Envelope, chain: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut envelope = envelope;
    envelope.signatures.iter_mut().for_each(|signature| signature.keyid.clear());
    let certificates = chain.iter().map(|der| RawCertificate { raw_bytes: STANDARD.encode(der) });
    let chain = (!chain.is_empty()).then(|| Chain { certificates: certificates.collect() });
    let material = Material { x509_certificate_chain: chain, ..Material::default() };
    let bundle = Bundle {
        media_type: MEDIA_TYPE.to_owned(),
        verification_material: material,
        dsse_envelope: envelope,
    };
    serde_json::to_vec(&bundle).ok()
}
