//! Tracking plans of workspaces, their rules, and every revision of them.

use sqlx::{AnyConnection, Row, any::AnyRow};
use tracking_plan::{Plan, RuleType};

use crate::{Page, Paged, StoreError, conditions::Conditions};

/// One tracking plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingPlan {
    /// `tp_…`
    pub id: String,
    /// Whose.
    pub workspace_id: String,
    /// Its name in paths, unique in the workspace.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Grows with every change of its rules.
    pub revision: i64,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it was last changed.
    pub updated_at_ms: i64,
}

/// One rule, as it stands in a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `TRACK`, `COMMON` …
    pub kind: String,
    /// The event's name; empty for rules that are about no event.
    pub key: String,
    /// Which version of the event.
    pub version: i64,
    /// JSON Schema, as text.
    pub json_schema: String,
    /// When the rule was made.
    pub created_at_ms: i64,
    /// When it was last changed.
    pub updated_at_ms: i64,
}

/// A change of a plan's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number; the first has 1.
    pub revision: i64,
    /// Account or token.
    pub made_by: String,
    /// The account's address.
    pub made_by_email: Option<String>,
    /// In how many ways it differs from the one before.
    pub changes: i64,
    /// How many of them break what conformed.
    pub breaking: i64,
    /// When.
    pub made_at_ms: i64,
}

const COLUMNS: &str = "p.id, p.workspace_id, p.slug, p.name, p.description, p.revision, \
    p.version, p.created_at_ms, p.updated_at_ms";

fn plan(row: &AnyRow) -> Result<TrackingPlan, StoreError> {
    Ok(TrackingPlan {
        id: row.try_get(0)?,
        workspace_id: row.try_get(1)?,
        slug: row.try_get(2)?,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        revision: row.try_get(5)?,
        version: row.try_get(6)?,
        created_at_ms: row.try_get(7)?,
        updated_at_ms: row.try_get(8)?,
    })
}

/// Adds a plan, without rules. [`StoreError::Taken`] when the slug is.
pub async fn insert(db: &mut AnyConnection, row: &TrackingPlan) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tracking_plans (id, workspace_id, slug, name, description, revision, \
         version, created_at_ms, updated_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.description)
    .bind(row.revision)
    .bind(row.version)
    .bind(row.created_at_ms)
    .bind(row.updated_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The workspace's plan with this id or slug.
pub async fn find(
    db: &mut AnyConnection,
    workspace_id: &str,
    id_or_slug: &str,
) -> Result<Option<TrackingPlan>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tracking_plans p \
         WHERE p.workspace_id = $1 AND (p.id = $2 OR p.slug = $2)"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).bind(id_or_slug);
    row.fetch_optional(db).await?.as_ref().map(plan).transpose()
}

/// Plans of a workspace, by slug, which is the cursor. `name`: part of name or slug.
pub async fn list(
    db: &mut AnyConnection,
    workspace_id: &str,
    name: Option<&str>,
    page: &Page,
) -> Result<Paged<TrackingPlan>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("p.workspace_id", workspace_id);
    if let Some(name) = name {
        let found = wanted.either("p.name", "p.slug", name);
        wanted.and(&found);
    }
    let all = wanted.clone();
    wanted.after("p.slug", page);
    let sql =
        format!("SELECT {COLUMNS} FROM tracking_plans p WHERE {} ORDER BY p.slug", wanted.sql());
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("tracking_plans p", page, rows.len(), db).await?;
    let rows = rows.iter().map(plan).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |row: &TrackingPlan| row.slug.clone()))
}

/// How many plans a workspace has.
pub async fn count(db: &mut AnyConnection, workspace_id: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM tracking_plans WHERE workspace_id = $1");
    Ok(row.bind(workspace_id).fetch_one(db).await?.try_get(0)?)
}

/// Writes every changeable field, if the row is still at the version before `row.version`.
/// [`StoreError::Taken`] when another one has the slug.
pub async fn update(db: &mut AnyConnection, row: &TrackingPlan) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE tracking_plans SET slug = $3, name = $4, description = $5, revision = $6, \
         version = $7, updated_at_ms = $8 WHERE id = $1 AND workspace_id = $2 AND version = $9",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.description)
    .bind(row.revision)
    .bind(row.version)
    .bind(row.updated_at_ms)
    .bind(row.version - 1)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Deletes a plan with all its revisions; `false` when there is none such.
/// [`StoreError::Referenced`] while a source is connected to it.
pub async fn delete(
    db: &mut AnyConnection,
    workspace_id: &str,
    id: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM tracking_plans WHERE workspace_id = $1 AND id = $2")
        .bind(workspace_id)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The rules of a plan in one of its revisions, by type, name and version.
pub async fn rules(
    db: &mut AnyConnection,
    plan_id: &str,
    revision: i64,
) -> Result<Vec<Rule>, StoreError> {
    let rows = sqlx::query(
        "SELECT rule_type, rule_key, rule_version, json_schema, created_at_ms, updated_at_ms \
         FROM tracking_plan_rules WHERE plan_id = $1 AND from_revision <= $2 \
         AND (until_revision IS NULL OR until_revision > $2) \
         ORDER BY rule_type, rule_key, rule_version",
    )
    .bind(plan_id)
    .bind(revision)
    .fetch_all(db)
    .await?;
    let rule = |row: &AnyRow| {
        Ok(Rule {
            kind: row.try_get(0)?,
            key: row.try_get(1)?,
            version: row.try_get(2)?,
            json_schema: row.try_get(3)?,
            created_at_ms: row.try_get(4)?,
            updated_at_ms: row.try_get(5)?,
        })
    };
    rows.iter().map(rule).collect()
}

/// The rules of a plan in one of its revisions, ready to be compiled.
///
/// # Errors
/// [`StoreError::Unreadable`]: a rule is not as it was written.
pub fn plan_of(rules: &[Rule]) -> Result<Plan, StoreError> {
    let unreadable = |what, why: String| StoreError::Unreadable { what, why };
    let rule = |rule: &Rule| {
        let on = RuleType::from_word(&rule.kind);
        let version = u32::try_from(rule.version);
        let schema = serde_json::from_str(&rule.json_schema);
        Ok(tracking_plan::Rule {
            on: on.ok_or_else(|| unreadable("tracking_plan_rules.rule_type", rule.kind.clone()))?,
            key: Some(rule.key.clone()).filter(|key| !key.is_empty()),
            version: version.map_err(|error| {
                unreadable("tracking_plan_rules.rule_version", error.to_string())
            })?,
            json_schema: schema.map_err(|error| {
                unreadable("tracking_plan_rules.json_schema", error.to_string())
            })?,
        })
    };
    let rules = rules.iter().map(rule).collect::<Result<_, StoreError>>()?;
    Ok(Plan { rules, ..Plan::default() })
}

/// How many rules of each of these plans hold now, in the order of `plans`.
pub async fn rule_counts(db: &mut AnyConnection, plans: &[&str]) -> Result<Vec<i64>, StoreError> {
    let mut wanted = Conditions::new();
    let ids = wanted.list(plans);
    wanted.and(&format!("plan_id IN ({ids})"));
    wanted.and("until_revision IS NULL");
    let sql = format!(
        "SELECT plan_id, COUNT(*) FROM tracking_plan_rules WHERE {} GROUP BY plan_id",
        wanted.sql()
    );
    let mut counts = std::collections::HashMap::new();
    for row in wanted.query(&sql).fetch_all(db).await? {
        counts.insert(row.try_get::<String, _>(0)?, row.try_get(1)?);
    }
    Ok(plans.iter().map(|id| counts.get(*id).copied().unwrap_or(0)).collect())
}

/// Ends rules with the revision before `revision`.
pub async fn end_rules(
    db: &mut AnyConnection,
    plan_id: &str,
    revision: i64,
    rules: &[Rule],
) -> Result<(), StoreError> {
    for rule in rules {
        sqlx::query(
            "UPDATE tracking_plan_rules SET until_revision = $5 WHERE plan_id = $1 \
             AND rule_type = $2 AND rule_key = $3 AND rule_version = $4 \
             AND until_revision IS NULL",
        )
        .bind(plan_id)
        .bind(&rule.kind)
        .bind(&rule.key)
        .bind(rule.version)
        .bind(revision)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Adds rules that hold from `revision` on.
pub async fn add_rules(
    db: &mut AnyConnection,
    plan_id: &str,
    revision: i64,
    rules: &[Rule],
) -> Result<(), StoreError> {
    for rule in rules {
        sqlx::query(
            "INSERT INTO tracking_plan_rules (plan_id, rule_type, rule_key, rule_version, \
             from_revision, until_revision, json_schema, created_at_ms, updated_at_ms) \
             VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8)",
        )
        .bind(plan_id)
        .bind(&rule.kind)
        .bind(&rule.key)
        .bind(rule.version)
        .bind(revision)
        .bind(&rule.json_schema)
        .bind(rule.created_at_ms)
        .bind(rule.updated_at_ms)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Notes a revision down.
pub async fn add_revision(
    db: &mut AnyConnection,
    plan_id: &str,
    revision: &Revision,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tracking_plan_revisions (plan_id, revision, made_by, made_by_email, changes, \
         breaking, made_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(plan_id)
    .bind(revision.revision)
    .bind(&revision.made_by)
    .bind(&revision.made_by_email)
    .bind(revision.changes)
    .bind(revision.breaking)
    .bind(revision.made_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Revisions of a plan, the newest first; the number is the cursor.
pub async fn revisions(
    db: &mut AnyConnection,
    plan_id: &str,
    page: &Page,
) -> Result<Paged<Revision>, StoreError> {
    let rows = sqlx::query(
        "SELECT revision, made_by, made_by_email, changes, breaking, made_at_ms \
         FROM tracking_plan_revisions WHERE plan_id = $1 AND revision < $2 \
         ORDER BY revision DESC LIMIT $3",
    )
    .bind(plan_id)
    .bind(page.before_number())
    .bind(page.limit())
    .fetch_all(&mut *db)
    .await?;
    let total = sqlx::query("SELECT COUNT(*) FROM tracking_plan_revisions WHERE plan_id = $1")
        .bind(plan_id)
        .fetch_one(db)
        .await?
        .try_get(0)?;
    let revision = |row: &AnyRow| {
        Ok::<_, StoreError>(Revision {
            revision: row.try_get(0)?,
            made_by: row.try_get(1)?,
            made_by_email: row.try_get(2)?,
            changes: row.try_get(3)?,
            breaking: row.try_get(4)?,
            made_at_ms: row.try_get(5)?,
        })
    };
    let rows = rows.iter().map(revision).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |row: &Revision| row.revision.to_string()))
}

#[cfg(test)]
mod tests;
