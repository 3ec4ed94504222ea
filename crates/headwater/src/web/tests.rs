#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "tests are browsers")]

use std::{collections::HashMap, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::*;
use crate::{
    config::Secret,
    http::{Parts, router, serve},
};

const TEMPLATE: &str = r#"<!doctype html><html><head><title>App</title>
<meta property="csp-nonce" content="%HEADWATER_NONCE%"><!--HEADWATER_HEAD-->
<script type="module" src="/assets/index-a1b2.js"></script></head></html>"#;

const BROWSER: &str = "accept: text/html,*/*;q=0.8";

/// A folder in memory.
fn folder(files: &[(&str, &str)]) -> Folder {
    let files: HashMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Arc::new(move |path| Some(Cow::Owned(files.get(path)?.clone().into_bytes())))
}

fn app() -> Folder {
    folder(&[
        ("index.html", TEMPLATE),
        ("favicon.svg", "<svg/>"),
        ("assets/index-a1b2.js", "let plain"),
        ("assets/index-a1b2.js.br", "packed"),
        ("assets/font-c3d4.woff2", "letters"),
    ])
}

fn cards() -> Cards {
    Arc::new(|slug| {
        Box::pin(async move {
            (slug == "mailer").then(|| api::Card {
                title: "\"><script>alert(1)</script>".to_owned(),
                description: "Sends 'mail' & more; %HEADWATER_NONCE%".to_owned(),
                url: Some("https://cdp.example.com/catalog/mailer".to_owned()),
                image: None,
            })
        })
    })
}

/// The router on a port of its own.
struct Served {
    address: String,
    _stop: watch::Sender<bool>,
}

/// An answer as it came over the wire.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (given, value) = line.split_once(": ")?;
            given.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn nonce(&self) -> &str {
        let policy = self.header("content-security-policy").unwrap();
        policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap()
    }
}

impl Served {
    async fn new(folder: Folder) -> Served {
        let router = router(Parts {
            token: Secret::new("0123456789abcdef"),
            planes: vec![
                axum::Router::new().route("/api/log", axum::routing::get(async || "the log")),
            ],
            control: None,
            operations: axum::Router::new(),
            web: Some(Web::new(folder, cards())),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, router, None, stopped, Duration::ZERO));
        Served { address, _stop: stop }
    }

    async fn ask(&self, line: &str, headers: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let text = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    async fn get(&self, path: &str, headers: &[&str]) -> Answer {
        self.ask(&format!("GET {path}"), headers).await
    }
}

#[tokio::test]
async fn the_page_stands_where_nothing_else_does_and_each_has_its_own_nonce() {
    let served = Served::new(app()).await;
    let mut nonces = Vec::new();
    for path in ["/", "/login", "/w/acme/sources/x/debugger", "/operator?token=1", "/index.html"] {
        let page = served.get(path, &[BROWSER]).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
        let nonce = page.nonce().to_owned();
        assert_eq!(
            page.header("content-security-policy").unwrap(),
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
            )
        );
        assert!(page.body.contains(&format!("content=\"{nonce}\"")), "{}", page.body);
        assert!(page.body.contains("<title>App</title>"), "{}", page.body);
        assert!(!page.body.contains("HEADWATER"), "{}", page.body);
        assert!(!nonces.contains(&nonce));
        nonces.push(nonce);
        let head = served.ask(&format!("HEAD {path}"), &[BROWSER]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    for path in ["/api/x", "/v1/x", "/health/x", "/metrics", "/analytics.js/x"] {
        let answer = served.get(path, &[BROWSER]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.starts_with("{\"errors\""), "{path}: {}", answer.body);
    }
    assert_eq!(served.get("/login", &["accept: */*"]).await.status, 404);
    assert_eq!(served.get("/login", &["accept: text/html;q=0"]).await.status, 404);
    assert_eq!(served.get("/apiary", &[BROWSER]).await.status, 200);
    assert_eq!(served.ask("POST /login", &[BROWSER]).await.status, 404);
    assert!(served.get("/", &[]).await.body.starts_with("Headwater "));
}

#[tokio::test]
async fn a_page_that_is_known_keeps_its_nonce() {
    let served = Served::new(app()).await;
    let page = served.get("/login", &[BROWSER]).await;
    let known = format!("if-none-match: {}", page.header("etag").unwrap());
    let again = served.get("/account", &[BROWSER, &known]).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(again.header("content-security-policy"), None, "the cached one stands");
    let other = served.get("/catalog/mailer", &[BROWSER, &known]).await;
    assert_eq!(other.status, 200, "its head is another");
}

#[tokio::test]
async fn files_are_packed_where_that_is_read_and_kept_where_their_names_change() {
    let served = Served::new(app()).await;
    let script = "/assets/index-a1b2.js";
    let check = async |accepts: &str, body: &str, encoding: Option<&str>| {
        let file = served.get(script, &[accepts]).await;
        assert_eq!((file.status, file.body.as_str()), (200, body), "{accepts}");
        assert_eq!(file.header("content-encoding"), encoding, "{accepts}");
        assert_eq!(file.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(file.header("vary"), Some("Accept-Encoding"));
    };
    check("accept-encoding: gzip, deflate, br, zstd", "packed", Some("br")).await;
    check("accept-encoding: gzip, br;q=0", "let plain", None).await;
    check("accept: */*", "let plain", None).await;
    let font = served.get("/assets/font-c3d4.woff2", &["accept-encoding: br"]).await;
    assert_eq!((font.body.as_str(), font.header("content-encoding")), ("letters", None));

    let icon = served.get("/favicon.svg", &[]).await;
    assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    assert_eq!(icon.header("cache-control"), Some("no-cache"));
    let known = format!("if-none-match: W/{}", icon.header("etag").unwrap());
    assert_eq!(served.get("/favicon.svg", &[&known]).await.status, 304);

    // A page that is older than the binary asks for files that are gone: not for the page.
    assert_eq!(served.get("/assets/index-old.js", &[BROWSER]).await.status, 404);
    for path in ["/assets/index-a1b2.js.br", "/assets/../index.html", "/assets//index-a1b2.js"] {
        assert_eq!(served.get(path, &[BROWSER]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_catalog_page_says_to_other_sites_what_is_listed() {
    let served = Served::new(app()).await;
    let page = served.get("/catalog/mailer", &[BROWSER]).await;
    for text in [
        "<title>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>",
        r#"<meta property="og:title" content="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">"#,
        r#"content="Sends &#39;mail&#39; &amp; more; %HEADWATER_NONCE%""#,
        r#"<meta property="og:url" content="https://cdp.example.com/catalog/mailer">"#,
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("<title>App"), "{}", page.body);
    assert!(page.body.contains(&format!("csp-nonce\" content=\"{}\"", page.nonce())));
    let hidden = served.get("/catalog/hidden", &[BROWSER]).await;
    assert!(hidden.body.contains("<title>App") && !hidden.body.contains("og:"), "{}", hidden.body);
    let all = served.get("/catalog", &[BROWSER]).await;
    assert!(all.body.contains("<title>Catalog · Headwater</title>"), "{}", all.body);
}

#[tokio::test]
async fn without_the_app_its_addresses_say_how_to_get_it() {
    let served = Served::new(folder(&[])).await;
    for (path, status) in [("/", 200), ("/login", 404)] {
        let page = served.get(path, &[BROWSER]).await;
        assert_eq!(page.status, status);
        assert!(page.body.contains("npm ci &amp;&amp; npm run build"), "{}", page.body);
    }
}

/// Whatever is built now: the page that the app brings has the places that are filled here.
#[tokio::test]
async fn the_app_that_was_built_can_be_served() {
    let served = Served::new(built()).await;
    let page = served.get("/", &[BROWSER]).await;
    assert_eq!(page.status, 200);
    assert_eq!(served.get("/assets/../../package.json", &[BROWSER]).await.status, 404);
    let Some(template) = built()(PAGE) else {
        assert!(page.body.contains("npm ci"), "{}", page.body);
        return;
    };
    let template = std::str::from_utf8(&template).unwrap();
    assert!(template.contains("%HEADWATER_NONCE%") && template.contains("<!--HEADWATER_HEAD-->"));
    assert!(page.body.contains(page.nonce()), "{}", page.body);
    let sources = page.body.split("src=\"/").skip(1).filter_map(|rest| rest.split('"').next());
    for source in sources {
        let file = served.get(&format!("/{source}"), &["accept-encoding: identity"]).await;
        assert_eq!(file.status, 200, "{source}");
    }
}
