//! `headwater source`: where the messages of a workspace come from.

mod keys;
mod schema;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    console::{Console, Reply},
    pairs,
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// What one does with sources.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    List(List),
    Create(Create),
    /// Show a source.
    #[command(after_help = format!("\
Examples:
  headwater source show website
  headwater source show website --json | jq -r .source.writeKeys[0]

{EXIT_CODES}"))]
    Show(Which),
    Set(Set),
    /// Write keys: what senders show.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Events: block them, switch them off for destinations.
    #[command(subcommand)]
    Schema(schema::Command),
    /// Take data again.
    #[command(after_help = format!("\
Examples:
  headwater source enable website

{EXIT_CODES}"))]
    Enable(Which),
    /// Take no data; what comes in is discarded as source_disabled.
    #[command(after_help = format!("\
Examples:
  headwater source disable website

{EXIT_CODES}"))]
    Disable(Which),
    /// Delete a source with its write keys and destinations, for good.
    #[command(after_help = format!("\
Examples:
  headwater source delete website        # asks for its slug
  headwater source delete website --yes

{EXIT_CODES}"))]
    Delete {
        /// Which one.
        #[command(flatten)]
        which: Which,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

/// Which source.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Slug or id.
    #[arg(value_name = "SOURCE")]
    pub source: String,
}

/// List the sources of the workspace.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater source list
  headwater source list --status disabled --json | jq -r .slug

{EXIT_CODES}"))]
pub struct List {
    /// Part of the name.
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Only enabled or disabled ones.
    #[arg(long, value_name = "STATUS", value_parser = ["enabled", "disabled"])]
    pub status: Option<String>,
}

/// Create a source. It takes data at once, under its first write key.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater source create http-api --slug backend
  headwater source create acme-mail --name 'Campaign mails' --setting campaigns=true
  headwater source create website --slug www --label environment=prod --json

{EXIT_CODES}"))]
pub struct Create {
    /// Slug or id of the catalog entry; see `headwater catalog list`.
    #[arg(value_name = "ENTRY")]
    pub entry: String,
    /// Its name in paths; made from the name unless given.
    #[arg(long, value_name = "SLUG")]
    pub slug: Option<String>,
    /// Its name; the slug or the entry's name unless given.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Take no data yet.
    #[arg(long)]
    pub disabled: bool,
    /// A setting that the entry asks for; the value is JSON where it can be read so, else text.
    #[arg(long = "setting", short, value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// A label of the workspace.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
}

/// Change a source.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater source set website --name 'Our website'
  headwater source set mails --setting campaigns=false --label environment=prod

{EXIT_CODES}"))]
pub struct Set {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// Its new name.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Its new name in paths.
    #[arg(long, value_name = "SLUG")]
    pub slug: Option<String>,
    /// A setting; null takes it out.
    #[arg(long = "setting", short, value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// A label of the workspace, in place of the one with the same key.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
}

const COLUMNS: [Field; 6] = [
    ("SLUG", "/slug"),
    ("NAME", "/name"),
    ("FROM", "/metadata/slug"),
    ("ENABLED", "/enabled"),
    ("LAST DATA", "/lastDataAt"),
    ("LABELS", "/labels"),
];

const SOURCE: [Field; 11] = [
    ("Source", "/slug"),
    ("Id", "/id"),
    ("Name", "/name"),
    ("From", "/metadata/name"),
    ("Status", "/metadata/status"),
    ("Enabled", "/enabled"),
    ("Write keys", "/writeKeys"),
    ("Settings", "/settings"),
    ("Labels", "/labels"),
    ("Last data", "/lastDataAt"),
    ("Created", "/createdAt"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List(arguments) => list(arguments, console).await,
        Command::Create(arguments) => create(arguments, console).await,
        Command::Show(which) => {
            let reply = console.get(&["sources", &which.source], &[]).await?;
            console.show_one(&reply, "/source", &SOURCE)
        }
        Command::Set(arguments) => set(arguments, console).await,
        Command::Keys(command) => keys::run(command, console).await,
        Command::Schema(command) => schema::run(command, console).await,
        Command::Enable(which) => switch(&which.source, true, console).await,
        Command::Disable(which) => switch(&which.source, false, console).await,
        Command::Delete { which, yes } => delete(&which.source, *yes, console).await,
    }
}

async fn list(arguments: &List, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let filters = [("name", &arguments.name), ("status", &arguments.status)];
    let query: Vec<(&str, &str)> =
        filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let mut sources = console.list(&["sources"], &query, "sources").await?;
    if !console.json {
        sources.iter_mut().for_each(short_labels);
    }
    console.show_list(&sources, &COLUMNS, "no sources; see `headwater source create`")
}

/// Labels as `key=value`.
fn short_labels(source: &mut Value) {
    let labels = source["labels"].as_array().cloned().unwrap_or_default();
    let short = labels.iter().map(|label| {
        let part = |name: &str| label[name].as_str().unwrap_or_default();
        Value::from(format!("{}={}", part("key"), part("value")))
    });
    source["labels"] = short.collect();
}

async fn create(arguments: &Create, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut new = json!({
        "metadataId": arguments.entry,
        "enabled": !arguments.disabled,
        "settings": pairs::settings("--setting", &arguments.settings)?,
        "labels": labels(&arguments.labels)?,
    });
    for (field, value) in [("slug", &arguments.slug), ("name", &arguments.name)] {
        if let Some(value) = value {
            new[field] = json!(value);
        }
    }
    let reply = console.post(&["sources"], new).await?;
    console.show_one(&reply, "/source", &SOURCE)
}

fn labels(given: &[String]) -> Result<Vec<Value>, Failure> {
    let pairs = pairs::texts("--label", given)?;
    Ok(pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect())
}

async fn set(arguments: &Set, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let path = ["sources", &arguments.which.source];
    let mut current = console.get(&path, &[]).await?;
    let mut changes = json!({});
    for (field, value) in [("name", &arguments.name), ("slug", &arguments.slug)] {
        if let Some(value) = value {
            changes[field] = json!(value);
        }
    }
    if !arguments.settings.is_empty() {
        changes["settings"] = pairs::settings("--setting", &arguments.settings)?.into();
    }
    // By its id: a new slug must not lose it.
    let id = current.text("/source/id").to_owned();
    let path = ["sources", &id];
    if changes != json!({}) {
        current = console.patch(&path, current.etag.as_deref(), changes).await?;
    }
    if !arguments.labels.is_empty() {
        let body = json!({ "labels": labels(&arguments.labels)? });
        console.post(&["sources", &id, "labels"], body).await?;
        current = console.get(&path, &[]).await?;
    }
    console.show_one(&current, "/source", &SOURCE)
}

async fn switch(source: &str, enabled: bool, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.patch(&["sources", source], None, json!({ "enabled": enabled })).await?;
    let line = switched(&reply, enabled);
    console.show_done(&reply, &line)
}

fn switched(reply: &Reply, enabled: bool) -> String {
    let what = if enabled { "takes data" } else { "takes no data any more" };
    format!("{} {what}", reply.text("/source/slug"))
}

async fn delete(source: &str, yes: bool, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let found = console.get(&["sources", source], &[]).await?;
    let (id, slug) = (found.text("/source/id"), found.text("/source/slug"));
    let what = format!("Delete the source {slug} with its write keys and destinations");
    console.screen.confirm_by_name(&what, slug, yes)?;
    let reply = console.delete(&["sources", id], &[("confirm", slug)]).await?;
    console.show_done(&reply, &format!("{slug} is deleted"))
}
