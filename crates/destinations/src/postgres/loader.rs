//! Loads batches: one transaction for the rows of a batch, the positions of its messages, the
//! receipt and the history.
//!
//! ```text
//! known? ──► read ──► lock ──► make tables and columns ──► COPY ──► merge ──► books ──► COMMIT
//!   │                                                       │
//!   └── all of it: done                                     └── an id is there: by way of a stage
//! ```
//!
//! Whatever goes wrong ends the session. The next load begins with what stands in Postgres, so a
//! commit whose answer was lost is found there, or was not made.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    pin::pin,
    sync::Arc,
};

use bytes::Bytes;
use destination_kit::{DeliveryError, Fault, Origin, Parcel, World};
use futures_util::SinkExt as _;
use spec::{Kind, SourceId, format_iso};
use tokio_postgres::{Client, types::ToSql};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    books::{self, Counted, Failed},
    catalogue,
    connect::{Connected, Server, connect},
    fault::Trouble,
    latest::{Merge, merge},
    layout::{Batch, Layout},
    loads::{Load, Loaded, Loads},
    name::{self, quoted},
    rows::{Copied, copy},
    selection::Selection,
    table::EXTRA,
};

/// Events in one transaction: each is a table, and Postgres keeps a lock for each.
const EVENTS_MAX: usize = 300;
/// What is handed to the connection at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// What a destination was told.
#[derive(Debug)]
pub struct Options {
    pub server: Server,
    pub schema_prefix: String,
    pub selection: Arc<Selection>,
    pub tables_max: usize,
}

/// Loads into one server on behalf of one destination.
pub struct Loader {
    options: Options,
    owner: String,
    world: World,
    session: Option<Session>,
    /// Loads that came to nothing since the last one that did not.
    failed: Option<Failed>,
    closed: bool,
}

struct Session {
    connected: Connected,
    sources: HashMap<SourceId, Source>,
    /// Ids come that are there already.
    stages: bool,
}

/// One source's schema.
struct Source {
    slug: String,
    schema: String,
    layout: Layout,
    loads: Loads,
    swept_at_ms: i64,
}

/// One source's share of a batch.
struct Work {
    id: SourceId,
    source: Source,
    parcels: Vec<Parcel>,
    batch: Batch,
    copies: Vec<(usize, Copied)>,
    merges: Vec<Merge>,
    notices: Vec<String>,
    counted: Counted,
}

impl Loader {
    pub fn new(options: Options, owner: &str, world: &World) -> Self {
        let (owner, world) = (owner.to_owned(), world.clone());
        Loader { options, owner, world, session: None, failed: None, closed: false }
    }

    /// Loads those of `parcels` that were not loaded yet. Everything before `settled` will not
    /// come again.
    pub async fn load(&mut self, parcels: &[Parcel], settled: u64) -> Result<(), DeliveryError> {
        if self.closed {
            let trouble = Trouble::Lost("the destination is closed".to_owned());
            return Err(trouble.verdict());
        }
        for part in parts(parcels) {
            let began_ms = self.world.clock.now_ms();
            let mut outcome = self.attempt(part, settled).await;
            if outcome.as_ref().is_err_and(Trouble::is_stale) {
                outcome = self.attempt(part, settled).await;
            }
            if let Err(trouble) = outcome {
                let verdict = trouble.verdict();
                let excerpt = trouble.fault().excerpt;
                let failed = self.failed.get_or_insert_with(|| Failed::new(began_ms));
                failed.again(self.world.clock.now_ms(), part.len(), excerpt);
                return Err(verdict);
            }
        }
        Ok(())
    }

    /// Forgets what will not come again, and says in the receipts how far they are complete.
    pub async fn settle(&mut self, before: u64) -> Result<(), Fault> {
        let Some(mut session) = self.session.take() else { return Ok(()) };
        let due = session.sources.values_mut().filter(|source| source.loads.has_settled(before));
        let mut sql = String::from("BEGIN");
        for source in due {
            let until_ms = source.loads.forget(before);
            sql += "; ";
            sql += &books::settle(&source.schema, &self.owner, before, until_ms);
        }
        sql += "; COMMIT";
        session.connected.client.batch_execute(&sql).await.map_err(|e| Trouble::from(e).fault())?;
        self.session = Some(session);
        Ok(())
    }

    /// Whether [`Loader::settle`] has something to do.
    pub fn has_settled(&self, before: u64) -> bool {
        let sources = self.session.iter().flat_map(|session| session.sources.values());
        sources.into_iter().any(|source| source.loads.has_settled(before))
    }

    /// Ends the session, and loads no more.
    pub fn close(&mut self) {
        self.session = None;
        self.closed = true;
    }

    /// The session is taken for as long as this takes: what goes wrong in between ends it.
    async fn attempt(&mut self, parcels: &[Parcel], settled: u64) -> Result<(), Trouble> {
        let began_ms = self.world.clock.now_ms();
        let mut session = match self.session.take() {
            Some(session) if !session.connected.client.is_closed() => session,
            _ => Session {
                connected: connect(&self.options.server, &self.world).await?,
                sources: HashMap::new(),
                stages: false,
            },
        };
        let mut works = self.share_out(&mut session, parcels).await?;
        if works.is_empty() {
            self.session = Some(session);
            return Ok(());
        }
        works = blocking(works, |work| {
            work.batch = work.source.layout.read(work.parcels.iter());
        })
        .await?;

        let client = &session.connected.client;
        lock(client, works.iter().map(|work| &work.source.schema[..])).await?;
        for work in &mut works {
            work.notices =
                catalogue::make(client, &work.source.schema, &mut work.source.layout).await?;
        }
        client.batch_execute("SAVEPOINT load").await?;
        works = blocking(works, Work::write).await?;
        let mut staged = session.stages;
        let mut loaded = load_rows(client, &mut works, staged).await;
        if !staged && loaded.as_ref().is_err_and(Trouble::is_duplicate) {
            client.batch_execute("ROLLBACK TO SAVEPOINT load").await?;
            staged = true;
            loaded = load_rows(client, &mut works, staged).await;
        }
        // the next batch goes through a stage as well when this one had reason to
        session.stages = loaded? && staged;
        for work in &mut works {
            self.keep_books(client, work, began_ms, settled).await?;
        }
        client.batch_execute("COMMIT").await?;
        self.failed = None;
        session.sources.extend(works.into_iter().map(|work| (work.id, work.source)));
        self.session = Some(session);
        Ok(())
    }

    /// Parcels by source, without those that are loaded and those that nobody wants.
    async fn share_out(
        &self,
        session: &mut Session,
        parcels: &[Parcel],
    ) -> Result<Vec<Work>, Trouble> {
        let mut shares: HashMap<&SourceId, (&Origin, Vec<&Parcel>)> = HashMap::new();
        for parcel in parcels {
            let origin = &*parcel.source;
            shares.entry(&origin.id).or_insert((origin, Vec::new())).1.push(parcel);
        }
        let mut works = Vec::new();
        for (id, (origin, parcels)) in shares {
            if self.options.selection.leaves_out(&origin.slug) {
                continue;
            }
            let source = match session.sources.remove(id) {
                Some(source) => source,
                None => self.open(&session.connected.client, origin).await?,
            };
            let loaded: Vec<Loaded> = parcels.iter().map(|parcel| Loaded::of(parcel)).collect();
            let known = source.loads.known(&loaded);
            let fresh = parcels.into_iter().zip(known).filter(|(_, known)| !known);
            let mut parcels: Vec<Parcel> = fresh.map(|(parcel, _)| parcel.clone()).collect();
            // one message may come twice at once
            let mut seen = HashSet::new();
            parcels.retain(|parcel| seen.insert(Loaded::of(parcel)));
            if parcels.is_empty() {
                session.sources.insert(id.clone(), source);
                continue;
            }
            works.push(Work {
                id: id.clone(),
                source,
                parcels,
                batch: Batch::default(),
                copies: Vec::new(),
                merges: Vec::new(),
                notices: Vec::new(),
                counted: Counted::default(),
            });
        }
        // one order for all who lock
        works.sort_by(|a, b| a.source.schema.cmp(&b.source.schema));
        Ok(works)
    }

    /// Finds a source's schema, or makes it.
    async fn open(&self, client: &Client, origin: &Origin) -> Result<Source, Trouble> {
        let wished = name::schema(&self.options.schema_prefix, &origin.slug);
        let apart = name::schema_apart(&wished, origin.id.as_str());
        for schema in [wished, apart] {
            lock(client, [&schema[..]].into_iter()).await?;
            catalogue::make_books(client, &schema).await?;
            let source = (origin.id.as_str(), &origin.slug[..]);
            if !catalogue::claim(client, &schema, &self.owner, source).await? {
                client.batch_execute("ROLLBACK").await?;
                continue;
            }
            let selection = self.options.selection.clone();
            let tables_max = self.options.tables_max;
            let layout =
                catalogue::read_layout(client, &schema, &origin.slug, selection, tables_max)
                    .await?;
            let loads = catalogue::read_loads(client, &schema, &self.owner).await?;
            client.batch_execute("COMMIT").await?;
            let slug = origin.slug.clone();
            return Ok(Source { slug, schema, layout, loads, swept_at_ms: 0 });
        }
        Err(Trouble::Lost(format!("the schemas for {} are another source's", origin.slug)))
    }

    /// Writes what was loaded, the receipt and the history.
    async fn keep_books(
        &self,
        client: &Client,
        work: &mut Work,
        began_ms: i64,
        settled: u64,
    ) -> Result<(), Trouble> {
        let now_ms = self.world.clock.now_ms();
        let received_until_ms = work.parcels.iter().map(|parcel| parcel.received_at_ms).max();
        let received_until_ms = received_until_ms.unwrap_or_default();
        let load = Load::of(work.parcels.iter().map(Loaded::of).collect(), received_until_ms);
        work.counted.messages = work.parcels.len();
        let source = &mut work.source;
        books::insert_load(client, &source.schema, &self.owner, &load, work.counted.messages)
            .await?;
        source.loads.add(load);

        let mut sql = books::receipt(
            &source.schema,
            &self.owner,
            &source.slug,
            received_until_ms,
            &work.counted,
        );
        if source.loads.has_settled(settled) {
            let until_ms = source.loads.forget(settled);
            sql += "; ";
            sql += &books::settle(&source.schema, &self.owner, settled, until_ms);
        }
        sql += "; ";
        let notices = work.notices.join("\n");
        sql +=
            &books::sync(&source.schema, &self.owner, (began_ms, now_ms), &work.counted, &notices);
        if let Some(failed) = &self.failed {
            sql += "; ";
            sql += &books::failure(&source.schema, &self.owner, failed);
        }
        if now_ms - source.swept_at_ms > books::SWEEP_EVERY_MS {
            sql += "; ";
            sql += &books::sweep(&source.schema, &self.owner, now_ms);
            source.swept_at_ms = now_ms;
        }
        client.batch_execute(&sql).await?;
        Ok(())
    }
}

impl Work {
    /// Writes the rows of every table.
    fn write(&mut self) {
        let (layout, batch) = (&self.source.layout, &self.batch);
        for (at, rows) in batch.rows.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            debug_assert!(!rows.is_empty(), "tables without rows were left out");
            if layout.tables[at].holds.latest() {
                self.merges.extend(merge(layout, batch, &self.source.schema, at));
            } else {
                self.copies.push((at, copy(layout, batch, at)));
            }
        }
        let copied: usize = self.copies.iter().map(|(_, copied)| copied.extras).sum();
        let merged: usize = self.merges.iter().map(|merge| merge.extras).sum();
        self.counted.extras = copied + merged;
    }
}

/// Batches with few enough events.
fn parts(parcels: &[Parcel]) -> Vec<&[Parcel]> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    let mut events: HashSet<(&SourceId, &[u8])> = HashSet::new();
    for (at, parcel) in parcels.iter().enumerate() {
        let message = &parcel.message;
        let track = message.kind() == Kind::Track;
        let event = message.name().filter(|_| track).unwrap_or_default();
        events.insert((&parcel.source.id, event));
        if events.len() > EVENTS_MAX {
            parts.push(&parcels[begin..at]);
            begin = at;
            events = HashSet::from([(&parcel.source.id, event)]);
        }
    }
    parts.push(&parcels[begin..]);
    parts
}

/// Does what takes the processor for a while where it holds nobody up.
async fn blocking(
    mut works: Vec<Work>,
    each: impl Fn(&mut Work) + Send + 'static,
) -> Result<Vec<Work>, Trouble> {
    let done = tokio::task::spawn_blocking(move || {
        works.iter_mut().for_each(each);
        works
    });
    done.await.map_err(|panicked| Trouble::Lost(panicked.to_string()))
}

/// Begins a transaction that loads into `schemas` alone, until its end.
async fn lock(client: &Client, schemas: impl Iterator<Item = &str>) -> Result<(), Trouble> {
    let mut sql = String::from("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    for schema in schemas {
        let key = xxh3_64(format!("headwater {schema}").as_bytes()).cast_signed();
        let _ = write!(sql, "; SELECT pg_advisory_xact_lock({key})");
    }
    client.batch_execute(&sql).await?;
    Ok(())
}

/// Loads the rows of every table, and says whether some were there already.
async fn load_rows(client: &Client, works: &mut [Work], staged: bool) -> Result<bool, Trouble> {
    let mut duplicates = false;
    for work in works {
        work.counted.rows = 0;
        for (at, copied) in &work.copies {
            let table = &work.source.layout.tables[*at];
            let into = format!("{}.{}", quoted(&work.source.schema), quoted(&table.name));
            let mut columns = String::new();
            for column in &copied.columns {
                let _ = write!(columns, "{}, ", quoted(&table.columns[*column as usize].name));
            }
            columns += EXTRA;
            let rows = if staged && table.keyed {
                load_staged(client, &into, &columns, &copied.data).await?
            } else {
                copy_in(client, &format!("COPY {into} ({columns}) FROM STDIN"), &copied.data)
                    .await?
            };
            duplicates |= rows < copied.rows as u64;
            work.counted.rows += rows;
        }
        for merge in &work.merges {
            let parameters: Vec<&(dyn ToSql + Sync)> =
                merge.parameters.iter().map(|list| list as &(dyn ToSql + Sync)).collect();
            client.execute(&merge.sql, &parameters).await?;
            work.counted.rows += merge.rows as u64;
        }
    }
    Ok(duplicates)
}

/// Loads rows some of which may be there: into a stage first, and from there those that are new.
async fn load_staged(
    client: &Client,
    into: &str,
    columns: &str,
    data: &Bytes,
) -> Result<u64, Trouble> {
    let stage = format!(
        "CREATE TEMP TABLE _headwater_stage ON COMMIT DROP AS SELECT {columns} FROM {into} \
         WITH NO DATA"
    );
    client.batch_execute(&stage).await?;
    let copy = format!("COPY pg_temp._headwater_stage ({columns}) FROM STDIN");
    copy_in(client, &copy, data).await?;
    let insert = format!(
        "INSERT INTO {into} ({columns}) SELECT {columns} FROM pg_temp._headwater_stage \
         ON CONFLICT (id) DO NOTHING"
    );
    let rows = client.execute(&insert, &[]).await?;
    client.batch_execute("DROP TABLE pg_temp._headwater_stage").await?;
    Ok(rows)
}

async fn copy_in(client: &Client, sql: &str, data: &Bytes) -> Result<u64, Trouble> {
    let mut sink = pin!(client.copy_in::<_, Bytes>(sql).await?);
    let mut rest = data.clone();
    while !rest.is_empty() {
        let chunk = rest.split_to(rest.len().min(CHUNK_BYTES));
        sink.send(chunk).await?;
    }
    Ok(sink.finish().await?)
}

/// A time as it stands in SQL.
pub fn time_literal(ms: i64) -> String {
    let mut text = Vec::new();
    format_iso(ms, &mut text);
    format!("'{}'::timestamptz", String::from_utf8_lossy(&text))
}
