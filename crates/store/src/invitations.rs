//! Invitations by mail, into a partner team or a workspace: one secret, one address, one use.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::StoreError;

/// What somebody is invited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A partner team, by the partner's id.
    Partner(String),
    /// A workspace, by its id.
    Workspace(String),
}

/// One invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// `inv_…`
    pub id: String,
    /// SHA-256 of the secret in the link, hex.
    pub token_hash: String,
    /// Where to.
    pub into: Place,
    /// Lower case; nobody else can accept it.
    pub email: String,
    /// Team role, or permissions as JSON.
    pub grants: String,
    /// The account that invited.
    pub invited_by: String,
    /// When.
    pub created_at_ms: i64,
    /// From when on it is worth nothing.
    pub expires_at_ms: i64,
    /// When it was accepted.
    pub accepted_at_ms: Option<i64>,
    /// When it was taken back.
    pub revoked_at_ms: Option<i64>,
}

impl Invitation {
    /// Whether nothing but time has made it worthless.
    pub fn expired(&self, now_ms: i64) -> bool {
        let open = self.accepted_at_ms.is_none() && self.revoked_at_ms.is_none();
        open && self.expires_at_ms <= now_ms
    }
}

const COLUMNS: &str = "id, token_hash, partner_id, workspace_id, email, grants, invited_by, \
    created_at_ms, expires_at_ms, accepted_at_ms, revoked_at_ms";

fn invitation(row: &AnyRow) -> Result<Invitation, StoreError> {
    let partner: Option<String> = row.try_get(2)?;
    let workspace: Option<String> = row.try_get(3)?;
    Ok(Invitation {
        id: row.try_get(0)?,
        token_hash: row.try_get(1)?,
        into: match (partner, workspace) {
            (Some(id), _) => Place::Partner(id),
            (None, id) => Place::Workspace(id.unwrap_or_default()),
        },
        email: row.try_get(4)?,
        grants: row.try_get(5)?,
        invited_by: row.try_get(6)?,
        created_at_ms: row.try_get(7)?,
        expires_at_ms: row.try_get(8)?,
        accepted_at_ms: row.try_get(9)?,
        revoked_at_ms: row.try_get(10)?,
    })
}

/// Adds an invitation; an earlier open one of the same address to the same place ends with it.
pub async fn insert(db: &mut AnyConnection, new: &Invitation) -> Result<(), StoreError> {
    let (partner, workspace) = ids(&new.into);
    sqlx::query(
        "UPDATE invitations SET revoked_at_ms = $4 WHERE email = $3 AND accepted_at_ms IS NULL \
         AND revoked_at_ms IS NULL AND (partner_id = $1 OR workspace_id = $2)",
    )
    .bind(partner)
    .bind(workspace)
    .bind(&new.email)
    .bind(new.created_at_ms)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO invitations (id, token_hash, partner_id, workspace_id, email, grants, \
         invited_by, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&new.id)
    .bind(&new.token_hash)
    .bind(partner)
    .bind(workspace)
    .bind(&new.email)
    .bind(&new.grants)
    .bind(&new.invited_by)
    .bind(new.created_at_ms)
    .bind(new.expires_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The invitation with this secret's hash, open or not.
pub async fn by_hash(
    db: &mut AnyConnection,
    token_hash: &str,
) -> Result<Option<Invitation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM invitations WHERE token_hash = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(token_hash).fetch_optional(db).await?;
    row.as_ref().map(invitation).transpose()
}

/// Invitations to a place that were neither accepted nor revoked, expired ones included, newest
/// first.
pub async fn pending(db: &mut AnyConnection, into: &Place) -> Result<Vec<Invitation>, StoreError> {
    let (partner, workspace) = ids(into);
    let sql = format!(
        "SELECT {COLUMNS} FROM invitations WHERE (partner_id = $1 OR workspace_id = $2) \
         AND accepted_at_ms IS NULL AND revoked_at_ms IS NULL ORDER BY created_at_ms DESC, id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(partner).bind(workspace);
    rows.fetch_all(db).await?.iter().map(invitation).collect()
}

/// Uses up an invitation; `false` when it is not open any more.
pub async fn accept(db: &mut AnyConnection, id: &str, now_ms: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE invitations SET accepted_at_ms = $2 WHERE id = $1 AND accepted_at_ms IS NULL \
         AND revoked_at_ms IS NULL AND expires_at_ms > $2",
    )
    .bind(id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back the open invitation of `email` to a place; `false` when there is none.
pub async fn revoke(
    db: &mut AnyConnection,
    into: &Place,
    email: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let (partner, workspace) = ids(into);
    let done = sqlx::query(
        "UPDATE invitations SET revoked_at_ms = $4 WHERE email = $3 AND accepted_at_ms IS NULL \
         AND revoked_at_ms IS NULL AND (partner_id = $1 OR workspace_id = $2)",
    )
    .bind(partner)
    .bind(workspace)
    .bind(email)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn ids(into: &Place) -> (Option<&str>, Option<&str>) {
    match into {
        Place::Partner(id) => (Some(id), None),
        Place::Workspace(id) => (None, Some(id)),
    }
}
