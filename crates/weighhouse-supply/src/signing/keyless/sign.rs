//! Signing without a key to keep: who signs shows a token of whoever knows them, is certified for minutes, and the signature is witnessed.
//!
//! Three services of an instance of Sigstore are asked, whose addresses the caller's *signing configuration* holds: the authority (Fulcio, version
//! 2 of its interface), the log (Rekor, version 1 or 2) and, if there is one, an authority for time stamps (RFC 3161), without which entries of
//! Rekor 2 have no time. None of them is believed: the finished signature is checked against the trusted root like any other before it is
//! given away, so what nobody else could verify is never written.
//!
//! Nothing here opens a connection: that is the caller's [`Transport`].

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sigstore_verify::trust_root::SigningConfig;

use super::super::bundle::{Bundle, Material, pre_authentication};
use super::super::chain;
use super::super::error::Error;
use super::super::key::PrivateKey;
use super::super::verify::SignedBy;
use super::evidence::Root;

/// Sends requests for whoever signs.
pub trait Transport {
    /// The body of the answer to a `POST`.
    ///
    /// # Errors
    /// Why there is none: lower case, no final stop, safe to print.
    fn post(&self, address: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, String>;
}

/// Where an instance of Sigstore is reached, and whom of it to believe.
#[derive(Debug, Clone)]
pub struct Instance {
    root: Root,
    authority: String,
    log: String,
    /// The generation of the log: 1 or 2.
    generation: u32,
    stamps: Option<String>,
}

impl Instance {
    /// Reads `trusted_root` (a `trusted_root.json`) and `signing_config` (a `signing_config.json` of version 0.2). Services that are not
    /// in use today are left out.
    pub fn new(trusted_root: &[u8], signing_config: &[u8]) -> Result<Self, Error> {
        let bad = |why: &str| Error::SigningConfig(why.to_owned());
        let text = std::str::from_utf8(signing_config).map_err(|_| bad("it is no text"))?;
        let config = SigningConfig::from_json(text).map_err(|error| bad(&error.to_string()))?;
        let authority = config.fulcio_url().ok_or_else(|| bad("it names no authority that is in use"))?;
        let log = config.rekor_url(None).ok_or_else(|| bad("it names no log that is in use"))?;
        let stamps = config.tsa_url().map(|service| service.url.clone());
        if log.major_api_version > 1 && stamps.is_none() {
            return Err(bad("its log states no time, and it names no authority for time stamps"));
        }
        Ok(Self {
            root: Root::read(trusted_root)?,
            authority: authority.url.clone(),
            log: log.url.clone(),
            generation: log.major_api_version,
            stamps,
        })
    }

    /// Signs `payload` for the bearer of `token`. The result is a bundle that was verified, and by whom it is signed.
    pub(in super::super) fn sign(
        &self,
        payload: &[u8],
        token: &Token,
        transport: &dyn Transport,
    ) -> Result<(Vec<u8>, SignedBy), Error> {
        self.sign_with(&PrivateKey::generate()?, payload, token, transport)
    }

    pub(super) fn sign_with(
        &self,
        key: &PrivateKey,
        payload: &[u8],
        token: &Token,
        transport: &dyn Transport,
    ) -> Result<(Vec<u8>, SignedBy), Error> {
        let certificate = self.certificate(key, token, transport)?;
        let signed = pre_authentication(payload);
        let signature = key.sign(&signed);
        let mut bundle = Bundle::new(Material::default(), payload, &signature);
        let stamp = match &self.stamps {
            Some(address) => Some(stamp(address, &signature, transport)?),
            None => None,
        };
        let entry = if self.generation > 1 {
            self.entry_of_tiles((&signed, &signature), &certificate, transport)?
        } else {
            self.entry(&bundle, &certificate, transport)?
        };
        bundle.verification_material = Material {
            certificate: Some(json!({ "rawBytes": STANDARD.encode(&certificate) })),
            tlog_entries: vec![entry],
            timestamp_verification_data: stamp,
            ..Material::default()
        };
        let text = serde_json::to_vec(&bundle).map_err(|error| Error::Signature(error.to_string()))?;
        match self.root.authentic(&text, payload, &signature)? {
            Ok(by) => Ok((text, by)),
            Err(problem) => {
                Err(Error::Service(format!("what the services gave cannot be verified: {problem:?}")))
            }
        }
    }

    /// The certificate of the key, in DER.
    fn certificate(
        &self,
        key: &PrivateKey,
        token: &Token,
        transport: &dyn Transport,
    ) -> Result<Vec<u8>, Error> {
        let proof = key.sign(token.subject()?.as_bytes());
        let request = json!({
            "credentials": { "oidcIdentityToken": token.0 },
            "publicKeyRequest": {
                "publicKey": { "algorithm": "ECDSA", "content": key.public().pem()? },
                "proofOfPossession": STANDARD.encode(proof),
            },
        });
        let answer = ask(transport, &self.authority, "api/v2/signingCert", &request)?;
        if answer.get("signedCertificateDetachedSct").is_some() {
            let why = "the authority does not put the word of its log into certificates; bundles have no other place for it";
            return Err(Error::Service(why.to_owned()));
        }
        let first =
            answer.pointer("/signedCertificateEmbeddedSct/chain/certificates/0").and_then(Value::as_str);
        let first = first.ok_or_else(|| strange("the authority", "without a certificate"))?;
        let ders = chain::ders_of_pem(first.as_bytes())?;
        ders.into_iter().next().ok_or_else(|| strange("the authority", "without a certificate"))
    }

    /// An entry of Rekor 1, as bundles hold it.
    fn entry(&self, bundle: &Bundle, certificate: &[u8], transport: &dyn Transport) -> Result<Value, Error> {
        let envelope = serde_json::to_string(&bundle.dsse_envelope)
            .map_err(|error| Error::Signature(error.to_string()))?;
        let proposed = json!({ "envelope": envelope, "verifiers": [STANDARD.encode(pem(certificate))] });
        let request =
            json!({ "kind": "dsse", "apiVersion": "0.0.1", "spec": { "proposedContent": proposed } });
        let answer = ask(transport, &self.log, "api/v1/log/entries", &request)?;
        let entry = answer
            .as_object()
            .filter(|entries| entries.len() == 1)
            .and_then(|entries| entries.values().next());
        entry.and_then(in_bundle).ok_or_else(|| strange("the log", "that is no entry"))
    }

    /// An entry of Rekor 2, which answers in the form that bundles hold. It takes envelopes as digests of what is signed.
    fn entry_of_tiles(
        &self,
        (signed, signature): (&[u8], &[u8]),
        certificate: &[u8],
        transport: &dyn Transport,
    ) -> Result<Value, Error> {
        let verifier = json!({
            "x509Certificate": { "rawBytes": STANDARD.encode(certificate) },
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        });
        let request = json!({ "hashedRekordRequestV002": {
            "digest": STANDARD.encode(Sha256::digest(signed)),
            "signature": { "content": STANDARD.encode(signature), "verifier": verifier },
        } });
        ask(transport, &self.log, "api/v2/log/entries", &request)
    }
}

/// An answer of Rekor 1 in the words of a bundle: numbers are texts there, and digests base64.
fn in_bundle(entry: &Value) -> Option<Value> {
    let proof = entry.pointer("/verification/inclusionProof")?;
    let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_u64).map(|number| number.to_string());
    let digest = |text: &Value| text.as_str().and_then(bytes_of_hex).map(|bytes| STANDARD.encode(bytes));
    let path: Option<Vec<String>> = proof.get("hashes")?.as_array()?.iter().map(digest).collect();
    Some(json!({
        "logIndex": number(entry, "logIndex")?,
        "logId": { "keyId": digest(entry.get("logID")?)? },
        "kindVersion": { "kind": "dsse", "version": "0.0.1" },
        "integratedTime": number(entry, "integratedTime")?,
        "inclusionPromise": { "signedEntryTimestamp": entry.pointer("/verification/signedEntryTimestamp")?.as_str()? },
        "inclusionProof": {
            "logIndex": number(proof, "logIndex")?,
            "rootHash": digest(proof.get("rootHash")?)?,
            "treeSize": number(proof, "treeSize")?,
            "hashes": path?,
            "checkpoint": { "envelope": proof.get("checkpoint")?.as_str()? },
        },
        "canonicalizedBody": entry.get("body")?.as_str()?,
    }))
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (text.len().is_multiple_of(2) && text.len() <= 128)
        .then(|| pairs.map(pair).collect::<Option<Vec<u8>>>())?
}

/// The word of an authority about the time at which it saw a signature (RFC 3161).
fn stamp(address: &str, signature: &[u8], transport: &dyn Transport) -> Result<Value, Error> {
    // TimeStampReq: version 1, SHA-256 of what is stamped, and the wish for the certificate. A signature is made once, hence no nonce.
    let mut request =
        vec![0x30, 57, 2, 1, 1, 0x30, 49, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32];
    request.extend(Sha256::digest(signature));
    request.extend([1, 1, 0xff]);
    let token = transport.post(address, "application/timestamp-query", &request).map_err(Error::Service)?;
    Ok(json!({ "rfc3161Timestamps": [{ "signedTimestamp": STANDARD.encode(token) }] }))
}

fn ask(transport: &dyn Transport, base: &str, path: &str, request: &Value) -> Result<Value, Error> {
    let address = format!("{}/{path}", base.trim_end_matches('/'));
    let answer = transport.post(&address, "application/json", request.to_string().as_bytes());
    let answer = answer.map_err(Error::Service)?;
    serde_json::from_slice(&answer).map_err(|_| strange("a service", "that is no JSON"))
}

fn strange(who: &str, what: &str) -> Error {
    Error::Service(format!("{who} gave an answer {what}"))
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// A token that says who somebody is, as their provider of identity gave it to them. Never printed: for minutes, who has it is them.
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// Takes a JSON Web Token; white space around it is dropped.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Whom the token is about, as the authority wants it signed with the new key: the address for mail, or else the subject.
    fn subject(&self) -> Result<String, Error> {
        let bad = |why: &str| Error::Token(why.to_owned());
        let claims = self.0.split('.').nth(1).ok_or_else(|| bad("it is no JSON Web Token"))?;
        let claims = URL_SAFE_NO_PAD
            .decode(claims.trim_end_matches('='))
            .map_err(|_| bad("its claims are no base64"))?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| bad("its claims are no JSON"))?;
        if claims.get("email_verified") == Some(&Value::Bool(false)) {
            return Err(bad("its provider has not verified the address for mail"));
        }
        let claim = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let subject = claim("email").or_else(|| claim("sub")).ok_or_else(|| bad("it names nobody"))?;
        Ok(subject.to_owned())
    }
}
