#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, atomic::Ordering};

use http::Method;
use serde_json::{Value, json};
use store::{Fresh, Sealer, assets, reseal, sources};

use crate::{
    Api,
    destinations::tests::{acme, options, webhook},
    sources::tests::acme_id,
    sweep,
    testing::{Who, World, journey::Busy},
};

/// The same world after a restart with these keys.
fn restarted(mut world: World, keys: &[(u32, [u8; 32])]) -> World {
    let clock = world.clock.clone();
    let now = Arc::new(move || clock.load(Ordering::Relaxed));
    let sealer = Sealer::new(keys).unwrap();
    let db = world.api.db.clone();
    world.api = Api::new(db, Fresh::system(), now, sealer, options());
    world.watching(Arc::new(Busy))
}

#[tokio::test]
async fn a_key_can_go_when_a_newer_one_has_sealed_everything() {
    let (first, second) = ((1, [7; 32]), (2, [8; 32]));
    for world in World::each(options()).await {
        let mut world = world.watching(Arc::new(Busy));
        let acme = acme(&world).await;
        let made = world.post(&acme, "/destinations", webhook("website")).await.expect(200);
        let destination = format!("/destinations/{}", made.text("/destination/id"));
        // No entry of ours asks a source for a secret.
        let id = acme_id(&world).await;
        let mut write = world.api.db.write().await.unwrap();
        let mut source = sources::find(&mut write, &id, "website").await.unwrap().unwrap();
        let owner = format!("source/{}", source.id);
        source.secrets_sealed = Some(world.api.sealer.seal(&world.api.fresh, &owner, b"{}"));
        source.version += 1;
        sources::update(&mut write, &source).await.unwrap();
        write.commit().await.unwrap();
        let enrolled = world.post(&acme, "/account/second-factor", Value::Null).await.expect(201);
        assert!(enrolled.text("/enrolment/secret").len() > 16);
        let mia = world.known("mia@acme.example").await;
        world.partner("Acme Labs", "mia@acme.example").await;
        let integration = Box::pin(world.integration(&mia, "acme-mail")).await;
        let submission = world.submit(&mia, &integration).await;
        let key = [("idempotency-key", "one")];
        let label = json!({ "label": { "key": "team", "value": "ops" } });
        let once = async |world: &World, who: &Who| {
            world.call_with(who, Method::POST, "/labels", label.clone(), &key).await.expect(201)
        };
        once(&world, &acme).await;

        world = restarted(world, &[first, second]);
        assert!(!is_all_of(&world, 2).await, "the old key sealed them");
        sweep(&world.api).await.unwrap();
        assert!(is_all_of(&world, 2).await, "one is left under the old key");
        let again = reseal::reseal(&world.api.db, &world.api.sealer, &world.api.fresh).await;
        assert_eq!(again.unwrap(), reseal::Resealed::default(), "there is nothing left to do");

        world = restarted(world, &[second]);
        let mut db = world.api.db.read().await.unwrap();
        let source = sources::find(&mut db, &id, "website").await.unwrap().unwrap();
        assert_eq!(world.api.sealer.open(&owner, &source.secrets_sealed.unwrap()).unwrap(), b"{}");
        let account = store::accounts::by_email(&mut db, "ada@example.com").await.unwrap().unwrap();
        let totp = format!("totp/{}", account.id);
        assert!(world.api.sealer.open(&totp, &account.totp_sealed.unwrap()).is_ok());
        drop(db);
        // An edit that gives only masks keeps the secrets behind them: they are read for it.
        let shown = world.get(&acme, &destination).await.expect(200);
        let settings = shown.at("/destination/settings").clone();
        let kept = world.patch(&acme, &destination, json!({ "settings": settings })).await;
        assert_eq!(kept.expect(200).at("/destination/settings"), &settings);
        let olga = world.known_operator("olga@headwater.example").await;
        let review = format!("/reviews/{submission}");
        world.post(&olga, &format!("{review}/assign"), Value::Null).await.expect(200);
        let read = world.get(&olga, &format!("{review}/test-account")).await.expect(200);
        assert_eq!(read.text("/testAccount/password"), "s3cret-pass");
        assert_eq!(once(&world, &acme).await.headers["idempotent-replayed"], "true");

        // What no key opens is left as it is, and counted.
        let lost = Sealer::new(&[(9, [9; 32])]).unwrap();
        let lost = lost.seal(&world.api.fresh, &format!("test-account/{integration}"), b"{}");
        let mut write = world.api.db.write().await.unwrap();
        assets::set_test_account(&mut write, &integration, &lost, 1).await.unwrap();
        write.commit().await.unwrap();
        let done = reseal::reseal(&world.api.db, &world.api.sealer, &world.api.fresh).await;
        assert_eq!(done.unwrap(), reseal::Resealed { anew: 0, closed: 1 });
        let mut db = world.api.db.read().await.unwrap();
        let (kept, _) = assets::test_account(&mut db, &integration).await.unwrap().unwrap();
        assert_eq!(kept, lost);
    }
}

/// Whether the key of this number sealed everything that is sealed.
async fn is_all_of(world: &World, number: u32) -> bool {
    let mut db = world.api.db.read().await.unwrap();
    let mut found = 0;
    for sql in [
        "SELECT totp_sealed FROM accounts WHERE totp_sealed IS NOT NULL",
        "SELECT secrets_sealed FROM sources WHERE secrets_sealed IS NOT NULL",
        "SELECT secrets_sealed FROM destinations WHERE secrets_sealed IS NOT NULL",
        "SELECT sealed FROM test_accounts",
        "SELECT body FROM idempotency",
    ] {
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *db).await.unwrap();
        assert!(!rows.is_empty(), "nothing is sealed: {sql}");
        let mark = format!("{number}.");
        found += rows.iter().filter(|(sealed,)| !sealed.starts_with(&mark)).count();
    }
    found == 0
}
