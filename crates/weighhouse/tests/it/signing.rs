//! `sign` and `verify` as their users meet them.

use std::fs;
use std::path::PathBuf;

use crate::{code, program, text};

/// Keys and certificates of the supply crate's tests.
fn fixture(name: &str) -> String {
    let fixtures = crate::root().join("crates/weighhouse-supply/src/signing/fixtures");
    fixtures.join(name).display().to_string()
}

fn model() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    fs::create_dir_all(model.join("sub")).unwrap();
    fs::write(model.join("weights.bin"), [1; 3_000]).unwrap();
    fs::write(model.join("sub/config.json"), "{}").unwrap();
    (folder, model)
}

#[test]
fn a_signed_model_verifies_until_it_is_changed() {
    let (folder, model) = model();
    let run = |arguments: &[&str]| program(folder.path()).args(arguments).output().unwrap();
    let (private, certificate, chain) =
        (fixture("leaf-key.pem"), fixture("leaf.pem"), fixture("intermediate.pem"));
    // Inside the model: the signature does not sign itself.
    let sign = ["sign", "model", "--signature", "model/model.sig", "--private-key", &private];
    let signed = run(&[&sign[..], &["--certificate", &certificate, "--certificate-chain", &chain]].concat());
    assert_eq!(
        (code(&signed), text(&signed.stdout)),
        (0, "model/model.sig: signature of `model`\n".to_owned())
    );

    let root = fixture("root.pem");
    let verify =
        ["verify", "model", "--signature", "model/model.sig", "--trust-root", &root, "--at", "2027-01-15"];
    let verified = run(&verify);
    assert_eq!(code(&verified), 0, "{}", text(&verified.stdout));
    let said = text(&verified.stdout);
    assert!(said.starts_with("PASS  model is `model` as signed by release@example.org"), "{said}");
    assert!(said.contains("`--identity` names one"), "{said}");
    let pinned = run(&[&verify[..], &["--identity", "release@example.org"]].concat());
    assert_eq!(code(&pinned), 0);
    assert_eq!(code(&run(&[&verify[..], &["--identity", "example.org"]].concat())), 1);
    let expired = run(&[
        "verify",
        "model",
        "--signature",
        "model/model.sig",
        "--trust-root",
        &root,
        "--at",
        "2199-01-01",
    ]);
    assert_eq!(code(&expired), 1);
    assert!(text(&expired.stdout).contains("expired at"));

    fs::write(model.join("sub/evil.py"), "x").unwrap();
    fs::write(model.join("weights.bin"), [2; 3_000]).unwrap();
    let changed = run(&verify);
    assert_eq!(code(&changed), 1);
    let said = text(&changed.stdout);
    assert!(said.contains("changed: weights.bin\n") && said.contains("added: sub/evil.py\n"), "{said}");
    let changed = run(&[&verify[..], &["--json"]].concat());
    let document: serde_json::Value = serde_json::from_slice(&changed.stdout).unwrap();
    assert_eq!(document["verdict"], "fail");
    assert_eq!(document["problems"][1], serde_json::json!({ "kind": "added", "what": "sub/evil.py" }));
}

#[test]
fn what_the_signer_left_out_needs_the_verifiers_consent() {
    let (folder, model) = model();
    let run = |arguments: &[&str]| program(folder.path()).args(arguments).output().unwrap();
    let key = fixture("p256.pem");
    // Named from here, and below the model.
    for path in ["model/sub", "sub"] {
        let sign =
            ["sign", "model", "--signature", "model.sig", "--private-key", &key, "--ignore-path", path];
        assert_eq!(code(&run(&sign)), 0);
        fs::write(model.join("sub/evil.py"), "x").unwrap();
        let public = fixture("p256.pub");
        let verify = ["verify", "model", "--signature", "model.sig", "--public-key", &public];
        let verified = run(&verify);
        assert_eq!(code(&verified), 3);
        assert!(text(&verified.stdout).contains("not signed: sub/evil.py\n"));
        assert_eq!(code(&run(&[&verify[..], &["--ignore-path", path]].concat())), 0);
    }
}

#[test]
fn mistakes_are_two_and_broken_signatures_one() {
    let (folder, _) = model();
    let run = |arguments: &[&str]| program(folder.path()).args(arguments).output().unwrap();
    let (key, public) = (fixture("p256.pem"), fixture("p256.pub"));
    let encrypted = fixture("p256-encrypted.pem");
    let said = |arguments: &[&str], expected: i32| {
        let output = run(arguments);
        assert_eq!(code(&output), expected, "{arguments:?}: {}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(said(&["sign", "nowhere", "--signature", "s", "--private-key", &key], 2).contains("nowhere"));
    assert!(
        said(&["sign", "model", "--signature", "s", "--private-key", &public], 2).contains("no private key")
    );
    assert!(
        said(&["sign", "model", "--signature", "s", "--private-key", &encrypted], 2).contains("password")
    );
    let ignore = ["sign", "model", "--signature", "s", "--private-key", &key, "--ignore-path", "../x"];
    assert!(said(&ignore, 2).contains("no path in the model"));
    said(&["verify", "model", "--signature", "s"], 2);
    assert!(
        said(&["verify", "model", "--signature", "s", "--public-key", &public], 2)
            .contains("cannot read `s`")
    );
    for broken in ["", "{}", "not json", "{\"mediaType\":"] {
        fs::write(folder.path().join("s"), broken).unwrap();
        let output = run(&["verify", "model", "--signature", "s", "--public-key", &public]);
        assert_eq!(code(&output), 1);
        assert!(
            text(&output.stdout).starts_with("FAIL  the signature is broken"),
            "{}",
            text(&output.stdout)
        );
    }
    let opened = ["sign", "model", "--signature", "s", "--private-key", &encrypted];
    let opened =
        program(folder.path()).args(opened).env("WEIGHHOUSE_KEY_PASSWORD", "weigh").output().unwrap();
    assert_eq!(code(&opened), 0);
    said(&["verify", "model", "--signature", "s", "--public-key", &public], 0);
}

/// The instance of Sigstore that the supply crate's tests play, and a signature by it.
#[cfg(feature = "sigstore")]
#[test]
fn a_keyless_signature_needs_root_identity_and_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    fs::write(model.join("weights"), "weights of a model").unwrap();
    let (root, signature) =
        (fixture("../keyless/fixtures/trusted_root.json"), fixture("../keyless/fixtures/good.sig"));
    let run = |arguments: &[&str]| {
        let verify = ["verify", "model", "--signature", &signature];
        program(folder.path()).args([&verify[..], arguments].concat()).output().unwrap()
    };
    let (identity, issuer) =
        (["--identity", "release@example.org"], ["--issuer", "https://accounts.example.org"]);
    let trusted = ["--trusted-root", &root];
    let pinned = [trusted, identity, issuer].concat();
    let verified = run(&pinned);
    let said = text(&verified.stdout);
    assert_eq!(code(&verified), 0, "{said}{}", text(&verified.stderr));
    assert!(said.starts_with("PASS  model is `model` as signed by release@example.org\n"), "{said}");
    assert!(said.contains("      signed at 2025-06-01T12:01:00Z, as a log"), "{said}");
    assert!(
        said.contains("vouched for by CN=example-intermediate,O=Example, https://accounts.example.org\n")
    );
    let document = run(&[&pinned[..], &["--json"]].concat());
    let document: serde_json::Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(document["signed_by"]["time"], "2025-06-01T12:01:00Z");
    // Anybody can be certified by a public instance.
    for lacking in [&trusted[..], &[trusted, identity].concat(), &[trusted, issuer].concat()] {
        assert_eq!(code(&run(lacking)), 2);
    }
    assert_eq!(code(&run(&[&pinned[..], &["--at", "2025-06-01"]].concat())), 2);
    assert_eq!(code(&run(&[&pinned[..], &["--public-key", &fixture("p256.pub")]].concat())), 2);
    assert_eq!(code(&run(&[&pinned[..], &["--trust-root", &fixture("root.pem")]].concat())), 2);
    let broken = run(&["--trusted-root", &signature, identity[0], identity[1], issuer[0], issuer[1]]);
    assert_eq!(code(&broken), 2);
    assert!(text(&broken.stderr).contains("the trusted root cannot be used"), "{}", text(&broken.stderr));
    let other = run(&[&trusted[..], &["--identity", "example.org"], &issuer].concat());
    assert_eq!(code(&other), 1);
    assert!(text(&other.stdout).contains("signed by somebody else: release@example.org"));
    // A key does not check it.
    let by_key = run(&["--public-key", &fixture("p256.pub")]);
    assert_eq!(code(&by_key), 1);
    assert!(text(&by_key.stdout).contains("keyless"), "{}", text(&by_key.stdout));

    // `vet`, with the signature in the model.
    fs::copy(&signature, model.join("model.sig")).unwrap();
    let config = folder.path().join("weighhouse.toml");
    let section =
        format!("[signature]\nsigstore-trusted-root = {root:?}\nidentity = \"release@example.org\"\n");
    fs::write(&config, &section).unwrap();
    let vet = || program(folder.path()).args(["vet", "model"]).output().unwrap();
    assert_eq!(code(&vet()), 2);
    assert!(text(&vet().stderr).contains("WH-CFG-017"), "{}", text(&vet().stderr));
    fs::write(&config, section + "issuer = \"https://accounts.example.org\"\n").unwrap();
    let said = text(&vet().stdout);
    assert!(said.contains("signed by release@example.org"), "{said}");
    fs::write(model.join("weights"), "other weights").unwrap();
    let changed = vet();
    assert_eq!(code(&changed), 1);
    assert!(text(&changed.stdout).contains("WH-PRV-001"), "{}", text(&changed.stdout));
}

/// A build without Sigstore cannot say, and says so.
#[cfg(not(feature = "sigstore"))]
#[test]
fn without_sigstore_a_keyless_signature_cannot_be_checked() {
    let (folder, _) = model();
    let (root, signature) =
        (fixture("../keyless/fixtures/trusted_root.json"), fixture("../keyless/fixtures/good.sig"));
    let arguments = ["verify", "model", "--signature", &signature, "--trusted-root", &root];
    let pinned = ["--identity", "release@example.org", "--issuer", "https://accounts.example.org"];
    let verified = program(folder.path()).args([&arguments[..], &pinned].concat()).output().unwrap();
    assert_eq!(code(&verified), 3, "{}", text(&verified.stderr));
    assert!(text(&verified.stderr).contains("--features sigstore"), "{}", text(&verified.stderr));
}

#[test]
fn a_model_does_not_bring_the_key_it_is_judged_by() {
    let (folder, model) = model();
    fs::copy(fixture("p256.pub"), model.join("release.pub")).unwrap();
    let run = |arguments: &[&str]| program(folder.path()).args(arguments).output().unwrap();
    let signed =
        run(&["sign", "model", "--private-key", &fixture("p256.pem"), "--signature", "model/model.sig"]);
    assert_eq!(code(&signed), 0, "{}", text(&signed.stderr));
    let verified =
        run(&["verify", "model", "--signature", "model/model.sig", "--public-key", "model/release.pub"]);
    assert_eq!(code(&verified), 0, "{}", text(&verified.stdout));
    assert!(text(&verified.stderr).contains("lies with the model"), "{}", text(&verified.stderr));
    fs::write(folder.path().join("weighhouse.toml"), "[signature]\npublic-keys = [\"model/release.pub\"]\n")
        .unwrap();
    let vetted = run(&["vet", "model"]);
    assert_eq!(code(&vetted), 2, "{}", text(&vetted.stdout));
    assert!(text(&vetted.stderr).contains("must not bring the keys"), "{}", text(&vetted.stderr));
}
