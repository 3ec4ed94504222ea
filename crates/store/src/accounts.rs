//! People: one row per e-mail address.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError};

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `acc_…`
    pub id: String,
    /// Lower case.
    pub email: String,
    /// For people; may be empty.
    pub name: String,
    /// Argon2id, in PHC form.
    pub password_hash: String,
    /// Since when the address is known to be theirs.
    pub email_verified_at_ms: Option<i64>,
    /// Sealed secret of the second factor; in use only when confirmed.
    pub totp_sealed: Option<String>,
    /// Since when the second factor is asked for.
    pub totp_confirmed_at_ms: Option<i64>,
    /// The last time step of which a code was taken: none is taken twice.
    pub totp_last_step: i64,
    /// Since when they run the platform.
    pub operator_since_ms: Option<i64>,
    /// When they signed up.
    pub created_at_ms: i64,
}

const COLUMNS: &str = "id, email, name, password_hash, email_verified_at_ms, totp_sealed, \
    totp_confirmed_at_ms, totp_last_step, operator_since_ms, created_at_ms";

fn account(row: &AnyRow) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.try_get(0)?,
        email: row.try_get(1)?,
        name: row.try_get(2)?,
        password_hash: row.try_get(3)?,
        email_verified_at_ms: row.try_get(4)?,
        totp_sealed: row.try_get(5)?,
        totp_confirmed_at_ms: row.try_get(6)?,
        totp_last_step: row.try_get(7)?,
        operator_since_ms: row.try_get(8)?,
        created_at_ms: row.try_get(9)?,
    })
}

/// Adds a person. [`StoreError::Taken`] when the address has an account.
pub async fn insert(db: &mut AnyConnection, account: &Account) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO accounts (id, email, name, password_hash, email_verified_at_ms, totp_sealed, \
         totp_confirmed_at_ms, totp_last_step, operator_since_ms, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&account.id)
    .bind(&account.email)
    .bind(&account.name)
    .bind(&account.password_hash)
    .bind(account.email_verified_at_ms)
    .bind(&account.totp_sealed)
    .bind(account.totp_confirmed_at_ms)
    .bind(account.totp_last_step)
    .bind(account.operator_since_ms)
    .bind(account.created_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The person with this id.
pub async fn get(db: &mut AnyConnection, id: &str) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1");
    one(db, sql, id).await
}

/// The person with this address, which must be lower case.
pub async fn by_email(db: &mut AnyConnection, email: &str) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE email = $1");
    one(db, sql, email).await
}

async fn one(
    db: &mut AnyConnection,
    sql: String,
    key: &str,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(key).fetch_optional(db).await?;
    row.as_ref().map(account).transpose()
}

/// People, by address, which is the cursor; with `search`, those with it in address or name.
pub async fn list(
    db: &mut AnyConnection,
    search: &str,
    page: &Page,
) -> Result<Paged<Account>, StoreError> {
    const WHERE: &str =
        "(email LIKE $1 ESCAPE '!' OR LOWER(name) LIKE $1 ESCAPE '!') AND email > $2";
    let search = search.to_lowercase();
    let search = search.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let pattern = format!("%{search}%");
    let rows = format!("SELECT {COLUMNS} FROM accounts WHERE {WHERE} ORDER BY email LIMIT $3");
    let rows = sqlx::query(sqlx::AssertSqlSafe(rows)).bind(&pattern).bind(page.after_text());
    let rows = rows.bind(page.limit()).fetch_all(&mut *db).await?;
    let rows = rows.iter().map(account).collect::<Result<_, _>>()?;
    let total = format!("SELECT COUNT(*) FROM accounts WHERE {WHERE}");
    let total = sqlx::query(sqlx::AssertSqlSafe(total)).bind(&pattern).bind("");
    let total = total.fetch_one(db).await?.try_get(0)?;
    Ok(page.cut(rows, total, |account: &Account| account.email.clone()))
}

/// Writes every changeable field of `account`.
pub async fn update(db: &mut AnyConnection, account: &Account) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET email = $2, name = $3, password_hash = $4, \
         email_verified_at_ms = $5, totp_sealed = $6, totp_confirmed_at_ms = $7, \
         totp_last_step = $8, operator_since_ms = $9 WHERE id = $1",
    )
    .bind(&account.id)
    .bind(&account.email)
    .bind(&account.name)
    .bind(&account.password_hash)
    .bind(account.email_verified_at_ms)
    .bind(&account.totp_sealed)
    .bind(account.totp_confirmed_at_ms)
    .bind(account.totp_last_step)
    .bind(account.operator_since_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a person with everything that is theirs alone.
pub async fn delete(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM accounts WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}

/// How many run the platform.
pub async fn operators(db: &mut AnyConnection) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM accounts WHERE operator_since_ms IS NOT NULL");
    Ok(row.fetch_one(db).await?.try_get(0)?)
}

/// Replaces the recovery codes of the second factor by those with these hashes.
pub async fn set_recovery_codes(
    db: &mut AnyConnection,
    id: &str,
    hashes: &[String],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1")
        .bind(id)
        .execute(&mut *db)
        .await?;
    for hash in hashes {
        sqlx::query("INSERT INTO recovery_codes (account_id, code_hash) VALUES ($1, $2)")
            .bind(id)
            .bind(hash)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Uses up the recovery code with this hash; `false` when there is no unused one.
pub async fn use_recovery_code(
    db: &mut AnyConnection,
    id: &str,
    hash: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE recovery_codes SET used_at_ms = $3 \
         WHERE account_id = $1 AND code_hash = $2 AND used_at_ms IS NULL",
    )
    .bind(id)
    .bind(hash)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Recovery codes that are left.
pub async fn recovery_codes_left(db: &mut AnyConnection, id: &str) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM recovery_codes WHERE account_id = $1 AND used_at_ms IS NULL",
    )
    .bind(id)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// Notes that a code of time step `step` was taken; `false` when one of it, or of a later one, was
/// taken before.
pub async fn take_step(db: &mut AnyConnection, id: &str, step: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE accounts SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2",
    )
    .bind(id)
    .bind(step)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The partner of whose team this person is the only admin, although others are in it.
pub async fn only_admin_of(db: &mut AnyConnection, id: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT p.name FROM partner_members m JOIN partners p ON p.id = m.partner_id \
         WHERE m.account_id = $1 AND m.role = 'admin' AND EXISTS (SELECT 1 FROM partner_members o \
         WHERE o.partner_id = m.partner_id AND o.account_id <> $1) AND NOT EXISTS (SELECT 1 \
         FROM partner_members o WHERE o.partner_id = m.partner_id AND o.account_id <> $1 \
         AND o.role = 'admin') ORDER BY p.name",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
