//! The same, asked of the server that holds the data directory.

use anyhow::{Result, anyhow, bail};
use event_log::Position;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::Value;

use super::{Output, Wish, progress::Progress};
use crate::log_read::verify::Report;

/// What `/api/log` says.
pub async fn stat(client: &cli::Client) -> Result<Value> {
    #[derive(Deserialize)]
    struct Answer {
        data: Value,
    }
    let body = open(client, &["api", "log"], &[]).await?.collect().await?.to_bytes();
    Ok(serde_json::from_slice::<Answer>(&body)?.data)
}

/// Has the server read its whole log.
pub async fn verify(client: &cli::Client) -> Result<Report> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Line {
        Progress { at: String, end: String },
        End { report: Report },
    }
    let mut body = open(client, &["api", "log", "verify"], &[]).await?;
    let mut progress = None;
    let mut rest: Vec<u8> = vec![];
    while let Some(frame) = body.frame().await {
        rest.extend(frame?.into_data().unwrap_or_default());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            match serde_json::from_slice(&line)? {
                Line::End { report } => {
                    progress.as_ref().inspect(|progress: &&Progress| progress.finish());
                    return Ok(report);
                }
                Line::Progress { at, end } => {
                    let (at, end) = (Position(at.parse()?), Position(end.parse()?));
                    progress.get_or_insert_with(|| Progress::new("verifying", at, end)).at(at);
                }
            }
        }
    }
    bail!("the server ended its answer early; its log lines say why")
}

/// Has the server write messages. `words` are the query.
pub async fn export(
    client: &cli::Client,
    words: &[(&str, Option<&str>)],
    out: &mut Output,
) -> Result<()> {
    let query: Vec<(&str, &str)> =
        words.iter().filter_map(|(name, word)| Some((*name, (*word)?))).collect();
    let mut body = open(client, &["api", "log", "export"], &query).await?;
    while let Some(frame) = body.frame().await {
        if out.write(&frame?.into_data().unwrap_or_default())? == Wish::Enough {
            break;
        }
    }
    Ok(())
}

async fn open(client: &cli::Client, path: &[&str], query: &[(&str, &str)]) -> Result<Incoming> {
    let response = client.stream(&client.address(path, query), None).await?;
    let status = response.status();
    if !status.is_success() {
        let body = client.body(response).await?;
        return Err(anyhow!(client.refusal(status, &body)));
    }
    Ok(response.into_body())
}
