//! `headwater catalog`: what a workspace may pick from. Nobody has to log in to read it.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    console::{Console, text},
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// What one looks for in the catalog.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List entries, those in beta with their badge.
    #[command(after_help = format!("\
Examples:
  headwater catalog list
  headwater catalog list --category email-marketing --new
  headwater catalog list --kind destinations --json | jq -r .slug

{EXIT_CODES}"))]
    List {
        /// Sources or destinations.
        #[command(flatten)]
        kind: Kind,
        /// Which of them.
        #[command(flatten)]
        filter: Filter,
    },
    /// Search name, categories and description.
    #[command(after_help = format!("\
Examples:
  headwater catalog search email opened

{EXIT_CODES}"))]
    Search {
        /// Words; all of them must be found.
        #[arg(value_name = "WORD", required = true)]
        words: Vec<String>,
        /// Sources or destinations.
        #[command(flatten)]
        kind: Kind,
    },
    /// Show one entry, with its settings, events and documentation.
    #[command(after_help = format!("\
Examples:
  headwater catalog show acme-mail
  headwater catalog show webhook --kind destinations

{EXIT_CODES}"))]
    Show {
        /// Slug or id.
        #[arg(value_name = "ENTRY")]
        entry: String,
        /// Sources or destinations.
        #[command(flatten)]
        kind: Kind,
    },
    /// List the categories that something stands in.
    #[command(after_help = format!("\
Examples:
  headwater catalog categories

{EXIT_CODES}"))]
    Categories {
        /// Sources or destinations.
        #[command(flatten)]
        kind: Kind,
    },
}

/// Sources or destinations.
#[derive(Debug, Clone, Args)]
pub struct Kind {
    /// What to look at.
    #[arg(
        long,
        value_name = "KIND",
        default_value = "sources",
        value_parser = ["sources", "destinations"]
    )]
    pub kind: String,
}

/// Which entries.
#[derive(Debug, Clone, Default, Args)]
pub struct Filter {
    /// In this category, by name or slug.
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<String>,
    /// Only what is New & Noteworthy.
    #[arg(long)]
    pub new: bool,
    /// Words of name, categories and description; all of them.
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,
}

const COLUMNS: [Field; 4] =
    [("SLUG", "/slug"), ("NAME", "/name"), ("STATUS", "/status"), ("CATEGORIES", "/categories")];

const CATEGORIES: [Field; 3] = [("CATEGORY", "/slug"), ("NAME", "/name"), ("ENTRIES", "/count")];

const ENTRY: [Field; 11] = [
    ("Entry", "/slug"),
    ("Id", "/id"),
    ("Name", "/name"),
    ("Status", "/status"),
    ("Beta ends", "/beta/endsAt"),
    ("Categories", "/categories"),
    ("By a partner", "/partnerOwned"),
    ("Website", "/website"),
    ("Own docs", "/details/docsUrl"),
    ("Regions", "/details/regions"),
    ("Description", "/description"),
];

const OPTIONS: [Field; 5] = [
    ("SETTING", "/name"),
    ("TYPE", "/type"),
    ("REQUIRED", "/required"),
    ("DEFAULT", "/defaultValue"),
    ("MEANS", "/description"),
];

const EVENTS: [Field; 3] = [("EVENT", "/name"), ("CALL", "/kind"), ("SENT", "/description")];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List { kind, filter } => list(&kind.kind, filter, console).await,
        Command::Search { words, kind } => {
            let filter = Filter { search: Some(words.join(" ")), ..Filter::default() };
            list(&kind.kind, &filter, console).await
        }
        Command::Show { entry, kind } => show(&kind.kind, entry, console).await,
        Command::Categories { kind } => {
            let kind = kind.kind.trim_end_matches('s');
            let path = ["catalog", "categories"];
            let found = console.list(&path, &[("kind", kind)], "categories").await?;
            console.show_list(&found, &CATEGORIES, "the catalog is empty")
        }
    }
}

/// Lists entries; `kind` is `sources` or `destinations`.
pub(super) async fn list(
    kind: &str,
    filter: &Filter,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let mut query = Vec::new();
    query.extend(filter.category.as_deref().map(|category| ("category", category)));
    query.extend(filter.search.as_deref().map(|search| ("search", search)));
    query.extend(filter.new.then_some(("featured", "new")));
    let key = format!("{kind}Catalog");
    let found = console.list(&["catalog", kind], &query, &key).await?;
    console.show_list(&found, &COLUMNS, "nothing like that is in the catalog")
}

/// Shows one entry; `kind` is `sources` or `destinations`.
pub(super) async fn show(
    kind: &str,
    entry: &str,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let reply = console.get(&["catalog", kind, entry], &[]).await?;
    let pointer = if kind == "sources" { "/sourceMetadata" } else { "/destinationMetadata" };
    console.show_one(&reply, pointer, &ENTRY)?;
    if console.json {
        return Ok(());
    }
    let found = reply.data.pointer(pointer).unwrap_or(&Value::Null);
    let list = |at: &str| found.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    for (title, entries, columns) in [
        ("Settings", list("/options"), &OPTIONS[..]),
        ("Events", list("/details/events"), &EVENTS[..]),
    ] {
        if !entries.is_empty() {
            console.heading(title)?;
            console.show_list(&entries, columns, "")?;
        }
    }
    let docs = found.pointer("/details/docs").and_then(Value::as_object);
    for (section, written) in docs.into_iter().flatten() {
        console.heading(&heading(section))?;
        written.as_str().unwrap_or_default().lines().try_for_each(|line| console.say(line))?;
    }
    if kind == "sources" {
        console.heading("Add it")?;
        console.say(&format!("headwater source create {}", text(found, "/slug")))?;
    }
    Ok(())
}

/// `Getting started` of `gettingStarted`.
fn heading(key: &str) -> String {
    let mut title = String::with_capacity(key.len() + 4);
    for (at, letter) in key.chars().enumerate() {
        match letter {
            first if at == 0 => title.extend(first.to_uppercase()),
            upper if upper.is_uppercase() => {
                title.push(' ');
                title.extend(upper.to_lowercase());
            }
            other => title.push(other),
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::heading;

    #[test]
    fn sections_have_headings() {
        assert_eq!(heading("gettingStarted"), "Getting started");
        assert_eq!(heading("stream"), "Stream");
    }
}
