//! `headwater replay`: what the log holds of a time, sent again to one destination.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    Connection, EXIT_CODES, Failure,
    dead_letters::known,
    screen::{Screen, Style, grouped, tame},
    table,
};

/// Between two looks at a replay that is followed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Send again what the log holds of a time.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Make one: count what there is, and send it with --start.
    Create(Create),
    /// List the replays of a destination.
    List(Named),
    /// Show how far one has come.
    Show(Order),
    /// Send what was counted.
    Start(Order),
    /// Send nothing more for now.
    Pause(Order),
    /// Go on after a pause.
    Resume(Order),
    /// End it.
    Cancel(Order),
}

/// Count what the log holds of a time, and send it again.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater replay create crm --from 2026-11-25T00:00:00Z
  headwater replay create crm --from 2026-11-25T00:00:00Z --to 2026-11-26T00:00:00Z \\
      --type track --event 'Order Completed' --rate 200 --start --follow

Without --start it is a dry run: the exact count and how long it would take are shown, and
`headwater replay start` sends it. What is sent again carries context.replay.

{EXIT_CODES}"))]
pub struct Create {
    /// Slug of the destination; with a login, its name or id.
    #[arg(value_name = "DESTINATION")]
    pub destination: String,
    /// Received at or after this time, ISO-8601.
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// Received before this time; now when left out.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Only these calls; may be given several times.
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Only these events, by their exact names; may be given several times.
    #[arg(long = "event", value_name = "NAME")]
    pub events: Vec<String>,
    /// Only messages with exactly this userId.
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
    /// Only messages with exactly this anonymousId.
    #[arg(long, value_name = "ID")]
    pub anonymous: Option<String>,
    /// At most so many messages in a second.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub rate: u64,
    /// Send as soon as they are counted.
    #[arg(long)]
    pub start: bool,
    /// Stay until it has ended, or is paused.
    #[arg(long, requires = "start")]
    pub follow: bool,
    /// The replay as JSON.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// The replays of a destination.
#[derive(Debug, Clone, Args)]
pub struct Named {
    /// Slug of the destination; with a login, its name or id.
    #[arg(value_name = "DESTINATION")]
    pub destination: String,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// One replay of a destination.
#[derive(Debug, Clone, Args)]
pub struct Order {
    /// Slug of the destination; with a login, its name or id.
    #[arg(value_name = "DESTINATION")]
    pub destination: String,
    /// Its id, rpl_…
    #[arg(value_name = "REPLAY")]
    pub replay: String,
    /// The replay as JSON.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

#[derive(Deserialize)]
struct Answer {
    replay: Box<RawValue>,
}

#[derive(Deserialize)]
struct Answers {
    replays: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replay {
    id: String,
    state: String,
    problem: Option<Problem>,
    from: String,
    to: String,
    matched: u64,
    delivered: u64,
    filtered: u64,
    refused: u64,
    left: Option<u64>,
    seconds_left: Option<u64>,
    progress: f64,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

pub(crate) async fn run(command: &Command, screen: &mut Screen<'_>) -> Result<(), Failure> {
    match command {
        Command::Create(arguments) => create(arguments, screen).await,
        Command::List(arguments) => list(arguments, screen).await,
        Command::Show(arguments) => order(arguments, None, screen).await,
        Command::Start(arguments) => order(arguments, Some("start"), screen).await,
        Command::Pause(arguments) => order(arguments, Some("pause"), screen).await,
        Command::Resume(arguments) => order(arguments, Some("resume"), screen).await,
        Command::Cancel(arguments) => order(arguments, Some("cancel"), screen).await,
    }
}

async fn create(arguments: &Create, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let destination = known(&client, &arguments.destination).await?;
    let mut body = json!({
        "from": arguments.from,
        "types": arguments.types,
        "events": arguments.events,
        "perSecond": arguments.rate,
        "start": arguments.start,
    });
    let given =
        [("to", &arguments.to), ("userId", &arguments.user), ("anonymousId", &arguments.anonymous)];
    for (name, value) in given {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    let path = ["api", "destinations", &destination, "replays"];
    let made = client.post(&client.address(&path, &[]), body.to_string()).await?;
    let Answer { mut replay } = client.read(&made)?;
    let id = client.read::<Replay>(&replay)?.id;
    // What was asked for is a number: it is waited for, and so is the end with --follow.
    loop {
        let state = client.read::<Replay>(&replay)?.state;
        if state != "counting" && !(arguments.follow && state == "running") {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        let path = ["api", "destinations", &destination, "replays", &id];
        let data = client.get(&client.address(&path, &[])).await?;
        replay = client.read::<Answer>(&data)?.replay;
    }
    if arguments.json {
        return screen.line(replay.get());
    }
    let shown: Replay = client.read(&replay)?;
    show(&shown, screen)?;
    if shown.state == "ready" {
        let name = &arguments.destination;
        screen.note(Style::Faint, &format!("send it with `headwater replay start {name} {id}`"));
    }
    problem(&shown, screen)
}

async fn list(arguments: &Named, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let destination = known(&client, &arguments.destination).await?;
    let path = ["api", "destinations", &destination, "replays"];
    let data = client.get(&client.address(&path, &[])).await?;
    let answers: Answers = client.read(&data)?;
    if arguments.json {
        return answers.replays.iter().try_for_each(|replay| screen.line(replay.get()));
    }
    if answers.replays.is_empty() {
        return screen.line("no replays");
    }
    let mut rows = Vec::new();
    for replay in &answers.replays {
        let replay: Replay = client.read(replay)?;
        rows.push(vec![
            tame(&replay.id).into_owned(),
            tame(&replay.state).into_owned(),
            tame(&replay.from).into_owned(),
            tame(&replay.to).into_owned(),
            grouped(replay.matched),
            grouped(replay.delivered),
        ]);
    }
    let head = ["REPLAY", "STATE", "FROM", "TO", "MESSAGES", "DELIVERED"];
    for (at, line) in table::lines(&head, &rows, &[4, 5]).iter().enumerate() {
        let line = if at == 0 { screen.paint(Style::Faint, line) } else { line.clone() };
        screen.line(&line)?;
    }
    Ok(())
}

async fn order(
    arguments: &Order,
    order: Option<&str>,
    screen: &mut Screen<'_>,
) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let destination = known(&client, &arguments.destination).await?;
    let mut path = vec!["api", "destinations", &destination, "replays", &arguments.replay];
    path.extend(order);
    let url = client.address(&path, &[]);
    let data = match order {
        None => client.get(&url).await?,
        Some(_) => client.post(&url, String::new()).await?,
    };
    let Answer { replay } = client.read(&data)?;
    if arguments.json {
        return screen.line(replay.get());
    }
    let shown: Replay = client.read(&replay)?;
    show(&shown, screen)?;
    problem(&shown, screen)
}

fn show(replay: &Replay, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let Replay { id, state, matched, delivered, filtered, refused, .. } = replay;
    let percent = (replay.progress * 100.0).floor();
    screen.line(&format!("{} is {} ({percent}%)", tame(id), tame(state)))?;
    let mut words = format!("{} messages", grouped(*matched));
    if delivered + filtered + refused > 0 {
        words += &format!(
            ": {} delivered, {} filtered, {} refused",
            grouped(*delivered),
            grouped(*filtered),
            grouped(*refused)
        );
    }
    if let (Some(left @ 1..), Some(seconds)) = (replay.left, replay.seconds_left) {
        words += &format!("; {} left, about {}", grouped(left), lasting(seconds));
    }
    screen.line(&words)
}

/// A length of time in words.
fn lasting(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// A replay that cannot go on is a failure to whoever waits for it.
fn problem(replay: &Replay, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let Some(Problem { code, detail }) = &replay.problem else { return Ok(()) };
    screen.flush()?;
    screen.note(Style::Bad, &format!("it is paused: {} ({})", tame(detail), tame(code)));
    Err(Failure::Shown)
}
