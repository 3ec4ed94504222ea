//! An HTTP client, encrypted where the address says `https`.

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};

/// Keeps connections open between requests.
pub type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// One that trusts what browsers trust.
pub fn client() -> Client {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
        .expect("ring supports the default versions")
        .https_or_http()
        .enable_http1()
        .build();
    legacy::Client::builder(TokioExecutor::new()).build(connector)
}
