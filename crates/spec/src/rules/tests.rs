mod blessed;
mod facts;
mod random;

use expect_test::{Expect, expect};
use serde_json::Value;

use super::{EXAMPLE_SLUG, Finding, Partner, Rule, Set, Sets, all, events, findings};

fn partner() -> Sets<'static> {
    Sets { partner: Some(Partner { slug: EXAMPLE_SLUG }) }
}

/// The sets that a rule's examples are held to.
fn sets_of(rule: &Rule) -> Sets<'static> {
    if rule.set == Set::Partner { partner() } else { Sets::default() }
}

fn lines(found: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let Finding { rule, pointer, found, expected, example } = finding;
        format!("{} {pointer}: {found}; expected {expected}; {example}\n", rule.code)
    };
    found.iter().map(line).collect()
}

fn check(message: &str, expect: Expect) {
    expect.assert_eq(&lines(&findings(message.as_bytes(), &Sets::default())));
}

fn check_partner(message: &str, expect: Expect) {
    expect.assert_eq(&lines(&findings(message.as_bytes(), &partner())));
}

/// A track call with an event of no one's, and these properties.
fn track(properties: &str) -> String {
    format!(r#"{{"type":"track","userId":"u1","event":"Plan Changed","properties":{properties}}}"#)
}

#[test]
fn every_rule_is_kept_by_one_example_and_broken_by_the_other() {
    for rule in all() {
        let passing = findings(rule.passing.as_bytes(), &sets_of(rule));
        assert_eq!(lines(&passing), "", "{} in {}", rule.code, rule.passing);
        let failing = findings(rule.failing.as_bytes(), &sets_of(rule));
        let codes: Vec<_> = failing.iter().map(|finding| finding.rule.code).collect();
        assert_eq!(codes, [rule.code], "{}", lines(&failing));
    }
}

#[test]
fn rules_are_told_apart_and_say_everything() {
    let mut codes: Vec<_> = all().iter().map(|rule| rule.code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    for rule in all() {
        let snake = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        assert!(rule.code.bytes().all(snake), "{}", rule.code);
        assert!(!rule.title.ends_with('.'), "{}", rule.title);
        assert!(rule.why.ends_with('.') && rule.fix.ends_with('.'), "{}", rule.code);
        assert!(rule.source.starts_with("https://segment.com/"), "{}", rule.source);
    }
}

#[test]
fn a_finding_tells_all_as_json() {
    let found = findings(track(r#"{"revenue":"12.50"}"#).as_bytes(), &Sets::default());
    expect![[r#"
        {
          "code": "reserved_property_type",
          "severity": "warning",
          "title": "A reserved property has another type than the Spec gives it",
          "pointer": "/properties/revenue",
          "found": "the text \"12.50\"",
          "expected": "a number",
          "fix": "Send revenue and value as numbers, the others as text; or choose another name.",
          "example": 12.50,
          "docs": "/docs/spec#reserved_property_type"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&found[0]).expect("it is plain data"));
}

#[test]
fn names_mean_events() {
    for (name, expect) in [
        ("Purchase", "Order Completed"),
        ("purchased", "Order Completed"),
        ("Completed Order", "Order Completed"),
        ("order completed", "Order Completed"),
        ("order_completed", "Order Completed"),
        ("orderCompleted", "Order Completed"),
        ("Completed  Order", "Order Completed"),
        ("install", "Application Installed"),
        ("App Installed", "Application Installed"),
        ("Unsubscribe", "Unsubscribed"),
        ("Email Unsubscribed", "Unsubscribed"),
        ("Email Sent", "Email Delivered"),
        ("Link Clicked", "Email Link Clicked"),
        ("email-link-clicked", "Email Link Clicked"),
        ("Viewed Product", "Product Viewed"),
        ("add_to_cart", "Product Added"),
        ("Clicked Promotion", "Promotion Clicked"),
        ("Order Complete", "Order Completed"),
        ("Order Canceled", "Order Cancelled"),
        ("Product View", "Product Viewed"),
        ("Aplication Opened", "Application Opened"),
        ("Application Opneed", "Application Opened"),
        ("Unsubscrbed", "Unsubscribed"),
        ("login", "Signed In"),
        ("Sign Up", "Signed Up"),
        ("user signed up", "Signed Up"),
        ("Signed up", "Signed Up"),
        ("Video Playback Start", "Video Playback Started"),
    ] {
        let meant = events::meant(name).map(|meant| meant.event);
        assert_eq!(meant, Some(expect), "{name}");
    }
}

#[test]
fn names_of_other_things_mean_no_event() {
    for name in [
        "Signed Up",
        "User Signed Up",
        "Signed In",
        "Custom Component Loaded",
        "Message Sent",
        "Plan Changed",
        "Card Viewed",
        "Card Shared",
        "Invoice Sent",
        "Order Created",
        "Order Shipped",
        "Product Rated",
        "Trial Extended",
        "Survey Sent",
        "Email Replied",
        "Email Forwarded",
        "Account Upgraded",
        "Payment Failed",
        "Report Exported",
        "Cart Saved",
        "Order",
        "Completed",
        "",
        " ",
        "_",
        "Experiment Created",
        "Promotion Created",
        "Video Uploaded",
        "Coupon Created",
        "Checkout Abandoned",
        "Subscribed",
        "Subscription Started",
        "Product Created",
        "User Created",
        "Account Updated",
        "Link Created",
        "Link Shared",
    ] {
        let meant = events::meant(name);
        assert!(meant.is_none(), "{name} is said to mean {meant:?}");
    }
}

#[test]
fn casings_that_are_allowed_pass() {
    for name in [
        "Report Exported",
        "Report exported",
        "report exported",
        "report_exported",
        "reportExported",
        "Exported",
        "exported",
        "FAQ Read",
        "iOS Build Sent",
        "Opened in Safari",
        "FAQ",
        "Plan changed to Pro",
        "Étape Franchie",
        "2FA Enabled",
    ] {
        let message = format!(r#"{{"type":"track","userId":"u1","event":"{name}"}}"#);
        assert_eq!(lines(&findings(message.as_bytes(), &Sets::default())), "", "{name}");
    }
}

#[test]
fn other_casings_are_a_hint() {
    for name in [
        "REPORT EXPORTED",
        "ReportExported",
        "report-exported",
        "Report_Exported",
        "report Exported",
        "report exported ",
        "report.exported",
        "Report  Exported",
        "report:exported",
    ] {
        let message = format!(r#"{{"type":"track","userId":"u1","event":"{name}"}}"#);
        let found = findings(message.as_bytes(), &Sets::default());
        let codes: Vec<_> = found.iter().map(|finding| finding.rule.code).collect();
        assert_eq!(codes, ["event_casing"], "{name}");
        assert_eq!(found[0].example, "Report Exported", "{name}");
    }
}

#[test]
fn data_in_names_is_found() {
    for name in [
        "Viewed Item 1234",
        "Report for jane@example.com",
        "Opened 2026-11-02",
        "Item 55121 Rated",
        "Seen 0b6a4c1e-6f0e-4a57-9d7b-2f3a1c5e8d90",
        "Order-1048211 Packed",
    ] {
        let message = format!(r#"{{"type":"track","userId":"u1","event":"{name}"}}"#);
        let found = findings(message.as_bytes(), &Sets::default());
        assert_eq!(found.first().map(|f| f.rule.code), Some("data_in_event_name"), "{name}");
    }
    for name in ["Step 2 Done", "2FA Enabled", "Sha256 Computed", "Level 10 Reached", "G20 Read"] {
        let message = format!(r#"{{"type":"track","userId":"u1","event":"{name}"}}"#);
        assert_eq!(lines(&findings(message.as_bytes(), &Sets::default())), "", "{name}");
    }
    check(&track(r#"{"sha256":1,"address_line_2":1,"iso8601":1,"utm_source":"x"}"#), expect![""]);
    check(
        &track(r#"{"jane@example.com":1,"day_2026-11-02":2,"item_551211":3,"1234":4}"#),
        expect![[r#"
            data_in_property_name /properties/1234: the key 1234; expected a name without data; {"rows":{"key":"1234"}}
            data_in_property_name /properties/day_2026-11-02: the key day_2026-11-02; expected a name without data; {"rows":{"key":"day_2026-11-02"}}
            data_in_property_name /properties/item_551211: the key item_551211; expected a name without data; {"rows":{"key":"item_551211"}}
            data_in_property_name /properties/jane@example.com: the key jane@example.com; expected a name without data; {"rows":{"key":"jane@example.com"}}
        "#]],
    );
}

#[test]
fn types_are_held_to_the_tables_down_to_the_last_item() {
    check(
        r#"{"type":"track","userId":"u1","event":"Order Completed","properties":{
            "order_id":50314,"total":"27.50","revenue":"25.00 dollars","shipping":null,"tax":2,
            "currency":true,"products":[{"product_id":"a","price":"18.99","quantity":1},7,null,
            {"sku":45790,"productId":"b"}]}}"#,
        expect![[r#"
            property_type /properties/order_id: the number 50314; expected text; "50314"
            property_type /properties/products/0/price: the text "18.99"; expected a number; 18.99
            property_type /properties/products/1: the number 7; expected an object; {"product_id":"prd_2047","sku":"HB-TRAVEL-01","category":"Games","name":"Harbour, the board game","brand":"North Quay Games","variant":"Travel edition","price":18.99,"quantity":1,"coupon":"SPRING10","position":3,"url":"https://shop.example/product/harbour","image_url":"https://shop.example/product/harbour.jpg"}
            property_type /properties/products/3/sku: the number 45790; expected text; "45790"
            property_type /properties/total: the text "27.50"; expected a number; 27.50
            reserved_property_type /properties/currency: true; expected text; "true"
            reserved_property_type /properties/revenue: the text "25.00 dollars"; expected a number; 25.0
            property_spelling /properties/products/3/productId: the key productId; expected the key product_id; {"product_id":"b"}
        "#]],
    );
}

#[test]
fn nulls_and_absence_are_right() {
    check(r#"{"type":"track","userId":"u1","event":"Order Completed"}"#, expect![""]);
    check(
        r#"{"type":"track","userId":"u1","anonymousId":null,"event":"Order Completed","context":null,
            "properties":{"total":null,"products":null},"integrations":null,"timestamp":null,"traits":null}"#,
        expect![""],
    );
    check(
        r#"{"type":"identify","userId":"u1","traits":{"age":null,"address":null,"email":null}}"#,
        expect![""],
    );
    check(
        r#"{"type":"track","userId":"u1","event":"Plan Changed","properties":[],"context":[],"integrations":[]}"#,
        expect![""],
    );
}

#[test]
fn ids_are_judged_as_ingest_does() {
    check(
        r#"{"type":"track","userId":"","anonymousId":"","event":"Plan Changed"}"#,
        expect![[r#"
            id_not_string /anonymousId: empty text; expected text that is not empty; "019mr8mf4r"
            id_not_string /userId: empty text; expected text that is not empty; "019mr8mf4r"
        "#]],
    );
    check(
        r#"{"type":"track","userId":false,"anonymousId":7,"event":"Plan Changed"}"#,
        expect![[r#"
            id_not_string /userId: false; expected text that is not empty; "019mr8mf4r"
            id_is_number /anonymousId: the number 7; expected the id in quotes; "7"
        "#]],
    );
    check(
        r#"{"type":"alias","anonymousId":"a1","previousId":12}"#,
        expect![[r#"
            id_is_number /previousId: the number 12; expected the id in quotes; "12"
            id_required /userId: nothing; expected text that is not empty; "019mr8mf4r"
        "#]],
    );
    check(r#"{"type":"alias","userId":"u2","previousId":"u1"}"#, expect![""]);
}

#[test]
fn spellings_of_traits() {
    check(
        r#"{"type":"identify","userId":"u1","traits":{"firstName":"J","last_name":"R","postal_code":1,
            "address":{"postal_code":"1100","City":"Lisbon"},"company":{"employeeCount":12,"id":7},
            "createdAt":1793622045,"birthday":"12/04/1995","full_name":"J R"}}"#,
        expect![[r#"
            date_not_iso /traits/birthday: the text "12/04/1995"; expected a date in ISO-8601; "1995-04-12"
            trait_type /traits/createdAt: the number 1793622045; expected a date in ISO-8601; "2026-11-02T12:20:45.000Z"
            trait_spelling /traits/address/City: the key City; expected the key city; {"city":"Lisbon"}
            trait_spelling /traits/full_name: the key full_name; expected the key name; {"name":"J R"}
        "#]],
    );
    check(
        r#"{"type":"group","userId":"u1","groupId":"g1","traits":{"employees":"420","plan":7}}"#,
        expect![[r#"
            trait_type /traits/plan: the number 7; expected text; "7"
        "#]],
    );
}

#[test]
fn old_formats_get_hints() {
    check(
        r#"{"action":"track","user_id":"u1","event":"Plan Changed","options":{"locale":"en"},
            "context":{"library-version":"1.0","screenWidth":320,"Locale":"en"},"from":"u0"}"#,
        expect![[r#"
            type_unknown /type: nothing; expected one of identify, track, page, screen, group, alias; "track"
            no_user_anon_id /userId: nothing; expected a userId or an anonymousId; "019mr8mf4r"
            field_spelling /user_id: the key user_id; expected the key userId; {"userId":"019mr8mf4r"}
            old_key /action: the key action; expected type instead; {"type":"track"}
            old_key /context/library-version: the key library-version; expected context.library.version instead; {"context":{"library":{"version":"1.0"}}}
            old_key /context/screenWidth: the key screenWidth; expected context.screen.width instead; {"context":{"screen":{"width":320}}}
            old_key /options: the key options; expected context instead; {"context":{"locale":"en"}}
            context_spelling /context/Locale: the key Locale; expected the key locale; {"locale":"en"}
        "#]],
    );
    check(
        r#"{"type":"alias","userId":"u1","from":"u0","to":"u1"}"#,
        expect![[r#"
            id_required /previousId: nothing; expected text that is not empty; "019mr8mf4r"
            old_key /from: the key from; expected previousId instead; {"previousId":"u0"}
            old_key /to: the key to; expected userId instead; {"userId":"u1"}
        "#]],
    );
}

#[test]
fn of_keys_that_stand_twice_the_last_counts() {
    check(&track(r#"{"revenue":"1","revenue":1}"#), expect![""]);
    check(
        &track(r#"{"revenue":1,"revenue":"1"}"#),
        expect![[r#"
            reserved_property_type /properties/revenue: the text "1"; expected a number; 1
        "#]],
    );
    check(
        r#"{"type":"track","userId":"u1","event":"Plan Changed","context":{"os":{"name":1},"os":{"name":"x"},"traits":{"age":"1"},"traits":{}},"userId":"u2"}"#,
        expect![""],
    );
    check(
        r#"{"type":"track","userId":"u1","event":"Plan Changed","properties":{"revenue":"1"},"properties":{}}"#,
        expect![""],
    );
}

#[test]
fn escapes_are_read() {
    check(
        r#"{"\u0074ype":"track","userId":"u1","event":"Order\u0020Completed","properties":{"tot\u0061l":"1","a\/b~c":1}}"#,
        expect![[r#"
            property_type /properties/total: the text "1"; expected a number; 1
        "#]],
    );
    check(
        r#"{"type":"identify","userId":"u1","traits":{"Na~me/\u0031\u0032345":"x"}}"#,
        expect![[r#"
            data_in_property_name /traits/Na~0me~112345: the key Na~me/12345; expected a name without data; {"rows":{"key":"Na~me/12345"}}
        "#]],
    );
}

#[test]
fn what_is_no_message_is_one_finding() {
    for raw in
        ["", " ", "[]", "7", "\"track\"", "{", "{}}", "{\"type\":\"track\"", "null", "{\"a\" 1}x"]
    {
        let found = findings(raw.as_bytes(), &partner());
        let codes: Vec<_> = found.iter().map(|finding| finding.rule.code).collect();
        assert_eq!(codes, ["unreadable"], "{raw}");
    }
}

#[test]
fn times_are_sane() {
    let message = |timestamp: &str| {
        format!(
            r#"{{"type":"track","userId":"u1","event":"Plan Changed","timestamp":"{timestamp}","sentAt":"2026-11-02T12:00:00Z"}}"#
        )
    };
    check(&message("2026-11-02T12:30:00+00:00"), expect![""]);
    check(&message("2025-12-02"), expect![""]);
    check(
        &message("2026-11-02T14:00:00Z"),
        expect![[r#"
            timestamp_in_future /timestamp: the text "2026-11-02T14:00:00Z"; expected about 2026-11-02T12:00:00.000Z, when it left; "2026-11-02T12:00:00.000Z"
        "#]],
    );
    check(
        &message("02.11.2026"),
        expect![[r#"
            timestamp_not_iso /timestamp: the text "02.11.2026"; expected a time in ISO-8601; "2026-11-02T12:20:45.000Z"
        "#]],
    );
}

#[test]
fn partners_sign_what_they_send() {
    check_partner(
        r#"{"type":"track","anonymousId":"a1","event":"Email Open","properties":{"emailId":"e1","Opened From":"x"},
            "context":{"integration":{"name":"mail-room"}}}"#,
        expect![[r#"
            user_id_missing /userId: nothing; expected the customer's id of the user; "019mr8mf4r"
            integration_name /context/integration/name: the text "mail-room"; expected the slug mailroom; "mailroom"
            integration_version /context/integration/version: nothing; expected a version, as text; "1.0.0"
            canonical_event /event: the text "Email Open"; expected the name Email Opened; "Email Opened"
            property_not_snake_case /properties/Opened From: the key Opened From; expected the key opened_from; {"opened_from":"x"}
            property_not_snake_case /properties/emailId: the key emailId; expected the key email_id; {"email_id":"e1"}
        "#]],
    );
    check_partner(
        r#"{"type":"track","userId":"u1","event":"Email Opened","properties":{"subject":"Hi"},
            "context":{"integration":{"name":"mailroom","version":"2"},"traits":{},"user_agent":"Mozilla"}}"#,
        expect![[r#"
            property_spelling /properties/subject: the key subject; expected the key email_subject; {"email_subject":"Hi"}
            context_spelling /context/user_agent: the key user_agent; expected the key userAgent; {"userAgent":"Mozilla"}
            event_context_missing /context/ip: nothing; expected context.ip; "203.0.113.7"
            event_context_missing /context/traits/email: nothing; expected context.traits.email; "jane@example.com"
        "#]],
    );
    check_partner(
        r#"{"type":"identify","userId":"u1","traits":{"plan":"pro"},"context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
        expect![""],
    );
    // A guess is not held against a partner.
    check_partner(
        r#"{"type":"track","userId":"u1","event":"Email Sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
        expect![[r#"
            event_near_miss /event: the text "Email Sent"; expected the name Email Delivered; "Email Delivered"
        "#]],
    );
}

#[test]
fn names_in_proper_case_pass_for_partners() {
    for (name, proper) in [
        ("Survey Sent", true),
        ("Added to List", true),
        ("FAQ Read", true),
        ("iOS Build Sent", true),
        ("Registered", true),
        ("survey sent", false),
        ("Survey sent", false),
        ("SurveySent", false),
        ("SURVEY SENT", false),
        ("survey_sent", false),
        ("Survey-Level Reached", true),
        ("Étape Franchie", true),
        ("Survey ", false),
        ("Survey (Beta) Sent", true),
    ] {
        assert_eq!(super::naming::is_proper_case(name.as_bytes()), proper, "{name}");
    }
}

#[test]
fn a_corrected_value_is_right() {
    // What an example shows, put in the place of what was found, ends that finding.
    for rule in all().iter().filter(|rule| rule.set != Set::Wire) {
        let sets = sets_of(rule);
        let finding = &findings(rule.failing.as_bytes(), &sets)[0];
        let key_is_wrong = finding.found.starts_with("the key ");
        let Ok(mut message) = serde_json::from_str::<Value>(rule.failing) else { continue };
        let moved = ["traits_misplaced", "properties_misplaced", "too_many_properties"];
        if key_is_wrong || moved.contains(&rule.code) || rule.code == "view_as_track" {
            continue;
        }
        let parts: Vec<_> = finding.pointer.split('/').skip(1).collect();
        let mut at = &mut message;
        for part in parts {
            at = &mut at[part];
        }
        *at = finding.example.clone();
        let again = findings(message.to_string().as_bytes(), &sets);
        assert!(again.iter().all(|f| f.rule != *rule), "{}: {message}", rule.code);
    }
}
