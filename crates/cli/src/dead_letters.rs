//! `headwater dead-letters`: messages whose retries are used up, and trying them again.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    Client, Connection, EXIT_CODES, Failure,
    screen::{Screen, Style, grouped, tame},
    table,
};

/// Rows that one request asks for.
const PAGE: &str = "500";

/// Messages whose retries are used up.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List them.
    List(List),
    /// Try them again.
    Redeliver(Redeliver),
}

/// List the messages of a destination whose retries are used up.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater dead-letters list crm
  headwater dead-letters list crm --json | jq -r .position

{EXIT_CODES}"))]
pub struct List {
    /// Slug of the destination; with a login, its name or id.
    #[arg(value_name = "DESTINATION")]
    pub destination: String,
    /// At most N of them.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub limit: usize,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// Try messages again whose retries were used up.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater dead-letters redeliver crm --all
  headwater dead-letters redeliver crm --position 123456 --position 123789

{EXIT_CODES}"))]
pub struct Redeliver {
    /// Slug of the destination; with a login, its name or id.
    #[arg(value_name = "DESTINATION")]
    pub destination: String,
    /// The message at this position; may be given several times.
    #[arg(long = "position", value_name = "POSITION")]
    pub positions: Vec<u64>,
    /// All of them.
    #[arg(long, conflicts_with = "positions", required_unless_present = "positions")]
    pub all: bool,
    /// The result as JSON.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Letters {
    dead_letters: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    position: String,
    source: Option<String>,
    #[serde(default)]
    received_at: String,
    #[serde(default)]
    attempts: u64,
    status: Option<u16>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    excerpt: String,
}

pub(crate) async fn run(command: &Command, screen: &mut Screen<'_>) -> Result<(), Failure> {
    match command {
        Command::List(arguments) => list(arguments, screen).await,
        Command::Redeliver(arguments) => redeliver(arguments, screen).await,
    }
}

async fn list(arguments: &List, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let destination = known(&client, &arguments.destination).await?;
    let path = ["api", "destinations", &destination, "dead-letters"];
    let mut rows = Vec::new();
    let mut after: Option<String> = None;
    let mut shown = 0;
    'pages: loop {
        let mut query = vec![("limit", PAGE)];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page = client.page(&client.address(&path, &query)).await?;
        let letters: Letters = client.read(&page.data)?;
        for letter in &letters.dead_letters {
            if shown == arguments.limit {
                screen.note(Style::Faint, "there are more; raise --limit to see them");
                break 'pages;
            }
            shown += 1;
            if arguments.json {
                screen.line(letter.get())?;
            } else {
                rows.push(cells(&client.read(letter)?));
            }
        }
        after = page.pagination.after;
        if after.is_none() || letters.dead_letters.is_empty() {
            break;
        }
    }
    if arguments.json {
        return Ok(());
    }
    if rows.is_empty() {
        return screen.line("no dead letters");
    }
    let head = ["POSITION", "RECEIVED", "SOURCE", "ATTEMPTS", "LAST ANSWER"];
    for (at, line) in table::lines(&head, &rows, &[0, 3]).iter().enumerate() {
        let line = if at == 0 { screen.paint(Style::Faint, line) } else { line.clone() };
        screen.line(&line)?;
    }
    Ok(())
}

/// What the server knows the destination by: of a workspace's, the id of the one with that name.
pub(crate) async fn known(client: &Client, named: &str) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Found {
        destinations: Vec<Destination>,
    }
    #[derive(Deserialize)]
    struct Destination {
        id: String,
        name: String,
    }
    if !client.credential.of_control_plane() || named.starts_with("dst_") {
        return Ok(named.to_owned());
    }
    let query = [("name", named), ("pagination.count", "1000")];
    let data = client.get(&client.address(&["api", "destinations"], &query)).await?;
    let mut found: Found = client.read(&data)?;
    found.destinations.retain(|destination| destination.name == named);
    match found.destinations.as_slice() {
        [only] => Ok(only.id.clone()),
        all => {
            let what = format!("{} destinations of the workspace are called {named:?}", all.len());
            let fix = "name one by its id; see `headwater destination list`";
            Err(Failure::refused(what, Some(fix.to_owned())))
        }
    }
}

fn cells(letter: &Letter) -> Vec<String> {
    let status = letter.status.map(|status| status.to_string());
    let code = Some(letter.code.clone()).filter(|code| status.as_ref() != Some(code));
    let says = [status, code, Some(letter.excerpt.clone())];
    let says: Vec<String> = says.into_iter().flatten().filter(|word| !word.is_empty()).collect();
    let says: String = tame(&says.join(" · ")).chars().take(80).collect();
    vec![
        letter.position.clone(),
        letter.received_at.clone(),
        tame(letter.source.as_deref().unwrap_or("-")).into_owned(),
        grouped(letter.attempts),
        says,
    ]
}

async fn redeliver(arguments: &Redeliver, screen: &mut Screen<'_>) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Taken {
        redelivered: u64,
    }
    let client = arguments.connection.open()?;
    let destination = known(&client, &arguments.destination).await?;
    let url = client.address(&["api", "destinations", &destination, "redeliver"], &[]);
    let positions: Vec<String> = arguments.positions.iter().map(ToString::to_string).collect();
    let body = if arguments.all { json!({"all": true}) } else { json!({"positions": positions}) };
    let data = client.post(&url, body.to_string()).await?;
    if arguments.json {
        return screen.line(data.get());
    }
    let Taken { redelivered } = client.read(&data)?;
    let messages = if redelivered == 1 { "message is" } else { "messages are" };
    let line = format!("{} {messages} on the way again", grouped(redelivered));
    screen.line(&line)
}
