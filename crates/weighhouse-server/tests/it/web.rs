//! The pages as browsers meet them: sessions, forms, headers, escaping, and what people without rights see.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::harness::{Answer, TestGate, clean, parts};

pub(crate) const ORIGIN: &str = "http://gate.test";
/// Runs `print(1)` when it is loaded.
const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";

/// A browser with a cookie, or without one.
pub(crate) struct Browser<'a> {
    pub(crate) gate: &'a TestGate,
    pub(crate) cookie: String,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Where a redirect leads.
    pub(crate) fn to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.header("location")
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let one = |(key, value): &(&str, &str)| format!("{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    fields.iter().map(one).collect::<Vec<_>>().join("&")
}

impl<'a> Browser<'a> {
    pub(crate) fn new(gate: &'a TestGate) -> Self {
        Self { gate, cookie: String::new() }
    }

    pub(crate) async fn signed_in(gate: &'a TestGate, token: &str) -> Self {
        let mut browser = Self::new(gate);
        let answer = browser.sign_in(token, "/").await;
        assert_eq!(answer.to(), "/");
        browser
    }

    async fn sign_in(&mut self, token: &str, next: &str) -> Answer {
        let answer = self.send("/login", &[("token", token), ("next", next)], Some(ORIGIN)).await;
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            cookie.clone_into(&mut self.cookie);
        }
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("accept", "text/html").header("cookie", &self.cookie);
        self.gate.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form as it is.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)], origin: Option<&str>) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        request = request.header("accept", "text/html").header("cookie", &self.cookie);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        self.gate.send(request.body(Body::from(encoded(fields))).unwrap()).await
    }

    /// The key that pages of this session put into their forms.
    async fn key(&self) -> String {
        let page = self.get("/you").await.text();
        let (_, rest) = page.split_once("name=\"form_key\" value=\"").unwrap_or_else(|| panic!("{page}"));
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Sends a form as a page of this session would.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let key = self.key().await;
        let mut all = vec![("form_key", key.as_str())];
        all.extend(fields);
        self.send(path, &all, Some(ORIGIN)).await
    }
}

/// The value of a hidden field.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{page}"));
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_session_begins_with_a_token_and_ends_when_somebody_leaves() {
    let gate = TestGate::new().await;
    let mut browser = Browser::new(&gate);
    let away = browser.get("/models/org/name?revision=1").await;
    assert_eq!(away.to(), "/login?next=%2Fmodels%2Forg%2Fname%3Frevision%3D1");
    let wrong = browser.sign_in("wh_wrong", "/").await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (StatusCode::UNAUTHORIZED, ""));

    let token = gate.admin.clone();
    let signed = browser.sign_in(&token, "/audit").await;
    assert_eq!(signed.to(), "/audit");
    let cookie = signed.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(&token));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(browser.get("/login").await.to(), "/");
    // A session is no token, and a token no session.
    let secret = browser.cookie.split_once('=').unwrap().1.to_owned();
    assert_eq!(gate.get("/api/v1/whoami", &secret).await.status, StatusCode::UNAUTHORIZED);
    let other = Browser { gate: &gate, cookie: format!("weighhouse={token}") };
    assert_eq!(other.get("/").await.to(), "/login");

    assert_eq!(browser.post("/logout", &[]).await.to(), "/login");
    assert_eq!(browser.get("/").await.to(), "/login");
    gate.assert_sound().await;
}

#[tokio::test]
async fn nobody_can_lay_a_session_into_a_browser() {
    let gate = TestGate::new().await;
    let eve = gate.person("eve", &["user"]).await;
    let trap = Browser::signed_in(&gate, &eve).await;
    // What somebody made up, and what belongs to somebody else: signing in gives another one, and ends the old one.
    for laid in ["weighhouse=chosen".to_owned(), trap.cookie.clone()] {
        let mut victim = Browser { gate: &gate, cookie: laid.clone() };
        victim.sign_in(&gate.admin, "/").await.to();
        assert_ne!(victim.cookie, laid);
        assert!(victim.get("/you").await.text().contains("<h1>admin"));
        let before = Browser { gate: &gate, cookie: laid.clone() };
        assert_eq!(before.get("/").await.to(), "/login", "{laid}");
    }
    // Two cookies of the same name: nobody knows whose.
    let browser = Browser::signed_in(&gate, &eve).await;
    let both = Browser { gate: &gate, cookie: format!("{}; weighhouse=other", browser.cookie) };
    assert_eq!(both.get("/").await.to(), "/login");
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_session_ends_with_the_day_its_token_and_its_person() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let browser = Browser::signed_in(&gate, &ada).await;
    gate.pass(12 * 3600 - 1);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    gate.pass(1);
    assert_eq!(browser.get("/").await.to(), "/login");

    let browser = Browser::signed_in(&gate, &ada).await;
    let tokens = gate.get("/api/v1/tokens", &ada).await.json();
    let id = tokens["items"][0]["id"].as_str().unwrap();
    gate.ask("DELETE", &format!("/api/v1/tokens/{id}"), &ada, None).await;
    assert_eq!(browser.get("/").await.to(), "/login");

    let again = gate.token("ada", None).await;
    let browser = Browser::signed_in(&gate, &again).await;
    gate.ask("DELETE", "/api/v1/people/ada", &gate.admin, None).await;
    assert_eq!(browser.get("/").await.to(), "/login");
    gate.assert_sound().await;
}

#[tokio::test]
async fn the_cookie_goes_by_tls_only_where_the_gate_does() {
    let gate = TestGate::with(|settings| settings.address = "https://gate.test".to_owned()).await;
    let browser = Browser::new(&gate);
    let fields = [("token", gate.admin.as_str())];
    let answer = browser.send("/login", &fields, Some("https://gate.test")).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-weighhouse=") && cookie.ends_with("; Secure"), "{cookie}");
    let plain = browser.send("/login", &fields, Some("http://gate.test")).await;
    assert_eq!(plain.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn forms_of_others_are_refused() {
    let gate = TestGate::new().await;
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    let eve = gate.person("eve", &["user", "admin"]).await;
    let other = Browser::signed_in(&gate, &eve).await;
    let (mine, foreign) = (admin.key().await, other.key().await);
    for (key, origin) in [
        ("", Some(ORIGIN)),
        (foreign.as_str(), Some(ORIGIN)),
        (mine.as_str(), None),
        (mine.as_str(), Some("null")),
        (mine.as_str(), Some("http://evil.test")),
        (mine.as_str(), Some("https://gate.test")),
        (mine.as_str(), Some("http://gate.test.evil.test")),
    ] {
        let sent = [("form_key", key), ("name", "mallory"), ("role", "admin")];
        let answer = admin.send("/admin", &sent, origin).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{key} {origin:?}");
        assert!(answer.text().contains("nothing was done"));
    }
    let cross = Request::post("/admin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", ORIGIN)
        .header("sec-fetch-site", "same-site")
        .header("cookie", &admin.cookie);
    let body = encoded(&[("form_key", &mine), ("name", "mallory"), ("role", "admin")]);
    assert_eq!(gate.send(cross.body(Body::from(body)).unwrap()).await.status, StatusCode::FORBIDDEN);
    // Signing in, too: nobody is signed in as somebody else by a form on another page.
    let login = Browser::new(&gate).send("/login", &[("token", &eve)], Some("http://evil.test")).await;
    assert_eq!((login.status, login.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
    let people = gate.get("/api/v1/people", &gate.admin).await.json().to_string();
    assert!(!people.contains("mallory"), "{people}");

    assert_eq!(
        admin
            .send("/admin", &[("form_key", &mine), ("name", "zoe"), ("role", "user")], Some(ORIGIN))
            .await
            .to(),
        "/admin/zoe?done=saved"
    );
}

/// Every page that can be had by an address alone.
fn pages(id: &str) -> Vec<String> {
    let mut all: Vec<String> = [
        "/",
        "/models",
        "/models?search=a&after=b",
        "/datasets",
        "/models/org/bad",
        "/models/org/none",
        "/datasets/org/none",
        "/audit",
        "/audit/checkpoint",
        "/audit/0/record",
        "/audit/0/tlog-proof",
        "/waivers",
        "/attestations/0",
        "/releases/0/record",
        "/releases/0/tlog-proof",
        "/policy",
        "/policy/new",
        "/policy/1",
        "/overview",
        "/inventory",
        "/inventory?stage=internal&state=rejected&flag=findings&search=bad",
        "/copies",
        "/timeline/none",
        "/compare/none/none",
        "/admin",
        "/admin/admin",
        "/notices",
        "/you",
        "/nothing/here/at/all",
        "/org/bad",
        "/login",
        "/assets/gate.css",
        "/assets/none",
    ]
    .map(str::to_owned)
    .into();
    all.push(format!("/reports/{id}"));
    all
}

#[tokio::test]
async fn every_answer_forbids_scripts_and_frames() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/bad", "internal", &[("model.pkl", HOSTILE)]).await;
    let nobody = gate.person("nobody", &[]).await;
    for token in ["", &nobody, &gate.admin.clone()] {
        let browser = match token {
            "" => Browser::new(&gate),
            token => Browser::signed_in(&gate, token).await,
        };
        for path in pages("none") {
            let answer = browser.get(&path).await;
            let policy = answer.header("content-security-policy");
            for part in [
                "default-src 'none'",
                "style-src 'self'",
                "form-action 'self'",
                "frame-ancestors 'none'",
                "base-uri 'none'",
            ] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
            assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            let kept = answer.header("cache-control");
            assert_eq!(kept == "no-store", !path.starts_with("/assets/gate"), "{path}: {kept}");
            if answer.header("content-type").starts_with("text/html") {
                let text = answer.text().to_lowercase();
                for forbidden in ["<script", " style=", "<style", " onclick", "javascript:"] {
                    assert!(!text.contains(forbidden), "{path}: {forbidden}");
                }
                assert!(text.contains("<html lang=\"en\">") && text.contains("<main "), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn who_has_no_rights_learns_nothing() {
    let gate = TestGate::new().await;
    let commit = gate.import("admin", "org/bad", "internal", &[("model.pkl", HOSTILE)]).await;
    let release = gate.release("org/bad", "internal", &commit).await["id"].as_str().unwrap().to_owned();
    let nobody = gate.person("nobody", &[]).await;
    let browser = Browser::signed_in(&gate, &nobody).await;
    for path in pages("none") {
        let answer = browser.get(&path).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains("model.pkl") && !text.contains("os.system"), "{path}");
        let expected = match path.as_str() {
            path if path.starts_with("/inventory") => StatusCode::OK,
            "/"
            | "/models"
            | "/models?search=a&after=b"
            | "/datasets"
            | "/you"
            | "/waivers"
            | "/assets/gate.css" => StatusCode::OK,
            "/audit"
            | "/audit/checkpoint"
            | "/audit/0/record"
            | "/audit/0/tlog-proof"
            | "/notices"
            | "/policy"
            | "/policy/new"
            | "/policy/1"
            | "/overview"
            | "/copies"
            | "/admin"
            | "/admin/admin" => StatusCode::FORBIDDEN,
            "/login" | "/org/bad" => StatusCode::SEE_OTHER,
            _ => StatusCode::NOT_FOUND,
        };
        assert_eq!(answer.status, expected, "{path}: {text}");
    }
    // What is there and what is not look the same.
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    let page = admin.get("/models/org/bad").await.text();
    let (_, report) = page.split_once("href=\"/reports/").unwrap();
    let report = format!("/reports/{}", report.split_once('"').unwrap().0);
    assert_eq!(admin.get(&report).await.header("content-type"), "application/json");
    assert_eq!(browser.get(&report).await.text(), browser.get("/reports/none").await.text());
    let there = browser.get("/models/org/bad").await.text();
    let not_there = browser.get("/models/org/nil").await.text();
    assert_eq!(there, not_there);
    let list = browser.get("/models").await.text();
    assert!(!list.contains("org/bad") && !list.contains("rejected"), "{list}");
    for (path, fields) in [
        (format!("/releases/{release}/approve"), vec![("evidence", "sha256:00")]),
        (format!("/releases/{release}/withdraw"), vec![]),
        (format!("/releases/{release}/promote"), vec![("share", "100")]),
        ("/roll-back".to_owned(), vec![("model", "org/bad"), ("stage", "internal"), ("reason", "x")]),
        ("/revoke".to_owned(), vec![("model", "org/bad"), ("commit", &commit), ("reason", "x")]),
        ("/requests".to_owned(), vec![("model", "org/bad"), ("reason", "x")]),
        ("/admin".to_owned(), vec![("name", "nobody"), ("role", "admin")]),
        ("/admin/admin/tokens".to_owned(), vec![("label", "x"), ("days", "1")]),
        ("/admin/admin/disable".to_owned(), vec![]),
        ("/tokens/none/revoke".to_owned(), vec![]),
        ("/policy/draft".to_owned(), vec![("do", "propose"), ("reason", "x"), ("extend", "yes")]),
        ("/policy/1/approve".to_owned(), vec![("digest", "x")]),
        ("/policy/1/enact".to_owned(), vec![("digest", "x")]),
        ("/policy/1/drop".to_owned(), vec![]),
        ("/policy/1/dry-run".to_owned(), vec![]),
    ] {
        let answer = browser.post(&path, &fields).await;
        let refused = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
        assert!(refused, "{path}: {} {}", answer.status, answer.text());
        // And without a session at all, nothing but the way to the door.
        let outside = Browser::new(&gate).send(&path, &fields, Some(ORIGIN)).await;
        assert_eq!(outside.to(), "/login", "{path}");
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn hostile_texts_are_text() {
    let gate = TestGate::with(|settings| settings.stage = "production".to_owned()).await;
    let mark = "<img src=x onerror=alert(1)>\"'`</textarea><script>";
    let file = "<script>alert(1)<script>.pkl";
    let bob = gate.person("bob", &["approver", "user"]).await;
    let commit = gate.import("admin", "org/evil", "production", &parts(&clean("x"))).await;
    gate.import("admin", "org/worse", "production", &[(file, HOSTILE), ("\u{202e}gpj.exe", b"x")]).await;
    let id = gate.release("org/evil", "production", &commit).await["id"].as_str().unwrap().to_owned();
    let browser = Browser::signed_in(&gate, &bob).await;
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    let page = browser.get("/models/org/evil").await.text();
    let evidence = hidden(&page, "evidence");
    let fields = [("evidence", evidence.as_str()), ("comment", mark)];
    browser.post(&format!("/releases/{id}/approve"), &fields).await.to();
    browser.post("/you/tokens", &[("label", mark), ("days", "1")]).await;
    let reason = format!("{mark} bad");
    let max = gate.person("max", &["security", "user"]).await;
    let max = Browser::signed_in(&gate, &max).await;
    let fields = [("model", "org/evil"), ("commit", commit.as_str()), ("reason", reason.as_str())];
    let done = max.post("/revoke", &fields).await;
    assert!(done.to().ends_with("done=revoked#pulled"), "{}", done.to());
    for (browser, path) in [
        (&browser, "/models/org/evil"),
        (&browser, "/models/org/worse"),
        (&browser, "/"),
        (&admin, "/"),
        (&admin, "/audit"),
        (&browser, "/you"),
        (&admin, "/admin/bob"),
        (&browser, "/models?search=%3Cscript%3E%22%27&after=%3Cscript%3E"),
        (&browser, "/login?next=%22%3E%3Cscript%3E"),
        (&browser, "/%3Cscript%3E/x/y"),
        (&browser, "/models/org/evil?revision=%3Cscript%3E"),
        (&browser, "/?done=%3Cscript%3E"),
    ] {
        let text = browser.get(path).await.text();
        for forbidden in ["<script", "<img", "</textarea><", "\u{202e}"] {
            assert!(!text.contains(forbidden), "{path}: {forbidden}: {text}");
        }
    }
    let evil = browser.get("/models/org/evil").await.text();
    assert!(evil.contains("&#60;img src=x") || evil.contains("&lt;img src=x"), "{evil}");
    gate.assert_sound().await;
}

#[tokio::test]
async fn nothing_that_browsers_send_is_our_fault() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    for path in [
        "/models?search=%00",
        "/models?after=%00",
        "/models?search=%25_!",
        "/models/org/m?revision=%00",
        "/models/%00",
        "/models/org/m?revision",
        "/models/%ff/x",
        "/admin?after=%00",
        "/admin/%00",
        "/audit?before=-9223372036854775808",
        "/audit?before=x",
        "/audit?before=99999999999999999999",
        "/login?next=%00",
        "/reports/%00",
        "/policy/%00",
        "/timeline/%00",
        "/compare/%00/%00",
        "/inventory?search=%00&before=x",
        "/inventory?stage=%00&state=%00&flag=%00",
        "/inventory?search=%00",
        "/inventory?before=-9223372036854775808",
        "/copies?person=%00",
        "/copies?model=%00",
        "/copies?before=-9223372036854775808",
        "/policy/99",
        "/policy/new?from=%00",
        "/?done=%00&done=saved",
    ] {
        let answer = admin.get(path).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
        assert!(!answer.header("content-security-policy").is_empty(), "{path}");
    }
    for (path, fields) in [
        ("/admin", vec![("name", "\0"), ("role", "user")]),
        ("/admin", vec![("name", "x"), ("role", "\0")]),
        ("/admin/%00/disable", vec![]),
        ("/tokens/%00/revoke", vec![]),
        ("/releases/%00/approve", vec![("evidence", "\0")]),
        ("/releases/%00/promote", vec![("share", "101")]),
        ("/roll-back", vec![("model", "org/m"), ("stage", "\0"), ("reason", "\0")]),
        ("/revoke", vec![("model", "org/m"), ("commit", "\0"), ("reason", "x")]),
        ("/policy/draft", vec![("do", "check"), ("text", "\0")]),
        ("/policy/draft", vec![("do", "dry-run"), ("extend", "yes"), ("from", "9-x")]),
        ("/policy/%00/enact", vec![("digest", "\0")]),
        ("/policy/99/drop", vec![]),
        ("/revoke", vec![("kind", "\0"), ("model", "org/m")]),
        ("/you/tokens", vec![("label", "\0"), ("days", "-1")]),
        ("/you/tokens", vec![("label", "x"), ("days", "99999999999999999999")]),
    ] {
        let answer = admin.post(path, &fields).await;
        assert!(answer.status.is_client_error(), "{path} {fields:?}: {}", answer.status);
    }
    let large = admin.send("/requests", &[("reason", &"x".repeat(70_000))], Some(ORIGIN)).await;
    assert!(large.status.is_client_error(), "{}", large.status);
    gate.assert_sound().await;
}

#[tokio::test]
async fn an_approval_names_what_was_seen() {
    let gate = TestGate::with(|settings| settings.stage = "production".to_owned()).await;
    let bob = gate.person("bob", &["approver"]).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    let browser = Browser::signed_in(&gate, &bob).await;
    let inbox = browser.get("/").await.text();
    assert!(inbox.contains("To approve") && inbox.contains("org/m"), "{inbox}");
    let act = format!("/releases/{id}/approve");
    assert_eq!(browser.post(&act, &[]).await.status, StatusCode::BAD_REQUEST);
    let other = format!("sha256:{}", "0".repeat(64));
    let stale = browser.post(&act, &[("evidence", &other)]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text().contains("look again"));
    let evidence = hidden(&browser.get("/models/org/m").await.text(), "evidence");
    let done = browser.post(&act, &[("evidence", &evidence), ("comment", "read it\r\nall")]).await;
    assert_eq!(done.to(), format!("/models/org/m?revision={commit}&done=approved"));
    let page = browser.get(done.to()).await.text();
    assert!(page.contains("Your approval is recorded") && page.contains("read it"), "{page}");
    assert!(!page.contains("name=\"evidence\""), "nobody approves twice");
    assert!(!browser.get("/").await.text().contains("To approve"));
    // Whoever asked for it is told so.
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    assert!(!admin.get("/models/org/m").await.text().contains("name=\"evidence\""));
    gate.assert_sound().await;
}

#[tokio::test]
async fn unknown_models_have_a_page_that_helps() {
    let gate = TestGate::with(|settings| {
        let endpoint = "http://127.0.0.1:9".to_owned();
        settings.upstream = Some(weighhouse_server::Upstream::at(endpoint));
    })
    .await;
    let ada = gate.person("ada", &["user"]).await;
    let browser = Browser::signed_in(&gate, &ada).await;
    assert_eq!(browser.get("/org/new").await.to(), "/models/org/new");
    let page = browser.get("/models/org/new").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("Nobody asked for it yet") && page.text().contains("action=\"/requests\""));
    let asked =
        browser.post("/requests", &[("model", "org/new"), ("stage", "research"), ("reason", "to try")]).await;
    assert_eq!(asked.to(), "/models/org/new?done=asked");
    assert!(browser.get("/models/org/new").await.text().contains("In quarantine"));
    let inbox = browser.get("/").await.text();
    assert!(
        inbox.contains("org/new") && inbox.contains("to try") && inbox.contains("Being fetched"),
        "{inbox}"
    );
    let none = browser.post("/requests", &[("model", "../x"), ("reason", "y")]).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
}

/// What clients print, and what somebody knows from a Hub, leads to a page; whether there is such a thing or not.
#[tokio::test]
async fn addresses_of_a_hub_lead_browsers_to_pages_and_clients_nowhere() {
    let gate = TestGate::new().await;
    gate.person("ada", &["user"]).await;
    let commit = gate.import("ada", "org/m", "internal", &parts(&clean("1"))).await;
    let browser = Browser::new(&gate);
    for (path, page) in [
        ("/org/m".to_owned(), "/models/org/m".to_owned()),
        ("/org/m/".to_owned(), "/models/org/m".to_owned()),
        ("/org/m/tree/main".to_owned(), "/models/org/m".to_owned()),
        ("/org/m/tree/main/sub/folder".to_owned(), "/models/org/m".to_owned()),
        (format!("/org/m/commit/{commit}"), format!("/models/org/m?revision={commit}")),
        (format!("/models/org/m/commit/{commit}"), format!("/models/org/m?revision={commit}")),
        (format!("/datasets/org/x/commit/{commit}"), format!("/datasets/org/x?revision={commit}")),
        ("/datasets/org/x/blob/main/README.md".to_owned(), "/datasets/org/x".to_owned()),
        ("/nobody/nothing/tree/main".to_owned(), "/models/nobody/nothing".to_owned()),
        ("/gpt2/tree/main".to_owned(), "/models/gpt2".to_owned()),
    ] {
        assert_eq!(browser.get(&path).await.to(), page, "{path}");
        let client = gate.get(&path, &gate.admin).await;
        let json = client.header("content-type").starts_with("application/json");
        assert!(client.status == StatusCode::NOT_FOUND && json, "{path}: {}", client.status);
    }
    for path in
        ["/nothing", "/a/b/c", "/org/../x", "/-a/b", "/org/m%0d%0aX:y/tree/main", "//evil.example/x/y"]
    {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let file = browser.get("/org/m/resolve/main/config.json").await;
    assert_eq!(file.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_withdrawn_revision_says_why_in_the_words_of_whoever_withdrew_it() {
    let gate = TestGate::new().await;
    gate.person("ada", &["user"]).await;
    let sec = gate.person("sec", &["security"]).await;
    let commit = gate.import("ada", "org/m", "internal", &parts(&clean("1"))).await;
    let body = serde_json::json!({ "model": "org/m", "commit": commit, "reason": "adv 7" });
    assert_eq!(gate.post("/api/v1/revoke", &sec, body).await.status, StatusCode::OK);
    let page =
        Browser::signed_in(&gate, &sec).await.get(&format!("/models/org/m?revision={commit}")).await.text();
    assert!(page.contains("<p>The reason that was given: adv 7</p>"), "{page}");
    assert!(!page.contains("Policy has nothing against it"), "{page}");
}

#[tokio::test]
async fn a_token_is_shown_once_and_clients_of_the_hub_meet_no_page() {
    let gate = TestGate::new().await;
    let browser = Browser::signed_in(&gate, &gate.admin).await;
    let shown = browser.post("/you/tokens", &[("label", "laptop"), ("days", "3")]).await;
    assert_eq!((shown.status, shown.header("cache-control")), (StatusCode::OK, "no-store"));
    let page = shown.text();
    let (_, rest) = page.split_once("<code>hf_wh").unwrap();
    let token = format!("hf_wh{}", rest.split_once('<').unwrap().0);
    assert_eq!(gate.get("/api/v1/whoami", &token).await.status, StatusCode::OK);
    for path in ["/you", "/admin/admin", "/audit"] {
        assert!(!browser.get(path).await.text().contains(&token), "{path}");
    }
    // Nobody takes the administrators' role from the last of them by mistake.
    let lost = browser.post("/admin", &[("name", "admin"), ("role", "user")]).await;
    assert_eq!(lost.status, StatusCode::CONFLICT);

    let hub = gate.get("/org/none/resolve/main/x", &gate.admin).await;
    assert!(hub.header("content-type").starts_with("application/json"));
    assert_eq!(hub.header("content-security-policy"), "");
}

#[tokio::test]
async fn a_login_by_device_is_allowed_in_the_browser_of_whoever_began_it() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let begin = async || {
        let begun = gate.ask("POST", "/oauth/device", "", None).await.json();
        let address = begun["verification_uri_complete"].as_str().unwrap().to_owned();
        let path = address.strip_prefix(ORIGIN).unwrap().to_owned();
        (
            begun["device_code"].as_str().unwrap().to_owned(),
            begun["user_code"].as_str().unwrap().to_owned(),
            path,
        )
    };
    let standing = async |device: &str| {
        let request =
            Request::post("/oauth/token").header("content-type", "application/x-www-form-urlencoded");
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let body = encoded(&[("grant_type", grant), ("device_code", device)]);
        let answer = gate.send(request.body(Body::from(body)).unwrap()).await.json();
        answer["error"].as_str().unwrap_or("allowed").to_owned()
    };
    let (device, code, path) = begin().await;
    let mut browser = Browser::new(&gate);
    // Signing in leads back to the code.
    let away = browser.get(&path).await;
    assert!(away.to().starts_with("/login?next=%2Fdevice%3Fuser"), "{}", away.to());
    browser.sign_in(&ada, "/").await;
    let page = browser.get(&path).await.text();
    assert!(page.contains(&format!("value=\"{code}\"")) && page.contains("ada"), "{page}");
    // A form of another page changes nothing; looking changes nothing.
    let forged = browser.send("/device", &[("user_code", &code), ("answer", "allow")], Some(ORIGIN)).await;
    assert!(forged.status.is_client_error());
    assert_eq!(standing(&device).await, "authorization_pending");
    let done = browser.post("/device", &[("user_code", &code), ("answer", "allow")]).await.text();
    assert!(done.contains("You are logged in there"), "{done}");
    assert_eq!(standing(&device).await, "allowed");
    let again = browser.post("/device", &[("user_code", &code), ("answer", "allow")]).await.text();
    assert!(again.contains("No login waits"), "{again}");

    let (device, code, _) = begin().await;
    browser.post("/device", &[("user_code", &code), ("answer", "deny")]).await;
    assert_eq!(standing(&device).await, "access_denied");
    let hostile = browser.get("/device?user_code=%22%3E%3Cscript%3E").await.text();
    assert!(!hostile.contains("<script") && hostile.contains("value=\"script\""), "{hostile}");
    gate.assert_sound().await;
}
