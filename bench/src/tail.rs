//! A viewer of the live stream that notes when each message came.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Instant,
};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::server::Server;

/// When each `messageId` was seen first.
pub(crate) type Seen = Arc<Mutex<HashMap<String, Instant>>>;

/// Opens the stream; once this returns, every later message is seen.
pub(crate) fn start(server: &Server) -> Result<Seen> {
    let mut stream = TcpStream::connect(server.address)?;
    write!(
        stream,
        "GET /api/sources/website/stream HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\
         authorization: Bearer {}\r\n\r\n",
        server.token
    )?;
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    lines.read_line(&mut head)?;
    ensure!(head.contains("200"), "the stream does not open: {head}");
    let seen = Seen::default();
    let kept = seen.clone();
    std::thread::spawn(move || {
        let mut line = String::new();
        while matches!(lines.read_line(&mut line), Ok(n) if n > 0) {
            if let Some(data) = line.strip_prefix("data:") {
                let now = Instant::now();
                let frame: Value = serde_json::from_str(data.trim()).unwrap_or_default();
                let mut kept = kept.lock().expect("no holder panics");
                for row in frame["messages"].as_array().into_iter().flatten() {
                    if let Some(id) = row["messageId"].as_str() {
                        kept.entry(id.to_owned()).or_insert(now);
                    }
                }
            }
            line.clear();
        }
    });
    Ok(seen)
}
