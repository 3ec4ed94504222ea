//! `headwater tracking-plan`: what the sources of a workspace may send.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    console::{Console, Reply, text},
    show::{Field, count},
};
use crate::{EXIT_CODES, Failure};

/// What one does with tracking plans.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the tracking plans of the workspace.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan list
  headwater tracking-plan list --json | jq -r .slug

{EXIT_CODES}"))]
    List,
    /// Create a tracking plan, without rules or with those of a file.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan create Shop
  headwater plan starter Email > mail.json && headwater tracking-plan create Mail --file mail.json

{EXIT_CODES}"))]
    Create {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// Its rules: JSON, or a table that ends in .csv.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    Push(Push),
    /// Write a plan's rules to standard output.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan pull shop > shop.json
  headwater tracking-plan pull shop --csv > shop.csv

{EXIT_CODES}"))]
    Pull {
        /// Which one.
        #[command(flatten)]
        which: Which,
        /// As a table.
        #[arg(long)]
        csv: bool,
    },
    /// List the versions of a plan.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan versions shop

{EXIT_CODES}"))]
    Versions(Which),
    /// Hold a source's messages against a plan from now on.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan connect shop website

{EXIT_CODES}"))]
    Connect(Pair),
    /// Hold a source's messages against no plan any more.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan disconnect shop website

{EXIT_CODES}"))]
    Disconnect(Pair),
    /// Show how the newest messages of a source break its plan.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan violations website
  headwater tracking-plan violations website --period 7d --json | jq .groups

{EXIT_CODES}"))]
    Violations {
        /// Slug or id of the source.
        #[arg(value_name = "SOURCE")]
        source: String,
        /// How far back.
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = ["1h", "24h", "7d"])]
        period: String,
    },
    /// Show what a source's plan keeps back, and release it.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan quarantine website
  headwater tracking-plan quarantine website --release   # once the plan is mended

{EXIT_CODES}"))]
    Quarantine {
        /// Slug or id of the source.
        #[arg(value_name = "SOURCE")]
        source: String,
        /// Judge everything that waits by the plan as it is now.
        #[arg(long)]
        release: bool,
    },
    /// Delete a plan with all its versions, for good.
    #[command(after_help = format!("\
Examples:
  headwater tracking-plan delete shop         # asks for its slug
  headwater tracking-plan delete shop --yes

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

/// Which tracking plan.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Slug or id.
    #[arg(value_name = "PLAN")]
    pub plan: String,
}

/// A plan and a source.
#[derive(Debug, Clone, Args)]
pub struct Pair {
    /// Which plan.
    #[command(flatten)]
    pub which: Which,
    /// Slug or id of the source.
    #[arg(value_name = "SOURCE")]
    pub source: String,
}

/// Make the rules of a file a plan's own.
///
/// Every difference is named, and those that break what conformed are marked. Exits with 1, and
/// changes nothing, when one does and --breaking is not given: for the CI of whoever keeps plans in
/// a repository.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater tracking-plan push shop shop.json --dry-run
  headwater tracking-plan push shop shop.csv --merge
  headwater tracking-plan push shop shop.json --breaking

{EXIT_CODES}"))]
pub struct Push {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// The rules: JSON, or a table that ends in .csv.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Keep rules that the file does not have.
    #[arg(long)]
    pub merge: bool,
    /// Only say what would change.
    #[arg(long)]
    pub dry_run: bool,
    /// Change it even though it breaks what conformed.
    #[arg(long)]
    pub breaking: bool,
}

const COLUMNS: [Field; 6] = [
    ("SLUG", "/slug"),
    ("NAME", "/name"),
    ("RULES", "/rules"),
    ("SOURCES", "/sources"),
    ("REVISION", "/revision"),
    ("UPDATED", "/updatedAt"),
];

const VERSIONS: [Field; 5] = [
    ("REVISION", "/revision"),
    ("CHANGES", "/changes"),
    ("BREAKING", "/breaking"),
    ("BY", "/madeByEmail"),
    ("WHEN", "/createdAt"),
];

const VIOLATIONS: [Field; 5] = [
    ("EVENT", "/event"),
    ("FIELD", "/field"),
    ("VIOLATION", "/description"),
    ("COUNT", "/count"),
    ("LAST SEEN", "/lastSeenAt"),
];

const CAUSES: [Field; 5] = [
    ("CAUSE", "/code"),
    ("WHERE", "/pointer"),
    ("WHY", "/detail"),
    ("MESSAGES", "/messages"),
    ("OLDEST", "/firstReceivedAt"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List => {
            let plans = console.list(&["tracking-plans"], &[], "trackingPlans").await?;
            let none = "no tracking plans; see `headwater tracking-plan create`";
            console.show_list(&plans, &COLUMNS, none)
        }
        Command::Create { name, file } => create(name, file.as_deref(), console).await,
        Command::Push(arguments) => push(arguments, console).await,
        Command::Pull { which, csv } => {
            let format = if *csv { "csv" } else { "json" };
            let path = ["tracking-plans", &which.plan, "export"];
            let bytes = console.download(&path, &[("format", format)]).await?;
            console.screen.raw(&bytes)
        }
        Command::Versions(which) => {
            let path = ["tracking-plans", &which.plan, "versions"];
            let versions = console.list(&path, &[], "versions").await?;
            console.show_list(&versions, &VERSIONS, "it never had a rule")
        }
        Command::Connect(Pair { which, source }) => {
            let path = ["tracking-plans", &which.plan, "sources"];
            let reply = console.post(&path, json!({ "sourceId": source })).await?;
            console.show_done(&reply, &format!("{source} is held against {}", which.plan))
        }
        Command::Disconnect(Pair { which, source }) => {
            let path = ["tracking-plans", &which.plan, "sources"];
            let reply = console.delete(&path, &[("sourceId", source)]).await?;
            console.show_done(&reply, &format!("{source} is held against no plan"))
        }
        Command::Violations { source, period } => violations(source, period, console).await,
        Command::Quarantine { source, release } => quarantine(source, *release, console).await,
        Command::Delete { which, yes } => {
            let found = console.get(&["tracking-plans", &which.plan], &[]).await?;
            let slug = found.text("/trackingPlan/slug").to_owned();
            let what = format!("Delete the tracking plan {slug} with all its versions");
            console.screen.confirm_by_name(&what, &slug, *yes)?;
            let reply = console.delete(&["tracking-plans", &which.plan], &[]).await?;
            console.show_done(&reply, &format!("{slug} is deleted"))
        }
    }
}

async fn create(
    name: &str,
    file: Option<&Path>,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    // Nothing is made of a file that cannot be read.
    let file = file.map(|file| read(file)).transpose()?;
    let made = console.post(&["tracking-plans"], json!({ "name": name, "type": "LIVE" })).await?;
    let slug = made.text("/trackingPlan/slug").to_owned();
    if let Some((kind, bytes)) = file {
        let path = ["tracking-plans", &slug, "import"];
        if let Err(refused) = console.upload_as(&path, &[("mode", "replace")], kind, bytes).await {
            console.delete(&["tracking-plans", &slug], &[]).await?;
            return Err(refused);
        }
    }
    console.show_done(&made, &slug)
}

/// A file's media type and bytes.
fn read(path: &Path) -> Result<(&'static str, Bytes), Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::reading(path, error))?;
    let is_table = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    Ok((if is_table { "text/csv" } else { "application/json" }, bytes.into()))
}

async fn push(arguments: &Push, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let (kind, bytes) = read(&arguments.file)?;
    let path = ["tracking-plans", &arguments.which.plan, "import"];
    let mode = ("mode", if arguments.merge { "merge" } else { "replace" });
    let dry = [mode, ("dryRun", "true")];
    let planned = console.upload_as(&path, &dry, kind, bytes.clone()).await?;
    let breaking = planned.data["breaking"].as_u64().unwrap_or_default();
    let refused = breaking > 0 && !arguments.breaking;
    let reply = if arguments.dry_run || refused {
        planned
    } else {
        console.upload_as(&path, &[mode], kind, bytes).await?
    };
    show_changes(&reply, console)?;
    if refused {
        let what = count(usize::try_from(breaking).unwrap_or(usize::MAX), "change", "changes");
        let said = format!("{what} would break what conforms; nothing was changed");
        let fix = Some("give --breaking to make it so".to_owned());
        return Err(Failure::refused(said, fix));
    }
    Ok(())
}

/// Every difference, a line each; those that break begin with `!`.
fn show_changes(reply: &Reply, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    if console.json {
        return console.screen.line(&reply.data.to_string());
    }
    let changes = reply.data["changes"].as_array().cloned().unwrap_or_default();
    if changes.is_empty() {
        return console.say("nothing differs");
    }
    for change in &changes {
        let mark = if change["breaking"] == true { '!' } else { ' ' };
        let words = text(change, "/kind").replace('_', " ");
        let rule = text(change, "/rule");
        let told = |name: &str| match &change[name] {
            Value::Null => None,
            value => Some(value.to_string()),
        };
        let values = match (told("before"), told("after")) {
            (Some(before), Some(after)) => format!(": {before} is {after} now"),
            (Some(value), None) | (None, Some(value)) => format!(": {value}"),
            (None, None) => String::new(),
        };
        console.say(&format!("{mark} {rule}, {}: {words}{values}", text(change, "/field")))?;
    }
    Ok(())
}

async fn violations(
    source: &str,
    period: &str,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let path = ["sources", source, "violations"];
    let reply = console.get(&path, &[("period", period)]).await?;
    if console.json {
        return console.screen.line(&reply.data.to_string());
    }
    let mut rows = Vec::new();
    for group in reply.data["groups"].as_array().into_iter().flatten() {
        let event = group["event"].as_str().unwrap_or_else(|| text(group, "/type"));
        for violation in group["violations"].as_array().into_iter().flatten() {
            let mut row = violation.clone();
            row["event"] = json!(event);
            rows.push(row);
        }
    }
    console.show_list(&rows, &VIOLATIONS, "nothing breaks the plan")
}

async fn quarantine(
    source: &str,
    release: bool,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    if !release {
        let reply = console.get(&["sources", source, "quarantine"], &[]).await?;
        let causes = reply.data["causes"].as_array().cloned().unwrap_or_default();
        return console.show_list(&causes, &CAUSES, "nothing waits");
    }
    let path = ["sources", source, "quarantine", "release"];
    let reply = console.post(&path, Value::Null).await?;
    let number = |name: &str| reply.data[name].as_u64().unwrap_or_default();
    let line = format!(
        "{} accepted, {} duplicates, {} kept back, {} discarded",
        number("accepted"),
        number("duplicates"),
        number("kept"),
        number("discarded")
    );
    console.show_done(&reply, &line)
}
