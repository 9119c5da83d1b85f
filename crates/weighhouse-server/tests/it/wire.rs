//! The gate on real connections: bytes that go past the copies, and clients that do not behave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use weighhouse_core::Digest;
use weighhouse_server::{Limits, Settings, serve};

use crate::harness::TestGate;

/// A gate that listens, with a model whose weights are large enough to go past the copies.
struct Listening {
    gate: TestGate,
    token: String,
    address: SocketAddr,
    weights: Vec<u8>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

const WEIGHTS: &str = "/org/large/resolve/main/model.safetensors";

impl Listening {
    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let gate = TestGate::with(change).await;
        let token = gate.person("ada", &["user"]).await;
        let weights = weights();
        let files: [(&str, &[u8]); 2] =
            [("config.json", b"{\"model_type\": \"bert\"}\n"), ("model.safetensors", &weights)];
        gate.import("admin", "org/large", "internal", &files).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&gate.gate);
        let serving = tokio::spawn(async move {
            serve(served, listener, 0, async move { drop(stopped.await) }).await.unwrap();
        });
        Self { gate, token, address, weights, stop: Some(stop), serving }
    }

    async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap(), read: Vec::new() }
    }

    fn request(&self, method: &str, path: &str, more: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: gate.test\r\nauthorization: Bearer {}\r\n{more}\r\n",
            self.token
        )
    }

    async fn end(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.await.unwrap();
        self.gate.assert_sound().await;
    }
}

/// A tensor of some mebibytes in which no place looks like another.
fn weights() -> Vec<u8> {
    let size = 3 << 20;
    let header = format!("{{\"w\":{{\"dtype\":\"U8\",\"shape\":[{size}],\"data_offsets\":[0,{size}]}}}}");
    let mut all = (header.len() as u64).to_le_bytes().to_vec();
    all.extend(header.as_bytes());
    all.extend((0..size / 4).flat_map(|number: u32| number.wrapping_mul(2_654_435_761).to_le_bytes()));
    all
}

/// The least that speaks HTTP.
struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

struct Answered {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Client {
    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads more; nothing when the connection is at its end.
    async fn more(&mut self) -> usize {
        self.stream.read_buf(&mut self.read).await.unwrap_or(0)
    }

    async fn head(&mut self) -> Option<(u16, String, usize)> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if self.more().await == 0 {
                return None;
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some((status, head, length))
    }

    /// The next answer; nothing when the connection is at its end.
    async fn answer(&mut self) -> Option<Answered> {
        let (status, head, length) = self.head().await?;
        while self.read.len() < length {
            if self.more().await == 0 {
                return None;
            }
        }
        Some(Answered { status, head, body: self.read.drain(..length).collect() })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_past_the_copies_is_what_was_inspected() {
    let gate = Listening::with(|_| ()).await;
    let mut client = gate.connect().await;
    let size = gate.weights.len();
    // Several on one connection, sent before the first is answered: large, small, large parts, other answers between.
    let ranges =
        [(0, size - 1), (1, 300_000), (size - 262_144, size - 1), (5, 5), (100, 262_243), (99, 2_621_000)];
    let mut all = gate.request("GET", WEIGHTS, "");
    for (first, last) in ranges {
        all += &gate.request("GET", WEIGHTS, &format!("range: bytes={first}-{last}\r\n"));
        all += &gate.request("GET", "/api/models/org/large", "");
    }
    client.send(&all).await;
    let whole = client.answer().await.unwrap();
    assert_eq!((whole.status, Digest::of(&whole.body)), (200, Digest::of(&gate.weights)));
    for (first, last) in ranges {
        let part = client.answer().await.unwrap();
        assert_eq!(part.status, 206);
        assert!(part.body == gate.weights[first..=last], "{first}-{last}");
        assert!(client.answer().await.unwrap().body.starts_with(b"{\"_id\""));
    }
    // A hundred at once.
    let downloads = (0..100).map(|_| async {
        let mut client = gate.connect().await;
        client.send(&gate.request("GET", WEIGHTS, "")).await;
        Digest::of(&client.answer().await.unwrap().body)
    });
    let digests = futures_util::future::join_all(downloads).await;
    assert!(digests.iter().all(|digest| *digest == Digest::of(&gate.weights)));
    drop(client);
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_breaks_on_its_way_ends_the_connection() {
    // In a folder, also where others lie in object storage.
    let gate = Listening::with(|settings| settings.blobs = None).await;
    let mut client = gate.connect().await;
    client.send(&gate.request("HEAD", WEIGHTS, "")).await;
    let (_, head, _) = client.head().await.unwrap();
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: \"")).unwrap().trim_end_matches('"');
    let (first, rest) = tag.split_at(2);
    let (second, _) = rest.split_at(2);
    let path = gate.gate.data().join(format!("blobs/sha256/{first}/{second}/{tag}"));
    // More than the system keeps for a connection, so that the file breaks while it is sent.
    client.send(&gate.request("GET", WEIGHTS, "").repeat(20)).await;
    while client.read.is_empty() {
        client.more().await;
    }
    let content = std::fs::File::options().write(true).open(&path).unwrap();
    content.set_len(1 << 20).unwrap();
    let mut whole = 0;
    while let Some((200, _, length)) = client.head().await {
        assert_eq!(length, gate.weights.len());
        while client.read.len() < length && client.more().await > 0 {}
        let came = client.read.len().min(length);
        // What came is right, and nobody takes a part for the whole.
        assert!(client.read[..came] == gate.weights[..came]);
        whole += usize::from(came == length);
        client.read.drain(..came);
    }
    assert!(whole < 20, "{whole}");
    std::fs::write(&path, &gate.weights).unwrap();
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_under_way_end_before_the_gate_does() {
    let mut gate = Listening::with(|_| ()).await;
    let mut client = gate.connect().await;
    let idle = gate.connect().await;
    client.send(&gate.request("GET", WEIGHTS, "")).await;
    let (_, _, length) = client.head().await.unwrap();
    gate.stop.take().unwrap().send(()).unwrap();
    while TcpStream::connect(gate.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    while client.read.len() < length {
        assert!(client.more().await > 0, "broken off at {}", client.read.len());
    }
    assert!(client.read == gate.weights);
    assert_eq!(client.more().await, 0, "closed afterwards");
    drop(idle);
    gate.serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_do_nothing_are_left() {
    let gate = Listening::with(|settings| {
        let (head, silence) = (Duration::from_millis(300), Duration::from_millis(300));
        settings.limits = Limits { head, silence, ..Limits::default() };
    })
    .await;
    // Neither a head, nor half a head, nor a second one.
    for text in ["", "GET / HTTP/1.1\r\nhost: ga", "GET /healthz HTTP/1.1\r\nhost: gate.test\r\n\r\n"] {
        let mut client = gate.connect().await;
        client.send(text).await;
        while client.more().await > 0 {}
    }
    // A body that does not come on.
    let mut client = gate.connect().await;
    let more = "content-type: application/json\r\ncontent-length: 100\r\n";
    client.send(&gate.request("POST", "/api/models/org/large/paths-info/main", more)).await;
    client.send("{\"paths\": [").await;
    let refused = client.answer().await.unwrap();
    assert_eq!(refused.status, 400, "{}", String::from_utf8_lossy(&refused.body));
    // One that comes slowly, over a longer time than any silence may last.
    let body = format!("{{\"paths\": [\"config.json\"]{}}}", " ".repeat(20));
    let mut client = gate.connect().await;
    let more = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    client.send(&gate.request("POST", "/api/models/org/large/paths-info/main", &more)).await;
    for part in body.as_bytes().chunks(4) {
        client.stream.write_all(part).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answer = client.answer().await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    // Answers that nobody takes: more than the system keeps for a connection.
    let mut client = gate.connect().await;
    client.send(&gate.request("GET", WEIGHTS, "").repeat(40)).await;
    let mut all = 0;
    tokio::time::sleep(Duration::from_secs(2)).await;
    loop {
        client.read.clear();
        match client.more().await {
            0 => break,
            count => all += count,
        }
    }
    assert!(all < 40 * gate.weights.len(), "{all}");
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_and_bodies_without_measure_are_refused() {
    let gate = Listening::with(|_| ()).await;
    let mut client = gate.connect().await;
    let long = format!("x-long: {}\r\n", "a".repeat(200 << 10));
    // The gate may hang up before all of it was sent.
    drop(client.stream.write_all(gate.request("GET", "/healthz", &long).as_bytes()).await);
    let status = client.answer().await.map(|answer| answer.status);
    assert!(matches!(status, None | Some(431)), "{status:?}");
    for (path, size) in [
        ("/api/models/org/large/paths-info/main", (1 << 20) + 1),
        ("/api/repos/create", (4 << 20) + 1),
        ("/api/v1/tokens", (1 << 20) + 1),
        ("/oauth/token", (64 << 10) + 1),
    ] {
        let mut client = gate.connect().await;
        let more = format!("content-type: application/json\r\ncontent-length: {size}\r\n");
        client.send(&gate.request("POST", path, &more)).await;
        drop(client.stream.write_all(&vec![b' '; size]).await);
        let refused = client.answer().await.unwrap();
        assert_eq!(refused.status, 413, "{path}: {}", String::from_utf8_lossy(&refused.body));
    }
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_does_not_take_all_connections() {
    let gate = Listening::with(|settings| {
        settings.limits = Limits { connections: 3, per_address: 2, ..Limits::default() };
    })
    .await;
    let mut first = gate.connect().await;
    let mut second = gate.connect().await;
    for client in [&mut first, &mut second] {
        client.send(&gate.request("GET", "/healthz", "")).await;
        assert_eq!(client.answer().await.unwrap().status, 200);
    }
    let mut third = gate.connect().await;
    assert_eq!(third.more().await, 0, "closed at once");
    drop(first);
    loop {
        let mut next = gate.connect().await;
        next.send(&gate.request("GET", "/healthz", "")).await;
        if next.answer().await.is_some() {
            break;
        }
    }
    drop(second);
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_is_slowed_down_and_nobody_else() {
    let gate = Listening::with(|settings| settings.proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let mut client = gate.connect().await;
    let guess = |from: &str| {
        format!(
            "GET /api/whoami-v2 HTTP/1.1\r\nhost: gate.test\r\nauthorization: Bearer wh_guess\r\nx-forwarded-for: {from}\r\n\r\n"
        )
    };
    for _ in 0..60 {
        client.send(&guess("192.0.2.1")).await;
        assert_eq!(client.answer().await.unwrap().status, 401);
    }
    client.send(&guess("192.0.2.1")).await;
    let refused = client.answer().await.unwrap();
    assert_eq!(refused.status, 429);
    assert!(refused.head.contains("\r\nretry-after: 1\r\n"), "{}", refused.head);
    // Another address, and a good token from the same one.
    client.send(&guess("192.0.2.2")).await;
    assert_eq!(client.answer().await.unwrap().status, 401);
    client.send(&gate.request("GET", "/api/whoami-v2", "x-forwarded-for: 192.0.2.1\r\n")).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
    // What may be had without being known: logins that begin.
    let begin = "POST /oauth/device HTTP/1.1\r\nhost: gate.test\r\ncontent-length: 0\r\nx-forwarded-for: 192.0.2.1\r\n\r\n";
    let mut answers = Vec::new();
    for _ in 0..31 {
        client.send(begin).await;
        answers.push(client.answer().await.unwrap().status);
    }
    assert_eq!((answers[29], answers[30]), (200, 429));
    gate.gate.pass(60);
    client.send(begin).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
    drop(client);
    gate.end().await;
}

#[tokio::test]
async fn what_people_do_again_and_again_is_counted_for_each() {
    let gate = TestGate::new().await;
    let (ada, bob) = (gate.person("ada", &["user"]).await, gate.person("bob", &["user"]).await);
    let body = json!({ "label": "more" });
    let mut answers = Vec::new();
    for _ in 0..61 {
        answers.push(gate.post("/api/v1/tokens", &ada, body.clone()).await.status.as_u16());
    }
    assert_eq!((answers[59], answers[60]), (201, 429));
    assert_eq!(gate.post("/api/v1/tokens", &bob, body.clone()).await.status, 201);
    let code = json!({ "user_code": "BCDF-GHJK", "allow": true });
    for _ in 0..10 {
        assert_eq!(gate.post("/api/v1/device", &bob, code.clone()).await.status, 404);
    }
    let refused = gate.post("/api/v1/device", &bob, code.clone()).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "30"));
    assert_eq!(refused.json()["code"], "too-often");
    gate.pass(30);
    assert_eq!(gate.post("/api/v1/device", &bob, code).await.status, 404);
    gate.assert_sound().await;
}
