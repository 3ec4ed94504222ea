use std::time::Duration;

use event_log::{Batch, EventLog, Label, Tag};
use routing::DestinationRoute;
use spec::{Feed, SourceId, Step, record};
use tokio::time::{Instant, sleep};

use super::{
    stage::{accept, balanced, partner},
    world::{World, book, hours, id, snapshot, total},
};
use crate::{Options, RedeliverError, worker::State};

#[test]
fn a_hung_destination_does_not_slow_its_neighbour() {
    let world =
        World::new(vec![partner("hung", &["web"], "hung", 1), partner("well", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        let began = Instant::now();
        for n in 0..2000 {
            world.accept("web", n..n + 1, "m", clock()).await;
            sleep(Duration::from_millis(5)).await;
        }
        let spent = began.elapsed();
        sleep(Duration::from_millis(40)).await;
        assert_eq!(world.taken("well"), 2000, "within 40 ms of the last one, after {spent:?}");
        assert_eq!(world.taken("hung"), 0);
        assert!(world.scene.calls("hung").len() <= 4, "no more under way than it may have");
        sleep(Duration::from_millis(100)).await;
        assert_eq!(total(&delivery, &world.log, "hung").await.pending(), 2000);
        assert_eq!(total(&delivery, &world.log, "well").await.pending(), 0);
        balanced(&delivery).await;
    });
}

#[test]
fn a_dead_partner_is_left_alone_and_gets_everything_once_it_is_back() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.scene.tell("crm", "dead");
        world.accept("web", 0..5000, "m", clock()).await;
        sleep(Duration::from_secs(3600)).await;
        let status = delivery.status(&id("crm")).expect("it runs");
        assert_eq!(status.state, State::Failing);
        assert!(status.probe_at_ms.is_some());
        let tries = world.scene.calls("crm").len();
        assert!(tries < 150, "{tries} attempts in an hour");
        balanced(&delivery).await;
        world.scene.tell("crm", "");
        sleep(Duration::from_secs(120)).await;
        assert_eq!(world.taken("crm"), 5000, "{:?}", delivery.status(&id("crm")));
        assert_eq!(total(&delivery, &world.log, "crm").await.delivered, 5000);
        assert_eq!(delivery.status(&id("crm")).expect("it runs").state, State::Active);
    });
}

#[test]
fn poison_holds_nobody_back() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        for n in 0..500 {
            let word = if n % 5 == 0 { "poison" } else { "m" };
            world.accept("web", n..n + 1, word, clock()).await;
        }
        sleep(Duration::from_secs(5)).await;
        assert_eq!(world.taken("crm"), 400);
        assert_eq!(delivery.status(&id("crm")).expect("it runs").state, State::Active);
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), 100);
        sleep(Duration::from_secs(73 * 3600)).await;
        let book = book(&delivery, &world.log, "crm").await;
        assert_eq!((book.total.exhausted, book.total.pending()), (100, 0));
        assert_eq!(book.dead_letters.len(), 100);
        let letter = book.dead_letters.values().next().expect("there are some");
        assert!(letter.attempts > 70 && letter.status == Some(500), "{letter:?}");
        balanced(&delivery).await;
    });
}

#[test]
fn a_batch_that_is_not_full_waits_for_more() {
    let mut route = partner("house", &["web"], "", 100);
    route.settings.insert("calls".into(), 1.into());
    route.settings.insert("linger_ms".into(), 60_000.into());
    let world = World::new(vec![route]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..250, "m", clock()).await;
        sleep(Duration::from_secs(50)).await;
        assert_eq!(world.taken("house"), 200, "full batches wait for nothing");
        let waits = delivery.status(&id("house")).expect("it runs").queued;
        assert_eq!(waits, 50);
        world.accept("web", 250..260, "m", clock()).await;
        sleep(Duration::from_secs(11)).await;
        assert_eq!(world.taken("house"), 260, "the oldest had waited for a minute");
        balanced(&delivery).await;
    });
}

#[test]
fn a_destination_hears_what_it_may_forget() {
    let world = World::new(vec![partner("house", &["web"], "", 1)]);
    world.live(async |_, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
        let all = world.scene.settled("house");
        assert!(all > 0, "everything is on record");
        world.scene.tell("house", "dead");
        let poor = accept(&world.log, "web", "late", "u", clock()).await;
        sleep(Duration::from_millis(500)).await;
        assert_eq!(world.scene.calls("house").len(), 11);
        assert!(world.scene.settled("house") <= poor.0, "it comes again");
        world.scene.tell("house", "");
        sleep(Duration::from_secs(60)).await;
        assert_eq!(world.taken("house"), 11);
        assert!(world.scene.settled("house") > poor.0);
    });
}

#[test]
fn one_persons_flood_holds_nobody_else_back() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        for n in 0..20_000 {
            accept(&world.log, "web", &format!("flood-{n}"), "one", clock()).await;
        }
        world.accept("web", 0..100, "m", clock()).await;
        sleep(Duration::from_secs(5)).await;
        let calls = world.scene.calls("crm");
        let others = calls.iter().filter(|(id, taken)| *taken && id.starts_with("m-")).count();
        assert_eq!(others, 100, "of {} calls", calls.len());
        assert!(calls.len() < 2000, "the flood goes one by one: {}", calls.len());
        assert_eq!(world.scene.overlaps(), Vec::<String>::new());
        balanced(&delivery).await;
    });
}

#[test]
fn one_refused_message_does_not_take_its_batch_along() {
    let world = World::new(vec![partner("crm", &["web"], "", 50)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..99, "m", clock()).await;
        world.accept("web", 99..100, "refused", clock()).await;
        sleep(Duration::from_secs(5)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.delivered, total.discarded.total()), (99, 1));
        balanced(&delivery).await;
    });
}

#[test]
fn dead_letters_are_delivered_again() {
    let world = World::new(vec![partner("crm", &["web"], "dead", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..3, "m", clock()).await;
        sleep(Duration::from_secs(80 * 3600)).await;
        let book = book(&delivery, &world.log, "crm").await;
        let letters: Vec<u64> = book.dead_letters.keys().copied().collect();
        assert_eq!(letters.len(), 3);
        let missing = delivery.redeliver(&id("crm"), Some(&[letters[0], 1])).await;
        assert!(matches!(missing, Err(RedeliverError::NotThere(at)) if at == [1]));
        world.scene.tell("crm", "");
        assert_eq!(delivery.redeliver(&id("crm"), Some(&letters[..1])).await.ok(), Some(1));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(world.taken("crm"), 1);
        balanced(&delivery).await;
        // The promise is durable: the process dies before anything is sent.
        world.scene.tell("crm", "hung");
        assert_eq!(delivery.redeliver(&id("crm"), None).await.ok(), Some(2));
    });
    world.scene.tell("crm", "");
    world.live(async |delivery, _| {
        sleep(Duration::from_secs(60)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.delivered, total.exhausted, total.pending()), (3, 0, 0));
        assert_eq!(world.taken("crm"), 3);
        balanced(&delivery).await;
    });
}

#[test]
fn a_disabled_destination_gets_nothing_of_that_time_and_keeps_what_it_had() {
    let on = partner("crm", &["web"], "", 1);
    let off = DestinationRoute { enabled: false, ..on.clone() };
    let world = World::new(vec![on.clone()]);
    world.live(async |delivery, clock| {
        world.scene.tell("crm", "dead");
        world.accept("web", 0..20, "before", clock()).await;
        sleep(Duration::from_secs(60)).await;
        world.route(2, vec![off.clone()]).await;
        sleep(Duration::from_secs(30)).await;
        assert_eq!(delivery.status(&id("crm")).map(|s| s.state), Some(State::Disabled));
        let tries = world.scene.calls("crm").len();
        world.accept("web", 0..20, "meanwhile", clock()).await;
        sleep(Duration::from_secs(7200)).await;
        assert_eq!(world.scene.calls("crm").len(), tries);
        balanced(&delivery).await;
    });
    // Still so after a restart, and when the routing no longer names it at all.
    world.live(async |delivery, clock| {
        world.accept("web", 20..30, "meanwhile", clock()).await;
        world.route(3, vec![]).await;
        world.accept("web", 30..40, "meanwhile", clock()).await;
        sleep(Duration::from_secs(60)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), 20);
        world.scene.tell("crm", "");
        world.route(4, vec![on]).await;
        world.accept("web", 0..20, "after", clock()).await;
        sleep(Duration::from_secs(60)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.routed, total.delivered), (40, 40));
        let calls = world.scene.calls("crm");
        assert!(calls.iter().all(|(id, _)| !id.starts_with("meanwhile")));
        balanced(&delivery).await;
    });
}

#[test]
fn the_log_decides_whose_a_message_is_whatever_the_worker_has_heard() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "before", clock()).await;
        // The supervisor writes this and tells the worker; the worker may read it before it is told.
        for streams in [vec![], vec![SourceId("web".into()).stream()]] {
            let (destination, from, backlog) = (id("crm"), None, vec![]);
            let feed = Feed { destination, streams, from, backlog, again: false };
            let mut batch = Batch::new();
            let label = Label { kind: record::FEED, stream: 0, time_ms: clock(), tag: Tag::None };
            batch.push(label, &record::encode(&feed));
            world.log.lane().append(batch).await.expect("a log in memory takes all");
            world.accept("web", 0..10, "between", clock()).await;
        }
        world.accept("web", 0..10, "after", clock()).await;
        sleep(Duration::from_secs(5)).await;
        // "between" was accepted once, while nobody fed it.
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.routed, total.delivered), (20, 20));
        let calls = world.scene.calls("crm");
        assert!(calls.iter().all(|(id, _)| !id.starts_with("between")));
        balanced(&delivery).await;
    });
}

#[test]
fn a_dead_partner_cannot_hold_the_log_for_ever() {
    let world = World::new(vec![partner("crm", &["web"], "dead", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..6000, "m", clock()).await;
        // Three days until the first are given up; what is left when it is paused after five days
        // waits for seven.
        sleep(hours(12 * 24)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.exhausted, total.pending()), (6000, 0));
        let needed = world.log.committed("destination/crm").expect("it was said");
        assert!(needed.0 > 6000 * 40, "the log may let go");
        balanced(&delivery).await;
    });
}

#[test]
fn what_a_disabled_destination_had_left_expires() {
    let on = partner("crm", &["web"], "dead", 1);
    let off = DestinationRoute { enabled: false, ..on.clone() };
    let world = World::new(vec![on]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..9000, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
        world.route(2, vec![off]).await;
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), 9000);
        drop(delivery);
    });
    world.live(async |delivery, _| {
        sleep(Duration::from_secs(80 * 3600)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.exhausted, total.pending()), (9000, 0));
        let needed = world.log.committed("destination/crm");
        assert_eq!(needed, None, "it needs nothing of the log any more");
        balanced(&delivery).await;
    });
}

#[test]
fn an_event_that_is_switched_off_is_a_discard_and_goes_to_the_others() {
    let on = partner("crm", &["web", "app"], "", 1);
    let mut off = on.clone();
    off.events_off.insert(SourceId("web".into()).stream(), ["m".into()].into());
    let well = partner("well", &["web"], "", 1);
    let world = World::new(vec![off, well.clone()]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        world.accept("app", 0..3, "m", clock()).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!((world.taken("crm"), world.taken("well")), (3, 10));
        let book = book(&delivery, &world.log, "crm").await;
        assert_eq!((book.total.delivered, book.total.pending()), (3, 0));
        let discarded: Vec<_> = book.total.discarded.iter().collect();
        let reason = (Step::FilteredAtDestination, "FILTERED_BY_EVENT_SETTING", 10);
        assert_eq!(discarded, [reason]);
        balanced(&delivery).await;
        world.route(2, vec![on, well]).await;
        world.accept("web", 10..15, "m", clock()).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!((world.taken("crm"), world.taken("well")), (8, 15));
        balanced(&delivery).await;
    });
}

#[test]
fn settings_that_do_not_fit_wait_to_be_mended() {
    let bad = partner("crm", &["web"], "bad", 1);
    let world = World::new(vec![bad, partner("well", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        sleep(Duration::from_secs(10)).await;
        let status = delivery.status(&id("crm")).expect("it runs");
        assert_eq!(status.state, State::Misconfigured);
        assert_eq!(status.problems[0].key, "mood");
        assert_eq!(world.taken("well"), 10);
        world.route(2, vec![partner("crm", &["web"], "", 1)]).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(world.taken("crm"), 10);
        balanced(&delivery).await;
    });
}

#[test]
fn settings_that_the_partner_does_not_accept_pause_it() {
    let locked = partner("crm", &["web"], "locked", 1);
    let world = World::new(vec![locked]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..50, "m", clock()).await;
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(delivery.status(&id("crm")).expect("it runs").state, State::Paused);
        let tries = world.scene.calls("crm").len();
        assert!(tries < 30, "{tries} attempts in an hour");
        world.route(2, vec![partner("crm", &["web"], "", 1)]).await;
        sleep(Duration::from_secs(20)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await.delivered, 50);
        balanced(&delivery).await;
    });
}

#[test]
fn a_new_destination_begins_at_the_end_or_at_the_start() {
    let world = World::new(vec![]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "old", clock()).await;
        world.route(2, vec![partner("late", &["web"], "", 1)]).await;
        world.accept("web", 0..5, "new", clock()).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(world.taken("late"), 5);
        balanced(&delivery).await;
    });
    let from_start = |options: &mut Options| options.from_start = true;
    let destinations = || vec![partner("late", &["web"], "", 1), partner("all", &["web"], "", 1)];
    world.routing.replace(snapshot(3, destinations()));
    world.live_with(from_start, async |delivery, clock| {
        world.accept("web", 5..10, "new", clock()).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(world.taken("all"), 20);
        assert_eq!(world.taken("late"), 10);
        assert_eq!(total(&delivery, &world.log, "all").await.routed, 20);
        balanced(&delivery).await;
    });
}

#[test]
fn a_clean_stop_sends_nothing_twice() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    for n in 0..5 {
        world.live(async |delivery, clock| {
            world.accept("web", n * 100..n * 100 + 100, "m", clock()).await;
            sleep(Duration::from_millis(15)).await;
            delivery.drain(Duration::from_secs(10)).await;
            balanced(&delivery).await;
        });
    }
    world.live(async |_, _| sleep(Duration::from_secs(10)).await);
    assert_eq!(world.scene.calls("crm").len(), 500);
    assert_eq!(world.taken("crm"), 500);
}

#[test]
fn damaged_books_are_made_anew_from_the_log() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    let before = world.live(async |delivery, clock| {
        world.accept("web", 0..100, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
        delivery.drain(Duration::from_secs(10)).await;
        total(&delivery, &world.log, "crm").await
    });
    assert_eq!(before.delivered, 100);
    let mut bytes = std::fs::read(world.books()).expect("a snapshot was written");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(world.books(), bytes).expect("the folder is ours");
    world.live(async |delivery, _| {
        sleep(Duration::from_secs(1)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await, before);
        balanced(&delivery).await;
    });
    assert_eq!(world.scene.calls("crm").len(), 100, "nothing is sent again");
}

#[test]
fn idle_destinations_leave_the_log_alone() {
    let world = World::new(vec![partner("crm", &["web"], "", 1), partner("well", &["web"], "", 1)]);
    world.live(async |_, _| {
        sleep(Duration::from_secs(600)).await;
        let before = world.log.stats().records;
        sleep(Duration::from_secs(24 * 3600)).await;
        assert_eq!(world.log.stats().records, before);
    });
}

#[test]
fn what_the_log_lost_is_written_off() {
    let world = World::new(vec![partner("crm", &["web"], "dead", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..9000, "m", clock()).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), 9000);
        delivery.drain(Duration::from_secs(10)).await;
    });
    // Somebody deletes what the destination has not read.
    let end = *world.log.end().borrow();
    world.log.forget_before(end);
    world.scene.tell("crm", "");
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "new", clock()).await;
        sleep(Duration::from_secs(7200)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.delivered, total.discarded.total()), (10, 9000));
        balanced(&delivery).await;
    });
}

#[test]
fn books_are_made_anew_from_what_retention_left() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..100, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
        delivery.drain(Duration::from_secs(10)).await;
    });
    world.live(async |delivery, clock| {
        world.scene.tell("crm", "dead");
        world.accept("web", 100..130, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
        balanced(&delivery).await;
    });
    let needed = world.log.committed("destination/crm").expect("it was said");
    world.log.forget_before(needed);
    std::fs::remove_file(world.books()).expect("a snapshot was written");
    world.scene.tell("crm", "");
    world.live(async |delivery, _| {
        sleep(Duration::from_secs(60)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!(total.pending(), 0);
        assert_eq!(world.taken("crm"), 130);
        balanced(&delivery).await;
    });
}

#[test]
fn a_destination_that_takes_one_call_at_a_time_gets_everything_in_order() {
    let mut file = partner("file", &["web"], "", 40);
    file.settings.insert("calls".into(), 1.into());
    let mut wide = file.clone();
    wide.settings.insert("calls".into(), 8.into());
    let world = World::new(vec![file.clone()]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..500, "m", clock()).await;
        sleep(Duration::from_millis(50)).await;
        // It becomes another one and the same again, with messages under way and waiting.
        world.route(2, vec![wide]).await;
        world.accept("web", 500..700, "m", clock()).await;
        world.route(3, vec![file]).await;
        sleep(Duration::from_secs(20)).await;
        let ids: Vec<String> = world.scene.calls("file").into_iter().map(|(id, _)| id).collect();
        let expect: Vec<String> = (0..700).map(|n| format!("m-{n}")).collect();
        assert_eq!(ids.len(), expect.len());
        assert_eq!(ids[..200], expect[..200]);
        assert_eq!(total(&delivery, &world.log, "file").await.delivered, 700);
        balanced(&delivery).await;
    });
}
