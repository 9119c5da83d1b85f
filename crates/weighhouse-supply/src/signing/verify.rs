//! Checking a signature: who signed, whether the model is what was signed, and what the signature does not speak of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use weighhouse_core::Digest;

use super::bundle::{Bundle, decode, pre_authentication};
use super::chain::{self, Identity, TrustRoot};
use super::error::Error;
use super::key::PublicKey;
use super::keyless::Keyless;
use super::manifest::{Method, Resource};
use super::sign::GIT;
use super::statement::Claims;
use super::tree::Tree;

/// Whom to believe.
#[derive(Debug, Clone)]
pub enum Trust {
    /// The holder of this key.
    Key(PublicKey),
    /// Those for whom these authorities vouch.
    Roots {
        /// The authorities.
        roots: TrustRoot,
        /// Only this holder: a name in the certificate, its subject, or its common name.
        identity: Option<String>,
        /// Only if this authority issued the certificate.
        issuer: Option<String>,
        /// When certificates must be valid, since 1970.
        moment: Duration,
    },
    /// Somebody whose identity an instance of Sigstore has checked.
    Keyless(Keyless),
}

/// How a signature is checked.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Whom to believe.
    pub trust: Trust,
    /// Whether links may be followed; a signature that allows links does not suffice.
    pub follow_links: bool,
    /// Paths that the verifier, too, wants left out.
    pub ignored: Vec<String>,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedBy {
    /// The holder of the key with this fingerprint.
    Key(Digest),
    /// The holder of a certificate.
    Certificate(Identity),
    /// The holder of a short-lived certificate, at a time that a log or a time stamp authority witnessed.
    Keyless {
        /// Who, and who checked that.
        identity: Identity,
        /// When, as in RFC 3339.
        time: String,
    },
}

/// Why a model is not what a trusted party signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// The signature was made with another key; the fingerprint the bundle names.
    OtherKey(String),
    /// The signature does not fit the statement.
    BadSignature,
    /// No path leads from the certificate to a trusted authority, or it may not sign.
    Untrusted(String),
    /// Somebody else signed.
    OtherIdentity(String),
    /// Somebody else issued the certificate.
    OtherIssuer(String),
    /// A file has other content.
    Changed(String),
    /// A file is gone.
    Missing(String),
    /// A file was added.
    Added(String),
}

/// What a signature says of a model, compared with the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The name under which it was signed.
    pub name: String,
    /// The digest of the model as it was signed.
    pub root: Digest,
    /// Who signed; `None` if the signature cannot be trusted, and then the files were not compared.
    pub signed_by: Option<SignedBy>,
    /// Files or shards the signature lists.
    pub resources: usize,
    /// What is wrong, sorted.
    pub problems: Vec<Problem>,
    /// Files on disk that the signature leaves out though the verifier did not ask for it, sorted.
    pub uncovered: Vec<String>,
    /// Files on disk that are left out because the verifier wants it, and those of git.
    pub ignored: Vec<String>,
}

/// Checks `signature`, the text of a bundle, against the model at `model`.
pub fn verify(model: &Path, signature: &[u8], options: &VerifyOptions) -> Result<Verification, Error> {
    let bundle = Bundle::read(signature)?;
    let payload = bundle.payload()?;
    let trusted = trusted(signature, &bundle, &payload, &options.trust)?;
    // The statement of somebody who is not trusted is read for its name only.
    let claims = Claims::read(&payload)?;
    let mut verification = Verification {
        name: claims.name.clone(),
        root: claims.root,
        signed_by: None,
        resources: claims.resources.len(),
        problems: Vec::new(),
        uncovered: Vec::new(),
        ignored: Vec::new(),
    };
    match trusted {
        Ok(signed_by) => verification.signed_by = Some(signed_by),
        Err(problem) => {
            verification.problems.push(problem);
            return Ok(verification);
        }
    }
    compare(model, &claims, options, &mut verification)?;
    Ok(verification)
}

/// Who signed `bundle`, whose text is `text`, if that is somebody to believe.
fn trusted(
    text: &[u8],
    bundle: &Bundle,
    payload: &[u8],
    trust: &Trust,
) -> Result<Result<SignedBy, Problem>, Error> {
    let material = &bundle.verification_material;
    let signature = &bundle.signature()?;
    let message = pre_authentication(payload);
    if material.certificate.is_some() {
        if material.x509_certificate_chain.is_some() || material.public_key.is_some() {
            return Err(Error::Signature("it names its signer in more than one way".to_owned()));
        }
        return match trust {
            Trust::Keyless(keyless) => keyless.check(text, payload, signature),
            Trust::Key(_) | Trust::Roots { .. } => Ok(Err(Problem::Untrusted(
                "it is a keyless signature of Sigstore: a trusted root, an identity and an issuer check that"
                    .to_owned(),
            ))),
        };
    }
    match (trust, &material.x509_certificate_chain, &material.public_key) {
        (Trust::Key(key), None, hint) => {
            let fingerprint = key.fingerprint()?;
            let hint = hint.as_ref().and_then(|hint| hint.hint.as_deref()).filter(|hint| !hint.is_empty());
            if let Some(hint) = hint.filter(|hint| !hint.eq_ignore_ascii_case(&fingerprint.hex())) {
                return Ok(Err(Problem::OtherKey(hint.to_owned())));
            }
            Ok(if key.verifies(&message, signature) {
                Ok(SignedBy::Key(fingerprint))
            } else {
                Err(Problem::BadSignature)
            })
        }
        (Trust::Roots { roots, identity, issuer, moment }, Some(certificates), None) => {
            let ders = certificates.certificates.iter().map(|raw| decode(&raw.raw_bytes, "certificate"));
            let ders: Vec<Vec<u8>> = ders.collect::<Result<_, _>>()?;
            let (key, signer) = match chain::verify(&ders, roots, *moment) {
                Ok(found) => found,
                Err(why) => return Ok(Err(Problem::Untrusted(why))),
            };
            if !key.verifies(&message, signature) {
                return Ok(Err(Problem::BadSignature));
            }
            if identity.as_ref().is_some_and(|wanted| !signer.is(wanted)) {
                let names = [std::slice::from_ref(&signer.subject), &signer.names].concat();
                return Ok(Err(Problem::OtherIdentity(names.join(", "))));
            }
            if issuer.as_ref().is_some_and(|wanted| !signer.is_issued_by(wanted)) {
                return Ok(Err(Problem::OtherIssuer(signer.issuers.join(", "))));
            }
            Ok(Ok(SignedBy::Certificate(signer)))
        }
        (Trust::Keyless(_), _, _) => {
            Ok(Err(Problem::Untrusted("it is no keyless signature of Sigstore".to_owned())))
        }
        (Trust::Key(_), Some(_), _) => Ok(Err(Problem::Untrusted(
            "it is signed with a certificate; a key alone cannot check that".to_owned(),
        ))),
        (Trust::Roots { .. }, _, _) => Ok(Err(Problem::Untrusted(
            "it is signed with a key; authorities cannot vouch for that".to_owned(),
        ))),
    }
}

fn compare(
    model: &Path,
    claims: &Claims,
    options: &VerifyOptions,
    out: &mut Verification,
) -> Result<(), Error> {
    let mut serialization = claims.serialization.clone();
    serialization.follow_links = options.follow_links;
    serialization.ignored.extend(options.ignored.iter().cloned());
    let mut tree = Tree::list(model, &serialization)?;
    // The furthest byte of each file that the signature speaks of.
    let mut listed: BTreeMap<&str, u64> =
        claims.empty.iter().flatten().map(|path| (path.as_str(), 0)).collect();
    for resource in &claims.resources {
        let end = listed.entry(&resource.path).or_default();
        *end = (*end).max(resource.range.map_or(u64::MAX, |(_, end)| end));
    }
    let shards = matches!(serialization.method, Method::Shards { .. });
    // What was added is not read: links could lead to anything. Of shards files without content are told apart below.
    let empty: Vec<String> = tree.empty().map(str::to_owned).collect();
    let added = tree.unlisted(&listed).into_iter().filter(|path| !shards || !empty.contains(path));
    out.problems.extend(added.map(Problem::Added));
    let actual = tree.resources(serialization.method, serialization.hash)?;
    differences(&claims.resources, &actual, &mut out.problems);
    if let Method::Shards { .. } = serialization.method {
        empty_files(claims.empty.as_ref(), empty, out);
    }
    out.problems.sort();
    out.problems.dedup();
    let wanted = |path: &String| {
        let below = |folder: &str| {
            path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        options.ignored.iter().any(|ignored| below(ignored)) || GIT.iter().any(|folder| below(folder))
    };
    (out.ignored, out.uncovered) = {
        let (ignored, uncovered): (Vec<String>, Vec<String>) = tree.ignored.into_iter().partition(wanted);
        (ignored, [std::mem::take(&mut out.uncovered), uncovered].concat())
    };
    out.ignored.sort();
    out.uncovered.sort();
    Ok(())
}

/// Resources by path and range against each other; a difference is told once a file.
fn differences(claimed: &[Resource], actual: &[Resource], problems: &mut Vec<Problem>) {
    let by_key = |resources: &[Resource]| -> BTreeMap<_, _> {
        resources
            .iter()
            .map(|resource| ((resource.path.clone(), resource.range), resource.digest.clone()))
            .collect()
    };
    let paths = |resources: &[Resource]| -> BTreeSet<String> {
        resources.iter().map(|resource| resource.path.clone()).collect()
    };
    let (claimed_paths, actual_paths) = (paths(claimed), paths(actual));
    problems.extend(claimed_paths.difference(&actual_paths).cloned().map(Problem::Missing));
    problems.extend(actual_paths.difference(&claimed_paths).cloned().map(Problem::Added));
    let (claimed, actual) = (by_key(claimed), by_key(actual));
    let changed = claimed.keys().chain(actual.keys()).filter(|key| claimed.get(*key) != actual.get(*key));
    let both = changed.filter(|(path, _)| claimed_paths.contains(path) && actual_paths.contains(path));
    problems.extend(both.map(|(path, _)| Problem::Changed(path.clone())));
}

/// A signature in shards has no resource for a file without content. Ours list them beside; of others it cannot be known whether the
/// signer saw them.
fn empty_files(claimed: Option<&BTreeSet<String>>, actual: Vec<String>, out: &mut Verification) {
    let actual = BTreeSet::from_iter(actual);
    // One that had content once is told as missing already.
    match claimed {
        Some(claimed) => {
            out.problems.extend(claimed.difference(&actual).cloned().map(Problem::Missing));
            out.problems.extend(actual.difference(claimed).cloned().map(Problem::Added));
        }
        None => out.uncovered.extend(actual),
    }
}
