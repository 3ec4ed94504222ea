//! What a workspace is told of, and what does nothing but fail.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::{
    EXIT_CODES, Failure,
    control::{console::Console, show::Field},
};

/// Alerts of the workspace.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List them.
    #[command(after_help = format!("\
Examples:
  headwater alert list

{EXIT_CODES}"))]
    List,
    /// Create one.
    #[command(after_help = format!("\
Examples:
  headwater alert create 'Deliveries fail' delivery-rate --threshold 95 --email ops@example.com
  headwater alert create 'Nothing comes' no-data --minutes 120 --about src_… --email ops@example.com
  headwater alert create Slack destination-state --webhook https://hooks.slack.com/services/…

{EXIT_CODES}"))]
    Create {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// What is watched.
        #[arg(value_enum, value_name = "KIND")]
        kind: Kind,
        /// Only this source or destination, by id.
        #[arg(long, value_name = "ID")]
        about: Option<String>,
        /// Percent.
        #[arg(long, value_name = "PERCENT")]
        threshold: Option<i64>,
        /// The time that is looked at, or waited.
        #[arg(long, value_name = "MINUTES")]
        minutes: Option<i64>,
        /// Who is told by mail; may be given several times.
        #[arg(long, value_name = "ADDRESS")]
        email: Vec<String>,
        /// A webhook that takes what Slack takes.
        #[arg(long, value_name = "URL")]
        webhook: Option<String>,
    },
    /// Tell everybody whom one tells that this is a test.
    #[command(after_help = format!("\
Examples:
  headwater alert test alr_…

{EXIT_CODES}"))]
    Test {
        /// Its id.
        #[arg(value_name = "ALERT")]
        alert: String,
    },
    /// Delete one.
    #[command(after_help = format!("\
Examples:
  headwater alert delete alr_… --yes

{EXIT_CODES}"))]
    Delete {
        /// Its id.
        #[arg(value_name = "ALERT")]
        alert: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
    /// List what was told, the newest first.
    #[command(after_help = format!("\
Examples:
  headwater alert notices

{EXIT_CODES}"))]
    Notices,
    /// List the destinations and sources that did nothing but fail in the last 24 hours.
    #[command(after_help = format!("\
Examples:
  headwater alert health

{EXIT_CODES}"))]
    Health,
}

/// What is watched.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// Of the attempts of a destination too few succeed.
    DeliveryRate,
    /// A source has many more or fewer messages than before.
    VolumeChange,
    /// A source has no messages any more.
    NoData,
    /// A message waits for a destination for too long.
    PendingAge,
    /// A destination is paused, about to be, or its settings do not fit.
    DestinationState,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::DeliveryRate => "DELIVERY_RATE",
            Kind::VolumeChange => "VOLUME_CHANGE",
            Kind::NoData => "NO_DATA",
            Kind::PendingAge => "PENDING_AGE",
            Kind::DestinationState => "DESTINATION_STATE",
        }
    }
}

const COLUMNS: [Field; 7] = [
    ("ID", "/id"),
    ("NAME", "/name"),
    ("KIND", "/kind"),
    ("PERCENT", "/threshold"),
    ("MINUTES", "/minutes"),
    ("WEBHOOK", "/webhookUrl"),
    ("ON", "/enabled"),
];
const NOTICES: [Field; 3] = [("AT", "/at"), ("TITLE", "/title"), ("SAYS", "/says")];
const DESTINATIONS: [Field; 6] = [
    ("DESTINATION", "/name"),
    ("STATE", "/state"),
    ("FAILED", "/failed"),
    ("WAITING", "/pending"),
    ("LAST SEEN", "/lastError/at"),
    ("ERROR", "/lastError/label"),
];
const SOURCES: [Field; 4] = [
    ("SOURCE", "/slug"),
    ("STOPPED", "/stopped"),
    ("LAST ACCEPTED", "/lastReceivedAt"),
    ("REASON", "/worst/label"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List => {
            let alerts = console.list(&["alerts"], &[], "alerts").await?;
            console.show_list(&alerts, &COLUMNS, "no alerts")
        }
        Command::Create { name, kind, about, threshold, minutes, email, webhook } => {
            let mut new = json!({ "name": name, "kind": kind.as_str(), "emails": email });
            let given = [
                ("aboutId", about.as_ref().map(|id| json!(id))),
                ("threshold", threshold.map(|percent| json!(percent))),
                ("minutes", minutes.map(|minutes| json!(minutes))),
                ("webhookUrl", webhook.as_ref().map(|url| json!(url))),
            ];
            for (key, value) in given {
                if let Some(value) = value {
                    new[key] = value;
                }
            }
            let reply = console.post(&["alerts"], new).await?;
            let id = reply.text("/alert/id").to_owned();
            console.show_done(&reply, &format!("{name} is on ({id})"))
        }
        Command::Test { alert } => {
            let reply = console.post(&["alerts", alert, "test"], Value::Null).await?;
            let problem = reply.text("/webhookProblem").to_owned();
            let said = match problem.as_str() {
                "" => "everybody was told".to_owned(),
                problem => format!("the webhook did not take it: {problem}"),
            };
            console.show_done(&reply, &said)
        }
        Command::Delete { alert, yes } => {
            console.screen.confirm(&format!("Delete the alert {alert}"), *yes)?;
            let reply = console.delete(&["alerts", alert], &[]).await?;
            console.show_done(&reply, &format!("{alert} is deleted"))
        }
        Command::Notices => {
            let notices = console.list(&["alert-notices"], &[], "notices").await?;
            console.show_list(&notices, &NOTICES, "nothing was told")
        }
        Command::Health => {
            let reply = console.get(&["delivery-health"], &[]).await?;
            let rows = |key: &str| reply.data[key].as_array().cloned().unwrap_or_default();
            let (destinations, sources) = (rows("destinations"), rows("sources"));
            console.show_list(&destinations, &DESTINATIONS, "every destination is well")?;
            console.show_list(&sources, &SOURCES, "every source is well")
        }
    }
}
