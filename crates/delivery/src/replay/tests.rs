use std::time::Duration;

use event_log::{EventLog, Position};
use serde_json::Value;
use spec::{Message, Replayed, SourceId, record};
use tokio::time::sleep;

use super::{Asked, Order, Replay, ReplayError, State, mark};
use crate::{
    Delivery,
    tests::{
        stage::{BEGAN_MS, partner},
        world::{World, id, total},
    },
};

fn everything(per_second: u64) -> Asked {
    Asked {
        from_ms: 0,
        to_ms: i64::MAX,
        streams: vec![SourceId("web".into()).stream()],
        kinds: vec![],
        events: [].into(),
        user_id: None,
        anonymous_id: None,
        per_second,
    }
}

/// Waits until the replay called `id` is no longer about any of `states`.
async fn after(delivery: &Delivery, id: &str, states: &[State]) -> Replay {
    loop {
        let replay = delivery.find_replay(id).expect("it was made");
        if !states.contains(&replay.state) {
            return replay;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

const BUSY: &[State] = &[State::Counting, State::Running];

#[test]
fn everything_goes_out_again_and_the_books_do_not_count_it() {
    let world = World::new(vec![partner("crm", &["web"], "", 10)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..95, "m", clock()).await;
        world.accept("app", 0..5, "other", clock()).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(world.taken("crm"), 95);
        let made =
            delivery.replay(&id("crm"), everything(1_000_000), true).await.expect("it is there");
        let replay = after(&delivery, &made.id, BUSY).await;
        assert_eq!(replay.state, State::Done, "{replay:?}");
        assert_eq!((replay.matched, replay.delivered, replay.left()), (95, 95, Some(0)));
        assert_eq!(world.taken("crm"), 190);
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.routed, total.delivered, total.pending()), (95, 95, 0));
        assert_eq!(replayed(&world).await.iter().map(|one| one.positions.len()).sum::<usize>(), 95);
    });
}

#[test]
fn a_count_waits_to_be_started_and_a_disabled_destination_takes_a_replay() {
    let mut route = partner("crm", &["web"], "", 10);
    route.enabled = false;
    let world = World::new(vec![route]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..40, "m", clock()).await;
        let asked = Asked { user_id: Some("u-7".into()), ..everything(1000) };
        let one = delivery.replay(&id("crm"), asked, false).await.expect("it is there");
        let one = after(&delivery, &one.id, BUSY).await;
        assert_eq!((one.state, one.matched, one.seconds_left()), (State::Ready, 1, Some(1)));
        let all =
            delivery.replay(&id("crm"), everything(1000), false).await.expect("the other is idle");
        let all = after(&delivery, &all.id, BUSY).await;
        assert_eq!((all.matched, world.taken("crm")), (40, 0), "counting sends nothing");
        delivery.order_replay(&all.id, Order::Go).expect("it is there").expect("it is ready");
        let all = after(&delivery, &all.id, BUSY).await;
        assert_eq!((all.state, all.delivered, world.taken("crm")), (State::Done, 40, 40));
        let again = delivery.order_replay(&all.id, Order::Go).expect("it is there");
        assert!(matches!(again, Err(ReplayError::State(State::Done))), "{again:?}");
    });
}

#[test]
fn mappings_hold_and_see_the_mark() {
    let mut route = partner("crm", &["web"], "", 10);
    let mapping = serde_json::json!([{
        "name": "Ours", "action": "send", "trigger": "messageId != 'm-7'",
        "fields": { "id": { "@path": "$.messageId" }, "again": { "@path": "$.context.replay" } }
    }]);
    let mapping: Vec<_> = serde_json::from_value(mapping).expect("mappings");
    route.mappings = filters::Mappings::new(&mapping).expect("mappings");
    let world = World::new(vec![route]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        sleep(Duration::from_secs(5)).await;
        let first = world.scene.body("crm", "m-2").expect("it was sent");
        assert_eq!(first, r#"{"id":"m-2"}"#);
        let all = delivery.replay(&id("crm"), everything(1000), true).await.expect("it is there");
        let all = after(&delivery, &all.id, BUSY).await;
        assert_eq!((all.state, all.delivered, all.filtered), (State::Done, 9, 1));
        let second = world.scene.body("crm", "m-2").expect("it was sent");
        assert!(second.contains(&all.id), "{second}");
    });
}

#[test]
fn it_is_throttled_paused_resumed_over_a_restart_and_cancelled() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    let made = world.live(async |delivery, clock| {
        world.accept("web", 0..300, "m", clock()).await;
        sleep(Duration::from_secs(30)).await;
        assert_eq!(world.taken("crm"), 300);
        let made = delivery.replay(&id("crm"), everything(20), true).await.expect("it is there");
        let busy = delivery.replay(&id("crm"), everything(20), true).await;
        assert!(matches!(busy, Err(ReplayError::Busy(ref id)) if *id == made.id), "{busy:?}");
        sleep(Duration::from_secs(5)).await;
        let many = world.taken("crm") - 300;
        assert!((80..=110).contains(&many), "{many} in five seconds at 20 a second");
        let order = |order| delivery.order_replay(&made.id, order).expect("it is there");
        let paused = order(Order::Pause).expect("it runs");
        assert_eq!(paused.state, State::Paused);
        sleep(Duration::from_secs(1)).await;
        let many = world.taken("crm");
        sleep(Duration::from_secs(60)).await;
        assert_eq!(world.taken("crm"), many, "a pause is a pause");
        order(Order::Go).expect("it is paused");
        sleep(Duration::from_secs(3)).await;
        made
    });
    world.live(async |delivery, _| {
        let replay = after(&delivery, &made.id, BUSY).await;
        assert_eq!((replay.state, replay.delivered), (State::Done, 300), "{replay:?}");
        let sent = world.taken("crm") - 300;
        assert!((300..=310).contains(&sent), "{sent}: a window may come twice, no more");
        let other =
            delivery.replay(&id("crm"), everything(10), true).await.expect("the first is done");
        sleep(Duration::from_secs(2)).await;
        delivery.order_replay(&other.id, Order::Cancel).expect("it is there").expect("it runs");
        let other = after(&delivery, &other.id, BUSY).await;
        assert_eq!(other.state, State::Cancelled);
        assert!(other.ended_at_ms.is_some() && other.delivered < 40, "{other:?}");
        let listed: Vec<String> =
            delivery.replays_of(&id("crm")).into_iter().map(|replay| replay.id).collect();
        assert_eq!(listed, [other.id, made.id]);
    });
}

#[test]
fn what_a_destination_refuses_is_counted_and_what_it_cannot_take_yet_waits() {
    let world = World::new(vec![partner("crm", &["web"], "", 4)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        world.accept("web", 0..2, "refused", clock()).await;
        sleep(Duration::from_secs(1)).await;
        world.scene.tell("crm", "dead");
        let made = delivery.replay(&id("crm"), everything(1000), true).await.expect("it is there");
        sleep(Duration::from_secs(300)).await;
        let replay = delivery.find_replay(&made.id).expect("it was made");
        assert_eq!((replay.state, replay.delivered), (State::Running, 0));
        world.scene.tell("crm", "");
        let replay = after(&delivery, &made.id, BUSY).await;
        assert_eq!((replay.delivered, replay.refused, replay.left()), (10, 2, Some(0)));
        assert_eq!((replay.samples.len(), replay.samples[0].status), (2, Some(400)));
        world.scene.tell("crm", "locked");
        let made =
            delivery.replay(&id("crm"), everything(1000), true).await.expect("the other is done");
        let replay = after(&delivery, &made.id, BUSY).await;
        let problem = replay.problem.expect("it says why");
        assert_eq!((replay.state, problem.code.as_str()), (State::Paused, "bad_settings"));
    });
}

#[test]
fn times_and_events_narrow_it() {
    let world = World::new(vec![partner("crm", &["web"], "", 10)]);
    world.live(async |delivery, _| {
        let hour = 3_600_000;
        for n in 0..4 {
            world.accept("web", n..n + 1, "m", BEGAN_MS + i64::from(n) * hour).await;
        }
        let asked =
            Asked { from_ms: BEGAN_MS + hour, to_ms: BEGAN_MS + 3 * hour, ..everything(1000) };
        let made = delivery.replay(&id("crm"), asked.clone(), false).await.expect("it is there");
        assert_eq!(after(&delivery, &made.id, BUSY).await.matched, 2);
        let asked = Asked { kinds: vec![spec::Kind::Page], ..asked };
        let made = delivery.replay(&id("crm"), asked, false).await.expect("the other is idle");
        assert_eq!(after(&delivery, &made.id, BUSY).await.matched, 0);
    });
}

async fn replayed(world: &World) -> Vec<Replayed> {
    let chunk = world.log.read(Position(0), 1 << 24).await.expect("it can be read");
    let told = chunk.entries.iter().filter(|entry| entry.label.kind == record::REPLAYED);
    told.map(|entry| record::decode(&entry.payload).expect("we wrote it")).collect()
}

#[test]
fn a_message_says_that_it_is_sent_again_and_nothing_else_changes() {
    let mark = mark::mark("rpl_1", "2026-11-30T10:00:00.000Z");
    let said = r#""replay":{"id":"rpl_1","at":"2026-11-30T10:00:00.000Z"}"#;
    for (raw, expect) in [
        (r#"{"context":{},"n":1.50}"#, format!(r#"{{"context":{{{said}}},"n":1.50}}"#)),
        (
            r#"{"context" : {"ip":"::1" } ,"n":1.50}"#,
            format!(r#"{{"context" : {{"ip":"::1" ,{said}}} ,"n":1.50}}"#),
        ),
        (r#"{"n":1.50}"#, format!(r#"{{"n":1.50,"context":{{{said}}}}}"#)),
    ] {
        let before = crate::tests::message("m-1", "ada", "{}");
        let with = |raw: &str| {
            let text = String::from_utf8_lossy(before.raw()).into_owned();
            let rest = text.strip_prefix('{').expect("an object").to_owned();
            // what follows the context moves with it
            format!("{},{rest}", raw.strip_suffix('}').expect("an object"))
        };
        let message = shifted(&before, with(raw).as_bytes());
        let marked = mark::marked(&message, &mark);
        let text = String::from_utf8(marked.raw().to_vec()).expect("it was UTF-8");
        let read: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(read["context"]["replay"]["id"], "rpl_1", "{text}");
        assert_eq!(marked.message_id(), b"m-1", "{text}");
        if raw.contains("context") {
            assert_eq!(text, with(&expect));
        }
    }
}

/// `message` with other bytes, at whose end its own stand but for their brace.
fn shifted(message: &Message, raw: &[u8]) -> Message {
    let by = (raw.len() - message.raw().len()) as u32;
    let mut head = message.head();
    for span in [&mut head.message_id, &mut head.name, &mut head.user_id, &mut head.anonymous_id] {
        span.start += if span.len > 0 { by } else { 0 };
    }
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw);
    Message::finish(&mut out, at, &head);
    Message::decode(out.into()).expect("it was encoded here")
}
