//! Mail servers that refuse, recipients that complain, a Headwater that is away.

use axum::http::{Request, StatusCode};
use bytes::Bytes;
use serde_json::Value;

use crate::{
    World, get,
    recorder::{Answer, by_id},
    send, text,
};

#[tokio::test]
async fn a_refused_mail_is_a_bounce_and_a_late_one_is_not() {
    let world = World::start().await;
    world.catcher.reply("RCPT TO:<gone@", "550 5.1.1 no such user");
    world.catcher.reply("RCPT TO:<grey@", "451 4.7.1 try again");
    let to = "1=gone@acme.example\n2=grey@acme.example\n3=ada@acme.example";
    world.campaign(&[("recipients", to)]).await;
    let messages = world.recorder.messages(3).await;
    let mut told: Vec<(&str, &str)> = messages
        .iter()
        .map(|it| (it["userId"].as_str().unwrap(), it["event"].as_str().unwrap()))
        .collect();
    told.sort_unstable();
    let delivered = "Email Delivered";
    assert_eq!(told, [("1", "Email Bounced"), ("2", delivered), ("3", delivered)]);
    assert_eq!(world.catcher.count(), 2);
}

#[tokio::test]
async fn a_fault_of_ours_is_no_bounce() {
    let world = World::start().await;
    world.catcher.reply("MAIL", "530 5.7.0 log in first");
    world.campaign(&[]).await;
    let messages = world.recorder.messages(1).await;
    assert_eq!(messages[0]["event"], "Email Delivered");
}

#[tokio::test]
async fn a_complaint_is_told_once_and_ends_all_mail() {
    let world = World::start().await;
    world.campaign(&[]).await;
    let mail = world.first_mail().await;
    let report = [
        &b"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; \
        boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
        Feedback-Type: abuse\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"[..],
        &mail.data,
        b"\r\n--b--\r\n",
    ]
    .concat();
    let post = |body: Vec<u8>| {
        send(Request::post(world.admin("/reports")).body(Bytes::from(body)).unwrap())
    };
    for _ in 0..2 {
        let answer = post(report.clone()).await;
        assert_eq!(text(&answer), r#"{"event":"Email Marked as Spam"}"#);
    }
    assert_eq!(post(b"hello".to_vec()).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let (_, made) = world.campaign(&[]).await;
    assert_eq!(made["leftOut"][0], "ada@acme.example");
    world.campaign(&[("recipients", "2=bo@acme.example")]).await;
    let messages = world.recorder.messages(3).await;
    let events: Vec<&Value> = messages.iter().map(|message| &message["event"]).collect();
    assert_eq!(events, ["Email Delivered", "Email Marked as Spam", "Email Delivered"]);
}

#[tokio::test]
async fn messages_wait_for_a_headwater_that_is_away() {
    let world = World::start().await;
    world.recorder.answer(&[Answer::Unavailable, Answer::Unavailable, Answer::BadKey]);
    let to = "1=ada@acme.example\n2=bo@acme.example";
    world.campaign(&[("recipients", to)]).await;
    let messages = world.recorder.messages(2).await;
    assert_eq!(messages.len(), 2, "each was taken once");
    let requests = world.recorder.requests(4).await;
    assert_eq!(requests.iter().filter(|request| !request.taken).count(), 3);
    let known = by_id(&messages);
    for message in requests.iter().flat_map(|it| it.body["batch"].as_array().unwrap()) {
        let id = message["messageId"].as_str().unwrap();
        assert_eq!(known.get(id), Some(message), "the same id, the same message");
    }
}

#[tokio::test]
async fn the_page_says_what_headwater_says() {
    let world = World::start().await;
    world.recorder.answer(&[Answer::BadKey; 20]);
    world.campaign(&[]).await;
    world.recorder.requests(2).await;
    let page = get(&world.admin("/")).await;
    assert!(text(&page).contains("An invalid write key was provided"), "{}", text(&page));
    assert!(text(&page).contains("<td>Waiting</td>"), "{}", text(&page));
}
