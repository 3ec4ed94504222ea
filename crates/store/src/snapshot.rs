//! The routing snapshot: everything that the data plane may know, read whole.
//!
//! A fixed number of queries, whatever the number of workspaces. They are no transaction: a row
//! that refers to one that was not read is passed over, and whoever changed either has nudged for
//! another snapshot.

use std::collections::HashMap;

use routing::{DestinationRoute, RoutingSnapshot, SourceRoute};
use serde_json::{Map, Value};
use spec::{DestinationId, SourceId, WriteKey};
use sqlx::{AnyConnection, Row};

use crate::{Sealer, StoreError, builtin};

/// Messages on their way to one destination at one time.
pub const CONCURRENCY: usize = 8;

/// What the secrets of a destination are sealed for.
pub fn destination_owner(id: &str) -> String {
    format!("destination/{id}")
}

/// The snapshot of all workspaces. A destination whose settings cannot be read, or whose secrets
/// do not open, is left out with a warning; the rest goes on.
pub async fn build(
    db: &mut AnyConnection,
    sealer: &Sealer,
    revision: u64,
) -> Result<RoutingSnapshot, StoreError> {
    let mut sources = sources(db).await?;
    let places: HashMap<SourceId, usize> =
        sources.iter().enumerate().map(|(place, source)| (source.id.clone(), place)).collect();
    for row in
        sqlx::query("SELECT source_id, write_key FROM write_keys").fetch_all(&mut *db).await?
    {
        let id = SourceId(row.try_get::<String, _>(0)?.into());
        if let Some(place) = places.get(&id) {
            sources[*place].write_keys.push(WriteKey(row.try_get::<String, _>(1)?.into()));
        }
    }
    let destinations = destinations(db, sealer, &places).await?;
    Ok(RoutingSnapshot::new(revision, sources, destinations))
}

async fn sources(db: &mut AnyConnection) -> Result<Vec<SourceRoute>, StoreError> {
    let rows = sqlx::query(
        "SELECT s.id, w.slug, s.slug, s.name, s.disabled_at_ms, i.partner_id, i.slug \
         FROM sources s JOIN workspaces w ON w.id = s.workspace_id \
         JOIN integrations i ON i.id = s.integration_id",
    )
    .fetch_all(db)
    .await?;
    let source = |row: &sqlx::any::AnyRow| {
        let (workspace, slug): (String, String) = (row.try_get(1)?, row.try_get(2)?);
        let partner: Option<String> = row.try_get(5)?;
        let integration: String = row.try_get(6)?;
        Ok(SourceRoute {
            id: SourceId(row.try_get::<String, _>(0)?.into()),
            slug: format!("{workspace}/{slug}"),
            name: row.try_get(3)?,
            write_keys: Vec::new(),
            enabled: row.try_get::<Option<i64>, _>(4)?.is_none(),
            client_side: partner.is_none() && builtin::CLIENT_SIDE.contains(&integration.as_str()),
            destinations: Vec::new(),
        })
    };
    rows.iter().map(source).collect()
}

async fn destinations(
    db: &mut AnyConnection,
    sealer: &Sealer,
    sources: &HashMap<SourceId, usize>,
) -> Result<Vec<DestinationRoute>, StoreError> {
    let rows = sqlx::query(
        "SELECT d.id, d.source_id, d.settings, d.secrets_sealed, d.enabled_at_ms, i.slug, \
         COALESCE(i.published_name, i.name) \
         FROM destinations d JOIN integrations i ON i.id = d.integration_id",
    )
    .fetch_all(db)
    .await?;
    let mut routes = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: String = row.try_get(0)?;
        let source = SourceId(row.try_get::<String, _>(1)?.into());
        if !sources.contains_key(&source) {
            continue;
        }
        let shown: String = row.try_get(2)?;
        let sealed: Option<String> = row.try_get(3)?;
        let settings = match settings(sealer, &id, &shown, sealed.as_deref()) {
            Ok(settings) => settings,
            Err(problem) => {
                tracing::warn!(destination = id, problem, "a destination is left out");
                continue;
            }
        };
        routes.push(DestinationRoute {
            // Names are unique within a source only; in paths the id is its name.
            slug: id.clone(),
            id: DestinationId(id.into()),
            name: row.try_get(6)?,
            kind: row.try_get(5)?,
            enabled: row.try_get::<Option<i64>, _>(4)?.is_some(),
            settings,
            sources: vec![source],
            concurrency: CONCURRENCY,
            retry_for: None,
        });
    }
    Ok(routes)
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
