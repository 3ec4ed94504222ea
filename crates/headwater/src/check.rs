//! `headwater check`: the wire rules for events in files, without a server.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use ingest::check::{Sound, check_with};
use serde_json::{Value, json};
use spec::rules::{Set, Sets, Severity};
use tracking_plan::{Compiled, judge};

use crate::{FOUND, arguments::Check, config_command::count, plan_command};

/// One thing to say about a message, whoever says it.
struct Said {
    line: usize,
    index: Option<usize>,
    message_id: Option<String>,
    severity: Severity,
    code: String,
    pointer: String,
    message: String,
    expected: String,
    example: Option<Value>,
}

/// What messages are held to beyond the wire rules.
struct Asks {
    plan: Option<Compiled>,
    spec: bool,
}

/// Checks every file; fails when a message would not be taken or breaks the plan.
pub fn run(arguments: &Check) -> Result<ExitCode> {
    let plan = arguments.plan.as_deref().map(plan_command::compiled).transpose()?;
    let asks = Asks { plan, spec: !arguments.no_spec };
    let (mut messages, mut errors, mut advice) = (0, 0, 0);
    let mut out = io::stdout().lock();
    for path in &arguments.files {
        let (name, bytes) = read(path)?;
        let (checked, said) = asks.check(&bytes)?;
        messages += checked;
        let wrong = said.iter().filter(|said| said.severity == Severity::Error).count();
        errors += wrong;
        advice += said.len() - wrong;
        let text = if arguments.json { as_json(&name, &said) } else { as_text(&name, &said) };
        match out.write_all(text.as_bytes()) {
            // Whoever read our output has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            other => other?,
        }
    }
    if !arguments.json {
        let verdict = if errors == 0 { "all good".to_owned() } else { count(errors, "problem") };
        let advice = match advice {
            0 => String::new(),
            1 => ", 1 piece of advice".to_owned(),
            several => format!(", {several} pieces of advice"),
        };
        eprintln!("{}: {verdict}{advice}", count(messages, "message"));
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

impl Asks {
    /// How many messages there are, and what is to say about them, in the order of the file.
    fn check(&self, file: &[u8]) -> Result<(usize, Vec<Said>)> {
        let mut said = Vec::new();
        let report = check_with(file, &mut |sound| self.ask(sound, &mut said));
        for ingest::check::Finding { line, index, message_id, fault } in report.findings {
            said.push(Said {
                line,
                index,
                message_id,
                severity: Severity::Error,
                code: fault.code.to_owned(),
                pointer: fault.pointer.into_owned(),
                message: fault.detail.into_owned(),
                expected: fault.expected.to_owned(),
                example: Some(serde_json::from_str(&fault.example)?),
            });
        }
        said.sort_by_key(|said| (said.line, said.index));
        Ok((report.messages, said))
    }

    /// What the plan and the Spec say of a message that the wire rules take.
    fn ask(&self, sound: &Sound<'_>, out: &mut Vec<Said>) {
        let mut say = |severity, code: &str, pointer, message, expected, example| {
            out.push(Said {
                line: sound.line,
                index: sound.index,
                message_id: sound.message_id.map(str::to_owned),
                severity,
                code: code.to_owned(),
                pointer,
                message,
                expected,
                example,
            });
        };
        if let Some(plan) = &self.plan {
            let judgement = judge(plan, sound.json);
            if judgement.unplanned_event {
                let blocks = !plan.settings().track.allow_unplanned_events;
                let severity = if blocks { Severity::Error } else { Severity::Warning };
                let message = "the plan does not know this event".to_owned();
                let expected = "an event of the plan".to_owned();
                say(severity, "unplanned", "/event".to_owned(), message, expected, None);
            }
            for violation in judgement.violations {
                let (pointer, expected) = (violation.pointer, violation.expected);
                let message = violation.description;
                say(Severity::Error, "schema_violation", pointer, message, expected, None);
            }
            for pointer in judgement.omitted {
                let message = "it is not in the plan, and is left out".to_owned();
                let expected = "a property of the plan".to_owned();
                say(Severity::Warning, "unplanned_property", pointer, message, expected, None);
            }
        }
        if self.spec {
            for finding in spec::rules::findings(sound.json, &Sets::default()) {
                // What the wire rules say was said, in the same words.
                if finding.rule.set == Set::Wire {
                    continue;
                }
                let severity = finding.rule.severity.max(Severity::Warning);
                let message = format!("{}: {}", finding.rule.title, finding.found);
                let (pointer, expected) = (finding.pointer, finding.expected);
                let example = Some(finding.example);
                say(severity, finding.rule.code, pointer, message, expected, example);
            }
        }
    }
}

/// A file's name for people, and what is in it.
pub fn read(path: &Path) -> Result<(String, Vec<u8>)> {
    if path == Path::new("-") {
        let mut bytes = vec![];
        io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(("(stdin)".to_owned(), bytes));
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((path.display().to_string(), bytes))
}

/// `file:line: message 3 (messageId): warning: pointer: what is wrong [code]`, then what would be
/// right. What is no warning or hint is an error, and does not say so.
fn as_text(file: &str, said: &[Said]) -> String {
    let mut out = String::new();
    for one in said {
        out.push_str(&format!("{file}:{}: ", one.line));
        if let Some(index) = one.index {
            out.push_str(&format!("message {index}: "));
        }
        if let Some(id) = &one.message_id {
            out.push_str(&format!("{id:?}: "));
        }
        match one.severity {
            Severity::Error => {}
            Severity::Warning => out.push_str("warning: "),
            Severity::Hint => out.push_str("hint: "),
        }
        if !one.pointer.is_empty() {
            out.push_str(&format!("{}: ", one.pointer));
        }
        out.push_str(&format!("{} [{}]\n    expected {}", one.message, one.code, one.expected));
        if let Some(example) = &one.example {
            out.push_str(&format!(", such as {example}"));
        }
        out.push('\n');
    }
    out
}

/// One object on each line.
fn as_json(file: &str, said: &[Said]) -> String {
    let mut out = String::new();
    for one in said {
        let finding = json!({
            "file": file,
            "line": one.line,
            "index": one.index,
            "messageId": one.message_id,
            "severity": one.severity,
            "code": one.code,
            "pointer": one.pointer,
            "message": one.message,
            "expected": one.expected,
            "example": one.example,
        });
        out.push_str(&format!("{finding}\n"));
    }
    out
}

#[cfg(test)]
mod tests;
