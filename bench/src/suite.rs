//! Everything in one go: Headwater and the baseline in turn, medians of ratios over the rounds.

use std::{
    collections::HashMap,
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    corpus::Corpus,
    disk, load, log,
    measure::{cpu_ns, median, percentile, rss_mb, rss_parts_mb},
    report::Report,
    server::{Server, binary},
    sink, tail,
    waits::Waits,
};

/// Which parts to run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// Rounds of each interleaved comparison.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Seconds of load in each round.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// Events on disk for the large-log figures; 0 leaves them out.
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// Run only these parts: single, batch, log, delivery, tail, control, plans, large.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// A folder on the disk to measure.
    #[arg(long, default_value = "target/bench")]
    pub(crate) folder: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    std::fs::create_dir_all(&args.folder)?;
    let mut report = Report::default();
    let wanted = |part: &str| args.only.is_empty() || args.only.iter().any(|o| o == part);
    if wanted("single") {
        single(args, &mut report)?;
    }
    if wanted("batch") {
        batch(args, &mut report)?;
    }
    if wanted("log") {
        log_alone(args, &mut report)?;
    }
    if wanted("delivery") {
        delivery(args, &mut report)?;
    }
    if wanted("tail") {
        live(args, &mut report)?;
    }
    if wanted("control") {
        crate::control::run(args, folder(args)?.path(), &mut report)?;
    }
    if wanted("plans") {
        crate::plans::run(args, &mut report)?;
    }
    if wanted("large") && args.events > 0 {
        large(args, &mut report)?;
    }
    println!("\n{}", report.markdown());
    println!("{}", report.sum());
    Ok(())
}

pub(crate) fn folder(args: &Args) -> Result<TempDir> {
    Ok(tempfile::tempdir_in(&args.folder)?)
}

/// One file destination: all features on.
fn to_file() -> &'static str {
    "[[destinations]]\nslug = \"archive\"\ntype = \"file\"\nsources = [\"website\"]\nenabled = true\n\
     [destinations.settings]\npath = \"archive\"\n"
}

fn to_webhook(address: std::net::SocketAddr) -> String {
    format!(
        "[[destinations]]\nslug = \"crm\"\ntype = \"webhook\"\nsources = [\"website\"]\n\
         enabled = true\nconcurrency = 64\n[destinations.settings]\nurl = \"http://{address}/hook\"\n"
    )
}

/// Waits until every destination has everything.
pub(crate) fn drain(server: &Server) -> Result<()> {
    let limit = Instant::now() + Duration::from_secs(600);
    loop {
        let (_, body) = server.get("/api/destinations")?;
        let list: Value = serde_json::from_str(&body)?;
        let list = list["data"]["destinations"].as_array().context("no list")?;
        if list.iter().all(|destination| destination["pending"] == 0) {
            return Ok(());
        }
        ensure!(Instant::now() < limit, "deliveries do not come to an end");
        sleep(Duration::from_millis(50));
    }
}

/// Load on one server: what the generator saw, and the server's CPU per event until all is
/// delivered, microseconds.
fn loaded(server: &Server, args: &load::Args, drains: bool) -> Result<(load::Seen, f64)> {
    let before = cpu_ns(server.pid())?;
    let seen = load::run(args)?;
    if drains {
        drain(server)?;
    }
    let cpu = (cpu_ns(server.pid())? - before) as f64 / 1e3;
    ensure!(seen.refused == 0, "{} requests were refused", seen.refused);
    let per_event = cpu / seen.events as f64;
    Ok((seen, per_event))
}

fn single(args: &Args, report: &mut Report) -> Result<()> {
    let folder = folder(args)?;
    let (bare, ours) =
        (Server::baseline()?, Server::headwater(&binary()?, folder.path(), to_file())?);
    sleep(Duration::from_secs(2));
    let idle = rss_mb(ours.pid())?;
    report.add("resident memory, idle", format!("{idle:.1} MB"), "≤ 40 MB", idle <= 40.0);
    let start = ours.start_seconds;
    report.add("start to first answer", format!("{start:.3} s"), "≤ 0.3 s", start <= 0.3);
    for connections in [64, 512] {
        let (mut cpu, mut rate, mut ours_us) = (vec![], vec![], vec![]);
        let (mut waits, mut ours_rate) = (Waits::default(), vec![]);
        for _ in 0..args.rounds {
            let load = |server: &Server| load::Args {
                connections,
                seconds: args.seconds,
                ..load::Args::to(server.address)
            };
            let (bare_seen, bare_cpu) = loaded(&bare, &load(&bare), false)?;
            let (ours_seen, ours_cpu) = loaded(&ours, &load(&ours), true)?;
            let sync = disk::fdatasync(&args.folder, 1000)?;
            let per_second = |seen: &load::Seen| seen.events as f64 / seen.seconds;
            println!(
                "  {connections} connections: bare {:.0}/s {bare_cpu:.2} us; headwater {:.0}/s \
                 {ours_cpu:.2} us",
                per_second(&bare_seen),
                per_second(&ours_seen),
            );
            waits.add(&bare_seen, &ours_seen, &sync);
            cpu.push(ours_cpu / bare_cpu);
            rate.push(per_second(&ours_seen) / per_second(&bare_seen));
            ours_us.push(ours_cpu);
            ours_rate.push(per_second(&ours_seen));
        }
        let (ratio, us) = (median(cpu), median(ours_us));
        report.add(
            format!("CPU per single-event request, {connections} connections"),
            format!("{ratio:.2}x the baseline's ({us:.1} µs)"),
            "≤ 3x (aim 2x)",
            ratio <= 3.0,
        );
        if connections == 512 {
            let (ratio, rate) = (median(rate), median(ours_rate));
            let value = format!("{ratio:.2}x the baseline's ({rate:.0}/s)");
            report.add("requests/s, 512 connections", value, "≥ 0.5x (aim 0.6x)", ratio >= 0.5);
        } else {
            waits.report("accept p99, 64 connections, as fast as it goes", report);
        }
    }
    paced(args, &bare, &ours, report)
}

/// The same at a pace that leaves the cores some air: what a sender feels.
fn paced(args: &Args, bare: &Server, ours: &Server, report: &mut Report) -> Result<()> {
    let mut waits = Waits::default();
    for _ in 0..args.rounds {
        let load = |server: &Server| load::Args {
            rate: Some(2000.0),
            seconds: args.seconds,
            ..load::Args::to(server.address)
        };
        let bare_seen = load::run(&load(bare))?;
        let ours_seen = load::run(&load(ours))?;
        waits.add(&bare_seen, &ours_seen, &disk::fdatasync(&args.folder, 1000)?);
    }
    waits.report("accept p99, 64 connections, 2,000 requests/s", report);
    Ok(())
}

fn batch(args: &Args, report: &mut Report) -> Result<()> {
    let folder = folder(args)?;
    let (bare, ours) =
        (Server::baseline()?, Server::headwater(&binary()?, folder.path(), to_file())?);
    let (mut rate, mut cpu, mut accept_cpu) = (vec![], vec![], vec![]);
    for _ in 0..args.rounds {
        let load = |server: &Server| load::Args {
            batch: 50,
            seconds: args.seconds,
            ..load::Args::to(server.address)
        };
        let (bare_seen, bare_cpu) = loaded(&bare, &load(&bare), false)?;
        let before = cpu_ns(ours.pid())?;
        let seen = load::run(&load(&ours))?;
        let accepted = cpu_ns(ours.pid())?;
        drain(&ours)?;
        let drained = cpu_ns(ours.pid())?;
        let per_event = |ns: u64| ns as f64 / 1e3 / seen.events as f64;
        let (accept, all) = (per_event(accepted - before), per_event(drained - before));
        let per_second = seen.events as f64 / seen.seconds;
        println!(
            "  batches of 50: bare {:.0} events/s {bare_cpu:.2} us; headwater {per_second:.0} events/s, \
             {accept:.2} us while sending, {all:.2} us until delivered, ack p99 {} us",
            bare_seen.events as f64 / bare_seen.seconds,
            seen.p99_us
        );
        rate.push(per_second);
        cpu.push(all);
        accept_cpu.push(accept);
    }
    let (rate, cpu, accept) = (median(rate), median(cpu), median(accept_cpu));
    report.add(
        "durable events/s in batches of 50, generator on the same two cores",
        format!("{rate:.0}"),
        "≥ 150,000",
        rate >= 150_000.0,
    );
    let value = format!("{cpu:.2} µs until delivered to a file, {accept:.2} µs while sending");
    report.add("CPU per event in batches of 50", value, "≤ 4 µs (aim 2.5)", cpu <= 4.0);
    Ok(())
}

fn log_alone(args: &Args, report: &mut Report) -> Result<()> {
    let (mut writer, mut written, mut rate) = (vec![], vec![], vec![]);
    for _ in 0..args.rounds {
        let cost = log::run(&log::Args { folder: args.folder.clone(), group: 1000, groups: 400 })?;
        println!("  writer {:.2} us, all threads {:.2} us per event", cost.writer_us, cost.all_us);
        writer.push(cost.writer_us);
        written.push(cost.written_per_payload);
        rate.push(cost.per_second);
    }
    let (writer, written, rate) = (median(writer), median(written), median(rate));
    let value = format!("{writer:.2} µs per event ({rate:.0} events/s)");
    report.add("log writer, groups of 1,000", value, "≤ 0.7 µs", writer <= 0.7);
    let value = format!("{written:.3}");
    report.add("bytes written per payload byte", value, "≤ 1.10", written <= 1.10);
    Ok(())
}

fn delivery(args: &Args, report: &mut Report) -> Result<()> {
    let (address, arrivals) = sink::start()?;
    let folder = folder(args)?;
    let ours = Server::headwater(&binary()?, folder.path(), &to_webhook(address))?;
    let mut rates = vec![];
    for _ in 0..args.rounds {
        arrivals.lock().expect("no holder panics").clear();
        let load = load::Args { batch: 50, events: Some(40_000), ..load::Args::to(ours.address) };
        load::run(&load)?;
        drain(&ours)?;
        let arrived = arrivals.lock().expect("no holder panics");
        let (first, last) = (arrived.first().context("none")?.1, arrived.last().context("none")?.1);
        let rate = arrived.len() as f64 / (last - first).as_secs_f64();
        println!("  {} deliveries, {rate:.0}/s", arrived.len());
        rates.push(rate);
    }
    let rate = median(rates);
    report.add(
        "webhook deliveries/s",
        format!("{rate:.0}"),
        "≥ 5,000 (aim 12,000)",
        rate >= 5000.0,
    );

    let mut p95 = vec![];
    for _ in 0..args.rounds {
        arrivals.lock().expect("no holder panics").clear();
        let load = load::Args {
            rate: Some(200.0),
            connections: 8,
            seconds: args.seconds,
            keep_answers: true,
            ..load::Args::to(ours.address)
        };
        let seen = load::run(&load)?;
        drain(&ours)?;
        let arrived: HashMap<_, _> = arrivals.lock().expect("no holder panics").drain(..).collect();
        // From the first byte that the sender writes to the last that the receiver reads. Most
        // arrive before the sender has its 200.
        let mut took: Vec<u64> = seen
            .answers
            .iter()
            .zip(&seen.starts)
            .map(|((id, _), began)| {
                let arrived = arrived.get(id).with_context(|| format!("{id} did not arrive"))?;
                Ok(arrived.duration_since(*began).as_micros() as u64)
            })
            .collect::<Result<_>>()?;
        p95.push(percentile(&mut took, 95) as f64 / 1e3);
    }
    let p95 = median(p95);
    let value = format!("{p95:.2} ms");
    let what = "request begun to delivered p95, 200/s";
    report.add(what, value, "≤ 60 ms (aim 25 ms)", p95 <= 60.0);
    Ok(())
}

fn live(args: &Args, report: &mut Report) -> Result<()> {
    let folder = folder(args)?;
    let ours = Server::headwater(&binary()?, folder.path(), to_file())?;
    let (mut p99, mut missing) = (vec![], 0);
    for _ in 0..args.rounds {
        let seen = tail::start(&ours)?;
        let load = load::Args {
            rate: Some(2000.0),
            seconds: args.seconds,
            keep_answers: true,
            ..load::Args::to(ours.address)
        };
        let sent = load::run(&load)?;
        sleep(Duration::from_secs(1));
        let seen = seen.lock().expect("no holder panics");
        let mut took = vec![];
        for (id, at) in &sent.answers {
            match seen.get(id) {
                Some(shown) => took.push(shown.saturating_duration_since(*at).as_micros() as u64),
                None => missing += 1,
            }
        }
        p99.push(percentile(&mut took, 99) as f64 / 1e3);
    }
    let p99 = median(p99);
    let value = format!("{p99:.0} ms, {missing} missing");
    report.add(
        "accept to tail p99, 2,000 events/s",
        value,
        "≤ 250 ms, none missing",
        p99 <= 250.0 && missing == 0,
    );
    Ok(())
}

fn large(args: &Args, report: &mut Report) -> Result<()> {
    let folder = folder(args)?;
    let ours = Server::headwater(&binary()?, folder.path(), to_file())?;
    let load = load::Args {
        batch: 100,
        connections: 16,
        seconds: 3600.0,
        events: Some(args.events),
        ..load::Args::to(ours.address)
    };
    let filled = load::run(&load)?;
    println!("  filled with {} events in {:.0} s", filled.events, filled.seconds);
    drain(&ours)?;
    let millions = args.events / 1_000_000;
    resident(&ours, args.events, "after filling at full speed", report)?;
    trace(&ours, &filled, args.events, report)?;
    ours.stop()?;
    let ours = Server::headwater(&binary()?, folder.path(), to_file())?;
    let start = ours.start_seconds;
    report.add(
        format!("restart with {millions} M events on disk"),
        format!("{start:.2} s"),
        "≤ 3 s",
        start <= 3.0,
    );
    resident(&ours, args.events, "after a restart", report)
}

/// Memory while 10,000 events/s come in.
fn resident(ours: &Server, events: u64, when: &str, report: &mut Report) -> Result<()> {
    let steady =
        load::Args { batch: 10, rate: Some(1000.0), seconds: 15.0, ..load::Args::to(ours.address) };
    let seen = load::run(&steady)?;
    let rss = rss_mb(ours.pid())?;
    let (anonymous, mapped) = rss_parts_mb(ours.pid())?;
    println!("  {when}: {anonymous:.0} MB of its own, {mapped:.0} MB mapped from files");
    let value = format!("{rss:.0} MB at {:.0} events/s", seen.events as f64 / seen.seconds);
    report.add(
        format!("resident memory, {} M ids in the window, {when}", events / 1_000_000),
        value,
        "≤ 300 MB at 10,000 events/s",
        rss <= 300.0,
    );
    Ok(())
}

fn trace(ours: &Server, filled: &load::Seen, events: u64, report: &mut Report) -> Result<()> {
    let mut took = vec![];
    for n in 0..500u64 {
        // A stride that is prime to the count visits the log in no order. Connections number
        // their own events and end unevenly: only the lower half is sure to have been sent.
        let id = Corpus::id(filled.run, n.wrapping_mul(7_919_993) % (events / 2));
        let began = Instant::now();
        let (status, body) = ours.get(&format!("/api/trace/{id}"))?;
        took.push(began.elapsed().as_micros() as u64);
        ensure!(status == 200 && body.contains("delivered"), "{id}: {status} {body}");
    }
    let p99 = percentile(&mut took, 99) as f64 / 1e3;
    report.add("trace by messageId p99", format!("{p99:.1} ms"), "≤ 20 ms", p99 <= 20.0);
    Ok(())
}
