//! `headwater admin`: what only whoever runs the server may do, beside it on its machine.

use std::{io::BufRead, process::ExitCode};

use anyhow::{Context, Result, ensure};

use crate::{
    FOUND,
    arguments::{self, Admin},
    config::{self, Config},
    config_command, control, token,
};

/// Letters and digits of a password that we make: 119 bits.
const PASSWORD_CHARS: usize = 20;

/// Runs one of the commands.
pub fn run(command: &Admin) -> Result<ExitCode> {
    match command {
        Admin::CreateOperator { email, data_dir, password_stdin, json } => {
            create_operator(email, data_dir, *password_stdin, *json)
        }
        Admin::Reseal { data_dir, json } => reseal(data_dir, *json),
    }
}

/// The API on the database of `config`, for one piece of work.
async fn with_api<T>(config: &Config, work: impl AsyncFnOnce(&api::Api) -> T) -> Result<T> {
    let url = format!("http://{}", config.server.listen);
    let dir = &config.server.data_dir;
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let api = control::open(config, dir, &url, &destinations::all()).await?;
    let done = work(&api).await;
    api.db.close().await;
    Ok(done)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn reseal(data_dir: &arguments::DataDir, json: bool) -> Result<ExitCode> {
    let Some(config) = load(data_dir)? else { return Ok(ExitCode::from(FOUND)) };
    let (key, done) = runtime()?.block_on(with_api(&config, async |api| {
        let done = store::reseal::reseal(&api.db, &api.sealer, &api.fresh).await;
        (api.sealer.newest(), done)
    }))?;
    let done = done.context("the secrets cannot be sealed anew")?;
    if json {
        let out = serde_json::json!({ "key": key, "sealed": done.anew, "closed": done.closed });
        println!("{out}");
    } else {
        println!("{} secrets were sealed with key {key}; older keys can go", done.anew);
    }
    if done.closed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let closed = done.closed;
    eprintln!(
        "headwater: no key opens {closed} secrets: bring their key back, or enter them again"
    );
    Ok(ExitCode::from(FOUND))
}

fn create_operator(
    email: &str,
    data_dir: &arguments::DataDir,
    password_stdin: bool,
    json: bool,
) -> Result<ExitCode> {
    let Some(config) = load(data_dir)? else { return Ok(ExitCode::from(FOUND)) };
    let given = if password_stdin { Some(read_password()?) } else { None };
    let password = match &given {
        Some(password) => password.clone(),
        None => token::random(PASSWORD_CHARS)?,
    };
    let made = runtime()?
        .block_on(with_api(&config, async |api| api::make_operator(api, email, &password).await))?;
    let new = match made {
        Ok(new) => new,
        Err(error) => {
            eprintln!("headwater: {error}");
            return Ok(ExitCode::from(FOUND));
        }
    };
    let shown = given.is_none().then_some(&password);
    if json {
        let out = serde_json::json!({ "email": email, "created": new, "password": shown });
        println!("{out}");
        return Ok(ExitCode::SUCCESS);
    }
    let what = if new {
        "the account is new"
    } else {
        "the account was there: its sessions have ended and its second factor is off"
    };
    println!("{email} is an operator now; {what}");
    if let Some(password) = shown {
        println!("password: {password}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration; `None` when it has problems, which are printed by then.
pub fn load(arguments: &arguments::DataDir) -> Result<Option<Config>> {
    let dir = arguments.data_dir.as_ref().map(|path| path.display().to_string());
    let input = config_command::gather(arguments.config.config.as_deref())?.with_files().flag(
        "server.data_dir",
        "--data-dir",
        dir,
    );
    match config::load(&input, &destinations::all()) {
        Ok(loaded) => Ok(Some(loaded.config)),
        Err(problems) => {
            eprintln!("{problems}");
            Ok(None)
        }
    }
}

fn read_password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "standard input holds no password");
    Ok(password.to_owned())
}
