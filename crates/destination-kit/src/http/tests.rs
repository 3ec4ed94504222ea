use http::header::HeaderValue;

use super::*;

#[test]
fn retry_after_is_seconds_or_a_date_and_bounded() {
    let now_ms = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
    let wait = |value: &str| {
        let value = HeaderValue::from_str(value).expect("a header value");
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value)]), now_ms)
    };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(wait("0"), seconds(0));
    assert_eq!(wait(" 17 "), seconds(17));
    assert_eq!(wait("86401"), seconds(86_400));
    assert_eq!(wait("340282366920938463463374607431768211456"), seconds(86_400));
    assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), seconds(60));
    assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), seconds(0));
    assert_eq!(wait("Wed, 09 Nov 1994 08:00:00 GMT"), seconds(86_400));
    for nonsense in ["", "-1", "1.5", "soon", "Sun, 99 Nov 1994 08:50:37 GMT"] {
        assert_eq!(wait(nonsense), None, "{nonsense:?}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), now_ms), None);
}

#[test]
fn redirects_lead_only_to_what_is_as_safe() {
    let to = |from: &str, status: u16, location: &str| {
        let response = http::Response::builder().status(status).header(LOCATION, location);
        let response = response.body(()).expect("a response");
        let from: Uri = from.parse().expect("a URI");
        redirect(&from, &response).map(|uri| uri.to_string())
    };
    let secure = "https://a.example/x/y?z";
    assert_eq!(to(secure, 307, "../w").as_deref(), Some("https://a.example/w"));
    assert_eq!(to(secure, 308, "//b.example:8443").as_deref(), Some("https://b.example:8443/"));
    assert_eq!(
        to("http://a.example", 307, "http://b.example/").as_deref(),
        Some("http://b.example/")
    );
    assert_eq!(
        to("http://a.example", 307, "https://a.example/").as_deref(),
        Some("https://a.example/")
    );
    for (status, location) in [
        (307, "http://a.example/"),
        (307, "file:///etc/passwd"),
        (307, "https://user:password@a.example/"),
        (307, "https://"),
        (301, "/w"),
        (302, "/w"),
        (303, "/w"),
        (200, "/w"),
    ] {
        assert_eq!(to(secure, status, location), None, "{status} {location}");
    }
}

#[test]
fn origins_differ_by_scheme_host_or_port() {
    let same =
        |a: &str, b: &str| same_origin(&a.parse().expect("a URI"), &b.parse().expect("a URI"));
    assert!(same("http://a.example/x", "http://A.example:80/y"));
    assert!(same("https://a.example/", "https://a.example:443/"));
    assert!(!same("https://a.example/", "http://a.example/"));
    assert!(!same("http://a.example/", "http://b.example/"));
    assert!(!same("http://a.example/", "http://a.example:8080/"));
}

#[test]
fn excerpts_are_text_of_bounded_length() {
    assert_eq!(excerpt(b"no"), "no");
    assert_eq!(excerpt(&[b'x'; 5000]).len(), EXCERPT_BYTES_MAX);
    let broken = excerpt(&[0xff; 5000]);
    assert!(broken.len() <= EXCERPT_BYTES_MAX && broken.chars().all(|c| c == '\u{fffd}'));
}

#[tokio::test]
async fn an_exchange_is_bounded_in_bytes_and_time() {
    use crate::conformance::{Behaviour, Partner};
    let partner = Partner::start(Behaviour::answer(404)).await;
    let world = World { allow_private_addresses: true, ..World::default() };
    let client = HttpClient::new(&world);
    let ask = async |timeout_ms| {
        let request = Request::get(partner.url("/")).body(Bytes::new()).expect("a request");
        client.exchange(request, Duration::from_millis(timeout_ms), 10_000).await
    };
    let answer = ask(5000).await.expect("an answer, whatever its status");
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (404, &b"status 404"[..]));
    for (behaviour, timeout_ms, code) in [
        (Behaviour::Endless(200), 5000, "EPROTO"),
        (Behaviour::Hang, 50, "ETIMEDOUT"),
        (Behaviour::Reset, 5000, "ECONNRESET"),
    ] {
        partner.behave(behaviour.clone());
        match ask(timeout_ms).await {
            Err(HttpError::Failed(fault)) => assert_eq!(fault.code, code, "{behaviour:?}"),
            other => panic!("{behaviour:?}: {other:?}"),
        }
    }
}
