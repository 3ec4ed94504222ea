//! `[[sources]]`.

use std::{collections::HashMap, sync::Arc, time::Duration};

use routing::SourceSchema;
use spec::{SourceId, WriteKey};
use tracking_plan::{Compiled, Plan, Problem};

use super::{
    section::Section,
    values::{self, Located, duration_within, list, located},
};

pub(super) const DOC: &str = "What sends messages. Repeat the table for each source.";

/// One source.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name in paths and on the command line.
    pub slug: Located<String>,
    /// What the log files its messages under; the slug unless given.
    pub id: Located<SourceId>,
    /// Its name for people.
    pub name: String,
    /// Its public names on the wire.
    pub write_keys: Vec<Located<WriteKey>>,
    /// Whether its messages are kept.
    pub enabled: bool,
    /// Whether its messages come straight from end users' devices.
    pub client_side: bool,
    /// What it may send.
    pub schema: SourceSchema,
    /// How long its messages are kept; as long as all others when it says nothing.
    pub keep_for: Option<Duration>,
}

/// Problems of a plan that are told at once; `headwater check --plan` tells them all.
const PLAN_PROBLEMS_TOLD: usize = 3;

impl Source {
    pub(super) fn read(s: &mut Section<'_>) -> Option<Source> {
        let slug = s.required(
            "slug",
            r#""website""#,
            "Its name in paths and on the command line.",
            located(values::slug),
        );
        let name = s.optional("name", r#""Website""#, "Its name for people.", values::name);
        let write_keys = s.required(
            "write_keys",
            r#"["8Xk2mQ4vTn7Lc9RzPw3Ys6Hd1Bf5Gj0K"]"#,
            "What senders call it by. Several keys let you change one without losing a message.",
            list(located(values::write_key)),
        );
        let enabled = s.key(
            "enabled",
            "true",
            "Senders to a disabled source hear 200; its messages are discards, kept for the debugger.",
            values::switch,
        );
        let client_side = s.key(
            "client_side",
            "false",
            "Its messages come straight from browsers or devices: context.ip is filled in from the connection.",
            values::switch,
        );
        let plan = s.optional(
            "tracking_plan",
            r#""plan.json""#,
            "A file with its tracking plan: rules for its messages, and what becomes of those that break them. It is read again with this file; SIGHUP reads both at once.",
            values::path,
        );
        let plan = plan.and_then(|path| s.file("tracking_plan", &path, tracking_plan));
        let blocked_events = s.key(
            "blocked_events",
            "[]",
            "Events that are discarded, by their exact names. \"Page Viewed\" and \"Screen Viewed\" are all page and screen calls.",
            list(values::name),
        );
        let keep_for = s.optional(
            "retention",
            r#""30d""#,
            "How long its messages are kept; log.retention.age unless given.",
            duration_within("1h", "3650d"),
        );
        let id = s.optional(
            "id",
            r#""website""#,
            "What its messages are filed under; the slug unless given. Keep it when you change the slug, and the history stays.",
            located(values::slug),
        );
        let slug = slug?;
        let id = id.unwrap_or_else(|| slug.clone());
        Some(Source {
            name: name.unwrap_or_else(|| slug.value.clone()),
            id: Located { value: SourceId(id.value.into()), at: id.at },
            slug,
            write_keys: write_keys?,
            enabled,
            client_side,
            keep_for,
            schema: SourceSchema {
                plan: plan.map(Arc::new),
                blocked_events: blocked_events.into_iter().map(Arc::from).collect(),
            },
        })
    }
}

/// Reads and compiles a tracking plan.
fn tracking_plan(text: &[u8]) -> Result<Compiled, String> {
    let compiled = Plan::from_json(text).and_then(|plan| Compiled::new(&plan));
    compiled.map_err(|problems| {
        let told = problems.iter().take(PLAN_PROBLEMS_TOLD).map(Problem::to_string);
        let mut text = told.collect::<Vec<_>>().join("; ");
        if problems.len() > PLAN_PROBLEMS_TOLD {
            text.push_str(&format!("; and {} more", problems.len() - PLAN_PROBLEMS_TOLD));
        }
        text
    })
}

/// What can be wrong between sources.
pub(super) fn check(root: &mut Section<'_>, sources: &[Source]) {
    let mut slugs = HashMap::new();
    let mut ids = HashMap::new();
    let mut keys: HashMap<&WriteKey, &str> = HashMap::new();
    for source in sources {
        let slug = source.slug.value.as_str();
        if slugs.insert(slug, ()).is_some() {
            root.problem(&source.slug.at, format!("a source is called {slug:?} already"));
        } else if let Some(other) = ids.insert(&source.id.value, slug) {
            let id = &source.id.value;
            let text = format!("source {other:?} has the id {id:?} already", id = id.as_str());
            root.problem(&source.id.at, text);
        }
        for key in &source.write_keys {
            // The key itself is not named: messages end up in logs.
            match keys.insert(&key.value, slug) {
                Some(other) if other == slug => {
                    root.problem(&key.at, format!("source {slug:?} has this write key twice"));
                }
                Some(other) => {
                    let text = format!("source {other:?} has this write key already");
                    root.problem(&key.at, text);
                }
                None => {}
            }
        }
    }
}
