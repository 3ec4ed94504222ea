//! How far a destination has come: which of its messages it has read and not yet accounted for.

use std::collections::VecDeque;

/// The stretch from the oldest message without a recorded outcome to the newest one read.
#[derive(Debug, Default)]
pub struct Window(VecDeque<Read>);

/// One message that was read.
#[derive(Debug)]
struct Read {
    position: u64,
    received_at_ms: i64,
    settled: bool,
}

impl Window {
    /// A message at `position`, greater than all before, was read; it was accepted then.
    pub fn push(&mut self, position: u64, received_at_ms: i64) {
        self.0.push_back(Read { position, received_at_ms, settled: false });
    }

    /// The message at `position` has an outcome.
    pub fn settle(&mut self, position: u64) {
        self.settle_all([position]);
    }

    /// The messages at `positions` have outcomes. Cheap where they are neighbours in their order.
    pub fn settle_all(&mut self, positions: impl IntoIterator<Item = u64>) {
        let mut next = 0;
        for position in positions {
            let is_next = self.0.get(next).is_some_and(|read| read.position == position);
            let at = if is_next { Ok(next) } else { self.find(position) };
            if let Ok(at) = at {
                self.0[at].settled = true;
                next = at + 1;
            }
        }
        while self.0.pop_front_if(|read| read.settled).is_some() {}
    }

    fn find(&self, position: u64) -> Result<usize, usize> {
        self.0.binary_search_by_key(&position, |read| read.position)
    }

    /// The oldest message without an outcome.
    pub fn oldest(&self) -> Option<u64> {
        self.0.front().map(|read| read.position)
    }

    /// When that one was accepted, Unix milliseconds.
    pub fn oldest_received_at_ms(&self) -> Option<i64> {
        self.0.front().map(|read| read.received_at_ms)
    }

    /// Messages between the oldest without an outcome and the newest read.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_moves_when_everything_before_is_settled() {
        let mut window = Window::default();
        for position in [8, 40, 72] {
            window.push(position, 1000 + position as i64);
        }
        window.settle(40);
        assert_eq!(window.oldest(), Some(8));
        window.settle(9);
        window.settle(8);
        assert_eq!((window.oldest(), window.len()), (Some(72), 1));
        assert_eq!(window.oldest_received_at_ms(), Some(1072));
        window.settle(72);
        assert_eq!(window.oldest(), None);
    }

    #[test]
    fn many_are_settled_at_once_whatever_stands_between_them() {
        let mut window = Window::default();
        (0..10).for_each(|n| window.push(n * 8, 0));
        window.settle_all([0, 8, 24, 25, 32, 72]);
        assert_eq!((window.oldest(), window.len()), (Some(16), 8));
        window.settle_all([64, 16, 40, 48, 56]);
        assert_eq!((window.oldest(), window.len()), (None, 0));
    }
}
