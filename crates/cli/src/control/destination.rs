//! `headwater destination`: where the messages of a source go.

mod filters;
mod mappings;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    catalog,
    console::{Console, text},
    pairs,
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// What one does with destinations.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    List(List),
    Create(Create),
    /// Show a destination; secrets are masked.
    #[command(after_help = format!("\
Examples:
  headwater destination show 'Order hook'
  headwater destination show dst_5GFhvtz8fha42Cm4B9E6L8 --json | jq .destination.settings

{EXIT_CODES}"))]
    Show(Which),
    Set(Set),
    /// Give it messages from now on.
    #[command(after_help = format!("\
Examples:
  headwater destination enable 'Order hook'

{EXIT_CODES}"))]
    Enable(Which),
    /// Give it no messages any more.
    #[command(after_help = format!("\
Examples:
  headwater destination disable 'Order hook'

{EXIT_CODES}"))]
    Disable(Which),
    /// Let a destination go on that was paused after its failures; what waits for it is sent.
    #[command(after_help = format!("\
Examples:
  headwater destination resume 'Order hook'

{EXIT_CODES}"))]
    Resume(Which),
    /// What of the source's messages it gets.
    #[command(subcommand)]
    Filters(filters::Command),
    /// Which of its actions gets a message, and what of it.
    #[command(subcommand)]
    Mappings(mappings::Command),
    /// Delete a destination; what waits for it is discarded.
    #[command(after_help = format!("\
Examples:
  headwater destination delete 'Order hook' --yes

{EXIT_CODES}"))]
    Delete {
        /// Which one.
        #[command(flatten)]
        which: Which,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
    /// List the kinds of destinations there are; with a name, the settings of one.
    #[command(after_help = format!("\
Examples:
  headwater destination types
  headwater destination types webhook

{EXIT_CODES}"))]
    Types {
        /// Slug or id of one.
        #[arg(value_name = "ENTRY")]
        entry: Option<String>,
    },
}

/// Which destination.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Id, or name where only one has it.
    #[arg(value_name = "DESTINATION")]
    pub destination: String,
}

/// List the destinations of the workspace.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination list
  headwater destination list --source website --status enabled

{EXIT_CODES}"))]
pub struct List {
    /// Of this source, by slug or id.
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Part of the name.
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Only enabled or disabled ones.
    #[arg(long, value_name = "STATUS", value_parser = ["enabled", "disabled"])]
    pub status: Option<String>,
}

/// Connect a destination to a source.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination create webhook --source website -s url=https://example.com/hook --enabled

{EXIT_CODES}"))]
pub struct Create {
    /// Slug or id of the catalog entry; see `headwater destination types`.
    #[arg(value_name = "ENTRY")]
    pub entry: String,
    /// The source that feeds it, by slug or id.
    #[arg(long, value_name = "SOURCE")]
    pub source: String,
    /// Its name; made from the entry's unless given.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A setting that the entry asks for; the value is JSON where it can be read so, else text.
    #[arg(long = "setting", short, value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// Give it messages at once.
    #[arg(long)]
    pub enabled: bool,
}

/// Change a destination.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination set 'Order hook' -s url=https://example.com/other -s secret=null
  headwater destination set 'Order hook' --rate 100 --concurrency none

{EXIT_CODES}"))]
#[group(id = "change", required = true, multiple = true)]
pub struct Set {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// Its new name.
    #[arg(long, value_name = "NAME", group = "change")]
    pub name: Option<String>,
    /// A setting; null takes it out.
    #[arg(long = "setting", short, value_name = "NAME=VALUE", group = "change")]
    pub settings: Vec<String>,
    /// Attempts that begin in a second at most; none: as many as it takes.
    #[arg(long, value_name = "NUMBER", value_parser = number, group = "change")]
    pub rate: Option<Given>,
    /// Requests on their way to it at one time; none: the installation's own.
    #[arg(long, value_name = "NUMBER", value_parser = number, group = "change")]
    pub concurrency: Option<Given>,
    /// How many hours a message that it did not take is tried again; none: as long as the
    /// installation does.
    #[arg(long, value_name = "HOURS", value_parser = number, group = "change")]
    pub retry_for: Option<Given>,
}

/// A number, or `none`.
#[derive(Debug, Clone, Copy)]
pub struct Given(Option<u32>);

fn number(text: &str) -> Result<Given, String> {
    match text {
        "none" => Ok(Given(None)),
        text => text
            .parse()
            .map(|number| Given(Some(number)))
            .map_err(|_| "a whole number, or none".to_owned()),
    }
}

const COLUMNS: [Field; 5] = [
    ("NAME", "/name"),
    ("KIND", "/metadata/slug"),
    ("ENABLED", "/enabled"),
    ("SOURCE", "/sourceId"),
    ("ID", "/id"),
];

const DESTINATION: [Field; 10] = [
    ("Destination", "/name"),
    ("Id", "/id"),
    ("Kind", "/metadata/name"),
    ("Source", "/sourceId"),
    ("Enabled", "/enabled"),
    ("Settings", "/settings"),
    ("Rate a second", "/ratePerSecond"),
    ("Concurrency", "/concurrency"),
    ("Retried for hours", "/retryForHours"),
    ("Created", "/createdAt"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List(arguments) => list(arguments, console).await,
        Command::Create(arguments) => create(arguments, console).await,
        Command::Show(which) => {
            let id = id(which, console).await?;
            let reply = console.get(&["destinations", &id], &[]).await?;
            console.show_one(&reply, "/destination", &DESTINATION)
        }
        Command::Set(arguments) => set(arguments, console).await,
        Command::Enable(which) => switch(which, true, console).await,
        Command::Disable(which) => switch(which, false, console).await,
        Command::Resume(which) => resume(which, console).await,
        Command::Filters(command) => filters::run(command, console).await,
        Command::Mappings(command) => mappings::run(command, console).await,
        Command::Delete { which, yes } => {
            let id = id(which, console).await?;
            let what = format!("Delete the destination {}", which.destination);
            console.screen.confirm(&what, *yes)?;
            let reply = console.delete(&["destinations", &id], &[]).await?;
            console.show_done(&reply, &format!("{} is deleted", which.destination))
        }
        Command::Types { entry: None } => {
            catalog::list("destinations", &catalog::Filter::default(), console).await
        }
        Command::Types { entry: Some(entry) } => {
            catalog::show("destinations", entry, console).await
        }
    }
}

async fn list(arguments: &List, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let source = match &arguments.source {
        Some(source) if !source.starts_with("src_") => {
            let found = console.get(&["sources", source], &[]).await?;
            Some(found.text("/source/id").to_owned())
        }
        source => source.clone(),
    };
    let filters = [("sourceId", &source), ("name", &arguments.name), ("status", &arguments.status)];
    let query: Vec<(&str, &str)> =
        filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let found = console.list(&["destinations"], &query, "destinations").await?;
    console.show_list(&found, &COLUMNS, "no destinations; see `headwater destination create`")
}

async fn create(arguments: &Create, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut new = json!({
        "sourceId": arguments.source,
        "metadataId": arguments.entry,
        "enabled": arguments.enabled,
        "settings": pairs::settings("--setting", &arguments.settings)?,
    });
    if let Some(name) = &arguments.name {
        new["name"] = json!(name);
    }
    let reply = console.post(&["destinations"], new).await?;
    console.show_one(&reply, "/destination", &DESTINATION)
}

async fn set(arguments: &Set, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.which, console).await?;
    let path = ["destinations", &id];
    let seen = console.get(&path, &[]).await?.etag;
    let mut changes = json!({});
    if let Some(name) = &arguments.name {
        changes["name"] = json!(name);
    }
    if !arguments.settings.is_empty() {
        changes["settings"] = pairs::settings("--setting", &arguments.settings)?.into();
    }
    let pace = [
        ("ratePerSecond", arguments.rate),
        ("concurrency", arguments.concurrency),
        ("retryForHours", arguments.retry_for),
    ];
    for (field, given) in pace {
        if let Some(Given(number)) = given {
            changes[field] = json!(number);
        }
    }
    let reply = console.patch(&path, seen.as_deref(), changes).await?;
    console.show_one(&reply, "/destination", &DESTINATION)
}

async fn switch(
    which: &Which,
    enabled: bool,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let id = id(which, console).await?;
    let body = json!({ "enabled": enabled });
    let reply = console.patch(&["destinations", &id], None, body).await?;
    let what = if enabled { "is given messages" } else { "is given no messages any more" };
    let line = format!("{} {what}", reply.text("/destination/name"));
    console.show_done(&reply, &line)
}

async fn resume(which: &Which, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(which, console).await?;
    let reply = console.post(&["destinations", &id, "resume"], json!({})).await?;
    let what = match reply.data["resumed"].as_bool() {
        Some(true) => "goes on",
        _ => "was not paused",
    };
    console.show_done(&reply, &format!("{} {what}", which.destination))
}

/// The id of the destination that is meant: a name must be the only one of its kind.
async fn id(which: &Which, console: &mut Console<'_, '_>) -> Result<String, Failure> {
    let named = which.destination.as_str();
    if named.starts_with("dst_") {
        return Ok(named.to_owned());
    }
    let mut found = console.list(&["destinations"], &[("name", named)], "destinations").await?;
    found.retain(|destination| text(destination, "/name") == named);
    match found.as_slice() {
        [only] => Ok(text(only, "/id").to_owned()),
        [] => Err(Failure::refused(
            format!("there is no destination {named:?}"),
            Some("see `headwater destination list`".to_owned()),
        )),
        several => {
            let ids: Vec<&str> = several.iter().map(|one| text(one, "/id")).collect();
            Err(Failure::refused(
                format!("{} destinations are called {named:?}", several.len()),
                Some(format!("name one by its id: {}", ids.join(", "))),
            ))
        }
    }
}
