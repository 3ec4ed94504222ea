use expect_test::{Expect, expect};

use super::*;
use crate::tests::tracked;

#[test]
fn places_are_filled_from_the_message() {
    let parcel = tracked(
        1,
        "",
        "Tested",
        r#"{"total":12.50,"name":"Zo\u00eb","lone":"a\ud800b","none":null,"a.b":1,
            "list":[{"sku":"x"},{"sku":"y"}],"twice":1,"twice":2,"\ud800":3,"deep":{"er":true}}"#,
    );
    let check = |template: &str, expect: Expect| {
        let filled = Template::parse(template).expect("a good template");
        expect.assert_eq(&filled.fill(&parcel, |value, out| out.push_str(value)));
    };
    check("headwater-{source}", expect!["headwater-website"]);
    check("{event} {type} {messageId}", expect!["Tested track m-1"]);
    check("[{userId}|{anonymousId}]", expect!["[|]"]);
    check("{properties.total} of {properties.name}", expect!["12.50 of Zoë"]);
    check("{properties.lone}", expect!["a\u{fffd}\u{fffd}\u{fffd}b"]);
    check("<{properties.none}{properties.missing}{nothing}>", expect!["<>"]);
    check("{properties.list.1.sku} {properties.list.2.sku}", expect!["y "]);
    check("{properties.twice} {properties.deep}", expect![[r#"2 {"er":true}"#]]);
    check("{{literal} {{{type}}", expect!["{literal} {track}"]);
}

#[test]
fn what_is_no_template_is_named() {
    let check = |template: &str, expect: Expect| {
        expect.assert_eq(&Template::parse(template).expect_err("no template"));
    };
    check("a {event", expect![[r#"has a { without its } before "event""#]]);
    check("a {}", expect!["has {}, which names nothing; {event} or {properties.total} would"]);
    check(
        "{properties..total}",
        expect![
            "has {properties..total}, which names nothing; {event} or {properties.total} would"
        ],
    );
}

#[test]
fn a_template_without_places_is_fixed() {
    let fixed = |text: &str| Template::parse(text).expect("good").fixed().map(str::to_owned);
    assert_eq!(fixed("orders").as_deref(), Some("orders"));
    assert_eq!(fixed("").as_deref(), Some(""));
    assert_eq!(fixed("orders-{type}"), None);
}
