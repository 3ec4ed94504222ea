//! The web app in the binary: its page reaches browsers under every address that nothing else
//! takes. Without Node there is no app; then the same addresses say how to get it.

use crate::process::{Answer, Server, full_request};

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

const ADDRESSES: [&str; 8] = [
    "/login",
    "/catalog",
    "/catalog/http-api",
    "/w/acme/sources/website/debugger",
    "/operator?token=hwo_none",
    "/verify-email?token=hwv_none",
    "/goto-my-workspace/sources/catalog/http-api",
    "/dev-portal/integrations/acme-mail",
];

fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    full_request(&server.address, "GET", path, headers, "").expect("it answers")
}

fn is_page(answer: &Answer, path: &str) {
    if answer.status == 200 {
        let policy = answer.header("content-security-policy").expect("a policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        assert!(answer.body.contains(nonce.expect("a nonce")), "{path}: {}", answer.body);
        assert!(!answer.body.contains("HEADWATER_NONCE"), "{path}");
    } else {
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(answer.body.contains("npm ci &amp;&amp; npm run build"), "{path}: {}", answer.body);
    }
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
}

#[test]
fn every_address_of_the_app_is_answered_with_its_page() {
    let mut server = Server::start("");
    for path in ADDRESSES {
        is_page(&get(&server, path, &[BROWSER]), path);
        let program = get(&server, path, &[("accept", "*/*")]);
        assert_eq!(program.status, 404, "{path}: {}", program.body);
        assert!(program.body.starts_with("{\"errors\""), "{path}: {}", program.body);
    }
    for path in ["/api/nowhere", "/v1/nowhere", "/health/nowhere", "/analytics.js/nowhere"] {
        let answer = get(&server, path, &[BROWSER]);
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(answer.body.starts_with('{'), "{path}: {}", answer.body);
    }
    let posted = server.request("POST", "/login", &[BROWSER], "").unwrap();
    assert_eq!(posted.0, 404, "{}", posted.1);
    let text = get(&server, "/", &[("accept", "*/*")]);
    assert!(text.body.starts_with("Headwater 0."), "{}", text.body);
    let root = get(&server, "/", &[BROWSER]);
    assert_eq!(root.status, 200);
    let head = full_request(&server.address, "HEAD", "/login", &[BROWSER], "").unwrap();
    assert_eq!(head.body, "");
    assert_eq!(head.status, get(&server, "/login", &[BROWSER]).status);
    assert!(server.stop().success());

    server.run_with(&["--only", "ingest,control"]);
    let answer = get(&server, "/login", &[BROWSER]);
    assert!(answer.status == 404 && answer.body.starts_with("{\"errors\""), "{}", answer.body);
    assert!(server.stop().success());
    server.run_with(&["--only", "web"]);
    is_page(&get(&server, "/login", &[BROWSER]), "/login");
    assert_eq!(get(&server, "/api/sources", &[BROWSER]).status, 404);
}
