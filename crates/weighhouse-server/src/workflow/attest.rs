//! Statements of others: who is trusted by configuration says something about these very bytes. Kept as it came, so that it can be
//! verified again at every decision: neither an edited row nor a key that is not trusted any more counts.

use serde_json::Value;
use weighhouse_core::Digest;
use weighhouse_core::printable::printable_within;
use weighhouse_policy::Access;
use weighhouse_supply::statements::{self, Statement, Subject};

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::Name;
use crate::settings::Attester;
use crate::store::attestations::{self, Attestation};
use crate::store::fresh_id;

/// Signatures of an envelope that are tried.
const SIGNATURES: usize = 16;
/// Statements about a revision that are kept.
const MOST: usize = 50;
/// Bytes of a predicate type, and of a result.
const WORDS: usize = 200;

/// What an envelope states, and who of those that are trusted signed it.
struct Believed {
    kind: String,
    result: String,
    signer: String,
}

impl Gate {
    /// Somebody brings a statement about a revision. Bringing the same twice is one.
    pub(crate) async fn attest(
        &self,
        caller: &Caller,
        name: &Name,
        commit: &str,
        envelope: String,
    ) -> Result<Attestation> {
        let missing = || GateError::Missing(format!("`{name}@{commit}`"));
        let model = self.seen(caller, name).await?;
        self.demand(caller, Access::Attest, model.name.as_str())?;
        let revision = self.store.revision_at(&model.id, commit).await?.ok_or_else(missing)?;
        let waits = || GateError::Conflict(format!("the bytes of `{name}@{commit}` are not here yet"));
        let bytes = revision.digest.ok_or_else(waits)?;
        let attesters = self.settings.trust.attesters.clone();
        // Signatures of elliptic curves take their time.
        let checked = tokio::task::spawn_blocking(move || {
            believe(&envelope, bytes, &attesters).map(|found| (found, envelope))
        });
        let (found, envelope) = checked.await.map_err(|error| GateError::Internal(error.to_string()))??;
        let mut change = self.change(caller.who()).await?;
        let digest = Digest::of(envelope.as_bytes());
        let known = attestations::about(change.connection(), &revision.id).await?;
        if let Some(same) = known.iter().find(|one| one.digest == digest) {
            if same.withdrawn.is_some() {
                return Err(GateError::Conflict(
                    "this statement was withdrawn; a new one is needed".to_owned(),
                ));
            }
            return Ok(same.clone());
        }
        if known.iter().filter(|one| one.withdrawn.is_none()).count() >= MOST {
            return Err(GateError::Conflict(format!(
                "{MOST} statements about this revision are kept already"
            )));
        }
        let new = Attestation {
            id: fresh_id()?,
            revision: revision.id.clone(),
            digest,
            kind: found.kind,
            result: found.result,
            signer: found.signer,
            person: caller.person.name.clone(),
            at: change.now(),
            withdrawn: None,
            envelope,
        };
        change.add_attestation(&new, bytes).await?;
        for release in change.releases_of_revision(&revision.id).await? {
            self.review_in(&mut change, &release).await?;
        }
        change.commit().await?;
        Ok(new)
    }

    /// A statement is taken back: it counts no more, and the same one is never taken again.
    pub(crate) async fn withdraw_attestation(&self, caller: &Caller, id: &str) -> Result<Attestation> {
        let missing = || GateError::Missing(format!("statement `{id}`"));
        let mut change = self.change(caller.who()).await?;
        let before = change.attestation(id).await?.ok_or_else(missing)?;
        let revision = change.revision(&before.revision).await?.ok_or_else(missing)?;
        let model = self.seen_by_id(caller, &revision.model).await?.ok_or_else(missing)?;
        self.demand(caller, Access::Attest, model.name.as_str())?;
        if before.withdrawn.is_some() {
            return Ok(before);
        }
        let after = change.withdraw_attestation(&before).await?;
        for release in change.releases_of_revision(&revision.id).await? {
            self.review_in(&mut change, &release).await?;
        }
        change.commit().await?;
        Ok(after)
    }

    /// A statement as it is kept, if the caller may see what it is about.
    pub(crate) async fn attestation_for(&self, caller: &Caller, id: &str) -> Result<Attestation> {
        let missing = || GateError::Missing(format!("statement `{id}`"));
        let kept = self.store.attestation(id).await?.ok_or_else(missing)?;
        let revision = self.store.revision(&kept.revision).await?.ok_or_else(missing)?;
        let model = self.seen_by_id(caller, &revision.model).await?;
        model.map(|_| kept).ok_or_else(missing)
    }

    /// Whether a statement that is kept says that it is by somebody who is trusted in such statements.
    pub(crate) fn trusts(&self, kept: &Attestation) -> bool {
        let known = |one: &&Attester| one.name == kept.signer && one.is_trusted_in(&kept.kind);
        kept.withdrawn.is_none() && self.settings.trust.attesters.iter().any(|one| known(&one))
    }

    /// Whether a statement that is kept, with its envelope, counts now.
    pub(crate) fn believes(&self, kept: &Attestation, bytes: Digest) -> bool {
        let named: Vec<Attester> =
            self.settings.trust.attesters.iter().filter(|one| one.name == kept.signer).cloned().collect();
        kept.withdrawn.is_none()
            && Digest::of(kept.envelope.as_bytes()) == kept.digest
            && believe(&kept.envelope, bytes, &named)
                .is_ok_and(|found| found.kind == kept.kind && found.result == kept.result)
    }
}

impl Attester {
    fn is_trusted_in(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|known| known == kind)
    }
}

/// Reads an envelope: one statement, about these bytes, signed by somebody who is trusted in statements of its kind.
fn believe(envelope: &str, bytes: Digest, attesters: &[Attester]) -> Result<Believed> {
    let invalid = |why: String| GateError::Invalid(why);
    if signatures(envelope) > SIGNATURES {
        return Err(invalid(format!("an envelope has at most {SIGNATURES} signatures")));
    }
    let read = statements::read(envelope).map_err(|error| invalid(error.to_string()))?;
    let [one] = read.as_slice() else {
        return Err(invalid("send each statement by itself".to_owned()));
    };
    let envelope = one.envelope.as_ref().ok_or_else(|| {
        invalid(
            "nobody signed it: a statement comes in a DSSE envelope, or a Sigstore bundle with one"
                .to_owned(),
        )
    })?;
    let statement = &one.statement;
    if statement.predicate_type.len() > WORDS || statement.predicate_type.chars().any(char::is_control) {
        return Err(invalid("its predicate type is no address".to_owned()));
    }
    if !statement.subject.iter().any(|subject| is_of(subject, bytes)) {
        return Err(invalid(format!(
            "it is about something else: one of its subjects must have the model digest `{bytes}`"
        )));
    }
    let kind = statement.predicate_type.as_str();
    let mut signed =
        attesters.iter().filter(|attester| envelope.is_signed_by(&attester.key) == Ok(true)).peekable();
    if signed.peek().is_none() {
        return Err(GateError::Forbidden("it is signed by nobody whom this gate trusts".to_owned()));
    }
    let trusted = signed.find(|one| one.is_trusted_in(kind));
    let trusted = trusted.ok_or_else(|| {
        let kind = printable_within(kind, WORDS);
        GateError::Forbidden(format!("who signed it is not trusted in statements of the kind `{kind}`"))
    })?;
    Ok(Believed { kind: kind.to_owned(), result: result(statement), signer: trusted.name.clone() })
}

fn is_of(subject: &Subject, bytes: Digest) -> bool {
    subject.digest.get("sha256").is_some_and(|text| *text == bytes.hex())
}

/// How many signatures the envelope has, or the one in a bundle; each costs time.
fn signatures(envelope: &str) -> usize {
    let document: Value = serde_json::from_str(envelope).unwrap_or_default();
    let inner = document.get("dsseEnvelope").unwrap_or(&document);
    inner.get("signatures").and_then(Value::as_array).map_or(0, Vec::len)
}

/// The result that a statement tells: of a verification summary, of a test.
fn result(statement: &Statement) -> String {
    let told =
        ["verificationResult", "result"].iter().find_map(|key| statement.predicate.get(*key)?.as_str());
    let sound = |text: &&str| text.len() <= WORDS && !text.chars().any(char::is_control);
    told.filter(sound).unwrap_or_default().to_owned()
}
