//! A scripted HTTP/1.1 server on the loopback interface, and a small Hub that runs on it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// A request as it arrived; header names in small letters.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The file that is asked for, if it is one.
    pub(crate) fn file(&self) -> Option<&str> {
        self.target.split_once("/resolve/")?.1.split_once('/').map(|(_, path)| path)
    }
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Close the connection after so many bytes of the body.
    pub(crate) cut: Option<usize>,
    /// Wait so long before the rest of the body (after `cut` bytes, else before the answer).
    pub(crate) hang: Duration,
    /// Do not announce the length.
    pub(crate) unannounced: bool,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self { status: 200, body: value.to_string().into_bytes(), ..Self::default() }
    }

    pub(crate) fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    fn send(&self, stream: &mut TcpStream, head_only: bool) -> std::io::Result<()> {
        if self.cut.is_none() {
            std::thread::sleep(self.hang);
        }
        let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", self.status);
        if !self.unannounced {
            head = format!("{head}Content-Length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            head = format!("{head}{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        if head_only {
            return Ok(());
        }
        let end = self.cut.unwrap_or(self.body.len()).min(self.body.len());
        stream.write_all(&self.body[..end])?;
        stream.flush()?;
        if self.cut.is_some() {
            std::thread::sleep(self.hang);
        }
        Ok(())
    }
}

/// A running server. Ends when dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    stop: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<Request>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let thread = std::thread::spawn({
            let (stop, requests, answer) = (Arc::clone(&stop), Arc::clone(&requests), Arc::new(answer));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                    let mut stream = stream.unwrap();
                    std::thread::spawn(move || {
                        let Some(request) = receive(&stream) else { return };
                        requests.lock().unwrap().push(request.clone());
                        // A client that hangs up early is part of some tests.
                        answer(&request).send(&mut stream, request.method == "HEAD").ok();
                    });
                }
            }
        });
        Self { url, stop, requests, thread: Some(thread) }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The requests for files, with the range asked for.
    pub(crate) fn downloads(&self) -> Vec<(String, Option<String>)> {
        let range = |request: &Request| request.header("range").map(str::to_owned);
        let gets = self.requests().into_iter().filter(|request| request.method == "GET");
        gets.filter_map(|request| Some((request.file()?.to_owned(), range(&request)))).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        TcpStream::connect(self.url.trim_start_matches("http://")).ok();
        self.thread.take().map(JoinHandle::join);
    }
}

fn receive(stream: &TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut lines = BufReader::new(stream.take(64 << 10)).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = lines
        .map_while(|line| line.ok().filter(|line| !line.is_empty()))
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    Some(Request { method, target, headers })
}

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The files of one model; those whose name ends in `.safetensors` are large.
#[derive(Clone)]
pub(crate) struct Hub {
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
}

impl Hub {
    pub(crate) fn new(files: &[(&'static str, &[u8])]) -> Self {
        Self { files: files.iter().map(|(path, bytes)| (*path, bytes.to_vec())).collect() }
    }

    /// The Hub's usual answer.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        if let Some(path) = request.file() {
            let Some((_, bytes)) = self.files.iter().find(|(name, _)| *name == path) else {
                return Reply::new(404).with("X-Error-Code", "EntryNotFound");
            };
            return content(request, bytes)
                .with("ETag", &format!("\"{}\"", name_of(path, bytes)))
                .with("X-Repo-Commit", COMMIT);
        }
        if request.target.contains("/revision/") {
            return Reply::json(&self.description());
        }
        Reply::new(404)
    }

    pub(crate) fn description(&self) -> Value {
        let siblings: Vec<_> = self.files.iter().map(|(path, bytes)| sibling(path, bytes)).collect();
        json!({ "id": "org/model", "sha": COMMIT, "siblings": siblings, "tags": [], "cardData": null })
    }
}

pub(crate) fn sibling(path: &str, bytes: &[u8]) -> Value {
    let mut sibling =
        json!({ "rfilename": path, "size": bytes.len(), "blobId": git_id(bytes), "path": path });
    if is_large(path) {
        sibling["lfs"] =
            json!({ "sha256": hex(&Sha256::digest(bytes)), "size": bytes.len(), "pointerSize": 134 });
    }
    sibling
}

/// A file, from the offset asked for.
pub(crate) fn content(request: &Request, bytes: &[u8]) -> Reply {
    let start = request
        .header("range")
        .map(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().unwrap());
    match start {
        None => Reply { status: 200, body: bytes.to_vec(), ..Reply::default() },
        Some(start) if start >= bytes.len() => Reply::new(416),
        Some(start) => Reply { status: 206, body: bytes[start..].to_vec(), ..Reply::default() }
            .with("Content-Range", &format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len())),
    }
}

/// The name of a file's content in the cache.
pub(crate) fn name_of(path: &str, bytes: &[u8]) -> String {
    if is_large(path) { hex(&Sha256::digest(bytes)) } else { git_id(bytes) }
}

fn is_large(path: &str) -> bool {
    path.ends_with(".safetensors")
}

pub(crate) fn git_id(bytes: &[u8]) -> String {
    let mut digest = Sha1::new();
    digest.update(format!("blob {}\0", bytes.len()));
    digest.update(bytes);
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
