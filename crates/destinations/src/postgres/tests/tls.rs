//! TLS, with a certificate of a test's own.

use destination_kit::{
    CertificateDer,
    conformance::{Names, fault},
};

use super::{server::OwnServer, *};

#[tokio::test]
async fn certificates_are_verified_where_that_is_asked_for() {
    let made = rcgen::generate_simple_self_signed(vec!["db.example".to_owned()]).unwrap();
    let mut server = OwnServer::new("trust", "unused");
    server.file("server.crt", &made.cert.pem());
    server.file("server.key", &made.signing_key.serialize_pem());
    server.start(&["fsync=off", "ssl=on"]).await;
    let names = Names::default();
    names.set("db.example", &["127.0.0.1"]);
    names.set("other.example", &["127.0.0.1"]);
    let strange =
        World { allow_private_addresses: true, resolver: Arc::new(names), ..World::default() };
    let trusted = World {
        extra_roots: vec![CertificateDer::from(made.cert.der().to_vec())],
        ..strange.clone()
    };
    let mut n = 0;
    for (world, host, mode, works) in [
        (&trusted, "db.example", "verify-full", true),
        (&strange, "db.example", "verify-full", false),
        (&trusted, "other.example", "verify-full", false),
        (&strange, "other.example", "require", true),
        (&strange, "127.0.0.1", "require", true),
        (&strange, "db.example", "disable", true),
    ] {
        let mut settings = server.settings();
        (settings["host"], settings["ssl_mode"]) = (json!(host), json!(mode));
        n += 1;
        let outcome = open_in(&settings, world)
            .deliver(&[parcel(n, &track(&format!("t-{n}"), "Seen", json!({})))])
            .await;
        let expect = if works { Next::Done } else { Next::Again(None) };
        assert_eq!(next(&outcome), expect, "{host} {mode}: {outcome:?}");
        if !works {
            assert_eq!(fault(&outcome).unwrap().code, "TLS", "{outcome:?}");
        }
    }
    let client =
        super::connect(&format!("postgres://postgres@127.0.0.1:{}/postgres", server.port)).await;
    assert_eq!(told(&client, "SELECT count(*) FROM my_shop.seen").await, "4");
}
