//! The caches of the real client and ours, against each other: `tests/oracle/hub.py`.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::server::{COMMIT, Server};
use super::{Place, contents, usual};

/// Runs the script with the Python of `WEIGHHOUSE_PYTHON`, which must have `huggingface_hub`; without it, nothing.
#[expect(clippy::disallowed_methods, reason = "the real client is the oracle")]
fn script(arguments: &[&str]) -> Option<std::process::Output> {
    let python = std::env::var_os("WEIGHHOUSE_PYTHON")?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/hub.py");
    let output = std::process::Command::new(python).arg(path).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

#[test]
fn the_real_client_reads_our_cache_without_a_connection() {
    let server = Server::start(|request| usual().answer(request));
    let place = Place::new(&server.url);
    place.get().unwrap();
    place.get_revision("refs/pr/7").unwrap();
    let cache = place.options.cache.to_str().unwrap();
    script(&["read", cache, "main", "refs/pr/7", COMMIT]);
}

#[test]
fn we_read_the_cache_of_the_real_client() {
    let mut place = Place::new("http://127.0.0.1:1");
    let cache = place.options.cache.to_str().unwrap().to_owned();
    let Some(output) = script(&["write", &cache]) else { return };
    let expected: Vec<(String, String)> = serde_json::from_slice(&output.stdout).unwrap();
    place.options.offline = true;
    let get = |repository: &str, revision: &str| {
        weighhouse_scan::source::hub::from_hub(
            repository,
            revision,
            &place.options,
            &AtomicBool::new(false),
            &|_| (),
        )
    };
    for revision in ["main", "v1", "feature/x"] {
        let listing = get("org/whole", revision).unwrap();
        let found: Vec<_> = contents(&listing)
            .into_iter()
            .map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
            .collect();
        assert_eq!(found, expected);
        assert!(listing.obstacles.is_empty());
    }
    // Only the configuration was asked for. Clients of version 2 note what else there is.
    let listing = get("org/part", "main").unwrap();
    assert_eq!(listing.entries.len(), 1);
    let noted = place.options.cache.join("models--org--part/trees").is_dir();
    assert_eq!(listing.obstacles.len(), if noted { expected.len() - 1 } else { 0 });
}
