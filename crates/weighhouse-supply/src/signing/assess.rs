//! The signatures that lie with a model, held against those whom the configuration trusts.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use weighhouse_core::printable::printable_within;
use weighhouse_core::{Answer, Assessment, Basis, Date, FactValue, Finding, Location, State, Thread};

use super::bundle::Bundle;
use super::rules::{NOT_COVERED, SIGNATURE_BROKEN, SIGNER_NOT_TRUSTED};
use super::statement::Claims;
use super::{
    Error, Keyless, Problem, PublicKey, SignedBy, Trust, TrustRoot, Verification, VerifyOptions, verify,
};
use crate::materials::{Material, Materials};

/// Signatures of one model that are looked at.
const MOST: usize = 16;
/// Paths that a finding names.
const NAMED: usize = 5;
/// Characters of a name that are shown.
const NAME: usize = 200;

/// Whom the configuration trusts.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Keys that may have signed.
    pub keys: Vec<PublicKey>,
    /// Authorities that may vouch for who signed.
    pub roots: Option<TrustRoot>,
    /// Only this holder of a certificate.
    pub identity: Option<String>,
    /// Only if this authority issued the certificate.
    pub issuer: Option<String>,
    /// Somebody who signs without a key of their own.
    pub keyless: Option<Keyless>,
}

impl Settings {
    /// Everybody who may have signed, one by one.
    fn trusts(&self, today: Date) -> Vec<Trust> {
        let mut trusts: Vec<_> = self.keys.iter().cloned().map(Trust::Key).collect();
        let seconds = u64::try_from(today.days()).unwrap_or_default().saturating_add(1) * 86_400;
        trusts.extend(self.roots.clone().map(|roots| Trust::Roots {
            roots,
            identity: self.identity.clone(),
            issuer: self.issuer.clone(),
            moment: Duration::from_secs(seconds.saturating_sub(1)),
        }));
        trusts.extend(self.keyless.clone().map(Trust::Keyless));
        trusts
    }
}

/// Looks for signatures among the files and checks them.
pub fn assess(materials: &Materials, settings: &Settings, today: Date) -> (Assessment, Vec<Finding>) {
    let signatures: Vec<_> =
        materials.files.iter().filter_map(|file| Some((file, signature(file)?))).collect();
    let mut told = Told { signed: !signatures.is_empty(), ..Told::default() };
    if signatures.len() > MOST {
        told.missing.push(format!(
            "{} signatures: more than anybody needs, only {MOST} are checked",
            signatures.len()
        ));
    }
    let trusts = settings.trusts(today);
    for (file, claims) in signatures.iter().take(MOST) {
        match (&materials.root, trusts.is_empty()) {
            (Some(root), false) => check(root, file, &trusts, &mut told),
            (None, false) => {
                told.missing.push(format!("`{}` can be checked in a folder only", shown(&file.path)));
            }
            (_, true) => {
                let missing =
                    "a signature is there, but nobody to trust: name keys or authorities under [signature]";
                told.missing.push(missing.to_owned());
            }
        }
        told.answers.push(Answer {
            text: format!("`{}` claims to sign `{}`", shown(&file.path), shown(&claims.name)),
            basis: Basis::Declared,
            location: Some(Location::file(file.path.clone())),
        });
    }
    let beside = crate::statements::found(materials, &settings.keys);
    told.answers.extend(beside.answers);
    told.missing.extend(beside.missing);
    told.findings.extend(beside.findings);
    told.missing.dedup();
    told.conclude()
}

/// What a file claims, if it is a signature of a model.
fn signature(file: &Material) -> Option<Claims> {
    let text = file.text.as_deref().filter(|text| text.trim_start().starts_with('{'))?;
    let payload = Bundle::read(text.as_bytes()).and_then(|bundle| bundle.payload()).ok()?;
    Claims::read(&payload).ok()
}

fn shown(text: &str) -> String {
    printable_within(text, NAME)
}

#[derive(Default)]
struct Told {
    signed: bool,
    signers: BTreeSet<String>,
    answers: Vec<Answer>,
    missing: Vec<String>,
    findings: Vec<Finding>,
}

/// Tries everybody who is trusted; the first who signed decides.
fn check(root: &Path, file: &Material, trusts: &[Trust], told: &mut Told) {
    let Some(text) = &file.text else { return };
    for trust in trusts {
        let options =
            VerifyOptions { trust: trust.clone(), follow_links: true, ignored: vec![file.path.clone()] };
        match verify(root, text.as_bytes(), &options) {
            Ok(verification) if verification.signed_by.is_some() => {
                return told.verified(file, &verification);
            }
            Ok(verification) if verification.problems.contains(&Problem::BadSignature) => {
                let only_key = matches!(trust, Trust::Key(_)) && trusts.len() == 1;
                // The certificate was good: a trusted identity is claimed for what it did not sign.
                let claimed = matches!(trust, Trust::Keyless(_));
                if only_key || claimed || names_key(text) {
                    return told.broken(file, "the signature does not fit what it signs", None);
                }
            }
            Ok(_) => {}
            Err(error @ (Error::Signature(_) | Error::Certificate(_))) => {
                return told.broken(file, &shown(&error.to_string()), None);
            }
            Err(error) => {
                return told.missing.push(format!("`{}`: {}", shown(&file.path), shown(&error.to_string())));
            }
        }
    }
    told.stranger(file);
}

/// Whether the signature says with which key it was made: another key would have been told as such.
fn names_key(text: &str) -> bool {
    let bundle = Bundle::read(text.as_bytes()).ok();
    bundle
        .and_then(|bundle| bundle.verification_material.public_key?.hint)
        .is_some_and(|hint| !hint.is_empty())
}

impl Told {
    fn verified(&mut self, file: &Material, verification: &Verification) {
        let signer = match &verification.signed_by {
            Some(SignedBy::Certificate(identity) | SignedBy::Keyless { identity, .. }) => {
                identity.names.first().unwrap_or(&identity.subject).clone()
            }
            Some(SignedBy::Key(fingerprint)) => format!("key {}", fingerprint.short()),
            None => return,
        };
        let signer = shown(&signer);
        if !verification.problems.is_empty() {
            let what: Vec<String> = verification.problems.iter().take(NAMED).map(problem).collect();
            let rest = verification.problems.len().saturating_sub(NAMED);
            let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let headline = format!("the model is not what `{signer}` signed: {}{more}", what.join(", "));
            return self.broken(file, &headline, Some(what.join(", ")));
        }
        if !verification.uncovered.is_empty() {
            let named: Vec<String> =
                verification.uncovered.iter().take(NAMED).map(|path| shown(path)).collect();
            let headline = format!(
                "the signature leaves out {} files, such as `{}`",
                verification.uncovered.len(),
                named.join("`, `")
            );
            let remediation = "ask the signer to sign everything, or remove what is left out";
            let evidence = Some(named.join(", "));
            let location = Location::file(file.path.clone());
            self.findings.push(crate::finding(
                &NOT_COVERED,
                NOT_COVERED.severity,
                location,
                headline,
                evidence,
                remediation,
            ));
        }
        self.answers.push(Answer {
            text: format!(
                "signed by `{signer}`: every byte is as it was signed, digest `{}`",
                verification.root.short()
            ),
            basis: Basis::Measured,
            location: Some(Location::file(file.path.clone())),
        });
        self.signers.insert(signer);
    }

    fn broken(&mut self, file: &Material, headline: &str, evidence: Option<String>) {
        let location = Location::file(file.path.clone());
        let remediation = "do not use these files; fetch the model again from its maker";
        self.findings.push(crate::finding(
            &SIGNATURE_BROKEN,
            SIGNATURE_BROKEN.severity,
            location,
            headline,
            evidence,
            remediation,
        ));
    }

    fn stranger(&mut self, file: &Material) {
        let location = Location::file(file.path.clone());
        let headline = "signed by nobody whom [signature] trusts";
        let remediation = "ask the maker who signs its models, and add that key or authority to [signature]";
        self.findings.push(crate::finding(
            &SIGNER_NOT_TRUSTED,
            SIGNER_NOT_TRUSTED.severity,
            location,
            headline,
            None,
            remediation,
        ));
    }

    fn conclude(self) -> (Assessment, Vec<Finding>) {
        let broken = self.findings.iter().any(|finding| finding.rule.id == SIGNATURE_BROKEN.id);
        let signers: Vec<&str> = self.signers.iter().map(String::as_str).collect();
        let headline = match (self.signed, broken, signers.as_slice()) {
            (false, ..) => "not signed".to_owned(),
            (true, true, _) => "the signature does not hold".to_owned(),
            (true, false, []) => "signed, but by nobody known to be trusted".to_owned(),
            (true, false, signers) => format!("signed by {}", signers.join(", ")),
        };
        let mut assessment = Assessment::new(Thread::Signature, headline);
        if !self.missing.is_empty() {
            assessment.state = State::Partly;
        }
        assessment.facts.insert("signed", FactValue::Flag(self.signed));
        assessment
            .facts
            .insert("signers", FactValue::Words(if broken { BTreeSet::new() } else { self.signers }));
        assessment.answers = self.answers;
        assessment.missing = self.missing;
        (assessment, self.findings)
    }
}

fn problem(problem: &Problem) -> String {
    let (what, path) = match problem {
        Problem::Changed(path) => ("changed", path.as_str()),
        Problem::Missing(path) => ("missing", path.as_str()),
        Problem::Added(path) => ("added", path.as_str()),
        Problem::OtherKey(_)
        | Problem::BadSignature
        | Problem::Untrusted(_)
        | Problem::OtherIdentity(_)
        | Problem::OtherIssuer(_) => ("not trusted", "the signature"),
    };
    format!("{what} `{}`", shown(path))
}
