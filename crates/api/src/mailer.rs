//! Mails: written in the transaction that causes them, and sent from there by a queue.
//!
//! ```text
//! handler ──► post ──► mails ──► run ──► mail server
//!                        └─────► outbox, when there is none
//! ```

use std::{future::Future, time::Duration};

use mail::{Letter, Mailbox, Rendered, SendError, Sender, Sent};
use store::{Write, mails};

use crate::{error::ApiError, state::Api};

/// How long one try may take before somebody else may make it.
const TRY_MS: i64 = 5 * 60_000;

/// Mails taken at one time.
const AT_ONCE: i64 = 20;

/// The first pause between tries; each is twice as long as the one before.
const FIRST_PAUSE_MS: i64 = 30_000;

/// The longest pause between tries.
const PAUSE_MAX_MS: i64 = 60 * 60_000;

/// A mail that could not be sent for this long is given up.
const GIVE_UP_MS: i64 = 24 * 60 * 60_000;

/// The queue is looked at this often at least, told or not.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Whether `text` is an address that a mail can be sent to.
pub fn is_address(text: &str) -> bool {
    mail::is_address(text)
}

/// Writes `letter` to `to`, in the transaction that causes it. Call [`sent`] after the commit.
pub async fn post(
    api: &Api,
    write: &mut Write,
    now_ms: i64,
    to: &str,
    letter: &Letter,
) -> Result<(), ApiError> {
    let rendered = letter.render();
    let mail = mails::Mail {
        id: api.fresh.id("mail"),
        letter: name_of(letter),
        to: to.to_owned(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        created_at_ms: now_ms,
        next_try_at_ms: api.options.mail_is_sent.then_some(now_ms),
        tries: 0,
        sent_at_ms: None,
        problem: None,
    };
    Ok(mails::insert(write, &mail).await?)
}

/// Tells the queue that a mail was posted. Losing this costs half a minute, never the mail.
pub fn sent(api: &Api) {
    api.mail.notify_one();
}

/// Sends what is due until `shutdown` ends. A mail whose sending was cut off is sent again.
pub async fn run(api: Api, sender: Sender, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    loop {
        let pause = tokio::select! {
            () = &mut shutdown => return,
            next = send_due(&api, &sender) => match next {
                Ok(Some(at_ms)) => {
                    let wait_ms = (at_ms - api.now_ms()).max(0);
                    LOOK_EVERY.min(Duration::from_millis(wait_ms.unsigned_abs()))
                }
                // What failed was logged where it failed.
                Ok(None) | Err(_) => LOOK_EVERY,
            },
        };
        tokio::select! {
            () = &mut shutdown => return,
            () = api.mail.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Tries every mail that is due, and says when the next one is.
pub async fn send_due(api: &Api, sender: &Sender) -> Result<Option<i64>, ApiError> {
    loop {
        let now_ms = api.now_ms();
        let mut write = api.db.write().await?;
        let due = mails::take_due(&mut write, now_ms, now_ms + TRY_MS, AT_ONCE).await?;
        write.commit().await?;
        if due.is_empty() {
            break;
        }
        for mail in due {
            let mail = try_once(api, sender, mail).await;
            let mut write = api.db.write().await?;
            mails::tried(&mut write, &mail).await?;
            write.commit().await?;
        }
    }
    let mut db = api.db.read().await?;
    Ok(mails::next_due(&mut db).await?)
}

/// The mail after one more try.
async fn try_once(api: &Api, sender: &Sender, mut mail: mails::Mail) -> mails::Mail {
    let outcome = match eml(api, &mail) {
        Ok(bytes) => sender.send(&mail.to, &bytes).await,
        Err(error) => Err(SendError::Refused { reason: error.to_string() }),
    };
    let now_ms = api.now_ms();
    mail.tries += 1;
    mail.next_try_at_ms = None;
    mail.problem = None;
    let (id, letter) = (mail.id.as_str(), mail.letter.as_str());
    match outcome {
        Ok(Sent::Accepted { .. }) => mail.sent_at_ms = Some(now_ms),
        Ok(Sent::Kept) => {}
        Err(SendError::Refused { reason }) => {
            tracing::warn!(mail = id, letter, "the mail server refused a mail for good");
            mail.problem = Some(reason);
        }
        Err(error) => {
            let cause = chain(&error);
            tracing::warn!(mail = id, letter, cause, "a mail could not be sent");
            mail.next_try_at_ms = next_try(mail.tries, mail.created_at_ms, now_ms);
            mail.problem = Some(cause);
        }
    }
    mail
}

/// When to try again after `tries` that failed; `None` when it was tried long enough.
fn next_try(tries: i64, created_at_ms: i64, now_ms: i64) -> Option<i64> {
    let doublings = u32::try_from(tries.clamp(1, 20) - 1).unwrap_or_default();
    let pause_ms = (FIRST_PAUSE_MS << doublings).min(PAUSE_MAX_MS);
    let at_ms = now_ms + pause_ms;
    (at_ms - created_at_ms <= GIVE_UP_MS).then_some(at_ms)
}

/// The message as it travels.
///
/// # Errors
/// When sender or receiver is no address.
pub fn eml(api: &Api, mail: &mails::Mail) -> Result<Vec<u8>, mail::BadAddress> {
    let letter = Rendered {
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        html: mail.html.clone(),
    };
    let from = Mailbox { name: Some("Headwater".to_owned()), email: api.options.mail_from.clone() };
    mail::eml(&letter, &from, &Mailbox::new(mail.to.as_str()), &mail.id, mail.created_at_ms)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// Which letter it is, for lists of mails.
fn name_of(letter: &Letter) -> String {
    let shown = format!("{letter:?}");
    shown.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
