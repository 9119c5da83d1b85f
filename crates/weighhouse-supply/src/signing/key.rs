//! Keys of elliptic curves: P-256 with SHA-256, P-384 with SHA-384, P-521 with SHA-512.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use pkcs8::der::Decode as _;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::{
    DecodePublicKey as _, EncodePublicKey as _, EncryptedPrivateKeyInfoRef, LineEnding, SecretDocument,
};
use weighhouse_core::Digest;

use super::error::Error;

/// A key that signs. Never printed.
pub struct PrivateKey(Private);

enum Private {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// The beginnings of the three kinds of private key that OpenSSL writes: SEC 1, PKCS #8, and PKCS #8 encrypted.
const PRIVATE: [&str; 3] = [
    "-----BEGIN EC PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
];

impl PrivateKey {
    /// Reads a key from PEM: SEC 1 (`EC PRIVATE KEY`), PKCS #8, or PKCS #8 encrypted by `password`.
    pub fn from_pem(text: &str, password: Option<&str>) -> Result<Self, Error> {
        let block = PRIVATE.iter().find_map(|begin| block(text, begin));
        let block = block.ok_or_else(|| Error::Key("it holds no private key in PEM".to_owned()))?;
        let (label, document) =
            SecretDocument::from_pem(block).map_err(|error| Error::Key(error.to_string()))?;
        let document = if label == EncryptedPrivateKeyInfoRef::PEM_LABEL {
            let password = password
                .ok_or_else(|| Error::Key("it is encrypted, and no password was given".to_owned()))?;
            let encrypted = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes());
            let encrypted = encrypted.map_err(|error| Error::Key(error.to_string()))?;
            encrypted.decrypt(password).map_err(|_| Error::Key("the password does not open it".to_owned()))?
        } else {
            document
        };
        let der = document.as_bytes();
        p256::SecretKey::from_der(der)
            .map(|key| Private::P256(key.into()))
            .or_else(|_| p384::SecretKey::from_der(der).map(|key| Private::P384(key.into())))
            .or_else(|_| p521::SecretKey::from_der(der).map(|key| Private::P521(key.into())))
            .map(Self)
            .map_err(|_| Error::Key("it is no private key of P-256, P-384 or P-521".to_owned()))
    }

    /// The key of P-256 that these secret bytes are; nothing for the very few that are none.
    pub fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        p256::SecretKey::from_slice(secret).ok().map(|key| Self(Private::P256(key.into())))
    }

    /// A new key of P-256, of which nobody else knows.
    #[cfg(feature = "sigstore")]
    pub(super) fn generate() -> Result<Self, Error> {
        let failed = |why: &str| Error::Key(why.to_owned());
        let rng = ring::rand::SystemRandom::new();
        loop {
            let random: [u8; 32] = ring::rand::generate(&rng)
                .map_err(|_| failed("the system gives no random numbers"))?
                .expose();
            // Nearly every number is a key.
            if let Some(key) = Self::from_secret(&random) {
                return Ok(key);
            }
        }
    }

    /// The key that checks what this one signs.
    pub fn public(&self) -> PublicKey {
        match &self.0 {
            Private::P256(key) => PublicKey::P256(*key.verifying_key()),
            Private::P384(key) => PublicKey::P384(*key.verifying_key()),
            Private::P521(key) => PublicKey::P521(*key.verifying_key()),
        }
    }

    /// A signature in DER. The same bytes give the same signature (RFC 6979).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Private::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Private::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Private::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

/// The text from the beginning of a block: OpenSSL writes the parameters of a curve before its key.
fn block<'a>(text: &'a str, begin: &str) -> Option<&'a str> {
    text.find(begin).and_then(|at| text.get(at..))
}

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// P-256.
    P256(p256::ecdsa::VerifyingKey),
    /// P-384.
    P384(p384::ecdsa::VerifyingKey),
    /// P-521.
    P521(p521::ecdsa::VerifyingKey),
}

impl PublicKey {
    /// Reads a key from PEM (`PUBLIC KEY`).
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let block = block(text, "-----BEGIN PUBLIC KEY-----")
            .ok_or_else(|| Error::Key("it holds no public key in PEM".to_owned()))?;
        p256::ecdsa::VerifyingKey::from_public_key_pem(block)
            .map(Self::P256)
            .or_else(|_| p384::ecdsa::VerifyingKey::from_public_key_pem(block).map(Self::P384))
            .or_else(|_| p521::ecdsa::VerifyingKey::from_public_key_pem(block).map(Self::P521))
            .map_err(|_| Error::Key("it is no public key of P-256, P-384 or P-521".to_owned()))
    }

    /// Reads a `SubjectPublicKeyInfo` in DER.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        p256::ecdsa::VerifyingKey::from_public_key_der(der)
            .map(Self::P256)
            .or_else(|_| p384::ecdsa::VerifyingKey::from_public_key_der(der).map(Self::P384))
            .or_else(|_| p521::ecdsa::VerifyingKey::from_public_key_der(der).map(Self::P521))
            .ok()
    }

    /// SHA-256 of the key's PEM text as OpenSSL writes it: how bundles name keys.
    pub fn fingerprint(&self) -> Result<Digest, Error> {
        self.pem().map(|pem| Digest::of(pem.as_bytes()))
    }

    /// The key in PEM, as OpenSSL writes it.
    pub fn pem(&self) -> Result<String, Error> {
        let pem = match self {
            Self::P256(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P384(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P521(key) => key.to_public_key_pem(LineEnding::LF),
        };
        pem.map_err(|error| Error::Key(error.to_string()))
    }

    /// Whether `signature` (DER) is over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }

    /// The same over a digest: authorities sign with any digest, whatever the curve.
    pub(super) fn verifies_digest(&self, digest: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Self::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
        }
    }
}
