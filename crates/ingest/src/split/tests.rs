use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use spec::{Kind, limits::DEPTH_MAX};

use super::{Field, Scratch, Slots, split};

fn check(body: &[u8], expect: Expect) {
    let mut scratch = Scratch::default();
    let found = match split(body, Some(Kind::Track), &mut scratch) {
        Ok(_) => "taken".to_owned(),
        Err(error) => format!("{error} at {}: expected {}", error.at, error.expected),
    };
    expect.assert_eq(&found);
}

#[test]
fn what_is_no_object_is_refused_where_it_goes_wrong() {
    check(b"", expect!["malformed JSON at 0: expected a JSON object"]);
    check(b"  \n", expect!["malformed JSON at 3: expected a JSON object"]);
    check(b"null", expect!["malformed JSON at 0: expected a JSON object"]);
    check(b"[{}]", expect!["malformed JSON at 0: expected a JSON object"]);
    check(br#"{"a":1"#, expect!["malformed JSON at 6: expected a comma or a closing brace"]);
    check(br#"{"a":1,}"#, expect!["malformed JSON at 7: expected a key in double quotes"]);
    check(b"{'a':1}", expect!["malformed JSON at 1: expected a key in double quotes"]);
    check(b"{a:1}", expect!["malformed JSON at 1: expected a key in double quotes"]);
    check(br#"{"a" 1}"#, expect!["malformed JSON at 5: expected a colon after the key"]);
    check(br#"{"a":NaN}"#, expect!["malformed JSON at 5: expected a JSON value"]);
    check(br#"{"a":nul}"#, expect!["malformed JSON at 5: expected true, false or null"]);
    check(br#"{"a":01}"#, expect!["malformed JSON at 6: expected a comma or a closing brace"]);
    check(br#"{"a":1.}"#, expect!["malformed JSON at 7: expected a digit"]);
    check(br#"{"a":-}"#, expect!["malformed JSON at 6: expected a digit"]);
    check(br#"{"a":1e}"#, expect!["malformed JSON at 7: expected a digit"]);
    check(br#"{"a":[1 2]}"#, expect!["malformed JSON at 8: expected a comma or a closing bracket"]);
    check(br#"{"a":[1}"#, expect!["malformed JSON at 7: expected a comma or a closing bracket"]);
    check(br#"{"a":[,]}"#, expect!["malformed JSON at 6: expected a JSON value"]);
    check(
        br#"{"a":"\x"}"#,
        expect![[r#"malformed JSON at 7: expected one of \" \\ \/ \b \f \n \r \t \u"#]],
    );
    check(br#"{"a":"\u12g4"}"#, expect!["malformed JSON at 8: expected four hexadecimal digits"]);
    check(
        b"{\"a\":\"\x01\"}",
        expect!["malformed JSON at 6: expected control characters written as escapes"],
    );
    check(br#"{"a":"b"#, expect!["malformed JSON at 7: expected a closing double quote"]);
    check(b"{\"a\":\"\xff\"}", expect!["malformed JSON at 6: expected text in UTF-8"]);
    check(br#"{}{}"#, expect!["malformed JSON at 2: expected nothing after the value"]);
    check(b"{}\0", expect!["malformed JSON at 2: expected nothing after the value"]);
    check(
        br#"{"a":1 /* c */}"#,
        expect!["malformed JSON at 7: expected a comma or a closing brace"],
    );
}

#[test]
fn what_some_parsers_refuse_is_taken() {
    check("\u{feff}{}".as_bytes(), expect!["taken"]);
    check(b"\r\n { \"a\" : [ ] , \t\"b\" : { } } \n", expect!["taken"]);
    check(
        br#"{"s":"\ud800","n":"\u0000","x":1e999,"i":123456789012345678901234567890,"z":-0.0E+10}"#,
        expect!["taken"],
    );
}

#[test]
fn the_last_batch_counts() {
    let mut scratch = Scratch::default();
    let mut count =
        |body: &str| split(body.as_bytes(), None, &mut scratch).expect("JSON").messages();
    assert_eq!(count(r#"{"batch":[{},{}],"batch":[{}]}"#), 1);
    assert_eq!(count(r#"{"batch":[{},{}],"batch":null}"#), 0);
    assert_eq!(count(r#"{"batch":[{},1,[2,{"batch":[]}]],"x":{"batch":[{}]}}"#), 3);
}

/// Nesting of valid JSON.
fn depth(json: &[u8]) -> usize {
    let (mut open, mut deepest, mut text, mut at) = (0_usize, 0, false, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'\\' if text => at += 1,
            b'"' => text = !text,
            b'{' | b'[' if !text => open += 1,
            b'}' | b']' if !text => open -= 1,
            _ => {}
        }
        deepest = deepest.max(open);
        at += 1;
    }
    deepest
}

/// We take what `serde_json` takes, if it is an object of bearable depth.
fn agrees(body: &[u8], scratch: &mut Scratch) {
    let valid = std::str::from_utf8(body).is_ok()
        && serde_json::from_slice::<IgnoredAny>(body).is_ok()
        && body.trim_ascii_start().starts_with(b"{");
    let expect = valid && depth(body) <= DEPTH_MAX;
    let found = split(body, Some(Kind::Track), scratch).is_ok();
    assert_eq!(found, expect, "{:?}", String::from_utf8_lossy(body));
    let batch = [br#"{"batch":["#, body, b"]}"].concat();
    let expect =
        std::str::from_utf8(body).is_ok() && serde_json::from_slice::<IgnoredAny>(&batch).is_ok();
    let found = split(&batch, None, scratch).is_ok();
    assert_eq!(found, expect, "in a batch: {:?}", String::from_utf8_lossy(body));
}

#[test]
fn every_short_text_is_judged_as_serde_json_judges_it() {
    let tokens: [&[u8]; 15] = [
        b"{", b"}", b"[", b"]", b"\"", b":", b",", b"\\", b"0", b"1", b"-", b".", b"e", b" ", b"a",
    ];
    let mut scratch = Scratch::default();
    for length in 0..=4_u32 {
        for number in 0..tokens.len().pow(length) {
            let mut rest = number;
            let mut text = Vec::new();
            for _ in 0..length {
                text.extend_from_slice(tokens[rest % tokens.len()]);
                rest /= tokens.len();
            }
            agrees(&text, &mut scratch);
            agrees(&[br#"{"":"#, &text[..], b"}"].concat(), &mut scratch);
        }
    }
}

#[test]
fn every_byte_is_judged_as_serde_json_judges_it() {
    let mut scratch = Scratch::default();
    let around: [(&[u8], &[u8]); 8] = [
        (b"", b"{}"),
        (b"{", b"}"),
        (b"{\"", b"\":1}"),
        (b"{\"\\", b"\":1}"),
        (b"{\"\\u000", b"\":1}"),
        (b"{\"aaaaaaaaaaaaaaaaaaaaaaa", b"aaaaaaaaaaaaaaaaaaaaaaa\":1}"),
        (b"{\"a\":1", b"}"),
        (b"{\"a\":", b"}"),
    ];
    for (before, behind) in around {
        for byte in 0..=255 {
            agrees(&[before, &[byte], behind].concat(), &mut scratch);
        }
    }
}

#[test]
fn deep_nesting_is_followed_to_its_end() {
    let mut scratch = Scratch::default();
    for levels in [61, 62, 63, 64, 65, 127, 128, 129, 191, 192, 193, 1000] {
        for (open, close) in
            [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]"), ("[0,[],{},[", "]]")]
        {
            let body = format!("{{\"a\":{}1{}}}", open.repeat(levels), close.repeat(levels));
            agrees(body.as_bytes(), &mut scratch);
            agrees(&body.as_bytes()[..body.len() - 2], &mut scratch);
            let turned = body.replacen(close, if close == "]" { "}" } else { "]" }, 1);
            agrees(turned.as_bytes(), &mut scratch);
        }
    }
}

/// A known or unknown key as JSON, perhaps with an escape in it.
fn key() -> impl Strategy<Value = (String, String)> {
    let word = prop::sample::select(vec![
        "type",
        "userId",
        "anonymousId",
        "messageId",
        "timestamp",
        "context",
        "integrations",
        "event",
        "name",
        "traits",
        "properties",
        "writeKey",
        "batch",
        "sentAt",
        "groupId",
        "x",
        "",
        "user_id",
        "é",
    ]);
    (word, any::<bool>()).prop_map(|(word, escape)| {
        let json = match word.char_indices().next_back() {
            Some((at, last)) if escape => format!("\"{}\\u{:04x}\"", &word[..at], last as u32),
            _ => format!("\"{word}\""),
        };
        (word.to_owned(), json)
    })
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        Just(r#""\ud800\u0000\/""#.to_owned()),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[ {} ]", all.join(" ,"))),
            prop::collection::vec((key(), inner), 0..5).prop_map(|all| {
                let members: Vec<String> =
                    all.into_iter().map(|((_, key), value)| format!("{key} :{value}")).collect();
                format!("{{{}}}", members.join("\n,"))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn fields_are_found_where_they_stand(
        members in prop::collection::vec((key(), value()), 0..12),
        space in "[ \t\n]{0,2}",
    ) {
        let text: Vec<String> =
            members.iter().map(|((_, key), value)| format!("{key}{space}:{space}{value}")).collect();
        let body = format!("{space}{{{space}{}{space}}}{space}", text.join(&format!("{space},{space}")));
        let mut scratch = Scratch::default();
        agrees(body.as_bytes(), &mut scratch);
        let parsed = split(body.as_bytes(), Some(Kind::Track), &mut scratch).expect("JSON");
        let slots = Slots::of(&parsed.scratch.items[0], &parsed.scratch.members);
        for (field, name) in [
            (Field::Type, "type"), (Field::UserId, "userId"), (Field::AnonymousId, "anonymousId"),
            (Field::MessageId, "messageId"), (Field::Timestamp, "timestamp"),
            (Field::Context, "context"), (Field::Integrations, "integrations"),
            (Field::Event, "event"), (Field::Name, "name"), (Field::Traits, "traits"),
            (Field::Properties, "properties"), (Field::WriteKey, "writeKey"),
            (Field::Batch, "batch"), (Field::SentAt, "sentAt"), (Field::GroupId, "groupId"),
        ] {
            let expect = members.iter().rev().find(|((word, _), _)| word == name);
            let found = slots.value(field);
            prop_assert_eq!(
                String::from_utf8_lossy(found.raw(parsed.body)),
                expect.map_or("", |(_, value)| value.as_str())
            );
        }
    }

    #[test]
    fn damaged_json_is_judged_as_serde_json_judges_it(
        members in prop::collection::vec((key(), value()), 0..6),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let text: Vec<String> =
            members.iter().map(|((_, key), value)| format!("{key}:{value}")).collect();
        let mut body = format!("{{{}}}", text.join(",")).into_bytes();
        for (index, byte, how) in edits {
            let at = index.index(body.len() + 1);
            match how {
                0 => body.insert(at, byte),
                1 if at < body.len() => _ = body.remove(at),
                _ if at < body.len() => body[at] = b"{}[]\",:\\u0 "[usize::from(byte) % 11],
                _ => {}
            }
        }
        let mut scratch = Scratch::default();
        // A mark of byte order is ours to skip.
        if !body.starts_with(b"\xef\xbb\xbf") {
            agrees(&body, &mut scratch);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut scratch = Scratch::default();
        let _ = split(&body, Some(Kind::Track), &mut scratch);
        let _ = split(&body, None, &mut scratch);
    }
}
