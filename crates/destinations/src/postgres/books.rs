//! The books beside the rows: which messages were loaded, how far that is complete, what each
//! minute brought.
//!
//! Pure, but for the one statement that takes bytes.

use tokio_postgres::Client;

use super::{fault::Trouble, loader::time_literal, loads::Load, name::quoted};

/// How long the history is kept, in days.
const HISTORY_DAYS: i64 = 30;
/// Between two looks at what is too old.
pub const SWEEP_EVERY_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// What one load brought.
#[derive(Debug, Default)]
pub struct Counted {
    pub messages: usize,
    pub rows: u64,
    /// Values in `_extra`.
    pub extras: usize,
}

/// Loads that came to nothing, one after the other.
#[derive(Debug)]
pub struct Failed {
    began_ms: i64,
    ended_ms: i64,
    loads: usize,
    messages: usize,
    error: String,
}

impl Failed {
    pub fn new(began_ms: i64) -> Self {
        Failed { began_ms, ended_ms: began_ms, loads: 0, messages: 0, error: String::new() }
    }

    /// One more.
    pub fn again(&mut self, ended_ms: i64, messages: usize, error: String) {
        self.loads += 1;
        (self.ended_ms, self.messages, self.error) = (ended_ms, messages, error);
    }
}

/// Notes the messages of a load.
pub async fn insert_load(
    client: &Client,
    schema: &str,
    owner: &str,
    load: &Load,
    messages: usize,
) -> Result<(), Trouble> {
    let insert = format!(
        "INSERT INTO {}._headwater_loads (destination, first_position, last_position, messages, \
         received_until, positions) VALUES ($1, $2, $3, $4, {}, $5)",
        quoted(schema),
        time_literal(load.received_until_ms)
    );
    let (first, last) = (load.first.cast_signed(), load.last.cast_signed());
    let messages = i64::try_from(messages).unwrap_or(i64::MAX);
    client.execute(&insert, &[&owner, &first, &last, &messages, &load.positions]).await?;
    Ok(())
}

/// Adds a load to the receipt.
pub fn receipt(
    schema: &str,
    owner: &str,
    slug: &str,
    received_until_ms: i64,
    counted: &Counted,
) -> String {
    format!(
        "UPDATE {}._headwater_receipts SET source = {}, loaded_until = greatest(loaded_until, {}), \
         messages = messages + {}, rows = rows + {}, updated_at = now() WHERE destination = {}",
        quoted(schema),
        text_literal(slug),
        time_literal(received_until_ms),
        counted.messages,
        counted.rows,
        text_literal(owner)
    )
}

/// Forgets loads that end before `before`, and completes the receipt up to `until_ms`.
pub fn settle(schema: &str, owner: &str, before: u64, until_ms: Option<i64>) -> String {
    let (schema, owner) = (quoted(schema), text_literal(owner));
    let before = before.min(i64::MAX.cast_unsigned());
    let delete = format!(
        "DELETE FROM {schema}._headwater_loads WHERE destination = {owner} \
         AND last_position < {before}"
    );
    let Some(until_ms) = until_ms else { return delete };
    format!(
        "{delete}; UPDATE {schema}._headwater_receipts SET complete_until = \
         greatest(complete_until, {}), updated_at = now() WHERE destination = {owner}",
        time_literal(until_ms)
    )
}

/// Adds a load to the minute in which it began.
pub fn sync(
    schema: &str,
    owner: &str,
    (began_ms, ended_ms): (i64, i64),
    counted: &Counted,
    notices: &str,
) -> String {
    let status = if notices.is_empty() { "success" } else { "partial" };
    let notices = if notices.is_empty() { "NULL".to_owned() } else { text_literal(notices) };
    history(
        schema,
        owner,
        &[
            &time_literal(began_ms - began_ms.rem_euclid(MINUTE_MS)),
            &text_literal(status),
            &time_literal(began_ms),
            &time_literal(ended_ms),
            "1",
            &counted.messages.to_string(),
            &counted.rows.to_string(),
            &counted.extras.to_string(),
            &notices,
            "NULL",
        ],
    )
}

/// Notes loads that came to nothing, once one can be noted again.
pub fn failure(schema: &str, owner: &str, failed: &Failed) -> String {
    history(
        schema,
        owner,
        &[
            &time_literal(failed.began_ms - failed.began_ms.rem_euclid(MINUTE_MS)),
            "'failure'",
            &time_literal(failed.began_ms),
            &time_literal(failed.ended_ms),
            &failed.loads.to_string(),
            &failed.messages.to_string(),
            "0",
            "0",
            "NULL",
            &text_literal(&failed.error),
        ],
    )
}

fn history(schema: &str, owner: &str, values: &[&str]) -> String {
    format!(
        "INSERT INTO {}._headwater_syncs AS s (destination, minute, status, started_at, \
         finished_at, loads, messages, rows, extra_values, notices, error) VALUES ({}, {}) \
         ON CONFLICT (destination, minute, status) DO UPDATE SET \
         finished_at = EXCLUDED.finished_at, loads = s.loads + EXCLUDED.loads, \
         messages = s.messages + EXCLUDED.messages, rows = s.rows + EXCLUDED.rows, \
         extra_values = s.extra_values + EXCLUDED.extra_values, \
         notices = coalesce(EXCLUDED.notices, s.notices), error = EXCLUDED.error",
        quoted(schema),
        text_literal(owner),
        values.join(", ")
    )
}

/// Deletes history that is too old.
pub fn sweep(schema: &str, owner: &str, now_ms: i64) -> String {
    format!(
        "DELETE FROM {}._headwater_syncs WHERE destination = {} AND minute < {}",
        quoted(schema),
        text_literal(owner),
        time_literal(now_ms - HISTORY_DAYS * DAY_MS)
    )
}

/// Text as it stands in SQL, whatever the server takes a backslash for.
fn text_literal(text: &str) -> String {
    let text = text.replace('\0', "").replace('\\', "\\\\").replace('\'', "''");
    format!("E'{text}'")
}
