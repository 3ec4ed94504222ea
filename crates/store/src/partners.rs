//! Partner companies and their teams.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// What a person is in a partner team. One person belongs to one team at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// `ptn_…`
    pub partner_id: String,
    /// The company's name.
    pub partner_name: String,
    /// `admin` or `builder`.
    pub role: String,
}

/// The seat of a person, when they have one.
pub async fn seat(db: &mut AnyConnection, account_id: &str) -> Result<Option<Seat>, StoreError> {
    let row = sqlx::query(
        "SELECT p.id, p.name, m.role FROM partner_members m \
         JOIN partners p ON p.id = m.partner_id WHERE m.account_id = $1",
    )
    .bind(account_id)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Seat {
        partner_id: row.try_get(0)?,
        partner_name: row.try_get(1)?,
        role: row.try_get(2)?,
    }))
}
