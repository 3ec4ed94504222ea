#![expect(clippy::unwrap_used, reason = "tests")]

use store::throttles::Throttle;

use super::{ACCOUNT, ADDRESS, EVERYBODY_MAX, attempt, prefix};
use crate::testing::{START_MS, World};

#[test]
fn delays_double_up_to_five_minutes_and_are_forgotten() {
    let wait = |failures, since| {
        ACCOUNT.wait_ms(Throttle { failures, last_at_ms: START_MS }, START_MS + since)
    };
    assert_eq!(
        [wait(0, 0), wait(4, 0), wait(5, 0), wait(6, 0), wait(9, 0)],
        [0, 0, 1000, 2000, 16_000]
    );
    assert_eq!([wait(14, 0), wait(1000, 0)], [300_000, 300_000], "never a lock that stays");
    assert_eq!([wait(6, 500), wait(6, 2000), wait(6, 5000)], [1500, 0, 0]);
    assert_eq!(wait(1000, ACCOUNT.forget_ms), 0);
    assert_eq!(ADDRESS.wait_ms(Throttle { failures: 19, last_at_ms: START_MS }, START_MS), 0);
    assert_eq!(ADDRESS.wait_ms(Throttle { failures: 20, last_at_ms: START_MS }, START_MS), 1000);
    let strict = ADDRESS.strict();
    assert_eq!(strict.wait_ms(Throttle { failures: 1, last_at_ms: START_MS }, START_MS), 1000);
}

#[test]
fn neighbours_share_a_prefix() {
    let of = |text: &str| prefix(text.parse().unwrap());
    assert_eq!(of("203.0.113.7"), "203.0.113.0/24");
    assert_eq!(of("::ffff:203.0.113.200"), "203.0.113.0/24");
    assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
}

#[tokio::test]
async fn failures_of_everybody_slow_down_whoever_fails() {
    for world in World::all().await {
        let db = &world.api.db;
        let address = |n: i64| format!("10.{}.{}.1", n / 256, n % 256).parse().unwrap();
        for n in 0..EVERYBODY_MAX {
            attempt(db, START_MS, &format!("{n}@example.com"), address(n)).await.unwrap();
        }
        let own = "192.0.2.1".parse().unwrap();
        let first = attempt(db, START_MS, "ada@example.com", own).await.unwrap();
        let second = attempt(db, START_MS, "ada@example.com", own).await;
        assert_eq!(second.err().unwrap().status(), 429);
        let mut write = db.write().await.unwrap();
        first.succeeded(&mut write).await.unwrap();
        write.commit().await.unwrap();
        attempt(db, START_MS, "ada@example.com", own).await.unwrap();
    }
}
