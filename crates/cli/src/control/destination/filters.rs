//! `headwater destination filters`: what of a source's messages a destination gets.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    super::console::{Console, text},
    Field, Which, id,
};
use crate::{EXIT_CODES, Failure};

/// What one does with filters.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the filters of a destination.
    #[command(after_help = format!("\
Examples:
  headwater destination filters list 'Order hook'

{EXIT_CODES}"))]
    List(Which),
    Create(Create),
    /// Show a filter.
    #[command(after_help = format!("\
Examples:
  headwater destination filters show 'Order hook' 'No pings' --json | jq .filter.actions

{EXIT_CODES}"))]
    Show(Filter),
    Set(Set),
    /// Let a filter do what it says.
    #[command(after_help = format!("\
Examples:
  headwater destination filters enable 'Order hook' 'No pings'

{EXIT_CODES}"))]
    Enable(Filter),
    /// Let a filter do nothing.
    #[command(after_help = format!("\
Examples:
  headwater destination filters disable 'Order hook' 'No pings'

{EXIT_CODES}"))]
    Disable(Filter),
    Preview(Preview),
    /// Delete a filter; what it stopped is not sent by that.
    #[command(after_help = format!("\
Examples:
  headwater destination filters delete 'Order hook' 'No pings' --yes

{EXIT_CODES}"))]
    Delete {
        /// Which one.
        #[command(flatten)]
        filter: Filter,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

/// Which filter of which destination.
#[derive(Debug, Clone, Args)]
pub struct Filter {
    /// The destination.
    #[command(flatten)]
    pub which: Which,
    /// Id, or title where only one has it.
    #[arg(value_name = "FILTER")]
    pub filter: String,
}

/// What a filter does, to what.
#[derive(Debug, Clone, Args)]
pub struct Says {
    /// The messages that it is about, in FQL.
    #[arg(long = "if", value_name = "FQL")]
    pub condition: Option<String>,
    /// Drop every message but those for which this holds, in FQL.
    #[arg(long, value_name = "FQL", conflicts_with_all = ["condition", "actions", "drop"])]
    pub only_send: Option<String>,
    /// Drop the messages.
    #[arg(long)]
    pub drop: bool,
    /// Another action, as JSON.
    #[arg(long = "action", value_name = "JSON")]
    pub actions: Vec<String>,
}

impl Says {
    /// Puts what was said into a body.
    fn put(&self, body: &mut Value) -> Result<(), Failure> {
        if let Some(only) = &self.only_send {
            body["if"] = json!(format!("!( {only} )"));
            body["actions"] = json!([{ "type": "DROP" }]);
            return Ok(());
        }
        if let Some(condition) = &self.condition {
            body["if"] = json!(condition);
        }
        let mut actions = Vec::new();
        if self.drop {
            actions.push(json!({ "type": "DROP" }));
        }
        for action in &self.actions {
            let read = serde_json::from_str::<Value>(action);
            actions.push(read.map_err(|error| {
                let form = r#"write it as {"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}"#;
                Failure::refused(format!("--action is no JSON: {error}"), Some(form.to_owned()))
            })?);
        }
        if !actions.is_empty() {
            body["actions"] = json!(actions);
        }
        Ok(())
    }
}

/// Add a filter to a destination.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination filters create 'Order hook' --title 'No pings' --if \"event = 'Ping'\" --drop
  headwater destination filters create 'Order hook' --title 'Orders' --only-send \"match( event, 'Order *' )\"
  headwater destination filters create 'Order hook' --title 'No e-mail' --if all \\
    --action '{{\"type\":\"DROP_PROPERTIES\",\"fields\":{{\"properties\":[\"email\"]}}}}'

{EXIT_CODES}"))]
pub struct Create {
    /// Of which destination.
    #[command(flatten)]
    pub which: Which,
    /// Its name for people.
    #[arg(long, value_name = "TITLE")]
    pub title: String,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// What it does.
    #[command(flatten)]
    pub says: Says,
    /// Save it without letting it do anything.
    #[arg(long)]
    pub disabled: bool,
}

/// Change a filter; what is left out stays.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination filters set 'Order hook' 'No pings' --if \"event in ['Ping', 'Pong']\"

{EXIT_CODES}"))]
pub struct Set {
    /// Which one.
    #[command(flatten)]
    pub filter: Filter,
    /// Its new name.
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// What it does.
    #[command(flatten)]
    pub says: Says,
}

/// Try a destination's filters on its source's newest messages; nothing is saved or sent.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater destination filters preview 'Order hook'
  headwater destination filters preview 'Order hook' --if \"event = 'Ping'\" --drop --messages 5000

{EXIT_CODES}"))]
pub struct Preview {
    /// Of which destination.
    #[command(flatten)]
    pub which: Which,
    /// A filter beside those that are saved.
    #[command(flatten)]
    pub says: Says,
    /// Try it in the place of this one, by id or title.
    #[arg(long, value_name = "FILTER")]
    pub instead_of: Option<String>,
    /// How many of the newest messages.
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub messages: u32,
}

const COLUMNS: [Field; 4] =
    [("TITLE", "/title"), ("ENABLED", "/enabled"), ("IF", "/if"), ("ID", "/id")];

const FILTER: [Field; 8] = [
    ("Filter", "/title"),
    ("Id", "/id"),
    ("Description", "/description"),
    ("If", "/if"),
    ("Actions", "/actions"),
    ("Enabled", "/enabled"),
    ("Created", "/createdAt"),
    ("Changed", "/updatedAt"),
];

const PREVIEW: [Field; 7] = [
    ("Messages", "/messages"),
    ("Pass", "/passed"),
    ("Changed", "/changed"),
    ("Filtered", "/filtered"),
    ("Failed", "/failed"),
    ("Reasons", "/reasons"),
    ("Examples", "/pairs"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List(which) => {
            let id = id(which, console).await?;
            let found = console.list(&["destination", &id, "filters"], &[], "filters").await?;
            let none = "no filters: it gets everything; see `headwater destination filters create`";
            console.show_list(&found, &COLUMNS, none)
        }
        Command::Create(arguments) => create(arguments, console).await,
        Command::Show(filter) => {
            let (destination, id) = named(filter, console).await?;
            let reply = console.get(&["destination", &destination, "filters", &id], &[]).await?;
            console.show_one(&reply, "/filter", &FILTER)
        }
        Command::Set(arguments) => {
            let mut changes = json!({});
            arguments.says.put(&mut changes)?;
            if let Some(title) = &arguments.title {
                changes["title"] = json!(title);
            }
            if let Some(description) = &arguments.description {
                changes["description"] = json!(description);
            }
            change(&arguments.filter, changes, console).await
        }
        Command::Enable(filter) => change(filter, json!({ "enabled": true }), console).await,
        Command::Disable(filter) => change(filter, json!({ "enabled": false }), console).await,
        Command::Preview(arguments) => preview(arguments, console).await,
        Command::Delete { filter, yes } => {
            let (destination, id) = named(filter, console).await?;
            let what = format!("Delete the filter {}", filter.filter);
            console.screen.confirm(&what, *yes)?;
            let path = ["destination", &destination, "filters", &id];
            let reply = console.delete(&path, &[]).await?;
            console.show_done(&reply, &format!("{} is deleted", filter.filter))
        }
    }
}

async fn create(arguments: &Create, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.which, console).await?;
    let destination = console.get(&["destinations", &id], &[]).await?;
    let mut new = json!({
        "sourceId": destination.text("/destination/sourceId"),
        "title": arguments.title,
        "if": "all",
        "actions": [],
        "enabled": !arguments.disabled,
    });
    arguments.says.put(&mut new)?;
    if let Some(description) = &arguments.description {
        new["description"] = json!(description);
    }
    let reply = console.post(&["destination", &id, "filters"], new).await?;
    console.show_one(&reply, "/filter", &FILTER)
}

async fn change(
    filter: &Filter,
    changes: Value,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let (destination, id) = named(filter, console).await?;
    let path = ["destination", &destination, "filters", &id];
    let seen = console.get(&path, &[]).await?.etag;
    let reply = console.patch(&path, seen.as_deref(), changes).await?;
    console.show_one(&reply, "/filter", &FILTER)
}

async fn preview(arguments: &Preview, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.which, console).await?;
    let mut body = json!({ "messages": arguments.messages });
    let mut filter = json!({ "if": "all", "actions": [] });
    arguments.says.put(&mut filter)?;
    if filter["actions"] != json!([]) {
        body["filter"] = filter;
    }
    if let Some(named) = &arguments.instead_of {
        body["filterId"] = json!(filter_id(&id, named, console).await?);
    }
    let reply = console.post(&["destination", &id, "filters", "preview"], body).await?;
    console.show_one(&reply, "", &PREVIEW)
}

/// The ids of the destination and of its filter.
async fn named(
    filter: &Filter,
    console: &mut Console<'_, '_>,
) -> Result<(String, String), Failure> {
    let destination = id(&filter.which, console).await?;
    let id = filter_id(&destination, &filter.filter, console).await?;
    Ok((destination, id))
}

/// The id of the filter that is meant: a title must be the only one of its kind.
async fn filter_id(
    destination: &str,
    named: &str,
    console: &mut Console<'_, '_>,
) -> Result<String, Failure> {
    if named.starts_with("flt_") {
        return Ok(named.to_owned());
    }
    let mut found = console.list(&["destination", destination, "filters"], &[], "filters").await?;
    found.retain(|filter| text(filter, "/title") == named);
    match found.as_slice() {
        [only] => Ok(text(only, "/id").to_owned()),
        [] => Err(Failure::refused(
            format!("the destination has no filter {named:?}"),
            Some("see `headwater destination filters list`".to_owned()),
        )),
        several => {
            let ids: Vec<&str> = several.iter().map(|one| text(one, "/id")).collect();
            Err(Failure::refused(
                format!("{} filters are called {named:?}", several.len()),
                Some(format!("name one by its id: {}", ids.join(", "))),
            ))
        }
    }
}
