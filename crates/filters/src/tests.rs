mod naive;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use spec::{Kind, Message};

use crate::*;

const TRACK: &str = r#"{"type":"track", "messageId": "m1","event":"Paid","userId":"u1","properties":{"total":100.50,"email":"a@b.c","products":[{"sku":"s1","price":1.10},{"price":2,"sku":"s2"}],"caf\u00e9":"\ud83d\ude00"},"context":{"ip":"1.2.3.4","page":{"url":"/a"}},"integrations":{"All":true}}"#;

/// A message as it stands in the log.
pub(crate) fn message(json: &str) -> Message {
    payload(json.as_bytes()).expect("it is JSON")
}

fn filter(title: &str, condition: &str, actions: Value) -> Filter {
    let filter = json!({ "title": title, "if": condition, "actions": actions });
    // Through text, as from a row or a request.
    serde_json::from_str(&filter.to_string()).expect("a filter")
}

fn compiled(filters: &[Filter]) -> Compiled {
    Compiled::new(filters, &Salt::new(b"salt")).expect("filters")
}

fn told(outcome: Outcome) -> String {
    match outcome {
        Outcome::Pass => "passes".to_owned(),
        Outcome::Changed(message) => String::from_utf8_lossy(message.raw()).into_owned(),
        Outcome::Discard(Discard { code, reason }) => format!("{code}: {reason}"),
    }
}

/// What becomes of the track call above under one filter of these actions.
fn check(actions: Value, expect: Expect) {
    let filters = compiled(&[filter("F", "all", actions)]);
    expect.assert_eq(&told(filters.apply(&message(TRACK))));
}

#[test]
fn a_message_that_no_filter_is_about_passes() {
    let drops = filter("Drop", "event = 'Refunded'", json!([{"type": "DROP"}]));
    assert_eq!(compiled(std::slice::from_ref(&drops)).apply(&message(TRACK)), Outcome::Pass);
    assert_eq!(Compiled::default().apply(&message(TRACK)), Outcome::Pass);
    let off = Filter { enabled: false, condition: "all".into(), ..drops };
    let filters = compiled(&[off]);
    assert!(filters.is_empty() && filters.filters().len() == 1);
    assert_eq!(filters.apply(&message(TRACK)), Outcome::Pass);
}

#[test]
fn drops_say_which_filter_it_was() {
    check(json!([{"type": "DROP"}]), expect![[r#"FILTERED_BY_RULES: the filter "F" drops it"#]]);
}

#[test]
fn fields_are_taken_out_with_their_commas() {
    check(
        json!([{"type": "DROP_PROPERTIES", "fields": {"properties": ["total", "products.price", "gone"], "": ["integrations"], "context.page": ["url"]}}]),
        expect![[
            r#"{"type":"track", "messageId": "m1","event":"Paid","userId":"u1","properties":{"email":"a@b.c","products":[{"sku":"s1"},{"sku":"s2"}],"caf\u00e9":"\ud83d\ude00"},"context":{"ip":"1.2.3.4","page":{}}}"#
        ]],
    );
}

#[test]
fn what_is_not_allowed_goes() {
    check(
        json!([{"type": "ALLOW_PROPERTIES", "fields": {"properties": ["café", "products.sku"], "": ["event", "properties"]}}]),
        expect![[
            r#"{"type":"track", "messageId": "m1","event":"Paid","properties":{"products":[{"sku":"s1"},{"sku":"s2"}],"caf\u00e9":"\ud83d\ude00"}}"#
        ]],
    );
    // Of what is no object nothing is known to be allowed.
    check(
        json!([{"type": "ALLOW_PROPERTIES", "fields": {"properties.email": ["domain"], "context": ["page"]}}]),
        expect![[
            r#"{"type":"track", "messageId": "m1","event":"Paid","userId":"u1","properties":{"total":100.50,"products":[{"sku":"s1","price":1.10},{"price":2,"sku":"s2"}],"caf\u00e9":"\ud83d\ude00"},"context":{"page":{"url":"/a"}},"integrations":{"All":true}}"#
        ]],
    );
}

#[test]
fn hashes_stand_for_values() {
    check(
        json!([{"type": "HASH_PROPERTIES", "algorithm": "SHA256", "fields": {"properties": ["email", "total"]}}]),
        expect![[
            r#"{"type":"track", "messageId": "m1","event":"Paid","userId":"u1","properties":{"total":"deb3c9c1e1c40f75e3a55fc6accbbaecdcb28950579d220244007974ff70f107","email":"d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a","products":[{"sku":"s1","price":1.10},{"price":2,"sku":"s2"}],"caf\u00e9":"\ud83d\ude00"},"context":{"ip":"1.2.3.4","page":{"url":"/a"}},"integrations":{"All":true}}"#
        ]],
    );
    let keyed =
        filter("H", "all", json!([{"type": "HASH_PROPERTIES", "fields": {"": ["userId"]}}]));
    let user = |salt: &[u8]| {
        let filters =
            Compiled::new(std::slice::from_ref(&keyed), &Salt::new(salt)).expect("filters");
        let Outcome::Changed(message) = filters.apply(&message(TRACK)) else { panic!("changed") };
        String::from_utf8_lossy(message.user_id().expect("an id")).into_owned()
    };
    // HMAC-SHA256 of "u1" under "Jefe".
    expect!["08c5ad132b92161cf960b75ab319ccda4b81b5153468f2dcabad7e5f35a3d57a"]
        .assert_eq(&user(b"Jefe"));
    assert_ne!(user(b"Jefe"), user(b"another"));
}

#[test]
fn events_and_fields_get_other_names_and_values() {
    check(
        json!([{"type": "RENAME_EVENT", "newEventName": "Order \"Completed\""}]),
        expect![[
            r#"{"type":"track", "messageId": "m1","event":"Order \"Completed\"","userId":"u1","properties":{"total":100.50,"email":"a@b.c","products":[{"sku":"s1","price":1.10},{"price":2,"sku":"s2"}],"caf\u00e9":"\ud83d\ude00"},"context":{"ip":"1.2.3.4","page":{"url":"/a"}},"integrations":{"All":true}}"#
        ]],
    );
    check(
        json!([{"type": "RENAME_PROPERTIES", "fields": {"properties": {"total": "email", "products.sku": "id", "missing": "café"}}}]),
        expect![[
            r#"{"type":"track", "messageId": "m1","event":"Paid","userId":"u1","properties":{"email":100.50,"products":[{"id":"s1","price":1.10},{"price":2,"id":"s2"}],"caf\u00e9":"\ud83d\ude00"},"context":{"ip":"1.2.3.4","page":{"url":"/a"}},"integrations":{"All":true}}"#
        ]],
    );
    check(
        json!([{"type": "SET_VALUES", "fields": {"properties": {"email": null, "products.currency": "EUR", "a.b": 1, "x\\.y": [true]}, "traits": {"plan": "pro"}}}]),
        expect![[
            r#"{"type":"track", "messageId": "m1","event":"Paid","userId":"u1","properties":{"total":100.50,"email":null,"products":[{"sku":"s1","price":1.10,"currency":"EUR"},{"price":2,"sku":"s2","currency":"EUR"}],"caf\u00e9":"\ud83d\ude00","a":{"b":1},"x.y":[true]},"context":{"ip":"1.2.3.4","page":{"url":"/a"}},"integrations":{"All":true},"traits":{"plan":"pro"}}"#
        ]],
    );
    let renamed = filter("R", "all", json!([{"type": "RENAME_EVENT", "newEventName": "X"}]));
    let page = message(r#"{"type":"page","messageId":"m","event":"Paid","name":"Home"}"#);
    assert_eq!(compiled(&[renamed]).apply(&page), Outcome::Pass, "it is no track call");
}

#[test]
fn what_later_stages_read_is_found_again() {
    let filters = compiled(&[filter(
        "F",
        "all",
        json!([
            {"type": "SET_VALUES", "fields": {"context": {"a": "longer than it was"}}},
            {"type": "RENAME_EVENT", "newEventName": "Order Completed"},
            {"type": "DROP_PROPERTIES", "fields": {"": ["anonymousId"]}},
        ]),
    )]);
    let json = r#"{"context":{"a":1},"anonymousId":"a","event":"Paid","type":"track","integrations":{"x":1},"userId":"u","messageId":"m"}"#;
    let Outcome::Changed(message) = filters.apply(&message(json)) else { panic!("changed") };
    assert_eq!(message.kind(), Kind::Track);
    assert_eq!(message.name(), Some(&b"Order Completed"[..]));
    assert_eq!(message.user_id(), Some(&b"u"[..]));
    assert_eq!(message.anonymous_id(), None);
    assert_eq!(message.message_id(), b"m");
    assert_eq!(message.integrations(), Some(&br#"{"x":1}"#[..]));
}

#[test]
fn they_are_done_in_the_order_of_their_types() {
    let drop_email = json!([{"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}]);
    let filters = compiled(&[
        filter(
            "Set",
            "all",
            json!([{"type": "SET_VALUES", "fields": {"properties": {"email": "x"}}}]),
        ),
        filter("Take out", "all", drop_email.clone()),
    ]);
    let Outcome::Changed(changed) = filters.apply(&message(TRACK)) else { panic!("changed") };
    assert!(changed.raw().ends_with(br#""email":"x"},"context":{"ip":"1.2.3.4","page":{"url":"/a"}},"integrations":{"All":true}}"#));
    // What one takes out another may still ask for.
    let filters = compiled(&[
        filter("Take out", "all", drop_email),
        filter("Ours", "contains( properties.email, '@b.c' )", json!([{"type": "DROP"}])),
    ]);
    expect![[r#"FILTERED_BY_RULES: the filter "Ours" drops it"#]]
        .assert_eq(&told(filters.apply(&message(TRACK))));
}

#[test]
fn samples_are_the_same_people_every_time() {
    let sample = |percent: f64, path: Option<&str>| {
        let action = json!([{"type": "SAMPLE", "percent": percent, "path": path}]);
        compiled(&[filter("S", "all", action)])
    };
    let of = |user: usize, id: usize| {
        message(&format!(r#"{{"type":"track","messageId":"m{id}","userId":"u{user}"}}"#))
    };
    let by_user = sample(0.25, Some("userId"));
    let sent = |filters: &Compiled, user, id| filters.apply(&of(user, id)) == Outcome::Pass;
    let users: Vec<usize> = (0..4000).filter(|user| sent(&by_user, *user, 1)).collect();
    assert!((900..1100).contains(&users.len()), "{}", users.len());
    assert!((0..4000).all(|user| sent(&by_user, user, 2) == users.contains(&user)));
    // Who is in a small sample is in a larger one.
    let larger = sample(0.5, Some("userId"));
    assert!(users.iter().all(|user| sent(&larger, *user, 3)));
    // Without a value each message is on its own.
    let by_none = sample(0.25, Some("traits.none"));
    let many = (0..4000).filter(|id| sent(&by_none, 1, *id)).count();
    assert!((900..1100).contains(&many), "{many}");
    assert!((0..100).all(|id| sent(&sample(1.0, None), 1, id)));
    assert!((0..100).all(|id| !sent(&sample(0.0, None), 1, id)));
    expect![[r#"FILTERED_BY_RULES: it is not among the 0 % that the filter "S" sends"#]]
        .assert_eq(&told(sample(0.0, None).apply(&of(1, 1))));
}

#[test]
fn a_stored_filter_that_is_none_lets_nothing_through() {
    let broken = filter("Old", "userId = oops\"", json!([{"type": "DROP"}]));
    let filters = Compiled::of_stored(std::slice::from_ref(&broken), &Salt::default());
    expect![[r#"FILTER_FAILED: the filter "Old" is none: /if: at byte 13: found a string that does not end; fix: close it with ""#]]
        .assert_eq(&told(filters.apply(&message(TRACK))));
    let off = Compiled::of_stored(&[Filter { enabled: false, ..broken }], &Salt::default());
    assert_eq!(off.apply(&message(TRACK)), Outcome::Pass);
}

#[test]
fn what_cannot_be_decided_is_not_sent() {
    let pattern = filter("P", "match( event, properties.email )", json!([{"type": "DROP"}]));
    let json = TRACK.replace("a@b.c", "[");
    expect![[
        r#"FILTER_FAILED: the filter "P" cannot say: the pattern that it matches against is none"#
    ]]
    .assert_eq(&told(compiled(&[pattern]).apply(&message(&json))));
    let drop_deep =
        filter("D", "all", json!([{"type": "DROP_PROPERTIES", "fields": {"properties": ["x"]}}]));
    let deep = format!(
        r#"{{"type":"track","messageId":"m","properties":{}1{}}}"#,
        "[".repeat(9000),
        "]".repeat(9000)
    );
    expect![["FILTER_FAILED: the message is nested too deeply for filters"]]
        .assert_eq(&told(compiled(&[drop_deep]).apply(&message(&deep))));
    let large =
        json!([{"type": "SET_VALUES", "fields": {"properties": {"list.x": "y".repeat(9000)}}}]);
    let many = format!(
        r#"{{"type":"track","messageId":"m","properties":{{"list":[{}{{}}]}}}}"#,
        "{},".repeat(5000)
    );
    expect![[r#"FILTER_FAILED: the filter "L" makes the message too large"#]]
        .assert_eq(&told(compiled(&[filter("L", "all", large)]).apply(&message(&many))));
}

#[test]
fn problems_say_where_and_what_to_do() {
    let problems = |filter: Value| {
        let filter: Filter = serde_json::from_str(&filter.to_string()).expect("a filter");
        filter.problems().iter().map(|problem| format!("{problem}\n")).collect::<String>()
    };
    expect![[r#"
        /title: the title is empty; fix: name it in 1 to 64 characters
        /if: at byte 6: found `==`; fix: write = to ask whether two values are the same
        /actions: the filter has 0 actions; fix: say in 1 to 10 actions what becomes of the messages
    "#]]
    .assert_eq(&problems(json!({"title": " ", "if": "event == 1", "actions": []})));
    expect![[r#"
        /actions/0/fields: DROP takes no fields; fix: leave it out
        /actions/1/percent: the share is 25; fix: say the share that is sent from 0 to 1: 0.1 for one in ten
        /actions/2/fields: DROP_PROPERTIES names no fields; fix: write {"properties": ["name"]}, and "" for the message itself
        /actions/3/fields/: DROP_PROPERTIES of messageId; fix: leave it as it is: every message needs it
        /actions/4/fields/: HASH_PROPERTIES of event; fix: of the message itself hash userId, anonymousId, groupId or previousId; of others name fields within context, properties or traits
        /actions/5/fields/a..b: "a..b" is no path; fix: write names with dots between them: properties.address.city; \. for a dot in a name
        /actions/6/newEventName: the new name of the event is missing; fix: say the new name
        /actions/7/fields/properties: two fields are named "c"; fix: give each a name of its own
        /actions/8/fields/: the message's own members keep their names and values; fix: name fields within context, properties or traits
        /actions/9/fields/properties: "email" is no list of names; fix: write {"properties": ["name"]}, and "" for the message itself
    "#]]
    .assert_eq(&problems(json!({"title": "T", "if": "all", "actions": [
        {"type": "DROP", "fields": {"": ["x"]}},
        {"type": "SAMPLE", "percent": 25},
        {"type": "DROP_PROPERTIES"},
        {"type": "DROP_PROPERTIES", "fields": {"": ["messageId"]}},
        {"type": "HASH_PROPERTIES", "fields": {"": ["event"]}},
        {"type": "ALLOW_PROPERTIES", "fields": {"a..b": ["x"]}},
        {"type": "RENAME_EVENT"},
        {"type": "RENAME_PROPERTIES", "fields": {"properties": {"a": "c", "b": "c"}}},
        {"type": "SET_VALUES", "fields": {"": {"userId": "x"}}},
        {"type": "DROP_PROPERTIES", "fields": {"properties": "email"}},
    ]})));
}

#[test]
fn hostile_members_are_changed_too() {
    let drop_email = filter(
        "D",
        "all",
        json!([{"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}]),
    );
    let json = r#"{"type":"track","messageId":"m","properties":{"email":1},"properties":{"e\u006dail":"\ud800","email":"a\u0000b","\udc00":"kept","n":1e400}}"#;
    expect![[r#"{"type":"track","messageId":"m","properties":{},"properties":{"\udc00":"kept","n":1e400}}"#]]
        .assert_eq(&told(compiled(&[drop_email]).apply(&message(json))));
}
