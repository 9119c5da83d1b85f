//! Certificate authorities to trust: a company's own gate often has a certificate of the company's own authority.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
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

    /// Reads a file of certificates, or all files of a folder. Fails if there is none in it, so that a wrong path is not taken for distrust.
    pub fn read(path: &Path) -> Result<Self, HubError> {
        let wrong = |reason: String| HubError::Authorities { path: path.display().to_string(), reason };
        let failed = |error: io::Error| wrong(error.to_string());
        let (mut certificates, mut size) = (Vec::new(), 0_u64);
        for file in files(path).map_err(failed)? {
            size = size.saturating_add(fs::metadata(&file).map_err(failed)?.len());
            if size > LARGEST {
                return Err(wrong(format!("it is larger than {} MiB", LARGEST >> 20)));
            }
            let pem = match fs::read(&file) {
                // Keys lie beside certificates, and are nobody else's to read.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied && file != path => continue,
                read => read.map_err(failed)?,
            };
            certificates.extend(parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            }));
        }
        if certificates.is_empty() {
            return Err(wrong("it holds no certificate in PEM form".to_owned()));
        }
        Ok(Self(Arc::new(certificates)))
    }
}

/// The file, or the files of the folder.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let all = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let all: Vec<PathBuf> = all.collect::<io::Result<_>>()?;
    Ok(all.into_iter().filter(|file| file.is_file()).collect())
}
