//! Sets the books against the log itself.

use std::collections::HashMap;

use event_log::{Batch, EventLog, Label, LogError, Position, Tag};
use spec::{DestinationId, Lapse, record};

use crate::{
    Delivery,
    books::{Books, Unsettled},
    supervisor::{Inner, each_message},
};

/// An independent count of what a destination has pending, beside what the books say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The destination.
    pub destination: DestinationId,
    /// Messages that were its to take, by the books.
    pub routed: u64,
    /// Delivered, discarded and exhausted, by the books.
    pub settled: u64,
    /// Counted: messages between attempts.
    pub retrying: u64,
    /// Counted in the log itself: its messages without an outcome.
    pub waiting: u64,
}

impl Audit {
    /// Whether everything is accounted for.
    pub fn balances(&self) -> bool {
        self.routed == self.settled + self.retrying + self.waiting
    }
}

impl Delivery {
    /// Counts in the log what each destination has pending, and sets it against the books.
    ///
    /// Errors: the log's.
    pub async fn audit(&self) -> Result<Vec<Audit>, LogError> {
        let books = self.inner().books_now().await;
        let mut audits = Vec::new();
        for book in books.destinations() {
            let (mut waiting, unsettled) = (0, book.unsettled());
            let log = &*self.inner().log;
            each_waiting(log, &unsettled, books.position, |_, _| waiting += 1).await?;
            audits.push(Audit {
                destination: book.id.clone(),
                routed: book.total.routed,
                settled: book.total.settled(),
                retrying: book.retries.len() as u64,
                waiting,
            });
        }
        Ok(audits)
    }
}

impl Inner {
    /// Writes off what the books have as pending and the log no longer holds: damage or a hand on
    /// its files, since retention waits for every destination.
    ///
    /// Errors: the log's.
    pub(crate) async fn write_off(&self) -> Result<(), LogError> {
        let books = self.books_now().await;
        let mut batch = Batch::new();
        for book in books.destinations() {
            let mut there: HashMap<(u64, i64), u64> = HashMap::new();
            let mut count = |stream: u64, time_ms: i64| {
                *there.entry(books.slot_of(stream, time_ms)).or_default() += 1;
            };
            let unsettled = book.unsettled();
            each_waiting(&*self.log, &unsettled, books.position, &mut count).await?;
            for (stream, time_ms) in unsettled.retries {
                count(stream, time_ms);
            }
            let lost = books.missing(&book.id, &there);
            if lost.is_empty() {
                continue;
            }
            let messages: u64 = lost.iter().map(|lost| lost.messages).sum();
            tracing::error!(destination = %book.id, messages, "the log lost messages before the destination had read them; they are written off as expired");
            let time_ms = self.options.world.clock.now_ms();
            let label = Label { kind: record::LAPSE, stream: 0, time_ms, tag: Tag::None };
            let lapse = Lapse { destination: book.id.clone(), lost };
            batch.push(label, &record::encode(&lapse));
        }
        self.log.lane().append(batch).await?;
        Ok(())
    }

    async fn books_now(&self) -> Books {
        let end = *self.log.end().borrow();
        self.ledger.caught_up(end).await;
        self.ledger.with(Books::clone)
    }
}

/// Calls `each` with source and time of every message in the log before `to` that is a
/// destination's own and has no outcome.
pub(crate) async fn each_waiting(
    log: &dyn EventLog,
    unsettled: &Unsettled,
    to: u64,
    mut each: impl FnMut(u64, i64),
) -> Result<(), LogError> {
    let Unsettled { fed, read_to, ahead, .. } = unsettled;
    let from = Position(log.stats().oldest.0.max(*read_to));
    each_message(log, from, Position(to), |at, stream, time_ms| {
        let by = fed.partition_point(|fed| fed.from <= at);
        let own = by > 0 && fed[by - 1].streams.contains(&stream);
        if own && !ahead.contains(&at) {
            each(stream, time_ms);
        }
    })
    .await
}
