//! Where clients come in: with TLS, if the gate has a certificate.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::tls::Tls;
use crate::gate::Gate;

/// How long a client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How often is looked for another certificate.
const LOOK: Duration = Duration::from_secs(5);

/// Where clients come in.
#[derive(Debug)]
pub struct Door {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Arc<Tls>>,
}

impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

impl Door {
    /// A door at which TLS is spoken.
    pub fn with_tls(listener: TcpListener, tls: Arc<Tls>) -> Self {
        Self { listener, tls: Some(tls) }
    }
}

/// Agrees on TLS with a client.
pub(super) async fn agree(tls: &Tls, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let handshake = TlsAcceptor::from(tls.current()).accept(stream);
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it took too long");
    tokio::time::timeout(HANDSHAKE, handshake).await.map_err(late)?
}

/// Takes another certificate when its files change. One that cannot be used leaves the one in use where it is.
pub(super) async fn watch(gate: Arc<Gate>, tls: Arc<Tls>) {
    loop {
        gate.metrics.certificate_expires.set(tls.expires());
        tokio::time::sleep(LOOK).await;
        let looking = Arc::clone(&tls);
        match tokio::task::spawn_blocking(move || looking.look()).await {
            Ok(Ok(true)) => tracing::info!("the certificate was changed; new connections get the new one"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "the new certificate cannot be used; the one before stays");
            }
            Err(error) => tracing::error!(%error, "the certificate could not be looked at"),
        }
    }
}
