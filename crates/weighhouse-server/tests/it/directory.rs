//! Signing in by a company's identity provider, and tokens for jobs.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use weighhouse_server::{Directory, Secret, Workload};

use crate::harness::{Answer, START, TestGate};
use crate::provider::{CLIENT, Provider, SECRET};

const DAY: i64 = 86_400;

/// Makes another token from a good one and its claims.
type Forge = fn(&str, &Value) -> String;

async fn gate(provider: &Provider, change: impl FnOnce(&mut Directory)) -> TestGate {
    let mut directory = Directory {
        issuer: provider.issuer().to_owned(),
        client: CLIENT.to_owned(),
        secret: Some(Secret::of(SECRET.to_owned())),
        scopes: vec!["email".to_owned()],
        name_claim: "email".to_owned(),
        groups_claim: "groups".to_owned(),
        roles: BTreeMap::from([
            ("ml".to_owned(), ["user".to_owned()].into()),
            ("it".to_owned(), ["admin".to_owned()].into()),
        ]),
        default_roles: [].into(),
        adopt: false,
        confirm_days: 30,
    };
    change(&mut directory);
    TestGate::with(|settings| settings.directory = Some(directory)).await
}

/// A browser: what it was given, it sends.
#[derive(Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    async fn get(&mut self, gate: &TestGate, path: &str) -> Answer {
        let jar: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::get(path).header("cookie", jar.join("; ")).body(Body::empty()).unwrap();
        let answer = gate.send(request).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.0.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Begins a login: what the provider is told.
    async fn begin(&mut self, gate: &TestGate) -> BTreeMap<String, String> {
        let begun = self.get(gate, "/login/directory?next=%2Fmodels").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", String::from_utf8_lossy(&begun.body));
        let (_, query) = begun.header("location").split_once('?').unwrap();
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k.to_owned(), decoded(v)))
            .collect()
    }

    /// The whole login of somebody with these claims.
    async fn log_in(&mut self, gate: &TestGate, provider: &Provider, subject: &str, claims: Value) -> Answer {
        let told = self.begin(gate).await;
        let mut claims = provider.claims(subject, &claims);
        if claims.get("nonce").is_none() {
            claims["nonce"] = json!(told["nonce"]);
        }
        let code = provider.code(&told["code_challenge"], provider.signed(&claims));
        self.get(gate, &format!("/login/directory/done?code={code}&state={}", told["state"])).await
    }

    /// Who the gate says they are.
    async fn name(&mut self, gate: &TestGate) -> Option<String> {
        let page = self.get(gate, "/you").await;
        let text = String::from_utf8(page.body).unwrap();
        (page.status == StatusCode::OK).then_some(text)
    }
}

fn ada() -> Value {
    json!({ "email": "Ada@Example.com", "email_verified": true, "groups": ["ml", "other"] })
}

#[tokio::test]
async fn somebody_of_the_directory_signs_in_and_has_the_roles_of_their_groups() {
    let provider = Provider::open().await;
    let gate = gate(&provider, |_| ()).await;
    let login = String::from_utf8(gate.get("/login", "").await.body).unwrap();
    assert!(login.contains("href=\"/login/directory?next=%2F\""), "{login}");
    let mut browser = Browser::default();
    let told = browser.begin(&gate).await;
    assert_eq!(
        (told["client_id"].as_str(), told["response_type"].as_str(), told["code_challenge_method"].as_str()),
        (CLIENT, "code", "S256")
    );
    assert_eq!(told["redirect_uri"], "http://gate.test/login/directory/done");

    let done = browser.log_in(&gate, &provider, "1", ada()).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/models"));
    assert!(browser.name(&gate).await.unwrap().contains("ada@example.com"));
    let people = gate.get("/api/v1/people", &gate.admin).await.json();
    let found = people["items"].as_array().unwrap().iter().find(|one| one["name"] == "ada@example.com");
    assert_eq!(found.unwrap()["roles"], json!(["user"]));

    // Another address, other groups, the same person: known by subject, with the roles of today.
    let later = json!({ "email": "ada@other.example", "groups": ["it"] });
    assert_eq!(browser.log_in(&gate, &provider, "1", later).await.status, StatusCode::SEE_OTHER);
    let people = gate.get("/api/v1/people", &gate.admin).await.json();
    assert_eq!(people["items"].as_array().unwrap().len(), 2);
    assert!(people["items"].as_array().unwrap().iter().any(|one| one["roles"] == json!(["admin"])));
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_login_is_ended_only_by_the_browser_that_began_it() {
    let provider = Provider::open().await;
    let gate = gate(&provider, |_| ()).await;
    let (mut ada_s, mut victim) = (Browser::default(), Browser::default());
    let told = ada_s.begin(&gate).await;
    let mut claims = provider.claims("1", &ada());
    claims["nonce"] = json!(told["nonce"]);
    let code = provider.code(&told["code_challenge"], provider.signed(&claims));
    let path = format!("/login/directory/done?code={code}&state={}", told["state"]);
    // Somebody else's browser, with no login under way, and with one of its own.
    assert_eq!(victim.get(&gate, &path).await.status, StatusCode::UNAUTHORIZED);
    victim.begin(&gate).await;
    assert_eq!(victim.get(&gate, &path).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(victim.name(&gate).await, None);
    // The browser that began it: once.
    assert_eq!(ada_s.get(&gate, &path).await.status, StatusCode::SEE_OTHER);
    assert_eq!(Browser::default().get(&gate, &path).await.status, StatusCode::UNAUTHORIZED);
    // What the provider did not sign for this login is worth nothing, and neither is a refusal.
    let mut other = Browser::default();
    let refusal = other.get(&gate, "/login/directory/done?error=access_denied%3Cb%3E").await;
    assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
    assert!(!String::from_utf8_lossy(&refusal.body).contains("<b>"));
    gate.assert_sound().await;
}

#[tokio::test]
async fn tokens_that_are_not_meant_or_not_signed_are_refused() {
    let provider = Provider::open().await;
    let stranger = Provider::open().await;
    let gate = gate(&provider, |_| ()).await;
    let claims = json!({ "email": "a@b.c", "email_verified": false, "groups": ["ml"] });
    let unverified = Browser::default().log_in(&gate, &provider, "1", claims).await;
    assert_eq!(unverified.status, StatusCode::UNAUTHORIZED);
    for (what, more) in [
        ("another login", json!({ "nonce": "n" })),
        ("another client", json!({ "aud": "other" })),
        ("another issuer", json!({ "iss": stranger.issuer() })),
        ("too old", json!({ "exp": START - 120 })),
        ("of the future", json!({ "iat": START + 600 })),
    ] {
        let mut claims = ada();
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = Browser::default().log_in(&gate, &provider, "1", claims).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
    }
    let forged: [(&str, Forge); 4] = [
        ("no signature", |_, claims| unsigned(&json!({ "alg": "none" }), claims)),
        ("nobody", |_, claims| unsigned(&json!({ "alg": "ES256" }), &json!({ "iss": claims["iss"] }))),
        ("the signature of another text", |token, claims| {
            let mut claims = claims.clone();
            claims["groups"] = json!(["it"]);
            let signature = token.rsplit('.').next().unwrap();
            format!("{}{signature}", unsigned(&json!({ "alg": "ES256", "kid": "first" }), &claims))
        }),
        ("a shared secret", |_, claims| {
            let text = unsigned(&json!({ "alg": "HS256" }), claims);
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
            let tag = ring::hmac::sign(&key, text.trim_end_matches('.').as_bytes());
            format!("{text}{}", encoded(tag.as_ref()))
        }),
    ];
    for (what, forge) in forged {
        let mut browser = Browser::default();
        let told = browser.begin(&gate).await;
        let mut claims = provider.claims("1", &ada());
        claims["nonce"] = json!(told["nonce"]);
        let code = provider.code(&told["code_challenge"], forge(&provider.signed(&claims), &claims));
        let path = format!("/login/directory/done?code={code}&state={}", told["state"]);
        let answer = browser.get(&gate, &path).await;
        assert!(matches!(answer.status.as_u16(), 401 | 503), "{what}: {}", answer.status);
        assert_eq!(browser.name(&gate).await, None, "{what}");
    }
    gate.assert_sound().await;
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", encoded(header.to_string()), encoded(claims.to_string()))
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn new_keys_of_the_provider_are_found() {
    let provider = Provider::open().await;
    let gate = gate(&provider, |_| ()).await;
    let mut browser = Browser::default();
    assert_eq!(browser.log_in(&gate, &provider, "1", ada()).await.status, StatusCode::SEE_OTHER);
    provider.roll();
    // Not asked for over and over, but soon.
    assert_eq!(browser.log_in(&gate, &provider, "1", ada()).await.status, StatusCode::UNAUTHORIZED);
    gate.pass(31);
    assert_eq!(browser.log_in(&gate, &provider, "1", ada()).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn names_are_not_taken_over_and_those_without_a_role_stay_outside() {
    let provider = Provider::open().await;
    let gate = gate(&provider, |directory| directory.name_claim = "preferred_username".to_owned()).await;
    let as_admin = json!({ "preferred_username": "admin", "groups": ["ml"] });
    let answer = Browser::default().log_in(&gate, &provider, "666", as_admin.clone()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let bob = json!({ "preferred_username": "bob", "groups": ["ml"] });
    assert_eq!(
        Browser::default().log_in(&gate, &provider, "1", bob.clone()).await.status,
        StatusCode::SEE_OTHER
    );
    for (what, subject, claims) in [
        ("another bob", "2", bob.clone()),
        ("no role", "3", json!({ "preferred_username": "eve", "groups": ["guests"] })),
        ("no groups", "3", json!({ "preferred_username": "eve" })),
        ("no name", "3", json!({ "groups": ["ml"] })),
        ("a name with spaces", "3", json!({ "preferred_username": "e ve", "groups": ["ml"] })),
    ] {
        let answer = Browser::default().log_in(&gate, &provider, subject, claims).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
    }
    // Shut out here, whatever the directory says.
    gate.ask("DELETE", "/api/v1/people/bob", &gate.admin, None).await;
    let answer = Browser::default().log_in(&gate, &provider, "1", bob).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    gate.assert_sound().await;

    let adopting = self::gate(&provider, |directory| {
        directory.name_claim = "preferred_username".to_owned();
        directory.adopt = true;
    });
    let adopting = adopting.await;
    let mut browser = Browser::default();
    assert_eq!(
        browser.log_in(&adopting, &provider, "7", as_admin.clone()).await.status,
        StatusCode::SEE_OTHER
    );
    // Once: the next one of that name is somebody else.
    assert_eq!(
        Browser::default().log_in(&adopting, &provider, "8", as_admin).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn tokens_of_who_is_not_confirmed_any_more_open_nothing() {
    let provider = Provider::open().await;
    let gate = gate(&provider, |_| ()).await;
    let mut browser = Browser::default();
    browser.log_in(&gate, &provider, "1", ada()).await;
    let body = json!({ "person": "ada@example.com", "label": "long", "days": 300 });
    let made = gate.post("/api/v1/tokens", &gate.admin, body).await.json();
    let token = made["token"].as_str().unwrap();
    assert_eq!(gate.get("/api/whoami-v2", token).await.status, StatusCode::OK);
    gate.pass(29 * DAY);
    assert_eq!(gate.get("/api/whoami-v2", token).await.status, StatusCode::OK);
    gate.pass(DAY);
    assert_eq!(gate.get("/api/whoami-v2", token).await.status, StatusCode::UNAUTHORIZED);
    // Signing in again is all it takes.
    let now = json!({ "iat": START + 30 * DAY, "exp": START + 30 * DAY + 300 });
    let mut claims = ada();
    claims.as_object_mut().unwrap().extend(now.as_object().unwrap().clone());
    assert_eq!(browser.log_in(&gate, &provider, "1", claims).await.status, StatusCode::SEE_OTHER);
    assert_eq!(gate.get("/api/whoami-v2", token).await.status, StatusCode::OK);
}

async fn exchange(gate: &TestGate, token: &str, resource: &str) -> Answer {
    // As clients of the Hub send it: JSON.
    let body = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": token,
        "resource": resource,
    });
    gate.post("/oauth/token", "", body).await
}

#[tokio::test]
async fn a_job_gets_a_token_for_what_its_service_signed() {
    let (provider, stranger) = (Provider::open().await, Provider::open().await);
    let workload = |person: &str, claims: &[(&str, &str)]| Workload {
        name: format!("builds-of-{person}"),
        issuer: provider.issuer().to_owned(),
        audience: None,
        claims: claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        person: person.to_owned(),
        stage: Some("production".to_owned()),
        minutes: 15,
    };
    let gate = TestGate::with(|settings| {
        settings.workloads = vec![
            workload("deploy", &[("repository", "acme/shop"), ("ref", "refs/heads/main")]),
            workload("tests", &[("repository", "acme/*")]),
        ];
    });
    let gate = gate.await;
    gate.person("deploy", &["user"]).await;
    let job = |repository: &str, branch: &str| {
        let more = json!({ "aud": "http://gate.test", "repository": repository, "ref": branch });
        provider.claims("job", &more)
    };
    let good = provider.signed(&job("acme/shop", "refs/heads/main"));
    let answer = exchange(&gate, &good, "deploy").await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    let given = answer.json();
    assert_eq!((&given["token_type"], &given["expires_in"]), (&json!("bearer"), &json!(900)));
    let token = given["access_token"].as_str().unwrap();
    assert_eq!(gate.get("/api/whoami-v2", token).await.json()["name"], "deploy");
    let whoami = gate.get("/api/v1/whoami", token).await.json();
    assert_eq!(whoami["token"]["stage"], "production", "{whoami}");
    gate.pass(901);
    assert_eq!(gate.get("/api/whoami-v2", token).await.status, StatusCode::UNAUTHORIZED);

    let mut foreign = job("acme/shop", "refs/heads/main");
    foreign["aud"] = json!("https://elsewhere.example");
    for (what, token, resource) in [
        ("another branch", provider.signed(&job("acme/shop", "refs/heads/evil")), "deploy"),
        ("another repository", provider.signed(&job("evil/shop", "refs/heads/main")), ""),
        ("nobody whom the gate knows", provider.signed(&job("acme/other", "x")), "tests"),
        ("somebody it may not be", good.clone(), "admin"),
        ("for another audience", provider.signed(&foreign), "deploy"),
        ("signed by a stranger", stranger.signed(&job("acme/shop", "refs/heads/main")), "deploy"),
        ("too old", good, "deploy"),
        ("nothing", String::new(), ""),
        ("no token", "a.b.c".to_owned(), ""),
        ("much", "x".repeat(60_000), ""),
    ] {
        if what == "too old" {
            gate.pass(600);
        }
        let answer = exchange(&gate, &token, resource).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_grant")),
            "{what}"
        );
    }
    gate.assert_sound().await;
}
