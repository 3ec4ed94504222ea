//! Sealing anew what an older key sealed, so that the older key can be dropped.

use sqlx::{AnyConnection, Row};

use crate::{Db, Fresh, Sealer, StoreError};

/// Rows that one transaction takes, so that others need not wait long.
const BATCH: i64 = 200;

/// A column with sealed values, and what they are sealed for: a prefix and the row's key.
struct Column {
    table: &'static str,
    name: &'static str,
    owner: &'static str,
    key: &'static str,
}

const COLUMNS: [Column; 8] = [
    Column { table: "accounts", name: "totp_sealed", owner: "totp", key: "id" },
    Column { table: "sources", name: "secrets_sealed", owner: "source", key: "id" },
    Column { table: "destinations", name: "secrets_sealed", owner: "destination", key: "id" },
    Column { table: "alerts", name: "webhook_sealed", owner: "alert", key: "id" },
    Column {
        table: "destination_salts",
        name: "sealed",
        owner: "destination-salt",
        key: "destination_id",
    },
    Column { table: "signing_keys", name: "sealed", owner: "signing-key", key: "id" },
    Column { table: "test_accounts", name: "sealed", owner: "test-account", key: "integration_id" },
    Column {
        table: "idempotency",
        name: "body",
        owner: "idempotency",
        key: "actor || '/' || idempotency_key",
    },
];

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values that the newest key seals now.
    pub anew: u64,
    /// Values that no key opens; they stay as they are.
    pub closed: u64,
}

/// Seals every value anew that the newest key did not seal. Others may read and write meanwhile.
pub async fn reseal(db: &Db, sealer: &Sealer, fresh: &Fresh) -> Result<Resealed, StoreError> {
    let mut all = Resealed::default();
    for column in &COLUMNS {
        let mut after = String::new();
        loop {
            let mut write = db.write().await?;
            let rows = old(&mut write, column, sealer, &after).await?;
            let Some((last, _)) = rows.last() else { break };
            after.clone_from(last);
            for (key, sealed) in rows {
                let owner = format!("{}/{key}", column.owner);
                let Ok(secret) = sealer.open(&owner, &sealed) else {
                    all.closed += 1;
                    continue;
                };
                let anew = sealer.seal(fresh, &owner, &secret);
                replace(&mut write, column, &key, &anew).await?;
                all.anew += 1;
            }
            write.commit().await?;
        }
    }
    Ok(all)
}

/// Key and value of the next rows that the newest key did not seal.
async fn old(
    db: &mut AnyConnection,
    column: &Column,
    sealer: &Sealer,
    after: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let Column { table, name, key, .. } = column;
    let sql = format!(
        "SELECT {key}, {name} FROM {table} WHERE {key} > $1 AND {name} <> '' \
         AND {name} NOT LIKE $2 ORDER BY {key} LIMIT {BATCH}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after);
    let rows = rows.bind(format!("{}.%", sealer.newest())).fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

async fn replace(
    db: &mut AnyConnection,
    column: &Column,
    key: &str,
    sealed: &str,
) -> Result<(), StoreError> {
    let sql = format!("UPDATE {} SET {} = $2 WHERE {} = $1", column.table, column.name, column.key);
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(key).bind(sealed).execute(db).await?;
    Ok(())
}
