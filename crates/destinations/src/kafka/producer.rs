//! The idempotent producer: each batch of a partition is numbered, so that a broker that has it
//! already says so and does not take it twice.
//!
//! - One batch of a partition is under way at a time. While nothing is known of its fate it stays
//!   in doubt, under its number, and goes again before anything else for that partition, in
//!   whichever call that is.
//! - What landed while its call failed, or was dropped, is remembered by its position in the log
//!   and not sent again when the engine hands it over once more.
//! - A call that is dropped leaves this state as true as it was: what is sent is in doubt before
//!   the first byte of it goes out.
//!
//! What dies with the process is this memory: batches in doubt then are sent once more.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use destination_kit::DeliveryError;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    calls::{Batches, Produced, ProducerId},
    cluster::{Cluster, Name, Place},
    codes::{Next, meaning},
    link::fault,
    records::{self, Compression, HEAD_BYTES, Record, sequence_after},
    work::Work,
};

/// As many bytes as brokers take in one batch unless they are told otherwise, and a little less.
const BATCH_BYTES: usize = 1_000_000;
/// The whole of a call, before the engine loses patience with it.
const CALL_MAX: Duration = Duration::from_secs(28);
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long a topic may take that was asked to be created, or that was there before.
const TOPIC_PATIENCE: Duration = Duration::from_secs(5);
/// Times that one call begins under a new id before it gives up.
const NEW_IDS_MAX: u32 = 3;
/// Partitions whose numbers are kept; beyond that all begin anew under a new id.
const PARTITIONS_MAX: usize = 20_000;

/// Positions of messages that landed and whose calls have not heard of it.
pub(crate) type Landed = Arc<Mutex<BTreeSet<u64>>>;

/// One message on its way to a topic.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) position: u64,
    pub(crate) topic: Name,
    pub(crate) record: Record,
}

/// Where the numbering of a partition stands.
#[derive(Default)]
struct Numbers {
    next: i32,
    in_doubt: Option<Sent>,
}

/// A batch whose fate is not known.
struct Sent {
    sequence: i32,
    rows: Vec<Row>,
}

/// One producer.
pub(crate) struct Producer {
    pub(crate) cluster: Cluster,
    compression: Compression,
    /// How long a call begins to try again.
    pub(crate) patience: Duration,
    id: Option<ProducerId>,
    numbers: HashMap<Place, Numbers>,
    landed: Landed,
    /// What topics take in one batch that turned out to take less than others.
    limits: HashMap<Name, usize>,
    /// Takes records without a key from partition to partition.
    turn: usize,
}

impl Producer {
    pub(crate) fn new(
        cluster: Cluster,
        compression: Compression,
        patience: Duration,
        landed: Landed,
    ) -> Producer {
        Producer {
            cluster,
            compression,
            patience,
            id: None,
            numbers: HashMap::new(),
            landed,
            limits: HashMap::new(),
            turn: 0,
        }
    }

    /// Sends `rows`, and returns when every one is on all brokers that must have it.
    ///
    /// Errors: some are not. Of many messages that could not all be sent for reasons of their own
    /// the answer is a refusal, which has the engine hand them over in smaller parts.
    pub(crate) async fn send(&mut self, rows: Vec<Row>) -> Result<(), DeliveryError> {
        let began = Instant::now();
        let asked: HashSet<u64> = rows.iter().map(|row| row.position).collect();
        let mut work = Work {
            waiting: self.doubts_about(&asked),
            unplaced: self.not_sent(rows),
            asked,
            failed: Vec::new(),
            again: None,
            began,
            new_id: false,
            new_ids: 0,
        };
        let mut pause = PAUSE_FIRST;
        while !work.is_done() {
            let reason = work.again.take();
            let anew = reason.is_some();
            match timeout_at(began + CALL_MAX, self.round(&mut work, anew)).await {
                Ok(outcome) => outcome?,
                Err(_) => {
                    let late = || fault("ETIMEDOUT", format!("not done within {CALL_MAX:?}"));
                    return Err(DeliveryError::Retry(reason.unwrap_or_else(late), None));
                }
            }
            let Some(reason) = work.again.clone() else { continue };
            if began.elapsed() + pause > self.patience || work.new_ids > NEW_IDS_MAX {
                return Err(DeliveryError::Retry(reason, None));
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        work.verdict(&self.landed)
    }

    /// The partitions whose batch in doubt holds one of the messages `asked` for.
    fn doubts_about(&self, asked: &HashSet<u64>) -> BTreeMap<Place, VecDeque<Row>> {
        let doubts = self.numbers.iter().filter(|(_, numbers)| {
            let sent = numbers.in_doubt.iter().flat_map(|sent| &sent.rows);
            sent.into_iter().any(|row| asked.contains(&row.position))
        });
        doubts.map(|(place, _)| (place.clone(), VecDeque::new())).collect()
    }

    /// Those of `rows` that have neither landed nor are in doubt.
    fn not_sent(&self, mut rows: Vec<Row>) -> Vec<Row> {
        let doubts = self.numbers.values().filter_map(|numbers| numbers.in_doubt.as_ref());
        let doubts = doubts.flat_map(|sent| sent.rows.iter().map(|row| row.position));
        let doubts: HashSet<u64> = doubts.collect();
        let landed = lock(&self.landed);
        rows.retain(|row| !landed.contains(&row.position) && !doubts.contains(&row.position));
        rows
    }

    /// Finds a partition for each message, sends one batch to each partition, and hears what
    /// became of it. What may work later is said in `work.again`.
    async fn round(&mut self, work: &mut Work, anew: bool) -> Result<(), DeliveryError> {
        let unplaced = work.unplaced.iter().map(|row| &row.topic);
        let topics = unplaced.chain(work.waiting.keys().map(|(topic, _)| topic));
        let topics: BTreeSet<Name> = topics.cloned().collect();
        let learned = self.cluster.learn(&topics, anew).await;
        if !work.bear(learned)? {
            return Ok(());
        }
        self.give_up_missing(work, &topics);
        self.place(work);
        if work.waiting.is_empty() {
            return Ok(());
        }
        let id = match self.id {
            Some(id) => id,
            None => {
                let fresh = self.cluster.producer_id().await;
                let Some(fresh) = work.bear_with(fresh)? else { return Ok(()) };
                *self.id.insert(fresh)
            }
        };
        let batches = self.number(work, id);
        let by_node = self.encode(work, id, &batches)?;
        let timeout = self.cluster.entrance().login.timeout;
        let answers = self.cluster.produce(timeout, by_node).await;
        for (_, answer) in answers {
            if let Some(produced) = work.bear_with(answer)? {
                for batch in produced {
                    self.settle(work, batch);
                }
            }
        }
        let in_doubt = |place| self.numbers.get(place).is_some_and(|n| n.in_doubt.is_some());
        if work.again.is_none() && batches.values().flatten().any(in_doubt) {
            let sentence = "a broker did not say what became of a batch".to_owned();
            work.again = Some(fault("EPROTO", sentence));
        }
        let many = self.numbers.len() > PARTITIONS_MAX;
        if work.new_id || (many && self.numbers.values().all(|n| n.in_doubt.is_none())) {
            self.begin_anew(work);
        }
        work.waiting.retain(|place, rows| {
            let numbers = self.numbers.get(place);
            !rows.is_empty() || numbers.is_some_and(|numbers| numbers.in_doubt.is_some())
        });
        Ok(())
    }

    /// Fails what goes to topics that do not exist or may not be seen.
    fn give_up_missing(&mut self, work: &mut Work, topics: &BTreeSet<Name>) {
        for topic in topics {
            let (error, partitions) = self.cluster.topic(topic).unwrap_or((-1, &[]));
            if error == 0 && !partitions.is_empty() {
                continue;
            }
            let (next, name) = match error {
                0 => (Next::Again, "LEADER_NOT_AVAILABLE"),
                error => meaning(error),
            };
            let create = self.cluster.entrance().create_topics;
            let sentence = match next {
                Next::NoTopic if create => {
                    format!("the cluster has no topic {topic:?} and does not create it when asked")
                }
                Next::NoTopic => format!(
                    "the cluster has no topic {topic:?}: create it, or have create_topics ask for it"
                ),
                Next::BadSettings => format!("we may not write to the topic {topic:?}"),
                _ => format!("the topic {topic:?} is not ready"),
            };
            let problem = fault(name, format!("{sentence} ({name}, {error})"));
            // a broker that has just begun does not know its topics yet
            let expected = || create || self.numbers.keys().any(|(name, _)| name == topic);
            let soon = next == Next::Again
                || (next == Next::NoTopic
                    && work.began.elapsed() < TOPIC_PATIENCE.min(self.patience)
                    && expected());
            if soon {
                self.cluster.forget_missing();
                work.again = Some(problem);
                continue;
            }
            work.fail_unplaced(topic, next, &problem);
            let places = work.waiting.keys().filter(|(name, _)| name == topic);
            for place in places.cloned().collect::<Vec<_>>() {
                let rows = work.waiting.remove(&place).unwrap_or_default();
                work.fail(&rows, next, &problem);
                // what is in doubt stays so, in case the topic comes back
                let sent = self.numbers.get(&place).and_then(|numbers| numbers.in_doubt.as_ref());
                work.fail(sent.map_or(&[][..], |sent| &sent.rows), next, &problem);
            }
        }
    }

    /// Finds a partition for each message whose topic is known.
    fn place(&mut self, work: &mut Work) {
        let turn = self.turn;
        self.turn = self.turn.wrapping_add(1);
        for row in std::mem::take(&mut work.unplaced) {
            let partitions = match self.cluster.topic(&row.topic) {
                Some((0, partitions)) if !partitions.is_empty() => partitions,
                _ => {
                    work.unplaced.push(row);
                    continue;
                }
            };
            let partition = match &row.record.key {
                Some(key) => records::partition_of(key, partitions.len() as i32),
                None => {
                    let led: Vec<i32> = partitions
                        .iter()
                        .filter(|partition| partition.leader >= 0)
                        .map(|partition| partition.index)
                        .collect();
                    led.get(turn % led.len().max(1)).copied().unwrap_or_default()
                }
            };
            work.waiting.entry((row.topic.clone(), partition)).or_default().push_back(row);
        }
    }

    /// Cuts the next batch for each partition that has none in doubt, and numbers it. From here
    /// on it is in doubt. Gives the places that have one, by the node that leads them.
    fn number(&mut self, work: &mut Work, id: ProducerId) -> BTreeMap<i32, Vec<Place>> {
        debug_assert_eq!(self.id, Some(id), "numbers belong to an id");
        let mut batches: BTreeMap<i32, Vec<Place>> = BTreeMap::new();
        for (place, rows) in &mut work.waiting {
            let Some(leader) = self.cluster.leader(place) else {
                let (topic, partition) = place;
                let sentence = format!("nobody leads the partition {partition} of {topic:?} now");
                work.again = Some(fault("LEADER_NOT_AVAILABLE", sentence));
                continue;
            };
            let numbers = self.numbers.entry(place.clone()).or_default();
            if numbers.in_doubt.is_none() {
                let limit = self.limits.get(&place.0).copied().unwrap_or(BATCH_BYTES);
                let mut bytes = HEAD_BYTES;
                let fits = |row: &&Row| {
                    bytes += row.record.bytes();
                    bytes <= limit
                };
                let many = rows.iter().take_while(fits).count().max(1).min(rows.len());
                if many == 0 {
                    continue;
                }
                let rows: Vec<Row> = rows.drain(..many).collect();
                let sequence = numbers.next;
                numbers.next = sequence_after(sequence, many);
                numbers.in_doubt = Some(Sent { sequence, rows });
            }
            batches.entry(leader).or_default().push(place.clone());
        }
        batches
    }

    fn encode<'a>(
        &self,
        work: &mut Work,
        id: ProducerId,
        batches: &'a BTreeMap<i32, Vec<Place>>,
    ) -> Result<BTreeMap<i32, Batches<'a>>, DeliveryError> {
        let mut by_node: BTreeMap<i32, Batches<'a>> = BTreeMap::new();
        for (node, places) in batches {
            let topics = by_node.entry(*node).or_default();
            for place in places {
                let Some(sent) = self.numbers.get(place).and_then(|n| n.in_doubt.as_ref()) else {
                    continue;
                };
                let rows: Vec<&Record> = sent.rows.iter().map(|row| &row.record).collect();
                let batch = records::batch(&rows, id, sent.sequence, self.compression);
                let batch = batch.map_err(|error| {
                    DeliveryError::Refused(fault("EIO", format!("cannot be compressed: {error}")))
                });
                let Some(batch) = work.bear_with(batch)? else { continue };
                topics.entry(&place.0).or_default().push((place.1, batch));
            }
        }
        Ok(by_node)
    }

    /// Takes note of what became of one batch.
    fn settle(&mut self, work: &mut Work, batch: Produced) {
        let Produced { topic, partition, error, message } = batch;
        let place = (Name::from(topic), partition);
        let Some(numbers) = self.numbers.get_mut(&place) else { return };
        let (next, name) = meaning(error);
        let sentence = |what: &str| {
            let (topic, partition) = &place;
            let colon = if message.is_empty() { "" } else { ": " };
            let place = format!("the partition {partition} of {topic:?}");
            fault(name, format!("{place} {what}{colon}{message} ({name}, {error})"))
        };
        match next {
            Next::Landed => {
                let rows = numbers.in_doubt.take().map(|sent| sent.rows).unwrap_or_default();
                lock(&self.landed).extend(rows.iter().map(|row| row.position));
            }
            // perhaps another broker leads it by now, or the topic was deleted: metadata will tell
            Next::Again | Next::NoTopic => work.again = Some(sentence("is not ready")),
            Next::NewProducer => {
                work.new_id = true;
                work.again = Some(sentence("knows no more what came before"));
            }
            Next::TooLarge | Next::Refused | Next::BadSettings => {
                let Some(sent) = numbers.in_doubt.take() else { return };
                // it was not taken, and so its numbers were not used
                numbers.next = sent.sequence;
                if next == Next::TooLarge && sent.rows.len() > 1 {
                    let bytes: usize = sent.rows.iter().map(|row| row.record.bytes()).sum();
                    self.limits.insert(place.0.clone(), bytes / 2);
                    let waiting = work.waiting.entry(place).or_default();
                    for row in sent.rows.into_iter().rev() {
                        // what was asked for in an earlier call will be again
                        if work.asked.contains(&row.position) {
                            waiting.push_front(row);
                        }
                    }
                    return;
                }
                let problem = sentence(match next {
                    Next::TooLarge => "takes no message so large",
                    Next::Refused => "does not take this",
                    _ => "is not for us to write to",
                });
                work.fail(&sent.rows, next, &problem);
            }
        }
    }

    /// Begins under a new id, with what is in doubt: whether it landed under the old one nobody
    /// can tell any more.
    fn begin_anew(&mut self, work: &mut Work) {
        self.id = None;
        self.numbers.retain(|_, numbers| numbers.in_doubt.is_some());
        for numbers in self.numbers.values_mut() {
            if let Some(sent) = &mut numbers.in_doubt {
                sent.sequence = 0;
                numbers.next = sequence_after(0, sent.rows.len());
            }
        }
        work.new_ids += u32::from(work.new_id);
        work.new_id = false;
    }
}

/// Forgets what has its outcome on record.
pub(crate) fn forget(landed: &Landed, before: u64) {
    let mut landed = lock(landed);
    *landed = landed.split_off(&before);
}

fn lock(landed: &Landed) -> std::sync::MutexGuard<'_, BTreeSet<u64>> {
    landed.lock().expect("nobody panics with it")
}
