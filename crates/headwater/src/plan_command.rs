//! `headwater plan`: tracking plans in files, without a server.

use std::{
    fmt::{Display, Write as _},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use ingest::check::check_with;
use tracking_plan::{
    Change, Compiled, Inference, Inferred, Plan, diff, from_csv, starter, starters, to_csv,
};

use crate::{FOUND, arguments, check, config_command::count};

/// Does what was asked.
pub fn run(command: &arguments::Plan) -> Result<ExitCode> {
    match command {
        arguments::Plan::Check { file } => {
            let compiled = compiled(file)?;
            eprintln!("{}: all good", count(compiled.plan().rules.len(), "rule"));
            Ok(ExitCode::SUCCESS)
        }
        arguments::Plan::Starter { category } => print(&from_spec(category.as_deref())?),
        arguments::Plan::Infer { files, json } => infer(files, *json),
        arguments::Plan::Diff { before, after, json } => {
            let changes = diff(&read(before)?, &read(after)?);
            print(&if *json { as_json(&changes)? } else { as_text(&changes) })?;
            let breaking = changes.iter().any(|change| change.breaking);
            Ok(if breaking { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
        }
        arguments::Plan::Convert { file } => {
            let plan = read(file)?;
            print(&if is_table(file) { line(plan.to_json()) } else { to_csv(&plan.rules) })
        }
    }
}

/// Reads and compiles a plan.
///
/// Errors: it cannot be read, or everything that is wrong with it.
pub fn compiled(path: &Path) -> Result<Compiled> {
    let plan = read(path)?;
    Compiled::new(&plan).or_else(|problems| bail!(wrong(path, &problems)))
}

/// Reads a plan, JSON or a table.
fn read(path: &Path) -> Result<Plan> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if is_table(path) {
        let rules = from_csv(&text).or_else(|problems| bail!(wrong(path, &problems)))?;
        return Ok(Plan { rules, ..Plan::default() });
    }
    Plan::from_json(&text).or_else(|problems| bail!(wrong(path, &problems)))
}

fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn wrong(path: &Path, problems: &[impl Display]) -> String {
    let mut text = format!("{} is no tracking plan:", path.display());
    for problem in problems {
        _ = write!(text, "\n  {problem}");
    }
    text
}

fn from_spec(category: Option<&str>) -> Result<String> {
    let Some(category) = category else {
        return Ok(starters().map(|name| line(name.to_owned())).collect());
    };
    match starter(category) {
        Some(plan) => Ok(line(plan.to_json())),
        None => {
            let known: Vec<&str> = starters().collect();
            bail!("the Spec has no category {category:?}; it has {}", known.join(", "))
        }
    }
}

fn infer(files: &[PathBuf], json: bool) -> Result<ExitCode> {
    let mut inference = Inference::new();
    for path in files {
        let (_, bytes) = check::read(path)?;
        // What would not be taken is no example.
        check_with(&bytes, &mut |sound| inference.add(sound.json));
    }
    let inferred = inference.finish();
    if json {
        return print(&line(serde_json::to_string_pretty(&inferred)?));
    }
    eprint!("{}", rests_on(&inferred));
    print(&line(inferred.plan.to_json()))
}

/// What an inferred plan rests on, for people.
fn rests_on(inferred: &Inferred) -> String {
    let mut out = format!("{} read\n", count(inferred.messages as usize, "message"));
    for rule in &inferred.rules {
        _ = writeln!(out, "{}: {}", rule.rule, count(rule.messages as usize, "message"));
        for property in &rule.properties {
            let required = if property.required { ", required" } else { "" };
            _ = writeln!(
                out,
                "  {}: {}, {} of {}{required} (confidence {:.2})",
                property.path,
                property.types.join(" or "),
                property.seen,
                property.of,
                property.confidence
            );
        }
    }
    out
}

fn as_text(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let breaking = if change.breaking { "BREAKS " } else { "" };
        let kind = serde_json::to_value(change.kind).unwrap_or_default();
        _ = write!(out, "{breaking}{}", kind.as_str().unwrap_or_default().replace('_', " "));
        if let Some(rule) = &change.rule {
            _ = write!(out, ", {rule}");
        }
        _ = write!(out, ", {}", change.field);
        for (word, value) in [("was", &change.before), ("is", &change.after)] {
            if let Some(value) = value {
                _ = write!(out, ", {word} {value}");
            }
        }
        out.push('\n');
    }
    out
}

fn as_json(changes: &[Change]) -> Result<String> {
    changes.iter().map(|change| Ok(line(serde_json::to_string(change)?))).collect()
}

fn line(mut text: String) -> String {
    text.push('\n');
    text
}

fn print(text: &str) -> Result<ExitCode> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_plan_that_is_none_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("it is written");
            match compiled(&path) {
                Ok(_) => "it is a plan".to_owned(),
                Err(error) => {
                    let folder = folder.path().display().to_string();
                    error.to_string().replace(&folder, "…")
                }
            }
        };
        expect![[r#"
            …/plan.json is no tracking plan:
              TRACK version 1, /rules/0/key: a TRACK rule names no event; fix: give the event's name as key
              TRACK version 1, /rules/0/jsonSchema: jsonSchema is missing; fix: make it a JSON Schema, an object"#]].assert_eq(&check("plan.json", r#"{"rules": [{"type": "TRACK"}]}"#));
        let odd = r#"[{"type": "PAGE", "jsonSchema": {"type": "strin"}}]"#;
        expect![[r#"
            …/odd.json is no tracking plan:
              PAGE version 1, /rules/0/jsonSchema/type: the schema is none: "strin" is not valid under any of the schemas listed in the 'anyOf' keyword; fix: say a type of JSON Schema: string, number, integer, boolean, object, array or null"#]].assert_eq(&check("odd.json", odd));
        expect![[r#"
            …/plan.csv is no tracking plan:
              row 2, data_type: the type is "text"; fix: say any, array, object, boolean, integer, number, string, date-time or null, several with | between them"#]].assert_eq(&check("plan.csv", "type,key,data_type\nTRACK,E,text\n"));
        assert_eq!(check("good.csv", "type,key\nTRACK,E\n"), "it is a plan");
        assert!(compiled(&folder.path().join("none.json")).is_err());
    }

    #[test]
    fn categories_have_plans() {
        let known = from_spec(None).expect("there are some");
        assert!(known.lines().any(|line| line == "Email"), "{known}");
        let plan = from_spec(Some("Email")).expect("it is known");
        assert!(Plan::from_json(plan.as_bytes()).is_ok());
        assert!(from_spec(Some("Weather")).is_err());
    }

    #[test]
    fn changes_and_what_a_plan_rests_on_are_told() {
        let mut inference = Inference::new();
        inference.add(br#"{"type": "track", "event": "E", "properties": {"a": 1}}"#);
        let inferred = inference.finish();
        expect![[r#"
            1 message read
            TRACK "E" version 1: 1 message
              properties.a: integer, 1 of 1, required (confidence 0.67)
        "#]]
        .assert_eq(&rests_on(&inferred));
        expect![[r#"
            rule added, TRACK "E" version 1, (root)
        "#]]
        .assert_eq(&as_text(&diff(&Plan::default(), &inferred.plan)));
        expect![[r#"
            BREAKS rule removed, TRACK "E" version 1, (root)
        "#]]
        .assert_eq(&as_text(&diff(&inferred.plan, &Plan::default())));
    }
}
