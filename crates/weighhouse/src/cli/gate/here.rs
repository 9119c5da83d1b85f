//! What operators do on the machine of the gate, with its data.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use weighhouse_server::{Kind, Restore};

use crate::cli::serve::{self, DataArgs};
use crate::exit::Exit;

/// Commands on the data of a gate.
#[derive(Debug, Subcommand)]
pub(crate) enum HereCommand {
    /// Seal the secrets of the gate whose data is here under the first of its keys
    ///
    /// Contents are brought to the form that is configured: encrypted at rest, or not. The gate may be serving meanwhile.
    Reseal {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Bring a folder of this machine into the gate whose data is here
    Import {
        /// The folder
        folder: PathBuf,
        /// What it is called at the gate: `org/name`
        #[arg(long = "as", value_name = "NAME")]
        name: String,
        /// It is a data set, not a model
        #[arg(long)]
        dataset: bool,
        /// Stage it is wanted for [default: the usual one]
        #[arg(long, value_name = "STAGE")]
        stage: Option<String>,
        /// Who asks for it
        #[arg(long, value_name = "PERSON", default_value = "admin")]
        person: String,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Back up the gate whose data is here; it may be serving meanwhile
    Backup {
        /// A folder, which gets a file for each backup, and the contents, each once; or a file `….backup` without contents
        to: PathBuf,
        /// With the private key of the audit log: then the backup is as secret as that
        #[arg(long)]
        with_key: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Restore a gate from a backup, where there is none
    Restore {
        /// A file `….backup`, or a folder of them, of which the latest is taken
        from: PathBuf,
        /// Folder of the contents [default: `contents` beside the file]
        #[arg(long, value_name = "FOLDER")]
        contents: Option<PathBuf>,
        /// The private key of the audit log, if it is not in the backup
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Also if contents are missing: they come later, or from elsewhere
        #[arg(long)]
        without_contents: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Read the audit log of the gate whose data is here, and compare every row with it
    Audit {
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Runs one of them.
pub(super) fn run(command: &HereCommand) -> Result<Exit> {
    match command {
        HereCommand::Reseal { data } => serve::reseal(data),
        HereCommand::Import { folder, name, dataset, stage, person, data } => {
            let kind = if *dataset { Kind::Dataset } else { Kind::Model };
            serve::import(data, folder, (kind, name), stage.as_deref(), person)
        }
        HereCommand::Backup { to, with_key, data } => serve::backup(data, to, *with_key),
        HereCommand::Restore { from, contents, key, without_contents, data } => {
            let (contents, key) = (contents.clone(), key.clone());
            let what = Restore { from: from.clone(), contents, key, without_contents: *without_contents };
            serve::restore(data, &what)
        }
        HereCommand::Audit { data } => serve::audit(data),
    }
}
