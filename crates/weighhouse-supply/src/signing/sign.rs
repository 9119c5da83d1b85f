//! Signing a model.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bundle::{Bundle, Chain, KeyHint, Material, RawCertificate, pre_authentication};
use super::chain;
use super::error::Error;
use super::key::{PrivateKey, PublicKey};
use super::manifest::{HashKind, Method, Serialization, root};
use super::statement::Claims;
use super::tree::Tree;

/// What is left out of every signature, as the reference implementation does: it changes without the model.
pub(super) const GIT: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// What signs.
#[derive(Debug)]
pub enum Signer {
    /// A key; the bundle names it by its fingerprint.
    Key(PrivateKey),
    /// A key with its certificate and those between it and a root (DER, in this order); the bundle holds them.
    Certificate {
        /// The key.
        key: PrivateKey,
        /// The certificates.
        chain: Vec<Vec<u8>>,
    },
}

impl Signer {
    /// A signer with a certificate in PEM, and the chain above it.
    pub fn certificate(key: PrivateKey, certificate: &[u8], above: &[Vec<u8>]) -> Result<Self, Error> {
        let mut chain = chain::ders_of_pem(certificate)?;
        if chain.len() != 1 {
            return Err(Error::Certificate(format!(
                "it holds {} certificates instead of the signer's",
                chain.len()
            )));
        }
        for pem in above {
            chain.extend(chain::ders_of_pem(pem)?);
        }
        if chain.first().and_then(|der| chain::key_of(der)).as_ref() != Some(&key.public()) {
            return Err(Error::Certificate("it is not for the private key that is to sign".to_owned()));
        }
        Ok(Self::Certificate { key, chain })
    }

    fn key(&self) -> &PrivateKey {
        match self {
            Self::Key(key) | Self::Certificate { key, .. } => key,
        }
    }

    fn material(&self) -> Result<Material, Error> {
        Ok(match self {
            Self::Key(key) => {
                let hint = PublicKey::fingerprint(&key.public())?.hex();
                Material { public_key: Some(KeyHint { hint: Some(hint) }), ..Material::default() }
            }
            Self::Certificate { chain, .. } => {
                let certificates = chain.iter().map(|der| RawCertificate { raw_bytes: STANDARD.encode(der) });
                let chain = Chain { certificates: certificates.collect() };
                Material { x509_certificate_chain: Some(chain), ..Material::default() }
            }
        })
    }
}

/// How a model is signed.
#[derive(Debug, Clone)]
pub struct SigningOptions {
    /// By file or by shard.
    pub method: Method,
    /// The digest of each resource.
    pub hash: HashKind,
    /// Whether links are followed; a link is an error otherwise.
    pub follow_links: bool,
    /// Paths to leave out beside those of git, relative to the model.
    pub ignored: Vec<String>,
}

impl Default for SigningOptions {
    fn default() -> Self {
        Self { method: Method::Files, hash: HashKind::Sha256, follow_links: false, ignored: Vec::new() }
    }
}

/// Signs the model at `model`, a file or a folder, under the name `name`. The result is the text of a bundle; the same model and key give the
/// same bytes.
pub fn sign(model: &Path, name: &str, signer: &Signer, options: &SigningOptions) -> Result<Vec<u8>, Error> {
    let payload = statement(model, name, options)?;
    let signature = signer.key().sign(&pre_authentication(&payload));
    let bundle = Bundle::new(signer.material()?, &payload, &signature);
    serde_json::to_vec(&bundle).map_err(|error| Error::Signature(error.to_string()))
}

/// Signs as [`sign`] does, for the bearer of `token` instead of a key, with the services of an instance of Sigstore. The bundle was verified;
/// beside it stands who signed it.
#[cfg(feature = "sigstore")]
pub fn sign_keyless(
    model: &Path,
    name: &str,
    (instance, token): (&super::keyless::Instance, &super::keyless::Token),
    transport: &dyn super::keyless::Transport,
    options: &SigningOptions,
) -> Result<(Vec<u8>, super::verify::SignedBy), Error> {
    instance.sign(&statement(model, name, options)?, token, transport)
}

/// What is signed: the files of the model, listed.
pub(super) fn statement(model: &Path, name: &str, options: &SigningOptions) -> Result<Vec<u8>, Error> {
    let mut ignored = options.ignored.clone();
    ignored.extend(GIT.map(str::to_owned));
    ignored.sort();
    ignored.dedup();
    let SigningOptions { method, hash, follow_links, .. } = *options;
    let serialization = Serialization { method, hash, follow_links, ignored };
    let tree = Tree::list(model, &serialization)?;
    let resources = tree.resources(method, hash)?;
    let empty: BTreeSet<String> = tree.empty().map(str::to_owned).collect();
    let claims = Claims {
        name: name.to_owned(),
        root: root(resources.iter().map(|resource| resource.digest.as_slice())),
        serialization,
        resources,
        empty: matches!(method, Method::Shards { .. }).then_some(empty),
    };
    claims.write()
}
