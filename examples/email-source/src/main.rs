//! `email-source serve` runs the service, `email-source send` hands it a campaign.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::{
    Request, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use bytes::Bytes;
use clap::Parser;
use email_source::{Options, campaign::Draft, http};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// A small e-mail service that tells Headwater what becomes of its mails.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Run the service: sends mails, serves picture, link and unsubscribe page, tells Headwater.
    Serve(Box<Options>),
    /// Send a campaign through the running service, and wait until every mail is out.
    Send(Box<Send>),
}

#[derive(clap::Args)]
struct Send {
    /// A recipient, by the id that your own database has and the address.
    #[arg(long, required = true, value_name = "USERID=ADDRESS")]
    to: Vec<String>,
    /// Name of the campaign.
    #[arg(long, default_value = "Try-out")]
    name: String,
    /// Subject of the mail.
    #[arg(long, default_value = "News from Acme")]
    subject: String,
    /// Text of the mail.
    #[arg(long, default_value = "Here is what is new.")]
    text: String,
    /// Where the link in the mail leads.
    #[arg(long, default_value = "https://example.com/")]
    link: String,
    /// The page of the running service.
    #[arg(long, default_value = "http://127.0.0.1:8026", value_name = "URL")]
    admin: Url,
    /// How long to wait, in seconds.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    wait: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match Command::parse() {
        Command::Serve(options) => serve(*options).await,
        Command::Send(send) => send.run().await,
    }
}

async fn serve(options: Options) -> Result<()> {
    let mut running = email_source::start(options).await?;
    println!("page:       http://{}/", running.admin);
    println!("recipients: http://{}/", running.public);
    tokio::select! {
        ended = running.stopped() => ended,
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot hear Ctrl-C"),
    }
}

impl Send {
    async fn run(self) -> Result<()> {
        let client = http::client();
        let draft = Draft {
            name: self.name,
            subject: self.subject,
            text: self.text,
            link: self.link,
            recipients: self.to.join("\n"),
        };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("name", &draft.name)
            .append_pair("subject", &draft.subject)
            .append_pair("text", &draft.text)
            .append_pair("link", &draft.link)
            .append_pair("recipients", &draft.recipients)
            .finish();
        let request = Request::post(self.admin.join("campaigns")?.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))?;
        let (status, answer) = answer(&client, request).await?;
        if status != StatusCode::CREATED {
            bail!("not sent: {}", answer["message"].as_str().unwrap_or("the service refuses"));
        }
        for address in answer["leftOut"].as_array().into_iter().flatten() {
            println!("{}: unsubscribed, gets nothing", address.as_str().unwrap_or_default());
        }
        let id = answer["id"].as_str().context("the campaign has no id")?;
        let campaign = self.admin.join(&format!("campaigns/{id}"))?;
        let all_out = async {
            loop {
                let request = Request::get(campaign.as_str()).body(Full::default())?;
                let (_, answer) = self::answer(&client, request).await?;
                let mails = answer["mails"].as_array().cloned().unwrap_or_default();
                let first = |mail: &Value| mail["events"][0].as_str().map(str::to_owned);
                if mails.iter().all(|mail| first(mail).is_some()) {
                    for mail in &mails {
                        let email = mail["email"].as_str().unwrap_or_default();
                        println!("{email}: {}", first(mail).unwrap_or_default());
                    }
                    return Ok::<_, anyhow::Error>(());
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(self.wait), all_out).await;
        waited.context("some mails are not out yet; the service goes on trying")?
    }
}

async fn answer(
    client: &http::Client,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Value)> {
    let answer = client.request(request).await.context("the service cannot be reached")?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}
