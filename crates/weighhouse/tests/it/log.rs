//! `log` as its users meet it, on the log of `examples/audit-log`.

use std::fs;
use std::path::Path;

use crate::{code, copy, program, root, text};

fn example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("examples/audit-log"), folder.path());
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = program(folder).args(arguments).output().unwrap();
    (code(&output), text(&output.stdout) + &text(&output.stderr))
}

const WHOLE: [&str; 5] = ["log", "verify", "log", "--policy", "policy"];
const PROOF: [&str; 7] =
    ["log", "verify", "release.tlog-proof", "--entry", "release.json", "--policy", "policy"];

#[test]
fn a_sound_log_passes_and_tells_the_states() {
    let folder = example();
    let (code, said) = run(folder.path(), &[&WHOLE[..], &["--states", "states.json"]].concat());
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with("PASS  log is the log of `gate.example/audit`: 7 records, none changed\n"),
        "{said}"
    );
    assert!(said.contains("      1 released(production)\n"), "{said}");
    assert!(said.contains("cosigned by witness.example/security at 2026-11-22T09:31:00Z\n"), "{said}");
    let states: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("states.json")).unwrap()).unwrap();
    let subject = "org/classifier@4bc1f1a70e3b5f5a6c0c0f1d2e3a4b5c6d7e8f90";
    assert_eq!(states, serde_json::json!({ subject: "released(production)" }));
    let (_, json) = run(folder.path(), &[&WHOLE[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["verdict"].as_str(), json["size"].as_u64()), (Some("pass"), Some(7)));
    assert_eq!(json["witnesses"].as_array().unwrap().len(), 2);
}

#[test]
fn the_record_that_was_changed_is_named() {
    let folder = example();
    let path = folder.path().join("log/tile/entries/000.p/7");
    let entries = fs::read(&path).unwrap();
    let approver = entries.windows(12).enumerate().filter(|(_, part)| part == b"\"actor\":\"per");
    let (place, _) = approver.map(|(place, part)| (place + 20, part)).nth(1).unwrap();
    let mut changed = entries.clone();
    changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
    fs::write(&path, &changed).unwrap();
    let (code, said) = run(folder.path(), &WHOLE);
    assert!(code == 1 && said.starts_with("FAIL  entry 3 is not the one that was logged"), "{said}");
    let (code, said) = run(folder.path(), &[&WHOLE[..], &["--json"]].concat());
    assert!(code == 1 && said.contains("\"verdict\": \"fail\""), "{said}");
    assert_eq!(run(folder.path(), &[&WHOLE[..], &["--quiet"]].concat()), (1, String::new()));
    // No proof is made of it either, and nothing is written.
    let (code, said) = run(folder.path(), &["log", "proof", "log", "3", "--output", "3.tlog-proof"]);
    assert!(code == 1 && said.contains("record 3 is not what was logged"), "{said}");
    assert!(!folder.path().join("3.tlog-proof").exists());

    fs::write(&path, &entries[..entries.len() - 1]).unwrap();
    assert!(run(folder.path(), &WHOLE).1.contains("ends within entry 6"));
    fs::remove_file(&path).unwrap();
    let (code, said) = run(folder.path(), &WHOLE);
    assert_eq!((code, said.as_str()), (1, "FAIL  `tile/entries/000.p/7` is missing\n"));
}

#[test]
fn a_log_that_its_witnesses_did_not_see_fails() {
    let folder = example();
    let path = folder.path().join("log/checkpoint");
    let checkpoint = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = checkpoint.lines().take(5).collect();
    let alone = lines.join("\n") + "\n";
    fs::write(&path, &alone).unwrap();
    let (code, said) = run(folder.path(), &WHOLE);
    assert!(code == 1 && said.contains("too few witnesses have cosigned it: 0"), "{said}");
    let policy = fs::read_to_string(folder.path().join("policy")).unwrap();
    let key = policy.lines().find_map(|line| line.strip_prefix("log ")).unwrap();
    let (code, said) = run(folder.path(), &["log", "verify", "log", "--log-key", key]);
    assert!(code == 0 && said.contains("no witness was asked for"), "{said}");
    // The key in a file; with the log, which is worth a warning.
    fs::write(folder.path().join("log/key"), format!("{key}\n")).unwrap();
    let (code, said) = run(folder.path(), &["log", "verify", "log", "--log-key", "log/key"]);
    assert!(code == 0 && said.contains("lies with what is checked"), "{said}");
    fs::write(&path, checkpoint.replace("\n7\n", "\n8\n")).unwrap();
    let (code, said) = run(folder.path(), &WHOLE);
    assert!(code == 1 && said.contains("does not hold"), "{said}");
}

#[test]
fn proofs_are_made_and_checked_without_the_log() {
    let folder = example();
    let (code, said) = run(folder.path(), &PROOF);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("PASS  record 6 of the log of `gate.example/audit`, which has 7\n"), "{said}");
    assert!(said.contains("2026-11-22T09:30:00Z revision.release org/classifier@"), "{said}");
    for index in 0..7 {
        let index = index.to_string();
        let made =
            run(folder.path(), &["log", "proof", "log", &index, "-o", "a.tlog-proof", "--entry", "a.json"]);
        assert_eq!(made, (0, String::new()));
        let check = ["log", "verify", "a.tlog-proof", "--entry", "a.json", "--policy", "policy"];
        assert_eq!(run(folder.path(), &check).0, 0);
        let other = ["log", "verify", "a.tlog-proof", "--entry", "release.json", "--policy", "policy"];
        assert_eq!(run(folder.path(), &other).0, i32::from(index != "6"));
    }
    let written = fs::read(folder.path().join("a.tlog-proof")).unwrap();
    assert_eq!(written, fs::read(folder.path().join("release.tlog-proof")).unwrap());
}

#[test]
fn keys_are_made_for_their_owner() {
    let folder = example();
    for (witness, byte) in [(&[][..], "AQ"), (&["--witness"], "BA")] {
        let keygen = ["log", "keygen", "example.com/audit", "--output", byte];
        let (code, public) = run(folder.path(), &[&keygen[..], witness].concat());
        assert!(code == 0 && public.starts_with("example.com/audit+"), "{public}");
        let private = fs::read_to_string(folder.path().join(byte)).unwrap();
        assert!(private.starts_with("PRIVATE+KEY+example.com/audit+"));
        assert!(!public.contains(private.trim_end().splitn(5, '+').last().unwrap()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.path().join(byte)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let (code, said) = run(folder.path(), &[&keygen[..], witness].concat());
        assert!(code == 2 && said.contains("cannot write"), "{said}");
        assert_eq!(fs::read_to_string(folder.path().join(byte)).unwrap(), private);
    }
    let (code, said) = run(folder.path(), &["log", "keygen", "with space", "--output", "other"]);
    assert!(code == 2 && said.contains("no spaces"), "{said}");
}

#[test]
fn mistakes_are_told() {
    let folder = example();
    for (arguments, why) in [
        (&["log", "verify", "log"][..], "required"),
        (&["log", "verify", "log", "--log-key", "a", "--policy", "policy"], "cannot be used with"),
        (&["log", "verify", "log", "--log-key", "nowhere"], "cannot read `nowhere`"),
        (&["log", "verify", "log", "--log-key", "release.json"], "a verifier key is"),
        (&["log", "verify", "log", "--policy", "release.json"], "line 1 of the policy"),
        (&["log", "verify", ".", "--policy", "policy"], "is no folder of a log"),
        (&["log", "verify", "release.tlog-proof", "--policy", "policy"], "`--entry`"),
        (&["log", "verify", "log", "--entry", "release.json", "--policy", "policy"], "`--entry`"),
        (&["log", "proof", "log", "7"], "there is no record 7: the log has 7"),
        (&["log", "proof", "nowhere", "0"], "is no folder of a log"),
    ] {
        let (code, said) = run(folder.path(), arguments);
        assert!(code == 2 && said.contains(why), "{arguments:?}: {code}\n{said}");
    }
    let broken = ["log", "verify", "policy", "--entry", "release.json", "--policy", "policy"];
    let (code, said) = run(folder.path(), &broken);
    assert!(code == 1 && said.starts_with("FAIL  not a proof"), "{said}");
}

/// A log in a folder, and the key file beside it.
fn written(folder: &Path, entries: &[&str]) {
    use weighhouse_log::testkit::{MemoryLog, known_key, record};
    let mut log = MemoryLog::default();
    let records = entries.iter().zip(0..).map(|(name, seq)| {
        record(seq, &format!("thing/{name}"), None, Some("there")).unwrap().to_bytes().unwrap()
    });
    log.append(records).unwrap();
    let key = known_key("gate.example/log", weighhouse_log::Algorithm::Ed25519, 1).unwrap();
    drop(fs::remove_dir_all(folder.join("log")));
    for (path, bytes) in log.files() {
        let place = folder.join("log").join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
    fs::write(folder.join("log/checkpoint"), log.signed(&key).unwrap().to_string()).unwrap();
    fs::write(folder.join("key"), key.verifier().to_string()).unwrap();
}

#[test]
fn a_log_that_was_set_back_or_written_anew_is_not_the_one_that_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let known = ["log", "verify", "log", "--log-key", "key", "--known", "seen"];
    for entries in [&["a", "b"][..], &["a", "b"], &["a", "b", "c"]] {
        written(folder.path(), entries);
        let (code, said) = run(folder.path(), &known);
        assert_eq!(code, 0, "{said}");
    }
    let seen = fs::read(folder.path().join("seen")).unwrap();
    for (entries, expected) in [
        (&["a", "b"][..], "it was set back"),
        (&["a", "x", "c"], "its beginning is another"),
        (&["a", "x", "c", "d"], "its beginning is another"),
    ] {
        written(folder.path(), entries);
        let (code, said) = run(folder.path(), &known);
        assert!(code == 1 && said.contains(expected), "{said}");
        // What was refused is not remembered.
        assert_eq!(fs::read(folder.path().join("seen")).unwrap(), seen);
    }
    fs::write(folder.path().join("seen"), "x").unwrap();
    assert_eq!(run(folder.path(), &known).0, 2);
}

#[cfg(feature = "hub")]
#[test]
fn a_log_is_read_over_the_network_as_from_a_folder() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let folder = example();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/log", listener.local_addr().unwrap());
    let root = folder.path().to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or("/").to_owned();
            let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let known = headers.iter().any(|line| line.eq_ignore_ascii_case("authorization: bearer t0k"));
            let (status, body) = match fs::read(root.join(path.trim_start_matches('/'))) {
                _ if !known => ("403 Forbidden", Vec::new()),
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let mut stream = stream;
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)));
        }
    });
    let verify = ["log", "verify", address.as_str(), "--policy", "policy"];
    let (code, said) = run(folder.path(), &[&verify[..], &["--token", "t0k"]].concat());
    assert!(code == 0 && said.contains("7 records, none changed"), "{said}");
    let (code, said) = run(folder.path(), &verify);
    assert!(code == 2 && said.contains("--token"), "{code} {said}");
    let prove = [
        "log",
        "proof",
        address.as_str(),
        "6",
        "--token",
        "t0k",
        "--output",
        "6.tlog-proof",
        "--entry",
        "6.json",
    ];
    assert_eq!(run(folder.path(), &prove).0, 0);
    let proven = ["log", "verify", "6.tlog-proof", "--entry", "6.json", "--policy", "policy"];
    assert_eq!(run(folder.path(), &proven).0, 0);
    fs::remove_file(folder.path().join("log/tile/0/000.p/7")).unwrap();
    let (code, said) = run(folder.path(), &[&verify[..], &["--token", "t0k"]].concat());
    assert!(code == 1 && said.contains("is missing"), "{said}");
    fs::write(folder.path().join("log/tile/0/000.p/7"), vec![0; 1 << 20]).unwrap();
    let (code, said) = run(folder.path(), &[&verify[..], &["--token", "t0k"]].concat());
    assert!(code == 1 && said.contains("longer"), "{said}");
}
