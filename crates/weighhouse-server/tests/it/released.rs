//! What is released, kept once more for servers that can read nothing else; in object storage, too (`tools/s3 run …`).

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use weighhouse_core::Digest;
use weighhouse_server::{Backup, Gate, Password, Place, Settings, blocking, work_off};

use crate::contents::{Contents, beside};
use crate::harness::{Answer, TestGate, clean, open, parts};
use crate::sound::faults_of_released;

const FILE: &str = "/org/m/resolve/main/model.safetensors";
const OTHER: &str = "/org/other/resolve/main/model.safetensors";

/// A gate that keeps what is released once more.
async fn keeping() -> TestGate {
    let gate = TestGate::with(|settings| settings.released = Some(beside(&settings.data))).await;
    gate.gate.begin_publishing().await.unwrap();
    gate
}

/// A server beside it that is told of nothing but what is released.
async fn giving(gate: &TestGate) -> TestGate {
    let only = gate.beside_set(|settings| {
        settings.released_only = true;
        if let Some(storage) = &mut settings.blobs {
            "s3://nowhere/at-all".clone_into(&mut storage.address);
        }
    });
    only.await
}

fn released(gate: &TestGate) -> Contents {
    Contents::released(&gate.settings)
}

/// Does what is to be done, and finds what is released, and nothing else.
async fn assert_kept(gate: &TestGate) {
    work_off(&gate.gate).await.unwrap();
    let database = gate.database().await;
    assert_eq!(faults_of_released(&database, &released(gate)).await, Vec::<String>::new());
    database.close().await;
    gate.assert_sound().await;
}

/// A model without findings, with contents of its own beside those that all of them have.
async fn import(gate: &TestGate, name: &str, salt: &str) -> String {
    gate.import("admin", name, "internal", &parts(&clean(salt))).await
}

fn weights() -> (Vec<u8>, String) {
    let weights = clean("1").remove(1).1;
    let digest = Digest::of(&weights).hex();
    (weights, digest)
}

async fn done(gate: &TestGate, token: &str, what: &str, body: Value) {
    let done = gate.post(&format!("/api/v1/{what}"), token, body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.json());
}

fn is_on_its_way(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "5");
    let why = String::from_utf8_lossy(&answer.body).into_owned() + answer.header("x-error-message");
    assert!(why.contains("on its way"), "{why}");
}

#[tokio::test]
async fn a_server_that_reads_nothing_else_gives_what_is_released() {
    let gate = keeping().await;
    import(&gate, "org/m", "1").await;
    let waits = gate.import("admin", "org/waits", "production", &parts(&clean("2"))).await;
    assert_eq!(gate.release("org/waits", "production", &waits).await["state"], "reviewable");
    assert_kept(&gate).await;
    let (weights, _) = weights();
    let config = Digest::of(&clean("2")[0].1).hex();
    assert_eq!(released(&gate).read(&config).await, None, "of what is not released nothing is there");
    let only = giving(&gate).await;
    if gate.settings.blobs.is_none() {
        // It cannot read anything else: the rest is gone while it gives.
        let folder = gate.data().join("blobs/sha256");
        std::fs::rename(&folder, gate.data().join("away")).unwrap();
    }
    let whole = only.get(FILE, &gate.admin).await;
    assert_eq!((whole.status, &whole.body), (StatusCode::OK, &weights));
    let ranged = Request::get(FILE).header("authorization", format!("Bearer {}", gate.admin));
    let ranged = only.send(ranged.header("range", "bytes=5-40").body(Body::empty()).unwrap()).await;
    assert_eq!((ranged.status, ranged.body.as_slice()), (StatusCode::PARTIAL_CONTENT, &weights[5..41]));
    let listed = only.get("/api/models/org/m", &gate.admin).await;
    assert_eq!(listed.status, StatusCode::OK);
    let ready = only.get("/readyz", "").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", String::from_utf8_lossy(&ready.body));
    let refused = only.get("/org/waits/resolve/production/config.json", &gate.admin).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_withdrawn_leaves_and_what_others_share_stays() {
    let gate = keeping().await;
    let first = import(&gate, "org/m", "1").await;
    let second = import(&gate, "org/other", "2").await;
    assert_kept(&gate).await;
    let only = giving(&gate).await;
    let (weights, shared) = weights();
    let own = Digest::of(&clean("1")[0].1).hex();
    let eve = gate.person("eve", &["security", "release-manager"]).await;
    done(&gate, &eve, "revoke", json!({ "model": "org/m", "commit": first, "reason": "no more" })).await;
    assert_eq!(
        only.get(FILE, &gate.admin).await.status,
        StatusCode::NOT_FOUND,
        "at once, by what is decided"
    );
    assert_kept(&gate).await;
    assert!(released(&gate).read(&own).await.is_none() && released(&gate).read(&shared).await.is_some());
    assert_eq!(only.get(OTHER, &gate.admin).await.body, weights);
    // Rolled back, and released again: away, and there again.
    let back = json!({ "model": "org/other", "stage": "internal", "reason": "worse" });
    done(&gate, &eve, "roll-back", back).await;
    assert_kept(&gate).await;
    assert_eq!(released(&gate).count().await, 0);
    let id = gate.release("org/other", "internal", &second).await["id"].as_str().unwrap().to_owned();
    done(&gate, &eve, &format!("releases/{id}/promote"), json!({})).await;
    assert_kept(&gate).await;
    assert_eq!(only.get(OTHER, &gate.admin).await.body, weights);
}

#[tokio::test]
async fn what_is_missing_or_damaged_there_is_said_to_come_and_comes() {
    let gate = keeping().await;
    let commit = import(&gate, "org/m", "1").await;
    import(&gate, "org/other", "2").await;
    let only = giving(&gate).await;
    let (weights, digest) = weights();
    assert_kept(&gate).await;
    for damage in
        [None, Some([weights.as_slice(), b"!"].concat()), Some(vec![0; weights.len()]), Some(Vec::new())]
    {
        match &damage {
            None => released(&gate).remove(&digest).await,
            // Another file at its place: in a folder it may be the one that all contents have, too.
            Some(bytes) => {
                released(&gate).remove(&digest).await;
                released(&gate).write(&digest, bytes).await;
            }
        }
        is_on_its_way(&only.get(FILE, &gate.admin).await);
        is_on_its_way(&only.get(OTHER, &gate.admin).await);
        let state = gate.release("org/m", "internal", &commit).await["state"].clone();
        assert_eq!(state, "released", "nothing is wrong with what was decided about");
        assert_kept(&gate).await;
        gate.pass(700);
        assert_eq!(only.get(FILE, &gate.admin).await.body, weights);
        assert_eq!(only.get(OTHER, &gate.admin).await.body, weights);
    }
    // Doubted once before, and nobody came to look, for it was withdrawn: it is news again.
    let database = gate.database().await;
    sqlx::query("UPDATE doubted SET looked = NULL").execute(&database).await.unwrap();
    database.close().await;
    gate.pass(700);
    released(&gate).remove(&digest).await;
    is_on_its_way(&only.get(FILE, &gate.admin).await);
    assert_kept(&gate).await;
    // Released, and nobody has brought it yet.
    import(&gate, "org/more", "3").await;
    let database = gate.database().await;
    sqlx::query("UPDATE published SET since = NULL").execute(&database).await.unwrap();
    released(&gate).remove(&Digest::of(&clean("3")[0].1).hex()).await;
    is_on_its_way(&only.get("/org/more/resolve/main/config.json", &gate.admin).await);
    gate.gate.begin_publishing().await.unwrap();
    assert_kept(&gate).await;
    assert_eq!(only.get("/org/more/resolve/main/config.json", &gate.admin).await.body, clean("3")[0].1);
    database.close().await;
}

#[tokio::test]
async fn what_is_lost_everywhere_stops_nothing_else_and_is_not_looked_for_by_each_who_asks() {
    let gate = keeping().await;
    import(&gate, "org/m", "1").await;
    import(&gate, "org/other", "2").await;
    let config = "/org/m/resolve/main/config.json";
    let lost = Digest::of(&clean("1")[0].1).hex();
    gate.contents().remove(&lost).await;
    released(&gate).remove(&lost).await;
    let only = giving(&gate).await;
    let looks = async || {
        let mut looks = 0;
        for _ in 0..5 {
            is_on_its_way(&only.get(config, &gate.admin).await);
            looks += work_off(&gate.gate).await.unwrap();
        }
        looks
    };
    assert_eq!(looks().await, 1);
    gate.pass(300);
    assert_eq!(
        looks().await,
        1,
        "what failed is tried again by itself, after a minute, and not for each who asks"
    );
    import(&gate, "org/more", "3").await;
    assert_eq!(only.get("/org/more/resolve/main/config.json", &gate.admin).await.body, clean("3")[0].1);
    assert_eq!(only.get(OTHER, &gate.admin).await.status, StatusCode::OK);
    is_on_its_way(&only.get(config, &gate.admin).await);
    // It comes in again, and is given again.
    import(&gate, "org/again", "1").await;
    assert_kept(&gate).await;
    assert_eq!(only.get(config, &gate.admin).await.body, clean("1")[0].1);
}

#[tokio::test]
async fn other_bytes_than_came_in_are_not_kept_and_faults_of_the_place_are_no_faults_of_contents() {
    let gate = keeping().await;
    let (weights, digest) = weights();
    let commit = import(&gate, "org/m", "1").await;
    released(&gate).remove(&digest).await;
    gate.contents().write(&digest, &vec![7; weights.len()]).await;
    let only = giving(&gate).await;
    is_on_its_way(&only.get(FILE, &gate.admin).await);
    work_off(&gate.gate).await.unwrap();
    let other = Digest::of(&vec![7; weights.len()]).hex();
    assert_eq!((released(&gate).read(&other).await, released(&gate).read(&digest).await), (None, None));
    assert_eq!(gate.release("org/m", "internal", &commit).await["state"], "released");
    gate.contents().write(&digest, &weights).await;
    gate.pass(700);
    assert_kept(&gate).await;
    // The place is gone: a canary goes on, for nothing is wrong with it.
    let Place::Folder(folder) = gate.settings.released.as_ref().unwrap() else { return };
    let max = gate.person("max", &["release-manager"]).await;
    let commit = import(&gate, "org/tried", "2").await;
    let release = gate.release("org/tried", "internal", &commit).await;
    done(&gate, &max, "roll-back", json!({ "model": "org/tried", "stage": "internal", "reason": "again" }))
        .await;
    std::fs::rename(folder, folder.with_extension("away")).unwrap();
    let id = release["id"].as_str().unwrap();
    done(&gate, &max, &format!("releases/{id}/promote"), json!({ "share": 10 })).await;
    work_off(&gate.gate).await.unwrap();
    assert_eq!(gate.state_of(id).await, "canary");
    std::fs::rename(folder.with_extension("away"), folder).unwrap();
    gate.pass(1000);
    assert_kept(&gate).await;
}

#[tokio::test]
async fn a_release_that_moves_while_others_are_brought_is_not_overlooked() {
    let gate = keeping().await;
    let max = gate.person("max", &["release-manager"]).await;
    let mut releases = Vec::new();
    for number in 0..6 {
        let name = format!("org/m{number}");
        let commit = import(&gate, &name, &number.to_string()).await;
        let id = gate.release(&name, "internal", &commit).await["id"].as_str().unwrap().to_owned();
        releases.push((name, id));
    }
    assert_kept(&gate).await;
    // All move at once, while somebody looks again and again.
    let moved = releases.iter().map(async |(name, id)| {
        let back = json!({ "model": name, "stage": "internal", "reason": "worse" });
        done(&gate, &max, "roll-back", back).await;
        done(&gate, &max, &format!("releases/{id}/promote"), json!({})).await;
        if name != "org/m0" {
            done(&gate, &max, "roll-back", json!({ "model": name, "stage": "internal", "reason": "worse" }))
                .await;
        }
    });
    let looking = async {
        for _ in 0..40 {
            work_off(&gate.gate).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::join!(futures_util::future::join_all(moved), looking);
    assert_kept(&gate).await;
    assert_eq!(released(&gate).count().await, clean("0").len());
}

#[tokio::test]
async fn nothing_comes_in_by_a_server_that_gives_out() {
    let gate = keeping().await;
    let commit = import(&gate, "org/m", "1").await;
    let only = giving(&gate).await;
    let create = json!({ "name": "new", "organization": "org", "type": "model" });
    let wish = json!({ "model": "org/m", "revision": commit, "without": ["code"], "paths": [], "reason": "to be used" });
    let plan = json!({ "model": "org/m", "revision": commit, "without": ["code"], "paths": [] });
    let header = json!({ "key": "header", "value": { "summary": "a", "description": "" } });
    for (path, body) in [
        ("/api/repos/create", create),
        (
            "/api/models/org/m/preupload/main",
            json!({ "files": [{ "path": "a.txt", "size": 1, "sample": "YQ==" }] }),
        ),
        ("/api/models/org/m/commit/main", header),
        ("/org/m.git/info/lfs/objects/batch", json!({ "operation": "upload", "objects": [] })),
        ("/api/v1/views", wish),
        ("/api/v1/views/preview", plan),
    ] {
        let refused = only.post(path, &gate.admin, body).await;
        let why = String::from_utf8_lossy(&refused.body).into_owned();
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {why}");
        assert!(why.contains("use another one of this gate"), "{path}: {why}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "a").unwrap();
    let name = weighhouse_server::Name::new(weighhouse_server::Kind::Model, "org/new").unwrap();
    let refused = only.gate.import("admin", &name, folder.path(), "internal").await.unwrap_err();
    assert!(refused.to_string().contains("nothing comes in"), "{refused}");
    assert!(only.gate.reseal().await.is_err());
    // People decide at any server.
    let asked = json!({ "model": "org/m", "stage": "research", "reason": "to try it" });
    let asked: Value = only.post("/api/v1/requests", &gate.admin, asked).await.json();
    assert!(asked["error"].is_null() && asked["title"].is_null(), "{asked}");
    let settings = only.settings.clone();
    let clock: weighhouse_server::Clock = std::sync::Arc::new(|| crate::harness::START);
    let what = Backup { to: folder.path().join("backup"), with_key: false };
    let backed = tokio::task::spawn_blocking(move || blocking::backup(&settings, &clock, &what));
    let refused = backed.await.unwrap().unwrap_err();
    assert!(refused.to_string().contains("only what is released"), "{refused}");
}

#[tokio::test]
async fn it_is_kept_for_what_was_released_before_and_encrypted_by_the_keys_of_the_gate() {
    let keys = |line: &str| Some(Password::new(format!("{line}\n")));
    let gate = TestGate::with(|settings| {
        settings.encrypt_blobs = true;
        settings.seal_keys = keys("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    })
    .await;
    import(&gate, "org/m", "1").await;
    let gate = gate.beside_set(|settings| settings.released = Some(beside(&settings.data))).await;
    gate.gate.begin_publishing().await.unwrap();
    work_off(&gate.gate).await.unwrap();
    let (weights, digest) = weights();
    let lying = released(&gate).read(&digest).await.unwrap();
    assert!(
        lying.starts_with(b"weighhouse-blob1")
            && Some(&lying) != gate.contents().read(&digest).await.as_ref()
    );
    assert_eq!(giving(&gate).await.get(FILE, &gate.admin).await.body, weights);
    // In the clear again, everywhere.
    let mut settings = gate.settings.clone();
    settings.encrypt_blobs = false;
    let clear = open(settings, &gate.clock).await;
    clear.reseal().await.unwrap();
    work_off(&clear).await.unwrap();
    assert_eq!(released(&gate).read(&digest).await.unwrap(), weights);
    assert_eq!(giving(&gate).await.get(FILE, &gate.admin).await.body, weights);
}

#[tokio::test]
async fn what_nobody_knows_of_is_swept_there_too() {
    let gate = keeping().await;
    import(&gate, "org/m", "1").await;
    let stray = Digest::of(b"stray").hex();
    released(&gate).write(&stray, b"stray").await;
    if let Place::Folder(folder) = gate.settings.released.as_ref().unwrap() {
        let then = std::time::UNIX_EPOCH + Duration::from_secs(1000);
        let file = std::fs::File::open(folder.join(crate::contents::name(&stray))).unwrap();
        file.set_modified(then).unwrap();
        // Another server, which has not swept today.
        gate.beside_set(|_| ()).await.gate.begin_publishing().await.unwrap();
        gate.pass(86_400);
        gate.gate.begin_publishing().await.unwrap();
        assert_kept(&gate).await;
    }
}

#[tokio::test]
async fn who_publishes_and_stops_half_way_goes_on_from_there() {
    let gate = keeping().await;
    import(&gate, "org/m", "1").await;
    // As if killed: what was being brought is not all there, what was to leave is; and the database is that of a backup.
    let database = gate.database().await;
    for left in ["UPDATE published SET since = NULL", "DELETE FROM published"] {
        sqlx::query(left).execute(&database).await.unwrap();
        released(&gate).remove(&weights().1).await;
        gate.gate.begin_publishing().await.unwrap();
        assert_kept(&gate).await;
    }
    database.close().await;
}

#[tokio::test]
async fn the_place_is_of_its_own() {
    let gate = TestGate::new().await;
    let opened = async |change: &dyn Fn(&mut Settings)| {
        let mut settings = gate.settings.clone();
        change(&mut settings);
        let opened = Gate::open(settings, crate::harness::works(&gate.clock)).await;
        match opened {
            Ok(gate) => gate.begin_publishing().await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    };
    let refused = opened(&|settings| settings.released_only = true).await.unwrap_err();
    assert!(refused.contains("blobs-released"), "{refused}");
    // That of all contents, or above it.
    let all = match &gate.settings.blobs {
        None => Place::Folder(gate.data().join("blobs")),
        Some(storage) => Place::Objects(storage.clone()),
    };
    let above = match &all {
        Place::Folder(folder) => Place::Folder(folder.join("..")),
        Place::Objects(storage) => {
            let address = storage.address.rsplit_once('/').unwrap().0.to_owned();
            Place::Objects(weighhouse_server::ObjectStorage { address, ..storage.clone() })
        }
    };
    for place in [&all, &above] {
        let refused = opened(&|settings| settings.released = Some(place.clone())).await.unwrap_err();
        assert!(refused.contains("could read all contents"), "{refused}");
    }
    // Another gate's; and one that was a gate's before it was that of all contents, whatever it is called here.
    let mine = beside(&gate.data());
    opened(&|settings| settings.released = Some(mine.clone())).await.unwrap();
    opened(&|settings| settings.released = Some(mine.clone())).await.unwrap();
    let other = TestGate::with(|settings| settings.released = Some(mine.clone())).await;
    let refused = other.gate.begin_publishing().await.unwrap_err().to_string();
    assert!(refused.contains("another gate's"), "{refused}");
    if let Place::Folder(folder) = &mine {
        let hidden = gate.data().join("hidden");
        std::os::unix::fs::symlink(gate.data().join("blobs"), &hidden).unwrap();
        let refused =
            opened(&|settings| settings.released = Some(Place::Folder(hidden.clone()))).await.unwrap_err();
        assert!(refused.contains("could read all contents"), "{refused}");
        assert!(!gate.data().join("blobs/gate").exists(), "and it was not taken");
        let alias = gate.data().join("alias");
        std::os::unix::fs::symlink(folder, &alias).unwrap();
        std::fs::write(gate.data().join("blobs/gate"), format!("{}\n", gate.gate.log_key())).unwrap();
        let refused =
            opened(&|settings| settings.released = Some(Place::Folder(alias.clone()))).await.unwrap_err();
        assert!(refused.contains("that of all contents"), "{refused}");
    }
}

#[tokio::test]
async fn another_place_fills_by_itself() {
    let gate = keeping().await;
    import(&gate, "org/m", "1").await;
    import(&gate, "org/other", "2").await;
    assert_kept(&gate).await;
    let moved =
        gate.beside_set(|settings| settings.released = Some(beside(&settings.data.join("new")))).await;
    assert_eq!(moved.gate.begin_publishing().await.map_err(|error| error.to_string()), Ok(()));
    assert_kept(&moved).await;
}
