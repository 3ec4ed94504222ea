//! Facts about this installation, by name.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// The value under `name`.
pub async fn get(db: &mut AnyConnection, name: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT value FROM installation WHERE name = $1").bind(name);
    Ok(row.fetch_optional(db).await?.map(|row| row.try_get(0)).transpose()?)
}

/// Sets the value under `name`.
pub async fn set(db: &mut AnyConnection, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO installation (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = $2",
    )
    .bind(name)
    .bind(value)
    .execute(db)
    .await?;
    Ok(())
}
