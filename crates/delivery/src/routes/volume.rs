//! How many messages sources had, cut evenly: what charts are drawn from.

use axum::{Json, extract::State};
use serde_json::{Value, json};
use spec::SourceId;

use super::{Pairs, iso, problem::Problem, query, up_to_date};
use crate::{Delivery, books::Books};

/// Points of all series together.
const POINTS_MAX: u64 = 500_000;
const MINUTE_MS: i64 = 60_000;

/// The accepted messages of each of `sources` (ids, with commas between them), for every minute,
/// hour or day (`by`) that `from` to `to` touches.
pub(super) async fn volume(
    State(delivery): State<Delivery>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let mut given = query::parse(query, &["sources", "from", "to", "by"])?;
    let step_ms = match given.take("by").as_deref() {
        Some("minute") => MINUTE_MS,
        None | Some("hour") => 60 * MINUTE_MS,
        Some("day") => 24 * 60 * MINUTE_MS,
        Some(other) => {
            let message = format!("{other:?} is no way to cut time");
            return Err(Problem::parameter("by", message, "minute, hour or day".into()));
        }
    };
    let now = delivery.inner().options.world.clock.now_ms();
    let to = given.time("to")?.unwrap_or(now);
    let from = given.time("from")?.unwrap_or(to - 24 * 60 * MINUTE_MS);
    let sources = given.take("sources").unwrap_or_default();
    let sources: Vec<&str> = sources.split(',').filter(|id| !id.is_empty()).collect();
    let span = Span::new(from, to, step_ms).ok_or_else(|| {
        let message = "\"to\" is not after \"from\"".to_owned();
        Problem::parameter("to", message, "a time after \"from\"".into())
    })?;
    if span.points.saturating_mul(sources.len() as u64) > POINTS_MAX {
        return Err(Problem::too_many_rows(POINTS_MAX as usize));
    }
    up_to_date(&delivery).await?;
    let streams: Vec<u64> = sources.iter().map(|id| SourceId((*id).into()).stream()).collect();
    let series = delivery.ledger().with(|books| span.series(books, &streams));
    let shown: Vec<Value> = sources
        .iter()
        .zip(series)
        .map(|(source, counts)| {
            let total: u64 = counts.iter().sum();
            let points = (0..).zip(counts);
            let points = points.map(|(n, count)| {
                json!({ "time": iso(span.first_ms + n * span.step_ms), "count": count })
            });
            json!({ "source": source, "total": total, "series": points.collect::<Vec<_>>() })
        })
        .collect();
    Ok(Json(json!({ "data": { "sources": shown } })))
}

/// A stretch of time in even steps.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    first_ms: i64,
    step_ms: i64,
    points: u64,
}

impl Span {
    fn new(from_ms: i64, to_ms: i64, step_ms: i64) -> Option<Span> {
        let first_ms = from_ms.div_euclid(step_ms) * step_ms;
        let length_ms = to_ms.checked_sub(first_ms).filter(|_| from_ms < to_ms)?;
        let points = u64::try_from(length_ms).ok()?.div_ceil(u64::try_from(step_ms).ok()?);
        Some(Span { first_ms, step_ms, points })
    }

    /// The counts of each of `streams`. What the books hold more coarsely than in steps stands at
    /// its beginning.
    fn series(&self, books: &Books, streams: &[u64]) -> Vec<Vec<u64>> {
        let points = usize::try_from(self.points).expect("they were bounded");
        let mut series = vec![vec![0; points]; streams.len()];
        let places: std::collections::HashMap<u64, usize> =
            streams.iter().enumerate().map(|(place, stream)| (*stream, place)).collect();
        for row in books.rows() {
            let Some(place) = places.get(&row.stream) else { continue };
            let point = (row.from_ms - self.first_ms).div_euclid(self.step_ms);
            let point = usize::try_from(point).ok();
            if let Some(count) = point.and_then(|point| series[*place].get_mut(point)) {
                *count += row.tally.accepted;
            }
        }
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_cut_at_whole_steps() {
        let span = |from, to, step_ms| Span::new(from, to, step_ms).map(|s| (s.first_ms, s.points));
        assert_eq!(span(60_000, 120_000, 60_000), Some((60_000, 1)));
        assert_eq!(span(60_001, 120_001, 60_000), Some((60_000, 2)));
        assert_eq!(span(119_999, 120_000, 60_000), Some((60_000, 1)));
        assert_eq!(span(120_000, 120_000, 60_000), None);
        assert_eq!(span(i64::MAX, i64::MIN, 60_000), None);
        assert_eq!(span(-1, i64::MAX, 60_000), None, "no overflow");
    }
}
