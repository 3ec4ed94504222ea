//! One message, described by options.

use clap::Args;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Failure;

/// One message, described by options.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "One message")]
pub struct Single {
    /// Call: track, identify, page, screen, group or alias; track if there is an event.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Name of the event, of a track call.
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// Name of the page or screen.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// userId; without any id, an anonymousId is made up.
    #[arg(long, value_name = "ID")]
    pub user_id: Option<String>,
    /// anonymousId.
    #[arg(long, value_name = "ID")]
    pub anonymous_id: Option<String>,
    /// groupId, of a group call.
    #[arg(long, value_name = "ID")]
    pub group_id: Option<String>,
    /// previousId, of an alias call.
    #[arg(long, value_name = "ID")]
    pub previous_id: Option<String>,
    /// messageId; made up unless given.
    #[arg(long, value_name = "ID")]
    pub message_id: Option<String>,
    /// When it happened, ISO-8601; now unless given.
    #[arg(long, value_name = "TIME")]
    pub timestamp: Option<String>,
    /// A property; the value is JSON where it can be read so, else text.
    #[arg(long = "property", short = 'p', value_name = "NAME=VALUE")]
    pub properties: Vec<String>,
    /// A trait, of an identify or group call; read like a property.
    #[arg(long = "trait", short = 't', value_name = "NAME=VALUE")]
    pub traits: Vec<String>,
    /// context, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub context: Option<String>,
}

/// A message that is ready to go.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) json: String,
}

impl Single {
    /// The message; `None` when no option describes one.
    pub(super) fn message(&self) -> Result<Option<Message>, Failure> {
        let texts = [
            ("type", &self.kind),
            ("event", &self.event),
            ("name", &self.name),
            ("userId", &self.user_id),
            ("anonymousId", &self.anonymous_id),
            ("groupId", &self.group_id),
            ("previousId", &self.previous_id),
            ("messageId", &self.message_id),
            ("timestamp", &self.timestamp),
        ];
        let mut message = Map::new();
        for (name, value) in texts {
            if let Some(value) = value {
                message.insert(name.to_owned(), value.clone().into());
            }
        }
        let lists = [("properties", &self.properties), ("traits", &self.traits)];
        for (name, list) in lists {
            if !list.is_empty() {
                message.insert(name.to_owned(), members(name, list)?.into());
            }
        }
        if let Some(context) = &self.context {
            let context: Map<String, Value> = serde_json::from_str(context).map_err(|error| {
                Failure::usage(format!("--context: {error}"), "give a JSON object")
            })?;
            message.insert("context".to_owned(), context.into());
        }
        if message.is_empty() {
            return Ok(None);
        }
        if !message.contains_key("type") {
            if !message.contains_key("event") {
                let fix = "add --type identify (or page, screen, group, alias), or --event";
                return Err(Failure::usage("what kind of message is it?", fix));
            }
            message.insert("type".to_owned(), "track".into());
        }
        if !message.contains_key("userId") && !message.contains_key("anonymousId") {
            message.insert("anonymousId".to_owned(), Uuid::new_v4().to_string().into());
        }
        let id = self.message_id.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        message.insert("messageId".to_owned(), id.clone().into());
        Ok(Some(Message { id, json: Value::from(message).to_string() }))
    }
}

fn members(name: &str, list: &[String]) -> Result<Map<String, Value>, Failure> {
    let member = |text: &String| match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            let json = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            Ok((key.to_owned(), json))
        }
        _ => Err(Failure::usage(
            format!("{name}: {text:?} is not NAME=VALUE"),
            "write for example total=9.50",
        )),
    };
    list.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::Single;

    fn json(single: Single) -> String {
        let single = Single { message_id: Some("m".into()), ..single };
        single.message().expect("it can be meant").expect("it is one").json
    }

    #[test]
    fn options_make_a_message() {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        let track = Single {
            event: Some("Order \"X\"".into()),
            user_id: Some("7".into()),
            properties: list(&["total=9.50", "note=a=b", "tags=[1,\"x\"]", "code=007"]),
            ..Single::default()
        };
        let expected = r#"{"event":"Order \"X\"","userId":"7","messageId":"m","properties":{"total":9.50,"note":"a=b","tags":[1,"x"],"code":"007"},"type":"track"}"#;
        assert_eq!(json(track), expected);
        let identify = Single {
            kind: Some("identify".into()),
            anonymous_id: Some("a".into()),
            traits: list(&["vip=true"]),
            ..Single::default()
        };
        let expected =
            r#"{"type":"identify","anonymousId":"a","messageId":"m","traits":{"vip":true}}"#;
        assert_eq!(json(identify), expected);
        let nobody = Single { event: Some("E".into()), ..Single::default() };
        assert!(json(nobody).contains("anonymousId"));
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        assert!(Single::default().message().expect("nothing is no fault").is_none());
        for single in [
            Single { user_id: Some("u".into()), ..Single::default() },
            Single { event: Some("E".into()), properties: vec!["x".into()], ..Single::default() },
            Single { event: Some("E".into()), context: Some("[]".into()), ..Single::default() },
        ] {
            assert_eq!(single.message().err().expect("it is one").exit_code(), 2);
        }
    }
}
