//! What workspaces want to be told of, how things stand, and what they were told.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError};

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// `alr_…`
    pub id: String,
    /// Whose.
    pub workspace_id: String,
    /// Its name for people, unique in the workspace.
    pub name: String,
    /// What is watched.
    pub kind: String,
    /// A source or destination; `None` for all of the workspace.
    pub about_id: Option<String>,
    /// A share in percent, where there is one.
    pub threshold: i64,
    /// The time that is looked at, or waited.
    pub minutes: i64,
    /// Who is told, a JSON list of addresses.
    pub emails: String,
    /// The webhook's address as it may be shown.
    pub webhook: Option<String>,
    /// The same whole, sealed for `alert/<id>`.
    pub webhook_sealed: Option<String>,
    /// Since when it is on.
    pub enabled_at_ms: Option<i64>,
    /// When it was made.
    pub created_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
}

/// How one thing stands that an alert is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The alert; of what everybody is told, the workspace.
    pub alert_id: String,
    /// The source or destination.
    pub about_id: String,
    /// Whose.
    pub workspace_id: String,
    /// How bad it is; 0 when all is well.
    pub level: i64,
    /// Since when it is so.
    pub since_ms: i64,
    /// What was told last.
    pub told_level: i64,
    /// When.
    pub told_at_ms: i64,
}

/// What was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `aln_…`
    pub id: String,
    /// Whose.
    pub workspace_id: String,
    /// See [`Standing::alert_id`].
    pub alert_id: String,
    /// The source or destination.
    pub about_id: String,
    /// When.
    pub at_ms: i64,
    /// How bad it was; 0 when it was over.
    pub level: i64,
    /// In a few words.
    pub title: String,
    /// In a sentence.
    pub says: String,
    /// Why the webhook did not take it.
    pub problem: Option<String>,
}

const COLUMNS: &str = "id, workspace_id, name, kind, about_id, threshold, minutes, emails, webhook, \
    webhook_sealed, enabled_at_ms, created_at_ms, version";

fn alert(row: &AnyRow) -> Result<Alert, StoreError> {
    Ok(Alert {
        id: row.try_get(0)?,
        workspace_id: row.try_get(1)?,
        name: row.try_get(2)?,
        kind: row.try_get(3)?,
        about_id: row.try_get(4)?,
        threshold: row.try_get(5)?,
        minutes: row.try_get(6)?,
        emails: row.try_get(7)?,
        webhook: row.try_get(8)?,
        webhook_sealed: row.try_get(9)?,
        enabled_at_ms: row.try_get(10)?,
        created_at_ms: row.try_get(11)?,
        version: row.try_get(12)?,
    })
}

/// The workspace's alerts, by name.
pub async fn list(db: &mut AnyConnection, workspace_id: &str) -> Result<Vec<Alert>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alerts WHERE workspace_id = $1 ORDER BY name");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).fetch_all(db).await?;
    rows.iter().map(alert).collect()
}

/// The workspace's alert with this id.
pub async fn find(
    db: &mut AnyConnection,
    workspace_id: &str,
    id: &str,
) -> Result<Option<Alert>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alerts WHERE workspace_id = $1 AND id = $2");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).bind(id);
    query.fetch_optional(db).await?.as_ref().map(alert).transpose()
}

/// Adds an alert.
///
/// Errors: the name is taken.
pub async fn insert(db: &mut AnyConnection, row: &Alert) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO alerts ({COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&row.id)
        .bind(&row.workspace_id)
        .bind(&row.name)
        .bind(&row.kind)
        .bind(&row.about_id)
        .bind(row.threshold)
        .bind(row.minutes)
        .bind(&row.emails)
        .bind(&row.webhook)
        .bind(&row.webhook_sealed)
        .bind(row.enabled_at_ms)
        .bind(row.created_at_ms)
        .bind(row.version)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes what may change.
///
/// Errors: the name is taken.
pub async fn update(db: &mut AnyConnection, row: &Alert) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE alerts SET name = $1, about_id = $2, threshold = $3, minutes = $4, emails = $5, \
         webhook = $6, webhook_sealed = $7, enabled_at_ms = $8, version = $9 WHERE id = $10",
    )
    .bind(&row.name)
    .bind(&row.about_id)
    .bind(row.threshold)
    .bind(row.minutes)
    .bind(&row.emails)
    .bind(&row.webhook)
    .bind(&row.webhook_sealed)
    .bind(row.enabled_at_ms)
    .bind(row.version)
    .bind(&row.id)
    .execute(db)
    .await?;
    Ok(())
}

/// Removes an alert and how things stand for it; what was told stays.
pub async fn delete(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    for sql in ["DELETE FROM alert_states WHERE alert_id = $1", "DELETE FROM alerts WHERE id = $1"]
    {
        sqlx::query(sql).bind(id).execute(&mut *db).await?;
    }
    Ok(())
}

/// Every workspace, by id.
pub async fn workspaces(db: &mut AnyConnection) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query("SELECT id, name FROM workspaces ORDER BY id").fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// How everything stands in a workspace.
pub async fn standings(
    db: &mut AnyConnection,
    workspace_id: &str,
) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query(
        "SELECT alert_id, about_id, workspace_id, level, since_ms, told_level, told_at_ms \
         FROM alert_states WHERE workspace_id = $1",
    )
    .bind(workspace_id)
    .fetch_all(db)
    .await?;
    let standing = |row: &AnyRow| {
        Ok(Standing {
            alert_id: row.try_get(0)?,
            about_id: row.try_get(1)?,
            workspace_id: row.try_get(2)?,
            level: row.try_get(3)?,
            since_ms: row.try_get(4)?,
            told_level: row.try_get(5)?,
            told_at_ms: row.try_get(6)?,
        })
    };
    rows.iter().map(standing).collect()
}

/// Notes how one thing stands.
pub async fn stand(db: &mut AnyConnection, row: &Standing) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO alert_states \
         (alert_id, about_id, workspace_id, level, since_ms, told_level, told_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (alert_id, about_id) DO UPDATE SET level = excluded.level, \
         since_ms = excluded.since_ms, told_level = excluded.told_level, \
         told_at_ms = excluded.told_at_ms",
    )
    .bind(&row.alert_id)
    .bind(&row.about_id)
    .bind(&row.workspace_id)
    .bind(row.level)
    .bind(row.since_ms)
    .bind(row.told_level)
    .bind(row.told_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps what was told.
pub async fn tell(db: &mut AnyConnection, row: &Notice) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO alert_notices \
         (id, workspace_id, alert_id, about_id, at_ms, level, title, says, problem) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.alert_id)
    .bind(&row.about_id)
    .bind(row.at_ms)
    .bind(row.level)
    .bind(&row.title)
    .bind(&row.says)
    .bind(&row.problem)
    .execute(db)
    .await?;
    Ok(())
}

/// Why the webhook did not take what was told.
pub async fn note_problem(
    db: &mut AnyConnection,
    id: &str,
    problem: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE alert_notices SET problem = $1 WHERE id = $2";
    sqlx::query(sql).bind(problem).bind(id).execute(db).await?;
    Ok(())
}

/// What a workspace was told, the newest first.
pub async fn notices(
    db: &mut AnyConnection,
    workspace_id: &str,
    page: &Page,
) -> Result<Paged<Notice>, StoreError> {
    let total = sqlx::query("SELECT COUNT(*) FROM alert_notices WHERE workspace_id = $1")
        .bind(workspace_id)
        .fetch_one(&mut *db)
        .await?
        .try_get(0)?;
    // Several may have been told at one time: the cursor is the time and the id.
    let (before_ms, before_id) = page
        .after
        .as_deref()
        .and_then(|after| after.split_once('\n'))
        .map_or((i64::MAX, ""), |(ms, id)| (ms.parse().unwrap_or(i64::MAX), id));
    let rows = sqlx::query(
        "SELECT id, workspace_id, alert_id, about_id, at_ms, level, title, says, problem \
         FROM alert_notices WHERE workspace_id = $1 \
         AND (at_ms < $2 OR (at_ms = $2 AND id > $3)) ORDER BY at_ms DESC, id LIMIT $4",
    )
    .bind(workspace_id)
    .bind(before_ms)
    .bind(before_id)
    .bind(page.limit())
    .fetch_all(db)
    .await?;
    let notice = |row: &AnyRow| {
        Ok::<_, StoreError>(Notice {
            id: row.try_get(0)?,
            workspace_id: row.try_get(1)?,
            alert_id: row.try_get(2)?,
            about_id: row.try_get(3)?,
            at_ms: row.try_get(4)?,
            level: row.try_get(5)?,
            title: row.try_get(6)?,
            says: row.try_get(7)?,
            problem: row.try_get(8)?,
        })
    };
    let mut rows = rows.iter().map(notice).collect::<Result<Vec<_>, _>>()?;
    let more = rows.len() > page.count as usize;
    rows.truncate(page.count as usize);
    let next = rows.last().filter(|_| more).map(|last| format!("{}\n{}", last.at_ms, last.id));
    Ok(Paged { rows, next, total })
}

/// Removes what was told before `before_ms`, and how those stand of which nothing is known since.
pub async fn sweep(db: &mut AnyConnection, before_ms: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM alert_notices WHERE at_ms < $1")
        .bind(before_ms)
        .execute(&mut *db)
        .await?;
    let sql = "DELETE FROM alert_states WHERE level = 0 AND told_level = 0 AND told_at_ms < $1";
    sqlx::query(sql).bind(before_ms).execute(db).await?;
    Ok(())
}
