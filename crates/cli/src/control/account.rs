//! `headwater account`: a person's own account, from signing up on.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    console::{Console, Reply},
    invitation::token_of,
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// What one does with one's own account.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    Create(Create),
    /// Verify the address, once logged in.
    #[command(after_help = format!("\
Examples:
  headwater account verify 'https://cdp.example.com/verify-email?token=hwl_…'

{EXIT_CODES}"))]
    Verify {
        /// The link of the mail, or the token in it.
        #[arg(value_name = "LINK")]
        link: String,
    },
    /// Send the verification mail again.
    #[command(after_help = format!("\
Examples:
  headwater account resend

{EXIT_CODES}"))]
    Resend,
    /// Become the first operator, by the link that the server printed.
    #[command(after_help = format!("\
Examples:
  headwater account claim-operator 'http://127.0.0.1:8080/operator?token=hwl_…'

{EXIT_CODES}"))]
    ClaimOperator {
        /// The link, or the token in it.
        #[arg(value_name = "LINK")]
        link: String,
    },
    /// My tokens, which act as me.
    #[command(subcommand)]
    Tokens(Tokens),
}

/// Sign up. The password is asked for, or read as a line of standard input.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater account create ada@example.com --name 'Ada Lovelace'
  headwater account create ada@example.com --operator-link 'http://127.0.0.1:8080/operator?token=hwl_…'

{EXIT_CODES}"))]
pub struct Create {
    /// E-mail address.
    #[arg(value_name = "ADDRESS")]
    pub email: String,
    /// Your name.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub name: String,
    /// The link that a server without an operator printed: makes you the first one.
    #[arg(long, value_name = "LINK")]
    pub operator_link: Option<String>,
}

/// My tokens, which act as me.
#[derive(Debug, Clone, Subcommand)]
pub enum Tokens {
    /// List them, without their secrets.
    #[command(after_help = format!("\
Examples:
  headwater account tokens list

{EXIT_CODES}"))]
    List,
    /// Create one; asks for the password when it was not shown shortly before.
    #[command(after_help = format!("\
Examples:
  headwater account tokens create 'My laptop' --days 90
  export HEADWATER_TOKEN=$(headwater account tokens create CI --json | jq -r .secret)

{EXIT_CODES}"))]
    Create {
        /// What it is for.
        #[arg(value_name = "DESCRIPTION")]
        description: String,
        /// Days until it ends; never unless given.
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
    },
    /// Revoke one.
    #[command(after_help = format!("\
Examples:
  headwater account tokens revoke tok_5BKZVyYHdt1D7ZrtHyNR7W --yes

{EXIT_CODES}"))]
    Revoke {
        /// Its id.
        #[arg(value_name = "TOKEN_ID")]
        id: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

const TOKENS: [Field; 6] = [
    ("ID", "/id"),
    ("FOR", "/description"),
    ("TOKEN", "/hint"),
    ("MADE", "/createdAt"),
    ("ENDS", "/expiresAt"),
    ("LAST USED", "/lastUsedAt"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::Create(arguments) => create(arguments, console).await,
        Command::Verify { link } => {
            let token = json!({ "token": token_of(link) });
            let reply = console.post(&["account", "verification"], token).await?;
            let line = format!("{} is verified", reply.text("/account/email"));
            console.show_done(&reply, &line)
        }
        Command::Resend => {
            let reply = console.post(&["account", "verification-mail"], Value::Null).await?;
            console.show_done(&reply, "the mail is on its way")
        }
        Command::ClaimOperator { link } => {
            let token = json!({ "token": token_of(link) });
            let reply = console.post(&["operator", "claim"], token).await?;
            let line = format!("{} runs this installation", reply.text("/account/email"));
            console.show_done(&reply, &line)
        }
        Command::Tokens(command) => tokens(command, console).await,
    }
}

async fn create(arguments: &Create, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let password = console.screen.ask_secret("Password")?;
    let mut new = json!({ "email": arguments.email, "name": arguments.name, "password": password });
    if let Some(link) = &arguments.operator_link {
        new["operatorToken"] = json!(token_of(link));
    }
    let reply = console.post(&["accounts"], new).await?;
    let next = match arguments.operator_link {
        Some(_) => "signed up; next: headwater login",
        None => "a mail is on its way; log in, then `headwater account verify` with its link",
    };
    console.show_done(&reply, next)
}

async fn tokens(command: &Tokens, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Tokens::List => {
            let tokens = console.list(&["account", "tokens"], &[], "tokens").await?;
            console.show_list(&tokens, &TOKENS, "no tokens")
        }
        Tokens::Create { description, days } => {
            let mut new = json!({ "description": description });
            if let Some(days) = days {
                new["expiresInDays"] = json!(days);
            }
            let reply = proved(&["account", "tokens"], new, console).await?;
            let fields = [("Token", "/secret"), ("Id", "/token/id"), ("Ends", "/token/expiresAt")];
            console.show_one(&reply, "", &fields)?;
            console.say("keep it now: it is not shown again")
        }
        Tokens::Revoke { id, yes } => {
            console.screen.confirm(&format!("Revoke the token {id}"), *yes)?;
            let reply = console.delete(&["account", "tokens", id], &[]).await?;
            console.show_done(&reply, &format!("{id} is worth nothing now"))
        }
    }
}

/// Posts what needs the password, and shows it once more when the API asks for it.
async fn proved(
    path: &[&str],
    body: Value,
    console: &mut Console<'_, '_>,
) -> Result<Reply, Failure> {
    match console.post(path, body.clone()).await {
        Err(Failure::Faults { faults, .. }) if faults.iter().any(|f| f.is("proof_needed")) => {
            let mut shown = json!({ "password": console.screen.ask_secret("Password")? });
            let proof = ["sessions", "current", "proof"];
            match console.post(&proof, shown.clone()).await {
                Err(Failure::Faults { faults, .. })
                    if faults.iter().any(|f| f.pointer.as_deref() == Some("/code")) =>
                {
                    shown["code"] = json!(console.screen.ask("Code")?);
                    console.post(&proof, shown).await?;
                }
                answered => {
                    answered?;
                }
            }
            console.post(path, body).await
        }
        answered => answered,
    }
}
