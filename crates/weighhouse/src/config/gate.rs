//! `[gate]`: where the gate keeps what it knows, where it is reached, which stages it has.

use std::path::{Path, PathBuf};

use weighhouse_policy::Profile;

use super::bounds::{self, ConnectionsSection, UploadsSection};
use super::identity::{self, DirectorySection, WorkloadSection};
use super::problems::{Problems, Section, cut};
use super::sections::limit;
use super::trust::{self, AttesterSection, WitnessSection};
use super::{endpoint_fault, suggest};

pub(super) const KEYS: &[&str] = &[
    "data",
    "blobs",
    "blobs-at-hand",
    "blobs-encrypted",
    "blobs-released",
    "released-only",
    "listen",
    "metrics",
    "tls-certificate",
    "tls-key",
    "tls-clients",
    "address",
    "origin",
    "upstream",
    "proxies",
    "stage",
    "stages",
    "directory",
    "workloads",
    "attesters",
    "witnesses",
    "witness-quorum",
    "mail",
    "webhooks",
    "uploads",
    "connections",
    "traces",
];
pub(super) const MAIL_KEYS: &[&str] = &["server", "port", "encryption", "user", "from", "authorities"];
pub(super) const TRACES_KEYS: &[&str] = &["endpoint", "percent", "authorities"];
pub(super) const WEBHOOKS_KEYS: &[&str] = &["networks", "authorities"];
/// How the address of a collector of traces is written.
pub(crate) const COLLECTOR: &str = "write the address of a collector, such as `http://localhost:4318`; headers that let spans in go into \
                                    `OTEL_EXPORTER_OTLP_HEADERS`";
/// How a connection to a mail server is protected.
const ENCRYPTIONS: [&str; 3] = ["starttls", "tls", "none"];
pub(super) const STAGE_KEYS: &[&str] = &["profile", "automatic", "approval-days"];

/// How the gate is set up, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GateSection {
    /// Folder of everything the gate keeps.
    pub(crate) data: Option<PathBuf>,
    /// Object storage for its contents.
    pub(crate) blobs: Option<String>,
    /// Bytes of it that stay on this machine.
    pub(crate) blobs_at_hand: Option<u64>,
    /// Whether contents that come in are encrypted at rest.
    pub(crate) blobs_encrypted: bool,
    /// Where contents of what is released are kept once more.
    pub(crate) blobs_released: Option<String>,
    /// Whether servers read nothing else.
    pub(crate) released_only: bool,
    /// Address and port on which it listens.
    pub(crate) listen: Option<String>,
    /// Address and port for operators: metrics, and whether it is well.
    pub(crate) metrics: Option<String>,
    /// Certificate, its key, and the authorities of clients.
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) tls_clients: Option<PathBuf>,
    /// Address by which clients reach it.
    pub(crate) address: Option<String>,
    /// Name of its audit log.
    pub(crate) origin: Option<String>,
    /// Where models are fetched from.
    pub(crate) upstream: Option<String>,
    /// Proxies before the gate, as addresses or networks.
    pub(crate) proxies: Vec<String>,
    /// The stage of callers whose token names none.
    pub(crate) stage: Option<String>,
    /// Stages that differ from the built-in ones, or are new.
    pub(crate) stages: Vec<StageSection>,
    /// By which identity provider people sign in.
    pub(crate) directory: Option<DirectorySection>,
    /// Jobs that are given tokens.
    pub(crate) workloads: Vec<WorkloadSection>,
    /// Whose statements about models are believed.
    pub(crate) attesters: Vec<AttesterSection>,
    /// Who is asked to cosign the audit log.
    pub(crate) witnesses: Vec<WitnessSection>,
    /// How many of them must have.
    pub(crate) witness_quorum: Option<usize>,
    /// The server that takes mail.
    pub(crate) mail: Option<MailSection>,
    /// Networks that webhooks may reach though they are not public.
    pub(crate) networks: Vec<String>,
    /// File with certificates of the authorities of their receivers.
    pub(crate) webhook_authorities: Option<PathBuf>,
    /// Where traces go.
    pub(crate) traces: TracesSection,
    /// What people may send.
    pub(crate) uploads: UploadsSection,
    /// What clients may take before they are known.
    pub(crate) connections: ConnectionsSection,
}

/// `[gate.mail]`. The password is not here: it comes from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailSection {
    pub(crate) server: String,
    pub(crate) port: Option<u16>,
    /// `starttls`, `tls` or `none`.
    pub(crate) encryption: String,
    pub(crate) user: Option<String>,
    pub(crate) from: String,
    pub(crate) authorities: Option<PathBuf>,
}

/// `[gate.traces]`. Headers are not here: they come from the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TracesSection {
    /// Address of a collector; traces are posted below it.
    pub(crate) endpoint: Option<String>,
    /// Of a hundred traces so many are kept.
    pub(crate) percent: Option<u16>,
    pub(crate) authorities: Option<PathBuf>,
}

/// A stage of release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StageSection {
    pub(crate) name: String,
    pub(crate) profile: Option<Profile>,
    pub(crate) automatic: Option<bool>,
    pub(crate) approval_days: Option<u16>,
}

pub(super) fn gate(
    problems: &mut Problems,
    root: &Section<'_>,
    base: &Path,
    profile: &dyn Fn(&str) -> Option<Profile>,
) -> GateSection {
    let Some(section) = problems.table(root, "gate") else { return GateSection::default() };
    problems.unknown_keys(&section, KEYS);
    let mut url = |key| {
        let text = problems.text(&section, key)?;
        if let Some((what, help)) = endpoint_fault(text.value) {
            problems.error("WH-CFG-015", format!("`{key}` {what}"), &text.span, help);
            return None;
        }
        Some(text.value.trim_end_matches('/').to_owned())
    };
    let (address, upstream) = (url("address"), url("upstream"));
    let blobs_at_hand = limit(problems, &section, "blobs-at-hand", true, u64::MAX);
    let blobs_encrypted = problems.flag(&section, "blobs-encrypted").is_some_and(|flag| flag.value);
    let released_only = problems.flag(&section, "released-only").is_some_and(|flag| flag.value);
    let mut path = |key| problems.text(&section, key).map(|text| base.join(text.value));
    let data = path("data");
    let (tls_certificate, tls_key, tls_clients) =
        (path("tls-certificate"), path("tls-key"), path("tls-clients"));
    let mut text = |key| problems.text(&section, key).map(|text| text.value.to_owned());
    let (listen, metrics) = (text("listen"), text("metrics"));
    let blobs = text("blobs");
    // An address, or a folder beside this file.
    let released = text("blobs-released")
        .map(|place| if place.contains("://") { place } else { base.join(place).display().to_string() });
    let (origin, stage) = (text("origin"), text("stage"));
    let witnesses = trust::witnesses(problems, &section);
    let proxies = identity::texts(problems, &section, "proxies").unwrap_or_default();
    let mail = mail(problems, &section, base);
    let (networks, webhook_authorities) = webhooks(problems, &section, base);
    GateSection {
        data,
        blobs,
        blobs_at_hand,
        blobs_encrypted,
        blobs_released: released,
        released_only,
        listen,
        metrics,
        tls_certificate,
        tls_key,
        tls_clients,
        address,
        origin,
        upstream,
        proxies,
        stage,
        stages: stages(problems, &section, profile),
        directory: identity::directory(problems, &section),
        workloads: identity::workloads(problems, &section),
        attesters: trust::attesters(problems, &section, base),
        witness_quorum: quorum(problems, &section, witnesses.len()),
        witnesses,
        mail,
        networks,
        webhook_authorities,
        traces: traces(problems, &section, base),
        uploads: bounds::uploads(problems, &section),
        connections: bounds::connections(problems, &section),
    }
}

fn quorum(problems: &mut Problems, section: &Section<'_>, witnesses: usize) -> Option<usize> {
    let quorum = problems.quantity(section, "witness-quorum")?;
    let found = quorum.value.ok().and_then(|count| usize::try_from(count).ok());
    let found = found.filter(|count| (1..=witnesses).contains(count));
    if found.is_none() {
        let headline = format!("`witness-quorum` is a number from 1 to that of the witnesses, {witnesses}");
        let help = "write how many witnesses must have cosigned";
        problems.error("WH-CFG-008", headline, &quorum.span, help);
    }
    found
}

fn mail(problems: &mut Problems, gate: &Section<'_>, base: &Path) -> Option<MailSection> {
    let mut section = problems.table(gate, "mail")?;
    "[gate.mail]".clone_into(&mut section.name);
    problems.unknown_keys(&section, MAIL_KEYS);
    let mut text = |key| problems.text(&section, key).map(|text| (text.value.to_owned(), text.span));
    let (server, from, user) = (text("server"), text("from"), text("user"));
    let (encryption, authorities) = (text("encryption"), text("authorities"));
    let port = problems.quantity(&section, "port").and_then(|port| {
        let found = port.value.ok().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        if found.is_none() {
            let headline = "`port` is a number from 1 to 65535".to_owned();
            problems.error(
                "WH-CFG-008",
                headline,
                &port.span,
                "write the port of the mail server, such as 587",
            );
        }
        found
    });
    if let Some((wrong, span)) = encryption.as_ref().filter(|(word, _)| !ENCRYPTIONS.contains(&word.as_str()))
    {
        let headline = format!("there is no encryption `{}`", cut(wrong));
        problems.error("WH-CFG-008", headline, span, suggest::help(wrong, &ENCRYPTIONS));
    }
    for (key, value) in [("server", &server), ("from", &from)] {
        if value.is_none() {
            let headline = format!("`[gate.mail]` has no `{key}`");
            problems.error(
                "WH-CFG-008",
                headline,
                &section.span,
                "name the server that takes mail, and who mail is from",
            );
        }
    }
    Some(MailSection {
        server: server?.0,
        port,
        encryption: encryption.map_or_else(|| "starttls".to_owned(), |(word, _)| word),
        user: user.map(|(user, _)| user),
        from: from?.0,
        authorities: authorities.map(|(path, _)| base.join(path)),
    })
}

fn webhooks(problems: &mut Problems, gate: &Section<'_>, base: &Path) -> (Vec<String>, Option<PathBuf>) {
    let Some(mut section) = problems.table(gate, "webhooks") else { return (Vec::new(), None) };
    "[gate.webhooks]".clone_into(&mut section.name);
    problems.unknown_keys(&section, WEBHOOKS_KEYS);
    let networks = identity::texts(problems, &section, "networks").unwrap_or_default();
    let authorities = problems.text(&section, "authorities").map(|text| base.join(text.value));
    (networks, authorities)
}

fn traces(problems: &mut Problems, gate: &Section<'_>, base: &Path) -> TracesSection {
    let Some(mut section) = problems.table(gate, "traces") else { return TracesSection::default() };
    "[gate.traces]".clone_into(&mut section.name);
    problems.unknown_keys(&section, TRACES_KEYS);
    let endpoint = problems.text(&section, "endpoint").and_then(|text| match endpoint_fault(text.value) {
        None => Some(text.value.to_owned()),
        Some((what, _)) => {
            problems.error("WH-CFG-015", format!("`endpoint` {what}"), &text.span, COLLECTOR);
            None
        }
    });
    let percent = identity::number(problems, &section, "percent", 100);
    let authorities = problems.text(&section, "authorities").map(|text| base.join(text.value));
    TracesSection { endpoint, percent, authorities }
}

fn stages(
    problems: &mut Problems,
    section: &Section<'_>,
    profile: &dyn Fn(&str) -> Option<Profile>,
) -> Vec<StageSection> {
    let Some(stages) = problems.table(section, "stages") else { return Vec::new() };
    let mut all = Vec::new();
    for key in stages.table.keys() {
        let name: &str = key.get_ref();
        let Some(mut table) = problems.table(&stages, name) else { continue };
        table.name = format!("[gate.stages.{}]", cut(name));
        problems.unknown_keys(&table, STAGE_KEYS);
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name == "main" || name.is_empty() || name.len() > 40 || !name.bytes().all(sound) {
            let headline = format!("`{}` cannot be the name of a stage", cut(name));
            let help = "stages are branches to clients: lower-case letters, digits and `-`, and not `main`";
            problems.error("WH-CFG-018", headline, &key.span(), help);
        }
        let chosen = problems.text(&table, "profile").and_then(|text| {
            let found = profile(text.value);
            if found.is_none() {
                let headline = format!("there is no profile `{}`", cut(text.value));
                problems.error(
                    "WH-CFG-004",
                    headline,
                    &text.span,
                    suggest::help(text.value, Profile::BUILT_IN),
                );
            }
            found
        });
        let automatic = problems.flag(&table, "automatic").map(|flag| flag.value);
        let approval_days = identity::number(problems, &table, "approval-days", 3660);
        all.push(StageSection { name: name.to_owned(), profile: chosen, automatic, approval_days });
    }
    all
}
