//! Backup of a gate that runs, and restore where there is none: what comes back is what was there, or nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;
use weighhouse_core::Digest;
use weighhouse_server::blocking;
use weighhouse_server::{Backup, Gate, Restore, Restored, Settings};

use crate::contents;
use crate::harness::{self, START, TestGate, clean, fresh_database, parts};

/// A gate with a bit of everything.
async fn full() -> TestGate {
    let gate = TestGate::new().await;
    let bob = gate.person("bob", &["approver"]).await;
    let odd = json!({ "person": "bob", "label": "ünï'\"cödé \\ \u{1f600}" });
    assert_eq!(gate.post("/api/v1/tokens", &gate.admin, odd).await.status, StatusCode::CREATED);
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let commit =
        gate.import("admin", "org/m", "production", &parts(&clean("2 — ‘quoted’, \\\\ and \u{1f600}"))).await;
    let release = gate.release("org/m", "production", &commit).await;
    let path = format!("/api/v1/releases/{}/approve", release["id"].as_str().unwrap());
    let comment = json!({ "comment": "it's \"good\";\n-- and 日本" });
    let approved = gate.post(&path, &bob, comment).await;
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.json());
    gate.get("/org/m/resolve/main/config.json", &bob).await;
    gate
}

async fn back_up(gate: &TestGate, to: &Path, with_key: bool) -> Result<weighhouse_server::BackedUp, String> {
    let (settings, now) = (gate.settings.clone(), gate.clock.load(std::sync::atomic::Ordering::Relaxed));
    let what = Backup { to: to.to_owned(), with_key };
    let clock: weighhouse_server::Clock = Arc::new(move || now);
    let done = tokio::task::spawn_blocking(move || blocking::backup(&settings, &clock, &what));
    done.await.unwrap().map_err(|error| error.to_string())
}

async fn restore(settings: &Settings, what: Restore) -> Result<Restored, String> {
    let settings = settings.clone();
    let clock: weighhouse_server::Clock = Arc::new(|| START);
    let done = tokio::task::spawn_blocking(move || blocking::restore(&settings, &clock, &what));
    done.await.unwrap().map_err(|error| error.to_string())
}

fn from(place: &Path) -> Restore {
    Restore { from: place.to_owned(), contents: None, key: None, without_contents: false }
}

/// Settings of a gate that is not there yet.
fn elsewhere(gate: &TestGate, folder: &Path, database: Option<String>) -> Settings {
    let data = folder.join("restored");
    Settings { blobs: contents::storage(&data), data, database, ..gate.settings.clone() }
}

async fn open(gate: &TestGate, settings: &Settings) -> Arc<Gate> {
    // In no backup, and not made again: it has sealed.
    let key = settings.data.join("seal.key");
    if !key.exists() {
        let refused = Gate::open(settings.clone(), harness::works(&gate.clock)).await;
        assert!(refused.unwrap_err().to_string().contains("this gate has sealed by it"));
        assert!(!key.exists());
        std::fs::copy(gate.data().join("seal.key"), key).unwrap();
    }
    Gate::open(settings.clone(), harness::works(&gate.clock)).await.unwrap()
}

/// All there is to see.
async fn seen(gate: &Arc<Gate>, token: &str) -> Vec<String> {
    let mut all = Vec::new();
    for path in [
        "/api/v1/people",
        "/api/v1/tokens",
        "/api/v1/models/org/m",
        "/api/v1/releases?state=reviewable",
        "/api/models/org/m/tree/main?recursive=true",
        "/org/m/resolve/main/model.safetensors",
    ] {
        let answer = harness::ask(gate, "GET", path, token, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        all.push(String::from_utf8_lossy(&answer.body).into_owned());
    }
    all
}

#[tokio::test]
async fn what_was_there_is_there_again_on_either_database() {
    let (gate, folder) = (full().await, tempfile::tempdir().unwrap());
    let place = folder.path().join("backups");
    let done = back_up(&gate, &place, true).await.unwrap();
    assert_eq!(done.contents, Some((4, 0)));
    assert!(done.damaged.is_empty() && done.rows > 20, "{done:?}");
    let before = gate.gate.audit().await.unwrap();
    assert_eq!(done.checkpoint, before.checkpoint);

    // On the kind of database it came from, and from SQLite to PostgreSQL and back if there is one.
    for (name, database) in [("same", fresh_database().await), ("file", None)] {
        let settings = elsewhere(&gate, &folder.path().join(name), database);
        let restored = restore(&settings, from(&place)).await.unwrap();
        assert_eq!((restored.at, restored.missing), (START, 0));
        let again = open(&gate, &settings).await;
        let after = again.audit().await.unwrap();
        assert_eq!(after, before);
        assert_eq!(seen(&again, &gate.admin).await, seen(&gate.gate, &gate.admin).await);
        // It goes on: the log grows from where it was.
        let body = json!({ "name": "carol", "roles": ["user"] });
        let made = harness::ask(&again, "POST", "/api/v1/people", &gate.admin, Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let later = again.audit().await.unwrap();
        assert!(later.faults.is_empty() && later.records > before.records);
        assert!(again.bootstrap().await.unwrap().is_none(), "it has an administrator");
        // And it is not restored over.
        let why = restore(&settings, from(&place)).await.unwrap_err();
        assert!(why.contains("in use by a gate"), "{why}");
        assert_eq!(again.audit().await.unwrap(), later);
    }
}

#[tokio::test]
async fn a_second_backup_copies_what_is_new_and_an_old_one_can_still_be_had() {
    let (gate, folder) = (full().await, tempfile::tempdir().unwrap());
    let place = folder.path().join("backups");
    let first = back_up(&gate, &place, true).await.unwrap();
    let again = back_up(&gate, &place, true).await.unwrap_err();
    assert!(again.contains("is there already"), "{again}");
    gate.import("admin", "org/n", "internal", &parts(&clean("3"))).await;
    gate.pass(3600);
    let second = back_up(&gate, &place, true).await.unwrap();
    assert_eq!(second.contents, Some((1, 4)));
    assert!(second.file > first.file && second.rows > first.rows);
    for (backup, records) in [(place.clone(), &second.checkpoint), (first.file.clone(), &first.checkpoint)] {
        let other = tempfile::tempdir().unwrap();
        let settings = elsewhere(&gate, other.path(), None);
        let restored = restore(&settings, from(&backup)).await.unwrap();
        assert_eq!(&restored.audit.checkpoint, records);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gate_that_works_meanwhile_is_backed_up_as_of_one_moment() {
    let (gate, folder) = (full().await, tempfile::tempdir().unwrap());
    let busy = async {
        for number in 0..40 {
            gate.person(&format!("p{number}"), &["user"]).await;
        }
    };
    let backups = async {
        let mut files = Vec::new();
        for number in 0..4 {
            let file = folder.path().join(format!("{number}.backup"));
            back_up(&gate, &file, true).await.unwrap();
            files.push(file);
        }
        files
    };
    let ((), files) = tokio::join!(busy, backups);
    for file in files {
        let other = tempfile::tempdir().unwrap();
        let settings = elsewhere(&gate, other.path(), None);
        let restored = restore(&settings, Restore { without_contents: true, ..from(&file) }).await.unwrap();
        assert!(restored.audit.faults.is_empty() && restored.missing == 4);
    }
}

/// Nothing of a gate is there.
fn nothing_at(settings: &Settings) {
    for name in ["gate.db", "gate.db-wal", "log.key"] {
        assert!(!settings.data.join(name).exists(), "{name} is there");
    }
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_nothing_is_left() {
    let (gate, folder) = (full().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("one.backup");
    back_up(&gate, &file, true).await.unwrap();
    let whole = fs::read(&file).unwrap();
    let settings = elsewhere(&gate, folder.path(), None);
    let len = whole.len();
    let mut cases: Vec<Vec<u8>> =
        [0, 1, 10, len / 3, len / 2, len - 9, len - 1].map(|end| whole[..end].to_vec()).into();
    for at in (0..len).step_by(len / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        // Some bytes of the head of gzip say nothing about the content.
        if !(4..10).contains(&at) {
            cases.push(bytes);
        }
    }
    cases.push([whole.as_slice(), b"more"].concat());
    cases.push(b"not a backup\n".repeat(1000));
    let said = text_of(&file);
    for bytes in cases {
        fs::write(&file, &bytes).unwrap();
        // Some bits of compressed data, such as those after its last block, say nothing.
        if decompressed(&file).is_ok_and(|text| text == said) && bytes.len() == len {
            continue;
        }
        let what = Restore { without_contents: true, ..from(&file) };
        let why = restore(&settings, what).await.expect_err("it was restored");
        assert!(why.contains("backup"), "{why}");
        nothing_at(&settings);
    }
    fs::write(&file, &whole).unwrap();
    restore(&settings, Restore { without_contents: true, ..from(&file) }).await.unwrap();
}

/// What a backup says.
fn text_of(file: &Path) -> String {
    decompressed(file).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "our own backup is read")]
fn decompressed(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let mut lines = flate2::read::MultiGzDecoder::new(fs::File::open(file)?);
    std::io::Read::read_to_string(&mut lines, &mut text)?;
    Ok(text)
}

/// Lines of a backup, changed, with the sum at the end made anew: by somebody who knows the form.
fn forged(file: &Path, change: impl Fn(&str) -> String) {
    use std::io::Write as _;
    let text = text_of(file);
    let lines: Vec<&str> = text.lines().collect();
    let (_, lines) = lines.split_last().unwrap();
    let lines: Vec<String> = lines.iter().map(|line| change(line)).filter(|line| !line.is_empty()).collect();
    let body = format!("{}\n", lines.join("\n"));
    let rows = lines.iter().filter(|line| line.starts_with('[')).count();
    let end = json!({ "rows": rows, "sha256": weighhouse_core::Digest::of(body.as_bytes()).hex() });
    let out = fs::File::create(file).unwrap();
    let mut out = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
    writeln!(out, "{body}{end}").unwrap();
    out.finish().unwrap();
}

/// How a line of a backup is forged.
type Change = fn(&str) -> String;

#[tokio::test]
async fn a_forged_backup_is_found_by_its_own_log() {
    let (gate, folder) = (full().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("one.backup");
    back_up(&gate, &file, true).await.unwrap();
    let whole = fs::read(&file).unwrap();
    let settings = elsewhere(&gate, folder.path(), fresh_database().await);
    let what = || Restore { without_contents: true, ..from(&file) };
    let cases: [(&str, Change); 6] = [
        ("`person/bob`", |line| line.replace(r#"["bob","[\"approver\"]""#, r#"["bob","[\"admin\"]""#)),
        ("that do not fit with others", |line| {
            if line.starts_with(r#"["bob","#) { String::new() } else { line.to_owned() }
        }),
        ("there is no table `jobs2`", |line| line.replace(r#""table":"people""#, r#""table":"jobs2""#)),
        ("there is no table `people`", |line| {
            line.replace(r#""columns":["name","#, r#""columns":["na\"me","#)
        }),
        ("columns of its table", |line| line.replace(r#"["bob","#, r#"["bob",1,"#)),
        ("newer weighhouse", |line| line.replace(r#""schema":"#, r#""schema":99"#)),
    ];
    for (expected, change) in cases {
        fs::write(&file, &whole).unwrap();
        forged(&file, change);
        let why = restore(&settings, what()).await.expect_err(expected);
        assert!(why.contains(expected), "{expected}: {why}");
        nothing_at(&settings);
    }
    fs::write(&file, &whole).unwrap();
    forged(&file, str::to_owned);
    restore(&settings, what()).await.unwrap();
}

#[tokio::test]
async fn the_key_and_the_contents_must_be_the_right_ones() {
    let (gate, folder) = (full().await, tempfile::tempdir().unwrap());
    let place = folder.path().join("backups");
    let done = back_up(&gate, &place, false).await.unwrap();
    let settings = elsewhere(&gate, folder.path(), None);
    let key = gate.data().join("log.key");
    let text = fs::read_to_string(&key).unwrap();
    assert!(!text_of(&done.file).contains(text.trim()), "the key is in it");
    let why = restore(&settings, from(&place)).await.unwrap_err();
    assert!(why.contains("--key"), "{why}");
    let other = TestGate::new().await;
    let wrong = Restore { key: Some(other.data().join("log.key")), ..from(&place) };
    let why = restore(&settings, wrong).await.unwrap_err();
    assert!(why.contains("this is the key of"), "{why}");
    let right = || Restore { key: Some(key.clone()), ..from(&place) };
    let renamed = Settings { origin: "other.test/log".to_owned(), ..settings.clone() };
    assert!(restore(&renamed, right()).await.unwrap_err().contains("`origin`"));

    // One content is lost, one is another.
    let contents = all_files(&place.join("contents"));
    assert_eq!(contents.len(), 4);
    let kept = fs::read(&contents[0]).unwrap();
    for damage in [None, Some([kept.as_slice(), b"x"].concat()), Some(Vec::new())] {
        match damage {
            None => fs::remove_file(&contents[0]).unwrap(),
            Some(bytes) => fs::write(&contents[0], bytes).unwrap(),
        }
        let why = restore(&settings, right()).await.unwrap_err();
        assert!(why.contains("1 of 4 contents"), "{why}");
        nothing_at(&settings);
    }
    fs::write(&contents[0], &kept).unwrap();
    restore(&settings, right()).await.unwrap();
    assert_eq!(fs::read_to_string(settings.data.join("log.key")).unwrap().trim(), text.trim());
}

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(all_files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[tokio::test]
async fn what_the_gate_itself_has_lost_is_told_and_the_rest_is_saved() {
    let (gate, folder) = (full().await, tempfile::tempdir().unwrap());
    let [notes, config] = [&b"hello\n"[..], &clean("1")[0].1].map(|bytes| Digest::of(bytes).hex());
    gate.contents().remove(&notes).await;
    gate.contents().write(&config, b"other").await;
    let done = back_up(&gate, &folder.path().join("b"), true).await.unwrap();
    assert_eq!((done.damaged.len(), done.contents), (2, Some((2, 0))));
    let none = back_up(&gate, &folder.path().join("none/x.backup"), true).await.unwrap_err();
    assert!(none.contains("none"), "{none}");
    let mut settings = gate.settings.clone();
    settings.data = folder.path().join("empty");
    let nothing = tokio::task::spawn_blocking(move || {
        let what = Backup { to: PathBuf::from("/tmp/never.backup"), with_key: false };
        let clock: weighhouse_server::Clock = Arc::new(|| 0);
        blocking::backup(&settings, &clock, &what).map(drop).unwrap_err().to_string()
    });
    assert!(nothing.await.unwrap().contains("log.key"));
}
