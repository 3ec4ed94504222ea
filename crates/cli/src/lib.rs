//! The command line as an HTTP client of a running Headwater. It knows only the server's public
//! API: whatever it does, a script with curl can do too.
//!
//! People get colours and tables, programs get `--json`: one JSON value per line. Exit codes are
//! the same everywhere, see [`EXIT_CODES`].

mod announced;
mod ask;
mod balance;
mod connection;
pub mod control;
mod dead_letters;
mod failure;
mod replay;
mod screen;
pub mod send;
mod sse;
mod table;
pub mod tail;
#[cfg(test)]
mod tests;
mod tls;
pub mod trace;

use std::process::ExitCode;

use clap::Subcommand;

pub use balance::Arguments as BalanceArguments;
pub use connection::{Client, Connection};
pub use dead_letters::Command as DeadLettersCommand;
pub use failure::{Failure, Fault};
pub use replay::Command as ReplayCommand;
pub use screen::Screen;

/// What the exit codes mean, for every command's help.
pub const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 refused, not found, or with problems; 2 wrong usage; 3 the server cannot be
reached, or cannot answer now.";

/// The commands that talk to a running server; a binary flattens them into its own.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show messages as they come in.
    Tail(tail::Arguments),
    /// Send one message, or a file of them.
    Send(Box<send::Arguments>),
    /// Show what became of one message, at every destination.
    Trace(trace::Arguments),
    /// Show the books: what came in, and what became of it.
    Balance(BalanceArguments),
    /// Messages whose retries are used up.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Send again what the log holds of a time.
    #[command(subcommand)]
    Replay(ReplayCommand),
    /// The control plane.
    #[command(flatten)]
    Control(control::Command),
}

/// Runs one command on the terminal, says what went wrong, and gives the exit code. To be called
/// outside of a runtime; it makes its own.
pub fn run(command: &Command) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(run_async(command)),
        Err(error) => {
            eprintln!("headwater: cannot start: {error}");
            ExitCode::from(3)
        }
    }
}

/// The same as [`run`], within a runtime.
pub async fn run_async(command: &Command) -> ExitCode {
    let mut screen = Screen::stdio();
    let done = execute(command, &mut screen).await;
    let done = done.and_then(|()| screen.flush());
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The output may be what failed: nothing more can be said then.
            let _ = screen.flush();
            failure.print(&mut screen);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// One command on any screen.
pub(crate) async fn execute(command: &Command, screen: &mut Screen<'_>) -> Result<(), Failure> {
    match command {
        Command::Tail(arguments) => tail::run(arguments, screen).await,
        Command::Send(arguments) => send::run(arguments, screen).await,
        Command::Trace(arguments) => trace::run(arguments, screen).await,
        Command::Balance(arguments) => balance::run(arguments, screen).await,
        Command::DeadLetters(command) => dead_letters::run(command, screen).await,
        Command::Replay(command) => replay::run(command, screen).await,
        Command::Control(command) => Box::pin(control::run(command, screen)).await,
    }
}
