//! The newest messages of each reason for which some were stopped: where they stand in the log,
//! and what was said of them.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use spec::{DiscardCode, Step};

use super::destination::cut;

/// Messages that are kept of each reason.
pub const SAMPLES_MAX: usize = 10;
/// Reasons of one source or destination.
const REASONS_MAX: usize = 64;

/// Whose reasons they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Whose {
    /// The source with this stream.
    Source(u64),
    /// The destination at this place in the books.
    Destination(u32),
}

/// One message that was stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Where it stands in the log: the message, or the record that says it was not accepted.
    pub position: u64,
    /// Stream of its source.
    pub stream: u64,
    /// When it was accepted, or came and was not, Unix milliseconds.
    pub received_at_ms: i64,
    /// When it was stopped, Unix milliseconds.
    pub at_ms: i64,
    /// Attempts made.
    pub attempts: u32,
    /// What the destination answered, where it speaks HTTP and was asked.
    pub status: Option<u16>,
    /// The beginning of the answer, or why, in words.
    pub excerpt: String,
}

/// The samples of all reasons.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Samples(BTreeMap<Whose, Vec<Reasoned>>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Reasoned {
    step: Step,
    code: DiscardCode,
    newest: VecDeque<Sample>,
}

impl Samples {
    /// Keeps one more; of too many the oldest goes, and of too many reasons all but the first.
    pub(super) fn keep(&mut self, whose: Whose, (step, code): (Step, &str), sample: Sample) {
        let reasons = self.0.entry(whose).or_default();
        let at = reasons.iter().position(|one| one.step == step && one.code == code);
        let at = match at {
            Some(at) => at,
            None if reasons.len() < REASONS_MAX => {
                let code = code.to_owned().into();
                reasons.push(Reasoned { step, code, newest: VecDeque::new() });
                reasons.len() - 1
            }
            None => return,
        };
        let newest = &mut reasons[at].newest;
        if newest.len() == SAMPLES_MAX {
            newest.pop_front();
        }
        newest.push_back(Sample { excerpt: cut(&sample.excerpt), ..sample });
    }

    /// The message at `position` is not stopped any more.
    pub(super) fn release(&mut self, whose: Whose, position: u64) {
        for reasoned in self.0.get_mut(&whose).into_iter().flatten() {
            reasoned.newest.retain(|sample| sample.position != position);
        }
    }

    /// What a source's messages were stopped for before `position` with this code is over.
    pub(super) fn release_before(&mut self, stream: u64, code: &str, position: u64) {
        let reasons = self.0.get_mut(&Whose::Source(stream)).into_iter().flatten();
        for reasoned in reasons.filter(|reasoned| reasoned.code == code) {
            reasoned.newest.retain(|sample| sample.position >= position);
        }
    }

    /// The messages of one reason, newest first.
    pub fn of(&self, whose: Whose, step: Step, code: &str) -> impl Iterator<Item = &Sample> {
        let reasons = self.0.get(&whose).into_iter().flatten();
        reasons
            .filter(move |one| one.step == step && one.code == code)
            .flat_map(|one| one.newest.iter().rev())
    }

    /// The sample of a message, with the reason.
    pub fn find(&self, whose: Whose, position: u64) -> Option<(Step, &str, &Sample)> {
        self.0.get(&whose).into_iter().flatten().find_map(|one| {
            let sample = one.newest.iter().rev().find(|sample| sample.position == position)?;
            Some((one.step, one.code.as_ref(), sample))
        })
    }
}
