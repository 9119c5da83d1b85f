//! Who is told, in tests: an HTTP server and a mail server on this machine, each of which keeps what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A message to a webhook.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server that keeps what it is sent, and answers as it is told to.
#[derive(Clone)]
pub(crate) struct Receiver<T> {
    pub(crate) port: u16,
    pub(crate) status: Arc<AtomicU16>,
    connected: Arc<AtomicBool>,
    kept: Arc<Mutex<Vec<T>>>,
}

impl<T: Clone + Send + 'static> Receiver<T> {
    fn new(serve: fn(TcpStream, &Self)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            status: Arc::new(AtomicU16::new(200)),
            connected: Arc::default(),
            kept: Arc::default(),
        };
        let own = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                own.connected.store(true, Ordering::SeqCst);
                serve(stream.unwrap(), &own);
            }
        });
        receiver
    }

    pub(crate) fn kept(&self) -> Vec<T> {
        self.kept.lock().unwrap().clone()
    }

    pub(crate) fn was_connected(&self) -> bool {
        self.connected.load(Ordering::SeqCst)
    }

    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

/// Takes webhooks.
pub(crate) fn web() -> Receiver<Sent> {
    Receiver::new(|stream, receiver| {
        let mut reader = BufReader::new(stream);
        let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        if lines.next().is_none() {
            return;
        }
        let headers: BTreeMap<_, _> = lines
            .filter_map(|line| {
                Some((line.split_once(':')?.0.to_lowercase(), line.split_once(':')?.1.trim().to_owned()))
            })
            .collect();
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let status = receiver.status.load(Ordering::SeqCst);
        receiver.kept.lock().unwrap().push(Sent { headers, body: String::from_utf8(body).unwrap() });
        let answer = format!(
            "HTTP/1.1 {status} x\r\nlocation: http://127.0.0.1:{}/elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            receiver.port
        );
        reader.into_inner().write_all(answer.as_bytes()).unwrap();
    })
}

/// A letter: whom it is for, and its text.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// Takes mail (RFC 5321, as much as one client needs). Its status is the code it answers to a recipient; 200 stands for 250.
pub(crate) fn post() -> Receiver<Letter> {
    Receiver::new(|stream, receiver| {
        let mut out = stream.try_clone().unwrap();
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let mut to = String::new();
        out.write_all(b"220 test\r\n").unwrap();
        while let Some(line) = lines.next() {
            let verb: String = line.chars().take(4).collect::<String>().to_uppercase();
            let answer = match verb.as_str() {
                "RCPT" => {
                    line.clone_into(&mut to);
                    match receiver.status.load(Ordering::SeqCst) {
                        200 => "250 ok".to_owned(),
                        code => format!("{code} no"),
                    }
                }
                "DATA" => {
                    out.write_all(b"354 go on\r\n").unwrap();
                    let text: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                    receiver.kept.lock().unwrap().push(Letter { to: to.clone(), text: text.join("\n") });
                    "250 taken".to_owned()
                }
                "QUIT" => "221 bye".to_owned(),
                _ => "250 ok".to_owned(),
            };
            if out.write_all(format!("{answer}\r\n").as_bytes()).is_err() || verb == "QUIT" {
                break;
            }
        }
    })
}
