//! The `weighhouse` program: arguments, configuration, wiring, exit codes. The only crate that prints.

mod cli;
mod config;
mod diagnostics;
mod environment;
mod exit;
mod output;
mod progress;
mod target;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    contain_panics();
    let arguments = match cli::Cli::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Clap prints help and version to standard output, mistakes to standard error.
            let mistake = error.use_stderr();
            return if error.print().is_err() || mistake {
                exit::Exit::Usage.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let run = std::panic::catch_unwind(|| cli::run(arguments));
    match run {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(error)) => {
            let exit = exit::Exit::of(&error);
            output::error(&error);
            exit.into()
        }
        Err(_) => {
            output::bug();
            exit::Exit::Internal.into()
        }
    }
}

/// A panic inside a parser is contained by the driver and reported as a coverage gap; its raw message would only confuse.
/// The last one is kept, for the report of a panic that nobody contained.
fn contain_panics() {
    std::panic::set_hook(Box::new(|info| output::remember_panic(info.to_string())));
}
