//! A campaign: what somebody wants to send, and to whom. Checked once, here. Pure.

use std::collections::HashSet;

use jiff::Timestamp;
use lettre::Address;
use serde::{Deserialize, Serialize};
use url::Url;

#[cfg(test)]
mod tests;

/// The longest name, subject and user id, in characters.
const LINE_MAX: usize = 200;
/// The longest text, in characters.
const TEXT_MAX: usize = 10_000;
/// The longest link, in bytes.
const URL_MAX: usize = 2_000;
/// The most recipients of one campaign.
const RECIPIENTS_MAX: usize = 10_000;

/// One mailing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Ours.
    pub id: String,
    /// For the sender's eyes.
    pub name: String,
    /// What recipients read first.
    pub subject: String,
    /// What stands above the link.
    pub text: String,
    /// Its one link.
    pub link: Link,
    /// Whom it goes to, as a whole.
    pub list: List,
    /// When it was made, Unix milliseconds.
    pub created_at_ms: i64,
    /// One for each recipient.
    pub mails: Vec<Mail>,
}

/// A link in a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Ours.
    pub id: String,
    /// Where it leads, `http` or `https`.
    pub url: String,
}

/// A mailing list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Ours.
    pub id: String,
    /// As recipients know it.
    pub name: String,
}

/// One mail to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Ours, and not to be guessed.
    pub id: String,
    /// The customer's id of this person: what makes our events useful to the customer.
    pub user_id: String,
    /// Where it goes.
    pub email: String,
}

/// What a person fills in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Draft {
    /// For the sender's eyes.
    pub name: String,
    /// What recipients read first.
    pub subject: String,
    /// What stands above the link.
    #[serde(default)]
    pub text: String,
    /// Where the link leads.
    pub link: String,
    /// `userId=address`, one a line.
    pub recipients: String,
}

/// Why a draft is no campaign.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDraft {
    /// There is nothing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// There is too much.
    #[error("{0} is longer than {1} characters")]
    TooLong(&'static str, usize),
    /// A line break or another sign that does not belong in one line: it could begin a header.
    #[error("{0} must be one line of text")]
    NotALine(&'static str),
    /// Nothing to click.
    #[error("the link must be an http or https address, such as https://acme.example/spring")]
    Link,
    /// One that cannot be written to.
    #[error("recipient {line} must be userId=address, such as 97980cfea0067=ada@acme.example")]
    Recipient {
        /// Which line, from 1.
        line: usize,
    },
    /// More than can be sent at once.
    #[error("there are more than {RECIPIENTS_MAX} recipients")]
    TooMany,
}

/// A campaign, and whom it leaves out because they want no more mail.
#[derive(Debug)]
pub struct Planned {
    /// To everybody else.
    pub campaign: Campaign,
    /// Addresses that get nothing.
    pub left_out: Vec<String>,
}

impl Draft {
    /// The campaign that is meant. `suppressed` says who wants no more mail, `fresh` makes ids.
    ///
    /// # Errors
    /// The first thing that is wrong with the draft.
    pub fn plan(
        &self,
        list: &List,
        suppressed: impl Fn(&str) -> bool,
        mut fresh: impl FnMut() -> String,
        at: Timestamp,
    ) -> Result<Planned, BadDraft> {
        let name = line("the name", &self.name)?;
        let subject = line("the subject", &self.subject)?;
        if self.text.chars().count() > TEXT_MAX {
            return Err(BadDraft::TooLong("the text", TEXT_MAX));
        }
        let url = web_address(&self.link)?;
        let (mut mails, mut left_out, mut known) = (Vec::new(), Vec::new(), HashSet::new());
        for (at, text) in self.recipients.lines().enumerate() {
            if text.trim().is_empty() {
                continue;
            }
            let (user_id, email) = recipient(text).ok_or(BadDraft::Recipient { line: at + 1 })?;
            // the same address twice would be two mails to one person
            if !known.insert(email.to_ascii_lowercase()) {
                continue;
            }
            if suppressed(&email) {
                left_out.push(email);
                continue;
            }
            mails.push(Mail { id: fresh(), user_id, email });
        }
        if mails.is_empty() && left_out.is_empty() {
            return Err(BadDraft::Missing("a recipient"));
        }
        if mails.len() > RECIPIENTS_MAX {
            return Err(BadDraft::TooMany);
        }
        let campaign = Campaign {
            id: fresh(),
            name,
            subject,
            text: self.text.replace("\r\n", "\n").trim().to_owned(),
            link: Link { id: fresh(), url },
            list: list.clone(),
            created_at_ms: at.as_millisecond(),
            mails,
        };
        Ok(Planned { campaign, left_out })
    }
}

/// One line of text that is not empty.
fn line(what: &'static str, text: &str) -> Result<String, BadDraft> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadDraft::Missing(what));
    }
    if text.chars().any(|sign| sign.is_control() || sign == '\u{2028}' || sign == '\u{2029}') {
        return Err(BadDraft::NotALine(what));
    }
    if text.chars().count() > LINE_MAX {
        return Err(BadDraft::TooLong(what, LINE_MAX));
    }
    Ok(text.to_owned())
}

/// Where the link leads, written as browsers read it.
fn web_address(text: &str) -> Result<String, BadDraft> {
    let url = Url::parse(text.trim()).map_err(|_| BadDraft::Link)?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    match web && url.as_str().len() <= URL_MAX {
        true => Ok(url.into()),
        false => Err(BadDraft::Link),
    }
}

/// `userId=address`; the user id may hold a `=`, the address has none in practice.
fn recipient(text: &str) -> Option<(String, String)> {
    let (user_id, email) = text.rsplit_once('=')?;
    let user_id = line("the user id", user_id).ok()?;
    let email: Address = email.trim().parse().ok()?;
    Some((user_id, email.to_string()))
}
