#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::json;

use super::*;

/// Info with nothing missing and nothing wrong.
pub(crate) fn complete() -> Info {
    let property = |name: &str, kind| DeclaredProperty {
        name: name.into(),
        kind,
        required: true,
        description: Some(format!("The {name}")),
    };
    let mut info = Info {
        description: Some("Sends what people do with your mails.".into()),
        website: Some("https://acme.example/mail".into()),
        primary_category: Some("Email Marketing".into()),
        secondary_category: Some("Analytics".into()),
        logo: Some("a".repeat(64)),
        mark: Some("b".repeat(64)),
        screenshots: vec![Screenshot { asset: "c".repeat(64), caption: Some("Home".into()) }],
        support_email: Some("support@acme.example".into()),
        docs_url: Some("https://docs.acme.example".into()),
        regions: vec!["us-west-2".into()],
        options: vec![SourceOption {
            name: "apiKey".into(),
            label: Some("API key".into()),
            sensitive: true,
            required: true,
            ..SourceOption::default()
        }],
        events: vec![
            DeclaredEvent {
                name: "Email Opened".into(),
                description: Some("Somebody opened a mail".into()),
                properties: vec![property("email_id", PropertyType::String)],
                ..DeclaredEvent::default()
            },
            DeclaredEvent {
                kind: Kind::Identify,
                description: Some("A profile changed".into()),
                ..DeclaredEvent::default()
            },
        ],
        ..Info::default()
    };
    info.docs = filled(crate::docs::template("Acme Mail", "acme-mail", &info));
    info
}

/// The template with words in place of what it leaves to the partner.
pub(crate) fn filled(docs: Docs) -> Docs {
    let json = serde_json::to_string(&docs).unwrap();
    let fill = |json: String, gap: &&str| json.replace(gap, gap.trim_matches(['[', ']']));
    serde_json::from_str(&crate::docs::GAPS.iter().fold(json, fill)).unwrap()
}

fn codes(info: &Info) -> Vec<String> {
    validate(info).iter().map(|p| format!("{} {}", p.pointer, p.code)).collect()
}

#[test]
fn complete_info_has_nothing_wrong_and_nothing_missing() {
    assert_eq!(codes(&complete()), [""; 0]);
    assert_eq!(missing(&complete()), []);
}

#[test]
fn empty_info_has_nothing_wrong_and_much_missing() {
    assert_eq!(codes(&Info::default()), [""; 0]);
    let gaps: Vec<_> = missing(&Info::default()).into_iter().map(|gap| gap.pointer).collect();
    assert_eq!(
        gaps,
        [
            "/description",
            "/website",
            "/primaryCategory",
            "/logo",
            "/mark",
            "/supportEmail",
            "/events",
            "/docs/introduction",
            "/docs/gettingStarted",
            "/docs/stream",
        ]
    );
    for gap in missing(&Info::default()) {
        assert!(has_field(&gap.pointer) && !gap.what.is_empty() && !gap.fix.is_empty());
    }
}

#[test]
fn blank_is_missing_and_every_event_wants_a_description() {
    let mut info = complete();
    info.website = Some("  ".into());
    info.events[1].description = None;
    let gaps: Vec<_> = missing(&info).into_iter().map(|gap| (gap.pointer, gap.what)).collect();
    assert_eq!(
        gaps,
        [
            ("/website".to_owned(), "the website".to_owned()),
            ("/events/1/description".to_owned(), "a description of identify".to_owned()),
        ]
    );
}

#[test]
fn a_description_has_five_hundred_characters_and_an_old_one_may_have_more() {
    let with = |length: usize| Info { description: Some("ä".repeat(length)), ..complete() };
    assert_eq!(codes(&with(500)), [""; 0]);
    assert_eq!(codes(&with(501)), ["/description too_long"]);
    let old = with(1016);
    let mut edited = old.clone();
    edited.website = Some("https://acme.example/new".into());
    assert_eq!(validate_edit(&old, &edited), []);
    edited.description = Some("ä".repeat(900));
    assert_eq!(validate_edit(&old, &edited)[0].code, "too_long");
}

#[test]
fn categories_are_of_the_list_each_once_and_four_beside_the_primary() {
    let with = |secondary: Option<&str>, more: &[&str]| Info {
        secondary_category: secondary.map(str::to_owned),
        more_categories: more.iter().map(|name| (*name).to_owned()).collect(),
        ..complete()
    };
    assert_eq!(codes(&with(None, &["CRM", "Video", "Surveys", "Referrals"])), [""; 0]);
    assert_eq!(
        codes(&with(Some("Analytics"), &["CRM", "Video", "Surveys", "Referrals"])),
        ["/moreCategories too_many"]
    );
    assert_eq!(
        codes(&with(Some("Email Marketing"), &["crm", "Server"])),
        [
            "/secondaryCategory category_twice",
            "/moreCategories/0 unknown_category",
            "/moreCategories/1 unknown_category",
        ]
    );
    assert_eq!(complete().categories(), ["Email Marketing", "Analytics"]);
}

#[test]
fn pictures_are_assets_and_two_at_most() {
    let shot = |asset: &str| Screenshot { asset: asset.into(), caption: None };
    let info = Info {
        logo: Some("<svg>".into()),
        screenshots: vec![shot("../../etc"), shot("hash-of-it"), shot("hash-of-it")],
        ..complete()
    };
    assert_eq!(
        codes(&info),
        ["/logo bad_asset", "/screenshots too_many", "/screenshots/0/asset bad_asset"]
    );
    assert_eq!(complete().assets().len(), 3);
}

#[test]
fn addresses_and_regions_are_checked() {
    let info = Info {
        website: Some("acme".into()),
        docs_url: Some("javascript:alert(1)".into()),
        support_email: Some("me".into()),
        regions: vec!["us-west-2".into(), "moon".into(), "us-west-2".into()],
        ..complete()
    };
    assert_eq!(
        codes(&info),
        [
            "/website bad_url",
            "/docsUrl bad_url",
            "/supportEmail bad_email",
            "/regions/1 unknown_region",
            "/regions/2 region_twice",
        ]
    );
}

#[test]
fn options_have_keys_types_and_fitting_defaults() {
    let option = |name: &str, kind, default: Value| SourceOption {
        name: name.into(),
        kind,
        default_value: Some(default),
        ..SourceOption::default()
    };
    let mut select = option("c", OptionType::Select, json!("b"));
    select.choices = vec!["a".into(), "b".into()];
    let good = vec![
        option("a", OptionType::String, json!("x")),
        option("b", OptionType::Boolean, json!(false)),
        select.clone(),
        option("d", OptionType::Number, json!(1.5)),
        option("e", OptionType::Array, json!(["x"])),
        option("f", OptionType::Object, json!({"x": 1})),
        option("g", OptionType::Map, json!({"x": "y"})),
    ];
    assert_eq!(codes(&Info { options: good, ..complete() }), [""; 0]);
    select.default_value = Some(json!("z"));
    select.choices.push("a".into());
    let mut secret = option("apiKey", OptionType::String, json!("x"));
    secret.sensitive = true;
    let bad = vec![
        option("API Key", OptionType::String, json!(1)),
        option("b", OptionType::Boolean, json!("yes")),
        option("b", OptionType::Map, json!({"x": 1})),
        select,
        SourceOption { kind: OptionType::Select, name: "e".into(), ..SourceOption::default() },
        SourceOption { name: "f".into(), choices: vec!["x".into()], ..SourceOption::default() },
        secret,
    ];
    assert_eq!(
        codes(&Info { options: bad, ..complete() }),
        [
            "/options/0/name bad_option_name",
            "/options/0/defaultValue wrong_default",
            "/options/1/defaultValue wrong_default",
            "/options/2/name option_twice",
            "/options/2/defaultValue wrong_default",
            "/options/3/choices/2 bad_choice",
            "/options/3/defaultValue wrong_default",
            "/options/4/choices no_choices",
            "/options/5/choices choices_without_select",
            "/options/6/defaultValue sensitive_default",
        ]
    );
}

#[test]
fn events_have_names_where_their_call_has_one() {
    let event = |kind, name: &str| DeclaredEvent {
        kind,
        name: name.into(),
        description: Some("x".into()),
        ..DeclaredEvent::default()
    };
    let mut doubled = event(Kind::Track, "A");
    for name in ["id", "id", ""] {
        doubled
            .properties
            .push(DeclaredProperty { name: name.into(), ..DeclaredProperty::default() });
    }
    let events = vec![
        doubled,
        event(Kind::Track, ""),
        event(Kind::Identify, "Signed Up"),
        event(Kind::Page, "Home"),
        event(Kind::Page, ""),
        event(Kind::Track, "A"),
        event(Kind::Track, " B"),
        event(Kind::Track, "C\n"),
    ];
    assert_eq!(
        codes(&Info { events, ..complete() }),
        [
            "/events/0/properties/1/name property_twice",
            "/events/0/properties/2/name property_without_name",
            "/events/1/name event_without_name",
            "/events/2/name event_with_name",
            "/events/5/name event_twice",
            "/events/6/name blank_at_end",
            "/events/7/name blank_at_end",
            "/events/7/name control_character",
        ]
    );
}

#[test]
fn lists_have_an_end() {
    let event = |index: usize| DeclaredEvent {
        name: format!("E{index}"),
        properties: (0..=PROPERTIES_MAX)
            .map(|p| DeclaredProperty { name: format!("p{p}"), ..DeclaredProperty::default() })
            .collect(),
        ..DeclaredEvent::default()
    };
    let info = Info { events: (0..=EVENTS_MAX).map(event).collect(), ..Info::default() };
    let codes = codes(&info);
    assert_eq!(codes[0], "/events too_many");
    assert_eq!(codes[1], "/events/0/properties too_many");
    assert_eq!(codes.len(), 1 + EVENTS_MAX, "the surplus is not looked at");
}

#[test]
fn customers_never_see_the_support_address() {
    let shown = complete().for_customers();
    assert_eq!(shown.support_email, None);
    assert!(!shown.canonical().contains("support@acme.example"));
    assert_eq!(Info { support_email: complete().support_email, ..shown }, complete());
}

#[test]
fn info_goes_through_json_and_refuses_what_it_does_not_know() {
    let info = complete();
    let json: Value = serde_json::from_str(&info.canonical()).unwrap();
    assert_eq!(parse(json.clone()), Ok(info.clone()));
    assert_eq!(serde_json::from_value::<Info>(json).unwrap().canonical(), info.canonical());
    assert_eq!(Info::default().canonical(), "{}");
    assert!(serde_json::from_str::<Info>(r#"{"tagline": "x"}"#).is_err());
    assert!(serde_json::from_str::<Info>(r#"{"docs": {"x": "y"}}"#).is_err());
    assert!(serde_json::from_str::<Info>(r#"{"events": [{"x": "y"}]}"#).is_err());
}
