//! What SDKs ask for before they send: where to, and that nothing else is to be loaded.
//!
//! Source: the fields that browser and mobile SDKs read; typed decoders want objects, never null.

use http::{HeaderMap, header::HOST};
use serde_json::{Value, json};

/// Where the sender reaches us, as it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Host and, where it is not the scheme's own, port.
    pub host: String,
    /// Whether the sender speaks TLS, to us or to a trusted proxy.
    pub secure: bool,
}

impl Origin {
    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// Reads it from a request's headers. `X-Forwarded-Host` and `X-Forwarded-Proto` count only
    /// from a trusted proxy; `local` is used when the request names no host.
    pub fn of(headers: &HeaderMap, trusted: bool, secure: bool, local: &str) -> Origin {
        let forwarded = |name: &str| {
            let value = headers.get(name).filter(|_| trusted)?.to_str().ok()?;
            value.split(',').next().map(str::trim).filter(|value| !value.is_empty())
        };
        let host = forwarded("x-forwarded-host")
            .or_else(|| headers.get(HOST)?.to_str().ok())
            .filter(|host| is_host(host))
            .unwrap_or(local);
        let secure = match forwarded("x-forwarded-proto") {
            Some(scheme) => scheme.eq_ignore_ascii_case("https"),
            None => secure,
        };
        Origin { host: host.to_owned(), secure }
    }
}

/// Only what can stand in a host, so that nothing else is echoed into JSON or scripts.
fn is_host(host: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    (1..=255).contains(&host.len()) && host.bytes().all(fits)
}

/// The body of `GET /v1/projects/{writeKey}/settings`.
pub fn settings(write_key: &str, origin: &Origin) -> Value {
    json!({
        "integrations": { "Segment.io": {
            "apiKey": write_key,
            "apiHost": format!("{}/v1", origin.host),
            "protocol": origin.scheme(),
            "unbundledIntegrations": [],
            "addBundledMetadata": true,
            "maybeBundledConfigIds": {},
            "versionSettings": { "version": "4.4.7", "componentTypes": ["browser"] },
        } },
        "plan": {
            "track": { "__default": { "enabled": true, "integrations": {} } },
            "identify": { "__default": { "enabled": true } },
            "group": { "__default": { "enabled": true } },
        },
        "edgeFunction": {},
        "analyticsNextEnabled": true,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": { "sampleRate": 0 },
        "legacyVideoPluginsEnabled": false,
        "remotePlugins": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let value = |text: &str| text.parse().expect("tests use visible text");
        pairs.iter().map(|(name, text)| (name.parse().expect("a name"), value(text))).collect()
    }

    #[test]
    fn the_host_is_the_one_the_sender_used() {
        let check = |pairs: &[(&'static str, &str)], trusted, host: &str, secure| {
            let origin = Origin::of(&headers(pairs), trusted, false, "127.0.0.1:8080");
            assert_eq!(origin, Origin { host: host.into(), secure });
        };
        check(&[("host", "track.example:81")], false, "track.example:81", false);
        check(&[("host", "[::1]:81")], false, "[::1]:81", false);
        check(&[], false, "127.0.0.1:8080", false);
        check(&[("host", "evil\"<script>")], false, "127.0.0.1:8080", false);
        let proxied = [
            ("host", "10.0.0.3"),
            ("x-forwarded-host", "t.example, 10.0.0.2"),
            ("x-forwarded-proto", "HTTPS"),
        ];
        check(&proxied, true, "t.example", true);
        check(&proxied, false, "10.0.0.3", false);
    }

    #[test]
    fn settings_point_back_at_us() {
        let body = settings("KEY", &Origin { host: "t.example".into(), secure: false });
        assert_eq!(body["integrations"]["Segment.io"]["apiHost"], "t.example/v1");
        assert_eq!(body["integrations"]["Segment.io"]["apiKey"], "KEY");
        assert_eq!(body["integrations"]["Segment.io"]["protocol"], "http");
        assert_eq!(body["metrics"]["sampleRate"], 0);
    }
}
