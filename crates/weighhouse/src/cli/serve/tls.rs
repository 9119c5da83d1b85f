//! Where the certificate of the gate lies.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use weighhouse_server::TlsFiles;

use crate::config::GateSection;
use crate::exit::Mistake;

/// The certificate of the gate.
#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// Certificate of the gate and those between it and its authority (PEM): then TLS is spoken. A new one is taken while serving
    #[arg(long = "tls-certificate", value_name = "FILE", env = "WEIGHHOUSE_TLS_CERTIFICATE")]
    certificate: Option<PathBuf>,

    /// Its private key (PEM, without a password)
    #[arg(long = "tls-key", value_name = "FILE", env = "WEIGHHOUSE_TLS_KEY")]
    key: Option<PathBuf>,

    /// Authorities of clients (PEM): then only clients with a certificate of theirs come in
    #[arg(long = "tls-clients", value_name = "FILE", env = "WEIGHHOUSE_TLS_CLIENTS")]
    clients: Option<PathBuf>,
}

impl TlsArgs {
    /// The files that arguments and configuration name; nothing if TLS is not wanted.
    pub(super) fn files(&self, section: &GateSection) -> Result<Option<TlsFiles>> {
        let certificate = self.certificate.clone().or_else(|| section.tls_certificate.clone());
        let key = self.key.clone().or_else(|| section.tls_key.clone());
        let clients = self.clients.clone().or_else(|| section.tls_clients.clone());
        match (certificate, key, clients) {
            (Some(certificate), Some(key), clients) => Ok(Some(TlsFiles { certificate, key, clients })),
            (None, None, None) => Ok(None),
            _ => {
                let why =
                    "TLS needs both the certificate and its private key: `--tls-certificate` and `--tls-key`";
                Err(Mistake(why.to_owned()).into())
            }
        }
    }
}
