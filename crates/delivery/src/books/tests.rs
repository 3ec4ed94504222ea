use bytes::Bytes;
use event_log::{Label, Tag};
use spec::{
    Attempt, Attempts, Delivered, Discard, Left, Outcome, PauseCause, Refused, Release, Together,
};

use super::*;

const DAY_MS: i64 = 86_400_000;
const BEGIN_MS: i64 = 20_000 * DAY_MS;

fn entry(position: u64, kind: u8, stream: u64, time_ms: i64, payload: Vec<u8>) -> Entry {
    let label = Label { kind, stream, time_ms, tag: Tag::None };
    let position = Position(position);
    Entry { position, label, duplicate_of: None, payload: Bytes::from(payload) }
}

fn message(position: u64, stream: u64, time_ms: i64) -> Entry {
    entry(position, record::MESSAGE, stream, time_ms, vec![])
}

fn feed(position: u64, streams: &[u64]) -> Entry {
    let (destination, streams) = (DestinationId("crm".into()), streams.to_vec());
    let feed = Feed { destination, streams, from: None, backlog: vec![], again: false };
    entry(position, record::FEED, 0, BEGIN_MS, record::encode(&feed))
}

fn attempts(position: u64, read_to: u64, outcomes: &[(u64, i64, Outcome)]) -> Entry {
    let attempts = outcomes
        .iter()
        .map(|(position, received_at_ms, outcome)| Attempt {
            position: *position,
            stream: 1,
            received_at_ms: *received_at_ms,
            at_ms: *received_at_ms,
            took_ms: 1,
            number: 1,
            outcome: outcome.clone(),
        })
        .collect();
    let said = Attempts { destination: DestinationId("crm".into()), read_to, attempts };
    entry(position, record::ATTEMPTS, 0, BEGIN_MS, record::encode(&said))
}

fn together(position: u64, read_to: u64, positions: &[u64]) -> Entry {
    let positions = positions.to_vec();
    let (minute_ms, at_ms, took_ms, status) = (BEGIN_MS, BEGIN_MS + 5, 2, Some(200));
    let together = vec![Together { stream: 1, minute_ms, at_ms, took_ms, status, positions }];
    let said = Delivered { destination: DestinationId("crm".into()), read_to, together };
    entry(position, record::DELIVERED, 0, BEGIN_MS, record::encode(&said))
}

fn books(entries: &[Entry]) -> Books {
    let mut books = Books::default();
    for entry in entries {
        books.apply(entry);
        books.check().expect("the books are sound at every moment");
    }
    books
}

fn delivered() -> Outcome {
    Outcome::Delivered { status: Some(200) }
}

fn failed() -> Outcome {
    Outcome::Retry { status: Some(503), code: "503".into(), excerpt: "no".into(), next_at_ms: 5 }
}

fn given_up() -> Outcome {
    Outcome::Exhausted { status: None, code: "ETIMEDOUT".into(), excerpt: String::new() }
}

fn line(books: &Books) -> Line {
    books.destinations()[0].total.clone()
}

#[test]
fn a_message_belongs_to_those_whom_the_log_said_before_it() {
    let books = books(&[
        message(1, 1, BEGIN_MS),
        feed(2, &[1]),
        message(3, 1, BEGIN_MS),
        message(4, 2, BEGIN_MS),
        feed(5, &[1, 2]),
        message(6, 2, BEGIN_MS),
        feed(7, &[]),
        message(8, 1, BEGIN_MS),
    ]);
    assert_eq!(line(&books).routed, 2);
    assert_eq!(books.rows().map(|row| row.tally.accepted).sum::<u64>(), 5);
}

#[test]
fn outcomes_count_once_and_only_for_what_is_pending() {
    let mut all = vec![feed(0, &[1])];
    all.extend((1..=4).map(|at| message(at, 1, BEGIN_MS)));
    all.push(attempts(10, 0, &[(2, BEGIN_MS, delivered()), (3, BEGIN_MS, failed())]));
    // Each of these repeats what is settled, or speaks of what was never there.
    all.push(attempts(11, 0, &[(2, BEGIN_MS, delivered()), (2, BEGIN_MS, Outcome::Redelivery)]));
    let before = books(&all);
    assert_eq!((line(&before).delivered, line(&before).retried), (1, 1));
    assert_eq!(before.destinations()[0].waiting(), 2);
    all.push(attempts(12, 5, &[(1, BEGIN_MS, given_up()), (4, BEGIN_MS, delivered())]));
    all.push(attempts(13, 5, &[(3, BEGIN_MS, delivered()), (3, BEGIN_MS, delivered())]));
    all.push(attempts(14, 5, &[(1, BEGIN_MS, Outcome::Redelivery)]));
    let after = books(&all);
    assert_eq!((line(&after).delivered, line(&after).exhausted, line(&after).pending()), (3, 0, 1));
    assert!(after.destinations()[0].ahead.is_empty());
    all.push(attempts(15, 5, &[(1, BEGIN_MS, delivered())]));
    assert_eq!(line(&books(&all)).pending(), 0);
}

#[test]
fn discards_and_refusals_are_read_from_the_beginning_of_their_payload() {
    let discard = Discard {
        step: Step::FilteredAtSource,
        code: "unplanned".into(),
        messages: 2_501,
        pointer: "/event".into(),
        detail: "no".into(),
        index: 3,
        body: vec![1; 100],
        readable: false,
    };
    let refused = Refused {
        status: 413,
        code: "too_large".into(),
        message: "no".into(),
        path: "/v1/batch".into(),
        excerpt: vec![],
        body_bytes: 9,
    };
    let books = books(&[
        entry(1, record::DISCARD, 7, BEGIN_MS, record::encode(&discard)),
        entry(2, record::REFUSED, 7, BEGIN_MS, record::encode(&refused)),
    ]);
    let row = books.rows().next().expect("there is one");
    let counts = |counts: &Counts| {
        counts.iter().map(|(s, code, n)| (s, code.to_owned(), n)).collect::<Vec<_>>()
    };
    assert_eq!(
        counts(&row.tally.discarded),
        [(Step::FilteredAtSource, "unplanned".to_owned(), 2_501)]
    );
    assert_eq!(counts(&row.tally.refused), [(Step::FailedOnIngest, "too_large".to_owned(), 1)]);
    assert_eq!(row.tally.received(), 2_501);
}

#[test]
fn old_minutes_become_hours_and_days_and_still_take_outcomes() {
    let mut all = vec![feed(0, &[1])];
    let times: Vec<i64> = (0..60 * 24).map(|hour| BEGIN_MS + hour * 3_600_000 + 90_000).collect();
    for (n, time) in times.iter().enumerate() {
        all.push(message(2 * n as u64 + 1, 1, *time));
        all.push(message(2 * n as u64 + 2, 1, *time + 60_000));
    }
    let mut books = Books::default();
    all.iter().for_each(|entry| books.apply(entry));
    let mut units: HashMap<&str, u64> = HashMap::new();
    for row in books.rows() {
        let unit = match row.unit {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
        };
        assert!(row.tally.accepted == if unit == "day" { 48 } else { row.tally.accepted });
        *units.entry(unit).or_default() += row.tally.accepted;
    }
    assert_eq!(units.values().sum::<u64>(), 2 * 60 * 24);
    assert!(units.len() == 3 && books.rows().count() < 32 + 31 * 24 + 2 * 50, "{units:?}");
    // The first message of all, and its day.
    books.apply(&attempts(9000, 0, &[(1, times[0], delivered())]));
    let first = books.rows().min_by_key(|row| row.from_ms).expect("there are some");
    assert_eq!((first.unit, first.tally.lines[0].delivered), (Unit::Day, 1));
    books.check().expect("the books are sound");
}

#[test]
fn reasons_beyond_the_bound_are_others() {
    let mut counts = Counts::default();
    for n in 0..1000 {
        counts.add((Step::FailedDelivery, &format!("code-{n}")), 1);
    }
    assert_eq!(counts.total(), 1000);
    assert!(counts.iter().count() < 60);
    assert!(counts.iter().any(|(_, code, many)| code == "other" && many > 900));
}

#[test]
fn a_snapshot_is_the_books() {
    let mut all = vec![feed(0, &[1]), message(1, 1, BEGIN_MS), message(2, 1, BEGIN_MS)];
    all.push(attempts(3, 1, &[(2, BEGIN_MS, failed())]));
    let rest = [
        message(4, 1, BEGIN_MS),
        attempts(5, 5, &[(1, BEGIN_MS, delivered()), (4, BEGIN_MS, given_up())]),
    ];
    let mut through = books(&all);
    let bytes = postcard::to_stdvec(&through).expect("books can be written");
    let mut again: Books = postcard::from_bytes(&bytes).expect("and read");
    again.reindex();
    for entry in &rest {
        through.apply(entry);
        again.apply(entry);
    }
    assert_eq!(format!("{:?}", again.destinations), format!("{:?}", through.destinations));
    assert_eq!(format!("{:?}", again.tallies), format!("{:?}", through.tallies));
    again.check().expect("the books are sound");
}

#[test]
fn a_batch_counts_as_its_messages_would_each_once() {
    let mut all = vec![feed(0, &[1])];
    all.extend((1..=6).map(|at| message(at, 1, BEGIN_MS)));
    all.push(together(10, 2, &[1, 3, 4]));
    let before = books(&all);
    assert_eq!((line(&before).delivered, line(&before).pending()), (3, 3));
    assert_eq!(before.destinations()[0].last_delivered_at_ms, Some(BEGIN_MS + 7));
    assert_eq!(before.destinations()[0].ahead.len(), 2);
    // It repeats what is settled, and then goes on.
    all.push(together(11, 5, &[1, 2, 3, 4]));
    all.push(attempts(12, 6, &[(5, BEGIN_MS, failed())]));
    let after = books(&all);
    assert_eq!((line(&after).delivered, line(&after).pending()), (4, 2));
    assert!(after.destinations()[0].ahead.is_empty());
    all.push(together(13, 7, &[5, 6]));
    let last = books(&all);
    assert_eq!((line(&last).delivered, line(&last).pending()), (6, 0));
    assert!(last.destinations()[0].retries.is_empty());
}

#[test]
fn failures_without_success_and_pauses_are_read_from_the_log() {
    let crm = DestinationId("crm".into());
    let said = |position, cause| {
        let (destination, at_ms, settings) = (crm.clone(), BEGIN_MS + 9, 77);
        let pause = Pause { destination, at_ms, cause, settings };
        entry(position, record::PAUSE, 0, BEGIN_MS, record::encode(&pause))
    };
    let mut all = vec![feed(0, &[1])];
    all.extend((1..=6).map(|at| message(at, 1, BEGIN_MS)));
    all.push(attempts(10, 0, &[(1, BEGIN_MS, failed()), (2, BEGIN_MS + 500, failed())]));
    let failing = books(&all).condition(&crm).failing.expect("both failed");
    assert_eq!((failing.since_ms, failing.last_ms), (BEGIN_MS + 1, BEGIN_MS + 501));
    let mut mixed = all.clone();
    mixed.push(attempts(11, 0, &[(3, BEGIN_MS, delivered()), (4, BEGIN_MS, failed())]));
    assert_eq!(books(&mixed).condition(&crm), Condition::default());
    let mut batch = all.clone();
    batch.push(together(11, 0, &[3, 4]));
    assert_eq!(books(&batch).condition(&crm), Condition::default());
    all.push(said(12, Some(PauseCause::Gone)));
    let pause = books(&all).condition(&crm).pause;
    let expect = Paused { at_ms: BEGIN_MS + 9, cause: PauseCause::Gone, settings: 77 };
    assert_eq!(pause, Some(expect));
    all.push(said(13, None));
    assert_eq!(books(&all).condition(&crm), Condition::default());
}

#[test]
fn what_was_seen_of_a_source_is_known_to_the_millisecond_and_after_a_restart_to_the_minute() {
    let mut duplicate = message(3, 1, BEGIN_MS + 90_500);
    duplicate.duplicate_of = Some(Position(1));
    let mut books =
        books(&[message(1, 1, BEGIN_MS + 5), message(2, 1, BEGIN_MS + 61_234), duplicate]);
    let seen = |accepted, last_ms| Some(Seen { accepted, last_ms });
    assert_eq!(books.seen(1), seen(2, BEGIN_MS + 61_234));
    assert_eq!(books.seen(2), None);
    books.apply(&message(4, 2, BEGIN_MS + 2 * DAY_MS + 7_200_000));
    assert_eq!(books.seen(1), seen(2, BEGIN_MS + 61_234), "though its minutes are hours now");
    let kept = postcard::to_stdvec(&books).expect("books can be written");
    let mut again: Books = postcard::from_bytes(&kept).expect("and read");
    again.reindex();
    assert_eq!(again.seen(2), seen(1, BEGIN_MS + 2 * DAY_MS + 7_200_000));
    assert_eq!(again.seen(1), seen(2, BEGIN_MS), "as far as the bucket says");
}

#[test]
fn what_leaves_quarantine_is_counted_once() {
    let code = "quarantined_unplanned";
    let quarantined = |position| {
        let discard = Discard {
            step: Step::FilteredAtSource,
            code: code.into(),
            messages: 1,
            pointer: String::new(),
            detail: String::new(),
            index: 0,
            body: vec![],
            readable: false,
        };
        entry(position, record::DISCARD, 1, BEGIN_MS, record::encode(&discard))
    };
    let release = |position, through, messages| {
        let left = vec![Left { minute_ms: BEGIN_MS, code: code.into(), messages }];
        let release = Release { through, left };
        entry(position, record::RELEASE, 1, BEGIN_MS + 600_000, record::encode(&release))
    };
    let received = |entries: &[Entry]| {
        let books = books(entries);
        let (mut accepted, mut discarded) = (0, 0);
        for row in books.rows() {
            assert_eq!(row.tally.received(), row.tally.accepted + row.tally.discarded.total());
            accepted += row.tally.accepted;
            discarded += row.tally.discarded.total();
        }
        (accepted, discarded)
    };
    let mut entries = vec![quarantined(1), quarantined(2), quarantined(3)];
    assert_eq!(received(&entries), (0, 3));
    // two go on, one waits on under a later position
    entries.extend([
        message(4, 1, BEGIN_MS + 600_000),
        message(5, 1, BEGIN_MS + 600_000),
        quarantined(6),
        release(7, 4, 3),
    ]);
    assert_eq!(received(&entries), (2, 1));
}
