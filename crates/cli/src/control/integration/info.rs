//! Catalog info without a file: shown, and changed field by field. Every change is made on what was
//! read just before, so that nobody's is overwritten unseen.

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Which, build::INTEGRATION, pictures, push::show_gaps, slug};
use crate::{
    EXIT_CODES, Failure,
    control::{
        console::{Console, Reply},
        pairs,
    },
};

/// Catalog info without a file.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show it, and what is missing.
    #[command(after_help = format!("\
Examples:
  headwater integration info show acme-mail
  headwater integration info show acme-mail --json | jq .integration.info

{EXIT_CODES}"))]
    Show(Which),
    Set(Set),
}

/// Change fields of the catalog info.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration info set website=https://acme.example 'primaryCategory=Email Marketing'
  headwater integration info set --integration acme-mail 'regions=[\"eu-west-1\"]' --unset docsUrl

{EXIT_CODES}"))]
pub struct Set {
    /// Fields by the API's names; a value is JSON where it can be read so, else text.
    #[arg(value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    /// A field to take out.
    #[arg(long, value_name = "FIELD")]
    pub unset: Vec<String>,
    /// Slug or id; that of headwater-source.toml in this folder unless given.
    #[arg(long, value_name = "INTEGRATION")]
    pub integration: Option<String>,
}

/// Upload a picture and put it into the catalog info: SVG for logo and mark, a square one for the
/// mark; PNG, JPEG or WebP for a screenshot.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration asset logo logo.svg
  headwater integration asset screenshot settings.png --caption 'Paste the write key here'

{EXIT_CODES}"))]
pub struct Asset {
    /// What it is.
    #[arg(value_name = "USE", value_parser = ["logo", "mark", "screenshot"])]
    pub purpose: String,
    /// The picture.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What a screenshot shows.
    #[arg(long, value_name = "TEXT")]
    pub caption: Option<String>,
    /// Slug or id; that of headwater-source.toml in this folder unless given.
    #[arg(long, value_name = "INTEGRATION")]
    pub integration: Option<String>,
}

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::Show(which) => show(&which.slug()?, console).await,
        Command::Set(arguments) => set(arguments, console).await,
    }
}

async fn show(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.get(&["integrations", slug], &[]).await?;
    console.show_one(&reply, "/integration", &INTEGRATION)?;
    if console.json {
        return Ok(());
    }
    let gaps = console.get(&["integrations", slug, "completeness"], &[]).await?;
    console.heading("Completeness")?;
    show_gaps(&gaps, console)
}

async fn set(arguments: &Set, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    if arguments.fields.is_empty() && arguments.unset.is_empty() {
        return Err(Failure::usage("nothing to change", "write FIELD=VALUE, or --unset FIELD"));
    }
    let slug = slug(arguments.integration.as_deref())?;
    let fields = pairs::settings("info set", &arguments.fields)?;
    let reply = change(&slug, console, |info| {
        info.extend(fields);
        info.retain(|name, _| !arguments.unset.contains(name));
    })
    .await?;
    console.show_one(&reply, "/integration", &INTEGRATION)
}

pub(super) async fn asset(arguments: &Asset, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let slug = slug(arguments.integration.as_deref())?;
    let path = &arguments.file;
    let bytes = fs::read(path).map_err(|error| Failure::reading(path, error))?;
    let hash = pictures::upload(&slug, &arguments.purpose, bytes.into(), console).await?;
    let purpose = arguments.purpose.clone();
    let shot = match &arguments.caption {
        Some(caption) => json!({ "asset": hash, "caption": caption }),
        None => json!({ "asset": hash }),
    };
    let reply = change(&slug, console, |info| match purpose.as_str() {
        "screenshot" => {
            let shots = info.entry("screenshots").or_insert_with(|| json!([]));
            if let Some(shots) = shots.as_array_mut() {
                shots.push(shot);
            }
        }
        single => {
            info.insert(single.to_owned(), json!(hash));
        }
    })
    .await?;
    console.show_done(&reply, &format!("{slug}: {} is {}", arguments.purpose, path.display()))
}

/// Changes the catalog info, unless somebody else does so at the same time.
async fn change(
    slug: &str,
    console: &mut Console<'_, '_>,
    edit: impl FnOnce(&mut Map<String, Value>),
) -> Result<Reply, Failure> {
    let current = console.get(&["integrations", slug], &[]).await?;
    let info = current.data.pointer("/integration/info").and_then(Value::as_object);
    let mut info = info.cloned().unwrap_or_default();
    edit(&mut info);
    console.put(&["integrations", slug, "info"], current.etag.as_deref(), info.into()).await
}
