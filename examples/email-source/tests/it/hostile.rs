//! Input that wants more than it says.

use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;

use crate::{World, call, get, send, text};

#[tokio::test]
async fn a_subject_cannot_begin_a_header_and_an_address_not_a_command() {
    let world = World::start().await;
    for (field, hostile) in [
        ("subject", "Hi\r\nBcc: everybody@acme.example"),
        ("subject", "Hi\nBcc: everybody@acme.example"),
        ("name", "a\u{0}b"),
        ("recipients", "1=ada@acme.example>\rRCPT TO:<bo@acme.example"),
        ("recipients", "1=\"a\r\nRCPT TO:<bo@acme.example>\"@acme.example"),
        ("recipients", "1=nobody"),
        ("link", "javascript:alert(1)"),
        ("link", "data:text/html,hello"),
    ] {
        let (status, said) = world.campaign(&[(field, hostile)]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{hostile}: {said}");
    }
    // a subject that needs encoding is one header all the same
    let long = format!("Grüße {}", "é ".repeat(80));
    let (status, _) = world.campaign(&[("subject", &long)]).await;
    assert_eq!(status, StatusCode::CREATED);
    let mail = world.first_mail().await;
    let message = mail.message();
    assert_eq!(message.header_values("Subject").count(), 1);
    assert_eq!(message.subject(), Some(long.trim()));
    assert_eq!(world.catcher.heard().matches("RCPT").count(), 1);
}

#[tokio::test]
async fn what_people_write_is_text() {
    let world = World::start().await;
    let hostile = "<script>alert(1)</script>\"'&";
    let link = "https://acme.example/?q=%22><script>alert(2)</script>";
    let recipients = format!("{hostile}=ada@acme.example");
    let fields = [
        ("name", hostile),
        ("subject", hostile),
        ("text", hostile),
        ("link", link),
        ("recipients", &recipients),
    ];
    world.campaign(&fields).await;
    let mail = world.first_mail().await;
    world.recorder.messages(1).await;
    let page = get(&world.admin("/")).await;
    let refused = world.campaign(&[("link", "x")]).await;
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY);
    for html in [mail.html(), text(&page).to_owned()] {
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }
}

#[tokio::test]
async fn a_token_that_we_did_not_sign_does_nothing() {
    let world = World::start().await;
    world.campaign(&[]).await;
    let mail = world.first_mail().await;
    let token = |part: &str| mail.address(part).rsplit('/').next().unwrap().to_owned();
    let id = token("open").split('.').next().unwrap().to_owned();
    let (open, click) = (token("open"), token("click"));
    for forged in [&id, &format!("{id}."), &format!("{id}.AAAAAAAAAAAAAAAAAAAAAA"), &open, &click] {
        let unsubscribe = world.public(&format!("/unsubscribe/{forged}"));
        assert_eq!(get(&unsubscribe).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(call(Method::POST, &unsubscribe).await.status(), StatusCode::NOT_FOUND);
    }
    let forged_click = world.public(&format!("/click/{open}"));
    assert_eq!(get(&forged_click).await.status(), StatusCode::NOT_FOUND);
    // the picture tells nobody whether a token is right
    let picture = get(&world.public(&format!("/open/{click}"))).await;
    assert_eq!(picture.status(), StatusCode::OK);
    // whoever only asks for the head has seen nothing
    for part in ["open", "click", "unsubscribe"] {
        let answer = call(Method::HEAD, &mail.address(part)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    // an address in the query, or after the token, leads nowhere else
    let link = mail.address("click");
    let elsewhere = get(&format!("{link}?url=https://evil.example/&link_url=//evil.example")).await;
    assert_eq!(elsewhere.headers()["location"], "https://acme.example/spring?a=1&b=2");
    let longer = get(&format!("{link}/https://evil.example/")).await;
    assert_eq!(longer.status(), StatusCode::NOT_FOUND);

    let messages = world.recorder.messages(2).await;
    let events: Vec<_> = messages.iter().map(|message| &message["event"]).collect();
    assert_eq!(events, ["Email Delivered", "Email Link Clicked"]);
}

#[tokio::test]
async fn only_this_machines_own_pages_send_mail() {
    let world = World::start().await;
    let admin = world.service.admin;
    let attempt = async |name: &str, value: &str| {
        let request = Request::post(world.admin("/campaigns"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Bytes::from("name=a&subject=b&link=https://a.example&recipients=1=a@b.example"));
        send(request.unwrap()).await.status()
    };
    assert_eq!(attempt("origin", "https://evil.example").await, StatusCode::FORBIDDEN);
    assert_eq!(attempt("origin", "null").await, StatusCode::FORBIDDEN);
    // a name of theirs that leads to us
    let theirs = format!("evil.example:{}", admin.port());
    assert_eq!(attempt("host", &theirs).await, StatusCode::FORBIDDEN);
    assert_eq!(attempt("host", "127.0.0.1@evil.example").await, StatusCode::FORBIDDEN);
    // recipients reach none of it
    for path in ["/", "/campaigns", "/reports"] {
        assert_eq!(get(&world.public(path)).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(attempt("origin", &format!("http://{admin}")).await, StatusCode::SEE_OTHER);
    world.catcher.mails(1).await;
    assert_eq!(world.catcher.count(), 1);
}
