//! Sends mails by SMTP, and keeps what became of them.
//!
//! A mail whose server is away is tried again for a day, then it counts as bounced. After a crash,
//! a mail that nobody is known to have taken is sent again under the same `Message-ID`.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use jiff::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor, message::Mailbox, transport::smtp,
};
use tokio::time::Instant;
use url::Url;

use crate::{
    backoff,
    event::{Happening, Visitor},
    letter::{self, Addresses},
    service::{Letter, Service, Worker},
};

/// How long one mail may take.
const MAIL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a mail is tried.
const GIVE_UP_AFTER_MS: i64 = 24 * 60 * 60 * 1000;

/// Sends mails.
pub struct Mailer {
    /// The mail server that takes ours.
    pub transport: AsyncSmtpTransport<Tokio1Executor>,
    /// Whom mails come from.
    pub sender: Mailbox,
    /// Where recipients reach this service.
    pub public: Url,
}

/// What a mail server made of a mail.
enum Outcome {
    Taken,
    Refused,
    Later(String),
}

/// The attempts at one mail so far.
struct Attempts {
    failed: u32,
    next: Instant,
}

impl Mailer {
    /// Sends what is there and what comes, for ever.
    ///
    /// # Errors
    /// What became of a mail cannot be kept: going on would send it again and again.
    pub async fn run(self, service: Arc<Service>) -> io::Result<()> {
        let mut attempts: HashMap<String, Attempts> = HashMap::new();
        loop {
            let mut next = Instant::now() + Duration::from_secs(3600);
            let mut trouble = None;
            for letter in service.waiting() {
                let id = &letter.mail.id;
                if let Some(before) = attempts.get(id).filter(|it| it.next > Instant::now()) {
                    next = next.min(before.next);
                    continue;
                }
                // they may have changed their mind since we made the list
                if service.is_suppressed(&letter.mail.email) {
                    continue;
                }
                let happening = match self.send(&letter, &service).await {
                    Outcome::Taken => Happening::Delivered,
                    Outcome::Refused => Happening::Bounced,
                    Outcome::Later(reason) if !is_too_old(&letter) => {
                        let failed = attempts.get(id).map_or(0, |before| before.failed);
                        let again = Instant::now() + backoff::delay(failed);
                        attempts.insert(id.clone(), Attempts { failed: failed + 1, next: again });
                        next = next.min(again);
                        trouble = Some(format!("The mail server does not take mail: {reason}"));
                        continue;
                    }
                    Outcome::Later(_) => Happening::Bounced,
                };
                attempts.remove(id);
                keep(happening, letter, &service).await?;
            }
            service.held_up(Worker::Mailer, trouble);
            tokio::select! {
                () = service.mails.notified() => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    async fn send(&self, letter: &Letter, service: &Service) -> Outcome {
        let addresses = Addresses::of(&letter.mail.id, &self.public, &service.signer);
        let message = letter::message(letter, &addresses, &self.sender, &service.signer);
        let Ok(message) = message else { return Outcome::Refused };
        match tokio::time::timeout(MAIL_TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(_)) => Outcome::Taken,
            Ok(Err(error)) => judged(&error),
            Err(_) => Outcome::Later("it does not answer".to_owned()),
        }
    }
}

fn is_too_old(letter: &Letter) -> bool {
    Timestamp::now().as_millisecond() - letter.campaign.created_at_ms > GIVE_UP_AFTER_MS
}

async fn keep(happening: Happening, letter: Letter, service: &Arc<Service>) -> io::Result<()> {
    let service = service.clone();
    let kept = tokio::task::spawn_blocking(move || {
        service.record(happening, &letter, &Visitor::default(), Timestamp::now())
    });
    kept.await.map_err(io::Error::other)?
}

/// Refusals of the mail are final. Those of ourselves (RFC 4954: no login, a wrong one, one that
/// needs TLS) are not the recipient's fault, and no bounce.
fn judged(error: &smtp::Error) -> Outcome {
    match error.status().map(u16::from) {
        Some(530 | 534 | 535 | 538) => Outcome::Later(words(error)),
        Some(500..) => Outcome::Refused,
        _ => Outcome::Later(words(error)),
    }
}

/// An error with its causes, on one line.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words.replace(['\r', '\n'], " ")
}
