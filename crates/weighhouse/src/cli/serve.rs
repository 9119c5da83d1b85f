//! `serve`, and what is done to a gate's data on this machine: `gate import`, `gate audit`.

mod backup;
mod bounds;
mod identity;
mod logging;
mod seal;
mod tls;
mod traces;

pub(super) use self::backup::{backup, restore};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use clap::Args;
use weighhouse_core::printable::printable;
use weighhouse_core::{Digest, Inspection, waiver};
use weighhouse_report::{Basis, Format, Report, Style};
use weighhouse_scan::source::Listing;
use weighhouse_scan::source::hub::{Authorities, Token};
use weighhouse_server::blocking::{self, Import, Opened, Serving};
use weighhouse_server::{
    Attester, Clock, Cosigner, Encryption, GateError, Inspector, InvalidNetwork, Kind, MailServer, Name,
    Network, Notices, ObjectStorage, Parts, Password, Place, Settings, Stage, StoragePatience, Trust,
    Upstream,
};

use super::hub::sound_endpoint;
use super::inspect::{self, Keep};
use super::{Network as Connection, supply};
use crate::config::{self, AttesterSection, Config, GateSection, MailSection, WitnessSection};
use crate::environment::{authorities, data_folder, variable};
use crate::exit::{Exit, Mistake};
use crate::output::{self, Color};

/// Where a gate keeps what it knows.
#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// Folder of everything the gate keeps [default: `gate` in your data folder]
    #[arg(long, value_name = "FOLDER", env = "WEIGHHOUSE_DATA")]
    data: Option<PathBuf>,

    /// Object storage for contents: `s3://bucket/prefix`, with the usual `AWS_…` variables [default: a folder in the data folder]
    #[arg(long, value_name = "ADDRESS", env = "WEIGHHOUSE_BLOBS")]
    blobs: Option<String>,

    /// Where contents of what is released are kept once more, for servers that read nothing else: a folder, or `s3://bucket/prefix` [default: nowhere]
    #[arg(long, value_name = "PLACE", env = "WEIGHHOUSE_BLOBS_RELEASED")]
    blobs_released: Option<String>,

    /// Read what is released and nothing else: contents come from `--blobs-released`, which others keep; nothing comes in here
    #[arg(long, env = "WEIGHHOUSE_RELEASED_ONLY", value_parser = clap::builder::FalseyValueParser::new())]
    released_only: bool,

    /// Configuration file (default: `weighhouse.toml` in this folder or one above it)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    data: DataArgs,

    /// Address and port to listen on [default: 127.0.0.1:8640]
    #[arg(long, value_name = "ADDRESS", env = "WEIGHHOUSE_LISTEN")]
    listen: Option<String>,

    /// Address by which clients reach the gate [default: the one listened on]
    #[arg(long, value_name = "URL", env = "WEIGHHOUSE_ADDRESS")]
    address: Option<String>,

    /// Hub or gate to fetch models from
    #[arg(long, value_name = "URL", env = "WEIGHHOUSE_UPSTREAM")]
    upstream: Option<String>,

    /// Jobs done at the same time; 0 leaves them to other servers [default: 1; 0 with `--released-only`]
    #[arg(long, value_name = "NUMBER")]
    workers: Option<usize>,

    /// Address and port for operators: `/metrics`, `/healthz`, `/readyz`, to whoever reaches it [default: none]
    #[arg(long, value_name = "ADDRESS", env = "WEIGHHOUSE_METRICS")]
    metrics: Option<String>,

    #[command(flatten)]
    tls: tls::TlsArgs,

    #[command(flatten)]
    log: logging::LogArgs,
}

/// Bytes of object storage that stay on this machine, unless the configuration says something else.
const AT_HAND: u64 = 20 << 30;
const LISTEN: &str = "127.0.0.1:8640";

/// Runs `serve`.
pub(crate) fn run(arguments: &ServeArgs) -> Result<Exit> {
    let Some(config) = configure(&arguments.data) else { return Ok(Exit::Usage) };
    let section = config.gate();
    let listen =
        arguments.listen.clone().or_else(|| section.listen.clone()).unwrap_or_else(|| LISTEN.to_owned());
    let given = |flag: &str, text: &Option<String>| {
        text.clone().map(|text| sound_endpoint(&format!("`{flag}`"), text)).transpose()
    };
    let named = given("--address", &arguments.address)?.or_else(|| section.address.clone());
    let tls = arguments.tls.files(section)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = named.clone().unwrap_or_else(|| format!("{scheme}://{listen}"));
    let below = address.split_once("://").is_some_and(|(_, rest)| rest.trim_end_matches('/').contains('/'));
    if below {
        let why = "a gate has a host, or a port, of its own: `address` ends behind them, without a path";
        return Err(Mistake(why.to_owned()).into());
    }
    let upstream = given("--upstream", &arguments.upstream)?.or_else(|| section.upstream.clone());
    let mut settings = settings(&config, &arguments.data, &address, upstream)?;
    // Only of a gate that serves.
    settings.traces = traces::collector(section)?;
    let Some(parts) = parts(&config) else { return Ok(Exit::Usage) };
    logging::begin(&arguments.log)?;
    let serving = Serving {
        listen: &listen,
        metrics: arguments.metrics.as_deref().or(section.metrics.as_deref()),
        tls,
        workers: arguments.workers.unwrap_or(usize::from(!settings.released_only)),
        stop: inspect::cancellation(),
    };
    let told = |opened: &Opened<'_>| {
        say(opened, &named.unwrap_or_else(|| format!("{scheme}://{}", opened.listen)));
    };
    blocking::run(settings, parts, serving, told).map_err(explain)?;
    Ok(Exit::Allowed)
}

/// What an operator needs to know when the gate opens.
fn say(opened: &Opened<'_>, address: &str) {
    output::message(&format!("the gate is open at {address}"));
    output::message(&format!("audit log: {}", opened.gate.log_key()));
    if let Ok(key) = opened.gate.statement_fingerprint() {
        output::message(&format!("statements: signed with the key {key}; `weighhouse gate key` prints it"));
    }
    if let Some(address) = opened.metrics {
        output::message(&format!("metrics: http://{address}/metrics"));
    }
    if let Some(secret) = &opened.first {
        output::message(
            "\nthis is the first start. The administrator's token, shown once, good for 30 days:\n",
        );
        output::message(&format!("    {}\n", secret.expose()));
        output::message("use it:\n");
        output::message(&format!("    export HF_ENDPOINT={address} HF_TOKEN={}", secret.expose()));
        output::message("    weighhouse gate person NAME --role user\n");
    }
}

/// Brings a folder of this machine in.
pub(super) fn import(
    data: &DataArgs,
    folder: &Path,
    (kind, name): (Kind, &str),
    stage: Option<&str>,
    person: &str,
) -> Result<Exit> {
    let Some((config, settings)) = here(data)? else { return Ok(Exit::Usage) };
    let Some(parts) = parts(&config) else { return Ok(Exit::Usage) };
    let name = Name::new(kind, name)
        .ok_or_else(|| Mistake(format!("`{name}` is not the name of a repository; write org/name")))?;
    let stage = stage.map_or_else(|| settings.stage.clone(), str::to_owned);
    let what = Import { person, name: &name, folder, stage: &stage };
    let commit = blocking::import(settings, parts, &what).map_err(explain)?;
    output::write(None, |out| writeln!(out, "{name} {commit} is inspected for `{stage}`"))?;
    Ok(Exit::Allowed)
}

/// Reads the log and compares every row with it.
pub(super) fn audit(data: &DataArgs) -> Result<Exit> {
    let Some((config, settings)) = gate_here(data)? else { return Ok(Exit::Usage) };
    let Some(parts) = parts(&config) else { return Ok(Exit::Usage) };
    let audit = blocking::audit(settings, parts).map_err(explain)?;
    output::write(None, |out| {
        for fault in &audit.faults {
            writeln!(out, "wrong: {fault}")?;
        }
        let verdict =
            if audit.faults.is_empty() { "log and tables agree" } else { "log and tables do NOT agree" };
        writeln!(out, "{verdict}: {} records, {} rows\n", audit.records, audit.rows)?;
        write!(out, "{}", audit.checkpoint)
    })?;
    Ok(if audit.faults.is_empty() { Exit::Allowed } else { Exit::Denied })
}

/// Seals everything under the first key again.
pub(super) fn reseal(data: &DataArgs) -> Result<Exit> {
    let Some((config, settings)) = gate_here(data)? else { return Ok(Exit::Usage) };
    let Some(parts) = parts(&config) else { return Ok(Exit::Usage) };
    let encrypted = settings.encrypt_blobs;
    let done = blocking::reseal(settings, parts).map_err(explain)?;
    output::write(None, |out| {
        writeln!(out, "{} secrets are under the first key now", done.secrets)?;
        if done.store_keys > 0 {
            writeln!(out, "{} keys of contents are under the first key now", done.store_keys)?;
        }
        if done.contents > 0 {
            let form = if encrypted { "encrypted" } else { "in the clear" };
            writeln!(out, "{} contents are kept {form} now", done.contents)?;
        }
        if done.lost > 0 {
            writeln!(out, "{} contents are missing or damaged, and left as they are", done.lost)?;
        }
        Ok(())
    })?;
    Ok(if done.lost == 0 { Exit::Allowed } else { Exit::Denied })
}

/// Puts the policies of the configuration in force, whatever was put in force at the gate.
pub(super) fn reset_policy(data: &DataArgs) -> Result<Exit> {
    let Some((config, settings)) = gate_here(data)? else { return Ok(Exit::Usage) };
    let Some(parts) = parts(&config) else { return Ok(Exit::Usage) };
    let digest = blocking::reset_policy(settings, parts).map_err(explain)?;
    output::write(None, |out| writeln!(out, "the policies of the configuration are in force: {digest}"))?;
    Ok(Exit::Allowed)
}

/// Reads the configuration. `None`: it has errors, which were shown.
fn configure(data: &DataArgs) -> Option<Config> {
    match config::load(data.config.as_deref(), &[], &inspect::metas()) {
        Ok(config) => {
            inspect::show(config.warnings(), Color::Auto);
            Some(config)
        }
        Err(diagnostics) => {
            inspect::show(&diagnostics, Color::Auto);
            None
        }
    }
}

/// The configuration, and what it says of a gate that nobody reaches. `None`: it has errors, which were shown.
fn here(data: &DataArgs) -> Result<Option<(Config, Settings)>> {
    let Some(config) = configure(data) else { return Ok(None) };
    let settings = settings(&config, data, "http://localhost", None)?;
    Ok(Some((config, settings)))
}

/// The same of a gate that is there.
fn gate_here(data: &DataArgs) -> Result<Option<(Config, Settings)>> {
    let found = here(data)?;
    if let Some((_, settings)) = &found
        && !settings.data.join("log.key").exists()
    {
        return Err(Mistake(format!("there is no gate in `{}`", settings.data.display())).into());
    }
    Ok(found)
}

/// The database that the environment names. One that is named and empty is a mistake: the gate would begin anew in a file.
fn database() -> Result<Option<String>> {
    let named = variable("WEIGHHOUSE_DATABASE");
    if named.is_none() && std::env::var_os("WEIGHHOUSE_DATABASE").is_some() {
        let why =
            "`WEIGHHOUSE_DATABASE` is empty: name the database, or unset it for the file in the data folder";
        return Err(Mistake(why.to_owned()).into());
    }
    Ok(named)
}

fn settings(config: &Config, data: &DataArgs, address: &str, upstream: Option<String>) -> Result<Settings> {
    // Before the gate opens: deciding uses threads, too, and whoever is first says how much room inspections have on them.
    inspect::workers()?;
    let section = config.gate();
    let folder = data.data.clone().or_else(|| section.data.clone()).or_else(default_data);
    let folder =
        folder.context("there is no home folder; say with `--data` where the gate keeps what it knows")?;
    let stages = stages(config)?;
    let stage = section.stage.clone().unwrap_or_else(|| "internal".to_owned());
    if !stages.iter().any(|known| known.name == stage) {
        return Err(
            Mistake(format!("there is no stage `{stage}`, which `[gate]` names as the usual one")).into()
        );
    }
    let token = variable("WEIGHHOUSE_UPSTREAM_TOKEN");
    let token = token
        .map(|text| Token::new(&text).context("`WEIGHHOUSE_UPSTREAM_TOKEN` holds no token"))
        .transpose()?;
    Ok(Settings {
        data: folder,
        database: database()?,
        address: address.trim_end_matches('/').to_owned(),
        origin: section.origin.clone().unwrap_or_else(|| "weighhouse.invalid/gate".to_owned()),
        upstream: upstream.map(|endpoint| Upstream {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token,
            patience: weighhouse_scan::source::hub::Patience::default(),
        }),
        directory: identity::directory(section),
        workloads: identity::workloads(section, &stages)?,
        authorities: authorities()?,
        stages,
        stage,
        max_files: config.max_files(),
        blobs: data
            .blobs
            .clone()
            .or_else(|| section.blobs.clone())
            .map(|address| storage(address, section.blobs_at_hand)),
        released: data.blobs_released.clone().or_else(|| section.blobs_released.clone()).map(|place| {
            if place.contains("://") {
                Place::Objects(storage(place, section.blobs_at_hand))
            } else {
                Place::Folder(place.into())
            }
        }),
        released_only: data.released_only || section.released_only,
        uploads: bounds::uploads(&section.uploads),
        limits: bounds::connections(&section.connections)?,
        proxies: networks(&section.proxies)?,
        trust: trust(section)?,
        notices: notices(config)?,
        encrypt_blobs: section.blobs_encrypted,
        traces: None,
        seal_keys: seal::keys()?,
    })
}

/// Whose word counts, with the keys that the configuration names.
fn trust(section: &GateSection) -> Result<Trust> {
    let attester = |one: &AttesterSection| -> Result<Attester> {
        let key = super::sign::public_key(&one.key)?;
        Ok(Attester { name: one.name.clone(), key, kinds: one.kinds.clone() })
    };
    let cosigner = |one: &WitnessSection| Cosigner { key: one.key.clone(), address: one.address.clone() };
    Ok(Trust {
        attesters: section.attesters.iter().map(attester).collect::<Result<_>>()?,
        witnesses: section.witnesses.iter().map(cosigner).collect(),
        quorum: section.witness_quorum.unwrap_or(1),
    })
}

/// Object storage, with what the environment says of it. Credentials stand nowhere else.
fn storage(address: String, at_hand: Option<u64>) -> ObjectStorage {
    let set = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    ObjectStorage {
        address,
        options: set.filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty()).collect(),
        at_hand: at_hand.unwrap_or(AT_HAND),
        patience: StoragePatience::default(),
    }
}

/// By which ways people and programs are told.
fn notices(config: &Config) -> Result<Notices> {
    let section = config.gate();
    let authorities = section.webhook_authorities.as_deref().map(Authorities::read).transpose()?;
    let mail = section.mail.as_ref().map(mail).transpose()?;
    Ok(Notices { mail, networks: networks(&section.networks)?, authorities })
}

fn networks(texts: &[String]) -> Result<Vec<Network>> {
    let read =
        |text: &String| text.parse().map_err(|error: InvalidNetwork| Mistake(error.to_string()).into());
    texts.iter().map(read).collect()
}

fn mail(section: &MailSection) -> Result<MailServer> {
    let (encryption, usual) = match section.encryption.as_str() {
        "tls" => (Encryption::Tls, 465),
        "none" => (Encryption::None, 25),
        _ => (Encryption::StartTls, 587),
    };
    let login = match (&section.user, variable("WEIGHHOUSE_MAIL_PASSWORD")) {
        (Some(user), Some(password)) => Some((user.clone(), Password::new(password))),
        (None, None) => None,
        (Some(_), None) => {
            let why = "`[gate.mail]` names a `user`: put the password into `WEIGHHOUSE_MAIL_PASSWORD`";
            return Err(Mistake(why.to_owned()).into());
        }
        (None, Some(_)) => {
            let why = "`WEIGHHOUSE_MAIL_PASSWORD` is set, but `[gate.mail]` names no `user`";
            return Err(Mistake(why.to_owned()).into());
        }
    };
    let read = |path: &PathBuf| {
        std::fs::read(path)
            .with_context(|| format!("cannot read `{}`", printable(&path.display().to_string())))
    };
    let server = MailServer {
        host: section.server.clone(),
        port: section.port.unwrap_or(usual),
        encryption,
        login,
        from: section.from.clone(),
        authorities: section.authorities.as_ref().map(read).transpose()?,
    };
    server.check().map_err(|why| Mistake(format!("`[gate.mail]`: {why}")))?;
    Ok(server)
}

/// The built-in stages, as the configuration changes them, and those it adds.
fn stages(config: &Config) -> Result<Vec<Stage>> {
    let mut stages = Stage::built_in();
    for own in &config.gate().stages {
        let known = stages.iter().position(|stage| stage.name == own.name).map(|at| stages.remove(at));
        let base = match known {
            Some(stage) => stage,
            None => Stage {
                name: own.name.clone(),
                profile: config.profile(None).map_err(|problem| Mistake(problem.headline))?,
                automatic: false,
                approval_days: 90,
            },
        };
        stages.push(Stage {
            profile: own.profile.clone().unwrap_or(base.profile),
            automatic: own.automatic.unwrap_or(base.automatic),
            approval_days: own.approval_days.map_or(base.approval_days, i64::from),
            name: base.name,
        });
    }
    Ok(stages)
}

fn default_data() -> Option<PathBuf> {
    Some(data_folder()?.join("gate"))
}

/// Policies, inspector and clock. `None`: the policies have errors, which were shown.
fn parts(config: &Config) -> Option<Parts> {
    match config.policies(&[]) {
        Ok(policies) => {
            Some(Parts { policies, inspector: Arc::new(Vetting(config.clone())), clock: clock() })
        }
        Err(diagnostics) => {
            inspect::show(&diagnostics, Color::Auto);
            None
        }
    }
}

pub(super) fn clock() -> Clock {
    Arc::new(|| {
        let since = inspect::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    })
}

/// What is wrong with a request is the user's to mend; the rest is not.
fn explain(error: GateError) -> anyhow::Error {
    match error {
        GateError::Invalid(why) | GateError::Conflict(why) | GateError::Setup(why) => Mistake(why).into(),
        error => error.into(),
    }
}

/// Looks at a revision as `vet` does: files, then every question beyond the bytes.
struct Vetting(Config);

impl Inspector for Vetting {
    /// Rules, knowledge, and the data about vulnerabilities as it lies there now: another import is another digest.
    fn ruleset(&self) -> Digest {
        let advisories = supply::advisories_digest(&self.0);
        let advisories = advisories.map(|digest| digest.to_string()).unwrap_or_default();
        Digest::of(format!("{}\0{advisories}", inspect::tool().ruleset).as_bytes())
    }

    fn inspect(
        &self,
        listing: Listing,
        _: &Arc<AtomicBool>,
    ) -> std::result::Result<(Inspection, String), String> {
        self.vet(&listing).map_err(|error| format!("{error:#}"))
    }
}

impl Vetting {
    fn vet(&self, listing: &Listing) -> Result<(Inspection, String)> {
        let config = &self.0;
        let date = inspect::today()?;
        let quiet = Connection { offline: true, quiet: true };
        let survey = Arc::<supply::Surveyor>::default();
        let revision = inspect::read(config, listing, quiet, Keep::Findings, Some(Arc::clone(&survey)))?;
        let mut inspection = revision.inspection;
        supply::assess(&survey, listing, None, config, date, &mut inspection)?;
        let uses = waiver::apply(&mut inspection, config.waivers(), date);
        let waivers: Vec<_> = config.waivers().iter().cloned().zip(uses).collect();
        let decision = config.decide(&inspection, None, None, &[]);
        let decision = decision.map_err(|_| anyhow::anyhow!("the policies have errors"))?;
        let rules = inspect::metas();
        let report = Report {
            inspection: &inspection,
            basis: Basis::Decision(&decision),
            rules: &rules,
            waivers: &waivers,
            diagnostics: &[],
            date: Some(date),
        };
        let mut text = Vec::new();
        weighhouse_report::render(&report, Format::Json, &Style::default(), &mut text)?;
        Ok((inspection, String::from_utf8(text)?))
    }
}
