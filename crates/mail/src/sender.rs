//! How messages leave: by SMTP, or not at all, when no server is configured and the caller keeps them.

use std::{fmt, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        self, AsyncSmtpTransportBuilder, PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls as Encryption, TlsParameters},
    },
};

use crate::message::{BadAddress, address};

#[cfg(test)]
mod tests;

/// How long one command may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long one message may take, from the connection on.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// How many connections are kept to the server.
const CONNECTIONS: u32 = 4;

/// Text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being printed.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tls {
    /// Starts plain and turns to TLS before anything is said; usual on port 587.
    #[default]
    StartTls,
    /// TLS from the first byte; usual on port 465.
    Tls,
    /// Never protected; for a server on this machine or a private network. Takes no password.
    Plain,
}

/// Which server takes our mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpOptions {
    /// Its name, as its certificate has it.
    pub host: String,
    /// 587 for [`Tls::StartTls`], 465 for [`Tls::Tls`], 25 for [`Tls::Plain`].
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Who we are to the server; without it we do not log in.
    pub username: Option<String>,
    /// Goes with `username`.
    pub password: Option<Secret>,
    /// Certificates in PEM to trust beside the usual authorities, for servers with one of their own.
    pub trusted_pem: Option<String>,
    /// The address bounces go to, and mail comes from.
    pub from: String,
}

impl SmtpOptions {
    /// Whether mail could be sent with them, as far as one can tell without the server.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), BadSmtpOptions> {
        prepared(self).map(drop)
    }
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum BadSmtpOptions {
    /// The sender's address.
    #[error("the sender of mail is not an address")]
    From(#[source] BadAddress),
    /// A user name without password, or the other way round.
    #[error("user name and password go together")]
    HalfALogin,
    /// A password would travel in the open.
    #[error("a password needs TLS")]
    OpenPassword,
    /// Certificates or names that TLS does not take.
    #[error("TLS with the mail server cannot be set up")]
    Tls(#[source] smtp::Error),
}

/// Why a message did not leave, named by what comes next.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Try again later: the server is away, slow or busy.
    #[error("the mail server does not take mail right now")]
    Retry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Do not try again: the server, or the address itself, refuses this message.
    #[error("the message was refused: {reason}")]
    Refused {
        /// What the server says, on one line.
        reason: String,
    },
    /// Someone must edit the settings first: no login, no TLS, or not as this sender.
    #[error("the mail server does not accept our settings")]
    BadSettings(#[source] smtp::Error),
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server has it.
    Accepted {
        /// What it said, for the log.
        reply: String,
    },
    /// Nobody has it but the caller, who stored it.
    Kept,
}

/// The way out.
#[derive(Debug, Clone)]
pub enum Sender {
    /// A server takes the mail.
    Smtp(Smtp),
    /// Nothing is sent; what the caller stored is all there is.
    Outbox,
}

/// Connections to a server.
#[derive(Debug, Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: lettre::Address,
}

impl Sender {
    /// Prepares connections; opens none. Needs a tokio runtime around it.
    pub fn smtp(options: &SmtpOptions) -> Result<Sender, BadSmtpOptions> {
        let (builder, from) = prepared(options)?;
        Ok(Sender::Smtp(Smtp { transport: builder.build(), from }))
    }

    /// Sends a message made by [`crate::eml`] to one address. Ends within a minute.
    pub async fn send(&self, to: &str, eml: &[u8]) -> Result<Sent, SendError> {
        let Sender::Smtp(smtp) = self else { return Ok(Sent::Kept) };
        let to = address(to).map_err(|error| SendError::Refused { reason: error.to_string() })?;
        let envelope =
            Envelope::new(Some(smtp.from.clone()), vec![to]).expect("it has one recipient");
        // the transport ends every message with a line break of its own
        let eml = eml.strip_suffix(b"\r\n").unwrap_or(eml);
        let sending = smtp.transport.send_raw(&envelope, eml);
        match tokio::time::timeout(MESSAGE_TIMEOUT, sending).await {
            Ok(Ok(reply)) => {
                Ok(Sent::Accepted { reply: reply.message().collect::<Vec<_>>().join(" ") })
            }
            Ok(Err(error)) => Err(judged(error)),
            Err(elapsed) => Err(SendError::Retry(elapsed.into())),
        }
    }
}

/// The connections that `options` ask for, and who they speak for; opens none.
fn prepared(
    options: &SmtpOptions,
) -> Result<(AsyncSmtpTransportBuilder, lettre::Address), BadSmtpOptions> {
    let from = address(&options.from).map_err(BadSmtpOptions::From)?;
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.host)
        .port(options.port)
        .tls(encryption(options)?)
        .timeout(Some(TIMEOUT))
        .pool_config(PoolConfig::new().max_size(CONNECTIONS));
    match (&options.username, &options.password) {
        (Some(_), Some(_)) if options.tls == Tls::Plain => {
            return Err(BadSmtpOptions::OpenPassword);
        }
        (Some(name), Some(Secret(password))) => {
            builder = builder.credentials(Credentials::new(name.clone(), password.clone()));
        }
        (None, None) => {}
        _ => return Err(BadSmtpOptions::HalfALogin),
    }
    Ok((builder, from))
}

fn encryption(options: &SmtpOptions) -> Result<Encryption, BadSmtpOptions> {
    if options.tls == Tls::Plain {
        return Ok(Encryption::None);
    }
    let mut parameters = TlsParameters::builder(options.host.clone());
    if let Some(pem) = &options.trusted_pem {
        let trusted = Certificate::from_pem(pem.as_bytes()).map_err(BadSmtpOptions::Tls)?;
        parameters = parameters.add_root_certificate(trusted);
    }
    let parameters = parameters.build().map_err(BadSmtpOptions::Tls)?;
    Ok(match options.tls {
        Tls::StartTls => Encryption::Required(parameters),
        _ => Encryption::Wrapper(parameters),
    })
}

/// What an error of the transport asks of us.
fn judged(error: smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    match code {
        // RFC 4954: authentication required, too weak, refused, or only with encryption
        Some(530 | 534 | 535 | 538) => SendError::BadSettings(error),
        Some(500..) => SendError::Refused { reason: crate::words::name(&innermost(&error)) },
        Some(_) => SendError::Retry(error.into()),
        None if error.is_tls() || error.is_client() => SendError::BadSettings(error),
        None => SendError::Retry(error.into()),
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => innermost(cause),
        None => error.to_string(),
    }
}
