//! The listener: connections, how many, how long they may do nothing, and their end.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch as channel};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::client::Client;
use super::door::{Door, agree, watch};
use super::lane::Lane;
use super::patience::Patient;
use super::sealed::Sealed;
use super::tls::Tls;
use super::wire::Wire;
use crate::gate::Gate;
use crate::network::plain;

/// How much the gate takes on itself for clients that it does not know yet.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// Connections of one address at the same time, unless it is a proxy of ours.
    pub per_address: usize,
    /// How long a client may take to send the head of a request, from the end of the one before.
    pub head: Duration,
    /// How long a client may send nothing of a body, or take nothing of an answer.
    pub silence: Duration,
}

impl Limits {
    /// What the system allows this process at most ([`run`](crate::blocking::run) asks for it): each connection is a file, each download another.
    pub fn of_system() -> Self {
        Self { connections: Self::possible().min(8192), ..Self::default() }
    }

    /// Connections for which the system lets this process open files.
    pub fn possible() -> usize {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
        let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        (files.saturating_sub(SPARE) / 2).max(16)
    }
}

impl Default for Limits {
    fn default() -> Self {
        let (head, silence) = (Duration::from_secs(30), Duration::from_mins(1));
        Self { connections: 8192, per_address: 2048, head, silence }
    }
}

/// Bytes of the head of a request at most, which a client makes the gate keep before it is known.
const LARGEST_HEAD: usize = 64 << 10;

/// Files that are open beside connections: database, uploads, inspections.
const SPARE: usize = 256;

/// Who is at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Takes connections until `stop` is done, and ends when the last of them has its answer.
pub(super) async fn listen(gate: &Arc<Gate>, door: Door, router: Router, stop: impl Future<Output = ()>) {
    let Door { listener, tls } = door;
    let (limits, proxies) = (&gate.settings.limits, &gate.settings.proxies);
    let slots = Arc::new(Semaphore::new(limits.connections));
    let addresses = Addresses::default();
    let connections = TaskTracker::new();
    let watching = tls.clone().map(|tls| tokio::spawn(watch(Arc::clone(gate), tls)));
    let (ending, ended) = channel::channel(false);
    tokio::pin!(stop);
    loop {
        let next = async {
            // No more is taken than there is room for: the rest waits at the system.
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, accept(&listener).await)
        };
        let (slot, (stream, peer)) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        // Everybody behind a proxy has its address.
        let most = if Client::is_proxy(proxies, peer.ip()) { usize::MAX } else { limits.per_address };
        let Some(place) = addresses.take(subscriber(peer.ip()), most) else { continue };
        let guest = Guest { peer, router: router.clone(), limits: limits.clone(), ended: ended.clone() };
        let (gate, tls) = (Arc::clone(gate), tls.clone());
        connections.spawn(async move {
            let open = Open::one(&gate.metrics.connections);
            guest.receive(&gate, stream, tls.as_deref()).await;
            drop((slot, place, open));
        });
    }
    drop(listener);
    if let Some(watching) = watching {
        watching.abort();
    }
    ending.send_replace(true);
    connections.close();
    connections.wait().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if of_one_client(&error) => {}
            Err(error) => {
                // No more files, most likely: some will be closed.
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

fn of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Who is at the other end of a connection, and what serves them.
struct Guest {
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    ended: channel::Receiver<bool>,
}

impl Guest {
    async fn receive(self, gate: &Gate, stream: TcpStream, tls: Option<&Tls>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone at once");
            return;
        }
        let silence = self.limits.silence;
        let Some(tls) = tls else {
            let lane = Lane::default();
            return self.serve(Wire::new(stream, lane.clone(), silence), Some(lane)).await;
        };
        match agree(tls, stream).await {
            Ok(stream) => self.serve(Sealed::new(stream, silence), None).await,
            Err(error) => {
                gate.metrics.failed_handshakes.inc();
                tracing::debug!(%error, "a client and the gate did not agree on TLS");
            }
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut self, stream: S, lane: Option<Lane>) {
        let (peer, router, limits) = (self.peer, self.router, self.limits);
        let service = service_fn(|request: Request<Incoming>| {
            let mut request = request.map(|body| Body::new(Patient::new(body, limits.silence)));
            if let Some(lane) = &lane {
                request.extensions_mut().insert(lane.clone());
            }
            request.extensions_mut().insert(Peer(peer.ip()));
            router.clone().oneshot(request)
        });
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(LARGEST_HEAD);
        let connection = server.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ending = async {
            // An error: the listener is gone, and so is the reason to stay.
            drop(self.ended.wait_for(|ended| *ended).await);
        };
        let done = tokio::select! {
            done = connection.as_mut() => done,
            () = ending => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = done {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Counts a connection as long as it is open.
struct Open(Gauge);

impl Open {
    fn one(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What one subscriber has of addresses: 64 bits of IPv6 are theirs to choose.
fn subscriber(address: IpAddr) -> IpAddr {
    match plain(address) {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// How many connections each address has.
#[derive(Debug, Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection of an address.
struct Place {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    fn take(&self, address: IpAddr, most: usize) -> Option<Place> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(address).or_default();
        if *count >= most {
            tracing::warn!(%address, "too many connections of one address; one was closed");
            return None;
        }
        *count += 1;
        drop(all);
        Some(Place { addresses: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                all.remove(&self.address);
            }
        }
    }
}
