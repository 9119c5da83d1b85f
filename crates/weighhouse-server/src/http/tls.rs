//! The certificate of the gate, and whom it asks for theirs. TLS 1.2 and 1.3 by rustls, with its defaults.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use weighhouse_core::Digest;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::error::{GateError, Result};

/// Bytes of a file of certificates at most.
const LARGEST: u64 = 1 << 20;

/// Where the certificate of the gate lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM: the certificate of the gate, and those between it and its authority.
    pub certificate: PathBuf,
    /// PEM: its private key.
    pub key: PathBuf,
    /// PEM: authorities of clients. With it only clients with a certificate of theirs come in.
    pub clients: Option<PathBuf>,
}

/// A certificate in use, which is replaced when its files change.
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Loaded>,
    /// What was looked at last, so that a fault is told once.
    seen: Mutex<Digest>,
}

struct Loaded {
    config: Arc<ServerConfig>,
    /// Seconds since 1970.
    expires: i64,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// If they cannot be read, or do not belong together, in words for who set the gate up.
    pub fn load(files: TlsFiles) -> Result<Self> {
        let texts = Texts::read(&files)?;
        let current = RwLock::new(texts.load(&files)?);
        Ok(Self { current, seen: Mutex::new(texts.digest()), files })
    }

    /// What new connections get.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).config)
    }

    /// When the certificate expires, in seconds since 1970.
    pub(super) fn expires(&self) -> i64 {
        self.current.read().unwrap_or_else(PoisonError::into_inner).expires
    }

    /// Looks whether the files changed; true if there is another certificate now. Blocks.
    pub(super) fn look(&self) -> Result<bool> {
        let texts = Texts::read(&self.files)?;
        let digest = texts.digest();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == digest {
            return Ok(false);
        }
        *seen = digest;
        let loaded = texts.load(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(true)
    }
}

/// The files as they were read.
struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
    clients: Option<Vec<u8>>,
}

impl Texts {
    fn read(files: &TlsFiles) -> Result<Self> {
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            clients: files.clients.as_deref().map(read).transpose()?,
        })
    }

    fn digest(&self) -> Digest {
        let parts = [Some(&self.certificate), Some(&self.key), self.clients.as_ref()];
        let digests = parts.map(|part| part.map_or_else(String::new, |part| Digest::of(part).hex()));
        Digest::of(digests.join("\n").as_bytes())
    }

    fn load(&self, files: &TlsFiles) -> Result<Loaded> {
        let certificates = certificates(&self.certificate, &files.certificate)?;
        let own = certificates.first().ok_or_else(|| wrong(&files.certificate, "it holds no certificate"))?;
        let expires = expires(own).map_err(|why| wrong(&files.certificate, &why))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| wrong(&files.key, KEY))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| internal(&error))?;
        let builder = match self.clients.as_ref().zip(files.clients.as_deref()) {
            None => builder.with_no_client_auth(),
            Some((text, path)) => {
                let roots = roots(text, path)?;
                builder.with_client_cert_verifier(verifier(roots, provider, path)?)
            }
        };
        let mut config = builder.with_single_cert(certificates, key).map_err(|error| {
            let what = match error {
                rustls::Error::InconsistentKeys(_) => {
                    format!("it is not the key of the certificate in `{}`", files.certificate.display())
                }
                other => other.to_string(),
            };
            wrong(&files.key, &what)
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Loaded { config: Arc::new(config), expires })
    }
}

const KEY: &str = "it holds no private key that can be read; give it as PEM, without a password";

fn verifier(
    roots: RootCertStore,
    provider: Arc<CryptoProvider>,
    path: &Path,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>> {
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    verifier.build().map_err(|error| wrong(path, &error.to_string()))
}

fn roots(text: &[u8], path: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(text, path)? {
        roots.add(certificate).map_err(|error| wrong(path, &error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong(path, "it holds no certificate"));
    }
    Ok(roots)
}

fn certificates(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_slice_iter(text).collect::<std::result::Result<_, _>>();
    all.map_err(|error| wrong(path, &format!("it cannot be read as PEM: {error}")))
}

/// When a certificate expires, in seconds since 1970.
fn expires(certificate: &CertificateDer<'_>) -> std::result::Result<i64, String> {
    let certificate =
        Certificate::from_der(certificate).map_err(|error| format!("it cannot be read: {error}"))?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Ok(i64::try_from(end.as_secs()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "bounded by what is taken")]
fn read(path: &Path) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(|error| wrong(path, &error.to_string()))?;
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(|error| wrong(path, &error.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(wrong(path, "it is too large for certificates"));
    }
    Ok(text)
}

fn wrong(path: &Path, why: &str) -> GateError {
    GateError::Invalid(format!("TLS: `{}`: {why}", path.display()))
}

fn internal(error: &rustls::Error) -> GateError {
    GateError::Internal(format!("TLS: {error}"))
}
