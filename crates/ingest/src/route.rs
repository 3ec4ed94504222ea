//! Which path means what.
//!
//! Source: Segment HTTP API, "Spec calls", "Batch", Tracking Pixel API; short paths as browser
//! SDKs derive them. Every path is taken with and without a trailing slash: one SDK sends it.

use spec::Kind;

/// What a path of the tracking API asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'a> {
    /// `POST /v1/track` and its like; `GET` is the JSONP of very old browser SDKs.
    Single(Kind),
    /// `POST /v1/batch`, `/v1/b`, `/v1/import`.
    Batch,
    /// `GET /v1/pixel/track` and its like.
    Pixel(Kind),
    /// `POST /v1/m`: what SDKs measure of themselves.
    SdkMetrics,
    /// `GET /v1/projects/{writeKey}/settings`.
    Settings(&'a str),
    /// `GET /analytics.js/v1/{writeKey}/analytics.min.js`.
    Script(&'a str),
    /// `GET /analytics-next/bundles/{file}`.
    Chunk(&'a str),
}

/// The route of `path`; `None` when it is not one of ours.
pub fn route(path: &str) -> Option<Route<'_>> {
    if let Some(rest) = path.strip_prefix("/v1/") {
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        return tracking(rest);
    }
    if let Some(rest) = path.strip_prefix("/analytics.js/v1/") {
        let (key, file) = rest.split_once('/')?;
        let script = matches!(file, "analytics.min.js" | "analytics.js");
        return (script && !key.is_empty()).then_some(Route::Script(key));
    }
    path.strip_prefix("/analytics-next/bundles/").map(Route::Chunk)
}

fn tracking(rest: &str) -> Option<Route<'_>> {
    if let Some(kind) = single(rest) {
        return Some(Route::Single(kind));
    }
    match rest {
        "batch" | "b" | "import" => return Some(Route::Batch),
        "m" => return Some(Route::SdkMetrics),
        _ => {}
    }
    if let Some(method) = rest.strip_prefix("pixel/") {
        return Kind::from_wire(method.as_bytes()).map(Route::Pixel);
    }
    let key = rest.strip_prefix("projects/")?.strip_suffix("/settings")?;
    (!key.is_empty() && !key.contains('/')).then_some(Route::Settings(key))
}

fn single(word: &str) -> Option<Kind> {
    match word {
        "track" | "t" => Some(Kind::Track),
        "identify" | "i" => Some(Kind::Identify),
        "page" | "p" => Some(Kind::Page),
        "screen" | "s" => Some(Kind::Screen),
        "group" | "g" => Some(Kind::Group),
        "alias" | "a" => Some(Kind::Alias),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_api_has_its_route() {
        let check = |path: &str, expect: Option<Route<'_>>| {
            assert_eq!(route(path), expect, "{path}");
        };
        for kind in Kind::ALL {
            let long = kind.as_str();
            for word in [long, &long[..1]] {
                check(&format!("/v1/{word}"), Some(Route::Single(kind)));
                check(&format!("/v1/{word}/"), Some(Route::Single(kind)));
            }
            check(&format!("/v1/pixel/{long}"), Some(Route::Pixel(kind)));
            check(&format!("/v1/pixel/{long}/"), Some(Route::Pixel(kind)));
        }
        for word in ["batch", "b", "import", "batch/", "b/", "import/"] {
            check(&format!("/v1/{word}"), Some(Route::Batch));
        }
        check("/v1/m", Some(Route::SdkMetrics));
        check("/v1/projects/KEY/settings", Some(Route::Settings("KEY")));
        check("/v1/projects/KEY/settings/", Some(Route::Settings("KEY")));
        check("/analytics.js/v1/KEY/analytics.min.js", Some(Route::Script("KEY")));
        check("/analytics.js/v1/KEY/analytics.js", Some(Route::Script("KEY")));
        check("/analytics-next/bundles/1.js", Some(Route::Chunk("1.js")));
    }

    #[test]
    fn everything_else_is_left_to_others() {
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/v1/trackk",
            "/v1/track//",
            "/v1/merge",
            "/v1/pixel/t",
            "/v1/pixel/",
            "/v1/projects//settings",
            "/v1/projects/a/b/settings",
            "/analytics.js/v1/KEY/other.js",
            "/analytics.js/v1//analytics.js",
            "/api/sources",
            "/health/live",
        ] {
            assert_eq!(route(path), None, "{path}");
        }
    }
}
