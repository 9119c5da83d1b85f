//! Contents encrypted at rest, by a gate as its users and operators meet it; in object storage, too (`tools/s3 run …`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use weighhouse_core::Digest;
use weighhouse_server::{Backup, Gate, Password, Restore, Settings, blocking};

use crate::harness::{self, START, TestGate, clean, parts};

const ONE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
const TWO: &str = "__________________________________________8\n";
const FILE: &str = "/org/m/resolve/main/model.safetensors";

fn keys(settings: &mut Settings, keys: &str) {
    settings.encrypt_blobs = true;
    settings.seal_keys = Some(Password::new(keys.to_owned()));
}

async fn gate() -> TestGate {
    TestGate::with(|settings| keys(settings, ONE)).await
}

/// The weights of what `clean` makes, and their digest.
fn weights(tag: &str) -> (Vec<u8>, String) {
    let files = clean(tag);
    let weights = files.iter().find(|(path, _)| *path == "model.safetensors").unwrap().1.clone();
    let digest = Digest::of(&weights).hex();
    (weights, digest)
}

async fn ranged(gate: &TestGate, range: &str) -> harness::Answer {
    let request = Request::get(FILE).header("authorization", format!("Bearer {}", gate.admin));
    gate.send(request.header("range", range).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn what_is_encrypted_is_inspected_decided_about_and_served_like_everything() {
    let gate = gate().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let (weights, digest) = weights("1");
    let lying = gate.contents().read(&digest).await.unwrap();
    assert!(lying.starts_with(b"weighhouse-blob1") && lying.len() > weights.len());
    let head: &[u8] = &weights[..32];
    assert!(!lying.windows(32).any(|window| window == head), "not in the clear");
    let whole = gate.get(FILE, &gate.admin).await;
    assert_eq!((whole.status, &whole.body), (StatusCode::OK, &weights));
    assert_eq!(whole.header("etag"), format!("\"{digest}\""), "digests are those of the content");
    assert_eq!(whole.header("content-length"), weights.len().to_string());
    let end = weights.len() - 1;
    for (range, expected) in [
        ("bytes=0-0", &weights[..1]),
        ("bytes=5-40", &weights[5..41]),
        ("bytes=-3", &weights[end - 2..]),
        ("bytes=10-", &weights[10..]),
    ] {
        let answer = ranged(&gate, range).await;
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (StatusCode::PARTIAL_CONTENT, expected),
            "{range}"
        );
    }
    // Another server, which has read nothing yet.
    assert_eq!(gate.beside().await.get(FILE, &gate.admin).await.body, weights);
    assert_eq!(gate.get("/readyz", "").await.status, StatusCode::OK);
    // Damaged: refused, and mended by the next copy.
    let mut damaged = lying.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for damaged in [damaged.as_slice(), &lying[..lying.len() - 1], &lying[..50], &[]] {
        gate.contents().write(&digest, damaged).await;
        for gate in [&gate, &gate.beside().await] {
            let answer = gate.get(FILE, &gate.admin).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(ranged(gate, "bytes=0-3").await.status, StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
    gate.import("admin", "org/other", "internal", &parts(&clean("1"))).await;
    assert_eq!(gate.get(FILE, &gate.admin).await.body, weights);
}

/// Opens another gate on the same, with these keys.
async fn opened(gate: &TestGate, lines: &str, encrypt: bool) -> Result<Arc<Gate>, String> {
    let mut settings = gate.settings.clone();
    keys(&mut settings, lines);
    settings.encrypt_blobs = encrypt;
    let opened = Gate::open(settings, harness::works(&gate.clock)).await;
    opened.map_err(|error| error.to_string())
}

async fn served(gate: &Arc<Gate>, token: &str) -> Vec<u8> {
    harness::ask(gate, "GET", FILE, token, None).await.body
}

#[tokio::test]
async fn keys_are_changed_and_contents_brought_to_the_form_that_is_configured() {
    let gate = TestGate::with(|settings| settings.seal_keys = Some(Password::new(ONE.to_owned()))).await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let (weights, digest) = weights("1");
    let contents = gate.contents();
    assert_eq!(contents.read(&digest).await.unwrap(), weights, "off unless it is configured");
    // Switched on: what is there is read as it is, until it is brought over.
    let on = opened(&gate, ONE, true).await.unwrap();
    assert_eq!(served(&on, &gate.admin).await, weights);
    let done = on.reseal().await.unwrap();
    assert_eq!((done.store_keys, done.contents, done.lost), (0, contents.count().await, 0));
    let lying = contents.read(&digest).await.unwrap();
    assert!(lying.starts_with(b"weighhouse-blob1"));
    assert_eq!(served(&on, &gate.admin).await, weights);
    assert_eq!(on.reseal().await.unwrap().contents, 0);
    // Another key: contents stay as they are, and the old key is not needed any more.
    assert!(opened(&gate, TWO, true).await.unwrap_err().contains("not among the keys of this gate"));
    let both = opened(&gate, &format!("{TWO}{ONE}"), true).await.unwrap();
    assert_eq!(both.reseal().await.unwrap().store_keys, 1);
    assert_eq!(contents.read(&digest).await.unwrap(), lying);
    let two = opened(&gate, TWO, true).await.unwrap();
    assert_eq!(served(&two, &gate.admin).await, weights);
    // And back.
    let off = opened(&gate, TWO, false).await.unwrap();
    assert_eq!(served(&off, &gate.admin).await, weights);
    contents.remove(&digest).await;
    let done = off.reseal().await.unwrap();
    assert_eq!((done.contents, done.lost), (contents.count().await, 1), "what is lost is said, and left");
}

/// The store keys of a gate whose contents are in a folder.
fn store_keys(data: &Path) -> Vec<PathBuf> {
    let keys = std::fs::read_dir(data.join("blobs/keys"));
    keys.map_or_else(|_| Vec::new(), |keys| keys.map(|key| key.unwrap().path()).collect())
}

#[tokio::test]
async fn a_lost_key_is_said_by_readiness_and_by_whoever_asks_for_contents() {
    let gate = gate().await;
    if gate.settings.blobs.is_some() {
        return;
    }
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let [key] = store_keys(&gate.data()).try_into().unwrap();
    let text = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let ready = gate.get("/readyz", "").await;
    assert_eq!(
        (ready.status, ready.body.as_slice()),
        (StatusCode::SERVICE_UNAVAILABLE, &b"the contents cannot be reached\n"[..])
    );
    let beside = gate.beside().await;
    assert_eq!(beside.get(FILE, &gate.admin).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    // Nothing was found damaged: with the key back, it is served as if nothing had been.
    std::fs::write(&key, text).unwrap();
    assert_eq!(beside.get(FILE, &gate.admin).await.body, weights("1").0);
    assert_eq!(gate.get("/readyz", "").await.status, StatusCode::OK);
    gate.gate.audit().await.unwrap();
}

#[tokio::test]
async fn a_backup_has_contents_as_they_are_kept_and_opens_by_the_same_keys() {
    let gate = gate().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let (weights, digest) = weights("1");
    let folder = tempfile::tempdir().unwrap();
    let (to, settings) = (folder.path().join("backup"), gate.settings.clone());
    let what = Backup { to: to.clone(), with_key: true };
    let done =
        tokio::task::spawn_blocking(move || blocking::backup(&settings, &(Arc::new(|| START) as _), &what));
    assert_eq!(done.await.unwrap().unwrap().damaged, Vec::<String>::new());
    let kept = to.join("contents").join(crate::contents::name(&digest));
    assert_eq!(std::fs::read(kept).unwrap(), gate.contents().read(&digest).await.unwrap());
    let restore = async |number: &str, lines: &str, encrypt| {
        let mut settings = harness::settings(folder.path().join(number), harness::fresh_database().await);
        keys(&mut settings, lines);
        settings.encrypt_blobs = encrypt;
        let what = Restore { from: to.clone(), contents: None, key: None, without_contents: false };
        let (with, clock) = (settings.clone(), Arc::new(|| START) as _);
        let done = tokio::task::spawn_blocking(move || blocking::restore(&with, &clock, &what));
        done.await.unwrap().map(|_| settings).map_err(|error| error.to_string())
    };
    let why = restore("wrong", TWO, true).await.unwrap_err();
    assert!(why.contains("not among the keys of this gate"), "{why}");
    for (number, encrypt) in [("encrypted", true), ("clear", false)] {
        let settings = restore(number, ONE, encrypt).await.unwrap();
        let contents = crate::contents::Contents::of(&settings);
        assert_eq!(contents.read(&digest).await.unwrap() == weights, !encrypt);
        let restored = Gate::open(settings, harness::works(&gate.clock)).await.unwrap();
        assert_eq!(served(&restored, &gate.admin).await, weights);
    }
}
