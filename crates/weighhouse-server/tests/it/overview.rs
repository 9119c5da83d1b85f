//! The overview and the lists behind it, the history of a model, two revisions compared, who has what, and where a model comes from.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::http::StatusCode;
use serde_json::json;
use weighhouse_core::assessment::{Assessment, Thread};
use weighhouse_core::diagnostic::SourceText;
use weighhouse_core::{Digest, FactValue, Inspection};
use weighhouse_policy::{Base, PolicySet};
use weighhouse_scan::source::Listing;
use weighhouse_server::{Inspector, Parts};

use crate::harness::{Real, TestGate, clean, parts};
use crate::web::Browser;

const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";

/// The real engine, and what a card says of the origin.
struct Descended;

impl Inspector for Descended {
    fn ruleset(&self) -> Digest {
        Real.ruleset()
    }

    fn inspect(&self, listing: Listing, cancelled: &Arc<AtomicBool>) -> Result<(Inspection, String), String> {
        let (mut inspection, report) = Real.inspect(listing, cancelled)?;
        let mut assessment = Assessment::new(Thread::Lineage, "made from `org/base`".to_owned());
        let words = |names: &[&str]| FactValue::Words(names.iter().map(ToString::to_string).collect());
        assessment.facts.insert("bases", words(&["Org/Base", "far/away"]));
        assessment.facts.insert("kin", words(&["org/cousin"]));
        assessment.facts.insert("base_confirmed", FactValue::Flag(false));
        inspection.assessments.push(assessment);
        Ok((inspection, report))
    }
}

/// The addresses in a page that begin so.
fn links(page: &str, beginning: &str) -> Vec<String> {
    let mut found: Vec<String> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
        .filter(|href| href.starts_with(beginning))
        .collect();
    found.dedup();
    found
}

#[tokio::test]
async fn each_number_of_the_overview_leads_to_what_it_counts() {
    let mut gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    gate.person("eve", &["security"]).await;
    gate.import("admin", "org/old", "internal", &parts(&clean("1"))).await;
    gate.get("/org/old/resolve/main/config.json", &ada).await;
    gate.pass(100 * 86_400);
    gate.admin = gate.long_token("admin").await;
    let eve_token = gate.long_token("eve").await;
    gate.import("admin", "org/new", "internal", &parts(&clean("2"))).await;
    gate.import("admin", "org/waits", "production", &parts(&clean("3"))).await;
    gate.import("admin", "org/bad", "internal", &[("model.pkl", HOSTILE)]).await;
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    let page = admin.get("/overview").await.text();
    assert!(page.contains("Wait for approval") && page.contains("4 models"), "{page}");
    let stale = links(&page, "/inventory?stage=internal&state=released&flag=stale");
    let list = admin.get(stale.first().unwrap_or_else(|| panic!("{page}"))).await.text();
    assert!(list.contains("org/old") && !list.contains("org/new") && !list.contains("org/bad"), "{list}");
    let waits = links(&page, "/inventory?stage=production&state=reviewable");
    let list = admin.get(&waits[0]).await.text();
    assert!(list.contains("org/waits") && !list.contains("org/old"), "{list}");
    let rejected = admin.get("/inventory?state=rejected&flag=findings&search=BAD").await.text();
    assert!(rejected.contains("org/bad") && rejected.contains("finding"), "{rejected}");
    assert!(admin.get("/inventory?search=%25").await.text().contains("Nothing here is like that"));

    // Who has what, and what of it must not be used.
    let eve = Browser::signed_in(&gate, &eve_token).await;
    let copies = eve.get("/copies").await.text();
    assert!(copies.contains("ada") && copies.contains("org/old") && copies.contains("Released"), "{copies}");
    assert!(eve.get("/copies?bad=yes").await.text().contains("Nobody has such a copy"));
    let model = eve.get("/models/org/old").await.text();
    let of = links(&model, "/copies?model=");
    assert!(eve.get(&of[0]).await.text().contains("Who has org/old"));
    let commit =
        gate.get("/api/v1/models/org/old", &gate.admin).await.json()["revisions"][0]["commit"].clone();
    let revoke = json!({ "model": "org/old", "commit": commit, "reason": "advisory" });
    assert_eq!(gate.post("/api/v1/revoke", &eve_token, revoke).await.status, StatusCode::OK);
    let bad = eve.get("/copies?bad=yes").await.text();
    assert!(bad.contains("ada") && bad.contains("Withdrawn for good"), "{bad}");
    assert!(admin.get("/overview").await.text().contains("1 copy"));
    assert!(eve.get("/copies?person=nobody").await.text().contains("Nobody has such a copy"));
    gate.assert_sound().await;
}

#[tokio::test]
async fn lists_are_paged_without_a_gap() {
    let gate = TestGate::new().await;
    for number in 0..53 {
        let name = format!("org/m{number}");
        gate.import("admin", &name, "research", &[("readme.txt", name.as_bytes())]).await;
    }
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    let (mut seen, mut path) = (Vec::new(), "/inventory?stage=research&state=released".to_owned());
    loop {
        let page = admin.get(&path).await.text();
        seen.extend(links(&page, "/models/org/"));
        match links(&page, "/inventory?").into_iter().find(|href| href.contains("before=")) {
            Some(next) => path = next,
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 53);
}

#[tokio::test]
async fn the_history_of_a_model_is_its_records_and_no_others() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let bob = gate.person("bob", &["approver", "user"]).await;
    let eve = gate.person("eve", &["approver"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    gate.import("admin", "org/other", "research", &parts(&clean("2"))).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    for token in [&bob, &eve] {
        gate.post(&format!("/api/v1/releases/{id}/approve"), token, json!({})).await;
    }
    gate.post(&format!("/api/v1/releases/{id}/promote"), &max, json!({ "share": 10 })).await;
    let browser = Browser::signed_in(&gate, &bob).await;
    let page = browser.get("/models/org/m").await.text();
    let timeline = links(&page, "/timeline/").remove(0);
    let all = browser.get(&timeline).await.text();
    for part in ["canary 10 %", "approved", "bob", "inspected", "brought in"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(!all.contains("href=\"/audit"), "who may not see the log gets no way there");
    let approvals = browser.get(&format!("{timeline}?show=approvals")).await.text();
    assert!(approvals.contains("eve") && !approvals.contains("canary"), "{approvals}");
    assert!(browser.get(&format!("{timeline}?stage=research")).await.text().contains("Nothing of that kind"));
    assert!(browser.get(&format!("{timeline}?before=0")).await.text().contains("Nothing of that kind"));
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    let all = admin.get(&timeline).await.text();
    let record = links(&all, "/audit?before=").remove(0);
    assert!(admin.get(&record).await.text().contains("org/m"));
    gate.assert_sound().await;
}

#[tokio::test]
async fn two_revisions_are_compared() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let nobody = gate.person("nobody", &[]).await;
    let before = gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    gate.pass(60);
    let mut files = clean("2");
    files.retain(|(path, _)| *path != "sub/notes.txt");
    files.push(("notes/moved.txt", b"hello\n".to_vec()));
    files.push(("<b>.pkl", HOSTILE.to_vec()));
    gate.import("admin", "org/m", "internal", &parts(&files)).await;
    let browser = Browser::signed_in(&gate, &ada).await;
    let page = browser.get(&format!("/models/org/m?revision={before}")).await.text();
    let compare = links(&page, "/compare/").remove(0);
    let shown = browser.get(&compare).await.text();
    for part in [
        "renamed from",
        "sub/notes.txt",
        "notes/moved.txt",
        "changed",
        "config.json",
        "added",
        "Rejected",
        "Released",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.contains("New <span") && !shown.contains("<b>.pkl"), "{shown}");
    let (old, new) = compare.strip_prefix("/compare/").unwrap().split_once('/').unwrap();
    let back = browser.get(&format!("/compare/{new}/{old}")).await.text();
    assert!(back.contains("Gone <span") && back.contains("removed"), "{back}");
    let same = browser.get(&format!("/compare/{old}/{old}")).await.text();
    assert!(same.contains("byte for byte"), "{same}");
    // What is there and what is not look the same to who may not know.
    let hidden = Browser::signed_in(&gate, &nobody).await;
    let there = hidden.get(&compare).await;
    assert_eq!(there.status, StatusCode::NOT_FOUND);
    assert_eq!(there.text(), hidden.get("/compare/none/none").await.text());
    // Of two models nothing is compared.
    gate.import("admin", "org/n", "internal", &parts(&clean("3"))).await;
    let page = Browser::signed_in(&gate, &ada).await.get("/models/org/n").await.text();
    let other = links(&page, "/reports/").remove(0).replace("/reports/", "");
    assert_eq!(browser.get(&format!("/compare/{old}/{other}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn where_a_model_comes_from_is_drawn_and_told() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    gate.import("admin", "org/base", "internal", &parts(&clean("1"))).await;
    let described = gate.beside_of(|parts| Parts { inspector: Arc::new(Descended), ..parts }).await;
    described.import("admin", "org/child", "internal", &parts(&clean("2"))).await;
    let browser = Browser::signed_in(&gate, &ada).await;
    let child = browser.get("/models/org/child").await.text();
    for part in [
        "<svg class=\"lineage\"",
        "<desc",
        "far/away",
        "org/cousin",
        "href=\"/models/org/base\"",
        "do not show it",
    ] {
        assert!(child.contains(part), "{part}: {child}");
    }
    let base = browser.get("/models/org/base").await.text();
    assert!(base.contains("base of") && base.contains("href=\"/models/org/child\""), "{base}");
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_card_that_names_a_hidden_model_in_other_letters_does_not_lead_to_it() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    gate.import("admin", "ORG/base", "internal", &parts(&clean("1"))).await;
    let text = "@id(\"house\") @message(\"house\") @outcome(\"deny\") forbid (principal, action == \
                Weighhouse::Action::\"view\", resource) when { resource.name == \"ORG/base\" };";
    let source = SourceText { name: "house.cedar".to_owned(), text: text.into() };
    let policies = PolicySet::load(Base::Default, &[source]).unwrap();
    let gate = gate.beside_of(|parts| Parts { policies, inspector: Arc::new(Descended), ..parts }).await;
    gate.import("admin", "org/child", "internal", &parts(&clean("2"))).await;
    let child = Browser::signed_in(&gate, &ada).await.get("/models/org/child").await.text();
    assert!(child.contains("Org/Base"), "the card says so: {child}");
    assert!(!child.contains("/models/ORG/base"), "{child}");
}

#[tokio::test]
async fn a_database_of_an_older_program_is_completed() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let database = gate.database().await;
    for statement in ["UPDATE log_records SET subject = NULL", "DELETE FROM summaries", "DELETE FROM bases"] {
        sqlx::query(statement).execute(&database).await.unwrap();
    }
    database.close().await;
    let again = gate.beside().await;
    again.assert_sound().await;
    let browser = Browser::signed_in(&again, &gate.admin).await;
    assert!(browser.get("/inventory").await.text().contains("org/m"));
}
