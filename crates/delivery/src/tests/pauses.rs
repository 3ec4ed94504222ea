//! Destinations that are paused until somebody sees to them, and how long their messages wait.

use std::time::Duration;

use event_log::EventLog;
use routing::DestinationRoute;
use spec::PauseCause;
use tokio::time::sleep;

use super::{
    stage::{BEGAN_MS, balanced, partner},
    world::{World, hours, id, snapshot, total},
};
use crate::worker::State;

#[test]
fn a_destination_that_is_gone_waits_until_it_is_resumed() {
    let world = World::new(vec![partner("crm", &["web"], "", 1), partner("well", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..10, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
        world.scene.tell("crm", "gone");
        world.accept("web", 10..30, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
        let status = delivery.status(&id("crm")).expect("it runs");
        assert_eq!(status.state, State::OnHold);
        assert_eq!(status.pause.map(|pause| pause.cause), Some(PauseCause::Gone));
        let tries = world.scene.calls("crm").len();
        assert!(tries <= 14, "{tries}: at most what was under way");
        world.accept("web", 30..6000, "m", clock()).await;
        sleep(hours(100)).await;
        assert_eq!(world.scene.calls("crm").len(), tries, "it is asked no more");
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), 5990);
        assert_eq!(world.taken("well"), 6000);
        balanced(&delivery).await;
    });
    // A restart changes nothing, and neither does a book made anew.
    std::fs::remove_file(world.books()).ok();
    world.live(async |delivery, clock| {
        let tries = world.scene.calls("crm").len();
        world.accept("web", 6000..6010, "m", clock()).await;
        sleep(hours(1)).await;
        assert_eq!(world.scene.calls("crm").len(), tries);
        assert_eq!(delivery.status(&id("crm")).expect("it runs").state, State::OnHold);
        world.scene.tell("crm", "");
        assert_eq!(delivery.resume(&id("crm")).await, Some(true));
        assert_eq!(delivery.resume(&id("crm")).await, Some(false));
        assert_eq!(delivery.resume(&id("nobody")).await, None);
        sleep(Duration::from_secs(120)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.delivered, total.pending()), (6010, 0));
        assert_eq!(delivery.status(&id("crm")).expect("it runs").pause, None);
        balanced(&delivery).await;
    });
    world.live(async |delivery, _| {
        sleep(Duration::from_secs(1)).await;
        assert_eq!(delivery.status(&id("crm")).expect("it runs").state, State::Active);
    });
}

#[test]
fn edited_settings_resume_and_so_does_switching_it_off_and_on() {
    let before = partner("crm", &["web"], "", 1);
    let mut edited = before.clone();
    edited.settings.insert("url".into(), "elsewhere".into());
    let off = DestinationRoute { enabled: false, ..before.clone() };
    let renamed = DestinationRoute { concurrency: 2, ..before.clone() };
    // While it runs: nothing of note, then the settings; then off and on.
    for (changes, goes_on) in
        [(vec![renamed], false), (vec![edited.clone()], true), (vec![off, before.clone()], true)]
    {
        let world = World::new(vec![before.clone()]);
        world.live(async |delivery, clock| {
            world.scene.tell("crm", "gone");
            world.accept("web", 0..1, "m", clock()).await;
            sleep(Duration::from_secs(1)).await;
            world.scene.tell("crm", "");
            for (n, change) in changes.into_iter().enumerate() {
                world.route(2 + n as u64, vec![change]).await;
            }
            sleep(Duration::from_secs(30)).await;
            let total = total(&delivery, &world.log, "crm").await;
            assert_eq!(total.delivered, u64::from(goes_on));
            balanced(&delivery).await;
        });
    }
    // While it did not.
    let world = World::new(vec![before]);
    world.live(async |_, clock| {
        world.scene.tell("crm", "gone");
        world.accept("web", 0..1, "m", clock()).await;
        sleep(Duration::from_secs(1)).await;
    });
    world.scene.tell("crm", "");
    world.routing.replace(snapshot(2, vec![edited]));
    world.live(async |delivery, _| {
        sleep(Duration::from_secs(30)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await.delivered, 1);
    });
}

#[test]
fn five_days_of_nothing_but_failure_pause_it() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        world.scene.tell("crm", "dead");
        world.accept("web", 0..100, "m", clock()).await;
        let failing = || delivery.status(&id("crm")).and_then(|status| status.failing);
        for (until, warning) in [(59, 0), (61, 50), (85, 70), (109, 90)] {
            let so_far = failing().map_or(0, |streak| (clock() - streak.since_ms) / 3_600_000);
            sleep(hours(until - so_far as u64)).await;
            // There is always something to try.
            world.accept("web", until as u32 * 100..until as u32 * 100 + 1, "more", clock()).await;
            let streak = failing().expect("nothing succeeds");
            assert_eq!(streak.warning(), warning, "after {until} hours: {streak:?}");
            assert_eq!(delivery.status(&id("crm")).map(|s| s.state), Some(State::Failing));
        }
        drop(delivery);
    });
    // The time goes on over a restart.
    world.live(async |delivery, clock| {
        sleep(hours(12)).await;
        let status = delivery.status(&id("crm")).expect("it runs");
        assert_eq!(status.state, State::OnHold, "{status:?}");
        assert_eq!(status.pause.map(|pause| pause.cause), Some(PauseCause::Failing));
        let tries = world.scene.calls("crm").len();
        world.accept("web", 0..50, "late", clock()).await;
        let pending = total(&delivery, &world.log, "crm").await.pending();
        sleep(hours(24)).await;
        assert_eq!(world.scene.calls("crm").len(), tries);
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), pending);
        balanced(&delivery).await;
        world.scene.tell("crm", "");
        assert_eq!(delivery.resume(&id("crm")).await, Some(true));
        sleep(Duration::from_secs(60)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), 0);
        balanced(&delivery).await;
    });
}

#[test]
fn one_success_begins_the_count_anew() {
    let world = World::new(vec![partner("crm", &["web"], "", 1)]);
    world.live(async |delivery, clock| {
        for day in 0..12u32 {
            world.scene.tell("crm", "dead");
            world.accept("web", day..day + 1, "m", clock()).await;
            sleep(hours(23)).await;
            world.scene.tell("crm", if day % 4 == 3 { "" } else { "dead" });
            sleep(hours(1)).await;
        }
        let status = delivery.status(&id("crm")).expect("it runs");
        assert_eq!((status.state, status.pause), (State::Active, None));
    });
}

#[test]
fn what_waits_for_a_paused_destination_does_not_wait_for_ever() {
    let world = World::new(vec![partner("crm", &["web"], "gone", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..6000, "m", clock()).await;
        sleep(hours(7 * 24 - 2)).await;
        assert_eq!(total(&delivery, &world.log, "crm").await.pending(), 6000);
        sleep(hours(5)).await;
        let total = total(&delivery, &world.log, "crm").await;
        assert_eq!((total.exhausted, total.pending()), (6000, 0));
        let needed = world.log.committed("destination/crm").expect("it was said");
        assert!(needed.0 > 6000 * 40, "the log may let go");
        balanced(&delivery).await;
    });
}

#[test]
fn a_destination_has_a_horizon_of_its_own() {
    let mut short = partner("short", &["web"], "dead", 1);
    short.retry_for = Some(hours(5));
    let mut long = partner("long", &["web"], "dead", 1);
    long.retry_for = Some(hours(96));
    let world = World::new(vec![short, long.clone(), partner("usual", &["web"], "dead", 1)]);
    world.live(async |delivery, clock| {
        world.accept("web", 0..3, "m", clock()).await;
        for (until, expect) in [(4, [0, 0, 0]), (6, [3, 0, 0]), (74, [3, 3, 0]), (98, [3, 3, 3])] {
            let now = (clock() - BEGAN_MS) / 3_600_000;
            sleep(hours(until - now as u64)).await;
            let mut given_up = Vec::new();
            for name in ["short", "usual", "long"] {
                given_up.push(total(&delivery, &world.log, name).await.exhausted);
            }
            assert_eq!(given_up, expect, "after {until} hours");
        }
        balanced(&delivery).await;
    });
}
