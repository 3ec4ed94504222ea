//! The mail as it travels: HTML and plain text, one link, one picture, one way out. Pure.

use std::time::{Duration, SystemTime};

use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use maud::{DOCTYPE, html};
use url::Url;

use crate::{
    service::Letter,
    token::{Purpose, Signer},
};

/// By this header a mail is known again when it comes back in a report.
pub const TOKEN_HEADER: &str = "X-Mail-Token";

/// Addresses of ours that stand in one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The picture.
    pub open: String,
    /// The link, on its way through us.
    pub click: String,
    /// The way out: a page for people, and for mail programs as RFC 8058 has it.
    pub unsubscribe: String,
}

impl Addresses {
    /// Those of `mail` at the public address of this service.
    pub fn of(mail: &str, public: &Url, signer: &Signer) -> Addresses {
        let public = public.as_str().trim_end_matches('/');
        let at = |path, purpose| format!("{public}/{path}/{}", signer.sign(purpose, mail));
        Addresses {
            open: at("open", Purpose::Open),
            click: at("click", Purpose::Click),
            unsubscribe: at("unsubscribe", Purpose::Unsubscribe),
        }
    }
}

/// The message as bytes on the wire.
///
/// # Errors
/// The recipient is no address.
pub fn message(
    letter: &Letter,
    addresses: &Addresses,
    sender: &Mailbox,
    signer: &Signer,
) -> Result<Message, lettre::address::AddressError> {
    let Letter { campaign, mail } = letter;
    let date = Duration::from_millis(campaign.created_at_ms.max(0).unsigned_abs());
    let header =
        |name, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    Ok(Message::builder()
        // the same however often we try, so that mail servers know a copy when they see one
        .message_id(Some(format!("<{}@{}>", mail.id, sender.email.domain())))
        .date(SystemTime::UNIX_EPOCH + date)
        .from(sender.clone())
        .to(Mailbox::new(None, mail.email.parse()?))
        .subject(&campaign.subject)
        // RFC 8058: one click in the mail program's own button, without a page
        .raw_header(header("List-Unsubscribe", format!("<{}>", addresses.unsubscribe)))
        .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()))
        .raw_header(header(TOKEN_HEADER, signer.sign(Purpose::Report, &mail.id)))
        .multipart(MultiPart::alternative_plain_html(
            plain(letter, addresses),
            markup(letter, addresses),
        ))
        .expect("it has a sender and a recipient"))
}

fn plain(Letter { campaign, .. }: &Letter, addresses: &Addresses) -> String {
    let (click, unsubscribe) = (&addresses.click, &addresses.unsubscribe);
    let text = format!(
        "{}\n\nRead more: {click}\n\n--\nYou get this because you are on the list {}.\n\
         Unsubscribe: {unsubscribe}\n",
        campaign.text, campaign.list.name
    );
    text.replace('\n', "\r\n")
}

fn markup(Letter { campaign, .. }: &Letter, addresses: &Addresses) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (campaign.subject) } }
            body style="font-family: sans-serif; line-height: 1.5; max-width: 36em" {
                @for paragraph in campaign.text.split("\n\n") {
                    p { (paragraph) }
                }
                p { a href=(addresses.click) { "Read more" } }
                p style="color: #555; font-size: small" {
                    "You get this because you are on the list " (campaign.list.name) ". "
                    a href=(addresses.unsubscribe) { "Unsubscribe" }
                }
                img src=(addresses.open) width="1" height="1" alt="";
            }
        }
    };
    page.into_string()
}
