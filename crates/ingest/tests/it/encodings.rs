//! Bodies in any dress.

use std::io::Write as _;

use crate::{
    client::Request,
    generate::gzip,
    harness::{Harness, KEY},
};

fn body(id: &str) -> String {
    format!(r#"{{"writeKey":"{KEY}","userId":"u","event":"E","messageId":"{id}"}}"#)
}

#[tokio::test]
async fn every_coding_is_taken() {
    let harness = Harness::start();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(body("deflate").as_bytes()).unwrap();
    let zstd = zstd::bulk::compress(body("zstd").as_bytes(), 1).unwrap();
    for (coding, bytes) in [
        ("identity", body("identity").into_bytes()),
        ("gzip", gzip(body("gzip").as_bytes())),
        ("identity", gzip(body("sniffed").as_bytes())),
        ("deflate", zlib.finish().unwrap()),
        ("zstd", zstd),
    ] {
        for chunked in [false, true] {
            let request = Request::post("/v1/t", bytes.clone()).header("content-encoding", coding);
            let (answer, left) = harness.sent(&Request { chunked, ..request }).await;
            assert_eq!(answer.line(), r#"200 {"success":true}"#, "{coding} {chunked}");
            let expect = if chunked { [0, 0, 0, 1] } else { [1, 0, 0, 0] };
            assert_eq!(left.counts(), expect, "{coding} {chunked}");
        }
    }
}

#[tokio::test]
async fn other_codings_are_refused() {
    let harness = Harness::start();
    for coding in ["compress", "gzip, gzip", "br, gzip"] {
        let request = Request::post("/v1/t", body("x")).header("content-encoding", coding);
        let (answer, left) = harness.sent(&request).await;
        assert_eq!((answer.status, left.messages.len()), (400, 0), "{coding}");
    }
}

#[tokio::test]
async fn a_bomb_is_too_large() {
    let harness = Harness::start();
    let bomb = gzip(&vec![b' '; 100_000_000]);
    for path in ["/v1/t", "/v1/b"] {
        let request = Request::post(path, bomb.clone()).header("content-encoding", "gzip");
        let answer = harness.send(&request).await;
        assert_eq!(answer.json()["message"], "Exceed payload limit", "{path}");
    }
}
