#![expect(clippy::unwrap_used, reason = "tests")]

use mail::{Letter, Sender, SmtpOptions, Tls};
use store::{Page, mails};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use super::{GIVE_UP_MS, next_try, post, send_due};
use crate::{
    Options,
    testing::{START_MS, World},
};

#[test]
fn pauses_double_until_a_day_is_over() {
    let mut now_ms = START_MS;
    let mut pauses = Vec::new();
    for tries in 1.. {
        let Some(at_ms) = next_try(tries, START_MS, now_ms) else { break };
        pauses.push((at_ms - now_ms) / 1000);
        now_ms = at_ms;
    }
    assert_eq!(pauses[..9], [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    assert!(now_ms - START_MS > GIVE_UP_MS - 3_600_000, "given up after {}", now_ms - START_MS);
}

/// A mail server that answers `RCPT` with each of `answers` in turn, and keeps what it is given.
async fn server(answers: &'static [&'static str]) -> (Sender, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, taken) = std::sync::mpsc::channel();
    tokio::spawn(async move {
        let mut answers = answers.iter();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let mut socket = BufReader::new(socket);
            socket.write_all(b"220 hello\r\n").await.unwrap();
            let (mut line, mut body, mut in_data) = (String::new(), String::new(), false);
            while socket.read_line(&mut line).await.unwrap_or(0) > 0 {
                let reply = match line.get(..4).unwrap_or_default() {
                    _ if in_data && line == ".\r\n" => {
                        in_data = false;
                        told.send(std::mem::take(&mut body)).unwrap();
                        "250 taken"
                    }
                    _ if in_data => {
                        body.push_str(&line);
                        ""
                    }
                    "DATA" => {
                        in_data = true;
                        "354 go on"
                    }
                    "RCPT" => answers.next().copied().unwrap_or("250 yes"),
                    "QUIT" => "221 bye",
                    _ => "250 yes",
                };
                if !reply.is_empty() {
                    socket.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
                }
                line.clear();
            }
        }
    });
    let options = SmtpOptions {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::Plain,
        username: None,
        password: None,
        trusted_pem: None,
        from: "headwater@example.com".to_owned(),
    };
    (Sender::smtp(&options).unwrap(), taken)
}

async fn world_that_sends() -> World {
    let options = Options {
        mail_is_sent: true,
        mail_from: "headwater@example.com".to_owned(),
        ..Options::default()
    };
    let world = World::with(options).await;
    let mut write = world.api.db.write().await.unwrap();
    let letter = Letter::Test { at_ms: START_MS };
    post(&world.api, &mut write, START_MS, "ada@example.com", &letter).await.unwrap();
    write.commit().await.unwrap();
    world
}

async fn only_mail(world: &World) -> mails::Mail {
    let mut db = world.api.db.read().await.unwrap();
    mails::list(&mut db, None, &Page::first(10)).await.unwrap().rows.remove(0)
}

#[tokio::test]
async fn a_busy_server_is_tried_again_and_what_was_sent_keeps_no_words() {
    let world = world_that_sends().await;
    let (sender, taken) = server(&["451 later", "250 yes"]).await;
    let next = send_due(&world.api, &sender).await.unwrap();
    assert_eq!(next, Some(START_MS + 30_000));
    assert!(only_mail(&world).await.problem.is_some());

    world.pass(29_999);
    send_due(&world.api, &sender).await.unwrap();
    assert_eq!(only_mail(&world).await.tries, 1, "not before its time");
    world.pass(1);
    assert_eq!(send_due(&world.api, &sender).await.unwrap(), None);
    let mail = only_mail(&world).await;
    assert_eq!((mail.tries, mail.sent_at_ms), (2, Some(START_MS + 30_000)));
    assert_eq!((mail.problem, mail.text, mail.html), (None, String::new(), String::new()));
    let message = taken.recv().unwrap();
    assert!(message.contains("Subject: Headwater: mail works"), "{message}");
    assert!(taken.try_recv().is_err(), "sent once");
}

#[tokio::test]
async fn a_refused_mail_is_given_up_and_stays_readable() {
    let world = world_that_sends().await;
    let (sender, _taken) = server(&["550 nobody here"]).await;
    assert_eq!(send_due(&world.api, &sender).await.unwrap(), None);
    let mail = only_mail(&world).await;
    assert_eq!((mail.tries, mail.next_try_at_ms, mail.sent_at_ms), (1, None, None));
    assert!(mail.problem.unwrap().contains("nobody here"));
    assert!(!mail.text.is_empty());
}

#[tokio::test]
async fn two_queues_do_not_send_the_same_mail() {
    for world in World::all().await {
        let mut write = world.api.db.write().await.unwrap();
        let letter = Letter::Test { at_ms: START_MS };
        post(&world.api, &mut write, START_MS, "ada@example.com", &letter).await.unwrap();
        assert_eq!(mails::next_due(&mut write).await.unwrap(), None, "kept, not queued");
        let mail = mails::list(&mut write, None, &Page::first(1)).await.unwrap().rows.remove(0);
        let queued = mails::Mail { next_try_at_ms: Some(START_MS), ..mail };
        mails::tried(&mut write, &queued).await.unwrap();
        let first = mails::take_due(&mut write, START_MS, START_MS + 1000, 10).await.unwrap();
        let second = mails::take_due(&mut write, START_MS, START_MS + 1000, 10).await.unwrap();
        assert_eq!((first.len(), second.len()), (1, 0));
        let late = mails::take_due(&mut write, START_MS + 1000, START_MS + 2000, 10).await.unwrap();
        assert_eq!(late.len(), 1, "a try that was cut off is made again");
    }
}
