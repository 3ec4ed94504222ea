//! What becomes of messages when a broker misbehaves.

use std::time::Instant;

use super::{
    model::{Act, Model},
    *,
};

/// Long enough for a loaded machine's loopback, short enough to wait for.
const SHORT: Duration = Duration::from_secs(2);
/// Before the engine loses its own.
const CALL_ENDS: Duration = Duration::from_secs(30);
/// Enough for a few tries.
const LITTLE_PATIENCE: Duration = Duration::from_millis(500);

/// A destination that soon stops trying again.
fn hasty(settings: Value, world: &World) -> Kafka {
    let mut settings = settings.as_object().expect("settings are an object").clone();
    settings.insert("tls".to_owned(), json!(false));
    let settings = KafkaKind.definition().check(&settings).expect("they fit");
    let mut plan = Plan::read(&settings).unwrap_or_else(|bad| panic!("{bad:?}"));
    plan.entrance.login.timeout = SHORT;
    Kafka::new(plan, world, LITTLE_PATIENCE)
}

/// One that goes on trying.
async fn patient(model: &Model, topic: &str) -> Kafka {
    let kafka = writing(model, topic);
    kafka.producer.lock().await.patience = PATIENCE;
    kafka
}

fn writing(model: &Model, topic: &str) -> Kafka {
    hasty(json!({ "brokers": model.address(), "topic": topic }), &world())
}

fn some(range: std::ops::Range<u64>) -> Vec<Parcel> {
    range.map(|n| parcel(n, &format!("user-{}", n % 7), "Tested", "x")).collect()
}

fn once_each(model: &Model, range: std::ops::Range<u64>) {
    let expect: BTreeMap<String, usize> = range.map(|n| (format!("m-{n}"), 1)).collect();
    assert_eq!(model.counted(), expect);
}

#[tokio::test]
async fn what_landed_before_a_connection_broke_is_not_sent_twice() {
    let model = Model::start(&[("orders", 3)]).await;
    let kafka = patient(&model, "orders").await;
    model.acts([Act::Take, Act::TakeAndHangUp, Act::HangUp, Act::TakeAndHangUp]);
    for range in [0..50, 50..100, 100..150] {
        kafka.deliver(&some(range)).await.expect("it tries again");
    }
    once_each(&model, 0..150);
    assert_eq!(model.state().producers, 1, "under one id");
}

#[tokio::test]
async fn what_landed_in_a_call_that_was_given_up_is_not_sent_twice() {
    let model = Model::start(&[("orders", 3)]).await;
    let kafka = patient(&model, "orders").await;
    model.acts([Act::TakeAndHang]);
    let taken = async {
        while model.state().produced == 0 {
            tokio::time::sleep(reader::PAUSE).await;
        }
    };
    let parcels = some(0..60);
    tokio::select! {
        outcome = kafka.deliver(&parcels) => panic!("nobody answered: {outcome:?}"),
        () = taken => {}
    }
    // the engine hands them over again, in other batches, among others
    for range in [30..90, 0..30] {
        kafka.deliver(&some(range)).await.expect("the broker is well again");
    }
    once_each(&model, 0..90);
    assert!(kafka.landed.lock().expect("whole").is_empty(), "all were heard of");
}

#[tokio::test]
async fn what_landed_while_the_rest_failed_is_remembered_until_it_is_settled() {
    let model = Model::start(&[("headwater-Paid", 1)]).await;
    let kafka = patient(&model, "headwater-{event}").await;
    let event = |n| if n == 5 { "Unheard" } else { "Paid" };
    let parcels: Vec<Parcel> = (0..10).map(|n| parcel(n, "ada", event(n), "x")).collect();
    let outcome = kafka.deliver(&parcels).await;
    // for many a refusal has the engine hand them over in smaller parts
    assert_eq!(next(&outcome), Next::Discard, "{outcome:?}");
    let calls = model.state().produced;
    for half in [&parcels[..5], &parcels[6..8]] {
        kafka.deliver(half).await.expect("they landed");
    }
    assert_eq!(model.state().produced, calls, "nothing was sent again");
    let culprit = kafka.deliver(&parcels[5..6]).await;
    assert_eq!(next(&culprit), Next::Again(None), "{culprit:?}");
    assert_eq!(code(&culprit), "UNKNOWN_TOPIC_OR_PARTITION");
    let sentence = &conformance::fault(&culprit).expect("it failed").excerpt;
    assert!(sentence.contains(r#"no topic "headwater-Unheard": create it"#), "{sentence}");

    kafka.settled(9);
    assert_eq!(kafka.landed.lock().expect("whole").iter().collect::<Vec<_>>(), [&9]);
    kafka.deliver(&parcels[8..9]).await.expect("somebody asked for it once more");
    assert_eq!(model.counted()["m-8"], 2);
}

#[tokio::test]
async fn errors_of_brokers_are_understood() {
    let again = Next::Again(None);
    for (errors, expect, name) in [
        (vec![19, 6], Next::Done, ""),
        (vec![7; 200], again, "REQUEST_TIMED_OUT"),
        (vec![3; 200], again, "UNKNOWN_TOPIC_OR_PARTITION"),
        (vec![199; 200], again, "KAFKA_ERROR"),
        (vec![45], Next::Done, ""),
        (vec![59, 47], Next::Done, ""),
        (vec![45; 200], again, "OUT_OF_ORDER_SEQUENCE_NUMBER"),
        (vec![46], Next::Done, ""),
        (vec![87], Next::Discard, "INVALID_RECORD"),
        (vec![10], Next::Discard, "MESSAGE_TOO_LARGE"),
        (vec![29], Next::Pause, "TOPIC_AUTHORIZATION_FAILED"),
        (vec![76], Next::Pause, "UNSUPPORTED_COMPRESSION_TYPE"),
    ] {
        let model = Model::start(&[("orders", 1)]).await;
        let kafka = patient(&model, "orders").await;
        kafka.deliver(&some(0..3)).await.expect("it is well");
        model.acts(errors.iter().copied().map(Act::Error));
        if expect == again {
            kafka.producer.lock().await.patience = LITTLE_PATIENCE;
        }
        let outcome = kafka.deliver(&some(3..4)).await;
        kafka.producer.lock().await.patience = PATIENCE;
        assert_eq!((next(&outcome), code(&outcome)), (expect, name), "{errors:?}: {outcome:?}");
        model.state().acts.clear();
        kafka.deliver(&some(4..9)).await.expect("it is well again");
    }
}

#[tokio::test]
async fn batches_shrink_to_what_a_topic_takes() {
    let model = Model::start(&[("orders", 1)]).await;
    model.state().batch_bytes_max = Some(5_000);
    let kafka = patient(&model, "orders").await;
    let text = "x".repeat(600);
    let parcels: Vec<Parcel> = (0..100).map(|n| parcel(n, "ada", "Tested", &text)).collect();
    kafka.deliver(&parcels).await.expect("in smaller batches");
    once_each(&model, 0..100);
    let held = model.state().held[&("orders".to_owned(), 0)].clone();
    let order: Vec<String> = held.iter().map(|r| reader::header(r, "message-id")).collect();
    assert_eq!(order, (0..100).map(|n| format!("m-{n}")).collect::<Vec<_>>());

    let large = parcel(100, "ada", "Tested", &"x".repeat(6_000));
    let outcome = kafka.deliver(std::slice::from_ref(&large)).await;
    assert_eq!((next(&outcome), code(&outcome)), (Next::Discard, "MESSAGE_TOO_LARGE"));
    kafka.deliver(&some(101..110)).await.expect("its number is used by the next");
}

#[tokio::test]
async fn a_broker_that_lies_costs_a_little_time() {
    let frame = |body: &[u8]| [&(body.len() as u32).to_be_bytes()[..], body].concat();
    for (case, says) in [
        ("an answer of 2 GB", vec![0x7f, 0xff, 0xff, 0xff]),
        ("a TLS alert", vec![0x15, 3, 3, 0, 2, 2, 70]),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("another's answer", frame(&[0, 0, 0, 99, 0, 0, 0, 0, 0, 0])),
        ("a list without end", frame(&[0, 0, 0, 1, 0, 0, 0x7f, 0xff, 0xff, 0xff])),
        ("half an answer", vec![0, 0, 0, 100, 0, 0]),
        ("an empty answer", frame(&[])),
    ] {
        let model = Model::start(&[("orders", 1)]).await;
        model.state().says = Some(says);
        let kafka = writing(&model, "orders");
        let began = Instant::now();
        let outcome = kafka.deliver(&some(0..2)).await;
        assert_eq!(next(&outcome), Next::Again(None), "{case}: {outcome:?}");
        assert!(["EPROTO", "ETIMEDOUT"].contains(&code(&outcome)), "{case}: {outcome:?}");
        assert!(began.elapsed() < CALL_ENDS, "{case}: took {:?}", began.elapsed());
        model.state().says = None;
        kafka.producer.lock().await.patience = PATIENCE;
        kafka.deliver(&some(0..2)).await.expect("it tells the truth again");
        once_each(&model, 0..2);
    }
}

#[tokio::test]
async fn nobody_is_there() {
    let model = Model::start(&[("orders", 1)]).await;
    let kafka = writing(&model, "orders");
    kafka.deliver(&some(0..2)).await.expect("it is there");
    let address = model.address();
    drop(model);
    let gone = hasty(json!({ "brokers": address, "topic": "orders" }), &world());
    let outcome = gone.deliver(&some(2..3)).await;
    assert_eq!(next(&outcome), Next::Again(None), "{outcome:?}");
    let names = conformance::Names::default();
    let world = World { resolver: Arc::new(names), ..world() };
    let nowhere = hasty(json!({ "brokers": "dead.example", "topic": "orders" }), &world);
    let outcome = nowhere.deliver(&some(2..3)).await;
    assert_eq!((next(&outcome), code(&outcome)), (Next::Again(None), "ENOTFOUND"));
}

/// The settings name a broker that may be talked to, and that one names another that may not.
#[tokio::test]
async fn hosts_that_brokers_name_pass_the_egress_rule() {
    let canary = Model::start(&[("orders", 1)]).await;
    let outside = Model::start_on([127, 0, 0, 2], &[("orders", 1)]).await;
    let (host, port) =
        canary.address().rsplit_once(':').map(|(h, p)| (h.to_owned(), p.to_owned())).expect("both");
    let port: i32 = port.parse().expect("a number");
    let names = conformance::Names::default();
    names.set("inside.example", &["127.0.0.1"]);
    let strict = World {
        allowed_networks: vec!["127.0.0.2/32".parse().expect("a network")],
        resolver: Arc::new(names),
        ..World::default()
    };
    let settings = json!({ "brokers": outside.address(), "topic": "orders" });
    for host in [host.as_str(), "::ffff:127.0.0.1", "inside.example"] {
        outside.state().advertised = Some((host.to_owned(), port));
        let outcome = hasty(settings.clone(), &strict).deliver(&some(0..1)).await;
        assert_eq!((next(&outcome), code(&outcome)), (Next::Pause, "PRIVATE_ADDRESS"), "{host}");
    }
    assert_eq!(canary.state().connections, 0, "the canary heard something");
    hasty(settings.clone(), &World { allow_private_addresses: true, ..strict.clone() })
        .deliver(&some(0..1))
        .await
        .expect("where an operator allows it");
    once_each(&canary, 0..1);

    outside.state().advertised = Some(("127.0.0.2".to_owned(), 0));
    let outcome = hasty(settings, &strict).deliver(&some(0..1)).await;
    assert_eq!((next(&outcome), code(&outcome)), (Next::Again(None), "BROKER_NOT_AVAILABLE"));
}

#[tokio::test]
async fn a_connection_test_says_what_it_found() {
    let model = Model::start(&[("orders", 3)]).await;
    let tried = async |topic: &str| writing(&model, topic).test_connection().await.expect("it can");
    let found = tried("orders").await.expect("all is well");
    let address = model.address();
    assert_eq!(
        found,
        format!(
            "connected to 1 broker without TLS: {address}; the topic \"orders\" has 3 partitions"
        )
    );
    let found = tried("orders-{event}").await.expect("all is well");
    assert!(found.ends_with("; each message says which topic it goes to"), "{found}");
    let missing = tried("payments").await.expect_err("there is no such topic");
    assert_eq!(missing.code, "UNKNOWN_TOPIC_OR_PARTITION");
    model.state().advertised = Some(("127.0.0.1".to_owned(), 1));
    let unreachable = tried("orders").await.expect_err("the broker it names is not there");
    assert_eq!(unreachable.code, "ECONNREFUSED");
    let begins = "the cluster names the broker 127.0.0.1:1: ";
    assert!(unreachable.excerpt.starts_with(begins), "{}", unreachable.excerpt);
    assert_eq!(model.state().produced, 0, "nothing was sent");
}
