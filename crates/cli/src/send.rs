//! `headwater send`: one message from the command line, or files of them, in batches, tried again
//! until the server has them. Every message goes with an id of its own, so that trying again
//! never counts one twice.

mod gather;
mod post;
mod single;

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Client, Connection, EXIT_CODES, Failure,
    screen::{Screen, Style, grouped, tame},
};
use gather::{Batch, Batches};
use post::{Outcome, Poster, Refusal};
use single::Message;
pub use single::Single;

/// Send one message, or files of them.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater send --event 'Order Completed' --user-id u-1 -p total=9.50 -p currency=EUR
  headwater send --type identify --user-id u-1 -t email=ada@example.com --source website
  headwater send messages.ndjson --write-key KEY
  zcat old.ndjson.gz | headwater send - --strict

Files hold JSON: one message per line, a list of messages, or requests of the batch API. Messages
without a messageId get one. Busy servers are asked again, as they wish it.

{EXIT_CODES}"))]
pub struct Arguments {
    /// Files of messages; - for standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write key of the source; asked of the server unless given.
    #[arg(long, value_name = "KEY", env = "HEADWATER_WRITE_KEY", hide_env_values = true)]
    pub write_key: Option<String>,
    /// Source to send to, where the server has several.
    #[arg(long, short, value_name = "SLUG", conflicts_with = "write_key")]
    pub source: Option<String>,
    /// Refuse messages that would be discarded, and say what is wrong with them.
    #[arg(long)]
    pub strict: bool,
    /// The result as JSON.
    #[arg(long)]
    pub json: bool,
    /// The message, when it is described by options.
    #[command(flatten)]
    pub single: Single,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// Bytes of a file that are read at once.
const READ_BYTES: usize = 256 * 1024;

/// What came of it.
#[derive(Debug, Default)]
struct Sent {
    messages: u64,
    refused: u64,
    batches: u64,
    bytes: u64,
    retries: u64,
}

/// Sends everything.
///
/// Errors: usage, the server cannot be reached, or it refuses some of the messages (which are
/// shown; the others are sent nevertheless).
pub async fn run(arguments: &Arguments, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let single = arguments.single.message()?;
    if single.is_some() && !arguments.files.is_empty() {
        return Err(Failure::usage(
            "a message by options and files of messages are two things",
            "send one after the other",
        ));
    }
    if single.is_none() && arguments.files.is_empty() {
        return Err(Failure::usage(
            "nothing to send",
            "describe a message (--event 'Order Completed' --user-id u-1), or name a file",
        ));
    }
    let write_key = write_key(arguments, &client).await?;
    let mut poster = Poster::new(&client, &write_key, arguments.strict);
    let mut sent = Sent::default();
    let began = Instant::now();
    let outcome = match single {
        Some(message) => send_single(message, arguments, &mut poster, &mut sent, screen).await,
        None => {
            let mut outcome = Ok(());
            for path in &arguments.files {
                outcome = send_file(path, arguments.json, &mut poster, &mut sent, screen).await;
                if outcome.is_err() {
                    break;
                }
            }
            outcome
        }
    };
    if outcome.is_ok() || sent.batches > 0 {
        report(&sent, began.elapsed(), arguments.json, screen)?;
    }
    outcome?;
    if sent.refused > 0 { Err(Failure::Shown) } else { Ok(()) }
}

async fn send_single(
    message: Message,
    arguments: &Arguments,
    poster: &mut Poster<'_>,
    sent: &mut Sent,
    screen: &mut Screen<'_>,
) -> Result<(), Failure> {
    let refusals = deliver(&Batch::of(&message.json), poster, sent, &progress(None, false)).await?;
    show(&refusals, arguments.json, screen)?;
    if refusals.is_empty() && !arguments.json {
        let source = arguments.source.iter().map(|source| format!(" --source {source}"));
        let source: String = source.collect();
        let hint = format!("look after it with `headwater trace {}{source}`", message.id);
        screen.note(Style::Faint, &hint);
    }
    Ok(())
}

async fn write_key(arguments: &Arguments, client: &Client) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Sources {
        sources: Vec<Source>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Source {
        slug: String,
        write_keys: Vec<String>,
    }
    if let Some(key) = &arguments.write_key {
        return Ok(key.clone());
    }
    let data = client.get(&client.address(&["api", "sources"], &[])).await?;
    let known: Sources = client.read(&data)?;
    let slugs: Vec<&str> = known.sources.iter().map(|source| source.slug.as_str()).collect();
    let slugs = slugs.join(", ");
    let chosen = match (&arguments.source, &known.sources[..]) {
        (Some(slug), all) => all.iter().find(|source| source.slug == *slug).ok_or_else(|| {
            Failure::usage(
                format!("no source is called {slug:?}"),
                format!("known sources: {slugs}"),
            )
        })?,
        (None, [only]) => only,
        (None, []) => {
            let fix = "add one to the server's configuration";
            return Err(Failure::refused("the server has no source", Some(fix.to_owned())));
        }
        (None, _) => {
            let fix = format!("choose with --source: {slugs}");
            return Err(Failure::usage("the server has several sources", fix));
        }
    };
    chosen
        .write_keys
        .first()
        .cloned()
        .ok_or_else(|| Failure::refused(format!("source {:?} has no write key", chosen.slug), None))
}

async fn send_file(
    path: &Path,
    json: bool,
    poster: &mut Poster<'_>,
    sent: &mut Sent,
    screen: &mut Screen<'_>,
) -> Result<(), Failure> {
    let (reader, size): (Box<dyn Read + Send>, Option<u64>) = if path.as_os_str() == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(|error| Failure::reading(path, error))?;
        let size = file.metadata().ok().filter(|facts| facts.is_file()).map(|facts| facts.len());
        (Box::new(file), size)
    };
    let bar = progress(size, screen.interactive && !json);
    let mut batches = Batches::new(BufReader::with_capacity(READ_BYTES, bar.wrap_read(reader)));
    let outcome = loop {
        let batch = match batches.next() {
            Ok(Some(batch)) => batch,
            Ok(None) => break Ok(()),
            Err(what) => {
                let fix = "mend the file and send it again: ids keep messages from counting twice";
                let message = format!("{}: {what}", path.display());
                break Err(Failure::refused(message, Some(fix.to_owned())));
            }
        };
        match deliver(&batch, poster, sent, &bar).await {
            Ok(refusals) => bar.suspend(|| show(&refusals, json, screen))?,
            Err(failure) => break Err(failure),
        }
    };
    bar.finish_and_clear();
    outcome
}

/// Sends one batch and counts what came of it; gives what the server refused.
async fn deliver(
    batch: &Batch,
    poster: &mut Poster<'_>,
    sent: &mut Sent,
    bar: &ProgressBar,
) -> Result<Vec<Refusal>, Failure> {
    let waiting = |seconds: f64| bar.set_message(format!("the server is busy, {seconds:.1} s"));
    let outcome = poster.post(batch, &waiting).await;
    sent.retries = poster.retries;
    match outcome? {
        Outcome::Taken => {
            sent.messages += batch.messages as u64;
            sent.batches += 1;
            sent.bytes += batch.body.len() as u64;
            bar.set_message(format!("{} messages", grouped(sent.messages)));
            Ok(Vec::new())
        }
        Outcome::Refused(refusals) => {
            // Strict requests are taken whole or not at all.
            sent.refused += batch.messages as u64;
            Ok(refusals)
        }
    }
}

fn show(refusals: &[Refusal], json: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    for refusal in refusals {
        if json {
            screen.line(&refusal.json())?;
            continue;
        }
        let where_ = format!("message {}", refusal.number);
        let id = refusal.message_id.as_deref().map(tame).unwrap_or_default();
        let why =
            format!("{} at {:?}: {}", tame(&refusal.code), refusal.pointer, tame(&refusal.detail));
        let mark = screen.paint(Style::Bad, "✗");
        screen.line(&format!("{mark} {where_} {id}  {why}"))?;
        if let Some(example) = &refusal.example {
            screen.line(&format!("    for example {}", tame(example.get())))?;
        }
    }
    Ok(())
}

fn report(sent: &Sent, took: Duration, json: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    if json {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let value = json!({
            "sent": sent.messages, "refused": sent.refused, "batches": sent.batches,
            "bytes": sent.bytes, "retries": sent.retries, "tookMs": took_ms,
        });
        return screen.line(&value.to_string());
    }
    let many = |count: u64, one: &str, more: &str| {
        format!("{} {}", grouped(count), if count == 1 { one } else { more })
    };
    let mut text = format!(
        "sent {} in {}, {} bytes",
        many(sent.messages, "message", "messages"),
        many(sent.batches, "batch", "batches"),
        grouped(sent.bytes)
    );
    if sent.messages > 1000 {
        let rate = sent.messages as f64 / took.as_secs_f64().max(0.001);
        text.push_str(&format!(", {:.1} s ({}/s)", took.as_secs_f64(), grouped(rate as u64)));
    }
    if sent.retries > 0 {
        text.push_str(&format!(", {}", many(sent.retries, "retry", "retries")));
    }
    if sent.refused > 0 {
        let refused = many(sent.refused, "message was", "messages were");
        text.push_str(&format!("; {refused} not taken, because of the faults above"));
    }
    let mark = if sent.refused > 0 { ("✗", Style::Bad) } else { ("✓", Style::Good) };
    screen.line(&format!("{} {text}", screen.paint(mark.1, mark.0)))
}

fn progress(size: Option<u64>, visible: bool) -> ProgressBar {
    let bar = match size {
        Some(size) => ProgressBar::new(size),
        None => ProgressBar::no_length(),
    };
    if !visible {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template = match size {
        Some(_) => "{bar:30} {bytes}/{total_bytes} {msg} {eta}",
        None => "{spinner} {bytes} {msg}",
    };
    bar.set_style(ProgressStyle::with_template(template).expect("the template is a constant"));
    bar
}
