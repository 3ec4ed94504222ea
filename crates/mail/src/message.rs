//! A letter with its addresses: one message as it travels, is stored, and is saved as an `.eml` file.

use std::time::{Duration, SystemTime};

use lettre::{
    Address, Message,
    message::{
        Mailbox as Addressed, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

use crate::{Rendered, words};

#[cfg(test)]
mod tests;

/// Somebody who sends or receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Shown beside the address; may be anything.
    pub name: Option<String>,
    /// `local@domain`.
    pub email: String,
}

/// Text that is not an address, in the place of one.
#[derive(Debug, thiserror::Error)]
#[error("`{email}` is not an e-mail address")]
pub struct BadAddress {
    email: String,
    #[source]
    why: lettre::address::AddressError,
}

impl Mailbox {
    /// Without a name.
    pub fn new(email: impl Into<String>) -> Mailbox {
        Mailbox { name: None, email: email.into() }
    }

    fn addressed(&self) -> Result<Addressed, BadAddress> {
        let name = self.name.as_deref().map(words::name).filter(|name| !name.is_empty());
        Ok(Addressed::new(name, address(&self.email)?))
    }
}

/// Whether `text` is an address that a mail can be sent to.
pub fn is_address(text: &str) -> bool {
    address(text).is_ok()
}

pub(crate) fn address(email: &str) -> Result<Address, BadAddress> {
    email.parse().map_err(|why| BadAddress { email: words::name(email), why })
}

/// The message as bytes. The same arguments give the same bytes. `message_id` is ours and not to be guessed,
/// such as a random id; of it only letters, digits and `-` count. `date_ms` is the time of writing, Unix milliseconds.
/// Shape: RFC 5322 with MIME, plain text and HTML, lines end with CR LF, all ASCII.
pub fn eml(
    letter: &Rendered,
    from: &Mailbox,
    to: &Mailbox,
    message_id: &str,
    date_ms: i64,
) -> Result<Vec<u8>, BadAddress> {
    let id: String =
        message_id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(50).collect();
    let (from, to) = (from.addressed()?, to.addressed()?);
    let date = SystemTime::UNIX_EPOCH + Duration::from_millis(date_ms.max(0).unsigned_abs());
    let parts = MultiPart::alternative()
        .boundary(format!("headwater_{id}"))
        .singlepart(SinglePart::plain(letter.text.replace('\n', "\r\n")))
        .singlepart(SinglePart::html(letter.html.replace('\n', "\r\n")));
    let message = Message::builder()
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .date(date)
        .from(from)
        .to(to)
        .subject(words::name(&letter.subject))
        // nobody's "I am away" answers a machine
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(parts)
        .expect("it has a sender and a recipient");
    Ok(message.formatted())
}
