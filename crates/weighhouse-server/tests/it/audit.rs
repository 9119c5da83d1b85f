//! Edited rows and edited logs are found.

use sqlx::Executor as _;

use crate::harness::{TestGate, clean, parts};

/// Does to the database what an administrator of it could do.
async fn tamper(gate: &TestGate, statement: &'static str) {
    let pool = gate.database().await;
    let done = pool.execute(statement).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement}");
    pool.close().await;
}

async fn faults_after(statement: &'static str) -> Vec<String> {
    let gate = TestGate::with(|settings| {
        "production".clone_into(&mut settings.stage);
        settings.trust.attesters.push(crate::attestations::the_lab());
    })
    .await;
    let bob = gate.person("bob", &["approver"]).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    let sam = gate.person("sam", &["security"]).await;
    crate::attestations::lab_says(&gate, &sam, &commit).await;
    let waiver =
        serde_json::json!({ "model": "org/m", "rules": ["pickle"], "reason": "r", "until": "2026-12-01" });
    gate.post("/api/v1/waivers", &sam, waiver).await;
    gate.post(&format!("/api/v1/releases/{id}/approve"), &bob, serde_json::json!({})).await;
    let eve = gate.person("eve", &["admin"]).await;
    let text = serde_json::json!({ "name": "h", "text": "// house rules" });
    let body = serde_json::json!({ "texts": [text], "reason": "r" });
    let proposed = gate.post("/api/v1/policy/proposals", &gate.admin, body).await.json();
    let body = serde_json::json!({ "digest": proposed["digest"] });
    let id = proposed["number"].as_str().unwrap();
    let approved = gate.post(&format!("/api/v1/policy/proposals/{id}/approve"), &eve, body).await;
    assert_eq!(approved.status, axum::http::StatusCode::OK, "{}", approved.json());
    gate.assert_sound().await;
    tamper(&gate, statement).await;
    gate.gate.audit().await.unwrap().faults.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_row_of_state_is_covered() {
    for (statement, expected) in [
        ("UPDATE releases SET state = 'released'", "`release/"),
        ("UPDATE releases SET requester = 'eve'", "`release/"),
        ("UPDATE approvals SET person = 'eve'", "`approval/"),
        ("UPDATE approvals SET expires = expires + 1", "`approval/"),
        (
            "INSERT INTO approvals SELECT 'x', release, 'eve', digest, evidence, comment, at, expires, NULL FROM approvals",
            "`approval/x` is in the database",
        ),
        ("DELETE FROM approvals", "is in the log, but not in the database"),
        ("UPDATE people SET roles = '[\"admin\"]' WHERE name = 'bob'", "`person/bob`"),
        ("UPDATE tokens SET expires = expires + 1000000", "`token/"),
        (
            "UPDATE files SET sha256 = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03' WHERE path = 'config.json'",
            "its files are not those that came in",
        ),
        (
            "UPDATE inspections SET facts = replace(facts, 'bert', 'gpt2') || ' '",
            "its inspection is not the one that was made",
        ),
        (
            "UPDATE files SET path = 'model.safetensorz' WHERE path = 'model.safetensors'",
            "its files are not those that came in",
        ),
        (
            "UPDATE files SET size = size + 1 WHERE path = 'config.json'",
            "its files are not those that came in",
        ),
        (
            "UPDATE files SET git_oid = sha256 WHERE path = 'config.json'",
            "its files are not those that came in",
        ),
        ("UPDATE policies SET texts = replace(texts, 'house', 'horse')", "`policy/"),
        ("UPDATE policies SET state = 'in force'", "`policy/"),
        ("DELETE FROM policy_approvals", "is in the log, but not in the database"),
        ("UPDATE policy_approvals SET person = 'bob'", "`policy-approval/"),
        ("UPDATE summaries SET findings = 7", "lists count other things"),
        (
            "UPDATE log_records SET subject = 'model/x' WHERE seq = 3",
            "record 3 is kept as one about something else",
        ),
        ("UPDATE models SET folded = 'org/n'", "found as `org/n`"),
        ("UPDATE waivers SET expires = expires + 86400", "`waiver/"),
        ("UPDATE waivers SET rules = '[\"WH-PKL-001\"]'", "`waiver/"),
        ("UPDATE waivers SET withdrawn = NULL, owner = 'eve'", "`waiver/"),
        ("DELETE FROM waivers", "is in the log, but not in the database"),
        ("UPDATE attestations SET result = 'FAILED'", "`attestation/"),
        ("UPDATE attestations SET signer = 'eve'", "`attestation/"),
        ("UPDATE attestations SET envelope = envelope || ' '", "another envelope than `attestation/"),
        ("UPDATE revisions SET state = 'quarantined'", "`revision/"),
        ("UPDATE models SET name = 'org/n'", "`model/"),
        ("UPDATE requests SET person = 'bob'", "`request/"),
        (
            "UPDATE log_records SET entry = replace(entry, 'approval.give', 'approval.gave') WHERE entry LIKE '%approval.give%'",
            "the log:",
        ),
        ("DELETE FROM log_records WHERE seq = 3", "the log:"),
        (
            "UPDATE log_head SET checkpoint = replace(checkpoint, 'gate.test/log', 'gate.test/gol')",
            "the log:",
        ),
    ] {
        let faults = faults_after(statement).await;
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{statement}: {faults:?}");
    }
}

#[tokio::test]
async fn a_clock_that_was_wrong_for_a_while_takes_nothing_that_audits_look_for() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    for days in [100, 400, -1000] {
        gate.pass(days * 86_400);
        gate.review().await;
        gate.pass(-days * 86_400);
        gate.assert_sound().await;
    }
}

#[tokio::test]
async fn what_the_log_says_was_forgotten_is_all_that_may_be_gone() {
    let gate = TestGate::new().await;
    let import = async |name: &str| gate.import("admin", name, "research", &parts(&clean("1"))).await;
    let events = async |statement: &'static str| {
        let pool = gate.database().await;
        let done = sqlx::query(statement).execute(&pool).await.unwrap().rows_affected();
        pool.close().await;
        done
    };
    import("org/old").await;
    gate.pass(100 * 86_400);
    let old = events("UPDATE events SET seq = seq").await;
    import("org/m").await;
    gate.review().await;
    let left = events("UPDATE events SET seq = seq").await;
    assert!(old > 0 && left > 0 && left < old * 2, "{old} and {left}");
    gate.assert_sound().await;
    let records = gate.gate.audit().await.unwrap().records;
    gate.review().await;
    assert_eq!(gate.gate.audit().await.unwrap().records, records, "said once");
    // Something is written under a clock that is wrong, and everything is old. What comes after that is missed all the same.
    gate.pass(200 * 86_400);
    import("org/future").await;
    gate.review().await;
    gate.pass(-200 * 86_400);
    import("org/n").await;
    gate.review().await;
    gate.assert_sound().await;
    assert!(events("DELETE FROM events WHERE body LIKE '%org/n%'").await > 0);
    let faults = gate.gate.audit().await.unwrap().faults;
    assert!(faults.iter().all(|fault| fault.to_string().contains("event/evt_")), "{faults:?}");
    assert!(!faults.is_empty());
}

#[tokio::test]
async fn a_gate_that_was_made_to_forget_says_so() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    gate.import("admin", "org/n", "research", &parts(&clean("1"))).await;
    let pool = gate.database().await;
    let all: Vec<(i64, String)> =
        sqlx::query_as("SELECT seq, entry FROM log_records ORDER BY seq").fetch_all(&pool).await.unwrap();
    let set = async |seq: i64, entry: &str| {
        let query = sqlx::query("UPDATE log_records SET entry = $1 WHERE seq = $2").bind(entry).bind(seq);
        query.execute(&pool).await.unwrap();
    };
    // All but the last record look old while the gate looks for what is, and are as they were afterwards.
    for (seq, entry) in all.split_last().unwrap().1 {
        let (before, moment) = entry.split_once("\"at\":\"").unwrap();
        let (_, after) = moment.split_once('-').unwrap();
        set(*seq, &format!("{before}\"at\":\"2001-{after}")).await;
    }
    gate.review().await;
    for (seq, entry) in &all {
        set(*seq, entry).await;
    }
    pool.close().await;
    let faults: Vec<String> =
        gate.gate.audit().await.unwrap().faults.iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|fault| fault.contains("which were not old")), "{faults:?}");
}

#[tokio::test]
async fn what_programs_before_forgot_without_a_word_is_not_missed() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/old", "research", &parts(&clean("1"))).await;
    gate.pass(100 * 86_400);
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    let pool = gate.database().await;
    for statement in ["DELETE FROM deliveries", "DELETE FROM events WHERE body LIKE '%org/old%'"] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    gate.assert_sound().await;
    gate.review().await;
    gate.assert_sound().await;
    sqlx::query("DELETE FROM events WHERE body LIKE '%org/m%'").execute(&pool).await.unwrap();
    pool.close().await;
    assert!(!gate.gate.audit().await.unwrap().faults.is_empty());
}
