//! `gate backup` and `gate restore`.

use std::path::Path;

use anyhow::Result;
use weighhouse_server::{Backup, Restore, blocking};

use super::{DataArgs, clock, explain, gate_here, here};
use crate::exit::Exit;
use crate::output;

/// Backs up the gate whose data is here.
pub(crate) fn backup(data: &DataArgs, to: &Path, with_key: bool) -> Result<Exit> {
    let Some((_, settings)) = gate_here(data)? else { return Ok(Exit::Usage) };
    let what = Backup { to: to.to_owned(), with_key };
    let done = blocking::backup(&settings, &clock(), &what).map_err(explain)?;
    output::write(None, |out| {
        writeln!(out, "{}: {} rows", done.file.display(), done.rows)?;
        if let Some((new, there)) = done.contents {
            writeln!(out, "{new} contents copied, {there} were there")?;
        }
        for sha256 in &done.damaged {
            writeln!(
                out,
                "wrong: the gate has lost content {sha256}, or it is damaged; it is not in the backup"
            )?;
        }
        if !with_key {
            writeln!(out, "without `log.key`, which a restore needs: keep it elsewhere")?;
        }
        write!(out, "\n{}", done.checkpoint)
    })?;
    Ok(if done.damaged.is_empty() { Exit::Allowed } else { Exit::Denied })
}

/// Restores a gate where there is none.
pub(crate) fn restore(data: &DataArgs, what: &Restore) -> Result<Exit> {
    let Some((_, settings)) = here(data)? else { return Ok(Exit::Usage) };
    let done = blocking::restore(&settings, &clock(), what).map_err(explain)?;
    output::write(None, |out| {
        let audit = &done.audit;
        writeln!(out, "{} is restored to `{}`", done.file.display(), settings.data.display())?;
        if done.missing > 0 {
            writeln!(out, "{} contents are missing", done.missing)?;
        }
        writeln!(out, "log and tables agree: {} records, {} rows\n", audit.records, audit.rows)?;
        write!(out, "{}", audit.checkpoint)
    })?;
    let seal = settings.data.join("seal.key");
    if settings.seal_keys.is_none() && !seal.exists() {
        // No backup holds it.
        output::message(&format!(
            "before the gate starts, copy the `seal.key` of that time to `{}`, or set `WEIGHHOUSE_SEAL_KEYS`",
            seal.display()
        ));
    }
    Ok(Exit::Allowed)
}
