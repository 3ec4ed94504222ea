//! What a source sends, beside what somebody set of its events; and the same as a table.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{Method, header};
use jiff::Timestamp;
use store::{
    Connection,
    schema_events::{self, SchemaEvent as Set},
    source_schemas, tracking_plans,
};

use super::{
    forward::{Target, ask},
    shapes::{SchemaEvent, SchemaProperty, SourceSchema},
};
use crate::{
    answer::{Data, data},
    audit_events::csv_cell,
    caller::Caller,
    error::{ApiError, Fault},
    page,
    state::Api,
};

/// Get what a source sends
///
/// Its events and their properties, and the traits of identify and group calls, found in its
/// newest messages: names, types, and how often they came; never values. At most 4,000 events, 300
/// properties of each and 300 traits are told apart. Beside them stands what somebody set of each
/// event.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/schema",
    operation_id = "getSchemaOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("messages" = Option<u32>, Query, description = "Look at so many of the newest messages, 1 to 20,000; 5,000 when left out, 20,000 with `since`", minimum = 1, maximum = 20000),
        ("since" = Option<String>, Query, description = "Look at none that came longer ago; `complete` and `from` say whether that far was looked", example = "7d")
    ),
    responses((status = 200, description = "What it sends", body = Data<SourceSchema>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "422": ["invalid_parameter"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn schema(
    State(api): State<Api>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Data<SourceSchema>, ApiError> {
    let source_id = &caller.source()?.id;
    let target = Target::new(&["sources", source_id, "schema"], query.as_deref());
    let mut found: SourceSchema = ask(&api, Method::GET, target, None).await?;
    let mut db = api.db.read().await?;
    join(&mut found, &schema_events::of_source(&mut db, source_id).await?);
    Ok(data(found))
}

/// Puts what is set of each event beside it.
fn join(found: &mut SourceSchema, set: &[Set]) {
    let set: HashMap<&str, &Set> = set.iter().map(|set| (set.name.as_str(), set)).collect();
    for event in &mut found.events {
        let Some(set) = listed_as(event).and_then(|name| set.get(name)) else { continue };
        event.blocked = set.blocked_at_ms.is_some();
        event.archived = set.archived_at_ms.is_some();
        event.destinations_off = set.off.clone();
    }
}

/// The event that a source's schema lists it as.
fn listed_as(event: &SchemaEvent) -> Option<&str> {
    let kind: spec::Kind = event.kind.parse().ok()?;
    match kind {
        spec::Kind::Track => event.name.as_deref(),
        kind => kind.one_event(),
    }
}

/// What a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Track,
    Identify,
    Group,
}

impl About {
    const ALL: [(&str, About); 3] =
        [("TRACK", About::Track), ("IDENTIFY", About::Identify), ("GROUP", About::Group)];
}

/// Export what a source sends
///
/// As CSV: one row for each event and each of its properties, or one for each trait; never values.
/// It is found as `GET /sources/{sourceId}/schema` finds it, so of a busy source the newest 20,000
/// messages count; the header `x-schema-complete` is `false` then.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/schema/export",
    operation_id = "exportSchemaOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("type" = String, Query, description = "`TRACK`, `IDENTIFY` or `GROUP`", example = "TRACK"),
        ("days" = Option<u32>, Query, description = "`7` (when left out) or `30`", example = 7)
    ),
    responses((status = 200, description = "The table", body = String, content_type = "text/csv")),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "422": ["not_allowed"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn export(
    State(api): State<Api>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let (about, days) = asked(&query)?;
    let (workspace, source) = (caller.workspace()?, caller.source()?);
    let target = Target::new(&["sources", &source.id, "schema"], None);
    let target = target.with("since", &format!("{days}d"));
    let found: SourceSchema = ask(&api, Method::GET, target, None).await?;
    let mut db = api.db.read().await?;
    let planned = planned(&mut db, &workspace.id, &source.id).await?;
    let table = match about {
        About::Track => events_csv(&found, planned.as_ref()),
        About::Identify => traits_csv(&found, "identify"),
        About::Group => traits_csv(&found, "group"),
    };
    let (word, _) =
        About::ALL.into_iter().find(|(_, known)| *known == about).unwrap_or(About::ALL[0]);
    let file = file_name(&workspace.slug, &source.slug, word, caller.now_ms);
    let complete = if found.complete { "true" } else { "false" };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        (header::HeaderName::from_static("x-schema-complete"), complete.to_owned()),
    ];
    Ok((headers, table).into_response())
}

fn asked(query: &str) -> Result<(About, u32), ApiError> {
    let mut faults = Vec::new();
    let given = page::value(query, "type").unwrap_or_default();
    let about = About::ALL.into_iter().find(|(word, _)| *word == given).map(|(_, about)| about);
    if about.is_none() {
        faults.push(
            Fault::at("/type", "not_allowed", "\"type\" is none of the allowed values")
                .expected("TRACK, IDENTIFY or GROUP")
                .fix("give one of the allowed values, written exactly so"),
        );
    }
    let days = match page::value(query, "days").as_deref() {
        None | Some("7") => 7,
        Some("30") => 30,
        Some(_) => {
            faults.push(
                Fault::at("/days", "not_allowed", "\"days\" is none of the allowed values")
                    .expected("7 or 30")
                    .fix("give one of the allowed values"),
            );
            0
        }
    };
    match about {
        Some(about) if faults.is_empty() => Ok((about, days)),
        _ => Err(ApiError::invalid(faults)),
    }
}

/// The events that the source's tracking plan knows; `None` without one.
async fn planned(
    db: &mut Connection,
    workspace_id: &str,
    source_id: &str,
) -> Result<Option<BTreeSet<String>>, ApiError> {
    let Some(plan_id) = source_schemas::get(db, source_id).await?.plan_id else { return Ok(None) };
    let Some(plan) = tracking_plans::find(db, workspace_id, &plan_id).await? else {
        return Ok(None);
    };
    let rules = tracking_plans::rules(db, &plan.id, plan.revision).await?;
    let events = rules.into_iter().filter(|rule| rule.kind == "TRACK").map(|rule| rule.key);
    Ok(Some(events.collect()))
}

/// `workspace-source-type--yyyy-mm-dd--hh-mm-utc.csv`. Source: Segment, "Source schema", export.
fn file_name(workspace: &str, source: &str, word: &str, now_ms: i64) -> String {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let time = now.strftime("%Y-%m-%d--%H-%M");
    format!("{workspace}-{source}-{}--{time}-utc.csv", word.to_lowercase())
}

/// Counts of one row.
#[derive(Debug, Default, Clone)]
struct Row {
    last_seen_at: String,
    accepted: u64,
    discarded: u64,
}

impl Row {
    fn add(&mut self, last_seen_at: &str, accepted: u64, discarded: u64) {
        if *last_seen_at > *self.last_seen_at {
            self.last_seen_at = last_seen_at.to_owned();
        }
        self.accepted += accepted;
        self.discarded += discarded;
    }

    fn counts(&self) -> [String; 3] {
        let all = self.accepted + self.discarded;
        [self.accepted.to_string(), self.discarded.to_string(), all.to_string()]
    }
}

/// An event with its properties. All page calls are one event, and so are all screen calls.
fn events_csv(found: &SourceSchema, planned: Option<&BTreeSet<String>>) -> String {
    let mut events: BTreeMap<&str, (Row, BTreeMap<&str, Row>)> = BTreeMap::new();
    for event in &found.events {
        let Some(name) = listed_as(event) else { continue };
        let (row, properties) = events.entry(name).or_default();
        row.add(&event.last_seen_at, event.accepted, event.discarded);
        for SchemaProperty { name, accepted, discarded, last_seen_at, .. } in &event.properties {
            properties.entry(name).or_default().add(last_seen_at, *accepted, *discarded);
        }
    }
    let mut csv = String::new();
    line(
        &mut csv,
        [
            "Event Name",
            "Last Seen At (UTC)",
            "Property Name",
            "Allowed",
            "Blocked",
            "Total",
            "Planned",
        ],
    );
    for (event, (row, properties)) in &events {
        let word = match planned.map(|planned| planned.contains(*event)) {
            None => "",
            Some(true) => "planned",
            Some(false) => "unplanned",
        };
        let of = |property: &str, row: &Row, csv: &mut String| {
            let [allowed, blocked, total] = row.counts();
            let cells = [*event, &row.last_seen_at, property, &allowed, &blocked, &total, word];
            line(csv, cells);
        };
        of("", row, &mut csv);
        for (property, row) in properties {
            of(property, row, &mut csv);
        }
    }
    csv
}

/// The traits of these calls.
fn traits_csv(found: &SourceSchema, calls: &str) -> String {
    let mut csv = String::new();
    line(&mut csv, ["Trait Name", "Last Seen At (UTC)", "Allowed", "Blocked", "Total", "Planned"]);
    for event in found.events.iter().filter(|event| event.kind == calls) {
        for SchemaProperty { name, accepted, discarded, last_seen_at, .. } in &event.properties {
            let mut row = Row::default();
            row.add(last_seen_at, *accepted, *discarded);
            let [allowed, blocked, total] = row.counts();
            line(&mut csv, [name, last_seen_at, &allowed, &blocked, &total, ""]);
        }
    }
    csv
}

fn line<const N: usize>(csv: &mut String, cells: [&str; N]) {
    csv.push_str(&cells.map(csv_cell).join(","));
    csv.push_str("\r\n");
}
