//! The Hub protocol over plain requests, with what real clients send. The clients themselves are asked by `tools/oracles/hub`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use weighhouse_core::Digest;

use crate::harness::{Answer, TestGate, clean, parts};

/// A gate whose people have research by default, and somebody who uses it.
async fn research() -> (TestGate, String) {
    let gate = TestGate::with(|settings| "research".clone_into(&mut settings.stage)).await;
    let ada = gate.person("ada", &["user"]).await;
    (gate, ada)
}

/// The strings at a key of each entry of a list.
fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap()).collect()
}

/// Where a list goes on, as a path of the gate.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let address = link.strip_prefix("<http://gate.test")?.strip_suffix(">; rel=\"next\"")?;
    Some(address.to_owned())
}

/// All entries of a list, page by page, and how many pages that took.
async fn pages(gate: &TestGate, token: &str, path: &str) -> (Vec<Value>, usize) {
    let (mut entries, mut path, mut count) = (Vec::new(), Some(path.to_owned()), 0);
    while let Some(here) = path {
        let answer = gate.get(&here, token).await;
        assert_eq!(answer.status, StatusCode::OK, "{here}: {}", answer.json());
        path = next(&answer);
        entries.extend(answer.json().as_array().unwrap().iter().cloned());
        count += 1;
        assert!(count < 50, "{here}");
    }
    (entries, count)
}

#[tokio::test]
async fn folders_are_listed_flat_or_whole_in_pages() {
    let (gate, ada) = research().await;
    let files: Vec<(String, Vec<u8>)> =
        (0..7).map(|number| (format!("a b/{number}/x#%.txt"), vec![b'x'; number])).collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    gate.import("ada", "org/m", "research", &files).await;
    let tree = "/api/models/ORG/M/tree/main";
    for (path, expected, page_count) in [
        (format!("{tree}?recursive=False"), 1, 1),
        (format!("{tree}/a%20b?recursive=false&new=1"), 7, 1),
        (format!("{tree}/a%20b?recursive=true&limit=3"), 14, 5),
        (format!("{tree}?recursive=True&expand=true&limit=15"), 15, 1),
        (format!("{tree}?recursive=1&limit=1"), 15, 15),
    ] {
        let (entries, count) = pages(&gate, &ada, &path).await;
        assert_eq!((entries.len(), count), (expected, page_count), "{path}");
        let mut paths: Vec<&str> = entries.iter().map(|entry| entry["path"].as_str().unwrap()).collect();
        paths.dedup();
        assert_eq!(paths.len(), expected, "{path}");
        assert!(!entries.iter().any(|entry| entry.to_string().contains("xet")));
    }
    let absent = gate.get(&format!("{tree}/a"), &ada).await;
    assert_eq!((absent.status, absent.header("x-error-code")), (StatusCode::NOT_FOUND, "EntryNotFound"));
    let odd = gate.get("/org/m/resolve/main/a%20b/3/x%23%25.txt", &ada).await;
    assert_eq!((odd.status, odd.body.as_slice()), (StatusCode::OK, b"xxx".as_slice()));
}

#[tokio::test]
async fn paths_are_told_once_each_whatever_the_form_of_the_question() {
    let (gate, ada) = research().await;
    gate.import("ada", "org/m", "research", &parts(&clean("1"))).await;
    let address = "/api/models/org/m/paths-info/main";
    let paths = json!(["config.json", "sub", "sub/", "config.json", "absent", "../etc"]);
    let answer = gate.post(address, &ada, json!({ "paths": paths, "expand": true })).await;
    assert_eq!(each(&answer.json(), "path"), ["config.json", "sub"]);
    assert_eq!(each(&answer.json(), "type"), ["file", "directory"]);
    assert!(answer.json()[0]["lastCommit"]["id"].is_string());
    let send = async |kind: &str, body: &'static [u8]| {
        let request = Request::post(address).header("authorization", format!("Bearer {ada}"));
        gate.send(request.header("content-type", kind).body(Body::from(body)).unwrap()).await
    };
    let form =
        send("application/x-www-form-urlencoded", b"paths=sub%2Fnotes.txt&paths=model.safetensors").await;
    assert_eq!(each(&form.json(), "path"), ["model.safetensors", "sub/notes.txt"]);
    assert!(form.json()[0]["lfs"]["oid"].is_string());
    assert_eq!(send("application/json", b"{").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send("application/json; charset=utf-8", b"{\"paths\": \"sub\"}").await.status, StatusCode::OK);
    assert_eq!(gate.get(address, &ada).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(gate.post(address, "", json!({ "paths": [] })).await.status, StatusCode::UNAUTHORIZED);
    let large = json!({ "paths": ["x".repeat(2 << 20)] });
    assert_eq!(gate.post(address, &ada, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn history_and_branches_are_what_was_served() {
    let (gate, ada) = research().await;
    let mut commits = Vec::new();
    for salt in ["1", "2", "3"] {
        gate.pass(60);
        commits.insert(0, gate.import("ada", "org/m", "research", &parts(&clean(salt))).await);
    }
    let (history, count) = pages(&gate, &ada, "/api/models/org/m/commits/main?limit=1").await;
    assert_eq!((each(&history.into(), "id"), count), (commits.iter().map(String::as_str).collect(), 3));
    let one = gate.get(&format!("/api/models/org/m/commits/{}", commits[0]), &ada).await;
    assert_eq!(each(&one.json(), "id"), [&commits[0]]);
    let refs = gate.get("/api/models/org/m/refs?include_prs=1", &ada).await.json();
    assert_eq!(each(&refs["branches"], "name"), ["main", "research"]);
    assert_eq!(each(&refs["branches"], "targetCommit"), [&commits[0], &commits[0]]);
    // What was withdrawn is no history, and what was never served has none.
    let sec = gate.person("sec", &["security"]).await;
    let body = json!({ "model": "org/m", "commit": commits[1], "reason": "advisory 7" });
    assert_eq!(gate.post("/api/v1/revoke", &sec, body).await.status, StatusCode::OK);
    let history = gate.get("/api/models/org/m/commits/main", &ada).await;
    assert_eq!(each(&history.json(), "id"), [&commits[0], &commits[2]]);
    gate.import("ada", "org/waits", "production", &parts(&clean("4"))).await;
    for path in ["refs", "commits/production", "auth-check"] {
        let refused = gate.get(&format!("/api/models/org/waits/{path}"), &ada).await;
        assert_eq!((refused.status, refused.header("x-error-code")), (StatusCode::FORBIDDEN, "GatedRepo"));
    }
}

#[tokio::test]
async fn search_finds_what_is_served_and_nothing_else() {
    let (gate, ada) = research().await;
    for name in ["Org/alpha", "org/Beta", "other/alpha_2", "zeta"] {
        gate.import("ada", name, "research", &parts(&clean(name))).await;
    }
    gate.import("ada", "org/waits", "production", &parts(&clean("waits"))).await;
    let found = async |query: &str| {
        let (entries, _) = pages(&gate, &ada, &format!("/api/models?{query}")).await;
        each(&entries.into(), "id").iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found("full=true&sort=downloads").await, ["Org/alpha", "org/Beta", "other/alpha_2", "zeta"]);
    assert_eq!(found("search=ALPHA&limit=1").await, ["Org/alpha", "other/alpha_2"]);
    assert_eq!(found("author=ORG").await, ["Org/alpha", "org/Beta"]);
    assert_eq!(found("search=a_2").await, ["other/alpha_2"]);
    assert_eq!(found("search=%25").await, [""; 0]);
    assert_eq!(found("search=alpha&search=other").await, ["other/alpha_2"]);
    let (_, count) = pages(&gate, &ada, "/api/models?limit=2").await;
    assert!(count >= 2);
    let entry = gate.get("/api/models?search=zeta", &ada).await.json()[0].clone();
    assert!(entry["sha"].is_string() && entry["gated"] == false && entry.get("siblings").is_none());
    // Who may see nothing finds nothing; who is nobody is not answered.
    let guest = gate.person("guest", &[]).await;
    assert_eq!(gate.get("/api/models", &guest).await.json(), json!([]));
    assert_eq!(gate.get("/api/models", "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(gate.get("/api/datasets", &ada).await.json(), json!([]));
    let bound = gate.token("ada", Some("production")).await;
    assert_eq!(gate.get("/api/models", &bound).await.json(), json!([]));
}

#[tokio::test]
async fn questions_of_little_weight_are_answered() {
    let (gate, ada) = research().await;
    gate.import("ada", "org/m", "research", &parts(&clean("1"))).await;
    assert_eq!(gate.get("/api/models/org/m/auth-check", &ada).await.status, StatusCode::OK);
    let write = gate.get("/api/models/org/m/auth-check/write", &ada).await;
    assert_eq!((write.status, write.header("x-error-code")), (StatusCode::FORBIDDEN, ""));
    let absent = gate.get("/api/models/org/none/auth-check", &ada).await;
    assert_eq!((absent.status, absent.header("x-error-code")), (StatusCode::NOT_FOUND, "RepoNotFound"));
    let checked = gate.post("/api/validate-yaml", "", json!({ "content": "a: 1" })).await;
    assert_eq!(checked.json(), json!({ "errors": [], "warnings": [] }));
    assert_eq!(gate.get("/api/models-tags-by-type", &ada).await.json(), json!({}));
    assert_eq!(gate.get("/api/agent-harnesses", &ada).await.status, StatusCode::NOT_FOUND);
    let expand = "/api/models/org/m?expand=xetEnabled&expand[]=resourceGroup&blobs=true";
    assert_eq!(gate.get(expand, &ada).await.json()["id"], "org/m");
    for (method, path) in [
        ("PUT", "/org/m/resolve/main/config.json"),
        ("POST", "/api/models/org/m"),
        ("DELETE", "/api/models/org/m"),
        ("POST", "/api/models/org/m/refs"),
    ] {
        let refused = gate.ask(method, path, &ada, None).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}

#[tokio::test]
async fn reasons_reach_users_in_every_form_that_clients_show() {
    let (gate, ada) = research().await;
    for name in ["org/one", "org/two"] {
        gate.import("ada", name, "production", &parts(&clean(name))).await;
    }
    let mut topics = Vec::new();
    for name in ["org/one", "org/two"] {
        let path = format!("/api/models/{name}/revision/production");
        let refused = gate.get(&path, &ada).await;
        let (topic, text) = refused.header("x-hf-warning").split_once("; ").unwrap();
        assert_eq!(text, refused.header("x-error-message"));
        assert_eq!(refused.json()["error"], text);
        assert!(text.contains(name) && text.contains("two people"), "{text}");
        // Clients show a topic once: each model is one of its own, and the same is said once.
        let again = gate.get(&path, &ada).await;
        assert_eq!(again.header("x-hf-warning"), refused.header("x-hf-warning"));
        topics.push(topic.to_owned());
        // Small requests tell as much as large ones.
        let head = gate.ask("HEAD", &format!("/{name}/resolve/production/config.json"), &ada, None).await;
        assert_eq!(head.header("x-error-message"), text);
    }
    assert_ne!(topics[0], topics[1]);
}

#[tokio::test]
async fn bytes_are_those_that_were_inspected_from_any_one_on() {
    let (gate, ada) = research().await;
    let files = clean("1");
    let commit = gate.import("ada", "org/m", "research", &parts(&files)).await;
    let weights = &files[1].1;
    let total = weights.len();
    let ask = async |method: &str, range: &str| {
        let request = Request::builder().method(method).uri("/org/m/resolve/main/model.safetensors");
        let request = request.header("authorization", format!("Bearer {ada}"));
        let request = request.header("accept-encoding", "gzip, deflate").header("range", range);
        gate.send(request.body(Body::empty()).unwrap()).await
    };
    for (range, part) in
        [("bytes=0-0", 0..1), ("bytes=5-", 5..total), ("bytes=-3", total - 3..total), ("bytes=2-4", 2..5)]
    {
        let answer = ask("GET", range).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(answer.body, weights[part.clone()], "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {}-{}/{total}", part.start, part.end - 1));
        assert_eq!(answer.header("content-encoding"), "");
        assert_eq!(answer.header("x-repo-commit"), commit);
        assert_eq!(answer.header("etag"), answer.header("x-linked-etag"));
        assert!(answer.headers.keys().all(|name| !name.as_str().contains("xet")));
    }
    assert_eq!(ask("GET", &format!("bytes={total}-")).await.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let head = ask("HEAD", "bytes=0-0").await;
    assert_eq!((head.header("x-linked-size"), head.body.len()), (total.to_string().as_str(), 0));
}

#[tokio::test]
async fn what_other_clients_ask_for_in_their_own_way() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let files = clean("a");
    let commit = gate.import("ada", "org/m", "internal", &parts(&files)).await;
    let (text, weights) = (&files[0].1, &files[1].1);

    // An endpoint that ends with a slash, and what clients for JavaScript call the usual revision.
    for path in ["//api/models/org/m", "/api/models/org/m/revision/HEAD"] {
        assert_eq!(gate.get(path, &ada).await.json()["sha"], commit, "{path}");
    }
    // Files as git holds them.
    let raw = async |path: &str| gate.get(&format!("/org/m/raw/main/{path}"), &ada).await;
    assert_eq!(&raw("config.json").await.body, text);
    let pointer = String::from_utf8(raw("model.safetensors").await.body).unwrap();
    let expected = format!("oid sha256:{}\nsize {}\n", Digest::of(weights).hex(), weights.len());
    assert_eq!(pointer.strip_prefix("version https://git-lfs.github.com/spec/v1\n"), Some(&*expected));
    assert_eq!(raw("none").await.header("x-error-code"), "EntryNotFound");

    // Who goes on with something else gets all of it.
    let whole = gate.get("/org/m/resolve/main/config.json", &ada).await;
    let tag = whole.header("etag").to_owned();
    for (held, status) in [(tag.as_str(), 206), ("\"0000\"", 200), ("Sun, 06 Nov 1994 08:49:37 GMT", 200)] {
        let request = Request::get("/org/m/resolve/main/config.json").header("range", "bytes=1-");
        let request = request.header("authorization", format!("Bearer {ada}")).header("if-range", held);
        let answer = gate.send(request.body(Body::empty()).unwrap()).await;
        let from = usize::from(status == 206);
        assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (status, &text[from..]), "{held}");
    }
    let strange = axum::http::HeaderValue::from_bytes(b"\"\xe9\"").unwrap();
    let request = Request::get("/org/m/resolve/main/config.json").header("range", "bytes=1-");
    let request = request.header("authorization", format!("Bearer {ada}")).header("if-range", strange);
    assert_eq!(gate.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
    assert_eq!(
        whole.header("content-disposition"),
        "attachment; filename=\"config.json\"; filename*=UTF-8''config.json"
    );

    // What a Hub has, and no gate: in words that each client shows.
    let git = gate.get("/org/m.git/info/refs?service=git-upload-pack", "").await;
    assert_eq!((git.status.as_u16(), git.header("content-type")), (403, "text/plain; charset=utf-8"));
    for path in ["/spaces/evaluate-metric/accuracy/resolve/main/accuracy.py", "/api/spaces/org/space"] {
        let answer = gate.get(path, &ada).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-error-code")), (404, "RepoNotFound"), "{path}");
        assert!(answer.header("x-error-message").contains("no Spaces"), "{path}");
    }
    let answer = gate.get("/api/models/org/m/discussions?p=0", &ada).await;
    assert!(answer.status == 404 && answer.header("x-error-message").contains("no discussions"));
    assert_eq!(answer.header("x-hf-warning"), "");
}
