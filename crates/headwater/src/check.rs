//! `headwater check`: the wire rules for events in files, without a server.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use ingest::check::{Finding, Report, check};
use serde_json::{Value, json};

use crate::{FOUND, arguments::Check, config_command::count};

/// Checks every file; fails when there is anything to say about one.
pub fn run(arguments: &Check) -> Result<ExitCode> {
    let (mut messages, mut findings) = (0, 0);
    let mut out = io::stdout().lock();
    for path in &arguments.files {
        let (name, bytes) = read(path)?;
        let report = check(&bytes);
        messages += report.messages;
        findings += report.findings.len();
        let said = if arguments.json { as_json(&name, &report)? } else { as_text(&name, &report) };
        match out.write_all(said.as_bytes()) {
            // Whoever read our output has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            other => other?,
        }
    }
    if !arguments.json {
        let verdict =
            if findings == 0 { "all good".to_owned() } else { count(findings, "problem") };
        eprintln!("{}: {verdict}", count(messages, "message"));
    }
    Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

fn read(path: &Path) -> Result<(String, Vec<u8>)> {
    if path == Path::new("-") {
        let mut bytes = vec![];
        io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(("(stdin)".to_owned(), bytes));
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((path.display().to_string(), bytes))
}

/// `file:line: message 3 (messageId): pointer: what is wrong [code]`, then what would be right.
fn as_text(file: &str, report: &Report) -> String {
    let mut out = String::new();
    for Finding { line, index, message_id, fault } in &report.findings {
        out.push_str(&format!("{file}:{line}: "));
        if let Some(index) = index {
            out.push_str(&format!("message {index}: "));
        }
        if let Some(id) = message_id {
            out.push_str(&format!("{id:?}: "));
        }
        if !fault.pointer.is_empty() {
            out.push_str(&format!("{}: ", fault.pointer));
        }
        out.push_str(&format!("{} [{}]\n", fault.detail, fault.code));
        out.push_str(&format!("    expected {}, such as {}\n", fault.expected, fault.example));
    }
    out
}

/// One object on each line.
fn as_json(file: &str, report: &Report) -> Result<String> {
    let mut out = String::new();
    for Finding { line, index, message_id, fault } in &report.findings {
        let finding = json!({
            "file": file,
            "line": line,
            "index": index,
            "messageId": message_id,
            "code": fault.code,
            "pointer": fault.pointer,
            "message": fault.detail,
            "expected": fault.expected,
            "example": serde_json::from_str::<Value>(&fault.example)?,
        });
        out.push_str(&format!("{finding}\n"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_problem_is_named_with_its_place_and_what_would_be_right() {
        let report =
            check(b"{\"type\":\"track\",\"userId\":\"u\",\"event\":7}\n[{\"type\":\"tracc\"}]");
        expect![[r#"
            events.ndjson:1: /event: event is a number [event_not_string]
                expected the event's name, text that is not empty, such as {"type":"track","userId":"u","event":"Order Completed"}
            events.ndjson:2: message 0: /type: type is "tracc" [bad_request]
                expected one of identify, track, page, screen, group, alias, such as {"type":"track","userId":"019mr8mf4r","event":"Order Completed"}
        "#]].assert_eq(&as_text("events.ndjson", &report));
        expect![[r#"
            {"file":"events.ndjson","line":1,"index":null,"messageId":null,"code":"event_not_string","pointer":"/event","message":"event is a number","expected":"the event's name, text that is not empty","example":{"type":"track","userId":"u","event":"Order Completed"}}
            {"file":"events.ndjson","line":2,"index":0,"messageId":null,"code":"bad_request","pointer":"/type","message":"type is \"tracc\"","expected":"one of identify, track, page, screen, group, alias","example":{"type":"track","userId":"019mr8mf4r","event":"Order Completed"}}
        "#]].assert_eq(&as_json("events.ndjson", &report).expect("examples are JSON"));
        assert_eq!(as_text("x", &check(b"")), "");
    }
}
