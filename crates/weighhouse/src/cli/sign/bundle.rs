//! `verify --bundle`: is this folder what a gate released, and is that still so? Without a network, and without the gate.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;
use weighhouse_core::printable::printable;
use weighhouse_log::policy::Trusted;
use weighhouse_log::release::{Demands, MAX_BUNDLE, Present, ReleaseBundle, Untrue};
use weighhouse_scan::source::{self, EntryContent};
use weighhouse_supply::statements::Digests;

use super::verify::{At, VerifyArgs};
use super::{bytes, ignored};
use crate::cli::log::trust;
use crate::exit::{Exit, Mistake};
use crate::output;

/// Files of a folder that are listed.
const FILES: usize = 1_000_000;

/// What was found.
struct Checked {
    bundle: Option<ReleaseBundle>,
    trusted: Option<Trusted>,
    flaws: Vec<String>,
}

/// Runs `verify --bundle`.
pub(super) fn verify(arguments: &VerifyArgs, file: &Path) -> Result<Exit> {
    let model = &arguments.model;
    let (key, policy) = (arguments.log_key.as_deref(), arguments.log_policy.as_deref());
    if key.is_none() && policy.is_none() {
        let why = "say whom to trust: `--log-key` with the key of the gate's log, or `--log-policy`";
        return Err(Mistake(why.to_owned()).into());
    }
    let policy = trust::policy(policy, key, model)?;
    let now = now(arguments.at.as_ref())?;
    let since = arguments.max_age.map(|hours| earlier(now, hours)).transpose()?;
    let at = now.to_string();
    let demands = Demands {
        policy: &policy,
        at: &at,
        stage: arguments.stage.as_deref(),
        model: arguments.name.as_deref(),
        since: since.as_deref(),
    };
    let checked = check(arguments, file, &demands)?;
    let passes = checked.flaws.is_empty();
    if !arguments.quiet {
        output::write(None, |out| {
            if arguments.json {
                writeln!(out, "{:#}", checked.document())
            } else {
                checked.tell(out, model, &policy)
            }
        })?;
    }
    Ok(if passes { Exit::Allowed } else { Exit::Denied })
}

/// The moment to judge at, in whole seconds.
fn now(at: Option<&At>) -> Result<jiff::Timestamp> {
    let seconds = super::verify::moment(at)?.as_secs();
    Ok(jiff::Timestamp::from_second(i64::try_from(seconds)?)?)
}

fn earlier(now: jiff::Timestamp, hours: u32) -> Result<String> {
    let seconds = now.as_second() - i64::from(hours) * 3600;
    Ok(jiff::Timestamp::from_second(seconds)
        .context("`--max-age` goes back before any calendar")?
        .to_string())
}

/// What the bundle says is checked before a file is read.
fn check(arguments: &VerifyArgs, file: &Path, demands: &Demands<'_>) -> Result<Checked> {
    let text = bytes(file, MAX_BUNDLE as u64)?;
    let refused = |bundle, flaw: &Untrue| Checked { bundle, trusted: None, flaws: vec![flaw.to_string()] };
    let bundle = match ReleaseBundle::parse(&text) {
        Ok(bundle) => bundle,
        Err(flaw) => return Ok(refused(None, &flaw)),
    };
    let trusted = match bundle.verify(demands) {
        Ok(trusted) => trusted,
        Err(flaw) => return Ok(refused(Some(bundle), &flaw)),
    };
    let (present, mut flaws) = present(arguments, file)?;
    flaws.extend(bundle.compare(&present).iter().map(ToString::to_string));
    Ok(Checked { bundle: Some(bundle), trusted: Some(trusted), flaws })
}

/// The files of the folder, without those that the user wants left out; and what could not be looked at.
fn present(arguments: &VerifyArgs, file: &Path) -> Result<(BTreeMap<String, Present>, Vec<String>)> {
    let model = &arguments.model;
    if !model.is_dir() {
        return Err(Mistake(format!("`{}` is no folder; a release is one", model.display())).into());
    }
    let left_out = ignored(model, &arguments.ignore_path, file)?;
    let wanted = |path: &str| {
        let below = |folder: &String| {
            path == folder || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        !left_out.iter().any(below)
    };
    let listing = source::from_path(model, FILES)?;
    let places = listing.entries.iter().filter_map(|entry| match &entry.content {
        EntryContent::File(place) => Some((entry.path.as_str(), place.as_path())),
        EntryContent::Spooled(_) => None,
    });
    let places: Vec<(&str, &Path)> = places.filter(|(path, _)| wanted(path)).collect();
    let digests = Digests::read(places.iter().copied())
        .map_err(|error| Mistake(format!("a file of `{}` cannot be read: {error}", model.display())))?;
    let mut present = BTreeMap::new();
    for (path, place) in places {
        let size = fs::metadata(place).with_context(|| format!("cannot read `{path}`"))?.len();
        if let Some(sha256) = digests.files.get(path) {
            present.insert(path.to_owned(), Present { size, sha256: *sha256 });
        }
    }
    let obstacles = listing.obstacles.iter().filter(|obstacle| wanted(&obstacle.path));
    let unread = obstacles.map(|obstacle| format!("not read: `{}`: {}", obstacle.path, obstacle.detail));
    Ok((present, unread.collect()))
}

impl Checked {
    fn tell(&self, out: &mut dyn Write, model: &Path, policy: &weighhouse_log::Policy) -> io::Result<()> {
        let model = printable(&model.display().to_string());
        let statement = self.bundle.as_ref().map(|bundle| &bundle.statement);
        match (statement, self.flaws.is_empty()) {
            (Some(told), true) => {
                let (name, stage) = (printable(&told.model), printable(&told.stage));
                writeln!(
                    out,
                    "PASS  {model} is `{name}` as released to `{stage}`, good until {}",
                    printable(&told.expires)
                )?;
                writeln!(
                    out,
                    "      commit {}, digest {}",
                    printable(&told.commit),
                    printable(&told.digest)
                )?;
                writeln!(
                    out,
                    "      {} files, issued {} by `{}`",
                    told.files.len(),
                    printable(&told.issued),
                    printable(&told.gate)
                )?;
            }
            (Some(_), false) if self.trusted.is_some() => {
                writeln!(out, "FAIL  {model} is not what was released")?;
            }
            _ => writeln!(out, "FAIL  the release bundle of {model} is not to be trusted")?,
        }
        for flaw in &self.flaws {
            writeln!(out, "      {}", printable(flaw))?;
        }
        match &self.trusted {
            Some(trusted) if self.flaws.is_empty() => trust::told(trusted, policy, "--log-policy")
                .into_iter()
                .try_for_each(|line| writeln!(out, "      {line}")),
            _ => Ok(()),
        }
    }

    fn document(&self) -> serde_json::Value {
        let verdict = if self.flaws.is_empty() { "pass" } else { "fail" };
        let statement = self.bundle.as_ref().map(|bundle| &bundle.statement);
        let witnesses = self.trusted.iter().flat_map(|trusted| &trusted.witnesses);
        let witnesses: Vec<_> = witnesses
            .map(|(key, time)| json!({ "name": key.name(), "time": trust::moment(*time) }))
            .collect();
        json!({
            "schema": "urn:weighhouse:release-verification:v1", "verdict": verdict, "problems": self.flaws,
            "model": statement.map(|told| &told.model), "commit": statement.map(|told| &told.commit),
            "digest": statement.map(|told| &told.digest), "stage": statement.map(|told| &told.stage),
            "issued": statement.map(|told| &told.issued), "expires": statement.map(|told| &told.expires),
            "witnesses": witnesses,
        })
    }
}
