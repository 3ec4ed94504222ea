//! What of a message a destination gets, over first attempts, retries and edits; and how fast.

use std::time::Duration;

use filters::{Compiled, Filter, Mappings, Salt};
use routing::DestinationRoute;
use serde_json::{Value, json};
use spec::{SourceId, Step};
use tokio::time::sleep;

use super::{
    stage::{balanced, partner},
    world::{World, book, id},
};

/// `route` with filters for what comes from the source `web`.
fn filtered(mut route: DestinationRoute, filters: &[(&str, Value)]) -> DestinationRoute {
    let filters: Vec<Filter> = filters
        .iter()
        .map(|(condition, action)| {
            let filter = json!({ "title": "Ours", "if": condition, "actions": [action] });
            serde_json::from_str(&filter.to_string()).expect("a filter")
        })
        .collect();
    let compiled = Compiled::new(&filters, &Salt::new(b"salt")).expect("filters");
    route.filters.insert(SourceId("web".into()).stream(), compiled);
    route
}

fn drops() -> Value {
    json!({ "type": "DROP" })
}

fn without_user() -> Value {
    json!({ "type": "DROP_PROPERTIES", "fields": { "": ["userId"] } })
}

#[test]
fn what_a_filter_stops_is_a_discard_and_goes_to_the_others() {
    let all = partner("crm", &["web", "app"], "", 10);
    let even = ("match( messageId, '*[02468]' )", drops());
    let route = filtered(all.clone(), &[even, ("userId = 'u-3'", without_user())]);
    let world = World::new(vec![route, partner("well", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        world.accept("app", 0..4, "a", clock()).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!((world.taken("crm"), world.taken("well")), (9, 10));
        let total = book(&delivery, &world.log, "crm").await.total;
        assert_eq!((total.delivered, total.pending()), (9, 0));
        let discarded: Vec<_> = total.discarded.iter().collect();
        assert_eq!(discarded, [(Step::FilteredAtDestination, "FILTERED_BY_RULES", 5)]);
        let body = |partner, id| world.scene.body(partner, id).expect("it was sent");
        assert!(!body("crm", "m-3").contains("userId"), "{}", body("crm", "m-3"));
        assert!(body("crm", "m-5").contains("userId"));
        assert!(body("crm", "a-2").contains("userId"), "another source's filters");
        assert!(body("well", "m-3").contains("userId"));
        balanced(&delivery).await;
    });
}

#[test]
fn what_waits_is_sent_as_the_filters_are_by_then() {
    let open = partner("crm", &["web"], "", 1);
    let world = World::new(vec![open.clone()]);
    world.live(async |delivery, clock| {
        world.scene.tell("crm", "dead");
        world.accept("web", 0..500, "m", clock()).await;
        sleep(Duration::from_secs(600)).await;
        assert_eq!(world.taken("crm"), 0);
        let tried = world.scene.calls("crm").len();
        assert!((1..500).contains(&tried), "some wait for their first attempt, others for another");
        let ends = ("match( userId, 'u-*9' )", drops());
        world.route(2, vec![filtered(open, &[ends, ("all", without_user())])]).await;
        world.scene.tell("crm", "");
        sleep(Duration::from_secs(1200)).await;
        assert_eq!(world.taken("crm"), 450, "{:?}", delivery.status(&id("crm")));
        for (message, taken) in world.scene.calls("crm") {
            let body = world.scene.body("crm", &message).expect("it was sent");
            assert!(!taken || !body.contains("userId"), "{body}");
        }
        let total = book(&delivery, &world.log, "crm").await.total;
        assert_eq!((total.delivered, total.pending()), (450, 0));
        let discarded: Vec<_> = total.discarded.iter().collect();
        assert_eq!(discarded, [(Step::FilteredAtDestination, "FILTERED_BY_RULES", 50)]);
        balanced(&delivery).await;
    });
}

/// `route` with mappings: trigger, and what is made.
fn mapped(mut route: DestinationRoute, mappings: &[(&str, Value)]) -> DestinationRoute {
    let written: Vec<_> = mappings
        .iter()
        .map(|(trigger, fields)| {
            let one =
                json!({ "name": "Ours", "action": "send", "trigger": trigger, "fields": fields });
            serde_json::from_value(one).expect("a mapping")
        })
        .collect();
    route.mappings = Mappings::new(&written).expect("mappings");
    route
}

#[test]
fn mappings_make_what_is_sent_of_what_filters_leave() {
    let who = json!({ "who": { "@path": "$.userId" }, "id": { "@path": "$.messageId" } });
    let route = filtered(partner("crm", &["web"], "", 1), &[("userId = 'u-3'", without_user())]);
    let route = mapped(
        route,
        &[("match( messageId, '*[02468]' )", json!({})), ("messageId != 'm-7'", who)],
    );
    let world = World::new(vec![route, partner("well", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!((world.taken("crm"), world.taken("well")), (9, 10));
        let body = |id| world.scene.body("crm", id).expect("it was sent");
        assert_eq!(body("m-2"), "{}", "the first whose trigger holds");
        assert_eq!(body("m-3"), r#"{"id":"m-3"}"#, "what filters take out no mapping sees");
        assert_eq!(body("m-5"), r#"{"who":"u-5","id":"m-5"}"#);
        let total = book(&delivery, &world.log, "crm").await.total;
        let discarded: Vec<_> = total.discarded.iter().collect();
        assert_eq!(discarded, [(Step::FilteredAtDestination, "NO_MATCHING_MAPPING", 1)]);
        balanced(&delivery).await;
    });
}

#[test]
fn what_waits_is_sent_as_the_mappings_are_by_then() {
    let open = partner("crm", &["web"], "", 1);
    let world = World::new(vec![open.clone()]);
    world.live(async |delivery, clock| {
        world.scene.tell("crm", "dead");
        world.accept("web", 0..50, "m", clock()).await;
        sleep(Duration::from_secs(600)).await;
        let only = json!({ "id": { "@path": "$.messageId" } });
        world.route(2, vec![mapped(open, &[("!match( userId, '*9' )", only)])]).await;
        world.scene.tell("crm", "");
        sleep(Duration::from_secs(1200)).await;
        assert_eq!(world.taken("crm"), 45, "{:?}", delivery.status(&id("crm")));
        for (message, taken) in world.scene.calls("crm") {
            let body = world.scene.body("crm", &message).expect("it was sent");
            assert!(!taken || body == format!(r#"{{"id":"{message}"}}"#), "{body}");
        }
        balanced(&delivery).await;
    });
}

#[test]
fn no_more_attempts_begin_in_a_second_than_may() {
    let mut slow = partner("slow", &["web"], "", 1);
    slow.rate_per_second = Some(20);
    let world = World::new(vec![slow, partner("well", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..400, "m", clock()).await;
        sleep(Duration::from_secs(10)).await;
        let taken = world.taken("slow");
        assert!((195..=203).contains(&taken), "{taken} in ten seconds");
        assert_eq!(world.taken("well"), 400, "its neighbour goes its own pace");
        world.scene.tell("slow", "dead");
        sleep(Duration::from_secs(1)).await;
        let before = world.scene.calls("slow").len();
        sleep(Duration::from_secs(5)).await;
        assert!(world.scene.calls("slow").len() - before <= 101, "retries count as well");
        world.scene.tell("slow", "");
        sleep(Duration::from_secs(900)).await;
        assert_eq!(world.taken("slow"), 400, "{:?}", delivery.status(&id("slow")));
        balanced(&delivery).await;
    });
}
