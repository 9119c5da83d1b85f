//! Keyless signatures: one of the real instance, and those of an instance of our own that `fixtures/make.py` plays.

use std::cell::RefCell;
use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};
use sigstore_verify::VerificationPolicy;
use sigstore_verify::types::{Bundle, Sha256Hash};

use super::super::assess_tests::assessed;
use super::super::key::PrivateKey;
use super::super::sign::statement;
use super::super::{Settings, SigningOptions, Trust, Verification, VerifyOptions, verify};
use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name))
    };
}

const IDENTITY: &str = "release@example.org";
const ISSUER: &str = "https://accounts.example.org";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn good() -> Value {
    parsed(fixture!("good.sig"))
}

fn root() -> Value {
    parsed(fixture!("trusted_root.json"))
}

fn keyless() -> Keyless {
    Keyless::new(fixture!("trusted_root.json").as_bytes(), IDENTITY, ISSUER).unwrap()
}

/// The model that `good.sig` signs.
fn model() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("weights"), "weights of a model").unwrap();
    folder
}

fn checked(keyless: Keyless, signature: &str) -> Result<Verification, Error> {
    let options = VerifyOptions { trust: Trust::Keyless(keyless), follow_links: false, ignored: Vec::new() };
    verify(model().path(), signature.as_bytes(), &options)
}

/// Why a signature is refused, or nothing.
fn refusal(keyless: Keyless, signature: &str) -> Option<String> {
    match checked(keyless, signature) {
        Ok(verification) if verification.problems.is_empty() => None,
        Ok(verification) => {
            assert_eq!(verification.signed_by, None, "who is not trusted is not named");
            Some(format!("{:?}", verification.problems))
        }
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn a_signature_of_our_instance_is_told_with_signer_issuer_and_time() {
    let verification = checked(keyless(), fixture!("good.sig")).unwrap();
    assert_eq!((verification.problems, verification.uncovered), (vec![], vec![]));
    let Some(SignedBy::Keyless { identity, time }) = verification.signed_by else {
        panic!("{:?}", verification.signed_by)
    };
    assert_eq!(time, "2025-06-01T12:01:00Z");
    assert_eq!(identity.names, [IDENTITY]);
    assert_eq!(identity.issuers, ["CN=example-intermediate,O=Example", ISSUER]);
}

#[test]
fn a_signature_by_the_reference_with_the_public_instance_is_good() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["signme-1", "signme-2"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let check = |issuer: &str| {
        let root = fixture!("public_root.json").as_bytes();
        let trust = Trust::Keyless(Keyless::new(root, "stefanb@us.ibm.com", issuer).unwrap());
        let options = VerifyOptions { trust, follow_links: false, ignored: Vec::new() };
        verify(folder.path(), fixture!("reference.sig").as_bytes(), &options).unwrap()
    };
    let verification = check("https://sigstore.verify.ibm.com/oauth2");
    assert_eq!(verification.problems, []);
    // The log and a time stamp authority both say when; the earlier is told.
    assert!(
        matches!(&verification.signed_by, Some(SignedBy::Keyless { time, .. }) if time == "2025-10-10T02:12:20Z"),
        "{:?}",
        verification.signed_by
    );
    let other = check("https://accounts.google.com").problems;
    assert_eq!(other, [Problem::OtherIssuer("https://sigstore.verify.ibm.com/oauth2".to_owned())]);
    fs::write(folder.path().join("signme-2"), "signme-3").unwrap();
    let changed = check("https://sigstore.verify.ibm.com/oauth2");
    assert_eq!(changed.problems, [Problem::Changed("signme-2".to_owned())]);
    assert!(changed.signed_by.is_some());
}

/// Rekor 2 states no time; a time stamp authority does. The library does not ask whether the log's key was valid then.
#[test]
fn the_key_of_a_log_without_time_must_have_been_valid_too() {
    let bundle = Bundle::from_json(fixture!("rekor2.json")).unwrap();
    let subject = "54303491a8418fbed24344b513546182c29b43bf282ceb433af65e2299f9271f";
    let subject = Sha256Hash::from_hex(subject).unwrap();
    let policy = VerificationPolicy::new("jku@goto.fi", "https://github.com/login/oauth");
    let judged = |root: &Value| {
        let root = evidence::Root::read(root.to_string().as_bytes()).unwrap();
        root.judge(&bundle, subject, &policy).unwrap()
    };
    let mut root = parsed(fixture!("staging_root.json"));
    assert!(
        matches!(judged(&root), Ok(SignedBy::Keyless { time, .. }) if time.starts_with("2026-05-26T07:42:"))
    );
    for log in root["tlogs"].as_array_mut().unwrap() {
        log["publicKey"]["validFor"]["end"] = json!("2026-05-25T00:00:00Z");
        log["publicKey"]["validFor"]["start"] = json!("2021-01-01T00:00:00Z");
    }
    assert!(
        matches!(judged(&root), Err(Problem::Untrusted(why)) if why.contains("No matching Rekor key")),
        "{:?}",
        judged(&root)
    );
}

#[test]
fn only_the_named_identity_and_issuer_will_do() {
    let with = |identity, issuer| {
        let root = fixture!("trusted_root.json").as_bytes();
        checked(Keyless::new(root, identity, issuer).unwrap(), fixture!("good.sig")).unwrap().problems
    };
    for other in ["somebody@example.org", "release@example.or", "Release@example.org", "", "example.org", "*"]
    {
        assert_eq!(with(other, ISSUER), [Problem::OtherIdentity(IDENTITY.to_owned())], "{other}");
    }
    for other in ["https://accounts.example.com", "https://accounts.example.org/", "accounts.example.org", ""]
    {
        assert_eq!(with(IDENTITY, other), [Problem::OtherIssuer(ISSUER.to_owned())], "{other}");
    }
}

/// A change of a bundle and of the trusted root, and what the refusal says.
type Forgery = (&'static str, fn(&mut Value, &mut Value), &'static str);

fn entry(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0]
}

fn checkpoint(bundle: &mut Value, change: impl Fn(&str) -> String) {
    let envelope = &mut entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
    *envelope = json!(change(envelope.as_str().unwrap()));
}

/// Ends a window of the trusted root before the signature was made.
fn ended(window: &mut Value) {
    window["validFor"] = json!({ "start": "2025-05-01T00:00:00Z", "end": "2025-05-31T00:00:00Z" });
}

const OUTSIDE: &[Forgery] = &[
    ("certified an hour before", |bundle, _| *bundle = parsed(fixture!("late.sig")), "Expired"),
    (
        "certificate that no log saw",
        |bundle, _| *bundle = parsed(fixture!("unlogged-certificate.sig")),
        "missing SCT",
    ),
    (
        "certificate of another authority of that name",
        |bundle, _| *bundle = parsed(fixture!("other-authority.sig")),
        "chain is invalid",
    ),
    (
        "entry of another log of that name",
        |bundle, _| *bundle = parsed(fixture!("other-log.sig")),
        "No log key valid at integrated time",
    ),
    ("expired authority", |_, root| ended(&mut root["certificateAuthorities"][0]), "authority is valid at"),
    ("expired key of the log", |_, root| ended(&mut root["tlogs"][0]["publicKey"]), "No log key valid at"),
    (
        "expired key of the log of certificates",
        |_, root| ended(&mut root["ctlogs"][0]["publicKey"]),
        "SCT signature verification failed",
    ),
    ("no authority", |_, root| root["certificateAuthorities"] = json!([]), "authority is valid at"),
    ("no log", |_, root| root["tlogs"] = json!([]), "No log key valid at"),
    ("no log of certificates", |_, root| root["ctlogs"] = json!([]), "no CT log keys"),
    (
        "other log of certificates",
        |_, root| root["ctlogs"] = root["tlogs"].clone(),
        "SCT signature verification failed",
    ),
];

const INSIDE: &[Forgery] = &[
    (
        "payload of another signature",
        |bundle, _| {
            bundle["dsseEnvelope"]["payload"] =
                parsed(fixture!("another.sig"))["dsseEnvelope"]["payload"].clone();
        },
        "BadSignature",
    ),
    (
        "envelope of another signature",
        |bundle, _| bundle["dsseEnvelope"] = parsed(fixture!("another.sig"))["dsseEnvelope"].clone(),
        "BadSignature",
    ),
    (
        "certificate of another signature",
        |bundle, _| {
            bundle["verificationMaterial"]["certificate"] =
                parsed(fixture!("another.sig"))["verificationMaterial"]["certificate"].clone();
        },
        "BadSignature",
    ),
    (
        "entry of another signature",
        |bundle, _| *entry(bundle) = entry(&mut parsed(fixture!("another.sig"))).clone(),
        "log entry does not match the bundle",
    ),
    (
        "body of another signature",
        |bundle, _| {
            entry(bundle)["canonicalizedBody"] =
                entry(&mut parsed(fixture!("another.sig")))["canonicalizedBody"].clone();
        },
        "SET verification failed",
    ),
    (
        "two entries, one of another signature",
        |bundle, _| {
            let other = entry(&mut parsed(fixture!("another.sig"))).clone();
            bundle["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap().push(other);
        },
        "log entry does not match the bundle",
    ),
    ("no entry", |bundle, _| bundle["verificationMaterial"]["tlogEntries"] = json!([]), "must"),
    (
        "no trusted time",
        |bundle, _| drop(entry(bundle).as_object_mut().unwrap().remove("inclusionPromise")),
        "no verified timestamp",
    ),
    (
        "another time",
        |bundle, _| entry(bundle)["integratedTime"] = json!("1748779261"),
        "SET verification failed",
    ),
    (
        "no proof of inclusion",
        |bundle, _| drop(entry(bundle).as_object_mut().unwrap().remove("inclusionProof")),
        "inclusion proof",
    ),
    (
        "wrong path in the tree",
        |bundle, _| {
            entry(bundle)["inclusionProof"]["hashes"].as_array_mut().unwrap().swap(0, 1);
        },
        "invalid inclusion proof",
    ),
    (
        "wrong place in the tree",
        |bundle, _| entry(bundle)["inclusionProof"]["logIndex"] = json!("3"),
        "invalid inclusion proof",
    ),
    (
        "checkpoint of another tree",
        |bundle, _| {
            let proof = entry(&mut parsed(fixture!("another.sig")))["inclusionProof"].clone();
            entry(bundle)["inclusionProof"]["checkpoint"] = proof["checkpoint"].clone();
        },
        "root hash",
    ),
    (
        "proof and checkpoint of another tree",
        |bundle, _| {
            entry(bundle)["inclusionProof"] =
                entry(&mut parsed(fixture!("another.sig")))["inclusionProof"].clone();
        },
        "invalid inclusion proof",
    ),
    (
        "forged checkpoint",
        |bundle, _| checkpoint(bundle, |text| text.replacen("\n5\n", "\n6\n", 1)),
        "No valid Rekor signature",
    ),
    (
        "checkpoint signed by another log",
        |bundle, _| {
            let other = entry(&mut parsed(fixture!("other-log.sig")))["inclusionProof"].clone();
            let other = other["checkpoint"]["envelope"].as_str().unwrap().to_owned();
            let line = other.split("\n\n").nth(1).unwrap().to_owned();
            checkpoint(bundle, |text| format!("{}\n\n{line}", text.split("\n\n").next().unwrap()));
        },
        "No matching Rekor key",
    ),
    (
        "the same entry many times",
        |bundle, _| {
            let entry = entry(bundle).clone();
            bundle["verificationMaterial"]["tlogEntries"] = json!(vec![entry; 17]);
        },
        "more entries of logs",
    ),
    (
        "signer named twice",
        |bundle, _| bundle["verificationMaterial"]["publicKey"] = json!({}),
        "more than one way",
    ),
    (
        "two signatures",
        |bundle, _| {
            let signatures = bundle["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
            signatures.push(signatures[0].clone());
        },
        "has 2 signatures",
    ),
];

#[test]
fn forged_evidence_is_refused_for_the_right_reason() {
    let mut wrong = Vec::new();
    for (what, forge, expected) in OUTSIDE.iter().chain(INSIDE) {
        let (mut bundle, mut root) = (good(), root());
        forge(&mut bundle, &mut root);
        let keyless = Keyless::new(root.to_string().as_bytes(), IDENTITY, ISSUER).unwrap();
        let refusal = refusal(keyless, &bundle.to_string()).unwrap_or_default();
        if !refusal.contains(expected) {
            wrong.push(format!("{what}: {refusal}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_no_keyless_signature_is_told_as_such() {
    let by_key = include_str!("../fixtures/reference-key.sig");
    assert!(refusal(keyless(), by_key).unwrap().contains("no keyless signature"));
    let by_certificate = include_str!("../fixtures/reference-certificate.sig");
    assert!(refusal(keyless(), by_certificate).unwrap().contains("no keyless signature"));
    // A key cannot vouch for a keyless one.
    let key = include_str!("../fixtures/p256.pub");
    let trust = Trust::Key(super::super::PublicKey::from_pem(key).unwrap());
    let options = VerifyOptions { trust, follow_links: false, ignored: Vec::new() };
    let verification = verify(model().path(), fixture!("good.sig").as_bytes(), &options).unwrap();
    assert!(
        matches!(verification.problems.as_slice(), [Problem::Untrusted(why)] if why.contains("trusted root")),
        "{verification:?}"
    );
}

#[test]
fn a_trusted_root_that_cannot_be_used_is_a_mistake() {
    for (broken, why) in [("", "EOF"), ("{}", "mediaType"), ("[1]", "invalid")] {
        let error = Keyless::new(broken.as_bytes(), IDENTITY, ISSUER).unwrap_err();
        assert!(matches!(&error, Error::TrustedRoot(text) if text.contains(why)), "{error}");
    }
    assert!(Keyless::new(&[0xff], IDENTITY, ISSUER).is_err());
    let mut twice = root();
    let log = twice["tlogs"][0].clone();
    twice["tlogs"].as_array_mut().unwrap().push(log);
    assert!(Keyless::new(twice.to_string().as_bytes(), IDENTITY, ISSUER).is_err());
}

#[test]
fn vet_tells_keyless_signers_and_forgeries() {
    let settings = Settings { keyless: Some(keyless()), ..Settings::default() };
    let folder = model();
    let ids = |signature: &str| {
        fs::write(folder.path().join("model.sig"), signature).unwrap();
        let (assessment, findings) = assessed(folder.path(), &settings);
        let ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
        (assessment.headline, ids)
    };
    assert_eq!(ids(fixture!("good.sig")), (format!("signed by {IDENTITY}"), vec![]));
    // A signature over other files, by the trusted signer.
    assert_eq!(ids(fixture!("another.sig")).1, ["WH-PRV-001"]);
    // The trusted signer's certificate around a statement that was never signed.
    let mut forged = good();
    forged["dsseEnvelope"]["payload"] = parsed(fixture!("another.sig"))["dsseEnvelope"]["payload"].clone();
    assert_eq!(ids(&forged.to_string()).1, ["WH-PRV-001"]);
    for stranger in [fixture!("other-authority.sig"), fixture!("late.sig"), fixture!("other-log.sig")] {
        let (headline, ids) = ids(stranger);
        assert_eq!(
            (headline.as_str(), ids),
            ("signed, but by nobody known to be trusted", vec!["WH-PRV-002"])
        );
    }
}

/// A bundle without the name on the line of its checkpoint's signature: a hint at the key, which nothing signs.
fn meaning(mut bundle: Value) -> Value {
    let checkpoint =
        &mut bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]["envelope"];
    let (said, signature) = checkpoint.as_str().unwrap().rsplit_once("\u{2014} ").unwrap();
    let signature = signature.rsplit_once(' ').unwrap().1;
    *checkpoint = format!("{said}\u{2014} {signature}").into();
    bundle
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// One byte changed anywhere is refused, unless the text still says the same.
    #[test]
    fn no_byte_can_be_changed(at in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f) {
        let mut text = fixture!("good.sig").as_bytes().to_vec();
        let at = at.index(text.len());
        text[at] = byte;
        let text = String::from_utf8(text).unwrap();
        if refusal(keyless(), &text).is_none() {
            prop_assert_eq!(meaning(serde_json::from_str(&text).unwrap()), meaning(good()));
        }
    }
}

/// Services that answer what they always answer, and keep what they were asked.
struct Scripted {
    answers: Value,
    asked: RefCell<Vec<(String, Value)>>,
}

impl Scripted {
    fn new(change: impl FnOnce(&mut Value)) -> Self {
        let mut answers = parsed(fixture!("answers.json"));
        change(&mut answers);
        Self { answers, asked: RefCell::default() }
    }
}

impl Transport for Scripted {
    fn post(&self, address: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        assert_eq!(kind, "application/json");
        self.asked.borrow_mut().push((address.to_owned(), serde_json::from_slice(body).unwrap()));
        let answer = match address {
            "https://127.0.0.1:9/api/v2/signingCert" => &self.answers["certificate"],
            "https://127.0.0.1:9/api/v1/log/entries" => &self.answers["entry"],
            other => return Err(format!("`{other}` cannot be reached")),
        };
        Ok(answer.to_string().into_bytes())
    }
}

/// A token without a signature: nobody here looks at it.
fn token(claims: &Value) -> Token {
    use base64::Engine as _;
    let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    Token::new(&format!("{}.{}.\n", part(&json!({ "alg": "none" })), part(claims)))
}

fn signed(services: &Scripted, key: &PrivateKey) -> Result<(Vec<u8>, SignedBy), Error> {
    let instance =
        Instance::new(fixture!("trusted_root.json").as_bytes(), fixture!("signing_config.json").as_bytes())?;
    let payload = statement(model().path(), "model", &SigningOptions::default())?;
    assert_eq!(String::from_utf8(payload.clone()).unwrap(), fixture!("payload.json"));
    instance.sign_with(key, &payload, &token(&json!({ "sub": "1234", "email": IDENTITY })), services)
}

fn signer() -> PrivateKey {
    PrivateKey::from_pem(fixture!("signer.pem"), None).unwrap()
}

#[test]
fn who_shows_a_token_is_certified_and_witnessed() {
    let services = Scripted::new(|_| {});
    let (bundle, by) = signed(&services, &signer()).unwrap();
    let SignedBy::Keyless { identity, time } = by else { panic!("{by:?}") };
    assert_eq!(
        (identity.names.as_slice(), time.as_str()),
        ([IDENTITY.to_owned()].as_slice(), "2025-06-01T12:01:00Z")
    );
    let verification = checked(keyless(), std::str::from_utf8(&bundle).unwrap()).unwrap();
    assert_eq!((verification.problems, verification.uncovered), (vec![], vec![]));

    let asked = services.asked.into_inner();
    let request = &asked[0].1["publicKeyRequest"];
    let proof =
        super::super::bundle::decode(request["proofOfPossession"].as_str().unwrap(), "proof").unwrap();
    assert!(signer().public().verifies(IDENTITY.as_bytes(), &proof), "the authority checks who has the key");
    assert_eq!(request["publicKey"]["content"], json!(signer().public().pem().unwrap()));
    let proposed = &asked[1].1["spec"]["proposedContent"];
    let envelope = parsed(proposed["envelope"].as_str().unwrap());
    assert_eq!(envelope, parsed(std::str::from_utf8(&bundle).unwrap())["dsseEnvelope"]);
    assert_eq!(asked.len(), 2);
}

type Lie = (&'static str, fn(&mut Value), &'static str);

/// The one entry in the answer of a log, taken out.
fn logged(answers: &mut Value) -> Value {
    answers["entry"].as_object_mut().unwrap().values_mut().next().unwrap().take()
}

#[test]
fn what_services_give_is_not_believed() {
    let lies: [Lie; 6] = [
        ("no certificate", |answers| answers["certificate"] = json!({}), "without a certificate"),
        (
            "certificate without the word of a log",
            |answers| answers["certificate"] = json!({ "signedCertificateDetachedSct": {} }),
            "into certificates",
        ),
        (
            "authority for certificate",
            |answers| {
                let chain =
                    &mut answers["certificate"]["signedCertificateEmbeddedSct"]["chain"]["certificates"];
                chain.as_array_mut().unwrap().swap(0, 1);
            },
            "cannot be verified",
        ),
        ("no entry", |answers| answers["entry"] = json!({}), "no entry"),
        (
            "entry without a promise",
            |answers| {
                let mut found = logged(answers);
                found["verification"].as_object_mut().unwrap().remove("signedEntryTimestamp");
                answers["entry"] = json!({ "x": found });
            },
            "no entry",
        ),
        (
            "entry of another time",
            |answers| {
                let mut found = logged(answers);
                found["integratedTime"] = json!(1_748_779_261);
                answers["entry"] = json!({ "x": found });
            },
            "cannot be verified",
        ),
    ];
    for (what, lie, expected) in lies {
        let error = signed(&Scripted::new(lie), &signer()).unwrap_err().to_string();
        assert!(error.contains(expected), "{what}: {error}");
    }
    // A certificate for another key.
    let error = signed(&Scripted::new(|_| {}), &PrivateKey::generate().unwrap()).unwrap_err();
    assert!(error.to_string().contains("cannot be verified"), "{error}");
}

#[test]
fn who_cannot_sign_is_told_why() {
    let config = |change: fn(&mut Value)| {
        let mut config = parsed(fixture!("signing_config.json"));
        change(&mut config);
        Instance::new(fixture!("trusted_root.json").as_bytes(), config.to_string().as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert!(config(|config| config["caUrls"] = json!([])).contains("no authority that is in use"));
    assert!(config(|config| config["rekorTlogUrls"] = json!([])).contains("no log that is in use"));
    assert!(
        config(|config| config["rekorTlogUrls"][0]["majorApiVersion"] = json!(2)).contains("time stamps")
    );
    let ended = config(|config| config["caUrls"][0]["validFor"]["end"] = json!("2025-06-01T00:00:00Z"));
    assert!(ended.contains("no authority that is in use"), "{ended}");
    let services = Scripted::new(|_| {});
    let instance =
        Instance::new(fixture!("trusted_root.json").as_bytes(), fixture!("signing_config.json").as_bytes())
            .unwrap();
    for (bad, why) in [("", "no JSON Web Token"), ("a.%.c", "no base64"), ("a.e30.c", "names nobody")] {
        let error = instance.sign_with(&signer(), b"{}", &Token::new(bad), &services).unwrap_err();
        assert!(error.to_string().contains(why), "{bad}: {error}");
    }
    assert_eq!(format!("{:?}", Token::new("secret")), "Token(..)");
    assert!(services.asked.into_inner().is_empty());
}
