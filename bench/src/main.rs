//! Benchmarks: a load generator, a baseline that only reads the body and answers 200, and a suite
//! that runs Headwater and the baseline in turn and prints ratios. Method and results:
//! `docs/PERFORMANCE.md`; run it with `scripts/bench`.

#![expect(clippy::disallowed_methods, reason = "a load generator on this machine alone")]

mod baseline;
mod control;
mod corpus;
mod disk;
mod load;
mod log;
mod measure;
mod pace;
mod plans;
mod report;
mod server;
mod sink;
mod suite;
mod tail;
mod waits;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Load generator, baseline and benchmarks of Headwater.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything and prints the figures of docs/PERFORMANCE.md.
    Suite(suite::Args),
    /// A server that reads the body with hyper and answers 200.
    Baseline {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: std::net::SocketAddr,
    },
    /// Sends events and prints what it saw.
    Load(load::Args),
    /// A webhook receiver that counts and answers 200.
    Sink {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8091")]
        listen: std::net::SocketAddr,
    },
    /// Appends to the log engine alone and prints its cost per event.
    Log(log::Args),
    /// Times writes followed by fdatasync.
    Fdatasync {
        /// A folder on the disk to time.
        #[arg(long, default_value = ".")]
        folder: std::path::PathBuf,
        /// How many.
        #[arg(long, default_value_t = 2000)]
        count: usize,
    },
}

fn main() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::Suite(args) => suite::run(&args),
        Command::Baseline { listen } => baseline::run(listen),
        Command::Load(args) => {
            println!("{:#?}", load::run(&args)?);
            Ok(())
        }
        Command::Sink { listen } => sink::run(listen),
        Command::Log(args) => {
            println!("{:#?}", log::run(&args)?);
            Ok(())
        }
        Command::Fdatasync { folder, count } => {
            println!("{:#?}", disk::fdatasync(&folder, count)?);
            Ok(())
        }
    }
}
