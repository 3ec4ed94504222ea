//! What the settings say.

use bytes::Bytes;
use destination_kit::{BadSetting, Setting, SettingKind, Settings};
use serde_json::{Value, json};
use std::time::Duration;

use super::{
    cluster::Entrance,
    legal,
    link::{Address, Login, Mechanism, Sasl},
    records::Compression,
    scram::Hash,
};
use crate::template::Template;

/// What one call to a broker may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const BROKERS_MAX: usize = 32;
const PORT: u16 = 9092;
/// Headers that every record has.
const HEADERS: [&str; 5] = ["content-type", "message-id", "source", "type", "received-at"];
const MECHANISMS: [(&str, Option<Mechanism>); 4] = [
    ("none", None),
    ("PLAIN", Some(Mechanism::Plain)),
    ("SCRAM-SHA-256", Some(Mechanism::Scram(Hash::Sha256))),
    ("SCRAM-SHA-512", Some(Mechanism::Scram(Hash::Sha512))),
];

/// The settings, understood.
pub(crate) struct Plan {
    pub(crate) entrance: Entrance,
    pub(crate) topic: Template,
    /// `None` for the person's id.
    pub(crate) key: Option<Template>,
    pub(crate) headers: Vec<(Bytes, Bytes)>,
    pub(crate) compression: Compression,
}

impl Plan {
    /// Reads settings that fit the definition.
    ///
    /// Errors: those that do not make sense.
    pub(crate) fn read(settings: &Settings) -> Result<Plan, Vec<BadSetting>> {
        let mut bad = Vec::new();
        let mut problem = |key: &str, problem: String| {
            bad.push(BadSetting { key: key.to_owned(), problem });
        };
        let text = |key| settings.get(key).and_then(Value::as_str).unwrap_or_default();
        let switch = |key| settings.get(key).and_then(Value::as_bool).unwrap_or_default();

        let addresses = addresses(text("brokers")).map_err(|sentence| problem("brokers", sentence));
        let topic = topic(text("topic")).map_err(|sentence| problem("topic", sentence));
        let key = Some(text("key")).filter(|text| !text.is_empty()).map(Template::parse);
        let key = key.transpose().map_err(|sentence| problem("key", sentence));
        let headers = headers(settings).map_err(|sentence| problem("headers", sentence));
        let named = |(name, _): &&(&str, _)| *name == text("authentication");
        let mechanism = MECHANISMS.iter().find(named).and_then(|(_, mechanism)| *mechanism);
        let sasl = mechanism.map(|mechanism| {
            let (username, password) = (text("username").to_owned(), text("password").to_owned());
            for (key, value) in [("username", &username), ("password", &password)] {
                if value.is_empty() {
                    problem(key, format!("is required for {}", mechanism.name()));
                }
                if value.contains('\0') {
                    problem(key, "must not hold a zero character".to_owned());
                }
            }
            Sasl { mechanism, username, password }
        });
        let compression = Compression::NAMES.iter().find(|(name, _)| *name == text("compression"));
        let compression = compression.map_or(Compression::None, |(_, compression)| *compression);

        let (Ok(addresses), Ok(topic), Ok(key), Ok(headers), true) =
            (addresses, topic, key, headers, bad.is_empty())
        else {
            return Err(bad);
        };
        let login = Login { tls: switch("tls"), sasl, timeout: CALL_TIMEOUT };
        let entrance = Entrance { addresses, login, create_topics: switch("create_topics") };
        Ok(Plan { entrance, topic, key, headers, compression })
    }
}

/// Reads `host:port, host:port`.
fn addresses(text: &str) -> Result<Vec<Address>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let addresses: Vec<Address> = parts.map(address).collect::<Result<_, _>>()?;
    match addresses.len() {
        0 => Err("must name a broker, such as kafka.example.com:9092".to_owned()),
        1..=BROKERS_MAX => Ok(addresses),
        many => Err(format!("names {many} brokers; {BROKERS_MAX} are enough to find the others")),
    }
}

fn address(part: &str) -> Result<Address, String> {
    let no_address = || format!("has {part:?}, which is no host:port");
    if part.contains("://") {
        return Err(format!("has {part:?}: host:port is enough, without a scheme"));
    }
    let (host, port) = match part.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(no_address)?;
            (host, after.strip_prefix(':'))
        }
        None => match part.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (part, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(no_address)?,
        None => PORT,
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '[' | ']');
    if host.is_empty() || host.contains(odd) {
        return Err(no_address());
    }
    Ok(Address { host: host.to_owned(), port })
}

fn topic(text: &str) -> Result<Template, String> {
    let template = Template::parse(text)?;
    if let Some(odd) = template.texts().flat_map(str::chars).find(|c| legal(*c) != *c) {
        return Err(format!("has {odd:?}; topics have letters, digits, '.', '_' and '-'"));
    }
    match template.fixed() {
        Some(name) if super::named(name.to_owned()) != name => {
            Err("is no name that a topic can have".to_owned())
        }
        _ => Ok(template),
    }
}

fn headers(settings: &Settings) -> Result<Vec<(Bytes, Bytes)>, String> {
    let given = settings.get("headers").and_then(Value::as_object);
    let header = |(name, value): (&String, &Value)| {
        if HEADERS.contains(&name.to_ascii_lowercase().as_str()) || name.is_empty() {
            return Err(format!("{name:?} is set by Headwater and cannot be given"));
        }
        let value = value.as_str().unwrap_or_default();
        Ok((Bytes::from(name.clone()), Bytes::from(value.to_owned())))
    };
    given.into_iter().flatten().map(header).collect()
}

/// What the form asks for.
pub(crate) fn settings() -> Vec<Setting> {
    let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let choice = |names: &[&str]| SettingKind::Choice { of: words(names) };
    vec![
        Setting::new(
            "brokers",
            "Brokers",
            SettingKind::Text,
            "Where to find the cluster: host:port of one broker or more, separated by commas.",
        )
        .required(),
        Setting::new(
            "topic",
            "Topic",
            SettingKind::Text,
            "Where messages go; {source}, {event}, {type} or {properties.plan} are filled in, and \
             characters that a topic cannot have become _.",
        )
        .or(json!("headwater-{source}")),
        Setting::new(
            "key",
            "Key",
            SettingKind::Text,
            "The key of each record, which decides its partition, with places as in the topic; \
             without it the userId or else the anonymousId.",
        ),
        Setting::new(
            "headers",
            "Headers",
            SettingKind::TextMap,
            "Headers added to those that each record has.",
        ),
        Setting::new("tls", "TLS", SettingKind::Switch, "Brokers are spoken to with TLS.")
            .or(json!(true)),
        Setting::new(
            "authentication",
            "Authentication",
            choice(&MECHANISMS.map(|(name, _)| name)),
            "How to log in at the brokers (SASL).",
        )
        .or(json!("none")),
        Setting::new("username", "User name", SettingKind::Text, "Who logs in.")
            .only_with("authentication", &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
        Setting::new("password", "Password", SettingKind::Text, "The password to log in with.")
            .only_with("authentication", &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
            .secret(),
        Setting::new(
            "compression",
            "Compression",
            choice(&Compression::NAMES.map(|(name, _)| name)),
            "How batches are compressed.",
        )
        .or(json!("none")),
        Setting::new(
            "create_topics",
            "Create topics",
            SettingKind::Switch,
            "Ask the brokers to create topics that are not there, which they do where they are \
             configured to.",
        )
        .or(json!(false)),
    ]
}
