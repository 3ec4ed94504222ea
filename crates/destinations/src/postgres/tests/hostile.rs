//! Names and values that nobody should send.

use std::collections::BTreeMap;

use expect_test::expect;

use super::*;
use crate::postgres::{
    connect::{Server, Tls},
    loader::{Loader, Options},
    selection::Selection,
};

#[tokio::test]
async fn hostile_names_and_values_are_loaded() {
    let database = Database::new().await;
    let raw = r#"{"select":1,"table":2,"xmin":3,"":4,"🎉":5,"a\"; drop table x; --":6,"nul":"a\u0000b","lone":"\ud83c!",
        "tab":"a\tb\\N\nc\r","big":123456789012345678901234567890,"tiny":1e-400,"huge":1e99999,"neg":-0,
        "deep":{"a":{"b":{"c":[{"x":"\n"}]}}},"empty":{},"list":[],"text":"😀 größe","2fa":true}"#;
    let raw = format!(
        r#"{{"type":"track","messageId":"t-1","anonymousId":"a-1","event":"DROP TABLE tracks; --","properties":{raw}}}"#
    );
    let long_id = format!("m-{}", "x".repeat(5000));
    let mut parcels = parcels(&[
        track("t-1", "replaced", json!({})),
        track("t-2", "Users", json!({ "n": 1 })),
        track("t-3", "🎉", json!({ "n": 2 })),
        track("t-4", "pg_class", json!({ "n": 3 })),
        track(&long_id, &"Very Long Name ".repeat(20), json!({ "long key ".repeat(20): 1 })),
        track("nul\u{0}id", "Select", json!({})),
    ]);
    parcels[0].message = raw_message(Kind::Track, &raw);
    let destination = database.open();
    deliver(&destination, &parcels).await;
    let mut told = database.columns("my_shop.drop_table_tracks").await + "\n";
    told += &database
        .told(r#"SELECT "select", "table", _xmin, a_drop_table_x, nul, lone, replace(tab, chr(13), chr(9229)), big, tiny, huge, neg, deep_a_b_c, list,
                text, _2fa, _extra FROM my_shop.drop_table_tracks"#)
        .await;
    told += "\n";
    told += &database
        .told("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'my_shop'::regnamespace ORDER BY relname")
        .await;
    told += "\n";
    told += &database
        .told(
            "SELECT left(id, 20), length(id), event FROM my_shop.tracks ORDER BY id COLLATE \"C\"",
        )
        .await;
    expect![[r#"
        _2fa boolean, _extra text, _xmin bigint, a_drop_table_x bigint, anonymous_id text, big numeric, deep_a_b_c text, event text, event_text text, huge text, id text, list text, lone text, neg bigint, nul text, original_timestamp timestamp with time zone, received_at timestamp with time zone, select bigint, sent_at timestamp with time zone, tab text, table bigint, text text, timestamp timestamp with time zone, tiny numeric, user_id text, uuid_ts timestamp with time zone, x_169fa5db bigint, x_38d394c2 bigint
        1 | 2 | 3 | 6 | ab | �! | a	b\N
        c␍ | 123456789012345678901234567890 | 0.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001 | 1e99999 | 0 | [{"x":"\n"}] | [] | 😀 größe | t | –
        _headwater_loads
        _headwater_receipts
        _headwater_syncs
        _users
        drop_table_tracks
        pg_class
        select
        tracks
        very_long_name_very_long_name_very_long_name_very_lon_88e905be
        x_169fa5db
        m-xxxxxxxxxxxxxxxxxx | 512 | very_long_name_very_long_name_very_long_name_very_lon_88e905be
        nulid | 5 | select
        t-1 | 3 | drop_table_tracks
        t-2 | 3 | _users
        t-3 | 3 | x_169fa5db
        t-4 | 3 | pg_class"#]].assert_eq(&told);
}

/// More properties than a table has columns, and more than a row has room for.
#[tokio::test]
async fn sixteen_hundred_columns_and_more() {
    let database = Database::new().await;
    let destination = database.open();
    let mut sent: BTreeMap<String, u64> = BTreeMap::new();
    let parcels: Vec<Parcel> = (0..8)
        .map(|n| {
            let properties: serde_json::Map<_, _> = (0..400)
                .map(|p| {
                    let name = format!("p{}", n * 250 + p);
                    sent.insert(format!("t-{n}.{name}"), n * 1000 + p);
                    (name, json!(n * 1000 + p))
                })
                .collect();
            parcel(n, &track(&format!("t-{n}"), "Wide", Value::Object(properties)))
        })
        .collect();
    deliver(&destination, &parcels[..4]).await;
    deliver(&destination, &parcels[4..]).await;
    // one message that no row of Postgres has room for
    let all: serde_json::Map<_, _> = (0..1500).map(|p| (format!("p{p}"), json!(p))).collect();
    sent.extend((0..1500).map(|p| (format!("t-9.p{p}"), p)));
    deliver(&destination, &[parcel(9, &track("t-9", "Wide", Value::Object(all)))]).await;

    let columns = database
        .told("SELECT count(*) FROM pg_attribute WHERE attrelid = 'my_shop.wide'::regclass AND attnum > 0")
        .await;
    assert_eq!(columns, "1600");
    let rows = database.told("SELECT to_jsonb(w) FROM my_shop.wide w ORDER BY id").await;
    let mut found = BTreeMap::new();
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let id = row["id"].as_str().unwrap();
        let extra: Value =
            row["_extra"].as_str().map_or(json!({}), |text| serde_json::from_str(text).unwrap());
        let own = row.as_object().unwrap().iter().filter(|(name, _)| name.starts_with('p'));
        let own = own.map(|(name, value)| (name.clone(), value));
        let extra = extra.as_object().unwrap().iter();
        let extra =
            extra.map(|(path, value)| (path.trim_start_matches("properties.").to_owned(), value));
        for (name, value) in own.chain(extra).filter(|(_, value)| !value.is_null()) {
            assert!(
                found.insert(format!("{id}.{name}"), value.as_u64().unwrap()).is_none(),
                "{id} {name}"
            );
        }
    }
    assert_eq!(found, sent);
}

#[tokio::test]
async fn events_without_end_stand_in_tracks() {
    let database = Database::new().await;
    let server = Server {
        host: "127.0.0.1".to_owned(),
        port: u16::try_from(database.settings["port"].as_u64().unwrap()).unwrap(),
        database: database.settings["database"].as_str().unwrap().to_owned(),
        user: "postgres".to_owned(),
        password: None,
        tls: Tls::Disable,
    };
    let selection = Arc::new(Selection::parse("*.event_7.secret").unwrap());
    let options = Options { server, schema_prefix: String::new(), selection, tables_max: 5 };
    let world = World { allow_private_addresses: true, ..World::default() };
    let mut loader = Loader::new(options, "dst_tested", &world);
    let events: Vec<Value> = (0..700)
        .map(|n| track(&format!("t-{n}"), &format!("Event {n}"), json!({ "n": n, "secret": 1 })))
        .collect();
    loader.load(&parcels(&events), 0).await.unwrap();
    let told = database
        .told("SELECT count(*), count(_extra), min(_extra), (SELECT count(*) FROM pg_tables WHERE schemaname = 'my_shop' \
               AND tablename NOT LIKE '\\_headwater%') FROM my_shop.tracks")
        .await;
    assert_eq!(told, r#"700 | 696 | {"properties.n":10,"properties.secret":1} | 5"#);
    let told = database.told("SELECT _extra FROM my_shop.tracks WHERE event = 'event_7'").await;
    assert_eq!(told, r#"{"properties.n":7}"#);
}

/// Whoever owns the database may do with the tables as he likes.
#[tokio::test]
async fn what_others_made_of_the_tables_is_respected() {
    let database = Database::new().await;
    let destination = database.open();
    let of = |n: u64, properties: Value| parcel(n, &track(&format!("t-{n}"), "Bought", properties));
    deliver(
        &destination,
        &[of(1, json!({ "price": 1, "size": "M", "sku": "a", "when": "2026-11-25T14:10:00Z" }))],
    )
    .await;
    database
        .client
        .batch_execute(
            "ALTER TABLE my_shop.bought ALTER price TYPE numeric(6,2), ALTER size TYPE varchar(3), DROP sku, \
             ALTER \"when\" TYPE timestamp USING \"when\" AT TIME ZONE 'UTC', ADD twice bigint GENERATED ALWAYS AS (1) STORED; \
             CREATE VIEW my_shop.sold AS SELECT 1 AS one",
        )
        .await
        .unwrap();
    deliver(
        &destination,
        &[of(2, json!({ "price": 123_456_789, "size": "XXXL", "sku": "b", "when": "2026-11-25T16:10:00+02:00", "twice": 2 }))],
    )
    .await;
    let mut told = database
        .told(
            "SELECT id, price, size, sku, \"when\", twice, _extra FROM my_shop.bought ORDER BY id",
        )
        .await
        + "\n";
    deliver(&destination, &[parcel(3, &track("t-3", "Sold", json!({ "n": 1 })))]).await;
    database.client.batch_execute("DROP TABLE my_shop.bought").await.unwrap();
    deliver(&destination, &[of(4, json!({ "price": 4 }))]).await;
    told += &(database.told("SELECT id, price, _extra FROM my_shop.bought").await + "\n");
    told += &database.told("SELECT id, n FROM my_shop._sold").await;
    expect![[r#"
        t-1 | 1.00 | M | – | 2026-11-25 14:10:00 | 1 | –
        t-2 | – | XXXL | b | 2026-11-25 14:10:00 | 1 | {"properties.price":123456789,"properties.twice":2}
        t-4 | 4 | –
        t-3 | 1"#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn tables_that_another_tool_made_are_taken_over() {
    let database = Database::new().await;
    database
        .client
        .batch_execute(
            "CREATE SCHEMA my_shop; \
             CREATE TABLE my_shop.seen (id varchar(512), received_at timestamptz, n integer, uuid bigint); \
             CREATE TABLE my_shop.users (id varchar(512) UNIQUE, email varchar(8)); \
             INSERT INTO my_shop.users VALUES ('u-1', 'a@b.c')",
        )
        .await
        .unwrap();
    let identify = json!({ "type": "identify", "messageId": "i-1", "userId": "u-1", "traits": { "email": "ann@example.com" } });
    let parcels = parcels(&[
        track("t-1", "Seen", json!({ "n": 3_000_000_000_u64, "uuid": "own", "more": true })),
        identify,
    ]);
    deliver(&database.open(), &parcels).await;
    let mut told = database.columns("my_shop.seen").await + "\n";
    told += &database.told("SELECT id, n, uuid, more, event_text, _extra FROM my_shop.seen").await;
    told += "\n";
    told += &database.told("SELECT id, email FROM my_shop.users").await;
    expect![[r#"
        _extra text, anonymous_id text, event text, event_text text, id character varying(512), more boolean, n bigint, received_at timestamp with time zone, uuid text, uuid_ts timestamp with time zone
        t-1 | 3000000000 | own | t | Seen | –
        u-1 | ann@example.com"#]].assert_eq(&told);
}
