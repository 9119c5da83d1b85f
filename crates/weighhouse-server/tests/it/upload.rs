//! Uploads over plain requests, with what real clients send, and with what attackers would. The clients themselves are asked by `tools/oracles/hub`.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sqlx::Executor as _;
use weighhouse_core::Digest;
use weighhouse_server::work_off;

use crate::harness::{Answer, TestGate, clean};

const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";

/// A gate whose people have research by default.
async fn research() -> TestGate {
    TestGate::with(|settings| "research".clone_into(&mut settings.stage)).await
}

fn create_body(name: &str) -> Value {
    let (organization, name) = name.split_once('/').unwrap();
    json!({ "name": name, "organization": organization, "type": "model" })
}

async fn create(gate: &TestGate, token: &str, name: &str) -> Answer {
    gate.post("/api/repos/create", token, create_body(name)).await
}

fn inline(path: &str, content: &[u8]) -> Value {
    json!({ "key": "file", "value": { "content": STANDARD.encode(content), "path": path, "encoding": "base64" } })
}

fn large(path: &str, content: &[u8]) -> Value {
    let oid = Digest::of(content).hex();
    json!({ "key": "lfsFile", "value": { "path": path, "algo": "sha256", "oid": oid, "size": content.len() } })
}

/// Everything below the model's address.
fn at(name: &str, rest: &str) -> String {
    format!("/api/models/{name}/{rest}")
}

/// A commit as clients send it; `parent` is left out if it is empty.
async fn commit(
    gate: &TestGate,
    token: &str,
    name: &str,
    branch: &str,
    parent: &str,
    acts: &[Value],
) -> Answer {
    let mut header = json!({ "summary": "a title", "description": "" });
    if !parent.is_empty() {
        header["parentCommit"] = parent.into();
    }
    let mut text = json!({ "key": "header", "value": header }).to_string();
    for act in acts {
        text = format!("{text}\n{act}");
    }
    raw_commit(gate, token, name, branch, text).await
}

async fn raw_commit(gate: &TestGate, token: &str, name: &str, branch: &str, text: String) -> Answer {
    let request = Request::post(at(name, &format!("commit/{branch}")))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/x-ndjson");
    gate.send(request.body(Body::from(text)).unwrap()).await
}

async fn batch(gate: &TestGate, token: &str, name: &str, contents: &[&[u8]]) -> Answer {
    let objects: Vec<Value> = contents
        .iter()
        .map(|content| json!({ "oid": Digest::of(content).hex(), "size": content.len() }))
        .collect();
    let body = json!({ "operation": "upload", "transfers": ["basic", "multipart"], "objects": objects, "hash_algo": "sha_256" });
    gate.post(&format!("/{name}.git/info/lfs/objects/batch"), token, body).await
}

/// An address of the gate, as a path.
fn path(href: &Value) -> String {
    href.as_str().unwrap().strip_prefix("http://gate.test").unwrap().to_owned()
}

fn first_address(answer: &Answer) -> String {
    path(&answer.json()["objects"][0]["actions"]["upload"]["href"])
}

async fn put(gate: &TestGate, path: &str, content: &[u8]) -> Answer {
    let request = Request::put(path).header("content-length", content.len());
    gate.send(request.body(Body::from(content.to_vec())).unwrap()).await
}

/// Sends content by LFS.
async fn send(gate: &TestGate, token: &str, name: &str, content: &[u8]) {
    let address = first_address(&batch(gate, token, name, &[content]).await);
    let answer = put(gate, &address, content).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.header("x-error-message"));
}

fn said(answer: &Answer) -> &str {
    answer.header("x-error-message")
}

#[tokio::test]
async fn what_is_uploaded_waits_is_inspected_and_only_then_served() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    let bob = gate.person("bob", &["user"]).await;
    let files = clean("1");
    let weights = files.iter().find(|(path, _)| *path == "model.safetensors").unwrap().1.clone();

    let made = create(&gate, &ada, "ada/m").await;
    assert_eq!((made.status, &made.json()["url"]), (StatusCode::OK, &json!("http://gate.test/ada/m")));
    assert_eq!(create(&gate, &ada, "Ada/M").await.status, StatusCode::CONFLICT);

    // What is there, for somebody who uploads: nothing, so that cards are made anew.
    let empty = gate.get("/api/models/ada/m", &ada).await.json();
    assert_eq!((empty["siblings"].as_array().unwrap().len(), empty["sha"].as_str().unwrap().len()), (0, 40));
    let card = gate.ask("HEAD", "/ada/m/resolve/main/README.md", &ada, None).await;
    assert_eq!((card.status, card.header("x-error-code")), (StatusCode::NOT_FOUND, "EntryNotFound"));
    assert_eq!(gate.get("/api/models/ada/m", &bob).await.header("x-error-code"), "GatedRepo");

    let asked = json!({ "files": [
        { "path": "config.json", "size": 3, "sample": STANDARD.encode("{}\n") },
        { "path": "model.safetensors", "size": weights.len(), "sample": STANDARD.encode(&weights) },
    ] });
    let modes = gate.post(&at("ada/m", "preupload/main"), &ada, asked).await;
    let mode = |answer: &Answer| -> Vec<String> {
        let files = answer.json()["files"].as_array().unwrap().clone();
        files.iter().map(|file| file["uploadMode"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(mode(&modes), ["regular", "lfs"]);

    let told = batch(&gate, &ada, "ada/m", &[&weights]).await;
    let object = told.json()["objects"][0].clone();
    let sent = put(&gate, &path(&object["actions"]["upload"]["href"]), &weights).await;
    assert_eq!(sent.status, StatusCode::OK);
    assert!(!sent.header("etag").is_empty());
    let body = json!({ "oid": object["oid"], "size": weights.len() });
    let verified = gate.post(&path(&object["actions"]["verify"]["href"]), &ada, body).await;
    assert_eq!(verified.status, StatusCode::OK);
    // Sent once is enough.
    assert!(batch(&gate, &ada, "ada/m", &[&weights]).await.json()["objects"][0].get("actions").is_none());

    let acts =
        [inline("config.json", b"{}\n"), large("model.safetensors", &weights), inline("sub/empty", b"")];
    let done = commit(&gate, &ada, "ada/m", "main", empty["sha"].as_str().unwrap(), &acts).await;
    assert_eq!(done.status, StatusCode::OK, "{}", said(&done));
    let sha = done.json()["commitOid"].as_str().unwrap().to_owned();
    assert!(done.header("x-hf-warning").contains("is in quarantine"), "{}", done.header("x-hf-warning"));
    assert_eq!(done.json()["commitUrl"], format!("http://gate.test/ada/m/commit/{sha}"));

    // Described to who uploaded it, given to nobody.
    let draft = gate.get("/api/models/ada/m", &ada).await.json();
    assert_eq!(
        (draft["sha"].as_str().unwrap(), draft["siblings"].as_array().unwrap().len()),
        (sha.as_str(), 3)
    );
    for token in [&ada, &bob] {
        for revision in ["main", &sha, "research"] {
            let file = gate.get(&format!("/ada/m/resolve/{revision}/config.json"), token).await;
            assert_eq!(
                (file.status, file.header("x-error-code")),
                (StatusCode::FORBIDDEN, "GatedRepo"),
                "{revision}"
            );
        }
    }
    gate.assert_sound().await;
    work_off(&gate.gate).await.unwrap();
    let file = gate.get(&format!("/ada/m/resolve/{sha}/model.safetensors"), &bob).await;
    assert_eq!((file.status, file.body), (StatusCode::OK, weights.clone()));
    assert_eq!(gate.get("/ada/m/resolve/main/sub/empty", &bob).await.body, b"");
    assert_eq!(gate.get("/api/models/ada/m", &bob).await.json()["sha"], sha.as_str());
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_commit_changes_what_it_names_and_the_rest_stays() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    let bob = gate.person("bob", &["user"]).await;
    let weights = clean("1").remove(1).1;
    create(&gate, &ada, "ada/m").await;
    send(&gate, &ada, "ada/m", &weights).await;
    let acts =
        [inline("config.json", b"{}\n"), large("model.safetensors", &weights), inline("sub/empty", b"")];
    let done = commit(&gate, &ada, "ada/m", "main", "", &acts).await;
    let sha = done.json()["commitOid"].as_str().unwrap().to_owned();
    work_off(&gate.gate).await.unwrap();

    // Deleted, copied, replaced. What is in it is not sent again.
    let acts = [
        json!({ "key": "deletedFolder", "value": { "path": "sub/" } }),
        json!({ "key": "copyFile", "value": { "path": "copy.safetensors", "srcPath": "model.safetensors" } }),
        inline("config.json", b"{\"a\": 1}\n"),
        large("again.safetensors", &weights),
    ];
    let next = commit(&gate, &ada, "ada/m", "main", &sha, &acts).await;
    assert_eq!(next.status, StatusCode::OK, "{}", said(&next));
    work_off(&gate.gate).await.unwrap();
    let tree = gate.get(&at("ada/m", "tree/main?recursive=true"), &bob).await.json();
    let paths: Vec<&str> =
        tree.as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["again.safetensors", "config.json", "copy.safetensors", "model.safetensors"]);
    assert_eq!(gate.get("/ada/m/resolve/main/copy.safetensors", &bob).await.body, weights);
    // Sent again, because the answer was lost: nothing changes.
    let same = commit(&gate, &ada, "ada/m", "main", "", &[inline("config.json", b"{\"a\": 1}\n")]).await;
    assert_eq!(same.json()["commitOid"], next.json()["commitOid"]);
    gate.assert_sound().await;
}

#[tokio::test]
async fn large_contents_come_in_parts() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let content = Bytes::from(vec![7_u8; (64 << 20) + 5]);
    let told = batch(&gate, &ada, "ada/m", &[&content]).await.json();
    let upload = told["objects"][0]["actions"]["upload"].clone();
    assert_eq!(
        (&told["transfer"], &upload["header"]["chunk_size"]),
        (&json!("multipart"), &json!((64 << 20).to_string()))
    );
    let complete = path(&upload["href"]);
    let finish = async || {
        let body = json!({ "oid": told["objects"][0]["oid"], "parts": [] });
        gate.post(&complete, "", body).await
    };
    let second = path(&upload["header"]["00002"]);
    assert_eq!(put(&gate, &second, &content[64 << 20..]).await.status, StatusCode::OK);
    let early = finish().await;
    assert_eq!((early.status, said(&early)), (StatusCode::BAD_REQUEST, "part 1 is not here; send it again"));
    // A part is as long as it was announced, and goes to its own address.
    assert_eq!(put(&gate, &second, &content[..6]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(put(&gate, &complete, b"").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let first = path(&upload["header"]["00001"]);
    let request = Request::put(&first).body(Body::from(content.slice(..64 << 20))).unwrap();
    assert_eq!(gate.send(request).await.status, StatusCode::OK);
    assert_eq!(finish().await.status, StatusCode::OK);
    assert_eq!(finish().await.status, StatusCode::OK, "asked again");
    let done = commit(&gate, &ada, "ada/m", "main", "", &[large("weights.bin", &content)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", said(&done));
    gate.assert_sound().await;
}

#[tokio::test]
async fn addresses_are_good_for_what_they_were_given_for() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    let admin = gate.admin.clone();
    create(&gate, &ada, "ada/m").await;
    let address = first_address(&batch(&gate, &ada, "ada/m", &[b"hello"]).await);
    for (content, why) in [
        (b"hellO".as_slice(), "announced was"),
        (b"hell", "5 bytes were announced"),
        (b"hello!", "5 bytes were announced"),
        (b"", "5 bytes were announced"),
    ] {
        let answer = put(&gate, &address, content).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(said(&answer).contains(why), "{}", said(&answer));
    }
    // A body whose length nobody announced, and that goes on.
    let endless = Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("hello")));
    let answer = gate.send(Request::put(&address).body(endless).unwrap()).await;
    assert_eq!((answer.status, said(&answer)), (StatusCode::BAD_REQUEST, "more was sent than was announced"));

    let (payload, tag) = address.split_once('.').unwrap();
    for forged in
        [format!("{payload}A.{tag}"), format!("{payload}.A{tag}"), "/lfs/x".to_owned(), "/lfs/.".to_owned()]
    {
        let answer = put(&gate, &forged, b"hello").await;
        assert_eq!(
            (answer.status, said(&answer)),
            (StatusCode::FORBIDDEN, "this is no address that the gate gave for an upload")
        );
    }
    assert_eq!(put(&gate, &format!("{address}/complete"), b"").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let wrong = gate.post(&format!("{address}/complete"), "", json!({})).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    // Another gate's key signs nothing here.
    let other = research().await;
    let other_ada = other.person("ada", &["user"]).await;
    create(&other, &other_ada, "ada/m").await;
    let foreign = first_address(&batch(&other, &other_ada, "ada/m", &[b"hello"]).await);
    assert_eq!(put(&gate, &foreign, b"hello").await.status, StatusCode::FORBIDDEN);
    // Another server on the same data is the same gate.
    assert_eq!(put(&gate.beside().await, &address, b"hello").await.status, StatusCode::OK);

    gate.pass(2 * 3600);
    let old = put(&gate, &address, b"hello").await;
    assert!(old.status == StatusCode::FORBIDDEN && said(&old).contains("too old"), "{}", said(&old));
    let address = first_address(&batch(&gate, &ada, "ada/m", &[b"other"]).await);
    assert_eq!(gate.ask("DELETE", "/api/v1/people/ada", &admin, None).await.status, StatusCode::NO_CONTENT);
    let shut_out = put(&gate, &address, b"other").await;
    assert!(shut_out.status == StatusCode::FORBIDDEN && said(&shut_out).contains("may not upload any more"));
    gate.assert_sound().await;
}

#[tokio::test]
async fn nobody_gets_content_by_its_digest_alone() {
    let gate = research().await;
    let (ada, bob) = (gate.person("ada", &["user"]).await, gate.person("bob", &["user"]).await);
    create(&gate, &ada, "ada/m").await;
    create(&gate, &bob, "bob/m").await;
    send(&gate, &ada, "ada/m", b"\0secret").await;
    let stolen = async || commit(&gate, &bob, "bob/m", "main", "", &[large("x.bin", b"\0secret")]).await;
    // Sent by somebody else; then in quarantine; then served, so that everybody has it anyway.
    let answer = stolen().await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(said(&answer).contains("was not uploaded"), "{}", said(&answer));
    assert!(batch(&gate, &bob, "bob/m", &[b"\0secret"]).await.json()["objects"][0].get("actions").is_some());
    let own = commit(
        &gate,
        &ada,
        "ada/m",
        "main",
        "",
        &[large("x.bin", b"\0secret"), inline("config.json", b"{}")],
    )
    .await;
    assert_eq!(own.status, StatusCode::OK, "{}", said(&own));
    assert_eq!(stolen().await.status, StatusCode::BAD_REQUEST);
    // With another size than it has.
    let lying = json!({ "key": "lfsFile", "value": { "path": "y", "algo": "sha256", "oid": Digest::of(b"\0secret").hex(), "size": 1 } });
    assert_eq!(commit(&gate, &ada, "ada/m", "main", "", &[lying]).await.status, StatusCode::BAD_REQUEST);
    gate.assert_sound().await;
}

#[tokio::test]
async fn of_two_commits_on_the_same_parent_one_is_taken() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let first = commit(&gate, &ada, "ada/m", "main", "", &[inline("a", b"a\n")]).await.json();
    let parent = first["commitOid"].as_str().unwrap().to_owned();
    let second = gate.beside().await;
    let (one, other) = ([inline("b", b"b\n")], [inline("c", b"c\n")]);
    let (one, other) = tokio::join!(
        commit(&gate, &ada, "ada/m", "main", &parent, &one),
        commit(&second, &ada, "ada/m", "main", &parent, &other),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::PRECONDITION_FAILED]);
    // Without a parent, each adds to what is there.
    let (one, other) = ([inline("d", b"d\n")], [inline("e", b"e\n")]);
    let (one, other) = tokio::join!(
        commit(&gate, &ada, "ada/m", "main", "", &one),
        commit(&second, &ada, "ada/m", "main", "", &other),
    );
    assert_eq!((one.status, other.status), (StatusCode::OK, StatusCode::OK));
    let draft = gate.get(&at("ada/m", "tree/main"), &ada).await.json();
    assert_eq!(draft.as_array().unwrap().len(), 4, "{draft}");
    gate.assert_sound().await;

    // Once all is inspected, who sees what is served may begin there.
    work_off(&gate.gate).await.unwrap();
    let served = gate.get("/api/models/ada/m", &ada).await.json()["sha"].as_str().unwrap().to_owned();
    assert_eq!(
        commit(&gate, &ada, "ada/m", "main", "", &[inline("bad.pkl", HOSTILE)]).await.status,
        StatusCode::OK
    );
    let early = commit(&gate, &ada, "ada/m", "main", &served, &[inline("f", b"f\n")]).await;
    assert_eq!(early.status, StatusCode::PRECONDITION_FAILED);
    work_off(&gate.gate).await.unwrap();
    let late = commit(&gate, &ada, "ada/m", "main", &served, &[inline("f", b"f\n")]).await;
    assert_eq!(late.status, StatusCode::OK, "{}", said(&late));
    work_off(&gate.gate).await.unwrap();
    let now = gate.get("/api/models/ada/m", &ada).await.json();
    assert_eq!(now["sha"], late.json()["commitOid"]);
    assert!(!now["siblings"].to_string().contains("bad.pkl"));
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_came_later_serves_in_whatever_order_it_was_inspected() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let older = commit(&gate, &ada, "ada/m", "main", "", &[inline("a", b"a\n")]).await.json();
    gate.pass(1);
    let newer = commit(&gate, &ada, "ada/m", "main", "", &[inline("b", b"b\n")]).await.json();
    let database = gate.database().await;
    let later = sqlx::query(
        "UPDATE jobs SET due = due + 100
         WHERE kind = 'inspect' AND subject = (SELECT id FROM revisions WHERE commit_id = $1)",
    );
    let moved = database.execute(later.bind(older["commitOid"].as_str().unwrap())).await.unwrap();
    assert_eq!(moved.rows_affected(), 1);
    database.close().await;
    work_off(&gate.gate).await.unwrap();
    assert_eq!(gate.get("/api/models/ada/m", &ada).await.json()["sha"], newer["commitOid"]);
    gate.pass(200);
    assert!(work_off(&gate.gate).await.unwrap() >= 1);
    gate.review().await;
    assert_eq!(gate.get("/api/models/ada/m", &ada).await.json()["sha"], newer["commitOid"]);
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_certain_from_the_first_bytes_is_refused_before_the_rest_is_sent() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let ask = async |path: &str, size: usize, sample: &[u8]| {
        let body = json!({ "files": [
            { "path": "fine.txt", "size": 3, "sample": STANDARD.encode("ok\n") },
            { "path": path, "size": size, "sample": STANDARD.encode(sample) },
        ] });
        gate.post(&at("ada/m", "preupload/main"), &ada, body).await
    };
    for (size, sample) in [(HOSTILE.len(), HOSTILE), (1 << 30, HOSTILE), (1 << 30, &HOSTILE[..20])] {
        let answer = ask("model.pkl", size, sample).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{size}");
        let why = said(&answer);
        assert!(
            why.contains("`model.pkl`") && why.contains("WH-PKL-001") && !why.contains("fine.txt"),
            "{why}"
        );
        assert!(answer.header("x-hf-warning").contains("WH-PKL-001"));
    }
    // Nothing is certain of what only began.
    let (_, weights) = clean("1").remove(1);
    for (path, size, sample) in [
        ("model.safetensors", 1 << 30, &weights[..20]),
        ("model.bin", 1 << 30, b"PK\x03\x04"),
        ("a.json", 1000, b"{\"a\": "),
        ("a.gguf", 1 << 30, b"GGUF\x03\0\0\0"),
        ("a.py", 1000, b"import os\n"),
        ("a.pkl", 1000, b"\x80\x04\x95"),
        ("empty", 0, b""),
    ] {
        let answer = ask(path, size, sample).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", said(&answer));
    }
    for (path, size) in [
        ("../x", 1),
        ("/x", 1),
        ("a//b", 1),
        ("a/./b", 1),
        ("", 1),
        (".git/config", 1),
        ("a/.GIT/hooks", 1),
        ("a\\b", 1),
        ("c:x", 1),
        ("a\nb", 1),
        ("a\0", 1),
        ("x/", 1),
        ("huge", 1 << 50),
    ] {
        let answer = ask(path, size, b"x").await;
        let huge = size > 1;
        let status = if huge { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.header("x-hf-warning").is_empty(), "{path}");
        if !huge {
            let act = inline(path, b"x");
            assert_eq!(
                commit(&gate, &ada, "ada/m", "main", "", &[act]).await.status,
                StatusCode::BAD_REQUEST,
                "{path:?}"
            );
        }
    }
    // Past the first look, it is inspected like everything else.
    let done = commit(&gate, &ada, "ada/m", "main", "", &[inline("model.pkl", HOSTILE)]).await;
    assert_eq!(done.status, StatusCode::OK);
    work_off(&gate.gate).await.unwrap();
    let file = gate.get("/ada/m/resolve/main/model.pkl", &ada).await;
    assert!(file.status == StatusCode::FORBIDDEN && said(&file).contains("was rejected"), "{}", said(&file));
    gate.assert_sound().await;
}

#[tokio::test]
async fn newer_clients_send_within_the_commit_what_they_would_send_by_xet() {
    let gate = TestGate::with(|settings| {
        "research".clone_into(&mut settings.stage);
        settings.uploads.largest_inline = 1 << 20;
    })
    .await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let ask = async |agent: &str| {
        let body = json!({ "files": [
            { "path": "small.bin", "size": 600_000, "sample": STANDARD.encode([0; 512]) },
            { "path": "big.bin", "size": 2 << 20, "sample": STANDARD.encode([0; 512]) },
        ] });
        let request = Request::post(at("ada/m", "preupload/main"))
            .header("authorization", format!("Bearer {ada}"))
            .header("user-agent", agent);
        gate.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    for (agent, modes, warns) in [
        ("unknown/None; hf_hub/0.36.2; python/3.11", ["lfs", "lfs"], false),
        ("unknown/None; hf_hub/2.4.0; python/3.11", ["regular", "lfs"], true),
        ("datasets/5.2.0; hf_hub/2.4.0; python/3.11", ["lfs", "lfs"], true),
        ("", ["lfs", "lfs"], false),
    ] {
        let answer = ask(agent).await;
        let files = answer.json()["files"].clone();
        assert_eq!([&files[0]["uploadMode"], &files[1]["uploadMode"]], modes, "{agent}");
        assert_eq!(answer.header("x-hf-warning").contains("HF_HUB_DISABLE_XET=1"), warns, "{agent}");
    }
    for token in ["xet-write-token", "xet-read-token"] {
        let xet = gate.get(&at("ada/m", &format!("{token}/main")), &ada).await;
        assert!(xet.status == StatusCode::FORBIDDEN && said(&xet).contains("HF_HUB_DISABLE_XET=1"));
    }
    let content: Vec<u8> = (0..600_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let done = commit(&gate, &ada, "ada/m", "main", "", &[inline("small.bin", &content)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", said(&done));
    // Known by the id that the client computes for it, so that it is not sent again.
    let known = ask("hf_hub/2.4.0").await.json()["files"][0]["oid"].clone();
    let git = <sha1::Sha1 as sha1::Digest>::digest([b"blob 600000\0", content.as_slice()].concat());
    assert_eq!(known.as_str().unwrap(), weighhouse_core::digest::hex(&git));
    assert_eq!(ask("hf_hub/0.36").await.json()["files"][0]["oid"], Digest::of(&content).hex());
    let too_large = commit(&gate, &ada, "ada/m", "main", "", &[inline("big.bin", &vec![0; 2 << 20])]).await;
    assert_eq!(too_large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(said(&too_large).contains("too large to be sent within a commit"), "{}", said(&too_large));
    work_off(&gate.gate).await.unwrap();
    gate.assert_sound().await;
}

#[tokio::test]
async fn commits_that_cannot_be_meant_change_nothing() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let header = json!({ "key": "header", "value": { "summary": "t" } }).to_string();
    let with = |line: &str| format!("{header}\n{line}");
    for text in [
        String::new(),
        "{".to_owned(),
        "nonsense".to_owned(),
        inline("a", b"a").to_string(),
        with("[1]"),
        with("{\"key\": \"file\"}"),
        with("{\"key\": \"rm -rf\", \"value\": {}}"),
        with(
            "{\"key\": \"file\", \"value\": {\"path\": \"a\", \"content\": \"%%%\", \"encoding\": \"base64\"}}",
        ),
        with(
            "{\"key\": \"file\", \"value\": {\"path\": \"a\", \"content\": \"YQ==\", \"encoding\": \"rot13\"}}",
        ),
        with(&format!(
            "{{\"key\": \"file\", \"value\": {{\"path\": \"a\", \"content\": \"{}!\", \"encoding\": \"base64\"}}}}",
            "A".repeat(100_000)
        )),
        with(&format!(
            "{{\"key\": \"file\", \"value\": {{\"path\": \"{}\", \"content\": \"\"}}}}",
            "A".repeat(100_000)
        )),
        with(&format!("{{\"key\": \"deletedFile\", \"value\": {{\"path\": \"{}\"}}}}", "A".repeat(100_000))),
        with("{\"key\": \"lfsFile\", \"value\": {\"path\": \"a\", \"oid\": \"12\"}}"),
        with("{\"key\": \"lfsFile\", \"value\": {\"path\": \"a\", \"oid\": \"\", \"algo\": \"md5\"}}"),
        with("{\"key\": \"deletedFile\", \"value\": {\"path\": \"absent\"}}"),
        with("{\"key\": \"deletedFolder\", \"value\": {\"path\": \"absent\"}}"),
        with("{\"key\": \"copyFile\", \"value\": {\"path\": \"a\", \"srcPath\": \"absent\"}}"),
        with(&[inline("a", b"x"), inline("a/b", b"x")].map(|act| act.to_string()).join("\n")),
        with(&"[".repeat(2 << 20)),
        header.clone() + "\n{\"key\": \"header\", \"value\": {\"summary\": 7}}",
    ] {
        let short: String = text.chars().take(200).collect();
        let answer = raw_commit(&gate, &ada, "ada/m", "main", text).await;
        assert!(answer.status.is_client_error(), "{short}: {}", answer.status);
        assert!(!said(&answer).is_empty(), "{short}");
    }
    // Nothing at all is what is there already.
    let nothing = raw_commit(&gate, &ada, "ada/m", "main", header.clone()).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    for branch in ["dev", "refs%2Fpr%2F7", "refs%2Fheads%2Fmain"] {
        let answer = commit(&gate, &ada, "ada/m", branch, "", &[inline("a", b"a")]).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{branch}: {}", answer.status);
    }
    let unknown = "0".repeat(40);
    let answer = commit(&gate, &ada, "ada/m", "main", &unknown, &[inline("a", b"a")]).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    let known = gate.get("/api/v1/models/ada/m", &ada).await.json();
    assert_eq!((&known["revisions"], &known["releases"]), (&json!([]), &json!([])));
    gate.assert_sound().await;
}

#[tokio::test]
async fn only_who_may_uploads_and_nobody_learns_what_they_may_not_know() {
    let gate = research().await;
    let (ada, bob) = (gate.person("ada", &["user"]).await, gate.person("bob", &["user"]).await);
    let guest = gate.person("guest", &[]).await;
    let publisher = gate.person("robot", &["publisher"]).await;
    create(&gate, &ada, "ada/m").await;
    gate.import("admin", "org/imported", "research", &[("config.json", b"{}\n")]).await;
    let every = |name: &str| -> Vec<(&'static str, String, Value)> {
        let objects =
            json!({ "operation": "upload", "objects": [{ "oid": Digest::of(b"x").hex(), "size": 1 }] });
        vec![
            ("POST", "/api/repos/create".to_owned(), create_body(name)),
            ("DELETE", "/api/repos/delete".to_owned(), create_body(name)),
            ("POST", at(name, "preupload/main"), json!({ "files": [] })),
            ("POST", format!("/{name}.git/info/lfs/objects/batch"), objects),
            (
                "POST",
                format!("/{name}.git/info/lfs/verify"),
                json!({ "oid": Digest::of(b"x").hex(), "size": 1 }),
            ),
            ("POST", at(name, "commit/main"), json!({ "key": "header", "value": { "summary": "t" } })),
            ("POST", at(name, "branch/production"), json!({})),
            ("DELETE", at(name, "branch/production"), json!({})),
            ("POST", at(name, "tag/main"), json!({ "tag": "v1" })),
            ("PUT", at(name, "settings"), json!({ "private": true })),
            ("POST", at(name, "discussions"), json!({ "title": "t", "pullRequest": true })),
            ("GET", at(name, "xet-write-token/main"), json!(null)),
            ("GET", at(name, "auth-check/write"), json!(null)),
        ]
    };
    for name in ["ada/m", "org/none", "org/imported"] {
        for (method, path, body) in every(name) {
            for (token, expected) in
                [("", 401), ("wh_wrong", 401), (guest.as_str(), 404), (bob.as_str(), 403)]
            {
                let answer = gate.ask(method, &path, token, Some(body.clone())).await;
                assert_eq!(answer.status.as_u16(), expected, "{method} {path} {name}: {}", said(&answer));
            }
        }
    }
    let moved = gate
        .post("/api/repos/move", &ada, json!({ "fromRepo": "ada/m", "toRepo": "ada/n", "type": "model" }))
        .await;
    assert_eq!(moved.status, StatusCode::FORBIDDEN);
    for kind in ["space", "kernel", "../x"] {
        let body = json!({ "name": "x", "type": kind });
        assert_eq!(
            gate.post("/api/repos/create", &ada, body).await.status,
            StatusCode::BAD_REQUEST,
            "{kind}"
        );
    }
    // A name without a namespace is one's own.
    let own = gate.post("/api/repos/create", &ada, json!({ "name": "plain", "organization": null })).await;
    assert_eq!(own.json()["id"], "ada/plain");
    // Publishers upload everywhere, also to what was imported: it begins with that.
    assert_eq!(create(&gate, &publisher, "org/imported").await.status, StatusCode::OK);
    let added = commit(&gate, &publisher, "org/imported", "main", "", &[inline("more.txt", b"more\n")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", said(&added));
    work_off(&gate.gate).await.unwrap();
    let now = gate.get("/api/models/org/imported", &bob).await.json();
    assert_eq!(now["siblings"].as_array().unwrap().len(), 2, "{now}");
    gate.assert_sound().await;
}

#[tokio::test]
async fn names_of_this_house_and_names_of_others_are_never_mixed() {
    let gate = TestGate::with(|settings| {
        "research".clone_into(&mut settings.stage);
        settings.upstream = Some(weighhouse_server::Upstream::at("http://127.0.0.1:9"));
    })
    .await;
    let robot = gate.person("robot", &["publisher"]).await;
    let ask = async |name: &str, revision: &str, stage: &str| {
        let body = json!({ "model": name, "revision": revision, "stage": stage });
        gate.post("/api/v1/requests", &robot, body).await
    };
    // Asked for from elsewhere first: nobody uploads to it.
    assert_eq!(ask("org/theirs", "main", "research").await.status, StatusCode::ACCEPTED);
    let answer = create(&gate, &robot, "org/theirs").await;
    assert!(
        answer.status == StatusCode::FORBIDDEN && said(&answer).contains("fetched from elsewhere"),
        "{}",
        said(&answer)
    );
    let answer = commit(&gate, &robot, "org/theirs", "main", "", &[inline("a", b"a\n")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // Uploaded first: it is never fetched, whoever asks, whatever for.
    create(&gate, &robot, "org/ours").await;
    assert_eq!(ask("org/ours", "main", "research").await.status, StatusCode::NOT_FOUND);
    let made = commit(&gate, &robot, "org/ours", "main", "", &[inline("config.json", b"{}\n")]).await.json();
    let before = ask("org/ours", "main", "internal").await;
    assert_eq!((before.status, &before.json()["commit"]), (StatusCode::ACCEPTED, &made["commitOid"]));
    assert_eq!(ask("org/ours", "v9", "internal").await.status, StatusCode::NOT_FOUND);
    let database = gate.database().await;
    let fetches: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE kind = 'fetch'")
        .fetch_one(&database)
        .await
        .unwrap();
    database.close().await;
    assert_eq!(fetches, 1, "of `org/theirs`");
    work_off(&gate.gate).await.unwrap();
    let commit = made["commitOid"].as_str().unwrap();
    for stage in ["research", "internal"] {
        assert_eq!(gate.release("org/ours", stage, commit).await["state"], "released");
    }
    assert_eq!(ask("org/ours", commit, "production").await.status, StatusCode::ACCEPTED);
    assert_eq!(gate.release("org/ours", "production", commit).await["state"], "reviewable");
    gate.assert_sound().await;
}

#[tokio::test]
async fn who_made_it_does_not_approve_it_and_neither_does_who_it_was_made_from() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let roles = &["publisher", "approver"];
    let (bob, eve) = (gate.person("bob", roles).await, gate.person("eve", roles).await);
    let (ian, uma) = (gate.person("ian", &["approver"]).await, gate.person("uma", &["approver"]).await);
    create(&gate, &bob, "org/m").await;
    commit(&gate, &bob, "org/m", "main", "", &[inline("config.json", b"{}\n")]).await;
    let made = commit(&gate, &eve, "org/m", "main", "", &[inline("README.md", b"# M\n")]).await.json();
    work_off(&gate.gate).await.unwrap();
    // Asked for by somebody else, too.
    let body = json!({ "model": "org/m", "revision": "main", "stage": "production" });
    gate.post("/api/v1/requests", &gate.admin, body).await;
    let commit = made["commitOid"].as_str().unwrap();
    let id = gate.release("org/m", "production", commit).await["id"].as_str().unwrap().to_owned();
    let approve =
        async |token: &str| gate.post(&format!("/api/v1/releases/{id}/approve"), token, json!({})).await;
    for author in [&bob, &eve] {
        let answer = approve(author).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.json());
    }
    assert_eq!(approve(&ian).await.json()["state"], "reviewable");
    assert_eq!(approve(&uma).await.json()["state"], "approved");
    gate.assert_sound().await;
}

#[tokio::test]
async fn pull_requests_wait_until_somebody_asks_for_them() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    commit(&gate, &ada, "ada/m", "main", "", &[inline("config.json", b"{}\n")]).await;
    work_off(&gate.gate).await.unwrap();
    let before = gate.get("/api/models/ada/m", &ada).await.json();
    let pull = commit(&gate, &ada, "ada/m", "main?create_pr=1", "", &[inline("a.txt", b"a\n")]).await.json();
    assert_eq!(pull["pullRequestUrl"], "http://gate.test/ada/m/discussions/1");
    let opened =
        gate.post(&at("ada/m", "discussions"), &ada, json!({ "title": "two", "pullRequest": true })).await;
    assert_eq!(opened.json()["num"], 2);
    let more = commit(&gate, &ada, "ada/m", "refs%2Fpr%2F1", "", &[inline("b.txt", b"b\n")]).await.json();
    work_off(&gate.gate).await.unwrap();
    assert_eq!(gate.get("/api/models/ada/m", &ada).await.json()["sha"], before["sha"]);
    let shown = gate.get(&at("ada/m", "revision/refs%2Fpr%2F1"), &ada).await.json();
    assert_eq!((&shown["sha"], shown["siblings"].as_array().unwrap().len()), (&more["commitOid"], 3));
    let file = gate.get("/ada/m/resolve/refs%2Fpr%2F1/a.txt", &ada).await;
    assert!(file.status.is_client_error(), "{}", file.status);
    let asked = json!({ "model": "ada/m", "revision": "refs/pr/1", "stage": "research" });
    assert_eq!(gate.post("/api/v1/requests", &ada, asked).await.status, StatusCode::ACCEPTED);
    assert_eq!(gate.get("/ada/m/resolve/main/b.txt", &ada).await.body, b"b\n");
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_deleted_is_withdrawn_and_what_was_served_takes_more() {
    let gate = research().await;
    let (ada, sam) =
        (gate.person("ada", &["user"]).await, gate.person("sam", &["security", "publisher"]).await);
    let delete = async |token: &str, name: &str| {
        gate.ask("DELETE", "/api/repos/delete", token, Some(create_body(name))).await
    };
    create(&gate, &ada, "ada/m").await;
    commit(&gate, &ada, "ada/m", "main", "", &[inline("config.json", b"{}\n")]).await;
    // Before it was inspected; made again, it begins with nothing.
    assert_eq!(delete(&ada, "ada/m").await.status, StatusCode::OK);
    assert_eq!(delete(&ada, "ada/m").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        gate.post(&at("ada/m", "preupload/main"), &ada, json!({ "files": [] })).await.status,
        StatusCode::NOT_FOUND
    );
    work_off(&gate.gate).await.unwrap();
    assert_eq!(create(&gate, &ada, "ada/m").await.status, StatusCode::OK);
    commit(&gate, &ada, "ada/m", "main", "", &[inline("a.txt", b"a\n")]).await;
    work_off(&gate.gate).await.unwrap();
    let tree = gate.get(&at("ada/m", "tree/main"), &ada).await.json();
    assert_eq!(tree.as_array().unwrap().len(), 1);
    let answer = delete(&ada, "ada/m").await;
    assert!(
        answer.status == StatusCode::FORBIDDEN && said(&answer).contains("was given to users"),
        "{}",
        said(&answer)
    );
    assert_eq!(delete(&sam, "ada/m").await.status, StatusCode::OK);
    // Nobody is given it, and no cache serves it.
    let answer = gate.get("/api/models/ada/m", &ada).await;
    assert_eq!((answer.status, answer.header("x-error-code")), (StatusCode::NOT_FOUND, "RevisionNotFound"));
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_revocation_is_not_hidden_from_who_uploaded_it() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let made = commit(&gate, &ada, "ada/m", "main", "", &[inline("config.json", b"{}\n")]).await.json();
    work_off(&gate.gate).await.unwrap();
    let sam = gate.person("sam", &["security"]).await;
    let body = json!({ "model": "ada/m", "commit": made["commitOid"], "reason": "advisory 7" });
    assert_eq!(gate.post("/api/v1/revoke", &sam, body).await.status, StatusCode::OK);
    for path in [
        "/api/models/ada/m",
        "/api/models/ada/m/tree/main",
        "/ada/m/resolve/main/config.json",
        "/ada/m/resolve/main/x",
    ] {
        let answer = gate.get(path, &ada).await;
        assert_eq!(
            (answer.status, answer.header("x-error-code")),
            (StatusCode::NOT_FOUND, "RevisionNotFound"),
            "{path}"
        );
    }
    // What comes after it is looked at for itself.
    let next = commit(&gate, &ada, "ada/m", "main", "", &[inline("config.json", b"{\"b\": 1}\n")]).await;
    assert_eq!(next.status, StatusCode::OK, "{}", said(&next));
    work_off(&gate.gate).await.unwrap();
    assert_eq!(gate.get("/api/models/ada/m", &ada).await.json()["sha"], next.json()["commitOid"]);
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_larger_than_the_gate_takes_is_refused_with_the_bound() {
    let gate = TestGate::with(|settings| {
        "research".clone_into(&mut settings.stage);
        settings.uploads.largest_file = 3000;
        settings.uploads.largest_inline = 1000;
        settings.uploads.largest_commit = 4 << 10;
        settings.uploads.most_files = 6;
    })
    .await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    let refused = |answer: &Answer, reason: &str| {
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{reason}: {}", said(answer));
        assert!(said(answer).contains(reason), "{reason}: {}", said(answer));
        assert!(answer.header("x-hf-warning").contains(reason), "newer clients print it, too");
    };
    // Before anything is sent, in both ways that clients ask.
    let body = json!({ "files": [{ "path": "a/big.bin", "size": 3001, "sample": "AAAA" }] });
    let asked = gate.post(&at("ada/m", "preupload/main"), &ada, body).await;
    refused(&asked, "`a/big.bin`: a file has at most 3000 bytes here");
    let told = batch(&gate, &ada, "ada/m", &[&[0; 3000], &[1; 3001]]).await.json();
    assert!(told["objects"][0]["error"].is_null(), "{told}");
    let error = &told["objects"][1]["error"];
    assert_eq!(error["code"], 413);
    assert!(error["message"].as_str().unwrap().contains("at most 3000 bytes"), "{told}");
    // Within a commit, short texts and long ones.
    let commit = async |acts: &[Value]| commit(&gate, &ada, "ada/m", "main", "", acts).await;
    refused(&commit(&[inline("a", &[b'a'; 1001])]).await, "`a` is larger than 1000 bytes");
    refused(&commit(&[inline("a", &[b'a'; 3001])]).await, "`a`: a file has at most 3000 bytes");
    refused(&commit(&[inline("a", &vec![b'a'; 80_000])]).await, "`a`: a file has at most 3000 bytes");
    // One is small, and all are not: five within the commit, or some that were sent before and say no size.
    let five: Vec<Value> = (0..5).map(|n| inline(&format!("{n}.txt"), &[b'a' + n; 1000])).collect();
    refused(&commit(&five).await, "a commit brings at most 4 KiB here");
    let (one, other) = ([1; 3000], [2; 3000]);
    send(&gate, &ada, "ada/m", &one).await;
    send(&gate, &ada, "ada/m", &other).await;
    let named = |path: &str, content: &[u8]| {
        let oid = Digest::of(content).hex();
        json!({ "key": "lfsFile", "value": { "path": path, "algo": "sha256", "oid": oid } })
    };
    let both = [named("one.bin", &one), named("other.bin", &other)];
    refused(&commit(&both).await, "a commit brings at most 4 KiB here");
    let seven: Vec<Value> = (0..7).map(|number| inline(&format!("{number}.txt"), b"x")).collect();
    refused(&commit(&seven).await, "a commit has at most 6 files here");
    // As much as is taken is taken.
    for acts in [&five[..4], &both[..1], &both[1..], &seven[..6]] {
        let done = commit(acts).await;
        assert_eq!(done.status, StatusCode::OK, "{}", said(&done));
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_people_send_is_bounded_and_swept() {
    let gate = TestGate::with(|settings| {
        "research".clone_into(&mut settings.stage);
        settings.uploads.per_person = 1000;
        settings.uploads.patience = Duration::from_millis(200);
        settings.max_files = 3;
    })
    .await;
    let (ada, bob) = (gate.person("ada", &["user"]).await, gate.person("bob", &["user"]).await);
    create(&gate, &ada, "ada/m").await;
    create(&gate, &bob, "bob/m").await;
    let (one, other) = ([1_u8; 600], [2_u8; 600]);
    send(&gate, &ada, "ada/m", &one).await;
    let told = batch(&gate, &ada, "ada/m", &[&other]).await.json();
    assert_eq!(told["objects"][0]["error"]["code"], 413, "{told}");
    // Announced before the rest came, sent after it.
    send(&gate, &bob, "bob/m", &one[..300]).await;
    let address = first_address(&batch(&gate, &bob, "bob/m", &[&other]).await);
    send(&gate, &bob, "bob/m", &one[..500]).await;
    assert_eq!(put(&gate, &address, &other).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let bulky = commit(&gate, &bob, "bob/m", "main", "", &[inline("a", &[b'a'; 400])]).await;
    assert_eq!(bulky.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", said(&bulky));

    // One that stops half-way does not hold anything for long.
    let address = first_address(&batch(&gate, &ada, "ada/m", &[&other[..300]]).await);
    let begun = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(&[2; 100])) });
    let stuck = Body::from_stream(futures_util::StreamExt::chain(begun, futures_util::stream::pending()));
    let slow = gate.send(Request::put(&address).body(stuck).unwrap()).await;
    assert_eq!(slow.status, StatusCode::REQUEST_TIMEOUT);
    let broken =
        futures_util::stream::iter([Ok(Bytes::from_static(&[2; 100])), Err(std::io::Error::other("gone"))]);
    let answer = gate.send(Request::put(&address).body(Body::from_stream(broken)).unwrap()).await;
    assert_eq!((answer.status, said(&answer)), (StatusCode::BAD_REQUEST, "what was sent broke off"));
    assert_eq!(put(&gate, &address, &other[..300]).await.status, StatusCode::OK, "again, and whole");

    let many: Vec<Value> = (0..4).map(|number| inline(&number.to_string(), b"x")).collect();
    let answer = commit(&gate, &ada, "ada/m", "main", "", &many).await;
    assert!(
        answer.status == StatusCode::PAYLOAD_TOO_LARGE || said(&answer).contains("at most 3 files"),
        "{}",
        said(&answer)
    );

    let lying = || {
        let uploads = gate.data().join("blobs/uploads");
        std::fs::read_dir(uploads)
            .unwrap()
            .map(|person| std::fs::read_dir(person.unwrap().path()).unwrap().count())
            .sum::<usize>()
    };
    assert_eq!(lying(), 4);
    gate.pass(86_401);
    gate.review().await;
    assert_eq!(lying(), 0);
    assert!(batch(&gate, &ada, "ada/m", &[&other]).await.json()["objects"][0].get("error").is_none());
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_was_committed_does_not_stay_in_staging() {
    let gate = research().await;
    let ada = gate.person("ada", &["user"]).await;
    create(&gate, &ada, "ada/m").await;
    send(&gate, &ada, "ada/m", b"\0weights").await;
    let done = commit(&gate, &ada, "ada/m", "main", "", &[large("a.bin", b"\0weights")]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", said(&done));
    let person = gate.data().join("blobs/uploads").join(Digest::of(b"ada").hex());
    assert_eq!(std::fs::read_dir(person).unwrap().count(), 0);
    // In the repository, it need not be sent again.
    assert!(batch(&gate, &ada, "ada/m", &[b"\0weights"]).await.json()["objects"][0].get("actions").is_none());
    let again = commit(&gate, &ada, "ada/m", "main", "", &[large("b.bin", b"\0weights")]).await;
    assert_eq!(again.status, StatusCode::OK, "{}", said(&again));
    gate.assert_sound().await;
}

#[tokio::test]
async fn rows_of_uploads_are_covered_by_the_audit() {
    for (statement, expected) in [
        ("UPDATE repositories SET owner = 'eve'", "`repository/"),
        ("UPDATE branches SET head = NULL", "`branch/"),
        ("DELETE FROM branches", "is in the log, but not in the database"),
        ("UPDATE commits SET authors = '[]'", "`commit/"),
        ("UPDATE commits SET seq = seq + 1", "`commit/"),
        ("UPDATE commits SET title = 'other'", "`commit/"),
        ("INSERT INTO branches SELECT 'x', model, 'y', head FROM branches", "`branch/x` is in the database"),
    ] {
        let gate = research().await;
        let ada = gate.person("ada", &["user"]).await;
        create(&gate, &ada, "ada/m").await;
        commit(&gate, &ada, "ada/m", "main", "", &[inline("config.json", b"{}\n")]).await;
        gate.assert_sound().await;
        let database = gate.database().await;
        assert!(database.execute(statement).await.unwrap().rows_affected() > 0, "{statement}");
        database.close().await;
        let faults: Vec<String> =
            gate.gate.audit().await.unwrap().faults.iter().map(ToString::to_string).collect();
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{statement}: {faults:?}");
    }
}

#[tokio::test]
async fn people_of_a_directory_upload_under_their_address() {
    let gate = TestGate::new().await;
    let grace = gate.person("grace@acme.test", &["user"]).await;
    let made = gate.post("/api/repos/create", &grace, json!({ "name": "mine", "type": "model" })).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    assert!(made.json()["url"].as_str().unwrap().ends_with("/grace_at_acme.test/mine"), "{}", made.json());
    // That of nobody else.
    let eve = gate.person("grace", &["user"]).await;
    let refused = gate.post("/api/repos/create", &eve, create_body("grace_at_acme.test/other")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.json()["error"].as_str().unwrap().contains("(`grace/…`)"), "{}", refused.json());
    gate.person("a@at_b", &["user"]).await;
    for twin in ["grace_at_acme.test", "a_at@b", "a_at_at_b"] {
        let refused =
            gate.post("/api/v1/people", &gate.admin, json!({ "name": twin, "roles": ["user"] })).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.json());
        assert!(refused.json()["detail"].as_str().unwrap().contains("_at_"), "{}", refused.json());
    }
    gate.assert_sound().await;
}
