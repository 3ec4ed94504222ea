//! `headwater apply`: a company's way into the partner programme, from its own side.

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{
    application::{self, APPLICATION},
    console::{Console, Reply, text},
    login,
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// Apply to the partner programme, and see how the application stands.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = format!("\
Examples:
  headwater apply form > application.toml
  headwater apply --from application.toml --accept-agreements
  headwater apply --company-name 'Acme Labs' --company-website https://acme.example \\
    --data-in 'By our SDK' --data-out 'Email Opened' --used-for Campaigns \\
    --heard-from 'A customer' --accept-agreements
  headwater apply status

{EXIT_CODES}"))]
pub struct Apply {
    /// The answers.
    #[command(flatten)]
    pub answers: Answers,
    /// Something else than applying.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The form's answers; an option goes before what the file says.
#[derive(Debug, Clone, Args)]
pub struct Answers {
    /// A file of answers, as `headwater apply form` writes it.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Company name.
    #[arg(long, value_name = "NAME")]
    pub company_name: Option<String>,
    /// Company website.
    #[arg(long, value_name = "URL")]
    pub company_website: Option<String>,
    /// How customers get data into your tool.
    #[arg(long, value_name = "TEXT")]
    pub data_in: Option<String>,
    /// Which events you will send, and what customers will do with them.
    #[arg(long, value_name = "TEXT")]
    pub data_out: Option<String>,
    /// What customers use your tool for.
    #[arg(long, value_name = "TEXT")]
    pub used_for: Option<String>,
    /// How you heard about us.
    #[arg(long, value_name = "TEXT")]
    pub heard_from: Option<String>,
    /// Where to answer; your own address unless given.
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Accept the partner agreement and the privacy policy in force; asked for unless given.
    #[arg(long)]
    pub accept_agreements: bool,
}

/// What else there is to an application.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Write the form as a file to fill in.
    #[command(after_help = format!("\
Examples:
  headwater apply form > application.toml

{EXIT_CODES}"))]
    Form,
    /// Show how my applications stand, and what was asked.
    #[command(after_help = format!("\
Examples:
  headwater apply status
  headwater apply status --json | jq -r .statusLabel

{EXIT_CODES}"))]
    Status,
    /// Answer what was asked.
    #[command(after_help = format!("\
Examples:
  headwater apply answer 'Globex and Initech asked for it'

{EXIT_CODES}"))]
    Answer {
        /// The answer.
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Take the application back.
    #[command(after_help = format!("\
Examples:
  headwater apply withdraw --yes

{EXIT_CODES}"))]
    Withdraw {
        /// Why.
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

const STEPS: [Field; 3] = [("WHEN", "/at"), ("STEP", "/step"), ("WORDS", "/note")];

pub(super) async fn run(arguments: &Apply, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match &arguments.command {
        None => apply(&arguments.answers, console).await,
        Some(Command::Form) => form(console).await,
        Some(Command::Status) => status(console).await,
        Some(Command::Answer { text }) => step("answer", text, console).await,
        Some(Command::Withdraw { note, yes }) => {
            console.screen.confirm("Take your application back", *yes)?;
            step("withdraw", note, console).await
        }
    }
}

async fn apply(answers: &Answers, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut given = match &answers.from {
        None => Map::new(),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::reading(path, error))?;
            let read = toml::from_str::<Map<String, Value>>(&text);
            read.map_err(|error| {
                let message = format!("{}: {}", path.display(), error.message());
                Failure::usage(message, "see `headwater apply form`")
            })?
        }
    };
    let options = [
        ("companyName", &answers.company_name),
        ("companyWebsite", &answers.company_website),
        ("dataIn", &answers.data_in),
        ("dataOut", &answers.data_out),
        ("usedFor", &answers.used_for),
        ("heardFrom", &answers.heard_from),
        ("email", &answers.email),
    ];
    for (name, option) in options {
        if let Some(value) = option {
            given.insert(name.to_owned(), json!(value));
        }
    }
    if !given.contains_key("email") {
        given.insert("email".to_owned(), json!(login::my_email(console).await?));
    }
    let form = console.get(&["applications", "form"], &[]).await?;
    let (agreement, policy) = (form.text("/partnerAgreement"), form.text("/privacyPolicy"));
    if !answers.accept_agreements {
        accept(agreement, policy, console)?;
    }
    given.insert("partnerAgreement".to_owned(), json!(agreement));
    given.insert("privacyPolicy".to_owned(), json!(policy));
    let reply = console.post(&["applications"], given.into()).await?;
    console.show_one(&reply, "/application", &APPLICATION)
}

fn accept(agreement: &str, policy: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let what = format!(
        "Accept the partner agreement ({agreement}) and the privacy policy ({policy}) in force"
    );
    console.screen.confirm(&what, false).map_err(|_| {
        Failure::usage("the agreements are not accepted", "read them, and say --accept-agreements")
    })
}

async fn form(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.get(&["applications", "form"], &[]).await?;
    if console.json {
        return console.screen.line(&reply.data.to_string());
    }
    form_lines(&reply.data).iter().try_for_each(|line| console.say(line))
}

/// The form as a file to fill in.
fn form_lines(form: &Value) -> Vec<String> {
    let mut lines = vec![
        "# Application to the partner programme. Fill it in, then:".to_owned(),
        "#   headwater apply --from application.toml --accept-agreements".to_owned(),
    ];
    for question in form["questions"].as_array().into_iter().flatten() {
        lines.push(String::new());
        lines.push(format!("# {}", text(question, "/text")));
        lines.push(format!("# {}", text(question, "/help")));
        lines.push(format!("{} = \"\"", text(question, "/key")));
    }
    lines
}

async fn status(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut reply = console.get(&["applications", "mine"], &[]).await?;
    let mine = match reply.data["applications"].take() {
        Value::Array(mine) => mine,
        _ => Vec::new(),
    };
    if console.json || mine.is_empty() {
        return console.show_list(&mine, &[], "no application yet; see `headwater apply --help`");
    }
    for application in mine {
        let steps = application["steps"].as_array().cloned().unwrap_or_default();
        let reply = Reply { data: application, etag: None };
        console.show_one(&reply, "", &APPLICATION)?;
        console.show_list(&steps, &STEPS, "")?;
    }
    Ok(())
}

async fn step(step: &str, note: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let body = json!({ "step": step, "note": note });
    let reply = console.post(&["applications", "mine", "steps"], body).await?;
    application::show_status(&reply, console)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_form_is_a_file_that_can_be_read_again() {
        let form = json!({ "questions": [
            { "key": "companyName", "text": "What is your company called?", "help": "As known." },
            { "key": "dataIn", "text": "How do you get data?", "help": "SDKs, imports." },
        ] });
        let lines = form_lines(&form).join("\n") + "\n";
        expect![[r#"
            # Application to the partner programme. Fill it in, then:
            #   headwater apply --from application.toml --accept-agreements

            # What is your company called?
            # As known.
            companyName = ""

            # How do you get data?
            # SDKs, imports.
            dataIn = ""
        "#]]
        .assert_eq(&lines);
        let read: Map<String, Value> = toml::from_str(&lines).expect("it is TOML");
        assert_eq!(read.len(), 2);
    }
}
