//! The rows of `users` and `accounts`: the latest of each trait, in whatever order they arrive.
//!
//! Pure. Each value comes with the time at which it was received. A batch is drawn together to
//! one row for each id; Postgres compares column by column with the times that stand in `_times`.

use std::{collections::HashMap, fmt::Write as _};

use super::{
    layout::{Batch, Layout},
    name::quoted,
    rows::{Cells, extra, id_text},
    table::{EXTRA, LOADED, TIMES, Table},
    value::{ColumnType, Shape, plain},
};

/// Rows to be merged into a table.
pub struct Merge {
    pub sql: String,
    /// One list of texts for each parameter of the statement.
    pub parameters: Vec<Vec<Option<String>>>,
    pub rows: usize,
    pub extras: usize,
}

/// What a batch says of one id.
struct Latest {
    received_at_ms: i64,
    /// By the column's number; `None` is null.
    values: HashMap<u32, (i64, Option<String>)>,
    extra: Option<(i64, String)>,
}

/// Draws together the rows that `batch` has for the table of this number, and says how Postgres
/// merges them.
pub fn merge(layout: &Layout, batch: &Batch, schema: &str, at: usize) -> Option<Merge> {
    let table = &layout.tables[at];
    let id = table.id()?;
    let received = table.number_of("received_at")?;
    let mut by_id: HashMap<String, Latest> = HashMap::new();
    let mut cells = Cells::of(table);
    let mut extras = 0;
    // the earliest first, and among equals the order of the log
    let mut order: Vec<usize> = (0..batch.rows[at].len()).collect();
    order.sort_by_key(|row| batch.reads[batch.rows[at][*row].message].received_at_ms);
    for row in order {
        let row = &batch.rows[at][row];
        let time = batch.reads[row.message].received_at_ms;
        cells.fill(layout, batch, row);
        let Some(key) = cells.columns[id as usize] else { continue };
        let key = id_text(layout.raw(batch, row, key.origin, &key.leaf), None);
        let latest = by_id.entry(key).or_insert_with(|| Latest {
            received_at_ms: time,
            values: HashMap::new(),
            extra: None,
        });
        latest.received_at_ms = time;
        for column in 0..cells.columns.len() as u32 {
            let cell = cells.columns[column as usize];
            let Some(cell) = cell.filter(|_| column != id && column != received) else { continue };
            let Some(column_type) = table.columns[column as usize].wanted else { continue };
            let raw = layout.raw(batch, row, cell.origin, &cell.leaf);
            match plain(column_type, cell.leaf.shape, raw) {
                Some(value) => {
                    let text = String::from_utf8_lossy(&value.text).into_owned();
                    latest.values.insert(column, (time, Some(text)));
                }
                None if cell.leaf.shape == Shape::Null => {
                    latest.values.insert(column, (time, None));
                }
                None => cells.refuse(column),
            }
        }
        extras += cells.extras.len();
        if let Some(json) = extra(layout, batch, row, &cells.extras).filter(|_| table.keeps_extra())
        {
            latest.extra = Some((time, String::from_utf8_lossy(&json).into_owned()));
        }
    }
    if by_id.is_empty() {
        return None;
    }
    let touched = table.touched(layout.batch);
    let columns: Vec<u32> =
        touched.into_iter().filter(|column| *column != id && *column != received).collect();
    let rows = by_id.len();
    let sql = statement(schema, table, &columns);
    Some(Merge { sql, parameters: parameters(table, &columns, by_id), rows, extras })
}

/// `$1` ids, `$2` times of receipt, `$3` `_times`, `$4` `_extra`, then the columns.
fn parameters(
    table: &Table,
    columns: &[u32],
    by_id: HashMap<String, Latest>,
) -> Vec<Vec<Option<String>>> {
    let mut by_id: Vec<(String, Latest)> = by_id.into_iter().collect();
    // one order for all who merge: nobody waits for one who waits for him
    by_id.sort_by(|a, b| a.0.cmp(&b.0));
    let mut parameters = vec![Vec::with_capacity(by_id.len()); 4 + columns.len()];
    for (id, mut latest) in by_id {
        let mut times = String::from("{");
        let mut put = |name: &str, time: i64| {
            let comma = if times.len() > 1 { "," } else { "" };
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = write!(times, "{comma}\"{name}\":{time}");
        };
        for (at, column) in columns.iter().enumerate() {
            let value = latest.values.remove(column);
            if let Some((time, _)) = &value {
                put(&table.columns[*column as usize].name, *time);
            }
            parameters[4 + at].push(value.and_then(|(_, text)| text));
        }
        // columns that are not there yet, and were said to be null
        for (column, (time, _)) in latest.values {
            put(&table.columns[column as usize].name, time);
        }
        if let Some((time, _)) = &latest.extra {
            put(EXTRA, *time);
        }
        times.push('}');
        let mut received_at = Vec::new();
        spec::format_iso(latest.received_at_ms, &mut received_at);
        parameters[0].push(Some(id));
        parameters[1].push(String::from_utf8(received_at).ok());
        parameters[2].push(Some(times));
        parameters[3].push(latest.extra.map(|(_, json)| json));
    }
    parameters
}

/// A column is set by whoever said it last. `_times` remembers when that was, for every column
/// that was ever said.
fn statement(schema: &str, table: &Table, columns: &[u32]) -> String {
    let into = format!("{}.{}", quoted(schema), quoted(&table.name));
    let named = columns.iter().map(|at| &table.columns[*at as usize]);
    let (mut names, mut casts, mut lists, mut aliases, mut sets) =
        (String::new(), String::new(), String::new(), String::new(), String::new());
    let set = |sets: &mut String, name: &str| {
        let (column, key) = (quoted(name), name.replace('\'', "''"));
        let _ = write!(
            sets,
            ", {column} = CASE WHEN (EXCLUDED.{TIMES}->>'{key}')::bigint >= \
             coalesce((t.{TIMES}->>'{key}')::bigint, -9223372036854775808) \
             THEN EXCLUDED.{column} ELSE t.{column} END"
        );
    };
    set(&mut sets, EXTRA);
    for (n, column) in named.enumerate() {
        let name = quoted(&column.name);
        let sql = match column.wanted {
            Some(ColumnType::Int(16)) => "smallint",
            Some(ColumnType::Int(32)) => "integer",
            Some(ColumnType::Float(32)) => "real",
            Some(wanted) => wanted.sql(),
            None => "text",
        };
        let _ = write!(names, ", {name}");
        let _ = write!(casts, ", c{n}::{sql}");
        let _ = write!(lists, ", ${}::text[]", n + 5);
        let _ = write!(aliases, ", c{n}");
        set(&mut sets, &column.name);
    }
    format!(
        "INSERT INTO {into} AS t (id, received_at, {TIMES}, {EXTRA}{names}) \
         SELECT id, received_at::timestamptz, times::jsonb, extra{casts} \
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]{lists}) \
         AS said (id, received_at, times, extra{aliases}) \
         ON CONFLICT (id) DO UPDATE SET \
         received_at = greatest(t.received_at, EXCLUDED.received_at), {LOADED} = now(), \
         {TIMES} = CASE \
         WHEN NOT EXISTS (SELECT FROM jsonb_each_text(EXCLUDED.{TIMES}) AS said \
         WHERE said.value::bigint < coalesce((t.{TIMES}->>said.key)::bigint, said.value::bigint)) \
         THEN coalesce(t.{TIMES}, '{{}}') || EXCLUDED.{TIMES} \
         ELSE coalesce(t.{TIMES}, '{{}}') || (SELECT jsonb_object_agg(said.key, greatest(\
         said.value::bigint, coalesce((t.{TIMES}->>said.key)::bigint, said.value::bigint))) \
         FROM jsonb_each_text(EXCLUDED.{TIMES}) AS said) END{sets}"
    )
}
