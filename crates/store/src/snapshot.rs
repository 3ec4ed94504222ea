//! The routing snapshot: everything that the data plane may know, read whole.
//!
//! A fixed number of queries, whatever the number of workspaces. They are no transaction: a row
//! that refers to one that was not read is passed over, and whoever changed either has nudged for
//! another snapshot.
//!
//! The large tables are not read row by row, which costs several times what their bytes do, but as
//! one text for each workspace: records with a separator between, fields with another one. No
//! field can hold either: names have them taken out or never had them, JSON and hex never do.

use std::{collections::HashMap, time::Duration};

use routing::{DestinationRoute, RoutingSnapshot, SourceRoute};
use serde_json::{Map, Value};
use spec::{DestinationId, SourceId, WriteKey};
use sqlx::{AnyConnection, Row};

use crate::{Sealer, StoreError, builtin};

mod filters;
mod mappings;
mod plans;

pub use plans::Plans;

/// Messages on their way to one destination at one time.
pub const CONCURRENCY: usize = 8;

/// What the secrets of a destination are sealed for.
pub fn destination_owner(id: &str) -> String {
    format!("destination/{id}")
}

/// The snapshot of all workspaces. A destination whose settings cannot be read, or whose secrets
/// do not open, is left out with a warning; the rest goes on. `plans` are those of the snapshot
/// before, and of this one afterwards.
pub async fn build(
    db: &mut AnyConnection,
    sealer: &Sealer,
    plans: &Plans,
    revision: u64,
) -> Result<RoutingSnapshot, StoreError> {
    let mut sources = sources(db).await?;
    let places: HashMap<SourceId, usize> =
        sources.iter().enumerate().map(|(place, source)| (source.id.clone(), place)).collect();
    let keys = texts(db, &["source_id", "write_key"], "write_keys", "").await?;
    for [source, key] in records(&keys) {
        if let Some(place) = places.get(&SourceId(source.into())) {
            sources[*place].write_keys.push(WriteKey(key.into()));
        }
    }
    for (source, plan) in plans.of_sources(db).await? {
        if let Some(place) = places.get(&source) {
            sources[*place].schema.plan = Some(plan);
        }
    }
    let blocked = "schema_events WHERE blocked_at_ms IS NOT NULL";
    let blocked = texts(db, &["source_id", "name"], blocked, "source_id").await?;
    for [source, name] in records(&blocked) {
        if let Some(place) = places.get(&SourceId(source.into())) {
            sources[*place].schema.blocked_events.insert(name.into());
        }
    }
    let mut destinations = destinations(db, sealer, &places).await?;
    switch_off(db, &mut destinations).await?;
    filters::put(db, sealer, &mut destinations).await?;
    mappings::put(db, &mut destinations).await?;
    Ok(RoutingSnapshot::new(revision, sources, destinations))
}

/// Between two records of a text.
const RECORD: char = '\u{1e}';

/// Between two fields of a record.
const FIELD: char = '\u{1f}';

/// The rows of a table as texts of records, one for each value of `group`.
async fn texts(
    db: &mut AnyConnection,
    fields: &[&str],
    table: &str,
    group: &str,
) -> Result<Vec<String>, StoreError> {
    let record = fields.join(&format!(" || '{FIELD}' || "));
    let group = if group.is_empty() { String::new() } else { format!(" GROUP BY {group}") };
    let sql = format!("SELECT string_agg({record}, '{RECORD}') FROM {table}{group}");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(db).await?;
    let texts = rows.iter().map(|row| row.try_get::<Option<String>, _>(0));
    // Of no rows at all, nothing.
    Ok(texts.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// The records in `texts`, each with its fields.
fn records<const N: usize>(texts: &[String]) -> impl Iterator<Item = [&str; N]> {
    let records = texts.iter().flat_map(|text| text.split(RECORD));
    records.filter_map(|record| {
        let mut fields = record.split(FIELD);
        let mut found = [""; N];
        for field in &mut found {
            *field = fields.next()?;
        }
        fields.next().is_none().then_some(found)
    })
}

/// A column that anybody may have written into, without our separators.
fn written(column: &str) -> String {
    format!("replace(replace({column}, '{RECORD}', ' '), '{FIELD}', ' ')")
}

/// Whether a column holds a time: `1` or nothing.
fn since(column: &str) -> String {
    format!("CASE WHEN {column} IS NULL THEN '' ELSE '1' END")
}

/// A number as text; empty where there is none.
fn number(column: &str) -> String {
    format!("COALESCE(CAST({column} AS TEXT), '')")
}

async fn sources(db: &mut AnyConnection) -> Result<Vec<SourceRoute>, StoreError> {
    let mut workspaces: HashMap<String, String> = HashMap::new();
    for row in sqlx::query("SELECT id, slug FROM workspaces").fetch_all(&mut *db).await? {
        workspaces.insert(row.try_get(0)?, row.try_get(1)?);
    }
    let mut client_side: Vec<String> = Vec::new();
    let ours = sqlx::query("SELECT id, slug FROM integrations WHERE partner_id IS NULL");
    for row in ours.fetch_all(&mut *db).await? {
        if builtin::CLIENT_SIDE.contains(&row.try_get::<String, _>(1)?.as_str()) {
            client_side.push(row.try_get(0)?);
        }
    }
    let fields = [
        "id",
        "workspace_id",
        "integration_id",
        "slug",
        &written("name"),
        &since("disabled_at_ms"),
        &number("retention_days"),
    ];
    let texts = texts(db, &fields, "sources", "workspace_id").await?;
    let mut routes = Vec::new();
    for [id, workspace, integration, slug, name, disabled, keep_days] in records(&texts) {
        let Some(workspace) = workspaces.get(workspace) else { continue };
        routes.push(SourceRoute {
            id: SourceId(id.into()),
            slug: format!("{workspace}/{slug}"),
            name: name.to_owned(),
            write_keys: Vec::new(),
            enabled: disabled.is_empty(),
            client_side: client_side.iter().any(|known| known == integration),
            destinations: Vec::new(),
            schema: Default::default(),
            keep_for: days(keep_days),
        });
    }
    Ok(routes)
}

/// A number of days, where there is one.
fn days(text: &str) -> Option<Duration> {
    text.parse().ok().map(|days: u64| Duration::from_secs(days * 24 * 3600))
}

async fn destinations(
    db: &mut AnyConnection,
    sealer: &Sealer,
    sources: &HashMap<SourceId, usize>,
) -> Result<Vec<DestinationRoute>, StoreError> {
    let kinds = sqlx::query(
        "SELECT id, slug, COALESCE(published_name, name) FROM integrations \
         WHERE kind = 'destination'",
    );
    let mut entries: HashMap<String, (String, String)> = HashMap::new();
    for row in kinds.fetch_all(&mut *db).await? {
        entries.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?));
    }
    let fields = [
        "id",
        "source_id",
        "integration_id",
        "settings",
        "COALESCE(secrets_sealed, '')",
        &since("enabled_at_ms"),
        &number("rate_per_second"),
        &number("concurrency"),
        &number("retry_for_hours"),
    ];
    let texts = texts(db, &fields, "destinations", "workspace_id").await?;
    let mut routes = Vec::new();
    for [id, source, integration, shown, sealed, enabled, rate, concurrency, hours] in
        records(&texts)
    {
        let source = SourceId(source.into());
        let entry = entries.get(integration);
        let Some((kind, name)) = entry.filter(|_| sources.contains_key(&source)) else { continue };
        let sealed = Some(sealed).filter(|sealed| !sealed.is_empty());
        let settings = match settings(sealer, id, shown, sealed) {
            Ok(settings) => settings,
            Err(problem) => {
                tracing::warn!(destination = id, problem, "a destination is left out");
                continue;
            }
        };
        routes.push(DestinationRoute {
            id: DestinationId(id.into()),
            // Names are unique within a source only; in paths the id is its name.
            slug: id.to_owned(),
            name: name.clone(),
            kind: kind.clone(),
            enabled: !enabled.is_empty(),
            settings,
            sources: vec![source],
            concurrency: concurrency.parse().unwrap_or(CONCURRENCY),
            rate_per_second: rate.parse().ok(),
            retry_for: hours.parse().ok().map(|hours: u64| Duration::from_secs(hours * 3600)),
            events_off: Default::default(),
            filters: Default::default(),
            mappings: Default::default(),
        });
    }
    Ok(routes)
}

/// Tells destinations which events of their sources do not go to them.
async fn switch_off(
    db: &mut AnyConnection,
    destinations: &mut [DestinationRoute],
) -> Result<(), StoreError> {
    let fields = ["destination_id", "source_id", "name"];
    let texts = texts(db, &fields, "schema_events_off", "source_id").await?;
    if texts.is_empty() {
        return Ok(());
    }
    let places: HashMap<DestinationId, usize> =
        destinations.iter().enumerate().map(|(place, route)| (route.id.clone(), place)).collect();
    for [destination, source, name] in records(&texts) {
        if let Some(place) = places.get(&DestinationId(destination.into())) {
            let stream = SourceId(source.into()).stream();
            let events = destinations[*place].events_off.entry(stream).or_default();
            events.insert(name.into());
        }
    }
    Ok(())
}

/// The settings of a destination, its secrets opened and in their places.
fn settings(
    sealer: &Sealer,
    id: &str,
    shown: &str,
    sealed: Option<&str>,
) -> Result<Map<String, Value>, &'static str> {
    let mut settings: Map<String, Value> =
        serde_json::from_str(shown).map_err(|_| "its settings cannot be read")?;
    if let Some(sealed) = sealed {
        let opened = sealer.open(&destination_owner(id), sealed);
        let opened = opened.map_err(|_| "its secrets do not open")?;
        let secrets: Map<String, Value> =
            serde_json::from_slice(&opened).map_err(|_| "its secrets cannot be read")?;
        settings.extend(secrets);
    }
    Ok(settings)
}

#[cfg(test)]
mod tests;
