//! `headwater balance`: the books, as a table.

use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Client, Connection, EXIT_CODES, Failure,
    screen::{Screen, Style, grouped, tame},
    table,
};

/// Show the books: what came in, and what became of it.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater balance
  headwater balance --source website --from 2026-01-01T00:00:00Z
  headwater balance --source website --by hour
  headwater balance --audit
  headwater balance --json | jq '.destinations[] | {{destination, pending}}'

Received = accepted + duplicates + discarded; of the accepted, routed = delivered + pending +
discarded + exhausted at each destination. With --by hour or --by minute there is a line for each
of the last 24 hours or 60 minutes and each destination; what does not balance is red. What is pending is counted in the log too, unless more
than 64 MiB of it would have to be read, and exits with 1 if the books disagree; --audit counts
however much there is.

{EXIT_CODES}"))]
pub struct Arguments {
    /// Only this source.
    #[arg(long, short, value_name = "SLUG")]
    pub source: Option<String>,
    /// Only this destination.
    #[arg(long, short, value_name = "SLUG")]
    pub destination: Option<String>,
    /// A sheet for each hour or minute in place of one for all.
    #[arg(long, value_enum, default_value = "total")]
    pub by: By,
    /// From this time on, ISO-8601.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Up to this time, ISO-8601.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Also count in the log what is pending at each destination.
    #[arg(long)]
    pub audit: bool,
    /// One JSON object per source and line, and the audit on a last one.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// How the books are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// Not at all.
    Total,
    /// By the hour.
    Hour,
    /// By the minute.
    Minute,
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            By::Total => "total",
            By::Hour => "hour",
            By::Minute => "minute",
        }
    }
}

#[derive(Deserialize)]
struct Books {
    sources: Vec<Box<RawValue>>,
}

/// What one source received.
#[derive(Deserialize)]
struct Account {
    source: Option<String>,
    /// When it begins, of one that is cut.
    time: Option<String>,
    #[serde(default)]
    received: u64,
    #[serde(default)]
    accepted: u64,
    #[serde(default)]
    duplicates: u64,
    #[serde(default)]
    discarded: u64,
    #[serde(default)]
    refused: u64,
    #[serde(default)]
    discards: Vec<Reason>,
    #[serde(default)]
    refusals: Vec<Reason>,
    #[serde(default)]
    destinations: Vec<Line>,
}

/// Why messages were stopped, or requests refused.
#[derive(Deserialize)]
struct Reason {
    step: String,
    code: String,
    count: u64,
}

#[derive(Deserialize)]
struct Audit {
    balanced: bool,
    problem: Option<String>,
}

/// What became of it at one destination.
#[derive(Deserialize)]
struct Line {
    destination: String,
    /// An earlier release does not say.
    #[serde(rename = "notRouted")]
    not_routed: Option<u64>,
    #[serde(default)]
    routed: u64,
    #[serde(default)]
    delivered: u64,
    #[serde(default)]
    pending: u64,
    #[serde(default)]
    discarded: u64,
    #[serde(default)]
    exhausted: u64,
    /// Whether the log holds as many pending messages as the books; not known if they are many.
    balanced: Option<bool>,
    #[serde(default)]
    discards: Vec<Reason>,
}

impl Account {
    fn adds_up(&self) -> bool {
        self.received == self.accepted + self.duplicates + self.discarded
    }

    fn balances(&self) -> bool {
        self.adds_up() && self.destinations.iter().all(|line| line.balances_of(self))
    }
}

impl Line {
    fn balances_of(&self, account: &Account) -> bool {
        let adds_up = |not_routed| account.accepted == not_routed + self.routed;
        self.not_routed.is_none_or(adds_up) && self.balances()
    }

    fn balances(&self) -> bool {
        let adds_up =
            self.routed == self.delivered + self.pending + self.discarded + self.exhausted;
        adds_up && self.balanced != Some(false)
    }
}

/// Shows the books.
///
/// Errors: the server cannot be reached or says no, or its books do not balance.
pub(crate) async fn run(arguments: &Arguments, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let mut query = vec![("by", arguments.by.as_str())];
    // A workspace's books are kept source by source.
    let (path, named) = match (&arguments.source, client.credential.of_control_plane()) {
        (Some(source), true) if !arguments.audit => {
            (vec!["api", "sources", source, "accounting"], &None)
        }
        (_, true) => {
            let what = if arguments.audit {
                "the whole log is counted for whoever runs the server only"
            } else {
                "a workspace's books are shown source by source"
            };
            return Err(Failure::usage(
                what,
                "name one with --source; whoever runs the server sees all with --data-dir alone",
            ));
        }
        (named, false) => (vec!["api", "accounting"], named),
    };
    let given = [
        ("source", named),
        ("destination", &arguments.destination),
        ("from", &arguments.from),
        ("to", &arguments.to),
    ];
    query.extend(given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))));
    let data = client.get(&client.address(&path, &query)).await?;
    let books: Books = client.read(&data)?;
    let mut accounts: Vec<Account> = Vec::new();
    for account in &books.sources {
        if arguments.json {
            screen.line(account.get())?;
        }
        accounts.push(client.read(account)?);
    }
    match (arguments.json, arguments.by) {
        (true, _) => {}
        (false, By::Total) => show(&accounts, screen)?,
        (false, _) => sheet(&accounts, screen)?,
    }
    if !accounts.iter().all(Account::balances) {
        return problem("the books do not balance", screen);
    }
    if arguments.audit { audit(&client, arguments.json, screen).await } else { Ok(()) }
}

fn problem(what: &str, screen: &mut Screen<'_>) -> Result<(), Failure> {
    screen.flush()?;
    screen.note(Style::Bad, what);
    Err(Failure::Shown)
}

async fn audit(client: &Client, json: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let data = client.get(&client.address(&["api", "accounting", "audit"], &[])).await?;
    let audit: Audit = client.read(&data)?;
    if json {
        screen.line(data.get())?;
    }
    if !audit.balanced {
        let what = audit.problem.as_deref().unwrap_or("pending messages are not those of the log");
        return problem(&format!("the books are wrong: {what}"), screen);
    }
    if !json {
        screen.line("")?;
        screen.line(&screen.paint(Style::Good, "the books agree with the log"))?;
    }
    Ok(())
}

fn show(accounts: &[Account], screen: &mut Screen<'_>) -> Result<(), Failure> {
    if accounts.is_empty() {
        return screen.line("nothing came in");
    }
    let name = |source: &Option<String>| source.as_deref().map_or("-", |name| name).to_owned();
    let received = accounts.iter().map(|account| {
        let counts = [
            account.received,
            account.accepted,
            account.duplicates,
            account.discarded,
            account.refused,
        ];
        row([name(&account.source)], counts)
    });
    let head = ["SOURCE", "RECEIVED", "ACCEPTED", "DUPLICATES", "DISCARDED", "REFUSED"];
    print(&head, &received.collect::<Vec<_>>(), &[1, 2, 3, 4, 5], screen)?;
    let lines = accounts.iter().flat_map(|account| {
        account.destinations.iter().map(|line| {
            let counts =
                [line.routed, line.delivered, line.pending, line.discarded, line.exhausted];
            row([name(&account.source), line.destination.clone()], counts)
        })
    });
    let lines: Vec<Vec<String>> = lines.collect();
    if !lines.is_empty() {
        screen.line("")?;
        let head =
            ["SOURCE", "DESTINATION", "ROUTED", "DELIVERED", "PENDING", "DISCARDED", "EXHAUSTED"];
        print(&head, &lines, &[2, 3, 4, 5, 6], screen)?;
    }
    let mut reasons = Vec::new();
    for account in accounts {
        let source = name(&account.source);
        let mut push = |place: &str, list: &[Reason]| {
            reasons.extend(list.iter().map(|Reason { step, code, count }| {
                let words = [&source, place, step, code].map(|word| tame(word).into_owned());
                words.into_iter().chain([grouped(*count)]).collect()
            }));
        };
        push("-", &account.discards);
        push("-", &account.refusals);
        account.destinations.iter().for_each(|line| push(&line.destination, &line.discards));
    }
    if !reasons.is_empty() {
        screen.line("")?;
        let head = ["SOURCE", "DESTINATION", "STOPPED", "REASON", "COUNT"];
        print(&head, &reasons, &[4], screen)?;
    }
    Ok(())
}

/// The balance sheet: a line for each stretch of time and destination, red where it does not
/// balance.
fn sheet(accounts: &[Account], screen: &mut Screen<'_>) -> Result<(), Failure> {
    if accounts.is_empty() {
        return screen.line("nothing came in");
    }
    let (mut rows, mut sound) = (Vec::new(), Vec::new());
    for account in accounts {
        let time = account.time.as_deref().unwrap_or("-");
        // To the minute: no stretch of time is shorter.
        let time = time.get(..16).map_or(time.to_owned(), |time| time.replace('T', " "));
        let source = account.source.as_deref().unwrap_or("-");
        let came = [account.received, account.duplicates, account.discarded, account.accepted];
        let mut push = |destination: &str, went: [Option<u64>; 5], balances: bool| {
            let names = [time.as_str(), source, destination].map(|word| tame(word).into_owned());
            let came = came.iter().map(|count| grouped(*count));
            let went = went.iter().map(|count| count.map_or("-".to_owned(), grouped));
            let verdict = if balances { "ok" } else { "DOES NOT BALANCE" };
            let verdict = std::iter::once(verdict.to_owned());
            rows.push(names.into_iter().chain(came).chain(went).chain(verdict).collect());
            sound.push(balances);
        };
        if account.destinations.is_empty() {
            push("-", [None; 5], account.adds_up());
        }
        for line in &account.destinations {
            let went = [line.delivered, line.pending, line.discarded, line.exhausted].map(Some);
            let [delivered, pending, discarded, exhausted] = went;
            let went = [line.not_routed, delivered, pending, discarded, exhausted];
            let balances = account.adds_up() && line.balances_of(account);
            push(&line.destination, went, balances);
        }
    }
    let head = [
        "TIME",
        "SOURCE",
        "DESTINATION",
        "RECEIVED",
        "DUPLICATES",
        "DISCARDED",
        "ACCEPTED",
        "NOT ROUTED",
        "DELIVERED",
        "PENDING",
        "FILTERED, REFUSED",
        "EXHAUSTED",
        "BALANCE",
    ];
    let lines = table::lines(&head, &rows, &[3, 4, 5, 6, 7, 8, 9, 10, 11]);
    for (at, line) in lines.iter().enumerate() {
        let line = match at.checked_sub(1).map(|row| sound[row]) {
            None => screen.paint(Style::Faint, line),
            Some(true) => line.clone(),
            Some(false) => screen.paint(Style::Bad, line),
        };
        screen.line(&line)?;
    }
    Ok(())
}

fn row<const N: usize>(names: [String; N], counts: [u64; 5]) -> Vec<String> {
    let names = names.iter().map(|name| tame(name).into_owned());
    names.chain(counts.iter().map(|count| grouped(*count))).collect()
}

fn print(
    head: &[&str],
    rows: &[Vec<String>],
    right: &[usize],
    screen: &mut Screen<'_>,
) -> Result<(), Failure> {
    for (at, line) in table::lines(head, rows, right).iter().enumerate() {
        let line = if at == 0 { screen.paint(Style::Faint, line) } else { line.clone() };
        screen.line(&line)?;
    }
    Ok(())
}
