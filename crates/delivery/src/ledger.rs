//! Keeps the books: reads the log from where their snapshot ends, and writes a snapshot now and then.
//!
//! The snapshot is `<data>/books`. It is written beside, synced, renamed over the old one, and
//! only then does the log hear (group `books`) that it may let older records go. A snapshot that
//! is damaged, of another log, or of another version is left aside and the books are made anew
//! from the oldest record the log holds; counts of what the log let go are lost then, and said so.

mod file;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use event_log::{Batch, CONTROL, EventLog, Label, LogError, Position, Tag};
use routing::RoutingSnapshot;
use spec::{Attempts, Delivered, DestinationId, Feed, Pause, record};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use destination_kit::Clock;

use crate::books::Books;

/// The group that pins what the snapshot does not cover.
pub const GROUP: &str = "books";
/// The group of `destination`, which pins what it may still have to read.
pub fn group_of(destination: &DestinationId) -> String {
    format!("destination/{destination}")
}

const READ_BYTES: usize = 1 << 20;
/// A snapshot is due when this much was read since the last one …
const SNAPSHOT_BYTES: u64 = 64 << 20;
/// … yet not more often than this. When anything was read, it is also due after a given time.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(5);
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The books of an installation, always a little behind its log.
pub struct Ledger {
    log: Arc<dyn EventLog>,
    path: PathBuf,
    clock: Clock,
    every: Duration,
    books: Mutex<Books>,
    position: watch::Sender<Position>,
}

impl Ledger {
    /// Opens the books in `path` and brings them up to the end of `log`; a snapshot is written
    /// `every` so often while anything happens. `routing` helps where
    /// the log no longer says which sources fed a destination.
    ///
    /// Errors: the log's, when it cannot be read.
    pub async fn open(
        log: Arc<dyn EventLog>,
        path: PathBuf,
        clock: Clock,
        every: Duration,
        routing: &RoutingSnapshot,
    ) -> Result<Ledger, LogError> {
        let identity = log.key_of(0, b"books");
        let end = *log.end().borrow();
        let books = match file::load(&path, identity) {
            Ok(Some(books)) if books.position <= end.0 => books,
            Ok(None) => anew(&*log, routing).await?,
            Ok(Some(books)) => {
                tracing::warn!(
                    position = books.position,
                    end = end.0,
                    "the snapshot of the books is ahead of the log; making them anew from the log"
                );
                anew(&*log, routing).await?
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), error = &error as &dyn std::error::Error, "the snapshot of the books cannot be read; making them anew from the oldest record in the log");
                anew(&*log, routing).await?
            }
        };
        let position = watch::Sender::new(Position(books.position));
        let ledger = Ledger { log, path, clock, every, books: Mutex::new(books), position };
        while ledger.with(|books| books.position) < end.0 {
            ledger.step().await?;
        }
        Ok(ledger)
    }

    /// Reads the books. Keep it short: the fold waits meanwhile.
    pub fn with<T>(&self, read: impl FnOnce(&Books) -> T) -> T {
        read(&self.books.lock().expect("no holder of this lock panics"))
    }

    /// Waits until everything before `position` is in the books.
    pub async fn caught_up(&self, position: Position) {
        let mut reached = self.position.subscribe();
        // It fails only when the sender is gone, and we hold it.
        drop(reached.wait_for(|reached| *reached >= position).await);
    }

    /// Follows the log until `stop`, writing snapshots; the last one at the end.
    pub(crate) async fn follow(&self, mut stop: watch::Receiver<bool>) {
        let mut end = self.log.end();
        let mut covered = self.position.borrow().0;
        let mut written = Instant::now();
        let mut dirty = false;
        loop {
            end.borrow_and_update();
            match self.step().await {
                Ok(Step { more: true, news }) => dirty |= news,
                Ok(Step { more: false, .. }) => {
                    tokio::select! {
                        changed = end.changed() => if changed.is_err() { break },
                        _ = stop.wait_for(|stop| *stop) => {
                            if *end.borrow() == *self.position.borrow() { break }
                        }
                        () = sleep(self.every), if dirty => {}
                    }
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the books cannot read the log; trying again"
                    );
                    sleep(READ_AGAIN_AFTER).await;
                }
            }
            let read = self.position.borrow().0 - covered;
            let since = written.elapsed();
            if (dirty && since >= self.every) || (read >= SNAPSHOT_BYTES && since >= SNAPSHOT_PAUSE)
            {
                covered = self.snapshot().await;
                (written, dirty) = (Instant::now(), false);
            }
        }
        self.snapshot().await;
        // The snapshot's own records: whoever waits for the end of the log is to see it.
        while let Ok(Step { more: true, .. }) = self.step().await {}
    }

    /// Takes the next stretch of log into account.
    async fn step(&self) -> Result<Step, LogError> {
        let from = *self.position.borrow();
        let chunk = match self.log.read(from, READ_BYTES).await {
            Err(LogError::Gone(oldest)) => {
                tracing::warn!(
                    from = from.0,
                    to = oldest.0,
                    "the log no longer holds what the books have not read; they go on after it"
                );
                self.books.lock().expect("no holder of this lock panics").skip_to(oldest);
                self.position.send_replace(oldest);
                return Ok(Step { more: true, news: true });
            }
            read => read?,
        };
        if chunk.entries.is_empty() && chunk.next <= from {
            return Ok(Step { more: false, news: false });
        }
        let news = chunk
            .entries
            .iter()
            .any(|entry| !matches!(entry.label.kind, CONTROL | record::FEED | record::PAUSE));
        {
            let mut books = self.books.lock().expect("no holder of this lock panics");
            for entry in &chunk.entries {
                books.apply(entry);
            }
            books.skip_to(chunk.next);
        }
        self.position.send_replace(chunk.next);
        Ok(Step { more: true, news })
    }

    /// Writes a snapshot and says so in the log; gives the position that it covers.
    async fn snapshot(&self) -> u64 {
        let books = self.with(Books::clone);
        let position = books.position;
        let feeds: Vec<Feed> = books
            .destinations()
            .iter()
            .map(|book| Feed {
                destination: book.id.clone(),
                streams: book.streams().to_vec(),
                from: None,
                backlog: vec![],
                again: true,
            })
            .collect();
        let pauses: Vec<Pause> = books.pauses().collect();
        let (path, identity) = (self.path.clone(), self.log.key_of(0, b"books"));
        let written =
            tokio::task::spawn_blocking(move || file::store(&path, &books, identity)).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(path = %self.path.display(), error = &error as &dyn std::error::Error, "the snapshot of the books was not written");
                return position;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the snapshot of the books was not written"
                );
                return position;
            }
        }
        let mut batch = Batch::new();
        // Said again, so that the log never lets go of the only record that says it.
        for feed in feeds {
            let time_ms = self.clock.now_ms();
            let label = Label { kind: record::FEED, stream: 0, time_ms, tag: Tag::None };
            batch.push(label, &record::encode(&feed));
        }
        for pause in pauses {
            let time_ms = self.clock.now_ms();
            let label = Label { kind: record::PAUSE, stream: 0, time_ms, tag: Tag::None };
            batch.push(label, &record::encode(&pause));
        }
        batch.commit(GROUP, Position(position));
        if let Err(error) = self.log.lane().append(batch).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the log did not hear how far the books have come"
            );
        }
        position
    }
}

/// What one stretch of log brought.
struct Step {
    /// There may be more.
    more: bool,
    /// It held more than the log's own records and what a snapshot itself leaves behind.
    news: bool,
}

/// Empty books at the oldest record. Where the log no longer holds the record that says what fed
/// a destination, what it says next is presumed to have held before; where it says nothing, what
/// feeds it now.
async fn anew(log: &dyn EventLog, routing: &RoutingSnapshot) -> Result<Books, LogError> {
    let oldest = log.stats().oldest;
    let mut books = Books::starting_at(oldest);
    let groups = log.groups();
    let mut unsure: BTreeSet<DestinationId> = groups
        .iter()
        .filter_map(|(group, _)| Some(DestinationId(group.strip_prefix("destination/")?.into())))
        .collect();
    let now = |id: &DestinationId| {
        routing.destination(id).map(|route| crate::streams(route)).unwrap_or_default()
    };
    let mut from = oldest;
    while !unsure.is_empty() {
        let chunk = log.read(from, READ_BYTES).await?;
        if chunk.entries.is_empty() && chunk.next <= from {
            break;
        }
        from = chunk.next;
        for entry in chunk.entries {
            match entry.label.kind {
                record::FEED => {
                    let Ok(feed) = record::decode::<Feed>(&entry.payload) else { continue };
                    if unsure.remove(&feed.destination) && feed.again {
                        books.presume(&feed.destination, feed.streams, oldest.0);
                    }
                }
                kind @ (record::ATTEMPTS | record::DELIVERED) => {
                    let Some(destination) = destination_of(kind, &entry.payload) else { continue };
                    if unsure.remove(&destination) {
                        books.presume(&destination, now(&destination), oldest.0);
                    }
                }
                _ => {}
            }
        }
    }
    for id in unsure {
        let streams = now(&id);
        books.presume(&id, streams, oldest.0);
    }
    Ok(books)
}

/// Whose outcomes a record tells.
fn destination_of(kind: u8, payload: &[u8]) -> Option<DestinationId> {
    if kind == record::DELIVERED {
        return Some(record::decode::<Delivered>(payload).ok()?.destination);
    }
    Some(record::decode::<Attempts>(payload).ok()?.destination)
}
