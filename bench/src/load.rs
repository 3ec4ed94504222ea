//! The load generator: keep-alive connections, each with one request in flight.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};

use crate::{corpus::Corpus, measure::percentiles, pace};

/// What to send.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// The server.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) to: SocketAddr,
    /// The write key.
    #[arg(long, default_value = "abcdefghijklmnopqrstuvwxyz012345")]
    pub(crate) write_key: String,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    /// Events in one batch; 0 sends single calls.
    #[arg(long, default_value_t = 0)]
    pub(crate) batch: usize,
    /// Seconds to send for.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    /// Stop after this many events.
    #[arg(long)]
    pub(crate) events: Option<u64>,
    /// Requests a second over all connections; as fast as possible if not given.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// Tells runs apart in message ids; the clock if not given.
    #[arg(long)]
    pub(crate) run: Option<u64>,
    /// Keep when each event was answered.
    #[arg(skip)]
    pub(crate) keep_answers: bool,
}

/// What the generator saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) run: u64,
    pub(crate) requests: u64,
    pub(crate) events: u64,
    pub(crate) seconds: f64,
    /// From first byte written to last byte read, microseconds.
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    /// The same of each request.
    pub(crate) took_us: Vec<u64>,
    pub(crate) refused: u64,
    /// When each event was answered 200, if asked for.
    pub(crate) answers: Vec<(String, Instant)>,
    /// When the first byte of their requests was written, in the same order.
    pub(crate) starts: Vec<Instant>,
}

impl Args {
    pub(crate) fn to(to: SocketAddr) -> Args {
        Args {
            to,
            write_key: crate::server::WRITE_KEY.into(),
            connections: 64,
            batch: 0,
            seconds: 4.0,
            events: None,
            rate: None,
            run: None,
            keep_answers: false,
        }
    }
}

/// Sends until the time or the events are used up.
pub(crate) fn run(args: &Args) -> Result<Seen> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::task::LocalSet::new().run_until(send(args.clone())))
}

async fn send(args: Args) -> Result<Seen> {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let run = args.run.unwrap_or(clock.as_millis() as u64);
    let budget = Arc::new(AtomicU64::new(args.events.unwrap_or(u64::MAX)));
    let mut streams = Vec::new();
    for _ in 0..args.connections {
        let stream = TcpStream::connect(args.to).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let began = Instant::now();
    let until = began + Duration::from_secs_f64(args.seconds);
    let mut turns = args.rate.map(|rate| pace::start(rate, args.connections));
    let mut tasks = Vec::new();
    for (lane, stream) in streams.into_iter().enumerate() {
        let (args, budget) = (args.clone(), budget.clone());
        // With a rate, the connections take turns.
        let turns = turns.as_mut().and_then(Vec::pop);
        let connection = connection(args, run, lane, stream, until, turns, budget);
        tasks.push(tokio::task::spawn_local(connection));
    }
    let mut seen = Seen { run, ..Seen::default() };
    let mut took = Vec::new();
    for task in tasks {
        let mut one = task.await??;
        seen.requests += one.took.len() as u64;
        seen.events += one.events;
        seen.refused += one.refused;
        took.append(&mut one.took);
        seen.answers.append(&mut one.answers);
        seen.starts.append(&mut one.starts);
    }
    seen.seconds = began.elapsed().as_secs_f64();
    (seen.p50_us, seen.p99_us) = percentiles(&mut took);
    seen.took_us = took;
    Ok(seen)
}

#[derive(Default)]
struct One {
    took: Vec<u64>,
    events: u64,
    refused: u64,
    answers: Vec<(String, Instant)>,
    starts: Vec<Instant>,
}

async fn connection(
    args: Args,
    run: u64,
    lane: usize,
    mut stream: TcpStream,
    until: Instant,
    turns: Option<Arc<Semaphore>>,
    budget: Arc<AtomicU64>,
) -> Result<One> {
    let path = if args.batch == 0 { "/v1/t" } else { "/v1/b" };
    let head = format!(
        "POST {path}?writeKey={} HTTP/1.1\r\nhost: localhost\r\nuser-agent: bench\r\n\
         accept: */*\r\norigin: https://www.example.com\r\ncontent-type: text/plain\r\n",
        args.write_key
    );
    let mut corpus = Corpus::new(run, lane as u64, args.connections as u64);
    let (mut request, mut answer) = (Vec::new(), vec![0; 4096]);
    let per_request = args.batch.max(1) as u64;
    let mut one = One::default();
    while Instant::now() < until {
        let left = budget.load(Ordering::Relaxed);
        if left < per_request {
            break;
        }
        budget.fetch_sub(per_request, Ordering::Relaxed);
        let (first, last) = corpus.request(&head, args.batch, &mut request);
        if let Some(turns) = &turns {
            pace::turn(turns).await;
        }
        let sent = Instant::now();
        stream.write_all(&request).await?;
        let mut have = 0;
        let status = loop {
            let n = stream.read(&mut answer[have..]).await?;
            if n == 0 {
                bail!("the server closed the connection");
            }
            have += n;
            if let Some(status) = complete(&answer[..have]) {
                break status;
            }
        };
        one.took.push(sent.elapsed().as_micros() as u64);
        if status == 200 {
            one.events += per_request;
            if args.keep_answers {
                let now = Instant::now();
                let numbers = (first..=last).step_by(args.connections);
                one.answers.extend(numbers.map(|n| (Corpus::id(run, n), now)));
                one.starts.resize(one.answers.len(), sent);
            }
        } else {
            one.refused += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(one)
}

/// The status, once the head and as many bytes as it announces are there.
fn complete(answer: &[u8]) -> Option<u16> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let length = text
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())
        .unwrap_or(0);
    (answer.len() >= head + length).then(|| text[9..12].parse().unwrap_or(0))
}
