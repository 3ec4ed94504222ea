#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::expect;

use super::{Mailbox, eml};
use crate::{Letter, Rendered};

const AT_MS: i64 = 1_795_874_700_000;

fn letter(subject: &str) -> Rendered {
    Rendered { subject: subject.to_owned(), ..Letter::Test { at_ms: AT_MS }.render() }
}

fn written(subject: &str, name: &str) -> String {
    let from = Mailbox { name: Some(name.to_owned()), email: "mail@headwater.example".to_owned() };
    let to = Mailbox { name: Some(name.to_owned()), email: "mia@acme.example".to_owned() };
    let bytes = eml(&letter(subject), &from, &to, "0192-abc", AT_MS).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_message_has_both_parts_and_the_same_bytes_each_time() {
    let message = written("Headwater: mail works", "Mia Lindqvist");
    assert_eq!(message, written("Headwater: mail works", "Mia Lindqvist"));
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    expect![[r#"
        Message-ID: <0192-abc@headwater.example>
        Date: Sat, 28 Nov 2026 14:05:00 +0000
        From: "Mia Lindqvist" <mail@headwater.example>
        To: "Mia Lindqvist" <mia@acme.example>
        Subject: Headwater: mail works
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: multipart/alternative; boundary="headwater_0192-abc""#]]
    .assert_eq(&head.replace("\r\n", "\n"));
    assert_eq!(body.matches("--headwater_0192-abc").count(), 3);
    assert!(body.contains("text/plain") && body.contains("text/html"));
    assert!(message.is_ascii());
    assert!(message.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
}

/// The names of all headers, in their order; a line that starts with a blank continues one.
fn headers(message: &str) -> Vec<&str> {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let own = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    own.map(|line| line.split_once(':').unwrap_or_else(|| panic!("{line}")).0).collect()
}

#[test]
fn no_name_and_no_subject_adds_a_header() {
    let usual = written("Subject", "Mia");
    for hostile in [
        "a\r\nBcc: x@evil.example",
        "a\nBcc: x@evil.example",
        "a\rBcc: x@evil.example",
        "a\r\n\r\n<script>alert(1)</script>",
        "a\u{85}Bcc: x@evil.example",
        "a\u{2028}Bcc: x@evil.example",
        "a\0Bcc: x@evil.example",
        "\"<x@evil.example>, \"",
        "x@evil.example, y",
        "a>\r\n\tfolded: yes",
        "=?utf-8?q?a=0D=0ABcc:_x@evil.example?=",
        "ä\r\nBcc: x@evil.example",
        "\u{1f980}\r\nBcc: x@evil.example",
        ".\r\n.\r\nQUIT",
    ] {
        let message = written(hostile, hostile);
        assert_eq!(headers(&message), headers(&usual), "{message}");
        let recipients = message.split("\r\n").filter(|line| line.starts_with("To: "));
        assert!(recipients.count() == 1 && message.contains("<mia@acme.example>"), "{message}");
    }
}

#[test]
fn names_and_subjects_survive_in_any_script() {
    let message = written("Einladung für 東京", "Mia Lindqvist, Köln");
    let head = message.split("\r\n\r\n").next().unwrap();
    assert!(head.is_ascii() && head.contains("Subject: "), "{head}");
    expect!["To: =?utf-8?b?TWlhIExpbmRxdmlzdCwgS8O2bG4=?= <mia@acme.example>"]
        .assert_eq(head.split("\r\n").find(|line| line.starts_with("To: ")).unwrap());
}

#[test]
fn what_is_no_address_is_refused() {
    for bad in [
        "",
        "mia",
        "mia@",
        "@acme.example",
        "mia@acme.example, eve@evil.example",
        "mia@acme.example\r\nBcc: eve@evil.example",
        "<mia@acme.example>",
        "mia@acme.example\0",
        "mia @acme.example",
    ] {
        let (good, bad) = (Mailbox::new("mail@headwater.example"), Mailbox::new(bad));
        assert!(eml(&letter("a"), &good, &bad, "1", AT_MS).is_err(), "{bad:?}");
        let error = eml(&letter("a"), &bad, &good, "1", AT_MS).unwrap_err().to_string();
        assert!(!error.chars().any(char::is_control), "{error:?}");
    }
}

#[test]
fn an_id_of_any_text_stays_an_id() {
    let (from, to) = (Mailbox::new("mail@headwater.example"), Mailbox::new("mia@acme.example"));
    let bytes = eml(&letter("a"), &from, &to, "1>\r\nBcc: x\"", -5).unwrap();
    let message = String::from_utf8(bytes).unwrap();
    assert!(message.contains("Message-ID: <1Bccx@headwater.example>\r\n"), "{message}");
    assert!(message.contains("Date: Thu, 01 Jan 1970 00:00:00"), "{message}");
}
