//! The books as JSON.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use routing::RoutingSnapshot;
use serde_json::{Value, json};

use super::{Pairs, iso, problem::Problem, query, up_to_date};
use crate::{
    Delivery,
    audit::each_waiting,
    books::{Books, Calendar, Counts, Line, Tally, Unit, Unsettled},
};

const ROWS_MAX: usize = 20_000;
const MINUTE_MS: i64 = 60_000;
/// So much of the log is looked through for what is pending, at most: about what it has in memory.
const COUNTED_BYTES_MAX: u64 = 64 << 20;

/// How finely the rows are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Minute,
    Hour,
    Total,
}

/// What came in from each source, and what became of it at each destination.
pub(super) async fn accounting(
    State(delivery): State<Delivery>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let mut given = query::parse(query, &["source", "destination", "from", "to", "by"])?;
    let by = match given.take("by").as_deref() {
        None | Some("total") => By::Total,
        Some("hour") => By::Hour,
        Some("minute") => By::Minute,
        Some(other) => {
            let message = format!("{other:?} is no way to cut the books");
            return Err(Problem::parameter("by", message, "minute, hour or total".into()));
        }
    };
    let now = delivery.inner().options.world.clock.now_ms();
    let from = given.time("from")?.unwrap_or(match by {
        By::Minute => now - 60 * MINUTE_MS,
        By::Hour => now - 24 * 60 * MINUTE_MS,
        By::Total => 0,
    });
    let to = given.time("to")?.unwrap_or(i64::MAX);
    let (source, destination) = (given.take("source"), given.take("destination"));
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let stream = match &source {
        None => None,
        Some(slug) => Some(stream_named(&snapshot, slug)?),
    };
    let asked = Asked { by, from, to, stream };
    let (rows, place, names, pending) = delivery.ledger().with(|books| {
        let place = destination.as_deref().map(|name| place_named(books, &snapshot, name));
        let place = place.transpose()?;
        let names: Vec<String> =
            books.destinations().iter().map(|book| name(&snapshot, &book.id)).collect();
        let pending = Pending::of(books, |at| place.is_none_or(|place| place == Some(at)));
        Ok((asked.rows(books, ROWS_MAX)?, place, names, pending))
    })?;
    let counted = pending.count(&delivery, &asked).await?;
    let rows: Vec<Value> = rows
        .iter()
        .filter(|(_, tally)| match place {
            Some(place) => tally.lines.iter().any(|line| Some(line.destination) == place),
            None => true,
        })
        .map(|(key, tally)| show(&snapshot, &names, by, key, tally, place, counted.as_ref()))
        .collect();
    let by = match by {
        By::Minute => "minute",
        By::Hour => "hour",
        By::Total => "total",
    };
    Ok(Json(json!({ "data": { "by": by, "sources": rows } })))
}

/// Everything that came in since `from_ms`, and whether what is said of each destination fits a
/// count in the log itself; `None` where that would mean to read too much.
pub(super) async fn since(
    delivery: &Delivery,
    from_ms: i64,
) -> Result<(Tally, Option<bool>), Problem> {
    let asked = Asked { by: By::Total, from: from_ms, to: i64::MAX, stream: None };
    let (rows, sound, pending) = delivery.ledger().with(|books| {
        Ok((asked.rows(books, usize::MAX)?, books.check().is_ok(), Pending::of(books, |_| true)))
    })?;
    let counted = pending.count(delivery, &asked).await?;
    let balanced = counted.map(|counted| {
        let lines = rows.iter().flat_map(|(key, tally)| tally.lines.iter().map(|l| (*key, l)));
        sound
            && lines.into_iter().all(|(key, line)| {
                let pending = counted.get(&(key, line.destination)).copied().unwrap_or_default();
                line.routed == line.settled() + pending
            })
    });
    let mut sum = Tally::default();
    rows.values().for_each(|tally| sum.merge(tally));
    Ok((sum, balanced))
}

/// A row's stretch of time, by its first millisecond and length, and its source.
type Key = (i64, Unit, u64);

/// Which rows are asked for.
struct Asked {
    by: By,
    from: i64,
    to: i64,
    stream: Option<u64>,
}

impl Asked {
    /// The row for a bucket of the books; `None` when it is not asked for.
    fn key(&self, stream: u64, (from_ms, unit): (i64, Unit)) -> Option<Key> {
        let minutes = match unit {
            Unit::Minute => 1,
            Unit::Hour => 60,
            Unit::Day => 24 * 60,
        };
        // What reaches into the time asked for counts whole.
        let within = from_ms + minutes * MINUTE_MS > self.from && from_ms < self.to;
        if !within || self.stream.is_some_and(|asked| asked != stream) {
            return None;
        }
        Some(match (self.by, unit) {
            (By::Total, _) => (0, Unit::Day, stream),
            (By::Hour, Unit::Minute) => {
                let hour = 60 * MINUTE_MS;
                (from_ms / hour * hour, Unit::Hour, stream)
            }
            (_, unit) => (from_ms, unit, stream),
        })
    }

    fn rows(&self, books: &Books, max: usize) -> Result<BTreeMap<Key, Tally>, Problem> {
        let mut rows: BTreeMap<Key, Tally> = BTreeMap::new();
        for row in books.rows() {
            let Some(key) = self.key(row.stream, (row.from_ms, row.unit)) else { continue };
            rows.entry(key).or_default().merge(row.tally);
            if rows.len() > max {
                return Err(Problem::too_many_rows(max));
            }
        }
        Ok(rows)
    }
}

/// What destinations have pending, to be counted in the log and not by the books.
struct Pending {
    calendar: Calendar,
    /// The books' own end.
    to: u64,
    /// By the destination's place in the books.
    unsettled: Vec<(u32, Unsettled)>,
}

/// Pending messages by row and the destination's place in the books.
type Counted = BTreeMap<(Key, u32), u64>;

impl Pending {
    fn of(books: &Books, wanted: impl Fn(u32) -> bool) -> Pending {
        let all = books.destinations().iter().enumerate().map(|(at, book)| (at as u32, book));
        let unsettled = all.filter(|(at, _)| wanted(*at)).map(|(at, book)| (at, book.unsettled()));
        let (calendar, to) = (books.calendar(), books.position);
        Pending { calendar, to, unsettled: unsettled.collect() }
    }

    /// Counts; `None` where that would mean to read too much.
    async fn count(&self, delivery: &Delivery, asked: &Asked) -> Result<Option<Counted>, Problem> {
        let mut counted = Counted::new();
        let bytes = self.unsettled.iter().map(|(_, one)| self.to.saturating_sub(one.read_to));
        if bytes.sum::<u64>() > COUNTED_BYTES_MAX {
            return Ok(None);
        }
        for (place, unsettled) in &self.unsettled {
            let mut count = |stream: u64, time_ms: i64| {
                if let Some(key) = asked.key(stream, self.calendar.bucket_of(time_ms)) {
                    *counted.entry((key, *place)).or_default() += 1;
                }
            };
            let waiting = each_waiting(&*delivery.inner().log, unsettled, self.to, &mut count);
            waiting.await.map_err(Problem::log)?;
            unsettled.retries.iter().for_each(|(stream, time_ms)| count(*stream, *time_ms));
        }
        Ok(Some(counted))
    }
}

fn show(
    snapshot: &RoutingSnapshot,
    names: &[String],
    by: By,
    key: &Key,
    tally: &Tally,
    place: Option<Option<u32>>,
    counted: Option<&Counted>,
) -> Value {
    let (from_ms, unit, stream) = key;
    let lines = tally.lines.iter().filter(|line| match place {
        Some(place) => Some(line.destination) == place,
        None => true,
    });
    let counted =
        |line: &Line| Some(counted?.get(&(*key, line.destination)).copied().unwrap_or_default());
    let lines: Vec<(&Line, Option<u64>)> = lines.map(|line| (line, counted(line))).collect();
    let adds_up = tally.received() == tally.accepted + tally.duplicates + tally.discarded.total();
    let balanced = lines.iter().try_fold(adds_up, |all, (line, counted)| {
        Some(all && line.routed == line.settled() + (*counted)? && line.routed <= tally.accepted)
    });
    let destinations: Vec<Value> =
        lines.iter().map(|(line, counted)| show_line(names, tally, line, *counted)).collect();
    let mut row = json!({
        "source": snapshot.source_of_stream(*stream).map(|source| &source.slug),
        "received": tally.received(),
        "accepted": tally.accepted,
        "duplicates": tally.duplicates,
        "discarded": tally.discarded.total(),
        "discards": reasons(&tally.discarded),
        "refused": tally.refused.total(),
        "refusals": reasons(&tally.refused),
        "destinations": destinations,
        "balanced": balanced,
    });
    if by != By::Total {
        row["time"] = iso(*from_ms).into();
        row["unit"] = match unit {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
        }
        .into();
    }
    row
}

/// `counted` messages are pending by the log itself; `None` when they were not counted.
fn show_line(names: &[String], tally: &Tally, line: &Line, counted: Option<u64>) -> Value {
    json!({
        "destination": names[line.destination as usize],
        "notRouted": tally.accepted.saturating_sub(line.routed),
        "routed": line.routed,
        "delivered": line.delivered,
        "pending": line.pending(),
        "discarded": line.discarded.total(),
        "discards": reasons(&line.discarded),
        "exhausted": line.exhausted,
        "retried": line.retried,
        "balanced": counted.map(|counted| line.routed == line.settled() + counted),
    })
}

fn reasons(counts: &Counts) -> Vec<Value> {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(step, code, count)| (std::cmp::Reverse(*count), *step, *code));
    let reason = |(step, code, count)| json!({ "step": step, "code": code, "count": count });
    counts.into_iter().map(reason).collect()
}

/// The slug of a destination; its id once the routing knows it no longer.
pub(super) fn name(snapshot: &RoutingSnapshot, id: &spec::DestinationId) -> String {
    snapshot.destination(id).map_or_else(|| id.to_string(), |route| route.slug.clone())
}

pub(super) fn stream_named(snapshot: &RoutingSnapshot, slug: &str) -> Result<u64, Problem> {
    snapshot.find_source(slug).map(|source| source.id.stream()).ok_or_else(|| {
        let known: Vec<&str> = snapshot.sources().map(|source| source.slug.as_str()).collect();
        Problem::unknown("source", slug, &known)
    })
}

/// The place of a destination in the books; `None` when it was never fed.
fn place_named(
    books: &Books,
    snapshot: &RoutingSnapshot,
    wanted: &str,
) -> Result<Option<u32>, Problem> {
    let named = |id: &spec::DestinationId| name(snapshot, id) == wanted || id.as_str() == wanted;
    let found = books.destinations().iter().position(|book| named(&book.id));
    if found.is_none() && snapshot.find_destination(wanted).is_none() {
        let known: Vec<&str> = snapshot.destinations().map(|d| d.slug.as_str()).collect();
        return Err(Problem::unknown("destination", wanted, &known));
    }
    Ok(found.map(|place| place as u32))
}
