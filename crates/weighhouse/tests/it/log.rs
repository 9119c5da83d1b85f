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
    assert!(code == 0 && said.contains("lies with the log"), "{said}");
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
        assert!(!public.contains(private.trim_end().rsplit('+').next().unwrap()));
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
