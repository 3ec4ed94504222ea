//! Whatever comes in, nothing breaks, and what is said does not hang on the order of keys.

use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::rules::{Sets, all, events, findings};

use super::{lines, partner};

/// Keys that rules look for, some misspelled, and others.
fn key() -> impl Strategy<Value = String> {
    let known = [
        "type",
        "userId",
        "anonymousId",
        "user_id",
        "event",
        "name",
        "category",
        "groupId",
        "previousId",
        "properties",
        "traits",
        "context",
        "integrations",
        "timestamp",
        "sentAt",
        "receivedAt",
        "messageId",
        "integration",
        "version",
        "consent",
        "categoryPreferences",
        "device",
        "advertisingId",
        "products",
        "product_id",
        "productId",
        "price",
        "revenue",
        "currency",
        "email",
        "firstName",
        "first_name",
        "address",
        "company",
        "ip",
        "userAgent",
        "user_agent",
        "mailroomId",
        "action",
        "options",
        "from",
        "to",
        "2026-11-02",
        "a/b~c",
        "",
    ];
    prop_oneof![
        8 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    let mut words: Vec<String> = ["track", "identify", "page", "screen", "group", "alias"]
        .map(str::to_owned)
        .into_iter()
        .chain(
            ["2026-11-02T12:20:45Z", "1970-01-01", "jane@example.com", "", "null", "12.5"]
                .map(str::to_owned),
        )
        .collect();
    words.extend(events::all().map(|event| event.name.to_owned()));
    words.extend(events::all().flat_map(|event| &event.synonyms).map(|name| (*name).to_owned()));
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::sample::select(words).prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            object(inner),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::collection::vec((key(), inner), 0..10)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

/// A message whose parts are random, in the places where rules look.
fn message() -> impl Strategy<Value = Value> {
    let kinds = ["track", "identify", "page", "screen", "group", "alias"];
    let events: Vec<&str> = events::all().map(|event| event.name).collect();
    let parts = (object(value()), object(value()), object(value()), object(value()));
    (proptest::sample::select(kinds.to_vec()), proptest::sample::select(events), parts).prop_map(
        |(kind, event, (own, properties, traits, context))| {
            let mut message = own;
            message["type"] = kind.into();
            message["event"] = event.into();
            message["properties"] = properties;
            message["traits"] = traits;
            message["context"] = context;
            message
        },
    )
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().rev().map(|(k, v)| (k.clone(), reversed(v))).collect())
        }
        Value::Array(elements) => elements.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

/// Findings without examples that quote a whole object, whose order is the sender's.
fn said(raw: &[u8], sets: &Sets<'_>) -> Vec<(usize, String, String, String)> {
    let place = |code| all().iter().position(|rule| rule.code == code).expect("it is a rule");
    let found = findings(raw, sets);
    found.into_iter().map(|f| (place(f.rule.code), f.pointer, f.found, f.expected)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        findings(&bytes, &partner());
    }

    #[test]
    fn what_looks_like_json_never_panics(text in r#"[\[\]{}:,"\\ a-eu0-9.tnE@é-]{0,80}"#) {
        findings(text.as_bytes(), &partner());
        findings(format!("{{{text}").as_bytes(), &partner());
    }

    #[test]
    fn cut_messages_never_panic(message in message(), cut in 0.0..1.0) {
        let text = message.to_string();
        findings(&text.as_bytes()[..(text.len() as f64 * cut) as usize], &partner());
    }

    #[test]
    fn neither_order_nor_space_changes_findings(message in message()) {
        for sets in [Sets::default(), partner()] {
            let found = said(message.to_string().as_bytes(), &sets);
            let turned = reversed(&message);
            prop_assert_eq!(&found, &said(turned.to_string().as_bytes(), &sets));
            let spaced = serde_json::to_string_pretty(&message).expect("it is JSON");
            prop_assert_eq!(&found, &said(spaced.as_bytes(), &sets));
            let mut sorted = found.clone();
            sorted.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            prop_assert_eq!(found, sorted);
        }
    }

    #[test]
    fn pointers_lead_to_what_was_found(message in message()) {
        for finding in findings(message.to_string().as_bytes(), &partner()) {
            let there = message.pointer(&finding.pointer);
            prop_assert_eq!(there.is_none(), finding.found == "nothing", "{}", lines(std::slice::from_ref(&finding)));
        }
    }

    #[test]
    fn names_never_panic(name in any::<String>()) {
        let _ = (events::named(&name), events::meant(&name));
    }
}
