//! Handing an integration in, and what became of it.

use clap::Args;
use serde_json::{Value, json};

use super::{Which, build::INTEGRATION, slug};
use crate::{
    EXIT_CODES, Failure,
    control::{
        console::{Console, Reply, text},
        show::Field,
    },
};

/// Withdraw the submission; the integration can be edited again.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration withdraw --reason 'we found a fault ourselves'

{EXIT_CODES}"))]
pub struct Withdraw {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// Why, for the history.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// Say that a reviewer's comment was dealt with.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration status
  headwater integration resolve com_5BKZVyYHdt1D7ZrtHyNR7W

{EXIT_CODES}"))]
pub struct Resolve {
    /// The comment's id, as the status shows it.
    #[arg(value_name = "COMMENT")]
    pub comment: String,
    /// Slug or id; that of headwater-source.toml in this folder unless given.
    #[arg(value_name = "INTEGRATION")]
    pub integration: Option<String>,
}

const HISTORY: [Field; 6] = [
    ("WHEN", "/at"),
    ("WHO", "/by"),
    ("AS", "/party"),
    ("DID", "/action"),
    ("TO", "/to"),
    ("WHY", "/reason"),
];

const ROUND: [Field; 6] = [
    ("Submission", "/id"),
    ("Number", "/number"),
    ("Purpose", "/purpose"),
    ("Status", "/status"),
    ("Submitted", "/submittedAt"),
    ("Decided", "/decidedAt"),
];

pub(super) async fn check(
    slug: &str,
    restart: bool,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    if restart {
        console.post(&["integrations", slug, "checks", "restart"], Value::Null).await?;
    }
    let checks = console.get(&["integrations", slug, "checks"], &[]).await?;
    let reply = console.get(&["integrations", slug, "checklist"], &[]).await?;
    let checklist = &reply.data["checklist"];
    if console.json {
        let line = json!({ "checks": checks.data["checks"], "checklist": checklist });
        console.screen.line(&line.to_string())?;
    } else {
        show_report(&checks.data["checks"]["report"], console)?;
        console.heading("Checklist")?;
        for item in checklist["items"].as_array().into_iter().flatten() {
            let mark = if item["done"] == true { "done" } else { "open" };
            console.say(&format!("{mark}  {}: {}", text(item, "/label"), text(item, "/detail")))?;
            if !text(item, "/fix").is_empty() {
                console.say(&format!("      {}", text(item, "/fix")))?;
            }
        }
    }
    if checklist["ready"] == true {
        return console.say(&format!("{slug} can be submitted"));
    }
    console.say(&format!("{slug} cannot be submitted yet"))?;
    Err(Failure::Shown)
}

/// What the checks found: the broken rules with the messages that show it, and the declared events.
fn show_report(report: &Value, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let (seen, list) = (&report["seen"], |name: &str| {
        report[name].as_array().into_iter().flatten().cloned().collect::<Vec<_>>()
    });
    console.say(&format!(
        "{}, score {} of 100: {} messages, {} with errors, {} with warnings",
        text(report, "/outcome"),
        report["score"],
        seen["messages"],
        seen["withErrors"],
        seen["withWarnings"],
    ))?;
    for rule in list("rules").iter().filter(|rule| rule["broken"] != 0) {
        console.say(&format!(
            "{}  {} [{}]: {} of {} messages",
            text(rule, "/severity"),
            text(rule, "/title"),
            text(rule, "/code"),
            rule["broken"],
            rule["checked"],
        ))?;
        for sample in rule["samples"].as_array().into_iter().flatten() {
            console.say(&format!(
                "      {} at {}: {} is {}; expected {}, such as {}",
                text(sample, "/title"),
                text(sample, "/position"),
                text(sample, "/broken/pointer"),
                text(sample, "/broken/found"),
                text(sample, "/broken/expected"),
                sample["broken"]["example"],
            ))?;
        }
        console.say(&format!("      {}", text(rule, "/fix")))?;
    }
    let events = list("events");
    for event in events.iter().filter(|event| event["declared"] == true) {
        let (seen, errors) = (&event["seen"], &event["withErrors"]);
        let mark = match (seen.as_u64(), errors.as_u64()) {
            (Some(0), _) => "not seen",
            (_, Some(0)) => "seen",
            _ => "wrong",
        };
        let name = [text(event, "/name"), text(event, "/kind")];
        let name = name.iter().find(|name| !name.is_empty()).copied().unwrap_or_default();
        console.say(&format!("{mark}  {name}: {seen} messages, {errors} with errors"))?;
    }
    Ok(())
}

pub(super) async fn submit(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.post(&["integrations", slug, "submissions"], Value::Null).await?;
    let id = reply.text("/submission/id");
    console.show_done(&reply, &format!("{slug}: submitted as {id}; reviewers answer by mail"))
}

pub(super) async fn withdraw(
    arguments: &Withdraw,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let slug = arguments.which.slug()?;
    let path = ["integrations", &slug, "submissions", "current", "withdraw"];
    let reply = console.post(&path, json!({ "reason": arguments.reason })).await?;
    console.show_done(&reply, &format!("{slug}: withdrawn, and can be edited again"))
}

pub(super) async fn status(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let integration = console.get(&["integrations", slug], &[]).await?;
    let rounds = console.get(&["integrations", slug, "submissions"], &[]).await?;
    if console.json {
        let line = json!({
            "integration": integration.data["integration"],
            "submissions": rounds.data["submissions"],
        });
        return console.screen.line(&line.to_string());
    }
    console.show_one(&integration, "/integration", &INTEGRATION[..7])?;
    let newest = rounds.data["submissions"].get(0).cloned();
    let Some(newest) = newest else { return console.say("not submitted yet") };
    console.heading("Newest submission")?;
    let parts = newest["parts"].as_array().cloned().unwrap_or_default();
    let comments = newest["comments"].as_array().cloned().unwrap_or_default();
    console.show_one(&Reply { data: newest, etag: None }, "", &ROUND)?;
    show_parts(&parts, console)?;
    show_comments(&comments, console)
}

/// The parts of a review with their verdicts.
pub(in crate::control) fn show_parts(
    parts: &[Value],
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let judged = parts.iter().map(|part| {
        let verdict = match text(part, "/verdict") {
            "" => "no verdict yet",
            verdict => verdict,
        };
        format!("{}: {verdict}", text(part, "/part"))
    });
    let judged: Vec<String> = judged.collect();
    console.say(&format!("Parts       {}", judged.join(", ")))
}

/// Comments of reviewers, if there are any.
pub(in crate::control) fn show_comments(
    comments: &[Value],
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    if comments.is_empty() {
        return Ok(());
    }
    console.heading("Comments")?;
    for comment in comments {
        let about = [text(comment, "/pointer"), text(comment, "/event")].concat();
        let resolved = if comment["resolvedAt"].is_null() { "" } else { "  resolved" };
        let private = if text(comment, "/audience") == "builder" { "" } else { "  private" };
        let (id, part) = (text(comment, "/id"), text(comment, "/part"));
        console.say(&format!("{id}  {part}  {about}{resolved}{private}"))?;
        console.say(&format!("  {}", text(comment, "/text")))?;
    }
    Ok(())
}

pub(super) async fn resolve(
    arguments: &Resolve,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let slug = slug(arguments.integration.as_deref())?;
    let path = ["integrations", &slug, "comments", &arguments.comment, "resolve"];
    let reply = console.post(&path, Value::Null).await?;
    console.show_done(&reply, &format!("{} is resolved", arguments.comment))
}

pub(super) async fn history(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut reply = console.get(&["integrations", slug, "history"], &[]).await?;
    let entries = match reply.data["history"].take() {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    };
    console.show_list(&entries, &HISTORY, "its state has not changed yet")
}
