//! `headwater config check|show|reference`.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result};
use destination_kit::DestinationKind;
use serde_json::json;

use crate::{
    FOUND,
    arguments::Config as Command,
    config::{self, Input, Loaded, Origin, Problems},
};

/// Runs one of them.
pub fn run(command: &Command) -> Result<ExitCode> {
    let kinds = destinations::all();
    match command {
        Command::Check { file, json } => check(file.as_deref(), *json, &kinds),
        Command::Show { config, json } => {
            let input = gather(config.config.as_deref())?;
            let file = input.file.display().to_string();
            match config::load(&input, &kinds) {
                Ok(loaded) if *json => println!("{:#}", config::show_json(&loaded)),
                Ok(loaded) => print!("{}", config::show(&loaded, &file)),
                Err(problems) => {
                    eprintln!("{problems}");
                    return Ok(ExitCode::from(FOUND));
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Reference => {
            print!("{}", config::reference(&kinds));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Reads the file and the environment.
pub fn gather(file: Option<&Path>) -> Result<Input> {
    let name = file.unwrap_or(Path::new(config::FILE));
    Input::gather(file).with_context(|| format!("cannot read {}", name.display()))
}

fn check(file: Option<&Path>, json: bool, kinds: &[Box<dyn DestinationKind>]) -> Result<ExitCode> {
    let input = gather(file)?.with_files();
    let loaded = config::load(&input, kinds);
    if json {
        println!("{:#}", verdict(&input, &loaded));
    } else {
        match &loaded {
            Ok(Loaded { config, .. }) => println!(
                "{}: valid; {}, {}",
                input.file.display(),
                count(config.sources.len(), "source"),
                count(config.destinations.len(), "destination")
            ),
            Err(problems) => {
                eprintln!("{problems}");
                eprintln!("{}", count(problems.list.len(), "problem"));
            }
        }
    }
    Ok(if loaded.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

fn verdict(input: &Input, loaded: &Result<Loaded, Problems>) -> serde_json::Value {
    let problems: Vec<serde_json::Value> = match loaded {
        Ok(_) => vec![],
        Err(problems) => problems
            .list
            .iter()
            .map(|problem| match &problem.at {
                Origin::File { line, column } => {
                    json!({ "line": line, "column": column, "message": problem.text })
                }
                Origin::Environment(name) => {
                    json!({ "variable": &**name, "message": problem.text })
                }
                Origin::Flag(name) => json!({ "flag": &**name, "message": problem.text }),
                Origin::Default => json!({ "message": problem.text }),
            })
            .collect(),
    };
    json!({ "file": input.file, "valid": loaded.is_ok(), "problems": problems })
}

/// `1 source`, `2 sources`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
