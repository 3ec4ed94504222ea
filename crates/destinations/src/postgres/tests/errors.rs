//! What is wrong, in words, and what comes next.

use destination_kit::conformance::{Names, fault};
use expect_test::expect;

use super::{server::OwnServer, *};

/// What a delivery and a test of the connection say.
async fn says(destination: Arc<dyn Destination>) -> (Next, String) {
    let outcome = destination.deliver(&[parcel(1, &track("t-1", "Seen", json!({})))]).await;
    let fault = fault(&outcome).expect("it does not work");
    let tested = destination.test_connection().await.unwrap();
    let tested = tested.expect_err("the test of the connection fails as well");
    assert_eq!(fault.code, tested.code);
    (next(&outcome), format!("{}: {}", fault.code, fault.excerpt))
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let base = json!({ "host": "db.example", "database": "d", "user": "u" });
    for (key, value, expect) in [
        ("host", json!("/var/run/postgresql"), "must be one name or address, and nothing else"),
        ("host", json!("one.example,two.example"), "must be one name or address, and nothing else"),
        (
            "host",
            json!("db.example hostaddr=127.0.0.1"),
            "must be one name or address, and nothing else",
        ),
        ("host", json!(""), "must be one name or address, and nothing else"),
        ("database", json!(""), "must not be empty"),
        ("user", json!(""), "must not be empty"),
        (
            "schema_prefix",
            json!("1x"),
            "must be at most 30 of a-z, 0-9 and _, and begin with no digit",
        ),
        (
            "schema_prefix",
            json!("x\""),
            "must be at most 30 of a-z, 0-9 and _, and begin with no digit",
        ),
        (
            "exclude",
            json!("a..b"),
            "\"a..b\" is none of source, source.table and source.table.column",
        ),
        (
            "sync",
            json!("now"),
            "must be one of continuous, 5 minutes, 15 minutes, 1 hour, 6 hours, 24 hours",
        ),
        ("batch_messages", json!(0), "must be a whole number from 1 to 50000"),
    ] {
        let mut settings = base.as_object().unwrap().clone();
        settings.insert(key.to_owned(), value);
        let bad = PostgresKind.open(&settings, &owner(), &World::default()).err().unwrap();
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert_eq!((bad[0].key.as_str(), bad[0].problem.as_str()), (key, expect));
    }
    let mut settings = base.as_object().unwrap().clone();
    settings.insert("sync".to_owned(), json!("15 minutes"));
    let batching = PostgresKind.open(&settings, &owner(), &World::default()).unwrap().batching();
    assert_eq!(
        (batching.linger.as_secs(), batching.calls_max, batching.messages_max),
        (900, 1, 10_000)
    );
}

#[tokio::test]
async fn a_connection_that_works_says_so() {
    let database = Database::new().await;
    let found = database.open().test_connection().await.unwrap().unwrap();
    assert!(
        found.starts_with("PostgreSQL ") && found.contains("postgres may make schemas"),
        "{found}"
    );
    let tables = database.told("SELECT count(*) FROM pg_tables WHERE schemaname = 'my_shop'").await;
    assert_eq!(tables, "0");
}

#[tokio::test]
async fn who_may_not_in_is_told_why() {
    let mut server = OwnServer::new("scram-sha-256", "right");
    server.start(&["fsync=off"]).await;
    let base = server.settings();
    let with = |settings: Value| {
        let mut all = base.as_object().unwrap().clone();
        all.insert("password".to_owned(), json!("right"));
        all.extend(settings.as_object().unwrap().clone());
        open(&Value::Object(all))
    };
    deliver(&with(json!({})), &[parcel(1, &track("t-1", "Seen", json!({})))]).await;
    let url = format!("postgres://postgres:right@127.0.0.1:{}/postgres", server.port);
    let admin = super::connect(&url).await;
    admin
        .batch_execute(
            "CREATE ROLE reader LOGIN PASSWORD 'right'; CREATE ROLE nologin PASSWORD 'right'",
        )
        .await
        .unwrap();
    let latin = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0";
    admin.batch_execute(latin).await.unwrap();
    let mut told = Vec::new();
    for settings in [
        json!({ "password": "wrong" }),
        json!({ "password": "" }),
        json!({ "user": "nobody" }),
        json!({ "user": "nologin" }),
        json!({ "database": "nowhere" }),
        json!({ "user": "reader" }),
        json!({ "ssl_mode": "require" }),
    ] {
        let (next, words) = says(with(settings)).await;
        told.push(format!("{next:?} {words}"));
    }
    expect![[r#"
        Pause 28P01: password authentication failed for user "postgres" (SQLSTATE 28P01): check user and password, and whether pg_hba.conf lets this host in
        Pause 28P01: invalid configuration: password missing
        Pause 28P01: password authentication failed for user "nobody" (SQLSTATE 28P01): check user and password, and whether pg_hba.conf lets this host in
        Pause 28000: role "nologin" is not permitted to log in (SQLSTATE 28000): check user and password, and whether pg_hba.conf lets this host in
        Pause 3D000: database "nowhere" does not exist (SQLSTATE 3D000): make the database, or name another
        Pause 42501: permission denied for schema my_shop (SQLSTATE 42501): the user needs CREATE on the database, and must own the schemas and tables it loads
        Again(None) TLS: error performing TLS handshake: server does not support TLS; ssl_mode says whether there should be TLS"#]].assert_eq(&told.join("\n"));
    let latin = with(json!({ "database": "latin" })).test_connection().await.unwrap();
    assert_eq!(latin.unwrap_err().excerpt, r#""latin" is encoded in LATIN1; it must be UTF8"#);

    server.kill();
    let (next, words) = says(with(json!({}))).await;
    assert_eq!(next, Next::Again(None));
    assert!(words.starts_with("ECONNREFUSED: connection to 127.0.0.1:"), "{words}");
}

#[tokio::test]
async fn only_public_addresses_are_called() {
    let names = Names::default();
    names.set("inside.example", &["10.0.0.7"]);
    let world = World { resolver: Arc::new(names), ..World::default() };
    for host in ["127.0.0.1", "::1", "inside.example", "169.254.169.254"] {
        let settings = json!({ "host": host, "database": "d", "user": "u" });
        let (next, words) = says(open_in(&settings, &world)).await;
        assert_eq!(next, Next::Pause, "{words}");
        assert!(words.starts_with("PRIVATE_ADDRESS: "), "{words}");
    }
    let settings = json!({ "host": "nowhere.example", "database": "d", "user": "u" });
    let (next, words) = says(open_in(&settings, &world)).await;
    assert_eq!(next, Next::Again(None));
    assert!(words.starts_with("ENOTFOUND: "), "{words}");
}

/// What its owner must mend pauses; a constraint of his loses nothing.
#[tokio::test]
async fn a_constraint_pauses_and_nothing_is_lost() {
    let database = Database::new().await;
    let destination = database.open();
    let of = |n: u64| parcel(n, &track(&format!("t-{n}"), "Seen", json!({ "n": n % 2 })));
    deliver(&destination, &[of(1)]).await;
    database.client.batch_execute("CREATE UNIQUE INDEX once ON my_shop.seen (n)").await.unwrap();
    let outcome = destination.deliver(&[of(2), of(3)]).await;
    assert_eq!(next(&outcome), Next::Pause, "{outcome:?}");
    let excerpt = &fault(&outcome).unwrap().excerpt;
    assert_eq!(excerpt, "duplicate key value violates unique constraint \"once\" (SQLSTATE 23505)");
    database.client.batch_execute("DROP INDEX my_shop.once").await.unwrap();
    deliver(&destination, &[of(3), of(2)]).await;
    assert_eq!(database.told("SELECT count(*) FROM my_shop.seen").await, "3");
    let told = database
        .told("SELECT status, loads, messages, error FROM my_shop._headwater_syncs WHERE status = 'failure'")
        .await;
    assert_eq!(told, format!("failure | 1 | 2 | {excerpt}"));
}
