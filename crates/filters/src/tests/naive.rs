//! The same rules written the slow way, over trees; messages and filters are random.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const NAMES: [&str; 5] = ["a", "b", "c", "list", "x y"];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..3_i64).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "b", "ab", "B a", "ü"]).prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        let name = prop::sample::select(NAMES.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4).prop_map(|members| {
                members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>().into()
            }),
        ]
    })
}

fn whole() -> impl Strategy<Value = Value> {
    (value(), value()).prop_map(|(properties, traits)| {
        json!({"type": "track", "messageId": "m", "event": "a", "properties": properties, "traits": traits})
    })
}

fn path() -> impl Strategy<Value = Vec<&'static str>> {
    let first = prop::sample::select(vec!["properties", "traits"]);
    (first, prop::collection::vec(prop::sample::select(NAMES.to_vec()), 1..4))
        .prop_map(|(first, rest)| [vec![first], rest].concat())
}

/// Does `change` to every object that the path leads to, through lists.
fn each(value: &mut Value, path: &[&str], change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match (value, path) {
        (Value::Array(elements), _) => {
            elements.iter_mut().for_each(|element| each(element, path, change));
        }
        (Value::Object(members), []) => change(members),
        (Value::Object(members), [first, rest @ ..]) => {
            if let Some(inside) = members.get_mut(*first) {
                each(inside, rest, change);
            }
        }
        _ => {}
    }
}

fn after(message: &Value, action: Value) -> Value {
    let filters = compiled(&[filter("F", "all", json!([action]))]);
    match filters.apply(&super::message(&message.to_string())) {
        Outcome::Pass => message.clone(),
        Outcome::Changed(changed) => serde_json::from_slice(changed.raw()).expect("JSON"),
        discard => panic!("{discard:?}"),
    }
}

proptest! {
    #[test]
    fn fields_go(message in whole(), path in path()) {
        let (name, parents) = path.split_last().expect("two at least");
        let dropped = after(&message, json!({"type": "DROP_PROPERTIES", "fields": {parents.join("."): [name]}}));
        let mut expect = message;
        each(&mut expect, parents, &mut |object| _ = object.shift_remove(*name));
        prop_assert_eq!(dropped, expect);
    }

    #[test]
    fn others_go(message in whole(), path in path()) {
        let (name, parents) = path.split_last().expect("two at least");
        let mut expect = message.clone();
        let mut objects = 0;
        each(&mut expect, parents, &mut |object| { objects += 1; object.retain(|key, _| key == name) });
        // Where the path ends in something else, that goes: another test has it.
        let mut ends = Vec::new();
        let (last, above) = parents.split_last().expect("one at least");
        each(&mut expect.clone(), above, &mut |object| ends.extend(object.get(*last).cloned()));
        prop_assume!(ends.iter().all(|end| end.is_object()));
        let allowed = after(&message, json!({"type": "ALLOW_PROPERTIES", "fields": {parents.join("."): [name]}}));
        prop_assert_eq!(allowed, expect);
    }

    #[test]
    fn names_are_given(message in whole(), path in path(), new in prop::sample::select(NAMES.to_vec())) {
        let (name, parents) = path.split_last().expect("two at least");
        prop_assume!(*name != new);
        let renamed = after(&message, json!({"type": "RENAME_PROPERTIES", "fields": {parents.join("."): {*name: new}}}));
        let mut expect = message;
        each(&mut expect, parents, &mut |object| {
            if let Some(value) = object.shift_remove(*name) {
                object.insert(new.to_owned(), value);
            }
        });
        prop_assert_eq!(renamed, expect);
    }

    #[test]
    fn values_are_set(message in whole(), path in path(), set in value()) {
        let (name, parents) = path.split_last().expect("two at least");
        prop_assume!(parents.len() == 1);
        let there = after(&message, json!({"type": "SET_VALUES", "fields": {parents[0]: {*name: set.clone()}}}));
        let mut expect = message;
        if expect[parents[0]].is_null() {
            expect[parents[0]] = json!({});
        }
        each(&mut expect, parents, &mut |object| _ = object.insert((*name).to_owned(), set.clone()));
        prop_assert_eq!(there, expect);
    }

    #[test]
    fn statements_hold_as_trees_say(message in whole(), asked in asked()) {
        let fql = Fql::new(&asked.to_string()).expect("a statement");
        let holds = fql.holds(&super::message(&message.to_string()));
        prop_assert_eq!(holds, Ok(asked.holds(&message)), "{}", asked);
    }
}

/// A statement as a tree of its own.
#[derive(Debug, Clone)]
enum Asked {
    Not(Box<Asked>),
    And(Box<Asked>, Box<Asked>),
    Or(Box<Asked>, Box<Asked>),
    Field(Vec<&'static str>),
    Same(bool, Vec<&'static str>, Value),
    Order(&'static str, Vec<&'static str>, i64),
    Among(Value, Vec<&'static str>),
    Contains(Vec<&'static str>, &'static str),
    Longer(Vec<&'static str>, i64),
    TypeOf(Vec<&'static str>, &'static str),
}

fn asked() -> impl Strategy<Value = Asked> {
    let text = prop::sample::select(vec!["", "a", "b", "B"]);
    let types = vec!["null", "bool", "number", "string", "list", "object"];
    let one = prop_oneof![
        path().prop_map(Asked::Field),
        (any::<bool>(), path(), scalar()).prop_map(|(same, path, v)| Asked::Same(same, path, v)),
        (prop::sample::select(vec!["<", "<=", ">", ">="]), path(), -3..3_i64)
            .prop_map(|(sign, path, number)| Asked::Order(sign, path, number)),
        (scalar(), path()).prop_map(|(value, path)| Asked::Among(value, path)),
        (path(), text).prop_map(|(path, text)| Asked::Contains(path, text)),
        (path(), 0..4_i64).prop_map(|(path, length)| Asked::Longer(path, length)),
        (path(), prop::sample::select(types)).prop_map(|(path, word)| Asked::TypeOf(path, word)),
    ];
    one.prop_recursive(4, 16, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|one| Asked::Not(one.into())),
            two.clone().prop_map(|(a, b)| Asked::And(a.into(), b.into())),
            two.prop_map(|(a, b)| Asked::Or(a.into(), b.into())),
        ]
    })
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dotted = |path: &[&str]| path.join(".").replace(' ', "\\ ");
        match self {
            Asked::Not(one) => write!(f, "!( {one} )"),
            Asked::And(a, b) => write!(f, "( {a} ) and ( {b} )"),
            Asked::Or(a, b) => write!(f, "( {a} ) OR ( {b} )"),
            Asked::Field(path) => f.write_str(&dotted(path)),
            Asked::Same(true, path, value) => write!(f, "{}={value}", dotted(path)),
            Asked::Same(false, path, value) => write!(f, "{value} != {}", dotted(path)),
            Asked::Order(sign, path, number) => write!(f, "{} {sign} {number}", dotted(path)),
            Asked::Among(value, path) => write!(f, "{value} in {}", dotted(path)),
            Asked::Contains(path, text) => write!(f, "contains({}, '{text}')", dotted(path)),
            Asked::Longer(path, length) => write!(f, "length({}) > {length}", dotted(path)),
            Asked::TypeOf(path, word) => write!(f, "typeof({}) = '{word}'", dotted(path)),
        }
    }
}

impl Asked {
    fn holds(&self, message: &Value) -> bool {
        let at = |path: &[&str]| {
            let step = |value: &Value, key: &&str| match value {
                Value::Object(members) => members.get(*key).cloned().unwrap_or_default(),
                _ => Value::Null,
            };
            path.iter().fold(message.clone(), |value, key| step(&value, key))
        };
        match self {
            Asked::Not(one) => !one.holds(message),
            Asked::And(a, b) => a.holds(message) && b.holds(message),
            Asked::Or(a, b) => a.holds(message) || b.holds(message),
            Asked::Field(path) => at(path) == Value::Bool(true),
            Asked::Same(same, path, value) => (at(path) == *value) == *same,
            Asked::Order(sign, path, number) => {
                at(path).as_i64().is_some_and(|value| match *sign {
                    "<" => value < *number,
                    "<=" => value <= *number,
                    ">" => value > *number,
                    _ => value >= *number,
                })
            }
            Asked::Among(value, path) => {
                at(path).as_array().is_some_and(|elements| elements.contains(value))
            }
            Asked::Contains(path, text) => at(path).as_str().is_some_and(|it| it.contains(text)),
            Asked::Longer(path, length) => match at(path) {
                Value::Null => 0 > *length,
                Value::String(text) => text.len() as i64 > *length,
                Value::Array(elements) => elements.len() as i64 > *length,
                _ => false,
            },
            Asked::TypeOf(path, word) => {
                *word
                    == match at(path) {
                        Value::Null => "null",
                        Value::Bool(_) => "bool",
                        Value::Number(_) => "number",
                        Value::String(_) => "string",
                        Value::Array(_) => "list",
                        Value::Object(_) => "object",
                    }
            }
        }
    }
}
