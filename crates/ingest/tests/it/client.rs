//! A client that sends exactly what it is told, byte by byte if need be.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// Status and body in one line, for comparing.
    pub fn line(&self) -> String {
        format!("{} {}", self.status, self.text())
    }
}

/// A request to be written.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub chunked: bool,
}

impl Request {
    pub fn new(method: &str, target: &str) -> Request {
        Request {
            method: method.into(),
            target: target.into(),
            headers: vec![("host".into(), "track.example".into())],
            body: Vec::new(),
            chunked: false,
        }
    }

    pub fn get(target: &str) -> Request {
        Request::new("GET", target)
    }

    pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Request {
        Request { body: body.into(), ..Request::new("POST", target) }
    }

    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            out.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        if self.chunked {
            out.extend(b"transfer-encoding: chunked\r\n\r\n");
            for chunk in self.body.chunks(1000) {
                out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                out.extend(chunk);
                out.extend(b"\r\n");
            }
            out.extend(b"0\r\n\r\n");
        } else {
            if self.method == "POST" || !self.body.is_empty() {
                out.extend(format!("content-length: {}\r\n", self.body.len()).into_bytes());
            }
            out.extend(b"\r\n");
            out.extend(&self.body);
        }
        out
    }
}

/// Sends one request on a connection of its own.
pub async fn send(to: SocketAddr, request: &Request) -> Answer {
    let mut stream = TcpStream::connect(to).await.unwrap();
    send_on(&mut stream, request).await
}

/// Sends one request on a connection that stays open.
pub async fn send_on<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: &Request,
) -> Answer {
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(&request.bytes()).await;
    let answer = read_answer(stream, request.method == "HEAD").await;
    answer.expect("the server answers")
}

/// Reads one answer; `None` when the connection closes before its head is whole.
pub async fn read_answer<S: AsyncRead + Unpin>(stream: &mut S, bodiless: bool) -> Option<Answer> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        match stream.read_buf(&mut bytes).await {
            Ok(read) if read > 0 => {}
            _ => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut rest = bytes.split_off(end + 4);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    };
    let mut answer = Answer { status, headers: lines.map(pair).collect(), body: Vec::new() };
    if bodiless || matches!(status, 204 | 304) {
        return Some(answer);
    }
    if let Some(length) = answer.header("content-length").map(|text| text.parse().unwrap()) {
        while rest.len() < length {
            if stream.read_buf(&mut rest).await.unwrap() == 0 {
                panic!("the body breaks off");
            }
        }
        assert_eq!(rest.len(), length, "the answer is followed by more");
        answer.body = rest;
    } else if answer.header("transfer-encoding").is_some() {
        answer.body = read_chunks(stream, rest).await;
    }
    Some(answer)
}

async fn read_chunks<S: AsyncRead + Unpin>(stream: &mut S, mut bytes: Vec<u8>) -> Vec<u8> {
    while !bytes.ends_with(b"0\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "the body breaks off");
    }
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let line = bytes[at..].windows(2).position(|window| window == b"\r\n").unwrap();
        let size = std::str::from_utf8(&bytes[at..at + line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        at += line + 2;
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[at..at + size]);
        at += size + 2;
    }
}
