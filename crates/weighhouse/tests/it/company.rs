//! Gates with certificates of a company's own authority: reached by the terminal, by each other and by who checks their log.

use std::path::{Path, PathBuf};
use std::process::Output;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::example;
use crate::serve::{Served, program, soon, text};

/// The variables that name authorities.
const AUTHORITIES: [&str; 3] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// A certificate for this machine, which vouches for itself, and its key: as files.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let files = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    std::fs::write(&files.0, cert.pem()).unwrap();
    std::fs::write(&files.1, signing_key.serialize_pem()).unwrap();
    files
}

/// The program, which believes what `variable` names and nothing else.
fn run(gate: &Served, (variable, file): (&str, &Path), arguments: &[&str]) -> Output {
    let mut command = program();
    for name in AUTHORITIES {
        command.env_remove(name);
    }
    command.args(arguments).env(variable, file);
    command.env("HF_ENDPOINT", gate.address()).env("HF_TOKEN", gate.token()).output().unwrap()
}

#[test]
fn a_gate_that_the_company_certifies_is_reached_from_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let (own, key) = certificate(folder.path(), "own");
    let (other, _) = certificate(folder.path(), "other");
    let data = folder.path().join("far");
    let far = Served::open_with(&data, |command| {
        command.arg("--tls-certificate").arg(&own).arg("--tls-key").arg(&key);
    });
    assert!(far.address().starts_with("https://127.0.0.1:"), "{}", far.address());
    let import =
        ["gate", "import", &example("clean-classifier"), "--as", "acme/clean", "--stage", "research"];
    let mut command = program();
    command.args(import).arg("--data").arg(&data).current_dir(folder.path()).env("HOME", folder.path());
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", text(&done));

    let status = |variable| text(&run(&far, (variable, &own), &["gate", "status", "acme/clean"]));
    assert!(soon(|| status("SSL_CERT_FILE"), "in research: released"), "{}", status("SSL_CERT_FILE"));
    for variable in AUTHORITIES {
        assert!(status(variable).contains("in research: released"), "{variable}");
    }
    // A folder of certificates, and an address in other letters.
    let certificates = folder.path().join("certificates");
    std::fs::create_dir(&certificates).unwrap();
    std::fs::copy(&own, certificates.join("own.pem")).unwrap();
    std::fs::copy(&other, certificates.join("other.pem")).unwrap();
    assert!(
        text(&run(&far, ("REQUESTS_CA_BUNDLE", &certificates), &["gate", "models"])).contains("acme/clean")
    );
    let mut command = program();
    for name in AUTHORITIES {
        command.env_remove(name);
    }
    command.args(["gate", "models"]).env("SSL_CERT_FILE", &own).env("HF_TOKEN", far.token());
    let done = command.env("HF_ENDPOINT", far.address().replace("https", "HTTPS")).output().unwrap();
    assert!(text(&done).contains("acme/clean"), "{}", text(&done));
    let refused = run(&far, ("SSL_CERT_FILE", &other), &["gate", "status", "acme/clean"]);
    assert!(
        refused.status.code() == Some(3) && text(&refused).contains("`SSL_CERT_FILE`"),
        "{}",
        text(&refused)
    );
    let log = format!("{}/log", far.address());
    let secret = std::fs::read_to_string(data.join("log.key")).unwrap();
    let key: weighhouse_log::SignerKey = secret.trim().parse().unwrap();
    let key = key.verifier().to_string();
    let verify = ["log", "verify", &log, "--log-key", &key, "--token", far.token()];
    let checked = run(&far, ("SSL_CERT_FILE", &own), &verify);
    assert!(checked.status.success(), "{}", text(&checked));
    let refused = run(&far, ("SSL_CERT_FILE", &other), &verify);
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused));

    // A second gate has it as its source.
    for (file, held_up) in [(&own, false), (&other, true)] {
        let data = folder.path().join(if held_up { "stranger" } else { "near" });
        let near = Served::open_with(&data, |command| {
            for name in AUTHORITIES {
                command.env_remove(name);
            }
            command.args(["--upstream", far.address()]).env("SSL_CERT_FILE", file);
            command.env("WEIGHHOUSE_UPSTREAM_TOKEN", far.token());
        });
        let ask = ["request", "acme/clean@research", "--stage", "research"];
        let wait: &[&str] = if held_up { &[] } else { &["--wait"] };
        let asked = near.gate(&[&ask[..], wait].concat());
        assert!(asked.status.success(), "{}", text(&asked));
        if !held_up {
            let told = text(&near.gate(&["status", "acme/clean"]));
            assert!(told.contains("in research: released"), "{told}");
            continue;
        }
        let told = || text(&near.gate(&["status", "acme/clean"]));
        assert!(soon(told, "invalid peer certificate"), "a gate fetched from whom nobody vouches for");
    }
}
