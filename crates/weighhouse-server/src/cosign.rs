//! Witnesses of the audit log: the gate shows each of them its newest checkpoint with the proof that it continues the one they know, and keeps
//! what they sign (C2SP tlog-witness). A witness that knows another log, or a longer one, says that the database was set back, or that two
//! gates sign with one key.

use std::sync::Arc;
use std::time::Duration;

use ureq::tls::TlsConfig;
use weighhouse_log::note::signatures;
use weighhouse_log::witness::AddCheckpoint;
use weighhouse_log::{Signature, SignedCheckpoint};
use weighhouse_scan::source::hub::Authorities;

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::settings::Cosigner;
use crate::store::log::{Cosigned, WitnessState};

/// How long a witness is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const ANSWER: u64 = 1 << 16;
/// How often it is looked whether there is something to be cosigned.
const BEAT: Duration = Duration::from_secs(5);
/// After how many seconds a witness is asked again though nothing changed: its signature tells the time, too.
const AGAIN: i64 = 1800;

/// After how many seconds a witness is asked again that did not sign.
const PAUSE: i64 = 60;

/// What a witness answered.
enum Answer {
    /// Lines of signatures.
    Signed(String),
    /// Where it believes the log to be.
    At(u64),
    /// Why not.
    Refused(String),
}

/// Asks the witnesses whenever the log has grown, until the gate closes.
pub(crate) async fn run(gate: Arc<Gate>) {
    while !gate.cancelled.load(std::sync::atomic::Ordering::Relaxed) {
        if let Err(error) = gate.ask_witnesses().await {
            tracing::warn!(%error, "witnesses could not be asked");
        }
        tokio::time::sleep(BEAT).await;
    }
}

impl Gate {
    /// Asks every witness for its signature under the newest checkpoint, if it has not given one.
    ///
    /// # Errors
    /// If the database does not answer. What witnesses refuse is noted, and no error.
    pub async fn ask_witnesses(&self) -> Result<()> {
        let witnesses = &self.settings.trust.witnesses;
        let now = self.now();
        let (size, head) = self.store.head().await?;
        if witnesses.is_empty() || size == 0 {
            return Ok(());
        }
        let kept = self.store.cosigned().await?;
        if kept.is_some_and(|kept| kept.size == size && (kept.at..kept.at + AGAIN).contains(&now)) {
            return Ok(());
        }
        let signed: SignedCheckpoint =
            head.parse().map_err(|error| GateError::Internal(format!("the audit log: {error}")))?;
        let known = self.store.witnesses().await?;
        let state = |witness: &Cosigner| known.iter().find(|state| state.key == witness.key.to_string());
        let rests = |witness: &&Cosigner| {
            state(witness).is_some_and(|state| {
                state.fault.is_some() && (state.tried..state.tried + PAUSE).contains(&now)
            })
        };
        let witnesses: Vec<&Cosigner> = witnesses.iter().filter(|witness| !rests(witness)).collect();
        let asked =
            witnesses.iter().map(|witness| self.ask_witness(witness, state(witness).cloned(), &signed));
        let mut cosigned = signed.clone();
        let mut count = 0;
        for (witness, answer) in witnesses.iter().zip(futures_util::future::join_all(asked).await) {
            let (state, signature) = answer?;
            if let Some(fault) = &state.fault {
                tracing::error!(
                    witness = witness.key.name(),
                    fault,
                    "a witness does not cosign the audit log"
                );
            }
            self.store.keep_witness(&state).await?;
            if let Some(signature) = signature {
                cosigned.add(signature);
                count += 1;
            }
        }
        if count >= self.settings.trust.quorum.max(1) {
            let new = Cosigned { size, checkpoint: cosigned.to_string(), at: now };
            self.store.keep_cosigned(&new).await?;
        }
        Ok(())
    }

    async fn ask_witness(
        &self,
        witness: &Cosigner,
        before: Option<WitnessState>,
        signed: &SignedCheckpoint,
    ) -> Result<(WitnessState, Option<Signature>)> {
        let (now, size) = (self.now(), signed.checkpoint().size());
        let before = before.unwrap_or_else(|| WitnessState {
            key: witness.key.to_string(),
            size: 0,
            cosigned: None,
            tried: now,
            fault: None,
        });
        let refused = |before: WitnessState, fault: String| {
            (WitnessState { tried: now, fault: Some(fault), ..before }, None)
        };
        let mut old = before.size;
        // Once more if the witness is elsewhere than we believed.
        for _ in 0..2 {
            if old > size {
                break;
            }
            let proof = self.consistency(old, size).await?;
            let request = AddCheckpoint { old, proof, checkpoint: signed.clone() }.to_string();
            let address = format!("{}/add-checkpoint", witness.address.trim_end_matches('/'));
            let tls = Authorities::tls(self.settings.authorities.as_ref());
            let answer = tokio::task::spawn_blocking(move || post(&address, &request, tls));
            let answer = answer.await.map_err(|error| GateError::Internal(error.to_string()))?;
            match answer {
                Answer::Refused(why) => return Ok(refused(before, why)),
                Answer::At(at) if at == old => break,
                Answer::At(at) => old = at,
                Answer::Signed(lines) => {
                    return Ok(match signature_of(witness, signed, &lines) {
                        Some(signature) => {
                            let after =
                                WitnessState { size, cosigned: Some(now), tried: now, fault: None, ..before };
                            (after, Some(signature))
                        }
                        None => {
                            refused(before, "it answered with something else than its signature".to_owned())
                        }
                    });
                }
            }
        }
        let why = format!(
            "it has cosigned a log of {old} records that this one, of {size}, does not continue: this database was set back, or \
             another gate signs with this gate's key"
        );
        Ok(refused(before, why))
    }
}

/// The signature of the witness among the lines that it answered, if it holds.
fn signature_of(witness: &Cosigner, signed: &SignedCheckpoint, lines: &str) -> Option<Signature> {
    let named = |one: &Signature| one.name() == witness.key.name() && one.key_id() == witness.key.id();
    let signature = signatures(lines).ok()?.into_iter().find(named)?;
    let mut note = signed.clone();
    note.add(signature.clone());
    note.signed_by([&witness.key]).ok()?;
    Some(signature)
}

fn post(address: &str, body: &str, tls: TlsConfig) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .tls_config(tls)
        .build()
        .into();
    let mut answer = match agent.post(address).header("content-type", "text/plain; charset=utf-8").send(body)
    {
        Ok(answer) => answer,
        Err(error) => return Answer::Refused(format!("it does not answer: {error}")),
    };
    let text = match answer.body_mut().with_config().limit(ANSWER).read_to_string() {
        Ok(text) => text,
        Err(error) => return Answer::Refused(format!("its answer cannot be read: {error}")),
    };
    match answer.status().as_u16() {
        200 => Answer::Signed(text),
        409 => match text.trim_end_matches('\n').parse() {
            Ok(size) => Answer::At(size),
            Err(_) => Answer::Refused("it answers 409 and no size".to_owned()),
        },
        403 => Answer::Refused("it knows another key for this log".to_owned()),
        404 => Answer::Refused("it does not know this log; add the log's key to it".to_owned()),
        422 => Answer::Refused(
            "this log does not continue the one that it has cosigned: the database was set back, or another gate signs with \
             this gate's key"
                .to_owned(),
        ),
        other => Answer::Refused(format!("it answers {other}")),
    }
}
