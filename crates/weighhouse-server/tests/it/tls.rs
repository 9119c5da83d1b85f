//! TLS: whoever comes, whatever the files hold, and certificates that change while clients are connected.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use weighhouse_server::{Door, Tls, TlsFiles, serve};

use crate::harness::TestGate;

/// An authority of its own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for `gate.test`, and its key.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["gate.test".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2100, 1, 1);
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// A folder with the files of a gate.
fn files(folder: &Path, (certificate, key): &(String, String)) -> TlsFiles {
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem"), clients: None };
    fs::write(&files.certificate, certificate).unwrap();
    fs::write(&files.key, key).unwrap();
    files
}

/// A gate that speaks TLS at a port of its own, until it is dropped.
struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
    _gate: TestGate,
}

impl Served {
    async fn new(files: TlsFiles) -> Self {
        let gate = TestGate::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let door = Door::with_tls(listener, Arc::new(Tls::load(files).unwrap()));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve(Arc::clone(&gate.gate), door, 0, async { drop(stopped.await) });
        let ended = tokio::spawn(async { serving.await.unwrap() });
        Self { address, stop: Some(stop), ended, _gate: gate }
    }
}

type Stream = TlsStream<TcpStream>;

/// A client that trusts this authority, with a certificate of its own or without.
async fn connect(
    address: SocketAddr,
    authority: &Authority,
    own: Option<&(String, String)>,
) -> std::io::Result<Stream> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("gate.test").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Asks whether the gate lives, and leaves the connection open.
async fn ask(stream: &mut Stream) -> std::io::Result<String> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: gate.test\r\n\r\n").await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nok\n") {
        let mut part = [0; 1024];
        let count = stream.read(&mut part).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend(&part[..count]);
    }
    Ok(String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn clients_that_trust_the_authority_are_answered_and_nobody_waits_for_the_slow() {
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new("one"));
    let gate = Served::new(files(folder.path(), &authority.issue())).await;
    // They connect and say nothing.
    let mut slow = Vec::new();
    for _ in 0..100 {
        slow.push(TcpStream::connect(gate.address).await.unwrap());
    }
    let mut stream = connect(gate.address, &authority, None).await.unwrap();
    assert!(ask(&mut stream).await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(ask(&mut stream).await.unwrap().contains("x-request-id"));
    assert_eq!(stream.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    assert!(connect(gate.address, &Authority::new("other"), None).await.is_err());
    // Without TLS nothing of the gate is told.
    let mut plain = TcpStream::connect(gate.address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: gate.test\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    drop(plain.read_to_end(&mut answer).await);
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_open_connections_go_on() {
    let (folder, first, second) = (TempDir::new().unwrap(), Authority::new("one"), Authority::new("two"));
    let place = files(folder.path(), &first.issue());
    let gate = Served::new(place.clone()).await;
    let mut open = connect(gate.address, &first, None).await.unwrap();
    ask(&mut open).await.unwrap();

    // Half of a renewal, and nonsense: what is in use stays.
    let (certificate, key) = second.issue();
    for broken in [certificate.as_str(), "nonsense", ""] {
        fs::write(&place.certificate, broken).unwrap();
        tokio::time::sleep(Duration::from_millis(5500)).await;
        ask(&mut connect(gate.address, &first, None).await.unwrap()).await.unwrap();
    }
    fs::write(&place.certificate, &certificate).unwrap();
    fs::write(&place.key, &key).unwrap();
    let began = std::time::Instant::now();
    let mut new = loop {
        if let Ok(stream) = connect(gate.address, &second, None).await {
            break stream;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the new certificate was not taken");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    ask(&mut new).await.unwrap();
    assert!(connect(gate.address, &first, None).await.is_err());
    assert!(ask(&mut open).await.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn with_authorities_of_clients_only_theirs_come_in() {
    let (folder, server, clients) = (TempDir::new().unwrap(), Authority::new("one"), Authority::new("two"));
    let mut place = files(folder.path(), &server.issue());
    let path = folder.path().join("clients.pem");
    fs::write(&path, clients.0.pem()).unwrap();
    place.clients = Some(path);
    let gate = Served::new(place).await;
    let own = clients.issue();
    let mut stream = connect(gate.address, &server, Some(&own)).await.unwrap();
    assert!(ask(&mut stream).await.is_ok());
    for own in [None, Some(&server.issue())] {
        let refused = async { ask(&mut connect(gate.address, &server, own).await?).await };
        assert!(refused.await.is_err());
    }
}

#[tokio::test]
async fn what_is_under_way_is_finished_when_the_gate_closes() {
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new("one"));
    let mut gate = Served::new(files(folder.path(), &authority.issue())).await;
    let mut idle = connect(gate.address, &authority, None).await.unwrap();
    ask(&mut idle).await.unwrap();
    let mut busy = connect(gate.address, &authority, None).await.unwrap();
    busy.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(gate.stop.take());
    let end = tokio::time::timeout(Duration::from_secs(90), &mut gate.ended);
    let rest = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        busy.write_all(b"host: gate.test\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        busy.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let (end, answer) = tokio::join!(end, rest);
    end.unwrap().unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    assert!(TcpStream::connect(gate.address).await.is_err());
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_reason() {
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new("one"));
    let (one, other) = (authority.issue(), authority.issue());
    let why = |certificate: &str, key: &str| {
        let files = files(folder.path(), &(certificate.to_owned(), key.to_owned()));
        Tls::load(files).unwrap_err().to_string()
    };
    for (certificate, key, file, expected) in [
        (one.0.as_str(), other.1.as_str(), "key.pem", "is not the key of the certificate"),
        ("", &one.1, "cert.pem", "holds no certificate"),
        (&one.1, &one.1, "cert.pem", "holds no certificate"),
        (&one.0, "", "key.pem", "holds no private key"),
        (&one.0, &one.0, "key.pem", "holds no private key"),
        (
            &one.0,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "key.pem",
            "without a password",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &one.1,
            "cert.pem",
            "cannot be read",
        ),
        ("-----BEGIN CERTIFICATE-----\n", &one.1, "cert.pem", "cannot be read as PEM"),
    ] {
        let said = why(certificate, key);
        assert!(said.contains(file) && said.contains(expected), "{expected}: {said}");
    }
    let mut place = files(folder.path(), &one);
    place.clients = Some(folder.path().join("none.pem"));
    let said = Tls::load(place).unwrap_err().to_string();
    assert!(said.contains("none.pem") && said.contains("No such file"), "{said}");
    let huge = "x".repeat(2 << 20);
    assert!(why(&huge, &one.1).contains("too large"));
}
