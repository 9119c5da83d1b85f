//! The cryptography that `sigstore-verify` computes with: `ring` and the `RustCrypto` crates, which are here anyway, instead of a second
//! library in C.

use sha2::{Digest, Sha256, Sha384, Sha512};
use sigstore_verify::crypto::{CryptoProvider, Error, HashContext, Result, SigningScheme};
use sigstore_verify::types::HashAlgorithm;

use super::super::key::PublicKey;

/// Makes this the cryptography of the process. A second call changes nothing.
pub(super) fn install() {
    // An error says that there is one already, and nobody else here installs any.
    sigstore_verify::crypto::install_default_provider(&Provider).ok();
}

#[derive(Debug)]
struct Provider;

struct Hashing<D>(D);

impl<D: Digest + Send> HashContext for Hashing<D> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl CryptoProvider for Provider {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        match algorithm {
            HashAlgorithm::Sha2256 => Ok(Box::new(Hashing(Sha256::new()))),
            HashAlgorithm::Sha2384 => Ok(Box::new(Hashing(Sha384::new()))),
            HashAlgorithm::Sha2512 => Ok(Box::new(Hashing(Sha512::new()))),
            other => Err(Error::UnsupportedAlgorithm(other.to_string())),
        }
    }

    fn verify_raw(&self, scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) -> Result<()> {
        let algorithm = algorithm(scheme).ok_or_else(|| unsupported(scheme))?;
        let key = ring::signature::UnparsedPublicKey::new(algorithm, key);
        key.verify(data, signature).map_err(|_| refused(scheme))
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        use SigningScheme as Scheme;
        let key = match scheme {
            Scheme::EcdsaP256Sha256 | Scheme::EcdsaP256Sha384 => {
                p256::ecdsa::VerifyingKey::from_sec1_bytes(key).ok().map(PublicKey::P256)
            }
            Scheme::EcdsaP384Sha256 | Scheme::EcdsaP384Sha384 => {
                p384::ecdsa::VerifyingKey::from_sec1_bytes(key).ok().map(PublicKey::P384)
            }
            // Signatures of models are over an envelope that is at hand; nothing asks for more.
            _ => return Err(unsupported(scheme)),
        };
        let good = key.is_some_and(|key| key.verifies_digest(digest, signature));
        if good { Ok(()) } else { Err(refused(scheme)) }
    }
}

fn algorithm(scheme: SigningScheme) -> Option<&'static dyn ring::signature::VerificationAlgorithm> {
    use SigningScheme as Scheme;
    Some(match scheme {
        Scheme::EcdsaP256Sha256 => &ring::signature::ECDSA_P256_SHA256_ASN1,
        Scheme::EcdsaP256Sha384 => &ring::signature::ECDSA_P256_SHA384_ASN1,
        Scheme::EcdsaP384Sha256 => &ring::signature::ECDSA_P384_SHA256_ASN1,
        Scheme::EcdsaP384Sha384 => &ring::signature::ECDSA_P384_SHA384_ASN1,
        Scheme::Ed25519 => &ring::signature::ED25519,
        Scheme::RsaPssSha256 => &ring::signature::RSA_PSS_2048_8192_SHA256,
        Scheme::RsaPssSha384 => &ring::signature::RSA_PSS_2048_8192_SHA384,
        Scheme::RsaPssSha512 => &ring::signature::RSA_PSS_2048_8192_SHA512,
        Scheme::RsaPkcs1Sha256 => &ring::signature::RSA_PKCS1_2048_8192_SHA256,
        Scheme::RsaPkcs1Sha384 => &ring::signature::RSA_PKCS1_2048_8192_SHA384,
        Scheme::RsaPkcs1Sha512 => &ring::signature::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

fn unsupported(scheme: SigningScheme) -> Error {
    Error::UnsupportedAlgorithm(scheme.name().to_owned())
}

fn refused(scheme: SigningScheme) -> Error {
    Error::Verification(format!("the {} signature does not fit", scheme.name()))
}
