//! `headwater trace`: where one message stands, what became of it, and every attempt of every
//! destination.

use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Connection, EXIT_CODES, Failure,
    screen::{Screen, Style, clock_of, grouped, tame},
    tail::Row,
};

/// Show what became of one message, at every destination.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater trace 0b6f1c1e-6c63-4a5c-9d8f-6a1b1f2b9a55
  headwater trace ajs-next-1763000000000 --source website
  headwater trace m-1 --json | jq '.destinations[] | {{destination, state}}'

Times are UTC. Accepted messages are found by their id as long as it is in the deduplication
window; discarded and older ones only in the newest history.

{EXIT_CODES}"))]
pub struct Arguments {
    /// The message's messageId.
    #[arg(value_name = "MESSAGE_ID")]
    pub message_id: String,
    /// Only in this source.
    #[arg(long, short, value_name = "SLUG")]
    pub source: Option<String>,
    /// One JSON object per message and line.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

#[derive(Deserialize)]
struct Found {
    messages: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Traced {
    #[serde(flatten)]
    row: Row,
    destinations: Vec<Path>,
    complete: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Path {
    destination: String,
    name: Option<String>,
    state: String,
    next_attempt_at: Option<String>,
    paused_at: Option<String>,
    attempts: Vec<Try>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Try {
    at: String,
    number: u32,
    took_ms: u64,
    outcome: String,
    status: Option<u16>,
    code: Option<String>,
    excerpt: Option<String>,
    next_attempt_at: Option<String>,
    replay: Option<String>,
}

/// Shows the path of a message.
///
/// Errors: the server cannot be reached, or knows no such message.
pub async fn run(arguments: &Arguments, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let (id, source) = (arguments.message_id.as_str(), arguments.source.as_deref());
    let url = match (source, client.credential.of_control_plane()) {
        (Some(source), true) => client.address(&["api", "sources", source, "trace", id], &[]),
        (None, true) => {
            return Err(Failure::usage(
                "a workspace's messages are traced source by source",
                "name one with --source; whoever runs the server finds it with --data-dir alone",
            ));
        }
        (Some(source), false) => client.address(&["api", "trace", id], &[("source", source)]),
        (None, false) => client.address(&["api", "trace", id], &[]),
    };
    let data = client.get(&url).await?;
    let found: Found = client.read(&data)?;
    for message in &found.messages {
        if arguments.json {
            screen.line(message.get())?;
        } else {
            show(&client.read(message)?, screen)?;
        }
    }
    Ok(())
}

fn show(traced: &Traced, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let row = &traced.row;
    let id = screen.paint(Style::Strong, &tame(row.message_id.as_deref().unwrap_or("-")));
    let verdict = screen.paint(row.style(), &row.verdict);
    let what = [row.r#type.as_deref().map(str::to_uppercase), row.name.clone()];
    let what: Vec<String> = what.iter().flatten().map(|word| tame(word).into_owned()).collect();
    screen.line(format!("{id}  {verdict}  {}", what.join(" ")).trim_end())?;
    let mut facts = vec![
        format!("received {}", row.received_at),
        format!("at position {}", row.position),
        format!("{} bytes", grouped(row.bytes)),
    ];
    facts.extend(row.source.as_ref().map(|source| format!("source {}", tame(source))));
    facts.extend(row.person().map(|person| format!("user {}", tame(person))));
    screen.line(&format!("  {}", facts.join(", ")))?;
    if let (Some(code), Some(detail)) = (&row.code, &row.detail) {
        let reason = format!("{}: {}", tame(code), tame(detail));
        screen.line(&format!("  {}", screen.paint(row.style(), &reason)))?;
    }
    if row.verdict == "accepted" && traced.destinations.is_empty() {
        screen.line("  no destination is connected to its source")?;
    }
    for (at, path) in traced.destinations.iter().enumerate() {
        show_path(path, at + 1 == traced.destinations.len(), screen)?;
    }
    if !traced.complete {
        screen.line("  the oldest attempts were too many to be looked through")?;
    }
    Ok(())
}

fn show_path(path: &Path, is_last: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let (branch, stem) = if is_last { ("└─", "  ") } else { ("├─", "│ ") };
    let (style, says) = match path.state.as_str() {
        "delivered" => (Style::Good, "delivered".to_owned()),
        "pending" => match &path.next_attempt_at {
            _ if path.paused_at.is_some() => {
                let since = path.paused_at.as_deref().unwrap_or_default();
                let says =
                    format!("pending; paused since {since}, and nothing goes until it is resumed");
                (Style::Bad, says)
            }
            Some(next) => (Style::Warn, format!("pending, next attempt not before {next}")),
            None if path.attempts.is_empty() => {
                (Style::Warn, "pending, waits for its first attempt".to_owned())
            }
            None => (Style::Warn, "pending, waits for its next attempt".to_owned()),
        },
        "not_offered" => (
            Style::Faint,
            "not offered: it was not connected, or retention took the attempts".to_owned(),
        ),
        "exhausted" => (
            Style::Bad,
            format!(
                "exhausted; try again with `headwater dead-letters redeliver {} --position …`",
                path.destination
            ),
        ),
        state => (Style::Bad, state.to_owned()),
    };
    // A workspace's destination has no slug, but an id.
    let named = match &path.name {
        Some(name) if path.destination.starts_with("dst_") => {
            format!("{name} ({})", path.destination)
        }
        _ => path.destination.clone(),
    };
    let name = screen.paint(Style::Strong, &tame(&named));
    screen.line(&format!("  {branch} {name}  {}", screen.paint(style, &says)))?;
    for attempt in &path.attempts {
        let number = if attempt.number == 0 { "-".to_owned() } else { attempt.number.to_string() };
        let style = match attempt.outcome.as_str() {
            "delivered" => Style::Good,
            "retry" | "redelivery" => Style::Warn,
            _ => Style::Bad,
        };
        let outcome = screen.paint(style, &format!("{:<10}", attempt.outcome));
        let took = format!("{} ms", grouped(attempt.took_ms));
        let mut why = Vec::new();
        if let Some(status) = attempt.status {
            why.push(status.to_string());
        }
        let code = attempt
            .code
            .as_ref()
            .filter(|code| attempt.status.is_none_or(|s| s.to_string() != **code));
        why.extend(code.map(|code| tame(code).into_owned()));
        why.extend(attempt.excerpt.as_ref().map(|excerpt| tame(excerpt).into_owned()));
        why.extend(attempt.replay.as_ref().map(|id| format!("replay {id}")));
        why.extend(attempt.next_attempt_at.as_ref().map(|next| format!("next {}", clock_of(next))));
        let line = format!(
            "  {stem}   {number:>3}  {}  {took:>9}  {outcome}  {}",
            clock_of(&attempt.at),
            why.join(" · ")
        );
        screen.line(line.trim_end())?;
    }
    Ok(())
}
