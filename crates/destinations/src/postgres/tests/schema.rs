//! Tables, columns, types and names.

use expect_test::expect;

use super::*;

fn calls() -> Vec<Value> {
    let context =
        json!({ "library": { "name": "analytics.js", "version": "2.1.0" }, "ip": "10.0.0.1" });
    vec![
        json!({ "type": "identify", "messageId": "i-1", "userId": "u-1", "anonymousId": "a-1",
            "traits": { "email": "ann@example.com", "firstName": "Ann", "address": { "postalCode": "1010" } },
            "context": context, "timestamp": "2026-11-25T14:10:00.000Z", "sentAt": "2026-11-25T14:10:00.100Z",
            "originalTimestamp": "2026-11-25T16:10:00.000+02:00" }),
        json!({ "type": "track", "messageId": "t-1", "userId": "u-1", "event": "Order Completed",
            "properties": { "orderId": "o-1", "total": 25.5, "items": 3, "gift": true, "tags": ["a", "b"],
                "paidAt": "2026-11-25T14:09:59Z", "coupon": null, "shipping": { "method": { "name": "air" } } },
            "context": context, "timestamp": "2026-11-25T14:10:01.000Z" }),
        json!({ "type": "page", "messageId": "p-1", "anonymousId": "a-1", "name": "Home", "category": "Docs",
            "properties": { "name": "Home", "url": "https://example.com/" }, "context": {} }),
        json!({ "type": "screen", "messageId": "s-1", "anonymousId": "a-1", "name": "Main" }),
        json!({ "type": "group", "messageId": "g-1", "userId": "u-1", "groupId": "acme",
            "traits": { "name": "Acme", "employees": 12 } }),
        json!({ "type": "alias", "messageId": "l-1", "userId": "u-1", "previousId": "a-1" }),
    ]
}

#[tokio::test]
async fn each_call_has_its_table() {
    let database = Database::new().await;
    deliver(&database.open(), &parcels(&calls())).await;
    let mut told = String::new();
    for table in [
        "accounts",
        "aliases",
        "groups",
        "identifies",
        "order_completed",
        "pages",
        "screens",
        "tracks",
        "users",
    ] {
        let columns = database.columns(&format!("my_shop.{table}")).await;
        told += &format!("{table}: {columns}\n");
    }
    told += &database
        .told("SELECT id, user_id, event, event_text, order_id, total, items, gift, tags, paid_at AT TIME ZONE 'UTC', \
               shipping_method_name, context_library_name, received_at AT TIME ZONE 'UTC', uuid_ts > received_at, _extra \
               FROM my_shop.order_completed")
        .await;
    told += "\n";
    told += &database
        .told("SELECT id, email, first_name, address_postal_code, _times FROM my_shop.users")
        .await;
    told += "\n";
    told += &database.told("SELECT id, name, category, url, _extra FROM my_shop.pages").await;
    told += "\n";
    told += &database
        .told("SELECT id, user_id, original_timestamp AT TIME ZONE 'UTC' FROM my_shop.identifies")
        .await;
    told += "\n";
    told += &database.told("SELECT id, name, employees FROM my_shop.accounts").await;
    told += "\n";
    told += &database.told("SELECT id, user_id, previous_id FROM my_shop.aliases").await;
    expect![[r#"
        accounts: _extra text, _times jsonb, employees bigint, id text, name text, received_at timestamp with time zone, uuid_ts timestamp with time zone
        aliases: _extra text, anonymous_id text, id text, original_timestamp timestamp with time zone, previous_id text, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, user_id text, uuid_ts timestamp with time zone
        groups: _extra text, anonymous_id text, employees bigint, group_id text, id text, name text, original_timestamp timestamp with time zone, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, user_id text, uuid_ts timestamp with time zone
        identifies: _extra text, address_postal_code text, anonymous_id text, context_ip text, context_library_name text, context_library_version text, email text, first_name text, id text, original_timestamp timestamp with time zone, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, user_id text, uuid_ts timestamp with time zone
        order_completed: _extra text, anonymous_id text, context_ip text, context_library_name text, context_library_version text, event text, event_text text, gift boolean, id text, items bigint, order_id text, original_timestamp timestamp with time zone, paid_at timestamp with time zone, received_at timestamp with time zone, sent_at timestamp with time zone, shipping_method_name text, tags text, timestamp timestamp with time zone, total double precision, user_id text, uuid_ts timestamp with time zone
        pages: _extra text, anonymous_id text, category text, id text, name text, original_timestamp timestamp with time zone, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, url text, user_id text, uuid_ts timestamp with time zone
        screens: _extra text, anonymous_id text, category text, id text, name text, original_timestamp timestamp with time zone, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, user_id text, uuid_ts timestamp with time zone
        tracks: _extra text, anonymous_id text, context_ip text, context_library_name text, context_library_version text, event text, event_text text, id text, original_timestamp timestamp with time zone, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, user_id text, uuid_ts timestamp with time zone
        users: _extra text, _times jsonb, address_postal_code text, context_ip text, context_library_name text, context_library_version text, email text, first_name text, id text, received_at timestamp with time zone, uuid_ts timestamp with time zone
        t-1 | u-1 | order_completed | Order Completed | o-1 | 25.5 | 3 | t | ["a","b"] | 2026-11-25 14:09:59 | air | analytics.js | 2026-11-25 14:10:01 | t | –
        u-1 | ann@example.com | Ann | 1010 | {"email": 1795615800000, "context_ip": 1795615800000, "first_name": 1795615800000, "address_postal_code": 1795615800000, "context_library_name": 1795615800000, "context_library_version": 1795615800000}
        p-1 | Home | Docs | https://example.com/ | –
        i-1 | u-1 | 2026-11-25 14:10:00
        acme | Acme | 12
        l-1 | u-1 | a-1"#]].assert_eq(&told);
}

#[tokio::test]
async fn violations_are_rows() {
    let database = Database::new().await;
    let violation = |field: &str| {
        json!({ "type": "Required", "field": field, "description": format!("{field} is required"),
            "pointer": format!("/{}", field.replace('.', "/")), "expected": "a value" })
    };
    let mut broken = track("t-1", "Signed Up", json!({ "plan": "pro" }));
    broken["userId"] = json!("u-1");
    broken["context"] = json!({ "protocols": { "sourceId": "shop",
        "violations": [violation("properties.email"), violation("properties.name")], "omitted": [] } });
    let kept = track("t-2", "Signed Up", json!({ "plan": "pro" }));
    let destination = database.open();
    let parcels = parcels(&[broken, kept]);
    deliver(&destination, &parcels).await;
    // again under other positions, as when ids are no longer remembered
    let again: Vec<Parcel> =
        parcels.iter().map(|one| Parcel { position: one.position + 100, ..one.clone() }).collect();
    deliver(&destination, &again).await;
    let told = database
        .told("SELECT id, user_id, collection, event_text, type, field, description, pointer, expected \
               FROM my_shop.violations ORDER BY id")
        .await;
    expect![[r#"
        t-1:1 | u-1 | signed_up | Signed Up | Required | properties.email | properties.email is required | /properties/email | a value
        t-1:2 | u-1 | signed_up | Signed Up | Required | properties.name | properties.name is required | /properties/name | a value"#]].assert_eq(&told);
    assert_eq!(database.told("SELECT count(*) FROM my_shop.signed_up").await, "2");
}

#[tokio::test]
async fn columns_come_and_grow_as_values_do() {
    let database = Database::new().await;
    let destination = database.open();
    let values = |n: usize, price: Value, when: Value, on: Value| {
        track(&format!("t-{n}"), "Priced", json!({ "price": price, "when": when, "on": on }))
    };
    let time = "2026-11-25T14:10:00.123456Z";
    let first = values(1, json!(9_007_199_254_740_991_i64), json!(time), json!(true));
    deliver(&destination, &[parcel(1, &first)]).await;
    let mut told = database.columns("my_shop.priced").await + "\n";
    // fits as it is
    deliver(
        &destination,
        &[parcel(2, &values(2, json!(2.0), json!("2026-11-25T14:10:00Z"), json!(null)))],
    )
    .await;
    // and does not
    let wider = values(3, json!(2.5), json!("tomorrow"), json!("maybe"));
    let more = track("t-4", "Priced", json!({ "price": 1, "currency": "EUR" }));
    deliver(&destination, &[parcel(3, &wider), parcel(4, &more)]).await;
    let huge = format!("{{\"price\": {}}}", "9".repeat(30));
    let huge: Value = serde_json::from_str(&huge).unwrap();
    deliver(&destination, &[parcel(5, &track("t-5", "Priced", huge))]).await;
    told += &(database.columns("my_shop.priced").await + "\n");
    told += &database
        .told(r#"SELECT id, price, "when", "on", currency, _extra FROM my_shop.priced ORDER BY id"#)
        .await;
    expect![[r#"
        _extra text, anonymous_id text, event text, event_text text, id text, on boolean, original_timestamp timestamp with time zone, price bigint, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, user_id text, uuid_ts timestamp with time zone, when timestamp with time zone
        _extra text, anonymous_id text, currency text, event text, event_text text, id text, on text, original_timestamp timestamp with time zone, price double precision, received_at timestamp with time zone, sent_at timestamp with time zone, timestamp timestamp with time zone, user_id text, uuid_ts timestamp with time zone, when text
        t-1 | 9.007199254740991e+15 | 2026-11-25T14:10:00.123456Z | true | – | –
        t-2 | 2 | 2026-11-25T14:10:00.000Z | – | – | –
        t-3 | 2.5 | tomorrow | maybe | – | –
        t-4 | 1 | – | – | EUR | –
        t-5 | 1e+30 | – | – | – | –"#]].assert_eq(&told);
}

#[tokio::test]
async fn a_column_that_a_view_uses_stays_and_nothing_is_lost() {
    let database = Database::new().await;
    let destination = database.open();
    deliver(&destination, &[parcel(1, &track("t-1", "Priced", json!({ "price": 1 })))]).await;
    database
        .client
        .batch_execute("CREATE VIEW prices AS SELECT price FROM my_shop.priced")
        .await
        .unwrap();
    let parcels = parcels(&[
        track("t-2", "Priced", json!({ "price": "free", "size": 1 })),
        track("t-3", "Priced", json!({ "price": 3 })),
    ]);
    deliver(&destination, &parcels).await;
    let told =
        database.told("SELECT id, price, size, _extra FROM my_shop.priced ORDER BY id").await;
    expect![[r#"
        t-1 | 1 | – | –
        t-2 | – | 1 | {"properties.price":"free"}
        t-3 | 3 | – | –"#]]
    .assert_eq(&told);
    let told = database
        .told(
            "SELECT status, sum(loads), sum(messages), sum(rows), sum(extra_values), max(notices) \
               FROM my_shop._headwater_syncs GROUP BY status ORDER BY status",
        )
        .await;
    expect![[r#"
        partial | 1 | 2 | 4 | 1 | priced.price stays bigint, and what does not fit stands in _extra: cannot alter type of a column used by a view or rule
        success | 1 | 1 | 2 | 0 | –"#]].assert_eq(&told);
}

#[tokio::test]
async fn names_that_become_one_share_a_column() {
    let database = Database::new().await;
    let parcels = parcels(&[
        track("t-1", "Order Completed", json!({ "orderId": "camel" })),
        track("t-2", "order-completed", json!({ "order_id": "snake" })),
        track(
            "t-3",
            "OrderCompleted",
            json!({ "order_id": "first", "orderId": "second", "Order ID": "first" }),
        ),
        track(
            "t-4",
            "Order Completed",
            json!({ "order": { "id": "nested" }, "userId": "u-9", "id": 7 }),
        ),
    ]);
    deliver(&database.open(), &parcels).await;
    let told = database
        .told("SELECT id, event, event_text, order_id, user_id, _extra FROM my_shop.order_completed ORDER BY id")
        .await;
    expect![[r#"
        t-1 | order_completed | Order Completed | camel | – | –
        t-2 | order_completed | order-completed | snake | – | –
        t-3 | order_completed | OrderCompleted | first | – | {"properties.orderId":"second"}
        t-4 | order_completed | Order Completed | nested | – | {"properties.userId":"u-9","properties.id":7}"#]].assert_eq(&told);
}

#[tokio::test]
async fn what_is_left_out_is_not_there() {
    let database = Database::new().await;
    let exclude = "my-shop.pages, my_shop.tracks, my_shop.order_completed.total, *.*.user_id, my_shop.users.*, *.*.context_ip, *.identifies, hidden";
    let destination = database.open_with(json!({ "exclude": exclude }));
    let mut parcels = parcels(&calls());
    let secret = Parcel {
        source: source("src_hidden", "hidden"),
        ..parcel(50, &track("h-1", "Hidden", json!({})))
    };
    parcels.push(secret);
    // names of columns of ours stay out as well
    parcels
        .push(parcel(51, &track("t-2", "Order Completed", json!({ "userId": "inner", "id": 7 }))));
    deliver(&destination, &parcels).await;
    let tables = database
        .told("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') \
               ORDER BY 1")
        .await;
    expect![[r#"
        my_shop._headwater_loads
        my_shop._headwater_receipts
        my_shop._headwater_syncs
        my_shop.accounts
        my_shop.aliases
        my_shop.groups
        my_shop.order_completed
        my_shop.screens
        my_shop.users"#]]
    .assert_eq(&tables);
    let columns = database.columns("my_shop.order_completed").await;
    assert!(!columns.contains("total") && !columns.contains("context_ip"), "{columns}");
    assert_eq!(
        database.told("SELECT order_id, _extra FROM my_shop.order_completed ORDER BY id").await,
        "o-1 | –\n– | {\"properties.id\":7}"
    );
    let users = database.columns("my_shop.users").await;
    assert!(!users.contains("email") && users.contains("received_at"), "{users}");
    assert_eq!(database.told("SELECT id, _extra FROM my_shop.users").await, "u-1 | –");
}

#[tokio::test]
async fn sources_never_share_a_schema() {
    let database = Database::new().await;
    let destination = database.open_with(json!({ "schema_prefix": "prod_" }));
    let of = |position, id: &str, slug: &str| Parcel {
        source: source(id, slug),
        ..parcel(position, &track(&format!("t-{position}"), "Seen", json!({})))
    };
    deliver(&destination, &[of(1, "src_a", "my-shop")]).await;
    deliver(&destination, &[of(2, "src_b", "my_shop"), of(3, "src_a", "my-shop")]).await;
    destination.close().await;
    deliver(&database.open_with(json!({ "schema_prefix": "prod_" })), &[of(4, "src_b", "my_shop")])
        .await;
    let names = database
        .told("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'prod%' ORDER BY nspname")
        .await;
    let names: Vec<&str> = names.lines().collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[0], "prod_my_shop");
    let ids =
        database.told("SELECT string_agg(id, ' ' ORDER BY id) FROM prod_my_shop.tracks").await;
    assert_eq!(ids, "t-1 t-3");
    let ids = database
        .told(&format!("SELECT string_agg(id, ' ' ORDER BY id) FROM {}.tracks", names[1]))
        .await;
    assert_eq!(ids, "t-2 t-4");
}

#[tokio::test]
async fn receipts_say_how_far_it_is_complete() {
    let database = Database::new().await;
    let destination = database.open();
    let of = |n| parcel(n, &track(&format!("t-{n}"), "Seen", json!({})));
    deliver(&destination, &[of(1), of(2)]).await;
    deliver(&destination, &[of(5), of(6)]).await;
    // the second batch has no outcome yet
    destination.settled(4);
    deliver(&destination, &[of(7)]).await;
    let receipt = "SELECT source_id, source, complete_until AT TIME ZONE 'UTC', loaded_until AT TIME ZONE 'UTC', \
                   messages, rows FROM my_shop._headwater_receipts";
    expect!["src_shop | my-shop | 2026-11-25 14:10:02 | 2026-11-25 14:10:07 | 5 | 10"]
        .assert_eq(&database.told(receipt).await);
    let loads =
        "SELECT first_position, last_position, messages FROM my_shop._headwater_loads ORDER BY id";
    expect![[r#"
        5 | 6 | 2
        7 | 7 | 1"#]]
    .assert_eq(&database.told(loads).await);
    // without another load, it is said all the same
    destination.settled(8);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while !database.told(loads).await.is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "receipts are never completed");
        tokio::task::yield_now().await;
    }
    let complete = database
        .told("SELECT complete_until = loaded_until, complete_until AT TIME ZONE 'UTC' FROM my_shop._headwater_receipts")
        .await;
    assert_eq!(complete, "t | 2026-11-25 14:10:07");
}

#[tokio::test]
async fn the_history_tells_what_was_loaded_and_how_far_that_is_complete() {
    let database = Database::new().await;
    let destination = database.open();
    let empty = destination.history(10).await.expect("it keeps one").expect("it answers");
    assert_eq!(empty, destination_kit::History::default(), "nothing was loaded yet");
    deliver(&destination, &parcels(&calls())).await;
    let history = destination.history(10).await.expect("it keeps one").expect("it answers");
    let [receipt] = &history.receipts[..] else { panic!("{history:?}") };
    let [sync] = &history.syncs[..] else { panic!("{history:?}") };
    assert_eq!((receipt.source.as_str(), receipt.messages), ("my-shop", 6));
    assert_eq!(sync.status, destination_kit::SyncStatus::Success);
    assert_eq!((sync.messages, sync.rows), (6, receipt.rows));
    assert!(receipt.loaded_until_ms.is_some_and(|until| until >= BEGAN_MS));
    let world = World { allow_private_addresses: true, ..World::default() };
    let settings = database.settings.as_object().expect("an object");
    let other = PostgresKind.open(settings, &spec::DestinationId("dst_other".into()), &world);
    let other = other.unwrap_or_else(|bad| panic!("{bad:?}"));
    let other = other.history(10).await.expect("it keeps one").expect("it answers");
    assert_eq!(other, destination_kit::History::default(), "each has a history of its own");
}
