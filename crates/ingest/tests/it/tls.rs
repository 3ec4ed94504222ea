//! The same over TLS.

use std::sync::Arc;

use event_log::MemoryLog;
use ingest::Server;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{
    client::{self, Request},
    harness::{self, KEY, options, track},
};

#[tokio::test]
async fn requests_are_taken_over_tls() {
    let made = rcgen::generate_simple_self_signed(vec!["track.example".to_owned()]).unwrap();
    let config = ingest::tls::server_config(
        made.cert.pem().as_bytes(),
        made.signing_key.serialize_pem().as_bytes(),
    )
    .unwrap();
    let log = Arc::new(MemoryLog::new());
    let server =
        Server::start(options(), harness::routing(), log, harness::not_found(), Some(config))
            .unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut client_config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client_config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let connector = TlsConnector::from(Arc::new(client_config));
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let name = ServerName::try_from("track.example").unwrap();
    let mut stream = connector.connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));

    let answer = client::send_on(&mut stream, &track("tls-1")).await;
    assert_eq!(answer.line(), r#"200 {"success":true}"#);
    let settings = Request::get(&format!("/v1/projects/{KEY}/settings"));
    let answer = client::send_on(&mut stream, &settings).await;
    assert_eq!(answer.json()["integrations"]["Segment.io"]["protocol"], "https");
}

#[test]
fn a_certificate_that_cannot_be_used_says_why() {
    let text = |certificates: &[u8], key: &[u8]| {
        ingest::tls::server_config(certificates, key).expect_err("it cannot be used").to_string()
    };
    assert_eq!(text(b"", b""), "no certificate in PEM form");
    let made = rcgen::generate_simple_self_signed(vec!["x".to_owned()]).unwrap();
    assert_eq!(text(made.cert.pem().as_bytes(), b"x"), "no private key in PEM form");
}
