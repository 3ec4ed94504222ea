//! A page that says what runs here, in text or, to browsers, in HTML.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, header};

use super::wants_page;

const PATHS: [(&str, &str); 7] = [
    ("POST /v1/track, /v1/identify, /v1/batch, …", "the tracking API, as Segment's SDKs speak it"),
    ("GET  /analytics.js/v1/<write key>/analytics.min.js", "the browser SDK"),
    ("GET  /api/docs, /api/openapi.json", "the API of accounts, partners, catalog, workspaces"),
    ("GET  /api/sources, /api/stream, /api/trace/<messageId>", "what came in (needs the token)"),
    ("GET  /api/destinations, /api/accounting", "what went out (needs the token)"),
    ("GET  /health/live, /health/ready", "whether it runs, and what a 200 promises"),
    ("GET  /metrics", "figures for Prometheus"),
];

const HOW_TO_GET_THE_APP: &str = "\
The web app is not in this binary. Get it from the source tree, with Node 20.19 or later:

  scripts/run                          builds both and starts them
  npm ci && npm run build              in web/; then build the binary

";

/// Says what runs here; `has_app`: whether the web app is served beside.
pub fn front(headers: &HeaderMap, has_app: bool) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host
        .filter(|host| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b)));
    let host = host.unwrap_or("localhost:8080");
    let paths: Vec<String> =
        PATHS.iter().map(|(path, what)| format!("  {path:<56} {what}")).collect();
    let app = if has_app { "" } else { HOW_TO_GET_THE_APP };
    let text = format!(
        "Headwater {} runs here. It collects events, keeps them, and brings them to destinations.\n\n\
         {app}Send one (with a write key of your configuration):\n\n  \
         curl -u '<write key>:' -H 'content-type: application/json' \\\n    \
         -d '{{\"userId\": \"ada\", \"event\": \"Order Completed\"}}' http://{host}/v1/track\n\n\
         Watch it come:\n\n  headwater tail\n\n\
         What is served here:\n\n{}\n\n\
         Documentation: docs/ in the source tree, and headwater --help.\n",
        env!("CARGO_PKG_VERSION"),
        paths.join("\n"),
    );
    if !wants_page(headers) {
        return text.into_response();
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Headwater</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><pre>{text}</pre></html>"
    );
    let policy = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'")];
    (policy, Html(page)).into_response()
}
