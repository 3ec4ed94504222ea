//! Which semantic event a name means. Names are compared as numbers (see `fold`), in the order
//! of certainty; a custom event costs a few look-ups and no memory.

use std::fmt;

use super::{
    events::{Category, Event},
    fold::{bag, fold, one_slip, stem, stems, words},
};

/// The event that a name means.
#[derive(Debug, Clone, Copy)]
pub struct Meant {
    /// The event.
    pub event: &'static str,
    /// How we know.
    pub why: Why,
}

/// Why a name is taken for an event's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The Spec lists it as an older name.
    Alias,
    /// It means nothing else.
    Synonym,
    /// The same words in other case, with other separators, or in another order.
    Spelling,
    /// It may mean the event.
    Perhaps,
    /// The same words but for their form, or a slip in one of them.
    NearMiss,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Alias => "an older name of it",
            Why::Synonym => "another name for it",
            Why::Spelling => "the same words, written differently",
            Why::Perhaps => "often meant by it",
            Why::NearMiss => "nearly the same words",
        })
    }
}

impl Why {
    /// The name means that event and no other.
    pub fn certain(self) -> bool {
        matches!(self, Why::Alias | Why::Synonym | Why::Spelling)
    }
}

/// Letters that a word must have before a slip in it is looked for: short words are often
/// another word with one letter changed.
const SLIP_LETTERS_MIN: usize = 6;

/// Every name we know, by what is left of it when it is folded.
#[derive(Debug)]
pub(super) struct Names {
    /// Folded; canonical and allowed names first.
    folds: Vec<(u64, Known)>,
    /// The bags of words of canonical names and aliases.
    bags: Vec<(u64, Known)>,
    /// The stems of canonical names.
    stems: Vec<(u64, Known)>,
    /// The stems of canonical names without one of their words, and that word.
    gaps: Vec<(u64, &'static [u8], Known)>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    /// The name as it is written.
    name: &'static str,
    /// Where its event stands: category, and event in it.
    event: (usize, usize),
    /// The event it should be called by now.
    means: &'static str,
    /// `None` for a name that is right.
    why: Option<Why>,
}

impl Names {
    pub(super) fn of(categories: &[Category]) -> Names {
        let mut names = Names { folds: vec![], bags: vec![], stems: vec![], gaps: vec![] };
        for (why, list) in LISTS {
            for (at, category) in categories.iter().enumerate() {
                for (index, event) in category.events.iter().enumerate() {
                    for name in list(event) {
                        let means = event.superseded_by.unwrap_or(event.name);
                        let why = event.superseded_by.map_or(*why, |_| Some(Why::Alias));
                        names.add(Known { name, event: (at, index), means, why });
                    }
                }
            }
        }
        names.folds.sort_by_key(|(key, _)| *key);
        names.bags.sort_by_key(|(key, _)| *key);
        names.stems.sort_by_key(|(key, _)| *key);
        names.gaps.sort_by_key(|(key, ..)| *key);
        names
    }

    fn add(&mut self, known: Known) {
        let name = known.name.as_bytes();
        // An event that was superseded stands in the first list, and as an alias in a later one.
        let new = |list: &[(u64, Known)], key: u64| list.iter().all(|(other, _)| *other != key);
        if new(&self.folds, fold(name)) {
            self.folds.push((fold(name), known));
        }
        if known.why == Some(Why::Perhaps) || known.why == Some(Why::Synonym) {
            return;
        }
        if new(&self.bags, bag(name)) {
            self.bags.push((bag(name), known));
        }
        if known.why.is_none() && new(&self.stems, stems(name)) {
            self.stems.push((stems(name), known));
            for word in words(name) {
                self.gaps.push((stems(name).wrapping_sub(stem(word)), word, known));
            }
        }
    }

    /// See [`super::events::named`].
    pub(super) fn exactly(&self, name: &[u8]) -> Option<&'static Event> {
        let known = look_up(&self.folds, fold(name))?;
        let right = known.name.as_bytes() == name && self.is_event(known);
        right.then(|| known.event())
    }

    fn is_event(&self, known: &Known) -> bool {
        known.why.is_none() || known.means != known.name && known.event().name == known.name
    }

    /// See [`super::events::meant`].
    pub(super) fn meant(&self, name: &[u8]) -> Option<Meant> {
        let meant = |known: &Known, why| Some(Meant { event: known.means, why });
        if let Some(known) = look_up(&self.folds, fold(name)) {
            return match known.why {
                None if known.name.as_bytes() == name => None,
                None => meant(known, Why::Spelling),
                Some(why) => meant(known, why),
            };
        }
        if let Some(known) = look_up(&self.bags, bag(name)) {
            return meant(known, known.why.unwrap_or(Why::Spelling));
        }
        let whole = stems(name);
        if let Some(known) = look_up(&self.stems, whole) {
            return meant(known, Why::NearMiss);
        }
        for word in words(name).filter(|word| word.len() >= SLIP_LETTERS_MIN) {
            let gap = whole.wrapping_sub(stem(word));
            let from = self.gaps.partition_point(|(key, ..)| *key < gap);
            for (_, other, known) in self.gaps[from..].iter().take_while(|(key, ..)| *key == gap) {
                let same_start = other[0].eq_ignore_ascii_case(&word[0]);
                if same_start && other.len() >= SLIP_LETTERS_MIN && one_slip(word, other) {
                    return meant(known, Why::NearMiss);
                }
            }
        }
        None
    }
}

impl Known {
    fn event(&self) -> &'static Event {
        &super::events::categories()[self.event.0].events[self.event.1]
    }
}

/// The lists of an event's names, the surest first.
type List = fn(&Event) -> Vec<&'static str>;
const LISTS: &[(Option<Why>, List)] = &[
    (None, |event| vec![event.name]),
    (None, |event| event.also_named.clone()),
    (Some(Why::Alias), |event| event.aliases.clone()),
    (Some(Why::Synonym), |event| event.synonyms.clone()),
    (Some(Why::Perhaps), |event| event.perhaps.clone()),
];

fn look_up(list: &[(u64, Known)], key: u64) -> Option<&Known> {
    list.binary_search_by_key(&key, |(key, _)| *key).ok().map(|at| &list[at].1)
}
