use destination_kit::conformance::{message, parcel};
use expect_test::{Expect, expect};

use super::*;

/// 2026-11-25T14:10:00.123Z
const RECEIVED_AT_MS: i64 = 1_795_615_800_123;

fn check(template: &str, expect: Expect) {
    let parcel = Parcel { received_at_ms: RECEIVED_AT_MS, ..parcel(7, message("m-1", "{}")) };
    let told = Layout::read(template).map(|layout| layout.folder_of(&parcel));
    expect.assert_eq(&told.unwrap_or_else(|problem| format!("! {problem}")));
}

#[test]
fn folders_follow_the_template() {
    check("hive", expect!["date=2026-11-25/hour=14/source=website/event=track"]);
    check("segment", expect!["segment-logs/src_website/1795564800000"]);
    check("/raw/{event}/{date}/", expect!["raw/track/2026-11-25"]);
    check("all", expect!["all"]);
    check("{date", expect!["! holds a { without }"]);
    check("{user}", expect!["! holds {user}, and knows date, hour, day, source, source_id, event"]);
    check("", expect!["! must not have empty folders, or such as begin with . or _"]);
    check("a//{date}", expect!["! must not have empty folders, or such as begin with . or _"]);
    check(
        "_headwater/{date}",
        expect!["! must not have empty folders, or such as begin with . or _"],
    );
    check("../{date}", expect!["! may hold letters, digits, = / - _ . and fields in braces"]);
    check("a b/{date}", expect!["! may hold letters, digits, = / - _ . and fields in braces"]);
}

#[test]
fn a_template_says_which_columns_its_folders_make() {
    let tells = |template| {
        let layout = Layout::read(template).expect("a template");
        ["source", "event", "id"].map(|name| layout.tells(name))
    };
    assert_eq!(tells("hive"), [true, true, false]);
    assert_eq!(tells("segment"), [false, false, false]);
    assert_eq!(tells("source={event}/event={event}-x/id={day}"), [false, false, false]);
}

/// An event's name is whatever a sender says.
#[test]
fn no_name_leads_out_of_its_folder() {
    for (escaped, expect) in [
        ("Order Completed", "order_completed"),
        (r"..\/..\/etc", "etc"),
        (r"a\u0000b\ud800c", "a_b_c"),
        ("..", "x_"),
        (r"\u041f\u043e", "x_"),
    ] {
        let value = value(&name::word(&plain(escaped.as_bytes())));
        let hashed = expect == "x_" && value.starts_with(expect) && value.len() > 2;
        assert!(value == expect || hashed, "{escaped}: {value}");
    }
    assert_eq!(value(&"x".repeat(5000)).len(), VALUE_CHARS_MAX);
}
