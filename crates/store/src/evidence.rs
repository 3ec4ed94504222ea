//! What submissions rest on, and the keys that sign certificates of it.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// What one submission rests on, frozen with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The report, JSON.
    pub report: String,
    /// SHA-256 of the lines, hex.
    pub hash: String,
    /// From where to where in the log, by source; JSON.
    pub ranges: String,
    /// The certificate, JSON.
    pub certificate: String,
}

/// Keeps what a submission rests on, with its messages: `lines_base64` is zstd, base64.
pub async fn insert(
    db: &mut AnyConnection,
    submission_id: &str,
    new: &Evidence,
    lines_base64: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO evidence (submission_id, report, hash, ranges, lines_base64, certificate) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(submission_id)
    .bind(&new.report)
    .bind(&new.hash)
    .bind(&new.ranges)
    .bind(lines_base64)
    .bind(&new.certificate)
    .execute(db)
    .await?;
    Ok(())
}

/// What a submission rests on; none for one that was handed in without.
pub async fn get(
    db: &mut AnyConnection,
    submission_id: &str,
) -> Result<Option<Evidence>, StoreError> {
    let row = sqlx::query(
        "SELECT report, hash, ranges, certificate FROM evidence WHERE submission_id = $1",
    )
    .bind(submission_id)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Evidence {
        report: row.try_get(0)?,
        hash: row.try_get(1)?,
        ranges: row.try_get(2)?,
        certificate: row.try_get(3)?,
    }))
}

/// The messages that a submission rests on: zstd, base64.
pub async fn lines(
    db: &mut AnyConnection,
    submission_id: &str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT lines_base64 FROM evidence WHERE submission_id = $1");
    let row = row.bind(submission_id).fetch_optional(db).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// The certificate of the newest submission by which an integration was launched.
pub async fn certificate_of(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Option<String>, StoreError> {
    of_launch(db, integration_id, "certificate").await
}

/// The report of the newest submission by which an integration was launched.
pub async fn report_of(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Option<String>, StoreError> {
    of_launch(db, integration_id, "report").await
}

async fn of_launch(
    db: &mut AnyConnection,
    integration_id: &str,
    column: &str,
) -> Result<Option<String>, StoreError> {
    let sql = format!(
        "SELECT e.{column} FROM submissions s JOIN evidence e ON e.submission_id = s.id \
         WHERE s.integration_id = $1 AND s.kind = 'launch' AND s.status = 'approved' \
         ORDER BY s.number DESC LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(integration_id).fetch_optional(db).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// From when on messages count for an integration's checks, Unix milliseconds; 0 unless set.
pub async fn since_ms(db: &mut AnyConnection, integration_id: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT since_ms FROM checks WHERE integration_id = $1");
    let row = row.bind(integration_id).fetch_optional(db).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
}

/// Sets from when on messages count.
pub async fn set_since_ms(
    db: &mut AnyConnection,
    integration_id: &str,
    since_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO checks (integration_id, since_ms) VALUES ($1, $2) \
         ON CONFLICT (integration_id) DO UPDATE SET since_ms = $2",
    )
    .bind(integration_id)
    .bind(since_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// A source by which a partner tries an integration: made from it, in a workspace that one of the
/// partner's team belongs to. What customers send is nobody's evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSource {
    /// `src_…`
    pub id: String,
    /// Its slug in its workspace.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its workspace's slug.
    pub workspace: String,
}

/// The sources by which a partner tries an integration, by id.
pub async fn test_sources(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Vec<TestSource>, StoreError> {
    let rows = sqlx::query(
        "SELECT s.id, s.slug, s.name, w.slug FROM sources s \
         JOIN workspaces w ON w.id = s.workspace_id \
         JOIN integrations i ON i.id = s.integration_id \
         WHERE s.integration_id = $1 AND EXISTS ( \
           SELECT 1 FROM members m JOIN partner_members p ON p.account_id = m.account_id \
           WHERE m.workspace_id = s.workspace_id AND p.partner_id = i.partner_id) \
         ORDER BY s.id",
    )
    .bind(integration_id)
    .fetch_all(db)
    .await?;
    let source = |row: &sqlx::any::AnyRow| {
        Ok(TestSource {
            id: row.try_get(0)?,
            slug: row.try_get(1)?,
            name: row.try_get(2)?,
            workspace: row.try_get(3)?,
        })
    };
    rows.iter().map(source).collect()
}

/// A key that signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// `key_…`
    pub id: String,
    /// By which others verify, base64.
    pub public_key: String,
    /// Its seed, sealed for `signing-key/<id>`.
    pub sealed: String,
    /// When it was made, Unix milliseconds.
    pub created_at_ms: i64,
}

/// The keys that sign or signed, the newest first.
pub async fn signing_keys(db: &mut AnyConnection) -> Result<Vec<SigningKey>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, public_key, sealed, created_at_ms FROM signing_keys \
         ORDER BY created_at_ms DESC, id",
    )
    .fetch_all(db)
    .await?;
    let key = |row: &sqlx::any::AnyRow| {
        Ok(SigningKey {
            id: row.try_get(0)?,
            public_key: row.try_get(1)?,
            sealed: row.try_get(2)?,
            created_at_ms: row.try_get(3)?,
        })
    };
    rows.iter().map(key).collect()
}

/// Keeps a key.
pub async fn insert_signing_key(
    db: &mut AnyConnection,
    new: &SigningKey,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO signing_keys (id, public_key, sealed, created_at_ms) VALUES ($1, $2, $3, $4)",
    )
    .bind(&new.id)
    .bind(&new.public_key)
    .bind(&new.sealed)
    .bind(new.created_at_ms)
    .execute(db)
    .await?;
    Ok(())
}
