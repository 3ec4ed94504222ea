//! What the platform's own instructions say to try: send, open, click, unsubscribe.

use std::collections::HashSet;

use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{World, call, get, recorder::by_id, send, text};

#[tokio::test]
async fn sent_opened_clicked_unsubscribed() {
    let world = World::start().await;
    let (status, made) = world.campaign(&[]).await;
    assert_eq!(status, StatusCode::CREATED);
    let mail = world.first_mail().await;

    assert_eq!(mail.to, ["RCPT TO:<ada@acme.example>"]);
    let message = mail.message();
    assert_eq!(message.subject(), Some("Spring is here"));
    let raw = |name| message.header_raw(name).unwrap().trim().to_owned();
    let unsubscribe = mail.address("unsubscribe");
    assert_eq!(raw("List-Unsubscribe"), format!("<{unsubscribe}>"));
    assert_eq!(raw("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let plain = message.body_text(0).unwrap();
    assert!(plain.contains(&mail.address("click")) && plain.contains(&unsubscribe), "{plain}");

    let picture = get(&mail.address("open")).await;
    assert_eq!(picture.headers()["content-type"], "image/gif");
    assert_eq!(picture.headers()["cache-control"], "no-store");
    assert!(picture.body().starts_with(b"GIF89a") && picture.body().ends_with(b";"));
    let clicked = get(&mail.address("click")).await;
    assert_eq!(clicked.status(), StatusCode::FOUND);
    assert_eq!(clicked.headers()["location"], "https://acme.example/spring?a=1&b=2");
    let asked = get(&unsubscribe).await;
    assert!(text(&asked).contains("<form method=\"post\">"), "{}", text(&asked));
    let done = call(Method::POST, &unsubscribe).await;
    assert!(text(&done).contains("ada@acme.example gets no more mail"), "{}", text(&done));
    // again, and asked again: nothing new
    call(Method::POST, &unsubscribe).await;
    assert!(text(&get(&unsubscribe).await).contains("gets no more mail"));

    let messages = world.recorder.messages(4).await;
    let events: Vec<&Value> = messages.iter().map(|message| &message["event"]).collect();
    assert_eq!(events, ["Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed"]);
    let id = made["id"].as_str().unwrap();
    for message in &messages {
        assert_eq!(message["type"], "track");
        assert_eq!(message["userId"], "97980cfea0067");
        assert_eq!(message["properties"]["campaign_id"], id);
        assert_eq!(message["properties"]["campaign_name"], "Spring");
        assert_eq!(message["properties"]["email_subject"], "Spring is here");
        assert_eq!(message["context"]["traits"], json!({ "email": "ada@acme.example" }));
        let integration = json!({ "name": "acme-mail", "version": "1.2.0" });
        assert_eq!(message["context"]["integration"], integration);
    }
    let sent: HashSet<&str> =
        messages.iter().filter_map(|it| it["properties"]["email_id"].as_str()).collect();
    assert_eq!(sent.len(), 1);
    // the mail server is nobody's browser
    assert_eq!(messages[0]["context"].get("ip"), None);
    for message in &messages[1..] {
        assert_eq!(message["context"]["ip"], "127.0.0.1");
        assert_eq!(message["context"]["userAgent"], "Browser/1");
    }
    let url = "https://acme.example/spring?a=1&b=2";
    assert_eq!(messages[2]["properties"]["link_url"], url);
    assert_eq!(messages[3]["properties"]["list_id"], "acme-news");
    assert_eq!(messages[3]["properties"]["list_name"], "Acme News");
    let requests = world.recorder.requests(1).await;
    assert!(requests.iter().all(|request| {
        request.authorization == "Basic YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU6"
            && request.body["sentAt"].is_string()
    }));

    // whoever unsubscribed gets nothing any more
    let to = "97980cfea0067=Ada@acme.example\n42=bo@acme.example";
    let (_, made) = world.campaign(&[("recipients", to)]).await;
    assert_eq!(made["leftOut"], json!(["Ada@acme.example"]));
    assert_eq!(world.catcher.mails(2).await[1].to, ["RCPT TO:<bo@acme.example>"]);
    let messages = world.recorder.messages(5).await;
    assert_eq!(by_id(&messages).len(), 5);
    assert_eq!(messages[4]["userId"], "42");
    assert_eq!(world.catcher.count(), 2);
}

#[tokio::test]
async fn a_mail_program_unsubscribes_in_one_click() {
    let world = World::start().await;
    world.campaign(&[]).await;
    let mail = world.first_mail().await;
    let message = mail.message();
    let header = message.header_raw("List-Unsubscribe").unwrap().trim();
    let url = header.strip_prefix('<').unwrap().strip_suffix('>').unwrap();
    // RFC 8058, section 3.1: the body stands in List-Unsubscribe-Post, there are no cookies
    let request = Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from("List-Unsubscribe=One-Click"));
    let answer = send(request.unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let messages = world.recorder.messages(2).await;
    assert_eq!(messages[1]["event"], "Unsubscribed");
}

#[tokio::test]
async fn the_page_sends_and_shows_what_went_out() {
    let world = World::start().await;
    let page = get(&world.admin("/")).await;
    assert!(text(&page).contains("Nothing was sent yet."));
    assert!(page.headers().contains_key("content-security-policy"));

    let form = "name=Spring&subject=Spring%20is%20here&link=https%3A%2F%2Facme.example%2F\
                &recipients=97980cfea0067%3Dada%40acme.example&text=";
    let request = |body: &'static str| {
        Request::post(world.admin("/campaigns"))
            .header("origin", world.admin(""))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body))
            .unwrap()
    };
    let answer = send(request(form)).await;
    assert_eq!(
        (answer.status(), &answer.headers()["location"]),
        (StatusCode::SEE_OTHER, &"/".parse().unwrap())
    );
    world.recorder.messages(1).await;
    // the answer may still be on its way
    let sent = async {
        loop {
            let page = get(&world.admin("/")).await;
            if text(&page).contains("<td>Sent</td>") {
                break page;
            }
            tokio::task::yield_now().await;
        }
    };
    let page = crate::soon(sent).await;
    for shown in ["<h3>Spring</h3>", "<td>ada@acme.example</td>", "Email Delivered"] {
        assert!(text(&page).contains(shown), "{shown}: {}", text(&page));
    }

    // whoever wants no more is left out, and the page says so
    let mail = world.first_mail().await;
    call(Method::POST, &mail.address("unsubscribe")).await;
    let answer = send(request(form)).await;
    assert_eq!(answer.headers()["location"], "/?left_out=1");
    let page = get(&world.admin("/?left_out=1")).await;
    assert!(text(&page).contains("want no more mail: 1"), "{}", text(&page));

    // what was typed is kept when something is wrong with it
    let answer = send(request("name=Summer&subject=&link=x&recipients=y&text=")).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&answer).contains("Not sent: the subject is missing."), "{}", text(&answer));
    assert!(text(&answer).contains("value=\"Summer\""), "{}", text(&answer));
}

#[tokio::test]
async fn the_command_line_sends_and_waits() {
    let world = World::start().await;
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_email-source"))
        .args(["send", "--to", "1=ada@acme.example", "--to", "2=bo@acme.example"])
        .args(["--admin", &world.admin("/")])
        .output();
    let output = crate::soon(output).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let wanted = "ada@acme.example: Email Delivered\nbo@acme.example: Email Delivered\n";
    assert_eq!(said, wanted, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
    assert_eq!(world.catcher.count(), 2);
}
