//! Witnesses: they never sign two futures of one log, and the gate tells when one refuses.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use serde_json::json;
use weighhouse_log::release::{Demands, ReleaseBundle};
use weighhouse_log::testkit::{MemoryLog, known_key};
use weighhouse_log::witness::{AddCheckpoint, Answer};
use weighhouse_log::{Algorithm, Policy, SignedCheckpoint, SignerKey, TlogProof, VerifierKey, proof};
use weighhouse_server::{Cosigner, Witness, WitnessError, witness_router};

use crate::harness::{START, TestGate, clean, parts};

const LOG: &str = "log.example/audit";

fn log_key() -> SignerKey {
    known_key(LOG, Algorithm::Ed25519, 1).unwrap()
}

fn key(seed: u8) -> SignerKey {
    known_key("witness.example/w", Algorithm::Cosignature, seed).unwrap()
}

fn open(folder: &Path, logs: Vec<VerifierKey>) -> Result<Arc<Witness>, WitnessError> {
    Witness::open(key(2), logs, folder, Arc::new(|| START))
}

fn of_known(folder: &Path) -> Arc<Witness> {
    open(folder, vec![log_key().verifier().clone()]).unwrap()
}

/// The log with these entries, and the request that goes from `old` entries to all of them.
fn request(entries: &[&str], old: u64) -> String {
    request_by(&log_key(), entries, old)
}

fn request_by(key: &SignerKey, entries: &[&str], old: u64) -> String {
    let mut log = MemoryLog::default();
    log.append(entries.iter().map(|entry| entry.as_bytes().to_vec())).unwrap();
    let size = log.frontier.size();
    let from = old.min(size);
    let tiles = log.read(&proof::consistency_tiles(from, size).unwrap()).unwrap();
    let proof = proof::consistency(from, size, &tiles).unwrap();
    AddCheckpoint { old, proof, checkpoint: log.signed(key).unwrap() }.to_string()
}

fn status(witness: &Witness, body: &str) -> u16 {
    witness.answer(body.as_bytes()).unwrap().status()
}

#[test]
fn a_witness_signs_what_continues_and_nothing_else_whatever_happens_between() {
    let folder = tempfile::tempdir().unwrap();
    let witness = of_known(folder.path());
    assert_eq!(status(&witness, &request(&["a", "b"], 0)), 200);
    // The same again, and further.
    assert_eq!(status(&witness, &request(&["a", "b"], 2)), 200);
    assert_eq!(status(&witness, &request(&["a", "b", "c"], 2)), 200);
    // Back, sideways, from elsewhere.
    assert_eq!(witness.answer(request(&["a", "b"], 2).as_bytes()).unwrap(), Answer::Conflict(3));
    assert_eq!(witness.answer(request(&["a", "b"], 0).as_bytes()).unwrap(), Answer::Conflict(3));
    assert_eq!(status(&witness, &request(&["a", "b", "x"], 3)), 409);
    assert_eq!(status(&witness, &request(&["a", "b", "x", "d"], 3)), 422);
    assert_eq!(status(&witness, &request(&["a", "b"], 3)), 400);
    // Not by the log, of another log, no request at all.
    let eve = known_key(LOG, Algorithm::Ed25519, 9).unwrap();
    let other = known_key("other.example/log", Algorithm::Ed25519, 1).unwrap();
    assert_eq!(status(&witness, &request_by(&eve, &["a", "b", "c", "d"], 3)), 403);
    assert_eq!(status(&witness, &request_by(&other, &["a"], 0)), 404);
    for body in ["", "old 3\n", "old 3\n\nx", "\u{0}", &"x".repeat(1 << 20)] {
        assert_eq!(status(&witness, body), 400);
    }
    // A witness that was killed remembers: nothing was written but by what it answered.
    drop(witness);
    let witness = of_known(folder.path());
    assert_eq!(witness.answer(request(&["a", "b"], 0).as_bytes()).unwrap(), Answer::Conflict(3));
    assert_eq!(status(&witness, &request(&["a", "b", "c", "d"], 3)), 200);
}

#[test]
fn a_memory_is_of_one_witness_and_is_believed_only_whole() {
    let folder = tempfile::tempdir().unwrap();
    let witness = of_known(folder.path());
    let logs = || vec![log_key().verifier().clone()];
    assert!(matches!(open(folder.path(), logs()), Err(WitnessError::Taken(_))));
    assert_eq!(status(&witness, &request(&["a"], 0)), 200);
    drop(witness);
    assert!(matches!(open(folder.path(), Vec::new()), Err(WitnessError::Log(_))));
    assert!(matches!(open(folder.path(), vec![key(2).verifier().clone()]), Err(WitnessError::Log(_))));
    let own = Witness::open(log_key(), logs(), folder.path(), Arc::new(|| START));
    assert!(matches!(own, Err(WitnessError::Key(_))));
    let memory = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let memory = memory.into_iter().find(|path| path.file_name().unwrap() != "lock").unwrap();
    let good = std::fs::read(&memory).unwrap();
    for broken in
        [&b""[..], &good[..good.len() / 2], b"log.example/audit\n1\n", b"other\n1\nx\n", &[b'x'; 9000]]
    {
        std::fs::write(&memory, broken).unwrap();
        assert!(matches!(open(folder.path(), logs()), Err(WitnessError::Memory { .. })), "{broken:?}");
    }
    // Broken while it runs: nothing is signed.
    std::fs::write(&memory, &good).unwrap();
    let witness = of_known(folder.path());
    std::fs::remove_file(&memory).unwrap();
    std::fs::create_dir(&memory).unwrap();
    assert!(witness.answer(request(&["a", "b"], 1).as_bytes()).is_err());
}

#[test]
fn of_two_futures_at_once_one_is_signed() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let witness = of_known(folder.path());
        assert_eq!(status(&witness, &request(&["a"], 0)), 200);
        let futures: Vec<_> = (0..4)
            .map(|number| {
                let (witness, last) = (Arc::clone(&witness), number.to_string());
                std::thread::spawn(move || status(&witness, &request(&["a", &last], 1)))
            })
            .collect();
        let answers: Vec<u16> = futures.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    }
}

/// A witness on the network that knows this log; it can be made to fail.
async fn serve(folder: &Path, log: VerifierKey) -> (Cosigner, Arc<AtomicBool>) {
    let witness = open(folder, vec![log]).unwrap();
    let (silent, key) = (Arc::new(AtomicBool::new(false)), witness.key().clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let broken = Arc::clone(&silent);
    let router = witness_router(witness).layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            let broken = Arc::clone(&broken);
            async move {
                if broken.load(Ordering::Relaxed) {
                    return axum::response::IntoResponse::into_response((StatusCode::OK, "— eve AAAAAAAA\n"));
                }
                next.run(request).await
            }
        },
    ));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Cosigner { key, address }, silent)
}

#[tokio::test]
async fn the_gate_shows_cosigned_checkpoints_and_proofs_by_them() {
    let memory = tempfile::tempdir().unwrap();
    let plain = TestGate::new().await;
    let (cosigner, silent) = serve(memory.path(), plain.gate.log_key().clone()).await;
    let gate = plain.beside_set(|settings| settings.trust.witnesses.push(cosigner.clone())).await;
    let policy = Policy::of(gate.gate.log_key().clone(), vec![cosigner.key.clone()], 1).unwrap();
    let shown =
        async || SignedCheckpoint::parse(&gate.get("/log/checkpoint", &gate.admin).await.body).unwrap();
    assert!(policy.check(&shown().await).is_err());
    gate.gate.ask_witnesses().await.unwrap();
    policy.check(&shown().await).unwrap();
    let first = shown().await.checkpoint().size();
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    // The log has gone on; readers see what was cosigned, and records behind it are proven by the log's own head.
    assert_eq!(shown().await.checkpoint().size(), first);
    let proof = async |seq: u64| {
        let path = format!("/api/v1/log/records/{seq}/tlog-proof");
        TlogProof::parse(&gate.get(&path, &gate.admin).await.body).unwrap()
    };
    assert_eq!(proof(0).await.checkpoint.checkpoint().size(), first);
    assert!(proof(first).await.checkpoint.checkpoint().size() > first);
    // A bundle is worth what witnesses make it.
    let bundle =
        gate.post("/api/v1/bundles", &gate.admin, json!({ "model": "org/m", "stage": "research" })).await;
    let demands =
        Demands { policy: &policy, at: "2026-11-22T00:00:00Z", stage: None, model: None, since: None };
    ReleaseBundle::parse(&bundle.body).unwrap().verify(&demands).unwrap();
    // A witness that answers with nonsense is no witness, and hides nothing for longer than an hour.
    silent.store(true, Ordering::Relaxed);
    gate.person("ada", &["user"]).await;
    gate.gate.ask_witnesses().await.unwrap();
    let log = gate.get("/api/v1/log", &gate.admin).await.json();
    assert!(log["witnesses"][0]["fault"].as_str().unwrap().contains("something else"), "{log}");
    policy.check(&shown().await).unwrap();
    gate.pass(3601);
    assert_eq!(shown().await.checkpoint().size(), log["size"].as_u64().unwrap());
    silent.store(false, Ordering::Relaxed);
    gate.gate.ask_witnesses().await.unwrap();
    policy.check(&shown().await).unwrap();
    let log = gate.get("/api/v1/log", &gate.admin).await.json();
    assert_eq!((&log["witnesses"][0]["fault"], &log["witnesses"][0]["size"]), (&json!(null), &log["size"]));
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_gate_that_was_set_back_and_a_second_gate_with_its_key_are_told_apart() {
    let memory = tempfile::tempdir().unwrap();
    let first = TestGate::new().await;
    for number in 0..5 {
        first.person(&format!("user{number}"), &["user"]).await;
    }
    let (cosigner, _) = serve(memory.path(), first.gate.log_key().clone()).await;
    let first = first.beside_set(|settings| settings.trust.witnesses.push(cosigner.clone())).await;
    first.gate.ask_witnesses().await.unwrap();
    // Another data base, the same key.
    let second = TestGate::with(|settings| {
        std::fs::create_dir_all(&settings.data).unwrap();
        std::fs::copy(first.data().join("log.key"), settings.data.join("log.key")).unwrap();
        settings.trust.witnesses.push(cosigner.clone());
    })
    .await;
    let fault = async |gate: &TestGate| {
        gate.gate.ask_witnesses().await.unwrap();
        let log = gate.get("/api/v1/log", &gate.admin).await.json();
        log["witnesses"][0]["fault"].as_str().unwrap_or_default().to_owned()
    };
    let told = fault(&second).await;
    assert!(told.contains("set back") && told.contains("another gate"), "{told}");
    // It grows as long, and longer: it stays another log.
    for number in 0..9 {
        second.person(&format!("other{number}"), &["user"]).await;
        second.pass(61);
        assert!(fault(&second).await.contains("another gate"));
    }
    first.person("last", &["user"]).await;
    first.pass(61);
    assert_eq!(fault(&first).await, "");
}

#[tokio::test]
async fn the_log_goes_on_without_its_witnesses() {
    let nobody = Cosigner { key: key(2).verifier().clone(), address: "http://127.0.0.1:9".to_owned() };
    let gate = TestGate::with(|settings| settings.trust.witnesses.push(nobody)).await;
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    gate.gate.ask_witnesses().await.unwrap();
    let log = gate.get("/api/v1/log", &gate.admin).await.json();
    assert!(log["witnesses"][0]["fault"].as_str().unwrap().contains("does not answer"), "{log}");
    let bundle =
        gate.post("/api/v1/bundles", &gate.admin, json!({ "model": "org/m", "stage": "research" })).await;
    assert_eq!(bundle.status, StatusCode::CREATED);
    gate.assert_sound().await;
}
