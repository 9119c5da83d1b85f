//! `verify`: is this model what somebody I trust signed?

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{ArgGroup, Args};
use serde_json::{Value, json};
use weighhouse_core::Date;
use weighhouse_core::printable::printable;
use weighhouse_supply::signing::{
    self, Error, Identity, Problem, SignedBy, Trust, Verification, VerifyOptions,
};

use super::{SIGNATURE_BYTES, bundle, bytes, ignored, keyless, public_key, roots, statement, told};
use crate::exit::{Exit, Mistake};
use crate::output;

/// Files of a kind that are named; the rest is counted.
const NAMED: usize = 20;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("trusted").args(["public_key", "trust_root", "trusted_root", "log_key", "log_policy"]).required(true)),
    group(ArgGroup::new("vouching").args(["trust_root", "trusted_root"]).multiple(true))
)]
pub(crate) struct VerifyArgs {
    /// The model: a file or a folder
    pub(super) model: PathBuf,

    /// The signature: a bundle of OpenSSF Model Signing
    #[arg(long, value_name = "FILE", required_unless_present_any = ["statement", "bundle"])]
    signature: Option<PathBuf>,

    /// Statements about the model instead: in-toto, in a DSSE envelope, Sigstore bundle or lines of them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["signature", "trust_root", "ignore_path"], requires = "public_key")]
    statement: Option<PathBuf>,

    /// A release bundle of a gate instead: the folder must be what was released, and the bundle still be good
    #[arg(long, value_name = "FILE", conflicts_with_all = ["signature", "statement", "public_key", "trust_root", "trusted_root"])]
    bundle: Option<PathBuf>,
    /// Public key of the gate's log, `NAME+ID+BASE64`, or a file that holds it
    #[arg(long, value_name = "KEY", requires = "bundle", conflicts_with = "log_policy")]
    pub(super) log_key: Option<String>,
    /// Policy of C2SP tlog-policy: the gate's log, witnesses, and how many of them must have cosigned
    #[arg(long, value_name = "FILE", requires = "bundle")]
    pub(super) log_policy: Option<PathBuf>,
    /// Stage that the bundle must be for
    #[arg(long, value_name = "STAGE", requires = "bundle")]
    pub(super) stage: Option<String>,
    /// Model that the bundle must be of: `org/name`
    #[arg(long, value_name = "NAME", requires = "bundle")]
    pub(super) name: Option<String>,
    /// Hours since the bundle was issued, at most
    #[arg(long, value_name = "HOURS", requires = "bundle")]
    pub(super) max_age: Option<u32>,
    /// Public key in PEM that must have signed
    #[arg(long, value_name = "KEY.pub")]
    public_key: Option<PathBuf>,

    /// Certificates in PEM of the authorities to trust, and no others; can be given more than once
    #[arg(long, value_name = "ROOT.pem")]
    trust_root: Vec<PathBuf>,

    /// Trusted root of a Sigstore instance, for keyless signatures; nothing is fetched
    #[arg(long, value_name = "trusted_root.json", requires_all = ["identity", "issuer"])]
    trusted_root: Option<PathBuf>,

    /// Who must have signed: a name in the certificate, its subject, or its common name
    #[arg(long, value_name = "NAME", requires = "vouching")]
    identity: Option<String>,

    /// Who must have issued the certificate; of a keyless one, who checked the identity
    #[arg(long, value_name = "NAME", requires = "vouching")]
    issuer: Option<String>,

    /// Accept that this file or folder is not signed; can be given more than once
    #[arg(long, value_name = "PATH")]
    pub(super) ignore_path: Vec<PathBuf>,

    /// Follow symbolic links; they are an error otherwise
    #[arg(long)]
    follow_links: bool,

    /// Judge certificates and bundles as at the end of this day, or at this moment (`2026-11-22T01:02:03Z`), instead of now; a keyless
    /// signature has its own time
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "trusted_root")]
    pub(super) at: Option<At>,

    /// Write the result as JSON
    #[arg(long)]
    pub(super) json: bool,

    /// Print nothing; the exit code tells
    #[arg(long, short, conflicts_with = "json")]
    pub(super) quiet: bool,
}

/// A day, or a moment.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    Day(Date),
    Moment(jiff::Timestamp),
}

impl std::str::FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let day = text.parse().map(Self::Day);
        day.or_else(|error| text.parse().map(Self::Moment).map_err(|_| error.to_string()))
    }
}

/// Runs `verify`.
pub(crate) fn verify(arguments: &VerifyArgs) -> Result<Exit> {
    if let Some(file) = &arguments.bundle {
        return bundle::verify(arguments, file);
    }
    let signature = match (&arguments.signature, &arguments.statement, &arguments.public_key) {
        (_, Some(file), Some(key)) => {
            let key = public_key(key)?;
            return statement::verify(&arguments.model, file, &key, arguments.json, arguments.quiet);
        }
        (Some(signature), ..) => signature,
        (None, ..) => return Err(Mistake("name a signature or a statement".to_owned()).into()),
    };
    let trust = trust(arguments)?;
    let ignored = ignored(&arguments.model, &arguments.ignore_path, signature)?;
    let options = VerifyOptions { trust, follow_links: arguments.follow_links, ignored };
    let signature = bytes(signature, SIGNATURE_BYTES)?;
    let verification = match signing::verify(&arguments.model, &signature, &options) {
        Ok(verification) => verification,
        Err(error @ (Error::Signature(_) | Error::Certificate(_))) => {
            return broken(arguments, &error);
        }
        Err(error) => return Err(told(&arguments.model, error)),
    };
    let exit = exit_of(&verification);
    if !arguments.quiet {
        output::write(None, |out| {
            if arguments.json {
                writeln!(out, "{:#}", document(&verification, exit))
            } else {
                tell(out, arguments, &verification)
            }
        })?;
    }
    Ok(exit)
}

/// Whom the arguments name. The command line has seen to it that it is one of the three.
fn trust(arguments: &VerifyArgs) -> Result<Trust> {
    let (identity, issuer) = (arguments.identity.clone(), arguments.issuer.clone());
    Ok(match (&arguments.public_key, &arguments.trusted_root) {
        (Some(path), _) => {
            if arguments.model.is_dir() && crate::config::came_with(path, &arguments.model) {
                let shown = printable(&path.display().to_string());
                let why = "whoever made the model can have put it there; take the key from whom you trust";
                output::message(&format!("warning: `{shown}` lies with the model: {why}"));
            }
            Trust::Key(public_key(path)?)
        }
        (None, Some(path)) => {
            Trust::Keyless(keyless(path, &identity.unwrap_or_default(), &issuer.unwrap_or_default())?)
        }
        (None, None) => {
            let roots = roots(&arguments.trust_root)?;
            Trust::Roots { roots, identity, issuer, moment: moment(arguments.at.as_ref())? }
        }
    })
}

/// A signature that cannot be read vouches for nothing.
fn broken(arguments: &VerifyArgs, error: &Error) -> Result<Exit> {
    let why = printable(&error.to_string());
    output::write(None, |out| match (arguments.quiet, arguments.json) {
        (true, _) => Ok(()),
        (_, true) => writeln!(out, "{:#}", json!({ "verdict": "fail", "error": why })),
        _ => writeln!(out, "FAIL  {why}"),
    })?;
    Ok(Exit::Denied)
}

fn exit_of(verification: &Verification) -> Exit {
    match (verification.problems.is_empty(), verification.uncovered.is_empty()) {
        (false, _) => Exit::Denied,
        (true, false) => Exit::Incomplete,
        (true, true) => Exit::Allowed,
    }
}

/// When certificates must be valid, or a bundle: at the end of a day, at a moment, or now.
pub(super) fn moment(at: Option<&At>) -> Result<Duration> {
    let day = match at {
        None => {
            return Ok(crate::cli::inspect::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default());
        }
        Some(At::Moment(moment)) => {
            return Ok(Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or_default()));
        }
        Some(At::Day(day)) => day,
    };
    let end = day.to_string().parse::<jiff::civil::Date>()?.at(23, 59, 59, 0);
    let end = end.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_second();
    Ok(Duration::from_secs(u64::try_from(end).unwrap_or_default()))
}

fn tell(out: &mut dyn Write, arguments: &VerifyArgs, verification: &Verification) -> io::Result<()> {
    let verdict = match exit_of(verification) {
        Exit::Allowed => "PASS",
        Exit::Incomplete => "REVIEW",
        _ => "FAIL",
    };
    let model = printable(&arguments.model.display().to_string());
    let name = printable(&verification.name);
    match &verification.signed_by {
        Some(signed_by) if verification.problems.is_empty() => {
            writeln!(out, "{verdict}  {model} is `{name}` as signed by {}", who(signed_by))?;
            writeln!(out, "      digest {}, {} signed", verification.root, resources(verification))?;
            if let SignedBy::Keyless { time, .. } = signed_by {
                writeln!(out, "      signed at {time}, as a log or a time stamp authority witnessed")?;
            }
            if let SignedBy::Certificate(identity) | SignedBy::Keyless { identity, .. } = signed_by {
                writeln!(out, "      vouched for by {}", printable(&identity.issuers.join(", ")))?;
                if arguments.identity.is_none() {
                    writeln!(
                        out,
                        "      anybody these authorities vouch for was accepted; `--identity` names one"
                    )?;
                }
            }
        }
        Some(signed_by) => {
            writeln!(out, "{verdict}  {model} is not `{name}` as signed by {}", who(signed_by))?;
        }
        None => writeln!(out, "{verdict}  the signature of {model} is not to be trusted")?,
    }
    for problem in verification.problems.iter().take(NAMED) {
        writeln!(out, "      {}", why(problem))?;
    }
    more(out, verification.problems.len())?;
    for path in verification.uncovered.iter().take(NAMED) {
        writeln!(out, "      not signed: {}", printable(path))?;
    }
    more(out, verification.uncovered.len())?;
    if !verification.uncovered.is_empty() {
        writeln!(out, "      the signer left these out; `--ignore-path` accepts that")?;
    }
    if !verification.ignored.is_empty() {
        let count = verification.ignored.len();
        writeln!(out, "      {count} files of git or that you named are not compared")?;
    }
    Ok(())
}

fn more(out: &mut dyn Write, count: usize) -> io::Result<()> {
    match count.checked_sub(NAMED) {
        Some(rest) if rest > 0 => writeln!(out, "      and {rest} more (`--json` names all)"),
        _ => Ok(()),
    }
}

fn resources(verification: &Verification) -> String {
    format!("{} file{}", verification.resources, if verification.resources == 1 { "" } else { "s or shards" })
}

fn who(signed_by: &SignedBy) -> String {
    match signed_by {
        SignedBy::Key(fingerprint) => format!("the key {}", fingerprint.short()),
        SignedBy::Certificate(identity) | SignedBy::Keyless { identity, .. } => {
            let names =
                if identity.names.is_empty() { identity.subject.clone() } else { identity.names.join(", ") };
            printable(&names)
        }
    }
}

fn why(problem: &Problem) -> String {
    match problem {
        Problem::OtherKey(hint) => format!("signed with another key: {}", printable(hint)),
        Problem::BadSignature => "the signature does not fit what it signs".to_owned(),
        Problem::Untrusted(why) => printable(why),
        Problem::OtherIdentity(found) => format!("signed by somebody else: {}", printable(found)),
        Problem::OtherIssuer(found) => format!("vouched for by somebody else: {}", printable(found)),
        Problem::Changed(path) => format!("changed: {}", printable(path)),
        Problem::Missing(path) => format!("missing: {}", printable(path)),
        Problem::Added(path) => format!("added: {}", printable(path)),
    }
}

fn document(verification: &Verification, exit: Exit) -> Value {
    let certificate = |identity: &Identity| {
        json!({
            "certificate": identity.certificate.hex(), "subject": identity.subject,
            "names": identity.names, "issuers": identity.issuers,
        })
    };
    let signed_by = verification.signed_by.as_ref().map(|signed_by| match signed_by {
        SignedBy::Key(fingerprint) => json!({ "key": fingerprint.hex() }),
        SignedBy::Certificate(identity) => certificate(identity),
        SignedBy::Keyless { identity, time } => {
            let mut signer = certificate(identity);
            signer["time"] = json!(time);
            signer
        }
    });
    let problem = |problem: &Problem| {
        let (kind, what) = match problem {
            Problem::OtherKey(what) => ("other-key", Some(what)),
            Problem::BadSignature => ("bad-signature", None),
            Problem::Untrusted(what) => ("untrusted", Some(what)),
            Problem::OtherIdentity(what) => ("other-identity", Some(what)),
            Problem::OtherIssuer(what) => ("other-issuer", Some(what)),
            Problem::Changed(what) => ("changed", Some(what)),
            Problem::Missing(what) => ("missing", Some(what)),
            Problem::Added(what) => ("added", Some(what)),
        };
        json!({ "kind": kind, "what": what })
    };
    let verdict = match exit {
        Exit::Allowed => "pass",
        Exit::Incomplete => "review",
        _ => "fail",
    };
    json!({
        "schema": "urn:weighhouse:verification:v1", "verdict": verdict, "name": verification.name,
        "digest": verification.root.to_string(), "resources": verification.resources, "signed_by": signed_by,
        "problems": verification.problems.iter().map(problem).collect::<Vec<_>>(),
        "not_signed": verification.uncovered, "ignored": verification.ignored,
    })
}
