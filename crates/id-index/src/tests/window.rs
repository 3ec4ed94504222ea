//! What is kept, and for how long.

use super::{Owner, T, tiny};
use crate::Options;
use crate::options::HOUR_MS;

const DAY_MS: i64 = 24 * HOUR_MS;

/// An owner with `days` of records behind it, one every five minutes.
fn after_days(days: i64, options: Options) -> Owner {
    let mut owner = Owner::new(5, options);
    for _ in 0..days * 48 {
        owner.append_new(6, 5 * 60_000);
        let end = owner.end;
        owner.index().seal_to(end).expect("seal");
    }
    owner.settle();
    owner
}

#[test]
fn ids_leave_when_the_longest_window_has_passed() {
    let mut owner = after_days(9, Options::default());
    let oldest = owner.accepted.iter().find(|record| {
        owner.index.as_ref().is_some_and(|index| index.find(record.key).expect("find").is_some())
    });
    let age_ms = owner.time_ms - oldest.expect("some are left").time_ms;
    assert!((7 * DAY_MS..=8 * DAY_MS + 6 * HOUR_MS).contains(&age_ms), "{age_ms}");
    let first = owner.accepted[0].key;
    assert_eq!(owner.append(first, 0), None);
    owner.check_all();
    assert!(owner.index().stats().runs <= 13, "{:?}", owner.index().stats());
}

#[test]
fn little_memory_shortens_the_window_to_a_day() {
    let mut owner = after_days(4, Options { memory_bytes: 0, ..Options::default() });
    let kept = owner.index().len();
    assert!((288..=288 * 32 / 24 + 12).contains(&kept), "{kept}");
    owner.check_all();
}

#[test]
fn records_that_are_gone_are_forgotten_after_the_window() {
    let mut owner = after_days(4, Options::default());
    let end = owner.end;
    owner.index().forget_before(end);
    assert!(owner.index().len() <= 288 * 32 / 24 + 12, "{}", owner.index().len());
    let key = owner.accepted.last().expect("some").key;
    assert_eq!(owner.index().find(key).expect("find"), None);
    assert!(owner.append(key, 0).is_some());
}

#[test]
fn a_limit_on_ids_is_kept() {
    let mut owner =
        Owner::new(6, Options { ids_max: Some(2000), window_ms: 0, ..Options::default() });
    for _ in 0..100 {
        owner.append_new(100, 1);
        let end = owner.end;
        owner.index().seal_to(end).expect("seal");
        owner.settle();
        assert!(owner.index().len() <= 2500, "{}", owner.index().len());
    }
    owner.check_all();
}

#[test]
fn a_clock_that_jumps_ten_years_forgets_nothing() {
    let mut owner = Owner::new(7, Options { memory_bytes: 0, ..tiny() });
    owner.append_new(1000, 10);
    let present = owner.accepted.clone();
    for jump_ms in [3650 * DAY_MS, -3650 * DAY_MS, -3650 * DAY_MS, 3650 * DAY_MS] {
        owner.time_ms += jump_ms;
        owner.append_new(6000, 1);
        owner.close();
        owner.open();
        owner.settle();
        for record in &present {
            assert_eq!(owner.index().find(record.key).expect("find"), Some(record.position));
        }
    }
    assert_eq!(owner.index().len(), 25_000);
}

#[test]
fn files_do_not_add_up_over_restarts() {
    let mut owner = Owner::new(8, Options::default());
    for _ in 0..100 {
        owner.append_new(3, 1000);
        owner.close();
        owner.open();
    }
    owner.settle();
    assert!(owner.files().len() <= 9, "{:?}", owner.files());
    owner.check_all();
}

#[test]
fn inserting_goes_on_while_generations_are_written_and_merged() {
    let mut owner = Owner::new(9, Options { generation_ids: 20_000, ..Options::default() });
    for _ in 0..60 {
        (0..5000).for_each(|_| owner.append_any_fast());
        let end = owner.end;
        owner.index().seal_to(end).expect("seal");
    }
    owner.check_all();
    owner.settle();
    owner.check_all();
    let stats = owner.index().stats();
    assert!(stats.generations == 1 && stats.unwritten == 0 && stats.runs < 9, "{stats:?}");
    assert!(owner.time_ms < T + HOUR_MS);
}

impl Owner {
    /// As [`Owner::append_any`], many in a second.
    fn append_any_fast(&mut self) {
        let len = self.accepted.len() as u64;
        let key = match self.random.below(4) {
            0 if len > 0 => self.accepted[self.random.below(len) as usize].key,
            _ => self.random.key(),
        };
        self.append(key, 0);
    }
}
