//! `headwater serve`: reads the configuration, runs the planes, and stops them when asked.

mod planes;

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use crate::{
    FAILED, FOUND, arguments,
    config::{self, Input, Loaded},
    config_command, logging, telemetry,
};

pub use planes::{Running, log_options, now_ms};

/// Threads for everything but the tracking API: more are made only for files that block.
const WORKERS_MAX: usize = 4;
/// How long what nobody waits for any more may take to end.
const LEFTOVERS: Duration = Duration::from_secs(1);

/// Runs until it is asked to stop.
pub fn run(arguments: &arguments::Serve) -> Result<ExitCode> {
    let text = |path: &std::path::PathBuf| path.display().to_string();
    let roles = (!arguments.only.is_empty()).then(|| arguments.only.join(","));
    let input = config_command::gather(arguments.config.config.as_deref())?
        .with_files()
        .flag("server.data_dir", "--data-dir", arguments.data_dir.as_ref().map(text))
        .flag("server.listen", "--listen", arguments.listen.clone())
        .flag("server.roles", "--only", roles);
    run_until_stopped(&input, async |running: &Running| {
        if let Some(link) = running.operator_link() {
            print!("{}", first_operator(running, link));
        }
        std::future::pending().await
    })
}

/// What whoever runs a server without an operator should know. It goes to standard output, so that
/// the link does not end in the log.
pub fn first_operator(running: &Running, link: &str) -> String {
    let begin = "Nobody operates this Headwater yet. This link makes somebody the first operator, once, for a day";
    if running.has_app() {
        return format!("{begin}:\n\n  {link}\n\n");
    }
    let (url, token) = (running.url(), link.rsplit('=').next().unwrap_or_default());
    format!(
        r#"{begin}. The
web app is not in this binary, so there is no page behind it: its token goes into the request below it:

  {link}

  curl {url}/api/accounts -H 'content-type: application/json' \
    -d '{{"email": "you@example.com", "password": "a long one that is hard to guess", "operatorToken": "{token}"}}'

"#
    )
}

/// Runs the planes, and `meanwhile` beside them, until a signal comes.
///
/// Errors: the planes cannot be started. Problems of the configuration are printed here.
pub fn run_until_stopped(input: &Input, meanwhile: impl AsyncFnOnce(&Running)) -> Result<ExitCode> {
    let kinds = destinations::all();
    let loaded = match config::load(input, &kinds) {
        Ok(loaded) => loaded,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(ExitCode::from(FOUND));
        }
    };
    logging::start(&loaded.config.logging);
    let prometheus = telemetry::start()?;
    raise_descriptor_limit();
    let runtime = threads("headwater").build().context("cannot start threads")?;
    let quiet = threads("control").on_thread_start(yield_to_senders).build();
    let quiet = quiet.context("cannot start threads")?;
    let done = runtime.block_on(async {
        let mut signals = Signals::new().context("the system gives no signals")?;
        let Loaded { config, .. } = loaded;
        let running =
            Running::start(input.clone(), config, kinds, prometheus, quiet.handle()).await?;
        let asked = tokio::select! {
            asked = signals.stop() => asked,
            () = meanwhile(&running) => "the end of the output",
            fault = running.fault() => {
                running.stop().await;
                return Err(fault);
            }
        };
        info!(asked, "stopping: finishing what is under way");
        tokio::select! {
            () = running.stop() => info!("stopped; nothing was lost"),
            asked = signals.stop() => {
                warn!(asked, "stopped at once; nothing that was answered is lost");
                #[expect(clippy::disallowed_methods, reason = "at once means without destructors")]
                std::process::exit(FAILED.into());
            }
        }
        Ok(ExitCode::SUCCESS)
    });
    runtime.shutdown_timeout(LEFTOVERS);
    quiet.shutdown_timeout(LEFTOVERS);
    done
}

fn threads(name: &str) -> tokio::runtime::Builder {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads.worker_threads(cores.clamp(2, WORKERS_MAX)).thread_name(name).enable_all();
    threads
}

/// Lowers the priority of this thread, and of those that it starts: whoever sends messages goes
/// first. Failing costs others time, nothing else.
fn yield_to_senders() {
    if let Err(error) = rustix::process::setpriority_process(None, 10) {
        warn!(%error, "the priority of a thread could not be lowered");
    }
}

/// What asks us to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn stop(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Lets the process open as many files as it may: each connection takes one.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, current = limit.current, "cannot raise the limit of open files");
    }
}
