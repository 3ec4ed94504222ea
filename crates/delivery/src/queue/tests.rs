use std::time::Duration;

use super::*;
use crate::tests::message;

const SINGLE: Batching =
    Batching { messages_max: 1, bytes_max: 1 << 20, calls_max: 8, linger: Duration::ZERO };
const BATCH: Batching = Batching { messages_max: 4, ..SINGLE };

/// A queue of messages whose positions are their places in `persons`.
fn queue(persons: &[u64]) -> Queue {
    let mut queue = Queue::default();
    for (position, person) in persons.iter().enumerate() {
        queue.push(Waiting {
            position: position as u64,
            stream: 1,
            received_at_ms: 0,
            person: *person,
            message: message("m", "ada", "{}"),
        });
    }
    queue
}

fn positions(taken: &[Waiting]) -> Vec<u64> {
    taken.iter().map(|waiting| waiting.position).collect()
}

fn landed(queue: &mut Queue, taken: &[Waiting]) {
    queue.landed(taken.iter().map(|waiting| waiting.person));
}

#[test]
fn one_delivery_at_a_time_for_each_person() {
    let mut queue = queue(&[1, 1, 2, 1]);
    let first = queue.take(SINGLE);
    assert_eq!(positions(&first), [0]);
    let other = queue.take(SINGLE);
    assert_eq!(positions(&other), [2]);
    assert!(!queue.is_ready());
    assert!(queue.take(SINGLE).is_empty());
    landed(&mut queue, &first);
    let second = queue.take(SINGLE);
    assert_eq!(positions(&second), [1]);
    landed(&mut queue, &other);
    landed(&mut queue, &second);
    assert_eq!(positions(&queue.take(SINGLE)), [3]);
    assert_eq!((queue.len(), queue.bytes()), (0, 0));
}

#[test]
fn a_batch_takes_a_person_along_in_order() {
    let mut queue = queue(&[1, 2, 1, 1, 1, 3]);
    let first = queue.take(BATCH);
    assert_eq!(positions(&first), [0, 2, 3, 4]);
    assert_eq!(positions(&queue.take(BATCH)), [1, 5]);
    landed(&mut queue, &first);
    assert_eq!(queue.lines.len(), 2, "persons with nothing on its way are forgotten");
}

#[test]
fn nobodys_messages_have_no_order() {
    let mut queue = queue(&[0, 0, 0]);
    for expect in 0..3 {
        assert_eq!(positions(&queue.take(SINGLE)), [expect]);
    }
}

#[test]
fn a_batch_is_bounded_in_bytes_but_never_empty() {
    let mut queue = queue(&[1, 2, 3]);
    let size = queue.bytes() / 3;
    let taken = queue.take(Batching { messages_max: 10, bytes_max: size * 2, ..BATCH });
    assert_eq!(positions(&taken), [0, 1]);
    assert_eq!(positions(&queue.take(Batching { messages_max: 10, bytes_max: 1, ..BATCH })), [2]);
}

#[test]
fn persons_are_told_apart_anew_and_the_order_of_the_log_stays() {
    let mut queue = queue(&[1, 2, 1, 1, 3]);
    let size = queue.bytes();
    queue.regroup(|_| 0);
    assert_eq!((queue.len(), queue.bytes(), queue.lines.len()), (5, size, 0));
    assert_eq!(positions(&queue.take(BATCH)), [0, 1, 2, 3]);
    queue.regroup(|_| 9);
    assert_eq!(positions(&queue.take(SINGLE)), [4]);
    assert_eq!(queue.lines.len(), 1);
}

#[test]
fn few_messages_far_apart_do_not_hold_the_log_between_them() {
    let mut queue = Queue::default();
    let read = message("m", "ada", "{}");
    let bytes = read.raw().as_ptr();
    let shares = |queue: &mut Queue| {
        let taken = queue.take(SINGLE);
        taken[0].message.raw().as_ptr() == bytes
    };
    for (n, position) in [0, NEAR_BYTES, NEAR_BYTES + 8, 100 * NEAR_BYTES].into_iter().enumerate() {
        let (person, message) = (n as u64 + 1, read.clone());
        queue.push(Waiting { position, stream: 1, received_at_ms: 0, person, message });
    }
    assert_eq!([(); 4].map(|()| shares(&mut queue)), [true, true, false, false]);
    let (position, message) = (200 * NEAR_BYTES, read.clone());
    queue.push(Waiting { position, stream: 1, received_at_ms: 0, person: 0, message });
    assert!(shares(&mut queue), "what is next has no need of a copy");
}
