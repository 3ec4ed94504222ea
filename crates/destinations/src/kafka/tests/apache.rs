//! Against Apache Kafka, which `scripts/with-kafka` starts.

use std::{
    collections::HashMap,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use destination_kit::CertificateDer;
use kafka_protocol::records::Record as Held;
use rustls::pki_types::pem::PemObject as _;

use super::{
    reader::{Reader, counted, header},
    *,
};

#[expect(clippy::disallowed_methods, reason = "where a broker is, only the environment knows")]
fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} names no broker: run it as scripts/with-kafka <command>")
    })
}

fn broker() -> String {
    environment("HEADWATER_TEST_KAFKA")
}

/// A topic of this test's own.
async fn topic(reader: &mut Reader, partitions: i32, config: &[(&str, &str)]) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
    reader.create(&name, partitions, config).await;
    name
}

fn writing(topic: &str, compression: &str) -> Arc<dyn Destination> {
    opened(json!({
        "brokers": broker(), "topic": topic, "tls": false, "compression": compression,
    }))
}

fn user(n: u64) -> String {
    format!("user-{}", n * 7919 % 53)
}

fn load(range: std::ops::Range<u64>) -> Vec<Parcel> {
    range.map(|n| parcel(n, &user(n), "Tested", &"x".repeat(n as usize % 700))).collect()
}

/// Whether what is held is each of the messages once, and nothing else; event by event.
fn compare(held: &[Vec<Held>], range: std::ops::Range<u64>) {
    let mut found = HashMap::new();
    for record in held.iter().flatten() {
        let before = found.insert(header(record, "message-id"), record);
        if let Some(before) = before {
            let id = header(record, "message-id");
            let numbers = |held: &Held| (held.producer_id, held.sequence, held.offset);
            panic!("{id} stands there twice: {:?} and {:?}", numbers(before), numbers(record));
        }
    }
    for n in range.clone() {
        let (id, sent) =
            (format!("m-{n}"), parcel(n, &user(n), "Tested", &"x".repeat(n as usize % 700)));
        let record = found.remove(&id).unwrap_or_else(|| panic!("{id} is lost"));
        assert_eq!(record.value.as_ref(), Some(sent.message.raw()), "{id}");
        assert_eq!(record.key.as_deref(), Some(user(n).as_bytes()), "{id}");
        assert_eq!(header(record, "received-at").len(), "2026-11-25T14:10:00.123Z".len(), "{id}");
        assert_eq!(header(record, "content-type"), "application/json", "{id}");
        assert_eq!(header(record, "source"), "website", "{id}");
    }
    assert!(found.is_empty(), "nobody sent {:?}", found.keys().collect::<Vec<_>>());
}

/// Whether each user's messages stand in one partition, in the order in which they were sent.
fn in_order(held: &[Vec<Held>]) {
    let mut homes: HashMap<Bytes, usize> = HashMap::new();
    for (partition, records) in held.iter().enumerate() {
        let mut last: HashMap<Bytes, u64> = HashMap::new();
        for record in records {
            let key = record.key.clone().expect("every record has one");
            let home = *homes.entry(key.clone()).or_insert(partition);
            assert_eq!(home, partition, "{key:?} is at home in one partition");
            let id = header(record, "message-id");
            let n: u64 = id.trim_start_matches("m-").parse().expect("a number");
            let before = last.insert(key, n);
            assert!(before.is_none_or(|before| before < n), "{before:?} stands before {n}");
        }
    }
}

#[tokio::test]
async fn it_delivers_what_every_destination_does() {
    let mut reader = Reader::connect(&broker()).await;
    let topic = topic(&mut reader, 3, &[]).await;
    conformance::delivers(writing(&topic, "none")).await;
}

#[tokio::test]
async fn a_load_arrives_event_by_event_however_it_is_compressed() {
    let mut reader = Reader::connect(&broker()).await;
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = topic(&mut reader, 5, &[]).await;
        let kafka = writing(&topic, compression);
        for from in (0..6_000).step_by(1_500) {
            kafka.deliver(&load(from..from + 1_500)).await.expect("the broker is well");
        }
        kafka.close().await;
        let held = reader.read(&topic).await;
        compare(&held, 0..6_000);
        in_order(&held);
    }
}

#[tokio::test]
async fn a_topic_with_small_batches_takes_many_messages_and_refuses_a_large_one() {
    let mut reader = Reader::connect(&broker()).await;
    let topic = topic(&mut reader, 2, &[("max.message.bytes", "8000")]).await;
    let kafka = writing(&topic, "none");
    kafka.deliver(&load(0..3_000)).await.expect("in smaller batches");
    let held = reader.read(&topic).await;
    compare(&held, 0..3_000);
    in_order(&held);

    let large = parcel(9_000, "ada", "Tested", &"x".repeat(10_000));
    let outcome = kafka.deliver(std::slice::from_ref(&large)).await;
    assert_eq!((next(&outcome), code(&outcome)), (Next::Discard, "MESSAGE_TOO_LARGE"));
    kafka.deliver(&load(3_000..3_100)).await.expect("the broker is well");
    compare(&reader.read(&topic).await, 0..3_100);
}

#[tokio::test]
async fn topics_are_named_by_whatever_senders_say() {
    let mut reader = Reader::connect(&broker()).await;
    let prefix = topic(&mut reader, 1, &[]).await;
    let settings = json!({
        "brokers": broker(), "tls": false, "topic": format!("{prefix}-{{event}}"), "create_topics": true,
    });
    let kafka = opened(settings);
    let names =
        ["../../etc/passwd", r"a\u0000b", r"\ud83d\ude00", r"\ud800", "a\tb", ".", "", "Überall"];
    let long = "n".repeat(300);
    let names = names.into_iter().chain([long.as_str()]);
    let parcels: Vec<Parcel> =
        (0..).zip(names).map(|(n, name)| parcel(n, "ada", name, "x")).collect();
    kafka.deliver(&parcels).await.expect("the broker creates them");
    for (parcel, expect) in parcels.iter().zip([
        ".._.._etc_passwd",
        "a_b",
        "_",
        "___",
        "a_b",
        ".",
        "track",
        "_berall",
        &"n".repeat(249 - prefix.len() - 1),
    ]) {
        let held = reader.read(&format!("{prefix}-{expect}")).await;
        let values = held.iter().flatten().filter_map(|record| record.value.clone());
        let found = values.filter(|value| value == parcel.message.raw()).count();
        assert_eq!(found, 1, "in {prefix}-{expect}");
    }
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_waited_for() {
    let mut reader = Reader::connect(&broker()).await;
    let name = format!("{}-later", topic(&mut reader, 1, &[]).await);
    let kafka = writing(&name, "none");
    let outcome = kafka.deliver(&load(0..10)).await;
    assert_eq!(next(&outcome), Next::Again(None), "{outcome:?}");
    assert_eq!(code(&outcome), "UNKNOWN_TOPIC_OR_PARTITION");
    let missing = kafka.test_connection().await.expect("it can").expect_err("there is no topic");
    assert_eq!(missing.code, "UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!(reader.partitions(&name).await, 0, "nobody asked for it");
    reader.create(&name, 1, &[]).await;
    // what is known of it is asked again after a while
    while let Err(error) = kafka.deliver(&load(0..10)).await {
        assert!(matches!(error, DeliveryError::Retry(..)), "{error:?}");
        tokio::time::sleep(reader::PAUSE).await;
    }
    compare(&reader.read(&name).await, 0..10);
    kafka.test_connection().await.expect("it can").expect("there is a topic");
}

#[tokio::test]
async fn brokers_ask_for_a_name_and_a_password() {
    let mut reader = Reader::connect(&broker()).await;
    let topic = topic(&mut reader, 1, &[]).await;
    let pem = std::fs::read(environment("HEADWATER_TEST_KAFKA_CA")).expect("the broker made it");
    let root = CertificateDer::from_pem_slice(&pem).expect("a certificate");
    let trusting = World { extra_roots: vec![root], ..world() };
    let tls_broker = environment("HEADWATER_TEST_KAFKA_TLS");
    let settings = |mechanism: &str, user: &str, password: &str| {
        json!({
            "brokers": tls_broker, "topic": topic, "authentication": mechanism,
            "username": user, "password": password,
        })
    };
    let as_user = |mechanism: &str, user: &str, password: &str| {
        open(settings(mechanism, user, password), &trusting).expect("the settings are good")
    };
    for (n, mechanism) in (0..).zip(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]) {
        let kafka = as_user(mechanism, "writer", "writer-secret");
        kafka.deliver(&load(n * 10..n * 10 + 10)).await.expect("the writer may write");
        let found = kafka.test_connection().await.expect("it can").expect("all is well");
        let expect = format!(r#"with TLS as "writer" ({mechanism}): {tls_broker}"#);
        assert!(found.contains(&expect), "{found}");

        let outcome = as_user(mechanism, "writer", "wrong").deliver(&load(0..1)).await;
        assert_eq!((next(&outcome), code(&outcome)), (Next::Pause, "SASL_AUTHENTICATION_FAILED"));
        let excerpt = &conformance::fault(&outcome).expect("it failed").excerpt;
        assert!(excerpt.contains(r#"did not accept the password of "writer""#), "{excerpt}");

        let stranger = as_user(mechanism, "stranger", "stranger-secret");
        let outcome = stranger.deliver(&load(0..1)).await;
        assert_eq!(next(&outcome), Next::Pause, "{outcome:?}");
        assert_eq!(code(&outcome), "TOPIC_AUTHORIZATION_FAILED");
    }
    compare(&reader.read(&topic).await, 0..30);

    let distrusting = open(settings("PLAIN", "writer", "writer-secret"), &world());
    let tried = distrusting.expect("the settings are good").test_connection().await;
    assert_eq!(tried.expect("it can").expect_err("nobody vouches for it").code, "TLS");
}

#[tokio::test]
async fn tls_is_spoken_where_it_is_expected() {
    let tls_broker = environment("HEADWATER_TEST_KAFKA_TLS");
    let tried = async |settings: Value| opened(settings).test_connection().await.expect("it can");
    let plain = tried(json!({ "brokers": tls_broker, "tls": false })).await.expect_err("no TLS");
    assert!(plain.excerpt.contains("perhaps it expects TLS"), "{plain:?}");
    let tls = tried(json!({ "brokers": broker() })).await.expect_err("TLS");
    assert!(["TLS", "ETIMEDOUT"].contains(&tls.code.as_str()), "{tls:?}");
}

/// A broker of this test's own, to be killed.
struct Server {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Server {
    fn start() -> Server {
        let folder = tempfile::tempdir().expect("there is room");
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let child = run(folder.path(), port);
        Server { folder, port, child }
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is ours");
    }

    fn restart(&mut self) {
        self.child = run(self.folder.path(), self.port);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The script becomes the broker, so that its process is the one to kill.
fn run(folder: &Path, port: u16) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log"));
    let mut command = Command::new(environment("HEADWATER_TEST_KAFKA_BROKER"));
    command.arg(folder.join("data")).arg(port.to_string()).stdin(Stdio::null());
    let log = log.expect("there is room");
    command.stderr(log.try_clone().expect("an open file")).stdout(log);
    command.spawn().expect("the script is there")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_loses_nothing_and_takes_nothing_twice() {
    let mut server = Server::start();
    let mut reader = Reader::connect(&server.address()).await;
    reader.create("orders", 3, &[]).await;
    let settings = json!({ "brokers": server.address(), "topic": "orders", "tls": false });
    let kafka = opened(settings.clone());

    let under_way = tokio::spawn({
        let kafka = kafka.clone();
        async move {
            let mut failed = Vec::new();
            for from in (0..30_000).step_by(500) {
                let batch = load(from..from + 500);
                // the engine comes back to a failed batch later, and cuts it anew
                if kafka.deliver(&batch).await.is_err() {
                    failed.extend(batch);
                }
            }
            let again = failed.len();
            while !failed.is_empty() {
                let batch: Vec<Parcel> = failed.drain(..failed.len().min(333)).collect();
                if kafka.deliver(&batch).await.is_err() {
                    failed.extend(batch);
                }
            }
            again
        }
    });
    for at_least in [3_000, 12_000] {
        while reader.count("orders", 3).await < at_least {
            assert!(!under_way.is_finished(), "it is killed in the middle");
            tokio::time::sleep(reader::PAUSE).await;
        }
        server.kill();
        server.restart();
        reader = Reader::connect(&server.address()).await;
        while reader.partitions("orders").await < 3 {
            tokio::time::sleep(reader::PAUSE).await;
        }
    }
    let failed = under_way.await.expect("it ends");
    let held = reader.read("orders").await;
    compare(&held, 0..30_000);
    if failed == 0 {
        in_order(&held);
    }
}

#[tokio::test]
async fn what_is_sent_again_after_our_own_death_stands_there_at_least_once() {
    let mut reader = Reader::connect(&broker()).await;
    let topic = topic(&mut reader, 3, &[]).await;
    for from in (0..4_000).step_by(500) {
        let kafka = writing(&topic, "none");
        let batch = load(from..from + 1_000);
        // dies somewhere between the first byte and the last
        let until = Duration::from_micros(from);
        let _died_or_not = tokio::time::timeout(until, kafka.deliver(&batch)).await;
        drop(kafka);
        writing(&topic, "none").deliver(&batch).await.expect("the broker is well");
    }
    let counted = counted(&reader.read(&topic).await);
    let lost: Vec<u64> = (0..4_500).filter(|n| !counted.contains_key(&format!("m-{n}"))).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(counted.len(), 4_500, "and nothing else");
}
