//! Who changed what, in chains that cannot be edited unnoticed: each entry's hash covers the one
//! before it.

use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Fresh, Page, Paged, StoreError, conditions::Conditions, fresh::hex};

/// One change to note down.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// The chain: a workspace's or partner's id, or `platform`.
    pub scope: &'a str,
    /// In the field's words: `Source Created`.
    pub kind: &'a str,
    /// Id of the account or token, or `headwater`.
    pub actor: &'a str,
    /// Of the account, when it is one.
    pub actor_email: Option<&'a str>,
    /// `SOURCE`, `WORKSPACE` …
    pub resource_type: &'a str,
    /// Its id.
    pub resource_id: &'a str,
    /// Its name at the time.
    pub resource_name: &'a str,
    /// As it was, JSON, without secrets.
    pub before: Option<String>,
    /// As it is, JSON, without secrets.
    pub after: Option<String>,
}

/// One change noted down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the chain, from 1.
    pub number: i64,
    /// `aud_…`
    pub id: String,
    /// When.
    pub at_ms: i64,
    /// See [`Change::kind`].
    pub kind: String,
    /// See [`Change::actor`].
    pub actor: String,
    /// See [`Change::actor_email`].
    pub actor_email: Option<String>,
    /// See [`Change::resource_type`].
    pub resource_type: String,
    /// See [`Change::resource_id`].
    pub resource_id: String,
    /// See [`Change::resource_name`].
    pub resource_name: String,
    /// See [`Change::before`].
    pub before: Option<String>,
    /// See [`Change::after`].
    pub after: Option<String>,
    /// SHA-256 over the hash before and this entry, hex.
    pub hash: String,
}

/// Which entries of a chain. Empty text means any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// From this time on.
    pub from_ms: Option<i64>,
    /// Before this time.
    pub to_ms: Option<i64>,
    /// Of this kind.
    pub kind: String,
    /// By this actor (id or e-mail).
    pub actor: String,
    /// On a resource of this type.
    pub resource_type: String,
    /// On this resource.
    pub resource_id: String,
}

const COLUMNS: &str = "number, id, at_ms, type, actor, actor_email, resource_type, resource_id, \
    resource_name, before, after, hash";

fn entry(row: &AnyRow) -> Result<Entry, StoreError> {
    Ok(Entry {
        number: row.try_get(0)?,
        id: row.try_get(1)?,
        at_ms: row.try_get(2)?,
        kind: row.try_get(3)?,
        actor: row.try_get(4)?,
        actor_email: row.try_get(5)?,
        resource_type: row.try_get(6)?,
        resource_id: row.try_get(7)?,
        resource_name: row.try_get(8)?,
        before: row.try_get(9)?,
        after: row.try_get(10)?,
        hash: row.try_get(11)?,
    })
}

/// Notes `change` down, in the transaction that makes it.
pub async fn record(
    db: &mut AnyConnection,
    fresh: &Fresh,
    now_ms: i64,
    change: Change<'_>,
) -> Result<(), StoreError> {
    let last =
        sqlx::query("SELECT number, hash FROM audit WHERE scope = $1 ORDER BY number DESC LIMIT 1")
            .bind(change.scope)
            .fetch_optional(&mut *db)
            .await?;
    let (number, before_hash) = match last {
        Some(row) => (row.try_get::<i64, _>(0)?, row.try_get(1)?),
        None => (0, String::new()),
    };
    let mut entry = Entry {
        number: number + 1,
        id: fresh.id("aud"),
        at_ms: now_ms,
        kind: change.kind.to_owned(),
        actor: change.actor.to_owned(),
        actor_email: change.actor_email.map(str::to_owned),
        resource_type: change.resource_type.to_owned(),
        resource_id: change.resource_id.to_owned(),
        resource_name: change.resource_name.to_owned(),
        before: change.before,
        after: change.after,
        hash: String::new(),
    };
    entry.hash = hash_of(&before_hash, change.scope, &entry);
    sqlx::query(
        "INSERT INTO audit (scope, number, id, at_ms, type, actor, actor_email, resource_type, \
         resource_id, resource_name, before, after, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(change.scope)
    .bind(entry.number)
    .bind(&entry.id)
    .bind(entry.at_ms)
    .bind(&entry.kind)
    .bind(&entry.actor)
    .bind(&entry.actor_email)
    .bind(&entry.resource_type)
    .bind(&entry.resource_id)
    .bind(&entry.resource_name)
    .bind(&entry.before)
    .bind(&entry.after)
    .bind(&entry.hash)
    .execute(db)
    .await?;
    Ok(())
}

/// Entries of a chain, newest first. The cursor is the number.
pub async fn list(
    db: &mut AnyConnection,
    scope: &str,
    filter: &Filter,
    page: &Page,
) -> Result<Paged<Entry>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("scope", scope);
    let chosen = [
        ("type", &filter.kind),
        // An address is no id.
        (if filter.actor.contains('@') { "actor_email" } else { "actor" }, &filter.actor),
        ("resource_type", &filter.resource_type),
        ("resource_id", &filter.resource_id),
    ];
    let mut whole = true;
    for (column, value) in chosen.into_iter().filter(|(_, value)| !value.is_empty()) {
        wanted.equal(column, value);
        whole = false;
    }
    for (sign, bound) in [(">=", filter.from_ms), ("<", filter.to_ms)] {
        if let Some(at_ms) = bound {
            wanted.and(&format!("at_ms {sign} {at_ms}"));
            whole = false;
        }
    }
    let total = match whole {
        // Numbers of a chain have no gaps: the last one says how many there are.
        true => {
            let last = wanted.query("SELECT MAX(number) FROM audit WHERE scope = $1");
            last.fetch_one(&mut *db).await?.try_get::<Option<i64>, _>(0)?.unwrap_or_default()
        }
        false => wanted.count("audit", db).await?,
    };
    wanted.and(&format!("number < {}", page.before_number()));
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE {} ORDER BY number DESC", wanted.sql());
    let rows = wanted.limited(&sql, page).fetch_all(db).await?;
    let rows = rows.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |entry: &Entry| entry.number.to_string()))
}

/// Reads a chain from its start; the number of the first entry that was altered, or whose
/// predecessor is missing.
pub async fn verify(db: &mut AnyConnection, scope: &str) -> Result<Option<i64>, StoreError> {
    const STEP: i64 = 1000;
    let (mut number, mut hash) = (0, String::new());
    loop {
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE scope = $1 AND number > $2 ORDER BY number LIMIT $3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(scope).bind(number).bind(STEP);
        let rows = rows.fetch_all(&mut *db).await?;
        for row in &rows {
            let entry = entry(row)?;
            if entry.number != number + 1 || entry.hash != hash_of(&hash, scope, &entry) {
                return Ok(Some(entry.number));
            }
            (number, hash) = (entry.number, entry.hash);
        }
        if rows.is_empty() {
            return Ok(None);
        }
    }
}

fn hash_of(before_hash: &str, scope: &str, entry: &Entry) -> String {
    let mut hasher = Sha256::new();
    let number = entry.number.to_string();
    let at_ms = entry.at_ms.to_string();
    let fields = [
        Some(before_hash),
        Some(scope),
        Some(&number),
        Some(&entry.id),
        Some(&at_ms),
        Some(&entry.kind),
        Some(&entry.actor),
        entry.actor_email.as_deref(),
        Some(&entry.resource_type),
        Some(&entry.resource_id),
        Some(&entry.resource_name),
        entry.before.as_deref(),
        entry.after.as_deref(),
    ];
    for field in fields {
        // Length first, so that no two entries read as the same bytes; absent is not empty.
        match field {
            Some(text) => {
                hasher.update([1]);
                hasher.update((text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
            None => hasher.update([0]),
        }
    }
    hex(&hasher.finalize())
}
