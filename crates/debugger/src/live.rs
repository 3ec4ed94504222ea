//! The live stream of one viewer, as frames.
//!
//! A viewer is a reader of the log like any other: it reads on when its connection takes more, so
//! a slow one holds one frame in memory and nobody up. It misses nothing that retention holds.
//!
//! | event | data | when |
//! | --- | --- | --- |
//! | `messages` | `{"messages":[row …]}`, oldest first | at most every 100 ms, at once after a pause |
//! | `behind` | `{"behind":n,"ms":n}`: about how many records, and how old the last one read is | at most once a second; 0 when caught up again |
//! | `gap` | `{"from":"…","to":"…"}` | retention took what stood between |
//! | `closed` | `{"reason":"…"}` | the source is gone, or the log cannot be read |
//!
//! `id` is a position; what stands after it has not been sent. An id alone, or a comment, keeps
//! the connection alive.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::response::sse::Event;
use event_log::{Chunk, Entry, EventLog, LogError, Position};
use routing::Routing;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, sleep_until},
};

use crate::{
    filter::Filter,
    history,
    opened::{Opened, Verdict},
    originals::Originals,
    row::Row,
};

/// Frames are at least this far apart.
pub(crate) const FRAME_EVERY: Duration = Duration::from_millis(100);
/// A silent connection hears something this often.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Rows of one frame.
pub(crate) const FRAME_ROWS_MAX: usize = 2000;
/// Bytes of one frame, about.
const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of log that one frame looks through.
const FRAME_SCAN_BYTES_MAX: usize = 8 * 1024 * 1024;
const READ_BYTES: usize = 256 * 1024;
/// A viewer that is older than this hears how far behind it is, this often.
const BEHIND_EVERY: Duration = Duration::from_secs(1);

/// Where a viewer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With what comes next.
    AtEnd,
    /// With this many of the newest messages that pass the filter.
    Recent(usize),
    /// With the record at this position, or the next one after it.
    At(Position),
}

/// What a viewer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Messages { json: String, next: Position },
    Place(Position),
    Behind { records: u64, ms: i64 },
    Gap { from: Position, to: Position },
    Closed(&'static str),
    KeepAlive,
}

/// One viewer's way through the log.
pub(crate) struct Tail {
    log: Arc<dyn EventLog>,
    routing: Routing,
    now_ms: fn() -> i64,
    /// Slug and stream; `None` for all sources.
    source: Option<(String, u64)>,
    filter: Filter,
    /// Where to read on.
    next: Position,
    /// The position that the viewer knows, so that it can come back.
    told: Option<Position>,
    end: watch::Receiver<Position>,
    /// The log had nothing to read at this end.
    dry_at: Option<Position>,
    changes: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
    originals: Originals,
    queued: VecDeque<Frame>,
    worked_at: Option<Instant>,
    said_behind_at: Option<Instant>,
    /// Records and positions passed, to say in records how far the end is.
    records_read: u64,
    positions_read: u64,
    done: bool,
    _seat: Seat,
}

/// One of the live streams that a process allows; given back when it is dropped.
pub(crate) struct Seat(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Seat {
    pub(crate) fn new(permit: OwnedSemaphorePermit) -> Seat {
        metrics::gauge!("headwater_debugger_viewers").increment(1);
        Seat(permit)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("headwater_debugger_viewers").decrement(1);
    }
}

impl Tail {
    pub(crate) async fn begin(
        debugger: &crate::Debugger,
        source: Option<(String, u64)>,
        filter: Filter,
        begin: Begin,
        seat: Seat,
    ) -> Result<Tail, LogError> {
        let log = debugger.log.clone();
        let end = log.end();
        let at_end = *end.borrow();
        let mut tail = Tail {
            log,
            routing: debugger.routing.clone(),
            now_ms: debugger.now_ms,
            source,
            filter,
            next: at_end,
            told: None,
            end,
            dry_at: None,
            changes: debugger.routing.changes(),
            closed: debugger.closed.subscribe(),
            originals: Originals::default(),
            queued: VecDeque::new(),
            worked_at: None,
            said_behind_at: None,
            records_read: 0,
            positions_read: 0,
            done: false,
            _seat: seat,
        };
        match begin {
            Begin::AtEnd => tail.queued.push_back(Frame::Place(at_end)),
            Begin::At(position) => {
                tail.next = position;
                tail.queued.push_back(Frame::Place(position));
            }
            Begin::Recent(limit) => {
                let frame = tail.recent(at_end, limit).await?;
                tail.queued.push_back(frame);
            }
        }
        tail.told = Some(tail.next);
        Ok(tail)
    }

    async fn recent(&mut self, end: Position, limit: usize) -> Result<Frame, LogError> {
        if limit == 0 {
            return Ok(Frame::Place(end));
        }
        let stream = self.source.as_ref().map(|(_, stream)| *stream);
        let page = history::page(&*self.log, stream, &self.filter, end, limit).await?;
        let snapshot = self.routing.snapshot();
        let mut rows = Rows::new();
        for opened in page.found.iter().rev() {
            rows.push(opened, &snapshot);
        }
        Ok(if rows.count == 0 { Frame::Place(end) } else { rows.frame(end) })
    }

    /// The next frame; `None` when the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let keep_alive_at = Instant::now() + KEEP_ALIVE;
        loop {
            if let Some(frame) = self.queued.pop_front() {
                if let Frame::Messages { next, .. } | Frame::Place(next) = frame {
                    self.told = Some(next);
                }
                return Some(frame);
            }
            if self.done || *self.closed.borrow() {
                return None;
            }
            if Instant::now() >= keep_alive_at {
                self.queued.push_back(match self.told {
                    Some(told) if told == self.next => Frame::KeepAlive,
                    _ => Frame::Place(self.next),
                });
                continue;
            }
            if self.has_caught_up() {
                tokio::select! {
                    biased;
                    _ = self.closed.changed() => self.done = true,
                    _ = self.changes.changed() => self.check_source(),
                    grew = self.end.changed() => self.done |= grew.is_err(),
                    () = sleep_until(keep_alive_at) => {}
                }
                continue;
            }
            if let Some(worked_at) = self.worked_at {
                sleep_until(worked_at + FRAME_EVERY).await;
            }
            self.worked_at = Some(Instant::now());
            self.work().await;
        }
    }

    fn has_caught_up(&mut self) -> bool {
        let end = *self.end.borrow_and_update();
        self.next >= end || self.dry_at == Some(end)
    }

    fn check_source(&mut self) {
        let Some((_, stream)) = &self.source else { return };
        // By its stream: a source that is called something else now is still the same.
        if self.routing.current().source_of_stream(*stream).is_none() {
            self.done = true;
            self.queued.push_back(Frame::Closed("the source is gone"));
        }
    }

    /// Reads on, as far as one frame goes, and queues what is to be said.
    async fn work(&mut self) {
        let snapshot = self.routing.snapshot();
        let mut rows = Rows::new();
        let mut scanned = 0;
        let mut last_received_at_ms = None;
        let outcome = loop {
            if self.has_caught_up() || rows.is_full() || scanned >= FRAME_SCAN_BYTES_MAX {
                break Ok(());
            }
            let chunk = match self.log.read(self.next, READ_BYTES).await {
                Ok(chunk) => chunk,
                Err(error) => break Err(error),
            };
            if chunk.entries.is_empty() && chunk.next <= self.next {
                self.dry_at = Some(*self.end.borrow());
                break Ok(());
            }
            match self.take(chunk, &snapshot, &mut rows, &mut scanned).await {
                Ok(received_at_ms) => last_received_at_ms = received_at_ms.or(last_received_at_ms),
                Err(error) => break Err(error),
            }
            tokio::task::yield_now().await;
        };
        if rows.count > 0 {
            self.queued.push_back(rows.frame(self.next));
        }
        match outcome {
            Ok(()) => self.say_behind(last_received_at_ms),
            Err(LogError::Gone(oldest)) => {
                // Never backwards, whatever the log says is its oldest.
                let to = oldest.max(Position(self.next.0 + 1));
                self.queued.push_back(Frame::Gap { from: self.next, to });
                self.queued.push_back(Frame::Place(to));
                self.next = to;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "live stream cannot read"
                );
                self.queued.push_back(Frame::Closed("the event log cannot be read"));
                self.done = true;
            }
        }
    }

    /// Adds what passes to `rows`, moves on behind what was taken, and says how old the last is.
    async fn take(
        &mut self,
        chunk: Chunk,
        snapshot: &routing::RoutingSnapshot,
        rows: &mut Rows,
        scanned: &mut usize,
    ) -> Result<Option<i64>, LogError> {
        let mut last_received_at_ms = None;
        for entry in &chunk.entries {
            if let Some(opened) = self.select(entry).await? {
                rows.push(&opened, snapshot);
            }
            *scanned += entry.payload.len() + 64;
            self.records_read += 1;
            if Verdict::of(entry).is_some() {
                last_received_at_ms = Some(entry.label.time_ms);
            }
            let on = Position(entry.position.0 + 1);
            self.positions_read += on.0.saturating_sub(self.next.0);
            self.next = self.next.max(on);
            if rows.is_full() {
                return Ok(last_received_at_ms);
            }
        }
        self.positions_read += chunk.next.0.saturating_sub(self.next.0);
        self.next = self.next.max(chunk.next);
        Ok(last_received_at_ms)
    }

    /// The record, opened, if it is for this viewer.
    async fn select(&mut self, entry: &Entry) -> Result<Option<Opened>, LogError> {
        let mine = self.source.as_ref().is_none_or(|(_, stream)| *stream == entry.label.stream);
        let wanted = Verdict::of(entry).is_some_and(|verdict| self.filter.wants(verdict));
        if !mine || !wanted {
            return Ok(None);
        }
        let Some(mut opened) = Opened::open(entry) else { return Ok(None) };
        self.originals.fill_in(&mut opened, &*self.log).await?;
        Ok(self.filter.matches(&opened).then_some(opened))
    }

    fn say_behind(&mut self, last_received_at_ms: Option<i64>) {
        let now = Instant::now();
        if self.has_caught_up() {
            if self.said_behind_at.take().is_some() {
                self.queued.push_back(Frame::Behind { records: 0, ms: 0 });
            }
            return;
        }
        let Some(received_at_ms) = last_received_at_ms else { return };
        let ms = (self.now_ms)().saturating_sub(received_at_ms);
        let due = self.said_behind_at.is_none_or(|at| now.duration_since(at) >= BEHIND_EVERY);
        if due && ms >= BEHIND_EVERY.as_millis() as i64 {
            let left = self.end.borrow().0.saturating_sub(self.next.0);
            let records = u128::from(left) * u128::from(self.records_read)
                / u128::from(self.positions_read.max(1));
            let records = u64::try_from(records).unwrap_or(u64::MAX).max(1);
            self.queued.push_back(Frame::Behind { records, ms });
            self.said_behind_at = Some(now);
        }
    }
}

impl Frame {
    /// The frame as it goes over the wire.
    pub(crate) fn event(self) -> Event {
        match self {
            Frame::Messages { json, next } => {
                Event::default().event("messages").id(id_before(next)).data(json)
            }
            Frame::Place(next) => Event::default().id(id_before(next)),
            Frame::Behind { records, ms } => Event::default()
                .event("behind")
                .data(format!(r#"{{"behind":{records},"ms":{ms}}}"#)),
            Frame::Gap { from, to } => {
                Event::default().event("gap").data(format!(r#"{{"from":"{from}","to":"{to}"}}"#))
            }
            Frame::Closed(reason) => {
                Event::default().event("closed").data(format!(r#"{{"reason":"{reason}"}}"#))
            }
            Frame::KeepAlive => Event::default().comment(""),
        }
    }
}

/// The id of a frame after which reading goes on at `next`.
fn id_before(next: Position) -> String {
    match next.0.checked_sub(1) {
        Some(id) => id.to_string(),
        None => START.to_owned(),
    }
}

/// The id in front of everything.
pub(crate) const START: &str = "start";

/// A frame's rows while they are gathered.
struct Rows {
    json: String,
    count: usize,
}

impl Rows {
    fn new() -> Rows {
        Rows { json: String::new(), count: 0 }
    }

    fn push(&mut self, opened: &Opened, snapshot: &routing::RoutingSnapshot) {
        let source = snapshot.source_of_stream(opened.stream).map(|source| source.slug.as_str());
        let row = serde_json::to_string(&Row::of(opened, source)).expect("rows are plain JSON");
        self.json.push_str(if self.count == 0 { r#"{"messages":["# } else { "," });
        self.json.push_str(&row);
        self.count += 1;
    }

    fn is_full(&self) -> bool {
        self.count >= FRAME_ROWS_MAX || self.json.len() >= FRAME_BYTES_MAX
    }

    fn frame(mut self, next: Position) -> Frame {
        self.json.push_str("]}");
        Frame::Messages { json: self.json, next }
    }
}
