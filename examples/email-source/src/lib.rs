//! A small e-mail service, and a source of Headwater: it sends campaigns by SMTP and tells
//! Headwater what becomes of each mail.
//!
//! ```text
//!   campaign ──► mailer ──► SMTP ──► recipient
//!      │            │                   │ picture, link, unsubscribe
//!      ▼            ▼                   ▼
//!   journal ◄── delivered, bounced ◄── opened, clicked, unsubscribed, marked as spam
//!      │
//!      └──► courier ──► POST /v1/batch ──► Headwater
//! ```

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use lettre::{AsyncSmtpTransport, Tokio1Executor, message::Mailbox};
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;

use crate::{
    campaign::List, courier::Courier, event::Integration, mailer::Mailer, service::Service,
};

mod admin;
mod backoff;
pub mod campaign;
mod courier;
pub mod event;
pub mod http;
mod journal;
mod letter;
mod mailer;
mod pages;
mod public;
mod report;
mod service;
mod token;

/// Settings: what a customer of this service types in, and what its operator decides.
#[derive(Clone, clap::Args)]
pub struct Options {
    /// The customer's write key, copied from the source's page.
    #[arg(long, env = "WRITE_KEY", hide_env_values = true, value_name = "KEY")]
    pub write_key: String,
    /// The customer's Headwater: theirs to choose, like the region.
    #[arg(long, env = "HEADWATER_URL", value_name = "URL")]
    pub headwater_url: Url,
    /// Slug of this integration in the Developer Portal.
    #[arg(long, env = "INTEGRATION", value_name = "SLUG")]
    pub integration: String,
    /// Its version.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"), value_name = "VERSION")]
    pub integration_version: String,
    /// The mail server: smtp://host:port, smtp://user:password@host?tls=required, smtps://…
    #[arg(long, env = "SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp: String,
    /// Whom mails come from.
    #[arg(long, default_value = "Newsletter <news@localhost>", value_name = "MAILBOX")]
    pub sender: Mailbox,
    /// Name of the mailing list.
    #[arg(long, default_value = "Newsletter", value_name = "NAME")]
    pub list: String,
    /// Where to listen for recipients.
    #[arg(long, default_value = "127.0.0.1:8025", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Where recipients reach it; the address it listens on unless given.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<Url>,
    /// A proxy of ours stands in front, and writes X-Forwarded-For.
    #[arg(long)]
    pub behind_proxy: bool,
    /// Where to listen for whoever sends mail; keep it to this machine.
    #[arg(long, default_value = "127.0.0.1:8026", value_name = "ADDRESS")]
    pub admin: SocketAddr,
    /// Folder for campaigns and messages that wait.
    #[arg(long, default_value = "email-source-data", value_name = "FOLDER")]
    pub data: PathBuf,
}

/// A service that runs until this is dropped.
pub struct Running {
    /// Where recipients reach it.
    pub public: SocketAddr,
    /// Where its page is.
    pub admin: SocketAddr,
    tasks: JoinSet<Result<()>>,
}

impl Running {
    /// Waits until a part of it fails, which none does while all is well.
    ///
    /// # Errors
    /// Always: what failed.
    pub async fn stopped(&mut self) -> Result<()> {
        match self.tasks.join_next().await {
            Some(ended) => ended?,
            None => Ok(()),
        }
    }
}

/// Starts it. Mails and messages that an earlier run left waiting go out.
///
/// # Errors
/// The settings cannot work, an address is taken, or the folder is damaged or in use.
pub async fn start(options: Options) -> Result<Running> {
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&options.smtp)
        .context("--smtp is no address of a mail server")?
        .build();
    let integration =
        Integration { slug: options.integration, version: options.integration_version };
    let list_id = options.list.to_lowercase().replace(char::is_whitespace, "-");
    let list = List { id: list_id, name: options.list };
    let folder = options.data.clone();
    let opened =
        tokio::task::spawn_blocking(move || Service::open(&folder, integration, list)).await?;
    let service = Arc::new(
        opened.with_context(|| format!("cannot use the folder {}", options.data.display()))?,
    );

    let bind = async |address: SocketAddr| {
        let listener = TcpListener::bind(address).await;
        listener.with_context(|| format!("cannot listen on {address}"))
    };
    let (listener, admin_listener) = (bind(options.listen).await?, bind(options.admin).await?);
    let (public, admin) = (listener.local_addr()?, admin_listener.local_addr()?);
    let public_url = match options.public_url {
        Some(url) => url,
        None => Url::parse(&format!("http://{public}"))?,
    };

    let mut tasks = JoinSet::new();
    let recipients = public::router(service.clone(), options.behind_proxy)
        .into_make_service_with_connect_info::<SocketAddr>();
    tasks.spawn(async { axum::serve(listener, recipients).await.context("serving recipients") });
    let senders = admin::router(service.clone());
    tasks.spawn(async { axum::serve(admin_listener, senders).await.context("serving the page") });
    let mailer = Mailer { transport, sender: options.sender, public: public_url };
    let shared = service.clone();
    tasks.spawn(async { mailer.run(shared).await.context("sending mails") });
    let courier = Courier::new(&options.headwater_url, &options.write_key);
    tasks.spawn(async { courier.run(service).await.context("sending messages") });
    Ok(Running { public, admin, tasks })
}
