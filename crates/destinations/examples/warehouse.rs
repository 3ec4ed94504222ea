//! How fast the warehouse loads, and what one row costs in CPU on both sides.
//!
//! ```text
//! cargo run --profile fast -p destinations --example warehouse -- postgres://USER@HOST:PORT/DATABASE [MESSAGES]
//! ```
//!
//! The database must be on this machine for the server's CPU to be counted, and syncs its log.

use std::{error::Error, fs, sync::Arc, time::Instant};

use bytes::Bytes;
use destination_kit::{Destination, Origin, Parcel, World};
use serde_json::json;
use spec::{DestinationId, Head, Kind, Message, SourceId, Span};

/// The kernel counts CPU in ticks of this many to the second.
const TICKS_PER_SECOND: f64 = 100.0;
const BEGAN_MS: i64 = 1_795_615_800_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = url::Url::parse(&arguments.next().ok_or("which database?")?)?;
    let count: u64 = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let settings = json!({
        "host": url.host_str(), "port": url.port().unwrap_or(5432), "user": url.username(),
        "password": url.password().unwrap_or_default(),
        "database": url.path().trim_start_matches('/'), "ssl_mode": "disable",
    });
    let world = World { allow_private_addresses: true, ..World::default() };
    let kinds = destinations::all();
    let kind =
        kinds.iter().find(|kind| kind.definition().slug == "postgres").ok_or("no such kind")?;
    let settings = settings.as_object().ok_or("no settings")?;
    let destination = kind.open(settings, &DestinationId("dst_bench".into()), &world);
    let destination = destination.map_err(|bad| format!("{bad:?}"))?;

    let origin = Arc::new(Origin {
        id: SourceId("src_bench".into()),
        slug: "bench".to_owned(),
        name: "Bench".to_owned(),
    });
    let parcels: Vec<Parcel> = (0..count).map(|n| parcel(n, &origin)).collect();
    let bytes: usize = parcels.iter().map(|parcel| parcel.message.raw().len()).sum();
    let batch = destination.batching().messages_max;
    // tables, columns and caches
    load(&*destination, &parcels[..batch.min(parcels.len())]).await?;

    let parcels = &parcels[batch.min(parcels.len())..];
    let (began, own, server) = (Instant::now(), own_cpu_seconds()?, server_cpu_seconds()?);
    for batch in parcels.chunks(batch) {
        load(&*destination, batch).await?;
    }
    let took = began.elapsed().as_secs_f64();
    let (own, server) = (own_cpu_seconds()? - own, server_cpu_seconds()? - server);
    let rows: f64 = parcels.iter().map(|parcel| rows(parcel.message.kind())).sum();
    let messages = parcels.len() as f64;
    println!(
        "{:.0} rows/s, {:.0} messages/s of {:.0} bytes; CPU per row: {:.1} µs here, {:.1} µs in Postgres",
        rows / took,
        messages / took,
        bytes as f64 / count as f64,
        own * 1e6 / rows,
        server * 1e6 / rows,
    );
    destination.close().await;
    Ok(())
}

async fn load(destination: &dyn Destination, parcels: &[Parcel]) -> Result<(), Box<dyn Error>> {
    destination.deliver(parcels).await?;
    // as the engine does once the outcome is on record
    destination.settled(parcels.last().map_or(0, |parcel| parcel.position + 1));
    Ok(())
}

/// Rows that a message of this kind becomes.
fn rows(kind: Kind) -> f64 {
    match kind {
        Kind::Track | Kind::Identify | Kind::Group => 2.0,
        Kind::Page | Kind::Screen | Kind::Alias => 1.0,
    }
}

/// What a shop's web site sends: seven of ten are events, two are pages, one says who it is.
fn parcel(n: u64, source: &Arc<Origin>) -> Parcel {
    let (kind, call) = match n % 10 {
        0 | 5 => (
            Kind::Page,
            r#""name":"Product","properties":{"path":"/products/4711","referrer":"https://www.example.com/search?q=shoes","search":"","title":"Running shoes","url":"https://shop.example.com/products/4711"}"#.to_owned(),
        ),
        9 => (
            Kind::Identify,
            format!(r#""traits":{{"email":"person{0}@example.com","firstName":"Pat","lastName":"Doe","plan":"premium","logins":{0},"address":{{"city":"Vienna","postalCode":"1010","country":"AT"}}}}"#, n % 5000),
        ),
        of => {
            let event = ["Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed"][of as usize % 5];
            (
                Kind::Track,
                format!(r#""event":"{event}","properties":{{"order_id":"o-{n}","product_id":"507f1f77bcf86cd799439011","sku":"G-{}","category":"Games","name":"Monopoly: 3rd Edition","brand":"Hasbro","variant":"200 pieces","price":18.99,"quantity":{},"coupon":"MAYDEALS","currency":"EUR","position":3,"value":{}.5,"in_stock":true,"products":[{{"sku":"G-32","price":19}},{{"sku":"F-32","price":29}}]}}"#, n % 1000, n % 7, n % 300),
            )
        }
    };
    let id = format!("ajs-next-1795615800123-{n:08x}-4f5a-4ab1-b1b4-4b1b7e8e{:04x}", n % 65_536);
    let (user, anonymous) =
        (format!("user-{}", n % 5000), format!("507f191e-810c-4297-9de8-{:012x}", n % 9000));
    let raw = format!(
        r#"{{"type":"{}","messageId":"{id}","userId":"{user}","anonymousId":"{anonymous}",{call},"context":{{"page":{{"path":"/products/4711","referrer":"https://www.example.com/search?q=shoes","search":"","title":"Running shoes","url":"https://shop.example.com/products/4711"}},"userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36","locale":"en-US","library":{{"name":"analytics.js","version":"next-1.60.0"}},"timezone":"Europe/Vienna","ip":"203.0.113.7","campaign":{{"name":"autumn","source":"newsletter"}}}},"integrations":{{}},"timestamp":"2026-11-25T14:10:00.123Z","originalTimestamp":"2026-11-25T14:10:00.100Z","sentAt":"2026-11-25T14:10:00.200Z","receivedAt":"2026-11-25T14:10:00.223Z","projectId":"bench","version":2}}"#,
        kind.as_str()
    );
    let span = |text: &str| {
        let start = raw.find(&format!("\"{text}\"")).map_or(0, |at| at as u32 + 1);
        Span { start, len: if start > 0 { text.len() as u32 } else { 0 } }
    };
    let name = raw.split("\"event\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let head = Head {
        kind,
        message_id: span(&id),
        name: if kind == Kind::Track { span(name.unwrap_or_default()) } else { Span::default() },
        user_id: span(&user),
        anonymous_id: span(&anonymous),
        integrations: Span::default(),
    };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw.as_bytes());
    Message::finish(&mut out, at, &head);
    let message = Message::decode(Bytes::from(out)).expect("it was encoded above");
    let received_at_ms = BEGAN_MS + i64::try_from(n / 10).unwrap_or_default();
    Parcel { message, position: n * 3, received_at_ms, source: source.clone(), mapped: None }
}

/// CPU that this process has used, all its threads together.
fn own_cpu_seconds() -> Result<f64, Box<dyn Error>> {
    Ok(seconds(&fs::read_to_string("/proc/self/stat")?, 2))
}

/// CPU that the servers on this machine have used, sessions that have ended included.
fn server_cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let mut sum = 0.0;
    for process in fs::read_dir("/proc")? {
        let Ok(stat) = fs::read_to_string(process?.path().join("stat")) else { continue };
        if stat.contains("(postgres)") {
            // of it, and of children that were waited for
            sum += seconds(&stat, 4);
        }
    }
    Ok(sum)
}

/// The first of user and system time, and the same of its children.
fn seconds(stat: &str, first: usize) -> f64 {
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(first);
    fields.filter_map(|text| text.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}
