//! Statements that lie with a model: named always, believed only with a key that the user trusts, compared with the bytes in any case.

use std::collections::BTreeSet;

use serde_json::Value;
use weighhouse_core::digest::{hex, model_digest};
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Answer, Basis, Finding, Location, Severity};

use super::rules::{ATTESTED_AS_REJECTED, STATEMENT_CONTRADICTS_BYTES};
use super::{Attestation, Digests, Error, MODEL_SIGNATURE, Relation, SUMMARY, decode};
use crate::materials::{Material, Materials};
use crate::signing::PublicKey;

/// Files with statements that are looked at.
const FILES: usize = 64;
/// Statements that may have been there when another was made.
const OTHERS: usize = 8;
/// Statements that are told.
const TOLD: usize = 200;
/// Subjects of one statement that are named.
const NAMED: usize = 3;
/// Names under which statements are published.
const ENDINGS: &[&str] = &[
    ".intoto.jsonl",
    ".intoto.json",
    ".intoto",
    ".dsse",
    ".dsse.json",
    ".att",
    ".sigstore",
    ".sigstore.json",
];

/// What lies with a model.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) answers: Vec<Answer>,
    pub(crate) missing: Vec<String>,
    pub(crate) findings: Vec<Finding>,
}

/// Looks for statements among the files. Those that one of `keys` signed are believed.
pub(crate) fn found(materials: &Materials, keys: &[PublicKey]) -> Found {
    let mut found = Found::default();
    let files: Vec<&Material> = materials.files.iter().filter(|file| is_statement(file)).collect();
    if files.len() > FILES {
        found.missing.push(format!("{} files with statements: only {FILES} are read", files.len()));
    }
    let digests = digests(materials, &files);
    for file in files.iter().take(FILES) {
        found.file(file, &digests, materials, keys);
    }
    let (answers, findings) = crate::bom::told(materials);
    found.answers.extend(answers);
    found.findings.extend(findings);
    found.missing.sort();
    found.missing.dedup();
    found
}

fn is_named(file: &Material) -> bool {
    let path = file.path.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// By name, or by what the text says of itself.
fn is_statement(file: &Material) -> bool {
    let says = |text: &str| {
        text.trim_start().starts_with('{')
            && (text.contains("\"application/vnd.in-toto+json\"")
                || text.contains("\"https://in-toto.io/Statement/"))
    };
    is_named(file) || file.text.as_deref().is_some_and(says)
}

/// The digests of what statements may speak of. A statement lies with the artifact that it speaks of and cannot be part of it; when it was made,
/// others may have been there or not.
fn digests(materials: &Materials, statements: &[&Material]) -> Digests {
    let paths: BTreeSet<&str> = statements.iter().map(|file| file.path.as_str()).collect();
    // What is only called like a statement is part of the artifact, and what only reads like one: both could be something else, too.
    let sure = |file: &&&Material| {
        let text = file.text.as_deref().filter(|_| is_named(file));
        text.is_some_and(|text| matches!(super::read(text), Ok(_) | Err(Error::NoStatement)))
    };
    let beside: BTreeSet<&str> = statements.iter().filter(sure).map(|file| file.path.as_str()).collect();
    let known = || materials.files.iter().filter_map(|file| Some((file.path.as_str(), file.sha256?)));
    let artifact = known().filter(|(path, _)| !beside.contains(path));
    let mut digests = Digests::new(artifact.map(|(path, digest)| (path.to_owned(), digest)).collect());
    if paths.len() <= OTHERS {
        for own in paths {
            digests.accept(model_digest(known().filter(|(path, _)| *path != own)));
        }
    }
    digests
}

fn shown(text: &str) -> String {
    printable_within(text, 200)
}

impl Found {
    fn file(&mut self, file: &Material, digests: &Digests, materials: &Materials, keys: &[PublicKey]) {
        let path = shown(&file.path);
        let Some(text) = &file.text else {
            return self.missing.push(format!("`{path}` is too large to be read as a statement"));
        };
        let attestations = match super::read(text) {
            Ok(attestations) => attestations,
            Err(Error::NoStatement) => return self.blob(file, text, materials),
            Err(error) => return self.missing.push(format!("`{path}`: {}", shown(&error.to_string()))),
        };
        // Signatures of models are told by those who check them.
        let others = attestations.iter().filter(|found| found.statement.predicate_type != MODEL_SIGNATURE);
        for attestation in others {
            if self.answers.len() >= TOLD {
                return self.missing.push(format!("more than {TOLD} statements: the rest is not told"));
            }
            self.attestation(file, attestation, digests, keys);
        }
    }

    fn attestation(
        &mut self,
        file: &Material,
        attestation: &Attestation,
        digests: &Digests,
        keys: &[PublicKey],
    ) {
        let signer = keys.iter().find(|key| {
            attestation.envelope.as_ref().is_some_and(|envelope| envelope.is_signed_by(key) == Ok(true))
        });
        let statement = &attestation.statement;
        let relations = digests.relations(statement);
        let here = relations.iter().any(|relation| matches!(relation, Relation::Whole | Relation::File(_)));
        let voucher = match (signer.and_then(|key| key.fingerprint().ok()), &attestation.envelope) {
            (Some(fingerprint), _) => format!("signed by the key `{}`", fingerprint.short()),
            (None, Some(_)) => "signed by nobody known to be trusted".to_owned(),
            (None, None) => "not signed".to_owned(),
        };
        if signer.is_none() {
            self.missing.push(
                "statements that lie here are signed by nobody known to be trusted; `weighhouse verify --statement` checks one with a key"
                    .to_owned(),
            );
        }
        let path = shown(&file.path);
        self.answers.push(Answer {
            text: format!("`{path}`, {voucher}, states {}: {}", about(&relations), statement.claim()),
            basis: if signer.is_some() { Basis::Measured } else { Basis::Declared },
            location: Some(Location::file(file.path.clone())),
        });
        for relation in &relations {
            if let Relation::Differs(name) = relation {
                let severity = if signer.is_some() { Severity::High } else { Severity::Medium };
                let headline =
                    format!("`{path}` states another digest for `{}` than its bytes have", shown(name));
                self.contradiction(name, severity, headline, voucher.clone());
            }
        }
        let result = statement.predicate.get("verificationResult").and_then(Value::as_str);
        if here && signer.is_some() && statement.predicate_type == SUMMARY && result == Some("FAILED") {
            self.findings.push(crate::finding(
                &ATTESTED_AS_REJECTED,
                ATTESTED_AS_REJECTED.severity,
                Location::file(file.path.clone()),
                format!("`{path}` says of these very bytes that they failed verification: {voucher}"),
                Some(statement.claim()),
                "ask whoever rejected it why, and do not use it before that is settled",
            ));
        }
    }

    /// A Sigstore bundle over the bytes of one file: whether they are the ones that were signed can be told without a key.
    fn blob(&mut self, file: &Material, text: &str, materials: &Materials) {
        let path = shown(&file.path);
        let bundle: Value = serde_json::from_str(text).unwrap_or_default();
        let digest = bundle.pointer("/messageSignature/messageDigest/digest").and_then(Value::as_str);
        let algorithm = bundle.pointer("/messageSignature/messageDigest/algorithm").and_then(Value::as_str);
        let signed = ENDINGS.iter().find_map(|ending| file.path.strip_suffix(ending));
        let signed = signed.and_then(|name| materials.file(name));
        let (Some(digest), Some("SHA2_256"), Some(signed)) = (digest.and_then(decode), algorithm, signed)
        else {
            return self.missing.push(format!("`{path}` signs a file that cannot be told from its name"));
        };
        let name = shown(&signed.path);
        let same = signed.sha256.is_some_and(|actual| actual.as_bytes().as_slice() == digest);
        self.answers.push(Answer {
            text: format!(
                "`{path}` signs `{name}` with the digest `{}`; who signed is not checked",
                hex(&digest)
            ),
            basis: Basis::Declared,
            location: Some(Location::file(file.path.clone())),
        });
        self.missing
            .push(format!("`{path}` is a Sigstore bundle of a file, whose signer is not checked here"));
        if !same {
            let headline = format!("`{path}` signs other bytes than those of `{name}`");
            self.contradiction(
                &signed.path,
                Severity::Medium,
                headline,
                "nobody checked the signer".to_owned(),
            );
        }
    }

    fn contradiction(&mut self, path: &str, severity: Severity, headline: String, evidence: String) {
        self.findings.push(crate::finding(
            &STATEMENT_CONTRADICTS_BYTES,
            severity,
            Location::file(path.to_owned()),
            headline,
            Some(evidence),
            "fetch the file and the statement again from their maker; if they still differ, ask the maker",
        ));
    }
}

/// What a statement is about, as far as it is here.
fn about(relations: &[Relation]) -> String {
    let files: Vec<String> = relations
        .iter()
        .filter_map(|relation| match relation {
            Relation::Whole => Some("all of this artifact".to_owned()),
            Relation::File(path) => Some(format!("`{}`", shown(path))),
            Relation::Differs(path) => Some(format!("other bytes called `{}`", shown(path))),
            Relation::Elsewhere(_) => None,
        })
        .collect();
    match files.len() {
        0 => "about something that is not here".to_owned(),
        count => {
            let named = files.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
            let more = count.saturating_sub(NAMED);
            if more > 0 { format!("about {named} and {more} more") } else { format!("about {named}") }
        }
    }
}
