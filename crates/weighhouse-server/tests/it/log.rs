//! The audit log over HTTP: read by who may, and only as it was signed.

use axum::http::StatusCode;
use serde_json::{Value, json};
use weighhouse_log::verify::TileReplay;
use weighhouse_log::{Hash, Policy, SignedCheckpoint, Tile, TlogProof, bundle, proof, tile};

use crate::harness::{TestGate, clean, parts};

/// Everything that a reader with a network checks, and nothing that the gate computed.
async fn replay(gate: &TestGate, token: &str) -> TileReplay {
    let checkpoint = gate.get("/log/checkpoint", token).await;
    assert_eq!(checkpoint.status, StatusCode::OK);
    let signed = SignedCheckpoint::parse(&checkpoint.body).unwrap();
    signed.verify(gate.gate.log_key()).unwrap();
    let size = signed.checkpoint().size();
    let mut replay = TileReplay::new();
    let fetch = async |path: String| {
        let answer = gate.get(&format!("/log/{path}"), token).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.header("cache-control").contains("immutable"));
        answer.body
    };
    for bundle in bundle::all(size) {
        let leaves = Tile::new(0, bundle.index(), bundle.width()).unwrap();
        let read = replay.push(bundle, &fetch(bundle.path()).await, &fetch(leaves.path()).await).unwrap();
        for (tile, bytes) in read.tiles.into_iter().filter(|(tile, _)| tile::is_of_tree(*tile, size)) {
            assert_eq!(fetch(tile.path()).await, bytes, "{tile}");
        }
    }
    replay.replay().finish(signed.checkpoint()).unwrap();
    replay
}

#[tokio::test]
async fn the_log_can_be_replayed_from_its_tiles_and_every_record_proven() {
    let gate = TestGate::new().await;
    let auditor = gate.person("olga", &["auditor"]).await;
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    let first = replay(&gate, &auditor).await.replay().frontier().clone();
    // More than one full tile, and a level above it.
    for number in 0..130 {
        gate.person(&format!("user{number}"), &["user"]).await;
    }
    let log = gate.get("/api/v1/log", &auditor).await.json();
    let size = log["size"].as_u64().unwrap();
    assert!(size > 256, "{size}");
    let second = replay(&gate, &auditor).await;
    let policy = Policy::log_only(gate.gate.log_key().clone());
    for seq in [0, 1, 255, 256, size - 1] {
        let record = gate.get(&format!("/api/v1/log/records/{seq}"), &auditor).await.body;
        let text = gate.get(&format!("/api/v1/log/records/{seq}/tlog-proof"), &auditor).await.body;
        let proof = TlogProof::parse(&text).unwrap();
        assert_eq!(proof.index, seq);
        proof.verify(&record, &policy).unwrap();
        assert!(proof.verify(b"{}", &policy).is_err());
    }
    let old = first.size();
    let answer = gate.get(&format!("/api/v1/log/consistency?old={old}"), &auditor).await.json();
    let hashes: Vec<Hash> = answer["proof"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hash| hash.as_str().unwrap().parse().unwrap())
        .collect();
    let now = second.replay().frontier();
    proof::verify_consistency(old, first.root(), now.size(), now.root(), &hashes).unwrap();
    gate.assert_sound().await;
}

#[tokio::test]
async fn who_may_not_read_the_log_reads_nothing_of_it() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    let ada = gate.person("ada", &["user", "approver", "security", "release-manager", "attester"]).await;
    for path in [
        "/log/checkpoint",
        "/log/tile/0/000.p/1",
        "/log/tile/entries/000.p/1",
        "/api/v1/log",
        "/api/v1/log/records/0",
        "/api/v1/log/records/0/tlog-proof",
        "/api/v1/log/consistency?old=1",
    ] {
        assert_eq!(gate.get(path, &ada).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let auditor = gate.person("olga", &["auditor"]).await;
    for path in [
        "/log/tile/0/001.p/1",
        "/log/tile/0/000",
        "/log/tile/1/000.p/1",
        "/log/tile/0/000.p/0",
        "/log/tile/0/000.p/256",
        "/log/tile/63/x999/x999/x999/x999/999",
        "/log/tile/0/000.p/x",
        "/log/tile/entries/000",
        "/log/tile/entries/x999/000",
        "/log/tile/../checkpoint",
        "/log/tile/-1/000",
        "/api/v1/log/records/99999",
        "/api/v1/log/records/18446744073709551615",
        "/api/v1/log/records/18446744073709551615/tlog-proof",
    ] {
        assert_eq!(gate.get(path, &auditor).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for query in ["old=99999", "old=2&size=1", "old=0&size=18446744073709551615", "old=-1", ""] {
        let answer = gate.get(&format!("/api/v1/log/consistency?{query}"), &auditor).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn whoever_sees_a_model_can_prove_what_was_decided_about_it() {
    let gate = TestGate::new().await;
    // No word of hexadecimal digits, which a digest could hold by chance.
    let wilma = gate.person("wilma", &["user"]).await;
    let guest = gate.person("guest", &[]).await;
    let commit = gate.import("wilma", "org/m", "research", &parts(&clean("1"))).await;
    let release = gate.release("org/m", "research", &commit).await;
    let path = |what: &str| format!("/api/v1/releases/{}/{what}", release["id"].as_str().unwrap());
    let record = gate.get(&path("record"), &wilma).await;
    let proof = TlogProof::parse(&gate.get(&path("tlog-proof"), &wilma).await.body).unwrap();
    proof.verify(&record.body, &Policy::log_only(gate.gate.log_key().clone())).unwrap();
    let told: Value = record.json();
    assert_eq!(
        (told["action"].as_str(), told["decision"]["outcome"].as_str()),
        (Some("release.promote"), Some("allow"))
    );
    assert!(!String::from_utf8_lossy(&record.body).contains("wilma"), "a name in clear");
    for what in ["record", "tlog-proof"] {
        assert_eq!(gate.get(&path(what), &guest).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn edited_entries_and_tiles_prove_nothing() {
    let gate = TestGate::new().await;
    for number in 0..130 {
        gate.person(&format!("user{number}"), &["user"]).await;
    }
    let proof = |seq: u64| format!("/api/v1/log/records/{seq}/tlog-proof");
    assert_eq!(gate.get(&proof(257), &gate.admin).await.status, StatusCode::OK);
    let pool = gate.database().await;
    for (statement, seq) in [
        (
            "UPDATE log_nodes SET hash = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'",
            257,
        ),
        ("DELETE FROM log_nodes", 257),
        ("UPDATE log_records SET entry = '{}' WHERE seq = 3", 3),
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
        let answer = gate.get(&proof(seq), &gate.admin).await;
        // What was computed can be computed again; what was edited is never proven.
        let expected =
            if statement.starts_with("DELETE") { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
        assert_eq!(answer.status, expected, "{statement}: {}", String::from_utf8_lossy(&answer.body));
    }
    pool.close().await;
    assert_eq!(gate.get("/api/v1/log", &gate.admin).await.json()["witnesses"], json!([]));
}
