//! The one binary: reads the configuration, wires the planes, and offers the subcommands.
//!
//! ```text
//! config ──► snapshot ──► routing ─┬─► ingest ──► event log ──┬──► delivery ──► destinations
//!                                  │                          └──► debugger
//!            reload ───────────────┘    http: token, health, metrics, web app, 404
//! ```

mod admin;
mod archive;
mod arguments;
mod backup;
mod check;
mod config;
mod config_command;
mod control;
mod data_dir;
mod dev;
mod health;
mod http;
mod log_api;
mod log_command;
mod log_read;
mod logging;
mod plan_command;
mod quarantine_api;
mod reload;
mod secret_keys;
mod serve;
mod snapshot;
mod system;
mod telemetry;
mod token;
mod web;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};

/// What was checked has problems, or what was looked for is not there.
pub(crate) const FOUND: u8 = 1;
/// What was asked could not be done. 2 stands for wrong usage.
pub(crate) const FAILED: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Client(command) => Ok(cli::run(&command)),
        Command::Check(arguments) => check::run(&arguments),
        Command::Plan(command) => plan_command::run(&command),
        Command::Log(command) => log_command::run(&command),
        Command::Config(command) => config_command::run(&command),
        Command::Backup { file, data_dir } => backup::write(&file, &data_dir),
        Command::Restore { file, data_dir } => backup::restore(&file, &data_dir),
        Command::Admin(command) => admin::run(&command),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "headwater", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Version { json } => {
            version(json);
            Ok(ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("headwater: {error:#}");
        ExitCode::from(FAILED)
    })
}

fn version(json: bool) {
    let (version, os, arch) =
        (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    if json {
        println!("{}", serde_json::json!({ "version": version, "os": os, "arch": arch }));
    } else {
        println!("headwater {version} ({os}, {arch})");
    }
}
