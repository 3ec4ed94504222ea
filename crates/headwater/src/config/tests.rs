#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io,
    path::Path,
    sync::{Arc, OnceLock},
};

use destination_kit::{
    BadSetting, Definition, Destination, DestinationKind, Setting, SettingKind, Settings, World,
};
use expect_test::{Expect, expect};
use spec::DestinationId;

use super::{Input, Problems, load, reference, show, show_json};

fn definition() -> Definition {
    let setting = |key: &str, kind, required, secret, default| Setting {
        key: key.into(),
        label: key.into(),
        description: format!("The {key}."),
        kind,
        required,
        secret,
        default,
        only_with: None,
    };
    Definition {
        slug: "webhook".into(),
        name: "Webhook".into(),
        description: "Posts messages.".into(),
        settings: vec![
            setting("url", SettingKind::Url, true, false, None),
            setting("secret", SettingKind::Text, false, true, None),
            setting(
                "batch",
                SettingKind::Number { min: 1, max: 100 },
                false,
                false,
                Some(1.into()),
            ),
        ],
        actions: vec![destination_kit::Action {
            slug: "send".into(),
            name: "Send".into(),
            description: "Sends what is made.".into(),
            trigger: "all".into(),
            fields: vec![
                destination_kit::Field::new(
                    "data",
                    "Data",
                    destination_kit::FieldKind::Json,
                    "The body.",
                )
                .required(),
            ],
        }],
    }
}

/// A kind of destination that is only ever described.
struct Described;

impl DestinationKind for Described {
    fn definition(&self) -> Definition {
        definition()
    }

    fn open(
        &self,
        settings: &Settings,
        owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        match settings.get("secret") {
            Some(secret) if secret == "nonsense" => {
                let problem = "must begin with whsec_".to_owned();
                Err(vec![BadSetting { key: "secret".to_owned(), problem }])
            }
            _ => destinations::all()
                .into_iter()
                .find(|kind| kind.definition().slug == "file")
                .expect("it is shipped")
                .open(&serde_json::from_str(r#"{"path": "never-opened"}"#).unwrap(), owner, world),
        }
    }
}

fn webhook() -> Box<dyn DestinationKind> {
    Box::new(Described)
}

fn input(text: &str) -> Input {
    Input { file: "headwater.toml".into(), text: text.into(), ..Input::default() }
}

fn problems(input: &Input) -> Result<(), Problems> {
    load(input, &[webhook()]).map(drop)
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let found = match problems(&input(text)) {
        Ok(()) => "valid".to_owned(),
        Err(problems) => problems.to_string(),
    };
    expected.assert_eq(&found);
}

const VALID: &str = r#"
[server]
listen = "127.0.0.1:8080"
data_dir = "data"
[delivery]
allow_private_addresses = true
[[sources]]
slug = "website"
name = "Website"
write_keys = ["website-key"]
[[destinations]]
slug = "crm"
type = "webhook"
sources = ["website"]
enabled = true
[destinations.settings]
url = "https://example.com/hook"
secret = "whsec_very-secret"
"#;

#[test]
fn mappings_are_held_against_the_actions_of_the_kind() {
    let with = |mappings: &str| {
        VALID.replace("enabled = true\n", &format!("enabled = true\nmappings = [{mappings}]\n"))
    };
    let one = |rest: &str| format!(r#"{{ name = "Orders", {rest} }}"#);
    let good = with(&one(
        r#"action = "send", trigger = "event = 'Paid'", fields = { data = { "@path" = "$.properties" } }"#,
    ));
    let config = load(&input(&good), &[webhook()]).expect("it is valid").config;
    assert_eq!(config.destinations[0].mappings.written().len(), 1);
    check(
        &with(&one(r#"action = "sent", trigger = "event =""#)),
        expect![[
            r#"headwater.toml:16:13: destinations.mappings of "Orders": /trigger: at byte 7: found the end of the statement; fix: write a path, a value or a function here"#
        ]],
    );
    check(
        &with(&one(r#"action = "sent", trigger = "all""#)),
        expect![[
            r#"headwater.toml:16:12: destinations.mappings of "Orders": "sent" is unknown; did you mean "send"? known actions: send"#
        ]],
    );
    check(
        &with(&one(r#"action = "send", trigger = "all", fields = { date = 1 }"#)),
        expect![[r#"
        headwater.toml:16:12: destinations.mappings of "Orders": data is required: The body.
        headwater.toml:16:12: destinations.mappings of "Orders": date is unknown; send knows data"#]],
    );
}

#[test]
fn every_preset_of_a_shipped_kind_is_a_mapping() {
    for kind in destinations::all() {
        let definition = kind.definition();
        for action in &definition.actions {
            let fields = action.fields.iter();
            let fields = fields.filter_map(|one| Some((one.key.clone(), one.default.clone()?)));
            let preset = filters::Subscription {
                name: action.name.clone(),
                action: action.slug.clone(),
                trigger: action.trigger.clone(),
                fields: fields.collect(),
                enabled: true,
            };
            assert_eq!(preset.problems(), [], "{} {}", definition.slug, action.slug);
            assert_eq!(action.problems(&preset.fields), [], "{} {}", definition.slug, action.slug);
        }
    }
}

#[test]
fn nothing_at_all_is_a_valid_configuration() {
    check("", expect!["valid"]);
}

#[test]
fn the_published_shape_is_valid() {
    check(VALID, expect!["valid"]);
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_one() {
    check(
        "\n[[sources]]\nslug = \"a\"\nwite_keys = [\"12345678\"]",
        expect![[r#"
            headwater.toml:2:1: [[sources]] needs write_keys, for example write_keys = ["8Xk2mQ4vTn7Lc9RzPw3Ys6Hd1Bf5Gj0K"]
            headwater.toml:4:1: unknown key "wite_keys" in [[sources]]; did you mean "write_keys"? known keys: slug, name, write_keys, enabled, client_side, tracking_plan, blocked_events, retention, id"#]],
    );
    check(
        "[sever]\nlisten = \"1\"",
        expect![[
            r#"headwater.toml:1:2: unknown key "sever"; did you mean "server"? known keys: server, logging, log, delivery, control, mail, archive, sources, destinations"#
        ]],
    );
    check(
        "[server]\nLISTEN = \"127.0.0.1:1\"",
        expect![[
            r#"headwater.toml:2:1: unknown key "LISTEN" in [server]; did you mean "listen"? known keys: listen, data_dir, api_token, roles, trusted_proxies, metrics_listen, threads, drain_timeout, tls, limits"#
        ]],
    );
    check(
        "[server.limits]\nquux = 1",
        expect![[
            r#"headwater.toml:2:1: unknown key "quux" in [server.limits]; known keys: connections, header_timeout, body_timeout, write_timeout, idle_timeout, bytes_in_flight, requests_per_second, refused_per_second"#
        ]],
    );
}

#[test]
fn every_problem_is_named_at_once_in_the_order_of_the_file() {
    check(
        r#"
[server]
listen = "everywhere"
data_dir = 7
drain_timeout = 30
[log]
segment_bytes = "256 XB"
retention = { age = "forever" }
[logging]
format = "xml"
[[sources]]
slug = "Web Site"
write_keys = ["short", "long enough", "good-enough"]
[[sources]]
name = ""
"#,
        expect![[r#"
            headwater.toml:3:10: server.listen must be an IP address with a port, such as "127.0.0.1:8080" or "0.0.0.0:8080", not "everywhere"
            headwater.toml:4:12: server.data_dir must be text in quotes, not 7
            headwater.toml:5:17: server.drain_timeout must be a length of time such as "30s", "15m", "24h" or "7d", not 30
            headwater.toml:7:17: log.segment_bytes must be a size such as "256 MB", "10 GiB" or a number of bytes, not "256 XB"
            headwater.toml:8:21: log.retention.age must be a length of time such as "30s", "15m", "24h" or "7d", not "forever"
            headwater.toml:10:10: logging.format must be one of auto, human, json, not "xml"
            headwater.toml:12:8: sources.slug must be 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit, not "Web Site"
            headwater.toml:13:15: sources.write_keys must hold keys of 8 to 128 letters, digits or marks other than : / ? # % & " \ (this one has 5 bytes)
            headwater.toml:13:24: sources.write_keys must hold keys of 8 to 128 letters, digits or marks other than : / ? # % & " \ (this one has 11 bytes)
            headwater.toml:14:1: [[sources]] needs slug, for example slug = "website"
            headwater.toml:14:1: [[sources]] needs write_keys, for example write_keys = ["8Xk2mQ4vTn7Lc9RzPw3Ys6Hd1Bf5Gj0K"]
            headwater.toml:15:8: sources.name must not be empty"#]],
    );
}

#[test]
fn grammar_faults_have_a_place() {
    check(
        "[server]\nlisten = \n",
        expect![
            "headwater.toml:2:10: not valid TOML: string values must be quoted, expected literal string"
        ],
    );
    check("[server\n", expect!["headwater.toml:1:8: not valid TOML: unclosed table, expected `]`"]);
    check(
        "[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"",
        expect!["headwater.toml:3:1: not valid TOML: duplicate key"],
    );
}

#[test]
fn sources_and_destinations_must_fit_together() {
    check(
        r#"
[[sources]]
slug = "web"
write_keys = ["key-number-1", "key-number-1"]
[[sources]]
slug = "web"
write_keys = ["key-number-2"]
[[sources]]
slug = "app"
id = "web"
write_keys = ["key-number-1"]
[[destinations]]
slug = "crm"
type = "webhok"
sources = ["web"]
[[destinations]]
slug = "erp"
type = "webhook"
sources = ["wbe"]
settings = { url = "https://example.com" }
"#,
        expect![[r#"
            headwater.toml:4:31: source "web" has this write key twice
            headwater.toml:6:8: a source is called "web" already
            headwater.toml:10:6: source "web" has the id "web" already
            headwater.toml:11:15: source "web" has this write key already
            headwater.toml:14:8: destinations.type "webhok" is unknown; did you mean "webhook"? known types: webhook"#]],
    );
    check(
        r#"
[[sources]]
slug = "web"
write_keys = ["key-number-1", "key-number-1"]
[[sources]]
slug = "web"
write_keys = ["key-number-2"]
[[sources]]
slug = "app"
id = "web"
write_keys = ["key-number-1"]
[[destinations]]
slug = "erp"
type = "webhook"
sources = ["wbe"]
settings = { url = "https://example.com" }
[[destinations]]
slug = "erp"
type = "webhook"
sources = []
settings = { url = "https://example.com" }
"#,
        expect![[r#"
            headwater.toml:4:31: source "web" has this write key twice
            headwater.toml:6:8: a source is called "web" already
            headwater.toml:10:6: source "web" has the id "web" already
            headwater.toml:11:15: source "web" has this write key already
            headwater.toml:15:12: no source is called "wbe"; did you mean "web"? known sources: web, web, app
            headwater.toml:18:8: a destination is called "erp" already"#]],
    );
}

#[test]
fn settings_are_checked_against_the_definition() {
    check(
        r#"
[[sources]]
slug = "web"
write_keys = ["key-number-1"]
[[destinations]]
slug = "a"
type = "webhook"
sources = ["web"]
[[destinations]]
slug = "b"
type = "webhook"
sources = ["web"]
[destinations.settings]
url = "ftp://example.com"
batch = 1000
secert = "x"
[[destinations]]
slug = "c"
type = "webhook"
sources = ["web"]
settings = { url = "https://example.com", secret = "nonsense" }
"#,
        expect![[r#"
            headwater.toml:5:1: destinations.settings.url is required: The url.
            headwater.toml:14:7: destinations.settings.url must be an http or https URL
            headwater.toml:15:9: destinations.settings.batch must be a whole number from 1 to 100
            headwater.toml:16:1: unknown key "secert" in the settings of a webhook; did you mean "secret"? known keys: url, secret, batch
            headwater.toml:21:52: destinations.settings.secret must begin with whsec_"#]],
    );
}

#[test]
fn tls_needs_both_halves() {
    check(
        "[server.tls]\ncert = \"cert.pem\"",
        expect!["headwater.toml:2:8: server.tls has cert and needs key beside it"],
    );
}

#[test]
fn a_destination_may_have_a_horizon_of_its_own() {
    let with = |line: &str| VALID.replace("enabled = true", &format!("enabled = true\n{line}"));
    check(
        &with("retry_for = \"1h\""),
        expect![[
            r#"headwater.toml:16:13: destinations.retry_for must be from "4h" to "30d", not "1h""#
        ]],
    );
    for (line, hours) in [("", None), ("retry_for = \"5h\"", Some(5))] {
        let loaded = load(&input(&with(line)), &[webhook()]).unwrap();
        let snapshot = crate::snapshot::snapshot(&loaded.config, 1);
        let route = snapshot.destination_named("crm").unwrap();
        assert_eq!(route.retry_for.map(|time| time.as_secs() / 3600), hours);
    }
}

#[test]
fn deliveries_may_be_let_into_networks_and_trust_more_authorities() {
    check(
        "[delivery]\nallowed_networks = [\"10.20.0.0/16\", \"192.168.1.5\", \"fd00::/8\"]\nca = \"ca.pem\"",
        expect!["valid"],
    );
    check(
        "[delivery]\nalowed_networks = []\nallowed_networks = [\"10.0.0.0/40\", \"intranet\", 7]\nca = 7",
        expect![[r#"
            headwater.toml:2:1: unknown key "alowed_networks" in [delivery]; did you mean "allowed_networks"? known keys: allow_private_addresses, allowed_networks, ca, horizon, attempt_timeout, from_start
            headwater.toml:3:21: delivery.allowed_networks must be a network such as "10.0.0.0/8" or an address, not "10.0.0.0/40"
            headwater.toml:3:36: delivery.allowed_networks must be a network such as "10.0.0.0/8" or an address, not "intranet"
            headwater.toml:3:48: delivery.allowed_networks must be text in quotes, not 7
            headwater.toml:4:6: delivery.ca must be text in quotes, not 7"#]],
    );
}

/// Files that need not be on the disk.
fn written(path: &Path) -> io::Result<Vec<u8>> {
    match path.to_str() {
        Some("ca.pem" | "cert.pem") => Ok(authority().0.clone().into_bytes()),
        Some("key.pem") => Ok(authority().1.clone().into_bytes()),
        Some("empty.pem") => Ok(vec![]),
        Some("plan.json") => {
            Ok(br#"{"rules": [{"type": "TRACK", "key": "E", "jsonSchema": {}}]}"#.to_vec())
        }
        Some("odd.json") => {
            let rule = br#"{"type": "PAGE", "jsonSchema": {"type": "strin"}}"#;
            Ok([b"[", rule.as_slice(), b"]"].concat())
        }
        Some("cut.pem") => Ok(b"-----BEGIN CERTIFICATE-----\nAAAA\n".to_vec()),
        Some("odd.pem") => {
            Ok(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec())
        }
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

/// A certificate that signs itself, and its key, PEM.
fn authority() -> &'static (String, String) {
    static MADE: OnceLock<(String, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    })
}

#[test]
fn a_source_can_have_a_tracking_plan_and_blocked_events() {
    let check = |text: &str, expected: Expect| {
        let text = format!("[[sources]]\nslug = \"a\"\nwrite_keys = [\"12345678\"]\n{text}");
        let input = Input { files: Some(written), ..input(&text) };
        let found = load(&input, &[webhook()]).map(|loaded| {
            let schema = &loaded.config.sources[0].schema;
            let rules = schema.plan.as_ref().map_or(0, |plan| plan.plan().rules.len());
            format!("{rules} rules, blocked: {:?}", schema.blocked_events)
        });
        expected.assert_eq(&found.unwrap_or_else(|problems| problems.to_string()));
    };
    check("", expect!["0 rules, blocked: {}"]);
    check(
        "tracking_plan = \"plan.json\"\nblocked_events = [\"Debug Ping\"]",
        expect![[r#"1 rules, blocked: {"Debug Ping"}"#]],
    );
    check(
        "tracking_plan = \"none.json\"",
        expect![
            "headwater.toml:4:17: sources.tracking_plan names none.json: it cannot be read: entity not found"
        ],
    );
    check(
        "tracking_plan = \"odd.json\"\nblocked_events = [\"\"]",
        expect![[r#"
        headwater.toml:4:17: sources.tracking_plan names odd.json: PAGE version 1, /rules/0/jsonSchema/type: the schema is none: "strin" is not valid under any of the schemas listed in the 'anyOf' keyword; fix: say a type of JSON Schema: string, number, integer, boolean, object, array or null
        headwater.toml:5:19: sources.blocked_events must not be empty"#]],
    );
}

#[test]
fn files_that_keys_name_are_read_where_they_are_used() {
    let check = |text: &str, expected: Expect| {
        let input = Input { files: Some(written), ..input(text) };
        let found = load(&input, &[webhook()]);
        let found = found.map(|loaded| loaded.config.delivery.world().extra_roots.len());
        expected.assert_eq(&found.map_or_else(|p| p.to_string(), |roots| format!("{roots} roots")));
    };
    check("[delivery]\nca = \"ca.pem\"", expect!["1 roots"]);
    check(
        "[delivery]\n\nca = \"missing.pem\"",
        expect![
            "headwater.toml:3:6: delivery.ca names missing.pem: it cannot be read: entity not found"
        ],
    );
    check(
        "[delivery]\nca = \"empty.pem\"",
        expect![
            "headwater.toml:2:6: delivery.ca names empty.pem: it holds no certificate in PEM form"
        ],
    );
    check(
        "[delivery]\nca = \"cut.pem\"",
        expect![
            "headwater.toml:2:6: delivery.ca names cut.pem: it holds no certificate in PEM form"
        ],
    );
    check(
        "[delivery]\nca = \"odd.pem\"",
        expect![
            "headwater.toml:2:6: delivery.ca names odd.pem: certificate 1 in it cannot be read"
        ],
    );
    check("[server.tls]\ncert = \"cert.pem\"\nkey = \"key.pem\"", expect!["0 roots"]);
    check(
        "[server.tls]\ncert = \"missing.pem\"\nkey = \"missing.pem\"",
        expect![[r#"
        headwater.toml:2:8: server.tls.cert names missing.pem: it cannot be read: entity not found
        headwater.toml:3:7: server.tls.key names missing.pem: it cannot be read: entity not found"#]],
    );
    check(
        "[server.tls]\ncert = \"key.pem\"\nkey = \"cert.pem\"",
        expect![
            "headwater.toml:2:8: server.tls.cert names key.pem: it holds no certificate in PEM form"
        ],
    );
    check(
        "[server.tls]\ncert = \"cert.pem\"\nkey = \"cert.pem\"",
        expect![
            "headwater.toml:3:7: server.tls.key names cert.pem: no private key in PEM form: no items found"
        ],
    );
}

#[test]
fn variables_win_over_the_file_and_flags_over_both() {
    let mut input = input(VALID);
    input.environment = vec![
        ("HEADWATER_SERVER__LISTEN".into(), "0.0.0.0:1".into()),
        ("HEADWATER_SERVER__DATA_DIR".into(), "/var/lib/headwater".into()),
        ("HEADWATER_SERVER__TRUSTED_PROXIES".into(), "10.0.0.0/8, 127.0.0.1".into()),
        ("HEADWATER_SERVER__LIMITS__CONNECTIONS".into(), "99".into()),
        ("HEADWATER_DELIVERY__ALLOW_PRIVATE_ADDRESSES".into(), "false".into()),
        ("HEADWATER_DESTINATIONS__CRM__SETTINGS__BATCH".into(), "50".into()),
    ];
    let input = input.flag("server.listen", "--listen", Some(":9000".into()));
    let config = load(&input, &[webhook()]).unwrap().config;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:9000");
    assert_eq!(config.server.data_dir.to_str(), Some("/var/lib/headwater"));
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.server.limits.connections, 99);
    assert!(!config.delivery.allow_private_addresses);
    assert_eq!(config.destinations[0].settings["batch"], 50);
}

#[test]
fn problems_of_variables_and_flags_name_them() {
    let mut input = input(VALID);
    input.environment = vec![
        ("HEADWATER_SERVER__LISTN".into(), "0.0.0.0:1".into()),
        ("HEADWATER_SOURCES__WEBSIT__NAME".into(), "x".into()),
        ("HEADWATER_LOG__SEGMENT_BYTES".into(), "many".into()),
        ("HEADWATER_SERVER__LISTEN__PORT".into(), "1".into()),
    ];
    let input = input.flag("server.listen", "--listen", Some("here".into()));
    let found = problems(&input).unwrap_err().to_string();
    expect![[r#"
        environment variable HEADWATER_SERVER__LISTEN__PORT: listen is a value and has no key "port" in it
        environment variable HEADWATER_SOURCES__WEBSIT__NAME: no sources is called "websit"; did you mean "website"? known slugs: website
        --listen: server.listen must be an IP address with a port, such as "127.0.0.1:8080" or "0.0.0.0:8080", not "here"
        environment variable HEADWATER_SERVER__LISTN: unknown key "listn" in [server]; did you mean "listen"? known keys: listen, data_dir, api_token, roles, trusted_proxies, metrics_listen, threads, drain_timeout, tls, limits
        environment variable HEADWATER_LOG__SEGMENT_BYTES: log.segment_bytes must be a size such as "256 MB", "10 GiB" or a number of bytes, not "many""#]].assert_eq(&found);
}

#[test]
fn secrets_are_never_shown() {
    let mut input = input(VALID);
    input.environment = vec![("HEADWATER_SERVER__API_TOKEN".into(), "hw_0123456789abcdef".into())];
    let loaded = load(&input, &[webhook()]).unwrap();
    let shown = show(&loaded, "headwater.toml");
    let json = show_json(&loaded).to_string();
    for text in [&shown, &json, &format!("{:?}", loaded.config.server.api_token)] {
        assert!(!text.contains("0123456789"), "{text}");
        assert!(!text.contains("whsec_very"), "{text}");
    }
    expect![[r#"
        [server]
        listen = "127.0.0.1:8080"  # headwater.toml:3
        data_dir = "data"  # headwater.toml:4
        api_token = "…"  # environment HEADWATER_SERVER__API_TOKEN
        roles = ["ingest", "delivery", "debugger", "control", "web"]  # default
        trusted_proxies = []  # default
        # metrics_listen is not set
        # threads is not set
        drain_timeout = "25s"  # default

        [server.tls]
        # cert is not set
        # key is not set

        [server.limits]
        connections = 10000  # default
        header_timeout = "10s"  # default
        body_timeout = "30s"  # default
        write_timeout = "30s"  # default
        idle_timeout = "75s"  # default
        bytes_in_flight = "64 MiB"  # default
        # requests_per_second is not set
        refused_per_second = 20  # default

        [logging]
        level = "info"  # default
        format = "auto"  # default

        [log]
        segment_bytes = "256 MiB"  # default
        dedupe_window = "24h"  # default
        dedupe_window_max = "7d"  # default
        dedupe_memory_bytes = "256 MiB"  # default
        # dedupe_ids_max is not set
        queue_bytes = "64 MiB"  # default
        memory_bytes = "64 MiB"  # default
        reserve_bytes = "256 MiB"  # default
        compress = true  # default

        [log.retention]
        age = "7d"  # default
        # bytes is not set
        longest = "365d"  # default

        [delivery]
        allow_private_addresses = true  # headwater.toml:6
        allowed_networks = []  # default
        # ca is not set
        horizon = "72h"  # default
        attempt_timeout = "30s"  # default
        from_start = false  # default

        [control]
        # database is not set
        # public_url is not set
        # secret_keys is not set
        beta_days = 14  # default
        # beta_installs is not set
        # beta_events is not set
        # beta_violations_percent is not set
        requests_per_minute = 600  # default

        [mail]
        # host is not set
        tls = "starttls"  # default
        # port is not set
        # username is not set
        # password is not set
        # from is not set
        # ca is not set

        [archive]
        # type is not set
        keep = "1095d"  # default

        [[sources]]
        slug = "website"  # headwater.toml:8
        name = "Website"  # headwater.toml:9
        write_keys = ["website-key"]  # headwater.toml:10
        enabled = true  # default
        client_side = false  # default
        # tracking_plan is not set
        blocked_events = []  # default
        # retention is not set
        # id is not set

        [[destinations]]
        slug = "crm"  # headwater.toml:12
        type = "webhook"  # headwater.toml:13
        # name is not set
        sources = ["website"]  # headwater.toml:14
        enabled = true  # headwater.toml:15
        concurrency = 8  # default
        # rate_per_second is not set
        # retry_for is not set
        events_off = []  # default
        filters = []  # default
        # hash_salt is not set
        mappings = []  # default
        # id is not set

        [destinations.settings]
        url = "https://example.com/hook"  # headwater.toml:17
        secret = "…"  # headwater.toml:18
        batch = 1  # default
    "#]]
    .assert_eq(&shown);
}

#[test]
fn the_reference_is_a_valid_configuration_that_changes_nothing() {
    let text = reference(&[webhook()]);
    let values = |text: &str| show_json(&load(&input(text), &[webhook()]).unwrap());
    assert_eq!(values(&text), values(""));
}

#[test]
fn the_reference_is_valid_with_every_key_uncommented() {
    let text = reference(&[webhook()])
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => key.to_owned(),
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
        .replace(r#"api_token = "…""#, r#"api_token = "0123456789abcdef""#);
    check(
        &text,
        expect![
            "headwater.toml:157:1: archive.settings.bucket is required: The bucket; with Azure the container. It must exist."
        ],
    );
}

#[test]
fn the_documentation_shows_the_reference() {
    expect_test::expect_file!["../../../../docs/config-reference.toml"]
        .assert_eq(&reference(&destinations::all()));
}
