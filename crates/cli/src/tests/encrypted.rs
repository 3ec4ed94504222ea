use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, pem::PemObject},
    },
};

use crate::Connection;

#[tokio::test]
async fn https_is_trusted_by_its_certificate() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a good name");
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports them")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.expect("just made"))
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("loopback goes on");
            // A client that does not trust us ends the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("a whole head comes"));
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"data\":\"safe\"";
            stream.write_all(&[&answer[..], b"}"].concat()[..]).await.expect("it is read");
            let _ = stream.shutdown().await;
        }
    });
    let folder = tempfile::tempdir().expect("there is room");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, made.cert.pem()).expect("there is room");
    let stranger = Connection::to(&format!("https://localhost:{port}"), "t");
    let friend = Connection { ca: Some(ca.clone()), ..stranger.clone() };
    let get = async |connection: Connection| {
        let client = connection.open().expect("it is well-formed");
        client.get(&client.address(&["api", "sources"], &[])).await
    };
    assert_eq!(get(friend).await.expect("it is trusted").get(), "\"safe\"");
    let failure = get(stranger.clone()).await.expect_err("it is not trusted");
    assert_eq!(failure.exit_code(), 3);
    assert!(failure.to_string().contains("certificate"), "{failure}");
    std::fs::write(&ca, "no certificate").expect("there is room");
    for bad in [ca, "missing.pem".into()] {
        let failure = Connection { ca: Some(bad), ..stranger.clone() }.open().err();
        assert_eq!(failure.expect("nothing can be trusted there").exit_code(), 2);
    }
}
