#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;

#[test]
fn addresses_of_public_pages_pass() {
    for good in [
        "https://acme.example",
        "https://www.acme.example/page?x=1#part",
        "http://acme.example:8080/",
        "HTTPS://Acme.Example",
        "https://bücher.example/",
    ] {
        assert_eq!(check_url(good, ""), None, "{good}");
    }
    for bad in [
        "",
        "acme.example",
        "javascript:alert(1)",
        "https://",
        "https://localhost",
        "https://user@acme.example",
        "https://acme.example@evil.example",
        "https://acme.example:port/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://acme..example",
        "https://acme.example/a b",
        "https://acme.example\\@evil.example",
        "https://acme.example/<script>",
        "https://-acme.example",
        "ftp://acme.example",
    ] {
        assert_eq!(check_url(bad, "/website").expect(bad).code, "bad_url", "{bad}");
    }
    assert!(check_url(&format!("https://acme.example/{}", "a".repeat(2048)), "").is_some());
}

#[test]
fn mail_addresses_have_a_domain() {
    for good in ["a@b.example", "mia.k+x@acme.co.uk", "o'neil@acme.example"] {
        assert_eq!(check_email(good, ""), None, "{good}");
    }
    for bad in [
        "",
        "a",
        "@b.example",
        "a@",
        "a@b",
        "a b@c.example",
        "a@b.example\nbcc: x@y.example",
        "a@@b.example",
        ".a@b.example",
        "a..b@c.example",
        "<a@b.example>",
        "a@b.1",
    ] {
        assert_eq!(check_email(bad, "").expect(bad).code, "bad_email", "{bad}");
    }
}

#[test]
fn lengths_count_characters() {
    assert_eq!(check_length("äöü", 3, ""), None);
    assert_eq!(check_length("äöüß", 3, "").unwrap().message, "this has 4 characters, 1 too many");
    assert_eq!(check_line("a\nb", 9, "").unwrap().code, "control_character");
    assert_eq!(check_lines("a\r\n\tb", 9, ""), None);
    assert_eq!(check_lines("a\0b", 9, "").unwrap().code, "control_character");
}

#[test]
fn a_host_is_read_without_www() {
    assert_eq!(host("https://WWW.Acme.example:80/x"), Some("acme.example".to_owned()));
    assert_eq!(host("acme"), None);
}
