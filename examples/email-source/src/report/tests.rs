#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;

fn signer() -> Signer {
    Signer::of(tempfile::tempdir().unwrap().path()).unwrap()
}

/// A report in the shape of the examples in RFC 5965 and RFC 3464.
fn report(kind: &str, fields: &str, returned: &str, token: &str) -> String {
    format!(
        "From: <abuse@provider.example>\r\nTo: <bounces@acme.example>\r\nSubject: FW: Spring\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={kind};\r\n\
         \tboundary=\"part\"\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\n\
         A report about X-Mail-Token: nothing.\r\n\r\n--part\r\n\
         Content-Type: message/{kind}\r\n\r\n{fields}\r\n\r\n--part\r\n\
         Content-Type: {returned}\r\n\r\n\
         From: <news@acme.example>\r\nSubject: Spring\r\nX-Mail-Token:\r\n {token}\r\n\r\n\
         Hello\r\n\r\n--part--\r\n"
    )
}

#[test]
fn a_complaint_is_about_its_mail() {
    let signer = signer();
    let token = signer.sign(Purpose::Report, "m1");
    let fields = "Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1";
    for returned in ["message/rfc822", "text/rfc822-headers"] {
        let report = report("feedback-report", fields, returned, &token);
        let read = read(report.as_bytes(), &signer);
        assert_eq!(read, Some((Happening::MarkedAsSpam, "m1".to_owned())), "{returned}");
    }
}

#[test]
fn a_failed_delivery_is_a_bounce_and_a_slow_one_is_not() {
    let signer = signer();
    let token = signer.sign(Purpose::Report, "m1");
    let status = |action| {
        let fields = format!(
            "Reporting-MTA: dns; provider.example\r\n\r\n\
             Final-Recipient: rfc822; ada@acme.example\r\nAction: {action}\r\nStatus: 5.1.1"
        );
        read(report("delivery-status", &fields, "message/rfc822", &token).as_bytes(), &signer)
    };
    assert_eq!(status("failed"), Some((Happening::Bounced, "m1".to_owned())));
    assert_eq!(status("delayed"), None);
}

#[test]
fn what_is_no_report_of_ours_says_nothing() {
    let signer = signer();
    let fields = "Feedback-Type: abuse";
    for token in ["m1.forged".to_owned(), signer.sign(Purpose::Unsubscribe, "m1"), String::new()] {
        let report = report("feedback-report", fields, "message/rfc822", &token);
        assert_eq!(read(report.as_bytes(), &signer), None, "{token}");
    }
    let token = signer.sign(Purpose::Report, "m1");
    let other = report("feedback-report", "Feedback-Type: not-spam", "message/rfc822", &token);
    assert_eq!(read(other.as_bytes(), &signer), None);
    for bytes in
        [&b""[..], b"\xff\xfe\x00", b"Content-Type: multipart/report; boundary=a\r\n\r\n--a"]
    {
        assert_eq!(read(bytes, &signer), None);
    }
}
