//! Bytes on their way: redirects, interruptions, lies about size and content.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use weighhouse_scan::source::hub::{HubError, from_hub};

use super::server::{Hub, Reply, Request, Server, content, name_of};
use super::{Place, WEIGHTS, contents, files_below};

const NAME: &str = "model.safetensors";

fn weights() -> Hub {
    Hub::new(&[(NAME, WEIGHTS)])
}

/// A Hub with one large file, for which `answer` answers.
fn serving(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.file() {
        Some(_) => answer(request),
        None => weights().answer(request),
    })
}

#[test]
fn the_token_is_not_sent_to_where_a_redirect_leads() {
    let store = Server::start(|request| content(request, WEIGHTS));
    let away = format!("{}/signed?X-Signature=abc", store.url);
    let server = serving(move |_| Reply::new(302).with("Location", &away));
    let place = Place::new(&server.url);
    place.leave_partial(&name_of(NAME, WEIGHTS), &WEIGHTS[..1000]);
    assert_eq!(contents(&place.get().unwrap()), [(NAME.to_owned(), WEIGHTS.to_vec())]);
    let there = store.requests();
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].header("authorization"), None);
    assert_eq!(there[0].header("range"), Some("bytes=1000-"), "the offset goes along");
    let here = server.requests();
    assert!(here.iter().all(|request| request.header("authorization") == Some("Bearer hf_secret")));
}

#[test]
fn the_token_goes_along_within_the_endpoint() {
    let server = Server::start(|request| match request.target.as_str() {
        target if target.starts_with("/api/models/org/model/") => {
            Reply::new(307).with("Location", &target.replace("org/model", "new/name"))
        }
        "/api/moved" => weights().answer(&Request { target: "/revision/".to_owned(), ..request.clone() }),
        target if target.starts_with("/api/models/new/name/") => {
            Reply::new(308).with("Location", "/api/moved")
        }
        _ => weights().answer(request),
    });
    Place::new(&server.url).get().unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| request.header("authorization").is_some()));
}

#[test]
fn redirects_end() {
    let server = serving(|request| Reply::new(302).with("Location", &request.target));
    assert!(Place::new(&server.url).error().contains("more than 5 redirects"));
    let server = serving(|_| Reply::new(302).with("Location", "file:///etc/passwd"));
    assert!(Place::new(&server.url).error().contains("must not be followed"));
    let server = serving(|_| Reply::new(302));
    assert!(Place::new(&server.url).error().contains("must not be followed"));
}

#[test]
fn a_cut_connection_is_taken_up_again() {
    let server = serving(|request| Reply { cut: Some(100_000), ..content(request, WEIGHTS) });
    let place = Place::new(&server.url);
    assert_eq!(contents(&place.get().unwrap())[0].1, WEIGHTS);
    let ranges: Vec<_> = server.downloads().into_iter().map(|(_, range)| range).collect();
    assert_eq!(ranges, [None, Some("bytes=100000-".to_owned()), Some("bytes=200000-".to_owned())]);
}

#[test]
fn a_run_resumes_what_an_earlier_one_left() {
    // As long as the file or longer, the rest is not lacking: checked, or begun anew.
    for (left, expected) in [(0, None), (123_456, Some("bytes=123456-")), (WEIGHTS.len() + 1, None)] {
        let server = serving(|request| content(request, WEIGHTS));
        let place = Place::new(&server.url);
        place.leave_partial(&name_of(NAME, WEIGHTS), &vec![7; left]);
        assert_eq!(contents(&place.get().unwrap())[0].1, WEIGHTS, "{left}");
        assert_eq!(server.downloads(), [(NAME.to_owned(), expected.map(str::to_owned))]);
    }
    let server = serving(|request| content(request, WEIGHTS));
    let place = Place::new(&server.url);
    place.leave_partial(&name_of(NAME, WEIGHTS), WEIGHTS);
    assert_eq!(contents(&place.get().unwrap())[0].1, WEIGHTS);
    assert_eq!(server.downloads(), []);
}

#[test]
fn servers_that_cannot_resume_send_everything() {
    let whole = Reply { status: 200, body: WEIGHTS.to_vec(), ..Reply::default() };
    let elsewhere = Reply { status: 206, body: WEIGHTS[5..].to_vec(), ..Reply::default() }
        .with("Content-Range", "bytes 5-299999/300000");
    for to_range in [whole.clone(), Reply::new(416), elsewhere] {
        let whole = whole.clone();
        let server = serving(move |request| match request.header("range") {
            Some(_) => to_range.clone(),
            None => whole.clone(),
        });
        let place = Place::new(&server.url);
        place.leave_partial(&name_of(NAME, WEIGHTS), &WEIGHTS[..1000]);
        assert_eq!(contents(&place.get().unwrap())[0].1, WEIGHTS);
    }
}

#[test]
fn other_bytes_than_declared_are_discarded() {
    let server = serving(|request| content(request, &vec![8; 300_000]));
    let place = Place::new(&server.url);
    let error = place.error();
    assert!(error.starts_with("`model.safetensors` arrived with digest "), "{error}");
    assert!(error.contains(&name_of(NAME, WEIGHTS)) && error.ends_with("it was discarded"), "{error}");
    assert!(!place.blob(&name_of(NAME, WEIGHTS)).exists());
    assert!(!files_below(&place.model()).iter().any(|file| file.starts_with("snapshots")));
    assert!(!place.model().join("refs").exists());

    // What was left by an earlier run may have been wrong: the next run does not build on it.
    let server = serving(|request| content(request, WEIGHTS));
    let mut place = Place::new(&server.url);
    place.leave_partial(&name_of(NAME, WEIGHTS), &[8; 1000]);
    assert!(matches!(place.get(), Err(HubError::Digest { .. })));
    place.get().unwrap();
    place.offline("main").unwrap();
}

#[test]
fn sizes_that_are_not_as_declared_are_seen_before_the_disk_is_full() {
    for (sent, known) in [(299_999, true), (300_001, true), (299_999, false), (2_000_000, false)] {
        let server = serving(move |_| Reply {
            status: 200,
            body: vec![7; sent],
            unannounced: !known,
            ..Reply::default()
        });
        let place = Place::new(&server.url);
        let error = place.error();
        if known {
            assert_eq!(
                error,
                format!(
                    "the answer of the Hub about `model.safetensors` cannot be used: 300000 bytes are declared, but {sent} \
                     are sent"
                )
            );
        } else if sent > 300_000 {
            assert!(error.ends_with("300000 bytes are declared, but more are sent"), "{error}");
        } else {
            assert!(error.contains("broken off after 299999 of 300000 bytes"), "{error}");
        }
        assert!(!place.blob(&name_of(NAME, WEIGHTS)).exists());
    }
}

#[test]
fn a_silent_server_is_given_up() {
    // Silent from the beginning, and after a start that is not continued.
    for start in [None, Some(1000)] {
        let server = serving(move |request| Reply {
            hang: Duration::from_secs(3),
            cut: start.map(|start| if request.header("range").is_some() { 0 } else { start }),
            ..content(request, WEIGHTS)
        });
        let begin = Instant::now();
        let error = Place::new(&server.url).get().unwrap_err();
        assert!(matches!(error, HubError::Connection { .. }), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn a_cancelled_download_keeps_what_arrived() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let server = serving(|request| content(request, WEIGHTS));
    let place = Place::new(&server.url);
    let stop = |progress: weighhouse_scan::source::hub::Progress<'_>| {
        assert_eq!((progress.path, progress.total), (NAME, 300_000));
        cancelled.store(true, Ordering::SeqCst);
    };
    let result = from_hub("org/model", "main", &place.options, &cancelled, &stop);
    assert!(matches!(result, Err(HubError::Cancelled)));
    let partial = place.blob(&format!("{}.weighhouse.incomplete", name_of(NAME, WEIGHTS)));
    let kept = std::fs::metadata(partial).unwrap().len();
    assert!(kept > 0 && kept < 300_000, "{kept}");
    place.get().unwrap();
    assert_eq!(server.downloads()[1].1, Some(format!("bytes={kept}-")));
}

#[test]
fn downloads_of_the_same_model_take_turns() {
    let server = serving(|request| Reply { hang: Duration::from_millis(200), ..content(request, WEIGHTS) });
    let place = Place::new(&server.url);
    let good = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(contents(&place.get().unwrap())[0].1, WEIGHTS);
                good.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    assert_eq!(good.into_inner(), 4);
    assert_eq!(server.downloads().len(), 1, "one downloads, the others wait");
    assert!(files_below(&place.model()).iter().all(|file| !file.contains("incomplete")));
}
