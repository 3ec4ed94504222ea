//! `headwater audit`: who changed what, in a workspace, a partner team or on the platform.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    console::{Console, text},
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// What one does with an audit trail.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List changes, newest first.
    #[command(after_help = format!("\
Examples:
  headwater audit list
  headwater audit list --type 'Source Created' --from 2026-11-01T00:00:00Z
  headwater audit list --of partner --actor ada@example.com
  headwater audit list --of platform --json | jq -r .type

{EXIT_CODES}"))]
    List(Trail),
    /// Write the changes out as a file, newest first, up to 100,000.
    #[command(after_help = format!("\
Examples:
  headwater audit export > audit.csv
  headwater audit export --format ndjson --of partner | jq -r .type
  headwater audit export --of platform --to 2026-11-01T00:00:00Z > october.csv

{EXIT_CODES}"))]
    Export {
        /// Which changes.
        #[command(flatten)]
        trail: Trail,
        /// csv or ndjson, an entry on each line; ndjson with --json.
        #[arg(long, value_name = "FORMAT", value_parser = ["csv", "ndjson"])]
        format: Option<String>,
    },
    /// Read a trail from its start: was any entry altered or taken out? Exits with 1 if so.
    #[command(after_help = format!("\
Examples:
  headwater audit verify
  headwater audit verify --of platform

{EXIT_CODES}"))]
    Verify(Scope),
}

/// Whose trail.
#[derive(Debug, Clone, Args)]
pub struct Scope {
    /// The workspace's, for its owners; the partner team's, for its admins; or the platform's, for
    /// operators.
    #[arg(
        long,
        value_name = "WHOSE",
        default_value = "workspace",
        value_parser = ["workspace", "partner", "platform"]
    )]
    pub of: String,
}

/// Which changes.
#[derive(Debug, Clone, Args)]
pub struct Trail {
    /// Whose trail.
    #[command(flatten)]
    pub scope: Scope,
    /// Of this kind, such as 'Source Created'.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// By this actor: id or e-mail address.
    #[arg(long, value_name = "ACTOR")]
    pub actor: Option<String>,
    /// On resources of this type, such as SOURCE.
    #[arg(long, value_name = "TYPE")]
    pub resource_type: Option<String>,
    /// On this resource.
    #[arg(long, value_name = "ID")]
    pub resource: Option<String>,
    /// From this time on, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this time, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
}

const EVENTS: [Field; 5] = [
    ("WHEN", "/timestamp"),
    ("WHAT", "/type"),
    ("BY", "/by"),
    ("ON", "/resourceName"),
    ("ID", "/id"),
];

impl Scope {
    /// The path of the trail.
    fn path(&self) -> &'static [&'static str] {
        match self.of.as_str() {
            "partner" => &["partner", "audit-events"],
            "platform" => &["operator", "audit-events"],
            _ => &["audit-events"],
        }
    }
}

impl Trail {
    fn query(&self) -> Vec<(&str, &str)> {
        let given = [
            ("type", &self.kind),
            ("actor", &self.actor),
            ("resourceType", &self.resource_type),
            ("resourceId", &self.resource),
            ("startTime", &self.from),
            ("endTime", &self.to),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }
}

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List(trail) => list(trail, console).await,
        Command::Export { trail, format } => export(trail, format.as_deref(), console).await,
        Command::Verify(scope) => verify(scope, console).await,
    }
}

async fn list(trail: &Trail, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut events = console.list(trail.scope.path(), &trail.query(), "events").await?;
    if !console.json {
        events.iter_mut().for_each(name_actor);
    }
    console.show_list(&events, &EVENTS, "nothing was changed")
}

/// The address of whoever did it, or their id where there is none.
fn name_actor(event: &mut Value) {
    let email = text(event, "/actorEmail");
    let by = if email.is_empty() { text(event, "/actor") } else { email };
    event["by"] = Value::from(by);
}

async fn export(
    trail: &Trail,
    format: Option<&str>,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let path = [trail.scope.path(), &["export"]].concat();
    let mut query = trail.query();
    query.push(("format", format.unwrap_or(if console.json { "ndjson" } else { "csv" })));
    let file = console.download(&path, &query).await?;
    console.screen.raw(&file)
}

async fn verify(scope: &Scope, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.get(&[scope.path(), &["verify"]].concat(), &[]).await?;
    if reply.data["intact"] == true {
        return console.show_done(&reply, "the trail is whole");
    }
    if console.json {
        console.screen.line(&reply.data.to_string())?;
    }
    let number = reply.data["firstBroken"].as_i64().unwrap_or_default();
    let message = format!("entry {number} of the trail was altered, or the one before it is gone");
    Err(Failure::refused(message, Some("compare it with an export or a backup".to_owned())))
}
