//! Who belongs to a workspace, and what they may do there.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError};

/// One person in one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub account_id: String,
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// JSON: `[{roleId, resources}]`.
    pub permissions: String,
    /// Since when.
    pub created_at_ms: i64,
}

fn member(row: &AnyRow) -> Result<Member, StoreError> {
    Ok(Member {
        account_id: row.try_get(0)?,
        email: row.try_get(1)?,
        name: row.try_get(2)?,
        permissions: row.try_get(3)?,
        created_at_ms: row.try_get(4)?,
    })
}

const COLUMNS: &str = "m.account_id, a.email, a.name, m.permissions, m.created_at_ms";

/// Adds a person to a workspace. [`StoreError::Taken`] when they are in it.
pub async fn insert(
    db: &mut AnyConnection,
    workspace_id: &str,
    account_id: &str,
    permissions: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO members (workspace_id, account_id, permissions, created_at_ms) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(workspace_id)
    .bind(account_id)
    .bind(permissions)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// One member.
pub async fn get(
    db: &mut AnyConnection,
    workspace_id: &str,
    account_id: &str,
) -> Result<Option<Member>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id \
         WHERE m.workspace_id = $1 AND m.account_id = $2"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).bind(account_id);
    row.fetch_optional(db).await?.as_ref().map(member).transpose()
}

/// Every member with their permissions; for decisions that look at all of them.
pub async fn all(db: &mut AnyConnection, workspace_id: &str) -> Result<Vec<Member>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id \
         WHERE m.workspace_id = $1 ORDER BY a.email"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).fetch_all(db).await?;
    rows.iter().map(member).collect()
}

/// Members, by address, which is the cursor.
pub async fn list(
    db: &mut AnyConnection,
    workspace_id: &str,
    page: &Page,
) -> Result<Paged<Member>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id \
         WHERE m.workspace_id = $1 AND a.email > $2 ORDER BY a.email LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(workspace_id)
        .bind(page.after_text())
        .bind(page.limit())
        .fetch_all(&mut *db)
        .await?;
    let rows = rows.iter().map(member).collect::<Result<_, _>>()?;
    let total = sqlx::query("SELECT COUNT(*) FROM members WHERE workspace_id = $1")
        .bind(workspace_id)
        .fetch_one(db)
        .await?
        .try_get(0)?;
    Ok(page.cut(rows, total, |member: &Member| member.email.clone()))
}

/// Sets what a member may do; `false` when they are not one.
pub async fn set_permissions(
    db: &mut AnyConnection,
    workspace_id: &str,
    account_id: &str,
    permissions: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE members SET permissions = $3 WHERE workspace_id = $1 AND account_id = $2",
    )
    .bind(workspace_id)
    .bind(account_id)
    .bind(permissions)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a person out of a workspace; `false` when they are not in it.
pub async fn delete(
    db: &mut AnyConnection,
    workspace_id: &str,
    account_id: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM members WHERE workspace_id = $1 AND account_id = $2")
        .bind(workspace_id)
        .bind(account_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
