//! What stands in the books of every schema that this destination loads into.

use destination_kit::{History, Receipt, SyncReport, SyncStatus};
use tokio_postgres::Client;

use super::{fault::Trouble, name::quoted};

/// Schemas that are looked into.
const SCHEMAS_MAX: i64 = 200;

/// The newest `limit` entries of the history of `owner`, and its receipts.
pub async fn read(client: &Client, owner: &str, limit: usize) -> Result<History, Trouble> {
    let schemas = client
        .query(
            "SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relname = '_headwater_syncs' AND c.relkind = 'r' \
             AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1 LIMIT $1",
            &[&SCHEMAS_MAX],
        )
        .await?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut history = History::default();
    for schema in &schemas {
        let schema: &str = schema.get(0);
        let books = quoted(schema);
        let receipt = client
            .query_opt(
                &format!(
                    "SELECT source, {}, {}, messages, rows FROM {books}._headwater_receipts \
                     WHERE destination = $1",
                    ms("complete_until"),
                    ms("loaded_until")
                ),
                &[&owner],
            )
            .await?;
        let Some(receipt) = receipt else { continue };
        let source: String = receipt.get(0);
        let count = |number: i64| number.max(0).cast_unsigned();
        history.receipts.push(Receipt {
            source: source.clone(),
            complete_until_ms: receipt.get(1),
            loaded_until_ms: receipt.get(2),
            messages: count(receipt.get(3)),
            rows: count(receipt.get(4)),
        });
        let syncs = client
            .query(
                &format!(
                    "SELECT status, {}, {}, loads, messages, rows, notices, error \
                     FROM {books}._headwater_syncs WHERE destination = $1 \
                     ORDER BY started_at DESC LIMIT $2",
                    ms("started_at"),
                    ms("finished_at")
                ),
                &[&owner, &most],
            )
            .await?;
        history.syncs.extend(syncs.iter().map(|row| SyncReport {
            source: source.clone(),
            status: match row.get(0) {
                "success" => SyncStatus::Success,
                "partial" => SyncStatus::Partial,
                _ => SyncStatus::Failure,
            },
            started_at_ms: row.get::<_, Option<i64>>(1).unwrap_or_default(),
            ended_at_ms: row.get::<_, Option<i64>>(2).unwrap_or_default(),
            loads: count(row.get(3)),
            messages: count(row.get(4)),
            rows: count(row.get(5)),
            notices: row.get(6),
            error: row.get(7),
        }));
    }
    history.syncs.sort_by_key(|sync| std::cmp::Reverse(sync.started_at_ms));
    history.syncs.truncate(limit);
    Ok(history)
}

/// A time in Unix milliseconds.
fn ms(column: &str) -> String {
    format!("(extract(epoch FROM {column}) * 1000)::bigint")
}
