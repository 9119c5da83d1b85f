use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Keys and certificates made by OpenSSL (`fixtures/make.sh`), and signatures by the reference implementation.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("fixtures/", $name)).as_slice()
    };
}

/// A day on which the certificates of the fixtures are valid.
const VALID: Duration = Duration::from_hours(500_000);
/// A day long after.
const LATER: Duration = Duration::from_hours(2_500_000);

fn key(pem: &[u8]) -> PrivateKey {
    PrivateKey::from_pem(std::str::from_utf8(pem).unwrap(), None).unwrap()
}

fn model() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 6] = [
        ("B", b"1"),
        ("a/0", b"22"),
        ("a/z", &[7; 2_500]),
        ("a-b", b"333"),
        ("a.b", b""),
        ("\u{e9}.txt", b"4"),
    ];
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn by_key(key: &PrivateKey) -> VerifyOptions {
    VerifyOptions { trust: Trust::Key(key.public()), follow_links: false, ignored: Vec::new() }
}

fn by_root(moment: Duration) -> VerifyOptions {
    let roots = TrustRoot::from_pem(fixture!("root.pem")).unwrap();
    let trust = Trust::Roots { roots, identity: None, issuer: None, moment };
    VerifyOptions { trust, follow_links: false, ignored: Vec::new() }
}

fn signed(folder: &Path, key: PrivateKey, options: &SigningOptions) -> Vec<u8> {
    sign(folder, "model", &Signer::Key(key), options).unwrap()
}

fn problems(folder: &Path, signature: &[u8], options: &VerifyOptions) -> Vec<Problem> {
    verify(folder, signature, options).unwrap().problems
}

#[test]
fn every_kind_of_key_method_and_digest_comes_back() {
    let folder = model();
    for pem in [fixture!("p256.pem"), fixture!("p384.pem"), fixture!("p521.pem"), fixture!("p256-pkcs8.pem")]
    {
        for method in [Method::Files, Method::Shards { size: 1_000 }] {
            for hash in [HashKind::Sha256, HashKind::Blake2b, HashKind::Blake3] {
                let options = SigningOptions { method, hash, ..SigningOptions::default() };
                let signature = signed(folder.path(), key(pem), &options);
                let verification = verify(folder.path(), &signature, &by_key(&key(pem))).unwrap();
                assert_eq!(verification.problems, []);
                assert!(verification.signed_by.is_some());
                assert_eq!(signature, signed(folder.path(), key(pem), &options), "signing is reproducible");
            }
        }
    }
}

#[test]
fn any_change_is_seen() {
    for method in [Method::Files, Method::Shards { size: 1_000 }] {
        let folder = model();
        let options = SigningOptions { method, ..SigningOptions::default() };
        let signature = signed(folder.path(), key(fixture!("p256.pem")), &options);
        let check = by_key(&key(fixture!("p256.pem")));
        fs::write(folder.path().join("a/z"), [8; 2_500]).unwrap();
        assert_eq!(problems(folder.path(), &signature, &check), [Problem::Changed("a/z".into())]);
        fs::write(folder.path().join("a/z"), [7; 2_501]).unwrap();
        assert_eq!(problems(folder.path(), &signature, &check), [Problem::Changed("a/z".into())]);
        fs::remove_file(folder.path().join("a/z")).unwrap();
        assert_eq!(problems(folder.path(), &signature, &check), [Problem::Missing("a/z".into())]);
        fs::write(folder.path().join("a/z"), [7; 2_500]).unwrap();
        fs::write(folder.path().join("evil.py"), b"x").unwrap();
        assert_eq!(problems(folder.path(), &signature, &check), [Problem::Added("evil.py".into())]);
    }
}

/// Weakness 4 of the reference: with shards, files without content come and go unseen.
#[test]
fn empty_files_are_seen_with_shards() {
    let folder = model();
    let options = SigningOptions { method: Method::Shards { size: 1_000 }, ..SigningOptions::default() };
    let signature = signed(folder.path(), key(fixture!("p256.pem")), &options);
    let check = by_key(&key(fixture!("p256.pem")));
    fs::write(folder.path().join("__init__.py"), b"").unwrap();
    fs::remove_file(folder.path().join("a.b")).unwrap();
    let expected = [Problem::Missing("a.b".into()), Problem::Added("__init__.py".into())];
    assert_eq!(problems(folder.path(), &signature, &check), expected);
}

/// Weakness 5: a colon in a name broke signatures in shards.
#[test]
fn names_with_colons_can_be_signed_in_shards() {
    let folder = model();
    fs::write(folder.path().join("a:1:2"), b"text").unwrap();
    let options = SigningOptions { method: Method::Shards { size: 3 }, ..SigningOptions::default() };
    let signature = signed(folder.path(), key(fixture!("p256.pem")), &options);
    assert_eq!(problems(folder.path(), &signature, &by_key(&key(fixture!("p256.pem")))), []);
}

/// Weakness 8: what a signature leaves out is free for anything.
#[test]
fn paths_left_out_are_told_unless_the_verifier_wants_it_so() {
    let folder = model();
    fs::create_dir_all(folder.path().join("cache/.git")).unwrap();
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    for path in ["cache/code.py", "cache/.git/x", ".git/config"] {
        fs::write(folder.path().join(path), b"x").unwrap();
    }
    let options = SigningOptions { ignored: vec!["cache".into()], ..SigningOptions::default() };
    let signature = signed(folder.path(), key(fixture!("p256.pem")), &options);
    let mut check = by_key(&key(fixture!("p256.pem")));
    let verification = verify(folder.path(), &signature, &check).unwrap();
    assert_eq!(verification.problems, []);
    assert_eq!(verification.uncovered, ["cache/.git/x", "cache/code.py"]);
    assert_eq!(verification.ignored, [".git/config"]);
    check.ignored = vec!["cache".into()];
    let verification = verify(folder.path(), &signature, &check).unwrap();
    assert_eq!((verification.uncovered.len(), verification.ignored.len()), (0, 3));
}

#[test]
fn somebody_elses_key_is_not_believed() {
    let folder = model();
    let signature = signed(folder.path(), key(fixture!("p256.pem")), &SigningOptions::default());
    let other = by_key(&key(fixture!("p384.pem")));
    let verification = verify(folder.path(), &signature, &other).unwrap();
    assert!(matches!(verification.problems.as_slice(), [Problem::OtherKey(_)]));
    assert_eq!(verification.signed_by, None);
    // Without the hint it is the signature that does not fit.
    let mut bundle: serde_json::Value = serde_json::from_slice(&signature).unwrap();
    bundle["verificationMaterial"]["publicKey"] = serde_json::json!({});
    let signature = serde_json::to_vec(&bundle).unwrap();
    assert_eq!(problems(folder.path(), &signature, &other), [Problem::BadSignature]);
    assert_eq!(problems(folder.path(), &signature, &by_key(&key(fixture!("p256.pem")))), []);
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let pem = std::str::from_utf8(fixture!("p256-encrypted.pem")).unwrap();
    assert!(PrivateKey::from_pem(pem, None).is_err());
    assert!(PrivateKey::from_pem(pem, Some("wrong")).is_err());
    let opened = PrivateKey::from_pem(pem, Some("weigh")).unwrap();
    assert_eq!(opened.public(), key(fixture!("p256.pem")).public());
    assert!(
        PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None).is_err()
    );
    assert!(PrivateKey::from_pem("", None).is_err());
}

fn with_certificate(folder: &Path, leaf: &[u8]) -> Vec<u8> {
    let signer =
        Signer::certificate(key(fixture!("leaf-key.pem")), leaf, &[fixture!("intermediate.pem").to_vec()]);
    sign(folder, "model", &signer.unwrap(), &SigningOptions::default()).unwrap()
}

#[test]
fn a_chain_leads_to_the_root_or_to_nothing() {
    let folder = model();
    let signature = with_certificate(folder.path(), fixture!("leaf.pem"));
    let verification = verify(folder.path(), &signature, &by_root(VALID)).unwrap();
    assert_eq!(verification.problems, []);
    let Some(SignedBy::Certificate(identity)) = verification.signed_by else { panic!("{verification:?}") };
    assert!(identity.is("release@example.org") && identity.is("Release") && !identity.is("release"));
    assert!(identity.is_issued_by("Example Intermediate") && !identity.is_issued_by("Example"));
    // Weakness 6: the reference tests validity at the certificate's own beginning, so nothing ever expires.
    let late = problems(folder.path(), &signature, &by_root(LATER));
    assert!(matches!(late.as_slice(), [Problem::Untrusted(why)] if why.contains("expired")), "{late:?}");
    let mut other = by_root(VALID);
    other.trust = Trust::Roots {
        roots: TrustRoot::from_pem(fixture!("other-root.pem")).unwrap(),
        identity: None,
        issuer: None,
        moment: VALID,
    };
    let untrusted = problems(folder.path(), &signature, &other);
    assert!(
        matches!(untrusted.as_slice(), [Problem::Untrusted(why)] if why.contains("not among")),
        "{untrusted:?}"
    );
}

#[test]
fn the_signer_is_pinned_by_whole_names() {
    let folder = model();
    let signature = with_certificate(folder.path(), fixture!("leaf.pem"));
    let pinned = |who: &str, by: &str| {
        let mut options = by_root(VALID);
        if let Trust::Roots { identity, issuer, .. } = &mut options.trust {
            (*identity, *issuer) = (Some(who.to_owned()), Some(by.to_owned()));
        }
        problems(folder.path(), &signature, &options)
    };
    assert_eq!(pinned("release@example.org", "Example Intermediate"), []);
    assert!(matches!(
        pinned("e@example.org", "Example Intermediate").as_slice(),
        [Problem::OtherIdentity(_)]
    ));
    assert!(matches!(pinned("Release", "Example Root").as_slice(), [Problem::OtherIssuer(_)]));
}

/// Weakness 7: any certificate of a web server signs models.
#[test]
fn certificates_for_other_uses_sign_nothing() {
    let folder = model();
    for (leaf, why) in [
        (fixture!("tls-leaf.pem"), "web server"),
        (fixture!("no-usage-leaf.pem"), "does not say"),
        (fixture!("encipherment-leaf.pem"), "not for signatures"),
        (fixture!("critical-leaf.pem"), "not understood"),
        (fixture!("leaf-of-leaf.pem"), "not among the trusted"),
    ] {
        let found = problems(folder.path(), &with_certificate(folder.path(), leaf), &by_root(VALID));
        assert!(
            matches!(found.as_slice(), [Problem::Untrusted(said)] if said.contains(why)),
            "{why}: {found:?}"
        );
    }
}

#[test]
fn authorities_must_be_authorities() {
    let folder = model();
    for (leaf, chain, why) in [
        // A certificate that the leaf itself issued: the leaf is no authority.
        (
            fixture!("leaf-of-leaf.pem"),
            [fixture!("leaf.pem"), fixture!("intermediate.pem")].concat(),
            "may not issue",
        ),
        // An authority below one that allows none below it.
        (fixture!("deep-leaf.pem"), [fixture!("deep.pem"), fixture!("intermediate.pem")].concat(), "so deep"),
    ] {
        let signer = Signer::certificate(key(fixture!("leaf-key.pem")), leaf, &[chain]).unwrap();
        let signature = sign(folder.path(), "model", &signer, &SigningOptions::default()).unwrap();
        let found = problems(folder.path(), &signature, &by_root(VALID));
        assert!(
            matches!(found.as_slice(), [Problem::Untrusted(said)] if said.contains(why)),
            "{why}: {found:?}"
        );
    }
}

#[test]
fn an_rsa_authority_vouches_too() {
    let folder = model();
    let signer = Signer::certificate(key(fixture!("leaf-key.pem")), fixture!("rsa-leaf.pem"), &[]).unwrap();
    let signature = sign(folder.path(), "model", &signer, &SigningOptions::default()).unwrap();
    let mut options = by_root(VALID);
    if let Trust::Roots { roots, .. } = &mut options.trust {
        *roots = TrustRoot::from_pem(fixture!("rsa-root.pem")).unwrap();
    }
    assert_eq!(problems(folder.path(), &signature, &options), []);
    assert!(
        Signer::certificate(key(fixture!("p256.pem")), fixture!("rsa-leaf.pem"), &[]).is_err(),
        "other key"
    );
}

#[test]
fn what_the_reference_signed_verifies() {
    let folder = model();
    let root = by_root(VALID);
    let p256 = by_key(&key(fixture!("p256.pem")));
    for (signature, options) in [
        (fixture!("reference-key.sig"), &p256),
        (fixture!("reference-shards.sig"), &p256),
        (fixture!("reference-blake2.sig"), &p256),
        (fixture!("reference-blake3.sig"), &p256),
        (fixture!("reference-certificate.sig"), &root),
    ] {
        let verification = verify(folder.path(), signature, options).unwrap();
        assert_eq!(verification.problems, []);
    }
    // Of its signatures in shards nobody knows whether the signer saw the file without content.
    let shards = verify(folder.path(), fixture!("reference-shards.sig"), &p256).unwrap();
    assert_eq!(shards.uncovered, ["a.b"]);
}

#[test]
fn what_was_added_is_not_read_and_links_that_go_round_end() {
    for method in [Method::Files, Method::Shards { size: 1_000 }] {
        let folder = model();
        let options = SigningOptions { method, follow_links: true, ..SigningOptions::default() };
        let signature = signed(folder.path(), key(fixture!("p256.pem")), &options);
        let verifier = VerifyOptions { follow_links: true, ..by_key(&key(fixture!("p256.pem"))) };
        // A hole of a tebibyte: whoever reads it does not come back.
        fs::File::create(folder.path().join("hole")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(problems(folder.path(), &signature, &verifier), [Problem::Added("hole".to_owned())]);
        fs::remove_file(folder.path().join("hole")).unwrap();
        if method != Method::Files {
            fs::File::create(folder.path().join("a/0")).unwrap().set_len(1 << 40).unwrap();
            assert_eq!(problems(folder.path(), &signature, &verifier), [Problem::Changed("a/0".to_owned())]);
        }
        for link in ["x", "y", "a/z2"] {
            std::os::unix::fs::symlink(folder.path(), folder.path().join(link)).unwrap();
        }
        let circles = verify(folder.path(), &signature, &verifier);
        assert!(matches!(circles, Err(Error::Circle(_))), "{circles:?}");
    }
}

#[test]
fn links_are_followed_only_on_request() {
    let folder = model();
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
    let signer = Signer::Key(key(fixture!("p256.pem")));
    let refused = sign(folder.path(), "model", &signer, &SigningOptions::default());
    assert!(matches!(refused, Err(Error::Link(path)) if path == "link"));
    let options = SigningOptions { follow_links: true, ..SigningOptions::default() };
    let signature = sign(folder.path(), "model", &signer, &options).unwrap();
    let mut check = by_key(&key(fixture!("p256.pem")));
    assert!(matches!(verify(folder.path(), &signature, &check), Err(Error::Link(_))), "the verifier decides");
    check.follow_links = true;
    assert_eq!(problems(folder.path(), &signature, &check), []);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    assert!(sign(folder.path(), "model", &signer, &options).is_err(), "a loop ends");
}

#[test]
fn a_file_alone_is_a_model() {
    let folder = model();
    let file = folder.path().join("a/z");
    let signature = signed(&file, key(fixture!("p256.pem")), &SigningOptions::default());
    assert_eq!(problems(&file, &signature, &by_key(&key(fixture!("p256.pem")))), []);
    let other = problems(&folder.path().join("B"), &signature, &by_key(&key(fixture!("p256.pem"))));
    assert_eq!(other, [Problem::Changed(".".into())]);
}

/// A bundle with another statement, signed by the right key.
fn forged(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    use base64::Engine as _;
    let folder = model();
    let key = key(fixture!("p256.pem"));
    let text = signed(folder.path(), self::key(fixture!("p256.pem")), &SigningOptions::default());
    let bundle = bundle::Bundle::read(&text).unwrap();
    let mut statement: serde_json::Value = serde_json::from_slice(&bundle.payload().unwrap()).unwrap();
    change(&mut statement);
    let payload = serde_json::to_vec(&statement).unwrap();
    let signature = key.sign(&bundle::pre_authentication(&payload));
    let mut bundle: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    bundle["dsseEnvelope"]["payload"] = encode(&payload).into();
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = encode(&signature).into();
    serde_json::to_vec(&bundle).unwrap()
}

#[test]
fn statements_that_contradict_themselves_are_refused() {
    let folder = model();
    let check = by_key(&key(fixture!("p256.pem")));
    let refuse =
        |change: fn(&mut serde_json::Value)| verify(folder.path(), &forged(change), &check).unwrap_err();
    let same = verify(folder.path(), &forged(|_| {}), &check).unwrap();
    assert_eq!(same.problems, []);
    let told: BTreeSet<String> = [
        refuse(|statement| statement["subject"][0]["digest"]["sha256"] = "00".repeat(32).into()),
        refuse(|statement| statement["subject"] = serde_json::json!([])),
        refuse(|statement| statement["_type"] = "x".into()),
        refuse(|statement| statement["predicateType"] = "x".into()),
        refuse(|statement| statement["predicateType"] = "https://model_signing/Digests/v0.1".into()),
        refuse(|statement| statement["predicate"]["serialization"]["method"] = "x".into()),
        refuse(|statement| statement["predicate"]["serialization"]["hash_type"] = "md5".into()),
        refuse(|statement| statement["predicate"]["resources"][0]["name"] = "../B".into()),
        refuse(|statement| statement["predicate"]["resources"][0]["digest"] = "zz".into()),
        refuse(|statement| statement["predicate"]["resources"][0]["algorithm"] = "md5".into()),
        refuse(|statement| {
            let first = statement["predicate"]["resources"][0].clone();
            statement["predicate"]["resources"].as_array_mut().unwrap().push(first);
        }),
    ]
    .map(|error| error.to_string())
    .into();
    assert_eq!(told.len(), 11, "each says why: {told:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn broken_signatures_are_errors_or_problems(at in 0_usize..2_000, with in any::<u8>(), cut in any::<bool>()) {
        let folder = model();
        let mut signature = fixture!("reference-certificate.sig").to_vec();
        let at = at % signature.len();
        if cut {
            signature.truncate(at);
        } else {
            signature[at] ^= with;
        }
        let verified = verify(folder.path(), &signature, &by_root(VALID));
        if verified.is_ok_and(|verification| verification.problems.is_empty()) {
            // What was changed means nothing, such as a space between two fields.
            let payload = |text: &[u8]| bundle::Bundle::read(text).unwrap().payload().unwrap();
            prop_assert_eq!(payload(&signature), payload(fixture!("reference-certificate.sig")));
        }
    }
}
