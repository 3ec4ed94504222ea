//! Applications to the partner programme, and what was said about them.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError};

/// One application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// `app_…`
    pub id: String,
    /// Who applied.
    pub account_id: String,
    /// As `catalog::application::Status` writes it.
    pub status: String,
    /// The answers, JSON.
    pub answers: String,
    /// The operator's ticks, JSON.
    pub criteria: String,
    /// The partner that came of it.
    pub partner_id: Option<String>,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it was decided.
    pub decided_at_ms: Option<i64>,
    /// Grows with every change.
    pub version: i64,
}

/// One step of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `apst_…`
    pub id: String,
    /// When.
    pub at_ms: i64,
    /// Who.
    pub account_id: String,
    /// What.
    pub step: String,
    /// With these words.
    pub note: String,
}

const COLUMNS: &str = "id, account_id, status, answers, criteria, partner_id, created_at_ms, \
    decided_at_ms, version";

fn application(row: &AnyRow) -> Result<Application, StoreError> {
    Ok(Application {
        id: row.try_get(0)?,
        account_id: row.try_get(1)?,
        status: row.try_get(2)?,
        answers: row.try_get(3)?,
        criteria: row.try_get(4)?,
        partner_id: row.try_get(5)?,
        created_at_ms: row.try_get(6)?,
        decided_at_ms: row.try_get(7)?,
        version: row.try_get(8)?,
    })
}

/// Adds an application.
pub async fn insert(db: &mut AnyConnection, new: &Application) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO applications (id, account_id, status, answers, criteria, partner_id, \
         created_at_ms, decided_at_ms, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&new.id)
    .bind(&new.account_id)
    .bind(&new.status)
    .bind(&new.answers)
    .bind(&new.criteria)
    .bind(&new.partner_id)
    .bind(new.created_at_ms)
    .bind(new.decided_at_ms)
    .bind(new.version)
    .execute(db)
    .await?;
    Ok(())
}

/// The application with this id.
pub async fn get(db: &mut AnyConnection, id: &str) -> Result<Option<Application>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM applications WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await?;
    row.as_ref().map(application).transpose()
}

/// A person's applications, newest first.
pub async fn of_account(
    db: &mut AnyConnection,
    account_id: &str,
) -> Result<Vec<Application>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM applications WHERE account_id = $1 \
         ORDER BY created_at_ms DESC, id DESC"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account_id).fetch_all(db).await?;
    rows.iter().map(application).collect()
}

/// Applications with this status, or any when empty, the oldest first. The cursor is time and id.
pub async fn list(
    db: &mut AnyConnection,
    status: &str,
    page: &Page,
) -> Result<Paged<Application>, StoreError> {
    let (time, id) = page.after.as_deref().and_then(|a| a.split_once('/')).unwrap_or_default();
    let time: i64 = time.parse().unwrap_or(i64::MIN);
    let sql = format!(
        "SELECT {COLUMNS} FROM applications WHERE ($1 = '' OR status = $1) \
         AND (created_at_ms > $2 OR (created_at_ms = $2 AND id > $3)) \
         ORDER BY created_at_ms, id LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(status).bind(time).bind(id);
    let rows = rows.bind(page.limit()).fetch_all(&mut *db).await?;
    let rows = rows.iter().map(application).collect::<Result<_, _>>()?;
    let total = sqlx::query("SELECT COUNT(*) FROM applications WHERE ($1 = '' OR status = $1)")
        .bind(status)
        .fetch_one(db)
        .await?
        .try_get(0)?;
    Ok(page.cut(rows, total, |row: &Application| format!("{}/{}", row.created_at_ms, row.id)))
}

/// Writes what may change, if the row is still at the version before `row.version`.
pub async fn update(db: &mut AnyConnection, row: &Application) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE applications SET status = $2, criteria = $3, partner_id = $4, \
         decided_at_ms = $5, version = $6 WHERE id = $1 AND version = $7",
    )
    .bind(&row.id)
    .bind(&row.status)
    .bind(&row.criteria)
    .bind(&row.partner_id)
    .bind(row.decided_at_ms)
    .bind(row.version)
    .bind(row.version - 1)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Notes a step down.
pub async fn stepped(
    db: &mut AnyConnection,
    application_id: &str,
    step: &Step,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO application_steps (id, application_id, at_ms, account_id, step, note) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&step.id)
    .bind(application_id)
    .bind(step.at_ms)
    .bind(&step.account_id)
    .bind(&step.step)
    .bind(&step.note)
    .execute(db)
    .await?;
    Ok(())
}

/// The steps of an application, in order.
pub async fn steps(db: &mut AnyConnection, application_id: &str) -> Result<Vec<Step>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, at_ms, account_id, step, note FROM application_steps \
         WHERE application_id = $1 ORDER BY at_ms, id",
    )
    .bind(application_id)
    .fetch_all(db)
    .await?;
    let step = |row: &AnyRow| {
        Ok(Step {
            id: row.try_get(0)?,
            at_ms: row.try_get(1)?,
            account_id: row.try_get(2)?,
            step: row.try_get(3)?,
            note: row.try_get(4)?,
        })
    };
    rows.iter().map(step).collect()
}
