//! What the user reads when a Hub refuses, fails or cannot be reached.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::server::{Reply, Server};
use super::{Place, Reader, WEIGHTS, contents, usual};

fn refusing(reply: Reply) -> String {
    let server = Server::start(move |_| reply.clone());
    Place::new(&server.url).error()
}

#[test]
fn users_of_a_gate_are_told_what_its_operators_must_do() {
    for (status, code) in [(401, "RepoNotFound"), (403, "GatedRepo")] {
        let server = Server::start(move |_| Reply::new(status).with("X-Error-Code", code));
        let mut place = Place::new(&server.url);
        place.options.reader = Reader::OfGate;
        let why = place.error();
        assert!(why.contains("operators of this gate must") && !why.contains("HF_TOKEN"), "{why}");
        assert!(why.contains("`WEIGHHOUSE_UPSTREAM_TOKEN`"), "{why}");
    }
}

#[test]
fn the_reasons_of_a_hub_are_shown() {
    let gated = Reply::new(403)
        .with("X-Error-Code", "GatedRepo")
        .with("X-Error-Message", "Access to model org/model is restricted.");
    assert_eq!(
        refusing(gated),
        "the Hub refuses `org/model@main`: Access to model org/model is restricted. (403 GatedRepo); ask for access where \
         the model is offered, and set `HF_TOKEN` to a token that has it"
    );
    let revoked = Reply::new(404)
        .with("X-Error-Code", "RevisionNotFound")
        .with("X-Error-Message", "revoked: advisory 17");
    assert_eq!(
        refusing(revoked),
        "the Hub does not offer `org/model@main`: revoked: advisory 17 (404 RevisionNotFound)"
    );
    assert_eq!(
        refusing(Reply::new(401)),
        "the Hub refuses `org/model@main`: it does not exist, or may not be seen without a token (401); check the name, \
         and set `HF_TOKEN` if the model is private or gated"
    );
    assert_eq!(
        refusing(Reply::new(429).with("Retry-After", &30)),
        "the Hub refuses `org/model@main`: too many requests (429); it asks to wait 30 s; try again later"
    );
    let in_body = Reply { status: 500, body: br#"{"error":"disk full"}"#.to_vec(), ..Reply::default() };
    assert_eq!(refusing(in_body), "the Hub refuses `org/model@main`: disk full (500); try again later");
    assert_eq!(refusing(Reply::new(404)), "the Hub does not offer `org/model@main`: it does not exist (404)");
}

#[test]
fn words_of_a_hub_cannot_drive_the_terminal() {
    let text = refusing(
        Reply::new(403)
            .with("X-Error-Message", "\u{1b}[2Jall is well \u{202e}")
            .with("X-Error-Code", &"x".repeat(5000)),
    );
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    assert!(text.len() < 1000);
}

#[test]
fn a_refused_file_is_named() {
    let server = Server::start(|request| match request.file() {
        Some("model.safetensors") => Reply::new(404).with("X-Error-Code", "EntryNotFound"),
        _ => usual().answer(request),
    });
    let place = Place::new(&server.url);
    assert_eq!(
        place.error(),
        "the Hub does not offer `model.safetensors`: it does not exist (404 EntryNotFound)"
    );
    assert!(!place.model().join("refs").exists());
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    let stumbled = AtomicBool::new(false);
    let server = Server::start(move |request| match request.file() {
        Some("model.safetensors") if !stumbled.swap(true, Ordering::SeqCst) => Reply::new(503),
        _ => usual().answer(request),
    });
    assert_eq!(contents(&Place::new(&server.url).get().unwrap()).len(), 4);
}

#[test]
fn offline_opens_no_connection() {
    let server = Server::start(|request| usual().answer(request));
    let mut place = Place::new(&server.url);
    let error = place.offline("main").unwrap_err().to_string();
    assert!(error.contains("is not in the local cache") && error.contains("--offline"), "{error}");
    assert!(server.requests().is_empty());
    assert!(!place.model().exists(), "looking creates nothing");
}

#[test]
fn without_a_connection_the_cache_has_to_do() {
    let broken = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let broken = Arc::clone(&broken);
        move |request| if broken.load(Ordering::SeqCst) { Reply::new(502) } else { usual().answer(request) }
    });
    let mut place = Place::new(&server.url);
    place.get().unwrap();
    broken.store(true, Ordering::SeqCst);
    let listing = place.get().unwrap();
    assert_eq!(
        listing.name,
        "hf:org/model@main (commit 0123456789ab, local cache; the Hub could not be asked)"
    );
    drop(server);
    assert_eq!(contents(&place.get().unwrap()).len(), 4);
    place.options.cache = place.folder.path().join("other");
    let error = place.error();
    assert!(error.starts_with("cannot fetch `http://127.0.0.1:"), "{error}");
}

#[test]
fn what_was_withdrawn_is_not_served_from_the_cache_in_silence() {
    let withdrawn = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let withdrawn = Arc::clone(&withdrawn);
        move |request| {
            if withdrawn.load(Ordering::SeqCst) {
                Reply::new(404).with("X-Error-Code", "RevisionNotFound")
            } else {
                usual().answer(request)
            }
        }
    });
    let mut place = Place::new(&server.url);
    place.get().unwrap();
    withdrawn.store(true, Ordering::SeqCst);
    let error = place.error();
    assert!(
        error.ends_with("(404 RevisionNotFound); the local cache holds a copy, which `--offline` inspects"),
        "{error}"
    );
    assert_eq!(contents(&place.offline("main").unwrap())[2].1, WEIGHTS);
}

#[test]
fn names_of_repositories_are_checked_before_anything_else() {
    let place = Place::new("http://127.0.0.1:1");
    for name in ["../../x", "a/b/c", "org/--x", "org/name?x=1"] {
        let result = weighhouse_scan::source::hub::from_hub(
            name,
            "main",
            &place.options,
            &AtomicBool::new(false),
            &|_| (),
        );
        assert!(result.unwrap_err().to_string().contains("is not the name of a repository"), "{name}");
    }
}
