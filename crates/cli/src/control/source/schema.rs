//! What is set of the events of a source: blocked, archived, switched off for destinations.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Which;
use crate::{
    EXIT_CODES, Failure,
    control::{console::Console, show::Field},
};

/// Events: block them, switch them off for destinations.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the events that somebody set.
    #[command(after_help = format!("\
Examples:
  headwater source schema list website

{EXIT_CODES}"))]
    List(Which),
    /// Block an event: its messages are discarded as event_setting.
    #[command(after_help = format!("\
Examples:
  headwater source schema block website 'Debug Ping'
  headwater source schema block website 'Page Viewed'    # every page call

{EXIT_CODES}"))]
    Block(Event),
    /// Let an event through again.
    #[command(after_help = format!("\
Examples:
  headwater source schema unblock website 'Debug Ping'

{EXIT_CODES}"))]
    Unblock(Event),
    /// Write what the source sends as CSV: names and counts, never values.
    #[command(after_help = format!("\
Examples:
  headwater source schema export website > events.csv
  headwater source schema export website --type IDENTIFY --days 30

{EXIT_CODES}"))]
    Export {
        /// Whose.
        #[command(flatten)]
        which: Which,
        /// Events, or the traits of identify or group calls.
        #[arg(long = "type", value_name = "TYPE", default_value = "TRACK", value_parser = ["TRACK", "IDENTIFY", "GROUP"])]
        kind: String,
        /// Of the last 7 or 30 days.
        #[arg(long, value_name = "DAYS", default_value = "7", value_parser = ["7", "30"])]
        days: String,
    },
    /// Switch an event off, or on again, for a destination of the source.
    #[command(after_help = format!("\
Examples:
  headwater source schema switch website 'Debug Ping' Webhook off

{EXIT_CODES}"))]
    Switch {
        /// Which event.
        #[command(flatten)]
        event: Event,
        /// Name or id of the destination.
        #[arg(value_name = "DESTINATION")]
        destination: String,
        /// Whether the event goes to it.
        #[arg(value_name = "on|off", value_parser = ["on", "off"])]
        to: String,
    },
}

/// Which event of which source.
#[derive(Debug, Clone, Args)]
pub struct Event {
    /// Whose.
    #[command(flatten)]
    pub which: Which,
    /// Its exact name.
    #[arg(value_name = "EVENT")]
    pub name: String,
}

const COLUMNS: [Field; 5] = [
    ("EVENT", "/name"),
    ("BLOCKED", "/blocked"),
    ("ARCHIVED", "/archived"),
    ("NOT TO", "/notTo"),
    ("CHANGED", "/updatedAt"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List(which) => list(&which.source, console).await,
        Command::Block(event) => {
            let line = format!("{} is blocked", event.name);
            set(event, json!({ "blocked": true }), &line, console).await
        }
        Command::Unblock(event) => {
            let line = format!("{} comes through", event.name);
            set(event, json!({ "blocked": false }), &line, console).await
        }
        Command::Export { which, kind, days } => {
            let path = ["sources", &which.source, "schema", "export"];
            let query = [("type", kind.as_str()), ("days", days.as_str())];
            let table = console.download(&path, &query).await?;
            console.screen.line(String::from_utf8_lossy(&table).trim_end())
        }
        Command::Switch { event, destination, to } => {
            let names = destinations(&event.which.source, console).await?;
            let id = names.iter().find(|(id, name)| id == destination || name == destination);
            let id = id.map_or(destination.as_str(), |(id, _)| id);
            let switch = json!({ "destinations": [{ "id": id, "enabled": to == "on" }] });
            let line = match to.as_str() {
                "on" => format!("{} goes to {destination}", event.name),
                _ => format!("{} does not go to {destination}", event.name),
            };
            set(event, switch, &line, console).await
        }
    }
}

async fn list(source: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut events = console.list(&["sources", source, "schema", "events"], &[], "events").await?;
    if !console.json {
        let names = destinations(source, console).await?;
        events.iter_mut().for_each(|event| not_to(event, &names));
    }
    console.show_list(&events, &COLUMNS, "no events are set; see `headwater source schema block`")
}

/// The destinations of a source: id and name.
async fn destinations(
    source: &str,
    console: &mut Console<'_, '_>,
) -> Result<Vec<(String, String)>, Failure> {
    let path = ["sources", source, "connected-destinations"];
    let all = console.list(&path, &[], "destinations").await?;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    Ok(all.iter().map(|row| (text(row, "id"), text(row, "name"))).collect())
}

/// Names the destinations that the event does not go to.
fn not_to(event: &mut Value, names: &[(String, String)]) {
    let switches = event["destinations"].as_array().cloned().unwrap_or_default();
    let off = switches.iter().filter(|switch| switch["enabled"] == false);
    let off = off.map(|switch| {
        let id = switch["id"].as_str().unwrap_or_default();
        Value::from(names.iter().find(|(known, _)| known == id).map_or(id, |(_, name)| name))
    });
    event["notTo"] = off.collect();
}

async fn set(
    event: &Event,
    mut change: Value,
    line: &str,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    change["type"] = json!("TRACK");
    change["name"] = json!(event.name);
    let path = ["sources", &event.which.source, "schema", "events"];
    let reply = console.put(&path, None, json!({ "event": change })).await?;
    console.show_done(&reply, line)
}
