//! Certificates: who signed, and who says so.
//!
//! A chain leads from the certificate that signed to one of the roots the caller trusts. There are no roots by default: a model signed
//! with the certificate of any web server is signed by nobody in particular. RFC 5280, without what signers of models have no use for:
//! name constraints and unknown critical extensions refuse a chain.

use std::time::Duration;

use sha2::{Digest as _, Sha256, Sha384, Sha512};
use weighhouse_core::Digest;
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};

use super::error::Error;
use super::key::PublicKey;

/// Certificates between the signer and a root, at most.
const LENGTH: usize = 8;

const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
/// The issuer of the identity token, in certificates of Sigstore's authority.
const OIDC_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");

/// Critical extensions that are understood: key usage, alternative names, basic constraints, extended key usage.
const UNDERSTOOD: [&str; 4] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"];

/// Signature algorithms of authorities.
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
const ECDSA_SHA512: &str = "1.2.840.10045.4.3.4";
const RSA_SHA256: &str = "1.2.840.113549.1.1.11";
const RSA_SHA384: &str = "1.2.840.113549.1.1.12";
const RSA_SHA512: &str = "1.2.840.113549.1.1.13";
const ED25519: &str = "1.3.101.112";

/// The authorities a caller trusts.
#[derive(Debug, Clone)]
pub struct TrustRoot(Vec<Parsed>);

/// Who a certificate says its holder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The subject, as in RFC 4514.
    pub subject: String,
    /// Mail addresses, names of hosts and URIs it is for.
    pub names: Vec<String>,
    /// Who says so: the subject of the issuing certificate and, for a keyless signature, who checked the identity.
    pub issuers: Vec<String>,
    /// SHA-256 of the certificate.
    pub certificate: Digest,
}

impl Identity {
    /// Whether `wanted` is this identity: one of its names, its subject, or its subject's common name.
    pub fn is(&self, wanted: &str) -> bool {
        self.names.iter().any(|name| name == wanted) || named(&self.subject, wanted)
    }

    /// Whether `wanted` vouches for it, by subject or common name.
    pub fn is_issued_by(&self, wanted: &str) -> bool {
        self.issuers.iter().any(|issuer| named(issuer, wanted))
    }
}

/// Whether `wanted` is a subject or its common name. Names are compared whole, never by a part: signs in a value have a backslash before
/// them (RFC 4514), so that an organisation called `a,CN=b` is not taken for somebody called `b`.
fn named(subject: &str, wanted: &str) -> bool {
    let mut escaped = false;
    let separates = |character: char| {
        let separates = !escaped && matches!(character, ',' | '+');
        escaped = !escaped && character == '\\';
        separates
    };
    let parts = subject.split(separates);
    subject == wanted || parts.filter_map(|part| part.trim().strip_prefix("CN=")).any(|name| name == wanted)
}

impl TrustRoot {
    /// Reads one or more certificates in PEM.
    pub fn from_pem(text: &[u8]) -> Result<Self, Error> {
        let certificates = parse_pem(text)?;
        if certificates.is_empty() {
            return Err(Error::Certificate("the trust root holds no certificate in PEM".to_owned()));
        }
        Ok(Self(certificates))
    }
}

/// The key of a certificate in DER.
pub(super) fn key_of(der: &[u8]) -> Option<PublicKey> {
    Parsed::new(der).ok()?.key_info().and_then(|key| PublicKey::from_der(&key))
}

/// Who a certificate (DER) says its holder is, whoever issued it.
#[cfg(feature = "sigstore")]
pub(super) fn identity_of(der: &[u8]) -> Option<Identity> {
    Some(Parsed::new(der).ok()?.identity())
}

/// Certificates in PEM, as DER.
pub(super) fn ders_of_pem(text: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    Ok(parse_pem(text)?.into_iter().map(|parsed| parsed.der).collect())
}

fn parse_pem(text: &[u8]) -> Result<Vec<Parsed>, Error> {
    let bad = |error: &x509_cert::der::Error| Error::Certificate(error.to_string());
    let certificates = Certificate::load_pem_chain(text).map_err(|error| bad(&error))?;
    let parse = |certificate: Certificate| Parsed::new(&certificate.to_der().map_err(|error| bad(&error))?);
    certificates.into_iter().map(parse).collect()
}

/// A certificate with the bytes its signature is over.
#[derive(Debug, Clone)]
struct Parsed {
    certificate: Certificate,
    der: Vec<u8>,
    signed: Vec<u8>,
}

impl Parsed {
    fn new(der: &[u8]) -> Result<Self, Error> {
        let bad = |error: x509_cert::der::Error| Error::Certificate(error.to_string());
        let certificate = Certificate::from_der(der).map_err(bad)?;
        let mut reader = SliceReader::new(der).map_err(bad)?;
        let signed = reader.sequence(|inner| {
            let signed = inner.tlv_bytes()?.to_vec();
            while !inner.is_finished() {
                inner.tlv_bytes()?;
            }
            Ok::<_, x509_cert::der::Error>(signed)
        });
        Ok(Self { certificate, der: der.to_vec(), signed: signed.map_err(bad)? })
    }

    fn key_info(&self) -> Option<Vec<u8>> {
        self.certificate.tbs_certificate().subject_public_key_info().to_der().ok()
    }

    fn subject(&self) -> String {
        self.certificate.tbs_certificate().subject().to_string()
    }

    fn is_issued_by(&self, issuer: &Self) -> bool {
        self.certificate.tbs_certificate().issuer() == issuer.certificate.tbs_certificate().subject()
            && self.is_signed_by(issuer)
    }

    fn is_signed_by(&self, issuer: &Self) -> bool {
        let algorithm = self.certificate.signature_algorithm();
        // An algorithm outside the signed part that differs from the one inside is an attempt to confuse.
        if algorithm != self.certificate.tbs_certificate().signature() {
            return false;
        }
        let (Some(signature), Some(key)) = (self.certificate.signature().as_bytes(), issuer.key_info())
        else {
            return false;
        };
        let ecdsa = |digest: &[u8]| {
            PublicKey::from_der(&key).is_some_and(|key| key.verifies_digest(digest, signature))
        };
        let ring = |algorithm: &'static dyn ring::signature::VerificationAlgorithm| {
            let key =
                issuer.certificate.tbs_certificate().subject_public_key_info().subject_public_key.as_bytes();
            key.is_some_and(|key| {
                ring::signature::UnparsedPublicKey::new(algorithm, key)
                    .verify(&self.signed, signature)
                    .is_ok()
            })
        };
        match algorithm.oid.to_string().as_str() {
            ECDSA_SHA256 => ecdsa(&Sha256::digest(&self.signed)),
            ECDSA_SHA384 => ecdsa(&Sha384::digest(&self.signed)),
            ECDSA_SHA512 => ecdsa(&Sha512::digest(&self.signed)),
            RSA_SHA256 => ring(&ring::signature::RSA_PKCS1_2048_8192_SHA256),
            RSA_SHA384 => ring(&ring::signature::RSA_PKCS1_2048_8192_SHA384),
            RSA_SHA512 => ring(&ring::signature::RSA_PKCS1_2048_8192_SHA512),
            ED25519 => ring(&ring::signature::ED25519),
            _ => false,
        }
    }

    /// Why the certificate is not good at `moment`, whatever it is used for.
    fn fault(&self, moment: Duration) -> Option<String> {
        let validity = self.certificate.tbs_certificate().validity();
        let subject = self.subject();
        if moment < validity.not_before.to_unix_duration() {
            return Some(format!(
                "the certificate of `{subject}` is valid only from {}",
                validity.not_before
            ));
        }
        if moment > validity.not_after.to_unix_duration() {
            return Some(format!("the certificate of `{subject}` expired at {}", validity.not_after));
        }
        let extensions = self.certificate.tbs_certificate().extensions().map_or(&[][..], Vec::as_slice);
        let strange = extensions.iter().find(|extension| {
            extension.critical && !UNDERSTOOD.contains(&extension.extn_id.to_string().as_str())
        });
        strange.map(|extension| {
            format!(
                "the certificate of `{subject}` has a critical extension that is not understood: {}",
                extension.extn_id
            )
        })
    }

    fn extension<T>(&self) -> Result<Option<T>, String>
    where
        T: for<'a> x509_cert::der::Decode<'a> + x509_cert::der::oid::AssociatedOid,
    {
        let found = self.certificate.tbs_certificate().get_extension::<T>();
        found.map(|found| found.map(|(_, value)| value)).map_err(|_| {
            format!("the certificate of `{}` has an extension that cannot be read", self.subject())
        })
    }

    /// Why it may not sign models.
    fn signer_fault(&self) -> Result<(), String> {
        let subject = self.subject();
        let usage = self.extension::<KeyUsage>()?;
        let extended = self.extension::<ExtendedKeyUsage>()?;
        if usage.is_some_and(|usage| !usage.digital_signature()) {
            return Err(format!("the certificate of `{subject}` is not for signatures"));
        }
        match extended {
            Some(extended) if !extended.0.iter().any(|usage| [CODE_SIGNING, ANY_USAGE].contains(usage)) => {
                Err(format!(
                    "the certificate of `{subject}` is not for signing code but for something else, such as a web server"
                ))
            }
            None if usage.is_none() => {
                Err(format!("the certificate of `{subject}` does not say that it is for signatures"))
            }
            _ => Ok(()),
        }
    }

    /// Why it may not issue certificates with `below` others between it and the signer's.
    fn issuer_fault(&self, below: usize) -> Result<(), String> {
        let subject = self.subject();
        let constraints = self.extension::<BasicConstraints>()?.filter(|constraints| constraints.ca);
        let constraints = constraints.ok_or_else(|| format!("`{subject}` may not issue certificates"))?;
        if constraints.path_len_constraint.is_some_and(|allowed| below > usize::from(allowed)) {
            return Err(format!("`{subject}` may not issue for authorities so deep"));
        }
        if self.extension::<KeyUsage>()?.is_some_and(|usage| !usage.key_cert_sign()) {
            return Err(format!("the key of `{subject}` may not sign certificates"));
        }
        let extended = self.extension::<ExtendedKeyUsage>()?;
        if extended
            .is_some_and(|extended| !extended.0.iter().any(|usage| [CODE_SIGNING, ANY_USAGE].contains(usage)))
        {
            return Err(format!("`{subject}` may not issue certificates for signing code"));
        }
        Ok(())
    }

    fn identity(&self) -> Identity {
        let names = self.extension::<SubjectAltName>().ok().flatten();
        let names = names.map(|names| names.0.iter().filter_map(name).collect()).unwrap_or_default();
        let tbs = self.certificate.tbs_certificate();
        let mut issuers = vec![tbs.issuer().to_string()];
        let extensions = tbs.extensions().map_or(&[][..], Vec::as_slice);
        let checked_by = extensions.iter().find(|extension| extension.extn_id == OIDC_ISSUER);
        let checked_by =
            checked_by.map(|extension| String::from_utf8_lossy(extension.extn_value.as_bytes()).into_owned());
        issuers.extend(checked_by);
        Identity { subject: self.subject(), names, issuers, certificate: Digest::of(&self.der) }
    }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Rfc822Name(name)
        | GeneralName::DnsName(name)
        | GeneralName::UniformResourceIdentifier(name) => Some(name.to_string()),
        _ => None,
    }
}

/// The key of the first certificate of `chain` (DER), if a path leads from it to a root at `moment` (since 1970).
pub(super) fn verify(
    chain: &[Vec<u8>],
    roots: &TrustRoot,
    moment: Duration,
) -> Result<(PublicKey, Identity), String> {
    let chain: Result<Vec<Parsed>, _> = chain.iter().take(LENGTH).map(|der| Parsed::new(der)).collect();
    let chain = chain.map_err(|error| error.to_string())?;
    let (signer, between) = chain.split_first().ok_or("the bundle holds no certificate")?;
    signer.fault(moment).map_or(Ok(()), Err)?;
    signer.signer_fault()?;
    let key = signer.key_info().and_then(|der| PublicKey::from_der(&der));
    let key = key.ok_or("the signer's key is not of P-256, P-384 or P-521")?;
    let identity = signer.identity();
    let mut current = signer;
    for below in 0..=LENGTH {
        // A pinned certificate is an end of the path wherever it stands in its own hierarchy.
        if roots.0.iter().any(|root| root.der == current.der) {
            return Ok((key, identity));
        }
        let issuer = roots.0.iter().chain(between).find(|issuer| current.is_issued_by(issuer));
        let issuer = issuer.ok_or_else(|| {
            let issuer = current.certificate.tbs_certificate().issuer();
            format!(
                "`{issuer}`, who issued the certificate of `{}`, is not among the trusted",
                current.subject()
            )
        })?;
        issuer.fault(moment).map_or(Ok(()), Err)?;
        issuer.issuer_fault(below)?;
        current = issuer;
    }
    Err("the chain of certificates does not end".to_owned())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_name_inside_another_is_none() {
        for (subject, holds) in [
            ("CN=good", true),
            ("O=a,CN=good,C=DE", true),
            ("O=a+CN=good", true),
            (r"O=a\\,CN=good", true),
            (r"CN=evil,O=a\,CN=good", false),
            (r"CN=evil,O=a\+CN=good", false),
            (r"O=a\\\,CN=good", false),
            ("CN=goods", false),
            ("O=good", false),
        ] {
            assert_eq!(named(subject, "good"), holds, "{subject}");
        }
    }
}
