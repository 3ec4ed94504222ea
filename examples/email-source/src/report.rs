//! Mails that come back: complaints (RFC 5965) and failed deliveries (RFC 3464). Pure.
//!
//! Both bring along the mail that they are about, or its headers; there stands the token by which
//! we know it.

use mail_parser::{MessageParser, MessagePart, MimeHeaders, PartType};

use crate::{
    event::Happening,
    letter::TOKEN_HEADER,
    token::{Purpose, Signer},
};

#[cfg(test)]
mod tests;

/// What a report says, and of which mail; `None` when it says nothing of a mail of ours.
pub fn read(report: &[u8], signer: &Signer) -> Option<(Happening, String)> {
    let report = MessageParser::default().parse(report)?;
    let happening = report.parts.iter().find_map(happening)?;
    let token = report.parts.iter().find_map(token)?;
    Some((happening, signer.read(Purpose::Report, &token)?.to_owned()))
}

fn happening(part: &MessagePart<'_>) -> Option<Happening> {
    let kind = part.content_type()?;
    let fields = std::str::from_utf8(part.contents()).ok()?;
    let says = |name: &str, value: &str| {
        fields.lines().filter_map(|line| line.split_once(':')).any(|(field, said)| {
            field.eq_ignore_ascii_case(name) && said.trim().eq_ignore_ascii_case(value)
        })
    };
    match (kind.ctype(), kind.subtype()?) {
        ("message", "feedback-report") => {
            says("Feedback-Type", "abuse").then_some(Happening::MarkedAsSpam)
        }
        ("message", "delivery-status") => says("Action", "failed").then_some(Happening::Bounced),
        _ => None,
    }
}

fn token(part: &MessagePart<'_>) -> Option<String> {
    let headers = match &part.body {
        PartType::Message(mail) => mail.clone(),
        _ if part.content_type()?.subtype()? == "rfc822-headers" => {
            MessageParser::default().parse(part.contents())?
        }
        _ => return None,
    };
    Some(headers.header_raw(TOKEN_HEADER)?.trim().to_owned())
}
