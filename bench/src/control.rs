//! The control plane with many rows: how long lists and details take, how long a snapshot takes to
//! build, and what senders feel of it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use store::{
    Db, Fresh, Sealer, accounts, audit, fresh, integrations, members, partners, snapshot, sources,
    tokens, workspaces, write_keys,
};

use crate::{
    load,
    measure::{median, percentile, percentiles},
    report::Report,
    server::{Server, binary},
    suite::Args,
};

const SOURCES: usize = 10_000;
const INTEGRATIONS: usize = 1000;
const AUDIT_ROWS: usize = 100_000;
/// Who share the integrations among them.
const PARTNERS: usize = 50;
/// Rows written in one transaction.
const AT_ONCE: usize = 5000;
/// Parts of a round in which senders are alone, and as many in which they are not.
const TURNS: u32 = 4;
/// Requests to each path in each round.
const REQUESTS: usize = 100;
/// The bench's clock: 25 November 2026.
const NOW_MS: i64 = 1_795_608_000_000;

const ACCOUNT: &str = "acc_bench";
const WORKSPACE: &str = "ws_bench";
const PARTNER: &str = "ptn_bench";

/// Fills a database, serves it, and asks.
pub(crate) fn run(args: &Args, folder: &Path, report: &mut Report) -> Result<()> {
    let data = folder.join("data");
    std::fs::create_dir_all(&data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (token, built_ms) = runtime.block_on(fill(&data, args.rounds))?;
    println!("  {SOURCES} sources, {INTEGRATIONS} integrations, {AUDIT_ROWS} audit rows");
    let value = format!("{built_ms:.0} ms");
    report.add("snapshot of 10,000 sources", value, "≤ 100 ms", built_ms <= 100.0);
    let file = "[control]\nrequests_per_minute = 1000000\n";
    let server = Server::headwater(&binary()?, folder, file)?;
    lists(args, server.address, &token, report)?;
    senders(args, &server, &token, report)
}

/// Makes the rows; a token that may see them all, and how long a snapshot of them takes, in
/// milliseconds.
async fn fill(data: &Path, rounds: usize) -> Result<(String, f64)> {
    let db = Db::open_file(&data.join("control.db")).await?;
    let random = Fresh::system();
    let token = random.token("hwp");
    let mut write = db.write().await?;
    people(&mut write, &token).await?;
    for number in 0..INTEGRATIONS {
        integrations::insert(&mut write, &integration(number)).await?;
    }
    write.commit().await?;
    for begin in (0..SOURCES).step_by(AT_ONCE) {
        let mut write = db.write().await?;
        for number in begin..begin + AT_ONCE {
            let source = source(number);
            sources::insert(&mut write, &source).await?;
            write_keys::insert(&mut write, &source.id, &random.write_key(), NOW_MS).await?;
        }
        write.commit().await?;
    }
    for begin in (0..AUDIT_ROWS).step_by(AT_ONCE) {
        let mut write = db.write().await?;
        for number in begin..begin + AT_ONCE {
            let (id, name) = (format!("src_{}", number % SOURCES), format!("Source {number}"));
            let change = audit::Change {
                scope: WORKSPACE,
                kind: if number % 3 == 0 { "Source Created" } else { "Source Modified" },
                actor: ACCOUNT,
                actor_email: Some("bench@example.com"),
                resource_type: "SOURCE",
                resource_id: &id,
                resource_name: &name,
                before: Some(json!({ "name": "Before", "enabled": false }).to_string()),
                after: Some(json!({ "name": name, "enabled": true }).to_string()),
            };
            audit::record(&mut write, &random, NOW_MS + number as i64, change).await?;
        }
        write.commit().await?;
    }
    let sealer = Sealer::new(&[(1, [7; 32])]).context("a sealer has a key")?;
    let plans = snapshot::Plans::default();
    let mut took = Vec::new();
    for round in 0..rounds.max(3) {
        let mut read = db.read().await?;
        let began = Instant::now();
        let built = snapshot::build(&mut read, &sealer, &plans, round as u64).await?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
        ensure!(built.sources().count() == SOURCES, "sources are missing");
    }
    db.close().await;
    Ok((token, median(took)))
}

async fn people(db: &mut store::Connection, token: &str) -> Result<()> {
    let account = accounts::Account {
        id: ACCOUNT.to_owned(),
        email: "bench@example.com".to_owned(),
        name: "Bench".to_owned(),
        password_hash: String::new(),
        email_verified_at_ms: Some(NOW_MS),
        totp_sealed: None,
        totp_confirmed_at_ms: None,
        totp_last_step: 0,
        operator_since_ms: Some(NOW_MS),
        created_at_ms: NOW_MS,
    };
    accounts::insert(db, &account).await?;
    let workspace = workspaces::Workspace {
        id: WORKSPACE.to_owned(),
        slug: "bench".to_owned(),
        name: "Bench".to_owned(),
        created_by: ACCOUNT.to_owned(),
        created_at_ms: NOW_MS,
        version: 1,
    };
    workspaces::insert(db, &workspace).await?;
    let owner = catalog::Permission::everywhere(catalog::Role::WorkspaceOwner, WORKSPACE);
    let owner = serde_json::to_string(&[owner])?;
    members::insert(db, WORKSPACE, ACCOUNT, &owner, NOW_MS).await?;
    partners::insert(db, PARTNER, "Bench", "https://example.com", NOW_MS).await?;
    partners::seat_at(db, PARTNER, ACCOUNT, "admin", NOW_MS).await?;
    for number in 1..PARTNERS {
        let id = format!("{PARTNER}_{number}");
        partners::insert(db, &id, "Other", "https://example.com", NOW_MS).await?;
    }
    let token = tokens::Token {
        id: "tok_bench".to_owned(),
        token_hash: fresh::hash(token),
        workspace_id: None,
        account_id: Some(ACCOUNT.to_owned()),
        description: "bench".to_owned(),
        hint: "hwp_…".to_owned(),
        permissions: "[]".to_owned(),
        created_at_ms: NOW_MS,
        expires_at_ms: None,
        used_at_ms: None,
        revoked_at_ms: None,
    };
    Ok(tokens::insert(db, &token).await?)
}

fn integration(number: usize) -> integrations::Integration {
    let info = catalog::Info {
        description: Some(format!("Sends what number {number} sees. ").repeat(6)),
        website: Some("https://example.com".to_owned()),
        primary_category: Some("Email Marketing".to_owned()),
        ..catalog::Info::default()
    };
    let (name, info) = (format!("Integration {number}"), info.canonical());
    integrations::Integration {
        id: format!("int_{number}"),
        partner_id: Some(match number % PARTNERS {
            0 => PARTNER.to_owned(),
            other => format!("{PARTNER}_{other}"),
        }),
        kind: "source".to_owned(),
        slug: format!("integration-{number}"),
        name: name.clone(),
        state: "PUBLIC_BETA".to_owned(),
        draft: info.clone(),
        published: Some(info),
        published_name: Some(name),
        published_at_ms: Some(NOW_MS),
        approved_at_ms: Some(NOW_MS),
        listed_at_ms: Some(NOW_MS),
        removed_reason: None,
        created_by: ACCOUNT.to_owned(),
        created_at_ms: NOW_MS,
        updated_at_ms: NOW_MS,
        version: 1,
        beta_met_at_ms: None,
    }
}

fn source(number: usize) -> sources::Source {
    sources::Source {
        id: format!("src_{number}"),
        workspace_id: WORKSPACE.to_owned(),
        integration_id: format!("int_{}", number % INTEGRATIONS),
        slug: format!("source-{number}"),
        name: format!("Source {number}"),
        settings: "{}".to_owned(),
        secrets_sealed: None,
        disabled_at_ms: None,
        retention_days: None,
        created_at_ms: NOW_MS + number as i64,
        version: 1,
    }
}

/// Every list and detail, as often in each round; the slowest one's p95 counts.
fn lists(args: &Args, address: SocketAddr, token: &str, report: &mut Report) -> Result<()> {
    let deep = "pagination.count=50&pagination.cursor=";
    let mut client = Client::connect(address, token)?;
    let cursor = client.cursor("/api/sources?pagination.count=200")?;
    let paths = [
        "/api/sources?pagination.count=50".to_owned(),
        format!("/api/sources?{deep}{cursor}"),
        "/api/sources?pagination.count=50&name=9999".to_owned(),
        "/api/sources/src_5000".to_owned(),
        "/api/sources/source-5000/writekey".to_owned(),
        "/api/catalog/sources?pagination.count=50".to_owned(),
        "/api/catalog/sources?pagination.count=50&search=integration%2099".to_owned(),
        "/api/catalog/sources/integration-500".to_owned(),
        "/api/catalog/categories".to_owned(),
        "/api/audit-events?pagination.count=50".to_owned(),
        "/api/audit-events?pagination.count=50&resourceId=src_5000".to_owned(),
        "/api/audit-events/export?resourceId=src_5000".to_owned(),
        "/api/integrations?pagination.count=50".to_owned(),
        "/api/integrations/integration-500".to_owned(),
        "/api/integrations/integration-500/completeness".to_owned(),
        "/api/destinations?pagination.count=50".to_owned(),
        "/api/operator/integrations?pagination.count=50".to_owned(),
        "/api/users?pagination.count=50".to_owned(),
        "/api/labels".to_owned(),
        "/api/workspaces".to_owned(),
        "/api/account".to_owned(),
    ];
    let mut took: Vec<Vec<u64>> = vec![Vec::new(); paths.len()];
    for _ in 0..args.rounds {
        for (path, took) in paths.iter().zip(&mut took) {
            for _ in 0..REQUESTS {
                let began = Instant::now();
                let (status, _) = client.ask("GET", path, "")?;
                took.push(began.elapsed().as_micros() as u64);
                ensure!(status == 200, "{path}: {status}");
            }
        }
    }
    let mut slowest = (0.0, "");
    for (path, took) in paths.iter().zip(&mut took) {
        let ms = |percent| percentile(&mut took.clone(), percent) as f64 / 1e3;
        let p95 = ms(95);
        println!("  p50 {:.2} ms, p95 {p95:.2} ms {path}", ms(50));
        if p95 > slowest.0 {
            slowest = (p95, path);
        }
    }
    let value = format!("{:.1} ms, the slowest: {}", slowest.0, slowest.1);
    report.add("lists and details, p95", value, "≤ 10 ms", slowest.0 <= 10.0);
    Ok(())
}

/// Senders with and without somebody who works on the control plane, in short turns whose order
/// alternates: what else happens on the machine and its disk falls on both alike. All answers of a
/// side are one sample, as the p99 of a short turn says little.
fn senders(args: &Args, server: &Server, token: &str, report: &mut Report) -> Result<()> {
    let load = || load::Args {
        rate: Some(2000.0),
        seconds: args.seconds / f64::from(TURNS),
        ..load::Args::to(server.address)
    };
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let mut asked = AtomicU64::new(0);
    for turn in 0..args.rounds as u32 * TURNS * 2 {
        // ABBA
        if matches!(turn % 4, 0 | 3) {
            alone.extend(load::run(&load())?.took_us);
            continue;
        }
        let done = AtomicBool::new(false);
        let seen = thread::scope(|scope| {
            let busy = scope.spawn(|| work(server.address, token, &done, &asked));
            let seen = load::run(&load());
            done.store(true, Ordering::Relaxed);
            busy.join().expect("no panic")?;
            seen
        })?;
        beside.extend(seen.took_us);
    }
    let ((_, alone_us), (_, beside_us)) = (percentiles(&mut alone), percentiles(&mut beside));
    let ratio = beside_us as f64 / alone_us as f64;
    let per_second = *asked.get_mut() as f64 / (args.seconds * args.rounds as f64);
    let value = format!(
        "{ratio:.2}x ({beside_us} us, alone {alone_us} us), with {per_second:.0} control \
         requests/s, a change each second"
    );
    report.add("accept p99 beside control-plane load", value, "≤ 1.10x", ratio <= 1.10);
    Ok(())
}

/// Twenty people who look at lists, and one who changes a source each second.
fn work(address: SocketAddr, token: &str, done: &AtomicBool, asked: &AtomicU64) -> Result<()> {
    let mut client = Client::connect(address, token)?;
    let mut number = 0;
    while !done.load(Ordering::Relaxed) {
        let name = json!({ "name": format!("Source {number}") }).to_string();
        let (status, body) = match number % 20 {
            0 => client.ask("PATCH", "/api/sources/src_77", &name)?,
            n if n % 2 == 0 => client.ask("GET", "/api/sources?pagination.count=50", "")?,
            _ => client.ask("GET", "/api/audit-events?pagination.count=50", "")?,
        };
        ensure!(status == 200, "{status}: {body}");
        number += 1;
        asked.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// One connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Client {
    fn connect(address: SocketAddr, token: &str) -> Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let head = format!(
            "host: localhost\r\nauthorization: Bearer {token}\r\nheadwater-workspace: bench\r\n\
             content-type: application/json\r\n"
        );
        Ok(Client { stream: BufReader::new(stream), head })
    }

    /// Status and body.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{}content-length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length) = (0, None);
        loop {
            let mut line = String::new();
            ensure!(self.stream.read_line(&mut line)? > 0, "the server closed the connection");
            if status == 0 {
                status = line.get(9..12).and_then(|text| text.parse().ok()).context("no status")?;
            } else if line == "\r\n" {
                break;
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse()?);
            }
        }
        let body = match length {
            Some(length) => {
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body)?;
                body
            }
            None => self.chunks()?,
        };
        Ok((status, String::from_utf8(body)?))
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let length = usize::from_str_radix(line.trim(), 16)?;
            let mut chunk = vec![0; length + 2];
            self.stream.read_exact(&mut chunk)?;
            body.extend_from_slice(&chunk[..length]);
            if length == 0 {
                return Ok(body);
            }
        }
    }

    /// The cursor to the page after a list's first one.
    fn cursor(&mut self, path: &str) -> Result<String> {
        let (status, body) = self.ask("GET", path, "")?;
        ensure!(status == 200, "{path}: {status} {body}");
        let body: serde_json::Value = serde_json::from_str(&body)?;
        let next = body["data"]["pagination"]["next"].as_str().context("no next page")?;
        Ok(next.replace('=', "%3D"))
    }
}
