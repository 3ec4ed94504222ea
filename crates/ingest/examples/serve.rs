//! The tracking API alone, over a log in memory, for profiles:
//! `cargo run --profile fast -p ingest --example serve -- 127.0.0.1:8093`.

use std::{convert::Infallible, sync::Arc};

use event_log::MemoryLog;
use http::Response;
use http_body_util::Full;
use ingest::{Options, Server, fallback};
use routing::{Routing, RoutingSnapshot, SourceRoute};
use spec::{SourceId, WriteKey};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz012345";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8093".to_owned());
    let options =
        Options { listen: listen.parse().expect("an address"), threads: 1, ..Options::default() };
    let source = SourceRoute {
        id: SourceId("website".into()),
        slug: "website".into(),
        name: "Website".into(),
        write_keys: vec![WriteKey(KEY.into())],
        enabled: true,
        client_side: true,
        destinations: vec![],
        schema: Default::default(),
        keep_for: None,
    };
    let routing = Routing::new(RoutingSnapshot::new(1, vec![source], vec![]));
    let nothing = fallback(tower::service_fn(async |_| {
        let response = Response::builder().status(404).body(Full::from(""));
        Ok::<_, Infallible>(response.expect("it is whole"))
    }));
    let log = Arc::new(MemoryLog::new());
    let server = Server::start(options, routing, log, nothing, None).expect("the address is free");
    println!("{KEY} at http://{}", server.local_addr());
    std::future::pending::<()>().await;
}
