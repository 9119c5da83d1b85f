//! What operators do on the machine of the gate, with its data.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use weighhouse_server::Kind;

use crate::cli::serve::{self, DataArgs};
use crate::exit::Exit;

/// Commands on the data of a gate.
#[derive(Debug, Subcommand)]
pub(crate) enum HereCommand {
    /// Seal the secrets of the gate whose data is here under the first of its keys
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
        HereCommand::Audit { data } => serve::audit(data),
    }
}
