//! What stands in Postgres, and what has to be made there: every statement that is no row.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    sync::Arc,
};

use tokio_postgres::Client;

use super::{
    fault::Trouble,
    layout::Layout,
    loads::{Load, Loads},
    name::{BOOKS, quoted},
    selection::Selection,
    table::{EXTRA, LOADED, Standing, TIMES, Table},
    value::ColumnType,
};

/// A table that takes more is not written anew to widen a column.
const WIDENED_BYTES_MAX: i64 = 256 * 1024 * 1024;

/// The tables in which a source's schema says what was loaded.
const BOOKKEEPING: &str = "\
    CREATE TABLE IF NOT EXISTS {schema}._headwater_loads (\
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, destination text NOT NULL, \
    first_position bigint NOT NULL, last_position bigint NOT NULL, messages bigint NOT NULL, \
    received_until timestamptz NOT NULL, positions bytea NOT NULL, \
    loaded_at timestamptz NOT NULL DEFAULT now()); \
    CREATE TABLE IF NOT EXISTS {schema}._headwater_receipts (\
    destination text PRIMARY KEY, source_id text NOT NULL, source text NOT NULL, \
    complete_until timestamptz, loaded_until timestamptz, messages bigint NOT NULL DEFAULT 0, \
    rows bigint NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL DEFAULT now()); \
    CREATE TABLE IF NOT EXISTS {schema}._headwater_syncs (\
    destination text NOT NULL, minute timestamptz NOT NULL, status text NOT NULL, \
    started_at timestamptz NOT NULL, finished_at timestamptz NOT NULL, loads bigint NOT NULL, \
    messages bigint NOT NULL, rows bigint NOT NULL, extra_values bigint NOT NULL, notices text, \
    error text, PRIMARY KEY (destination, minute, status))";

/// Makes the schema and its books, as far as they are not there.
pub async fn make_books(client: &Client, schema: &str) -> Result<(), Trouble> {
    // asked first: who may not make any may still use what is there
    let found = client
        .query_one(
            "SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL",
            &[&quoted(schema), &format!("{}._headwater_syncs", quoted(schema))],
        )
        .await?;
    if !found.get::<_, bool>(0) {
        client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema))).await?;
    }
    if !found.get::<_, bool>(1) {
        client.batch_execute(&BOOKKEEPING.replace("{schema}", &quoted(schema))).await?;
    }
    Ok(())
}

/// Makes the schema this source's. `false` when it is another's already.
pub async fn claim(
    client: &Client,
    schema: &str,
    owner: &str,
    (id, slug): (&str, &str),
) -> Result<bool, Trouble> {
    let receipts = format!("{}._headwater_receipts", quoted(schema));
    let others = format!("SELECT FROM {receipts} WHERE source_id <> $1 LIMIT 1");
    if client.query_opt(&others, &[&id]).await?.is_some() {
        return Ok(false);
    }
    let claim = format!(
        "INSERT INTO {receipts} (destination, source_id, source) VALUES ($1, $2, $3) \
         ON CONFLICT (destination) DO NOTHING"
    );
    client.execute(&claim, &[&owner, &id, &slug]).await?;
    Ok(true)
}

/// Reads which tables there are.
pub async fn read_layout(
    client: &Client,
    schema: &str,
    slug: &str,
    selection: Arc<Selection>,
    tables_max: usize,
) -> Result<Layout, Trouble> {
    let rows = client
        .query(
            "SELECT c.relname::text, c.relkind IN ('r', 'p'), \
             EXISTS (SELECT FROM pg_index i JOIN pg_attribute k \
               ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0] \
               WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL \
               AND i.indnkeyatts = 1 AND k.attname = 'id'), \
             a.attname::text, a.atttypid, a.atttypmod, a.attisdropped, \
             a.attgenerated <> '' OR a.attidentity = 'a' \
             FROM pg_class c LEFT JOIN pg_attribute a \
             ON a.attrelid = c.oid AND a.attnum > 0 AND c.relkind IN ('r', 'p') \
             WHERE c.relnamespace = to_regnamespace($1) AND NOT starts_with(c.relname::text, $2) \
             ORDER BY c.relname, a.attnum",
            &[&quoted(schema), &BOOKS],
        )
        .await?;
    let mut taken = HashSet::new();
    let mut tables: BTreeMap<String, Standing> = BTreeMap::new();
    for row in rows {
        let name: String = row.get(0);
        if !row.get::<_, bool>(1) {
            taken.insert(name);
            continue;
        }
        let table = tables.entry(name.clone()).or_insert_with(|| Standing {
            name,
            keyed: row.get(2),
            ..Standing::default()
        });
        let Some(column) = row.get::<_, Option<String>>(3) else { continue };
        table.numbered += 1;
        let (dropped, computed): (bool, bool) = (row.get(6), row.get(7));
        if !dropped {
            let own = column_type(row.get(4), row.get(5));
            table.columns.push((column, if computed { ColumnType::Other } else { own }));
        }
    }
    Ok(Layout::new(slug, selection, tables.into_values().collect(), taken, tables_max))
}

/// Reads which messages were loaded.
pub async fn read_loads(client: &Client, schema: &str, owner: &str) -> Result<Loads, Trouble> {
    let select = format!(
        "SELECT first_position, last_position, positions, \
         floor(extract(epoch FROM received_until) * 1000)::bigint \
         FROM {}._headwater_loads WHERE destination = $1",
        quoted(schema)
    );
    let mut loads = Loads::default();
    for row in client.query(&select, &[&owner]).await? {
        loads.add(Load {
            first: row.get::<_, i64>(0).cast_unsigned(),
            last: row.get::<_, i64>(1).cast_unsigned(),
            positions: row.get(2),
            received_until_ms: row.get(3),
        });
    }
    Ok(loads)
}

/// Makes what the batch that `layout` read last needs. What cannot be widened is left as it is,
/// and said.
pub async fn make(
    client: &Client,
    schema: &str,
    layout: &mut Layout,
) -> Result<Vec<String>, Trouble> {
    let (mut sql, mut notices) = (String::new(), Vec::new());
    let batch = layout.batch;
    for table in &mut layout.tables {
        let touched = table.touched(batch);
        if touched.is_empty() {
            continue;
        }
        let into = format!("{}.{}", quoted(schema), quoted(&table.name));
        if !table.stands {
            create(&mut sql, &into, table);
            continue;
        }
        add(&mut sql, &into, table, &touched);
        for at in touched {
            let column = &table.columns[at as usize];
            if let (Some(from), Some(to)) = (column.stands, column.wanted)
                && from != to
            {
                let refused = widen(client, &into, &column.name, from, to).await?;
                if let Some(why) = refused {
                    let column = &mut table.columns[at as usize];
                    notices.push(format!(
                        "{}.{} stays {}, and what does not fit stands in {EXTRA}: {why}",
                        table.name,
                        column.name,
                        from.sql()
                    ));
                    (column.wanted, column.fixed) = (Some(from), true);
                }
            }
        }
    }
    if !sql.is_empty() {
        client.batch_execute(&sql).await?;
    }
    layout.stands();
    Ok(notices)
}

fn create(sql: &mut String, into: &str, table: &Table) {
    let _ = write!(sql, "CREATE TABLE IF NOT EXISTS {into} (");
    for column in &table.columns {
        if let Some(wanted) = column.wanted {
            let key = if column.name == "id" { " PRIMARY KEY" } else { "" };
            let _ = write!(sql, "{} {}{key}, ", quoted(&column.name), wanted.sql());
        }
    }
    let _ = write!(sql, "{LOADED} timestamptz DEFAULT now(), {EXTRA} text");
    if table.holds.latest() {
        let _ = write!(sql, ", {TIMES} jsonb); ");
    } else {
        // rows come in the order of time, for which this index costs next to nothing
        let _ = write!(sql, "); CREATE INDEX ON {into} USING brin (received_at); ");
    }
}

fn add(sql: &mut String, into: &str, table: &Table, touched: &[u32]) {
    let new = touched.iter().map(|at| &table.columns[*at as usize]);
    let new = new.filter(|column| column.stands.is_none());
    let new = new.filter_map(|column| Some((quoted(&column.name), column.wanted?.sql())));
    let mut new: Vec<(String, &str)> = new.collect();
    // tables that somebody else made lack ours
    let mut ours = vec![(EXTRA, "text"), (LOADED, "timestamptz DEFAULT now()")];
    ours.extend(table.holds.latest().then_some((TIMES, "jsonb")));
    let lacking = ours.into_iter().filter(|(name, _)| table.lacks(name));
    new.extend(lacking.map(|(name, kind)| (name.to_owned(), kind)));
    if new.is_empty() {
        return;
    }
    let _ = write!(sql, "ALTER TABLE {into} ");
    for (n, (name, kind)) in new.into_iter().enumerate() {
        let comma = if n > 0 { ", " } else { "" };
        let _ = write!(sql, "{comma}ADD COLUMN IF NOT EXISTS {name} {kind}");
    }
    sql.push_str("; ");
}

/// Gives a column a wider type. Says why not, where that is so.
async fn widen(
    client: &Client,
    into: &str,
    column: &str,
    from: ColumnType,
    to: ColumnType,
) -> Result<Option<String>, Trouble> {
    let size = client.query_one("SELECT pg_table_size(to_regclass($1))", &[&into]).await?;
    let size: Option<i64> = size.get(0);
    let bound = WIDENED_BYTES_MAX >> 20;
    if size.is_none_or(|bytes| bytes > WIDENED_BYTES_MAX) {
        return Ok(Some(format!("the table is larger than {bound} MB; alter it when you see fit")));
    }
    let (name, sql) = (quoted(column), to.sql());
    let using = match (from, to) {
        // as it is sent: ISO-8601 in UTC
        (ColumnType::Time, _) => {
            let text =
                format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
            format!("regexp_replace({text}, '000Z$', 'Z')")
        }
        // by way of text, since a cast rounds to fifteen digits
        (ColumnType::Float(_), ColumnType::Numeric) => format!("{name}::text::numeric"),
        _ => format!("{name}::{sql}"),
    };
    let alter = format!(
        "SAVEPOINT widen; ALTER TABLE {into} ALTER COLUMN {name} TYPE {sql} USING {using}; \
         RELEASE SAVEPOINT widen"
    );
    let Err(error) = client.batch_execute(&alter).await else { return Ok(None) };
    let Some(said) = error.as_db_error() else { return Err(error.into()) };
    let said = said.message().to_owned();
    client.batch_execute("ROLLBACK TO SAVEPOINT widen").await?;
    Ok(Some(said))
}

/// The numbers are Postgres' own, the same in every database.
fn column_type(oid: u32, modifier: i32) -> ColumnType {
    match (oid, modifier) {
        (16, _) => ColumnType::Bool,
        (20, _) => ColumnType::Int(64),
        (23, _) => ColumnType::Int(32),
        (21, _) => ColumnType::Int(16),
        (700, _) => ColumnType::Float(32),
        (701, _) => ColumnType::Float(64),
        (1114 | 1184, -1) => ColumnType::Time,
        (1700, -1) => ColumnType::Numeric,
        (25, _) | (1043, -1) => ColumnType::Text(None),
        (1043, modifier) => ColumnType::Text(u32::try_from(modifier - 4).ok()),
        _ => ColumnType::Other,
    }
}
