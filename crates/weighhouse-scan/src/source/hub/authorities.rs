//! Certificate authorities to trust: a company's own gate often has a certificate of the company's own authority.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::HubError;

/// Certificates from a PEM file, trusted instead of the public ones.
#[derive(Debug, Clone)]
pub struct Authorities(Arc<Vec<Certificate<'static>>>);

/// Largest file of certificates, in bytes; the public authorities together take a quarter of a megabyte.
const LARGEST: u64 = 16 << 20;

impl Authorities {
    /// What a connection trusts: these authorities, or the public ones if there are none.
    pub fn tls(own: Option<&Self>) -> TlsConfig {
        let roots = own.map_or(RootCerts::WebPki, |own| RootCerts::Specific(Arc::clone(&own.0)));
        TlsConfig::builder().root_certs(roots).build()
    }

    /// Reads a file of certificates. Fails if there is none in it, so that a wrong path is not taken for distrust.
    pub fn read(path: &Path) -> Result<Self, HubError> {
        let wrong = |reason: String| HubError::Authorities { path: path.display().to_string(), reason };
        let len = fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
        if len > LARGEST {
            return Err(wrong(format!("it is larger than {} MiB", LARGEST >> 20)));
        }
        let pem = fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let certificates: Vec<_> = parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(wrong("it holds no certificate in PEM form".to_owned()));
        }
        Ok(Self(Arc::new(certificates)))
    }
}
