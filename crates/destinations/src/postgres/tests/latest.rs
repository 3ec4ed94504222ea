//! `users` and `accounts`.

use std::collections::BTreeMap;

use super::*;

/// Identifies in any order and in any batches, some of them twice: the traits of each user are
/// those that were received last.
#[tokio::test]
async fn the_latest_traits_win_in_any_order() {
    let database = Database::new().await;
    let mut random = Random(11);
    let mut messages = Vec::new();
    for n in 0..240_u64 {
        let mut traits = serde_json::Map::new();
        for name in ["email", "plan", "age", "city"] {
            match random.below(4) {
                0 => drop(traits.insert(name.to_owned(), Value::Null)),
                1 => {
                    let value = if name == "age" { json!(n) } else { json!(format!("{name}-{n}")) };
                    traits.insert(name.to_owned(), value);
                }
                _ => {}
            }
        }
        let user = format!("u-{}", random.below(9));
        messages.push(json!({ "type": "identify", "messageId": format!("i-{n}"), "userId": user,
            "traits": traits }));
    }
    let mut model: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for message in &messages {
        let user = model.entry(message["userId"].as_str().unwrap().to_owned()).or_default();
        for (name, value) in message["traits"].as_object().unwrap() {
            user.insert(name.clone(), value.clone());
        }
    }
    let mut order = parcels(&messages);
    for at in (1..order.len()).rev() {
        order.swap(at, random.below(at as u64 + 1) as usize);
    }
    let destination = database.open();
    let mut rest = &order[..];
    while !rest.is_empty() {
        let (batch, after) = rest.split_at((1 + random.below(40) as usize).min(rest.len()));
        rest = after;
        deliver(&destination, batch).await;
    }
    // asked for once more, under new positions
    let again: Vec<Parcel> = order[..50]
        .iter()
        .map(|one| Parcel { position: one.position + 1000, ..one.clone() })
        .collect();
    deliver(&destination, &again).await;

    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let expect: Vec<String> = model
        .iter()
        .map(|(id, traits)| {
            let traits = ["email", "plan", "age", "city"].map(|name| text(traits.get(name)));
            format!("{id} | {}", traits.join(" | "))
        })
        .collect();
    let told =
        database.told("SELECT id, email, plan, age, city FROM my_shop.users ORDER BY id").await;
    assert_eq!(told, expect.join("\n"));
    assert_eq!(
        database.told("SELECT count(*), count(DISTINCT id) FROM my_shop.identifies").await,
        "240 | 240"
    );
}

#[tokio::test]
async fn traits_that_fit_no_column_are_kept() {
    let database = Database::new().await;
    let identify = |n: u64, traits: Value| {
        let json = json!({ "type": "identify", "messageId": format!("i-{n}"), "userId": "u-1", "traits": traits });
        parcel(n, &json)
    };
    let destination = database.open();
    deliver(&destination, &[identify(1, json!({ "age": 40, "id": "own" }))]).await;
    database
        .client
        .batch_execute("CREATE VIEW ages AS SELECT age FROM my_shop.users")
        .await
        .unwrap();
    deliver(&destination, &[identify(2, json!({ "age": "old", "plan": "pro" }))]).await;
    let told = database.told("SELECT id, age, plan, _extra FROM my_shop.users").await;
    assert_eq!(told, r#"u-1 | 40 | pro | {"traits.age":"old"}"#);
    let told = database.told("SELECT id, age, _extra FROM my_shop.identifies ORDER BY id").await;
    assert_eq!(told, "i-1 | 40 | {\"traits.id\":\"own\"}\ni-2 | old | –");
}

/// A generator of no great virtue, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
