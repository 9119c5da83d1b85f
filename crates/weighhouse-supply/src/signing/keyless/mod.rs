//! Keyless signatures of Sigstore: by whom, and when, without the network.
//!
//! The signer has no key to lose. An authority (Fulcio) checks who somebody is with the issuer of their identity, and certifies for minutes
//! a key that is thrown away after one signature. That the key was used in these minutes is witnessed by a public log (Rekor) or by an
//! authority for time stamps. Whom of all these to believe says a *trusted root*, a file the caller brings; nothing is fetched. Anybody can be
//! certified by a public instance, hence identity and issuer are both needed: without them a signature says nothing.
//!
//! The evidence is checked by `sigstore-verify`, the maintained implementation of the project, with the cryptography that is here already
//! (`provider`). What it lets pass and this one does not is in `evidence`.

#[cfg(feature = "sigstore")]
mod evidence;
#[cfg(not(feature = "sigstore"))]
#[path = "absent.rs"]
mod evidence;
#[cfg(feature = "sigstore")]
mod provider;
#[cfg(feature = "sigstore")]
mod sign;

#[cfg(feature = "sigstore")]
pub use sign::{Instance, Token, Transport};

use super::error::Error;
use super::verify::{Problem, SignedBy};

/// Whom to believe without knowing a key: an identity, and who must have checked it.
#[derive(Debug, Clone)]
pub struct Keyless {
    root: evidence::Root,
    identity: String,
    issuer: String,
}

impl Keyless {
    /// Reads `trusted_root` (the text of a `trusted_root.json`). `identity` is a mail address or URI in the certificate, `issuer` the
    /// address of who checked it; both are compared whole.
    pub fn new(trusted_root: &[u8], identity: &str, issuer: &str) -> Result<Self, Error> {
        let root = evidence::Root::read(trusted_root)?;
        Ok(Self { root, identity: identity.to_owned(), issuer: issuer.to_owned() })
    }

    /// Checks the bundle `text`, of which our own reader understood `payload` and `signature`.
    pub(super) fn check(
        &self,
        text: &[u8],
        payload: &[u8],
        signature: &[u8],
    ) -> Result<Result<SignedBy, Problem>, Error> {
        self.root.check(text, (payload, signature), (&self.identity, &self.issuer))
    }
}

#[cfg(feature = "sigstore")]
#[cfg(test)]
mod tests;
