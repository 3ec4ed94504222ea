//! One replay at work: it counts, then sends, until it is told otherwise.

mod reader;

use std::{sync::Arc, time::Duration};

use destination_kit::{BadSetting, Batching, DeliveryError, Destination, Fault, Parcel};
use event_log::{Batch, Label, Position, Tag};
use routing::DestinationRoute;
use spec::{Message, Replayed, record};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{Job, Problem, Refusal, State, keep, mark};
use crate::{
    choose::choose,
    map::{filtered, mapped},
    origins::Origins,
    retry::capped_delay,
    routes::iso,
    send::{Heard, send},
    supervisor::Inner,
};
use reader::{Reader, Unread};

/// Messages that are sent before it is noted how far the replay has come.
const WINDOW_MAX: usize = 8192;
/// Their bytes, unless the destination takes more at once.
const WINDOW_BYTES_MAX: usize = 16 << 20;
/// At the rate asked for, a window takes about a quarter of a second.
const WINDOWS_PER_SECOND: u64 = 4;
/// How often what has come of it is written down.
const KEEP_EVERY: Duration = Duration::from_millis(250);
/// A destination that is not ready is waited for so long; then somebody has to see to it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
const SAMPLES_MAX: usize = 10;

/// Works on `job` until it ends, is paused, or the process is about to stop.
pub async fn run(inner: Arc<Inner>, job: Arc<Job>) {
    let alone = job.clone();
    let _alone = alone.working.lock().await;
    let mut runner = Runner {
        origins: Origins::new(inner.routing.clone()),
        stop: inner.replays.stop.subscribe(),
        orders: job.orders.subscribe(),
        kept_at: Instant::now(),
        next_at: Instant::now(),
        own: None,
        inner,
        job,
    };
    let ended = runner.work().await;
    if let Some((destination, _)) = runner.own.take() {
        destination.close().await;
    }
    if let Err(Stopped::Problem(problem)) = ended {
        tracing::warn!(
            replay = runner.job.replay().id,
            code = problem.code,
            "a replay is paused: {}",
            problem.detail
        );
        runner.job.change(|replay| {
            if !replay.state.has_ended() {
                replay.state = State::Paused;
                replay.problem = Some(problem);
            }
        });
    }
    runner.keep().await;
}

/// Why work ends early.
enum Stopped {
    /// Somebody said so, and has noted it.
    Told,
    /// It cannot go on by itself.
    Problem(Problem),
}

fn problem(code: &str, detail: impl Into<String>) -> Stopped {
    Stopped::Problem(Problem { code: code.to_owned(), detail: detail.into() })
}

struct Runner {
    inner: Arc<Inner>,
    job: Arc<Job>,
    origins: Origins,
    stop: tokio::sync::watch::Receiver<bool>,
    orders: tokio::sync::watch::Receiver<Option<super::Order>>,
    kept_at: Instant,
    /// When the rate asked for lets the next window begin.
    next_at: Instant,
    /// A destination of its own, with the settings it was opened with, while there is none to borrow.
    own: Option<(Arc<dyn Destination>, Arc<DestinationRoute>)>,
}

/// Messages to be sent, and what else was read with them.
struct Window {
    parcels: Vec<Parcel>,
    filtered: u64,
    /// Everything before this is in the window or an earlier one.
    end: u64,
}

/// What came of a window.
#[derive(Default)]
struct Tally {
    delivered: u64,
    refused: u64,
    samples: Vec<Refusal>,
    records: Vec<Replayed>,
}

impl Runner {
    async fn work(&mut self) -> Result<(), Stopped> {
        if self.job.replay().state == State::Counting {
            self.count().await?;
        }
        if self.job.replay().state == State::Running {
            self.send().await?;
        }
        Ok(())
    }

    /// Counts what there is.
    async fn count(&mut self) -> Result<(), Stopped> {
        let replay = self.job.replay();
        let mut reader = Reader::new(&self.inner, replay.from, replay.to);
        let (mut matched, mut bytes) = (0, 0);
        while let Some(chunk) = reader.chunk().await.map_err(unreadable)? {
            for message in chunk.iter().filter_map(|entry| replay.asked.message_in(entry)) {
                matched += 1;
                bytes += message.raw().len() as u64;
            }
            self.job.change(|replay| {
                (replay.matched, replay.bytes) = (matched, bytes);
                replay.read_to = reader.position();
            });
            self.told(State::Counting)?;
        }
        let now_ms = self.inner.options.world.clock.now_ms();
        self.job.change(|replay| {
            if replay.state == State::Counting {
                (replay.matched, replay.bytes, replay.read_to) = (matched, bytes, replay.from);
                replay.state = if replay.start { State::Running } else { State::Ready };
                replay.started_at_ms = replay.start.then_some(now_ms);
            }
        });
        self.keep().await;
        Ok(())
    }

    /// Sends what there is from where it has come to.
    async fn send(&mut self) -> Result<(), Stopped> {
        let replay = self.job.replay();
        let began_at = iso(replay.started_at_ms.unwrap_or(replay.created_at_ms));
        let mark = mark::mark(&replay.id, &began_at);
        let mut reader = Reader::new(&self.inner, replay.read_to, replay.to);
        loop {
            self.told(State::Running)?;
            let route = self.route()?;
            let (destination, kind_name) = self.link(&route).await?;
            let batching = destination.batching();
            let calls = route.concurrency.max(1).min(batching.calls_max);
            let most = window_max(batching, calls, replay.asked.per_second);
            let window = self.window(&mut reader, &replay.asked, &route, &kind_name, &mark, most);
            let window = window.await.map_err(unreadable)?;
            let (end, many) = (window.end, window.parcels.len() as u64);
            if many == 0 && window.filtered == 0 && reader.is_over() {
                break;
            }
            let filtered = window.filtered;
            let tally = self.deliver(&route, destination, batching, calls, window.parcels).await?;
            self.tell(&tally.records).await;
            self.job.change(|replay| {
                replay.read_to = end;
                replay.delivered += tally.delivered;
                replay.filtered += filtered;
                replay.refused += tally.refused;
                let room = SAMPLES_MAX.saturating_sub(replay.samples.len());
                replay.samples.extend(tally.samples.into_iter().take(room));
            });
            if self.kept_at.elapsed() >= KEEP_EVERY {
                self.keep().await;
            }
            let pause =
                Duration::from_secs(1).mul_f64(many as f64 / replay.asked.per_second as f64);
            self.next_at = self.next_at.max(Instant::now() - pause) + pause;
            self.wait_until(self.next_at, State::Running).await?;
        }
        let now_ms = self.inner.options.world.clock.now_ms();
        self.job.change(|replay| {
            if replay.state == State::Running {
                replay.state = State::Done;
                replay.ended_at_ms = Some(now_ms);
            }
        });
        Ok(())
    }

    /// The next messages that go to the destination.
    async fn window(
        &mut self,
        reader: &mut Reader,
        asked: &super::Asked,
        route: &DestinationRoute,
        kind_name: &str,
        mark: &[u8],
        (messages_max, bytes_max): (usize, usize),
    ) -> Result<Window, Unread> {
        let mut window = Window { parcels: vec![], filtered: 0, end: reader.position() };
        let mut bytes = 0;
        while window.parcels.len() < messages_max && bytes < bytes_max {
            let Some(entry) = reader.next().await? else { break };
            window.end = entry.position.0 + 1;
            let Some(message) = asked.message_in(&entry) else { continue };
            let stream = entry.label.stream;
            let chosen = choose(&message, stream, route, kind_name);
            // The mark is part of what mappings see.
            let given =
                chosen.and_then(|()| filtered(message, stream, route)).and_then(|message| {
                    let message: Message = mark::marked(&message, mark);
                    Ok((mapped(&message, route)?, message))
                });
            let Ok((mapped, message)) = given else {
                window.filtered += 1;
                continue;
            };
            bytes += message.raw().len();
            window.parcels.push(Parcel {
                message,
                position: entry.position.0,
                received_at_ms: entry.label.time_ms,
                source: self.origins.of(stream),
                mapped,
            });
        }
        if reader.is_over() {
            window.end = reader.position();
        }
        Ok(window)
    }

    /// Sends `parcels` until the destination has, or has refused, every one.
    async fn deliver(
        &mut self,
        route: &Arc<DestinationRoute>,
        mut destination: Arc<dyn Destination>,
        batching: Batching,
        calls: usize,
        mut parcels: Vec<Parcel>,
    ) -> Result<Tally, Stopped> {
        let mut tally = Tally::default();
        let (began, mut tries) = (Instant::now(), 0);
        loop {
            let at_ms = self.inner.options.world.clock.now_ms();
            let mut again: Vec<Parcel> = Vec::new();
            let mut why: Option<(DeliveryError, Duration)> = None;
            let mut flight = JoinSet::new();
            let mut batches = batches(parcels, batching).into_iter();
            loop {
                while flight.len() < calls
                    && let Some(batch) = batches.next()
                {
                    let (destination, limit) =
                        (destination.clone(), self.inner.options.attempt_timeout);
                    flight.spawn(async move {
                        let heard = send(&destination, &batch, limit).await;
                        (batch, heard)
                    });
                }
                let Some(landed) = flight.join_next().await else { break };
                let (mut batch, heard) = landed.expect("attempts catch their panics");
                for (many, heard) in heard {
                    let rest = batch.split_off(many);
                    let part = std::mem::replace(&mut batch, rest);
                    if let Some((part, error)) = self.take(&mut tally, part, heard, at_ms) {
                        again.extend(part);
                        let wish = match &error {
                            DeliveryError::Retry(_, wish) => wish.unwrap_or_default(),
                            _ => Duration::ZERO,
                        };
                        let wish = why.as_ref().map_or(wish, |(_, before)| wish.max(*before));
                        why = Some((error, wish));
                    }
                }
            }
            let Some((error, wish)) = why else { return Ok(tally) };
            let late = began.elapsed() + wish > PATIENCE;
            match error {
                DeliveryError::Retry(fault, _) if late => {
                    return Err(problem("destination_not_ready", words(&fault)));
                }
                DeliveryError::Retry(..) => {}
                DeliveryError::BadSettings(fault) => {
                    return Err(problem("bad_settings", words(&fault)));
                }
                DeliveryError::Gone(fault) | DeliveryError::Refused(fault) => {
                    return Err(problem("destination_gone", words(&fault)));
                }
            }
            let delay = capped_delay(tries, (self.inner.options.jitter)()).max(wish);
            tries += 1;
            self.wait_until(Instant::now() + delay, State::Running).await?;
            // it may have been opened anew meanwhile
            (destination, _) = self.link(route).await?;
            again.sort_by_key(|parcel| parcel.position);
            parcels = again;
        }
    }

    /// Counts what `part` heard; gives it back where it is to be sent again.
    fn take(
        &self,
        tally: &mut Tally,
        part: Vec<Parcel>,
        heard: Heard,
        at_ms: i64,
    ) -> Option<(Vec<Parcel>, DeliveryError)> {
        let replay = self.job.replay();
        let told = |status, refused| Replayed {
            replay: replay.id.clone(),
            destination: replay.destination.clone(),
            at_ms,
            took_ms: heard.took_ms,
            status,
            refused,
            positions: part.iter().map(|parcel| parcel.position).collect(),
        };
        match heard.answer {
            Ok(answer) => {
                tally.delivered += part.len() as u64;
                tally.records.push(told(answer.status, None));
                None
            }
            Err(DeliveryError::Refused(Fault { status, code, excerpt })) => {
                tally.refused += part.len() as u64;
                tally.records.push(told(status, Some(code.clone().into())));
                let position = part.first().map_or(0, |parcel| parcel.position);
                if tally.samples.len() < SAMPLES_MAX {
                    tally.samples.push(Refusal { position, status, code, excerpt });
                }
                None
            }
            Err(error) => Some((part, error)),
        }
    }

    /// Says in the log what was sent, for whoever traces a message.
    async fn tell(&self, records: &[Replayed]) {
        let mut batch = Batch::new();
        for told in records {
            let (Some(first), Some(last)) = (told.positions.first(), told.positions.last()) else {
                continue;
            };
            let tag = Tag::Refers(Position(*first), Position(*last));
            let label = Label { kind: record::REPLAYED, stream: 0, time_ms: told.at_ms, tag };
            batch.push(label, &record::encode(told));
        }
        if let Err(error) = self.inner.log.lane().append(batch).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the log did not hear what a replay sent; traces will not show it"
            );
        }
    }

    fn route(&self) -> Result<Arc<DestinationRoute>, Stopped> {
        let snapshot = self.inner.routing.current();
        let route = snapshot.destination(&self.job.replay().destination).cloned();
        route.ok_or_else(|| problem("destination_deleted", "the destination was deleted"))
    }

    /// The destination that deliveries go to; while it is disabled, one of our own.
    async fn link(
        &mut self,
        route: &Arc<DestinationRoute>,
    ) -> Result<(Arc<dyn Destination>, Arc<str>), Stopped> {
        let kind_name = self.inner.kinds.name(&route.kind).unwrap_or_default();
        if let Some(lent) = self.inner.lend(&route.id).await {
            if let Some((own, _)) = self.own.take() {
                own.close().await;
            }
            return Ok((lent, kind_name));
        }
        if let Some((own, with)) = &self.own {
            if with.settings == route.settings && with.kind == route.kind {
                return Ok((own.clone(), kind_name));
            }
            own.close().await;
            self.own = None;
        }
        let inner = &self.inner;
        let opened =
            inner.kinds.open(&route.kind, &route.settings, &route.id, &inner.options.world);
        let (own, _) = opened.map_err(|bad| problem("bad_settings", sentences(&bad)))?;
        self.own = Some((own.clone(), route.clone()));
        Ok((own, kind_name))
    }

    /// Errors when it is no longer to be about `state`.
    fn told(&self, state: State) -> Result<(), Stopped> {
        if *self.stop.borrow() || self.job.replay().state != state {
            return Err(Stopped::Told);
        }
        Ok(())
    }

    async fn wait_until(&mut self, until: Instant, state: State) -> Result<(), Stopped> {
        while Instant::now() < until {
            tokio::select! {
                () = sleep_until(until) => {}
                // whoever could tell us anything lives longer than we do
                _ = self.orders.changed() => {}
                _ = self.stop.changed() => {}
            }
            self.told(state)?;
        }
        Ok(())
    }

    /// Writes down how far it has come.
    async fn keep(&mut self) {
        let (folder, job) = (self.inner.replays.folder.clone(), self.job.clone());
        // under the lock, so that an older state never comes after a newer one
        let keep = move || job.change(|replay| keep::store(&folder, replay));
        match tokio::task::spawn_blocking(keep).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "how far a replay has come was not written");
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a replay was not kept");
            }
        }
        self.kept_at = Instant::now();
    }
}

/// Messages and bytes of a window.
fn window_max(batching: Batching, calls: usize, per_second: u64) -> (usize, usize) {
    let at_once = batching.messages_max.saturating_mul(calls);
    let paced = usize::try_from(per_second / WINDOWS_PER_SECOND).unwrap_or(usize::MAX).max(1);
    let most = at_once.clamp(1, WINDOW_MAX.max(batching.messages_max)).min(paced);
    (most, WINDOW_BYTES_MAX.max(batching.bytes_max))
}

/// Cuts `parcels` into calls.
fn batches(parcels: Vec<Parcel>, batching: Batching) -> Vec<Vec<Parcel>> {
    let mut batches: Vec<Vec<Parcel>> = Vec::new();
    let mut bytes = 0;
    for parcel in parcels {
        let size = parcel.message.raw().len();
        match batches.last_mut() {
            Some(batch)
                if batch.len() < batching.messages_max && bytes + size <= batching.bytes_max =>
            {
                bytes += size;
                batch.push(parcel);
            }
            _ => {
                bytes = size;
                batches.push(vec![parcel]);
            }
        }
    }
    batches
}

fn unreadable(error: Unread) -> Stopped {
    match error {
        Unread::Log(error) => problem("log_unavailable", error.to_string()),
        Unread::Archive(words) => problem("archive_unavailable", words),
    }
}

fn words(fault: &Fault) -> String {
    match fault.excerpt.as_str() {
        "" => fault.code.clone(),
        excerpt => format!("{}: {excerpt}", fault.code),
    }
}

fn sentences(bad: &[BadSetting]) -> String {
    bad.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
