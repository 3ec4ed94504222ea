use destination_kit::conformance::parcel;
use expect_test::{Expect, expect};
use spec::{Head, Message, Span};

use super::*;

/// A track call with these members beside `messageId` and `event`.
fn track(id: &str, members: &str) -> Message {
    let before = r#"{"type":"track","messageId":""#;
    let middle = r#"","event":""#;
    let raw = format!(r#"{before}{id}{middle}Order Completed"{members}}}"#);
    let span = |start: usize, len: usize| Span { start: start as u32, len: len as u32 };
    let head = Head {
        kind: spec::Kind::Track,
        message_id: span(before.len(), id.len()),
        name: span(before.len() + id.len() + middle.len(), "Order Completed".len()),
        user_id: Span::default(),
        anonymous_id: Span::default(),
        integrations: Span::default(),
    };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw.as_bytes());
    Message::finish(&mut out, at, &head);
    Message::decode(out.into()).expect("it was just encoded")
}

fn hive() -> Layout {
    Layout::read("hive").expect("a preset")
}

/// Columns with values, as `name kind: value value …`.
fn check(members: &[&str], expect: Expect) {
    let parcels: Vec<Parcel> = members
        .iter()
        .enumerate()
        .map(|(n, members)| parcel(n as u64, track(&format!("m-{n}"), members)))
        .collect();
    let table = Table::new(&parcels.iter().collect::<Vec<_>>(), &hive());
    let mut text = String::new();
    for (name, kind, column) in &table.columns {
        let ours = ["position", "id", "type", "event_text", "received_at"].contains(&name.as_str());
        if ours || column.cells.is_empty() {
            continue;
        }
        let mut values = vec!["–".to_owned(); table.rows];
        for (row, cell) in &column.cells {
            values[*row] = cell.text().into_owned();
        }
        text += &format!("{name} {kind:?}: {}\n", values.join(" | "));
    }
    expect.assert_eq(&text);
}

#[test]
fn leaves_are_columns_with_the_type_of_their_values() {
    check(
        &[
            r#","userId":"u-1","timestamp":"2026-11-30T12:00:00.123456Z","properties":{"total":10,"paid":true,"cart":{"id":"c","items":[1,"two"]}}"#,
            r#","userId":7,"properties":{"total":12.50,"paid":false,"coupon":null}"#,
            r#","sentAt":"2026-11-30T12:00:01Z","context":{"page":{"url":"/"}},"traits":{}"#,
        ],
        expect![[r#"
            user_id Text: u-1 | 7 | –
            timestamp Time: 1796040000123456 | – | –
            sent_at Time: – | – | 1796040001000000
            context_page_url Text: – | – | /
            properties_cart_id Text: c | – | –
            properties_cart_items Text: [1,"two"] | – | –
            properties_paid Flag: true | false | –
            properties_total Real: 10 | 12.50 | –
        "#]],
    );
}

#[test]
fn values_of_several_kinds_are_text_with_their_digits() {
    check(
        &[
            r#","properties":{"a":1,"b":9007199254740993,"c":1.0,"d":1e999,"e":18446744073709551616}"#,
            r#","properties":{"a":"x","b":0.5,"c":2,"d":1,"e":2}"#,
            r#","properties":{"a":true,"b":1,"c":1e3}"#,
        ],
        expect![[r#"
            properties_a Text: 1 | x | true
            properties_b Text: 9007199254740993 | 0.5 | 1
            properties_c Real: 1.0 | 2 | 1e+3
            properties_d Text: 1e+999 | 1 | –
            properties_e Text: 18446744073709551616 | 2 | –
        "#]],
    );
}

#[test]
fn what_fits_no_column_stands_in_rest() {
    check(
        &[
            r#","integrations":{"All":false},"channel":"server","timestamp":"yesterday","properties":{"orderId":1,"order_id":2}"#,
            r#","properties":{"Order ID":3},"context":"odd""#,
        ],
        expect![[r#"
            context Text: – | odd
            properties_order_id Whole: 1 | 3
            rest Text: {"timestamp":"yesterday","properties.order_id":2,"integrations":{"All":false},"channel":"server"} | –
        "#]],
    );
}

#[test]
fn strings_that_are_no_unicode_are_read() {
    check(
        &[r#","properties":{"a":"x\ud800y","b":"\ud83d\ude00","c":"a\tb\u2028"}"#],
        expect![[r#"
            properties_a Text: x�y
            properties_b Text: 😀
            properties_c Text: a	b 
        "#]],
    );
}

#[test]
fn columns_and_depth_are_bounded() {
    let many: Vec<String> = (0..LEAVES_MAX + 2).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let deep = format!("{}1{}", r#"{"d":"#.repeat(20), "}".repeat(20));
    let members = format!(r#","properties":{{"deep":{deep},{}}}"#, many.join(","));
    let parcel = parcel(1, track("m-1", &members));
    let table = Table::new(&[&parcel], &hive());
    let names: Vec<&str> = table.columns.iter().map(|(name, ..)| name.as_str()).collect();
    let leaves = names.iter().filter(|name| name.starts_with("properties_")).count();
    assert_eq!(leaves, LEAVES_MAX);
    assert!(names.contains(&"properties_deep_d_d_d_d"), "{:?}", &names[..30]);
    let (_, _, rest) = table.columns.last().expect("rest is the last");
    assert_eq!(
        rest.cells[0].1.text(),
        r#"{"properties.k999":999,"properties.k1000":1000,"properties.k1001":1001}"#
    );

    let hopeless = format!(r#","properties":{}1{}"#, r#"{"d":"#.repeat(200), "}".repeat(200));
    let parcel = destination_kit::conformance::parcel(1, track("m-1", &hopeless));
    let table = Table::new(&[&parcel], &hive());
    let (_, _, rest) = table.columns.last().expect("rest is the last");
    assert!(rest.cells[0].1.text().contains("m-1"), "its bytes are kept");
}
