#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::expect;
use lettre::transport::smtp::authentication::Mechanism;

use self::server::{Behaviour, Server};
use super::{BadSmtpOptions, Secret, SendError, Sender, Sent, SmtpOptions, Tls};
use crate::{Letter, Mailbox, eml};

mod server;

const TO: &str = "mia@acme.example";

fn options(port: u16) -> SmtpOptions {
    SmtpOptions {
        host: "localhost".to_owned(),
        port,
        tls: Tls::Plain,
        username: None,
        password: None,
        trusted_pem: None,
        from: "mail@headwater.example".to_owned(),
    }
}

fn with_login(server: &Server, tls: Tls, password: &str) -> SmtpOptions {
    SmtpOptions {
        tls,
        username: Some("headwater".to_owned()),
        password: Some(Secret::new(password)),
        trusted_pem: Some(server.certificate_pem.clone()),
        ..options(server.port)
    }
}

fn message() -> Vec<u8> {
    let letter = Letter::ApplicationQuestion {
        company: "Acme".to_owned(),
        question: ".\n..\n.hidden\nFrom here on: Köln\n.".to_owned(),
        url: "https://headwater.example/a".to_owned(),
    };
    let from = Mailbox::new("mail@headwater.example");
    eml(&letter.render(), &from, &Mailbox::new(TO), "1", 0).unwrap()
}

#[tokio::test]
async fn the_server_receives_exactly_what_was_stored() {
    let server = Server::start(Behaviour::default()).await;
    let sender = Sender::smtp(&options(server.port)).unwrap();
    let raw = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nend\r\n".to_vec();
    for eml in [message(), raw] {
        let sent = sender.send(TO, &eml).await.unwrap();
        assert_eq!(sent, Sent::Accepted { reply: "queued as 1".to_owned() });
        let received = server.received().pop().unwrap();
        assert_eq!(received.from, "mail@headwater.example");
        assert_eq!(received.to, [TO]);
        assert_eq!(String::from_utf8(received.data), String::from_utf8(eml));
    }
}

#[tokio::test]
async fn an_outbox_sends_nothing() {
    assert_eq!(Sender::Outbox.send(TO, &message()).await.unwrap(), Sent::Kept);
}

#[tokio::test]
async fn tls_protects_the_password() {
    for tls in [Tls::StartTls, Tls::Tls] {
        let behaviour =
            Behaviour { tls, login: Some("headwater\0right".to_owned()), ..Behaviour::default() };
        let server = Server::start(behaviour).await;
        let sender = Sender::smtp(&with_login(&server, tls, "right")).unwrap();
        sender.send(TO, &message()).await.unwrap();
        assert_eq!(server.received().len(), 1, "{tls:?}");

        let wrong = Sender::smtp(&with_login(&server, tls, "wrong")).unwrap();
        let error = wrong.send(TO, &message()).await.unwrap_err();
        assert!(matches!(error, SendError::BadSettings(_)), "{error:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_is_not_trusted() {
    let behaviour = Behaviour { tls: Tls::Tls, ..Behaviour::default() };
    let server = Server::start(behaviour).await;
    let options = SmtpOptions { tls: Tls::Tls, ..options(server.port) };
    let error = Sender::smtp(&options).unwrap().send(TO, &message()).await.unwrap_err();
    assert!(server.received().is_empty());
    assert!(!matches!(error, SendError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_when_tls_is_wanted() {
    let server = Server::start(Behaviour::default()).await;
    let sender = Sender::smtp(&with_login(&server, Tls::StartTls, "right")).unwrap();
    let error = sender.send(TO, &message()).await.unwrap_err();
    assert!(matches!(error, SendError::BadSettings(_)), "{error:?}");
    assert!(server.received().is_empty());
    assert!(!server.heard().contains("AUTH"), "{}", server.heard());
}

async fn failure(behaviour: Behaviour) -> SendError {
    let server = Server::start(behaviour).await;
    let sender = Sender::smtp(&options(server.port)).unwrap();
    let error = sender.send(TO, &message()).await.unwrap_err();
    assert!(server.received().is_empty());
    error
}

#[tokio::test]
async fn errors_tell_retry_from_refusal() {
    let reply = |command: &'static str, reply: &'static str| Behaviour {
        replies: vec![(command, reply)],
        ..Behaviour::default()
    };
    for (command, line) in [
        ("RCPT", "451 4.7.1 greylisted, try again"),
        ("RCPT", "452 4.2.2 mailbox full"),
        ("MAIL", "421 4.3.2 shutting down"),
        ("DATA", "451 4.3.0 disk full"),
        (".", "451 4.3.0 disk full"),
        ("EHLO", "421 too busy"),
        (".", "nonsense"),
    ] {
        let error = failure(reply(command, line)).await;
        assert!(matches!(error, SendError::Retry(_)), "{command} {line}: {error:?}");
    }
    let refusals = [
        failure(reply("RCPT", "550 5.1.1 no such user\r\n")).await,
        failure(reply(".", "554-5.7.1 looks like\r\n554 5.7.1 spam")).await,
        failure(reply("MAIL", "553 5.1.8 not your domain")).await,
    ];
    let said: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    expect![[r#"
        the message was refused: 5.1.1 no such user
        the message was refused: 5.7.1 looks like spam
        the message was refused: 5.1.8 not your domain"#]]
    .assert_eq(&said.join("\n"));
    let error = failure(reply("MAIL", "530 5.7.0 log in first")).await;
    assert!(matches!(error, SendError::BadSettings(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let server = Server::start(Behaviour::default()).await;
    let port = server.port;
    drop(server);
    let sender = Sender::smtp(&options(port)).unwrap();
    let error = sender.send(TO, &message()).await.unwrap_err();
    assert!(matches!(error, SendError::Retry(_)), "{error:?}");

    let hung_up = Behaviour { hangs_up_at: Some("DATA"), ..Behaviour::default() };
    assert!(matches!(failure(hung_up).await, SendError::Retry(_)));
}

#[tokio::test]
async fn a_server_that_comes_back_gets_the_next_message() {
    let behaviour = Behaviour { hangs_up_at: Some("."), ..Behaviour::default() };
    let server = Server::start(behaviour).await;
    let sender = Sender::smtp(&options(server.port)).unwrap();
    sender.send(TO, &message()).await.unwrap_err();
    server.behave(Behaviour::default());
    sender.send(TO, &message()).await.unwrap();
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn an_address_cannot_speak_to_the_server() {
    let server = Server::start(Behaviour::default()).await;
    let sender = Sender::smtp(&options(server.port)).unwrap();
    for bad in ["a@b.example>\r\nRCPT TO:<c@d.example", "a", "", "a@b.example c@d.example"] {
        let error = sender.send(bad, &message()).await.unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{error:?}");
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn settings_that_cannot_work_are_told_at_once() {
    let login = |tls| SmtpOptions {
        tls,
        username: Some("a".to_owned()),
        password: Some(Secret::new("b")),
        ..options(1)
    };
    assert!(matches!(Sender::smtp(&login(Tls::Plain)), Err(BadSmtpOptions::OpenPassword)));
    let half = SmtpOptions { password: None, ..login(Tls::Tls) };
    assert!(matches!(Sender::smtp(&half), Err(BadSmtpOptions::HalfALogin)));
    let from = SmtpOptions { from: "nobody".to_owned(), ..options(1) };
    assert!(matches!(Sender::smtp(&from), Err(BadSmtpOptions::From(_))));
    let pem = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let broken = SmtpOptions { trusted_pem: Some(pem.to_owned()), ..login(Tls::Tls) };
    assert!(matches!(Sender::smtp(&broken), Err(BadSmtpOptions::Tls(_))));
    let shown = format!("{:?}", login(Tls::Tls));
    assert!(shown.contains('…') && !shown.contains("\"b\""), "{shown}");
    let sender = Sender::smtp(&login(Tls::Tls)).unwrap();
    assert!(!format!("{sender:?}").contains("\"b\""), "{sender:?}");
    // what the server of these tests understands
    assert_eq!(Mechanism::Plain.to_string(), "PLAIN");
}
