//! How far a destination has come: which of its messages it has read and not yet accounted for.

use std::collections::VecDeque;

/// The stretch from the oldest message without a recorded outcome to the newest one read.
#[derive(Debug, Default)]
pub struct Window(VecDeque<(u64, bool)>);

impl Window {
    /// A message at `position`, greater than all before, was read.
    pub fn push(&mut self, position: u64) {
        self.0.push_back((position, false));
    }

    /// The message at `position` has an outcome.
    pub fn settle(&mut self, position: u64) {
        if let Ok(at) = self.0.binary_search_by_key(&position, |(position, _)| *position) {
            self.0[at].1 = true;
            while self.0.pop_front_if(|(_, settled)| *settled).is_some() {}
        }
    }

    /// The oldest message without an outcome.
    pub fn oldest(&self) -> Option<u64> {
        self.0.front().map(|(position, _)| *position)
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
            window.push(position);
        }
        window.settle(40);
        assert_eq!(window.oldest(), Some(8));
        window.settle(9);
        window.settle(8);
        assert_eq!((window.oldest(), window.len()), (Some(72), 1));
        window.settle(72);
        assert_eq!(window.oldest(), None);
    }
}
