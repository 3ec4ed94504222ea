//! What we tell Headwater: one `track` call for each thing that happens to a mail. Pure.
//!
//! This file is the source. Everything else is an e-mail service that would be there anyway.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::campaign::{Campaign, Mail};

#[cfg(test)]
mod tests;

/// How much of a `User-Agent` we pass on, in characters; a message has at most 32 KB.
const USER_AGENT_MAX: usize = 512;

/// What happens to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The recipient's mail server took it.
    Delivered,
    /// The recipient's mail server refused it for good.
    Bounced,
    /// Its picture was loaded.
    Opened,
    /// Its link was followed.
    LinkClicked,
    /// The recipient wants no more.
    Unsubscribed,
    /// The recipient called it spam.
    MarkedAsSpam,
}

impl Happening {
    /// All of them, in the order in which a mail meets them.
    pub const ALL: [Happening; 6] = [
        Happening::Delivered,
        Happening::Bounced,
        Happening::Opened,
        Happening::LinkClicked,
        Happening::Unsubscribed,
        Happening::MarkedAsSpam,
    ];

    /// The event's name in the Spec, letter by letter: destinations know these names and no others.
    pub fn event(self) -> &'static str {
        match self {
            Happening::Delivered => "Email Delivered",
            Happening::Bounced => "Email Bounced",
            Happening::Opened => "Email Opened",
            Happening::LinkClicked => "Email Link Clicked",
            Happening::Unsubscribed => "Unsubscribed",
            Happening::MarkedAsSpam => "Email Marked as Spam",
        }
    }

    /// The one with this name.
    pub fn named(event: &str) -> Option<Happening> {
        Happening::ALL.into_iter().find(|happening| happening.event() == event)
    }
}

/// Who we are to Headwater: goes into every message as `context.integration`.
#[derive(Debug, Clone)]
pub struct Integration {
    /// The slug that the Developer Portal shows.
    pub slug: String,
    /// Ours; says which release of us made a message.
    pub version: String,
}

/// Who loaded a picture or followed a link, as far as the request tells.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// The person's address. Never ours: where we do not know it, there is none.
    pub ip: Option<IpAddr>,
    /// What the browser or mail program calls itself.
    pub user_agent: Option<String>,
}

/// The message for Headwater.
pub fn message(
    happening: Happening,
    campaign: &Campaign,
    mail: &Mail,
    visitor: &Visitor,
    integration: &Integration,
    at: Timestamp,
) -> Value {
    let mut properties = json!({
        "email_id": mail.id,
        "email_subject": campaign.subject,
        "campaign_id": campaign.id,
        "campaign_name": campaign.name,
    });
    match happening {
        Happening::LinkClicked => {
            properties["link_id"] = json!(campaign.link.id);
            properties["link_url"] = json!(campaign.link.url);
        }
        Happening::Unsubscribed => {
            properties["list_id"] = json!(campaign.list.id);
            properties["list_name"] = json!(campaign.list.name);
        }
        _ => {}
    }
    let mut context = Map::new();
    context.insert("traits".to_owned(), json!({ "email": mail.email }));
    context.insert(
        "integration".to_owned(),
        json!({ "name": integration.slug, "version": integration.version }),
    );
    if let Some(ip) = visitor.ip {
        context.insert("ip".to_owned(), json!(ip));
    }
    if let Some(user_agent) = &visitor.user_agent {
        let user_agent: String = user_agent.chars().take(USER_AGENT_MAX).collect();
        context.insert("userAgent".to_owned(), json!(user_agent));
    }
    json!({
        "type": "track",
        "event": happening.event(),
        "messageId": message_id(happening, mail, visitor, at),
        // the customer's own id of this person, as it came with the list
        "userId": mail.user_id,
        "timestamp": format!("{at:.3}"),
        "properties": properties,
        "context": context,
    })
}

/// An id made from the cause, so that the same cause has the same id however often it is told.
///
/// A mail is delivered, refused, unsubscribed from and called spam once. It can be opened and
/// clicked many times: there a cause is one program at one address within one minute, which makes
/// of a double click, and of a request that is sent again, one event.
fn message_id(happening: Happening, mail: &Mail, visitor: &Visitor, at: Timestamp) -> String {
    let word = happening.event().to_ascii_lowercase().replace(' ', "-");
    match happening {
        Happening::Opened | Happening::LinkClicked => {
            let minute = at.as_second().div_euclid(60);
            let ip = visitor.ip.map(|ip| ip.to_string()).unwrap_or_default();
            let program = visitor.user_agent.as_deref().unwrap_or_default();
            let cause = format!("{ip}\n{program}\n{minute}");
            let digest = Sha256::digest(cause.as_bytes());
            let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("{}.{word}.{hex}", mail.id)
        }
        _ => format!("{}.{word}", mail.id),
    }
}
