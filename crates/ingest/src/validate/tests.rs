use expect_test::{Expect, expect};
use spec::Kind;

use crate::check;

/// The faults of a message of this kind: code, place, what is wrong, what is expected, an example.
fn check(kind: Kind, members: &str, expect: Expect) {
    let body = format!(r#"{{"type":"{kind}"{members}}}"#);
    let report = check::check(body.as_bytes());
    let mut out = String::new();
    for fault in report.findings.iter().map(|finding| &finding.fault) {
        out += &format!("{} {} {}\n", fault.code, fault.pointer, fault.detail);
        let again = check::check(fault.example.as_bytes());
        assert_eq!(again.findings, [], "the example is right: {}", fault.example);
    }
    expect.assert_eq(&out);
}

#[test]
fn somebody_must_have_done_it() {
    check(
        Kind::Track,
        r#","event":"E""#,
        expect![[r#"
        no_user_anon_id  neither userId nor anonymousId is there
    "#]],
    );
    check(
        Kind::Track,
        r#","event":"E","userId":null,"anonymousId":null"#,
        expect![[r#"
        no_user_anon_id  neither userId nor anonymousId is there
    "#]],
    );
    check(
        Kind::Track,
        r#","event":"E","userId":"""#,
        expect![[r#"
        id_not_string /userId userId is empty
    "#]],
    );
    check(
        Kind::Track,
        r#","event":"E","anonymousId":"""#,
        expect![[r#"
        id_not_string /anonymousId anonymousId is empty
    "#]],
    );
    check(Kind::Track, r#","event":"E","userId":"","anonymousId":"a""#, expect![[""]]);
    check(
        Kind::Track,
        r#","event":"E","userId":true,"anonymousId":"a""#,
        expect![[r#"
        id_not_string /userId userId is a boolean
    "#]],
    );
    check(
        Kind::Track,
        r#","event":"E","userId":["u"]"#,
        expect![[r#"
        id_not_string /userId userId is an array
    "#]],
    );
    check(
        Kind::Track,
        r#","event":"E","anonymousId":{"$oid":"5"}"#,
        expect![[r#"
        id_not_string /anonymousId anonymousId is an object
    "#]],
    );
    check(Kind::Track, r#","event":"E","userId":97980"#, expect![[""]]);
    check(
        Kind::Group,
        r#","groupId":"g""#,
        expect![[r#"
        no_user_anon_id  neither userId nor anonymousId is there
    "#]],
    );
}

#[test]
fn a_track_call_names_an_event() {
    check(
        Kind::Track,
        r#","userId":"u""#,
        expect![[r#"
        event_not_defined /event event is missing
    "#]],
    );
    check(
        Kind::Track,
        r#","userId":"u","event":null"#,
        expect![[r#"
        event_not_defined /event event is null
    "#]],
    );
    check(
        Kind::Track,
        r#","userId":"u","event":"""#,
        expect![[r#"
        event_not_defined /event event is empty
    "#]],
    );
    check(
        Kind::Track,
        r#","userId":"u","event":7"#,
        expect![[r#"
        event_not_string /event event is a number
    "#]],
    );
    check(
        Kind::Track,
        r#","userId":"u","event":{"name":"X"}"#,
        expect![[r#"
        event_not_string /event event is an object
    "#]],
    );
    check(Kind::Page, r#","userId":"u","event":7"#, expect![[""]]);
}

#[test]
fn names_and_categories_are_text() {
    check(
        Kind::Page,
        r#","userId":"u","name":404"#,
        expect![[r#"
        name_not_string /name name is a number
    "#]],
    );
    check(
        Kind::Screen,
        r#","userId":"u","name":"Home","category":{}"#,
        expect![[r#"
        category_not_string /category category is an object
    "#]],
    );
    check(Kind::Page, r#","userId":"u","name":"","category":null"#, expect![[""]]);
    check(Kind::Track, r#","userId":"u","event":"E","name":404"#, expect![[""]]);
}

#[test]
fn groups_and_aliases_need_a_second_id() {
    check(
        Kind::Group,
        r#","userId":"u""#,
        expect![[r#"
        id_required /groupId groupId is missing, group needs it
    "#]],
    );
    check(
        Kind::Group,
        r#","userId":"u","groupId":"""#,
        expect![[r#"
        id_not_string /groupId groupId is empty
    "#]],
    );
    check(Kind::Group, r#","userId":"u","groupId":5150"#, expect![[""]]);
    check(
        Kind::Group,
        r#","userId":"u","groupId":false"#,
        expect![[r#"
        id_not_string /groupId groupId is a boolean
    "#]],
    );
    check(
        Kind::Alias,
        r#","userId":"u""#,
        expect![[r#"
        id_required /previousId previousId is missing, alias needs it
    "#]],
    );
    check(
        Kind::Alias,
        r#","previousId":"p""#,
        expect![[r#"
        no_user_anon_id  neither userId nor anonymousId is there
    "#]],
    );
    check(
        Kind::Alias,
        r#","anonymousId":"a","previousId":"p""#,
        expect![[r#"
        id_required /userId userId is missing, alias needs it
    "#]],
    );
    check(Kind::Alias, r#","userId":"u","previousId":"p""#, expect![[""]]);
}

#[test]
fn objects_are_objects() {
    check(
        Kind::Track,
        r#","userId":"u","event":"E","properties":"a=1""#,
        expect![[r#"
        properties_not_object /properties properties is text
    "#]],
    );
    check(
        Kind::Track,
        r#","userId":"u","event":"E","properties":[1]"#,
        expect![[r#"
        properties_not_object /properties properties is an array
    "#]],
    );
    check(Kind::Track, r#","userId":"u","event":"E","properties":[]"#, expect![[""]]);
    check(Kind::Track, r#","userId":"u","event":"E","properties":null"#, expect![[""]]);
    check(
        Kind::Identify,
        r#","userId":"u","traits":"x""#,
        expect![[r#"
        traits_not_object /traits traits is text
    "#]],
    );
    check(
        Kind::Group,
        r#","userId":"u","groupId":"g","traits":5"#,
        expect![[r#"
        traits_not_object /traits traits is a number
    "#]],
    );
    check(
        Kind::Identify,
        r#","userId":"u","context":"x","integrations":true"#,
        expect![[r#"
        integrations_not_object /integrations integrations is a boolean
        context_not_object /context context is text
    "#]],
    );
}

#[test]
fn consent_and_devices_have_their_shapes() {
    let checks = |context: &str, expect| {
        check(Kind::Identify, &format!(r#","userId":"u","context":{context}"#), expect);
    };
    checks(
        r#"{"device":{"advertisingId":5}}"#,
        expect![[r#"
        device_advertisingid_should_be_string /context/device/advertisingId context.device.advertisingId is a number
    "#]],
    );
    checks(r#"{"device":{"advertisingId":null}}"#, expect![[""]]);
    checks(r#"{"device":5}"#, expect![[""]]);
    checks(r#"{"consent":{}}"#, expect![[""]]);
    checks(r#"{"consent":null}"#, expect![[""]]);
    checks(r#"{"consent":{"categoryPreferences":{}}}"#, expect![[""]]);
    checks(
        r#"{"consent":{"categoryPreferences":{"a":true,"b":false},"version":2}}"#,
        expect![[""]],
    );
    checks(
        r#"{"consent":{"version":2}}"#,
        expect![[r#"
        consent_categorypreferences_should_exist /context/consent/categoryPreferences context.consent has no categoryPreferences
    "#]],
    );
    checks(
        r#"{"consent":"yes"}"#,
        expect![[r#"
        consent_categorypreferences_should_exist /context/consent/categoryPreferences context.consent has no categoryPreferences
    "#]],
    );
    checks(
        r#"{"consent":{"categoryPreferences":["a"]}}"#,
        expect![[r#"
        consent_categorypreferences_fields_should_be_object /context/consent/categoryPreferences categoryPreferences is an array
    "#]],
    );
    checks(
        r#"{"consent":{"categoryPreferences":{"a":true,"b/c":"yes"}}}"#,
        expect![[r#"
        consent_categorypreferences_fields_should_be_bool /context/consent/categoryPreferences/b~1c the choice for "b/c" is neither true nor false
    "#]],
    );
    checks(
        r#"{"consent":{"categoryPreferences":{"a":true},"version":"2"}}"#,
        expect![[r#"
        consent_version_should_be_number /context/consent/version context.consent.version is text
    "#]],
    );
}

#[test]
fn an_example_keeps_the_senders_own_values() {
    let body =
        r#"{"type":"track","userId":"u-1","event":"Shoe \u0022Tied\u0022","properties":"x"}"#;
    let report = check::check(body.as_bytes());
    expect![[r#"{"type":"track","userId":"u-1","event":"Shoe \u0022Tied\u0022","properties":{"price":18.99}}"#]].assert_eq(&report.findings[0].fault.example);
}

/// What may be discarded as is written down twice: here by what stops it, there for those who ask
/// why. Both call it the same.
#[test]
fn a_rule_of_the_wire_has_the_code_of_its_discard() {
    let rules = spec::rules::all().iter().filter(|rule| rule.set == spec::rules::Set::Wire);
    for rule in rules.filter(|rule| rule.severity == spec::rules::Severity::Error) {
        let report = check::check(rule.failing.as_bytes());
        let code = report.findings.first().map(|finding| finding.fault.code);
        let expected = match rule.code {
            // The wire has one code for a request that is not taken at all, one for what in it is no
            // message. Source: Segment, "HTTP API".
            "unreadable" | "too_deep" | "message_too_large" => "invalid_request",
            "type_unknown" => "bad_request",
            code => code,
        };
        assert_eq!(code, Some(expected), "{}: {}", rule.code, rule.failing);
    }
}
