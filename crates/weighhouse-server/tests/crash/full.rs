//! A disk that is full: a limit on the size of files says the same to a process as a disk without room.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use serde_json::{Value, json};
use weighhouse_server::{Gate, Kind, Name};

use crate::child::{administrator, say};
use crate::contents::Contents;
use crate::harness::{self, write};
use crate::sound;

/// Larger than any file may become in the part about contents, in KiB.
const LARGE: usize = 3 << 10;

/// What the process under the limit does: brings large content in, then small; then adds people until there is no room.
pub(crate) async fn limited(data: &Path, database: Option<String>, fill: bool) {
    let gate = harness::open(harness::settings(data.to_owned(), database), &clock()).await;
    let admin = administrator(&gate, data).await.unwrap();
    if !fill {
        for folder in ["large", "small"] {
            say(&match import(&gate, &data.with_file_name(folder)).await {
                Ok(commit) => json!({ "imported": commit }),
                Err(why) => json!({ "refused": why }),
            });
        }
        return;
    }
    for number in 0..100_000 {
        let body = json!({ "name": format!("p{number}"), "roles": ["user"] });
        let made = harness::ask(&gate, "POST", "/api/v1/people", &admin, Some(body)).await;
        if made.status.is_success() {
            say(&json!({ "person": format!("p{number}") }));
            continue;
        }
        let read = harness::ask(&gate, "GET", "/api/v1/people", &admin, None).await;
        say(&json!({ "status": made.status.as_u16(), "read": read.status.as_u16() }));
        return;
    }
}

async fn import(gate: &Arc<Gate>, folder: &Path) -> Result<String, String> {
    let name = Name::new(Kind::Model, "org/large").unwrap();
    gate.import("admin", &name, folder, "research").await.map_err(|error| error.to_string())
}

fn clock() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(harness::START))
}

/// Runs ourselves with files of at most `most` KiB; gives the lines it said.
#[expect(clippy::disallowed_methods, reason = "a process of ours, under a limit")]
fn under(most: usize, data: &Path, database: Option<&str>, what: &str) -> Vec<Value> {
    let mut command = Command::new("bash");
    command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {most}; exec \"$@\"")).arg("bash");
    command.arg(std::env::current_exe().unwrap()).arg(what).arg(data).arg(database.unwrap_or_default());
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{what}: {}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The large is refused with its reason, the small comes in, and with room again so does the large; nothing acknowledged is lost.
pub(crate) async fn disk() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (name, size) in [("large", LARGE << 10), ("small", 10)] {
        write(&folder.path().join(name).join("notes.txt"), &vec![b'x'; size]);
    }
    let database = harness::fresh_database().await;
    let gate = harness::open(harness::settings(data.clone(), database.clone()), &clock()).await;
    administrator(&gate, &data).await.unwrap();
    drop(gate);
    let said = under(LARGE - 1, &data, database.as_deref(), "limited");
    let settings = harness::settings(data.clone(), database.clone());
    if settings.blobs.is_none() {
        let why = said[0]["refused"].as_str().unwrap_or_default();
        assert!(why.contains("contents cannot be stored"), "{said:?}");
    } else {
        // Object storage has room; this machine does not need it to bring contents there.
        assert!(said[0]["imported"].is_string(), "{said:?}");
    }
    assert!(said[1]["imported"].is_string(), "{said:?}");

    let mut people = Vec::new();
    if database.is_none() {
        let mut said = under(1000, &data, None, "fill");
        let last = said.pop().unwrap();
        assert_eq!((&last["status"], &last["read"]), (&json!(503), &json!(200)), "{last}");
        assert!(!said.is_empty());
        people = said;
    }
    let gate = harness::open(settings.clone(), &clock()).await;
    let admin = administrator(&gate, &data).await.unwrap();
    let there = harness::ask(&gate, "GET", "/api/v1/people", &admin, None).await.json();
    let there: Vec<&Value> =
        there["items"].as_array().unwrap().iter().map(|person| &person["name"]).collect();
    assert!(people.iter().all(|line| there.contains(&&line["person"])), "{people:?}");
    import(&gate, &folder.path().join("large")).await.unwrap();
    weighhouse_server::work_off(&gate).await.unwrap();
    let local = format!("sqlite://{}", data.join("gate.db").display());
    let pool = sqlx::AnyPool::connect(database.as_deref().unwrap_or(&local)).await.unwrap();
    assert_eq!(sound::faults(&gate, &pool, &Contents::of(&settings)).await, Vec::<String>::new());
    pool.close().await;
    let database = if people.is_empty() {
        String::new()
    } else {
        format!(", {} people before the database had no room", people.len())
    };
    println!("a full disk: content refused with its reason{database}, nothing lost");
}
