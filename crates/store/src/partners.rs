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

/// One person in a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    /// The account.
    pub account_id: String,
    /// Address.
    pub email: String,
    /// Name for people.
    pub name: String,
    /// `admin` or `builder`.
    pub role: String,
    /// Since when.
    pub created_at_ms: i64,
}

/// Adds a company.
pub async fn insert(
    db: &mut AnyConnection,
    id: &str,
    name: &str,
    website: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO partners (id, name, website, created_at_ms) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(name)
        .bind(website)
        .bind(now_ms)
        .execute(db)
        .await?;
    Ok(())
}

/// The name of a company.
pub async fn name(db: &mut AnyConnection, id: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT name FROM partners WHERE id = $1").bind(id);
    Ok(row.fetch_optional(db).await?.map(|row| row.try_get(0)).transpose()?)
}

/// Gives a person a seat in a team.
pub async fn seat_at(
    db: &mut AnyConnection,
    partner_id: &str,
    account_id: &str,
    role: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO partner_members (partner_id, account_id, role, created_at_ms) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(partner_id)
    .bind(account_id)
    .bind(role)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// A team, by address.
pub async fn team(db: &mut AnyConnection, partner_id: &str) -> Result<Vec<TeamMember>, StoreError> {
    let rows = sqlx::query(
        "SELECT a.id, a.email, a.name, m.role, m.created_at_ms FROM partner_members m \
         JOIN accounts a ON a.id = m.account_id WHERE m.partner_id = $1 ORDER BY a.email",
    )
    .bind(partner_id)
    .fetch_all(db)
    .await?;
    let member = |row: &sqlx::any::AnyRow| {
        Ok(TeamMember {
            account_id: row.try_get(0)?,
            email: row.try_get(1)?,
            name: row.try_get(2)?,
            role: row.try_get(3)?,
            created_at_ms: row.try_get(4)?,
        })
    };
    rows.iter().map(member).collect()
}

/// Changes what a person is in a team; `false` when they have no seat there.
pub async fn set_role(
    db: &mut AnyConnection,
    partner_id: &str,
    account_id: &str,
    role: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE partner_members SET role = $3 WHERE partner_id = $1 AND account_id = $2",
    )
    .bind(partner_id)
    .bind(account_id)
    .bind(role)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a person's seat away; `false` when they had none there.
pub async fn unseat(
    db: &mut AnyConnection,
    partner_id: &str,
    account_id: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM partner_members WHERE partner_id = $1 AND account_id = $2")
        .bind(partner_id)
        .bind(account_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
