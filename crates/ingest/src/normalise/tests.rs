//! Splicing against a model: the same rules over a parsed tree.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use spec::Kind;

use crate::{
    accept::tests::{NOW_MS, Stored, accept, call, source},
    time,
};

fn iso(ms: i64) -> Value {
    let mut out = Vec::new();
    spec::format_iso(ms, &mut out);
    String::from_utf8(out).expect("ASCII").into()
}

fn empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(all)) => all.is_empty(),
        Some(Value::Object(all)) => all.is_empty(),
        Some(_) => false,
    }
}

/// What is stored for a track message that conforms and brings a messageId.
fn model(sent: &Map<String, Value>) -> Map<String, Value> {
    let mut out = sent.clone();
    for ours in ["writeKey", "receivedAt", "originalTimestamp", "timestamp", "version", "projectId"]
    {
        out.shift_remove(ours);
    }
    for id in ["userId", "anonymousId", "messageId"] {
        match out.get(id) {
            Some(Value::Number(number)) => {
                let text = number.to_string();
                out.insert(id.into(), text.into());
            }
            Some(Value::String(text)) if text.is_empty() => _ = out.shift_remove(id),
            _ => {}
        }
    }
    for object in ["context", "integrations"] {
        if empty(out.get(object)) {
            out.insert(object.into(), json!({}));
        }
    }
    for object in ["properties", "traits"] {
        if out.get(object) == Some(&json!([])) {
            out.insert(object.into(), json!({}));
        }
    }
    if out.get("sentAt") == Some(&Value::Null) {
        out.shift_remove("sentAt");
    }
    if out.get("channel").is_some_and(|it| it.as_str().is_none_or(str::is_empty)) {
        out.shift_remove("channel");
    }
    let read = |value: Option<&Value>| time::parse(value?.as_str()?.as_bytes());
    let original = read(sent.get("timestamp"));
    let corrected = match (original, read(sent.get("sentAt"))) {
        (None, _) => NOW_MS,
        (Some(original), None) => original,
        (Some(original), Some(sent_at)) => NOW_MS - (sent_at - original),
    };
    out.insert("type".into(), "track".into());
    out.insert("timestamp".into(), iso(corrected));
    out.insert("originalTimestamp".into(), iso(original.unwrap_or(NOW_MS)));
    out.insert("receivedAt".into(), iso(NOW_MS));
    out.insert("projectId".into(), "src_1".into());
    out.insert("version".into(), 2.into());
    out
}

/// Any value that JSON can hold and `serde_json` can give back.
fn any_value() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,5})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(", "))),
            prop::collection::vec(("[a-z]{0,3}", inner), 0..5).prop_map(|all| {
                let members: Vec<String> =
                    all.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(", "))
            }),
        ]
    })
    .boxed()
}

fn one_of(values: &[&str]) -> BoxedStrategy<String> {
    let values: Vec<String> = values.iter().map(|value| value.to_string()).collect();
    prop::sample::select(values).boxed()
}

fn member() -> impl Strategy<Value = (String, String)> {
    let named = |name: &'static str, value: BoxedStrategy<String>| {
        value.prop_map(move |value| (name.to_owned(), value)).boxed()
    };
    let times = [
        r#""2026-03-02T09:00:00.250Z""#,
        r#""2015-2-2T00:30:08+01:00""#,
        r#""yesterday""#,
        "7",
        "null",
    ];
    let objects = ["{}", "[]", "[ ]", "null", r#"{"a":1,"b":{"c":2.50}}"#, r#"{ "a" : [] }"#];
    let any = any_value;
    prop_oneof![
        named("timestamp", one_of(&times)),
        named("sentAt", one_of(&times)),
        named("receivedAt", any()),
        named("originalTimestamp", any()),
        named("version", any()),
        named("projectId", any()),
        named("writeKey", any()),
        named("type", any()),
        named("name", any()),
        named("channel", one_of(&["\"server\"", "\"\"", "7", "null"])),
        named("context", one_of(&objects)),
        named("integrations", one_of(&objects)),
        named("properties", one_of(&objects)),
        named("traits", one_of(&objects)),
        named("anonymousId", one_of(&["\"a\"", "\"\"", "31337", "null", "0.10"])),
        named("messageId", one_of(&["\"m\"", "12345678901234567890"])),
        ("[a-zA-Z_.$é]{0,8}", any()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn it_stores_what_the_model_stores(
        members in prop::collection::vec(member(), 0..14),
        user_at in any::<prop::sample::Index>(),
        space in prop::sample::select(vec!["", " ", "\n\t"]),
        batched in any::<bool>(),
    ) {
        let mut members = members;
        let at = user_at.index(members.len() + 1);
        members.insert(at, ("messageId".into(), "\"id\"".into()));
        members.insert(at, ("event".into(), "\"Song Played\"".into()));
        members.insert(at, ("userId".into(), "\"u\"".into()));
        if batched {
            members.push(("type".into(), "\"track\"".into()));
        }
        let text: Vec<String> = members
            .iter()
            .map(|(key, value)| format!("{}{space}:{space}{value}", Value::from(key.as_str())))
            .collect();
        let message = format!("{{{space}{}{space}}}", text.join(&format!("{space},{space}")));
        let (kind, body) = if batched {
            (None, format!("{{{space}\"batch\":[{message}]}}"))
        } else {
            (Some(Kind::Track), message.clone())
        };
        let outcome = accept(kind, body.as_bytes(), &source(), &call()).expect("JSON");
        let [Stored::Message(stored)] = &outcome.stored[..] else {
            panic!("it conforms: {:?}", outcome.verdicts)
        };
        let sent: Map<String, Value> = serde_json::from_str(&message).expect("JSON");
        let found: Map<String, Value> = serde_json::from_slice(stored.raw()).expect("JSON");
        prop_assert_eq!(&found, &model(&sent));

        // Nothing that we know stands twice, and what is the sender's keeps its order.
        let known: Vec<&str> = ["userId", "context", "type", "timestamp", "messageId", "sentAt"].into();
        for key in known {
            let top = std::str::from_utf8(stored.raw()).expect("UTF-8");
            let keys: Vec<String> = top_keys(top).into_iter().filter(|it| it == key).collect();
            prop_assert!(keys.len() <= 1, "{key} in {top}");
        }
        let text = |span: Option<&[u8]>| span.map(|it| String::from_utf8_lossy(it).into_owned());
        let of = |key: &str| found.get(key).and_then(Value::as_str).map(str::to_owned);
        prop_assert_eq!(text(stored.user_id()), of("userId"));
        prop_assert_eq!(text(stored.anonymous_id()), of("anonymousId"));
        prop_assert_eq!(text(stored.name()), of("event"));
        prop_assert_eq!(text(Some(stored.message_id())), of("messageId"));
        let integrations = stored.integrations().map(|it| serde_json::from_slice::<Value>(it).expect("JSON"));
        let expect = found.get("integrations").filter(|it| !empty(Some(it)));
        prop_assert_eq!(integrations.as_ref(), expect);
    }

    #[test]
    fn whatever_is_taken_is_stored_as_json(
        members in prop::collection::vec(("(userId|event|type|context|integrations|messageId|batch|groupId|[a-z]{0,2})", any_value()), 0..8),
        context in any_value(),
        batched in any::<bool>(),
    ) {
        let text: Vec<String> =
            members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let message = format!("{{{}}}", text.join(","));
        let (kind, body) = if batched {
            let text = format!("{{\"context\":{context},\"integrations\":{context},\"batch\":[{message},{context}]}}");
            (None, text)
        } else {
            (Some(Kind::Group), message)
        };
        let outcome = accept(kind, body.as_bytes(), &source(), &call()).expect("JSON");
        for stored in &outcome.stored {
            let message = match stored {
                Stored::Message(message) => message.clone(),
                Stored::Discard(discard) if discard.readable => {
                    spec::Message::decode(discard.body.clone().into()).expect("readable")
                }
                Stored::Discard(_) => continue,
            };
            let json: Map<String, Value> = serde_json::from_slice(message.raw()).expect("JSON");
            prop_assert!(json.contains_key("receivedAt") && !json.contains_key("writeKey"));
        }
    }
}

/// Keys of the outermost object, duplicates included.
fn top_keys(json: &str) -> Vec<String> {
    struct Keys(Vec<String>);
    impl<'de> serde::Deserialize<'de> for Keys {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Keys;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Keys, A::Error> {
                    let mut keys = Vec::new();
                    while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                        keys.push(key);
                    }
                    Ok(Keys(keys))
                }
            }
            from.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Keys>(json).expect("JSON").0
}

#[test]
fn addresses_are_written_as_they_are_displayed() {
    for ip in ["0.0.0.0", "1.10.100.9", "255.249.99.109", "203.0.113.7"] {
        let mut out = Vec::new();
        super::write_ip(ip.parse().expect("an address"), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), ip);
    }
}
