//! What stands behind the counts: which events, how long they took, and why they were given up.
//!
//! Everything that a tally or a line counts is counted here once more by event, for stretches of
//! time that are cut a little more coarsely: minutes for four hours, then hours, and days after
//! two weeks. Events beyond a bound count together, and so do those that nobody told.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::BuildHasherDefault,
};

use serde::{Deserialize, Serialize};
use spec::{Event, EventRef, Latency, Step};

use super::{
    DEAD_LETTERS_MAX, Slot,
    tally::{Calendar, Counts, DAY, HOUR, Unit},
};
use crate::events::{Hashed, hash_of};

const KEEP_MINUTES: u32 = 4 * HOUR;
const KEEP_HOURS: u32 = 14 * DAY;
/// Events of one source that are told apart.
const NAMES_MAX: u32 = 1000;
/// Events that one stretch of time tells apart.
const EVENTS_MAX: usize = 100;
/// Messages of a destination whose events are remembered until they are settled: as many as may
/// wait between attempts or lie among the dead letters, and some.
const REMEMBERED_MAX: usize = 3 * DEAD_LETTERS_MAX;
/// The place of a source itself, where others are those of its destinations.
pub const SOURCE: u32 = u32::MAX;
/// Stands for events that are not told apart.
pub(super) const OTHER: u32 = 0;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Breakdown {
    /// It began later than the books, which an earlier release wrote.
    pub(super) partial: bool,
    calendar: Calendar,
    parts: Vec<(Key, Part)>,
    /// The events, from number 1 on.
    names: Vec<(u64, Event)>,
    /// By the destination's place: events of messages between attempts and of dead letters.
    remembered: BTreeMap<u32, BTreeMap<u64, u32>>,
    #[serde(skip)]
    index: Index,
}

#[derive(Debug, Clone, Default)]
struct Index {
    parts: HashMap<Key, usize>,
    /// The parts that were used last: of a source, and of a destination.
    last: [Option<(Key, usize)>; 2],
    names: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    /// How many names each stream has.
    many: HashMap<u64, u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Key {
    slot: Slot,
    /// The destination's place in the books, or [`SOURCE`].
    place: u32,
}

/// One source or one of its destinations in one stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    events: Vec<(u32, Shares)>,
    /// From accept to delivery.
    pub latency: Latency,
    /// Messages given up, by why their last attempt failed.
    pub given_up: Counts,
}

/// What became of the messages of one event: at a source before they were accepted or not, at a
/// destination of the accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    /// Accepted, or delivered.
    pub through: u64,
    /// Filtered at the source, or at the destination.
    pub filtered: u64,
    /// Failed on ingest; or refused by the destination, or given up.
    pub failed: u64,
}

impl Shares {
    /// Adds `other` to it.
    pub fn merge(&mut self, other: &Shares) {
        self.through += other.through;
        self.filtered += other.filtered;
        self.failed += other.failed;
    }

    /// The count that a discard at `step` belongs to.
    pub(super) fn stopped(&mut self, step: Step) -> &mut u64 {
        match step {
            Step::FailedOnIngest | Step::FailedDelivery => &mut self.failed,
            Step::FilteredAtSource | Step::FilteredAtDestination => &mut self.filtered,
        }
    }
}

/// One part, for those who read it.
#[derive(Debug)]
pub struct PartRow<'a> {
    /// Stream of the source.
    pub stream: u64,
    /// The destination's place in the books, or [`SOURCE`].
    pub place: u32,
    /// Its first millisecond, Unix.
    pub from_ms: i64,
    /// How long it is.
    pub unit: Unit,
    /// What it holds.
    pub part: &'a Part,
}

impl Breakdown {
    /// What an earlier release did not keep.
    pub(super) fn missing() -> Breakdown {
        Breakdown { partial: true, ..Breakdown::default() }
    }

    /// Makes the index anew.
    pub(super) fn reindex(&mut self) {
        self.index = Index {
            parts: self.parts.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect(),
            ..Index::default()
        };
        for (number, (stream, event)) in (1..).zip(&self.names) {
            self.index.names.insert(hash_of(event.as_ref(), *stream), number);
            *self.index.many.entry(*stream).or_default() += 1;
        }
    }

    /// The number of an event of the source with this `stream`.
    pub(super) fn number(&mut self, stream: u64, event: Option<EventRef<'_>>) -> u32 {
        let Some(event) = event else { return OTHER };
        let hash = hash_of(event, stream);
        if let Some(number) = self.index.names.get(&hash) {
            let (whose, known) = &self.names[*number as usize - 1];
            return if *whose == stream && known.as_ref() == event { *number } else { OTHER };
        }
        let many = self.index.many.entry(stream).or_default();
        if *many >= NAMES_MAX {
            return OTHER;
        }
        *many += 1;
        self.names.push((stream, event.to_owned()));
        let number = self.names.len() as u32;
        self.index.names.insert(hash, number);
        number
    }

    /// The event with this number; `None` for those that are not told apart.
    pub fn event(&self, number: u32) -> Option<&Event> {
        self.names.get((number as usize).checked_sub(1)?).map(|(_, event)| event)
    }

    /// What is kept of a source or destination in the stretch of time that `minute` is in.
    pub(super) fn part(&mut self, stream: u64, minute: u32, place: u32) -> &mut Part {
        let slot = Slot { stream, minute: self.calendar.bucket(minute).0 };
        let key = Key { slot, place };
        let last = &mut self.index.last[usize::from(place == SOURCE)];
        let at = match last {
            Some((last, at)) if *last == key => *at,
            _ => {
                let at = *self.index.parts.entry(key).or_insert_with(|| {
                    self.parts.push((key, Part::default()));
                    self.parts.len() - 1
                });
                *last = Some((key, at));
                at
            }
        };
        &mut self.parts[at].1
    }

    /// Remembers the event of a message that is not settled, or may be taken up again.
    pub(super) fn remember(&mut self, place: u32, position: u64, number: u32) {
        let remembered = self.remembered.entry(place).or_default();
        remembered.insert(position, number);
        if remembered.len() > REMEMBERED_MAX {
            remembered.pop_first();
        }
    }

    /// The event of a message that was remembered.
    pub(super) fn recall(&self, place: u32, position: u64) -> Option<u32> {
        self.remembered.get(&place)?.get(&position).copied()
    }

    /// Nobody will ask for it again.
    pub(super) fn forget(&mut self, place: u32, position: u64) {
        if let Some(remembered) = self.remembered.get_mut(&place) {
            remembered.remove(&position);
        }
    }

    /// Once an hour: what is old enough becomes coarser, and names that stand nowhere go.
    pub(super) fn roll_up(&mut self, latest: u32) {
        let calendar = Calendar {
            minutes_from: latest.saturating_sub(KEEP_MINUTES) / HOUR * HOUR,
            hours_from: latest.saturating_sub(KEEP_HOURS) / DAY * DAY,
        };
        self.calendar = calendar.max(self.calendar);
        let mut rolled: HashMap<Key, Part> = HashMap::with_capacity(self.parts.len());
        for (Key { slot, place }, part) in std::mem::take(&mut self.parts) {
            let minute = self.calendar.bucket(slot.minute).0;
            let key = Key { slot: Slot { minute, ..slot }, place };
            match rolled.entry(key) {
                std::collections::hash_map::Entry::Vacant(free) => drop(free.insert(part)),
                std::collections::hash_map::Entry::Occupied(with) => with.into_mut().merge(&part),
            }
        }
        self.parts = rolled.into_iter().collect();
        self.parts.sort_unstable_by_key(|(key, _)| *key);
        self.drop_names();
        self.reindex();
    }

    fn drop_names(&mut self) {
        let counted = self.parts.iter().flat_map(|(_, part)| &part.events).map(|(n, _)| n);
        let remembered = self.remembered.values().flat_map(BTreeMap::values);
        let used: HashSet<u32> = counted.chain(remembered).copied().collect();
        if used.len() > self.names.len() {
            return;
        }
        let mut renamed = vec![OTHER; self.names.len() + 1];
        let mut kept = Vec::with_capacity(used.len());
        for (number, name) in (1..).zip(std::mem::take(&mut self.names)) {
            if used.contains(&number) {
                kept.push(name);
                renamed[number as usize] = kept.len() as u32;
            }
        }
        self.names = kept;
        for (_, part) in &mut self.parts {
            part.events.iter_mut().for_each(|(number, _)| *number = renamed[*number as usize]);
            part.events.sort_unstable_by_key(|(number, _)| *number);
        }
        let remembered = self.remembered.values_mut().flat_map(BTreeMap::values_mut);
        remembered.for_each(|number| *number = renamed[*number as usize]);
    }

    /// From when on time is cut finely.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// What is kept of a source or one of its destinations, for every bucket that begins in a
    /// stretch of time.
    pub fn of(
        &self,
        stream: u64,
        place: u32,
        (from_ms, to_ms): (i64, i64),
    ) -> impl Iterator<Item = (i64, &Part)> {
        self.calendar.buckets(from_ms, to_ms).filter_map(move |minute| {
            let key = Key { slot: Slot { stream, minute }, place };
            let at = self.index.parts.get(&key)?;
            Some((i64::from(minute) * 60_000, &self.parts[*at].1))
        })
    }

    /// Every part, in no order.
    pub fn rows(&self) -> impl Iterator<Item = PartRow<'_>> {
        self.parts.iter().map(|(Key { slot, place }, part)| PartRow {
            stream: slot.stream,
            place: *place,
            from_ms: i64::from(slot.minute) * 60_000,
            unit: self.calendar.bucket(slot.minute).1,
            part,
        })
    }
}

impl Part {
    /// What became of the messages of the event with this number.
    pub(super) fn shares(&mut self, number: u32) -> &mut Shares {
        let found = |events: &[(u32, Shares)], number| {
            events.binary_search_by_key(&number, |(number, _)| *number)
        };
        let mut number = number;
        let mut at = found(&self.events, number);
        if at.is_err() && self.events.len() >= EVENTS_MAX {
            number = OTHER;
            at = found(&self.events, number);
        }
        let at = at.unwrap_or_else(|at| {
            self.events.insert(at, (number, Shares::default()));
            at
        });
        &mut self.events[at].1
    }

    /// Takes back that messages of this event failed or were filtered.
    pub(super) fn take(
        &mut self,
        number: u32,
        mut many: u64,
        of: impl Fn(&mut Shares) -> &mut u64,
    ) {
        // Where events were too many, or not told, it was counted with others.
        let order = |n: u32| (n != number, n != OTHER);
        let mut places: Vec<usize> = (0..self.events.len()).collect();
        places.sort_by_key(|at| order(self.events[*at].0));
        for at in places {
            let count = of(&mut self.events[at].1);
            let taken = many.min(*count);
            *count -= taken;
            many -= taken;
            if many == 0 {
                return;
            }
        }
    }

    /// What became of the messages of each event, by its number.
    pub fn events(&self) -> impl Iterator<Item = (u32, &Shares)> {
        self.events.iter().map(|(number, shares)| (*number, shares))
    }

    fn merge(&mut self, other: &Part) {
        self.latency.merge(&other.latency);
        self.given_up.merge(&other.given_up);
        for (number, shares) in &other.events {
            self.shares(*number).merge(shares);
        }
    }
}
