//! `headwater integration push`, `pull`, `docs`: the file and the server.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    file::{FILE, SourceFile, hash},
    pictures,
};
use crate::{
    EXIT_CODES, Failure,
    control::console::{Console, Reply, text},
    failure::Fault,
};

/// Which file.
#[derive(Debug, Clone, Args)]
pub struct Named {
    /// The file.
    #[arg(long, short, value_name = "FILE", default_value = FILE)]
    pub file: PathBuf,
}

/// Send headwater-source.toml, and list what is still missing.
///
/// Refused when the server has what the file has never seen: somebody edited it elsewhere. Pull
/// then, or say --force where the repository alone decides, as in CI.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration push
  headwater integration push --file sources/mail/headwater-source.toml
  headwater integration push --force --json | jq '.missing[].fix'

{EXIT_CODES}"))]
pub struct Push {
    /// Overwrite what was edited elsewhere.
    #[arg(long)]
    pub force: bool,
    /// Which file.
    #[command(flatten)]
    pub named: Named,
}

/// Write what the server has into headwater-source.toml; comments and order stay.
///
/// Keep the file under version control: what differs in it is replaced, pictures as well.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration pull && git diff

{EXIT_CODES}"))]
pub struct Pull {
    /// Which file.
    #[command(flatten)]
    pub named: Named,
}

/// Fill empty sections of the documentation from name and events; push the events first.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration docs
  headwater integration docs --all && git diff

{EXIT_CODES}"))]
pub struct Docs {
    /// Replace sections that have been written, too.
    #[arg(long)]
    pub all: bool,
    /// Which file.
    #[command(flatten)]
    pub named: Named,
}

pub(super) async fn push(arguments: &Push, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut file = SourceFile::read(&arguments.named.file)?;
    let slug = file.slug()?.to_owned();
    let path = ["integrations", &slug];
    let mut current = console.get(&path, &[]).await?;
    if !arguments.force {
        unseen(&file, &current.data["integration"]["info"])?;
    }
    let name = file.name().map(str::to_owned);
    if let Some(name) = name.filter(|name| name != current.text("/integration/name")) {
        let seen = current.etag.clone();
        current = console.patch(&path, seen.as_deref(), json!({ "name": name })).await?;
    }
    let mut info = file.info();
    pictures::upload_all(&slug, &file, &mut info, console).await?;
    let seen = current.etag.as_deref();
    let put = console.put(&["integrations", &slug, "info"], seen, info.into()).await;
    let reply = put.map_err(|failure| in_file(failure, file.path()))?;
    file.set_base(&reply.data["integration"]["info"]);
    file.write()?;
    report(&slug, &reply, console).await
}

/// Fails when the server's catalog info is not what the file was made on.
fn unseen(file: &SourceFile, server: &Value) -> Result<(), Failure> {
    let fresh = server.as_object().is_none_or(Map::is_empty);
    let known = match file.base() {
        None => fresh,
        Some(base) => base == hash(server),
    };
    if known {
        return Ok(());
    }
    let fix = "run `headwater integration pull` and make your changes on top of it, or say --force \
               to overwrite what is there";
    let message = "the catalog info was edited elsewhere since this file was last pulled or pushed";
    Err(Failure::refused(message, Some(fix.to_owned())))
}

/// Says where in the file the faults are.
fn in_file(failure: Failure, path: &Path) -> Failure {
    let Failure::Faults { status, faults } = failure else { return failure };
    let placed = |fault: Fault| Fault {
        message: match &fault.pointer {
            Some(_) => format!("{}: {}", path.display(), fault.message),
            None => fault.message.clone(),
        },
        ..fault
    };
    Failure::Faults { status, faults: faults.into_iter().map(placed).collect() }
}

/// What was sent, and everything that is missing.
async fn report(slug: &str, sent: &Reply, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let gaps = console.get(&["integrations", slug, "completeness"], &[]).await?;
    if console.json {
        let line = json!({
            "integration": sent.data["integration"],
            "missing": gaps.data["missing"],
            "documentation": gaps.data["documentation"],
        });
        return console.screen.line(&line.to_string());
    }
    console.say(&format!("{slug}: pushed"))?;
    show_gaps(&gaps, console)
}

/// Each missing thing with its field and how to mend it; then hints.
pub(super) fn show_gaps(gaps: &Reply, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let list = |key: &str| gaps.data[key].as_array().cloned().unwrap_or_default();
    let missing = list("missing");
    for gap in &missing {
        let (pointer, what) = (text(gap, "/pointer"), text(gap, "/what"));
        console.say(&format!("missing  {pointer}: {what}"))?;
        console.say(&format!("         {}", text(gap, "/fix")))?;
    }
    for finding in list("documentation") {
        // What is missing was said above.
        if missing.iter().any(|gap| gap["what"] == finding["what"]) {
            continue;
        }
        let (weight, pointer) = (text(&finding, "/weight"), text(&finding, "/pointer"));
        console.say(&format!("{weight:<7}  {pointer}: {}", text(&finding, "/what")))?;
        console.say(&format!("         {}", text(&finding, "/fix")))?;
    }
    if missing.is_empty() {
        console.say("the catalog info is complete; `headwater integration check` says the rest")?;
    }
    Ok(())
}

pub(super) async fn pull(arguments: &Pull, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut file = SourceFile::read(&arguments.named.file)?;
    let slug = file.slug()?.to_owned();
    let reply = console.get(&["integrations", &slug], &[]).await?;
    let server = &reply.data["integration"]["info"];
    let mut info = server.as_object().cloned().unwrap_or_default();
    pictures::download_all(&file, &mut info, console).await?;
    let mut changed = file.set_info(&info);
    let name = reply.text("/integration/name");
    if file.name() != Some(name) {
        file.set_name(name);
        changed.push("name".to_owned());
    }
    file.set_base(server);
    file.write()?;
    let line = match changed.as_slice() {
        [] => format!("{}: nothing differed", file.path().display()),
        changed => format!("{}: changed {}", file.path().display(), changed.join(", ")),
    };
    console.show_done(&Reply { data: json!({ "changed": changed }), etag: None }, &line)
}

pub(super) async fn docs(arguments: &Docs, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut file = SourceFile::read(&arguments.named.file)?;
    let slug = file.slug()?.to_owned();
    let template = console.get(&["integrations", &slug, "docs-template"], &[]).await?;
    let mut info = file.info();
    let written = info.get("docs").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut docs = template.data["docs"].as_object().cloned().unwrap_or_default();
    if !arguments.all {
        docs.extend(written);
    }
    info.insert("docs".to_owned(), docs.into());
    let changed = file.set_info(&info);
    file.write()?;
    let line = match changed.is_empty() {
        true => "every section has been written; --all replaces them",
        false => "filled in; read it over, then `headwater integration push`",
    };
    console.show_done(&Reply { data: template.data, etag: None }, line)
}
