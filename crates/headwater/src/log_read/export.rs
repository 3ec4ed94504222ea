//! Writes accepted messages as lines of JSON, oldest first.

use std::{io::Write, sync::Arc};

use event_log::{EventLog, LogError, Position};
use spec::{Message, SourceId, format_iso, record};

use super::Reading;
use crate::config::{nearest, parse_duration};

/// Which messages.
#[derive(Debug, PartialEq, Eq)]
pub struct Filter {
    stream: Option<u64>,
    since_ms: Option<i64>,
    until_ms: Option<i64>,
    /// Streams and slugs of the sources that are configured.
    slugs: Vec<(u64, String)>,
}

impl Filter {
    /// From the words of a command line or a query. `slugs`: the streams of the sources that are
    /// configured.
    ///
    /// Errors: an unknown source, or a time that is none, in words.
    pub fn new(
        source: Option<&str>,
        since: Option<&str>,
        until: Option<&str>,
        slugs: Vec<(u64, String)>,
        now_ms: i64,
    ) -> Result<Filter, String> {
        let known = |slug: &str| slugs.iter().find(|(_, known)| known == slug);
        let stream = match source {
            None => None,
            Some(slug) => match known(slug) {
                Some((stream, _)) => Some(*stream),
                // Without a configuration a slug can only be an id.
                None if slugs.is_empty() => Some(SourceId(slug.into()).stream()),
                None => {
                    let known: Vec<&str> = slugs.iter().map(|(_, slug)| slug.as_str()).collect();
                    let near = nearest(slug, known.iter().copied());
                    let near =
                        near.map_or(String::new(), |near| format!(" did you mean {near:?}?"));
                    let known = known.join(", ");
                    return Err(format!("no source is called {slug:?};{near} known: {known}"));
                }
            },
        };
        let time = |word: Option<&str>| word.map(|word| parse_time(word, now_ms)).transpose();
        Ok(Filter { stream, since_ms: time(since)?, until_ms: time(until)?, slugs })
    }

    fn takes(&self, stream: u64, time_ms: i64) -> bool {
        self.stream.is_none_or(|wanted| wanted == stream)
            && self.since_ms.is_none_or(|since| time_ms >= since)
            && self.until_ms.is_none_or(|until| time_ms < until)
    }

    fn slug(&self, stream: u64) -> Option<&str> {
        self.slugs.iter().find(|(known, _)| *known == stream).map(|(_, slug)| slug.as_str())
    }
}

/// `2026-11-25T10:00:00Z`, or how long ago: `24h`, `7d`.
fn parse_time(word: &str, now_ms: i64) -> Result<i64, String> {
    if let Some(ago) = parse_duration(word) {
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        return Ok(now_ms.saturating_sub(ago));
    }
    match word.parse::<jiff::Timestamp>() {
        Ok(time) => Ok(time.as_millisecond()),
        Err(_) => Err(format!(
            "{word:?} is no time: give one like 2026-11-25T10:00:00Z, or how long ago, like 24h or 7d"
        )),
    }
}

/// An export under way.
pub struct Export {
    /// How far it has come.
    pub reading: Reading,
    filter: Filter,
    envelope: bool,
}

impl Export {
    /// Begins with the first message that `filter` can take.
    pub fn new(log: Arc<dyn EventLog>, filter: Filter, envelope: bool) -> Export {
        let oldest = log.stats().oldest;
        let from = filter.since_ms.map_or(oldest, |since| log.position_at(since).max(oldest));
        Export { reading: Reading::new(log, from), filter, envelope }
    }

    /// Reads on: the next lines, perhaps none; `None` once there is no more.
    ///
    /// Errors: the log cannot be read.
    pub async fn step(&mut self) -> Result<Option<Vec<u8>>, LogError> {
        let Some(entries) = self.reading.next().await? else { return Ok(None) };
        let mut lines = vec![];
        for entry in entries {
            let (stream, time_ms) = (entry.label.stream, entry.label.time_ms);
            let accepted = entry.label.kind == record::MESSAGE && entry.duplicate_of.is_none();
            if !accepted || !self.filter.takes(stream, time_ms) {
                continue;
            }
            // What cannot be read is for `log verify` to tell.
            let Ok(message) = Message::decode(entry.payload) else { continue };
            if self.envelope {
                let slug = self.filter.slug(stream);
                wrap(&mut lines, entry.position, slug, time_ms, message.raw());
            } else {
                one_line(&mut lines, message.raw());
            }
            lines.push(b'\n');
        }
        Ok(Some(lines))
    }
}

/// Line breaks stand only between the values of JSON, never in them.
fn one_line(line: &mut Vec<u8>, raw: &[u8]) {
    line.extend(raw.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
}

fn wrap(line: &mut Vec<u8>, position: Position, source: Option<&str>, time_ms: i64, raw: &[u8]) {
    let source = serde_json::Value::from(source);
    let head = write!(line, r#"{{"position":"{position}","source":{source},"receivedAt":""#);
    head.expect("a vector takes any amount");
    format_iso(time_ms, line);
    line.extend_from_slice(br#"","message":"#);
    one_line(line, raw);
    line.push(b'}');
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use event_log::{Batch, Label, MemoryLog, Tag};
    use spec::{Head, Kind, Span};

    use super::*;

    async fn log(messages: &[(u64, i64, &str)]) -> MemoryLog {
        let log = MemoryLog::new();
        let mut batch = Batch::new();
        for (stream, time_ms, raw) in messages {
            batch.push_with(|out| {
                let at = Message::begin(out);
                out.extend_from_slice(raw.as_bytes());
                let none = Span::default();
                let head = Head {
                    kind: Kind::Track,
                    message_id: none,
                    name: none,
                    user_id: none,
                    anonymous_id: none,
                    integrations: none,
                };
                Message::finish(out, at, &head);
                let (kind, stream, time_ms) = (record::MESSAGE, *stream, *time_ms);
                Label { kind, stream, time_ms, tag: Tag::None }
            });
        }
        log.lane().append(batch).await.unwrap();
        log
    }

    fn filter() -> Filter {
        Filter { stream: None, since_ms: None, until_ms: None, slugs: vec![(1, "web".into())] }
    }

    async fn lines(filter: Filter, envelope: bool) -> String {
        let log =
            log(&[(1, 1000, "{\"a\":\n1}"), (2, 2000, "{\"b\":2}"), (1, 3000, "{\"c\":3}")]).await;
        let mut export = Export::new(Arc::new(log), filter, envelope);
        let mut out = vec![];
        while let Some(lines) = export.step().await.unwrap() {
            out.extend(lines);
        }
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn every_message_is_one_line() {
        assert_eq!(lines(filter(), false).await, "{\"a\": 1}\n{\"b\":2}\n{\"c\":3}\n");
    }

    #[tokio::test]
    async fn filters_are_by_source_and_time() {
        let of_source = Filter { stream: Some(1), since_ms: Some(1001), ..filter() };
        assert_eq!(lines(of_source, false).await, "{\"c\":3}\n");
        let before = Filter { until_ms: Some(3000), ..filter() };
        assert_eq!(lines(before, false).await, "{\"a\": 1}\n{\"b\":2}\n");
    }

    #[tokio::test]
    async fn an_envelope_says_where_it_stood() {
        let of_source = Filter { stream: Some(1), until_ms: Some(1001), ..filter() };
        assert_eq!(
            lines(of_source, true).await,
            "{\"position\":\"0\",\"source\":\"web\",\"receivedAt\":\"1970-01-01T00:00:01.000Z\",\"message\":{\"a\": 1}}\n"
        );
    }

    #[test]
    fn times_are_points_or_how_long_ago() {
        assert_eq!(parse_time("2h", 10_000_000).unwrap(), 2_800_000);
        assert_eq!(parse_time("1970-01-01T00:00:01Z", 0).unwrap(), 1000);
        assert!(parse_time("yesterday", 0).is_err());
    }
}
