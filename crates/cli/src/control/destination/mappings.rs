//! `headwater destination mappings`: which action of a destination gets a message, and what of it.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{
    super::{
        console::{Console, text},
        pairs,
    },
    Field, Which, id,
};
use crate::{EXIT_CODES, Failure};

/// What one does with mappings.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the mappings of a destination.
    #[command(after_help = format!("\
Examples:
  headwater destination mappings list 'Order hook'

{EXIT_CODES}"))]
    List(Which),
    Create(Create),
    /// Show a mapping.
    #[command(after_help = format!("\
Examples:
  headwater destination mappings show 'Order hook' Orders --json | jq .subscription.settings

{EXIT_CODES}"))]
    Show(Mapping),
    Set(Set),
    /// Let a mapping do what it says.
    #[command(after_help = format!("\
Examples:
  headwater destination mappings enable 'Order hook' Orders

{EXIT_CODES}"))]
    Enable(Mapping),
    /// Let a mapping do nothing.
    #[command(after_help = format!("\
Examples:
  headwater destination mappings disable 'Order hook' Orders

{EXIT_CODES}"))]
    Disable(Mapping),
    Preview(Preview),
    /// Delete a mapping; without the last one every message goes as the settings say.
    #[command(after_help = format!("\
Examples:
  headwater destination mappings delete 'Order hook' Orders --yes

{EXIT_CODES}"))]
    Delete {
        /// Which one.
        #[command(flatten)]
        mapping: Mapping,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

/// Which mapping of which destination.
#[derive(Debug, Clone, Args)]
pub struct Mapping {
    /// The destination.
    #[command(flatten)]
    pub which: Which,
    /// Id, or name where only one has it.
    #[arg(value_name = "MAPPING")]
    pub mapping: String,
}

/// Add a mapping to a destination.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination mappings create 'Order hook' --name Orders --action send \\
    --trigger \"event = 'Order Completed'\" --field 'data={{\"@path\":\"$.properties\"}}'

{EXIT_CODES}"))]
pub struct Create {
    /// Of which destination.
    #[command(flatten)]
    pub which: Which,
    /// Its name for people.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The action; see `headwater destination types`.
    #[arg(long, value_name = "ACTION")]
    pub action: String,
    /// The messages it is about, in FQL.
    #[arg(long, value_name = "FQL", default_value = "all")]
    pub trigger: String,
    /// What a field of the action gets; the value is JSON where it can be read so, else text.
    /// Without any, fields are as the catalog entry has them.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// Save it without letting it do anything.
    #[arg(long)]
    pub disabled: bool,
}

/// Change a mapping; what is left out stays.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination mappings set 'Order hook' Orders --trigger \"match( event, 'Order *' )\"

{EXIT_CODES}"))]
pub struct Set {
    /// Which one.
    #[command(flatten)]
    pub mapping: Mapping,
    /// Its new name.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The messages it is about, in FQL.
    #[arg(long, value_name = "FQL")]
    pub trigger: Option<String>,
    /// What a field of the action gets; null takes it out.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
}

/// Try a mapping on the source's newest messages; nothing is saved or sent.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination mappings preview 'Order hook' --action send --field 'data={{\"@path\":\"$.properties\"}}'

{EXIT_CODES}"))]
pub struct Preview {
    /// Of which destination.
    #[command(flatten)]
    pub which: Which,
    /// The action; see `headwater destination types`.
    #[arg(long, value_name = "ACTION")]
    pub action: String,
    /// The messages it is about, in FQL.
    #[arg(long, value_name = "FQL", default_value = "all")]
    pub trigger: String,
    /// What a field of the action gets; the value is JSON where it can be read so, else text.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// How many of the newest messages.
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub messages: u32,
}

const COLUMNS: [Field; 5] = [
    ("NAME", "/name"),
    ("ACTION", "/actionSlug"),
    ("ENABLED", "/enabled"),
    ("TRIGGER", "/trigger"),
    ("ID", "/id"),
];

const MAPPING: [Field; 8] = [
    ("Mapping", "/name"),
    ("Id", "/id"),
    ("Action", "/actionSlug"),
    ("Trigger", "/trigger"),
    ("Fields", "/settings"),
    ("Enabled", "/enabled"),
    ("Created", "/createdAt"),
    ("Changed", "/updatedAt"),
];

const PREVIEW: [Field; 6] = [
    ("Messages", "/messages"),
    ("Filtered", "/filtered"),
    ("Unmatched", "/unmatched"),
    ("Mapped", "/mapped"),
    ("Failed", "/failed"),
    ("Examples", "/samples"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List(which) => {
            let id = id(which, console).await?;
            let found = all(&id, console).await?;
            let none = "no mappings: every message goes as the settings say; see `headwater \
                        destination mappings create`";
            console.show_list(&found, &COLUMNS, none)
        }
        Command::Create(arguments) => create(arguments, console).await,
        Command::Show(mapping) => {
            let (destination, id) = named(mapping, console).await?;
            let path = ["destinations", &destination, "subscriptions", &id];
            let reply = console.get(&path, &[]).await?;
            console.show_one(&reply, "/subscription", &MAPPING)
        }
        Command::Set(arguments) => set(arguments, console).await,
        Command::Enable(mapping) => switch(mapping, true, console).await,
        Command::Disable(mapping) => switch(mapping, false, console).await,
        Command::Preview(arguments) => preview(arguments, console).await,
        Command::Delete { mapping, yes } => {
            let (destination, id) = named(mapping, console).await?;
            let what = format!("Delete the mapping {}", mapping.mapping);
            console.screen.confirm(&what, *yes)?;
            let path = ["destinations", &destination, "subscriptions", &id];
            let reply = console.delete(&path, &[]).await?;
            console.show_done(&reply, &format!("{} is deleted", mapping.mapping))
        }
    }
}

async fn create(arguments: &Create, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.which, console).await?;
    let mut new = json!({
        "name": arguments.name,
        "actionId": arguments.action,
        "trigger": arguments.trigger,
        "enabled": !arguments.disabled,
    });
    if !arguments.fields.is_empty() {
        new["settings"] = pairs::settings("--field", &arguments.fields)?.into();
    }
    let reply = console.post(&["destinations", &id, "subscriptions"], new).await?;
    console.show_one(&reply, "/destinationSubscription", &MAPPING)
}

async fn set(arguments: &Set, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let (destination, id) = named(&arguments.mapping, console).await?;
    let path = ["destinations", &destination, "subscriptions", &id];
    let seen = console.get(&path, &[]).await?;
    let mut input = json!({});
    if let Some(name) = &arguments.name {
        input["name"] = json!(name);
    }
    if let Some(trigger) = &arguments.trigger {
        input["trigger"] = json!(trigger);
    }
    if !arguments.fields.is_empty() {
        let mut fields: Map<String, Value> =
            seen.data["subscription"]["settings"].as_object().cloned().unwrap_or_default();
        fields.extend(pairs::settings("--field", &arguments.fields)?);
        fields.retain(|_, value| !value.is_null());
        input["settings"] = fields.into();
    }
    let changes = json!({ "input": input });
    let reply = console.patch(&path, seen.etag.as_deref(), changes).await?;
    console.show_one(&reply, "/subscription", &MAPPING)
}

async fn switch(
    mapping: &Mapping,
    enabled: bool,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let (destination, id) = named(mapping, console).await?;
    let path = ["destinations", &destination, "subscriptions", &id];
    let reply = console.patch(&path, None, json!({ "input": { "enabled": enabled } })).await?;
    console.show_one(&reply, "/subscription", &MAPPING)
}

async fn preview(arguments: &Preview, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.which, console).await?;
    let body = json!({
        "actionId": arguments.action,
        "trigger": arguments.trigger,
        "settings": pairs::settings("--field", &arguments.fields)?,
        "messages": arguments.messages,
    });
    let reply = console.post(&["destinations", &id, "subscriptions", "preview"], body).await?;
    console.show_one(&reply, "", &PREVIEW)
}

async fn all(destination: &str, console: &mut Console<'_, '_>) -> Result<Vec<Value>, Failure> {
    let path = ["destinations", destination, "subscriptions"];
    let mut found = console.list(&path, &[], "subscriptions").await?;
    // The order in which they are asked.
    found.sort_by(|a, b| text(a, "/createdAt").cmp(text(b, "/createdAt")));
    Ok(found)
}

/// The ids of the destination and of its mapping: a name must be the only one of its kind.
async fn named(
    mapping: &Mapping,
    console: &mut Console<'_, '_>,
) -> Result<(String, String), Failure> {
    let destination = id(&mapping.which, console).await?;
    let named = mapping.mapping.as_str();
    if named.starts_with("sub_") {
        return Ok((destination, named.to_owned()));
    }
    let mut found = all(&destination, console).await?;
    found.retain(|one| text(one, "/name") == named);
    match found.as_slice() {
        [only] => Ok((destination, text(only, "/id").to_owned())),
        [] => Err(Failure::refused(
            format!("the destination has no mapping {named:?}"),
            Some("see `headwater destination mappings list`".to_owned()),
        )),
        several => {
            let ids: Vec<&str> = several.iter().map(|one| text(one, "/id")).collect();
            Err(Failure::refused(
                format!("{} mappings are called {named:?}", several.len()),
                Some(format!("name one by its id: {}", ids.join(", "))),
            ))
        }
    }
}
