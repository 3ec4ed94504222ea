//! Mails are written in the transaction that causes them, and leave it by a queue.

use mail::Letter;
use store::{Write, mails};

use crate::{error::ApiError, state::Api};

/// Whether `text` is an address that a mail can be sent to.
pub fn is_address(text: &str) -> bool {
    mail::is_address(text)
}

/// Writes `letter` to `to`, in the transaction that causes it. After the commit tell
/// `api.mail`, so that it leaves at once.
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

/// Which letter it is, for lists of mails.
fn name_of(letter: &Letter) -> String {
    let shown = format!("{letter:?}");
    shown.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned()
}
