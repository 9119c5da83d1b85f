//! Object storage that fails: away and back, silent, breaking off, damaged, refusing. Runs where there is one (`tools/s3 run …`).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use object_store::multipart::MultipartStore as _;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;
use weighhouse_core::Digest;
use weighhouse_server::{Gate, GateError, Kind, Name, ObjectStorage, router, work_off};

use crate::harness::{self, START, TestGate, clean, parts, write};

/// What stands between the gate and its object storage does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// Nobody is there.
    Away,
    /// Somebody is there and says nothing.
    Silent,
    /// Each connection breaks off after so many bytes of answers.
    Breaks(usize),
    /// The same for requests.
    Stops(usize),
}

/// A line to the object storage that can be cut, and the methods of what was asked over it.
struct Between {
    address: String,
    line: watch::Sender<Line>,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Between {
    async fn new() -> Self {
        let there = std::env::var("AWS_ENDPOINT_URL").unwrap().strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (line, seen) = watch::channel(Line::Open);
        let asked = Arc::<Mutex<BTreeSet<String>>>::default();
        let methods = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let Ok((near, _)) = listener.accept().await else { return };
                let (mut seen, there, methods) = (seen.clone(), there.clone(), Arc::clone(&methods));
                let now = *seen.borrow_and_update();
                tokio::spawn(async move {
                    if now == Line::Away {
                        return;
                    }
                    // What was begun under another state of the line ends with it.
                    tokio::select! {
                        () = pass(near, &there, now, &methods) => {}
                        _ = seen.changed() => {}
                    }
                });
            }
        });
        Self { address, line, asked }
    }

    fn is(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// A gate behind this line.
    async fn gate(&self, at_hand: u64) -> TestGate {
        TestGate::with(|settings| {
            let storage = settings.blobs.as_mut().unwrap();
            storage.options.retain(|(name, _)| !name.starts_with("AWS_ENDPOINT"));
            storage.options.push(("AWS_ENDPOINT_URL".to_owned(), self.address.clone()));
            storage.at_hand = at_hand;
            // Long enough for a machine that does much else.
            storage.patience.silence = Duration::from_secs(3);
            storage.patience.answer = Duration::from_secs(10);
            storage.patience.retries = 2;
        })
        .await
    }
}

async fn pass(near: TcpStream, there: &str, line: Line, methods: &Mutex<BTreeSet<String>>) {
    let (mut from_near, mut to_near) = near.into_split();
    if line == Line::Silent {
        let mut nothing = [0; 4096];
        while from_near.read(&mut nothing).await.is_ok_and(|count| count > 0) {}
        return;
    }
    let Ok(far) = TcpStream::connect(there).await else { return };
    let (mut from_far, mut to_far) = far.into_split();
    let (mut answers, mut requests) = (usize::MAX, usize::MAX);
    match line {
        Line::Breaks(after) => answers = after,
        Line::Stops(after) => requests = after,
        _ => {}
    }
    let up = async {
        let mut window = [0; 16 << 10];
        loop {
            let Ok(count @ 1..) = from_near.read(&mut window).await else { return };
            let text = String::from_utf8_lossy(&window[..count]);
            for line in text.lines().filter(|line| line.ends_with(" HTTP/1.1")) {
                methods.lock().unwrap().extend(line.split(' ').next().map(str::to_owned));
            }
            let some = count.min(requests);
            requests -= some;
            if to_far.write_all(&window[..some]).await.is_err() || requests == 0 {
                return;
            }
        }
    };
    let down = async {
        let mut window = [0; 16 << 10];
        loop {
            let Ok(count @ 1..) = from_far.read(&mut window).await else { return };
            let some = count.min(answers);
            answers -= some;
            if to_near.write_all(&window[..some]).await.is_err() || answers == 0 {
                return;
            }
        }
    };
    tokio::select! { () = up => {}, () = down => {} }
}

fn storage() -> bool {
    std::env::var("WEIGHHOUSE_TEST_BLOBS").is_ok()
}

/// A model whose weights go in parts: a little more than two of 8 MiB.
fn large(salt: u8) -> Vec<(&'static str, Vec<u8>)> {
    let size = (17 << 20) + 5;
    let header = format!(r#"{{"w":{{"dtype":"U8","shape":[{size}],"data_offsets":[0,{size}]}}}}"#);
    let mut weights = (header.len() as u64).to_le_bytes().to_vec();
    weights.extend(header.as_bytes());
    weights.extend((0..size).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ salt));
    vec![("config.json", clean("1").remove(0).1), ("model.safetensors", weights)]
}

async fn ranged(gate: &TestGate, path: &str, range: &str) -> (StatusCode, Option<Vec<u8>>) {
    let request = Request::get(path).header("authorization", format!("Bearer {}", gate.admin));
    let request = request.header("range", range).body(axum::body::Body::empty()).unwrap();
    download(&gate.gate, request).await
}

/// Downloads; no bytes if the answer broke off.
async fn download(gate: &Arc<Gate>, request: Request<axum::body::Body>) -> (StatusCode, Option<Vec<u8>>) {
    let (head, body) = router(Arc::clone(gate)).oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.ok().map(|body| body.to_bytes().to_vec());
    (head.status, body)
}

async fn whole(gate: &TestGate, path: &str) -> (StatusCode, Option<Vec<u8>>) {
    let request = Request::get(path).header("authorization", format!("Bearer {}", gate.admin));
    download(&gate.gate, request.body(axum::body::Body::empty()).unwrap()).await
}

const WEIGHTS: &str = "/org/m/resolve/main/model.safetensors";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_contents_are_given_whole_and_in_parts_by_every_server() {
    let one = TestGate::new().await;
    let files = large(1);
    one.import("admin", "org/m", "internal", &parts(&files)).await;
    let (weights, two) = (&files[1].1, one.beside().await);
    let last = weights.len() - 1;
    for gate in [&one, &two] {
        // A part before anything was read by this server, the whole, and parts after it.
        for range in ["bytes=8388600-8388620", "bytes=0-0", "bytes=17825000-", "bytes=-7"] {
            let (status, body) = ranged(gate, WEIGHTS, range).await;
            let (first, end) = match range {
                "bytes=8388600-8388620" => (8_388_600, 8_388_620),
                "bytes=0-0" => (0, 0),
                "bytes=-7" => (last - 6, last),
                _ => (17_825_000, last),
            };
            assert_eq!(
                (status, body.as_deref()),
                (StatusCode::PARTIAL_CONTENT, Some(&weights[first..=end])),
                "{range}"
            );
        }
        let (status, body) = whole(gate, WEIGHTS).await;
        assert!(status == StatusCode::OK && body.as_ref() == Some(weights));
    }
    // The same again is known, under another name too, and nothing is left of what came in parts.
    let before = one.contents().count().await;
    two.import("admin", "org/n", "internal", &parts(&files)).await;
    assert_eq!(one.contents().count().await, before);
    if let Some((store, uploads)) = one.contents().there("uploads") {
        assert_eq!(futures_util::StreamExt::count(store.list(Some(&uploads))).await, 0);
    }
    one.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_receives_the_whole_of_large_contents_that_are_damaged() {
    if !storage() {
        return; // of a folder, `faults.rs` says it
    }
    let gate = TestGate::new().await;
    let files = large(2);
    gate.import("admin", "org/m", "internal", &parts(&files)).await;
    let name = Digest::of(&files[1].1).hex();
    let mut altered = files[1].1.clone();
    *altered.last_mut().unwrap() ^= 1;
    gate.contents().write(&name, &altered).await;
    // To this server it was whole before; another one never saw it.
    for gate in [&gate, &gate.beside().await, &gate.beside().await] {
        let (status, body) = whole(gate, WEIGHTS).await;
        assert!(body.is_none() || status.is_server_error(), "{status}");
        // From then on it is known.
        assert_eq!(whole(gate, WEIGHTS).await.0, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(ranged(gate, WEIGHTS, "bytes=0-9").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    }
    // Asked for in parts, it is read beside, and given no more once that is done.
    let third = gate.beside().await;
    let started = Instant::now();
    while ranged(&third, WEIGHTS, "bytes=0-9").await.0 != StatusCode::INTERNAL_SERVER_ERROR {
        assert!(started.elapsed().as_secs() < 60);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Brought in again, it is mended.
    gate.import("admin", "org/n", "internal", &parts(&files)).await;
    assert_eq!(whole(&third, WEIGHTS).await, (StatusCode::OK, Some(files[1].1.clone())));
    gate.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn object_storage_that_goes_away_and_comes_back() {
    if !storage() {
        return;
    }
    let between = Between::new().await;
    let gate = between.gate(0).await;
    let files = clean("1");
    gate.import("admin", "org/m", "internal", &parts(&files)).await;
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in clean("2") {
        write(&folder.path().join(path), &content);
    }
    let name = Name::new(Kind::Model, "org/m").unwrap();
    for line in [Line::Away, Line::Silent] {
        assert_eq!(whole(&gate, WEIGHTS).await, (StatusCode::OK, Some(files[1].1.clone())));
        between.is(line);
        let started = Instant::now();
        let answer = gate.get(WEIGHTS, &gate.admin).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{line:?}");
        assert!(!answer.header("retry-after").is_empty() && started.elapsed().as_secs() < 60, "{line:?}");
        // Everything but bytes is answered.
        for path in ["/api/models/org/m", "/api/v1/models"] {
            assert_eq!(gate.get(path, &gate.admin).await.status, StatusCode::OK, "{line:?} {path}");
        }
        assert_eq!(gate.get("/readyz", "").await.status, StatusCode::SERVICE_UNAVAILABLE, "{line:?}");
        let refused = gate.gate.import("admin", &name, folder.path(), "internal").await;
        assert!(matches!(refused, Err(GateError::Unavailable(_))), "{line:?}: {refused:?}");
        between.is(Line::Open);
    }
    // Brought in, and away before it is inspected: the job waits, and ends when there are contents again.
    gate.gate.import("admin", &name, folder.path(), "internal").await.unwrap();
    between.is(Line::Away);
    work_off(&gate.gate).await.unwrap();
    between.is(Line::Open);
    assert_eq!(gate.get("/readyz", "").await.json()["jobs"], 1);
    gate.pass(1000);
    work_off(&gate.gate).await.unwrap();
    assert_eq!(gate.get("/readyz", "").await.json()["jobs"], 0);
    gate.assert_sound().await;
    // Whether it is there or not is no reason not to open.
    between.is(Line::Away);
    let other = gate.beside().await;
    assert_eq!(other.get("/api/models/org/m", &gate.admin).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_is_taken_up_again_and_what_came_half_is_never_there() {
    if !storage() {
        return;
    }
    let between = Between::new().await;
    let gate = between.gate(0).await;
    let files = large(3);
    gate.import("admin", "org/m", "internal", &parts(&files)).await;
    between.is(Line::Breaks(3 << 20));
    assert_eq!(whole(&gate, WEIGHTS).await, (StatusCode::OK, Some(files[1].1.clone())));
    let (status, part) = ranged(&gate, WEIGHTS, "bytes=5-12582912").await;
    assert_eq!((status, part.as_deref()), (StatusCode::PARTIAL_CONTENT, Some(&files[1].1[5..=12_582_912])));

    // Requests break off within the first part, so that none ever arrives.
    between.is(Line::Stops(2 << 20));
    let folder = tempfile::tempdir().unwrap();
    let others = large(4);
    for (path, content) in &others {
        write(&folder.path().join(path), content);
    }
    let name = Name::new(Kind::Model, "org/n").unwrap();
    let before = gate.contents().count().await;
    let refused = gate.gate.import("admin", &name, folder.path(), "internal").await;
    assert!(matches!(refused, Err(GateError::Unavailable(_))), "{refused:?}");
    assert_eq!(gate.contents().count().await, before);
    assert!(gate.contents().read(&Digest::of(&others[1].1).hex()).await.is_none());
    // What was begun there was ended.
    let contents = gate.contents();
    let (store, uploads) = contents.there("uploads").unwrap();
    assert_eq!(futures_util::StreamExt::count(store.list(Some(&uploads))).await, 0);
    between.is(Line::Open);
    gate.import("admin", "org/n", "internal", &parts(&others)).await;
    gate.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_at_hand_is_given_without_object_storage_and_who_only_serves_only_reads() {
    if !storage() {
        return;
    }
    let between = Between::new().await;
    let one = between.gate(1 << 20).await;
    let files = clean("1");
    one.import("admin", "org/m", "internal", &parts(&files)).await;
    one.import("admin", "org/l", "internal", &parts(&large(5))).await;
    between.asked.lock().unwrap().clear();
    let two = one.beside().await;
    for path in [WEIGHTS, "/org/l/resolve/main/model.safetensors", "/org/m/resolve/main/sub/notes.txt"] {
        assert_eq!(whole(&two, path).await.0, StatusCode::OK);
        assert_eq!(ranged(&two, path, "bytes=1-3").await.0, StatusCode::PARTIAL_CONTENT);
    }
    let asked = between.asked.lock().unwrap().clone();
    assert!(
        asked.contains("GET") && asked.iter().all(|method| method == "GET" || method == "HEAD"),
        "{asked:?}"
    );
    between.is(Line::Away);
    assert_eq!(whole(&two, WEIGHTS).await, (StatusCode::OK, Some(files[1].1.clone())));
    // Too large to be kept.
    assert_eq!(whole(&two, "/org/l/resolve/main/model.safetensors").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

/// Another name for what is wrong with storage, and what the refusal must say.
async fn refusal(gate: &TestGate, change: impl FnOnce(&mut ObjectStorage)) -> String {
    let mut settings = gate.settings.clone();
    change(settings.blobs.as_mut().unwrap());
    let opened = Gate::open(settings, harness::works(&gate.clock)).await;
    let why = opened.expect_err("it opened").to_string();
    assert!(!why.contains("wrong-secret") && !why.contains("not-a-secret-of-anybody"), "{why}");
    why
}

#[tokio::test]
async fn what_is_wrong_with_the_setting_is_said_at_once() {
    if !storage() {
        return;
    }
    let gate = TestGate::new().await;
    let moto = std::env::var("WEIGHHOUSE_TEST_BLOBS_KIND").is_ok_and(|kind| kind == "moto");
    for (address, expected) in [
        ("s3://", "write `s3://bucket/prefix`"),
        ("gs://gate", "write `s3://bucket/prefix`"),
        ("s3://no-such-bucket/x", "there is no such bucket"),
    ] {
        if address.contains("no-such") && !moto {
            continue; // s3s-fs says of a bucket that is not there that the object is not
        }
        let why = refusal(&gate, |storage| address.clone_into(&mut storage.address)).await;
        assert!(why.contains(expected) && why.contains(address), "{why}");
    }
    let why = refusal(&gate, |storage| storage.options.retain(|(name, _)| name != "AWS_ALLOW_HTTP")).await;
    assert!(why.contains("AWS_ALLOW_HTTP=true"), "{why}");
    if moto {
        return; // it asks for no credentials
    }
    let wrong = |storage: &mut ObjectStorage| {
        storage.options.push(("AWS_SECRET_ACCESS_KEY".to_owned(), "wrong-secret".to_owned()));
    };
    let why = refusal(&gate, wrong).await;
    assert!(why.contains("it refuses"), "{why}");
    assert!(!format!("{:?}", gate.settings).contains("not-a-secret-of-anybody"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contents_to_which_nobody_refers_are_swept_after_a_week() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let contents = gate.contents();
    let referred = contents.count().await;
    let left = [b"left by somebody".to_vec(), b"and more of it".to_vec()];
    for bytes in &left {
        contents.write(&Digest::of(bytes).hex(), bytes).await;
    }
    // An upload that a server began before it was killed.
    let note = contents.there(&format!("uploads/{}.1", Digest::of(b"large").hex()));
    let upload = match (contents.there(&object_of(b"large")), &note) {
        (Some((store, place)), Some((_, note))) => {
            let id = store.create_multipart(&place).await.unwrap();
            store.put_part(&place, &id, 0, vec![1; 5 << 20].into()).await.unwrap();
            store.put(note, id.clone().into_bytes().into()).await.unwrap();
            Some((place, id))
        }
        _ => None,
    };
    gate.review().await;
    assert_eq!(contents.count().await, referred + 2, "too young");
    // Files and objects carry the time of this machine, not that of the test.
    let now = std::fs::metadata(gate.data().join("log.key")).unwrap().modified().unwrap();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed();
    gate.pass(now - START + 6 * 86_400);
    gate.review().await;
    assert_eq!(contents.count().await, referred + 2, "too young");
    gate.pass(2 * 86_400);
    // One of them comes in again in the last moment.
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("notes.txt"), &left[0]);
    let name = Name::new(Kind::Model, "org/n").unwrap();
    gate.gate.import("admin", &name, folder.path(), "internal").await.unwrap();
    gate.review().await;
    assert_eq!(contents.count().await, referred + 1);
    assert_eq!(contents.read(&Digest::of(&left[0]).hex()).await.as_ref(), Some(&left[0]));
    if let (Some((place, id)), Some((store, note))) = (upload, note) {
        assert!(store.head(&note).await.is_err());
        assert!(store.put_part(&place, &id, 1, vec![1; 9].into()).await.is_err(), "the upload goes on");
    }
    gate.assert_sound().await;
    assert_eq!(whole(&gate, WEIGHTS).await.0, StatusCode::OK);
}

fn object_of(bytes: &[u8]) -> String {
    let hex = Digest::of(bytes).hex();
    format!("sha256/{}/{}/{hex}", hex.get(..2).unwrap(), hex.get(2..4).unwrap())
}
