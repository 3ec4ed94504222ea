//! How fast the webhook and the file take messages, and what one delivery costs in CPU.
//!
//! ```text
//! cargo run --profile fast -p destinations --example rate [-- THREADS]
//! ```
//!
//! The webhook's partner is a bare hyper server in a process of its own on one thread, so that its
//! CPU is not counted; it shares the machine all the same.

use std::{
    io::{self, BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use destination_kit::{Destination, Parcel, World, conformance};
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

const IN_FLIGHT: usize = 64;
const LASTS: Duration = Duration::from_secs(3);
/// The kernel counts CPU in ticks of this many to the second.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("partner") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        return runtime.block_on(partner());
    }
    let mut partner =
        Command::new(std::env::current_exe()?).arg("partner").stdout(Stdio::piped()).spawn()?;
    let mut url = String::new();
    let stdout = partner.stdout.take().expect("it was piped");
    BufReader::new(stdout).read_line(&mut url)?;

    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let url = url.trim();
    for (name, slug, settings, in_flight) in [
        ("webhook, single", "webhook", json!({ "url": url }), IN_FLIGHT),
        ("webhook, single, signed", "webhook", json!({ "url": url, "secret": secret }), IN_FLIGHT),
        ("webhook, 50", "webhook", json!({ "url": url, "batch_size": 50 }), IN_FLIGHT),
        ("file, 1000", "file", json!({ "path": folder.path() }), 2),
    ] {
        let destination = open(slug, &settings);
        let batch = parcels(destination.batching().messages_max);
        let (rate, cpu) = runtime.block_on(measure(destination, batch, in_flight))?;
        println!("{name:<24} {rate:>9.0} messages/s {cpu:>7.2} µs CPU/message");
    }
    partner.kill()
}

fn open(slug: &str, settings: &Value) -> Arc<dyn Destination> {
    let world = World { allow_private_addresses: true, ..World::default() };
    let kinds = destinations::all();
    let kind = kinds.iter().find(|kind| kind.definition().slug == slug).expect("we ship it");
    let settings = settings.as_object().expect("settings are an object");
    kind.open(settings, &conformance::owner(), &world).expect("the settings are good")
}

/// Messages of about 1 KB.
fn parcels(count: usize) -> Vec<Parcel> {
    let properties = json!({ "text": "x".repeat(930) }).to_string();
    (0..count)
        .map(|n| conformance::sent(&format!("ajs-next-1795615800123-{n}"), &properties))
        .collect()
}

async fn measure(
    destination: Arc<dyn Destination>,
    batch: Vec<Parcel>,
    in_flight: usize,
) -> io::Result<(f64, f64)> {
    let (done, batch) = (Arc::new(AtomicUsize::new(0)), Arc::new(batch));
    let (began, cpu_before) = (Instant::now(), cpu_seconds()?);
    let workers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (destination, done, batch) = (destination.clone(), done.clone(), batch.clone());
            tokio::spawn(async move {
                while began.elapsed() < LASTS {
                    destination.deliver(&batch).await.expect("the partner is well");
                    done.fetch_add(batch.len(), Relaxed);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await?;
    }
    let (took, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds()? - cpu_before);
    let done = done.load(Relaxed) as f64;
    Ok((done / took, cpu * 1e6 / done))
}

/// CPU that this process has used, all its threads together.
fn cpu_seconds() -> io::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / TICKS_PER_SECOND)
}

async fn partner() -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| async {
                request.into_body().collect().await?;
                Ok::<_, hyper::Error>(Response::new(Empty::<hyper::body::Bytes>::new()))
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer);
            // the other side has gone, at the end of a measurement
            let _gone = connection.await;
        });
    }
}
