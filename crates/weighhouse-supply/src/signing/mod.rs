//! OpenSSF Model Signing: signatures over every file of a model, in both directions compatible with the reference
//! implementation, and stricter where that one lets things pass.
//!
//! A signature is a Sigstore bundle with a DSSE envelope around an in-toto statement. The statement lists the model's resources (files, or
//! shards of files) with their digests; its one subject is the model, whose digest is SHA-256 over the raw digests of all resources in
//! the order of the path's components. [`sign`] makes one with a key or with a certificate, [`verify`] checks one,
//! also a keyless one of Sigstore ([`Keyless`]).
//!
//! What the reference verifier accepts and this one does not: certificates that are expired on the day of verification, certificates made for web
//! servers, trust in whatever the system trusts, paths that a signature leaves out without anybody having said so, files without content
//! beside a signature in shards.
//!
//! Specification: <https://github.com/ossf/model-signing-spec>.

mod assess;
mod bundle;
mod chain;
mod error;
mod key;
mod keyless;
mod manifest;
pub mod rules;
mod sign;
mod statement;
#[cfg(any(test, feature = "testkit"))]
pub(crate) mod testkit;
mod tree;
mod verify;

pub use assess::{Settings, assess};
pub use chain::{Identity, TrustRoot};
pub use error::Error;
pub use key::{PrivateKey, PublicKey};
pub use keyless::Keyless;
#[cfg(feature = "sigstore")]
pub use keyless::{Instance, Token, Transport};
pub use manifest::{HashKind, Method, Serialization};
#[cfg(feature = "sigstore")]
pub use sign::sign_keyless;
pub use sign::{Signer, SigningOptions, sign};
pub use verify::{Problem, SignedBy, Trust, Verification, VerifyOptions, verify};

#[cfg(test)]
mod assess_tests;
#[cfg(test)]
mod tests;
