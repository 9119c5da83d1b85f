//! Who is told what, how often, and who is not.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::Executor as _;
use weighhouse_server::{Encryption, MailServer, Network, work_off};

use crate::harness::{TestGate, clean, parts};
use crate::receivers::{Letter, Receiver, post, web};

const DAY: i64 = 86_400;

fn loopback() -> Vec<Network> {
    vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]
}

async fn gate() -> TestGate {
    TestGate::with(|settings| {
        "production".clone_into(&mut settings.stage);
        settings.notices.networks = loopback();
    })
    .await
}

async fn gate_with_mail(server: &Receiver<Letter>) -> TestGate {
    TestGate::with(|settings| {
        "production".clone_into(&mut settings.stage);
        settings.notices.mail = Some(MailServer {
            host: "127.0.0.1".to_owned(),
            port: server.port,
            encryption: Encryption::None,
            login: None,
            from: "The gate <gate@example.com>".to_owned(),
            authorities: None,
        });
    })
    .await
}

async fn hook(gate: &TestGate, url: &str, events: &[&str]) -> Value {
    let body = json!({ "url": url, "label": "test", "events": events });
    let made = gate.post("/api/v1/webhooks", &gate.admin, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    made.json()
}

fn kinds(sent: &[crate::receivers::Sent]) -> Vec<String> {
    sent.iter().map(|sent| sent.json()["type"].as_str().unwrap().to_owned()).collect()
}

/// Everything that is due within a second or two, and what comes of it.
async fn tell(gate: &TestGate) {
    work_off(&gate.gate).await.unwrap();
}

async fn deliveries(gate: &TestGate, state: &str) -> Vec<Value> {
    let answer = gate.get(&format!("/api/v1/deliveries?state={state}"), &gate.admin).await.json();
    answer["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_webhook_is_told_the_whole_story_signed() {
    let gate = gate().await;
    let receiver = web();
    let made = hook(&gate, &format!("http://127.0.0.1:{}/in?x=1", receiver.port), &[]).await;
    assert!(made["key"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["host"], format!("127.0.0.1:{}", receiver.port));
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    let (bob, eve) = (gate.person("bob", &["approver"]).await, gate.person("eve", &["approver"]).await);
    for token in [&bob, &eve] {
        gate.post(&format!("/api/v1/releases/{id}/approve"), token, json!({})).await;
        tell(&gate).await;
    }
    let max = gate.person("max", &["release-manager"]).await;
    gate.post(&format!("/api/v1/releases/{id}/promote"), &max, json!({ "share": 10 })).await;
    tell(&gate).await;
    gate.post(&format!("/api/v1/releases/{id}/halt"), &max, json!({ "reason": "answers got worse" })).await;
    tell(&gate).await;
    gate.post(&format!("/api/v1/releases/{id}/promote"), &max, json!({})).await;
    tell(&gate).await;
    gate.post(&format!("/api/v1/releases/{id}/withdraw"), &bob, json!({})).await;
    tell(&gate).await;
    let sec = gate.person("sec", &["security"]).await;
    let body = json!({ "model": "org/m", "commit": commit, "reason": "advisory 7" });
    gate.post("/api/v1/revoke", &sec, body).await;
    tell(&gate).await;
    let sent = receiver.kept();
    // What happens in the same second comes in any order.
    let groups: [&[&str]; 7] = [
        &["approval.needed", "release.reviewable", "request.opened"],
        &["release.approved"],
        &["canary.started"],
        &["canary.halted"],
        &["release.released"],
        &["approval.needed", "release.suspended"],
        &["revision.revoked"],
    ];
    let mut told = kinds(&sent).into_iter();
    for group in groups {
        let mut part: Vec<String> = told.by_ref().take(group.len()).collect();
        part.sort();
        assert_eq!(part, group, "{:?}", kinds(&sent));
    }
    assert_eq!(told.next(), None);
    let halted = sent.iter().find(|sent| sent.body.contains("canary.halted")).unwrap().json();
    assert_eq!(halted["data"]["why"], "answers got worse");
    assert_eq!(halted["data"]["by"], "max");
    assert_eq!(halted["data"]["model"], "org/m");
    assert_eq!(halted["data"]["commit"], commit);
    assert_eq!(halted["data"]["page"], "http://gate.test/models/org/m");
    for one in &sent {
        assert!(one.headers["webhook-signature"].starts_with("v1,"));
        assert!(one.headers["webhook-timestamp"].parse::<i64>().unwrap() > 0);
    }
    let mut ids: Vec<_> = sent.iter().map(|sent| sent.headers["webhook-id"].clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), sent.len(), "each event has an id of its own");
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_not_taken_comes_again_with_the_same_id_until_it_is() {
    let gate = gate().await;
    let receiver = web();
    hook(&gate, &format!("http://127.0.0.1:{}/", receiver.port), &["release.released"]).await;
    for status in [500, 302, 429] {
        receiver.answer(status);
        if status == 500 {
            gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
        } else {
            gate.pass(3600);
            tell(&gate).await;
        }
    }
    let waiting = deliveries(&gate, "waiting").await;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!(
        (waiting[0]["attempts"].as_u64(), waiting[0]["fault"].as_str()),
        (Some(3), Some("it answers 429"))
    );
    receiver.answer(204);
    gate.pass(3600);
    tell(&gate).await;
    gate.pass(3600);
    tell(&gate).await;
    let sent = receiver.kept();
    assert_eq!(sent.len(), 4, "redirects are not followed, and what was taken does not come again");
    assert!(sent.iter().all(|one| one.headers["webhook-id"] == sent[0].headers["webhook-id"]));
    assert!(sent.iter().all(|one| one.body == sent[0].body));
    assert!(sent[0].headers["webhook-timestamp"] != sent[3].headers["webhook-timestamp"]);
    assert_eq!(deliveries(&gate, "delivered").await.len(), 1);
    gate.assert_sound().await;
}

#[tokio::test]
async fn one_message_that_is_not_taken_does_not_keep_others_but_silence_does() {
    let gate = gate().await;
    let receiver = web();
    hook(&gate, &format!("http://127.0.0.1:{}/", receiver.port), &["release.released"]).await;
    receiver.answer(500);
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    receiver.answer(204);
    // In the same second.
    gate.import("admin", "org/n", "research", &parts(&clean("2"))).await;
    assert_eq!(receiver.kept().len(), 2);
    assert_eq!(
        (deliveries(&gate, "delivered").await.len(), deliveries(&gate, "waiting").await.len()),
        (1, 1)
    );

    // Where nobody answers, one message is tried, the next one waits.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    hook(&gate, &format!("http://{nobody}/"), &["release.rejected", "request.opened"]).await;
    gate.import("admin", "org/o", "research", &parts(&clean("3"))).await;
    gate.import("admin", "org/p", "research", &parts(&clean("4"))).await;
    let mut attempts: Vec<_> =
        deliveries(&gate, "waiting").await.iter().map(|one| one["attempts"].as_u64().unwrap()).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [0, 1, 1]);
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_given_up_is_seen_by_operators_and_can_be_tried_again() {
    let gate = gate().await;
    let receiver = web();
    receiver.answer(410);
    hook(&gate, &format!("http://127.0.0.1:{}/", receiver.port), &["release.released"]).await;
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    let dead = deliveries(&gate, "dead").await;
    assert_eq!(dead.len(), 1);
    assert_eq!(gate.get("/readyz", "").await.json()["undelivered"], 1);
    receiver.answer(200);
    let path = format!("/api/v1/deliveries/{}/retry", dead[0]["id"].as_str().unwrap());
    assert_eq!(gate.post(&path, &gate.admin, json!({})).await.status, StatusCode::NO_CONTENT);
    tell(&gate).await;
    assert_eq!(receiver.kept().len(), 2);
    assert_eq!(gate.post(&path, &gate.admin, json!({})).await.status, StatusCode::CONFLICT);
    assert_eq!(gate.get("/readyz", "").await.json()["undelivered"], 0);

    // After two days of failures, too.
    receiver.answer(503);
    gate.import("admin", "org/n", "research", &parts(&clean("2"))).await;
    for _ in 0..60 {
        gate.pass(3600);
        tell(&gate).await;
    }
    let dead = deliveries(&gate, "dead").await;
    assert_eq!((dead.len(), dead[0]["attempts"].as_u64()), (1, Some(50)), "{dead:?}");
    gate.assert_sound().await;
}

#[tokio::test]
async fn nothing_inside_is_reached_by_any_name() {
    let gate = TestGate::new().await;
    let receiver = web();
    for url in [
        format!("http://127.0.0.1:{}/", receiver.port),
        format!("https://127.0.0.1:{}/", receiver.port),
        format!("https://[::ffff:127.0.0.1]:{}/", receiver.port),
        "http://localhost/".to_owned(),
    ] {
        let answer = gate.post("/api/v1/webhooks", &gate.admin, json!({ "url": url })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}: {}", answer.json());
    }
    // Names, and ways of writing an address that only resolving tells.
    for host in ["localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1"] {
        let made = hook(&gate, &format!("https://{host}:{}/", receiver.port), &[]).await;
        let path = format!("/api/v1/webhooks/{}/test", made["id"].as_str().unwrap());
        let tried = gate.post(&path, &gate.admin, json!({})).await.json();
        assert_eq!(tried["delivered"], false, "{host}");
        let fault = tried["fault"].as_str().unwrap();
        assert!(
            fault.contains("may reach")
                || fault.contains("resolve")
                || fault.contains("lookup")
                || fault.contains("not found"),
            "{host}: {fault}"
        );
    }
    assert!(!receiver.was_connected(), "nothing was connected to");
}

#[tokio::test]
async fn keys_and_addresses_are_sealed_rotated_and_gone_when_removed() {
    let gate = gate().await;
    let receiver = web();
    let url = format!("http://127.0.0.1:{}/very-secret-path", receiver.port);
    let made = hook(&gate, &url, &[]).await;
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let listed = gate.get("/api/v1/webhooks", &gate.admin).await.json().to_string();
    assert!(listed.contains(id) && !listed.contains("very-secret") && !listed.contains(key));
    let rows = "SELECT sealed FROM webhooks UNION ALL SELECT entry FROM log_records UNION ALL SELECT body FROM events";
    let database = gate.database().await;
    let texts: Vec<String> = sqlx::query_scalar(rows).fetch_all(&database).await.unwrap();
    assert!(texts.iter().all(|text| !text.contains("very-secret") && !text.contains(key)));
    database.close().await;

    let again = gate.post(&format!("/api/v1/webhooks/{id}/rotate"), &gate.admin, json!({})).await.json();
    assert_ne!(again["key"], key);
    let test = format!("/api/v1/webhooks/{id}/test");
    assert_eq!(gate.post(&test, &gate.admin, json!({})).await.json()["delivered"], true);
    let signatures = |at: usize| receiver.kept()[at].headers["webhook-signature"].split(' ').count();
    assert_eq!(signatures(0), 2, "both keys sign for a day");
    gate.pass(2 * DAY);
    assert_eq!(gate.post(&test, &gate.admin, json!({})).await.json()["delivered"], true);
    assert_eq!(signatures(1), 1);
    gate.assert_sound().await;

    // Another master key opens nothing, and says so; with the old one beside it, all is sealed anew.
    let old = std::fs::read_to_string(gate.data().join("seal.key")).unwrap();
    let new = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let with = async |keys: String| {
        let mut settings = gate.settings.clone();
        settings.seal_keys = Some(weighhouse_server::Password::new(keys));
        let gate = crate::harness::open(settings, &gate.clock).await;
        gate.reseal().await
    };
    assert!(with(new.to_owned()).await.is_err());
    assert_eq!(with(format!("{new}{old}")).await.unwrap().secrets, 1);
    assert_eq!(with(new.to_owned()).await.unwrap().secrets, 0);

    let gone = gate.ask("DELETE", &format!("/api/v1/webhooks/{id}"), &gate.admin, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(gate.post(&test, &gate.admin, json!({})).await.status, StatusCode::NOT_FOUND);
    gate.assert_sound().await;
}

#[tokio::test]
async fn only_administrators_say_who_is_told() {
    let gate = gate().await;
    let ada = gate.person("ada", &["user", "approver", "release-manager", "security"]).await;
    let body = json!({ "url": "https://hooks.example.com/", "label": "" });
    for (method, path) in [
        ("GET", "/api/v1/webhooks"),
        ("POST", "/api/v1/webhooks"),
        ("DELETE", "/api/v1/webhooks/x"),
        ("POST", "/api/v1/webhooks/x/rotate"),
        ("POST", "/api/v1/webhooks/x/test"),
        ("GET", "/api/v1/deliveries"),
        ("POST", "/api/v1/deliveries/x/retry"),
        ("GET", "/api/v1/events"),
    ] {
        let sent = (path == "/api/v1/webhooks" && method == "POST").then(|| body.clone());
        for (token, expected) in [("", StatusCode::UNAUTHORIZED), (ada.as_str(), StatusCode::FORBIDDEN)] {
            let answer = gate.ask(method, path, token, sent.clone()).await;
            assert_eq!(answer.status, expected, "{method} {path}");
        }
    }
    let mail = |name: &str| format!("/api/v1/people/{name}/mail");
    let address = json!({ "mail": "ada@example.com" });
    assert_eq!(gate.post(&mail("ada"), "", address.clone()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(gate.post(&mail("admin"), &ada, address.clone()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&mail("nobody"), &ada, address.clone()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&mail("ada"), &ada, address.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(gate.post(&mail("ada"), &gate.admin, address.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(gate.post(&mail("nobody"), &gate.admin, address).await.status, StatusCode::NOT_FOUND);
    for wrong in ["ada", "a@b.c\r\nBcc: all@example.com", "a@b.c, d@e.f"] {
        let answer = gate.post(&mail("ada"), &ada, json!({ "mail": wrong })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let unknown = json!({ "url": "https://hooks.example.com/", "events": ["release.eaten"] });
    assert_eq!(gate.post("/api/v1/webhooks", &gate.admin, unknown).await.status, StatusCode::BAD_REQUEST);
    gate.assert_sound().await;
}

#[tokio::test]
async fn mail_goes_to_those_whom_it_concerns() {
    let server = post();
    let gate = gate_with_mail(&server).await;
    let mut tokens = std::collections::BTreeMap::new();
    for (name, roles) in [
        ("ada", &["user"][..]),
        ("bob", &["approver"]),
        ("eve", &["approver"]),
        ("max", &["release-manager"]),
        ("pat", &["user"]),
        ("out", &["approver"]),
        ("may", &["approver"]),
    ] {
        let token = gate.person(name, roles).await;
        if name != "may" {
            let body = json!({ "mail": format!("{name}@example.com") });
            gate.post(&format!("/api/v1/people/{name}/mail"), &token, body).await;
        }
        tokens.insert(name, token);
    }
    gate.ask("DELETE", "/api/v1/people/out", &gate.admin, None).await;
    let to = |from: usize| {
        let mut all: Vec<String> = server.kept().iter().skip(from).map(|letter| letter.to.clone()).collect();
        all.sort();
        all.iter()
            .map(|to| to.trim_start_matches("RCPT TO:<").split('@').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let commit = gate.import("ada", "org/m", "production", &parts(&clean("1"))).await;
    assert_eq!(to(0), ["ada", "bob", "eve"], "who asked is told, who may approve is asked, nobody else");
    let letters = server.kept();
    let asked = letters.iter().find(|letter| letter.to.contains("bob")).unwrap();
    assert!(
        asked.text.contains("Subject: [weighhouse] org/m: needs approval for production"),
        "{}",
        asked.text
    );
    assert!(
        asked.text.contains("http://gate.test/models/org/m") && asked.text.contains("you may approve it")
    );
    assert!(
        !asked.text.contains("ada@") && !asked.text.contains("eve@"),
        "nobody learns the address of others"
    );

    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    let before = server.kept().len();
    for name in ["bob", "eve"] {
        gate.post(&format!("/api/v1/releases/{id}/approve"), &tokens[name], json!({})).await;
    }
    tell(&gate).await;
    assert_eq!(to(before), ["ada", "max"], "who may release it, and who asked");
    gate.post(&format!("/api/v1/releases/{id}/promote"), &tokens["max"], json!({})).await;
    gate.get("/org/m/resolve/production/config.json", &tokens["pat"]).await;
    tell(&gate).await;
    let before = server.kept().len();
    gate.post(&format!("/api/v1/releases/{id}/withdraw"), &tokens["bob"], json!({})).await;
    tell(&gate).await;
    let told = to(before);
    assert_eq!(
        told,
        ["ada", "eve", "pat"],
        "who asked, who has it, who may approve it again; not who did it"
    );
    let pat = server.kept().into_iter().rev().find(|letter| letter.to.contains("pat")).unwrap();
    assert!(pat.text.contains("you have a copy of it") && pat.text.contains("suspended"), "{}", pat.text);

    gate.assert_sound().await;
}

#[tokio::test]
async fn a_busy_mail_server_is_asked_again_and_one_that_refuses_is_not() {
    let server = post();
    let gate = gate_with_mail(&server).await;
    let mut tokens = Vec::new();
    for name in ["ada", "pat"] {
        let token = gate.person(name, &["user"]).await;
        let body = json!({ "mail": format!("{name}@example.com") });
        gate.post(&format!("/api/v1/people/{name}/mail"), &token, body).await;
        tokens.push(token);
    }
    let commit = gate.import("ada", "org/m", "research", &parts(&clean("1"))).await;
    for token in &tokens {
        gate.get(&format!("/org/m/resolve/{commit}/config.json"), token).await;
    }
    // An address that the server refuses for good is given up at once; a busy server is asked again.
    let before = server.kept().len();
    server.answer(451);
    let body = json!({ "model": "org/m", "commit": commit, "reason": "advisory 7" });
    gate.person("sec", &["security"]).await;
    let sec = gate.token("sec", None).await;
    gate.post("/api/v1/revoke", &sec, body).await;
    tell(&gate).await;
    assert_eq!(deliveries(&gate, "waiting").await.len(), 2);
    server.answer(550);
    gate.pass(60);
    tell(&gate).await;
    gate.pass(60);
    tell(&gate).await;
    assert_eq!((deliveries(&gate, "dead").await.len(), server.kept().len()), (2, before));
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_canary_is_halted_by_people_and_by_itself() {
    let gate = gate().await;
    let max = gate.person("max", &["release-manager"]).await;
    let ada = gate.person("ada", &["user"]).await;
    let first = gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    // What the stage releases by itself is taken back, and tried with almost everybody.
    let back = json!({ "model": "org/m", "stage": "internal", "reason": "to be tried" });
    gate.post("/api/v1/roll-back", &max, back).await;
    let id = gate.release("org/m", "internal", &first).await["id"].as_str().unwrap().to_owned();
    let halt = format!("/api/v1/releases/{id}/halt");
    let why = json!({ "reason": "answers got worse" });
    assert_eq!(gate.post(&halt, &max, why.clone()).await.status, StatusCode::CONFLICT, "no canary");
    let promote = format!("/api/v1/releases/{id}/promote");
    gate.post(&promote, &max, json!({ "share": 99 })).await;
    assert_eq!(gate.post(&halt, &ada, why.clone()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&halt, "", why.clone()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(gate.post(&halt, &max, json!({ "reason": "" })).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(gate.post(&halt, &max, why).await.json()["state"], "rolled back");

    gate.post(&promote, &max, json!({ "share": 99 })).await;
    assert_eq!(gate.state_of(&id).await, "canary");
    // A content is lost: the first download that meets it ends the trial.
    let file = gate.get(&format!("/org/m/resolve/{first}/config.json"), &ada).await;
    assert_eq!(file.status, StatusCode::OK);
    let digest = weighhouse_core::Digest::of(&clean("1")[0].1).hex();
    let contents = gate.contents();
    contents.remove(&digest).await;
    let broken = gate.get(&format!("/org/m/resolve/{first}/config.json"), &ada).await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(gate.state_of(&id).await, "rolled back");
    contents.write(&digest, &clean("1")[0].1).await;
    let events = gate.get("/api/v1/events", &gate.admin).await.json();
    let halted =
        events["items"].as_array().unwrap().iter().filter(|event| event["type"] == "canary.halted").count();
    assert_eq!(halted, 2);
    gate.assert_sound().await;
}

#[tokio::test]
async fn edited_events_webhooks_and_addresses_are_found_and_administrators_are_told() {
    for (statement, expected) in [
        ("UPDATE events SET body = replace(body, 'org/m', 'org/n')", "an event that was edited"),
        (
            "UPDATE events SET kind = 'release.expired' WHERE kind = 'request.opened'",
            "an event that was edited",
        ),
        ("DELETE FROM events WHERE kind = 'request.opened'", "`event/evt_"),
        ("UPDATE webhooks SET host = 'evil.test'", "`webhook/"),
        ("UPDATE contacts SET mail = 'eve@example.com'", "`contact/admin`"),
        ("DELETE FROM contacts", "is in the log, but not in the database"),
    ] {
        let gate = gate().await;
        let receiver = web();
        let made = hook(&gate, &format!("http://127.0.0.1:{}/", receiver.port), &["audit.fault"]).await;
        gate.post("/api/v1/people/admin/mail", &gate.admin, json!({ "mail": "admin@example.com" })).await;
        gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
        gate.review().await;
        gate.assert_sound().await;
        assert_eq!(receiver.kept().len(), 0);
        let pool = gate.database().await;
        pool.execute("DELETE FROM deliveries").await.unwrap();
        assert!(pool.execute(statement).await.unwrap().rows_affected() > 0, "{statement}");
        pool.close().await;
        let faults: Vec<String> =
            gate.gate.audit().await.unwrap().faults.iter().map(ToString::to_string).collect();
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{statement}: {faults:?}");
        // The gate finds it by itself within a day, and says so once a day while it lasts.
        for _ in 0..3 {
            gate.pass(DAY + 1);
            gate.review().await;
        }
        let told = receiver.kept();
        assert_eq!(kinds(&told), vec!["audit.fault"; 3], "{statement}: {made}");
        assert!(told[0].body.contains("faults in"), "{}", told[0].body);
    }
}
