use bytes::Bytes;
use expect_test::expect;
use serde_json::json;
use spec::json::Paper;

use super::*;

const MESSAGE: &str = r#"{
    "event": "Button Clicked", "type": "track", "userId": "u1",
    "context": {"library": {"name": "analytics.js", "version": "1.0"}},
    "properties": {
        "features": ["discounts", "dark-mode"], "total": 100.50, "whole": 9007199254740993,
        "enabled": true, "off": false, "nothing": null, "text": "42", "product 1": {"price": "19.99"},
        "a.b": 1, "caf\u00e9": "cr\u00e8me", "list": [1, "a", null, {"x": 1}], "empty": [],
        "object": {"a": 1}, "same": {"a": 1}, "other": {"a":1}, "escaped": "a\u0062c",
        "broken": "\ud800ab\u0063", "nul": "a\u0000b", "twice": 1, "twice": 2
    }
}"#;

fn holds_in(message: &str, statement: &str) -> Result<bool, Unsure> {
    let fql = Fql::new(statement).unwrap_or_else(|fault| panic!("{statement}: {fault}"));
    let mut paper = Paper::take();
    let (document, _) = paper.read(message.as_bytes()).expect("it is JSON");
    fql.of(document.whole())
}

/// Of the message above.
#[track_caller]
fn check(statement: &str, expect: bool) {
    assert_eq!(holds_in(MESSAGE, statement), Ok(expect), "{statement}");
}

#[test]
fn the_documented_statements_hold_as_documented() {
    check("event = 'Button Clicked'", true);
    check("event = 'Screen Tapped'", false);
    check("context.path.path = '/login'", false);
    check("type = 'identify' or type = 'track'", true);
    check("event = 'Button Clicked' and type = 'track'", true);
    check("match( context.library.version, '1.*' )", true);
    check("match( context.library.version, '2.*' )", false);
    check("type = 'track' and ( event = 'Click' or match( event, 'Button *' ) )", true);
    check("!contains( context.library.name, 'js' )", false);
    check("'dark-mode' in properties.features", true);
    check("'blink' in properties.features", false);
    check(r"properties.product\ 1.price = '19.99'", true);
    check("!( type in ['track', 'identify'] )", false);
    check("length( userId ) > 0", true);
    check(r#"type = "track" AND event = "Button Clicked""#, true);
    check("all", true);
}

#[test]
fn what_is_missing_is_null() {
    check("properties.missing = null", true);
    check("properties.nothing = null", true);
    check("properties.missing.deeper = null", true);
    check("event.deeper = null", true);
    check("properties.missing != 'a'", true);
    check("properties.missing", false);
    check("!properties.missing", true);
    check("contains( properties.missing, 'a' )", false);
    check("match( properties.missing, '*' )", false);
    check("length( properties.missing ) = 0", true);
    check("lowercase( properties.missing ) = null", true);
    check("typeof( properties.missing ) = 'null'", true);
    check("properties.missing in [null]", true);
    check("'a' in properties.missing", false);
}

#[test]
fn values_of_different_types_are_different() {
    check("properties.total = '100.50'", false);
    check("properties.total != '100.50'", true);
    check("properties.text = 42", false);
    check("properties.text > 1", false);
    check("properties.text <= 100", false);
    check("properties.enabled = 'true'", false);
    check("properties.enabled", true);
    check("properties.off", false);
    check("properties.text", false);
    check("properties.enabled = true", true);
}

#[test]
fn numbers_keep_their_digits() {
    check("properties.total = 100.5", true);
    check("properties.total >= 100.5 and properties.total < 100.51", true);
    check("properties.whole = 9007199254740993", true);
    check("properties.whole = 9007199254740992", false);
    check("properties.whole > 9007199254740992", true);
    check("properties.total > -1 and properties.total > 1e2", true);
    check("string( properties.total ) = '100.50'", true);
}

#[test]
fn lists_and_objects_are_compared_as_wholes() {
    check("properties.features = ['discounts', 'dark-mode']", true);
    check("properties.features = ['discounts']", false);
    check("properties.list = [1, 'a', null, properties.x]", false);
    check("null in properties.list and 1 in properties.list", true);
    check("properties.object = properties.same", true);
    check("properties.object = properties.other", false);
    check("length( properties.list ) = 4 and length( properties.empty ) = 0", true);
    check("[1, 2] = [1, 2]", true);
    check("event in [userId, event]", true);
}

#[test]
fn functions_give_what_they_say() {
    check("lowercase( event ) = 'button clicked'", true);
    check("uppercase( event ) = 'BUTTON CLICKED'", true);
    check("snakecase( 'test string' ) = 'test_string'", true);
    check("kebabcase( 'test string' ) = 'test-string'", true);
    check("titlecase( 'test string' ) = 'Test String'", true);
    check("length( 'a' ) = 1 and length( 'ア' ) = 3", true);
    check("typeof( properties.total ) = 'number' and typeof( event ) = 'string'", true);
    check("typeof( properties.list ) = 'list' and typeof( properties.object ) = 'object'", true);
    check("typeof( properties.off ) = 'bool'", true);
    check("number( properties.text ) = 42 and number( event ) = null", true);
    check(
        "bool( properties.text ) and !bool( properties.off ) and !bool( properties.empty )",
        true,
    );
    check("bool( '0' ) or bool( '' ) or bool( 0 ) or bool( null )", false);
    check("string( properties.off ) = 'false' and string( null ) = null", true);
    check("string( length( event ) ) = '14'", true);
    check("lowercase( properties.total ) = null", true);
}

#[test]
fn strings_are_compared_by_what_they_say() {
    check("properties.escaped = 'abc'", true);
    check(r"properties.caf\é = 'crème'", true);
    check("contains( properties.broken, 'abc' )", true);
    check("contains( properties.nul, 'b' ) and length( properties.nul ) = 3", true);
    check(r"properties.a\.b = 1", true);
    check(r#"'it\'s' = "it's""#, true);
    check("properties.twice = 2", true);
}

#[test]
fn patterns_match_the_whole_string() {
    let pattern = |text: &str, pattern: &str, expect: bool| {
        check(&format!("match( '{text}', '{pattern}' )"), expect);
    };
    pattern("abcd", "a*d", true);
    pattern("", "*", true);
    pattern("", "", true);
    pattern("abc", "ab", false);
    pattern("abcd", "a??d", true);
    pattern("abcd", "*d", true);
    pattern("abcd", "*c", false);
    pattern("ab*d", r"ab\*d", true);
    pattern("abxd", r"ab\*d", false);
    pattern("abCd", "ab[cC]d", true);
    pattern("abcd", "ab[a-z]d", true);
    pattern("abcd", "ab[A-Z]d", false);
    pattern("abcd", "ab[^A-Z]d", true);
    pattern("a-d", "a[x-]d", true);
    pattern("a]d", r"a[\]]d", true);
    pattern("ab/c", "a*", true);
    pattern("aXbXc", "a*X?", true);
    pattern("aaab", "*aab", true);
    pattern("größe", "gr??e", true);
    pattern("größe", "gr[ö]ße", true);
    pattern("größe", "*ße", true);
    pattern("abab", "ab*ab", true);
    pattern("ab", "ab*ab", false);
    pattern("a.b", "a.b", true);
    pattern("anyb", "a.b", false);
    pattern("xayaz", "*a?*z", true);
}

#[test]
fn a_pattern_out_of_the_message_may_be_none() {
    let message = r#"{"a": "x", "b": "[x", "c": "?"}"#;
    assert_eq!(holds_in(message, "match( a, b )"), Err(Unsure::Pattern));
    assert_eq!(holds_in(message, "!match( a, b )"), Err(Unsure::Pattern));
    assert_eq!(holds_in(message, "match( a, c )"), Ok(true));
}

#[test]
fn what_takes_too_long_is_not_decided() {
    let text = "a".repeat(30_000);
    let message = json!({ "text": text }).to_string();
    let pattern = format!("*{}b*", "?a".repeat(2000));
    let statement = format!("match( text, '{pattern}' )");
    assert_eq!(holds_in(&message, &statement), Err(Unsure::TooLong));
    assert_eq!(holds_in(&message, "match( text, '*a*a*a*b*' )"), Ok(false));
}

#[test]
fn faults_say_where_and_what_would_be_right() {
    let told = |statement: &str| Fql::new(statement).expect_err(statement).to_string();
    expect![[r#"at byte 13: found a string that does not end; close it with ""#]]
        .assert_eq(&told(r#"userId = oops""#));
    expect![[r#"at byte 6: found `==`; write = to ask whether two values are the same"#]]
        .assert_eq(&told("event == 'a'"));
    expect![[
        r#"at byte 8: found the end of the statement; write a path, a value or a function here"#
    ]]
    .assert_eq(&told("event = "));
    expect![[r#"at byte 0: found `lenght(`, which is no function; the functions are contains, match, length, lowercase, uppercase, snakecase, kebabcase, titlecase, typeof, bool, string, number"#]]
        .assert_eq(&told("lenght( event ) > 1"));
    expect![[r#"at byte 0: found 1 arguments of `contains`; give it contains( string, part )"#]]
        .assert_eq(&told("contains( event )"));
    expect![[r#"at byte 0: found `lowercase( event )`, which is a string; write a condition: compare it with =, !=, <, <=, >, >= or in"#]]
        .assert_eq(&told("lowercase( event ) and type = 'track'"));
    expect![[r#"at byte 19: found a string beside `>`; compare numbers: write 100 without quotes, or number( … )"#]]
        .assert_eq(&told("properties.total > '100'"));
    expect![[r#"at byte 0: found `!event` before a comparison; write != , or put the comparison in parentheses: !( … )"#]]
        .assert_eq(&told("!event = 'a'"));
    expect![[
        r#"at byte 8: found `'track'` behind in; write a list as in ['a', 'b'], or the path of one"#
    ]]
    .assert_eq(&told("type in 'track'"));
    expect![[r#"at byte 16: found `a[b`, which is no pattern; close the list with ], or write \[ for the bracket"#]]
        .assert_eq(&told("match( event, 'a[b' )"));
    expect![[r#"at byte 12: found `$`; write a path, a string in quotes, a number, a list or a function; in a path a character that is no letter, digit, _ or - has a backslash before it"#]]
        .assert_eq(&told("properties.x$ = 1"));
    expect![[r#"at byte 11: found ` `; write the name of a field behind the dot"#]]
        .assert_eq(&told("properties. x = 1"));
    expect![[
        r#"at byte 10: found `type`; end the statement here, or write and or or before this"#
    ]]
    .assert_eq(&told("event = 1 type = 2"));
    expect![[
        r#"at byte 0: found the end of the statement; write a path, a value or a function here"#
    ]]
    .assert_eq(&told(""));
    expect![[r#"at byte 0: found `2fa`; write a number as in 42 or -1.5, or a path that does not begin with a digit"#]]
        .assert_eq(&told("2fa = 1"));
    expect![[r#"at byte 32: found `(`; nest at most 32 of them in one another"#]]
        .assert_eq(&told(&"(".repeat(5000)));
    expect![[r#"at byte 5120: found a statement of 6000 bytes; keep it to 5120 bytes"#]]
        .assert_eq(&told(&"(".repeat(6000)));
}

#[test]
fn no_text_makes_it_panic() {
    use proptest::prelude::*;
    let parts = prop::sample::select(vec![
        "event",
        "properties.x",
        "'a",
        "'a'",
        "\"",
        "(",
        ")",
        "[",
        "]",
        ",",
        "!",
        "!=",
        "=",
        ">",
        " and ",
        " or ",
        " in ",
        "match(",
        "contains(",
        "length(",
        "\\",
        ".",
        "*",
        "é",
        "1",
        "-",
        "e5",
        "null",
        "true",
        "all",
        " ",
        "\u{0}",
    ]);
    let statements = prop::collection::vec(parts, 0..24).prop_map(|parts| parts.concat());
    let mut runner = proptest::test_runner::TestRunner::default();
    let mut paper = Paper::take();
    let (document, _) = paper.read(MESSAGE.as_bytes()).expect("it is JSON");
    runner
        .run(&statements, |statement| {
            match Fql::new(&statement) {
                Ok(fql) => _ = fql.of(document.whole()),
                Err(fault) => {
                    prop_assert!(fault.offset <= statement.len(), "{fault}");
                    prop_assert!(statement.is_char_boundary(fault.offset), "{fault}");
                }
            }
            Ok(())
        })
        .expect("no statement breaks it");
}

#[test]
fn a_message_that_is_none_is_not_decided() {
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(br#"{"messageId":"m""#);
    let none = spec::Span::default();
    let head = spec::Head {
        kind: spec::Kind::Track,
        message_id: spec::Span { start: 14, len: 1 },
        name: none,
        user_id: none,
        anonymous_id: none,
        integrations: none,
    };
    Message::finish(&mut out, at, &head);
    let message = Message::decode(Bytes::from(out)).expect("it was just written");
    let all = Fql::new("all").expect("a statement");
    assert_eq!(all.holds(&message), Err(Unsure::Unreadable));
}
