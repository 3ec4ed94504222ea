//! `headwater certificate`: what an integration was certified for, and whether that holds.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use proof::certificate::{Payload, read, rerun};
use serde_json::{Value, json as object};

use super::console::{Console, text};
use crate::{EXIT_CODES, Failure, Screen};

/// What one does with a certificate.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Write the certificate of a submission to standard output.
    #[command(after_help = format!("\
Examples:
  headwater certificate get acme-mail > acme-mail-certificate.json
  headwater certificate get acme-mail --published > acme-mail-certificate.json

{EXIT_CODES}"))]
    Get {
        /// Which submission.
        #[command(flatten)]
        of: Of,
        /// That of the catalog entry, which anybody may read.
        #[arg(long)]
        published: bool,
    },
    /// Write the messages that a certificate rests on to standard output.
    #[command(after_help = format!("\
Examples:
  headwater certificate evidence acme-mail > acme-mail-evidence.ndjson

{EXIT_CODES}"))]
    Evidence(Of),
    /// Does a certificate hold? Without a server; exits with 1 when it does not.
    ///
    /// Checks the signature, and with the evidence runs every check again: they must come to the
    /// very report that was signed.
    #[command(after_help = format!("\
Examples:
  headwater certificate verify acme-mail-certificate.json
  headwater certificate verify acme-mail-certificate.json --evidence acme-mail-evidence.ndjson
  headwater certificate verify certificate.json --key \"$(curl -s https://cdp.example.com/api/certificates/keys | jq -r '.data.keys[0].publicKey')\"

{EXIT_CODES}"))]
    Verify(Verify),
}

/// Which submission.
#[derive(Debug, Clone, Args)]
pub struct Of {
    /// Slug or id of the integration.
    #[arg(value_name = "INTEGRATION")]
    pub integration: String,
    /// The submission's id; the newest one's that has a certificate unless given.
    #[arg(long, value_name = "ID")]
    pub submission: Option<String>,
}

/// What to verify, and by what.
#[derive(Debug, Clone, Args)]
pub struct Verify {
    /// The certificate.
    #[arg(value_name = "FILE")]
    pub certificate: PathBuf,
    /// The messages that it rests on.
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// The only key that may have signed it, base64; without it the certificate's own is believed.
    #[arg(long, value_name = "BASE64")]
    pub key: Option<String>,
}

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::Get { of, published: true } => {
            let path = ["catalog", "sources", &of.integration, "certificate"];
            let file = console.download(&path, &[]).await?;
            console.screen.raw(&file)
        }
        Command::Get { of, .. } => {
            let submission = submission(of, console).await?;
            let of = ["integrations", &of.integration, "submissions", &submission, "certificate"];
            let file = console.download(&of, &[]).await?;
            console.screen.raw(&file)
        }
        Command::Evidence(of) => {
            let submission = submission(of, console).await?;
            let of = ["integrations", &of.integration, "submissions", &submission];
            let file =
                console.download(&[&of[..], &["evidence", "messages"]].concat(), &[]).await?;
            console.screen.raw(&file)
        }
        Command::Verify(arguments) => verify(arguments, console.json, console.screen),
    }
}

/// The submission that is meant: named, or the newest launch.
async fn submission(of: &Of, console: &mut Console<'_, '_>) -> Result<String, Failure> {
    if let Some(named) = &of.submission {
        return Ok(named.clone());
    }
    let reply = console.get(&["integrations", &of.integration, "submissions"], &[]).await?;
    let rounds = reply.data["submissions"].as_array().cloned().unwrap_or_default();
    let newest = rounds.iter().find(|round| text(round, "/purpose") == "launch");
    newest.map(|round| text(round, "/id").to_owned()).ok_or_else(|| {
        Failure::refused(
            format!("{} was not submitted yet", of.integration),
            Some("headwater integration submit".to_owned()),
        )
    })
}

/// Verifies without a server.
pub(super) fn verify(
    arguments: &Verify,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<(), Failure> {
    let certificate = file(&arguments.certificate)?;
    let certificate = String::from_utf8_lossy(&certificate);
    let holds = |error: proof::certificate::Invalid| Failure::refused(error.to_string(), None);
    let payload = read(&certificate, arguments.key.as_deref()).map_err(holds)?;
    if let Some(evidence) = &arguments.evidence {
        rerun(&payload, &file(evidence)?).map_err(holds)?;
    }
    if json {
        let payload = serde_json::to_value(&payload).unwrap_or(Value::Null);
        let said = object!({
            "holds": true,
            "rerun": arguments.evidence.is_some(),
            "keyTrusted": arguments.key.is_some(),
            "payload": payload,
        });
        return screen.line(&said.to_string());
    }
    for line in lines(&payload, arguments) {
        screen.line(&line)?;
    }
    Ok(())
}

fn lines(payload: &Payload, arguments: &Verify) -> Vec<String> {
    let seen = &payload.seen;
    let outcome = match payload.outcome {
        proof::Outcome::Passed => "passed",
        proof::Outcome::Failed => "failed",
        proof::Outcome::Empty => "nothing was sent",
    };
    let signed = if arguments.key.is_some() {
        "by the key that was given"
    } else {
        "by the key it names itself; give --key to know whose it is"
    };
    let rerun = if arguments.evidence.is_some() {
        "run again over the evidence: the same report"
    } else {
        "not run again; give --evidence"
    };
    vec![
        format!("Integration  {} ({})", payload.integration.name, payload.integration.slug),
        format!("Issued       {} by {}", payload.issued_at, payload.issuer),
        format!("Outcome      {outcome}, score {} of 100", payload.score),
        format!("Messages     {}, {} with errors", seen.messages, seen.with_errors),
        format!("Rules        {}", payload.rule_set),
        format!("Evidence     {}", payload.evidence_hash),
        format!("Signature    holds, {signed}"),
        format!("Checks       {rerun}"),
    ]
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = match path.to_str() {
        Some("-") => {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes).map(|_| bytes)
        }
        _ => fs::read(path),
    };
    read.map_err(|error| {
        Failure::usage(
            format!("cannot read {}: {error}", path.display()),
            "name a file that is there, or - for standard input",
        )
    })
}
