//! What a warehouse asks for, and what becomes of the answers.

use std::{sync::Arc, time::Duration};

use destination_kit::{BadSetting, Batching, Setting, SettingKind, Settings};
use serde_json::{Value, json};

use super::{
    connect::{Server, Tls},
    layout::TABLES_MAX,
    loader::Options,
    selection::Selection,
};

/// While messages come, they are loaded this often.
const CONTINUOUS: Duration = Duration::from_secs(1);
const SCHEDULES: [(&str, Duration); 6] = [
    ("continuous", CONTINUOUS),
    ("5 minutes", Duration::from_mins(5)),
    ("15 minutes", Duration::from_mins(15)),
    ("1 hour", Duration::from_hours(1)),
    ("6 hours", Duration::from_hours(6)),
    ("24 hours", Duration::from_hours(24)),
];
const BATCH_BYTES_MAX: usize = 32 * 1024 * 1024;
const PREFIX_BYTES_MAX: usize = 30;

/// The settings, as a form shows them.
pub fn asked() -> Vec<Setting> {
    let words = |words: &[&str]| SettingKind::Choice {
        of: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let port = SettingKind::Number { min: 1, max: 65_535 };
    vec![
        Setting::new("host", "Host", SettingKind::Text, "The server's name or address.").required(),
        Setting::new("port", "Port", port, "The server's port.").or(json!(5432)),
        Setting::new("database", "Database", SettingKind::Text, "The database to load into.")
            .required(),
        Setting::new(
            "user",
            "User",
            SettingKind::Text,
            "Who we are there: it needs CREATE on the database.",
        )
        .required(),
        Setting::new("password", "Password", SettingKind::Text, "The user's password.").secret(),
        Setting::new(
            "ssl_mode",
            "TLS",
            words(&["disable", "require", "verify-full"]),
            "Without TLS, encrypted with whoever answers, or encrypted with who the certificate \
             says it is.",
        )
        .or(json!("verify-full")),
        Setting::new(
            "schema_prefix",
            "Schema prefix",
            SettingKind::Text,
            "Stands before each source's schema, which is called like the source.",
        )
        .or(json!("")),
        Setting::new(
            "exclude",
            "Leave out",
            SettingKind::Text,
            "What is not loaded, separated by commas: source, source.table or \
             source.table.column, with * for any.",
        )
        .or(json!("")),
        Setting::new(
            "sync",
            "Sync",
            words(&SCHEDULES.map(|(word, _)| word)),
            "How long a batch that is not full waits for more.",
        )
        .or(json!("continuous")),
        Setting::new(
            "batch_messages",
            "Batch size",
            SettingKind::Number { min: 1, max: 50_000 },
            "The most messages in one transaction.",
        )
        .or(json!(10_000)),
    ]
}

/// Reads settings that were checked.
pub fn read(settings: &Settings) -> Result<(Options, Batching), Vec<BadSetting>> {
    let text = |key: &str| settings.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| settings.get(key).and_then(Value::as_u64).unwrap_or_default();
    let mut bad = Vec::new();
    let mut refuse = |key: &str, problem: String| {
        bad.push(BadSetting { key: key.to_owned(), problem });
    };

    let host = text("host").trim().trim_start_matches('[').trim_end_matches(']');
    let hostlike = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || !host.chars().all(hostlike) {
        refuse("host", "must be one name or address, and nothing else".to_owned());
    }
    for key in ["database", "user"] {
        if text(key).is_empty() || text(key).contains('\0') {
            refuse(key, "must not be empty".to_owned());
        }
    }
    let prefix = text("schema_prefix");
    let mut letters = prefix.chars();
    let first = letters.next().is_none_or(|c| c.is_ascii_lowercase() || c == '_');
    let rest = letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !first || !rest || prefix.len() > PREFIX_BYTES_MAX {
        let problem = format!(
            "must be at most {PREFIX_BYTES_MAX} of a-z, 0-9 and _, and begin with no digit"
        );
        refuse("schema_prefix", problem);
    }
    let selection = Selection::parse(text("exclude")).unwrap_or_else(|problem| {
        refuse("exclude", problem);
        Selection::default()
    });
    if !bad.is_empty() {
        return Err(bad);
    }
    let linger = SCHEDULES.iter().find(|(word, _)| *word == text("sync"));
    let batching = Batching {
        messages_max: number("batch_messages") as usize,
        bytes_max: BATCH_BYTES_MAX,
        // types of columns follow the order of the log
        calls_max: 1,
        linger: linger.map_or(CONTINUOUS, |(_, linger)| *linger),
    };
    let server = Server {
        host: host.to_owned(),
        port: u16::try_from(number("port")).unwrap_or(5432),
        database: text("database").to_owned(),
        user: text("user").to_owned(),
        password: Some(text("password").to_owned()).filter(|password| !password.is_empty()),
        tls: match text("ssl_mode") {
            "disable" => Tls::Disable,
            "require" => Tls::Require,
            _ => Tls::VerifyFull,
        },
    };
    let options = Options {
        server,
        schema_prefix: prefix.to_owned(),
        selection: Arc::new(selection),
        tables_max: TABLES_MAX,
    };
    Ok((options, batching))
}
