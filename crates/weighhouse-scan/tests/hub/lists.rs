//! How a Hub tells which files there are, and lists that cannot be true.

use serde_json::{Value, json};

use super::server::{COMMIT, Hub, Reply, Request, Server, git_id, name_of, sibling};
use super::{Place, WEIGHTS, contents, usual};

/// A Hub that describes the model as `description`, and else answers as usual.
fn describing(description: Value) -> Server {
    Server::start(move |request| {
        if request.target.contains("/revision/") {
            Reply::json(&description)
        } else {
            usual().answer(request)
        }
    })
}

fn listing(siblings: &[Value]) -> Server {
    describing(json!({ "sha": COMMIT, "siblings": siblings }))
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    for name in [
        "../../../etc/cron.d/x",
        "/etc/passwd",
        "a/../../b",
        "a\\..\\b",
        "c:evil",
        "",
        ".",
        "a\u{0}b",
        "a\nb",
    ] {
        let server = listing(&[sibling(name, b"x")]);
        let place = Place::new(&server.url);
        let error = place.error();
        assert!(error.contains("a file with the unsafe name"), "{error}");
        assert!(!error.contains('\n'));
        assert!(server.downloads().is_empty());
        assert!(!place.model().exists(), "{name:?}");
    }
}

#[test]
fn contradictory_lists_are_refused() {
    let twice = [sibling("a", b"x"), sibling("a", b"y")];
    assert!(Place::new(&listing(&twice).url).error().contains("lists `a` twice"));
    let both = [sibling("a/b/c", b"x"), sibling("a", b"y")];
    assert!(Place::new(&listing(&both).url).error().contains("lists `a` as file and as folder"));
    let server = describing(json!({ "sha": "main", "siblings": [] }));
    assert!(Place::new(&server.url).error().contains("it names no commit"));
    let server = describing(json!({ "sha": COMMIT }));
    assert!(Place::new(&server.url).error().contains("it lists no files"));
    let server = describing(json!({ "sha": COMMIT, "siblings": [] }));
    let error = Place::new(&server.url).get_revision(&COMMIT.replace('0', "f")).unwrap_err().to_string();
    assert!(error.contains("it is about another commit"), "{error}");
    let many: Vec<_> = (0..1001).map(|i| sibling(&format!("{i}"), b"")).collect();
    assert!(Place::new(&listing(&many).url).error().contains("more than 1000 files"));
}

#[test]
fn sizes_that_overflow_are_only_numbers() {
    let mut huge = sibling("model.safetensors", WEIGHTS);
    huge["lfs"]["size"] = json!(u64::MAX);
    let mut other = sibling("b.safetensors", b"b");
    other["lfs"]["size"] = json!(u64::MAX);
    assert!(Place::new(&listing(&[huge, other]).url).error().contains("bytes are declared"));
}

#[test]
fn answers_that_are_not_of_a_hub_are_named_as_such() {
    for body in
        ["<html>Sign in</html>", "", "[]", "{\"sha\": 5}", "{\"sha\": \"x\", \"siblings\": [{\"size\": -1}]}"]
    {
        let server = Server::start(move |_| Reply { status: 200, body: body.into(), ..Reply::default() });
        let error = Place::new(&server.url).error();
        assert!(error.contains("it is not the JSON that a Hub sends"), "{error}");
    }
    let deep = "[".repeat(1 << 20);
    let server = Server::start(move |_| Reply { status: 200, body: deep.clone().into(), ..Reply::default() });
    assert!(Place::new(&server.url).error().contains("is not the JSON"));
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let mut body = br#"{"siblings":[],"#.to_vec();
    body.extend(std::iter::repeat_n(b' ', 65 << 20));
    let server = Server::start(move |_| Reply { status: 200, body: body.clone(), ..Reply::default() });
    assert!(Place::new(&server.url).error().contains("larger than 64 MiB"));
}

#[test]
fn mirrors_that_declare_digests_in_headers_only_are_understood() {
    let bare: Vec<_> = usual().files.iter().map(|(path, _)| json!({ "rfilename": path })).collect();
    let server = listing(&bare);
    let mut place = Place::new(&server.url);
    assert_eq!(contents(&place.get().unwrap()).len(), 4);
    assert!(server.requests().iter().any(|request| request.method == "HEAD"));
    // Git's ids of large files are not known then; the cache is still whole for us.
    assert_eq!(contents(&place.offline("main").unwrap()).len(), 4);
}

#[test]
fn headers_of_a_file_come_from_the_endpoint_or_its_redirect() {
    let store = Server::start(|request| match request.method.as_str() {
        "HEAD" => Reply::new(403),
        _ => super::server::content(request, WEIGHTS),
    });
    let away = format!("{}/x", store.url);
    let head = move |request: &Request| {
        let name = name_of("model.safetensors", WEIGHTS);
        let reply = Reply::new(302)
            .with("Location", &away)
            .with("X-Repo-Commit", COMMIT)
            .with("ETag", "\"of the redirect\"")
            .with("X-Linked-Etag", &format!("\"{name}\""))
            .with("X-Linked-Size", &WEIGHTS.len());
        match request.file() {
            Some("model.safetensors") => {
                Reply::new(307).with("Location", &request.target.replace("model.", "m."))
            }
            Some(_) => reply,
            None => Reply::new(404),
        }
    };
    let server = Server::start(move |request| {
        if request.target.contains("/revision/") {
            Reply::json(&json!({ "sha": COMMIT, "siblings": [{ "rfilename": "model.safetensors" }] }))
        } else {
            head(request)
        }
    });
    assert_eq!(contents(&Place::new(&server.url).get().unwrap())[0].1, WEIGHTS);
    assert!(store.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn what_cannot_be_checked_is_not_downloaded() {
    for (headers, reason) in [
        (vec![("ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"")], "no digest is declared"),
        (vec![], "no digest is declared"),
        (
            vec![("ETag", "\"x\""), ("X-Repo-Commit", "1111111111111111111111111111111111111111")],
            "another commit",
        ),
    ] {
        let server = Server::start(move |request| match request.method.as_str() {
            "HEAD" => headers.iter().fold(Reply::new(200), |reply, (name, value)| reply.with(name, value)),
            _ if request.target.contains("/revision/") => {
                Reply::json(&json!({ "sha": COMMIT, "siblings": [{ "rfilename": "a" }] }))
            }
            _ => Reply::new(404),
        });
        let error = Place::new(&server.url).error();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn long_lists_come_in_pages() {
    let names: Vec<String> = (0..25).map(|i| format!("f{i}.txt")).collect();
    let entry = |name: &String| json!({ "type": "file", "path": name, "size": name.len(), "oid": git_id(name.as_bytes()), "lfs": null });
    let folder = json!({ "type": "directory", "path": "f", "size": 0, "oid": git_id(b"") });
    let server = Server::start({
        let names = names.clone();
        move |request| {
            if let Some(path) = request.file() {
                return super::server::content(request, path.as_bytes());
            }
            if request.target.contains("/revision/") {
                return Reply::json(&json!({ "sha": COMMIT }));
            }
            let page: usize =
                request.target.split_once("cursor=").map_or(0, |(_, cursor)| cursor.parse().unwrap());
            let mut entries: Vec<_> = names.iter().skip(page * 10).take(10).map(entry).collect();
            entries.push(folder.clone());
            let host = request.header("host").unwrap();
            let next = format!("<http://{host}/api/models/org/model/tree/{COMMIT}?cursor={}>", page + 1);
            match page {
                2 => Reply::json(&json!(entries)),
                _ => Reply::json(&json!(entries)).with("Link", &format!("{next}; rel=\"next\"")),
            }
        }
    });
    let found = contents(&Place::new(&server.url).get().unwrap());
    assert_eq!(found.len(), names.len());
    assert!(found.iter().all(|(path, bytes)| path.as_bytes() == bytes));
    let trees = server.requests().iter().filter(|request| request.target.contains("/tree/")).count();
    assert_eq!(trees, 3);
}

#[test]
fn pages_without_end_are_given_up() {
    let server = Server::start(|request| {
        if request.target.contains("/revision/") {
            Reply::json(&json!({ "sha": COMMIT }))
        } else {
            {
                let page: usize =
                    request.target.split_once("cursor=").map_or(0, |(_, page)| page.parse().unwrap());
                let entries: Vec<_> = (0..100).map(|i| sibling(&format!("{page}-{i}"), b"")).collect();
                Reply::json(&json!(entries))
                    .with("Link", &format!("</tree/x?cursor={}>; rel=\"next\"", page + 1))
            }
        }
    });
    assert!(Place::new(&server.url).error().contains("more than 1000 files"));
    assert!(server.requests().len() < 20);
}

#[test]
fn revisions_of_all_kinds_are_asked_for_and_remembered() {
    let server = Server::start(|request| usual().answer(request));
    let mut place = Place::new(&server.url);
    for (revision, asked) in [
        ("main", "main"),
        ("v1.0", "v1.0"),
        ("feature/new head", "feature%2Fnew%20head"),
        ("refs/pr/7", "refs%2Fpr%2F7"),
        (COMMIT, COMMIT),
    ] {
        place.options.offline = false;
        place.get_revision(revision).unwrap();
        let target = format!("/api/models/org/model/revision/{asked}?blobs=true");
        // A commit that is there already needs no question.
        let known = server.requests().iter().any(|request| request.target == target);
        assert_eq!(known, revision != COMMIT, "{revision}");
        assert_eq!(contents(&place.offline(revision).unwrap()).len(), 4, "{revision}");
    }
    assert!(place.model().join("refs/refs/pr/7").is_file());
    for wrong in ["", "../main", "a//b", "a\\b", "/main"] {
        let error = place.get_revision(wrong).unwrap_err().to_string();
        assert!(error.contains("is not a revision"), "{error}");
    }
}

#[test]
fn names_are_encoded() {
    let hub = Hub::new(&[("a b/100%?#ü.txt", b"x")]);
    let server = Server::start(move |request| match request.file() {
        Some("a%20b/100%25%3F%23%C3%BC.txt") => super::server::content(request, b"x"),
        Some(_) => Reply::new(404),
        None => hub.answer(request),
    });
    assert_eq!(contents(&Place::new(&server.url).get().unwrap())[0].0, "a b/100%?#ü.txt");
}
