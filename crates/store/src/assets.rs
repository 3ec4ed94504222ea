//! Logos, marks and screenshots, named by their hash; and the sealed test accounts beside them.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// One picture, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// SHA-256 of the body, hex.
    pub hash: String,
    /// Of the body.
    pub media_type: String,
    /// Base64.
    pub body_base64: String,
    /// The same as PNG, for an SVG; base64.
    pub preview_base64: Option<String>,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
}

/// Keeps a picture for an integration.
pub async fn put(
    db: &mut AnyConnection,
    integration_id: &str,
    asset: &Asset,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO assets (hash, media_type, body_base64, preview_base64, width, height, \
         created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(&asset.hash)
    .bind(&asset.media_type)
    .bind(&asset.body_base64)
    .bind(&asset.preview_base64)
    .bind(asset.width)
    .bind(asset.height)
    .bind(now_ms)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO integration_assets (integration_id, hash) VALUES ($1, $2) \
         ON CONFLICT DO NOTHING",
    )
    .bind(integration_id)
    .bind(&asset.hash)
    .execute(db)
    .await?;
    Ok(())
}

/// The picture with this hash.
pub async fn get(db: &mut AnyConnection, hash: &str) -> Result<Option<Asset>, StoreError> {
    let row = sqlx::query(
        "SELECT hash, media_type, body_base64, preview_base64, width, height \
         FROM assets WHERE hash = $1",
    )
    .bind(hash)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Asset {
        hash: row.try_get(0)?,
        media_type: row.try_get(1)?,
        body_base64: row.try_get(2)?,
        preview_base64: row.try_get(3)?,
        width: row.try_get(4)?,
        height: row.try_get(5)?,
    }))
}

/// The hashes of an integration's pictures.
pub async fn of_integration(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT hash FROM integration_assets WHERE integration_id = $1")
        .bind(integration_id)
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Keeps the sealed test account of an integration.
pub async fn set_test_account(
    db: &mut AnyConnection,
    integration_id: &str,
    sealed: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO test_accounts (integration_id, sealed, updated_at_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (integration_id) DO UPDATE SET sealed = $2, updated_at_ms = $3",
    )
    .bind(integration_id)
    .bind(sealed)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The sealed test account of an integration, and when it was last changed.
pub async fn test_account(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Option<(String, i64)>, StoreError> {
    let row =
        sqlx::query("SELECT sealed, updated_at_ms FROM test_accounts WHERE integration_id = $1")
            .bind(integration_id)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?)
}

/// Forgets the test account of an integration.
pub async fn delete_test_account(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM test_accounts WHERE integration_id = $1")
        .bind(integration_id)
        .execute(db)
        .await?;
    Ok(())
}
