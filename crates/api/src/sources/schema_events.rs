use std::collections::BTreeSet;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::{
    Connection, destinations,
    schema_events::{self, SchemaEvent},
};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    page::{PageParams, PageQuery, Pagination},
    state::Api,
};

/// Events of one source that may be set. Source: Segment, "Source schema", limits.
const EVENTS_MAX: i64 = 4_000;

/// What is set of: events, by the calls in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum EventType {
    /// Track calls by their event; `Page Viewed` and `Screen Viewed` are all page and all screen
    /// calls.
    Track,
}

impl EventType {
    fn word(self) -> &'static str {
        match self {
            EventType::Track => schema_events::TRACK,
        }
    }
}

/// A destination of the source, and whether an event goes to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventDestination {
    /// The destination.
    #[schema(example = "dst_4hPS4Yz1rXUSX6sFwGFHUb")]
    pub id: String,
    /// Whether the event goes to it, unless a message's `integrations` object says otherwise.
    pub enabled: bool,
}

/// An event of a source, as somebody set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaEventView {
    /// What it is.
    #[serde(rename = "type")]
    kind: EventType,
    /// Its exact name.
    #[schema(example = "Order Completed")]
    name: String,
    /// Whether its messages are discarded, as `event_setting`.
    blocked: bool,
    /// Whether it is out of sight; only what is blocked is archived.
    archived: bool,
    /// Every destination of the source.
    destinations: Vec<EventDestination>,
    /// When it was set first.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    created_at: String,
    /// When it was set last.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    updated_at: String,
    /// Who set it last: the id of an account or a token.
    #[schema(example = "acc_3yQ8sVbCq5F0w2xJ9kLmNp")]
    updated_by: String,
}

impl SchemaEventView {
    /// `row` beside all destinations of its source.
    fn of(row: &SchemaEvent, destinations: &[String]) -> SchemaEventView {
        let shown =
            |id: &String| EventDestination { id: id.clone(), enabled: !row.off.contains(id) };
        SchemaEventView {
            kind: EventType::Track,
            name: row.name.clone(),
            blocked: row.blocked_at_ms.is_some(),
            archived: row.archived_at_ms.is_some(),
            destinations: destinations.iter().map(shown).collect(),
            created_at: answer::time(row.created_at_ms),
            updated_at: answer::time(row.changed_at_ms),
            updated_by: row.changed_by.clone(),
        }
    }
}

/// Events in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchemaEventsAnswer {
    /// By name.
    events: Vec<SchemaEventView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// An event in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchemaEventAnswer {
    /// The event.
    event: SchemaEventView,
}

/// What to set of an event; what is left out stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaEventChange {
    /// What it is.
    #[serde(rename = "type")]
    kind: EventType,
    /// Its exact name. It need not have come yet.
    #[schema(example = "Order Completed", min_length = 1, max_length = 500)]
    name: String,
    /// Whether its messages are discarded. What is let through again is archived no more.
    blocked: Option<bool>,
    /// Whether it is out of sight; only what is blocked can be archived.
    archived: Option<bool>,
    /// Switches; destinations that are left out stay as they are.
    #[schema(max_items = 1000)]
    destinations: Option<Vec<EventDestination>>,
}

/// The same in its envelope.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchemaEvent {
    /// The event.
    event: SchemaEventChange,
}

/// List the events of a source that are set
///
/// Those that somebody blocked, archived, switched off for a destination or added before they
/// came; what else a source sends is in `GET /sources/{sourceId}/schema`.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/schema/events",
    operation_id = "listSchemaEventsOfSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        PageParams
    ),
    responses((status = 200, description = "The events", body = Data<SchemaEventsAnswer>)),
    extensions(("x-access" = json!("source_read")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Data<SchemaEventsAnswer>, ApiError> {
    let source_id = &caller.source()?.id;
    let mut db = api.db.read().await?;
    let all = destinations_of(&mut db, &caller.workspace()?.id, source_id).await?;
    let paged = schema_events::list(&mut db, source_id, schema_events::TRACK, &page).await?;
    let events = paged.rows.iter().map(|row| SchemaEventView::of(row, &all)).collect();
    Ok(data(SchemaEventsAnswer { events, pagination: Pagination::of(&page, &paged) }))
}

/// Set an event of a source
///
/// Block it or let it through, switch it off and on for single destinations, archive it, or add it
/// before it comes. In effect within a second. A blocked event reaches no destination; an event
/// that is switched off for one still goes to it where the message's own `integrations` object
/// names it.
#[utoipa::path(
    put,
    path = "/sources/{sourceId}/schema/events",
    operation_id = "setSchemaEventOfSource",
    tag = "Sources",
    params(("sourceId" = String, Path, description = "Id or slug of the source")),
    request_body = NewSchemaEvent,
    responses((status = 200, description = "The event as it is set now", body = Data<SchemaEventAnswer>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({
            "409": ["too_many_events"],
            "422": ["control_character", "not_blocked", "unknown_destination"]
        }))
    )
)]
pub async fn set(
    State(api): State<Api>,
    caller: Caller,
    Body(NewSchemaEvent { event: change }): Body<NewSchemaEvent>,
) -> Result<Data<SchemaEventAnswer>, ApiError> {
    let (workspace_id, source) = (&caller.workspace()?.id, caller.source()?);
    let mut write = api.db.write().await?;
    let known = destinations_of(&mut write, workspace_id, &source.id).await?;
    let before =
        schema_events::find(&mut write, &source.id, change.kind.word(), &change.name).await?;
    let mut row = before.clone().unwrap_or_else(|| SchemaEvent {
        source_id: source.id.clone(),
        kind: change.kind.word().to_owned(),
        name: change.name.clone(),
        blocked_at_ms: None,
        archived_at_ms: None,
        created_at_ms: caller.now_ms,
        changed_at_ms: caller.now_ms,
        changed_by: String::new(),
        off: Vec::new(),
    });
    let faults = apply(&mut row, &change, &known, caller.now_ms);
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    if before.as_ref() == Some(&row) {
        return Ok(data(SchemaEventAnswer { event: SchemaEventView::of(&row, &known) }));
    }
    if before.is_none() && schema_events::count(&mut write, &source.id).await? >= EVENTS_MAX {
        let message = format!("at most {EVENTS_MAX} events of a source can be set");
        return Err(ApiError::conflict("too_many_events", message)
            .fix("stop sending events that need to be blocked; a name should not hold values"));
    }
    (row.changed_at_ms, row.changed_by) = (caller.now_ms, caller.id().to_owned());
    schema_events::put(&mut write, &row).await?;
    let view = SchemaEventView::of(&row, &known);
    let before = before.map(|before| SchemaEventView::of(&before, &known));
    for kind in happened(before.as_ref(), &view) {
        let mut change = Change::new(kind, "SOURCE", &source.id, &source.name).after(&view);
        if let Some(before) = &before {
            change = change.before(before);
        }
        record(&api, &mut write, &caller, workspace_id, change).await?;
    }
    write.commit().await?;
    api.nudge();
    Ok(data(SchemaEventAnswer { event: view }))
}

async fn destinations_of(
    db: &mut Connection,
    workspace_id: &str,
    source_id: &str,
) -> Result<Vec<String>, ApiError> {
    let rows = destinations::of_source(db, workspace_id, source_id).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Sets in `row` what `change` says; everything that is wrong with it. `known` are the source's
/// destinations.
fn apply(
    row: &mut SchemaEvent,
    change: &SchemaEventChange,
    known: &[String],
    now_ms: i64,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if row.name.chars().any(char::is_control) {
        let message = format!("{:?} holds a control character", row.name);
        faults.push(
            Fault::at("/event/name", "control_character", message)
                .expected("one line of text")
                .fix("leave out line breaks and tabs"),
        );
    }
    if let Some(blocked) = change.blocked {
        let since = row.blocked_at_ms.unwrap_or(now_ms);
        row.blocked_at_ms = blocked.then_some(since);
    }
    match (change.archived, row.blocked_at_ms) {
        (Some(true), None) => faults.push(
            Fault::at(
                "/event/archived",
                "not_blocked",
                "an event that comes through stays in sight",
            )
            .expected("an event that is blocked")
            .fix("block it with \"blocked\": true"),
        ),
        (Some(true), Some(_)) => {
            row.archived_at_ms = Some(row.archived_at_ms.unwrap_or(now_ms));
        }
        (Some(false), _) | (None, None) => row.archived_at_ms = None,
        (None, Some(_)) => {}
    }
    let mut off: BTreeSet<String> = row.off.drain(..).collect();
    for (index, switch) in change.destinations.iter().flatten().enumerate() {
        if !known.contains(&switch.id) {
            let message = format!("the source has no destination {:?}", switch.id);
            faults.push(
                Fault::at(
                    format!("/event/destinations/{index}/id"),
                    "unknown_destination",
                    message,
                )
                .expected("the id of a destination of this source")
                .fix("take it from GET /sources/{sourceId}/connected-destinations"),
            );
        } else if switch.enabled {
            off.remove(&switch.id);
        } else {
            off.insert(switch.id.clone());
        }
    }
    row.off = off.into_iter().collect();
    faults
}

/// What the trail says happened between `before` and `after`.
fn happened(before: Option<&SchemaEventView>, after: &SchemaEventView) -> Vec<&'static str> {
    let was = |is: fn(&SchemaEventView) -> bool| before.is_some_and(is);
    let mut kinds = Vec::new();
    match (was(|event| event.blocked), after.blocked) {
        (false, true) => kinds.push("Schema Event Blocked"),
        (true, false) => kinds.push("Schema Event Allowed"),
        _ => {}
    }
    match (was(|event| event.archived), after.archived) {
        (false, true) => kinds.push("Schema Event Archived"),
        (true, false) => kinds.push("Schema Event Unarchived"),
        _ => {}
    }
    let off = |event: &SchemaEventView| event.destinations.iter().any(|switch| !switch.enabled);
    let switched = match before {
        Some(before) => before.destinations != after.destinations,
        None => off(after),
    };
    if switched {
        kinds.push("Schema Event Destinations Modified");
    }
    if before.is_none() && kinds.is_empty() {
        kinds.push("Schema Event Created");
    }
    kinds
}
