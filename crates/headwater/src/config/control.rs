//! `[control]` and `[mail]`.

use std::path::PathBuf;

use catalog::BetaCriteria;

use super::{
    section::{Parsed, Section},
    tree::Node,
    values::{self, Secret, choice, whole},
};

pub(super) const CONTROL: &str = "The control plane: accounts, partner programme, catalog, workspaces. Its database is a file in the data directory unless another is named.";
pub(super) const MAIL: &str =
    "The server that takes our mails. Without one they stay in the outbox, which operators read.";

/// `[control]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// A Postgres database; `<data_dir>/control.db` unless given.
    pub database: Option<Secret>,
    /// Where people reach this installation, without a slash at its end.
    pub public_url: Option<String>,
    /// Keys that seal secrets; `<data_dir>/secret-keys` unless given.
    pub secret_keys: Option<PathBuf>,
    /// Days from approval to general availability.
    pub beta_days: u32,
    /// What a beta must have shown at customers by then.
    pub beta_criteria: BetaCriteria,
    /// Requests of one caller to one operation in a minute.
    pub requests_per_minute: u32,
}

/// `[mail]`, when it names a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// The server.
    pub smtp: mail::SmtpOptions,
    /// Where `smtp.trusted_pem` comes from.
    pub ca: Option<PathBuf>,
}

impl Control {
    pub(super) fn read(s: &mut Section<'_>) -> Control {
        let database = s.secret(
            "database",
            r#""postgres://headwater:…@db.internal/headwater""#,
            "A Postgres database. The file control.db in the data directory unless given.",
            postgres,
        );
        let public_url = s.optional(
            "public_url",
            r#""https://cdp.example.com""#,
            "Where people reach this installation: links in mails start with it, and browsers may log in from there only. Where it listens unless given.",
            origin,
        );
        let secret_keys = s.optional(
            "secret_keys",
            r#""/etc/headwater/secret-keys""#,
            "The file with the keys that encrypt secrets in the database. secret-keys in the data directory unless given, made at the first start. Without it secrets are lost: keep a copy apart from the database.",
            values::path,
        );
        let beta_days = s.key(
            "beta_days",
            "14",
            "Days from a source's approval to its general availability.",
            whole(0, 3650),
        );
        let beta_installs = s.optional(
            "beta_installs",
            "3",
            "A beta stays one until at least so many customers' workspaces have installed it. Nothing is asked unless given; the same holds for the next two.",
            whole(1, 1_000_000),
        );
        let beta_events = s.optional(
            "beta_events",
            "1000",
            "… and until they have sent at least so many events.",
            whole(1, i64::MAX),
        );
        let beta_violations_percent = s.optional(
            "beta_violations_percent",
            "5",
            "… of which at most so many in a hundred break the Spec.",
            whole(0, 100),
        );
        let requests_per_minute = s.key(
            "requests_per_minute",
            "600",
            "Requests that one caller may make to one operation of the API in a minute.",
            whole(1, 1_000_000),
        );
        let small = |number: u64| u32::try_from(number).expect("bounds of the key lie below");
        Control {
            database,
            public_url,
            secret_keys,
            beta_days: small(beta_days),
            beta_criteria: BetaCriteria {
                installs: beta_installs.map(small),
                events: beta_events,
                violations_percent: beta_violations_percent.map(small),
            },
            requests_per_minute: small(requests_per_minute),
        }
    }
}

impl Mail {
    /// `None` when no server is named, or when something is wrong, which is a problem by then.
    pub(super) fn read(s: &mut Section<'_>) -> Option<Mail> {
        let host = s.optional(
            "host",
            r#""smtp.example.com""#,
            "The server's name, as its certificate has it.",
            values::name,
        );
        let tls = s.key(
            "tls",
            r#""starttls""#,
            "starttls, tls (from the first byte), or none: for a server on this machine, which takes no password then.",
            choice(&["starttls", "tls", "none"]),
        );
        let port = s.optional(
            "port",
            "587",
            "Its port: 587 for starttls, 465 for tls, 25 for none unless given.",
            whole(1, 65_535),
        );
        let username =
            s.optional("username", r#""headwater""#, "Who we are to the server.", values::name);
        let password = s.secret("password", r#""…""#, "Goes with username.", |node| {
            values::name(node).map(mail::Secret::new)
        });
        let from = s.optional(
            "from",
            r#""headwater@example.com""#,
            "The address that mails come from.",
            address,
        );
        let ca = s.optional(
            "ca",
            r#""/etc/headwater/mail-ca.pem""#,
            "Certificates of authorities, PEM, that are trusted beside the public ones.",
            values::path,
        );
        let trusted_pem = ca.as_deref().and_then(|path| {
            s.file("ca", path, |pem| {
                values::authorities(pem)?;
                String::from_utf8(pem.to_vec()).map_err(|_| "it is no text".to_owned())
            })
        });
        let Some(host) = host else {
            for key in ["port", "username", "password", "from", "ca"] {
                if s.has(key) {
                    let at = s.origin(key);
                    s.problem(&at, format!("mail has {key} and needs host beside it"));
                }
            }
            return None;
        };
        let Some(from) = from else {
            if !s.has("from") {
                let at = s.origin("host");
                s.problem(
                    &at,
                    "mail has host and needs from beside it: the address that mails come from",
                );
            }
            return None;
        };
        let (tls, usual) = match tls {
            "tls" => (mail::Tls::Tls, 465),
            "none" => (mail::Tls::Plain, 25),
            _ => (mail::Tls::StartTls, 587),
        };
        let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual);
        let smtp = mail::SmtpOptions { host, port, tls, username, password, trusted_pem, from };
        if let Err(error) = smtp.check() {
            let at = s.origin("host");
            s.problem(&at, format!("mail cannot work: {:#}", anyhow::Error::new(error)));
            return None;
        }
        Some(Mail { smtp, ca })
    }
}

/// The URL of a Postgres database.
fn postgres(node: &Node) -> Parsed<Secret> {
    let given = values::name(node)?;
    if given.starts_with("postgres://") || given.starts_with("postgresql://") {
        return Ok(Secret::new(given));
    }
    // The value holds a password, so it is not repeated.
    node.problem(
        "must be the URL of a Postgres database, such as \"postgres://user:password@host/name\"",
    )
}

/// Scheme, host and port, and nothing after them.
fn origin(node: &Node) -> Parsed<String> {
    let given = values::name(node)?;
    let parsed = given.parse::<http::Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none()
    });
    match parsed {
        Some(_) => Ok(given.trim_end_matches('/').to_owned()),
        None => node.problem(format!(
            "must be http:// or https:// with a host and nothing after it, such as \"https://cdp.example.com\", not {given:?}"
        )),
    }
}

fn address(node: &Node) -> Parsed<String> {
    let given = values::name(node)?;
    if mail::is_address(&given) {
        return Ok(given);
    }
    node.problem(format!("must be an e-mail address, not {given:?}"))
}
