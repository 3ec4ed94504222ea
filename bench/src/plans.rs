//! Tracking plans and checks: what it costs to hold every event against a plan, and how long a
//! verdict over a builder's messages takes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    load,
    measure::{cpu_ns, median},
    report::Report,
    server::{Server, binary},
    suite::{Args, drain, folder},
};

/// Messages that a verdict rests on at most.
const CHECKED: u64 = 100_000;

/// Both parts.
pub(crate) fn run(args: &Args, report: &mut Report) -> Result<()> {
    held_against_a_plan(args, report)?;
    verdict(args, report)
}

/// A rule for the generator's event, as a team would write it, and one for every message.
fn plan() -> Value {
    let text = json!({ "type": "string" });
    let properties = json!({
        "product_id": text, "sku": { "type": "string", "pattern": "^G-[0-9]+$" },
        "category": text, "name": text, "brand": text, "variant": text,
        "price": { "type": "number", "minimum": 0 },
        "quantity": { "type": "integer", "minimum": 1 },
        "currency": { "enum": ["EUR", "USD", "GBP"] },
        "position": { "type": "integer" }, "url": text, "image_url": text,
    });
    let required = ["product_id", "sku", "name", "price", "currency"];
    let rule = json!({ "type": "object", "properties": { "properties": {
        "type": "object", "properties": properties, "required": required,
    } } });
    let common = json!({ "type": "object", "required": ["userId"] });
    json!({
        "settings": { "track": {
            "allowUnplannedEvents": false, "allowEventOnViolations": false,
            "allowUnplannedEventProperties": false,
        } },
        "rules": [
            { "type": "TRACK", "key": "Product Viewed", "version": 1, "jsonSchema": rule },
            { "type": "COMMON", "version": 1, "jsonSchema": common },
        ],
    })
}

fn held_against_a_plan(args: &Args, report: &mut Report) -> Result<()> {
    let (plain, planned) = (folder(args)?, folder(args)?);
    let file = planned.path().canonicalize()?.join("plan.json");
    std::fs::write(&file, plan().to_string())?;
    let plain = Server::headwater(&binary()?, plain.path(), "")?;
    let with_plan = format!("tracking_plan = {file:?}\n");
    let planned = Server::headwater(&binary()?, planned.path(), &with_plan)?;
    let (mut more, mut rates) = (vec![], vec![]);
    for _ in 0..args.rounds {
        let mut costs = Vec::new();
        for server in [&plain, &planned] {
            let load =
                load::Args { batch: 50, seconds: args.seconds, ..load::Args::to(server.address) };
            let before = cpu_ns(server.pid())?;
            let seen = load::run(&load)?;
            ensure!(seen.refused == 0, "{} requests were refused", seen.refused);
            drain(server)?;
            let cpu_us = (cpu_ns(server.pid())? - before) as f64 / 1e3 / seen.events as f64;
            costs.push((cpu_us, seen.events as f64 / seen.seconds));
        }
        println!(
            "  without a plan {:.2} us, {:.0}/s; with one {:.2} us, {:.0}/s",
            costs[0].0, costs[0].1, costs[1].0, costs[1].1
        );
        more.push(costs[1].0 - costs[0].0);
        rates.push(costs[1].1);
    }
    let (_, books) = planned.get("/api/accounting?by=total")?;
    ensure!(!books.contains("schema_violation"), "the generator's events break the plan: {books}");
    let (more, rate) = (median(more), median(rates));
    let value = format!("{more:.2} µs more per event ({rate:.0} events/s in batches of 50)");
    report.add("held against a tracking plan with 12 properties", value, "≤ 20 µs", more <= 20.0);
    Ok(())
}

fn verdict(args: &Args, report: &mut Report) -> Result<()> {
    let folder = folder(args)?;
    let server = Server::headwater(&binary()?, folder.path(), "")?;
    let load = load::Args {
        batch: 50,
        seconds: 600.0,
        events: Some(CHECKED),
        ..load::Args::to(server.address)
    };
    load::run(&load)?;
    drain(&server)?;
    let source = source_id(&server)?;
    let declared = json!({ "name": "Product Viewed", "properties": [
        { "name": "product_id", "type": "string" }, { "name": "price", "type": "number" },
    ] });
    let asked = json!({
        "setup": { "slug": "mailroom", "category": "E-commerce", "events": [declared] },
        "wanted": { "sources": [source] },
    });
    let mut took = Vec::new();
    for _ in 0..args.rounds {
        let began = Instant::now();
        let (status, body) = server.post("/api/checks", &asked.to_string())?;
        took.push(began.elapsed());
        let report: Value = serde_json::from_str(&body).unwrap_or_default();
        let messages = report["data"]["seen"]["messages"].as_u64();
        ensure!(status == 200 && messages == Some(CHECKED), "{status}: {body:.400}");
    }
    let took = median(took.iter().map(Duration::as_secs_f64).collect());
    let value = format!("{took:.2} s");
    report.add("verdict on 100,000 captured events", value, "≤ 5 s", took <= 5.0);
    Ok(())
}

fn source_id(server: &Server) -> Result<String> {
    let (_, body) = server.get("/api/sources")?;
    let sources: Value = serde_json::from_str(&body)?;
    let id = sources["data"]["sources"][0]["id"].as_str();
    Ok(id.context("no source")?.to_owned())
}
