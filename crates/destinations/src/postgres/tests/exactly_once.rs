//! However often a message is sent, and in whatever batches.

use super::{latest::Random, *};

fn of(n: u64) -> Parcel {
    parcel(
        n,
        &track(
            &format!("t-{n}"),
            if n.is_multiple_of(3) { "Seen" } else { "Heard" },
            json!({ "n": n }),
        ),
    )
}

async fn counts(database: &Database) -> String {
    database
        .told("SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM my_shop.seen UNION ALL SELECT id FROM my_shop.heard) r \
               UNION ALL SELECT count(*), count(DISTINCT id) FROM my_shop.tracks")
        .await
}

#[tokio::test]
async fn batches_that_overlap_load_each_message_once() {
    let database = Database::new().await;
    let mut destination = database.open();
    let mut random = Random(5);
    let mut sent = std::collections::BTreeSet::new();
    for round in 0..40 {
        let from = random.below(300);
        let batch: Vec<Parcel> = (from..from + 1 + random.below(60)).map(of).collect();
        sent.extend(batch.iter().map(|parcel| parcel.position));
        deliver(&destination, &batch).await;
        if round % 10 == 9 {
            // as after a crash
            destination = database.open();
        }
    }
    let all = sent.len();
    assert_eq!(counts(&database).await, format!("{all} | {all}\n{all} | {all}"));
    let loads = database.told("SELECT sum(messages) FROM my_shop._headwater_loads").await;
    assert_eq!(loads, all.to_string());
}

/// Ids are no longer remembered, or a log was released or replayed: other positions, same ids.
#[tokio::test]
async fn an_id_that_is_there_is_not_doubled() {
    let database = Database::new().await;
    let destination = database.open();
    let first: Vec<Parcel> = (0..100).map(of).collect();
    deliver(&destination, &first).await;
    let mixed: Vec<Parcel> = (50..150).map(|n| Parcel { position: n + 1000, ..of(n) }).collect();
    deliver(&destination, &mixed).await;
    let fresh: Vec<Parcel> = (150..200).map(of).collect();
    deliver(&destination, &fresh).await;
    let twice_at_once = [of(200), Parcel { position: 5000, ..of(200) }];
    deliver(&destination, &twice_at_once).await;
    assert_eq!(counts(&database).await, "201 | 201\n201 | 201");
}

/// The positions of one log say nothing of another.
#[tokio::test]
async fn a_log_that_begins_anew_loses_nothing() {
    let database = Database::new().await;
    deliver(&database.open(), &(0..10).map(of).collect::<Vec<_>>()).await;
    let anew: Vec<Parcel> = (0..10).map(|n| Parcel { position: n, ..of(n + 500) }).collect();
    deliver(&database.open(), &anew).await;
    assert_eq!(counts(&database).await, "20 | 20\n20 | 20");
}

/// A delivery that nobody waits for goes on, and the next one finds what it did.
#[tokio::test]
async fn a_delivery_that_is_given_up_is_not_loaded_twice() {
    let database = Database::new().await;
    let destination = database.open();
    deliver(&destination, &[of(0), of(1)]).await;
    database.client.batch_execute("BEGIN; LOCK TABLE my_shop.tracks").await.unwrap();
    let batch: Vec<Parcel> = (2..50).map(of).collect();
    let given_up =
        tokio::time::timeout(std::time::Duration::from_millis(300), destination.deliver(&batch))
            .await;
    assert!(given_up.is_err(), "it waits for the table: {given_up:?}");
    database.client.batch_execute("COMMIT").await.unwrap();
    let recut: Vec<Parcel> = (10..60).map(of).collect();
    deliver(&destination, &recut).await;
    assert_eq!(counts(&database).await, "60 | 60\n60 | 60");
}

/// Two installations, or two destinations, that load the same source.
#[tokio::test]
async fn loaders_beside_each_other_do_not_disturb_each_other() {
    let database = Database::new().await;
    let settings = database.settings.as_object().unwrap();
    let world = World { allow_private_addresses: true, ..World::default() };
    let loaders = ["dst_one", "dst_two"].map(|name| {
        PostgresKind.open(settings, &spec::DestinationId(name.into()), &world).unwrap()
    });
    let mut loading = Vec::new();
    for (seed, loader) in (0..).zip(loaders) {
        loading.push(tokio::spawn(async move {
            let mut random = Random(seed);
            for _ in 0..15 {
                let batch: Vec<Parcel> = (0..20)
                    .map(|_| {
                        let n = random.below(200);
                        let name = format!("Event {}", n % 12);
                        parcel(
                            n,
                            &track(&format!("t-{n}"), &name, json!({ format!("p{}", n % 7): n })),
                        )
                    })
                    .collect();
                deliver(&loader, &batch).await;
            }
        }));
    }
    for one in loading {
        one.await.unwrap();
    }
    let told = database
        .told("SELECT count(*) = count(DISTINCT id), count(*) > 150 FROM my_shop.tracks")
        .await;
    assert_eq!(told, "t | t");
}

/// Stands between the loader and the server, and loses the answers to some commits.
struct Between {
    port: u16,
    loses: Arc<std::sync::atomic::AtomicBool>,
}

impl Between {
    async fn start(server: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let loses = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let lost = loses.clone();
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let world = World { allow_private_addresses: true, ..World::default() };
                let far = destination_kit::connect_tcp(&world, "127.0.0.1", server).await.unwrap();
                tokio::spawn(pass_on(near, far, lost.clone()));
            }
        });
        Between { port, loses }
    }
}

async fn pass_on(
    mut near: tokio::net::TcpStream,
    mut far: tokio::net::TcpStream,
    loses: Arc<std::sync::atomic::AtomicBool>,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut ends = false;
    loop {
        tokio::select! {
            Ok(bytes @ 1..) = near.read(&mut asked) => {
                // alone in its packet: whoever commits waits for what that says
                ends = asked[..bytes].ends_with(b"COMMIT\0") && loses.load(Relaxed);
                far.write_all(&asked[..bytes]).await.unwrap();
            }
            Ok(bytes @ 1..) = far.read(&mut answered) => {
                if ends {
                    loses.store(false, Relaxed);
                    return;
                }
                near.write_all(&answered[..bytes]).await.unwrap();
            }
            else => return,
        }
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found() {
    let database = Database::new().await;
    let server = u16::try_from(database.settings["port"].as_u64().unwrap()).unwrap();
    let between = Between::start(server).await;
    let destination = database.open_with(json!({ "port": between.port }));
    deliver(&destination, &(0..20).map(of).collect::<Vec<_>>()).await;
    for round in 1..6_u64 {
        between.loses.store(true, Relaxed);
        let batch: Vec<Parcel> = (round * 20..round * 20 + 20).map(of).collect();
        let outcome = destination.deliver(&batch).await;
        assert_eq!(next(&outcome), Next::Again(None), "{outcome:?}");
        assert!(!between.loses.load(Relaxed), "an answer was lost");
        let there = round * 20 + 20;
        assert_eq!(counts(&database).await, format!("{there} | {there}\n{there} | {there}"));
        // it comes again, in other pieces
        deliver(&destination, &batch[..7]).await;
        deliver(&destination, &batch[5..]).await;
        assert_eq!(counts(&database).await, format!("{there} | {there}\n{there} | {there}"));
    }
    let loads = database.told("SELECT sum(messages), count(*) FROM my_shop._headwater_loads").await;
    assert_eq!(loads, "120 | 6");
    assert_eq!(
        database.told("SELECT messages, rows FROM my_shop._headwater_receipts").await,
        "120 | 240"
    );
}
