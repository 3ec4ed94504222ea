//! `headwater tail`: messages as they come in, over the live stream, which is taken up again
//! where it broke off.

mod line;

use std::time::Duration;

use clap::Args;
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use crate::{
    Client, Connection, EXIT_CODES, Failure,
    connection::deepest,
    screen::{Screen, Style, grouped},
    sse::{Event, Parser},
};
pub(crate) use line::Row;

/// The server says something at least every 15 s; longer silence is a dead connection.
const SILENCE_MAX: Duration = Duration::from_secs(45);
const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Show messages as they come in.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater tail
  headwater tail --source website --filter type=track --filter 'event=Order Completed'
  headwater tail --filter verdict=discarded,refused --since 1h
  headwater tail --json | jq -r .messageId

Marks: ✓ accepted, ✗ discarded, = duplicate, ⊘ refused. Times are UTC.
A broken connection is taken up again where it broke off; nothing is shown twice or left out.

{EXIT_CODES}"))]
pub struct Arguments {
    /// Only messages of this source.
    #[arg(long, short, value_name = "SLUG")]
    pub source: Option<String>,
    /// Only what passes: type=…, event=…, user=…, anonymous=…, message=…, verdict=…, code=…,
    /// text=…, or just a text. May be given several times; all must hold.
    #[arg(long = "filter", short, value_name = "EXPR", value_parser = parse_filter)]
    pub filters: Vec<(String, String)>,
    /// Begin with the newest N messages, at most 500.
    #[arg(long, value_name = "N", conflicts_with = "since")]
    pub recent: Option<usize>,
    /// Begin this long ago (90s, 10m, 2h, 1d), or after a position.
    #[arg(long, value_name = "AGO")]
    pub since: Option<String>,
    /// Stop after N messages.
    #[arg(long, short = 'n', value_name = "N")]
    pub count: Option<usize>,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

impl Arguments {
    /// Everything that comes in from now on, of every source.
    pub fn all(connection: Connection) -> Arguments {
        Arguments {
            source: None,
            filters: Vec::new(),
            recent: None,
            since: None,
            count: None,
            json: false,
            connection,
        }
    }
}

/// A filter as a query parameter of the API.
fn parse_filter(expression: &str) -> Result<(String, String), String> {
    const NAMES: [(&str, &str); 12] = [
        ("type", "type"),
        ("event", "event"),
        ("user", "user_id"),
        ("user_id", "user_id"),
        ("userId", "user_id"),
        ("anonymous", "anonymous_id"),
        ("anonymousId", "anonymous_id"),
        ("message", "message_id"),
        ("messageId", "message_id"),
        ("verdict", "verdict"),
        ("code", "code"),
        ("text", "text"),
    ];
    let Some((name, value)) = expression.split_once('=') else {
        return Ok(("text".to_owned(), expression.to_owned()));
    };
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    match NAMES.iter().find(|(known, _)| *known == name.trim()) {
        Some((_, parameter)) => Ok(((*parameter).to_owned(), value.to_owned())),
        None => Err(format!(
            "{name:?} is none of type, event, user, anonymous, message, verdict, code, text; \
             write text={expression} to search for it"
        )),
    }
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Behind {
    behind: u64,
    ms: u64,
}

#[derive(Deserialize)]
struct Gap {
    from: String,
    to: String,
}

#[derive(Deserialize)]
struct Closed {
    reason: String,
}

/// Shows messages until `count` is reached, the source is gone, or nobody reads any more.
///
/// Errors: the server cannot be reached at first, or says no.
pub async fn run(arguments: &Arguments, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let client = arguments.connection.open()?;
    let mut tail =
        Tail { url: address(&client, arguments), arguments, shown: 0, parser: Parser::default() };
    if arguments.count == Some(0) {
        return Ok(());
    }
    if arguments.source.is_none() && client.credential.of_control_plane() {
        return Err(Failure::usage(
            "a workspace's messages are watched source by source",
            "name one with --source; whoever runs the server sees all of them with --data-dir",
        ));
    }
    let mut response = Some(tail.connect(&client).await?);
    let mut wait = RETRY_FIRST;
    loop {
        if let Some(response) = response.take() {
            wait = RETRY_FIRST;
            match tail.follow(response, screen).await? {
                Ended::Done => return Ok(()),
                Ended::Broken(why) => {
                    screen.note(Style::Warn, &format!("connection lost ({why}), trying again"));
                }
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY_MAX);
        match tail.connect(&client).await {
            Ok(again) => {
                screen.note(Style::Faint, "connected again");
                response = Some(again);
            }
            Err(Failure::Unreachable { .. }) => {}
            Err(failure) => return Err(failure),
        }
    }
}

fn address(client: &Client, arguments: &Arguments) -> Url {
    let mut query: Vec<(&str, &str)> =
        arguments.filters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let recent = arguments.recent.map(|recent| recent.to_string());
    if let Some(recent) = &recent {
        query.push(("recent", recent));
    }
    if let Some(since) = &arguments.since {
        let is_position = since == "start" || since.bytes().all(|byte| byte.is_ascii_digit());
        query.push((if is_position { "after" } else { "since" }, since));
    }
    match &arguments.source {
        Some(source) => client.address(&["api", "sources", source, "stream"], &query),
        None => client.address(&["api", "stream"], &query),
    }
}

/// How a stream came to its end.
enum Ended {
    /// As it should.
    Done,
    /// For this reason, and not as it should.
    Broken(String),
}

struct Tail<'a> {
    url: Url,
    arguments: &'a Arguments,
    shown: usize,
    parser: Parser,
}

impl Tail<'_> {
    async fn connect(&mut self, client: &Client) -> Result<Response<Incoming>, Failure> {
        self.parser = std::mem::take(&mut self.parser).resume();
        let response = client.stream(&self.url, self.parser.last_id.as_deref()).await?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let body = client.body(response).await?;
        // When we have been connected before, a server that is starting or busy is worth waiting for.
        if status.is_server_error() && self.parser.last_id.is_some() {
            return Err(client.unreachable(format!("status {status}")));
        }
        Err(client.refusal(status, &body))
    }

    async fn follow(
        &mut self,
        response: Response<Incoming>,
        screen: &mut Screen<'_>,
    ) -> Result<Ended, Failure> {
        let mut body = response.into_body();
        loop {
            let frame = match tokio::time::timeout(SILENCE_MAX, body.frame()).await {
                Err(_) => return Ok(Ended::Broken("nothing was heard".to_owned())),
                Ok(None) => return Ok(Ended::Broken("the server ended it".to_owned())),
                Ok(Some(Err(error))) => return Ok(Ended::Broken(deepest(&error))),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(bytes) = frame.into_data() else { continue };
            let Ok(events) = self.parser.feed(&bytes) else {
                return Ok(Ended::Broken("a line does not end".to_owned()));
            };
            for event in events {
                if self.show(&event, screen)? {
                    screen.flush()?;
                    return Ok(Ended::Done);
                }
            }
            screen.flush()?;
        }
    }

    /// Shows one event; `true` when it was the last one.
    fn show(&mut self, event: &Event, screen: &mut Screen<'_>) -> Result<bool, Failure> {
        match event.name.as_str() {
            "messages" => {
                let messages: Messages = read(event)?;
                for row in messages.messages {
                    if self.arguments.json {
                        screen.line(row.get())?;
                    } else {
                        let row: Row =
                            serde_json::from_str(row.get()).map_err(|error| bad(&error))?;
                        let of_all = self.arguments.source.is_none();
                        screen.line(&line::line(&row, of_all, screen))?;
                    }
                    self.shown += 1;
                    if self.arguments.count == Some(self.shown) {
                        return Ok(true);
                    }
                }
            }
            "behind" => {
                let Behind { behind, ms } = read(event)?;
                let note = match behind {
                    0 => "caught up".to_owned(),
                    n => {
                        let seconds = ms as f64 / 1000.0;
                        format!("about {} records, {seconds:.1} s behind", grouped(n))
                    }
                };
                screen.note(Style::Faint, &note);
            }
            "gap" => {
                let Gap { from, to } = read(event)?;
                let note = format!("retention has taken what stood between {from} and {to}");
                screen.note(Style::Warn, &note);
            }
            "closed" => {
                let Closed { reason } = read(event)?;
                return Err(Failure::refused(format!("the stream ended: {reason}"), None));
            }
            _ => {}
        }
        Ok(false)
    }
}

fn read<'a, T: Deserialize<'a>>(event: &'a Event) -> Result<T, Failure> {
    serde_json::from_str(&event.data).map_err(|error| bad(&error))
}

fn bad(error: &serde_json::Error) -> Failure {
    let fix = "check that server and command are of one release";
    Failure::refused(format!("the stream cannot be read: {error}"), Some(fix.to_owned()))
}
