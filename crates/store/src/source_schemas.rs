//! What sources may send: the tracking plan of each, and what becomes of messages that break it.

use catalog::access::Scope;
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{
    Page, Paged, StoreError,
    conditions::Conditions,
    sources::{self, Source},
};

/// What one source may send. A source without a row has version 0, no plan and no settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSchema {
    /// Of which source.
    pub source_id: String,
    /// Its tracking plan.
    pub plan_id: Option<String>,
    /// `tracking_plan::Settings`, JSON; what is left out is as it is without settings.
    pub settings: String,
    /// Grows with every change.
    pub version: i64,
}

/// What a source may send.
pub async fn get(db: &mut AnyConnection, source_id: &str) -> Result<SourceSchema, StoreError> {
    let row = sqlx::query(
        "SELECT source_id, plan_id, settings, version FROM source_schemas WHERE source_id = $1",
    );
    let row = row.bind(source_id).fetch_optional(db).await?;
    let schema = |row: &AnyRow| {
        Ok::<_, StoreError>(SourceSchema {
            source_id: row.try_get(0)?,
            plan_id: row.try_get(1)?,
            settings: row.try_get(2)?,
            version: row.try_get(3)?,
        })
    };
    Ok(row.as_ref().map(schema).transpose()?.unwrap_or_else(|| SourceSchema {
        source_id: source_id.to_owned(),
        plan_id: None,
        settings: "{}".to_owned(),
        version: 0,
    }))
}

/// Writes what a source may send, if it is still at the version before `row.version`.
pub async fn put(db: &mut AnyConnection, row: &SourceSchema) -> Result<(), StoreError> {
    let done = sqlx::query(
        "INSERT INTO source_schemas (source_id, plan_id, settings, version) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (source_id) DO UPDATE SET \
         plan_id = excluded.plan_id, settings = excluded.settings, version = excluded.version \
         WHERE source_schemas.version = excluded.version - 1",
    )
    .bind(&row.source_id)
    .bind(&row.plan_id)
    .bind(&row.settings)
    .bind(row.version)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// The sources in `visible` that are connected to a plan, by slug, which is the cursor.
pub async fn sources_of(
    db: &mut AnyConnection,
    workspace_id: &str,
    plan_id: &str,
    visible: &Scope,
    page: &Page,
) -> Result<Paged<Source>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("s.workspace_id", workspace_id);
    wanted.scope(visible, "s.id", "s.id");
    let plan = wanted.bind(plan_id);
    wanted.and(&format!(
        "s.id IN (SELECT c.source_id FROM source_schemas c WHERE c.plan_id = {plan})"
    ));
    let all = wanted.clone();
    wanted.after("s.slug", page);
    let sql = format!(
        "SELECT {} FROM sources s WHERE {} ORDER BY s.slug",
        sources::COLUMNS,
        wanted.sql()
    );
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("sources s", page, rows.len(), db).await?;
    let rows = rows.iter().map(sources::source).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |row: &Source| row.slug.clone()))
}

/// How many sources are connected to each of these plans, in the order of `plans`.
pub async fn source_counts(db: &mut AnyConnection, plans: &[&str]) -> Result<Vec<i64>, StoreError> {
    let mut wanted = Conditions::new();
    let ids = wanted.list(plans);
    wanted.and(&format!("plan_id IN ({ids})"));
    let sql = format!(
        "SELECT plan_id, COUNT(*) FROM source_schemas WHERE {} GROUP BY plan_id",
        wanted.sql()
    );
    let mut counts = std::collections::HashMap::new();
    for row in wanted.query(&sql).fetch_all(db).await? {
        counts.insert(row.try_get::<String, _>(0)?, row.try_get(1)?);
    }
    Ok(plans.iter().map(|id| counts.get(*id).copied().unwrap_or(0)).collect())
}

/// The settings of every source that is connected to a plan.
pub async fn settings_of(db: &mut AnyConnection, plan_id: &str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT settings FROM source_schemas WHERE plan_id = $1");
    let rows = rows.bind(plan_id).fetch_all(db).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
