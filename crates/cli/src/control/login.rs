//! `headwater login`, `logout`, `whoami`: who we are to a server.

use clap::Args;
use serde_json::json;

use super::{
    console::{Console, Reply},
    credentials::Login,
    show::Field,
};
use crate::{Failure, connection::Credential};

/// How to log in.
#[derive(Debug, Clone, Args)]
pub struct LogIn {
    /// E-mail address; asked for unless given.
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Six digits of the second factor, or a recovery code; asked for when needed.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
}

const ACCOUNT: [Field; 5] = [
    ("E-mail", "/email"),
    ("Name", "/name"),
    ("Verified", "/emailVerified"),
    ("Second factor", "/secondFactor"),
    ("Operator", "/operator"),
];

pub(super) async fn log_in(
    arguments: &LogIn,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let (reply, login) = match (&console.client.credential, console.given) {
        (Credential::Token(token), true) => {
            let token = token.clone();
            with_token(token, console).await?
        }
        _ => with_password(arguments, console).await?,
    };
    let url = console.client.url().to_owned();
    let Some(kept) = &mut console.kept else {
        return Err(Failure::usage(
            "there is no place to keep the login",
            "name a file with --credentials or HEADWATER_CREDENTIALS",
        ));
    };
    // Which workspace was chosen outlives a login of the same person.
    let before = kept.of(&url).filter(|before| before.email == login.email);
    let workspace = login.workspace.clone().or_else(|| before?.workspace.clone());
    let who = login.email.clone().or_else(|| workspace.clone()).unwrap_or_default();
    kept.keep(&url, Some(Login { workspace, ..login }))?;
    let path = kept.path().display().to_string();
    console.show_done(&reply, &format!("logged in to {url} as {who}"))?;
    console.say(&format!("kept in {path}"))
}

/// A personal token is a person, a workspace's token is not.
async fn with_token(
    token: String,
    console: &mut Console<'_, '_>,
) -> Result<(Reply, Login), Failure> {
    console.client.workspace = None;
    if token.starts_with("hwp_") {
        let reply = console.get(&["account"], &[]).await?;
        let email = Some(reply.text("/account/email").to_owned());
        return Ok((reply, Login { email, token: Some(token), ..Login::default() }));
    }
    let reply = console.get(&[], &[]).await?;
    let workspace = Some(reply.text("/workspace/slug").to_owned());
    Ok((reply, Login { workspace, token: Some(token), ..Login::default() }))
}

async fn with_password(
    arguments: &LogIn,
    console: &mut Console<'_, '_>,
) -> Result<(Reply, Login), Failure> {
    let email = match &arguments.email {
        Some(email) => email.clone(),
        None => console.screen.ask("E-mail")?,
    };
    let password = console.screen.ask_secret("Password")?;
    let mut who = json!({ "email": email, "password": password });
    if let Some(code) = &arguments.code {
        who["code"] = json!(code);
    }
    let reply = match console.post(&["sessions"], who.clone()).await {
        Err(Failure::Faults { faults, .. }) if faults.iter().any(|f| f.is("code_needed")) => {
            who["code"] = json!(console.screen.ask("Code")?);
            console.post(&["sessions"], who).await?
        }
        answered => answered?,
    };
    let Credential::Session(session) = &console.client.credential else {
        return Err(console.client.not_headwater("it sets no session"));
    };
    let (email, session) = (reply.text("/account/email").to_owned(), session.clone());
    Ok((reply, Login { email: Some(email), session: Some(session), ..Login::default() }))
}

pub(super) async fn log_out(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let url = console.client.url().to_owned();
    let login = console.kept.as_ref().and_then(|kept| kept.of(&url)).cloned();
    let Some(login) = login else {
        return Err(Failure::refused(format!("nobody is logged in to {url}"), None));
    };
    // The session ends on the server as well; one that has ended already is no fault.
    let ended = match login.credential() {
        Credential::Session(session) => {
            console.client.credential = Credential::Session(session);
            console.client.workspace = None;
            console.delete(&["sessions", "current"], &[]).await
        }
        _ => Ok(Reply { data: json!({ "status": "SUCCESS" }), etag: None }),
    };
    let reply = match ended {
        Err(Failure::Faults { status: 401, .. }) => {
            Reply { data: json!({ "status": "SUCCESS" }), etag: None }
        }
        ended => ended?,
    };
    if let Some(kept) = &mut console.kept {
        kept.keep(&url, None)?;
    }
    console.show_done(&reply, &format!("logged out of {url}"))?;
    match login.token {
        Some(_) => console.say("the token is forgotten here, but still good until it is revoked"),
        None => Ok(()),
    }
}

pub(super) async fn whoami(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let url = console.client.url().to_owned();
    let of_workspace = match &console.client.credential {
        Credential::Token(token) => !token.starts_with("hwp_"),
        _ => false,
    };
    if of_workspace {
        let reply = console.get(&[], &[]).await?;
        console.show_one(&reply, "/workspace", &[("Workspace", "/slug"), ("Name", "/name")])?;
        return console.say(&format!("by a token of the workspace, at {url}"));
    }
    let reply = console.get(&["account"], &[]).await?;
    console.show_one(&reply, "/account", &ACCOUNT)?;
    let workspace = console.client.workspace.clone();
    console.say(&format!("at {url}, workspace {}", workspace.as_deref().unwrap_or("not chosen")))
}

/// The address of whoever is logged in.
pub(super) async fn my_email(console: &mut Console<'_, '_>) -> Result<String, Failure> {
    Ok(console.get(&["account"], &[]).await?.text("/account/email").to_owned())
}
