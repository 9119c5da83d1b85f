//! The evidence of a keyless signature against a trusted root.
//!
//! The library checks, at every time that is witnessed (a signed entry time stamp of the log, an RFC 3161 time stamp): the chain to an
//! authority of the root, the certificate's own entry in a log of certificates, identity and issuer, the entry in the signature log with its
//! inclusion proof and signed checkpoint, the signature, and that the entry speaks of this payload, signature and certificate.
//!
//! Checked here besides: that both readers of the bundle saw the same envelope, and that the key of the signature log was valid at these
//! times also where the log itself states no time (Rekor 2). The library asks the clock for one thing only, to refuse times in the future.

use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{Bundle, Sha256Hash, SignatureContent};
use sigstore_verify::{Error as Evidence, VerificationPolicy, VerificationResult, Verifier};

use super::super::chain;
use super::super::error::Error;
use super::super::statement::Claims;
use super::super::verify::{Problem, SignedBy};
use super::provider;

/// Entries of logs and time stamps that are looked at: each costs several verifications, and one of each would do.
const MOST: usize = 16;

/// Whom of an instance of Sigstore to believe: authorities, logs, and when each was valid.
#[derive(Debug, Clone)]
pub(super) struct Root(TrustedRoot);

impl Root {
    pub(super) fn read(text: &[u8]) -> Result<Self, Error> {
        provider::install();
        let bad = |why: &str| Error::TrustedRoot(why.to_owned());
        let text = std::str::from_utf8(text).map_err(|_| bad("it is no text"))?;
        let root = TrustedRoot::from_json(text).map_err(|error| bad(&error.to_string()))?;
        Verifier::new(&root).map_err(|error| bad(&error.to_string()))?;
        Ok(Self(root))
    }

    pub(super) fn check(
        &self,
        text: &[u8],
        (payload, signature): (&[u8], &[u8]),
        (identity, issuer): (&str, &str),
    ) -> Result<Result<SignedBy, Problem>, Error> {
        let bundle = read(text, payload, signature)?;
        // What the statement says of its subject; that the files are this subject is compared afterwards, as for every signature.
        let subject = Sha256Hash::new(*Claims::read(payload)?.root.as_bytes());
        self.judge(&bundle, subject, &VerificationPolicy::new(identity, issuer))
    }

    /// Whether a bundle just made would convince anybody who believes this root, and by whom it is signed.
    pub(super) fn authentic(
        &self,
        text: &[u8],
        payload: &[u8],
        signature: &[u8],
    ) -> Result<Result<SignedBy, Problem>, Error> {
        let bundle = read(text, payload, signature)?;
        let subject = Sha256Hash::new(*Claims::read(payload)?.root.as_bytes());
        self.judge(&bundle, subject, &VerificationPolicy::any_identity())
    }

    /// Whether the evidence in `bundle` is good for a statement about `subject`.
    pub(super) fn judge(
        &self,
        bundle: &Bundle,
        subject: Sha256Hash,
        policy: &VerificationPolicy,
    ) -> Result<Result<SignedBy, Problem>, Error> {
        let verify = |root: &TrustedRoot| {
            Verifier::new(root).and_then(|verifier| verifier.verify(subject, bundle, policy))
        };
        let result = verify(&self.0).and_then(|result| verify(&self.at(&result)));
        match result {
            Ok(result) => Ok(signed_by(bundle, &result, policy.identity().is_none())),
            Err(error) => problem(error).map(Err),
        }
    }

    /// Only the signature logs whose keys were valid at every time that `result` rests on.
    fn at(&self, result: &VerificationResult) -> TrustedRoot {
        let mut root = self.0.clone();
        root.tlogs.retain(|log| {
            let window = log.public_key.valid_for;
            let times = result.verified_timestamps();
            window.is_none_or(|window| times.iter().all(|time| window.contains(*time)))
        });
        root
    }
}

/// Reads the bundle a second time, as the library does. Two readers of one text could be made to see two things; what was verified must be
/// what is compared with the files.
fn read(text: &[u8], payload: &[u8], signature: &[u8]) -> Result<Bundle, Error> {
    let broken = |why: &str| Error::Signature(why.to_owned());
    let text = std::str::from_utf8(text).map_err(|_| broken("it is no text"))?;
    let bundle = Bundle::from_json(text).map_err(|error| broken(&error.to_string()))?;
    let material = &bundle.verification_material;
    let stamps = material.timestamp_verification_data.rfc3161_timestamps.len();
    if material.tlog_entries.len() > MOST || stamps > MOST {
        return Err(broken("it has more entries of logs or time stamps than any signature needs"));
    }
    let same = matches!(&bundle.content, SignatureContent::DsseEnvelope(envelope)
        if envelope.payload_type == crate::statements::IN_TOTO
            && envelope.payload.as_bytes() == payload
            && envelope.signature.sig.as_bytes() == signature);
    if same { Ok(bundle) } else { Err(broken("its envelope can be read in two ways")) }
}

fn signed_by(bundle: &Bundle, result: &VerificationResult, anybody: bool) -> Result<SignedBy, Problem> {
    let complete = result.certificate_verified()
        && result.sct_verified()
        && result.tlog_verified()
        && (result.identity_policy_checked() || anybody);
    let identity = bundle.signing_certificate().and_then(|der| chain::identity_of(der.as_bytes()));
    let time = result.verified_timestamps().iter().min();
    match (complete, identity, result.issuer(), time) {
        (true, Some(mut identity), Some(issuer), Some(time)) => {
            // The issuing certificate stays first; who checked the identity is told as the library read it.
            identity.issuers.truncate(1);
            identity.issuers.push(issuer.to_owned());
            Ok(SignedBy::Keyless { identity, time: time.to_string() })
        }
        _ => Err(Problem::Untrusted("its evidence is not complete".to_owned())),
    }
}

/// What a refusal means: the signer's fault, or one of whoever asked.
fn problem(error: Evidence) -> Result<Problem, Error> {
    let none = || "nobody".to_owned();
    match error {
        Evidence::IdentityMismatch { actual, .. } => {
            Ok(Problem::OtherIdentity(actual.map_or_else(none, |actual| actual.to_string())))
        }
        Evidence::IssuerMismatch { actual, .. } => Ok(Problem::OtherIssuer(actual.unwrap_or_else(none))),
        Evidence::SignatureInvalid(_) => Ok(Problem::BadSignature),
        Evidence::UnsupportedBundle(why) => Err(Error::Unsupported(why)),
        other => Ok(Problem::Untrusted(other.to_string())),
    }
}
