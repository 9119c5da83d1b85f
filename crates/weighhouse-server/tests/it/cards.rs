//! What clients are told of models beside their files: what their cards say, what is accepted in them, why they are gone; and lists by it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::Executor as _;
use weighhouse_server::work_off;

use crate::harness::{TestGate, clean, parts};

/// Runs `print(1)` when it is loaded.
const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";

async fn research() -> (TestGate, String) {
    let gate = TestGate::with(|settings| "research".clone_into(&mut settings.stage)).await;
    let ada = gate.person("ada", &["user"]).await;
    (gate, ada)
}

/// Brings a model in whose card has this front matter.
async fn bring(gate: &TestGate, name: &str, front: &str) -> String {
    let mut files = clean(name);
    files.push(("README.md", format!("---\n{front}---\n# {name}\n").into_bytes()));
    gate.import("ada", name, "research", &parts(&files)).await
}

fn tags(entry: &Value) -> Vec<&str> {
    entry["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect()
}

/// The ids of a list, over all its pages.
async fn ids(gate: &TestGate, token: &str, query: &str) -> Vec<String> {
    let (mut all, mut path) = (Vec::new(), Some(format!("/api/models?{query}")));
    for _ in 0..50 {
        let Some(here) = path.take() else { return all };
        let answer = gate.get(&here, token).await;
        assert_eq!(answer.status, StatusCode::OK, "{here}: {}", answer.json());
        all.extend(
            answer.json().as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()),
        );
        let link = answer.header("link").strip_prefix("<http://gate.test");
        path = link.and_then(|link| link.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
    }
    panic!("{query} has no end");
}

const FRONT: &str =
    "license: apache-2.0\nlibrary_name: transformers\npipeline_tag: fill-mask\ntags: [own]\nlanguage: en\n";

#[tokio::test]
async fn descriptions_say_what_cards_say() {
    let (gate, ada) = research().await;
    let commit = bring(&gate, "org/m", FRONT).await;
    for path in ["/api/models/org/m", &format!("/api/models/org/m/revision/{commit}")] {
        let info = gate.get(path, &ada).await.json();
        assert_eq!(
            (&info["pipeline_tag"], &info["library_name"]),
            (&json!("fill-mask"), &json!("transformers"))
        );
        let expected =
            ["transformers", "safetensors", "bert", "fill-mask", "own", "en", "license:apache-2.0"];
        assert_eq!(tags(&info), expected);
        assert_eq!(info["cardData"]["license"], "apache-2.0");
        assert_eq!(info["cardData"]["tags"], json!(["own"]));
        assert_eq!(info["config"]["model_type"], "bert");
    }
    let list = gate.get("/api/models?search=org", &ada).await.json();
    assert_eq!((&list[0]["pipeline_tag"], &list[0]["cardData"]), (&json!("fill-mask"), &Value::Null));
    assert_eq!(list[0]["config"], Value::Null);
    let list = gate.get("/api/models?config=True", &ada).await.json();
    assert_eq!(list[0]["config"]["model_type"], "bert");
    let list = gate.get("/api/models?full=true", &ada).await.json();
    assert_eq!(list[0]["cardData"]["language"], "en");
    // Another commit says something else.
    bring(&gate, "org/m", "pipeline_tag: text-generation\n").await;
    assert_eq!(gate.get("/api/models/org/m", &ada).await.json()["pipeline_tag"], "text-generation");
    assert_eq!(ids(&gate, &ada, "filter=own").await, [""; 0]);
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_was_inspected_before_is_read_when_it_is_asked_for_or_once() {
    let (gate, ada) = research().await;
    bring(&gate, "org/a", FRONT).await;
    bring(&gate, "org/b", FRONT).await;
    let forget = async || {
        let database = gate.database().await;
        for table in ["tags", "cards"] {
            database.execute(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).await.unwrap();
        }
        database.close().await;
    };
    forget().await;
    let other = gate.beside().await;
    assert_eq!(ids(&other, &ada, "filter=own").await, [""; 0]);
    assert_eq!(other.get("/api/models/org/a", &ada).await.json()["pipeline_tag"], "fill-mask");
    assert_eq!(ids(&other, &ada, "filter=own").await, ["org/a"]);
    work_off(&other.gate).await.unwrap();
    assert_eq!(ids(&other, &ada, "filter=own").await, ["org/a", "org/b"]);
    // A row that nobody here wrote is no card.
    let database = gate.database().await;
    database.execute("UPDATE cards SET card = '{\"tags\": 7}'").await.unwrap();
    database.close().await;
    let third = gate.beside().await;
    assert_eq!(third.get("/api/models/org/a", &ada).await.json()["pipeline_tag"], "fill-mask");
    // Contents that are gone or damaged: the description is given all the same, without what they say.
    forget().await;
    let digest: String = {
        let database = gate.database().await;
        let query = sqlx::query_scalar("SELECT sha256 FROM files WHERE path = $1 LIMIT 1").bind("README.md");
        let digest = query.fetch_one(&database).await.unwrap();
        database.close().await;
        digest
    };
    gate.contents().write(&digest, b"---\npipeline_tag: other\n---\n").await;
    let fourth = gate.beside().await;
    let infos = [fourth.get("/api/models/org/a", &ada).await, fourth.get("/api/models/org/b", &ada).await];
    assert!(infos.iter().all(|info| info.status == StatusCode::OK));
    let told: Vec<Value> = infos.iter().map(|info| info.json()["pipeline_tag"].clone()).collect();
    assert!(told.contains(&Value::Null) && told.contains(&json!("fill-mask")), "{told:?}");
}

#[tokio::test]
async fn hostile_cards_hold_nobody_up() {
    let (gate, ada) = research().await;
    let bomb: String = (1..40)
        .map(|level| format!("a{level}: &a{level} [*a{}, *a{}]\n", level - 1, level - 1))
        .fold("a0: &a0 [x, x]\n".to_owned(), |text, line| text + &line);
    for (number, front) in [
        bomb,
        format!("x: {}\n", "y".repeat(10 << 20)),
        format!("x: {}\n", "[".repeat(100_000)),
        "pipeline_tag: [a, {b: c}]\nlibrary_name: 2026-11-22\nlicense: \"\\0\\e[31m\"\nself: 1\n".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("org/m{number}");
        bring(&gate, &name, front).await;
    }
    // Policy rejects some of them; what they say was read of all.
    let database = gate.database().await;
    let cards: Vec<String> = sqlx::query_scalar("SELECT card FROM cards").fetch_all(&database).await.unwrap();
    database.close().await;
    assert_eq!(cards.len(), 4);
    for card in cards {
        assert!(
            card.len() < 1024 && card.contains(r#""pipeline_tag":null"#) && !card.contains("self"),
            "{card}"
        );
    }
    assert_eq!(gate.get("/api/models/org/m3", &ada).await.json()["library_name"], "2026-11-22");
}

#[tokio::test]
async fn lists_are_narrowed_by_tags_and_put_in_order() {
    let (gate, ada) = research().await;
    for (number, task) in ["fill-mask", "text-generation", "fill-mask", "fill-mask"].iter().enumerate() {
        gate.pass(60);
        // Not in the order of names.
        let name = format!("org/m{}", (number + 2) % 4);
        let front =
            format!("pipeline_tag: {task}\nlibrary_name: transformers\ntags: [t{number}, text-generation]\n");
        bring(&gate, &name, &front).await;
    }
    for (query, expected) in [
        ("filter=fill-mask", vec!["org/m0", "org/m1", "org/m2"]),
        ("filter=fill-mask&limit=1", vec!["org/m0", "org/m1", "org/m2"]),
        ("filter=fill-mask&filter=t2", vec!["org/m0"]),
        ("filter=fill-mask&filter=absent", vec![]),
        ("filter=FILL-MASK", vec![]),
        ("filter=text-generation", vec!["org/m0", "org/m1", "org/m2", "org/m3"]),
        // A tag of this name is no task.
        ("pipeline_tag=text-generation", vec!["org/m3"]),
        ("pipeline_tag=fill-mask&search=m1&author=org", vec!["org/m1"]),
        ("library=transformers&filter=bert&author=other", vec![]),
        ("sort=lastModified", vec!["org/m1", "org/m0", "org/m3", "org/m2"]),
        ("sort=createdAt&direction=-1&limit=1", vec!["org/m1", "org/m0", "org/m3", "org/m2"]),
        ("sort=lastModified&filter=fill-mask&limit=2", vec!["org/m1", "org/m0", "org/m2"]),
        ("sort=downloads", vec!["org/m0", "org/m1", "org/m2", "org/m3"]),
        ("gated=false&limit=3", vec!["org/m0", "org/m1", "org/m2", "org/m3"]),
        ("gated=true", vec![]),
    ] {
        assert_eq!(ids(&gate, &ada, query).await, expected, "{query}");
    }
    for query in ["sort=size", "sort=lastModified&direction=1", "num_parameters=min:6B", "apps=ollama"] {
        let refused = gate.get(&format!("/api/models?{query}"), &ada).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(refused.header("x-error-message").starts_with("this gate"), "{query}");
    }
    for cursor in ["x", ":", "9223372036854775807:", "-1:a", "1:2:3"] {
        let answer = gate.get(&format!("/api/models?sort=createdAt&filter=a&cursor={cursor}"), &ada).await;
        assert_eq!(answer.status, StatusCode::OK, "{cursor}");
    }
    // What somebody may not see is in no list, by whatever it is asked for.
    let eve = gate.person("eve", &[]).await;
    for query in ["filter=fill-mask", "sort=createdAt"] {
        assert_eq!(ids(&gate, &eve, query).await, [""; 0], "{query}");
    }
}

#[tokio::test]
async fn those_who_try_a_canary_are_told_and_find_it_by_its_tags() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let mut tokens = Vec::new();
    for name in ["ada", "bob", "max", "eve"] {
        let roles: &[&str] = if name == "max" { &["release-manager"] } else { &["user", "approver"] };
        tokens.push(gate.person(name, roles).await);
    }
    let max = tokens[2].clone();
    for (front, share) in [("tags: [old]\n", 100), ("tags: [new]\n", 50)] {
        let mut files = clean(&share.to_string());
        files.push(("README.md", format!("---\n{front}---\n").into_bytes()));
        let commit = gate.import("admin", "org/m", "production", &parts(&files)).await;
        let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
        for approver in [&tokens[0], &tokens[1]] {
            let body = json!({ "comment": "fine" });
            let done = gate.post(&format!("/api/v1/releases/{id}/approve"), approver, body).await;
            let release = gate.release("org/m", "production", &commit).await;
            assert_eq!(done.status, StatusCode::OK, "{}: {release}", done.json());
        }
        let body = json!({ "share": share });
        let done = gate.post(&format!("/api/v1/releases/{id}/promote"), &max, body).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.json());
    }
    for number in 0..12 {
        tokens.push(gate.person(&format!("user{number}"), &["user"]).await);
    }
    let mut trying = 0;
    for token in &tokens {
        let info = gate.get("/api/models/org/m", token).await;
        let is_new = tags(&info.json()).contains(&"new");
        trying += usize::from(is_new);
        let said = info.header("x-hf-warning");
        assert_eq!(said.contains("it is tried with 50 % of the users of `production`"), is_new, "{said}");
        let head = gate.ask("HEAD", "/org/m/resolve/main/config.json", token, None).await;
        assert_eq!(head.header("x-hf-warning"), said);
        for (tag, found) in [("new", is_new), ("old", !is_new)] {
            for order in ["", "&sort=createdAt"] {
                let ids = ids(&gate, token, &format!("filter={tag}&limit=1{order}")).await;
                assert_eq!(ids.len(), usize::from(found), "{tag}{order}");
            }
        }
        assert_eq!(ids(&gate, token, "sort=createdAt").await, ["org/m"]);
    }
    assert!(trying > 0 && trying < tokens.len());
}

#[tokio::test]
async fn what_is_served_by_a_waiver_says_so_until_when() {
    let (gate, ada) = research().await;
    let sam = gate.person("sam", &["security"]).await;
    gate.import("ada", "org/m", "research", &[("model.pkl", HOSTILE)]).await;
    let report = gate.get("/api/v1/models/org/m", &ada).await.json();
    let id = report["releases"][0]["id"].as_str().unwrap();
    let report = gate.get(&format!("/api/v1/releases/{id}/report"), &sam).await.json();
    let rules: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap()).collect();
    let body = json!({ "model": "org/m", "rules": rules, "reason": "own code", "until": "2026-11-30" });
    assert_eq!(gate.post("/api/v1/waivers", &sam, body).await.status, StatusCode::CREATED);
    work_off(&gate.gate).await.unwrap();
    let info = gate.get("/api/models/org/m", &ada).await;
    assert_eq!(info.status, StatusCode::OK, "{}", info.json());
    let said = info.header("x-hf-warning");
    assert!(
        said.contains("; `org/m` at ")
            && said.contains("findings in it are accepted until 2026-12-01T00:00:00Z"),
        "{said}"
    );
    for method in ["HEAD", "GET"] {
        let file = gate.ask(method, "/org/m/resolve/main/model.pkl", &ada, None).await;
        assert_eq!((file.status, file.header("x-hf-warning")), (StatusCode::OK, said), "{method}");
    }
    // What needs none says nothing.
    gate.import("ada", "org/clean", "research", &parts(&clean("1"))).await;
    for path in ["/api/models/org/clean", "/org/clean/resolve/main/config.json"] {
        assert_eq!(gate.get(path, &ada).await.header("x-hf-warning"), "", "{path}");
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn users_are_told_why_something_was_rolled_back() {
    let (gate, ada) = research().await;
    let max = gate.person("max", &["release-manager"]).await;
    let first = gate.import("ada", "org/m", "research", &parts(&clean("1"))).await;
    let body = json!({ "model": "org/m", "stage": "research", "reason": "answers got worse." });
    assert_eq!(gate.post("/api/v1/roll-back", &max, body.clone()).await.status, StatusCode::OK);
    let told = async |path: &str| {
        let refused = gate.get(path, &ada).await;
        assert_eq!(
            (refused.status, refused.header("x-error-code")),
            (StatusCode::NOT_FOUND, "RevisionNotFound")
        );
        refused.header("x-error-message").to_owned()
    };
    let expected = "`org/m` is no longer served in `research`: rolled back: answers got worse. See http://gate.test/models/org/m";
    for path in [
        "/api/models/org/m",
        "/org/m/resolve/main/config.json",
        &format!("/api/models/org/m/revision/{first}"),
    ] {
        assert_eq!(told(path).await, expected, "{path}");
    }
    // Another revision serves by now, and the reason is still that of the first.
    gate.import("ada", "org/m", "research", &parts(&clean("2"))).await;
    assert_eq!(gate.get("/api/models/org/m", &ada).await.status, StatusCode::OK);
    assert_eq!(told(&format!("/api/models/org/m/revision/{first}")).await, expected);
}
