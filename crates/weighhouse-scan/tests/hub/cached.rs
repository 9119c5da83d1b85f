//! Caches that other clients filled, in part or wholly.

use std::fs;

use weighhouse_scan::source::ObstacleKind;

use super::server::{COMMIT, Server, name_of};
use super::{Place, WEIGHTS, contents, usual};

/// The cache as a client leaves it that downloaded only the named files, and noted the list of all if `with_list`.
fn partly(place: &Place, names: &[&str], with_list: bool) {
    let hub = usual();
    let snapshot = place.model().join("snapshots").join(COMMIT);
    fs::create_dir_all(place.model().join("blobs")).unwrap();
    fs::create_dir_all(place.model().join("refs")).unwrap();
    fs::create_dir_all(&snapshot).unwrap();
    fs::create_dir_all(place.model().join(".no_exist").join(COMMIT)).unwrap();
    fs::write(place.model().join(".no_exist").join(COMMIT).join("adapter_config.json"), "").unwrap();
    fs::write(place.model().join("refs/main"), COMMIT).unwrap();
    for (path, bytes) in hub.files.iter().filter(|(path, _)| names.contains(path)) {
        fs::write(place.blob(&name_of(path, bytes)), bytes).unwrap();
        fs::copy(place.blob(&name_of(path, bytes)), snapshot.join(path)).unwrap();
    }
    if with_list {
        let files: serde_json::Map<_, _> = hub
            .files
            .iter()
            .map(|(path, bytes)| {
                ((*path).to_owned(), serde_json::json!({ "size": bytes.len(), "blob_id": "x" }))
            })
            .collect();
        let tree = serde_json::json!({ "format_version": 1, "files": files });
        fs::create_dir_all(place.model().join("trees")).unwrap();
        fs::write(place.model().join(format!("trees/{COMMIT}.json")), tree.to_string()).unwrap();
    }
}

#[test]
fn what_the_cache_lacks_is_said_if_it_can_be_known() {
    let mut place = Place::new("http://127.0.0.1:1");
    partly(&place, &["config.json", "empty.txt"], true);
    let listing = place.offline("main").unwrap();
    assert_eq!(contents(&listing).len(), 2);
    let lacking: Vec<_> =
        listing.obstacles.iter().map(|obstacle| (obstacle.path.as_str(), obstacle.kind)).collect();
    assert_eq!(
        lacking,
        [
            ("model.safetensors", ObstacleKind::NotDownloaded),
            ("onnx/deep/er/notes.md", ObstacleKind::NotDownloaded)
        ]
    );
    assert!(listing.obstacles[0].detail.contains("holds only a part"));
}

#[test]
fn without_a_list_what_is_there_is_inspected() {
    let mut place = Place::new("http://127.0.0.1:1");
    partly(&place, &["config.json"], false);
    let listing = place.offline("main").unwrap();
    assert_eq!((contents(&listing).len(), listing.obstacles.len()), (1, 0));
}

#[test]
fn the_rest_is_downloaded_when_that_is_allowed() {
    for (with_list, revision) in [(false, "main"), (true, "main"), (false, COMMIT), (true, COMMIT)] {
        let server = Server::start(|request| usual().answer(request));
        let place = Place::new(&server.url);
        partly(&place, &["config.json", "empty.txt"], with_list);
        let listing = place.get_revision(revision).unwrap();
        assert_eq!((contents(&listing).len(), listing.obstacles.len()), (4, 0));
        let fetched: Vec<_> = server.downloads().into_iter().map(|(path, _)| path).collect();
        assert_eq!(fetched, ["model.safetensors", "onnx/deep/er/notes.md"]);
    }
}

#[test]
fn a_damaged_blob_is_replaced() {
    let server = Server::start(|request| usual().answer(request));
    let place = Place::new(&server.url);
    place.get().unwrap();
    fs::write(place.blob(&name_of("model.safetensors", WEIGHTS)), &WEIGHTS[..10]).unwrap();
    assert_eq!(contents(&place.get().unwrap())[2].1, WEIGHTS);
}

#[test]
fn a_moved_branch_is_followed() {
    const NEXT: &str = "ffffffffffffffffffffffffffffffffffffffff";
    let server = Server::start(|request| usual().answer(request));
    let mut place = Place::new(&server.url);
    place.get().unwrap();
    let moved = Server::start(|request| {
        let mut description = usual().description();
        description["sha"] = NEXT.into();
        if request.target.contains("/revision/") {
            super::server::Reply::json(&description)
        } else {
            usual().answer(request)
        }
    });
    place.options.endpoint.clone_from(&moved.url);
    assert_eq!(place.get().unwrap().name, "hf:org/model@main (commit ffffffffffff, local cache)");
    assert!(moved.downloads().is_empty(), "the same content is not downloaded again");
    assert!(place.offline("main").unwrap().name.contains("ffffffffffff"));
    assert!(place.offline(COMMIT).unwrap().name.contains("0123456789ab"));
}

#[test]
fn references_that_lead_elsewhere_are_none() {
    for text in ["../../../../etc", "", "0123", &"a".repeat(10_000)] {
        let mut place = Place::new("http://127.0.0.1:1");
        partly(&place, &["config.json"], false);
        fs::write(place.model().join("refs/main"), text).unwrap();
        assert!(place.offline("main").is_err(), "{text:.20}");
    }
}

#[test]
fn lists_of_a_cache_are_not_trusted_blindly() {
    for text in
        ["", "[]", "{\"format_version\":2,\"files\":{}}", "{\"format_version\":1,\"files\":{\"a\":5}}"]
    {
        let mut place = Place::new("http://127.0.0.1:1");
        partly(&place, &["config.json"], true);
        fs::write(place.model().join(format!("trees/{COMMIT}.json")), text).unwrap();
        assert_eq!(place.offline("main").unwrap().obstacles.len(), 0, "{text}");
    }
    // A name that leaves the folder is not looked up: it counts as lacking.
    let mut place = Place::new("http://127.0.0.1:1");
    partly(&place, &["config.json"], true);
    let tree = r#"{"format_version":1,"files":{"../../refs/main":{"size":1,"blob_id":"x"}}}"#;
    fs::write(place.model().join(format!("trees/{COMMIT}.json")), tree).unwrap();
    assert_eq!(place.offline("main").unwrap().obstacles.len(), 1);
}
