//! `headwater log stat|verify|export`. Reads the log of a data directory that nobody uses by
//! itself, and changes nothing there; asks the server where one runs.

mod progress;
mod remote;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, Result, anyhow, bail};
use event_log::FileLog;
use serde_json::Value;

use crate::{
    FOUND,
    arguments::{DataDir as Where, Log as Command},
    config::{self, Config},
    config_command::{self, count},
    data_dir::{self, Holder, Reading},
    log_api::describe,
    log_read::{
        export::{Export, Filter},
        verify::{Report, Verify},
    },
    serve::{log_options, now_ms},
    token,
};

use progress::Progress;

/// Runs one of them.
pub fn run(command: &Command) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Stat { data_dir, json } => {
                let stat = match open(data_dir)? {
                    Opened::Running(client) => remote::stat(&client).await?,
                    Opened::Idle { log, .. } => describe_idle(&log),
                };
                if *json {
                    println!("{stat}")
                } else {
                    print!("{}", stat_text(&stat))
                }
                Ok(ExitCode::SUCCESS)
            }
            Command::Verify { data_dir, json } => {
                let report = match open(data_dir)? {
                    Opened::Running(client) => remote::verify(&client).await?,
                    Opened::Idle { log, .. } => verify_idle(log).await?,
                };
                if *json {
                    println!("{}", serde_json::to_string(&report)?);
                } else {
                    print!("{}", report.to_text());
                }
                Ok(if report.whole { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
            }
            Command::Export { data_dir, source, since, until, output, envelope } => {
                let mut out = Output::open(output.as_deref())?;
                match open(data_dir)? {
                    Opened::Running(client) => {
                        let words = [
                            ("source", source.as_deref()),
                            ("since", since.as_deref()),
                            ("until", until.as_deref()),
                            ("envelope", envelope.then_some("true")),
                        ];
                        remote::export(&client, &words, &mut out).await?;
                    }
                    Opened::Idle { log, config, .. } => {
                        let sources = config.sources.iter();
                        let slugs = sources
                            .map(|source| (source.id.value.stream(), source.slug.value.clone()))
                            .collect();
                        let (source, since) = (source.as_deref(), since.as_deref());
                        let filter = Filter::new(source, since, until.as_deref(), slugs, now_ms());
                        let filter = filter.map_err(|problem| anyhow!(problem))?;
                        let export = Export::new(Arc::new(log), filter, *envelope);
                        export_idle(export, &mut out).await?;
                    }
                }
                out.finish()?;
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

enum Opened {
    /// A server holds the data directory: it reads for us.
    Running(Box<cli::Client>),
    /// Nobody does: it stays as it is until we are done.
    Idle { log: FileLog, config: Box<Config>, _held: Reading },
}

fn open(place: &Where) -> Result<Opened> {
    let shown = |path: &PathBuf| path.display().to_string();
    let input = config_command::gather(place.config.config.as_deref())?.flag(
        "server.data_dir",
        "--data-dir",
        place.data_dir.as_ref().map(shown),
    );
    let config = match config::load(&input, &destinations::all()) {
        Ok(loaded) => loaded.config,
        Err(problems) => bail!("the configuration has problems:\n{problems}"),
    };
    let data_dir = config.server.data_dir.clone();
    let path = data_dir.join("log");
    if !path.is_dir() {
        bail!("there is no event log in {}: give --data-dir", data_dir.display());
    }
    let held = match data_dir::read(&data_dir)? {
        Ok(held) => held,
        Err(holder) => return ask(&config, &data_dir, holder),
    };
    let log = FileLog::open_read_only(&path, log_options(&config.log, &data_dir))
        .with_context(|| format!("cannot open the event log in {}", path.display()))?;
    Ok(Opened::Idle { log, config: Box::new(config), _held: held })
}

/// The server that holds the data directory.
fn ask(config: &Config, data_dir: &Path, holder: Holder) -> Result<Opened> {
    let Some(url) = holder.url else {
        bail!("process {} is just starting or reading there: try again", holder.pid);
    };
    let token = token::load_or_make(config.server.api_token.as_ref(), data_dir)?;
    // Its certificate stands beside us: whoever signed it, it is the right one.
    let ca = config.server.tls.as_ref().map(|tls| tls.cert.clone());
    let connection = cli::Connection { ca, ..cli::Connection::to(&url, token.expose()) };
    let client = connection.open()?;
    Ok(Opened::Running(Box::new(client)))
}

/// What a log that nobody uses says about itself; how many ids are known is for its writer to say.
fn describe_idle(log: &FileLog) -> Value {
    let mut stat = describe(log);
    stat["dedupeKeys"] = Value::Null;
    stat
}

/// From what the log says about itself.
fn stat_text(stat: &Value) -> String {
    let number = |value: &Value| -> u64 {
        value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
    };
    let end = number(&stat["end"]);
    let mut out = format!(
        "oldest position     {}\nend                 {end}\nsegments            {}\non disk             {}\n",
        number(&stat["oldest"]),
        number(&stat["segments"]),
        progress::bytes(number(&stat["diskBytes"])),
    );
    if let Some(keys) = stat["dedupeKeys"].as_u64() {
        out.push_str(&format!("messageIds known    {keys}\n"));
    }
    let groups = stat["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
    for group in groups {
        // Whoever needs nothing has passed every position.
        let behind = progress::bytes(end.saturating_sub(number(&group["position"])));
        let name = group["name"].as_str().unwrap_or_default();
        out.push_str(&format!("needed by {name}: {behind}\n"));
    }
    out
}

async fn verify_idle(log: FileLog) -> Result<Report> {
    let mut verify = Verify::new(Arc::new(log));
    let progress = Progress::new("verifying", verify.reading.at, verify.reading.end);
    loop {
        if let Some(report) = verify.step().await? {
            progress.finish();
            return Ok(report);
        }
        progress.at(verify.reading.at);
    }
}

async fn export_idle(mut export: Export, out: &mut Output) -> Result<()> {
    let progress = Progress::new("exporting", export.reading.at, export.reading.end);
    while let Some(lines) = export.step().await? {
        progress.at(export.reading.at);
        if out.write(&lines)? == Wish::Enough {
            break;
        }
    }
    progress.finish();
    Ok(())
}

/// Whether whoever reads our output wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// They do.
    More,
    /// They have closed it.
    Enough,
}

/// Where lines go.
pub struct Output {
    to: Box<dyn Write>,
    path: Option<PathBuf>,
    lines: usize,
}

impl Output {
    fn open(path: Option<&Path>) -> Result<Output> {
        let to: Box<dyn Write> = match path {
            None => Box::new(BufWriter::new(io::stdout())),
            Some(path) => {
                let file = File::create(path);
                let file = file.with_context(|| format!("cannot write {}", path.display()))?;
                Box::new(BufWriter::new(file))
            }
        };
        Ok(Output { to, path: path.map(Path::to_path_buf), lines: 0 })
    }

    /// Writes whole lines or parts of them. Whether more is wanted: whoever reads our output may
    /// have seen enough.
    pub fn write(&mut self, lines: &[u8]) -> io::Result<Wish> {
        self.lines += lines.iter().filter(|byte| **byte == b'\n').count();
        match self.to.write_all(lines) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Wish::Enough),
            other => other.map(|()| Wish::More),
        }
    }

    fn finish(mut self) -> Result<()> {
        match self.to.flush() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        if let Some(path) = self.path {
            eprintln!("{} written to {}", count(self.lines, "message"), path.display());
        }
        Ok(())
    }
}
