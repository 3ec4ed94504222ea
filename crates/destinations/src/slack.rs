//! Slack-compatible webhook: a line of text for each message that somebody wants to read, to an
//! incoming webhook of Slack, Mattermost, Rocket.Chat or Discord's `/slack`.
//!
//! What senders wrote is text there and nothing else: it can neither ring a channel nor hide a
//! link.
//!
//! Source: Slack, "Sending messages using incoming webhooks", "Formatting text".

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use destination_kit::{
    Action, Answer, BadSetting, Batching, Clock, Definition, DeliveryError, Destination,
    DestinationKind, Fault, Field, FieldKind, Mapped, Parcel, Setting, SettingKind, Settings,
    World,
    http::{Call, HttpClient, Reply, excerpt},
};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{CONTENT_TYPE, USER_AGENT},
};
use serde_json::{Map, Value, json};
use spec::DestinationId;

use crate::{
    target::Target,
    template::{Template, unescaped},
};

/// Slack recommends at most so many characters, and cuts what is much longer.
const TEXT_CHARS_MAX: usize = 4000;
/// Of one value; the rest of the text must have room beside it.
const VALUE_CHARS_MAX: usize = 1000;

/// What Slack answers when it is the settings that are wrong, and what that means.
const WRONG_SETTINGS: [(&str, &str); 9] = [
    ("no_service", "the webhook was removed or never existed: make a new one"),
    ("no_active_hooks", "the webhook was switched off: make a new one"),
    ("invalid_token", "the URL is not whole or was revoked: copy it anew"),
    ("no_team", "there is no such workspace: copy the URL anew"),
    ("team_disabled", "the workspace was switched off"),
    ("channel_not_found", "there is no such channel, or the webhook may not write to it"),
    ("user_not_found", "there is no such user"),
    ("action_prohibited", "an administrator does not allow this webhook to write there"),
    ("posting_to_general_channel_denied", "not everybody may write to this channel"),
];

/// The catalog's Slack-compatible webhook.
pub struct SlackKind;

impl DestinationKind for SlackKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "slack".to_owned(),
            name: "Slack-compatible webhook".to_owned(),
            description: "Writes a line of text about each message, or about chosen events, to a \
                          channel of Slack or whatever takes its incoming webhooks."
                .to_owned(),
            settings: settings(),
            actions: vec![post()],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        _owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let settings = self.definition().check(settings)?;
        Ok(Arc::new(Slack::new(&settings, world)?))
    }
}

struct Slack {
    client: HttpClient,
    clock: Clock,
    target: Target,
    text: Template,
    /// Empty for all.
    events: Vec<String>,
    /// Channel, name and picture, where they are given.
    looks: Map<String, Value>,
    timeout: Duration,
    post: Action,
}

#[async_trait]
impl Destination for Slack {
    fn batching(&self) -> Batching {
        // one call at a time keeps a channel in order, and asks no more of Slack than it takes
        Batching { calls_max: 1, ..Batching::default() }
    }

    fn can_rehearse(&self) -> bool {
        true
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let mut answer = Answer::default();
        for parcel in parcels {
            answer = self.tell(parcel).await?;
        }
        Ok(answer)
    }
}

impl Slack {
    fn new(settings: &Settings, world: &World) -> Result<Slack, Vec<BadSetting>> {
        let problem = |key: &str, problem: String| BadSetting { key: key.to_owned(), problem };
        let given = |key| settings.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut bad = Vec::new();
        let target = Target::parse(given("url").unwrap_or_default());
        let target = target.map_err(|sentence| bad.push(problem("url", sentence))).ok();
        let text = Template::parse(given("text").unwrap_or(TEXT));
        let text = text.map_err(|sentence| bad.push(problem("text", sentence))).ok();
        let (Some(target), Some(text)) = (target, text) else { return Err(bad) };
        let events = given("events").unwrap_or_default().split(',').map(str::trim);
        let looks = ["channel", "username", "icon_emoji", "icon_url"];
        let looks = looks.map(|key| Some((key.to_owned(), json!(given(key)?))));
        let timeout_ms = settings.get("timeout_ms").and_then(Value::as_u64).unwrap_or_default();
        Ok(Slack {
            client: HttpClient::new(world),
            clock: world.clock.clone(),
            target,
            text,
            events: events.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            looks: looks.into_iter().flatten().collect(),
            timeout: Duration::from_millis(timeout_ms),
            post: post(),
        })
    }

    async fn tell(&self, parcel: &Parcel) -> Result<Answer, DeliveryError> {
        let body = match &parcel.mapped {
            Some(mapped) => self.body_mapped(mapped)?,
            None => self.body_about(parcel)?,
        };
        let user_agent = concat!("Headwater/", env!("CARGO_PKG_VERSION"));
        let now_ms = self.clock.now_ms();
        let call = Call {
            method: Method::POST,
            uri: self.target.uri.clone(),
            headers: HeaderMap::from_iter([
                (CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (USER_AGENT, HeaderValue::from_static(user_agent)),
            ]),
            body: Bytes::from(Value::Object(body).to_string()),
            timeout: self.timeout,
            follow_redirects: true,
        };
        verdict(self.target.send(&self.client, call, now_ms).await?)
    }

    /// As the settings say.
    fn body_about(&self, parcel: &Parcel) -> Result<Map<String, Value>, DeliveryError> {
        let name = parcel.message.name().map(unescaped).unwrap_or_default();
        if !self.events.is_empty() && !self.events.iter().any(|chosen| *chosen == name) {
            let sentence = "the settings choose which events are told of, and not this one";
            return Err(DeliveryError::Refused(fault("UNSUPPORTED_EVENT_TYPE", sentence)));
        }
        let mut body = self.looks.clone();
        body.insert("text".to_owned(), json!(self.text_about(parcel)));
        Ok(body)
    }

    /// As a mapping says; where it says nothing of channel, name and picture, the settings do.
    fn body_mapped(&self, mapped: &Mapped) -> Result<Map<String, Value>, DeliveryError> {
        let mut body = self.looks.clone();
        body.extend(self.post.check(mapped)?);
        // Whose words are in it nobody can tell any more: all of it is text.
        let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
        let mut plain = String::with_capacity(text.len());
        without_entities(text).chars().for_each(|c| escape(c, &mut plain));
        body.insert("text".to_owned(), json!(cut(plain)));
        Ok(body)
    }

    fn text_about(&self, parcel: &Parcel) -> String {
        let text = self.text.fill(parcel, |value, out| {
            let mut chars = value.chars();
            chars.by_ref().take(VALUE_CHARS_MAX).for_each(|c| escape(c, out));
            if chars.next().is_some() {
                out.push('…');
            }
        });
        cut(text)
    }
}

/// At most what Slack shows.
fn cut(text: String) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        None => text,
        Some((at, _)) => {
            // an escape that would be cut in two is left out
            let kept = &text[..at];
            let whole = kept.rfind('&').filter(|from| !kept[*from..].contains(';'));
            format!("{}…", &kept[..whole.unwrap_or(at)])
        }
    }
}

/// HTML's escapes, which templates in two braces write, as what they stand for.
fn without_entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 8] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x2F;", "/"),
        ("&#x60;", "`"),
        ("&#x3D;", "="),
        // last: what it makes is no escape
        ("&amp;", "&"),
    ];
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, stands)| text.replace(entity, stands))
}

/// The three characters that are more than text there.
fn escape(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        other => out.push(other),
    }
}

/// What the engine does after Slack's answer.
fn verdict(reply: Reply) -> Result<Answer, DeliveryError> {
    let said = reply.excerpt.trim();
    let wrong = WRONG_SETTINGS.iter().find(|(word, _)| *word == said);
    if let (400.., Some((word, meaning))) = (reply.status, wrong) {
        let sentence = format!("{word}: {meaning}");
        let fault =
            Fault { status: Some(reply.status), ..fault(&reply.status.to_string(), &sentence) };
        return Err(DeliveryError::BadSettings(fault));
    }
    // who sends more than one message a second hears 429 with `Retry-After`
    reply.verdict()
}

fn fault(code: &str, sentence: &str) -> Fault {
    Fault { status: None, code: code.to_owned(), excerpt: excerpt(sentence.as_bytes()) }
}

const TEXT: &str = "*{event}* by {userId} ({source})";

/// What mappings can ask for.
fn post() -> Action {
    let text = |key: &str, label: &str, what: &str| Field::new(key, label, FieldKind::Text, what);
    Action {
        slug: "post".to_owned(),
        name: "Post message".to_owned(),
        description: "Writes a message to the channel. Of Slack's markup only what needs no angle \
                      brackets counts in it, such as *bold*."
            .to_owned(),
        trigger: "type = 'track'".to_owned(),
        fields: vec![
            text("text", "Text", "What is written.")
                .required()
                .or(json!({ "@template": "*{{event}}* by {{userId}}" })),
            text(
                "channel",
                "Channel",
                "Another channel than the settings', where the webhook allows it.",
            ),
            text("username", "Name", "Who seems to write, likewise."),
            text("icon_emoji", "Emoji", "A picture beside the name, such as :wave:, likewise."),
            text("icon_url", "Picture", "The same as a URL, likewise."),
        ],
    }
}

fn settings() -> Vec<Setting> {
    vec![
        Setting::new("url", "Webhook URL", SettingKind::Url, "The URL of the incoming webhook.")
            .required()
            .secret(),
        Setting::new(
            "text",
            "Text",
            SettingKind::Text,
            "What is written, in Slack's markup; {event}, {userId}, {source} or {properties.total} \
             are filled in.",
        )
        .or(json!(TEXT)),
        Setting::new(
            "events",
            "Events",
            SettingKind::Text,
            "Names of the events, pages and screens that are told of, separated by commas; without \
             them every message is.",
        ),
        Setting::new(
            "channel",
            "Channel",
            SettingKind::Text,
            "Another channel than the webhook's own, where it allows that.",
        ),
        Setting::new("username", "Name", SettingKind::Text, "Who seems to write, likewise."),
        Setting::new(
            "icon_emoji",
            "Emoji",
            SettingKind::Text,
            "A picture beside the name, such as :wave:, likewise.",
        ),
        Setting::new("icon_url", "Picture", SettingKind::Url, "The same as a URL, likewise."),
        Setting::new(
            "timeout_ms",
            "Time limit",
            SettingKind::Number { min: 50, max: 30_000 },
            "How long one request may take until its answer begins, in milliseconds.",
        )
        .or(json!(5000)),
    ]
}

#[cfg(test)]
mod tests;
